"""Tables beside the lines of a table: the heads of the orders, and the receipts. Neither multiplies a line nor loses a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..frames import categoricals, stack
from . import _receipts
from ._identities import currency_codes
from ._issues import IssueBook
from ._schema import LINES, ORDERS, RECEIPT_LINES
from ._table_values import TableValues, filled, framed, stripped

_ORDER = {c.name: c for c in ORDERS}
#: What the columns of receipts may be called: as the API has them, or as on the lines.
RECEIPT = {c.name: c for c in RECEIPT_LINES} | {
    c.name: c for c in LINES if c.name in ("order_number", "delivered_date", "received_quantity")
}


def with_heads(
    frame: pd.DataFrame, heads: pd.DataFrame, book: IssueBook
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the lines with their order's own values where they have none, the heads by the lines' order ids, and what to know."""
    by = (
        "order_id"
        if heads["order_id"].notna().any() and frame["order_id"].isin(heads["order_id"]).any()
        else "order_number"
    )
    heads = heads.assign(**{n: stripped(heads, n) for n in ("order_id", "order_number", "vendor_id", "vendor_name", "status")},
                         currency=currency_codes(categoricals.from_series(heads["currency"])))  # fmt: skip
    key = categoricals.to_strings(heads[by])
    twice = key.duplicated().to_numpy() & key.notna().to_numpy()
    book.add("orders", "order_id", np.flatnonzero(twice), key, "the order is there twice: the first one is taken")
    index = pd.Index(key.mask(twice))
    at = index.get_indexer(pd.Index(categoricals.to_strings(frame[by])))
    at = np.where(categoricals.to_strings(frame[by]).isna().to_numpy(), -1, at)
    out: dict[str, Any] = {}
    for c in LINES:
        if c.name not in _ORDER or c.name in ("connection", "order_id", "order_number", "state"):
            continue
        of_order = heads[c.name].array.take(at, allow_fill=True)
        if c.kind == "label":
            out[c.name] = filled(categoricals.from_series(frame[c.name]), categoricals.from_texts(of_order))
        else:
            out[c.name] = frame[c.name].where(frame[c.name].notna(), pd.Series(of_order, index=frame.index))
    orphans, alone = (
        int((at < 0).sum()),
        len(set(range(len(heads))) - set(at.tolist()) - set(np.flatnonzero(twice).tolist())),
    )
    notes = [f"{orphans:,} lines belong to orders that are missing from orders=."] if orphans else []
    notes += [f"{alone:,} orders of orders= have no line."] if alone else []
    return frame.assign(**out), heads.assign(key=key.mask(twice), by=by), notes


def overlaid(orders: pd.DataFrame, heads: pd.DataFrame) -> pd.DataFrame:
    """Return the orders with the values of their heads, and behind them the heads without a line."""
    by = str(heads["by"].iloc[0]) if len(heads) else "order_id"
    at = pd.Index(heads["key"]).get_indexer(pd.Index(categoricals.to_strings(orders[by])))
    out: dict[str, Any] = {}
    for c in ORDERS:
        if c.name in ("connection", "order_id", "order_number", "state", "n_lines"):
            continue
        of_head = pd.Series(heads[c.name].array.take(at, allow_fill=True), index=orders.index)
        if c.kind == "label":
            out[c.name] = filled(categoricals.from_series(of_head), categoricals.from_series(orders[c.name]))
        else:
            out[c.name] = of_head.where(of_head.notna(), orders[c.name])
    alone = heads[heads["key"].notna() & ~heads.index.isin(at)]
    if not len(alone):
        return orders.assign(**out)
    names = orders["connection"].drop_duplicates()
    more = alone.assign(
        order_id=filled(categoricals.from_series(alone["order_id"]), categoricals.from_series(alone["order_number"])),
        connection=categoricals.constant(str(names.iloc[0]) if len(names) else "table", len(alone)),
        n_lines=pd.array([0] * len(alone), dtype="Int64"),
    )
    return stack([orders.assign(**out), more[list(orders.columns)]])


def with_receipts(frame: pd.DataFrame, got: TableValues, n: int, book: IssueBook) -> tuple[pd.DataFrame, str]:
    """Return the lines with what their receipts say: no line is multiplied, however many receipts it has."""
    columns = list(RECEIPT.values())
    receipts = framed(got, n, columns)
    text = {
        c.name: categoricals.to_strings(receipts[c.name]) if c.kind == "label" else receipts[c.name] for c in columns
    }
    receipts = receipts.assign(**text)
    number = pd.Series(stripped(receipts, "order_number")).astype("string")
    ids = pd.Series(stripped(receipts, "order_id")).astype("string")
    by_number = frame.drop_duplicates("order_number").set_index(
        categoricals.to_strings(frame.drop_duplicates("order_number")["order_number"])
    )["order_id"]
    of_number = number.map(categoricals.to_strings(by_number).to_dict()).astype("string")
    receipts = receipts.assign(
        order_id=ids.fillna(of_number).fillna(number),
        received_date=receipts["received_date"].where(receipts["received_date"].notna(), receipts["delivered_date"]),
        quantity=receipts["quantity"].where(receipts["quantity"].notna(), receipts["received_quantity"]),
    )
    of = _receipts.line_of(receipts, frame)
    return _receipts.apply_receipts(frame, receipts, of, book)
