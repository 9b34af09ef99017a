"""The heavy step of everything that is measured in days: one grouped count of whole days.

How many lines of each kind a group has on each day is all that lead times and slippage need: exact medians and percentiles,
survival curves with their variance, rates under any tolerance. Counting is one pass without sorting, counts add up over chunks,
and what follows works on a small table: a million lines of 500 vendors make some ten thousand rows.

Two lines of vendor 0 delivered after 7 days, one still open after 9, and one of vendor 1 delivered after 7 are ::

    group  day  delivered  open
        0    7          2     0
        0    9          0     1
        1    7          1     0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..frames import numbered

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Rows of a group that are added up together with those of all other groups, before the longer groups go on one by one.
STEPS = 16


@dataclass(frozen=True)
class DayCounts:
    """One row per group and day that has a line, by group, then day."""

    group: Ints
    day: Ints
    counts: npt.NDArray[
        Any
    ]  # one column per kind of line: whole numbers, or fractions where lines are shared out over days
    n_groups: int
    dated: npt.NDArray[np.bool_] | None = None  # the rows on whose day a line is known to have ended; None: all

    def of(self, groups: npt.NDArray[np.bool_]) -> DayCounts:
        """Return the rows of some groups, under the same numbers."""
        rows = groups[self.group]
        dated = None if self.dated is None else self.dated[rows]
        return DayCounts(self.group[rows], self.day[rows], self.counts[rows], self.n_groups, dated)

    def total(self) -> Ints:
        """Return the lines of each group by kind; zeros for a group without lines."""
        kinds = self.counts.shape[1]
        return np.column_stack([self.sum_by_group(self.counts[:, k]) for k in range(kinds)])

    def sum_by_group(self, count: npt.NDArray[Any]) -> Ints:
        """Return the sum of one number per row, by group, as a whole number: the shares of a line add up to it."""
        total = np.bincount(self.group, weights=count, minlength=self.n_groups)
        return (total if self.dated is None else np.rint(total)).astype(np.int64)

    def starts(self) -> Ints:
        """Return the first row of each group that has any."""
        return np.flatnonzero(np.diff(self.group, prepend=-1))

    def running(self, ufunc: np.ufunc, number: npt.NDArray[Any]) -> Floats:
        """Return the running sum (``np.add``) or product of one number per row, by group."""
        out: Floats = np.array(number, dtype=float)
        first = self.starts()
        n = np.diff(first, append=len(out))
        # Where there are many groups, most have few rows, and a loop over groups would be slow: so the second row of every group
        # is added to its first, then the third to the second, and so on. Only what is longer than that gets a loop of its own.
        for step in range(1, STEPS):
            first, n = first[n > step], n[n > step]
            out[first + step] = ufunc(out[first + step - 1], out[first + step])
        for a, b in zip(first + STEPS - 1, first + n, strict=True):
            out[a:b] = ufunc.accumulate(out[a:b])
        return out


def stacked(tables: Sequence[DayCounts]) -> DayCounts:
    """Return tables of different groups as one."""
    if len(tables) == 1:
        return tables[0]
    group, day, counts = (np.concatenate([getattr(t, name) for t in tables]) for name in ("group", "day", "counts"))
    dated = np.concatenate([np.ones(len(t.group), dtype=bool) if t.dated is None else t.dated for t in tables])
    order = np.argsort(group, kind="stable")
    return DayCounts(group[order], day[order], counts[order], tables[0].n_groups, dated[order])


def count_days(
    group: npt.NDArray[np.integer[Any]],
    day: npt.NDArray[np.integer[Any]],
    kind: npt.NDArray[np.integer[Any]],
    *,
    n_groups: int,
    n_kinds: int,
    rows: npt.NDArray[np.bool_] | None = None,
    n: npt.NDArray[np.integer[Any]] | None = None,
) -> DayCounts:
    """Count lines by group, whole day and kind (0 .. ``n_kinds`` - 1).

    ``rows`` are those that count, and ``n`` says how many lines each row stands for.
    """
    cells = Cells.of(group, day, n_groups)
    counts = cells.add(n, kind, n_kinds, rows).astype(np.int64, copy=False)
    present = np.flatnonzero(counts.sum(axis=0))
    return DayCounts(*cells.of_rows(present), counts[:, present].T, n_groups)


@dataclass(frozen=True)
class Cells:
    """The table of groups and days that lines fall into, and each line's cell in it.

    Cells are numbered row by row: with days 3 to 9, seven to a row, group 2 on day 5 is the cell ``2 x 7 + (5 - 3) = 16``.
    """

    cell: npt.NDArray[np.integer[Any]]  # of each line
    n: int  # cells
    first: int  # day
    width: int  # days
    number: Ints | None  # of each cell in the table of all days, where only those that occur are kept

    @classmethod
    def of(cls, group: npt.NDArray[np.integer[Any]], day: npt.NDArray[np.integer[Any]], n_groups: int) -> Cells:
        """Return the cells of some lines."""
        first = int(day.min()) if len(day) else 0
        width = int(day.max()) - first + 1 if len(day) else 0
        cell: npt.NDArray[Any] = group.astype(np.int32 if n_groups * width < 2**28 else np.int64) * width
        cell += day.astype(cell.dtype) - first
        if n_groups * width <= 2 * len(day) + 65_536:
            return cls(cell, n_groups * width, first, width, None)
        # one date of 9999 must not make a table of eighty centuries: number the cells that occur instead
        number, cell = numbered(cell)
        return cls(cell, len(number), first, width, number)

    def add(
        self,
        what: npt.NDArray[Any] | None,
        kind: npt.NDArray[np.integer[Any]] | None = None,
        n_kinds: int = 1,
        rows: npt.NDArray[np.bool_] | None = None,
    ) -> npt.NDArray[Any]:
        """Return the number of lines, or the sum of ``what``, by kind and cell."""
        # a table for each kind, one behind the other, so that one count fills all of them
        cell = self.cell if kind is None else self.cell + kind.astype(self.cell.dtype) * self.cell.dtype.type(self.n)
        if rows is not None and not rows.all():  # at the end, so that one array is cut and not three
            cell, what = cell[rows], None if what is None else what[rows]
        return np.bincount(cell, weights=what, minlength=self.n * n_kinds).reshape(n_kinds, self.n)

    def of_rows(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return the group and the day of some cells."""
        number = rows if self.number is None else self.number[rows]
        group = number // max(self.width, 1)
        return group, number - group * self.width + self.first


def quantile(table: DayCounts, count: Ints, q: float) -> Floats:
    """Return each group's quantile of the days, weighted by ``count``, by linear interpolation; missing for no lines.

    The same number as ``numpy.quantile`` gives of the days written out one by one. Counts of 2 on day 7 and 3 on day 9 stand for
    7 7 9 9 9, of which the ranks 0 to 4 are found in the running counts 2 and 5; the quantile 0.3 has the rank 1.2, and lies
    between the 7 of rank 1 and the 9 of rank 2: 7.4.
    """
    n = table.sum_by_group(count)
    end = np.cumsum(count)  # rank of the row's last line among all lines of all groups
    start = np.cumsum(n) - n
    out = np.full(table.n_groups, np.nan)
    has = np.flatnonzero(n)
    rank = (n[has] - 1) * q
    below = np.floor(rank).astype(np.int64)
    above = np.minimum(below + 1, n[has] - 1)  # the highest rank has none above it
    low = table.day[np.searchsorted(end, start[has] + below, side="right")]
    high = table.day[np.searchsorted(end, start[has] + above, side="right")]
    out[has] = low + (high - low) * (rank - below)
    return out
