"""Tail spend: the many small vendors, by one of the two definitions that are in use."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from ..compute import Counted, InSteps, count_orders, figure
from ..errors import ConfigError
from ..frames import AsOf
from ..system import number_of
from ._rule import BASIS_COLUMNS, spend_tally
from ._vendors import ranked_by


@figure("amount", basis=BASIS_COLUMNS)
def tail(
    lines: Any,
    *,
    definition: str,
    currency: str | None = None,
    head_share: float = 0.80,
    threshold: float | None = None,
    basis: str = "ordered",
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """Tail spend: how much goes to the many small vendors, and in how many orders.

    There are two definitions, which don't agree, so one must be chosen. ``"share"``: the vendors beyond those that make up the
    first 80 % of spend (the one that crosses it belongs to the head). ``"threshold"``: all vendors below an amount. The same
    lines count as in ``spend.by_vendor``. A vendor whose net is not positive belongs to the tail. What has no vendor is neither
    head nor tail: it is no one vendor, and has a row of its own. A one-time vendor has one order in the window of the lines; the
    average order value is spend / orders.

    Parameters
    ----------
    lines : DataFrame, one row per order line
    definition : "share" or "threshold"
    currency : keeps the lines in that currency and counts the rest
    head_share : for "share", where the head ends
    threshold : for "threshold", in the lines' currency, over the whole window of the lines
    basis : "ordered", "received" or "open"
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (currency, part): head, tail, unknown vendor
        currency, part : string; head, tail, or unknown vendor
        spend : float, in ``currency``; share : float, of the currency's total
        n_vendors, n_one_time_vendors, n_orders, n_lines : int
        average_order_value : float, in ``currency``

    Raises
    ------
    ConfigError
        No such definition, or a threshold that is missing.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"vendor_id": list("aabc"), "order_id": list("1234"), "currency": "EUR",
    ...                       "amount": [50.0, 35.0, 10.0, 5.0]})
    >>> spend.tail(lines, definition="share")[["part", "spend", "n_vendors", "n_one_time_vendors", "average_order_value"]]
       part  spend  n_vendors  n_one_time_vendors  average_order_value
    0  head   85.0          1                   0                 42.5
    1  tail   15.0          2                   2                  7.5
    """
    if definition not in ("share", "threshold") or (definition == "threshold") != (threshold is not None):
        raise ConfigError("choose definition='share', or definition='threshold' with threshold=<amount>")
    number_of("head_share", head_share, high=1)
    got = spend_tally(
        lines, by="vendor", basis=basis, currency=currency, intercompany=intercompany, orders=True, as_of=as_of
    )
    yield Counted(got.selection)
    vendors, row = ranked_by(got, "vendor", (0.80, 0.95))
    known = vendors["vendor_id"].notna().to_numpy(dtype=bool)
    spend = vendors["spend"].to_numpy(dtype=float)
    if definition == "share":
        ranked = pd.Series(np.where(known, np.maximum(spend, 0), 0))
        currencies, _ = pd.factorize(vendors["currency"], use_na_sentinel=False)
        total = ranked.groupby(currencies).transform("sum").to_numpy()
        # what stands before a vendor decides, so that the one that crosses the share still belongs to the head
        before = (ranked.groupby(currencies).cumsum() - ranked).to_numpy()
        # a net of 0 or less has no place among the vendors that make up the first 80 %
        in_tail = (before >= (head_share - 1e-12) * total) | (spend <= 0)
    else:
        in_tail = spend < (threshold or 0)
    part = np.where(known, np.where(in_tail, "tail", "head"), "unknown vendor")
    grouped = vendors.assign(
        part=pd.array(part, dtype="string"),
        once=(known & (vendors["n_orders"] == 1)).astype("int64"),
        vendors=1 * known,
    ).groupby(["currency", "part"], dropna=False, sort=True)
    result = grouped.agg(
        spend=("spend", "sum"),
        n_vendors=("vendors", "sum"),
        n_one_time_vendors=("once", "sum"),
        n_lines=("n_lines", "sum"),
    ).reset_index()
    # an order with lines of two vendors is one order, in the head as in the tail
    part_of, n = grouped.ngroup().to_numpy(), len(result)
    n_orders = count_orders(part_of[row], got.frame, n, rows=got.selection.kept)[:n].astype("int64")
    result.insert(list(result.columns).index("n_lines"), "n_orders", n_orders)
    total_of = result.groupby("currency", dropna=False)["spend"].transform("sum")
    result.insert(3, "share", (result["spend"] / total_of).where(total_of > 0))
    result["average_order_value"] = (result["spend"] / result["n_orders"]).where(result["n_orders"] > 0)
    # the other definition has no use for it, and a footnote that names it would mislead
    unused: dict[str, Any] = {} if definition == "share" else {"head_share": None}
    return got.with_provenance(result, **unused)
