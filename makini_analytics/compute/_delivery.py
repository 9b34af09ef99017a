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
from ._day_counts import DayCounts
from ._day_tally import DayTally
from ._engines import lines_of
from ._groups import By, Groups, group_lines
from ._pandas_engine import PandasColumns
from ._rule import Columns, Ruled
from ._survival import CANCELLED, CENSORED, DELIVERED

#: How the waiting for a line ended, by code: the three ends that a survival curve knows - an open line is a censored one, its
#: wait has lasted so long *so far* - and the lines that are left out.
ENDINGS = ("delivered", "cancelled", "open", "excluded")
_EXCLUDED = ENDINGS.index("excluded")

#: Where a lead time begins: the order date, its approval, or its creation in the source system.
STARTS = {"order": "order_date", "approval": "approved_date", "creation": "created_at"}
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
    return Standing(
        delivered=delivered,
        open=judged & ~delivered & ~closed,
        cancelled=cancelled,
        unjudged={
            "draft": draft,
            "return": returned,
            "closed short": short,
            "received, delivery date unknown": closed & ~short,
        },
    )


@dataclass(frozen=True)
class Ages(DayTally):
    """How each line ended, as a position in `ENDINGS`, and after how many days."""

    start: str  # where the waiting begins, as in `STARTS`

    @property
    def outcome(self) -> npt.NDArray[np.int8]:
        """How each line ended."""
        return self.stands

    @property
    def ordered(self) -> npt.NDArray[np.datetime64]:
        """The days on which the waiting began."""
        return days_of(self.frame, STARTS[self.start])

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
    return Ages(tally, day, days, outcome, span.name, start)


def ageing(c: Columns, *, until: int, start: str, end: str, span: Span) -> Ruled:
    """Return the one rule of all lead times: what is left out, how each line ended, and after how many days."""
    stands = standing_on(c, until, end)
    ordered, arrived, cancelled = c.day(STARTS[start]), end_of(c, end), c.day("cancelled_date")
    left_out = [
        *((rows, reason) for reason, rows in stands.unjudged.items()),
        (c.missing(ordered), "no order date" if start == "order" else f"no date of {start}"),
        (stands.delivered & (arrived < ordered), "delivered before ordered"),
        (ordered > until, "ordered after as-of"),
    ]
    # the wait of a line cancelled on an unknown day, or after as-of, is counted up to as-of: it can't have lasted longer
    ended = c.pick(stands.cancelled & (cancelled <= until), cancelled, until)
    ended = c.pick(stands.delivered, arrived, ended)
    outcome = c.pick(stands.delivered, DELIVERED, c.pick(stands.cancelled, CANCELLED, CENSORED))
    return Ruled(left_out, {"days": span.days(c, ordered, ended, left_out), "outcome": outcome})
