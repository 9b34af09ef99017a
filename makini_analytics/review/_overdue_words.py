"""What else to know of the lines that are late or overdue: of which more is on order, and which may have come for all one knows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import charts
from ..frames import Mask, connections_of, days_of, in_state, numbers
from ._kinds import count
from ._on_order import also_on_order
from ._view import View
from ._years import day_in_words

#: A line that lacks no more of its quantity may have come but for the difference of a scale.
_A_SCALE = 0.01
#: Nothing recorded for so many days, while so many lines fell due, may be a pause of who records.
_DAYS, _LINES = 21, 20


def said_of_overdue(view: View, table: pd.DataFrame) -> str:
    """Return it in sentences, of the open lines."""
    also = int((also_on_order(table)["n_lines"] > 0).sum())
    more = f" {count(also, 'line')} {'has' if also == 1 else 'have'} more of the same item on order." if also else ""
    waits = in_state(view.lines, "open", "unknown", missing=True) & ~view.unjudged
    past = waits & (days_of(view.lines, f"{view.due}_date") < np.datetime64(view.end, "D"))
    return more + all_but_come(view, past) + _nothing_lately(view)


def all_but_come(view: View, rows: Mask) -> str:
    """Return that most of some lines lack hardly anything of their quantity; "" where they don't."""
    of, came = (numbers(view.lines, c)[rows] for c in ("quantity", "received_quantity"))
    n = int(((came < of) & (came >= (1 - _A_SCALE) * of)).sum())
    lack = f"{charts.number(n)} of them lack{'s' if n == 1 else ''} no more than {charts.percent(_A_SCALE)} of the quantity"
    return f" {lack}." if n > int(rows.sum()) / 2 else ""


def _nothing_lately(view: View) -> str:
    names, end = connections_of(view.lines), np.datetime64(view.end, "D")
    code, came, due = (
        names.codes.astype(np.intp),
        days_of(view.lines, "delivered_date"),
        days_of(view.lines, f"{view.due}_date"),
    )
    judged = ~view.unjudged & view.counted
    last = np.full(len(names.labels), np.datetime64("0001-01-01", "D"))
    there = judged & (came <= end)
    np.maximum.at(last, code[there], came[there])
    since = judged & (due > last[code]) & (due <= end)
    n = np.bincount(code[since], minlength=len(last))
    quiet = np.isin(np.arange(len(last)), code[there]) & (end - last >= np.timedelta64(_DAYS, "D")) & (n >= _LINES)
    return "".join(
        f" No delivery{f' of {names.labels[i]}' if names.labels[i] else ''} is recorded after {day_in_words(pd.Timestamp(last[i]))}, "
        f"though {count(int(n[i]), 'line')} fell due since."
        for i in np.flatnonzero(quiet)[:2].tolist()
    )
