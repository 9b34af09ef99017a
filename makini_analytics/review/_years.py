"""Two years: of which each line is, which connections are known in both, and the months as groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import (
    FILTERS,
    OWN_WINDOWS,
    AsOfDays,
    Mask,
    as_of_days,
    categoricals,
    days_of,
    encode,
    values,
    years_hidden_by,
)
from ..system import cached_property
from ._due_date import due_of
from ._told import outcomes_hidden

#: A connection whose first order lies this long after the start of a year is not known in that year.
_QUIET_DAYS = 31
#: Where the first order comes more than this many days after the start of the year before, a comparison mentions it.
_FEW_DAYS = 7


def known_between(lines: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> Mask:
    """Which lines are of a connection whose data reach from one day to another.

    Where it is not stated from when on orders were asked for, up to a month without an order at the start may be one without orders.
    """
    if years_hidden_by(lines):
        return np.zeros(len(lines), dtype=np.bool_)
    connection = encode(values(lines, "connection", "string"))
    ordered = days_of(lines, "order_date")
    names = [*map(str, connection.labels), ""]  # the last one is for lines without a connection, whose code is -1
    known = np.zeros(len(names), dtype=np.bool_)
    never = np.iinfo(np.int64).max
    # whole days since 1970: numpy finds the least of integers twenty times as fast as that of dates
    first = np.full(len(names), never)
    np.minimum.at(first, connection.codes, np.where(np.isnat(ordered), never, ordered.view(np.int64)))
    ends = ends_before(lines, end)
    for code in np.flatnonzero(first < never).tolist():
        since, until = window_of(lines, names[code], ends)
        begins = pd.Timestamp(int(first[code]) - _QUIET_DAYS, unit="D") if since is None else since
        known[code] = begins <= start and (until is None or until >= end)
    return known[connection.codes]


def ends_before(lines: pd.DataFrame, end: pd.Timestamp) -> dict[str, pd.Timestamp]:
    """Return the as-of day that the data state, of each connection where it comes before another day: after it nothing is known.

    Where it is the day of the latest change, as it is when nobody stated one, it may have been followed by days without a change: a
    week, or as many as the longest pause of that year.
    """
    if lines.attrs.get("as_of") is None or not (stated := as_of_days(lines, None)).day < end:
        return {}
    connection = encode(values(lines, "connection", "string"))
    days = pd.Series(days_of(lines, "updated_at")).groupby(connection.codes)
    changed, out = days.max(), {}
    for code, name in [*enumerate(map(str, connection.labels)), (-1, "")]:
        day = stated.of(name)
        last = changed.get(code)
        # a day in one zone is another in the next
        guessed = last is not None and not pd.isna(last) and abs(last - day) <= pd.Timedelta(days=1)
        pause = _longest_pause(days.get_group(code)) if guessed else pd.Timedelta(0)
        if code in changed.index and day + pause < end:
            out[name] = day
    return out


def _longest_pause(days: pd.Series) -> pd.Timedelta:
    """Return the longest time without a change in the year up to the last one, or a few days."""
    there = days[days > days.max() - pd.Timedelta(days=365)].drop_duplicates().sort_values()
    return max(there.diff().max(), pd.Timedelta(days=_FEW_DAYS)) if len(there) > 1 else pd.Timedelta(days=_FEW_DAYS)


def window_of(
    lines: pd.DataFrame, connection: str, ends: Mapping[str, pd.Timestamp]
) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Return the first and the last order date that is known of a connection, by what was asked for; None where that is not stated."""
    shared = lines.attrs.get("since"), lines.attrs.get("until")
    own: dict[Any, Any] = lines.attrs.get(OWN_WINDOWS) or {}
    since, until = (None if d is None else pd.Timestamp(d) for d in own.get(connection, shared))
    return since, min((d for d in (until, ends.get(connection)) if d is not None), default=None)


def asked_between(
    lines: pd.DataFrame, ends: Mapping[str, pd.Timestamp]
) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Return the first and the last order date that is known of any connection; None where there may be others."""
    names = encode(values(lines, "connection", "string")).labels
    windows = [window_of(lines, str(name), ends) for name in names] or [window_of(lines, "", ends)]
    first, last = zip(*windows, strict=True)
    return None if None in first else min(first), None if None in last else max(last)


def with_months(lines: pd.DataFrame, month: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return lines with the number of their month, 0 to 23, and of their year, 0 or 1, as text to group by."""
    names = [str(i) for i in range(24)]
    labels = {"month": month, "year": month // 12}
    return lines.assign(**{name: categoricals.from_codes(names, code) for name, code in labels.items()})


def months_before(day: pd.Timestamp, months: int) -> pd.Timestamp:
    """Return the day some months before; of the last day of a month the last day again.

    >>> months_before(pd.Timestamp("2025-02-28"), 12), months_before(pd.Timestamp("2025-06-30"), 1)
    (Timestamp('2024-02-29 00:00:00'), Timestamp('2025-05-31 00:00:00'))
    """
    was = day - pd.DateOffset(months=months)
    return was + pd.offsets.MonthEnd(0) if day.is_month_end else was


def days_in_words(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """Return the first and the last day of a time in words.

    >>> days_in_words(pd.Timestamp("2025-01-01"), pd.Timestamp("2025-03-31"))
    '1 January to 31 March 2025'
    """
    if start == end:
        return f"{end.day} {end:%B %Y}"
    return f"{start.day} {start:%B}{'' if start.year == end.year else f' {start.year}'} to {end.day} {end:%B %Y}"


class Years:
    """The twelve months up to the as-of day and those before: of which each line is, and what of both is known."""

    day: AsOfDays

    @property
    def lines(self) -> pd.DataFrame:
        """All lines."""
        raise NotImplementedError

    @property
    def end(self) -> pd.Timestamp:
        """The last day of the twelve months."""
        return self.day.day

    @property
    def before(self) -> pd.Timestamp:
        """The last day of the twelve months before."""
        return months_before(self.end, 12)

    @property
    def first_day(self) -> pd.Timestamp:
        """The first day of the twelve months."""
        return self.before + pd.Timedelta(days=1)

    @property
    def first_day_before(self) -> pd.Timestamp:
        """The first day of the twelve months before."""
        return months_before(self.end, 24) + pd.Timedelta(days=1)

    @property
    def leap_day(self) -> str:
        """That the year before has a day more or less, which is a part of any change; "" where it has as many."""
        was, now = (last - first for first, last in ((self.first_day_before, self.before), (self.first_day, self.end)))
        return "" if was == now else f", with a day {'more' if was > now else 'less'}"

    @cached_property
    def due(self) -> str:
        """Which due date is looked at."""
        return due_of(self.lines)

    @cached_property
    def month_of_order(self) -> npt.NDArray[np.int64]:
        """0 for lines ordered in the first month of the year before, 23 for those in the last of the twelve, -1 for all others."""
        return self.month_of(days_of(self.lines, "order_date"))

    @cached_property
    def month_of_due(self) -> npt.NDArray[np.int64]:
        """The same by due date."""
        return self.month_of(days_of(self.lines, f"{self.due}_date"))

    @cached_property
    def year_of_order(self) -> npt.NDArray[np.int64]:
        """1 for lines ordered in the twelve months, 0 for the same days a year before, -1 for all others."""
        return self.month_of_order // 12

    @cached_property
    def year_of_due(self) -> npt.NDArray[np.int64]:
        """The same by due date."""
        return self.month_of_due // 12

    @cached_property
    def dated(self) -> bool:
        """Whether any line has an order date."""
        return bool((~np.isnat(days_of(self.lines, "order_date"))).any())

    @cached_property
    def has_due_dates(self) -> bool:
        """Whether any line has a due date."""
        return bool((~np.isnat(days_of(self.lines, f"{self.due}_date"))).any())

    @cached_property
    def ends(self) -> dict[str, pd.Timestamp]:
        """The last day that is known of each connection, where that is before the as-of day."""
        return ends_before(self.lines, self.end)

    @property
    def known_until(self) -> str:
        """After which day nothing is known, in words; "" where that is the as-of day."""
        if not self.ends:
            return ""
        day = min(self.ends.values())
        whole = len(self.ends) == len(set(values(self.lines, "connection", "string").dropna())) or "" in self.ends
        of = "" if whole else f" of {', '.join(sorted(self.ends))}"
        return f"nothing{of} is known after {day.day} {day:%B %Y}"

    @property
    def unknown_since(self) -> str:
        """Why what goes by the as-of day can't be told; "" where it can."""
        return f"{self.known_until}: pass as_of='{min(self.ends.values()).date()}'" if self.ends else ""

    def untellable(self, figure: str) -> str:
        """Why a figure of what became of lines, as "late" or "overdue", can't be told; "" where it can."""
        return self.unknown_since or outcomes_hidden(self.lines, of_open=figure == "overdue")

    @property
    def none_in_year(self) -> str:
        """Why there is no line in the twelve months, where there is none."""
        if self.dated and self.ends and self.period[0] > self.period[1]:
            return self.unknown_since
        return "nothing was ordered in the twelve months" if self.dated else "no line has an order date"

    @cached_property
    def in_year(self) -> Mask:
        """Which lines were ordered in the twelve months; all where no line is dated."""
        return self.year_of_order == 1 if self.dated else np.ones(len(self.lines), dtype=bool)

    @cached_property
    def in_year_due(self) -> Mask:
        """Which lines fell due in the twelve months; all where no line has a due date."""
        return self.year_of_due == 1 if self.has_due_dates else np.ones(len(self.lines), dtype=bool)

    def month_of(self, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
        """Return 0 for days in the first of the 24 months that end with the as-of day, 23 for those in the last, else -1."""
        ends = [months_before(self.end, k) for k in range(24, -1, -1)]
        place = np.searchsorted(np.array(ends, dtype="datetime64[D]"), days.astype("datetime64[D]"), side="left")
        return np.where(np.isnat(days) | (place == 0) | (place == 25), -1, place - 1).astype(np.int64)

    @cached_property
    def known_before(self) -> Mask:
        """Which lines are of a connection that is known from the start of the year before: only these can be compared."""
        return known_between(self.lines, self.first_day_before, self.end)

    @cached_property
    def not_compared(self) -> str:
        """Why this year can't be compared with the one before; "" where it can."""
        if not self.dated or not self.in_year.any():
            return self.none_in_year
        if by := years_hidden_by(self.lines):
            return f"filtered by {', '.join(by)}"
        if (last := self.period[1]) < self.end:
            return f"orders up to {last.date()} are here: pass as_of='{last.date()}'"
        known = self.known_before
        return "" if (known & (self.year_of_order == 0)).any() else "the year before is not in the data"

    @cached_property
    def begins_late(self) -> str:
        """That the year before lacks its first days, where nothing says that these were asked for; "" where it does not."""
        ordered = days_of(self.lines, "order_date")[self.known_before]
        if self.not_compared or asked_between(self.lines, self.ends)[0] is not None:
            return ""
        first = pd.Timestamp(ordered[~np.isnat(ordered)].min())
        lacking = (first - self.first_day_before).days
        day = f"{first.day} {first:%B %Y}"
        return f" The first order is of {day}: the year before may lack {lacking} days." if lacking > _FEW_DAYS else ""

    @cached_property
    def period(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last day of what is looked at: the twelve months, or the part of them that the data were asked for."""
        first, last = asked_between(self.lines, self.ends)
        return self.first_day if first is None else max(self.first_day, first), self.end if last is None else min(
            self.end, last
        )

    @property
    def in_period(self) -> str:
        """The same in words, as "in twelve months" and "1 January to 31 March 2025"."""
        start, end = self.period
        if (start, end) == (self.first_day, self.end) or start > end:
            return "in twelve months"
        return days_in_words(start, end)

    def due_in_words(self, rows: Mask) -> str:
        """Return the days that the due dates of some lines span, where not all orders of the twelve months are here; else ""."""
        if self.period == (self.first_day, self.end) or not rows.any():
            return ""
        days = days_of(self.lines, f"{self.due}_date")[rows]
        return days_in_words(pd.Timestamp(days.min()), pd.Timestamp(days.max()))

    @property
    def period_in_words(self) -> str:
        """The same as a subtitle begins."""
        start, end = self.period
        if start > end:  # a filter ends before the twelve months begin, or begins after them
            return f"Twelve months, {days_in_words(self.first_day, self.end)}, of which the data have no day"
        days = days_in_words(start, end)
        return f"Twelve months, {days}" if self.in_period == "in twelve months" else days

    @property
    def only(self) -> str:
        """What the lines were narrowed to."""
        return ", ".join(f"{name} {text}" for name, text in (self.lines.attrs.get(FILTERS) or {}).items())
