"""Whether the data say what was bought, and what became of it: a list of orders alone has no late lines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES
from ..frames import Mask, connections_of, days_of, outcomes_hidden_by, told_in, values

Days = npt.NDArray[np.datetime64]
Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]

NEVER_RECEIVED = "of a vendor of which nothing was ever recorded as received"
ITEM_NEVER_RECEIVED = "of an item of which nothing was ever recorded as received"
KIND_NEVER_RECEIVED = "of a type or category of which nothing was ever recorded as received"
SITE_ENDED = "of a site whose deliveries are recorded no longer"
NOTHING_TOLD = "nothing says what has come: no status, no receipt and no day of delivery"

#: A connection posts deliveries by the month where of so many of this year and the one before, in so many months, nearly all bear the
#: month's commonest day, while what they were due on is spread: a day of delivery says no more than the month then.
POSTED = "of a connection that records deliveries on one day of each month"
_LINES, _A_MONTH, _MONTHS, _ON_ONE_DAY, _DUE_ON_ONE_DAY = 50, 10, 4, 0.9, 0.75


def posted_by_month(lines: pd.DataFrame, due: Days, days: pd.DatetimeIndex) -> Mask:
    """Which lines are of a connection that posts its deliveries once a month, as what came in ``days``, which are all of some months, says.

    Then half of what came in time is late. A milk run once a month is due once a month, too.
    """
    names = connections_of(lines)
    came = days_of(lines, "delivered_date")
    place = (came - days[0].to_datetime64().astype("datetime64[D]")).astype(np.int64)
    there = ~np.isnat(came) & ~np.isnat(due) & (place >= 0) & (place < len(days))
    begins = np.flatnonzero(np.r_[True, days.month[1:] != days.month[:-1]])
    on_one_day, n, n_months = _on_one_day(names.codes[there], place[there], len(names.labels), begins, len(days))
    month = np.searchsorted(begins, place[there], side="right") - 1
    # the same months as when they came, each by the day of the month on which it was due
    due_on = pd.DatetimeIndex(due[there]).day.to_numpy() - 1
    of_due, _, _ = _on_one_day(
        names.codes[there], month * 31 + due_on, len(names.labels), np.arange(len(begins)) * 31, len(begins) * 31
    )
    posted = (
        (n >= np.maximum(_LINES, _A_MONTH * n_months))
        & (n_months >= _MONTHS)
        & (on_one_day >= _ON_ONE_DAY)
        & (of_due < _DUE_ON_ONE_DAY)
    )
    out: Mask = posted[names.codes]
    return out


def _on_one_day(connection: Ints, place: Ints, n: int, begins: Ints, n_places: int) -> tuple[Floats, Ints, Ints]:
    """Return by connection what share of its lines lies on the commonest place of its month, how many lines it has, and months."""
    counts = np.bincount(connection.astype(np.int64) * n_places + place, minlength=n * n_places).reshape(n, n_places)
    most, whole = np.maximum.reduceat(counts, begins, axis=1), np.add.reduceat(counts, begins, axis=1)
    total = whole.sum(axis=1)
    return most.sum(axis=1) / np.maximum(total, 1), total, (whole > 0).sum(axis=1)


def untold_of(lines: pd.DataFrame) -> Mask:
    """Which lines are of a connection in which nothing says what has come: neither late nor overdue, as far as anyone knows."""
    told = told_in(lines)
    return ~values(lines, "connection", "string").astype("string").fillna("").isin(told).to_numpy(dtype=np.bool_)


def outcomes_hidden(lines: pd.DataFrame, *, of_open: bool = False) -> str:
    """Return that lines were picked by what became of them; "" where they were not, or figures are whole all the same."""
    by = outcomes_hidden_by(lines, of_open=of_open)
    return f"filtered by {', '.join(by)}" if by else ""


def says_what(lines: pd.DataFrame) -> bool:
    """Whether anything says what was bought."""
    return any(c in lines and bool(lines[c].notna().any()) for c in (*ENTITIES["material"][0], "description"))
