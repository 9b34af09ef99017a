"""What columns that are left out say of lines: that they are cancelled, drafts, or go back. Without a word such lines would count as ordered."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache

from ..tidy import meaning, why_no_value
from ._by_values import is_no, kind_of, names_cancelling
from ._headings import AS_YOU_SAY, Heading, document_types, folded
from ._order_status import says_line
from ._values import Table

_FEW = 20  # different values of a column of kinds
_ZERO = re.compile(r"[-0.,\s]*")
_OF_KIND = {"date": "cancelled_date", "number": "cancelled_quantity"}


def is_undecided(h: Heading, stated: Collection[str]) -> bool:
    """Whether no table of headings has a heading, and the caller, whose headings are ``stated``, did not decide on it either."""
    # what `read_file` found comes back to it in a frame as if the caller had said it
    return h.unknown or (h.rule.endswith(AS_YOU_SAY) and folded(h.heading) not in stated)


def tell_unread(table: Table, headings: Sequence[Heading], names: Sequence[str], stated: Collection[str]) -> None:
    """Add to the doubts of a table each heading that is not known and says so of lines of which nothing that is read does.

    ``names`` are those of the columns, by their place; ``stated`` the headings, folded, on which the caller decided.
    """
    if not len(table.df):
        return

    @cache  # few texts on many lines
    def said(status: str) -> str | None:
        return table.statuses.get(status) or meaning(status)

    given = [
        table.texts(c)
        for c in ("status", "order_status", "approval_status", "cancelled_date", "deleted_at", "is_return")
    ]
    known = ["cancelled" in map(said, row[:3]) or any(row[3:]) for row in zip(*given, strict=True)]
    gone = {"cancelled"} if "status" in table.column_of else {"cancelled", "draft"}
    drafts = ["draft" in map(said, row) for row in zip(*given[:3], strict=True)]
    for h in headings:
        second = h.rule.endswith("gives the status")
        if h.column is not None or not (second or is_undecided(h, stated)):
            continue
        texts = ["" if v is None else str(v).strip() for v in table.df[names[h.place]]]
        given_here = {t for t in texts if t and not why_no_value(t)}
        column, says = _what_says(h.heading, given_here, gone)
        if second:
            column = "status" if says_line(h) else "order_status"
            says = {t for t in given_here if said(t) in ("cancelled", "draft")}
        rows = [t for t, k, d in zip(texts, known, drafts, strict=True) if t in says and not k and not (second and d)]
        if rows:
            mapped = f"columns={{{names[h.place]!r}: {column!r}}}"
            meant = f" and statuses={{{rows[0]!r}: ...}}" if column == "status" and meaning(rows[0]) is None else ""
            many = f"{len(rows):,} lines counted as ordered are" if len(rows) > 1 else "1 line counted as ordered is"
            why = (
                f"{h.heading!r} is not read, and may say that {many} none: pass {mapped}{meant}, or {{{names[h.place]!r}: None}} "
                "where it says nothing of the kind"
            )
            table.doubts.append((None, "status", rows[0], why))


def _what_says(heading: str, values: set[str], gone: set[str]) -> tuple[str, set[str]]:
    """Return which of our columns a heading may be, and the values that say of a line that it is not ordered."""
    if names_cancelling(heading):
        says = {v for v in values if not is_no(v) and not _ZERO.fullmatch(v)}
        return _OF_KIND.get(kind_of(says) or "", "status"), says
    if len(values) > _FEW:
        return "", set()
    meanings = {v: meaning(v) if len(v) > 2 else None for v in values}
    if None not in meanings.values():
        return "status", {v for v, m in meanings.items() if m in gone}
    return "document_type", {v for v in values if len(v) > 2 and document_types().get(folded(v)) == "return"}
