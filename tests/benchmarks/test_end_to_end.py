"""A million lines from a warm cache to the HTML report, and ten million through a folder: where the time and the memory go."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.benchmarks.conftest import PEAK
from tests.benchmarks.page_server import running
from tests.benchmarks.pages import LINES, PER_PAGE

REPORT = """
import json, sys, time
import makini_analytics as ma
from makini_analytics import quality
from makini_analytics.reporting import _content
url, folder = sys.argv[1:]
took = {}
def timed(name, f):
    def g(*a, **k):
        began = time.perf_counter()
        out = f(*a, **k)
        took[name] = took.get(name, 0) + time.perf_counter() - began
        return out
    return g
with ma.Client("t", base_url=url, cache_dir=folder, per_page=250, progress=False, delivery_date="actual") as client:
    data = timed("fetch and tidy", client.fetch_purchases)()
assert bool(data.sources.from_cache.all()) is (sys.stdin.readline().strip() == "warm")
_content.look = timed("report: findings and tiles", _content.look)
quality.coverage = timed("report: coverage, in data quality", quality.coverage)
for name, (heading, make) in list(_content.SECTIONS.items()):
    _content.SECTIONS[name] = (heading, timed(f"report: {name}", make))
timed("report in all", ma.report)(data, folder + "/report.html")
print(json.dumps([len(data.lines), peak(), took]))
"""


def run(code, url, folder, word):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PEAK + code, url, str(folder)],
        input=word,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.benchmark
def test_a_million_lines_to_the_report(tmp_path, measured):
    with running(1_000_000 // (PER_PAGE * LINES), 0.0, "made") as (url, _):
        run(REPORT, url, tmp_path, "cold")
        n, peak, took = run(REPORT, url, tmp_path, "warm")
    assert n == 1_000_000
    title = f"1,000,000 lines from a warm cache to the report, peak {peak:,.0f} MiB"
    measured.tell(title, ["part", "seconds"], [(name, f"{s:.1f}") for name, s in took.items()])


TO_FOLDER = """
import json, sys, time
import makini_analytics as ma
url, folder = sys.argv[1:]
began = time.perf_counter()
with ma.Client("t", base_url=url, cache_dir=folder + "/cache", per_page=250, progress=False, delivery_date="actual") as client:
    client.fetch_purchases(to=folder + "/lake")
print(json.dumps([time.perf_counter() - began, peak()]))
"""
SCAN = """
import json, sys, time
import duckdb
import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
url, folder = sys.argv[1:]
duckdb.execute("SET memory_limit='1GB'")
lines, took = ma.scan(folder + "/lake"), {}
for f in (spend.by_vendor, spend.by_period, spend.concentration, lead_times.by_vendor, lead_times.curve, slippage.by_vendor):
    began = time.perf_counter()
    out = f(lines)
    took[f.__name__ + " " + f.__module__.split(".")[1]] = time.perf_counter() - began
n = out.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in out.attrs["excluded"])
print(json.dumps([n, peak(), took]))
"""


RECEIVED = """
import json, sys, time
import makini_analytics as ma
url, folder = sys.argv[1:]
where = sys.stdin.readline().strip()
to = folder + "/history" if where == "history" else None
began = time.perf_counter()
with ma.Client("t", base_url=url, cache_dir=folder + "/cache", per_page=250, progress=False, timeout=600) as client:
    got = client.fetch_purchases(to=to)
if where == "memory, history":
    ma.History(folder + "/other").add(got)
print(json.dumps([time.perf_counter() - began, peak()]))
"""


@pytest.mark.benchmark
def test_a_million_lines_with_receipts(tmp_path, measured):
    rows = []
    with running(1_000_000 // (PER_PAGE * LINES), 0.0, "received") as (url, _):
        for where in ("memory", "memory, history", "history"):  # the first one fills the cache
            seconds, peak = run(RECEIVED, url, tmp_path, where)
            rows.append((where, f"{seconds:.0f}", f"{peak:,.0f}"))
    measured.tell("1,000,000 lines with as many receipts", ["to", "seconds", "peak MiB"], rows)


@pytest.mark.benchmark
def test_ten_million_lines_through_a_history(tmp_path, measured):
    n_lines = 10_000_000
    with running(n_lines // (PER_PAGE * LINES), 0.0, "made") as (url, _):
        seconds, peak = run(TO_FOLDER, url, tmp_path, "")
    n, peak_of_scan, took = run(SCAN, "", tmp_path, "")
    assert n == n_lines
    title = f"10,000,000 lines to a history in {seconds:.0f} s, peak {peak:,.0f} MiB; by DuckDB held to 1 GB, peak {peak_of_scan:,.0f} MiB"
    measured.tell(title, ["function", "seconds"], [(name, f"{s:.1f}") for name, s in took.items()])
    assert peak < 2048
