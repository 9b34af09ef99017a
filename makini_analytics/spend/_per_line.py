"""The spend of each line: its amount where it counts, and why where it doesn't."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ..compute import Counted, InSteps, by_line, figure
from ..frames import AsOf, to_strings, values
from ._rule import BASIS_COLUMNS, spend_tally


@figure("amount", basis=BASIS_COLUMNS)
def per_line(
    lines: Any,
    *,
    basis: str = "ordered",
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """Spend of each order line: what it adds to the total, and why where it adds nothing.

    The lines and values are those of ``spend.by_vendor``: their sum by vendor and currency is its ``spend``. With
    ``basis="open"`` they are the lines that are still to come, each with its open value.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``.
    basis, currency, intercompany, as_of : as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per line, in the order and with the index of ``lines``
        order_id, line_id, vendor_id, vendor_name : string, as the lines have them
        spend : float, in ``currency``; missing where the line doesn't count
        currency : string; missing where the source gives none
        reason : string, why the line doesn't count; missing where it does
        connection : string, where the lines have one

    Raises
    ------
    SchemaError
        A column that is needed is missing.
    ConfigError
        An unknown basis, or an intercompany vendor that no line has.

    Examples
    --------
    >>> import pandas as pd
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"state": ["open", "cancelled", "draft"], "amount": [60.0, 10.0, 30.0], "currency": "EUR"})
    >>> spend.per_line(lines)[["spend", "currency", "reason"]]
       spend currency     reason
    0   60.0      EUR       <NA>
    1    NaN      EUR  cancelled
    2    NaN      EUR      draft
    """
    got = spend_tally(lines, basis=basis, currency=currency, intercompany=intercompany, as_of=as_of)
    frame = got.frame
    yield Counted(got.selection)
    result = by_line(
        frame,
        {
            "spend": np.where(got.selection.kept, got.sums["value"], np.nan),
            "currency": to_strings(values(frame, "currency", "string")),
            "reason": got.selection.reason(),
        },
    )
    return got.with_provenance(result)
