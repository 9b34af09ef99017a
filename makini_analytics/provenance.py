"""What a figure says of itself: as of when, which rows count, why the others don't, and its definition.

`Selection` keeps the book while a metric decides about rows, `stamp` writes it into ``result.attrs``, `explain` reads it
out. The attrs are a convenience for titles, footnotes and `explain`; nothing depends on their being there.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .coding import coded
from .errors import ConfigError, SchemaError
from .labels import plain

AsOf = str | pd.Timestamp | Any  # anything that pandas reads as a date
Mask = npt.NDArray[np.bool_]


def is_pandas(lines: Any) -> bool:
    """Whether the lines are a pandas frame, or `Purchases` that hold one."""
    return isinstance(lines, pd.DataFrame) or isinstance(getattr(lines, "lines", None), pd.DataFrame)


def frame_of(lines: Any, *needed: str, metric: str) -> pd.DataFrame:
    """Return the frame of lines, or raise `SchemaError` naming the column that ``metric`` needs and the near ones."""
    if not is_pandas(lines):
        kind = type(lines).__name__
        raise SchemaError(
            f"{metric} takes the lines as a DataFrame of pandas, not {kind}: pass data.lines, or collect some"
        )
    frame: pd.DataFrame = lines if isinstance(lines, pd.DataFrame) else lines.lines  # those of Purchases
    need(frame.columns, *needed, metric=metric)
    return frame


def need(columns: Iterable[Any], *needed: str, metric: str) -> None:
    """Raise `SchemaError` where a column that ``metric`` needs is not there, with the near ones."""
    there = [str(c) for c in columns]
    for name in needed:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=3)
            hint = f"; near names: {', '.join(near)}" if near else ""
            raise SchemaError(f"{metric} needs the column {name!r}, which the table has not{hint}")


def values(frame: pd.DataFrame, name: str, dtype: Any) -> pd.Series:
    """Return a column, or a column of missing values where the frame has none (hand-made frames may be sparse)."""
    if name in frame.columns:
        column: pd.Series = frame[name]
        return column
    return pd.Series(pd.NA if dtype in ("string", "boolean") else np.nan, index=frame.index).astype(dtype)


def texts_of(frame: pd.DataFrame, name: str, rows: npt.NDArray[np.integer[Any]]) -> Any:
    """Return some rows of a text column as plain texts; of a million lines those alone that a result shows."""
    return plain(values(frame, name, "string").iloc[rows]).array


def numbers(frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """Return a column as floats, NaN where missing; what is infinite is no amount, and missing too."""
    column = values(frame, name, "float64")
    if column.dtype == np.float64:
        out: npt.NDArray[np.float64] = column.to_numpy()
    else:
        try:
            out = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
        except (ValueError, TypeError) as e:
            raise SchemaError(f"the column {name!r} holds values that are no numbers: {e}") from e
    return np.where(np.isinf(out), np.nan, out) if np.isinf(out).any() else out


def days_of(frame: pd.DataFrame, name: str) -> npt.NDArray[np.datetime64]:
    """Return a date column as ``datetime64[D]`` (NaT where missing); an instant gives its UTC day."""
    column = values(frame, name, "datetime64[us]")
    if not isinstance(column.dtype, pd.DatetimeTZDtype) and column.dtype.kind != "M":
        try:
            column = pd.to_datetime(column)
        except (ValueError, TypeError) as e:
            raise SchemaError(f"the column {name!r} holds values that are no dates: {e}") from e
    elif isinstance(column.dtype, pd.ArrowDtype):
        column = column.astype(
            "datetime64[us, UTC]" if getattr(column.dtype.pyarrow_dtype, "tz", None) else "datetime64[us]"
        )
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return column.to_numpy().astype("datetime64[D]")


def as_of_day(lines: pd.DataFrame, as_of: AsOf | None) -> pd.Timestamp:
    """Return the day that a metric looks from: the argument, else the frame's own, else its latest change."""
    if as_of is None:
        as_of = lines.attrs.get("as_of")
    if as_of is None and "updated_at" in lines.columns and lines["updated_at"].notna().any():
        as_of = lines["updated_at"].max()
    return as_day(as_of, empty=lines.empty)


def as_day(as_of: AsOf | None, *, empty: bool) -> pd.Timestamp:
    """Return an as-of day without time and zone; ``empty`` lines need none."""
    if as_of is None and empty:
        return pd.NaT  # type: ignore[return-value]  # no line to look at, so no day is needed
    if as_of is None:
        raise ConfigError("no as-of day: neither the lines carry one nor an updated_at; pass as_of='2026-01-31'")
    try:
        day: Any = pd.Timestamp(as_of)
    except (ValueError, TypeError) as e:
        raise ConfigError(f"as_of={as_of!r} is no date: pass as_of='2026-01-31'") from e
    if day is pd.NaT:
        raise ConfigError("as_of is missing (NaT): pass as_of='2026-01-31'")
    local: pd.Timestamp = day.tz_convert("UTC").tz_localize(None) if day.tz is not None else day
    return local.normalize()


def day_number(day: pd.Timestamp) -> int:
    """Return a day as whole days since 1970; where there is none, there is no line to look at either."""
    return 0 if pd.isna(day) else int(day.to_datetime64().astype("datetime64[D]").astype(np.int64))


class Selection:
    """Which rows count, and why the others don't: each row is excluded once, for the first reason that fits.

    A row is a line, or stands for ``n`` lines that an engine has counted already; then ``amount`` is their sum.
    """

    def __init__(self, lines: pd.DataFrame, n: npt.NDArray[np.int64] | None = None) -> None:
        self._lines = lines
        self._n = n
        self.codes = np.zeros(len(lines), dtype=np.int8)  # 0 = counts
        self.reasons: list[str] = [""]

    def exclude(self, rows: Any, reason: str, of: slice = slice(None)) -> None:
        """Leave out the rows of a boolean mask, which may be of a part of the rows, unless they are left out already."""
        mask = np.asarray(pd.array(rows, dtype="boolean").fillna(False), dtype=bool) if not _is_mask(rows) else rows
        if reason not in self.reasons:
            self.reasons.append(reason)
        codes = self.codes[of]
        if mask.any():
            np.putmask(codes, mask & (codes == 0), self.reasons.index(reason))

    @property
    def kept(self) -> Mask:
        """True where a row counts."""
        return np.asarray(self.codes == 0)

    def reason(self) -> pd.Series:
        """Return the reason per row, missing where it counts."""
        names = pd.array([None, *self.reasons[1:]], dtype="string")
        return pd.Series(names.take(self.codes.astype(np.intp)), index=self._lines.index)

    def book(self) -> list[dict[str, Any]]:
        """Return one entry per reason: lines, and their value by currency. Included + excluded = all."""
        amount = numbers(self._lines, "amount")
        priced = "amount" in self._lines.columns  # where nothing has a value, 0.00 would be an invention
        currency = coded(values(self._lines, "currency", "string"))
        labels = [*map(str, currency.labels), ""]  # the last one is for lines without a currency
        size = len(self.reasons) * len(labels)
        cells = self.codes.astype(np.intp)
        cells *= len(labels)
        cells += currency.codes
        if not currency.whole():
            cells[currency.codes < 0] += len(labels)
        none = np.isnan(amount)
        money = np.bincount(cells, weights=np.where(none, 0.0, amount) if none.any() else amount, minlength=size)
        lines = np.bincount(cells, weights=self._n, minlength=size).astype(np.int64)
        return [
            {
                "reason": reason or "included",
                "n_lines": int(n.sum()),
                "value": {c: round(float(v), 6) for c, v, k in zip(labels, m, n, strict=True) if k and priced},
            }
            for reason, n, m in zip(
                self.reasons, lines.reshape(-1, len(labels)), money.reshape(-1, len(labels)), strict=True
            )
            if n.sum() or not reason
        ]


def _is_mask(rows: Any) -> bool:
    return isinstance(rows, np.ndarray) and rows.dtype == bool


def stamp(
    result: pd.DataFrame,
    *,
    metric: str,
    parameters: Mapping[str, Any],
    selection: Selection,
    lines: pd.DataFrame,
    as_of: pd.Timestamp | None = None,
    notes: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Write into ``result.attrs`` what was measured, with which parameters, as of when, and what was left out."""
    book = selection.book()
    result.attrs = {
        "metric": metric,
        "parameters": {k: v for k, v in parameters.items() if v is not None},
        "as_of": lines.attrs.get("as_of") if as_of is None or pd.isna(as_of) else str(as_of.date()),
        "source": lines.attrs.get("source"),
        "currency": currency_basis(lines),
        "included": book[0],
        "excluded": book[1:],
        "notes": list(notes),
    }
    return result


def currency_basis(lines: pd.DataFrame) -> str:
    """Return what the amounts of the lines are in: the documents' own currencies, or one, and at which rates."""
    if "original_currency" not in lines.columns:
        return "as in the documents"
    return str(lines.attrs.get("currency", "converted, at rates that are not known any more"))


class Explanation(str):
    """A text that a notebook shows as it reads."""

    def __repr__(self) -> str:
        return str(self)


def definition(metric: str) -> str:
    """Return the definition of a metric: its docstring up to the parameters. The one source of all definitions."""
    module, _, name = metric.rpartition(".")
    function = getattr(importlib.import_module(f"makini_analytics.{module}"), name)
    text = inspect.getdoc(function) or ""
    return text.split("\nParameters\n")[0].strip()


def explain(result: pd.DataFrame) -> Explanation:
    """Return what a result means: its definition, parameters, as-of day, and what it left out and why.

    Parameters
    ----------
    result : DataFrame
        What a metric of this package returned.

    Raises
    ------
    SchemaError
        The frame carries no provenance: it is no result, or an operation on it dropped its ``attrs``.
    """
    said = result.attrs
    if "metric" not in said:
        raise SchemaError("this frame does not say where it comes from: pass the result of a metric, unchanged")
    out = [said["metric"], "", definition(said["metric"]), ""]
    out.append("Parameters: " + (", ".join(f"{k}={v!r}" for k, v in said["parameters"].items()) or "none"))
    if said.get("as_of"):
        out.append(f"As of: {said['as_of']}")
    if said.get("source"):
        out.append(f"Source: {said['source']}")
    if said.get("currency") and "currency" in result.columns:
        out.append(f"Currency: {said['currency']}")
    out.append(f"Included: {_entry(said['included'])}")
    out += [f"Left out, {e['reason']}: {_entry(e)}" for e in said["excluded"]] or ["Left out: nothing"]
    out += said.get("notes", [])
    return Explanation("\n".join(out))


def _entry(entry: Mapping[str, Any]) -> str:
    money = ", ".join(f"{v:,.2f} {c}".strip() for c, v in entry["value"].items())
    return f"{entry['n_lines']:,} lines" + (f", {money}" if money else "")
