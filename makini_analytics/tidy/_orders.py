"""Records of the API to typed frames: a row per order, a row per line, an issue for each value that can't be read.

Which fields a record has differs by source system and contract, so none is required: every known name is read under every contract,
an undocumented field is kept as ``custom.<name>``, and what can't be read becomes a missing value and a row of `issues`.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import numpy as np
import pandas as pd

from .. import units
from ..errors import ConfigError, MakiniWarning
from ..frames import categoricals
from ..records import Record, cut_lines
from . import _derive, _receipts, _status
from ._documents import DocumentBuilder, DocumentFrames
from ._identities import contradicts, currency_codes
from ._issues import IssueBook, much_unreadable
from ._names import Records, lists_that_lack, with_materials, with_names, with_one_vendor
from ._number_format import OTHER_CURRENCY, NumberFormat
from ._parsing import zone
from ._row_checks import check_line_ids
from ._schema import LINE_CONTAINERS, LINES, ORDERS


@dataclass(frozen=True)
class TidyOrders:
    """One connection's records as frames."""

    orders: pd.DataFrame
    lines: pd.DataFrame
    issues: pd.DataFrame
    as_of: pd.Timestamp | None  # the day of the latest change; None where no change is dated
    delivery_date: str  # how the delivery date was read: actual or planned
    notes: list[str] = field(default_factory=list)


#: Notes on what was read from all records together, and could be read otherwise from some of them.
DECIMAL_COMMAS = "Numbers that come as text are read with a decimal comma, as some of them show."
VENDORS_BY_NAME = "Vendors that come without a key have that of their name, where the name has exactly one."
READ_TOGETHER = (DECIMAL_COMMAS, VENDORS_BY_NAME)

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

    def finish(
        self,
        *,
        connection: str,
        lookups: Mapping[str, Records] | None = None,
        delivery_date: str = "auto",
        timezone: str | tzinfo = "UTC",
        statuses: Mapping[str, str] | None = None,
        number_format: NumberFormat = NumberFormat(),  # noqa: B008
        before: int = 0,
    ) -> TidyOrders:
        """Return the frames; see `tidy_orders`. ``before`` is the number of orders of the same list that were tidied earlier."""
        if delivery_date not in ("auto", "actual", "planned"):
            raise ConfigError(f"delivery_date={delivery_date!r}: pass 'auto', 'actual' or 'planned'")
        own, tz, book = _status.check_statuses(statuses), zone(timezone), self._book
        self._take_held()
        orders, order_custom, lines, line_custom, of = self._documents.frames(tz, number_format)
        given = lookups or {}
        if given.get("returns"):
            framed = DocumentFrames(orders, order_custom, lines, line_custom, of)
            _, _, lines, line_custom, of = _receipts.append_returns(framed, given["returns"], tz, book)

        # The order of the steps matters: ids before names (a name belongs to a key), the orders' values before those that lines inherit,
        # receipts before states (a received line is not open).
        orders = _with_ids(orders.assign(connection=categoricals.constant(connection, len(orders))), book, before)
        if self.lines_not_had:
            not_had = [(i, self.lines_not_had.get(key)) for i, key in enumerate(orders["order_id"])]
            n_had = np.bincount(of, minlength=len(orders))
            problems = [(i, None, f"{_SOME_LINES if n_had[i] else _NO_LINES}: {why}") for i, why in not_had if why]
            book.add_problems("orders", "n_lines", problems)
        lacking = lists_that_lack((orders, lines), given)
        orders = with_names(orders, given)
        lines = with_materials(with_names(lines, given), given.get("materials", ()))
        own_status = lines[
            "status"
        ]  # before inheriting: `settle_states` weighs a line's own status and its order's apart
        lines = _without_what_was_lost(_inherit(lines, orders, of), lines, book)
        lines = _with_currencies_beside(lines, self._documents.currency, book)
        judge, together = self._documents.decimal_judge, list[str]()
        if judge is not None and "," in judge.only:
            together.append(DECIMAL_COMMAS)
        if any((f["vendor_id"].isna() & f["vendor_name"].notna()).any() for f in (orders, lines)):
            together.append(VENDORS_BY_NAME)
        orders, lines = with_one_vendor(orders, lines)
        notes: list[str] = []
        receipt_lines = _receipts.tidy_receipts(given.get("receipts", ()), tz, book)
        line_of_receipt = _receipts.line_of(receipt_lines, lines) if len(receipt_lines) else None
        role = delivery_date
        if role == "auto":
            shown = None if line_of_receipt is None else _receipts.weigh(lines, receipt_lines, line_of_receipt)
            role, why, doubtful = (*shown, False) if shown else _derive.weigh_delivery_date(lines, own)
            if doubtful:
                message = f"{connection}: the delivery date is taken as planned, since {why}. If it is the day on which the goods "
                message += "came, pass delivery_date='actual'; if you know that it is a plan, 'planned'."
                warnings.warn(message, MakiniWarning, stacklevel=2)
                notes.append(message)
            else:
                notes.append(f"The delivery date is taken as {role}: {why}.")
        lines = _derive.place_delivery_date(lines, role)
        if line_of_receipt is not None:
            lines, note = _receipts.apply_receipts(lines, receipt_lines, line_of_receipt, book)
            notes.append(note)
        lines = _receipts.settle_returns(lines, book).assign(
            price_unit=np.nan,
            discount_percent=lines.get("discount_percent", np.nan),
            cancelled_date=np.full(len(lines), "NaT", dtype="datetime64[us]"),
        )  # no field of the API holds one of them
        unreadable = _unreadable(book, lines, of, role)
        if line_of_receipt is not None:
            lost = _receipts.lost_with_receipts(receipt_lines, line_of_receipt, book)
            unreadable = _receipts.with_lost(unreadable, lines, lost)
        warned = much_unreadable(lines, unreadable)
        if self.lines_not_had:
            n = f"{len(self.lines_not_had):,} of {len(orders):,}"
            warned.insert(
                0, f"Warning: lines of {n} orders could not be fetched, so their amounts are missing: see issues."
            )
        lines, on_amounts = _derive.settle_amounts(lines, book, unreadable)
        notes = [*warned, *lacking, *notes, *on_amounts, *together]
        lines = lines.assign(unit_code=units.understood(lines["unit_of_measure"]))
        orders, lines = _derive.settle_states(
            orders, lines, of, own_status, own, book, unreadable, _lost_of_orders(book, orders)
        )
        check_line_ids(lines, book)
        orders["n_lines"] = pd.array(np.bincount(of, minlength=len(orders)), dtype="Int64")

        orders = pd.concat([orders[[c.name for c in ORDERS]], order_custom], axis=1)
        if line_of_receipt is None:
            lines = lines.assign(
                first_receipt_date=np.full(len(lines), "NaT", dtype="datetime64[us]"),
                n_receipts=pd.array([pd.NA], dtype="Int64").take(np.zeros(len(lines), dtype=np.intp)),
            )
        lines = pd.concat([lines[[c.name for c in LINES]], line_custom], axis=1)
        changes = [t for t in (orders["updated_at"].max(), lines["updated_at"].max()) if t is not pd.NaT]
        as_of = max(changes).tz_convert(tz).tz_localize(None).normalize() if changes else None
        issues = book.frame(
            connection,
            {"orders": orders["order_id"], "lines": lines["line_id"], "receipt lines": receipt_lines["order_id"]},
        )
        return TidyOrders(orders, lines, issues, as_of, role, notes)


def _lacks_lines(record: Any) -> bool:
    """Whether a record says nothing of its lines, or that it has more than it holds; an empty list says that there are none."""
    if not isinstance(record, dict | Record):
        return False
    return all(record.get(c) is None for c in LINE_CONTAINERS) or bool(cut_lines(record, LINE_CONTAINERS))


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


def _unreadable(book: IssueBook, lines: pd.DataFrame, of: np.ndarray, role: str) -> dict[str, Any]:
    """Return, by column, the lines whose own value, or that of their order in its place, was given and could not be read."""
    out: dict[str, Any] = book.unreadable("lines")
    for name in out.keys() & {"status", "currency"}:  # what an object could not tell, its key may
        out[name] = out[name][lines[name].isna().to_numpy()[out[name]]]
    inherit = {c.name for c in LINES if c.inherits}
    for name, orders in book.unreadable("orders").items():
        if name in inherit:
            rows = np.flatnonzero(np.isin(of, orders) & lines[name].isna().to_numpy())
            out[name] = np.union1d(out.get(name, rows), rows)
    if role == "planned" and "delivered_date" in out:  # then it is a promise that could not be read
        out["promised_date"] = out.pop("delivered_date")
    return out


def _lost_of_orders(book: IssueBook, orders: pd.DataFrame) -> dict[str, Any]:
    """Return, by column, the orders whose value was given and could not be read."""
    lost: dict[str, Any] = book.unreadable("orders")
    if "status" in lost:
        lost["status"] = lost["status"][orders["status"].isna().to_numpy()[lost["status"]]]
    return lost


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


def _with_currencies_beside(
    lines: pd.DataFrame, beside: Mapping[str, Mapping[int, str]], book: IssueBook
) -> pd.DataFrame:
    """Return the lines with the currency that stands beside a number - "USD 12.50" - where there is no other; one that differs is told."""
    own = categoricals.from_series(lines["currency"])
    for name, texts in beside.items():
        said = currency_codes(categoricals.from_texts([texts.get(i) for i in range(len(lines))]))
        book.add("lines", name, np.flatnonzero(contradicts(said, own)), pd.Series(said), OTHER_CURRENCY)
        own = categoricals.where(own.codes >= 0, own, said)
    return lines.assign(currency=own) if beside else lines


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
