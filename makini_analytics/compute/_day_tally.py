"""Lines that a rule has measured in whole days: what lead times and slippage have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import AsOfDays
from ._day_counts import DayCounts, count_days
from ._delivery import LATER
from ._groups import Groups
from ._provenance import FigureResult, Selection
from ._rule import Tally


@dataclass(frozen=True)
class DayTally:
    """Each line with its days and how it stands, seen from one day. A row may stand for many lines (``tally.n``)."""

    tally: Tally
    as_of: AsOfDays
    days: npt.NDArray[np.int32]  # of a line that is left out they mean nothing
    #: The code of how a line stands: 0, 1 and 2 are counted, a higher one is left out.
    stands: npt.NDArray[np.int8]
    calendar: str | None  # what the days are counted by, if not by the calendar

    @property
    def frame(self) -> pd.DataFrame:
        """The lines."""
        return self.tally.frame

    @property
    def selection(self) -> Selection:
        """Which of the lines count."""
        return self.tally.selection

    def groups_there(self, groups: Groups) -> npt.NDArray[np.bool_]:
        """Return which groups have a line that was ordered by the as-of day; the others are not there yet."""
        there = ~self.selection.rows(LATER)
        return np.bincount(groups.codes[there], minlength=len(groups))[: len(groups)] > 0

    def day_counts(self, groups: Groups) -> DayCounts:
        """Return the number of lines that count by group, days and how they stand."""
        return self.day_counts_by(groups.codes, len(groups))

    def day_counts_by(self, codes: npt.NDArray[np.intp], n_groups: int) -> DayCounts:
        """Return the same for groups that are given as codes."""
        return count_days(
            codes,
            self.days,
            self.stands,
            n_groups=n_groups,
            n_kinds=3,
            rows=self.selection.kept,
            n=self.tally.n,
        )

    def with_provenance(self, result: pd.DataFrame, *, notes: tuple[str, ...] = (), **parameters: Any) -> FigureResult:
        """Return a figure of these lines; ``parameters`` are those that differ from its arguments."""
        return FigureResult(result, self.selection, self.as_of, notes, {"calendar": self.calendar, **parameters})
