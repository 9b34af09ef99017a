"""Lines that lie in another engine, brought into memory: the columns that are read, of as many lines as fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, SchemaError
from ._spark import refuse_instants, refuse_twins, zones_of_spark
from ._sqlite import quoted, refuse_other_kinds

#: So many lines are brought into memory, where they take some 2 GB; more are refused before any of them is read.
MOST_LINES = 5_000_000

#: The columns that figures read. Of lines in an engine the others stay there, unless a figure groups by them.
FIGURE_COLUMNS = (
    "connection", "order_id", "order_number", "line_id", "line_number", "vendor_id", "vendor_name", "material_id", "product_id",
    "product_code", "description", "category", "site_id", "site_name", "asset_id", "type", "state", "status", "order_date",
    "required_date", "promised_date", "approved_date", "delivered_date", "first_receipt_date", "completed_date", "cancelled_date",
    "updated_at", "deleted_at", "created_at", "is_return", "n_receipts", "quantity", "received_quantity", "unit_of_measure",
    "price_unit", "unit_price", "discount", "amount", "currency", "original_amount", "original_currency", "rate",
    "rate_date", "payment_terms", "unreadable",
)  # fmt: skip


class OnlyInMemory(ConfigError):
    """What was asked for can't be counted by the engine in which the lines lie."""


@dataclass(frozen=True)
class _Engine:
    """How a frame of an engine tells its columns and lines, and gives some columns as an Arrow table."""

    name: str
    columns: Callable[[Any], Iterable[str]]
    count: Callable[[Any], int]
    arrow: Callable[[Any, list[str]], Any]


def is_engine_frame(lines: Any) -> bool:
    """Whether these are lines in an engine that is known, or an object that has them in ``lines``."""
    return _engine_of(lines) is not None or _engine_of(getattr(lines, "lines", None)) is not None


def columns_of(lines: Any) -> list[str]:
    """Return the names of the columns of lines in an engine."""
    held, engine = _opened(lines)
    return list(engine.columns(held))


def collect(lines: Any, columns: Iterable[str] | None = None, *, metric: str = "this") -> tuple[pd.DataFrame, str]:
    """Return lines that lie in an engine as a pandas frame, in their order, and a sentence that says what was brought.

    Text stays dictionary-encoded where the engine has it so; money becomes floats; a date that is infinite is a missing one.

    Parameters
    ----------
    lines : DataFrame or LazyFrame of polars, Table of PyArrow or Ibis, relation of DuckDB, DataFrame of Spark; or what has one in ``lines``
    columns : those to bring, as far as they are there; all by default
    metric : what asks, for the errors

    Raises
    ------
    ConfigError
        There are more lines than `MOST_LINES`; pyarrow is not installed.
    """
    held, engine = _opened(lines)
    there = list(engine.columns(held))
    wanted = there if columns is None else [c for c in dict.fromkeys(columns) if c in there] or there[:1]
    n = engine.count(held)
    if n > MOST_LINES:
        raise ConfigError(
            f"{metric} looks at single lines, which are brought into memory: {n:,} are more than the {MOST_LINES:,} that fit; pick some, such as those of a year"
        )
    try:
        table = engine.arrow(held, wanted)
        frame = to_pandas(table)
    except ImportError as e:
        raise ConfigError(f"{metric} of this frame needs {e.name}: pip install 'makini-analytics[lake]'") from None
    frame.attrs = dict(getattr(lines, "attrs", {}))
    what = (
        "all columns" if len(wanted) == len(there) else f"{len(wanted)} of {len(there)} columns ({', '.join(wanted)})"
    )
    return frame, f"Brought into memory from {engine.name}: {n:,} lines, {what}"


def _opened(lines: Any) -> tuple[Any, _Engine]:
    for held in (lines, getattr(lines, "lines", None)):
        if engine := _engine_of(held):
            return held, engine
    raise TypeError(type(lines).__name__)


def _engine_of(lines: Any) -> _Engine | None:
    return _ENGINES.get(kind_of_frame(lines))


def kind_of_frame(lines: Any) -> tuple[str, str]:
    """Return the package of a frame and its type, as in ("polars", "LazyFrame"), without importing any engine."""
    return type(lines).__module__.partition(".")[0].lstrip("_"), type(lines).__name__


def to_pandas(table: Any) -> pd.DataFrame:
    """Return an Arrow table as a pandas frame: text keeps the codes that it has, money is floats, whole numbers stay whole."""
    import pyarrow as pa
    import pyarrow.types as pt

    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pt.is_decimal(kind):
            column = _whole(column) if kind.scale == 0 else column.cast(pa.float64())
        elif pt.is_date(kind) or pt.is_timestamp(kind):
            column = _finite(column).cast(pa.timestamp("us", getattr(kind, "tz", None) and "UTC"), safe=False)
        elif pt.is_dictionary(kind) and any(chunk.dictionary.null_count for chunk in column.chunks):
            column = column.cast(kind.value_type)  # pandas has no category for what is missing
        columns[name] = column
    texts = {
        pa.string(): pd.StringDtype(),
        pa.large_string(): pd.StringDtype(),
        pa.string_view(): pd.StringDtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    out: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=texts.get)
    for name, column in columns.items():
        # pandas makes floats of them where one is missing: the vendor 7 would be another than 7.0, and 2**53 + 1 be 2**53
        if column.null_count and pt.is_integer(column.type):
            whole = pd.api.types.pandas_dtype(str(column.type).replace("uint", "UInt").replace("int", "Int"))
            out[name] = column.to_pandas(types_mapper=lambda _, whole=whole: whole)
    return out


def _whole(column: Any) -> Any:
    """Return decimals without a fraction, by which databases write ids, as whole numbers: the vendor 7 is not 7.0."""
    import pyarrow as pa

    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:  # more digits than there are in whole numbers
        return column.cast(pa.float64())


def _finite(column: Any) -> Any:
    """Return dates without those at the ends of their range, by which DuckDB and PostgreSQL write infinity."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as pt

    bits = np.int32 if pt.is_date32(column.type) else np.int64
    number = column.cast(pa.int32() if bits is np.int32 else pa.int64())
    ends = np.iinfo(bits)
    inside = pc.and_(pc.less(number, int(ends.max) - 1), pc.greater(number, int(ends.min) + 1))
    return pc.if_else(inside, column, pa.scalar(None, column.type))


def _of_polars(lines: Any, names: list[str]) -> Any:
    return lines.lazy().select(names).collect().to_arrow()


def _count_of_polars(lines: Any) -> int:
    import polars as pl

    return int(lines.lazy().select(pl.len()).collect().item())


def _of_duckdb(lines: Any, names: list[str]) -> Any:
    quoted = ('"' + name.replace('"', '""') + '"' for name in names)
    return lines.project(", ".join(quoted)).to_arrow_table()


def _of_spark(lines: Any, names: list[str]) -> Any:
    refuse_twins(lines, names)
    for name, zone in zones_of_spark(lines).items():
        if name in names:
            refuse_instants(name, zone)
    return lines.select(*(f"`{name.replace('`', '``')}`" for name in names)).toArrow()


def _of_ibis(lines: Any, names: list[str]) -> Any:
    import pyarrow as pa

    kinds = {name: kind for name, kind in lines.schema().items() if name in names}
    dates = [name for name, kind in kinds.items() if kind.is_date() or kind.is_timestamp()]
    refuse_other_kinds(lines, dates, [n for n, kind in kinds.items() if kind.is_numeric() and not kind.is_boolean()])
    # ids of PostgreSQL may be of a type of their own, which its driver gives Arrow as objects of Python
    picked = lines.select(**{n: lines[n].cast("string") if kinds[n].is_uuid() else lines[n] for n in names})
    backend = lines.get_backend()
    if backend.name == "postgres":
        # of infinite dates, and of NaN, its driver makes nothing that Arrow knows
        read = []
        for name in names:
            known = "CASE WHEN isfinite({0}) THEN {0} END" if name in dates else "{0}"
            known = "nullif({0}, 'NaN')" if kinds[name].is_decimal() else known
            read.append(f"{known.format(quoted(name))} AS {quoted(name)}")
        query = f"SELECT {', '.join(read)} FROM ({backend.compile(picked)}) AS __picked"
        picked = backend.sql(query, schema=picked.schema())
    try:
        return picked.to_pyarrow()
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError) as e:  # SQLite takes any value in any column
        raise SchemaError(f"a column of the database holds values of another kind than it says: {e}") from None


_POLARS = _Engine("polars", lambda x: x.collect_schema().names(), _count_of_polars, _of_polars)

_ENGINES: Mapping[tuple[str, str], _Engine] = {
    ("polars", "DataFrame"): _POLARS,
    ("polars", "LazyFrame"): _POLARS,
    ("pyarrow", "Table"): _Engine("PyArrow", lambda x: x.column_names, len, lambda x, names: x.select(names)),
    ("duckdb", "DuckDBPyRelation"): _Engine(
        "DuckDB", lambda x: x.columns, lambda x: int(x.aggregate("count(*)").fetchall()[0][0]), _of_duckdb
    ),
    ("pyspark", "DataFrame"): _Engine("Spark", lambda x: x.columns, lambda x: int(x.count()), _of_spark),
    ("ibis", "Table"): _Engine("Ibis", lambda x: x.columns, lambda x: int(x.count().execute()), _of_ibis),
}
