"""The names of the rows of a result, short and told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from ._wording import ENDS, cut, label, text_width


def group_labels(
    result: pd.DataFrame, columns: Sequence[str], most: int = 37, *, among: pd.DataFrame | None = None
) -> list[str]:
    """Return one short name per row: the vendor's or item's name where there is one, else all of the keys.

    ``among``: the rows of which these are some. A vendor whose name another connection has, too, is told apart though only one is drawn.
    """
    # An id is shown only where nothing more telling is: vendor_id gives way to vendor_name, material_id to a code or description.
    shown = [c for c in columns if c not in ("vendor_id", "material_id") or f"{c[:-3]}_name" not in columns]
    if "product_code" in columns or "description" in columns:
        shown = [c for c in shown if c != "material_id"]
    shown = [c for c in shown if c != "connection"] or shown
    if not shown:
        return ["All"] * len(result)
    rows = result.copy(deep=False)
    rows.attrs = {}  # which pandas would copy into each column
    if "vendor_name" in columns and "vendor_id" in result:
        rows["vendor_name"] = rows["vendor_name"].fillna(rows["vendor_id"])
    widths = {c: max((text_width(label(v, most)) for v in rows[c]), default=0) for c in shown}
    while sum(widths.values()) > most - 3 * len(shown):  # the longest gives way
        widths[max(widths, key=lambda c: widths[c])] -= 1
    labels: list[str] = []
    distinct = len(rows[shown].drop_duplicates())
    for end in ENDS:
        parts = [[label(v, max(w, 14), end) for v in rows[c]] for c, w in widths.items()]
        tried = [" / ".join(p) for p in zip(*parts, strict=True)]
        labels = tried if not labels or len(set(tried)) > len(set(labels)) else labels
        if len(set(labels)) == distinct:
            break
    if among is not None and "vendor_name" in columns and {"connection", "vendor_name"} <= set(among) & set(result):
        once = among[["vendor_name", "connection"]].dropna().drop_duplicates()["vendor_name"]
        named = result["vendor_name"].isin(once[once.duplicated()]).tolist()
        labels = _behind(labels, [label(c, 14, 5) for c in result["connection"]], named)
    return _told_apart(labels, result, columns)


def _behind(labels: Iterable[str], said: Iterable[str], where: Iterable[bool]) -> list[str]:
    """Return the labels with what is said of them behind, where it is."""
    return [f"{cut(n, 28, 14)} ({v})" if w else n for n, v, w in zip(labels, said, where, strict=True)]


def _told_apart(labels: list[str], result: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return the labels, the equal ones of different things with what differs: connection, code, vendor or unit, else counted.

    >>> items = pd.DataFrame({"material_id": ["m1", "m2", "m3"], "product_code": ["F-1", "F-2", "F-2"]})
    >>> _told_apart(["Filter", "Filter", "Filter"], items, ["material_id"])
    ['Filter (F-1)', 'Filter (F-2) 1', 'Filter (F-2) 2']
    """
    for column in ("connection", "product_code", "description", "vendor_name", "unit"):
        if max(Counter(labels).values(), default=1) == 1:
            return labels
        if column not in result:
            continue
        values = pd.Series([label(v, 14, 5) for v in result[column]])
        same = values.groupby(labels).transform("nunique") > 1
        labels = _behind(labels, values, same)
    keys = [c for c in dict.fromkeys([*columns, "vendor_id", "material_id"]) if c in result]
    thing = result.groupby(keys, dropna=False, sort=False).ngroup().tolist() if keys else [0] * len(labels)
    things = {n: list(dict.fromkeys(t for m, t in zip(labels, thing, strict=True) if m == n)) for n in set(labels)}
    return [f"{n} {things[n].index(t) + 1}" if len(things[n]) > 1 else n for n, t in zip(labels, thing, strict=True)]
