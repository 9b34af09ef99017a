"""The lines of a view in parts: of each year, by order and by due date, with what figures of many lines read."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES, STARTS, part
from ..frames import Mask, categoricals
from ..system import cached_property
from ._judged import Judged
from ._years import with_months

#: What rules may ask of all lines, since lead times may begin there, and no part needs.
_OF_ALL = {*STARTS.values()} - {"order_date"}
#: What figures of many lines read. Lines are wide, and some fifty parts of them are taken.
_READ = {
    "order_date", "required_date", "promised_date", "delivered_date", "first_receipt_date", "completed_date", "cancelled_date",
    "connection", "order_id", "order_number", "state", "deleted_at", "category", "site_id", "site_name", "type", "quantity",
    "received_quantity", "unit_of_measure", "n_receipts", "amount", "currency", "original_amount", "original_currency", "is_return",
    "unreadable", *(c for key, names in ENTITIES.values() for c in (*key, *names)),
}  # fmt: skip


class Parts(Judged):
    """The lines of the two years, each part of them made once."""

    @cached_property
    def narrow(self) -> pd.DataFrame:
        """All lines, with what figures of many lines read. Their text is held as categories, since many parts of them are taken."""
        lines = categoricals.as_labels(self.lines[[c for c in self.lines if c in _READ | _OF_ALL]])
        part(lines, None, self.lines)  # the same rows: what one is asked is known of the other
        return lines

    def part(self, rows: Mask) -> pd.DataFrame:
        """Return some of them: the same rows are one frame for as long as anyone has it, so that they are asked nothing twice."""
        if rows.all():
            return self.narrow
        return self._made_once(rows, lambda: self._taken(np.flatnonzero(rows)))

    def _made_once(self, rows: Mask, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        which = np.packbits(rows).tobytes()
        out: pd.DataFrame | None = self._parts.get(which)
        if out is None:
            out = self._parts[which] = make()
        return out

    def _taken(self, places: npt.NDArray[np.intp]) -> pd.DataFrame:
        out: pd.DataFrame = self.narrow.drop(columns=list(_OF_ALL), errors="ignore").take(places)
        part(self.narrow, places, out)
        return out

    @cached_property
    def _parts(self) -> WeakValueDictionary[bytes, pd.DataFrame]:
        return WeakValueDictionary()

    @cached_property
    def _in_a_row(self) -> tuple[pd.DataFrame, list[int]]:
        """The lines of neither year, of the year before, and of the twelve months in a row, and where each begins: no year is a copy."""
        order = np.argsort(self.year_of_order, kind="stable")
        return self._taken(order), np.searchsorted(self.year_of_order[order], [0, 1, 2]).tolist()

    def _ordered_in(self, year: int) -> pd.DataFrame:
        def sliced() -> pd.DataFrame:
            lines, begins = self._in_a_row
            rows = slice(begins[year], begins[year + 1])
            out: pd.DataFrame = lines.iloc[rows]
            part(lines, rows, out)
            return out

        return self._made_once(self.year_of_order == year, sliced)

    @cached_property
    def year_lines(self) -> pd.DataFrame:
        """The lines ordered in the twelve months."""
        return self.narrow if (self.year_of_order == 1).all() else self._ordered_in(1)

    @cached_property
    def due_year_lines(self) -> pd.DataFrame:
        """The lines that fell due in the twelve months, and of which something says whether they came, with the number of their month."""
        rows = (self.year_of_due == 1) & ~self.unjudged
        return with_months(self.part(rows), self.month_of_due[rows])

    @cached_property
    def told_narrow(self) -> pd.DataFrame:
        """The lines of which something says whether they came, likewise; all where nothing says of any."""
        return self.narrow if self.nothing_told else self.part(~self.untold)

    @cached_property
    def in_year_due_lines(self) -> pd.DataFrame:
        """The same; where none has a due date, of all lines."""
        return self.due_year_lines if self.has_due_dates else self.part(~self.unjudged)

    @cached_property
    def in_year_lines(self) -> pd.DataFrame:
        """The same; all lines where no line is dated."""
        return self.year_lines if self.dated else self.lines

    @cached_property
    def told_in_year_lines(self) -> pd.DataFrame:
        """Those of them of which something says whether they came."""
        return self.part(self.in_year & ~self.unjudged) if self.unjudged.any() else self.in_year_lines

    @cached_property
    def due_lines(self) -> pd.DataFrame:
        """The lines that fell due in the two years, with the number of their month and year as text to group by."""
        rows = (self.month_of_due >= 0) & self.known_before & ~self.unjudged
        rows &= ~(self.part_of_a_year & (self.year_of_due == 0))
        return with_months(self.part(rows), self.month_of_due[rows])

    @cached_property
    def order_lines(self) -> pd.DataFrame:
        """The lines ordered in the two years, with the number of their month and year as text to group by."""
        rows = self.month_of_order >= 0
        return with_months(self.part(rows), self.month_of_order[rows])

    @cached_property
    def sides(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The lines of the year before and of this one, of the connections that are known in both."""
        known = self.known_before
        if known.all() and not (self.year_of_order == 1).all():
            return self._ordered_in(0), self.year_lines
        before, after = (self.part(known & (self.year_of_order == year)) for year in (0, 1))
        return before, after
