"""How each line stands on a day: delivered, open, not there, or not to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from ..errors import one_of
from ._rule import Columns, unreadable

#: Where a lead time begins: the order date, its approval, or its creation in the source system.
STARTS = {"order": "order_date", "approval": "approved_date", "creation": "created_at"}
#: Where it ends: when all of the quantity is there; at the first receipt (the delivery where receipts are not known); or on the
#: order's own date of completion, the same for all of its lines. Beside it the column that must be there.
ENDS = {"complete": "delivered_date", "first_receipt": "delivered_date", "header": "completed_date"}


#: Why a line of another day does not count.
LATER = "ordered after as-of"

#: Why a line of which all has come on a day that is not known can't be judged: closed in its source, or left open there.
UNDATED_RECEIPT, TO_CLOSE = "received, delivery date unknown", "all received, to be closed"


@dataclass(frozen=True)
class Gone:
    """One boolean per line, disjoint: the lines that are not there on a day, or not any more."""

    later: Any  # ordered after the day
    deleted: Any
    cancelled: Any
    on: Any  # the day of the deletion or cancellation, missing where it is not known

    @property
    def reasons(self) -> list[tuple[Any, str]]:
        """The lines, each with why it doesn't count: what a rule leaves out first."""
        return [(self.later, LATER), (self.deleted, "deleted"), (self.cancelled, "cancelled")]


@dataclass(frozen=True)
class Standing:
    """One boolean per line; a line is exactly one of delivered, open, in ``gone``, or in ``unjudged``."""

    delivered: Any  # a delivered date on or before the day, and all of the quantity where that is known
    open: Any  # still to come, by all that the data show
    gone: Gone
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


def gone_by(c: Columns, until: Any) -> Gone:
    """Return the lines that were not ordered yet on a day, or deleted or cancelled by then.

    A cancellation or deletion that is dated later has not happened; one without a day has, since nobody knows better.
    """
    later = c.day("order_date") > until
    marked, cancelled = c.known("deleted_at"), c.day("cancelled_date")
    deleted_on = c.day("deleted_at")
    deleted = marked & ~(deleted_on > until)
    if c.may_be_unreadable("deleted_at"):  # a mark whose day can't be read still marks the line
        deleted = deleted | c.unreadable("deleted_at")
    deleted = deleted & ~later
    cancelled_on = c.pick(c.missing(cancelled), deleted_on, cancelled)
    is_cancelled = c.is_in("state", "cancelled") & ~(cancelled_on > until) & ~later & ~deleted
    return Gone(later, deleted, is_cancelled, c.pick(cancelled_on > until, deleted_on, cancelled_on))


def lacking(c: Columns, under_share: float = 0) -> Any:
    """Return where so much is known to be lacking of the quantity that it has not come: more than a share of it."""
    # "less" and not "not at least": where a quantity is missing the comparison is False, and nothing is known to be lacking
    return c.number("received_quantity") < c.number("quantity") * (1 - under_share) - 1e-9


def received_later(c: Columns, until: Any) -> Any:
    """Return where all that was received came after a day: the received quantity is that of today, and on that day nothing had come.

    The first day that is known decides: of the delivery, of the first receipt, of the order's completion.
    """
    delivered, received, completed = (
        c.day(name) for name in ("delivered_date", "first_receipt_date", "completed_date")
    )
    return (delivered > until) | (
        c.missing(delivered) & ((received > until) | (c.missing(received) & (completed > until)))
    )


def open_share(c: Columns, until: Any) -> Any:
    """Return which share of an open line's quantity is still to come on a day; 1 where a quantity is not known."""
    quantity, received = c.number("quantity"), c.number("received_quantity")
    # what is still to come; where more was received than ordered that is nothing, and not less than nothing
    left = c.ratio(quantity - c.pick(received > quantity, quantity, received), quantity)
    return c.pick(c.finite(left) & ~received_later(c, until), left, 1.0)


def standing_on(c: Columns, until: Any, end: str = "complete", under_share: float = 0) -> Standing:
    """Return how each line stands on a day, by what counts as the delivery (`ENDS`), and how much may be lacking of it.

    A delivered date after the day is not yet a delivery, and a received quantity smaller than the ordered one is not yet the
    delivery, unless no more than a share ``under_share`` is lacking. A line that its source calls received or closed without a date
    that proves the delivery is neither delivered nor open: it can't be judged, and is counted apart. So is one that its source
    left open though nothing is left to come.
    """
    stand = partial(_standing_on, c, until, end, under_share)
    # of each connection's own day there is an array, which is no question that can be compared
    return c.once(("standing", until, end, under_share), stand) if isinstance(until, int) else stand()


def _standing_on(c: Columns, until: Any, end: str, under_share: float) -> Standing:
    quantity, arrived = c.number("quantity"), end_of(c, end)
    gone = gone_by(c, until)
    # deleted, cancelled and draft lines may carry delivery dates, too: each line is taken for the first thing that it is
    there = ~(gone.later | gone.deleted | gone.cancelled)
    draft = there & c.is_in("state", "draft")
    returned = there & ~draft & (quantity < 0)
    judged = there & ~draft & ~returned
    short = lacking(c, under_share)
    delivered = judged & (arrived <= until)
    if end == "complete":
        delivered = delivered & ~short
    undated = c.missing(arrived)
    # a line that was closed later than the day was still open on it
    ended_later = (arrived > until) | (undated & (c.day("completed_date") > until))
    closed = judged & ~delivered & c.is_in("state", "received", "closed_short") & ~ended_later
    # closed with less than was ordered: for good, and whatever the day; all of it, or nobody knows how much, on an unknown day
    enough = ~short & (c.number("received_quantity") >= 0) & (quantity >= 0)
    closed_short = closed & (short | (c.is_in("state", "closed_short") & ~enough))
    unknown, still_open = closed & ~closed_short, judged & ~delivered & ~closed
    to_close = still_open & undated & enough & (c.number("received_quantity") > 0) & ~received_later(c, until)
    if end == "header":
        to_close = to_close & ~to_close  # all has come, and what is waited for is that the order is closed
    still_open = still_open & ~to_close
    unjudged = {"draft": draft, "return": returned, "closed short": closed_short}
    # a date or quantity that could not be read is not one that is missing: whether such a line has come nobody knows
    for doubtful, reason in _doubts(c, end):
        unjudged[reason] = doubtful & (delivered | still_open | unknown | to_close)
        delivered, still_open, unknown, to_close = (x & ~doubtful for x in (delivered, still_open, unknown, to_close))
    return Standing(delivered, still_open, gone, unjudged | {UNDATED_RECEIPT: unknown, TO_CLOSE: to_close})


def _doubts(c: Columns, end: str) -> list[tuple[Any, str]]:
    """Return where what decides whether a line has come could not be read, by what counts as the delivery."""
    if end == "complete":
        names = {"delivered_date": "delivery date", "quantity": "quantity", "received_quantity": "received quantity"}
        return unreadable(c, names)
    # its sign makes a line a return, whatever counts as the delivery
    quantity = unreadable(c, {"quantity": "quantity"})
    if end == "header":
        return [*unreadable(c, {"completed_date": "completion date"}), *quantity]
    receipt, delivery = ({"first_receipt_date": "first receipt date"}, {"delivered_date": "delivery date"})
    without = c.missing(c.day("first_receipt_date"))
    late = [(rows & without, why) for rows, why in unreadable(c, delivery)]
    return [*unreadable(c, receipt), *late, *quantity]
