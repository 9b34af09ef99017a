"""What was paid beside the price list of the source: its price at the quantity's break, missed breaks, a cheaper listed vendor."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import units
from ..compute import FigureResult, Groups, figure, leave_out_unreadable
from ..errors import ConfigError
from ..frames import AsOf, days_of, encode, values
from ._items import Items, items_of
from ._price_list import price_list

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: Prices that differ by no more are the same, since lists are rounded; the rest is floating point's.
_SAME = 0.005 + 1e-12


@figure("amount", "quantity", "order_date", "material_id", "vendor_id", beside=("materials",))
def agreed_prices(
    lines: Any,
    materials: Any,
    *,
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> FigureResult:
    """What was paid beside the agreed price: that of the list for the vendor, the quantity and the order day.

    The list price is that of the highest quantity break that the line reaches, valid on its order day; of two the one that has been
    valid for less long. ``difference = amount - list price x quantity``, **positive = paid more**. A line has *missed its break*
    where it reached one and was paid at the price of a lower one, within 0.5 %. A *cheaper listed vendor* has a lower list price
    for the same quantity on that day; what is only listed may not be had: a vendor may be out of stock, slow, or not approved.

    Prices are compared in the currency of the document, per base unit. Of the lines that have a price (see ``spend.price_changes``)
    left out are those that the list says nothing of, and **not comparable**: lines ordered before the list's last change, since
    what it said then is gone. ``ma.explain`` counts each. A list that names no unit, or only the source's key of it, means the line's own.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``, ``quantity``, ``order_date``, ``material_id`` and ``vendor_id``.
    materials : DataFrame, ``client.fetch_table("materials")`` with its ``priceLevels``; or a table of your own with ``material_id``,
        ``vendor_id``, ``price``, and where there are any ``minimum_quantity``, ``currency``, ``unit_of_measure``, ``price_unit``,
        ``valid_from``, ``valid_to``, ``updated_at``, ``connection``
    currency : keeps the lines in that currency and counts the rest
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (material, vendor, unit, currency), largest difference first
        material_id, product_code, description, vendor_id, vendor_name, unit, currency : string
        spend : float, in ``currency``; quantity : float, in ``unit``
        price, list_price : float, per ``unit``, weighted by quantity
        difference : float, in ``currency``, positive = paid more; difference_rate : float, of the value at list prices
        n_lines, n_above_list, n_missed_breaks : int; missed_breaks : float, in ``currency``, what they cost
        cheaper_vendor_id : string, of the cheaper listed vendors the one with most at stake; cheaper_price : float, per ``unit``
        cheaper_value : float, in ``currency``, list price less the cheapest one x quantity

    Raises
    ------
    SchemaError
        A column is missing.
    ConfigError
        ``materials`` has no prices; or a list without currencies stands beside lines in several.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"material_id": "M", "vendor_id": "v", "currency": "EUR", "order_date": pd.Timestamp("2025-03-01"),
    ...                       "quantity": [5.0, 30.0], "amount": [50.0, 300.0]})
    >>> own = pd.DataFrame({"material_id": "M", "vendor_id": ["v", "v", "w"], "price": [10.0, 9.0, 8.0],
    ...                     "minimum_quantity": [1, 20, 100]})
    >>> spend.agreed_prices(lines, own)[["price", "list_price", "difference", "n_missed_breaks", "missed_breaks"]]
       price  list_price  difference  n_missed_breaks  missed_breaks
    0   10.0    9.142857        30.0                1           30.0
    """
    listed = price_list(materials)
    unusable = listed.attrs["unusable"]
    items = items_of(
        lines, metric="spend.agreed_prices", item="material", currency=currency, intercompany=intercompany, as_of=as_of
    )
    items.leave_out_unpriced()
    leave_out_unreadable(items.selection, {"order_date": "order date"})
    items.selection.exclude(np.isnat(days_of(items.frame, "order_date")), "no order date")
    lot, listed, vendors = _lot(items, listed)
    near = _near(lot, listed)
    _leave_out(items, lot, near)
    kept = items.selection.kept
    lot = lot.loc[kept[lot["line"].to_numpy()], ["line", "quantity", "paid", "rate"]]
    fits = (near["fits"] & kept[near["line"].to_numpy()]).to_numpy()
    compared = _compared(lot, near.drop(columns=["fits", *_FITTING])[fits])
    groups = items.groups([items.item, "vendor"], items.selection.kept)
    result = _by_item(compared, groups, vendors)
    notes = (
        [
            f"{unusable:,} {'row of the list has' if unusable == 1 else 'rows of the list have'} no material, vendor or price above 0."
        ]
        if unusable
        else []
    )
    return items.with_provenance(result, notes=[*notes, *_doubts(result)])


def of_another_unit(result: pd.DataFrame) -> Mask:
    """Return the rows whose list price is about 10, 100 or 1,000 times what was paid, or that part of it: a change of unit does so.

    >>> of_another_unit(pd.DataFrame({"list_price": [100.0, 1.1, 12.0, 5e5], "price": [1.02, 10.0, 10.0, 1.0]})).tolist()
    [True, True, False, False]
    """
    power = np.log10((result["list_price"] / result["price"]).to_numpy(dtype=float))
    near, size = np.abs(power - np.round(power)) <= np.log10(1.2), np.abs(np.round(power))
    return np.asarray(near & (size >= 1) & (size <= 3))


def _doubts(result: pd.DataFrame) -> list[str]:
    n = int(of_another_unit(result).sum())
    those = f"{n:,} of {len(result):,} list prices {'is' if n == 1 else 'are'} about 10, 100 or 1,000 times what was paid, or that part of it"
    return [f"{those}: more likely another unit, or a price per 100, than a price."] if n else []


def _lot(items: Items, listed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.Index]:
    """Return the lines that have a price, with the measures to meet the list by; the list; and the vendors' ids.

    Texts of both are numbers here, the same for the same text and in the order of the alphabet, -1 where there is none: a line meets
    many rows of a list, and texts are slow to copy.
    """
    rows, frame = items.selection.kept, items.frame
    document = items.keys["document_currency" if items.converted else "currency"]
    named = listed["currency"].notna() | listed["currency_id"].notna()
    if not named.any() and len(document[rows].unique()) > 1:
        raise ConfigError(
            "the price list names no currency, and the lines are in several: add the column 'currency', or pass currency="
        )
    _, times = units.based(values(frame, "unit_of_measure", "string"))
    lot = pd.DataFrame(
        {
            "line": np.flatnonzero(rows),
            "day": days_of(frame, "order_date")[rows].astype("datetime64[us]"),
            "quantity": items.quantity[rows],
            "paid": items.paid[rows] / items.quantity[rows],
            "rate": items.amount[rows] / items.paid[rows],  # 1 where nothing was converted
            "times": times[rows],  # base units in one of the line's own
        }
    )
    own = {"currency": document, "unit": items.keys["unit"]}
    listed, labels = listed.copy(), {}
    for name in ("connection", "material_id", "vendor_id", "currency_id", "currency", "uom_id", "unit"):
        ours, theirs = encode(own[name] if name in own else values(frame, name, "string")), encode(listed[name])
        labels[name] = ours.labels.astype("string").union(theirs.labels.astype("string"))
        for table, column, codes in ((lot, ours, ours.codes[rows]), (listed, theirs, theirs.codes)):
            place = labels[name].get_indexer(column.labels.astype("string"))
            table[name] = np.append(place, -1)[codes].astype(np.int32)
    return lot, listed, labels["vendor_id"]


def _near(lot: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Return each line with each row of the list for its material, and how far the two fit."""
    by = ["material_id", "connection"] if (listed["connection"] >= 0).any() else ["material_id"]
    taken = [c for c in listed.columns if c not in by]
    near = lot.merge(listed.rename(columns={c: f"list_{c}" for c in taken}), on=by, how="inner")
    # a list that names no unit means that of the line: 0.01 a piece of 1 g is 10.00 per kg
    unnamed = near["list_unit"] < 0
    near["list_price"] = np.where(unnamed, near["list_price"] / near["times"], near["list_price"])
    near["list_minimum_quantity"] *= np.where(unnamed, near["times"], 1.0)
    near["own"] = near["vendor_id"] == near["list_vendor_id"]  # the list names one in each row
    near["in_currency"] = _agree(near, "currency_id", "currency")
    near["in_unit"] = _agree(near, "uom_id", "unit")
    near["known_then"] = ~(near["day"] < near["list_updated_at"])
    near["valid"] = ~(near["day"] < near["list_valid_from"]) & ~(near["day"] > near["list_valid_to"])
    near["reached"] = near["list_minimum_quantity"] <= near["quantity"] * (1 + 1e-12)
    near["fits"] = np.logical_and.reduce([near[c] for c in _FITTING])
    kept = [
        "line",
        "paid",
        "own",
        "fits",
        *_FITTING,
        *(f"list_{c}" for c in ("vendor_id", "minimum_quantity", "valid_from", "price")),
    ]
    return near[kept]


#: How far a line and a row of the list may fit, besides material and vendor.
_FITTING = ("in_currency", "in_unit", "known_then", "valid", "reached")


def _agree(near: pd.DataFrame, key: str, name: str) -> Mask:
    """Return where a line and a row of the list have one measure: by the source's key where both have it, else by name."""
    (by_key, listed_key), (by_name, listed_name) = (
        (near[c].to_numpy(), near[f"list_{c}"].to_numpy()) for c in (key, name)
    )
    both = (by_key >= 0) & (listed_key >= 0)
    agree: Mask = np.where(both, by_key == listed_key, (by_name == listed_name) | (listed_name < 0))
    return agree


def _leave_out(items: Items, lot: pd.DataFrame, near: pd.DataFrame) -> None:
    """Exclude the lines that the list has no price for, by the first thing that is in the way."""
    n = len(items.frame)
    still, kept = np.ones(len(near), dtype=bool), items.selection.kept
    steps = [
        (np.ones(len(near), dtype=bool), "material not on the list"),
        (near["own"].to_numpy(), "vendor not on the list for it"),
        (near["in_currency"].to_numpy(), "another currency than the list"),
        (near["in_unit"].to_numpy(), "another unit than the list"),
        (near["known_then"].to_numpy(), "ordered before the list's last change: not comparable"),
        (near["valid"].to_numpy(), "no list price on that day"),
        (near["reached"].to_numpy(), "below the smallest quantity of the list"),
    ]
    for rows, reason in steps:
        still &= rows
        found = np.zeros(n, dtype=bool)
        found[near["line"].to_numpy()[still]] = True
        items.selection.exclude(kept & ~found, reason)


def _compared(lot: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with their list price, the price of a lower break that was paid, and the cheapest other vendor."""
    order = ["line", "list_minimum_quantity", "list_valid_from", "list_price"]
    best = fits.sort_values(order, ascending=[True, False, False, True], kind="stable", na_position="last")
    # a vendor's price for a line is that of its highest break, so the first row of each
    best = best.drop_duplicates(["line", "list_vendor_id"])
    own = best[best["own"]].set_index("line")["list_price"].reindex(lot["line"]).to_numpy()
    out = lot.assign(list_price=own)
    # a lower break of its own vendor, at whose price the line was paid
    lower = fits[fits["own"]].merge(out[["line", "list_price"]].rename(columns={"list_price": "due"}), on="line")
    paid_so = (lower["paid"] / lower["list_price"] - 1).abs() <= _SAME
    missed = lower[(lower["list_price"] > lower["due"] * (1 + _SAME)) & paid_so]["line"]
    out["missed"] = out["line"].isin(missed).to_numpy()
    cheapest = (
        best[~best["own"]].sort_values(["line", "list_price", "list_vendor_id"], kind="stable").drop_duplicates("line")
    )
    cheapest = cheapest.set_index("line")[["list_vendor_id", "list_price"]].reindex(lot["line"])
    cheaper = cheapest["list_price"].to_numpy() < out["list_price"].to_numpy() * (1 - _SAME)
    out["cheaper_vendor"] = cheapest["list_vendor_id"].where(cheaper).to_numpy()
    out["cheaper_price"] = cheapest["list_price"].where(cheaper).to_numpy()
    return out


def _by_item(lines: pd.DataFrame, groups: Groups, vendors: pd.Index) -> pd.DataFrame:
    """Return the sums by material, vendor, unit and currency."""
    n = len(groups) if len(groups.codes) else 0
    worth = lines["quantity"] * lines["rate"]
    amount, due = lines["paid"] * worth, lines["list_price"] * worth
    gain = ((lines["list_price"] - lines["cheaper_price"]) * worth).fillna(0.0)
    rows = pd.DataFrame(
        {
            "group": groups.codes,
            "spend": amount,
            "quantity": lines["quantity"],
            "due": due,
            "n_above_list": lines["paid"] > lines["list_price"] * (1 + _SAME),
            "n_missed_breaks": lines["missed"],
            "missed_breaks": (amount - due).where(lines["missed"], 0.0),
            "cheaper_value": gain,
            "at_cheaper": (lines["cheaper_price"] * lines["quantity"] * lines["rate"]).fillna(0.0),
            "cheaper_quantity": lines["quantity"].where(lines["cheaper_price"].notna(), 0.0),
            "n_lines": 1,
        }
    )
    sums = rows.groupby("group").sum().reindex(range(n), fill_value=0)
    who = (
        rows.assign(vendor=lines["cheaper_vendor"].to_numpy())
        .dropna(subset="vendor")
        .groupby(["group", "vendor"])["cheaper_value"]
        .sum()
    )
    most = (
        who.reset_index()
        .sort_values(["group", "cheaper_value", "vendor"], ascending=[True, False, True])
        .drop_duplicates("group")
    )
    cheaper = most.set_index("group")["vendor"].reindex(range(n)).fillna(-1).to_numpy().astype(np.intp)
    cheaper_id = vendors.array.take(cheaper, allow_fill=True)
    keys = groups.keys.iloc[:n].reset_index(drop=True)
    result = keys.assign(
        spend=sums["spend"],
        quantity=sums["quantity"],
        price=sums["spend"] / sums["quantity"],
        list_price=sums["due"] / sums["quantity"],
        difference=sums["spend"] - sums["due"],
        difference_rate=sums["spend"] / sums["due"] - 1,
        n_lines=sums["n_lines"].astype("int64"),
        n_above_list=sums["n_above_list"].astype("int64"),
        n_missed_breaks=sums["n_missed_breaks"].astype("int64"),
        missed_breaks=sums["missed_breaks"],
        cheaper_vendor_id=pd.array(cheaper_id, dtype="string"),
        cheaper_price=sums["at_cheaper"] / sums["cheaper_quantity"].where(sums["cheaper_quantity"] > 0),
        cheaper_value=sums["cheaper_value"],
    )
    return result.sort_values("difference", ascending=False, kind="stable").reset_index(drop=True)
