"""The rows of a list while it is sorted out which of them are order lines: what was left out, what is doubtful, and what was filled."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..tidy import LINES, ORDERS, NumberFormat, empty, sound

ITEM = ("product_code", "material_id", "description", "line_number")
VALUE = ("amount", "quantity", "open_quantity", "received_quantity", "unit_price")
#: What tells a row of another order from a further line of the one above.
PARTNER = ("vendor", "vendor_id", "vendor_name", "order_date")
ONCE = {
    "order_number",
    "order_date",
    "order_status",
    "approval_status",
    "vendor",
    *(c.name for c in ORDERS),
    *(c.name for c in LINES if c.inherits),
}
#: Of an order, and still each line's own: a blank one is never filled from the line above.
EACH = {"description", "notes", "code", "updated_at"}
Flags = npt.NDArray[np.bool_]
_ZERO = re.compile(r"0+(\.0+)?")
Told = tuple[int | None, str, str | None, str]  # row (None: of the whole file), column, value, reason


@dataclass
class Rows:
    """The rows that are order lines, by their row in the file, and what became of the others.

    Attributes
    ----------
    cells : one column per heading
    left_out : row of the file, what it says, and why it is no line: what holds a value at stake
    doubts : the same of rows that are lines
    notes : sentences on what was left out and filled
    """

    cells: pd.DataFrame
    left_out: list[Told] = field(default_factory=list)
    doubts: list[Told] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def texts(cells: pd.DataFrame, place: int) -> pd.Series:
    """Return a column as texts, "" where it says nothing."""
    return cells[place].map(lambda v: "" if v is None else str(v))


def each(column: pd.Series, one: Callable[[str], bool]) -> Flags:
    """Return where a test holds, made once for each distinct value; it does not hold where there is none."""
    codes, values = pd.factorize(column)
    known = [one(str(v)) for v in values]
    return np.array([*known, False], dtype=bool)[codes]


def keep(rows: Rows, kept: Flags) -> None:
    """Keep these rows; what became of the others is told by whoever leaves them out."""
    rows.cells = rows.cells[kept]


def leave_out(rows: Rows, out: Flags, meant: Mapping[str, int], reason: str) -> list[str]:
    """Tell each row that is left out, with the value at stake, and return the values."""
    values = []
    for i in np.flatnonzero(out).tolist():
        cells, row = rows.cells.iloc[i], int(rows.cells.index[i])
        column = next((c for c in VALUE if c in meant and cells[meant[c]] is not None), None)
        value = str(cells[meant[column]]) if column else " ".join(str(c) for c in cells if c is not None)
        rows.left_out.append((row, column or "order_number", value, f"row {row} of the file: {reason}"))
        values += [value] if column else []
    return values


def blank(rows: Rows, meant: Mapping[str, int], names: Sequence[str]) -> Flags:
    """Return where none of these columns, as far as there are any, says something."""
    places = [meant[n] for n in names if n in meant]
    if not places:
        return np.ones(len(rows.cells), dtype=bool)
    return rows.cells[places].isna().all(axis=1).to_numpy(dtype=bool)


def no_line_number(rows: Rows, meant: Mapping[str, int]) -> Flags:
    """Return the rows without the number of a line; some systems number the order as a whole 0."""
    if "line_number" not in meant:
        return np.ones(len(rows.cells), dtype=bool)
    number = rows.cells[meant["line_number"]]
    return number.isna().to_numpy(dtype=bool) | each(number, lambda t: _ZERO.fullmatch(t) is not None)


def readings(rows: Rows, place: int) -> list[npt.NDArray[np.float64]]:
    """Return the numbers of a column with a decimal point and with a comma; which one is right is settled later, for the whole table."""
    codes, values = pd.factorize(rows.cells[place])
    out = []
    for mark in (".", ","):
        read = NumberFormat(mark).read
        found = [v if isinstance(v, int | float) else got.value if (got := read(str(v))) else np.nan for v in values]
        out.append(np.array([*found, np.nan], dtype=float)[codes])
    return out


def equal(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> Flags:
    """Return where two numbers are the same but for a rounding."""
    return np.asarray(np.abs(one - other) <= 0.005 + 1e-9 * np.abs(other))  # nothing equals what can't be read


def as_issues(left_out: Sequence[tuple[Any, str, str | None, str]]) -> pd.DataFrame:
    """Return what is to be told of rows of the file - row, column, value, reason - as issues."""
    frame = empty("issues")
    if not left_out:
        return frame
    rows = pd.DataFrame(
        [
            ("lines", None if row is None else str(row), column, None if value is None else sound(value), why)
            for row, column, value, why in left_out
        ],
        columns=["table", "id", "column", "value", "reason"],
    )
    return rows.reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
