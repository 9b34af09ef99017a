"""The row of `sources` for a fetch: where its rows came from, when, and how fresh and complete they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..tidy import SOURCES, parse_values, sound, unreadable_first
from ..transport import PagedResult
from ._query import OrderQuery


def day_fetched(orders: PagedResult[Any], timezone: str) -> pd.Timestamp | None:
    """Return the day on which the orders were fetched: the as-of day where no change is dated."""
    if orders.fetched_at is None:
        return None
    return pd.Timestamp(orders.fetched_at).tz_convert(timezone).tz_localize(None).normalize()


def freshness(first: pd.Timestamp | None, orders: PagedResult[Any], sync: Mapping[str, Any]) -> list[str]:
    """Return notes on how fresh and how complete the rows are."""
    notes = [str(sync["note"])] if "note" in sync else []
    status = sync.get("sync_status")
    if status and str(status) not in ("done", "fulldone"):
        notes.append(f"The connection's synchronisation is not done (sync_status {status!r}): rows may be missing.")
    if first is not None and not pd.isna(first) and orders.fetched_at is not None:
        reach = (pd.Timestamp(orders.fetched_at).tz_localize(None) - first).days
        # Makini's first synchronisation loads 30 to 90 days; a history of that length is likely cut off, not young.
        if 0 <= reach <= 100:
            notes.append(
                f"The earliest order is {reach} days old: a first synchronisation brings 30 to 90 days of history, so older orders "
                "may exist in the source system."
            )
    return notes


def source_row(
    connection: str,
    base_url: str,
    query: OrderQuery,
    orders: PagedResult[Any],
    counts: tuple[int, int],
    delivery_date: str | None,
    read_with: str | None,
    sync: Mapping[str, Any],
    notes: list[str],
) -> pd.DataFrame:
    """Return the one row of `sources` for a fetch."""
    synced, _ = parse_values([sync.get("sync_updated_at")], "instant")
    row: dict[str, Any] = {
        "connection": connection,
        "source": base_url,
        "contract": orders.contract,
        "fetched_at": pd.Timestamp(orders.fetched_at) if orders.fetched_at else pd.NaT,
        "from_cache": orders.from_cache,
        "since": query.since,
        "until": query.until,
        "n_pages": orders.n_pages,
        "n_orders": counts[0],
        "n_lines": counts[1],
        "server_total": orders.server_total,
        "sync_status": None if sync.get("sync_status") is None else sound(str(sync["sync_status"])),
        "synced_at": synced.iloc[0],
        "delivery_date": delivery_date,
        "read_with": read_with,
        "notes": sound(" ".join(unreadable_first(notes))),
    }
    return pd.DataFrame({c.name: pd.Series([row[c.name]], dtype=object).astype(c.dtype) for c in SOURCES})
