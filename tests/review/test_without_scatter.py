"""What changed without any scatter is the clearest case, and what did not change at all was looked at, too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review._evidence import price_shift, shifts

VENDORS, ITEMS = 6, 6


def bought(days, rise, *, growth=1.0):
    """Two years in which each vendor has six items, ordered once a month; ``days`` and ``rise`` are of vendor and year."""
    rows = [
        {
            "order_number": f"{vendor}-{item}-{month:%Y%m}",
            "vendor_name": f"Vendor {'ABCDEF'[vendor]}",
            "product_code": f"{vendor}.{item}",
            "order_date": month,
            "delivered_date": month + pd.Timedelta(days=days(vendor, month.year)),
            "quantity": 10.0 * (growth if month.year == 2025 else 1),
            "unit_price": 10.0 * (1 + item) ** 2 * rise(vendor, month.year),
        }
        for vendor in range(VENDORS)
        for item in range(ITEMS)
        for month in pd.date_range("2024-01-05", "2025-12-05", freq="MS")
    ]
    return ma.Purchases.from_table(pd.DataFrame(rows), currency="EUR", as_of="2025-12-31")


def finding(data, kind):
    return ma.findings(data).set_index("kind").loc[kind]


@pytest.mark.full
def test_one_vendor_that_takes_twice_as_long_every_time_has_moved():
    data = bought(lambda vendor, year: 40 if (vendor, year) == (2, 2025) else 20, lambda vendor, year: 1)
    told = finding(data, "lead time")
    assert told["certainty"] == "clear"
    assert "Vendor C takes 40 days, 20 a year ago" in told["why"]
    assert "Of 6 vendors" in told["why"]


def test_a_price_list_that_rose_as_a_whole_is_told_and_the_other_vendors_are_counted():
    data = bought(lambda vendor, year: 20, lambda vendor, year: 1.2 if vendor < 2 and year == 2025 else 1)
    told = finding(data, "prices")
    assert told["certainty"] == "clear"
    assert "Vendor A" in told["sentence"]
    assert "Vendor B" in told["sentence"]
    assert "on 100 % of spend. Of 6 vendors 2 stand out" in told["why"]


def test_vendors_that_went_the_other_way_are_not_said_to_be_dearer():
    data = bought(lambda vendor, year: 20, lambda vendor, year: {2: 1.2, 3: 0.9}.get(vendor, 1) if year == 2025 else 1)
    told = finding(data, "prices")
    assert "more was paid at Vendor C than" in told["sentence"]
    assert "less was paid at Vendor D." in told["why"]


@pytest.mark.full
def test_a_change_that_reads_as_nothing_is_no_finding():
    data = bought(lambda vendor, year: 20, lambda vendor, year: 1.0002 if year == 2025 else 1)
    told = finding(data, "prices")
    assert told["certainty"] == "nothing to report"
    assert "no change worth telling" in told["sentence"]


def test_where_nothing_moved_all_were_looked_at():
    data = bought(lambda vendor, year: 20, lambda vendor, year: 1)
    assert "none of 6 vendors stands out" in finding(data, "prices")["sentence"]
    assert "none of 6 vendors moved" in finding(data, "lead time")["sentence"]


@pytest.mark.full
def test_lead_times_too_long_to_compare_are_the_reason_that_is_given():
    data = bought(lambda vendor, year: 220 + vendor, lambda vendor, year: 1)
    assert "takes longer than 180 days" in finding(data, "lead time")["sentence"]


@pytest.mark.parametrize(("after", "p"), [(20.0, 1.0), (21.0, 2 / 252)])
def test_five_months_that_are_alike_are_weighed_by_the_ways_to_choose_them(after, p):
    month = np.r_[0:5, 12:17]
    value = np.where(month >= 12, after, 20.0) + np.array([1e-13, 0] * 5)  # the rounding of computers
    got = shifts(np.zeros(10, dtype=np.int64), month, value, 1, pd.DataFrame(index=[0]))
    assert got.p_value[0] == pytest.approx(p)


def test_a_dear_item_does_not_decide_alone_and_less_money_is_no_rise():
    group, base = np.zeros(6, dtype=np.int64), np.array([1000.0, 1, 1, 1, 1, 1])
    rose = np.array([0.0, 0.1, 0.1, 0.1, 0.11, 0.1])
    assert price_shift(group, rose * base, base, 1)[0] < 0.01
    assert price_shift(group, np.r_[-100.0, rose[1:]], base, 1)[0] == 1.0


def test_prices_that_scatter_around_their_old_level_are_called_moved_as_rarely_as_is_said():
    rng, n = np.random.default_rng(0), 4_000
    group = np.repeat(np.arange(n), 8)
    base = rng.lognormal(4, 2, len(group))
    p = price_shift(group, base * np.expm1(rng.normal(0, 0.2, len(group))), base, n)
    assert 0.02 < (p < 0.05).mean() < 0.06
