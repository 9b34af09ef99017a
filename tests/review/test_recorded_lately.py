"""Days of deliveries that are recorded only since lately: findings, tiles and the report judge the same lines."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage
from makini_analytics.frames import AsOfDays, recorded
from makini_analytics.reporting import content
from makini_analytics.review._findings import look
from tests.tiers import one_in

DAY = AsOfDays(pd.Timestamp("2025-12-31"))
NOTHING: dict[str, dict[str, str]] = {
    name: {} for name in ("since", "until", "never", "items", "types", "categories", "sites", "posted")
}


@pytest.fixture(scope="module")
def lately():
    """Three years of an order every two days, of which the last thirteen months have days of delivery; a third comes late."""
    ordered = pd.date_range("2023-01-02", "2025-12-30", freq="2D")
    due = ordered + pd.Timedelta(days=20)
    came = due + pd.to_timedelta(np.where(np.arange(len(ordered)) % 3, -1, 3), unit="D")
    table = pd.DataFrame(
        {
            "order_number": [f"P{i}" for i in range(len(ordered))],
            "vendor_name": [f"Vendor {'ABCD'[i % 4]}" for i in range(len(ordered))],
            "order_date": ordered,
            "required_date": due,
            "delivered_date": came,
            "quantity": 1.0,
            "amount": 100.0,
            "currency": "EUR",
        }
    )
    table["status"] = np.where(came <= "2025-12-31", "Received", "Open")
    table.loc[(table["order_date"] < "2024-12-01") | (table["status"] == "Open"), "delivered_date"] = pd.NaT
    return ma.Purchases.from_table(table, as_of="2025-12-31"), table


def test_late_is_of_the_lines_that_the_tile_is_of(lately):
    data, table = lately
    mine = table[(table["required_date"] > "2024-12-31") & (table["required_date"] <= "2025-12-31")]
    mine = mine[mine["delivered_date"].notna() | ((mine["status"] == "Open") & (mine["required_date"] < "2025-12-31"))]
    late = mine["delivered_date"].isna() | (mine["delivered_date"] > mine["required_date"])
    found = look(data)
    told = found.findings.set_index("kind").loc["late"]
    assert f"{late.sum()} of {len(mine)} lines" in told["why"]
    assert told["value"] == pytest.approx(mine.loc[late, "amount"].sum())
    tiles = {t.name: t for t in found.tiles}
    assert tiles["on_time"].value == pytest.approx(1 - late.mean())
    assert "no delivery days" not in " ".join(found.data_line)
    assert "year ago" not in tiles["overdue"].change_text  # then nobody could tell what was overdue


@pytest.mark.full
def test_charts_of_months_show_what_the_years_ranking_counts(lately, tmp_path):
    page = ma.report(lately[0], tmp_path / "r.html", sections=["slippage", "lead_times"], progress=False).read_text(
        "utf-8"
    )
    titles = re.findall(r"<h3[^>]*>([^<]*)</h3>", page)
    assert not [t for t in titles if "No data" in t]


def received(first="2025-09-01", late=0.3, n_a_day=2, seed=0, until="2025-12-31", delay=(5, 40)):
    """Return orders of two years, of which deliveries are known from some day on; without a status."""
    draw, ordered = np.random.default_rng(seed), pd.date_range("2024-01-01", until).repeat(n_a_day)
    due = ordered + pd.to_timedelta(draw.integers(10, 50, len(ordered)), unit="D")
    came = due + pd.to_timedelta(
        np.where(draw.random(len(ordered)) < late, draw.integers(*delay, len(ordered)), -3), unit="D"
    )
    table = pd.DataFrame(
        {"order_number": [f"P{i}" for i in range(len(ordered))], "order_date": ordered, "required_date": due}
    )
    table = table.assign(
        vendor_name=[f"V{i % 7}" for i in range(len(ordered))], quantity=1.0, amount=10.0, currency="EUR"
    )
    return table.assign(delivered_date=pd.Series(came).where((came >= first) & (came <= "2025-12-31")))


def assert_all_accounted_for(data, n):
    """Every figure of deliveries in a report counts or leaves out each of the lines."""
    for exhibit in content(data).exhibits:
        if exhibit.table.attrs.get("metric", "").split(".")[0] in ("slippage", "lead_times"):
            excluded = exhibit.table.attrs["excluded"]
            assert exhibit.table.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in excluded) == n


def test_what_was_due_before_deliveries_were_recorded_is_neither_late_nor_overdue(tmp_path):
    table = received()
    data = ma.Purchases.from_table(table, as_of="2025-12-31", connection="erp")
    got = look(data)
    start = got.view.recorded.since["erp"]
    assert pd.Timestamp("2025-10-01") <= start <= pd.Timestamp("2025-10-10")
    mine = table[table.required_date >= start]
    due = mine[
        mine.delivered_date.notna() & (mine.required_date <= "2025-12-31")
        | mine.delivered_date.isna() & (mine.required_date < "2025-12-31")
    ]
    late = due.delivered_date.isna() | (due.delivered_date > due.required_date)
    said, tiles = got.findings.set_index("kind"), {t.name: t for t in got.tiles}
    n_early = int((table.required_date < start).sum())
    assert got.data_line[0] == (
        f"erp records deliveries only lately: {n_early:,} lines due before {start.day} October 2025 are neither late nor overdue, as far as anyone knows."
    )
    assert (
        f"{late.sum()} of {len(due)} lines" in said.why["late"]
        and f"due {start.day} October to 30 December 2025 came late" in said.sentence["late"]
    )
    assert tiles["on_time"].value == pytest.approx(1 - late.mean()) and np.isnan(tiles["on_time"].before)
    assert said.value["overdue"] == pytest.approx(due[due.delivered_date.isna()].amount.sum()) == tiles["overdue"].value
    lines = data.lines
    for kind, column in (("overdue", "open_value"), ("late", "value_late")):
        rows = eval(said.call[kind], {"slippage": slippage, "lines": lines, "data": data})
        rows = rows[rows.days_overdue > 0] if kind == "overdue" else rows
        assert rows[column].sum() == pytest.approx(said.value[kind])
    card = ma.scorecard(data)
    assert (
        card.on_time_rate.notna().all()
        and card.on_time_before.isna().all()
        and card.overdue_value.sum() == tiles["overdue"].value
    )
    assert_all_accounted_for(data, len(table))
    page = ma.report(data, tmp_path / "v.html", vendor="V1", progress=False).read_text("utf-8")
    of_vendor = due[due.vendor_name == "V1"]
    assert f"of {len(of_vendor)} lines due came on time" in page


@pytest.mark.parametrize(
    "world",
    one_in(
        3,
        [
            {"first": "2024-01-01"},  # nothing is missing
            {"first": "2024-01-01", "late": 1.0, "delay": (90, 91)},  # all came, three months late
            {"first": "2024-03-01"},  # a month may pass before anything comes
            {"first": "2025-09-01", "n_a_day": 2, "until": "2024-01-15"},  # nothing was due since
            {"first": "2026-01-01"},  # nothing ever came
            {
                "first": "2024-01-01",
                "only": lambda t: t.delivered_date.isna() | (t.order_date >= "2025-01-01"),
            },  # what is open, and this year's
            {
                "first": "2024-06-01",
                "only": lambda t: (t.order_date >= "2024-05-01") | (t.order_date == "2024-01-01"),
            },  # a container is out
        ],
    ),
)
def test_late_is_late_where_deliveries_are_recorded_all_along(world):
    only = world.pop("only", None)
    table = received(**world)
    data = ma.Purchases.from_table(table if only is None else table[only(table)], as_of="2025-12-31")
    assert look(data).view.recorded.carried() == NOTHING


def strayed(table):
    """Return the same with an early delivery, and one old line in twelve closed by hand."""
    out = table.assign(status=np.where(table.delivered_date.notna(), "Received", "Open"))
    out.loc[out.index[40], "delivered_date"] = pd.Timestamp("2024-02-10")
    out.loc[(out.required_date < "2025-08-01") & (out.index % 12 == 0), "status"] = "Cancelled"
    return out


@pytest.mark.full
@pytest.mark.parametrize(
    "made",
    one_in(
        3,
        [
            lambda t: t,
            strayed,
            lambda t: t.assign(status=np.where(t.delivered_date.notna(), "Received", "Open")).drop(
                columns="delivered_date"
            ),
        ],
    ),
)
def test_some_early_deliveries_or_lines_closed_by_hand_change_nothing(made):
    data = ma.Purchases.from_table(made(received()), as_of="2025-12-31", connection="erp")
    start = look(data).view.recorded.since["erp"]
    assert pd.Timestamp("2025-09-01") < start < pd.Timestamp("2025-11-01")
    for day in ("2025-08-01", "2025-09-20"):
        assert "overdue" in ma.findings(data, as_of=day).set_index("kind").sentence["overdue"]
        assert look(data, as_of=day).findings.set_index("kind").certainty["overdue"] != "counted"


@pytest.mark.parametrize(
    "picks",
    one_in(
        4,
        [
            {"since": "2025-06-15"},
            {"vendor": "V1"},
            {"state": ["open", "received"]},
            {"vendor": "V2", "since": "2025-08-01"},
        ],
    ),
)
def test_a_part_knows_what_the_whole_records(picks):
    table = received().assign(status=lambda t: np.where(t.delivered_date.notna(), "Received", "Open"))
    table.loc[table.index[:3], "status"] = "Cancelled"
    whole = ma.Purchases.from_table(table, as_of="2025-12-31", connection="erp")
    part = whole.filter(**picks)
    assert look(part).view.recorded.since == look(whole).view.recorded.since
    of_whole, of_part = (slippage_of(d) for d in (whole, part))
    assert of_part <= of_whole


@pytest.mark.full
def test_the_card_of_a_part_is_that_of_the_whole():
    whole = ma.Purchases.from_table(received(), as_of="2025-12-31", connection="erp")
    mine = ma.scorecard(whole).set_index("vendor_name").loc["V1"]
    part = ma.scorecard(whole.filter(vendor="V1")).iloc[0]
    assert (mine["on_time_rate"], mine["overdue_value"]) == (part["on_time_rate"], part["overdue_value"])
    assert np.isnan(mine["on_time_before"]) and np.isnan(part["on_time_before"])


def slippage_of(data):
    """Return what is overdue by the finding."""
    return ma.findings(data).set_index("kind").value.fillna(0.0)["overdue"]


@pytest.mark.full
@pytest.mark.parametrize("first", one_in(2, ["2024-05-01", "2024-10-20"]))
def test_a_year_of_which_only_a_part_is_recorded_is_not_compared(first):
    data = ma.Purchases.from_table(received(first=first, until="2025-12-31"), as_of="2025-12-31")
    tiles = {t.name: t for t in look(data).tiles}
    assert np.isnan(tiles["on_time"].before) and "a year ago" not in tiles["overdue"].change_text
    assert ma.scorecard(data).on_time_before.isna().all()


def ordinary(draw: np.random.Generator, most: int) -> tuple[pd.DatetimeIndex, pd.Series]:
    """Return the due dates of a few lines up to ``most``, and when they came: long times, and much that never comes."""
    size = int(draw.integers(20, most))
    ordered = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(draw.integers(0, 730, size)), unit="D")
    due = ordered + pd.to_timedelta(draw.integers(5, 120, size), unit="D")
    came = pd.Series(due + pd.to_timedelta(draw.integers(-20, 60, size), unit="D"))
    return due, came.where(draw.random(size) > draw.random() * 0.6)


@pytest.mark.full
@pytest.mark.parametrize("n", one_in(2, [60, 400]))
def test_ordinary_deliveries_are_hardly_ever_taken_for_none(n):
    taken = 0
    for seed in range(n):
        due, came = ordinary(np.random.default_rng(seed), 200)
        lines = pd.DataFrame(
            {"required_date": due, "delivered_date": came.where(came <= "2025-12-31"), "state": "open"}
        )
        taken += bool(recorded(lines, DAY))
    assert taken == 0


@pytest.mark.full
def test_where_nothing_is_judged_nothing_is_said_to_be_open_or_overdue(tmp_path):
    table = received()
    table["vendor_name"] = np.where(
        (table.required_date < "2025-06-01") & (table.index % 5 == 0), "Old", table.vendor_name
    )
    whole = ma.Purchases.from_table(table, as_of="2025-12-31", connection="erp")
    for data, day in ((whole.filter(vendor="Old"), None), (whole, "2025-08-01")):
        got = look(data, as_of=day)
        said = got.findings.set_index("kind")
        assert (said.certainty[["late", "overdue", "soon late"]] == "can't be told").all()
        assert "due before deliveries are recorded" in said.sentence["overdue"]
        assert {"overdue", "on_time"}.isdisjoint(t.name for t in got.tiles)
        assert ma.scorecard(data, as_of=day).overdue_value.isna().all()
        page = ma.report(data, tmp_path / "v.html", vendor="Old", as_of=day, progress=False).read_text("utf-8")
        assert "All of it was due before deliveries are recorded." in page


@pytest.mark.full
def test_parts_that_are_put_together_know_it_too():
    parts = [
        ma.Purchases.from_table(received(first, seed=seed), as_of="2025-12-31", connection=name)
        for name, first, seed in (("a", "2025-09-01", 0), ("b", "2020-01-01", 1))
    ]
    whole = ma.concat(parts)
    some = ma.concat([part.filter(vendor="V1") for part in parts])
    assert look(some).view.recorded.since == look(whole).view.recorded.since and set(
        look(whole).view.recorded.since
    ) == {"a"}
    assert some.lines.attrs["filters"] == {"vendor": "V1"}
    assert slippage_of(some) == slippage_of(whole.filter(vendor="V1"))


@pytest.mark.full
def test_lines_closed_by_hand_are_no_deliveries():
    table = received().assign(status=lambda t: np.where(t.delivered_date.notna(), "Received", "Open"))
    table.loc[(table.required_date < "2025-08-01") & (table.index % 12 == 0), "status"] = "Closed"
    assert look(ma.Purchases.from_table(table, as_of="2025-12-31", connection="erp")).view.recorded.since
    undue = received().drop(columns="required_date")
    assert " ordered before " in look(ma.Purchases.from_table(undue, as_of="2025-12-31")).data_line[0]


def test_open_lines_among_many_received_without_a_day_are_overdue():
    """Statuses are there all along, days only since September: what is still open from before is late."""
    table = received(first="2020-01-01").assign(status="Received")
    table.loc[table.delivered_date.isna() | (table.index % 9 == 0) & (table.required_date < "2025-08-01"), "status"] = (
        "Open"
    )
    table.loc[(table.status == "Open") | (table.delivered_date < "2025-09-01"), "delivered_date"] = pd.NaT
    assert look(ma.Purchases.from_table(table, as_of="2025-12-31")).view.recorded.carried() == NOTHING
