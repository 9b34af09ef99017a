"""Since when a connection records what has come: of lines that were due before nobody knows whether they are late."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import SchemaError
from ._access import FILTERS, TOLD_IN, Mask, connections_of, days_of, in_state, numbers, values
from ._as_of import FIRST_ORDERS

#: Where a part of lines carries what is known of the whole: a part of few lines can't tell.
RECORDED_SINCE = "recorded_since"
#: What a part of lines carries of the whole, and lines that are converted of those they were.
CARRIED = (FILTERS, FIRST_ORDERS, TOLD_IN, RECORDED_SINCE)
#: Deliveries are recorded only since some day where, of the lines that were due before it, so many of so many vendors, due on so many
#: days of two months or more, never came, and these are nearly all; where as many were due in a month as since, or a third; and where
#: at least half of what was due since has come. A list of all open orders and last year's has few old lines, and a container that is
#: still out has one day.
_LINES, _VENDORS, _DAYS, _GAP, _NEVER_CAME, _AS_MANY, _CAME = 20, 3, 10, 60, 0.85, 1 / 3, 0.5
#: So many deliveries, and at most this share of them, may lie before that day by some accident.
_STRAYS, _STRAY = 3, 0.02
#: What came some days early was due so many days after it did: it would seem never to have come.
_EARLY = 30

Days = npt.NDArray[np.datetime64]


def recorded_since(lines: pd.DataFrame) -> dict[str, pd.Timestamp]:
    """Return the first due date that tells anything, of each connection that records what has come only since some day; "" is unnamed.

    A system in which receipts were booked from September on has thousands of open lines from before: none of them is known to be late.
    Of a part of lines that `Purchases.filter` picked that of the whole.
    """
    known = lines.attrs.get(RECORDED_SINCE)
    if known is not None:
        return {name: pd.Timestamp(day) for name, day in known.items()}
    try:
        return _found(lines)
    except SchemaError:  # a column that holds no dates or numbers tells nothing here; the figures that need it say so
        return {}


def _found(lines: pd.DataFrame) -> dict[str, pd.Timestamp]:
    names, day = connections_of(lines), due_day(lines)
    code, n = names.codes.astype(np.intp), len(names.labels)
    on_a_day, waits, ended = _came(lines)
    counts = ~np.isnat(day) & (waits | ended)
    # where most of what came has no day, its due date stands for it; where most has one, a line that was closed by hand has none
    n_ended, n_dated = (np.bincount(code[counts & rows], minlength=n) for rows in (ended, ~np.isnat(on_a_day)))
    came = np.where((n_dated < n_ended / 2)[code] & np.isnat(on_a_day) & ended, day, on_a_day)
    come = np.flatnonzero(counts & ~np.isnat(came))
    if not len(come):
        return {}
    in_order = come[np.lexsort((came[come], code[come]))]
    n_come = np.bincount(code[come], minlength=n)
    there = np.flatnonzero(n_come)
    begins = np.cumsum(n_come) - n_come
    first = np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")
    last = first.copy()
    first[there] = came[in_order[begins[there] + np.minimum(_STRAYS, _STRAY * n_come[there]).astype(np.intp)]]
    last[there] = came[in_order[begins[there] + n_come[there] - 1]]
    before, since = counts & (day < first[code]), counts & (day >= first[code]) & (day <= last[code])
    waited = before & waits
    n_waited, n_before, n_since, n_came = (
        np.bincount(code[r], minlength=n) for r in (waited, before, since, since & ~waits)
    )
    from_day = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(from_day, code[waited], day[waited].astype(np.int64))
    gap, span = first.astype(np.int64) - from_day, (last - first).astype(np.int64) + 1
    found = (
        (n_waited >= _LINES)
        & (n_waited >= _NEVER_CAME * n_before)
        & (gap >= _GAP)
        & (n_waited * span >= _AS_MANY * n_since * gap)
        & (n_since >= _LINES)
        & (n_came >= _CAME * n_since)
    )
    out = {}
    for c in np.flatnonzero(found).tolist():  # of few connections, mostly of none
        mine = code == c
        of_all, of_waited = (_n_vendors(lines[rows]) for rows in (mine & counts, mine & waited))
        if of_waited >= min(_VENDORS, of_all) and len(np.unique(day[mine & waited])) >= _DAYS:
            out[str(names.labels[c])] = pd.Timestamp(first[c]) + pd.Timedelta(days=_EARLY)
    return out


def due_before(lines: pd.DataFrame, starts: Mapping[str, pd.Timestamp]) -> Mask:
    """Which lines are due before the first day that tells anything of their connection."""
    if not starts:
        return np.zeros(len(lines), dtype=np.bool_)
    return np.asarray(due_day(lines) < _start(lines, starts), dtype=np.bool_)


def starts_after(lines: pd.DataFrame, starts: Mapping[str, pd.Timestamp], day: pd.Timestamp) -> Mask:
    """Which lines are of a connection that records what has come only since later than a day."""
    if not starts:
        return np.zeros(len(lines), dtype=np.bool_)
    return np.asarray(_start(lines, starts) > np.datetime64(day, "D"), dtype=np.bool_)


def due_day(lines: pd.DataFrame) -> Days:
    """Return the day on which each line was to come; where no line has one, the day of its order."""
    asked, promised = (days_of(lines, f"{which}_date") for which in ("required", "promised"))
    due = np.where(np.isnat(asked), promised, asked)
    return days_of(lines, "order_date") if np.isnat(due).all() else due


def _start(lines: pd.DataFrame, starts: Mapping[str, pd.Timestamp]) -> Days:
    names = connections_of(lines)
    start = np.array([np.datetime64(starts.get(str(n), "NaT"), "D") for n in names.labels], dtype="datetime64[D]")
    of_lines: Days = start[names.codes]
    return of_lines


def _came(lines: pd.DataFrame) -> tuple[Days, Mask, Mask]:
    """Return the first day on which anything of each line came, which lines still wait, and which have come, on a known day or not."""
    out = np.full(len(lines), np.datetime64("NaT"), dtype="datetime64[D]")
    for name in ("delivered_date", "first_receipt_date", "completed_date"):
        out = np.fmin(out, days_of(lines, name))
    come = np.asarray(
        ~np.isnat(out) | in_state(lines, "received", "closed_short") | (numbers(lines, "received_quantity") > 0),
        dtype=np.bool_,
    )
    return out, np.asarray(in_state(lines, "open", "unknown", missing=True) & ~come, dtype=np.bool_), come


def _n_vendors(lines: pd.DataFrame) -> int:
    """Return how many vendors lines have; 1 where none is known."""
    return max(1, *(int(values(lines, c, "string").nunique()) for c in ("vendor_id", "vendor_name")))
