"""How certain the rates of groups are, which differ by more than chance, and by which to rank them: one place for all sentences.

`docs/statistics.md` has what each method was measured against.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc
from typing import Any

import numpy as np
import numpy.typing as npt

from ._clusters import POOLED_FREEDOM, ClusterSums, Floats, Ints, correlation
from ._normal import Z

#: Of fewer lines, or clusters, nothing is said but their number.
SMALL_N, FEWEST_CLUSTERS = 20, 3
#: Of the groups that are called below (above) the others so many may be false; "above" is said with more care.
_FALSE_BELOW, _FALSE_ABOVE, _FALSE_CHANGES = 0.05, 0.01, 0.05
#: Nor is a group called below whose interval holds the others' rate.
_MOST_BELOW = 0.025


@dataclass(frozen=True)
class Weights:
    """Sums of each group over its lines (``w``, ``w2``, ``w3``: powers of their weights) and over its clusters.

    With S1 and S2 the sums of the weights and of their squares in one cluster: ``c2`` is the sum of S1^2, ``c21`` of S1 x S2, ``c3`` of S1^3.
    """

    w: Floats
    hits: Floats
    w2: Floats
    w3: Floats
    c2: Floats
    c21: Floats
    c3: Floats

    @classmethod
    def of(cls, group: Ints, cluster: Ints | None, weight: Floats, hit: Floats, n_groups: int) -> Weights:
        """Add up lines; without ``cluster`` every line stands alone. A cluster's number must be of one group only."""

        def total(code: Ints, x: npt.NDArray[Any]) -> Floats:
            return np.bincount(code, x, n_groups)[:n_groups].astype(float)

        w, hits, w2, w3 = (total(group, x) for x in (weight, weight * hit, weight**2, weight**3))
        if cluster is None or not len(cluster):
            return cls(w, hits, w2, w3, w2, w3, w3)
        home = np.zeros(int(cluster.max()) + 1, dtype=np.intp)
        home[cluster] = group
        s1, s2 = np.bincount(cluster, weight), np.bincount(cluster, weight**2)
        return cls(w, hits, w2, w3, total(home, s1**2), total(home, s1 * s2), total(home, s1**3))

    @classmethod
    def of_lines(cls, s: ClusterSums) -> Weights:
        """Return the sums where every line weighs 1."""
        return cls(s.n, s.h, s.n, s.n, s.n2, s.n2, s.n3)


@dataclass(frozen=True)
class Rates:
    """Rates of groups, and what tells how certain each is. Where a group has no line its rate is missing."""

    rate: Floats
    lines: Floats
    clusters: Floats
    weight: Floats  # of all its lines
    squares: Floats  # variance of the weight that hits, over rate x (1 - rate); of independent lines of weight 1 their number
    cubes: Floats  # the same of the third moment, over rate x (1 - rate) x (1 - 2 rate)
    freedom: Floats  # of Student's t; infinite where no cluster has two lines, so that no correlation had to be found
    pool: Ints | None = None  # which groups borrow from each other, as those of one connection do; None: all

    @classmethod
    def of(cls, sums: ClusterSums, weights: Weights | None = None, pool: Ints | None = None) -> Rates:
        """Return the rates of groups whose lines have been added up by cluster; ``pool`` says which borrow from each other."""
        w = Weights.of_lines(sums) if weights is None else weights
        r = correlation(sums, pool)
        # of a beta-binomial cluster, in which two lines are hits together by the correlation r and three by 2 r^2 / (1 + r)
        three = 2 * r**2 / (1 + r)
        return cls(
            rate=np.divide(w.hits, w.w, out=np.full(len(w.w), np.nan), where=w.w > 0),
            lines=sums.n,
            clusters=sums.clusters,
            weight=w.w,
            squares=(1 - r) * w.w2 + r * w.c2,
            cubes=w.w3 + 3 * r * (w.c21 - w.w3) + three * (w.c3 - 3 * w.c21 + 2 * w.w3),
            freedom=np.where(sums.n2 > sums.n, POOLED_FREEDOM + sums.clusters - 1, np.inf),
            pool=pool,
        )

    @property
    def n_effective(self) -> Floats:
        """How many independent lines of one weight would tell as much as the group's lines do."""
        return np.divide(self.weight**2, self.squares, out=np.zeros(len(self.rate)), where=self.squares > 0)

    def interval(self) -> tuple[Floats, Floats]:
        """Return the 95 % interval of each rate: Wilson's at the effective lines, with Student's t where a correlation was found."""
        low, high = wilson(np.nan_to_num(self.rate) * self.n_effective, self.n_effective, _student(self.freedom))
        # exactly 0 and 1 where none or all are hits, not by rounding
        return np.where(self.rate == 0, 0.0, low), np.where(self.rate == 1, 1.0, high)

    def shrunken(self) -> Floats:
        """Return the rates to rank by: each drawn towards the mean of the groups, the more the less certain it is.

        How much groups truly differ is the share c of rate x (1 - rate) by which their rates vary beyond chance (Paule and Mandel 1982). Every group
        counts by its certainty and none by its size alone, so that one giant is not taken for what the others are like. Where each
        pool has one group only, they are drawn towards the mean of all.
        """
        if self.pool is None or len(np.unique(self.pool)) in (1, len(self.pool)):
            return _shrunken(self.rate, self.n_effective)
        out = np.empty(len(self.rate))
        for code in np.unique(self.pool):
            out[self.pool == code] = _shrunken(self.rate[self.pool == code], self.n_effective[self.pool == code])
        return out


#: How much groups usually differ: the share c of `Rates.shrunken` that is believed before any was seen.
_SPREAD = 0.1


def _shrunken(rate: Floats, n_effective: Floats) -> Floats:
    """Return rates drawn towards the mean of all, as `Rates.shrunken` says."""
    out = rate.copy()
    some = n_effective > 0
    p, n, groups = rate[some], n_effective[some], int(some.sum())
    if groups < 2:
        return out
    c = _SPREAD
    for _ in range(30):  # Newton's steps: the squared deviations of so many groups add up to one less than their number
        w = 1 / (c + (1 - c) / n)
        mean = float(np.clip((w * p).sum() / w.sum(), 1e-3, 1 - 1e-3))
        unit = mean * (1 - mean)
        beyond = (w * (p - mean) ** 2).sum() / unit - (groups - 1)
        slope = (w**2 * (p - mean) ** 2 * (1 - 1 / n)).sum() / unit
        was, c = c, float(np.clip(c + beyond / max(slope, 1e-9), 0.0, 0.99))
        if abs(c - was) < 1e-12:
            break
    # a few groups say little about how much groups differ: as much as two more of the usual spread
    c = (c * (groups - 1) + 2 * _SPREAD) / (groups + 1)
    w = 1 / (c + (1 - c) / n)
    mean = float((w * p).sum() / w.sum())
    out[some] = mean + c * w * (p - mean)
    return out


def wilson(hits: npt.ArrayLike, n: npt.ArrayLike, z: npt.ArrayLike = Z) -> tuple[Floats, Floats]:
    """Return the score interval of hits / n (Wilson 1927), 95 % by default; missing where n is 0.

    >>> low, high = wilson([9, 3], [10, 3])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.596, 0.439], [0.982, 1.0])
    """
    k, m, z = (np.asarray(x, dtype=float) for x in (hits, n, z))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / m
        centre = (p + z**2 / (2 * m)) / (1 + z**2 / m)
        half = z / (1 + z**2 / m) * np.sqrt(p * (1 - p) / m + z**2 / (4 * m**2))
        low = np.where(k == 0, 0.0, np.clip(centre - half, 0, 1))  # exactly, not by rounding
        high = np.where(k == m, 1.0, np.clip(centre + half, 0, 1))
    nothing = m == 0
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)


@dataclass(frozen=True)
class Comparison:
    """What a rate is compared with, by how much chance a difference like this one would come, and what may be said of it."""

    rate: Floats  # of the others, or before; missing where there are none
    p_value: Floats  # missing where there are too few lines to say anything
    says: npt.NDArray[np.object_]  # one of two words, or None


def against_others(r: Rates) -> Comparison:
    """Return whether each group is "below" or "above" all others together, by more than chance: one test behind all sentences.

    The p-value is one-sided. Of many groups some are far off by chance: of those called below at most 5 % are so on average, of those
    called above 1 % (Benjamini and Hochberg 1995).
    """
    weight, hits = (
        r.weight.sum() - r.weight,
        (r.weight * np.nan_to_num(r.rate)).sum() - r.weight * np.nan_to_num(r.rate),
    )
    rest = r.lines.sum() - r.lines
    others = np.divide(hits, weight, out=np.full(len(weight), np.nan), where=(rest > 0) & (weight > 0))
    other = Rates(
        np.clip(others, 0, 1), rest, r.clusters.sum() - r.clusters, weight, r.squares.sum() - r.squares, r.cubes.sum() - r.cubes, r.freedom
    )  # fmt: skip
    enough = _enough(r) & _enough(other) & ~np.isnan(others) & ~np.isnan(r.rate)
    below, above = _one_sided(r, other, r.freedom, enough)
    says = np.full(len(weight), None, dtype=object)
    says[discoveries(below, enough, _FALSE_BELOW) & (below <= _MOST_BELOW)] = "below"
    says[discoveries(above, enough, _FALSE_ABOVE)] = "above"
    return Comparison(other.rate, np.where(enough, np.minimum(below, above), np.nan), says)


def against_before(r: Rates, before: Ints, family: Ints) -> Comparison:
    """Return whether each rate is "up" or "down" from that of the group ``before`` (-1: none), by more than chance.

    The p-value is two-sided. Of the changes of one ``family``, such as all vendors in one month, at most 5 % are false on average.
    """
    was = Rates(**{k: np.where(before >= 0, x[before], 0.0) for k, x in vars(r).items() if k != "pool"})
    freedom = np.where(
        np.isinf(r.freedom) & np.isinf(was.freedom),
        np.inf,
        POOLED_FREEDOM + np.maximum(r.clusters + was.clusters - 2, 1),
    )
    enough = (before >= 0) & _enough(r) & _enough(was) & ~np.isnan(r.rate) & ~np.isnan(was.rate)
    down, up = _one_sided(r, was, freedom, enough)
    both = np.minimum(1.0, 2 * np.minimum(down, up))
    says = np.full(len(before), None, dtype=object)
    for one in np.unique(family[enough]):
        changed = discoveries(both, enough & (family == one), _FALSE_CHANGES)
        says[changed] = np.where(down < up, "down", "up")[changed]
    return Comparison(np.where(before >= 0, was.rate, np.nan), np.where(enough, both, np.nan), says)


def _enough(r: Rates) -> npt.NDArray[np.bool_]:
    return (r.lines >= SMALL_N) & (r.clusters >= FEWEST_CLUSTERS)


def _one_sided(one: Rates, other: Rates, freedom: Floats, rows: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the chance of a rate so far below, and of one so far above, another if both were the same; 1 where it isn't asked for.

    The score of the difference has two flaws where rates are near 1 and clusters few: its variance is estimated, for which Student's t
    allows, and it is skewed, for which Wilson and Hilferty's transform of a Pearson III variable does. The more careful one counts.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        hits = one.weight * one.rate + other.weight * other.rate
        common = np.clip(hits / (one.weight + other.weight), 1e-6, 1 - 1e-6)
        variance = one.squares / one.weight**2 + other.squares / other.weight**2
        score = np.nan_to_num((one.rate - other.rate) / np.sqrt(common * (1 - common) * variance))
        cubes = one.cubes / one.weight**3 - other.cubes / other.weight**3
        skew = np.nan_to_num((1 - 2 * common) / np.sqrt(common * (1 - common)) * cubes / variance**1.5)
    ways = [way[rows] for way in (_normal_of_student(score, freedom), _normal_of_skewed(score, skew))]
    below, above = np.ones((2, len(rows)))
    below[rows], above[rows] = _upper_tail(-np.maximum(*ways)), _upper_tail(np.minimum(*ways))
    return below, above


def discoveries(p: Floats, rows: npt.NDArray[np.bool_], share: float) -> npt.NDArray[np.bool_]:
    """Return which of some p-values are discoveries, with this share of false ones on average (Benjamini and Hochberg 1995).

    >>> discoveries(np.array([0.001, 0.04, 0.02, 0.9]), np.array([True, True, True, True]), 0.05).tolist()
    [True, False, True, False]
    """
    out = np.zeros(len(p), dtype=bool)
    at = np.flatnonzero(rows)
    rising = at[np.argsort(p[at], kind="stable")]
    # the k-th smallest of m may be k x share / m; all up to the last one that is within its limit are discoveries
    within = np.flatnonzero(p[rising] <= share * np.arange(1, len(at) + 1) / max(len(at), 1))
    out[rising[: within[-1] + 1 if len(within) else 0]] = True
    return out


def two_sided(t: Floats, freedom: Floats) -> Floats:
    """Return how often chance alone would give a value of Student's t so far from zero, on either side.

    >>> two_sided(np.array([2.571, 0.0]), np.array([5.0, 5.0])).round(3).tolist()
    [0.05, 1.0]
    """
    return np.minimum(1.0, 2 * _upper_tail(np.abs(_normal_of_student(t, freedom))))


_upper_tail: Callable[[Floats], Floats] = np.vectorize(lambda z: 0.5 * erfc(z / 2**0.5), otypes=[float])


def _student(freedom: Floats) -> Floats:
    """Return the 97.5 % point of Student's t (Abramowitz and Stegun 26.7.5); Z where the degrees of freedom are infinite."""
    out: Floats = Z + (Z**3 + Z) / (4 * freedom) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)
    return out


def _normal_of_student(t: Floats, freedom: Floats) -> Floats:
    """Return the normal score as rare as a value of Student's t (Wallace 1959)."""
    f = np.where(np.isinf(freedom), 1.0, freedom)
    score = np.sign(t) * (8 * f + 1) / (8 * f + 3) * np.sqrt(f * np.log1p(t**2 / f))
    return np.where(np.isinf(freedom), t, score)


def _normal_of_skewed(z: Floats, skew: Floats) -> Floats:
    """Return the normal score as rare as a value of a Pearson III variable of this skewness (Wilson and Hilferty 1931)."""
    g = np.where(np.abs(skew) < 1e-3, 1e-3, skew)
    out: Floats = 6 / g * (np.cbrt(np.maximum(1 + g * z / 2, 0)) - 1) + g / 6
    return out
