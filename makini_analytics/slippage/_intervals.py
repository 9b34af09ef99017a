"""How certain a rate is, given the number of lines behind it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..compute import Z


def wilson(hits: npt.ArrayLike, n: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the 95 % score interval of hits / n (Wilson 1927); missing where n is 0.

    >>> low, high = wilson([9, 3], [10, 3])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.596, 0.439], [0.982, 1.0])
    """
    k, m = np.asarray(hits, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / m
        centre = (p + Z**2 / (2 * m)) / (1 + Z**2 / m)
        half = Z / (1 + Z**2 / m) * np.sqrt(p * (1 - p) / m + Z**2 / (4 * m**2))
        low = np.where(k == 0, 0.0, np.clip(centre - half, 0, 1))  # exactly, not by rounding
        high = np.where(k == m, 1.0, np.clip(centre + half, 0, 1))
    nothing = m == 0
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
