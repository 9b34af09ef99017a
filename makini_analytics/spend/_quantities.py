"""In which quantities an item is ordered: the usual one, the lowest one, and what all are multiples of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import pairs

#: Of fewer lines the common divisor says nothing.
_LEAST_LINES = 3


def usual_quantities(group: npt.NDArray[np.integer[Any]], quantity: npt.NDArray[np.float64], n: int) -> pd.DataFrame:
    """Return the quantities of ``n`` groups of lines; lines without a positive quantity don't count.

    >>> usual_quantities(np.array([0, 0, 0, 1]), np.array([50.0, 20.0, 50.0, 7.5]), 2).iloc[:, [0, 2, 4]]
       usual_quantity  lowest_quantity  multiple
    0            50.0             20.0      10.0
    1             7.5              7.5       NaN
    """
    known = quantity > 0
    group, quantity = group[known], quantity[known]
    size, (distinct, code) = np.bincount(group, minlength=n), np.unique(quantity, return_inverse=True)
    of, which, place = pairs(group, code)
    lines = np.bincount(place, minlength=len(of))
    most = np.lexsort((which, -lines, of))  # most lines first, of equal ones the lower quantity
    rows, first = np.unique(of, return_index=True)  # pairs ascend, so the first of a group is its lowest
    top = most[np.unique(of[most], return_index=True)[1]]
    out = pd.DataFrame(index=pd.RangeIndex(n))
    for name, at in (("usual", top), ("lowest", first)):
        amount, share = np.full(n, np.nan), np.full(n, np.nan)
        amount[rows], share[rows] = distinct[which[at]], lines[at] / size[rows]
        out[f"{name}_quantity"], out[f"{name}_quantity_share"] = amount, share
    multiple = np.full(n, np.nan)
    if len(rows):
        thousandths = np.rint(distinct[which] * 1000)
        divisor = np.gcd.reduceat(thousandths.astype(np.int64), first) / 1000
        odd = np.bincount(of, weights=np.abs(distinct[which] * 1000 - thousandths) > 1e-6, minlength=n)[rows] > 0
        multiple[rows] = np.where(odd | (size[rows] < _LEAST_LINES), np.nan, divisor)
    return out.assign(multiple=multiple)
