"""Only what changed: after any inserts and edits, the update is what a full fetch would be."""

from __future__ import annotations

import random

import pandas as pd
import pytest

import makini_analytics as ma
from tests.faults.server import order

OPTIONS = {"progress": False, "delivery_date": "actual", "per_page": 7}


def same(a, b):
    for table, key in (("orders", "order_id"), ("lines", "line_id")):
        left, right = (getattr(x, table).sort_values(key).reset_index(drop=True) for x in (a, b))
        pd.testing.assert_frame_equal(left[sorted(left)], right[sorted(right)])


@pytest.mark.parametrize("contract", ["v3", "v4", "v1"])
@pytest.mark.parametrize("seed", [pytest.param(i, marks=[pytest.mark.full] if i else []) for i in range(5)])
def test_after_inserts_and_edits_update_equals_a_full_fetch(contract, seed):
    r = random.Random(seed)
    rows = [order(i, updatedAt=f"2025-{1 + i % 6:02d}-15T00:00:00Z") for i in range(30)]
    with ma.sandbox({"purchase-orders": rows}, contract=contract) as server:
        data = server.client(**OPTIONS).fetch_purchases()
        before = data.orders.copy()
        for day in range(1, 6):
            for n in range(r.randint(0, 4)):
                when = f"2025-07-{day:02d}T{n:02d}:00:00Z"
                if r.random() < 0.5:
                    server.insert("sandbox", order(100 * day + n, updatedAt=when, extra=r.random()))
                else:
                    key = f"{r.randrange(30):04d}"
                    server.edit(
                        "sandbox",
                        key,
                        updatedAt=when,
                        title=f"edited {day}",
                        lineItems=order(int(key))["lineItems"] * 1,
                    )
            updated = server.client(**OPTIONS).update(data)
            same(updated, server.client(**OPTIONS).fetch_purchases())
            pd.testing.assert_frame_equal(data.orders, before)
            data, before = updated, updated.orders.copy()


def test_only_what_changed_is_asked_for():
    rows = [order(i, updatedAt="2025-01-01T00:00:00Z") for i in range(30)] + [
        order(99, updatedAt="2025-06-01T00:00:00Z")
    ]
    with ma.sandbox({"purchase-orders": rows}) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        n = len(server.requests)
        client.update(data)
        asked = [q for q in server.requests[n:] if q.path.endswith("/purchase-orders") and "statuses" not in q.path]
    assert len(asked) == 1
    assert asked[0].query["filter[updatedAt:gteq]"] == "2025-05-31T00:00:00Z"


def test_other_connections_stay_and_a_filter_that_is_not_kept_is_said():
    rows = [order(i, updatedAt=f"2025-0{1 + i % 3}-01T00:00:00Z") for i in range(12)]
    with ma.sandbox({"a": {"purchase-orders": rows}, "b": {"purchase-orders": rows}}) as server:
        data = ma.concat([server.client(n, **OPTIONS).fetch_purchases() for n in ("a", "b")])
        server.delete("a", "0003")
        client = server.client("a", **OPTIONS)
        assert len(client.update(data).orders) == 24  # a deletion shows in a full fetch only
        import makini_analytics.demo._server as s

        kept, s.selected = s.selected, lambda records, query: records
        try:
            whole = client.update(data)
        finally:
            s.selected = kept
    assert whole.orders.groupby("connection").size().to_dict() == {"a": 11, "b": 12}
    assert "everything was fetched" in " ".join(whole.sources.notes)
    assert len(whole.sources) == 2
