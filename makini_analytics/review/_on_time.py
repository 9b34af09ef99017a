"""Who is on time more or less often than the others, by more than what the lines of an order and those of a month have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import slippage
from ..compute import DOUBTFUL_DUE, By, once
from ._view import View

_NOTE = "Called below or above the others only where both tests say so, with the lines of an order and with those of a month as one."


def doubt_of(table: pd.DataFrame) -> str:
    """Return the sentence on due dates that seem to be filled in from the delivery, or by default; "" where there is none.

    Then all is on time, and nobody knows when it was to come.
    """
    notes: list[str] = table.attrs.get("notes") or []
    return next((note for note in notes if note.startswith(DOUBTFUL_DUE)), "")


def on_time_by(view: View, by: By = "vendor") -> pd.DataFrame:
    """Return `slippage.by_vendor` of the lines that fell due in the twelve months, sure of a difference where both its tests are.

    A vendor has bad months: a strike, a full port. With the lines of each order as one (the figure's own test), equal vendors with months
    of their own are named in four of ten charts; with those of each month as one, hardly ever. ``p_value`` is the larger of the two.
    """
    lines = view.in_year_due_lines

    def ask(cluster: str) -> pd.DataFrame:
        return once(
            lines,
            ("on time", str(by), cluster),
            lambda: slippage.by_vendor(lines, by=by, as_of=view.day, due=view.due, cluster=cluster),
        )

    table = ask("order")
    if not view.has_due_dates:
        return table
    months = ask("month")
    alike = (table["against_others"] == months["against_others"]).fillna(False)
    # of fewer than three months nothing is sure: who was late in two of them may have had two bad months
    p = np.maximum(table["p_value"].to_numpy(dtype=float), months["p_value"].fillna(1.0).to_numpy(dtype=float))
    out = table.assign(p_value=p, against_others=table["against_others"].where(alike))
    out.attrs = table.attrs | {"notes": [*table.attrs.get("notes", []), _NOTE]}
    return out
