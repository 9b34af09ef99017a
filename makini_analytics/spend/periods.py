"""Spend by month, quarter, year or week of the order date, and beside it the year before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..grouping import By, count_distinct, group_lines, order_ids, taken
from ..periods import period_alias
from ..provenance import AsOf, as_of_day, days_of, stamp
from .counted import counted

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

#: How many periods make a year. A week is compared with the one 52 weeks before, which has the same weekdays.
_YEAR = {"M": 12, "Q": 4, "Y": 1, "W": 52}
#: So many days without an order at the start of a period are a weekend with a holiday, not the start of the data.
_QUIET_DAYS = 3


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
) -> pd.DataFrame:
    """Ordered spend by period of the order date, and the change against the same days of the year before.

    The same lines count as in ``spend.by_vendor``; a line without an order date can't be placed and is left out and counted
    (``basis="received"`` goes by the day of the delivery). A period without orders between a group's first and last is a row of
    zero spend. A period that the data cut - it ends after the as-of day, or begins before the first day that was asked for - is
    marked as not complete, and never compared with a whole one: the one that the as-of day cuts is compared with so many days of
    the year before. Where the data do not reach back to those days, there is nothing to compare with.

    Parameters
    ----------
    lines : DataFrame, one row per order line
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
            don't reach back to them, or the period lies after the as-of day
        yoy_change : float, spend / spend_year_before - 1; missing where there is none or it is not positive

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; an unknown ``freq``.

    Examples
    --------
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-05", "2025-03-01"]), "currency": "EUR",
    ...                       "amount": [5.0, 7.0]})
    >>> by_period(lines)[["period", "spend"]]
        period  spend
    0  2025-01    5.0
    1  2025-02    0.0
    2  2025-03    7.0
    """
    alias = period_alias(freq, fiscal_year_start)
    frame, selection, value = counted(
        lines, metric="spend.by_period", basis=basis, currency=currency, intercompany=intercompany
    )
    days = days_of(frame, "order_date")
    if basis == "received":
        arrived, first = days_of(frame, "delivered_date"), days_of(frame, "first_receipt_date")
        days = np.where(np.isnat(arrived), first, arrived)
    selection.exclude(np.isnat(days), "no delivery date" if basis == "received" else "no order date")
    kept = selection.kept
    part, money, days = taken(frame, kept, by), value[kept], days[kept]
    groups = group_lines(part, by, also=("currency",))
    period = pd.PeriodIndex(pd.DatetimeIndex(days.astype("datetime64[us]")).to_period(alias))
    grid = _Grid(groups.codes, period.asi8.astype(np.int64), len(groups) if len(part) else 0)
    tables = groups.keys.iloc[grid.group].reset_index(drop=True)
    periods = pd.PeriodIndex.from_ordinals(grid.ordinal, freq=period.freq)  # type: ignore[attr-defined]
    spend = np.bincount(grid.cell, weights=money, minlength=grid.size).astype(float)
    result = tables.assign(
        period=periods,
        currency=tables["currency"].astype("string"),
        spend=spend,
        n_orders=count_distinct(grid.cell, order_ids(part), grid.size).astype("int64"),
        n_lines=np.bincount(grid.cell, minlength=grid.size).astype("int64"),
    )
    day, since = _known_to(frame, as_of), frame.attrs.get("since")
    result["complete"] = _complete(periods, days, day, since)
    before, compared = _year_before(grid, periods, _YEAR[freq], spend, days, money, day, since)
    result["spend_year_before"] = before
    result["yoy_change"] = np.divide(compared, before, out=np.full(grid.size, np.nan), where=before > 0) - 1
    keys = [c for c in groups.keys.columns if c != "currency"]
    shown = ["period", "currency", "spend", "n_orders", "n_lines", "complete", "spend_year_before", "yoy_change"]
    parameters = {
        "freq": freq,
        "by": by,
        "currency": currency,
        "basis": basis,
        "fiscal_year_start": fiscal_year_start if fiscal_year_start != 1 else None,
        "intercompany": list(intercompany) or None,
    }
    return stamp(
        result[[*keys, *shown]],
        metric="spend.by_period",
        parameters=parameters,
        selection=selection,
        lines=frame,
        as_of=day,
    )


class _Grid:
    """The cells of the result: for each group every period from its first to its last."""

    def __init__(self, codes: Ints, ordinal: Ints, n_groups: int) -> None:
        self.n_groups = n_groups
        first = np.full(n_groups, np.iinfo(np.int64).max)
        last = np.full(n_groups, np.iinfo(np.int64).min)
        np.minimum.at(first, codes, ordinal)
        np.maximum.at(last, codes, ordinal)
        length = last - first + 1
        self.start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        self.size = int(self.start[-1])
        self.group = np.repeat(np.arange(n_groups), length)
        self.first = first[self.group]
        self.ordinal = self.first + np.arange(self.size) - self.start[self.group]
        self.of_line = codes
        self.cell = self.start[codes] + ordinal - first[codes] if n_groups else np.zeros(0, dtype=np.int64)


def _year_before(
    grid: _Grid, periods: pd.PeriodIndex, year: int, spend: Floats, days: Days, money: Floats, day: Any, since: Any
) -> tuple[Floats, Floats]:
    """Return for each cell the spend of the same days one year before, missing where there is no comparing, and its own."""
    before, compared = np.full(grid.size, np.nan), spend.copy()
    if not grid.size:
        return before, compared
    (starts, ends), (begins, stops) = _span(periods), _span(periods - year)
    edge = days.max() if day is None else np.datetime64(day, "D")  # without an as-of day the last order is the end
    reach = days.min() - _QUIET_DAYS if since is None else np.datetime64(since, "D")
    covered = begins >= reach
    whole = covered & (ends <= edge)
    at = np.arange(grid.size) - year
    there = grid.ordinal - year >= grid.first  # else the group had no orders then: zero
    before[whole] = np.where(there, spend[np.maximum(at, 0)], 0.0)[whole]
    cut = covered & (starts <= edge) & (edge < ends)
    if cut.any():  # the one period that the as-of day lies in: the same for all groups
        start, begin, stop = starts[cut][0], begins[cut][0], stops[cut][0]
        last = min(begin + (edge - start), stop)  # so many days; a shorter month has no more of them
        for out, first, until in ((before, begin, last), (compared, start, edge)):
            within = (days >= first) & (days <= until)
            out[cut] = np.bincount(grid.of_line[within], weights=money[within], minlength=grid.n_groups)[
                grid.group[cut]
            ]
    return before, compared


def _span(periods: pd.PeriodIndex) -> tuple[Days, Days]:
    return tuple(t.to_numpy().astype("datetime64[D]") for t in (periods.start_time, periods.end_time))  # type: ignore[return-value]


def _complete(periods: pd.PeriodIndex, days: Days, day: pd.Timestamp | None, since: str | None) -> Any:
    """Return whether the data cover each period; missing where the data don't say how far they reach."""
    out = pd.array([pd.NA] * len(periods), dtype="boolean")
    if day is not None:
        out = pd.array(periods.end_time.normalize() <= day, dtype="boolean")
    starts = _span(periods)[0]
    if since is not None:
        out[starts < np.datetime64(since, "D")] = False
    elif len(days):  # begins long before the first order of all: nobody knows whether orders were asked for
        out[(starts < days.min() - _QUIET_DAYS) & np.asarray(out.fillna(False), dtype=bool)] = pd.NA
    return out


def _known_to(frame: pd.DataFrame, as_of: AsOf | None) -> pd.Timestamp | None:
    """Return the last day that the data cover, or None: spend needs none, only the mark of a cut period does."""
    known = as_of is not None or frame.attrs.get("as_of") is not None
    if not known and "updated_at" in frame.columns:
        known = bool(frame["updated_at"].notna().any())
    until = frame.attrs.get("until")
    if not known:
        return None if until is None else pd.Timestamp(until)
    day = as_of_day(frame, as_of)
    return day if until is None else min(day, pd.Timestamp(until))
