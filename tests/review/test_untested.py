"""What most of the money says nothing of: prices of a vendor with few items, and lines that were cancelled nobody knows when."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review import look
from tests.tiers import one_in

DAY = pd.Timestamp("2025-06-30")


def bought(items_of_a: int) -> pd.DataFrame:
    """Return two years of six vendors of eight items each, but for A, which has most of the spend and raised its prices by 25 %."""
    days = pd.date_range("2023-07-01", "2025-06-30").repeat(3)
    n = np.arange(len(days))
    table = pd.DataFrame({"order_number": n.astype(str), "order_date": days, "currency": "EUR", "quantity": 10.0})
    table = table.assign(vendor_name=[f"{'ABCDEF'[i % 6]} Ltd" for i in n], unit_of_measure="EA")
    mine = table.vendor_name == "A Ltd"
    table["material_id"] = [
        f"{v[0]}{i // 6 % (items_of_a if v[0] == 'A' else 8)}" for i, v in zip(n, table.vendor_name, strict=True)
    ]
    risen = np.where(mine & (table.order_date > "2024-06-30"), 1.25, 1.0)
    return table.assign(amount=np.where(mine, 1000.0, 50.0) * risen)


@pytest.mark.full
@pytest.mark.parametrize(("items", "certainty"), [(3, "can't be told"), (8, "clear")])
def test_of_prices_nothing_is_told_where_most_is_of_a_vendor_with_few_items(items, certainty):
    told = ma.findings(ma.Purchases.from_table(bought(items), as_of=DAY)).set_index("kind").loc["prices"]
    assert told["certainty"] == certainty
    assert ("% of it is of a vendor with too few items to be tested" in told["sentence"]) == (items == 3)


@pytest.mark.parametrize("dated", one_in(2, [True, False]))
def test_what_was_overdue_a_year_ago_is_not_told_where_much_was_cancelled_on_no_day(dated):
    table = bought(8).assign(amount=100.0, status="Received")
    table["required_date"] = table.order_date + pd.Timedelta(days=20)
    table["delivered_date"] = table.order_date + pd.Timedelta(days=18)
    never = table.index % 12 == 0  # cancelled after 250 days
    table.loc[never, ["delivered_date", "status"]] = [pd.NaT, "Open"]
    gone = never & (table.order_date <= DAY - pd.Timedelta(days=250))
    table.loc[gone, "status"] = "Cancelled"
    table.loc[table.delivered_date > DAY, ["delivered_date", "status"]] = [pd.NaT, "Open"]
    if dated:
        table["cancelled_date"] = (table.order_date + pd.Timedelta(days=250)).where(gone)
    tile = next(t for t in look(ma.Purchases.from_table(table, as_of=DAY)).tiles if t.name == "overdue")
    assert tile.value > 0
    assert ("a year ago" in tile.change_text) == dated
    if dated:
        assert tile.before == pytest.approx(tile.value, rel=0.2)


@pytest.mark.full
@pytest.mark.parametrize("times", one_in(2, [1, 1000]))
def test_one_line_that_is_most_of_a_change_is_told(times):
    table = bought(8)
    at = table.index[(table.order_date == "2024-03-05") & (table.vendor_name != "A Ltd")][0]
    table.loc[at, "amount"] *= times
    why = ma.findings(ma.Purchases.from_table(table, as_of=DAY)).set_index("kind").loc["change", "why"]
    assert (f"One line of the year before (order {table.order_number[at]}) alone is" in why) == (times > 1)


@pytest.mark.full
def test_one_mistyped_line_hides_no_other_finding_and_is_told_with_its_category():
    table = bought(8).assign(category="Pumps")
    table["required_date"] = table["order_date"] + pd.Timedelta(days=20)
    table["delivered_date"] = table["required_date"] + pd.to_timedelta(np.arange(len(table)) % 5 - 3, unit="D")
    before = ma.findings(ma.Purchases.from_table(table, as_of=DAY))
    at = table.index[(table.order_date > pd.Timestamp(DAY) - pd.Timedelta(days=90)) & (table.vendor_name == "A Ltd")][0]
    table.loc[at, "amount"] = 1e9
    after = ma.findings(ma.Purchases.from_table(table, as_of=DAY))
    told = set(before.loc[before["rank"].notna(), "kind"]) - {"prices"}  # it is one of its few items
    assert told and told <= set(after.loc[after["rank"].notna(), "kind"])
    why = after.set_index("kind").loc["concentration", "why"]
    assert f"; one line (order {table.order_number[at]}) alone is 1 bn EUR." in why


@pytest.mark.full
@pytest.mark.parametrize("n", [1, 3000])
def test_one_order_that_is_most_of_a_change_and_of_what_is_late_is_told(n):
    table = bought(8)
    day = pd.Timestamp(DAY) - pd.Timedelta(days=200)
    big = table.iloc[[0] * n].assign(
        order_number="BIG1",
        order_date=day,
        required_date=day + pd.Timedelta(days=20),
        amount=100.0,
        vendor_name="A Ltd",
    )
    big["delivered_date"] = big["required_date"] + pd.Timedelta(days=15)
    data = ma.Purchases.from_table(pd.concat([table, big], ignore_index=True), as_of=DAY)
    why = ma.findings(data).set_index("kind")["why"]
    assert ("One order of this year (BIG1) alone is 300 k EUR." in why["change"]) == (n > 1)
    assert ("One order (BIG1) alone is 300 k EUR of it." in why["late"]) == (n > 1)


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "told"),
    one_in(
        2,
        [(lambda i: f"Shop{i % 60} Ltd", False), (lambda i: f"Shop{i % 2}", True), (lambda i: f"Shop {i % 60}", True)],
    ),
)
def test_an_account_of_many_vendors_is_no_vendor_that_a_category_hangs_on(name, told):
    table = bought(8).assign(category="Pumps", vendor_id=lambda t: t.vendor_name)
    mine = table.vendor_id == "A Ltd"
    table.loc[mine, "vendor_name"] = [name(i) for i in range(mine.sum())]
    sentence = ma.findings(ma.Purchases.from_table(table, as_of=DAY)).set_index("kind").loc["concentration", "sentence"]
    assert ("is bought from" in sentence) == told
    assert ("1 category is bought on accounts of many vendors" in sentence) != told


@pytest.mark.full
def test_an_id_of_ten_connections_is_no_account_of_many_vendors():
    each = [
        ma.Purchases.from_table(
            bought(8).iloc[::9].assign(vendor_id=lambda t: t.vendor_name.str[0], vendor_name=lambda t, n=n: f"Firm{n} " + t.vendor_name, category="Pumps"),
            as_of=DAY, connection=f"c{n}",
        )
        for n in range(11)
    ]  # fmt: skip
    sentence = ma.findings(ma.concat(each)).set_index("kind").loc["concentration", "sentence"]
    assert "many vendors" not in sentence
