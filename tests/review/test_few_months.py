"""A vendor of whose due lines only a few weeks are known is not tested: it is neither later than the others nor counted as if it were not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review import look
from makini_analytics.review._delivery_kinds import late_evidence
from tests.tiers import one_in

DAY = pd.Timestamp("2025-06-30")


def ordered(vendor, first, n, late=0.12, seed=0):
    """Return an order a day of one vendor, of which some come five days late, the others five days early."""
    days = pd.date_range(first, periods=n)
    came = days + pd.to_timedelta(np.where(np.random.default_rng(seed).random(n) < late, 30, 20), unit="D")
    there = came <= DAY
    return pd.DataFrame({
        "order_number": [f"{vendor}-{i}" for i in range(n)], "vendor_id": vendor, "vendor_name": vendor, "order_date": days,
        "required_date": days + pd.Timedelta(days=25), "delivered_date": came.where(there), "quantity": 1.0,
        "received_quantity": there.astype(float), "amount": 100.0, "currency": "EUR", "material_id": "M",
    })  # fmt: skip


def world(*more, seed=0):
    vendors = [ordered(f"v{i}", "2024-01-01", 520, seed=100 * seed + i) for i in range(4)]
    return ma.Purchases.from_table(pd.concat([*vendors, *more], ignore_index=True), as_of=DAY)


FEW = {"new": ("2025-04-10", 40), "stopped": ("2024-06-06", 30)}


@pytest.mark.full
@pytest.mark.parametrize("name", FEW)
def test_a_vendor_of_few_months_that_is_better_is_not_called_later(name):
    found = ma.findings(world(ordered(name, *FEW[name], late=0.0))).set_index("kind").loc["late"]
    assert "None of 4 vendors is later than chance allows" in found["why"]
    assert name not in found["why"]


@pytest.mark.parametrize("seed", one_in(15, range(30)))
def test_where_all_vendors_are_alike_none_is_named_whoever_comes_or_goes(seed):
    more = [ordered(name, *of, seed=seed + k) for k, (name, of) in enumerate(FEW.items())]
    data = world(*more, seed=seed)
    evidence = late_evidence(look(data).view)
    assert evidence.table.set_index("vendor_id").loc[list(FEW), "p_value"].isna().all()
    assert len(evidence.p_value[~np.isnan(evidence.p_value)]) == 4
    assert "None of 4 vendors" in ma.findings(data).set_index("kind").loc["late", "why"]


def test_most_of_what_is_late_being_of_a_vendor_that_is_not_tested_is_said():
    new = ordered("new", "2025-04-10", 40, late=1.0).assign(amount=2000.0)
    found = ma.findings(world(new)).set_index("kind").loc["late"]
    assert "None of 4 vendors" in found["why"]
    assert "of it is of a vendor with too few lines or months to be tested." in found["why"]
