"""Accounts that stand for many vendors, as those of one-time vendors do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..frames import Mask, encode, pairs, values

#: An account has at least so many names, none of which is on more than this share of its lines. A vendor that was renamed has two.
_NAMES, _COMMONEST = 10, 0.5


def of_many_vendors(lines: pd.DataFrame) -> Mask:
    """Which lines are of a vendor's id under which many names stand: what is bought there is bought from nobody in particular."""
    key, name = (encode(values(lines, c, "string")) for c in ("vendor_id", "vendor_name"))
    known = (key.codes >= 0) & (name.codes >= 0)
    of, _, place = pairs(key.codes[known], name.codes[known])
    n = np.bincount(place, minlength=len(of))
    names, largest, total = (np.zeros(len(key.labels) + 1, dtype=np.int64) for _ in range(3))
    np.add.at(names, of, 1)
    np.add.at(total, of, n)
    np.maximum.at(largest, of, n)
    return np.asarray(((names >= _NAMES) & (largest <= _COMMONEST * total))[key.codes], dtype=np.bool_)
