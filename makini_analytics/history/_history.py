"""`History`: the purchases as they were known on any day since it began."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .._door import LeadsToPurchases
from ..errors import ConfigError, MakiniError
from ..purchases import Purchases, Scan
from ..system import flag_of, known_options, number_of, texts_of
from ._changes import changes
from ._damage import tells_damage
from ._given import Given, given, given_in
from ._kept import Kept
from ._known import end_of, last_snapshots, moment_in_utc, purchases_at
from ._on_disk import scanned
from ._table import Commit, Conflict, HistoryTable, no_snapshots
from ._versions import versions_of

if TYPE_CHECKING:
    from ..fetch import Client

#: How often an addition is tried where other processes come first; each time one of theirs is in.
_TRIES = 100
#: No history is so many days long.
MOST_DAYS = 100_000


class History(LeadsToPurchases):
    """What was known when: snapshots of the purchases of any number of connections, kept in a folder.

    Makini tells the present state: a promised date that was changed is overwritten, an order that was deleted is gone. A history keeps
    every snapshot, and of each snapshot only the orders that were new, changed or gone, so that a year of days takes little more than one. Each
    snapshot is one commit of a Delta table (https://delta.io), which Spark, DuckDB, polars, Databricks and Fabric read: it is there whole or
    not at all, and processes may add side by side.

    Between two snapshots nothing is known: what the first one had and the second has not ended at some moment between them.

    Parameters
    ----------
    folder : a new or empty folder, or one that holds a history; or the address of an object store, such as "s3://bucket/purchases"
    storage_options : settings of the object store, as ``deltalake`` has them

    Raises
    ------
    ConfigError
        deltalake is not installed: ``pip install 'makini-analytics[history]'``.

    Examples
    --------
    >>> import tempfile
    >>> import makini_analytics as ma
    >>> table = pd.DataFrame({"order_number": ["4501", "4502"], "required_date": ["2025-03-01"] * 2, "amount": [100.0, 80.0]})
    >>> first = ma.Purchases.from_table(table, currency="EUR", as_of="2025-02-01")
    >>> later = ma.Purchases.from_table(table.replace("2025-03-01", "2025-03-20").head(1), currency="EUR", as_of="2025-03-05")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = ma.History(folder)
    ...     told = [history.add(data) for data in (first, later, later)]
    ...     then = history.at("2025-02-28").lines.required_date
    >>> told[1][["n_new", "n_changed", "n_gone", "n_same"]]
       n_new  n_changed  n_gone  n_same
    0      0          1       1       0
    >>> len(told[2]), then.dt.date.astype(str).tolist()
    (0, ['2025-03-01', '2025-03-01'])
    """

    @known_options
    @tells_damage
    def __init__(self, folder: str | Path, *, storage_options: Mapping[str, str] | None = None) -> None:
        self._table = HistoryTable(folder, storage_options)
        self._table.open()  # a folder of something else fails here, not after an hour of fetching
        self._lock = threading.Lock()  # the connections of a process take turns, so that they need not try again

    @tells_damage
    def __repr__(self) -> str:
        commit = self._table.commit()
        if commit is None or not len(commit.snapshots):
            return f"History({str(self._table.folder)!r}, empty)"
        snapshots = commit.snapshots
        span = f"{snapshots['seen_at'].min().date()} to {snapshots['seen_at'].max().date()}"
        return f"History({str(self._table.folder)!r}, {len(snapshots):,} snapshots of {snapshots['connection'].nunique():,} connections, {span})"

    @property
    def folder(self) -> Path | str:
        """Where it lies: a folder, or the address of an object store."""
        return self._table.folder

    # ---- adding ----------------------------------------------------------------------------------------------------------

    @known_options
    @tells_damage
    def add(self, data: Purchases | Client | str | Path, *, seen_at: Any = None, whole: bool = True) -> pd.DataFrame:
        """Add a snapshot: the orders that are new or say something else than in the snapshot before, and which are gone.

        All of it, of all connections in the data, is one commit. What is known already adds nothing. A snapshot that is older than the
        last one goes to its place between the others, and changes nothing of what is known of later days.

        Parameters
        ----------
        data : Purchases; or a client, whose purchases are fetched now (as ``client.fetch_purchases(to=history)`` does; with ``seen_at``
            all of them, in memory); or a folder of saved purchases
        seen_at : when the data were as they are; where omitted, when they were fetched, else their as-of day
        whole : whether a known order that is not among the data is gone: of the span of order dates that was asked for. Pass False
            where ``modified_since`` left out the others

        Returns
        -------
        DataFrame, one row per snapshot that was added: ``connection, seen_at, n_new, n_changed, n_gone, n_same`` orders

        Raises
        ------
        ConfigError
            The data are a part of others (`Purchases.filter`), converted, or it is not known when they were seen.
        SchemaError
            Rows have no connection, or a value is none of its column.
        """
        flag_of("whole", whole)
        moment = None if seen_at is None else moment_in_utc("seen_at", seen_at)
        if hasattr(data, "fetch_purchases"):
            if moment is None:
                return data.fetch_purchases(to=self)
            data = data.fetch_purchases(refresh=True)
        snapshot = given_in(data, moment) if isinstance(data, str | Path) else given(data, moment, whole=whole)
        return self._add(snapshot, whole)

    def _add(self, snapshot: Given, whole: bool) -> pd.DataFrame:
        with self._lock:
            for n in range(_TRIES):
                commit = self._table.commit()
                found = changes(snapshot, commit, whole=whole)
                new = [x for x in found.snapshots if not x.nothing]
                numbers = {x.connection: x.number for x in new}
                if not new:
                    break
                found.snapshots[:] = new
                delta = None if commit is None else commit.delta
                try:
                    self._table.append(delta, found.schema, found.batches(), numbers)
                    break
                except Conflict as e:
                    if n == _TRIES - 1:
                        raise MakiniError(
                            f"{self._table.folder}: other processes add snapshots of the same connections all the time ({e})",
                            retryable=True,
                        ) from None
                    time.sleep(random.uniform(0, 0.02 * min(n + 1, 10)))
        told = [{"connection": x.connection, "seen_at": x.seen_at, **x.counts} for x in new]
        names = ["connection", "seen_at", "n_new", "n_changed", "n_gone", "n_same"]
        return pd.DataFrame(told, columns=names)

    # ---- keeping it small ------------------------------------------------------------------------------------------------

    @known_options
    @tells_damage
    def compact(self, *, keep: int | None = None) -> History:
        """Write the history anew in few files, with what holds apart from what has ended, so that the present is read as fast as alone.

        The small files of many snapshots become few. Files that are no longer read are deleted a day later, by the next call, since somebody
        may be reading them.

        Parameters
        ----------
        keep : days before the last snapshot; what had ended by then is deleted, and the history begins there. By default all is kept

        Returns
        -------
        History, this one

        Raises
        ------
        ConfigError
            ``keep`` is no whole number of days.
        """
        days = None if keep is None else int(number_of("keep", keep, whole=True, high=MOST_DAYS))
        self._rewritten(lambda commit: Kept.since(commit, days))
        self._table.sweep(at_once=False)
        return self

    @known_options
    @tells_damage
    def forget(
        self,
        *,
        vendor: str | Collection[str] | None = None,
        connection: str | Collection[str] | None = None,
        text: str | Collection[str] | None = None,
    ) -> pd.Series:
        """Erase a vendor, a connection or a text from all days, files included; a later snapshot that has them brings them again.

        Nobody should be reading meanwhile: the files that held it are deleted at once. Those of a process that was killed while it added
        go with a call a day later.

        Parameters
        ----------
        vendor : name or id of a vendor, or several; the orders that name it, as they were when they did, are erased whole
        connection : name of a connection, or several
        text : a person's name, id or address, or several; each cell that is this text becomes missing, the orders stay

        Returns
        -------
        Series, the number of rows erased (of ``text``: emptied) from each table

        Raises
        ------
        ConfigError
            Nothing to forget is named, or more than one kind, or it is nowhere in the history.
        """
        names = {"vendor": vendor, "connection": connection, "text": text}
        wanted = {k: texts_of(k, v) for k, v in names.items() if v is not None}
        if len(wanted) != 1:  # of two it would be asked: what is of both, or of either?
            raise ConfigError("forget(): name a vendor=, a connection= or a text=, one of them at a time")
        kept = self._rewritten(lambda commit: Kept.without(commit, wanted))
        self._table.sweep(at_once=True)
        if not any(kept.n_erased.values()):
            ((what, texts),) = wanted.items()
            raise ConfigError(
                f"{what}={', '.join(map(repr, sorted(texts)))} is nowhere in this history, as it is spelt here: nothing was erased"
            )
        return pd.Series(kept.n_erased, dtype="int64", name="n_rows")

    def _rewritten(self, choose: Callable[[Commit], Kept]) -> Kept:
        """Write the rows that are kept in place of all, in one commit."""
        with self._lock:
            for n in range(_TRIES):
                commit = self._last_commit()
                kept = choose(commit)
                try:
                    self._table.rewrite(commit.delta, commit.dataset.schema, kept.batches())
                    return kept
                except Conflict:
                    time.sleep(random.uniform(0, 0.02 * min(n + 1, 10)))
        raise MakiniError(f"{self._table.folder} is compacted by other processes all the time", retryable=True)

    # ---- reading ---------------------------------------------------------------------------------------------------------

    @property
    @tells_damage
    def days(self) -> pd.DatetimeIndex:
        """The days (UTC) on which something was seen, each once, ascending; ``at`` gives what was known at the end of one."""
        snapshots = self._snapshots()
        return pd.DatetimeIndex(snapshots["seen_at"].dt.tz_localize(None).dt.normalize().unique(), name="day")

    @property
    @tells_damage
    def snapshots(self) -> pd.DataFrame:
        """All snapshots: ``connection, seen_at, as_of, whole, n_new, n_changed, n_gone, n_same`` orders, in the order of their moments."""
        names = ["connection", "seen_at", "as_of", "whole", "n_new", "n_changed", "n_gone", "n_same"]
        return self._snapshots()[names]

    @known_options
    @tells_damage
    def at(self, day: Any = None, *, connection: str | Collection[str] | None = None) -> Purchases:
        """Return the purchases as they were known on a day: of each connection what its last snapshot until then had.

        Parameters
        ----------
        day : a day, at whose end (UTC), or a moment, which has a time or a zone; the last snapshot by default
        connection : name of a connection, or several; all by default

        Returns
        -------
        Purchases, with issues, sources and as-of days of these snapshots, in the order in which orders were seen. Orders that a fetch of a
        span left out are there as they were seen last

        Raises
        ------
        ConfigError
            Nothing was known yet, or no such connection.
        """
        commit, moment = self._last_commit(), end_of("day", day)
        return purchases_at(commit, moment, last_snapshots(commit, moment, connection))

    @known_options
    @tells_damage
    def scan(self, day: Any = None, *, connection: str | Collection[str] | None = None, engine: str = "duckdb") -> Scan:
        """Return the purchases as they were known on a day without loading them, for more lines than fit into memory.

        Parameters
        ----------
        day, connection : as for `at`
        engine : "duckdb", "polars", or "spark" where the history is in a folder

        Returns
        -------
        Scan, as `makini_analytics.scan` gives of saved purchases

        Raises
        ------
        ConfigError
            Nothing was known yet, no such connection, or the engine is not installed.
        """
        commit, moment = self._last_commit(), end_of("day", day)
        return scanned(commit, moment, last_snapshots(commit, moment, connection), engine, remote=self._table.remote)

    @known_options
    @tells_damage
    def versions(
        self, columns: Collection[str] = (), *, day: Any = None, connection: str | Collection[str] | None = None
    ) -> pd.DataFrame:
        """Return how lines came to be what they are: a row for each version of each line, as its order was new or changed.

        Parameters
        ----------
        columns : columns of the lines, such as ``["required_date", "received_quantity"]``
        day, connection : as for `at`: what was seen until then

        Returns
        -------
        DataFrame, one row per version of a line, by connection and in the order in which they were seen
            connection, order_id, line_id : string
            not_before : datetime64 with zone, the snapshot before, in which it was not yet so; missing at the connection's first snapshot
            seen_at : datetime64 with zone, the snapshot in which it was seen first: it became so after ``not_before``, up to then
            ended_at : datetime64 with zone, the snapshot in which its order was another one or gone; missing while it holds
            and the columns that were asked for

        Raises
        ------
        ConfigError
            Nothing was known yet, or no such connection.
        OptionError
            The lines have no such column.
        """
        commit, moment = self._last_commit(), end_of("day", day)
        names = [columns] if isinstance(columns, str) else columns
        if not isinstance(names, Collection) or len(names):
            texts_of("columns", names)
        names = list(names)
        return versions_of(commit, moment, names, list(last_snapshots(commit, moment, connection)["connection"]))

    def _snapshots(self) -> pd.DataFrame:
        commit = self._table.commit()
        return no_snapshots() if commit is None else commit.snapshots

    def _last_commit(self) -> Commit:
        found = self._table.commit()
        if found is None:
            raise ConfigError(f"{self._table.folder} holds no history yet: add purchases")
        return found
