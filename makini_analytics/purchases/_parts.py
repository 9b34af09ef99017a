"""Purchases larger than memory, which wait as Parquet, part by part, until a history or an engine takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import SchemaError
from ..frames import as_text
from ..system import path_of
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
    """Writes tidy orders part by part into a new folder, which goes with the fetch: nobody else reads it meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
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
        return self._folder / table / f"part-{n:05d}.parquet"

    def close(self, sources: pd.DataFrame, as_of: pd.Timestamp | None) -> Path:
        """Write the sources and the head, and return the folder."""
        for table in _folder.FRAMES:
            self._agree(table)
        sources.to_parquet(self._folder / "sources.parquet", index=False)
        rows = {**self._rows, "sources": len(sources)}
        _folder.write_head(self._folder, _folder.PARTS, as_of, parts=self._n, rows=rows)
        return self._folder

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


# ---- reading them -------------------------------------------------------------------------------------------------


def _files(folder: Path, head: Mapping[str, Any], table: str) -> list[Path]:
    """Return the files of a table in parts; `SchemaError` where one is missing, which an engine would not notice."""
    paths = sorted((folder / table).glob("*.parquet"))
    wanted = [f"part-{i:05d}.parquet" for i in range(len(paths))]
    if not paths or [p.name for p in paths] != wanted or head.get(_folder.PARTS, len(paths)) != len(paths):
        raise SchemaError(f"{folder / table} has not all of its parts, or others: fetch the purchases anew")
    if folders := [p for p in paths if not p.is_file()]:
        raise SchemaError(f"{folders[0]} is no file: fetch the purchases anew")
    if "rows" in head:
        import pyarrow.parquet as pq

        n = 0
        for path in paths:
            with _folder.readable(path):
                n += pq.read_metadata(path).num_rows
        _folder.check_rows(folder / table, head, table, n)
    return paths


def _read(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    dtypes = {pa.large_string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    read = pq.read_table(path)
    for i, f in enumerate(read.schema):
        if pa.types.is_date32(f.type):
            read = read.set_column(i, f.name, read.column(i).cast(pa.timestamp("us")))
    frame: pd.DataFrame = read.to_pandas(types_mapper=dtypes.get)
    return frame


def saved_parts(
    folder: str | Path,
) -> tuple[pd.DataFrame, pd.Timestamp | None, Callable[[], Iterator[dict[str, pd.DataFrame]]]]:
    """Return the sources and the as-of day of saved purchases, and what yields their rows: part by part, or all at once."""
    head = _folder.read_head(folder, suffixes=(*_folder.SUFFIXES, _folder.PARTS))
    place = path_of("folder", folder)
    if head["suffix"] != _folder.PARTS:
        head, frames = _folder.read_whole(folder)
        rows = {table: frames[table] for table in _folder.FRAMES}
        return frames["sources"], _folder.as_of_in(head), lambda: iter([rows])
    sources = place / "sources.parquet"
    with _folder.readable(sources):
        found = pd.read_parquet(sources)
    _folder.check_rows(sources, head, "sources", len(found))
    found = _folder.checked_sources(sources, found)
    files = {table: _files(place, head, table) for table in _folder.FRAMES}

    def parts() -> Iterator[dict[str, pd.DataFrame]]:
        for n in range(len(files["orders"])):
            frames = {}
            for table in _folder.FRAMES:
                path = files[table][n]
                with _folder.readable(path):
                    frames[table] = _read(path)
                _folder.check(path, _folder.kinds(frames[table]), _folder.expected(table))
            yield frames

    return found, _folder.as_of_in(head), parts
