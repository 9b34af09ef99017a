"""Groups of lines: which row of a result each line belongs to. A group without a name is a row like any other."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .errors import SchemaError
from .provenance import values

By = str | Sequence[str] | None


@dataclass(frozen=True)
class Groups:
    """The group of each line (``codes``), and one row of keys per group, in the order of the keys, unknown last."""

    codes: npt.NDArray[np.intp]
    keys: pd.DataFrame

    def __len__(self) -> int:
        return len(self.keys)


def group_lines(lines: pd.DataFrame, by: By, *, also: Sequence[str] = ()) -> Groups:
    """Return the groups of the lines by vendor, by one column, by several, or by nothing (``by=None``).

    A vendor is one vendor of one connection: the key is (connection, vendor_id), with the name where there is no id. Its
    name is the one that most of its lines carry. ``also`` adds columns, such as ``currency``, to the key.

    Raises
    ------
    SchemaError
        A column of ``by`` is not there; the message gives the near ones.
    """
    if by == "vendor":
        return _vendors(lines, also)
    names = [by] if isinstance(by, str) else list(by or ())
    for name in names:
        if name not in lines.columns:
            near = difflib.get_close_matches(name, [str(c) for c in lines.columns], n=3)
            raise SchemaError(
                f"by={name!r}: the lines have no such column" + (f"; near: {', '.join(near)}" if near else "")
            )
    return _keyed(pd.DataFrame({n: values(lines, n, "string") for n in [*names, *also]}, index=lines.index), len(lines))


def _vendors(lines: pd.DataFrame, also: Sequence[str]) -> Groups:
    if "vendor_id" not in lines.columns and "vendor_name" not in lines.columns:
        raise SchemaError("by='vendor' needs the column 'vendor_id' or 'vendor_name', and the table has neither")
    name = values(lines, "vendor_name", "string").astype("string")
    vendor = values(lines, "vendor_id", "string").astype("string")
    if vendor.isna().any():
        vendor = vendor.where(vendor.notna(), name)
    key = pd.DataFrame({"vendor_id": vendor}, index=lines.index)
    if "connection" in lines.columns:
        key["connection"] = lines["connection"].astype("string")
    for column in also:
        key[column] = values(lines, column, "string")
    groups = _keyed(key, len(lines))
    keys = groups.keys
    keys.insert(1, "vendor_name", _most_frequent(name, groups.codes, len(keys)))
    order = [c for c in keys.columns if c != "connection"]
    if "connection" in lines.columns:
        order.append("connection")
    return Groups(groups.codes, keys[order])


def _keyed(key: pd.DataFrame, n: int) -> Groups:
    if not key.shape[1]:
        return Groups(np.zeros(n, dtype=np.intp), pd.DataFrame(index=pd.RangeIndex(1)))
    codes = np.zeros(n, dtype=np.int64)
    parts = []
    for column in key:
        code, distinct = pd.factorize(key[column], sort=True)
        code = np.where(code < 0, len(distinct), code)  # unknown sorts last
        parts.append((column, distinct, len(distinct) + 1))
        codes = codes * (len(distinct) + 1) + code
    present, dense = _dense(codes, math.prod(width for *_, width in parts))
    keys = {}
    rest = present
    for column, distinct, width in reversed(parts):
        rest, position = np.divmod(rest, width)
        taken = pd.Series(distinct).reindex(np.where(position < len(distinct), position, -1)).reset_index(drop=True)
        keys[column] = taken.astype(key[column].dtype)
    return Groups(
        dense.astype(np.intp).reshape(-1), pd.DataFrame({c: keys[c] for c in key}, index=pd.RangeIndex(len(present)))
    )


def _dense(codes: npt.NDArray[np.int64], limit: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the codes that occur, rising, and each code's position among them."""
    if limit > 4 * len(codes) + 65_536:  # more combinations than a table should hold
        present, position = np.unique(codes, return_inverse=True)
        return present, position.reshape(-1)
    occurs = np.bincount(codes, minlength=limit) > 0
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[codes]


def _most_frequent(name: pd.Series, codes: np.ndarray, n: int) -> pd.Series:
    code, distinct = pd.factorize(name, sort=True)
    known = code >= 0
    out = np.full(n, -1)
    if known.any():
        pair, count = np.unique(codes[known].astype(np.int64) * len(distinct) + code[known], return_counts=True)
        group, which = np.divmod(pair, len(distinct))
        order = np.lexsort((which, -count, group))  # most lines first, then the alphabet
        first = order[np.r_[True, group[order][1:] != group[order][:-1]]]
        out[group[first]] = which[first]
    taken = pd.Series(distinct, dtype="string").reindex(out).reset_index(drop=True)
    return taken.astype("string")


def count_distinct(codes: np.ndarray, ids: pd.Series | pd.DataFrame, n: int) -> npt.NDArray[np.int64]:
    """Return how many distinct ids each group has; missing ids don't count."""
    frame = ids.to_frame() if isinstance(ids, pd.Series) else ids
    code = np.zeros(len(frame), dtype=np.int64)
    known = np.ones(len(frame), dtype=bool)
    for column in frame.columns[::-1]:  # the last one must be known; a missing connection is one connection
        part, distinct = pd.factorize(frame[column], use_na_sentinel=True)
        if column == frame.columns[-1]:
            known = part >= 0
        code = code * (len(distinct) + 1) + part + 1
    _, code = np.unique(code[known], return_inverse=True)
    width = int(code.max()) + 1 if len(code) else 1
    pairs = np.unique(codes[known].astype(np.int64) * width + code)
    return np.bincount(pairs // width, minlength=n)
