"""The heavy step of a metric, whatever holds the lines: a rule says which lines count and by which whole numbers, and they are counted.

The one place that decides how that is done. The lines of a pandas frame stay lines: their codes, days and outcomes are arrays, and
`day_counts` counts them. Any other frame is counted by its own engine (`engines`), and comes back as rows that stand for many lines
each. What follows - names, quantiles, curves, shares, the book of what was left out - works on either without knowing which it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from .columns import Columns, PandasColumns
from .errors import ConfigError
from .frames import AsOf, Mask, as_of_day, frame_of, is_pandas
from .grouping import By, Groups, count_distinct, group_lines, order_ids
from .provenance import Selection

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Ruled:
    """What a rule says of the lines, in the algebra of `columns`."""

    left_out: list[tuple[Any, str]]  # boolean, and the reason; the first one that fits holds
    marks: dict[str, Any] = field(default_factory=dict)  # whole numbers to count by
    sums: dict[str, Any] = field(default_factory=dict)  # numbers to add up
    of_order: Callable[[], Any] | None = None  # a whole number that orders are counted by, beside their group


Rule = Callable[[Columns], Ruled]

#: Lines that a rule looks at together: so many that its arrays stay in the processor's cache, which halves its time.
_STEP = 65_536


@dataclass(frozen=True)
class Tally:
    """Lines, or rows that stand for ``n`` lines each, with what the rule said of them. Numbers of rows left out mean nothing."""

    frame: pd.DataFrame
    selection: Selection
    marks: Mapping[str, npt.NDArray[Any]]
    sums: Mapping[str, npt.NDArray[Any]]
    n: Ints | None = None  # None: one each
    orders: pd.DataFrame | None = None  # distinct orders by group, where an engine counted them

    def kept(self, what: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the entries of the rows that count."""
        rows = self.selection.kept
        return what if rows.all() else what[rows]

    def groups(self, by: By, *also: str) -> Groups:
        """Return the groups of the rows that count."""
        rows = self.selection.kept
        n = None if self.n is None else self.kept(self.n)
        return group_lines(self.frame, by, also=also, rows=None if rows.all() else rows, n=n)

    def count(self, codes: Ints, n_groups: int) -> npt.NDArray[np.int64]:
        """Return the lines of each group of the rows that count."""
        n = None if self.n is None else self.kept(self.n)
        return np.bincount(codes, weights=n, minlength=n_groups)[:n_groups].astype(np.int64)

    def total(self, rows: Mask) -> int:
        """Return how many lines some rows are."""
        return int(np.count_nonzero(rows) if self.n is None else self.n[rows].sum())

    def n_orders(self, codes: Ints, keys: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return the distinct orders of each group: ``codes`` are those of the rows that count, ``keys`` those of the groups."""
        if self.orders is None:
            rows = None if len(codes) == len(self.frame) else self.selection.kept
            return count_distinct(codes, order_ids(self.frame), len(keys), rows=rows)[: len(keys)]
        shared = [c for c in keys.columns if c in self.orders.columns]
        found = keys[shared].merge(self.orders, on=shared, how="left") if shared else self.orders
        return found["n_orders"].fillna(0).to_numpy(dtype=np.int64)[: len(keys)]


class Lines(Protocol):
    """Some lines that can be tallied."""

    @property
    def attrs(self) -> Mapping[Any, Any]:
        """As-of day, source, first and last day that was asked for, as `Purchases.lines` carries them."""

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""

    def texts(self, name: str) -> set[str]:
        """Return the values that a text column has."""

    def as_of(self, as_of: AsOf | None) -> pd.Timestamp:
        """Return the day to look from: the argument, else the lines' own, else their latest change."""

    def tally(
        self, rule: Rule, *, by: By, also: tuple[str, ...] = (), orders: bool = False, at_once: bool = False
    ) -> Tally:
        """Return the lines tallied by a rule and by the columns of ``by`` and ``also``; with ``orders``, distinct orders too.

        ``at_once`` shows a pandas rule all lines together, for working days, whose calendars are dear to make.
        """


@dataclass(frozen=True)
class PandasLines:
    """The lines of a pandas frame."""

    frame: pd.DataFrame

    @property
    def attrs(self) -> Mapping[Any, Any]:
        """What the frame says of itself."""
        return self.frame.attrs

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""
        return name in self.frame.columns

    def texts(self, name: str) -> set[str]:
        """Return the values that a text column has."""
        return set(self.frame[name].dropna().unique()) if self.has(name) else set()

    def as_of(self, as_of: AsOf | None) -> pd.Timestamp:
        """Return the day to look from."""
        return as_of_day(self.frame, as_of)

    def tally(
        self, rule: Rule, *, by: By = None, also: tuple[str, ...] = (), orders: bool = False, at_once: bool = False
    ) -> Tally:
        """Return the lines with what the rule says of them."""
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


def pandas_lines(lines: Any, *needed: str, metric: str) -> Lines:
    """Return the lines of a pandas frame; the same errors as `lines_of`."""
    return PandasLines(frame_of(lines, *needed, metric=metric))


def lines_of(lines: Any, *needed: str, metric: str) -> Lines:
    """Return lines of any kind, or raise `SchemaError` naming the column that ``metric`` needs and the near ones."""
    if is_pandas(lines) or type(lines).__module__.partition(".")[0] in ("builtins", "numpy", "pandas"):
        return pandas_lines(lines, *needed, metric=metric)
    try:
        from .engines import EngineLines  # narwhals is loaded for the frames that need it
    except ImportError as e:
        raise ConfigError(
            f"{metric} of a frame that is not pandas needs {e.name}: pip install 'makini-analytics[lake]'"
        ) from None
    return EngineLines.of(lines, *needed, metric=metric)


def whole_numbers(mark: npt.NDArray[Any], kept: Mask) -> npt.NDArray[np.integer[Any]]:
    """Return a mark as integers; 0 where a row is left out and its days may be missing."""
    out = np.where(kept, mark, 0)
    return out if out.dtype.kind == "i" else out.astype(np.int32)
