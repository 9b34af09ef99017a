"""Daily hazards of groups of lines, each drawn towards the group above, on the few days that a question is about.

The hazard of a day is the share of the lines still open that are delivered on it; what happened counts the less the longer ago it was.
A table of all groups and all days would be large and mostly empty. A `Question` is about lines and the days from now to a date of
each, so every group has a *window* of days, and the windows lie one behind the other in one flat table. Of two vendors, about days 5
to 7 of the first and 2 to 3 of the second::

    cell    0  1  2   3      4     |  5  6   7      8
    day     5  6  7  (8)  (later)  |  2  3  (4)  (later)
    open   40 35 30                |  9  8
    came    5  5  6                |  1  2

``h(6) = 5 / 35`` for the first (in the tables a line is counted on the day after it came, on which it is gone). A line of a clock that
started s days before the day looked from counts ``2^(-s / half-life)`` in all cells, and the factor that makes this the age of the cell
itself, ``2^(day of the cell / half-life)``, is common to those open and those who came. Days before a window are counted in its first
cell, since who is open then was open before; the two cells behind a window hold who leaves after it.

What is known on a later day is what was known before, worth less by then, and the lines that came since: each line is counted once,
however many days are looked from; only the lines still open on a day are counted for that day anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: Days before and after the start of a clock that are kept apart; a line that is older is taken to be that old.
_EARLIEST, _LATEST = -400, 1000
#: A line whose clock started so many days ago counts no more.
_FORGOTTEN = 7000
#: Cells of a flat table, 8 MB for each count. Where the windows need more, the questions are taken some groups at a time.
_CELLS = 1_000_000
#: How many lines of the group above are added to those of a group.
STRENGTH = 8.0


class Model(NamedTuple):
    """From when the days of a line are counted, and after how many days what happened counts half."""

    clock: str  # "age" since the order, or days relative to the "due date"
    half_life: float


@dataclass(frozen=True)
class Book:
    """What is known of each line, in whole days since 1970: ordered, due, ended, and how; -1 where a day is not known."""

    ordered: Ints
    due: Ints
    ended: Ints  # delivered or cancelled; of an open line it means nothing
    delivered: Mask
    cancelled: Mask
    #: Codes by level: all lines (0), their category, their vendor within it. Each group lies within one of the level above.
    groups: tuple[Ints, ...]
    orders_of: Callable[[Ints], Ints]  # an order code for each of some lines


@dataclass(frozen=True)
class Question:
    """Lines that are open on a day, and for each a day by which it may have come."""

    rows: Ints
    day: int
    by: Ints


class _Step(NamedTuple):
    """The lines that were ordered, and that ended, since the day before, and those that are open on the day."""

    day: int
    new: Ints
    gone: Ints
    still: Ints


def chances(
    book: Book, questions: Sequence[Question], models: Sequence[Model]
) -> Iterator[tuple[int, int, Ints, Floats]]:
    """Yield the chances by each model of the lines asked for, as known on their day: question, model, places in it, chances.

    A line whose place never comes has no chance left: its day has passed, or its clock has no start.
    """
    steps = list(_steps(book, sorted({q.day for q in questions})))
    parents = [_parents(*pair) for pair in zip(book.groups, book.groups[1:], strict=False)]
    for clock in dict.fromkeys(m.clock for m in models):
        start = book.ordered if clock == "age" else book.due
        spans = [_span(q, start) for q in questions]
        for part in _parts(spans, [book.groups[-1][q.rows] for q in questions]):
            yield from _of_clock(book, start, steps, parents, questions, spans, part, clock, models)


def _of_clock(
    book: Book,
    start: Ints,
    steps: Sequence[_Step],
    parents: Sequence[Ints],
    questions: Sequence[Question],
    spans: Sequence[tuple[Ints, Ints]],
    part: Sequence[Ints],
    clock: str,
    models: Sequence[Model],
) -> Iterator[tuple[int, int, Ints, Floats]]:
    """Yield the chances of a part of the questions on one clock.

    ``parents`` gives for each level but the first the group above each group; ``spans`` the days (after, until] of each line of
    each question on the clock; ``part`` the places of the lines, in each question, that this call is about.
    """
    group = [book.groups[-1][q.rows[p]] for q, p in zip(questions, part, strict=True)]
    spans = [(after[p], until[p]) for (after, until), p in zip(spans, part, strict=True)]
    after, until = (np.concatenate(x) for x in zip(*spans, strict=True))
    windows = Windows.stacked(parents, np.concatenate(group), after + 1, until, _n_groups(book.groups[-1]))
    above = [w.cells_above(up, to) for up, w, to in zip(windows, windows[1:], parents, strict=False)]
    counted = {n: [_Counts.of(w, m.half_life) for w in windows] for n, m in enumerate(models) if m.clock == clock}
    worth = {m.half_life: _worth(m.half_life) for m in models}
    # a line without a due date, or due beyond all days that are kept apart, tells nothing on the clock of due dates
    started = np.where((start >= 0) & (start - book.ordered <= -_EARLIEST), start, -_FORGOTTEN)
    for day, new, gone, still in steps:
        enters = np.clip(book.ordered[new] - start[new], _EARLIEST, _LATEST)
        last = np.clip(book.ended[gone] - start[gone], _EARLIEST, _LATEST)
        came = np.flatnonzero(book.delivered[gone] & (last < _LATEST))
        waits = np.clip(day - start[still], _EARLIEST, _LATEST)
        # A line is at risk from the day of the order to the day of its end, both included, so it leaves on the day after: one ordered on
        # day 0 and delivered on day 3 adds 1 at day 0 and takes 1 at day 4. The running sum of these is the number of open lines on each day.
        cells = [
            (
                # by age all lines enter on day 0, before any window
                w.low[code[new]] if clock == "age" else w.cells(code[new], enters),
                w.cells(code[gone], last + 1),
                w.cells(code[still], waits + 1),
            )
            for w, code in zip(windows, book.groups, strict=True)
        ]
        ago = [np.minimum(day - started[rows], _FORGOTTEN) - _EARLIEST for rows in (new, gone, still)]
        asking = [i for i, q in enumerate(questions) if q.day == day and len(part[i])]
        places = [_Segments(windows[-1], group[i], *spans[i]) for i in asking]
        for number, levels in counted.items():
            half_life = models[number].half_life
            # what happened is worth less from day to day; all is counted as it was worth on the first of them, and so once
            fade = 2.0 ** ((steps[0].day - day) / half_life)
            counts = [worth[half_life].take(rows) / fade for rows in ago]
            at_risk = [c.step(at, counts, came) for c, at in zip(levels, cells, strict=True)]
            if asking:
                log_open = _log_open(levels, at_risk, above, fade)
                for i, segments in zip(asking, places, strict=True):
                    yield i, number, part[i], np.abs(np.expm1(np.minimum(segments.sums(log_open), 0.0)))


def _worth(half_life: float) -> Floats:
    """Return what a line counts whose clock started so many days ago, from `_EARLIEST` to `_FORGOTTEN`."""
    out = np.exp2(np.arange(_EARLIEST, _FORGOTTEN + 1) / -half_life)
    out[-1] = 0.0
    return out


@dataclass(frozen=True)
class _Counts:
    """The lines of one level by cell, each as what it is worth: how their number changes, and how many came."""

    change: Floats
    came: Floats
    borrowed: Floats  # `STRENGTH` lines, as what a line of the cell is worth

    @classmethod
    def of(cls, windows: Windows, half_life: float) -> _Counts:
        """Return an empty table."""
        return cls(np.zeros(windows.size), np.zeros(windows.size), STRENGTH * np.exp2(windows.days() / -half_life))

    def step(self, cells: Sequence[Ints], worth: Sequence[Floats], came: Ints) -> Floats:
        """Add the lines that are new, and those gone; return the number at risk, which those still open leave at the end.

        ``came`` are the places of the delivered ones among those gone.
        """
        new, gone, still = zip(cells, worth, strict=True)
        _add(self.change, *new)
        _add(self.change, gone[0], -gone[1])
        _add(self.came, gone[0][came], gone[1][came])
        leaving = -self.change
        _add(leaving, *still)
        # Each line that enters a window leaves it in its last cell at the latest, so the sum is 0 again where the next window begins, and
        # one running sum serves all of them. It runs from the end: there are those that started long ago, which count little, and little
        # would be lost in the rounding of much.
        at_risk = np.zeros(len(leaving))
        np.cumsum(leaving[:0:-1], out=at_risk[-2::-1])
        return np.maximum(at_risk, 0.0, out=at_risk)


def _add(table: Floats, cells: Ints, worth: Floats) -> None:
    """Add what some lines are worth to their cells: one by one where they are few, without passing over the table."""
    if len(cells) < len(table) // 4:
        np.add.at(table, cells, worth)
    else:
        table += np.bincount(cells, weights=worth, minlength=len(table))


def _log_open(levels: Sequence[_Counts], at_risk: Sequence[Floats], above: Sequence[Ints], fade: float) -> Floats:
    """Return the logarithm of the chance to stay open over each day of the lowest level's windows.

    Logarithms, because staying open over several days is a product of days, and sums over stretches of a table are cheap.
    """
    hazard: Floats = np.zeros(0)
    for level, (counts, open_lines) in enumerate(zip(levels, at_risk, strict=True)):
        # as if `STRENGTH` lines more had been open, and been delivered at the pace of the group above: a vendor of 2 open lines
        # is judged by its category, and one of 800 by its own record
        more = counts.borrowed * (1 / fade)
        delivered = more * hazard[above[level - 1]] if level else np.zeros(len(more))
        # who leaves on the next day came on this one
        delivered[:-1] += counts.came[1:]
        if level:
            more += open_lines
            hazard = np.divide(delivered, more, out=delivered)
        else:
            hazard = np.divide(delivered, open_lines, out=np.zeros(len(delivered)), where=open_lines > 1e-10 * more)
    np.minimum(hazard, 1 - 1e-9, out=hazard)
    np.negative(hazard, out=hazard)
    return np.log1p(hazard, out=hazard)


@dataclass(frozen=True)
class Windows:
    """The days of each group that are asked about, one group behind the other in a flat table.

    Each has two cells more: the day after its last one, on which those who came on the last day leave, and all later days.
    What is before a window is counted on its first day.
    """

    zero: Ints  # cell of day 0, were it in the window
    low: Ints  # first cell
    high: Ints  # last cell, of the later days
    size: int

    @classmethod
    def of(cls, first: Ints, last: Ints) -> Windows:
        """Return the windows from the first to the last day of each group; none where the last is before the first."""
        width = np.maximum(last - first + 1, 0) + 2
        high = np.cumsum(width) - 1
        low = high - width + 1
        return cls(low - np.where(width > 2, first, 0), low, high, int(width.sum()))

    @classmethod
    def stacked(cls, parents: Sequence[Ints], group: Ints, first: Ints, last: Ints, n: int) -> list[Windows]:
        """Return the windows of the groups of each level, those above spanning those below; given are the lowest ones' days."""
        lowest, highest = _bounds(group, first, last, n)
        out = [cls.of(lowest, highest)]
        for parent in reversed(parents):
            lowest, highest = _bounds(parent, lowest, highest, _n_groups(parent))
            out.insert(0, cls.of(lowest, highest))
        return out

    def cells(self, group: Ints, day: Ints) -> Ints:
        """Return the cell of each group and day."""
        out = self.zero[group] + day
        if len(self.low) == 1:
            np.clip(out, self.low[0], self.high[0], out=out)
        else:
            np.maximum(out, self.low[group], out=out)
            np.minimum(out, self.high[group], out=out)
        return out

    def days(self) -> Ints:
        """Return the day of each cell."""
        return np.arange(self.size) - np.repeat(self.zero, self.high - self.low + 1)

    def cells_above(self, up: Windows, parent: Ints) -> Ints:
        """Return for each cell the one of the same day in the group above."""
        group = np.repeat(np.arange(len(self.low)), self.high - self.low + 1)
        return up.cells(parent[group], self.days())


def _bounds(group: Ints, first: Ints, last: Ints, n: int) -> tuple[Ints, Ints]:
    """Return the first and the last day of each group; of one that nothing is asked about, the first is after the last."""
    lowest, highest = np.full(n, 2**31, dtype=np.int64), np.full(n, -(2**31), dtype=np.int64)
    np.minimum.at(lowest, group, first)
    np.maximum.at(highest, group, last)
    return lowest, highest


class _Segments:
    """The days after now, up to a day, of each line asked for, as stretches of the flat table."""

    def __init__(self, windows: Windows, group: Ints, after: Ints, until: Ints) -> None:
        edges = np.column_stack([windows.cells(group, after + 1), windows.cells(group, until + 1)])
        # reduceat also sums what lies between two stretches; in order of their starts the table is passed over about once
        self.order = np.argsort(edges[:, 0], kind="stable")
        self.edges = edges[self.order].ravel()

    def sums(self, what: Floats) -> Floats:
        """Return the sum over each stretch: of its own days alone, so that rounding does not add up over the table."""
        out = np.empty(len(self.order))
        out[self.order] = np.add.reduceat(what, self.edges)[::2]
        return out


def _span(question: Question, start: Ints) -> tuple[Ints, Ints]:
    """Return the days on the clock between which each line asked for may come: after the first, up to the second."""
    zero = start[question.rows]
    # one day before the first one that is kept apart, so that the first one itself is still to come
    after, until = (np.clip(d - zero, _EARLIEST - 1, _LATEST) for d in (np.int64(question.day), question.by))
    return after, until


def _parts(spans: Sequence[tuple[Ints, Ints]], groups: Sequence[Ints]) -> Iterator[list[Ints]]:
    """Yield the places, in each question, of lines with days to come, for as many groups at a time as a table may hold."""
    some = [np.flatnonzero(until > after) for after, until in spans]
    group = np.concatenate([g[p] for g, p in zip(groups, some, strict=True)])
    if not len(group):
        return
    first, last = (np.concatenate([x[k][p] for x, p in zip(spans, some, strict=True)]) for k in (0, 1))
    n = int(group.max()) + 1
    whole = Windows.stacked([], group, first + 1, last, n)[0]
    part = whole.high // _CELLS
    if part[-1] == 0:
        yield some
        return
    for p in np.flatnonzero(np.bincount(part[group])):
        yield [s[part[g[s]] == p] for s, g in zip(some, groups, strict=True)]


def _steps(book: Book, days: Sequence[int]) -> Iterator[_Step]:
    """Yield what is new on each of some days, in their order, among the lines whose order date is known."""
    rows = np.flatnonzero(book.ordered >= 0)
    ended = np.where(book.delivered | book.cancelled, book.ended, np.iinfo(np.int64).max)[rows]
    # the number of the first of the days on which a line is there, and on which it is gone: a byte or two are sorted in no time
    there, gone = (np.searchsorted(days, x).astype(np.int16) for x in (book.ordered[rows], ended))
    by_start, by_end = (np.argsort(x, kind="stable") for x in (there, gone))
    starts, ends = (np.searchsorted(x[by], np.arange(len(days) + 1)) for x, by in ((there, by_start), (gone, by_end)))
    still: Ints = np.zeros(0, dtype=np.int64)
    for i, day in enumerate(days):
        new, left = by_start[starts[i] : starts[i + 1]], by_end[ends[i] : ends[i + 1]]
        still = np.concatenate([still, new])
        still = still[gone[still] > i]
        yield _Step(day, rows[new], rows[left], rows[still])


def _parents(above: Ints, below: Ints) -> Ints:
    """Return the group above each group."""
    out = np.zeros(_n_groups(below), dtype=np.int64)
    out[below] = above
    return out


def _n_groups(codes: Ints) -> int:
    return int(codes.max()) + 1 if len(codes) else 1
