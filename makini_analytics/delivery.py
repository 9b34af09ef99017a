"""How each line stands on a day - delivered, open, cancelled, or not to be judged - and for how long it was waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .day_counts import DayCounts, count_days
from .grouping import Groups
from .provenance import AsOf, Mask, Selection, as_of_day, days_of, frame_of, values
from .survival import CANCELLED, CENSORED, DELIVERED

OUTCOMES = ("delivered", "cancelled", "open", "excluded")  # by code; an open line is a censored one
EXCLUDED = 3


@dataclass(frozen=True)
class Standing:
    """Boolean arrays, one entry per line; a line is exactly one of delivered, open, cancelled, or in ``unjudged``."""

    delivered: Mask  # a delivered date on or before the day, and all of the quantity where that is known
    open: Mask  # still to come, as far as the data tell
    cancelled: Mask  # cancelled or deleted by that day
    unjudged: dict[str, Mask]  # reason -> lines that can't be judged, disjoint


def standing(lines: pd.DataFrame, as_of: pd.Timestamp) -> Standing:
    """Return how each line stands on the day ``as_of``.

    A delivered date after the day is not yet a delivery, and a received quantity smaller than the ordered one is not
    yet the delivery. A line that its source calls received or closed without a date that proves the delivery is neither
    delivered nor open: it can't be judged, and is counted apart.
    """
    day = as_of.to_datetime64().astype("datetime64[D]")
    state = values(lines, "state", "string")
    quantity, received = (
        pd.to_numeric(values(lines, c, "float64")).to_numpy(dtype=float, na_value=np.nan)
        for c in ("quantity", "received_quantity")
    )
    delivered_day = days_of(lines, "delivered_date")

    def is_in(*names: str) -> Mask:
        return np.asarray(state.isin(names), dtype=bool)

    deleted = ~np.isnat(days_of(lines, "deleted_at"))
    cancelled = is_in("cancelled") | deleted
    draft = is_in("draft") & ~cancelled
    returned = (quantity < 0) & ~cancelled & ~draft
    judged = ~(cancelled | draft | returned)
    in_full = np.isnan(received) | np.isnan(quantity) | (received >= quantity - 1e-9)
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

    def counted(self, groups: Groups) -> DayCounts:
        """Return the lines by group, days and outcome, excluded ones left out."""
        return self.counted_by(groups.codes, len(groups))

    def counted_by(self, codes: npt.NDArray[np.intp], n_groups: int) -> DayCounts:
        """Return the same for groups that are given as codes."""
        kept = self.selection.kept
        return count_days(codes[kept], self.days[kept], self.outcome[kept], n_groups=n_groups, n_kinds=3)


def ages(lines: Any, *, as_of: AsOf | None, metric: str) -> Ages:
    """Return how each line stands and for how many days it took or has been under way: the one rule of all lead times."""
    frame = frame_of(lines, "order_date", "delivered_date", metric=metric)
    day = as_of_day(frame, as_of)
    stands = standing(frame, day)
    ordered, delivered, until = (
        days_of(frame, "order_date"),
        days_of(frame, "delivered_date"),
        day.to_datetime64().astype("datetime64[D]"),
    )
    cancelled = days_of(frame, "cancelled_date")

    selection = Selection(frame)
    for reason, rows in stands.unjudged.items():
        selection.exclude(rows, reason)
    selection.exclude(np.isnat(ordered), "no order date")
    selection.exclude(stands.delivered & (delivered < ordered), "delivered before ordered")
    selection.exclude(ordered > until, "ordered after as-of")

    # a cancellation that is not dated, or dated after as-of, ended the waiting at as-of at the latest
    cancelled = np.where(cancelled <= until, cancelled, until)
    end = np.where(stands.delivered, delivered, np.where(stands.cancelled, cancelled, until))
    days = (end - ordered).astype(np.int64)
    days[np.isnat(ordered)] = 0
    outcome = np.where(stands.delivered, DELIVERED, np.where(stands.cancelled, CANCELLED, CENSORED))
    outcome[~selection.kept] = EXCLUDED
    # a cancellation dated before its order says only that nothing was waited for
    return Ages(frame, day, selection, np.maximum(days, 0), outcome.astype(np.int64))
