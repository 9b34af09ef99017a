"""The orders that changed, and the known ones that did not and yet would come otherwise, as one fetch.

A receipt that came since, a vendor that was renamed, a line that moved away: each changes orders that are not among those that changed.
They are asked for by their key.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import pandas as pd

from ..purchases import Purchases
from ..tidy import (
    LINE_CONTAINERS,
    OrdersBuilder,
    moved_away,
    parse_values,
    stale_by_names,
    stale_by_receipts,
    stale_by_returns,
)
from ..transport import contracts, key_of
from ._comparable import NotEnough
from ._purchase_orders import PurchaseOrderFetch


class ChangedOrders(OrdersBuilder):
    """The orders that an update gets, with their records at hand until the frames are built."""

    def __init__(self) -> None:
        super().__init__()
        self._pages: list[Any] = []

    def take(self, page: Any) -> None:
        """Take in a page of order records."""
        self._pages.append(list(page))
        super().take(page)

    def records(self) -> Iterator[Any]:
        """Yield the records of orders so far, with their lines."""
        return chain.from_iterable([*self._pages, *self.without_lines])

    def ids(self) -> set[str]:
        """Return the keys of the orders so far."""
        keys = {key_of(r) for r in self.records()}
        if None in keys:
            raise NotEnough("orders without a key can't be told from each other")
        return {k for k in keys if k is not None}

    def line_ids(self) -> pd.DataFrame:
        """Return the keys of the lines so far."""
        lists = (r.get(c) for r in self.records() if isinstance(r, Mapping) for c in LINE_CONTAINERS)
        lines = (line for lines in lists if isinstance(lines, list | tuple) for line in lines)
        return pd.DataFrame({"line_id": pd.array([key_of(line) for line in lines], dtype="string")})


@dataclass(frozen=True, kw_only=True)
class ChangedOrderFetch(PurchaseOrderFetch):
    """A fetch of the orders that changed, and of the known ones that a full fetch would now show otherwise."""

    known: Purchases
    per_page: int
    stated_delivery_date: str  # the client's: actual, planned or auto
    got: dict[str, Any] = field(default_factory=dict)  # the lists beside the orders, and the server's number of orders

    def _new_builder(self) -> OrdersBuilder:
        return ChangedOrders()

    def _first_order_date(self, orders: pd.DataFrame) -> pd.Timestamp:
        first: pd.Timestamp = pd.concat([orders["order_date"], self.known.orders["order_date"]]).min()
        return first

    def _complete(self, builder: OrdersBuilder, lookups: Mapping[str, list[Any]], notes: list[str]) -> None:
        """Ask for each known order that did not change and yet would come otherwise, by its key."""
        assert isinstance(builder, ChangedOrders)
        times, _ = parse_values(
            [r.get("updatedAt") or r.get("_updatedAt") for r in builder.records() if isinstance(r, Mapping)], "instant"
        )
        if (times < self.query.modified_since).any():
            raise NotEnough("the server does not keep to modified_since")
        ids = builder.ids()
        self.got.update(lists=lookups, total=self._checked_total(ids))
        stale = self._stale(ids, self._comparable_lists(lookups, notes), lookups)
        stale |= moved_away(self.unchanged(ids).lines, builder.line_ids())
        while stale:
            builder.asked_for |= stale
            if len(builder.asked_for) > math.ceil(len(self.known.orders) / self.per_page):
                raise NotEnough(
                    f"{len(builder.asked_for):,} known orders have other receipts, returns or names now, or no date of their last change"
                )
            self._ask_for(builder, stale)
            ids = builder.ids()
            stale = moved_away(self.unchanged(ids).lines, builder.line_ids())

    def unchanged(self, ids: Collection[str]) -> Purchases:
        """Return the known rows without those of some orders."""
        orders, lines = (
            f[~f["order_id"].isin(ids)].reset_index(drop=True) for f in (self.known.orders, self.known.lines)
        )
        return replace(self.known, orders=orders, lines=lines)

    def _checked_total(self, ids: set[str]) -> int | None:
        """Return the number of orders that the server has now, which shows whether some are gone, or came, without a mark."""
        query = replace(self.query, modified_since=None)
        total = self.endpoints.announced_total(
            contracts.ORDERS, {n: query.params(c) for n, c in contracts.CONTRACTS.items()}
        )
        then = self.known.sources["server_total"].iloc[0]
        limited = self.query.since is not None or self.query.until is not None
        if not limited:
            then = len(self.known.orders)
        if total is None or pd.isna(then):
            if limited:
                raise NotEnough("the server does not say how many orders the span has")
            if self.known.orders["updated_at"].isna().any():
                raise NotEnough("the server neither dates every change nor says how many orders there are")
            return None
        if (there := then + len(ids - set(self.known.orders["order_id"]))) != total:
            raise NotEnough(
                f"the server has {total:,} orders, where {there:,} are known: some are gone, or came without a date"
            )
        return total

    def _comparable_lists(self, lookups: Mapping[str, list[Any]], notes: list[str]) -> dict[str, list[Any]]:
        """Return the lists of names that were had then and now."""
        then, now = self.known.sources["notes"].iloc[0], " ".join(notes)
        out = {}
        for name in contracts.LOOKUPS.keys() & lookups.keys():
            lacking = [f"The list of {name} " in (text if isinstance(text, str) else "") for text in (then, now)]
            if lacking[0] != lacking[1]:
                raise NotEnough(f"the list of {name} is {'there now' if lacking[0] else 'not to be had now'}")
            if not lacking[0]:
                out[name] = lookups[name]
        return out

    def _stale(self, ids: set[str], names: dict[str, list[Any]], lookups: Mapping[str, list[Any]]) -> set[str]:
        """Return the known orders that did not change and yet would come otherwise."""
        kept, timezone = self.unchanged(ids), self.options.timezone
        undated = set(kept.orders.loc[kept.orders["updated_at"].isna(), "order_id"])
        stale = undated | stale_by_names(kept.orders, kept.lines, names)
        stale |= stale_by_receipts(kept.lines, lookups.get("receipts", ()), timezone)
        returned = stale_by_returns(kept.lines, lookups.get("returns", ()), timezone)
        return stale | (returned & set(kept.orders["order_id"]))

    def _ask_for(self, builder: ChangedOrders, ids: set[str]) -> None:
        lacking: dict[str, str] = {}
        with self.show_progress("known orders") as progress:
            pages = self.endpoints.fetch_each_order(
                [[{"key": i} for i in sorted(ids)]], True, progress, lacking, LINE_CONTAINERS
            )
        if lacking:
            raise NotEnough(f"{len(lacking):,} known orders can't be had on their own")
        for page in pages:
            builder.take(page)
