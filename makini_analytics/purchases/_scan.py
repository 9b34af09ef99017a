"""Saved purchases that are counted on disk, without being loaded: for more lines than fit into memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from .._door import LeadsToPurchases
from ..errors import ConfigError, SchemaError, one_of
from ..system import known_options, path_of
from . import _folder
from ._purchases import Purchases


@dataclass(frozen=True)
class Scan(LeadsToPurchases):
    """Saved purchases that are not loaded: pass it, or its ``lines``, to a metric, and the engine counts them where they lie.

    Attributes
    ----------
    lines, orders, issues : a DuckDB relation, or a polars LazyFrame, of the saved columns
    sources : DataFrame, one row per connection
    as_of : Timestamp or None, the day from which figures look by default
    """

    lines: Any
    orders: Any
    issues: Any
    told: pd.DataFrame = field(repr=False)  # what is known of the sources before anything is counted
    as_of: pd.Timestamp | None
    counted: Callable[[], pd.DataFrame] | None = field(default=None, repr=False)

    @cached_property
    def sources(self) -> pd.DataFrame:
        """One row per connection; of a history that was brought up to date in part, orders and lines are counted when this is read first."""
        return self.told if self.counted is None else self.counted()

    @property
    def attrs(self) -> dict[str, Any]:
        """The ``attrs`` that `Purchases.lines` has: as-of day, source, first and last order date that was asked for."""
        nothing = pd.DataFrame()
        attrs = Purchases(nothing, nothing, sources=self.told, as_of=self.as_of).lines.attrs
        return {str(k): v for k, v in attrs.items()}

    def __repr__(self) -> str:
        n_orders, n_lines = (int(self.sources[c].fillna(0).sum()) for c in ("n_orders", "n_lines"))
        as_of = "unknown" if self.as_of is None else self.as_of.date()
        return f"Scan({n_orders:,} orders, {n_lines:,} lines on disk, as of {as_of})"


@known_options
def scan(folder: str | Path, *, engine: str = "duckdb") -> Scan:
    """Return saved purchases without loading them, for figures over more lines than fit into memory.

    Reads what `Purchases.save` wrote, or the last that ``client.fetch_purchases(to=folder)`` brought. Figures take the result as they take lines, and give
    the same frame as of lines in memory. `spend.by_vendor`, `spend.by_period`, `spend.concentration`, `lead_times.by_vendor`,
    `lead_times.curve`, `lead_times.buffer`, `slippage.by_vendor` and `slippage.fill_rate` are counted in the engine; the others bring
    the columns that they read into memory, of at most five million lines, and say so.

    Parameters
    ----------
    folder : where the purchases are
    engine : "duckdb", "polars" or "spark"; Spark's active session, else a local one

    Returns
    -------
    Scan, with ``lines``, ``orders`` and ``issues`` as tables of the engine, and ``sources`` and ``as_of`` in memory

    Raises
    ------
    SchemaError
        There are no saved purchases, or they are not Parquet.
    ConfigError
        The engine is none of these, or is not installed.
    """
    if history := _folder.history_in(folder):
        return history.scan(engine=engine)
    head = _folder.read_head(folder)
    folder = path_of("folder", folder)
    if head["suffix"] != "parquet":
        raise SchemaError(
            f"{folder} is {head['suffix']}, and scan reads Parquet: load it, or save it with pyarrow there"
        )
    read = _reader(engine)
    frames = {t: read(str(_parquet(folder, head, t))) for t in _folder.FRAMES}
    sources = _parquet(folder, head, "sources")
    told = _folder.checked_sources(sources, pd.read_parquet(sources))
    return Scan(**frames, told=told, as_of=_folder.as_of_in(head))


def _parquet(folder: Path, head: Mapping[str, Any], table: str) -> Path:
    """Return the file of a table, or raise `SchemaError` where it is not as a save writes it: the engines' own errors come late."""
    import pyarrow.parquet as pq

    path = folder / f"{table}.parquet"
    with _folder.readable(path):
        there = {f.name: _kind(f.type) for f in pq.read_schema(path)}
        n_rows = pq.read_metadata(path).num_rows
    _folder.check_rows(path, head, table, n_rows)
    # a save of frames of one's own need not have every column; what it has must be what engines count
    wanted = {n: k for n, k in _folder.expected(table).items() if n in there or n == "connection"}
    _folder.check(path, there, wanted)
    return path


def _kind(type_: Any) -> str:
    import pyarrow.types as pt

    if pt.is_dictionary(type_):
        type_ = type_.value_type
    if pt.is_string(type_) or pt.is_large_string(type_) or pt.is_string_view(type_):
        return "text"
    if pt.is_boolean(type_):
        return "yes and no"
    if pt.is_integer(type_) or pt.is_floating(type_) or pt.is_decimal(type_):
        return "numbers"
    return "dates" if pt.is_temporal(type_) else "anything" if pt.is_null(type_) else str(type_)


def checked_engine(engine: str) -> str:
    """Return an engine that tables on disk are read by, or raise `ConfigError` where there is none such, or it is not installed."""
    one_of("engine", engine, ("duckdb", "polars", "spark"))
    package = "pyspark" if engine == "spark" else engine
    if not find_spec(package):
        how = "pyspark" if engine == "spark" else "'makini-analytics[lake]'"
        raise ConfigError(f"{package} is not installed: pip install {how}")
    return engine


def read_by_spark(paths: list[str], schema: Any = None) -> Any:
    """Return Parquet files as a frame of Spark's active session, else of a local one; with a schema of Arrow for all of them."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    # a path is a pattern to Spark: "orders[1]" must be escaped
    reader = session.read
    if schema is not None:
        from pyspark.sql.pandas.types import from_arrow_schema

        reader = reader.schema(from_arrow_schema(schema))
    return reader.parquet(*(re.sub(r"([*?\[\]{}\\])", r"\\\1", p) for p in paths))


def _reader(engine: str) -> Callable[[str], Any]:
    checked_engine(engine)
    if engine == "spark":
        return lambda path: read_by_spark([path])
    if engine == "duckdb":
        import duckdb

        # DuckDB reads a path as a pattern: "orders[1]" must be escaped
        return lambda path: duckdb.read_parquet(re.sub(r"([*?\[])", r"[\1]", path))
    import polars

    return lambda path: polars.scan_parquet(path, glob=False)
