"""Figures of the twelve months that a report is of, beside the year before: what lies outside is left out, and counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .. import charts
from ..frames import Mask, days_of, encode, numbers, values
from ..review import View


def of_the_year(table: pd.DataFrame, view: View, rows: Mask, by: str = "ordered") -> pd.DataFrame:
    """Return the figure of some of the lines with a word on the others, so that included and left out are all lines again."""
    column, what = (f"{view.due}_date", "due") if by == "due" else ("order_date", "order")
    undated = ~rows & np.isnat(days_of(view.lines, column))
    out = also_left_out(table, view, ~rows & ~undated, f"not {by} in the twelve months")
    return also_left_out(out, view, undated, f"no {what} date")


def of_what_is_told(table: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return a figure of deliveries with a word on the lines of which nothing says whether they came."""
    for rows, reason in view.why_unjudged:
        table = also_left_out(table, view, rows, reason)
    return table


def also_left_out(table: pd.DataFrame, view: View, rest: Mask, reason: str) -> pd.DataFrame:
    """Return a figure of some of the lines with a word on the rest of them."""
    if not rest.any() or "excluded" not in table.attrs:
        return table
    amount = np.nan_to_num(numbers(view.lines, "amount")[rest])
    currency = encode(values(view.lines, "currency", "string"))
    names = ["", *map(str, currency.labels)]  # the first one is for lines without a currency, whose code is -1
    code = currency.codes[rest].astype(np.int64) + 1
    sums = np.bincount(code, weights=amount, minlength=len(names)).tolist()
    entry = {
        "reason": reason,
        "n_lines": int(rest.sum()),
        "value": {names[k]: round(sums[k], 6) for k in np.flatnonzero(np.bincount(code))}
        if "amount" in view.lines
        else {},
    }
    out = table.copy(deep=False)
    out.attrs = table.attrs | {"excluded": [*table.attrs["excluded"], entry]}
    return out


def of_one_year(periods: pd.DataFrame) -> pd.DataFrame:
    """Return spend by period without what it was a year before."""
    none: dict[str, Any] = {"spend_year_before": np.nan, "yoy_change": np.nan, "n_lines_year_before": pd.NA}
    out = periods.assign(**none).astype(periods.dtypes.to_dict())
    out.attrs = periods.attrs
    return out


def beside_year_before(now: pd.DataFrame, was: pd.DataFrame) -> pd.DataFrame:
    """Return a table of spend with that of the year before and the change; who was bought from then and not now is told in a note.

    Returns
    -------
    DataFrame, the rows and columns of ``now``, and after ``share``
        spend_year_before, change : float, in ``currency``; 0 and all of the spend where nothing was bought the year before
        change_rate : float; missing where nothing was bought the year before
    """
    keys = [*now.columns[: list(now.columns).index("spend")], *(["connection"] if "connection" in now else [])]
    old = was.set_index(keys)["spend"] if len(was) else pd.Series(dtype="float64")
    at = pd.MultiIndex.from_frame(now[keys])
    before = old.groupby(level=keys, dropna=False).sum().reindex(at).fillna(0.0).to_numpy() if len(was) else 0.0
    out = now.copy(deep=False)
    place = list(out.columns).index("share") + 1
    out.insert(place, "spend_year_before", before)
    out.insert(place + 1, "change", out["spend"] - out["spend_year_before"])
    out.insert(place + 2, "change_rate", (out["change"] / out["spend_year_before"]).where(out["spend_year_before"] > 0))
    gone = len(was) - int((out["spend_year_before"] != 0).sum())
    out.attrs = now.attrs
    if gone > 0:
        lost = float(was["spend"].sum() - out["spend_year_before"].sum())
        note = f"{charts.number(gone)} that were bought from the year before, for {charts.number(lost, 2)}, have no spend in the twelve months."
        out.attrs = now.attrs | {"notes": [*now.attrs.get("notes", []), note]}
    return out
