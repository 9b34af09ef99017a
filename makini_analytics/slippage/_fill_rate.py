"""How much of what was ordered has come."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..compute import (
    By,
    Columns,
    FigureResult,
    RuleResult,
    day_in,
    figure,
    gone_by,
    lacking,
    lines_of,
    received_later,
    unreadable,
)
from ..errors import one_of
from ..frames import AsOf, AsOfDays
from ._due_rule import DUE_DATES, due_unreadable, share_of


@figure("quantity", "received_quantity?", any_frame=True, due=DUE_DATES)
def fill_rate(
    lines: Any, *, by: By = "vendor", as_of: AsOf | None = None, due: str = "required", under_share: float = 0
) -> FigureResult:
    """Fill rate: the share of the ordered quantity that has come, over the lines that are due.

    fill_rate = sum of min(received, ordered) / sum of ordered, of the lines whose due date has passed: delivered, open and closed
    short ones, whatever the day on which they came. What came beyond the order of one line fills no other. Quantities add up within
    one unit of measure only, so each has a row; ``line_fill_rate`` counts lines instead, and can be compared across units. The
    received quantity is that of today: of a line that came after the as-of day nothing had come.

    Lines ordered after the as-of day, deleted, cancelled, drafts, returns, those without a due date, a quantity or a received
    quantity are left out, as are lines that are not due yet, and counted. Beside it ``slippage.otif`` says whether a delivery that
    was full came on time, too.

    Parameters
    ----------
    lines : DataFrame, one row per order line; of pandas, or with the extra ``lake`` of polars, PyArrow, DuckDB or Spark
        Needs ``quantity``, ``received_quantity``, the due date, and the columns of ``by``.
    by : "vendor", a column, several, or None for all together
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" or "promised"
    under_share : share of the quantity that may be lacking of a line that counts as filled; it does not change ``fill_rate``

    Returns
    -------
    DataFrame, one row per (group, unit of measure), the one with the most lines first
        the columns of ``by``; unit_of_measure : string, missing where the lines have none
        n_due, n_filled : int, lines, and those of which all has come
        ordered_quantity, received_quantity : float, in ``unit_of_measure``; received up to what was ordered
        fill_rate, line_fill_rate : float, 0..1, of the quantity and of the lines
        connection : string, where the lines have one

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; a share out of its range.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"vendor_id": "v", "quantity": [10.0, 30.0], "received_quantity": [10.0, 18.0],
    ...                       "required_date": pd.to_datetime(["2025-01-10"] * 2)})
    >>> slippage.fill_rate(lines, as_of="2025-02-01")[["n_due", "n_filled", "fill_rate", "line_fill_rate"]]
       n_due  n_filled  fill_rate  line_fill_rate
    0      2         1        0.7             0.5
    """
    one_of("due", due, DUE_DATES)
    share_of("under_share", under_share)
    source = lines_of(lines)
    day = source.as_of(as_of)
    got = source.tally(partial(_filling, as_of=day, due=due, under_share=under_share), by=by, also=("unit_of_measure",))
    groups = got.groups(by, "unit_of_measure")
    n = len(groups) if len(groups.codes) else 0
    n_due = got.count(groups.codes, n)
    ordered, received, filled = (
        np.bincount(groups.codes, weights=got.kept(got.sums[name]), minlength=n)[:n].astype(float)
        for name in ("ordered", "received", "filled")
    )
    result = groups.keys.iloc[:n].assign(
        n_due=n_due,
        n_filled=np.rint(filled).astype("int64"),
        ordered_quantity=ordered,
        received_quantity=received,
        fill_rate=np.divide(received, ordered, out=np.full(n, np.nan), where=ordered > 0),
        line_fill_rate=filled / np.maximum(n_due, 1),
    )
    result["unit_of_measure"] = result["unit_of_measure"].astype("string")
    if "connection" in result and by == "vendor":
        result["connection"] = result.pop("connection")
    result = result.iloc[np.argsort(-n_due, kind="stable")].reset_index(drop=True)
    return got.with_provenance(result, as_of=day)


def _filling(c: Columns, *, as_of: AsOfDays, due: str, under_share: float) -> RuleResult:
    """Return which lines are due, and how much of each has come."""
    until = day_in(c, as_of)
    gone = gone_by(c, until)
    quantity, received, due_day = c.number("quantity"), c.number("received_quantity"), c.day(DUE_DATES[due])
    left_out = [
        *gone.reasons,
        (c.is_in("state", "draft"), "draft"),
        (quantity < 0, "return"),
        *due_unreadable(c, due),
        (c.missing(due_day), "no due date"),
        (due_day > until, "not due yet"),
        *unreadable(c, {"quantity": "quantity", "received_quantity": "received quantity"}),
        (~(quantity > 0) | c.missing(received), "no quantity or received quantity"),
    ]
    later = received_later(c, until)
    come = c.pick(later | (received < 0), 0.0, c.pick(received > quantity, quantity, received))
    full = ~lacking(c, under_share) & ~later
    return RuleResult(left_out, sums={"ordered": quantity, "received": come, "filled": c.pick(full, 1.0, 0.0)})
