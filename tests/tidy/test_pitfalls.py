"""The pitfalls of purchase-order data that tidying meets, one test each, named after the design's numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import IncompleteDataError, SchemaError, lead_times, slippage, spend
from tests.faults.server import FaultServer, order
from tests.tidy.plain import tidy_orders
from tests.tiers import one_in
from tests.transport.test_pagination import client


def tidied(*orders, **options):
    return tidy_orders([list(orders)], connection="x", **({"delivery_date": "actual"} | options))


def po(*lines, **extra):
    made = [{"key": f"l{i}", **line} for i, line in enumerate(lines)]
    return {
        "key": "a",
        "orderNo": "PO-1",
        "orderDate": "2025-01-10",
        "currency": "EUR",
        "vendorKey": "v",
        "lineItems": made,
    } | extra


ONE = {"quantity": 1, "price": 10, "lineTotalValue": 10}


def test_p3_one_cancelled_of_three_lines_is_zero_in_spend_and_still_there():
    got = tidied(po(ONE, ONE | {"status": "Cancelled"}, ONE | {"deletedAt": "2025-02-01T00:00:00Z"}))
    assert len(got.lines) == 3
    vendor = spend.by_vendor(got.lines)
    assert (vendor["spend"].item(), vendor["n_lines"].item()) == (10, 1)
    assert {e["reason"]: e["n_lines"] for e in vendor.attrs["excluded"]} == {"cancelled": 1, "deleted": 1}


def test_p3_a_cancelled_header_cancels_its_lines():
    got = tidied(po(ONE, ONE | {"status": "Open"}, status="Cancelled"))
    assert set(got.lines["state"]) == {"cancelled"}


def test_p3_a_status_that_is_not_understood_is_kept_counted_and_listed():
    got = tidied(po(ONE, status="ZQ7"))
    assert got.lines["state"].tolist() == ["unknown"]
    assert spend.by_vendor(got.lines)["spend"].item() == 10
    assert "ZQ7" in got.issues["value"].tolist()
    assert tidied(po(ONE, status="ZQ7"), statuses={"ZQ7": "cancelled"}).lines["state"].tolist() == ["cancelled"]


def test_p5_a_price_of_zero_is_a_price_and_no_price_is_none():
    got = tidied(po(ONE | {"price": 0, "lineTotalValue": 0}, ONE | {"price": None, "lineTotalValue": None}))
    assert got.lines["unit_price"].iloc[0] == 0
    assert np.isnan(got.lines["unit_price"].iloc[1])
    vendor = spend.by_vendor(got.lines)
    assert (vendor["n_lines"].item(), vendor.attrs["excluded"][0]["reason"]) == (1, "no amount")


@pytest.mark.parametrize(
    ("given", "number", "listed"),
    one_in(
        5,
        [
            (None, None, False),
            ("", None, True),
            ("0", 0, False),
            ("0.00", 0, False),
            (0, 0, False),
            ("1.234,56", 1234.56, False),
            ("1,5", 1.5, False),
            ("100,-", 100, False),
            ("1'250.-", 1250, False),
            ("1,500", None, True),
            ("a few", None, True),
        ],
    ),
)
def test_p6_missing_empty_zero_and_unreadable_are_four_things(given, number, listed):
    got = tidied(po(ONE | {"quantity": given}))
    quantity = got.lines["quantity"].item()
    assert np.isnan(quantity) if number is None else quantity == number
    assert (got.issues["column"] == "quantity").any() == listed


def test_p6_no_amount_at_all_is_no_spend_and_not_zero():
    assert len(spend.by_vendor(tidied(po(ONE | {"price": None, "lineTotalValue": None})).lines)) == 0


@pytest.mark.parametrize("unit", one_in(3, [1, 10, 100, 1000]))
def test_p8_the_price_unit_shows_where_it_explains_the_total(unit):
    got = tidied(po({"quantity": 2000, "price": 1250, "lineTotalValue": 2000 * 1250 / unit}))
    assert got.lines["price_unit"].item() == unit
    assert got.lines["amount"].item() == 2_500_000 / unit  # the source's own total is never replaced
    assert got.issues.empty


def test_p8_what_no_price_unit_explains_is_listed_and_kept():
    got = tidied(po({"quantity": 2000, "price": 1250, "lineTotalValue": 7777}))
    assert got.lines["amount"].item() == 7777
    assert got.issues["reason"].str.contains("not price x quantity").any()


def test_p8_gross_and_net_are_kept_apart():
    got = tidied(po({"quantity": 2, "price": 50, "lineTaxValue": 19, "lineTotalValue": 119}))
    assert got.lines["amount"].item() == 119
    assert got.issues["reason"].str.contains("gross where net is usual").any()


def test_p12_the_unknown_vendor_is_a_row():
    got = tidied(po(ONE, vendorKey=None))
    vendor = spend.by_vendor(got.lines)
    assert vendor["vendor_id"].isna().tolist() == [True]
    assert vendor["spend"].tolist() == [10]


def test_p13_the_day_is_the_site_s_own():
    at = "2025-03-31T23:30:00-05:00"
    assert tidied(po(ONE, orderDate=at), timezone="America/Panama").orders["order_date"].item() == pd.Timestamp(
        "2025-03-31"
    )
    assert tidied(po(ONE, orderDate=at)).orders["order_date"].item() == pd.Timestamp("2025-04-01")


@pytest.mark.parametrize("zone", one_in(3, ["UTC", "Pacific/Auckland", "Pacific/Honolulu"]))
def test_p13_a_bare_date_never_moves(zone):
    for given in (
        "2025-03-31",
        "2025-03-31T00:00:00Z",
        {"date": "2025-03-31 00:00:00.000000", "timezone_type": 3, "timezone": "UTC"},
    ):
        got = tidied(po(ONE, orderDate=given), timezone=zone)
        assert got.orders["order_date"].item() == pd.Timestamp("2025-03-31")


def test_p14_four_in_the_afternoon_of_the_due_day_is_on_time():
    line = ONE | {"dueAt": "2025-03-31", "deliveryAt": "2025-03-31T16:00:00Z", "receivedQuantity": 1}
    got = slippage.per_line(tidied(po(line)).lines, as_of="2025-06-30")
    assert got["outcome"].tolist() == ["on_time"]


@pytest.mark.parametrize(
    "day", one_in(3, ["1900-01-01", "9999-12-31", "1970-01-01", "0001-01-01", "0000-00-00", "1900-01-01T00:00:00Z"])
)
def test_p14_a_date_that_stands_for_none_is_missing_and_listed(day):
    got = tidied(po(ONE | {"dueAt": day}))
    assert got.lines["required_date"].isna().item()
    assert got.issues[["column", "reason"]].to_numpy().tolist() == [["required_date", "stands for no date"]]


def test_p15_a_delivery_before_the_order_is_a_finding_and_not_zero_days():
    lines = tidied(po(ONE | {"deliveryAt": "2025-01-02", "receivedQuantity": 1})).lines
    got = lead_times.per_line(lines, as_of="2025-06-30")
    assert got["lead_time_days"].isna().item()
    assert got["reason"].item() == "delivered before ordered"


def test_p28_a_row_that_comes_twice_is_never_counted_twice():
    with FaultServer([order(1), order(2), order(1)]) as server, pytest.raises(IncompleteDataError, match="came twice"):
        client(server).fetch_purchases()
    data = ma.load_sample(["us"])
    with pytest.raises(SchemaError, match="comes twice"):
        ma.concat([data, data])


def test_p31_the_line_s_own_site_and_vendor_win_and_the_order_s_stand_in():
    got = tidied(po(ONE | {"vendorKey": "own"}, ONE, siteKey="s1", vendorName="Of The Order"))
    assert got.lines["vendor_id"].tolist() == ["own", "v"]
    assert got.lines["vendor_name"].isna().tolist() == [True, False]  # never the order's name beside the line's own key
    assert got.lines["site_id"].tolist() == ["s1", "s1"]


@pytest.mark.parametrize("status", one_in(3, ["Draft", "On hold", "Pending approval", "Not approved"]))
def test_p34_what_is_not_ordered_yet_is_not_committed(status):
    got = tidied(po(ONE, status=status))
    assert got.lines["state"].tolist() == ["draft"]
    assert len(spend.by_vendor(got.lines)) == 0
    assert len(got.lines) == 1


def test_p36_old_data_give_old_answers():
    changed = po(ONE | {"dueAt": "2025-02-01"}, updatedAt="2025-03-01T08:00:00Z")
    got = tidied(changed)
    assert got.as_of == pd.Timestamp("2025-03-01")
    data = ma.Purchases(got.orders, got.lines, got.issues, as_of=got.as_of)
    overdue = slippage.per_line(data.lines)
    assert overdue["outcome"].tolist() == ["overdue_open"]
    assert overdue["days_overdue"].tolist() == [28]  # from the data's own last day, whatever day it is now


def test_p37_a_million_cents_add_up_to_the_cent():
    lines = pd.DataFrame({"vendor_id": "v", "currency": "EUR", "amount": np.full(1_000_000, 0.01)})
    assert round(spend.by_vendor(lines)["spend"].item(), 2) == 10_000.00
