"""From when to when a connection records what has come: of lines that were due before or after nobody knows whether they are late."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._access import FILTERS, TOLD_IN, Mask, connections_of, days_of, first_known
from ._as_of import FIRST_ORDERS, AsOfDays
from ._codes import Encoding

#: Where a part of lines carries what is known of the whole: a part of few lines can't tell.
RECORDED = "recorded"
#: What a part of lines carries of the whole, and lines that are converted of those they were.
CARRIED = (FILTERS, FIRST_ORDERS, TOLD_IN, RECORDED)
#: What came some days early was due so many days after it did: it would seem never to have come. So would what was to come late.
EARLY = LATE = 30
#: Deliveries are recorded only up to some day where for so many days none came since, though before it at least `_LINES` did in as
#: many days, and as many lines of `_VENDORS` vendors, due on `_DAYS` days since, still wait. A plant that is closed has fewer due.
SILENT = 60

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Recorded:
    """The first and the last due date that tell anything, of each connection that records what has come only in a part of its time.

    The unnamed connection is "".
    """

    since: Mapping[str, pd.Timestamp] = field(default_factory=dict)
    until: Mapping[str, pd.Timestamp] = field(default_factory=dict)
    #: The keys of the vendors of which nothing was ever recorded as received, as of services without receipts.
    #: Each with the first day from which one can say so.
    never: Mapping[str, Mapping[str, pd.Timestamp]] = field(default_factory=dict)
    #: The same of items of other vendors, as of freight and taxes beside goods.
    items: Mapping[str, Mapping[str, pd.Timestamp]] = field(default_factory=dict)
    #: The same of types and categories of other items, as of services that no item number names.
    types: Mapping[str, Mapping[str, pd.Timestamp]] = field(default_factory=dict)
    categories: Mapping[str, Mapping[str, pd.Timestamp]] = field(default_factory=dict)
    #: The keys of the sites of other connections that record no longer what has come, each with its last due date that tells anything.
    sites: Mapping[str, Mapping[str, pd.Timestamp]] = field(default_factory=dict)
    #: Connections that post what has come once a month: of no line the day says whether it was late. Each with the day that says so.
    posted: Mapping[str, pd.Timestamp] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(vars(self).values())

    @property
    def ended(self) -> bool:
        """Whether any of it is recorded no longer."""
        return bool(self.until or self.sites)

    def outside(self, lines: pd.DataFrame) -> Mask:
        """Which lines are due before the first or after the last of these days of their connection, or of such a vendor, item, or kind."""
        out = np.zeros(len(lines), dtype=np.bool_)
        day = due_day(lines) if self.since or self.ended else np.zeros(0, dtype="datetime64[D]")
        if self.since or self.until:
            out |= (day < _of(lines, self.since)) | (day > _of(lines, self.until))
        if self.posted:
            names = connections_of(lines)
            out |= np.asarray(names.labels.isin(list(self.posted)), dtype=np.bool_)[names.codes]
        for kind, whose in BY_KEY.items():
            by_key: Mapping[str, Mapping[str, pd.Timestamp]] = getattr(self, kind)
            if not by_key:
                continue
            names, of = connections_of(lines), whose(lines)
            for connection, keys in by_key.items():
                mine = np.asarray(names.labels == connection)[names.codes]
                if kind == "sites":
                    last = pd.Series(keys).reindex(of.labels).to_numpy(dtype="datetime64[D]")
                    out |= mine & (day > np.append(last, np.datetime64("NaT"))[of.codes])
                else:
                    out |= mine & np.append(of.labels.isin(list(keys)), False)[of.codes]
        return out

    def before(self, day: AsOfDays) -> Recorded:
        """Return the same for whoever looks from a day: what is due after it is not late in any case."""
        until = {n: last for n, last in self.until.items() if last + _AFTER + _QUIET <= day.of(n)}
        by = {}
        for kind in BY_KEY:
            lasting = _AFTER + _QUIET if kind == "sites" else pd.Timedelta(0)
            some = {
                n: {k: told for k, told in of.items() if told + lasting <= day.of(n)}
                for n, of in getattr(self, kind).items()
            }
            by[kind] = {n: of for n, of in some.items() if of}
        return Recorded(self.since, until, posted=self.posted, **by)

    def at_sites_of(self, lines: pd.DataFrame) -> Recorded:
        """Return the same without the sites of which some lines have none after the last day."""
        sites = {
            n: {key: day for key, day in of.items() if Recorded(sites={n: {key: day}}).outside(lines).any()}
            for n, of in self.sites.items()
        }
        return replace(self, sites={n: of for n, of in sites.items() if of})

    def each(self) -> list[Recorded]:
        """Return the same, one connection and one kind at a time."""
        return [Recorded(**{kind: {n: of}}) for kind, each in vars(self).items() for n, of in sorted(each.items())]

    def carried(self) -> dict[str, dict[str, Any]]:
        """Return the same as an attribute of a frame."""
        days = {k: {n: str(day.date()) for n, day in vars(self)[k].items()} for k in BY_DAY}
        by_key = {
            k: {n: {key: str(day.date()) for key, day in of.items()} for n, of in vars(self)[k].items()} for k in BY_KEY
        }
        return {**days, **by_key}


_AFTER, _QUIET = pd.Timedelta(days=LATE), pd.Timedelta(days=SILENT)


def vendor_of(lines: pd.DataFrame) -> Encoding:
    """Return the vendor of each line: its id, its name where it has none."""
    return first_known(lines, ("vendor_id", "vendor_name"))


def item_of(lines: pd.DataFrame) -> Encoding:
    """Return what each line is for: its material, the code of its product where it has none, else what is written."""
    return first_known(lines, ("material_id", "product_code", "description"))


def site_of(lines: pd.DataFrame) -> Encoding:
    """Return the site that each line is for: its id, its name where it has none."""
    return first_known(lines, ("site_id", "site_name"))


def type_of(lines: pd.DataFrame) -> Encoding:
    """Return the type of each line."""
    return first_known(lines, ("type",))


def category_of(lines: pd.DataFrame) -> Encoding:
    """Return the category of each line."""
    return first_known(lines, ("category",))


#: The kinds that give a day for each connection.
BY_DAY = ("since", "until", "posted")
#: The kinds that give a day for each vendor, item or the like of a connection, and how the key of each line is found.
BY_KEY: dict[str, Callable[[pd.DataFrame], Encoding]] = {
    "never": vendor_of, "items": item_of, "types": type_of, "categories": category_of, "sites": site_of,
}  # fmt: skip


def starts_after(lines: pd.DataFrame, starts: Mapping[str, pd.Timestamp], day: pd.Timestamp) -> Mask:
    """Which lines are of a connection that records what has come only since later than a day."""
    if not starts:
        return np.zeros(len(lines), dtype=np.bool_)
    return np.asarray(_of(lines, starts) > np.datetime64(day, "D"), dtype=np.bool_)


def due_day(lines: pd.DataFrame) -> Days:
    """Return the day on which each line was to come; where no line has one, the day of its order."""
    due = due_dates(lines)
    return days_of(lines, "order_date") if np.isnat(due).all() else due


def due_dates(lines: pd.DataFrame) -> Days:
    """Return the day that each line was required by; where it has none, for which it was promised."""
    asked, promised = (days_of(lines, f"{which}_date") for which in ("required", "promised"))
    return np.where(np.isnat(asked), promised, asked)


def _of(lines: pd.DataFrame, days: Mapping[str, pd.Timestamp]) -> Days:
    names = connections_of(lines)
    day = np.array([np.datetime64(days.get(str(n), "NaT"), "D") for n in names.labels], dtype="datetime64[D]")
    of_lines: Days = day[names.codes]
    return of_lines
