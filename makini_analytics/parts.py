"""Purchases larger than memory: tidied part by part into Parquet while their pages come, and read again without being loaded."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from . import saved
from .errors import ConfigError, SchemaError
from .frames import as_text
from .purchases import Purchases
from .tidy import TABLES, Tidied, Tidying

#: So many lines are tidied at once.
PART_LINES = 200_000

_TABLES = ("orders", "lines", "issues")
_DAYS = {table: {c.name for c in TABLES[table] if c.kind == "day"} for table in _TABLES}


@dataclass
class Told:
    """What is known of all parts together."""

    n_taken: int = 0  # orders, also those that were cut off
    n_orders: int = 0
    n_lines: int = 0
    first_order_date: pd.Timestamp | None = None
    as_of: pd.Timestamp | None = None
    delivery_date: str | None = None
    with_lines: bool = False  # whether the list of orders has them
    notes: list[str] = field(default_factory=list)

    def add(self, part: Tidied, notes: Sequence[str]) -> None:
        """Take in what a part tells."""
        self.n_orders += len(part.orders)
        self.n_lines += len(part.lines)
        first = part.orders["order_date"].min()
        self.first_order_date = min((d for d in (self.first_order_date, first) if not pd.isna(d)), default=None)
        self.as_of = max((d for d in (self.as_of, part.as_of) if d is not None), default=None)
        self.delivery_date = part.delivery_date
        self.notes += [n for n in (*notes, *part.notes) if n not in self.notes]


class Parts:
    """Takes in pages of orders, as `Tidying` does, and writes the frames of every so many lines into a folder beside the wanted one."""

    def __init__(self, folder: str | Path, tidy: Callable[[Tidying, Told], tuple[Tidied, list[str]]]) -> None:
        self._folder = ready(folder)
        self._beside = self._folder.with_name(f".{self._folder.name}-part{os.getpid()}")
        shutil.rmtree(self._beside, ignore_errors=True)
        self._tidy, self._now, self._n, self.told = tidy, Tidying(), 0, Told()
        self._types: dict[str, list[dict[str, Any]]] = {
            t: [] for t in _TABLES
        }  # of a part's columns, None of an empty one

    def take(self, page: Sequence[Any]) -> None:
        """Take in a page of order records."""
        self._now.take(page)
        if self._now.n_lines >= PART_LINES:
            self._write()

    def _write(self) -> None:
        """Write what was taken in as a part."""
        import pyarrow.parquet as pq

        n_taken = self._now.n_orders
        self.told.with_lines |= self._now.with_lines
        part, notes = self._tidy(self._now, self.told)
        self._now = Tidying()
        self.told.n_taken += n_taken
        self.told.add(part, notes)
        for table in _TABLES:
            made = _arrow(getattr(part, table), _DAYS[table])
            path = self._path(table, self._n)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(made, path, compression="zstd")
            empty = {n for n in made.column_names if n.startswith("custom.") and made[n].null_count == len(made)}
            self._types[table].append({f.name: None if f.name in empty else f.type for f in made.schema})
        self._n += 1

    def _path(self, table: str, n: int) -> Path:
        return self._beside / table / f"part-{n:05d}.parquet"

    def close(self, sources: Callable[[Told], pd.DataFrame], as_of: Callable[[Told], pd.Timestamp | None]) -> Path:
        """Write the rest and what is known of the whole, put the folder where it is wanted, and return it."""
        if self._now.n_orders or not self._n:
            self._write()
        for table in _TABLES:
            self._agree(table)
        sources(self.told).to_parquet(self._beside / "sources.parquet", index=False)
        saved.write_head(self._beside, saved.PARTS, as_of(self.told))
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._beside.rename(self._folder)
        return self._folder

    def drop(self) -> None:
        """Remove what was written so far."""
        shutil.rmtree(self._beside, ignore_errors=True)

    def _agree(self, table: str) -> None:
        """Give all parts the same columns: what a part lacks is missing there, and what is typed otherwise in another is text."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        types: dict[str, Any] = {}
        for name, kind in (item for part in self._types[table] for item in part.items()):
            known = types.get(name)
            types[name] = kind if known is None or kind == known else known if kind is None else pa.large_string()
        types = {name: kind or pa.large_string() for name, kind in types.items()}
        for n, part in enumerate(self._types[table]):
            if part == types and list(part) == list(types):
                continue
            path = self._path(table, n)
            was = pq.read_table(path)
            columns = []
            for name, wanted in types.items():
                if part.get(name) is None:
                    columns.append(pa.nulls(len(was), wanted))
                elif was.schema.field(name).type == wanted:
                    columns.append(was[name])
                else:
                    text = as_text(was[name].to_pandas()).astype("string")
                    columns.append(pa.array(text, type=wanted))
            pq.write_table(pa.table(dict(zip(types, columns, strict=True))), path, compression="zstd")


def ready(folder: str | Path) -> Path:
    """Return the folder that parts may be written to, or raise before anything is asked."""
    if not find_spec("pyarrow"):
        raise ConfigError("to= writes Parquet: pip install 'makini-analytics[fast]'")
    return saved.checked_folder(Path(folder).resolve())


def _arrow(frame: pd.DataFrame, days: set[str]) -> Any:
    """Return a frame as a table that every engine reads alike: plain texts, dates as dates."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    for i, f in enumerate(table.schema):
        if f.name in days:
            table = table.set_column(i, f.name, table.column(i).cast(pa.date32()))
        elif pa.types.is_dictionary(f.type) or pa.types.is_null(f.type):
            table = table.set_column(i, f.name, table.column(i).cast(pa.large_string()))
    return table.replace_schema_metadata(None)


@dataclass(frozen=True)
class Scan:
    """Saved purchases that are not loaded: pass it, or its ``lines``, to a metric, and the engine counts them where they lie.

    Attributes
    ----------
    lines, orders, issues : a DuckDB relation, or a polars LazyFrame, of the saved columns
    sources : DataFrame, one row per connection
    as_of : Timestamp or None, the day that the figures look from unless told otherwise
    """

    lines: Any
    orders: Any
    issues: Any
    sources: pd.DataFrame
    as_of: pd.Timestamp | None

    @property
    def attrs(self) -> dict[str, Any]:
        """What `Purchases.lines` says of itself in ``attrs``: as-of day, source, first and last day that was asked for."""
        nothing = pd.DataFrame()
        told = Purchases(nothing, nothing, sources=self.sources, as_of=self.as_of).lines.attrs
        return {str(k): v for k, v in told.items()}

    def __repr__(self) -> str:
        n_orders, n_lines = (int(self.sources[c].fillna(0).sum()) for c in ("n_orders", "n_lines"))
        as_of = "unknown" if self.as_of is None else self.as_of.date()
        return f"Scan({n_orders:,} orders, {n_lines:,} lines on disk, as of {as_of})"


def scan(folder: str | Path, *, engine: str = "duckdb") -> Scan:
    """Return saved purchases without loading them, for figures over more lines than fit into memory.

    Reads what ``client.fetch_purchases(to=folder)`` or `Purchases.save` wrote. `spend.by_vendor`, `spend.by_period`,
    `spend.concentration`, `lead_times.by_vendor`, `lead_times.curve` and `slippage.by_vendor` take the result as they take lines, count
    it in the engine, and give the same frame as of lines in memory.

    Parameters
    ----------
    folder : where the purchases are
    engine : "duckdb" or "polars"

    Raises
    ------
    SchemaError
        There are no saved purchases, or they are not Parquet.
    ConfigError
        The engine is none of these, or is not installed.
    """
    folder = Path(folder)
    head = saved.read_head(folder)
    if head["suffix"] not in (saved.PARTS, "parquet"):
        raise SchemaError(
            f"{folder} is {head['suffix']}, and scan reads Parquet: load it, or save it with pyarrow there"
        )
    read = _reader(engine)
    inside = "{}/*.parquet" if head["suffix"] == saved.PARTS else "{}.parquet"
    frames = {t: read([str(p) for p in sorted(folder.glob(inside.format(t)))]) for t in _TABLES}
    return Scan(**frames, sources=pd.read_parquet(folder / "sources.parquet"), as_of=saved.as_of_in(head))


def _reader(engine: str) -> Callable[[list[str]], Any]:
    if engine not in ("duckdb", "polars"):
        raise ConfigError(f"engine={engine!r}: pass 'duckdb' or 'polars'")
    if not find_spec(engine):
        raise ConfigError(f"{engine} is not installed: pip install 'makini-analytics[lake]'")
    if engine == "duckdb":
        import duckdb

        # a name is a pattern there: what is one by accident is told apart
        return lambda paths: duckdb.read_parquet([re.sub(r"([*?\[])", r"[\1]", p) for p in paths])
    import polars

    return lambda paths: polars.scan_parquet(paths, glob=False)
