"""What is the same thing: a vendor with and without its id, one order number of several vendors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import categoricals
from ._issues import IssueBook

Labels = categoricals.Labels

#: Marks of direction, joiners and blanks of no width, which nobody sees: a vendor with one of them is no other vendor.
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_OUTER = re.compile(rf"\A[\s{_UNSEEN}]+|[\s{_UNSEEN}]+\Z")


def plain_text(text: str) -> str:
    """Return a text without what is not seen around it, and with plain blanks in it.

    >>> plain_text("\u200bACME\u00a0GmbH \u200e")
    'ACME GmbH'
    """
    if text.isascii():
        return text.strip()
    return _OUTER.sub("", text).replace("\u00a0", " ").replace("\u202f", " ")


def one_vendor(ids: Labels, names: Labels, connection: Labels) -> Labels:
    """Return vendor ids in which a vendor without one has that of its name, where its connection has exactly one for it."""
    lacking = np.flatnonzero((ids.codes < 0) & (names.codes >= 0))
    if not len(lacking) or not len(ids.categories):
        return ids
    table = pd.DataFrame({"connection": connection.codes, "name": names.codes, "id": ids.codes})
    known = table[(table["name"] >= 0) & (table["id"] >= 0)].drop_duplicates()
    single = known[~known.duplicated(["connection", "name"], keep=False)].set_index(["connection", "name"])["id"]
    if not len(single):
        return ids
    at = single.index.get_indexer(pd.MultiIndex.from_frame(table.loc[lacking, ["connection", "name"]]))
    codes = np.asarray(ids.codes, dtype=np.int64).copy()
    codes[lacking[at >= 0]] = single.to_numpy()[at[at >= 0]]
    return categoricals.from_codes([*map(str, ids.categories), None], codes)


def split_by_vendor(frame: pd.DataFrame, book: IssueBook) -> tuple[pd.DataFrame, npt.NDArray[np.intp], list[str]]:
    """Return the rows with an order for each vendor of an order number, each row's order by position, and a sentence if there are such.

    Two vendors never share an order: an export that has them under one number has numbered by year, plant or document type.
    """
    parts = {
        c: np.asarray(categoricals.from_series(frame[c]).codes, dtype=np.int64)
        for c in ("connection", "order_id", "vendor_id")
    }
    of, n = _orders_by_position(parts)
    named = parts["vendor_id"] >= 0
    one = np.full(n, -1, dtype=np.int64)
    one[of[named]] = parts["vendor_id"][named]
    notes = []
    if (parts["vendor_id"] != one[of])[named].any():
        key = pd.DataFrame(parts)
        known = key[named].drop_duplicates()
        several = known[known.duplicated(["connection", "order_id"], keep=False)][
            ["connection", "order_id"]
        ].drop_duplicates()
        at = pd.MultiIndex.from_frame(several).get_indexer(pd.MultiIndex.from_frame(key[["connection", "order_id"]]))
        rows = (at >= 0) & named
        order, vendor = (categoricals.to_strings(frame[c]) for c in ("order_id", "vendor_id"))
        told = pd.Series(order[rows] + " / " + vendor[rows], index=frame.index[rows])
        frame = frame.assign(order_id=categoricals.from_texts(order.mask(pd.Series(rows, index=frame.index), told)))
        book.add(
            "lines",
            "order_id",
            np.flatnonzero(rows)[np.unique(at[rows], return_index=True)[1]],  # the first line of each number
            order,
            "the number of orders of several vendors: taken as an order of each",
        )
        notes.append(f"{len(several):,} order numbers are those of several vendors, and are taken as an order of each.")
        parts["order_id"] = np.asarray(categoricals.from_series(frame["order_id"]).codes, dtype=np.int64)
        of, _ = _orders_by_position(parts)
    return frame, of, notes


def _orders_by_position(parts: Mapping[str, npt.NDArray[np.int64]]) -> tuple[npt.NDArray[np.intp], int]:
    """Return each row's order, numbered as they come, and how many there are."""
    of, orders = pd.factorize(parts["connection"] * (int(parts["order_id"].max(initial=0)) + 2) + parts["order_id"])
    return of.astype(np.intp), len(orders)


def disagreeing(column: pd.Series, of: npt.NDArray[np.intp], n: int) -> npt.NDArray[np.bool_]:
    """Return, for each order, whether its rows have different values there; a blank is a value like any other."""
    codes: Any = pd.factorize(column, use_na_sentinel=False)[0]
    first = np.full(n, -1, dtype=np.int64)
    first[of[::-1]] = codes[::-1]
    out = np.zeros(n, dtype=bool)
    out[of[codes != first[of]]] = True
    return out
