"""The real SCMS deliveries by way of from_table: the reference figures of their notes, to the cent and the day.

They show the arithmetic only: their publisher says that they are not meant for on-time performance, lead times or vendor shares.
"""

from __future__ import annotations

from decimal import Decimal


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
    pq = scms_table["PQ First Sent to Client Date"]
    assert (pq == "Pre-PQ Process").sum() + (pq == "Date Not Captured").sum() == 2_681


def test_totals_that_do_not_reconcile_are_listed_and_kept(scms_table, scms):
    gap = (scms_table["Line Item Value"] - scms_table["Line Item Quantity"] * scms_table["Pack Price"]).abs()
    off = (gap > 0.01 + 1e-9) & (gap > 0.001 * scms_table["Line Item Value"].abs())
    assert scms.issues.query("column == 'amount'").shape[0] == off.sum() > 0
    assert (scms.lines.amount.to_numpy() == scms_table["Line Item Value"].to_numpy()).all()
