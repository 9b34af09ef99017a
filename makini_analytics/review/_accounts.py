"""Accounts that stand for many vendors, as those of one-time vendors do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..frames import Mask, encode, numbered, pairs, values

#: An account has at least so many names, none of which is on more than this share of its lines. A vendor that was renamed has two.
_NAMES, _COMMONEST = 10, 0.5


def of_many_vendors(lines: pd.DataFrame) -> Mask:
    """Which lines are of a vendor's id under which many names stand: what is bought there is bought from nobody in particular."""
    vendor, name = encode(values(lines, "vendor_id", "string")), encode(values(lines, "vendor_name", "string"))
    # an id is another vendor's in another connection, and names that begin alike are those of one firm's branches
    connection = encode(values(lines, "connection", "string"))
    key = connection.codes.astype(np.int64) * max(len(vendor.labels), 1) + vendor.codes
    firsts, _ = pd.factorize(name.labels.astype("string").str.split().str[0].str.casefold())
    known = (vendor.codes >= 0) & (name.codes >= 0)
    every, key = numbered(key)
    of, _, place = pairs(key[known], firsts[name.codes[known]])
    n = np.bincount(place, minlength=len(of))
    names, largest, total = (np.zeros(len(every), dtype=np.int64) for _ in range(3))
    np.add.at(names, of, 1)
    np.add.at(total, of, n)
    np.maximum.at(largest, of, n)
    return np.asarray(((names >= _NAMES) & (largest <= _COMMONEST * total))[key], dtype=np.bool_) & known
