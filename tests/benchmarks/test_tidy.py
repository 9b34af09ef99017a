"""A million lines from pages to typed frames, beside json_normalize and the parser alone: time and peak memory in one run."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

import pytest

from tests.benchmarks.pages import write

N_LINES, ROUNDS = 1_000_000, 5

HEAD = """
import json, pathlib, resource, sys, time
import orjson, pandas as pd
from makini_analytics.records import Shaped
from makini_analytics.schema import LINE_CONTAINERS
from makini_analytics.tidy import Tidying
files = sorted(pathlib.Path(sys.argv[1]).iterdir())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
a = time.perf_counter()
"""
VARIANTS = {
    "orjson.loads alone": "n = sum(len(orjson.loads(f.read_bytes())['data']) for f in files)",
    "ours": """
t, parse = Tidying(), Shaped(LINE_CONTAINERS)
for f in files:
    t.take(parse(f.read_bytes())["data"])
n = len(t.finish(connection="x", delivery_date="actual").orders)
""",
    "json_normalize": """
rows = [r for f in files for r in json.loads(f.read_bytes())["data"]]
lines = pd.json_normalize(rows, "lineItems", ["key", "orderNo"], meta_prefix="order.", errors="ignore")
for r in rows:
    del r["lineItems"]
n = len(pd.json_normalize(rows))
""",
}
TAIL = """
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([n, time.perf_counter() - a, peak / 1024]))
"""


def timed(name, folder, n_orders):
    command = [sys.executable, "-W", "ignore", "-c", HEAD + VARIANTS[name] + TAIL, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    n, seconds, peak = json.loads(done.stdout.splitlines()[-1])
    assert n == n_orders
    return seconds, peak


@pytest.mark.benchmark
def test_a_million_lines_beside_json_normalize(tmp_path, capsys):
    n_orders = write(tmp_path / "pages", N_LINES)
    got = {name: [] for name in VARIANTS}
    for _ in range(ROUNDS):
        for name in VARIANTS:
            got[name].append(timed(name, tmp_path / "pages", n_orders))
    lines = ["| variant | seconds, median | min-max | peak MiB above imports |", "|---|---|---|---|"]
    for name, runs in got.items():
        s = [r[0] for r in runs]
        lines.append(
            f"| {name} | {statistics.median(s):.2f} | {min(s):.2f}-{max(s):.2f} | {max(r[1] for r in runs):.0f} |"
        )

    def ratio(a, b, i):
        return statistics.median(x[i] / y[i] for x, y in zip(got[a], got[b], strict=True))

    of_floor = ratio("ours", "orjson.loads alone", 0)
    faster, leaner = ratio("json_normalize", "ours", 0), ratio("json_normalize", "ours", 1)
    lines.append(
        f"\nours / orjson.loads: {of_floor:.2f}; json_normalize / ours: {faster:.2f}; its peak / ours: {leaner:.2f}"
    )
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert of_floor <= 4.5
    assert faster >= 3.3
    assert leaner >= 7


@pytest.mark.benchmark
def test_the_cost_of_a_line_stays_the_same(tmp_path, capsys):
    took = {}
    for n in (10_000, 100_000, 1_000_000):
        n_orders = write(tmp_path / str(n), n)
        took[n] = min(timed("ours", tmp_path / str(n), n_orders)[0] for _ in range(3))
    with capsys.disabled():
        print("\n| lines | seconds | microseconds a line |\n|---|---|---|")
        for n, seconds in took.items():
            print(f"| {n:,} | {seconds:.2f} | {seconds / n * 1e6:.1f} |")
    assert took[1_000_000] / 1_000_000 < 1.5 * took[100_000] / 100_000
