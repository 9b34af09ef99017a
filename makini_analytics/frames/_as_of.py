"""The as-of day: what had happened by then counts. Of several connections each has its own, unless one is stated for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError
from ._access import days_of, values
from ._codes import encode

#: What is dated outside of these years is a slip, and days before or after it must fit, too.
FIRST_YEAR, LAST_YEAR = 1900, 2199

AsOf = str | pd.Timestamp | Any  # anything that pandas reads as a date

#: Where the lines carry the days of connections that differ, beside ``as_of``, which is the earliest of them.
OWN_DAYS = "as_of_by_connection"
#: Likewise the first and the last order date that each connection was asked for, beside ``since`` and ``until`` that all share.
OWN_WINDOWS = "window_by_connection"
#: Where part of the lines carries the first order day of each connection, in the whole and in the part: if the latter has changed, the
#: lines were cut again.
FIRST_ORDERS = "first_orders_by_connection"


@dataclass(frozen=True)
class AsOfDays:
    """The day to look from: one for all lines, or that of each line's connection."""

    #: Of several the earliest, the last day on which all connections are known; NaT where there are no lines.
    day: pd.Timestamp
    #: The day of each connection; empty where one holds for all.
    own: Mapping[str, pd.Timestamp] = field(default_factory=dict)

    def of(self, connection: Any) -> pd.Timestamp:
        """Return the day of a connection; the common one where it has none of its own."""
        return self.own.get(connection, self.day)

    def of_rows(self, lines: pd.DataFrame) -> npt.NDArray[np.datetime64]:
        """Return the day of each line."""
        if not self.own:
            return np.full(len(lines), self.day.to_datetime64() if not pd.isna(self.day) else "NaT", "datetime64[D]")
        names = encode(values(lines, "connection", "string"), sort=False)
        days = [self.of(name) for name in names.labels] + [self.day]  # the last one is for lines without a connection
        return np.array(days, dtype="datetime64[D]")[names.codes]

    def of_groups(self, lines: pd.DataFrame, codes: npt.NDArray[Any], n: int) -> pd.DatetimeIndex:
        """Return the day of each group of lines; the earliest where connections meet in it: until then all of it is known."""
        common = np.full(n, self.day.to_datetime64(), "datetime64[D]")
        if self.own:
            common[:] = np.datetime64("9999-12-31")
            np.minimum.at(common, codes, self.of_rows(lines))
        return pd.DatetimeIndex(common.astype("datetime64[us]"))

    def __str__(self) -> str:
        """Return the day, or the day of each connection, as a footnote names it.

        >>> one, other = pd.Timestamp("2025-12-31"), pd.Timestamp("2025-11-30")
        >>> print(AsOfDays(one), AsOfDays(other, {"us": other, "emea": one}), sep=" | ")
        2025-12-31 | 2025-11-30 (us), 2025-12-31 (emea)
        """
        if len(self.own) > 4:
            last = max(self.own.values())
            return f"{self.day.date()} to {last.date()}, each of {len(self.own)} connections on its own day"
        told = ", ".join(f"{day.date()} ({name})" for name, day in self.own.items())
        return told or str(self.day.date())


def as_of_days(lines: pd.DataFrame, as_of: AsOf | None) -> AsOfDays:
    """Return the as-of day of lines: the argument, else the frame's own, else the latest change; the latter two by connection."""

    def latest() -> Mapping[Any, Any]:
        if "updated_at" not in lines.columns:
            return {}
        if "connection" not in lines.columns:
            return {None: lines["updated_at"].max()}
        return lines["updated_at"].groupby(lines["connection"], dropna=False, observed=True).max().to_dict()

    def connections() -> set[Any]:
        names = encode(values(lines, "connection", "string"), sort=False)
        labels = [*names.labels, None]  # the last one, code -1, is for lines that name none
        return {labels[code] for code in np.unique(names.codes)}

    return known_days(lines.attrs, as_of, latest, connections, empty=lines.empty)


def known_days(
    attrs: Mapping[Any, Any],
    as_of: AsOf | None,
    latest: Callable[[], Mapping[Any, Any]],
    connections: Callable[[], set[Any]],
    *,
    empty: bool,
) -> AsOfDays:
    """Return the as-of day of lines of any engine, by their attrs.

    ``latest`` tells the latest change of each connection, ``connections`` which there are (None: lines that name none); they look at
    all lines, and are asked only where that is needed.
    """
    if isinstance(as_of, AsOfDays):
        return as_of
    if as_of is not None:
        return AsOfDays(as_day(as_of, empty=empty))
    if attrs.get("as_of") is not None:
        day = as_day(attrs["as_of"], empty=empty)
        own = {name: as_day(d, empty=empty) for name, d in (attrs.get(OWN_DAYS) or {}).items()}
        if not own or min(own.values()) != day:  # a day that was set since the connections came together is one for all
            return AsOfDays(day)
        there = connections()
        days = {name: own.get(name, day) for name in there}
    else:
        days = {None if pd.isna(k) else k: as_day(d, empty=empty) for k, d in latest().items() if not pd.isna(d)}
    first = as_day(min(days.values(), default=attrs.get("as_of")), empty=empty)
    several = len(set(days.values())) > 1
    return AsOfDays(first, {k: days[k] for k in sorted(k for k in days if k is not None)} if several else {})


def known_first_orders(lines: pd.DataFrame) -> dict[str, str]:
    """Return the first order day of each connection in the data that some lines are a part of.

    Of lines that were cut once more, so that their own first order is another, it is not known: the cut may have been one of days.
    """
    told: Mapping[str, tuple[str, str]] = lines.attrs.get(FIRST_ORDERS) or {}
    if not told or "order_date" not in lines:
        return {}
    days = pd.Series(days_of(lines, "order_date"))
    first = {str(c): day for c, day in days.groupby(values(lines, "connection", "string").to_numpy()).min().items()}
    return {c: told[c][0] for c, day in first.items() if c in told and told[c][1] == str(day.date())}


def as_of_day(lines: pd.DataFrame, as_of: AsOf | None) -> pd.Timestamp:
    """Return the one day on which all lines are known."""
    return as_of_days(lines, as_of).day


def as_day(as_of: AsOf | None, *, empty: bool) -> pd.Timestamp:
    """Return an as-of day without time and zone; ``empty`` lines need none."""
    if as_of is None and empty:
        return pd.NaT  # type: ignore[return-value]  # without lines no day is needed
    if as_of is None:
        raise ConfigError("no as-of day: neither the lines carry one nor an updated_at; pass as_of='2026-01-31'")
    day = moment_of("as_of", as_of, last=True)
    local: pd.Timestamp = day.tz_convert("UTC").tz_localize(None) if day.tz is not None else day
    return local.normalize()


#: The year first, or four digits of it beside a month in words.
_CLEAR_DATE = re.compile(r"^\d{4}(?!\d)(?!:)|^\d{8}(?!\d)|^(?=.*(?<!\d)\d{4}(?!\d)).*[A-Za-z]{3}|^(?:today|now)$")


#: A year, a month or a quarter, which pandas would take for its first day.
_SPAN = re.compile(r"\d{4}([-/.]\d{1,2}|-?[Qq][1-4])?|[A-Za-z]{3,9}\.? \d{4}")


def moment_of(name: str, value: Any, *, last: bool = False) -> pd.Timestamp:
    """Return an argument as a moment, or raise `ConfigError` where it is no date, or one that no order has.

    A year, also as a whole number, a quarter or a month is its first day, or its ``last`` one: until June is until the end of it.

    >>> moment_of("until", "2025-06", last=True), moment_of("since", "2025Q2")
    (Timestamp('2025-06-30 00:00:00'), Timestamp('2025-04-01 00:00:00'))
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and FIRST_YEAR <= value <= LAST_YEAR:
        value = str(value)
    span = value
    if isinstance(value, str) and _SPAN.fullmatch(value.strip()):
        with suppress(ValueError):  # "2025-13", of which the error tells below
            span = pd.Period(re.sub("[/.]", "-", value.strip()))
    if isinstance(span, pd.Period):
        value = (span.end_time if last else span.start_time).normalize()
    # any other number would be one of nanoseconds, a moment in 1970
    number = isinstance(value, bool | int | float | np.number)
    if isinstance(value, str) and not _CLEAR_DATE.search(value.strip()):
        number = True  # 01/06/2025 is January to one and June to another, and 12:00 is a time of today
    try:
        moment: Any = pd.NaT if number else pd.Timestamp(value)
    except (
        Exception
    ):  # pandas has many words for it: ValueError, TypeError, OverflowError, AttributeError and some of its own
        moment = pd.NaT
    if moment is pd.NaT:
        raise ConfigError(f"{name}={str(value)!r:.60} is no date: pass one like '2026-01-31'")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ConfigError(f"{name}={str(value)!r:.60}: pass a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment  # type: ignore[no-any-return]


def day_number(day: pd.Timestamp) -> int:
    """Return a day as whole days since 1970; 0 for NaT, which only empty lines have."""
    return 0 if pd.isna(day) else int(day.to_datetime64().astype("datetime64[D]").astype(np.int64))
