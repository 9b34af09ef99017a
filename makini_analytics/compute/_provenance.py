"""What a result carries with it: which rows count and why the others don't, the parameters, as of when.

`Selection` keeps the books while a figure decides about rows, the figure hands back a `FigureResult`, and `stamp` writes both into
``result.attrs``. The attrs are a convenience for titles, footnotes and `explain`; nothing depends on their being there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import FILTERS, N_ROWS, OWN_DAYS, AsOfDays, Encoding, Mask, encode, numbers, values
from ._reuse import once, once_by_row, rows_of

#: Where a result says which columns it had, and their types: a chart of one that was edited since says what it lacks.
COLUMNS = "columns"
#: Where a result is as of a day after the last one that the data know, that day in words.
DATA_AS_OF = "data_as_of"


class Selection:
    """Which rows count, and why the others don't: each row is excluded once, for the first reason that fits.

    A row is a line, or stands for ``n`` lines that an engine has counted already; then ``amount`` is their sum.
    """

    def __init__(self, lines: pd.DataFrame, n: npt.NDArray[np.int64] | None = None) -> None:
        self.lines = lines
        self._n = n
        self.codes = np.zeros(len(lines), dtype=np.int8)  # 0 = counts
        self.reasons: list[str] = [""]

    def exclude(self, rows: Any, reason: str, of: slice = slice(None)) -> None:
        """Leave out the rows of a boolean mask, which may be of a part of the rows, unless they are left out already; None: no row."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        if rows is None:
            return
        # a missing mark is no reason to leave a row out: nullable booleans turn to False where they are missing
        mask = np.asarray(pd.array(rows, dtype="boolean").fillna(False), dtype=bool) if not _is_mask(rows) else rows
        codes = self.codes[of]  # a view, so that what is written into it is written into the whole
        if mask.any():  # 0 + reason where it is left out now, 0 elsewhere: ten times as fast as writing through a mask
            codes += (mask & (codes == 0)).view(np.int8) * np.int8(self.reasons.index(reason))

    def exclude_instead(self, rows: Mask, reason: str) -> None:
        """Leave out more rows for a reason that is known, those also that were left out for one behind it.

        >>> left_out = Selection(pd.DataFrame(index=range(3)))
        >>> left_out.exclude(np.array([True, False, False]), "draft")
        >>> left_out.exclude(None, "not recorded")
        >>> left_out.exclude(np.array([False, True, False]), "no due date")
        >>> left_out.exclude_instead(np.array([True, True, True]), "not recorded")
        >>> left_out.counts()
        {'': 0, 'draft': 1, 'not recorded': 2}
        """
        at = self.reasons.index(reason)
        self.codes[rows & ((self.codes == 0) | (self.codes > at))] = at

    def copy(self) -> Selection:
        """Return another selection of the same rows, in which more can be left out."""
        other = Selection(self.lines, self._n)
        other.codes, other.reasons = self.codes.copy(), list(self.reasons)
        return other

    @property
    def kept(self) -> Mask:
        """True where a row counts."""
        return np.asarray(self.codes == 0)

    def rows(self, reason: str) -> Mask:
        """Return the rows that are left out for a reason."""
        if reason not in self.reasons:
            return np.zeros(len(self.codes), dtype=bool)
        return np.asarray(self.codes == self.reasons.index(reason))

    def n_lines(self, reason: str) -> int:
        """Return how many lines are left out for a reason; those that count for ""."""
        if reason not in self.reasons:
            return 0
        rows = self.codes == self.reasons.index(reason)
        return int(np.count_nonzero(rows) if self._n is None else self._n[rows].sum())

    def reason(self) -> pd.Series:
        """Return the reason per row, missing where it counts."""
        names = pd.array([None, *self.reasons[1:]], dtype="string")
        return pd.Series(names.take(self.codes.astype(np.intp)), index=self.lines.index)

    def counts(self) -> dict[str, int]:
        """Return the lines that count, under "", and those left out for each reason that any is left out for."""
        n = {reason: self.n_lines(reason) for reason in self.reasons}
        return {reason: lines for reason, lines in n.items() if lines or not reason}

    def book(self) -> list[dict[str, Any]]:
        """Return one entry per reason: lines, and their value by currency. Included + excluded = all."""
        amount, currency = once_by_row(
            self.lines, "amounts", _amounts, lambda of, rows: (rows_of(of[0], rows), rows_of(of[1], rows))
        )
        priced = "amount" in self.lines.columns  # where nothing has a value, 0.00 would be an invention
        labels = [*map(str, currency.labels), ""]  # the last one is for lines without a currency
        # one count over reason x currency: with 3 labels, reason 2 in currency 1 is the cell 2 x 3 + 1
        size = len(self.reasons) * len(labels)
        cells = self.codes.astype(
            np.min_scalar_type(-size - 1)
        )  # that holds the number of labels, too, which may be the size
        cells *= cells.dtype.type(len(labels))
        cells += currency.codes
        if not currency.whole():
            cells += (currency.codes < 0) * cells.dtype.type(len(labels))
        cells = cells.astype(np.intp)
        money = np.bincount(cells, weights=amount, minlength=size)
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


def _amounts(lines: pd.DataFrame) -> tuple[npt.NDArray[np.float64], Encoding]:
    """Return the amounts of some lines, 0 where one is missing, and their currencies."""
    return np.nan_to_num(numbers(lines, "amount")), encode(values(lines, "currency", "string"))


def _is_mask(rows: Any) -> bool:
    return isinstance(rows, np.ndarray) and rows.dtype == bool


@dataclass(frozen=True)
class Counted:
    """Which lines a figure counts: a figure that takes long yields it before it computes the rest, for whoever asks no more."""

    selection: Selection
    notes: Sequence[str] = ()
    #: What counts and what was left out, where an earlier step decided it and the selection no longer holds those lines.
    included: Mapping[str, Any] | None = None
    excluded: Iterable[Mapping[str, Any]] | None = None

    def counts(self) -> dict[str, int]:
        """Return the lines that count, under "", and those left out for each reason: the same as in the book, without their value."""
        if self.included is None and self.excluded is None:
            return self.selection.counts()
        counted, *left_out = self.book()
        return {"": counted["n_lines"], **{e["reason"]: e["n_lines"] for e in left_out}}

    def n_currencies(self) -> int:
        """Return how many currencies the value of what counts is in, lines without one being in one more."""
        if self.included is not None:
            return len(self.included["value"])
        lines, kept = self.selection.lines, self.selection.kept
        if "amount" not in lines:
            return 0
        codes = encode(values(lines, "currency", "string"), sort=False).codes
        return int(np.count_nonzero(np.bincount(codes[kept].astype(np.intp) + 1)))

    def book(self) -> list[dict[str, Any]]:
        """Return what counts, and an entry for each reason why others don't."""
        own = self.selection.book()
        counts = own[0] if self.included is None else dict(self.included)
        return [counts, *(own[1:] if self.excluded is None else map(dict, self.excluded))]


@dataclass(frozen=True)
class FigureResult:
    """What a figure hands to its decorator: the frame that the caller will see, and what `explain` should tell about it."""

    result: pd.DataFrame
    selection: Selection
    as_of: AsOfDays | None = None  # None: the lines' own day, if they have one
    notes: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)  # those that differ from the arguments; None drops one
    included: Mapping[str, Any] | None = None  # as in `Counted`
    excluded: Iterable[Mapping[str, Any]] | None = None

    @property
    def counted(self) -> Counted:
        """Which lines count."""
        return Counted(self.selection, self.notes, self.included, self.excluded)


def stamp(
    result: pd.DataFrame,
    *,
    metric: str,
    parameters: Mapping[str, Any],
    selection: Selection,
    lines: pd.DataFrame,
    as_of: AsOfDays | None = None,
    notes: tuple[str, ...] = (),
    included: Mapping[str, Any] | None = None,
    excluded: Iterable[Mapping[str, Any]] | None = None,
) -> pd.DataFrame:
    """Write into ``result.attrs`` what was measured, with which parameters, as of when, and what was left out."""
    counts, *left_out = Counted(selection, notes, included, excluded).book()
    result.attrs = {
        "metric": metric,
        "parameters": {k: v for k, v in parameters.items() if v is not None},
        "as_of": lines.attrs.get("as_of") if as_of is None or pd.isna(as_of.day) else str(as_of),
        "source": _source_of(lines),
        "currency": currency_basis(lines),
        "included": counts,
        "excluded": left_out,
        "notes": list(notes),
        N_ROWS: _rows_by_currency(result),
        COLUMNS: {str(name): str(dtype) for name, dtype in result.dtypes.items()},
    }
    # a figure that is made of another one, as the ageing of the open lines, has the day from there
    if own := lines.attrs.get(DATA_AS_OF) if as_of is None else _days_before(lines, as_of):
        result.attrs[DATA_AS_OF] = own
    if as_of is not None and as_of.own:  # beside their text, which is for people
        result.attrs[OWN_DAYS] = {name: str(day.date()) for name, day in as_of.own.items()}
    if filters := lines.attrs.get(FILTERS):
        result.attrs[FILTERS] = dict(filters)
    return result


def _source_of(lines: pd.DataFrame) -> str | None:
    """Return the names of the connections that the lines came from; of a part of them, such as those of one site, those that it has."""
    told: str | None = lines.attrs.get("source")
    if told is None or "connection" not in lines:
        return told
    there = once(lines, "connections", lambda: _connections_in(lines))
    known = told.split(", ")
    return ", ".join(n for n in known if n in there) if there and there <= {*known} else told


def _connections_in(lines: pd.DataFrame) -> set[str]:
    names = encode(values(lines, "connection", "string"), sort=False)
    return {str(names.labels[i]) for i in np.flatnonzero(np.bincount(names.codes.astype(np.intp) + 1)[1:]).tolist()}


def _days_before(lines: pd.DataFrame, as_of: AsOfDays) -> str:
    """Return the day that the data are of, where it comes before the day to look from: what has happened since is not known.

    >>> lines = pd.DataFrame()
    >>> lines.attrs["as_of"] = "2025-12-31"
    >>> _days_before(lines, AsOfDays(pd.Timestamp("2030-01-01"))), _days_before(lines, AsOfDays(pd.Timestamp("2025-06-30")))
    ('the data are of 2025-12-31', '')
    """
    every = lines.attrs.get(OWN_DAYS) or {"": lines.attrs.get("as_of")}
    before = {name: day for name, day in every.items() if day and pd.Timestamp(day) < as_of.of(name)}
    of = f" of {', '.join(sorted(before))}" if len(before) < len(every) else ""
    return f"the data{of} are of {min(before.values())}" if before else ""


def rows_passed(data: Any) -> str:
    """Return how many rows of a result are left, as "5 of 70 rows"; "" where it is whole, at least in its currencies, or no result.

    >>> result = pd.DataFrame({"currency": ["EUR", "EUR", "JPY"], "spend": [3.0, 2.0, 1.0]})
    >>> result.attrs["n_rows"] = {"EUR": 2, "JPY": 1}
    >>> rows_passed(result.head(1)), rows_passed(result[result.currency == "EUR"])
    ('1 of 2 rows', '')
    """
    had = data.attrs.get(N_ROWS) if isinstance(data, pd.DataFrame) else None
    if not had or data.empty:
        return ""
    n = sum(had.get(currency, 0) for currency in _rows_by_currency(data)) or sum(had.values())
    return f"{len(data):,} of {n:,} row{'s' * (n != 1)}" if len(data) < n else ""


def _rows_by_currency(result: pd.DataFrame) -> dict[str, int]:
    if "currency" not in result:
        return {"": len(result)}
    n = result["currency"].astype("string").fillna("").value_counts()
    return {str(currency): int(k) for currency, k in n.items()}


def currency_basis(lines: pd.DataFrame) -> str:
    """Return what the amounts of the lines are in: the documents' own currencies, or one, and at which rates."""
    if "original_currency" not in lines.columns:
        # a figure that others are made of, such as the open lines, knows what its own lines said
        return str(
            lines.attrs.get("currency", "as in the documents") if "metric" in lines.attrs else "as in the documents"
        )
    return str(lines.attrs.get("currency", "converted, at rates that are not known any more"))
