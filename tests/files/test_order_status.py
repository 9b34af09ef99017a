"""The status of an order beside that of its line: both are read, and an order that is cancelled or no order yet takes its lines with it."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.files._by_values import fits
from tests.tiers import one_in

HEAD = "PO Number;Line;Supplier;Order Date;Quantity;Received;Amount;Currency"
STATUSES = ["Issued", "Pending Approval", "Cancelled", "Draft", "Draft"]


def read(written, names, statuses=STATUSES, came=(0, 0, 0, 0, 4), lines=("Created",) * 5, **options):
    rows = [f"{n};1;CDW;2025-02-20;10;{q};200;USD;{line};{of}" for n, (q, line, of) in enumerate(zip(came, lines, statuses, strict=True), 1)]  # fmt: skip
    path = written("\n".join([f"{HEAD};{names}", *rows, ""]))
    return ma.Purchases.from_file(path, **({"columns": {"Received": "received_quantity"}} | options))


@pytest.mark.parametrize(
    "names",
    one_in(3, ["Line Status;Order Status", "Item Status;PO Status", "PurchaseOrderLineStatus;DocumentApprovalStatus", "Line Status;Status", "Status;Approval Status", "Status;PO Status"]),
)  # fmt: skip
def test_both_are_read_and_the_order_ends_its_lines(written, names):
    data = read(written, names)
    assert data.orders.status.tolist() == STATUSES
    assert data.lines.status.unique().tolist() == ["Created"]
    assert data.lines.state.tolist() == [
        "open",
        "draft",
        "cancelled",
        "draft",
        "open",
    ]  # of the last one something came
    assert not len(data.issues)


def test_of_two_of_the_order_each_may_end_its_lines(written):
    both = [f"{of};{approval}" for of, approval in zip(("Backorder", "Canceled", "Backorder"), ("Draft", "Approved", "Confirmed"), strict=True)]  # fmt: skip
    names = "PurchaseOrderLineStatus;PurchaseOrderStatus;DocumentApprovalStatus"
    data = read(written, names, both, came=(0, 0, 0), lines=("Backorder",) * 3)
    assert data.lines.state.tolist() == ["draft", "cancelled", "open"]
    assert data.orders.status.tolist() == ["Draft", "Canceled", "Backorder"] and not len(data.issues)


def test_where_it_differs_within_an_order_it_is_the_lines_own(written):
    rows = [f"1;{n};CDW;2025-02-20;10;0;200;USD;Created;{s}" for n, s in enumerate(("Issued", "Cancelled"), 1)]
    path = written("\n".join([f"{HEAD};Line Status;Order Status", *rows, ""]))
    data = ma.Purchases.from_file(path, columns={"Received": "received_quantity"})
    assert data.lines.state.tolist() == ["open", "cancelled"]


def test_a_status_that_is_left_out_is_told_where_it_says_that_nothing_is_ordered(written):
    left = read(
        written, "Line Status;Order Status", columns={"Received": "received_quantity", "Order Status": "status"}
    )
    assert left.lines.state.tolist() == ["open", "draft", "cancelled", "draft", "draft"] and not len(left.issues)
    told = read(written, "Order Status;Line Status", lines=("Issued",) * 5, columns={"Received": "received_quantity", "Order Status": "status"})  # fmt: skip
    assert told.issues.reason.str.startswith("'Line Status' is not read, and may say that 4 lines").all() and len(told.issues)  # fmt: skip


def test_a_file_of_orders_beside_is_said_to_come_first(written, tmp_path):
    (tmp_path / "heads.csv").write_text("PO Number;Order Date;PO Status\n1;2025-02-20;Issued\n")
    data = read(written, "Line Status;Order Status", orders=tmp_path / "heads.csv")
    assert "not read since orders= was passed" in " ".join(data.issues.reason)


def test_an_order_without_a_status_goes_by_its_lines(written):
    data = read(written, "Line Status;Order Status", statuses=["", *STATUSES[1:]])
    assert data.orders.status.tolist()[:2] == ["Created", "Pending Approval"]
    assert data.lines.state.tolist()[0] == "open" and "orders=" not in data.sources.notes.item()


def test_a_status_of_an_order_that_is_not_understood_is_listed(written):
    data = read(written, "Line Status;Order Status", statuses=["Wartet", *STATUSES[1:]])
    assert data.issues[["table", "value"]].values.tolist() == [["orders", "Wartet"]]


def test_what_a_line_says_to_have_come_of_an_order_that_waits_for_approval_counts():
    heads = pd.DataFrame({"order_number": ["1", "2", "3"], "status": ["Pending approval", "Approved", "Draft"]})
    lines = pd.DataFrame({"order_number": ["1", "1", "1", "2", "3"], "line_number": [1, 2, 3, 1, 1], "vendor_name": "A",
                          "quantity": 1.0, "amount": [10.0, 20.0, 30.0, 40.0, 50.0], "currency": "EUR", "order_date": "2025-01-01",
                          "status": ["Received", "Open", "Closed", "Received", "Open"]})  # fmt: skip
    got = ma.Purchases.from_table(lines, orders=heads, as_of="2025-12-31").lines
    assert got.state.tolist() == ["received", "draft", "received", "received", "draft"]


def test_a_release_that_is_no_number_is_not_said_to_be_read():
    assert fits("release_number", "number") and not fits("release_number", "text")
