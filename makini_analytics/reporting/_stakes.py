"""The money of the findings in the tables behind them: what a finding says in a sum, its table has row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..review import View, fell_due_lately, outcomes_hidden, smaller_entries

#: How the columns of open lines begin that are forecasts.
FORECAST = ("chance_", "expected_")


def with_due_values(groups: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return on-time delivery by vendor with the value of the lines that fell due in the twelve months, and of the late ones.

    Returns
    -------
    DataFrame, the rows of ``groups``, and before the counts
        currency : string, the view's, where it has one
        due_value, late_value : float, after ``n_due``; missing where no such line of the vendor has an amount
    """
    key = [c for c in ("vendor_id", "connection") if c in groups and c in view.vendors.keys]
    due = (view.year_of_due == 1) & view.has_outcome & view.has_due_amount
    missed = due & view.missed
    n, codes = len(view.vendors), view.vendors.codes
    sums = view.vendors.keys[key].assign(
        due_value=np.bincount(codes[due], weights=view.amount[due], minlength=n),
        late_value=np.bincount(codes[missed], weights=view.amount[missed], minlength=n),
        known=np.bincount(codes[due], minlength=n) > 0,
    )
    found = groups[key].merge(sums, how="left", on=key)
    out = groups.copy(deep=False)
    at = list(out.columns).index("n_due")
    for name in ("late_value", "due_value"):
        out.insert(at + 1, name, found[name].where(found["known"].fillna(False).astype(bool)).to_numpy(dtype=float))
    if view.unit is not None:
        out.insert(at, "currency", pd.Series(view.unit, index=out.index, dtype="string"))
    out.attrs = groups.attrs
    return out


def with_smaller_entries(view: View) -> pd.DataFrame:
    """Return `quality.duplicates` with what was bought in the twelve months under the smaller entry of each vendor, in the view's unit."""
    found = view.duplicates
    if not view.has_amount.any() or not {"connection", "vendor_id", "vendor_name"} <= set(view.year_lines):
        return found
    value, currency = found["value"].to_numpy(dtype=float).copy(), found["currency"].copy()
    for row, _, _, spent in smaller_entries(view)[0]:
        value[row], currency.iloc[row] = spent, pd.NA if view.unit is None else view.unit
    out = found.assign(value=value, currency=currency)
    out.attrs = found.attrs
    return out


def with_forecasts_told(view: View) -> pd.DataFrame:
    """Return the open lines without the forecasts that the findings don't tell: from few lines, or from lines picked by what became of them.

    What is overdue is late already, which is no forecast.
    """
    lines = view.open_orders
    none = (fell_due_lately(view, lines)[1] | bool(outcomes_hidden(view.lines))) & ~(lines["days_overdue"] > 0)
    return lines.assign(**{c: lines[c].mask(none) for c in map(str, lines) if c.startswith(FORECAST)})
