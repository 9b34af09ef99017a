"""Lead times by vendor, or by any other column of the lines."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compute import (
    CANCELLED,
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
    median_deviation,
    restricted_moments,
)
from ..frames import AsOf
from ..system import number_of

#: The standard deviation of a normal law, in median deviations.
_TO_SD = 1.4826


@figure(any_frame=True, start=STARTS, end=ENDS)
def by_vendor(
    lines: Any,
    *,
    as_of: AsOf | None = None,
    by: By = "vendor",
    min_lines: int = 1,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> FigureResult:
    """Lead times by vendor, with the open lines counted as open: median, 80th and 90th percentile.

    The lead time is the calendar days from order date to delivered date. Lines that are still open at the
    as-of day are right-censored there: known to take longer than their age. Cancelled lines are censored on
    the day of their cancellation. The share still open after t days is S(t), the product over the days up to
    t of 1 - delivered / still under way just before (Kaplan & Meier 1958; on the same day deliveries come
    first). A percentile q is the first day on which S <= 1 - q. Where the curve has not come down that far
    the percentile is missing: not yet estimable, which is no good news and no bad news. This assumes that old
    and new orders follow the same law.

    ``mean_delivered_days`` is the usual average of the lines delivered so far. It is given to compare with:
    it is too low while orders are open, because the slow ones are not in yet. ``restricted_mean_days`` is the
    honest mean up to the longest age observed, the area under S.

    How far lead times are spread, all by the same curve: ``sd_days``, the standard deviation up to the longest age, which a few very
    late lines rule; ``robust_sd_days``, which they don't, 1.4826 times the median of the days from the median (Hampel 1974), the
    standard deviation of a normal law; ``cv``, the standard deviation over the mean; ``range_days``, p90 - p10. While lines are open
    beyond what the curve has seen come, ``sd_days`` and ``cv`` are too low, like the mean.

    n_lines = n_delivered + n_open + n_cancelled. Lines without an order date, ordered after the as-of day,
    delivered before ordered, drafts, returns, lines closed short and lines received on an unknown day are
    left out and counted; so are all lines of a connection, or a vendor, of whose received lines fewer than
    95 % have a day of delivery. A cancellation after the as-of day has not happened: the line is open.

    Parameters
    ----------
    lines : DataFrame, one row per order line; of pandas, or with the extra ``lake`` of polars, PyArrow, DuckDB or Spark
        Needs ``order_date``, ``delivered_date``, and ``vendor_id`` or ``vendor_name`` (or the columns of
        ``by``).
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    by : "vendor", a column, several, or None for all lines together
    min_lines : the 80th and 90th percentile, and the range, of groups with fewer lines are missing too; 20 is a good minimum
        for a 90th percentile
    start : where the lead time begins: "order" (order date), "approval" or "creation" (in the source system)
    end : where it ends: "complete" (all of the quantity is there), "first_receipt" (the delivery where receipts are not known) or
        "header" (the order's date of completion, the same for all of its lines)
    calendar : None for calendar days; "weekdays" for Monday to Friday; a country or region ("DE", "US-CA") for its working days;
        or a mapping of site_id to one of these, with None for the other sites

    Returns
    -------
    DataFrame, one row per vendor, the one with the most lines first; a vendor without lines that count too
        vendor_id, vendor_name : string; missing for the unknown vendor (or the columns of ``by``)
        n_lines, n_delivered, n_open, n_cancelled : int
        median_days, p80_days, p90_days : float, days; missing where not yet estimable
        mean_delivered_days : float, days, delivered lines only, too low while lines are open; missing where
            none is delivered
        restricted_mean_days : float, days, mean up to ``restricted_to_days``
        restricted_to_days : float, days, the longest lead time or age among the lines
        sd_days : float, days, standard deviation up to ``restricted_to_days``; missing with fewer than two delivered lines
        robust_sd_days : float, days; missing where not yet estimable
        cv : float, sd_days / restricted_mean_days; missing where that mean is 0
        range_days : float, days, from the 10th to the 90th percentile; missing where that is
        connection : string, where the lines have one

    Raises
    ------
    SchemaError
        A column that is needed is missing, or holds values that are no dates.
    ConfigError
        There is no as-of day, or ``min_lines`` is no count.

    Examples
    --------
    >>> from makini_analytics import lead_times
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "vendor_id": ["a", "a", "a", "b"],
    ...     "order_date": pd.to_datetime(["2025-01-01", "2025-01-01", "2025-01-03", "2025-01-02"]),
    ...     "delivered_date": pd.to_datetime(["2025-01-05", "2025-01-11", None, None]),
    ... })
    >>> lead_times.by_vendor(lines, as_of="2025-01-31")[["vendor_id", "n_lines", "n_open", "median_days", "p90_days", "mean_delivered_days"]]
      vendor_id  n_lines  n_open  median_days  p90_days  mean_delivered_days
    0         a        3       1         10.0       NaN                  7.0
    1         b        1       1          NaN       NaN                  NaN
    """
    number_of("min_lines", min_lines, whole=True)
    got = ages(lines, as_of=as_of, by=by, start=start, end=end, calendar=calendar)
    groups, table = got.by(by)
    total = table.total()
    n_lines, n_delivered = total.sum(axis=1), total[:, DELIVERED]
    surviving = kaplan_meier(table)
    enough = n_lines >= min_lines  # the median stands on half of the lines, the 90th percentile on a tenth of them
    days = table.sum_by_group(table.day * table.counts[:, DELIVERED])
    mean, deviation, until = restricted_moments(table, surviving)
    median, p10, p90 = (first_day_at(table, surviving, 1 - q) for q in (0.5, 0.1, 0.9))
    # the connection, which not all lines have, goes last, so that it moves no other column
    keys = groups.keys.drop(columns="connection", errors="ignore") if by == "vendor" else groups.keys
    result = keys.assign(
        n_lines=n_lines,
        n_delivered=n_delivered,
        n_open=total[:, CENSORED],
        n_cancelled=total[:, CANCELLED],
        median_days=median,
        p80_days=np.where(enough, first_day_at(table, surviving, 1 - 0.8), np.nan),
        p90_days=np.where(enough, p90, np.nan),
        mean_delivered_days=np.where(n_delivered > 0, days / np.maximum(n_delivered, 1), np.nan),
        restricted_mean_days=mean,
        restricted_to_days=until,
        sd_days=deviation,
        robust_sd_days=_TO_SD * median_deviation(table, surviving, median),
        cv=np.divide(deviation, mean, out=np.full(len(mean), np.nan), where=mean > 0),
        range_days=np.where(enough, p90 - p10, np.nan),
    )
    if len(keys.columns) < len(groups.keys.columns):
        result["connection"] = groups.keys["connection"]
    most_first = np.argsort(-n_lines, kind="stable")  # the keys are in order already
    most_first = most_first[got.groups_there(groups)[most_first]]  # by=None makes one group, of nothing
    result = result.iloc[most_first].reset_index(drop=True)
    return got.with_provenance(result, notes=got.notes)
