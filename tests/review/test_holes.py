"""Orders that are missing from one of two years: spend would seem to move by what the data don't have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import spend
from makini_analytics.reporting import content
from makini_analytics.review import look
from makini_analytics.review._holes import sparse_months
from tests.tiers import one_in

DAY = pd.Timestamp("2025-06-30")


def ordered(first="2023-01-01", last="2025-06-30", a_day=2, seed=0) -> pd.DataFrame:
    draw, days = np.random.default_rng(seed), pd.date_range(first, last).repeat(a_day)
    table = pd.DataFrame({"order_number": [f"P{i}" for i in range(len(days))], "order_date": days, "currency": "EUR"})
    return table.assign(vendor_name=[f"V{i % 7}" for i in range(len(days))], amount=draw.uniform(50, 150, len(days)))


def changed(table: pd.DataFrame, **more) -> pd.Series:
    return ma.findings(ma.Purchases.from_table(table, as_of=DAY, **more)).set_index("kind").loc["change"]


@pytest.mark.parametrize(
    ("lacks", "said"),
    one_in(
        2,
        [
            (lambda t: t.order_date.between("2024-01-01", "2024-06-30"), "from 1 January to 30 June 2024"),
            (lambda t: t.order_date.between("2024-09-01", "2024-10-31"), "from 1 September to 31 October 2024"),
            # open orders of all times, and all of this year's
            (
                lambda t: (t.order_date < "2024-03-01") & (np.arange(len(t)) % 40 > 0),
                "from 1 July 2023 to 29 February 2024",
            ),
            (lambda t: (t.order_date < "2024-03-01") & (np.arange(len(t)) > 2), "from 1 July 2023 to 29 February 2024"),
        ],
    ),
)
def test_a_year_that_lacks_months_is_not_compared(lacks, said):
    table = ordered()
    table = table[~lacks(table)].reset_index(drop=True)
    told = changed(table)
    assert told["certainty"] == "can't be told" and f"hardly an order is {said}" in told["sentence"]
    data = ma.Purchases.from_table(table, as_of=DAY)
    spent = next(t for t in look(data).tiles if t.name == "spend")
    assert np.isnan(spent.before) and spent.change_text == ""
    months = next(e.table for e in content(data, sections=["spend"]).exhibits if e.name.startswith("spend_by_month"))
    assert months["spend_year_before"].isna().all()
    assert spend.by_period(data.lines)["spend"].sum() == pytest.approx(table.amount.sum())


@pytest.mark.full
@pytest.mark.parametrize(
    "lacks",
    one_in(
        3,
        [
            lambda t: t.order_date.dt.month.isin([7, 8]),  # a holiday of each year
            lambda t: t.order_date.between("2024-03-01", "2024-03-31"),  # a month may be by chance
            lambda t: (t.order_date < "2024-07-01") & (np.arange(len(t)) % 2 > 0),  # twice as many since
            lambda t: np.arange(len(t)) % 30 > 0,  # two orders a month
        ],
    ),
)
def test_years_that_are_whole_are_compared(lacks):
    table = ordered()
    assert changed(table[~lacks(table)].reset_index(drop=True))["certainty"] == "counted"


@pytest.mark.parametrize("begin", one_in(3, ["2025-01-02", "2024-10-02", "2024-08-02"]))
def test_a_system_that_goes_on_as_another_one_is_not_compared(begin):
    old, new = (
        ma.Purchases.from_table(ordered(*days), as_of=DAY, connection=name)
        for name, days in (("old", ("2023-01-01", "2024-12-30")), ("new", (begin, "2025-06-30")))
    )
    told = ma.findings(ma.concat([old, new])).set_index("kind").loc["change"]
    assert told["certainty"] == "can't be told"
    day = pd.Timestamp(begin)
    assert f"old has no order after 30 December 2024, and new begins on 2 {day:%B %Y}" in told["sentence"]
    other = ma.Purchases.from_table(ordered("2024-01-01", a_day=1), as_of=DAY, connection="new")
    told = ma.findings(ma.concat([old, other])).set_index("kind").loc["change"]  # it was there long before
    assert told["certainty"] == "counted" and "old has no order after" in told["why"]


@pytest.mark.full
def test_two_small_systems_do_not_decide():
    main = ma.Purchases.from_table(ordered(a_day=30), as_of=DAY, connection="main")
    old, new = (
        ma.Purchases.from_table(ordered(*days), as_of=DAY, connection=name)
        for name, days in (("oslo", ("2023-01-01", "2024-12-30")), ("lima", ("2025-01-02", "2025-06-30")))
    )
    told = ma.findings(ma.concat([main, old, new])).set_index("kind").loc["change"]
    assert told["certainty"] == "counted"


@pytest.mark.full
def test_a_small_connection_does_not_decide():
    big = ma.Purchases.from_table(ordered(a_day=20), as_of=DAY, connection="big")
    table = ordered(a_day=1)
    table = table[~table.order_date.between("2024-01-01", "2024-06-30")].reset_index(drop=True)
    small = ma.Purchases.from_table(table, as_of=DAY, connection="small")
    assert ma.findings(ma.concat([big, small])).set_index("kind").loc["change", "certainty"] == "counted"


@pytest.mark.parametrize("n", one_in(4, [500, 4000]))
def test_orders_that_come_by_chance_hardly_ever_seem_to_be_missing(n):
    """Orders of any number, in bundles, with a season of each year."""
    taken = 0
    for seed in range(n):
        draw = np.random.default_rng(seed)
        season = 1 + draw.uniform(0, 0.9) * np.sin(2 * np.pi * (np.arange(24) + draw.integers(12)) / 12)
        month = np.arange(24).repeat(draw.poisson(draw.uniform(1, 20) * season))
        day = month * 31 + draw.integers(0, 30, len(month))
        lines = draw.poisson(draw.uniform(1, 8), len(month))  # of one bundle, ordered on one day
        month, day = month.repeat(lines), day.repeat(lines)
        taken += sparse_months(np.zeros(len(month), dtype=np.intp), month, day, 1) is not None
    assert taken <= n / 500, taken
