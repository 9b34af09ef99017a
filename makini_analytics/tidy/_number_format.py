"""Numbers written as text: which mark is the decimal one, judged over all of a source at once, and what each text then says.

``1.500`` is one and a half in one export and fifteen hundred in the next, and nothing in the text itself tells which. A whole export
does: beside ``12,50`` or ``1.234,56`` it can only be fifteen hundred. So a mark is judged over every number of a source together, and
where both readings fit and differ, neither is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import ConfigError
from ..system import text_of
from ._currencies import in_iso_4217, is_scaled_sign, may_stand_for
from ._parsing import Problem
from ._plain_numbers import LARGEST, number_of, plain_numbers

DECIMALS = (".", ",")
#: Why "19 %" is no tax and no quantity: of which amount it is a share is not said. Of a discount it is.
PERCENTAGE = "a percentage where an amount or a quantity was expected"
#: Why "12 PCE" is no quantity here: whether it is of the line's own unit, and whether "USD" is a slip, nothing tells.
BESIDE_QUANTITY = "a unit or a currency beside a quantity: give units a column of their own"
OTHER_CURRENCY = "another currency beside the number than in the currency column"

#: Blanks that group digits: no-break, narrow no-break, thin and figure space. Apostrophes: Swiss exports have any of them.
_ONE_MARK = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2007": " ",
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "\u2212": "-",
        "\u2013": "-",
    }
)
_CURRENCY = r"[A-Za-z]{0,3}[$€£¥₹₽₺₩₪฿]|[A-Z]{3}|Rs\.?|Fr\.|kr\.?|zł|Kč|Ft|lei"
_AROUND = re.compile(rf"(?P<before>{_CURRENCY})?\s*(?P<number>[^A-Za-z$€£¥₹₽₺₩₪฿%]*?)\s*(?P<after>{_CURRENCY}|%)?")
_EXPONENT = re.compile(r"([0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)[eE]([+-]?[0-9]{1,3})")
#: "100,-" and "Fr. 80.-": the dash behind a bare decimal mark stands for the cents, and is no minus, which follows a digit.
_NO_CENTS = re.compile(r"(?<=[0-9])([.,])[-\u2014]{1,2}(?=[^0-9]*$)")
_DIGITS = re.compile(r"[0-9]+")
_CODE = re.compile(r"[A-Z]{3}")
_PLAIN = {mark: re.compile(rf"-?[0-9]+(?:{re.escape(mark)}[0-9]+)?") for mark in DECIMALS}
#: What most numbers look like, told at a glance: the same under either mark, or clearly one of a point or of a comma.
_CLEAR = re.compile(r"-?[0-9]+(?:(?P<dot>\.)(?:[0-9]{1,2}|[0-9]{4,})|(?P<comma>,)(?:[0-9]{1,2}|[0-9]{4,}))?")
#: 1.234.567 in threes, or 12,34,567 as in India: a group never begins with a zero, so 0.500 is no grouped number.
_GROUPED = {
    mark: re.compile(rf"[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+|[1-9][0-9]?(?:{re.escape(mark)}[0-9]{{2}})*{re.escape(mark)}[0-9]{{3}}")
    for mark in (".", ",", " ", "'")
}  # fmt: skip


class Number(NamedTuple):
    """What a text says: its value, the currency written beside it, and whether it is a percentage."""

    value: float
    currency: str | None = None
    percent: bool = False


@dataclass(frozen=True)
class NumberFormat:
    """How a source writes numbers; a mark that is None is judged.

    Raises
    ------
    ConfigError
        A mark is none, or both are the same.
    """

    decimal: str | None = None
    thousands: str | None = None

    def __post_init__(self) -> None:
        for name, mark, marks in (
            ("decimal", self.decimal, "'.' or ','"),
            ("thousands", self.thousands, "'.', ',', ' ' or \"'\""),
        ):
            if mark is not None:
                text_of(name, mark, marks, empty=True)
        if self.decimal is not None and self.decimal not in DECIMALS:
            raise ConfigError(f"decimal={self.decimal!r}: pass '.' or ','")
        if self.thousands is not None and self.thousands.translate(_ONE_MARK) not in ("", *_GROUPED):
            raise ConfigError(f"thousands={self.thousands!r}: pass '.', ',', ' ' or \"'\"")
        if self.decimal is not None and self.decimal == self.thousands:
            raise ConfigError(f"decimal and thousands are both {self.decimal!r}: numbers could not be read")

    def read(self, text: str) -> Number | None:
        """Return what a text says under this format, whose decimal mark is known; None where it says no number.

        What is too large for a float is infinite.

        >>> [NumberFormat(",").read(t) for t in ("1.234,56-", "12 %", "1,234.56")]
        [Number(value=-1234.56, currency=None, percent=False), Number(value=12.0, currency=None, percent=True), None]
        >>> [NumberFormat(",").read(t).value for t in ("1.250,-", "80,-- EUR", "75-")]
        [1250.0, 80.0, -75.0]
        >>> NumberFormat(".").read("$1,250.00 USD"), NumberFormat(".").read("€ 5 USD")
        (Number(value=1250.0, currency='USD', percent=False), None)
        """
        if _PLAIN[self.decimal or "."].fullmatch(text):  # as nearly all are
            return Number(float(text.replace(",", ".")))
        text = _NO_CENTS.sub(r"\g<1>00", text.translate(_ONE_MARK).strip())
        negative = text.startswith("(") and text.endswith(")")  # as accountants write it
        text = text[1:-1].strip() if negative else text
        sign, text = _sign(text)
        exponent = _EXPONENT.fullmatch(text)
        if exponent:
            value = _value(exponent[1], self.decimal or ".", self.thousands)
            text_value = None if value is None else float(f"{value!r}e{exponent[2]}")
            return None if text_value is None else Number(-text_value if negative ^ (sign < 0) else text_value)
        found = _AROUND.fullmatch(text)
        if found is None:
            return None
        before, after = found["before"], found["after"]
        if before and after not in (None, "%"):  # "$5.00 USD", as Ariba writes it: the code says which dollars
            if not (may_stand_for(before, after) and _CODE.fullmatch(after)):
                return None
            before = None
        if (before and not _may_be_currency(before)) or (after and not _may_be_currency(after)):
            return None  # "30 MIO" is not 30, and the currency of "12 PCE" is not PCE
        inner, number = _sign(found["number"].strip())
        if (sign * inner < 0 and negative) or (sign < 0 and inner < 0):  # two signs say nothing
            return None
        value = _value(number, self.decimal or ".", self.thousands)
        if value is None:
            return None
        percent = after == "%"
        unit = before if percent else before or after
        return Number(-value if negative or sign * inner < 0 else value, unit, percent)


#: Codes that are written for currencies and are in no table of them.
_ALSO_CURRENCIES = frozenset(
    {"RMB", "NTD", "NIS", "LEI", "CFA", "DHS", "SFR", "KSH", "TSH", "USH", "JEP", "GGP", "IMP", "FOK", "TVD", "KID"}
)


def _may_be_currency(text: str) -> bool:
    """Whether a sign, a word or a code can be of money: a code is that of a currency, or is written for one, and no letters scale a sign."""
    if is_scaled_sign(text):  # "5 k€" is not 5
        return False
    return not _CODE.fullmatch(text) or in_iso_4217(text) or text in _ALSO_CURRENCIES


def _sign(text: str) -> tuple[int, str]:
    """Return the sign of a number, before it or behind it as SAP writes it, and the number without it."""
    if text[:1] in ("-", "+"):
        return (-1 if text[0] == "-" else 1), text[1:].lstrip()
    if text[-1:] == "-":
        return -1, text[:-1].rstrip()
    return 1, text


def _value(text: str, decimal: str, thousands: str | None) -> float | None:
    whole, mark, part = text.rpartition(decimal)
    if not mark:
        whole, part = text, ""
    if part and not _DIGITS.fullmatch(part):
        return None
    if not whole:
        return float(f"0.{part}") if part else None
    if not _DIGITS.fullmatch(whole):
        allowed = [m for m in _GROUPED if m != decimal and thousands in (None, m)]
        group = next((m for m in allowed if _GROUPED[m].fullmatch(whole)), None)
        if group is None:
            return None
        whole = whole.replace(group, "")
    return float(f"{whole}.{part or 0}")


@dataclass
class DecimalJudge:
    """Looks at the numbers of a source, wherever they stand, until it is clear which mark is the decimal one.

    Attributes
    ----------
    only : for each mark, a text that only this mark can read
    either : a column and a text of it that both marks read, as two different numbers
    """

    thousands: str | None = None
    only: dict[str, str] = field(default_factory=dict)
    either: tuple[Any, str] | None = None

    def look(self, texts: Iterable[str], source: Any = None) -> None:
        """Take some texts of a column into account."""
        ways = [NumberFormat(d, self.thousands if self.thousands != d else None) for d in DECIMALS]
        for text in texts:
            clear = _CLEAR.fullmatch(text)
            if clear and self.thousands is None:
                if clear.lastgroup:
                    self.only.setdefault("." if clear["dot"] else ",", text)
                continue
            dot, comma = (way.read(text) if way.decimal != self.thousands else None for way in ways)
            if (dot is None and comma is None) or dot == comma:
                continue  # no number at all, or the same number either way
            if dot is not None and comma is not None:
                self.either = self.either or (source, text)
            else:
                self.only.setdefault("." if comma is None else ",", text)

    @property
    def decimal(self) -> str | None:
        """The mark under which everything can be read; None where both can be meant, or where the source mixes them."""
        if len(self.only) == 1:
            return next(iter(self.only))
        return "." if not self.only and self.either is None else None

    @property
    def mixed(self) -> bool:
        """Whether some texts can be read by one mark only, and some by the other one only."""
        return len(self.only) > 1


@dataclass
class Numbers:
    """A column of numbers, and what stood beside them.

    Attributes
    ----------
    values : float, missing where no number could be read
    problems : position, value and reason of what could not be read
    currency : by position, the currency that a text names
    percent : the positions of percentages, whose value is the number before the mark
    """

    values: npt.NDArray[np.float64]
    problems: list[Problem] = field(default_factory=list)
    currency: dict[int, str] = field(default_factory=dict)
    percent: list[int] = field(default_factory=list)


def read_numbers_as(values: Sequence[Any], form: NumberFormat) -> Numbers:
    """Return the numbers of a column: texts under a format, or, where its decimal mark is open, as far as one mark alone reads them."""
    if form.decimal == ".":
        fast = plain_numbers(values)
        if fast is not None:
            return Numbers(fast)
    out = Numbers(np.full(len(values), np.nan))
    ways = [form] if form.decimal else [NumberFormat(d, form.thousands) for d in DECIMALS if d != form.thousands]
    for i, value in enumerate(values):
        if not isinstance(value, str):
            if value is not None:
                number, why = number_of(value)
                out.values[i] = np.nan if number is None else number
                out.problems += [(i, value, why)] if why else []
            continue
        found = {way.decimal: got for way in ways if (got := way.read(value)) is not None}
        first = next(iter(found.values()), None)
        if first is None:
            out.problems.append((i, value, "not a number" if value.strip() else "empty text"))
        elif abs(first.value) > LARGEST:
            out.problems.append((i, value, "too large to be a number"))
        elif any(got != first for got in found.values()):
            shown = " or ".join(f"{got.value:,g}" for got in found.values())
            out.problems.append((i, value, f"can be read as {shown}: pass decimal='.' or decimal=','"))
        else:
            out.values[i] = first.value
            if first.currency:
                out.currency[i] = first.currency
            if first.percent:
                out.percent.append(i)
    return out


def without_percentages(got: Numbers, values: Sequence[Any]) -> Numbers:
    """Return the numbers of a column whose percentages can't be read."""
    return Numbers(*_without(got, values, got.percent, PERCENTAGE), got.currency) if got.percent else got


def without_currencies(got: Numbers, values: Sequence[Any]) -> Numbers:
    """Return the numbers of a column that is not of money, in which what has a currency beside it can't be read."""
    return (
        Numbers(*_without(got, values, list(got.currency), BESIDE_QUANTITY), percent=got.percent)
        if got.currency
        else got
    )


def _without(
    got: Numbers, values: Sequence[Any], at: list[int], why: str
) -> tuple[npt.NDArray[np.float64], list[Problem]]:
    read = got.values.copy()
    read[at] = np.nan
    return read, got.problems + [(i, values[i], why) for i in at]
