"""A site that records deliveries no longer while the other sites of its connection go on: its lines are neither late nor overdue."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage
from makini_analytics.review import look
from tests.review.test_recorded_lately import assert_all_accounted_for, received
from tests.tiers import one_in

DAY = pd.Timestamp("2025-12-31")


def sites(ended: str = "Lyon", day: str = "2025-06-30") -> pd.DataFrame:
    """Return orders of two years for three sites, of which one records no delivery after a day."""
    table = received(first="2024-01-01")
    table["site_name"] = pd.Series(["Lyon", "Oslo", "Turin"]).take(table.index % 3).to_numpy()
    gone = (table.site_name == ended) & (table.delivered_date > day)
    return table.assign(delivered_date=table.delivered_date.mask(gone))


def test_what_was_due_at_a_site_after_its_last_delivery_is_neither_late_nor_overdue():
    table = sites()
    data = ma.Purchases.from_table(table, as_of=DAY, connection="erp")
    got = look(data)
    assert not got.view.recorded.until
    last = got.view.recorded.sites["erp"]["Lyon"]
    assert pd.Timestamp("2025-05-20") <= last <= pd.Timestamp("2025-05-31")
    out = (table.site_name == "Lyon") & (table.required_date > last)
    assert got.data_line[0] == (
        f"A site of erp no longer records deliveries: {int(out.sum()):,} lines due later (Lyon after {last.day} May 2025) "
        "are neither late nor overdue, as far as anyone knows."
    )
    mine = table[~out & (table.required_date <= DAY)]
    of_year = mine[mine.required_date > "2024-12-31"]
    late = of_year.delivered_date.isna() | (of_year.delivered_date > of_year.required_date)
    said, tiles = got.findings.set_index("kind"), {t.name: t for t in got.tiles}
    assert f"{late.sum()} of {len(of_year)} lines" in said.why["late"]
    assert tiles["on_time"].value == pytest.approx(1 - late.mean())
    assert tiles["overdue"].value == pytest.approx(mine[mine.delivered_date.isna()].amount.sum())
    rows = eval(said.call["late"], {"slippage": slippage, "lines": data.lines, "data": data})
    assert rows.value_late.sum() == pytest.approx(said.value["late"])
    assert_all_accounted_for(data, len(table))


@pytest.mark.full
def test_a_part_a_saved_one_and_a_whole_of_several_know_it(tmp_path):
    whole = ma.Purchases.from_table(sites(), as_of=DAY, connection="erp")
    of_erp = look(whole).view.recorded.sites
    part = whole.filter(vendor="V1")
    part.save(tmp_path / "part")
    other = ma.Purchases.from_table(sites(ended=""), as_of=DAY, connection="other")
    for known in (part, ma.Purchases.load(tmp_path / "part"), ma.concat([whole, other])):
        assert look(known).view.recorded.sites == of_erp
    # who looks from a day on which it had not been silent for long sees its lines late, as they were then
    assert not look(whole, as_of="2025-07-15").view.recorded.sites


@pytest.mark.parametrize("seed", one_in(20, range(40)))
def test_sites_that_go_on_or_are_closed_are_judged(seed):
    table = received(first="2024-01-01", seed=seed, n_a_day=2 + 10 * (seed % 2))
    table["site_name"] = (table.index % 12).astype(str)
    closed = (table.site_name == "3") & (table.order_date > "2025-06-30")  # nothing is ordered there any more
    assert not look(ma.Purchases.from_table(table[~closed], as_of=DAY, connection="erp")).view.recorded


def test_vendors_that_are_late_everywhere_are_no_site_that_stopped():
    table = received(first="2024-01-01", n_a_day=6)
    few = table.vendor_name.isin(["V0", "V1", "V2"])
    table["site_name"] = np.where(few & (table.index % 3 > 0), "Lyon", "Oslo")
    stopped = few & (table.delivered_date > "2025-07-31")
    data = ma.Purchases.from_table(table.assign(delivered_date=table.delivered_date.mask(stopped)), as_of=DAY)
    assert not look(data).view.recorded.sites
    # where the same vendors still deliver to the others, it is the site
    at_site = stopped & (table.site_name == "Lyon")
    data = ma.Purchases.from_table(table.assign(delivered_date=table.delivered_date.mask(at_site)), as_of=DAY)
    assert "Lyon" in look(data).view.recorded.sites["table"]


def test_a_part_without_the_site_says_nothing_of_it():
    data = ma.Purchases.from_table(sites(), as_of=DAY, connection="erp")
    got = look(data.filter(site_name="Oslo"))
    assert not got.view.recorded.sites and "Lyon" not in " ".join(got.data_line)


def test_the_call_goes_by_the_date_that_each_line_has():
    table = sites()
    table["promised_date"] = table.required_date
    table["required_date"] = table.required_date.where(table.index % 2 == 0)
    data = ma.Purchases.from_table(table, as_of=DAY, connection="erp")
    said = ma.findings(data).set_index("kind")
    rows = eval(said.call["overdue"], {"slippage": slippage, "lines": data.lines, "data": data})
    past = rows[rows.days_overdue > 0] if "days_overdue" in rows else rows
    assert past.open_value.sum() == pytest.approx(said.value["overdue"])


@pytest.mark.full
def test_the_vendor_is_told_how_many_open_lines_are_not_judged(tmp_path):
    table = sites()
    data = ma.Purchases.from_table(table, as_of=DAY, connection="erp")
    last = look(data).view.recorded.sites["erp"]["Lyon"]
    mine = table[(table.vendor_name == "V1") & (table.site_name == "Lyon") & table.delivered_date.isna()]
    n = int((mine.required_date > last).sum())
    page = ma.report(data, tmp_path / "v.html", vendor="V1", progress=False).read_text("utf-8")
    assert f"{n} more open lines are not judged: due after deliveries are recorded." in page.replace("\u00a0", " ")
