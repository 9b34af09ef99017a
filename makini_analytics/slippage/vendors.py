"""On-time delivery by vendor, or by any other column of the lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..grouping import By, group_lines
from ..provenance import AsOf, stamp
from .intervals import wilson
from .per_line import EARLY, LATE, NOT_DUE, ON_TIME, OVERDUE_OPEN, judge


def by_vendor(
    lines: Any,
    *,
    by: By = "vendor",
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: int = 0,
    early_days: int | None = None,
) -> pd.DataFrame:
    """On-time delivery by vendor: the share of all due lines that came by their due date, and how late the late ones were.

    Due lines have a due date on or before the as-of day and can be judged: delivered, or open beyond the due date plus
    ``late_days``. On time is delivered by the due date plus ``late_days``; early counts as on time unless ``early_days`` is
    given, which makes deliveries earlier than that a third kind, early, in the denominator but not on time. Late is delivered
    later, or still open: a vendor gains nothing by not delivering. The interval is Wilson's for 95 % (Wilson 1927). Median and
    p90 of the days late are over the lines that were delivered late, by linear interpolation.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``delivered_date``, the due date, and ``vendor_id`` or ``vendor_name`` (or the columns of ``by``).
    by : "vendor", a column, or several
    as_of : the day to look from; by default the lines' own
    due : "required" or "promised": which date is the due date
    late_days, early_days : tolerances in days

    Returns
    -------
    DataFrame, one row per vendor, most due lines first
        vendor_id, vendor_name : string (or the columns of ``by``)
        n_due, n_on_time : int; n_due = n_on_time + n_late, plus n_early where ``early_days`` is given
        on_time_rate, on_time_low, on_time_high : float, 0..1; missing where nothing was due
        n_late : int, delivered late or overdue; n_early : int; n_overdue_open : int
        median_days_late, p90_days_late : float, of lines delivered late; missing without any
        n_not_due : int; connection : string, where the lines have one

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day is known; an option that is none.

    Examples
    --------
    >>> lines = pd.DataFrame({"vendor_id": "a", "required_date": pd.to_datetime(["2025-01-10"] * 3),
    ...     "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-15", None])})
    >>> by_vendor(lines, as_of="2025-01-31")[["n_due", "n_on_time", "n_late", "n_overdue_open", "median_days_late"]]
       n_due  n_on_time  n_late  n_overdue_open  median_days_late
    0      3          1       2               1               5.0
    """
    j = judge(lines, as_of=as_of, due=due, late_days=late_days, early_days=early_days, metric="slippage.by_vendor")
    kept = j.selection.kept
    groups = group_lines(j.frame[kept], by)
    n = len(groups) if kept.any() else 0
    table = np.bincount(groups.codes * 5 + j.outcome[kept], minlength=n * 5)[: n * 5].reshape(n, 5).astype("int64")
    late = table[:, LATE] + table[:, OVERDUE_OPEN]
    on_time = table[:, ON_TIME] + (table[:, EARLY] if early_days is None else 0)
    n_due = table[:, [EARLY, ON_TIME, LATE, OVERDUE_OPEN]].sum(axis=1)
    low, high = wilson(on_time, n_due)
    was_late = j.outcome[kept] == LATE
    middle, ninth = _quantiles(groups.codes[was_late], j.days_late[kept][was_late], n, (0.5, 0.9))
    keys = [c for c in groups.keys.columns if c != "connection" or by != "vendor"]
    result = groups.keys.iloc[:n].assign(
        n_due=n_due,
        n_on_time=on_time,
        on_time_rate=np.divide(on_time, n_due, out=np.full(n, np.nan), where=n_due > 0),
        on_time_low=low,
        on_time_high=high,
        n_late=late,
        n_early=table[:, EARLY],
        n_overdue_open=table[:, OVERDUE_OPEN],
        median_days_late=middle,
        p90_days_late=ninth,
        n_not_due=table[:, NOT_DUE],
    )
    result = result[[*keys, *(c for c in result.columns if c not in keys)]]
    if "connection" in result.columns and by == "vendor":
        result["connection"] = result.pop("connection")
    result = result.sort_values("n_due", ascending=False, kind="stable").reset_index(drop=True)
    notes: tuple[str, ...] = ()
    delivered = ~np.isnan(j.days_late[kept])
    if delivered.sum() >= 20 and (j.days_late[kept][delivered] == 0).mean() > 0.95:
        notes = (
            "More than 95 % of the deliveries are exactly on the due date: the due date may be filled from the receipt.",
        )
    parameters = {"by": by, "due": due, "late_days": late_days, "early_days": early_days}
    return stamp(
        result,
        metric="slippage.by_vendor",
        parameters=parameters,
        selection=j.selection,
        lines=j.frame,
        as_of=j.as_of,
        notes=notes,
    )


def _quantiles(
    group: npt.NDArray[np.intp], days: npt.NDArray[np.float64], n: int, levels: tuple[float, ...]
) -> list[npt.NDArray[np.float64]]:
    """Return the quantiles of each group by linear interpolation; missing where a group has no value."""
    order = np.lexsort((days, group))
    days, group = days[order], group[order]
    size = np.bincount(group, minlength=n)[:n]
    start = np.cumsum(size) - size
    some = size > 0
    out = []
    for q in levels:
        position = q * (size[some] - 1)
        below = np.floor(position).astype(np.intp)
        above = np.minimum(below + 1, size[some] - 1)
        low, high = days[start[some] + below], days[start[some] + above]
        at = np.full(n, np.nan)
        at[some] = low + (high - low) * (position - below)
        out.append(at)
    return out
