"""Prices that moved so far that they are more likely those of another unit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

#: A price that moved by more than so many times within a year is more likely that of a box of 5, 6, 24 or 1,000, or mistyped.
MOST_TIMES = 4
#: In one unit that of a hundred pieces, or a slip of two digits.
OUTLIER = 50
#: About ten times, give or take a fifth, in one unit: that of ten pieces under the code of one.
_ABOUT = np.log10(1.2)


def by_the_box(times: npt.NDArray[np.float64], unit: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which prices moved so many times, for what their unit says, that they are more likely those of a box or of a hundred.

    >>> by_the_box(np.array([1.1, 5.0, 5.0, 0.11, 0.01, np.nan]), pd.Series([None, None, "EA", "EA", "EA", None])).tolist()
    [False, True, False, True, True, False]
    """
    most = np.where(unit.isna().to_numpy(dtype=bool), MOST_TIMES, OUTLIER)
    size = np.abs(np.log10(times))
    return np.asarray((size > np.log10(most)) | (np.abs(size - 1) <= _ABOUT), dtype=np.bool_)
