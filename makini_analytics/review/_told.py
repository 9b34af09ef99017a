"""Whether the data say what became of the lines: a list of orders alone has no late ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..frames import Mask, told_in, values

NOTHING_TOLD = "nothing says what has come: no status, no receipt and no day of delivery"


def untold_of(lines: pd.DataFrame) -> Mask:
    """Which lines are of a connection in which nothing says what has come: neither late nor overdue, as far as anyone knows."""
    told = told_in(lines)
    return ~values(lines, "connection", "string").astype("string").fillna("").isin(told).to_numpy(dtype=np.bool_)
