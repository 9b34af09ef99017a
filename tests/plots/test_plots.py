"""Charts by their artists: what they show is what was computed, whatever the names, the numbers and how many there are."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import makini_analytics as ma
from makini_analytics import MixedCurrencyError, lead_times, slippage, spend, style

ALL = [
    spend.plot_by_vendor, spend.plot_by_period, spend.plot_concentration, lead_times.plot_by_vendor, lead_times.plot_curve,
    lead_times.plot_per_line, slippage.plot_by_vendor, slippage.plot_per_line,
]  # fmt: skip


@pytest.fixture(scope="module")
def lines():
    return ma.load_sample(["emea"]).lines.query("currency == 'EUR'")


def texts(ax):
    return [t.get_text() for t in [*ax.texts, *ax.figure.texts, *ax.get_yticklabels(), *ax.get_xticklabels(), ax.title]]


@pytest.mark.parametrize("plot", ALL, ids=lambda p: f"{p.__module__.split('.')[1]}.{p.__name__}")
def test_every_chart_has_a_finding_a_footnote_and_an_alt_text(plot, lines, tmp_path):
    ax = plot(lines)
    said = " ".join(texts(ax))
    assert any(c.isdigit() for c in ax.figure.texts[0].get_text())  # the title states the finding with its number
    assert "left out:" in said
    assert "as of 2025-12-31" in said
    assert len(style.alt_text(ax)) > 40
    assert plt.get_fignums() == []  # nothing is left behind in pyplot
    a, b = (style.save(plot(lines), tmp_path / f"{n}.svg").read_bytes() for n in "ab")
    assert a == b
    assert style.save(ax, tmp_path / "x.png").stat().st_size > 10_000


@pytest.mark.parametrize("plot", ALL, ids=lambda p: f"{p.__module__.split('.')[1]}.{p.__name__}")
@pytest.mark.parametrize("known_fonts", [True, False], ids=["all fonts", "only Latin"])
def test_no_rows_one_row_and_hostile_names(plot, lines, tmp_path, known_fonts, monkeypatch):
    if not known_fonts:
        monkeypatch.setattr(style, "_FONTS", ("DejaVu Sans",))
    assert "No data" in " ".join(texts(plot(lines.iloc[:0])))
    style.save(plot(lines[lines.delivered_date.notna()].iloc[:1]), tmp_path / "one.png")
    names = ["株式会社東海", "شركة الخليج", "$a_b$ & <b>", "x" * 200, "", None, "Müller"]
    hostile = lines.assign(
        vendor_id=pd.NA, vendor_name=pd.array([names[i % 7] for i in range(len(lines))], dtype="string")
    )
    style.save(plot(hostile), tmp_path / "hostile.png")


@pytest.mark.parametrize("plot", ALL, ids=lambda p: f"{p.__module__.split('.')[1]}.{p.__name__}")
def test_an_axes_that_is_given_is_drawn_on(plot, lines):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plot(lines, ax=left) is left
    assert len(right.lines) == len(right.texts) == len(right.patches) == 0


def test_ranked_bars_add_up_to_the_total(lines):
    result = spend.by_vendor(lines)
    ax = spend.plot_by_vendor(result, top=5)
    widths = [p.get_width() for p in ax.patches]
    assert len(widths) == 6
    assert np.isclose(sum(widths), result.spend.sum())
    assert widths[:5] == sorted(widths[:5], reverse=True)
    assert ax.get_yticklabels()[-1].get_text() == f"Other ({len(result) - 5})"


def test_three_thousand_vendors_and_negative_values(tmp_path):
    n = 3000
    frame = pd.DataFrame(
        {"vendor_id": [f"v{i}" for i in range(n)], "amount": np.arange(n, dtype=float) - 50, "currency": "JPY"}
    )
    ax = spend.plot_by_vendor(frame)
    assert np.isclose(sum(p.get_width() for p in ax.patches), frame.amount.sum())
    style.save(ax, tmp_path / "x.png")


def test_two_currencies_on_one_axis_are_refused():
    with pytest.raises(MixedCurrencyError, match="pass currency="):
        spend.plot_by_vendor(pd.DataFrame({"vendor_id": ["a", "b"], "amount": [1, 2], "currency": ["EUR", "USD"]}))


def test_a_title_can_be_set(lines):
    assert spend.plot_by_vendor(lines, title="Ours").figure.texts[0].get_text() == "Ours"


def test_the_curve_ends_where_the_figures_end(lines):
    result = lead_times.curve(lines)
    line = lead_times.plot_curve(result).lines[0]
    assert line.get_ydata()[-1] == result.share_delivered.iloc[-1]


def test_an_axes_shows_as_a_picture_in_a_notebook(lines):
    assert spend.plot_by_vendor(lines)._repr_png_().startswith(b"\x89PNG")
