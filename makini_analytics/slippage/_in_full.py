"""On time and in full, and what late and early deliveries are worth in value-days."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import (
    By,
    FigureResult,
    WorkCalendar,
    cluster_of,
    count_distinct_codes,
    figure,
    group_lines,
    leave_out_unreadable,
    pools_of,
    wilson,
)
from ..errors import one_of
from ..frames import AsOf, numbers, values
from ._due_rule import (
    AHEAD,
    DUE_DATES,
    EXCLUDED,
    LATE,
    NOT_DUE,
    OVERDUE_OPEN,
    Ints,
    Tolerance,
    judge,
    outcome_of,
    share_of,
)
from ._rates import cluster_codes, hits_of, rates_of


@figure("delivered_date", due=DUE_DATES)
def otif(
    lines: Any,
    *,
    by: By = "vendor",
    level: str = "order",
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    early_days: float | None = None,
    calendar: WorkCalendar = None,
    under_share: float = 0,
    over_share: float = 0,
) -> FigureResult:
    """On time and in full: the share of due orders (or lines) of which all had come by the due date.

    A line is on time and in full when its whole quantity is there by the due date plus ``late_days``. An order is when all of its
    due lines are, so the order's rate is never above the line's; one with a line that can't be judged is judged by the others.
    Full is what was ordered, not less and not more; ``under_share`` and ``over_share`` say how much may be lacking or too much. A
    line closed short has not come in full, whenever the part came: it is due, and a miss. Where no quantities are known the
    delivery counts as full. There is no common standard for OTIF: the level and the due date are to be stated with the figure.

    Where the connection lists receipts, the day on which a line was complete comes from them, and this is OTIF in its true form
    (``form`` says "true"). Without receipts the one delivered date stands for all of the quantity: "final state".

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``delivered_date``, the due date, the columns of ``by``, and for orders ``order_id`` or ``order_number``.
    by : "vendor", a column, several, or None for all together
    level : "order" or "line"
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due, late_days, early_days, calendar : as in `slippage.by_vendor`
    under_share, over_share : shares of the ordered quantity that may be lacking, or too much, of a full delivery; 0.02 is 2 %

    Returns
    -------
    DataFrame, one row per group, the one with the most due first
        the columns of ``by``
        n_due, n_otif : int, orders or lines
        otif_rate, otif_low, otif_high : float, 0..1; 95 % interval of Wilson, of lines as wide as those of an order hang together;
            missing where nothing is due
        form : string; true, final state, or mixed

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; an unknown level.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({"vendor_id": "v", "order_id": ["1", "1", "2"],
    ...     "required_date": pd.to_datetime(["2025-01-10"] * 3), "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-12", "2025-01-10"])})
    >>> slippage.otif(lines, as_of="2025-02-01")[["n_due", "n_otif", "otif_rate", "form"]]
       n_due  n_otif  otif_rate         form
    0      2       1        0.5  final state
    """
    one_of("level", level, ("order", "line"))
    tolerance = Tolerance(late_days, early_days)
    got = judge(
        lines,
        as_of=as_of,
        due=due,
        calendar=calendar,
        under_share=under_share,
        over_share=share_of("over_share", over_share),
    )
    outcome = outcome_of(got.standing, got.days, tolerance)
    is_due, hit = hits_of(outcome, early_days is not None)
    hit = hit * (got.tally.marks["not_full"] == 0)
    groups = group_lines(got.frame, by)
    n = len(groups) if len(got.frame) else 0
    codes = groups.codes[is_due]
    late = hit[is_due] == 0
    n_due: Ints
    n_late: Ints
    if level == "line":
        n_due, n_late = (np.bincount(c, minlength=n)[:n] for c in (codes, codes[late]))
    else:
        order = cluster_codes(got.frame, "order", is_due)
        n_due, n_late = count_distinct_codes(codes, order, n), count_distinct_codes(codes[late], order[late], n)
    # counted by what is late, since one late line spoils its order, and distinct orders with a late line are easy to count
    n_otif = n_due - n_late
    low, high = wilson(n_otif, n_due)
    if level == "line":  # those of one order hang together
        orders = cluster_of(got.frame, "order")
        pool = pools_of(groups.keys.iloc[:n])
        low, high = rates_of(groups.codes, n, is_due, hit > 0, together=orders, pool=pool).interval()
    receipts = values(got.frame, "n_receipts", "Int64").notna().to_numpy(dtype=bool)[is_due]
    lines_due, proven = (
        np.bincount(codes[rows], minlength=n)[:n] for rows in (np.ones(len(codes), dtype=bool), receipts)
    )
    form = np.where(proven == 0, "final state", np.where(proven == lines_due, "true", "mixed")).astype(object)
    form[lines_due == 0] = None
    result = groups.keys.iloc[:n].assign(
        n_due=n_due.astype("int64"),
        n_otif=n_otif.astype("int64"),
        otif_rate=np.divide(n_otif, n_due, out=np.full(n, np.nan), where=n_due > 0),
        otif_low=low,
        otif_high=high,
        form=pd.array(form, dtype="string"),
    )
    if "connection" in result:
        result["connection"] = result.pop("connection")
    most_first = np.argsort(-n_due, kind="stable")
    result = result.iloc[most_first[got.groups_there(groups)[most_first]]].reset_index(drop=True)
    got.selection.exclude(outcome == NOT_DUE, "not due yet")
    return got.with_provenance(result)


@figure("delivered_date", "amount?", due=DUE_DATES)
def value_days(
    lines: Any,
    *,
    by: By = "vendor",
    as_of: AsOf | None = None,
    due: str = "required",
    calendar: WorkCalendar = None,
) -> FigureResult:
    """How much value came how many days late or early: the sum of line amount x days.

    A million a day late weighs as much as ten thousand for a hundred days. Lines delivered late count with their days late, open
    lines past their due date with their days overdue so far, lines delivered early with their days ahead (stock before it was
    wanted). The same lines are judged as in ``slippage.by_vendor``, without tolerance; one without an amount is left out, and so is a
    credit: its negative amount would be taken off what is late.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``delivered_date``, the due date, ``amount``, and the columns of ``by``.
    by : "vendor", a column, several, or None for all together
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due, calendar : as in ``slippage.by_vendor``

    Returns
    -------
    DataFrame, one row per (group, currency), most value-days late first within the currency
        the columns of ``by``; currency : string
        value_due, value_late, value_overdue_open : float, in ``currency``; overdue ones are part of the late ones
        value_days_late, value_days_early : float, in ``currency`` x days
        n_due : int, lines

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({"vendor_id": "v", "amount": [100.0, 50.0], "currency": "EUR",
    ...     "required_date": pd.to_datetime(["2025-01-10"] * 2), "delivered_date": pd.to_datetime(["2025-01-13", "2025-01-06"])})
    >>> slippage.value_days(lines, as_of="2025-02-01")[["value_late", "value_days_late", "value_days_early"]]
       value_late  value_days_late  value_days_early
    0       100.0            300.0             200.0
    """
    got = judge(lines, as_of=as_of, due=due, calendar=calendar)
    amount = numbers(got.frame, "amount")
    leave_out_unreadable(got.selection, {"amount": "amount"})
    got.selection.exclude(np.isnan(amount), "no amount")
    got.selection.exclude(amount < 0, "negative amount")
    outcome = np.where(got.selection.kept, outcome_of(got.standing, got.days, Tolerance()), EXCLUDED)
    is_due, _ = hits_of(outcome, False)
    groups = group_lines(got.frame, by, also=("currency",), rows=is_due)
    n = len(groups) if is_due.any() else 0
    money, days = amount[is_due], got.days[is_due].astype(float)
    kind = outcome[is_due]
    late = (kind == LATE) | (kind == OVERDUE_OPEN)

    def total(what: Any) -> Any:
        return np.bincount(groups.codes, weights=what, minlength=n)[:n].astype(float)

    result = groups.keys.iloc[:n].assign(
        value_due=total(money),
        value_late=total(money * late),
        value_overdue_open=total(money * (kind == OVERDUE_OPEN)),
        value_days_late=total(money * days * late),
        value_days_early=total(money * np.maximum(-days, 0) * ~late),
        n_due=np.bincount(groups.codes, minlength=n)[:n].astype("int64"),
    )
    result["currency"] = result["currency"].astype("string")
    if "connection" in result:
        result["connection"] = result.pop("connection")
    result = result.sort_values(["currency", "value_days_late"], ascending=[True, False], kind="stable").reset_index(
        drop=True
    )
    got.selection.exclude((outcome == NOT_DUE) | (got.standing == AHEAD), "not due yet")
    return got.with_provenance(result)
