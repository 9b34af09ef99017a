"""What is said of a file's headings: by the caller, by the system that they are of, or since the table is one of ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ..errors import SchemaError
from ..system import mapping_of
from ..tidy import LINES, ORDERS, SETTLED
from ._by_values import by_statuses
from ._headings import AS_YOU_SAY, Heading, folded, named_system, recognised

#: Names that `columns` may give beside ours, and what becomes of them.
SPECIAL = (
    "vendor", "order_status", "approval_status", "open_quantity", "scheduled_quantity", "schedule_line", "release_number", "shipment_number",
    "deletion_mark", "completed_mark", "void_mark", "open_mark",
    "incomplete_mark", "release_mark", "record_type", "price_per_code", "history", "movement_type", "debit_credit", "last_status",
    "document_type", "free_mark", "foreign_amount", "foreign_unit_price", "exchange_rate", "order_price_unit", "price_unit_numerator",
    "price_unit_denominator", "cancelled_quantity", "stock_received_quantity", "stock_unit",
)  # fmt: skip


#: A table is ours where so many of its headings, and such a share, are our names, and one is of these.
_OURS, _MOSTLY = 12, 0.75
_ONLY_OURS = {"unreadable", "unit_code", "n_receipts", "first_receipt_date", "line_ref"}


def system_of(system: str | None, headings: list[str], cells: pd.DataFrame | None = None) -> Any:
    """Return the system that was said, else the one that the headings are of, else the one whose statuses stand below them."""
    if system is not None:
        return named_system(system)
    if ours_of(headings):
        return None
    return recognised([h for h in headings if h]) or (by_statuses(headings, cells) if cells is not None else None)


def ours_of(headings: Sequence[str]) -> dict[str, str | None]:
    """Return what the headings mean where a table is the lines of purchases, saved by somebody: our names, which stand for themselves.

    Nothing is said of a table in which they are not the rule, or that has none that only our lines have. What follows from other
    columns is left out; so is the state, unless the status that it follows from is missing.
    """
    good = {folded(n): n for n in ({c.name for c in (*LINES, *ORDERS)} - {"n_lines"})}
    ours = {h: good.get(folded(h), h) for h in headings if folded(h) in good or h.startswith("custom.")}
    if len(ours) < max(_OURS, _MOSTLY * len([h for h in headings if h])) or not _ONLY_OURS & {*ours.values()}:
        return {}
    left_out = SETTLED if "status" in ours.values() else SETTLED - {"state"}
    read_as = {"state": "status"}
    return {h: None if n in left_out else read_as.get(n, n) for h, n in ours.items()}


def as_ours(found: list[Heading], names: Collection[str]) -> list[Heading]:
    """Return the headings with what was said of a table of ours told as such, and not as the caller's word."""
    told = {True: "our own name", False: "left out: it follows from other columns"}
    return [replace(h, rule=told[h.column is not None]) if h.heading in names else h for h in found]


def said_of(columns: Mapping[str, str | None] | pd.DataFrame | None) -> dict[str, str | None]:
    """Return what the caller says of headings, checked; a frame of `read_headings` may come back changed."""
    if columns is None:
        return {}
    if isinstance(columns, pd.DataFrame):
        if not {"heading", "column"} <= set(columns.columns):
            raise SchemaError("columns= as a frame needs the columns heading and column, as read_headings returns them")
        first = columns.drop_duplicates("heading")  # of headings that come twice the first one counts
        columns = dict(zip(first["heading"], first["column"], strict=True))
    mapping_of("columns", columns, "a mapping of headings to our columns, or the frame of read_headings")
    good = {c.name for c in (*LINES, *ORDERS)} | set(SPECIAL)
    own = {
        str(h): None if c is None or pd.isna(c) or not str(c).strip() else str(c).strip() for h, c in columns.items()
    }
    for heading, column in own.items():
        if column is not None and column not in good and not column.startswith("custom."):
            raise SchemaError(
                f"{column!r} (for {heading!r}) is none of our columns: see makini_analytics.data_dictionary()"
            )
    return own


def stated_in(columns: Mapping[str, str | None] | pd.DataFrame | None) -> set[str]:
    """Return the headings, folded, that the caller decided on: all of a mapping, and what a frame of `read_headings` has otherwise than it was found."""
    if not isinstance(columns, pd.DataFrame):
        return set(map(folded, columns or ()))
    rules = columns["rule"].fillna("") if "rule" in columns.columns else pd.Series(AS_YOU_SAY, index=columns.index)
    changed = rules.str.startswith("left out").to_numpy() == columns["column"].notna().to_numpy()
    return set(map(folded, columns["heading"][changed | rules.str.endswith(AS_YOU_SAY).to_numpy()]))
