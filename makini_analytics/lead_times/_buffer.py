"""The days to hold in reserve against lead times that vary: by the lead times themselves, and by the textbook's formula."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from ..compute import (
    CENSORED,
    DELIVERED,
    ENDS,
    STARTS,
    By,
    FigureResult,
    WorkCalendar,
    ages,
    figure,
    first_day_at,
    kaplan_meier,
    restricted_moments,
)
from ..errors import ConfigError
from ..frames import AsOf
from ..system import number_of


@figure(any_frame=True, start=STARTS, end=ENDS)
def buffer(
    lines: Any,
    *,
    service: float = 0.95,
    by: By = "vendor",
    daily_demand: float | None = None,
    as_of: AsOf | None = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> FigureResult:
    """Days to hold in reserve against lead times that vary: by the lead times that were, beside the textbook's formula.

    Who orders so that stock lasts for the mean lead time runs out whenever the delivery takes longer. The buffer is what has to lie
    there besides, so that a share ``service`` of the deliveries comes before stock runs out::

        buffer_days  = quantile_days - mean_days      quantile_days: by the curve of Kaplan and Meier, open lines counted as open
        formula_days = z x sd_days                    z: that quantile of the standard normal law, 1.645 for 0.95

    The formula takes lead times for normally distributed. They seldom are: a few very late lines widen the standard deviation, and
    say little of the day by which 95 % have come. ``formula_service`` says what the formula's buffer would have covered.

    The quantile is that of n + 1 lines, of which the next one is one, so it covers the next delivery and not only those of the past:
    of 19 lines that have come 95 % is the last one, and of fewer it is missing, as it is where the curve has not come down so
    far. Then the formula is missing, too: it would go by a mean and a deviation that are still growing. Demand counts as even; where
    it varies, more is needed. The lines are those of ``lead_times.by_vendor``, and so are those that are left out, and counted.

    Parameters
    ----------
    lines : DataFrame, one row per order line; of pandas, or with the extra ``lake`` of polars, PyArrow, DuckDB or Spark
        Needs ``order_date``, ``delivered_date``, and the columns of ``by``.
    service : share of the deliveries that is to come before stock runs out, above 0.5 and below 1
    by : "vendor", "material", a column, several, or None for all lines together
    daily_demand : units that are used up in a day, for the buffer as a quantity
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    start, end, calendar : as in `lead_times.by_vendor`

    Returns
    -------
    DataFrame, one row per group, the one with the most lines first
        the columns of ``by``
        n_lines, n_delivered, n_open : int
        mean_days, sd_days : float, days; mean and standard deviation up to the longest lead time or age observed
        quantile_days : float, days, by which a share ``service`` of the lines has come
        buffer_days : float, days, at least 0
        formula_days : float, days
        formula_service : float, 0..1, share of the lines that came within mean_days + formula_days
        buffer_quantity, formula_quantity : float, units of ``daily_demand``; only where that is given
        connection : string, where the lines have one

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; ``service`` or ``daily_demand`` out of range.

    Examples
    --------
    >>> from makini_analytics import lead_times
    >>> import pandas as pd
    >>> days = [10] * 18 + [12, 40]
    >>> lines = pd.DataFrame({"vendor_id": "a", "order_date": pd.Timestamp("2025-01-01")}, index=range(20))
    >>> lines["delivered_date"] = lines.order_date + pd.to_timedelta(days, unit="D")
    >>> columns = ["mean_days", "sd_days", "quantile_days", "buffer_days", "formula_days"]
    >>> lead_times.buffer(lines, service=0.9, as_of="2025-03-31")[columns].round(2)
       mean_days  sd_days  quantile_days  buffer_days  formula_days
    0       11.6      6.7           12.0          0.4          8.59
    """
    service = number_of("service", service, low=0.0, high=1.0)
    if not 0.5 < service < 1:
        raise ConfigError(f"service={service!r}: pass a share above 0.5 and below 1, such as 0.95")
    if daily_demand is not None:
        daily_demand = number_of("daily_demand", daily_demand, low=0.0)
    got = ages(lines, as_of=as_of, by=by, start=start, end=end, calendar=calendar)
    groups, table = got.by(by)
    total, surviving = table.total(), kaplan_meier(table)
    n_lines, n_delivered = total.sum(axis=1), total[:, DELIVERED]
    mean, deviation, _ = restricted_moments(table, surviving)
    # the next line is one of n + 1: of 19 the largest is passed by it one time in 20
    level = service * (n_delivered + 1) / np.maximum(n_delivered, 1)
    quantile = np.where(level <= 1 + 1e-9, first_day_at(table, surviving, 1 - level), np.nan)
    known = ~np.isnan(quantile)
    formula = np.where(known, NormalDist().inv_cdf(service) * deviation, np.nan)
    days = {"buffer": np.where(known, np.maximum(quantile - mean, 0.0), np.nan), "formula": formula}
    still = np.ones(table.n_groups)  # the share that is under way after mean + formula: that of the last row up to then
    up_to = np.flatnonzero(table.day <= (mean + formula)[table.group])
    still[table.group[up_to]] = surviving[up_to]
    keys = groups.keys.drop(columns="connection", errors="ignore") if by == "vendor" else groups.keys
    result = keys.assign(
        n_lines=n_lines,
        n_delivered=n_delivered,
        n_open=total[:, CENSORED],
        mean_days=mean,
        sd_days=deviation,
        quantile_days=quantile,
        buffer_days=days["buffer"],
        formula_days=days["formula"],
        formula_service=np.where(np.isnan(formula), np.nan, 1 - still),
    )
    if daily_demand is not None:
        result = result.assign(**{f"{name}_quantity": x * daily_demand for name, x in days.items()})
    if len(keys.columns) < len(groups.keys.columns):
        result["connection"] = groups.keys["connection"]
    most_first = np.argsort(-n_lines, kind="stable")
    most_first = most_first[got.groups_there(groups)[most_first]]  # by=None makes one group, of nothing
    result = result.iloc[most_first].reset_index(drop=True)
    return got.with_provenance(result, notes=got.notes)
