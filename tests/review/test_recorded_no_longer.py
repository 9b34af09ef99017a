"""Deliveries that are recorded only up to some day, as where the receipts of September lie beside the orders of December."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage
from makini_analytics.frames import AsOfDays, recorded
from makini_analytics.reporting import content
from makini_analytics.review import look
from tests.review.test_recorded_lately import assert_all_accounted_for, ordinary, received
from tests.tiers import one_in

DAY = pd.Timestamp("2025-12-31")


def until(day="2025-09-30", **more) -> pd.DataFrame:
    """Return orders of two years, of which no delivery after a day is known."""
    table = received(first="2024-01-01", **more)
    return table.assign(delivered_date=table.delivered_date.where(table.delivered_date <= day))


def test_what_was_due_after_deliveries_were_recorded_is_neither_late_nor_overdue(tmp_path):
    table = until()
    data = ma.Purchases.from_table(table, as_of=DAY, connection="erp")
    got = look(data)
    last = got.view.recorded.until["erp"]
    assert pd.Timestamp("2025-08-25") <= last <= pd.Timestamp("2025-08-31")
    n_after = int((table.required_date > last).sum())
    assert got.data_line[0] == (
        f"erp records deliveries no longer: {n_after:,} lines due after {last.day} August 2025 are neither late nor overdue, as far as anyone knows."
    )
    mine = table[table.required_date <= last]
    of_year = mine[mine.required_date > "2024-12-31"]
    late = of_year.delivered_date.isna() | (of_year.delivered_date > of_year.required_date)
    said, tiles = got.findings.set_index("kind"), {t.name: t for t in got.tiles}
    assert f"{late.sum()} of {len(of_year)} lines" in said.why["late"]
    assert f"due 1 January to {of_year.required_date.max().day} August 2025" in said.sentence["late"]
    assert tiles["on_time"].value == pytest.approx(1 - late.mean())
    assert tiles["overdue"].value == pytest.approx(mine[mine.delivered_date.isna()].amount.sum())
    assert ma.scorecard(data).overdue_value.sum() == pytest.approx(tiles["overdue"].value)
    rows = eval(said.call["late"], {"slippage": slippage, "lines": data.lines, "data": data})
    assert rows.value_late.sum() == pytest.approx(said.value["late"])
    assert_all_accounted_for(data, len(table))
    page = ma.report(data, tmp_path / "v.html", vendor="V1", progress=False).read_text("utf-8")
    assert f"of {(of_year.vendor_name == 'V1').sum()} lines due came on time" in page


@pytest.mark.full
def test_a_part_and_a_whole_of_several_know_it():
    whole = ma.Purchases.from_table(until(), as_of=DAY, connection="erp")
    of_erp = look(whole).view.recorded.until
    part = whole.filter(vendor="V1")
    assert look(part.filter(since="2025-03-01")).view.recorded.until == of_erp
    other = ma.Purchases.from_table(received(first="2024-01-01"), as_of=DAY, connection="us")
    both = ma.concat([part, other])
    assert look(both).view.recorded.until == of_erp
    assert (
        look(both).view.untold == ((both.lines.connection == "erp") & (both.lines.required_date > of_erp["erp"]))
    ).all()


@pytest.mark.full
def test_who_looks_from_the_last_day_of_deliveries_sees_all():
    data = ma.Purchases.from_table(until(), as_of=DAY, connection="erp")
    assert not look(data, as_of="2025-09-30").view.recorded
    assert not look(data.filter(vendor="V1"), as_of="2025-09-30").view.recorded
    assert look(data, as_of="2025-11-30").view.recorded.until == look(data).view.recorded.until


@pytest.mark.parametrize(
    "world",
    one_in(
        2,
        [
            lambda t: t[t.vendor_name.isin(["V1", "V2"])].reset_index(
                drop=True
            ),  # two vendors that stop are another matter
            lambda t: t.assign(
                status=np.where(t.required_date < "2025-12-15", "Received", "Open")
            ),  # its statuses tell
            lambda t: t[t.required_date < "2025-10-05"].reset_index(drop=True),  # nothing was due since
            lambda t: t.iloc[::30].reset_index(drop=True),  # two orders a month
        ],
    ),
)
def test_what_tells_nothing_of_it_is_left_as_it_is(world):
    assert not look(ma.Purchases.from_table(world(until()), as_of=DAY)).view.recorded


def test_of_deliveries_that_go_on_nothing_is_left_out():
    assert not look(ma.Purchases.from_table(received(first="2024-01-01"), as_of=DAY)).view.recorded


@pytest.mark.full
@pytest.mark.parametrize("n", one_in(2, [60, 400]))
def test_ordinary_deliveries_are_hardly_ever_taken_for_ended(n):
    """A plant that is closed for some weeks before the day."""
    taken = 0
    for seed in range(n):
        draw = np.random.default_rng(seed)
        due, came = ordinary(draw, 600)
        closed = DAY - pd.Timedelta(days=int(draw.integers(0, 40)))
        lines = pd.DataFrame(
            {
                "required_date": due,
                "delivered_date": came.where(came <= closed),
                "state": "open",
                "vendor_name": [f"V{i % 5}" for i in range(len(due))],
            }
        )
        taken += bool(recorded(lines, AsOfDays(DAY)).until)
    assert taken == 0


@pytest.mark.full
def test_lines_that_are_left_out_are_not_said_to_be_none():
    table = until()
    table["delivered_date"] = table.delivered_date.where(
        table.delivered_date.notna() | (table.required_date > "2025-08-31"), table.required_date
    )
    said = ma.findings(ma.Purchases.from_table(table, as_of=DAY, connection="erp")).set_index("kind")["sentence"]
    for kind in ("overdue", "soon late"):
        assert "are not judged: due after deliveries are recorded" in said[kind]
    tiles = [t.name for t in look(ma.Purchases.from_table(table, as_of=DAY, connection="erp")).tiles]
    assert "overdue" not in tiles  # 0.00 would be what nobody knows
    made = content(ma.Purchases.from_table(table, as_of=DAY, connection="erp"), sections=["open_orders"])
    assert not any("No line is open" in e.heading for e in made.exhibits)


@pytest.mark.full
def test_a_plant_that_is_closed_each_winter_goes_on():
    """Nothing comes from November to the middle of January, this year and last."""
    table = received(first="2022-01-01")
    closed = table.delivered_date.dt.month.isin([11, 12])
    table["delivered_date"] = (table.delivered_date + pd.to_timedelta(np.where(closed, 75, 0), unit="D")).where(
        lambda day: day <= DAY
    )
    assert not look(ma.Purchases.from_table(table, as_of=DAY)).view.recorded.until
