"""Open lines: how overdue, what they are worth, and a forecast that is better than the trailing rate and near the truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage
from makini_analytics.slippage import _hazards as hazards

ANSWERS = json.loads((Path(__file__).parents[2] / "data" / "sample" / "answers.json").read_text(encoding="utf-8"))
AS_OF = pd.Timestamp("2025-06-30")


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample(["emea", "us"]).lines


def lines(*rows, **more):
    frame = pd.DataFrame(rows, columns=["order_date", "required_date", "delivered_date"]).apply(pd.to_datetime)
    return frame.assign(
        **({"vendor_id": "v", "amount": 100.0, "currency": "EUR", "line_id": [str(i) for i in range(len(rows))]} | more)
    )


def test_ageing_by_hand_due_today_is_not_overdue():
    days = [0, 1, 7, 8, 30, 31, 60, 61, 90, 91]
    frame = lines(
        *[("2025-01-01", AS_OF - pd.Timedelta(days=d), None) for d in days],
        ("2025-01-01", None, None),
        ("2025-01-01", "2025-01-02", "2025-01-02"),
    )
    got = slippage.open_orders(frame, as_of=AS_OF).sort_values("line_id", key=lambda s: s.astype(int))
    assert got.bucket.tolist() == [
        "not due",
        "1-7",
        "1-7",
        "8-30",
        "8-30",
        "31-60",
        "31-60",
        "61-90",
        "61-90",
        "over 90",
        "no due date",
    ]
    assert got.days_overdue.tolist()[:-1] == days
    assert np.isnan(got.days_overdue.iloc[-1])
    table = slippage.ageing(frame, as_of=AS_OF)
    assert table.set_index("bucket").n_lines.to_dict() == {
        "not due": 1,
        "1-7": 2,
        "8-30": 2,
        "31-60": 2,
        "61-90": 2,
        "over 90": 1,
        "no due date": 1,
    }
    assert table.open_value.sum() == 1100
    assert table.attrs["included"]["n_lines"] == 11
    assert {e["reason"]: e["n_lines"] for e in table.attrs["excluded"]} == {"delivered": 1}


def test_only_what_is_still_to_come_is_open_value():
    frame = lines(("2025-01-01", "2025-07-30", "2025-01-20"), quantity=10.0, received_quantity=4.0)
    assert slippage.open_orders(frame, as_of=AS_OF).open_value.item() == 60


def test_the_chance_is_that_of_a_line_that_is_already_so_old():
    """Ten lines took 10 days, ten took 30. A line of 5 days is due on day 15: 10 of 23; one of 12 days: none, but by day 40 10 of 11."""
    law = [
        ("2025-01-01", "2025-03-01", pd.Timestamp("2025-01-01") + pd.Timedelta(days=d)) for d in [10] * 10 + [30] * 10
    ]
    frame = lines(
        *law,
        (AS_OF - pd.Timedelta(days=5), AS_OF + pd.Timedelta(days=10), None),
        (AS_OF - pd.Timedelta(days=12), AS_OF + pd.Timedelta(days=3), None),
        (AS_OF - pd.Timedelta(days=12), AS_OF + pd.Timedelta(days=28), None),
        (AS_OF - pd.Timedelta(days=60), AS_OF - pd.Timedelta(days=20), None),
    )
    got = slippage.open_orders(frame, as_of=AS_OF).set_index("line_id")
    assert got.chance_on_time.loc["20"] == pytest.approx(10 / 23)  # of 23 that were open on day 10
    assert got.chance_on_time.loc["21"] == pytest.approx(0, abs=1e-6)
    assert got.chance_on_time.loc["22"] == pytest.approx(10 / 11)
    assert got.chance_on_time.loc["23"] == 0
    assert got.expected_late_value.loc["23"] == 100
    assert got.chance_30_days.loc["20"] >= got.chance_on_time.loc["20"]
    assert "could not be tested" in ma.explain(slippage.open_orders(frame, as_of=AS_OF))


def test_a_vendor_of_few_lines_borrows_from_the_others():
    r = np.random.default_rng(2)
    n = 400
    ordered = AS_OF - pd.to_timedelta(r.integers(100, 300, n), unit="D")
    frame = lines(
        *zip(
            ordered,
            ordered + pd.Timedelta(days=20),
            ordered + pd.to_timedelta(r.integers(5, 35, n), unit="D"),
            strict=True,
        )
    )
    new = lines((AS_OF - pd.Timedelta(days=2), AS_OF + pd.Timedelta(days=18), None), vendor_id="new", line_id="new")
    got = slippage.open_orders(pd.concat([frame, new], ignore_index=True), as_of=AS_OF)
    assert got.chance_on_time.item() == pytest.approx(0.53, abs=0.1)


def test_on_days_gone_by_it_beats_the_trailing_rate_and_is_near_the_true_chances(sample):
    stats = pytest.importorskip("scipy.stats", reason="scipy, the oracle, is not installed")
    got = slippage.backtest(sample)
    y = got.on_time.to_numpy(dtype=float)
    laws = {(c, v): law for c, told in ANSWERS["connections"].items() for v, law in told.get("vendor_laws", {}).items()}
    known = sample.drop_duplicates(["connection", "order_id", "line_id"]).set_index(
        ["connection", "order_id", "line_id"]
    )
    mine = known.loc[list(zip(got.connection, got.order_id, got.line_id, strict=True))]
    law = [laws[c, v] for c, v in zip(got.connection, mine.vendor_name, strict=True)]
    median, sigma = (np.array([x[k] for x in law]) for k in ("median", "sigma"))
    age = (got.origin.to_numpy() - mine.order_date.to_numpy()).astype("timedelta64[D]").astype(float)
    until = (mine.required_date.to_numpy() - mine.order_date.to_numpy()).astype("timedelta64[D]").astype(float)
    was, will = (stats.norm.cdf(np.log(np.maximum(d, 1e-9) / median) / sigma) for d in (age, until))
    truth = (will - was) / (1 - was)
    ours, base, best = (float(np.mean((p - y) ** 2)) for p in (got.chance, got.trailing_rate, truth))
    assert len(got) > 900
    assert ours < base - 0.015
    assert ours < best + 0.01
    assert "better than the base rate" in ma.explain(got)
    # calibrated: of each tenth of the forecasts about as many arrive as it says
    order = np.argsort(got.chance.to_numpy())
    for part in np.array_split(order, 5):
        assert abs(got.chance.to_numpy()[part].mean() - y[part].mean()) < 0.12


def test_it_uses_nothing_that_was_not_known_on_the_day(sample):
    """What happened after a day of the test changes the outcome, and never the forecast."""
    first = slippage.backtest(sample)
    origin = first.origin.max()
    later = sample.assign(
        delivered_date=sample.delivered_date.mask(sample.delivered_date > origin, pd.Timestamp("2025-12-30"))
    )
    again = slippage.backtest(later)
    both = [b[b.origin == origin].sort_values(["connection", "line_id"]).reset_index(drop=True) for b in (first, again)]
    if first.attrs["notes"][0].split(",")[0] == again.attrs["notes"][0].split(",")[0]:
        assert np.corrcoef(both[0].chance, both[1].chance)[0, 1] > 0.95
    assert both[0].on_time.mean() > both[1].on_time.mean()


def test_no_better_than_the_base_rate_is_said():
    r = np.random.default_rng(4)
    n = 3000
    ordered = AS_OF - pd.to_timedelta(r.integers(0, 400, n), unit="D")
    came = ordered + pd.to_timedelta(
        r.integers(1, 2, n), unit="D"
    )  # all take one day, and nothing is to be learnt from age
    due = ordered + pd.to_timedelta(r.integers(30, 40, n), unit="D")
    frame = lines(*zip(ordered, due, pd.Series(came).where(came <= AS_OF), strict=True))
    assert "could not be tested" in ma.explain(slippage.open_orders(frame, as_of=AS_OF))  # nothing stays open for long


def test_every_open_line_is_there_and_all_add_up(sample):
    got = slippage.open_orders(sample)
    assert len(got) + sum(e["n_lines"] for e in got.attrs["excluded"]) == len(sample)
    overdue = slippage.by_vendor(sample, by=None).n_overdue_open.item()
    assert (got.days_overdue > 0).sum() == overdue
    assert got.chance_on_time.dropna().between(0, 1).all()
    assert (got.chance_30_days <= got.chance_60_days)[got.chance_30_days.notna()].all()
    table = slippage.ageing(got, by="vendor")
    assert table.n_lines.sum() == len(got)
    assert table.open_value.sum() == pytest.approx(got.open_value.sum())
    soon = got[(got.days_overdue <= 0) & (got.days_overdue >= -30)]
    assert table.expected_late_value_30.sum() == pytest.approx(soon.expected_late_value.sum())
    assert slippage.ageing(sample, by="vendor").equals(table)
    assert len(slippage.open_orders(sample.iloc[:0])) == 0
    assert len(slippage.ageing(sample.iloc[:0])) == 0


def test_the_real_deliveries_are_no_fair_test_and_say_so(scms, scms_name):
    """All of SCMS is delivered, and its scheduled date is moved with the plan: the figure is reported, not claimed."""
    got = slippage.backtest(scms.lines, as_of="2015-06-30")
    assert len(got) > 0
    said = {"whole": "no better than the base rate", "extract": "could not be tested: 25 lines are too few"}
    assert said[scms_name] in ma.explain(got)


def test_groups_taken_in_parts_give_the_same(monkeypatch):
    """Beyond so many cells the groups' tables are made some at a time: the same chances, in less memory."""
    lines = ma.load_sample().lines
    whole, test = slippage.open_orders(lines), slippage.backtest(lines)
    monkeypatch.setattr(hazards, "_CELLS", 3_000)
    pd.testing.assert_frame_equal(slippage.open_orders(lines), whole, rtol=1e-12)
    pd.testing.assert_frame_equal(slippage.backtest(lines), test, rtol=1e-12)
