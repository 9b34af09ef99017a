"""The chance that an open line arrives by a day, given that it is already so old: daily hazards, pooled over the groups above.

On each day t after the start of its clock a line that is still open is delivered with the hazard h(t) = delivered / still open.
A vendor with few lines borrows from its category, and that from all: ``h = (delivered + 8 x h above) / (open + 8)``. The chance to
arrive by day c, being open after day a, is ``1 - product over a < t <= c of (1 - h(t))``.

There are four such *models*. The clock is either the age since the order, or the day relative to the due date: where due dates
themselves carry the plan, the delay against them is the better guide. And what happened counts half after 30 or after 365 days: the
short memory sees that vendors have become slower, the long one is the surer where they have not. They are put together by how they
did on lines of days gone by, once a month, whose due date has passed since::

    mean  = sum of weight x chance     weight in proportion to exp(-sum of squared errors / 2): no model is forgotten, the best soon followed
    odds  = odds of the mean x k       k > 1 where more came of late than the mean had said, fewer where k < 1

So what all four see too late, a general slowdown, is corrected from what it did to the lines of the last months. A forecast stands
beside the trailing rate, the on-time rate of the last 90 days, which takes no work at all: it speaks where enough is known to learn
from and to test it on, and where it had the smaller error of the two over the past year. Otherwise the trailing rate is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..compute import once
from ._hazards import Book, Floats, Ints, Mask, Model, Question, chances

CLOCKS = ("age", "due date")
HALF_LIVES = (30.0, 365.0)
MODELS = tuple(Model(*m) for m in product(CLOCKS, HALF_LIVES))
OF_AGE = [i for i, m in enumerate(MODELS) if m.clock == "age"]

#: The days gone by on which lines are looked at, counted back from as-of: once a month for a year.
ORIGINS = tuple(range(30, 361, 30))
#: Days over which the rate to beat is taken.
TRAILING = 90
#: Of how many lines of different orders the outcome must be known before a forecast is made, or judged. Lines of one order that are
#: asked about together come together, mostly: n of them count as n / (1 + 0.7 (n - 1)).
ENOUGH, _TOGETHER = 75, 0.7
#: Days after which an outcome counts half: for the choice of a model, and for what all of them get wrong.
_CHOICE, _LEVEL = 20, 180
#: Before the odds are corrected so many lines are added that came in half of the cases, as was said of them: a few others say little.
_AS_SAID = 120
#: No chance is taken as surer than this while a line can still come.
_SUREST = 0.99
#: Lines asked about on each day of the test; of more, every second or third and so on is taken.
_MOST = 3_000


@dataclass(frozen=True)
class Blend:
    """How the models' chances make one."""

    weights: Floats
    odds: float  # what the odds of the mean are multiplied by

    @classmethod
    def fitted(cls, chances: Floats, on_time: Mask, weight: Floats, days_ago: Ints) -> Blend:
        """Return the blend that fits some lines of known outcome: the chances of each model, and what each line counts."""
        loss = (((chances - on_time) ** 2) * (weight * np.exp2(-days_ago / _CHOICE))).sum(axis=1)
        weights = np.exp((loss.min() - loss) / 2)
        weights /= weights.sum()
        odds = _odds(weights @ chances)
        weight = weight * np.exp2(-days_ago / _LEVEL)
        log_k = 0.0
        for _ in range(8):  # Newton's steps to the most likely k, the logarithm of which is held near 0
            said = odds * np.exp(log_k)
            said /= 1 + said
            slope = float((weight * said * (1 - said)).sum()) + _AS_SAID / 4
            log_k += float(np.clip((float((weight * (on_time - said)).sum()) - _AS_SAID / 4 * log_k) / slope, -1, 1))
        return cls(weights, float(np.exp(log_k)))

    def of(self, chances: Floats) -> Floats:
        """Return the chances made of those of each model."""
        odds = self.odds * _odds(self.weights @ chances)
        out: Floats = odds / (1 + odds)
        return out


def _odds(chance: Floats) -> Floats:
    chance = np.clip(chance, 1 - _SUREST, _SUREST)
    out: Floats = chance / (1 - chance)
    return out


class _Days(NamedTuple):
    """The days of some lines, and how they ended."""

    ordered: Ints
    due: Ints
    ended: Ints
    delivered: Mask
    cancelled: Mask

    @classmethod
    def of(cls, lines: Book | _Days, rows: Ints | slice) -> _Days:
        """Return those of some rows."""
        return cls(
            lines.ordered[rows], lines.due[rows], lines.ended[rows], lines.delivered[rows], lines.cancelled[rows]
        )

    def rate(self, day: int) -> float:
        """Return the on-time rate, as known on a day, of lines due by then; missing where there are none."""
        judged = (self.ordered <= day) & ~(self.cancelled & (self.ended <= day))
        in_time = judged & self.delivered & (self.ended <= self.due)
        return float(in_time.sum() / judged.sum()) if judged.any() else float("nan")

    def open_on(self, day: int) -> Mask:
        """Return which were under way on a day, without those cancelled since, which have no outcome."""
        out: Mask = (self.ordered <= day) & (self.ended > day) & ~self.cancelled
        return out


def thinned(book: Book, rows: Ints) -> Ints:
    """Return as many of some lines as are looked at on one day: of more, every second or third and so on, in the order of their days.

    Their own order says nothing: a table that is sorted otherwise has the same forecast.
    """
    step = len(rows) // _MOST + 1
    return rows if step == 1 else rows[np.lexsort((book.ended[rows], book.ordered[rows], book.due[rows]))[::step]]


@dataclass(frozen=True)
class Past:
    """Lines that were open on days gone by and have fallen due since: one entry per line and day."""

    questions: list[Question]  # one per day
    row: Ints
    origin: Ints  # the day
    due: Ints
    on_time: Mask
    base: Floats  # the trailing rate of the day
    weight: Floats  # what the line counts beside the others of its order that are asked about on the day

    @classmethod
    def of(cls, book: Book, day: int) -> Past:
        """Return the lines of each of the days before ``day``."""
        return once(book, ("past", day), lambda: cls._of(book, day))

    @classmethod
    def _of(cls, book: Book, day: int) -> Past:
        # only lines whose due date lies near one of the days can be asked about: put in its order once, so that each day takes a part
        first = day - max(ORIGINS) - TRAILING
        near = np.flatnonzero((book.ordered >= 0) & (book.due > first) & (book.due <= day))
        near = near[np.argsort((book.due[near] - first).astype(np.int16), kind="stable")]
        lines = _Days.of(book, near)
        questions, rates = [], []
        for then in (day - back for back in reversed(ORIGINS)):
            began, today = np.searchsorted(lines.due, [then - TRAILING, then], side="right")
            rate = _Days.of(lines, slice(began, today)).rate(then)
            # whose due date has passed since, so that their fate is known; a line cancelled since has none
            rows = near[today:][_Days.of(lines, slice(today, None)).open_on(then)]
            rows = thinned(book, rows)
            if len(rows) and not np.isnan(rate):
                questions.append(Question(rows, then, book.due[rows]))
                rates.append(np.full(len(rows), rate))
        row = _joined([q.rows for q in questions], np.int64)
        origin = _joined([np.full(len(q.rows), q.day) for q in questions], np.int64)
        on_time = (book.delivered & (book.ended <= book.due))[row]
        _, place, n = np.unique(book.orders_of(row) * 10_000 + (day - origin), return_inverse=True, return_counts=True)
        weight = 1 / (1 + _TOGETHER * (n[place] - 1))
        return cls(questions, row, origin, book.due[row], on_time, _joined(rates, float), weight)

    def by(self, day: int) -> Mask | None:
        """Return the lines whose outcome was known on a day; None where they are too few to forecast by."""
        known: Mask = (self.origin < day) & (self.due <= day)
        return known if self.weight[known].sum() >= ENOUGH else None

    @property
    def known(self) -> Mask:
        """The lines that there was a forecast of: on their day enough was known."""
        enough = [day for day in np.unique(self.origin) if self.by(int(day)) is not None]
        return np.isin(self.origin, enough)

    def blend(self, chances: Floats, day: int) -> Blend | None:
        """Return the blend as it could be known on a day, from the lines fallen due by then; None where they are too few."""
        known = self.by(day)
        if known is None:
            return None
        return Blend.fitted(chances[:, known], self.on_time[known], self.weight[known], day - self.due[known])


@dataclass(frozen=True)
class BackTest:
    """What the forecast would have said of the lines of days gone by, and what became of them.

    Each forecast goes by the blend that could be known on its day, so it has not seen its own test. Days on which too little was known
    for one have no forecast, and are in none of the errors: what would have been shown then is the trailing rate.
    """

    past: Past
    chance: Floats  # missing where there was no forecast yet
    rate: float  # the trailing rate of today

    @cached_property
    def tested(self) -> Mask:
        """The lines that there was a forecast of."""
        out: Mask = ~np.isnan(self.chance)
        return out

    @property
    def brier(self) -> float:
        """Mean squared error of the forecast; missing where nothing could be tested."""
        return _error(self.chance, self.past.on_time, self.tested)

    @property
    def brier_base(self) -> float:
        """Mean squared error of the trailing rate on the same lines."""
        return _error(self.past.base, self.past.on_time, self.tested)

    @property
    def enough(self) -> bool:
        """Whether enough lines were tested for the error to mean something."""
        return bool(self.past.weight[self.tested].sum() >= ENOUGH)

    @property
    def speaks(self) -> bool:
        """Whether the forecast is what is shown, and not the trailing rate."""
        return self.enough and self.brier < self.brier_base

    @property
    def verdict(self) -> str:
        """Which of the two is shown, and why."""
        n = int(self.tested.sum())
        rate = f"the trailing on-time rate ({self.rate:.0%} of the lines due in the last {TRAILING} days)"
        if np.isnan(self.rate):
            rate = f"missing: no line was due in the last {TRAILING} days"
        if not self.enough:
            return f"Too little is known for a forecast: {n:,} lines could be tested. The chance is {rate}."
        errors = f"on {n:,} lines of days gone by (Brier score {self.brier:.3f}, {self.brier_base:.3f})"
        if not self.speaks:
            return f"The forecast was no better than the base rate, the trailing on-time rate, {errors}. The chance is {rate}."
        last = self.past.origin == self.past.origin[self.tested].max()
        said, came = float(self.chance[last].mean()), float(self.past.on_time[last].mean())
        day = np.datetime64(int(self.past.origin[last][0]), "D")
        return (
            f"The forecast was better than the base rate, the trailing on-time rate, {errors}. "
            f"On {day} it expected {said:.0%} of {int(last.sum()):,} lines in time, and {came:.0%} came (bias {said - came:+.2f})."
        )


def _joined(parts: Sequence[npt.NDArray[Any]], kind: type) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=kind), *parts])


def _error(chance: Floats, on_time: Mask, rows: Mask) -> float:
    return float(np.mean((chance[rows] - on_time[rows]) ** 2)) if rows.any() else float("nan")


@dataclass(frozen=True)
class Outlook:
    """The chances of some open lines: missing where nothing can be said."""

    test: BackTest
    on_time: Floats
    within: tuple[Floats, ...]  # each number of days asked for


def back_test(book: Book, day: int, past: Past) -> BackTest:
    """Return what would have been forecast on days gone by."""
    return _tested(book, day, past, _of_past(book, day, past))


def outlook(book: Book, asked: Ints, day: int, within: Sequence[int]) -> Outlook:
    """Return the chances of some open lines by their due date and within so many days."""
    past = Past.of(book, day)
    rows = asked[book.ordered[asked] >= 0]
    by = [book.due[rows], *(np.full(len(rows), day + days) for days in within)]
    before, now = _of_past_and_now(book, day, past, [Question(rows, day, until) for until in by])
    test = _tested(book, day, past, before)
    blend, of_age = past.blend(before, day), past.blend(before[OF_AGE], day)
    due = np.full(len(rows), test.rate)
    soon = [np.full(len(rows), np.nan) for _ in within]
    if blend is not None and of_age is not None and test.speaks:
        due, *soon = np.split(blend.of(now), len(by))
        undated = np.flatnonzero(book.due[rows] < 0)  # a line without a due date has no other clock than its age
        for chance, models in zip(soon, np.split(now[OF_AGE], len(by), axis=1)[1:], strict=True):
            chance[undated] = of_age.of(models[:, undated])
    due = np.where(book.due[rows] > day, due, np.where(book.due[rows] < 0, np.nan, 0.0))
    out = [np.full(len(asked), np.nan) for _ in by]
    for whole, chance in zip(out, (due, *soon), strict=True):
        whole[book.ordered[asked] >= 0] = chance
    return Outlook(test, out[0], tuple(out[1:]))


def _of_past(book: Book, day: int, past: Past) -> Floats:
    """Return the chances, by each model, of the lines of days gone by."""
    return _of_past_and_now(book, day, past, [])[0]


def _of_past_and_now(book: Book, day: int, past: Past, asked: Sequence[Question]) -> tuple[Floats, Floats]:
    """Return these, and those of the lines asked for: all lines are counted once for both, unless the past is known already."""
    made: list[Floats] = []

    def both() -> Floats:
        made.append(chances_by_model(book, [*past.questions, *asked]))
        return made[0][:, : len(past.row)]

    before = once(book, ("chances of the past", day), both)
    return before, made[0][:, len(past.row) :] if made else chances_by_model(book, asked)


def chances_by_model(book: Book, questions: Sequence[Question]) -> Floats:
    """Return the chance of each line of the questions, one question behind the other, by each model."""
    begins = np.cumsum([0, *(len(q.rows) for q in questions)])
    out = np.zeros((len(MODELS), begins[-1]))
    for question, model, places, chance in chances(book, questions, MODELS) if questions else ():
        out[model, begins[question] + places] = chance
    return out


def _tested(book: Book, day: int, past: Past, of_each: Floats) -> BackTest:
    chance = np.full(len(past.row), np.nan)
    for then in np.unique(past.origin):
        blend = past.blend(of_each, int(then))
        if blend is not None:
            now = past.origin == then
            chance[now] = blend.of(of_each[:, now])
    lately = np.flatnonzero((book.ordered >= 0) & (book.due > day - TRAILING) & (book.due <= day))
    return BackTest(past, chance, _Days.of(book, lately).rate(day))
