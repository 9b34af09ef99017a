"""Of which lines anything says whether they came, and so whether their deliveries can be judged."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES
from ..frames import Encoding, Mask, Recorded, days_of, first_known, in_state, recorded, starts_after
from ..system import cached_property
from ._told import (
    ITEM_NEVER_RECEIVED,
    KIND_NEVER_RECEIVED,
    NEVER_RECEIVED,
    NOTHING_TOLD,
    POSTED,
    SITE_ENDED,
    outcomes_hidden,
    untold_of,
)
from ._years import Years, day_in_words


class Judged(Years):
    """What the data say of what came."""

    @cached_property
    def silent(self) -> Mask:
        """Which lines are of a connection in which nothing says what has come."""
        return untold_of(self.lines)

    @cached_property
    def recorded(self) -> Recorded:
        """The due dates that tell anything, of each connection that records deliveries only since or until some day."""
        return recorded(self.lines, self.day).at_sites_of(self.lines)

    @cached_property
    def part_of_a_year(self) -> Mask:
        """Which lines are of a connection of whose year before only a part is judged: its deliveries of this year have nothing beside them."""
        return starts_after(self.lines, self.recorded.since, self.first_day_before)

    @property
    def cut_by_due(self) -> bool:
        """Whether lines that fell due in the twelve months are left out, since nothing is recorded of them."""
        return self.recorded.ended or any(day > self.first_day for day in self.recorded.since.values())

    @property
    def by_day(self) -> str:
        """The dates by which lines lie before or after such a day."""
        return f"{self.due}_date" if self.has_due_dates else "order_date"

    @cached_property
    def untold(self) -> Mask:
        """Which lines nothing says of whether they came: these, and those that are due when their connection's deliveries are not recorded."""
        return self.silent | self.recorded.outside(self.lines)

    @cached_property
    def posted(self) -> Mask:
        """Which lines are of a connection whose days of delivery say no more than the month."""
        return Recorded(posted=self.recorded.posted).outside(self.lines) & ~self.silent

    @property
    def word(self) -> str:
        """What lines are before or after such a day."""
        return "due" if self.has_due_dates else "ordered"

    @property
    def why_untold(self) -> list[tuple[Mask, str]]:
        """Some of these lines, and why nothing says so of them."""
        out = [(self.silent, NOTHING_TOLD), (self.posted, POSTED)]
        for known, word in (
            (Recorded(since=self.recorded.since), "from"),
            (Recorded(until=self.recorded.until), "up to"),
        ):
            of = sorted((known.since or known.until).items())
            days = ", ".join(f"{day_in_words(day)}{f' in {name}' if name else ''}" for name, day in of)
            when = "before" if word == "from" else "after"
            why = f"{self.word} {when} deliveries are recorded: judged {word} {days}"
            out.append((known.outside(self.lines) & ~self.silent & ~self.posted, why))
        for known, why in (
            (Recorded(never=self.recorded.never), NEVER_RECEIVED),
            (Recorded(items=self.recorded.items), ITEM_NEVER_RECEIVED),
            (Recorded(types=self.recorded.types, categories=self.recorded.categories), KIND_NEVER_RECEIVED),
            (Recorded(sites=self.recorded.sites), SITE_ENDED),
        ):
            before = np.logical_or.reduce([rows for rows, _ in out])
            out.append((known.outside(self.lines) & ~before, why))
        return out

    @cached_property
    def unjudged(self) -> Mask:
        """Which lines' deliveries can't be judged: these, or all where the lines were picked by what became of them."""
        return np.ones(len(self.lines), dtype=bool) if outcomes_hidden(self.lines) else self.untold

    @property
    def why_unjudged(self) -> list[tuple[Mask, str]]:
        """Some of these lines, and why they can't."""
        hidden = outcomes_hidden(self.lines)
        return [(self.unjudged, hidden)] if hidden else self.why_untold

    @property
    def nothing_judged(self) -> bool:
        """Whether that is all of them."""
        return bool(self.unjudged.all()) and len(self.lines) > 0

    @property
    def blind(self) -> str:
        """Why of no line that was ordered by the as-of day anything says whether it came; "" where it does of one."""
        there = ~(days_of(self.lines, "order_date") > np.datetime64(self.end, "D"))
        if not there.any() or not self.untold[there].all():
            return ""
        return max(self.why_untold, key=lambda why: int((why[0] & there).sum()))[1]

    def waiting_left_out(self, first: float = -np.inf, last: float = np.inf) -> str:
        """Why open lines, by default all, else those due so many days after the as-of day, are not judged; "" where all are.

        The reason is that of most of them.
        """
        rows = in_state(self.lines, "open", "unknown", missing=True)
        if np.isfinite([first, last]).any():  # of a line without a due date nobody knows
            ahead = days_of(self.lines, f"{self.due}_date") - np.datetime64(self.end, "D")
            days = np.where(np.isnat(ahead), np.nan, ahead.astype(np.float64))
            rows = rows & (days >= first) & (days <= last)
        n, reason = max((int((rows & untold).sum()), reason) for untold, reason in self.why_untold)
        return f"{n:,} are not judged: {reason}" if n else ""

    @cached_property
    def item(self) -> npt.NDArray[np.int64]:
        """A number for the item of each line, one for all that name none; that of two connections may be of two items."""
        return self.item_named.codes.astype(np.int64) + 1

    @cached_property
    def item_named(self) -> Encoding:
        """The id of the item of each line, or the code of its product."""
        return first_known(self.lines, ENTITIES["material"][0])

    @cached_property
    def told_lines(self) -> pd.DataFrame:
        """The others; all lines where nothing says of any whether it came."""
        return self.lines[~self.untold] if self.untold.any() and not self.nothing_told else self.lines

    @property
    def nothing_told(self) -> bool:
        """Whether nothing says of any line whether it came."""
        return bool(self.silent.all()) and len(self.lines) > 0
