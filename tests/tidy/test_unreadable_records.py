"""What the API gives and nobody can read: a state is unknown, a mark is a mark, a currency is missing, and all of it is listed."""

from __future__ import annotations

import pytest

from makini_analytics import data_dictionary
from makini_analytics.tidy._issues import a_few
from tests.tidy.plain import tidy_orders
from tests.tiers import one_in


def po(key="a", *lines, **extra):
    made = [{"key": f"{key}-{i}", "lineNo": str(i)} | {"quantity": 2, "price": 5, "lineTotalValue": 10, "receivedQuantity": 2} | line
            for i, line in enumerate(lines or [{}])]  # fmt: skip
    return {
        "key": key,
        "orderNo": key,
        "orderDate": "2025-01-01",
        "currency": "EUR",
        "status": "Closed",
        "lineItems": made,
    } | extra


def tidy(*orders, **options):
    return tidy_orders([list(orders)], connection="x", **({"delivery_date": "actual"} | options))


NAMELESS = [{"colour": "red"}, {}, {"name": None, "code": ""}, {"name": {"de": "offen"}}]


@pytest.mark.parametrize("value", one_in(3, NAMELESS))
def test_a_status_without_a_known_name_is_unknown(value):
    got = tidy(po("a", {"status": value}, {}))
    assert got.lines.state.tolist() == ["unknown", "received"]
    assert got.lines.unreadable.fillna("").tolist() == ["status", ""]
    assert got.lines.status.isna().tolist() == [True, False]
    assert got.issues[["table", "id", "column", "reason"]].values.tolist() == [
        ["lines", "a-0", "status", "an object without a name that is known"]
    ]
    got = tidy(po("a", {}, {"status": "Cancelled"}, status=value))
    assert got.orders.state.item() == "unknown"
    assert got.lines.state.tolist() == ["unknown", "cancelled"]
    assert got.issues.id.tolist() == ["a"]


@pytest.mark.parametrize("value", one_in(3, NAMELESS))
def test_a_currency_without_a_known_name_is_missing(value):
    got = tidy(po("a", {"currency": value}, {}))
    assert got.lines.currency.isna().tolist() == [True, False]
    assert got.lines.unreadable.fillna("").tolist() == ["currency", ""]
    assert got.issues.column.tolist() == ["currency"]
    got = tidy(po("a", {}, currency=value))
    assert got.lines.currency.isna().all()
    assert got.lines.unreadable.item() == "currency"


@pytest.mark.parametrize(
    ("status", "currency"),
    [
        ({"name": "Closed"}, {"code": "eur"}),
        ({"_displayValue": "Closed", "_idValue": "9"}, {"_idValue": "EUR", "_displayValue": "Euro"}),
        ({"id": 7, "code": "closed"}, {"id": 3, "name": "EURO"}),
    ],
)
def test_an_object_with_a_name_is_read(status, currency):
    got = tidy(po(status=status, currency=currency))
    assert (got.lines.state.item(), got.lines.currency.item(), got.orders.currency.item()) == ("received", "EUR", "EUR")
    assert got.issues.empty


def test_the_key_beside_an_object_tells_its_name():
    lookups = {"statuses": [{"key": "19", "name": "Open"}], "currencies": [{"key": "20", "code": "usd"}]}
    got = tidy(po(status={"x": 1}, statusKey="19", currency={"x": 1}, currencyKey="20"), lookups=lookups)
    assert (got.lines.state.item(), got.lines.currency.item()) == ("open", "USD")
    assert got.lines.unreadable.isna().all()
    assert len(got.issues) == 2  # what was given is listed all the same


@pytest.mark.parametrize("mark", one_in(2, ["X", True, 1, "yes", {"by": "me"}]))
def test_a_mark_that_is_no_date_marks_the_line_and_the_order(mark):
    got = tidy(po("a", {"deletedAt": mark}, {}))
    assert got.lines.state.tolist() == ["cancelled", "received"]
    assert got.lines.unreadable.fillna("").tolist() == ["deleted_at", ""]
    got = tidy(po("a", {}, {}, deletedAt=mark), po("b"))
    assert got.orders.state.tolist() == ["cancelled", "received"]
    assert got.lines.state.tolist() == ["cancelled", "cancelled", "received"]
    assert got.lines.unreadable.fillna("").tolist() == ["deleted_at", "deleted_at", ""]
    assert got.issues[["table", "column"]].values.tolist() == [["orders", "deleted_at"]]


@pytest.mark.parametrize("mark", one_in(3, [False, "false", 0, "0", "N", None]))
def test_no_mark_is_none(mark):
    got = tidy(po("a", {"deletedAt": mark}, deletedAt=mark))
    assert got.lines.state.item() == got.orders.state.item() == "received"
    assert got.issues.empty


def test_currencies_are_codes_and_keys_stay_keys():
    got = tidy(
        po("a", {"currency": "usd"}, {"currency": "£"}, {"currency": " chf "}, {}, currency="€"),
        po("b", currency=None, currencyKey="20ab"),
    )
    assert got.lines.currency.tolist() == ["USD", "GBP", "CHF", "EUR", "20ab"]
    assert got.orders.currency.tolist() == ["EUR", "20ab"]


def test_a_vendor_with_and_without_its_id_is_one():
    got = tidy(po("a", vendorKey="v1", vendorName="ACME"), po("b", {"vendorName": "ACME"}), po("c", vendorName="ACME"),
               po("d", vendorName="Other"))  # fmt: skip
    assert got.lines.vendor_id.fillna("").tolist() == ["v1", "v1", "v1", ""]
    assert got.orders.vendor_id.fillna("").tolist() == ["v1", "", "v1", ""]
    two = tidy(
        po("a", vendorKey="v1", vendorName="ACME"),
        po("b", vendorKey="v2", vendorName="ACME"),
        po("c", vendorName="ACME"),
    )
    assert two.lines.vendor_id.fillna("").tolist() == ["v1", "v2", ""]


def test_a_repeated_line_id_is_an_issue():
    got = tidy(po("a", {"key": "L"}), po("b", {"key": "L"}), po("c", {"key": "M"}))
    assert got.issues[["id", "column", "value", "reason"]].values.tolist() == [
        ["L", "line_id", "10.0", "the line_id of an earlier row: the same line twice?"]
    ]


def test_an_order_value_takes_no_place_of_a_line_value_that_was_lost():
    got = tidy(po("a", {"dueAt": "soon"}, {}, dueAt="2025-02-01"))
    assert got.lines.required_date.isna().tolist() == [True, False]
    assert got.lines.unreadable.fillna("").tolist() == ["required_date", ""]


def test_doubts_about_most_lines_are_told_once_and_lost_values_one_by_one():
    gross = {"lineTaxValue": 2, "lineTotalValue": 12}
    got = tidy(po("a", *[gross] * 150, {}))
    assert got.issues.reason.tolist() == ["price x quantity plus the tax: gross where net is usual; kept (150 rows)"]
    lost = tidy(po("a", *[{"lineTaxValue": f"no {i}"} for i in range(150)]))
    assert lost.issues.value.nunique() == len(lost.issues) == 150


def test_a_few():
    assert a_few(["A", "B", "C", "D"]) == "A, B, C, D"
    assert a_few([f"c{i}" for i in range(2000)]) == "c0, c1, c2 and 1,997 more"
    assert a_few([]) == ""


def test_the_dictionary_tells_where_a_category_comes_from():
    told = data_dictionary().query("table == 'lines'").set_index("column").sources
    assert told["category"] == "category; else the material's categoryName, category; else type"
    assert told["manufacturer_name"] == "manufacturerName; else the material's manufacturerName"


LINE = {"key": "a-1", "quantity": 1, "lineTotalValue": 5.0}
OTHER = {"key": "a-2", "quantity": 1, "lineTotalValue": 7.0}


@pytest.mark.parametrize(
    ("nested", "ids", "told"),
    one_in(
        3,
        [
            ({"lineItems": [], "lines": [LINE]}, ["a-1"], 0),
            ({"lineItems": None, "lines": [LINE]}, ["a-1"], 0),
            ({"lineItems": [LINE], "lines": [LINE]}, ["a-1"], 0),
            ({"lineItems": [LINE], "lines": []}, ["a-1"], 0),
            ({"lineItems": [LINE], "lines": [LINE, OTHER]}, ["a-1"], 1),
            ({"lineItems": [LINE], "lines": [{"quantity": 3}]}, ["a-1"], 1),
            ({"lineItems": [{"quantity": 3}], "lines": [{"quantity": 3}]}, [None], 0),
        ],
    ),
)
def test_lines_under_a_second_name_are_read_or_told(nested, ids, told):
    got = tidy({"key": "a", **nested}, po("b"))
    of_a = got.lines[got.lines.order_id == "a"]
    assert [i if str(i).startswith("a-") and str(i)[2:] in "12" else None for i in of_a.line_id] == ids
    assert got.issues.reason.str.contains("second name").sum() == told


def test_a_discount_in_percent_is_one_here_too():
    got = tidy(po("a", {"discount": "10 %", "lineTotalValue": None}, {"discount": 1, "lineTotalValue": None}))
    assert got.lines.amount.tolist() == [9.0, 9.0]
    assert got.lines.discount_percent.fillna(0).tolist() == [10.0, 0.0]


@pytest.mark.parametrize("field", one_in(4, ["quantity", "price", "lineTotalValue", "lineTaxValue"]))
def test_a_percentage_of_nothing_is_listed(field):
    got = tidy(po("a", {field: "19 %"}, {}))
    assert got.lines.unreadable.notna().tolist() == [True, False]
    assert got.issues.value.tolist() == ["19 %"]


@pytest.mark.parametrize("value", one_in(3, ["USD 10.00", "10,00 US$", {"amount": 10, "currency": "USD"}]))
def test_a_currency_beside_a_number_counts_and_one_that_contradicts_is_told(value):
    got = tidy(po("a", {"lineTotalValue": value}), po("b", {"lineTotalValue": value}, currency=None))
    assert got.lines.amount.tolist() == [10.0, 10.0]
    assert got.lines.currency.tolist() == ["EUR", "USD"]
    told = got.issues[got.issues.reason.str.startswith("another currency")]
    assert told[["id", "value"]].values.tolist() == [["a-0", "USD"]]


@pytest.mark.parametrize(("sign", "code"), [("£", "EGP"), ("$", "CAD"), ("kr", "SEK")])
def test_a_sign_of_several_currencies_is_that_of_the_order(sign, code):
    line = {"price": None, "lineTotalValue": f"{sign} 10.00"}
    got = tidy(
        po("a", line | {"currency": sign}, line, {"currency": "USD"}, currency=code),
        po("b", {"lineTotalValue": f"10.00 {code}", "currency": sign}, currency=None),
    )
    assert got.lines.currency.tolist() == [code, code, "USD", code]
    assert got.lines.amount.tolist()[:2] == [10.0, 10.0]
    assert not got.issues.column.isin(["currency"]).any()


@pytest.mark.parametrize(
    ("sign", "price", "code", "of_order"), [("$", "US$5", "USD", "CAD"), ("£", "GBP 5", "GBP", "EGP")]
)
def test_a_code_beside_the_number_goes_before_the_order_s(sign, price, code, of_order):
    got = tidy(po("a", {"currency": sign, "price": price}, currency=of_order))
    assert got.lines.currency.tolist() == [code]
    assert not got.issues.column.isin(["currency", "unit_price"]).any()


@pytest.mark.parametrize("bad", one_in(2, [{"quantity": "4 or 5"}, {"receivedAt": "soon"}]))
def test_a_receipt_that_can_not_be_read_leaves_its_line_unknown(bad):
    rest = {"key": "s", "poLineKey": "a-0", "quantity": 1, "receivedAt": "2025-01-21"} | bad
    receipts = [{"key": "r", "poKey": "a", "lineItems": [{"key": "q", "poLineKey": "a-0", "quantity": 1, "receivedAt": "2025-01-20"}, rest]}]  # fmt: skip
    got = tidy(po("a", {"receivedQuantity": None}, status=None), lookups={"receipts": receipts})
    assert got.lines.state.tolist() == ["unknown"]
    assert got.lines.delivered_date.isna().all()
    assert got.lines.unreadable.tolist() == ["delivered_date, received_quantity"]


LINE = {"key": "r-1", "orderLineKey": "a-0", "receivedQuantity": 2}


@pytest.mark.parametrize(
    "receipt",
    one_in(
        3,
        [
            {"lineItems": {"0": LINE}},
            {"lineItems": None},
            {},
            {"lineItems": [None]},
            {"lineItems": ["x", LINE]},
            {"lineItems": [LINE], "receivedAt": "soon"},
        ],
    ),
)
def test_a_receipt_of_which_something_can_not_be_read_is_not_all_that_came(receipt):
    order = po("a", {"quantity": 2, "receivedQuantity": None})
    receipts = [{"key": "r", "poKey": "a", "receivedAt": "2025-02-01"} | receipt]
    got = tidy(order, lookups={"receipts": receipts})
    assert got.lines.unreadable.tolist() == ["delivered_date, received_quantity"]
    assert got.lines[["delivered_date", "received_quantity"]].isna().all(axis=None)
    assert got.lines.state.tolist() == ["unknown"]
    assert "receipt lines" in got.issues.table.tolist()


def test_a_receipt_of_no_lines_is_none():
    receipts = [{"key": "r", "poKey": "a", "receivedAt": "2025-02-01", "lineItems": []}]
    assert not len(tidy(po("a"), lookups={"receipts": receipts}).issues)
