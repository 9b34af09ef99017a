"""How far the prices paid for one item lie apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from ..compute import InSteps, count_distinct, entity, figure, order_ids
from ..errors import ConfigError, one_of
from ..frames import AsOf, values
from ._items import items_of
from ._slips import slips


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
    part = items.frame[rows]
    lot = pd.DataFrame(
        {"key": groups.codes, "amount": items.amount[rows], "quantity": items.quantity[rows]}, index=part.index
    )
    lot["price"] = items.at_one_rate(rows, groups.codes) / lot["quantity"]
    odd = slips(groups.codes, lot["price"].to_numpy())
    vendor = pd.DataFrame({"connection": values(part, "connection", "string"), "vendor": _vendor(part)})
    n_orders = count_distinct(groups.codes, order_ids(part), n)[:n]
    figures = _spread(lot[~odd], reference).reindex(range(n))
    figures[n_orders < min_orders] = np.nan
    sums = lot.groupby("key")[["amount", "quantity"]].sum()
    totals = pd.DataFrame(
        {"spend": sums["amount"], "quantity": sums["quantity"], "price": sums["amount"] / sums["quantity"]}
    ).reindex(range(n))
    names = groups.keys.iloc[:n]
    result = pd.concat([names.drop(columns="connection", errors="ignore"), totals, figures], axis=1).assign(
        n_lines=np.bincount(groups.codes, minlength=n)[:n].astype("int64"),
        n_orders=n_orders.astype("int64"),
        n_vendors=count_distinct(groups.codes, vendor, n)[:n].astype("int64"),
        n_outliers=np.bincount(groups.codes, weights=odd.astype(float), minlength=n)[:n].astype("int64"),
    )
    if "connection" in names:
        result["connection"] = names["connection"]
    result = result.sort_values("theoretical_ceiling", ascending=False, kind="stable", na_position="last")
    return items.with_provenance(result.reset_index(drop=True))


def _spread(lot: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return how far the prices of each item lie apart, and what all of it would have saved at the reference price."""
    prices = lot.groupby("key")["price"]
    p10, p50, p90 = (prices.quantile(q) for q in (0.1, 0.5, 0.9))
    at = prices.min() if reference == "lowest" else _lower_quartile(lot)
    above = (lot["price"] - lot["key"].map(at)).clip(lower=0) * lot["quantity"]
    return pd.DataFrame(
        {
            "lowest_price": prices.min(),
            "median_price": p50,
            "highest_price": prices.max(),
            "cv": prices.std() / prices.mean(),
            "spread": (p90 - p10) / p50,
            "max_over_min": prices.max() / prices.min(),
            "reference_price": at,
            "theoretical_ceiling": above.groupby(lot["key"]).sum(),
        }
    )


def _lower_quartile(lot: pd.DataFrame) -> pd.Series:
    """Return the price that a quarter of each item's quantity was bought at or below.

    Weighted by quantity, unlike the other quantiles: of 100 pieces at 5.00 and three lots of one piece at 1.00 it is 5.00, since
    a price that holds for three pieces is none to measure a hundred by.
    """
    rising = lot.sort_values(["key", "price"], kind="stable")
    up_to = rising.groupby("key")["quantity"].cumsum()
    whole = rising.groupby("key")["quantity"].transform("sum")
    return rising[(up_to >= 0.25 * whole * (1 - 1e-12)).to_numpy()].groupby("key")["price"].first()


def _vendor(part: pd.DataFrame) -> pd.Series:
    known = "vendor_id" in part or "vendor_name" in part
    return entity(part, "vendor") if known else values(part, "vendor_id", "string")
