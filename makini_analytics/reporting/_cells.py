"""The columns of a table as people read them: headings with their unit, texts of the cells. The page and the notes of slides show these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .. import charts
from ..charts import Kind, cell_text, kind_of
from ._exhibits import exportable

#: Days around the as-of day in which a date needs no year.
_NEAR = pd.Timedelta(days=180)
#: Names of columns that are others where they are read: shorter ones over narrow columns, and words for what only a figure calls so.
_SHORT = {
    "order_number": "order",
    "line_number": "line",
    "due_date": "due",
    "vendor_name": "vendor",
    "site_name": "site",
    "on_time_shrunken": "rate to rank by",
    "others_rate": "rate of all others",
    "n_effective": "independent lines",
    "p_value": "p",
}
#: Where a table says in its attrs which of its columns are called by the data, such as a connection each: those keep their spelling.
OF_DATA = "columns_of_data"


@dataclass(frozen=True)
class TextColumn:
    """A column as it is read, and the values behind it."""

    name: str
    heading: str
    kind: Kind
    unit: str | None  # the currency of its money, where all rows have one
    values: pd.Series
    texts: list[str]


def columns_of(rows: pd.DataFrame, as_of: pd.Timestamp) -> list[TextColumn]:
    """Return the columns of a shown table as texts; one currency of all rows stands in the headings instead of in each row."""
    rows = exportable(rows)
    unit = _one_currency(rows)
    if unit:
        rows = rows.drop(columns="currency")
    of_data = rows.attrs.get(OF_DATA, ())
    rows.attrs = {}  # which pandas would copy, with all that is in it, into each column
    out = []
    for column in map(str, rows.columns):
        values, kind = rows[column], kind_of(column, rows[column])
        its_unit = unit if kind in ("money", "price") else None
        said = column if column in of_data else heading(column, its_unit)
        out.append(TextColumn(column, said, kind, its_unit, values, _texts(values, kind, as_of)))
    return out


def _one_currency(rows: pd.DataFrame) -> str | None:
    """Return the one currency of all rows, if there is one."""
    names = list(rows["currency"].unique()) if "currency" in rows else []
    return str(names[0]) if len(names) == 1 and not pd.isna(names[0]) else None


def headings_of(rows: pd.DataFrame) -> list[str]:
    """Return the headings of a table whose rows have their currency beside them; of two alike each keeps its own name."""
    names, of_data = list(map(str, rows.columns)), rows.attrs.get(OF_DATA, ())
    said = [name if name in of_data else heading(name) for name in names]
    return [name if said.count(text) > 1 else text for name, text in zip(names, said, strict=True)]


def heading(column: str, unit: str | None = None) -> str:
    """Return a column's name as one reads it.

    >>> heading("n_lines"), heading("late_value", "EUR")
    ('Lines', 'Late value, EUR')
    """
    name = _SHORT.get(column) or charts.spelled(column)
    name = name[:1].upper() + name[1:]
    return f"{name}, {unit}" if unit else name


def _texts(values: pd.Series, kind: Kind, as_of: pd.Timestamp) -> list[str]:
    """Return the cells of a column as they are read: no break before a unit, and a year only where it is not plain."""
    if kind == "date":
        return [_day(v, as_of) for v in values]
    if kind == "money":
        # one number of decimals for a column: whole units, unless it holds small amounts
        decimals = 2 if values.abs().median() < 100 else 0
        return ["–" if pd.isna(v) else charts.number(v, decimals) for v in values]
    if kind == "days" and (values.dropna() % 1 == 0).all():
        return [cell_text(v, "count") for v in values]
    if values.name == "chance":  # a forecast has no tenths of a per cent
        return ["–" if pd.isna(v) else f"{v * 100:.0f}\N{NO-BREAK SPACE}%" for v in values]
    if pd.api.types.is_bool_dtype(values.dtype):
        return ["–" if pd.isna(v) else "yes" if v else "no" for v in values]
    if values.name == "also_on_order":
        return ["" if pd.isna(v) else str(v) for v in values]
    texts = [cell_text(v, kind) for v in values]
    return [t.replace(" %", "\N{NO-BREAK SPACE}%") for t in texts] if kind == "share" else texts


def _day(value: Any, as_of: pd.Timestamp) -> str:
    if pd.isna(value):
        return "–"
    near = not pd.isna(as_of) and abs(value - as_of) <= _NEAR
    return f"{value.day}\N{NO-BREAK SPACE}{value:%b}" + ("" if near else f"\N{NO-BREAK SPACE}{value.year}")
