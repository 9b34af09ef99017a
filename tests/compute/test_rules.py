"""The arithmetic that all engines share, against numpy, pandas and plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import lead_times, spend
from makini_analytics.compute import (
    Cells,
    Selection,
    count_days,
    count_distinct,
    group_lines,
    period_alias,
    period_number,
)
from makini_analytics.compute._pandas_engine import PandasColumns, as_dates
from makini_analytics.errors import SchemaError


@pytest.mark.parametrize("freq", ["M", "Q", "Y", "W"])
@pytest.mark.parametrize("start", [1, 4, 12])
def test_the_number_of_a_period_is_that_of_pandas(freq, start):
    days = np.arange(np.datetime64("1600-01-01"), np.datetime64("2300-01-01"), 1)
    want = pd.DatetimeIndex(days.astype("datetime64[s]")).to_period(period_alias(freq, start)).asi8
    assert (period_number(days.astype(np.int64), freq, start) == want).all()


@pytest.mark.parametrize("kind", ["polars", "pyarrow", "duckdb"])
def test_days_in_an_engine_are_those_of_numpy(kind):
    from makini_analytics.compute import RuleResult
    from makini_analytics.compute._sql_engine import SqlLines
    from tests.compute.kinds import KINDS

    days = np.arange(np.datetime64("0001-01-01"), np.datetime64("2500-01-01"), 97)
    days = np.append(days, np.array(["9999-12-31", "2000-02-29", "1900-02-28", "NaT"], dtype="datetime64[D]"))
    frame = pd.DataFrame({"d": days.astype("datetime64[us]")})
    got = SqlLines.of(KINDS[kind](frame), metric="").tally(
        lambda c: RuleResult([(c.missing(c.day("d")), "missing")], {"day": c.day("d")})
    )
    assert sorted(got.kept(got.marks["day"])) == sorted(days[~np.isnat(days)].astype(np.int64))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_days_of_a_frame_in_any_unit(unit):
    text = ["1969-12-31 23:59:59", "1970-01-01", None, "2024-02-29 12:00", "1677-12-31"]
    frame = pd.DataFrame({"d": pd.to_datetime(pd.Series(text), format="mixed").astype(f"datetime64[{unit}]")})
    days = PandasColumns(frame).day("d")
    assert days[[0, 1, 3]].tolist() == [-1, 0, 19_782]
    assert np.isnan(days[2])
    assert (as_dates(days)[[0, 3]] == np.array(["1969-12-31", "2024-02-29"], dtype="datetime64[D]")).all()


def test_a_table_of_days_is_the_same_whether_it_is_dense_or_sorted_and_whether_rows_stand_for_many_lines():
    rng = np.random.default_rng(1)
    group, day, kind = rng.integers(0, 20, 900), rng.integers(-5, 300, 900), rng.integers(0, 3, 900)
    rows = rng.random(900) < 0.8
    dense = count_days(group, day, kind, n_groups=20, n_kinds=3, rows=rows)
    far = np.append(day, 3_000_000)
    assert Cells.of(np.append(group, 0), far, 20).number is not None
    sparse = count_days(
        np.append(group, 0), far, np.append(kind, 0), n_groups=20, n_kinds=3, rows=np.append(rows, False)
    )
    pairs, n = np.unique(np.column_stack([group, day, kind])[rows], axis=0, return_counts=True)
    counted = count_days(*pairs.T, n_groups=20, n_kinds=3, n=n)
    for other in (sparse, counted):
        assert (dense.group == other.group).all()
        assert (dense.day == other.day).all()
        assert (dense.counts == other.counts).all()


def test_distinct_orders_against_sets():
    rng = np.random.default_rng(2)
    for n, limit in ((500, 30), (500, 10_000)):
        group, order = rng.integers(0, 7, n), rng.integers(0, limit, n)
        ids = pd.DataFrame(
            {"connection": pd.array(rng.choice(["a", "b", None], n), dtype="string"), "order": order.astype(str)}
        )
        ids.loc[rng.random(n) < 0.1, "order"] = None
        want = [
            len({(c if pd.notna(c) else "", o) for c, o in zip(p.connection, p.order, strict=True) if pd.notna(o)})
            for _, p in ids.groupby(group)
        ]
        assert count_distinct(group, ids, 7).tolist() == want
        assert count_distinct(group, ids.astype("category"), 7).tolist() == want


def test_a_name_is_the_one_that_most_lines_carry_also_where_rows_stand_for_many():
    lines = pd.DataFrame({"vendor_id": list("aaabbb"), "vendor_name": ["x", "y", "y", "q", "p", None]})
    assert group_lines(lines, "vendor").keys["vendor_name"].tolist() == ["y", "p"]
    assert group_lines(lines, "vendor", n=np.array([5, 1, 1, 1, 1, 9])).keys["vendor_name"].tolist() == ["x", "p"]
    rows = np.array([True, True, False, True, False, True])
    assert group_lines(lines, "vendor", rows=rows).keys["vendor_name"].tolist() == ["x", "q"]


def test_the_book_adds_up():
    lines = pd.DataFrame({"amount": [1.0, 2.0, np.nan, np.inf, 5.0], "currency": ["EUR", None, "USD", "EUR", "EUR"]})
    chosen = Selection(lines)
    chosen.exclude(np.array([True, False, True, False, False]), "first")
    chosen.exclude(pd.array([True, None, None, True, False], dtype="boolean"), "second")
    assert chosen.book() == [
        {"reason": "included", "n_lines": 2, "value": {"EUR": 5.0, "": 2.0}},
        {"reason": "first", "n_lines": 2, "value": {"EUR": 1.0, "USD": 0.0}},
        {"reason": "second", "n_lines": 1, "value": {"EUR": 0.0}},
    ]


@pytest.mark.parametrize("whole", [20250131, 20250131.0, 45_688])
def test_numbers_are_no_dates(whole):
    """pandas takes them for nanoseconds: all of it would be January 1970."""
    lines = pd.DataFrame({"order_date": [whole, None], "amount": [1.0, 2.0], "vendor_id": ["a", "b"]})
    for held in (lines, lines.astype(object), lines.convert_dtypes()):
        for ask in (spend.by_period, lead_times.per_line):
            with pytest.raises(SchemaError, match=r"'order_date' holds .*, not dates: cast it to a date first"):
                ask(held.assign(delivered_date=None), as_of="2025-12-31")


def test_dates_are_no_numbers():
    lines = pd.DataFrame({"amount": pd.to_datetime(["2025-01-31", None]), "vendor_id": ["a", "b"]})
    for held in (lines, lines.assign(amount=lines["amount"].dt.tz_localize("UTC"))):
        with pytest.raises(SchemaError, match=r"'amount' holds datetime64\[us.*: cast it to a number first"):
            spend.by_vendor(held)
    assert spend.by_vendor(lines.iloc[1:]).attrs["excluded"][0]["reason"] == "no amount"


@pytest.mark.parametrize("n", [126, 127, 128, 32_766, 32_767])
def test_as_many_currencies_as_a_small_number_holds_are_booked(n):
    lines = pd.DataFrame({"amount": 1.0, "currency": [f"C{i}" for i in range(n)] + [None]})
    (included,) = Selection(lines).book()
    assert included["n_lines"] == n + 1 == sum(included["value"].values())
