"""A list of orders larger than memory: its parts wait on a shelf, all of them are looked at, and then each is settled.

Receipts come in the order of their own list. Each goes to the part that has its order, so that a part and its receipts are all that is in
memory at once::

    parts of orders      0: A B C      1: D E F      2: G H
    parts of receipts    0: E A G      1: B X D
    of each part         0: A B        1: E D        2: G           X is of no order: told, and not counted
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import stack
from . import _receipts
from ._beside import ReceiptsBuilder, ReturnsBuilder, judged_alone, tell_orphans
from ._issues import Tally
from ._orders import OrdersBuilder
from ._parsing import zone
from ._row_checks import Hashes, hashes_of, repeated_hashes
from ._settled import JoinedReceipts, PreparedOrders, TidyOrders, WholeList, settled
from ._writing import Writing

Shelf = MutableMapping[str, Any]


class Parts(Protocol):
    """A list whose documents wait on a shelf in so many parts."""

    n: int
    writing: Writing  # that has seen all of them

    def pop(self, i: int) -> Any:
        """Return the builder of a part, and let it go."""


class _Places:
    """Which part has an order, by a number made of its id: some bytes for each order."""

    def __init__(self) -> None:
        self._hashes: list[Hashes] = []

    def add(self, ids: pd.Series) -> None:
        """Take in the ids of the next part's orders."""
        self._hashes.append(np.unique(hashes_of(ids)))

    def closed(self) -> None:
        """Get ready to be asked."""
        of = np.repeat(np.arange(len(self._hashes), dtype=np.int32), list(map(len, self._hashes)))
        hashes = np.concatenate(self._hashes)
        order = np.argsort(hashes, kind="stable")
        self._sorted, self._of = hashes[order], of[order]
        # ids in several parts, as records without a key may have one number
        self.shared = repeated_hashes(self._hashes)

    def of(self, ids: pd.Series) -> npt.NDArray[np.intp]:
        """Return the part of each order; -1 where none has it."""
        wanted = hashes_of(ids)
        at = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        if not len(self._sorted):
            return np.full(len(ids), -1)
        there = (self._sorted[at] == wanted) & ids.notna().to_numpy(dtype=bool)
        return np.where(there, self._of[at], -1)

    def are_shared(self, ids: pd.Series) -> npt.NDArray[np.bool_]:
        """Return which ids are those of orders in several parts."""
        return np.isin(hashes_of(ids), self.shared)


class _SharedLines:
    """The lines of orders whose id is in several parts, together: only so it shows which of them a receipt is of."""

    def __init__(self) -> None:
        self._lines: list[pd.DataFrame] = []

    def add(self, part: int, lines: pd.DataFrame, shared: npt.NDArray[np.bool_]) -> None:
        """Take in those of a part's lines that are ``shared``."""
        at = np.flatnonzero(shared)
        places: dict[str, Any] = {_PART: part, _LINE: at}
        self._lines.append(lines.iloc[at].assign(**places))

    def place(self, receipts: pd.DataFrame, first: npt.NDArray[np.intp]) -> tuple[Any, Any]:
        """Return the part of each receipt, the ``first`` one that has its order where it is of no line, and the line there."""
        lines = stack(self._lines).reset_index(drop=True)
        of = _receipts.line_of(receipts, lines)
        part, line = (lines[name].to_numpy(dtype=np.intp)[of] for name in (_PART, _LINE))
        return np.where(of < 0, first, part), np.where(of < 0, -1, line)


_PART, _LINE = "in part", "at line"
_OPEN = -2  # the line of a receipt that its part alone decides


class OrdersInParts:
    """The orders of a list with what stands beside them, tidied part by part as all of them at once would be.

    Attributes
    ----------
    tally : what the issues of the parts say often, once all parts are settled
    issues_beside : issues of receipts and return orders that belong to no part
    """

    def __init__(
        self, shelf: Shelf, orders: Parts, receipts: Parts | None, returns: ReturnsBuilder | None, **options: Any
    ) -> None:
        """``options`` are those of `tidy_orders`."""
        self._shelf, self._orders, self._receipts, self._returns = shelf, orders, receipts, returns
        self._options, self._tz = options, zone(options["timezone"])
        self._connection: str = options["connection"]
        self._whole = WholeList(self._connection, options["delivery_date"], options["statuses"])
        self.tally = self._whole.tally = Tally()
        self._beside: list[pd.DataFrame] = []
        self._of_part: list[list[str]] = [[] for _ in range(orders.n)]  # names of each part's receipts on the shelf
        self._n_receipts = 0

    @property
    def issues_beside(self) -> pd.DataFrame:
        """Issues of receipts and return orders that belong to no part."""
        return stack(self._beside) if self._beside else self.tally.told(self._connection)[1][:0]

    def tidied(self) -> Iterator[TidyOrders]:
        """Yield the parts; their issues as they are before what is told once is told once."""
        places = self._prepare()
        places.closed()
        self._share_receipts(places)
        for i in range(self._orders.n):
            if self._n_receipts:
                lines = self._shelf[f"prepared-{i}"].lines
                self._shelf[f"joined-{i}"] = joined = self._join(i, lines)
                self._whole.see_receipts(lines, joined)
        self._whole.decide()
        for i in range(self._orders.n):
            self.tally.part = i
            part: PreparedOrders = self._shelf.pop(f"prepared-{i}")
            out = settled(part, self._whole, self._shelf.pop(f"joined-{i}", None), self._tz)
            for table, rows in (("orders", out.orders), ("lines", out.lines)):
                self.tally.n_rows[table] = self.tally.n_rows.get(table, 0) + len(rows)
            yield out

    def _prepare(self) -> _Places:
        """Read the values of all parts, and look at what they mean together."""
        options, writing = self._options, self._orders.writing
        self._whole.commas = writing.commas
        returned = None if self._returns is None else self._returns.frames(self._tz, judged_alone(self._returns))
        found = np.zeros(0 if returned is None else len(returned.lines), dtype=bool)
        places, before = _Places(), 0
        for i in range(self._orders.n):
            builder: OrdersBuilder = self._orders.pop(i)
            builder.heed(writing)
            n = builder.n_orders
            part = builder.prepare(
                connection=self._connection,
                lookups=options["lookups"],
                returned=returned,
                tz=self._tz,
                number_format=writing.form,
                before=before,
            )
            before += n
            if part.returns_found is not None:
                found |= part.returns_found
            self._whole.see(part)
            places.add(part.orders["order_id"].astype("string"))
            self._shelf[f"prepared-{i}"] = part
        if returned is not None and self._returns is not None:
            tell_orphans(returned, found, self._returns.book)
            self._beside.append(self._returns.book.frame(self._connection, {}))
        return places

    def _share_receipts(self, places: _Places) -> None:
        """Give each part the receipts of its orders, and tell those of no order."""
        if self._receipts is None:
            return
        writing = self._receipts.writing
        shared = _SharedLines()
        for i in range(self._orders.n) if len(places.shared) else ():
            lines = self._shelf[f"prepared-{i}"].lines
            shared.add(i, lines, places.are_shared(lines["order_id"].astype("string")))
        for i in range(self._receipts.n):
            builder: ReceiptsBuilder = self._receipts.pop(i)
            builder.heed(writing)
            rows, book = builder.frame(self._tz, writing.form), builder.book
            self._n_receipts += len(rows)
            place = places.of(rows["order_id"])
            orphans = np.flatnonzero(place < 0)
            book.add("receipt lines", "order_line_id", orphans, rows["order_id"], _receipts.NO_LINE)
            book.tally = self.tally
            self._beside.append(book.frame(self._connection, {"receipt lines": rows["order_id"]}))
            rows[_LINE] = _OPEN
            if len(at := np.flatnonzero(places.are_shared(rows["order_id"]))):
                few = rows.iloc[at].reset_index(drop=True)
                place[at], rows.loc[at, _LINE] = shared.place(few, place[at])
            for part in np.unique(place[place >= 0]).tolist():
                self._of_part[part].append(name := f"receipts-{part}-{i}")
                self._shelf[name] = rows[place == part].reset_index(drop=True)
            self._none = rows[:0]
        self.tally.n_rows["receipt lines"] = self._n_receipts

    def _join(self, i: int, lines: pd.DataFrame) -> JoinedReceipts:
        """Return the receipts of a part with their lines."""
        rows = [self._shelf.pop(name) for name in self._of_part[i]]
        receipts = pd.concat(rows, ignore_index=True) if rows else self._none.copy()
        told = receipts.pop(_LINE).to_numpy(dtype=np.intp)
        return JoinedReceipts(receipts, np.where(told == _OPEN, _receipts.line_of(receipts, lines), told))
