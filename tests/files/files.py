"""A small list of order lines as a file, and what is read of it."""

from __future__ import annotations

import pandas as pd

import makini_analytics as ma
from makini_analytics.files import read_file

HEAD = "PO Number;Line;Supplier Name;Order Date;Description;Quantity;Unit Price;Amount;Currency;Status"
ROWS = [
    "4711;1;Müller GmbH;2024-01-15;Größe 1;10;2.5;25.0;EUR;Open",
    "4711;2;Müller GmbH;2024-01-15;Größe 2;4;5.0;20.0;EUR;Closed",
    "4712;1;Café Noir;2024-02-20;Pièce;1;7.5;7.5;EUR;Open",
]


def text(rows=None, head=HEAD):
    return "\n".join([head, *(ROWS if rows is None else rows), ""])


def lines_of(path, **options):
    return ma.Purchases.from_file(path, **options).lines


def table_of(path, **options):
    """What goes to from_table: under our names."""
    got = read_file(path, **options)
    return got.table.rename(columns=got.columns), got


def xlsx(path, **sheets):
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, rows in sheets.items():
            pd.DataFrame(rows).to_excel(book, sheet_name=name, header=False, index=False)
    return path
