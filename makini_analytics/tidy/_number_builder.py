"""A column of numbers while its pages come; how numbers are written as text is decided when all columns have been seen.

Most values are numbers already, or texts as JSON writes numbers ("12.50"), and are converted at once. Two kinds of text wait for the
verdict on the whole connection: those that a decimal comma may stand in ("1.234,56"), and those that mean two things, of which only
the place is kept::

    "1.500"    is held as 1.5; should the comma turn out to be the decimal mark, it is 1500, a thousand times as much
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import numpy as np

from ._column_builder import AT_ONCE, ColumnBuilder, GrowingArray
from ._number_format import BESIDE_QUANTITY, DecimalJudge, NumberFormat, read_numbers_as, without_currencies
from ._parsing import Problem
from ._plain_numbers import currency_beside, number_of, plain_numbers

#: A text that a point groups as well as it divides.
_TWO_WAYS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
#: None of the texts of a page is one where this is not found in all of them together.
_THREE_DECIMALS = re.compile(r"\.[0-9]{3}\b")


class NumberBuilder(ColumnBuilder):
    """Numbers, converted a thousand at a time; `look` shows a judge the texts, `finish_as` applies its verdict."""

    def __init__(self, *, of_money: bool = True) -> None:
        super().__init__()
        self._of_money = of_money
        self._waiting: list[Any] = []
        self._array = GrowingArray(np.nan, float)
        self._problems: list[Problem] = []
        self._texts: list[tuple[int, str]] = []  # position and text of what JSON would not write as a number
        self._two_ways = array("q")
        self.has_points, self.has_commas = False, False  # elsewhere in the list
        self.point: str | None = None  # a text in which the point can only be the decimal mark
        self.comma: str | None = None  # one in which the comma can only be it; known once `look` was called
        self.currency: dict[int, str] = {}  # by position, the currency beside the number
        self.percent: dict[int, str] = {}  # by position, the text of a percentage

    def _missing(self, n: int) -> None:
        self._convert(self.n)
        self._array.skip(n)

    def _take(self, values: Sequence[Any]) -> None:
        self._waiting += values
        if len(self._waiting) >= AT_ONCE:
            self._convert(self.n + len(values))

    def _convert(self, n: int) -> None:
        """Convert the waiting values; with them the column has ``n``."""
        values, self._waiting = self._waiting, []
        if not values:
            return
        first = n - len(values)
        numbers = plain_numbers(values)
        if numbers is None:
            numbers = self._one_by_one(values, first)
        elif str in set(map(type, values)):
            self._find_evidence(values, first)
        self._array.put(numbers)

    def _find_evidence(self, values: Sequence[Any], first: int) -> None:
        texts = [v for v in values if type(v) is str]
        if _THREE_DECIMALS.search("\n".join(texts)):
            self._two_ways.extend(i for i, v in enumerate(values, first) if type(v) is str and _TWO_WAYS.fullmatch(v))
        if self.point is None:
            self.point = next((text for text in texts if "." in text and not _TWO_WAYS.fullmatch(text)), None)

    def _one_by_one(self, values: Sequence[Any], first: int) -> np.ndarray[Any, Any]:
        out = np.full(len(values), np.nan)
        for i, value in enumerate(values):
            if value is None:
                continue
            number, why = number_of(value)
            if beside := currency_beside(value):
                self.currency[first + i] = beside
                why = why or ("" if self._of_money else BESIDE_QUANTITY)
            if isinstance(value, str) and value.strip() and (why or _TWO_WAYS.fullmatch(value.strip())):
                self._texts.append((first + i, value))
            elif why:
                self._problems.append((first + i, value, why))
            else:
                out[i] = number
                if self.point is None and isinstance(value, str) and "." in value:
                    self.point = value
        return out

    def look(self, judge: DecimalJudge) -> None:
        """Show a judge what this column tells of the decimal mark."""
        self._convert(self.n)
        own = DecimalJudge(judge.thousands)
        own.look(text for _, text in self._texts)
        self.comma = own.only.get(",")
        judge.look(text for _, text in self._texts)
        if self.point is not None:
            judge.only.setdefault(".", self.point)
        elif self._two_ways:
            judge.look(["1.500"])

    @property
    def _writes_points(self) -> bool:
        """Whether this column's own texts show the decimal point, and none of them a comma, whatever others show."""
        return (self.has_points or self.point is not None) and not (self.has_commas or self.comma is not None)

    def finish(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the numbers, the decimal mark being a point, and what could not be read."""
        return self.finish_as(NumberFormat("."))

    def finish_as(self, form: NumberFormat) -> tuple[Any, list[Problem]]:
        """Return the numbers under a format, whose decimal mark is None where it is in doubt, and what could not be read."""
        self._convert(self.n)
        numbers = self._array.whole()
        if form.decimal is None and self._writes_points:
            told = {i: float(text) for i, text in self._texts if _TWO_WAYS.fullmatch(text.strip())}
            numbers[list(told)] = list(told.values())
            self._texts = [(i, text) for i, text in self._texts if i not in told]
        elif self._two_ways and form.decimal != ".":
            rows = np.array(self._two_ways, dtype=np.intp)
            if form.decimal == ",":
                numbers[rows] = np.round(numbers[rows] * 1000)
            else:
                for i in rows.tolist():
                    text = f"{numbers[i]:.3f}"
                    why = f"can be read as {numbers[i]:,g} or {numbers[i] * 1000:,g}: pass decimal='.' or decimal=','"
                    self._problems.append((i, text, why))
                numbers[rows] = np.nan
        if self._texts:
            texts = [text for _, text in self._texts]
            got = read_numbers_as(texts, form)
            if not self._of_money:
                got = without_currencies(got, texts)
            numbers[[i for i, _ in self._texts]] = got.values
            self._problems += [(self._texts[at][0], text, why) for at, text, why in got.problems]
            self.currency |= {self._texts[at][0]: code for at, code in got.currency.items()}
            self.percent = {self._texts[at][0]: self._texts[at][1] for at in got.percent}
        return numbers, self._problems
