"""On-time delivery by the period in which the lines were due."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import By, FigureResult, WorkCalendar, figure, group_lines, period_alias
from ..frames import AsOf, pairs
from ._due_rule import DUE_DATES, EXCLUDED, NOT_DUE, Tolerance, judge, outcome_of, suspicions
from ._rates import cluster_codes, counts_of, hits_of, rate_of, weights_of


@figure("delivered_date", due=DUE_DATES)
def by_period(
    lines: Any,
    *,
    freq: str = "M",
    by: By = None,
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    early_days: float | None = None,
    weight: str = "lines",
    cluster: str | None = None,
    calendar: WorkCalendar = None,
    fiscal_year_start: int = 1,
) -> FigureResult:
    """On-time delivery by the period in which the lines were due, received or not.

    The same lines are due, on time and late as in ``slippage.by_vendor``; each stands in the period of its due date. So the last
    period is not flattered by what has come already: its open lines past their due date are late. A period that the as-of day
    cuts holds the lines that are due so far, and is marked as not complete.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``delivered_date`` and the due date.
    freq : period of the due date: "M", "Q", "Y" or "W"
    by : None for all lines together; "vendor", a column or several
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" or "promised"
    late_days, early_days : tolerance, as in ``slippage.by_vendor``
    weight : "lines", "quantity" or "value"; counts stay counts of lines
    cluster : None, "order", or a column whose lines hang together: the interval is as wide as they differ
    calendar : None for calendar days; "weekdays", a country or region ("DE", "US-CA"), or a mapping of site_id to one of these: a due
        date that is no working day moves to the next one, and working days are counted from there
    fiscal_year_start : month in which the fiscal year starts, 1..12

    Returns
    -------
    DataFrame, one row per (group, period) that has a due line, by group and period
        the columns of ``by``; period : period
        n_due, n_on_time, n_late, n_early, n_overdue_open : int, lines
        on_time_rate, on_time_low, on_time_high : float, 0..1
        complete : boolean, whether the period ended on or before the as-of day

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; an unknown freq or option.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({
    ...     "required_date": pd.to_datetime(["2025-01-10", "2025-01-20", "2025-02-10"]),
    ...     "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-25", None]),
    ... })
    >>> slippage.by_period(lines, as_of="2025-02-20")[["period", "n_due", "n_on_time", "n_overdue_open", "on_time_rate", "complete"]]
        period  n_due  n_on_time  n_overdue_open  on_time_rate  complete
    0  2025-01      2          1               0           0.5      True
    1  2025-02      1          0               1           0.0     False
    """
    alias = period_alias(freq, fiscal_year_start)
    tolerance, strict = Tolerance(late_days, early_days), early_days is not None
    got = judge(lines, as_of=as_of, due=due, calendar=calendar)
    weights = weights_of(got, weight)
    outcome = np.where(got.selection.kept, outcome_of(got.standing, got.days, tolerance), EXCLUDED)
    is_due, hit = hits_of(outcome, strict)
    outer = group_lines(got.frame, by)
    period = pd.PeriodIndex(pd.DatetimeIndex(got.due[is_due].astype("datetime64[us]")).to_period(alias))
    group, ordinal, codes = pairs(outer.codes[is_due], period.asi8)
    n = len(group)
    unit = np.ones(len(got.frame)) if weights is None else weights
    together = cluster_codes(got.frame, cluster, is_due)
    rate, low, high = rate_of(hit[is_due], unit[is_due], codes, n, together)
    counts = counts_of(outcome[is_due], codes, n, strict)
    periods = pd.PeriodIndex.from_ordinals(ordinal, freq=period.freq)  # type: ignore[attr-defined]
    result = (
        outer.keys.iloc[group]
        .reset_index(drop=True)
        .assign(
            period=periods,
            **{k: counts[k] for k in ("n_due", "n_on_time", "n_late", "n_early", "n_overdue_open")},
            on_time_rate=rate,
            on_time_low=low,
            on_time_high=high,
            complete=pd.array(periods.end_time.normalize() <= got.as_of, dtype="boolean"),
        )
    )
    got.selection.exclude(outcome == NOT_DUE, "not due yet")
    return got.with_provenance(result, notes=suspicions(got, outcome))
