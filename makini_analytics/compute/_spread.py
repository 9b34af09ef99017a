"""Cancellations whose day is not known, shared out over the days on which they may have been.

A line that was cancelled some day, and had then been waited for at most u days, is not one that was awaited for u days: taken so, it
keeps the curve from ever coming down. It left on one of the days 0..u, and how likely each is follows from all lines: to be cancelled
on day s it must still have been under way, A(s-), and be cancelled then, with the hazard c(s) of all cancellations, dated and undated::

    weight of day s = A(s-) c(s) / sum over t = 0..u of A(t-) c(t)

Both hang on the weights themselves, and are found by going round (self-consistency, Efron 1967, Turnbull 1976). A is each group's
own: of a vendor that delivers in ten days hardly a line is under way after twenty. c is that of all groups together, smoothed over 15
days, for a vendor has few cancellations. Ten lines, of which eight came on day 10 and two were cancelled on an unknown day::

    day   delivered   cancelled
      9           0        1.8     of the two, 1.8 are taken to have been cancelled before day 10
     10           8        0.2     and the rest on it: none of the 8.2 lines that were left is still under way

Where no cancellation is dated, c is not known but by where lines are under way; a note says so where there are many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._day_counts import DayCounts, Floats, Ints
from ._survival import CANCELLED, CENSORED, DELIVERED, UNDATED

#: Rounds after which nothing moves any more that a percentile could show, for all lines together and then for each group, and the
#: days over which the hazard is smoothed.
ROUNDS, ROUNDS_APART, SMOOTHED = 25, 6, 15

#: A share that is as good as none; it keeps the weights of days on which nothing is cancelled from being all zero.
_TINY = 1e-12


def spread_undated(table: DayCounts) -> DayCounts:
    """Return a table of delivered, cancelled and censored lines in which the undated cancellations are shared out.

    The counts are fractions then. What falls between two rows of a group stands in a row between them; ``dated`` marks the rows on
    whose day a line is known to have ended.
    """
    known, undated = table.counts[:, :UNDATED], table.counts[:, UNDATED]
    there = known.sum(axis=1) > 0
    if there.all() and not undated.any():
        return DayCounts(table.group, table.day, known.astype(float), table.n_groups, there)
    concerned = np.zeros(table.n_groups, dtype=bool)
    concerned[table.group[undated > 0]] = True
    # beyond the last day on which any line is known to have been under way nothing can be learnt of a cancellation
    last = int(table.day[there].max()) if there.any() else int(table.day.max())
    mine = concerned[table.group]
    rows = _Rows.of(table, mine, last)
    weights = _weights(table, rows, _Pool.of(table, last))
    between, on_day = weights.masses()
    middle = weights.middles()
    synthetic = between > 0

    def joined(*parts: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate(parts)

    none = np.zeros(len(between))
    ends = np.column_stack([rows.counts[:, DELIVERED], rows.counts[:, CANCELLED] + on_day, rows.counts[:, CENSORED]])
    gaps = np.column_stack([none, between, none])[synthetic]
    group = joined(table.group[~mine], rows.group, rows.group[synthetic])
    day = joined(table.day[~mine], rows.day, middle[synthetic])
    counts = joined(known[~mine].astype(float), ends, gaps)
    dated = joined(there[~mine], rows.counts[:, :UNDATED].sum(axis=1) > 0, np.zeros(int(synthetic.sum()), dtype=bool))
    order = np.argsort(group * np.int64(table.day.max() + 1) + day, kind="stable")
    return DayCounts(group[order], day[order], counts[order], table.n_groups, dated[order])


@dataclass(frozen=True)
class _Rows:
    """The groups that have undated cancellations, by group and day: each row stands for the days since the group's row before."""

    group: Ints
    day: Ints
    counts: Floats
    since: Ints  # first day that the row stands for
    first: Ints  # position of the group's first row, for each row
    end: Ints  # position behind the group's last row, for each row

    @classmethod
    def of(cls, table: DayCounts, mine: npt.NDArray[np.bool_], last: int) -> _Rows:
        """Return the rows of some groups, waits beyond the last day cut to it."""
        day = np.minimum(table.day[mine], last)
        key = table.group[mine] * np.int64(last + 1) + day  # rising, since the rows are in order
        once = np.flatnonzero(np.diff(key, prepend=-1))
        group, day = table.group[mine][once], day[once]
        counts = np.add.reduceat(table.counts[mine], once, axis=0).astype(float)
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        n = np.diff(starts, append=len(group))
        since = np.concatenate([[0], day[:-1] + 1])
        since[starts] = 0
        return cls(group, day, counts, since, np.repeat(starts, n), np.repeat(starts + n, n))

    def before(self, number: Floats) -> Floats:
        """Return the sum of a number over the rows of the group before each row."""
        total = np.concatenate([[0.0], np.cumsum(number)])
        out: Floats = total[:-1] - total[self.first]
        return out

    def from_here(self, number: Floats) -> Floats:
        """Return the sum of a number over each row and those of the group behind it."""
        total = np.concatenate([[0.0], np.cumsum(number)])
        out: Floats = total[self.end] - total[:-1]
        return out


@dataclass(frozen=True)
class _Pool:
    """All groups together, day by day."""

    left: Floats  # lines that are known to have left on each day
    dated: Floats  # those of them that were cancelled
    n: float  # all lines, undated ones too

    @classmethod
    def of(cls, table: DayCounts, last: int) -> _Pool:
        """Return the lines of all groups up to the last day."""
        day = np.minimum(table.day, last)
        by_kind = np.array([np.bincount(day, weights=c, minlength=last + 1) for c in table.counts.T], dtype=float)
        return cls(by_kind[:UNDATED].sum(axis=0), by_kind[CANCELLED], float(table.counts.sum()))

    def cancelling(self, undated: Floats) -> Floats:
        """Return the chance to be cancelled on each day, were nothing delivered: (not cancelled before) x hazard."""
        c = self.dated + undated
        leaving = self.left + undated
        at_risk = np.maximum(self.n - (np.cumsum(leaving) - leaving), 1e-9)
        hazard = np.minimum(c / at_risk, 1.0)
        half = SMOOTHED // 2
        summed = np.concatenate([[0.0], np.cumsum(np.pad(hazard, half, mode="edge"))])
        smooth = (summed[SMOOTHED:] - summed[:-SMOOTHED]) / SMOOTHED
        stays = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
        return np.asarray(stays * np.maximum(smooth, 0.0) + _TINY)


@dataclass
class _Weights:
    """The weight of each day: f, the chance to be cancelled then, times the share of the group that was not delivered before."""

    rows: _Rows
    f: Floats
    not_delivered: Floats  # just before each row's day, and on the days since the row before

    def __post_init__(self) -> None:
        rows = self.rows
        self.up_to = np.concatenate([[0.0], np.cumsum(self.f)])  # the sum of f over the days before each day
        mass = self.not_delivered * (self.up_to[rows.day + 1] - self.up_to[rows.since])
        share = rows.before(mass) + mass  # of all days of a line that waited up to this row's day
        undated = rows.counts[:, UNDATED]
        self.lines = rows.from_here(np.divide(undated, share, out=np.zeros(len(share)), where=undated > 0))

    def masses(self) -> tuple[Floats, Floats]:
        """Return the cancellations shared out to the days between a row and the one before, and to its own day."""
        density = self.not_delivered * self.lines
        day, since = self.rows.day, self.rows.since
        return density * (self.up_to[day] - self.up_to[since]), density * self.f[day]

    def by_day(self) -> Floats:
        """Return the cancellations of all groups shared out to each day."""
        density = self.not_delivered * self.lines
        n = len(self.f) + 1
        change = np.bincount(self.rows.since, weights=density, minlength=n)
        change -= np.bincount(self.rows.day + 1, weights=density, minlength=n)
        return np.asarray(np.maximum(np.cumsum(change)[:-1], 0.0) * self.f)

    def middles(self) -> Ints:
        """Return the day on which half of what lies between a row and the one before has left."""
        day, since = self.rows.day, self.rows.since
        half = (self.up_to[since] + self.up_to[day]) / 2
        found = np.searchsorted(self.up_to, half, side="right") - 1
        middle: Ints = np.clip(found, since, np.maximum(day - 1, since))
        return middle


def _weights(table: DayCounts, rows: _Rows, pool: _Pool) -> _Weights:
    """Return the weights that agree with what they make of the curves.

    Where no cancellation is dated they are not settled: then the number of rounds decides with.
    """
    # found for all lines together first, which are a few hundred rows and not a hundred thousand: from there it is not far
    last = len(pool.left) - 1
    whole = _together(table)
    together = _Rows.of(whole, np.ones(len(whole.day), dtype=bool), last)
    common = _gone_round(_Weights(together, np.ones(last + 1), np.ones(len(together.day))), pool, ROUNDS)
    at = np.searchsorted(together.day, rows.day)
    return _gone_round(_Weights(rows, common.f, common.not_delivered[at]), pool, ROUNDS_APART)


def _together(table: DayCounts) -> DayCounts:
    """Return all groups as one."""
    by_kind = np.column_stack([np.bincount(table.day, weights=c) for c in table.counts.T])
    day = np.flatnonzero(by_kind.any(axis=1))
    return DayCounts(np.zeros(len(day), dtype=np.int64), day, by_kind[day], 1)


def _gone_round(got: _Weights, pool: _Pool, rounds: int) -> _Weights:
    """Return the weights after some rounds of putting right what they make of the curves, and the curves what they make of them."""
    rows = got.rows
    delivered = rows.counts[:, DELIVERED]
    leaving = rows.counts[:, :UNDATED].sum(axis=1)
    lines = rows.before(rows.counts.sum(axis=1)) + rows.from_here(rows.counts.sum(axis=1))
    for _ in range(rounds):
        between, on_day = got.masses()
        at_risk = lines - rows.before(leaving + between + on_day) - between
        stays = 1 - np.divide(delivered, at_risk, out=np.zeros(len(delivered)), where=at_risk > delivered)
        stays[(delivered > 0) & (at_risk <= delivered + 1e-9)] = _TINY
        # a product over rows as a sum of logarithms, which needs no loop over groups
        got = _Weights(rows, pool.cancelling(got.by_day()), np.exp(rows.before(np.log(stays))))
    return got
