"""How each line stands on a day - delivered, open, cancelled, or not to be judged - and for how long it was waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .calendars import WorkCalendar, day_counter
from .day_counts import DayCounts, count_days
from .errors import one_of
from .grouping import Groups
from .provenance import AsOf, Mask, Selection, as_of_day, days_of, frame_of, numbers, values
from .survival import CANCELLED, CENSORED, DELIVERED

OUTCOMES = ("delivered", "cancelled", "open", "excluded")  # by code; an open line is a censored one
EXCLUDED = 3

#: Where a lead time begins: the order date, its approval, or its creation in the source system.
STARTS = {"order": "order_date", "approval": "approved_date", "creation": "created_at"}
#: Where it ends: all of the quantity is there; the first receipt (the delivery where receipts are not known); the order's own
#: date of completion, which is the same for all of its lines.
ENDS = ("complete", "first_receipt", "header")


@dataclass(frozen=True)
class Standing:
    """Boolean arrays, one entry per line; a line is exactly one of delivered, open, cancelled, or in ``unjudged``."""

    delivered: Mask  # a delivered date on or before the day, and all of the quantity where that is known
    open: Mask  # still to come, as far as the data tell
    cancelled: Mask  # cancelled or deleted by that day
    unjudged: dict[str, Mask]  # reason -> lines that can't be judged, disjoint


def end_of(lines: pd.DataFrame, end: str) -> npt.NDArray[np.datetime64]:
    """Return the day that counts as each line's delivery."""
    one_of("end", end, ENDS)
    if end == "header":
        return days_of(lines, "completed_date")
    complete = days_of(lines, "delivered_date")
    first = days_of(lines, "first_receipt_date")
    return complete if end == "complete" else np.where(np.isnat(first), complete, first)


def standing(lines: pd.DataFrame, as_of: pd.Timestamp, *, end: str = "complete") -> Standing:
    """Return how each line stands on the day ``as_of``, by what counts as the delivery (`ENDS`).

    A delivered date after the day is not yet a delivery, and a received quantity smaller than the ordered one is not
    yet the delivery. A line that its source calls received or closed without a date that proves the delivery is neither
    delivered nor open: it can't be judged, and is counted apart.
    """
    day = as_of.to_datetime64().astype("datetime64[D]")
    state = values(lines, "state", "string")
    quantity, received = (numbers(lines, c) for c in ("quantity", "received_quantity"))
    delivered_day = end_of(lines, end)

    def is_in(*names: str) -> Mask:
        return np.asarray(state.isin(names), dtype=bool)

    deleted = ~np.isnat(days_of(lines, "deleted_at"))
    cancelled = is_in("cancelled") | deleted
    draft = is_in("draft") & ~cancelled
    returned = (quantity < 0) & ~cancelled & ~draft
    judged = ~(cancelled | draft | returned)
    in_full = np.isnan(received) | np.isnan(quantity) | (received >= quantity - 1e-9)
    if end != "complete":
        in_full = np.ones(len(lines), dtype=bool)
    delivered = judged & (delivered_day <= day) & in_full
    closed = judged & ~delivered & is_in("received", "closed_short") & ~(delivered_day > day)
    short = closed & is_in("closed_short")
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
class Ages:
    """How each line ended, and after how many days; the days of excluded lines mean nothing."""

    frame: pd.DataFrame
    as_of: pd.Timestamp
    selection: Selection
    days: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.int64]  # position in OUTCOMES
    ordered: npt.NDArray[np.datetime64]  # where the waiting begins
    parameters: dict[str, str]  # what was chosen other than the usual

    def counted(self, groups: Groups) -> DayCounts:
        """Return the lines by group, days and outcome, excluded ones left out."""
        return self.counted_by(groups.codes, len(groups))

    def counted_by(self, codes: npt.NDArray[np.intp], n_groups: int) -> DayCounts:
        """Return the same for groups that are given as codes."""
        kept = self.selection.kept
        return count_days(codes[kept], self.days[kept], self.outcome[kept], n_groups=n_groups, n_kinds=3)


def ages(
    lines: Any,
    *,
    as_of: AsOf | None,
    metric: str,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> Ages:
    """Return how each line stands and for how many days it took or has been under way: the one rule of all lead times."""
    one_of("start", start, STARTS)
    one_of("end", end, ENDS)
    needed = {"complete": "delivered_date", "first_receipt": "delivered_date", "header": "completed_date"}[end]
    frame = frame_of(lines, STARTS[start], needed, metric=metric)
    day = as_of_day(frame, as_of)
    stands = standing(frame, day, end=end)
    until = day.to_datetime64().astype("datetime64[D]")
    ordered, delivered, cancelled = days_of(frame, STARTS[start]), end_of(frame, end), days_of(frame, "cancelled_date")

    selection = Selection(frame)
    for reason, rows in stands.unjudged.items():
        selection.exclude(rows, reason)
    selection.exclude(np.isnat(ordered), "no order date" if start == "order" else f"no date of {start}")
    selection.exclude(stands.delivered & (delivered < ordered), "delivered before ordered")
    selection.exclude(ordered > until, "ordered after as-of")

    # a cancellation that is not dated, or dated after as-of, ended the waiting at as-of at the latest
    cancelled = np.where(cancelled <= until, cancelled, until)
    ended = np.where(stands.delivered, delivered, np.where(stands.cancelled, cancelled, until))
    counter = day_counter(frame, calendar, ordered[selection.kept], ended[selection.kept])
    days = np.zeros(len(frame), dtype=np.int64)
    days[selection.kept] = counter.between(ordered, ended)[selection.kept]
    outcome = np.where(stands.delivered, DELIVERED, np.where(stands.cancelled, CANCELLED, CENSORED))
    outcome[~selection.kept] = EXCLUDED
    chosen = {"start": start, "end": end, "calendar": counter.name}
    usual = {"start": "order", "end": "complete", "calendar": "calendar days"}
    chosen = {k: v for k, v in chosen.items() if v != usual[k]}
    # a cancellation dated before its order says only that nothing was waited for
    return Ages(frame, day, selection, np.maximum(days, 0), outcome.astype(np.int64), ordered, chosen)
