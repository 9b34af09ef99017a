"""A sandbox that lives: its log is what a client sees, the same each time, and what `ma.compare` finds."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma

KINDS = {"placed", "promised", "postponed", "received", "received in part", "price edited", "quantity edited"}


@pytest.fixture(scope="module")
def lived():
    """The orders of two months, five weeks of their life, and both states as a client had them."""
    data = ma.load_sample("emea").filter(since="2025-11-01")
    with ma.sandbox({"emea": data}) as server:
        client = server.client(delivery_date="actual")
        before = client.fetch_purchases()
        log = pd.concat([server.live(2), server.live(3)], ignore_index=True)
        after = client.fetch_purchases(refresh=True)
    with ma.sandbox({"emea": data}) as server:
        again = server.live(5)
    return before, log, after, again


def keyed(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.set_index(["order_number", "line_number"]).sort_index()


def test_two_weeks_and_three_are_five_and_the_same_each_time(lived):
    _, log, _, again = lived
    pd.testing.assert_frame_equal(log, again)
    assert set(log["event"]) >= KINDS
    assert log["day"].is_monotonic_increasing
    assert (log["day"].dt.day_of_week < 5).all()


def test_the_client_sees_what_the_log_says(lived):
    before, log, after, _ = lived
    assert after.as_of == log["day"].max()
    old, new = keyed(before.lines), keyed(after.lines)
    placed, removed = (set(log.loc[log["event"] == e, "order_number"]) for e in ("placed", "removed"))
    assert set(after.orders["order_number"]) == (set(before.orders["order_number"]) | placed) - removed
    assert (new.loc[list(placed)]["order_date"] > before.as_of).all()
    last = log.dropna(subset="line_number").groupby(["order_number", "line_number", "event"]).last()
    seen = 0
    for (order, line, event), row in last.iterrows():
        if order in removed:
            continue
        now = new.loc[(order, line)]
        if event == "received":
            assert (now["delivered_date"], now["received_quantity"]) == (row["day"], float(row["after"]))
        elif event == "price edited":
            assert now["unit_price"] == pytest.approx(float(row["after"]))
        elif event == "quantity edited":
            assert now["quantity"] == pytest.approx(float(row["after"]))
        elif event == "deleted":
            assert pd.notna(now["deleted_at"])
        seen += 1
    assert seen > 100
    # nothing else moved
    both = old.index.intersection(new.index)
    quiet = both.difference(last.index.droplevel("event"))
    for name in ("unit_price", "quantity", "delivered_date", "received_quantity", "required_date", "amount"):
        pd.testing.assert_series_equal(old.loc[quiet, name], new.loc[quiet, name])


def test_compare_finds_the_edits_of_the_log(lived):
    before, log, after, _ = lived
    parts = ma.compare(before, after, per_line=True)
    there = set(before.orders["order_number"])
    for event, effect in (("price edited", "prices"), ("quantity edited", "quantities")):
        edited = log[(log["event"] == event) & log["order_number"].isin(there)]
        counts = keyed(after.lines).loc[list(zip(edited["order_number"], edited["line_number"], strict=True))]
        counts = counts[~counts["state"].isin(["cancelled", "draft"]) & counts["deleted_at"].isna()]
        rows = parts[parts["effect"] == effect]
        found = set(zip(rows["order_number"], rows["line_number"], strict=True))
        assert set(counts.index) <= found <= set(zip(edited["order_number"], edited["line_number"], strict=True))
        assert len(found) > 3
    marked = log[(log["event"] == "deleted") & log["order_number"].isin(there)]
    removed = set(log.loc[log["event"] == "removed", "order_number"])
    gone = parts[(parts["effect"] == "deleted") & ~parts["order_number"].isin(removed)]
    found = set(zip(gone["order_number"], gone["line_number"], strict=True))
    assert found <= set(zip(marked["order_number"], marked["line_number"], strict=True))
    new = parts[parts["effect"] == "new orders"]
    assert set(new["order_number"]) <= set(log.loc[log["event"] == "placed", "order_number"])
    assert len(new) > 0


def test_a_connection_that_is_not_there_and_time_that_does_not_pass():
    with ma.sandbox({"purchase-orders": []}) as server:
        with pytest.raises(ma.ConfigError, match="no connection 'us'"):
            server.live(connection="us")
        with pytest.raises(ma.ConfigError, match="weeks"):
            server.live(-1)
        assert server.live(2).empty
