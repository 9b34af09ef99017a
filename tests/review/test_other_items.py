"""More of what takes long is bought: lead times of a vendor move, and the vendor is no slower."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review import look
from makini_analytics.review._evidence import of_same_items
from tests.tiers import one_in

DAY = pd.Timestamp("2025-06-30")


def world(*, other_items: bool, slower: int = 0, seed: int = 1, n_items: int = 8):
    """Return two years of three vendors; half of the items take 60 days, the others 10, and more of the former is bought this year or not."""
    draw, days = np.random.default_rng(seed), pd.date_range("2023-05-01", "2025-06-29")
    table = pd.concat([pd.DataFrame({"order_date": days, "vendor_name": f"V{i}"}) for i in range(3)], ignore_index=True)
    later = (table["order_date"] >= "2024-07-01").to_numpy()
    long = draw.random(len(table)) < np.where(later & other_items, 0.8, 0.2)
    took = np.where(long, 60, 10) + draw.integers(0, 4, len(table)) + np.where(later, slower, 0)
    came = table["order_date"] + pd.to_timedelta(took, unit="D")
    there = came <= DAY
    table = table.assign(
        order_number=np.arange(len(table)), delivered_date=came.where(there), quantity=1.0, received_quantity=there.astype(float),
        required_date=table["order_date"] + pd.Timedelta(days=90), amount=100.0, currency="EUR",
        material_id=[f"{'L' if x else 'S'}{k}" for x, k in zip(long, draw.integers(0, n_items, len(table)), strict=True)],
    )  # fmt: skip
    return ma.Purchases.from_table(table, as_of=DAY)


@pytest.mark.parametrize("seed", one_in(6, range(12)))
def test_what_takes_long_being_bought_more_is_no_slower_vendor(seed):
    data = world(other_items=True, seed=seed)
    got = look(data)
    (tile,) = [t for t in got.tiles if t.name == "lead_time"]
    assert tile.text.endswith("days, of other items")
    assert tile.good is None
    assert "none of 3 vendors moved" in got.findings.set_index("kind").loc["lead time", "sentence"]
    card = ma.scorecard(data)
    assert set(card["median_trend"].dropna()) == {"no clear difference"}
    assert "worse" not in set(card["p90_trend"].dropna())


@pytest.mark.parametrize("seed", one_in(12, range(12)))
@pytest.mark.parametrize("other_items", one_in(2, [False, True]))
def test_a_slower_vendor_is_found_whatever_is_bought(seed, other_items):
    data = world(other_items=other_items, slower=20, seed=seed)
    got = look(data)
    found = got.findings.set_index("kind").loc["lead time"]
    assert found["certainty"] == "clear" and "3 vendors" in found["sentence"]
    (tile,) = [t for t in got.tiles if t.name == "lead_time"]
    assert tile.clear and tile.good is False
    assert set(ma.scorecard(data)["median_trend"]) == {"worse"}


def test_the_part_of_the_same_items():
    def part(*rows):
        item, after, days = map(np.array, zip(*rows, strict=True))
        return of_same_items(np.zeros(len(rows), dtype=np.int64), item, after.astype(bool), days.astype(float), 1)[0][0]

    assert part((1, 0, 10), (1, 0, 10), (2, 0, 60), (1, 1, 10), (2, 1, 60), (2, 1, 60)) == pytest.approx(0)
    # each item takes twenty days longer, and more of the long one is bought: the mean rises by 35
    assert part((1, 0, 10), (2, 0, 60), (1, 1, 30), (2, 1, 80), (2, 1, 80), (2, 1, 80), (2, 1, 80)) == pytest.approx(
        20 / 35
    )
    assert np.isnan(part((1, 0, 10), (2, 0, 60), (1, 1, 15), (2, 1, 65)))  # others make no part of the change
    assert np.isnan(part((0, 0, 10), (0, 1, 30)))  # of no item
    assert np.isnan(part((1, 0, 10), (2, 1, 60)))  # nothing was bought in both years
