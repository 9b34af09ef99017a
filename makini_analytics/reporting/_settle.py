"""The lines that a vendor is asked about: which of them its page has, and how each is written."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import charts
from ._lists import comparable

#: Lines that fit the two sheets.
_MOST = 25
#: Letters of a description: a row of twenty lines pushes the others off the sheet.
LONGEST = 60


def to_settle(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the lines to settle by due date; of more than fit, those of the largest value, and of unknown value.

    Values of several currencies can't be compared: then the first ones by due date.
    """
    if len(rows) > _MOST and comparable(rows):
        rows = rows.sort_values("open_value", ascending=False, na_position="first", kind="stable").head(_MOST)
    return rows.sort_values("due_date", kind="stable").head(_MOST)


def heading(rows: pd.DataFrame, n: int) -> str:
    """Return how many lines there are to settle, and which ``n`` of them the page has."""
    if n == len(rows):
        return f"{charts.counted(n, 'line')} to settle, overdue or due within 30 days"
    of = "the first by due date"
    if comparable(rows):
        of = "those of the largest value" + (", and of unknown value" if rows["open_value"].isna().any() else "")
    return f"{n} of {charts.counted(len(rows), 'line')} to settle, overdue or due within 30 days, {of}"


def confirm(n_overdue: int, n_soon: int) -> str:
    """Return what the vendor is asked for."""
    to_come = "the date of the line to come" if n_soon == 1 else "the dates of the lines to come"
    of = [(f"a new date for {'the' if n_overdue == 1 else 'each'} overdue line", n_overdue), (to_come, n_soon)]
    asked = ", and ".join(what for what, n in of if n)
    return f"Please confirm {asked}." if asked else ""


def rows_of(rows: pd.DataFrame, as_of: pd.Timestamp) -> list[dict[str, str]]:
    """Return lines as the page has them."""
    return [
        {
            "order": said(row["order_number"]),
            "line": said(row["line_number"]),
            "item": said(row["item"]),
            "description": charts.label(said(row["description"]), LONGEST),
            "site": said(row["site"]),
            "open": much(row["open_quantity"], row["unit_of_measure"]),
            "due": short(row["due_date"], as_of),
            "days": "" if pd.isna(row["days_overdue"]) else charts.number(row["days_overdue"]),
            "value": much(row["open_value"], row["currency"], whole=True),
        }
        for row in rows.to_dict("records")
    ]


def much(value: Any, unit: Any, *, whole: bool = False) -> str:
    """Return an amount with its unit, which may be missing."""
    if pd.isna(value):
        return "–"
    return f"{charts.number(value, 0 if whole or value == round(value) else 2)} {said(unit, '')}".strip()


def said(value: Any, missing: str = "–") -> str:
    return missing if pd.isna(value) else str(value)


def short(day: Any, as_of: pd.Timestamp) -> str:
    return "–" if pd.isna(day) else f"{day.day} {day:%b}" + ("" if abs(day - as_of).days <= 180 else f" {day.year}")
