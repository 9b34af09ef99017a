"""What a heading means by the values below it: dates or numbers, where it can be of either; and marks that say that a line is cancelled or complete."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from numbers import Real
from typing import Any

import pandas as pd

from ..errors import SchemaError
from ._headings import (
    TWICE,
    Heading,
    System,
    distinct_names,
    document_types,
    folded,
    mark_words,
    state_words,
    systems,
)
from ._total_rows import says_total

_DATE = re.compile(
    r"\d{1,4}[./\-]\d{1,2}[./\-]\d{1,4}\b.*|\d{1,2}[\s.\-]*[^\W\d_]{3,}.*\d{2,4}\b.*", re.ASCII | re.DOTALL
)
_NUMBER = re.compile(r"[(\-+\u2212]?\s*[\d.,' \u00a0\u202f]*\d[\d.,' \u00a0\u202f]*[)\-]?")
_COMPACT = re.compile(r"(19|20)\d{6}|0{8}|0")  # 20240131 is a date and a number
_LETTER = re.compile(r"[^\W\d_]")
_SAP_MARKS = frozenset({"l", "s", "x"})
_YES = frozenset({"x", "l", "y", "yes", "true", "1", "ja", "j", "oui", "o", "si", "sí", "s", "sim", "tak", "t", "wahr", "vrai", "vero", "waar", "prawda"})  # fmt: skip
_NO = frozenset({"n", "no", "false", "0", "nein", "non", "não", "nao", "nee", "nie", "f", "falsch", "faux", "falso", "onwaar", "fałsz", "-"})  # fmt: skip
_ABLE = ("able", "ible", "abile", "ibile", "bar", "barkeit", "avel", "ivel", "baar")  # what can be cancelled is not
_SHORT = 4  # letters of a stem that is a whole word only: "del" is of deleting, and of "Fecha del documento"
_ENOUGH_BESIDE_STATUSES = 2  # headings that plain lists don't have
_DATES, _NUMBERS = ("_date",), ("quantity", "unit_price", "price_unit", "amount", "tax", "discount")


def kind_of(values: Iterable[Any]) -> str | None:
    """Return whether all values are dates, or all numbers, or some hold letters; None where that can't be told.

    >>> kind_of(["12.03.24", ""]), kind_of(["1.200", "3,5-"]), kind_of(["A-100", "7"]), kind_of(["20240131"]), kind_of([None])
    ('date', 'number', 'text', None, None)
    """
    given = [v for v in values if v is not None and str(v).strip() and v == v]
    texts = [str(v).strip() for v in given]
    if not given or all(_COMPACT.fullmatch(t) for t in texts):
        return None
    if all(isinstance(v, date) or _DATE.fullmatch(t) for v, t in zip(given, texts, strict=True)):
        return "date"
    if all(isinstance(v, Real) or _NUMBER.fullmatch(t) for v, t in zip(given, texts, strict=True)):
        return "number"
    return "text" if any(_LETTER.search(t) for t in texts) else None


def fits(column: str, kind: str | None) -> bool:
    """Whether a column of ours can hold values of a kind.

    >>> fits("delivered_date", "number"), fits("received_quantity", "number"), fits("line_number", "text"), fits("product_code", "text")
    (False, True, False, True)
    """
    if kind is None:
        return True
    if column.endswith(_DATES):
        return kind == "date"
    if column.endswith(_NUMBERS):
        return kind == "number"
    return not (column in ("line_number", "release_number", "shipment_number") and kind in ("text", "date"))


def mostly_words(cells: pd.Series, heading: str) -> bool:
    """Whether more of the different values have two letters than have not; what repeats the heading or heads a total says nothing.

    >>> [mostly_words(pd.Series(v, dtype=object), "Item") for v in (["10", "20", "Item"], ["BOLT-8", "NUT"], [])]
    [False, True, False]
    """
    given = {str(v).strip() for v in cells.drop_duplicates() if v is not None and v == v} - {"", heading}
    words = [len(_LETTER.findall(t)) > 1 for t in given if not says_total(t)]
    return sum(words) > len(words) / 2


def by_statuses(headings: Sequence[str], cells: pd.DataFrame) -> System | None:
    """Return the system whose own statuses stand in a list with some of its headings; None where there is none."""
    plain = systems()["plain"]
    for s in systems().values():
        own = [h for h in headings if h and s.knows(h) and not plain.meanings(h)]
        places = [i for i, h in enumerate(headings) if any(c == "status" for c, _ in s.meanings(h))]
        if s.statuses and len(own) >= _ENOUGH_BESIDE_STATUSES:
            texts = {
                folded(str(v).rsplit(":")[-1]) for p in places for v in cells[p].drop_duplicates() if v is not None
            }
            if texts & s.statuses:
                return s
    return None


def ask_about_twice(found: Sequence[Heading], cells: pd.DataFrame) -> None:
    """Ask which of two columns under one heading is meant, where their numbers or dates differ.

    Raises
    ------
    SchemaError
        They do.
    """
    first = {folded(h.heading): h for h in found if h.column and h.column.endswith((*_DATES, *_NUMBERS))}
    names = distinct_names([h.heading for h in found])
    for h, name in zip(found, names, strict=True):
        one = first.get(folded(h.heading)) if h.rule == TWICE else None
        if (
            one is not None
            and (_written(cells[one.place]) != _written(cells[h.place])).any()
            and _written(cells[h.place]).any()
        ):
            raise SchemaError(
                f"two columns are headed {one.heading!r}, columns {one.place + 1} and {h.place + 1} of the file, and their values differ: pass "
                f"columns={{{name!r}: {one.column!r}}} to take column {h.place + 1}, or {{{name!r}: None}} to take column {one.place + 1}"
            )


def _written(cells: pd.Series) -> pd.Series:
    """Return cells as texts, numbers without decimals of zero."""
    return cells.map(lambda v: "" if v is None or v != v else re.sub(r"(?<=\d)[.,]0+$", "", str(v).strip()))


def with_states(found: Sequence[Heading], kinds: Sequence[str | None]) -> list[Heading]:
    """Return the headings, those that no table has being quantities or the status where their words and their values say so.

    Without them states would follow from the rest: a line would be received in full since nothing says how much came. One that two
    headings could be is left. ``kinds`` are those of each heading's values.
    """
    taken = {h.column for h in found}
    said = [
        column if h.unknown and not h.column and column not in taken and fits(column, kind) and kind else ""
        for h, kind in zip(found, kinds, strict=True)
        for column in [_by_words(h.heading)]
    ]
    rule = "by its words and its values"
    return [
        replace(h, column=c, rule=rule) if c and said.count(c) == 1 else h for h, c in zip(found, said, strict=True)
    ]


def _by_words(heading: str) -> str:
    """Return the column that a heading means by its words.

    >>> [_by_words(h) for h in ("Q.tà consegnata", "Line Quantity", "PO Line Status", "Invoice status", "Qty to receive")]
    ['received_quantity', 'quantity', 'status', '', '']
    """
    words = {folded(w) for w in re.split(r"[\s_/()\[\]\-]+", re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", heading))} - {""}
    known = state_words()
    for column, needed, more in (
        ("received_quantity", ("quantity", "received"), ()),
        ("quantity", ("quantity",), ("ordered",)),
        ("status", ("status",), ()),
    ):
        if all(words & known[n] for n in needed) and words <= known["all"].union(*(known[n] for n in (*needed, *more))):
            return column
    return ""


def with_marks(found: Sequence[Heading], values: Sequence[Iterable[Any]]) -> list[Heading]:
    """Return the headings, those that no table has being marks where their words say so and their values are yes and no.

    "CANCEL_FLAG" with Y and N, "Löschkz." with L and blanks: a list that has such a column never says it otherwise, and without it
    cancelled lines would count as ordered. ``values`` are those of each heading.
    """
    taken = {h.column for h in found}
    out = []
    for h, own in zip(found, values, strict=True):
        said, certain = ("", False) if h.column or not h.unknown else said_of_lines(h.heading)
        mark = said and _mark(said, certain, {_flag(v) for v in own if v is not None and str(v).strip()})
        if mark and mark not in taken:
            taken.add(mark)
            h = replace(h, column=mark, rule="a mark, by its word and its values")
        out.append(h)
    return out


def with_document_types(found: Sequence[Heading], values: Sequence[Iterable[Any]]) -> list[Heading]:
    """Return the headings, one that no table has saying which document a row is of, where all of its values are names of such."""
    if any(h.column == "document_type" for h in found):
        return list(found)
    known = document_types()
    fits = []
    for h, own in zip(found, values, strict=True):
        words = {folded(v) for v in own if v is not None and str(v).strip()} if h.unknown and not h.column else set()
        fits.append(
            bool(words) and {known.get(w) if len(w) > 2 else None for w in words} <= {"order", "return", "other"}
        )
    # letters, which can be anything, are none
    rule = "documents, by its values"
    return [
        replace(h, column="document_type", rule=rule) if f and sum(fits) == 1 else h
        for h, f in zip(found, fits, strict=True)
    ]


def said_of_lines(heading: str) -> tuple[str, bool]:
    """Return what a heading says of lines - "void", "completed", "open", or "" - and whether it says that it is a mark.

    >>> said_of_lines("CANCEL_FLAG"), said_of_lines("isClosed"), said_of_lines("Storniert"), said_of_lines("Non-cancellable")
    (('void', True), ('completed', True), ('void', False), ('', False))
    """
    words = [folded(w) for w in re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", heading))]
    known = mark_words()
    beside, sure = known["beside"], known["says_mark"]
    for said in ("void", "completed", "open"):
        those = [
            any(w == k or (len(k) > _SHORT and w.startswith(k) and not w.endswith(_ABLE)) for k in known[said])
            for w in words
        ]
        if any(those) and all(own or w in beside or w in sure for own, w in zip(those, words, strict=True)):
            return said, any(w in sure or w.endswith(("kz", "kennz", "kennzeichen")) for w in words)
    return "", False


def names_cancelling(heading: str) -> bool:
    """Whether a word of a heading is of cancelling or deleting, whatever stands beside it.

    >>> [names_cancelling(h) for h in ("Cancel Reason", "Date Cancelled", "Storniert von", "Non-cancellable", "Fecha del documento")]
    [True, True, True, False, False]
    """
    stems = [k for k in mark_words()["void"] if len(k) > _SHORT]
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", heading))
    return any(folded(w).startswith(k) and not folded(w).endswith(_ABLE) for w in words for k in stems)


def _mark(said: str, certain: bool, flags: set[str]) -> str:
    if not flags or not flags <= _YES | _NO or (flags <= {"0", "1"} and not certain):
        return ""  # 1 and 0 may be quantities, unless the heading says that they are none
    if said != "void":
        return f"{said}_mark"
    return "deletion_mark" if flags <= _SAP_MARKS else "void_mark"  # in SAP "S" is blocked, not sí


def is_yes(text: str) -> bool:
    """Whether a mark is set."""
    return _flag(text) in _YES


def is_no(text: str) -> bool:
    """Whether a mark is not set."""
    return _flag(text) in _NO


def _flag(value: Any) -> str:
    text = str(value).strip().casefold()
    return text[:-2] if text.endswith(".0") else text
