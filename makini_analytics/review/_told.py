"""Whether the data say what was bought, and what became of it: a list of orders alone has no late lines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES
from ..frames import Encoding, Mask, days_of, encode, numbers, outcomes_hidden_by, told_in, values

NOTHING_TOLD = "nothing says what has come: no status, no receipt and no day of delivery"


#: A first delivery so many days after the first due date, with so many lines due before it of which this share never came, and as many
#: due after it of which at least half did, is the day from which deliveries were recorded: nobody is supplied by nobody for two months.
_GAP, _LINES, _NEVER_CAME = 60, 20, 0.95
#: What came some days early was due so many days after them: it would seem never to have come.
_EARLY = 30


def untold_of(lines: pd.DataFrame) -> Mask:
    """Which lines are of a connection in which nothing says what has come: neither late nor overdue, as far as anyone knows."""
    told = told_in(lines)
    return ~values(lines, "connection", "string").astype("string").fillna("").isin(told).to_numpy(dtype=np.bool_)


def judged_from(lines: pd.DataFrame, due: str, end: pd.Timestamp) -> dict[str, pd.Timestamp]:
    """Return the first due date that tells anything, of each connection that records deliveries only since some day; "" is unnamed.

    A system in which receipts were booked from September on has thousands of open lines from before: none of them is known to be late.
    """
    if lines.empty or pd.isna(end):
        return {}
    names, day, came = _names(lines), days_of(lines, due), _came(lines, end)
    code, n = names.codes.astype(np.intp), len(names.labels)
    dated, has_come = ~np.isnat(day), ~np.isnat(came)

    def least(days: npt.NDArray[np.datetime64], rows: Mask) -> npt.NDArray[np.datetime64]:
        """Return the first of the days of some lines, by connection; of none a day that never comes."""
        first = np.full(n, np.iinfo(np.int64).max)
        np.minimum.at(first, code[rows], days[rows].astype(np.int64))
        return first.view("datetime64[D]")

    first = least(came, dated & has_come)
    before = dated & (day < first[code])
    since = dated & ~before & (day <= np.datetime64(end, "D"))
    waited = before & _waits(lines, came)
    n_waited, n_before, n_since, n_come = (
        np.bincount(code[r], minlength=n) for r in (waited, before, since, since & has_come)
    )
    gap = first - least(day, waited)
    only_since = (
        (n_waited >= _LINES) & (n_waited >= _NEVER_CAME * n_before) & (n_since >= _LINES) & (n_come >= n_since / 2)
    )
    found = np.flatnonzero(only_since & (gap >= np.timedelta64(_GAP, "D")))
    return {str(names.labels[c]): pd.Timestamp(first[c]) + pd.Timedelta(days=_EARLY) for c in found.tolist()}


def due_before(lines: pd.DataFrame, due: str, starts: Mapping[str, pd.Timestamp]) -> Mask:
    """Which lines are due before the first day that tells anything of their connection."""
    codes, day = _names(lines), days_of(lines, due)
    start = np.array([np.datetime64(starts.get(str(name), "NaT"), "D") for name in codes.labels], dtype="datetime64[D]")
    return np.asarray(day < start[codes.codes], dtype=np.bool_) if len(start) else np.zeros(len(lines), dtype=np.bool_)


def _names(lines: pd.DataFrame) -> Encoding:
    """Return the connection of each line; that of none is called ""."""
    found = encode(values(lines, "connection", "string"))
    return Encoding(np.where(found.codes < 0, len(found.labels), found.codes), pd.Index([*found.labels, ""]))


def _came(lines: pd.DataFrame, end: pd.Timestamp) -> npt.NDArray[np.datetime64]:
    """Return the first day up to the as-of day on which anything is known to have come."""
    last, never = np.datetime64(end, "D"), np.datetime64("NaT", "D")
    out = np.full(len(lines), never)
    for name in ("delivered_date", "first_receipt_date", "completed_date"):
        day = days_of(lines, name)
        out = np.fmin(out, np.where(day <= last, day, never))
    return out


def _waits(lines: pd.DataFrame, came: npt.NDArray[np.datetime64]) -> Mask:
    """Which lines are open, and nothing of them has come on any day."""
    state = encode(values(lines, "state", "string"))
    still = np.append(state.labels.isin(["open", "unknown"]), True)[state.codes]
    return np.asarray(still & np.isnat(came) & ~(numbers(lines, "received_quantity") > 0), dtype=np.bool_)


def outcomes_hidden(lines: pd.DataFrame, *, of_open: bool = False) -> str:
    """Return that lines were picked by what became of them; "" where they were not, or figures are whole all the same."""
    by = outcomes_hidden_by(lines, of_open=of_open)
    return f"filtered by {', '.join(by)}" if by else ""


def says_what(lines: pd.DataFrame) -> bool:
    """Whether anything says what was bought."""
    return any(c in lines and bool(lines[c].notna().any()) for c in (*ENTITIES["material"][0], "description"))
