"""Of whom one buys: accounts that stand for many vendors, as those of one-time vendors do, and vendors of an item before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import spend
from ..compute import ENTITIES
from ..frames import Mask, encode, first_known, numbered, pairs, values
from ._evidence import named
from ._view import View

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


def had_another(view: View, table: pd.DataFrame) -> str:
    """Return how many items of one vendor came from another one before the twelve months: that one may be a source still."""
    of_items = view.item_named.labels.isin(first_known(table, ENTITIES["material"][0]).labels)
    rows = np.append(of_items, False)[view.item_named.codes] & named(view.narrow)
    lines = view.asked(view.part(rows))
    if "vendor_name" in lines:  # one that was entered anew, under another id, is no other vendor
        lines = lines.assign(
            vendor_id=values(lines, "vendor_name", "string").fillna(values(lines, "vendor_id", "string"))
        )
    ever = spend.single_source(lines, currency=view.unit, as_of=view.day)
    one, all_of = map(_items, (table, ever))
    n = int((~one.isin(all_of)).sum())
    if not n:
        return "Whether there is another source the data can't say."
    others = "" if n == len(table) else " Of the others the data can't say."
    return f"{'It' if len(table) == 1 else f'{n:,} of them'} had another vendor before.{others}"


def _items(table: pd.DataFrame) -> pd.MultiIndex:
    """Return the items of a figure's rows: by id where there is one, since the code of its product may change."""
    found = first_known(table, ENTITIES["material"][0])
    return pd.MultiIndex.from_arrays(
        [values(table, "connection", "string"), found.labels.append(pd.Index([pd.NA]))[found.codes]]
    )
