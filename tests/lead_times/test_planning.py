"""Lead times to plan with: they cover the next order as often as they say, in simulation and on the real deliveries."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from makini_analytics import lead_times
from makini_analytics.lead_times._planning import Waits, planned
from tests.conftest import SCMS, scms_purchases
from tests.tiers import one_in

AS_OF = pd.Timestamp("2025-12-31")
LAWS = ("lognormal", "gamma", "mixture")


def plain(waits: Waits, levels):
    """The same by loops over groups and lines, as the formula stands in docs/statistics.md. Several groups, all with lines."""
    lines = [
        {"y": math.log(max(d, 0.5)), "came": c, "w": w, "g": g}
        for d, c, w, g in zip(waits.days, waits.came, waits.weight, waits.group, strict=True)
    ]
    groups, parents = range(len(waits.above)), set(waits.above.tolist())
    of = {g: [x for x in lines if x["g"] == g] for g in groups}
    n = {g: sum(x["w"] for x in of[g]) for g in groups}
    total = sum(n.values())
    m = dict.fromkeys(groups, sum(x["w"] * x["y"] for x in lines) / total)
    s = dict.fromkeys(groups, max(float(np.std([x["y"] for x in lines])), 0.05))
    normal = NormalDist()

    def beyond(z):
        return normal.pdf(z) / (1 - normal.cdf(z))

    for _ in range(6):
        mean, inside = {}, {}
        for g in groups:
            for x in of[g]:
                z = (x["y"] - m[g]) / s[g]
                x["full"] = x["y"] if x["came"] else m[g] + s[g] * beyond(z)
                x["extra"] = 0.0 if x["came"] else s[g] ** 2 * max(1 + z * beyond(z) - beyond(z) ** 2, 0.02)
            mean[g] = sum(x["w"] * x["full"] for x in of[g]) / n[g]
            inside[g] = sum(x["w"] * ((x["full"] - mean[g]) ** 2 + x["extra"]) for x in of[g])
        common = sum(inside[g] for g in groups if n[g] > 1) / sum(max(n[g] - 1, 0) for g in groups)
        v = {g: (10 * common + (inside[g] if n[g] > 1 else 0)) / (10 + max(n[g] - 1, 0)) for g in groups}
        q, size, above = 0.0, 0.0, {}
        for p in parents:
            mine = [g for g in groups if waits.above[g] == p]
            u = {g: n[g] / v[g] for g in mine}
            centre = sum(u[g] * mean[g] for g in mine) / sum(u.values())
            q += sum(u[g] * (mean[g] - centre) ** 2 for g in mine)
            size += sum(u.values()) - sum(x**2 for x in u.values()) / sum(u.values())
        tau = max((q - (len(groups) - len(parents))) / size, 1e-4)
        for p in parents:
            mine = [g for g in groups if waits.above[g] == p]
            pull = {g: 1 / (tau + v[g] / n[g]) for g in mine}
            above[p] = sum(pull[g] * mean[g] for g in mine) / sum(pull.values())
        follows = {g: tau / (tau + v[g] / n[g]) for g in groups}
        m = {g: above[waits.above[g]] + follows[g] * (mean[g] - above[waits.above[g]]) for g in groups}
        s = {g: math.sqrt(v[g]) for g in groups}
    for x in lines:
        g, top = x["g"], above[waits.above[x["g"]]]
        full = x["y"] if x["came"] else m[g] + s[g] * beyond((x["y"] - m[g]) / s[g])
        rest = n[g] - x["w"]
        b = tau / (tau + v[g] / rest) if rest > 1e-6 else 0.0
        others = (mean[g] * n[g] - x["w"] * full) / rest if rest > 1e-6 else top
        x["r"] = (x["y"] - top - b * (others - top)) / (s[g] * math.sqrt(1 + b / max(rest, 0.5)))
    under_way, curve, left = 1.0, [], total
    for x in sorted(lines, key=lambda x: (x["r"], not x["came"])):
        if x["came"]:
            under_way *= 1 - x["w"] / left
            curve.append((1 - under_way, x["r"]))
        left -= x["w"]
    arrived = sum(x["w"] for x in lines if x["came"])
    out = []
    for level in levels:
        asked = level * (arrived + 1) / arrived
        r = np.interp(asked, *zip(*curve, strict=True)) if asked <= curve[-1][0] + 1e-9 else math.nan
        out.append([math.exp(m[g] + r * s[g] * math.sqrt(1 + follows[g] / n[g])) for g in groups])
    return out


def test_the_formula_by_plain_loops():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        group = np.concatenate([np.arange(12), rng.integers(0, 12, 150)])
        days = np.ceil(rng.lognormal(3 + 0.3 * rng.standard_normal(12)[group], 0.5)).astype(int)
        waits = Waits(days, rng.random(162) < 0.8, rng.uniform(0.2, 1, 162), group, np.arange(12) % 3)
        for ours, theirs in zip(planned(waits, (0.5, 0.8)), plain(waits, (0.5, 0.8)), strict=True):
            assert ours.tolist() == np.floor(theirs).tolist()


def test_a_group_alone_has_the_line_of_its_own_that_covers_the_next():
    days = np.array([31, 4, 10, 17, 22, 6, 12, 9, 28])

    def of(rows, levels):
        n = len(days[rows])
        waits = Waits(
            days[rows], np.ones(n, dtype=bool), np.ones(n), np.zeros(n, dtype=np.int64), np.zeros(1, dtype=np.int64)
        )
        return [float(x[0]) for x in planned(waits, levels)]

    assert of(slice(None), (0.1, 0.5, 0.9)) == [4, 12, 31]  # the first, the fifth and the ninth of nine
    assert np.isnan(of(slice(8), (0.9,))).all()  # of eight lines none would be the 8.1-th
    assert np.isnan(of(slice(0), (0.9,))).all()


def draw(rng, law, median, sigma, n):
    if law == "gamma":
        return np.ceil(rng.gamma(1 / sigma[:, None] ** 2, (median * sigma**2)[:, None], (len(median), n)))
    days = median[:, None] * np.exp(
        (0.6 if law == "mixture" else 1) * sigma[:, None] * rng.standard_normal((len(median), n))
    )
    return np.ceil(np.where((law == "mixture") & (rng.random(days.shape) < 0.15), 2.5 * days, days))


def covered(law, groups, n, share_open, runs, seed):
    """Return how many of the next orders come within p80 and p90, and in how many runs there is a p90."""
    rng, out = np.random.default_rng(seed), []
    for _ in range(runs):
        vendor = np.arange(groups) % max(groups // 15, 1)
        median = 30 * np.exp(0.3 * rng.standard_normal(vendor.max() + 1)[vendor] + 0.3 * rng.standard_normal(groups))
        sigma = rng.uniform(0.2, 0.6, groups)
        days = draw(rng, law, median, sigma, n)
        waited = np.ceil(rng.exponential(4.2 * median[:, None], days.shape)) if share_open else np.full(days.shape, 600)
        code = np.repeat(np.arange(groups), n)
        ordered = AS_OF - pd.to_timedelta(waited.ravel(), unit="D")
        lines = pd.DataFrame(
            {
                "vendor_id": [f"v{vendor[g]}" for g in code],
                "product_code": [f"p{g:03}" for g in code],
                "order_id": np.arange(len(code)).astype(str),
                "order_date": ordered,
                "required_date": ordered,
                "delivered_date": (ordered + pd.to_timedelta(days.ravel(), unit="D")).where(days.ravel() <= waited.ravel()),
            }
        )  # fmt: skip
        got = lead_times.recommend(lines, as_of=AS_OF, min_lines=0).sort_values("product_code")
        new = draw(rng, law, median, sigma, 400)
        out.append(
            [np.nan if c.isna().any() else (new <= c.to_numpy()[:, None]).mean() for c in (got.p80_days, got.p90_days)]
        )
    return np.nanmean(out, axis=0), 1 - np.isnan(out).mean(axis=0)


@pytest.mark.full
@pytest.mark.parametrize(("groups", "n"), [(30, 10), (1, 30)])
def test_the_next_order_is_covered_as_often_as_it_says(groups, n):
    share, _ = covered("lognormal", groups, n, False, 60 if groups == 1 else 12, seed=3)
    assert share == pytest.approx([0.8, 0.9], abs=0.02)


@pytest.mark.full
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("share_open", [False, True])
@pytest.mark.parametrize("n", [10, 20, 30, 100])
def test_the_next_order_is_covered_under_every_law(law, share_open, n):
    share, _ = covered(law, 60, n, share_open, 12 if n == 10 else 8, seed=n)
    assert share == pytest.approx([0.8, 0.9], abs=0.02)


@pytest.mark.full
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [10, 20, 30, 100])
def test_the_next_order_of_a_group_alone_is_covered_under_every_law(law, n):
    share, given = covered(law, 1, n, False, 200, seed=n)
    assert given.min() == 1
    assert share == pytest.approx([0.8, 0.9], abs=0.02)


@pytest.mark.skipif("whole" not in SCMS, reason="the whole file of real deliveries is not on this machine")
@pytest.mark.parametrize(
    ("by", "keys"),
    one_in(2, [(("vendor", "description"), ["vendor_name", "description"]), ("vendor", ["vendor_name"])]),
)
def test_the_next_orders_of_the_real_deliveries_are_covered(by, keys):
    """Eleven days, half a year apart: what was known then, and the orders of the half-year after it."""
    lines = scms_purchases("whole").lines
    lines = lines[(lines.delivered_date >= lines.order_date)]
    inside = []
    for day in pd.date_range("2009-07-01", "2014-07-01", freq="6MS"):
        got = lead_times.recommend(lines, by=by, as_of=day)[[*keys, "p80_days", "p90_days"]].dropna()
        then = lines[(lines.order_date > day) & (lines.order_date <= day + pd.DateOffset(months=6))].merge(got, on=keys)
        took = (then.delivered_date - then.order_date).dt.days
        inside.append(pd.DataFrame({"p80": took <= then.p80_days, "p90": took <= then.p90_days}))
    share = pd.concat(inside).mean()
    assert sum(map(len, inside)) > 1500
    assert 0.77 <= share.p80 <= 0.83
    assert 0.88 <= share.p90 <= 0.93


def test_the_lines_of_an_order_count_as_one_and_old_lines_less():
    rng = np.random.default_rng(5)
    days = np.ceil(rng.lognormal(3, 0.5, 40)).astype(int)
    lines = pd.DataFrame(
        {
            "vendor_id": "v",
            "product_code": "P",
            "order_id": np.arange(40).astype(str),
            "order_date": pd.Timestamp("2025-01-01"),
        }
    )
    lines["delivered_date"] = lines.order_date + pd.to_timedelta(days, unit="D")
    lines["required_date"] = lines.delivered_date
    columns = ["p80_days", "p90_days"]
    once = lead_times.recommend(lines, as_of=AS_OF)[columns]
    slow = int(days.argmax())
    repeated = pd.concat([lines, *[lines.iloc[[slow]]] * 30], ignore_index=True)
    assert lead_times.recommend(repeated, as_of=AS_OF)[columns].equals(once)
    apart = repeated.assign(order_id=np.arange(len(repeated)).astype(str))
    assert (lead_times.recommend(apart, as_of=AS_OF)[columns] > once).all(axis=None)
    back = lines.assign(
        order_date=lines.order_date - pd.Timedelta(days=365),
        delivered_date=lines.delivered_date - pd.Timedelta(days=365),
    )
    assert lead_times.recommend(back, as_of=AS_OF)[columns].equals(once)  # less than the last ones, not less for ever
    faster = back.assign(
        delivered_date=back.order_date + pd.to_timedelta(days // 2, unit="D"), order_id=lines.order_id + "b"
    )
    both = lead_times.recommend(pd.concat([lines, faster], ignore_index=True), as_of=AS_OF)
    same_age = lead_times.recommend(
        pd.concat(
            [
                lines,
                faster.assign(
                    order_date=lines.order_date, delivered_date=lines.order_date + pd.to_timedelta(days // 2, unit="D")
                ),
            ],
            ignore_index=True,
        ),
        as_of=AS_OF,
    )
    assert both.p80_days.item() > same_age.p80_days.item()


def test_of_many_lines_every_second_or_third_has_its_residual_looked_at(monkeypatch):
    rng = np.random.default_rng(6)
    group = rng.integers(0, 40, 20_000)
    days = np.ceil(rng.lognormal(3 + 0.02 * group, 0.5)).astype(int)
    waits = Waits(days, np.ones(20_000, dtype=bool), np.ones(20_000), group, np.zeros(40, dtype=np.int64))
    whole = planned(waits, (0.9,))[0]
    monkeypatch.setattr("makini_analytics.lead_times._planning._MOST", 5_000)
    assert planned(waits, (0.9,))[0] == pytest.approx(whole, abs=2)


def _two_connections(seed):
    """One connection takes three times as long as the other, and goes on for longer: so what leaks from it is seen."""
    rng = np.random.default_rng(seed)
    parts = []
    for name, days, n in (("a", 20, 60), ("b", 60, 90)):
        vendor = rng.integers(0, 3, n)
        ordered = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 5 * n, n)), unit="D")
        parts.append(
            pd.DataFrame({"connection": name, "vendor_id": [f"v{v}" for v in vendor], "category": [f"c{v % 2}" for v in vendor], "order_id": [f"{name}{i}" for i in range(n)],
                          "order_date": ordered, "required_date": ordered, "delivered_date": ordered + pd.to_timedelta(np.ceil(rng.lognormal(np.log(days), 0.5, n)), unit="D")})
        )  # fmt: skip
    return parts


@pytest.mark.parametrize("by", ["vendor", ("vendor", "category"), ("connection", "category"), "connection"])
def test_no_connection_borrows_from_another(by):
    parts = _two_connections(3)
    both = lead_times.recommend(pd.concat(parts, ignore_index=True), by=by, as_of="2026-12-31")
    for part in parts:
        alone = lead_times.recommend(part, by=by, as_of="2026-12-31")
        assert alone.p80_days.notna().any()
        mine = both[both.connection == part.connection.iloc[0]].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, alone)


def test_what_is_not_ordered_yet_has_no_row():
    lines = _two_connections(4)[1]
    day = lines.order_date.iloc[1]
    got = lead_times.recommend(lines, by=("vendor", "category"), as_of=day)
    known = lines[lines.order_date <= day]
    assert len(got) == len(known[["vendor_id", "category"]].drop_duplicates()) < 3
    pd.testing.assert_frame_equal(got, lead_times.recommend(known, by=("vendor", "category"), as_of=day))


def test_of_many_lines_some_are_looked_at_whatever_their_order(monkeypatch):
    monkeypatch.setattr("makini_analytics.lead_times._planning._MOST", 40)
    lines = pd.concat(_two_connections(5), ignore_index=True).drop(columns="connection")
    want = lead_times.recommend(lines, by="vendor", as_of="2026-12-31")
    got = lead_times.recommend(lines.sample(frac=1, random_state=1), by="vendor", as_of="2026-12-31")
    pd.testing.assert_frame_equal(got, want)
