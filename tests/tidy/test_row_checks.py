"""Rows of a table that count something twice: totals under their order's number, a line in two versions, an order's total on each line."""

from __future__ import annotations

import pandas as pd
import pytest

from makini_analytics import Purchases
from tests.tiers import one_in


def issues(**columns):
    """Return the issues of a table of one order of one vendor, unless the columns say otherwise, as line and value at stake."""
    n = len(columns["amount"])
    table = pd.DataFrame({"order_number": ["1"] * n, "vendor_id": ["A"] * n} | columns)
    got = Purchases.from_table(table, currency="EUR").issues
    return got[["id", "value"]].values.tolist(), got.reason.tolist()


@pytest.mark.parametrize("last", one_in(2, [None, "0", "00"]))
def test_the_sum_of_an_order_s_other_rows_is_told(last):
    rows = {"line_number": ["1", "2", last], "quantity": [10, 10, 20], "amount": [10, 20, 30]}
    assert issues(**rows)[0] == [["3", "30.0"]]
    assert issues(**rows | {"quantity": [10, 10, None]})[0] == [["3", "30.0"]]
    for other in ({"quantity": [10, 10, 1]}, {"amount": [10, 20, 29]}, {"unit_price": [1, 2, 1.5]}):
        assert issues(**rows | other) == ([], [])


def test_a_sum_among_rows_without_numbers_and_items_is_told():
    rows = {"quantity": [10, 1, 11, 4], "amount": [10, 20, 30, 7], "order_number": ["1", "1", "1", "2"]}
    assert issues(**rows)[0] == [["3", "30.0"]]
    assert issues(**rows | {"quantity": [10, 1, 1, 4]})[0] == issues(**rows | {"quantity": [10, 1, None, 4]})[0] == []


def test_a_line_of_an_order_again_with_another_amount_is_told():
    rows = {"line_number": ["1", "1", "2"], "quantity": [10, 12, 5], "amount": [1000, 1200, 5]}
    told, why = issues(**rows)
    assert told == [["2", "1200.0"]] and "a revision, a release" in why[0]
    assert issues(**rows | {"quantity": [10, 10, 5]})[0] == [["2", "1200.0"]]
    assert "revision" not in str(issues(**rows | {"vendor_id": ["A", "B", "A"]}))  # two orders
    assert issues(**rows | {"status": ["Cancelled", "Open", "Open"]})[0] == []
    assert issues(**rows | {"quantity": [10, -12, 5], "amount": [1000, -1200, 5]})[0] == []


def test_parts_of_a_line_with_a_day_each_are_no_versions_of_it():
    rows = {"line_number": ["1", "1", "2"], "quantity": [10, 12, 5], "amount": [1000, 1200, 5]}
    days = ["2025-02-01", "2025-03-01", "2025-03-01"]
    assert issues(**rows, required_date=days)[0] == issues(**rows, delivered_date=days)[0] == []
    assert issues(**rows | {"amount": [1000, 1300, 5]}, required_date=days)[0] == [["2", "1300.0"]]  # another price
    assert issues(**rows, delivered_date=[None, *days[1:]])[0] == [["2", "1200.0"]]


def test_an_order_s_total_on_each_of_its_lines_is_told():
    rows = {"order_number": ["1", "1", "2", "2", "3"], "quantity": [10, 5, 3, 1, 1], "amount": [30, 30, 50, 50, 7]}
    told, why = issues(**rows)
    assert told == [["2", "30.0"], ["4", "50.0"]] and why[0].startswith("the same amount on each line")
    assert issues(**rows | {"quantity": [1, 1, 2, 2, 1]})[0] == []  # two things of one price
    assert issues(**rows | {"amount": [30, 30, 50, 40, 7]})[0] == []
