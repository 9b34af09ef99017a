"""What lines lost, or have twice, on their way from `Purchases` to a figure: whoever picks columns of a frame loses what they say."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from ..frames import DECIDED_BY, N_LINES, encode, says_what_came, values
from ..system import warn
from ..tidy import STATES
from ._reuse import shared

#: What a figure takes every line for where one of the columns is not there.
_SAID_BY = {
    "state": "cancelled lines and drafts count",
    "deleted_at": "deleted lines count",
    "quantity": "returns count as deliveries",
    "received_quantity": "a part of a delivery counts as all of it",
    "connection": "whether delivery days are recorded is asked of all connections at once",
    "currency": "amounts of all currencies are added up",
    "unit_of_measure": "quantities of all units are added up",
    "vendor_name": "vendors are called by their ids",
}
_DELIVERIES = ("state", "deleted_at", "quantity", "received_quantity", "connection")
#: Figures of other rooms than spend that add up amounts, and those that add up quantities.
_OF_AMOUNTS = (
    "slippage.value_days",
    "slippage.open_orders",
    "slippage.order_book",
    "slippage.arrivals",
    "slippage.ageing",
)
_OF_QUANTITIES = (
    "slippage.fill_rate",
    "spend.price_changes",
    "spend.price_index",
    "spend.price_dispersion",
    "spend.price_history",
)
NOTHING_TOLD = "Nothing says what has come: no status, no receipt and no day of delivery. What is due counts as late."
#: What lines are grouped by often, of which each group then has one and lacks the column.
_GROUPED_BY = ("currency", "unit_of_measure", "vendor_name")
_LINE = ("connection", "order_id", "line_id")


def doubts_of(lines: pd.DataFrame, metric: str, read: Collection[str] = ()) -> tuple[str, ...]:
    """Return in sentences what a frame lost that a figure would have read; say it, since a frame can be mended at once.

    ``read`` are columns that it reads, and does without.
    """
    room = metric.partition(".")[0]
    told = _picked(lines, metric, room, read)
    told += [] if room == "quality" else _repeated(lines)  # which looks for such lines itself
    if room in ("spend", "slippage", "lead_times"):
        told += _misspelt(lines)
    for sentence in told:
        warn(f"{metric}: {sentence}")
    # no warning: of a list of orders it is no mistake, and findings and reports tell it themselves
    untold = room in ("slippage", "lead_times") and DECIDED_BY in lines.attrs and not shared() and len(lines) > 0
    whole = lines.attrs.get(N_LINES) == len(lines)  # the open lines of a system that records deliveries bear no day
    return (*told, NOTHING_TOLD) if untold and whole and not says_what_came(lines) else tuple(told)


def _picked(lines: pd.DataFrame, metric: str, room: str, read: Collection[str]) -> list[str]:
    had = lines.attrs.get(DECIDED_BY, ())  # a table of the user's own has the columns that it has, and no such list
    asked: tuple[str, ...] = {
        "spend": ("state", "deleted_at", "currency"),
        "slippage": _DELIVERIES,
        "lead_times": _DELIVERIES,
    }.get(room, ())
    asked += ("currency",) * (metric in _OF_AMOUNTS) + ("unit_of_measure",) * (metric in _OF_QUANTITIES)
    lost = [c for c in dict.fromkeys([*asked, *read]) if c in had and c not in lines.columns]
    # a group of lines lacks what they were grouped by, and all of it is in one currency
    if len(lines) < lines.attrs.get(N_LINES, 0):
        lost = [c for c in lost if c not in _GROUPED_BY or c in lines.index.names]
    if not lost:
        return []
    so = "; ".join(dict.fromkeys(_SAID_BY.get(c, "no line can be placed by it") for c in lost))
    index = [c for c in lost if c in lines.index.names]
    mend = f" {', '.join(index)} is the index: lines.reset_index() makes it a column again." if index else ""
    return [f"The lines lack {', '.join(lost)}, which data.lines has: {so}.{mend}"]


def _repeated(lines: pd.DataFrame) -> list[str]:
    """Say how many lines are there twice, where two frames were put together, or a join repeated the lines of one."""
    key = [c for c in _LINE if c in lines.columns]
    # ids alone take a fifth of the time of the whole key, and mostly tell that nothing is there twice
    if "line_id" not in key or not _may_repeat(lines) or not lines["line_id"].duplicated().any():
        return []
    # where a list has no numbers, tidy made them up, and two lists have the same ones
    key += [c for c in ("vendor_name", "order_date", "quantity", "amount") if c in lines.columns]
    n = int(lines.duplicated(key).sum())
    return [f"{n:,} of {len(lines):,} lines are there twice, and count twice: lines.drop_duplicates({key})."] * (n > 0)


def _may_repeat(lines: pd.DataFrame) -> bool:
    """Whether lines are likely to be there twice: of a million of them to look for each takes longer than most figures.

    A part of data.lines has their numbers as its index, some of them. Both `pandas.concat` and a merge give others: the first each
    twice, or new ones from 0, as a merge does, which leaves the lines that it repeats side by side.
    """
    if not lines.index.is_unique:
        return True
    if not isinstance(lines.index, pd.RangeIndex) or lines.index.start != 0 or lines.index.step != 1:
        return False
    n = lines.attrs.get(N_LINES, 0)
    if len(lines) > n > 0:
        return True
    if len(lines) == n:
        return False
    beside = np.ones(len(lines), dtype=bool)
    for name in (c for c in reversed(_LINE) if c in lines.columns):  # a line's own id first, which mostly tells
        beside &= (lines[name] == lines[name].shift()).fillna(False).to_numpy(dtype=bool)
        if not beside.any():
            return False
    return True


def _misspelt(lines: pd.DataFrame) -> list[str]:
    """Say which states are none that a figure knows: "Cancelled" is not cancelled, and counts."""
    state = encode(values(lines, "state", "string"), sort=False)
    # a category may have no line
    odd = [
        str(s) for i, s in enumerate(state.labels) if str(s).strip() not in ("", *STATES) and (state.codes == i).any()
    ]
    if not odd:
        return []
    shown = ", ".join(map(repr, sorted(odd)[:3])) + (" and others" if len(odd) > 3 else "")
    return [
        f"state holds {shown}, none of {', '.join(STATES)}: such lines are taken for neither cancelled nor received."
    ]
