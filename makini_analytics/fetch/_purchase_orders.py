"""One fetch of purchase orders: the walk, what goes with it, and the frames, in memory or part by part on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ApiError
from ..purchases import Parts, Purchases, Told, ready
from ..records import Shaped
from ..system import Progress
from ..tidy import LINE_CONTAINERS, Tidied, Tidying
from ..transport import Link, Lists, T, Walked, contracts
from ._query import Asked, cut
from ._source_row import day_fetched, freshness, source_row


@dataclass(frozen=True)
class Fetch:
    """What is asked of a connection, and how it is to be read."""

    link: Link
    lists: Lists
    walking: Callable[[str], AbstractContextManager[Progress]]  # shows the progress of a walk
    base_url: str
    question: Asked
    refresh: bool
    timezone: str
    statuses: Mapping[str, str] | None
    delivery_date: str

    def purchases(self) -> Purchases:
        """Return the orders, with their lines, names, receipts and returns."""
        notes: list[str] = []
        orders = self._orders(notes, Tidying)
        if orders.into.without_lines:
            notes.append("The list of orders carries no lines, so each order was asked for on its own.")
            with self.walking("lines") as progress:
                orders.into.without_lines = self.lists.with_lines(orders.into.without_lines, self.refresh, progress)
        lookups = self._lookups(notes) | self._beside()
        tidied = orders.into.finish(
            connection=self.link.connection,
            lookups=lookups,
            delivery_date=self.delivery_date,
            timezone=self.timezone,
            statuses=self.statuses,
        )
        tidied, cut_notes = cut(tidied, self.question)
        counts, first = (len(tidied.orders), len(tidied.lines)), tidied.orders["order_date"].min()
        notes += cut_notes + tidied.notes
        row = self._source(orders, counts, first, tidied.delivery_date, notes)
        as_of = tidied.as_of or day_fetched(orders, self.timezone)
        return Purchases(tidied.orders, tidied.lines, tidied.issues, row, as_of)

    def to(self, folder: str | Path) -> Path:
        """Write the orders into a folder, part by part, and return it."""
        notes = (
            ["Receipts and return orders were not read: they are joined in memory only."]
            if self.lists.area == "erp"
            else []
        )
        ready(folder)  # before anything is asked
        # the names come first, since each part is given them
        self.lists.learn({n: self.question.params(c) for n, c in contracts.CONTRACTS.items()}, refresh=self.refresh)
        lookups = self._lookups(notes)

        def tidy(part: Tidying, told: Told) -> tuple[Tidied, list[str]]:
            if part.without_lines and not told.with_lines:
                with self.walking("lines") as progress:
                    part.without_lines = self.lists.with_lines(part.without_lines, self.refresh, progress)
            tidied = part.finish(
                connection=self.link.connection,
                lookups=lookups,
                delivery_date=told.delivery_date or self.delivery_date,
                timezone=self.timezone,
                statuses=self.statuses,
                before=told.n_taken,
            )
            return cut(tidied, self.question)

        parts: list[Parts] = []  # of a walk that is repeated the last one counts

        def into() -> Parts:
            parts.append(Parts(folder, tidy))
            return parts[-1]

        try:
            orders = self._orders(notes, into)
            return orders.into.close(
                lambda t: self._source(
                    orders,
                    (t.n_orders, t.n_lines),
                    t.first_order_date,
                    t.delivery_date,
                    notes + t.notes,
                ),
                lambda t: t.as_of or day_fetched(orders, self.timezone),
            )
        except BaseException:
            for each in parts:
                each.drop()
            raise

    def _source(
        self,
        orders: Walked[Any],
        counts: tuple[int, int],
        first: pd.Timestamp | None,
        delivery_date: str | None,
        notes: list[str],
    ) -> pd.DataFrame:
        """Return the row of `sources`, with what to know of how the orders came and how fresh they are."""
        sync = self.lists.sync_state(self.refresh)
        if self.link.offline and orders.fetched_at is not None:
            notes = [*notes, f"Read offline, from pages stored {orders.fetched_at:%Y-%m-%d %H:%M} UTC."]
        notes = [*notes, *orders.notes, *freshness(first, orders, sync)]
        return source_row(
            self.link.connection, self.base_url, self.question, orders, counts, delivery_date, sync, notes
        )

    def _orders(self, notes: list[str], into: Callable[[], T]) -> Walked[T]:
        """Take in every page of orders."""
        params = {name: self.question.params(c) for name, c in contracts.CONTRACTS.items()}
        with self.walking(contracts.ORDERS) as progress:
            asked = partial(
                self.lists.walk,
                contracts.ORDERS,
                into,
                refresh=self.refresh,
                parser=lambda: Shaped(LINE_CONTAINERS),
                progress=progress,
            )
            try:
                return asked(params)
            except ApiError as e:
                if e.status not in (400, 422) or not any(params.values()):
                    raise
                notes.append(
                    f"The API does not take the filters ({e.status}), so every order was fetched and cut here."
                )
                return asked()

    def _lookups(self, notes: list[str]) -> dict[str, list[Any]]:
        """Return the lists that give names to keys."""
        return {
            ours: self.lists.names(ours, name, self.refresh, notes)
            for ours, name in contracts.LOOKUPS.items()
            if name not in contracts.NOT_IN_AREA.get(self.lists.area, ())
        }

    def _beside(self) -> dict[str, list[Any]]:
        """Return the receipts and return orders, where the connection lists them."""
        if self.lists.area != "erp":
            return {}
        params = {name: self.question.params_beside(c) for name, c in contracts.CONTRACTS.items()}
        found: dict[str, list[Any]] = {}
        for ours, names in contracts.BESIDE.items():
            for name in names:
                if not found.get(ours):
                    found[ours] = self.lists.names(ours, name, self.refresh, [], params)
        return found
