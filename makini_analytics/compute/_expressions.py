r"""A rule as a graph of narwhals expressions: written down here, worked out by an engine.

Dates become whole days first, by year and day of the year, since no way to subtract dates works in all engines; after that a
rule is comparisons and whole numbers alone.

Why a graph and not the expressions themselves: a rule uses its intermediate results again and again, and an expression has no
memory of that. Of the rule ::

    judged    = ~(cancelled | draft)
    delivered = judged & (arrived <= day)
    open      = judged & ~delivered

an engine that is given ``open`` as one expression reads ``judged`` twice, and whatever is made of ``open`` doubles it again: the
real rules would grow to tens of thousands of terms. So each operation makes a `Node` that knows what it is made of, and counts
how often it is used::

    cancelled   draft
            \   /
           judged  (used twice)     arrived <= day
            |   \________             /
            |            \           /
            |          delivered  (used twice: by open, and as a mark to count by)
            |              |
            +--- open -----+

`Plan` turns what is used more than once into a column, level by level: first ``judged``, then ``delivered`` of it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import narwhals.stable.v2 as nw

from ..errors import SchemaError
from ._rule import SEPARATOR, UNREADABLE

#: Names of the one zone whose day an instant belongs to.
_UTC = ("UTC", "Etc/UTC", "GMT", "Z", "+00:00")


class Node:
    """One operation of a rule, and the nodes that it is made of. A comparison with something missing is False.

    The engines disagree on that: in SQL ``NULL < 3`` is NULL, and so is ``NOT NULL``. In pandas a comparison with NaN is False, and
    its opposite True. The rules are written for the latter, so each comparison fills its gaps at once.
    """

    def __init__(self, make: Callable[..., nw.Expr], *parts: Any) -> None:
        self.make, self.parts, self.uses = make, parts, 0
        for part in parts:
            if isinstance(part, Node):
                part.uses += 1

    def __lt__(self, other: Any) -> Node:
        return Node(lambda a, b: (a < b).fill_null(False), self, other)

    def __le__(self, other: Any) -> Node:
        return Node(lambda a, b: (a <= b).fill_null(False), self, other)

    def __gt__(self, other: Any) -> Node:
        return Node(lambda a, b: (a > b).fill_null(False), self, other)

    def __ge__(self, other: Any) -> Node:
        return Node(lambda a, b: (a >= b).fill_null(False), self, other)

    def __eq__(self, other: Any) -> Node:  # type: ignore[override]
        return Node(lambda a, b: (a == b).fill_null(False), self, other)

    def __and__(self, other: Node) -> Node:
        return Node(operator.and_, self, other)

    def __or__(self, other: Node) -> Node:
        return Node(operator.or_, self, other)

    def __invert__(self) -> Node:
        return Node(operator.invert, self)

    def __add__(self, other: Any) -> Node:
        return Node(operator.add, self, other)

    def __sub__(self, other: Any) -> Node:
        return Node(operator.sub, self, other)

    def __mul__(self, other: Any) -> Node:
        return Node(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Node:
        return Node(operator.mul, self, other)

    def __rsub__(self, other: Any) -> Node:
        return Node(lambda a, b: _literal(b) - a, self, other)

    def __floordiv__(self, other: int) -> Node:
        return Node(operator.floordiv, self, other)

    __hash__ = object.__hash__


def _literal(value: Any) -> Any:
    return nw.lit(value, nw.Int64) if isinstance(value, int) else value


class Plan:
    """The columns that must be there before a rule's results can be read off: what is used more than once, level by level.

    A column of level 1 may refer to those of level 0, which ``with_columns`` can't do within one call.
    """

    def __init__(self) -> None:
        self.levels: list[dict[str, nw.Expr]] = []
        self._known: dict[Node, tuple[nw.Expr, int]] = {}

    def expr(self, node: Node) -> nw.Expr:
        """Return the expression of a node, and note what must be a column before it."""
        expr: nw.Expr = self._build(node)[0]
        return expr

    def on(self, frame: Any) -> Any:
        """Return a frame with the columns that were noted."""
        for columns in self.levels:
            frame = frame.with_columns(**columns)
        return frame

    def _build(self, part: Any) -> tuple[Any, int]:
        if not isinstance(part, Node):
            return part, 0
        if part not in self._known:
            made = [self._build(p) for p in part.parts]
            expr, level = part.make(*(e for e, _ in made)), max((n for _, n in made), default=0)
            if part.uses > 1 and part.parts:  # a node without parts is a column already
                while len(self.levels) <= level:
                    self.levels.append({})
                name = f"__step_{level}_{len(self.levels[level])}"
                self.levels[level][name] = expr
                expr, level = nw.col(name), level + 1
            self._known[part] = expr, level
        return self._known[part]


@dataclass
class EngineColumns:
    """The columns of a frame of any engine. Those that a rule uses are noted in ``read``: each is made once, as a column."""

    schema: Mapping[str, Any]
    engine: nw.Implementation
    zone: str | None = None  # of the session, in an engine whose instants have no zone of their own
    read: dict[str, nw.Expr] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""
        return name in self.schema

    def day(self, name: str) -> Node:
        """Return a date column as whole days since 1970."""
        return self._column(f"__day_{name}", self._day(name))

    def tells_day(self, name: str) -> bool:
        """Whether the column holds dates, or instants whose UTC day the engine can tell."""
        return self._empty(name) or not self._in_own_zone(self._zone_of(name))

    def number(self, name: str) -> Node:
        """Return a column of numbers; what is infinite, or NaN, is missing."""
        return self._column(f"__number_{name}", self._number(name))

    def known(self, name: str) -> Node:
        """Return where a column has a value."""
        return self._column(f"__known_{name}", nw.lit(False) if self._empty(name) else ~nw.col(name).is_null())

    def is_in(self, name: str, *texts: str) -> Node:
        """Return where a text column has one of these values."""
        text = self._column(f"__text_{name}", nw.lit("") if self._empty(name) else nw.col(name).cast(nw.String))
        return Node(lambda a: a.is_in(list(texts)).fill_null(False), text)

    def may_be_unreadable(self, name: str) -> bool:
        """Whether any value of a column may have been given and not read: whether the lines tell of it at all."""
        return not self._empty(UNREADABLE)

    def unreadable(self, name: str) -> Node:
        """Return where a column's value was given and could not be read; "quantity" is no part of "received_quantity"."""
        if self._empty(UNREADABLE):
            return self._column("__never", nw.lit(False))
        first, last, between = f"{name}{SEPARATOR}", f"{SEPARATOR}{name}", f"{SEPARATOR}{name}{SEPARATOR}"

        def is_named(a: nw.Expr) -> nw.Expr:
            found = (a == name) | a.str.starts_with(first) | a.str.ends_with(last)
            return (found | a.str.contains(between, literal=True)).fill_null(False)

        return Node(is_named, self._column(f"__text_{UNREADABLE}", nw.col(UNREADABLE).cast(nw.String)))

    def missing(self, value: Node) -> Node:
        """Return where a day or number is missing."""
        return Node(lambda a: a.is_null(), value)

    def finite(self, value: Node) -> Node:
        """Return where a number is neither missing nor infinite."""
        return Node(lambda a: a.is_finite().fill_null(False), value)

    def ratio(self, this: Node, of: Node) -> Node:
        """Return one number divided by another, missing where that is 0: some engines make an error of it."""
        return Node(lambda a, b: a / nw.when(b != 0).then(b), this, of)

    def pick(self, rows: Node, this: Any, that: Any) -> Node:
        """Return one of two values, or of two numbers, by row."""
        return Node(lambda r, a, b: nw.when(r).then(_literal(a)).otherwise(_literal(b)), rows, this, that)

    def _column(self, alias: str, expr: nw.Expr) -> Node:
        self.read[alias] = expr
        return Node(lambda: nw.col(alias))

    def _empty(self, name: str) -> bool:
        return name not in self.schema or self.schema[name] == nw.Unknown  # no values at all have no type either

    def _number(self, name: str) -> nw.Expr:
        if self._empty(name):
            return nw.lit(None, nw.Float64)
        if not self.schema[name].is_numeric():
            raise SchemaError(f"the column {name!r} holds {self.schema[name]}: cast it to a number first")
        number = nw.col(name).cast(nw.Float64)
        return nw.when(number.is_finite()).then(number)

    def _zone_of(self, name: str) -> str | None:
        kind = self.schema[name]
        return kind.time_zone and (self.zone or kind.time_zone) if kind == nw.Datetime else None

    def _in_own_zone(self, zone: str | None) -> bool:
        return zone not in (None, *_UTC) and not (self.engine.is_polars() or self.engine.is_pyarrow())

    def _day(self, name: str) -> nw.Expr:
        if self._empty(name):
            return nw.lit(None, nw.Int64)
        kind, column = self.schema[name], nw.col(name)
        if kind not in (nw.Date, nw.Datetime):
            raise SchemaError(f"the column {name!r} holds {kind}, not dates: cast it to a date first")
        zone = self._zone_of(name)
        if zone not in (None, *_UTC):
            if self._in_own_zone(zone):
                # DuckDB and Spark take the day of an instant in the zone of their session, and narwhals can't tell them another
                raise SchemaError(
                    f"the column {name!r} holds instants, whose day {self.engine.value} tells in {zone}: "
                    "cast it to a date in the zone that you mean first"
                )
            column = column.dt.convert_time_zone("UTC")
        # Whole days since 1970 = the days of all years before this one + the day of the year. 2024-03-01 is day 61 of its year,
        # and before it lie 2023 years of 365 days and 490 leap days. Years are counted from 4000 before Christ, so that no
        # quotient is of a negative number, which engines round differently.
        before = column.dt.year().cast(nw.Int64) + 3999
        leap = before // 4 - before // 100 + before // 400
        return before * 365 + leap + column.dt.ordinal_day().cast(nw.Int64) - _DAY_ZERO


#: The first day of 1970, counted likewise.
_DAY_ZERO = 5969 * 365 + 5969 // 4 - 5969 // 100 + 5969 // 400 + 1
