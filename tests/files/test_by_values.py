"""Headings that their values decide: dates or numbers, marks of cancelled and completed lines."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from tests.tiers import one_in

from .files import lines_of, text

HEAD = "PO Number;Line;Supplier Name;Order Date;Quantity;Amount;Currency;{}"


def rows(*last):
    return [f"471{i};1;ACME;2024-01-15;10;25.5;EUR;{v}" for i, v in enumerate(last)]


@pytest.mark.parametrize("heading", one_in(3, ["Received", "Delivered", "Geliefert", "Reçu", "Recibido", "Ricevuto"]))
def test_a_heading_of_a_date_or_a_number_is_what_its_values_are(written, heading):
    got = lines_of(written(text(rows("10", "4,0", ""), HEAD.format(heading)).replace("25.5", "25,5")))
    assert got.received_quantity.fillna(-1).tolist() == [10, 4, -1]
    if heading in ("Received", "Delivered"):
        got = lines_of(written(text(rows("2024-02-03", "", "2024-02-05"), HEAD.format(heading))))
        assert got.delivered_date.dt.day.fillna(-1).tolist() == [3, -1, 5]
        assert got.received_quantity.isna().all()


@pytest.mark.parametrize(
    ("heading", "values"),
    one_in(
        3,
        [
            ("CANCEL_FLAG", ["Y", "N", ""]),
            ("Canceled?", ["Yes", "No", "No"]),
            ("Storniert", ["ja", "nein", "nein"]),
            ("Annulé (O/N)", ["O", "N", "N"]),
            ("Anulado", ["S", "N", "N"]),
            ("Is Deleted", ["True", "False", "False"]),
            ("Is Void", ["1", "0", "0"]),
            ("Löschkennz.", ["L", "", ""]),
            ("Del.ind. (cancelled)", ["X", "", ""]),
            ("isCancelled", ["true", "false", "false"]),
        ],
    ),
)
def test_a_mark_of_an_unknown_heading_cancels_its_lines(written, heading, values):
    path = written(text(rows(*values), HEAD.format(heading)))
    data = ma.Purchases.from_file(path)
    assert data.lines.state.tolist() == ["cancelled", "open", "open"]
    assert heading in data.sources.notes.item()  # it says so
    again = ma.Purchases.from_file(path, columns=ma.read_headings(path))
    assert again.lines.state.tolist() == data.lines.state.tolist()


@pytest.mark.full
@pytest.mark.parametrize(
    ("heading", "values"),
    one_in(
        3,
        [
            ("Cancelled Qty", ["4", "0", "2"]),
            ("Cancel Reason", ["Price", "", ""]),
            ("Elimination Group", ["A", "B", "A"]),
            ("Voided On", ["2024-02-01", "", ""]),
            ("Canceled", ["", "", ""]),
            ("Cancelled", ["1", "0", "0"]),  # may be quantities
            ("Non-cancellable", ["Y", "N", "Y"]),
            ("Stornierbar", ["J", "N", "J"]),
            ("Avoid substitution", ["Y", "N", "Y"]),
            ("Invoice cancelled", ["Y", "N", "Y"]),
            ("Closed for invoice", ["Y", "N", "Y"]),
            ("Cancellation requested", ["Y", "N", "Y"]),
        ],
    ),
)
def test_words_alone_make_no_mark(written, heading, values):
    got = lines_of(written(text(rows(*values), HEAD.format(heading))))
    assert got.state.tolist() == ["open"] * 3


def test_sap_marks_stay_saps(written):
    """S is blocked there, and no sí."""
    got = lines_of(written(text(rows("L", "S", ""), HEAD.format("Löschkz. Pos"))))
    assert got.state.tolist() == ["cancelled", "unknown", "open"]


def test_completed_lines_are_closed(written):
    head = HEAD.format("Quantity Received;Endlief.-Kz")
    got = lines_of(written(text(rows("10;X", "4;X", "4;"), head)))
    assert got.state.tolist() == ["received", "closed_short", "open"]
    head = HEAD.format("Quantity Received;Line Closed?")
    got = lines_of(written(text(rows("10;Yes", "4;Yes", "4;No"), head)))
    assert got.state.tolist() == ["received", "closed_short", "open"]


def test_a_mark_and_a_status_stand_beside_each_other(written):
    head = "PO_NUMBER;LINE_NUM;VENDOR_NAME;CREATION_DATE;QUANTITY;QUANTITY_RECEIVED;AMOUNT;CURRENCY_CODE;CLOSED_CODE;CANCEL_FLAG"
    lines = [
        "1;1;A;15-JAN-24;10;10;5;USD;CLOSED FOR RECEIVING;N",
        "2;1;A;15-JAN-24;10;0;5;USD;CLOSED;Y",
        "3;1;A;15-JAN-24;10;0;5;USD;IN PROCESS;N",
    ]
    assert lines_of(written(text(lines, head))).state.tolist() == ["received", "cancelled", "draft"]


def test_words_are_items_and_no_line_numbers(written):
    head = "PO Number;Item;Supplier Name;Order Date;Quantity;Amount;Currency"
    path = written(text(["1;A-100;ACME;2024-01-15;1;2;EUR", "1;A-200;ACME;2024-01-15;1;2;EUR"], head))
    assert lines_of(path).product_code.tolist() == ["A-100", "A-200"]


def test_one_row_for_each_receipt_is_told_with_what_is_at_stake(written):
    head = HEAD.format("Received Date;Received Quantity")
    data = ma.Purchases.from_file(written(text([rows("2024-02-01;4")[0], rows("2024-02-03;6")[0]], head)))
    told = data.issues[data.issues.column == "line_id"]
    assert told.value.tolist() == ["25.5"]
    assert told.reason.str.contains("a join with receipts").all()


@pytest.mark.parametrize(
    "heading",
    one_in(3, ["Cant. recibida", "Q.tà consegnata", "Qtd. Entregue", "Bisher gelief. Menge", "Qty Received To Date"]),
)  # fmt: skip
def test_what_was_received_is_known_by_its_words(written, heading):
    data = ma.Purchases.from_file(written(text(rows("4", "10"), HEAD.format(heading))))
    assert data.lines.received_quantity.tolist() == [4, 10]
    assert f"{heading!r} is received_quantity by its words" in data.sources.notes.item()


@pytest.mark.parametrize("heading", one_in(3, ["PO Line Status", "Estado de línea", "Statut ligne", "Positionsstatus"]))
def test_a_status_is_known_by_its_words(written, heading):
    got = lines_of(written(text(rows("Cancelled", "Open"), HEAD.format(heading))))
    assert got.state.tolist() == ["cancelled", "open"]


@pytest.mark.parametrize(
    ("heading", "values"),
    one_in(
        3,
        [
            ("Qty to come", ["4", "10"]),
            ("Received quantity invoiced", ["4", "10"]),
            ("Quantity not received", ["4", "10"]),
            ("Received value", ["4", "10"]),
            ("Qty Received on", ["2024-01-01", ""]),
            ("Invoice status", ["Cancelled", "Open"]),
            ("Approval status", ["Rejected", "Open"]),
        ],
    ),
)
def test_other_words_beside_them_say_something_else(written, heading, values):
    got = lines_of(written(text(rows(*values), HEAD.format(heading))))
    assert got.received_quantity.isna().all()
    assert got.state.tolist() == ["open", "open"]


def test_two_headings_that_could_be_it_are_left(written):
    head = HEAD.format("PO Line Status;Order Item Status")
    got = lines_of(written(text(rows("Cancelled;Open"), head)))
    assert got.status.isna().all()


@pytest.mark.parametrize(
    ("heading", "values", "column"),
    one_in(
        3,
        [
            ("Cancel By", ["2024-02-01", "", ""], "cancelled_date"),
            ("Cancel Reason", ["no longer needed", "", ""], "status"),
            ("Lifecycle", ["Cancelled", "Open", "Open"], "status"),
            ("Approval", ["Rejected", "Approved", "Approved"], "status"),
            ("Line Type", ["Return", "Goods", "Freight"], "document_type"),
        ],
    ),
)
def test_lines_that_a_column_that_is_not_read_may_take_away_are_told(written, heading, values, column):
    head = f"PO Number;Line;Vendor;Order Date;Quantity;Unit Price;Amount;{heading}"
    rows = [f"1;{i};A;2024-01-05;1;1,0;1,0;{v}" for i, v in enumerate(values)]
    path = written("\n".join([head, *rows]))
    issues = ma.Purchases.from_file(path, currency="EUR").issues
    (why,) = issues.reason[issues.column == "status"]
    assert "1 line counted as ordered is none" in why and f"{{{heading!r}: {column!r}}}" in why
    for columns in ({heading: column}, {heading: None}):  # both answers work
        got = ma.Purchases.from_file(path, currency="EUR", columns=columns, statuses={"no longer needed": "cancelled"})
        assert not got.issues.reason.str.contains("is not read").any()
        gone = (got.lines.state.isin(["cancelled", "draft"]) | (got.lines.amount < 0)).tolist()
        assert gone == [columns[heading] is not None, False, False]
    back = ma.Purchases.from_file(path, currency="EUR", columns=ma.read_headings(path))
    assert back.issues.reason.str.contains("is not read").any()


def test_what_is_said_of_lines_that_are_read_as_cancelled_is_told_no_more(written):
    head = "PO Number;Line;Vendor;Order Date;Quantity;Unit Price;Amount;Currency;Status;Cancel Reason"
    path = written(head + "\n1;1;A;2024-01-05;1;1;1;EUR;Cancelled;wrong\n1;2;A;2024-01-05;1;1;1;EUR;Open;-\n")
    assert not len(ma.Purchases.from_file(path).issues)
