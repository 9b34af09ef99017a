"""Which orders are wanted: a span of order days, a moment of the last change; as filters for the API, and applied to what came."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import ConfigError
from ..frames import moment_of
from ..tidy import TidyOrders, told_once
from ..transport import MATCH_ALL, Contract

DAY = pd.Timedelta(days=1)
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class OrderQuery:
    """The span of order days, both included, and the moment since which orders changed; None where not limited."""

    since: pd.Timestamp | None
    until: pd.Timestamp | None
    modified_since: pd.Timestamp | None

    def params(self, contract: Contract) -> dict[str, str]:
        """Return the query as filters of a contract.

        The span is a day wider on each side, since an instant's day depends on the zone; `cut` removes the rest.
        """
        out: dict[str, str] = {}
        if contract.order_date:
            if self.since is not None:
                out[contract.order_date.format(op="gteq")] = str((self.since - DAY).date())
            if self.until is not None:
                # Documented as "lteq" in a spelling that may be a slip, so: less than the next day.
                out[contract.order_date.format(op="lt")] = str((self.until + 2 * DAY).date())
        if self.modified_since is not None:
            out[contract.modified_since] = self.modified_since.strftime(_INSTANT)
        return out | (MATCH_ALL if len(out) > 1 else {})

    def params_beside(self, contract: Contract) -> dict[str, str]:
        """Return the filter for documents that follow an order: they can't have changed before its first possible day."""
        if self.since is None:
            return {}
        return {contract.modified_since: (self.since - DAY).strftime(_INSTANT)}


def order_query(since: Any, until: Any, modified_since: Any) -> OrderQuery:
    """Return the query, or raise `ConfigError` where a date is not one or the span is empty."""
    days = [_moment(n, v) for n, v in {"since": since, "until": until, "modified_since": modified_since}.items()]
    first, last = (None if d is None else d.tz_localize(None).normalize() for d in days[:2])
    if first is not None and last is not None and first > last:
        raise ConfigError(f"since={first.date()} is after until={last.date()}")
    return OrderQuery(first, last, days[2])


def _moment(name: str, value: Any) -> pd.Timestamp | None:
    if value is None:
        return None
    moment = moment_of(name, value, last=name == "until")
    stamp: pd.Timestamp = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
    return stamp


class CutCounts(NamedTuple):
    """The orders that were left out and those kept in doubt; of the parts of a list they add up."""

    n_out: int = 0
    n_undated: int = 0
    n_older: int = 0  # that ``modified_since`` excludes, and the server sent

    def plus(self, other: CutCounts) -> CutCounts:
        """Return the counts of both."""
        return CutCounts(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def notes(self) -> list[str]:
        """What to know of it."""
        undated = f"{self.n_undated:,} orders without an order date are kept, though a span was asked for."
        older = f"The server did not keep to modified_since: {self.n_older:,} older orders came and were left out."
        return ([undated] if self.n_undated else []) + ([older] if self.n_older else [])


class CutOrders(NamedTuple):
    """What is left of the orders, and what was cut."""

    orders: TidyOrders
    counts: CutCounts


def cut(tidied: TidyOrders, query: OrderQuery, *, asked_for: Collection[str] = (), in_parts: bool = False) -> CutOrders:
    """Return the orders that the query asks for; the server may have sent more. Orders without a date are kept, with a note.

    Orders whose ids were ``asked_for`` are kept whenever they changed. Of a list ``in_parts`` only the issues of orders and lines that are
    left out go: of the others all parts together decide.
    """
    orders = tidied.orders
    keep = pd.Series(True, index=orders.index)
    date = orders["order_date"]
    if query.since is not None:
        keep &= ~(date < query.since)
    if query.until is not None:
        keep &= ~(date > query.until)
    limited = not (query.since is None and query.until is None)
    n_older = 0
    if query.modified_since is not None:
        older = (orders["updated_at"] < query.modified_since) & ~orders["order_id"].isin(asked_for)
        n_older = int(older.sum())
        keep &= ~older
    counts = CutCounts(int((~keep).sum()), int(date.isna().sum()) if limited else 0, n_older)
    if keep.all():
        return CutOrders(tidied, counts)
    orders = orders[keep].reset_index(drop=True)
    lines = tidied.lines[tidied.lines["order_id"].isin(orders["order_id"])].reset_index(drop=True)
    issues = tidied.issues
    kept = pd.Series(False, index=issues.index)
    for table, ids in {"orders": orders["order_id"], "lines": lines["line_id"]}.items():
        kept |= (issues["table"] == table) & issues["id"].isin(ids)
    if in_parts:
        kept |= issues["id"].isna() | ~issues["table"].isin(["orders", "lines"])
    elif len(lines):  # an issue that stands for many rows may be about others, too
        kept |= issues["id"].isna() | told_once(issues)
    tidied = replace(tidied, orders=orders, lines=lines, issues=issues[kept].reset_index(drop=True))
    return CutOrders(tidied, counts)


def check_list_name(name: str) -> None:
    """Raise `ConfigError` where a name of a list would ask for something else: another folder, or a part of an address."""
    if odd := re.search(r"[?#\\\x00-\x1f]|(?<![^/])\.\.?(?![^/])", name):
        raise ConfigError(f"name={name!r:.60}: {odd[0]!r} is in no path of a list; pass one such as 'vendors'")


def as_sent(field: str, value: Any) -> str:
    """Return a value as a query has it: true and not True, a day as 2026-01-31."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, date) and not pd.isna(value):  # a moment, too
        return (
            value.isoformat() if not isinstance(value, datetime) or value.time() != time() else value.date().isoformat()
        )
    if isinstance(value, str) or (isinstance(value, int | float | np.number) and np.isfinite(value)):
        return str(value)
    raise ConfigError(
        f"{field}={value!r:.60} is nothing that a list can be filtered by: pass a text, a number, True, False or a day"
    )
