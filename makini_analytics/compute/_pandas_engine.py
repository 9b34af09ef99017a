"""The heavy step on a pandas frame: the lines stay lines, and what a rule gives for them is arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import AsOf, AsOfDays, Encoding, Mask, as_of_days, days_of, encode, frame_of, numbers
from ._groups import By
from ._provenance import Selection
from ._reuse import once, once_by_row, rows_of, shared
from ._rule import SEPARATOR, UNREADABLE, Clustering, Lines, Rule, Tally, unreadable

Floats = npt.NDArray[np.floating[Any]]

#: How many of pandas' units of time make a day.
_UNITS = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
#: A column of which less than a fourth is known has few days.
_SPARSE = 4
#: Labels that are compared one by one sooner than by a table of what is looked for.
_FEW = 100


@dataclass
class PandasColumns:
    """The columns of some rows of a pandas frame: floats for days and numbers (NaN where missing), boolean arrays for marks.

    Days are floats, since only those can be missing; whole days are exact in them, and NaN compares as False, as rules expect.
    """

    frame: pd.DataFrame
    rows: slice = field(default_factory=lambda: slice(None))
    _whole: dict[Any, Any] = field(default_factory=dict)  # what is the same for all rows
    _days: dict[str, Floats] = field(default_factory=dict)  # a rule asks for the same dates more than once

    def at(self, rows: slice) -> PandasColumns:
        """Return the columns of other rows."""
        return PandasColumns(self.frame, rows, self._whole)

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""
        return name in self.frame.columns

    def day(self, name: str) -> Floats:
        """Return a date column as whole days since 1970."""
        if name not in self._days:
            self._days[name] = self._day(name) if self.has(name) else self._nothing()
        return self._days[name]

    def number(self, name: str) -> Floats:
        """Return a column of numbers; what is infinite is missing."""
        if not self.has(name):
            return self._nothing()
        number: Floats = self._once(("number", name), lambda: numbers(self.frame, name))[self.rows]
        return number

    def known(self, name: str) -> Mask:
        """Return where a column has a value."""
        if not self.has(name):
            return np.zeros(len(self), dtype=bool)
        known: Mask = self._once(("known", name), lambda: self.frame[name].notna().to_numpy(dtype=bool))[self.rows]
        return known

    def is_in(self, name: str, *texts: str) -> Mask:
        """Return where a text column has one of these values."""
        if not self.has(name):
            return np.zeros(len(self), dtype=bool)
        column: Encoding = self._once(("text", name), lambda: encode(self.frame[name], sort=False))
        places = self._once((name, texts), lambda: _places_of(texts, column.labels))
        if len(places) > _FEW:  # in one pass, however many: the last place is that of a missing text, -1
            wanted = np.zeros(len(column.labels) + 1, dtype=bool)
            wanted[places] = True
            return wanted.take(column.codes[self.rows], mode="wrap")
        out = np.zeros(len(self), dtype=bool)
        for code in places:
            out |= column.codes[self.rows] == code
        return out

    def may_be_unreadable(self, name: str) -> bool:
        """Whether any value of a column was given and could not be read."""
        return len(self._unread(name)) > 0

    def unreadable(self, name: str) -> Mask:
        """Return where a column's value was given and could not be read."""
        out = np.zeros(len(self), dtype=bool)
        for code in self._unread(name):
            out |= self._unreadable_texts().codes[self.rows] == code
        return out

    def missing(self, value: Floats) -> Mask:
        """Return where a day or number is missing."""
        return np.isnan(value)

    def finite(self, value: Floats) -> Mask:
        """Return where a number is neither missing nor infinite."""
        return np.isfinite(value)

    def ratio(self, this: Floats, of: Floats) -> Floats:
        """Return one number divided by another; the result is missing or infinite where there is none."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return this / of

    def pick(self, rows: Mask, this: Any, that: Any) -> Any:
        """Return one of two values, or of two numbers, by row."""
        # of whole numbers a sum of two products, which is thirty times as fast as `numpy.where`: outcomes are of one byte
        if isinstance(this, int) and isinstance(that, int | np.ndarray) and not (_is_day(this) or _is_day(that)):
            this, that = np.int8(this), np.int8(that) if isinstance(that, int) else that
            if that.dtype.kind == "i":
                return rows.view(np.int8) * this + (~rows).view(np.int8) * that
        return np.where(rows, this, that)

    def once(self, question: Any, answer: Callable[[], Any]) -> Any:
        """Return what several rules ask of these rows."""
        return once(self.frame, (question, self.rows.start, self.rows.stop), answer)

    def __len__(self) -> int:
        return len(range(*self.rows.indices(len(self.frame))))

    def _unreadable_texts(self) -> Encoding:
        texts: Encoding = self._once(UNREADABLE, lambda: encode(self.frame[UNREADABLE], sort=False))
        return texts

    def _unread(self, name: str) -> list[int]:
        """Return the codes of the texts that tell of a column: a few texts are looked at, and not a million lines."""
        # as a rule all could be read: whether a column is empty is known at once, and texts need not be told apart
        if not self._once(UNREADABLE + "?", lambda: self.has(UNREADABLE) and self.frame[UNREADABLE].notna().any()):
            return []
        codes: list[int] = self._once(
            (UNREADABLE, name),
            lambda: [i for i, text in enumerate(self._unreadable_texts().labels) if name in str(text).split(SEPARATOR)],
        )
        return codes

    def _nothing(self) -> Floats:
        return np.broadcast_to(np.float64(np.nan), len(self))  # one number in memory, however many lines

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._whole:
            self._whole[key] = make()
        return self._whole[key]

    def _day(self, name: str) -> Floats:
        if shared():
            # four bytes instead of eight, which are read in half the time. No day is so far away that it isn't exact in them.
            days: Floats = once_by_row(
                self.frame, ("days", name), lambda of: _whole_days(*_instants(of, name)).astype(np.float32), rows_of
            )
            return days[self.rows]
        raw, of_a_day = self._once(("day", name), lambda: _instants(self.frame, name))
        return _whole_days(raw[self.rows], of_a_day)


def _places_of(texts: tuple[str, ...], labels: pd.Index) -> Iterable[int]:
    if isinstance(labels.dtype, pd.StringDtype) and len(labels) <= _FEW:  # of a handful, as states are
        return [i for i, label in enumerate(labels.tolist()) if label in texts]
    return np.flatnonzero(labels.astype("string").isin(texts)).tolist()


def _whole_days(raw: npt.NDArray[np.int64], of_a_day: int) -> Floats:
    """Return instants as whole days, NaN where missing."""
    # numpy's own change of unit, astype("datetime64[D]"), takes three times as long as a division of integers. A missing date
    # is the smallest integer: where few are known, as of cancellations, only those are divided; else all, and it is put right after.
    known = raw != np.iinfo(np.int64).min
    if np.count_nonzero(known) < len(raw) / _SPARSE:
        out: Floats = np.full(len(raw), np.nan)
        out[known] = raw[known] // of_a_day
        return out
    out = (raw // of_a_day).astype(np.float64)
    np.putmask(out, ~known, np.nan)
    return out


def _instants(frame: pd.DataFrame, name: str) -> tuple[npt.NDArray[np.int64], int]:
    """Return a date column as integers, the smallest one for a missing date, and how many of them make a day."""
    column = frame[name]
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        return column.to_numpy().view(np.int64), _UNITS[column.dt.unit]
    return days_of(frame, name).view(np.int64), 1


def _is_day(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > 127


def as_dates(days: Floats) -> npt.NDArray[np.datetime64]:
    """Return whole days since 1970 as dates."""
    return np.where(np.isnan(days), np.iinfo(np.int64).min, days).astype(np.int64).view("datetime64[D]")


#: Lines that a rule looks at together. Its intermediate arrays of half a megabyte stay in the processor's cache, which halves the
#: time: a rule makes some thirty of them.
_STEP = 65_536


@dataclass(frozen=True)
class _Kept:
    """A tally without its frame. Each figure gets a selection of its own, in which it leaves out more lines."""

    codes: npt.NDArray[np.int8]
    reasons: tuple[str, ...]
    marks: Mapping[str, npt.NDArray[Any]]
    sums: Mapping[str, npt.NDArray[Any]]

    @classmethod
    def of(cls, made: Tally) -> _Kept:
        for array in (*made.marks.values(), *made.sums.values()):
            array.flags.writeable = False
        return cls(made.selection.codes, tuple(made.selection.reasons), made.marks, made.sums)

    def of_rows(self, rows: Any) -> _Kept:
        """Return the same of some rows, by position."""
        marks, sums = ({name: rows_of(values, rows) for name, values in of.items()} for of in (self.marks, self.sums))
        return _Kept(rows_of(self.codes, rows), self.reasons, marks, sums)

    def tally(self, frame: pd.DataFrame) -> Tally:
        selection = Selection(frame)
        selection.codes, selection.reasons = self.codes.copy(), list(self.reasons)
        return Tally(frame, selection, self.marks, self.sums)


@dataclass(frozen=True)
class PandasLines:
    """The lines of a pandas frame."""

    frame: pd.DataFrame

    @property
    def attrs(self) -> Mapping[Any, Any]:
        """The as-of day, the source and whatever else the frame carries."""
        return self.frame.attrs

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""
        return name in self.frame.columns

    def texts(self, name: str) -> set[str]:
        """Return the values that a text column has."""
        return set(map(str, self.frame[name].dropna().unique())) if self.has(name) else set()

    def as_of(self, as_of: AsOf | None) -> AsOfDays:
        """Return the day to look from."""
        return as_of_days(self.frame, as_of)

    def tally(
        self,
        rule: Rule,
        *,
        by: By = None,
        also: tuple[str, ...] = (),
        orders: bool = False,
        clustering: Clustering | None = None,
        at_once: bool = False,
    ) -> Tally:
        """Return the lines with what the rule gives for them."""
        if not isinstance(rule, partial):  # of a function made on the spot nobody can tell whether it is the same
            return self._tallied(rule, at_once)
        question = rule.func, rule.args, rule.keywords, at_once
        return once_by_row(
            self.frame, question, lambda frame: _Kept.of(PandasLines(frame)._tallied(rule, at_once)), _Kept.of_rows
        ).tally(self.frame)

    def _tallied(self, rule: Rule, at_once: bool) -> Tally:
        whole, selection, n = PandasColumns(self.frame), Selection(self.frame), len(self.frame)
        step = max(n, 1) if at_once else _STEP
        marks: dict[str, npt.NDArray[Any]] = {}
        sums: dict[str, npt.NDArray[Any]] = {}
        for start in range(0, max(n, 1), step):
            rows = slice(start, min(start + step, n))
            ruled = rule(whole.at(rows))
            for left_out, reason in ruled.left_out:
                selection.exclude(left_out, reason, rows)
            numbers = {k: whole_numbers(v, selection.codes[rows] == 0) for k, v in ruled.marks.items()}
            for out, part in ((marks, numbers), (sums, ruled.sums)):
                for name, value in part.items():
                    if not start:
                        out[name] = np.empty(n, dtype=value.dtype)
                    out[name][rows] = value
        return Tally(self.frame, selection, marks, sums)


def leave_out_unreadable(selection: Selection, words: Mapping[str, str]) -> None:
    """Leave out the lines of which one of some columns could not be read, before those that lack it are left out."""
    for rows, why in unreadable(PandasColumns(selection.lines), words):
        selection.exclude(rows, why)


def pandas_lines(lines: Any, *needed: str, metric: str) -> Lines:
    """Return the lines of a pandas frame; the same errors as `lines_of`."""
    return PandasLines(frame_of(lines, *needed, metric=metric))


def whole_numbers(mark: npt.NDArray[Any], kept: Mask) -> npt.NDArray[np.integer[Any]]:
    """Return a mark as integers; 0 where a row is left out and its days may be missing."""
    out = np.where(kept, mark, 0)
    return out if out.dtype.kind == "i" else out.astype(np.int32)
