"""The one line, or the one order, that an amount is mostly of: a mistyped price, or an order of four thousand lines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import cluster_of
from ..frames import values


def largest(lines: pd.DataFrame, amount: npt.NDArray[np.float64], least: float) -> tuple[str, str, float]:
    """Return "line" or "order", its number in words, and its amount, where one is of more than so much; else "", "" and 0.

    A line that is so large by itself is told before its order.

    >>> lines = pd.DataFrame({"order_id": ["a", "b", "b"], "order_number": ["PO1", "PO2", "PO2"]})
    >>> largest(lines, np.array([10.0, 40.0, 50.0]), 60.0)
    ('order', ' (PO2)', 90.0)
    """
    if not len(lines):
        return "", "", 0.0
    order = cluster_of(lines, "order") + 1  # 0 where no order is known
    of_orders = np.bincount(order, weights=np.where(order > 0, amount, 0.0))
    line, most = int(amount.argmax()), int(of_orders.argmax())
    if amount[line] > least:
        what, at, value = "line", line, float(amount[line])
    elif of_orders[most] > least:
        what, at, value = "order", int(np.argmax(order == most)), float(of_orders[most])
    else:
        return "", "", 0.0
    number = values(lines, "order_number", "string").iloc[at]
    whose = "" if what == "order" else "order "
    return what, "" if pd.isna(number) else f" ({whose}{number})", value
