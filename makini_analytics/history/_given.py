"""What a snapshot brings: frames in memory or saved in parts, cut into orders, each with its digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, SchemaError
from ..frames import CHANGED_SINCE, FILTERS, need
from ..purchases import Purchases, own_days, saved_parts
from ..tidy import SOURCES
from . import _columns
from ._columns import OF_ORDERS
from ._digest import row_digests

Part = Mapping[str, pd.DataFrame]
#: Between connection and order id in the key of an order.
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Given:
    """What is added: a row of ``sources`` for each connection, with as-of day and the moment it was seen, and the rows of its orders."""

    sources: pd.DataFrame
    parts: Callable[[], Iterator[Part]]

    @cached_property
    def connections(self) -> list[str]:
        """The names of the connections."""
        return [str(n) for n in self.sources["connection"]]

    @cached_property
    def orders(self) -> pd.DataFrame:
        """The orders by key: connection, digest of all their rows, order date. Rows of no order of a connection are as one of its own."""
        found = [_orders_in(part) for part in self.parts()]
        out = pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]
        return _summed(out["key"], out["connection"], out["digest"].to_numpy(), out["order_date"]).set_index("key")

    @cached_property
    def layouts(self) -> dict[str, dict[str, dict[str, str]]]:
        """The kinds of the columns of each table, by connection; a custom field that only others have is not one of it."""
        out: dict[str, dict[str, dict[str, str]]] = {n: {t: {} for t in OF_ORDERS} for n in self.connections}
        for part in self.parts():
            for table in OF_ORDERS:
                frame = part[table]
                kinds = {str(c): _columns.kind_of(table, str(c), d) for c, d in frame.dtypes.items()}
                for name in self.connections:
                    own = kinds
                    if len(self.connections) > 1:
                        mine = frame[(frame["connection"] == name).to_numpy(dtype=bool, na_value=False)]
                        own = {
                            c: k for c, k in kinds.items() if c in _columns.known_kinds(table) or mine[c].notna().any()
                        }
                    out[name][table] |= own
        return out


def given(data: Any, seen_at: pd.Timestamp | None, *, whole: bool) -> Given:
    """Return purchases as a snapshot of each of their connections."""
    if not isinstance(data, Purchases):
        raise ConfigError(f"add takes Purchases, a client or a folder of saved purchases, not {type(data).__name__}")
    filters = dict(data.lines.attrs.get(FILTERS) or {})
    if not whole:
        filters.pop(CHANGED_SINCE, None)
    if filters:
        told = ", ".join(f"{k} {v}" for k, v in filters.items())
        hint = ": pass whole=False" if set(filters) == {CHANGED_SINCE} else ""
        raise ConfigError(f"add takes all of the purchases, and these are a part ({told}){hint}")
    if data.lines.attrs.get("currency"):
        raise ConfigError("add takes amounts as the source gave them, and these are converted")
    frames = {table: getattr(data, table) for table in OF_ORDERS}
    return Given(snapshots_of(data.sources, data.as_of, seen_at, frames), lambda: iter([frames]))


def given_in(folder: str | Path, seen_at: pd.Timestamp | None) -> Given:
    """Return saved purchases as a snapshot, part by part where they were written so."""
    sources, as_of, parts = saved_parts(folder)
    return Given(snapshots_of(sources, as_of, seen_at, next(parts())), parts)


def snapshots_of(
    sources: pd.DataFrame, as_of: pd.Timestamp | None, seen_at: pd.Timestamp | None, part: Part
) -> pd.DataFrame:
    """Return a row for each connection: what ``sources`` says of it, its as-of day, and when it was seen."""
    names = pd.concat([part[t]["connection"] for t in OF_ORDERS if "connection" in part[t]], ignore_index=True)
    for table in ("orders", "lines"):
        need(part[table].columns, "connection", "order_id", metric="History.add")
        if part[table]["connection"].isna().any():
            raise SchemaError(f"{table} has rows without a connection: a history keeps each by itself")
    rows = sources.reindex(columns=[c.name for c in SOURCES]).assign(as_of=own_days(sources, as_of))
    rows = rows[rows["connection"].notna()]
    more = [n for n in names.dropna().astype("string").unique() if n not in set(rows["connection"])]
    if more:
        rows = pd.concat([rows, pd.DataFrame({"connection": more, "as_of": as_of})], ignore_index=True)
    rows = rows.astype({c.name: c.dtype for c in SOURCES} | {"as_of": "datetime64[us]"}).reset_index(drop=True)
    if rows["connection"].duplicated().any():
        raise SchemaError("sources have a connection twice")
    moments = rows["fetched_at"].fillna(rows["as_of"].dt.tz_localize("UTC"))
    if seen_at is not None:
        moments[:] = seen_at
    if not len(rows) or moments.isna().any():
        raise ConfigError("it is not known when these purchases were seen: pass seen_at='2026-01-31'")
    return rows.assign(seen_at=moments.astype("datetime64[us, UTC]"))


# ---- the rows of an order -----------------------------------------------------------------------------------------------


def keys_in(part: Part) -> dict[str, pd.Series]:
    """Return the key of the order that each row belongs to; an issue belongs to the order that it, or whose line, it is of."""
    out = {t: _key(part[t], part[t]["order_id"]) for t in ("orders", "lines")}
    issues, lines = part["issues"], part["lines"]
    of_row = _key(issues, issues["id"]).where(issues["id"].notna())
    own = of_row.where((issues["table"] == "orders").fillna(False) & of_row.isin(out["orders"]))
    if len(issues) and "line_id" in lines:
        by_line = pd.Series(out["lines"].to_numpy(), index=_key(lines, lines["line_id"]))
        of_line = of_row.map(by_line[~by_line.index.duplicated()])
        of_line = of_line.astype("string")  # of no lines pandas makes another type
        own = own.fillna(of_line.where((issues["table"] == "lines").fillna(False)))
    out["issues"] = own.astype("string").fillna(_key(issues, pd.Series(pd.NA, index=issues.index)))
    return out


def _key(frame: pd.DataFrame, ids: pd.Series) -> pd.Series:
    return frame["connection"].astype("string") + SEPARATOR + ids.astype("string").fillna("")


def _orders_in(part: Part) -> pd.DataFrame:
    keys = keys_in(part)
    digests = [row_digests(part[t], t) for t in OF_ORDERS]
    never = pd.Series(pd.NaT, index=part["issues"].index, dtype="datetime64[us]")
    dates = [part[t].get("order_date", pd.Series(pd.NaT, index=part[t].index)) for t in ("orders", "lines")]
    dates = [pd.to_datetime(d).astype("datetime64[us]") for d in dates]
    return _summed(
        pd.concat([keys[t] for t in OF_ORDERS], ignore_index=True),
        pd.concat([part[t]["connection"].astype("string") for t in OF_ORDERS], ignore_index=True),
        np.concatenate(digests),
        pd.concat([*dates, never], ignore_index=True),
    )


def _summed(keys: pd.Series, connections: pd.Series, digests: Any, dates: pd.Series) -> pd.DataFrame:
    """Return the connection, the digest and the first order date of each key."""
    codes, names = pd.factorize(keys)
    sums = np.zeros(len(names), dtype=np.uint64)
    np.add.at(sums, codes, digests)
    days = dates.groupby(codes).min().reindex(range(len(names)))
    of = connections[~pd.Series(codes).duplicated().to_numpy()].array  # codes are numbered as keys appear
    key = pd.Index(names, dtype="string")
    return pd.DataFrame({"key": key, "connection": of, "digest": sums, "order_date": days.to_numpy()})


def layout_text(layout: Mapping[str, Any]) -> str:
    """Return a layout as it is kept."""
    return json.dumps(layout, separators=(",", ":"), ensure_ascii=False)
