"""A folder of saved purchases: its head file, and its tables as Parquet or compressed CSV."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import SchemaError
from ..frames import CARRIED, categoricals
from ..system import in_the_way, path_of, settle, whole
from ..tidy import TABLES, empty
from ._parquet import read_parquet

if TYPE_CHECKING:
    from ..history import History

#: Increased whenever the columns or their meaning change: a folder of another version is refused, not misread.
FORMAT = 2
HEAD = "purchases.json"
_LOG = "_delta_log"
SUFFIXES = ("parquet", "csv.gz")
#: The suffix of a folder whose tables are folders of Parquet files.
PARTS = "parts"
#: The tables with a row per order, line or issue.
FRAMES = ("orders", "lines", "issues")
#: Columns of sources that later versions added: folders that were saved before lack them, and they are missing.
_ADDED = ("read_with",)
#: What frames carry along, and how their amounts were converted.
_CARRIED = ("currency", *CARRIED)
#: So often a folder is read that is saved anew meanwhile.
_TRIES = 10
_MISSING = "\\N"  # in CSV, so that an empty text and a missing one stay two things


def checked_folder(folder: str | Path) -> Path:
    """Return a folder that purchases may be written to: a new or empty one, or one that holds saved purchases and nothing else.

    `SchemaError` says what is in the way: a folder is replaced as one, and nothing that somebody else put there may go with it.
    """
    folder = path_of("folder", folder)
    if is_history(folder):
        raise SchemaError(
            f"{folder} is a history: add to it by ma.History({str(folder)!r}), or choose a new or empty folder"
        )
    if reason := in_the_way(folder, owned(folder)):
        raise SchemaError(f"{folder} {reason}")
    return folder


def is_history(folder: Path) -> bool:
    """Return whether a folder holds a history: a Delta table, as what `history` wrote there."""
    try:
        return (folder / _LOG).is_dir()
    except OSError as e:
        raise SchemaError(f"{folder} can't be read: {e.strerror or e}") from None


def history_in(folder: str | Path) -> History | None:
    """Return the history that a folder holds; None where there is none.

    A history is made of purchases, and read as such. This one step goes against the direction of the rooms.
    """
    place = path_of("folder", folder)
    if not is_history(place):
        return None
    from ..history import History

    return History(place)


def owned(folder: Path) -> set[str]:
    """Return the files that a save wrote into a folder, as its head has them; none where that is not ours."""
    try:
        suffix = _head(folder).get("suffix")
    except (OSError, SchemaError):
        return set()
    return {HEAD, *(f"{table}.{suffix}" for table in TABLES)} if suffix in SUFFIXES else set()


def write(folder: Path, frames: Mapping[str, pd.DataFrame], as_of: pd.Timestamp | None) -> None:
    """Write the tables as a folder, whole or not at all: Parquet where pyarrow is installed, else compressed CSV."""
    suffix = "parquet" if find_spec("pyarrow") else "csv.gz"
    dtypes = {table: {str(c): str(d) for c, d in frame.dtypes.items()} for table, frame in frames.items()}
    with whole(folder, owned(folder)) as new:
        new.mkdir()
        for table, frame in frames.items():
            if suffix == "parquet":
                try:
                    frame.to_parquet(new / f"{table}.parquet", index=False)
                except (ValueError, TypeError, NotImplementedError) as e:  # a column of your own with texts and numbers
                    raise SchemaError(f"the {table} can't be saved: {'; '.join(map(str, e.args))[:300]}") from None
            else:
                frame.to_csv(new / f"{table}.csv.gz", index=False, na_rep=_MISSING)
        # a part remembers what the whole tells, and what it was narrowed to
        carried = {t: {k: frame.attrs[k] for k in _CARRIED if k in frame.attrs} for t, frame in frames.items()}
        rows = {table: len(frame) for table, frame in frames.items()}
        write_head(new, suffix, as_of, dtypes=dtypes, rows=rows, carried={t: of for t, of in carried.items() if of})


def write_head(folder: Path, suffix: str, as_of: pd.Timestamp | None, **more: Any) -> None:
    """Write the head file: format version, suffix, as-of day."""
    head = {"format": FORMAT, "suffix": suffix, "as_of": None if as_of is None else str(as_of.date()), **more}
    (folder / HEAD).write_text(json.dumps(head, indent=1), encoding="utf-8")


def read_head(folder: str | Path, *, suffixes: Collection[str] = SUFFIXES) -> Mapping[str, Any]:
    """Return the head of a folder of saved purchases, or raise `SchemaError`."""
    folder = path_of("folder", folder)
    if not folder.exists() and folder.parent.is_dir():
        settle(folder.parent)  # it may stand aside, since a save was killed in its last step
    try:
        head = _head(folder)
    except (FileNotFoundError, NotADirectoryError):
        of_history = "it is a history, of which ma.History(...).at() gives purchases"
        told = of_history if is_history(folder) else f"there is no {HEAD}, and no history"
        raise SchemaError(f"{folder} holds no saved purchases: {told}") from None
    except OSError as e:
        raise SchemaError(f"{folder}/{HEAD} can't be read: {e.strerror or e}") from None
    if head.get("format") != FORMAT:
        versions = f"{folder} was saved in format {head.get('format')!r:.40}, this version reads format {FORMAT}"
        raise SchemaError(f"{versions}: fetch the purchases anew and save them")
    as_of, dtypes = head.get("as_of"), head.get("dtypes") or {}
    if head.get("suffix") == PARTS and PARTS not in suffixes:
        raise SchemaError(
            f"{folder} was fetched in parts, by an earlier version: ma.History('another folder').add({str(folder)!r}) reads it"
        )
    fits = head.get("suffix") in suffixes and (as_of is None or _is_day(as_of))
    if fits and head["suffix"] != PARTS:
        fits = isinstance(dtypes, Mapping) and set(dtypes) == set(TABLES)
        fits = fits and all(
            isinstance(d, Mapping) and all(isinstance(x, str) for x in d.values()) for d in dtypes.values()
        )
    carried = head.get("carried") or {}
    fits = fits and isinstance(carried, Mapping) and all(isinstance(of, Mapping) for of in carried.values())
    if not fits:
        raise SchemaError(f"{folder}/{HEAD} is not as a save writes it: save the purchases anew")
    if head["suffix"] != "csv.gz" and not find_spec("pyarrow"):
        raise SchemaError(f"{folder} is Parquet: pip install 'makini-analytics[fast]' to read it")
    return head


def read_whole(folder: str | Path) -> tuple[Mapping[str, Any], dict[str, pd.DataFrame]]:
    """Return the head and the tables of a folder as one save wrote them: where another process saves meanwhile, they are read again."""
    place = path_of("folder", folder)
    for _ in range(_TRIES):
        before = _identity(place)
        try:
            head = read_head(place)
            found = head, read(place, head)
        except SchemaError:
            if _identity(place) == before:
                raise
            continue
        if _identity(place) == before:
            return found
    raise SchemaError(f"{place} was saved anew each time it was read: read it when nothing is saved there")


def _identity(folder: Path) -> tuple[int, ...] | None:
    """Return what tells a folder from the one that a save puts in its place; None where there is none."""
    try:
        about = folder.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino, about.st_mtime_ns


def _head(folder: Path) -> Mapping[str, Any]:
    try:
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise SchemaError(f"{folder}/{HEAD} is damaged: save the purchases anew") from None
    if not isinstance(head, dict):
        raise SchemaError(f"{folder}/{HEAD} is not as a save writes it: save the purchases anew")
    return head


def _is_day(text: Any) -> bool:
    try:
        return isinstance(text, str) and not pd.isna(pd.Timestamp(text))
    except ValueError:
        return False


def as_of_in(head: Mapping[str, Any]) -> pd.Timestamp | None:
    """Return the as-of day in a folder's head."""
    return pd.Timestamp(head["as_of"]) if head["as_of"] else None


def read(folder: Path, head: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the tables of a folder, typed as they were saved; `SchemaError` where a file is not what a save wrote."""
    frames = {}
    for table in TABLES:
        path = folder / f"{table}.{head['suffix']}"
        with readable(path):
            if path.suffix == ".gz":
                frame = _typed(_read_csv(path), head["dtypes"][table])
            else:
                frame = read_parquet(path)
                check(path, kinds(frame), _kinds(head["dtypes"][table]))
                frame = _typed(frame, head["dtypes"][table])
            if table == "sources":
                frame = checked_sources(path, frame)
        check_rows(path, head, table, len(frame))
        frame.attrs |= {k: v for k, v in (head.get("carried") or {}).get(table, {}).items() if k in _CARRIED}
        frames[table] = frame
    return frames


def check_rows(path: Path, head: Mapping[str, Any], table: str, n: int) -> None:
    """Raise `SchemaError` where a table has not as many rows as were saved; the first versions did not count them."""
    rows = head.get("rows")
    wanted = rows.get(table) if isinstance(rows, Mapping) else rows
    if wanted is not None and wanted != n:
        raise SchemaError(f"{path} holds {n:,} rows, and {wanted!r:.40} were saved: save the purchases anew")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what a reader of files says of a file that is missing, damaged or another one into a `SchemaError`."""
    try:
        yield
    except SchemaError:
        raise
    except FileNotFoundError:
        raise SchemaError(f"{path} is missing: save the purchases anew") from None
    # what pandas, pyarrow, gzip and numpy raise for a file that is none of theirs
    except (
        OSError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AttributeError,
        EOFError,
        NotImplementedError,
        zlib.error,
    ) as e:
        reason = f"{e}".partition("\n")[0][:200] or type(e).__name__
        raise SchemaError(f"{path} is not as a save writes it ({reason}): save the purchases anew") from None


def check(path: Path, there: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Raise `SchemaError` where a column is not there, or holds another kind of value than it should."""
    for name, kind in wanted.items():
        if name not in there:
            raise SchemaError(f"{path} lacks the column {name!r}: save the purchases anew")
        if "anything" not in (kind, there[name]) and kind != there[name]:
            raise SchemaError(f"{path}: the column {name!r} holds {there[name]}, not {kind}: save the purchases anew")


def checked_sources(path: Path, sources: pd.DataFrame) -> pd.DataFrame:
    """Return the sources of a folder with all columns of this version; `SchemaError` where they are not what a save wrote."""
    wanted = expected("sources")
    check(path, kinds(sources), {n: k for n, k in wanted.items() if n in sources or n not in _ADDED})
    new = {n: pd.array([None] * len(sources), dtype="string") for n in _ADDED if n not in sources}
    return sources.assign(**new)[[*wanted, *(c for c in sources if c not in wanted)]] if new else sources


def expected(table: str) -> dict[str, str]:
    """Return the kind of each column that a table always has where a fetch wrote it."""
    return _kinds({str(c): d for c, d in empty(table).dtypes.items()})


def kinds(frame: pd.DataFrame) -> dict[str, str]:
    """Return the kind of each column of a frame; one without values may be of any."""
    return {n: k if frame[n].notna().any() else "anything" for n, k in _kinds(dict(frame.dtypes)).items()}


def _kinds(dtypes: Mapping[Any, Any]) -> dict[str, str]:
    return {str(n): _kind(pd.api.types.pandas_dtype(d)) for n, d in dtypes.items()}


def _kind(dtype: Any) -> str:
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if pd.api.types.is_bool_dtype(dtype):
        return "yes and no"
    if pd.api.types.is_numeric_dtype(dtype):
        return "numbers"
    # frames of one's own may hold objects, and text of the first versions is categorical
    return "dates" if pd.api.types.is_datetime64_any_dtype(dtype) else "anything"


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
