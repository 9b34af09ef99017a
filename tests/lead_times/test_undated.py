"""Lines cancelled on an unknown day: shared out over the wait, against plain loops and against laws that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import explain, lead_times, spend
from makini_analytics.compute import CANCELLED, DELIVERED, _spread, count_days
from makini_analytics.compute._spread import spread_undated
from tests.compute.kinds import KINDS, same
from tests.tiers import one_in

AS_OF = pd.Timestamp("2025-12-31")


def lines_of(days, kind, waited, vendor=None) -> pd.DataFrame:
    """Lines ordered so many days ago; of kind 0 delivered, 1 cancelled, 2 open, 3 cancelled on an unknown day."""
    ordered = AS_OF - pd.to_timedelta(np.asarray(waited, dtype=int), unit="D")
    at = pd.Series(ordered + pd.to_timedelta(np.asarray(days, dtype=int), unit="D"))
    kind = np.asarray(kind)
    return pd.DataFrame(
        {
            "vendor_id": "v" if vendor is None else vendor,
            "order_date": ordered,
            "delivered_date": at.where(kind == 0),
            "cancelled_date": at.where(kind == 1),
            "state": pd.array(np.array(["received", "cancelled", "open", "cancelled"])[kind], dtype="string"),
            "amount": 1.0,
            "currency": "EUR",
            "product_code": "P",
        }
    )


#: Eight lines came on day 10, and two of the same age were cancelled some day.
EIGHT_OF_TEN = lines_of([10] * 10, [0] * 8 + [3] * 2, [335] * 10)


def test_an_undated_cancellation_is_no_wait_until_as_of():
    got = lead_times.by_vendor(EIGHT_OF_TEN, as_of=AS_OF)
    assert got[["n_lines", "n_delivered", "n_open", "n_cancelled"]].to_numpy().tolist() == [[10, 8, 0, 2]]
    assert got[["median_days", "p90_days", "restricted_to_days"]].to_numpy().tolist() == [[10, 10, 10]]
    by_period, curve = (f(EIGHT_OF_TEN, as_of=AS_OF) for f in (lead_times.by_period, lead_times.curve))
    recommended = lead_times.recommend(EIGHT_OF_TEN.assign(required_date=AS_OF), as_of=AS_OF, min_lines=1)
    single = spend.single_source(EIGHT_OF_TEN, as_of=AS_OF)
    assert {f.p90_days.item() for f in (by_period, single)} == {10}
    assert recommended.p80_days.item() == 10
    assert np.isnan(recommended.p90_days.item())  # eight lines can't show what one in ten takes
    assert by_period.n_cancelled.item() == curve.cancelled.sum() == 2
    assert curve.share_delivered.iloc[-1] == pytest.approx(0.8)
    assert str(curve.at_risk.dtype) == str(curve.cancelled.dtype) == "int64"
    for result in (got, by_period, curve, recommended, single):
        assert "2 of 10 lines (20.0%) were cancelled on a day that is not known" in explain(result)


def test_few_are_not_worth_a_word():
    lines = lines_of([10] * 100, [0] * 95 + [3] * 5, [300] * 100)
    assert not lead_times.by_vendor(lines, as_of=AS_OF).attrs["notes"]


def test_where_all_are_dated_nothing_is_shared_out():
    rng = np.random.default_rng(0)
    lines = lines_of(rng.integers(0, 90, 300), rng.integers(0, 3, 300), rng.integers(90, 200, 300))
    got = lead_times.curve(lines, as_of=AS_OF)
    assert got.cancelled.sum() == (lines.state == "cancelled").sum()
    table = count_days(np.zeros(3, int), np.arange(3), np.arange(3), n_groups=1, n_kinds=3)
    assert table.dated is None and table.counts.dtype == np.int64


def test_a_day_that_could_not_be_read_is_not_the_last_update():
    lines = lines_of([10] * 8 + [300] * 2, [0] * 8 + [1] * 2, [335] * 10)  # tidy puts the last update in its place
    told = pd.array([None] * 8 + ["cancelled_date"] * 2, dtype="string")
    got = lead_times.by_vendor(lines.assign(unreadable=told), as_of=AS_OF)
    assert got[["n_cancelled", "p90_days"]].to_numpy().tolist() == [[2, 10]]
    came = lines.assign(unreadable=told, delivered_date=lines.delivered_date.fillna(AS_OF))
    got = lead_times.by_vendor(came, as_of=AS_OF)  # whether they came first nobody knows
    assert got.attrs["excluded"][0]["reason"] == "cancellation date unreadable" and got.n_lines.item() == 8


@pytest.mark.full
@pytest.mark.parametrize("groups", [1, 4])
def test_against_plain_loops(groups, monkeypatch):
    """The same fixed point, found day by day and line by line; both go round until nothing moves."""
    monkeypatch.setattr(_spread, "ROUNDS_APART", 120)
    rng = np.random.default_rng(groups)
    n = 300
    kind, group = rng.choice(4, n, p=[0.6, 0.1, 0.1, 0.2]), rng.integers(0, groups, n)
    day = np.where(kind == 3, rng.integers(30, 60, n), rng.integers(0, 50, n))
    got = spread_undated(count_days(group, day, kind, n_groups=groups, n_kinds=4))
    want = by_loops(day, kind, group, groups)
    for g in range(groups):
        rows = got.group == g
        assert got.counts[rows].sum() == pytest.approx((group == g).sum())
        cancelled = np.bincount(got.day[rows], weights=got.counts[rows, CANCELLED], minlength=60)
        delivered = np.bincount(got.day[rows], weights=got.counts[rows, DELIVERED], minlength=60)
        assert delivered == pytest.approx(np.bincount(day[(group == g) & (kind == 0)], minlength=60))
        # between two rows all stands on one day: what has left by each day on which a line came is what matters
        for at in np.flatnonzero(delivered):
            assert cancelled[:at].sum() == pytest.approx(want[g][:at].sum(), abs=0.25)  # of a line


def by_loops(day, kind, group, groups, rounds=120):
    last = max(d for d, k in zip(day, kind, strict=True) if k != 3)
    dated = [[sum(1 for d, k, g in zip(day, kind, group, strict=True) if (d, k, g) == (s, 1, of)) for s in range(last + 1)]
             for of in range(groups)]  # fmt: skip
    spread = [[0.0] * (last + 1) for _ in range(groups)]
    for d, k, g in zip(day, kind, group, strict=True):
        for s in range(min(d, last) + 1) if k == 3 else ():
            spread[g][s] += 1 / (min(d, last) + 1)
    for _ in range(rounds):
        came, at_risk = ([[0.0] * (last + 1) for _ in range(groups)] for _ in range(2))
        for g in range(groups):
            mine = [(d, k) for d, k, of in zip(day, kind, group, strict=True) if of == g]
            for s in range(last + 1):
                came[g][s] = sum(1 for d, k in mine if (d, k) == (s, 0))
                at_risk[g][s] = sum(1 for d, k in mine if k == 3 or d >= s) - sum(spread[g][:s])
        hazard = []
        for s in range(last + 1):
            c, n = (sum(x[g][s] for g in range(groups)) for x in (spread, at_risk))
            c += sum(dated[g][s] for g in range(groups))
            hazard.append(min(c / n, 1) if n > 1e-9 else 1.0)
        padded = [hazard[0]] * 7 + hazard + [hazard[-1]] * 7
        smooth = [sum(padded[s : s + 15]) / 15 for s in range(last + 1)]
        new = [[0.0] * (last + 1) for _ in range(groups)]
        for g in range(groups):
            weight, share = [], 1.0
            for s in range(last + 1):
                weight.append(share * np.prod([1 - h for h in hazard[:s]]) * smooth[s])
                share *= (
                    1 - came[g][s] / at_risk[g][s] if at_risk[g][s] > came[g][s] else 1.0 if not came[g][s] else 0.0
                )
            for d, k, of in zip(day, kind, group, strict=True):
                if k == 3 and of == g:
                    total = sum(weight[: min(d, last) + 1])
                    for s in range(min(d, last) + 1):
                        new[g][s] += weight[s] / total
        spread = new
    return np.array(spread) + np.array(dated)


@pytest.mark.parametrize("kind", one_in(3, KINDS))
def test_the_same_in_every_engine(kind):
    rng = np.random.default_rng(5)
    vendor = pd.array(rng.choice(["a", "b", "c"], 400), dtype="string")
    lines = lines_of(
        rng.integers(0, 60, 400), rng.choice(4, 400, p=[0.6, 0.1, 0.1, 0.2]), rng.integers(60, 300, 400), vendor
    )
    for ask in (lead_times.by_vendor, lead_times.curve, lambda x, **o: lead_times.curve(x, by="vendor", **o)):
        same(ask(KINDS[kind](lines), as_of=AS_OF), ask(lines, as_of=AS_OF))


# ---- by simulation -----------------------------------------------------------------------------------------------------


def law(name: str, n: int, rng: np.random.Generator):
    """Days to delivery and to cancellation, whichever comes first counts."""
    arrives = np.ceil(30 * np.exp(0.5 * rng.standard_normal(n)))
    if name == "at any time":
        return arrives, np.ceil(rng.exponential(150, n))
    if name == "early":
        return arrives, np.where(rng.random(n) < 0.2, np.ceil(rng.exponential(6, n)), 1e6)
    return arrives, np.where((arrives > 45) & (rng.random(n) < 0.6), 45 + np.ceil(rng.exponential(10, n)), 1e6)


def figures(lines: pd.DataFrame) -> np.ndarray:
    """Median, 90th percentile, share delivered by day 30 and by day 90."""
    q, curve = lead_times.by_vendor(lines, as_of=AS_OF).iloc[0], lead_times.curve(lines, as_of=AS_OF)
    return np.array([q.median_days, q.p90_days, *(curve.share_delivered[curve.days <= d].iloc[-1] for d in (30, 90))])


@pytest.mark.parametrize("name", ["at any time", "early", "when late"])
@pytest.mark.parametrize("times", [4, pytest.param(40, marks=pytest.mark.full)])
def test_half_of_them_undated_hardly_matters(name, times):
    rng = np.random.default_rng(6)
    bias = []
    for _ in range(times):
        arrives, ends = law(name, 3000, rng)
        waited = rng.integers(1, 500, 3000)
        came, off = (arrives <= ends) & (arrives <= waited), (ends < arrives) & (ends <= waited)
        days, kind = np.minimum(np.minimum(arrives, ends), waited), np.where(came, 0, np.where(off, 1, 2))
        undated = np.where(off & (rng.random(3000) < 0.5), 3, kind)
        bias.append(figures(lines_of(days, undated, waited)) - figures(lines_of(days, kind, waited)))
    # against the same lines, all of them dated: within half a day or so, and half a percent
    assert np.abs(np.mean(bias, axis=0)) == pytest.approx(0, abs=1.0)
    assert np.abs(np.mean(bias, axis=0))[2:] == pytest.approx(0, abs=0.005)
