"""The scorecard against plain loops over the lines, planted changes that must be found, and chance that must not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import (
    OptionError,
    Purchases,
    SchemaError,
    charts,
    lead_times,
    slippage,
    spend,
    style,
)
from makini_analytics.review import View
from makini_analytics.review._sides import sides_of
from tests.review.test_recorded_lately import received
from tests.slippage.test_claims import random_lines

DAY, END = pd.Timedelta(days=1), pd.Timestamp("2025-12-20")
SINCE, UNTIL = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-31")
RATES = ["on_time", "promise_kept", "otif", "line_fill", "closed_short", "cancelled", "returned"]


@pytest.fixture(scope="module")
def sample():
    data = ma.load_sample(["us"]).filter(currency="USD")
    return data, ma.scorecard(data, currency="USD")


def test_every_figure_is_that_of_a_loop(sample):
    data, card = sample
    of = defaultdict(lambda: defaultdict(float))
    for line in data.lines.itertuples():
        mine = of[line.vendor_id]
        ordered = SINCE <= line.order_date <= UNTIL
        gone = line.state == "cancelled" or not pd.isna(line.deleted_at)
        if ordered and line.state != "draft":
            mine["n"] += 1
            mine["cancelled"] += gone
            mine["returned"] += not gone and line.quantity < 0
            mine["closed_short"] += not gone and line.state == "closed_short" and line.quantity >= 0
            if not gone:
                mine["spend"] += line.amount
        if gone or line.state in ("draft", "closed_short") or line.quantity < 0:
            continue
        come = pd.isna(line.received_quantity) or line.received_quantity >= line.quantity
        there = not pd.isna(line.delivered_date) and line.delivered_date <= UNTIL and come
        if not there and (line.state == "received" or (come and not pd.isna(line.received_quantity))):
            continue
        if SINCE <= line.required_date <= UNTIL and (there or line.required_date < UNTIL):
            mine["due"] += 1
            mine["on_time"] += there and line.delivered_date <= line.required_date
        if not there:
            part = 1 if pd.isna(line.received_quantity) else 1 - line.received_quantity / line.quantity
            mine["open"] += line.amount * part
            mine["overdue"] += line.amount * part * (line.required_date < UNTIL)
    assert len(card) > 10
    for row in card.itertuples():
        want = of[row.vendor_id]
        got = (row.spend, row.n_due, row.open_value, row.overdue_value)
        assert got == pytest.approx((want["spend"], want["due"], want["open"], want["overdue"]))
        if want["due"]:
            assert row.on_time_rate == pytest.approx(want["on_time"] / want["due"])
        for name in ("cancelled", "returned", "closed_short"):
            assert getattr(row, f"{name}_rate") == pytest.approx(want[name] / want["n"], nan_ok=True)


def test_the_figures_are_those_of_the_rooms(sample):
    data, card = sample
    lines, mine = data.lines, card.set_index("vendor_id")
    due = lines[lines.required_date.between(SINCE, UNTIL)]
    ordered, before = (lines[lines.order_date.between(*days)] for days in ((SINCE, UNTIL), (SINCE - pd.DateOffset(years=1), SINCE - DAY)))  # fmt: skip
    tables = {
        ("on_time_rate", "on_time_low", "on_time_high"): slippage.by_vendor(due),
        ("otif_rate",): slippage.otif(due),
        ("median_days", "p90_days", "sd_days"): lead_times.by_vendor(ordered),
        ("spend",): spend.by_vendor(ordered),
    }
    for columns, table in tables.items():
        table = table.set_index("vendor_id")
        both = mine.index.intersection(table.index)
        assert len(both) > 10
        pd.testing.assert_frame_equal(mine.loc[both, list(columns)], table.loc[both, list(columns)], check_index_type=False)  # fmt: skip
    items = spend.bridge(before, ordered, per_vendor=True, per_item=True, mixed_units="apart")
    items = items[(items.before > 0) & (items.after > 0)]
    net = items.groupby("vendor_id").price.sum()
    share = net / (items.after - items.price).groupby(items.vendor_id).sum()
    assert mine.price_change.dropna().to_dict() == pytest.approx(share.reindex(mine.index).dropna().to_dict())
    assert card.spend.sum() == pytest.approx(spend.by_vendor(ordered, by=None).spend.sum())
    told = card.attrs
    assert told["included"]["n_lines"] + sum(e["n_lines"] for e in told["excluded"]) == len(lines)
    assert str(ma.explain(card)).startswith("scorecard\n\nOne row per vendor")


@pytest.mark.full
def test_the_order_of_the_rows_is_no_matter_and_the_input_stays(sample):
    data, card = sample
    lines = data.lines.sample(frac=1, random_state=1)
    lines.attrs = data.lines.attrs
    kept = lines.copy()
    shuffled = Purchases(data.orders, lines, data.issues, data.sources)
    pd.testing.assert_frame_equal(ma.scorecard(shuffled, currency="USD"), card)
    pd.testing.assert_frame_equal(lines, kept)


def bare(lines):
    return Purchases(pd.DataFrame(), lines, pd.DataFrame(), pd.DataFrame())


def world(seed, *, n_vendors=12, shift=None, months=24, orders=4, per_order=3):
    """Made-up purchases of two years without a change, or with one of the last twelve months at the first vendor.

    Lines of an order, and orders of a month, come late together: late where a normal variable is above a limit, to which the month
    and the order add.
    """
    rng = np.random.default_rng(seed)
    vendor, month, order, _ = (
        x.ravel() for x in np.meshgrid(*(np.arange(k) for k in (n_vendors, months, orders, per_order)), indexing="ij")
    )
    of_month, of_order = vendor * months + month, (vendor * months + month) * orders + order
    common = 0.3 * rng.standard_normal(of_month.max() + 1)[of_month] + 0.5 * rng.standard_normal(of_order.max() + 1)[of_order]  # fmt: skip
    z = common + np.sqrt(1 - 0.3**2 - 0.5**2) * rng.standard_normal(len(vendor))
    changed = (vendor == 0) & (month >= months // 2)
    kinds = shift or {}
    days = 20 * np.exp(0.4 * (z + np.where(changed, kinds.get("late", 0.0), 0.0)))
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(month * 30 + rng.integers(0, 30, of_order.max() + 1)[of_order], unit="D")  # fmt: skip
    came = day + pd.to_timedelta(np.rint(days), unit="D")
    gone = rng.random(len(vendor)) < np.where(changed, kinds.get("cancelled", 0.05), 0.05)
    item = rng.integers(0, 15, len(vendor))
    price = (10 + item) * np.exp(0.05 * rng.standard_normal(len(vendor))) * np.where(changed, 1 + kinds.get("price", 0.0), 1.0)  # fmt: skip
    quantity = rng.integers(1, 9, len(vendor)).astype(float)
    lines = pd.DataFrame({
        "vendor_id": [f"v{v:02}" for v in vendor], "order_id": of_order.astype(str), "line_id": np.arange(len(vendor)).astype(str),
        "order_date": day, "required_date": day + pd.Timedelta(days=28), "delivered_date": np.where(gone | (came > END), pd.NaT, came),
        "material_id": [f"m{v}-{i}" for v, i in zip(vendor, item, strict=True)], "quantity": quantity, "unit_price": price,
        "amount": price * quantity, "state": np.where(gone, "cancelled", "received"), "currency": "EUR", "connection": "x",
        "cancelled_date": np.where(gone, day + pd.Timedelta(days=9), pd.NaT),
    })  # fmt: skip
    lines["delivered_date"], lines["cancelled_date"] = (pd.to_datetime(lines[c]) for c in ("delivered_date", "cancelled_date"))  # fmt: skip
    lines["state"] = lines["state"].mask((lines["state"] == "received") & lines["delivered_date"].isna(), "open")
    for name in ("vendor_id", "order_id", "line_id", "material_id", "state", "currency", "connection"):
        lines[name] = lines[name].astype("string")
    lines["updated_at"] = END.tz_localize("UTC")
    return bare(lines)


def named(card):
    trends = card[[c for c in card if c.endswith("_trend")]]
    return trends.isin(["better", "worse"])


PLANTED = {
    "late": ({"late": 1.2}, ["on_time_trend", "median_trend"]),
    "price": ({"price": 0.10}, ["price_trend"]),
    "cancelled": ({"cancelled": 0.30}, ["cancelled_trend"]),
}


@pytest.mark.parametrize("kind", ["late", *(pytest.param(k, marks=pytest.mark.full) for k in ("price", "cancelled"))])
def test_what_is_planted_is_found_and_only_there(kind):
    shift, columns = PLANTED[kind]
    card = ma.scorecard(world(1, shift=shift, n_vendors=5)).set_index("vendor_id")
    assert (card.loc["v00", columns] == "worse").all()
    assert named(card.drop(index="v00")).sum().sum() <= 1


def false_alarms(seeds, **options):
    """The share of cards of worlds without a change that call anything better or worse, and its error."""
    hit = [bool(named(ma.scorecard(world(s, **options))).any(axis=None)) for s in seeds]
    return np.mean(hit), np.sqrt(np.mean(hit) * (1 - np.mean(hit)) / len(hit))


@pytest.mark.full
@pytest.mark.parametrize("options", [{}, {"n_vendors": 3}, {"orders": 1, "per_order": 8}])
def test_chance_is_seldom_called_a_change(options):
    share, error = false_alarms(range(100, 200), **options)
    assert share <= 0.05 + 2 * max(error, 0.022)


@pytest.mark.full
def test_the_power_of_the_card():
    found = np.mean([ma.scorecard(world(s, shift={"late": 1.0})).set_index("vendor_id").loc["v00", ["on_time_trend", "median_trend"]] == "worse" for s in range(40)], axis=0)  # fmt: skip
    assert (found >= 0.6).all()  # measured: 0.76 and 0.84 of 25 cards


def test_both_periods_are_given_the_same_time():
    """Lines take 60 days: seen from today fewer of the last months have come, and that is no change."""
    days = pd.date_range("2024-01-01", "2025-12-31", freq="3D")
    lines = pd.DataFrame({"vendor_id": "v", "order_date": days, "required_date": days + 30 * DAY, "delivered_date": days + 60 * DAY})  # fmt: skip
    lines = lines.assign(
        quantity=1.0, amount=1.0, currency="EUR", order_id=days.strftime("%j%y"), received_quantity=1.0
    )
    row = ma.scorecard(bare(lines), as_of="2025-12-31").iloc[0]
    assert row.line_fill_rate == pytest.approx(row.line_fill_before, abs=0.02)
    assert row.line_fill_rate < 0.95
    assert row.line_fill_trend == "no clear difference"
    assert row.on_time_trend == "no clear difference"
    assert (row.median_days, row.median_before) == (60, 60)


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        ("2025-04-01", "2025-06-30", ("2025-01-01", "2025-03-31")),
        ("2025-06-01", "2025-06-10", ("2025-05-22", "2025-05-31")),
        ("2024-02-29", "2024-02-29", ("2024-02-28", "2024-02-28")),
        (None, "2099-01-01", ("2023-12-21", "2024-12-20")),
        (None, pd.Timestamp("2025-06-30 23:00", tz="America/New_York"), ("2023-07-02", "2024-07-01")),
    ],
)
def test_the_period_before_is_as_long(since, until, before):
    after, earlier = sides_of(View.of(world(2, n_vendors=1, orders=1), None, None), "vendor", since, until)
    assert (str(earlier.since.date()), str(earlier.until.date())) == before
    assert earlier.until + DAY == after.since
    assert after.as_of.day == END
    assert (after.edges[0], after.edges[-1]) == (after.since.to_datetime64(), (after.until + DAY).to_datetime64())
    assert len(after.edges) <= 13


def test_nothing_is_known_of_a_year_before_the_data():
    early = ma.scorecard(world(2, n_vendors=1, orders=2), until="2024-06-30")
    assert early["on_time_before"].isna().all()
    assert early["spend_before"].isna().all()
    assert early["spend"].gt(0).all()


@pytest.mark.full
def test_by_a_column_and_several_currencies():
    pytest.importorskip("currency_converter", reason="the extra 'enrich' is not installed")
    data = ma.load_sample()
    card = ma.scorecard(data, by="category", currency="USD")
    assert card["category"].is_unique
    assert set(card["currency"]) == {"USD"}
    assert ma.scorecard(data, by=["vendor", "category"], currency="USD").columns[:3].tolist() == ["vendor_id", "vendor_name", "category"]  # fmt: skip


def test_little_is_told_of_little():
    whole = world(3, n_vendors=2)
    for n in (0, 1):
        lines = whole.lines.iloc[:n]
        card = ma.scorecard(bare(lines), since="2024-01-01")
        assert len(card) == n
        assert [c for c in card if c.endswith("_trend") and card[c].notna().any()] == []
        assert {f"{r}_trend" for r in RATES} < set(card)
    assert "No data" in " ".join(t.get_text() for t in ma.plot_scorecard(card.iloc[:0]).texts)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda d: ma.scorecard(d.lines), "scorecard takes Purchases"),
        (lambda d: ma.scorecard(d, by=None), "pass by='vendor'"),
        (lambda d: ma.scorecard(d, by="vendr"), "no such column"),
        (lambda d: ma.scorecard(d, since="2025-12-01", until="2025-01-01"), "is after the last day of the period"),
        (lambda d: ma.scorecard(d, since="soon"), "since='soon' is no date"),
        (lambda d: ma.scorecard(d, untill="2025-01-01"), "near: until"),
        (lambda d: ma.plot_scorecard(d, top=0), "pass 1 to 20 rows"),
    ],
)
def test_it_says_what_would_be_right(sample, wrong, said):
    with pytest.raises(ma.MakiniError, match=said):
        wrong(sample[0])


def test_the_chart_shows_the_card(sample, tmp_path):
    card = sample[1].copy()
    card.attrs = sample[1].attrs
    card.loc[1, "on_time_trend"], card.loc[2, "p90_trend"] = "worse", "better"
    ax = ma.plot_scorecard(card, top=5)
    n = int(card.filter(like="_trend").notna().any(axis=1).sum())
    assert charts.captions_of(ax).title == f"Of {n} vendors 1 got worse and 1 got better in something, by more than chance"  # fmt: skip
    bold = [t.get_text() for t in ax.texts if t.get_fontweight() == "bold"]
    assert bold == [charts.percent(card.on_time_rate[1]), f"{card.p90_days[2]:.0f} d"]
    assert [t.get_text() for t in ax.get_yticklabels()] == charts.group_labels(card[:5], ["vendor_name"], 30)
    assert f"on time {charts.percent(card.on_time_rate[1])}, worse" in style.alt_text(ax)
    assert style.save(ax, tmp_path / "card.png").stat().st_size > 10_000
    with pytest.raises(OptionError, match="since= can't change any more"):
        ma.plot_scorecard(card, since="2025-01-01")


def test_without_dates_or_items_the_rest_is_told():
    data = world(4, n_vendors=2)
    lines = data.lines.drop(columns=["required_date", "material_id"])
    with pytest.raises(SchemaError):
        slippage.by_vendor(lines)
    card = ma.scorecard(bare(lines))
    assert card["on_time_rate"].isna().all()
    assert card["price_change"].isna().all()
    assert card["overdue_value"].isna().all()
    assert card["median_days"].notna().all()
    assert card["spend"].gt(0).all()
    card = ma.scorecard(bare(lines.drop(columns="delivered_date")))
    assert card["median_days"].isna().all()
    assert card["spend"].gt(0).all()


@pytest.mark.full
def test_cancelled_lines_are_counted_where_delivery_days_are_not_recorded():
    data = ma.load_sample(["emea"])
    never = {
        c: pd.Series(pd.NaT, data.lines.index, "datetime64[us]")
        for c in ("delivered_date", "first_receipt_date", "completed_date")
    }
    before = ma.scorecard(data).set_index("vendor_id")
    after = ma.scorecard(replace(data, lines=data.lines.assign(**never))).set_index("vendor_id").loc[before.index]
    assert (before["cancelled_rate"] > 0).sum() > 5
    for share in ("cancelled_rate", "closed_short_rate", "returned_rate"):
        pd.testing.assert_series_equal(after[share], before[share])


@pytest.mark.full
def test_random_frames_add_up():
    """Vendors and orders of any size, gaps, missing dates: spend adds up, rates are those of the rooms, every line is accounted for."""
    for seed in range(50):
        lines = random_lines(seed)
        card = ma.scorecard(bare(lines), since="2025-01-01", as_of="2025-06-30")
        assert card.spend.sum() == pytest.approx(spend.by_vendor(lines, by=None, as_of="2025-06-30").spend.sum())
        due = slippage.by_vendor(lines, as_of="2025-06-30").set_index("vendor_id").on_time_rate
        pd.testing.assert_series_equal(card.set_index("vendor_id").on_time_rate.sort_index(), due.reindex(card.vendor_id).sort_index(), check_names=False, check_index_type=False)  # fmt: skip
        told = card.attrs
        assert told["included"]["n_lines"] + sum(e["n_lines"] for e in told["excluded"]) == len(lines)
        ma.plot_scorecard(card)


def test_where_a_connection_begins_within_the_period_nothing_is_told_of_before():
    old, new = received(first="2024-01-01"), received(first="2024-01-01", seed=1, late=0.9)
    parts = [old.assign(connection="old"), new[new.order_date > "2025-03-01"].assign(connection="new")]
    table = pd.concat(parts).assign(category="parts", order_number=[f"P{i}" for i in range(sum(map(len, parts)))])
    data = ma.Purchases.from_table(table, as_of="2025-12-31")
    card = ma.scorecard(data, by="category")
    before = [c for c in card if c.endswith("_before")]
    assert "spend_before" in before and card[before].isna().all(axis=None)
    assert any("begins later" in note for note in card.attrs["notes"])
    # of a row of its own connection it is told, and of both it is not where both have as long a past
    by_vendor = ma.scorecard(data).set_index("connection")
    assert by_vendor.loc["old", "on_time_before"].notna().all() and by_vendor.loc["new", "on_time_before"].isna().all()
    both = pd.concat([old.assign(connection="old"), new.assign(connection="new")])
    whole = ma.Purchases.from_table(
        both.assign(category="parts", order_number=[f"P{i}" for i in range(len(both))]), as_of="2025-12-31"
    )
    assert ma.scorecard(whole, by="category")["on_time_before"].notna().all()
