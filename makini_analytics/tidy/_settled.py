"""Prepared orders to tidy ones: what all orders of a list decide together, and then, part by part, what follows from it.

A list that is larger than memory is prepared and settled in parts; one in memory is a single part of itself, so both are read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import units
from ..errors import ConfigError
from ..system import warn
from . import _derive, _receipts, _status
from ._issues import IssueBook, Tally, count_unreadable, told_unreadable
from ._names import KeyedName, told_lacking, vendor_pairs, with_one_vendor
from ._row_checks import check_line_ids, hashes_of, repeated_hashes
from ._schema import LINES, ORDERS


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


@dataclass
class PreparedOrders:
    """Orders as frames whose values are read and named; what they mean together is still open."""

    connection: str
    orders: pd.DataFrame
    order_custom: pd.DataFrame
    lines: pd.DataFrame
    line_custom: pd.DataFrame
    of: npt.NDArray[np.intp]  # the row of each line's order
    own_status: pd.Series  # of the lines, without their orders'
    book: IssueBook
    n_not_had: int  # orders whose lines are not had
    returns_found: npt.NDArray[np.bool_] | None  # the lines of return orders whose order is among these
    lacking: dict[KeyedName, set[str]]  # keys that no list has a name for


class JoinedReceipts(NamedTuple):
    """Receipts, and the position of the line of each, -1 where there is none."""

    receipts: pd.DataFrame
    of: npt.NDArray[np.intp]


class WholeList:
    """What all orders of a list decide together: show it every part (`see`, `see_receipts`), then `decide`."""

    role = ""

    def __init__(self, connection: str, delivery_date: str, statuses: Mapping[str, str] | None) -> None:
        if delivery_date not in ("auto", "actual", "planned"):
            raise ConfigError(f"delivery_date={delivery_date!r}: pass 'auto', 'actual' or 'planned'")
        self._connection, self._stated = connection, delivery_date
        self.own_statuses = _status.check_statuses(statuses)
        self.tally: Tally | None = None  # of the issues of parts
        self.commas = False  # whether numbers show a decimal comma
        self.notes: list[str] = []
        self.together: list[str] = []
        self.joined: _receipts.Joined | None = None  # None without receipts
        self._evidence: _derive.DateEvidence | None = None
        self._vendors: list[pd.DataFrame] = []
        self._by_name = False
        self._lacking: dict[KeyedName, set[str]] = {}
        self._line_ids: list[npt.NDArray[np.uint64]] = []
        self.seen_lines: set[str] = set()
        self._unreadable: dict[str, tuple[int, int]] = {}
        self._n = np.zeros(4, dtype=np.int64)  # orders, those whose lines were not had, lines, computed amounts

    def see(self, part: PreparedOrders) -> None:
        """Take a part into account."""
        if self._stated == "auto":
            found = _derive.DateEvidence.of(part.lines, self.own_statuses)
            self._evidence = found if self._evidence is None else self._evidence.plus(found)
        frames = (part.orders, part.lines)
        self._by_name |= any((f["vendor_id"].isna() & f["vendor_name"].notna()).any() for f in frames)
        self._vendors.append(vendor_pairs(*frames))
        for of, keys in part.lacking.items():
            self._lacking.setdefault(of, set()).update(keys)
        self._line_ids.append(hashes_of(part.lines["line_id"]))

    def see_receipts(self, lines: pd.DataFrame, joined: JoinedReceipts) -> None:
        """Take the receipts of a part's lines into account."""
        found = _receipts.joined(lines, *joined)
        self.joined = found if self.joined is None else self.joined.plus(found)

    def decide(self) -> None:
        """Decide, once all parts were seen."""
        self.role, self.notes = self._stated, told_lacking(self._lacking)
        if self._stated == "auto" and self._evidence is not None:
            shown = None if self.joined is None else self.joined.role
            self.role, why, doubtful = (*shown, False) if shown else self._evidence.verdict()
            if doubtful:
                message = f"{self._connection}: the delivery date is taken as planned, since {why}. If it is the day on which the goods "
                message += "came, pass delivery_date='actual'; if you know that it is a plan, 'planned'."
                warn(message)
                self.notes.append(message)
            else:
                self.notes.append(f"The delivery date is taken as {self.role}: {why}.")
        if self.joined is not None:
            self.notes.append(self.joined.note)
        self.together += [DECIMAL_COMMAS] if self.commas else []
        self.together += [VENDORS_BY_NAME] if self._by_name else []
        self.vendors = pd.concat(self._vendors, ignore_index=True).drop_duplicates(ignore_index=True)
        self.repeated_lines = repeated_hashes(self._line_ids)

    def told(
        self, part: PreparedOrders, unreadable: Mapping[str, npt.NDArray[np.intp]], lines: pd.DataFrame, n_computed: int
    ) -> list[str]:
        """Return the notes on the parts that were settled so far, the given one among them; ``lines`` as they came, without amounts computed."""
        self._n += len(part.orders), part.n_not_had, len(lines), n_computed
        for name, counts in count_unreadable(lines, unreadable).items():
            before = self._unreadable.get(name, (0, 0))
            self._unreadable[name] = before[0] + counts[0], before[1] + counts[1]
        n_orders, n_not_had, n_lines, n = self._n.tolist()
        of = f"{n_not_had:,} of {n_orders:,}"
        not_had = (
            f"Warning: lines of {of} orders could not be fetched or read, so their amounts are missing: see issues."
        )
        warned = told_unreadable(self._unreadable)
        return [
            *([not_had] if n_not_had else []),
            *warned,
            *self.notes,
            *_derive.on_amounts(n, n_lines),
            *self.together,
        ]


def settled(part: PreparedOrders, whole: WholeList, joined: JoinedReceipts | None, tz: tzinfo) -> TidyOrders:
    """Return the frames of a part of a list, of which all is decided; ``joined`` are its receipts, None where the list has none."""
    orders, lines, of, book, role = part.orders, part.lines, part.of, part.book, whole.role
    book.tally = whole.tally
    orders, lines = with_one_vendor(orders, lines, whole.vendors)
    lines = _derive.place_delivery_date(lines, role)
    if joined is not None and whole.joined is not None:
        lines = _receipts.apply_receipts(lines, *joined, book, quantities=whole.joined.quantities > 0)
    # no field of the API holds one of these
    lines = _receipts.settle_returns(lines, book).assign(
        price_unit=np.nan,
        discount_percent=lines.get("discount_percent", np.nan),
        cancelled_date=np.full(len(lines), "NaT", dtype="datetime64[us]"),
    )
    unreadable = _unreadable(book, lines, of, role)
    if joined is not None:
        unreadable = _receipts.with_lost(unreadable, lines, _receipts.lost_with_receipts(*joined))
    as_given = lines
    lines, n_computed = _derive.settle_amounts(lines, book, unreadable)
    notes = whole.told(part, unreadable, as_given, n_computed)
    lines = lines.assign(unit_code=units.understood(lines["unit_of_measure"]))
    own = whole.own_statuses
    orders, lines = _derive.settle_states(
        orders, lines, of, part.own_status, own, book, unreadable, _lost_of_orders(book, orders)
    )
    _derive.list_unknown_currencies(lines, book)
    check_line_ids(lines, book, whole.repeated_lines, whole.seen_lines)
    orders["n_lines"] = pd.array(np.bincount(of, minlength=len(orders)), dtype="Int64")

    orders = _with_custom(orders[[c.name for c in ORDERS]], part.order_custom)
    if joined is None:
        lines = lines.assign(
            first_receipt_date=np.full(len(lines), "NaT", dtype="datetime64[us]"),
            n_receipts=pd.array([pd.NA], dtype="Int64").take(np.zeros(len(lines), dtype=np.intp)),
        )
    lines = _with_custom(lines[[c.name for c in LINES]], part.line_custom)
    changes = [t for t in (orders["updated_at"].max(), lines["updated_at"].max()) if t is not pd.NaT]
    as_of = max(changes).tz_convert(tz).tz_localize(None).normalize() if changes else None
    ids = {"orders": orders["order_id"], "lines": lines["line_id"]}
    if joined is not None:
        ids["receipt lines"] = joined.receipts["order_id"]
    return TidyOrders(orders, lines, book.frame(part.connection, ids), as_of, role, notes)


def _with_custom(frame: pd.DataFrame, custom: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, custom], axis=1) if len(custom.columns) else frame


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
