"""What a snapshot brings: frames in memory or saved in parts, cut into orders, each with its digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
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
from ._digest import Hashes, mixed, row_digests, text_hashes

Part = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Given:
    """What is added: a row of ``sources`` for each connection, with as-of day and the moment it was seen, and the rows of its orders."""

    sources: pd.DataFrame
    parts: Callable[[], Iterator[Part]]

    @cached_property
    def connections(self) -> list[str]:
        """The names of the connections."""
        return [str(n) for n in self.sources["connection"]]

    @property
    def orders(self) -> pd.DataFrame:
        """The orders by key: connection, id, digest of all their rows, order date. Rows of no order of a connection are as one without id."""
        return self._looked_at[0]

    @property
    def layouts(self) -> dict[str, dict[str, dict[str, str]]]:
        """The kinds of the columns of each table, by connection; a custom field that only others have is not one of it."""
        return self._looked_at[1]

    @cached_property
    def _looked_at(self) -> tuple[pd.DataFrame, dict[str, dict[str, dict[str, str]]]]:
        found: list[pd.DataFrame] = []
        layouts: dict[str, dict[str, dict[str, str]]] = {n: {t: {} for t in OF_ORDERS} for n in self.connections}
        for part in self.parts():
            found.append(_orders_in(part))
            for table, name in product(OF_ORDERS, self.connections):
                layouts[name][table] |= _kinds_of(part[table], table, name if len(layouts) > 1 else None)
        return _summed(pd.concat(found).reset_index()) if len(found) > 1 else found[0], layouts


def _kinds_of(frame: pd.DataFrame, table: str, connection: str | None) -> dict[str, str]:
    """Return the kinds of the columns of a table, those of a connection where one is named."""
    kinds = {str(c): _columns.kind_of(table, str(c), d) for c, d in frame.dtypes.items()}
    if connection is None:
        return kinds
    mine = (frame["connection"] == connection).to_numpy(dtype=bool, na_value=False)
    return {c: k for c, k in kinds.items() if c in _columns.known_kinds(table) or frame[c][mine].notna().any()}


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


def keys_of(connections: Any, ids: Any) -> Hashes:
    """Return the keys of orders, or of lines: numbers, since millions of texts are gigabytes.

    That two of ten million orders have one number happens in one of 400,000 histories; these two are one order to it then.
    """
    return mixed(mixed(text_hashes(_texts(connections))) + text_hashes(_texts(ids)))


def _texts(texts: Any) -> pd.Series:
    """Return texts; an empty one is none."""
    out = pd.Series(texts, dtype="string").reset_index(drop=True)
    return out.mask(out == "")


def keys_in(part: Part) -> dict[str, Hashes]:
    """Return the key of the order that each row belongs to; an issue belongs to the order that it, or whose line, it is of."""
    issues, lines = part["issues"], part["lines"]
    out = {t: keys_of(part[t]["connection"], part[t]["order_id"]) for t in ("orders", "lines")}
    of_row = keys_of(issues["connection"], issues["id"])
    of, given = issues["table"].to_numpy(dtype=object), issues["id"].notna().to_numpy()
    own = keys_of(issues["connection"], [pd.NA] * len(issues))
    own = np.where(given & (of == "orders") & np.isin(of_row, out["orders"]), of_row, own)
    if len(issues) and "line_id" in lines:
        by_line = pd.Series(out["lines"], index=keys_of(lines["connection"], lines["line_id"]))
        by_line = by_line[~by_line.index.duplicated()]
        place = by_line.index.get_indexer(pd.Index(of_row))
        of_line = given & (of == "lines") & (place >= 0)
        own[of_line] = by_line.to_numpy()[place[of_line]]
    return out | {"issues": own}


def _orders_in(part: Part) -> pd.DataFrame:
    keys, rows = keys_in(part), []
    for table in OF_ORDERS:
        frame = part[table].reindex(columns=["connection", "order_id", "order_date"])
        of_table = {
            "key": keys[table],
            "connection": frame["connection"].astype("string").array,
            "order_id": _texts(frame["order_id"]),
            "digest": row_digests(part[table], table),
            "order_date": pd.to_datetime(frame["order_date"]).astype("datetime64[us]").array,
        }
        rows.append(pd.DataFrame(of_table))
    return _summed(pd.concat(rows, ignore_index=True))


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the connection, the id, the digest and the first order date of each key."""
    codes, keys = pd.factorize(rows["key"])
    first = ~pd.Series(codes).duplicated().to_numpy()  # codes are numbered as keys appear
    sums = np.zeros(len(keys), dtype=np.uint64)
    np.add.at(sums, codes, rows["digest"].to_numpy())
    days = rows["order_date"].groupby(codes).min()
    out = rows.loc[first, ["connection", "order_id"]].assign(digest=sums, order_date=days.to_numpy())
    return out.set_axis(pd.Index(keys, name="key"))


def layout_text(layout: Mapping[str, Any]) -> str:
    """Return a layout as it is kept."""
    return json.dumps(layout, separators=(",", ":"), ensure_ascii=False)
