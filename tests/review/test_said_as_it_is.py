"""What a finding says is what its evidence says: no vendor hidden in "spread", no returns called lines without an item, nothing bare called none."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, currency, quality, slippage
from makini_analytics.reporting import content
from makini_analytics.review import View, look
from makini_analytics.review import _duplicate_kinds as there_twice
from tests.tiers import one_in


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


@pytest.mark.full
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


@pytest.mark.full
def test_what_falls_due_soon_without_a_forecast_is_not_in_what_is_said_to_fall_due(monkeypatch):
    view = look(ma.load_sample(), currency="EUR").view
    table = view.open_in_unit
    soon = table[table["days_overdue"].between(-30, 0)]
    told = soon[soon["expected_late_value"].notna()]["open_value"].sum()
    assert told < soon["open_value"].sum()
    sentence = findings(ma.load_sample(), currency="EUR").loc["soon late", "sentence"]
    assert f"of the {view.say(told)} due by 30 January that can be forecast is expected late." in sentence


@pytest.mark.full
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


@pytest.mark.full
def test_an_answer_of_none_is_an_answer_and_open_lines_are_listed_without_days_of_delivery():
    found = quality.coverage(ma.load_sample()).set_index(["connection", "name"])
    assert found.loc[("emea", "spend.single_source"), "computable"]
    assert "several vendors" in found.loc[("emea", "spend.single_source"), "evidence"]
    for name in ("slippage.open_orders", "slippage.ageing"):
        assert found.loc[("apac", name), "computable"]
        assert found.loc[("apac", name), "n_filled"] > 0
    assert not found.loc[("apac", "slippage.by_vendor"), "computable"]


@pytest.mark.full
def test_what_is_expected_late_soon_is_in_the_exhibit_that_shows_it():
    told = content(ma.load_sample(), currency="EUR", sections=["findings", "open_orders"])
    found = told.findings.set_index("kind").loc["soon late"]
    exhibit = next(e for e in told.exhibits if e.name == found["exhibit"])
    assert exhibit.table["expected_late_value_30"].sum() == pytest.approx(found["value"])
    subtitle = charts.captions_of(exhibit.chart).subtitle
    assert f"in the next 30 days {charts.money(found['value'], 'EUR')} is expected late" in subtitle
    assert f"{exhibit.table['n_without_chance_30'].sum()} more have no forecast" in found["why"]
    assert f"without {exhibit.table['n_without_chance_30'].sum()} lines" in subtitle
    assert [line.get_xdata()[-1] for line in exhibit.chart.lines] == pytest.approx([0, found["value"]])
    assert "first bar" not in exhibit.native.says  # which other programs' charts don't have


@pytest.mark.full
def test_the_overdue_tile_has_no_colour_since_nothing_of_it_is_tested():
    tiles = {t.name: t for t in look(ma.load_sample(), currency="EUR").tiles}
    assert tiles["overdue"].value > tiles["overdue"].before
    assert tiles["overdue"].good is None


@pytest.mark.full
def test_what_counts_as_spend_is_in_the_spend_that_is_shown():
    table = pd.DataFrame(
        {
            "order_number": range(300),
            "order_date": pd.date_range("2025-01-01", periods=300),
            "amount": 100.0,
            "vendor_name": "Bolt AG",
            "currency": ["EUR"] * 270 + ["XTS"] * 20 + [None] * 10,
            "status": ["open"] * 295 + ["cancelled"] * 5,
        }
    )
    data = ma.Purchases.from_table(table, as_of="2025-12-31")
    apart, converted = look(data), look(data, currency="EUR")
    assert apart.data_line[0] == (
        "300 of 300 lines accounted for: 270 count as spend in EUR, 5 cancelled, 25 in another currency or none."
    )
    assert "270 count as spend in EUR, 5 cancelled, 25 without a rate." in converted.data_line[0]
    for got in (apart, converted):
        assert next(t.value for t in got.tiles if t.name == "spend") == 270 * 100


def repeated(renamed):
    day = pd.date_range("2025-01-01", periods=100).repeat(3)
    table = pd.DataFrame(
        {"order_number": [f"P{i // 3}" for i in range(300)], "line_number": [10, 20, 30] * 100, "order_date": day}
    )
    table = table.assign(
        quantity=1.0, amount=np.arange(300) + 50.0, product_code="a", vendor_name="Bolt AG", currency="EUR"
    )
    again = table.head(15)
    return pd.concat([table, again.assign(order_number="Q" + again["order_number"]) if renamed else again])


@pytest.mark.full
@pytest.mark.parametrize(
    ("renamed", "said", "kind", "n"),
    [(False, "15 lines of 5 orders", "repeated line", 15), (True, "5 orders", "repeated order", 5)],
)
def test_what_was_entered_twice_is_counted_as_the_list_has_it(renamed, said, kind, n):
    told = content(ma.Purchases.from_table(repeated(renamed), as_of="2025-12-31"), sections=["findings", "quality"])
    assert told.findings.set_index("kind").loc["duplicates", "sentence"].startswith(f"{said} may have been entered")
    shown = next(e.table for e in told.exhibits if e.name == "quality_duplicates")
    assert (shown["kind"] == kind).sum() == n


def said_of(table):
    return there_twice.duplicates(View.of(ma.Purchases.from_table(table, as_of="2025-12-31")))


@pytest.mark.full
def test_what_was_entered_twice_is_counted_in_the_currency_of_its_money():
    table = repeated(renamed=True)
    foreign = table["order_number"].isin(["P0", "Q" + "P0", "P1", "Q" + "P1"])
    found = said_of(table.assign(currency=np.where(foreign, "XXX", "EUR")))
    assert found.sentence.startswith("3 orders may have been entered twice: 540.00 EUR")  # 6 to 14, and 50 each
    assert "2 more in other currencies" in found.why


def test_lines_that_are_there_four_times_are_repeated_three_times_each():
    table = repeated(renamed=False)
    again = table.tail(15).head(5)
    found = said_of(pd.concat([table.head(300), again, again, again]))
    said = "5 lines of 2 orders may have been entered several times, 15 times too often: 780.00 EUR."
    assert found.sentence == said  # 3 x (50 + 51 + 52 + 53 + 54)


def test_an_order_that_was_entered_six_times_is_one_order():
    table = repeated(renamed=False).head(300)
    again = [table.head(1).assign(order_number=f"Q{i}", line_number=7) for i in range(5)]
    one = table.tail(3).assign(order_number="R")
    assert said_of(pd.concat([table.iloc[[0, *range(3, 300)]], *again])).sentence == (
        "1 order may have been entered 6 times: 250.00 EUR."
    )
    assert said_of(pd.concat([table.iloc[[0, *range(3, 300)]], *again, one])).sentence == (
        "2 orders may have been entered several times, 6 times too often: 1.29 k EUR."  # 5 x 50, and 347 + 348 + 349
    )


@pytest.mark.full
def test_what_was_entered_twice_is_of_the_twelve_months():
    table = repeated(renamed=False).head(300)
    old = table.head(3).assign(order_number="OLD", order_date=pd.Timestamp("2019-03-01"))
    undated = table.head(3).assign(order_number="UNDATED", order_date=pd.NaT)
    table = pd.concat([table, old, old, undated, undated])
    none = said_of(table)
    assert none.sentence == "orders and lines entered twice (6 suggested, none of the twelve months)"
    found = said_of(pd.concat([table, table.iloc[3:6]]))
    assert found.sentence == "3 lines of 1 order may have been entered twice: 162.00 EUR."  # 53 + 54 + 55
    assert "6 more in the list are not of the twelve months." in found.why
    data = ma.Purchases.from_table(pd.concat([table, table.iloc[3:6]]), as_of="2025-12-31")
    assert eval(found.call, {"quality": quality, "data": data})["value"].sum() == 162
    # without days nothing is of another time
    dateless = said_of(repeated(renamed=False).assign(order_date=pd.NaT))
    assert dateless.sentence.startswith("15 lines of 5 orders may have been entered twice")


@pytest.mark.full
def test_an_order_in_three_connections_is_one_order_and_its_value_counts_twice():
    table = repeated(renamed=False).head(3)
    parts = [ma.Purchases.from_table(table, connection=name, as_of="2025-12-31") for name in ("a", "b", "c")]
    found = there_twice.duplicates(View.of(ma.concat(parts)))
    assert found.sentence == "1 order may have been entered 3 times: 306.00 EUR."  # 2 x (50 + 51 + 52)


@pytest.mark.full
def test_vendors_in_the_books_several_times_are_counted_once():
    names = ["Bolt AG", "Nord AG", "Süd KG"]
    day = pd.Timestamp("2025-06-01")
    table = pd.DataFrame({"vendor_name": names, "order_number": names, "amount": [9.0, 8.0, 7.0], "order_date": day})
    parts = [
        ma.Purchases.from_table(t, connection=name, currency="EUR", as_of="2025-12-31")
        for name, t in (("a", table), ("b", table.head(2)), ("c", table.head(2)))
    ]
    said = there_twice.duplicate_vendors(View.of(ma.concat(parts))).sentence
    assert said.startswith("2 vendors seem to be in the books several times, under 6 entries; 34.00 EUR was bought")
    said = there_twice.duplicate_vendors(View.of(ma.concat(parts[:2]))).sentence
    assert said.startswith("2 vendors seem to be in the books twice; 17.00 EUR was bought under the smaller entries")


def test_a_return_that_is_there_twice_has_a_value():
    table = repeated(renamed=False).head(301)
    table["amount"] = np.where(table["order_number"].eq("P0") & table["line_number"].eq(10), -500.0, table["amount"])
    found = said_of(table)
    assert found.sentence == "1 order line may have been entered twice: 500.00 EUR."
    assert "Returns count by their size." in found.why


def test_a_filter_that_ends_before_the_twelve_months_has_no_days_in_them():
    told = content(ma.load_sample().filter(until="2024-06-30"), sections=["spend"])
    assert "Twelve months, 1 January to 31 December 2025, of which the data have no day." in told.subtitle


@pytest.mark.full
def test_due_dates_that_are_those_of_the_delivery_are_doubted_wherever_they_are_judged(tmp_path):
    doubt = "Doubtful due dates: more than 95 % of the "
    days = pd.date_range("2024-01-01", "2025-12-31", freq="2D")
    came = pd.Series(days + pd.Timedelta(days=10)).where(lambda d: d <= "2025-12-31")
    table = pd.DataFrame({"order_number": range(len(days)), "order_date": days, "amount": 100.0, "currency": "EUR"})
    table = table.assign(order_number=table["order_number"].astype(str), vendor_name="Bolt AG", delivered_date=came)
    table["required_date"] = came.fillna(pd.Timestamp("2025-12-31"))
    none_late = ma.findings(ma.Purchases.from_table(table, as_of="2025-12-31")).set_index("kind").loc["late"]
    assert none_late["certainty"] == "can't be told" and doubt.lower() in none_late["sentence"]
    table.loc[table.index[300], "required_date"] -= pd.Timedelta(days=5)
    data = ma.Purchases.from_table(table, as_of="2025-12-31")
    found = ma.findings(data).set_index("kind").loc["late"]
    assert (found["certainty"], doubt in found["why"]) == ("to check", True)
    for options in ({}, {"vendor": "Bolt AG"}):
        page = ma.report(data, tmp_path / "r.html", progress=False, **options).read_text("utf-8")
        assert doubt in re.sub(r"\s+", " ", page)
    moved = ma.Purchases.from_table(table.assign(required_date=came - pd.Timedelta(days=1)), as_of="2025-12-31")
    assert "Doubtful" not in ma.findings(moved).set_index("kind").loc["late", "why"]


def bad_months(seed, chance, late, usual, worse=None):
    """Return two years of orders of ten vendors, each of which has bad months of its own; perhaps one that is late more often."""
    draw = np.random.default_rng(seed)
    ordered = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(draw.integers(0, 731, 1600)), unit="D")
    vendor = draw.integers(0, 10, 1600)
    month = ((ordered.year - 2024) * 12 + ordered.month - 1).to_numpy()
    bad = draw.random((10, 24)) < chance
    p = np.where(bad[vendor, month], late, usual) + np.where(vendor == worse, 0.2, 0.0)
    came = pd.Series(ordered + pd.to_timedelta(np.where(draw.random(1600) < p, 35, 18), unit="D"))
    table = pd.DataFrame({"order_number": [f"o{i}" for i in range(1600)], "order_date": ordered, "amount": 10.0})
    table = table.assign(
        currency="EUR", vendor_name=[f"V{v}" for v in vendor], required_date=ordered + pd.Timedelta(days=26)
    )
    return ma.Purchases.from_table(table.assign(delivered_date=came.where(came <= "2025-12-31")), as_of="2025-12-31")


@pytest.mark.parametrize("n", [pytest.param(2, id="few"), pytest.param(40, marks=pytest.mark.full, id="many")])
def test_vendors_with_bad_months_of_their_own_are_not_called_late(n):
    told = [ma.findings(bad_months(seed, 0.2, 0.6, 0.05)).set_index("kind").why["late"] for seed in range(n)]
    assert sum("later than chance allows:" in why for why in told) <= n // 20
    worse = [ma.findings(bad_months(seed, 0, 0, 0.1, worse=3)).set_index("kind").why["late"] for seed in range(n)]
    assert sum("later than chance allows: V3" in why for why in worse) >= 0.7 * n


@pytest.mark.full
def test_the_chart_of_vendors_names_whom_the_finding_names():
    data = bad_months(1, 0.2, 0.6, 0.05)
    table = next(e.table for e in content(data).exhibits if e.name == "slippage_by_vendor")
    assert table["against_others"].isna().all()
    assert slippage.by_vendor(data.lines[data.lines.required_date > "2024-12-31"])["against_others"].notna().any()


@pytest.mark.parametrize(
    ("earlier", "said"),
    one_in(
        3,
        [
            ("Old AG", "M1, 12 k EUR. It had another vendor before."),
            ("New AG", "Whether there is another source the data can't say."),
            (None, "Whether there is another source the data can't say."),
        ],
    ),
)
def test_an_item_of_one_vendor_had_another_one_before(earlier, said):
    days = pd.date_range("2024-01-15", "2025-12-15", freq="MS")
    table = pd.DataFrame(
        {"order_number": range(len(days)), "order_date": days, "material_id": "M1", "amount": 1000.0, "currency": "EUR"}
    )
    table["vendor_name"] = np.where(days < "2025", earlier or "", "New AG")
    table["vendor_name"] = table["vendor_name"].replace("", None)
    other = table.assign(
        order_number=table["order_number"] + 100, material_id="M2", vendor_name=["A", "B"] * 11 + ["A"]
    )
    data = ma.Purchases.from_table(pd.concat([table, other], ignore_index=True), as_of="2025-12-31")
    assert said in ma.findings(data).set_index("kind").loc["single source", "why"]
