"""Who is on time more or less often than the others, by more than what the lines of an order and those of a month have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import charts, slippage
from ..compute import DOUBTFUL_DUE, By, copied_due, group_lines, once
from ..frames import Mask
from ._evidence import Floats, named
from ._view import View

#: A vendor of whose due lines a larger share is closed short, and so neither late nor on time, is not tested by the rest of them.
_MOST_CLOSED = 0.2
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

    table = _tested(ask("order"), ask("month")) if view.has_due_dates else ask("order")
    closed, exact = _mostly_closed(view, table, by), _copied(table)
    left_out = closed | exact
    if not left_out.any():
        return table
    out = table.assign(p_value=table["p_value"].mask(left_out), against_others=table["against_others"].mask(left_out))
    notes = [
        f"Not tested: {n} {why}."
        for n, why in (
            (int(closed.sum()), f"of whose due lines more than {_MOST_CLOSED:.0%} were closed short"),
            (int(exact.sum()), "all of whose due lines came exactly on their due date"),
        )
        if n
    ]
    out.attrs = table.attrs | {"notes": [*table.attrs.get("notes", []), *notes]}
    return out


def _copied(table: pd.DataFrame) -> Mask:
    """Which vendors' lines all came to the day, where hardly half of others' did: the due date may be filled in from the delivery."""
    n, exact = (np.asarray(x, dtype=np.int64) for x in (table["n_due"], table["n_on_time"] - table["n_early"]))
    return copied_due(n, exact)


def closed_short(judged: pd.DataFrame) -> Mask:
    """Which lines of `slippage.per_line` came with less than was ordered, and are closed."""
    return np.asarray((judged["reason"] == "closed short").fillna(False), dtype=np.bool_)


def _tested(table: pd.DataFrame, months: pd.DataFrame) -> pd.DataFrame:
    """Return a table with differences where it and that of the months as one agree."""
    alike = (table["against_others"] == months["against_others"]).fillna(False)
    # of fewer than three months nothing is tested: who was late in two of them may have had two bad months
    p = np.maximum(table["p_value"].to_numpy(dtype=float), months["p_value"].to_numpy(dtype=float))
    out = table.assign(p_value=p, against_others=table["against_others"].where(alike))
    out.attrs = table.attrs | {"notes": [*table.attrs.get("notes", []), _NOTE]}
    return out


def _mostly_closed(view: View, table: pd.DataFrame, by: By) -> Mask:
    """Which rows have so many lines closed short: what of theirs is judged are those that are stuck, and not those that came.

    A vendor that always sends 97 of 100 on time has no line that came in full; 10 % of its lines are stuck, and it would be 0 % on time.
    """
    closed = closed_short(view.judged)
    if not closed.any() or table.empty:
        return np.zeros(len(table), dtype=bool)
    lines = view.in_year_due_lines
    groups = once(lines, ("groups", str(by)), lambda: group_lines(lines, by))
    keys = [c for c in groups.keys.columns if c in table]
    place = pd.MultiIndex.from_frame(groups.keys[keys]).get_indexer(pd.MultiIndex.from_frame(table[keys]))
    n = np.append(np.bincount(groups.codes[closed], minlength=len(groups)), 0)[place]
    return np.asarray(n > _MOST_CLOSED * (n + table["n_due"].to_numpy(dtype=float)), dtype=np.bool_)


def untested_most(view: View, table: pd.DataFrame, late: Mask, late_amount: Floats) -> str:
    """Return that most of what is late is of vendors that are not tested: those that are say little of it then; "" where it is not.

    A vendor alone is not tested for want of others, which is no news.
    """
    untested = table[table["p_value"].isna().to_numpy() & named(table)]
    if untested.empty or named(table).sum() < 2:
        return ""
    theirs = view.of_vendors(untested)
    part, n = float(late_amount[theirs].sum()), len(np.unique(view.vendors.codes[theirs & late]))
    if part <= late_amount.sum() / 2:
        return ""
    of = "a vendor" if n == 1 else f"{charts.number(n)} vendors"
    return f" {charts.percent(part / late_amount.sum())} of it is of {of} with too few lines or months to be tested."
