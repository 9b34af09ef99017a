"""Days of deliveries that are recorded only since lately: findings, tiles and the report judge the same lines."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review._findings import look


@pytest.fixture(scope="module")
def lately():
    """Three years of an order every two days, of which the last thirteen months have days of delivery; a third comes late."""
    ordered = pd.date_range("2023-01-02", "2025-12-30", freq="2D")
    due = ordered + pd.Timedelta(days=20)
    came = due + pd.to_timedelta(np.where(np.arange(len(ordered)) % 3, -1, 3), unit="D")
    table = pd.DataFrame(
        {
            "order_number": [f"P{i}" for i in range(len(ordered))],
            "vendor_name": [f"Vendor {'ABCD'[i % 4]}" for i in range(len(ordered))],
            "order_date": ordered,
            "required_date": due,
            "delivered_date": came,
            "quantity": 1.0,
            "amount": 100.0,
            "currency": "EUR",
        }
    )
    table["status"] = np.where(came <= "2025-12-31", "Received", "Open")
    table.loc[(table["order_date"] < "2024-12-01") | (table["status"] == "Open"), "delivered_date"] = pd.NaT
    return ma.Purchases.from_table(table, as_of="2025-12-31"), table


def test_late_is_of_the_lines_that_the_tile_is_of(lately):
    data, table = lately
    mine = table[(table["required_date"] > "2024-12-31") & (table["required_date"] <= "2025-12-31")]
    mine = mine[mine["delivered_date"].notna() | ((mine["status"] == "Open") & (mine["required_date"] < "2025-12-31"))]
    late = mine["delivered_date"].isna() | (mine["delivered_date"] > mine["required_date"])
    found = look(data)
    told = found.findings.set_index("kind").loc["late"]
    assert f"{late.sum()} of {len(mine)} lines" in told["why"]
    assert told["value"] == pytest.approx(mine.loc[late, "amount"].sum())
    tiles = {t.name: t for t in found.tiles}
    assert tiles["on_time"].value == pytest.approx(1 - late.mean())
    assert "no delivery days" not in " ".join(found.data_line)
    assert "year ago" not in tiles["overdue"].change_text  # then nobody could tell what was overdue


def test_charts_of_months_show_what_the_years_ranking_counts(lately, tmp_path):
    page = ma.report(lately[0], tmp_path / "r.html", sections=["slippage", "lead_times"], progress=False).read_text(
        "utf-8"
    )
    titles = re.findall(r"<h3[^>]*>([^<]*)</h3>", page)
    assert not [t for t in titles if "No data" in t]
