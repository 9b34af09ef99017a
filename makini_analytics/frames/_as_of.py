"""The as-of day: what had happened by then counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError

#: What is dated outside of these years is a slip, and days before or after it must fit, too.
FIRST_YEAR, LAST_YEAR = 1900, 2199

AsOf = str | pd.Timestamp | Any  # anything that pandas reads as a date


def as_of_day(lines: pd.DataFrame, as_of: AsOf | None) -> pd.Timestamp:
    """Return the as-of day of a metric: the argument, else the frame's own, else its latest change."""
    if as_of is None:
        as_of = lines.attrs.get("as_of")
    if as_of is None and "updated_at" in lines.columns and lines["updated_at"].notna().any():
        as_of = lines["updated_at"].max()
    return as_day(as_of, empty=lines.empty)


def as_day(as_of: AsOf | None, *, empty: bool) -> pd.Timestamp:
    """Return an as-of day without time and zone; ``empty`` lines need none."""
    if as_of is None and empty:
        return pd.NaT  # type: ignore[return-value]  # without lines no day is needed
    if as_of is None:
        raise ConfigError("no as-of day: neither the lines carry one nor an updated_at; pass as_of='2026-01-31'")
    day = moment_of("as_of", as_of)
    local: pd.Timestamp = day.tz_convert("UTC").tz_localize(None) if day.tz is not None else day
    return local.normalize()


def moment_of(name: str, value: Any) -> pd.Timestamp:
    """Return an argument as a moment, or raise `ConfigError` where it is no date, or one that no order has."""
    # a number would be one of nanoseconds: 2025 a moment in 1970
    number = isinstance(value, bool | int | float | np.number)
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
