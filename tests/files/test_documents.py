"""Lists of several kinds of documents: quotes, invoices and contracts are no orders, and goods that go back are not bought."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from tests.tiers import one_in

from .files import HEAD, ROWS, text


def typed(kinds, heading="Type"):
    return text([f"{r};{k}" for r, k in zip(ROWS, kinds, strict=True)], f"{HEAD};{heading}")


@pytest.mark.parametrize(
    ("heading", "kinds"),
    one_in(6, [("Type", ["Purchase Order", "Bill", "Vendor Return Authorization"]), ("Document Type", ["Order", "Quote", "Return Order"]),
               ("Documentsoort", ["Order", "Factuur", "Retourorder"]), ("Belegart", ["Bestellung", "Rechnung", "Reklamation"]),
               ("Doc. kind", ["Zamówienie", "Faktura", "Zwrot"]), ("Art des Belegs", ["Bestellung", "Rahmenbestellung", "Retoure"])]),
)  # fmt: skip
def test_other_documents_are_left_out_and_returns_go_back(written, heading, kinds):
    got = ma.Purchases.from_file(written(typed(kinds, heading)))
    assert got.lines.amount.tolist() == [25.0, -7.5]
    assert got.lines.is_return.tolist() == [False, True]
    left_out = got.issues[got.issues.reason.str.contains("no order")]
    assert left_out[["id", "column", "value"]].values.tolist() == [["3", "amount", "20.0"]]
    assert "Rows of other documents" in got.sources.notes.item()


@pytest.mark.parametrize(
    "kinds", one_in(4, [["Order"] * 3, ["A", "A", "K"], ["Bill", "Bill of lading", "x"], ["", "", ""]])
)
def test_words_that_may_mean_something_else_leave_the_rows(written, kinds):
    assert len(ma.Purchases.from_file(written(typed(kinds, "Group"))).lines) == 3


def test_a_list_of_other_documents_alone_asks_and_the_answer_works(written):
    path = written(typed(["Bill", "Bill", "Invoice"]))
    with pytest.raises(ma.SchemaError, match=r"'Type': None"):
        ma.Purchases.from_file(path)
    assert len(ma.Purchases.from_file(path, columns={"Type": None}).lines) == 3


@pytest.mark.parametrize(("mark", "back"), one_in(4, [("X", True), ("", False), ("true", True), ("N", False)]))
def test_a_mark_of_a_sap_item_that_goes_back(written, mark, back):
    head = "EBELN;EBELP;BSTYP;BEDAT;LIFNR;MENGE;NETPR;NETWR;WAERS;RETPO"
    rows = [
        f"4500000001;10;F;15.01.2024;100001;5;10,00;50,00;EUR;{mark}",
        "4600000001;10;K;15.01.2024;100001;5;10,00;50,00;EUR;",
    ]
    got = ma.Purchases.from_file(written(text(rows, head)))
    assert got.lines.amount.tolist() == [-50.0 if back else 50.0]
    assert got.lines.quantity.tolist() == [-5.0 if back else 5.0]
