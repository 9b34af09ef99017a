"""What a figure claims must hold of the data it stands on: one case of each kind, and two more."""

from __future__ import annotations

import pandas as pd
import pytest

from makini_analytics import spend, units

D = pd.to_datetime


def sold(*rows, **more):
    """Return lines of item, vendor, currency and amount, each an order of its own."""
    frame = pd.DataFrame(rows, columns=["product_code", "vendor_id", "currency", "amount"])
    return frame.assign(order_id=[str(i) for i in range(len(frame))], **more)


# ---- a filter shows fewer rows, it makes no new facts -------------------------------------------------------------------


def test_a_second_vendor_in_another_currency_is_a_second_vendor():
    lines = sold(("A", "x", "EUR", 10.0), ("A", "y", "USD", 10.0), ("B", "x", "EUR", 5.0))
    assert spend.single_source(lines, currency="EUR").product_code.tolist() == ["B"]
    assert spend.single_source(lines, currency="USD").empty
    unknown = sold(("A", "x", "EUR", 10.0), ("A", None, "USD", 10.0))
    assert spend.single_source(unknown, currency="EUR").empty  # the unknown one may be another
    twice = sold(("A", "x", "EUR", 10.0), ("A", "x", "USD", 10.0))
    got = spend.single_source(twice, currency="EUR", min_orders=2)
    assert (got.spend.tolist(), got.n_orders.tolist()) == ([10.0], [1])
    assert {e["reason"]: e["n_lines"] for e in spend.single_source(lines, currency="EUR").attrs["excluded"]} == {
        "other currency": 1,
        "several vendors": 1,
    }


# ---- smaller ones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", ["previous_period", "last", "first"])
def test_nothing_priced_is_an_empty_frame(baseline):
    lines = sold(("A", "x", "EUR", 10.0)).assign(quantity=1.0, order_date=D("2025-01-01"))
    want = spend.price_changes(lines, baseline=baseline)
    for nothing in (lines.iloc[:0], lines.assign(quantity=0.0), lines.assign(order_date=pd.NaT)):
        got = spend.price_changes(nothing, baseline=baseline)
        assert len(got) == 0
        assert list(got.columns) == list(want.columns)


def test_a_day_is_no_24_hours():
    for one, other in (("DAY", "HUR"), ("h", "d"), ("days", "min")):
        assert pd.isna(units.factor(one, other))
    unit, times = units.based(pd.Series(["DAY", "d", "tag", "MIN"], dtype="string"))
    assert (unit.tolist(), times.tolist()) == (["DAY", "DAY", "DAY", "H"], [1.0, 1.0, 1.0, 1 / 60])
    hired = sold(("A", "x", "EUR", 80.0), ("A", "x", "EUR", 640.0)).assign(
        quantity=1.0, unit_of_measure=["HUR", "DAY"], order_date=D(["2024-01-01", "2025-01-01"])
    )
    assert spend.price_changes(hired).ppv.isna().all()
