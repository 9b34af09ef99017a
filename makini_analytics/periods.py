"""Months, quarters, fiscal years and weeks by the names that pandas has for them."""

from __future__ import annotations

from .errors import ConfigError

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905


def period_alias(freq: str, fiscal_year_start: int) -> str:
    """Return pandas' name of the period, years and quarters ending before the fiscal year's first month."""
    if fiscal_year_start not in range(1, 13):
        raise ConfigError(f"fiscal_year_start={fiscal_year_start!r}: pass the month, 1 to 12")
    end = _MONTHS[(fiscal_year_start - 2) % 12]
    aliases = {"M": "M", "Q": f"Q-{end}", "Y": f"Y-{end}", "W": "W-SUN"}
    if freq not in aliases:
        raise ConfigError(f"freq={freq!r}: pass 'M', 'Q', 'Y' or 'W'")
    return aliases[freq]
