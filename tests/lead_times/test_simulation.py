"""Orders whose law is known: how far the usual figures are off, and that ours are not.

20,000 orders over a year, lead times lognormal with median 30 (sigma 0.6, rounded up), looked at on the last day.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import lead_times, slippage

stats = pytest.importorskip("scipy.stats", reason="scipy, the oracle, is not installed")

N, YEAR = 20_000, 365
START = pd.Timestamp("2025-01-01")
AS_OF = START + pd.Timedelta(days=YEAR)


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    ordered = rng.integers(0, YEAR, N)
    days = np.ceil(rng.lognormal(np.log(30), 0.6, N)).astype(int)
    lines = pd.DataFrame({"ordered": ordered, "days": days, "came": ordered + days <= YEAR})
    lines["order_date"] = START + pd.to_timedelta(ordered, unit="D")
    lines["delivered_date"] = (lines.order_date + pd.to_timedelta(days, unit="D")).where(lines.came)
    lines["required_date"] = lines.order_date + pd.Timedelta(days=35)
    lines["vendor_id"] = "v"
    return lines


def test_the_whole_year_is_right_within_a_day(simulated):
    got = lead_times.by_vendor(simulated, as_of=AS_OF).iloc[0]
    assert got.median_days == pytest.approx(simulated.days.median(), abs=1) == pytest.approx(30, abs=1)
    assert got.p90_days == pytest.approx(65, abs=1)
    assert got.p80_days == pytest.approx(np.quantile(simulated.days, 0.8), abs=1)
    assert got.restricted_mean_days == pytest.approx(36.3, abs=0.3)
    assert got.mean_delivered_days == pytest.approx(34.6, abs=0.3)  # the usual average, too low


def test_the_last_month_looks_twice_as_fast_and_ours_refuses(simulated):
    last = simulated[simulated.ordered >= 335]
    got = lead_times.by_vendor(last, as_of=AS_OF).iloc[0]
    assert got.mean_delivered_days == pytest.approx(16.4, abs=0.7)
    assert last.days.mean() == pytest.approx(36.5, abs=1.5)  # the truth
    assert got.n_open / got.n_lines == pytest.approx(0.82, abs=0.02)
    assert got[["median_days", "p80_days", "p90_days"]].isna().all()  # not yet estimable


def test_cancelled_lines_are_never_delivered(simulated):
    rng = np.random.default_rng(8)
    cancelled_after = np.ceil(rng.exponential(150, N)).astype(int)
    cancelled_first = cancelled_after < simulated.days
    end = np.where(cancelled_first, cancelled_after, simulated.days)
    seen = simulated.ordered + end <= YEAR
    lines = simulated.assign(
        delivered_date=simulated.delivered_date.mask(cancelled_first),
        cancelled_date=(simulated.order_date + pd.to_timedelta(cancelled_after, unit="D")).where(
            cancelled_first & seen
        ),
        state=pd.array(np.where(cancelled_first & seen, "cancelled", "unknown"), dtype="string"),
    )
    assert cancelled_first.mean() == pytest.approx(0.2, abs=0.02)
    truth = (~cancelled_first & (simulated.days <= 60)).mean()
    curve = lead_times.curve(lines, as_of=AS_OF)
    share = curve[curve.days <= 60].iloc[-1]
    assert share.share_delivered == pytest.approx(truth, abs=0.01)
    assert truth == pytest.approx(0.724, abs=0.01)
    assert share.low < truth < share.high
    as_if_censored = lead_times.curve(
        lines.assign(state="unknown", order_date=lines.order_date.where(lines.state != "cancelled")), as_of=AS_OF
    )
    assert (
        as_if_censored[as_if_censored.days <= 60].iloc[-1].share_delivered > truth + 0.1
    )  # what leaving them out gives


def test_on_time_among_what_was_received_flatters(simulated):
    due_lately = simulated[simulated.ordered.between(YEAR - 35 - 29, YEAR - 35)]
    truth = (simulated.days <= 35).mean()
    got = slippage.by_vendor(due_lately, as_of=AS_OF).iloc[0]
    received = due_lately[due_lately.came]
    assert truth == pytest.approx(0.604, abs=0.01)
    assert (received.days <= 35).mean() > truth + 0.1  # the usual figure: 78.5 % in this simulation
    assert got.on_time_rate == pytest.approx(truth, abs=0.03)
    assert got.on_time_low < truth < got.on_time_high


def test_the_curves_band_holds_the_truth_as_often_as_it_says():
    """2,000 samples of 100 orders, many of them censored: 93 to 97 % on each day where 0.2 <= S <= 0.9 and 10 are at risk.

    At risk in the mean of the samples: to pick those samples alone that still have ten would be to pick the slow ones. The
    standard error of each day's coverage is 0.5 points.
    """
    rng = np.random.default_rng(21)
    samples, n, window = 2000, 100, 90
    ordered = rng.integers(0, window, (samples, n))
    took = np.ceil(rng.lognormal(np.log(30), 0.6, (samples, n))).astype(int)
    came = np.where(ordered + took <= window, ordered + took, np.nan)
    lines = pd.DataFrame(
        {
            "sample": np.repeat(np.arange(samples), n),
            "order_date": START + pd.to_timedelta(ordered.ravel(), unit="D"),
            "delivered_date": START + pd.to_timedelta(came.ravel(), unit="D"),
        }
    )
    days = np.arange(1, window)
    at_risk = (np.minimum(took, window - ordered)[..., None] >= days).sum(axis=1).mean(axis=0)
    truth = stats.norm.cdf(np.log(days / 30) / 0.6)
    asked = (truth >= 0.1) & (truth <= 0.8) & (at_risk >= 10)
    assert asked.sum() > 30
    held = np.zeros(len(days))
    for _, curve in lead_times.curve(lines, by="sample", as_of=START + pd.Timedelta(days=window)).groupby("sample"):
        step = np.searchsorted(curve.days, days, side="right") - 1
        held += (curve.low.to_numpy()[step] <= truth) & (truth <= curve.high.to_numpy()[step])
    coverage = (held / samples)[asked]
    assert coverage.mean() == pytest.approx(0.95, abs=0.005)
    assert ((coverage > 0.93) & (coverage < 0.97)).all(), coverage.round(3)
