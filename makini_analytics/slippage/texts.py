"""The texts of some lines, for a result that shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..coding import coded
from ..provenance import values


def texts_of(frame: pd.DataFrame, name: str, rows: npt.NDArray[np.integer[Any]]) -> Any:
    """Return some rows of a text column; categories are looked up for these rows alone."""
    column = values(frame, name, "string")
    if isinstance(column.dtype, pd.CategoricalDtype):
        found = coded(column, sort=False)
        return found.labels.astype("string").array.take(found.codes[rows], allow_fill=True)
    return column.iloc[rows].astype("string").array
