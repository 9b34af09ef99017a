"""A result that was sliced, filtered or sorted is drawn as what it is: no title takes a part for the whole, or an order for a rank."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, lead_times, slippage, spend


@pytest.fixture(scope="module")
def lines():
    every = ma.load_sample(["us"]).lines
    lines = every[every.currency == "USD"]
    return lines[lines.order_date >= "2025-06"]


def said(ax):
    return charts.captions_of(ax)


def test_some_rows_of_a_result_are_told_in_title_and_footnote(lines):
    result = spend.by_vendor(lines)
    whole, part = said(spend.plot_by_vendor(result)), said(spend.plot_by_vendor(result.head(5)))
    assert part.title.startswith(f"Of 5 of {len(result)} rows: ")
    assert part.title.endswith(" of all ordered spend")
    assert f"(5 of {len(result)} rows drawn)" in part.footnote
    assert said(spend.plot_by_vendor(result.iloc[3:])).title.split(": ")[1].startswith("3 of ")
    assert "total" in whole.subtitle
    assert "total" not in part.subtitle
    assert "rows" not in whole.title + whole.footnote
    assert said(spend.plot_by_vendor(result.head(5), title="Mine")).title == "Mine"
    assert said(spend.plot_pareto(result.iloc[3:8])).title.endswith("of their ordered spend")
    months = spend.by_period(lines)
    assert said(spend.plot_by_period(months.tail(3))).title.startswith(f"Of 3 of {len(months)} rows: ")


def test_some_lines_of_a_result_that_another_figure_is_made_of_are_told(lines):
    still_open = slippage.open_orders(lines)
    assert said(slippage.plot_ageing(still_open.head(20))).title.startswith(f"Of 20 of {len(still_open)} rows: ")
    assert "rows" not in said(slippage.plot_ageing(still_open)).title


def test_all_rows_of_a_currency_are_whole():
    lines = pd.DataFrame({"vendor_id": list("abc"), "currency": ["EUR", "EUR", "USD"], "amount": 1.0})
    result = spend.by_vendor(lines)
    assert "rows" not in said(spend.plot_by_vendor(result[result.currency == "EUR"])).title
    assert said(spend.plot_by_vendor(result.head(1))).title.startswith("Of 1 of 2 rows: ")


@pytest.mark.parametrize("renumbered", [False, True])
@pytest.mark.parametrize(
    ("plot", "by"),
    [
        (spend.plot_by_vendor, "vendor_name"),
        pytest.param(spend.plot_pareto, "vendor_name", marks=pytest.mark.full),
        pytest.param(spend.plot_price_history, "price", marks=pytest.mark.full),
        (slippage.plot_by_vendor, "on_time_low"),
        pytest.param(slippage.plot_by_period, "on_time_rate", marks=pytest.mark.full),
        pytest.param(lead_times.plot_by_vendor, "median_days", marks=pytest.mark.full),
    ],
)
def test_a_sorted_result_is_ranked_again(lines, plot, by, renumbered):
    result = plot.metric(lines)
    assert said(plot(result.sort_values(by, ignore_index=renumbered))) == said(plot(result))
