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

import numpy as np

from ._hazards import Book, Floats, Ints, Mask, Model, Question, chances

CLOCKS = ("age", "due date")
STRENGTHS = (2.0, 8.0, 32.0)
#: Origins of the back-test, in days before as-of, and how far each looks ahead.
_ORIGINS, _AHEAD = (30, 60, 90, 120, 150, 180), 60
#: Days over which the rate to beat is taken.
_TRAILING = 90
#: With fewer lines tested the error is left unsaid, and the forecast goes by the age alone.
_FEWEST = 50
_MODELS = tuple(Model(*m) for m in product(CLOCKS, STRENGTHS))
_OF_AGE = np.array([m.clock == "age" for m in _MODELS])


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
        """Whether enough lines were tested for the error to mean something."""
        return len(self.row) >= _FEWEST

    @property
    def by_due_date(self) -> float:
        """The weight of the due date's clock in the forecast, 0..1."""
        return float(self.weights[~_OF_AGE].sum())

    @property
    def of_age(self) -> Floats:
        """The weights for a line that has no due date."""
        out = np.where(_OF_AGE, self.weights + 1e-300, 0.0)  # never all zero, so that it can be divided by its sum
        out /= out.sum()
        return out


def back_test(book: Book, day: int) -> BackTest:
    """Return what would have been forecast on days gone by, and the models' weights as of today.

    A forecast of one of those days goes by the weights that could have been known on that day, from the lines that had fallen
    due by then: it has not seen its own test.
    """
    rows, origin, base, chances = _questions_of_the_past(book, day)
    on_time = (book.delivered & (book.ended <= book.due))[rows]
    errors = (chances - on_time) ** 2
    fell_due = book.due[rows]

    def weights(known: Mask) -> Floats:
        if known.sum() < _FEWEST:
            out = _OF_AGE.astype(float)
        else:
            # a model that was worse by a squared error of 2 on the whole gets 1/e of the weight: averaging by exp(-loss / 2), which
            # forgets no model and soon follows the best
            loss = errors[:, known].sum(axis=1)
            out = np.exp((loss.min() - loss) / 2)
        out /= out.sum()
        return out

    chance = np.zeros(len(rows))
    for then in np.unique(origin):
        now = origin == then
        chance[now] = weights((origin < then) & (fell_due <= then)) @ chances[:, now]
    return BackTest(weights(np.ones(len(rows), dtype=bool)), rows, origin, chance, base, on_time)


def forecast(book: Book, learnt: Mask, asked: Mask, day: int, by: tuple[Ints, ...], weights: Floats) -> list[Floats]:
    """Return the chance of each of the lines ``asked`` for to arrive by each of the days ``by``: the models' weighted average."""
    rows = np.flatnonzero(asked)
    counting = [(model, weight) for model, weight in zip(_MODELS, weights, strict=True) if weight > 1e-6]
    out = [np.zeros(len(rows)) for _ in by]
    questions = [Question(rows, day, until) for until in by]
    for question, model, places, chance in chances(book, learnt, questions, [m for m, _ in counting]):
        out[question][places] += counting[model][1] * chance
    return out


def _questions_of_the_past(book: Book, day: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the lines open on days gone by that have fallen due since: row, day, rate to beat, and each model's chance."""
    usable = (book.ordered >= 0) & (book.due >= 0)
    # only lines whose due date lies near one of those days can be in a question: the rest is sorted out once, not for each day
    near = np.flatnonzero(usable & ~book.cancelled & (book.due > day - max(_ORIGINS) - _TRAILING) & (book.due <= day))
    ordered, due, ended = (x[near] for x in (book.ordered, book.due, book.ended))
    questions: list[Question] = []
    rates: list[float] = []
    for back in reversed(_ORIGINS):
        then = day - back
        there, came = ordered <= then, book.delivered[near] & (ended <= then)
        # those whose due date has passed since, so that their fate is known; a line cancelled since has none
        open_then = there & ~came & (due > then) & (due <= min(then + _AHEAD, day))
        past = there & (due > then - _TRAILING) & (due <= then)
        if open_then.any() and past.any():
            rates.append(float(np.mean(came[past] & (ended[past] <= due[past]))))
            questions.append(Question(near[open_then], then, due[open_then]))
    if not questions:
        none: Ints = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0), np.zeros((len(_MODELS), 0))
    n = [len(q.rows) for q in questions]
    by_model = np.zeros((len(_MODELS), sum(n)))
    begins = np.cumsum([0, *n])
    for question, model, places, chance in chances(book, usable, questions, _MODELS):
        by_model[model, begins[question] + places] = chance
    rows, origin = np.concatenate([q.rows for q in questions]), np.repeat([q.day for q in questions], n)
    return rows, origin, np.repeat(rates, n), by_model
