"""Two years: of which each line is, which connections are known in both, and the months as groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import part
from ..frames import (
    FILTERS,
    AsOfDays,
    Mask,
    categoricals,
    connections_of,
    days_of,
    narrowed_to,
    values,
    years_hidden_by,
)
from ..system import cached_property
from ._due_date import due_of
from ._holes import sparse_months, taken_over
from ._reach import (
    FEW_DAYS,
    QUIET_DAYS,
    asked_between,
    ends_before,
    first_orders,
    known_between,
    names_of,
    stopped,
    window_of,
)
from ._told import outcomes_hidden


def with_months(lines: pd.DataFrame, month: npt.NDArray[np.int8]) -> pd.DataFrame:
    """Return lines with the number of their month, 0 to 23, and of their year, 0 or 1, as text to group by."""
    names = [str(i) for i in range(24)]
    labels = {"month": month, "year": month // 12}
    out = lines.assign(**{name: categoricals.from_codes(names, code) for name, code in labels.items()})
    part(lines, None, out)
    return out


def months_before(day: pd.Timestamp, months: int) -> pd.Timestamp:
    """Return the day some months before; of the last day of a month the last day again.

    >>> months_before(pd.Timestamp("2025-02-28"), 12), months_before(pd.Timestamp("2025-06-30"), 1)
    (Timestamp('2024-02-29 00:00:00'), Timestamp('2025-05-31 00:00:00'))
    """
    was = day - pd.DateOffset(months=months)
    return was + pd.offsets.MonthEnd(0) if day.is_month_end else was


def day_in_words(day: pd.Timestamp) -> str:
    """Return a day in words, as "31 March 2025"."""
    return f"{day.day} {day:%B %Y}"


def days_in_words(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """Return the first and the last day of a time in words.

    >>> days_in_words(pd.Timestamp("2025-01-01"), pd.Timestamp("2025-03-31"))
    '1 January to 31 March 2025'
    """
    if start == end:
        return day_in_words(end)
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
        return "" if was == now else ", 29 February included" if was > now else ", which had no 29 February"

    @cached_property
    def due(self) -> str:
        """Which due date is looked at."""
        return due_of(self.lines)

    @cached_property
    def month_of_order(self) -> npt.NDArray[np.int8]:
        """0 for lines ordered in the first month of the year before, 23 for those in the last of the twelve, -1 for all others."""
        return self.month_of(days_of(self.lines, "order_date"))

    @cached_property
    def month_of_due(self) -> npt.NDArray[np.int8]:
        """The same by due date."""
        return self.month_of(days_of(self.lines, f"{self.due}_date"))

    @cached_property
    def year_of_order(self) -> npt.NDArray[np.int8]:
        """1 for lines ordered in the twelve months, 0 for the same days a year before, -1 for all others."""
        return self.month_of_order // 12

    @cached_property
    def year_of_due(self) -> npt.NDArray[np.int8]:
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
        return f"nothing{of} is known after {day_in_words(day)}"

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

    def month_of(self, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int8]:
        """Return 0 for days in the first of the 24 months that end with the as-of day, 23 for those in the last, else -1."""
        ends = [months_before(self.end, k) for k in range(24, -1, -1)]
        place = np.searchsorted(np.array(ends, dtype="datetime64[D]"), days.astype("datetime64[D]"), side="left")
        # NaT is sorted behind all days; a byte for each of a million lines, since years and months of lines are compared all over
        return np.append(np.arange(-1, 24), -1).astype(np.int8)[place]

    @cached_property
    def known_before(self) -> Mask:
        """Which lines are of a connection that is known from the start of the year before: only these can be compared."""
        return known_between(self.lines, self.first_day_before, self.end)

    def ordered_before_a_year_of(self, table: pd.DataFrame) -> Mask:
        """Which rows were ordered in the first twelve months of their connection's data: a year ago, none so old was there."""
        ordered = values(table, "order_date", "datetime64[us]").to_numpy().astype("datetime64[D]")
        connection = values(table, "connection", "string").astype("string").fillna("")
        first = first_orders(self.lines)
        starts = {name: window_of(self.lines, name, {})[0] or day for name, day in first.items()}
        until = connection.map({name: start + (self.end - self.before) for name, start in starts.items()}).to_numpy(
            dtype="datetime64[D]"
        )
        return np.asarray(ordered < until, dtype=np.bool_)  # nothing is before a day that is not known

    @property
    def uneven(self) -> str:
        """Why the amounts of the two years are not alike known; "" where they are."""
        return ""

    @cached_property
    def not_compared(self) -> str:
        """Why this year can't be compared with the one before; "" where it can."""
        if not self.dated or not self.in_year.any():
            return self.none_in_year
        if by := years_hidden_by(self.lines):
            return f"filtered by {', '.join(by)}"
        if (last := self.period[1]) < self.end:
            return f"orders up to {last.date()} are here: pass as_of='{last.date()}'"
        if (self.known_before & (self.year_of_order == 0)).any():
            return self.uneven
        return "nothing was ordered the year before" if self.known_before.any() else self._begins_too_late

    @property
    def _begins_too_late(self) -> str:
        """Why no connection is known in both years."""
        since, _ = asked_between(self.lines, self.ends)
        begins = min(first_orders(self.lines).values()) if since is None else since
        if begins >= self.first_day:
            return "the year before is not in the data"
        lacking = (begins - self.first_day_before).days
        if lacking <= (QUIET_DAYS if since is None else 0):
            return "no connection is known in both years"
        if since is not None:
            return f"orders from {since.date()} on are here"
        return f"the first order is of {day_in_words(begins)}: the year before may lack {lacking} days"

    @cached_property
    def last_orders(self) -> dict[str, pd.Timestamp]:
        """The last order day of each connection that is known in both years and stops long before the as-of day."""
        known = names_of(self.lines, self.known_before)
        stops = stopped(self.lines, self.first_day_before, self.end)
        return {name: day for name, day in stops.items() if name in known}

    @cached_property
    def missing_orders(self) -> str:
        """Which orders of the two years may be missing, in words; "" where none seem to."""
        known, first = self.known_before, first_orders(self.lines)
        names = connections_of(self.lines)
        day = days_of(self.lines, "order_date").astype(np.int64)
        code, month = names.codes.astype(np.intp)[known], self.month_of_order[known]
        if found := sparse_months(code, month, day[known], len(names.labels)):
            place, start, end = found
            whose = f" of {names.labels[place]}" if len(names_of(self.lines, known)) > 1 else ""
            days = days_in_words(
                months_before(self.end, 24 - start) + pd.Timedelta(days=1), months_before(self.end, 23 - end)
            )
            return f"hardly an order{whose} is from {days}: those of that time may be missing"
        there, last = names_of(self.lines, known), self.last_orders
        n_lines = np.bincount(names.codes[self.month_of_order >= 0].astype(np.intp), minlength=len(names.labels))
        share = dict(zip(map(str, names.labels), n_lines / max(n_lines.sum(), 1), strict=True))
        if found_two := taken_over(last, {n: day for n, day in first.items() if n not in there}, share):
            old, new = found_two
            return (
                f"{old} has no order after {day_in_words(last[old])}, and {new} begins on {day_in_words(first[new])}: "
                "its orders may go on there"
            )
        return ""

    @cached_property
    def begins_late(self) -> str:
        """That the year before lacks its first days, where nothing says that these were asked for; "" where it does not."""
        if self.not_compared or asked_between(self.lines, self.ends)[0] is not None:
            return ""
        known = names_of(self.lines, self.known_before)
        starts = {name: day for name, day in first_orders(self.lines).items() if name in known}
        late = {n: d for n, d in sorted(starts.items()) if (d - self.first_day_before).days > FEW_DAYS}
        of = {name: f" of {name}" if len(starts) > 1 else "" for name in late}
        return "".join(
            f" The first order{of[name]} is of {day_in_words(day)}: the year before may lack {(day - self.first_day_before).days} days."
            for name, day in late.items()
        )

    @cached_property
    def stops_early(self) -> str:
        """That the orders of a connection which is known in both years stop long before the as-of day; "" where none do."""
        last = self.last_orders
        if not last:
            return ""
        such = "such " if set(self.lines.attrs.get(FILTERS) or {}) - {"connection"} else ""
        whole = len(names_of(self.lines, np.ones(len(self.lines), dtype=bool))) == 1
        if whole:
            return f" There is no {such}order after {day_in_words(max(last.values()))}."
        told = [
            f"{name} has no {such}order after {day_in_words(last[name])}"
            for name in sorted(last, key=lambda n: last[n])
        ]
        return f" {'; '.join(told)}."

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

    @property
    def cut_by_due(self) -> bool:
        """Whether lines that fell due in the twelve months are left out by their due date."""
        return False

    def due_in_words(self, rows: Mask) -> str:
        """Return the days that the due dates of some lines span, where not all orders of the twelve months are here; else ""."""
        if not rows.any() or (not self.cut_by_due and self.period == (self.first_day, self.end)):
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
        return narrowed_to(self.lines)

    @property
    def ordered_when(self) -> str:
        """From when to when the lines that were picked were ordered, as ", of those ordered from 1 July 2024"; "" where all were."""
        picked = self.lines.attrs.get(FILTERS) or {}
        days = [(w, pd.Timestamp(picked[f"ordered {w}"])) for w in ("from", "to") if f"ordered {w}" in picked]
        words = " ".join(f"{word} {day_in_words(day)}" for word, day in days)
        return f", of those ordered {words}" if words else ""
