"""Each line against its due date: early, on time, late, overdue, not due yet, or not to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..delivery import standing
from ..errors import ConfigError
from ..provenance import AsOf, Selection, as_of_day, days_of, frame_of, stamp, values

EARLY, ON_TIME, LATE, OVERDUE_OPEN, NOT_DUE, EXCLUDED = range(6)
OUTCOMES = np.array(["early", "on_time", "late", "overdue_open", "not_due", "excluded"], dtype=object)
DUE_DATES = {"required": "required_date", "promised": "promised_date"}


@dataclass(frozen=True)
class Judged:
    """Outcome and days of each line."""

    outcome: npt.NDArray[np.int8]
    days_late: npt.NDArray[np.float64]  # missing unless delivered
    days_overdue: npt.NDArray[np.float64]  # missing unless open and past due
    due: npt.NDArray[np.datetime64]
    delivered: npt.NDArray[np.datetime64]
    selection: Selection
    frame: pd.DataFrame
    as_of: pd.Timestamp


def judge(lines: Any, *, as_of: AsOf | None, due: str, late_days: int, early_days: int | None, metric: str) -> Judged:
    """Return each line's outcome as of a day, and the book of the lines that can't be judged."""
    if due not in DUE_DATES:
        raise ConfigError(f"due={due!r}: pass 'required' or 'promised'")
    if late_days < 0 or (early_days is not None and early_days < 0):
        raise ConfigError("late_days and early_days are tolerances in days: pass 0 or more")
    frame = frame_of(lines, DUE_DATES[due], "delivered_date", metric=metric)
    day = as_of_day(frame, as_of)
    today = np.datetime64(day, "D")
    at = standing(frame, day)
    due_day = days_of(frame, DUE_DATES[due])
    delivered_day = days_of(frame, "delivered_date")
    selection = Selection(frame)
    deleted = values(frame, "deleted_at", "datetime64[us, UTC]").notna().to_numpy()
    selection.exclude(at.cancelled & deleted, "deleted")
    selection.exclude(at.cancelled, "cancelled")
    for reason, rows in at.unjudged.items():
        selection.exclude(rows, reason)
    selection.exclude(np.isnat(due_day), "no due date")

    kept = selection.kept
    late = _days(delivered_day, due_day, at.delivered & kept)
    overdue = _days(np.full(len(frame), today), due_day, at.open & kept)
    past = overdue > late_days
    too_early = late < -(early_days or 0)
    outcome = np.full(len(frame), NOT_DUE, dtype=np.int8)
    outcome[at.delivered] = np.where(late > late_days, LATE, np.where(too_early, EARLY, ON_TIME))[at.delivered]
    outcome[at.open & past] = OVERDUE_OPEN
    outcome[kept & (due_day > today)] = NOT_DUE  # delivered ahead of a due date that is still to come
    outcome[~kept] = EXCLUDED
    overdue[outcome != OVERDUE_OPEN] = np.nan
    return Judged(outcome, late, overdue, due_day, delivered_day, selection, frame, day)


def _days(end: Any, start: Any, rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    out = np.full(len(rows), np.nan)
    out[rows] = (end[rows] - start[rows]).astype("timedelta64[D]").astype(float)
    return out


def per_line(
    lines: Any, *, as_of: AsOf | None = None, due: str = "required", late_days: int = 0, early_days: int | None = None
) -> pd.DataFrame:
    """Days by which each line was delivered after (+) or before (-) its due date, and how it is judged.

    A line is delivered when its delivered date is on or before the as-of day and, where a received quantity is known, all of
    the quantity is received. On time is delivered by the due date plus ``late_days``; an open line is overdue once the as-of
    day is beyond that. A line whose due date is after the as-of day is not due, delivered or not. Left out, with the reason:
    cancelled, deleted, draft, returned, closed short, without a due date, called received without a delivery date.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``delivered_date`` and the due date.
    as_of : the day to look from; by default the lines' own
    due : "required" or "promised": which date is the due date
    late_days : days after the due date that still are on time
    early_days : where given, a delivery earlier than so many days before the due date is not on time

    Returns
    -------
    DataFrame, one row per line, in the order and with the index of ``lines``
        order_id, line_id, vendor_id, vendor_name : string
        due_date, delivered_date : datetime64
        days_late : float, positive late, negative early; missing unless delivered
        days_overdue : float, of open lines past due; missing otherwise
        outcome : string, "early", "on_time", "late", "overdue_open", "not_due" or "excluded"
        reason : string; missing unless excluded

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day is known; an option that is none.

    Examples
    --------
    >>> lines = pd.DataFrame({"required_date": pd.to_datetime(["2025-01-10"] * 3),
    ...     "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-15", None])})
    >>> per_line(lines, as_of="2025-01-31")[["days_late", "days_overdue", "outcome"]]
       days_late  days_overdue       outcome
    0       -2.0           NaN         early
    1        5.0           NaN          late
    2        NaN          21.0  overdue_open
    """
    j = judge(lines, as_of=as_of, due=due, late_days=late_days, early_days=early_days, metric="slippage.per_line")
    ids = {
        c: values(j.frame, c, "string").astype("string") for c in ("order_id", "line_id", "vendor_id", "vendor_name")
    }
    result = pd.DataFrame(
        {
            **ids,
            "due_date": pd.Series(j.due.astype("datetime64[us]"), index=j.frame.index),
            "delivered_date": pd.Series(j.delivered.astype("datetime64[us]"), index=j.frame.index),
            "days_late": j.days_late,
            "days_overdue": j.days_overdue,
            "outcome": pd.array(OUTCOMES[j.outcome], dtype="string"),
            "reason": j.selection.reason(),
        },
        index=j.frame.index,
    )
    parameters = {"due": due, "late_days": late_days, "early_days": early_days}
    return stamp(
        result, metric="slippage.per_line", parameters=parameters, selection=j.selection, lines=j.frame, as_of=j.as_of
    )
