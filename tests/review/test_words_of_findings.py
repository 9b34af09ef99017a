"""Words of findings: one line is no lines, what is told of a few is a notable share, and a reason is a true one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts
from makini_analytics.review._one_currency import in_one_currency


def bought(**columns) -> pd.DataFrame:
    """Return an order on every third day of two years, each on another day; what is given takes the place of a column."""
    days = pd.date_range("2024-01-01", "2025-12-31", freq="3D")
    n = len(days)
    due = days + pd.Timedelta(days=20)
    came = pd.Series(due).where(due <= "2025-12-31")
    return pd.DataFrame(
        {"order_number": [f"o{i}" for i in range(n)], "line_number": "1", "vendor_id": [f"V{i % 6}" for i in range(n)],
         "vendor_name": [f"Vendor {i % 6}" for i in range(n)], "product_code": [f"p{i % 12}" for i in range(n)], "order_date": days,
         "required_date": due, "delivered_date": came, "quantity": 10.0, "unit_price": 10.0, "amount": 100.0, "currency": "EUR",
         "unit_of_measure": "EA"} | columns
    )  # fmt: skip


def findings(table: pd.DataFrame) -> pd.DataFrame:
    return ma.findings(ma.Purchases.from_table(table, as_of="2025-12-31")).set_index("kind")


@pytest.mark.full
def test_items_of_another_unit_are_not_called_items_of_one_year():
    table = bought()
    this_year = table["order_date"] >= "2025-01-01"
    in_boxes = table.assign(unit_of_measure=np.where(this_year, "BOX", "EA"))
    assert findings(in_boxes).loc["prices", "sentence"] == "prices (no item was bought in the same unit in both years)"
    others = table.assign(vendor_id=np.where(this_year, "W", "V"), vendor_name=np.where(this_year, "W", "V"))
    assert (
        findings(others).loc["prices", "sentence"] == "prices (no item was bought from the same vendor in both years)"
    )
    new = table.assign(product_code=np.where(this_year, "n", "o") + table["product_code"])
    assert findings(new).loc["prices", "sentence"] == "prices (no item was bought in both years)"


@pytest.mark.parametrize("n", [1, 2])
def test_a_line_in_another_currency_is_one_line(n):
    table = bought()
    table.loc[: n - 1, "currency"] = "XXX"
    data = ma.Purchases.from_table(table, as_of="2025-12-31")
    _, _, note = in_one_currency(data, None)
    says = "1 line in another currency than EUR is" if n == 1 else "2 lines in other currencies than EUR are"
    assert note.startswith(f"{says} not converted")
    pytest.importorskip("currency_converter", reason="the extra 'enrich' is not installed")
    assert note.endswith("it has no rate." if n == 1 else "2 of them have no rate.")
    _, _, asked = in_one_currency(data, "EUR")
    assert asked.endswith(f"{'1 line has' if n == 1 else '2 lines have'} no rate and no amount here.")


@pytest.mark.full
def test_three_of_what_is_overdue_are_told_where_they_are_a_notable_share():
    table = bought()
    table.loc[table["required_date"].between("2025-08-01", "2025-12-20"), "delivered_date"] = pd.NaT
    assert "three of them" not in findings(table).loc["overdue", "sentence"]
    last = table.index[table["required_date"] < "2025-12-15"][-3:]
    table.loc[last, "amount"] = 5000.0
    assert "three of them are" in findings(table).loc["overdue", "sentence"]


@pytest.mark.full
def test_what_is_late_on_lines_without_a_vendor_is_said_to_be():
    table = bought()
    of_one = table["vendor_id"] == "V2"
    table.loc[of_one & table["delivered_date"].notna(), "delivered_date"] += pd.Timedelta(days=9)
    table.loc[~of_one, "delivered_date"] = table["required_date"]  # nothing of theirs is out
    table["delivered_date"] = table["delivered_date"].where(table["delivered_date"] <= "2025-12-31")
    assert "most at Vendor 2." in findings(table).loc["late", "sentence"]
    table.loc[of_one, ["vendor_id", "vendor_name"]] = None
    late = findings(table).loc["late"]
    assert late["sentence"].endswith("came late or is still out, all of it on lines without a vendor.")


@pytest.mark.full
def test_a_name_in_two_connections_is_told_apart_where_it_holds_their_letters():
    rows = pd.DataFrame({"vendor_id": "1", "vendor_name": "Vendor D GmbH", "connection": ["a", "b"]})
    want = ["Vendor D GmbH (a)", "Vendor D GmbH (b)"]
    assert charts.group_labels(rows, ["vendor_id", "vendor_name"]) == want
    rose = bought()
    rose.loc[(rose["order_date"] >= "2025-01-01") & (rose["vendor_id"] == "V0"), "unit_price"] *= 1.5
    rose["product_code"] += (rose.index % 5).astype(str)
    rose["unit_price"] *= 1 + (rose.index % 5) / 100 * (rose["order_date"] >= "2025-01-01") * (
        rose["vendor_id"] == "V0"
    )
    rose["amount"] = rose["unit_price"] * rose["quantity"]
    both = pd.concat([rose.assign(connection="a"), rose.assign(connection="b")])
    assert "Vendor 0 (a) and Vendor 0 (b)" in findings(both).loc["prices", "why"]
