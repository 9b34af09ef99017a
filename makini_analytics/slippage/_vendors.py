"""On-time delivery and days late by vendor, or by any other column of the lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    By,
    ClusterSums,
    DayCounts,
    FigureResult,
    Groups,
    Rates,
    WorkCalendar,
    against_others,
    cluster_of,
    copied_due,
    figure,
    group_lines,
    pools_of,
    quantile,
)
from ..frames import AsOf, OnlyInMemory, is_pandas
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
    Ints,
    Tolerance,
    doubts,
    due_and_on_time,
    judge,
    of_copied,
    outcome_of,
)
from ._rates import Floats, rates_of, weights_of


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
    cluster: str | None = "order",
    calendar: WorkCalendar = None,
    under_share: float = 0,
) -> FigureResult:
    """On-time delivery by vendor: the share of all due lines that came by their due date, and how late the late ones were.

    A due line has a due date on or before the as-of day and can be judged: delivered, or open with the as-of
    day beyond the due date plus ``late_days``. On time is delivered by the due date plus ``late_days``. Late
    is delivered later, or still open: a line that never comes is a miss, not a gap in the data. Early lines
    are on time, unless ``early_days`` is given: then those delivered before the due date by more than that
    are due lines, but not on time.

    on_time_rate = n_on_time / n_due, where n_due = n_on_time + n_late, plus n_early where ``early_days`` is
    given; with ``weight`` the share of the quantity or value of these lines. Median and 90th percentile of the
    days late are over the lines delivered late, by linear interpolation.

    The interval is the 95 % score interval (Wilson 1927): 3 of 3 says less than 90 of 100, and it shows. Lines
    of one order come or stay away together, so a hundred of them in ten orders count as fewer, ``n_effective``:
    with the correlation r of two lines of an order, n^2 / ((1 - r) n + r x sum of squared lines of an order)
    (Kish 1965). The correlation is found over all vendors of a connection; a vendor's own may only widen its interval.

    ``against_others`` says which vendors are below or above all others together by more than chance, and is what
    charts and reports say: of those called below at most 5 % are so by chance on average, of those called above
    1 % (Benjamini and Hochberg 1995). To rank vendors take ``on_time_shrunken``, the rate drawn towards the
    mean of the connection's vendors, the more the less certain it is (Paule and Mandel 1982).

    Lines ordered after the as-of day, deleted or cancelled by then, drafts, returns, closed short, received on
    an unknown day (also those that are still open in their source) or without a due date are left out, as are
    lines that are not due yet, and counted. So are all lines of a connection, or a vendor, of whose received
    lines fewer than 95 % have a day of delivery: its overdue lines alone would make it look late, and its rate
    is missing. Each connection is looked at from its own as-of day. The due date is the one that the data hold
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
    cluster : "order", or a column whose lines hang together; a line of no known order stands alone. None: lines are independent
    calendar : None for calendar days; "weekdays", a country or region ("DE", "US-CA"), or a mapping of site_id to one of these: a due
        date, or a delivery, on a day that is none moves to the next working day, and those are counted
    under_share : share of the quantity that may be lacking of a delivery, 0 to 1: at 0.02 a line counts as delivered with 98 of 100

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
        n_effective : float, so many independent lines would tell as much; 0 where no line is due
        due_share : float, 0..1, of all due lines, or of their quantity or value
        others_rate : float, 0..1, on-time rate of all other vendors together; missing where they have no due line
        p_value : float, 0..1, one-sided: how often a vendor like all others would be so far off; missing where there are fewer than
            20 due lines or three orders, or no others
        against_others : string; below, above, or missing where the difference may be chance
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
    if weight != "lines" and not is_pandas(lines):
        raise OnlyInMemory("weights are those of single lines")
    tolerance = Tolerance(late_days, early_days)
    got = judge(
        lines,
        as_of=as_of,
        due=due,
        by=by,
        calendar=calendar,
        cluster=cluster,
        tolerance=tolerance,
        under_share=under_share,
    )
    weights = weights_of(got, weight)  # leaves out what can't be weighed, so it comes before the count
    groups = group_lines(got.frame, by, n=got.tally.n)
    table = got.day_counts(groups)

    number = _by_outcome(table, tolerance, len(groups))
    n_early, n_overdue = number[EARLY], number[OVERDUE_OPEN]
    n_late = number[LATE] + n_overdue
    n_on_time = number[ON_TIME] + (n_early if early_days is None else 0)
    n_due = n_on_time + n_late + (n_early if early_days is not None else 0)
    rates = _rates(got, groups, tolerance, weights, cluster, n_due, n_on_time)
    low, high = rates.interval()
    others = against_others(rates)
    exact = np.bincount(table.group, weights=np.where(table.day == 0, table.counts[:, CAME], 0), minlength=len(groups))
    n_copied = int(copied_due(n_due, exact.astype(np.int64)).sum())
    late = np.where(outcome_of(CAME, table.day, tolerance) == LATE, table.counts[:, CAME], 0)

    keys = groups.keys.drop(columns="connection", errors="ignore") if by == "vendor" else groups.keys
    result = keys.assign(
        n_due=n_due,
        n_on_time=n_on_time,
        on_time_rate=rates.rate,
        on_time_low=low,
        on_time_high=high,
        n_late=n_late,
        n_early=n_early,
        n_overdue_open=n_overdue,
        median_days_late=quantile(table, late, 0.5),
        p90_days_late=quantile(table, late, 0.9),
        n_not_due=number[NOT_DUE],
        on_time_shrunken=rates.shrunken(),
        n_effective=rates.n_effective,
        due_share=rates.weight / max(rates.weight.sum(), 1e-300),
        others_rate=others.rate,
        p_value=others.p_value,
        against_others=pd.array(others.says, dtype="string"),
    )
    if len(keys.columns) < len(groups.keys.columns):
        result["connection"] = groups.keys["connection"]
    most_first = np.argsort(-n_due, kind="stable")  # the keys are in order already
    most_first = most_first[got.groups_there(groups)[most_first]]  # by=None makes one group, of nothing
    result = result.iloc[most_first].reset_index(drop=True)

    # only now, since a line that is not due yet has been counted as such above
    not_due = (got.standing == AHEAD) | ((got.standing == OPEN) & (got.days <= late_days))
    got.selection.exclude(not_due, "not due yet")
    notes = doubts(got, got.selection.kept, n_due=int(n_due.sum()), n_exact=int(exact.sum()))
    return got.with_provenance(result, notes=notes or of_copied(n_copied))


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


def _rates(
    got: DueTally,
    groups: Groups,
    tolerance: Tolerance,
    weights: Floats | None,
    cluster: str | None,
    n_due: Ints,
    n_on_time: Ints,
) -> Rates:
    """Return each group's rate with what tells how certain it is."""
    pool = pools_of(groups.keys)
    if got.tally.n is not None and cluster is not None:
        return Rates.of(got.tally.cluster_sums(groups.keys), pool=pool)
    if weights is None and cluster is None:
        return Rates.of(ClusterSums.of_single_lines(n_due.astype(float), n_on_time.astype(float)), pool=pool)
    due, hit = due_and_on_time(got.standing, got.days, tolerance)
    due &= got.selection.kept
    together = None if cluster is None else cluster_of(got.frame, cluster)
    return rates_of(groups.codes, len(groups), due, hit, together=together, weight=weights, pool=pool)
