"""Records of the API to typed frames: a row per order, a row per line, an issue for each value that can't be read.

Which fields a record has differs by source system and contract, so none is required: every known name is read under every contract,
an undocumented field is kept as ``custom.<name>``, and what can't be read becomes a missing value and a row of `issues`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

import numpy as np
import pandas as pd

from ..frames import categoricals
from ..records import Record, cut_lines
from . import _receipts
from ._beside import tell_orphans, tidy_receipts, tidy_returns
from ._currencies import settled_signs, with_beside
from ._documents import DocumentBuilder, DocumentFrames
from ._issues import IssueBook
from ._names import Records, keys_that_lack, with_materials, with_names
from ._number_format import OTHER_CURRENCY, NumberFormat
from ._parsing import zone
from ._schema import LINE_CONTAINERS, LINES, ORDERS
from ._settled import JoinedReceipts, PreparedOrders, TidyOrders, WholeList, settled
from ._writing import Writing

_NO_LINES = "no lines, so its amount is missing"
_SOME_LINES = "some of its lines are missing, and with them their amounts"


class OrdersBuilder:
    """One connection's purchase orders: `take` the pages one by one, then `finish` to get the frames."""

    def __init__(self) -> None:
        self._book = IssueBook()
        self._documents = DocumentBuilder(ORDERS, LINES, ("orders", "lines"), self._book)
        self.with_lines = False
        # Some connections list orders, or some of them, without lines. These wait here, so that each can be fetched on its own.
        self.without_lines: list[list[Any]] = []
        self.asked_for: set[str] = set()  # the keys of orders that were asked for by their key, not found in the list
        self.lines_not_had: dict[str, str] = {}  # by order, why its lines could not be fetched

    def take(self, page: Sequence[Any]) -> None:
        """Take in a page of order records, as the API gives them under any contract."""
        # The garbage collector searches for reference cycles after every few hundred new objects. A page makes thousands and
        # not one cycle; with the collector on, tidying a million lines takes 11 % more processor time (three interleaved runs).
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._take(page)
        finally:
            if collecting:
                gc.enable()

    def _take(self, page: Sequence[Any]) -> None:
        bare = [r for r in page if _lacks_lines(r)]
        if bare:
            self.without_lines.append(bare)
            page = [r for r in page if not _lacks_lines(r)]
        if page:
            self.with_lines = True
            self._documents.take(page)

    @property
    def n_orders(self) -> int:
        """The orders so far."""
        return self._documents.n[0] + sum(map(len, self.without_lines))

    @property
    def n_lines(self) -> int:
        """The lines so far; an order whose lines are still to be fetched counts as one."""
        return self._documents.n[1] + sum(map(len, self.without_lines))

    def _take_held(self) -> None:
        held, self.without_lines = self.without_lines, []
        for page in held:
            self._documents.take(page)

    def look(self, writing: Writing) -> None:
        """Show what the documents so far tell of how the list is written."""
        self._take_held()
        self._documents.look(writing)

    def heed(self, writing: Writing) -> None:
        """Take what other parts of the list told of how it is written."""
        self._documents.heed(writing)

    def prepare(
        self,
        *,
        connection: str,
        lookups: Mapping[str, Records],
        returned: DocumentFrames | None,
        tz: tzinfo,
        number_format: NumberFormat,
        before: int = 0,
    ) -> PreparedOrders:
        """Return the orders as frames with ids, names and what lines inherit; ``returned`` are the return orders of the whole list.

        ``before`` is the number of orders of the same list that were prepared earlier.
        """
        book = self._book
        self._take_held()
        framed, found = self._documents.frames(tz, number_format), None
        if returned is not None:
            framed, found = _receipts.append_returns(framed, returned, book)
        orders, order_custom, lines, line_custom, of = framed

        # The order of the steps matters: ids before names (a name belongs to a key), the orders' values before those that lines inherit,
        # receipts before states (a received line is not open).
        orders = _with_ids(orders.assign(connection=categoricals.constant(connection, len(orders))), book, before)
        if self.lines_not_had:
            not_had = [(i, self.lines_not_had.get(key)) for i, key in enumerate(orders["order_id"])]
            n_had = np.bincount(of, minlength=len(orders))
            problems = [(i, None, f"{_SOME_LINES if n_had[i] else _NO_LINES}: {why}") for i, why in not_had if why]
            book.add_problems("orders", "n_lines", problems)
        lost = [i for i in orders["order_id"].iloc[self._documents.without_lines] if i not in self.lines_not_had]
        lacking = keys_that_lack((orders, lines), lookups)
        orders = with_names(orders, lookups)
        orders = orders.assign(currency=settled_signs(categoricals.from_series(orders["currency"])))
        lines = with_materials(with_names(lines, lookups), lookups.get("materials", ()))
        # before inheriting: `settle_states` weighs a line's own status and its order's apart
        own_status = lines["status"]
        lines = _without_what_was_lost(_inherit(lines, orders, of), lines, book)
        lines = _with_currencies(lines, orders["currency"].array.take(of), self._documents.currency, book)
        return PreparedOrders(
            connection,
            orders,
            order_custom,
            lines,
            line_custom,
            of,
            own_status,
            book,
            len(self.lines_not_had) + len(lost),
            found,
            lacking,
        )

    def finish(
        self,
        *,
        connection: str,
        lookups: Mapping[str, Records] | None = None,
        delivery_date: str = "auto",
        timezone: str | tzinfo = "UTC",
        statuses: Mapping[str, str] | None = None,
        number_format: NumberFormat = NumberFormat(),  # noqa: B008
    ) -> TidyOrders:
        """Return the frames; see `tidy_orders`."""
        given, tz, writing = lookups or {}, zone(timezone), Writing(number_format)
        whole = WholeList(connection, delivery_date, statuses)
        self.look(writing)
        whole.commas = writing.commas
        returned = tidy_returns(given["returns"], tz, self._book) if given.get("returns") else None
        prepared = self.prepare(
            connection=connection,
            lookups=given,
            returned=returned,
            tz=tz,
            number_format=writing.form,
        )
        if returned is not None and prepared.returns_found is not None:
            tell_orphans(returned, prepared.returns_found, self._book)
        whole.see(prepared)
        records, joined = given.get("receipts"), None
        if records and len(receipts := tidy_receipts(records, tz, self._book)):
            joined = JoinedReceipts(receipts, _receipts.line_of(receipts, prepared.lines))
            whole.see_receipts(prepared.lines, joined)
        whole.decide()
        return settled(prepared, whole, joined, tz)


def _lacks_lines(record: Any) -> bool:
    """Whether a record has no list of lines, or says that it has more than it holds; an empty list says that there are none."""
    if not isinstance(record, dict | Record):
        return False
    listed = any(isinstance(record.get(c), list | tuple) for c in LINE_CONTAINERS)
    return not listed or bool(cut_lines(record, LINE_CONTAINERS))


def tidy_orders(pages: Iterable[Sequence[Any]], **options: Any) -> TidyOrders:
    """Return the tidy frames of one connection's purchase orders.

    Parameters
    ----------
    pages : iterable of lists of order records, as the API gives them under any contract
    connection : name written into each row
    lookups : records of ``vendors``, ``statuses``, ``currencies``, ``units``, ``sites``: names for keys; of ``materials``: categories;
        ``receipts`` and ``returns``
    delivery_date : "actual", "planned", or "auto": weighed from the data, planned in doubt
    timezone : where an instant becomes a calendar day; a bare date is never moved
    statuses : status text, code or key to state, over the words that are understood anyway
    number_format : the marks of numbers that come as text; judged over all of them where it leaves the decimal one open
    """
    tidying = OrdersBuilder()
    for page in pages:
        tidying.take(page)
    return tidying.finish(**options)


# ---- what an order and its lines share -----------------------------------------------------------------------------


def _with_ids(orders: pd.DataFrame, book: IssueBook, before: int) -> pd.DataFrame:
    """Return the orders with an id each: an order without a key goes by its number, else by its position."""
    own = categoricals.from_series(orders["order_id"])
    has = categoricals.has_text(own)
    if has.all():
        return orders
    book.add("orders", "order_id", np.flatnonzero(~has), orders["order_id"], "the record has no key")
    number = categoricals.from_series(orders["order_number"])
    position = categoricals.from_texts([f"#{before + i + 1}" for i in range(len(orders))])
    return orders.assign(order_id=categoricals.where(has, own, categoricals.where(number.codes >= 0, number, position)))


def _without_what_was_lost(lines: pd.DataFrame, own: pd.DataFrame, book: IssueBook) -> pd.DataFrame:
    """Return the lines without the order's value where their own could not be read: nothing takes its place."""
    out: dict[str, Any] = {}
    for c in LINES:
        # the order's deletion mark is a fact of its own, and so is its last change
        if c.inherits and c.kind != "instant" and len(rows := book.unreadable("lines").get(c.name, ())):
            lost = np.zeros(len(lines), dtype=bool)
            lost[rows] = own[c.name].isna().to_numpy()[rows]
            out[c.name] = lines[c.name].mask(lost)
    return lines.assign(**out)


def _with_currencies(
    lines: pd.DataFrame, of_order: categoricals.Labels, beside: Mapping[str, Mapping[int, str]], book: IssueBook
) -> pd.DataFrame:
    """Return the lines with their currencies as codes: the order's says which "$" the line's is.

    One that stands beside a number - "USD 12.50" - is taken where there is no other; one that differs is told.
    """
    own = categoricals.from_series(lines["currency"])
    for name, texts in beside.items():
        given = categoricals.from_texts([texts.get(i) for i in range(len(lines))])
        own, said, other = with_beside(own, given)
        book.add("lines", name, np.flatnonzero(other), pd.Series(said), OTHER_CURRENCY)
    # a line without one is one whose own could not be read, else it would have its order's
    others = (own.codes >= 0) & ~categoricals.equal(own, of_order)
    own, _, _ = with_beside(own, categoricals.where(others, of_order, categoricals.missing(len(lines))))
    return lines.assign(currency=settled_signs(own))


_KEY_OF = {
    "vendor_name": "vendor_id",
    "site_name": "site_id",
    "status": "status_id",
    "currency": "currency_id",
}


def _inherit(lines: pd.DataFrame, orders: pd.DataFrame, of: np.ndarray) -> pd.DataFrame:
    """Return the lines with the order's value where a line has none of its own, and with an id each."""
    out: dict[str, Any] = {}
    for c in LINES:
        if not (c.inherits or c.name in ("connection", "order_id", "order_number")):
            continue
        of_order = orders[c.name].array.take(of)
        if c.name not in lines:
            out[c.name] = of_order
        elif c.kind == "label":
            own = categoricals.from_series(lines[c.name])
            has_own = categoricals.has_text(own)
            if (
                c.name in _KEY_OF
            ):  # a name goes with its key: not the order's vendor name beside the line's own vendor key
                key = categoricals.from_series(lines[_KEY_OF[c.name]])
                of_orders_key = categoricals.from_series(orders[_KEY_OF[c.name]]).take(of)
                has_own = has_own | ((key.codes >= 0) & ~categoricals.equal(key, of_orders_key))
            out[c.name] = categoricals.where(has_own, own, of_order)
        else:
            has_own = lines[c.name].notna().to_numpy()
            if not has_own.any():
                out[c.name] = of_order
            elif not has_own.all():
                out[c.name] = lines[c.name].where(has_own, pd.Series(of_order, index=lines.index))
    lines = lines.assign(**out)
    lacking = lines["line_id"].isna().to_numpy()
    if lacking.any():
        nth = lines.groupby(of).cumcount() + 1
        made = (lines["order_id"].astype("string") + "#" + nth.astype("string")).astype("string")
        lines = lines.assign(line_id=lines["line_id"].mask(lacking, made))
    return lines
