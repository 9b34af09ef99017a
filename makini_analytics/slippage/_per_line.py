"""Each line against its due date: early, on time, late, overdue, not due yet, or not to be judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import Counted, InSteps, WorkCalendar, by_line, figure
from ..frames import AsOf
from ._due_rule import AHEAD, CAME, DUE_DATES, OUTCOMES, OVERDUE_OPEN, Tolerance, judge, outcome_of, suspicions


@figure("delivered_date", due=DUE_DATES)
def per_line(
    lines: Any,
    *,
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    early_days: float | None = None,
    calendar: WorkCalendar = None,
    under_share: float = 0,
) -> InSteps:
    """Slippage of each order line: calendar days from its due date to its delivered date, and how it is judged.

    A line is delivered when its delivered date is on or before the as-of day and, where a received quantity
    is given, all of the quantity is there. Dates are compared as days: a delivery in the afternoon of the due
    date is on time. Every line has one outcome. ``on_time``: delivered by the due date plus ``late_days``;
    ``early``: delivered before the due date (by more than ``early_days``, where given); ``late``: delivered
    after the due date plus ``late_days``; ``overdue_open``: open, and the as-of day is beyond the due date
    plus ``late_days``; ``not_due``: its due date is after the as-of day, delivered or not, or it is open
    within the days allowed. Excluded: ordered after the as-of day, deleted, cancelled, draft, return
    (negative quantity), closed short, received on an unknown day (closed or still open in its source), no due
    date, and lines of a connection or vendor that records no delivery days, as in ``slippage.by_vendor``.

    The due date is the one that the data hold now; promises made earlier and changed since are not known from
    one extract.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``delivered_date`` and the due date; looks at ``state``, ``quantity``, ``received_quantity`` and
        ``deleted_at`` where they are there.
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" (``required_date``, what the buyer asked for) or "promised" (``promised_date``)
    late_days : days after the due date that still are on time
    early_days : days before the due date that still are on time; by default early is a kind of on time,
        however early
    calendar : None for calendar days; "weekdays", a country or region ("DE", "US-CA"), or a mapping of site_id to one of these: a due
        date, or a delivery, on a day that is none moves to the next working day, and those are counted
    under_share : share of the quantity that may be lacking of a delivery, 0 to 1: at 0.02 a line counts as delivered with 98 of 100

    Returns
    -------
    DataFrame, one row per line, in the order and with the index of ``lines``
        order_id, line_id, vendor_id, vendor_name : string, as the lines have them
        due_date, delivered_date : datetime64, day, as the lines have them
        days_late : float, days, positive late, negative early; missing unless delivered, and for excluded
            lines
        days_overdue : float, days from the due date to the as-of day; missing unless overdue_open
        outcome : string; early, on_time, late, overdue_open, not_due or excluded
        reason : string, why the line is excluded; missing where it is judged
        connection : string, where the lines have one

    Raises
    ------
    SchemaError
        A column that is needed is missing, or holds values that are no dates.
    ConfigError
        There is no as-of day, or an option is none of those above.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({
    ...     "required_date": pd.to_datetime(["2025-01-10", "2025-01-10", "2025-01-10", "2025-02-10"]),
    ...     "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-15", None, None]),
    ... })
    >>> slippage.per_line(lines, as_of="2025-01-31")[["days_late", "days_overdue", "outcome"]]
       days_late  days_overdue       outcome
    0       -2.0           NaN         early
    1        5.0           NaN          late
    2        NaN          21.0  overdue_open
    3        NaN           NaN       not_due
    """
    tolerance = Tolerance(late_days, early_days)
    got = judge(lines, as_of=as_of, due=due, calendar=calendar, under_share=under_share)
    frame, days = got.frame, got.days.astype(float)
    outcome = outcome_of(got.standing, got.days, tolerance)
    notes = suspicions(got, outcome)
    yield Counted(got.selection, (*got.hint, *notes))
    came = (got.standing == CAME) | (got.standing == AHEAD)
    result = by_line(
        frame,
        {
            "due_date": got.due.astype("datetime64[us]"),
            "delivered_date": got.delivered.astype("datetime64[us]"),
            "days_late": np.where(came, days, np.nan),
            "days_overdue": np.where(outcome == OVERDUE_OPEN, days, np.nan),
            "outcome": pd.array(OUTCOMES, dtype="string").take(outcome.astype(np.intp)),
            "reason": got.selection.reason(),
        },
    )
    return got.with_provenance(result, notes=notes)
