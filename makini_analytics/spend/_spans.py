"""How far the data reach, each connection by itself: what one of them begins or ends with says nothing of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import Groups, Tally
from ..frames import OWN_WINDOWS, AsOfDays, Mask, day_number, encode, pairs, values

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

#: A period that starts with up to three days without an order starts with a long weekend, not before the data do.
_QUIET_DAYS = 3


@dataclass(frozen=True)
class Spans:
    """From which day to which the data of each connection reach, as whole days since 1970."""

    of_row: Ints | None  # the connection of each row; None where there is one
    reach: Ints  # the first day: that was asked for, else a little before the first order
    stated: Mask  # whether it is known that the data begin with that day
    edge: Ints  # the last day: the as-of day, or the last one that was asked for; else that of the last order
    dated: Mask  # whether that is known

    @classmethod
    def of(cls, got: Tally, as_of: AsOfDays | None, begins: Mapping[str, str] | None = None) -> Spans:
        """Return the spans of the connections of the lines that count, by the mark ``day`` and by what the lines carry.

        ``begins`` are the first days of the data that the lines are a part of, where that is known.
        """
        kept = got.selection.kept
        day = got.marks["day"][kept].astype(np.int64)
        names = encode(values(got.frame, "connection", "string"), sort=False)
        code = names.codes.astype(np.int64) + 1  # 0 is of the lines that name no connection
        n = len(names.labels) + 1
        first, last = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
        np.minimum.at(first, code[kept], day)
        np.maximum.at(last, code[kept], day)
        there = np.flatnonzero(first <= last)
        called = [None, *map(str, names.labels)]
        ends = [_ends(got.frame.attrs, called[c], as_of) for c in there]
        reach, edge = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        stated, dated = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        for c, (since, until) in zip(there, ends, strict=True):
            stated[c], dated[c] = since is not None, until is not None
            whole = (begins or {}).get(str(called[c]))
            begin = first[c] if whole is None else min(first[c], day_number(pd.Timestamp(whole)))
            reach[c] = begin - _QUIET_DAYS if since is None else since
            edge[c] = last[c] if until is None else until
        if len(there) == 1:
            return cls(None, reach[there], stated[there], edge[there], dated[there])
        return cls(code, reach, stated, edge, dated)

    def of_groups(self, got: Tally, groups: Groups) -> tuple[Days, Mask, Days, Mask]:
        """Return the first and the last day that the data of each group cover, and whether each of the two is known.

        A group of several connections begins with the last of them and ends with the first: before and after that, its sum lacks one.
        """
        n = len(groups) if len(groups.codes) else 0
        if self.of_row is None or not n:
            group, source = np.arange(n), np.zeros(n, dtype=np.int64)
        else:
            group, source = _met(groups.codes, got.kept(self.of_row), n, len(self.reach))
        reach, edge = np.full(n, np.iinfo(np.int64).min), np.full(n, np.iinfo(np.int64).max)
        np.maximum.at(reach, group, self.reach[source])
        np.minimum.at(edge, group, self.edge[source])
        stated, dated = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
        stated[group[self.stated[source] & (self.reach[source] == reach[group])]] = True
        dated[group[~self.dated[source]]] = False
        return reach.astype("datetime64[D]"), stated, edge.astype("datetime64[D]"), dated


def _ends(attrs: Mapping[Any, Any], connection: str | None, as_of: AsOfDays | None) -> tuple[int | None, int | None]:
    """Return the first and the last day of which the data of a connection are known, None where that is not told."""
    since, until = (attrs.get(OWN_WINDOWS) or {}).get(connection, (attrs.get("since"), attrs.get("until")))
    days = [] if as_of is None or pd.isna(as_of.day) else [day_number(as_of.of(connection))]
    days += [] if until is None else [day_number(pd.Timestamp(until))]
    return None if since is None else day_number(pd.Timestamp(since)), min(days, default=None)


def _met(group: npt.NDArray[np.intp], source: Ints, n: int, n_sources: int) -> tuple[Ints, Ints]:
    """Return the pairs of group and connection that occur."""
    if n * n_sources > 4 * len(group) + 65_536:
        one, other, _ = pairs(group, source)
        return one.astype(np.int64), other.astype(np.int64)
    met = np.flatnonzero(np.bincount(group * n_sources + source, minlength=n * n_sources))
    return met // n_sources, met % n_sources
