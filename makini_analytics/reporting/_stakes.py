"""The money of the findings in the tables behind them: what a finding says in a sum, its table has row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import spend
from ..compute import ENTITIES
from ..review import View

_MISSED = ("late", "overdue_open")
_JUDGED = ("early", "on_time", *_MISSED)
_ENTRY = ["connection", "vendor_id", "vendor_name"]


def with_due_values(groups: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return on-time delivery by vendor with the value of the lines that fell due in the twelve months, and of the late ones.

    Returns
    -------
    DataFrame, the rows of ``groups``, and before the counts
        currency : string, the view's, where it has one
        due_value, late_value : float, after ``n_due``; missing where no such line of the vendor has an amount
    """
    key = [c for c in (ENTITIES["vendor"][0][0], "connection") if c in groups and c in view.vendors.keys]
    outcome = view.judged["outcome"]
    due, missed = (
        (view.year_of_due == 1) & outcome.isin(of).to_numpy(dtype=bool) & view.has_amount for of in (_JUDGED, _MISSED)
    )
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


def with_smaller_entries(found: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return `quality.duplicates` with what was bought in the twelve months under the smaller entry of each vendor, in the view's unit.

    Three names of one vendor are three pairs: an entry that is the smaller one of two has its value in the first, and adds up.
    """
    vendors = np.flatnonzero(found["kind"] == "vendor")
    if not len(vendors) or not view.has_amount.any() or not set(_ENTRY) <= set(view.year_lines):
        return found
    got = spend.by_vendor(view.asked(view.year_lines), by=_ENTRY, currency=view.unit, as_of=view.day)
    sums = dict(zip(_entries(got, *_ENTRY), got["spend"].tolist(), strict=True))
    pairs = found.iloc[vendors]
    ones = _entries(pairs, "connection", "id", "name")
    others = _entries(pairs, "other_connection", "other_id", "other_name")
    value, currency = found["value"].to_numpy(dtype=float).copy(), found["currency"].copy()
    told = set()
    for row, one, other in zip(vendors.tolist(), ones, others, strict=True):
        less = min(one, other, key=lambda entry: sums.get(entry, 0.0))
        if less not in told:
            told.add(less)
            value[row] = max(sums.get(less, 0.0), 0.0)
            currency.iloc[row] = pd.NA if view.unit is None else view.unit
    out = found.assign(value=value, currency=currency)
    out.attrs = found.attrs
    return out


def _entries(frame: pd.DataFrame, *columns: str) -> list[tuple[str, str, str]]:
    """Return connection, key and name of each row; "" where there is none."""
    return [(c, k, n) for c, k, n in frame[list(columns)].astype("string").fillna("").to_numpy(dtype=object).tolist()]
