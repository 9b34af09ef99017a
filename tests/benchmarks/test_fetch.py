"""Fetching beside its peers: 100,000 orders in 400 pages at 20 ms. Ratios in one run, each variant in a process of its own.

Rows are counted and let go, on every side, as a fetch of ours does once it has taken a page apart.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.conftest import PEAK
from tests.benchmarks.page_server import PER_PAGE, running

PAGES, LATENCY, ROUNDS = 400, 0.02, 5

OURS = """
from makini_analytics import Client
from makini_analytics.records import RecordDecoder
from makini_analytics.tidy._schema import LINE_CONTAINERS
from makini_analytics.transport._pagination import paginate
class Counted:
    n = 0
    def take(self, page): self.n += len(page)
def run(url, folder):
    with Client("t", base_url=url, cache_dir=folder, per_page=250, max_workers={workers}, progress=False) as c:
        return paginate(c._session, "/api/erp/purchase-orders", {{"per_page": 250}}, Counted, workers={workers}, new_decoder=lambda: RecordDecoder(LINE_CONTAINERS)).sink.n
"""
VARIANTS = {
    "requests loop": """
import requests
def run(url, folder):
    n, page, s = 0, 1, requests.Session()
    s.headers["Authorization"] = "Bearer t"
    while True:
        body = s.get(f"{url}/api/erp/purchase-orders", params={"page": page, "per_page": 250}).json()
        n += len(body["data"])
        if page >= body["meta"]["last_page"]:
            return n
        page += 1
""",
    "ours, 1 worker": OURS.format(workers=1),
    "ours, 4 workers": OURS.format(workers=4),
    "ours, warm": OURS.format(workers=1),
    "gzip files": """
import gzip, json, pathlib
def run(url, folder):
    return sum(len(json.loads(gzip.decompress(p.read_bytes()))["data"]) for p in pathlib.Path(folder).glob("*.gz"))
""",
    "plain files": """
import json, pathlib
def run(url, folder):
    return sum(len(json.loads(p.read_bytes())["data"]) for p in pathlib.Path(folder).glob("*.json"))
""",
    "dlt RESTClient": """
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator
def run(url, folder):
    pages = PageNumberPaginator(base_page=1, total_path="meta.last_page")
    client = RESTClient(base_url=url, headers={"Authorization": "Bearer t"}, paginator=pages)
    return sum(len(page) for page in client.paginate("/api/erp/purchase-orders", params={"per_page": 250}))
""",
}
TIMED = """
import json, sys, time
a = time.perf_counter()
n = run(*sys.argv[1:])
print(json.dumps([n, time.perf_counter() - a, peak()]))
"""


def timed(name, url, folder):
    done = subprocess.run(
        [sys.executable, "-c", PEAK + VARIANTS[name] + TIMED, url, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "No module named 'dlt'" in done.stderr:
        return None
    assert not done.returncode, done.stderr
    n, seconds, peak = json.loads(done.stdout.splitlines()[-1])
    assert n == PAGES * PER_PAGE
    return seconds, peak


@pytest.mark.benchmark
def test_fetch_beside_its_peers(tmp_path, measured):
    import gzip
    import urllib.request

    got = {name: [] for name in VARIANTS}
    with running(PAGES, LATENCY) as (url, plain):
        for kind in ("gz", "json"):
            (tmp_path / kind).mkdir()
        for page in range(1, PAGES + 1):
            body = urllib.request.urlopen(f"{url}/api/erp/purchase-orders?page={page}").read()
            (tmp_path / "gz" / f"{page}.gz").write_bytes(body)
            (tmp_path / "json" / f"{page}.json").write_bytes(gzip.decompress(body))
        for i in range(ROUNDS):
            for name in VARIANTS:
                folder = {"gzip files": "gz", "plain files": "json", "ours, warm": f"{i}ours, 1 worker"}.get(
                    name, f"{i}{name}"
                )
                got[name].append(timed(name, url, tmp_path / folder))
        size = sum(p.stat().st_size for p in Path(tmp_path / "0ours, 1 worker").iterdir())

    runs = {name: r for name, r in got.items() if all(r)}
    seconds = {name: [t for t, _ in r] for name, r in runs.items()}
    measured.add(
        f"{PAGES} pages at {LATENCY * 1e3:.0f} ms",
        seconds,
        "ours, 1 worker",
        peaks={n: [p for _, p in r] for n, r in runs.items()},
    )

    def ratio(name, to):
        return statistics.median(a / b for a, b in zip(seconds[name], seconds[to], strict=True))

    said = {
        "serial and cold / requests loop": ratio("ours, 1 worker", "requests loop"),
        "serial / 4 workers": ratio("ours, 1 worker", "ours, 4 workers"),
        "warm / the same bytes from files": ratio("ours, warm", "gzip files"),
        "warm / plain JSON files": ratio("ours, warm", "plain files"),
        "cache / JSON on disk": size / plain,
    }
    serial, side, warm, _, disk = said.values()
    measured.tell("Fetching", ["ratio", "median"], [(k, f"{v:.2f}") for k, v in said.items()])
    assert serial <= 1.25
    assert side >= 2.7  # 3 is the aim: the workers, parsing, and the server share this machine's cores
    assert warm <= 2
    assert disk <= 0.2
