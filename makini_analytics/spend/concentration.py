"""How few vendors the spend rests on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..grouping import By, group_lines
from ..provenance import stamp
from .counted import counted


def concentration(lines: Any, *, by: By = None, currency: str | None = None, basis: str = "ordered") -> pd.DataFrame:
    """How concentrated spend is on few vendors: HHI, effective number of vendors, shares of the largest.

    The Herfindahl-Hirschman index is ``10000 x sum of squared shares`` of the vendors' net spend: 10000 is a single source. The
    effective number of vendors is ``10000 / HHI``: so many vendors of equal size would be as concentrated. The bands of the
    2023 merger guidelines (1000 to 1800 moderate, above high) are made for sellers in a market: take them as orientation. Only
    vendors with a positive net count; lines without a vendor are left out and counted, since they are no one vendor.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount`` and ``vendor_id`` or ``vendor_name``.
    by : None, a column or several: concentration inside each group, such as ``"category"``
    currency : keeps the lines in that currency and counts the rest
    basis : "ordered", "received" or "open"

    Returns
    -------
    DataFrame, one row per (group, currency)
        the columns of ``by``; currency : string
        hhi : float, 0..10000; effective_vendors : float
        top_1_share, top_5_share, top_10_share : float, 0..1
        n_vendors : int, vendors with a positive net
        spend : float, in ``currency``, theirs

    Raises
    ------
    SchemaError
        A column that is needed is missing.

    Examples
    --------
    >>> lines = pd.DataFrame({"vendor_id": list("abcd"), "currency": "EUR", "amount": [40.0, 30.0, 20.0, 10.0]})
    >>> concentration(lines)[["hhi", "top_1_share", "n_vendors"]]
          hhi  top_1_share  n_vendors
    0  3000.0          0.4          4
    """
    frame, selection, value = counted(lines, metric="spend.concentration", basis=basis, currency=currency)
    has_vendor = np.zeros(len(frame), dtype=bool)
    for name in ("vendor_id", "vendor_name"):
        if name in frame.columns:
            has_vendor |= frame[name].notna().to_numpy()
    selection.exclude(~has_vendor, "no vendor")
    kept = selection.kept
    part = frame[kept]
    vendors = group_lines(part, "vendor")
    outer = group_lines(part, by, also=("currency",))
    n = len(outer) if len(part) else 0
    width = max(len(vendors), 1)
    cells, dense = np.unique(outer.codes.astype(np.int64) * width + vendors.codes, return_inverse=True)
    net = np.bincount(dense.reshape(-1), weights=value[kept], minlength=len(cells))
    group = cells // width
    positive = net > 0
    group, net = group[positive], net[positive]
    order = np.lexsort((-net, group))
    group, net = group[order], net[order]
    total = np.bincount(group, weights=net, minlength=n)[:n].astype(float)
    share = net / total[group] if len(net) else net
    starts = np.searchsorted(group, np.arange(n))
    rank = np.arange(len(group)) - starts[group] if len(group) else group
    hhi = 10_000 * np.bincount(group, weights=share**2, minlength=n)[:n]
    count = np.bincount(group, minlength=n)[:n]
    hhi = np.where(count > 0, hhi, np.nan)

    def top(k: int) -> np.ndarray:
        return np.where(count > 0, np.bincount(group[rank < k], weights=share[rank < k], minlength=n)[:n], np.nan)

    result = outer.keys.iloc[:n].assign(
        hhi=hhi,
        effective_vendors=10_000 / hhi,
        top_1_share=top(1),
        top_5_share=np.minimum(top(5), 1.0),
        top_10_share=np.minimum(top(10), 1.0),
        n_vendors=count.astype("int64"),
        spend=total,
    )
    result["currency"] = result["currency"].astype("string")
    parameters = {"by": by, "currency": currency, "basis": basis}
    return stamp(result, metric="spend.concentration", parameters=parameters, selection=selection, lines=frame)
