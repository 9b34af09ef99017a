"""How a line is judged against its due date: the one rule of this room, for single lines and for counts of them.

The days and the standing of a line don't depend on any tolerance; the outcome does. So lines are counted by standing and days once,
and `outcome_of` reads the outcomes off the lines or off the counts alike, under any tolerance: "came, 2 days after the due date" is
late, and on time where ``late_days=3``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    DOUBTFUL_DUE,
    MANY_EXACT,
    By,
    Clustering,
    Columns,
    DayTally,
    FigureResult,
    Lines,
    RuleResult,
    Selection,
    Span,
    Unrecorded,
    WorkCalendar,
    day_in,
    lines_of,
    standing_on,
    tally_recorded,
    unreadable,
)
from ..errors import ConfigError
from ..frames import AsOf, AsOfDays, Mask, days_of

OUTCOMES = ("early", "on_time", "late", "overdue_open", "not_due", "excluded")
EARLY, ON_TIME, LATE, OVERDUE_OPEN, NOT_DUE, EXCLUDED = range(6)

#: How a line stands to its due date, before any tolerance: it came, and its due date has passed; it came ahead of a due date that
#: is still to come; it is open; it can't be judged.
CAME, AHEAD, OPEN, UNJUDGED = range(4)

_NO_DUE_DATE = "no due date"
_ALL_RECORDED = Unrecorded()
DUE_DATES = {"required": "required_date", "promised": "promised_date"}
Ints = npt.NDArray[np.integer[Any]]
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Tolerance:
    """Which deliveries are on time: up to ``late_days`` after the due date, and not earlier than ``early_days`` before it."""

    late_days: float = 0
    early_days: float | None = None  # None: however early, it is on time

    def __post_init__(self) -> None:
        for name, days in (("late_days", self.late_days), ("early_days", self.early_days)):
            if days is None and name == "early_days":
                continue
            number = isinstance(days, (int, float, np.number)) and not isinstance(days, bool)
            if not (number and days is not None and 0 <= days < np.inf):
                raise ConfigError(f"{name}={days!r}: pass a number of days, 0 or more")


def share_of(name: str, share: float) -> float:
    """Return a share of the quantity that may be lacking, or too much, or raise `ConfigError`."""
    number = isinstance(share, (int, float, np.number)) and not isinstance(share, bool)
    if not (number and 0 <= share < (1 if name == "under_share" else np.inf)):
        limit = "0 up to, and not including, 1" if name == "under_share" else "0 or more"
        raise ConfigError(f"{name}={share!r}: pass a share of the ordered quantity, {limit}")
    return share


@dataclass(frozen=True)
class DueTally(DayTally):
    """Each line's standing, and its days after the due date: at the delivery, or for an open line at the as-of day."""

    due_column: str
    hint: tuple[
        str, ...
    ] = ()  # what is not judged for want of delivery days; that the other due date is there on more lines

    def with_provenance(self, result: pd.DataFrame, *, notes: tuple[str, ...] = (), **parameters: Any) -> FigureResult:
        """Return a figure of these lines; ``parameters`` are those that differ from its arguments."""
        return super().with_provenance(result, notes=(*self.hint, *notes), **parameters)

    @property
    def standing(self) -> npt.NDArray[np.int8]:
        """How each line stands to its due date, as one of the codes above."""
        return self.stands

    @property
    def due(self) -> Days:
        """The due dates."""
        return days_of(self.frame, self.due_column)

    @property
    def delivered(self) -> Days:
        """The dates of the deliveries."""
        return days_of(self.frame, "delivered_date")


def judge(
    lines: Any,
    *,
    as_of: AsOf | None,
    due: str,
    by: By = None,
    calendar: WorkCalendar = None,
    under_share: float = 0,
    over_share: float | None = None,
    cluster: str | None = None,
    tolerance: Tolerance | None = None,
) -> DueTally:
    """Return how each line stands to its due date on a day, and the book of the lines that can't be judged.

    With ``over_share`` it is asked whether lines came in full, too: a line closed short can be judged then, and the mark
    ``not_full`` tells of it, and of those of which more came than that share allows.

    Lines in an engine are counted there by the columns of ``by``, and with ``cluster`` also those that are due and on time, by the
    ``tolerance``; those of a pandas frame stay lines.
    """
    if due not in DUE_DATES:
        raise ConfigError(f"due={due!r}: pass 'required' (required_date) or 'promised' (promised_date)")
    share_of("under_share", under_share)
    share_of("over_share", over_share or 0)
    source = lines_of(lines)
    day = source.as_of(as_of)
    span = Span(calendar, rolled=True)
    clustering = None
    if cluster is not None and tolerance is not None:

        def counted(marks: Mapping[str, Any]) -> tuple[Any, Any]:
            return due_and_on_time(marks["standing"], marks["days"], tolerance)

        clustering = Clustering(cluster, counted)
    rule = partial(judging, as_of=day, due=due, span=span, under_share=under_share, over_share=over_share)
    tally, unrecorded = tally_recorded(source, rule, day, by=by, clustering=clustering, at_once=span.working)
    standing = np.where(tally.selection.kept, tally.marks["standing"], np.int8(UNJUDGED)).astype(np.int8)
    hint = (*fuller_due_date(source, tally.selection, day, due), *unrecorded.notes)
    return DueTally(tally, day, tally.marks["days"], standing, span.name, DUE_DATES[due], hint)


def fuller_due_date(source: Lines, selection: Selection, as_of: AsOfDays, due: str) -> tuple[str, ...]:
    """Return that the other due date is there on more of the lines, where most of them lack the one that was chosen."""
    there = selection.n_lines("")
    lacking = selection.n_lines(_NO_DUE_DATE)
    other = next(d for d in DUE_DATES if d != due)
    if lacking <= there or not source.has(DUE_DATES[other]):
        return ()
    # judged a second time, by the other date; only where the first one is of little use
    again = source.tally(partial(judging, as_of=as_of, due=other, span=Span(None)), by=None)
    n = again.selection.n_lines("")
    if n <= there:
        return ()
    lack = f"{lacking:,} of {there + lacking:,} lines have no {due} date"
    if not there:  # others may have one, and be left out for another reason
        whole = lacking == sum(entry["n_lines"] for entry in selection.book())
        lack = f"No line has a {due} date" if whole else f"None of the {lacking:,} lines that count has a {due} date"
    return (f"{lack}: due='{other}' has dates on {n:,} line{'s' if n > 1 else ''}.",)


def judging(
    c: Columns,
    *,
    as_of: AsOfDays,
    due: str,
    span: Span,
    under_share: float = 0,
    over_share: float | None = None,
    unrecorded: Unrecorded = _ALL_RECORDED,
) -> RuleResult:
    """Return the one rule of this room: what can't be judged, how each line stands, and its days after the due date."""
    until = day_in(c, as_of)
    stands = standing_on(c, until, under_share=under_share)
    due_day, arrived = c.day(DUE_DATES[due]), c.day("delivered_date")
    unjudged, ended, marks = dict(stands.unjudged), stands.delivered, {}
    if over_share is not None:
        short = unjudged.pop("closed short")
        too_much = c.number("received_quantity") > c.number("quantity") * (1 + over_share) + 1e-9
        ended, marks = ended | short, {"not_full": c.pick(short | too_much, 1, 0)}
    left_out = [
        *stands.gone.reasons,
        *((rows, reason) for reason, rows in unjudged.items()),
        *unrecorded.left_out(c),
        *due_unreadable(c, due),
        (c.missing(due_day), _NO_DUE_DATE),
    ]
    days = span.days(c, due_day, c.pick(stands.delivered, arrived, until), left_out)
    how = c.pick(ended, c.pick(due_day <= until, CAME, AHEAD), OPEN)
    return RuleResult(
        left_out,
        {"days": days, "standing": how, **marks},
        # counted here, while the dates are at hand: an engine can't be asked for them again
        {"due_at_order": c.pick(c.day("order_date") == due_day, 1, 0)} if c.has("order_date") else {},
    )


def due_unreadable(c: Columns, due: str) -> list[tuple[Any, str]]:
    """Return where the due date was given and could not be read."""
    return unreadable(c, {DUE_DATES[due]: "due date"})


#: The outcome by standing (a row each) and by whether the days are before, within or after the tolerance. An open line before or
#: within it is not due yet, as is everything that came ahead of its due date.
_OUTCOME = np.array(
    [
        [EARLY, ON_TIME, LATE],  # CAME
        [NOT_DUE, NOT_DUE, NOT_DUE],  # AHEAD
        [NOT_DUE, NOT_DUE, OVERDUE_OPEN],  # OPEN
        [EXCLUDED, EXCLUDED, EXCLUDED],  # UNJUDGED
    ],
    dtype=np.int8,
)


def outcome_of(how: int | Ints, days: Ints, tolerance: Tolerance) -> npt.NDArray[np.int8]:
    """Return the outcome (position in `OUTCOMES`) of each standing and number of days after the due date."""
    # without early_days the limit is the due date itself: such lines are called early, and count as on time later on
    late, early = days > tolerance.late_days, days < -(tolerance.early_days or 0)
    # `take` reads the table as one row of twelve: three places for each standing, its middle one for "within"
    return _OUTCOME.take(how * 3 + 1 + late.astype(np.int8) - early.astype(np.int8))


def due_and_on_time(how: Any, days: Any, tolerance: Tolerance) -> tuple[Any, Any]:
    """Return which lines are due, and which of them are on time, from the same table; of arrays and of an engine's columns alike."""
    late, early = days > tolerance.late_days, days < -(tolerance.early_days or 0)
    good = (ON_TIME,) if tolerance.early_days is not None else (ON_TIME, EARLY)

    def having(outcomes: Collection[int]) -> Any:
        out = how != how
        for standing, each in enumerate(_OUTCOME.tolist()):
            asked = [
                rows for rows, outcome in zip((early, ~(early | late), late), each, strict=True) if outcome in outcomes
            ]
            if len(asked) == 3:  # whatever the days: an engine need not look at them
                out = out | (how == standing)
            elif asked:
                out = out | ((how == standing) & reduce(or_, asked))
        return out

    return having({EARLY, ON_TIME, LATE, OVERDUE_OPEN}), having(good)


def suspicions(got: DueTally, outcome: npt.NDArray[np.integer[Any]]) -> tuple[str, ...]:
    """Return what makes the due dates doubtful: copied from the delivery, or from the order. Nothing below 20 due lines.

    An ERP that fills in the due date when the goods arrive makes every line on time, to the day. Real deliveries scatter.
    """
    due = (outcome != NOT_DUE) & (outcome != EXCLUDED)
    exact = due & (got.standing == CAME) & (got.days == 0)
    return doubts(got, due, n_due=got.tally.total(due), n_exact=got.tally.total(exact))


def of_copied(n: int) -> tuple[str, ...]:
    """Return that the due dates of so many groups may be copies, since each line came to the day."""
    what = "Of 1 group" if n == 1 else f"Of {n:,} groups"
    why = f"all of {MANY_EXACT} due lines or more came exactly on their due date, which may be filled in from the delivery"
    return (f"{what} {why}.",) * (n > 0)


def doubts(got: DueTally, due: Mask, *, n_due: int, n_exact: int) -> tuple[str, ...]:
    """Return the same from counts of the due lines and of those delivered exactly on their due date."""
    if n_due < MANY_EXACT:
        return ()
    found = []
    if n_exact / n_due > 0.95:
        found.append("delivered exactly on their due date: the due date may be filled in from the delivery")
    if "due_at_order" in got.tally.sums and (got.tally.sums["due_at_order"] * due).sum(dtype=np.int64) / n_due > 0.95:
        found.append("due on the day of their order: the due date may be filled in by default")
    return tuple(f"{DOUBTFUL_DUE}: more than 95 % of the {n_due:,} due lines are {doubt}." for doubt in found)
