"""Spend by month, quarter, year or week of the order date."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError
from ..grouping import By, count_distinct, group_lines
from ..provenance import AsOf, as_of_day, days_of, stamp
from .counted import counted
from .vendors import order_ids

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905


def by_period(
    lines: Any,
    *,
    freq: str = "M",
    by: By = None,
    currency: str | None = None,
    basis: str = "ordered",
    fiscal_year_start: int = 1,
    as_of: AsOf | None = None,
) -> pd.DataFrame:
    """Ordered spend by period of the order date.

    The same lines count as in ``spend.by_vendor``; a line without an order date can't be placed and is left out and counted. A
    period without orders between a group's first and last is a row of zero spend. A period that ends after the as-of day is
    marked as not complete: it is not to be compared with whole ones.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount`` and ``order_date``.
    freq : "M" month, "Q" quarter, "Y" year, "W" week (Monday to Sunday)
    by : None, a column, several, or "vendor"
    currency : keeps the lines in that currency and counts the rest
    basis : "ordered", "received" or "open"
    fiscal_year_start : month in which the fiscal year starts, 1..12; moves quarters and years
    as_of : the day that the data are known to; by default the lines' own

    Returns
    -------
    DataFrame, one row per (group, period, currency)
        period : period (prints as 2025-03), preceded by the columns of ``by``
        currency : string
        spend : float, in ``currency``
        n_orders, n_lines : int
        complete : boolean; missing where no as-of day is known

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; an unknown ``freq``.

    Examples
    --------
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-05", "2025-03-01"]), "currency": "EUR",
    ...                       "amount": [5.0, 7.0]})
    >>> by_period(lines)[["period", "spend"]]
        period  spend
    0  2025-01    5.0
    1  2025-02    0.0
    2  2025-03    7.0
    """
    alias = _alias(freq, fiscal_year_start)
    frame, selection, value = counted(lines, metric="spend.by_period", basis=basis, currency=currency)
    days = days_of(frame, "order_date")
    selection.exclude(np.isnat(days), "no order date")
    kept = selection.kept
    part, money = frame[kept], value[kept]
    groups = group_lines(part, by, also=("currency",))
    period = pd.PeriodIndex(pd.DatetimeIndex(days[kept].astype("datetime64[us]")).to_period(alias))
    n = len(groups) if len(part) else 0
    ordinal = period.asi8 if len(period) else np.zeros(0, dtype=np.int64)
    first = np.full(n, np.iinfo(np.int64).max)
    last = np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(first, groups.codes, ordinal)
    np.maximum.at(last, groups.codes, ordinal)
    length = last - first + 1
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    cell = start[groups.codes] + ordinal - first[groups.codes] if n else np.zeros(0, dtype=np.int64)
    size = int(start[-1]) if n else 0
    of = np.repeat(np.arange(n), length)
    ordinals = first[of] + np.arange(size) - start[of] if n else np.zeros(0, dtype=np.int64)
    tables = groups.keys.iloc[of].reset_index(drop=True)
    result = tables.assign(
        period=pd.PeriodIndex.from_ordinals(ordinals, freq=period.freq),  # type: ignore[attr-defined]
        currency=tables["currency"].astype("string"),
        spend=np.bincount(cell, weights=money, minlength=size).astype(float),
        n_orders=count_distinct(cell, order_ids(part), size).astype("int64"),
        n_lines=np.bincount(cell, minlength=size).astype("int64"),
    )
    day = _known_to(frame, as_of)
    ends = pd.PeriodIndex(result["period"]).end_time.normalize()
    result["complete"] = pd.array([pd.NA] * size if day is None else np.asarray(ends <= day), dtype="boolean")
    keys = [c for c in groups.keys.columns if c != "currency"]
    result = result[[*keys, "period", "currency", "spend", "n_orders", "n_lines", "complete"]]
    parameters = {"freq": freq, "by": by, "currency": currency, "basis": basis}
    if fiscal_year_start != 1:
        parameters["fiscal_year_start"] = fiscal_year_start  # type: ignore[assignment]
    return stamp(result, metric="spend.by_period", parameters=parameters, selection=selection, lines=frame, as_of=day)


def _alias(freq: str, fiscal_year_start: int) -> str:
    if fiscal_year_start not in range(1, 13):
        raise ConfigError(f"fiscal_year_start={fiscal_year_start!r}: pass the month, 1 to 12")
    end = _MONTHS[(fiscal_year_start - 2) % 12]
    aliases = {"M": "M", "Q": f"Q-{end}", "Y": f"Y-{end}", "W": "W-SUN"}
    if freq not in aliases:
        raise ConfigError(f"freq={freq!r}: pass 'M', 'Q', 'Y' or 'W'")
    return aliases[freq]


def _known_to(frame: pd.DataFrame, as_of: AsOf | None) -> pd.Timestamp | None:
    """Return the as-of day, or None: spend needs none, only the mark of a cut period does."""
    known = as_of is not None or frame.attrs.get("as_of") is not None
    if not known and "updated_at" in frame.columns:
        known = bool(frame["updated_at"].notna().any())
    return as_of_day(frame, as_of) if known else None
