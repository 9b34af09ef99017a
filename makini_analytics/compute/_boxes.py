"""Prices that moved so far that they are more likely those of another unit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

#: A price that moved by more than so many times within a year is more likely that of a box of 5, 6, 24 or 1,000, or mistyped.
MOST_TIMES = 4
#: In one unit that of a hundred pieces, or a slip of two digits.
OUTLIER = 50


def by_the_box(times: npt.NDArray[np.float64], unit: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which prices moved so many times, for what their unit says, that they are more likely those of a box or of a hundred.

    >>> by_the_box(np.array([1.1, 10.0, 10.0, 0.01, np.nan]), pd.Series([None, None, "EA", "EA", None])).tolist()
    [False, True, False, True, False]
    """
    most = np.where(unit.isna().to_numpy(dtype=bool), MOST_TIMES, OUTLIER)
    return np.asarray(np.abs(np.log(times)) > np.log(most), dtype=np.bool_)
