"""One fetch of purchase orders: the pages, what belongs to them, and the frames, in memory or part by part on disk."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import ApiError, IncompleteDataError
from ..frames import CHANGED_SINCE, FILTERS, stack
from ..purchases import PartWriter, Purchases, Shelf, Spool
from ..records import RecordDecoder
from ..system import Progress
from ..tidy import (
    LINE_CONTAINERS,
    NumberFormat,
    OrdersBuilder,
    OrdersInParts,
    ReceiptsBuilder,
    ReturnsBuilder,
    Writing,
    a_few,
    sound,
    zone,
)
from ..transport import Endpoints, Lookup, PagedResult, RowList, SinkT, contracts
from ._query import CutCounts, CutOrders, OrderQuery, cut
from ._source_row import day_fetched, freshness, source_row
from ._time_beside import TimeBeside

#: Statuses that servers and gateways give for a path that they don't have.
_NO_LIST = (400, 403, 404, 405, 410, 422, 501)


class FetchedOrders(NamedTuple):
    """The purchases, and whether the server sent orders that ``modified_since`` excludes."""

    purchases: Purchases
    ignored_modified_since: bool


def _on_lines(some: bool) -> list[str]:
    if some:
        return ["The list of orders carries some without lines, so each of these was asked for on its own."]
    return ["The list of orders carries no lines, so each order was asked for on its own."]


@dataclass(frozen=True)
class TidyOptions:
    """How records are read: the zone in which an instant becomes a day, the user's statuses, what the delivery date means, the marks
    of numbers that come as text."""

    timezone: str
    statuses: Mapping[str, str] | None
    delivery_date: str
    number_format: NumberFormat

    def stated(self) -> str | None:
        """Return what was stated for reading values, as the row of `sources` keeps it; None where nothing was."""
        stated = {
            "timezone": None if self.timezone == "UTC" else self.timezone,
            "statuses": dict(self.statuses or {}) or None,
            "decimal": self.number_format.decimal,
            "thousands": self.number_format.thousands,
        }
        given = {name: value for name, value in stated.items() if value is not None}
        return sound(json.dumps(given, ensure_ascii=False, sort_keys=True, default=str)) if given else None


@dataclass(frozen=True)
class PurchaseOrderFetch:
    """What is fetched from a connection, and how it is read."""

    endpoints: Endpoints
    show_progress: Callable[[str], AbstractContextManager[Progress]]  # of what is named
    query: OrderQuery
    refresh: bool
    options: TidyOptions
    strict: bool = False  # receipts and return orders are had whole, or it is an error
    because: str = ""  # why everything is fetched, where changes were asked for

    def in_memory(self) -> FetchedOrders:
        """Return the orders with their lines, names, receipts and returns."""
        notes: list[str] = []
        began = time.monotonic()
        orders = self._orders(notes, self._new_builder)
        self._fetch_lines(orders.sink, notes)
        beside = self._time_beside(time.monotonic() - began)
        lists = self._receipts_and_returns(notes, beside, orders.n_pages)
        lookups = lists | self._lookups(notes, beside)
        self._complete(orders.sink, lookups, notes)
        cut_orders = self._tidy(orders.sink, lookups)
        tidy = cut_orders.orders
        counts, first = (len(tidy.orders), len(tidy.lines)), self._first_order_date(tidy.orders)
        notes += cut_orders.counts.notes + tidy.notes
        row = self._source(orders, counts, first, tidy.delivery_date, notes, beside)
        as_of = tidy.as_of or day_fetched(orders, self.options.timezone)
        if self.query.modified_since is not None:
            for frame in (tidy.orders, tidy.lines):
                frame.attrs[FILTERS] = {CHANGED_SINCE: str(self.query.modified_since.date())}
        purchases = Purchases(tidy.orders, tidy.lines, tidy.issues, row, as_of)
        return FetchedOrders(purchases, cut_orders.counts.n_older > 0)

    def _new_builder(self) -> OrdersBuilder:
        return OrdersBuilder()

    def _complete(self, builder: OrdersBuilder, lookups: Mapping[str, list[Any]], notes: list[str]) -> None:
        """Take in orders that the list did not give: none, where it gave all."""

    def _first_order_date(self, orders: pd.DataFrame) -> pd.Timestamp:
        """Return the first order date of all orders that are known."""
        first: pd.Timestamp = orders["order_date"].min()
        return first

    def in_parts(self, place: Path) -> Path:
        """Write the orders with their lines, names, receipts and returns into a new folder in an empty place, part by part; return it."""
        shelf = Shelf(place / "shelf")
        notes: list[str] = []
        began = time.monotonic()
        carry = {True: False, False: False}  # whether some orders came without lines, and whether some came with them

        def with_their_lines(part: OrdersBuilder) -> None:
            carry[True] |= bool(part.without_lines)
            carry[False] |= part.with_lines
            self._fetch_lines(part, [])

        def spool(name: str, new: Callable[[], Any], complete: Callable[[Any], None] = lambda part: None) -> Any:
            form = self.options.number_format if name == contracts.ORDERS else NumberFormat()
            return lambda: Spool(shelf, name, new, Writing(form, zone(self.options.timezone)), complete)

        orders = self._orders(notes, spool(contracts.ORDERS, OrdersBuilder, with_their_lines))
        orders.sink.end()
        notes += _on_lines(carry[False]) if carry[True] else []
        beside = self._time_beside(time.monotonic() - began)
        sinks = {"receipts": spool("receipts", ReceiptsBuilder), "returns": ReturnsBuilder}
        lists = self._receipts_and_returns(notes, beside, orders.n_pages, sinks)
        if receipts := lists.get("receipts"):
            receipts.end()
        parts = OrdersInParts(
            shelf,
            orders.sink,
            receipts or None,
            lists.get("returns") or None,
            **self._tidying(self._lookups(notes, beside)),
        )
        writer = PartWriter(place / "purchases")
        counts = CutCounts()
        on_parts: list[str] = []
        for part in parts.tidied():
            cut_orders = cut(part, self.query, in_parts=True)
            counts, on_parts = counts.plus(cut_orders.counts), part.notes
            writer.write(cut_orders.orders)
        self._settle_issues(writer, parts, counts)
        totals = writer.totals
        notes += counts.notes + on_parts
        n = totals.n_orders, totals.n_lines
        row = self._source(orders, n, totals.first_order_date, totals.delivery_date or "", notes, beside)
        return writer.close(row, totals.as_of or day_fetched(orders, self.options.timezone))

    def _settle_issues(self, writer: PartWriter, parts: OrdersInParts, counts: CutCounts) -> None:
        """Tell once what most rows of all parts say, and leave out what `cut` leaves out of a list as a whole."""
        once, told = parts.tally.told(self.endpoints.session.connection)

        some = writer.totals.n_lines > 0

        def keep(issues: pd.DataFrame) -> Any:
            kept = np.ones(len(issues), dtype=bool)
            for key in once:
                names = zip(("table", "column", "reason"), key, strict=True)
                kept &= ~np.logical_and.reduce([(issues[n] == text).to_numpy(dtype=bool) for n, text in names])
            if counts.n_out:
                of_rows = issues["table"].isin(["orders", "lines"]) & issues["id"].notna()
                kept &= (of_rows | (issues["id"].isna() & some)).to_numpy(dtype=bool)
            return kept

        of_none = parts.issues_beside
        of_none = of_none[keep(of_none)]
        told = told if some or not counts.n_out else told[:0]
        more = {n: told[told.index == n] for n in set(told.index)}
        if len(of_none):
            more[0] = stack([more[0], of_none]) if 0 in more else of_none
        writer.settle_issues(keep if once or counts.n_out else None, more)

    def _tidy(self, builder: OrdersBuilder, lookups: dict[str, list[Any]]) -> CutOrders:
        return cut(builder.finish(**self._tidying(lookups)), self.query, asked_for=builder.asked_for)

    def _tidying(self, lookups: dict[str, list[Any]]) -> dict[str, Any]:
        """Return the options of `tidy_orders`."""
        options = self.options
        return {
            "connection": self.endpoints.session.connection,
            "lookups": lookups,
            "delivery_date": options.delivery_date,
            "timezone": options.timezone,
            "statuses": options.statuses,
            "number_format": options.number_format,
        }

    def _time_beside(self, orders_took: float = 0.0) -> TimeBeside:
        """Return the time that the lists beside the orders have: the first one a timeout, and as long as the orders took, since there
        may be as many receipts."""
        return TimeBeside(2 * (self.endpoints.session.timeout + orders_took))

    def _fetch_lines(self, builder: OrdersBuilder, notes: list[str]) -> None:
        """Fetch each order that has no lines in the list on its own."""
        if not builder.without_lines:
            return
        notes += _on_lines(builder.with_lines)
        with self.show_progress("lines") as progress:
            builder.without_lines = self.endpoints.fetch_each_order(
                builder.without_lines, self.refresh, progress, builder.lines_not_had, LINE_CONTAINERS
            )

    def _source(
        self,
        orders: PagedResult[Any],
        counts: tuple[int, int],
        first: pd.Timestamp | None,
        delivery_date: str | None,
        notes: list[str],
        beside: TimeBeside,
    ) -> pd.DataFrame:
        """Return the row of `sources`, with notes on how the orders came and how fresh they are."""
        session = self.endpoints.session
        with beside.share() as seconds:
            sync = self.endpoints.sync_state(self.refresh, seconds)
        if session.offline and orders.fetched_at is not None:
            notes = [*notes, f"Read offline, from pages stored {orders.fetched_at:%Y-%m-%d %H:%M} UTC."]
        notes = [*notes, *orders.notes, *freshness(first, orders, sync), *filter(None, [self.because])]
        return source_row(
            session.connection,
            session.base_url,
            self.query,
            orders,
            counts,
            delivery_date,
            self.options.stated(),
            sync,
            notes,
        )

    def _filters(self) -> dict[str, dict[str, str]]:
        """Return the query's filters by name of the contract."""
        return {name: self.query.params(c) for name, c in contracts.CONTRACTS.items()}

    def _orders(self, notes: list[str], new_sink: Callable[[], SinkT]) -> PagedResult[SinkT]:
        """Read every page of orders."""
        filters = self._filters()
        decoders: list[RecordDecoder] = []

        def new_decoder() -> RecordDecoder:
            decoders.append(RecordDecoder(LINE_CONTAINERS))
            return decoders[-1]

        with self.show_progress(contracts.ORDERS) as progress:
            fetch = partial(
                self.endpoints.fetch_list,
                contracts.ORDERS,
                new_sink,
                refresh=self.refresh,
                new_decoder=new_decoder,
                progress=progress,
            )
            try:
                orders = fetch(filters)
            except ApiError as e:
                # 400 and 422 are how a server refuses a filter that it does not know.
                if e.status not in (400, 422) or not any(filters.values()):
                    raise
                notes.append(
                    f"The API does not take the filters ({e.status}), so every order was fetched and cut here."
                )
                orders = fetch()
        twice = [key for decoder in decoders[-1:] for key in decoder.twice]
        if keys := [repr(self.endpoints.session.scrubbed(key))[:40] for key in twice]:
            orders.notes.append(
                f"Warning: orders or lines have several values under one key ({a_few(keys)}), and the last one is read."
            )
        return orders

    def _lookups(self, notes: list[str], beside: TimeBeside) -> dict[str, list[Any]]:
        """Return the lists that give names to keys."""
        found: dict[str, list[Any]] = {}
        for ours, name in contracts.LOOKUPS.items():
            if name not in contracts.NOT_IN_AREA.get(self.endpoints.area, ()):
                with beside.share() as seconds:
                    had = self.endpoints.lookup(ours, name, self.refresh, seconds)
                found[ours] = had.records
                if had.note or not had.records:
                    instead = contracts.WITHOUT.get(ours, "keys are kept instead of names")
                    notes.append(had.note or f"The list of {ours} is empty: {instead}.")
        return found

    def _receipts_and_returns(
        self,
        notes: list[str],
        beside: TimeBeside,
        n_pages: int,
        sinks: Mapping[str, Callable[[], Any]] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """Return the receipts and return orders, where the area has and the connection lists them, in sinks or as lists.

        They may be many times as many pages as the orders, which have ``n_pages``.
        """
        filters = {name: self.query.params_beside(c) for name, c in contracts.CONTRACTS.items()}
        found: dict[str, Any] = {}
        for ours in contracts.BESIDE_IN_AREA[self.endpoints.area]:
            lost: dict[str, Lookup] = {}
            for name in contracts.BESIDE[ours]:  # the name is not public: the first one that has records wins
                if not found.get(ours):
                    with beside.share() as seconds:
                        new = sinks.get(ours, RowList)
                        had = self.endpoints.lookup(ours, name, self.refresh, seconds, filters, new, 10 * n_pages)
                    found[ours] = had.records
                    if had.note and had.status != 404:  # with 404 there is no such list
                        lost[name] = had
            if found[
                ours
            ]:  # then a name that is refused is not what the list is called here; one that broke down may have more
                lost = {n: had for n, had in lost.items() if had.status not in _NO_LIST}
            if lost:
                name, had = next(iter(lost.items()))
                why = (
                    f"There may be more {ours} than came, since the list {name!r} could not be had."
                    if found[ours]
                    else had.note
                )
                if self.strict:
                    raise IncompleteDataError(
                        f"connection {self.endpoints.session.connection!r}: {why} Without strict=True the orders come without them."
                    )
                notes.insert(0, f"Warning: {why}")
        return found
