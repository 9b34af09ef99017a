"""How a line is judged against its due date: the one rule of this room, for single lines and for counts of them.

The days and the standing of a line don't depend on any tolerance; the outcome does. So lines are counted by
standing and days once, and `outcome_of` reads the outcomes off the lines or off the counts alike, under any
tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..calendars import WorkCalendar, day_counter
from ..delivery import standing
from ..errors import ConfigError
from ..provenance import AsOf, Selection, as_of_day, days_of, frame_of, values

OUTCOMES = ("early", "on_time", "late", "overdue_open", "not_due", "excluded")
EARLY, ON_TIME, LATE, OVERDUE_OPEN, NOT_DUE, EXCLUDED = range(6)

#: Standings: delivered and due by as-of; delivered ahead of a due date that is still to come; open; not to be judged.
DELIVERED, AHEAD, OPEN, UNJUDGED = range(4)

DUE_DATES = {"required": "required_date", "promised": "promised_date"}
Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Tolerance:
    """Which deliveries are on time: up to ``late_days`` after the due date, and not earlier than ``early_days`` before it."""

    late_days: float = 0
    early_days: float | None = None  # None: however early, it is on time

    def __post_init__(self) -> None:
        for name, days in (("late_days", self.late_days), ("early_days", self.early_days)):
            if days is None and name == "early_days":
                continue
            number = isinstance(days, (int, float, np.number)) and not isinstance(days, bool)
            if not (number and days is not None and 0 <= days < np.inf):
                raise ConfigError(f"{name}={days!r}: pass a number of days, 0 or more")


@dataclass(frozen=True)
class Judged:
    """Each line's standing, and its days after the due date: at the delivery, or for an open line at the as-of day."""

    frame: pd.DataFrame
    as_of: pd.Timestamp
    selection: Selection
    due: Days
    delivered: Days
    standing: Ints
    days: Ints  # 0 for lines that can't be judged
    parameters: dict[str, str]  # the calendar, where working days are counted


def judge(lines: Any, *, as_of: AsOf | None, due: str, metric: str, calendar: WorkCalendar = None) -> Judged:
    """Return how each line stands to its due date on a day, and the book of the lines that can't be judged."""
    if due not in DUE_DATES:
        raise ConfigError(f"due={due!r}: pass 'required' (required_date) or 'promised' (promised_date)")
    frame = frame_of(lines, DUE_DATES[due], "delivered_date", metric=metric)
    day = as_of_day(frame, as_of)
    stands = standing(frame, day)
    until = day.to_datetime64().astype("datetime64[D]")
    due_day, delivered_day = days_of(frame, DUE_DATES[due]), days_of(frame, "delivered_date")

    selection = Selection(frame)
    selection.exclude(values(frame, "deleted_at", "datetime64[us, UTC]").notna().to_numpy(), "deleted")
    selection.exclude(stands.cancelled, "cancelled")
    for reason, rows in stands.unjudged.items():
        selection.exclude(rows, reason)
    selection.exclude(np.isnat(due_day), "no due date")

    kept = selection.kept
    days = np.zeros(len(frame), dtype=np.int64)
    ends = np.where(stands.delivered, delivered_day, until)
    counter = day_counter(frame, calendar, due_day[kept], ends[kept])
    days[kept] = counter.between(counter.rolled(due_day), ends)[kept]
    how = np.where(stands.delivered, np.where(due_day <= until, DELIVERED, AHEAD), OPEN)
    how[~kept] = UNJUDGED
    chosen = {"calendar": counter.name} if counter.working else {}
    return Judged(frame, day, selection, due_day, delivered_day, how.astype(np.int64), days, chosen)


def outcome_of(how: int | Ints, days: Ints, tolerance: Tolerance) -> Ints:
    """Return the outcome (position in `OUTCOMES`) of each standing and number of days after the due date."""
    late, early = days > tolerance.late_days, days < -(tolerance.early_days or 0)
    delivered = np.where(late, LATE, np.where(early, EARLY, ON_TIME))
    still_open = np.where(late, OVERDUE_OPEN, NOT_DUE)
    return np.choose(how, [delivered, np.int64(NOT_DUE), still_open, np.int64(EXCLUDED)])


def suspicions(got: Judged, outcome: Ints) -> tuple[str, ...]:
    """Return what makes the due dates doubtful: copied from the delivery, or from the order. Silent below 20 due lines."""
    judged = (outcome != NOT_DUE) & (outcome != EXCLUDED)
    n = int(judged.sum())
    if n < 20:
        return ()
    doubts = []
    if np.mean((got.standing[judged] == DELIVERED) & (got.days[judged] == 0)) > 0.95:
        doubts.append("delivered exactly on their due date: the due date may be filled in from the delivery")
    if "order_date" in got.frame and np.mean(days_of(got.frame, "order_date")[judged] == got.due[judged]) > 0.95:
        doubts.append("due on the day of their order: the due date may be filled in by default")
    return tuple(f"Doubtful due dates: more than 95 % of the {n:,} due lines are {doubt}." for doubt in doubts)
