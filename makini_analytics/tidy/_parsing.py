"""Raw values to typed ones: what a number, a day, an instant, a flag and a text look like in an answer of the API.

Nothing is guessed. A value that can't be parsed becomes missing, with its position and the reason. ``null`` is simply missing, while
``""`` is reported, so that zero, empty and missing stay three things.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:  # then texts are checked one by one
    pa = None

from ..errors import ConfigError
from ._plain_numbers import number_of, plain_numbers
from ._schema import DTYPES

Problem = tuple[int, Any, str]  # position, value, reason

#: What systems store for "no date": zeros, the first and the last day of a calendar (1899-12-30 that of OLE, 2154-12-31 of Dynamics 365).
SENTINEL_DAYS = {
    "0000-00-00", "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01", "2154-12-31", "9999-12-31",
}  # fmt: skip
#: What PHP makes of 0000-00-00, the day before the 1st of the month before January.
_PHP_ZERO = "-0001-11-30"
#: A year outside of these is a typing error, and overflows the nanoseconds of older pandas.
YEARS = range(1901, 2154)

#: Reasons for which a value counts as absent and not as unreadable: the source has nothing there, and writes it in its own way.
ABSENT = frozenset({"stands for no date", "empty text"})

#: Dates that are marks as well: "X" is no day, yet it says that the line is deleted.
MARKS = frozenset({"deleted_at", "cancelled_date"})
_NO_MARKS = {
    "false", "no", "n", "f", "0", "0.0", "-", "nein", "non", "nao", "não", "nee", "nie", "none", "null", "nan", "nat", "active", "open",
    "falsch", "faux", "falso", "onwaar", "fałsz", "aktiv", "actif", "activo", "attivo", "ativo",
}  # fmt: skip
#: What people write where there is no day, or none yet.
_NO_DAYS = _NO_MARKS | {
    "n/a", "na", "tbd", "tba", "tbc", "to be determined", "to be defined", "to be confirmed", "to be advised", "to be announced", "pending", "unknown",
    "not yet", "not delivered", "undelivered", "not received", "not set", "offen", "ausstehend", "unbekannt", "nicht geliefert", "en attente", "à définir",
    "non livré", "pendiente", "por definir", "no entregado", "in attesa", "da definire", "non consegnato", "pendente", "a definir", "não entregue", "onbekend",
    "nog niet", "niet geleverd", "brak", "nieznana", "nie dostarczono",
}  # fmt: skip

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s*(Z|z|[+-]\d\d(:?\d\d)?)?)?|\d{8}", re.ASCII)
_TICKS = re.compile(r"\\?/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\\?/", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")
_FLAGS = dict.fromkeys(("true", "1", "yes", "y", "x"), True) | dict.fromkeys(("false", "0", "no", "n"), False)


def is_no_mark(value: Any) -> bool:
    """Whether a value in the place of a deletion mark says that there is none.

    >>> [is_no_mark(v) for v in (False, "No", 0, [], "X", "2024-01-31", True)]
    [True, True, True, True, False, False, False]
    """
    if isinstance(value, bool | np.bool_ | dict | list):  # an empty object is how PHP writes nothing
        return not value
    return str(value).strip().casefold() in _NO_MARKS


def says_no_day(text: str) -> bool:
    """Whether a text in the place of a day says that there is none, or none yet: what is "TBD" has not come.

    >>> [says_no_day(t) for t in ("TBD", "n/a", "Not delivered", "soon", "2024-01-31")]
    [True, True, True, False, False]
    """
    return text.casefold().replace(".", "") in _NO_DAYS


def zone(name: str | tzinfo) -> tzinfo:
    """Return the time zone of that name, or raise `ConfigError`."""
    if isinstance(name, tzinfo):
        return name
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, AttributeError, OSError) as e:
        shown = " ".join(repr(name).split())
        raise ConfigError(f"timezone={shown} is no time zone: pass one like 'Europe/Berlin' or 'UTC'") from e


def parse_values(values: Sequence[Any], kind: str, tz: tzinfo = UTC, times: bool = False) -> tuple[Any, list[Problem]]:
    """Return the values as an array of the dtype of ``kind`` (see `DTYPES`), and what could not be parsed; of days see `DayBuilder`."""
    if kind == "number":
        return parse_numbers(values)
    if kind == "day":
        return _days(values, tz, times)
    if kind == "instant":
        moments, problems = parse_instants(values)
        return pd.Series(moments).dt.tz_localize("UTC"), problems
    if kind == "text" and (texts := arrow_texts(values)) is not None:
        return pd.array(texts, dtype=DTYPES[kind]), []
    if kind == "text" and set(map(type, values)) <= {str, type(None)} and _is_sound("".join(filter(None, values))):
        return pd.array(values, dtype=DTYPES[kind]), []
    one = _flag if kind == "flag" else _text
    got, problems = _each(values, one)
    return pd.array(got, dtype=DTYPES[kind]), problems


def arrow_texts(values: Sequence[Any]) -> Any:
    """Return an Arrow array where all values are valid texts or missing; None where one is not, or pyarrow is not installed."""
    if pa is None:
        return None
    try:
        return pa.array(values, pa.large_string())
    except (pa.ArrowException, TypeError, UnicodeError):
        return None


def _each(values: Sequence[Any], one: Callable[[Any], tuple[Any, str]]) -> tuple[list[Any], list[Problem]]:
    """Parse each distinct value once."""
    memo: dict[Any, tuple[Any, str]] = {}
    out: list[Any] = []
    problems: list[Problem] = []
    for i, v in enumerate(values):
        if v is None:
            out.append(None)
            continue
        key = (type(v), v)
        try:
            got = memo.get(key)
            if got is None:
                got = memo[key] = one(v)
        except TypeError:  # a list or an object can't be a key
            got = one(v)
        out.append(got[0])
        if got[1]:
            problems.append((i, v, got[1]))
    return out, problems


def sound(text: str) -> str:
    """Return a text that every file format can hold: JSON allows half a surrogate pair, which becomes U+FFFD."""
    return text if _is_sound(text) else _HALF.sub("\ufffd", text)


def _is_sound(text: str) -> bool:
    return text.isascii() or not _HALF.search(text)


def _text(value: Any) -> tuple[str | None, str]:
    if isinstance(value, str):
        clean = sound(value)
        return clean, "" if clean is value else "not valid Unicode; the faulty characters replaced"
    if isinstance(value, bool):
        return ("true" if value else "false"), ""
    if isinstance(value, float | np.floating) and value == value and float(value).is_integer():
        # a key that became a float because another one is missing: 4500000001.0
        lost = "held as a float of 16 digits or more: the last ones may be lost" if abs(float(value)) >= 1e15 else ""
        return str(int(value)), lost
    if isinstance(value, int | float | Decimal | np.integer | np.floating):
        return (None, "") if value != value else (str(value), "")
    if isinstance(value, date | datetime):
        return value.isoformat(), ""
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return sound(", ".join(value)), ""
    if isinstance(value, dict | list):
        text = sound(json.dumps(value, ensure_ascii=False, default=str))
        return text, "an object where a text was expected; kept as JSON"
    return (None, "") if value is pd.NA or value is pd.NaT else (str(value), "")


def _flag(value: Any) -> tuple[bool | None, str]:
    if isinstance(value, bool | np.bool_):
        return bool(value), ""
    known = _FLAGS.get(text := str(value).strip().casefold())
    return known, "" if known is not None or not text else "neither true nor false"


# ---- numbers -------------------------------------------------------------------------------------------------------


def parse_numbers(values: Sequence[Any]) -> tuple[np.ndarray[Any, Any], list[Problem]]:
    """Return the numbers, and what could not be parsed."""
    fast = plain_numbers(values)
    if fast is not None:
        return fast, []
    got, problems = _each(values, number_of)
    return np.array(got, dtype=float), problems


# ---- days and instants ---------------------------------------------------------------------------------------------


def parse_iso(value: Any) -> tuple[datetime | None, str]:
    """Return a date or date-time as the source wrote it, with its own zone if it has one, or the reason why not."""
    if isinstance(value, dict) and isinstance(
        value.get("date"), str
    ):  # PHP serialises a DateTime as {"date": ..., "timezone_type": 3, "timezone": "UTC"}
        return _with_php_zone(value)
    if isinstance(value, datetime):  # a Timestamp, too
        return (None, "") if value is pd.NaT else _plausible(value)
    if isinstance(value, date):
        return _plausible(datetime(value.year, value.month, value.day))
    if isinstance(value, np.datetime64):
        return (None, "") if np.isnat(value) else parse_iso(pd.Timestamp(value))
    if (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return None, ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None, "a number where a date was expected"
    if not isinstance(value, str):
        return None, "stands for no date" if value is False else "not a date"
    text = value.strip()
    if not text:
        return None, "empty text"
    if text[:10] in SENTINEL_DAYS or text.startswith(_PHP_ZERO) or not text.strip("0"):  # SAP writes 00000000
        return None, "stands for no date"
    ticks = _TICKS.fullmatch(text)
    if ticks:  # milliseconds since 1970, as Microsoft's JSON has them; the zone behind them is for display
        try:
            return _plausible(datetime.fromtimestamp(int(ticks[1]) / 1000, UTC))
        except (OverflowError, ValueError, OSError):
            return None, "no day of the calendar"
    if not _ISO.fullmatch(text):
        return None, "stands for no date" if says_no_day(text) else "not a date"
    try:
        return _plausible(datetime.fromisoformat(text.replace(",", ".").replace(" +", "+").replace(" Z", "Z")))
    except ValueError:
        return None, "no day of the calendar"


def _plausible(moment: datetime) -> tuple[datetime | None, str]:
    if moment.date().isoformat() in SENTINEL_DAYS:  # strftime writes the year 1 as "1"
        return None, "stands for no date"
    return (moment, "") if moment.year in YEARS else (None, "a year that can't be meant")


def _with_php_zone(value: dict[str, Any]) -> tuple[datetime | None, str]:
    moment, reason = parse_iso(value["date"])
    if moment is None or moment.tzinfo is not None:
        return moment, reason
    name = str(value.get("timezone", "UTC"))
    if re.fullmatch(r"[+-]\d\d:\d\d", name, re.ASCII):
        hours, minutes = int(name[:3]), int(name[0] + name[4:])
        if abs(hours) > 23 or abs(minutes) > 59:
            return None, "not a time zone"
        return moment.replace(tzinfo=timezone(timedelta(hours=hours, minutes=minutes))), ""
    try:
        return moment.replace(tzinfo=zone("UTC" if name == "Z" else name)), ""
    except ConfigError:
        return None, "not a time zone"


def _days(values: Sequence[Any], tz: tzinfo, has_times: bool) -> tuple[pd.Series, list[Problem]]:
    plain = _uniform_instants(values)
    if plain is not None:  # fast path: all written alike, as in most columns
        days = plain.astype("datetime64[D]")
        if tz is not UTC and (has_times or not ((days == plain) | np.isnat(plain)).all()):
            days = _local_days(plain, tz)
        return pd.Series(days.astype("datetime64[us]")), []
    moments, problems = _each(values, parse_iso)
    return days_of(moments, tz, has_times), problems


def days_of(moments: Sequence[datetime | None], tz: tzinfo, has_times: bool = False) -> pd.Series[Any]:
    """Return the days of a column's moments in a time zone.

    A column of nothing but midnights, each in the zone that it names, holds calendar days written as instants. Converted to New York,
    2025-03-05T00:00:00Z would become the day before, and 2025-03-05T00:00:00+01:00 does so in UTC already: they are left alone,
    unless ``has_times`` says that the column has more than midnights.
    """
    distinct = {(m, m.utcoffset()): m for m in moments if m is not None}  # the same instant may be of two days
    bare = not has_times and all(m.time() == time() for m in distinct.values() if m.tzinfo is not None)
    days: dict[Any, np.datetime64] = {
        key: np.datetime64((m if m.tzinfo is None or bare else m.astimezone(tz)).date(), "D")
        for key, m in distinct.items()
    }
    nothing = np.datetime64("NaT", "D")
    local = [nothing if m is None else days[m, m.utcoffset()] for m in moments]
    return pd.Series(np.array(local, dtype="datetime64[D]").astype("datetime64[us]"))


def _local_days(moments: np.ndarray[Any, Any], tz: tzinfo) -> np.ndarray[Any, Any]:
    local = pd.Series(moments).dt.tz_localize("UTC").dt.tz_convert(tz).dt.tz_localize(None)
    return local.to_numpy().astype("datetime64[D]")


def parse_instants(values: Sequence[Any]) -> tuple[np.ndarray[Any, Any], list[Problem]]:
    """Return the instants in UTC, without a zone, and what could not be parsed."""
    fast = _uniform_instants(values)
    if fast is not None:
        return fast, []
    moments, problems = _each(values, parse_iso)
    utc = [None if m is None else (m if m.tzinfo is None else m.astimezone(UTC)) for m in moments]
    return np.array([None if m is None else m.replace(tzinfo=None) for m in utc], dtype="datetime64[us]"), problems


_FIRST, _LAST = (np.datetime64(f"{year}-01-01", "us") for year in (YEARS.start, YEARS.stop))
_ZERO, _ONE = (np.datetime64(f"1970-01-0{day}", "us") for day in (1, 2))


def _uniform_instants(values: Sequence[Any]) -> np.ndarray[Any, Any] | None:
    """Return the instants where all are written like ``2025-03-05T09:14:02Z`` and plausible, else None."""
    moments = _numpy_instants(values) if pa is None else _arrow_instants(values)
    if moments is None:
        return None
    # 1970-01-01 stands for no date; the other sentinel days lie outside of YEARS anyway
    odd = (moments < _FIRST) | (moments >= _LAST) | ((moments >= _ZERO) & (moments < _ONE))
    return None if odd.any() else moments


def _arrow_instants(values: Sequence[Any]) -> np.ndarray[Any, Any] | None:
    texts = arrow_texts(values)
    if texts is None:
        return None
    written = pc.and_(pc.equal(pc.binary_length(texts), 20), pc.ends_with(texts, "Z"))
    if pc.all(written).as_py() is False:
        return None
    try:
        return np.asarray(texts.cast(pa.timestamp("us", "UTC")).to_numpy(False).astype("datetime64[us]"))
    except pa.ArrowException:
        return None


def _numpy_instants(values: Sequence[Any]) -> np.ndarray[Any, Any] | None:
    given = [v for v in values if v is not None]
    if set(map(type, given)) - {str} or any(len(v) != 20 or v[10:20:3] != "T::Z" for v in given):
        return None  # numpy would accept other forms, with a warning
    try:
        return np.array([None if v is None else v[:-1] for v in values], dtype="datetime64[us]")
    except (ValueError, TypeError):
        return None
