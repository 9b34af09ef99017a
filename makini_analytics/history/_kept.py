"""Which rows of a history are written again where it is compacted, or where something is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from ._columns import OF_ORDERS
from ._table import PARTS, Commit

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Kept:
    """The rows of a history but those of some versions, snapshots and connections, and with some texts emptied."""

    commit: Commit
    versions: pa.Array  # that are not kept
    snapshots: Collection[int] = ()
    connections: Collection[str] = ()
    texts: Collection[str] = ()
    n_erased: Counter[str] = field(default_factory=Counter)

    @classmethod
    def since(cls, commit: Commit, days: int | None) -> Kept:
        """Return what is kept where what ended more than so many days before the last snapshot is not."""
        import pyarrow as pa
        import pyarrow.dataset as ds

        if days is None:
            return cls(commit, pa.array([], pa.int64()))
        snapshots = commit.snapshots
        first = snapshots["seen_at"].max() - pd.Timedelta(days=days)
        ended = commit.ends(ds.field("seen_at") <= pa.scalar(first, pa.timestamp("us", "UTC")))["version"]
        old = snapshots[snapshots["seen_at"] <= first]
        # the last snapshot of each connection before that day tells what was known on it
        told = set(old.groupby("connection")["version"].last())
        return cls(commit, ended.combine_chunks(), set(old["version"]) - told)

    @classmethod
    def without(cls, commit: Commit, wanted: Mapping[str, Collection[str]]) -> Kept:
        """Return what is kept where a vendor, a connection or a text is forgotten."""
        import pyarrow as pa
        import pyarrow.dataset as ds

        versions = [pa.array([], pa.int64())]
        vendors = list(wanted.get("vendor", ()))
        named = ds.field("vendor_id").isin(vendors) | ds.field("vendor_name").isin(vendors)
        for table in ("orders", "lines") if vendors else ():
            versions.append(commit.read(table, ["version"], named)["version"].combine_chunks().cast(pa.int64()))
        return cls(
            commit,
            pa.concat_arrays(versions).unique(),
            connections=wanted.get("connection", ()),
            texts=wanted.get("text", ()),
        )

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows that are kept; those of versions that have ended apart."""
        import pyarrow.dataset as ds

        self.n_erased.clear()
        ended = self.commit.read("ends", ["version"])["version"].combine_chunks()
        has_ended = ds.field("version").isin(ended)
        for part in PARTS:
            # first what holds, then what has ended: a file is of one of them
            for past in (False, True):
                where = has_ended if past else ~has_ended
                for rows in self.commit.batches(part, where):
                    made = self._kept(part, rows)
                    if len(made):
                        yield _with(made, "past", past)

    def _kept(self, part: str, rows: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow.compute as pc

        gone = pc.is_in(rows["version"], value_set=self.versions)
        if part == "snapshots":
            gone = pc.is_in(rows["version"], value_set=_ints(self.snapshots))
        gone = pc.or_(gone, pc.fill_null(pc.is_in(rows["connection"], value_set=_texts(self.connections)), False))
        out = rows.filter(pc.invert(gone))
        if part in OF_ORDERS:
            self.n_erased[part] += len(rows) - len(out)
            out = self._emptied(part, out)
        return out

    def _emptied(self, part: str, rows: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self.texts:
            return rows
        hit = pa.repeat(False, len(rows))
        for name in rows.schema.names:
            column = rows[name]
            if name not in ("part", "connection", "order_id", "line_id") and column.type in (
                pa.string(),
                pa.large_string(),
            ):
                found = pc.is_in(column, value_set=_texts(self.texts).cast(column.type))
                if pc.any(found).as_py():
                    hit = pc.or_(hit, found)
                    rows = _with(rows, name, pc.if_else(found, pa.scalar(None, column.type), column))
        self.n_erased[part] += pc.sum(hit).as_py() or 0
        return rows


def _with(rows: pa.RecordBatch, name: str, value: Any) -> pa.RecordBatch:
    import pyarrow as pa

    at = rows.schema.get_field_index(name)
    made = pa.repeat(pa.scalar(value), len(rows)) if isinstance(value, bool) else value
    return rows.set_column(at, rows.schema.field(at), made)


def _ints(numbers: Collection[int]) -> pa.Array:
    import pyarrow as pa

    return pa.array(list(numbers), pa.int64())


def _texts(texts: Collection[str]) -> pa.Array:
    import pyarrow as pa

    return pa.array(list(texts), pa.large_string())
