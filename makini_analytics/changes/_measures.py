"""The metrics that can be taken apart: what each line adds, and what a group of lines comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import slippage, spend
from ..compute import DELIVERED, STARTS, ages, count_days, first_day_at, kaplan_meier, spread_cancellations
from ..frames import AsOf
from ._sides import Ints

Floats = npt.NDArray[np.float64]
Options = Mapping[str, Any]

_STANDING = frozenset(
    ("order_date", "state", "deleted_at", "cancelled_date", "unreadable", "quantity", "received_quantity", "delivered_date", "first_receipt_date", "completed_date", "site_id")
)  # fmt: skip
_ORDERED = frozenset(("order_date", "state", "deleted_at", "cancelled_date", "unreadable", "amount", "currency"))


@dataclass(frozen=True)
class Contributions:
    """What each line adds: a mark to count it by, -1 where it doesn't count, and its amount where the metric is a sum."""

    mark: Ints
    amount: Floats
    reason: pd.Series  # why a line doesn't count


@dataclass(frozen=True)
class Cells:
    """The marks that occur in each group, as one number each: what a group comes to is known from how many lines are in each."""

    group: Ints
    mark: Ints
    n_groups: int
    connection: Ints  # the connection of the group's lines; -1 where several meet in it


@dataclass(frozen=True)
class Measure:
    """A metric: which columns it reads, what each line adds, and what is shown of a line."""

    options: tuple[str, ...]  # that may be in a definition
    needs: tuple[str, ...]
    is_sum: bool
    reads: Callable[[Options], frozenset[str]]
    of_lines: Callable[[Any, AsOf | None, Options], Contributions]
    of_groups: Callable[[Cells, Floats], Floats] | None = None  # from the number of lines of each cell; None: the sum
    of_line: Callable[[Ints, Floats], Floats] = lambda mark, amount: amount


def _spend(lines: Any, as_of: AsOf | None, options: Options) -> Contributions:
    got = spend.per_line(lines, as_of=as_of, **options)
    amount = got["spend"].to_numpy(dtype=float)
    return Contributions(np.where(np.isnan(amount), -1, 0), np.nan_to_num(amount), got["reason"])


def _open_value(lines: Any, as_of: AsOf | None, options: Options) -> Contributions:
    return _spend(lines, as_of, {"basis": "open"})


def _spend_reads(options: Options) -> frozenset[str]:
    return _ORDERED if options.get("basis", "ordered") == "ordered" else _ORDERED | _STANDING


def _on_time(lines: Any, as_of: AsOf | None, options: Options) -> Contributions:
    """Mark the lines that are due: 1 where on time, else 0."""
    got = slippage.per_line(lines, as_of=as_of, **options)
    good = ["on_time", *(["early"] if options.get("early_days") is None else [])]
    outcome = got["outcome"]
    mark = np.where(outcome.isin(["excluded", "not_due"]), -1, outcome.isin(good).astype(int))
    reason = got["reason"].mask(outcome == "not_due", "not due yet")
    return Contributions(mark.astype(np.int64), np.zeros(len(mark)), reason)


def _on_time_rate(cells: Cells, n: Floats) -> Floats:
    due = np.bincount(cells.group, weights=n, minlength=cells.n_groups)
    hits = np.bincount(cells.group, weights=n * cells.mark, minlength=cells.n_groups)
    rate: Floats = np.divide(hits, due, out=np.full(cells.n_groups, np.nan), where=due > 0)
    return rate


#: An ending and the days to it are one mark, 4 x days + ending: there are four endings.
_ENDINGS = 4


def _lead_time(lines: Any, as_of: AsOf | None, options: Options) -> Contributions:
    """Mark each line by how its waiting ended, and after how many days."""
    got = ages(lines, as_of=as_of, **options)
    kept = got.selection.kept
    mark = np.where(kept, got.days.astype(np.int64) * _ENDINGS + got.outcome, -1)
    return Contributions(mark, np.zeros(len(mark)), got.selection.reason())


def _median_days(cells: Cells, n: Floats) -> Floats:
    """Return the median of the survival curve, as `lead_times.by_vendor` does."""
    there = n > 0
    if not there.any():
        return np.full(cells.n_groups, np.nan)
    day, ending = np.divmod(cells.mark[there], _ENDINGS)
    table = count_days(
        cells.group[there], day, ending, n_groups=cells.n_groups, n_kinds=_ENDINGS, n=n[there].astype(np.int64)
    )
    table = spread_cancellations(table, cells.connection)
    return first_day_at(table, kaplan_meier(table), 1 - 0.5)


def _days_of_delivered(mark: Ints, amount: Floats) -> Floats:
    return np.where((mark >= 0) & (mark % _ENDINGS == DELIVERED), mark // _ENDINGS, np.nan)


MEASURES = {
    "spend": Measure(("basis",), ("amount",), True, _spend_reads, _spend),
    "on_time": Measure(
        ("due", "late_days", "early_days", "calendar", "under_share"),
        ("delivered_date",),
        False,
        lambda o: _STANDING | {f"{o.get('due', 'required')}_date"},
        _on_time,
        _on_time_rate,
        lambda mark, amount: np.where(mark >= 0, mark, np.nan),
    ),
    "lead_time": Measure(
        ("start", "end", "calendar"),
        ("order_date", "delivered_date"),
        False,
        lambda o: _STANDING | {STARTS.get(o.get("start", "order"), "")},
        _lead_time,
        _median_days,
        _days_of_delivered,
    ),
    "open_value": Measure((), ("amount",), True, lambda o: _ORDERED | _STANDING, _open_value),
}
