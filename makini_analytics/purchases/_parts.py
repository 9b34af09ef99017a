"""Purchases larger than memory, written to Parquet part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import ConfigError
from ..frames import as_text
from ..system import Workspace, path_of
from ..tidy import TABLES, TidyOrders
from . import _folder

_DAYS = {table: {c.name for c in TABLES[table] if c.kind == "day"} for table in _folder.FRAMES}


class PartTotals(NamedTuple):
    """What is known about all parts together."""

    n_orders: int = 0
    n_lines: int = 0
    first_order_date: pd.Timestamp | None = None
    as_of: pd.Timestamp | None = None
    delivery_date: str | None = None

    def plus(self, part: TidyOrders) -> PartTotals:
        """Return the totals with a part more."""
        dates = (self.first_order_date, part.orders["order_date"].min())
        return PartTotals(
            self.n_orders + len(part.orders),
            self.n_lines + len(part.lines),
            min((d for d in dates if not pd.isna(d)), default=None),
            max((d for d in (self.as_of, part.as_of) if d is not None), default=None),
            part.delivery_date,
        )


class PartWriter:
    """Writes tidy orders part by part into a folder beside the wanted one, and moves that to its place at the end.

    What a writer that is given up has written goes with it.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = ready(folder)
        self._workspace = Workspace(self._folder)
        self._beside = self._workspace.new
        self._n, self.totals = 0, PartTotals()
        self._rows = dict.fromkeys(_folder.FRAMES, 0)
        self._types: dict[str, list[dict[str, Any]]] = {t: [] for t in _folder.FRAMES}
        self._empty: dict[str, list[set[str]]] = {
            t: [] for t in _folder.FRAMES
        }  # custom columns without a value, by part

    def write(self, part: TidyOrders) -> None:
        """Write a part."""
        import pyarrow.parquet as pq

        self.totals = self.totals.plus(part)
        for table in _folder.FRAMES:
            made = _arrow(getattr(part, table), _DAYS[table])
            path = self._path(table, self._n)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(made, path, compression="zstd")
            self._rows[table] += len(made)
            empty = {n for n in made.column_names if n.startswith("custom.") and made[n].null_count == len(made)}
            self._types[table].append({f.name: f.type for f in made.schema})
            self._empty[table].append(empty)
        self._n += 1

    def settle_issues(self, keep: Callable[[pd.DataFrame], Any] | None, more: Mapping[int, pd.DataFrame]) -> None:
        """Keep those issues of the parts that all parts together show to be kept, None for all, and add some by part."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for n in range(self._n) if keep else sorted(more):
            path = self._path("issues", n)
            now = was = pq.read_table(path)
            if keep:
                frame = was.to_pandas(types_mapper={pa.large_string(): pd.StringDtype()}.get)
                now = was.filter(pa.array(np.asarray(keep(frame), dtype=bool)))
            if n in more:
                now = pa.concat_tables([now, _arrow(more[n], set()).cast(was.schema)])
            pq.write_table(now, path, compression="zstd")
            self._rows["issues"] += len(now) - len(was)

    def _path(self, table: str, n: int) -> Path:
        return self._beside / table / f"part-{n:05d}.parquet"

    def close(self, sources: pd.DataFrame, as_of: pd.Timestamp | None) -> Path:
        """Write the sources and the head, move the folder to its place, and return it."""
        for table in _folder.FRAMES:
            self._agree(table)
        sources.to_parquet(self._beside / "sources.parquet", index=False)
        rows = {**self._rows, "sources": len(sources)}
        _folder.write_head(self._beside, _folder.PARTS, as_of, parts=self._n, rows=rows)
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

        found: dict[
            str, tuple[set[Any], set[Any]]
        ] = {}  # the types of a column where it has values, and where it has none
        for part, without in zip(self._types[table], self._empty[table], strict=True):
            for name, kind in part.items():
                found.setdefault(name, (set(), set()))[name in without].add(kind)
        text = pa.large_string()
        # a part that was asked for no value of a column and had some, which were cut, has their type; one that never had any has text
        told = {name: kinds or (empty - {text}) for name, (kinds, empty) in found.items()}
        types = {name: next(iter(kinds)) if len(kinds) == 1 else text for name, kinds in told.items()}
        for n, part in enumerate(self._types[table]):
            if part == types and list(part) == list(types):
                continue
            path = self._path(table, n)
            was = pq.read_table(path)
            columns = []
            for name, wanted in types.items():
                if name not in part or name in self._empty[table][n]:
                    columns.append(pa.nulls(len(was), wanted))
                elif was.schema.field(name).type == wanted:
                    columns.append(was[name])
                else:
                    columns.append(pa.array(as_text(was[name].to_pandas()).astype("string"), type=wanted))
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
