"""What the shares of the scorecard are counted from: by group and part of a period, how many there were, and how many of them hit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from .. import slippage
from ..errors import ConfigError, SchemaError
from ..frames import Mask, days_of, pairs
from ._evidence import of_same_items
from ._sides import GROUP, PART, Floats, Ints, Side
from ._told import outcomes_hidden


@dataclass(frozen=True)
class Cells:
    """How many there were, and how many of them were a hit, by group and part of a period."""

    group: Ints
    part: Ints
    n: Floats
    hits: Floats

    @classmethod
    def of(cls, table: pd.DataFrame, n: str, hits: str) -> Cells:
        """Return the cells of a figure by group and part."""
        group, part = (table[name].astype("int64").to_numpy().astype(np.int64) for name in (GROUP, PART))
        return cls(group, part, *(table[c].to_numpy(dtype=float) for c in (n, hits)))

    @classmethod
    def counted(cls, group: Ints, part: Ints, counts: Mask, hit: Mask) -> Cells:
        """Return the cells of the lines that count, one hit or none each."""
        groups, parts, cell = pairs(group[counts], part[counts])
        n, hits = (np.bincount(c, minlength=len(groups)).astype(float) for c in (cell, cell[hit[counts]]))
        return cls(groups.astype(np.int64), parts.astype(np.int64), n, hits)

    @classmethod
    def none(cls) -> Cells:
        """Return no cells: of what the data can't tell."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))

    def rate(self, n_groups: int) -> Floats:
        """Return the share of hits of each group; missing where it has none to judge."""
        n, hits = (np.bincount(self.group, x, n_groups)[:n_groups] for x in (self.n, self.hits))
        out: Floats = np.divide(hits, n, out=np.full(n_groups, np.nan), where=n > 0)
        return out


def told(what: Callable[[], Cells]) -> Cells:
    """Return the cells of a measure; none where the data lack a column for it."""
    try:
        return what()
    except (SchemaError, ConfigError):
        return Cells.none()


def _on_time(due: str, side: Side) -> Cells:
    lines = side.fell_due if due == "required" else side.due(due)
    # only the counts are used, so what lines of one order have in common need not be found
    found = slippage.by_vendor(lines, by=[GROUP, PART], as_of=side.as_of, due=due, cluster=None)
    return Cells.of(found, "n_due", "n_on_time")


def _otif(side: Side) -> Cells:
    return Cells.of(slippage.otif(side.fell_due, by=[GROUP, PART], as_of=side.as_of), "n_due", "n_otif")


def _filled(side: Side) -> Cells:
    found = slippage.fill_rate(side.fell_due, by=[GROUP, PART], as_of=side.as_of)  # a row for each unit of measure
    return Cells.of(
        found.groupby([GROUP, PART], observed=True)[["n_due", "n_filled"]].sum().reset_index(), "n_due", "n_filled"
    )


def _ended(how: str, side: Side) -> Cells:
    """Return the lines ordered in the period, and those of them that ended so."""
    if how != "return" and outcomes_hidden(side.view.lines):
        return Cells.none()
    stands = side.stands
    ended = stands.gone.cancelled | stands.gone.deleted if how == "cancelled" else stands.unjudged[how]
    counts = ~(stands.unjudged["draft"] | stands.gone.later)
    # a return shows in its own amount; how other lines ended is known only where something says what became of them
    return Cells.counted(side.group, side.part, counts if how == "return" else counts & side.told, ended)


def came_within(side: Side, usual: Floats) -> Cells:
    """Return the lines that were ordered so long ago, and those of them that came within so many days of their group."""
    limit = usual[side.group]
    return Cells.counted(side.group, side.part, old_enough(side, limit), side.days_to_come <= limit)


def old_enough(side: Side, limit: Floats) -> Mask:
    """Return the lines that came, or are still to come, and were ordered at least so many days ago."""
    ordered = days_of(side.ordered, "order_date").astype("datetime64[D]")
    age = (side.as_of.of_rows(side.ordered) - ordered).astype(float)
    out: Mask = side.delivered_or_open & (age >= limit) & np.isfinite(limit)
    return out


def same_items(before: Side, after: Side, n: int) -> tuple[Floats, Floats]:
    """Return which part of the change of each group's mean days is one of the same items, and how sure theirs is.

    Lines count with their days or those by which nine tenths of what came had come, whichever are fewer.
    """
    came = pd.concat([pd.Series(side.days_to_come, index=side.group) for side in (before, after)])
    tenths = came[np.isfinite(came)].groupby(level=0).quantile(0.9).reindex(range(n))
    most = tenths.fillna(np.inf).to_numpy(dtype="float64").astype(np.float64)
    group, item, days = list[Any](), list[Any](), list[Any]()
    for side in (before, after):
        limit = most[side.group]
        rows = old_enough(side, limit) & (side.part >= 0)
        group.append(side.group[rows])
        item.append(side.view.item[side.by_order != -1][rows])
        days.append(np.minimum(side.days_to_come, limit)[rows])
    later = np.repeat([False, True], [len(x) for x in group])
    return of_same_items(np.concatenate(group), np.concatenate(item), later, np.concatenate(days), n)


#: What is counted for each share of the card.
CELLS: dict[str, Callable[[Side], Cells]] = {
    "on_time": partial(_on_time, "required"),
    "promise_kept": partial(_on_time, "promised"),
    "otif": _otif,
    "line_fill": _filled,
    "closed_short": partial(_ended, "closed short"),
    "cancelled": partial(_ended, "cancelled"),
    "returned": partial(_ended, "return"),
}
