"""What stands in the place of a value and is none: an error of a spreadsheet, a formula without its result, a currency without a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from ..frames import categoricals
from ._identities import plain_text
from ._parsing import Problem

#: Errors of spreadsheets in the languages of their users (#REF!, #DIV/0!, #¿NOMBRE?, #N/A, #NV, Err:502), and a column too narrow to show.
_ERROR = re.compile(r"#[¡¿]?[^\W\d_a-z][^\Wa-z]*(?:/0)?[!?]|#[^\W\d_a-z]{1,2}/[^\W\d_a-z]{1,4}|#NV|#{3,}|Err:\d{3}")
#: ="0815" is a text that is kept from becoming a number, and "=> see above" is no formula.
_FORMULA = re.compile(r'=(?!"[^"]*"$)[^\s=<>].*', re.DOTALL)
_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d[T ]00:00:00(?:\.0+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_FILLERS = frozenset({"n/a", "n / a", "n.a.", "n. a.", "<na>", "(none)", "<none>", "undefined"})
#: Words that a column of codes has for nothing, and that a vendor may be called.
_EMPTY = frozenset({"none", "null", "nan"})
_NOTHING = _FILLERS | _EMPTY | {"na", "nil", "nat", "k.a."}
_SIGNS_OF_NOTHING = frozenset("-‐‑‒–—―−－_./?*#· \u00a0")
Clean = Callable[[Sequence[Any]], Sequence[Any]]


def why_no_value(value: Any) -> str:
    """Return why a text is the value of no column, whatever its kind; "" where it may be one.

    >>> [bool(why_no_value(t)) for t in ("#BEZUG!", "#N/A", "#¿NOMBRE?", "=E2*F2", "Err:502", "#1 bolt", "#A-100", '="0815"')]
    [True, True, True, True, True, False, False, False]
    """
    if not isinstance(value, str) or (text := value.strip())[:1] not in ("#", "=", "E"):
        return ""
    if _FORMULA.fullmatch(text):
        return "a formula that was never calculated: open the file in a spreadsheet, save it, and read it again"
    return "an error of the spreadsheet where a value was expected" if _ERROR.fullmatch(text) else ""


def why_no_currency(value: Any) -> str | None:
    """Return why a text is no currency, "" where it says that there is none; None where it may be one: a letter or a sign names it.

    >>> [why_no_currency(t) for t in ("EUR", "€", "--", "N/A", "1,08")]
    [None, None, '', '', 'a number where a currency was expected']
    """
    text = str(value).strip()
    if text.casefold() in _NOTHING:
        return ""
    if any(c.isalpha() or unicodedata.category(c) == "Sc" for c in text):
        return None
    return "a number where a currency was expected" if any(c.isdigit() for c in text) else ""


def without_blanks(values: Sequence[Any]) -> Sequence[Any]:
    """Return texts, missing where one is blank: "" is no key, no name and no unit, and all that have it are not of one vendor or item.

    >>> without_blanks(["V1", "", " ", 0, None, "-"])
    ['V1', None, None, 0, None, '-']
    """
    blank = [type(v) is str and not (v.strip() if v.isascii() else plain_text(v)) for v in values]
    return [None if b else v for v, b in zip(values, blank, strict=True)] if any(blank) else values


def without_fillers(values: Sequence[Any], words: frozenset[str] = _FILLERS | _EMPTY) -> Sequence[Any]:
    """Return what people group by, missing where it is blank, a sign or "N/A": all that have it are not of one vendor or item.

    >>> without_fillers(["V1", "", "-", "n/a", "None", 0, None, "#5"])
    ['V1', None, None, None, None, 0, None, '#5']
    """
    return [None if type(v) is str and _is_filler(v, words) else v for v in without_blanks(values)]


def _is_filler(text: str, words: frozenset[str]) -> bool:
    return (text[0] in _SIGNS_OF_NOTHING and not set(text) - _SIGNS_OF_NOTHING) or (
        len(text) < 12 and text.strip().casefold() in words
    )


#: Texts that are kept as they were given, even a blank one: nothing is grouped by them.
_FREE_TEXTS = ("title", "notes")
#: What people group by, or tell things apart by.
_CODES = (
    "material_id",
    "product_id",
    "product_code",
    "category",
    "vendor_id",
    "site_id",
    "unit_of_measure",
    "description",
)


def cleaning(column: str) -> Clean:
    """Return how the texts of a column of ours lose what says nothing."""
    if column in ("vendor_name", "site_name"):  # somebody may be called Null
        return partial(without_fillers, words=_FILLERS)
    return _as_given if column in _FREE_TEXTS else without_fillers if column in _CODES else without_blanks


def _as_given(values: Sequence[Any]) -> Sequence[Any]:
    return values


def without_no_values(name: str, values: list[Any], *, of_names: bool = False) -> tuple[list[Any], list[Problem]]:
    """Return the values of a column, missing where one is none, and those that were given and can't be read.

    In a column ``of_names`` what looks like a formula stays, as somebody may be called so; it is told as well.
    """
    found = [(i, v, why) for i, v in enumerate(values) if (why := why_no_value(v))]
    if name == "currency":
        lost = {i for i, *_ in found}
        rest = [(i, v, why_no_currency(v)) for i, v in enumerate(values) if v is not None and i not in lost]
        found += [(i, v, why) for i, v, why in rest if why is not None]
    if not found:
        return values, []
    out = list(values)
    for i, value, _ in found:
        out[i] = value if of_names and str(value).strip().startswith("=") else None
    return out, [problem for problem in found if problem[2]]


def currencies_read(labels: categoricals.Labels) -> tuple[categoricals.Labels, list[Problem]]:
    """Return a column of currencies, missing where a text is none, and the rows of those that were given and can't be read."""
    texts, problems = without_no_values("currency", list(map(str, labels.categories)))
    why_of = {i: (text, why) for i, text, why in problems}
    rows = [(row, *why_of[code]) for row, code in enumerate(labels.codes.tolist()) if code in why_of] if why_of else []
    return categoricals.relabel(labels, texts), rows


# ---- texts that a spreadsheet changed ---------------------------------------------------------------------------------


def _lost_digits(value: Any) -> str:
    found = isinstance(value, str) and _SCIENTIFIC.fullmatch(value.strip())
    return "digits lost: written in scientific notation" if found else ""


def _made_a_date(value: Any) -> str:
    found = isinstance(value, date) or (isinstance(value, str) and _MIDNIGHT.fullmatch(value.strip()))
    return (
        "a date where a name or a number was expected: a spreadsheet makes one of a text such as 2024-10"
        if found
        else ""
    )


def changed_by_a_spreadsheet(values: Sequence[Any], *, of_digits: bool) -> list[Problem]:
    """Return the texts that a spreadsheet made a date or, where every digit counts, a number in scientific notation; they are kept."""
    tests: list[Callable[[Any], str]] = [_made_a_date, *([_lost_digits] if of_digits else [])]
    return [(i, v, why) for i, v in enumerate(values) if v is not None for test in tests if (why := test(v))]


def as_days(values: Sequence[Any]) -> list[Any]:
    """Return values with those at midnight as days, as a spreadsheet shows them."""
    return [v.date() if isinstance(v, datetime) and v.time() == datetime.min.time() else v for v in values]
