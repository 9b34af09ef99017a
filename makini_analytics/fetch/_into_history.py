"""A snapshot of a connection that goes into a history: only what changed, and everything from time to time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from ..errors import ConfigError
from ..frames import MOST_LINES
from ..history import History, knows_more_lines, scratch_for
from ..purchases import Purchases
from ..system import folder_of, not_writable
from ._comparable import NotEnough
from ._purchase_orders import PurchaseOrderFetch
from ._query import OrderQuery
from ._update import all_instead, known_rows, with_changes

#: After so long everything is fetched again: what was deleted without a mark, or changed without a date, shows in that alone.
FULL_EVERY = pd.Timedelta(days=7)
_MANY = f"Everything was fetched, since more than {MOST_LINES:,} lines are known: pass modified_since= for the changes alone."


def history_of(to: History | str | Path) -> History:
    """Return the history that ``to=`` names."""
    if isinstance(to, History):
        return to
    if "://" in str(to):  # a path would make a folder of this name here
        raise ConfigError(f"to= takes the address of an object store as a history: ma.History({str(to)!r})")
    place = folder_of("to", to)
    if not place.is_dir() and (reason := not_writable(place)):
        raise ConfigError(f"to={str(to)!r} {reason}")
    return History(place)


def into_history(history: History, fetch: PurchaseOrderFetch, per_page: int) -> pd.DataFrame:
    """Fetch what the history does not know of a connection, add it, and return what it changed.

    All of a connection goes there by a folder, whatever its size: a small one takes some tenths of a second longer so, and is the same.
    """
    name, query = fetch.endpoints.session.connection, fetch.query
    known, online = None, not fetch.endpoints.session.offline
    if query.modified_since is None and knows_more_lines(history, name, MOST_LINES):
        fetch = replace(fetch, because=_MANY)  # what is known would be in memory meanwhile
    elif online and not fetch.refresh:
        known = _known(history, name, query)
    if online and name in set(history.snapshots["connection"]):
        fetch = replace(fetch, refresh=True)  # what the cache holds may be older than what is known
    if known is not None:
        try:
            return history.add(with_changes(known_rows(known, name), fetch, per_page), whole=False)
        except NotEnough as why:
            fetch = all_instead(known, fetch, why)
            known = None  # let it go: what comes may be as large
    with scratch_for(history) as place:
        return history.add(fetch.in_parts(place), whole=query.modified_since is None)


def _known(history: History, connection: str, query: OrderQuery) -> Purchases | None:
    """Return what is known of a connection, where an update of it gives what was asked for; else None."""
    snapshots = history.snapshots
    mine = snapshots[snapshots["connection"] == connection]
    full = mine.loc[mine["whole"].fillna(False).to_numpy(dtype=bool), "seen_at"].max()
    if query.modified_since is not None or pd.isna(full) or pd.Timestamp.now("UTC") - full >= FULL_EVERY:
        return None
    known = history.at(connection=connection)
    row = known.sources.iloc[0]
    spans = ((row["since"], query.since), (row["until"], query.until))
    same = all(asked == was if asked is not None else pd.isna(was) for was, asked in spans)
    return known if same and str(row["source"]).startswith(("http://", "https://")) else None
