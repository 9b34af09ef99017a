"""How a column of a frame lies in the table: by its own name where the data dictionary has it, else by name and kind.

A custom field may be a number today and text tomorrow, and no table changes the type of a column. So each kind has a column::

    custom.size     float64   ->  custom.size.number
    custom.size     string    ->  custom.size.text
    custom.my size  string    ->  custom.my%20size.text

Read back, the kinds of one name come together again as they do where frames are stacked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from string import ascii_letters, ascii_uppercase
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pandas as pd

from ..errors import SchemaError
from ..frames import as_text
from ..tidy import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

#: What each kind is in pandas. A moment is a date with a time and without a zone.
DTYPES: dict[str, Any] = {
    "text": "string",
    "number": "float64",
    "count": "Int64",
    "flag": "boolean",
    "day": "datetime64[us]",
    "moment": "datetime64[us]",
    "instant": "datetime64[us, UTC]",
}

#: The tables whose rows belong to an order.
OF_ORDERS = ("orders", "lines", "issues")

#: What every row has: its table, whether it had ended when the table was last compacted, when it was seen, the version of the order that
#: it belongs to, and its place there.
OF_ROWS = {"part": "text", "past": "flag", "seen_at": "instant", "version": "count", "row": "count"}
#: A version of an order: what tells it from another one, and its order date.
OF_VERSIONS = {"connection": "text", "order_id": "text", "digest": "count", "order_date": "day"}
#: A snapshot of a connection, beside its row of `sources`: the columns it had, and how many orders were new, others, gone and the same.
OF_SNAPSHOTS = {"as_of": "day", "whole": "flag", "layout": "text", "n_new": "count", "n_changed": "count", "n_gone": "count", "n_same": "count"}  # fmt: skip


@cache
def known_kinds(table: str) -> dict[str, str]:
    """Return the kind of each column that the data dictionary has."""
    return {c.name: "text" if c.kind == "label" else c.kind for c in TABLES[table]}


def kind_of(table: str, name: str, dtype: Any) -> str:
    """Return the kind of a column."""
    if known := known_kinds(table).get(name):
        return known
    if pd.api.types.is_bool_dtype(dtype):
        return "flag"
    if pd.api.types.is_integer_dtype(dtype):
        return "count"
    if pd.api.types.is_numeric_dtype(dtype):
        return "number"
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "instant"
    return "moment" if pd.api.types.is_datetime64_any_dtype(dtype) else "text"


def typed(table: str, name: str, column: pd.Series) -> pd.Series:
    """Return a column in the dtype of its kind; `SchemaError` where a value is not of it."""
    kind = kind_of(table, name, column.dtype)
    if str(column.dtype) == DTYPES[kind]:
        return column
    try:
        return as_text(column).astype("string") if kind == "text" else column.astype(DTYPES[kind])
    except (ValueError, TypeError) as e:
        raise SchemaError(f"{table}: the column {name!r} holds what is no {kind} ({e})") from None


# ---- names in the table ------------------------------------------------------------------------------------------------


def stored_names(table: str, kinds: Mapping[str, str], there: Iterable[str]) -> dict[str, str]:
    """Return the name in the table for each column of a frame, in view of the columns that are there already.

    >>> stored_names("lines", {"order_id": "text", "custom.size": "number", "custom.Size": "number"}, [])
    {'order_id': 'order_id', 'custom.size': 'custom.size.number', 'custom.Size': 'custom.%53ize.number'}
    >>> stored_names("lines", {"custom.a": "text"}, ["custom.A.text"])
    {'custom.a': '%63%75%73%74%6F%6D.%61.text'}
    """
    taken = {name.lower(): name for name in there}
    out = {}
    for name, kind in kinds.items():
        stored = name
        if name not in known_kinds(table):
            # engines don't tell upper from lower case in names: the capitals are written as numbers, or where "Foo" came first, all of "foo"
            forms = (f"{_written(name, letters)}.{kind}" for letters in ("", ascii_uppercase, ascii_letters))
            stored = next(form for form in forms if taken.get(form.lower(), form) == form)
        taken[stored.lower()] = out[name] = stored
    return out


def _written(name: str, letters: str) -> str:
    """Return a name as it is stored, with these letters as numbers."""
    return "".join(f"%{ord(c):02X}" if c in letters else quote(c, safe=".-_") for c in name)


def name_and_kind(table: str, stored: str) -> tuple[str, str] | None:
    """Return a column's name in the frame and its kind; None for a column of another table."""
    if kind := known_kinds(table).get(stored):
        return stored, kind
    name, _, kind = stored.rpartition(".")
    return (unquote(name), kind) if name and kind in DTYPES else None


# ---- values ------------------------------------------------------------------------------------------------------------


def arrow_type(kind: str) -> pa.DataType:
    """Return the type of a kind in the table."""
    import pyarrow as pa

    utc = pa.timestamp("us", "UTC")  # a moment without a zone is kept as one in UTC: not every engine has others
    types = {"text": pa.large_string(), "number": pa.float64(), "count": pa.int64(), "flag": pa.bool_()}
    return types.get(kind) or (pa.date32() if kind == "day" else utc)


def to_arrow(column: pd.Series, kind: str) -> pa.Array:
    """Return a typed column as it lies in the table."""
    import pyarrow as pa

    if kind == "moment":
        column = column.dt.tz_localize("UTC")
    if kind == "day":
        return pa.Array.from_pandas(column).cast(pa.date32())
    made = pa.Array.from_pandas(column, type=arrow_type(kind))
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made  # text is held in chunks


def to_pandas(column: pa.ChunkedArray, kind: str) -> pd.Series:
    """Return a column of the table in the dtype of its kind."""
    import pyarrow as pa

    return frame_of_kinds(pa.table({"x": column}), {"x": kind})["x"]


def frame_of_kinds(rows: pa.Table, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return some columns of the table as a frame, each in the dtype of its kind."""
    import pyarrow as pa

    types = {pa.large_string(): pd.StringDtype(), pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}  # fmt: skip
    arrays = [rows[name].cast(pa.timestamp("us")) if kind == "day" else rows[name] for name, kind in kinds.items()]
    out: pd.DataFrame = pa.table(arrays, names=list(kinds)).to_pandas(types_mapper=types.get)
    for name in [n for n, kind in kinds.items() if kind == "moment"]:
        out[name] = out[name].dt.tz_localize(None)
    return out.astype({n: DTYPES[kind] for n, kind in kinds.items() if str(out[n].dtype) != DTYPES[kind]})


def frame_of_rows(rows: pa.Table, table: str, names: Iterable[str]) -> pd.DataFrame:
    """Return rows of the table as a frame with some columns; of one whose kind changed, the kinds that have values come together."""
    stored: dict[str, list[tuple[str, str]]] = {}
    for place in rows.column_names:
        if found := name_and_kind(table, place):
            stored.setdefault(found[0], []).append((place, found[1]))
    chosen = {name: _with_values(rows, stored[name]) for name in names}
    frame = frame_of_kinds(rows, {place: kind for places in chosen.values() for place, kind in places})
    out = {}
    for name, places in chosen.items():
        columns = [frame[place] for place, _ in places]
        if len(columns) > 1:
            texts = [as_text(c).astype("string") for c in columns]
            columns = [texts[0].fillna(pd.concat(texts[1:], axis=1).bfill(axis=1).iloc[:, 0])]
        out[name] = columns[0]
    return pd.DataFrame(out, index=pd.RangeIndex(len(rows)), copy=False)


def _with_values(rows: pa.Table, places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the stored columns of a column that have values, or the first one."""
    found = [p for p in places if rows[p[0]].null_count < len(rows)] if len(places) > 1 else places
    return found or places[:1]
