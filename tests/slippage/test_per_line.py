"""Each outcome and each reason on hand-worked lines, looked at from 30 June 2025."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, SchemaError, slippage
from makini_analytics.tidy import empty
from tests.cases import lines_of

AS_OF = "2025-06-30"

# due, delivered, quantity, received, state -> days late, days overdue, outcome, reason
CASES = [
    ("2025-06-10", "2025-06-10", 5, 5, "received", 0, None, "on_time", None),
    ("2025-06-10", "2025-06-07", 5, 5, "received", -3, None, "early", None),
    ("2025-06-10", "2025-06-14", 5, None, "unknown", 4, None, "late", None),
    ("2025-06-30", "2025-06-30", 5, 5, "open", 0, None, "on_time", None),  # due and delivered on the as-of day
    ("2025-06-10", None, 5, 0, "open", None, 20, "overdue_open", None),
    ("2025-06-10", "2025-06-08", 5, 4, "open", None, 20, "overdue_open", None),  # not all of it
    ("2025-06-10", "2025-07-02", 5, 5, "received", None, 20, "overdue_open", None),  # delivered after as-of: not yet
    ("2025-06-30", None, 5, 0, "open", None, None, "not_due", None),  # due today is not overdue
    ("2025-07-10", None, 5, 0, "open", None, None, "not_due", None),
    ("2025-07-10", "2025-06-20", 5, 5, "received", -20, None, "not_due", None),  # here already, but not due
    ("2025-06-10", "2025-06-10", 5, 5, "cancelled", None, None, "excluded", "cancelled"),
    ("2025-06-10", None, 5, 0, "draft", None, None, "excluded", "draft"),
    ("2025-06-10", "2025-06-10", -5, -5, "received", None, None, "excluded", "return"),
    (None, "2025-06-10", 5, 5, "received", None, None, "excluded", "no due date"),
    (None, None, 5, 0, "open", None, None, "excluded", "no due date"),
    ("2025-06-10", "2025-06-10", 5, 3, "closed_short", None, None, "excluded", "closed short"),
    ("2025-06-10", None, 5, 5, "received", None, None, "excluded", "received, delivery date unknown"),
]  # fmt: skip
COLUMNS = ["required_date", "delivered_date", "quantity", "received_quantity", "state"]


def frame() -> pd.DataFrame:
    return lines_of(CASES, COLUMNS)


@pytest.fixture
def lines() -> pd.DataFrame:
    return frame()


@pytest.mark.parametrize("i", range(len(CASES)), ids=lambda i: f"{i} {CASES[i][7]} {CASES[i][8] or ''}")
def test_outcome_of_each_case(i):
    got = slippage.per_line(frame(), as_of=AS_OF).iloc[i]
    late, overdue, outcome, reason = CASES[i][5:]
    assert got.outcome == outcome
    assert (got.reason is pd.NA and reason is None) or got.reason == reason
    for value, expected in ((got.days_late, late), (got.days_overdue, overdue)):
        assert (np.isnan(value) and expected is None) or value == expected


def test_a_deleted_line_is_excluded_as_deleted_also_when_cancelled(lines):
    lines["deleted_at"] = pd.Series([pd.Timestamp("2025-06-05T10:00Z")] * 11 + [pd.NaT] * 6, index=lines.index)
    got = slippage.per_line(lines, as_of=AS_OF)
    assert got.reason[:11].tolist() == ["deleted"] * 11 and got.outcome[:11].eq("excluded").all()


@pytest.mark.parametrize(
    ("late_days", "early_days", "expected"),
    [
        (0, None, ["early", "early", "on_time", "late", "late", "overdue_open", "not_due"]),
        (4, None, ["early", "early", "on_time", "on_time", "late", "overdue_open", "not_due"]),
        (5, None, ["early", "early", "on_time", "on_time", "on_time", "overdue_open", "not_due"]),
        (
            20,
            None,
            ["early", "early", "on_time", "on_time", "on_time", "not_due", "not_due"],
        ),  # open within the days allowed
        (0, 0, ["early", "early", "on_time", "late", "late", "overdue_open", "not_due"]),
        (0, 2, ["early", "on_time", "on_time", "late", "late", "overdue_open", "not_due"]),
        (0, 3, ["on_time", "on_time", "on_time", "late", "late", "overdue_open", "not_due"]),
    ],
)
def test_tolerances(late_days, early_days, expected):
    due = pd.Timestamp("2025-06-10")
    came = [due + pd.Timedelta(days=d) for d in (-3, -2, 0, 4, 5)]
    lines = pd.DataFrame(
        {"required_date": [due] * 6 + [pd.Timestamp("2025-07-01")], "delivered_date": [*came, pd.NaT, pd.NaT]}
    )
    got = slippage.per_line(lines, as_of=AS_OF, late_days=late_days, early_days=early_days)
    assert got.outcome.tolist() == expected
    assert got.days_late[:5].tolist() == [-3, -2, 0, 4, 5]  # the days are what they are under any tolerance
    assert got.days_overdue.notna().tolist() == got.outcome.eq("overdue_open").tolist()


def test_required_or_promised(lines):
    lines["promised_date"] = pd.to_datetime(["2025-06-08"] * len(lines))
    required, promised = (slippage.per_line(lines, as_of=AS_OF, due=d) for d in ("required", "promised"))
    assert required.days_late[0] == 0 and promised.days_late[0] == 2
    assert promised.due_date.eq(pd.Timestamp("2025-06-08")).all()
    assert promised.attrs["parameters"] == {"due": "promised", "late_days": 0}


def test_what_is_wrong_is_named(lines):
    with pytest.raises(ConfigError, match=r"due='need-by': pass 'required' .* or 'promised'"):
        slippage.per_line(lines, as_of=AS_OF, due="need-by")
    with pytest.raises(SchemaError, match="'promised_date'"):
        slippage.per_line(lines, as_of=AS_OF, due="promised")
    with pytest.raises(ConfigError, match="as_of="):
        slippage.per_line(lines)
    for wrong in (
        {"late_days": -1},
        {"early_days": -1},
        {"late_days": "2"},
        {"late_days": None},
        {"early_days": float("nan")},
    ):
        with pytest.raises(ConfigError, match=f"{next(iter(wrong))}=.*number of days"):
            slippage.by_vendor(lines, as_of=AS_OF, **wrong)


def test_shape_types_and_the_input_left_alone(lines):
    lines.index = pd.Index([f"row {i}" for i in range(len(lines))])
    before = lines.copy(deep=True)
    got = slippage.per_line(lines, as_of=AS_OF)
    pd.testing.assert_frame_equal(lines, before)
    assert got.index.equals(lines.index) and got.line_id.tolist() == lines.line_id.tolist()
    assert got.columns.tolist() == [
        "order_id", "line_id", "vendor_id", "vendor_name", "due_date", "delivered_date", "days_late", "days_overdue", "outcome",
        "reason",
    ]  # fmt: skip
    assert [str(t) for t in got.dtypes] == [*["string"] * 4, *["datetime64[us]"] * 2, *["float64"] * 2, *["string"] * 2]
    assert slippage.per_line(lines.assign(connection="eu"), as_of=AS_OF).columns[-1] == "connection"


def test_excluded_and_included_are_all_with_their_value(lines):
    said = slippage.per_line(lines, as_of=AS_OF).attrs
    assert {e["reason"]: e["n_lines"] for e in said["excluded"]} == {
        "cancelled": 1, "draft": 1, "return": 1, "no due date": 2, "closed short": 1, "received, delivery date unknown": 1,
    }  # fmt: skip
    assert said["included"] == {"reason": "included", "n_lines": 10, "value": {"EUR": 20.0}}
    by_vendor = slippage.by_vendor(lines, as_of=AS_OF)
    assert by_vendor.attrs["included"]["n_lines"] == by_vendor.n_due.sum() == 7
    assert {e["reason"]: e["n_lines"] for e in by_vendor.attrs["excluded"]}["not due yet"] == 3


@pytest.mark.parametrize("metric", ["per_line", "by_vendor"])
def test_no_lines_give_an_empty_frame_of_the_same_types(metric, lines):
    function = getattr(slippage, metric)
    full, none = function(lines, as_of=AS_OF), function(lines.iloc[:0], as_of=AS_OF)
    assert len(none) == 0 and none.dtypes.equals(full.dtypes)
    assert len(function(empty("lines"))) == 0  # and no as-of day is asked for


def test_the_time_of_day_does_not_count():
    lines = pd.DataFrame(
        {
            "required_date": pd.to_datetime(["2025-01-03T00:00:00"]),
            "delivered_date": pd.to_datetime(["2025-01-03T16:00:00"]),
        }
    )
    assert slippage.per_line(lines, as_of="2025-01-03").outcome.tolist() == ["on_time"]
