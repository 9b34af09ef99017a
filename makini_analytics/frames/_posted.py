"""Which connections post their deliveries by the month: a day of delivery says no more than the month then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._codes import Encoding

Days = npt.NDArray[np.datetime64]
Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]

#: A connection posts deliveries by the month where of so many of this year and the one before, in so many months, nearly all bear the
#: month's commonest day, while what they were due on is spread: a day of delivery says no more than the month then.
_LINES, _A_MONTH, _MONTHS, _ON_ONE_DAY, _DUE_ON_ONE_DAY = 50, 10, 4, 0.9, 0.75


def posted_by_month(names: Encoding, came: Days, due: Days, end: np.datetime64) -> list[str]:
    """Return the connections that post their deliveries once a month, as what came in the two years up to a day says.

    Then half of what came in time is late. A milk run once a month is due once a month, too.
    """
    days = pd.date_range(
        (pd.Timestamp(end) - pd.DateOffset(years=2)).replace(day=1), pd.Timestamp(end) + pd.offsets.MonthEnd(0)
    )
    place = (came - days[0].to_datetime64().astype("datetime64[D]")).astype(np.int64)
    there = ~np.isnat(came) & ~np.isnat(due) & (place >= 0) & (place < len(days))
    begins = np.flatnonzero(np.r_[True, days.month[1:] != days.month[:-1]])
    of, n = names.codes[there].astype(np.int64), len(names.labels)
    on_one_day, n_lines, n_months = _on_one_day(of, place[there], n, begins, len(days))
    month = np.searchsorted(begins, place[there], side="right") - 1
    # the same months as when they came, each by the day of the month on which it was due
    due_on = (due[there] - due[there].astype("datetime64[M]")).astype(np.int64)
    of_due, _, _ = _on_one_day(of, month * 31 + due_on, n, np.arange(len(begins)) * 31, len(begins) * 31)
    posted = (
        (n_lines >= np.maximum(_LINES, _A_MONTH * n_months))
        & (n_months >= _MONTHS)
        & (on_one_day >= _ON_ONE_DAY)
        & (of_due < _DUE_ON_ONE_DAY)
    )
    return [str(name) for name in names.labels[np.flatnonzero(posted)]]


def _on_one_day(connection: Ints, place: Ints, n: int, begins: Ints, n_places: int) -> tuple[Floats, Ints, Ints]:
    """Return by connection what share of its lines lies on the commonest place of its month, how many lines it has, and months."""
    counts = np.bincount(connection * n_places + place, minlength=n * n_places).reshape(n, n_places)
    most, whole = np.maximum.reduceat(counts, begins, axis=1), np.add.reduceat(counts, begins, axis=1)
    total = whole.sum(axis=1)
    return most.sum(axis=1) / np.maximum(total, 1), total, (whole > 0).sum(axis=1)
