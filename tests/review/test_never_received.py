"""Vendors of which nothing was ever recorded as received, as of services without receipts: nobody knows what of theirs is late."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage
from makini_analytics.review import look
from tests.tiers import one_in

DAY = pd.Timestamp("2025-06-30")


def bought(key: str = "vendor_name") -> pd.DataFrame:
    """Return two years of twelve vendors, of which the services V10 and V11 have no receipts."""
    draw, days = np.random.default_rng(1), pd.date_range("2023-07-01", "2025-06-28").repeat(4)
    n = np.arange(len(days))
    table = pd.DataFrame({"order_number": n.astype(str), "order_date": days, "currency": "EUR", "amount": 100.0})
    table = table.assign(required_date=days + pd.Timedelta(days=20), quantity=1.0, status="Open")
    table[key] = [f"V{i % 12}" for i in n]
    came = pd.Series(days + pd.to_timedelta(draw.integers(10, 26, len(n)), unit="D"))
    table["delivered_date"] = came.where((came <= DAY) & ~table[key].isin(["V10", "V11"]))
    return table


def purchases(table: pd.DataFrame, connection: str = "erp") -> ma.Purchases:
    return ma.Purchases.from_table(table, as_of=DAY, connection=connection)


@pytest.mark.parametrize("key", one_in(2, ["vendor_name", "vendor_id"]))
def test_what_was_never_received_of_a_vendor_is_neither_late_nor_overdue(key, tmp_path):
    data = purchases(bought(key))
    got = look(data)
    mine = data.lines[key].isin(["V10", "V11"])
    assert {n: list(of) for n, of in got.view.recorded.never.items()} == {"erp": ["V10", "V11"]}
    told = f"Of 2 vendors of erp nothing was ever recorded as received: {mine.sum()} lines are neither late nor overdue, as far as anyone knows."
    assert told in got.data_line
    rest = data.lines[~mine]
    overdue = rest[rest.delivered_date.isna() & (rest.required_date < DAY)].amount.sum()
    said, tiles = got.findings.set_index("kind"), {t.name: t for t in got.tiles}
    assert tiles["overdue"].value == pytest.approx(overdue)
    assert "spread" in said.sentence["late"] or "V1" not in said.sentence["late"]
    rows = eval(said.call["late"], {"slippage": slippage, "lines": data.lines, "data": data})
    assert rows.value_late.sum() == pytest.approx(said.value["late"])
    card = ma.scorecard(data).set_index(key)
    assert card.loc[["V10", "V11"], ["on_time_rate", "overdue_value"]].isna().all(axis=None)
    assert card["spend"].sum() == pytest.approx(data.lines[data.lines.order_date > "2024-06-30"].amount.sum())
    page = ma.report(data, tmp_path / "v.html", vendor="V10", progress=False).read_text("utf-8")
    assert "Nothing was ever recorded as received." in page and "Please confirm" not in page


@pytest.mark.full
def test_a_part_a_saved_one_and_a_whole_of_several_know_it(tmp_path):
    part = purchases(bought()).filter(vendor=["V10", "V3"])
    assert look(part).view.recorded.never == look(purchases(bought())).view.recorded.never
    part.save(tmp_path / "part")
    again = ma.Purchases.load(tmp_path / "part")
    assert look(again).view.recorded == look(part).view.recorded
    pd.testing.assert_frame_equal(ma.findings(again), ma.findings(part))
    both = ma.concat([part, purchases(bought().assign(delivered_date=lambda t: t.order_date), "us")])
    view = look(both).view
    assert (view.untold == ((both.lines.connection == "erp") & (both.lines.vendor_name == "V10")).to_numpy()).all()


@pytest.mark.parametrize(
    "change",
    one_in(
        2,
        [
            lambda t: t.assign(
                delivered_date=t.delivered_date.where(t.index != 10, t.order_date)
            ),  # one of its lines came
            lambda t: t.assign(status=np.where(t.index == 10, "Received", "Open")),  # as its status says
            lambda t: t[(t.vendor_name != "V10") | (t.order_date > "2025-01-15")],  # for less than half a year
            lambda t: t[(t.vendor_name != "V10") | (t.order_date < "2024-11-01")],  # nothing is ordered any more
            lambda t: t[(t.vendor_name != "V10") | (t.index % 13 == 0)],  # hardly a line
        ],
    ),
)
def test_a_vendor_that_may_be_late_is_late(change):
    table = bought()
    table = table[table.vendor_name != "V11"].reset_index(drop=True)
    assert not look(purchases(change(table).reset_index(drop=True))).view.recorded.never


@pytest.mark.parametrize("day", one_in(2, ["2023-12-31", "2024-04-30", "2024-12-31"]))
def test_a_part_of_all_is_the_whole_on_any_day(day):
    whole = purchases(bought())
    part = whole.filter(since="2020-01-01")
    said, of_part = (ma.findings(data, as_of=day).set_index("kind")["value"] for data in (whole, part))
    assert said[["overdue", "late"]].fillna(-1).tolist() == of_part[["overdue", "late"]].fillna(-1).tolist()


@pytest.mark.full
def test_a_call_leaves_out_no_vendor_of_another_connection():
    named = purchases(bought("vendor_id"), "us")
    other = bought("vendor_id").assign(delivered_date=lambda t: t.required_date.where(t.required_date < DAY))
    both = ma.concat([named, purchases(other, "emea")])
    lines = both.lines.assign(connection=both.lines.connection.where(both.lines.connection != "us"))
    data = ma.Purchases(both.orders, lines, both.issues, both.sources, both.as_of)
    said = ma.findings(data).set_index("kind").loc["overdue"]
    rows = eval(said.call, {"slippage": slippage, "lines": lines, "data": data})
    assert rows[rows.days_overdue > 0].open_value.sum() == pytest.approx(said.value)


def test_without_due_dates_what_was_ordered_lately_is_not_due():
    table = bought().drop(columns="required_date")
    table.loc[table.vendor_name == "V9", "delivered_date"] = pd.NaT
    table["delivered_date"] = table.delivered_date.where(table.delivered_date < "2025-03-31")
    recorded = look(purchases(table)).view.recorded
    assert not recorded.until and not recorded.never


def test_of_lines_that_are_all_left_out_the_reason_of_most_is_told():
    said = ma.findings(purchases(bought()).filter(vendor="V10")).set_index("kind")["sentence"]
    assert "nothing was ever recorded as received" in said["overdue"] and "nothing was ever" in said["late"]
