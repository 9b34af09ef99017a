"""Twelve months are whole months where they end with one, and what is said of them is true of the lines that are there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import spend
from makini_analytics.review import look
from makini_analytics.review._reach import stopped
from tests.tiers import one_in


def bought(days, **columns):
    """Return an order of 100.00 on each of some days."""
    table = pd.DataFrame({"order_number": [f"o{i}" for i in range(len(days))], "order_date": days})
    table = table.assign(vendor_name="Bolt AG", amount=100.0, currency="EUR", product_code="P1", quantity=10.0)
    return table.assign(**columns)


def purchases(table, as_of="2025-12-31"):
    return ma.Purchases.from_table(table, as_of=as_of)


def found(data, kind="change", **options):
    return ma.findings(data, **options).set_index("kind").loc[kind]


@pytest.mark.parametrize(
    ("as_of", "days", "days_before", "said"),
    one_in(
        3,
        [
            ("2025-02-28", "1 March 2024 to 28 February 2025", 366, ", 29 February included"),
            ("2024-02-29", "1 March 2023 to 29 February 2024", 365, ", which had no 29 February"),
            ("2024-02-28", "1 March 2023 to 28 February 2024", 365, ""),
            ("2025-06-30", "1 July 2024 to 30 June 2025", 366, ", 29 February included"),
            ("2023-06-15", "16 June 2022 to 15 June 2023", 365, ""),
        ],
    ),
)
def test_a_year_that_ends_with_a_month_begins_with_one(as_of, days, days_before, said):
    data = purchases(bought(pd.date_range("2021-01-01", as_of)), as_of)
    got, view = found(data), look(data).view
    assert view.period_in_words == f"Twelve months, {days}"
    assert f"on the same days{said}." in got["why"]
    before, after = view.money(view.sides[0]), view.money(view.sides[1])
    assert (before, after) == (days_before * 100, view.spent)
    bridge = eval(got["call"], {"spend": spend, "lines": data.lines}).set_index("effect")["value"]
    assert (bridge["before"], bridge["after"]) == (before, after)
    card = ma.scorecard(data).iloc[0]
    assert (card["spend"], card["spend_before"]) == (after, before)


@pytest.mark.full
@pytest.mark.parametrize(
    ("picks", "overdue"),
    one_in(
        2,
        [
            ({"state": "open"}, True),
            ({"state": "received"}, False),
            ({"status": "Open"}, False),
            ({"state": "received", "vendor": "Bolt AG"}, False),
        ],
    ),
)
def test_lines_picked_by_what_became_of_them_are_neither_late_nor_on_time(picks, overdue):
    days = pd.date_range("2024-01-01", "2025-12-31", freq="2D")
    came = pd.Series(days + pd.Timedelta(days=20)).where(lambda d: d <= "2025-12-31")
    table = bought(days, required_date=days + pd.Timedelta(days=10), delivered_date=came)
    table["status"] = came.isna().map({True: "Open", False: "Received"})
    data = purchases(table)
    assert {t.name for t in look(data).tiles} == {"spend", "on_time", "lead_time", "overdue", "otif"}
    got = look(data.filter(**picks))
    said = got.findings.set_index("kind")
    by = f"(filtered by {next(iter(picks))})"
    assert all(by in said.loc[kind, "sentence"] for kind in ("late", "soon late", "lead time"))
    assert {t.name for t in got.tiles} == {"spend", *(["overdue"] if overdue else [])}
    assert (by in said.loc["overdue", "sentence"]) != overdue
    if overdue:
        assert said.loc["overdue", "sentence"] == found(data, "overdue")["sentence"]


@pytest.mark.parametrize(
    ("picks", "span"),
    one_in(
        3,
        [
            ({"until": "2025-06-30"}, "1 January to 20 July 2025"),
            ({"until": "2024-12-20"}, "1 January to 9 January 2025"),
            ({"since": "2025-03-01"}, "21 March to 30 December 2025"),
            ({"since": "2025-03-01", "until": "2025-03-01"}, "21 March 2025"),
            ({}, ""),
        ],
    ),
)
def test_what_came_late_is_said_of_the_days_that_it_was_due(picks, span):
    days = pd.date_range("2023-01-01", "2025-12-31")
    due = days + pd.Timedelta(days=20)
    came = pd.Series(due + pd.Timedelta(days=5)).where(lambda d: d <= "2025-12-31")
    data = purchases(bought(days, required_date=due, delivered_date=came))
    got = found(data.filter(**picks) if picks else data, "late")
    assert f"due {span} came late".replace("  ", " ") in got["sentence"]
    assert got["stake_of"] == f"late {span or 'in twelve months'}"


def of_vendor(first, name="Nut AG"):
    days = pd.date_range(first, "2025-12-31", freq="7D")
    return bought(days, vendor_name=name, order_number=[f"{name} {d.date()}" for d in days])


@pytest.mark.full
def test_the_orders_of_a_vendor_reach_back_as_far_as_those_of_all_vendors():
    table = pd.concat([bought(pd.date_range("2024-01-01", "2025-12-31", freq="5D")), of_vendor("2024-02-20")])
    got = found(purchases(table).filter(vendor="Nut AG"))
    assert got["sentence"].startswith("Spend rose by 13 %")
    assert "may lack" not in got["why"]
    alone = found(purchases(of_vendor("2024-02-20")))
    assert "the first order is of 20 February 2024: the year before may lack 50 days" in alone["sentence"]
    new = found(purchases(pd.concat([table, of_vendor("2025-02-01", "New AG")])).filter(vendor="New AG"))
    assert "nothing was ordered the year before" in new["sentence"]


@pytest.mark.full
def test_why_the_year_before_is_not_known_is_said_as_it_is():
    days = pd.date_range("2024-01-01", "2025-12-31")
    data = purchases(bought(days))
    may = found(purchases(bought(days[days.month == 5])))
    assert "(the first order is of 1 May 2024: the year before may lack 121 days)" in may["sentence"]
    assert "(orders from 2024-05-01 on are here)" in found(data.filter(since="2024-05-01"))["sentence"]
    assert "(the year before is not in the data)" in found(data.filter(since="2025-01-01"))["sentence"]


@pytest.mark.parametrize(
    ("last", "told"), one_in(2, [("2025-06-30", True), ("2024-11-30", True), ("2025-12-05", False)])
)
def test_orders_that_stop_are_told_with_the_change(last, told):
    days = pd.date_range("2024-01-01", "2025-12-31", freq="3D")
    whole, cut = bought(days), bought(days[days <= last])
    both = pd.concat([whole.assign(connection="a"), cut.assign(connection="b")])
    day = pd.Timestamp(cut["order_date"].max())
    said = f"no order after {day.day} {day:%B %Y}."
    data = purchases(both)
    assert (f" b has {said}" in found(data)["why"]) == told
    assert ("no order" in found(data)["why"]) == told
    if last > "2025":
        assert (f" There is {said}" in found(purchases(cut))["why"]) == told


@pytest.mark.full
def test_a_pause_before_later_orders_is_no_end_and_each_connection_has_its_own_day():
    days = pd.date_range("2024-01-01", "2026-01-30", freq="3D")
    paused = bought(days[(days <= "2025-09-12") | (days > "2026-01-01")])
    data = ma.Purchases.from_table(paused, as_of="2026-01-31")
    assert "no order" not in ma.findings(data, as_of="2025-12-31").set_index("kind").loc["change", "why"]
    a, b, c = (days[days <= last] for last in ("2025-12-31", "2025-05-06", "2025-09-09"))
    three = pd.concat([bought(d).assign(connection=name) for name, d in zip("abc", (a, b, c), strict=True)])
    why = found(purchases(three))["why"]
    assert "b has no order after 4 May 2025; c has no order after 7 September 2025." in why


@pytest.mark.full
def test_orders_of_an_ordinary_connection_do_not_stop():
    random = np.random.default_rng(0)
    start, end = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-12-31")
    told = 0
    for days_with_orders in (10, 25, 50, 200):
        for _ in range(100):
            days = start + pd.to_timedelta(np.sort(random.choice(731, days_with_orders, replace=False)), unit="D")
            told += len(stopped(pd.DataFrame({"order_date": days}), start, end))
    assert told == 0


@pytest.mark.full
@pytest.mark.parametrize(("since", "years"), [("2024-01-01", 2), (None, 4)])
def test_what_was_overdue_a_year_ago_is_compared_with_orders_as_old(since, years):
    """Three orders a year never come: after two years of data twice as many are overdue as after one, and none came later."""
    days = pd.date_range("2022-01-01", "2025-12-31", freq="D")
    lost = (days.day == 1) & (days.month % 4 == 1)
    came = pd.Series(days + pd.Timedelta(days=5)).where(~lost & (days <= "2025-12-26"))
    data = purchases(bought(days, required_date=days + pd.Timedelta(days=10), delivered_date=came))
    tile = next(t for t in look(data.filter(since=since) if since else data).tiles if t.name == "overdue")
    then = (years - 1) * 300
    assert (tile.value, tile.before) == (years * 300, then)
    assert tile.change_text == f"like for like {then}.00, was {then}.00 a year ago"


@pytest.mark.full
def test_what_is_overdue_names_the_days_that_were_picked():
    days = pd.date_range("2024-01-01", "2025-12-31", freq="7D")
    data = purchases(bought(days, required_date=days + pd.Timedelta(days=10), status="Open"))
    assert "of those ordered" not in found(data, "overdue")["sentence"]
    some = found(data.filter(since="2025-07-01", until="2025-10-31"), "overdue")["sentence"]
    assert some.endswith(", of those ordered from 1 July 2025 to 31 October 2025.")
