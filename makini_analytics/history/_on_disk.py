"""What was known at a moment as tables of DuckDB, polars or Spark, counted where they lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..purchases import Scan, checked_engine, read_by_spark
from . import _columns
from ._columns import OF_ORDERS
from ._known import sources_of
from ._table import Commit


def scanned(commit: Commit, moment: pd.Timestamp, snapshots: pd.DataFrame, engine: str, *, remote: bool) -> Scan:
    """Return what was known at a moment of the connections of these snapshots."""
    kinds: dict[str, Any] = {"duckdb": _DuckDB, "polars": _Polars, "spark": _Spark}
    rows = kinds[checked_engine(engine)](commit, moment, list(snapshots["connection"]), remote)
    layouts = [json.loads(text) for text in snapshots["layout"]]
    frames = {t: rows.table(t, list(dict.fromkeys(n for x in layouts for n in x[t]))) for t in OF_ORDERS}
    told, as_of = sources_of(snapshots)
    # to count rows is to read all of them: as much as a figure does, which need not know how many there are
    return Scan(**frames, told=told, as_of=as_of, counted=lambda: sources_of(snapshots, rows.counts)[0])


class _Rows:
    """The rows of a moment, as any engine finds them: seen by then, of versions that had not ended by then."""

    def __init__(self, commit: Commit, moment: pd.Timestamp, connections: list[str], remote: bool) -> None:
        import pyarrow.dataset as ds

        self.commit, self.moment, self.connections, self.remote = commit, moment, connections, remote
        snapshots = commit.snapshots
        #: Whether rows were seen later, and whether there are other connections: where not, nothing need be compared.
        self.later = bool((snapshots["seen_at"] > moment).any())
        self.others = not set(snapshots["connection"]) <= set(connections)
        #: Versions that ended by the moment and lie among the rows that are read: a few numbers, read once for every table and figure.
        by_then = commit.seen_by(moment, connections) if self.later else ~ds.field("past")
        self.ended = commit.read("ends", ["version"], by_then)

    def files(self, part: str) -> list[str]:
        return self.commit.files(part, past=self.later)

    def dataset(self, part: str) -> Any:
        import pyarrow.dataset as ds

        mine = ds.field("part") == part
        return self.commit.dataset.filter(mine if self.later else mine & ~ds.field("past"))

    def places(self, table: str, columns: list[str]) -> dict[str, list[tuple[str, str]]]:
        """Return the stored columns, and the kind of each, of the columns of a table."""
        out: dict[str, list[tuple[str, str]]] = {name: [] for name in columns}
        for stored in self.commit.names:
            found = _columns.name_and_kind(table, stored)
            if found and found[0] in out:
                out[found[0]].append((stored, found[1]))
        return out


class _DuckDB(_Rows):
    def _known(self, part: str, what: Callable[[set[str]], str]) -> Any:
        """Return what is asked of the rows of a part: by one query, since each relation on another reads the heads of all files anew."""
        import duckdb

        # the engine finds these two by their names here
        makini_ended = self.ended
        makini_rows = self.dataset(part) if self.remote else self.commit.dataset.schema.empty_table()
        rows, there, where = "makini_rows", set(makini_rows.schema.names), ["TRUE"]
        if not self.remote and (paths := self.files(part)):  # of issues there may be none
            # DuckDB reads a path as a pattern
            quoted = ", ".join(_text(p.replace("?", "[?]").replace("*", "[*]")) for p in paths)
            rows = f"read_parquet([{quoted}], union_by_name=true, hive_partitioning=false)"
            heads: Any = duckdb.sql(f"FROM {rows}")
            there = set(heads.columns)
        if self.later:
            where.append(f"seen_at <= TIMESTAMPTZ '{self.moment.isoformat()}'")
        if self.others:
            where.append(f"connection IN ({', '.join(map(_text, self.connections))})")
        lasting = "ANTI JOIN makini_ended USING (version)" if len(makini_ended) else ""
        return duckdb.sql(f"SELECT {what(there)} FROM (FROM {rows} WHERE {' AND '.join(where)}) {lasting}")

    def table(self, table: str, columns: list[str]) -> Any:
        def told(there: set[str]) -> str:
            out = []
            for name, places in self.places(table, columns).items():  # a file that is older than a column lacks it
                terms = [f"\"{s}\" AT TIME ZONE 'UTC'" if k == "moment" else f'"{s}"' for s, k in places if s in there]
                if len(terms) > 1:
                    terms = [f"CAST({term} AS VARCHAR)" for term in terms]
                out.append(f"COALESCE({', '.join(terms) or 'NULL'}) AS " + '"' + name.replace('"', '""') + '"')
            return ", ".join(out)

        return self._known(table, told)

    def counts(self, table: str) -> pd.Series:
        found = self._known(table, lambda _: "connection").aggregate("connection, COUNT(*) AS n").fetchall()
        return pd.Series(dict(found), dtype="int64")


def _text(value: str) -> str:
    """Return a text as DuckDB takes it in a query."""
    return "'" + value.replace("'", "''") + "'"


class _Polars(_Rows):
    def _known(self, part: str) -> Any:
        import polars as pl

        paths, none = self.files(part), pl.DataFrame(pl.from_arrow(self.commit.dataset.schema.empty_table()))
        if self.remote:
            rows = pl.scan_pyarrow_dataset(self.dataset(part))
        elif not paths:  # of issues there may be none
            rows = none.lazy()
        else:  # a file that is older than a column lacks it; the table's own schema spares reading that of each file
            schema = none.drop("part", "past").schema
            rows = pl.scan_parquet(paths, schema=schema, missing_columns="insert", glob=False, hive_partitioning=False)
        if self.later:
            rows = rows.filter(pl.col("seen_at") <= self.moment.to_pydatetime())
        if self.others:
            rows = rows.filter(pl.col("connection").is_in(self.connections))
        if len(self.ended):  # asked before the other columns are read, as an anti-join is not
            ended = pl.Series(pl.from_arrow(self.ended["version"]))
            rows = rows.filter(~pl.col("version").is_in(ended.implode()))
        return rows

    def table(self, table: str, columns: list[str]) -> Any:
        import polars as pl

        told = []
        for name, places in self.places(table, columns).items():
            terms = [pl.col(s).dt.replace_time_zone(None) if k == "moment" else pl.col(s) for s, k in places]
            if len(terms) > 1:
                terms = [term.cast(pl.String) for term in terms]
            told.append((pl.coalesce(terms) if terms else pl.lit(None)).alias(name))
        return self._known(table).select(told)

    def counts(self, table: str) -> pd.Series:
        found = self._known(table).group_by("connection").len().collect()
        return pd.Series(dict(found.rows()), dtype="int64")


class _Spark(_Rows):
    def _rows(self, part: str) -> Any:
        import pyarrow as pa
        from pyspark.sql import functions as fn

        if self.remote:  # what this process may read, the workers of a cluster may not
            raise ConfigError("engine='spark' reads histories in folders: in an object store pass 'duckdb' or 'polars'")
        paths, held = self.files(part), self.commit.dataset.schema
        # a file that is older than a column lacks it; of issues there may be none
        rows = read_by_spark(
            paths or self.files("orders"), pa.schema(f for f in held if f.name not in ("part", "past"))
        )
        rows = rows if paths else rows.limit(0)
        if self.later:
            rows = rows.filter(fn.unix_micros("seen_at") <= self.moment.value // 1000)
        return rows.filter(fn.col("connection").isin(self.connections)) if self.others else rows

    def _known(self, part: str) -> Any:
        rows = self._rows(part)
        return rows.join(self._rows("ends").select("version"), "version", "left_anti") if len(self.ended) else rows

    def table(self, table: str, columns: list[str]) -> Any:
        from pyspark.sql import functions as fn

        rows = self._known(table)
        there = set(rows.columns)
        told = []
        for name, places in self.places(table, columns).items():
            terms = [_utc(_quoted(s)) if k == "moment" else _quoted(s) for s, k in places if s in there]
            if len(terms) > 1:
                terms = [f"CAST({term} AS STRING)" for term in terms]
            told.append(fn.expr(f"COALESCE({', '.join(terms)})" if terms else "NULL").alias(name))
        return rows.select(*told)

    def counts(self, table: str) -> pd.Series:
        found = self._known(table).groupBy("connection").count().collect()
        return pd.Series({row[0]: row[1] for row in found}, dtype="int64")


def _quoted(name: str) -> str:
    """Return a column's name as Spark takes it in an expression."""
    return "`" + name.replace("`", "``") + "`"


def _utc(moment: str) -> str:
    """Return a moment as a day and time in UTC, whatever the zone of Spark's session."""
    seconds = f"CAST(unix_micros({moment}) AS DECIMAL(20, 0)) / 1000000"
    return f"TIMESTAMP_NTZ '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST({seconds} AS DECIMAL(18, 6)))"
