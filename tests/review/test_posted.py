"""Days that say less than they seem to: deliveries posted by the month, services that nobody receives, order dates of a migration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review import View, on_time_by
from tests.review.test_recorded_lately import assert_all_accounted_for, received
from tests.tiers import one_in

DAY = pd.Timestamp("2025-12-31")


def told(table: pd.DataFrame) -> pd.DataFrame:
    return ma.findings(ma.Purchases.from_table(table, connection="erp", as_of=DAY)).set_index("kind")


def at_month_end(day: pd.Series) -> pd.Series:
    return day + pd.offsets.MonthEnd(0)


def on_the_first(day: pd.Series) -> pd.Series:
    return day + pd.offsets.MonthBegin(1)


@pytest.mark.parametrize("post", one_in(2, [at_month_end, on_the_first]))
def test_deliveries_that_are_posted_by_the_month_are_not_late(post):
    table = received(first="2024-01-01", late=0.05)
    whole = post(table.delivered_date)
    posted = table.assign(delivered_date=whole.where(whole <= DAY))
    got = told(posted)
    assert got.certainty[["late", "overdue", "soon late", "lead time"]].eq("can't be told").all()
    assert "records deliveries on one day of each month" in got.sentence["late"]
    assert told(table).certainty["late"] == "counted"
    assert_all_accounted_for(ma.Purchases.from_table(posted, connection="erp", as_of=DAY), len(posted))


def test_a_milk_run_once_a_month_is_judged():
    table = received(first="2024-01-01", late=0.05)
    run = table.assign(required_date=at_month_end(table.required_date))
    run["delivered_date"] = run.required_date.where(run.required_date <= DAY) + pd.to_timedelta((run.index % 9 == 0) * 30, unit="D")  # fmt: skip
    data = ma.Purchases.from_table(run, connection="erp", as_of=DAY)
    assert not View.of(data).posted.any()


def test_one_connection_that_posts_by_the_month_leaves_the_others_judged():
    table = received(first="2024-01-01", late=0.05)
    posted = table.assign(delivered_date=at_month_end(table.delivered_date))
    both = [ma.Purchases.from_table(t, connection=c, as_of=DAY) for t, c in ((posted, "emea"), (table, "us"))]
    view = View.of(ma.concat(both))
    assert set(view.lines.connection[view.posted]) == {"emea"}
    assert set(view.lines.connection[view.unjudged]) == {"emea"}


@pytest.mark.parametrize(
    ("column", "goods", "service"), one_in(2, [("type", "Material", "Service"), ("category", "Pumps", "IT")])
)
def test_services_that_nobody_receives_are_neither_late_nor_overdue(column, goods, service):
    table = received(first="2024-01-01", late=0.05)
    services = (np.arange(len(table)) % 7 < 2) & (np.random.default_rng(1).random(len(table)) < 0.5)
    table = table.assign(description=[f"Work {i}" for i in range(len(table))], **{column: np.where(services, service, goods)})  # fmt: skip
    table.loc[services, "delivered_date"] = pd.NaT
    data = ma.Purchases.from_table(table, connection="erp", as_of=DAY)
    view = View.of(data)
    assert (view.unjudged == services).all()
    got = ma.findings(data).set_index("kind")
    assert "later than chance allows: " not in got.why["late"]
    assert int(got.sentence["overdue"].split()[0].replace(",", "")) < 60
    said = " ".join(ma.findings(data).attrs["notes"])
    assert f"Of 1 {column} of erp nothing was ever recorded as received" in said
    assert_all_accounted_for(data, len(table))


def test_orders_that_bear_the_day_of_their_migration_are_no_change_of_spend():
    table = received(first="2024-01-01", late=0.05)
    loaded = table.order_date.lt("2025-03-31") & table.vendor_name.isin(["V0", "V1", "V2"])
    moved = table.assign(order_date=table.order_date.mask(loaded, pd.Timestamp("2025-03-31")))
    got = told(moved).loc["change"]
    assert got.certainty == "can't be told"
    assert "came before their order date" in got.sentence
    assert told(table).certainty["change"] == "counted"


def test_lines_that_lack_what_a_scale_does_are_said_to():
    table = received(first="2024-01-01", late=0.05)
    weighed = np.random.default_rng(0).normal(1, 0.002, len(table)).clip(max=1.0)
    came = table.delivered_date.notna()
    table = table.assign(quantity=1000.0, received_quantity=np.where(came, 1000 * weighed, 0.0).round(3))
    got = told(table).why
    for kind in ("late", "overdue"):
        assert "of them lack no more than 1 % of the quantity." in got[kind]
    whole = told(table.assign(received_quantity=np.where(came, 1000.0, 0.0))).why
    assert not whole[["late", "overdue"]].str.contains("lack").any()


def test_a_pause_of_all_deliveries_is_said_beside_what_is_overdue():
    table = received(first="2024-01-01", late=0.05)
    stopped = table.assign(delivered_date=table.delivered_date.where(table.delivered_date <= "2025-11-20"))
    assert "No delivery of erp is recorded after 20 November 2025, though " in told(stopped).why["overdue"]
    assert "No delivery" not in told(table).why["overdue"]


def test_a_vendor_whose_due_dates_are_its_days_of_delivery_is_not_tested():
    table = received(first="2024-01-01", late=0.3)
    copied = table.assign(required_date=table.required_date.mask(table.vendor_name.eq("V1") & table.delivered_date.notna(), table.delivered_date))  # fmt: skip
    some_open, all_came = copied, copied[~(copied.vendor_name.eq("V1") & copied.delivered_date.isna())]
    for given, n in ((table, 7), (some_open, 7), (all_came, 6)):
        view = View.of(ma.Purchases.from_table(given, connection="erp", as_of=DAY))
        assert on_time_by(view)["p_value"].notna().sum() == n


def test_lines_without_an_amount_in_the_currency_are_counted_beside_the_change():
    table = received(first="2024-01-01", late=0.05).assign(product_code=lambda t: t.vendor_name)
    table["currency"] = np.where(np.arange(len(table)) % 3 == 0, "XAU", "EUR")
    got = told(table).why
    n = int(((table.currency == "XAU") & (table.order_date >= "2025")).sum())
    for kind in ("change", "prices"):
        assert f" {n} have no amount in EUR." in got[kind]
    assert "no amount" not in told(table.assign(currency="EUR")).why["change"]


def test_a_vendor_that_delivers_once_a_month_is_judged_alone_as_among_the_others():
    table = received(first="2024-01-01", late=0.05, n_a_day=7)
    mine = table.vendor_name.eq("V0")
    table = table.assign(delivered_date=table.delivered_date.mask(mine, at_month_end(table.delivered_date)))
    data = ma.Purchases.from_table(table[~(table.delivered_date > DAY)], connection="erp", as_of=DAY)
    for given in (data, data.filter(vendor="V0"), ma.Purchases.from_table(table[mine], connection="erp", as_of=DAY)):
        assert ma.findings(given).set_index("kind").certainty["late"] == "counted"
    posted = ma.Purchases.from_table(table.assign(delivered_date=at_month_end(table.delivered_date)), connection="erp", as_of=DAY)  # fmt: skip
    assert ma.findings(posted.filter(vendor="V1")).set_index("kind").certainty["late"] == "can't be told"


def test_orders_that_are_entered_after_the_fact_move_no_spend():
    table = received(first="2024-01-01", late=0.05)
    after = np.arange(len(table)) % 12 == 0
    entered = table.assign(order_date=table.order_date.mask(after, table.delivered_date + pd.Timedelta(days=2)))
    assert told(entered[entered.order_date <= DAY]).certainty["change"] == "counted"
