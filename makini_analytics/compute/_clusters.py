"""Lines that hang together, such as those of one order, which come or stay away together: a hundred of them in ten orders say less
than a hundred orders.

How much less is told by the correlation inside the clusters, and by how many lines each has. Neither needs the clusters themselves,
only sums over them, group by group: so an engine can add these up as it adds up anything else.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import Mask, pairs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer[Any]]

#: What is believed of a correlation before anything was seen, and how many degrees of freedom that is worth.
_PRIOR, _PRIOR_FREEDOM = 0.5, 5.0
#: So many degrees of freedom the correlation of all groups is worth in that of one of them.
POOLED_FREEDOM = 10.0


@dataclass(frozen=True)
class ClusterSums:
    """Sums of each group over its clusters, of which one has n lines and h hits among them (lines on time, for one)."""

    clusters: Floats
    n: Floats
    n2: Floats  # of n squared
    n3: Floats
    h: Floats
    h2: Floats
    hn: Floats  # of h x n
    h2_n: Floats  # of h squared / n

    @classmethod
    def of(cls, group: Ints, n: Floats, h: Floats, n_groups: int) -> ClusterSums:
        """Add up clusters of which the group, the lines and the hits are known.

        >>> sums = ClusterSums.of(np.array([0, 0, 1]), np.array([2.0, 3.0, 1.0]), np.array([1.0, 3.0, 0.0]), 2)
        >>> sums.clusters.tolist(), sums.n.tolist(), sums.n2.tolist(), sums.h2_n.tolist()
        ([2.0, 1.0], [5.0, 1.0], [13.0, 1.0], [3.5, 0.0])
        """
        n2 = n * n
        powers = (None, n, n2, n2 * n, h, h * h, h * n, h * h / n)
        return cls(*(np.bincount(group, x, n_groups)[:n_groups].astype(float) for x in powers))

    @classmethod
    def of_single_lines(cls, n: Floats, h: Floats) -> ClusterSums:
        """Return the sums where each line is a cluster of its own: then all powers of its n and h are those themselves."""
        return cls(n, n, n, n, h, h, h, h)

    @classmethod
    def of_table(cls, table: pd.DataFrame) -> ClusterSums:
        """Return the sums that an engine's table has in columns of these names after "__", 0 where they are missing."""
        return cls(*(table[f"__{f.name}"].to_numpy(dtype=float, na_value=0.0) for f in fields(cls)))

    def rows(self, some: Mask) -> ClusterSums:
        """Return the sums of some of the groups."""
        return ClusterSums(*(getattr(self, f.name)[some] for f in fields(self)))

    def __add__(self, other: ClusterSums) -> ClusterSums:
        return ClusterSums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def cluster_sums(group: Ints, cluster: Ints | None, due: Mask, hit: Mask, n_groups: int) -> ClusterSums:
    """Return the sums over the lines that are ``due``, of which some are a ``hit``; -1 as cluster: the line stands alone.

    Without ``cluster`` every line does.
    """
    if cluster is None:
        return _single_lines(group, due, hit, n_groups)
    alone = cluster < 0
    if not alone.any():
        return (
            _together(group, cluster, due, hit, n_groups) if len(cluster) else _single_lines(group, due, hit, n_groups)
        )
    single = _single_lines(group, due & alone, hit, n_groups)
    if alone.all():
        return single
    rest = ~alone
    return single + _together(group[rest], cluster[rest], due[rest], hit[rest], n_groups)


def _single_lines(group: Ints, due: Mask, hit: Mask, n_groups: int) -> ClusterSums:
    n, h = (np.bincount(group[rows], minlength=n_groups)[:n_groups].astype(float) for rows in (due, due & hit))
    return ClusterSums.of_single_lines(n, h)


def _together(group: Ints, cluster: Ints, due: Mask, hit: Mask, n_groups: int) -> ClusterSums:
    # Lines of an order mostly stand one below the other. Such runs are added up first, as differences of a running count: of due
    # lines 1 0 1 | 1 1 the running count is 1 1 2 3 4, at the ends of the runs 2 and 4, and so they have 2 and 2.
    changes = (cluster[1:] != cluster[:-1]) | (group[1:] != group[:-1])
    ends = np.r_[np.flatnonzero(changes), len(cluster) - 1]
    n, h = (np.diff(np.cumsum(rows, dtype=np.int32)[ends], prepend=0).astype(float) for rows in (due, due & hit))
    return ClusterSums.of(*_of_whole_clusters(group[ends], cluster[ends], n, h), n_groups)


def _of_whole_clusters(group: Ints, cluster: Ints, n: Floats, h: Floats) -> tuple[Ints, Floats, Floats]:
    """Return group, lines and hits of each cluster that has lines, from runs of its lines."""
    n_clusters = int(cluster.max()) + 1
    occurs = np.zeros(n_clusters, dtype=bool)
    occurs[cluster] = True
    if np.count_nonzero(occurs) < len(cluster):  # some have several runs
        # As in `count_distinct`: an order nearly always lies in one group, its home, and then a sum by order is one by group, too.
        home = np.zeros(n_clusters, dtype=group.dtype)
        home[cluster] = group
        away = cluster[home[cluster] != group]
        all_n, all_h = (np.bincount(cluster, x, n_clusters) for x in (n, h))
        if len(away):
            occurs[away] = False
            rows = np.flatnonzero(~occurs[cluster])  # these few are added up by group and order
            of, _, place = pairs(group[rows], cluster[rows])
            some_n, some_h = (np.bincount(place, x[rows], len(of)) for x in (n, h))
            home, all_n, all_h = np.r_[home[occurs], of], np.r_[all_n[occurs], some_n], np.r_[all_h[occurs], some_h]
        group, n, h = home, all_n.astype(float), all_h.astype(float)
    counts = n > 0
    return (group, n, h) if counts.all() else (group[counts], n[counts], h[counts])


def correlation(s: ClusterSums, pool: Ints | None = None) -> Floats:
    """Return the correlation between two lines of a cluster, of each group, borrowed from all of them where it has few clusters.

    With ``pool``, a number for each group, it is borrowed within a pool only.

    Of all groups it is the larger one of two estimates, since either misses what the other sees: that of the analysis of variance, for
    which every cluster counts by its lines, and that of the squared deviations of whole clusters, which large clusters rule. A group's
    own one, where it has many clusters, may only be higher: then its rate is less certain than those of the others.
    """
    if pool is not None and (pool != pool[:1]).any():
        each: Floats = np.empty(len(pool))
        for code in np.unique(pool):
            each[pool == code] = correlation(s.rows(pool == code))
        return each
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = s.h / s.n
        between, within, size = s.h2_n - s.h**2 / s.n, s.h - s.h2_n, s.n - s.n2 / s.n
    between, within, size = (np.nan_to_num(x) for x in (between, within, size))
    free = np.maximum(s.clusters - 1, 0)
    # where nothing varies - all on time - nothing says that lines of an order are independent: an order counts as one line
    first = float(_anova(between.sum(), free.sum(), within.sum(), (s.n - s.clusters).sum(), size.sum(), unknown=1.0))
    second = _of_squares(s, np.nan_to_num(rate), first)
    known = free.sum()
    pooled = (known * max(first, second) + _PRIOR_FREEDOM * _PRIOR) / (known + _PRIOR_FREEDOM)
    own = _anova(between, free, within, s.n - s.clusters, size, unknown=0.0)
    weight = np.where((s.h > 0) & (s.h < s.n), free, 0.0)
    out: Floats = np.maximum(pooled, (POOLED_FREEDOM * pooled + weight * own) / (POOLED_FREEDOM + weight))
    return out


def _anova(between: Any, free: Any, within: Any, rest: Any, size: Any, *, unknown: float) -> Any:
    """Return the intraclass correlation from the sums of squares between and within clusters, and their degrees of freedom."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = between / free, np.where(rest > 0, within / np.maximum(rest, 1e-9), 0.0)
        found = (one - other) / (one + (size / free - 1) * other)
    return np.clip(np.nan_to_num(found, nan=unknown, posinf=1.0, neginf=0.0), 0.0, 1.0)


def _of_squares(s: ClusterSums, rate: Floats, first: float) -> float:
    """Return the correlation that the squared deviations of whole clusters from what their group's rate lets expect have on average.

    With p the group's rate over its N lines, the sum of (h - n p)^2 is on average p (1 - p) x (sum A - 2 sum n A / N + sum n^2 x sum A / N^2),
    where A = n (1 + (n - 1) x correlation) is the variance of a cluster's hits. That is a straight line in the correlation.
    """
    several = s.clusters > 1
    n, n2, n3, p = s.n[several], s.n2[several], s.n3[several], rate[several]
    squares = (s.h2[several] - 2 * p * s.hn[several] + p**2 * n2).sum()

    def deviation(a: Floats, na: Floats) -> Floats:
        return a - 2 * na / n + n2 * a / n**2

    fixed, rising = deviation(n, n2), deviation(n2 - n, n3 - n2)
    out = first
    for _ in range(2):
        # p (1 - p) is too small where p is itself found from few independent lines
        lines = n**2 / np.maximum((1 - out) * n + out * n2, 1e-9)
        spread = p * (1 - p) / np.maximum(1 - 1 / np.maximum(lines, 1.5), 0.3)
        slope = (spread * rising).sum()
        if slope <= 1e-12:
            return first
        out = float(np.clip((squares - (spread * fixed).sum()) / slope, 0.0, 1.0))
    return out
