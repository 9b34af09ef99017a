"""The one line, or the one order, that an amount is mostly of: a mistyped price, or an order of four thousand lines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import connections_of, encode, pairs, values


def largest(lines: pd.DataFrame, amount: npt.NDArray[np.float64], least: float) -> tuple[str, str, float]:
    """Return "line" or "order", its number in words, and its amount, where one is of more than so much; else "", "" and 0.

    A line that is so large by itself is told before its order.

    >>> lines = pd.DataFrame({"order_id": ["a", "b", "b"], "order_number": ["PO1", "PO2", "PO2"]})
    >>> largest(lines, np.array([10.0, 40.0, 50.0]), 60.0)
    ('order', ' (PO2)', 90.0)
    """
    if not len(lines):
        return "", "", 0.0
    id_ = encode(values(lines, "order_id", "string"))
    _, _, order = pairs(connections_of(lines).codes.astype(np.int64), id_.codes.astype(np.int64))
    of_orders = np.bincount(order, weights=np.where(id_.codes >= 0, amount, 0.0))
    line, most = int(amount.argmax()), int(of_orders.argmax())
    for what, value, at in (
        ("line", amount[line], line),
        ("order", of_orders[most], int(np.flatnonzero(order == most)[0])),
    ):
        if value > least:
            number = values(lines, "order_number", "string").iloc[at]
            whose = "" if what == "order" else "order "
            return what, "" if pd.isna(number) else f" ({whose}{number})", float(value)
    return "", "", 0.0
