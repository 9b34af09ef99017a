"""On-time delivery by the period in which the lines were due."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import (
    ENTITIES,
    By,
    Counted,
    InSteps,
    WorkCalendar,
    against_before,
    cluster_of,
    figure,
    group_lines,
    period_alias,
    pools_of,
)
from ..frames import AsOf, Mask, pairs
from ._due_rule import DUE_DATES, EXCLUDED, NOT_DUE, DueTally, Ints, Tolerance, judge, outcome_of, suspicions
from ._rates import counts_of, hits_of, rates_of, weights_of


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
    cluster: str | None = "order",
    calendar: WorkCalendar = None,
    fiscal_year_start: int = 1,
    under_share: float = 0,
) -> InSteps:
    """On-time delivery by the period in which the lines were due, received or not.

    The same lines are due, on time and late as in ``slippage.by_vendor``; each stands in the period of its due date. So the last
    period is not flattered by what has come already: its open lines past their due date are late. A period that the as-of day
    cuts holds the lines that are due so far, and is marked as not complete.

    Whether a rate is up or down from the period before, by more than chance, is tested with the lines of one vendor in one month taken
    as hanging together, since such months do, whole orders long: so it takes several vendors, or several months in a period, to tell.
    Of the changes of several groups in one period at most 5 % are false on average (Benjamini and Hochberg 1995).

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
    cluster : "order", or a column whose lines hang together: the interval is as wide as they differ; None: lines are independent
    calendar : None for calendar days; "weekdays", a country or region ("DE", "US-CA"), or a mapping of site_id to one of these: a due
        date, or a delivery, on a day that is none moves to the next working day, and those are counted
    fiscal_year_start : month in which the fiscal year starts, 1..12
    under_share : share of the quantity that may be lacking of a delivery, 0 to 1: at 0.02 a line counts as delivered with 98 of 100

    Returns
    -------
    DataFrame, one row per (group, period) that has a due line, by group and period
        the columns of ``by``; period : period
        n_due, n_on_time, n_late, n_early, n_overdue_open : int, lines
        on_time_rate, on_time_low, on_time_high : float, 0..1
        complete : boolean, whether the period ended on or before the as-of day
        p_value : float, 0..1, two-sided, of the change from the period before; missing where there is none, or either has fewer than
            20 lines, or its lines are of fewer than three vendors and months
        against_before : string; up, down, or missing where the change may be chance

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
    got = judge(lines, as_of=as_of, due=due, calendar=calendar, under_share=under_share)
    weights = weights_of(got, weight)
    outcome = np.where(got.selection.kept, outcome_of(got.standing, got.days, tolerance), EXCLUDED)
    is_due, hit = hits_of(outcome, strict)
    notes = suspicions(got, outcome)
    got.selection.exclude(outcome == NOT_DUE, "not due yet")
    yield Counted(got.selection, (*got.hint, *notes))
    outer = group_lines(got.frame, by)
    period = pd.PeriodIndex(pd.DatetimeIndex(got.due[is_due].astype("datetime64[us]")).to_period(alias))
    group, ordinal, codes = pairs(outer.codes[is_due], period.asi8)
    n = len(group)
    pools = pools_of(outer.keys)
    of_lines = {
        "codes": codes, "n_groups": n, "due": np.ones(len(codes), dtype=bool), "hit": hit[is_due] > 0,
        "weight": None if weights is None else weights[is_due], "pool": None if pools is None else pools[group],
    }  # fmt: skip
    rates = rates_of(**of_lines, together=None if cluster is None else cluster_of(got.frame, cluster)[is_due])
    low, high = rates.interval()
    # pairs are in order of group and period, so that the period before is the row above, if it has lines
    follows = np.r_[False, (np.diff(group) == 0) & (np.diff(ordinal) == 1)] if n else np.zeros(0, dtype=bool)
    before = np.where(follows, np.arange(n) - 1, -1)
    change = against_before(rates_of(**of_lines, together=_vendor_months(got, is_due)), before, ordinal)
    counts = counts_of(outcome[is_due], codes, n, strict)
    known_to = got.as_of.of_groups(got.frame, outer.codes, len(outer))
    periods = pd.PeriodIndex.from_ordinals(ordinal, freq=period.freq)  # type: ignore[attr-defined]
    result = (
        outer.keys.iloc[group]
        .reset_index(drop=True)
        .assign(
            period=periods,
            **{k: counts[k] for k in ("n_due", "n_on_time", "n_late", "n_early", "n_overdue_open")},
            on_time_rate=rates.rate,
            on_time_low=low,
            on_time_high=high,
            complete=pd.array(periods.end_time.normalize() <= known_to[group], dtype="boolean"),
            p_value=change.p_value,
            against_before=pd.array(change.says, dtype="string"),
        )
    )
    return got.with_provenance(result, notes=notes)


def _vendor_months(got: DueTally, rows: Mask) -> Ints:
    """Return a number for the vendor and the month of the due date of these lines; of the month alone where no vendor is known."""
    known = any(c in got.frame.columns for c in ENTITIES["vendor"][0])
    vendor = group_lines(got.frame, "vendor").codes[rows] if known else np.zeros(int(rows.sum()), dtype=np.intp)
    return pairs(vendor, got.due[rows].astype("datetime64[M]").astype(np.int64))[2]
