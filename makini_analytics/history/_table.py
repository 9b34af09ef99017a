"""The Delta table of a history: what is read of it, what is written to it in one commit.

A row is one of an order, a line or an issue, of a version (what an order said from one snapshot to the next one), of the end of a version,
or of a snapshot. One table for all, since an engine's commit is of one table::

    part      seen_at     version  row  connection  order_id  ...
    snapshots 2025-03-01  7000     1    emea                       what `sources` says, and the columns that the frames had
    versions  2025-03-01  7000          emea        05a1           a digest of all that the order says
    orders    2025-03-01  7000     0    emea        05a1
    lines     2025-03-01  7000     0    emea        05a1
    lines     2025-03-01  7000     1    emea        05a1
    ends      2025-03-02  7000          emea                       reason: changed, or gone

Nothing that was written is changed: what was known at a moment are the rows seen by then, of versions that had not ended by then.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pandas as pd

from ..errors import ConfigError, SchemaError
from ..purchases import HEAD
from ..system import folder_of
from ..tidy import TABLES
from . import _columns
from ._columns import OF_ORDERS, OF_ROWS, OF_SNAPSHOTS, OF_VERSIONS

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

DESCRIPTION = "makini_analytics history 1"
#: How the engine names the files of rows.
_OWN_FILE = re.compile(r"part=\w+/past=(true|false)/part-[\w.-]+\.parquet")
_NOTHING: Mapping[str, Any] = {}
#: So many rows go to the engine at once. It takes many batches before it has written the first, and a row has all columns of all parts.
_ROWS = 8_192
#: And so many where they come from the table itself, faster than they are written.
_ROWS_AGAIN = 2_048


class Conflict(Exception):
    """Another process added a snapshot at one of the connections meanwhile."""


def schema_of(kinds: Mapping[str, str] = _NOTHING) -> pa.Schema:
    """Return the columns that every history has, and further ones by stored name and kind."""
    import pyarrow as pa

    of_tables = {n: k for t in TABLES for n, k in _columns.known_kinds(t).items()}
    return pa.schema(
        [
            (n, _columns.arrow_type(k))
            for n, k in (OF_ROWS | OF_VERSIONS | OF_SNAPSHOTS | of_tables | {"reason": "text"} | dict(kinds)).items()
        ]
    )


def batches(schema: pa.Schema, part: str, given: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """Yield rows of a part, some at a time; columns that are not given are missing, and what is no array holds for every row.

    All parts have all columns, so the rows of one are mostly nulls: two million orders at once would be gigabytes of them.
    """
    import pyarrow as pa

    columns: dict[str, Any] = {"part": part, "past": False} | dict(given)
    for start in range(0, len(given["version"]), _ROWS):
        n = min(_ROWS, len(given["version"]) - start)
        arrays = []
        for field in schema:
            value = columns.get(field.name)
            if value is None:
                value = pa.nulls(n, field.type)
            elif isinstance(value, str | bool | pd.Timestamp):
                value = pa.repeat(pa.scalar(value, type=field.type), n)
            else:
                value = value.slice(start, n)
            arrays.append(value if value.type == field.type else value.cast(field.type))
        yield pa.record_batch(arrays, schema=schema)


class HistoryTable:
    """Where the history lies: a folder, or an address that the engine knows."""

    def __init__(self, folder: str | Path, storage_options: Mapping[str, str] | None) -> None:
        try:
            import deltalake  # noqa: F401
            import pyarrow  # noqa: F401
        except ImportError as e:
            raise ConfigError("a history is a Delta table: pip install 'makini-analytics[history]'") from e
        self.remote = isinstance(folder, str) and "://" in folder
        self.folder = folder if isinstance(folder, str) and self.remote else _resolved(folder)
        self._address = folder if isinstance(folder, str) and self.remote else Path(self.folder).as_posix()
        if not self.remote and (odd := [c for c in self._address if c in "%[]^|\\" or c < " "]):
            raise ConfigError(
                f"{self.folder}: the engine of histories can't open a path with {odd[0]!r}: choose another folder"
            )
        self._options = dict(storage_options or {}) or None

    def open(self) -> DeltaTable | None:
        """Return the table as the last commit left it; None where there is none yet."""
        from deltalake import DeltaTable

        if isinstance(self.folder, Path) and self.folder.exists() and not self.folder.is_dir():
            raise SchemaError(f"{self.folder} is a file: name a folder")
        if not DeltaTable.is_deltatable(self._address, self._options):
            place = self.folder
            if isinstance(place, Path) and place.exists() and any(place.iterdir()):
                saved = (place / HEAD).exists()
                hint = (
                    f"; saved purchases are added to a history: ma.History('another folder').add({str(place)!r})"
                    if saved
                    else ""
                )
                raise SchemaError(f"{place} holds no history but something else: name a new or empty folder{hint}")
            return None
        if isinstance(self.folder, Path):  # as a power failure leaves it; the engine takes it for a commit of nothing
            for commit in (self.folder / "_delta_log").glob("*.json"):
                if not commit.stat().st_size:
                    raise OSError(f"{commit.name} is empty")
        found = DeltaTable(self._address, storage_options=self._options)
        if found.metadata().description != DESCRIPTION:
            raise SchemaError(f"{self.folder} is a Delta table of something else, or of another version of histories")
        return found

    def commit(self) -> Commit | None:
        """Return what can be read of the table as the last commit left it; None where there is none yet."""
        found = self.open()
        return None if found is None else Commit(found)

    def append(
        self,
        delta: DeltaTable | None,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        snapshots: Mapping[str, int],
    ) -> None:
        """Write rows in one commit; `Conflict` where a connection has had another snapshot since the table was opened.

        ``snapshots`` are the numbers of each connection's snapshot: an application transaction of Delta, of which there can't be two at once.
        """
        from deltalake import CommitProperties, Transaction, write_deltalake
        from deltalake.exceptions import CommitFailedError

        transactions = [Transaction(application(delta, name), n) for name, n in snapshots.items()]
        properties = CommitProperties(app_transactions=transactions)
        try:
            write_deltalake(
                delta or self._created(),
                _stream(schema, batches),
                mode="append",
                schema_mode="merge",
                commit_properties=properties,
                writer_properties=_writer(),
            )
        except CommitFailedError as e:
            raise Conflict(str(e)) from None

    def _created(self) -> DeltaTable:
        """Return the table, made without rows; by another process, where that was faster."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            return DeltaTable.create(
                self._address,
                schema_of(),
                mode="error",
                partition_by=["part", "past"],
                description=DESCRIPTION,
                # the log keeps the least and greatest value of columns for skipping files: of these alone, and no name of anybody
                configuration={"delta.dataSkippingStatsColumns": "seen_at,version"},
                storage_options=self._options,
            )
        except DeltaError as e:
            found = self.open()
            if found is None:
                raise ConfigError(f"{self.folder} can't be written: {e}") from None
            return found

    def rewrite(self, delta: DeltaTable, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Replace all rows that the table had when it was opened, in one commit; rows that were added since then stay."""
        from deltalake import CommitProperties, Transaction, write_deltalake
        from deltalake.exceptions import CommitFailedError

        n = (delta.transaction_version("compaction") or 0) + 1
        try:
            write_deltalake(
                delta,
                _stream(schema, batches),
                mode="overwrite",
                commit_properties=CommitProperties(app_transactions=[Transaction("compaction", n)]),
                writer_properties=_writer(),
            )
        except CommitFailedError as e:
            raise Conflict(str(e)) from None

    def sweep(self, *, at_once: bool) -> None:
        """Delete the files that no row is read from any longer: those of the last day only where that is asked for."""
        found = self.open()
        assert found is not None
        found.vacuum(0 if at_once else 24, dry_run=False, enforce_retention_duration=False)
        # What a killed writer left is in no log. The engine would take all that it does not know, and so what others put there.
        files = Commit(found).dataset.filesystem
        for name in found.vacuum(24, dry_run=True, enforce_retention_duration=False, full=True):
            if _OWN_FILE.fullmatch(name):
                with suppress(FileNotFoundError):  # another process was faster
                    files.delete_file(name)


def _resolved(folder: str | Path) -> Path:
    try:
        return folder_of("folder", folder).resolve()
    except (OSError, RuntimeError) as e:  # a link to itself, the home of a user who has none
        raise ConfigError(f"{folder} leads nowhere ({e}): name a new or empty folder") from None


def application(delta: DeltaTable | None, connection: str) -> str:
    """Return the name under which the commits of a connection's snapshots are told apart: a digest of it, since the log outlives `forget`.

    In a history that began before there were digests a connection goes on under its name, so that a process of an older version and one
    of this version do not add the same snapshot.
    """
    old = f"connection {connection}"
    if delta is not None and delta.transaction_version(old) is not None:
        return old
    return f"connection {hashlib.sha256(connection.encode()).hexdigest()[:32]}"


def _stream(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
    import pyarrow as pa

    return pa.RecordBatchReader.from_batches(schema, batches)


def _writer() -> Any:
    from deltalake import WriterProperties

    # a group of rows is held in memory until it is written
    return WriterProperties(compression="ZSTD", max_row_group_size=131_072)


def _kinds_of_snapshots() -> dict[str, str]:
    of_rows = {n: OF_ROWS[n] for n in ("seen_at", "version", "row")}
    return of_rows | OF_SNAPSHOTS | _columns.known_kinds("sources")


def no_snapshots() -> pd.DataFrame:
    """Return the snapshots of a history that has none."""
    return pd.DataFrame({n: pd.Series(dtype=_columns.DTYPES[k]) for n, k in _kinds_of_snapshots().items()})


class Commit:
    """What the table holds as of one commit."""

    def __init__(self, delta: DeltaTable) -> None:
        self.delta = delta
        #: The rows as a dataset of PyArrow: made here, since the engine can't while it takes rows from us.
        self.dataset: Any = delta.to_pyarrow_dataset(as_large_types=True)

    @cached_property
    def names(self) -> list[str]:
        """The columns of the table."""
        return list(self.dataset.schema.names)

    def read(self, part: str, columns: Sequence[str] | None = None, where: Any = None) -> pa.Table:
        """Return the rows of a part that meet a condition."""
        import pyarrow.dataset as ds

        mine = ds.field("part") == part
        return self.dataset.to_table(columns=columns, filter=mine if where is None else mine & where)

    @cached_property
    def snapshots(self) -> pd.DataFrame:
        """All snapshots, each connection's in the order of their moments."""
        kinds = _kinds_of_snapshots()
        rows = self.read("snapshots", list(kinds))
        out = _columns.frame_of_kinds(rows, kinds)
        return out.sort_values(["seen_at", "row"], kind="stable", ignore_index=True)

    def ends(self, seen: Any) -> pa.Table:
        """Return the ends that meet a condition: version, moment, connection."""
        return self.read("ends", ["version", "seen_at", "connection", "reason"], seen)

    def rows_at(
        self,
        part: str,
        moment: pd.Timestamp,
        *,
        connections: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return the rows of a part as they were known at a moment."""
        seen = self.seen_by(moment, connections)
        ended = self.ends(seen)["version"].combine_chunks()
        import pyarrow.dataset as ds

        return self.read(part, columns, seen & ~ds.field("version").isin(ended) if len(ended) else seen)

    def seen_by(self, moment: pd.Timestamp, connections: Collection[str] | None = None) -> Any:
        """Return the condition that a row was seen by a moment, of all connections or some."""
        import pyarrow as pa
        import pyarrow.dataset as ds

        seen = ds.field("seen_at") <= pa.scalar(moment, pa.timestamp("us", "UTC"))
        return seen if connections is None else seen & ds.field("connection").isin(list(connections))

    def files(self, part: str, *, past: bool) -> list[str]:
        """Return the files of a part; without ``past`` those of versions alone that had not ended when the table was compacted."""
        which = f"part = '{part}'" + ("" if past else " AND past = false")
        return sorted(unquote(uri) for uri in self.delta.file_uris(file_pruning_predicate=which))

    def batches(self, part: str, where: Any) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a part that meet a condition, as they lie there."""
        import pyarrow.dataset as ds

        # few at a time: by default dozens of batches are read ahead
        few = {"batch_size": _ROWS_AGAIN, "batch_readahead": 2, "fragment_readahead": 1}
        yield from self.dataset.to_batches(filter=(ds.field("part") == part) & where, **few)


PARTS = ("snapshots", "versions", "ends", *OF_ORDERS)
