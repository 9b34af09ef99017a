"""How long each line took, or has been under way, and how its waiting ended: the one rule of all lead times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import one_of
from ..frames import AsOf, AsOfDays, days_of, encode, values
from ._calendars import Span, WorkCalendar
from ._day_counts import DayCounts, count_days, stacked
from ._day_tally import DayTally
from ._delivery import ENDS, STARTS, end_of, standing_on
from ._engines import lines_of
from ._groups import By, Groups, group_lines
from ._recorded import Unrecorded, tally_recorded
from ._rule import Columns, RuleResult, day_in, unreadable
from ._spread import spread_undated
from ._survival import CANCELLED, CENSORED, DELIVERED, UNDATED

#: How the waiting for a line ended, by code: the three ends that a survival curve knows - an open line is a censored one, its
#: wait has lasted so long *so far* -, a cancellation on a day that is not known, and the lines that are left out.
ENDINGS = ("delivered", "cancelled", "open", "cancelled", "excluded")
_EXCLUDED = ENDINGS.index("excluded")

#: The connection of a group in which several meet.
MANY = -2

#: With more of the lines cancelled on an unknown day a note says so: quantiles hang on where those are taken to lie.
_MANY_UNDATED = 0.05

_CALLED = {"order": "order date", "approval": "approval date", "creation": "creation date"}


@dataclass(frozen=True)
class Ages(DayTally):
    """How each line ended, as a position in `ENDINGS`, and after how many days."""

    unjudged: tuple[str, ...]  # what is not judged since it records no days, in words
    start: str  # where the waiting begins, as in `STARTS`
    n_undated: int  # lines cancelled on a day that is not known

    @property
    def outcome(self) -> npt.NDArray[np.int8]:
        """How each line ended."""
        return self.stands

    @property
    def ordered(self) -> npt.NDArray[np.datetime64]:
        """The days on which the waiting began."""
        return days_of(self.frame, STARTS[self.start])

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of lines without a day: of deliveries, and of cancellations where there are many."""
        n = self.tally.total(self.selection.kept)
        if not n or self.n_undated / n <= _MANY_UNDATED:
            return self.unjudged
        return (
            *self.unjudged,
            f"{self.n_undated:,} of {n:,} lines ({self.n_undated / n:.1%}) were cancelled on a day that is not known: they are spread "
            "over the days that they may have waited, and the figures are less certain than they look.",
        )

    def day_counts_by(self, codes: npt.NDArray[np.intp], n_groups: int) -> DayCounts:
        """Return the lines that count by group, days and ending; undated cancellations are spread over the days waited.

        When they may have been is learnt from all lines of their connection.
        """
        if not self.n_undated:
            return super().day_counts_by(codes, n_groups)
        kept = self.selection.kept
        table = count_days(
            codes, self.days, self.stands, n_groups=n_groups, n_kinds=UNDATED + 1, rows=kept, n=self.tally.n
        )
        names = encode(values(self.frame, "connection", "string"), sort=False).codes.astype(np.int64)
        return spread_cancellations(table, one_of_each(codes[kept], names[kept], n_groups))

    def by(self, by: By) -> tuple[Groups, DayCounts]:
        """Return the groups of all lines, and the lines that count by group, days and ending."""
        groups = group_lines(self.frame, by, n=self.tally.n)
        return groups, self.day_counts(groups)


def one_of_each(
    codes: npt.NDArray[np.integer[Any]], names: npt.NDArray[np.int64], n_groups: int
) -> npt.NDArray[np.int64]:
    """Return the connection of each group's lines, by its number; `MANY` where several meet in a group."""
    of_group = np.full(n_groups, np.iinfo(np.int64).min)
    np.maximum.at(of_group, codes, names)
    of_group[codes[of_group[codes] != names]] = MANY
    return of_group


def spread_cancellations(table: DayCounts, connection: npt.NDArray[np.int64]) -> DayCounts:
    """Return lines by group, days and ending with the undated cancellations shared out, as each connection's own lines teach.

    Where connections meet in a group all of them are learnt from together.
    """
    if (connection == MANY).any():
        return spread_undated(table)
    return stacked([spread_undated(table.of(connection == name)) for name in np.unique(connection[table.group])])


def ages(
    lines: Any,
    *,
    as_of: AsOf | None,
    by: By = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> Ages:
    """Return how each line stands and for how many days it took or has been under way.

    Lines in an engine are counted there by the columns of ``by``; those of a pandas frame stay lines.
    """
    one_of("start", start, STARTS)
    one_of("end", end, ENDS)
    source = lines_of(lines)
    day = source.as_of(as_of)
    span = Span(calendar)
    rule = partial(ageing, as_of=day, start=start, end=end, span=span)
    # an engine keeps the connections apart, since each teaches by itself when lines were cancelled whose day is not known
    also = ("connection",) if source.has("connection") else ()
    tally, unrecorded = tally_recorded(source, rule, day, end, by=by, also=also, at_once=span.working)
    # a line cancelled before the date of its order, which happens where dates are typed in, was not waited for at all
    days = np.maximum(tally.marks["days"], 0)
    outcome = np.where(tally.selection.kept, tally.marks["outcome"], np.int8(_EXCLUDED)).astype(np.int8)
    undated = outcome == UNDATED
    n_undated = tally.total(undated) if undated.any() else 0
    return Ages(tally, day, days, outcome, span.name, unrecorded.notes, start, n_undated)


def ageing(c: Columns, *, as_of: AsOfDays, start: str, end: str, span: Span, unrecorded: Unrecorded) -> RuleResult:
    """Return the one rule of all lead times: what is left out, how each line ended, and after how many days."""
    until = day_in(c, as_of)
    stands = standing_on(c, until, end)
    is_cancelled = stands.gone.deleted | stands.gone.cancelled
    ordered, arrived, cancelled = c.day(STARTS[start]), end_of(c, end), stands.gone.on
    left_out = [
        stands.gone.reasons[0],
        *((rows, reason) for reason, rows in stands.unjudged.items()),
        *unrecorded.left_out(c),
        *_cancelled_when(c, is_cancelled & (arrived <= until)),
        *unreadable(c, {STARTS[start]: _CALLED[start]}),
        (c.missing(ordered), "no order date" if start == "order" else f"no date of {start}"),
        (stands.delivered & (arrived < ordered), "delivered before ordered"),
        (ordered > until, f"{_CALLED[start]} after as-of"),
    ]
    # the wait of a line cancelled on an unknown day can't have lasted longer than to as-of
    undated = c.missing(cancelled)
    for rows, _ in _cancelled_when(c, is_cancelled):
        undated = undated | rows
    ended = c.pick(is_cancelled & ~undated, cancelled, until)
    ended = c.pick(stands.delivered, arrived, ended)
    outcome = c.pick(is_cancelled, c.pick(undated, UNDATED, CANCELLED), CENSORED)
    outcome = c.pick(stands.delivered, DELIVERED, outcome)
    return RuleResult(left_out, {"days": span.days(c, ordered, ended, left_out), "outcome": outcome})


def _cancelled_when(c: Columns, rows: Any) -> list[tuple[Any, str]]:
    """Return which of some cancelled lines have a day of cancellation or deletion that could not be read.

    Where such a line is there as well, whether it was delivered first nobody knows. Otherwise it is one cancelled on an unknown day,
    also where the last update stands in for that day.
    """
    called = {"cancelled_date": "cancellation date", "deleted_at": "deletion date"}
    return [(rows & doubtful, why) for doubtful, why in unreadable(c, called)]
