"""Which rows of a list are order lines: totals, repeated headings and remarks are left out and told, cells given once are filled down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import SchemaError
from ..tidy import LINES, ORDERS, empty, sound, subtotals
from ._headings import document_types, folded, n_known, says_total
from ._raw_file import Grid, is_rule

_ITEM = ("product_code", "material_id", "description", "line_number")
_VALUE = ("amount", "quantity", "open_quantity", "received_quantity", "unit_price")
_ONCE = {"order_number", "order_date", "vendor", *(c.name for c in ORDERS), *(c.name for c in LINES if c.inherits)}
#: Of an order, and still each line's own: a blank one is never filled from the line above.
_EACH = {"description", "notes", "code", "updated_at"}
Flags = npt.NDArray[np.bool_]


@dataclass
class Rows:
    """The rows that are order lines, by their row in the file, and what became of the others.

    Attributes
    ----------
    cells : one column per heading
    left_out : row of the file, what it says, and why it is no line: what holds a value at stake
    notes : sentences on what was left out and filled
    """

    cells: pd.DataFrame
    left_out: list[tuple[int, str, str | None, str]] = field(default_factory=list)  # row, column, value, reason
    notes: list[str] = field(default_factory=list)


def clean(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells without outer blanks, None where nothing is left; what keeps digits a text in Excel goes, too: '0815 and ="0815"."""

    def one(value: Any) -> Any:
        if isinstance(value, str):
            text = value.strip()
            if text[:2] == '="' and text[-1:] == '"':
                text = text[2:-1].strip()
            return (text[1:] if text[:1] == "'" and text[1:2].isdigit() else text) or None
        return None if value is pd.NaT or value != value else value

    out = {}
    for name in cells.columns:
        codes, values = pd.factorize(cells[name], use_na_sentinel=False)
        out[name] = pd.Series(np.array([*map(one, values), None], dtype=object)[codes], index=cells.index, dtype=object)
    return pd.DataFrame(out, index=cells.index, dtype=object)


def order_lines(grid: Grid, meant: Mapping[str, int], system: str = "") -> Rows:
    """Return the rows of a grid that are order lines; ``meant`` is the place of each column that was found."""
    cells = clean(grid.cells)
    rows = Rows(cells, notes=[*grid.notes])
    _drop_decoration(rows, grid)
    if "record_type" in meant:
        _take_headers_in(rows, meant)
    _drop_other_documents(rows, meant, grid.headings)
    _drop_remarks(rows, meant)
    if system == "netsuite":
        _drop_main_lines(rows, meant)
    _fill_groups(rows, meant)
    _drop_totals(rows, meant)
    _fill_down(rows, meant)
    return rows


def _texts(cells: pd.DataFrame, place: int) -> pd.Series:
    return cells[place].map(lambda v: "" if v is None else str(v))


def _each(column: pd.Series, one: Callable[[str], bool]) -> Flags:
    """Return where a test holds, made once for each distinct value; it does not hold where there is none."""
    codes, values = pd.factorize(column)
    known = [one(str(v)) for v in values]
    return np.array([*known, False], dtype=bool)[codes]


def _keep(rows: Rows, kept: Flags) -> None:
    rows.cells = rows.cells[kept]


def _drop_decoration(rows: Rows, grid: Grid) -> None:
    """Leave out blank rows, dashed rules, headings that come again, and in a framed list what stands between the frames."""
    filled = rows.cells.notna()
    n_cells = filled.sum(axis=1).to_numpy()
    _keep(rows, n_cells > 0)
    hits = np.zeros(len(rows.cells), dtype=int)
    for place, heading in enumerate(grid.headings):
        if heading:
            hits += (rows.cells[place] == heading).to_numpy(dtype=bool)
    again = np.asarray((hits >= 2) & (hits >= 0.6 * rows.cells.notna().sum(axis=1).to_numpy()))
    first = rows.cells.iloc[0].tolist() if len(rows.cells) else []
    texts = [c for c in first if c is not None]
    if texts and not again[0] and len(texts) >= 3 and n_known(texts) >= 0.6 * len(texts):
        again[0] = True  # two rows of headings, as SE16 writes technical names and texts
    if again.any():
        rows.notes.append(f"Rows that were headings again: {again.sum():,}.")
    n_cells = rows.cells.notna().sum(axis=1).to_numpy()
    n_dashes = np.zeros(len(rows.cells), dtype=int)
    for name in rows.cells.columns:
        n_dashes += _each(rows.cells[name], is_rule)
    rules = n_dashes == n_cells
    outside = (n_cells == 1) & rows.cells[0].notna().to_numpy() & grid.framed
    if (outside & ~rules).any():
        rows.notes.append(f"Texts outside the frame, as titles of pages are: {(outside & ~rules).sum():,}.")
    _keep(rows, ~(again | rules | outside))


def _take_headers_in(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out the rows of orders among those of lines, and give each line what only its order says."""
    kind = _texts(rows.cells, meant["record_type"]).map(folded)
    head = (kind.str.contains("header") | kind.isin(["po", "order", "purchaseorder"])).to_numpy(dtype=bool)
    if not head.any() or head.all() or "order_number" not in meant:
        return
    number = _texts(rows.cells, meant["order_number"])
    for name, place in meant.items():
        if name in _ONCE and name != "order_number":
            of_order = dict(zip(number[head], rows.cells[place][head], strict=True))
            mine = rows.cells[place]
            given = [v if v is not None else of_order.get(n) for v, n in zip(mine, number, strict=True)]
            rows.cells[place] = pd.Series(given, index=rows.cells.index, dtype=object)
    _leave_out(rows, head, meant, "the row of an order, whose lines follow: left out of the lines")
    rows.notes.append(f"Rows of orders, not of lines, whose values were given to their lines: {head.sum():,}.")
    _keep(rows, ~head)


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
    other = _each(kind, lambda text: document_types().get(folded(text)) == "other")
    if not other.any():
        return
    shown = ", ".join(map(repr, kind[other].unique()[:3]))
    if not (kind.notna().to_numpy() & ~other).any():
        raise SchemaError(
            f"the file lists {shown} and no orders, as {heading!r} says: read a list of orders, or, if those are, pass "
            f"columns={{{heading!r}: None}}"
        )
    _leave_out(rows, other, meant, f"a row of {shown}, which is no order: left out of the lines")
    rows.notes.append(f"Rows of other documents ({shown}), left out: {other.sum():,}.")
    _keep(rows, ~other)


def _leave_out(rows: Rows, out: Flags, meant: Mapping[str, int], reason: str) -> list[str]:
    """Tell each row that is left out, with the value at stake, and return the values."""
    values = []
    for i in np.flatnonzero(out).tolist():
        cells, row = rows.cells.iloc[i], int(rows.cells.index[i])
        column = next((c for c in _VALUE if c in meant and cells[meant[c]] is not None), None)
        value = str(cells[meant[column]]) if column else " ".join(str(c) for c in cells if c is not None)
        rows.left_out.append((row, column or "order_number", value, f"row {row} of the file: {reason}"))
        values += [value] if column else []
    return values


def _blank(rows: Rows, meant: Mapping[str, int], names: Sequence[str]) -> Flags:
    """Return where none of these columns, as far as there are any, says something."""
    places = [meant[n] for n in names if n in meant]
    if not places:
        return np.ones(len(rows.cells), dtype=bool)
    return rows.cells[places].isna().all(axis=1).to_numpy(dtype=bool)


def _drop_remarks(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out rows of one cell, where a line has many: the name of a group, "Printed on ...", "End of report"."""
    one = rows.cells.notna().sum(axis=1).to_numpy() == 1
    if len(meant) < 4 or not one.any():
        return
    one &= np.asarray(_blank(rows, meant, _VALUE))
    _leave_out(rows, one, meant, "one text and nothing else, as a remark or the name of a group: no line")
    if one.any():
        rows.notes.append(f"Rows of one text and nothing else, left out: {one.sum():,}.")
    _keep(rows, ~one)


def _drop_main_lines(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out the row that NetSuite's searches give for an order as a whole, beside those of its lines: it has no item.

    Its value is that of all of them together, so that sums would be twice what was ordered.
    """
    if not {"order_number", "product_code"} <= meant.keys():
        return
    order = rows.cells[meant["order_number"]]
    without = _blank(rows, meant, ("product_code", "line_number")) & order.notna().to_numpy(dtype=bool)
    without &= ~_each(order, says_total)
    main = without & order.isin(order[~without]).to_numpy(dtype=bool)
    if main.any():
        _leave_out(rows, main, meant, "the order as a whole, beside its lines: left out of the lines")
        rows.notes.append(f"Rows of orders as a whole, beside those of their lines, left out: {main.sum():,}.")
        _keep(rows, ~main)


def _fill_groups(rows: Rows, meant: Mapping[str, int]) -> None:
    """Fill the vendor of a group, which stands on its first row or on a row above it: a list grouped by vendors, as pivots are.

    Then each stands once and the first row has one. A column that repeats a vendor means its blanks.
    """
    if "order_number" not in meant:
        return
    lines = rows.cells[meant["order_number"]].notna().to_numpy(dtype=bool)
    for name in ("vendor", "vendor_id", "vendor_name"):
        if name not in meant:
            continue
        column = rows.cells[meant[name]]
        given = column[column.notna() & ~_each(column, says_total)]
        blank = lines & column.isna().to_numpy(dtype=bool)
        if len(given) > 1 and given.is_unique and blank.any() and column.notna().iloc[0]:
            filled = column.where(column.notna() | ~blank, given.reindex(column.index).ffill())
            rows.cells[meant[name]] = filled
            rows.notes.append(f"Lines of a group, where {name} was filled down from its first row: {blank.sum():,}.")


def _drop_totals(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out the rows that add up others: they say so, or have a value and neither an order nor an item of their own."""
    if "order_number" not in meant or not len(rows.cells):
        return
    orders = rows.cells[meant["order_number"]]
    no_order = orders.isna().to_numpy(dtype=bool)
    behind = subtotals(map(str, orders.dropna().unique()))  # "4711 Total"
    headed = _each(orders, lambda text: text in behind)
    suspect = np.flatnonzero(no_order | headed | _each(orders, says_total))
    if not len(suspect):
        return
    places = [meant[n] for n in _ITEM if n in meant]
    has_value = ~_blank(rows, meant, _VALUE)
    totals, groups = (np.zeros(len(rows.cells), dtype=bool) for _ in range(2))
    for i in suspect.tolist():
        cells = rows.cells.iloc[i]
        # An item may be called Total, and so may a vendor: a row with an order number or an item of its own is a line.
        no_item = all(cells[p] is None or says_total(str(cells[p])) for p in places)
        says = headed[i] or says_total(str(next(c for c in cells if c is not None)))
        totals[i] = no_item and (says or has_value[i] or not no_order[i])
        groups[i] = no_item and not totals[i]
    if groups.any():
        _leave_out(rows, groups, meant, "neither order, item nor value, as the row of a group: no line")
        rows.notes.append(f"Rows without order, item and value, left out: {groups.sum():,}.")
    if not totals.any():
        _keep(rows, ~groups)
        return
    values = _leave_out(rows, totals, meant, "a total of other rows: left out of the lines")
    at = ", ".join(str(r) for r in rows.cells.index[totals][:3]) + (", ..." if totals.sum() > 3 else "")
    stake = f": {'; '.join(values[:3])}{'; ...' if len(values) > 3 else ''}" if values else ""
    rows.notes.append(f"Totals of other rows, left out: {totals.sum():,} (row {at}{stake}).")
    _keep(rows, ~(totals | groups))


def _fill_down(rows: Rows, meant: Mapping[str, int]) -> None:
    """Fill the cells that an order has on its first line only; lines whose order number is blank belong to the order above."""
    if "order_number" not in meant or not len(rows.cells):
        return
    place = meant["order_number"]
    below = rows.cells[place].isna().to_numpy(dtype=bool, copy=True)
    below &= np.maximum.accumulate(~below)  # before the first order there is nothing to fill from
    # A line that has a vendor or a day of its own and no order number is no further line of the order above.
    below &= _blank(rows, meant, ("vendor", "vendor_id", "vendor_name", "order_date"))
    if not below.any():
        return
    filled = []
    group = np.cumsum(~below) - 1
    for name, at in meant.items():
        if name not in _ONCE or name in _EACH or not rows.cells[at][below].isna().all():
            continue  # a column that lines fill themselves is theirs
        above = rows.cells[at].to_numpy()[~below]
        out = rows.cells[at].to_numpy(copy=True)
        out[below] = above[group[below]]
        rows.cells[at] = pd.Series(out, index=rows.cells.index, dtype=object)
        filled.append(name)
    rows.notes.append(
        f"Lines below their order's first one, where {', '.join(filled)} were filled down: {below.sum():,}."
    )


def as_issues(left_out: Sequence[tuple[Any, str, str | None, str]]) -> pd.DataFrame:
    """Return what is to be told of rows of the file - row, column, value, reason - as issues."""
    frame = empty("issues")
    if not left_out:
        return frame
    rows = pd.DataFrame(
        [
            ("lines", str(row), column, None if value is None else sound(value), why)
            for row, column, value, why in left_out
        ],
        columns=["table", "id", "column", "value", "reason"],
    )
    return rows.reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
