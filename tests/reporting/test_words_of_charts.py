"""What stands around a chart in each format is true of the chart that is there, and what is shown first is what matters."""

from __future__ import annotations

import html
import re

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, lead_times, slippage, spend
from makini_analytics.reporting import content
from makini_analytics.reporting._lists import shown
from makini_analytics.reporting._page import html_page

pytest.importorskip("xlsxwriter", reason="the extra 'report' is not installed")


def test_other_programs_charts_say_nothing_of_what_only_the_picture_has(made):
    told = made[2]
    bridge = next(e for e in told.exhibits if e.name == "spend_bridge")
    assert "axis cut" in charts.captions_of(bridge.chart).subtitle
    assert bridge.native.says and "axis cut" not in bridge.native.says
    assert all("line in the first bar" not in e.native.says for e in told.exhibits if e.native is not None)


def test_a_series_without_a_value_is_not_drawn():
    day = pd.date_range("2025-02-01", periods=6, freq="MS")
    table = pd.DataFrame({"order_number": range(6), "vendor_name": "Bolt AG", "order_date": day, "amount": 10.0})
    told = content(ma.Purchases.from_table(table, currency="EUR", as_of="2025-12-31"), sections=["spend"])
    assert list(told.exhibits[0].native.series) == ["spend"]


def test_the_words_of_a_chart_are_text_of_the_page_and_the_chart_is_as_it_was(made):
    told = made[2]
    sizes = {e.name: e.chart.figure.get_size_inches().tolist() for e in told.exhibits if e.chart is not None}
    page = html.unescape(html_page(told)).replace("\N{NO-BREAK SPACE}", " ")
    page = re.sub("<span class='d'>(.*?)</span>", r"\1", page)  # around days and months, which are not broken
    for exhibit in (e for e in told.exhibits if e.chart is not None):
        words = charts.captions_of(exhibit.chart)
        said = page.split(f"<figure id='{exhibit.name}'>")[1].split("</figure>")[0]
        for text in (words.title, words.subtitle, words.footnote):
            assert text in said
        assert exhibit.chart.figure.get_size_inches().tolist() == sizes[exhibit.name]
        assert all(text.get_visible() for text in exhibit.chart.figure.texts)


@pytest.mark.full
def test_no_title_of_the_page_breaks_within_a_month(made):
    titles = re.findall("<h3>(.*?)</h3>", html_page(made[2]))
    dated = [t for t in titles if re.search(r"\d{4}-\d\d", t)]
    assert dated
    assert not [t for t in dated if re.search(r"\d{4}-\d\d", re.sub("<span class='d'>.*?</span>", "", t))]


def test_what_agrees_in_most_is_first_in_the_list_of_what_may_be_there_twice(made):
    table = next(e.table for e in made[2].exhibits if e.name == "quality_duplicates")
    assert table["kind"].iloc[0] == "order"  # in the order of its kinds
    listed = shown(table)
    assert listed["kind"].iloc[0] == "vendor"
    assert listed["score"].is_monotonic_decreasing


def test_nothing_is_said_of_the_next_days_where_nothing_is_to_come():
    lines = pd.DataFrame(
        {"order_date": [pd.Timestamp("2025-01-01")], "required_date": pd.Timestamp("2025-01-15"), "amount": 10.0}
    )
    late = slippage.plot_ageing(lines.assign(currency="EUR", delivered_date=pd.NaT), as_of="2025-01-25")
    assert charts.captions_of(late).subtitle == "Open value by days past the due date"


def test_a_line_that_is_not_there_has_no_name():
    days = pd.to_datetime(["2025-01-05", "2025-03-05"])
    lines = pd.DataFrame({"order_date": days, "delivered_date": days + pd.Timedelta(days=9)})
    chart = lead_times.plot_by_period(lines, as_of="2025-12-31")
    assert "mean of what\nhas come" not in [t.get_text() for t in chart.texts]


def test_a_name_that_is_shortened_twice_has_one_gap():
    once = charts.label("MOT-25 / Three-phase motor 25 kW IE3", 30)
    assert charts.label(once, 24).count("…") == 1


def test_two_columns_beside_each_other_have_one_text():
    day = pd.date_range("2024-01-01", "2024-06-01", freq="MS")
    lines = pd.DataFrame({"order_date": day, "amount": [1.0, 2, 3, 4, 900, 800], "currency": "EUR"})
    near = spend.plot_by_period(lines, as_of="2025-12-31")
    assert [t.get_text() for t in near.texts] == ["900.00 EUR"]
    lines.loc[5, "order_date"] = pd.Timestamp("2025-06-01")
    apart = spend.plot_by_period(lines, as_of="2025-12-31")
    assert {"900.00 EUR", "800.00 EUR"} <= {t.get_text() for t in apart.texts}


@pytest.mark.full
def test_open_values_of_a_currency_say_how_many_lines_are_in_it():
    days = pd.date_range("2025-06-01", "2025-12-20", freq="3D")
    n = len(days)
    table = pd.DataFrame({"order_number": range(n), "vendor_name": "Bolt AG", "order_date": days, "amount": 10.0, "currency": ["EUR", "EUR", "XXX"] * (n // 3) + ["EUR"] * (n % 3),
                          "required_date": days + pd.Timedelta(days=20), "delivered_date": pd.Series(days + pd.Timedelta(days=15)).where(days < "2025-11-01")})  # fmt: skip
    data = ma.Purchases.from_table(table, as_of="2025-12-31")
    n_open = slippage.open_orders(data.lines)["currency"].value_counts()
    told = {e.heading: e.footnote for e in content(data, sections=["open_orders"]).exhibits}
    for mine, other in (("EUR", "XXX"), ("XXX", "EUR")):
        footnote = told[f"Open value by age, {mine}"]
        assert f"n = {n_open[mine]} lines" in footnote
        assert f"{n_open[other]} other currency" in footnote
