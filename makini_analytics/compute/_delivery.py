"""How each line stands on a day - delivered, open, cancelled, or not to be judged - and how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import one_of
from ..frames import AsOf, day_number, days_of
from ._calendars import Span, WorkCalendar
from ._day_counts import DayCounts, count_days
from ._day_tally import DayTally
from ._engines import lines_of
from ._groups import By, Groups, group_lines
from ._pandas_engine import PandasColumns
from ._rule import Columns, RuleResult, unreadable
from ._spread import spread_undated
from ._survival import CANCELLED, CENSORED, DELIVERED, UNDATED

#: How the waiting for a line ended, by code: the three ends that a survival curve knows - an open line is a censored one, its
#: wait has lasted so long *so far* -, a cancellation on a day that is not known, and the lines that are left out.
ENDINGS = ("delivered", "cancelled", "open", "cancelled", "excluded")
_EXCLUDED = ENDINGS.index("excluded")

#: With more of the lines cancelled on an unknown day a note says so: quantiles hang on where those are taken to lie.
_MANY_UNDATED = 0.05

#: Where a lead time begins: the order date, its approval, or its creation in the source system.
STARTS = {"order": "order_date", "approval": "approved_date", "creation": "created_at"}
_CALLED = {"order": "order date", "approval": "approval date", "creation": "creation date"}
#: Where it ends: when all of the quantity is there; at the first receipt (the delivery where receipts are not known); or on the
#: order's own date of completion, the same for all of its lines. Beside it the column that must be there.
ENDS = {"complete": "delivered_date", "first_receipt": "delivered_date", "header": "completed_date"}


@dataclass(frozen=True)
class Standing:
    """One boolean per line; a line is exactly one of delivered, open, cancelled, or in ``unjudged``."""

    delivered: Any  # a delivered date on or before the day, and all of the quantity where that is known
    open: Any  # still to come, by all that the data show
    cancelled: Any  # cancelled or deleted by that day
    unjudged: dict[str, Any]  # reason -> lines that can't be judged, disjoint


def end_of(c: Columns, end: str) -> Any:
    """Return the day that counts as each line's delivery."""
    one_of("end", end, ENDS)
    if end == "header":
        return c.day("completed_date")
    complete = c.day("delivered_date")
    if end == "complete" or not c.has("first_receipt_date"):
        return complete
    first = c.day("first_receipt_date")
    return c.pick(c.missing(first), complete, first)


def standing(lines: pd.DataFrame, as_of: pd.Timestamp, *, end: str = "complete") -> Standing:
    """Return how each line of a pandas frame stands on the day ``as_of``."""
    return standing_on(PandasColumns(lines), day_number(as_of), end)


def standing_on(c: Columns, day: int, end: str = "complete") -> Standing:
    """Return how each line stands on a day, by what counts as the delivery (`ENDS`).

    A delivered date after the day is not yet a delivery, and a received quantity smaller than the ordered one is not
    yet the delivery. A line that its source calls received or closed without a date that proves the delivery is neither
    delivered nor open: it can't be judged, and is counted apart.
    """
    quantity, arrived = c.number("quantity"), end_of(c, end)
    # deleted, cancelled and draft lines may carry delivery dates, too: each line is taken for the first thing that it is
    cancelled = c.is_in("state", "cancelled") | c.known("deleted_at")
    if c.may_be_unreadable("deleted_at"):  # a mark whose day can't be read still marks the line
        cancelled = cancelled | c.unreadable("deleted_at")
    draft = c.is_in("state", "draft") & ~cancelled
    returned = (quantity < 0) & ~cancelled & ~draft
    judged = ~(cancelled | draft | returned)
    delivered = judged & (arrived <= day)
    if end == "complete":
        # "not less" and not "at least": where a quantity is missing the comparison is False, and the date alone decides
        delivered = delivered & ~(c.number("received_quantity") < quantity - 1e-9)
    # a line that was closed later than the day was still open on it
    closed = judged & ~delivered & c.is_in("state", "received", "closed_short") & ~(arrived > day)
    short = closed & c.is_in("state", "closed_short")
    unjudged = {"draft": draft, "return": returned, "closed short": short}
    unknown, still_open = closed & ~short, judged & ~delivered & ~closed
    # a date or quantity that could not be read is not one that is missing: whether such a line has come nobody knows
    for doubtful, reason in _doubts(c, end):
        unjudged[reason] = doubtful & (delivered | still_open | unknown)
        delivered, still_open, unknown = (rows & ~doubtful for rows in (delivered, still_open, unknown))
    return Standing(delivered, still_open, cancelled, unjudged | {"received, delivery date unknown": unknown})


def _doubts(c: Columns, end: str) -> list[tuple[Any, str]]:
    """Return where what decides whether a line has come could not be read, by what counts as the delivery."""
    if end == "complete":
        names = {"delivered_date": "delivery date", "quantity": "quantity", "received_quantity": "received quantity"}
        return unreadable(c, names)
    quantity = unreadable(
        c, {"quantity": "quantity"}
    )  # its sign makes a line a return, whatever counts as the delivery
    if end == "header":
        return [*unreadable(c, {"completed_date": "completion date"}), *quantity]
    receipt, delivery = ({"first_receipt_date": "first receipt date"}, {"delivered_date": "delivery date"})
    without = c.missing(c.day("first_receipt_date"))
    late = [(rows & without, why) for rows, why in unreadable(c, delivery)]
    return [*unreadable(c, receipt), *late, *quantity]


@dataclass(frozen=True)
class Ages(DayTally):
    """How each line ended, as a position in `ENDINGS`, and after how many days."""

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
        """What is to be said of the lines that were cancelled on an unknown day, where there are many."""
        n = self.tally.total(self.selection.kept)
        if not n or self.n_undated / n <= _MANY_UNDATED:
            return ()
        return (
            f"{self.n_undated:,} of {n:,} lines ({self.n_undated / n:.1%}) were cancelled on a day that is not known: they are spread "
            "over the days that they may have waited, and the figures are less certain than they look.",
        )

    def day_counts_by(self, codes: npt.NDArray[np.intp], n_groups: int) -> DayCounts:
        """Return the lines that count by group, days and ending; undated cancellations are spread over the days waited."""
        if not self.n_undated:
            return super().day_counts_by(codes, n_groups)
        kept = self.selection.kept
        table = count_days(
            codes, self.days, self.stands, n_groups=n_groups, n_kinds=UNDATED + 1, rows=kept, n=self.tally.n
        )
        return spread_undated(table)

    def by(self, by: By) -> tuple[Groups, DayCounts]:
        """Return the groups of all lines, and the lines that count by group, days and ending."""
        groups = group_lines(self.frame, by, n=self.tally.n)
        return groups, self.day_counts(groups)


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
    rule = partial(ageing, until=day_number(day), start=start, end=end, span=span)
    tally = source.tally(rule, by=by, at_once=span.working)
    # a line cancelled before the date of its order, which happens where dates are typed in, was not waited for at all
    days = np.maximum(tally.marks["days"], 0)
    outcome = np.where(tally.selection.kept, tally.marks["outcome"], np.int8(_EXCLUDED)).astype(np.int8)
    undated = outcome == UNDATED
    return Ages(tally, day, days, outcome, span.name, start, tally.total(undated) if undated.any() else 0)


def ageing(c: Columns, *, until: int, start: str, end: str, span: Span) -> RuleResult:
    """Return the one rule of all lead times: what is left out, how each line ended, and after how many days."""
    stands = standing_on(c, until, end)
    ordered, arrived, cancelled = c.day(STARTS[start]), end_of(c, end), c.day("cancelled_date")
    left_out = [
        *((rows, reason) for reason, rows in stands.unjudged.items()),
        *_cancelled_when(c, stands.cancelled & (arrived <= until)),
        *unreadable(c, {STARTS[start]: _CALLED[start]}),
        (c.missing(ordered), "no order date" if start == "order" else f"no date of {start}"),
        (stands.delivered & (arrived < ordered), "delivered before ordered"),
        (ordered > until, "ordered after as-of"),
    ]
    # the wait of a line cancelled on an unknown day, or after as-of, can't have lasted longer than to as-of
    undated = c.missing(cancelled)
    for rows, _ in _cancelled_when(c, stands.cancelled):
        undated = undated | rows
    ended = c.pick(stands.cancelled & (cancelled <= until) & ~undated, cancelled, until)
    ended = c.pick(stands.delivered, arrived, ended)
    outcome = c.pick(stands.cancelled, c.pick(undated, UNDATED, CANCELLED), CENSORED)
    outcome = c.pick(stands.delivered, DELIVERED, outcome)
    return RuleResult(left_out, {"days": span.days(c, ordered, ended, left_out), "outcome": outcome})


def _cancelled_when(c: Columns, rows: Any) -> list[tuple[Any, str]]:
    """Return which of some cancelled lines have a day of cancellation or deletion that could not be read.

    Where such a line is there as well, whether it was delivered first nobody knows. Otherwise it is one cancelled on an unknown day,
    also where the last update stands in for that day.
    """
    called = {"cancelled_date": "cancellation date", "deleted_at": "deletion date"}
    return [(rows & doubtful, why) for doubtful, why in unreadable(c, called)]
