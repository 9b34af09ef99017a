"""What was known at a moment, as frames or as tables of an engine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import ConfigError
from ..frames import moment_of
from ..purchases import Purchases
from ..tidy import SOURCES
from . import _columns
from ._columns import OF_ORDERS
from ._table import Commit

if TYPE_CHECKING:
    from ._history import History

#: A text that tells a time, too, and not a day alone.
_WITH_TIME = re.compile(r":|\d[Tt]\d")


def last_snapshots(commit: Commit, moment: pd.Timestamp, connection: str | Collection[str] | None) -> pd.DataFrame:
    """Return the last snapshot of each connection until a moment; what the snapshots before it asked for counts, too."""
    snapshots = commit.snapshots
    if connection is not None:
        names = [connection] if isinstance(connection, str) else connection
        if not isinstance(names, Collection) or not len(names):
            raise ConfigError(f"connection={connection!r:.60}: pass the name of a connection, or several")
        there = sorted(snapshots["connection"].unique())
        if odd := [n for n in names if n not in there]:
            raise ConfigError(f"no connection {odd[0]!r} in this history: there is {', '.join(there)}")
        snapshots = snapshots[snapshots["connection"].isin(names)]
    if not len(snapshots):
        raise ConfigError("this history holds nothing any more: all that it knew was forgotten; add purchases")
    seen = snapshots[snapshots["seen_at"] <= moment]
    if not len(seen):
        first = snapshots["seen_at"].min()
        raise ConfigError(f"nothing was known yet: the first snapshot is of {first:%Y-%m-%d %H:%M} UTC")
    by_connection = seen.groupby("connection", sort=False)
    last = by_connection.tail(1).sort_values("connection", ignore_index=True)
    asked_for_all = last["whole"].fillna(False) & last["since"].isna() & last["until"].isna()
    last["limited"] = ~asked_for_all.to_numpy(dtype=bool)
    # orders of earlier snapshots are there as well, so the span reaches as far as that of any of them
    for name, widest in (("since", by_connection["since"].min()), ("until", by_connection["until"].max())):
        unlimited = seen.loc[seen[name].isna(), "connection"]
        last[name] = last["connection"].map(widest).mask(last["connection"].isin(unlimited)).astype("datetime64[us]")
    return last


def knows_more_lines(history: History, connection: str, most: int) -> bool:
    """Return whether more lines of a connection than so many are known today."""
    import pyarrow.dataset as ds

    commit = history._table.commit()
    # as a rule there are fewer of all connections and days together, which the files' heads tell
    if commit is None or commit.dataset.count_rows(filter=ds.field("part") == "lines") <= most:
        return False
    return len(commit.rows_at("lines", end_of("day", None), connections=[connection], columns=["version"])) > most


def purchases_at(commit: Commit, moment: pd.Timestamp, snapshots: pd.DataFrame) -> Purchases:
    """Return what was known at a moment of the connections of these snapshots."""
    layouts = [json.loads(text) for text in snapshots["layout"]]
    names = list(snapshots["connection"])
    frames: dict[str, pd.DataFrame] = {}
    for table in OF_ORDERS:
        columns = list(dict.fromkeys(n for layout in layouts for n in layout[table]))
        rows = commit.rows_at(table, moment, connections=names, columns=stored_columns(commit, table, columns))
        rows = rows.sort_by([(n, "ascending") for n in ("connection", "seen_at", "version", "row")])
        frames[table] = _columns.frame_of_rows(rows, table, columns)
    sources, as_of = sources_of(snapshots, lambda table: frames[table]["connection"].value_counts())
    return Purchases(**frames, sources=sources, as_of=as_of)


def stored_columns(commit: Commit, table: str, columns: list[str]) -> list[str]:
    """Return the stored columns of a table's columns, and those that rows are sorted by."""
    wanted = set(columns)
    found = [n for n in commit.names if (c := _columns.name_and_kind(table, n)) and c[0] in wanted]
    return [*dict.fromkeys(["connection", "seen_at", "version", "row", *found])]


def sources_of(
    snapshots: pd.DataFrame, counts: Callable[[str], pd.Series] | None = None
) -> tuple[pd.DataFrame, pd.Timestamp | None]:
    """Return sources and as-of day of snapshots; of one that did not ask for all, the rows are counted where ``counts`` can."""
    sources = snapshots[[c.name for c in SOURCES]].reset_index(drop=True)
    limited = snapshots["limited"].to_numpy()
    if counts and limited.any():
        for name in ("orders", "lines"):
            counted = sources["connection"].map(counts(name)).fillna(0).astype("Int64")
            sources[f"n_{name}"] = sources[f"n_{name}"].mask(limited, counted)
    days = snapshots["as_of"]
    if len(days.drop_duplicates()) > 1:
        sources["as_of"] = days.to_numpy()
    return sources, None if days.isna().all() else days.min()


def moment_in_utc(name: str, value: Any, *, last: bool = False) -> pd.Timestamp:
    """Return an argument as a moment, one without a zone as of UTC."""
    moment = moment_of(name, value, last=last)
    return moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")


def end_of(name: str, day: Any) -> pd.Timestamp:
    """Return the moment until which snapshots count: the end of a day, where neither time nor zone is given."""
    if day is None:
        return pd.Timestamp("2262-01-01", tz="UTC")
    moment = moment_in_utc(name, day, last=True)
    told = _WITH_TIME.search(day) if isinstance(day, str) else getattr(day, "tzinfo", None)
    if told or moment != moment.normalize():
        return moment
    return moment + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
