"""The purchases in one currency, as far as there are rates: what is looked at is compared by money."""

from __future__ import annotations

import re
import warnings

import pandas as pd

from .. import charts, currency
from ..errors import ConfigError, MakiniWarning
from ..frames import values
from ..purchases import Purchases
from ..tidy import currency_code
from ._kinds import count

#: Where most lines in other currencies lack a rate, nothing is converted unless a currency was asked for.
_MOST_WITHOUT_RATE = 0.5


def in_one_currency(data: Purchases, to: str | None) -> tuple[Purchases, str | None, str]:
    """Return the purchases in one currency, which one, and what there is to say about it."""
    codes = values(data.lines, "currency", "string").astype("string").dropna().value_counts()
    before = _converted_to(data.lines)
    unit = currency_code(str(to)) if to is not None else before or (str(codes.index[0]) if len(codes) else None)
    others = int(codes.drop(unit, errors="ignore").sum()) if unit else 0
    # converted at the rates of whoever did it: where those have none, others would be no answer
    if unit is not None and unit == before:
        how = str(data.lines.attrs.get("currency", f"converted to {unit}"))
        return data, unit, f"Amounts are {how}.{_without_rate(others)}"
    if unit is None or not others:
        return data, unit, ""
    what = "1 line in another currency" if others == 1 else f"{charts.number(others)} lines in other currencies"
    apart = f"{what} than {unit} {'is' if others == 1 else 'are'} not converted, and so in no amount of findings and figures at a glance"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MakiniWarning)  # lines without a rate are counted below, and said
            made = currency.convert(data, unit)
    except ConfigError as e:
        if to is not None:
            raise ConfigError(str(e).replace(f"to={unit!r}", f"currency={to!r:.40}")) from None
        return data, unit, f"{apart}: no rates are installed (extra “enrich”)."
    if to is not None and not (made.lines["currency"] == unit).any():
        there = ", ".join(map(str, codes.index[:8]))
        raise ConfigError(
            f"currency={to!r:.40}: no line is in it, and there are no rates for it; the lines are in {there}"
        )
    lacking = int((made.lines["currency"] != unit).fillna(True).sum() - data.lines["currency"].isna().sum())
    if to is None and lacking > _MOST_WITHOUT_RATE * others:
        of = "it has" if others == 1 else f"{charts.number(lacking)} of them {'has' if lacking == 1 else 'have'}"
        return data, unit, f"{apart}: {of} no rate."
    again = ", from amounts that were converted before" if "original_currency" in data.lines else ""
    said = f"All amounts in {unit}, at the European Central Bank's rate of the order date{again}."
    return made, unit, said + _without_rate(lacking)


def _converted_to(lines: pd.DataFrame) -> str | None:
    """Return the currency that all lines with an amount were converted to by `currency.convert`; None where there is none."""
    if "original_currency" not in lines:
        return None
    told = re.match(r"converted to (\S+)", str(lines.attrs.get("currency", "")))
    there = lines["currency"][lines["amount"].notna()].dropna().unique()
    made = lines["currency"][(lines["original_currency"] != lines["currency"]).fillna(False)].unique()
    to = told[1] if told else str(made[0]) if len(made) == 1 else None
    return to if set(there) <= {to} else None


def _without_rate(n: int) -> str:
    return f" {count(n, 'line')} {'has' if n == 1 else 'have'} no rate and no amount here." if n else ""
