"""What a list says of an order as a whole: totals under its number, rows of its own above its lines, cells given once, another table below."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from tests.tiers import one_in

HEAD = "PO Number;Line;Vendor;Quantity;Amount;Currency;Order Date"
REST = ";EUR;13.01.2025"
HEADS = "PO Number;Vendor;Order Date;Currency;"


def read(written, *rows, head=HEAD, **options):
    return ma.Purchases.from_file(written("\n".join([head, *rows, ""])), **options)


def lines(*rows):
    return [row + REST for row in rows]


ONE = ("1;1;A;10;10,00", "1;2;A;10;20,00")


@pytest.mark.parametrize(
    ("rows", "n"),
    one_in(
        3,
        [
            ((*ONE, "1;;A;20;30,00"), 2),
            (("1;0;A;20;30,00", *ONE), 2),
            (("1;0;A;;30,00", *ONE, "2;0;B;;5,00", "2;1;B;1;5,00"), 3),
        ],
    ),
)
def test_a_total_under_the_number_of_its_order_is_no_line(written, rows, n):
    got = read(written, *lines(*rows))
    assert got.lines.line_number.isin(["1", "2"]).all() and len(got.lines) == n
    assert len(got.lines) + len(got.issues) == len(rows)
    assert got.issues.value.tolist()[0] == "30,00" and got.issues.reason.str.contains("the order's other lines").all()


def test_a_row_that_may_be_a_total_stays_and_is_told(written):
    got = read(written, *lines(*ONE, "1;;A;;30,00"))
    assert got.lines.amount.sum() == 60
    assert got.issues[["id", "value"]].values.tolist() == [["4", "30.0"]]
    assert not len(read(written, *lines(*ONE, "1;;A;1;29,00")).issues)  # a charge
    priced = read(written, "1;;A;20;1,50;30,00", *("1;1;A;10;1,00;10,00", "1;2;A;10;2,00;20,00"), head=HEAD.split(";Cur")[0].replace("Amount", "Unit price;Amount"))  # fmt: skip
    assert len(priced.lines) == 3


def test_lines_numbered_from_0_are_lines(written):
    pair = ("1;0;A;5;10,00", "1;1;A;5;10,00", "2;0;A;1;7,00", "2;1;A;1;7,00", "3;0;A;1;7,00", "3;1;A;1;8,00")
    assert len(read(written, *lines(*pair)).lines) == len(read(written, *lines(*pair[:4])).lines) + 2 == 6


def test_an_order_number_written_once_is_that_of_its_further_lines(written):
    rows = lines(
        "4500000001;10;A;10;55,00", ";20;A;10;55,00", ";30;;10;55,00", "4500000002;10;B;1;5,00", ";20;B;1;5,00"
    )
    got = read(written, *rows)
    assert got.orders.n_lines.tolist() == [3, 2] and not len(got.issues)
    assert got.lines.vendor_id.tolist() == ["A"] * 3 + ["B"] * 2


@pytest.mark.parametrize("row", [";20;C;10;55,00", ";10;A;10;55,00"])
def test_a_line_without_order_number_that_may_be_another_order_is_told(written, row):
    got = read(written, *lines("4500000001;10;A;10;55,00", row, "4500000002;10;B;1;5,00"))
    told = got.issues[got.issues.column == "order_number"]
    assert told[["id", "value"]].values.tolist() == [["3", "55,00"]]
    assert len(got.lines) == 3 and len(got.orders) == 3


@pytest.mark.parametrize("again", [("", ""), ("1", "2")])
@pytest.mark.parametrize(("totals", "last"), one_in(3, [(("", ""), []), (("60,00", "7,00"), [";;;;;;;67,00"])]))
def test_rows_of_orders_above_their_lines_give_them_what_they_say(written, again, totals, last):
    a, b = again
    rows = [f"1;A;13.01.2025;EUR;;;;{totals[0]}", f"{a};;;;10;M1;10;55,00", f"{a};;;;20;M2;1;5,00", f"2;B;14.01.2025;EUR;;;;{totals[1]}", f"{b};;;;10;M1;1;7,00"]  # fmt: skip
    got = read(written, *rows, *last, head=HEADS + "Line;Item;Quantity;Amount")
    assert got.lines.order_number.tolist() == ["1", "1", "2"] and got.lines.amount.tolist() == [55, 5, 7]
    assert got.lines.currency.tolist() == ["EUR"] * 3 and got.lines.order_date.notna().all()
    assert got.lines.vendor_id.tolist() == ["A", "A", "B"]
    assert got.issues.id.tolist() == ["2", "5", *(["7"] if last else [])]


def test_lines_without_items_below_the_row_of_their_order_are_no_totals(written):
    rows = ["1;A;13.01.2025;EUR;;", ";;;;10;55,00", ";;;;5;45,00", ";;;;15;100,00", "2;B;14.01.2025;EUR;;", ";;;;1;7,00", ";;;;16;107,00"]  # fmt: skip
    got = read(written, *rows, head=HEADS + "Quantity;Amount")
    assert got.lines.amount.tolist() == [55, 45, 7] and got.lines.order_number.tolist() == ["1", "1", "2"]
    assert got.issues[got.issues.reason.str.contains("a total of other rows")].id.tolist() == ["5", "8"]


@pytest.mark.parametrize("other", one_in(2, ["PO Number;Line;Receipt Date;Quantity;;;", "PO Number;Receipt Date;Line;Received Quantity;;;"]))  # fmt: skip
def test_another_table_below_is_left_out_and_told(written, other):
    got = read(written, *lines(*ONE), ";;;;;;", "Receipts;;;;;;", other, "1;1;01.02.2025;10;;;", "1;2;01.02.2025;10;;;")
    assert got.lines.amount.tolist() == [10, 20]
    told = got.issues[got.issues.reason.str.contains("of another table, whose headings are in row 6")]
    assert told.id.tolist() == ["6", "7", "8"] and told.value.tolist()[1] == "1 1 01.02.2025 10"
    again = read(written, *lines(ONE[0]), HEAD, *lines(ONE[1]))
    assert again.lines.amount.tolist() == [10, 20] and not len(again.issues)


LINES = ["4711;1;2025-03-01;Alpha;A;10;5.00;50.00", "4711;2;2025-03-01;Alpha;B;10;5.00;50.00", "4712;1;2025-03-02;Beta;A;9;5.00;45.00"]  # fmt: skip
LIST = "Order No;Line;Order Date;Supplier;Item Code;Qty;Unit Price;Amount"


@pytest.mark.parametrize(
    "row",
    one_in(
        4,
        [
            "Carried forward;;;;;;;100.00",
            "Report Total;;;;;;;145.00",
            "Page total;;;;;;;45.00",
            "Übertrag;;;;;;;145.00",
            "Warehouse total;;;;;;;1.00",  # also where it is not the sum of what is listed
            "In all;;;;;;;145.00",  # by the sum alone
            "Subtotal:;;;;3;29;;145.00",  # which counts the items
            ";;;;Page total;;;145.00",
            "Purchase Order Report;;;;;;;Page 2 of 2",
            "Purchase Order Report;;Seite 2;;;;;",
            "Seite 2;;;;;;;145.00",
        ],
    ),
)
@pytest.mark.parametrize("at", [2, 3])
def test_a_row_that_is_certainly_no_line_is_left_out_and_told(written, row, at):
    got = read(written, *LINES[:at], row, *LINES[at:], head=LIST, currency="EUR")
    kept = len(got.lines), got.lines.amount.sum(), len(got.issues)
    if "In all" in row and at == 2:  # not the sum of what stands above it
        assert kept == (4, 290, 1) and "looks like a total row" in got.issues.reason.item()
    else:
        assert kept == (3, 145, 1) and got.issues.id.item() == str(at + 2)


@pytest.mark.parametrize("row", one_in(2, ["Freight;;;;;;;20.00", "Freight total;1;;;;;;20.00", "Total Energies;;2025-03-02;Gamma;A;4;5.00;20.00"]))  # fmt: skip
def test_a_row_that_may_be_a_line_stays(written, row):
    got = read(written, *LINES, row, head=LIST, currency="EUR")
    assert got.lines.amount.tolist() == [50, 50, 45, 20]
    assert not got.issues.reason.str.contains("left out").any()


def test_the_main_line_of_a_netsuite_order_may_be_numbered_0(written):
    head = "Document Number,Line ID,Date,Name,Item,Quantity,Quantity Fulfilled/Received,Amount,Due Date/Receive By,Status,Main Line"
    rows = ["PO1,0,1/31/2025,Bolt,,,,50.00,,Pending Receipt,*", "PO1,1,1/31/2025,Bolt,B,10,0,50.00,2/15/2025,Pending Receipt,", "PO2,0,1/30/2025,Nut,,,,5.00,,Closed,*"]  # fmt: skip
    got = read(written, *rows, head=head, currency="USD")
    assert got.lines.line_id.tolist() == ["3", "4"]  # the second order has no other row
    assert got.issues[["id", "value"]].values.tolist() == [["2", "50.00"]]
