"""What became of each line's amount: when it was ordered, what of it was received or cancelled, and what is still to come.

A line of 100.00, of whose ten pieces four have come, is 100 ordered, 40 delivered and 60 still open; when the rest is cancelled it is 60
cancelled. Ordered - delivered - cancelled is its place in the order book, on every day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    TO_CLOSE,
    UNDATED_RECEIPT,
    PandasColumns,
    Selection,
    day_in,
    leave_out_unreadable,
    open_share,
    standing_on,
)
from ..frames import AsOfDays, Mask, days_of, numbers
from ._due_rule import DUE_DATES

Floats = npt.NDArray[np.float64]

#: Why a line that has left the book can't be placed in it.
UNKNOWN_DAY = "left the book on an unknown day"
#: A day that never comes: of a line that is still in the book.
NEVER = np.iinfo(np.int64).max // 2
_CLOSED_SHORT = "closed short"


@dataclass(frozen=True)
class Ledger:
    """The account of each line, up to its as-of day; days are whole days since 1970, `NEVER` for what has not happened."""

    frame: pd.DataFrame
    selection: Selection  # the lines that can be placed
    amount: Floats
    received: Floats  # of a line that has not come whole: what has come of it
    ordered_on: npt.NDArray[np.int64]
    received_on: npt.NDArray[np.int64]  # the day of that; the day of the order where it is not known
    left_on: npt.NDArray[np.int64]
    due_on: npt.NDArray[np.int64]  # from the day after it is overdue
    delivered: Mask  # left since all of it came; the others were cancelled, deleted or closed short
    undated: Mask  # a part of it has come on a day that is not known


def ledger_of(frame: pd.DataFrame, as_of: AsOfDays, due: str, *, dated: bool) -> Ledger:
    """Return the account of each line as it is known on its as-of day.

    With ``dated`` a line that left on a day that nobody knows is left out; else it has left by the as-of day, which is all that
    somebody has to know who looks twice.
    """
    c = PandasColumns(frame)
    until = np.broadcast_to(np.asarray(day_in(c, as_of), dtype=np.int64), len(frame))
    stands = standing_on(c, until)
    ordered, came, completed = (c.day(n) for n in ("order_date", "delivered_date", "completed_date"))
    short = stands.unjudged[_CLOSED_SHORT]
    gone = stands.gone.deleted | stands.gone.cancelled
    undated = stands.unjudged[UNDATED_RECEIPT] | stands.unjudged[TO_CLOSE]
    # the first thing that happened to a line took it out of the book: one that had come whole was cancelled in vain
    whole = ~(c.number("received_quantity") < c.number("quantity") - 1e-9)
    before_gone = gone & whole & (came <= until) & ~(came > stands.gone.on)
    delivered = stands.delivered | undated | before_gone
    ended = np.where(np.isnan(came), completed, came)
    left = np.where(delivered | short, ended, np.where(gone, stands.gone.on, np.nan))
    has_left = delivered | short | gone
    left_on = np.where(has_left, left, NEVER)

    selection = Selection(frame)
    reasons = [
        stands.gone.reasons[0],
        *(
            (rows, why)
            for why, rows in stands.unjudged.items()
            if why not in (_CLOSED_SHORT, UNDATED_RECEIPT, TO_CLOSE)
        ),
    ]
    for rows, why in reasons:
        selection.exclude(rows, why)
    selection.exclude(c.is_in("state", "draft"), "draft")  # one that was deleted was never ordered, either
    leave_out_unreadable(selection, {"order_date": "order date", "amount": "amount"})
    selection.exclude(np.isnan(ordered), "no order date")
    amount = numbers(frame, "amount")
    selection.exclude(np.isnan(amount), "no amount")
    if dated:
        selection.exclude(has_left & np.isnan(left), UNKNOWN_DAY)
    # a delivery before the order, or a cancellation: the line is in the book for no day
    ordered_on = _or_zero(ordered)
    left_on = np.maximum(np.where(np.isnan(left_on), until, left_on), ordered_on).astype(np.int64)

    last = np.where(gone & ~delivered, np.minimum(left_on, until), until)
    share = np.where(delivered, 1.0, np.asarray(open_share(c, last), dtype=float))
    receipt = came
    for name in ("first_receipt_date", "completed_date"):
        receipt = np.where(np.isnan(receipt), c.day(name), receipt)
    part = selection.kept & (share < 1)
    unknown = part & np.isnan(receipt)
    received_on = np.fmax(np.where(np.isnan(receipt), ordered, receipt), ordered)
    received = np.where(part, amount * (1 - share), 0.0)
    due_day = days_of(frame, DUE_DATES[due])
    return Ledger(
        frame,
        selection,
        _or_zero(amount),
        received,
        ordered_on.astype(np.int64),
        _or_zero(received_on).astype(np.int64),
        left_on,
        np.where(np.isnat(due_day), NEVER, due_day.astype(np.int64)),
        delivered,
        unknown,
    )


def _or_zero(value: npt.NDArray[np.floating[Any]]) -> Floats:
    # numpy.nan_to_num looks for infinite ones, too, and takes five times as long
    return np.where(np.isnan(value), 0.0, value)
