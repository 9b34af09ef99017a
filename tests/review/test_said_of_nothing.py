"""Of what is not there, or of too little, findings and tiles say the same: nothing."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review import look
from tests.tiers import one_in


def data_of(days, **columns):
    table = pd.DataFrame(
        {"order_number": range(len(days)), "order_date": days, "vendor_name": "Nord", "currency": "EUR"}
    )
    return ma.Purchases.from_table(table.assign(**({"amount": 100.0} | columns)), connection="erp", as_of="2025-12-31")


@pytest.mark.parametrize(
    ("columns", "said"),
    one_in(
        2,
        [
            ({"amount": None}, "its lines are not in on time and lead time."),
            ({}, "its 5.2 k EUR of the twelve months is in spend, not in on time and lead time."),
        ],
    ),
)
def test_lines_without_amounts_are_not_said_to_be_in_spend(columns, said):
    days = pd.date_range("2025-01-02", "2025-12-31", freq="7D")
    came = [1.0] * 40 + [0.0] * 12
    got = look(
        data_of(days, required_date=days, delivered_date=pd.NaT, quantity=1.0, received_quantity=came, **columns)
    )
    assert f"erp records no delivery days: {said}" in " ".join(got.data_line)


def test_a_year_without_orders_is_no_fall_of_spend_in_its_tile_either():
    got = look(data_of(pd.date_range("2023-01-01", "2024-12-31", freq="7D")))
    assert got.findings.set_index("kind").loc["change", "certainty"] == "can't be told"
    tile = next(t for t in got.tiles if t.name == "spend")
    assert (tile.value, tile.change_text) == (0, "")
    assert pd.isna(tile.before)


@pytest.mark.parametrize(("n", "known"), one_in(3, [(1, False), (19, False), (20, True)]))
def test_a_forecast_of_few_lines_is_none(n, known):
    came = pd.date_range("2025-10-15", periods=n)
    still_out = pd.to_datetime(["2026-01-10"] * 5)
    ordered = [*came - pd.Timedelta(days=10), *[pd.Timestamp("2025-12-20")] * 5]
    data = data_of(
        ordered,
        required_date=[*came, *still_out],
        delivered_date=[*came + pd.Timedelta(days=2), *[pd.NaT] * 5],
        amount=1000.0,
    )
    found = ma.findings(data).set_index("kind").loc["soon late"]
    assert (found["certainty"] != "can't be told") == known
    few = f"lines due in the next 30 days (too few lines fell due lately to forecast from ({n}))"
    assert found["sentence"] == ("5 k EUR of the 5 k EUR due by 30 January is expected late." if known else few)


@pytest.mark.full
def test_where_most_days_of_delivery_are_known_they_are_not_said_to_be_none():
    days = pd.date_range("2025-01-02", "2025-12-01", freq="7D")
    came = days + pd.Timedelta(days=9)
    table = data_of(
        days, required_date=days, delivered_date=came.where(days < "2025-10-01"), quantity=1.0, received_quantity=1.0
    )
    said = " ".join(look(table).data_line)
    assert "no delivery days" not in said
    assert "erp records the day of delivery of fewer than 95 % of what came: its 4.8 k EUR" in said
    found = ma.findings(table).set_index("kind")
    assert "of no line" not in found.loc["lead time", "sentence"]
