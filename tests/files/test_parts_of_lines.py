"""Releases and shipments: rows of one line of an order that have a quantity of their own each are lines, and no repetition."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from makini_analytics import quality

HEAD = "Po Number;Release;Line Num;Shipment;Supplier Name;Item;Quantity Ordered;Price;Amount;Currency;Need By"
ROWS = [
    "5001;;1;1;Pipe;P-1;100;2.5;250;GBP;2025-03-15",
    "5001;;1;2;Pipe;P-1;100;2.5;250;GBP;2025-03-15",
    "5002;1;1;1;Pipe;P-1;10;30;300;GBP;2025-05-15",
    "5002;2;1;1;Pipe;P-1;10;30;300;GBP;2025-05-15",
    "5003;;1;1;Pipe;P-2;1;7;7;GBP;2025-05-15",
]
RECEIPTS = "Po Number;{}Receipt Date;Quantity Received\n"


def read(written, rows=ROWS, **options):
    return ma.Purchases.from_file(written("\n".join([HEAD, *rows, ""]), "lines.csv"), as_of="2025-12-31", **options)


def test_releases_and_shipments_are_no_repeated_lines(written):
    data = read(written)
    assert data.lines.line_number.tolist() == ["1-1", "1-2", "1-1-1", "1-2-1", "1"]
    assert not len(data.issues) and not len(quality.duplicates(data))
    assert "4 rows are parts of a line by 'Release' and 'Shipment'" in data.sources.notes.item()


def test_a_shipment_that_is_there_again_is_told(written):
    assert read(written, [*ROWS, ROWS[1]]).issues.id.tolist() == ["7"]


@pytest.mark.parametrize(
    ("names", "rows", "came"),
    [
        ("Line Num;Shipment;", ["5001;1;2;2025-03-18;40", "5003;1;1;2025-03-18;1"], {1: 40, 4: 1}),
        ("Line Num;", ["5003;1;2025-03-18;1"], {4: 1}),  # of a line with one shipment, which is the line
    ],
)
def test_receipts_find_their_shipment(written, names, rows, came):
    receipts = written(RECEIPTS.format(names) + "\n".join([*rows, ""]), "receipts.csv")
    got = read(written, receipts=receipts).lines.received_quantity
    assert got.dropna().to_dict() == came
