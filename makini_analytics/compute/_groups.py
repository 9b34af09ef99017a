"""Groups of lines: which row of a result each line belongs to. Lines without a vendor are a group like any other.

All of it works on codes: a text column of a million lines has a few thousand distinct texts, so it is turned into whole numbers
once (`frames.encode`), and what follows adds and counts numbers.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError, SchemaError
from ..frames import Encoding, Mask, coalesce, encode, numbered, pairs, values
from ..system import near
from ._by_names import need_for_by
from ._reuse import once, once_by_row, rows_of

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
    key: dict[str, tuple[Encoding, Any]] = {}
    described: list[tuple[str, str]] = []  # key column -> a column that names it
    for name in names:
        if name in ENTITIES:
            (first, *_), naming = ENTITIES[name]
            key[first] = _entity(lines, name), "string"
            described += [(first, column) for column in naming]
            if "connection" in lines.columns:
                key["connection"] = encode(lines["connection"]), "string"
        else:
            need_for_by(lines.columns, name)
            column = lines[name]
            if column.dtype.kind == "f":  # an infinite number is missing, as in every rule
                column = column.where(~np.isinf(column))
            key[name] = encode(column), _small_dtype(column)
    for name in also:
        column = values(lines, name, "string")
        key[name] = encode(column), _small_dtype(column)
    codes, keys = _keyed(key, len(lines), rows)
    for first, name in reversed(described):  # each right behind its key, so the last one first
        if name not in key and (name in lines.columns or name == "vendor_name"):
            names_of = encode(values(lines, name, "string"))
            names_of = names_of if rows is None else Encoding(names_of.codes[rows], names_of.labels)
            keys.insert(list(keys.columns).index(first) + 1, name, _most_frequent(names_of, codes, len(keys), n))
    if described and "connection" in key:
        keys = keys[[c for c in keys.columns if c != "connection"] + ["connection"]]
    return Groups(codes, keys)


def _small_dtype(column: pd.Series) -> Any:
    """Return the dtype of a column's values in a small result: text is plain text there, even where the lines hold categories."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.dtype
    return "string" if pd.api.types.is_string_dtype(column.cat.categories) else column.dtype


def pools_of(keys: pd.DataFrame) -> Ints | None:
    """Return which groups borrow from each other: those of one connection, so that another one changes nothing; None: all."""
    return pd.factorize(keys["connection"], use_na_sentinel=False)[0] if "connection" in keys else None


def crossed(outer: Groups, inner: Groups) -> tuple[Ints, Ints]:
    """Return the pairs of groups that occur, as outer x number of inner groups + inner, and each line's place among them."""
    codes = outer.codes * max(len(inner), 1) + inner.codes
    return numbered(codes)


def narrow(lines: pd.DataFrame, by: By, *more: str) -> pd.DataFrame:
    """Return only the columns that groups, orders and ``more`` need: lines are wide, and copying some of them is slow."""
    names = [by] if isinstance(by, str) else list(by or ())
    wanted = {"connection", "currency", "order_id", "order_number", *more}
    for name in names:
        wanted |= {c for part in ENTITIES[name] for c in part} if name in ENTITIES else {name}
    whole = any(n not in ENTITIES and n not in lines.columns for n in names)  # so that an error can name the near ones
    return lines if whole else lines[[c for c in lines.columns if c in wanted]]


def entity(lines: pd.DataFrame, name: str) -> pd.Series:
    """Return what identifies each line's vendor or material inside its connection; missing where nothing does."""
    found = _entity(lines, name)
    return pd.Series(pd.Categorical.from_codes(found.codes, found.labels), index=lines.index)


def _entity(lines: pd.DataFrame, name: str) -> Encoding:
    def known(frame: pd.DataFrame) -> Encoding:
        return _first_known(frame, key_columns(frame.columns, name))

    return once_by_row(lines, ("entity", name), known, rows_of)


def key_columns(there: Collection[Any], name: str) -> list[str]:
    """Return the columns that identify a vendor, or a material, or raise `SchemaError` where the lines have none of them."""
    columns = [c for c in ENTITIES[name][0] if c in there]
    if not columns:
        wanted = " or ".join(repr(c) for c in ENTITIES[name][0])
        raise SchemaError(f"by={name!r} needs the column {wanted}, and the table has none of them")
    return columns


def _first_known(lines: pd.DataFrame, columns: Sequence[str]) -> Encoding:
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
            raise ConfigError(f"no line has the vendor name {given!r}{near(given, name.dropna().unique())}")
    new = name.map(dict(aliases)).astype("string").fillna(name)
    # a vendor that others are merged into loses its own id, too: else it would stand beside the merged ones under the same name
    one = new.isin(list(aliases.values())).to_numpy(dtype=bool)
    out = lines.assign(vendor_name=new, vendor_id=values(lines, "vendor_id", "string").astype("string").mask(one, new))
    if "connection" in lines.columns:
        out["connection"] = lines["connection"].astype("string").mask(one)
    return out


def _keyed(
    key: Mapping[str, tuple[Encoding, Any]], n: int, rows: Mask | None
) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Return each line's group, and the keys of the groups, by one number per line (mixed radix) instead of a tuple.

    Each column's code is a digit, and its number of labels, with one more for "unknown", the base of that digit. With three
    vendors (base 4) and two currencies (base 3) the line of vendor 2 in currency 1 has the key ``2 x 3 + 1 = 7``; dividing 7
    by 3 gives both digits back. Numbers are grouped by one `numpy.bincount`; tuples would be hashed or sorted, a line at a time.
    They also sort as their tuples do, the first column first, so the groups come out in order.
    """
    if not key:
        n = n if rows is None else int(np.count_nonzero(rows))
        return np.zeros(n, dtype=np.intp), pd.DataFrame(index=pd.RangeIndex(1))
    widths = {name: len(column.labels) + 1 for name, (column, _) in key.items()}
    limit = math.prod(widths.values())
    if limit >= 2**62:
        return _keyed_by_steps(key, rows)
    codes: Any = None
    for name, (column, _) in key.items():
        # half the bytes are half the time: nearly every key fits into 32 bits
        code: npt.NDArray[Any] = column.codes.astype(np.int32 if limit < 2**31 else np.int64)
        if not column.whole():
            code[code < 0] = len(column.labels)  # unknown sorts last
        codes = code if codes is None else codes * widths[name] + code
    present, group = numbered(codes if rows is None else codes[rows])
    rest, keys = present, {}
    for name, (column, dtype) in reversed(list(key.items())):
        rest, place = np.divmod(rest, widths[name])
        keys[name] = _labelled(column.labels, np.where(place < len(column.labels), place, -1)).astype(dtype)
    names = pd.DataFrame({c: keys[c] for c in key}, index=pd.RangeIndex(len(present)))
    return group.astype(np.intp, copy=False), names


def _keyed_by_steps(
    key: Mapping[str, tuple[Encoding, Any]], rows: Mask | None
) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Do the same where the number would not fit into 64 bits: five columns of ten thousand labels each need 67.

    After each digit the numbers that occur are renumbered from 0, so there are never more of them than lines. What the digits
    were is lost on the way: the keys are read off the first line of each group.
    """
    at = slice(None) if rows is None else rows
    group: Any = None
    for column, _ in key.values():
        code = column.codes[at].astype(np.int64)
        code[code < 0] = len(column.labels)
        _, _, group = pairs(np.zeros_like(code) if group is None else group, code)
    _, first = np.unique(group, return_index=True)
    index = pd.RangeIndex(len(first))
    keys = {n: pd.Series(c.labels).reindex(c.codes[at][first]).set_axis(index).astype(t) for n, (c, t) in key.items()}
    return group.astype(np.intp), pd.DataFrame(keys, index=index)


def _most_frequent(name: Encoding, codes: npt.NDArray[np.intp], n_groups: int, n: Ints | None) -> pd.Series:
    """Return the name that most lines of each group carry, the first of the alphabet where several do."""
    out = np.full(n_groups, -1, dtype=name.codes.dtype)
    blank = np.flatnonzero(name.labels.astype("str").str.strip() == "")  # names nothing
    known = (name.codes >= 0) & ~np.isin(name.codes, blank) if len(blank) else name.codes >= 0
    whole = bool(known.all())
    out[codes if whole else codes[known]] = name.codes if whole else name.codes[known]
    other = known & (out.take(codes) != name.codes)
    # as in `count_distinct`: a vendor nearly always goes by one name, and only the vendors that have several are counted
    if other.any():
        several = np.zeros(n_groups, dtype=bool)
        several[codes[other]] = True
        rows = np.flatnonzero(known & several[codes])
        group, which, place = pairs(codes[rows], name.codes[rows])
        count = np.bincount(place, weights=None if n is None else n[rows])
        order = np.lexsort((which, -count, group))  # most lines first, then the alphabet
        first = order[np.r_[True, group[order][1:] != group[order][:-1]]]
        out[group[first]] = which[first]
    return _labelled(name.labels, out).astype("string")


def _labelled(labels: pd.Index, place: Ints) -> pd.Series:
    """Return the label at each place, none at -1."""
    if (place < 0).any():
        return pd.Series(labels).reindex(place).reset_index(drop=True)
    return pd.Series(labels.take(place))


def order_ids(lines: pd.DataFrame) -> pd.DataFrame:
    """Return what makes an order one order: its connection and id, its number where there is no id."""
    return pd.DataFrame({"connection": values(lines, "connection", "string"), "order": _order(lines)})


def _order(lines: pd.DataFrame) -> pd.Series:
    order = values(lines, "order_id", "string")
    if "order_number" in lines.columns and order.isna().any():
        found = _first_known(lines.assign(order_id=order), ["order_id", "order_number"])
        order = pd.Series(pd.Categorical.from_codes(found.codes, found.labels), index=lines.index)
    return order


def cluster_of(lines: pd.DataFrame, cluster: str) -> Ints:
    """Return a number for what each line hangs together with - "order", or a column -, -1 where that is not known.

    Raises
    ------
    ConfigError
        The lines have no such column.
    """
    if cluster == "order":
        return once(lines, "orders", partial(_orders_of, lines))
    if cluster not in lines.columns:
        raise ConfigError(f"cluster={cluster!r}: pass 'order' or a column of the lines")
    return encode(lines[cluster], sort=False).codes


def _orders_of(lines: pd.DataFrame) -> Ints:
    within, of = encode(values(lines, "connection", "string"), sort=False), encode(_order(lines), sort=False)
    if len(within.labels) == 0 or (len(within.labels) == 1 and within.whole()):
        return of.codes
    limit = (len(within.labels) + 1) * len(of.labels)
    code: npt.NDArray[Any] = (within.codes + 1).astype(np.int32 if limit < 2**31 else np.int64)
    code *= max(len(of.labels), 1)
    code += of.codes
    if not of.whole():
        code[of.codes < 0] = -1
    if limit > 4 * len(code) + 65_536:
        code = numbered(np.where(code < 0, -1, code))[1] - int(not of.whole())
    return code


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
    return count_distinct_codes(codes, code, n)


def count_orders(codes: np.ndarray, lines: pd.DataFrame, n: int, *, rows: Mask | None = None) -> npt.NDArray[np.int64]:
    """Return how many orders each group has; lines of no known order don't count. ``codes`` are those of ``rows``, or of all."""
    orders = cluster_of(lines, "order")
    if rows is not None:
        orders = orders[rows]
    known = orders >= 0
    return (
        count_distinct_codes(codes, orders, n) if known.all() else count_distinct_codes(codes[known], orders[known], n)
    )


def count_distinct_codes(codes: np.ndarray, ids: np.ndarray, n: int) -> npt.NDArray[np.int64]:
    """Return how many distinct numbers from 0 on each group has.

    All pairs of group and id would have to be sorted or hashed. But an order nearly always lies in one group, such as one
    vendor, so most of the work can be done by writing into an array. The *home* of an id is the group of its last line; a line
    in another group is *away*, and only pairs that are away are looked at one by one::

        line     1  2  3  4  5
        id       A  A  B  B  B        home of A is 0 and of B is 1, which gives one id to each group;
        group    0  0  1  0  1        line 4 is away, and adds B to group 0: the counts are 2 and 1
    """
    limit = int(ids.max()) + 1 if len(ids) else 0
    if limit > 4 * len(ids) + 65_536:  # the array of homes would be mostly empty: renumber the ids that occur
        distinct, ids = numbered(ids)
        limit = len(distinct)
    home = np.full(limit, -1, dtype=np.int32)
    home[ids] = codes  # of several lines of an id the last one written stays
    out = np.bincount(home[home >= 0], minlength=n)
    away = np.flatnonzero(home[ids] != codes)
    # pandas' unique hashes; numpy's takes ten times as long where most are distinct (2.3 and later)
    found = pd.unique(codes[away] * np.int64(limit) + ids[away])
    return out + np.bincount(found // max(limit, 1), minlength=n)
