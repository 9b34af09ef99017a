"""What depends on one vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    CENSORED,
    DELIVERED,
    Counted,
    Groups,
    InSteps,
    Selection,
    ages,
    count_orders,
    figure,
    first_day_at,
    group_lines,
    kaplan_meier,
    merge_aliases,
)
from ..errors import ConfigError, SchemaError
from ..frames import AsOf, days_of, encode, need, pairs, values, vendors_hidden_by
from ._price_list import listed_vendors
from ._rule import spend_tally, value_of


@figure("amount")
def single_source(
    lines: Any,
    *,
    item: str = "material",
    min_orders: int = 1,
    as_of: AsOf | None = None,
    currency: str | None = None,
    aliases: Mapping[str, str] | None = None,
    intercompany: Collection[str] = (),
    materials: Any = None,
) -> InSteps:
    """Materials, or assets, that were bought from one vendor only in the window of the lines, with spend and lead time beside.

    The same lines count as in ``spend.by_vendor``. An item that also has lines without a vendor is not listed: the unknown one
    may be another, and nothing is where `makini_analytics.Purchases.filter` may have left other vendors out. One order is one
    vendor by necessity: ``min_orders`` asks for more. The lead time is that of all lines of the item, from the Kaplan-Meier
    curve as in ``lead_times.by_vendor``. Bought from one is not the same as to be had from one only: whether there is another
    source orders can't say. With the list of ``materials`` it stands beside which other vendors are listed; whether they would
    deliver the list can't say either.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``, ``vendor_id`` or ``vendor_name``, and the item; for lead times ``order_date`` and ``delivered_date``.
    item : "material", "asset", or a column that says what was bought
    min_orders : least number of orders of the item, in all currencies
    as_of : day from which to look; the lines' own by default
    currency : shows the spend in that currency and counts the rest; whether there is one vendor is found over all lines
    aliases : vendor name to the name that it shall count under
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    materials : DataFrame, ``client.fetch_table("materials")`` with its ``supplyOptions`` and ``priceLevels``; or a table of your own
        as for ``spend.agreed_prices``

    Returns
    -------
    DataFrame, one row per (item, currency), by currency and falling spend
        the item's columns (material_id, product_code, description), vendor_id, vendor_name, currency : string
        spend : float, in ``currency``; share : float, of all spend that counts in the currency
        n_orders, n_lines : int, in the currency; last_order_date : datetime64
        n_delivered, n_open : int, lines of the item in any currency
        median_days, p90_days : float, days; missing where not yet estimable
        listed_elsewhere : boolean, whether the list names another vendor for the material; n_listed_elsewhere : Int64, how many;
            both missing where the list doesn't know the material. Only with ``materials``

    Raises
    ------
    SchemaError
        A column that is needed is missing.
    ConfigError
        ``materials`` with another item than the material; ``min_orders`` is no count; an alias or intercompany vendor that no line has.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"product_code": list("AAB"), "vendor_id": list("xyx"), "currency": "EUR", "amount": [1.0, 2.0, 3.0]})
    >>> spend.single_source(lines)[["product_code", "vendor_id", "spend", "share"]]
      product_code vendor_id  spend  share
    0            B         x    3.0    0.5
    """
    if isinstance(min_orders, bool) or not isinstance(min_orders, (int, np.integer)) or min_orders < 1:
        raise ConfigError(f"min_orders={min_orders!r}: pass a number of orders such as 2")
    if materials is not None and item != "material":
        raise ConfigError(f"materials= tells who else lists a material, and the item is {item!r}")
    got = spend_tally(lines, intercompany=intercompany, as_of=as_of)
    frame, selection, value = got.frame, got.selection, value_of(got)
    merged = frame if aliases is None else merge_aliases(frame, aliases)
    total = _spend_by_currency(frame, value)
    items, vendors = group_lines(frame, item), group_lines(merged, "vendor")
    n = len(items)
    note = _hidden(frame, selection)
    several = _not_single(selection.kept, frame, items, vendors, item, min_orders)
    # an item with a second vendor in dollars has two, whatever currency is asked for: the filter comes after the finding
    if currency is not None:
        stated = encode(values(frame, "currency", "string"))
        selection.exclude(np.append(stated.labels != currency, True)[stated.codes], "other currency")
    for rows, reason in several:
        selection.exclude(rows, reason)
    yield Counted(selection, (note,) if note else ())
    kept = selection.kept
    groups = group_lines(frame, [item, "vendor"] if aliases is None else item, also=("currency",), rows=kept)
    size = len(groups) if kept.any() else 0
    result = groups.keys.iloc[:size].assign(
        spend=np.bincount(groups.codes, weights=value[kept], minlength=size)[:size].astype(float),
        n_orders=count_orders(groups.codes, frame, size, rows=kept)[:size].astype("int64"),
        n_lines=np.bincount(groups.codes, minlength=size)[:size].astype("int64"),
    )
    # backwards, so that of several lines the first one is written last, and stays
    first_line = np.zeros(size, dtype=np.int64)
    first_line[groups.codes[::-1]] = np.flatnonzero(kept)[::-1]
    if aliases is not None:
        of = vendors.codes[first_line]
        for place, name in enumerate(("vendor_id", "vendor_name"), list(result.columns).index("currency")):
            result.insert(place, name, vendors.keys[name].array[of])
    result["currency"] = result["currency"].astype("string")
    whole = result["currency"].fillna("").map(total).to_numpy(dtype=float)
    share = np.divide(result["spend"], whole, out=np.full(size, np.nan), where=whole > 0)
    result.insert(list(result.columns).index("spend") + 1, "share", share)
    ordered = pd.Series(days_of(frame, "order_date")[kept].astype("datetime64[us]"))
    result["last_order_date"] = ordered.groupby(groups.codes).max().reindex(range(size)).to_numpy()
    times, no_times = _lead_times(frame, items.codes, n, as_of)
    result = pd.concat([result, times.iloc[items.codes[first_line]].reset_index(drop=True)], axis=1)
    if "connection" in result:
        result["connection"] = result.pop("connection")
    if materials is not None:
        others = _listed_elsewhere(result, listed_vendors(materials, None if got.as_of is None else got.as_of.day))
        result["listed_elsewhere"], result["n_listed_elsewhere"] = (others > 0).astype("boolean"), others
    result = result.sort_values(["currency", "spend"], ascending=[True, False], kind="stable", na_position="last")
    return got.with_provenance(
        result.reset_index(drop=True), notes=tuple(n for n in (note, no_times) if n), materials=None
    )


def _listed_elsewhere(result: pd.DataFrame, listed: pd.DataFrame) -> pd.Series:
    """Return how many other vendors the list names for each material; missing where it doesn't know the material."""
    by = ["material_id"]
    if "connection" in result and listed["connection"].notna().any():
        by.append("connection")
    rows = result.reindex(columns=[*by, "vendor_id"]).astype("string").reset_index(names="row")
    near = rows.merge(listed, on=by, how="inner", suffixes=("", "_listed"))
    near = near[near["material_id"].notna()]
    other = (near["vendor_id"] != near["vendor_id_listed"]).fillna(True)
    n = near["vendor_id_listed"].where(other).groupby(near["row"]).nunique()
    return n.reindex(result.index).astype("Int64")


def _hidden(frame: pd.DataFrame, selection: Selection) -> str:
    """Leave out all lines where a filter may have taken other vendors of the same items away, and return why."""
    by = vendors_hidden_by(frame)
    if not by:
        return ""
    selection.exclude(np.ones(len(frame), dtype=bool), "other vendors may be filtered out")
    return f"These lines are filtered by {', '.join(by)}: whether others sell the same they don't say. Ask it of all lines."


def _spend_by_currency(frame: pd.DataFrame, value: npt.NDArray[np.float64]) -> pd.Series:
    """Return all spend that counts, by currency; that of lines without a currency under ""."""
    currency = encode(values(frame, "currency", "string"))
    # code -1, for no currency, is moved to place 0
    sums = np.bincount(currency.codes + 1, weights=value, minlength=len(currency.labels) + 1)
    return pd.Series(sums, index=["", *currency.labels.astype("string")]).groupby(level=0).sum()


def _not_single(
    counted: npt.NDArray[np.bool_], frame: pd.DataFrame, items: Groups, vendors: Groups, item: str, min_orders: int
) -> list[tuple[npt.NDArray[np.bool_], str]]:
    """Return the lines of items that are not known, that several vendors have delivered, or that were ordered too seldom."""
    no_item = items.keys.iloc[:, 0].isna().to_numpy()[items.codes]
    no_vendor = vendors.keys["vendor_id"].isna().to_numpy()[vendors.codes]
    kept, n = counted & ~no_item, len(items)
    # the unknown vendor is a group like any other here: it may be a second source
    n_vendors = np.bincount(pairs(items.codes[kept], vendors.codes[kept])[0], minlength=n)
    found = [
        (no_item, "no material" if item == "material" else f"no {item}"),
        ((n_vendors > 1)[items.codes], "several vendors"),
        (no_vendor, "no vendor"),
    ]
    if min_orders > 1:
        n_orders = count_orders(items.codes[kept], frame, n, rows=kept)
        found.append(((n_orders < min_orders)[items.codes], "fewer orders"))
    return found


def _lead_times(
    frame: pd.DataFrame, codes: np.ndarray[Any, Any], n: int, as_of: AsOf | None
) -> tuple[pd.DataFrame, str]:
    """Return each item's lead time, or missing values and why: spend needs no dates, so their absence is a note and no error."""
    nothing = pd.DataFrame(
        {"n_delivered": 0, "n_open": 0, "median_days": np.nan, "p90_days": np.nan}, index=pd.RangeIndex(n)
    )
    try:
        need(frame, "order_date", "delivered_date", metric="spend.single_source")
        got = ages(frame, as_of=as_of)
    except (SchemaError, ConfigError) as e:
        if as_of is not None:
            raise
        return nothing, f"No lead times: {e}"
    if not len(frame):
        return nothing, ""
    table = got.day_counts_by(codes, n)
    surviving, total = kaplan_meier(table), table.total()
    return nothing.assign(
        n_delivered=total[:, DELIVERED],
        n_open=total[:, CENSORED],
        median_days=first_day_at(table, surviving, 1 - 0.5),
        p90_days=first_day_at(table, surviving, 1 - 0.9),
    ), " ".join(got.notes)
