"""What is said on an earlier day is what was known then, and a call gives the figures that its sentence tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import quality, slippage, spend

DAY, LATER = pd.Timestamp("2025-06-30"), "2025-12-31"


def purchases(**columns) -> pd.DataFrame:
    """Return orders of a week each, 100.00 on ten days; what is given takes the place of a column."""
    days = pd.date_range("2023-01-05", DAY, freq="7D")
    n = len(days)
    return pd.DataFrame(
        {
            "order_number": [f"o{i}" for i in range(n)], "vendor_name": "Nord", "product_code": [f"p{i % 6}" for i in range(n)],
            "quantity": 10.0, "amount": 100.0, "currency": "EUR", "order_date": days, "required_date": days + pd.Timedelta(days=10),
            "delivered_date": days + pd.Timedelta(days=8), "received_quantity": 10.0, "cancelled_date": pd.NaT, "state": "received",
        } | columns
    )  # fmt: skip


@pytest.fixture(scope="module")
def known_later():
    """Prices of the first quarter doubled, all of it was cancelled in October; in September an order was entered twice."""
    table = purchases()
    first = table["order_date"].between("2025-01-01", "2025-03-31")
    table.loc[first, ["delivered_date", "received_quantity", "amount"]] = [pd.NaT, 0.0, 200.0]
    table.loc[first, ["cancelled_date", "state"]] = [pd.Timestamp("2025-10-01"), "cancelled"]
    september = {
        "amount": 9000.0,
        "order_date": pd.Timestamp("2025-09-01"),
        "required_date": pd.Timestamp("2025-10-01"),
    }
    twice = table.iloc[[0, 0]].assign(order_number="X1", delivered_date=pd.Timestamp("2025-09-05"), **september)
    return ma.Purchases.from_table(pd.concat([table, twice]), as_of=LATER)


@pytest.fixture(scope="module")
def known_then():
    table = purchases()
    first = table["order_date"].between("2025-01-01", "2025-03-31")
    table.loc[first, ["delivered_date", "received_quantity", "amount", "state"]] = [pd.NaT, 0.0, 200.0, "open"]
    table["delivered_date"] = table["delivered_date"].where(table["delivered_date"] <= DAY)
    late = table["delivered_date"].isna()
    table.loc[late, ["received_quantity", "state"]] = [0.0, "open"]
    return ma.Purchases.from_table(table, as_of=DAY)


@pytest.mark.full
def test_findings_and_scorecard_of_an_earlier_day_are_those_of_an_extract_of_that_day(known_later, known_then):
    got, want = ma.findings(known_later, as_of=DAY, most=99), ma.findings(known_then, most=99)
    shown = ["kind", "sentence", "value", "certainty"]
    pd.testing.assert_frame_equal(got[shown], want[shown])
    assert got.set_index("kind").loc["prices", "certainty"] == "clear"
    card, then = ma.scorecard(known_later, as_of=DAY), ma.scorecard(known_then)
    assert card["price_change"].item() == then["price_change"].item() == pytest.approx(0.25)


def test_what_was_ordered_later_is_no_duplicate_yet(known_later):
    assert len(quality.duplicates(known_later)) > 0
    got = quality.duplicates(known_later, as_of=DAY)
    assert not got["kind"].str.contains("repeated").any()
    assert {"reason": "ordered after as-of", "n_lines": 2, "value": {"EUR": 18_000.0}} in got.attrs["excluded"]
    assert got.attrs["included"]["n_lines"] + 2 == len(known_later)


@pytest.mark.full
def test_a_report_of_an_earlier_day_shows_no_price_of_later(tmp_path):
    table = purchases()
    later = table.iloc[-60:].assign(order_date=pd.date_range("2025-07-01", periods=60, freq="D"), amount=1000.0)
    data = ma.Purchases.from_table(pd.concat([table, later]), as_of=LATER)
    page = ma.report(data, tmp_path / "v.html", vendor="Nord", as_of=DAY).read_text("utf-8")
    assert "Prices of 2025: +600" not in page


def test_coverage_and_reconcile_look_from_the_day(known_later):
    for figure in (quality.coverage, quality.reconcile):
        assert figure(known_later, as_of=DAY).attrs["as_of"] == "2025-06-30"
    used = quality.reconcile(known_later, as_of=DAY).query("step == 'used'")["n_lines"].item()
    assert used == spend.by_vendor(known_later.lines, as_of=DAY).attrs["included"]["n_lines"]


def evaluated(call: str, data: ma.Purchases):
    return eval(call, {"spend": spend, "slippage": slippage, "quality": quality, "lines": data.lines, "data": data})


def test_a_call_gives_the_figures_of_its_sentence(known_later):
    found = ma.findings(known_later, as_of=DAY, most=99).set_index("kind")
    for kind in ("late", "overdue", "change", "duplicates"):
        assert "as_of='2025-06-30'" in found.loc[kind, "call"] or not found.loc[kind, "call"]
    late = evaluated(found.loc["late", "call"], known_later)
    assert late["value_late"].sum() == pytest.approx(found.loc["late", "value"])
    overdue = evaluated(found.loc["overdue", "call"], known_later)
    assert overdue.loc[overdue.days_overdue > 0, "open_value"].sum() == pytest.approx(found.loc["overdue", "value"])


@pytest.mark.full
def test_a_call_of_promised_dates_and_of_connections_that_both_years_have():
    table = purchases(promised_date=purchases()["required_date"] - pd.Timedelta(days=5)).drop(columns="required_date")
    old = ma.Purchases.from_table(table, connection="old", as_of=DAY)
    new = ma.Purchases.from_table(table[table.order_date > "2025-01-01"], connection="new", as_of=DAY)
    both = ma.concat([old, new])
    found = ma.findings(both, most=99).set_index("kind")
    assert evaluated(found.loc["late", "call"], both)["value_late"].sum() == pytest.approx(found.loc["late", "value"])
    steps = evaluated(found.loc["change", "call"], both).set_index("effect")["value"]
    assert steps["after"] == pytest.approx(found.loc["change", "value"])


@pytest.mark.full
def test_the_open_value_of_a_vendor_is_that_of_its_own_connection():
    rng = np.random.default_rng(1)

    def vendor(name, slower, step, amount):
        days = pd.date_range("2023-06-01", "2025-12-30", freq=step)
        took = np.where(days < "2025-01-01", rng.integers(5, 9, len(days)), rng.integers(*slower, len(days)))
        came = pd.Series(days + pd.to_timedelta(took, unit="D"))
        return pd.DataFrame(
            {"order_id": [f"{name}{i}" for i in range(len(days))], "vendor_id": "1", "vendor_name": name, "order_date": days,
             "delivered_date": came.where(came <= LATER), "amount": amount, "currency": "EUR", "quantity": 1.0}
        )  # fmt: skip

    a = ma.Purchases.from_table(vendor("Nord", (25, 30), "2D", 100.0), connection="emea", as_of=LATER)
    b = ma.Purchases.from_table(vendor("Yankee", (5, 9), "1D", 5000.0), connection="us", as_of=LATER)
    for data in (a, ma.concat([a, b])):
        found = ma.findings(data, most=99).set_index("kind").loc["lead time"]
        assert "Nord" in found["sentence"]
        mine = spend.by_vendor(data.lines, basis="open").query("vendor_name == 'Nord'")["spend"].item()
        assert found["value"] == pytest.approx(mine)


@pytest.mark.full
def test_one_vendor_is_no_spread_and_an_equal_year_no_fall(known_then):
    found = ma.findings(known_then, most=99).set_index("kind")["sentence"]
    assert "spread over" not in found["late"]
    same = ma.Purchases.from_table(purchases(), as_of=DAY)
    lines = same.lines[same.lines.order_date > "2023-07-01"]
    flat = ma.findings(replace(same, lines=lines.groupby(lines.order_date > "2024-06-30").head(52)), most=99).set_index(
        "kind"
    )["sentence"]
    assert flat["change"].startswith("spend stayed at 5.2 k EUR")
    assert "−0.0" not in " ".join(flat)
    assert "none of no" not in " ".join(flat)
