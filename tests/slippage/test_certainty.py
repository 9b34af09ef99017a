"""How certain a rate is, who is named, and by what to rank: against plain loops and scipy, and in simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from makini_analytics import slippage
from makini_analytics.compute import ClusterSums, Rates, Weights, against_before, against_others, cluster_sums, wilson
from makini_analytics.compute._clusters import correlation
from makini_analytics.compute._rates import _normal_of_skewed, _normal_of_student, _student, discoveries

AS_OF = "2025-06-30"


def orders(rng, vendors, m, rate, rho, lines=4):
    """Return vendor, lines and lines on time of orders: ``m`` a vendor, lines correlated by ``rho``; ``lines`` 0: 1 to 30, skewed."""
    vendor = np.repeat(np.arange(vendors), m)
    k = len(vendor)
    n = np.full(k, lines) if lines else np.clip(np.round(rng.lognormal(1.2, 1.0, k)), 1, 30).astype(int)
    p = np.broadcast_to(rate, (vendors,))[vendor]
    if rho >= 1:
        p = (rng.random(k) < p).astype(float)
    elif rho > 0:
        p = rng.beta(p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho)
    return vendor, n.astype(float), rng.binomial(n, p).astype(float)


def rates(vendor, n, h, vendors):
    return Rates.of(ClusterSums.of(vendor, n, h, vendors))


def lines_of(vendor, n, h):
    """Return a line each: the first ``h`` of an order came on time."""
    n, h = n.astype(int), h.astype(int)
    which = np.repeat(np.arange(len(n)), n)
    place = np.arange(len(which)) - np.repeat(np.cumsum(n) - n, n)
    due = pd.Timestamp("2025-02-01")
    came = due + pd.to_timedelta(np.where(place < h[which], -2, 5), unit="D")
    ids = {"vendor_id": [f"v{v:02d}" for v in vendor[which]], "order_id": which.astype(str)}
    return pd.DataFrame({**ids, "required_date": due, "delivered_date": came, "quantity": 1.0})


# ---- by hand and by oracle ----------------------------------------------------------------------------------------------


def test_lines_of_one_order_say_less_than_so_many_orders():
    single = lines_of(np.zeros(100, dtype=int), np.ones(100), np.arange(100) % 2)
    alone = slippage.by_vendor(single, as_of=AS_OF).iloc[0]
    none = slippage.by_vendor(single, as_of=AS_OF, cluster=None).iloc[0]
    low, high = wilson(50, 100)
    for row in (alone, none):  # where each order has one line, lines are independent
        assert (row.on_time_low, row.on_time_high, row.n_effective) == pytest.approx((float(low), float(high), 100))
    ten = lines_of(np.zeros(10, dtype=int), np.full(10, 10.0), np.repeat([10.0, 0.0], 5))
    together = slippage.by_vendor(ten, as_of=AS_OF).iloc[0]
    assert together.on_time_rate == 0.5
    # each order is all on time or all late: 9 degrees of freedom say 1, and 5 of the prior 1/2
    r = (9 * 1 + 5 * 0.5) / 14
    r = max(r, (10 * r + 9 * 1) / 19)
    assert together.n_effective == pytest.approx(100**2 / ((1 - r) * 100 + r * 1000))
    assert together.on_time_high - together.on_time_low > 0.5
    independent = slippage.by_vendor(ten, as_of=AS_OF, cluster=None).iloc[0]
    assert (independent.on_time_low, independent.on_time_high) == pytest.approx((float(low), float(high)))
    by_site = slippage.by_vendor(ten.assign(site_id=ten.order_id), as_of=AS_OF, cluster="site_id").iloc[0]
    assert by_site.n_effective == pytest.approx(together.n_effective)
    late = slippage.by_vendor(ten.iloc[:50], as_of=AS_OF).iloc[0]
    assert late.on_time_high == 1
    assert 0.4 < late.on_time_low < 0.6  # five orders, not fifty lines


def looped_correlation(clusters):
    """The ANOVA estimate within groups and the moment of whole clusters, over lists of (lines, hits) per group."""
    between = within = free = rest = size = 0.0
    for group in clusters:
        total, hits = sum(n for n, _ in group), sum(h for _, h in group)
        for n, h in group:
            between += n * (h / n - hits / total) ** 2
            within += h * (1 - h / n) ** 2 + (n - h) * (h / n) ** 2
        free += len(group) - 1
        rest += total - len(group)
        size += total - sum(n * n for n, _ in group) / total
    one, other = between / free, within / rest
    anova = min(max((one - other) / (one + (size / free - 1) * other), 0), 1)
    out = anova
    for _ in range(2):
        squares = fixed = rising = 0.0
        for group in clusters:
            total, hits = sum(n for n, _ in group), sum(h for _, h in group)
            p = hits / total
            independent = total**2 / sum((1 - out) * n + out * n * n for n, _ in group)
            spread = p * (1 - p) / max(1 - 1 / max(independent, 1.5), 0.3)
            squares += sum((h - n * p) ** 2 for n, h in group)
            for power, add in ((0, "fixed"), (1, "rising")):
                a = [n * (n - 1) if power else n for n, _ in group]
                # the variance of h - n x (all hits) / total, cluster by cluster
                each = [x - 2 * n * x / total + n * n * sum(a) / total**2 for x, (n, _) in zip(a, group, strict=True)]
                fixed, rising = (
                    (fixed + spread * sum(each), rising) if add == "fixed" else (fixed, rising + spread * sum(each))
                )
        out = min(max((squares - fixed) / rising, 0), 1)
    return anova, out, free


@pytest.mark.parametrize("seed", range(6))
def test_the_correlation_is_that_of_plain_loops(seed):
    rng = np.random.default_rng(seed)
    vendor, n, h = orders(rng, 6, rng.integers(3, 12), rng.uniform(0.5, 0.9), rng.choice([0.05, 0.4, 0.8]), lines=0)
    anova, moment, free = looped_correlation([list(zip(n[vendor == v], h[vendor == v], strict=True)) for v in range(6)])
    pooled = (free * max(anova, moment) + 5 * 0.5) / (free + 5)
    got = correlation(ClusterSums.of(vendor, n, h, 6))
    assert got.min() == pytest.approx(pooled) or got.min() > pooled
    assert (got >= pooled - 1e-12).all()


@pytest.mark.parametrize("seed", range(4))
def test_sums_by_cluster_whatever_the_order_of_the_lines(seed):
    rng = np.random.default_rng(seed)
    n_lines = 300
    group, cluster = rng.integers(0, 5, n_lines), rng.integers(-1, 40, n_lines)
    if seed % 2:  # each cluster in one group, its lines together
        cluster, group = np.sort(cluster), np.sort(cluster) % 5
    due = rng.random(n_lines) < 0.8
    hit = rng.random(n_lines) < 0.7
    frame = pd.DataFrame({"g": group, "c": np.where(cluster < 0, 1000 + np.arange(n_lines), cluster), "hit": hit})[due]
    each = frame.groupby(["g", "c"]).hit.agg(["size", "sum"]).reset_index()
    want = ClusterSums.of(each.g.to_numpy(), each["size"].to_numpy(float), each["sum"].to_numpy(float), 5)
    got = cluster_sums(group, cluster, due, hit, 5)
    for name, value in vars(want).items():
        assert getattr(got, name) == pytest.approx(value), name
    nothing = cluster_sums(group[:0], cluster[:0], due[:0], hit[:0], 5)
    assert nothing.n.tolist() == [0] * 5


def test_the_third_moment_of_weighted_lines_is_exact():
    """Of one order with weights 1, 2, 5, whose lines share a chance from a beta law: over all eight outcomes."""
    from scipy.special import beta

    weights, p, r = np.array([1.0, 2.0, 5.0]), 0.8, 0.3
    a, b = p * (1 - r) / r, (1 - p) * (1 - r) / r
    second = third = 0.0
    for hit in product([0, 1], repeat=3):
        k = sum(hit)
        chance = beta(a + k, b + 3 - k) / beta(a, b)
        off = weights @ (np.array(hit) - p)
        second, third = second + chance * off**2, third + chance * off**3
    w = Weights.of(np.zeros(3, dtype=int), np.zeros(3, dtype=int), weights, np.ones(3), 1)
    squares = (1 - r) * w.w2 + r * w.c2
    cubes = w.w3 + 3 * r * (w.c21 - w.w3) + 2 * r**2 / (1 + r) * (w.c3 - 3 * w.c21 + 2 * w.w3)
    assert squares[0] * p * (1 - p) == pytest.approx(second)
    assert cubes[0] * p * (1 - p) * (1 - 2 * p) == pytest.approx(third)


def test_the_laws_are_scipys():
    stats = pytest.importorskip("scipy.stats")
    free = np.array([9.0, 12.0, 30.0, 200.0])
    assert _student(free) == pytest.approx(stats.t.ppf(0.975, free), abs=4e-3)
    t = np.array([-3.0, -1.0, 0.5, 2.5])
    assert stats.norm.sf(_normal_of_student(t, free)) == pytest.approx(stats.t.sf(t, free), rel=0.02)
    for skew in (-0.6, 0.3, 0.8):
        assert stats.norm.sf(_normal_of_skewed(t, np.full(4, skew))) == pytest.approx(
            stats.pearson3.sf(t, skew), abs=4e-3
        )
    rng = np.random.default_rng(2)
    p = rng.random(50) ** 3
    assert discoveries(p, np.ones(50, dtype=bool), 0.05).tolist() == (stats.false_discovery_control(p) <= 0.05).tolist()


def test_the_shrunken_rate_is_at_the_root_of_paule_and_mandel():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(4)
    r = rates(*orders(rng, 30, rng.integers(3, 40, 30), rng.beta(8, 2, 30), 0.3), 30)
    p, n = r.rate, r.n_effective

    def weighed(c):
        w = 1 / (c + (1 - c) / n)
        mean = (w * p).sum() / w.sum()
        return w, mean

    def beyond(c):
        w, mean = weighed(c)
        return (w * (p - mean) ** 2).sum() / (mean * (1 - mean)) - 29

    c = (optimize.brentq(beyond, 1e-6, 0.9) * 29 + 0.2) / 31
    w, mean = weighed(c)
    assert r.shrunken() == pytest.approx(mean + c * w * (p - mean), abs=1e-5)


def test_the_shrunken_rate_ranks_three_of_three_below_95_of_100_and_follows_the_weight():
    frame = lines_of(np.repeat(range(4), [3, 100, 100, 100]), np.ones(303), np.r_[np.ones(3), np.arange(300) % 100 < np.repeat([95, 60, 80], 100)])  # fmt: skip
    got = slippage.by_vendor(frame, as_of=AS_OF).set_index("vendor_id").on_time_shrunken
    assert got["v00"] < got["v01"]
    assert got["v01"] == pytest.approx(0.95, abs=0.01)
    heavy = frame.assign(quantity=np.where(frame.delivered_date > frame.required_date, 30.0, 1.0))
    by_quantity = slippage.by_vendor(heavy, as_of=AS_OF, weight="quantity").set_index("vendor_id")
    assert by_quantity.on_time_shrunken["v02"] == pytest.approx(by_quantity.on_time_rate["v02"], abs=0.1)
    assert by_quantity.on_time_shrunken["v02"] < got["v02"] - 0.3
    same = lines_of(np.repeat(range(3), [10, 100, 20]), np.ones(130), np.r_[np.arange(10) < 8, np.arange(100) < 80, np.arange(20) < 16])  # fmt: skip
    assert slippage.by_vendor(same, as_of=AS_OF).on_time_shrunken.tolist() == pytest.approx([0.8] * 3)


def test_a_large_vendor_is_not_the_prior():
    rng, raw, drawn = np.random.default_rng(3), [], []
    for _ in range(40):
        truth = np.r_[0.55, rng.beta(45, 5, 30)]
        r = rates(*orders(rng, 31, np.r_[5000, np.repeat(8, 30)], truth, 0, lines=1), 31)
        raw.append(np.mean((r.rate - truth)[1:] ** 2))
        drawn.append(np.mean((r.shrunken() - truth)[1:] ** 2))
    assert np.mean(drawn) < 0.4 * np.mean(raw)


def test_others_are_all_but_the_vendor_and_the_shares_are_of_all():
    frame = lines_of(np.repeat(range(3), [10, 20, 30]), np.full(60, 2.0), np.repeat([2.0, 1.0, 0.0], [10, 20, 30]))
    got = slippage.by_vendor(frame, as_of=AS_OF).set_index("vendor_id")
    assert got.others_rate.to_dict() == pytest.approx({"v00": 20 / 100, "v01": 20 / 80, "v02": 40 / 60})
    assert got.due_share["v02"] == pytest.approx(0.5)
    assert got.against_others.to_dict() == {"v00": "above", "v01": "above", "v02": "below"}
    assert (got.due_share * got.on_time_rate).sum() == pytest.approx(40 / 120)
    one = slippage.by_vendor(frame, as_of=AS_OF, by=None).iloc[0]
    assert pd.isna(one.others_rate)
    assert pd.isna(one.p_value)


# ---- simulation ---------------------------------------------------------------------------------------------------------

CORRELATIONS = (0.05, 0.2, 0.5, 0.72)


def named(r, where="below"):
    return against_others(r).says == where


@pytest.mark.parametrize("runs", [60, pytest.param(200, marks=pytest.mark.full)])
def test_equal_vendors_are_rarely_named_and_a_worse_one_is(runs):
    rng = np.random.default_rng(runs)
    m, rate = np.r_[60, np.full(19, 20)], np.r_[0.65, np.full(19, 0.85)]
    false, found = [], []
    for rho in CORRELATIONS:
        equal = [against_others(rates(*orders(rng, 20, 20, 0.85, rho), 20)).says for _ in range(runs)]
        false.append(np.mean([any(x is not None for x in says) for says in equal]))
        found.append(np.mean([named(rates(*orders(rng, 20, m, rate, rho), 20))[0] for _ in range(runs)]))
    assert np.mean(false) <= 0.05
    assert max(false) <= (0.07 if runs > 100 else 0.12)
    assert min(found) >= (0.78 if runs > 100 else 0.7)
    assert np.mean(found) >= 0.88


@pytest.mark.full
def test_charts_of_equal_vendors_name_one_in_at_most_seven_percent():
    from makini_analytics.charts import captions_of

    for rho in CORRELATIONS:
        rng, alarms = np.random.default_rng(int(rho * 100)), 0
        for run in range(200):
            got = slippage.by_vendor(lines_of(*orders(rng, 20, 20, 0.77, rho)), as_of=AS_OF)
            names = got.against_others.notna().any()
            alarms += names
            if names or run < 2:  # the others would say the same
                assert ("no clear difference" in captions_of(slippage.plot_by_vendor(got)).title) != names
        assert alarms <= 14


@pytest.mark.parametrize(
    ("vendors", "runs"), [(20, 15), pytest.param(20, 150, marks=pytest.mark.full), pytest.param(1, 700, marks=pytest.mark.full)]
)  # fmt: skip
@pytest.mark.parametrize("m", [5, 10, 20, 50])
def test_the_interval_covers(vendors, runs, m):
    rng, cover = np.random.default_rng(m), {}
    for lines, rho, rate in product((0, 4), (0.05, 0.2, 0.5, 0.72), (0.5, 0.7, 0.85, 0.95)):
        held = []
        for _ in range(runs):
            low, high = rates(*orders(rng, vendors, m, rate, rho, lines), vendors).interval()
            held.append(np.mean((low <= rate) & (rate <= high)))
        cover[lines, rho, rate] = np.mean(held)
    assert 0.95 <= np.mean(list(cover.values())) <= 0.98
    assert min(cover.values()) >= (0.90 if vendors * runs >= 3000 else 0.86)


@pytest.mark.parametrize("runs", [40, pytest.param(200, marks=pytest.mark.full)])
def test_nothing_has_changed_and_something_has(runs):
    """Twenty vendors, two periods of 20 orders: few are called up or down where nothing has changed; 25 points fewer are seen."""
    rng, false, found = np.random.default_rng(9), [], []
    before = np.where(np.arange(40) % 2 == 1, np.arange(40) - 1, -1)
    family = np.zeros(40, dtype=int)
    for rho in (0.05, 0.5):
        for _ in range(runs):
            same = against_before(rates(*orders(rng, 40, 20, 0.8, rho), 40), before, family)
            false.append(any(x is not None for x in same.says))
            rate, m = np.full(40, 0.85), np.full(40, 20)
            rate[1], m[:2] = 0.6, 60
            fell = against_before(rates(*orders(rng, 40, m, rate, rho), 40), before, family)
            found.append(fell.says[1] == "down")
    assert np.mean(false) <= 0.06
    assert np.mean(found) >= 0.8


def test_months_that_hang_together_are_no_change():
    """Each vendor has its good and bad months, all orders alike: clustered by order a change is called every time, and none is there."""
    alarms = {"by order": 0, "told": 0}
    for seed in range(25):
        rng = np.random.default_rng(seed)
        month, vendor = np.repeat(np.arange(2), 12), np.tile(np.arange(12), 2)
        chance = rng.beta(0.8, 0.2, 24)
        day = pd.Timestamp("2025-03-10") + pd.to_timedelta(np.repeat(month, 60) * 30, unit="D")
        hit = rng.random(24 * 60) < np.repeat(chance, 60)
        came = day + pd.to_timedelta(np.where(hit, -1, 4), unit="D")
        frame = pd.DataFrame({"vendor_id": np.repeat(vendor, 60).astype(str), "order_id": np.arange(1440).astype(str), "required_date": day, "delivered_date": came})  # fmt: skip
        got = slippage.by_period(frame, as_of=AS_OF)
        alarms["told"] += got.against_before.notna().any()
        low, high = got.on_time_low.to_numpy(), got.on_time_high.to_numpy()
        alarms["by order"] += high[0] < low[1] or high[1] < low[0]
    assert alarms["told"] <= 3
    assert alarms["by order"] >= 8


@pytest.mark.full
def test_labels_of_the_real_deliveries_permuted(scms):
    """Orders dealt to vendors at random: whoever is then named is so by chance."""
    lines = scms.lines
    code = pd.factorize(lines.order_id)[0]
    vendor_of = pd.Series(lines.vendor_id.astype(str).to_numpy()).groupby(code).first().to_numpy()
    rng, alarms = np.random.default_rng(1), 0
    for _ in range(60):
        dealt = lines.assign(vendor_id=rng.permutation(vendor_of)[code], vendor_name=None)
        alarms += slippage.by_vendor(dealt, as_of="2015-12-31").against_others.notna().any()
    assert alarms <= 6
