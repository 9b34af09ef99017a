"""Each outcome and each reason on hand-worked lines, looked at from 30 June 2025."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, SchemaError, lead_times
from makini_analytics.tidy import empty
from tests.cases import lines_of

AS_OF = "2025-06-30"

# order date, delivered date, cancelled date, quantity, received, state -> lead time, outcome, reason, age
CASES = [
    ("2025-06-01", "2025-06-11", None, 5, 5, "received", 10, "delivered", None, None),
    ("2025-06-01", "2025-06-01", None, 5, None, None, 0, "delivered", None, None),  # on the day of the order
    ("2025-06-01", "2025-06-30", None, None, None, "open", 29, "delivered", None, None),  # on the as-of day itself
    ("2025-06-01", "2025-07-01", None, 5, 5, "received", None, "open", None, 29),  # the day after: not yet
    ("2025-06-01", "2025-06-11", None, 5, 4, "open", None, "open", None, 29),  # not all of it
    ("2025-06-01", "2025-06-11", None, 5, 6, "open", 10, "delivered", None, None),  # more than all of it
    ("2025-06-30", None, None, 5, 0, "open", None, "open", None, 0),
    ("2025-06-01", None, None, 5, 0, "unknown", None, "open", None, 29),
    ("2025-06-01", None, "2025-06-04", 5, 0, "cancelled", None, "cancelled", None, 3),
    ("2025-06-01", None, None, 5, 0, "cancelled", None, "cancelled", None, None),  # undated: nobody knows
    ("2025-06-01", None, "2025-08-01", 5, 0, "cancelled", None, "open", None, 29),  # cancelled later: open on the day
    ("2025-06-01", None, "2025-05-01", 5, 0, "cancelled", None, "cancelled", None, 0),  # before the order
    (None, "2025-06-11", None, 5, 5, "received", None, "excluded", "no order date", None),
    ("2025-06-12", "2025-06-11", None, 5, 5, "received", None, "excluded", "delivered before ordered", None),
    ("2025-07-01", None, None, 5, 0, "open", None, "excluded", "ordered after as-of", None),
    ("2025-06-01", None, None, 5, 0, "draft", None, "excluded", "draft", None),
    ("2025-06-01", "2025-06-11", None, -5, -5, "received", None, "excluded", "return", None),
    ("2025-06-01", "2025-06-11", None, 5, 3, "closed_short", None, "excluded", "closed short", None),
    ("2025-06-01", None, None, 5, 5, "received", None, "excluded", "received, delivery date unknown", None),
]  # fmt: skip
COLUMNS = ["order_date", "delivered_date", "cancelled_date", "quantity", "received_quantity", "state"]


def frame() -> pd.DataFrame:
    return lines_of(CASES, COLUMNS)


@pytest.fixture
def lines() -> pd.DataFrame:
    return frame()


@pytest.mark.parametrize("i", range(len(CASES)), ids=lambda i: f"{i} {CASES[i][7]} {CASES[i][8] or ''}")
def test_outcome_of_each_case(i):
    got = lead_times.per_line(frame(), as_of=AS_OF).iloc[i]
    days, outcome, reason, age = CASES[i][6:]
    assert got.outcome == outcome
    assert (got.reason is pd.NA and reason is None) or got.reason == reason
    for value, expected in ((got.lead_time_days, days), (got.age_days, age)):
        assert (np.isnan(value) and expected is None) or value == expected


def test_a_deleted_line_counts_as_cancelled(lines):
    lines["deleted_at"] = pd.Series(pd.NaT, index=lines.index, dtype="datetime64[us, UTC]")
    lines.loc[0, "deleted_at"] = pd.Timestamp("2025-06-05T10:00Z")
    lines.loc[0, "cancelled_date"] = pd.Timestamp("2025-06-05")
    got = lead_times.per_line(lines, as_of=AS_OF).iloc[0]
    assert (got.outcome, got.age_days) == ("cancelled", 4) and np.isnan(got.lead_time_days)


def test_shape_types_and_the_input_left_alone(lines):
    lines.index = pd.Index(range(100, 100 + len(lines))[::-1])
    before = lines.copy(deep=True)
    got = lead_times.per_line(lines, as_of=AS_OF)
    pd.testing.assert_frame_equal(lines, before)
    assert got.index.equals(lines.index)
    assert got.columns.tolist() == [
        "order_id", "line_id", "vendor_id", "vendor_name", "lead_time_days", "outcome", "reason", "age_days",
    ]  # fmt: skip
    assert got.line_id.tolist() == lines.line_id.tolist()
    texts = ["order_id", "line_id", "vendor_id", "vendor_name", "outcome", "reason"]
    assert all(got[c].dtype == "string" for c in texts)
    assert got.lead_time_days.dtype == got.age_days.dtype == float
    with_connection = lead_times.per_line(lines.assign(connection="eu"), as_of=AS_OF)
    assert with_connection.columns[-1] == "connection"


def test_excluded_and_included_are_all_with_their_value(lines):
    said = lead_times.per_line(lines, as_of=AS_OF).attrs
    assert said["included"]["n_lines"] + sum(e["n_lines"] for e in said["excluded"]) == len(lines)
    assert {e["reason"]: e["n_lines"] for e in said["excluded"]} == {
        "no order date": 1, "delivered before ordered": 1, "ordered after as-of": 1, "draft": 1, "return": 1,
        "closed short": 1, "received, delivery date unknown": 1,
    }  # fmt: skip
    assert said["included"]["value"] == {"EUR": 24.0}
    assert said["as_of"] == AS_OF and said["metric"] == "lead_times.per_line"


def test_the_time_of_day_does_not_count():
    lines = pd.DataFrame(
        {
            "order_date": pd.to_datetime(["2025-01-01T23:59:00"]),
            "delivered_date": pd.to_datetime(["2025-01-03T00:01:00"]),
        }
    )
    assert lead_times.per_line(lines, as_of="2025-01-03T08:00").lead_time_days.tolist() == [2.0]


def test_as_of_is_the_argument_else_the_frames_else_its_latest_change(lines):
    open_line = lines.iloc[[7]]
    with pytest.raises(ConfigError, match="as_of="):
        lead_times.per_line(open_line)
    dated = open_line.assign(updated_at=pd.to_datetime(["2025-06-11T22:00Z"]))
    assert lead_times.per_line(dated).age_days.tolist() == [10.0]
    dated.attrs["as_of"] = "2025-06-21"
    assert lead_times.per_line(dated).age_days.tolist() == [20.0]
    assert lead_times.per_line(dated, as_of=pd.Timestamp("2025-06-02")).age_days.tolist() == [1.0]


def test_what_is_missing_is_named():
    with pytest.raises(SchemaError, match=r"'delivered_date'.*near: deliver_date"):
        lead_times.per_line(pd.DataFrame({"order_date": [], "deliver_date": []}), as_of=AS_OF)
    with pytest.raises(SchemaError, match="'order_date' holds values that are no dates"):
        lead_times.per_line(pd.DataFrame({"order_date": ["soon"], "delivered_date": [None]}), as_of=AS_OF)
    with pytest.raises(SchemaError, match=r"by='site'.*near: site_id"):
        sites = pd.DataFrame({"order_date": [], "delivered_date": [], "site_id": []})
        lead_times.by_vendor(sites, as_of=AS_OF, by="site")


@pytest.mark.parametrize("metric", ["per_line", "by_vendor", "curve"])
def test_no_lines_give_an_empty_frame_of_the_same_types(metric, lines):
    function = getattr(lead_times, metric)
    full, none = function(lines, as_of=AS_OF), function(lines.iloc[:0], as_of=AS_OF)
    assert len(none) == 0 and none.dtypes.equals(full.dtypes)
    assert len(function(empty("lines"))) == 0  # and no as-of day is asked for
