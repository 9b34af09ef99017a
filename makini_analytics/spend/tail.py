"""Tail spend: the many small vendors, by one of the two definitions that are in use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError
from ..provenance import stamp
from .counted import counted
from .vendors import by_vendor


def tail(
    lines: Any,
    *,
    definition: str,
    currency: str | None = None,
    head_share: float = 0.80,
    threshold: float | None = None,
) -> pd.DataFrame:
    """Tail spend: how much goes to the many small vendors, and in how many orders.

    There are two definitions, which don't agree, so one must be chosen. ``"share"``: the vendors beyond those that make up the
    first 80 % of spend (the one that crosses it belongs to the head). ``"threshold"``: all vendors below an amount. The same
    lines count as in ``spend.by_vendor``.

    Parameters
    ----------
    lines : DataFrame, one row per order line
    definition : "share" or "threshold"
    currency : keeps the lines in that currency and counts the rest
    head_share : for "share", where the head ends
    threshold : for "threshold", in the lines' currency, over the whole window of the lines

    Returns
    -------
    DataFrame, one row per (currency, part), head before tail
        currency, part : string ("head" or "tail")
        spend : float, in ``currency``; share : float, 0..1
        n_vendors, n_one_time_vendors, n_orders, n_lines : int
        average_order_value : float, in ``currency``

    Raises
    ------
    ConfigError
        No such definition, or a threshold that is missing.
    """
    if definition not in ("share", "threshold") or (definition == "threshold") != (threshold is not None):
        raise ConfigError("choose definition='share', or definition='threshold' with threshold=<amount>")
    vendors = by_vendor(lines, currency=currency)
    before = vendors["cumulative_share"] - vendors["share"]
    in_tail = before >= head_share - 1e-12 if definition == "share" else vendors["spend"] < (threshold or 0)
    part = pd.Series(np.where(in_tail, "tail", "head"), index=vendors.index, dtype="string")
    once = (vendors["n_orders"] == 1).astype("int64")
    grouped = vendors.assign(part=part, once=once, vendors=1).groupby(["currency", "part"], dropna=False, sort=True)
    result = grouped.agg(
        spend=("spend", "sum"),
        n_vendors=("vendors", "sum"),
        n_one_time_vendors=("once", "sum"),
        n_orders=("n_orders", "sum"),
        n_lines=("n_lines", "sum"),
    ).reset_index()
    total = result.groupby("currency", dropna=False)["spend"].transform("sum")
    result.insert(3, "share", result["spend"] / total)
    result["average_order_value"] = result["spend"] / result["n_orders"]
    frame, selection, _ = counted(lines, metric="spend.tail", basis="ordered", currency=currency)
    parameters = {"definition": definition, "currency": currency, "threshold": threshold}
    if definition == "share":
        parameters["head_share"] = head_share
    return stamp(result, metric="spend.tail", parameters=parameters, selection=selection, lines=frame)
