"""Whose lead time changed, when, and whether it lasted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    DELIVERED,
    ENDS,
    STARTS,
    UNDATED,
    Ages,
    By,
    Counted,
    InSteps,
    WorkCalendar,
    ages,
    at_risk,
    count_days,
    figure,
    first_day_at,
    group_lines,
    kaplan_meier,
)
from ..frames import AsOf

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: On either side of a change there are so many lines and months, at least.
_LINES, _MONTHS = 20, 3
#: Orders in which the months are drawn. A group whose change is rarely beaten in the first ones is asked about in more, since of
#: many groups only a very small p-value is a discovery.
_ROUNDS, _BEATEN = (199, 1_999, 9_999), 10
#: Of what is called a change so much is none, on average.
_FALSE_SHARE = 0.05
#: How seldom chance alone may lead back, where a change is called one that did not last.
_BACK = 0.01
#: How far the squared statistic of another day may lie below the largest one, in variances of a score, for a 95 % interval (Hansen 2000).
_WITHIN = 7.35


@figure(start=STARTS, end=ENDS)
def shifts(
    lines: Any,
    *,
    by: By = "vendor",
    as_of: AsOf | None = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> InSteps:
    """Whose lead time changed from one level to another, when, by how much, and whether it lasted.

    For each day on which something was ordered the lines ordered before it are compared with those from it on, by the log-rank test:
    the sum of their scores, delivered (1 or 0) less the hazard that the group's lines of that age have gathered on average. Open
    lines have been waited for only so long, and count so: a last month of which little has come is no improvement, and none of
    slow lines is worse. The day with the largest statistic is the day of the change. Since it was chosen, its p-value is found by
    putting the months of the group in random order, up to 9,999 times, and looking for the largest one each time: what is ordered in
    one month hangs together. Of what is called a change 5 % is none, on average (Benjamini and Hochberg 1995).

    The interval of the day holds those whose statistic is nearly as large (Hansen 2000). ``lasting`` is False where among the lines
    after the change another one leads back. Of a change and its way back, that is told which parts the lines better.
    A change takes 20 lines and three months on both sides; groups with less are not tested.
    A drift is called a change somewhere in its middle, and so is the half of the year in which a season is slow: look at the months.

    The lines are those of ``lead_times.by_vendor``; besides those that it leaves out, lines cancelled on an unknown day are.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date``, ``delivered_date``, and the columns of ``by``.
    by : "vendor", a column, several, or None for all lines together
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    start, end, calendar : as in `lead_times.by_vendor`

    Returns
    -------
    DataFrame, one row per group, the clearest change first, those that are not tested last
        the columns of ``by``
        n_lines, n_months : int, lines, and months in which something was ordered
        shifted : boolean; missing where not tested
        shift_date : datetime64, first day of the new level; missing unless ``shifted``, like all that follows
        low, high : datetime64, 95 % interval of that day
        median_before, median_after : float, days, of the lines ordered before and from that day on; missing where not yet estimable
        lasting : boolean; missing where too few lines follow to tell
        p_value : float, 0..1, adjusted for the number of groups; missing where not tested
        connection : string, where the lines have one

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; an unknown option.

    Examples
    --------
    >>> from makini_analytics import lead_times
    >>> import pandas as pd
    >>> days = pd.date_range("2024-01-01", "2025-06-30", freq="3D")
    >>> lines = pd.DataFrame({"vendor_id": "a", "order_date": days})
    >>> took = [20 + i % 5 + (10 if day >= pd.Timestamp("2025-01-05") else 0) for i, day in enumerate(days)]
    >>> lines["delivered_date"] = days + pd.to_timedelta(took, unit="D")
    >>> lead_times.shifts(lines, as_of="2025-12-31")[["shifted", "shift_date", "median_before", "median_after", "lasting"]]
       shifted shift_date  median_before  median_after  lasting
    0     True 2025-01-07           22.0          32.0     True
    """
    got = ages(lines, as_of=as_of, by=by, start=start, end=end, calendar=calendar)
    got.selection.exclude(got.outcome == UNDATED, "cancelled on an unknown day")
    yield Counted(got.selection, got.notes)
    groups = group_lines(got.frame, by)
    n = len(groups) if len(got.frame) else 0
    orders = _Orders.of(got, groups.codes, n)
    parts = [orders.group(g) for g in range(n)]
    p_value = np.array([part.p_value() for part in parts], dtype=float)
    adjusted = _adjusted(p_value)
    clear = adjusted <= _FALSE_SHARE
    none = np.datetime64("NaT", "D")
    found = [part.change() if c else None for part, c in zip(parts, clear, strict=True)]
    days = np.array([[none] * 3 if f is None else [f.day, f.low, f.high] for f in found], "datetime64[D]").reshape(n, 3)
    before, after = _medians(got, groups.codes, days[:, 0])
    keys = groups.keys.iloc[:n]
    result = (keys.drop(columns="connection", errors="ignore") if by == "vendor" else keys).assign(
        n_lines=np.array([part.n_lines for part in parts], dtype=np.int64),
        n_months=np.array([len(part.months) for part in parts], dtype=np.int64),
        shifted=pd.array(clear, dtype="boolean"),
        **dict(zip(("shift_date", "low", "high"), days.T.astype("datetime64[us]"), strict=True)),
        median_before=before,
        median_after=after,
        lasting=pd.array([None if f is None else f.lasting for f in found], dtype="boolean"),
        p_value=adjusted,
    )
    result.loc[np.isnan(p_value), "shifted"] = pd.NA
    if by == "vendor" and "connection" in keys:
        result["connection"] = keys["connection"]
    rows = np.lexsort((-result["n_lines"], np.nan_to_num(adjusted, nan=2.0)))
    rows = rows[got.groups_there(groups)[rows]]  # by=None makes one group, of nothing
    return got.with_provenance(result.iloc[rows].reset_index(drop=True), notes=got.notes)


@dataclass(frozen=True)
class _Change:
    """A change: its day, the interval of it, and whether it lasted."""

    day: Any
    low: Any
    high: Any
    lasting: bool | None


@dataclass(frozen=True)
class _Months:
    """Sums of scores over what was ordered in each month, or on each day, of one group, in the order of time."""

    score: Floats
    n: Floats

    def statistic(self, orders: Ints | None = None) -> Floats:
        """Return the log-rank statistic between each two months, of lines before and after; -1 where either are too few.

        ``orders`` are other orders of the months, one per row.
        """
        score, n = (self.score, self.n) if orders is None else (self.score[orders], self.n[orders])
        total, before = self.n.sum(), np.cumsum(n, axis=-1)[..., :-1]
        so_far = np.cumsum(score, axis=-1)[..., :-1]
        variance = before * (total - before) / total  # of a sum of scores whose total is 0, but for one factor
        enough = (before >= _LINES) & (total - before >= _LINES)
        out: Floats = np.where(enough, np.abs(so_far) / np.sqrt(np.maximum(variance, 1e-9)), -1.0)
        return out


@dataclass(frozen=True)
class _Group:
    """The lines of one group by day of the order, with the score of each."""

    day: Ints  # of each line, rising; whole days since 1970
    score: Floats

    @property
    def n_lines(self) -> int:
        return len(self.day)

    @property
    def month(self) -> Ints:
        """The month of each line."""
        return self.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)

    @property
    def months(self) -> Ints:
        """The months that occur."""
        return np.unique(self.month)

    def _by(self, unit: Ints) -> _Months:
        _, place = np.unique(unit, return_inverse=True)
        return _Months(np.bincount(place, self.score).astype(np.float64), np.bincount(place).astype(np.float64))

    def p_value(self) -> float:
        """Return how often months in random order have as large a change somewhere; missing where too little is there."""
        if self.n_lines < 2 * _LINES or len(self.months) < 2 * _MONTHS:
            return np.nan
        months = self._by(self.month)
        inner = slice(_MONTHS - 1, len(months.n) - _MONTHS)
        largest = months.statistic()[inner].max()
        if largest < 0:
            return np.nan
        random, beaten, drawn = np.random.default_rng(0), 0, 0
        for until in _ROUNDS:
            orders = np.tile(np.arange(len(months.n)), (until - drawn, 1))
            orders = random.permuted(orders, axis=1)
            beaten += int((months.statistic(orders)[:, inner].max(axis=1) >= largest - 1e-9).sum())
            drawn = until
            if beaten > _BEATEN:
                break
        return (1 + beaten) / (1 + drawn)

    def change(self) -> _Change:
        """Return the day of the largest change, what else it may be, and whether a later change leads back."""
        days, statistic = np.unique(self.day), self._by(self.day).statistic()
        first, last = self.months[_MONTHS], self.months[-_MONTHS]
        month = days[1:].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        statistic = np.where((month >= first) & (month <= last), statistic, -1.0)
        at = int(statistic.argmax())
        day = days[1:][at]
        near = np.flatnonzero(statistic >= np.sqrt(max(statistic[at] ** 2 - _WITHIN * self._variance(day), 0.0)))
        low, middle, high = (np.datetime64(int(d), "D") for d in (days[1:][near[0]], day, days[1:][near[-1]]))
        return _Change(middle, low, high, self._lasting(int(day)))

    def _variance(self, day: int) -> float:
        """Return the variance of a line's score, as it adds up over months, around the mean of its side."""
        side = self.day >= day
        unit = np.unique(np.column_stack([side, self.month]), axis=0, return_inverse=True)[1].reshape(-1)
        n, total = np.bincount(unit), np.bincount(unit, self.score)
        mean = np.array([self.score[~side].mean(), self.score[side].mean()])
        off = total - np.bincount(unit, mean[side.astype(np.intp)])
        return float((off**2 / n).sum() / max(len(n) - 2, 1))

    def _lasting(self, day: int) -> bool | None:
        """Return whether no change back is found among the lines from a day on; None where too few are there to look."""
        later = self.day >= day
        after = _Group(self.day[later], self.score[later] - self.score[later].mean())
        p = after.p_value()
        if np.isnan(p):
            return None
        if p > _BACK:
            return True
        again = after.change().day.astype(np.int64)
        moved = self.score[later].mean() - self.score[~later].mean()
        back = after.score[after.day >= again].mean() - after.score[after.day < again].mean()
        return bool(moved * back > 0)


@dataclass(frozen=True)
class _Orders:
    """The lines that count, sorted by group and day of the order."""

    begins: Ints  # of each group, and the end of the last
    day: Ints
    score: Floats

    @classmethod
    def of(cls, got: Ages, codes: npt.NDArray[np.intp], n_groups: int) -> _Orders:
        """Return the lines with their scores: delivered or not, less the hazard of their group's lines up to their age."""
        kept = got.selection.kept
        code, waited = codes[kept].astype(np.int64), got.days[kept].astype(np.int64)
        came = got.outcome[kept] == DELIVERED
        table = count_days(code, waited, (~came).astype(np.int8), n_groups=n_groups, n_kinds=2)
        hazard = table.running(np.add, table.counts[:, 0] / at_risk(table))
        wide = int(waited.max(initial=0)) + 1
        place = np.searchsorted(table.group * wide + table.day, code * wide + waited)
        day = got.ordered[kept].astype("datetime64[D]").astype(np.int64)
        order = np.lexsort((day, code))
        begins = np.searchsorted(code[order], np.arange(n_groups + 1))
        return cls(begins, day[order], (came - hazard[place])[order] if len(place) else np.zeros(0))

    def group(self, g: int) -> _Group:
        """Return the lines of one group."""
        rows = slice(self.begins[g], self.begins[g + 1])
        return _Group(self.day[rows], self.score[rows])


def _adjusted(p: Floats) -> Floats:
    """Return p-values adjusted for their number: a share of false discoveries at which each would be one (Benjamini and Hochberg 1995).

    >>> _adjusted(np.array([0.01, 0.04, np.nan, 0.02])).round(3).tolist()
    [0.03, 0.04, nan, 0.03]
    """
    out = np.full(len(p), np.nan)
    rising = np.argsort(p, kind="stable")[: int((~np.isnan(p)).sum())]
    scaled = p[rising] * len(rising) / np.arange(1, len(rising) + 1)
    out[rising] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out


def _medians(got: Ages, codes: npt.NDArray[np.intp], day: npt.NDArray[np.datetime64]) -> tuple[Floats, Floats]:
    """Return the median of the lines before the day of each group, and of those from it on; missing without a day."""
    n = len(day)
    kept = got.selection.kept & ~np.isnat(day)[codes] if n else np.zeros(0, dtype=bool)
    side = 2 * codes + (got.ordered >= day[codes]) if n else codes
    table = count_days(side, got.days, got.outcome, n_groups=2 * n, n_kinds=3, rows=kept)
    median = first_day_at(table, kaplan_meier(table), 0.5) if len(table.day) else np.full(2 * n, np.nan)
    return median[::2], median[1::2]
