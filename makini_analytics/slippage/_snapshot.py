"""Lines as they stood on a day, each connection on its own: which are open, and what the forecast of them learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    TO_CLOSE,
    UNDATED_RECEIPT,
    FigureResult,
    PandasColumns,
    Selection,
    Standing,
    Unrecorded,
    cluster_of,
    day_in,
    group_lines,
    lines_of,
    once,
    standing_on,
    unrecorded,
)
from ..errors import one_of
from ..frames import AsOf, AsOfDays, day_number, days_of, encode, frame_of, numbered
from ._due_rule import DUE_DATES, judge
from ._forecast import BackTest
from ._hazards import Book, Ints, Mask
from ._rates import each_known


@dataclass(frozen=True)
class Part:
    """The lines of one connection as they stood on its own day, and what the forecast of them learns from."""

    name: str | None
    rows: Ints  # its lines among all
    day: int
    book: Book

    def beyond(self) -> Mask:
        """Return the lines that have waited longer, or are later, than any that ever came: what becomes of them nobody has seen."""
        book, came = self.book, self.book.delivered & (self.book.ordered >= 0)
        out: Mask = self.day - book.ordered >= np.max((book.ended - book.ordered)[came], initial=-1)
        dated = book.due >= 0
        if (seen := came & dated).any():
            out |= dated & (self.day - book.due >= np.max((book.ended - book.due)[seen], initial=0))
        return out


@dataclass(frozen=True)
class Snapshot:
    """Lines as they stood on the day from which each connection is looked at."""

    frame: pd.DataFrame
    due: str
    as_of: AsOfDays
    until: Ints  # the day of each line
    stands: Standing
    parts: list[Part]
    notes: tuple[str, ...]

    @property
    def until_day(self) -> npt.NDArray[np.datetime64]:
        """The day of each line, as a date."""
        return self.until.astype("datetime64[D]")

    @property
    def to_close(self) -> Mask:
        """The lines that are open, and of which nothing is to come."""
        out: Mask = self.stands.unjudged[TO_CLOSE]
        return out

    def selection(self, *, delivered: bool) -> Selection:
        """Return the selection of the lines that can be judged, with the delivered ones or without; then with those to be closed."""
        out = Selection(self.frame)
        if not delivered:
            out.exclude(self.stands.delivered, "delivered")
        for rows, reason in self.stands.gone.reasons:
            out.exclude(rows, reason)
        for reason, rows in self.stands.unjudged.items():
            if delivered or reason != TO_CLOSE:
                out.exclude(rows, reason)
        return out

    def with_provenance(self, result: pd.DataFrame, selection: Selection, tests: Sequence[BackTest]) -> FigureResult:
        """Return a figure of these lines, with a note on how good the forecast of each part is."""
        if not len(self.frame):
            return FigureResult(result, selection)
        told = [test.verdict for test in tests]
        if len(told) > 1:
            told = [f"{p.name or 'no connection'}: {text}" for p, text in zip(self.parts, told, strict=True)]
        return FigureResult(result, selection, self.as_of, (*self.notes, *told))


def snapshot(lines: Any, as_of: AsOf | None, due: str) -> Snapshot:
    """Return how the lines stand on the day of each connection."""
    one_of("due", due, DUE_DATES)
    frame = frame_of(lines, metric="slippage.open_orders")
    days = lines_of(frame).as_of(as_of)
    return Snapshot(frame, due, days, *once(frame, ("snapshot", days, due), partial(_standing, frame, days, due)))


def _standing(frame: pd.DataFrame, days: AsOfDays, due: str) -> tuple[Ints, Standing, list[Part], tuple[str, ...]]:
    """Return the day of each line, how the lines stand on it, what belongs together, and what is to be said."""
    columns = PandasColumns(frame)
    until = np.broadcast_to(np.asarray(day_in(columns, days), dtype=np.int64), len(frame))
    stands = standing_on(columns, until)
    received = stands.unjudged[UNDATED_RECEIPT] | stands.unjudged[TO_CLOSE]
    never_dated = unrecorded(lines_of(frame), days) if received.any() else Unrecorded()
    whole = {c: days_of(frame, c) for c in ("order_date", "delivered_date", DUE_DATES[due])}
    number = {c: np.where(np.isnat(d), -1, d.astype(np.int64)) for c, d in whole.items()}
    ordered, due_day = number["order_date"], np.maximum(number[DUE_DATES[due]], -1)
    cancelled = stands.gone.cancelled | stands.gone.deleted
    ended = np.where(cancelled, np.nan_to_num(stands.gone.on, nan=-1).astype(np.int64), np.iinfo(np.int64).max)
    ended = np.where(stands.delivered, number["delivered_date"], ended)
    # Nothing is learnt from a line that can't be judged, or was cancelled on a day that is not known: it is treated as one without an
    # order date. Days that are not known are -1, a number that no real day has, since whole numbers can't be missing.
    usable = (stands.delivered | cancelled | stands.open) & (ended >= ordered) & (ordered >= 0)
    for rows, _ in never_dated.rows(columns):
        usable &= ~rows
    # each connection by itself: what one of them records, and how fast it is, says nothing of another
    of, names = _connections(frame)
    codes = [np.zeros(len(frame), dtype=np.int64)]
    category = ["category"] if "category" in frame.columns else []
    if category:
        codes.append(group_lines(frame, category).codes.astype(np.int64))
    if "vendor_id" in frame.columns or "vendor_name" in frame.columns:
        codes.append(group_lines(frame, ["vendor", *category]).codes.astype(np.int64))
    parts, orders = [], cluster_of(frame, "order")
    for i, name in enumerate(names):
        rows = np.flatnonzero(of == i)
        at = slice(None) if len(names) == 1 else rows  # all of them: no copies
        groups = tuple(numbered(code[at])[1] if len(names) > 1 else code for code in codes)
        learnt = np.where(usable, ordered, -1)[at]
        orders_of = partial(_orders, orders, rows)
        book = Book(learnt, due_day[at], ended[at], stands.delivered[at], cancelled[at], groups, orders_of)
        parts.append(Part(name, rows, day_number(days.of(name)), book))
    judged = stands.delivered | stands.open
    # most lines lack the due date: the rule of the room knows whether the other one is fuller
    lack = 2 * np.count_nonzero(due_day[judged] < 0) > judged.sum()
    notes = judge(frame, as_of=days, due=due).hint if lack else never_dated.notes
    return until, stands, parts, notes


def _connections(frame: pd.DataFrame) -> tuple[Ints, list[str | None]]:
    """Return the connection of each line, and their names; one without a name for lines that have none."""
    if "connection" not in frame.columns:
        return np.zeros(len(frame), dtype=np.int64), [None]
    found = encode(frame["connection"])
    codes = np.where(found.codes < 0, len(found.labels), found.codes).astype(np.int64)
    there, of = numbered(codes)
    return of, [None if code == len(found.labels) else str(found.labels[code]) for code in there]


def _orders(codes: npt.NDArray[Any], part: Ints, rows: Ints) -> Ints:
    """Return an order code for each of some lines of a part of the frame."""
    return each_known(codes[part[rows]])
