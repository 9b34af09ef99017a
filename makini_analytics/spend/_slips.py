"""Prices that are more likely a slip than a price."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import OUTLIER


def slips(key: npt.NDArray[np.integer[Any]], price: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which prices lie so far off the median of their item; items are numbered from 0.

    >>> slips(np.array([0, 0, 0, 1]), np.array([10.0, 1000.0, 10.0, 1000.0])).tolist()
    [False, True, False, False]
    """
    out = np.zeros(len(price), dtype=bool)
    if not len(key):
        return out
    # where the highest is not 50 times the lowest, none is that far off: medians are slow, and nearly all items need none
    low, high = np.full(int(key.max()) + 1, np.inf), np.zeros(int(key.max()) + 1)
    np.minimum.at(low, key, price)
    np.maximum.at(high, key, price)
    rows = np.flatnonzero((high >= OUTLIER * low)[key])
    if len(rows):
        median = pd.Series(price[rows]).groupby(key[rows]).transform("median").to_numpy()
        out[rows] = (price[rows] >= OUTLIER * median) | (price[rows] * OUTLIER <= median)
    return out
