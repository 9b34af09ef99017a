"""How many of the open lines come by when, all together: the chance of each line, and what lines have in common.

The chances of single lines add up to what is expected, whatever they have in common. The band around it hangs on that: if the lines
of one vendor come late together, a week may bring none of them. Each line has a hidden normal variable, of which a part is common
to all lines, a part to those of its vendor, a part to those of its order, and the rest is its own::

    hidden = sqrt(all) x A + sqrt(vendor - all) x V + sqrt(order - vendor) x O + sqrt(1 - order) x own

The line comes by the end of a period where its hidden variable lies below the normal quantile of its chance. ``all``, ``vendor`` and
``order`` are the correlations between lines that share nothing else, and are found from how lines of days gone by deviated together
from their chances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import erfc
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import numbered
from ._forecast import OF_AGE, ORIGINS, Blend, Past, chances_by_model, thinned
from ._hazards import Book, Floats, Ints, Mask, Question

#: Pairs' worth of no correlation that is added to those observed: a few say little.
_PRIOR = 50.0
#: Draws of what will come, of what might have come on each day gone by, and how many are made at once.
DRAWS, DRAWS_OF_TEST, _AT_ONCE = 400, 200, 100
_IN_CACHE = 1_000
#: Lines of a group, on average, up to which groups are added up all at once.
_SMALL = 100


@dataclass(frozen=True)
class Ahead:
    """Lines that were open on a day, with their chances to have come by the ends of some periods."""

    rows: Ints
    day: int
    chance: Floats  # a row for each line, a column for each period: by its end


@dataclass(frozen=True)
class Common:
    """The correlations between the hidden variables of any two lines, of two of one vendor, and of two of one order."""

    all: float
    vendor: float
    order: float


@dataclass(frozen=True)
class Forecast:
    """The chances of the open lines of one connection, of those of days gone by, and what lines have in common."""

    now: Ahead
    past: list[Ahead]
    known: bool  # whether enough lines of days gone by are known for a forecast


def forecast(book: Book, asked: Ints, day: int, steps: Sequence[int]) -> Forecast:
    """Return the chances of some open lines to come within so many days, and those that would have been said on days gone by."""
    learnt = Past.of(book, day)
    origins = [day - back for back in reversed(ORIGINS) if back >= max(steps)]
    rows = [_open_on(book, then) for then in origins]
    questions = [_asked(*pair, steps) for pair in zip([*rows, asked], [*origins, day], strict=True)]
    of_each = chances_by_model(book, [*learnt.questions, *questions])
    cuts = np.cumsum([len(learnt.row), *(len(q.rows) for q in questions)])
    before, *parts = np.split(of_each, cuts[:-1], axis=1)
    ahead = []
    for question, part, of in zip(questions, parts, [*rows, asked], strict=True):
        blends = learnt.blend(before, question.day), learnt.blend(before[OF_AGE], question.day)
        chance = None if None in blends else _blended(book, question, part, *blends)  # type: ignore[arg-type]
        shape = (len(steps), len(of))
        ahead.append(Ahead(of, question.day, (np.full(shape, np.nan) if chance is None else chance.reshape(shape)).T))
    told = [a for a in ahead[:-1] if len(a.rows) and not np.isnan(a.chance).all()]
    return Forecast(ahead[-1], told, bool(len(asked)) and not np.isnan(ahead[-1].chance).any())


def _open_on(book: Book, day: int) -> Ints:
    """Return lines that were open on a day: those cancelled since, too, which nobody knew then."""
    ended = (book.delivered | book.cancelled) & (book.ended <= day)
    rows = np.flatnonzero((book.ordered >= 0) & (book.ordered <= day) & ~ended)
    return thinned(book, rows)


def _asked(rows: Ints, day: int, steps: Sequence[int]) -> Question:
    """Return the question of whether lines come within each number of days, one behind the other."""
    return Question(np.tile(rows, len(steps)), day, np.repeat(day + np.asarray(steps, dtype=np.int64), len(rows)))


def _blended(book: Book, question: Question, of_each: Floats, blend: Blend, of_age: Blend) -> Floats:
    """Return one chance made of those of the models; a line without a due date has no other clock than its age.

    Unlike the chance of a single line these are not held away from 0: of a thousand lines that can't have come yet ten would be
    expected.
    """
    undated = book.due[question.rows] < 0
    mean = np.where(undated, of_age.weights @ of_each[OF_AGE], blend.weights @ of_each)
    odds = np.where(undated, of_age.odds, blend.odds)
    out: Floats = odds * mean / (1 - mean + odds * mean)
    return out


def came_by(book: Book, ahead: Ahead, steps: Sequence[int]) -> Mask:
    """Return which lines had come by the ends of the periods: a row for each line, a column for each period."""
    until = ahead.day + np.asarray(steps)
    out: Mask = book.delivered[ahead.rows, None] & (book.ended[ahead.rows, None] <= until)
    return out


def in_common(book: Book, past: Sequence[Ahead], steps: Sequence[int], vendor: Ints, order: Ints) -> Common:
    """Return what lines have in common, from those of days gone by. ``vendor`` and ``order`` are codes of all lines of the book.

    Of two lines with the chances p and q the outcomes less the chances multiply, on average, to about r x phi(p) x phi(q), where r
    is the correlation of their hidden variables and phi the normal density at the quantile of the chance; the sine sets right
    what that lacks where r is large.
    """
    product, density = np.zeros(3), np.zeros(3)
    for ahead in past:
        off = came_by(book, ahead, steps) - ahead.chance
        phi = np.exp(-(probit(ahead.chance) ** 2) / 2) / np.sqrt(2 * np.pi)
        codes = [np.zeros(len(ahead.rows), dtype=np.int64), *(numbered(x[ahead.rows])[1] for x in (vendor, order))]
        for k in range(len(steps)):
            # pairs of one order, of one vendor but two orders, and of two vendors
            for x, into in ((off[:, k], product), (phi[:, k], density)):
                squares = [float((np.bincount(c, x) ** 2).sum()) for c in codes] + [float((x**2).sum())]
                into -= np.diff(squares)
    prior = _PRIOR / (2 * np.pi)
    r = np.sin(np.clip(product / (np.maximum(density, 0.0) + prior), 0.0, np.pi / 2))
    apart, of_vendor, of_order = np.minimum(np.maximum.accumulate(r), 0.98)
    return Common(float(apart), float(of_vendor), float(of_order))


def drawn(
    ahead: Ahead,
    common: Common,
    vendor: Ints,
    order: Ints,
    group: Ints,
    n_groups: int,
    value: Floats,
    *,
    seed: int = 0,
    draws: int = DRAWS,
) -> npt.NDArray[np.float32]:
    """Return draws of the value that comes in each period: groups x periods x draws.

    ``vendor``, ``order``, ``group`` and ``value`` are those of the lines of ``ahead``. What is drawn for a line goes by its chances and
    its value, and not by its place or the names of its vendor and order, which say nothing of the future.
    """
    random = np.random.default_rng(seed)
    out = np.zeros((n_groups, ahead.chance.shape[1], draws), dtype=np.float32)  # of many groups this is large
    if not len(group):
        return out
    # lines that are alike in both go by what else is of their group, order and vendor; the last digits are the order of a sum
    beside = [np.bincount(c, ahead.chance.sum(axis=1))[c] for _, c in map(numbered, (group, order, vendor))]
    rows = np.lexsort([x.round(7) for x in (*beside, value, *ahead.chance.T)])
    # vendors and orders by the first of their lines
    vendor, order, group = pd.factorize(vendor[rows])[0], pd.factorize(order[rows])[0], group[rows]
    by_group = np.argsort(group, kind="stable")
    group = group[by_group]
    begins = np.flatnonzero(np.diff(group, prepend=-1))
    # what a line alone of its order has in common with that order is its own
    several = np.flatnonzero(np.bincount(order)[order] > 1)
    of_order = pd.factorize(order[several])[0]
    own = np.full((len(rows), 1), np.sqrt(1 - common.vendor), dtype=np.float32)
    own[several] = np.sqrt(1 - common.order)
    limit = probit(ahead.chance[rows][by_group]).astype(np.float32)
    worth = value[rows][by_group].astype(np.float32)

    def normal(n: int, scale: Any, out: Any = None) -> npt.NDArray[np.float32]:
        drawn = random.standard_normal((n, _AT_ONCE), dtype=np.float32, out=out)
        drawn *= np.float32(scale)
        return drawn

    # The sum of a group is a row times a table, taken over as few lines at a time as stay in the processor's cache for all periods.
    # Of many small groups each is a sum of its rows.
    chunks: list[tuple[int | None, slice]] = [(None, slice(None))]
    if len(rows) > _SMALL * len(begins):
        chunks = [
            (place, slice(start, min(start + _IN_CACHE, end)))
            for place, (begin, end) in enumerate(pairwise([*begins.tolist(), len(rows)]))
            for start in range(begin, end, _IN_CACHE)
        ]

    # two tables for all draws: of many lines it takes longer to get new ones than to fill them
    hidden, table = np.empty((2, len(rows), _AT_ONCE), dtype=np.float32)
    for first in range(0, draws, _AT_ONCE):
        normal(len(rows), own, out=hidden)
        if len(several):
            hidden[several] += normal(int(of_order.max()) + 1, np.sqrt(common.order - common.vendor))[of_order]
        of_vendors = normal(int(vendor.max()) + 1, np.sqrt(common.vendor - common.all)) + normal(1, np.sqrt(common.all))
        hidden += of_vendors.take(vendor, axis=0, out=table, mode="clip")
        if len(begins) > 1:
            hidden, table = hidden.take(by_group, axis=0, out=table, mode="clip"), hidden
        so_far = np.zeros((len(begins), limit.shape[1] + 1, _AT_ONCE), dtype=np.float32)
        for place, lines in chunks:
            for k in range(limit.shape[1]):
                came = np.less_equal(hidden[lines], limit[lines, k, None], out=table[lines])
                if place is None:
                    came *= worth[:, None]
                    so_far[:, k + 1] = np.add.reduceat(came, begins, axis=0)
                else:
                    so_far[place, k + 1] += worth[lines] @ came
        out[group[begins], :, first : first + _AT_ONCE] = np.diff(so_far, axis=1)
    return out


@cache
def _normal() -> tuple[Floats, Floats]:
    """Return quantiles and probabilities of the standard normal law, close enough to read others between them."""
    z = np.linspace(-8, 8, 8001)
    return z, np.array([0.5 * erfc(-x / 2**0.5) for x in z])


def probit(p: npt.ArrayLike) -> Floats:
    """Return the normal quantile of chances; of 0 and 1 one that no draw reaches.

    >>> probit([0.5, 0.975, 0.0]).round(3).tolist()
    [0.0, 1.96, -8.0]
    """
    z, chance = _normal()
    out: Floats = np.interp(np.asarray(p, dtype=float), chance, z)
    return out
