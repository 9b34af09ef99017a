"""What a rule may say about lines, in one small algebra; here for the arrays of a pandas frame, in `engines` for any other frame.

A rule - which lines count, how a line stands, for how many days it was waited for - is a function of a `Columns`: it takes days,
numbers and marks from there, compares and combines them by ``< <= > >= + - & | ~``, and chooses by `Columns.pick`. In both forms a
comparison with something missing is False. So each rule is stated once, and can't come to mean one thing here and another there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from .coding import Coded, coded
from .provenance import Mask, days_of, numbers

Floats = npt.NDArray[np.float64]

#: How many of pandas' units of time make a day.
_UNITS = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


class Columns(Protocol):
    """The columns of some lines, as a rule sees them. A column that is not there is one whose values are all missing."""

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""

    def day(self, name: str) -> Any:
        """Return a date column as whole days since 1970."""

    def number(self, name: str) -> Any:
        """Return a column of numbers; what is infinite is missing."""

    def known(self, name: str) -> Any:
        """Return where a column has a value."""

    def is_in(self, name: str, *texts: str) -> Any:
        """Return where a text column has one of these values."""

    def missing(self, value: Any) -> Any:
        """Return where a day or number is missing."""

    def finite(self, value: Any) -> Any:
        """Return where a number is neither missing nor infinite."""

    def ratio(self, this: Any, of: Any) -> Any:
        """Return one number divided by another; neither missing nor infinite means that there is one."""

    def pick(self, rows: Any, this: Any, that: Any) -> Any:
        """Return one of two values, or of two numbers, by row."""


@dataclass
class PandasColumns:
    """The columns of a pandas frame: floats for days and numbers (NaN where missing), boolean arrays for marks."""

    frame: pd.DataFrame
    _days: dict[str, Floats] = field(default_factory=dict)  # a rule asks for the same dates more than once
    _coded: dict[str, Coded] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""
        return name in self.frame.columns

    def day(self, name: str) -> Floats:
        """Return a date column as whole days since 1970."""
        if name not in self._days:
            self._days[name] = day_numbers(self.frame, name) if self.has(name) else self._nothing()
        return self._days[name]

    def number(self, name: str) -> Floats:
        """Return a column of numbers; what is infinite is missing."""
        return numbers(self.frame, name) if self.has(name) else self._nothing()

    def known(self, name: str) -> Mask:
        """Return where a column has a value."""
        if not self.has(name):
            return np.zeros(len(self.frame), dtype=bool)
        return self.frame[name].notna().to_numpy(dtype=bool)

    def is_in(self, name: str, *texts: str) -> Mask:
        """Return where a text column has one of these values."""
        out = np.zeros(len(self.frame), dtype=bool)
        if self.has(name):
            if name not in self._coded:
                self._coded[name] = coded(self.frame[name], sort=False)
            column = self._coded[name]
            for code in np.flatnonzero(np.asarray(column.labels.isin(texts), dtype=bool)):
                out |= column.codes == code
        return out

    def missing(self, value: Floats) -> Mask:
        """Return where a day or number is missing."""
        return np.isnan(value)

    def finite(self, value: Floats) -> Mask:
        """Return where a number is neither missing nor infinite."""
        return np.isfinite(value)

    def ratio(self, this: Floats, of: Floats) -> Floats:
        """Return one number divided by another; neither missing nor infinite means that there is one."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return this / of

    def pick(self, rows: Mask, this: Any, that: Any) -> Any:
        """Return one of two values, or of two numbers, by row."""
        if isinstance(this, int) and isinstance(that, int | np.ndarray):  # an outcome: one byte a line is enough
            this, that = np.int8(this), np.int8(that) if isinstance(that, int) else that
        return np.where(rows, this, that)

    def _nothing(self) -> Floats:
        return np.broadcast_to(np.float64(np.nan), len(self.frame))


def day_numbers(frame: pd.DataFrame, name: str) -> Floats:
    """Return a date column as whole days since 1970, NaN where missing; an instant gives its UTC day."""
    column = frame[name]
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        raw = column.to_numpy().view(np.int64)
        # a division of integers takes a third of the time of numpy's own change of unit
        out: Floats = (raw // _UNITS[column.dt.unit]).astype(np.float64)
        none = raw == np.iinfo(np.int64).min
    else:
        days = days_of(frame, name)
        out, none = days.view(np.int64).astype(np.float64), np.isnat(days)
    np.putmask(out, none, np.nan)
    return out


def as_dates(days: Floats) -> npt.NDArray[np.datetime64]:
    """Return whole days since 1970 as dates."""
    return np.where(np.isnan(days), np.iinfo(np.int64).min, days).astype(np.int64).view("datetime64[D]")
