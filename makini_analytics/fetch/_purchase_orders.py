"""One fetch of purchase orders: the pages, what belongs to them, and the frames, in memory or part by part on disk."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..errors import ApiError, IncompleteDataError
from ..frames import CHANGED_SINCE, FILTERS
from ..purchases import PartTotals, PartWriter, Purchases, ready
from ..records import RecordDecoder
from ..system import Progress
from ..tidy import LINE_CONTAINERS, NumberFormat, OrdersBuilder, TidyOrders, a_few, sound
from ..transport import Endpoints, Lookup, PagedResult, SinkT, contracts
from ._query import CutOrders, OrderQuery, cut
from ._source_row import day_fetched, freshness, source_row
from ._time_beside import TimeBeside

#: Statuses that servers and gateways give for a path that they don't have.
_NO_LIST = (400, 403, 404, 405, 410, 422, 501)


class FetchedOrders(NamedTuple):
    """The purchases, and whether the server sent orders that ``modified_since`` excludes."""

    purchases: Purchases
    ignored_modified_since: bool


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

    def in_memory(self) -> FetchedOrders:
        """Return the orders with their lines, names, receipts and returns."""
        notes: list[str] = []
        began = time.monotonic()
        orders = self._orders(notes, self._new_builder)
        self._fetch_lines(orders.sink, notes)
        beside = self._time_beside(time.monotonic() - began)
        lookups = self._receipts_and_returns(notes, beside) | self._lookups(notes, beside)
        self._complete(orders.sink, lookups, notes)
        cut_orders = self._tidy(orders.sink, lookups, self.options)
        tidy = cut_orders.orders
        counts, first = (len(tidy.orders), len(tidy.lines)), self._first_order_date(tidy.orders)
        notes += cut_orders.notes + tidy.notes
        row = self._source(orders, counts, first, tidy.delivery_date, notes, beside)
        as_of = tidy.as_of or day_fetched(orders, self.options.timezone)
        if self.query.modified_since is not None:
            for frame in (tidy.orders, tidy.lines):
                frame.attrs[FILTERS] = {CHANGED_SINCE: str(self.query.modified_since.date())}
        purchases = Purchases(tidy.orders, tidy.lines, tidy.issues, row, as_of)
        return FetchedOrders(purchases, cut_orders.ignored_modified_since)

    def _new_builder(self) -> OrdersBuilder:
        return OrdersBuilder()

    def _complete(self, builder: OrdersBuilder, lookups: Mapping[str, list[Any]], notes: list[str]) -> None:
        """Take in orders that the list did not give: none, where it gave all."""

    def _first_order_date(self, orders: pd.DataFrame) -> pd.Timestamp:
        """Return the first order date of all orders that are known."""
        first: pd.Timestamp = orders["order_date"].min()
        return first

    def to(self, folder: str | Path) -> Path:
        """Write the orders into a folder, part by part, and return it."""
        what = {"receipts": "receipts", "returns": "return orders"}
        unread = " and ".join(what[ours] for ours in contracts.BESIDE_IN_AREA[self.endpoints.area])
        notes = [f"{unread.capitalize()} were not read: they are joined in memory only."]
        ready(folder)  # an unusable folder fails here, not after an hour of fetching
        # Each part is written with its names, so the lookups come before the orders, and need to know the contract.
        self.endpoints.detect_contract(self._filters(), refresh=self.refresh)
        beside = self._time_beside()
        lookups = self._lookups(notes, beside)

        def tidy_part(part: OrdersBuilder, totals: PartTotals) -> tuple[TidyOrders, list[str]]:
            on_lines: list[str] = []
            self._fetch_lines(part, on_lines)
            # What the first part showed about the delivery date holds for all.
            options = replace(self.options, delivery_date=totals.delivery_date or self.options.delivery_date)
            cut_orders = self._tidy(part, lookups, options, before=totals.n_taken)
            return cut_orders.orders, on_lines + cut_orders.notes

        writers: list[PartWriter] = []  # one per attempt to read the list; the last one counts

        def new_writer() -> PartWriter:
            writers.append(PartWriter(folder, tidy_part))
            return writers[-1]

        try:
            orders = self._orders(notes, new_writer)
            return orders.sink.close(
                lambda t: self._source(
                    orders, (t.n_orders, t.n_lines), t.first_order_date, t.delivery_date, notes + t.notes, beside
                ),
                lambda t: t.as_of or day_fetched(orders, self.options.timezone),
            )
        except BaseException:
            for writer in writers:
                writer.drop()
            raise

    def _tidy(
        self,
        builder: OrdersBuilder,
        lookups: dict[str, list[Any]],
        options: TidyOptions,
        before: int = 0,
    ) -> CutOrders:
        tidied = builder.finish(
            connection=self.endpoints.session.connection,
            lookups=lookups,
            delivery_date=options.delivery_date,
            timezone=options.timezone,
            statuses=options.statuses,
            number_format=options.number_format,
            before=before,
        )
        return cut(tidied, self.query, asked_for=builder.asked_for)

    def _time_beside(self, orders_took: float = 0.0) -> TimeBeside:
        """Return the time that the lists beside the orders have: the first one a timeout, and as long as the orders took, since there
        may be as many receipts."""
        return TimeBeside(2 * (self.endpoints.session.timeout + orders_took))

    def _fetch_lines(self, builder: OrdersBuilder, notes: list[str]) -> None:
        """Fetch each order that has no lines in the list on its own."""
        if not builder.without_lines:
            return
        notes.append(
            "The list of orders carries some without lines, so each of these was asked for on its own."
            if builder.with_lines
            else "The list of orders carries no lines, so each order was asked for on its own."
        )
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
        notes = [*notes, *orders.notes, *freshness(first, orders, sync)]
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

    def _receipts_and_returns(self, notes: list[str], beside: TimeBeside) -> dict[str, list[Any]]:
        """Return the receipts and return orders, where the area has and the connection lists them."""
        filters = {name: self.query.params_beside(c) for name, c in contracts.CONTRACTS.items()}
        found: dict[str, list[Any]] = {}
        for ours in contracts.BESIDE_IN_AREA[self.endpoints.area]:
            lost: dict[str, Lookup] = {}
            for name in contracts.BESIDE[ours]:  # the name is not public: the first one that has records wins
                if not found.get(ours):
                    with beside.share() as seconds:
                        had = self.endpoints.lookup(ours, name, self.refresh, seconds, filters)
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
