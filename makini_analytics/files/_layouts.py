"""A file whose rows are of two kinds, each with headings of its own: one row for an order, then one for each of its lines, as Coupa's standard export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pandas as pd

from ._headings import folded

_KIND, _LINE_NUMBER, _OWN_ID, _ORDER_ID = "type", "linenumber", "id", "orderheaderid"


def layouts(rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """Return the headings of orders and of lines, where both are among the first rows and begin with the kind of row; else nothing."""
    found = [[c.strip() for c in row] for row in rows if row and folded(row[0].strip()) == _KIND]
    of_lines = [row for row in found if _LINE_NUMBER in map(folded, row)]
    of_orders = [row for row in found if _LINE_NUMBER not in map(folded, row) and _OWN_ID in map(folded, row)]
    return {"order": of_orders[0], "line": of_lines[0]} if of_lines and of_orders else {}


def in_one(text: str, separator: str, of: dict[str, list[str]]) -> tuple[list[str], pd.DataFrame]:
    """Return the headings of both kinds together and the rows under them, by their row in the file; an order's id is what its lines name."""
    headings = list(of["line"])
    there = {folded(h): i for i, h in enumerate(headings)}
    place: list[int] = []
    for h in of["order"]:
        key = _ORDER_ID if folded(h) == _OWN_ID and _ORDER_ID in there else folded(h)
        if key not in there:
            there[key] = len(headings)
            headings.append(h)
        place.append(there[key])
    rows: dict[int, list[str]] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), 1):
        if not row or folded(row[0]) in ("", _KIND):
            continue
        places = range(len(of["line"])) if "line" in folded(row[0]) else place
        cells = [""] * len(headings)
        for at, cell in zip(places, row, strict=False):  # cells at the end of a row may be missing
            cells[at] = cell
        rows[number] = cells
    return headings, pd.DataFrame(list(rows.values()), columns=range(len(headings)), index=list(rows), dtype=object)
