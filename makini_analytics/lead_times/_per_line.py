"""The lead time of each line: how long the delivery took, or how long it has been awaited."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import (
    CANCELLED,
    CENSORED,
    DELIVERED,
    ENDINGS,
    ENDS,
    STARTS,
    Counted,
    InSteps,
    WorkCalendar,
    ages,
    by_line,
    figure,
)
from ..frames import AsOf


@figure(start=STARTS, end=ENDS)
def per_line(
    lines: Any,
    *,
    as_of: AsOf | None = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> InSteps:
    """Lead time of each order line: calendar days from its order date to its delivered date.

    A line is delivered when its delivered date is on or before the as-of day and, where a received quantity
    is given, all of the quantity is there; otherwise it is open, and its lead time is known only to exceed
    its age. Dates are compared as days, without the time of day. Every line has one outcome. Excluded are
    lines that nothing can be said of: no order date, ordered after the as-of day, delivered before ordered
    (an order written after the fact: a finding, never clipped to 0), drafts, returns (negative quantity),
    lines closed short, and lines that their source calls received without a delivery date. Deleted lines
    count as cancelled.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date`` and ``delivered_date``; looks at ``state``, ``quantity``, ``received_quantity``,
        ``cancelled_date`` and ``deleted_at`` where they are there.
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    start, end, calendar : as in `lead_times.by_vendor`

    Returns
    -------
    DataFrame, one row per line, in the order and with the index of ``lines``
        order_id, line_id, vendor_id, vendor_name : string, as the lines have them
        lead_time_days : float, days; missing unless delivered
        outcome : string; delivered, open, cancelled or excluded
        reason : string, why the line is excluded; missing where it counts
        age_days : float, days from the order to the as-of day (open) or to the cancellation (cancelled);
            missing for the others, and where the day of the cancellation is not known
        connection : string, where the lines have one

    Raises
    ------
    SchemaError
        A column that is needed is missing, or holds values that are no dates.
    ConfigError
        There is no as-of day: neither the argument nor the lines give one.

    Examples
    --------
    >>> from makini_analytics import lead_times
    >>> lines = pd.DataFrame({
    ...     "order_date": pd.to_datetime(["2025-01-01", "2025-01-10", "2025-01-30"]),
    ...     "delivered_date": pd.to_datetime(["2025-01-15", None, "2025-01-20"]),
    ... })
    >>> lead_times.per_line(lines, as_of="2025-01-31")[["lead_time_days", "outcome", "reason", "age_days"]]
       lead_time_days    outcome               reason  age_days
    0            14.0  delivered                 <NA>       NaN
    1             NaN       open                 <NA>      21.0
    2             NaN   excluded  delivered before...       NaN
    """
    got = ages(lines, as_of=as_of, start=start, end=end, calendar=calendar)
    frame, days = got.frame, got.days.astype(float)
    yield Counted(got.selection, got.notes)
    # the days of a line that is not delivered are an age, not a lead time: they stand in a column of their own
    # of a line cancelled on an unknown day not even that is known: it waited for as many days as `got.days` at most
    waited = (got.outcome == CANCELLED) | (got.outcome == CENSORED)
    names = pd.array(ENDINGS, dtype="string")
    result = by_line(
        frame,
        {
            "lead_time_days": np.where(got.outcome == DELIVERED, days, np.nan),
            "outcome": names.take(got.outcome.astype(np.intp)),
            "reason": got.selection.reason(),
            "age_days": np.where(waited, days, np.nan),
        },
    )
    return got.with_provenance(result, notes=got.notes)
