"""How each line stands on a day: delivered, open, cancelled, or not to be judged. One rule for lead times and slippage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .provenance import Mask, days_of, values


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
