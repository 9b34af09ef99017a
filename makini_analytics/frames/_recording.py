"""How it is found from when to when a connection, or one of its sites, records what has come, and of whom nothing ever comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError, SchemaError
from ._access import Mask, connections_of, days_of, in_state, numbers, values
from ._as_of import AsOfDays, as_of_days
from ._codes import Encoding, pairs
from ._posted import posted_by_month
from ._recorded import BY_DAY, BY_KEY, EARLY, LATE, RECORDED, SILENT, Days, Recorded, due_dates, site_of, vendor_of

#: Deliveries are recorded only since some day where, of the lines that were due before it, so many of so many vendors, due on so many
#: days of two months or more, never came, and these are nearly all; where as many were due in a month as since, or a third; and where
#: at least half of what was due since has come. A list of all open orders and last year's has few old lines, and a container that is
#: still out has one day.
_LINES, _VENDORS, _DAYS, _GAP, _NEVER_CAME, _AS_MANY, _CAME = 20, 3, 10, 60, 0.85, 1 / 3, 0.5
#: So many deliveries, and at most this share of them, may lie before that day by some accident.
_STRAYS, _STRAY = 3, 0.02
#: Nothing is recorded of a vendor where of `_LINES` lines that were due over so many days, the last of them no longer ago, none came.
_LONG = 180


def recorded(lines: pd.DataFrame, as_of: AsOfDays | None = None) -> Recorded:
    """Return from when to when each connection records what has come, looked at from a day, by default the lines' own.

    A system in which receipts were booked from September on has thousands of open lines from before, and a list of orders of December
    beside the receipts of September has thousands since: none of them is known to be late.
    Of a part of lines that `Purchases.filter` picked that of the whole.
    """
    try:
        own = as_of_days(lines, None)
    except ConfigError:  # without a day to look from, nothing is late
        own = AsOfDays(pd.Timestamp("NaT"))
    known = lines.attrs.get(RECORDED)
    if known is not None:
        told: dict[str, Any] = {k: {n: pd.Timestamp(day) for n, day in known.get(k, {}).items()} for k in BY_DAY}
        for k in BY_KEY:
            told[k] = {n: {key: pd.Timestamp(day) for key, day in of.items()} for n, of in known.get(k, {}).items()}
        return Recorded(**told).before(as_of or own)
    try:
        return _found(
            lines, lambda name: np.fmin(own.of(name).to_datetime64(), (as_of or own).of(name).to_datetime64())
        )
    except SchemaError:  # a column that holds no dates or numbers tells nothing here; the figures that need it say so
        return Recorded()


@dataclass(frozen=True)
class _Seen:
    """What the lines say of what came, once for all questions: by line, and by the number of its connection."""

    lines: pd.DataFrame
    names: Encoding  # the connections
    day: Days  # on which each line was to come
    came: Days
    counts: Mask  # lines that were to come on a known day, and wait or have come
    waits: Mask

    @property
    def code(self) -> npt.NDArray[np.intp]:
        """The number of each line's connection."""
        return self.names.codes.astype(np.intp)

    def count(self, *rows: Mask) -> list[npt.NDArray[np.int64]]:
        """Return how many lines of each connection are among some."""
        return [np.bincount(self.code[r], minlength=len(self.names.labels)) for r in rows]

    def of_many(self, rows: Mask, n_vendors: int) -> bool:
        """Whether some lines are of so many vendors, and due on many days."""
        return _n_vendors(self.lines[rows]) >= n_vendors and len(np.unique(self.day[rows])) >= _DAYS


def _found(lines: pd.DataFrame, end: Callable[[str], np.datetime64]) -> Recorded:
    names, due = connections_of(lines), due_dates(lines)
    has_due_dates = not np.isnat(due).all()
    day = due if has_due_dates else days_of(lines, "order_date")
    code, n = names.codes.astype(np.intp), len(names.labels)
    on_a_day, waits, ended = _came(lines)
    counts = ~np.isnat(day) & (waits | ended)
    # where most of what came has no day, its due date stands for it; where most has one, a line that was closed by hand has none
    n_ended, n_dated = (np.bincount(code[counts & rows], minlength=n) for rows in (ended, ~np.isnat(on_a_day)))
    came = np.where((n_dated < n_ended / 2)[code] & np.isnat(on_a_day) & ended, day, on_a_day)
    come = np.flatnonzero(counts & ~np.isnat(came))
    if not len(come):
        return Recorded()
    in_order = come[np.lexsort((came[come], code[come]))]
    n_come = np.bincount(code[come], minlength=n)
    there = np.flatnonzero(n_come)
    begins = np.cumsum(n_come) - n_come
    first = np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")
    last = first.copy()
    first[there] = came[in_order[begins[there] + np.minimum(_STRAYS, _STRAY * n_come[there]).astype(np.intp)]]
    last[there] = came[in_order[begins[there] + n_come[there] - 1]]
    seen = _Seen(lines, names, day, came, counts, waits)
    since = _begin(seen, first, last)
    if not has_due_dates:  # what was ordered lately is not due yet, and of long lead times nothing has come
        return Recorded(since)
    ends = np.array([end(str(name)) for name in names.labels], dtype="datetime64[D]")
    until = _end(seen, ends, first, last)
    sites = _sites(seen, ends, until)
    counts = counts & ~Recorded(sites=sites).outside(lines)
    found = Recorded(since, until, sites=sites, posted=_posted(seen, on_a_day, ends))
    for kind in (
        "never",
        "items",
        "types",
        "categories",
    ):  # what is of such a vendor is left out with the vendor, and so on
        never = _never(seen, ends, BY_KEY[kind](lines), counts)
        if never:
            only = cast("dict[str, Any]", {kind: never})
            counts = counts & ~Recorded(**only).outside(lines)
            found = replace(found, **only)
    return found


def _posted(seen: _Seen, on_a_day: Days, ends: Days) -> dict[str, pd.Timestamp]:
    """Return the connections of several vendors that post what has come once a month; one vendor may deliver so."""
    if not (on_a_day <= ends[seen.names.codes]).any():
        return {}
    last = np.datetime64(on_a_day[~np.isnat(on_a_day) & (on_a_day <= ends[seen.names.codes])].max(), "D")
    found = posted_by_month(seen.names, np.where(seen.counts, on_a_day, np.datetime64("NaT", "D")), seen.day, last)
    mine = {name: seen.lines[np.asarray(seen.names.labels == name)[seen.names.codes]] for name in found}
    return {name: pd.Timestamp(last) for name, lines in mine.items() if _n_vendors(lines) >= _VENDORS}


def _sites(seen: _Seen, ends: Days, until: Mapping[str, Any]) -> dict[str, dict[str, pd.Timestamp]]:
    """Return the sites of which nothing came any more while their connection, which has no last day ``until`` itself, went on."""
    site = site_of(seen.lines)
    if len(site.labels) < 2:
        return {}
    # a site of a connection is looked at as a connection is
    connection, key, code = pairs(seen.code, site.codes.astype(np.int64))
    end, n = ends[connection], len(connection)
    came = pd.Series(np.where(seen.counts, seen.came, np.datetime64("NaT", "D"))).groupby(code)
    first, last = (
        np.asarray(day.reindex(range(n)).to_numpy(), dtype="datetime64[D]") for day in (came.min(), came.max())
    )
    last = np.where((key < 0) | seen.names.labels[connection].isin(list(until)), end, last)
    if not (end - last >= np.timedelta64(SILENT, "D")).any():
        return {}
    apart = replace(seen, names=Encoding(code, pd.RangeIndex(n)))
    found: dict[str, dict[str, pd.Timestamp]] = {}
    for place, day in _end(apart, end, first, last).items():
        of, which = connection[int(place)], key[int(place)]
        if not _goes_on(apart, int(place), (seen.code == of), day):
            continue
        found.setdefault(str(seen.names.labels[of]), {})[str(site.labels[which])] = day
    return found


def _goes_on(seen: _Seen, site: int, connection: Mask, day: pd.Timestamp) -> bool:
    """Whether the vendors that a site waits for deliver to others of its connection: else it is they who are late."""
    since = seen.counts & connection & (seen.day > np.datetime64(day, "D"))
    here, vendor = seen.code == site, vendor_of(seen.lines)
    waited_for = np.unique(vendor.codes[since & here & seen.waits])
    elsewhere = since & ~here & np.isin(vendor.codes, waited_for[waited_for >= 0])
    return not elsewhere.any() or bool(np.mean(~seen.waits[elsewhere]) >= _CAME)


def _begin(seen: _Seen, first: Days, last: Days) -> dict[str, pd.Timestamp]:
    """Return the first due date that tells anything where the ``first`` delivery comes late; by connection, as ``last`` is."""
    code, day = seen.code, seen.day
    before, since = seen.counts & (day < first[code]), seen.counts & (day >= first[code]) & (day <= last[code])
    waited = before & seen.waits
    n_waited, n_before, n_since, n_came = seen.count(waited, before, since, since & ~seen.waits)
    from_day = np.full(len(first), np.iinfo(np.int64).max)
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
    return {
        str(seen.names.labels[c]): pd.Timestamp(first[c]) + pd.Timedelta(days=EARLY)
        for c in np.flatnonzero(found).tolist()
        if seen.of_many(waited & (code == c), min(_VENDORS, _n_vendors(seen.lines[seen.counts & (code == c)])))
    }


def _end(seen: _Seen, ends: Days, first: Days, last: Days) -> dict[str, pd.Timestamp]:
    """Return the last due date that tells anything where nothing came since the ``last`` delivery, though much was due."""
    code, day, came, counts = seen.code, seen.day, seen.came, seen.counts
    silent = ends - last  # missing where nothing ever came
    since = counts & (day > last[code]) & (day <= ends[code])
    # what is closed without a day has come, too, and then the statuses tell of the others
    waited, closed = since & seen.waits, since & ~seen.waits & np.isnat(came)
    lately = counts & ~np.isnat(came) & (came > (last - silent)[code])
    year = np.timedelta64(365, "D")
    then = counts & (came + year > last[code]) & (ends[code] - came >= year)
    n_waited, n_closed, n_lately, n_then = seen.count(waited, closed, lately, then)
    found = (
        (silent >= np.timedelta64(SILENT, "D"))
        & (n_waited >= _LINES)
        & (n_waited >= _NEVER_CAME * (n_waited + n_closed))
        & (n_lately >= _LINES)
        & ((n_then > 0) | (first > last - year))  # on the same days of the year before it was not as silent
    )
    return {
        str(seen.names.labels[c]): pd.Timestamp(last[c]) - pd.Timedelta(days=LATE)
        for c in np.flatnonzero(found).tolist()
        # a vendor that stops is another matter, and so is what once came in a few days
        if seen.of_many(waited & (code == c), _VENDORS) and len(np.unique(came[lately & (code == c)])) >= _DAYS
    }


def _never(seen: _Seen, ends: Days, of: Encoding, counts: Mask) -> dict[str, dict[str, pd.Timestamp]]:
    """Return the vendors or items of which nothing ever came though much was due for long, and is ordered still; by connection."""
    names, day = seen.names, seen.day
    rows = counts & (of.codes >= 0)
    _, _, pair = pairs(names.codes.astype(np.int64), of.codes.astype(np.int64))
    ago = ends[names.codes] - day
    due = rows & (ago >= np.timedelta64(_GAP, "D"))
    n_came, n_due = (np.bincount(pair[r], minlength=len(day)) for r in (rows & ~seen.waits, due))
    found: dict[str, dict[str, pd.Timestamp]] = {}
    for place in np.flatnonzero((n_due >= _LINES) & (n_came == 0)).tolist():
        mine = rows & (pair == place)
        code, long = int(names.codes[mine][0]), np.timedelta64(_LONG, "D")
        others = due & (names.codes == code) & ~mine
        days = np.sort(day[due & mine])
        lasting = days[-1] - days[0] >= long and day[mine].max() >= ends[code] - long
        if lasting and others.any() and np.mean(~seen.waits[others]) >= _CAME:
            first = max(days[_LINES - 1], days[days - days[0] >= long][0]) + np.timedelta64(_GAP, "D")
            found.setdefault(str(names.labels[code]), {})[str(of.labels[of.codes[mine][0]])] = pd.Timestamp(first)
    return found


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
