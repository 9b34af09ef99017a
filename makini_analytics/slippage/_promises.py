"""How due dates moved between two snapshots: a single extract holds only the latest promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import FigureResult, Selection, figure, match_lines
from ..errors import one_of
from ..frames import days_of, frame_of, texts_of, values
from ._due_rule import DUE_DATES

Ints = npt.NDArray[np.int64]


@figure("line_id", due=DUE_DATES)
def date_changes(earlier: Any, later: Any, *, due: str = "required") -> FigureResult:
    """Which due dates moved between two snapshots, and by how many days: postponed, advanced, set, removed.

    A due date that is edited after the fact makes a late line look on time. With two states of
    the data (``history.at(day)`` of a `makini_analytics.History`) the first known due date stands as the honest target: put it in the
    place of the current one and judge again, ``lines.assign(required_date=changes.first_due_date)`` on matching lines. Lines are
    matched by connection, order and line id; a line of one snapshot only is "new" or "gone".

    Parameters
    ----------
    earlier, later : DataFrame, one row per order line, of two snapshots of the same connections
    due : "required" or "promised"

    Returns
    -------
    DataFrame, one row per line of either snapshot: the later ones in their order, then those that are gone
        connection, order_id, line_id, vendor_id, vendor_name : string
        first_due_date, due_date : datetime64, in the earlier and in the later snapshot
        drift_days : float, due_date - first_due_date, positive = postponed; missing unless both are known
        change : string; unchanged, postponed, advanced, set, removed, none (no date in either), new, gone
        days_late_first, days_late : float, delivered - first_due_date and - due_date; missing unless delivered
        amount : float, in ``currency``; currency : string

    Raises
    ------
    SchemaError
        A column is missing, or several lines of a snapshot have the same ids, so that they can't be matched.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> old = pd.DataFrame({"order_id": ["1", "2"], "line_id": ["1", "2"], "required_date": pd.to_datetime(["2025-03-01", "2025-03-01"])})
    >>> new = old.assign(required_date=pd.to_datetime(["2025-03-11", "2025-03-01"]))
    >>> slippage.date_changes(old, new)[["line_id", "drift_days", "change"]]
      line_id  drift_days     change
    0       1        10.0  postponed
    1       2         0.0  unchanged
    """
    one_of("due", due, DUE_DATES)
    column = DUE_DATES[due]
    sides = [frame_of(side, metric="slippage.date_changes") for side in (earlier, later)]
    before, after = (days_of(side, column).astype("datetime64[us]") for side in sides)
    place, gone = match_lines(*sides)
    both = pd.concat([_lines(sides[1], np.arange(len(place))), _lines(sides[0], gone)], ignore_index=True)
    never = np.datetime64("NaT", "us")
    # place -1, for a line that is new, picks the last entry: no date
    first = np.concatenate([np.append(before, never)[place], before[gone]])
    now = np.concatenate([after, np.full(len(gone), never)])
    there = np.arange(len(now)) < len(place)
    was = ~there
    was[: len(place)] = place >= 0
    drift = (now - first).astype("timedelta64[D]").astype(float)
    # numpy turns a missing difference into the smallest integer, and that into a huge negative number of days
    drift[np.isnat(first) | np.isnat(now)] = np.nan
    change = np.select(
        [~was, ~there, np.isnat(first) & np.isnat(now), np.isnat(first), np.isnat(now), drift > 0, drift < 0],
        ["new", "gone", "none", "set", "removed", "postponed", "advanced"],
        "unchanged",
    )
    delivered = both.pop("delivered_date").to_numpy()
    money = [both.pop(c) for c in ("amount", "currency")]

    def late(day: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        out: np.ndarray[Any, Any] = (delivered - day).astype("timedelta64[D]").astype(float)
        out[np.isnat(delivered) | np.isnat(day)] = np.nan
        return out

    result = both.assign(
        first_due_date=first,
        due_date=now,
        drift_days=drift,
        change=pd.array(change, dtype="string"),
        days_late_first=late(np.where(np.isnat(first), now, first)),
        days_late=late(now),
        amount=money[0],
        currency=money[1],
    )
    whole = result.copy(deep=False)
    whole.attrs = dict(sides[1].attrs)
    span = [side.attrs.get("as_of", "unknown") for side in sides]
    moved = result["change"].isin(["postponed", "advanced"])
    note = f"Snapshots of {span[0]} and {span[1]}: {int(moved.sum()):,} of {int((was & there).sum()):,} lines in both have another due date."
    return FigureResult(result, Selection(whole), notes=(note,))


def _lines(side: pd.DataFrame, rows: Ints) -> pd.DataFrame:
    names = ("connection", "order_id", "line_id", "vendor_id", "vendor_name", "currency")
    out: dict[str, Any] = {c: texts_of(side, c, rows) for c in names}
    out["delivered_date"] = days_of(side, "delivered_date")[rows].astype("datetime64[us]")
    out["amount"] = pd.to_numeric(values(side, "amount", "float64")).astype(float).to_numpy()[rows]
    return pd.DataFrame(out)
