"""The price that a purchase is compared with: of the period before, the last, the first, or of a list of your own.

One price per line, in the document's currency and per base unit; missing where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import units
from ..errors import ConfigError, SchemaError, one_of
from ..frames import frame_of, pairs, values
from ._items import Items

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer[Any]]
Baseline = str | Mapping[str, float] | pd.Series | pd.DataFrame


def prices_before(lot: pd.DataFrame, baseline: str) -> Floats:
    """Return the baseline price of each line of a table with key, day, period, quantity, and what was paid, and that at one rate."""
    if not len(lot):
        return np.zeros(0)
    # what was paid in another currency is compared at one rate, and the price then said in that of the line's own document
    out: Floats = _BASE_OF[baseline](lot) * (lot["paid"].to_numpy() / lot["even"].to_numpy())
    return out


def slips_before(lot: pd.DataFrame, odd: npt.NDArray[np.bool_], baseline: str) -> npt.NDArray[np.bool_]:
    """Return which lines have one of the odd prices in their baseline."""
    out: npt.NDArray[np.bool_] = np.zeros(len(lot), dtype=bool)
    if odd.any():
        key = lot["key"].to_numpy()
        rows = np.flatnonzero((np.bincount(key, weights=odd) > 0)[key])  # a slip is in no baseline of another item
        # where the baseline of the marks, instead of the prices, is not 0, one of them is in it
        out[rows] = (
            np.nan_to_num(_BASE_OF[baseline](lot.iloc[rows].assign(even=odd[rows].astype(float), quantity=1.0))) > 0
        )
    return out


@dataclass(frozen=True)
class _Prices:
    """The price by item and period, or day, in that order: what was paid over the quantity, so that large lots weigh more."""

    key: Ints
    when: Ints
    price: Floats
    place: Ints  # of each line

    @classmethod
    def of(cls, lot: pd.DataFrame, when: str) -> _Prices:
        key, at, place = pairs(lot["key"].to_numpy(), lot[when].to_numpy().astype(np.int64))
        sums = lot[["even", "quantity"]].groupby(place).sum()
        return cls(key, at, (sums["even"] / sums["quantity"]).to_numpy(), place)

    def before(self, follows: npt.NDArray[np.bool_] | bool = True) -> Floats:
        """Return for each line the price that stands before its own, of the same item; only where the one ``follows`` the other."""
        out = np.full(len(self.price), np.nan)
        known = (self.key[1:] == self.key[:-1]) & follows
        out[1:][known] = self.price[:-1][known]
        return out[self.place]


def _previous_period(lot: pd.DataFrame) -> Floats:
    prices = _Prices.of(lot, "period")
    # periods are numbered, so the one just before is one less; a gap of a period leaves no price to compare with
    return prices.before(np.diff(prices.when) == 1)


def _last(lot: pd.DataFrame) -> Floats:
    # several orders on one day have one price: none of them is before another
    return _Prices.of(lot, "day").before()


def _first(lot: pd.DataFrame) -> Floats:
    prices = _Prices.of(lot, "day")
    table = pd.DataFrame({"day": prices.when, "price": prices.price}).groupby(prices.key).first().loc[lot["key"]]
    # the first purchase itself has nothing before it to compare with
    is_later = prices.when[prices.place] > table["day"].to_numpy()
    return np.where(is_later, table["price"].to_numpy(dtype=float), np.nan)


_BASE_OF = {"previous_period": _previous_period, "last": _last, "first": _first}


def must_be_baseline(given: Any) -> None:
    """Raise `ConfigError` where this is neither the name of a baseline nor a list of prices."""
    if isinstance(given, str):
        one_of("baseline", given, _BASE_OF)
    elif not isinstance(given, Mapping | pd.Series | pd.DataFrame):
        raise ConfigError(
            f"baseline={given!r:.60}: pass one of {', '.join(map(repr, _BASE_OF))}, a mapping such as {{'BV-32': 9.50}}, "
            "or a table with material_id and price"
        )


def listed_prices(
    items: Items, rows: npt.NDArray[np.bool_], given: Mapping[str, float] | pd.Series | pd.DataFrame, item: str
) -> Floats:
    """Return the price that a list of your own gives for each line."""
    table = given if isinstance(given, pd.DataFrame) else pd.DataFrame([*given.items()], columns=["item", "price"])
    frame = frame_of(table, "price", metric="spend.price_changes with a price list")
    price = pd.to_numeric(frame["price"], errors="coerce").to_numpy(dtype=float)
    if not (np.isfinite(price) & (price > 0)).all():
        bad = int(np.argmin(np.isfinite(price) & (price > 0)))
        raise ConfigError(f"the price list has {frame['price'].iloc[bad]!r} at row {bad}: pass prices above 0")
    columns = [c for c in ("material_id", "product_id", "product_code", item) if c in items.frame]
    part = items.frame[list(dict.fromkeys(columns))][rows]
    known = next((c for c in columns if c in frame), None)
    if isinstance(given, pd.DataFrame) and known is None:
        raise SchemaError(f"the price list needs one of the columns {', '.join(columns)}")
    unit, times = units.based(values(frame, "unit_of_measure", "string"))
    has_unit, has_currency = ("unit_of_measure" in frame), ("currency" in frame)
    document = items.keys["document_currency" if "document_currency" in items.keys else "currency"][rows]
    listed = pd.DataFrame({"price": price / times})
    out = np.full(len(part), np.nan)
    for column in [known] if known else columns:
        wanted = [part[column].astype("string").to_numpy()]
        given_by = [frame["item" if known is None else known].astype("string").to_numpy()]
        for has, ours, theirs in (
            (has_unit, items.keys["unit"][rows], unit),
            (has_currency, document, values(frame, "currency", "string").astype("string")),
        ):
            if has:
                wanted.append(ours.to_numpy())
                given_by.append(theirs.to_numpy())
        by = pd.Series(listed["price"].to_numpy(), index=pd.MultiIndex.from_arrays(given_by))
        if by.index.has_duplicates:
            twice = by.index[by.index.duplicated()][0]
            raise SchemaError(f"the price list has two prices of {' / '.join(str(x) for x in twice)}")
        found = by.reindex(pd.MultiIndex.from_arrays(wanted)).to_numpy(dtype=float)
        _one_measure(
            column,
            found,
            part,
            items.keys["unit"][rows] if not has_unit else None,
            document if not has_currency else None,
        )
        out = np.where(np.isnan(out), found, out)  # a material_id is looked up first, then a product_code
    if len(part) and np.isnan(out).all():
        raise ConfigError(f"none of the lines has an item of the price list ({', '.join(columns)} were compared)")
    return out


def _one_measure(column: str, found: Floats, part: pd.DataFrame, *measures: pd.Series | None) -> None:
    """Refuse one price for an item that is bought in several units or currencies."""
    hit = np.isfinite(found)
    for name, measure in zip(("unit_of_measure", "currency"), measures, strict=True):
        if measure is None or not hit.any():
            continue
        several = measure[hit].groupby(part[column][hit].astype("string")).nunique()
        if (several > 1).any():
            raise SchemaError(
                f"{several.idxmax()!r} is bought in several {'units' if name == 'unit_of_measure' else 'currencies'}: "
                f"pass the price list as a table with the column {name!r}"
            )
