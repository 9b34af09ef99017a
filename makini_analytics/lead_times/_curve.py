"""The share of the ordered lines that is delivered by each day after the order."""

from __future__ import annotations

from typing import Any

from ..compute import (
    CANCELLED,
    CENSORED,
    DELIVERED,
    ENDS,
    STARTS,
    By,
    FigureResult,
    WorkCalendar,
    aalen_johansen,
    ages,
    at_risk,
    figure,
    log_log_band,
    whole_lines,
    with_day_zero,
)
from ..frames import AsOf


@figure(any_frame=True, start=STARTS, end=ENDS)
def curve(
    lines: Any,
    *,
    by: By = None,
    as_of: AsOf | None = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> FigureResult:
    """Share of all lines ordered that is delivered by each day after the order, with its 95 % band.

    Lines still open at the as-of day are right-censored at their age. A cancellation is a competing end: a
    cancelled line is never delivered, so the share levels off below 100 % where lines are cancelled (Aalen &
    Johansen 1978). Without cancellations the share is 1 - S of Kaplan & Meier 1958. The band is pointwise, by
    the log-log transformation of the share not delivered; the variance is the delta method's (Marubini &
    Valsecchi 1995), Greenwood's where nothing is cancelled. It takes the lines as independent, which lines of
    one order are not quite. On the same day deliveries and cancellations come before the lines that are
    censored then. This assumes that old and new orders follow the same law.

    The same lines are left out, and counted, as in ``lead_times.by_vendor``.

    Parameters
    ----------
    lines : DataFrame, one row per order line; of pandas, or with the extra ``lake`` of polars, PyArrow, DuckDB or Spark
        Needs ``order_date`` and ``delivered_date``.
    by : None for all lines together; "vendor", a column or several for a curve each
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    start, end, calendar : as in `lead_times.by_vendor`

    Returns
    -------
    DataFrame, one row per day on which a line was delivered, cancelled or censored, and day 0; none without lines
        the columns of ``by`` first (vendor_id, vendor_name, and connection where there is one, for "vendor")
        days : float, days after the order
        at_risk : int, lines still under way just before
        delivered : int, lines delivered on that day after the order
        share_delivered : float, 0..1, share of all lines ordered that is delivered by then
        low, high : float, 0..1, pointwise 95 % band; of no width where the share is 0 or 1, which gives no
            variance
        cancelled, censored : int, lines that left otherwise on that day

    Raises
    ------
    SchemaError
        A column that is needed is missing, or holds values that are no dates.
    ConfigError
        There is no as-of day: neither the argument nor the lines give one.

    Examples
    --------
    >>> from makini_analytics import lead_times
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "order_date": pd.to_datetime(["2025-01-01", "2025-01-01", "2025-01-03"]),
    ...     "delivered_date": pd.to_datetime(["2025-01-05", "2025-01-11", None]),
    ... })
    >>> lead_times.curve(lines, as_of="2025-01-31")[["days", "at_risk", "delivered", "share_delivered", "censored"]].round(2)
       days  at_risk  delivered  share_delivered  censored
    0   0.0        3          0             0.00         0
    1   4.0        3          1             0.33         0
    2  10.0        2          1             0.67         0
    3  28.0        1          0             0.67         1
    """
    got = ages(lines, as_of=as_of, by=by, start=start, end=end, calendar=calendar)
    groups, table = got.by(by)
    table = with_day_zero(table)  # so that every curve starts at 0 %, whenever its first line ended
    share, variance = aalen_johansen(table)
    table, shown = whole_lines(table)
    share, variance = share[shown], variance[shown]
    low, high = log_log_band(share, variance)
    result = groups.keys.take(table.group).reset_index(drop=True)
    result = result.assign(
        days=table.day.astype(float),
        at_risk=at_risk(table),
        delivered=table.counts[:, DELIVERED],
        share_delivered=share,
        low=low,
        high=high,
        cancelled=table.counts[:, CANCELLED],
        censored=table.counts[:, CENSORED],
    )
    return got.with_provenance(result, notes=got.notes)
