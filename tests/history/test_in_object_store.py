"""A history in an object store: a server of S3 in a process of its own, over real sockets; the same as in a folder, figure by figure."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import spend
from tests.history.replay import day, lived, random_days, same

pytest.importorskip("deltalake")
pytest.importorskip("moto", reason="no server of S3 here: pip install 'moto[server]'")


def asked(url, method="GET", body=None):
    request = urllib.request.Request(url, body, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """The address of a server that has one empty bucket: a process, since the engine waits for it with all of Python's threads held."""
    log = tmp_path_factory.mktemp("moto") / "log"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUNBUFFERED": "1"}
    with log.open("w") as out:
        server = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", "0"], env=environment, stdout=out, stderr=out)  # fmt: skip
    try:
        until = time.monotonic() + 60
        while "Running on http" not in log.read_text():
            assert server.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        url = log.read_text().partition("Running on ")[2].split()[0]
        asked(f"{url}/bucket", "PUT")
        yield url
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def options(bucket):
    return {
        "endpoint_url": bucket,
        "access_key_id": "a",
        "secret_access_key": "b",
        "region": "us-east-1",
        "allow_http": "true",
    }


def test_what_was_known_and_what_is_forgotten(bucket, options):
    shown = {"a": lived("a", 12, random_days(2, 3, 6)), "b": lived("b", 3, random_days(3, 3, 2))}
    days = [ma.concat([shown["a"][n], shown["b"][n]]) for n in range(3)]
    history = ma.History("s3://bucket/a path/é", storage_options=options)
    for n, data in enumerate(days):
        history.add(data, seen_at=day(n))
    killed = "a%20path/%C3%A9/part=lines/past=false/part-00000-killed-c000.zstd.parquet"
    for name in (killed, "a%20path/%C3%A9/notes.txt"):
        asked(f"{bucket}/bucket/{name}", "PUT", b"x")
    for _ in range(2):  # the second time compacted
        for n, data in enumerate(days):
            same(history.at(day(n)), data)
            for engine in ("duckdb", "polars"):
                pytest.importorskip(engine)
                got = history.scan(day(n), engine=engine)
                pd.testing.assert_frame_equal(spend.by_vendor(got), spend.by_vendor(data))
                assert got.sources.n_lines.sum() == len(data.lines)
                one = history.scan(day(n), connection="b", engine=engine)
                pd.testing.assert_frame_equal(spend.by_vendor(one), spend.by_vendor(data.filter(connection="b")))
        history.compact()
    with pytest.raises(ma.ConfigError, match=r"engine='spark' reads histories in folders|pyspark is not installed"):
        history.scan(engine="spark")
    name = days[0].orders.vendor_name.iloc[0]
    assert history.forget(vendor=name)["orders"] > 0
    listing = asked(f"{bucket}/bucket?list-type=2&prefix=a%20path/").decode()
    keys = [part.partition("</Key>")[0] for part in listing.split("<Key>")[1:]]
    assert any(k.endswith("notes.txt") for k in keys)  # what others put there stays
    assert not any(name in set(history.at(day(n)).lines.vendor_name) for n in range(3))
    held = {f for part in ("orders", "lines") for f in history._table.commit().files(part, past=True)}
    rows = [k for k in keys if "/part=orders/" in k or "/part=lines/" in k]
    assert {k.rpartition("/")[2] for k in rows if "killed" not in k} == {f.rpartition("/")[2] for f in held}


def test_two_that_add_at_once(options):
    shown = lived("a", 5, random_days(3, 4, 4))

    def add(_):
        history = ma.History("s3://bucket/two", storage_options=options)  # each with a lock of its own
        return sum(len(history.add(data, seen_at=day(n))) for n, data in enumerate(shown))

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(add, range(2))) == len(shown)
    history = ma.History("s3://bucket/two", storage_options=options)
    assert len(history.snapshots) == len(shown)
    for n, data in enumerate(shown):
        same(history.at(day(n)), data)
