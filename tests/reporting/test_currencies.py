"""A report of lines in several currencies for which there are no rates."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from tests.tiers import one_in


def bought(foreign):
    """Two years of orders in EUR, one every ten days, of which some are in a currency that nobody has rates for."""
    ordered = pd.date_range("2024-01-03", "2025-12-20", freq="10D")
    table = pd.DataFrame(
        {
            "order_number": [f"P{i}" for i in range(len(ordered))],
            "vendor_name": np.where(np.arange(len(ordered)) % 2, "Acme", "Bolt"),
            "product_code": "X",
            "order_date": ordered,
            "required_date": ordered + pd.Timedelta(days=10),
            "quantity": 1.0,
            "amount": 100.0,
            "currency": "EUR",
        }
    )
    table.loc[foreign(ordered), "currency"] = "XXX"
    return ma.Purchases.from_table(table, as_of="2025-12-31")


@pytest.mark.parametrize(
    ("foreign", "ranked"),
    one_in(
        2,
        [
            (lambda day: day == day[-1], True),  # none in the year before
            (lambda day: day == day[0], False),  # none in the twelve months
            (lambda day: (day < "2024-04-01") | (day >= "2025-10-01"), True),
            (lambda day: day == day[0] - pd.Timedelta(days=1), False),  # none at all
        ],
    ),
)
def test_a_currency_that_one_of_the_years_lacks_stops_no_report(foreign, ranked, tmp_path):
    page = ma.report(bought(foreign), tmp_path / "r.html", sections=["spend"], progress=False).read_text("utf-8")
    tables = re.findall(r"<table data-name='(\w+)'", page)
    assert "spend_by_vendor_EUR" in tables
    assert ("spend_by_vendor_XXX" in tables) == ranked


@pytest.mark.full
def test_a_finding_leads_to_a_chart_in_its_own_currency_which_comes_first(tmp_path):
    data = bought(lambda day: day.day % 2 == 1)
    lines = data.lines.assign(category="Tools " + data.lines["currency"].astype("string"))
    # most lines are in XXX, and what is left of them after cancellations is in EUR
    lines = pd.concat([lines[lines["currency"] == "XXX"], lines[lines["currency"] == "EUR"]], ignore_index=True)
    made = ma.Purchases(data.orders, lines, sources=data.sources, as_of=data.as_of)
    unit = ma.findings(made)["currency"].dropna().iloc[0]
    page = ma.report(made, tmp_path / "r.html", progress=False).read_text("utf-8")
    charts = re.findall(r"<figure id='(spend_by_\w+)'", page)
    assert charts[0].endswith(unit)
    assert {"spend_by_vendor_EUR", "spend_by_vendor_XXX"} <= set(charts)
    links = set(re.findall(r"<a href='#(spend_by_vendor_\w+)'", page))
    assert links == {f"spend_by_vendor_{unit}"}
