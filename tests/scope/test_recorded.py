"""What records no days of delivery is not judged, and what has come is not chased."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import explain, lead_times, slippage
from makini_analytics.compute import RECORDED_SHARE
from makini_analytics.slippage._snapshot import snapshot
from tests.compute.kinds import dirty, same
from tests.tiers import one_in

AS_OF = "2025-12-31"
NOT_RECORDED = "delivery days not recorded"


def _lines(connection: str, vendor: str, *, dated: int, undated: int, overdue: int = 0) -> pd.DataFrame:
    """Return received lines with a day, all of them on time, received ones without one, and open ones past their due date."""
    n = dated + undated + overdue
    return pd.DataFrame(
        {
            "connection": connection,
            "vendor_id": vendor,
            "order_id": [f"{connection}{vendor}{i}" for i in range(n)],
            "order_date": pd.Timestamp("2025-01-01"),
            "required_date": pd.Timestamp("2025-02-01"),
            "delivered_date": pd.to_datetime(["2025-01-20"] * dated + [None] * (undated + overdue)),
            "state": ["received"] * (dated + undated) + ["open"] * overdue,
        }
    )


@pytest.mark.parametrize(
    ("dated", "undated", "judged"),
    one_in(3, [(95, 5, True), (94, 6, False), (0, 100, False), (9, 1, True), (8, 2, False), (100, 0, True)]),
)
def test_a_connection_is_judged_where_nearly_all_received_lines_have_a_day(dated, undated, judged):
    lines = pd.concat(
        [_lines("a", "v", dated=dated, undated=undated, overdue=10), _lines("b", "w", dated=20, undated=0, overdue=5)]
    )
    lines = lines.reset_index(drop=True)
    assert RECORDED_SHARE == 0.95
    got = slippage.by_vendor(lines, as_of=AS_OF, by="connection").set_index("connection")
    assert got.loc["b", ["n_due", "n_on_time"]].tolist() == [25, 20]
    if judged:
        assert got.loc["a", ["n_due", "n_on_time"]].tolist() == [dated + 10, dated]
    else:
        assert got.loc["a", "n_due"] == 0 and np.isnan(got.loc["a", "on_time_rate"])
        said = str(explain(slippage.by_vendor(lines, as_of=AS_OF)))
        assert f"connection 'a' ({dated} of {dated + undated} received lines have a day of delivery)" in said
    reasons = slippage.per_line(lines, as_of=AS_OF).reason.value_counts()
    assert reasons.get("received, delivery date unknown", 0) == undated
    assert reasons.get(NOT_RECORDED, 0) == (0 if judged else dated + 10)
    # the lines of one connection don't say anything of another's
    assert slippage.by_vendor(lines[lines.connection == "b"], as_of=AS_OF).n_due.item() == 25


def test_a_vendor_without_days_among_others_with_days():
    lines = pd.concat(
        [_lines("a", f"v{i}", dated=200, undated=0) for i in range(3)]
        + [_lines("a", "no days", dated=0, undated=12, overdue=9)]
    )
    got = slippage.by_vendor(lines, as_of=AS_OF).set_index("vendor_id")
    assert got.loc["no days", "n_due"] == 0 and np.isnan(got.loc["no days", "on_time_rate"])
    assert (got.drop("no days").n_due == 200).all()
    assert "1 vendor" in slippage.by_vendor(lines, as_of=AS_OF).attrs["notes"][0]
    waits = lead_times.by_vendor(lines, as_of=AS_OF).set_index("vendor_id")
    assert waits.loc["no days", "n_lines"] == 0 and np.isnan(waits.loc["no days", "median_days"])
    whole = slippage.by_vendor(lines, as_of=AS_OF, by=None)
    assert (whole.n_due.item(), whole.on_time_rate.item()) == (600, 1.0)
    # named by its name alone, or not named at all
    for unnamed in (
        lines.rename(columns={"vendor_id": "vendor_name"}),
        lines.assign(vendor_id=lines.vendor_id.where(lines.vendor_id != "no days")),
    ):
        assert slippage.by_vendor(unnamed, as_of=AS_OF, by=None).n_due.item() == 600


def test_the_chances_are_not_learnt_from_it_and_not_given_to_it():
    lines = pd.concat(
        [_lines("a", "v", dated=60, undated=0), _lines("b", "w", dated=0, undated=60, overdue=30)], ignore_index=True
    )
    still_open = slippage.open_orders(lines, as_of=AS_OF)
    assert len(still_open) == 30 and (still_open.days_overdue > 0).all()
    assert still_open.chance_30_days.isna().all() and (still_open.chance_on_time == 0).all()
    assert not len(slippage.backtest(lines, as_of="2025-02-15"))


@pytest.mark.full
@pytest.mark.parametrize("seed", one_in(3, range(3)))
def test_against_plain_loops(seed):
    lines = dirty(seed, 150, dated=False).assign(vendor_name=None)
    lines["vendor_id"] = np.random.default_rng(seed).choice(list("abcdefghij"), 150)
    day = pd.Timestamp(AS_OF)
    per_line = slippage.per_line(lines, as_of=AS_OF)
    bare = [slippage.per_line(lines.iloc[[i]], as_of=AS_OF) for i in range(150)]  # alone, no line makes a habit
    alone = pd.concat(bare)
    received = alone.outcome.isin(["early", "on_time", "late"]) | (
        (alone.outcome == "not_due") & (lines.delivered_date <= day)
    )
    no_due = (alone.reason.fillna("") == "no due date") & (lines.delivered_date <= day)
    no_due &= ~(lines.received_quantity < lines.quantity)
    undated = alone.reason.isin(["received, delivery date unknown", "all received, to be closed"])
    n: dict[tuple, list[int]] = {}
    for c, v, has, lacks in zip(lines.connection.fillna("-"), lines.vendor_id, received | no_due, undated, strict=True):
        for key in ((c,), (c, v)):
            both = n.setdefault(key, [0, 0])
            both[0] += bool(has)
            both[1] += bool(lacks)
    few = {key for key, (has, lacks) in n.items() if lacks > 1 and has < 0.95 * (has + lacks)}
    assert few
    for i, (c, v) in enumerate(zip(lines.connection.fillna("-"), lines.vendor_id, strict=True)):
        want = alone.reason.iloc[i]
        judged_alone = pd.isna(want) or want == "no due date"
        if judged_alone and ((c,) in few or (c, v) in few):
            want = NOT_RECORDED
        assert (pd.isna(want) and pd.isna(per_line.reason.iloc[i])) or want == per_line.reason.iloc[i]


@pytest.mark.parametrize("engine", one_in(3, ["polars", "pyarrow", "duckdb"]))
def test_every_engine_leaves_out_the_same(engine):
    lines = pd.concat(
        [_lines("a", f"v{i}", dated=200, undated=0) for i in range(3)]
        + [_lines("a", "no days", dated=0, undated=12, overdue=9)]
    )
    lines = pd.concat([lines, _lines("b", "w", dated=0, undated=7, overdue=2)], ignore_index=True)
    texts = ["connection", "vendor_id", "order_id", "state"]
    lines = lines.astype(dict.fromkeys(texts, "string"))
    module = pytest.importorskip(engine)
    made = {
        "polars": lambda: module.from_pandas(lines),
        "pyarrow": lambda: module.Table.from_pandas(lines),
        "duckdb": lambda: module.from_df(lines),
    }
    frame = made[engine]()
    for ask in (slippage.by_vendor, lead_times.by_vendor, lead_times.curve):
        got, want = ask(frame, as_of=AS_OF), ask(lines, as_of=AS_OF)
        same(got, want)
        assert {e["reason"]: e["n_lines"] for e in want.attrs["excluded"]}[NOT_RECORDED] == 11
        assert want.attrs["notes"] == got.attrs["notes"]


def test_what_has_come_is_to_be_closed_and_not_chased():
    lines = pd.DataFrame(
        {
            "vendor_id": "v",
            "order_date": pd.Timestamp("2025-01-01"),
            "required_date": pd.to_datetime(["2025-02-01"] * 4 + ["2026-02-01", None]),
            "delivered_date": pd.to_datetime(["2025-01-20", None, None, None, None, None]),
            "quantity": 10.0,
            "received_quantity": [10.0, 10.0, 12.0, 9.0, 10.0, np.nan],
            "state": "open",
            "amount": 50.0,
            "currency": "EUR",
        }
    )
    got = slippage.open_orders(lines, as_of=AS_OF)
    assert got.bucket.tolist()[0] == "over 90"
    assert got.bucket.value_counts().to_dict() == {"to be closed": 3, "over 90": 1, "no due date": 1}
    close = got[got.bucket == "to be closed"]
    assert close.days_overdue.isna().all() and (close.open_value == 0).all() and (close.expected_late_value == 0).all()
    assert (got.days_overdue > 0).sum() == 1 and got.open_value.sum() == 5 + 50
    rate = slippage.by_vendor(lines.iloc[[0, 1, 3]], as_of=AS_OF).iloc[0]
    assert (rate.n_due, rate.n_overdue_open) == (2, 1)
    assert slippage.per_line(lines.iloc[[1]], as_of=AS_OF).reason.item() == "all received, to be closed"
    table = slippage.ageing(lines, as_of=AS_OF).set_index("bucket")
    assert table.n_lines["to be closed"] == 3 and table.index[-1] == "to be closed"


def test_the_sample_has_one_connection_without_days():
    data = ma.load_sample()
    got = slippage.by_vendor(data, by="connection").set_index("connection")
    assert got.n_due["apac"] == 0 and np.isnan(got.on_time_rate["apac"]) and (got.n_due[["emea", "us"]] > 2000).all()
    still_open = slippage.open_orders(data)
    before = data.lines.loc[:, ["required_date", "state"]]
    to_close = still_open[still_open.bucket == "to be closed"]
    assert (still_open.days_overdue > 0).sum() == 32 and (to_close.due_date < before.required_date.max()).all()
    assert (to_close.due_date < pd.Timestamp(AS_OF)).sum() == 34
    months = slippage.by_period(data).set_index("period")
    assert months.on_time_rate["2025-12"] == pytest.approx(0.76, abs=0.02)


def _steady(*still_open: str | None) -> pd.DataFrame:
    """Return a line a day, delivered after 10 and 20 days in turn and due after 15, and some open ones by their order date."""
    day = pd.date_range("2024-01-01", "2025-05-05")
    waits = pd.to_timedelta(np.where(np.arange(len(day)) % 2, 10, 20), unit="D")
    came = pd.DataFrame(
        {"order_date": day, "delivered_date": day + waits, "required_date": day + pd.Timedelta(days=15)}
    )
    still = pd.DataFrame(
        {
            "order_date": pd.to_datetime(list(still_open)),
            "delivered_date": pd.NaT,
            "required_date": pd.Timestamp("2025-06-10"),
        }
    )
    lines = pd.concat([came, still], ignore_index=True)
    return lines.assign(vendor_id="v", order_id=[str(i) for i in range(len(lines))], amount=100.0, currency="EUR")


def test_a_chance_past_the_longest_wait_is_missing():
    got = slippage.open_orders(_steady("2025-05-27", "2025-05-10", "2025-04-01"), as_of="2025-06-01").sort_values(
        "age_days"
    )
    # the longest wait is 20 days; the lines are 5, 22 and 61 days old
    assert got.age_days.tolist() == [5.0, 22.0, 61.0]
    assert got.chance_on_time.notna().tolist() == [True, False, False]
    assert got.expected_late_value.isna().tolist() == [False, True, True]


def test_an_undated_cancellation_is_not_learnt_from_as_open():
    came = _steady().assign(state="received")
    undated = came.iloc[::2].assign(delivered_date=pd.NaT, state="cancelled")
    dated = undated.assign(cancelled_date=undated.order_date + pd.Timedelta(days=3))
    seen = snapshot(pd.concat([came, undated, dated], ignore_index=True), "2025-06-01", "required")
    learnt = seen.parts[0].book.ordered >= 0
    n, m = len(came), len(undated)
    assert learnt[:n].all() and not learnt[n : n + m].any() and learnt[n + m :].all()
