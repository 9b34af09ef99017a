"""What data don't hold is told with the reason that is true of them, and never as an amount of zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, style
from makini_analytics.reporting import content
from makini_analytics.review import look
from tests.tiers import one_in

DAY = pd.Timestamp("2025-12-31")


def table(n=240, vendors=4, **more) -> pd.DataFrame:
    """Two years of lines of a few vendors; every fifth came late, the last ones are still out."""
    i = np.arange(n)
    ordered = DAY - pd.to_timedelta(730 - i * 730 // n, unit="D")
    came = pd.Series(ordered + pd.to_timedelta(np.where(i % 5, 10, 30), unit="D"))
    return pd.DataFrame({
        "order_number": [f"P{k}" for k in i], "vendor_name": [f"Vendor {k % vendors}" for k in i], "material_id": [f"M{k % 8}" for k in i],
        "category": [f"C{k % 8 % 3}" for k in i], "order_date": ordered, "required_date": ordered + pd.Timedelta(days=20),
        "delivered_date": came.where(came <= DAY), "quantity": 10.0, "received_quantity": np.where(came <= DAY, 10.0, 0.0), "unit_of_measure": "EA",
        "amount": 100.0 + i % 7, "currency": "EUR",
    }).assign(**more)  # fmt: skip


def told(frame, as_of=DAY) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the findings by kind, and the tiles' texts."""
    made = look(ma.Purchases.from_table(frame, as_of=as_of))
    return made.findings.set_index("kind"), {t.name: t.text for t in made.tiles}


def titles_of(frame) -> str:
    """Return the titles of the report's charts."""
    made = content(ma.Purchases.from_table(frame, as_of=DAY))
    return "\n".join(charts.captions_of(e.chart).title for e in made.exhibits if e.chart is not None)


def test_a_year_without_lines_is_the_reason_and_not_that_columns_are_empty():
    found, tiles = told(table(), as_of="2028-06-30")
    for kind in ("change", "concentration", "single source"):
        assert "nothing was ordered in the twelve months" in found.loc[kind, "sentence"]
    assert "no line fell due in the twelve months" in found.loc["late", "sentence"]
    assert tiles["spend"] == "0.00 EUR"  # of the twelve months, as the subtitle says, and not of all years


@pytest.mark.full
def test_without_due_dates_nothing_is_known_to_be_in_time():
    frame = table().drop(columns="required_date")
    (found, tiles), titles = told(frame), titles_of(frame)
    assert found.loc["overdue", "certainty"] == "can't be told"
    assert "no line has a due date" in found.loc["late", "sentence"]
    assert "overdue" not in tiles
    assert "open lines, and no due date is known" in titles
    some = table(required_date=lambda d: d.required_date.where(d.index % 2 == 0))
    some = some[some.delivered_date.notna() | some.required_date.isna() | (some.required_date > DAY)]
    found, titles = told(some)[0], titles_of(some)
    assert "with a due date" in found.loc["overdue", "sentence"]
    assert "still to come with a due date is overdue" in titles


@pytest.mark.full
def test_without_dates_the_report_is_of_all_lines_and_says_so():
    frame = table().drop(columns=["order_date", "required_date", "delivered_date"])
    assert content(ma.Purchases.from_table(frame, as_of=DAY)).subtitle.startswith("All lines: none has an order date.")


@pytest.mark.full
def test_an_amount_that_nobody_knows_is_not_zero():
    frame = table().drop(columns=["amount", "currency"])
    frame.loc[frame.index[-12:-4], "required_date"] = DAY - pd.Timedelta(days=3)
    (found, tiles), titles = told(frame), titles_of(frame)
    assert not found["sentence"].str.contains("0.00").any()
    assert {"spend", "overdue"}.isdisjoint(tiles)
    for kind in ("late", "overdue", "soon late", "change", "single source"):
        assert found.loc[kind, "certainty"] == "can't be told"
    assert "No line is open" not in titles  # they are, without a currency
    frame = frame.assign(amount=np.where(frame.index == len(frame) - 5, 70.0, np.nan), currency="EUR")
    out = frame.index < len(frame) - 12
    frame = frame.assign(delivered_date=frame.delivered_date.where(out), received_quantity=np.where(out, 10.0, 0.0))
    got = told(frame)[0].loc["overdue"]
    assert got["value"] == 70
    assert "The value of 7 is not known." in got["why"]


def test_a_count_of_lines_in_one_currency_says_so(monkeypatch):
    monkeypatch.setattr("makini_analytics.review._findings.View.of", View_without_rates)
    frame = table(currency=lambda d: np.where(d.index % 3, "EUR", "USD"))
    frame.loc[frame.index[-9:], "required_date"] = DAY - pd.Timedelta(days=2)
    frame.loc[frame.index[-9:], "delivered_date"] = pd.NaT
    frame.loc[frame.index[-9:], "received_quantity"] = 0.0
    got = look(ma.Purchases.from_table(frame, as_of=DAY)).findings.set_index("kind")
    assert got.loc["overdue", "sentence"].startswith("6 lines in EUR are overdue")
    assert "late ones have no amount in EUR" in got.loc["late", "why"]


def View_without_rates(given, to=None, as_of=None):
    from makini_analytics.frames import as_of_days
    from makini_analytics.review import View

    return View(given, given, "EUR", False, "", as_of_days(given.lines, as_of), "")


@pytest.mark.full
def test_what_is_late_at_one_vendor_is_not_spread():
    frame = table(amount=lambda d: np.where(d.vendor_name == "Vendor 0", 9000.0, 10.0))
    assert "spread" not in told(frame)[0].loc["late", "sentence"]
    assert "spread over the vendors" in told(table(vendors=8))[0].loc["late", "sentence"]


@pytest.mark.full
def test_the_vendor_of_a_category_is_one_that_is_known():
    frame = table(vendors=1, vendor_name=lambda d: d.vendor_name.where(d.index % 8 == 0))
    got = told(frame)[0].loc["concentration"]
    assert got["sentence"].startswith("100 % of what has a vendor in C0 is bought from Vendor 0")
    year = frame[(frame.order_date > "2024-12-31") & (frame.category == "C0")]
    assert charts.money(year.amount[year.vendor_name.isna()].sum(), "EUR") in got["why"]


@pytest.mark.parametrize("marks", one_in(3, [{}, {"decimal": ",", "thousands": "."}, {"thousands": "\u202f"}]))
def test_prices_that_rose_a_thousandfold_and_returns_have_a_sentence(marks):
    frame = table(amount=lambda d: d.amount * np.where(d.order_date > "2024-12-31", 30.0, 1.0))
    style.use(**marks)
    try:
        assert "% on " in (found := told(frame)[0].loc["prices"])["sentence"] + found["why"]
    finally:
        style.use()
    more = frame.assign(amount=lambda d: np.where(d.vendor_name == "Vendor 1", -1.2 * d.amount, d.amount))
    found = told(more)[0].loc["prices"]
    assert "of spend" not in found["sentence"] + found["why"]  # of what returns have left it would be more than all


@pytest.mark.full
def test_returns_have_no_percentage_and_no_share_and_stay_in_the_picture():
    months = table(amount=lambda d: np.where(d.order_date > "2025-12-01", -9000.0, d.amount))
    made = content(ma.Purchases.from_table(months, as_of=DAY))
    titles = [charts.captions_of(e.chart).title for e in made.exhibits if e.name == "spend_by_month_EUR"]
    assert "%" not in titles[0]
    from makini_analytics.reporting._first_screen import tiles_of

    line = next(t.line for t in tiles_of(made) if t.tile.name == "spend")
    assert all(0 <= float(point.split(",")[1]) <= 36 for point in line.split())
    large = table(amount=lambda d: np.where(d.vendor_name == "Vendor 1", -1.5 * d.amount, d.amount))
    assert " net: " in titles_of(large)


@pytest.mark.full
def test_orders_alike_within_one_connection_are_not_said_to_be_in_two():
    frame = table()
    twin = frame.assign(order_number=frame.order_number.where(frame.index % 40 > 2, "A"))
    twin.loc[twin.index % 40 == 3, ["order_date", "material_id", "vendor_name", "amount"]] = twin.loc[0, ["order_date", "material_id", "vendor_name", "amount"]].to_numpy()  # fmt: skip
    got = told(twin)[0].loc["duplicates", "sentence"]
    assert "two connections" not in got


@pytest.mark.full
def test_nobody_knows_what_was_overdue_where_no_days_of_delivery_are_recorded():
    frame = table(delivered_date=pd.NaT)
    frame.loc[frame.index[-4:], "required_date"] = DAY - pd.Timedelta(days=3)
    tile = told(frame)[1]["overdue"]
    assert "a year ago" not in tile


@pytest.mark.full
def test_the_card_knows_what_is_overdue_as_the_findings_do():
    frame = table()
    frame.loc[frame.index[-4:], "required_date"] = DAY - pd.Timedelta(days=3)
    promised = ma.Purchases.from_table(frame.rename(columns={"required_date": "promised_date"}), as_of=DAY)
    told = ma.findings(promised).set_index("kind").loc["overdue", "value"]
    assert told > 0
    assert ma.scorecard(promised)["overdue_value"].sum() == pytest.approx(told)
    none = ma.Purchases.from_table(frame.drop(columns="required_date"), as_of=DAY)
    assert ma.scorecard(none)["overdue_value"].isna().all()
    later = ma.scorecard(promised, as_of=DAY + pd.Timedelta(days=90))
    assert later["overdue_value"].isna().all()
    assert any(f"pass as_of='{DAY.date()}'" in note for note in later.attrs["notes"])


@pytest.mark.parametrize(
    ("unit", "times", "told"),
    one_in(
        4,
        [
            *((None, times, False) for times in (5, 6, 12, 24, 144, 1 / 20)),
            (None, 1.1, True),
            (None, 3, True),
            ("EA", 7, True),
            ("EA", 10, False),
            ("EA", 100, False),
            ("EA", 1 / 1000, False),
        ],
    ),
)
def test_a_price_many_times_as_high_without_a_unit_may_be_that_of_a_box(unit, times, told):
    days = pd.date_range("2024-01-01", "2025-12-31")
    later = np.asarray(days >= "2025")
    table = pd.DataFrame({"order_number": [f"o{i}" for i in range(len(days))], "order_date": days, "vendor_name": "A"})
    table = table.assign(material_id=[f"m{i % 9}" for i in range(len(days))], currency="EUR", unit_of_measure=unit)
    table = table.assign(
        quantity=np.where(later, 120 / times, 120),
        amount=600.0 if not 0.5 < times < 2 else np.where(later, 660.0, 600.0),
    )
    sentence = (
        ma.findings(ma.Purchases.from_table(table, as_of="2025-12-31")).set_index("kind").loc["prices", "sentence"]
    )
    assert ("more likely another unit" in sentence) == (not told)
