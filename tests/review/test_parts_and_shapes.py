"""Parts of the data and data of odd shapes: what is said of them is said of what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, lead_times, quality, spend, style
from makini_analytics.compute import PandasColumns, reuse
from makini_analytics.reporting import content
from makini_analytics.review import View
from tests.review.test_recorded_lately import received
from tests.tiers import one_in

DAY = pd.Timestamp("2025-12-31")


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample()


def of_kind(data: ma.Purchases, kind: str) -> pd.Series:
    return ma.findings(data).set_index("kind").loc[kind]


@pytest.mark.full
def test_what_rules_ask_of_all_lines_is_in_the_narrow_ones(sample, monkeypatch, tmp_path):
    # a report answers for all lines what it knows of the narrow ones: a column that a rule read and they lack would be empty there
    asked = set()
    for how in ("day", "number", "known", "is_in", "unreadable"):
        plain = getattr(PandasColumns, how)

        def noted(self, name, *texts, plain=plain):
            asked.add(name)
            return plain(self, name, *texts)

        monkeypatch.setattr(PandasColumns, how, noted)
    ma.report(sample, tmp_path / "x.html", progress=False)
    assert len(asked) > 10
    assert asked & set(sample.lines) <= set(View.of(sample).narrow)


@pytest.mark.parametrize("start", one_in(2, ["approval", "creation"]))
def test_lead_times_of_all_lines_may_begin_anywhere(sample, start):
    alone = lead_times.by_vendor(View.of(sample).lines, start=start)
    with reuse():
        view = View.of(sample)
        assert len(view.narrow)
        pd.testing.assert_frame_equal(lead_times.by_vendor(view.lines, start=start), alone)
    assert alone.n_delivered.sum() > 1000


def test_lines_that_share_a_number_in_the_index_are_lines_of_their_own(sample):
    some = sample.filter(connection="emea")
    lines = some.lines.set_axis(np.arange(len(some.lines)) // 3)
    got = ma.findings(replace(some, lines=lines))
    pd.testing.assert_frame_equal(got, ma.findings(some))


@pytest.mark.parametrize("first", one_in(2, ["2025-11-01", "2024-12-15"]))
def test_lead_times_without_a_year_before_are_not_said_to_be_long(first):
    table = received(first="2024-01-01")
    data = ma.Purchases.from_table(table[table.order_date >= first], as_of=DAY)
    assert of_kind(data, "lead time").sentence == "lead times (too few months in both years)"


@pytest.mark.full
def test_a_vendor_alone_is_not_said_to_have_too_few_lines(sample):
    assert "tested" not in of_kind(sample.filter(vendor="Great Lakes Bearing Co."), "late").why


def test_vendors_with_nothing_late_are_not_counted_among_those_of_what_is_late():
    n = 60
    day = pd.Timestamp("2025-06-01")
    table = pd.DataFrame(
        {
            "vendor_name": [f"V{i}" for i in range(n)],
            "order_date": day,
            "required_date": day + pd.Timedelta(days=20),
            "delivered_date": [day + pd.Timedelta(days=30 if i < 7 else 10) for i in range(n)],
            "amount": 10.0,
        }
    )
    why = of_kind(ma.Purchases.from_table(table, currency="EUR", as_of=DAY), "late").why
    assert why == "7 of 60 lines. 100 % of it is of 7 vendors with too few lines or months to be tested."


def boxes(first: int) -> pd.DataFrame:
    """Return orders of 30 items, pieces and from 2025 on, of those from the first on, boxes of ten at ten times the price."""
    draw, days = np.random.default_rng(0), pd.date_range("2024-01-01", DAY, freq="8h")
    item = draw.integers(0, 30, len(days))
    box = (item >= first) & (days >= "2025-01-01")
    pieces = draw.integers(1, 20, len(days)) * 10
    table = pd.DataFrame(
        {
            "order_number": [f"P{i}" for i in range(len(days))],
            "order_date": days.normalize(),
            "vendor_name": [f"V{i % 5}" for i in item],
            "product_code": [f"M{i}" for i in item],
            "quantity": np.where(box, pieces / 10, pieces),
            "unit_price": np.where(box, 10.0, 1.0) * (10 + item),
            "box": box,
        }
    )
    return table.assign(amount=table.quantity * table.unit_price)


@pytest.mark.parametrize("unit", one_in(2, [None, "EA"]))
def test_items_in_another_unit_are_no_price_of_the_bridge(unit):
    table = boxes(24).drop(columns="box").assign(unit_of_measure=unit)
    data = ma.Purchases.from_table(table, currency="EUR", as_of=DAY)
    change, prices = (of_kind(data, kind) for kind in ("change", "prices"))
    assert "their units are in doubt" in change.why and "prices (other" not in change.sentence + change.why
    assert "0.0 %" in prices.sentence and "more likely in another unit" in prices.why
    assert ma.scorecard(data)["price_change"].abs().max() < 1e-9
    assert not [
        e for e in content(data).exhibits if e.table.attrs.get("metric") == "spend.bridge" and e.chart is not None
    ]


def test_items_under_another_unit_are_said_to_be_neither_new_nor_lost():
    for first, n in ((15, 15), (30, 0)):
        table = boxes(first)
        table = table.assign(unit_of_measure=np.where(table.pop("box"), "BX", "EA"))
        said = of_kind(ma.Purchases.from_table(table, currency="EUR", as_of=DAY), "change").why
        assert (f"new and lost items ({n} of them in another unit than before)" in said) == (n > 0)


def test_months_after_a_filters_last_day_are_not_drawn_as_spend_of_zero(sample):
    part = sample.filter(until="2025-06-30")
    ax = spend.plot_by_period(spend.by_period(ma.currency.convert(part.lines, "EUR")))
    assert "2025-06" in style.alt_text(ax) and "2025-07" not in style.alt_text(ax)


def test_data_that_begin_within_the_twelve_months_say_so(sample):
    table = received(first="2024-01-01")
    late = ma.Purchases.from_table(table[table.order_date >= "2025-11-01"], as_of=DAY)
    assert "to 31 December 2025. The first order is of 1 November 2025. " in content(late, sections=["spend"]).subtitle
    for whole in (sample, sample.filter(since="2025-10-01")):
        assert "first order" not in content(whole, sections=["spend"]).subtitle
    named = content(sample.filter(vendor="Great Lakes Bearing Co."), sections=["spend"]).subtitle
    assert named.startswith("Only vendor Great Lakes Bearing Co. Twelve months")


@pytest.mark.parametrize("picked", one_in(3, [{"category": "Bearings"}, {"state": "open"}, {}]))
def test_a_chart_forecasts_what_the_finding_does(sample, picked):
    told = content(sample.filter(**picked) if picked else sample, sections=["findings", "open_orders"])
    said = told.findings.set_index("kind").loc["soon late"]
    chart = next(e.chart for e in told.exhibits if e.name.startswith("open_orders_ageing"))
    words = charts.captions_of(chart).subtitle
    if np.isnan(said.value):
        assert "is expected late" not in words
    else:
        assert f"{said.sentence.partition(' of the ')[0]} is expected late" in words


def test_what_is_little_says_how_little(sample):
    quiet = ma.findings(sample, most=1)
    quiet = quiet[(quiet.certainty == "nothing to report") & quiet.stake.gt(0)]
    assert len(quiet) > 2
    say = View.of(sample).say
    for row in quiet.itertuples():
        assert row.sentence.count(say(row.stake)) == 1


def test_sites_by_name_count_as_sites(sample):
    lines = sample.lines.drop(columns="site_id")
    lines.attrs = sample.lines.attrs
    covered = quality.coverage(ma.Purchases(sample.orders, lines, sample.issues, sample.sources, sample.as_of))
    by_site = covered[covered.name == "spend by site"].set_index("connection")
    assert by_site.computable.tolist() == [
        sample.lines.site_name[sample.lines.connection == c].notna().any() for c in by_site.index
    ]


@pytest.mark.parametrize("by", one_in(3, [None, "category", "vendor", ["category", "connection"]]))
def test_a_bridge_of_two_parts_of_one_frame_is_that_of_two_frames(sample, by):
    view = View.of(sample)
    with reuse():
        shared = [
            spend.bridge(*view.sides, by=by, per_item=True, mixed_units="apart", currency="EUR") for _ in range(2)
        ]
        entities = spend.by_vendor(view.sides[1], currency="EUR")
    alone = [side.copy() for side in view.sides]
    apart = spend.bridge(*alone, by=by, per_item=True, mixed_units="apart", currency="EUR")
    for result in shared:
        pd.testing.assert_frame_equal(result, apart)
    pd.testing.assert_frame_equal(entities, spend.by_vendor(alone[1], currency="EUR"))


def test_a_list_of_open_orders_is_not_said_to_be_late():
    table = received(first="2024-01-01")
    table["status"] = np.where(table.delivered_date.isna(), "open", "received")
    listed = table[(table.status == "open")].drop(columns="delivered_date")
    data = ma.Purchases.from_table(listed, as_of=DAY)
    assert "list of open orders" in data.sources.notes.item()
    told = ma.findings(data).set_index("kind")
    assert told.certainty[["late", "change", "lead time"]].eq("can't be told").all()
    overdue = listed[listed.required_date < DAY]
    assert told.value["overdue"] == pytest.approx(overdue.amount.sum())
    # the whole, of which lines have come, is judged; so are a few open lines
    assert ma.findings(ma.Purchases.from_table(table, as_of=DAY)).set_index("kind").certainty["late"] == "counted"
    few = ma.Purchases.from_table(listed.head(10), as_of=DAY)
    assert "list of open orders" not in few.sources.notes.fillna("").item()


def test_a_late_vendor_whose_name_another_connection_has_is_told_apart():
    table = received(first="2024-01-01")
    late = table.assign(
        delivered_date=table.delivered_date + pd.to_timedelta(table.vendor_name.eq("V0") * 25, unit="D")
    )
    both = [ma.Purchases.from_table(t, connection=c, as_of=DAY) for t, c in ((late, "emea"), (table, "us"))]
    found = of_kind(ma.concat(both), "late")
    assert found.sentence.endswith("at V0 (emea).")
    assert "1 is later than chance allows: V0 (emea)" in found.why


def test_two_sites_that_order_the_same_on_one_day_are_no_order_entered_twice():
    days = pd.date_range("2025-01-01", DAY, freq="MS").repeat(2)
    table = pd.DataFrame(
        {"order_number": [f"R{i}" for i in range(len(days))], "order_date": days, "vendor_name": "Rent"}
    )
    table = table.assign(product_code="FORK", quantity=1.0, amount=1500.0, currency="EUR", site_id=["S1", "S2"] * (len(days) // 2))  # fmt: skip
    said = [of_kind(ma.Purchases.from_table(t, as_of=DAY), "duplicates") for t in (table, table.assign(site_id="S1"))]
    assert [s.certainty for s in said] == ["nothing to report", "to check"]
    assert "12 pairs with other dates or sites" in said[0].sentence
