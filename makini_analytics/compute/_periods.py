"""Months, quarters, fiscal years and weeks by the names that pandas has for them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..errors import ConfigError

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905


#: What people and other libraries call the periods.
_CALLED = {
    **dict.fromkeys(("month", "months", "monthly", "me", "ms"), "M"),
    **dict.fromkeys(("quarter", "quarters", "quarterly", "qe", "qs"), "Q"),
    **dict.fromkeys(("year", "years", "yearly", "annual", "annually", "a", "ye", "ys"), "Y"),
    **dict.fromkeys(("week", "weeks", "weekly", "w-sun"), "W"),
}


def freq_of(text: str) -> str:
    """Return the letter of a period, however it is called; what is none stays as it is.

    >>> freq_of("monthly"), freq_of("q"), freq_of("YE"), freq_of("fortnight")
    ('M', 'Q', 'Y', 'fortnight')
    """
    word = text.strip().casefold()
    return _CALLED.get(word, word.upper() if len(word) == 1 else text)


def period_alias(freq: str, fiscal_year_start: int) -> str:
    """Return pandas' name of the period, years and quarters ending before the fiscal year's first month."""
    if fiscal_year_start not in range(1, 13):
        raise ConfigError(f"fiscal_year_start={fiscal_year_start!r}: pass the month, 1 to 12")
    end = _MONTHS[(fiscal_year_start - 2) % 12]
    aliases = {"M": "M", "Q": f"Q-{end}", "Y": f"Y-{end}", "W": "W-SUN"}
    if freq not in aliases:
        raise ConfigError(f"freq={freq!r}: pass 'M', 'Q', 'Y' or 'W'")
    return aliases[freq]


def period_number(day: Any, freq: str, fiscal_year_start: int) -> Any:
    """Return pandas' number of the period that a day lies in, from whole days since 1970: of an array, or in any engine.

    The month by Howard Hinnant's integer arithmetic (``civil_from_days``), which needs no calendar but that of the engine's
    whole numbers. No quotient is of a negative number, where engines round differently, for days after the year 0.

    >>> int(period_number(19_782, "M", 1)), pd.Period("2024-02-29", "M").ordinal
    (649, 649)
    """
    alias = period_alias(freq, fiscal_year_start)
    zero = int(pd.Period("1970-01-01", freq=alias).ordinal)
    if freq == "W":
        weeks = 110_000  # enough to lift every day since the year 0 above zero; day 0 was a Thursday, the fourth of its week
        return (day + 3 + 7 * weeks) // 7 - weeks + zero
    # an era is the 400 years, of 146,097 days, after which the calendar repeats; day 0 is the first of March of the year 0, so
    # that the leap day is the last one of its year and moves no other
    era = (day + 719_468) // 146_097
    of_era = day + 719_468 - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)  # days since the first of March
    # from March on months have 31 30 31 30 31 days and so again, 153 in five: day 30 gives 152 // 153 = 0, which is March, and
    # day 31 gives 157 // 153 = 1, April
    month = (year + era * 400) * 12 + (5 * of_year + 2) // 153 + 2  # since the year 0
    months = {"M": 1, "Q": 3, "Y": 12}[freq]
    shift = 12 - (fiscal_year_start - 1)
    return (month + shift) // months - (1970 * 12 + shift) // months + zero
