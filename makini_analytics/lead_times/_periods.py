"""Lead times by the period of the order: the recent ones are not finished, and are marked so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import (
    CANCELLED,
    CENSORED,
    DELIVERED,
    ENDS,
    STARTS,
    By,
    FigureResult,
    Groups,
    WorkCalendar,
    ages,
    figure,
    first_day_at,
    group_lines,
    kaplan_meier,
    period_alias,
)
from ..frames import AsOf, pairs
from ..system import number_of


@figure(start=STARTS, end=ENDS)
def by_period(
    lines: Any,
    *,
    freq: str = "M",
    by: By = None,
    as_of: AsOf | None = None,
    min_lines: int = 1,
    fiscal_year_start: int = 1,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> FigureResult:
    """Lead times by the period in which the lines were ordered: each cohort followed to the as-of day.

    The average of what has arrived makes the last months look fast: their slow lines are still open. Here each cohort has its
    Kaplan-Meier quantiles as in ``lead_times.by_vendor``, with its open lines counted as open, and is ``finished`` only where
    the 90th percentile can be estimated and at most one line in ten is open. A cohort that is not finished is neither
    faster nor slower; it is not known yet. The same lines are left out, and counted.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date`` and ``delivered_date``.
    freq : period of the order date: "M", "Q", "Y" or "W"
    by : None for all lines together; "vendor", a column or several
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    min_lines : quantiles of cohorts with fewer lines are missing; 20 is a good minimum for a 90th percentile
    fiscal_year_start : month in which the fiscal year starts, 1..12
    start, end, calendar : as in `lead_times.by_vendor`

    Returns
    -------
    DataFrame, one row per (group, period) that has a line, by group and period
        the columns of ``by``; period : period
        n_lines, n_delivered, n_open, n_cancelled : int
        median_days, p80_days, p90_days : float, days; missing where not yet estimable
        mean_delivered_days : float, days, delivered lines only: too low until the cohort is finished
        open_share : float, 0..1
        followed_days : float, calendar days from the end of the period to the as-of day: the youngest line is at least so old
        finished : boolean, whether the 90th percentile is estimable and at most a tenth of the lines is open

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; an unknown freq or option.

    Examples
    --------
    >>> from makini_analytics import lead_times
    >>> lines = pd.DataFrame({
    ...     "order_date": pd.to_datetime(["2025-01-05", "2025-01-10", "2025-02-10", "2025-02-12"]),
    ...     "delivered_date": pd.to_datetime(["2025-01-25", "2025-02-09", "2025-02-15", None]),
    ... })
    >>> lead_times.by_period(lines, as_of="2025-02-28")[["period", "n_open", "median_days", "p90_days", "mean_delivered_days", "finished"]]
        period  n_open  median_days  p90_days  mean_delivered_days  finished
    0  2025-01       0         20.0      30.0                 25.0      True
    1  2025-02       1          5.0       NaN                  5.0     False
    """
    number_of("min_lines", min_lines, whole=True)
    alias = period_alias(freq, fiscal_year_start)
    got = ages(lines, as_of=as_of, start=start, end=end, calendar=calendar)
    kept = got.selection.kept
    outer = group_lines(got.frame, by)
    # a line without an order date is left out already; any day will do for it, since a period can't be missing here
    days = np.where(kept, got.ordered, np.datetime64("1970-01-01", "D")).astype("datetime64[us]")
    period = pd.PeriodIndex(pd.DatetimeIndex(days).to_period(alias))
    group, ordinal, codes = pairs(outer.codes[kept], period.asi8[kept])
    # back to one code per line: lines that are left out get group 0, and are not counted in it
    every = np.zeros(len(got.frame), dtype=np.intp)
    every[kept] = codes
    keys = outer.keys.iloc[group].reset_index(drop=True)
    groups = Groups(every, keys)
    table = got.day_counts(groups)
    total, surviving = table.total(), kaplan_meier(table)
    n_lines, n_delivered = total.sum(axis=1), total[:, DELIVERED]
    enough = n_lines >= min_lines
    periods = pd.PeriodIndex.from_ordinals(ordinal, freq=period.freq)  # type: ignore[attr-defined]
    quantiles = {q: first_day_at(table, surviving, 1 - q) for q in (0.5, 0.8, 0.9)}
    sums = table.sum_by_group(table.day * table.counts[:, DELIVERED])
    # the youngest line of a period was ordered on its last day, so every line has been followed at least since then
    ended = periods.end_time.normalize()
    known_to = got.as_of.of_groups(got.frame, outer.codes, len(outer))[group]
    open_share = total[:, CENSORED] / np.maximum(n_lines, 1)
    result = keys.assign(
        period=periods,
        n_lines=n_lines,
        n_delivered=n_delivered,
        n_open=total[:, CENSORED],
        n_cancelled=total[:, CANCELLED],
        median_days=np.where(enough, quantiles[0.5], np.nan),
        p80_days=np.where(enough, quantiles[0.8], np.nan),
        p90_days=np.where(enough, quantiles[0.9], np.nan),
        mean_delivered_days=np.where(n_delivered > 0, sums / np.maximum(n_delivered, 1), np.nan),
        open_share=open_share,
        followed_days=np.maximum((known_to - ended).days.to_numpy(dtype=float), 0.0),
        finished=pd.array(~np.isnan(quantiles[0.9]) & (open_share <= 0.1), dtype="boolean"),
    )
    return got.with_provenance(result, notes=got.notes)
