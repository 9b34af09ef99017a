"""How few vendors the spend rests on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import By, Counted, Groups, InSteps, RuleResult, crossed, figure, merge_aliases
from ..frames import AsOf, Mask
from ._rule import BASIS_COLUMNS, spend_tally

Floats = npt.NDArray[np.float64]


@figure("amount", any_frame=True, basis=BASIS_COLUMNS)
def concentration(
    lines: Any,
    *,
    by: By = None,
    currency: str | None = None,
    basis: str = "ordered",
    aliases: Mapping[str, str] | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """How concentrated spend is on few vendors: HHI, effective number of vendors, shares of the largest.

    The Herfindahl-Hirschman index is ``10000 x sum of squared shares`` of the vendors' net spend: 10000 is a single source. The
    effective number of vendors is ``10000 / HHI``: so many vendors of equal size would be as concentrated. The bands of the
    2023 merger guidelines (1000 to 1800 moderate, above high) are made for sellers in a market: take them as orientation. Only
    vendors with a positive net count, in each group for itself. The lines of the others, such as a vendor with more returns than
    orders, are left out and counted (as given, where there are ``aliases``), and so are lines without a vendor, since they are no one
    vendor. One vendor under several names, or in several connections, looks like several: ``aliases`` gives each figure before and after.

    Parameters
    ----------
    lines : DataFrame, one row per order line; of pandas, or with the extra ``lake`` of polars, PyArrow, DuckDB or Spark
        Needs ``amount`` and ``vendor_id`` or ``vendor_name``.
    by : None, a column or several: concentration inside each group, such as ``"category"``
    currency : keeps the lines in that currency and counts the rest
    basis : "ordered", "received" or "open"
    aliases : vendor name to the name that it shall count under (`quality.duplicates` suggests them)
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (group, currency)
        the columns of ``by``; currency : string
        vendors : string, "as given" or "after aliases"; only with ``aliases``
        hhi : float, 0..10000; effective_vendors : float
        top_1_share, top_5_share, top_10_share : float, 0..1
        n_vendors : int, vendors with a positive net
        spend : float, in ``currency``, theirs

    Raises
    ------
    SchemaError
        A column that is needed is missing.
    ConfigError
        An alias, or an intercompany vendor, that no line has.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"vendor_id": list("abcd"), "currency": "EUR", "amount": [40.0, 30.0, 20.0, 10.0]})
    >>> spend.concentration(lines)[["hhi", "top_1_share", "n_vendors"]]
          hhi  top_1_share  n_vendors
    0  3000.0          0.4          4
    """
    got = spend_tally(
        lines,
        by=_with_vendor(by),
        basis=basis,
        currency=currency,
        intercompany=intercompany,
        as_of=as_of,
        more=lambda c: RuleResult([(~(c.known("vendor_id") | c.known("vendor_name")), "no vendor")]),
    )
    frame, money = got.frame, got.kept(got.sums["value"])
    outer, vendors = got.groups(by, "currency"), got.groups("vendor")
    counts = got.selection.kept
    result = _measured(vendors, money, outer)
    if aliases is not None:
        after = _measured(replace(got, frame=merge_aliases(frame, aliases)).groups("vendor"), money, outer)
        result.insert(len(outer.keys.columns), "vendors", "as given")
        after.insert(len(outer.keys.columns), "vendors", "after aliases")
        result = pd.concat([result, after]).sort_index(kind="stable").reset_index(drop=True)
        result["vendors"] = result["vendors"].astype("string")
    # only now: a group without any vendor of positive net has its row
    counts[counts] = ~_with_share(vendors, money, outer)
    got.selection.exclude(counts, "of vendors without a positive net")
    yield Counted(got.selection)
    return got.with_provenance(result)


def _with_vendor(by: By) -> list[str]:
    return ["vendor", *([by] if isinstance(by, str) else by or ())]


def _with_share(vendors: Groups, money: Floats, outer: Groups) -> Mask:
    """Return the rows of vendors with a positive net in their group: one with more returns than orders has no share of anything."""
    pairs, cells = crossed(outer, vendors)
    net = np.bincount(cells, weights=money, minlength=len(pairs))
    return np.asarray(net[cells] > 0)


def _measured(vendors: Groups, money: Floats, outer: Groups) -> pd.DataFrame:
    """Return the figures of each group: its vendors' nets, largest first, and what follows from them."""
    n = len(outer) if len(money) else 0
    pairs, cells = crossed(outer, vendors)
    net = np.bincount(cells, weights=money, minlength=len(pairs))
    group = pairs // max(len(vendors), 1)
    # a vendor with more returns than orders has no share of anything, and its square would count as concentration
    positive = net > 0
    group, net = group[positive], net[positive]
    order = np.lexsort((-net, group))
    group, net = group[order], net[order]
    total = np.bincount(group, weights=net, minlength=n)[:n].astype(float)
    share = net / total[group] if len(net) else net
    # place within the group, the largest vendor first: groups 0 0 0 1 1 begin at 0 and 3, and the places are 0 1 2 0 1
    rank = np.arange(len(group)) - np.searchsorted(group, np.arange(n))[group] if len(group) else group
    count = np.bincount(group, minlength=n)[:n]
    hhi = np.where(count > 0, 10_000 * np.bincount(group, weights=share**2, minlength=n)[:n], np.nan)

    def top(k: int) -> Floats:
        of_top = np.bincount(group[rank < k], weights=share[rank < k], minlength=n)[:n]
        return np.where(count > 0, np.minimum(of_top, 1.0), np.nan)  # a sum of all shares may exceed 1 in its last bit

    result = outer.keys.iloc[:n].assign(
        hhi=hhi,
        effective_vendors=10_000 / hhi,
        top_1_share=top(1),
        top_5_share=top(5),
        top_10_share=top(10),
        n_vendors=count.astype("int64"),
        spend=total,
    )
    result["currency"] = result["currency"].astype("string")
    return result
