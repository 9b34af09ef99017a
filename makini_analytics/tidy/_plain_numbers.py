"""What a number looks like in an answer of the API: a JSON number, a text of one, or an object that holds one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pandas as pd

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
#: What is beyond it is no price and no quantity, and the product or the sum of some such numbers may be none that a float holds.
LARGEST = 1e60
_NUMBERS = list[float | None]
#: Members of an object that change what its number says: {"amount": 1250, "scale": 2} is 12.50, and {"value": 80, "per": 100} is 0.80.
_SHIFTS = re.compile(r"scale|exponent", re.IGNORECASE)
_DECIMALS = re.compile(r"decimals|digits|precision|minor", re.IGNORECASE)
_FACTORS = re.compile(r"factor|multiplier|divisor|^per$|base_?quantity", re.IGNORECASE)
_CURRENCY_NAMES = frozenset({"currency", "currencycode", "currencyisocode", "isocurrency"})
_GROUPED = re.compile(r"[+-]?[0-9][0-9.,'\u00a0\u202f ]*")


def plain_numbers(values: Sequence[Any]) -> np.ndarray[Any, Any] | None:
    """Return numbers, and texts like "12.50", converted in one call; None where one is anything else."""
    try:
        array = np.array(msgspec.convert(values, _NUMBERS, strict=False), dtype=float)
    except (msgspec.MsgspecError, ValueError):
        return None
    # "NaN", "Infinity" and "null" convert too, but are no numbers: the slow path gives the reason
    return array if (np.abs(array) <= LARGEST).sum() == len(values) - values.count(None) else None


def number_of(value: Any) -> tuple[float | None, str]:
    """Return the number that a value is, a text being read as JSON writes numbers; or the reason why it is none."""
    if isinstance(value, bool | np.bool_):
        return None, "true or false where a number was expected"
    if isinstance(value, int | float | Decimal | np.integer | np.floating):
        try:
            number = float(value)
        except OverflowError:
            return None, "too large to be a number"
        if not math.isfinite(number):
            return None, "not a finite number"
        return (number, "") if abs(number) <= LARGEST else (None, "too large to be a number")
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None, "empty text"
        if _NUMBER.fullmatch(text):
            number = float(text)
            return (number, "") if abs(number) <= LARGEST else (None, "too large to be a number")
        if _GROUPED.fullmatch(text):
            return None, "decimal comma or thousands mark: not guessed"
        return None, "not a number"
    if isinstance(value, dict):
        inner = [value[k] for k in ("value", "amount") if not isinstance(value.get(k), dict | list | None)]
        if len(inner) != 1:
            return None, "an object without one value"
        if any(_changes(str(k), v, inner[0]) for k, v in value.items()):
            return None, "an object that may mean a multiple or a part of its number"
        return number_of(inner[0])
    return (None, "") if value is pd.NA else (None, "not a number")


def _changes(name: str, member: Any, value: Any) -> bool:
    """Whether a member of an object may mean that its value is a multiple or a part of the number: a factor of 1 doesn't, nor do no decimals.

    A value with a point is in whole units already, and what has so many decimals is how it is shown.
    """
    if not member:
        return False
    if _FACTORS.search(name):
        return number_of(member)[0] != 1
    if number_of(member)[0] == 0 or _SHIFTS.search(name):
        return number_of(member)[0] != 0
    if not _DECIMALS.search(name):
        return False
    number = number_of(value)[0]
    return not ((isinstance(value, str) and "." in value) or (number is not None and number % 1))


def currency_beside(value: Any) -> str:
    """Return the currency that an object names beside its number, "" where it names none."""
    if not isinstance(value, dict):
        return ""
    named = (v for k, v in value.items() if re.sub("[^a-z]", "", str(k).casefold()) in _CURRENCY_NAMES)
    return next((v for v in named if isinstance(v, str) and v.strip()), "")
