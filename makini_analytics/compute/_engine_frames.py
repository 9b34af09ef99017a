"""The frames of the engines: what their columns hold, which SQL they speak, and how a query of them is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..frames import OnlyInMemory, kind_of_frame, refuse_other_kinds, refuse_twins, to_pandas, zones_of_spark
from ._sql import Dialect, Kind

#: Stands in a query for the table of the lines.
LINES = "__makini_lines"


@dataclass(frozen=True)
class EngineFrame:
    """Lines in an engine. ``run`` takes a query of the table `LINES`, and returns its few rows."""

    kinds: Mapping[str, Kind]
    dialect: Dialect
    run: Callable[[str], pd.DataFrame]
    #: Where the lines lie in memory: takes a query of numbers of each of them, the columns that name their groups, and those of which
    #: the first known one tells lines apart, and returns all of these line by line.
    rows: Callable[[str, Sequence[str], Sequence[str]], pd.DataFrame] | None = None


def engine_frame(lines: Any) -> EngineFrame | None:
    """Return the frame of an engine, or None where it is no frame that is known."""
    opened = _ENGINES.get(kind_of_frame(lines))
    return opened(lines) if opened else None


_POLARS = Dialect(counts_distinct=True)


def _polars(lines: Any) -> EngineFrame:
    frame = lines.lazy()
    out = EngineFrame(_kinds_of_polars(frame.collect_schema()), _POLARS, partial(_by_polars, frame))
    return out if hasattr(lines, "collect") else replace(out, rows=partial(_rows_of_polars, lines))


def _by_polars(frame: Any, query: str) -> pd.DataFrame:
    return to_pandas(_in_polars(frame, query).to_arrow())


def _in_polars(frame: Any, query: str) -> Any:
    import polars as pl

    return pl.SQLContext({LINES: frame}).execute(query).collect()


def _rows_of_polars(lines: Any, query: str, names: Sequence[str], alike: Sequence[str]) -> pd.DataFrame:
    """Return numbers of all lines, and their columns of text as categories: to group by codes costs less than by texts."""
    if alike and _n_missing(lines[alike[0]]):
        names = [*names, *alike]  # only by its text is the number of one order known from the id of another
    numbers = {column.name: column.fill_null(0).to_numpy() for column in _in_polars(lines.lazy(), query)}
    texts = {name: _coded(lines[name], name in names) for name in dict.fromkeys([*names, *alike[:1]])}
    return pd.DataFrame(texts | numbers, copy=False)


def _n_missing(column: Any) -> int:
    return int(column.null_count() + (column.is_nan().sum() if column.dtype.is_float() else 0))


def _coded(column: Any, named: bool) -> Any:
    """Return a column of text as categories, without names where nobody asks for them, and any other as it is."""
    import polars as pl

    if _kind_of_polars(column.dtype).what != "text" or column.dtype == pl.Enum:  # whose own order stays
        return to_pandas(column.to_frame().to_arrow()).iloc[:, 0]
    column = column.cast(pl.Categorical) if column.dtype == pl.String else column
    codes = column.to_physical().cast(pl.UInt32)
    size = int(codes.max() or 0) + 1  # columns of polars share their codes, so of these a column has some
    code = codes.fill_null(size).to_numpy().view(np.int32)
    if not named and not codes.null_count():
        return pd.Categorical.from_codes(code, pd.RangeIndex(size), validate=False)
    line = codes.arg_unique()
    line = line.filter(codes.gather(line).is_not_null())
    labels = column.gather(line).cast(pl.String)
    place = np.full(size + 1, -1, dtype=np.min_scalar_type(-max(len(line), 1)))
    place[codes.gather(line.gather(labels.arg_sort())).to_numpy()] = np.arange(len(line))
    return pd.Categorical.from_codes(
        place.take(code), pd.Index(labels.sort().to_list(), dtype="string"), validate=False
    )


def _kinds_of_polars(schema: Mapping[str, Any]) -> dict[str, Kind]:
    return {name: _kind_of_polars(kind) for name, kind in schema.items()}


def _kind_of_polars(kind: Any) -> Kind:
    import polars as pl

    called = str(kind)
    if kind == pl.Datetime:
        return Kind("moment" if kind.time_zone else "date", called)
    if kind.is_numeric():
        return Kind("float" if kind.is_float() else "number", called)
    whats = {pl.Date: "date", pl.String: "text", pl.Categorical: "text", pl.Enum: "text", pl.Null: "nothing"}
    return Kind(whats.get(kind.base_type(), called), called)


def _pyarrow(lines: Any) -> EngineFrame:
    """Return the frame of a table that polars counts where it is installed, in half the time, and else DuckDB."""
    try:
        import polars as pl
    except ImportError:
        import duckdb

        return _duckdb(duckdb.from_arrow(lines))

    schema: Any = pl.from_arrow(lines.schema.empty_table())

    def read(query: str, *more: str) -> Any:
        # what the query doesn't name need not become columns of polars
        used = [name for name in lines.column_names if name in more or _POLARS.quoted(name) in query]
        return pl.from_arrow(lines.select(used or lines.column_names[:1]))

    return EngineFrame(
        _kinds_of_polars(schema.schema),
        _POLARS,
        lambda query: _by_polars(read(query).lazy(), query),
        lambda query, names, alike: _rows_of_polars(read(query, *names, *alike), query, names, alike),
    )


#: A date or moment that is infinite has no number of days.
_DUCKDB = Dialect(
    day="date_diff('day', DATE '1970-01-01', CAST({0} AS DATE))",
    utc_day="date_diff('day', DATE '1970-01-01', CAST(timezone('UTC', {0}) AS DATE))",
)


def _duckdb(lines: Any) -> EngineFrame:
    def run(query: str) -> pd.DataFrame:
        return to_pandas(lines.query(LINES, query).to_arrow_table())

    return EngineFrame(dict(zip(lines.columns, map(_kind_of_duckdb, lines.types), strict=True)), _DUCKDB, run)


def _kind_of_duckdb(kind: Any) -> Kind:
    called = "ENUM" if kind.id == "enum" else str(kind)  # and not all of its texts
    if kind.id == "varchar":  # which may be COLLATE NOCASE, and doesn't tell
        return Kind("text", called, read='{} COLLATE "binary"')
    if kind.id in ("date", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"):
        return Kind("date", called)
    if kind.id.endswith("int") or kind.id in ("integer", "uinteger", "decimal"):
        return Kind("number", called)
    whats = {
        "timestamp with time zone": "moment",
        "double": "float",
        "float": "float",
        "enum": "text",
        "null": "nothing",
    }
    return Kind(whats.get(kind.id, called), called)


_SPARK = Dialect(
    text="STRING",
    name="`",
    escaped={"'": "\\'", "\\": "\\\\"},
    day="unix_date(CAST({} AS DATE))",
    utc_day="CAST(floor(unix_seconds({}) / 86400) AS INT)",  # a date would be that of the session's zone
    quotient="({} DIV {})",
)


def _spark(lines: Any) -> EngineFrame:
    zones = zones_of_spark(lines)

    def run(query: str) -> pd.DataFrame:
        refuse_twins(lines, [name for name in lines.columns if _SPARK.quoted(name) in query])
        # the session puts the frame in the place of {lines}; other braces are those of a name or a text
        text = query.replace("{", "{{").replace("}", "}}").replace(LINES, "{lines}")
        return to_pandas(lines.sparkSession.sql(text, lines=lines).toArrow())

    kinds = {f.name: _kind_of_spark(f.dataType, zones.get(f.name)) for f in lines.schema.fields}
    return EngineFrame(kinds, _SPARK, run)


def _kind_of_spark(kind: Any, zone: str | None) -> Kind:
    called = kind.simpleString()
    if called == "timestamp":
        return Kind("moment", called, zone)
    if called in ("tinyint", "smallint", "int", "bigint") or called.startswith("decimal"):
        return Kind("number", called)
    if called.startswith(("string", "varchar", "char")):
        return Kind("text", called, read="collate({}, 'UTF8_BINARY')" if "collate" in called else "{}")
    whats = {"date": "date", "timestamp_ntz": "date", "float": "float", "double": "float", "void": "nothing"}
    return Kind(whats.get(called, called), called)


#: Ibis reaches many databases, of which these have been tried. Their SQL is ours, and not what Ibis makes of expressions: that would be
#: a second way to say what a rule is.
_IBIS = {
    "postgres": Dialect(
        text="TEXT",
        double="DOUBLE PRECISION",
        day="CASE WHEN isfinite({0}) THEN CAST({0} AS DATE) - DATE '1970-01-01' END",
        utc_day="CASE WHEN isfinite({0}) THEN CAST(timezone('UTC', {0}) AS DATE) - DATE '1970-01-01' END",
        quotient="({} / {})",
        step="(... OFFSET 0)",
    ),
    "sqlite": Dialect(
        text="TEXT",
        double="REAL",
        day="CAST(julianday(date({})) - 2440587.5 AS BIGINT)",
        utc_day="CAST(julianday(date({})) - 2440587.5 AS BIGINT)",
        quotient="({} / {})",
        step="MATERIALIZED (...)",
    ),
}


def _ibis(lines: Any) -> EngineFrame:
    backend = lines.get_backend()
    table = backend.compile(lines)
    if backend.name == "duckdb":
        return _duckdb(backend.con.sql(table))
    if backend.name not in _IBIS:
        raise OnlyInMemory(f"lines of Ibis are counted on duckdb, {', '.join(_IBIS)}, and these lie in {backend.name}")
    kinds = {name: _kind_of_ibis(kind) for name, kind in lines.schema().items()}
    if backend.name == "sqlite":
        kinds = {n: replace(k, read="{} COLLATE BINARY") if k.what == "text" else k for n, k in kinds.items()}

    def run(query: str) -> pd.DataFrame:
        _refuse_other_kinds(lines, kinds, query)
        steps = query.removeprefix("WITH ") if query.startswith("WITH ") else f"__all AS (SELECT 1) {query}"
        with closing(backend.raw_sql(f"WITH {LINES} AS ({table}), {steps}")) as cursor:
            names, rows = [column[0] for column in cursor.description], cursor.fetchall()
        columns = zip(*rows, strict=True) if rows else ([] for _ in names)
        return _from_rows({n: _of_kind(list(c), kinds.get(n)) for n, c in zip(names, columns, strict=True)})

    return EngineFrame(kinds, _IBIS[backend.name], run)


def _from_rows(columns: Mapping[str, Any]) -> pd.DataFrame:
    import pyarrow as pa

    return to_pandas(pa.table(columns))


def _of_kind(values: list[Any], kind: Kind | None) -> Any:
    """Return what a driver gave as an Arrow column: SQLite has no type for yes and no, and texts in any column."""
    import pyarrow as pa

    if kind is not None and kind.called == "boolean":
        return pa.array([None if value is None else bool(value) for value in values], pa.bool_())
    if (kind is not None and kind.what == "text") or len({type(v) for v in values if isinstance(v, str | int)}) > 1:
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array(values)


def _refuse_other_kinds(lines: Any, kinds: Mapping[str, Kind], query: str) -> None:
    """Raise `SchemaError` where a column that a query reads as dates or numbers holds other values; ids may be of any kind."""
    read = {name: _IBIS["sqlite"].quoted(name) for name in kinds}
    dates = [name for name, quoted in read.items() if f"date({quoted})" in query]
    forms = {"float": "{} BETWEEN", "number": "CAST({} AS REAL)"}
    numbers = [
        n for n, quoted in read.items() if kinds[n].what in forms and forms[kinds[n].what].format(quoted) in query
    ]
    refuse_other_kinds(lines, dates, numbers)


def _kind_of_ibis(kind: Any) -> Kind:
    called = str(kind)
    if kind.is_timestamp():
        return Kind("moment" if kind.timezone else "date", called)
    if kind.is_numeric() and not kind.is_boolean():
        return Kind("float" if kind.is_floating() else "number", called)
    for what, told in (("date", kind.is_date()), ("text", kind.is_string()), ("nothing", kind.is_null())):
        if told:
            return Kind(what, called)
    return Kind(called, called)


_ENGINES: Mapping[tuple[str, str], Callable[[Any], EngineFrame]] = {
    ("polars", "DataFrame"): _polars,
    ("polars", "LazyFrame"): _polars,
    ("pyarrow", "Table"): _pyarrow,
    ("duckdb", "DuckDBPyRelation"): _duckdb,
    ("pyspark", "DataFrame"): _spark,
    ("ibis", "Table"): _ibis,
}
