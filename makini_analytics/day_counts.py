"""The heavy step of everything that is measured in days: one grouped count of whole days.

How many lines of each kind a group has on each day holds all that lead times and slippage need: exact medians
and percentiles, survival curves with their variance, rates under any tolerance. It is one pass without
sorting, counts add up over chunks, and what follows works on a small table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DayCounts:
    """One row per group and day that has a line, by group, then day."""

    group: Ints
    day: Ints
    counts: Ints  # one column per kind of line
    n_groups: int

    def total(self) -> Ints:
        """Return the lines of each group by kind; zeros for a group without lines."""
        kinds = self.counts.shape[1]
        return np.column_stack([self.sum_by_group(self.counts[:, k]) for k in range(kinds)])

    def sum_by_group(self, count: npt.NDArray[Any]) -> Ints:
        """Return the sum of one number per row, by group."""
        out = np.zeros(self.n_groups, dtype=np.int64)
        np.add.at(out, self.group, count)
        return out

    def slices(self) -> Iterator[slice]:
        """Yield the rows of each group that has any."""
        edges = np.flatnonzero(np.diff(self.group, prepend=-1, append=self.n_groups))
        yield from map(slice, edges[:-1], edges[1:])


def count_days(
    group: npt.NDArray[np.integer[Any]],
    day: npt.NDArray[np.integer[Any]],
    kind: npt.NDArray[np.integer[Any]],
    *,
    n_groups: int,
    n_kinds: int,
) -> DayCounts:
    """Count lines by group, whole day and kind (0 .. ``n_kinds`` - 1)."""
    if not len(day):
        nothing = np.zeros(0, dtype=np.int64)
        return DayCounts(nothing, nothing, np.zeros((0, n_kinds), dtype=np.int64), n_groups)
    first = int(day.min())
    width = int(day.max()) - first + 1
    cell = group.astype(np.int64) * width + (day - first)
    n_cells = n_groups * width
    if n_cells * n_kinds <= 4 * len(day) + 65_536:
        table = np.bincount(cell * n_kinds + kind, minlength=n_cells * n_kinds).reshape(n_cells, n_kinds)
        present = np.flatnonzero(table.any(axis=1))
        counts = table[present]
    else:  # one date of 9999 must not make a table of centuries: sort what is there instead
        present, position = np.unique(cell, return_inverse=True)
        counts = np.bincount(position.reshape(-1) * n_kinds + kind, minlength=len(present) * n_kinds)
        counts = counts.reshape(len(present), n_kinds)
    which, offset = np.divmod(present, width)
    return DayCounts(which.astype(np.int64), offset.astype(np.int64) + first, counts.astype(np.int64), n_groups)


def quantile(table: DayCounts, count: Ints, q: float) -> Floats:
    """Return each group's quantile of the days, weighted by ``count``, by linear interpolation; missing for no lines.

    The same number as ``numpy.quantile`` gives of the days written out one by one.
    """
    n = table.sum_by_group(count)
    end = np.cumsum(count)  # rank of the row's last line among all lines of all groups
    start = np.cumsum(n) - n
    out = np.full(table.n_groups, np.nan)
    has = np.flatnonzero(n)
    rank = (n[has] - 1) * q
    below = np.floor(rank).astype(np.int64)
    above = np.minimum(below + 1, n[has] - 1)
    low = table.day[np.searchsorted(end, start[has] + below, side="right")]
    high = table.day[np.searchsorted(end, start[has] + above, side="right")]
    out[has] = low + (high - low) * (rank - below)
    return out
