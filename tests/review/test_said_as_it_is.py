"""What a finding says is what its evidence says: no vendor hidden in "spread", no returns called lines without an item, nothing bare called none."""

from __future__ import annotations

import numpy as np
import pandas as pd

import makini_analytics as ma
from makini_analytics import currency, quality
from makini_analytics.reporting import content
from makini_analytics.review import look


def findings(table, **options):
    data = table if isinstance(table, ma.Purchases) else ma.Purchases.from_table(table, as_of="2025-12-31")
    return ma.findings(data, **options).set_index("kind")


def delivered(n_vendors=8, late_of=None, seed=3):
    """Return two years of orders of vendors that are all late by chance, but for one."""
    draw = np.random.default_rng(seed)
    day = pd.date_range("2024-01-01", "2025-11-01", freq="D").repeat(n_vendors)
    vendor = np.tile(np.arange(n_vendors), len(day) // n_vendors)
    late = draw.random(len(day)) < np.where(vendor == late_of, 0.6, 0.15)
    table = pd.DataFrame(
        {"order_date": day, "required_date": day + pd.Timedelta(days=20), "amount": draw.lognormal(5, 1, len(day))}
    )
    table["delivered_date"] = table["required_date"] + pd.to_timedelta(np.where(late, 5, -1), "D")
    return table.assign(
        order_number=range(len(day)), vendor_name=[f"Supplier {v}" for v in vendor], currency="EUR", status="received"
    )


def test_a_vendor_that_is_late_beyond_chance_is_named_and_lateness_is_not_called_spread():
    one = findings(delivered(late_of=2)).loc["late"]
    assert " of it at Supplier 2." in one["sentence"]
    assert "spread" not in one["sentence"]
    assert "Supplier 2" in one["why"]
    assert "it is spread over the vendors." in findings(delivered()).loc["late", "sentence"]


def test_services_and_returns_are_not_called_lines_without_an_item():
    days = pd.date_range("2024-01-01", "2025-12-31", freq="D")
    table = pd.DataFrame(
        {"order_date": days, "product_code": "a", "quantity": 1.0, "unit_price": 10.0, "currency": "EUR"}
    )
    returned = (days.year == 2025) & (np.arange(len(days)) % 2 == 0)
    table.loc[returned, "quantity"] = -1.2
    change = findings(table.assign(order_number=range(len(days)), vendor_name="Bolt AG")).loc["change"]
    assert "services, returns and what else has no price to compare" in change["sentence"]
    assert "without an item" not in change["sentence"] + change["why"]


def test_what_falls_due_soon_without_a_forecast_is_not_in_what_is_said_to_fall_due(monkeypatch):
    view = look(ma.load_sample(), currency="EUR").view
    table = view.open_in_unit
    soon = table[table["days_overdue"].between(-30, 0)]
    told = soon[soon["expected_late_value"].notna()]["open_value"].sum()
    assert told < soon["open_value"].sum()
    sentence = findings(ma.load_sample(), currency="EUR").loc["soon late", "sentence"]
    assert f"of the {view.say(told)} due by 30 January that can be forecast is expected late." in sentence


def test_bare_lines_have_no_vendor_that_did_not_move_and_nothing_that_is_not_due():
    table = delivered(n_vendors=2)
    no_vendor = findings(table.drop(columns="vendor_name"))
    assert no_vendor.loc["lead time", "sentence"] == "lead times (no line has a vendor)"
    assert no_vendor.loc["late", "why"].count("vendor") == 0
    still_open = table.assign(status="open").drop(columns=["required_date", "delivered_date"])
    assert (
        findings(still_open).loc["soon late", "sentence"]
        == "lines due in the next 30 days (no open line has a due date)"
    )
    assert findings(still_open).loc["soon late", "certainty"] == "can't be told"
    undated = table.drop(columns=["order_date"])
    assert findings(undated).loc["prices", "sentence"] == "prices (no line has an order date)"


def test_prices_that_are_compared_are_those_of_which_the_effect_is_made():
    data = ma.load_sample()
    exhibit = next(e for e in content(data, currency="EUR", sections=["spend"]).exhibits if e.name == "spend_prices")
    table = exhibit.table
    rate = table["price_after"] / table["price_before"] - 1
    np.testing.assert_allclose(rate, table["price_rate"], atol=1e-9)
    assert currency.convert(data.lines, to="EUR").attrs["currency"] != "as in the documents"


def test_an_answer_of_none_is_an_answer_and_open_lines_are_listed_without_days_of_delivery():
    found = quality.coverage(ma.load_sample()).set_index(["connection", "name"])
    assert found.loc[("emea", "spend.single_source"), "computable"]
    assert "several vendors" in found.loc[("emea", "spend.single_source"), "evidence"]
    for name in ("slippage.open_orders", "slippage.ageing"):
        assert found.loc[("apac", name), "computable"]
        assert found.loc[("apac", name), "n_filled"] > 0
    assert not found.loc[("apac", "slippage.by_vendor"), "computable"]
