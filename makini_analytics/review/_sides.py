"""Two periods of equal length, the later one and the one before, each with the lines that belong to it and the day to look from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    CENSORED,
    DELIVERED,
    NOT_RECORDED,
    Ages,
    By,
    Groups,
    PandasColumns,
    Standing,
    ages,
    day_in,
    group_lines,
    standing_on,
)
from ..errors import ConfigError
from ..frames import AsOfDays, Mask, days_of, moment_of, starts_after
from ._reach import known_between
from ._view import View
from ._years import months_before

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Parts that a period is cut into, and the days that one has at least. What falls into one part hangs together, whole orders and
#: projects long, so a part counts once.
_PARTS, _SHORTEST = 12, 14
#: What deliveries are judged by, besides days.
_DELIVERY = {"connection", "order_id", "order_number", "state", "quantity", "received_quantity", "unit_of_measure", "n_receipts", "amount", "currency", "unreadable"}  # fmt: skip
#: Added to the lines: their group and the part of the period.
GROUP, PART = "group of the card", "part of the period"


@dataclass(frozen=True)
class Side:
    """One period: its first and last day, and the day from which it is looked at."""

    view: View
    groups: Groups
    since: pd.Timestamp
    until: pd.Timestamp
    as_of: AsOfDays
    known: Mask  # lines of connections whose data reach back to the period before
    earlier: bool  # whether this is the period before

    @cached_property
    def edges(self) -> npt.NDArray[np.datetime64]:
        """The first days of the parts, and the day after the last one."""
        days = (self.until - self.since).days + 1
        n = max(1, min(_PARTS, days // _SHORTEST))
        cuts = np.rint(np.linspace(0, days, n + 1)).astype(np.int64)
        out: npt.NDArray[np.datetime64] = self.since.to_datetime64().astype("datetime64[D]") + cuts
        return out

    def part_of(self, column: str) -> Ints:
        """Return the part that each line's day in a column lies in, -1 outside of the period.

        Lines of connections that are not known before have no part in the period before, and -2 in the later one: they can't be compared.
        """
        days = days_of(self.view.lines, column).astype("datetime64[D]")
        place = np.searchsorted(self.edges, days, side="right") - 1
        inside = ~np.isnat(days) & (place >= 0) & (place < len(self.edges) - 1)
        return np.where(inside, np.where(self.known, place, -1 if self.earlier else -2), -1).astype(np.int64)

    @cached_property
    def by_order(self) -> Ints:
        """The part in which each line was ordered."""
        return self.part_of("order_date")

    @cached_property
    def ordered(self) -> pd.DataFrame:
        """The lines ordered in the period."""
        return self.lines(self.by_order)

    @cached_property
    def fell_due(self) -> pd.DataFrame:
        """The lines required in the period, with what deliveries are judged by."""
        return self.due("required")

    def due(self, which: str) -> pd.DataFrame:
        """Return the lines required, or promised, in the period, of which something says whether they came.

        Lines are wide, and copying all of their columns is slow.
        """
        names = [c for c in self.view.narrow if c in _DELIVERY or str(c).endswith(("_date", "_at"))]
        return self.lines(np.where(self.view.unjudged | self.cut, -1, self.part_of(f"{which}_date")), names)

    @cached_property
    def cut(self) -> Mask:
        """Which lines are of a connection of which only a part of the period before is judged."""
        none = np.zeros(len(self.view.lines), dtype=np.bool_)
        return starts_after(self.view.lines, self.view.recorded.since, self.since) if self.earlier else none

    @cached_property
    def told(self) -> Mask:
        """Of which of them something says whether they came."""
        out: Mask = ~(self.view.unjudged | self.cut)[self.by_order != -1]
        return out

    @cached_property
    def waited_for(self) -> pd.DataFrame:
        """These lines."""
        return self.ordered if self.told.all() else self.ordered[self.told]

    @cached_property
    def ages(self) -> Ages:
        """How the lines ordered in the period stand by then, and for how many days they took or have been waited for."""
        return ages(self.ordered, as_of=self.as_of)

    @cached_property
    def stands(self) -> Standing:
        """How they stand by then, whether the days of deliveries are recorded or not."""
        columns = PandasColumns(self.ordered)
        return standing_on(columns, day_in(columns, self.as_of))

    @cached_property
    def group(self) -> Ints:
        """Their groups."""
        out: Ints = self.groups.codes[self.by_order != -1].astype(np.int64)
        return out

    @cached_property
    def part(self) -> Ints:
        """Their parts of the period."""
        out: Ints = self.by_order[self.by_order != -1]
        return out

    @cached_property
    def days_to_come(self) -> Floats:
        """The days after which each of them came; infinite where it has not."""
        return np.where(self.ages.outcome == DELIVERED, self.ages.days, np.inf)

    @cached_property
    def delivered_or_open(self) -> Mask:
        """Which of them came, or are still to come; of the others nobody knows when they would have come."""
        return np.isin(self.ages.outcome, (DELIVERED, CENSORED)) & self.told

    @cached_property
    def still_open(self) -> Mask:
        """Which of all lines are still to come, those of connections that record no days of delivery, too."""
        undated = np.isnat(days_of(self.view.lines, "delivered_date"))
        every = ages(self.view.lines, as_of=self.as_of)
        out: Mask = (every.outcome == CENSORED) | (every.selection.rows(NOT_RECORDED) & undated)
        return out

    @property
    def keys(self) -> list[str]:
        """What a figure is to group by so that it has the card's groups; with the connection, where it tells them apart."""
        return [*(["connection"] if "connection" in self.groups.keys else []), GROUP]

    def lines(self, part: Ints, columns: list[Any] | None = None) -> pd.DataFrame:
        """Return the lines of the period, with the numbers of their group and part to group by."""
        rows = part != -1
        whole = self.view.narrow
        out: pd.DataFrame = (whole if columns is None else whole[columns])[rows]
        # as categories, whose codes need not be found for every figure anew
        number = {
            GROUP: (self.groups.codes[rows], range(len(self.groups))),
            PART: (part[rows] + 2, range(-2, _PARTS + 1)),
        }
        return out.assign(
            **{
                name: pd.Categorical.from_codes(codes, pd.RangeIndex(of.start, of.stop))
                for name, (codes, of) in number.items()
            }
        )

    def of_groups(self, table: pd.DataFrame, column: str, empty: float = np.nan) -> Floats:
        """Return a column of a figure by group of the card."""
        out = np.full(len(self.groups), empty)
        out[table[GROUP].astype("int64").to_numpy()] = table[column].to_numpy(dtype=float, na_value=np.nan)
        return out


def sides_of(view: View, by: By, since: Any, until: Any) -> tuple[Side, Side]:
    """Return the period and the one before it.

    The period before has as many months, where the period is whole months, else as many days. It is looked at from as many days after
    its end: a line of last week has had less time to come than one of last year, unless both are given the same.

    Raises
    ------
    ConfigError
        ``since`` or ``until`` is no date, or the period is empty.
    """
    # without lines there is no as-of day, and any period will do
    last: Any = _day("until", until or since or "2000-01-01") if pd.isna(view.day.day) else view.end
    end: Any = last if until is None else min(_day("until", until), last)
    start = months_before(end, 12) + pd.Timedelta(days=1)
    if since is not None:
        start = _day("since", since)
    if start > end:
        raise ConfigError(f"since={start.date()} is after the last day of the period, {end.date()}")
    back = _length(start, end)
    known = known_between(view.lines, start - back, end)
    groups = group_lines(view.lines, by)
    day = view.day
    ago = end - start + pd.Timedelta(days=1)
    earlier = AsOfDays(day.day - ago, {name: own - ago for name, own in day.own.items()})
    after = Side(view, groups, start, end, day, known, earlier=False)
    return after, Side(view, groups, start - back, start - pd.Timedelta(days=1), earlier, known, earlier=True)


def _day(name: str, value: Any) -> pd.Timestamp:
    day = moment_of(name, value, last=name == "until")
    return (day if day.tz is None else day.tz_convert("UTC").tz_localize(None)).normalize()


def _length(start: pd.Timestamp, end: pd.Timestamp) -> pd.DateOffset:
    """Return the length of a period in months, where it is whole months, else in days.

    >>> _length(pd.Timestamp("2025-01-01"), pd.Timestamp("2025-03-31")), _length(pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-10"))
    (<DateOffset: months=3>, <DateOffset: days=10>)
    """
    after = end + pd.Timedelta(days=1)
    months = (after.year - start.year) * 12 + after.month - start.month
    if months > 0 and start + pd.DateOffset(months=months) == after:
        return pd.DateOffset(months=months)
    return pd.DateOffset(days=(after - start).days)
