"""How far the orders of each connection reach: what was asked for, the first and the last order, the as-of day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import (
    OWN_WINDOWS,
    Mask,
    as_of_days,
    connections_of,
    days_of,
    encode,
    known_first_orders,
    values,
    years_hidden_by,
)

#: A connection whose first order lies this long after the start of a year is not known in that year.
QUIET_DAYS = 31
#: Where the first order comes more than this many days after the start of the year before, a comparison mentions it.
FEW_DAYS = 7
#: Of fewer days with orders a pause three times the longest one may be chance.
_FEWEST_DAYS = 20


def known_between(lines: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> Mask:
    """Which lines are of a connection whose data reach from one day to another.

    Where it is not stated from when on orders were asked for, up to a month without an order at the start may be one without orders.
    """
    if years_hidden_by(lines):
        return np.zeros(len(lines), dtype=np.bool_)
    codes, names = _connections(lines)
    known = np.zeros(len(names), dtype=np.bool_)
    ends, first = ends_before(lines, end), first_orders(lines)
    for code, name in enumerate(names):
        if name in first:
            since, until = window_of(lines, name, ends)
            begins = first[name] - pd.Timedelta(days=QUIET_DAYS) if since is None else since
            known[code] = begins <= start and (until is None or until >= end)
    out: Mask = known[codes]
    return out


def _connections(lines: pd.DataFrame) -> tuple[npt.NDArray[Any], list[str]]:
    """Return the number of each line's connection, and their names."""
    found = connections_of(lines)
    return found.codes, found.labels.tolist()


def names_of(lines: pd.DataFrame, rows: Mask) -> list[str]:
    """Return the connections of some lines."""
    codes, names = _connections(lines)
    return [names[code] for code in np.unique(codes[rows])]


def first_orders(lines: pd.DataFrame) -> dict[str, pd.Timestamp]:
    """Return the first order day of each connection: of a vendor's lines that of the whole connection, whose data reach as far back."""
    codes, names = _connections(lines)
    ordered = days_of(lines, "order_date")
    never = np.iinfo(np.int64).max
    # whole days since 1970: numpy finds the least of integers twenty times as fast as that of dates
    first = np.full(len(names), never)
    np.minimum.at(first, codes, np.where(np.isnat(ordered), never, ordered.view(np.int64)))
    own = {names[code]: pd.Timestamp(int(first[code]), unit="D") for code in np.flatnonzero(first < never).tolist()}
    return own | {name: pd.Timestamp(day) for name, day in known_first_orders(lines).items() if name in own}


def stopped(lines: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, pd.Timestamp]:
    """Return the last order day of each connection whose orders stop long before the end of a time.

    Long is more than a month, and more than three times the longest pause before. Where orders come by chance, 20 days with orders end
    so in one case of 1,500, and more days in fewer. Where orders follow after the end, it was a pause.
    """
    codes, names = _connections(lines)
    ordered = days_of(lines, "order_date")
    later = np.unique(codes[ordered > np.datetime64(end, "D")])
    there = (ordered >= np.datetime64(start, "D")) & (ordered <= np.datetime64(end, "D"))
    codes, ordered, out = codes[there], ordered[there], {}
    for code in np.setdiff1d(codes, later):
        days = np.unique(ordered[codes == code])
        silent = end - pd.Timestamp(days[-1])
        if len(days) >= _FEWEST_DAYS and silent > max(pd.Timedelta(days=30), 3 * pd.Timedelta(np.diff(days).max())):
            out[names[code]] = pd.Timestamp(days[-1])
    return out


def ends_before(lines: pd.DataFrame, end: pd.Timestamp) -> dict[str, pd.Timestamp]:
    """Return the as-of day that the data state, of each connection where it comes before another day: after it nothing is known.

    Where it is the day of the latest change, as it is when nobody stated one, it may have been followed by days without a change: a
    week, or as many as the longest pause of that year.
    """
    if lines.attrs.get("as_of") is None or not (stated := as_of_days(lines, None)).day < end:
        return {}
    connection = encode(values(lines, "connection", "string"))
    days = pd.Series(days_of(lines, "updated_at")).groupby(connection.codes)
    changed, out = days.max(), {}
    for code, name in [*enumerate(map(str, connection.labels)), (-1, "")]:
        day = stated.of(name)
        last = changed.get(code)
        # a day in one zone is another in the next
        guessed = last is not None and not pd.isna(last) and abs(last - day) <= pd.Timedelta(days=1)
        pause = _longest_pause(days.get_group(code)) if guessed else pd.Timedelta(0)
        if code in changed.index and day + pause < end:
            out[name] = day
    return out


def _longest_pause(days: pd.Series) -> pd.Timedelta:
    """Return the longest time without a change in the year up to the last one, or a few days."""
    there = days[days > days.max() - pd.Timedelta(days=365)].drop_duplicates().sort_values()
    return max(there.diff().max(), pd.Timedelta(days=FEW_DAYS)) if len(there) > 1 else pd.Timedelta(days=FEW_DAYS)


def window_of(
    lines: pd.DataFrame, connection: str, ends: Mapping[str, pd.Timestamp]
) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Return the first and the last order date that is known of a connection, by what was asked for; None where that is not stated."""
    shared = lines.attrs.get("since"), lines.attrs.get("until")
    own: dict[Any, Any] = lines.attrs.get(OWN_WINDOWS) or {}
    since, until = (None if d is None else pd.Timestamp(d) for d in own.get(connection, shared))
    return since, min((d for d in (until, ends.get(connection)) if d is not None), default=None)


def asked_between(
    lines: pd.DataFrame, ends: Mapping[str, pd.Timestamp]
) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Return the first and the last order date that is known of any connection; None where there may be others."""
    names = encode(values(lines, "connection", "string")).labels
    windows = [window_of(lines, str(name), ends) for name in names] or [window_of(lines, "", ends)]
    first, last = zip(*windows, strict=True)
    return None if None in first else min(first), None if None in last else max(last)
