"""A rule, and the lines tallied by it: the same for the arrays of a pandas frame and for any other engine.

A rule - which lines count, how a line stands, how many days it took - is a function of a `Columns`. It takes days, numbers and
marks from there, compares and combines them by ``< <= > >= + - & | ~``, and chooses by `Columns.pick`::

    def late(c: Columns) -> RuleResult:
        due, arrived = c.day("required_date"), c.day("delivered_date")
        return RuleResult([(c.missing(due), "no due date")], marks={"late": c.pick(arrived > due, 1, 0)})

With `PandasColumns` these are numpy arrays, with `SqlColumns` pieces of a query. In both a comparison with something
missing is False. So each rule is stated once, and can't come to mean one thing here and another there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import AsOf, AsOfDays, Mask, day_number
from ._clusters import ClusterSums
from ._groups import By, Groups, count_orders, group_lines
from ._provenance import FigureResult, Selection

Ints = npt.NDArray[np.integer[Any]]


#: The column of the lines that names those of their columns which were given and could not be read, and what stands between names.
UNREADABLE, SEPARATOR = "unreadable", ", "

#: Where orders are counted by a number beside their group, the column that holds it; users may have an "of_order" of their own.
OF_ORDER = "__of_order"


class Columns(Protocol):
    """The columns of some lines, as a rule sees them. A column that is absent counts as one without values."""

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""

    def day(self, name: str) -> Any:
        """Return a date column as whole days since 1970."""

    def number(self, name: str) -> Any:
        """Return a column of numbers; what is infinite is missing."""

    def known(self, name: str) -> Any:
        """Return where a column has a value."""

    def is_in(self, name: str, *texts: str) -> Any:
        """Return where a text column has one of these values."""

    def may_be_unreadable(self, name: str) -> bool:
        """Whether any value of a column may have been given and not read; where False, a rule need not ask line by line."""

    def unreadable(self, name: str) -> Any:
        """Return where a column's value was given and could not be read: it is missing, but not absent."""

    def missing(self, value: Any) -> Any:
        """Return where a day or number is missing."""

    def finite(self, value: Any) -> Any:
        """Return where a number is neither missing nor infinite."""

    def ratio(self, this: Any, of: Any) -> Any:
        """Return one number divided by another; the result is missing or infinite where there is none."""

    def pick(self, rows: Any, this: Any, that: Any) -> Any:
        """Return one of two values, or of two numbers, by row."""

    def once(self, question: Any, answer: Callable[[], Any]) -> Any:
        """Return what several rules ask of these columns: where they share their work, it is worked out once."""


def unreadable(c: Columns, words: Mapping[str, str]) -> list[tuple[Any, str]]:
    """Return where each of some columns could not be read, with the reason in words; nothing for those that were read throughout."""
    return [(c.unreadable(name), f"{said} unreadable") for name, said in words.items() if c.may_be_unreadable(name)]


#: The day to look from where none is known: after all dates that engines have, so that everything has happened.
EVER = 2**31 - 1


def day_in(c: Columns, as_of: AsOfDays | None) -> Any:
    """Return the day to look from as whole days since 1970, in a rule: one number, or that of each line's connection."""
    if as_of is None:
        return EVER
    out: Any = day_number(as_of.day)
    # connections that share a day are one choice: "us" and "apac" until 30 November, all others until 31 December
    for day in sorted(set(as_of.own.values()) - {as_of.day}):
        names = [name for name, own in as_of.own.items() if own == day]
        out = c.pick(c.is_in("connection", *names), day_number(day), out)
    return out


@dataclass(frozen=True)
class RuleResult:
    """What a rule gives for some lines, as arrays or as nodes."""

    left_out: list[tuple[Any, str]]  # boolean, or None for no line, and the reason; the first one that fits holds
    marks: dict[str, Any] = field(default_factory=dict)  # whole numbers to count by
    sums: dict[str, Any] = field(default_factory=dict)  # numbers to add up
    of_order: Callable[[Any], Any] | None = (
        None  # of the one mark: a whole number that orders are counted by, beside their group
    )


Rule = Callable[[Columns], RuleResult]


@dataclass(frozen=True)
class Clustering:
    """What an engine is to add up by group and cluster: lines that count, and hits among them, as the marks of the rule tell."""

    cluster: str  # "order", or a column
    counted: Callable[[Mapping[str, Any]], tuple[Any, Any]]


@dataclass(frozen=True)
class Tally:
    """Lines, or rows that stand for ``n`` lines each, and what the rule gave for them. Of rows left out the numbers mean nothing."""

    frame: pd.DataFrame
    selection: Selection
    marks: Mapping[str, npt.NDArray[Any]]
    sums: Mapping[str, npt.NDArray[Any]]
    n: Ints | None = None  # None: one each
    orders: Ints | None = None  # of each row, where no order is in two of them
    grouped_orders: Callable[[], pd.DataFrame] | None = (
        None  # distinct orders by group, where an engine counts them, and rows don't add up
    )
    as_of: AsOfDays | None = None  # the day that they were looked at from, where it is stated
    clustered: Callable[[], pd.DataFrame] | None = (
        None  # the fields of `ClusterSums` by group, where an engine adds them up
    )

    def kept(self, what: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the entries of the rows that count."""
        rows = self.selection.kept
        return what if rows.all() else what[rows]

    @property
    def n_kept(self) -> Ints | None:
        """The number of lines that each row that counts stands for; None: one each."""
        return None if self.n is None else self.kept(self.n)

    def groups(self, by: By, *also: str) -> Groups:
        """Return the groups of the rows that count."""
        rows = self.selection.kept
        return group_lines(self.frame, by, also=also, rows=None if rows.all() else rows, n=self.n_kept)

    def count(self, codes: Ints, n_groups: int) -> npt.NDArray[np.int64]:
        """Return the lines of each group of the rows that count."""
        return np.bincount(codes, weights=self.n_kept, minlength=n_groups)[:n_groups].astype(np.int64)

    def total(self, rows: Mask) -> int:
        """Return how many lines some rows are."""
        return int(np.count_nonzero(rows) if self.n is None else self.n[rows].sum())

    def n_orders(self, codes: Ints, keys: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return the distinct orders of each group: ``codes`` are those of the rows that count, ``keys`` those of the groups.

        Distinct counts don't add up: an order with lines in two rows would count twice. So an engine counts them by itself.
        """
        if self.orders is not None:
            return np.bincount(codes, self.kept(self.orders), len(keys))[: len(keys)].astype(np.int64)
        if self.grouped_orders is not None:
            counted = _of_groups(keys, self.grouped_orders())["n_orders"]
            return counted.fillna(0).to_numpy(dtype=np.int64)[: len(keys)]
        rows = None if len(codes) == len(self.frame) else self.selection.kept
        return count_orders(codes, self.frame, len(keys), rows=rows)[: len(keys)]

    def cluster_sums(self, keys: pd.DataFrame) -> ClusterSums:
        """Return what an engine adds up by cluster, for the groups with these keys; only now, since not every tally is asked for it."""
        assert self.clustered is not None
        return ClusterSums.of_table(_of_groups(keys, self.clustered())[: len(keys)])

    def with_provenance(
        self,
        result: pd.DataFrame,
        *,
        as_of: AsOfDays | None = None,
        notes: tuple[str, ...] = (),
        **parameters: Any,
    ) -> FigureResult:
        """Return a figure of these lines; ``parameters`` are those that differ from its arguments."""
        return FigureResult(result, self.selection, self.as_of if as_of is None else as_of, notes, parameters)


def _of_groups(keys: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Return what an engine counted by the key of a vendor, and not by its name, which may differ from line to line."""
    shared = [c for c in keys.columns if c in counted.columns]
    if not shared:
        return counted
    alike = counted.astype({c: keys[c].dtype for c in shared})  # ids that are numbers are text as keys of a vendor
    return keys[shared].merge(alike, on=shared, how="left")


class Lines(Protocol):
    """Some lines that can be tallied by a rule: those of a pandas frame, or of an engine."""

    @property
    def frame(self) -> Any:
        """What holds the lines."""

    @property
    def attrs(self) -> Mapping[Any, Any]:
        """As-of day, source, first and last day of the query, as `Purchases.lines` carries them."""

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""

    def texts(self, name: str) -> set[str]:
        """Return the values that a text column has."""

    def as_of(self, as_of: AsOf | None) -> AsOfDays:
        """Return the day to look from: the argument, else the lines' own, else their latest change; the latter two by connection."""

    def tally(
        self,
        rule: Rule,
        *,
        by: By,
        also: tuple[str, ...] = (),
        orders: bool = False,
        clustering: Clustering | None = None,
        at_once: bool = False,
    ) -> Tally:
        """Return the lines tallied by a rule and by the columns of ``by`` and ``also``; with ``orders``, distinct orders too.

        An engine also adds up what ``clustering`` asks for; on a pandas frame the lines are there to be added up later.
        ``at_once`` gives a pandas rule all lines together instead of a slice at a time: a calendar of working days takes longer
        to make than to use.
        """
