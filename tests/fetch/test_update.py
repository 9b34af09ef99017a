"""Only what changed is asked for, and the update is what a full fetch would be; where it can't be, everything is fetched."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.demo import _server
from tests.faults.server import order
from tests.fetch.test_update_random import same
from tests.tiers import one_in

OPTIONS = {"progress": False, "delivery_date": "actual", "per_page": 7}
SAID = "Everything was fetched, since "


def orders(n=30, **more):
    return [order(i, updatedAt=f"2025-0{1 + i % 6}-15T00:00:00Z", **more) for i in range(n)]


def serve(rows, **tables):
    return ma.sandbox({"purchase-orders": rows, **tables})


def asked(server, since):
    """Return what was asked of orders: pages, and orders by their key."""
    paths = [q for q in server.requests[since:] if "purchase-orders" in q.path and "statuses" not in q.path]
    return [q.query.get("page", q.path.rsplit("/", 1)[-1]) for q in paths if q.query.get("per_page") != "1"]


def test_only_what_changed_is_asked_for():
    rows = [
        *(order(i, updatedAt="2025-01-01T00:00:00Z") for i in range(30)),
        order(99, updatedAt="2025-06-01T00:00:00Z"),
    ]
    with serve(rows) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        before, n = data.orders.copy(), len(server.requests)
        updated = client.update(data)
        assert asked(server, n) == ["1"]
        [page] = [
            q for q in server.requests[n:] if q.query.get("per_page") == "7" and q.path.endswith("erp/purchase-orders")
        ]
        assert page.query["filter[updatedAt:gteq]"] == "2025-05-31T00:00:00Z"
        same(updated, data)
        pd.testing.assert_frame_equal(data.orders, before)
    assert "Updated: 1 orders" in updated.sources.notes.item()


@pytest.mark.full
@pytest.mark.parametrize("contract", one_in(3, ["v4", "v3", "v1"]))
def test_a_change_dated_in_the_future_hides_none_that_follow(contract):
    with ma.sandbox(
        {"purchase-orders": [*orders(), order(50, updatedAt="2090-01-01T00:00:00Z")]}, contract=contract
    ) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        server.edit("sandbox", "0003", title="edited", updatedAt="2025-06-15T10:00:00Z")
        updated = client.update(data)
        assert updated.orders.set_index("order_id").title["0003"] == "edited"
        assert SAID not in updated.sources.notes.item()
        server.edit("sandbox", "0004", title="edited", updatedAt="2025-06-15T11:00:00Z")
        again = client.update(updated)
        assert again.orders.set_index("order_id").title["0004"] == "edited"
        same(again, client.fetch_purchases(refresh=True))


def receipt(i, quantity=1, **more):
    return {"key": f"r{i}", "poKey": f"{i:04d}", "receivedAt": "2025-07-01", "lineItems": [{"key": f"r{i}-1", "poLineKey": f"{i:04d}-1", "quantity": quantity}]} | more  # fmt: skip


def test_receipts_that_came_since_count_and_ask_for_their_orders_only():
    with serve(orders(), receipts=[receipt(1), receipt(2)]) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        assert data.lines.n_receipts.sum() == 2
        server.insert("sandbox", receipt(9), table="receipts")
        server.edit("sandbox", "r1", table="receipts", receivedAt="2025-07-05")
        server.delete("sandbox", "r2", table="receipts")
        n = len(server.requests)
        updated = client.update(data)
        assert sorted(set(asked(server, n)) - {"1"}) == ["0001", "0002", "0009"]
        same(updated, client.fetch_purchases(refresh=True))
    lines = updated.lines.set_index("order_id")
    assert lines.delivered_date["0009"] == pd.Timestamp("2025-07-01")
    assert lines.delivered_date["0001"] == pd.Timestamp("2025-07-05")
    assert lines.state[["0001", "0002", "0009"]].tolist() == ["received", "open", "received"]


@pytest.mark.full
def test_a_return_that_came_since_counts():
    back = {
        "key": "b1",
        "poKey": "0004",
        "lineItems": [{"key": "b1-1", "quantity": 1, "price": 4, "lineTotalValue": 4}],
    }
    orphan = {"key": "b2", "poKey": "none", "lineItems": [{"key": "b2-1", "quantity": 1}]}
    with serve(orders(), **{"return-orders": [orphan]}) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        server.insert("sandbox", back, table="return-orders")
        updated = client.update(data)
        same(updated, client.fetch_purchases(refresh=True))
        assert updated.lines[updated.lines.is_return].amount.tolist() == [-4]
        assert updated.issues.reason.str.contains("not here").sum() == 1  # the orphan, told once
        n = len(server.requests)
        same(client.update(updated), updated)
        assert "0004" not in asked(server, n)  # what is known as it is, is not asked for


@pytest.mark.full
def test_a_line_that_moved_to_another_order_is_there_once():
    with serve(orders()) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        [line] = order(3)["lineItems"]
        server.edit("sandbox", "0003", lineItems=[])  # without a date
        server.edit("sandbox", "0008", lineItems=[line, *order(8)["lineItems"]], updatedAt="2025-07-01T00:00:00Z")
        updated = client.update(data)
        assert updated.lines[updated.lines.line_id == "0003-1"].order_id.tolist() == ["0008"]
        assert updated.lines.line_id.is_unique
        same(updated, client.fetch_purchases(refresh=True))


def test_a_vendor_that_was_renamed_has_one_name():
    rows = orders(12, vendorKey="v1")
    with serve(rows, vendors=[{"key": "v1", "name": "Old"}]) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        server.edit("sandbox", "v1", table="vendors", name="New")
        updated = client.update(data)
    assert set(updated.orders.vendor_name) == set(updated.lines.vendor_name) == {"New"}
    assert "10 known orders have other receipts, returns or names now" in updated.sources.notes.item()


@pytest.mark.full
def test_the_span_stays_that_of_the_fetch():
    with serve(orders()) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases(since="2025-03-01", until="2025-08-31")
        n_known = len(data.orders)
        server.insert("sandbox", order(60, orderDate="2025-01-05", updatedAt="2025-07-01T00:00:00Z"))
        server.insert("sandbox", order(61, orderDate="2025-04-05", updatedAt="2025-07-01T00:00:00Z"))
        updated = client.update(data)
        assert len(updated.orders) == n_known + 1
        assert updated.sources.since.item() == pd.Timestamp("2025-03-01")
        same(updated, client.fetch_purchases(since="2025-03-01", until="2025-08-31", refresh=True))
        # an order whose day moved out of the span is gone, as from a fetch
        server.edit("sandbox", "0061", orderDate="2025-11-01", updatedAt="2025-07-02T00:00:00Z")
        updated = client.update(updated)
        assert len(updated.orders) == n_known
        assert SAID in updated.sources.notes.item()


@pytest.mark.full
def test_what_has_no_date_of_change_is_asked_for_by_its_key():
    with serve([*orders(), order(70, updatedAt=None)]) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        server.edit("sandbox", "0070", title="edited")
        n = len(server.requests)
        updated = client.update(data)
        assert "0070" in asked(server, n)
        assert SAID not in updated.sources.notes.item()
        same(updated, client.fetch_purchases(refresh=True))


@pytest.mark.parametrize(
    ("change", "why"),
    one_in(3, [
        (lambda s: s.insert("sandbox", order(80, key=None, updatedAt="2025-07-01T00:00:00Z")), "without a key"),
        (lambda s: s.delete("sandbox", "0003"), "the server has 29 orders, where 30 are known"),
        (lambda s: s.insert("sandbox", order(80, updatedAt="2020-01-01T00:00:00Z")), "the server has 31 orders, where 30"),
        (lambda s: s.edit("sandbox", "0003", totalNetValue="1.234,50", updatedAt="2025-07-01T00:00:00Z"), "decimal comma"),
        (lambda s: s.edit("sandbox", "0003", totalNetValue="1.500", updatedAt="2025-07-01T00:00:00Z"), "decimal="),
        (lambda s: s.edit("sandbox", "0003", vendorName="V", updatedAt="2025-07-01T00:00:00Z"), "vendors without a key"),
        (lambda s: s.edit("sandbox", "0003", plant="x", updatedAt="2025-07-01T00:00:00Z"), "custom.plant"),
        (lambda s: s.edit("sandbox", "0003", status="ZQ", updatedAt="2025-07-01T00:00:00Z"), "told once"),
    ]),
)  # fmt: skip
def test_where_the_changes_are_not_enough_everything_is_fetched_and_why_is_said(change, why):
    with serve(orders(plant=7)) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        change(server)
        updated = client.update(data)
        same(updated, client.fetch_purchases(refresh=True))
    assert why in updated.sources.notes.item().partition(SAID)[2]


def test_a_filter_that_the_server_ignores_is_said(monkeypatch):
    with serve(orders()) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        server.edit("sandbox", "0001", title="edited")  # not even dated
        monkeypatch.setattr(_server, "selected", lambda records, query: records)
        updated = client.update(data)
    assert "edited" in set(updated.orders.title.dropna())
    assert f"{SAID}the server does not keep to modified_since" in updated.sources.notes.item()


def test_another_time_zone_reads_everything_again():
    with serve(orders()) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases(timezone="Europe/Berlin")
        updated = client.update(data, timezone="Europe/Berlin")
        same(updated, data)
    assert "instants of Europe/Berlin" in updated.sources.notes.item()


@pytest.mark.full
@pytest.mark.parametrize(
    ("then", "now"),
    one_in(3, [({"timezone": "Asia/Tokyo"}, {}), ({"statuses": {"Open": "closed"}}, {}), ({}, {"decimal": ","})]),
)
def test_what_was_read_in_another_way_is_read_again(then, now, tmp_path):
    with serve(orders()) as server:
        client = server.client(**OPTIONS)
        client.fetch_purchases(**then).save(tmp_path / "data")
        data = ma.Purchases.load(tmp_path / "data")
        updated = client.update(data, **now)
        same(updated, client.fetch_purchases(**now))
        assert f"{SAID}values were read with" in updated.sources.notes.item()
        assert SAID not in client.update(updated, **now).sources.notes.item()


@pytest.mark.full
def test_an_update_is_not_answered_by_a_page_that_is_cached(tmp_path):
    with serve(orders()) as server:
        client = server.client(**OPTIONS, cache_dir=tmp_path, expire_after=10**6)
        data = client.fetch_purchases()
        for i in range(3):
            server.edit(
                "sandbox", "0005", title=f"edit {i}", updatedAt="2025-07-01T00:00:00Z"
            )  # each at the same moment
            data = client.update(data)
            assert data.orders.set_index("order_id").title["0005"] == f"edit {i}"


@pytest.mark.full
def test_a_folder_and_several_connections_are_brought_up_to_date(tmp_path):
    rows = orders(12)
    with ma.sandbox({"a": {"purchase-orders": rows}, "b": {"purchase-orders": rows}}) as server:
        data = ma.concat([server.client(n, **OPTIONS).fetch_purchases() for n in ("a", "b")])
        data = ma.Purchases.load(data.save(tmp_path / "both"))
        server.edit("a", "0003", title="edited", updatedAt="2025-07-01T00:00:00Z")
        updated = server.client("a", **OPTIONS).update(data)
        parts = [server.client(n, **OPTIONS).fetch_purchases() for n in ("b", "a")]
    assert updated.orders.groupby("connection").title.count().to_dict() == {"a": 1, "b": 0}
    assert updated.sources.connection.tolist() == ["b", "a"]
    assert SAID not in updated.sources.notes.iloc[1]
    assert updated.as_of == ma.concat(parts).as_of == pd.Timestamp("2025-06-15")


@pytest.mark.parametrize("data", [None, "folder", 7, {}, [], pd.DataFrame({"order_id": ["1"]})])
def test_what_are_no_purchases_is_said(data):
    with pytest.raises(ma.ConfigError, match="update takes the Purchases"):
        ma.Client("token-0123456789", cache_dir=None).update(data)


def test_purchases_of_another_connection_or_of_a_table_are_refused():
    client = ma.Client("token-0123456789", connection="us", cache_dir=None)
    with pytest.raises(ma.ConfigError, match=r"no connection 'us' \(there is 'emea'\)"):
        client.update(ma.load_sample(["emea"]))
    table = ma.Purchases.from_table(pd.DataFrame({"order_number": ["1"], "amount": [5]}), connection="us")
    with pytest.raises(ma.ConfigError, match="the rows of 'us' come from 'table'"):
        client.update(table)
    with pytest.raises(ma.ConfigError, match="there is none"):
        client.update(ma.Purchases(table.orders, table.lines))


def test_strict_is_passed_on():
    with serve(orders(), receipts=[receipt(1)]) as server:
        client = server.client(**OPTIONS, retries=0)
        data = client.fetch_purchases()
        server.misbehave("503", path="receipts", times=None)
        with pytest.raises(ma.errors.IncompleteDataError, match="strict=True"):
            client.update(data, strict=True)
        assert client.update(data).lines.n_receipts.isna().all()  # as a full fetch has it now


def test_a_part_of_the_purchases_is_nothing_that_an_update_can_start_from():
    with serve(orders()) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        some = data.lines.line_id.iloc[:5].tolist()
        with pytest.raises(ma.ConfigError, match="these are a part"):
            client.update(data.filter(line_id=some))
        updated = client.update(replace(data, lines=data.lines.head(3)))  # whatever took the others away
        assert len(updated.lines) == len(data.lines)
        assert SAID + f"of {len(data.lines)} lines that were fetched 3 are here" in updated.sources.notes.item()
        for table, column in (("orders", "updated_at"), ("lines", "line_id"), ("sources", "fetched_at")):
            with pytest.raises(ma.SchemaError, match=f"{table} lack '{column}'"):
                client.update(replace(data, **{table: getattr(data, table).drop(columns=column)}))
