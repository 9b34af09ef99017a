"""What was paid more, or less, than at a stated baseline price."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import OUTLIER, InSteps, by_the_box, figure, key_columns, leave_out_unreadable, period_alias
from ..frames import AsOf, days_of, pairs
from ..system import flag_of
from ._baselines import Baseline, listed_prices, must_be_baseline, prices_before, slips_before
from ._items import items_of
from ._slips import slips

Floats = npt.NDArray[np.float64]


@figure("amount", "quantity", "order_date")
def price_changes(
    lines: Any,
    *,
    baseline: Baseline = "previous_period",
    freq: str = "Y",
    item: str = "material",
    per_vendor: bool = True,
    currency: str | None = None,
    fiscal_year_start: int = 1,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """Purchase price variance: what was paid more, or less, than at the baseline price, by item, vendor and period.

    The effective unit price is amount / quantity, in the base unit (per kg where some is bought in g), so discounts and price
    units are in it. ``PPV = amount - baseline price x quantity``, summed over the lines that have a baseline; **positive = paid
    more**. ``ppv_rate = PPV / (baseline price x quantity)``. Baselines: ``"previous_period"``, the quantity-weighted price of the
    period just before; ``"last"``, the price of the last order day before the line's; ``"first"``, the price of the item's
    first order day; or your own list. A line without a baseline is in no variance and counted apart: a first purchase, or one that has no
    price in the period before or in the list. A baseline is
    of the same item, vendor and unit; after `currency.convert` both prices are taken at the line's own rate, so a move of the rate
    is no variance, and documents in another currency are compared at one rate each, that of the item's purchases. A price or baseline
    price 50 times off the item's median, or off each other, is more likely a slip: such lines stay in the variance, and are counted.

    Of the lines that count as spend, left out are returns, zero prices (free of charge), lines without an item, quantity or order
    date, and lines whose type says service, charge, text or frame order, by whole words of a list that the definitions show: a
    service kit is a kit. ``ma.explain`` names the types that were taken so; give their lines another ``type`` if they are goods.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``, ``quantity``, ``order_date`` and ``material_id`` or ``product_code``.
    baseline : "previous_period", "last", "first"; a mapping (or series) of material_id or product_code to price per base unit, in the document
        currency; or a table with the column ``item``'s code, ``price``, and where prices differ by them ``unit_of_measure`` and
        ``currency``
    freq : period of the rows (and of "previous_period"): "M", "Q", "Y" or "W"
    item : "material", or a column that says what was bought
    per_vendor : False compares with what any vendor was paid for the item
    currency : keeps the lines in that currency and counts the rest
    fiscal_year_start : month in which the fiscal year starts, 1..12
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (item, vendor, unit, currency, period), largest variance first
        the item's columns (material_id, product_code, description), vendor_id, vendor_name : string
        unit : string, the base unit; currency : string
        period : period
        spend : float, in ``currency``; quantity : float, in ``unit``
        price : float, spend / quantity
        base_price : float, baseline price, weighted by the quantities compared; missing where there is none
        ppv : float, in ``currency``, positive = paid more; ppv_rate : float; both missing where nothing is compared
        n_lines, n_first_purchases, n_without_baseline : int; lines, those of the first order day without a baseline, and all without
        n_doubtful : int, compared lines whose price or baseline price looks like a slip

    Raises
    ------
    SchemaError
        A column that is needed is missing; a price list that has two prices for one item.
    ConfigError
        An unknown baseline or freq, or a price that is no positive number.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"product_code": "P1", "vendor_id": "v", "unit_of_measure": "EA", "currency": "EUR",
    ...     "order_date": pd.to_datetime(["2024-03-01", "2025-03-01"]), "quantity": [10.0, 20.0], "amount": [50.0, 110.0]})
    >>> spend.price_changes(lines)[["period", "price", "base_price", "ppv", "ppv_rate", "n_first_purchases"]]
      period  price  base_price   ppv  ppv_rate  n_first_purchases
    0   2025    5.5         5.0  10.0       0.1                  0
    1   2024    5.0         NaN   NaN       NaN                  1
    """
    flag_of("per_vendor", per_vendor)
    must_be_baseline(baseline)
    alias = period_alias(freq, fiscal_year_start)
    items = items_of(
        lines, metric="spend.price_changes", item=item, currency=currency, intercompany=intercompany, as_of=as_of
    )
    items.leave_out_unpriced()
    days = days_of(items.frame, "order_date")
    leave_out_unreadable(items.selection, {"order_date": "order date"})
    items.selection.exclude(np.isnat(days), "no order date")
    if per_vendor:  # lines without vendors are an error, which must come before the count
        key_columns(items.frame.columns, "vendor")
    yield items.counted
    rows = items.selection.kept
    groups = items.groups([items.item, "vendor"] if per_vendor else [items.item], rows)
    day = days[rows]
    period = pd.PeriodIndex(pd.DatetimeIndex(day.astype("datetime64[us]")).to_period(alias))
    lot = pd.DataFrame(
        {
            "key": groups.codes,
            "day": day.astype("datetime64[us]"),
            "period": period.asi8,
            "paid": items.paid[rows],
            "even": items.at_one_rate(rows, groups.codes),
            "amount": items.amount[rows],
            "quantity": items.quantity[rows],
        }
    )
    if isinstance(baseline, str):
        base, shown = prices_before(lot, baseline), baseline
    else:
        base = listed_prices(items, rows, baseline, items.item)
        shown = f"own list of {len(baseline):,} prices"  # the list itself would fill a footnote
    result = _by_key_and_period(_against(lot, base, baseline), groups.keys, period.freq)
    return items.with_provenance(result, notes=_notes(result, baseline), baseline=shown)


def _notes(result: pd.DataFrame, baseline: Baseline) -> list[str]:
    """Return what has no baseline, and why, and what looks like a slip."""
    n, first, without, doubtful = (
        int(result[c].sum()) for c in ("n_lines", "n_first_purchases", "n_without_baseline", "n_doubtful")
    )
    notes, others = [], without - first
    if isinstance(baseline, str):
        if first:
            what = "is a first purchase" if first == 1 else "are first purchases"
            notes.append(f"{first:,} of {n:,} lines {what}, without a baseline.")
        if others:
            notes.append(f"{others:,} of {n:,} lines {'has' if others == 1 else 'have'} no price in the period before.")
    elif without:
        notes.append(f"{without:,} of {n:,} lines {'has' if without == 1 else 'have'} no price in the list.")
    if doubtful:
        lines = "1 compared line has" if doubtful == 1 else f"{doubtful:,} compared lines have"
        notes.append(f"{lines} a price or baseline price {OUTLIER} times off, more likely a slip than a price.")
    if n := int((of_another_unit(result) & (result["n_doubtful"] == 0)).sum()):
        prices = "1 price moved" if n == 1 else f"{n:,} prices moved"
        notes.append(f"{prices} so far that another unit, as a box for a piece, is more likely.")
    return notes


def of_another_unit(result: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return the rows whose price, for what their unit says, is too far off the baseline's to be one of the same unit."""
    price, base = (result[c].to_numpy(dtype=float, na_value=np.nan) for c in ("price", "base_price"))
    return by_the_box(np.where((price > 0) & (base > 0), price / np.where(base > 0, base, 1.0), np.nan), result["unit"])


def _against(lot: pd.DataFrame, base: Floats, baseline: Baseline) -> pd.DataFrame:
    """Return the sums by key and period of what was paid, of what the baseline would have cost, and of the difference.

    Baseline prices are in the currency of the document. Both sides are taken at the line's own rate, amount / paid: 10 pieces at
    5.00 USD against 4.00 before, at 0.90 EUR per USD, are 45.00 EUR against 36.00, whatever the rate was before.
    """
    rate = lot["amount"].to_numpy() / lot["paid"].to_numpy()
    at_base = base * lot["quantity"].to_numpy() * rate
    compared = np.isfinite(at_base)
    amount = lot["amount"].to_numpy()
    with np.errstate(invalid="ignore"):  # what has no baseline is compared with nothing
        far = (amount >= OUTLIER * at_base) | (at_base >= OUTLIER * amount)
    odd = slips(lot["key"].to_numpy(), lot["even"].to_numpy() / lot["quantity"].to_numpy())
    far |= odd | (slips_before(lot, odd, baseline) if isinstance(baseline, str) else False)
    earliest = _first_days(lot["key"].to_numpy(), lot["day"].to_numpy().astype(np.int64))
    lot = lot.assign(
        base=np.where(compared, at_base, 0.0),
        variance=np.where(compared, lot["amount"] - at_base, 0.0),
        of=np.where(compared, lot["quantity"], 0.0),
    )
    key, ordinal, place = pairs(lot["key"].to_numpy(), lot["period"].to_numpy())
    sums = lot[["amount", "quantity", "base", "variance", "of"]].groupby(place).sum().assign(key=key, period=ordinal)
    marks = {"n": None, "first": ~compared & earliest, "without": ~compared, "doubtful": compared & far}
    return sums.assign(**{k: np.bincount(place, weights=m, minlength=len(sums)) for k, m in marks.items()})


def _first_days(key: npt.NDArray[np.integer[Any]], day: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which lines are of the first day of their item."""
    first = np.full(int(key.max()) + 1 if len(key) else 0, np.iinfo(np.int64).max)
    np.minimum.at(first, key, day)
    return np.asarray(day == first[key])


def _by_key_and_period(sums: pd.DataFrame, keys: pd.DataFrame, freq: Any) -> pd.DataFrame:
    """Return the rows of the result, largest variance first."""
    # a row without a baseline has no variance, and comes last; + 0.0 turns -0.0 into 0.0, which sorts the same
    variance = np.where(sums["of"] > 0, np.nan_to_num(sums["variance"].to_numpy()), 0.0)
    sums = sums.iloc[np.argsort(-np.abs(variance) + 0.0, kind="stable")].reset_index(drop=True)
    some = sums["of"].to_numpy() > 0

    def ratio(part: str, whole: str) -> Floats:
        out: Floats = np.full(len(sums), np.nan)
        np.divide(sums[part].to_numpy(), sums[whole].to_numpy(), out=out, where=some)
        return out

    names = keys.iloc[sums["key"].to_numpy()].reset_index(drop=True)
    result = names.drop(columns="connection", errors="ignore").assign(
        period=pd.PeriodIndex.from_ordinals(sums["period"].to_numpy(), freq=freq),  # type: ignore[attr-defined]
        spend=sums["amount"].to_numpy(),
        quantity=sums["quantity"].to_numpy(),
        price=sums["amount"].to_numpy() / sums["quantity"].to_numpy(),
        base_price=ratio("base", "of"),
        ppv=np.where(some, sums["variance"].to_numpy(), np.nan),
        ppv_rate=ratio("variance", "base"),
        n_lines=sums["n"].to_numpy().astype("int64"),
        n_first_purchases=sums["first"].to_numpy().astype("int64"),
        n_without_baseline=sums["without"].to_numpy().astype("int64"),
        n_doubtful=sums["doubtful"].to_numpy().astype("int64"),
    )
    if "connection" in names:
        result["connection"] = names["connection"]
    return result
