"""The months of two years as groups, and which connections are known in both."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import OWN_WINDOWS, Mask, categoricals, days_of, encode, values

#: A connection whose first order lies this long after the start of a year is not known in that year.
_QUIET_DAYS = 31


def known_from(lines: pd.DataFrame, start: pd.Timestamp) -> Mask:
    """Which lines are of a connection whose data reach back to a day."""
    connection = encode(values(lines, "connection", "string"))
    ordered = days_of(lines, "order_date")
    windows: dict[Any, Any] = lines.attrs.get(OWN_WINDOWS) or {}
    names = [*map(str, connection.labels), ""]  # the last one is for lines without a connection, whose code is -1
    known = np.zeros(len(names), dtype=np.bool_)
    never = np.iinfo(np.int64).max
    # whole days since 1970: numpy finds the least of integers twenty times as fast as that of dates
    first = np.full(len(names), never)
    np.minimum.at(first, connection.codes, np.where(np.isnat(ordered), never, ordered.view(np.int64)))
    for code in np.flatnonzero(first < never).tolist():
        day = pd.Timestamp(int(first[code]), unit="D")
        since = windows.get(names[code], (lines.attrs.get("since"), None))[0]
        begins = day - pd.Timedelta(days=_QUIET_DAYS) if since is None else pd.Timestamp(since)
        known[code] = begins <= start
    return known[connection.codes]


def with_months(lines: pd.DataFrame, month: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return lines with the number of their month, 0 to 23, and of their year, 0 or 1, as text to group by."""
    names = [str(i) for i in range(24)]
    labels = {"month": month, "year": month // 12}
    return lines.assign(**{name: categoricals.from_codes(names, code) for name, code in labels.items()})
