"""Charts by their artists: what they show is what was computed, whatever the names, the numbers and how many there are."""

from __future__ import annotations

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

import makini_analytics as ma
from makini_analytics import (
    ConfigError,
    MixedCurrencyError,
    SchemaError,
    charts,
    currency,
    lead_times,
    slippage,
    spend,
    style,
)
from makini_analytics.charts._fonts import families
from tests.tiers import one_in


def plot_bridge(lines, **options):
    late = lines.order_date > "2024-12-31"
    return spend.plot_bridge(lines[~late], lines[late], mixed_units="apart", **options)


plot_bridge.__module__ = "makini_analytics.spend._plots"
ALL = [
    spend.plot_by_vendor, spend.plot_pareto, spend.plot_by_period, spend.plot_small_multiples, spend.plot_concentration, spend.plot_tail,
    spend.plot_single_source, spend.plot_price_changes, spend.plot_price_dispersion, spend.plot_price_history, plot_bridge,
    spend.plot_price_index, spend.plot_payment_terms, spend.plot_order_pattern,
    lead_times.plot_buffer, lead_times.plot_shifts, lead_times.plot_by_period, slippage.plot_by_period, slippage.plot_funnel, slippage.plot_ladder, slippage.plot_ageing, slippage.plot_arrivals, slippage.plot_backtest, slippage.plot_order_book,
    lead_times.plot_by_vendor, lead_times.plot_curve, lead_times.plot_per_line, slippage.plot_by_vendor, slippage.plot_per_line,
]  # fmt: skip


@pytest.fixture(scope="module")
def lines():
    return ma.load_sample(["emea"]).lines.query("currency == 'EUR'")


def texts(ax):
    return [t.get_text() for t in [*ax.texts, *ax.figure.texts, *ax.get_yticklabels(), *ax.get_xticklabels(), ax.title]]


@pytest.mark.parametrize("plot", one_in(12, ALL), ids=lambda p: f"{p.__module__.split('.')[1]}.{p.__name__}")
def test_every_chart_has_a_finding_a_footnote_and_an_alt_text(plot, lines, tmp_path):
    ax = plot(lines)
    said = " ".join(texts(ax))
    assert any(c.isdigit() for c in ax.figure.texts[0].get_text())  # the title states the finding with its number
    assert "left out:" in said
    assert "as of 2025-12-31" in said
    assert len(style.alt_text(ax)) > 40
    assert plt.get_fignums() == []  # nothing is left behind in pyplot
    assert style.save(ax, tmp_path / "x.png").stat().st_size > 10_000


@pytest.mark.parametrize("plot", one_in(12, ALL), ids=lambda p: f"{p.__module__.split('.')[1]}.{p.__name__}")
def test_a_chart_of_the_same_lines_is_the_same_file(plot, lines, tmp_path):
    a, b = (style.save(plot(lines), tmp_path / f"{n}.svg").read_bytes() for n in "ab")
    assert a == b


def named(plot) -> str:
    return f"{plot.__module__.split('.')[1]}.{plot.__name__}"


@pytest.mark.parametrize("known_fonts", one_in(2, [True, False]), ids=["all fonts", "only Latin"])
@pytest.mark.parametrize("plot", one_in(18, ALL), ids=named)
def test_no_rows_one_row_and_hostile_names(plot, lines, tmp_path, known_fonts, monkeypatch):
    if not known_fonts:
        monkeypatch.setattr(charts, "fonts", lambda: ("DejaVu Sans",))
    assert "No data" in " ".join(texts(plot(lines.iloc[:0])))
    style.save(plot(lines[lines.delivered_date.notna()].iloc[:1]), tmp_path / "one.png")
    names = ["株式会社東海", "شركة الخليج", "$a_b$ & <b>", "x" * 200, "", None, "Müller"]
    hostile = lines.assign(
        vendor_id=pd.NA, vendor_name=pd.array([names[i % 7] for i in range(len(lines))], dtype="string")
    )
    style.save(plot(hostile), tmp_path / "hostile.png")


@pytest.mark.parametrize("plot", one_in(6, ALL), ids=lambda p: f"{p.__module__.split('.')[1]}.{p.__name__}")
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
    named = int(result.iloc[5:].vendor_name.notna().sum())
    assert ax.get_yticklabels()[-1].get_text() == f"Other ({named}, and no vendor)"


def test_one_row_beyond_the_top_is_not_folded_and_the_unknown_is_no_vendor():
    frame = pd.DataFrame({"vendor_id": ["a", None, "b", ""], "amount": [60.0, 50.0, 30.0, 1.0], "currency": "EUR"})
    ax = spend.plot_by_vendor(frame, top=3)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "Not recorded", "b", "(blank)"]
    assert ax.figure.texts[0].get_text() == "2 of 3 vendors make 64 % of ordered spend"


def test_a_large_negative_net_takes_no_share():
    frame = pd.DataFrame({"vendor_id": list("abc"), "amount": [30.0, 20.0, -49.0], "currency": "EUR"})
    ax = spend.plot_by_vendor(frame)
    assert not any("%" in t for t in texts(ax))
    assert "1.00 EUR net: 50.00 EUR, and −49.00 EUR of returns" in ax.figure.texts[0].get_text()


def test_the_pareto_steps_lead_to_the_cumulative_share(lines):
    result = spend.by_vendor(lines)
    ranked, n_a = result[result.cumulative_share.notna()], int((result.abc_class == "A").sum())
    for top in (2, n_a, n_a + 3, 100):
        ax = spend.plot_pareto(result, top=top)
        ends = np.array([p.get_x() + p.get_width() for p in ax.patches])
        assert np.allclose([p.get_x() for p in ax.patches], [0, *ends[:-1]])  # each begins where the one above ends
        rows = charts.captions_of(ax).bars
        assert [i for bar in rows for i in bar] == ranked.index.tolist()  # every vendor once
        assert np.allclose(ends, ranked.cumulative_share[[bar[-1] for bar in rows]])
        assert len(rows) == len(ax.get_yticklabels())
        named = [t.get_text() for t in ax.get_yticklabels()]
        assert (f"next {n_a - top}" in named) == (top < n_a)
    widths = [p.get_facecolor() for p in spend.plot_pareto(result, top=100).patches]
    assert len([c for c in widths if c == widths[0]]) == n_a


def test_the_trend_marks_the_year_before_and_hatches_what_is_cut(lines):
    result = spend.by_period(lines, freq="Q", as_of="2025-11-15")
    ax = spend.plot_by_period(result)
    heights = [p.get_height() for p in ax.patches]
    assert np.allclose(heights, result.spend)
    assert [bool(p.get_hatch()) for p in ax.patches] == [False] * 7 + [True]
    marks = [s[0][1] for s in ax.collections[0].get_segments()]
    assert np.allclose(marks, result.spend_year_before.dropna())
    change = result.yoy_change.iloc[6]
    assert f"{abs(change):.0%}".replace("%", " %") in ax.figure.texts[0].get_text()


def test_small_multiples_fold_the_rest_so_that_the_total_stays(lines):
    ax = spend.plot_small_multiples(lines, by="category", freq="Q", top=5)
    panels = ax.child_axes
    assert len(panels) == 6
    assert len({p.get_ylim() for p in panels}) == 1
    drawn = sum(bar.get_height() for p in panels for bar in p.patches)
    assert np.isclose(drawn, spend.by_vendor(lines).spend.sum())
    assert spend.plot_by_period(
        spend.by_period(lines, by="category")
    ).child_axes  # groups are never drawn as one series
    with pytest.raises(ConfigError, match="by='category'"):
        spend.plot_small_multiples(spend.by_period(lines))


def test_the_waterfall_ends_where_the_total_is(lines):
    late = lines.order_date > "2024-12-31"
    result = spend.bridge(lines[~late], lines[late])
    ax = spend.plot_bridge(result)
    value = result.set_index("effect").value
    first, *effects, last = ax.patches
    assert np.isclose(first.get_width(), value["before"])
    assert np.isclose(last.get_width(), value["after"])
    assert np.isclose(effects[-1].get_x() + effects[-1].get_width(), value["after"])
    with pytest.raises(ConfigError, match="one group"):
        spend.plot_bridge(spend.bridge(lines[~late], lines[late], by="category"))
    with pytest.raises(SchemaError, match=r"spend\.bridge"):
        spend.plot_bridge(lines)


def test_price_bars_add_up_to_the_variance_of_the_period(lines):
    result = spend.price_changes(lines)
    ax = spend.plot_price_changes(result, top=4)
    last = result[result.period == result.period.max()]
    assert np.isclose(sum(p.get_width() for p in ax.patches), last.ppv.sum())


def test_a_price_history_shows_each_price_of_one_unit(lines):
    history = spend.price_history(lines, of="MOT-32")
    ax = spend.plot_price_history(history)
    assert sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() == "o") == len(history)
    mixed = lines.assign(product_code="P", material_id=pd.NA)
    with pytest.raises(SchemaError, match="one unit of measure"):
        spend.plot_price_history(mixed)
    with pytest.raises(ConfigError, match="near: MOT-32"):
        spend.price_history(lines, of="MOT-33x")


def test_a_price_history_heads_with_what_the_highlighted_vendor_was_paid():
    lines = pd.DataFrame({"product_code": "P", "vendor_id": ["a", "a", "b"], "currency": ["USD", "USD", "EUR"], "amount": [80.0, 100.0, 70.0]})  # fmt: skip
    lines = lines.assign(quantity=10.0, order_date=pd.to_datetime(["2025-01-10", "2025-02-10", "2025-03-10"]))
    rates = pd.DataFrame({"date": pd.to_datetime(["2025-01-01", "2025-02-01"]), "currency": "USD", "rate": [1.0, 0.8]})
    ax = spend.plot_price_history(currency.convert(lines, to="EUR", rates=rates, max_gap_days=99))
    # b's line is the last one, but a is drawn in colour, at one rate for all days: (80 + 80) / (80 + 100) EUR for a dollar
    assert charts.captions_of(ax).title == "P: a was last paid 8.889 EUR per unit; before 7.111"
    assert max(
        line.get_ydata()[-1] for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata()) == 2
    ) == pytest.approx(8.889, abs=0.001)
    assert style.alt_text(ax).endswith("last to a 8.889")
    assert "; filled: a; hollow: 1 other vendor; documents at one rate" in charts.captions_of(ax).subtitle
    assert [t.get_text() for t in ax.texts if t.get_text() == "a"] == []


def test_names_from_right_to_left_don_t_turn_the_text_around_them():
    name = charts.label("شركة الخليج")
    assert name.startswith("\u200e")
    assert name.endswith("\u200e")
    assert charts.label("東海") == "東海"


def test_a_brought_font_stands_in_where_the_machine_has_none(monkeypatch):
    pytest.importorskip("matplotlib_fontja")
    families.cache_clear()
    known = font_manager.get_font_names
    monkeypatch.setattr(font_manager, "get_font_names", lambda: [n for n in known() if "Noto" not in n])
    assert "IPAexGothic" in charts.fonts()
    families.cache_clear()


def test_matplotlibs_list_of_fonts_grows_once_and_keeps_what_was_on_it(monkeypatch):
    """In front of a test's own list, on which DejaVu Sans lacks its bold."""
    manager = font_manager.fontManager
    before = [f for f in manager.ttflist if f.name != "DejaVu Sans" or (f.style, f.weight) == ("normal", 400)]
    bold = font_manager.FontProperties(family="DejaVu Sans", weight="bold")
    monkeypatch.setattr(manager, "ttflist", list(before))
    found_before = manager._find_fonts_by_props(bold)[0]
    families.cache_clear()
    for wanted in (("DejaVu Sans",), ("DejaVu Sans", "No Such Font"), charts.look.fonts):
        assert families(wanted)[0] == "DejaVu Sans"
    added = manager.ttflist[len(before) :]
    assert manager.ttflist[: len(before)] == before
    assert [f.name for f in added].count("DejaVu Sans") == 1
    assert len({(f.name, f.style, f.weight, f.fname) for f in added}) == len(added)
    assert manager._find_fonts_by_props(bold)[0] == found_before
    families.cache_clear()


@pytest.mark.full
def test_a_machine_with_no_font_but_the_brought_one_draws_bold_titles_without_a_word(tmp_path):
    """matplotlib logs to stderr when a family lacks a weight; a notebook would show that under every chart."""
    pytest.importorskip("matplotlib_fontja")
    script = """
import sys
import pandas as pd
from matplotlib import font_manager
manager = font_manager.fontManager
manager.ttflist = [f for f in manager.ttflist if f.name == "DejaVu Sans"]
from makini_analytics import charts, spend, style
frame = pd.DataFrame({"vendor_id": ["株式会社東海", "b"], "amount": [9.0, 1.0], "currency": "JPY"})
ax = spend.plot_by_vendor(frame, title="株式会社東海 is bold")
assert "IPAexGothic" in charts.fonts()
style.save(ax, sys.argv[1])
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "x.png")], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""


def test_the_footnote_names_the_currency_and_its_rates(lines):
    assert "currency: as in the documents" in charts.footnote_of(spend.by_vendor(lines))
    converted = currency.convert(lines, "USD", {"EUR": 1.1})
    said = charts.footnote_of(spend.by_vendor(converted))
    assert "currency: converted to USD at fixed rates; rates: 1 EUR = 1.1 USD" in said
    assert "Currency: converted to USD" in ma.explain(spend.by_vendor(converted))
    assert "not known any more" in charts.footnote_of(spend.by_vendor(pd.DataFrame(dict(converted))))


def test_the_cohorts_that_are_not_finished_are_hollow(lines):
    result = lead_times.by_period(lines)
    ax = lead_times.plot_by_period(result)
    filled, grey, hollow = (line for line in ax.lines if line.get_marker() == "o")
    assert len(filled.get_xdata()) == result.finished.sum()
    assert len(grey.get_xdata()) == (result.finished & (result.n_lines < 20)).sum()
    assert len(hollow.get_xdata()) == (~result.finished).sum() > 0
    with pytest.raises(ConfigError, match="one group"):
        lead_times.plot_by_period(lines, by="category")


def test_the_funnel_fills_whom_the_test_names(lines):
    a_month_late = lines.required_date + pd.Timedelta(days=30)
    of_one = (lines.vendor_id == lines.vendor_id.mode()[0]) & lines.delivered_date.notna()
    result = slippage.by_vendor(lines.assign(delivered_date=lines.delivered_date.mask(of_one, a_month_late)))
    ax = slippage.plot_funnel(result)
    drawn = {line.get_marker(): line for line in ax.lines if line.get_marker() in "s^" and len(line.get_xdata())}
    for shape, where in (("s", "below"), ("^", "above")):
        named = result[(result.against_others == where).fillna(False)]
        at = drawn[shape].get_xdata() if shape in drawn else []
        assert sorted(at) == pytest.approx(sorted(named.n_effective))
    assert (result.against_others == "below").sum() > 0


def test_ageing_bars_are_the_open_value_and_one_group_only(lines):
    result = slippage.ageing(lines)
    ax = slippage.plot_ageing(result)
    assert np.isclose(sum(p.get_width() for p in ax.patches), result.open_value.sum())
    with pytest.raises(ConfigError, match="one group"):
        slippage.plot_ageing(slippage.ageing(lines, by="vendor"))


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


@pytest.mark.parametrize("plot", one_in(3, [slippage.plot_ageing, slippage.plot_arrivals, slippage.plot_order_book]))
def test_a_chart_without_an_option_currency_names_a_way_that_works(plot):
    lines = pd.DataFrame({
        "order_date": pd.Timestamp("2025-01-01"), "required_date": pd.Timestamp("2025-01-15"), "delivered_date": pd.NaT,
        "amount": 10.0, "currency": ["EUR", "EUR", "USD"],
    })  # fmt: skip
    with pytest.raises(MixedCurrencyError) as refused:
        plot(lines, as_of="2025-01-25")
    assert "currency=" not in str(refused.value)
    ways = [way.removeprefix("pick one, ") for way in str(refused.value).partition(": ")[2].split(", or pass ")]
    rates = {"USD": 0.9, "EUR": 1.1}
    for way in ways:
        way = way.replace("to=", "rates=rates, to=")
        plot(eval(way, {"lines": lines, "currency": currency, "rates": rates}), as_of="2025-01-25")


def test_a_title_can_be_set(lines):
    assert spend.plot_by_vendor(lines, title="Ours").figure.texts[0].get_text() == "Ours"


def test_the_curve_ends_where_the_figures_end(lines):
    result = lead_times.curve(lines)
    line = lead_times.plot_curve(result).lines[0]
    assert line.get_ydata()[-1] == result.share_delivered.iloc[-1]


def test_an_axes_shows_as_a_picture_in_a_notebook(lines):
    assert spend.plot_by_vendor(lines)._repr_png_().startswith(b"\x89PNG")
