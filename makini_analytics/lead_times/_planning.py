"""The lead time that covers the next order with a given chance, of groups that may be small.

A percentile that was observed is not one to plan with: the 90th of 10 lines is missed by the next order one time in five, since the
line that it stands on is one of those it was chosen from. Here each group is described by its location m and its scale s, in
logarithms, and both borrow from what lies above: the location from the groups of the same vendor, the scale from all groups. Then
each line is compared with what *the other lines* of its group would have said of it::

    r = (log days - location by the others) / (s x sqrt(1 + B / others))        B: how far a location follows its own lines

All groups together have enough of these residuals to read a percentile r_q off them, on a Kaplan-Meier curve since open lines have
residuals that are only known to be larger; and what holds for lines that were left out holds for the next one::

    days = exp(m + r_q x s x sqrt(1 + B / n))

(conformal prediction on a location-scale model: Barber et al. 2021). With N residuals the level is q (N + 1) / N, so none is given
where N is too small. A group that is alone has nobody to borrow from: it is its own ((n + 1) q)-th line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import erfc, exp, pi, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Lines' worth of the common scale that are added to a group's own.
_COMMON = 10.0
#: Rounds after which open lines' expected days move no more than a percentile could show.
_ROUNDS = 6
#: A wait of no days has a logarithm, too.
_SHORTEST = 0.5
_TINY = 1e-12
#: Lines whose residuals are looked at; of more, every second or third and so on is taken.
_MOST = 50_000


@dataclass(frozen=True)
class Waits:
    """Lines, or parts of lines, by how long they were awaited."""

    days: Ints
    came: Mask  # otherwise they are only known to take longer
    weight: Floats
    group: Ints
    above: Ints  # of each group the group above


@dataclass(frozen=True)
class _Model:
    """Each group's location and scale, in logarithms of days."""

    n: Floats  # of each group the weight of its lines
    mean: Floats  # of each group over its lines
    location: Floats
    above: Floats  # of each group the location of the group above
    between: float  # variance of the locations of groups below one
    scale: Floats

    def follows(self, n: Floats, scale: Floats) -> Floats:
        """Return how far a location follows the mean of lines that weigh so much, 0..1."""
        out: Floats = self.between / (self.between + scale**2 / np.maximum(n, _TINY))
        return out


def planned(waits: Waits, levels: tuple[float, ...], pool: npt.NDArray[Any] | None = None) -> list[Floats]:
    """Return for each level the days within which the next line of each group comes with that chance; missing where not known.

    Whole days, rounded down: since a lead time is a whole number of days, the rest of a day covers none more. ``pool`` says which
    groups borrow from each other, as those of one connection do; None: all.
    """
    if pool is None or (pool == pool[:1]).all():
        return _planned(waits, levels)
    out = [np.full(len(waits.above), np.nan) for _ in levels]
    place = np.empty(len(pool), dtype=np.int64)  # of each group in its pool
    of_line = pool[waits.group]
    for one in np.unique(pool):
        groups, rows = np.flatnonzero(pool == one), np.flatnonzero(of_line == one)
        place[groups] = np.arange(len(groups))
        own = Waits(
            waits.days[rows], waits.came[rows], waits.weight[rows], place[waits.group[rows]], waits.above[groups]
        )
        for whole, days in zip(out, _planned(own, levels), strict=True):
            whole[groups] = days
    return out


def _planned(waits: Waits, levels: tuple[float, ...]) -> list[Floats]:
    """Return the days of groups that all borrow from each other."""
    group, n_groups = waits.group, len(waits.above)
    if not len(group):
        return [np.full(n_groups, np.nan) for _ in levels]
    # waits are whole days: few logarithms serve all of them
    y = np.log(np.maximum(np.arange(waits.days.max() + 1), _SHORTEST)).take(waits.days)
    some: slice | Ints = slice(None)
    if len(y) > _MOST:  # in an order of their own, so that it does not matter in which they are given
        some = np.lexsort((waits.weight, waits.came, waits.days, group))[:: len(y) // _MOST + 1]
    if (group == group[0]).all():
        residual, location, width = y[some], np.zeros(n_groups), np.ones(n_groups)
    else:
        model = _fitted(waits, y)
        b = model.follows(model.n, model.scale)
        location = model.location
        width = model.scale * np.sqrt(1 + b / np.maximum(model.n, _TINY))
        residual = _left_out(model, group[some], waits.weight[some], y[some], waits.came[some])
    quantiles = _quantiles(residual, waits.came[some], waits.weight[some], levels)
    with np.errstate(over="ignore"):  # of a group without lines
        return [np.floor(np.exp(location + width * r) + 1e-6) for r in quantiles]


def _fitted(waits: Waits, y: Floats) -> _Model:
    """Return the model of some waits: expectation and maximisation of normal laws whose means are drawn to those above."""
    w, group, above, n_groups = waits.weight, waits.group, waits.above, len(waits.above)

    def sums(what: Floats, rows: Mask | slice = slice(None)) -> Floats:
        out: Floats = np.bincount(group[rows], weights=what, minlength=n_groups).astype(float, copy=False)
        return out

    def upwards(what: Floats) -> Floats:
        out: Floats = np.bincount(above, weights=what).astype(float, copy=False)
        return out

    n, still_open = sums(w), ~waits.came
    # what has come is added up once; only what has not is guessed anew in each round
    came = w[waits.came]
    total, squares = (sums(came * y[waits.came] ** k, waits.came) for k in (1, 2))
    wait, share, of = y[still_open], w[still_open], group[still_open]
    some, k = n > 0, np.maximum(n, _TINY)
    location, scale = np.full(n_groups, np.average(y, weights=w)), np.full(n_groups, max(float(y.std()), 0.05))
    for _ in range(_ROUNDS):
        z = (wait - location[of]) / scale[of]
        ahead = _mills(z)
        guess = location[of] + scale[of] * ahead
        spread = scale[of] ** 2 * np.maximum(1 + z * ahead - ahead**2, 0.02)
        mean = (total + sums(share * guess, still_open)) / k
        within = np.maximum(squares + sums(share * (guess**2 + spread), still_open) - n * mean**2, 0.0)
        free = np.maximum(n - 1, 0)
        common = within[n > 1].sum() / free.sum() if free.sum() > 0 else 1.0
        variance = np.maximum((_COMMON * common + np.where(n > 1, within, 0)) / (_COMMON + free), 1e-4)
        between = _between(n / variance, mean, above, common)
        pull = some / (between + variance / k)
        higher = (upwards(pull * mean) / np.maximum(upwards(pull), _TINY))[above]
        follows = between / (between + variance / k)
        location, scale = higher + follows * (mean - higher), np.sqrt(variance)
    return _Model(n, mean, location, higher, between, scale)


def _between(precision: Floats, mean: Floats, above: Ints, common: float) -> float:
    """Return the variance between groups below one, beyond what chance explains (DerSimonian and Laird 1986)."""
    total = np.bincount(above, weights=precision)
    centre = np.bincount(above, weights=precision * mean) / np.maximum(total, _TINY)
    off = float(precision @ (mean - centre[above]) ** 2)
    free = int((precision > 0).sum() - (total > 0).sum())
    size = float(total.sum() - (np.bincount(above, weights=precision**2) / np.maximum(total, _TINY)).sum())
    if free <= 0 or size <= 1e-9:
        return max(common, 0.01)
    return max((off - free) / size, 1e-4)


def _left_out(model: _Model, group: Ints, w: Floats, y: Floats, came: Mask) -> Floats:
    """Return lines' residuals against what the other lines of their group, and the group above, say."""
    scale, higher, location = model.scale[group], model.above[group], model.location[group]
    expected, open_ = y.copy(), np.flatnonzero(~came)
    expected[open_] = location[open_] + scale[open_] * _mills((y[open_] - location[open_]) / scale[open_])
    others = model.n[group] - w
    alone = others <= 1e-6
    others = np.maximum(others, 1e-6)
    mean = ((model.mean * model.n)[group] - w * expected) / others
    b = np.where(alone, 0.0, model.follows(others, scale))
    location = higher + np.where(alone, 0.0, b * (mean - higher))
    out: Floats = (y - location) / (scale * np.sqrt(1 + b / np.maximum(others, 0.5)))
    return out


def _quantiles(residual: Floats, came: Mask, weight: Floats, levels: tuple[float, ...]) -> list[float]:
    """Return the q (N + 1)-th of N residuals, on a Kaplan-Meier curve; missing where there are not so many.

    Of 10 residuals of weight 1 the 0.8 x 11 = 8.8-th lies between the 8th and the 9th.
    """
    order = np.lexsort((~came, residual))
    w, came = weight[order], came[order]
    at_risk = np.cumsum(w[::-1])[::-1]
    arrived = (1 - np.cumprod(np.where(came, 1 - w / at_risk, 1.0)))[came]
    at = residual[order[came]]
    n = max(float(w[came].sum()), _TINY)
    asked = np.array(levels) * (n + 1) / n
    there = [len(at) > 0 and q <= arrived[-1] + 1e-9 for q in asked]
    return [float(np.interp(q, arrived, at)) if known else np.nan for q, known in zip(asked, there, strict=True)]


@cache
def _table() -> tuple[Floats, Floats]:
    grid = np.linspace(-6, 6, 4001)
    return grid, np.array([exp(-x * x / 2) / sqrt(2 * pi) / (0.5 * erfc(x / sqrt(2))) for x in grid])


def _mills(z: Floats) -> Floats:
    """Return the mean of a standard normal beyond z."""
    return np.interp(z, *_table())
