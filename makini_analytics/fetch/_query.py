"""What is asked of a connection: a span of order days, a moment of the last change; and what of the answer is cut off here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..tidy import Tidied
from ..transport import MATCH_ALL, Contract

DAY = pd.Timedelta(days=1)
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Asked:
    """The span of order days, both included, and the moment of the last change, where they were asked for."""

    since: pd.Timestamp | None
    until: pd.Timestamp | None
    modified_since: pd.Timestamp | None

    def params(self, contract: Contract) -> dict[str, str]:
        """Return the filters of a contract. The span is one day wider on each side, since an instant's day depends on the zone."""
        out: dict[str, str] = {}
        if contract.order_date:
            if self.since is not None:
                out[contract.order_date.format(op="gteq")] = str((self.since - DAY).date())
            if (
                self.until is not None
            ):  # "less or equal" is documented in a spelling that may be a slip: less than the next
                out[contract.order_date.format(op="lt")] = str((self.until + 2 * DAY).date())
        if self.modified_since is not None:
            out[contract.modified_since] = self.modified_since.strftime(_INSTANT)
        return out | (MATCH_ALL if len(out) > 1 else {})

    def params_beside(self, contract: Contract) -> dict[str, str]:
        """Return the filter for documents that follow an order: they changed after the first day that is asked for."""
        if self.since is None:
            return {}
        return {contract.modified_since: (self.since - DAY).strftime(_INSTANT)}


def asked(since: Any, until: Any, modified_since: Any) -> Asked:
    """Return what is asked, or raise `ConfigError` where a date is none or the span is empty."""
    days = [_moment(n, v) for n, v in {"since": since, "until": until, "modified_since": modified_since}.items()]
    first, last = (None if d is None else d.tz_localize(None).normalize() for d in days[:2])
    if first is not None and last is not None and first > last:
        raise ConfigError(f"since={first.date()} is after until={last.date()}")
    return Asked(first, last, days[2])


def _moment(name: str, value: Any) -> pd.Timestamp | None:
    if value is None:
        return None
    try:
        moment: Any = pd.Timestamp(value)
    except (ValueError, TypeError):
        moment = pd.NaT
    if moment is pd.NaT:
        raise ConfigError(f"{name}={value!r} is no date: pass one like '2025-01-31'")
    stamp: pd.Timestamp = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
    return stamp


def cut(tidied: Tidied, question: Asked) -> tuple[Tidied, list[str]]:
    """Return what was asked of what came: the server may have sent more. Orders without a date are kept, and told."""
    orders, notes = tidied.orders, []
    keep = pd.Series(True, index=orders.index)
    date = orders["order_date"]
    if question.since is not None:
        keep &= ~(date < question.since)
    if question.until is not None:
        keep &= ~(date > question.until)
    if question.since is not None or question.until is not None:
        undated = int(date.isna().sum())
        if undated:
            notes.append(f"{undated:,} orders without an order date are kept, though a span was asked for.")
    if question.modified_since is not None:
        older = orders["updated_at"] < question.modified_since
        if older.any():
            notes.append(
                f"The server did not keep to modified_since: {int(older.sum()):,} older orders came and were left out."
            )
            keep &= ~older
    if keep.all():
        return tidied, notes
    orders = orders[keep].reset_index(drop=True)
    lines = tidied.lines[tidied.lines["order_id"].isin(orders["order_id"])].reset_index(drop=True)
    ids = {"orders": orders["order_id"], "lines": lines["line_id"]}
    issues = tidied.issues
    kept = pd.Series(False, index=issues.index)
    for table, known in ids.items():
        kept |= (issues["table"] == table) & issues["id"].isin(known)
    return replace(tidied, orders=orders, lines=lines, issues=issues[kept].reset_index(drop=True)), notes
