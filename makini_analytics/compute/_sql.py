r"""A rule as SQL: written down here, worked out by an engine.

A rule uses its intermediate results again and again, and SQL text has no memory of that. Of the rule ::

    judged    = ~(cancelled | draft)
    delivered = judged & (arrived <= day)
    open      = judged & ~delivered

an engine that is given ``open`` as one expression reads ``judged`` twice, and whatever is made of ``open`` doubles it again: the
real rules would grow to tens of thousands of terms. So each operation makes a `Piece` that knows what it is made of ::

    cancelled   draft
            \   /
           judged  (used twice)     arrived <= day
            |   \________             /
            |            \           /
            |          delivered  (used twice: by open, and as a mark to count by)
            |              |
            +--- open -----+

and `select` makes a column of whatever is used more than once ::

    WITH level_0 AS (SELECT cancelled, draft, arrived FROM lines),
         level_1 AS (SELECT *, NOT coalesce(cancelled OR draft, FALSE) AS judged FROM level_0),
         level_2 AS (SELECT *, judged AND arrived <= day AS delivered FROM level_1),
         made AS (SELECT delivered, judged AND NOT coalesce(delivered, FALSE) AS open FROM level_2)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import SchemaError
from ..frames import refuse_instants
from ._rule import SEPARATOR, UNREADABLE


@dataclass(frozen=True)
class Dialect:
    """What the engines say in different words. Each form is tested on missing, infinite and odd values, in every engine."""

    text: str = "VARCHAR"
    double: str = "DOUBLE"
    name: str = '"'  # around a name
    escaped: Mapping[str, str] = field(default_factory=lambda: {"'": "''"})  # within a text
    day: str = "CAST(CAST({} AS DATE) AS INTEGER)"  # of a date or a moment without a zone, as whole days since 1970
    utc_day: str = "CAST(CAST({} AS DATE) AS INTEGER)"  # of a moment with a zone
    quotient: str = "({} // {})"  # of whole numbers that are not negative
    step: str = (
        "(...)"  # a query of steps, which must not be taken apart: the next one names each of its columns several times
    )
    counts_distinct: bool = False  # whether that is faster than to group by what is counted

    def quoted(self, name: str) -> str:
        """Return a column's name as it stands in a query."""
        return f"{self.name}{name.replace(self.name, 2 * self.name)}{self.name}"

    def literal(self, value: Any) -> str:
        """Return a text or a number as it stands in a query."""
        if isinstance(value, str):
            return "'" + "".join(self.escaped.get(c, c) for c in value) + "'"
        # 1.5 would be a decimal number, and 15e-1 not everywhere one at all
        return f"CAST('{float(value)!r}' AS {self.double})" if isinstance(value, float) else str(int(value))

    def form(self, text: str) -> str:
        """Return a text as it stands in the form of a `Piece`, where braces stand for its parts."""
        return self.literal(text).replace("{", "{{").replace("}", "}}")


@dataclass(frozen=True)
class Kind:
    """What a column holds."""

    what: str  # "text", "float", "number", "date" (or a moment without a zone), "moment", "nothing"; else its type
    called: str  # by the engine
    zone: str | None = None  # of the session, where a moment has come of a date there, and its day may be another
    read: str = "{}"  # by which a text is compared letter by letter, whatever order the database gave its column


#: Forms that say how pieces hang together.
AND, OR, NOT, IF = "({} AND {})", "({} OR {})", "(NOT coalesce({}, FALSE))", "CASE WHEN {} THEN {} ELSE {} END"
IS_MISSING, IS_KNOWN = "({} IS NULL)", "({} IS NOT NULL)"


class Piece:
    """One operation of a rule, and the pieces that it is made of. What is NULL counts as False.

    A comparison with something missing is False in pandas, and NULL in SQL. AND, OR and CASE make the same of both, and only NOT
    does not: the opposite of False is True, and that of NULL is NULL.
    """

    def __init__(self, form: str, *parts: Any) -> None:
        self.form, self.parts = form, parts

    def __lt__(self, other: Any) -> Piece:
        return Piece("({} < {})", self, other)

    def __le__(self, other: Any) -> Piece:
        return Piece("({} <= {})", self, other)

    def __gt__(self, other: Any) -> Piece:
        return Piece("({} > {})", self, other)

    def __ge__(self, other: Any) -> Piece:
        return Piece("({} >= {})", self, other)

    def __eq__(self, other: Any) -> Piece:  # type: ignore[override]
        return Piece("({} = {})", self, other)

    def __ne__(self, other: Any) -> Piece:  # type: ignore[override]
        return Piece("({} <> {})", self, other)

    def __and__(self, other: Piece) -> Piece:
        return Piece(AND, self, other)

    def __or__(self, other: Piece) -> Piece:
        return Piece(OR, self, other)

    def __invert__(self) -> Piece:
        return Piece(NOT, self)

    def __add__(self, other: Any) -> Piece:
        return Piece("({} + {})", self, other)

    def __sub__(self, other: Any) -> Piece:
        return Piece("({} - {})", self, other)

    def __rsub__(self, other: Any) -> Piece:
        return Piece("({} - {})", other, self)

    def __mul__(self, other: Any) -> Piece:
        return Piece("({} * {})", self, other)

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> Piece:
        return Piece("quotient", self, other)

    __hash__ = object.__hash__


@dataclass
class SqlColumns:
    """The columns of lines in an engine, as pieces of a query; each is made once, so that it is known where it is used again."""

    kinds: Mapping[str, Kind]
    dialect: Dialect
    #: Looks whether a column of another kind holds no value at all, and so is of none: readers of CSV make text of it.
    without_values: Callable[[str], bool] = lambda name: False
    _made: dict[tuple[str, ...], Piece] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""
        return name in self.kinds

    def day(self, name: str) -> Piece:
        """Return a date column as whole days since 1970."""
        if self._empty(name):
            return Piece("CAST(NULL AS BIGINT)")
        kind = self.kinds[name]
        if kind.what not in ("date", "moment"):
            if self.without_values(name):
                return Piece("CAST(NULL AS BIGINT)")
            raise SchemaError(f"the column {name!r} holds {kind.called}, not dates: cast it to a date first")
        if kind.zone:
            refuse_instants(name, kind.zone)
        return self._once(self.dialect.day if kind.what == "date" else self.dialect.utc_day, name)

    def number(self, name: str) -> Piece:
        """Return a column of numbers; what is infinite, or NaN, is missing."""
        if self._empty(name):
            return Piece(f"CAST(NULL AS {self.dialect.double})")
        kind = self.kinds[name]
        if kind.what not in ("float", "number"):
            if self.without_values(name):
                return Piece(f"CAST(NULL AS {self.dialect.double})")
            raise SchemaError(f"the column {name!r} holds {kind.called}: cast it to a number first")
        number = f"CAST({{0}} AS {self.dialect.double})"
        if kind.what == "number" and not kind.called.startswith("decimal"):  # of which PostgreSQL has NaN, too
            return self._once(number, name)
        return self._once(f"CASE WHEN {self._finite()} THEN {number} END", name)

    def known(self, name: str) -> Piece:
        """Return where a column has a value."""
        return Piece("FALSE") if self._empty(name) else self._once(IS_KNOWN, name)

    def is_in(self, name: str, *texts: str) -> Piece:
        """Return where a text column has one of these values."""
        if self._empty(name):
            return Piece("FALSE")
        if self.kinds[name].what == "float":
            # each engine writes numbers in its own way: those that are meant are compared
            numbers = [self.dialect.literal(float(text)) for text in texts if _is_float(text)]
            return self._once(f"({{0}} IN ({', '.join(numbers)}))", name) if numbers else Piece("FALSE")
        listed = ", ".join(map(self.dialect.form, texts))
        return self._once(f"({self._text(name)} IN ({listed}))", name)

    def may_be_unreadable(self, name: str) -> bool:
        """Whether any value of a column may have been given and not read: whether the lines tell of it at all."""
        return not self._empty(UNREADABLE)

    def unreadable(self, name: str) -> Piece:
        """Return where a column's value was given and could not be read; "quantity" is no part of "received_quantity"."""
        if self._empty(UNREADABLE):
            return Piece("FALSE")
        around = self.dialect.literal(SEPARATOR)
        names = self._once(f"({around} || {self._text(UNREADABLE)} || {around})", UNREADABLE)
        # the one way to look for a text that no engine takes for a pattern: "." is a letter here
        return Piece(f"(replace({{0}}, {self.dialect.form(SEPARATOR + name + SEPARATOR)}, '') <> {{0}})", names)

    def missing(self, value: Piece) -> Piece:
        """Return where a day or number is missing."""
        return Piece(IS_MISSING, value)

    def finite(self, value: Piece) -> Piece:
        """Return where a number is neither missing nor infinite."""
        return Piece(self._finite(), value)

    def ratio(self, this: Piece, of: Piece) -> Piece:
        """Return one number divided by another, missing where that is 0: some engines make an error of it."""
        return Piece("({} / nullif({}, 0))", this, of)

    def pick(self, rows: Piece, this: Any, that: Any) -> Piece:
        """Return one of two values, or of two numbers, by row."""
        return Piece(IF, rows, this, that)

    def once(self, question: Any, answer: Callable[[], Any]) -> Any:
        """Return the answer: pieces of a query cost nothing to make."""
        return answer()

    def raw(self, name: str) -> Piece:
        """Return a column as it is."""
        return self._once("{}", name)

    def finite_day(self, name: str) -> Piece:
        """Return a column as it is, but that a date without a day, since it is infinite, is missing."""
        if self._empty(name) or self.kinds[name].what not in ("date", "moment"):
            return self.raw(name)
        return Piece("CASE WHEN {} IS NOT NULL THEN {} END", self.day(name), self.raw(name))

    def key(self, name: str) -> Piece:
        """Return a column to group by: as it is, but that NaN, or an infinite number, is missing and no group of its own."""
        if self.kinds[name].what != "float":
            return self.raw(name)
        return self._once(f"CASE WHEN {self._finite()} THEN {{0}} END", name)

    def text(self, name: str) -> Piece:
        """Return a column as plain text, whatever it holds: two lists of texts may have no common kind."""
        text = self.dialect.text
        if self.kinds[name].what != "float":
            return self._once(f"CAST({{}} AS {text})", name)
        # ids of which some are missing are floats in pandas; Spark writes 10000001.0 as 1.0000001E7, and PostgreSQL as 10000001
        ends = f"{self.dialect.literal(-1e15)} AND {self.dialect.literal(1e15)}"
        whole = Piece(f"CAST(CASE WHEN {{0}} BETWEEN {ends} THEN {{0}} END AS BIGINT)", self.key(name))
        is_whole = f"{{0}} = CAST({{1}} AS {self.dialect.double})"
        written = f"CASE WHEN {is_whole} THEN CAST({{1}} AS {text}) || '.0' ELSE CAST({{0}} AS {text}) END"
        return Piece(written, self.key(name), whole)

    def _text(self, name: str) -> str:
        return "{}" if self.kinds[name].what == "text" else f"CAST({{}} AS {self.dialect.text})"

    def _finite(self) -> str:
        # NaN is no number between two, in some engines since it is above all numbers
        return f"({{0}} BETWEEN {self.dialect.literal(-sys.float_info.max)} AND {self.dialect.literal(sys.float_info.max)})"

    def _once(self, form: str, name: str) -> Piece:
        return self._made.setdefault((form, name), Piece(form, _Column(self.kinds[name].read, name)))

    def _empty(self, name: str) -> bool:
        return name not in self.kinds or self.kinds[name].what == "nothing"  # no values at all have no type either


def _is_float(text: str) -> bool:
    """Return whether a text is a number as Python writes it."""
    try:
        return str(float(text)) == text
    except ValueError:
        return False


@dataclass(frozen=True)
class _Column:
    """A column of the lines, and how it is read: see `Kind.read`."""

    read: str
    name: str


#: So deep may an expression be: parsers have limits, and that of polars takes some 50 steps into brackets.
_DEEP = 12


def select(wanted: Mapping[str, Piece], source: str, dialect: Dialect) -> str:
    """Return the beginning of a query, after which ``__made`` is a table of some pieces by the names of their columns."""
    uses: dict[Piece, int] = {}

    def count(piece: Any) -> None:
        if isinstance(piece, Piece):
            uses[piece] = uses.get(piece, 0) + 1
            if uses[piece] == 1:
                for part in piece.parts:
                    count(part)

    for piece in wanted.values():
        count(piece)
    steps: list[list[str]] = []  # the columns of each level, which may refer to those of the levels before
    known: dict[Piece, tuple[str, int, int]] = {}
    read: dict[str, None] = {}  # the columns of the source, in the order in which they come up

    def write(part: Any) -> tuple[str, int, int]:
        """Return the text of a part, the level at which it can stand, and how deep it is."""
        if isinstance(part, _Column):
            name = dialect.quoted(part.name)
            read[name if part.read == "{}" else f"{part.read.format(name)} AS {name}"] = None
            return name, 0, 0
        if not isinstance(part, Piece):
            return dialect.literal(part), 0, 0
        if part not in known:
            made = [write(p) for p in part.parts]
            form = dialect.quotient if part.form == "quotient" else part.form
            text = form.format(*(t for t, _, _ in made))
            level, depth = max((n for _, n, _ in made), default=0), 1 + max((n for _, _, n in made), default=0)
            if part.parts and part.form != "{}" and (uses[part] > 1 or depth > _DEEP):
                while len(steps) <= level:
                    steps.append([])
                name = f"__step_{level}_{len(steps[level])}"
                steps[level].append(f"{text} AS {name}")
                text, level, depth = name, level + 1, 0
            known[part] = text, level, depth
        return known[part]

    columns = ", ".join(f"{write(piece)[0]} AS {dialect.quoted(name)}" for name, piece in wanted.items())
    # lines have many columns, and an engine would look at all of them at each level
    query = f"WITH __level_0 AS (SELECT {', '.join(read) or '1 AS __one'} FROM {source})"
    for i, level in enumerate(steps):
        query += f", __level_{i + 1} AS " + dialect.step.replace(
            "...", f"SELECT *, {', '.join(level)} FROM __level_{i}"
        )
    return f"{query}, __made AS " + dialect.step.replace("...", f"SELECT {columns} FROM __level_{len(steps)}")
