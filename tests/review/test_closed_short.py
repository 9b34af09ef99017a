"""Lines that came with less than was ordered, and are closed: what is left of a vendor's are those that are stuck."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review import look, on_time_by

DAY = pd.Timestamp("2025-06-30")


def short(share: float) -> ma.Purchases:
    """Return two years of seven vendors; of A's lines some come with 97 of 100, and one in ten is stuck. All else is on time."""
    draw, ordered = np.random.default_rng(3), pd.date_range("2023-07-01", "2025-05-31").repeat(3)
    n = len(ordered)
    table = pd.DataFrame({"order_number": [f"P{i}" for i in range(n)], "order_date": ordered, "currency": "EUR"})
    table = table.assign(required_date=ordered + pd.Timedelta(days=20), amount=100.0, quantity=100.0, status="Received")
    table["vendor_name"] = [f"{'ABCDEFG'[i % 7]} Ltd" for i in range(n)]
    table["delivered_date"] = ordered + pd.to_timedelta(draw.integers(10, 24, n), unit="D")
    mine = table.vendor_name == "A Ltd"
    table["received_quantity"] = np.where(mine & (draw.random(n) < share), 97.0, 100.0)
    stuck = mine & (draw.random(n) < 0.1)
    table.loc[stuck, ["delivered_date", "received_quantity", "status"]] = [pd.NaT, 0.0, "Open"]
    return ma.Purchases.from_table(table, as_of=DAY)


def test_a_vendor_whose_lines_are_mostly_closed_short_is_not_called_late():
    data = short(1.0)
    row = on_time_by(look(data).view).set_index("vendor_name").loc["A Ltd"]
    assert row["on_time_rate"] == 0 and pd.isna(row["p_value"]) and pd.isna(row["against_others"])
    told = ma.findings(data).set_index("kind").loc["late"]
    assert "A Ltd" not in told["why"] + told["sentence"]
    n = data.lines[(data.lines.required_date > "2024-06-30") & (data.lines.received_quantity == 97)]
    assert f" {len(n)} lines came with less than was ordered and are closed" in told["why"]


@pytest.mark.full
def test_a_few_of_them_hide_nothing():
    data = short(0.1)
    row = on_time_by(look(data).view).set_index("vendor_name").loc["A Ltd"]
    assert not pd.isna(row["p_value"])
    assert "less than was ordered" not in ma.findings(data).set_index("kind").loc["late", "why"]


def test_the_vendor_is_told_of_them(tmp_path):
    page = ma.report(short(1.0), tmp_path / "v.html", vendor="A Ltd", progress=False).read_text("utf-8")
    assert "came with less than was ordered and are closed: in neither number." in page


@pytest.mark.full
def test_two_vendors_with_nearly_all_of_it_are_no_spread():
    """Late is what two of ten vendors are, and a little of the others."""
    ordered = pd.date_range("2024-01-01", "2025-05-31").repeat(3)
    n = np.arange(len(ordered))
    late = (n % 40 < 2) | (n % 500 == 7)
    table = pd.DataFrame({"order_number": n.astype(str), "order_date": ordered, "currency": "EUR", "amount": 100.0})
    table = table.assign(required_date=ordered + pd.Timedelta(days=20), vendor_name=[f"V{i % 10}" for i in n])
    table["delivered_date"] = table.required_date + pd.to_timedelta(np.where(late, 9, -2), unit="D")
    told = ma.findings(ma.Purchases.from_table(table, as_of=DAY)).set_index("kind").loc["late", "sentence"]
    assert "spread" not in told
