"""Titles of data without amounts, without differences, or with more returns than orders."""

from __future__ import annotations

import numpy as np
import pandas as pd

import makini_analytics as ma
from makini_analytics import charts, lead_times, quality, slippage, spend

DAY = pd.Timestamp("2025-01-01")


def _title(ax):
    return charts.captions_of(ax).title


def _lines(n):
    """Lines of one vendor that all came ten days late."""
    ids = {"vendor_id": "a", "order_id": [f"o{i}" for i in range(n)], "line_id": [f"l{i}" for i in range(n)]}
    days = {
        "order_date": DAY,
        "required_date": DAY + pd.Timedelta(days=8),
        "delivered_date": DAY + pd.Timedelta(days=18),
    }
    return pd.DataFrame(ids | days | {"amount": 1.0, "currency": "EUR", "state": "received"})


def test_a_title_of_nothing_and_of_returns_claims_no_share_and_no_difference():
    late = _lines(30)
    assert "0 % on time under every way to count" in _title(slippage.plot_ladder(late, as_of="2025-03-01", late_days=(0, 1), early_days=(None,)))  # fmt: skip
    errors = pd.DataFrame({"chance": np.linspace(0, 2e-5, 60), "on_time": False, "trailing_rate": 0.0, "order_id": range(60), "due_date": DAY, "as_of": DAY})  # fmt: skip
    assert _title(slippage.plot_backtest(errors)).startswith("No clear difference")
    dates = pd.date_range(DAY, periods=6, freq="20D")
    credits = pd.DataFrame({"vendor_id": list("aabbcc"), "category": list("aabbcc"), "amount": [90.0, 5, -80, -20, 2, 1], "currency": "EUR", "order_date": dates, "order_id": range(6)})  # fmt: skip
    assert "with 95.00 EUR of ordered spend" in _title(spend.plot_small_multiples(credits))
    assert "−97.00 EUR of net ordered spend" in _title(spend.plot_tail(credits))
    free = _lines(4)
    table = free.rename(columns={"vendor_id": "vendor_name"}).drop(columns=["amount", "state"])
    told = _title(quality.plot_reconcile(ma.Purchases.from_table(table, as_of="2025-02-01")))
    assert told == "0 of 4 lines are used; no value is known"


def test_of_arrivals_without_amounts_the_lines_are_told():
    day = pd.date_range("2024-01-01", "2025-06-30")
    due = day + pd.Timedelta(days=20)
    frame = pd.DataFrame({"order_date": day, "required_date": due, "delivered_date": due.where(day < "2025-06-11")})
    told = _title(slippage.plot_arrivals(frame.assign(amount=np.nan, currency="EUR"), as_of="2025-06-30", horizon=2))
    assert told == "Of the open lines 13 are expected within 2 weeks; no value is known"


def test_what_is_not_all_is_not_told_as_100_percent():
    frame = pd.DataFrame({"vendor_id": ["a", "b"], "amount": [9999.0, 1.0], "currency": "EUR"})
    assert _title(spend.plot_by_vendor(frame)) == "a makes >99 % of ordered spend"
    shares = spend.by_vendor(frame.assign(amount=[0.7, 0.1]))["share"]
    assert charts.percent(float(shares.sum())) == "100 %"


def test_what_was_ordered_later_and_what_is_delivered_are_no_missing_data():
    lines = pd.DataFrame({"vendor_id": list("ab"), "order_date": pd.Timestamp("2025-01-01"), "required_date": pd.Timestamp("2025-01-10"),
                          "delivered_date": pd.Timestamp("2025-01-08"), "amount": 1.0, "currency": "EUR"})  # fmt: skip
    for plot in (spend.plot_by_vendor, slippage.plot_ageing, lead_times.plot_shifts):
        assert charts.captions_of(plot(lines, as_of="2020-01-01")).title == "All 2 lines were ordered after 2020-01-01"
    for plot in (slippage.plot_ageing, slippage.plot_arrivals):
        assert (
            charts.captions_of(plot(lines, as_of="2025-02-01")).title
            == "No line is open: all 2 that count are delivered"
        )
    none = charts.captions_of(
        slippage.plot_by_vendor(lines.assign(promised_date=pd.NaT), as_of="2025-02-01", due="promised")
    )
    assert none.subtitle == "Nothing is left to count; most of what is left out: no due date"
    assert "due date: promised" in none.footnote


def test_a_day_after_the_data_is_told():
    lines = pd.DataFrame({"vendor_id": list("ab"), "order_date": pd.Timestamp("2025-01-01"), "required_date": pd.Timestamp("2025-01-10"),
                          "delivered_date": pd.to_datetime(["2025-01-08", None]), "amount": 1.0, "currency": "EUR"})  # fmt: skip
    lines.attrs["as_of"] = "2025-01-31"
    for plot in (slippage.plot_by_vendor, slippage.plot_ageing, lead_times.plot_curve):
        assert (
            "as of 2030-01-01 · the data are of 2025-01-31"
            in charts.captions_of(plot(lines, as_of="2030-01-01")).footnote
        )
        for day in (None, "2025-01-20"):
            assert "the data" not in charts.captions_of(plot(lines, as_of=day)).footnote
    lines = lines.assign(connection=["x", "y"])
    lines.attrs["as_of_by_connection"] = {"x": "2025-01-31", "y": "2025-03-31"}
    assert (
        "the data of x are of 2025-01-31"
        in charts.captions_of(slippage.plot_by_vendor(lines, as_of="2025-03-01")).footnote
    )


def test_a_concentration_names_the_segments_that_are_there():
    def texts(n):
        ax = spend.plot_concentration(
            pd.DataFrame({"vendor_id": [f"v{i}" for i in range(n)], "amount": 10.0, "currency": "EUR"})
        )
        legend = [t.get_text() for t in ax.get_legend().texts] if ax.get_legend() else []
        return legend, ax.texts[0].get_text()

    assert texts(1) == ([], "HHI 10,000, one vendor")
    assert texts(3)[0] == ["largest", "all others"]
    assert texts(7)[0] == ["largest", "5 largest", "all others"]
    assert texts(12)[0] == ["largest", "5 largest", "10 largest"]


def test_of_one_vendor_nobody_is_any_of_them():
    days = pd.date_range("2024-01-01", "2025-06-30", freq="3D")
    lines = pd.DataFrame({"vendor_id": "a", "order_date": days, "delivered_date": days + pd.to_timedelta(20 + np.arange(len(days)) % 5, unit="D")})  # fmt: skip
    assert _title(lead_times.plot_shifts(lines, as_of="2025-12-31")) == "No clear change of lead times"
    two = lines.assign(vendor_id=["a", "b"] * 91 + ["a"] * (len(lines) - 182))
    assert ", the largest buffer first" in charts.captions_of(lead_times.plot_buffer(two, as_of="2025-12-31")).subtitle
