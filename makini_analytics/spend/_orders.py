"""What is known of each order, found over all of its lines, whatever group or currency is shown afterwards."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    ENTITIES,
    Columns,
    RuleResult,
    Tally,
    Unrecorded,
    cluster_of,
    day_in,
    group_lines,
    received_later,
    standing_on,
    unreadable,
)
from ..frames import AsOfDays, Mask, encode, pairs, values
from ._rule import value_of
from ._spans import Spans

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: When the first of a line came, beside its order day. Of several lines of an order the highest number holds.
LATER, UNKNOWN, SAME_DAY, BEFORE = range(4)
#: Days of an average month: 365.25 / 12.
_MONTH = 30.4375
#: An average month of data that cover less than a February would be a guess.
_LEAST_DAYS = 28


def placed(c: Columns, *, as_of: AsOfDays | None, unjudged: Unrecorded) -> RuleResult:
    """Return the order day of each line, and when the first of it came beside that day."""
    until, ordered = day_in(c, as_of), c.day("order_date")
    left_out = [*unreadable(c, {"order_date": "order date"}), (c.missing(ordered), "no order date")]
    left_out += [*unreadable(c, {"quantity": "quantity"}), (c.number("quantity") < 0, "return")]
    complete, first = c.day("delivered_date"), c.day("first_receipt_date")
    came = c.pick(c.missing(complete) | (first < complete), first, complete)
    has_come = came <= until
    # an open line of which a part has come on an unknown day may have come on the order day
    begun = (c.number("received_quantity") > 0) & ~received_later(c, until)
    later = (has_come & (came > ordered)) | (standing_on(c, until).open & ~has_come & ~begun)
    told = has_come | later
    for rows, _ in unjudged.rows(c):
        told = told & ~rows
    on_or_before = c.pick(came < ordered, BEFORE, SAME_DAY)
    return RuleResult(left_out, {"day": ordered, "came": c.pick(told, c.pick(later, LATER, on_or_before), UNKNOWN)})


@dataclass(frozen=True)
class Dated:
    """The lines that count, each with the day of its order: what says which days the data cover."""

    code: Ints  # the order of each line, those that don't count too; -1 where it has none
    order: Ints
    n: int  # orders
    day: Ints  # the earliest of the order, as whole days since 1970
    connection: Ints
    covered: Covered

    @classmethod
    def of(cls, got: Tally, as_of: AsOfDays | None) -> Dated:
        """Return the days of the lines that count; a line without an order is left out."""
        frame, selection = got.frame, got.selection
        code = cluster_of(frame, "order").astype(np.int64)
        selection.exclude(code < 0, "no order number")
        kept = selection.kept
        order, n = code[kept], int(code.max(initial=-1)) + 1
        first = np.full(n, np.iinfo(np.int64).max)
        np.minimum.at(first, order, got.marks["day"][kept].astype(np.int64))
        day = first[order]
        spans = Spans.of(got, as_of)
        connection = np.zeros(len(order), dtype=np.int64) if spans.of_row is None else spans.of_row[kept]
        names = [None, *encode(values(frame, "connection", "string"), sort=False).labels]
        return cls(code, order, n, day, connection, Covered.of(spans, connection, day, names))


@dataclass(frozen=True)
class Orders:
    """The lines that count, each with what is known of its order and of its vendor."""

    order: Ints
    day: Ints  # the earliest of the order, as whole days since 1970
    value: Floats  # of the whole order; missing where it is not known, or in several currencies
    beside: Ints  # 1 where its vendor got another order on that day, 0 where not, -1 where the vendor is not known
    vendor: Ints
    once: Mask  # whether its vendor has no other order
    connection: Ints
    covered: Covered

    @classmethod
    def of(cls, got: Tally, dated: Dated) -> Orders:
        """Return the orders of dated lines."""
        order, day = dated.order, dated.day
        vendor, beside, once = _vendors(got.frame, got.selection.kept, order, day)
        return cls(order, day, _values(got, dated), beside, vendor, once, dated.connection, dated.covered)

    def only(self, rows: Mask) -> Orders:
        """Return some of the lines; what is known of their orders stays."""
        of_lines = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "covered"}
        return replace(self, **of_lines)


def _values(got: Tally, dated: Dated) -> Floats:
    """Return the value of each line's order."""
    selection, kept, order = got.selection, got.selection.kept, dated.order
    value = np.bincount(order, weights=value_of(got)[kept], minlength=dated.n).astype(float)
    # of an order of 1,000 the value is not 10 because one of its lines has no amount that could be read
    for reason in ("no amount", "amount unreadable", "no order date", "order date unreadable"):
        rows = selection.rows(reason)
        value[dated.code[rows & (dated.code >= 0)]] = np.nan
    currency = encode(values(got.frame, "currency", "string"), sort=False).codes[kept]
    one = np.zeros(dated.n, dtype=currency.dtype)
    one[order] = currency
    value[order[one[order] != currency]] = np.nan
    return value[order]


def _vendors(frame: pd.DataFrame, kept: Mask, order: Ints, its_day: Ints) -> tuple[Ints, Ints, Mask]:
    """Return each line's vendor, whether that has several orders on the order's day, and whether it has one order in all."""
    if not any(name in frame for name in ENTITIES["vendor"][0]):
        return np.zeros(len(order), dtype=np.int64), np.full(len(order), -1), np.zeros(len(order), dtype=bool)
    vendors = group_lines(frame, "vendor", rows=kept)
    known = vendors.keys["vendor_id"].notna().to_numpy(dtype=bool)
    of, _, pair = pairs(vendors.codes, order)
    day = np.empty(len(of), dtype=np.int64)
    day[pair] = its_day
    _, _, same = pairs(of, day)
    beside = np.where(known[of], np.bincount(same)[same] > 1 if len(same) else False, -1)
    once = known & (np.bincount(of, minlength=len(known)) == 1)
    return vendors.codes.astype(np.int64), beside[pair].astype(np.int64), once[vendors.codes]


@dataclass(frozen=True)
class Covered:
    """Of which days the data of each connection tell; one that has no line that counts covers none."""

    begin: Ints  # whole days since 1970
    end: Ints
    names: list[Any]

    @classmethod
    def of(cls, spans: Spans, connection: Ints, day: Ints, names: list[Any]) -> Covered:
        """Return the days from the first that was asked for, else the first order, to the as-of day, else the last order."""
        n = len(spans.reach)
        first, last = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
        np.minimum.at(first, connection, day)
        np.maximum.at(last, connection, day)
        begin = np.where(spans.stated, np.minimum(spans.reach, first), first)
        return cls(begin, np.maximum(spans.edge, last), names if len(names) == n else [None] * n)

    @property
    def months(self) -> Floats:
        """The average months of each connection."""
        return np.where(self._there, self.end - self.begin + 1, np.nan) / _MONTH

    @property
    def enough(self) -> Mask:
        """Whether that is enough to speak of an average month."""
        return self._there & (self.end - self.begin + 1 >= _LEAST_DAYS)

    def share(self, among: Any) -> Floats:
        """Return which share of the days of each connection are ``among`` some days."""
        spans = zip(self.begin, self.end, self._there, strict=True)
        return np.array([np.mean(among(np.arange(b, e + 1))) if there else np.nan for b, e, there in spans])

    @property
    def note(self) -> str:
        """The days, in words."""
        spans = zip(self.names, self.begin, self.end, self._there, strict=True)
        # by name: connections are numbered as their lines come, or as an engine has them
        there = sorted(("" if name is None else f"{name} ", int(b), int(e)) for name, b, e, there in spans if there)
        ends = [f"{name}{np.datetime64(b, 'D')} to {np.datetime64(e, 'D')}" for name, b, e in there]
        return f"Days that the data cover: {'; '.join(ends)}." if ends else ""

    @property
    def _there(self) -> Mask:
        return self.begin <= self.end
