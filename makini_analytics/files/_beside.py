"""The files beside a list of order lines: the heads of its orders, and the history of what was received, as SAP keeps EKKO and EKBE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..errors import SchemaError
from ..tidy import ORDERS, RECEIPT
from ._headings import folded
from ._read_file import as_table, read_grid_of, system_of
from ._rows import as_issues, order_lines
from ._values import Table, settle

#: A row of the history that is a receipt: SAP's category of event and of history, and their short texts.
_RECEIPTS = frozenset(map(folded, ("1", "E", "WE", "GR", "GdsRcpt", "goods receipt", "Wareneingang", "EM", "entrada de mercancías", "entrée de marchandises", "entrata merci")))  # fmt: skip
#: SAP's movements of receipts for an order, and whether they take goods away again. What goes into blocked stock (103, 107) is
#: received when it is released (105, 109): counting both would double it.
_TAKES_AWAY = {
    "101": False, "102": True, "105": False, "106": True, "109": False, "110": True, "122": True, "123": False, "161": True, "162": False,
}  # fmt: skip
#: The side of the stock account: goods in are its debit.
_CREDIT = {"s": False, "d": False, "debit": False, "soll": False, "h": True, "c": True, "credit": True, "haben": True}


class FileBeside(NamedTuple):
    """A file beside the lines, as `tidy_table` takes a table beside them, what was left out of it, and how it was read."""

    table: pd.DataFrame
    columns: dict[Any, str]
    left_out: pd.DataFrame
    notes: str
    statuses: dict[str, str]


def beside(orders: Any, receipts: Any) -> tuple[dict[str, Any], list[FileBeside]]:
    """Return what stands beside the lines as `tidy_table` takes it, and the files among them, read."""
    given, files = {"orders": orders, "receipts": receipts}, []
    for name, read in (("orders", read_heads), ("receipts", read_receipts)):
        if isinstance(given[name], str | PathLike):
            files.append(read(given[name]))
            given[name] = files[-1].table, files[-1].columns
    return given, files


def read_heads(path: str | PathLike[str]) -> FileBeside:
    """Return the heads of orders, one row per order: what only they say is given to their lines.

    Raises
    ------
    SchemaError
        No heading is known for an order number.
    """
    table, left_out, about = _read(path)
    settle(table)
    known = {c.name for c in ORDERS}
    return _made(path, table, {c: h for c, h in table.column_of.items() if c in known}, left_out, about)


def read_receipts(path: str | PathLike[str]) -> FileBeside:
    """Return the receipts of a history, each with its sign: what takes goods away again is negative.

    Raises
    ------
    SchemaError
        No heading is known for an order number or for the day, or none of the rows is a receipt.
    """
    table, left_out, about = _read(path)
    there = table.column_of
    if "delivered_date" not in there:
        raise SchemaError(f"{Path(path).name} has no heading that is known for the day of a receipt")
    received = _are_receipts(table, path)
    _sign(table, received)
    table.df = table.df[received]
    return _made(path, table, {c: h for c, h in there.items() if c in RECEIPT}, left_out, about)


def _are_receipts(table: Table, path: str | PathLike[str]) -> list[bool]:
    """Return which rows of a history are receipts, and note what the others are; a list that tells no kinds has receipts only."""
    there = {"history", "movement_type"} & table.column_of.keys()
    kinds, moves = ([_code(t) for t in table.texts(c)] for c in ("history", "movement_type"))
    said = [" ".join(filter(None, pair)) or "blank" for pair in zip(kinds, moves, strict=True)]
    out = [
        (k in _RECEIPTS or "history" not in there)
        and (m in _TAKES_AWAY or "movement_type" not in there or (k != "" and m == ""))
        for k, m in zip(kinds, moves, strict=True)
    ]
    other = Counter(text for text, is_one in zip(said, out, strict=True) if not is_one)
    shown = ", ".join(f"{n:,} of {text!r}" for text, n in other.most_common(4)) + (", ..." if len(other) > 4 else "")
    if other and not any(out):
        raise SchemaError(f"{Path(path).name} has no row that is a receipt, as far as is known: its rows are {shown}")
    table.notes += [f"Rows that are no receipts, left out: {other.total():,} ({shown})."] if other else []
    return out


def _sign(table: Table, received: list[bool]) -> None:
    """Give quantities their sign: by the side of the account, else by the movement, in a list whose reversals are not negative."""
    name = next((c for c in ("quantity", "received_quantity") if c in table.column_of), None)
    if name is None:
        return
    given, sides = table.df[table.column_of[name]].tolist(), table.texts("debit_credit")
    if "debit_credit" in table.column_of:
        away = [_CREDIT.get(folded(s)) for s in sides]
    else:
        signed = any(_negative(v) for v in given)
        away = [not signed and _TAKES_AWAY.get(_code(m), False) for m in table.texts("movement_type")]
    values = [_signed(*of_row) for of_row in zip(given, away, sides, strict=True)]
    table.put(name, f"{table.column_of[name]} with its sign", values)
    n = sum(a is True and is_one for a, is_one in zip(away, received, strict=True))
    table.notes += [f"Receipts that take goods away again, counted as negative: {n:,}."] if n else []


def _read(path: str | PathLike[str]) -> tuple[Table, list[tuple[int, str, str | None, str]], str]:
    grid, headings, about = read_grid_of(path)
    meant = {h.column: h.place for h in headings if h.column}
    if not {"order_number", "order_id"} & meant.keys():
        raise SchemaError(
            f"{Path(path).name} has no heading that is known for an order number (among {grid.headings[:12]})"
        )
    system = system_of(None, grid.headings)
    rows = order_lines(grid, meant, system.name if system else "")
    return as_table(grid, meant, rows, system), rows.left_out, about


def _made(
    path: str | PathLike[str],
    table: Table,
    column_of: dict[str, Any],
    left_out: Iterable[tuple[int, str, str | None, str]],
    about: str,
) -> FileBeside:
    name = Path(path).name
    told = [(row, c, v, why.replace("of the file", f"of {name}")) for row, c, v, why in (*left_out, *table.doubts)]
    notes = " ".join([f"{name}:", about, *table.notes])
    frame = table.df[list(dict.fromkeys(column_of.values()))].reset_index(drop=True)
    return FileBeside(frame, {h: c for c, h in column_of.items()}, as_issues(told), notes, table.statuses)


def _code(text: str) -> str:
    """Return a code as it is compared: a number without its .0, as of a workbook."""
    return folded(text.removesuffix(".0"))


def _negative(value: Any) -> bool:
    if isinstance(value, int | float):
        return value < 0
    text = str(value).strip()
    return value is not None and (text[:1] in "-\u2212(" or text[-1:] in "-\u2212") and any(c.isdigit() for c in text)


def _signed(value: Any, away: bool | None, side: str) -> Any:
    """Return a quantity with its sign; what the side means is told as a part of the value where it is not known, which makes it unreadable."""
    if value is None or away is False or (away and _negative(value)):
        return value
    if away is None:
        return f"{value} ({side or 'neither debit nor credit'})"
    return -value if isinstance(value, int | float) else f"-{value}"
