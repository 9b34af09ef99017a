"""Lead times by vendor, or by any other column of the lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..grouping import By, group_lines
from ..provenance import AsOf, stamp
from . import survival
from .per_line import durations


def by_vendor(lines: Any, *, by: By = "vendor", as_of: AsOf | None = None) -> pd.DataFrame:
    """Lead time by vendor in calendar days from order to delivery: median, p80 and p90, open lines counted as open.

    The quantiles are those of the Kaplan-Meier curve (Kaplan & Meier 1958): the first day on which the share still open is at
    most 1 - q. An open line is censored at the as-of day, a cancelled one on the day of its cancellation. A quantile that the
    curve does not reach is missing: not yet estimable, rather than a number that is too small. The mean of the delivered lines
    alone is given for comparison; it is too short while slow lines are open. Left out, with counts: lines without an order
    date, delivered before ordered, drafts, returns, closed short, received without a delivery date.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date``, ``delivered_date`` and ``vendor_id`` or ``vendor_name`` (or the columns of ``by``).
    by : "vendor", a column, or several
    as_of : the day to look from; by default the lines' own

    Returns
    -------
    DataFrame, one row per vendor, most lines first
        vendor_id, vendor_name : string (or the columns of ``by``)
        n_lines, n_delivered, n_open, n_cancelled : int; the first is the sum of the others
        median_days, p80_days, p90_days : float; missing = not yet estimable
        mean_delivered_days : float, over delivered lines only; missing without any
        restricted_mean_days : float, mean up to the longest time followed
        connection : string, where the lines have one

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day is known.

    Examples
    --------
    >>> lines = pd.DataFrame({"vendor_id": "a", "order_date": pd.to_datetime(["2025-01-01"] * 4),
    ...     "delivered_date": pd.to_datetime(["2025-01-11", "2025-01-21", None, None])})
    >>> by_vendor(lines, as_of="2025-01-31")[["n_lines", "n_open", "median_days", "p90_days", "mean_delivered_days"]]
       n_lines  n_open  median_days  p90_days  mean_delivered_days
    0        4       2         20.0       NaN                 15.0
    """
    d = durations(lines, as_of, metric="lead_times.by_vendor")
    kept = d.selection.kept
    groups = group_lines(d.frame[kept], by)
    n = len(groups) if kept.any() else 0
    counts = survival.count_days(groups.codes, d.days[kept], d.outcome[kept], n)

    def total(x: np.ndarray) -> np.ndarray:
        return np.bincount(counts.group, weights=x, minlength=n)[:n].astype("int64")

    at = survival.quantiles(counts, (0.5, 0.8, 0.9))
    delivered = total(counts.delivered)
    days = np.bincount(counts.group, weights=counts.delivered * counts.day, minlength=n)[:n].astype(float)
    keys = [c for c in groups.keys.columns if c != "connection" or by != "vendor"]
    result = groups.keys.iloc[:n].assign(
        n_lines=total(counts.total),
        n_delivered=delivered,
        n_open=total(counts.open),
        n_cancelled=total(counts.cancelled),
        median_days=at[0.5],
        p80_days=at[0.8],
        p90_days=at[0.9],
        mean_delivered_days=np.divide(days, delivered, out=np.full(n, np.nan), where=delivered > 0),
        restricted_mean_days=survival.restricted_mean(counts),
    )
    result = result[[*keys, *(c for c in result.columns if c not in keys)]]
    if "connection" in result.columns and by == "vendor":
        result["connection"] = result.pop("connection")
    result = result.sort_values("n_lines", ascending=False, kind="stable").reset_index(drop=True)
    return stamp(
        result,
        metric="lead_times.by_vendor",
        parameters={"by": by},
        selection=d.selection,
        lines=d.frame,
        as_of=d.as_of,
    )
