"""The prices on a vendor's page: those of the last year that changed, and what that came to."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import charts, spend, units
from ..compute import by_the_box
from ..frames import AsOfDays
from ._lists import shown
from ._settle import LONGEST, much, said

#: Prices that fit the page.
_PRICES = 5


def prices(mine: pd.DataFrame, day: AsOfDays, since: pd.Timestamp) -> dict[str, Any] | None:
    """Return the prices whose change matters most, of the last year that has some since a day, in the currency of most lines."""
    currency = mine["currency"].mode() if "currency" in mine else pd.Series(dtype="string")
    if not len(currency):
        return None
    if not any(c in mine and mine[c].notna().any() for c in ("material_id", "product_id", "product_code")):
        return None  # nothing says what was bought
    changes = spend.price_changes(mine, currency=str(currency.iloc[0]), as_of=day)
    changes = changes[changes["ppv"].notna() & (changes["period"].dt.end_time >= since)]
    other = by_the_box((changes["price"] / changes["base_price"]).to_numpy(dtype=float), changes["unit"])
    effect = changes["ppv"].abs()
    # a price by the box beside one by the piece is no change: where such lines would decide the total, it is left out
    if not len(changes) or effect[other].sum() > effect.sum() / 2:
        return None
    last = changes["period"].max()
    changes = changes[changes["period"] == last]
    total, base = changes["ppv"].sum(), (changes["base_price"] * changes["quantity"]).sum()
    table = shown(changes).loc[changes["ppv"].abs().sort_values(ascending=False, kind="stable").index].head(_PRICES)
    written = _as_written(mine)
    rows = [
        (
            said(row["item"]),
            charts.label(said(row["description"]), LONGEST),
            much(row["quantity"], written.get(row["unit"], row["unit"])),
            charts.price(row["base_price"]),
            charts.price(row["price"]),
            _signed(row["ppv_rate"] * 100, 1) + " %",
            _signed(row["ppv"]),
        )
        for row in table.to_dict("records")
    ]
    change = _signed(total / base * 100, 1) + " %"
    told = {"year": str(last), "change": change, "n": len(changes), "currency": str(currency.iloc[0]), "rows": rows}
    others = sorted(set(mine["currency"].dropna()) - {currency.iloc[0]})
    return told | {"so_far": last.end_time.normalize() > day.day, "others": ", ".join(map(str, others))}


def _as_written(mine: pd.DataFrame) -> dict[Any, Any]:
    """Return how the orders write each unit that prices are per, where they write it in one way: pieces as PC, say, not as EA."""
    given = mine["unit_of_measure"].dropna() if "unit_of_measure" in mine else pd.Series(dtype="string")
    base, times = units.based(given)
    ways = pd.DataFrame({"base": base, "given": given})[times == 1].drop_duplicates()
    return dict(ways.drop_duplicates("base", keep=False).itertuples(index=False, name=None))


def _signed(value: float, decimals: int = 0) -> str:
    return ("+" if round(value, decimals) > 0 else "") + charts.number(value, decimals)
