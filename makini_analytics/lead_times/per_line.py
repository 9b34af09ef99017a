"""The lead time of each line, or how long it has been open: the shape that survival analysis takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..delivery import standing
from ..provenance import AsOf, Selection, as_of_day, days_of, frame_of, stamp, values

#: Codes of `Durations.outcome`.
DELIVERED, OPEN, CANCELLED = 0, 1, 2
_OUTCOMES = np.array(["delivered", "open", "cancelled", "excluded"], dtype=object)


@dataclass(frozen=True)
class Durations:
    """Whole days from the order to the delivery, the cancellation or the as-of day, and which of them it was."""

    days: npt.NDArray[np.int64]  # meaningless where excluded
    outcome: npt.NDArray[np.int8]  # DELIVERED, OPEN, CANCELLED; 3 = excluded
    selection: Selection
    frame: pd.DataFrame
    as_of: pd.Timestamp


def durations(lines: Any, as_of: AsOf | None, *, metric: str) -> Durations:
    """Return each line's duration and outcome as of a day, and the book of the excluded ones."""
    frame = frame_of(lines, "order_date", "delivered_date", metric=metric)
    day = as_of_day(frame, as_of)
    at = standing(frame, day)
    today = np.datetime64(day, "D")
    ordered = days_of(frame, "order_date")
    delivered = days_of(frame, "delivered_date")
    cancelled = days_of(frame, "cancelled_date")
    # A cancellation of unknown day, or one noted later, happened by the as-of day at the latest: an upper bound.
    cancelled = np.where(np.isnat(cancelled) | (cancelled > today), today, cancelled)
    end = np.where(at.delivered, delivered, np.where(at.cancelled, cancelled, today))
    selection = Selection(frame)
    for reason, rows in at.unjudged.items():
        selection.exclude(rows, reason)
    selection.exclude(np.isnat(ordered), "no order date")
    selection.exclude(at.delivered & (delivered < ordered), "delivered before ordered")
    selection.exclude(ordered > today, "ordered after the as-of day")
    days = (end - ordered).astype("timedelta64[D]").astype(np.int64)
    days = np.where(selection.kept, np.maximum(days, 0), 0)  # a cancellation before the order: day 0
    outcome = np.where(at.delivered, DELIVERED, np.where(at.cancelled, CANCELLED, OPEN)).astype(np.int8)
    outcome[~selection.kept] = 3
    return Durations(days, outcome, selection, frame, day)


def per_line(lines: Any, *, as_of: AsOf | None = None) -> pd.DataFrame:
    """Lead time of each line in calendar days, from the order date to the delivered date.

    A line is delivered when its delivered date is on or before the as-of day and, where a received quantity is known, all of
    the quantity is received. A line that is still open has no lead time yet, only an age. Left out, with the reason: lines
    without an order date, delivered before they were ordered, drafts, returns, lines closed short, and lines that are called
    received without a delivery date.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date`` and ``delivered_date``; ``quantity``, ``received_quantity``, ``state``, ``cancelled_date`` are used
        where they are there.
    as_of : the day to look from; by default the lines' own

    Returns
    -------
    DataFrame, one row per line, in the order and with the index of ``lines``
        order_id, line_id, vendor_id, vendor_name : string
        lead_time_days : float; missing unless delivered
        outcome : string, "delivered", "open", "cancelled" or "excluded"
        reason : string; missing unless excluded
        age_days : float, days under way until the as-of day or the cancellation; missing unless open or cancelled

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day is known.

    Examples
    --------
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-01", "2025-01-11"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-08", None])})
    >>> per_line(lines, as_of="2025-01-31")[["lead_time_days", "outcome", "age_days"]]
       lead_time_days    outcome  age_days
    0             7.0  delivered       NaN
    1             NaN       open      20.0
    """
    d = durations(lines, as_of, metric="lead_times.per_line")
    under_way = (d.outcome == OPEN) | (d.outcome == CANCELLED)
    ids = {
        c: values(d.frame, c, "string").astype("string") for c in ("order_id", "line_id", "vendor_id", "vendor_name")
    }
    result = pd.DataFrame(
        {
            **ids,
            "lead_time_days": np.where(d.outcome == DELIVERED, d.days, np.nan).astype(float),
            "outcome": pd.array(_OUTCOMES[d.outcome], dtype="string"),
            "reason": d.selection.reason(),
            "age_days": np.where(under_way, d.days, np.nan).astype(float),
        },
        index=d.frame.index,
    )
    return stamp(
        result, metric="lead_times.per_line", parameters={}, selection=d.selection, lines=d.frame, as_of=d.as_of
    )
