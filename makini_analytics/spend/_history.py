"""Each price paid for one item."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    ENTITIES,
    FigureResult,
    InSteps,
    figure,
    leave_out_unreadable,
    narrow,
)
from ..errors import ConfigError
from ..frames import AsOf, days_of, encode, to_strings, values
from ..system import near
from ._items import Items, items_of


@figure("amount", "quantity", "order_date")
def price_history(
    lines: Any, *, of: str | None = None, item: str = "material", currency: str | None = None, as_of: AsOf | None = None
) -> InSteps:
    """Each price that was paid for one item: the effective unit price of its lines, by order date.

    The same lines as in ``spend.price_changes``: of those that count as spend, returns, free goods, and lines without quantity or
    order date are left out. Two connections may have one code for two things: of several, the one with the most spend is shown.

    After `currency.convert` all documents in one currency are taken at one rate, that of the item's purchases, since a rate that
    moves is no move of the price; ``currency_effect`` is the rest of the amount.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``, ``quantity``, ``order_date`` and ``material_id`` or ``product_code``.
    of : material_id, product_code or description; by default the item with the most spend
    item : "material", or a column that says what was bought
    currency : keeps the lines in that currency and counts the rest
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per order line, by order date
        order_date : datetime64; order_id, line_id, vendor_id, vendor_name, description : string
        price : float, in ``currency`` per ``unit``; quantity : float, in ``unit``
        amount : float, in ``currency``; unit, currency : string
        document_currency : string; document_price : float, in it, per ``unit``; currency_effect : float, in ``currency``,
        amount - price x quantity; only after a conversion
        connection : string, where the lines have one

    Raises
    ------
    ConfigError
        No line is of that item; the message gives the near ones.
    SchemaError
        A column that is needed is missing.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"product_code": "P1", "order_date": pd.to_datetime(["2025-03-01", "2024-03-01"]),
    ...                       "quantity": [20.0, 10.0], "amount": [110.0, 50.0], "currency": "EUR"})
    >>> spend.price_history(lines, of="P1")["price"].tolist()
    [5.0, 5.5]
    """
    items = items_of(lines, metric="spend.price_history", item=item, currency=currency, as_of=as_of)
    items.leave_out_unpriced()
    frame = items.frame
    days = days_of(frame, "order_date")  # a price without a day has no place on a time axis
    leave_out_unreadable(items.selection, {"order_date": "order date"})
    items.selection.exclude(np.isnat(days), "no order date")
    columns = [c for part in ENTITIES[items.item] for c in part] if items.item in ENTITIES else [items.item]
    columns = [c for c in dict.fromkeys([*columns, "description"]) if c in frame]
    of = _most_bought(items, columns) if of is None else of
    if of is not None:
        items.selection.exclude(~_lines_of_item(frame, columns, of), "other items")
        _keep_one_connection(items)
    yield items.counted
    rows = items.selection.kept
    even = items.at_one_rate(rows, items.groups([items.item], rows).codes)
    texts = ("order_id", "line_id", "vendor_id", "vendor_name", "description")
    part = narrow(frame, None, *texts)[rows]
    result = pd.DataFrame(
        {
            "order_date": days[rows].astype("datetime64[us]"),
            **{c: values(part, c, "string").astype("string") for c in texts},
            "price": even / items.quantity[rows],
            "quantity": items.quantity[rows],
            "amount": items.amount[rows],
            "unit": to_strings(items.keys["unit"][rows]),
            "currency": to_strings(items.keys["currency"][rows]),
        },
        index=part.index,
    )
    if items.converted:
        result["document_currency"] = to_strings(items.keys["document_currency"][rows])
        result["document_price"] = items.paid[rows] / items.quantity[rows]
        result["currency_effect"] = items.amount[rows] - even
    if "connection" in part:
        result["connection"] = part["connection"].astype("string")
    result = result.sort_values("order_date", kind="stable").reset_index(drop=True)
    return FigureResult(result, items.selection, items.as_of, parameters={"of": of, "item": items.item})


def _most_bought(items: Items, columns: list[str]) -> str | None:
    """Return the item with the most spend, by the first of the columns that has a value; None without lines."""
    frame, kept = items.frame, items.selection.kept
    known = next(c for c in columns if not len(frame) or frame[c][kept].notna().any() or c == columns[-1])
    what, connection = encode(frame[known]), encode(values(frame, "connection", "string"))
    rows = kept & (what.codes >= 0)
    # the same name in two connections is two items
    pair = what.codes[rows].astype(np.int64) * (len(connection.labels) + 1) + connection.codes[rows] + 1
    spend = pd.Series(items.amount[rows]).groupby(pair).sum()
    most = None if spend.empty else int(spend.index.to_numpy()[spend.to_numpy().argmax()])
    return None if most is None else str(what.labels[most // (len(connection.labels) + 1)])


def _keep_one_connection(items: Items) -> None:
    """Leave out the lines of all connections but the one with the most spend on the item."""
    kept = items.selection.kept
    connection = encode(values(items.frame, "connection", "string")).codes
    if len(np.unique(connection[kept])) > 1:
        most = pd.Series(items.amount[kept]).groupby(connection[kept]).sum().idxmax()
        items.selection.exclude(connection != most, "so called in another connection")


def _lines_of_item(frame: pd.DataFrame, columns: list[str], of: str) -> npt.NDArray[np.bool_]:
    """Return the lines that call the item so in any of the columns, or raise `ConfigError` with the near names."""
    mine = np.zeros(len(frame), dtype=bool)
    for column in columns:
        texts = encode(frame[column], sort=False)
        mine |= np.append(texts.labels.astype("string") == of, False)[texts.codes]
    if not mine.any():
        names = {str(v) for c in columns for v in frame[c].dropna().unique()}
        raise ConfigError(f"no line is of the item {of!r}{near(str(of), names)}")
    return mine
