"""Days between two dates: calendar days, or working days by the site's own weekend and public holidays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError
from ..frames import OnlyInMemory, values
from ._pandas_engine import PandasColumns, as_dates
from ._rule import Columns

Days = npt.NDArray[np.datetime64]
Ints = npt.NDArray[np.int64]
#: None: calendar days. "weekdays": Monday to Friday. "DE" or "US-CA": a country's, or its region's, weekend and public holidays.
#: A mapping of site_id to one of these: each site its own; the key None is for sites that are not named.
WorkCalendar = str | Mapping[Any, str] | None


class Span:
    """How a rule counts the days between two dates: calendar days in any frame, working days in a pandas frame.

    Calendar days are a difference of two numbers, which every engine can take. Working days need the weekend and the holidays of
    each line's own site, and `numpy.busday_count`.
    """

    def __init__(self, calendar: WorkCalendar, *, rolled: bool = False) -> None:
        """``rolled`` moves days that are no working days to the next one.

        What is due on Sunday is due on Monday, and what comes on Saturday counts as of Monday: neither is early by the other.
        """
        self._calendar = calendar
        self._rolled = rolled
        self.working = calendar is not None

    def __eq__(self, other: object) -> bool:
        """Whether days are counted alike: by the same calendar object, which may hold tables that don't compare."""
        if not isinstance(other, Span):
            return NotImplemented
        return self._calendar is other._calendar and self._rolled == other._rolled

    __hash__ = None  # type: ignore[assignment]

    @property
    def name(self) -> str | None:
        """What the days are counted by, for footnotes; None for calendar days."""
        return _name(self._calendar)

    def days(self, c: Columns, begin: Any, end: Any, left_out: Iterable[tuple[Any, str]]) -> Any:
        """Return the days from ``begin`` to ``end``; those of lines that are left out mean nothing."""
        if self._calendar is None:
            return end - begin
        if not isinstance(c, PandasColumns):
            raise OnlyInMemory("working days are counted line by line")
        # the holidays of a country are made year by year, so the years of lines that don't count are not asked for
        kept = ~np.logical_or.reduce([rows for rows, _ in left_out if rows is not None])
        first, last = as_dates(begin), as_dates(np.broadcast_to(end, len(kept)))
        counter = day_counter(c.frame, self._calendar, first[kept], last[kept])
        if self._rolled:
            first, last = counter.rolled(first), counter.rolled(last)
        return counter.between(first, last)


@dataclass(frozen=True)
class DayCounter:
    """Counts the days between two dates of each line, by the calendar of its site."""

    codes: Ints  # which calendar each line goes by
    calendars: list[np.busdaycalendar | None]

    def between(self, begin: Days, end: Days) -> Ints:
        """Return the days from ``begin`` to ``end``, negative where it is earlier; 0 where one of them is missing.

        Working days are those in the span, the first day included and the last one not (`numpy.busday_count`): from Friday to
        Monday it is 1, the Friday itself, where calendar days are 3; from Saturday to Monday it is 0.
        """
        out = np.zeros(len(begin), dtype=np.int64)
        known = ~(np.isnat(begin) | np.isnat(end))
        for code, calendar in enumerate(self.calendars):
            rows = known & (self.codes == code)
            if calendar is None:
                out[rows] = (end[rows] - begin[rows]).astype(np.int64)
            elif rows.any():
                out[rows] = np.busday_count(begin[rows], end[rows], busdaycal=calendar)
        return out

    def rolled(self, days: Days) -> Days:
        """Return the days, those that are no working day moved to the next one."""
        out = days.copy()
        for code, calendar in enumerate(self.calendars):
            rows = (self.codes == code) & ~np.isnat(days)
            if calendar is not None and rows.any():
                out[rows] = np.busday_offset(days[rows], 0, roll="forward", busdaycal=calendar)
        return out


def day_counter(lines: pd.DataFrame, calendar: WorkCalendar, *dates: Days) -> DayCounter:
    """Return the counter of a calendar; ``dates`` are those that it must reach.

    Raises
    ------
    ConfigError
        An unknown calendar, a site without one, or a country where the package holidays is not installed.
    """
    if calendar is None:
        return DayCounter(np.zeros(len(lines), dtype=np.int64), [None])
    span = _years(dates)
    if isinstance(calendar, str):
        return DayCounter(np.zeros(len(lines), dtype=np.int64), [_calendar(calendar, span)])
    if not isinstance(calendar, Mapping) or not calendar:
        raise ConfigError(
            f"calendar={calendar!r}: pass 'weekdays', a country such as 'DE', or a mapping of site_id to one"
        )
    names = sorted(set(calendar.values()))
    site = values(lines, "site_id", "string").astype("string")
    of_site = {s: names.index(c) for s, c in calendar.items() if s is not None}
    code = site.map(of_site).astype("Int64")
    if None in calendar:
        code = code.fillna(names.index(calendar[None]))
    if code.isna().any():
        first = site[code.isna()].iloc[0]
        raise ConfigError(f"calendar: the site {first!r} has none; name it, or pass one for the others under None")
    return DayCounter(code.to_numpy().astype(np.int64), [_calendar(n, span) for n in names])


def _years(dates: tuple[Days, ...]) -> tuple[int, int]:
    known = [d[~np.isnat(d)] for d in dates]
    known = [d for d in known if len(d)]
    if not known:
        return (2000, 2000)
    first, last = min(d.min() for d in known), max(d.max() for d in known)
    # a date of 9999, which some systems write for "never", must not ask for eighty centuries of holidays
    return tuple(int(np.clip(d.astype("datetime64[Y]").astype(int) + 1970, 1950, 2100)) for d in (first, last))  # type: ignore[return-value]


def _calendar(name: str, span: tuple[int, int]) -> np.busdaycalendar:
    if name == "weekdays":
        return np.busdaycalendar("1111100")
    try:
        import holidays
    except ImportError:
        raise ConfigError(
            f"calendar={name!r} needs public holidays: pip install 'makini-analytics[enrich]', or pass 'weekdays'"
        ) from None
    country, _, region = str(name).partition("-")
    years = range(span[0], span[1] + 1)
    try:
        book: Any = holidays.country_holidays(country, subdiv=region or None, years=years)
    except (NotImplementedError, TypeError, AttributeError) as e:
        raise ConfigError(f"calendar={name!r} is no country or region that is known: {e}") from None
    weekmask = "".join("0" if d in book.weekend else "1" for d in range(7))
    # a Saturday that is made a working day in exchange for a bridge day, as in Hungary or China, is still taken as off: the
    # error is a day or two a year
    free = np.array([d for d in book if isinstance(d, date)], dtype="datetime64[D]")
    return np.busdaycalendar(weekmask, free)


def _name(calendar: WorkCalendar) -> str | None:
    if calendar is None:
        return None
    names = [calendar] if isinstance(calendar, str) else sorted(set(calendar.values()))
    countries = [n for n in names if n != "weekdays"]
    if not countries:
        return "working days, Monday to Friday"
    from importlib.metadata import version

    return f"working days of {', '.join(countries)} (public holidays by holidays {version('holidays')})"
