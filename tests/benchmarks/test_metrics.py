"""The metrics beside polars, DuckDB, scipy and lifelines on the same lines, in interleaved rounds; how each grows from 10k to 10M.

The ratios that are asserted are of processor time, one thread each, which another program on the machine doesn't move; the table has
those of the clock, pinned to one thread and not. Run with ``pytest -m benchmark tests/benchmarks/test_metrics.py``.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from makini_analytics.compute import count_days, first_day_at, kaplan_meier
from tests.benchmarks.conftest import measured_by

pytestmark = pytest.mark.benchmark

ROUNDS = 5
AT_MOST = {"spend.by_vendor": 1.0, "spend.by_period": 1.0, "lead_times.by_vendor": 1.0, "slippage.by_vendor": 0.8}

#: In other engines, against queries by hand that give as much; docs/engines.md says what is above 1.25, and why.
AT_MOST_BY_HAND = {
    "spend.by_vendor": 1.7,
    "spend.by_period": 1.6,
    "lead_times.by_vendor": 1.3,
    "slippage.by_vendor": 1.8,
}


@pytest.mark.parametrize("n", [1_000_000, 10_000_000])
def test_beside_polars_and_duckdb(n, measured):
    late = {}
    for threads in ("1", ""):
        held = "one thread each" if threads else "as many threads as each likes"
        for metric, times in measured_by("metric_peers", str(n), str(ROUNDS), *filter(None, [threads])).items():
            measured.add(
                f"{metric}, {n:,} lines, {held}", {k: [r[0] for r in runs] for k, runs in times.items()}, unit="ms"
            )
            for who in ("polars", "duckdb") if threads else ():
                ratio = statistics.median(a[1] / b[1] for a, b in zip(times["ours"], times[who], strict=True))
                if ratio > AT_MOST[metric]:
                    late[metric, who] = ratio
    assert not late


def test_in_other_engines_beside_their_own_queries(measured):
    late = {}
    from tests.benchmarks.engine_peers import ENGINES, PANDAS

    others = [engine for engine in ENGINES if engine != PANDAS]
    for engine, metrics in measured_by("engine_peers", "1000000", str(ROUNDS), *others).items():
        for metric, times in metrics.items():
            ratio = 1 / measured.add(f"{metric}, 1M lines in {engine}, processor time", times, unit="ms")["by hand"]
            if ratio > AT_MOST_BY_HAND[metric]:
                late[engine, metric] = ratio
    assert not late


def test_growth(measured):
    from tests.benchmarks.metric_peers import lines

    metrics = [
        spend.by_vendor,
        spend.by_period,
        spend.concentration,
        lead_times.by_vendor,
        lead_times.curve,
        slippage.by_vendor,
    ]
    sizes = (10_000, 100_000, 1_000_000, 10_000_000)
    work: dict[str, list[float]] = {}
    for n in sizes:
        frame = lines(n)
        for f in metrics:
            f(frame)
            times = []
            for _ in range(3):
                begin = time.process_time()
                f(frame)
                times.append(time.process_time() - begin)
            work.setdefault(f"{f.__module__.split('.')[1]}.{f.__name__}", []).append(statistics.median(times))
    head = ["metric, processor ms at", *(f"{n:,} lines" for n in sizes)]
    rows = [(name, *(f"{t * 1e3:.1f}" for t in times)) for name, times in work.items()]
    measured.tell("Metrics grow with the lines", head, rows)
    for name, times in work.items():
        assert times[3] / times[2] < 20, name  # ten times the lines, and caches that no longer hold them


def test_price_index(measured):
    """A million lines of 20,000 items over three years, every two months compared, and again without each part of the items."""
    from tests.benchmarks.metric_peers import lines

    rng = np.random.default_rng(1)
    frame = lines(1_000_000)
    item = rng.integers(0, 20_000, len(frame))
    price = rng.lognormal(3, 1, 20_000)[item] * rng.lognormal(0, 0.1, len(frame))
    bought = frame.assign(product_code=item.astype(str), amount=frame.quantity * price, currency="EUR", connection="x")
    bought = bought.astype({"product_code": "category"})
    seconds = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        spend.price_index(bought)
        seconds.append(time.process_time() - begin)
    measured.add("spend.price_index, 1M lines, 20,000 items, 36 months, processor time", {"ours": seconds})
    assert statistics.median(seconds) < 2


def test_figures_that_look_at_change_and_at_what_comes(measured, tmp_path):
    """A million lines of 500 vendors over three years, and the sample's again and again: permutations, draws, orders, a card of all figures."""
    from tests.benchmarks.growth import save
    from tests.benchmarks.metric_peers import lines

    save(1_000_000, str(tmp_path / "data"))
    data, frame = ma.Purchases.load(tmp_path / "data"), lines(1_000_000)
    runs = {
        "lead_times.buffer": partial(lead_times.buffer, frame),
        "lead_times.shifts": partial(lead_times.shifts, frame),
        "slippage.arrivals": partial(slippage.arrivals, frame),
        "slippage.arrivals of the sample's lines": partial(slippage.arrivals, data.lines),
        "spend.order_pattern": partial(spend.order_pattern, frame),
        "scorecard": partial(ma.scorecard, data, currency="EUR"),
    }
    slow = {}
    for name, run in runs.items():
        seconds = []
        for _ in range(ROUNDS + 1):
            begin = time.process_time()
            run()
            seconds.append(time.process_time() - begin)
        measured.add(
            f"{name}, 1M lines, processor time", {"ours": seconds[1:]}
        )  # the first finds the codes of the texts
        if statistics.median(seconds[1:]) >= 2:
            slow[name] = seconds
    assert not slow


LIFELINES = """
import json, sys, time
import numpy as np, pandas as pd
from lifelines import KaplanMeierFitter
data = np.load(sys.argv[1])
vendor, days, event = data["vendor"], data["days"], data["event"]
seconds = []
for _ in range(int(sys.argv[2])):
    begin = time.process_time()
    groups = pd.DataFrame({"v": vendor, "d": days, "e": event}).groupby("v")
    medians = [KaplanMeierFitter().fit(g["d"], g["e"]).median_survival_time_ for _, g in groups]
    seconds.append(time.process_time() - begin)
print(json.dumps([seconds, [m if np.isfinite(m) else None for m in medians]]))
"""


@pytest.fixture(scope="module")
def lifelines() -> Path:
    """The Python of an environment with lifelines, which pins pandas<3; made once, and kept for the next run."""
    home = Path(tempfile.gettempdir()) / "makini-analytics-lifelines"
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if (
        subprocess.run([python, "-c", "import lifelines"], check=False, capture_output=True).returncode
        if python.exists()
        else True
    ):
        venv.create(home, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "-q", "lifelines>=0.30.3"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"lifelines can't be installed: {done.stderr[-200:]}")
    return python


def _waits(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    vendor, days = rng.integers(0, 1000, n), np.ceil(rng.lognormal(np.log(30), 0.6, n)).astype(np.int64)
    age = rng.integers(0, 365, n)
    return vendor, np.minimum(days, age), days <= age


def _ours(vendor, days, event):
    table = count_days(vendor, days, np.where(event, 0, 2), n_groups=1000, n_kinds=3)
    return first_day_at(table, kaplan_meier(table), 0.5)


def _scipy(vendor, days, event):
    from scipy import stats

    order = np.argsort(vendor, kind="stable")
    edges = np.searchsorted(vendor[order], np.arange(1001))
    days, event, out = days[order], event[order], np.full(1000, np.nan)
    for i, (a, b) in enumerate(pairwise(edges)):
        d, e = days[a:b], event[a:b]
        curve = stats.ecdf(stats.CensoredData(uncensored=d[e], right=d[~e])).sf
        reached = np.flatnonzero(curve.probabilities <= 0.5)
        out[i] = curve.quantiles[reached[0]] if len(reached) else np.nan
    return out


def test_survival_medians(lifelines, tmp_path, measured):
    waits = _waits(1_000_000)
    np.savez(tmp_path / "waits.npz", vendor=waits[0], days=waits[1], event=waits[2])
    times: dict[str, list[float]] = {"ours": [], "scipy": []}
    for _ in range(ROUNDS):
        for name, f in (("ours", _ours), ("scipy", _scipy)):
            begin = time.process_time()
            got = f(*waits)
            times[name].append(time.process_time() - begin)
            assert np.nanmax(np.abs(got - _ours(*waits))) == 0
    command = [lifelines, "-W", "ignore", "-c", LIFELINES, str(tmp_path / "waits.npz"), str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    times["lifelines"], medians = json.loads(done.stdout)
    np.testing.assert_array_equal(np.array(medians, dtype=float), _ours(*waits))
    theirs = measured.add("survival medians of 1,000 vendors, 1M lines", times, unit="ms")
    assert theirs["scipy"] >= 5
    assert theirs["lifelines"] >= 80


def test_survival_medians_are_exact_where_the_curve_lands_on_one_half():
    vendor, days, event = _waits(100_000)
    exact = np.full(1000, np.nan)
    for v in range(1000):
        d, e = days[vendor == v], event[vendor == v]
        stays, left = Fraction(1), len(d)
        for day in np.unique(d):
            came = int(np.count_nonzero((d == day) & e))
            stays *= 1 - Fraction(came, left)
            left -= int(np.count_nonzero(d == day))
            if stays <= Fraction(1, 2):
                exact[v] = day
                break
    np.testing.assert_array_equal(_ours(vendor, days, event), exact)
