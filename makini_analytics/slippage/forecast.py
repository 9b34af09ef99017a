"""The chance that an open line arrives by a day, given that it is already so old: daily hazards, pooled over the groups above.

On each day t after the start of its clock a line that is still open is delivered with the hazard h(t) = delivered / still open.
A vendor with few lines borrows from its category, and that from all: ``h = (delivered + m x h above) / (open + m)``, with m
lines' worth of the level above. The chance to arrive by day c, being open after day a, is ``1 - product over a < t <= c of
(1 - h(t))``. The clock is either the age since the order, or the day relative to the due date: where due dates themselves carry
the plan, the delay against them is the better guide. Which clock and which m is decided by back-test, on days gone by.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CLOCKS = ("age", "due date")
STRENGTHS = (2.0, 8.0, 32.0)
#: Days before and after the start of a clock that are told apart; what is older is taken as that old.
_EARLIEST, _LATEST = -400, 1000
#: Origins of the back-test, in days before as-of, and how far each looks ahead.
_ORIGINS, _AHEAD = (30, 60, 90, 120, 150, 180), 60
#: Days over which the rate to beat is taken.
_TRAILING = 90
#: Lines tested, below which nothing is said of the error, and the forecast goes by the age alone.
_FEWEST = 50
_MODELS = tuple(product(CLOCKS, STRENGTHS))
_OF_AGE = np.array([clock == "age" for clock, _ in _MODELS])


@dataclass(frozen=True)
class Book:
    """What is known of each line, in whole days since 1970: ordered, due, ended, and how; -1 where a day is not known."""

    ordered: Ints
    due: Ints
    ended: Ints  # delivered or cancelled; meaningless where still open
    delivered: Mask
    cancelled: Mask
    groups: tuple[Ints, ...]  # codes of all lines, of the categories, of the vendors

    def as_known_on(self, day: int) -> tuple[Book, Mask]:
        """Return the book as it was on a day, and which lines were in it."""
        known = (self.ordered >= 0) & (self.ordered <= day) & (self.due >= 0)
        seen = self.ended <= day
        return Book(
            self.ordered, self.due, self.ended, self.delivered & seen, self.cancelled & seen, self.groups
        ), known


class Hazards:
    """The daily hazards of each group on one clock, as cumulated log survival."""

    def __init__(self, book: Book, rows: Mask, day: int, clock: str, strength: float) -> None:
        self.clock = clock
        zero = book.ordered if clock == "age" else book.due
        end = np.where(book.delivered | book.cancelled, book.ended, day)
        first = np.clip((book.ordered - zero)[rows], _EARLIEST, _LATEST)
        last = np.clip((end - zero)[rows], _EARLIEST, _LATEST)
        event = book.delivered[rows] & (last < _LATEST)
        self.shift = int(first.min()) if rows.any() else 0
        width = int(last.max()) - self.shift + 1 if rows.any() else 1
        above: Floats = np.zeros((1, width))
        parent = np.zeros(1, dtype=np.int64)
        codes: Ints = np.zeros(int(rows.sum()), dtype=np.int64)
        for level, every in enumerate(book.groups):
            below = every[rows]
            n = int(every.max()) + 1 if len(every) else 1
            parent = np.zeros(n, dtype=np.int64)
            parent[below] = codes  # each vendor stands under the category of its lines
            leaving = np.zeros((n, width + 1))
            # at risk from the day of the order, that day included, to the day of the end
            np.add.at(leaving, (below, first - self.shift), 1.0)
            np.add.at(leaving, (below, last - self.shift + 1), -1.0)
            open_lines = np.cumsum(leaving, axis=1)[:, :width]
            came = np.zeros((n, width))
            np.add.at(came, (below[event], (last - self.shift)[event]), 1.0)
            m = strength if level else 0.0
            prior = above[parent]
            above = np.divide(came + m * prior, open_lines + m, out=np.zeros((n, width)), where=open_lines + m > 0)
            codes = below
        self.log_open = np.cumsum(np.log1p(-np.minimum(above, 1 - 1e-9)), axis=1)

    def chance(self, book: Book, rows: Mask, day: int, by: Ints) -> Floats:
        """Return the chance of each line, open on ``day``, to be there on the day ``by``."""
        zero = (book.ordered if self.clock == "age" else book.due)[rows]
        group = book.groups[-1][rows]
        last = self.log_open.shape[1] - 1
        now, then = (np.clip(d - zero - self.shift, -1, last) for d in (np.full(len(zero), day), by))
        at = np.where(now >= 0, self.log_open[group, np.maximum(now, 0)], 0.0)
        after = np.where(then >= 0, self.log_open[group, np.maximum(then, 0)], 0.0)
        return np.where(by > day, np.abs(np.expm1(np.minimum(after - at, 0.0))), 0.0)


@dataclass(frozen=True)
class BackTest:
    """The lines that were open on days gone by: their forecast, the rate to beat, and what became of them."""

    weights: Floats  # of each of _MODELS, as of today
    row: Ints
    origin: Ints
    chance: Floats
    base: Floats
    on_time: Mask

    @property
    def brier(self) -> float:
        """Mean squared error of the forecast; missing where nothing could be tested."""
        return float(np.mean((self.chance - self.on_time) ** 2)) if len(self.row) else float("nan")

    @property
    def brier_base(self) -> float:
        """Mean squared error of the trailing on-time rate."""
        return float(np.mean((self.base - self.on_time) ** 2)) if len(self.row) else float("nan")

    @property
    def enough(self) -> bool:
        """Whether so many lines were tested that the error means something."""
        return len(self.row) >= _FEWEST

    @property
    def by_due_date(self) -> float:
        """The part that the clock of the due date has in the forecast, 0..1."""
        return float(self.weights[~_OF_AGE].sum())

    @property
    def of_age(self) -> Floats:
        """The weights for a line that has no due date."""
        out = np.where(_OF_AGE, self.weights + 1e-300, 0.0)
        out /= out.sum()
        return out


def back_test(book: Book, day: int) -> BackTest:
    """Return what would have been forecast on days gone by, and the models' weights as of today.

    A forecast of one of those days goes by the weights that could have been known on that day, from the lines that had fallen
    due by then: it has not seen its own test.
    """
    rows, origin, base, chances = _asked(book, day)
    on_time = (book.delivered & (book.ended <= book.due))[rows]
    errors = (chances - on_time) ** 2
    fell_due = book.due[rows]

    def weights(known: Mask) -> Floats:
        if known.sum() < _FEWEST:
            out = _OF_AGE.astype(float)
        else:
            loss = errors[:, known].sum(axis=1)
            out = np.exp((loss.min() - loss) / 2)
        out /= out.sum()
        return out

    chance = np.zeros(len(rows))
    for then in np.unique(origin):
        asked = origin == then
        chance[asked] = weights((origin < then) & (fell_due <= then)) @ chances[:, asked]
    return BackTest(weights(np.ones(len(rows), dtype=bool)), rows, origin, chance, base, on_time)


def forecast(book: Book, learnt: Mask, asked: Mask, day: int, by: tuple[Ints, ...], weights: Floats) -> list[Floats]:
    """Return the chances of the lines asked for to be there on each of the days ``by``: the models' average."""
    out = [np.zeros(int(asked.sum())) for _ in by]
    for (clock, strength), weight in zip(_MODELS, weights, strict=True):
        if weight > 1e-6:
            hazards = Hazards(book, learnt, day, clock, strength)
            for chance, until in zip(out, by, strict=True):
                chance += weight * hazards.chance(book, asked, day, until)
    return out


def _asked(book: Book, day: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the lines open on days gone by that have fallen due since: row, day, rate to beat, and each model's chance."""
    parts: list[tuple[Any, ...]] = []
    for back in reversed(_ORIGINS):
        then = day - back
        known, there = book.as_known_on(then)
        # those whose due date has passed since, so that their fate is known; a line cancelled since has none
        asked = there & ~known.delivered & ~known.cancelled & ~(book.cancelled & (book.ended <= day))
        asked &= (book.due > then) & (book.due <= min(then + _AHEAD, day))
        past = there & ~book.cancelled & (book.due > then - _TRAILING) & (book.due <= then)
        if not asked.any() or not past.any():
            continue
        n = int(asked.sum())
        base = float(np.mean(known.delivered[past] & (book.ended[past] <= book.due[past])))
        chances = [Hazards(known, there, then, *model).chance(known, asked, then, book.due[asked]) for model in _MODELS]
        parts.append((np.flatnonzero(asked), np.full(n, then), np.full(n, base), np.array(chances)))
    if not parts:
        none: Ints = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0), np.zeros((len(_MODELS), 0))
    rows, origin, rate, by_model = (np.concatenate(p, axis=-1) for p in zip(*parts, strict=True))
    return rows, origin, rate, by_model
