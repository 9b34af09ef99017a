"""Each price paid for one item."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
import pandas as pd

from ..compute import ENTITIES, stamp
from ..errors import ConfigError
from ..frames import days_of, frame_of, values
from ._items import items_of


def price_history(
    lines: Any, *, of: str | None = None, item: str = "material", currency: str | None = None
) -> pd.DataFrame:
    """Each price that was paid for one item: the effective unit price of its lines, by order date.

    The same lines as in ``spend.price_changes``: of those that count as spend, returns, free goods, and lines without quantity or
    order date are left out.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``, ``quantity``, ``order_date`` and ``material_id`` or ``product_code``.
    of : material_id, product_code or description; by default the item with the most spend
    item : "material", or a column that says what was bought
    currency : keeps the lines in that currency and counts the rest

    Returns
    -------
    DataFrame, one row per order line, by order date
        order_date : datetime64; order_id, line_id, vendor_id, vendor_name, description : string
        price : float, in ``currency`` per ``unit``; quantity : float, in ``unit``
        amount : float, in ``currency``; unit, currency : string

    Raises
    ------
    ConfigError
        No line is of that item; the message gives the near ones.
    SchemaError
        A column that is needed is missing.

    Examples
    --------
    >>> lines = pd.DataFrame({"product_code": "P1", "order_date": pd.to_datetime(["2025-03-01", "2024-03-01"]),
    ...                       "quantity": [20.0, 10.0], "amount": [110.0, 50.0], "currency": "EUR"})
    >>> price_history(lines, of="P1")["price"].tolist()
    [5.0, 5.5]
    """
    metric = "spend.price_history"
    frame_of(lines, "amount", "quantity", "order_date", metric=metric)
    items, item = items_of(lines, metric=metric, item=item, currency=currency, intercompany=())
    items.leave_out_unpriced()
    frame = items.frame
    days = days_of(frame, "order_date")
    items.selection.exclude(np.isnat(days), "no order date")
    columns = [*ENTITIES[item][0], *ENTITIES[item][1]] if item in ENTITIES else [item]
    columns = [c for c in dict.fromkeys([*columns, "description"]) if c in frame]
    if of is None:
        kept = items.selection.kept
        known = next(c for c in columns if not len(frame) or frame[c][kept].notna().any() or c == columns[-1])
        spend = pd.Series(items.amount[kept]).groupby(frame[known][kept].astype("string").to_numpy()).sum()
        of = None if spend.empty else str(spend.idxmax())
    if of is not None:
        mine = np.zeros(len(frame), dtype=bool)
        for column in columns:
            mine |= (frame[column].astype("string") == of).fillna(False).to_numpy(dtype=bool)
        if not mine.any():
            names = sorted({str(v) for c in columns for v in frame[c].dropna().unique()})
            near = difflib.get_close_matches(str(of), names, n=3)
            raise ConfigError(f"no line is of the item {of!r}" + (f"; near: {', '.join(near)}" if near else ""))
        items.selection.exclude(~mine, "other items")
    rows = items.selection.kept
    part = frame[rows]
    texts = ("order_id", "line_id", "vendor_id", "vendor_name", "description")
    result = pd.DataFrame(
        {
            "order_date": days[rows].astype("datetime64[us]"),
            **{c: values(part, c, "string").astype("string") for c in texts},
            "price": items.amount[rows] / items.quantity[rows],
            "quantity": items.quantity[rows],
            "amount": items.amount[rows],
            "unit": items.keys["unit"][rows],
            "currency": items.keys["currency"][rows],
        },
        index=part.index,
    )
    result = result.sort_values("order_date", kind="stable").reset_index(drop=True)
    parameters = {"of": of, "item": item, "currency": currency}
    return stamp(result, metric=metric, parameters=parameters, selection=items.selection, lines=frame)
