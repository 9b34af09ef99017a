"""A folder of saved purchases: its head file, and its tables as Parquet, Parquet in parts, or compressed CSV."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import SchemaError
from ..frames import categoricals
from ..tidy import TABLES

#: Increased whenever the columns or their meaning change: a folder of another version is refused, not misread.
FORMAT = 2
HEAD = "purchases.json"
#: The suffix of a folder whose tables are folders of Parquet files.
PARTS = "parts"
#: The tables with a row per order, line or issue.
FRAMES = ("orders", "lines", "issues")
_MISSING = "\\N"  # in CSV, so that an empty text and a missing one stay two things


def checked_folder(folder: str | Path) -> Path:
    """Return a folder that purchases may be written to; `SchemaError` where it holds something else."""
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / HEAD).exists())):
        raise SchemaError(f"{folder} holds other files: choose a new or empty folder")
    return folder


def write(folder: Path, frames: Mapping[str, pd.DataFrame], as_of: pd.Timestamp | None) -> None:
    """Write the tables into a folder: Parquet where pyarrow is installed, else compressed CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    suffix = "parquet" if find_spec("pyarrow") else "csv.gz"
    for table in TABLES:  # left by an earlier save
        shutil.rmtree(folder / table, ignore_errors=True)
        for s in ("parquet", "csv.gz"):
            (folder / f"{table}.{s}").unlink(missing_ok=True)
    for table, frame in frames.items():
        if suffix == "parquet":
            frame.to_parquet(folder / f"{table}.parquet", index=False)
        else:
            frame.to_csv(folder / f"{table}.csv.gz", index=False, na_rep=_MISSING)
    dtypes = {table: {str(c): str(d) for c, d in frame.dtypes.items()} for table, frame in frames.items()}
    write_head(folder, suffix, as_of, dtypes=dtypes)


def write_head(folder: Path, suffix: str, as_of: pd.Timestamp | None, **more: Any) -> None:
    """Write the head file: format version, suffix, as-of day."""
    head = {"format": FORMAT, "suffix": suffix, "as_of": None if as_of is None else str(as_of.date()), **more}
    (folder / HEAD).write_text(json.dumps(head, indent=1), encoding="utf-8")


def read_head(folder: Path) -> Mapping[str, Any]:
    """Return the head of a folder of saved purchases, or raise `SchemaError`."""
    try:
        head: Mapping[str, Any] = json.loads((folder / HEAD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise SchemaError(f"{folder} holds no saved purchases (no {HEAD})") from None
    except ValueError:
        raise SchemaError(f"{folder}/{HEAD} is damaged: save the purchases anew") from None
    if head.get("format") != FORMAT:
        versions = f"{folder} was saved in format {head.get('format')}, this version reads format {FORMAT}"
        raise SchemaError(f"{versions}: fetch the purchases anew and save them")
    if head["suffix"] != "csv.gz" and not find_spec("pyarrow"):
        raise SchemaError(f"{folder} is Parquet: pip install 'makini-analytics[fast]' to read it")
    return head


def as_of_in(head: Mapping[str, Any]) -> pd.Timestamp | None:
    """Return the as-of day in a folder's head."""
    return pd.Timestamp(head["as_of"]) if head["as_of"] else None


def read(folder: Path, head: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the tables of a folder, typed as they were saved."""
    if head["suffix"] == PARTS:
        frames = {table: _parts(folder / table) for table in TABLES if table != "sources"}
        return frames | {"sources": pd.read_parquet(folder / "sources.parquet")}
    frames = {}
    for table, dtypes in head["dtypes"].items():
        path = folder / f"{table}.{head['suffix']}"
        try:
            frame = pd.read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
        except FileNotFoundError:
            raise SchemaError(f"{path} is missing: save the purchases anew") from None
        frames[table] = _typed(frame, dtypes)
    return frames


def _parts(folder: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    dtypes = {pa.large_string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    whole = pq.read_table(folder)
    for i, f in enumerate(whole.schema):
        if pa.types.is_date32(f.type):
            whole = whole.set_column(i, f.name, whole.column(i).cast(pa.timestamp("us")))
    frame: pd.DataFrame = whole.to_pandas(types_mapper=dtypes.get)
    return frame


def _read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[_MISSING])


def _typed(frame: pd.DataFrame, dtypes: Mapping[str, str]) -> pd.DataFrame:
    columns = {}
    dtype: Any
    for name, dtype in dtypes.items():
        column = frame[name]
        if dtype == "category":  # saved before text was `string` at every size
            columns[name] = pd.Series(categoricals.from_series(column), index=frame.index)
        elif str(column.dtype) == dtype:
            columns[name] = column
        elif dtype.startswith("datetime64"):
            utc = "UTC" in dtype
            columns[name] = pd.to_datetime(column, format="ISO8601", utc=utc).astype(dtype)
        elif dtype == "float64":
            columns[name] = pd.Series([float("nan") if v is pd.NA else float(v) for v in column], dtype=dtype)
        elif dtype == "boolean":
            columns[name] = column.map({"True": True, "False": False}).astype(dtype)
        elif dtype == "Int64":
            columns[name] = column.astype("Float64").astype(dtype)
        else:
            columns[name] = column.astype(dtype)
    return pd.DataFrame(columns, columns=list(dtypes), index=frame.index, copy=False)
