"""What of two years may be missing: months with hardly an order, order dates, and a system that goes on as another one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..charts import percent
from ..frames import Mask, days_of

#: A month has hardly an order where it has less than this share of the lines of a usual one, which has orders on at least so many days;
#: one such month may be by chance.
_HARDLY, _DAYS, _MONTHS = 0.1, 8, 2
#: The same months of the other year have more than this share: else it is the season.
_MANY = 1 / 3
#: Connections of a smaller share of the lines don't decide.
_SMALL = 0.1
#: So many days lie at most between the last order of a system and the first of the one that takes its place, and so long do both run.
_CHANGE_OVER, _SIDE_BY_SIDE = pd.Timedelta(days=62), pd.Timedelta(days=183)

#: Where more of the lines of one year than of the other lack an amount, or of all lack an order date, by this share, their spend is not compared.
UNEVEN = 0.05

#: A system is filled in so many days, more or less.
_LOADED_ON = 5

Ints = npt.NDArray[np.integer]


def misdated(lines: pd.DataFrame, rows: Mask) -> str:
    """Return which of some lines have no order date, or one that is none, in words; "" where they are few."""
    ordered = days_of(lines, "order_date")[rows]
    if (undated := float(np.mean(np.isnat(ordered)))) > UNEVEN:
        return f"{percent(undated)} of the lines have no order date"
    came = np.fmin(days_of(lines, "delivered_date"), days_of(lines, "first_receipt_date"))[rows]
    before = came < ordered
    if (early := float(np.mean(before))) > UNEVEN:
        _, n = np.unique(ordered[before], return_counts=True)
        # orders that are entered after the fact are spread over the year, and move no spend from one to the other
        if np.sort(n)[-_LOADED_ON:].sum() > before.sum() / 2:
            return f"{percent(early)} of the lines came before their order date, which may be the day on which they were loaded"
    return ""


def sparse_months(connection: Ints, month: Ints, day: Ints, n: int) -> tuple[int, int, int] | None:
    """Return a connection, and the first and last month in a row with hardly an order, where the same months of the other year have many.

    ``month`` is 0 to 23 of each line, or -1. A list of open orders and this year's has a few lines of each earlier month; in a holiday
    of two months both years have none. Where orders stop for good nothing is returned: that may be so.
    """
    there = month >= 0
    cells, day = connection[there] * 24 + month[there], day[there]
    lines = np.bincount(cells, minlength=n * 24).reshape(n, 24)
    for code in np.flatnonzero(lines.sum(axis=1) >= _SMALL * max(lines.sum(), 1)).tolist():
        mine, rows = lines[code], cells // 24 == code
        days = np.bincount(pd.unique(day[rows] * 24 + cells[rows] % 24) % 24, minlength=24)
        if not mine.any() or np.median(days[days > 0]) < _DAYS:
            continue
        usual = np.median(mine[mine > 0])
        few = mine < _HARDLY * usual
        alone = few & np.roll(mine > _MANY * usual, 12)
        edges = np.flatnonzero(np.diff(np.r_[False, alone, False].astype(np.int8)))
        for first, after in edges.reshape(-1, 2).tolist():
            if after - first >= _MONTHS and not few[after:].all():
                return code, first, after - 1
    return None


def taken_over(
    stopped: Mapping[str, pd.Timestamp], begun: Mapping[str, pd.Timestamp], share: Mapping[str, float]
) -> tuple[str, str] | None:
    """Return a connection whose orders stop, and another whose begin at about that day: the same orders may go on there.

    Where one of them is small beside the others, by their ``share`` of the lines, it does not decide.
    """
    for old, last in stopped.items():
        for new, first in begun.items():
            near = -_SIDE_BY_SIDE <= first - last <= _CHANGE_OVER
            if near and old != new and min(share[old], share[new]) >= _SMALL:
                return old, new
    return None
