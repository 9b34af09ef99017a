"""Access to the lines that a function was given: the frame, its columns, and errors that name a missing column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, time
from numbers import Number
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .._door import chart_of, instead_of
from ..errors import SchemaError
from ..system import near
from ._codes import Encoding, coalesce, encode, remembered
from ._collect import FIGURE_COLUMNS, collect, is_engine_frame
from .categoricals import texts_at, to_strings

Mask = npt.NDArray[np.bool_]

#: Columns for want of which a figure says something else, and where lines of `Purchases` carry which of them they have, and how many
#: lines they are: who picks columns or rows of a frame loses these.
DECIDING = (
    "state", "deleted_at", "quantity", "received_quantity", "connection", "currency", "unit_of_measure", "vendor_name",
    "order_date", "delivered_date", "required_date", "promised_date",
)  # fmt: skip
DECIDED_BY, N_LINES = "decided_by", "n_lines"
#: Where a part of lines carries the connections of which the whole says what has come: a vendor that delivered nothing is late.
TOLD_IN = "told_in"
#: Where lines carry what they were narrowed to, such as ``{"vendor": "Rossi", "ordered from": "2025-01-01"}``.
FILTERS = "filters"
#: The one of them that a fetch of ``modified_since`` has: orders that did not change are not there.
CHANGED_SINCE = "changed since"
#: Where a result says how many rows it had, by currency: one that lost some since is a part, and no chart may take it for the whole.
N_ROWS = "n_rows"
#: What lines may be narrowed to without parting the vendors of one item or category.
_HIDES_NO_VENDOR = ("connection", "ordered from", "ordered to", "category", "material_id", "product_id", "product_code", "description")  # fmt: skip


#: What `Purchases.filter` says of a pick of all states that there are, but for drafts: no figure counts these. What was cancelled was
#: waited for until then, and was spend on a day before.
ALL_BUT_DRAFTS = "all but drafts"


def narrowed_to(lines: pd.DataFrame, *, without: Sequence[str] = ()) -> str:
    """Return what lines, or those of a figure, were narrowed to, as "category Pumps, ordered from 2024-07-01"."""
    picked: dict[str, str] = lines.attrs.get(FILTERS) or {}
    return ", ".join(f"{name} {text}" for name, text in picked.items() if name not in without)


def outcomes_hidden_by(lines: pd.DataFrame, *, of_open: bool = False) -> list[str]:
    """Return the filters that picked lines by what became of them, as all that are open: of these each is late or not yet due.

    Where all but drafts were picked, figures are whole all the same; what is open now (``of_open``), where all open lines were.
    """
    picked = lines.attrs.get(FILTERS) or {}
    by = [name for name in picked if name == "state" or "status" in name.casefold()]
    whole = picked.get("state") == ALL_BUT_DRAFTS or (of_open and "open" in picked.get("state", "").split(", "))
    return [] if by == ["state"] and whole else by


def years_hidden_by(lines: pd.DataFrame) -> list[str]:
    """Return the filters of the lines that leave out another part of one year than of the next: what is open is of late."""
    changed = [CHANGED_SINCE] if CHANGED_SINCE in (lines.attrs.get(FILTERS) or {}) else []
    return [*outcomes_hidden_by(lines), *changed]


def vendors_hidden_by(lines: pd.DataFrame) -> list[str]:
    """Return the filters of the lines that may have left out other vendors of the same goods: what is single there need not be so."""
    whole = (*_HIDES_NO_VENDOR, *(() if outcomes_hidden_by(lines) else ("state",)))
    return [name for name in lines.attrs.get(FILTERS) or {} if name not in whole]


def is_pandas(lines: Any) -> bool:
    """Whether the lines are a pandas frame, or `Purchases` that hold one."""
    return isinstance(lines, pd.DataFrame) or isinstance(getattr(lines, "lines", None), pd.DataFrame)


def is_history(lines: Any) -> bool:
    """Whether this is what was known on several days (``days``, ``at(day)``), and not one extract."""
    return not isinstance(lines, pd.DataFrame) and hasattr(lines, "days") and callable(getattr(lines, "at", None))


def frame_of(lines: Any, *needed: str, metric: str) -> pd.DataFrame:
    """Return the frame of lines, brought into memory where they lie in an engine.

    `SchemaError` names a missing column that ``metric`` needs, and the near ones.
    """
    if not is_pandas(lines):
        if not is_engine_frame(lines):
            raise not_lines(lines, metric)
        lines, _ = collect(lines, metric=metric)
    frame: pd.DataFrame = lines if isinstance(lines, pd.DataFrame) else lines.lines  # those of Purchases
    if not frame.columns.is_unique:  # frame[name] would be a frame, on which pandas fails far from here
        read = {*FIGURE_COLUMNS, *needed}
        if twice := [c for c in frame.columns[frame.columns.duplicated()] if c in read]:
            raise SchemaError(f"{metric}: the frame has several columns named {twice[0]!r}: rename them first")
    need(frame, *needed, metric=metric)
    return frame


def made_by(frame: Any) -> str:
    """Return the figure that a frame is the result of, such as "spend.by_vendor"; "" where it is none, or no longer says so."""
    return str(frame.attrs.get("metric", "")) if isinstance(frame, pd.DataFrame) and N_ROWS in frame.attrs else ""


def result_of(figure: str) -> str:
    """Return in words what a frame is that was given in the place of another: a figure's result, and the chart that draws it."""
    drawn = f", which {chart} draws" if (chart := chart_of(figure)) else ""
    return f"this is a result of {figure}{drawn}"


def not_lines(given: Any, metric: str) -> SchemaError:
    """Return the error of a figure that was given something else than lines."""
    pass_what = instead_of(given, ": pass data.lines")
    return SchemaError(f"{metric} takes the lines as a DataFrame, not {type(given).__name__}{pass_what}")


def need(columns: Iterable[Any], *needed: str, metric: str) -> None:
    """Raise `SchemaError` where a column that ``metric`` needs is missing; of a frame it says where it may be, or what the frame is."""
    there = [str(c) for c in columns]
    for name in needed:
        if name not in there:
            if isinstance(columns, pd.DataFrame) and name in columns.index.names:
                hint = ": it is the index, pass lines.reset_index()"
            elif figure := made_by(columns):
                hint = f": {result_of(figure)}; pass data.lines"
            elif {"total_net", "n_lines"} <= set(there):
                hint = ": these are orders, pass data.lines"
            else:
                hint = near(name, there)
            raise SchemaError(f"{metric} needs the column {name!r}, which is missing{hint}")


def values(frame: pd.DataFrame, name: str, dtype: Any) -> pd.Series:
    """Return a column, or missing values where the frame has no such column: hand-made frames may be sparse."""
    if name in frame.columns:
        column: pd.Series = frame[name]
        return column
    if dtype in ("string", "boolean"):  # one missing value taken a million times: to read a million of them takes long
        return pd.Series(pd.array([None], dtype=dtype).take(np.zeros(len(frame), dtype=np.intp)), index=frame.index)
    return pd.Series(np.nan, index=frame.index).astype(dtype)


def first_known(lines: pd.DataFrame, names: Sequence[str]) -> Encoding:
    """Return the first text that each line has in some columns, as of a material's id, the code of its product, and its description."""
    found = encode(values(lines, names[0], "string").astype("string"))
    for name in names[1:]:
        if not found.whole():
            found = coalesce(found, encode(values(lines, name, "string").astype("string")))
    return found


def texts_of(frame: pd.DataFrame, name: str, rows: npt.NDArray[np.integer[Any]]) -> Any:
    """Return some rows of a text column as text; of a million lines only those that a result shows."""
    column = values(frame, name, "string")
    known = remembered(column)
    return to_strings(column.iloc[rows]).array if known is None else texts_at(known, rows)


def numbers(frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """Return a column as floats, NaN where missing or infinite."""
    column = values(frame, name, "float64")
    if column.dtype == np.float64:
        out: npt.NDArray[np.float64] = column.to_numpy()
    else:
        if column.dtype.kind in "mM":  # pandas would take their nanoseconds
            if column.notna().any():
                raise SchemaError(f"the column {name!r} holds {column.dtype}: cast it to a number first")
            return np.full(len(column), np.nan)
        try:
            out = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
        except (ValueError, TypeError) as e:
            raise SchemaError(f"the column {name!r} holds values that are no numbers: {e}") from e
    return np.where(np.isinf(out), np.nan, out) if np.isinf(out).any() else out


def _are_numbers(column: pd.Series) -> bool:
    """Whether a column has numbers among its values."""
    if column.dtype != object:
        return column.dtype.kind in "iuf" and bool(column.notna().any())
    return any(isinstance(value, Number) and value == value for value in column)


def days_of(frame: pd.DataFrame, name: str) -> npt.NDArray[np.datetime64]:
    """Return a date column as ``datetime64[D]`` (NaT where missing).

    An instant gives its UTC day, one that is midnight in its own zone the day that it is there: 1 January in Berlin, where it is
    31 December in UTC.
    """
    column = values(frame, name, "datetime64[us]")
    if not isinstance(column.dtype, pd.DatetimeTZDtype) and column.dtype.kind != "M":
        column = _dated(column, name)
    elif isinstance(column.dtype, pd.ArrowDtype):
        zone = getattr(column.dtype.pyarrow_dtype, "tz", None)
        column = column.astype(pd.DatetimeTZDtype("us", zone) if zone else "datetime64[us]")
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        own, instant = column.dt.tz_localize(None), column.dt.tz_convert("UTC").dt.tz_localize(None)
        column = own.where(own == own.dt.normalize(), instant)
    array = column.to_numpy()
    return _whole_days(array) if array.dtype == "datetime64[us]" else array.astype("datetime64[D]")


#: What makes a date unambiguous, whose day and month may be told apart by nothing else: "Wed 05.03.2025" names no month.
_MONTH = r"(?i)(?<![^\W\d_])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[^\W\d_]*"


def _dated(column: pd.Series, name: str) -> pd.Series:
    """Return a column that is not one of dates as one: objects, ISO texts, or texts with the month's name."""
    if _are_numbers(column):  # pandas would take 20250131 for nanoseconds, and all of it be January 1970
        raise SchemaError(f"the column {name!r} holds {column.dtype}, not dates: cast it to a date first")
    with suppress(ValueError, TypeError):
        return pd.to_datetime(column, format="%Y-%m-%d")  # as nearly all are, and fast
    column = column.map(_day_of_midnight)
    texts = column[column.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)].astype("string").str.strip()
    odd = texts[pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True).isna() & (texts != "")]
    # pandas would take 05.03.2025 for 3 May
    if len(unsure := odd[~odd.str.contains(_MONTH)]):
        text = unsure.iloc[0]
        if not re.search(r"\d", text):
            raise SchemaError(
                f"the column {name!r} holds values that are no dates, as {text!r}: read it as dates first"
            )
        how = f"pd.to_datetime(lines.{name}, dayfirst=True)"
        raise SchemaError(f"the column {name!r} holds {text!r}, which is no ISO date: read it first, as {how}")
    try:
        return pd.to_datetime(column.where(column != ""), format="mixed", utc=True)
    except (ValueError, TypeError) as e:
        why = str(e).splitlines()[0].partition(". ")[0]  # what follows are pandas' own options
        raise SchemaError(f"the column {name!r} holds values that are no dates ({why}): read it as dates first") from e


def _day_of_midnight(value: Any) -> Any:
    """Return the day of what is midnight in its own zone, and all else as it is."""
    if isinstance(value, str):
        return m[1] if (m := _MIDNIGHT.fullmatch(value.strip())) else value
    at_midnight = isinstance(value, datetime) and value.tzinfo is not None and value.time() == time(0)
    return value.replace(tzinfo=None) if at_midnight else value


_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?[+-]\d\d:?\d\d")


def _whole_days(instants: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """Return the days of instants: numpy's own change of unit takes twice as long as a division of integers."""
    missing = np.iinfo(np.int64).min
    raw = instants.view(np.int64)
    days = raw // _MICROSECONDS
    np.putmask(days, raw == missing, missing)
    return days.view("datetime64[D]")


_MICROSECONDS = 86_400_000_000  # of a day
#: What says that a line has come, or has not.
_TELLS = ("delivered_date", "first_receipt_date", "completed_date", "received_quantity")


def told_in(lines: pd.DataFrame) -> list[str]:
    """Return the connections in which something says what has come: a status, a receipt, or a day of delivery; "" is the unnamed one.

    Of a part of lines that `Purchases.filter` picked those of the whole.
    """
    told = np.zeros(len(lines), dtype=np.bool_)
    for name in _telling(lines):
        told |= lines[name].notna().to_numpy(dtype=np.bool_)
    names = connections_of(lines)
    return sorted({*map(str, names.labels[np.unique(names.codes[told])]), *(lines.attrs.get(TOLD_IN) or ())})


def says_what_came(lines: pd.DataFrame) -> bool:
    """Whether `told_in` names any connection: that is known at the first column, and asked at every click of an explorer."""
    return bool(lines.attrs.get(TOLD_IN)) or any(bool(lines[name].notna().any()) for name in _telling(lines))


def _telling(lines: pd.DataFrame) -> list[str]:
    # tidy makes a line open where there is no status: then its state says nothing
    return [name for name in (*_TELLS, "status" if "status" in lines else "state") if name in lines]


def connections_of(lines: pd.DataFrame) -> Encoding:
    """Return the connection of each line; that of lines without one is the last, and called ""."""
    found = encode(values(lines, "connection", "string"))
    return Encoding(np.where(found.codes < 0, len(found.labels), found.codes), pd.Index([*map(str, found.labels), ""]))


def in_state(lines: pd.DataFrame, *states: str, missing: bool = False) -> Mask:
    """Which lines are in one of these states; ``missing``: whether those without any are among them."""
    state = encode(values(lines, "state", "string"), sort=False)
    return np.append(np.asarray(state.labels.isin(states), dtype=np.bool_), missing)[state.codes]


def counts_as_spend(lines: pd.DataFrame) -> Mask:
    """Return the lines that count as spend: what was cancelled on one order is often ordered again on another."""
    there = values(lines, "deleted_at", "float64").isna().to_numpy(dtype=bool)
    return np.asarray(~in_state(lines, "cancelled", "draft") & there, dtype=np.bool_)
