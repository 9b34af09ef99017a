"""Survival curves from counts of whole days: Kaplan-Meier, Aalen-Johansen, and the band around them.

Knows nothing of orders: a table says how many of each group were delivered, cancelled or censored on each day (three columns, in
that order), at ties the deliveries and cancellations first. Every function gives one number per row of the table, or one per
group. Four lines, of which one is still open after 10 days and was counted up to then::

    day  delivered  cancelled  censored   at risk   Kaplan-Meier: still under way
      4          1          0         0         4   1    x (1 - 1/4) = 0.75
     10          1          0         1         3   0.75 x (1 - 1/3) = 0.50
     28          1          0         0         1   0.50 x (1 - 1/1) = 0

The average of what has arrived is 14 days whatever becomes of the open line. The curve counts it as "more than 10": it leaves
the denominator after day 10, and what it would have done is shared out among those that are left.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._day_counts import DayCounts, Floats, Ints
from ._normal import Z

#: The columns of a table: how many left on a day because they were delivered, were cancelled, or are only known up to there.
DELIVERED, CANCELLED, CENSORED = range(3)
#: How many were cancelled after an unknown time, at most the day's: a column that `_spread` shares out over the days before.
UNDATED = 3

#: Below this a difference between a share and a level is floating point's, not the data's.
TOLERANCE = 1e-9


def at_risk(table: DayCounts) -> npt.NDArray[Any]:
    """Return how many were still under way just before each row's day."""
    leaving = table.counts.sum(axis=1)
    of_group = table.sum_by_group(leaving)
    if leaving.dtype.kind == "f":
        # fractions add up to whole lines but for rounding, and no more can leave than are there
        left_before = np.cumsum(leaving) - leaving
        first = (np.cumsum(of_group) - of_group).astype(float)
        whole: Floats = np.maximum(of_group[table.group] - (left_before - first[table.group]), leaving)
        return whole
    # running sums go over all groups, so what the groups before have left is taken off again
    left_before = np.cumsum(leaving) - leaving
    first = np.cumsum(of_group) - of_group
    still: Ints = of_group[table.group] - (left_before - first[table.group])
    return still


def kaplan_meier(table: DayCounts) -> Floats:
    """Return the share still under way after each row's day, cancelled ones being censored."""
    return _surviving(table, table.counts[:, DELIVERED])


def _surviving(table: DayCounts, events: npt.NDArray[Any]) -> Floats:
    still = at_risk(table)
    if still.dtype.kind == "f":  # nothing is left of a group in a row behind its last line
        return table.running(np.multiply, 1 - np.divide(events, still, out=np.zeros(len(still)), where=still > 0))
    return table.running(np.multiply, 1 - events / still)


def _just_before(table: DayCounts, surviving: Floats) -> Floats:
    """Return the share still under way just before each row's day: all of them before a group's first one."""
    before = np.roll(surviving, 1)
    before[table.starts()] = 1.0
    return before


def first_day_at(table: DayCounts, surviving: Floats, level: float | Floats) -> Floats:
    """Return each group's first day on which the share still under way is at most ``level``; missing where not reached.

    ``level`` is one number, or one for each group.
    """
    out = np.full(table.n_groups, np.nan)
    wanted = np.broadcast_to(level, table.n_groups)[table.group]
    reached = np.flatnonzero(surviving <= wanted + TOLERANCE)[::-1]
    out[table.group[reached]] = table.day[reached]  # of several rows the last one written stays: the first day
    return out


def restricted_moments(table: DayCounts, surviving: Floats) -> tuple[Floats, Floats, Floats]:
    """Return each group's mean and standard deviation up to its last observed day, and that day.

    With S the curve and L the last day, the mean of min(days, L) is the area under S, and that of its square the sum of
    S x (day^2 - day before^2). Without open lines these are the ordinary mean and the sample's standard deviation (n - 1).
    """
    if table.dated is not None:  # days to which cancellations are shared out were observed by nobody
        rows = table.dated
        table = DayCounts(table.group[rows], table.day[rows], table.counts[rows], table.n_groups)
        surviving = surviving[rows]
    first = table.starts()
    last = np.append(first[1:], len(table.day))[: len(first)] - 1
    before = _just_before(table, surviving)

    def area(days: Ints) -> Floats:
        steps = np.diff(days, prepend=0)
        steps[first] = days[first]
        out = np.full(table.n_groups, np.nan)
        has = table.group[last]
        out[has] = np.bincount(table.group, weights=before * steps, minlength=table.n_groups)[has]
        return out

    mean, square, until = area(table.day), area(table.day**2), np.full(table.n_groups, np.nan)
    until[table.group[last]] = table.day[last]
    n = table.sum_by_group(table.counts[:, DELIVERED])
    variance = np.maximum(square - mean**2, 0.0)
    deviation = np.sqrt(np.divide(variance * n, n - 1, out=np.full(len(mean), np.nan), where=n > 1))
    return mean, deviation, until


def median_deviation(table: DayCounts, surviving: Floats, median: Floats) -> Floats:
    """Return for each group within how many days of the median half of all come; missing where the curve can't tell.

    Lines that are still out when the curve ends may come as near to it as those that it has seen: as far as they may, it is not known.
    """
    came = _just_before(table, surviving) - surviving
    with np.errstate(invalid="ignore"):
        apart = np.abs(table.day - median[table.group])
    order = np.lexsort((apart, table.group))
    sorted_table = DayCounts(table.group[order], table.day[order], table.counts[order], table.n_groups)
    within = sorted_table.running(np.add, came[order])
    out = np.full(table.n_groups, np.nan)
    reached = np.flatnonzero(within >= 0.5 - TOLERANCE)[::-1]
    out[sorted_table.group[reached]] = apart[order][reached]
    ends = np.append(table.starts()[1:], len(table.day))[: len(table.starts())] - 1
    seen_to, left = np.full(table.n_groups, np.nan), np.zeros(table.n_groups)
    seen_to[table.group[ends]], left[table.group[ends]] = table.day[ends], surviving[ends]
    known = (left <= TOLERANCE) | (median + out <= seen_to)
    return np.where(known, out, np.nan)


def aalen_johansen(table: DayCounts) -> tuple[Floats, Floats]:
    """Return the share of all that were delivered by each row's day, cancellation being a competing end, and its variance.

    The variance is the delta method's (Gaynor et al. 1993, Marubini & Valsecchi 1995); without cancellations
    it is Greenwood's.
    """
    m = np.maximum(at_risk(table), TOLERANCE)
    d = table.counts[:, DELIVERED]
    e = d + table.counts[:, CANCELLED]
    # to be delivered on a day a line must have been neither delivered nor cancelled before: Kaplan-Meier would let the cancelled
    # ones stay in the race, and promise that they are delivered one day
    before = _just_before(table, _surviving(table, e))
    w = before * d / m
    share = np.minimum(table.running(np.add, w), 1.0)
    # sum over earlier days j of (share - share_j)^2 u_j + v_j - 2 (share - share_j) w_j, multiplied out so that it runs along;
    # where all end on a day, share stays what it is, and u_j has no part in it
    u = np.divide(e, m * (m - e), out=np.zeros(len(m)), where=m > e + TOLERANCE)
    v, w = before**2 * d * (m - d) / m**3, w / m
    sum_u, sum_w = table.running(np.add, u), table.running(np.add, w + share * u)
    sum_f = table.running(np.add, share**2 * u + v + 2 * share * w)
    return share, np.maximum(share**2 * sum_u - 2 * share * sum_w + sum_f, 0.0)


def log_log_band(share: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return the pointwise 95 % band of a share, by the log-log transformation of its complement.

    At a share of 0 or 1 there is no variance to go by, and the band has no width. The transformation keeps it within 0 and 1,
    where the plain share +- Z standard errors would leave them early and late in the curve.
    """
    inside = (share > 0) & (share < 1 - TOLERANCE)
    stays = np.where(inside, 1 - share, 0.5)
    width = Z * np.sqrt(variance) / (stays * -np.log(stays))
    low, high = (1 - stays ** np.exp(sign * width) for sign in (-1, 1))
    return np.where(inside, low, share), np.where(inside, high, share)


def whole_lines(table: DayCounts) -> tuple[DayCounts, npt.NDArray[np.bool_]]:
    """Return a table in whole lines, and the rows of the given one that are left in it.

    Lines that are shared out over days leave on the day on which their shares have added up to a half, one and a half, and so on:
    so there are as many of them as there are. Rows on which no whole line leaves are left away.
    """
    if table.dated is None:
        return table, np.ones(len(table.day), dtype=bool)
    shared = np.cumsum(table.counts[:, CANCELLED])
    # each group adds up to a whole number, so that the running sum over all groups rounds as one of its own would
    counts = np.rint(table.counts).astype(np.int64)
    counts[:, CANCELLED] = np.diff(np.floor(shared + 0.5).astype(np.int64), prepend=0)
    rows = counts.any(axis=1) | (table.day == 0)
    return DayCounts(table.group[rows], table.day[rows], counts[rows], table.n_groups), rows


def with_day_zero(table: DayCounts) -> DayCounts:
    """Return the table with a row for day 0 in each group that has lines."""
    starts = table.starts()
    starts = starts[table.day[starts] != 0]
    return DayCounts(
        np.insert(table.group, starts, table.group[starts]),
        np.insert(table.day, starts, 0),
        np.insert(table.counts, starts, 0, axis=0),
        table.n_groups,
        None if table.dated is None else np.insert(table.dated, starts, True),
    )
