"""Every heading that the notes on exports list is read, or its leaving out explained; and what only lists of one system say is read with it."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import makini_analytics as ma
from makini_analytics.files._headings import systems
from makini_analytics.files._wording import says_discount

NOTES = Path(__file__).parents[2] / "docs" / "exports.md"
NO_HEADINGS = {"", "as English", "none", "BAQ: Table_Field"}


def listed():
    """The headings of the notes, by system or row: what stands between commas, without what is said of it."""
    for section in NOTES.read_text(encoding="utf-8").split("\n## ")[1:4]:
        for line in section.splitlines():
            cells = [c.strip() for c in line.strip("|").split("|")] if line[:1] == "|" else line[2:].split(":", 1)
            if line[:2] in ("| ", "* ") and cells[0] not in ("ours", "system", "total rows"):
                for text in re.split("[,;]", ",".join(cells[1:])):
                    heading = re.sub(r"^m: |=\w+$| \((not|of|off|m:|open).*", "", text.replace("\\", "").strip())
                    if heading not in NO_HEADINGS:
                        yield cells[0], heading


def spelled(heading):
    """The sets of headings that a short form can stand for, as "Quantity Ordered/Received" and "Document (d')achat" do."""
    for text in {heading, re.sub(r"\s?\([^)]*\)", "", heading), re.sub(r"[()]", "", heading)}:
        yield [text]
        yield [" ".join(words) for words in product(*(w.split("/") for w in text.split(" ")))]
        left, _, right = text.partition("/")
        yield [left, f"{left.rpartition(' ')[0]} {right}"]
        yield [f"{left} {right.rpartition(' ')[2]}", right]


def test_every_heading_that_is_listed_is_read_or_its_leaving_out_explained():
    def known(heading):
        return says_discount(heading) or any(s.knows(heading) for s in systems().values())

    found = list(listed())
    assert len(found) > 400
    unknown = [(of, h) for of, h in found if not any(all(map(known, several)) for several in spelled(h))]
    assert not unknown


def test_what_is_still_to_come_and_complete_in_a_german_list_of_sap(written):
    rows = ["4500000001;10;31.03.2025;ACME;1.000,000;ST;1.234,56;EUR;100;0,000;X", "4500000001;20;31.03.2025;ACME;2,500;KG;10,00;EUR;1;2,500;"]  # fmt: skip
    head = "Einkaufsbeleg;Pos.;Belegdatum;Lieferant/Lieferwerk;Bestellmenge;BME;Nettopreis;Währg;pro;Noch zu liefern;EL"
    data = ma.Purchases.from_file(written("\n".join([head, *rows, ""])))
    assert data.lines.state.tolist() == ["received", "open"]
    assert data.lines.amount.tolist() == [12345.6, 25.0]
    assert "left out" not in data.sources.notes.item()


def test_names_of_vendors_and_units_of_infor(written):
    head = "Purchase Order;Position;Order Date;Buy-from Business Partner;Buy-from BP Name;Item;Ordered Quantity;Purchase Unit;Price;Currency"
    line = ma.Purchases.from_file(
        written(f"{head}\nPUR1;10;2025-03-04;BP12;Stahl AG;ST-1;12;kg;1.25;EUR\n")
    ).lines.iloc[0]
    assert [line.vendor_id, line.vendor_name, line.unit_of_measure, line.product_code] == [
        "BP12",
        "Stahl AG",
        "kg",
        "ST-1",
    ]


@pytest.mark.parametrize(("name", "code"), [("US Dollar", "USD"), ("U.S. dollars", "USD"), ("Schweizer Franken", "CHF"), ("Libra esterlina", "GBP"), ("euros", "EUR"), ("Dollar", "DOLLAR")])  # fmt: skip
def test_currencies_by_their_names(written, name, code):
    data = ma.Purchases.from_file(written(f"PO Number;Supplier;Amount;Currency\n1;A;5;{name}\n"))
    assert data.lines.currency.tolist() == [code]
    assert len(data.issues) == (code == "DOLLAR")
