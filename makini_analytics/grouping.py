"""Groups of lines: which row of a result each line belongs to. A group without a name is a row like any other."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .errors import ConfigError, SchemaError
from .provenance import values

By = str | Sequence[str] | None


@dataclass(frozen=True)
class Groups:
    """The group of each line (``codes``), and one row of keys per group, in the order of the keys, unknown last."""

    codes: npt.NDArray[np.intp]
    keys: pd.DataFrame

    def __len__(self) -> int:
        return len(self.keys)


#: What a line is grouped by under one word: the key (the first column that has a value), and the columns that name it.
ENTITIES = {
    "vendor": (("vendor_id", "vendor_name"), ("vendor_name",)),
    "material": (("material_id", "product_id", "product_code"), ("product_code", "description")),
    "asset": (("asset_id",), ()),
}


def group_lines(lines: pd.DataFrame, by: By, *, also: Sequence[str] = ()) -> Groups:
    """Return the groups of the lines by vendor, by material, by one column, by several, or by nothing (``by=None``).

    A vendor is one vendor of one connection: the key is (connection, vendor_id), with the name where there is no id. Its
    name is the one that most of its lines carry. A material likewise: (connection, material_id), else its product or its
    code. ``also`` adds columns, such as ``currency``, to the key.

    Raises
    ------
    SchemaError
        A column of ``by`` is not there; the message gives the near ones.
    """
    names = [by] if isinstance(by, str) else list(by or ())
    key: dict[str, pd.Series] = {}
    described: list[tuple[str, str]] = []  # key column -> a column that names it
    for name in names:
        if name in ENTITIES:
            (first, *_), naming = ENTITIES[name]
            key[first] = entity(lines, name)
            described += [(first, column) for column in naming]
            if "connection" in lines.columns:
                key["connection"] = lines["connection"].astype("string")
        elif name not in lines.columns:
            near = difflib.get_close_matches(name, [str(c) for c in lines.columns], n=3)
            raise SchemaError(
                f"by={name!r}: the lines have no such column" + (f"; near: {', '.join(near)}" if near else "")
            )
        else:
            key[name] = lines[name]
    key |= {c: values(lines, c, "string") for c in also}
    groups = _keyed(pd.DataFrame(key, index=lines.index), len(lines))
    keys = groups.keys
    for first, column in reversed(described):  # each right behind its key, so the last one first
        if column not in key and (column in lines.columns or column == "vendor_name"):
            told = _most_frequent(values(lines, column, "string").astype("string"), groups.codes, len(keys))
            keys.insert(list(keys.columns).index(first) + 1, column, told)
    if described and "connection" in key:
        keys = keys[[c for c in keys.columns if c != "connection"] + ["connection"]]
    return Groups(groups.codes, keys)


def taken(lines: pd.DataFrame, rows: npt.NDArray[np.bool_], by: By, *more: str) -> pd.DataFrame:
    """Return some rows, with the columns alone that groups, orders and ``more`` need: lines are wide, and copies cost."""
    names = [by] if isinstance(by, str) else list(by or ())
    wanted = {"connection", "currency", "order_id", "order_number", *more}
    for name in names:
        wanted |= {c for part in ENTITIES[name] for c in part} if name in ENTITIES else {name}
    whole = any(n not in ENTITIES and n not in lines.columns for n in names)  # so that an error can name the near ones
    return (lines if whole else lines[[c for c in lines.columns if c in wanted]])[rows]


def entity(lines: pd.DataFrame, name: str) -> pd.Series:
    """Return what identifies each line's vendor or material inside its connection; missing where nothing does."""
    columns = [c for c in ENTITIES[name][0] if c in lines.columns]
    if not columns:
        wanted = " or ".join(repr(c) for c in ENTITIES[name][0])
        raise SchemaError(f"by={name!r} needs the column {wanted}, and the table has none of them")
    found = lines[columns[0]].astype("string")
    for column in columns[1:]:
        if found.isna().any():
            found = found.where(found.notna(), lines[column].astype("string"))
    return found


def merge_aliases(lines: pd.DataFrame, aliases: Mapping[str, str]) -> pd.DataFrame:
    """Return the lines with each vendor that has an alias under that one name, in all connections alike.

    Raises
    ------
    ConfigError
        A name of ``aliases`` that no line has; the message gives the near ones.
    """
    name = values(lines, "vendor_name", "string").astype("string")
    for given in aliases:
        if not (name == given).any():
            near = difflib.get_close_matches(given, name.dropna().unique().tolist(), n=3)
            raise ConfigError(f"no line has the vendor name {given!r}" + (f"; near: {', '.join(near)}" if near else ""))
    new = name.map(dict(aliases)).astype("string").fillna(name)
    one = new.isin(list(aliases.values())).to_numpy(dtype=bool)  # the one that others are merged into, too
    out = lines.assign(vendor_name=new, vendor_id=values(lines, "vendor_id", "string").astype("string").mask(one, new))
    if "connection" in lines.columns:
        out["connection"] = lines["connection"].astype("string").mask(one)
    return out


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


def order_ids(lines: pd.DataFrame) -> pd.DataFrame:
    """Return what makes an order one order: its connection and id, its number where there is no id."""
    order = values(lines, "order_id", "string").astype("string")
    if "order_number" in lines.columns:
        order = order.where(order.notna(), lines["order_number"].astype("string"))
    return pd.DataFrame({"connection": values(lines, "connection", "string"), "order": order})


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
