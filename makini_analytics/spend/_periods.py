"""Spend by month, quarter, year or week of the order date, and beside it the year before."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    OF_ORDER,
    By,
    Cells,
    Columns,
    Counted,
    Groups,
    InSteps,
    Lines,
    RuleResult,
    Tally,
    day_in,
    figure,
    lines_of,
    period_alias,
    period_number,
    unreadable,
)
from ..errors import ConfigError
from ..frames import AsOf, AsOfDays, Mask, known_first_orders, years_hidden_by
from ._rule import BASIS_COLUMNS, keep_currency, spend_tally, stated_day
from ._spans import Spans

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

#: How many periods make a year. A week is compared with the one 52 weeks before, which has the same weekdays.
_YEAR = {"M": 12, "Q": 4, "Y": 1, "W": 52}


@figure("order_date?", "amount", any_frame=True, basis=BASIS_COLUMNS)
def by_period(
    lines: Any,
    *,
    freq: str = "M",
    by: By = None,
    currency: str | None = None,
    basis: str = "ordered",
    fiscal_year_start: int = 1,
    as_of: AsOf | None = None,
    intercompany: Collection[str] = (),
) -> InSteps:
    """Ordered spend by period of the order date, and the change against the same days of the year before.

    The same lines count as in ``spend.by_vendor``; a line without an order date can't be placed and is left out and counted
    (``basis="received"`` goes by the day of the delivery). A period without orders between a group's first and last is a row of
    zero spend. A period that the data cut - it ends after the as-of day, or begins before the first day that was asked for - is
    marked as not complete, and never compared with a whole one: the one that the as-of day cuts is compared with so many days of
    the year before. Where the data do not reach back to those days, there is nothing to compare with. That is judged for each
    connection by itself, over all of its lines; a group that has lines of several reaches back as far as the one that begins last.

    Parameters
    ----------
    lines : DataFrame, one row per order line; of pandas, or with the extra ``lake`` of polars, PyArrow, DuckDB or Spark
        Needs ``amount`` and ``order_date``.
    freq : "M" month, "Q" quarter, "Y" year, "W" week (Monday to Sunday)
    by : None, a column, several, or "vendor"
    currency : keeps the lines in that currency and counts the rest
    basis : "ordered", "received" or "open"
    fiscal_year_start : month in which the fiscal year starts, 1..12; moves quarters and years
    as_of : the day that the data are known to; by default the lines' own
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart

    Returns
    -------
    DataFrame, one row per (group, period, currency)
        period : period (prints as 2025-03), preceded by the columns of ``by``
        currency : string
        spend : float, in ``currency``
        n_orders, n_lines : int
        complete : boolean, whether the data cover the period; missing where they don't say how far they reach
        spend_year_before : float, in ``currency``, of the same days one year before (weeks: 52 weeks); missing where the data
            don't reach back to them, the period lies after the as-of day, or the lines were filtered by state or status
        yoy_change : float, spend / spend_year_before - 1; missing where there is none or it is not positive
        n_lines_year_before : Int64, lines behind spend_year_before

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; an unknown ``freq``.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-05", "2025-03-01"]), "currency": "EUR",
    ...                       "amount": [5.0, 7.0]})
    >>> spend.by_period(lines)[["period", "spend"]]
        period  spend
    0  2025-01    5.0
    1  2025-02    0.0
    2  2025-03    7.0
    """
    alias = period_alias(freq, fiscal_year_start)
    got = spend_tally(
        lines,
        by=by,
        basis=basis,
        intercompany=intercompany,
        as_of=as_of,
        more=partial(
            _placed,
            basis=basis,
            as_of=stated_day(lines_of(lines), as_of),
            period=partial(period_number, freq=freq, fiscal_year_start=fiscal_year_start),
        ),
        orders=True,
        also=("currency", "connection"),
    )
    # how far the data reach is found over all currencies: a currency may begin later than its connection
    day = _known_to(lines_of(lines), as_of)
    spans = Spans.of(got, day, known_first_orders(got.frame) if basis != "received" else None)
    if currency is not None:
        keep_currency(got, currency)
    yield Counted(got.selection)
    groups = got.groups(by, "currency")
    table = _DayTable.of(got, groups)
    grid = _Grid(table, period_number(table.day, freq, fiscal_year_start))
    tables = groups.keys.iloc[grid.group].reset_index(drop=True)
    periods = pd.PeriodIndex.from_ordinals(grid.ordinal, freq=alias)  # type: ignore[attr-defined]
    spend = np.bincount(grid.cell, weights=table.money, minlength=grid.size).astype(float)
    result = tables.assign(
        period=periods,
        currency=tables["currency"].astype("string"),
        spend=spend,
        n_orders=got.n_orders(table.of_lines(grid.cell), tables.assign(**{OF_ORDER: grid.ordinal})),
        n_lines=np.bincount(grid.cell, weights=table.n, minlength=grid.size).astype("int64"),
    )
    reach, stated, edge, dated = spans.of_groups(got, groups)
    of = grid.group
    result["complete"] = _complete(periods, reach[of], stated[of], edge[of], dated[of])
    if years_hidden_by(got.frame):  # lines picked by what became of them are another part of an older year
        reach = np.full_like(reach, np.datetime64("9999-12-31"))
    before, compared = _year_before(grid, periods, _YEAR[freq], spend, table, reach, edge)
    result["spend_year_before"] = before
    counted = result["n_lines"].to_numpy(dtype=float), replace(table, money=table.n.astype(float))
    lines_before, _ = _year_before(grid, periods, _YEAR[freq], *counted, reach, edge)
    result["yoy_change"] = np.divide(compared, before, out=np.full(grid.size, np.nan), where=before > 0) - 1
    result["n_lines_year_before"] = pd.Series(lines_before).astype("Int64")
    keys = [c for c in groups.keys.columns if c != "currency"]
    shown = ["period", "currency", "spend", "n_orders", "n_lines", "complete", "spend_year_before", "yoy_change"]
    shown.append("n_lines_year_before")
    return got.with_provenance(result[[*keys, *shown]], as_of=day)


def _placed(c: Columns, *, basis: str, as_of: AsOfDays | None, period: Callable[[Any], Any]) -> RuleResult:
    """Return the day that each line's spend is placed on; lines without one are left out."""
    day, until = c.day("order_date"), day_in(c, as_of)
    if basis == "received":
        arrived, first = c.day("delivered_date"), c.day("first_receipt_date")
        day = c.pick(c.missing(arrived) | (arrived > until), first, arrived)
    why = "no delivery date" if basis == "received" else "no order date"
    told = {"delivered_date": "delivery date"} if basis == "received" else {"order_date": "order date"}
    left_out = [*unreadable(c, told), (c.missing(day) | (day > until), why)]
    return RuleResult(left_out, {"day": day}, of_order=period)


@dataclass(frozen=True)
class _DayTable:
    """The lines that count and their value, by group and day: from here on a few thousand rows instead of a million lines."""

    cells: Cells
    present: Ints
    group: Ints
    day: Ints
    n: Ints
    money: Floats

    @classmethod
    def of(cls, got: Tally, groups: Groups) -> _DayTable:
        """Return the table of what was tallied."""
        day = got.kept(got.marks["day"]).astype(np.int32)
        cells = Cells.of(groups.codes, day, len(groups))
        n = cells.add(got.n_kept).ravel().astype(np.int64)
        money = cells.add(got.kept(got.sums["value"])).ravel()
        present = np.flatnonzero(n)
        return cls(cells, present, *cells.of_rows(present), n[present], money[present])

    @property
    def date(self) -> Days:
        """The days as dates."""
        return self.day.astype("datetime64[D]")

    def of_lines(self, what: Ints) -> Ints:
        """Return for each line that counts the value of its row of the table."""
        out = np.zeros(self.cells.n, dtype=np.int64)
        out[self.present] = what
        found: Ints = out[self.cells.cell]
        return found


class _Grid:
    """The cells of the result: for each group every period from its first to its last.

    With orders of group 0 in periods 3 and 5 and of group 1 in period 4, the cells are numbered ::

        cell     0  1  2  3
        group    0  0  0  1
        period   3  4  5  4      period 4 of group 0 is a row of zero spend
    """

    def __init__(self, table: _DayTable, ordinal: Ints) -> None:
        first_rows = np.flatnonzero(np.diff(table.group, prepend=-1))  # the table is in order of group and day
        last_rows = np.append(first_rows[1:], len(ordinal)) - 1 if len(ordinal) else first_rows
        first = ordinal[first_rows]
        length = ordinal[last_rows] - first + 1
        self.n_groups = len(first)  # each group has a line that counts
        self.start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        self.size = int(self.start[-1])
        self.group = np.repeat(np.arange(self.n_groups), length)
        self.first = first[self.group]
        self.ordinal = self.first + np.arange(self.size) - self.start[self.group]
        self.cell = self.start[table.group] + ordinal - first[table.group]


def _year_before(
    grid: _Grid, periods: pd.PeriodIndex, year: int, spend: Floats, table: _DayTable, reach: Days, edge: Days
) -> tuple[Floats, Floats]:
    """Return for each cell the spend of the same days one year before, missing where nothing compares, and its own spend of those days.

    ``reach`` and ``edge`` are the first and the last day that the data of each group cover.
    """
    before, compared, days = np.full(grid.size, np.nan), spend.copy(), table.date
    if not grid.size:
        return before, compared
    (starts, ends), (begins, stops) = _span(periods), _span(periods - year)
    last_day = edge[grid.group]
    # a year before is compared only where the data reach back to its first day: half of it would look like growth
    covered = begins >= reach[grid.group]
    whole = covered & (ends <= last_day)
    at = np.arange(grid.size) - year
    there = grid.ordinal - year >= grid.first  # else the group had no orders then: zero
    before[whole] = np.where(there, spend[np.maximum(at, 0)], 0.0)[whole]
    cut = covered & (starts <= last_day) & (last_day < ends)
    for stands in np.unique(last_day[cut]):  # one day for all groups, unless their connections end on several
        mine = cut & (last_day == stands)
        start, begin, stop = starts[mine][0], begins[mine][0], stops[mine][0]
        # as many days as have passed of this period: until 17 March, the first 17 days of last March; a shorter month ends earlier
        last = min(begin + (stands - start), stop)
        for out, first, until in ((before, begin, last), (compared, start, stands)):
            within = (days >= first) & (days <= until)
            net = np.bincount(table.group[within], weights=table.money[within], minlength=grid.n_groups)
            out[mine] = net[grid.group[mine]]
    return before, compared


def _span(periods: pd.PeriodIndex) -> tuple[Days, Days]:
    return tuple(t.to_numpy().astype("datetime64[D]") for t in (periods.start_time, periods.end_time))  # type: ignore[return-value]


def _complete(periods: pd.PeriodIndex, reach: Days, stated: Mask, edge: Days, dated: Mask) -> Any:
    """Return whether the data cover each period; missing where the data don't say how far they reach."""
    starts, ends = _span(periods)
    out = pd.array(ends <= edge, dtype="boolean")
    out[~dated] = pd.NA
    early = starts < reach
    out[early & stated] = False
    # it begins long before the first order: nobody knows whether the data reach back to its start
    out[early & ~stated & np.asarray(out.fillna(False), dtype=bool)] = pd.NA
    return out


def _known_to(source: Lines, as_of: AsOf | None) -> AsOfDays | None:
    """Return the as-of day, or None: spend itself needs no such day, but the mark of a cut period does."""
    try:
        return source.as_of(as_of)
    except ConfigError:
        if as_of is not None:
            raise
        return None
