"""The sandbox over real sockets, by a plain HTTP client: contracts, tokens, paging, filters, faults."""

from __future__ import annotations

import pytest
import requests

import makini_analytics as ma
from makini_analytics import ConfigError
from tests.conftest import SCMS, SCMS_COLUMNS, scms_frame
from tests.faults.server import order
from tests.real_data.known import KNOWN
from tests.tiers import one_in

TABLES = {
    "purchase-orders": [order(i) for i in range(1, 31)],
    "vendors": [{"key": "01", "name": "ACME"}],
    "my-entity": [{"key": "x", "colour": "red"}],
}


def get(server, path, token=None, **params):
    token = next(iter(server.tokens.values())) if token is None else token
    return requests.get(server.base_url + path, params=params, headers={"Authorization": f"Bearer {token}"}, timeout=5)


def test_v3_pages_have_data_links_and_meta():
    with ma.sandbox(TABLES) as server:
        body = get(server, "/api/erp/purchase-orders", per_page=12, page=3).json()
        assert body["meta"] | {"path": ""} == {
            "current_page": 3,
            "last_page": 3,
            "per_page": 12,
            "total": 30,
            "from": 25,
            "to": 30,
            "path": "",
        }
        assert body["links"]["next"] is None
        assert [r["key"] for r in body["data"]] == [f"{i:04d}" for i in range(25, 31)]
        assert len(get(server, "/api/eam/purchase-orders").json()["data"]) == 15
        assert get(server, "/api/erp/vendors/01").json()["data"]["name"] == "ACME"
        assert get(server, "/api/erp/my-entity").json()["data"] == [{"key": "x", "colour": "red"}]


def test_v4_and_v1_have_their_own_shapes():
    with ma.sandbox(TABLES, contract="v4") as server:
        row = get(server, "/api/erp/purchase-orders").json()["data"][0]
        assert (row["id"], row["_idValue"], row["lineItems"][0]["id"]) == ("0001", "PO-1", "0001-1")
        assert "key" not in row
    with ma.sandbox(TABLES, contract="v1") as server:
        assert get(server, "/api/erp/purchase-orders").status_code == 404
        seen, cursor = [], None
        while True:
            body = get(server, "/api/v1/purchase-orders", per_page=7, **({"cursor": cursor} if cursor else {})).json()
            seen += [r["key"] for r in body["data"]]
            cursor = body["next_cursor"]
            if not cursor:
                break
        assert seen == [f"{i:04d}" for i in range(1, 31)]


def test_a_token_opens_its_own_connection_only():
    with ma.sandbox({"a": TABLES, "b": {"purchase-orders": [order(99)]}}) as server:
        assert len(get(server, "/api/erp/purchase-orders", server.tokens["a"]).json()["data"]) == 15
        assert [r["key"] for r in get(server, "/api/erp/purchase-orders", server.tokens["b"]).json()["data"]] == [
            "0099"
        ]
        refused = get(server, "/api/erp/purchase-orders", "guess")
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "AUTHENTICATION_FAILED"


def test_filters_and_sort():
    with ma.sandbox(TABLES) as server:

        def keys(**params):
            return [
                int(r["key"]) for r in get(server, "/api/erp/purchase-orders", per_page=100, **params).json()["data"]
            ]

        assert keys(**{"filter[orderNo]": "PO-7"}) == [7]  # fmt: skip
        assert keys(**{"filter[orderDate:gteq]": "2025-12-10"}) == [11, 23]
        assert keys(**{"filter[orderDate:lt]": "2025-02-10"}) == [12, 24]
        both = {"filter[orderNo:startsWith]": "PO-1", "filter[orderDate:gteq]": "2025-12-10"}
        assert keys(**both, filterMatch="all") == [11]
        assert len(keys(**both)) > 2  # any, unless it is said
        assert keys(**{"sort[key]": "1"}) == list(range(30, 0, -1))
        assert len(keys(**{"filter[unknown]": "x"})) == 30


@pytest.mark.parametrize("kind", one_in(3, ["500", "503", "429", "cut", "bad-json", "reset", "slow", "shift"]))
def test_each_fault_is_outlived_by_the_client(kind):
    options = {"429": {"retry_after": 0}, "slow": {"seconds": 0.2}}.get(kind, {})
    with ma.sandbox(TABLES) as server:
        server.misbehave(kind, **options)
        data = server.client(per_page=10, backoff=0.01, progress=False).fetch_purchases()
        assert len(data.orders) == (31 if kind == "shift" else 30)
        assert len(server.requests) >= 4


def test_a_fault_waits_for_its_page_and_teaches_its_kinds():
    with ma.sandbox(TABLES) as server:
        server.misbehave("503", page=2)
        assert get(server, "/api/erp/purchase-orders").status_code == 200
        assert get(server, "/api/erp/purchase-orders", page=2).status_code == 503
        assert get(server, "/api/erp/purchase-orders", page=2).status_code == 200
        server.misbehave("html")
        assert get(server, "/api/erp/purchase-orders").text.startswith("<!doctype")
        with pytest.raises(ConfigError, match="bad-json"):
            server.misbehave("gremlins")
        assert requests.post(server.base_url + "/api/erp/vendors", timeout=5).status_code == 405


@pytest.mark.parametrize(
    "wrong", [{"port": "x"}, {"port": -1}, {"port": 70_000}, {"port": None}, {"latency": "x"}, {"max_per_page": 0}]
)
def test_a_setting_that_can_not_be_right_teaches(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ma.sandbox(TABLES, **wrong)


def test_records_can_be_changed():
    with ma.sandbox(TABLES) as server:
        server.insert("sandbox", order(77))
        server.edit("sandbox", "0001", title="changed")
        server.delete("sandbox", "0002")
        rows = get(server, "/api/erp/purchase-orders", per_page=100).json()["data"]
        assert [r["key"] for r in rows[:3]] == ["0077", "0001", "0003"]
        assert rows[1]["title"] == "changed"
        assert TABLES["purchase-orders"][0].get("title") is None


BIG = [pytest.param("whole", c, marks=pytest.mark.full) for c in ("v3", "v4", "v1")]


@pytest.mark.parametrize(
    ("name", "contract"), [("extract", c) for c in ("v3", "v4", "v1")] + (BIG if "whole" in SCMS else [])
)
def test_the_real_deliveries_served_as_a_connection_give_the_reference_figures(name, contract):
    from makini_analytics import slippage, spend

    columns = SCMS_COLUMNS
    known, table = KNOWN[name], scms_frame(name)
    table = table.assign(received=table["Line Item Quantity"])
    data = ma.Purchases.from_table(
        table, columns=columns | {"received": "received_quantity"}, connection="scms", currency="USD"
    )
    with ma.sandbox(data, contract=contract) as server:
        got = server.client(delivery_date="actual", per_page=500, progress=False).fetch_purchases()
    assert got.orders.order_number.nunique() == known["orders"]
    assert round(got.lines.amount.sum(), 2) == float(known["value"])
    vendors = spend.by_vendor(got.lines)
    assert vendors.vendor_name.tolist()[:2] == [vendor for vendor, *_ in known["largest"][:2]]
    assert vendors.spend.round(2).tolist()[:2] == [float(money) for _, money, *_ in known["largest"][:2]]
    whole = slippage.by_vendor(got.lines, by="currency", as_of="2015-12-31").iloc[0]
    late = (known["late"], known["lines"], known["median_late"], known["p90_late"])
    assert (whole.n_late, whole.n_due, whole.median_days_late, whole.p90_days_late) == late
