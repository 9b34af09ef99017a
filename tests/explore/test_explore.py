"""The explorer without a kernel: its controls change the same figures that the functions give, and the code shown gives them, too."""

from __future__ import annotations

import datetime
import time

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import explore, lead_times, slippage, spend, style

ROOMS = {"spend": explore.spend, "lead_times": explore.lead_times, "slippage": explore.slippage}


@pytest.fixture(scope="module")
def data():
    return ma.load_sample()


def by_code(explorer, data):
    """Run the code that is shown, as one would who copied it."""
    return eval(explorer.code, {"lines": data.lines, "spend": spend, "lead_times": lead_times, "slippage": slippage})


@pytest.mark.parametrize("room", ROOMS)
def test_every_filter_changes_the_figure_and_the_code_gives_the_same(room, data, tmp_path):
    got = ROOMS[room](data, folder=tmp_path)
    pictures = {bytes(picture(got))}

    def changed():
        pd.testing.assert_frame_equal(by_code(got, data), got.result)
        pictures.add(bytes(picture(got)))
        return len(pictures)

    assert changed() == 1
    for n, (column, value) in enumerate({"connection": "emea", "category": "Bearings"}.items(), start=2):
        got._picks[column].value = value
        assert changed() == n
    got._picks["category"].value = "all"
    got._search.value = "kugel"
    assert set(got.result.get("vendor_name", ["Kugellager Nord AG"])) == {"Kugellager Nord AG"}
    got._since.value = datetime.date(2025, 3, 1)
    got._until.value = datetime.date(2025, 9, 30)
    changed()
    got._search.value = ""
    for view in got._view.options:
        got._view.value = view
        changed()
    assert len(pictures) >= 5


def picture(explorer):
    shown = explorer._chart.children[0]
    return shown.value if hasattr(shown, "value") else shown.children[0].value


def test_options_of_the_rooms_reach_the_functions(data, tmp_path):
    got = explore.slippage(data, folder=tmp_path)
    usual = got.result.on_time_rate.mean()
    got._options["late_days"].value = 5
    assert got.result.on_time_rate.mean() > usual
    assert "late_days=5" in got.code
    pd.testing.assert_frame_equal(by_code(got, data), got.result)
    got._options["early_days"].value = 0
    pd.testing.assert_frame_equal(by_code(got, data), got.result)
    money = explore.spend(data, folder=tmp_path)
    money._options["currency"].value = "USD"
    assert set(money.result.currency) == {"USD"}
    pd.testing.assert_frame_equal(by_code(money, data), money.result)


@pytest.mark.parametrize("room", ROOMS)
def test_a_click_on_each_bar_opens_its_lines(room, data, tmp_path):
    got = ROOMS[room](data, folder=tmp_path)
    buttons = got._chart.children[0].children[1:]
    bars = style.said_of(got._axes).bars
    assert len(buttons) == len(bars) >= 10
    for button, rows in zip(buttons, bars, strict=True):
        button.click()
        counted = ROOMS_OF[room](got.shown)
        want = got.result.iloc[list(rows)]
        assert counted == pytest.approx(want[MEASURE[room]].sum())
        assert f"{len(got.shown):,} order lines" in got._behind.value
    if room == "spend":  # the last bar is the rest of the vendors, and all bars together are all lines of the currency
        assert len(bars[-1]) == len(got.result) - 10


ROOMS_OF = {
    "spend": lambda lines: spend.by_vendor(lines, currency="EUR").spend.sum(),
    "lead_times": lambda lines: lead_times.by_vendor(lines).n_lines.sum(),
    "slippage": lambda lines: slippage.by_vendor(lines).n_due.sum(),
}
MEASURE = {"spend": "spend", "lead_times": "n_lines", "slippage": "n_due"}


def test_exports_are_files_and_say_where(data, tmp_path):
    got = explore.spend(data, folder=tmp_path / "out")
    got.open_bar(1)
    for button in got.children[3].children[:3]:
        button.click()
        assert "Written" in got._said.value
    back = pd.read_csv(tmp_path / "out" / "spend_by_vendor.csv", encoding="utf-8-sig")
    assert back.spend.sum() == pytest.approx(got.result.spend.sum())
    lines = pd.read_csv(tmp_path / "out" / "spend_by_vendor_lines.csv", encoding="utf-8-sig")
    assert len(lines) == len(got.shown)
    assert (tmp_path / "out" / "spend_by_vendor.png").read_bytes().startswith(b"\x89PNG")


def test_hostile_names_are_text_and_what_can_not_be_computed_is_a_sentence(tmp_path):
    table = pd.DataFrame({"vendor_name": ["<script>x</script>", "=1+1", None], "amount": [3, 2, 1], "order_date": "2025-01-01", "order_number": list("abc")})  # fmt: skip
    data = ma.Purchases.from_table(table, currency="EUR")
    got = explore.spend(data, folder=tmp_path)
    got.open_bar(0)
    got._search.value = "<script>"
    shown = got._table.value + got._behind.value
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    late = explore.slippage(data, folder=tmp_path)  # no as-of day
    assert "as-of day" in late._chart.children[0].value
    late.children[3].children[0].click()
    assert "no chart" in late._said.value


def test_nothing_and_one_vendor(data, tmp_path):
    empty = ma.Purchases.from_table(
        pd.DataFrame({"vendor_name": [], "amount": [], "order_date": []}), as_of="2025-01-01"
    )
    for room in ROOMS.values():
        assert len(room(empty, folder=tmp_path).result) == 0
    got = explore.spend(data, folder=tmp_path)
    got._search.value = "no such vendor"
    assert len(got.result) == 0
    got._search.value = "Rossi"
    assert len(got.open_bar(0)) > 100


def test_where_no_widgets_run_the_chart_and_the_table_stay(data, tmp_path):
    got = explore.spend(data, folder=tmp_path)
    bundle = got._repr_mimebundle_()
    page = (bundle[0] if isinstance(bundle, tuple) else bundle)["text/html"]
    assert "data:image/png;base64," in page
    assert "Müller Antriebstechnik GmbH" in page
    assert "alt='3 of 25 vendors" in page


@pytest.mark.benchmark
def test_an_interaction_with_a_million_lines_takes_less_than_half_a_second(data, tmp_path):
    lines = data.lines
    n = 1_000_000
    big = lines.take(np.arange(n) % len(lines)).reset_index(drop=True)
    for column in ("order_id", "line_id"):
        big[column] = big[column].astype(object) + "-" + (np.arange(n) // len(lines)).astype(str)
    big.attrs = lines.attrs
    for room in ROOMS.values():
        got = room(big, folder=tmp_path)
        took = []
        for name in ["emea", "us", "apac", "all"]:
            began = time.perf_counter()
            got._picks["connection"].value = name
            took.append(time.perf_counter() - began)
        print(room.__name__, [round(t, 2) for t in took])
        assert np.median(took) < 0.5
