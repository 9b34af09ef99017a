"""Records to frames: every documented field has its column, the rest is kept, nothing is lost, nothing is invented."""

from __future__ import annotations

import copy
import json
import warnings

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from makini_analytics import data_dictionary
from makini_analytics.errors import ConfigError, MakiniWarning
from makini_analytics.tidy import LINES, ORDERS, empty, table_of
from makini_analytics.tidy import _column_builder as column_builder
from tests.tidy.plain import tidy_orders
from tests.tiers import one_in

ORDER = {
    "key": "0500", "siteKey": "0100", "organizationKey": "2200", "locationKey": "1700", "vendorKey": "0900",
    "userRequestedKey": "u1", "userApprovedKey": "u2", "statusKey": "1900", "currencyKey": "2000", "orderNo": "PO-1",
    "orderDate": "2025-03-04T00:00:00Z", "title": "Spares", "description": "d", "dueAt": "2025-03-21T00:00:00Z",
    "approvedAt": "2025-03-05T09:14:00Z", "completedAt": "2025-04-01", "shipmentDate": "2025-03-20", "shippingMethod": "Road",
    "terms": "30 days", "notes": "n", "totalNetValue": "1250.50", "totalGrossValue": "1488.10", "updatedAt": "2025-04-02T09:14:02Z",
    "shipmentAddress": {"country": "DE", "city": "Ulm", "isActive": "true", "dock": 7},
    "billingAddress": {"country": "FR", "addressLines": "Rue 1"}, "deliveryAddress": "Werkstr. 4, Ulm",
    "plantCostCenter": "CC-118", "budget": {"year": 2025, "owner": {"name": "K"}},
    "lineItems": [
        {
            "key": "1500", "lineNo": "10", "lineRef": "r", "code": "0042", "type": "PART", "name": "Bearing", "description": None,
            "quantity": 50, "receivedQuantity": "50", "uomKey": "2100", "price": "25.01", "discount": None,
            "lineTaxValue": "237.60", "lineTotalValue": "1250.50", "currencyKey": None, "deliveryAt": "2025-03-20T00:00:00Z",
            "dueAt": None, "notes": "ln", "locationKey": "1701", "accountKey": "a", "vendorKey": None, "assetKey": "s",
            "materialKey": "m", "productKey": "p", "statusKey": None, "storeroomKey": "st", "createdAt": "2025-03-04T08:00:00Z",
            "updatedAt": "2025-03-21T09:14:02Z", "deletedAt": None, "wbsElement": "W1",
        }
    ],
}  # fmt: skip
LOOKUPS = {
    "vendors": [{"key": "0900", "name": "Müller GmbH"}],
    "statuses": [{"key": "1900", "name": "Closed"}, {"key": "1901", "name": "Cancelled"}],
    "currencies": [{"key": "2000", "code": "EUR", "name": "Euro"}],
    "units": [{"key": "2100", "code": "EA"}],
    "sites": [{"key": "0100", "name": "Ulm works"}],
}


def tidy(*orders, **options):
    return tidy_orders([list(orders)], connection="emea", **({"lookups": LOOKUPS, "delivery_date": "actual"} | options))


def line_of(record, **changes):
    record = copy.deepcopy(record)
    record["lineItems"][0] |= changes
    return record


def test_every_documented_field_has_its_column():
    got = tidy(ORDER)
    order, line = got.orders.iloc[0], got.lines.iloc[0]
    want = {
        "order_id": "0500", "order_number": "PO-1", "vendor_name": "Müller GmbH", "site_name": "Ulm works", "status": "Closed",
        "state": "received", "currency": "EUR", "total_net": 1250.5, "payment_terms": "30 days", "ship_to.country": "DE",
        "ship_to.is_active": True, "bill_to.address_lines": "Rue 1", "delivery_address.address_lines": "Werkstr. 4, Ulm",
        "ship_to.address_lines": "Werkstr. 4, Ulm", "n_lines": 1, "user_approved_id": "u2", "organization_id": "2200",
        "order_date": pd.Timestamp("2025-03-04"), "completed_date": pd.Timestamp("2025-04-01"),
        "updated_at": pd.Timestamp("2025-04-02T09:14:02Z"), "custom.plantCostCenter": "CC-118", "custom.budget.year": 2025,
        "custom.budget.owner.name": "K", "custom.shipmentAddress.dock": 7,
    }  # fmt: skip
    assert {k: order[k] for k in want} == want
    want = {
        "line_id": "1500", "order_id": "0500", "order_number": "PO-1", "vendor_id": "0900", "vendor_name": "Müller GmbH",
        "material_id": "m", "product_code": "0042", "description": "Bearing", "category": "PART", "unit_of_measure": "EA",
        "quantity": 50.0, "received_quantity": 50.0, "unit_price": 25.01, "amount": 1250.5, "tax": 237.6, "currency": "EUR",
        "state": "received", "required_date": pd.Timestamp("2025-03-21"), "delivered_date": pd.Timestamp("2025-03-20"),
        "location_id": "1701", "storeroom_id": "st", "site_id": "0100", "price_unit": 1.0, "custom.wbsElement": "W1",
        "payment_terms": "30 days", "ship_to.country": "DE",
    }  # fmt: skip
    assert {k: line[k] for k in want} == want
    assert got.issues.empty
    assert got.as_of == pd.Timestamp("2025-04-02")


def test_no_documented_field_goes_to_custom():
    got = tidy(ORDER)
    custom = [c for c in (*got.orders, *got.lines) if c.startswith("custom.")]
    assert sorted(custom) == [
        "custom.budget.owner.name", "custom.budget.year", "custom.plantCostCenter", "custom.shipmentAddress.dock",
        "custom.wbsElement",
    ]  # fmt: skip


def test_v4_names_give_the_same_rows():
    v4 = copy.deepcopy(ORDER)
    names = {"key": "id", "orderNo": "_idValue", "title": "_displayValue", "updatedAt": "_updatedAt"}
    line_names = {
        "key": "id",
        "lineNo": "_idValue",
        "updatedAt": "_updatedAt",
        "createdAt": "_createdAt",
        "deletedAt": "_deletedAt",
    }
    v4["lineItems"] = [{line_names.get(k, k): v for k, v in ln.items()} for ln in v4["lineItems"]]
    v4 = {names.get(k, k): v for k, v in v4.items()}
    a, b = tidy(ORDER), tidy(v4)
    pd.testing.assert_frame_equal(a.orders, b.orders)
    pd.testing.assert_frame_equal(a.lines, b.lines)


def test_two_names_that_disagree_are_both_kept():
    got = tidy(ORDER | {"id": "other"})
    assert got.orders.order_id.item() == "0500"
    assert got.orders["custom.id"].item() == "other"


def test_dtypes_are_the_same_for_a_full_a_sparse_and_an_empty_answer():
    for got in (tidy(ORDER), tidy({"key": "1", "lineItems": [{}]}), tidy(), tidy({"key": "1", "lineItems": None})):
        for table, frame in (("orders", got.orders), ("lines", got.lines), ("issues", got.issues)):
            fixed = empty(table)
            assert frame[fixed.columns].dtypes.equals(fixed.dtypes), table


def test_the_dictionary_holds_every_column():
    said = data_dictionary()
    for table, columns in (("orders", ORDERS), ("lines", LINES)):
        assert said[said["table"] == table].column.tolist() == [*(c.name for c in columns), "custom.*"]
    assert said.meaning.str.len().min() > 5


def test_the_key_is_kept_where_there_is_no_look_up():
    got = tidy(ORDER, lookups={})
    line = got.lines.iloc[0]
    assert line[["vendor_id", "currency", "status", "unit_of_measure"]].tolist() == ["0900", "2000", "1900", "2100"]
    assert line.vendor_name is pd.NA
    assert line.state == "unknown"
    assert got.issues.query("column == 'status'").id.tolist() == ["0500"]


def test_a_line_never_gets_the_orders_name_beside_its_own_key():
    line = tidy(line_of(ORDER, vendorKey="0999")).lines.iloc[0]
    assert line.vendor_id == "0999"
    assert line.vendor_name is pd.NA


# ---- states ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "quantity", "received", "delivered", "deleted", "state"),
    one_in(
        5,
        [
            ("Draft", 5, None, None, None, "draft"),
            ("Approved", 5, 2, None, None, "open"),
            ("PARTIALLY_RECEIVED", 5, 2, None, None, "open"),
            ("Closed", 5, 5, "2025-03-01", None, "received"),
            ("Closed", 5, 3, "2025-03-01", None, "closed_short"),
            ("Closed", 5, None, None, None, "received"),
            ("Canceled", 5, 0, None, None, "cancelled"),
            ("ZQ7", 5, 5, "2025-03-01", None, "unknown"),
            ("Approved", 5, 0, None, "2025-03-02T00:00:00Z", "cancelled"),
            (None, 5, 5, None, None, "received"),
            (None, 5, None, "2025-03-01", None, "received"),
            (None, 5, 2, "2025-03-01", None, "open"),
            (None, 5, None, None, None, "open"),
        ],
    ),
)
def test_state_of_a_line(status, quantity, received, delivered, deleted, state):
    record = {
        "key": "1",
        "lineItems": [
            {
                "key": "a",
                "quantity": quantity,
                "receivedQuantity": received,
                "deliveryAt": delivered,
                "deletedAt": deleted,
            }
        ],
    }
    lookups = {}
    if status:
        record["lineItems"][0]["statusKey"] = "s"
        lookups = {"statuses": [{"key": "s", "name": status}]}
    assert tidy(record, lookups=lookups).lines.state.item() == state


def test_a_cancelled_order_cancels_its_lines_on_its_last_change():
    got = tidy(ORDER | {"statusKey": "1901"})
    assert got.orders.state.item() == got.lines.state.item() == "cancelled"
    assert got.lines.cancelled_date.item() == pd.Timestamp("2025-03-21")  # the line's own last change
    assert got.lines.amount.item() == 1250.5  # its amount stays


def test_own_words_override():
    assert tidy(ORDER, statuses={"closed": "draft"}).orders.state.item() == "draft"
    with pytest.raises(ConfigError, match="draft, open"):
        tidy(ORDER, statuses={"closed": "finished"})


# ---- amounts --------------------------------------------------------------------------------------------------------


def amount(**line):
    got = tidy(line_of(ORDER, **({"lineTaxValue": None, "discount": None} | line)))
    return got.lines.amount.item(), got.lines.price_unit.item(), got.issues.query("column == 'amount'").reason.tolist()


def test_a_total_that_reconciles_is_quiet():
    assert amount(quantity=2, price=5, lineTotalValue="10.01") == (10.01, 1.0, [])  # within a cent
    assert amount(quantity=3, price="33.34", discount="0.02", lineTotalValue=100) == (100, 1.0, [])


def test_a_total_that_does_not_reconcile_is_kept_and_listed():
    value, _, reasons = amount(quantity=2, price=5, lineTotalValue=11)
    assert value == 11
    assert "kept" in reasons[0]


def test_only_a_missing_total_is_computed_and_it_is_told_once():
    assert amount(quantity=2, price=5, discount=1, lineTotalValue=None) == (9, 1.0, [])
    got = tidy(line_of(ORDER, lineTotalValue=None))
    assert any("amounts are computed" in note for note in got.notes)
    value, _, reasons = amount(quantity=2, price=5, lineTotalValue="about ten")
    assert pd.isna(value)
    assert reasons == ["not a number"]
    value, _, reasons = amount(quantity=2, price=None, lineTotalValue=None)
    assert pd.isna(value)
    assert reasons == []


def test_the_price_unit_shows_where_it_explains_the_total():
    assert amount(quantity=2000, price=1250, lineTotalValue=2500) == (2500, 1000.0, [])
    assert amount(quantity=250, price=12, lineTotalValue=30) == (30, 100.0, [])


def test_a_gross_total_is_named():
    _, _, reasons = amount(quantity=2, price=50, lineTaxValue=19, lineTotalValue=119)
    assert "gross" in reasons[0]


# ---- the delivery date ----------------------------------------------------------------------------------------------


def lines_with(n, **line):
    return [
        {
            "key": f"o{i}",
            "dueAt": "2025-03-01",
            "updatedAt": "2025-06-01T00:00:00Z",
            "lineItems": [{"key": str(i)} | line],
        }
        for i in range(n)
    ]


ARRIVED = {"quantity": 5, "receivedQuantity": 5, "deliveryAt": "2025-02-20"}
STILL_OPEN = {"quantity": 5, "receivedQuantity": 0, "deliveryAt": None}
PLAN = {"quantity": 5, "receivedQuantity": 0, "deliveryAt": "2025-08-01"}


def test_auto_tells_actual_from_planned():
    actual = tidy(*lines_with(30, **ARRIVED), *lines_with(10, **STILL_OPEN), delivery_date="auto")
    assert actual.delivery_date == "actual"
    assert actual.lines.delivered_date.notna().sum() == 30
    planned = tidy(*lines_with(20, **ARRIVED), *lines_with(20, **PLAN), delivery_date="auto")
    assert planned.delivery_date == "planned"
    assert planned.lines.delivered_date.isna().all()
    assert planned.lines.promised_date.notna().sum() == 40


@pytest.mark.parametrize("lines", [lines_with(3, **ARRIVED), lines_with(40, **ARRIVED) + lines_with(2, **PLAN)])
def test_too_little_or_conflicting_evidence_is_planned_with_one_warning(lines):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        got = tidy(*lines, delivery_date="auto")
    assert [w.category for w in said] == [MakiniWarning]
    assert "delivery_date='actual'" in str(said[0].message)
    assert got.delivery_date == "planned"
    assert got.lines.delivered_date.isna().all()


def test_an_option_that_is_none_teaches():
    with pytest.raises(ConfigError, match="'actual'"):
        tidy(ORDER, delivery_date="real")


# ---- hostile records ------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(
    ["2025-03-04", "9999-12-31", "1.234,5", "12", "0", "", "<script>", "=1+1", "2025-02-30T00:00:00Z", "\ud800"]
)  # fmt: skip
anything = st.recursive(
    scalars, lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(max_size=5), s, max_size=3), max_leaves=6
)
order_names = st.sampled_from(
    [s.partition(".")[0] for c in ORDERS for s in c.sources] + ["lineItems", "lines", "custom1"]
)
line_names = st.sampled_from([s for c in LINES for s in c.sources] + ["custom2"])
hostile_line = st.dictionaries(line_names, anything, max_size=8)
hostile_order = st.builds(
    lambda o, ls: o | {"lineItems": ls},
    st.dictionaries(order_names, anything, max_size=8),
    st.lists(hostile_line | anything, max_size=3) | anything,
)
GOOD = {"key": "good", "orderNo": "PO-GOOD", "totalNetValue": "7.25", "orderDate": "2025-03-04",
        "lineItems": [{"key": "g1", "quantity": "3", "price": 2, "lineTotalValue": 6, "dueAt": "2025-03-09"}]}  # fmt: skip


def check_hostile(records):
    page = [*records, GOOD]
    before = json.dumps(page, default=str)
    got = tidy_orders([page], connection="x", delivery_date="actual")
    assert len(got.orders) == len(page)
    assert json.dumps(page, default=str) == before
    for table in ("orders", "lines", "issues"):
        fixed = empty(table)
        assert getattr(got, table)[fixed.columns].dtypes.equals(fixed.dtypes)
    good = got.orders[got.orders.order_id == "good"].iloc[0]  # orders without lines in the list stand behind the others
    assert (good.order_number, good.total_net, good.order_date) == ("PO-GOOD", 7.25, pd.Timestamp("2025-03-04"))
    line = got.lines[got.lines.line_id == "g1"].iloc[0]
    assert (line.quantity, line.amount, line.required_date) == (3, 6, pd.Timestamp("2025-03-09"))
    assert not got.issues.id.isin(["good", "g1"]).any()


QUICK = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


@settings(max_examples=10, **QUICK)
@given(st.lists(hostile_order | anything, min_size=8, max_size=8))
def test_hostile_records_never_stop_a_fetch_nor_touch_their_neighbours(records):
    check_hostile(records)


def check_cut(records, size):
    records = [*records, GOOD]
    whole = tidy_orders([records], connection="x", delivery_date="actual", timezone="Asia/Tokyo")
    pages = [records[i : i + size] for i in range(0, len(records), size)]
    cut = tidy_orders(pages, connection="x", delivery_date="actual", timezone="Asia/Tokyo")
    for table in ("orders", "lines"):
        a, b = getattr(whole, table), getattr(cut, table)
        assert set(a) == set(b)
        pd.testing.assert_frame_equal(a, b[a.columns])
    order = list(whole.issues)
    said = [i.sort_values(order, ignore_index=True) for i in (whole.issues, cut.issues)]
    pd.testing.assert_frame_equal(*said)


MANY = st.lists(hostile_order | anything, min_size=2, max_size=8)


@pytest.mark.full
@settings(max_examples=8, **QUICK)
@given(MANY, st.integers(1, 4))
@example(
    [{"lineItems": [{"status": {}}]}, {"status": {}, "lineItems": [None]}], 1
)  # names of what can't be read have one order
def test_how_the_records_were_cut_into_pages_changes_nothing(records, size):
    check_cut(records, size)


@pytest.mark.full
@settings(max_examples=500, **QUICK)
@given(MANY, st.integers(1, 4))
def test_how_many_records_were_cut_into_pages_changes_nothing(records, size):
    check_cut(records, size)


@pytest.mark.full
def test_a_column_of_many_distinct_values_is_read_the_same():
    """Beyond so many distinct values a column is kept as a list: keys, codes, dates and flags come out the same."""
    n = column_builder.MANY + 5_000
    rows = [
        {
            "key": f"{i:06d}",
            "orderDate": str(pd.Timestamp("1975-01-01") + pd.Timedelta(days=i))[:10],
            "code": i,
            "mine": f"m{i}",
        }
        for i in range(n)
    ]
    rows[-1] |= {"orderDate": "never", "mine": None}
    got = tidy_orders([rows[i : i + 700] for i in range(0, n, 700)], connection="x")
    assert got.orders.order_id.tolist() == [r["key"] for r in rows]
    assert got.orders.code.tolist() == [str(i) for i in range(n)]
    assert got.orders.order_date.iloc[-2] == pd.Timestamp("1975-01-01") + pd.Timedelta(days=n - 2)
    assert got.orders["custom.mine"].tolist()[:-1] == [f"m{i}" for i in range(n - 1)]
    assert got.orders["custom.mine"].isna().sum() == 1
    assert got.issues[["id", "column", "value"]].to_numpy().tolist() == [[rows[-1]["key"], "order_date", "never"]]


@pytest.mark.full
@pytest.mark.parametrize("part", range(5))  # each as long as the dearest others, so that several processes share them
@settings(max_examples=2_500, **QUICK)
@given(records=st.lists(hostile_order | anything, min_size=8, max_size=8))
def test_a_hundred_thousand_hostile_records(part, records):
    check_hostile(records)


def test_table_of_types_what_is_clean():
    got = table_of([{"key": "01", "rate": 1.5, "a": {"b": 1}, "at": "2025-01-01"}, {"key": "2", "rate": None}], "z")
    assert got.columns.tolist() == ["connection", "key", "rate", "a.b", "at"]
    assert got.dtypes.astype(str).tolist() == ["string", "string", "float64", "float64", "datetime64[us]"]
    assert got.key.tolist() == ["01", "2"]
    assert table_of([], "z").columns.tolist() == ["connection"]


@pytest.mark.parametrize("odd", one_in(3, [None, True, {"a": 1}, "\ud800", 7, "absent"]))
@pytest.mark.parametrize("field", one_in(3, ["notes", "orderNo", "mine"]))
def test_a_column_that_turns_out_to_be_new_each_time_loses_nothing(field, odd, monkeypatch):
    """Texts wait to be numbered; that each is new may show only when a page of something else comes behind them."""
    for name, few in {"MANY": 20, "AT_ONCE": 8, "LEAST_WAITING": 8, "MOST_WAITING": 64}.items():
        monkeypatch.setattr(column_builder, name, few)
    texts = [f"n{i}" for i in range(90)]
    values = [*texts[:45], *[odd] * 10, *texts[45:], *[odd] * 10]
    rows = [{"key": f"o{i}", field: v} for i, v in enumerate(values)]
    rows = [{k: v for k, v in r.items() if v != "absent"} for r in rows]
    cut = tidy_orders([rows[i : i + 5] for i in range(0, len(rows), 5)], connection="x", delivery_date="actual")
    whole = tidy_orders([rows], connection="x", delivery_date="actual")
    pd.testing.assert_frame_equal(cut.orders, whole.orders)
    name = {"notes": "notes", "orderNo": "order_number", "mine": "custom.mine"}[field]
    if name in cut.orders:
        assert [v for v in cut.orders[name] if isinstance(v, str) and v.startswith("n")] == texts
