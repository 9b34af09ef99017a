"""Dates of a table: ISO, with month names, or all-numeric where only one of day-first and month-first can be meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, SchemaError
from ._parsing import Problem, parse_iso, parse_values
from ._schema import Column

_MONTHS = {
    m: i + 1 for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTHS |= {m: i + 1 for i, m in enumerate(_NAMES)} | {"sept": 9}
_TIME = r"(?:[T ,]+(?P<h>\d{1,2}):(?P<mi>\d\d)(?::(?P<s>\d\d)(?:\.\d+)?)?\s*(?P<ap>[AaPp]\.?[Mm]\.?)?)?"
_NUMERIC = re.compile(r"(?P<a>\d{1,2})(?P<sep>[./\-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d\d)" + _TIME, re.ASCII)
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<sep>[./])(?P<b>\d{1,2})(?P=sep)(?P<a>\d{1,2})" + _TIME, re.ASCII)
_NAMED = re.compile(
    r"(?P<a>\d{1,2})(?:st|nd|rd|th)?[\s.\-/]*(?P<m>[A-Za-z]{3,9})\.?[\s,.\-/]*(?P<y>\d{4}|\d\d)" + _TIME,
    re.ASCII,
)
_NAMED_FIRST = re.compile(
    r"(?P<m>[A-Za-z]{3,9})\.?[\s\-]*(?P<a>\d{1,2})(?:st|nd|rd|th)?[\s,\-]+(?P<y>\d{4}|\d\d)" + _TIME, re.ASCII
)
_WEEKDAY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+", re.IGNORECASE)


def parse_dates(
    values: Sequence[Any], column: Column, source: Any, fmt: str | None, tz: tzinfo
) -> tuple[pd.Series, list[Problem]]:
    """Return a column of dates of a table, and what could not be parsed.

    Raises
    ------
    SchemaError
        The column is all-numeric and both orders of day and month fit, or neither fits every value.
    """
    texts = {v.strip() for v in values if isinstance(v, str)}
    memo: dict[str, datetime] = {}
    if fmt is not None:
        memo = {t: moment for t in texts if (moment := _by_format(t, fmt)) is not None}
    else:
        numeric = {t: m for t in texts if (m := _NUMERIC.fullmatch(t))}
        if numeric:
            memo |= _numeric_dates(numeric, column.name, source)
        for t in texts - memo.keys():
            year_first = _YEAR_FIRST.fullmatch(t)
            moment = (
                _moment(year_first, int(year_first["a"]), int(year_first["b"])) if year_first else _with_month_name(t)
            )
            if moment is not None:
                memo[t] = moment
    # The rest goes to the parser that all dates share, which says what is no date.
    ready = [memo.get(v.strip(), v) if isinstance(v, str) else v for v in values]
    unfit: list[Problem] = []
    if fmt is not None:  # a stated format is the only one: other forms are problems
        unfit = [(i, v, f"does not fit the format {fmt}") for i, v in enumerate(ready) if isinstance(v, str)]
        ready = [None if isinstance(v, str) else v for v in ready]
    if column.kind == "instant":
        instants, problems = parse_values(ready, "instant", tz)
        return instants, problems + unfit
    moments = [parse_iso(v) if v is not None else (None, "") for v in ready]
    problems = unfit + [(i, values[i], why) for i, (_, why) in enumerate(moments) if why]
    local = [None if m is None else (m if m.tzinfo is None else m.astimezone(tz)).date() for m, _ in moments]
    return pd.Series(np.array(local, dtype="datetime64[D]").astype("datetime64[us]")), problems


def _numeric_dates(found: dict[str, re.Match[str]], name: str, source: Any) -> dict[str, datetime]:
    day_first = {t: _moment(m, int(m["a"]), int(m["b"])) for t, m in found.items()}
    month_first = {t: _moment(m, int(m["b"]), int(m["a"])) for t, m in found.items()}
    fits = [way for way in (day_first, month_first) if all(v is not None for v in way.values())]
    if len(fits) != 1:
        sample = ", ".join(repr(t) for t in sorted(found)[:3])
        why = "day-first and month-first both fit" if fits else "neither day-first nor month-first fits every value"
        year = "%Y" if len(next(iter(found.values()))["y"]) == 4 else "%y"
        raise SchemaError(
            f"the dates of {source!r} are all-numeric ({sample}) and {why}: pass "
            f"date_formats={{{name!r}: '%d/%m/{year}'}} or {{{name!r}: '%m/%d/{year}'}}"
        )
    return {t: v for t, v in fits[0].items() if v is not None}


def _with_month_name(text: str) -> datetime | None:
    plain = _WEEKDAY.sub("", text)
    found = _NAMED.fullmatch(plain) or _NAMED_FIRST.fullmatch(plain)
    month = _MONTHS.get(found["m"].casefold()) if found else None
    return _moment(found, int(found["a"]), month) if found and month else None


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


def _by_format(text: str, fmt: str) -> datetime | None:
    try:
        return datetime.strptime(text, fmt)
    except ValueError as e:
        if "bad directive" in str(e) or "stray %" in str(e):
            raise ConfigError(f"date_formats: {fmt!r} is no date format: use one like '%d.%m.%Y'") from None
        return None
