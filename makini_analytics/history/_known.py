"""What was known at a moment, as frames or as tables of an engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

import pandas as pd

from ..errors import ConfigError
from ..purchases import Purchases
from ..tidy import SOURCES
from . import _columns
from ._columns import OF_ORDERS
from ._table import Snapshot


def last_looks(snapshot: Snapshot, moment: pd.Timestamp, connection: str | Collection[str] | None) -> pd.DataFrame:
    """Return the last look at each connection until a moment; what the looks before it asked for counts, too."""
    looks = snapshot.looks
    if connection is not None:
        names = [connection] if isinstance(connection, str) else list(connection)
        there = sorted(looks["connection"].unique())
        if odd := [n for n in names if n not in there]:
            raise ConfigError(f"no connection {odd[0]!r} in this history: there is {', '.join(there)}")
        looks = looks[looks["connection"].isin(names)]
    seen = looks[looks["seen_at"] <= moment]
    if not len(seen):
        first = looks["seen_at"].min()
        raise ConfigError(f"nothing was known yet: the first look is of {first:%Y-%m-%d %H:%M} UTC")
    by_connection = seen.groupby("connection", sort=False)
    last = by_connection.tail(1).sort_values("connection", ignore_index=True)
    # orders of earlier looks are there as well, so the span reaches as far as that of any of them
    for name, widest in (("since", by_connection["since"].min()), ("until", by_connection["until"].max())):
        unlimited = seen.loc[seen[name].isna(), "connection"]
        last[name] = last["connection"].map(widest).mask(last["connection"].isin(unlimited)).astype("datetime64[us]")
    return last


def purchases_at(snapshot: Snapshot, moment: pd.Timestamp, looks: pd.DataFrame) -> Purchases:
    """Return what was known at a moment of the connections of these looks."""
    layouts = [json.loads(text) for text in looks["layout"]]
    names = list(looks["connection"])
    frames: dict[str, pd.DataFrame] = {}
    for table in OF_ORDERS:
        columns = list(dict.fromkeys(n for layout in layouts for n in layout[table]))
        rows = snapshot.rows_at(table, moment, connections=names, columns=stored_columns(snapshot, table, columns))
        rows = rows.sort_by([(n, "ascending") for n in ("connection", "seen_at", "version", "row")])
        frames[table] = _columns.frame_of_rows(rows, table, columns)
    sources, as_of = sources_of(looks, lambda table: frames[table]["connection"].value_counts())
    return Purchases(**frames, sources=sources, as_of=as_of)


def stored_columns(snapshot: Snapshot, table: str, columns: list[str]) -> list[str]:
    """Return the stored columns of a table's columns, and those that rows are sorted by."""
    wanted = set(columns)
    found = [n for n in snapshot.names if (c := _columns.name_and_kind(table, n)) and c[0] in wanted]
    return [*dict.fromkeys(["connection", "seen_at", "version", "row", *found])]


def sources_of(looks: pd.DataFrame, counts: Callable[[str], pd.Series]) -> tuple[pd.DataFrame, pd.Timestamp | None]:
    """Return sources and as-of day of looks; of one that did not ask for all, the rows are counted."""
    sources = looks[[c.name for c in SOURCES]].reset_index(drop=True)
    limited = ~looks["whole"].to_numpy(dtype=bool) | looks[["since", "until"]].notna().any(axis=1).to_numpy()
    for table in ("orders", "lines") if limited.any() else ():
        counted = sources["connection"].map(counts(table)).fillna(0).astype("Int64")
        sources[f"n_{table}"] = sources[f"n_{table}"].mask(limited, counted)
    days = looks["as_of"]
    if len(days.drop_duplicates()) > 1:
        sources["as_of"] = days.to_numpy()
    return sources, None if days.isna().all() else days.min()
