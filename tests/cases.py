"""Lines from a table of cases, as the tests of lead times and of slippage write them, and random lines that record their days."""

from __future__ import annotations

import pandas as pd


def lines_of(cases, columns):
    """Return a frame of lines: the first values of each case under the columns, one vendor, 2 EUR each."""
    lines = pd.DataFrame([c[: len(columns)] for c in cases], columns=columns)
    for name in columns:
        if name.endswith("_date"):
            lines[name] = pd.to_datetime(lines[name])
    lines = lines.astype({"quantity": float, "received_quantity": float, "state": "string"})
    lines["vendor_id"] = "v"
    lines["line_id"] = [f"l{i}" for i in range(len(lines))]
    lines["amount"], lines["currency"] = 2.0, "EUR"
    return lines


def recorded(lines, n_undated=1):
    """Return lines of which all that has come has a day, but the first ``n_undated``: so that all of them are judged."""
    q, r = lines["quantity"], lines["received_quantity"]
    undated = lines["delivered_date"].isna()
    closed = undated & lines["state"].isin(["received", "closed_short"])
    come = undated & (r >= q) & ~closed
    some = (closed | come) & ((closed | come).cumsum() > n_undated)
    return lines.assign(state=lines["state"].mask(some & closed, "open"), received_quantity=r.mask(some & (r >= q)))
