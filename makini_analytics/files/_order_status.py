"""The status of an order beside that of its line: two columns of one list, of which the order's is its head's, as in a list of orders and one of lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..frames import stack
from ..tidy import meaning
from ._headings import Heading, folded, state_words
from ._sorted_rows import as_issues

if TYPE_CHECKING:
    from ._read_file import FileRead
    from ._values import Table

_GIVEN = "gives the status"  # as the rule of a heading that is left out for another one ends
_NOT_READ = "a status of the order beside that of the line, which is not read since orders= was passed"


def with_order_status(found: Sequence[Heading]) -> list[Heading]:
    """Return the headings with a status of the order read as such, where another one is that of the line.

    >>> read = Heading("Line Status", "status", "a plain word")
    >>> [h.column for h in with_order_status([read, Heading("Order Status", None, "left out: 'Line Status' gives the status")])]
    ['status', 'order_status']
    """
    read = next((h for h in found if h.column == "status"), None)
    if read is None or any(h.column in ("order_status", "approval_status") for h in found):
        return list(found)
    others = [h for h in found if h.column is None and (h.rule.endswith(_GIVEN) or h.unknown) and _names_status(h)]
    if _says(read, "of_order") and not _says(read, "of_line"):
        lines = [h for h in others if _says(h, "of_line")]
        if len(lines) != 1 or read.rank < 0:  # the caller said that it is the line's
            return list(found)
        changed = {
            lines[0]: replace(lines[0], column="status", rule="by its words"),
            read: replace(read, column="order_status"),
        }
    else:
        orders = [h for h in others if not _says(h, "of_line") and (_says(h, "of_order") or h.rule.endswith(_GIVEN))]
        rule = f"by its words, beside {read.heading!r}"  # some systems have one of the approval and one of the goods
        names = ("order_status", "approval_status")
        changed = {h: replace(h, column=c, rule=rule) for h, c in zip(orders, names, strict=False)}
    return [changed.get(h, h) for h in found]


def _words(h: Heading) -> set[str]:
    split = re.split(r"[\s_/()\[\].\-]+", re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", h.heading))
    return {folded(w) for w in split} - {""}


def _says(h: Heading, what: str) -> bool:
    return not _words(h).isdisjoint(state_words()[what])


def says_line(h: Heading) -> bool:
    """Whether a heading says that it is of a line."""
    return _says(h, "of_line")


def _names_status(h: Heading) -> bool:
    known = state_words()
    beside = known["status"] | known["of_order"] | known["of_line"] | known["all"]
    names = known["status"] | {w for w in beside if w.endswith("status")}
    return h.rule.endswith(_GIVEN) or (not _words(h).isdisjoint(names) and _words(h) <= beside)


def heads_in(table: Table) -> pd.DataFrame | None:
    """Return the status of each order that has one on its rows; where they differ, what is no order any more says so on its own lines."""
    key = next((c for c in ("order_id", "order_number") if c in table.column_of), None)
    if "order_status" not in table.column_of or key is None:
        return None
    pairs = zip(table.texts("order_status"), table.texts("approval_status"), strict=True)
    ended = cache(partial(_ended, table.statuses))
    status = [ended(one) or ended(other) or one or other for one, other in pairs]
    frame = pd.DataFrame({key: table.texts(key), "status": status}, index=table.df.index)
    given = frame[(frame != "").all(axis=1)]
    several = given.groupby(key)["status"].transform("nunique") > 1
    apart = dict(given["status"][several])
    if apart:
        of = dict(zip(table.df.index, table.texts("status"), strict=True))
        table.put("status", "status of line or order", [ended(apart.get(i, "")) or of[i] or None for i in of])
    for name in ("order_status", "approval_status"):
        table.take(name)
    of_order = given[~several].drop_duplicates(key).set_index(key)["status"]
    orders = frame[[key]][frame[key] != ""].drop_duplicates(
        ignore_index=True
    )  # all of them: none is missing from this list
    return orders.assign(status=orders[key].map(of_order))


def _ended(own: Mapping[str, str], status: str) -> str:
    return status if (own.get(status) or meaning(status)) in ("cancelled", "draft") else ""


def with_own_heads(tables: Mapping[str, Any], got: FileRead) -> tuple[dict[str, Any], FileRead]:
    """Return the tables beside the lines with the heads that the list has itself, unless there is a file of them, and the file."""
    if got.heads is None or not len(got.heads):
        return {**tables}, got
    if tables.get("orders") is None:
        return {**tables, "orders": got.heads}, got
    given = got.heads["status"].dropna().tolist()
    told = as_issues([(None, "status", given[0], _NOT_READ)] if given else [])
    return {**tables}, replace(got, left_out=stack([got.left_out, told]))
