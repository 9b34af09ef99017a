"""Purchases larger than memory: tidied and written to Parquet part by part while their pages come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..frames import as_text
from ..system import Workspace, path_of
from ..tidy import TABLES, OrdersBuilder, TidyOrders
from . import _folder

#: Lines per part; no more than these are tidied in memory at once.
PART_LINES = 200_000

_DAYS = {table: {c.name for c in TABLES[table] if c.kind == "day"} for table in _folder.FRAMES}


@dataclass
class PartTotals:
    """What is known about all parts together."""

    n_taken: int = 0  # orders, including those that the query then left out
    n_orders: int = 0
    n_lines: int = 0
    first_order_date: pd.Timestamp | None = None
    as_of: pd.Timestamp | None = None
    delivery_date: str | None = None
    notes: list[str] = field(default_factory=list)

    def add(self, part: TidyOrders, notes: Sequence[str]) -> None:
        """Add a part."""
        self.n_orders += len(part.orders)
        self.n_lines += len(part.lines)
        first = part.orders["order_date"].min()
        self.first_order_date = min((d for d in (self.first_order_date, first) if not pd.isna(d)), default=None)
        self.as_of = max((d for d in (self.as_of, part.as_of) if d is not None), default=None)
        self.delivery_date = part.delivery_date
        self.notes += [n for n in (*notes, *part.notes) if n not in self.notes]


class PartWriter:
    """Takes in pages of orders, as `OrdersBuilder` does, and writes the frames of every so many lines into a folder beside the wanted one.

    What a writer that is given up has written goes with it.
    """

    def __init__(
        self, folder: str | Path, tidy: Callable[[OrdersBuilder, PartTotals], tuple[TidyOrders, list[str]]]
    ) -> None:
        self._folder = ready(folder)
        self._workspace = Workspace(self._folder)
        self._beside = self._workspace.new
        self._tidy, self._builder, self._n, self._totals = tidy, OrdersBuilder(), 0, PartTotals()
        self._rows = dict.fromkeys(_folder.FRAMES, 0)
        self._types: dict[str, list[dict[str, Any]]] = {
            t: [] for t in _folder.FRAMES
        }  # of a part's columns, None of an empty one

    def take(self, page: Sequence[Any]) -> None:
        """Take in a page of order records."""
        self._builder.take(page)
        if self._builder.n_lines >= PART_LINES:
            self._write()

    def _write(self) -> None:
        """Write the orders so far as a part."""
        import pyarrow.parquet as pq

        n_taken = self._builder.n_orders
        part, notes = self._tidy(self._builder, self._totals)
        self._builder = OrdersBuilder()
        self._totals.n_taken += n_taken
        self._totals.add(part, notes)
        for table in _folder.FRAMES:
            made = _arrow(getattr(part, table), _DAYS[table])
            path = self._path(table, self._n)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(made, path, compression="zstd")
            empty = {n for n in made.column_names if n.startswith("custom.") and made[n].null_count == len(made)}
            self._rows[table] += len(made)
            self._types[table].append({f.name: None if f.name in empty else f.type for f in made.schema})
        self._n += 1

    def _path(self, table: str, n: int) -> Path:
        return self._beside / table / f"part-{n:05d}.parquet"

    def close(
        self, sources: Callable[[PartTotals], pd.DataFrame], as_of: Callable[[PartTotals], pd.Timestamp | None]
    ) -> Path:
        """Write the last part, the sources and the head, move the folder to its place, and return it."""
        if self._builder.n_orders or not self._n:
            self._write()
        for table in _folder.FRAMES:
            self._agree(table)
        of_all = sources(self._totals)
        of_all.to_parquet(self._beside / "sources.parquet", index=False)
        rows = {**self._rows, "sources": len(of_all)}
        _folder.write_head(self._beside, _folder.PARTS, as_of(self._totals), parts=self._n, rows=rows)
        self._workspace.swap(_folder.owned(self._folder))
        self.drop()
        return self._folder

    def drop(self) -> None:
        """Remove what is not in its place."""
        self._workspace.close()

    def _agree(self, table: str) -> None:
        """Give all parts the same columns, since engines read them as one table.

        Part 1 has ``custom.size`` as numbers, part 2 as text, part 3 has none: text in part 1 as well, and missing in part 3.
        """
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
    """Return the folder that parts may be written to, or raise before anything is fetched."""
    if not find_spec("pyarrow"):
        raise ConfigError("to= writes Parquet: pip install 'makini-analytics[fast]'")
    return _folder.checked_folder(path_of("to", folder).resolve())


def _arrow(frame: pd.DataFrame, days: set[str]) -> Any:
    """Return a frame as a table that every engine reads alike: text without dictionaries, days as dates."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    for i, f in enumerate(table.schema):
        if f.name in days:
            table = table.set_column(i, f.name, table.column(i).cast(pa.date32()))
        elif pa.types.is_dictionary(f.type) or pa.types.is_null(f.type):
            table = table.set_column(i, f.name, table.column(i).cast(pa.large_string()))
    return table.replace_schema_metadata(None)
