"""Rows and pages that come again, and rows that are wrapped: what shows in the rows themselves, whatever is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._list_response import id_of

_DEPTH = 6  # levels of a row that are compared


class Repeats:
    """The rows of a walk, by their id; those without one by all that they say."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._contents: set[int] = set()
        self._pages: set[int] = set()
        self.n_again = 0  # rows without ids and without records of their own that came before: they may be others of the same values

    def take(self, rows: list[Any], ids: list[str], n_page: int, total: int | None) -> str:
        """Take in a page, and return what is wrong with it."""
        known = len(self._ids)
        self._ids.update(ids)
        if twice := known + len(ids) - len(self._ids):
            return f"{twice} of the {len(rows)} rows of page {n_page} came twice"
        if len(ids) == len(rows):
            return ""
        found = {content_of(row): row for row in rows if id_of(row) is None}
        again = found.keys() & self._contents
        page = hash((len(rows), *map(content_of, rows)))
        # A page of one value alone, of a list that counts its rows, may be others: seven colours, all of them red.
        if page in self._pages and (len(found) > 1 or total is None):
            return f"page {n_page} is an earlier page again"
        if twice := sum(_has_records(found[c]) for c in again):
            return f"{twice} of the {len(rows)} rows of page {n_page} came before, with all that they say"
        self.n_again += len(again)
        self._pages.add(page)
        self._contents |= found.keys()
        return ""


def content_of(value: Any, depth: int = _DEPTH) -> int:
    """Return a digest of all that a value says; what is null says nothing."""
    if isinstance(value, Mapping):
        return hash(frozenset((k, content_of(v, depth - 1)) for k, v in value.items() if v is not None)) if depth else 0
    if isinstance(value, list):
        return hash(tuple(content_of(v, depth - 1) for v in value)) if depth else 0
    return hash((type(value).__name__, value))


def _has_records(row: Any) -> bool:
    return isinstance(row, Mapping) and any(
        isinstance(v, list) and any(isinstance(x, Mapping) for x in v) for v in row.values()
    )


def wrapped_in(rows: list[Any]) -> str | None:
    """Return the one key that all rows are wrapped in, ``{"purchaseOrder": {"key": ...}}``; None where they are not."""
    keys = {tuple(k for k, v in row.items() if v is not None) if isinstance(row, Mapping) else () for row in rows}
    names = keys.pop() if len(keys) == 1 else ()
    if len(names) != 1 or names[0] in ("key", "id"):
        return None
    inner = [row[names[0]] for row in rows]
    within = all(isinstance(r, Mapping) and (id_of(r) is not None or _has_records(r)) for r in inner)
    return str(names[0]) if within else None
