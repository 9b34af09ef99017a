"""How far the prices paid for one item lie apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import InSteps, count_distinct, count_orders, entity, figure
from ..errors import ConfigError, one_of
from ..frames import AsOf, values
from ._items import items_of
from ._slips import slips

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@figure("amount", "quantity")
def price_dispersion(
    lines: Any,
    *,
    item: str = "material",
    reference: str = "p25",
    min_orders: int = 2,
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """How far the prices paid for one item lie apart, and the theoretical ceiling of what paying less could have saved.

    Prices are effective unit prices (see ``spend.price_changes``) of all vendors in the window, per item, unit and currency; after
    `currency.convert` all documents in one currency are taken at one rate, that of the item's purchases, since a rate that moves
    is no dispersion of prices.
    ``cv`` is their standard deviation (n - 1) over their mean, ``spread`` is (p90 - p10) / median, each line one price.
    ``theoretical_ceiling = sum of max(price - reference, 0) x quantity``: as if all had been bought at the reference price, the
    quantity-weighted 25th percentile or the lowest one. It is a ceiling, not a forecast: lots, dates and services differ. Items of
    fewer than ``min_orders`` orders have no figures. A price 50 times off the item's median, either way, is counted as an
    outlier: it stays in the spend, and out of the statistics.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``, ``quantity`` and ``material_id`` or ``product_code``.
    item : "material", or a column that says what was bought
    reference : "p25" or "lowest"
    min_orders : least number of orders
    currency : keeps the lines in that currency and counts the rest
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (item, unit, currency), largest ceiling first
        the item's columns, unit, currency : string
        spend : float, in ``currency``; quantity : float, in ``unit``
        price : float, spend / quantity
        lowest_price, median_price, highest_price : float, outliers left out
        cv, spread, max_over_min : float
        reference_price, theoretical_ceiling : float, in ``currency``
        n_lines, n_orders, n_vendors, n_outliers : int

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; an unknown reference, or ``min_orders`` that is no count.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"product_code": "P1", "vendor_id": list("abc"), "order_id": list("123"), "currency": "EUR",
    ...                       "quantity": [10.0, 10.0, 10.0], "amount": [40.0, 50.0, 60.0]})
    >>> spend.price_dispersion(lines)[["price", "spread", "max_over_min", "reference_price", "theoretical_ceiling"]]
       price  spread  max_over_min  reference_price  theoretical_ceiling
    0    5.0    0.32           1.5              4.0                 30.0
    """
    one_of("reference", reference, ("p25", "lowest"))
    if isinstance(min_orders, bool) or not isinstance(min_orders, (int, np.integer)) or min_orders < 1:
        raise ConfigError(f"min_orders={min_orders!r}: pass a number of orders such as 3")
    items = items_of(
        lines, metric="spend.price_dispersion", item=item, currency=currency, intercompany=intercompany, as_of=as_of
    )
    items.leave_out_unpriced()
    yield items.counted
    rows = items.selection.kept
    groups = items.groups([items.item], rows)
    n = len(groups) if rows.any() else 0
    amount, quantity = items.amount[rows], items.quantity[rows]
    price = items.at_one_rate(rows, groups.codes) / quantity
    odd = slips(groups.codes, price)
    vendor = pd.DataFrame({"connection": values(items.frame, "connection", "string"), "vendor": _vendor(items.frame)})
    n_orders = count_orders(groups.codes, items.frame, n, rows=rows)[:n]
    figures = _spread(groups.codes[~odd], price[~odd], quantity[~odd], n, reference)
    figures[n_orders < min_orders] = np.nan
    spent, bought = (np.bincount(groups.codes, weights=x, minlength=n)[:n].astype(float) for x in (amount, quantity))
    totals = pd.DataFrame({"spend": spent, "quantity": bought, "price": spent / bought})
    names = groups.keys.iloc[:n]
    result = pd.concat([names.drop(columns="connection", errors="ignore"), totals, figures], axis=1).assign(
        n_lines=np.bincount(groups.codes, minlength=n)[:n].astype("int64"),
        n_orders=n_orders.astype("int64"),
        n_vendors=count_distinct(groups.codes, vendor, n, rows=rows)[:n].astype("int64"),
        n_outliers=np.bincount(groups.codes, weights=odd.astype(float), minlength=n)[:n].astype("int64"),
    )
    if "connection" in names:
        result["connection"] = names["connection"]
    result = result.sort_values("theoretical_ceiling", ascending=False, kind="stable", na_position="last")
    return items.with_provenance(result.reset_index(drop=True))


def _spread(key: Ints, price: Floats, quantity: Floats, n: int, reference: str) -> pd.DataFrame:
    """Return how far the prices of each item lie apart, and what all of it would have saved at the reference price."""
    rising = np.lexsort((price, key))
    key, price, quantity = key[rising], price[rising], quantity[rising]
    n_lines = np.bincount(key, minlength=n)[:n]
    there = np.flatnonzero(n_lines)  # of some items every price is a slip
    last = np.cumsum(n_lines)[there] - 1
    first = last + 1 - n_lines[there]

    def quantile(q: float) -> Floats:
        place = first + (last - first) * q
        below = np.floor(place).astype(np.int64)
        lower, upper = price[below], price[np.minimum(below + 1, last)]
        out: Floats = lower + (upper - lower) * (place - below)
        return out

    p10, p50, p90 = map(quantile, (0.1, 0.5, 0.9))
    lowest, highest = price[first], price[last]
    place = np.repeat(np.arange(len(there)), n_lines[there])
    at = lowest if reference == "lowest" else _lower_quartile(place, price, quantity, len(there))
    mean = np.bincount(place, price, len(there)) / n_lines[there]
    squares = np.bincount(place, (price - mean[place]) ** 2, len(there))
    above = np.maximum(price - at[place], 0.0) * quantity
    with np.errstate(invalid="ignore"):  # one price has no spread: 0 / 0 is missing
        deviation = np.sqrt(squares / (n_lines[there] - 1))
    return pd.DataFrame(
        {
            "lowest_price": lowest,
            "median_price": p50,
            "highest_price": highest,
            "cv": deviation / mean,
            "spread": (p90 - p10) / p50,
            "max_over_min": highest / lowest,
            "reference_price": at,
            # without lines numpy adds up whole numbers, whatever the weights
            "theoretical_ceiling": np.bincount(place, above, len(there)).astype(float),
        },
        index=there,
    ).reindex(range(n))


def _lower_quartile(item: Ints, price: Floats, quantity: Floats, n: int) -> Floats:
    """Return the price that a quarter of each item's quantity was bought at or below; items are in order, and their prices rise.

    Weighted by quantity, unlike the other quantiles: of 100 pieces at 5.00 and three lots of one piece at 1.00 it is 5.00, since
    a price that holds for three pieces is none to measure a hundred by.
    """
    up_to = pd.Series(quantity).groupby(item).cumsum().to_numpy()
    whole = np.bincount(item, quantity, n)
    enough = np.flatnonzero(up_to >= 0.25 * whole[item] * (1 - 1e-12))
    out: Floats = price[enough[np.searchsorted(item[enough], np.arange(n))]]
    return out


def _vendor(lines: pd.DataFrame) -> pd.Series:
    known = "vendor_id" in lines or "vendor_name" in lines
    return entity(lines, "vendor") if known else values(lines, "vendor_id", "string")
