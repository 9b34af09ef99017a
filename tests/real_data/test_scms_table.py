"""The real SCMS deliveries by way of from_table: the reference figures of their file, to the cent and the day.

They show the arithmetic only: their publisher says that they are not meant for on-time performance, lead times or vendor shares.
"""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from makini_analytics import Purchases
from tests.conftest import SCMS_COLUMNS


def test_rows_orders_vendors_and_value(scms, known):
    assert len(scms.lines) == known["lines"]
    assert scms.lines.order_id.nunique() == len(scms.orders) == known["orders"]
    assert scms.lines.vendor_id.nunique() == known["vendors"] == 73
    total = sum(Decimal(repr(v)) for v in scms.lines.amount)
    assert total == known["value"]
    assert scms.lines.quantity.sum() == known["quantity"]


def test_every_date_that_is_none_is_listed(scms, known):
    told = scms.issues.query("column == 'order_date'").value.value_counts().to_dict()
    assert told == {text: n for (column, text), n in known["texts"].items() if column == "order_date"}
    assert set(told) == {"N/A - From RDC", "Date Not Captured"}
    assert scms.lines.order_date.notna().sum() == known["dated"]


def test_every_text_in_a_column_of_dates_or_numbers_is_listed_by_column(scms_table, known):
    """Our names carry what is near: only what can and what can't be read matters here."""
    odd = {"PQ First Sent to Client Date": "approved_date", "Freight Cost (USD)": "cost", "Weight (Kilograms)": "tax"}
    got = Purchases.from_table(
        scms_table,
        columns=SCMS_COLUMNS | odd,
        connection="scms",
        currency="USD",
        date_formats={"approved_date": "%m/%d/%y"},
    )
    kinds = got.issues["value"].str.replace(r"(DN|ASN)-\d+ \(ID#:\d+\)", "...", regex=True)
    told = kinds[got.issues["column"] != "amount"].groupby(got.issues["column"]).value_counts()
    assert told.to_dict() == known["texts"]
    assert len(known["texts"]) == 9
    missing = got.lines[["cost", "tax", "approved_date"]].isna().sum()
    assert missing.to_dict() == {
        c: sum(n for (column, _), n in known["texts"].items() if column == c) for c in missing.index
    }
    assert got.lines["approved_date"].min() >= pd.Timestamp("2006-01-01")


def test_totals_that_do_not_reconcile_are_listed_and_kept(scms_table, scms, known):
    gap = (scms_table["Line Item Value"] - scms_table["Line Item Quantity"] * scms_table["Pack Price"]).abs()
    off = (gap > 0.01 + 1e-9) & (gap > 0.001 * scms_table["Line Item Value"].abs())
    assert scms.issues.query("column == 'amount'").shape[0] == off.sum() == known["off"] > 0
    assert (scms.lines.amount.to_numpy() == scms_table["Line Item Value"].to_numpy()).all()
