"""On-time delivery and days late by vendor, or by any other column of the lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..compute import By, DayCounts, FigureResult, Groups, WorkCalendar, figure, group_lines, quantile
from ..errors import ConfigError
from ..frames import AsOf, Mask
from ._due_rule import (
    AHEAD,
    CAME,
    DUE_DATES,
    EARLY,
    LATE,
    NOT_DUE,
    ON_TIME,
    OPEN,
    OUTCOMES,
    OVERDUE_OPEN,
    DueTally,
    Tolerance,
    doubts,
    judge,
    outcome_of,
)
from ._intervals import wilson
from ._rates import Floats, cluster_codes, hits_of, rate_of, shrunken, weights_of


@figure("delivered_date", any_frame=True, due=DUE_DATES)
def by_vendor(
    lines: Any,
    *,
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    early_days: float | None = None,
    by: By = "vendor",
    weight: str = "lines",
    cluster: str | None = None,
    calendar: WorkCalendar = None,
) -> FigureResult:
    """On-time delivery by vendor: the share of all due lines that came by their due date, and how late the late ones were.

    A due line has a due date on or before the as-of day and can be judged: delivered, or open with the as-of
    day beyond the due date plus ``late_days``. On time is delivered by the due date plus ``late_days``. Late
    is delivered later, or still open: a line that never comes is a miss, not a gap in the data. Early lines
    are on time, unless ``early_days`` is given: then those delivered before the due date by more than that
    are due lines, but not on time.

    on_time_rate = n_on_time / n_due, where n_due = n_on_time + n_late, plus n_early where ``early_days`` is
    given; with ``weight`` the share of the quantity or value of these lines. The interval is the 95 % score
    interval (Wilson 1927): 3 of 3 says less than 90 of 100, and it shows. It takes the lines as independent,
    which lines of one order are not quite: ``cluster="order"`` makes it as wide as the orders differ. To rank
    vendors take ``on_time_shrunken``, the rate drawn towards that of all, the more the fewer lines there are
    (empirical Bayes). Median and 90th percentile of the days late are over the lines delivered late, by
    linear interpolation.

    Lines deleted, cancelled, drafts, returns, closed short, received on an unknown day or without a due date
    are left out, as are lines that are not due yet, and counted. The due date is the one that the data hold
    now; promises made earlier and changed since are not known from one extract.

    Parameters
    ----------
    lines : DataFrame, one row per order line; of pandas, or with the extra ``lake`` of polars, PyArrow, DuckDB or Spark
        Needs ``delivered_date``, the due date, and ``vendor_id`` or ``vendor_name`` (or the columns of
        ``by``).
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" (``required_date``, what the buyer asked for) or "promised" (``promised_date``)
    late_days : days after the due date that still are on time
    early_days : days before the due date that still are on time; by default early is a kind of on time,
        however early
    by : "vendor", a column, several, or None for all lines together
    weight : "lines", "quantity" or "value"; counts stay counts of lines
    cluster : None, "order", or a column whose lines hang together
    calendar : None for calendar days; "weekdays", a country or region ("DE", "US-CA"), or a mapping of site_id to one of these: a due
        date that is no working day moves to the next one, and working days are counted from there

    Returns
    -------
    DataFrame, one row per vendor, the one with the most due lines first; also for a vendor without any
        vendor_id, vendor_name : string; missing for the unknown vendor (or the columns of ``by``)
        n_due, n_on_time : int, lines
        on_time_rate, on_time_low, on_time_high : float, 0..1; missing where no line is due
        n_late : int, lines delivered late or overdue
        n_early : int, lines delivered early, in n_on_time too unless ``early_days`` is given
        n_overdue_open : int, lines of n_late that have not come yet
        median_days_late, p90_days_late : float, days, over lines delivered late; missing where there is none
        n_not_due : int, lines that are not due yet, not in n_due
        on_time_shrunken : float, 0..1, to rank by; missing where no line is due
        connection : string, where the lines have one

    Raises
    ------
    SchemaError
        A column that is needed is missing, or holds values that are no dates.
    ConfigError
        There is no as-of day, or an option is none of those above.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "vendor_id": ["a", "a", "a", "b"],
    ...     "required_date": pd.to_datetime(["2025-01-10", "2025-01-10", "2025-01-10", "2025-02-10"]),
    ...     "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-15", None, None]),
    ... })
    >>> slippage.by_vendor(lines, as_of="2025-01-31")[["vendor_id", "n_due", "n_on_time", "n_late", "n_overdue_open", "median_days_late"]]
      vendor_id  n_due  n_on_time  n_late  n_overdue_open  median_days_late
    0         a      3          1       2               1               5.0
    1         b      0          0       0               0               NaN
    """
    tolerance = Tolerance(late_days, early_days)
    got = judge(lines, as_of=as_of, due=due, by=by, calendar=calendar)
    if got.tally.n is not None and (weight != "lines" or cluster is not None):
        raise ConfigError(
            "weight= and cluster= look at single lines, which only a pandas frame has: collect the lines that you look at"
        )
    weights = weights_of(got, weight)  # leaves out what can't be weighed, so it comes before the count
    groups = group_lines(got.frame, by, n=got.tally.n)
    table = got.day_counts(groups)

    number = _by_outcome(table, tolerance, len(groups))
    n_early, n_overdue = number[EARLY], number[OVERDUE_OPEN]
    n_late = number[LATE] + n_overdue
    n_on_time = number[ON_TIME] + (n_early if early_days is None else 0)
    n_due = n_on_time + n_late + (n_early if early_days is not None else 0)
    rate = np.where(n_due > 0, n_on_time / np.maximum(n_due, 1), np.nan)
    low, high = wilson(n_on_time, n_due)
    if weights is not None or cluster is not None:  # single lines weigh differently: counts by outcome are not enough
        hits = hits_of(outcome_of(got.standing, got.days, tolerance), early_days is not None)
        rate, low, high = _weighted(got, groups, hits, weights, cluster)
    late = np.where(outcome_of(CAME, table.day, tolerance) == LATE, table.counts[:, CAME], 0)

    keys = groups.keys.drop(columns="connection", errors="ignore") if by == "vendor" else groups.keys
    result = keys.assign(
        n_due=n_due,
        n_on_time=n_on_time,
        on_time_rate=rate,
        on_time_low=low,
        on_time_high=high,
        n_late=n_late,
        n_early=n_early,
        n_overdue_open=n_overdue,
        median_days_late=quantile(table, late, 0.5),
        p90_days_late=quantile(table, late, 0.9),
        n_not_due=number[NOT_DUE],
        on_time_shrunken=shrunken(n_on_time, n_due),
    )
    if len(keys.columns) < len(groups.keys.columns):
        result["connection"] = groups.keys["connection"]
    most_first = np.argsort(-n_due, kind="stable")  # the keys are in order already
    if not len(got.frame):
        most_first = most_first[:0]  # by=None makes one group, of nothing
    result = result.iloc[most_first].reset_index(drop=True)

    # only now, since a line that is not due yet has been counted as such above
    not_due = (got.standing == AHEAD) | ((got.standing == OPEN) & (got.days <= late_days))
    got.selection.exclude(not_due, "not due yet")
    n_exact = int(table.counts[table.day == 0, CAME].sum())
    notes = doubts(got, got.selection.kept, n_due=int(n_due.sum()), n_exact=n_exact)
    return got.with_provenance(result, notes=notes)


def _by_outcome(table: DayCounts, tolerance: Tolerance, n_groups: int) -> npt.NDArray[np.int64]:
    """Return the lines by outcome (a row each, in the order of `OUTCOMES`) and group."""
    n = len(OUTCOMES)
    cells = sum(
        np.bincount(
            table.group * n + outcome_of(standing, table.day, tolerance),
            weights=table.counts[:, standing],
            minlength=n_groups * n,
        )
        for standing in (CAME, AHEAD, OPEN)
    )
    return np.reshape(cells, (n_groups, n)).astype(np.int64).T


def _weighted(
    got: DueTally, groups: Groups, hits: tuple[Mask, Floats], weights: Floats | None, cluster: str | None
) -> tuple[Floats, Floats, Floats]:
    """Return each group's rate and its interval where lines have weights, or hang together."""
    due, hit = hits
    due = due & got.selection.kept
    weight = np.ones(len(got.frame)) if weights is None else weights
    together = cluster_codes(got.frame, cluster, due)
    return rate_of(hit[due], weight[due], groups.codes.astype(np.int64)[due], len(groups), together)
