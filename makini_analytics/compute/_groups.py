"""Groups of lines: which row of a result each line belongs to. A group without a name is a row like any other."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError, SchemaError
from ..frames import Encoded, Mask, coalesce, encode, pairs, values

By = str | Sequence[str] | None
Ints = npt.NDArray[np.integer[Any]]


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


def group_lines(
    lines: pd.DataFrame, by: By, *, also: Sequence[str] = (), rows: Mask | None = None, n: Ints | None = None
) -> Groups:
    """Return the groups of the lines by vendor, by material, by one column, by several, or by nothing (``by=None``).

    A vendor is one vendor of one connection: the key is (connection, vendor_id), with the name where there is no id. Its
    name is the one that most of its lines carry. A material likewise: (connection, material_id), else its product or its
    code. ``also`` adds columns, such as ``currency``, to the key; ``rows`` takes some of the lines alone; ``n`` says how many
    lines each row stands for.

    Raises
    ------
    SchemaError
        A column of ``by`` is not there; the message gives the near ones.
    """
    names = [by] if isinstance(by, str) else list(by or ())
    key: dict[str, tuple[Encoded, Any]] = {}
    described: list[tuple[str, str]] = []  # key column -> a column that names it
    for name in names:
        if name in ENTITIES:
            (first, *_), naming = ENTITIES[name]
            key[first] = _entity(lines, name), "string"
            described += [(first, column) for column in naming]
            if "connection" in lines.columns:
                key["connection"] = encode(lines["connection"]), "string"
        elif name not in lines.columns:
            near = difflib.get_close_matches(name, [str(c) for c in lines.columns], n=3)
            raise SchemaError(
                f"by={name!r}: the lines have no such column" + (f"; near: {', '.join(near)}" if near else "")
            )
        else:
            key[name] = encode(lines[name]), _small_dtype(lines[name])
    for name in also:
        column = values(lines, name, "string")
        key[name] = encode(column), _small_dtype(column)
    codes, keys = _keyed(key, len(lines), rows)
    for first, name in reversed(described):  # each right behind its key, so the last one first
        if name not in key and (name in lines.columns or name == "vendor_name"):
            told = encode(values(lines, name, "string"))
            told = told if rows is None else Encoded(told.codes[rows], told.labels)
            keys.insert(list(keys.columns).index(first) + 1, name, _most_frequent(told, codes, len(keys), n))
    if described and "connection" in key:
        keys = keys[[c for c in keys.columns if c != "connection"] + ["connection"]]
    return Groups(codes, keys)


def _small_dtype(column: pd.Series) -> Any:
    """Return the dtype of a column's values in a small result: text is text there, also where the lines hold categories."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.dtype
    return "string" if pd.api.types.is_string_dtype(column.cat.categories) else column.dtype


def crossed(outer: Groups, inner: Groups) -> tuple[Ints, Ints]:
    """Return the pairs of groups that occur, as outer x number of inner groups + inner, and the pair of each line."""
    limit = len(outer) * len(inner)
    codes = outer.codes * max(len(inner), 1) + inner.codes
    return _dense(codes, limit)


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
    found = _entity(lines, name)
    return pd.Series(pd.Categorical.from_codes(found.codes, found.labels), index=lines.index)


def _entity(lines: pd.DataFrame, name: str) -> Encoded:
    columns = [c for c in ENTITIES[name][0] if c in lines.columns]
    if not columns:
        raise none_of(name)
    return _first_known(lines, columns)


def none_of(name: str) -> SchemaError:
    """Return the error that lines have no column that tells a vendor or a material."""
    wanted = " or ".join(repr(c) for c in ENTITIES[name][0])
    return SchemaError(f"by={name!r} needs the column {wanted}, and the table has none of them")


def _first_known(lines: pd.DataFrame, columns: Sequence[str]) -> Encoded:
    """Return the first of several columns that has a value, line by line."""
    found = encode(lines[columns[0]])
    for column in columns[1:]:
        if not found.whole():
            found = coalesce(found, encode(lines[column]))
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


def _keyed(
    key: Mapping[str, tuple[Encoded, Any]], n: int, rows: Mask | None
) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Return each line's group, and the keys of the groups: the columns' codes are put together as the digits of a number."""
    if not key:
        n = n if rows is None else int(np.count_nonzero(rows))
        return np.zeros(n, dtype=np.intp), pd.DataFrame(index=pd.RangeIndex(1))
    widths = {name: len(column.labels) + 1 for name, (column, _) in key.items()}
    limit = math.prod(widths.values())
    if limit >= 2**62:
        return _keyed_by_steps(key, rows)
    codes: Any = None
    for name, (column, _) in key.items():
        code: npt.NDArray[Any] = column.codes.astype(np.int32 if limit < 2**31 else np.int64)
        if not column.whole():
            code[code < 0] = len(column.labels)  # unknown sorts last
        codes = code if codes is None else codes * widths[name] + code
    present, dense = _dense(codes if rows is None else codes[rows], limit)
    rest, keys = present, {}
    for name, (column, dtype) in reversed(list(key.items())):
        rest, place = np.divmod(rest, widths[name])
        taken = pd.Series(column.labels).reindex(np.where(place < len(column.labels), place, -1))
        keys[name] = taken.reset_index(drop=True).astype(dtype)
    return dense.astype(np.intp), pd.DataFrame({c: keys[c] for c in key}, index=pd.RangeIndex(len(present)))


def _keyed_by_steps(
    key: Mapping[str, tuple[Encoded, Any]], rows: Mask | None
) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Return the same where the number would be too large: made small again with each digit, and read off each group's first line."""
    at = slice(None) if rows is None else rows
    dense: Any = None
    for column, _ in key.values():
        code = column.codes[at].astype(np.int64)
        code[code < 0] = len(column.labels)
        _, _, dense = pairs(np.zeros_like(code) if dense is None else dense, code)
    _, first = np.unique(dense, return_index=True)
    index = pd.RangeIndex(len(first))
    keys = {n: pd.Series(c.labels).reindex(c.codes[at][first]).set_axis(index).astype(t) for n, (c, t) in key.items()}
    return dense.astype(np.intp), pd.DataFrame(keys, index=index)


def _dense(codes: Ints, limit: int) -> tuple[Ints, Ints]:
    """Return the codes that occur, rising, and each code's position among them."""
    if limit > 4 * len(codes) + 65_536:  # more combinations than a table should hold
        present, position = np.unique(codes, return_inverse=True)
        return present.astype(np.int64), position.reshape(-1)
    occurs = np.bincount(codes, minlength=limit) > 0
    if occurs.all():
        return np.arange(limit), codes
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[codes]


def _most_frequent(name: Encoded, codes: npt.NDArray[np.intp], n_groups: int, n: Ints | None) -> pd.Series:
    """Return the name that most lines of each group carry, the first of the alphabet where several do."""
    out = np.full(n_groups, -1, dtype=name.codes.dtype)
    known = name.codes >= 0
    whole = bool(known.all())
    out[codes if whole else codes[known]] = name.codes if whole else name.codes[known]
    other = known & (out[codes] != name.codes)
    if other.any():  # a group has one name nearly always, and only the groups that have several are counted
        several = np.zeros(n_groups, dtype=bool)
        several[codes[other]] = True
        rows = np.flatnonzero(known & several[codes])
        group, which, place = pairs(codes[rows], name.codes[rows])
        count = np.bincount(place, weights=None if n is None else n[rows])
        order = np.lexsort((which, -count, group))  # most lines first, then the alphabet
        first = order[np.r_[True, group[order][1:] != group[order][:-1]]]
        out[group[first]] = which[first]
    return pd.Series(name.labels).reindex(out).reset_index(drop=True).astype("string")


def order_ids(lines: pd.DataFrame) -> pd.DataFrame:
    """Return what makes an order one order: its connection and id, its number where there is no id."""
    order = values(lines, "order_id", "string")
    if "order_number" in lines.columns and order.isna().any():
        found = _first_known(lines.assign(order_id=order), ["order_id", "order_number"])
        order = pd.Series(pd.Categorical.from_codes(found.codes, found.labels), index=lines.index)
    return pd.DataFrame({"connection": values(lines, "connection", "string"), "order": order})


def count_distinct(
    codes: np.ndarray, ids: pd.Series | pd.DataFrame, n: int, *, rows: Mask | None = None
) -> npt.NDArray[np.int64]:
    """Return how many distinct ids each group has; missing ids don't count. ``codes`` are those of ``rows``, or of all."""
    columns = [ids] if isinstance(ids, pd.Series) else [ids[c] for c in ids]
    parts = [encode(c, sort=False) for c in columns]
    limit = math.prod(len(p.labels) + 1 for p in parts)
    code: npt.NDArray[Any] = np.zeros(len(parts[0].codes), dtype=np.int32 if limit < 2**31 else np.int64)
    for part in parts:
        if len(part.labels):
            code *= len(part.labels) + 1
            code += part.codes
            code += 1
    code = code if rows is None else code[rows]
    if not parts[-1].whole():  # the last one must be known; a missing connection is one connection
        known = parts[-1].codes >= 0 if rows is None else parts[-1].codes[rows] >= 0
        codes, code = codes[known], code[known]
    if limit > 4 * len(code) + 65_536:
        distinct, code = np.unique(code, return_inverse=True)
        limit, code = len(distinct), code.reshape(-1)
    # an id lies in one group nearly always: it is counted there, and only lines that put it elsewhere are sorted
    home = np.full(limit, -1, dtype=np.int32)
    home[code] = codes
    out = np.bincount(home[home >= 0], minlength=n)
    away = np.flatnonzero(home[code] != codes)
    # of pandas: numpy's own unique takes ten times as long where most are distinct (2.3 and later)
    found = pd.unique(codes[away] * np.int64(limit) + code[away])
    return out + np.bincount(found // max(limit, 1), minlength=n)
