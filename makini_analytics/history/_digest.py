"""A number for all that an order says, by which a changed order shows without its old values being read.

It is the same for the same cells, whatever the order of columns and rows, and whether a missing value stands in a column or the whole
column is missing. That two different orders have one is as likely as guessing 64 coin tosses.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import encode
from ._columns import kind_of, typed

Hashes = npt.NDArray[np.uint64]


def row_digests(frame: pd.DataFrame, table: str) -> Hashes:
    """Return a number for each row of a table."""
    out = np.full(len(frame), zlib.crc32(table.encode()), dtype=np.uint64)
    for name in map(str, frame.columns):
        column = typed(table, name, frame[name])
        gone = column.isna().to_numpy()
        if gone.all():  # adds nothing, as most columns of a connection
            continue
        kind = kind_of(table, name, column.dtype)
        salt = np.uint64(zlib.crc32(f"{name} {kind}".encode()))
        out += np.where(gone, np.uint64(0), mixed(_cells(column, kind) + (salt << np.uint64(32))))
    return mixed(out)


def text_hashes(texts: pd.Series) -> Hashes:
    """Return a number for each text; of missing ones 0."""
    found = encode(texts, sort=False)
    hashes = pd.util.hash_array(np.asarray(found.labels, dtype=object), categorize=False)
    out: Hashes = np.append(hashes, np.uint64(0))[found.codes]
    return out


def _cells(column: pd.Series, kind: str) -> Hashes:
    """Return a number for each cell; of missing ones any."""
    if kind == "text":
        return text_hashes(column)
    if kind == "number":
        return (column.to_numpy(dtype=np.float64) + 0.0).view(np.uint64)  # -0.0 is 0.0
    if kind in ("count", "flag"):
        whole: npt.NDArray[Any] = column.to_numpy(dtype=np.int64, na_value=0)
        return whole.view(np.uint64)
    instants = column.dt.tz_localize(None) if kind == "instant" else column
    return instants.to_numpy(dtype="datetime64[us]").view(np.uint64)


def mixed(numbers: Hashes) -> Hashes:
    """Return numbers of which each bit depends on every bit of the given ones: the last steps of SplitMix64 (Steele and others, 2014)."""
    x = numbers + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    out: Hashes = x ^ (x >> np.uint64(31))
    return out
