"""The sample holds what its answers say, and the package finds it: all that was planted, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend

FOLDER = Path(__file__).parents[2] / "data" / "sample"
ANSWERS = json.loads((FOLDER / "answers.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def data():
    return ma.load_sample()


@pytest.mark.full
def test_the_generator_makes_the_same_files(tmp_path):
    subprocess.run([sys.executable, FOLDER / "generate.py", tmp_path], check=True, timeout=120)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (FOLDER / made.name).read_bytes(), made.name
    assert sum(f.stat().st_size for f in FOLDER.iterdir()) < 3_000_000


@pytest.mark.parametrize("name", ANSWERS["connections"])
def test_what_was_planted_is_found(data, name):
    want = ANSWERS["connections"][name]
    lines = data.lines[data.lines.connection == name]
    orders = data.orders[data.orders.connection == name]
    issues = data.issues[data.issues.connection == name]
    assert (len(orders), len(lines)) == (want["orders"], want["lines"])
    status = issues[issues.reason.str.startswith("status not understood")]
    told = issues.drop(status.index).groupby(["column", "reason"]).size().to_dict()
    computed = re.search(r"amounts of ([\d,]+) lines are computed", data.sources.set_index("connection").notes[name])
    found = {
        "due": told.pop(("required_date", "stands for no date"), 0),
        "status": sum(int(re.search(r"\((\d+) orders", reason)[1]) for reason in status.reason),
        "computed": int(computed[1]) if computed else 0,
        "off": told.pop(("amount", "not price x quantity / price unit - discount; kept"), 0),
    }
    assert found == {
        "due": want["sentinel_dates"] + want["missing_due_date_lines"],
        "status": want["unmapped_status_orders"],
        "computed": want["computed_amounts"],
        "off": want["amounts_that_do_not_reconcile"],
    }
    assert told == {}  # nothing invented
    assert (lines.quantity < 0).sum() == want["returns"]
    assert lines.deleted_at.notna().sum() == want["deleted_lines"]
    assert (lines.unit_price == 0).sum() == want["zero_prices"]
    assert (lines.price_unit == 100).sum() == want["priced_per_100"]
    assert (lines.state == "closed_short").sum() == want["closed_short_lines"]
    rejected = (orders.status == "Rejected by Supervisor").sum()  # NetSuite's: never sent, and so a draft
    assert (orders.state == "cancelled").sum() + rejected >= want["cancelled_orders"]
    assert (orders.state == "draft").sum() == want["drafts"] + rejected
    assert orders.vendor_id.isna().sum() == want["missing_vendor_orders"]


def test_spend_to_the_cent(data):
    got = spend.by_vendor(data.lines, by="connection")
    for name, want in ANSWERS["connections"].items():
        mine = got[got.connection == name].set_index("currency").spend.round(2).to_dict()
        assert mine == want["spend_by_currency"]


@pytest.mark.parametrize("name", ["emea", "us"])
def test_slippage_and_lead_times_against_the_truth(data, name):
    want = ANSWERS["connections"][name]
    lines = data.lines[data.lines.connection == name]
    on_time = slippage.by_vendor(lines, by="connection").iloc[0]
    assert (on_time.n_due, on_time.n_on_time) == (want["due_lines_at_cut_off"], want["on_time_lines_at_cut_off"])
    assert abs(on_time.on_time_rate - want["true_on_time_rate"]) < 0.01
    times = lead_times.by_vendor(lines, by="connection").iloc[0]
    assert times.n_open == want["open_lines"]
    for column, q in (("median_days", "median"), ("p80_days", "p80"), ("p90_days", "p90")):
        assert abs(times[column] - want["true_lead_time_days"][q]) <= 2


def test_a_planned_date_never_passes_as_a_delivery(data):
    assert data.lines[data.lines.connection == "apac"].delivered_date.isna().all()


@pytest.mark.full
def test_auto_finds_out_what_each_delivery_date_means():
    with ma.sandbox() as server:
        for name, role in (("emea", "actual"), ("us", "actual"), ("apac", "planned")):
            got = server.client(name, progress=False).fetch_purchases()
            assert got.sources.delivery_date.item() == role


def test_fetched_over_http_it_is_the_same(data):
    with ma.sandbox() as server:
        fetched = [
            server.client(n, progress=False, delivery_date="planned" if n == "apac" else "actual").fetch_purchases()
            for n in server.tokens
        ]
    both = ma.concat(fetched)
    columns = [c for c in data.lines if c != "implements"]
    assert both.lines[columns].equals(data.lines[columns])
    assert both.sources.contract.tolist() == ["v3", "v4", "v1"]


@pytest.mark.parametrize("name", ANSWERS["connections"])
def test_materials_tell_category_and_maker(data, name):
    want = ANSWERS["connections"][name]
    lines = data.lines[data.lines.connection == name]
    got = spend.by_vendor(lines, by="category").set_index(["category", "currency"]).spend.round(2).to_dict()
    assert got == {(k, c): v for k, of in want["spend_by_category"].items() for c, v in of.items()}
    assert lines.material_id.nunique() <= want["materials"]
    maker = lines.manufacturer_name.notna()
    assert (maker == (lines.category != "Services")).all()
    assert (lines.part_number.notna() == maker).all()


def test_the_sandbox_serves_materials():
    with ma.sandbox() as server:
        for name in server.tokens:
            got = server.client(name, progress=False).fetch_table("materials")
            assert len(got) == ANSWERS["connections"][name]["materials"]
            assert got.supplyOptions.notna().all()
            assert got.priceLevels.notna().all()
