"""Open lines: how overdue, what they are worth, and a forecast that is better than the trailing rate and near the truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, currency, lead_times, slippage
from makini_analytics.slippage import _forecast as forecast
from makini_analytics.slippage import _hazards as hazards

ANSWERS = json.loads((Path(__file__).parents[2] / "data" / "sample" / "answers.json").read_text(encoding="utf-8"))
AS_OF = pd.Timestamp("2025-06-30")
SAMPLE = pd.Timestamp("2025-12-31")  # that of the sample


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample(["emea", "us"]).lines


@pytest.fixture(scope="module")
def emea():
    return ma.load_sample(["emea"]).lines


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


def test_before_enough_is_known_the_chance_is_the_trailing_rate_and_says_so():
    """Of the four delivered lines due in the last 90 days three came in time; the fifth was due before them."""
    frame = lines(
        *[(AS_OF - pd.Timedelta(days=60), AS_OF - pd.Timedelta(days=30), AS_OF - pd.Timedelta(days=d)) for d in (50, 40, 30, 20)],
        ("2025-01-01", "2025-02-01", "2025-03-01"),
        (AS_OF - pd.Timedelta(days=5), AS_OF + pd.Timedelta(days=10), None),
        (AS_OF - pd.Timedelta(days=5), AS_OF, None),
        (AS_OF - pd.Timedelta(days=90), AS_OF - pd.Timedelta(days=1), None),
        (AS_OF - pd.Timedelta(days=5), None, None),
    )  # fmt: skip
    got = slippage.open_orders(frame, as_of=AS_OF).set_index("line_id")
    assert got.chance_on_time[["5", "6", "7"]].tolist() == [
        0.5,
        0,
        0,
    ]  # with those due today and before that have not come
    assert got.expected_late_value["5"] == pytest.approx(50)
    assert got[["chance_30_days", "chance_60_days"]].isna().all(axis=None)
    assert np.isnan(got.chance_on_time["8"])
    said = ma.explain(slippage.open_orders(frame, as_of=AS_OF))
    assert (
        "Too little is known for a forecast: 0 lines could be tested. The chance is the trailing on-time rate (50%"
        in said
    )
    assert len(slippage.backtest(frame, as_of=AS_OF)) == 0
    nothing_due = slippage.open_orders(frame.iloc[[5]], as_of=AS_OF)
    assert np.isnan(nothing_due.chance_on_time.item())
    assert "missing: no line was due" in ma.explain(nothing_due)


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
    assert ours < best + 0.015
    assert "The forecast was better than the base rate" in ma.explain(got)
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
    assert both[0].chance.tolist() == both[1].chance.tolist()
    assert both[0].on_time.mean() > both[1].on_time.mean()


def test_a_forecast_that_is_no_better_than_the_trailing_rate_is_not_shown(emea, monkeypatch):
    shown = slippage.open_orders(emea)
    of = forecast.Blend.of
    monkeypatch.setattr(forecast.Blend, "of", lambda self, chances: 1 - of(self, chances))
    got, test = slippage.open_orders(emea), slippage.backtest(emea)
    still_to_come = (got.days_overdue < 0) & got.age_days.notna()
    rate = got.chance_on_time[still_to_come].unique()
    assert len(rate) == 1
    lately = emea.required_date.between(SAMPLE - pd.Timedelta(days=89), SAMPLE) & emea.order_date.notna()
    due = emea[
        lately & slippage.per_line(emea).outcome.ne("excluded") & lead_times.per_line(emea).outcome.ne("excluded")
    ]
    assert rate[0] == pytest.approx(((slippage.per_line(due).days_late <= 0).mean()), abs=0.002)
    assert got.chance_30_days.isna().all()
    assert shown.chance_on_time[still_to_come].nunique() > 100
    for said in (ma.explain(got), ma.explain(test)):
        assert "The forecast was no better than the base rate" in said
        assert f"The chance is the trailing on-time rate ({rate[0]:.0%}" in said
    # the test is that of the forecast, and not of what was shown in its place
    assert ((test.chance - test.on_time.astype(float)) ** 2).mean() > (
        (test.trailing_rate - test.on_time.astype(float)) ** 2
    ).mean()


def test_days_on_which_too_little_was_known_are_not_tested(emea):
    whole = slippage.backtest(emea)
    young = slippage.backtest(emea[emea.order_date >= "2025-07-01"])
    assert (
        0 < young.origin.nunique() < whole.origin.nunique() < 12
    )  # what the first ones learnt from is not tested itself
    assert young.origin.min() > pd.Timestamp("2025-07-31")


def test_what_a_test_comes_to(emea):
    """The tables by day and by chance against the lines; each line is in one row of both."""
    test = slippage.backtest(emea)
    came = test.on_time.astype(float)
    by_day, by_chance = (slippage.backtest(emea, by=by) for by in ("origin", "chance"))
    for row in by_day.itertuples():
        mine = test[test.origin == row.origin]
        out = came[mine.index]
        assert (row.n_lines, row.n_orders) == (len(mine), mine.groupby(["connection", "order_id"]).ngroups)
        assert row.chance == pytest.approx(mine.chance.mean())
        assert row.bias == pytest.approx((mine.chance - out).mean())
        assert row.brier == pytest.approx(((mine.chance - out) ** 2).mean())
        assert row.brier_base == pytest.approx(((mine.trailing_rate - out) ** 2).mean())
    assert len(by_chance) == 10
    for row in by_chance.itertuples():
        mine = test[test.chance.between(row.from_chance, row.to_chance)]
        assert row.n_lines == len(mine) == pytest.approx(len(test) / 10, abs=2)
        assert row.on_time_rate == pytest.approx(came[mine.index].mean())
        assert row.low < row.on_time_rate < row.high
    assert by_day.n_lines.sum() == by_chance.n_lines.sum() == len(test)
    last = by_day.iloc[-1]
    assert f"On {last.origin.date()} it expected {last.chance:.0%} of {last.n_lines:,} lines in time" in ma.explain(
        test
    )
    assert f"(bias {last.bias:+.2f})" in ma.explain(slippage.open_orders(emea))
    assert by_day.attrs["excluded"] == test.attrs["excluded"]
    with pytest.raises(ma.ConfigError, match="'origin', 'chance'"):
        slippage.backtest(emea, by="vendor")
    assert [len(slippage.backtest(emea.iloc[:0], by=by)) for by in (None, "origin", "chance")] == [0, 0, 0]


def test_a_line_cancelled_on_an_unknown_day_is_not_taken_as_open(sample):
    """Nothing is learnt from it: before, it weighed on every day up to as-of as a line that did not come."""
    usual = slippage.open_orders(sample)
    more = sample[sample.delivered_date.notna()].sample(2000, random_state=3, replace=True)
    more = more.assign(
        state="cancelled", delivered_date=pd.NaT, cancelled_date=pd.NaT, order_id="c", received_quantity=0.0
    ).assign(line_id=[f"c{i}" for i in range(2000)])
    got = slippage.open_orders(pd.concat([sample, more], ignore_index=True), as_of=SAMPLE)
    assert got.chance_on_time.tolist() == usual.chance_on_time.tolist()
    dated = more.assign(cancelled_date=more.order_date + pd.Timedelta(days=40))
    got = slippage.open_orders(pd.concat([sample, dated], ignore_index=True), as_of=SAMPLE)
    assert got.chance_on_time.mean() < usual.chance_on_time.mean()  # these were awaited for 40 days, and did not come


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


def test_groups_taken_in_parts_give_the_same(monkeypatch):
    """Beyond so many cells the groups' tables are made some at a time: the same chances, in less memory."""
    lines = ma.load_sample().lines
    whole, test = slippage.open_orders(lines), slippage.backtest(lines)
    monkeypatch.setattr(hazards, "_CELLS", 3_000)
    pd.testing.assert_frame_equal(slippage.open_orders(lines), whole, rtol=1e-12)
    pd.testing.assert_frame_equal(slippage.backtest(lines), test, rtol=1e-12)


def test_each_connection_is_forecast_by_itself(sample, emea):
    both, alone = slippage.open_orders(sample), slippage.open_orders(emea)
    mine = both[both.connection == "emea"].drop(columns="connection").reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone.drop(columns="connection").reset_index(drop=True))
    assert "emea: The forecast was" in ma.explain(both)
    assert "us: The forecast was" in ma.explain(both)


def test_the_chart_of_calibration_is_drawn_of_lines(emea):
    with pytest.raises(ma.ConfigError, match="by=None"):
        slippage.plot_backtest(emea, by="origin")
    test = slippage.backtest(emea)
    ax = slippage.plot_backtest(test)
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    assert dots.get_ydata() == pytest.approx(slippage.backtest(emea, by="chance").on_time_rate.to_numpy())


def test_ageing_groups_by_a_column_of_your_own():
    lines = ma.load_sample(["us"]).lines
    lines["region"] = pd.Series(
        np.where(lines["line_id"].str[-1].isin(list("02468")), "north", "south"), dtype="string"
    )
    got = slippage.ageing(lines, by="region")
    parts = [slippage.ageing(lines, by=["region", "site_id"]), slippage.ageing(lines)]
    assert set(got["region"]) == {"north", "south"}
    for part in parts:
        assert part["open_value"].sum() == pytest.approx(got["open_value"].sum())
        assert part["n_lines"].sum() == got["n_lines"].sum()
    opened = slippage.open_orders(lines).merge(lines[["line_id", "region"]], on="line_id")
    assert opened.groupby("region")["open_value"].sum().tolist() == pytest.approx(
        got.groupby("region")["open_value"].sum().tolist()
    )
    with pytest.raises(ma.SchemaError, match="no such column"):
        slippage.ageing(lines, by="regoin")


def test_ageing_of_converted_lines_names_the_rates():
    lines = pd.DataFrame({
        "order_date": pd.Timestamp("2025-01-01"), "required_date": pd.Timestamp("2025-01-15"), "amount": 10.0,
        "delivered_date": pd.to_datetime(["2025-01-10", None, None]), "currency": ["EUR", "EUR", "USD"],
    })  # fmt: skip
    converted = currency.convert(lines, "USD", {"EUR": 1.1})
    of = slippage.open_orders(converted, as_of="2025-01-25")
    assert slippage.ageing(converted, as_of="2025-01-25").attrs["currency"] == of.attrs["currency"]
    assert slippage.ageing(of).attrs["currency"] == converted.attrs["currency"]
    assert "currency: converted to USD" in charts.footnote_of(slippage.ageing(of))
    assert slippage.ageing(lines, as_of="2025-01-25").attrs["currency"] == "as in the documents"
