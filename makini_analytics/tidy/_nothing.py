"""A column with nothing in it, as most columns of a connection are: made at once rather than value by value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..frames import categoricals
from ._schema import Column


def nothing(c: Column, n: int) -> Any:
    """Return a column of ``n`` missing values."""
    if c.kind == "number":
        return np.full(n, np.nan)
    if c.kind == "label":
        return categoricals.missing(n)
    missing: Any = pd.NaT if c.kind in ("day", "instant") else pd.NA
    one: Any = pd.array([missing], dtype=c.dtype)
    return one.take(np.zeros(n, dtype=np.intp))
