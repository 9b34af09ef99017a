"""Which rows of a list are order lines: totals, repeated headings and remarks are left out and told, cells given once are filled down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import SchemaError
from ..tidy import plain_text
from ._headings import document_types, folded, n_known
from ._raw_file import Grid, is_rule
from ._rows_of_orders import (
    drop_order_totals,
    fill_down,
    fill_receipts,
    take_headers_in,
    take_heads_above,
    tell_without_order,
)
from ._sorted_rows import VALUE, Flags, Rows, blank, each, keep, leave_out
from ._total_rows import drop_main_lines, drop_totals, says_total


def clean(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells without outer blanks, None where nothing is left; what keeps digits a text in Excel goes, too: '0815 and ="0815"."""

    def one(value: Any) -> Any:
        if isinstance(value, str):
            text = plain_text(value)
            if text[:2] == '="' and text[-1:] == '"':
                text = text[2:-1].strip()
            return (text[1:] if text[:1] == "'" and text[1:2].isdigit() else text) or None
        return None if value is pd.NaT or value != value else value

    out = {}
    for name in cells.columns:
        codes, values = pd.factorize(cells[name], use_na_sentinel=False)
        out[name] = pd.Series(np.array([*map(one, values), None], dtype=object)[codes], index=cells.index, dtype=object)
    return pd.DataFrame(out, index=cells.index, dtype=object)


def order_lines(grid: Grid, meant: Mapping[str, int], system: str = "", kind: str = "lines") -> Rows:
    """Return the rows of a grid that are lines, heads or receipts, as ``kind`` says; ``meant`` is the place of each column that was found."""
    cells = clean(grid.cells)
    rows = Rows(cells, notes=[*grid.notes])
    _drop_decoration(rows, grid)
    if "record_type" in meant:
        take_headers_in(rows, meant)
    _drop_other_documents(rows, meant, grid.headings)
    _drop_remarks(rows, meant)
    if kind == "receipts":
        fill_receipts(rows, meant)
    if kind == "lines":
        take_heads_above(rows, meant)
    if system == "netsuite":
        drop_main_lines(rows, meant)
    _fill_groups(rows, meant)
    drop_totals(rows, meant)
    fill_down(rows, meant)
    if kind == "lines":
        drop_order_totals(rows, meant)
        tell_without_order(rows, meant)
    return rows


def _drop_decoration(rows: Rows, grid: Grid) -> None:
    """Leave out blank rows, dashed rules, headings that come again, and in a framed list what stands between the frames."""
    filled = rows.cells.notna()
    n_cells = filled.sum(axis=1).to_numpy()
    keep(rows, n_cells > 0)
    hits = np.zeros(len(rows.cells), dtype=int)
    for place, heading in enumerate(grid.headings):
        if heading:
            hits += (rows.cells[place] == heading).to_numpy(dtype=bool)
    again = np.asarray((hits >= 2) & (hits >= 0.6 * rows.cells.notna().sum(axis=1).to_numpy()))
    first = rows.cells.iloc[0].tolist() if len(rows.cells) else []
    texts = [c for c in first if c is not None]
    if texts and not again[0] and len(texts) >= 3 and n_known(texts) >= 0.6 * len(texts):
        again[0] = True  # two rows of headings, as SE16 writes technical names and texts
        again |= (rows.cells.eq(rows.cells.iloc[0]) | rows.cells.isna()).all(axis=1).to_numpy(dtype=bool)
    again[(end := _end_of_table(rows, grid, again)) :] = False
    if again.any():
        rows.notes.append(f"Rows that were headings again: {again.sum():,}.")
    n_cells = rows.cells.notna().sum(axis=1).to_numpy()
    n_dashes = np.zeros(len(rows.cells), dtype=int)
    for name in rows.cells.columns:
        n_dashes += each(rows.cells[name], is_rule)
    rules = n_dashes == n_cells
    outside = (n_cells == 1) & rows.cells[0].notna().to_numpy() & grid.framed
    if (outside & ~rules).any():
        rows.notes.append(f"Texts outside the frame, as titles of pages are: {(outside & ~rules).sum():,}.")
    kept = ~(again | rules | outside)
    _drop_other_table(rows, end, rules | again)
    kept[end:] = False
    keep(rows, kept)


def _end_of_table(rows: Rows, grid: Grid, again: Flags) -> int:
    """Return the position of a row of headings that are known and stand elsewhere than above: another table begins there."""
    n_digits = np.zeros(len(rows.cells), dtype=int)
    for name in rows.cells.columns:
        n_digits += each(rows.cells[name], lambda text: any(map(str.isdigit, text)))
    maybe = (rows.cells.notna().sum(axis=1).to_numpy() >= 3) & (n_digits == 0)  # an order line has a digit somewhere
    for i in np.flatnonzero(maybe).tolist():
        cells = [(place, c) for place, c in rows.cells.iloc[i].items() if c is not None]
        n = n_known(c for _, c in cells)
        elsewhere = n_known(c for place, c in cells if c != grid.headings[int(str(place))])
        second = again[0] and rows.cells.iloc[i].equals(rows.cells.iloc[0])  # the second row of headings, on each page
        if n >= max(3, 0.6 * len(cells)) and elsewhere and not second:
            return i
    return len(rows.cells)


def _drop_other_table(rows: Rows, start: int, nothing: Flags) -> None:
    """Tell the rows of another table below the lines, each with what it says: its columns are not those of the lines."""
    first = rows.cells.index[start : start + 1].tolist()
    for i in np.flatnonzero(~nothing[start:]).tolist():
        row, cells = int(rows.cells.index[start + i]), rows.cells.iloc[start + i]
        why = f"row {row} of the file: of another table, whose headings are in row {first[0]}: left out of the lines"
        rows.left_out.append((row, "order_number", " ".join(str(c) for c in cells if c is not None), why))
    if first:
        rows.notes.append(
            f"Another table begins in row {first[0]}, with headings of its own, left out: {len(rows.cells) - start:,} rows."
        )


def _drop_other_documents(rows: Rows, meant: Mapping[str, int], headings: Sequence[str]) -> None:
    """Leave out the rows of quotes, invoices, receipts and contracts, in a list that says which document each row is of.

    Raises
    ------
    SchemaError
        There is no other row.
    """
    if "document_type" not in meant:
        return
    heading, kind = headings[meant["document_type"]], rows.cells[meant["document_type"]]
    if "order_number" in meant:  # lines below their order's first one
        kind = kind.where(kind.notna() | rows.cells[meant["order_number"]].notna(), kind.ffill())
    other = each(kind, lambda text: document_types().get(folded(text)) == "other")
    if not other.any():
        return
    shown = ", ".join(map(repr, kind[other].unique()[:3]))
    if not (kind.notna().to_numpy() & ~other).any():
        raise SchemaError(
            f"the file lists {shown} and no orders, as {heading!r} says: read a list of orders, or, if those are, pass "
            f"columns={{{heading!r}: None}}"
        )
    leave_out(rows, other, meant, f"a row of {shown}, which is no order: left out of the lines")
    rows.notes.append(f"Rows of other documents ({shown}), left out: {other.sum():,}.")
    keep(rows, ~other)


def _drop_remarks(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out rows of one cell, where a line has many: the name of a group, "Printed on ...", "End of report"."""
    one = rows.cells.notna().sum(axis=1).to_numpy() == 1
    if len(meant) < 4 or not one.any():
        return
    one &= np.asarray(blank(rows, meant, VALUE))
    leave_out(rows, one, meant, "one text and nothing else, as a remark or the name of a group: no line")
    if one.any():
        rows.notes.append(f"Rows of one text and nothing else, left out: {one.sum():,}.")
    keep(rows, ~one)


def _fill_groups(rows: Rows, meant: Mapping[str, int]) -> None:
    """Fill the vendor of a group, which stands on its first row or on a row above it: a list grouped by vendors, as pivots are.

    Then each stands once and the first row has one. A column that repeats a vendor means its blanks.
    """
    if "order_number" not in meant:
        return
    lines = rows.cells[meant["order_number"]].notna().to_numpy(dtype=bool)
    if "order_date" in meant:  # a count or a signature below the list has none, and is of no group
        lines = lines & rows.cells[meant["order_date"]].notna().to_numpy(dtype=bool)
    for name in ("vendor", "vendor_id", "vendor_name"):
        if name not in meant:
            continue
        column = rows.cells[meant[name]]
        given = column[column.notna() & ~each(column, says_total)]
        blank = lines & column.isna().to_numpy(dtype=bool)
        if len(given) > 1 and given.is_unique and blank.any() and column.notna().iloc[0]:
            filled = column.where(column.notna() | ~blank, given.reindex(column.index).ffill())
            rows.cells[meant[name]] = filled
            rows.notes.append(f"Lines of a group, where {name} was filled down from its first row: {blank.sum():,}.")
