"""Tables beside the lines of a table: the heads of the orders, and the receipts. Neither multiplies a line nor loses a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import categoricals, stack
from . import _receipts
from ._currencies import currency_codes, currency_signs, with_beside
from ._issues import IssueBook
from ._schema import LINES, ORDERS, RECEIPT_LINES
from ._table_values import TableValues, filled, framed, stripped

_ORDER = {c.name: c for c in ORDERS}
_ONE_OF_AN_ORDER = ("vendor_id", "vendor_name", "currency", "order_date")
OTHER_HEAD = "the head of the order in orders= has another value than the line, which keeps its own"
#: What the columns of receipts may be called: as the API has them, or as on the lines.
RECEIPT = {c.name: c for c in RECEIPT_LINES} | {
    c.name: c
    for c in LINES
    if c.name in ("order_number", "delivered_date", "received_quantity", "rejected_quantity", "unit_of_measure")
}


def with_heads(
    frame: pd.DataFrame, heads: pd.DataFrame, book: IssueBook, currency: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the lines with their order's own values where they have none, the heads by the lines' order ids, and what to know."""
    by = (
        "order_id"
        if heads["order_id"].notna().any() and frame["order_id"].isin(heads["order_id"]).any()
        else "order_number"
    )
    heads = heads.assign(**{n: stripped(heads, n) for n in ("order_id", "order_number", "vendor_id", "vendor_name", "status")},
                         currency=currency_codes(categoricals.from_series(heads["currency"]), currency))  # fmt: skip
    key = categoricals.to_strings(heads[by])
    twice = key.duplicated().to_numpy() & key.notna().to_numpy()
    book.add("order heads", "order_id", np.flatnonzero(twice), key, "the order is there twice: the first one is taken")
    at = _places(categoricals.to_strings(frame[by]), key)
    of_head = categoricals.from_texts(heads["currency"].array.take(at, allow_fill=True))
    own, _, _ = with_beside(categoricals.from_series(frame["currency"]), of_head)
    codes = heads["currency"].dropna().unique()
    # which "$": that of the order's head, and where that is missing of all heads, if they have one alone
    frame = frame.assign(currency=currency_signs(own, str(codes[0]) if len(codes) == 1 else None))
    out: dict[str, Any] = {}
    for c in LINES:
        if c.name not in _ORDER or c.name in ("connection", "order_id", "order_number", "state"):
            continue
        of_order = heads[c.name].array.take(at, allow_fill=True)
        if c.kind == "label":
            out[c.name] = filled(categoricals.from_series(frame[c.name]), categoricals.from_texts(of_order))
        else:
            out[c.name] = frame[c.name].where(frame[c.name].notna(), pd.Series(of_order, index=frame.index))
    orphans, alone = (
        int((at < 0).sum()),
        len(set(range(len(heads))) - set(at.tolist()) - set(np.flatnonzero(twice).tolist())),
    )
    notes = [f"{orphans:,} lines belong to orders that are missing from orders=."] if orphans else []
    notes += [f"{alone:,} orders of orders= have no line."] if alone else []
    _lose_with_heads(frame, heads, at, book)
    _tell_conflicts(frame, heads, at, book)
    return frame.assign(**out), heads.assign(key=key.mask(twice), by=by), notes


def _tell_conflicts(frame: pd.DataFrame, heads: pd.DataFrame, at: npt.NDArray[np.intp], book: IssueBook) -> None:
    """Note of each column that an order has one value of, on how many lines it is another one than in the order's head.

    Dates that lines are due on, and their states, are each line's own.
    """
    for name in _ONE_OF_AN_ORDER:
        own, head = _shown(frame[name]), _shown(heads[name])
        of_head = pd.Series(head.array.take(at, allow_fill=True), index=frame.index)
        same = own.str.casefold() == of_head.str.casefold()
        if name == "vendor_id":  # where a line has a name only, that is its id
            same |= _receipts.without_zeros(own) == _receipts.without_zeros(of_head)
            same |= (own == _shown(frame["vendor_name"])).fillna(False)
        rows = np.flatnonzero(~same.fillna(True).to_numpy(dtype=bool))
        book.add_once("lines", name, rows, own + " / " + of_head, OTHER_HEAD)


def _shown(column: pd.Series) -> pd.Series:
    days = column.dtype.kind == "M"
    return column.dt.strftime("%Y-%m-%d").astype("string") if days else categoricals.to_strings(column)


def _lose_with_heads(frame: pd.DataFrame, heads: pd.DataFrame, at: npt.NDArray[np.intp], book: IssueBook) -> None:
    """Note for the lines what could not be read of their order, where they have no value of their own."""
    for name, rows in book.unreadable("order heads").items():
        if name in _ORDER and name in frame:
            lost = np.isin(at, rows) & frame[name].isna().to_numpy(dtype=bool)
            book.lose("lines", name, np.flatnonzero(lost))


def _places(names: pd.Series, among: pd.Series) -> npt.NDArray[np.intp]:
    """Return where each name stands first among others, as written or without the zeros before a number; -1 where it does not."""
    found = np.full(len(names), -1, dtype=np.intp)
    for one, other in ((names, among), (_receipts.without_zeros(names), _receipts.without_zeros(among))):
        first = other[other.notna() & ~other.duplicated()]
        at = pd.Index(first).get_indexer(pd.Index(one))
        hit = (found < 0) & (at >= 0) & one.notna().to_numpy(dtype=bool)
        found[hit] = np.flatnonzero(other.notna() & ~other.duplicated())[at[hit]]
    return found


def overlaid(orders: pd.DataFrame, heads: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """Return the orders with the values of their heads, behind them the heads without a line, and each order's head by position."""
    by = str(heads["by"].iloc[0]) if len(heads) else "order_id"
    at = _places(categoricals.to_strings(orders[by]), heads["key"])
    out: dict[str, Any] = {}
    for c in ORDERS:
        if c.name in ("connection", "order_id", "order_number", "state", "n_lines"):
            continue
        of_head = pd.Series(heads[c.name].array.take(at, allow_fill=True), index=orders.index)
        if c.kind == "label":
            out[c.name] = filled(categoricals.from_series(of_head), categoricals.from_series(orders[c.name]))
        else:
            out[c.name] = of_head.where(of_head.notna(), orders[c.name])
    alone = heads[heads["key"].notna() & ~heads.index.isin(at)]
    if not len(alone):
        return orders.assign(**out), at
    names = orders["connection"].drop_duplicates()
    more = alone.assign(
        order_id=filled(categoricals.from_series(alone["order_id"]), categoricals.from_series(alone["order_number"])),
        connection=categoricals.constant(str(names.iloc[0]) if len(names) else "table", len(alone)),
        n_lines=pd.array([0] * len(alone), dtype="Int64"),
    )
    return stack([orders.assign(**out), more[list(orders.columns)]]), np.append(at, alone.index.to_numpy(dtype=np.intp))


def with_receipts(
    frame: pd.DataFrame, got: TableValues, n: int, book: IssueBook
) -> tuple[pd.DataFrame, str, npt.NDArray[np.intp], pd.Series]:
    """Return the lines with what their receipts say, a note, the lines with receipts that could not be read, and the receipts' orders.

    No line is multiplied, however many receipts it has.
    """
    columns = list(RECEIPT.values())
    receipts = framed(got, n, columns)
    text = {
        c.name: categoricals.to_strings(receipts[c.name]) if c.kind == "label" else receipts[c.name] for c in columns
    }
    receipts = receipts.assign(**text)
    gone, unclear = _receipts.judged_by_status(receipts["status"])
    gone = gone | receipts["deleted_at"].notna().to_numpy(dtype=bool)
    book.add("receipt lines", "status", np.flatnonzero(unclear), receipts["status"], _receipts.IN_DOUBT)
    gone[book.unreadable("receipt lines").get("deleted_at", [])] = True  # a mark that is no date is one
    book.leave_out("receipt lines", ~gone)
    receipts = receipts[~gone].reset_index(drop=True)
    names = (
        "order_number",
        "order_id",
        "line_number",
        "line_id",
        "line_ref",
        "order_line_id",
        "material_id",
        "product_code",
    )
    receipts = receipts.assign(**{n: pd.Series(stripped(receipts, n)).astype("string") for n in names})
    number, ids = receipts["order_number"], receipts["order_id"]
    at = _places(number, categoricals.to_strings(frame["order_number"]))
    of_number = pd.Series(categoricals.to_strings(frame["order_id"]).array.take(at, allow_fill=True), dtype="string")
    receipts = receipts.assign(
        order_id=ids.fillna(of_number).fillna(number),
        received_date=receipts["received_date"].where(receipts["received_date"].notna(), receipts["delivered_date"]),
        quantity=receipts["quantity"].where(receipts["quantity"].notna(), receipts["received_quantity"]),
    )
    # Without ids a line is found by its order's number, also where that is of several orders, of a vendor each.
    by_number = categoricals.to_strings(frame["order_number"])
    numbered = receipts.assign(order_id=pd.Series(by_number.array.take(at, allow_fill=True), dtype="string"))
    direct = (ids.notna() | (at < 0)).to_numpy(dtype=bool)
    of = np.full(len(receipts), -1, dtype=np.intp)
    if direct.any():
        of = _receipts.line_of(receipts, frame)
    if not direct.all():
        of = np.where(direct, of, _receipts.line_of(numbered, frame.assign(order_id=by_number)))
    _receipts.check_units(receipts, frame, of, book)
    receipts = receipts.assign(unread=_receipts.unread(receipts, book))
    lost, counts = _receipts.lost_with_receipts(receipts, of), _receipts.joined(frame, receipts, of)
    frame = _receipts.apply_receipts(frame, receipts, of, book, quantities=counts.quantities > 0)
    # what is in another unit than ordered has no quantity any more
    rejected = receipts["rejected_quantity"].where(receipts["quantity"].notna()).groupby(of).sum(min_count=1)
    own = frame["rejected_quantity"]
    frame = frame.assign(rejected_quantity=own.fillna(rejected.reindex(range(len(frame))).set_axis(frame.index)))
    n_gone = int(gone.sum())
    note = (
        f"{counts.note} {n_gone:,} receipts are deleted, cancelled, drafts or still to come: not counted."
        if n_gone
        else counts.note
    )
    return frame, note, lost, receipts["order_id"]
