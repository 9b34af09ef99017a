"""The real SCMS deliveries by way of from_table: the reference figures of their notes, to the cent and the day.

They show the arithmetic only: their publisher says that they are not meant for on-time performance, lead times or vendor shares.
"""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from makini_analytics import Purchases
from tests.conftest import SCMS_COLUMNS


def test_rows_orders_vendors_and_value(scms):
    assert len(scms.lines) == 10_324
    assert scms.lines.order_id.nunique() == len(scms.orders) == 6_233
    assert scms.lines.vendor_id.nunique() == 73
    total = sum(Decimal(repr(v)) for v in scms.lines.amount)
    assert total == Decimal("1627584457.29")
    assert scms.lines.quantity.sum() == 189_265_090


def test_every_date_that_is_none_is_listed(scms_table, scms):
    told = scms.issues.query("column == 'order_date'").value.value_counts().to_dict()
    assert told == {"N/A - From RDC": 5_404, "Date Not Captured": 328}
    assert scms.lines.order_date.notna().sum() == 4_592


def test_every_text_in_a_column_of_dates_or_numbers_is_listed_by_column(scms_table):
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
    assert told.to_dict() == {
        ("approved_date", "Pre-PQ Process"): 2_476,
        ("approved_date", "Date Not Captured"): 205,
        ("order_date", "N/A - From RDC"): 5_404,
        ("order_date", "Date Not Captured"): 328,
        ("cost", "See ..."): 2_445,
        ("cost", "Freight Included in Commodity Cost"): 1_442,
        ("cost", "Invoiced Separately"): 239,
        ("tax", "See ..."): 2_445,
        ("tax", "Weight Captured Separately"): 1_507,
    }
    missing = got.lines[["cost", "tax", "approved_date"]].isna().mean().mul(100).round(2)
    assert missing.to_dict() == {"cost": 39.97, "tax": 38.28, "approved_date": 25.97}
    assert got.lines["approved_date"].min() >= pd.Timestamp("2006-01-01")


def test_totals_that_do_not_reconcile_are_listed_and_kept(scms_table, scms):
    gap = (scms_table["Line Item Value"] - scms_table["Line Item Quantity"] * scms_table["Pack Price"]).abs()
    off = (gap > 0.01 + 1e-9) & (gap > 0.001 * scms_table["Line Item Value"].abs())
    assert scms.issues.query("column == 'amount'").shape[0] == off.sum() > 0
    assert (scms.lines.amount.to_numpy() == scms_table["Line Item Value"].to_numpy()).all()
