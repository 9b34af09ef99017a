"""The files beside a list of order lines: the heads of its orders, and the history of what was received, as SAP keeps EKKO and EKBE."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import SchemaError
from ..tidy import ORDERS, RECEIPT, a_few, has_come, meaning
from ._by_numbers import settled_by_numbers
from ._by_values import is_yes
from ._headings import Heading, folded, receipt_kinds
from ._order_status import with_own_heads
from ._read_file import FileRead, as_table, read_file, read_grid_of
from ._rows import order_lines
from ._said import said_of, system_of
from ._sorted_rows import Told, as_issues
from ._values import Table, number_parts, settle

#: SAP's movements of receipts for an order, and whether they take goods away again. What goes into blocked stock (103, 107) is
#: received when it is released (105, 109): counting both would double it.
_TAKES_AWAY = {
    "101": False, "102": True, "105": False, "106": True, "109": False, "110": True, "122": True, "123": False, "161": True, "162": False,
}  # fmt: skip
#: The side of the stock account: goods in are its debit.
_CREDIT = {"s": False, "d": False, "debit": False, "soll": False, "h": True, "c": True, "credit": True, "haben": True}


#: A column of yes and no beside a receipt that was taken back.
_REVERSED = frozenset(
    map(folded, ("reversed", "is reversed", "reversal", "storniert", "storno", "annullato", "anulado", "annulé"))
)
#: What a caller says of the headings of a list of lines that is said of their history, too.
_OF_HISTORY = (
    "order_number",
    "order_id",
    "line_number",
    "release_number",
    "shipment_number",
    "history",
    "movement_type",
    "debit_credit",
    "delivered_date",
)
#: Beginnings of headings under which the status of the order stands beside a receipt.
_OF_ORDERS = ("po", "order", "purchase", "bestell", "commande", "pedido", "ordine", "zamow")
Read = Callable[[pd.DataFrame, dict[Any, str]], tuple[pd.DataFrame, pd.DataFrame]]


class FileBeside(NamedTuple):
    """A file beside the lines, as `tidy_table` takes a table beside them, what was left out of it, and how it was read.

    ``came`` are the lines of which something came, by order and line number without the zeros before them.
    """

    table: pd.DataFrame
    columns: dict[Any, str]
    left_out: pd.DataFrame
    notes: str
    statuses: dict[str, str]
    came: frozenset[tuple[str, str]] = frozenset()


def beside(orders: Any, receipts: Any, read: Read) -> tuple[dict[str, Any], list[FileBeside]]:
    """Return what stands beside the lines as `tidy_table` takes it, and the files among them, read.

    ``read`` reads a table alone, so that a file has one decimal mark of its own.
    """
    given, files = {"orders": orders, "receipts": receipts}, []
    for name, take in (("orders", _heads), ("receipts", _receipts)):
        path, columns = given[name] if isinstance(given[name], tuple) and len(given[name]) == 2 else (given[name], None)
        if isinstance(path, str | PathLike):
            try:
                got = take(path, columns)
            except SchemaError as e:
                told = str(e) if Path(path).name in str(e) else f"{Path(path).name}: {e}"
                raise SchemaError(f"{name}=: {told}") from None
            files.append(_with_numbers(got, read))
            given[name] = files[-1].table, files[-1].columns
    return given, files


def _with_numbers(got: FileBeside, read: Read) -> FileBeside:
    """Return a file whose received and rejected quantities are numbers, where it tells alone how it writes them."""
    names = {h: c for h, c in got.columns.items() if c in ("received_quantity", "rejected_quantity")}
    if not names or not len(got.table):
        return got
    try:
        lines, _ = read(got.table[list(names)].assign(n="1"), {"n": "order_number", **names})
    except SchemaError:  # two readings: the lines may tell
        return got
    table = got.table
    for heading, name in names.items():
        number, text = lines[name].to_numpy(dtype=float), table[heading].tolist()
        values = [t if np.isnan(x) else float(x) for x, t in zip(number, text, strict=True)]
        table = table.assign(**{str(heading): pd.Series(values, index=table.index, dtype=object)})
    return got._replace(table=table)


def read_all(
    path: str | PathLike[str], orders: Any, receipts: Any, read: Read, columns: Any, how: Mapping[str, Any]
) -> tuple[dict[str, Any], list[FileBeside], FileRead, pd.DataFrame]:
    """Return what stands beside the lines of a file, the files among it, the file of the lines, and issues of its numbers.

    ``how`` is how the file is read, as `read_file` takes it.
    """
    given, files = beside(orders, receipts, read)
    got = read_file(path, columns=columns, **how, came=_came(files))
    if got.with_history and receipts is None:
        own = {h: c for h, c in said_of(columns).items() if c in _OF_HISTORY}
        files.append(_with_numbers(_receipts(path, own, how), read))
        given["receipts"] = files[-1].table, files[-1].columns
        got = read_file(path, columns=columns, **how, came=_came(files))  # a line that is deleted may have come
    got, doubts = settled_by_numbers(got, read)
    given, got = with_own_heads(given, got)
    return given, files, got, doubts


def _came(files: Iterable[FileBeside]) -> frozenset[tuple[str, str]]:
    return frozenset().union(*(f.came for f in files))


def _heads(path: str | PathLike[str], columns: Any) -> FileBeside:
    """Return the heads of orders, one row per order: what only they say is given to their lines.

    Raises
    ------
    SchemaError
        No heading is known for an order number, or the file lists lines.
    """
    table, left_out, about = _read(path, columns, {}, "heads")
    if {"line_number", "quantity"} <= table.column_of.keys():
        raise SchemaError(
            f"{Path(path).name} lists lines of orders, not orders: pass it as the file of lines, or a list of one row per order"
        )
    settle(table)
    known = {c.name for c in ORDERS}
    return _made(path, table, {c: h for c, h in table.column_of.items() if c in known}, left_out, about)


def _receipts(path: str | PathLike[str], columns: Any, own: Mapping[str, Any] | None = None) -> FileBeside:
    """Return the receipts of a history, each with its sign: what takes goods away again is negative.

    ``own`` is how the file is read that lists the lines, too: none of its lines may have come yet.

    Raises
    ------
    SchemaError
        No heading is known for an order number, for the day or for the quantity, or none of the rows is a receipt.
    """
    if isinstance(columns, Mapping):  # as `from_table` names it
        columns = {h: "delivered_date" if c == "received_date" else c for h, c in columns.items()}
    table, left_out, about = _read(path, columns, dict.fromkeys(("document_type", "record_type")), "receipts", own)
    if own is not None:  # the lines tell what was left out, and how the file was read
        left_out, about = [], "The receipts of the history."
        of_lines = table.column_of.keys() - {*_OF_HISTORY, "quantity", "received_quantity", "unit_of_measure"}
        for column in of_lines:  # a mark of deletion is the line's, and takes no receipt back
            table.take(column)
    there, name = table.column_of, Path(path).name
    shown = ", ".join(repr(str(h)) for h in table.df.columns[:12])
    for what, names in (("day", {"delivered_date"}), ("quantity", {"quantity", "received_quantity"})):
        if not names & there.keys():
            raise SchemaError(
                f"{name} has no heading that is known for the {what} of a receipt (among {shown}): pass "
                f"receipts=(path, {{heading: {min(names)!r}}})"
            )
    there["received_quantity"] = there.get("received_quantity", there.get("quantity"))
    there.pop("quantity", None)  # beside it, what was ordered
    number_parts(table, of_receipts=True)
    received, away = _sorted_out(table, name, may_be_none=own is not None)
    _sign(table, received, away)
    table.df = table.df[np.array(received, dtype=bool)]
    kept = {c: h for c, h in there.items() if c in RECEIPT and c != "status"}  # which is judged, or the order's
    came = {
        (n.lstrip("0"), i.lstrip("0"))
        for n, i, q in zip(*(table.texts(c) for c in ("order_number", "line_number", "received_quantity")), strict=True)
        if re.search("[1-9]", q) and not _negative(q)
    }
    return _made(path, table, kept, left_out, about)._replace(came=frozenset(came))


def _sorted_out(table: Table, name: str, *, may_be_none: bool = False) -> tuple[list[bool], list[bool]]:
    """Return which rows of a history are receipts, and which take goods away, and note what the others are.

    What kind a row is of stands in a column for it, or in one whose words all are known for kinds; a list without one has receipts only.
    """
    kinds_of, there = receipt_kinds(), table.column_of
    kind = there.get("history") or there.get("document_type") or there.get("record_type") or _told_by_its_words(table)
    kinds = [""] * len(table.df) if kind is None else [_code(v) for v in table.df[kind]]
    moves, missing = [_code(v) for v in table.texts("movement_type")], _not_come(table)
    said = [" ".join(filter(None, pair)) or "blank" for pair in zip(kinds, moves, strict=True)]
    out, away = [], []
    for i, (k, m) in enumerate(zip(kinds, moves, strict=True)):
        of_kind = kinds_of.get(k, "other") if kind is not None else "receipt"
        moved = "movement_type" not in there or m in _TAKES_AWAY or (k != "" and m == "")
        out.append(of_kind != "other" and moved and not missing[i])
        away.append(of_kind == "back" or _TAKES_AWAY.get(m, False))
        said[i] = missing[i] if of_kind != "other" and moved and missing[i] else said[i]
    other = Counter(text for text, is_one in zip(said, out, strict=True) if not is_one)
    shown = ", ".join(f"{n:,} of {text!r}" for text, n in other.most_common(4)) + (", ..." if len(other) > 4 else "")
    if other and not any(out) and other.keys().isdisjoint(missing) and not may_be_none:
        raise SchemaError(f"{name} has no row that is a receipt, as far as is known: its rows are {shown}")
    table.notes += [f"Rows that are no receipts, left out: {other.total():,} ({shown})."] if other else []
    return out, away


def _told_by_its_words(table: Table) -> Any:
    """Return the heading of a column that says "Goods receipt" and "Invoice receipt", or None."""
    for heading in table.df.columns:
        words = {_code(v) for v in table.df[heading] if v is not None}
        kinds = {receipt_kinds().get(w) for w in words if len(w) > 1}
        if len(kinds) > 1 and None not in kinds and len(kinds) <= len(words) == len([w for w in words if len(w) > 1]):
            table.notes.append(f"{heading!r} tells which rows are receipts, by its words.")
            return heading
    return None


def _not_come(table: Table) -> list[str]:
    """Return why rows are not counted as received, "" where they are: by their status, which is told where it is not clear, or a mark."""
    marks = [table.column_of[c] for c in ("void_mark", "deletion_mark") if c in table.column_of]
    marks += [h for h in table.df.columns if folded(h) in _REVERSED and h not in marks]
    of_order = folded(table.column_of.get("status", "")).startswith(_OF_ORDERS)
    out = []
    for row, text in zip(table.df.index, table.texts("status"), strict=True):
        came = True if of_order or not text else has_come(text)
        out.append("" if came is not False else "taken back" if meaning(text) == "cancelled" else text)
        if came is None:
            why = f"row {row} of the file: a receipt whose status does not tell whether it came: counted as received"
            table.doubts.append((int(row), "status", text, why))
    for heading in marks:
        values = table.df[heading]
        out = ["taken back" if v is not None and is_yes(str(v)) else was for was, v in zip(out, values, strict=True)]
    return out


def _sign(table: Table, received: list[bool], away: list[bool]) -> None:
    """Give quantities their sign: by the side of the account, else by what the row is, in a list whose reversals are not negative."""
    heading = table.column_of["received_quantity"]
    given, sides = table.df[heading].tolist(), table.texts("debit_credit")
    taken: list[bool | None] = list(away)
    if "debit_credit" in table.column_of:
        taken = [_CREDIT.get(folded(s)) for s in sides]
    else:
        signs = {_negative(v) for v, a, r in zip(given, away, received, strict=True) if a and r and v is not None}
        if len(signs) > 1:  # one with its sign, and one without
            taken = [None if a and not _negative(v) else False for v, a in zip(given, away, strict=True)]
    values = [_signed(*of_row) for of_row in zip(given, taken, sides, strict=True)]
    table.put("received_quantity", f"{heading} with its sign", values)
    table.used.append(heading)
    n = sum(r and _negative(v) for v, r in zip(values, received, strict=True))
    table.notes += [f"Receipts that take goods away again, counted as negative: {n:,}."] if n else []


def _read(
    path: str | PathLike[str], columns: Any, hidden: Mapping[str, Any], kind: str, how: Mapping[str, Any] | None = None
) -> tuple[Table, list[Told], str]:
    grid, headings, about = read_grid_of(path, columns, **(how or {}))
    headings = _of_history(headings) if kind == "receipts" else headings
    meant = {h.column: h.place for h in headings if h.column}
    if not {"order_number", "order_id"} & meant.keys():
        raise SchemaError(
            f"{Path(path).name} has no heading that is known for an order number (among {', '.join(map(repr, grid.headings[:12]))})"
        )
    system = system_of(None, grid.headings)
    shown = {c: p for c, p in meant.items() if c not in hidden}  # of receipts, other documents are theirs
    rows = order_lines(grid, shown, system.name if system else "", kind)
    return as_table(grid, meant, rows, system), rows.left_out, about


def _of_history(headings: list[Heading]) -> list[Heading]:
    """Return the headings of a history, in which of what was ordered and another quantity the other is what came."""
    there = {h.column for h in headings}
    other = [h for h in headings if h.rule.endswith("gives the quantity")]
    if len(other) != 1 or "received_quantity" in there or not there & {"history", "movement_type"}:
        return headings
    changed = {other[0]: replace(other[0], column="received_quantity", rule="what came, beside what was ordered")}
    return [changed.get(h, replace(h, column=None) if h.column == "quantity" else h) for h in headings]


def _made(
    path: str | PathLike[str],
    table: Table,
    column_of: dict[str, Any],
    left_out: Iterable[Told],
    about: str,
) -> FileBeside:
    name = Path(path).name
    told = [
        (f"{name}:{row}", c, v, why.replace("of the file", f"of {name}"))
        for row, c, v, why in (*left_out, *table.doubts)
    ]
    unread = [h for h in table.df.columns if h not in (*column_of.values(), *table.column_of.values(), *table.used)]
    notes = [f"{name}:", about, *table.notes, *([f"Columns of {name} left out: {a_few(unread)}."] if unread else [])]
    frame = table.df[list(dict.fromkeys(column_of.values()))].reset_index(drop=True)
    return FileBeside(frame, {h: c for c, h in column_of.items()}, as_issues(told), " ".join(notes), table.statuses)


def _code(value: Any) -> str:
    """Return a code as it is compared: a number without its .0, as of a workbook; "" where there is none."""
    return "" if value is None else folded(str(value).strip().removesuffix(".0"))


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
