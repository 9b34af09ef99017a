"""The code that gives a finding's figures again: of which of the ``lines``, and with which options."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from ..frames import days_of, values
from ._view import View


def these(*terms: str) -> str:
    """Return the lines that some terms pick, as code.

    >>> these(), these("lines.quantity > 0")
    ('lines', 'lines[lines.quantity > 0]')
    """
    code = [t if len(terms) == 1 or t.startswith(("~", "lines.connection")) else f"({t})" for t in terms]
    return f"lines[{' & '.join(code)}]" if terms else "lines"


def told(view: View, *, without: Collection[str] = ()) -> list[str]:
    """Return which lines are of the connections in which something says what has come, as code; nothing where all are.

    ``without``: other connections to leave out.
    """
    if view.nothing_told:
        return []
    names = values(view.lines, "connection", "string").astype("string").fillna("")
    left_out = view.silent | view.posted | names.isin(without).to_numpy(dtype=bool)
    gone, rest = (sorted(map(str, names[rows].unique())) for rows in (left_out, ~left_out))
    recorded = [
        _outside(view, name, sign, day)
        for days, sign in ((view.recorded.since, "<"), (view.recorded.until, ">"))
        for name, day in sorted(days.items())
        if name in rest
    ]
    for never, columns in (
        (view.recorded.never, ("vendor_id", "vendor_name")),
        (view.recorded.items, ("material_id", "product_code", "description")),
        (view.recorded.types, ("type",)),
        (view.recorded.categories, ("category",)),
    ):
        for name, keys in sorted(never.items()):
            recorded += _without(view, name, keys, columns) if name in rest else []
    for name, ends in sorted(view.recorded.sites.items()):
        for site, day in sorted(ends.items()):
            due = f" & ({_due(view)} > '{day.date()}')"
            recorded += _without(view, name, [site], ("site_id", "site_name"), due) if name in rest else []
    if "" in gone:  # which no list of names holds
        return [f"lines.connection.isin({rest!r})", *recorded]
    return [*([f"~lines.connection.isin({gone!r})"] if gone else []), *recorded]


def _without(view: View, connection: str, keys: Collection[str], columns: Collection[str], when: str = "") -> list[str]:
    """Return which lines of a connection have none of some keys in the first of some columns that is known, as code."""
    some = values(view.lines, "connection", "string").notna().any()
    mine = f"lines.connection.isin([{connection!r}]) & " if connection else "lines.connection.isna() & " if some else ""
    out, before, unknown = [], "", np.ones(len(view.lines), dtype=bool)
    for column in columns:
        text = values(view.lines, column, "string")
        there = sorted(set(keys) & set(text[unknown].dropna().astype(str)))
        cast = "" if column not in view.lines or _is_text(view.lines[column]) else ".astype('string')"
        out += [f"~({mine}{before}lines.{column}{cast}.isin({there!r}){when})"] if there else []
        before += f"lines.{column}.isna() & " * bool(text.notna().any())
        unknown &= text.isna().to_numpy(dtype=bool)
    return out


def _outside(view: View, connection: str, sign: str, day: pd.Timestamp) -> str:
    """Return which lines are not due when the deliveries of their connection are not recorded, as code."""
    alone = not values(view.lines, "connection", "string").notna().any()
    mine = f"lines.connection.isin([{connection!r}])" if connection else "lines.connection.isna()"
    of = "" if alone else f"{mine} & "
    return f"~({of}({_due(view)} {sign} '{day.date()}'))"


def _due(view: View) -> str:
    """Return the day on which each line was to come, as code; see `frames.due_day`."""
    if not view.has_due_dates:
        return f"lines.{view.by_day}"
    asked, promised = (days_of(view.lines, f"{which}_date") for which in ("required", "promised"))
    if np.isnat(asked).all():
        return "lines.promised_date"
    either = (np.isnat(asked) & ~np.isnat(promised)).any()
    return "lines.required_date.fillna(lines.promised_date)" if either else "lines.required_date"


def of_year(view: View, date: str) -> list[str]:
    """Return which lines have a date in the twelve months, as code."""
    return _between(date, view.before, view.end)


def this_year(view: View, *, known: bool = False) -> str:
    """Return the lines of the twelve months, as code; ``known``: of the connections that both years have."""
    return these(*of_year(view, "order_date"), *(_known(view) if known else ()))


def year_before(view: View) -> str:
    """Return the lines of the year before, of the connections that both years have, as code."""
    return these(*_between("order_date", view.first_day_before - pd.Timedelta(days=1), view.before), *_known(view))


def _between(date: str, start: pd.Timestamp, end: pd.Timestamp) -> list[str]:
    """Return which lines have a date after one day and up to another, as code."""
    return [f"lines.{date} > '{start.date()}'", f"lines.{date} <= '{end.date()}'"]


def _known(view: View) -> list[str]:
    if view.known_before.all():
        return []
    names = sorted(view.lines.loc[view.known_before, "connection"].dropna().unique())
    return [f"lines.connection.isin({names!r})"]


def from_day(view: View) -> str:
    """Return the due date and the day, as code, where they are not what the figure takes by itself."""
    return ("" if view.due == "required" else f", due={view.due!r}") + view.day_as_code


def in_currency(view: View) -> str:
    """Return the currency and the day, as code; the currency where lines are in others, too."""
    return ("" if view.in_unit(view.lines).all() else f", currency={view.unit!r}") + view.day_as_code


def _is_text(column: pd.Series) -> bool:
    known = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return pd.api.types.is_string_dtype(known)
