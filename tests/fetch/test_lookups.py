"""What is fetched beside the orders, over real sockets: materials, return orders in every area, and issues that outlive an update."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.reporting import content
from tests.faults.server import order
from tests.tiers import one_in

OPTIONS = {"progress": False, "delivery_date": "actual"}


def po(i, *lines, **extra):
    made = [
        {"key": f"{i:04d}-{n}", "quantity": 1, "price": 5, "lineTotalValue": 5} | line for n, line in enumerate(lines)
    ]
    return order(i) | {"lineItems": made} | extra


MATERIALS = [
    {"key": "m1", "name": "Bearing", "categoryName": "Bearings", "manufacturerName": "Aldera", "partNumber": "007", "criticality": "A"},
    {"key": "m2", "name": "Seal", "categoryName": None, "manufacturerName": "Borvik", "partNumber": None},
]  # fmt: skip
LINES = [
    {"materialKey": "m1", "type": "PART"},
    {"materialKey": "m1", "type": "PART", "category": "Own"},
    {"materialKey": "m2", "type": "PART"},
    {"materialKey": "m9", "type": "SERVICE"},
    {"type": "SERVICE"},
]


@pytest.mark.parametrize("contract", one_in(3, ["v3", "v4", "v1"]))
def test_category_is_the_lines_own_else_the_materials_else_the_type(contract):
    with ma.sandbox({"purchase-orders": [po(1, *LINES)], "materials": MATERIALS}, contract=contract) as server:
        lines = server.client(**OPTIONS).fetch_purchases().lines
    assert lines.category.tolist() == ["Bearings", "Own", "PART", "SERVICE", "SERVICE"]
    assert lines.type.tolist() == ["PART", "PART", "PART", "SERVICE", "SERVICE"]
    assert lines.manufacturer_name.fillna("").tolist() == ["Aldera", "Aldera", "Borvik", "", ""]
    assert lines.part_number.fillna("").tolist() == ["007", "007", "", "", ""]


def test_v4_calls_the_key_id_and_may_give_an_object():
    materials = [{"id": "m1", "_displayValue": "Bearing", "categoryName": {"_displayValue": "Bearings", "id": "c1"}}]
    with ma.sandbox({"purchase-orders": [po(1, *LINES)], "materials": materials}) as server:
        assert server.client(**OPTIONS).fetch_purchases().lines.category[0] == "Bearings"


@pytest.mark.parametrize("fault", [None, "503"])
def test_no_list_of_materials_and_a_broken_one_are_a_note(fault):
    tables = {"purchase-orders": [po(1, *LINES)]} | ({"materials": MATERIALS} if fault else {})
    with ma.sandbox(tables) as server:
        client = server.client(**OPTIONS, retries=0)
        if fault:
            server.misbehave(fault, path="materials")
        data = client.fetch_purchases()
    assert data.lines.category.tolist() == ["PART", "Own", "PART", "SERVICE", "SERVICE"]
    assert (
        f"materials is not available ({fault or 404}): categories are those of the lines." in data.sources.notes.item()
    )


@pytest.mark.parametrize("area", one_in(3, ["erp", "eam", "wms"]))
def test_returns_are_fetched_in_every_area_and_receipts_in_erp(area):
    back = {
        "key": "r1",
        "poKey": "0001",
        "lineItems": [{"key": "r1-1", "quantity": 1, "price": 5, "lineTotalValue": 5}],
    }
    came = {"key": "c1", "poKey": "0001", "receivedAt": "2025-03-01", "lineItems": [{"key": "0001-0", "quantity": 1}]}
    tables = {"purchase-orders": [po(1, {})], "return-orders": [back], "receipts": [came]}
    with ma.sandbox(tables) as server:
        lines = server.client(**OPTIONS, area=area).fetch_purchases().lines
        asked = {q.path.removeprefix(f"/api/{area}/") for q in server.requests}
    assert lines.amount.tolist() == [5, -5]
    assert lines.is_return.tolist() == [False, True]
    assert ("receipts" in asked) == (area == "erp") == bool(lines.n_receipts.notna().any())
    assert "return-orders" in asked


# ---- issues and warnings -----------------------------------------------------------------------------------------------


def many(n=120, **line):
    return [po(i, line, updatedAt=f"2025-06-{1 + i % 28:02d}T00:00:00Z") for i in range(n)]


def test_what_is_so_of_all_lines_is_told_once_also_after_an_update_and_a_cut():
    rows = many(price="5", dueAt="0001-01-01")
    with ma.sandbox({"purchase-orders": rows}) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        assert data.issues[["table", "column", "reason"]].values.tolist() == [
            ["lines", "required_date", "stands for no date (120 rows)"]
        ]
        assert data.issues.id.isna().all()
        server.insert("sandbox", po(500, {"dueAt": "0001-01-01"}, updatedAt="2025-07-01T00:00:00Z"))
        updated = client.update(data)
        assert len(updated.lines) == 121
        assert updated.issues.id.isna().sum() == 1
        assert updated.issues.reason.str.contains("121 rows").sum() == 1
        # a server without filters on the order date sends more than was asked for: what is cut takes no common issue with it
        some = client.fetch_purchases(since="2025-05-01", refresh=True)
        assert len(some.lines) < 120
    with ma.sandbox({"purchase-orders": rows}, contract="v1") as server:
        some = server.client(**OPTIONS).fetch_purchases(since="2025-05-01")
    assert len(some.lines) < 120
    assert some.issues.id.isna().sum() == 1


@pytest.mark.parametrize("contract", one_in(3, ["v3", "v4", "v1"]))
def test_objects_without_a_name_over_http(contract):
    rows = [
        po(1, {"currency": {"x": 1}}, {"deletedAt": "X"}, status={"x": 1}, currency="eur"),
        po(2, {}, deletedAt=True),
    ]
    with ma.sandbox({"purchase-orders": rows}, contract=contract) as server:
        data = server.client(**OPTIONS).fetch_purchases()
    assert data.lines.state.tolist() == ["unknown", "cancelled", "cancelled"]
    assert data.lines.unreadable.fillna("").tolist() == ["currency, status", "deleted_at, status", "deleted_at"]
    assert data.lines.currency.fillna("").tolist() == ["", "EUR", ""]
    assert data.orders.state.tolist() == ["unknown", "cancelled"]
    assert sorted(data.issues.column) == ["currency", "deleted_at", "deleted_at", "status"]


@pytest.mark.full
def test_a_status_is_told_once_after_an_update():
    rows = [po(i, {}, status="ZQ7", updatedAt=f"2025-06-{1 + i:02d}T00:00:00Z") for i in range(9)]
    with ma.sandbox({"purchase-orders": rows}) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        assert data.issues.reason.str.startswith("status not understood").sum() == 1
        server.edit("sandbox", "0000", title="edited", updatedAt="2025-07-01T00:00:00Z")
        server.edit("sandbox", "0001", status="YY", updatedAt="2025-07-01T00:00:00Z")
        updated = client.update(data)
    told = updated.issues[updated.issues.reason.str.startswith("status not understood")]
    assert sorted(told.value) == ["YY", "ZQ7"]


@pytest.mark.full
def test_a_currency_that_is_not_in_iso_4217_is_told_once_after_an_update():
    rows = [po(i, {}, currency="XYZ" if i < 2 else "EUR", updatedAt=f"2025-06-{1 + i:02d}T00:00:00Z") for i in range(9)]
    with ma.sandbox({"purchase-orders": rows}) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        server.edit("sandbox", "0005", title="edited", updatedAt="2025-07-01T00:00:00Z")
        updated = client.update(data)
        assert "counted anew" not in updated.sources.notes.item()  # no order of that currency has changed
        server.edit("sandbox", "0006", currency="XYZ", updatedAt="2025-07-02T00:00:00Z")
        again = client.update(updated)
    assert "counted anew" in again.sources.notes.item()
    for got, n in ((data, 2), (updated, 2), (again, 3)):
        told = got.issues[got.issues.reason.str.startswith("currency not in ISO 4217")]
        assert f"({n} lines" in told.reason.item()


@pytest.mark.full
def test_an_update_does_not_miss_the_orders_of_old_receipts():
    rows = [po(i, {}, updatedAt=f"2025-06-{1 + i:02d}T00:00:00Z") for i in range(9)]
    receipts = [{"key": f"c{i}", "poKey": f"{i:04d}", "receivedAt": "2025-07-01", "lineItems": [{"key": f"{i:04d}-0", "quantity": 1}]}
                for i in range(9)]  # fmt: skip
    orphan = {
        "key": "c99",
        "poKey": "none",
        "receivedAt": "2025-07-01",
        "lineItems": [{"key": "none-0", "quantity": 1}],
    }
    with ma.sandbox({"purchase-orders": rows, "receipts": [*receipts, orphan]}) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        assert data.issues.id.tolist() == ["none"]
        assert client.update(data).issues.id.tolist() == ["none"]


def test_much_that_is_unreadable_is_said_first():
    rows = many()
    for row in rows[:12]:
        row["lineItems"][0]["lineTotalValue"] = "on request"
    with ma.sandbox({"purchase-orders": rows}) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        first = "Warning: amount could not be read on 12 of 120 lines (10.0 %): see issues; pass decimal= if numbers use another mark."
        assert data.sources.notes.item().startswith(first)
        assert repr(data).splitlines()[1] == f"  sandbox: {first}"
        assert f"<b>sandbox: {first}</b>" in data._repr_html_()
        assert repr(data).count("Warning") == data._repr_html_().count("Warning") == 1
        server.edit("sandbox", "0099", updatedAt="2025-08-01T00:00:00Z")
        updated = client.update(data)  # of the few orders that changed, all were read
    assert updated.sources.notes.item().startswith(first)
    part = content(data, sections=["left_out"])
    assert part.notes[0] == f"sandbox: {first}"


def test_one_in_a_thousand_is_no_warning():
    rows = many(200)
    rows[0]["lineItems"][0]["lineTotalValue"] = "on request"
    with ma.sandbox({"purchase-orders": rows}) as server:
        data = server.client(**OPTIONS).fetch_purchases()
    assert "Warning" not in data.sources.notes.item()
    assert len(data.issues) == 1


def test_long_notes_are_cut_on_the_screen_and_kept_in_sources():
    data = ma.load_sample(["us"])
    long = data.sources.assign(notes="A sentence that says something. " * 60)
    shown = repr(ma.Purchases(data.orders, data.lines, data.issues, long, data.as_of))
    assert len(shown) < 800
    assert shown.endswith("... (more in sources.notes)")
    assert isinstance(data.as_of, pd.Timestamp)


NAMED = {
    "vendors": [{"key": "v1", "name": "ACME"}],
    "currencies": [{"key": "c1", "code": "EUR"}],
    "uom": [{"key": "u1", "code": "EA"}],
}


@pytest.mark.parametrize(
    ("path", "ours", "rows", "said"),
    one_in(
        3,
        [
            ("vendors", "vendors", [{"key": "v2", "name": "BETA"}], "for 1 keys of the orders: vendor_name is missing"),
            ("vendors", "vendors", [{"key": "v1", "name": None}, {"key": "v2", "name": "B"}], "vendor_name is missing"),
            (
                "currencies",
                "currencies",
                [{"key": "c2", "code": "USD"}],
                "for 1 keys of the orders: keys stand in currency",
            ),
            (
                "currencies",
                "currencies",
                [{"key": "c1", "code": "978"}],
                "for 1 keys of the orders: keys stand in currency",
            ),
            ("uom", "units", [{"key": "u2", "code": "KG"}], "for 1 keys of the orders: keys stand in unit_of_measure"),
        ],
    ),
)
def test_a_list_that_lacks_keys_of_the_orders_says_so(path, ours, rows, said):
    orders = [po(1, {"currencyKey": "c1", "uomKey": "u1", "vendorKey": "v1"}, vendorKey="v1")]
    for table, told in ((NAMED[path], ""), (rows, said), ([], f"The list of {ours} is empty")):
        with ma.sandbox({"purchase-orders": orders} | NAMED | {path: table}) as server:
            notes = server.client(**OPTIONS).fetch_purchases().sources.notes.item()
        assert (f"No name in the list of {ours}" in notes) == (told == said)
        assert told in notes


def test_a_currency_whose_code_is_a_number_goes_by_its_name():
    tables = {
        "purchase-orders": [po(1, {"currencyKey": "c1"})],
        "currencies": [{"key": "c1", "code": "978", "name": "Euro"}],
    }
    with ma.sandbox(tables) as server:
        assert server.client(**OPTIONS).fetch_purchases().lines.currency.tolist() == ["EUR"]


def test_a_list_that_lacks_keys_is_no_reason_to_fetch_everything_again():
    with ma.sandbox({"purchase-orders": [po(1, {}, vendorKey="v9"), po(2, {})], "vendors": NAMED["vendors"]}) as server:
        client = server.client(**OPTIONS)
        data = client.fetch_purchases()
        server.insert("sandbox", po(3, {}, updatedAt="2026-07-01T00:00:00Z"))
        got = client.update(data)
    assert len(got.orders) == 3
    assert "No name in the list of vendors" in data.sources.notes.item()
    assert "Everything was fetched" not in got.sources.notes.item()
