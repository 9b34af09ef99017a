"""Two years are compared only where both are known whole, and what is looked at is said as it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import currency
from makini_analytics.reporting import content
from makini_analytics.review import View, look
from tests.tiers import one_in


def bought(first="2023-01-01", last="2025-12-31", every="D", **filters):
    """Return the same every day, so that no change is there to find."""
    days = pd.date_range(first, last, freq=every)
    table = pd.DataFrame({"order_number": range(len(days)), "order_date": days, "amount": 100.0, "currency": "EUR"})
    table["vendor_name"], table["status"] = "Bolt AG", ["open" if d.year == 2025 else "closed" for d in days]
    data = ma.Purchases.from_table(table, connection="erp", as_of="2025-12-31")
    return data.filter(**filters) if filters else data


def change_of(data, **options):
    got = ma.findings(data, **options).set_index("kind").loc["change"]
    return got["certainty"], got["sentence"]


def spend_tile(data, **options):
    return next(t for t in look(data, **options).tiles if t.name == "spend")


@pytest.mark.full
def test_a_year_that_a_filter_cut_is_not_a_fall_and_the_remedy_works():
    data = bought(until="2025-06-30")
    certainty, sentence = change_of(data)
    assert certainty == "can't be told"
    assert "orders up to 2025-06-30 are here: pass as_of='2025-06-30'" in sentence
    assert spend_tile(data).label == "Spend, ordered 1 January to 30 June 2025"
    assert spend_tile(data).change_text == ""
    assert change_of(data, as_of="2025-06-30")[1].startswith("Spend fell by 0.3 %")  # the year before has a 29 February
    assert spend_tile(data, as_of="2025-06-30").label == "Spend, ordered in twelve months"


@pytest.mark.parametrize("pick", one_in(2, [{"state": "open"}, {"status": "open"}]))
def test_what_became_of_the_lines_parts_the_years(pick):
    certainty, sentence = change_of(bought(**pick))
    assert certainty == "can't be told"
    assert f"filtered by {next(iter(pick))}" in sentence


@pytest.mark.parametrize(
    ("first", "known", "said"),
    one_in(
        2,
        [
            ("2023-06-01", True, ""),
            ("2024-01-03", True, ""),
            ("2024-01-31", True, "The first order is of 31 January 2024: the year before may lack 30 days."),
            ("2024-02-15", False, ""),
        ],
    ),
)
def test_when_data_without_a_stated_start_begin(first, known, said):
    got = ma.findings(bought(first=first)).set_index("kind").loc["change"]
    assert (got["certainty"] != "can't be told") == known
    assert ("may lack" in got["why"]) == bool(said)
    assert said in got["why"]


@pytest.mark.full
def test_a_report_says_what_it_is_narrowed_to_before_anything_else():
    data = bought(since="2025-01-01", until="2025-03-31")
    made = content(data)
    assert made.subtitle.startswith("Only ordered from 2025-01-01, ordered to 2025-03-31. 1 January to 31 March 2025. ")
    assert "beside the same days" not in made.subtitle
    assert [tile.label for tile in made.tiles if tile.name == "spend"] == ["Spend, ordered 1 January to 31 March 2025"]


@pytest.mark.full
def test_a_scorecard_does_not_compare_what_a_filter_cut_either():
    whole, cut = (ma.scorecard(data) for data in (bought(), bought(until="2025-06-30")))
    assert whole["spend_before"].notna().all()
    assert cut["spend_before"].isna().all()


@pytest.mark.full
def test_after_the_day_that_the_data_state_nothing_is_told_as_counted():
    got = look(ma.load_sample(), as_of="2026-06-30")
    found = got.findings.set_index("kind")
    assert got.data_line[0] == "Nothing is known after 31 December 2025: what came since is not in these data."
    for kind in ("change", "late", "lead time", "soon late", "overdue"):
        assert found.loc[kind, "certainty"] == "can't be told"
        assert "pass as_of='2025-12-31'" in found.loc[kind, "sentence"]
    assert [(t.name, t.change_text) for t in got.tiles] == [("spend", "")]
    assert got.tiles[0].label == "Spend, ordered 1 July to 31 December 2025"
    assert "known after" not in " ".join(look(ma.load_sample(), as_of="2025-12-31").data_line)
    later = look(ma.load_sample(), as_of="2027-06-30").findings.set_index("kind")["sentence"]
    assert "nothing is known after" in later["change"]
    assert "nothing is known after" in later["concentration"]


@pytest.mark.full
def test_of_several_connections_each_has_its_own_last_day():
    one, other = bought(), bought()
    table = pd.DataFrame({"order_number": range(730), "order_date": pd.date_range("2023-07-02", periods=730)})
    table = table.assign(amount=100.0, currency="EUR", vendor_name="Nut AG")
    other = ma.Purchases.from_table(table, connection="old", as_of="2025-06-30")
    both = ma.concat([one, other])
    assert "known after" not in " ".join(look(both).data_line)
    got = look(both, as_of="2025-12-31")
    assert got.data_line[0].startswith("Nothing of old is known after 30 June 2025")
    found = got.findings.set_index("kind")["sentence"]
    assert found["change"].startswith("Spend of the connections known in both years fell by 0.3 %")
    assert "pass as_of='2025-06-30'" in found["overdue"]


@pytest.mark.full
@pytest.mark.parametrize(("changed", "known"), [("2025-12-30", True), (None, False)])
def test_a_day_that_was_taken_from_the_latest_change_may_be_followed_by_days_without_one(changed, known):
    days = pd.date_range("2023-01-01", "2025-12-30")
    table = pd.DataFrame({"order_number": range(len(days)), "order_date": days, "amount": 100.0, "currency": "EUR"})
    options = {"as_of": "2025-12-30"}
    if changed:
        table["updated_at"], options = pd.Timestamp(changed, tz="UTC"), {}
    data = ma.Purchases.from_table(table, **options)
    assert (change_of(data, as_of="2025-12-31")[0] != "can't be told") == known
    assert change_of(data, as_of="2026-02-28")[0] == "can't be told"


def yearly(**columns):
    """Return an order a day of two years, of one item and one vendor, for 100.00 EUR."""
    days = pd.date_range("2024-01-01", "2025-12-31")
    table = pd.DataFrame({"order_number": [f"o{i}" for i in range(len(days))], "order_date": days, "vendor_name": "A"})
    table = table.assign(material_id="m", quantity=1.0, amount=100.0, currency="EUR", category="Pumps")
    return table.assign(**{c: f(table) for c, f in columns.items()})


@pytest.mark.parametrize(
    ("columns", "reason"),
    one_in(
        3,
        [
            (
                {"amount": lambda t: t["amount"].where((t["order_date"] >= "2025") | (t.index % 2 == 0))},
                "no amount in EUR is known of 50 % of the lines of the year before, and of 0 % of this year's",
            ),
            (
                {"currency": lambda t: np.where((t["order_date"] < "2025") & (t.index % 4 == 0), "XXX", "EUR")},
                "no amount in EUR is known of 25 % of the lines of the year before, and of 0 % of this year's",
            ),
            (
                {"order_date": lambda t: t["order_date"].where((t["order_date"] >= "2025") | (t.index % 5 != 0))},
                "10 % of the lines have no order date",
            ),
            ({"amount": lambda t: t["amount"].where(t.index % 2 == 0)}, ""),
        ],
    ),
)
def test_years_of_which_another_share_is_not_known_are_not_compared(columns, reason, tmp_path):
    data = ma.Purchases.from_table(yearly(**columns), as_of="2025-12-31")
    told = ma.findings(data, currency="EUR").set_index("kind").loc["change", "sentence"]
    assert told == f"change of spend ({reason})" if reason else "of the lines" not in told
    page = ma.report(data, tmp_path / "r.html", currency="EUR", progress=False).read_text("utf-8")
    assert ("beside the same days of the year before" in page) == (not reason)
    tables = {e.name: e.table for e in content(data, currency="EUR").exhibits}
    months, vendors = tables["spend_by_month_EUR"], tables["spend_by_vendor_EUR"]
    assert months["yoy_change"].isna().all() == bool(reason)
    assert ("change_rate" in vendors) == (not reason)


@pytest.mark.parametrize(
    ("other", "said"),
    one_in(
        2,
        [
            ({"currency": "XXX"}, "also bought in other currencies than EUR, or without an amount)"),
            ({"amount": np.nan}, "also bought in other currencies than EUR, or without an amount)"),
            ({"category": "Valves", "currency": "XXX"}, "100 % of Pumps is bought from A."),
        ],
    ),
)
def test_what_is_bought_in_another_currency_may_be_another_vendors(other, said):
    mine, theirs = yearly(), yearly().assign(vendor_name="B", order_number=lambda t: "b" + t["order_number"], **other)
    data = ma.Purchases.from_table(pd.concat([mine, theirs.iloc[::2]]), as_of="2025-12-31")
    assert ma.findings(data, currency="EUR").set_index("kind").loc["concentration", "sentence"].endswith(said)


@pytest.mark.full
def test_each_connection_that_begins_late_is_told_of():
    early, late = yearly(), yearly().iloc[27:].assign(connection="b")
    data = ma.Purchases.from_table(pd.concat([early, late]), as_of="2025-12-31", connection="a")
    why = ma.findings(data).set_index("kind").loc["change", "why"]
    assert why.endswith("The first order of b is of 28 January 2024: the year before may lack 27 days.")


def test_where_nothing_is_left_that_is_the_reason():
    data = ma.Purchases.from_table(yearly(), as_of="2025-12-31").filter(since="2030-01-01")
    said = ma.findings(data).set_index("kind")["sentence"]
    assert all(text.endswith("(there is no line)") for text in said)


@pytest.mark.full
def test_what_has_no_amount_is_not_all_of_a_category():
    mine = yearly()
    other = yearly().iloc[::40].assign(vendor_name="B", order_number=lambda t: "b" + t["order_number"], amount=np.nan)
    data = ma.Purchases.from_table(pd.concat([mine, other]), as_of="2025-12-31")
    why = ma.findings(data, currency="EUR").set_index("kind").loc["concentration", "why"]
    assert "What is known of Pumps is " in why and "lines of it have no amount in EUR" in why


@pytest.mark.full
def test_prices_are_compared_in_the_currency_in_which_they_were_paid():
    days = pd.date_range("2024-01-02", "2025-12-30", freq="5D")
    later = np.asarray(days >= "2025")
    rows = []
    for item in range(12):
        # the first six are bought in USD from 2025 on; the others cost 10 % more in EUR
        code = np.where(later, "USD", "EUR") if item < 6 else "EUR"
        rows.append(pd.DataFrame({"order_number": [f"{item}-{i}" for i in range(len(days))], "order_date": days, "vendor_name": "A",
                                  "material_id": f"m{item}", "quantity": 10.0, "unit_of_measure": "EA", "currency": code,
                                  "amount": np.where(later & (item >= 6), 110.0, 100.0)}))  # fmt: skip
    data = ma.Purchases.from_table(pd.concat(rows, ignore_index=True), as_of="2025-12-31")
    data = currency.convert(data, "EUR", {"USD": 0.5})
    items = View.of(data, "EUR").same_items
    assert sorted(items["material_id"]) == sorted(f"m{i}" for i in range(6, 12))
    base = items["after"] - items["price"] - items["currency_effect"]
    np.testing.assert_allclose(items["price"] / base, 0.1)
    told = ma.findings(data).set_index("kind").loc["prices"]
    assert told["certainty"] == "clear"
    assert "+10.0 %" in told["why"]
    row = ma.scorecard(data).iloc[0]
    assert row["price_change"] == pytest.approx(0.1)


@pytest.mark.full
def test_amounts_converted_at_own_rates_are_not_converted_again(tmp_path):
    days = pd.date_range("2024-01-01", "2025-12-31", freq="4D")
    table = pd.concat(
        [pd.DataFrame({"order_number": [f"{code}{i}" for i in range(len(days))], "order_date": days, "vendor_name": code,
                       "amount": 100.0, "currency": code}) for code in ("EUR", "USD", "ILS")], ignore_index=True)  # fmt: skip
    with pytest.warns(ma.MakiniWarning, match="183 of 549 lines have no rate"):
        own = currency.convert(ma.Purchases.from_table(table, as_of="2025-12-31"), "EUR", {"USD": 0.5})
    own.save(tmp_path / "own")
    truth = own.lines.loc[own.lines["order_date"] > "2024-12-31", "amount"].sum()
    for data in (own, ma.Purchases.load(tmp_path / "own"), own.filter(since="2024-01-01")):
        for asked in (None, "EUR"):
            seen = look(data, currency=asked)
            assert seen.view.spent == pytest.approx(truth)
            assert "fixed rates; rates: 1 USD = 0.5 EUR. 183 lines have no rate" in seen.view.note
            assert "183 without a rate" in seen.data_line[0]
    page = ma.report(own, tmp_path / "own.html", progress=False).read_text(encoding="utf-8")
    assert "European Central Bank" not in page
    assert "1 USD = 0.5 EUR" in page
    other = ma.Purchases.from_table(table[table["currency"] == "USD"], connection="later", as_of="2025-12-31")
    both = look(ma.concat([own, other])).view  # of which a part was never converted
    assert "European Central Bank" in both.note


@pytest.mark.full
def test_parts_that_were_converted_to_two_currencies_are_converted_to_one():
    days = pd.date_range("2024-01-01", "2025-12-31", freq="2D")
    table = pd.DataFrame(
        {"order_date": days, "vendor_name": "A", "amount": 100.0, "currency": "EUR", "order_number": range(len(days))}
    )
    a, b = (ma.Purchases.from_table(table, connection=name, as_of="2025-12-31") for name in "ab")
    both = ma.concat([currency.convert(a, "EUR"), currency.convert(b.filter(since="2025-06-01"), "USD")])
    seen = look(both)
    assert seen.view.unit == "EUR"
    assert "from amounts that were converted before" in seen.view.note
    assert seen.view.has_amount.all()
