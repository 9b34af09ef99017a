"""How lines came to be what they are: each version of each line, with the snapshots between which it began and ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from ..errors import OptionError
from . import _columns
from ._known import stored_columns
from ._table import Commit

_IDS = ("connection", "order_id", "line_id")


def versions_of(
    commit: Commit, moment: pd.Timestamp, columns: Sequence[str], connections: Collection[str]
) -> pd.DataFrame:
    """Return a row per version of a line that was seen by a moment."""
    seen = commit.seen_by(moment, connections)
    wanted = list(dict.fromkeys([*_IDS, *columns]))
    stored = stored_columns(commit, "lines", wanted)
    there = {found[0] for n in stored if (found := _columns.name_and_kind("lines", n))}
    if lacking := [c for c in columns if c not in there]:
        raise OptionError(f"the lines of this history have no column {lacking[0]!r}")
    rows = commit.read("lines", stored, seen)
    rows = rows.sort_by([(n, "ascending") for n in ("connection", "seen_at", "version", "row")])
    out = _columns.frame_of_rows(rows, "lines", wanted)
    version = rows["version"].to_numpy()
    out.insert(3, "seen_at", _columns.to_pandas(rows["seen_at"], "instant"))
    ends = commit.ends(seen)
    ended = pd.Series(_columns.to_pandas(ends["seen_at"], "instant").array, index=ends["version"].to_numpy())
    ended = ended.groupby(level=0).min()  # a snapshot that came later to its place may have ended it earlier
    out.insert(4, "ended_at", pd.Series(ended.reindex(version).array, index=out.index))
    out.insert(3, "not_before", _snapshots_before(commit, out))
    return out


def _snapshots_before(commit: Commit, rows: pd.DataFrame) -> pd.Series:
    """Return the last snapshot of the connection of each row before the one that it was seen at."""
    before = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us, UTC]")
    for name, snapshots in commit.snapshots.groupby("connection"):
        moments = pd.DatetimeIndex(snapshots["seen_at"].unique())
        mine = np.flatnonzero((rows["connection"] == name).to_numpy(dtype=bool))
        place = moments.get_indexer(pd.DatetimeIndex(rows["seen_at"].iloc[mine]))
        known = mine[place > 0]
        before.iloc[known] = moments[place[place > 0] - 1]
    return before
