"""How far the data reach, each connection by itself: what one of them begins or ends with says nothing of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import Groups, Tally
from ..frames import AsOfDays, encode, pairs, values

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

#: A period that starts with up to three days without an order starts with a long weekend, not before the data do.
_QUIET_DAYS = 3


@dataclass(frozen=True)
class Spans:
    """The first and the last day of the lines of each connection, as whole days since 1970."""

    of_row: Ints | None  # the connection of each row; None where there is one
    first: Ints
    last: Ints

    @classmethod
    def of(cls, got: Tally) -> Spans:
        """Return the spans of the lines that count, by the mark ``day``."""
        kept = got.selection.kept
        day = got.marks["day"][kept].astype(np.int64)
        names = encode(values(got.frame, "connection", "string"), sort=False)
        code = names.codes.astype(np.int64) + 1  # 0 is of the lines that name no connection
        n = len(names.labels) + 1
        if not len(day) or (n <= 2 and names.whole()) or n == 1:
            return cls(None, *(np.array([f(day)] if len(day) else [], dtype=np.int64) for f in (np.min, np.max)))
        by = pd.Series(day).groupby(code[kept])
        return cls(code, *(f.reindex(range(n), fill_value=0).to_numpy() for f in (by.min(), by.max())))

    def of_groups(self, got: Tally, groups: Groups, *, day: AsOfDays | None, since: str | None) -> tuple[Days, Days]:
        """Return the first and the last day that the data of each group cover.

        The stated days hold for all. Else a group of several connections begins with the last of them and ends with the first: before
        and after that, its sum lacks one.
        """
        n = len(groups) if len(groups.codes) else 0
        if self.of_row is None or not n:
            first, last = (np.repeat(d, n) if len(d) else np.zeros(n, dtype=np.int64) for d in (self.first, self.last))
        else:
            group, source = _met(groups.codes, got.kept(self.of_row), n, len(self.first))
            first, last = np.full(n, np.iinfo(np.int64).min), np.full(n, np.iinfo(np.int64).max)
            np.maximum.at(first, group, self.first[source])
            np.minimum.at(last, group, self.last[source])
        reach = (
            (first - _QUIET_DAYS).astype("datetime64[D]") if since is None else np.full(n, np.datetime64(since, "D"))
        )
        edge = last.astype("datetime64[D]")
        if day is not None:
            frame = got.frame[["connection"]] if day.own else got.frame
            edge = (
                day.of_groups(frame[got.selection.kept] if day.own else frame, groups.codes, n)
                .to_numpy()
                .astype("datetime64[D]")
            )
        return reach, edge


def _met(group: npt.NDArray[np.intp], source: Ints, n: int, n_sources: int) -> tuple[Ints, Ints]:
    """Return the pairs of group and connection that occur."""
    if n * n_sources > 4 * len(group) + 65_536:
        one, other, _ = pairs(group, source)
        return one.astype(np.int64), other.astype(np.int64)
    met = np.flatnonzero(np.bincount(group * n_sources + source, minlength=n * n_sources))
    return met // n_sources, met % n_sources
