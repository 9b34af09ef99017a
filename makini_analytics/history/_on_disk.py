"""What was known at a moment as tables of DuckDB, polars or Spark, counted where they lie."""

from __future__ import annotations

import json
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
    sources, as_of = sources_of(snapshots, rows.counts)
    return Scan(**frames, sources=sources, as_of=as_of)


class _Rows:
    """The rows of a moment, as any engine finds them: seen by then, of versions that had not ended by then."""

    def __init__(self, commit: Commit, moment: pd.Timestamp, connections: list[str], remote: bool) -> None:
        self.commit, self.moment, self.connections, self.remote = commit, moment, connections, remote
        snapshots = commit.snapshots
        #: Whether rows were seen later, and whether there are other connections: where not, nothing need be compared.
        self.later = bool((snapshots["seen_at"] > moment).any())
        self.others = not set(snapshots["connection"]) <= set(connections)
        ends = commit.ends(commit.seen_by(moment, connections)) if self.later else commit.read("ends", ["past"])
        #: Versions that ended by the moment and lie among the rows that are read.
        self.any_ended = bool(len(ends)) if self.later else bool(len(ends)) and not all(ends["past"].to_pylist())

    def files(self, part: str) -> list[str]:
        return self.commit.files(part, past=self.later)

    def dataset(self, part: str) -> Any:
        import pyarrow.dataset as ds

        return self.commit.dataset.filter(ds.field("part") == part)

    def places(self, table: str, columns: list[str]) -> dict[str, list[tuple[str, str]]]:
        """Return the stored columns, and the kind of each, of the columns of a table."""
        out: dict[str, list[tuple[str, str]]] = {name: [] for name in columns}
        for stored in self.commit.names:
            found = _columns.name_and_kind(table, stored)
            if found and found[0] in out:
                out[found[0]].append((stored, found[1]))
        return out


class _DuckDB(_Rows):
    def _rows(self, part: str) -> Any:
        import duckdb

        # DuckDB reads a path as a pattern
        paths = [p.replace("?", "[?]").replace("*", "[*]") for p in self.files(part)]
        if self.remote or not paths:  # of issues there may be none
            rows = duckdb.from_arrow(self.dataset(part) if paths else self.commit.dataset.schema.empty_table())
        else:
            rows = duckdb.read_parquet(paths, union_by_name=True, hive_partitioning=False)
        if self.later:
            rows = rows.filter(f"seen_at <= TIMESTAMPTZ '{self.moment.isoformat()}'")
        if self.others:
            quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in self.connections)
            rows = rows.filter(f"connection IN ({quoted})")
        return rows

    def _known(self, part: str) -> Any:
        rows = self._rows(part)
        if not self.any_ended:
            return rows
        return rows.set_alias("known").join(
            self._rows("ends").project("version").set_alias("ended"), "version", how="anti"
        )

    def table(self, table: str, columns: list[str]) -> Any:
        told = []
        rows = self._known(table)
        there = set(rows.columns)
        for name, places in self.places(table, columns).items():
            places = [p for p in places if p[0] in there] or places[:1]
            terms = [
                f"\"{s}\" AT TIME ZONE 'UTC'" if k == "moment" else f'"{s}"' if s in there else "NULL"
                for s, k in places
            ]
            if len(terms) > 1:
                terms = [f"CAST({term} AS VARCHAR)" for term in terms]
            told.append(f"COALESCE({', '.join(terms)}) AS " + '"' + name.replace('"', '""') + '"')
        return rows.project(", ".join(told))

    def counts(self, table: str) -> pd.Series:
        found = self._known(table).aggregate("connection, COUNT(*) AS n").fetchall()
        return pd.Series(dict(found), dtype="int64")


class _Polars(_Rows):
    def _rows(self, part: str) -> Any:
        import polars as pl

        paths = self.files(part)
        if self.remote:
            rows = pl.scan_pyarrow_dataset(self.dataset(part))
        elif not paths:  # of issues there may be none
            rows = pl.LazyFrame(pl.from_arrow(self.commit.dataset.schema.empty_table()))
        else:
            frames = [pl.scan_parquet(path, glob=False) for path in paths]
            rows = pl.concat(frames, how="diagonal")  # a file that is older than a column lacks it
        if self.later:
            rows = rows.filter(pl.col("seen_at") <= self.moment.to_pydatetime())
        return rows.filter(pl.col("connection").is_in(self.connections)) if self.others else rows

    def _known(self, part: str) -> Any:
        rows = self._rows(part)
        return rows.join(self._rows("ends").select("version"), on="version", how="anti") if self.any_ended else rows

    def table(self, table: str, columns: list[str]) -> Any:
        import polars as pl

        rows = self._known(table)
        there = set(rows.collect_schema().names())
        told = []
        for name, places in self.places(table, columns).items():
            terms = [
                pl.col(s).dt.replace_time_zone(None) if k == "moment" else pl.col(s) for s, k in places if s in there
            ]
            if len(terms) > 1:
                terms = [term.cast(pl.String) for term in terms]
            told.append((pl.coalesce(terms) if terms else pl.lit(None)).alias(name))
        return rows.select(told)

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
        return rows.join(self._rows("ends").select("version"), "version", "left_anti") if self.any_ended else rows

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
