"""What a snapshot changes in a history: which orders are new, say something else now, or are gone.

A snapshot that is older than the last one of its connection has its place between two others, and what is known of later days stays as it
is: what it brings ends with the next snapshot, at which the orders that it changed stand again as that snapshot had them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import _columns
from ._columns import OF_ORDERS
from ._digest import Hashes
from ._given import Given, keys_in, keys_of, layout_text
from ._table import Commit, batches, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

#: So many numbers a snapshot has for its versions.
_VERSIONS = 2**27
_NONE = pd.DataFrame({"version": pd.Series(dtype="int64"), "of_order": pd.Series(dtype=bool), "digest": pd.Series(dtype="uint64"),
                      "order_date": pd.Series(dtype="datetime64[us]")}, index=pd.Index([], dtype="uint64"))  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """One connection's snapshot, and what it changes."""

    connection: str
    source: Mapping[str, Any]  # its row of sources, with as_of and seen_at
    number: int
    base: int  # its own number; those of its versions follow
    whole: bool
    layout: Mapping[str, Any]
    fresh: pd.DataFrame  # the orders that are new or say something else
    ended: pd.DataFrame  # version, reason
    n_same: int
    next_snapshot: pd.Timestamp | None = None  # where others came after it already
    restated: pd.DataFrame = field(default_factory=lambda: _NONE)  # versions that hold again from the next snapshot on
    known: bool = False  # a snapshot of this moment is there

    @property
    def seen_at(self) -> pd.Timestamp:
        """When it was taken."""
        moment: pd.Timestamp = self.source["seen_at"]
        return moment

    @property
    def versions(self) -> Any:
        """The numbers of the versions that it begins, as ``fresh`` has their orders."""
        return self.base + 1 + np.arange(len(self.fresh))

    @property
    def nothing(self) -> bool:
        """Whether all of it is in the history."""
        return self.known and not len(self.fresh) and not len(self.ended)

    @property
    def counts(self) -> dict[str, int]:
        """How many orders are new, others, gone and the same; what belongs to no order is none."""
        reasons = self.ended["reason"].value_counts()
        n_orders = int(self.fresh["order_id"].notna().sum())
        n_changed, n_gone = int(reasons.get("changed", 0)), int(reasons.get("gone", 0))
        return {"n_new": n_orders - n_changed, "n_changed": n_changed, "n_gone": n_gone, "n_same": self.n_same}


@dataclass(frozen=True)
class Changes:
    """What is written for snapshots of several connections: one commit."""

    given: Given
    snapshots: list[Snapshot]
    commit: Commit | None

    @cached_property
    def _versions(self) -> pd.Series:
        """The version of each key that is written."""
        made = [pd.Series(snapshot.versions, index=snapshot.fresh.index) for snapshot in self.snapshots]
        return pd.concat(made) if made else pd.Series(dtype="int64")

    @cached_property
    def _stored(self) -> dict[str, dict[str, str]]:
        """The stored name of each column of each table."""
        there = list(schema_of().names if self.commit is None else self.commit.names)
        out = {}
        for table in OF_ORDERS:
            kinds = {n: k for layout in self.given.layouts.values() for n, k in layout[table].items()}
            out[table] = _columns.stored_names(table, kinds, there)
            there += [n for n in out[table].values() if n not in there]
        return out

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of what is written."""
        kinds = {}
        for table, names in self._stored.items():
            for stored in names.values():
                found = _columns.name_and_kind(table, stored)
                assert found is not None
                kinds[stored] = found[1]
        if self.commit is not None and any(len(snapshot.restated) for snapshot in self.snapshots):
            held = self.commit.dataset.schema
            base = schema_of(kinds)
            return _united(base, held)
        return schema_of(kinds)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows that are written."""
        for snapshot in self.snapshots:
            yield from self._own_rows(snapshot)
        if any(len(snapshot.fresh) for snapshot in self.snapshots):
            for part in self.given.parts():
                keys = keys_in(part)
                for table in OF_ORDERS:
                    yield from self._rows(part[table], table, keys[table])
        for snapshot in self.snapshots:
            if len(snapshot.restated):
                yield from self._restated(snapshot)

    def _own_rows(self, snapshot: Snapshot) -> Iterator[pa.RecordBatch]:
        """Yield the row of the snapshot, and those of versions and ends."""
        kinds = _columns.known_kinds("sources") | _columns.OF_SNAPSHOTS | {"row": "count", "version": "count"}
        told = dict(snapshot.source) | {
            "whole": snapshot.whole,
            "layout": layout_text(snapshot.layout),
            **snapshot.counts,
        }
        told |= {"row": snapshot.number, "version": snapshot.base}
        row = {
            name: _columns.to_arrow(pd.Series([told[name]], dtype=object).astype(_columns.DTYPES[kind]), kind)
            for name, kind in kinds.items()
        }
        yield from batches(self.schema, "snapshots", {"seen_at": snapshot.seen_at, **row})
        if len(snapshot.fresh):
            orders = snapshot.fresh.reset_index(drop=True)
            yield from batches(
                self.schema,
                "versions",
                {
                    "seen_at": snapshot.seen_at,
                    "version": _array(snapshot.versions),
                    "connection": snapshot.connection,
                    "order_id": _columns.to_arrow(orders["order_id"], "text"),
                    "digest": _array(orders["digest"].to_numpy().view(np.int64)),
                    "order_date": _columns.to_arrow(orders["order_date"], "day"),
                },
            )
            if snapshot.next_snapshot is not None:
                yield from self._ends(snapshot, snapshot.versions, "changed", snapshot.next_snapshot)
        if len(snapshot.ended):
            reasons = _columns.to_arrow(snapshot.ended["reason"].astype("string"), "text")
            yield from self._ends(snapshot, snapshot.ended["version"], reasons, snapshot.seen_at)

    def _ends(self, snapshot: Snapshot, versions: Any, reason: Any, seen_at: Any) -> Iterator[pa.RecordBatch]:
        given = {"version": _array(versions), "connection": snapshot.connection, "reason": reason, "seen_at": seen_at}
        return batches(self.schema, "ends", given)

    def _rows(self, frame: pd.DataFrame, table: str, keys: Hashes) -> Iterator[pa.RecordBatch]:
        """Yield the rows of orders that are new or say something else."""
        place = self._versions.index.get_indexer(pd.Index(keys))
        fresh = np.flatnonzero(place >= 0)
        numbers = self._versions.to_numpy()[place[fresh]]
        within = pd.Series(numbers).groupby(numbers).cumcount().to_numpy()
        rows = frame.iloc[fresh]
        seen = {snapshot.connection: snapshot.seen_at for snapshot in self.snapshots}
        moments = rows["connection"].astype("string").map(seen).astype("datetime64[us, UTC]")
        columns = {"version": _array(numbers), "seen_at": _columns.to_arrow(moments, "instant")}
        columns["row"] = _array(within)
        for name, stored in self._stored[table].items():
            if name in rows:
                found = _columns.name_and_kind(table, stored)
                column = _columns.typed(table, name, rows[name])
                if found is not None and _columns.kind_of(table, name, rows[name].dtype) == found[1]:
                    columns[stored] = _columns.to_arrow(column.reset_index(drop=True), found[1])
        return batches(self.schema, table, columns)

    def _restated(self, snapshot: Snapshot) -> Iterator[pa.RecordBatch]:
        """Yield the rows of versions that hold again from the next snapshot on, under new numbers."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        assert self.commit is not None and snapshot.next_snapshot is not None
        old = pa.array(snapshot.restated["version"])
        new = pa.array(snapshot.base + 1 + len(snapshot.fresh) + np.arange(len(old)))
        mine = ds.field("version").isin(old)
        for part in ("versions", "ends", *OF_ORDERS):
            later = mine & (ds.field("seen_at") > pa.scalar(snapshot.next_snapshot, pa.timestamp("us", "UTC")))
            rows = self.commit.read(part, None, later if part == "ends" else mine)
            if len(rows):
                columns = {n: rows[n].combine_chunks() for n in rows.column_names if n not in ("part", "past")}
                columns["version"] = new.take(pc.index_in(columns["version"], value_set=old))
                if part != "ends":
                    columns["seen_at"] = snapshot.next_snapshot
                yield from batches(self.schema, part, columns)


def _array(numbers: Any) -> pa.Array:
    import pyarrow as pa

    return pa.array(np.asarray(numbers, dtype=np.int64))


def _united(schema: pa.Schema, other: pa.Schema) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([*schema, *(f for f in other if f.name not in schema.names)])


# ---- what changed --------------------------------------------------------------------------------------------------------


def changes(given: Given, commit: Commit | None, *, whole: bool) -> Changes:
    """Return what the given purchases change in what is known."""
    orders = given.orders
    taken = set() if commit is None else set(commit.snapshots["version"])
    snapshots = []
    for row in given.sources.to_dict("records"):
        base = next(n for n in iter(lambda: secrets.randbits(36) * _VERSIONS, None) if n not in taken)
        taken.add(base)
        snapshots.append(
            _compared(
                row,
                orders[(orders["connection"] == row["connection"]).to_numpy(dtype=bool)],
                given,
                commit,
                base,
                whole,
            )
        )
    return Changes(given, snapshots, commit)


def _compared(
    source: dict[Any, Any], orders: pd.DataFrame, given: Given, commit: Commit | None, base: int, whole: bool
) -> Snapshot:
    name, moment = str(source["connection"]), source["seen_at"]
    before = after = pd.DataFrame({"seen_at": pd.Series(dtype="datetime64[us, UTC]"), "row": pd.Series(dtype="int64")})
    known = _NONE
    if commit is not None:
        mine = commit.snapshots[commit.snapshots["connection"] == name]
        before, after = mine[mine["seen_at"] <= moment], mine[mine["seen_at"] > moment]
        if len(mine):
            known = _known(commit, name, moment)
    place = known.index.get_indexer(orders.index)
    found = place >= 0
    same = np.zeros(len(orders), dtype=bool)
    same[found] = known["digest"].to_numpy()[place[found]] == orders["digest"].to_numpy()[found]
    there = np.zeros(len(known), dtype=bool)
    there[place[found]] = True
    gone = ~there & (_asked_for(known, source, whole) | ~known["of_order"].to_numpy())
    reasons = np.where(gone, "gone", "").astype(object)
    reasons[place[found & ~same]] = "changed"
    ended = known.assign(reason=reasons).loc[reasons != "", ["version", "of_order", "reason"]]
    # what belongs to no order is not counted among the orders that changed
    ended.loc[~ended["of_order"].to_numpy(), "reason"] = "replaced"
    next_snapshot = None if not len(after) else after["seen_at"].iloc[0]
    restated = _NONE
    if commit is not None and next_snapshot is not None and len(ended):
        alive = _known(commit, name, next_snapshot)
        restated = alive[alive["version"].isin(ended["version"])]
    layout = given.layouts[name]
    unlimited = whole and pd.isna(source["since"]) and pd.isna(source["until"])
    if len(before) and not unlimited:  # orders that were not asked for keep their columns
        was = json.loads(before["layout"].iloc[-1])
        layout = {t: was.get(t, {}) | layout[t] for t in OF_ORDERS}
    return Snapshot(
        connection=name,
        source=source,
        number=1 + int(max(before["row"].max() if len(before) else 0, after["row"].max() if len(after) else 0)),
        base=base,
        whole=whole,
        layout=layout,
        fresh=orders[~same],
        ended=ended,
        n_same=int(same.sum()),
        next_snapshot=next_snapshot,
        restated=restated,
        known=bool((before["seen_at"] == moment).any()),
    )


def _known(commit: Commit, name: str, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the versions of a connection's orders that held at a moment."""
    columns = ["version", "order_id", "digest", "order_date"]
    rows = commit.rows_at("versions", moment, connections=[name], columns=columns)
    ids = _columns.to_pandas(rows["order_id"], "text")
    return pd.DataFrame(
        {
            "version": rows["version"].to_numpy(),
            "digest": rows["digest"].to_numpy().view(np.uint64),
            "of_order": ids.notna().to_numpy(),
            "order_date": _columns.to_pandas(rows["order_date"], "day").to_numpy(),
        },
        index=keys_of(pd.Series(name, index=ids.index), ids),
    )


def _asked_for(known: pd.DataFrame, source: Mapping[Any, Any], whole: bool) -> Any:
    """Return which known orders a fetch would have brought, were they still there: all, or those of its span of order dates."""
    asked = np.full(len(known), whole)
    for name, outside in (("since", known["order_date"].lt), ("until", known["order_date"].gt)):
        if not pd.isna(source[name]):
            asked &= ~outside(source[name]).to_numpy(dtype=bool)
    return asked
