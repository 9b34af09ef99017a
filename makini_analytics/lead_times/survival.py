"""Survival analysis on counts of whole days: Kaplan-Meier quantiles and Aalen-Johansen shares.

Lead times are whole days, so one count per (group, day, outcome) holds everything; it needs no sorting and adds up over parts.
A table of counts is kept in rows of (group, day) that occur, so one date of the year 9999 costs one row, not centuries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: S may land on the level exactly and floats leave it a hair above.
TOLERANCE = 1e-9
Z = 1.959963984540054  # 97.5 % point of the normal distribution


@dataclass(frozen=True)
class DayCounts:
    """Counts of what happened on each day of each group; sorted by group and day, only the days on which something did."""

    group: Ints
    day: Ints
    delivered: Ints
    open: Ints
    cancelled: Ints
    n_groups: int

    @property
    def total(self) -> Ints:
        """Lines that leave on each day."""
        return self.delivered + self.open + self.cancelled

    @property
    def at_risk(self) -> Ints:
        """Lines of the group that are still under way just before each day."""
        left = np.cumsum(self.total)
        size = np.bincount(self.group, weights=self.total, minlength=self.n_groups).astype(np.int64)
        before_group = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int64)
        return size[self.group] - (left - self.total - before_group[self.group])


def count_days(group: Ints, day: Ints, outcome: npt.NDArray[np.int8], n_groups: int) -> DayCounts:
    """Return the counts per (group, day) of outcomes 0 delivered, 1 open, 2 cancelled. One pass; a sort only where it must be."""
    width = int(day.max()) + 1 if len(day) else 1
    cell = (group.astype(np.int64) * width + day) * 3 + outcome
    cells = n_groups * width * 3
    if cells <= max(4 * len(day), 1 << 16):
        table = np.bincount(cell, minlength=cells).reshape(-1, 3)
        where = np.flatnonzero(table.any(axis=1))
        counts = table[where]
    else:  # few lines over a long span: count only what is there
        present, n = np.unique(cell, return_counts=True)
        where, row = np.unique(present // 3, return_inverse=True)
        counts = np.zeros((len(where), 3), dtype=np.int64)
        counts[row.reshape(-1), present % 3] = n
    g, d = np.divmod(where.astype(np.int64), width)
    return DayCounts(g, d, counts[:, 0], counts[:, 1], counts[:, 2], n_groups)


def _within_groups(c: DayCounts, steps: Floats) -> Floats:
    """Return the running product of ``steps`` within each group."""
    with np.errstate(divide="ignore"):
        logs = np.log(steps)
    zero = np.isneginf(logs)
    run = np.cumsum(np.where(zero, 0.0, logs))
    first = np.searchsorted(c.group, np.arange(c.n_groups))
    base = np.concatenate([[0.0], run])[first]
    dead = np.cumsum(zero)
    dead_base = np.concatenate([[0], dead])[first]
    out = np.exp(run - base[c.group])
    out[dead - dead_base[c.group] > 0] = 0.0
    return np.asarray(out)


def share_open(c: DayCounts) -> Floats:
    """Return Kaplan-Meier's S after each day: the share not yet delivered, cancelled and open lines censored."""
    return _within_groups(c, 1 - c.delivered / c.at_risk)


def quantiles(c: DayCounts, levels: tuple[float, ...]) -> dict[float, Floats]:
    """Return for each level q and group the first day on which S <= 1 - q; NaN where the curve does not get there."""
    open_share = share_open(c)
    out = {}
    for q in levels:
        reached = np.flatnonzero(open_share <= 1 - q + TOLERANCE)
        days = np.full(c.n_groups, np.nan)
        group = c.group[reached]
        first = reached[np.r_[True, group[1:] != group[:-1]]] if len(reached) else reached
        days[c.group[first]] = c.day[first]
        out[q] = days
    return out


def restricted_mean(c: DayCounts) -> Floats:
    """Return the mean lead time up to the last day on which the group was followed: the area under S."""
    s = share_open(c)
    out = np.full(c.n_groups, np.nan)
    first = np.r_[True, c.group[1:] != c.group[:-1]] if len(c.group) else np.zeros(0, dtype=bool)
    before = np.where(first, 1.0, np.r_[1.0, s[:-1]]) if len(s) else s
    since = np.where(first, 0, np.r_[0, c.day[:-1]]) if len(s) else s
    area = np.bincount(c.group, weights=before * (c.day - since), minlength=c.n_groups)
    seen = np.bincount(c.group, minlength=c.n_groups) > 0
    out[seen] = area[seen]
    return out


def share_delivered(c: DayCounts) -> tuple[Floats, Floats, Floats]:
    """Return Aalen-Johansen's share delivered by each day with its pointwise 95 % band, cancellation competing.

    The variance is the delta-method (Aalen) estimate for a cumulative incidence with events of several kinds, which is
    Greenwood's where nothing is cancelled; the band is formed on the log(-log) scale, which keeps it within 0 and 1.
    """
    n = c.at_risk.astype(float)
    events = (c.delivered + c.cancelled).astype(float)
    survival = _within_groups(c, 1 - events / n)  # neither delivered nor cancelled
    first = np.r_[True, c.group[1:] != c.group[:-1]] if len(n) else np.zeros(0, dtype=bool)
    before = np.where(first, 1.0, np.r_[1.0, survival[:-1]]) if len(n) else n
    step = before * c.delivered / n
    share = _running_sum(c, step)
    # Var F(t) = sum over days j <= t of (F(t) - F_j)^2 a_j + S_j-1^2 b_j - 2 (F(t) - F_j) S_j-1 d_j,
    # expanded so that each part is one running sum.
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(n > events, events / (n * (n - events)), 0.0)
        b = c.delivered * (n - c.delivered) / n**3
        d = c.delivered / n**2
    sums = [_running_sum(c, x) for x in (a, a * share, a * share**2, before**2 * b, before * d, before * d * share)]
    a0, a1, a2, b0, d0, d1 = sums
    variance = share**2 * a0 - 2 * share * a1 + a2 + b0 - 2 * (share * d0 - d1)
    sigma = np.sqrt(np.maximum(variance, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        log_share = np.log(share)
        width = Z * sigma / (share * np.abs(log_share))
        low, high = share ** np.exp(width), share ** np.exp(-width)
    sharp = (share <= 0) | (share >= 1 - TOLERANCE)  # the scale has no room at its ends
    share = np.minimum(share, 1.0)
    return share, np.where(sharp, share, low), np.where(sharp, share, high)


def _running_sum(c: DayCounts, x: Floats) -> Floats:
    run = np.cumsum(x)
    first = np.searchsorted(c.group, np.arange(c.n_groups))
    return np.asarray(run - np.concatenate([[0.0], run])[first][c.group])
