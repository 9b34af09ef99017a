"""The share of ordered lines that is delivered by each day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..grouping import By, group_lines
from ..provenance import AsOf, stamp
from . import survival
from .per_line import durations


def curve(lines: Any, *, by: By = None, as_of: AsOf | None = None) -> pd.DataFrame:
    """Share of all lines ordered that is delivered by each day after the order, with a 95 % band.

    The Aalen-Johansen estimate (Aalen & Johansen 1978): open lines are censored at the as-of day, a cancellation is a competing
    outcome, so that a cancelled line is never counted as one that will still come. Where nothing is cancelled it is one minus
    the Kaplan-Meier curve. The band is pointwise, on the log(-log) scale. The same lines are left out as in
    ``lead_times.by_vendor``.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date`` and ``delivered_date``.
    by : None, "vendor", a column, or several: one curve each
    as_of : the day to look from; by default the lines' own

    Returns
    -------
    DataFrame, one row per (group, day) on which a line was delivered or cancelled or was last seen open, and day 0
        the columns of ``by``; days : float, since the order
        at_risk : int, lines still under way just before that day
        delivered : int, lines delivered on that day
        share_delivered, low, high : float, 0..1
        cancelled, censored : int

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day is known.

    Examples
    --------
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-01"] * 4),
    ...     "delivered_date": pd.to_datetime(["2025-01-11", "2025-01-21", None, None])})
    >>> curve(lines, as_of="2025-01-31")[["days", "at_risk", "delivered", "share_delivered"]]
       days  at_risk  delivered  share_delivered
    0   0.0        4          0             0.00
    1  10.0        4          1             0.25
    2  20.0        3          1             0.50
    3  30.0        2          0             0.50
    """
    d = durations(lines, as_of, metric="lead_times.curve")
    kept = d.selection.kept
    groups = group_lines(d.frame[kept], by)
    n = len(groups) if kept.any() else 0
    counts = _with_day_0(survival.count_days(groups.codes, d.days[kept], d.outcome[kept], n))
    share, low, high = survival.share_delivered(counts)
    result = groups.keys.iloc[counts.group].reset_index(drop=True)
    result = result.assign(
        days=counts.day.astype(float),
        at_risk=counts.at_risk.astype("int64"),
        delivered=counts.delivered.astype("int64"),
        share_delivered=share,
        low=low,
        high=high,
        cancelled=counts.cancelled.astype("int64"),
        censored=counts.open.astype("int64"),
    )
    return stamp(
        result, metric="lead_times.curve", parameters={"by": by}, selection=d.selection, lines=d.frame, as_of=d.as_of
    )


def _with_day_0(c: survival.DayCounts) -> survival.DayCounts:
    """Return the counts with a row for day 0 in each group, so that every curve starts at its beginning."""
    lacking = np.setdiff1d(np.arange(c.n_groups), c.group[c.day == 0])
    order = np.lexsort((np.r_[c.day, np.zeros(len(lacking), dtype=np.int64)], np.r_[c.group, lacking]))
    zeros = np.zeros(len(lacking), dtype=np.int64)
    delivered, still_open, cancelled = (np.r_[x, zeros][order] for x in (c.delivered, c.open, c.cancelled))
    group, day = np.r_[c.group, lacking][order], np.r_[c.day, zeros][order]
    return survival.DayCounts(group, day, delivered, still_open, cancelled, c.n_groups)
