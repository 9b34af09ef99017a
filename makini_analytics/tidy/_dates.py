"""Dates of a table: ISO, with month names, as numbers of a stated form, or all-numeric where the table shows which of day and month comes first.

``05/03/2024`` is March in one export and May in the next. A table shows which: beside ``13/02/2024`` it can only be March. So the
order is judged over all date columns of a table together, and where both orders fit, the caller is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, SchemaError
from ._parsing import Problem, days_of, parse_iso, parse_values, says_no_day
from ._schema import Column

#: Stated forms that no pattern of strptime covers.
DAY_FIRST, MONTH_FIRST, EXCEL, EXCEL_1904 = "dayfirst", "monthfirst", "excel", "excel1904"
#: Seconds and milliseconds since 1970, under pandas' names.
_TICKS_A_SECOND = {"s": 1, "ms": 1000}
_WORDS = (DAY_FIRST, MONTH_FIRST, EXCEL, EXCEL_1904, *_TICKS_A_SECOND)
#: Day 0 of Excel's two calendars; the first one's is early by two, since it has a 29 February 1900 and begins at 1.
_DAY_ZERO = {EXCEL: datetime(1899, 12, 30), EXCEL_1904: datetime(1904, 1, 1)}
#: What a year of two digits can be: 68 and 69 are no 2068 and 1969, and may be the Buddhist years 2568 and 2569.
_SHORT_YEARS = range(1980, 2050)
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "de_AT")

_TIME = r"(?:[T ,]+(?P<h>\d{1,2}):(?P<mi>\d\d)(?::(?P<s>\d\d)(?:[.,]\d+)?)?\s*(?P<ap>[AaPp]\.?[Mm]\.?)?)?"
_NUMERIC = re.compile(r"(?P<a>\d{1,2})(?P<sep>[./\-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d\d)\.?" + _TIME, re.ASCII)
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<sep>[./])(?P<b>\d{1,2})(?P=sep)(?P<a>\d{1,2})" + _TIME, re.ASCII)
_MONTH = r"(?P<m>[^\W\d_]{3,12})\.?"
_OF = r"[\s.,/\-]*(?:(?:de|of|den)\s+)?"  # 5 de marzo de 2024
_NAMED = re.compile(rf"(?P<a>\d{{1,2}})(?:st|nd|rd|th|er|º|°)?{_OF}{_MONTH}{_OF}(?P<y>\d{{4}}|\d\d)" + _TIME)
_NAMED_FIRST = re.compile(rf"{_MONTH}[\s\-]*(?P<a>\d{{1,2}})(?:st|nd|rd|th)?[\s,\-]+(?P<y>\d{{4}}|\d\d)" + _TIME)
_NAMED_LAST = re.compile(rf"(?P<y>\d{{4}})[\s\-./]+{_MONTH}[\s\-./]+(?P<a>\d{{1,2}})" + _TIME)
_WEEKDAY = re.compile(r"^[^\W\d_]{2,12}(?:-feira)?(?:[.,]+\s*|\s+(?=\d))")  # quarta-feira, poniedziałek
_ZEROS = re.compile(r"0{1,4}(?P<z>[./\-])0{1,2}(?P=z)0{1,4}(?:[T ]+[0:]+)?|0{8}(?:0{6})?")


@dataclass
class DateOrder:
    """Looks at the all-numeric dates of a table, wherever they stand, until it is clear whether the day or the month comes first.

    Attributes
    ----------
    only : by column and order, a date that only this order can read
    either : by column, the dates that both orders read as two different days
    short : the dates of all columns whose year has two digits
    """

    only: dict[Any, dict[str, str]] = field(default_factory=dict)
    either: dict[Any, list[str]] = field(default_factory=dict)
    short: list[re.Match[str]] = field(default_factory=list)

    def look(self, source: Any, texts: Iterable[str]) -> None:
        """Take the texts of a column into account."""
        only, either = self.only.setdefault(source, {}), self.either.setdefault(source, [])
        for text in texts:
            found = _NUMERIC.fullmatch(text)
            if found and len(found["y"]) == 2:
                self.short.append(found)
            day_first, month_first = (_numeric(found, way) if found else None for way in (DAY_FIRST, MONTH_FIRST))
            if day_first == month_first:
                continue  # no day of any calendar, or the same day either way, as 03.03.2024
            if day_first is not None and month_first is not None:
                either.append(text)
            else:
                only.setdefault(DAY_FIRST if month_first is None else MONTH_FIRST, text)

    def of(self, name: str, source: Any) -> str:
        """Return the order of a column: its own dates show it, else those of the table's other columns; else `SchemaError`."""
        own, doubtful = self.only[source], self.either[source]
        anywhere = {order for only in self.only.values() for order in only}
        if len(own) == 1:
            return self._unless_year_first(next(iter(own)), name, source)
        if not own and (not doubtful or len(anywhere) == 1):
            return self._unless_year_first(next(iter(anywhere)) if len(anywhere) == 1 else DAY_FIRST, name, source)
        shown = [*sorted(own.values()), *sorted(doubtful)]
        why = "neither day-first nor month-first fits every value" if own else "day-first and month-first both fit"
        one, other = (_as_format(shown, way) for way in (DAY_FIRST, MONTH_FIRST))
        raise SchemaError(
            f"the dates of {source!r} are all-numeric ({', '.join(map(repr, shown[:3]))}) and {why}: pass "
            f"date_formats={{{name!r}: {one!r}}} or {{{name!r}: {other!r}}}"
        )

    def _unless_year_first(self, order: str, name: str, source: Any) -> str:
        """Return the order, unless short years may well come first: 24/01/31 can be 24 January 2031 and 31 January 2024.

        Orders are of a few years. Where the years read in front lie closer together than those read behind by far, the caller is asked.
        """
        if not self.short:
            return order
        behind = [d for found in self.short if (d := _numeric(found, order))]
        in_front = [d for found in self.short if (d := _short_year_first(found))]
        if len(in_front) < len(self.short) or not behind:
            return order
        if 3 * (max(in_front) - min(in_front)) >= max(behind) - min(behind):
            return order
        text, sep = self.short[0][0], self.short[0]["sep"]
        raise SchemaError(
            f"the dates of {source!r} have years of two digits ({text!r}), which seem to come first: pass "
            f"date_formats={{{name!r}: {sep.join(('%y', '%m', '%d'))!r}}} or {{{name!r}: {_as_format([text], order)!r}}}"
        )


def _as_format(texts: Sequence[str], way: str) -> str:
    """Return the format that reads these texts with the separator that they have; the order by name where no one format reads all."""
    shapes = {(m["sep"], len(m["y"]), m["h"] is not None) for t in texts if (m := _NUMERIC.fullmatch(t))}
    if len(shapes) != 1:
        return way
    sep, digits, timed = next(iter(shapes))
    if timed:
        return way
    parts = ("%d", "%m") if way == DAY_FIRST else ("%m", "%d")
    return sep.join((*parts, "%Y" if digits == 4 else "%y"))


def check_format(name: str, form: str) -> str:
    """Return a stated form under the one spelling that is used here; `ConfigError` where it is none."""
    word = str(form).casefold().replace("_", "").replace("-", "").replace(" ", "")
    if word in _WORDS:
        return word
    try:
        datetime.strptime(datetime(2024, 12, 31).strftime(form), form)
    except (ValueError, TypeError):
        form = ""
    if "%" not in str(form):
        raise ConfigError(
            f"date_formats: {name!r} is given no date format: use one like '%d.%m.%Y', or {', '.join(map(repr, _WORDS))}"
        )
    return str(form)


def numeric_dates(values: Iterable[Any]) -> set[str]:
    """Return the all-numeric dates of a column, which the order of day and month is judged by."""
    return {t for v in values if isinstance(v, str) and _NUMERIC.fullmatch(t := v.strip()) and not _ZEROS.fullmatch(t)}


def read_dates(values: Sequence[Any], column: Column, form: str | None, tz: tzinfo) -> tuple[pd.Series, list[Problem]]:
    """Return a column of dates of a table, and what could not be read.

    ``form`` is the stated one, or the order of day and month that the table shows; None where the column has no such dates.
    """
    known: dict[Any, tuple[Any, str]] = {}  # a column has few distinct dates
    got = [known[key] if (key := _key(v)) in known else known.setdefault(key, _read(v, form)) for v in values]
    unfit = [(i, values[i], why) for i, (_, why) in enumerate(got) if why]
    ready = [moment for moment, _ in got]
    if column.kind == "instant":
        instants, problems = parse_values(ready, "instant", tz)
        return instants, problems + unfit
    moments = [parse_iso(v) if v is not None else (None, "") for v in ready]
    problems = unfit + [(i, values[i], why) for i, (_, why) in enumerate(moments) if why]
    days = days_of([m for m, _ in moments], tz)
    return days, problems + _turned_round(values, moments)


def _key(value: Any) -> Any:
    return type(value), repr(value) if isinstance(value, dict | list) else value


def _read(value: Any, form: str | None) -> tuple[Any, str]:
    """Return what the one reader of dates is given for a value, or None and why it is no date."""
    if isinstance(value, pd.Period):
        exact = value.freq.n == 1 and value.start_time.date() == value.end_time.date()
        return (value.start_time.to_pydatetime(), "") if exact else (None, "a period of several days, not a day")
    if isinstance(value, time):  # a spreadsheet's day 1, which stands for none, comes as midnight
        return None, "a time where a date was expected" if value != time() else "stands for no date"
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if number and value != value:
        return None, ""
    text = (str(int(value)) if value == int(value) else repr(value)) if number else value
    if not isinstance(text, str):
        return value, ""
    text = text.strip()
    if _ZEROS.fullmatch(text) or says_no_day(text):
        return None, "stands for no date"
    if form in _DAY_ZERO:
        return _by_serial(text, form)
    if form in _TICKS_A_SECOND:
        return _by_ticks(text, form)
    if form is not None and form not in _WORDS:  # a stated format is the only one: nothing is read in another way
        moment = _by_format(text, form)
        return moment, "" if moment is not None else f"does not fit the format {form}"
    if number or (text.isdecimal() and len(text) != 8):  # texts of eight digits are ISO dates
        return None, _hint(text)
    moment = _by_shape(text, form)
    return (value, "") if moment is None else _unless_short(moment, text)


def _unless_short(moment: datetime, text: str) -> tuple[datetime | None, str]:
    """Return a moment, or why its year of two digits may be another one: 31.12.99 is how a spreadsheet shows 31.12.9999, too."""
    if str(moment.year) in text:
        return moment, ""
    if moment.year not in _SHORT_YEARS:
        return None, "a year of two digits that can't be meant; if it is, pass date_formats with '%y'"
    if (moment.year, moment.month, moment.day) == (1999, 12, 31):
        return None, "31 December of the year 99: of 1999, or no date; if it is a day, pass date_formats with '%y'"
    return moment, ""


def _hint(digits: str) -> str:
    """Return why a number is no date, and what would read it if it is meant as one."""
    said = "a number where a date was expected"
    if re.fullmatch(r"(19|20)\d{6}", digits):
        return f"{said}; if it is YYYYMMDD, pass date_formats with '%Y%m%d'"
    if re.fullmatch(r"[2-7]\d{4}(\.\d+)?", digits):
        return f"{said}; if it is Excel's count of days, pass date_formats with 'excel'"
    if found := re.fullmatch(r"1\d{9}(\d{3})?", digits):
        unit, word = ("ms", "milliseconds") if found[1] else ("s", "seconds")
        return f"{said}; if it counts {word} since 1970, pass date_formats with {unit!r}"
    return said


def _by_serial(text: str, form: str) -> tuple[datetime | None, str]:
    found = re.fullmatch(r"\d{1,6}(?:[.,]\d+)?", text)
    if found:
        return _DAY_ZERO[form] + timedelta(days=float(text.replace(",", "."))), ""
    moment, _ = parse_iso(text)
    return moment, "" if moment is not None else f"does not fit the format {form}"


def _by_ticks(text: str, form: str) -> tuple[datetime | None, str]:
    try:
        return datetime.fromtimestamp(float(text) / _TICKS_A_SECOND[form], UTC), ""
    except (ValueError, OverflowError, OSError):
        return None, f"does not fit the format {form}"


def _by_format(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def _by_shape(text: str, order: str | None) -> datetime | None:
    """Return a date by the shape of its text, or None: then it is ISO, or no date."""
    found = _NUMERIC.fullmatch(text)
    if found:
        if order is not None:
            return _numeric(found, order)
        return _numeric(found, DAY_FIRST) or _numeric(found, MONTH_FIRST)
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        return _moment(found, int(found["a"]), int(found["b"]))
    for plain in (text, _WEEKDAY.sub("", text)):
        found = _NAMED.fullmatch(plain) or _NAMED_FIRST.fullmatch(plain) or _NAMED_LAST.fullmatch(plain)
        month = _month_names().get(_folded(found["m"])) if found else None
        if found and month:
            return _moment(found, int(found["a"]), month)
    return None


def _numeric(found: re.Match[str], order: str) -> datetime | None:
    a, b = int(found["a"]), int(found["b"])
    return _moment(found, a, b) if order == DAY_FIRST else _moment(found, b, a)


def _short_year_first(found: re.Match[str]) -> datetime | None:
    """Return a date of two-digit parts read as year, month, day."""
    try:
        return datetime(2000 + int(found["a"]), int(found["b"]), int(found["y"]))
    except ValueError:
        return None


@cache
def _month_names() -> dict[str, int]:
    """Return the months by name in the languages of the exports that people have, short and long, by CLDR's tables."""
    from babel.dates import get_month_names

    names = {"mrz": 3}  # how Windows and Excel shorten März, which CLDR does not
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for use in ("format", "stand-alone"):
                for month, name in get_month_names(width, use, language).items():
                    names[_folded(name)] = month
                    names[_folded(name.replace("ä", "ae"))] = month
    return names


def _folded(name: str) -> str:
    """Return a name without case, accents and final dot."""
    split = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in split if not unicodedata.combining(c)).strip(". ")


def _moment(found: re.Match[str], day: int, month: int) -> datetime | None:
    year = int(found["y"])
    if len(found["y"]) == 2:
        year += 1900 if year >= 69 else 2000  # as POSIX strptime does
    hour = int(found["h"] or 0)
    half = (found["ap"] or "").casefold()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        return datetime(year, month, day, hour, int(found["mi"] or 0), int(found["s"] or 0))
    except ValueError:
        return None


def _turned_round(values: Sequence[Any], moments: Sequence[tuple[datetime | None, str]]) -> list[Problem]:
    """Return the real dates of a column whose other dates stayed text because a spreadsheet took the day for the month.

    Opened under another country's settings, 05/03/2024 becomes 3 May, a date, and 13/02/2024, which has no month 13, stays text. So a
    column is such a one where every text has a day above 12, and no date has.
    """
    texts = [
        m
        for v, (m, _) in zip(values, moments, strict=True)
        if m and isinstance(v, str) and _NUMERIC.fullmatch(v.strip())
    ]
    real = [
        i
        for i, v in enumerate(values)
        if moments[i][0] is not None and (isinstance(v, date | datetime | np.datetime64) or _is_iso(v))
    ]
    days = [d.day for i in real if (d := moments[i][0]) is not None]
    if not texts or not days or min(m.day for m in texts) <= 12 or max(days) > 12:
        return []
    why = "beside dates that stayed text: a spreadsheet of another country's settings has read it, and may have taken the day for the month"
    return [(i, values[i], why) for i in real]


def _is_iso(value: Any) -> bool:
    """Whether a text is an ISO date, as which a spreadsheet's own dates may come in a CSV."""
    return isinstance(value, str) and value[4:5] == "-" == value[7:8] and value[:4].isdecimal()
