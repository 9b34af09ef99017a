"""What systems write in a way of their own, put as a plain table has it: marks for states, code and name in one cell, schedule lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import SchemaError
from ..tidy import meaning, sap_line_status, why_no_value
from ._by_values import is_yes
from ._headings import System, document_types, folded
from ._money import settle_currency, settle_prices
from ._sorted_rows import Told

#: "100001 ACME", "100001 - ACME", "100001/ACME", "[100001] ACME"
_CODE_AND_NAME = re.compile(r"\[?([A-Z]{0,4}-?\d{3,})\]?(?:\s*[\-\u2013:/|]\s*|\s+)(\D.*)")
_CODE = re.compile(r"\d+(\.0)?|[A-Z0-9\-]*\d[A-Z0-9\-]*")
_PADDED = re.compile(r"(\S+)\s{2,}(\S.*)")
_MARKS = ("deletion_mark", "completed_mark", "release_mark", "void_mark", "open_mark", "incomplete_mark")


@dataclass
class Table:
    """A table on its way to plain columns: ``column_of`` is the heading of each of our columns; notes say what was done."""

    df: pd.DataFrame
    column_of: dict[str, Any]
    system: System | None = None
    notes: list[str] = field(default_factory=list)
    used: list[Any] = field(default_factory=list)  # headings that others were made of
    statuses: dict[str, str] = field(default_factory=dict)  # what the system's own words mean
    finished: list[bool] = field(default_factory=list)  # lines that a mark ends, whatever came
    doubts: list[Told] = field(default_factory=list)
    # headings, folded, that the caller decided on; None for a file beside the lines
    stated: Collection[str] | None = None
    came: Collection[tuple[str, str]] = ()  # lines of which something came, as a file beside says
    # of each row the item, where the quantities of its rows are to be added up
    items: list[int] = field(default_factory=list)
    # whether each line is there once for each receipt and invoice of it
    with_history: bool = False

    def texts(self, name: str) -> list[str]:
        """Return a column as texts, "" where it says nothing or is not there."""
        if name not in self.column_of:
            return [""] * len(self.df)
        return ["" if v is None else str(v).strip() for v in self.df[self.column_of[name]]]

    def put(self, name: str, heading: str, values: Any) -> None:
        """Add a column of ours under a heading that says what it was made of."""
        self.df[heading] = pd.Series(list(values), index=self.df.index, dtype=object)
        self.column_of[name] = heading

    def take(self, name: str) -> Any:
        """Return the heading of a column that another one is made of, which is done with."""
        heading = self.column_of.pop(name, None)
        if heading is not None:
            self.used.append(heading)
        return heading

    def change(self, name: str, one: Callable[[Any], Any]) -> None:
        """Replace the values of a column in place."""
        if name in self.column_of:
            heading = self.column_of[name]
            self.df[heading] = pd.Series([one(v) for v in self.df[heading]], index=self.df.index, dtype=object)


def settle(table: Table) -> None:
    """Put what the system writes in its own way as a plain table has it.

    Raises
    ------
    SchemaError
        The file lists no order lines, or what its rows are can't be told.
    """
    signs = [table.column_of.pop(c) for c in ("history", "movement_type") if c in table.column_of]
    if signs and not {"order_date", "required_date"} & table.column_of.keys():
        raise SchemaError(
            f"the file is a history of orders (it has {signs[0]!r}): receipts and invoices, not order lines. Read the order "
            "lines with this file beside them: from_file(lines, receipts=...)"
        )
    table.column_of.pop("debit_credit", None)
    if signs and table.stated is not None:
        _each_line_once(table, str(signs[0]))
    table.take("record_type")
    number_parts(table)
    _returns(table)
    _stock_units(table)
    _status(table)
    _vendor(table)
    settle_prices(table)
    _schedule_lines(table)
    settle_currency(table)


def _each_line_once(table: Table, sign: str) -> None:
    """Keep one row of each line, in a list that has it again for each receipt and invoice, as SAP's ME80FN; what came is read apart.

    Raises
    ------
    SchemaError
        The rows can't be put together: lines have no number, or differ in what was ordered.
    """
    about = (
        f"the list has the history of its lines beside them (it has {sign!r}), and a row for each receipt and invoice"
    )
    advice = "Export the order lines without their history, and read that with this file beside them: from_file(lines, receipts=...)"
    key = [c for c in ("order_number", "line_number") if c in table.column_of]
    if len(key) < 2:
        raise SchemaError(f"{about}, and no line number. {advice}")
    for name in ("delivered_date", "received_quantity"):
        table.take(name)
    lines = table.df[[table.column_of[c] for c in key]].astype(str)
    for name in ("quantity", "unit_price", "amount", "required_date"):
        pairs = lines.assign(**{"": table.texts(name)}).drop_duplicates()
        if pairs.duplicated(list(lines.columns)).any():
            raise SchemaError(f"{about}, and rows of one line differ in {table.column_of[name]!r}. {advice}")
    again = lines.duplicated().to_numpy()
    table.df, table.with_history = table.df[~again], True
    table.notes.append(
        f"Rows of the history of lines ({sign!r}): each line is there once, without {again.sum():,} rows that repeat it."
    )


def number_parts(table: Table, *, of_receipts: bool = False) -> None:
    """Make the numbers of a release and a shipment a part of the line's number, where a line has several: each has a quantity of its own.

    A receipt, which may be of a line with one alone, names both the part and, as its reference, the line.
    """
    columns = [c for c in ("release_number", "shipment_number") if c in table.column_of]
    if not columns or "line_number" not in table.column_of:
        return
    order, line = table.texts("order_number"), table.texts("line_number")
    texts = [[t.removesuffix(".0") for t in table.texts(c)] for c in columns]
    parts = ["-".join(filter(str.isdecimal, row)) for row in zip(*texts, strict=True)]  # a point would make it a number
    rows = pd.DataFrame({"order": order, "line": line, "part": parts})
    several = rows.groupby(["order", "line"])["part"].transform("nunique").gt(1) | of_receipts
    headings = [str(table.take(c)) for c in columns]
    if of_receipts:
        table.put("line_ref", "line of the receipt", [t or None for t in line])
    if several.any():
        values = [f"{n}-{p}" if s and n and p else n or None for n, p, s in zip(line, parts, several, strict=True)]
        table.put("line_number", f"{table.take('line_number')} with {', '.join(headings)}", values)
        if not of_receipts:
            told = f"{int(several.sum()):,} rows are parts of a line by {' and '.join(map(repr, headings))}"
            table.notes.append(f"{told}: their numbers stand behind that of the line.")


def _returns(table: Table) -> None:
    """Settle which lines are of goods that go back: by a mark, or by the kind of document."""
    marks = table.texts("is_return")
    kinds = [document_types().get(folded(t)) for t in table.texts("document_type")]
    headings = [str(h) for h in (table.take("document_type"), table.take("is_return")) if h is not None]
    back = [k == "return" or is_yes(m) for k, m in zip(kinds, marks, strict=True)]
    if any(back):
        table.put("is_return", f"return by {', '.join(headings)}", back)
        table.notes.append(f"Lines of goods that go back, by {', '.join(headings)}: {sum(back):,}.")


def _stock_units(table: Table) -> None:
    """Take what was received in the unit of the stock where nothing else says it, and not beside another unit of the order: 40 pieces of 10 boxes."""
    ours, theirs = table.texts("unit_of_measure"), table.texts("stock_unit")
    came, _ = table.take("stock_received_quantity"), table.take("stock_unit")
    if came is None or "received_quantity" in table.column_of:
        return
    values = [
        f"{v} {b}, of a quantity in {a}"
        if a and b and a.casefold() != b.casefold() and str(v or 0).strip("0., ")
        else v
        for v, a, b in zip(table.df[came], ours, theirs, strict=True)
    ]
    table.put("received_quantity", came, values)
    table.notes.append(f"{came!r} is in the unit of the stock.")


def _status(table: Table) -> None:
    """Make one status of the marks that a system has instead of one; where both are there, a set mark comes first."""
    system = table.system.name if table.system else ""
    if system == "sap" and "status" in table.column_of and all(len(t) <= 1 for t in table.texts("status")):
        table.notes.append(f"{table.column_of.pop('status')!r} says where an order came from, not its state: left out.")
    if system in _STATUS_OF:
        _status_as_the_system_means_it(table, _STATUS_OF[system])
    marks = [m for m in _MARKS if m in table.column_of]
    if marks:
        received = table.texts("received_quantity")
        if table.came:
            keys = zip(table.texts("order_number"), table.texts("line_number"), strict=True)
            some = [(n.lstrip("0"), i.lstrip("0")) in table.came for n, i in keys]
            received = [r or ("1" if s else "") for r, s in zip(received, some, strict=True)]
        columns = zip(*(table.texts(m) for m in (*_MARKS, "status")), received, strict=True)
        headings = [str(table.take(m)) for m in marks]
        said = [_status_of_marks(*c) or None for c in columns]
        table.finished = [s in ("Closed", "Deleted", "Cancelled") for s in said]
        table.put("status", f"status by {', '.join(headings)}", said)
        table.notes.append(f"The status is made of {', '.join(headings)}.")


_STATUSES = ("status", "order_status", "approval_status")
_STATUS_OF = {
    "netsuite": "netsuite", "dynamics": "d365", "business_central": "business central", "oracle": "oracle", "coupa": "coupa", "odoo": "odoo",
    "erpnext": "erpnext", "maximo": "maximo", "jde": "jde", "m3": "m3", "x3": "x3", "acumatica": "acumatica", "quickbooks": "quickbooks",
}  # fmt: skip
#: Their statuses say that an order was approved, and stay so when everything came.
_OF_APPROVAL_ONLY = ("business central", "odoo")


def _status_as_the_system_means_it(table: Table, system: str) -> None:
    """Note what codes, and words that the system uses in a way of its own, mean in it."""
    said: list[str] = []
    approved: set[str] = set()
    counted = bool({"received_quantity", "open_quantity"} & table.column_of.keys())
    for text in sorted({t for c in _STATUSES for t in table.texts(c)} - {""}):
        here = meaning(text, system)
        if counted and here == "open" and system in _OF_APPROVAL_ONLY:
            said.append(f"{text!r} approved, and the quantities tell what came")
            approved.add(text)
            continue
        if here is None or here == meaning(text):
            continue
        said.append(f"{text!r} {here}")
        # where all came the quantities have the last word
        table.statuses[text] = "closed" if here == "received" else here
    for name in _STATUSES:
        table.change(name, lambda v: None if str(v).strip() in approved else v)
    if said and table.system:
        table.notes.append(f"Statuses as {table.system.title} means them: {', '.join(said)}.")


def _status_of_marks(
    deleted: str, completed: str, released: str, void: str, still_open: str, incomplete: str, status: str, received: str
) -> str:
    """Return the status that marks say; the quantity received tells whether a deleted line is one that some came of."""
    if unread := next(
        (t for t in (deleted, completed, released, void, still_open, incomplete, status) if why_no_value(t)), ""
    ):
        return unread  # then the state is unknown
    some = re.sub(r"[\s0.,+-]", "", received) != ""
    if said := sap_line_status(deleted, completed, any_received=some):
        return said
    if void and meaning(void, "voidline") == "cancelled":
        return "Cancelled"
    if still_open and (said_open := meaning(still_open, "openline")):
        return "Open" if said_open == "open" else "Closed"
    if incomplete.casefold() in ("x", "true", "1", "yes"):
        return "Incomplete"
    if released and (state := meaning(released, "procstat")):
        # A released order whose items say nothing goes by its quantities, so only what is not released is said.
        return "Draft" if state == "draft" else status
    return status


def _vendor(table: Table) -> None:
    """Settle a column of vendors: code and name in one cell, else codes, else names. What has a column of its own keeps it."""
    heading = table.take("vendor")
    if heading is None:
        return
    texts = ["" if v is None else str(v).strip() for v in table.df[heading]]
    given = [t for t in texts if t and not why_no_value(t)]
    pattern = _PADDED if sum(bool(_PADDED.fullmatch(t)) for t in given) > len(given) / 2 else _CODE_AND_NAME
    split = [pattern.fullmatch(t) for t in texts]
    there = {"vendor_id", "vendor_name"} & table.column_of.keys()
    if given and sum(map(bool, split)) > len(given) / 2:
        parts = {
            "vendor_id": [m[1] if m else t or None for m, t in zip(split, texts, strict=True)],
            "vendor_name": [m[2].strip() if m else None for m in split],
        }
        for name in parts.keys() - there:
            table.put(name, f"{heading} ({'code' if name == 'vendor_id' else 'name'})", parts[name])
        table.notes.append(f"{heading!r} holds code and name: both are read.")
        return
    codes = bool(given) and all(_CODE.fullmatch(t) for t in given)
    meant = {"vendor_id": "vendor_name", "vendor_name": "vendor_id"}[there.pop()] if there else None
    table.used.remove(heading)
    table.column_of[meant or ("vendor_id" if codes else "vendor_name")] = heading


def _schedule_lines(table: Table) -> None:
    """Settle a list with a row for each schedule line, where order quantity and value stand again on every row of an item."""
    scheduled = table.column_of.pop("scheduled_quantity", None)
    number = table.column_of.pop("schedule_line", None)
    if "quantity" not in table.column_of and scheduled is not None:
        table.column_of["quantity"], scheduled = scheduled, None
    if not {"order_number", "line_number"} <= table.column_of.keys() or not len(table.df):
        return
    key = pd.MultiIndex.from_arrays([table.texts("order_number"), table.texts("line_number")])
    dates = [table.column_of[c] for c in ("required_date", "promised_date") if c in table.column_of]
    again = key.duplicated(keep=False)
    if not again.any() or not dates:
        return
    if scheduled is not None:
        table.column_of["quantity"] = scheduled
        if amount := table.column_of.pop("amount", None):
            if "unit_price" not in table.column_of:
                raise SchemaError(
                    f"each row is a schedule line, and {amount!r} is the whole item's, again on every one: the list needs the net price"
                )
            table.notes.append(
                f"{amount!r} is the whole item's, again on every schedule line: amounts are price x {scheduled!r}."
            )
        table.notes.append(f"Each row is a schedule line: its quantity is {scheduled!r}.")
        return
    # Without quantities of their own the schedule lines of an item are one line, due in full with the last of them. Rows that are the
    # same in everything are no schedule lines: they stay, and are reported as repeated rows.
    parts = [table.column_of[c] for c in ("received_quantity", "open_quantity") if c in table.column_of]
    other = [c for c in table.df.columns if c not in (*dates, *parts, number)]
    texts = table.df.astype(object).map(lambda v: "" if v is None else str(v))
    alike, days = (pd.MultiIndex.from_frame(texts[c]).factorize()[0] for c in (other, dates))
    n_days = pd.Series(days).groupby(alike).transform("nunique").to_numpy()
    n_rows = pd.Series(days).groupby(alike).transform("size").to_numpy()
    same = again & (n_days == n_rows) & pd.Series(alike).duplicated(keep="last").to_numpy()
    if not same.any():
        return
    for i in np.flatnonzero(same).tolist():
        row = int(table.df.index[i])
        value = " ".join(str(table.df[d].iloc[i]) for d in dates)
        why = "a further schedule line of the same item, without a quantity of its own: the item is one line, due with the last row"
        table.doubts.append((row, "required_date", value, f"row {row} of the file: {why}"))
    n = int(same.sum())
    table.notes.append(
        f"Schedule lines without quantities of their own, an item being one line, due with the last: {n:,}."
    )
    if parts:  # which of them say what came of the item shows when they are numbers
        table.items = np.where(n_days == n_rows, alike, len(alike) + np.arange(len(alike))).tolist()
        return
    table.df = table.df[~same]
    table.finished = [f for f, gone in zip(table.finished, same, strict=False) if not gone]
