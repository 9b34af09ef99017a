"""Kaplan-Meier and Aalen-Johansen against exact fractions, plain loops and scipy."""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from makini_analytics import lead_times
from makini_analytics.compute import _survival as survival
from makini_analytics.compute import count_days

stats = pytest.importorskip("scipy.stats", reason="scipy, the oracle, is not installed")

AS_OF = pd.Timestamp("2025-12-31")
LEVELS = (Fraction(1, 2), Fraction(8, 10), Fraction(9, 10))


def random_case(rng: np.random.Generator, *, cancelled: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Days and kinds of a handful of lines: many ties, sometimes all censored, sometimes none."""
    n = int(rng.integers(1, 60))
    days = rng.integers(0, int(rng.choice([3, 12, 60])), n)
    share = rng.choice([0.0, 0.2, 0.6, 1.0], p=[0.3, 0.3, 0.3, 0.1])
    kinds = np.where(rng.random(n) < share, survival.CENSORED, survival.DELIVERED)
    if cancelled:
        kinds = np.where(rng.random(n) < 0.25, survival.CANCELLED, kinds)
    return days, kinds


def frame_of(days: np.ndarray, kinds: np.ndarray, vendor: str = "v") -> pd.DataFrame:
    length = pd.to_timedelta(days, unit="D")
    start = np.where(kinds == survival.CENSORED, AS_OF - length, np.full(len(days), np.datetime64("2025-01-01")))
    ordered = pd.Series(start.astype("datetime64[us]"))
    end = ordered + length
    return pd.DataFrame(
        {
            "vendor_id": pd.array([vendor] * len(days), dtype="string"),
            "order_date": ordered,
            "delivered_date": end.where(kinds == survival.DELIVERED),
            "cancelled_date": end.where(kinds == survival.CANCELLED),
            "state": pd.array(np.where(kinds == survival.CANCELLED, "cancelled", "unknown"), dtype="string"),
        }
    )


def exact_quantiles(days: np.ndarray, kinds: np.ndarray) -> list[float]:
    """Kaplan-Meier in fractions, so that a level is reached or not without any doubt."""
    open_share, found = Fraction(1), {}
    for day in sorted({int(d) for d in days}):
        at_risk = int((days >= day).sum())
        came = int(((days == day) & (kinds == survival.DELIVERED)).sum())
        open_share *= 1 - Fraction(came, at_risk)
        for q in LEVELS:
            if open_share <= 1 - q:
                found.setdefault(q, float(day))
    return [found.get(q, np.nan) for q in LEVELS]


def check_quantiles_against_fractions(n_cases: int) -> None:
    rng = np.random.default_rng(3)
    frames, expected = [], {}
    for i in range(n_cases):
        days, kinds = random_case(rng, cancelled=i % 2 == 1)
        frames.append(frame_of(days, kinds, f"v{i:03}"))
        expected[f"v{i:03}"] = exact_quantiles(days, kinds)
    got = lead_times.by_vendor(pd.concat(frames), as_of=AS_OF).set_index("vendor_id")
    for vendor, figures in expected.items():
        np.testing.assert_array_equal(
            got.loc[vendor, ["median_days", "p80_days", "p90_days"]].to_numpy(float), figures, vendor
        )
    assert sum(np.isnan(f[0]) for f in expected.values()) > n_cases // 20  # the refusals were tested too


def test_quantiles_are_those_of_exact_fractions():
    check_quantiles_against_fractions(100)


@pytest.mark.full
def test_quantiles_are_those_of_exact_fractions_in_500_cases():
    check_quantiles_against_fractions(500)


@pytest.mark.parametrize("n_vendors", [1_000])
def test_quantiles_where_the_curve_lands_on_the_level(n_vendors):
    """100 lines each and no two days alike make S = k/100, which floating products leave a hair above one half."""
    rng = np.random.default_rng(1)
    days = np.concatenate([rng.permutation(np.arange(1, 201))[:100] for _ in range(n_vendors)])
    group = np.repeat(np.arange(n_vendors), 100)
    table = count_days(group, days, np.zeros(len(days), dtype=np.int64), n_groups=n_vendors, n_kinds=3)
    got = survival.first_day_at(table, survival.kaplan_meier(table), 0.5)
    np.testing.assert_array_equal(got, np.sort(days.reshape(n_vendors, 100), axis=1)[:, 49])


@pytest.mark.full
def test_share_and_band_agree_with_scipy_where_nothing_is_cancelled():
    rng = np.random.default_rng(5)
    compared = 0
    for _ in range(60):
        days, kinds = random_case(rng)
        got = lead_times.curve(frame_of(days, kinds), as_of=AS_OF)
        came = kinds == survival.DELIVERED
        if not came.any():
            assert (got.share_delivered == 0).all()
            continue
        theirs = stats.ecdf(stats.CensoredData(uncensored=days[came], right=days[~came])).sf
        np.testing.assert_allclose(got.share_delivered, 1 - theirs.evaluate(got.days), atol=1e-12)
        with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)  # its band is undefined where the share is 0 or 1
            band = theirs.confidence_interval(method="log-log")
        at = np.searchsorted(theirs.quantiles, got.days, side="right") - 1
        inside = ((got.share_delivered > 1e-9) & (got.share_delivered < 1 - 1e-9)).to_numpy()
        np.testing.assert_allclose(got.low[inside], 1 - band.high.probabilities[at][inside], atol=1e-10)
        np.testing.assert_allclose(got.high[inside], 1 - band.low.probabilities[at][inside], atol=1e-10)
        compared += int(inside.sum())
        # the median too, unless the curve is within a hair of the level, where scipy's floats may fall either way
        if (np.abs(theirs.probabilities - 0.5) > 1e-12).all():
            below = theirs.quantiles[theirs.probabilities <= 0.5]
            ours = lead_times.by_vendor(frame_of(days, kinds), as_of=AS_OF).median_days.item()
            assert np.isnan(ours) if not len(below) else ours == below[0]
    assert compared > 300


def aalen_johansen_by_loops(days, kinds) -> dict[int, tuple[float, float]]:
    """Share delivered and its variance, day by day from the definitions, in fractions until the end."""
    out, rows = {}, []
    going, share = Fraction(1), Fraction(0)
    for day in sorted({int(d) for d in days}):
        n = int((days >= day).sum())
        d = int(((days == day) & (kinds == survival.DELIVERED)).sum())
        e = d + int(((days == day) & (kinds == survival.CANCELLED)).sum())
        before, going = going, going * (1 - Fraction(e, n))
        share += before * Fraction(d, n)
        rows.append((share, before, n, d, e))
        variance = Fraction(0)
        for f, s, m, dd, ee in rows:
            rise = share - f
            if m > ee:
                variance += rise**2 * Fraction(ee, m * (m - ee))
            variance += s**2 * Fraction(dd * (m - dd), m**3) - 2 * rise * s * Fraction(dd, m**2)
        out[day] = (float(share), float(variance))
    return out


def check_aalen_johansen(n_cases: int) -> None:
    rng = np.random.default_rng(11)
    frames, expected = [], {}
    for i in range(n_cases):
        days, kinds = random_case(rng, cancelled=True)
        frames.append(frame_of(days, kinds, f"v{i:03}"))
        expected[f"v{i:03}"] = aalen_johansen_by_loops(days, kinds)
    got = lead_times.curve(pd.concat(frames), by="vendor", as_of=AS_OF)
    for vendor, rows in got.groupby("vendor_id"):
        theirs = expected[vendor]
        assert set(rows.days) == set(theirs) | {0}
        for r in rows.itertuples():
            share, variance = theirs.get(int(r.days), (0.0, 0.0))
            assert r.share_delivered == pytest.approx(share, abs=1e-12)
            if 1e-9 < share < 1 - 1e-9:
                width = 1.959963984540054 * np.sqrt(variance) / ((1 - share) * -np.log(1 - share))
                assert r.low == pytest.approx(1 - (1 - share) ** np.exp(-width), abs=1e-9)
                assert r.high == pytest.approx(1 - (1 - share) ** np.exp(width), abs=1e-9)


def test_aalen_johansen_and_its_variance_are_those_of_plain_loops():
    check_aalen_johansen(40)


@pytest.mark.full
def test_aalen_johansen_and_its_variance_in_500_cases():
    check_aalen_johansen(500)


def test_a_curve_worked_by_hand():
    days = np.array([2, 3, 3, 5, 8])
    kinds = np.array(
        [survival.DELIVERED, survival.CANCELLED, survival.DELIVERED, survival.CENSORED, survival.DELIVERED]
    )
    got = lead_times.curve(frame_of(days, kinds), as_of=AS_OF)
    assert got.days.tolist() == [0, 2, 3, 5, 8]
    assert got.at_risk.tolist() == [5, 5, 4, 2, 1]
    assert got.delivered.tolist() == [0, 1, 1, 0, 1]
    assert got.cancelled.tolist() == [0, 0, 1, 0, 0]
    assert got.censored.tolist() == [0, 0, 0, 1, 0]
    # 1/5, + 4/5 x 1/4, + (what neither came nor was cancelled: 4/5 x 2/4) x 1/1
    assert got.share_delivered.tolist() == pytest.approx([0, 0.2, 0.4, 0.4, 0.8])
    assert [str(t) for t in got.dtypes] == ["float64", "int64", "int64", *["float64"] * 3, "int64", "int64"]


def test_the_curve_rises_within_its_band_and_accounts_for_every_line():
    rng = np.random.default_rng(2)
    frames = [frame_of(*random_case(rng, cancelled=True), f"v{i:02}") for i in range(30)]
    lines = pd.concat(frames)
    got = lead_times.curve(lines, by="vendor", as_of=AS_OF)
    assert got[["delivered", "cancelled", "censored"]].to_numpy().sum() == len(lines)
    assert got.share_delivered.between(0, 1).all()
    assert ((got.low <= got.share_delivered) & (got.share_delivered <= got.high)).all()
    per_vendor = got.groupby("vendor_id")
    assert (per_vendor.share_delivered.diff().fillna(0) >= -1e-15).all()
    assert (per_vendor.days.first() == 0).all() and (per_vendor.days.diff().dropna() > 0).all()
    leaving = got.delivered + got.cancelled + got.censored
    assert (got.at_risk - leaving == per_vendor.at_risk.shift(-1, fill_value=0)).all()


def test_every_line_left_out_leaves_no_curve():
    lines = frame_of(np.array([2, 3]), np.array([0, 0])).assign(order_date=pd.NaT)
    got = lead_times.curve(lines, as_of=AS_OF)
    assert got.empty and got.attrs["excluded"][0]["n_lines"] == 2


@pytest.mark.parametrize("q", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_quantiles_of_counts_are_numpys_of_the_days(q):
    from makini_analytics.compute import quantile

    rng = np.random.default_rng(4)
    group, days = rng.integers(0, 30, 400), rng.integers(-50, 50, 400)
    table = count_days(group, days, np.zeros(400, dtype=np.int64), n_groups=32, n_kinds=1)
    got = quantile(table, table.counts[:, 0], q)
    expected = [np.quantile(days[group == g], q) if (group == g).any() else np.nan for g in range(32)]
    np.testing.assert_allclose(got, expected, atol=1e-12)
    assert np.isnan(got[31])


def test_counting_by_table_and_by_sorting_is_the_same():
    rng = np.random.default_rng(6)
    group, days, kind = rng.integers(0, 20, 500), rng.integers(-3, 40, 500), rng.integers(0, 3, 500)
    dense = count_days(group, days, kind, n_groups=20, n_kinds=3)
    far = count_days(np.r_[group, 19], np.r_[days, 3_000_000], np.r_[kind, 0], n_groups=20, n_kinds=3)  # must sort
    np.testing.assert_array_equal(far.group[:-1], dense.group)
    np.testing.assert_array_equal(far.day, np.r_[dense.day, 3_000_000])
    np.testing.assert_array_equal(far.counts[:-1], dense.counts)
    assert dense.counts.sum() == 500
