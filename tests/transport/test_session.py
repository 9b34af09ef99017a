"""One GET: what is tried again and how long, what an error says, what the cache gives, and that nothing secret leaks."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from email.utils import formatdate
from pathlib import Path

import pytest

import makini_analytics.transport._page_cache as page_cache
import makini_analytics.transport._session as session
from makini_analytics import (
    ApiError,
    AuthError,
    Client,
    ConfigError,
    NetworkError,
    OfflineMissError,
    RateLimitError,
    ServerError,
    support_report,
)
from tests.faults.server import TOKEN, FaultServer, cut, cut_json, html, order, rate_limit, reset, stall, status
from tests.tiers import one_in
from tests.transport.test_pagination import ROWS, client, ids

# ---- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "  ", None, "a b", "a\nb", "tökén", 42])
def test_a_token_that_is_none_is_told_at_once(token):
    with pytest.raises(ConfigError) as e:
        Client(token)
    assert "tökén" not in str(e.value)


def test_the_environment_stands_behind_the_arguments(monkeypatch, tmp_path):
    monkeypatch.setenv("MAKINI_API_TOKEN", "env-token")
    monkeypatch.setenv("MAKINI_BASE_URL", "https://makini.example/x/")
    monkeypatch.setenv("MAKINI_CACHE_DIR", str(tmp_path / "c"))
    assert Client().base_url == "https://makini.example/x"
    assert Client().cache_path.parent == tmp_path / "c"
    assert Client(base_url="http://h").base_url == "http://h"
    assert Client(cache_dir=None).cache_path is None


@pytest.mark.parametrize(
    "bad",
    [
        {"contract": "v2"}, {"area": "crm"}, {"delivery_date": "maybe"}, {"base_url": "api.makini.io"}, {"base_url": "ftp://x"},
        {"per_page": 0}, {"max_workers": -1}, {"timeout": 0}, {"connection": ""}, {"base_url": "http://u:p@h"},
    ],
)  # fmt: skip
def test_a_setting_that_can_not_be_right_teaches(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        Client("t", **bad)


# ---- patience --------------------------------------------------------------------------------------------------------

PASSING = [
    status(500),
    status(502),
    status(503),
    status(504),
    rate_limit(),
    cut,
    cut_json,
    reset,
    status(429, Retry_After="soon"),
]


@pytest.mark.parametrize("fault", one_in(2, PASSING), ids=lambda f: getattr(f, "__name__", "f"))
def test_a_fault_that_passes_is_outlived(fault):
    with FaultServer(ROWS) as server:
        server.faults.extend([fault, fault])
        assert len(client(server).fetch_purchases().orders) == 35


def test_a_timeout_is_outlived():
    with FaultServer(ROWS) as server:
        server.faults.append(stall(1.0))
        assert len(client(server, timeout=0.3).fetch_purchases().orders) == 35


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 405, 410])
def test_what_will_not_pass_is_not_tried_again(code):
    with FaultServer(ROWS) as server:
        server.always = status(code)
        with pytest.raises(ApiError) as e:
            client(server, contract="v3").fetch_purchases()
        assert len(server.requests) == 1
    assert e.value.status == code
    assert not e.value.retryable


def test_the_waits_grow_from_about_two_seconds(monkeypatch):
    waits = []
    with FaultServer(ROWS) as server:
        server.always = status(503)
        c = client(server, backoff=2.0)
        monkeypatch.setattr(c._session._stopped, "wait", lambda s: waits.append(s) or False)
        with pytest.raises(ServerError):
            c.fetch_purchases()
    assert len(waits) == 3
    for got, want in zip(waits, (2, 4, 8), strict=True):
        assert want <= got <= want * 1.25


@pytest.mark.full
def test_the_first_real_wait_is_about_two_seconds():
    with FaultServer(ROWS[:1]) as server:
        server.faults.append(status(503))
        began = time.monotonic()
        Client(TOKEN, base_url=server.url, progress=False).fetch_purchases()
        assert 2.0 <= time.monotonic() - began < 4


@pytest.mark.parametrize("as_date", one_in(2, [False, True]))
def test_retry_after_is_kept_to(as_date, caplog):
    with FaultServer(ROWS) as server, caplog.at_level(logging.INFO, "makini_analytics"):
        server.faults.append(rate_limit(formatdate(time.time() + 2, usegmt=True) if as_date else 1))
        began = time.monotonic()
        client(server).fetch_purchases()
        assert time.monotonic() - began >= 0.9
    assert "rate limit" in caplog.text
    assert "waiting" in caplog.text


@pytest.mark.parametrize("code", one_in(3, [408, 425, 507, 520, 522, 524, 529, 530]))
def test_what_passes_is_asked_again_whoever_says_it(code):
    with FaultServer(ROWS) as server:
        server.faults.append(status(code))
        assert len(client(server).fetch_purchases().orders) == len(ROWS)


@pytest.mark.parametrize("code", [304, 409, 501, 505, 511])
def test_what_lasts_is_asked_once_and_not_called_what_it_is_not(code):
    with FaultServer(ROWS) as server:
        server.always = status(code)
        with pytest.raises(ApiError) as e:
            client(server).fetch_purchases()
        assert len(server.requests) == 1
        assert str(code) in str(e.value) and "redirected" not in str(e.value) and "for a while" not in str(e.value)


def test_a_server_that_asks_for_more_than_we_wait_is_not_asked_early():
    with FaultServer(ROWS) as server:
        server.always = rate_limit(3600)
        began = time.monotonic()
        with pytest.raises(RateLimitError) as e:
            client(server).fetch_purchases()
        assert time.monotonic() - began < 2
        assert len(server.requests) == 1
    assert e.value.retry_after == 3600
    assert e.value.code == "RATE_LIMIT_EXCEEDED"


def test_a_429_pauses_every_worker():
    with FaultServer(ROWS) as server:
        c = client(server, max_workers=4)
        c._session.get("/api/erp/purchase-orders", {"page": 1, "per_page": 5})
        stamps = []
        server.edit_answer = lambda body, page: stamps.append(time.monotonic()) or body
        server.faults.append(rate_limit(1))
        began = time.monotonic()
        c.fetch_purchases()
    quiet = [s - began for s in stamps if 0.3 < s - began < 0.9]
    assert quiet == []


# ---- errors that teach -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "request_id", "said"),
    one_in(3, [
        (b'{"error": {"code": "SOURCE_DOWN", "type": "x", "message": "SAP is away", "request_id": "rq-1"}}', "SOURCE_DOWN", "rq-1", "SAP is away"),
        (b'{"code": "E1", "message": "m", "requestId": "rq-2"}', "E1", "rq-2", "m"),
        (b'{"message": "The page must be a number.", "errors": {"page": ["must be a number"]}}', None, "rq-1", "page: must be a number"),
        (b'{"status": 500, "errors": ["adapter broke"]}', None, "rq-1", "adapter broke"),
        (b"<html><head><style>x{}</style></head><h1>502 Bad Gateway</h1></html>", None, "rq-1", "502 Bad Gateway"),
        (b"", None, "rq-1", "status page"),
        (b"[]", None, "rq-1", "status page"),
        (b'{"error": "just text"}', None, "rq-1", "just text"),
    ]),
)  # fmt: skip
def test_every_shape_of_error_is_read(body, code, request_id, said):
    with FaultServer(ROWS) as server:
        server.always = status(500, body)
        with pytest.raises(ServerError) as e:
            client(server, retries=0, connection="emea").fetch_purchases()
    error = e.value
    assert (error.status, error.code, error.request_id, error.connection) == (500, code, request_id, "emea")
    assert error.retryable
    assert error.operation == "GET /api/erp/purchase-orders?page=1&per_page=5"
    assert said in str(error)
    assert "status page" in str(error)
    assert error.request_id in str(error)


def test_a_message_that_ends_in_a_full_stop_does_not_end_in_two():
    with FaultServer(ROWS) as server:
        server.always = status(401, b'{"message": "The token is not accepted."}')
        with pytest.raises(AuthError, match=r"not accepted\. Check"):
            client(server).fetch_purchases()


def test_401_says_what_to_check_and_claims_nothing():
    with FaultServer(ROWS) as server, pytest.raises(AuthError) as e:
        Client("another", base_url=server.url, progress=False).fetch_purchases()
    for word in ("token", "credentials", "reconnect", "active", "permissions", "AUTHENTICATION_FAILED"):
        assert word in str(e.value)
    assert ".." not in str(e.value)
    assert e.value.request_id == "rq-401"


def test_a_web_page_is_told_at_once():
    with FaultServer(ROWS) as server:
        server.always = html
        with pytest.raises(ApiError, match=r"a web page.*base_url"):
            client(server).fetch_purchases()
        assert len(server.requests) == 1


def test_nobody_there():
    with pytest.raises(NetworkError, match="got no whole answer") as e:
        Client(TOKEN, base_url="http://127.0.0.1:9", backoff=0.01, progress=False).fetch_purchases()
    assert e.value.retryable
    assert e.value.status is None


def test_support_report():
    errors = [
        ServerError("a", status=503, request_id="r1", connection="emea", operation="GET /x"),
        NetworkError("b", connection="us", operation="GET /y"),
        ServerError("c", status=503, request_id="r2", connection="emea", operation="GET /x"),
    ]
    text = support_report(errors)
    for part in ("Began: 20", "Errors: 3 (503 x 2, NetworkError x 1)", "emea, us", "GET /x, GET /y", "r1, r2"):
        assert part in text
    assert support_report([]) == "No errors to report."


# ---- nothing leaks ---------------------------------------------------------------------------------------------------


def everything_said(error):
    parts = [str(error), repr(error), repr(error.__dict__), repr(error.args)]
    seen = error
    while seen is not None:
        parts.append("".join(traceback.TracebackException.from_exception(seen, capture_locals=True).format()))
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def echo(server, h, query):
    server.send(h, b'{"message": "who is ' + h.headers["Authorization"].encode() + b'?"}', 500)
    return True


def echo_html(server, h, query):
    server.send(h, b"<p>" + h.headers["Authorization"].encode(), 200, kind="text/html")
    return True


@pytest.mark.parametrize(
    "fault", one_in(5, [status(401), status(503), cut, cut_json, html, reset, echo, echo_html, stall(0.5)])
)
def test_the_token_stands_in_no_error_log_or_traceback(fault, caplog):
    secret = "tok-" + os.urandom(8).hex()
    with FaultServer(ROWS, token=secret) as server, caplog.at_level(logging.DEBUG):
        server.always = fault
        made = Client(secret, base_url=server.url, backoff=0.001, timeout=0.2, progress=False)
        del secret_holder[:]
        try:
            made.fetch_purchases()
            raise AssertionError("no error")
        except (ApiError, NetworkError) as e:
            said = "\n".join(everything_said(e).splitlines())
    said = said.replace(f"secret = '{secret}'", "")  # this test's own local variable
    assert secret not in said
    assert secret not in caplog.text
    assert secret not in repr(made)


secret_holder: list[str] = []


def test_the_token_stands_in_no_file_and_is_not_pickled(tmp_path):
    with FaultServer(ROWS) as server:
        made = client(server, cache_dir=tmp_path / "c")
        made.fetch_purchases()
        made.close()
        files = list((tmp_path / "c").iterdir())
        assert any(f.suffix == ".sqlite" for f in files)
        for f in files:
            assert TOKEN.encode() not in f.read_bytes()
            assert TOKEN not in f.name
        assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700
        with pytest.raises((ConfigError, TypeError)):
            pickle.dumps(made)


def test_a_redirect_is_not_followed():
    with FaultServer(ROWS) as server, FaultServer(ROWS) as thief:
        server.always = status(302, b"", Location=f"{thief.url}/api/erp/purchase-orders")
        with pytest.raises(ApiError, match="redirected"):
            client(server).fetch_purchases()
        assert thief.requests == []


def test_a_netrc_does_not_replace_the_token(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with FaultServer(ROWS) as server:
        assert len(client(server).fetch_purchases().orders) == 35
        assert {h["Authorization"] for *_, h in server.requests} == {f"Bearer {TOKEN}"}


# ---- the cache -------------------------------------------------------------------------------------------------------


def test_a_second_fetch_costs_nothing():
    with FaultServer(ROWS) as server:
        first = client(server).fetch_purchases()
        n = len(server.requests)
        again = client(server).fetch_purchases()  # another client, the same file
        assert server.requests[n:] == []
    assert first.sources.from_cache.tolist() == [False]
    assert again.sources.from_cache.tolist() == [True]
    assert again.sources.fetched_at.equals(first.sources.fetched_at)
    assert again.orders.equals(first.orders)


def test_two_tokens_on_one_url_never_see_each_other():
    with FaultServer(ROWS) as server:
        server.orders["other-token"] = [order(i) for i in range(100, 112)]
        assert len(client(server).fetch_purchases().orders) == 35
        for _ in range(2):
            other = Client("other-token", base_url=server.url, per_page=5, progress=False).fetch_purchases()
            assert ids(other) == [f"{i:04d}" for i in range(100, 112)]
            assert len(client(server).fetch_purchases().orders) == 35


def test_refresh_asks_anew_and_one_walk_is_one_snapshot():
    with FaultServer(ROWS) as server:
        c = client(server)
        c.fetch_purchases()
        server.orders[TOKEN] = [r | {"title": "new"} for r in server.orders[TOKEN]]
        assert c.fetch_purchases().orders.title.isna().all()
        assert (c.fetch_purchases(refresh=True).orders.title == "new").all()
        assert (c.fetch_purchases().orders.title == "new").all()


@pytest.mark.full
def test_pages_of_one_walk_expire_together():
    with FaultServer(ROWS) as server:
        c = client(server, expire_after=1.0)
        server.after_page = lambda page: time.sleep(0.1)
        c.fetch_purchases()
        time.sleep(0.8)
        server.orders[TOKEN] = [r | {"title": "new"} for r in server.orders[TOKEN]]
        titles = set(c.fetch_purchases().orders.title.fillna("old"))
        assert titles == {"new"}  # never some pages of each


def test_a_walk_that_broke_goes_on_where_it_broke():
    with FaultServer(ROWS) as server:

        def break_at_5(body, page):
            if page == 5:
                server.always = status(503)
            return body

        server.edit_answer = break_at_5  # fmt: skip
        c = client(server, max_workers=1)
        with pytest.raises(ServerError):
            c.fetch_purchases()
        server.always, server.edit_answer = None, lambda body, page: body
        n = len(server.requests)
        data = client(server, max_workers=1).fetch_purchases()
        pages = [
            q["page"]
            for _, path, q, _ in server.requests[n:]
            if path.endswith("purchase-orders") and "statuses" not in path
        ]
    assert pages == ["6", "7", "1"]  # page 1 is looked at once more: what the cache holds may have moved since
    assert len(data.orders) == 35


def test_offline_never_asks_and_says_what_is_missing():
    with FaultServer(ROWS) as server:
        with pytest.raises(OfflineMissError, match="not in the cache, which holds nothing"):
            client(server, offline=True).fetch_purchases()
        client(server, expire_after=0.01).fetch_purchases()
        n = len(server.requests)
        time.sleep(0.05)
        data = client(server, offline=True).fetch_purchases()
        assert len(server.requests) == n
        assert len(data.orders) == 35
        assert data.sources.from_cache.tolist() == [True]
        stored = f"{data.sources.fetched_at.item():%Y-%m-%d %H:%M} UTC"
        assert f"Read offline, from pages stored {stored}" in data.sources.notes.item()
        with pytest.raises(OfflineMissError, match=f"purchase-orders.*holds [0-9]+ pages stored {stored}"):
            client(server, offline=True).fetch_purchases(since="2025-06-01")


def test_offline_a_walk_that_broke_is_told_from_a_list_that_was_never_asked():
    with FaultServer(ROWS) as server:
        server.faults.extend([None] * 3 + [status(400)] * 5)
        with pytest.raises(ApiError):
            client(server, max_workers=1).fetch_purchases()
        with pytest.raises(OfflineMissError, match=r"page=4.*holds 3 pages.*did not come to its end"):
            client(server, offline=True, max_workers=1).fetch_purchases()


def test_offline_says_the_same_of_pages_in_memory():
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=None)
        c.fetch_purchases()
        c._session.offline = True
        with pytest.raises(OfflineMissError, match=r"holds \d+ pages stored 20"):
            c.fetch_purchases(since="2025-06-01")


def test_an_error_is_never_cached():
    with FaultServer(ROWS) as server:
        server.always = html
        with pytest.raises(ApiError):
            client(server).fetch_purchases()
        server.always = None
        assert len(client(server).fetch_purchases().orders) == 35


def test_clear_cache():
    with FaultServer(ROWS) as server:
        c = client(server)
        c.fetch_purchases()
        c.clear_cache()
        assert c.fetch_purchases().sources.from_cache.tolist() == [False]


def test_in_memory():
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=None)
        c.fetch_purchases()
        assert c.fetch_purchases().sources.from_cache.tolist() == [True]
        assert client(server, cache_dir=None).fetch_purchases().sources.from_cache.tolist() == [False]


def test_the_cache_is_small(tmp_path):
    with FaultServer([order(i, notes=f"note {i} " * 20) for i in range(2500)]) as server:
        c = client(server, per_page=100, cache_dir=tmp_path / "c")
        c.fetch_purchases()
        plain = sum(
            len(c._session.get("/api/erp/purchase-orders", {"page": p, "per_page": 100}).body) for p in range(1, 26)
        )
        c.close()
    assert c.cache_path.stat().st_size < plain / 5


@pytest.mark.full
@pytest.mark.parametrize(
    "damage",
    one_in(6, ["noise", "truncated", "row", "of something else", "read-only folder", "folder is a file", "locked"]),
)
def test_a_cache_that_can_not_be_used_costs_the_cache_not_the_fetch(tmp_path, damage, caplog, monkeypatch):
    monkeypatch.setattr(page_cache, "LOCK_TIMEOUT", 0.5)
    folder = tmp_path / "c"
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=folder)
        c.fetch_purchases()
        c.close()
        path: Path = c.cache_path
        holder = None
        if damage == "noise":
            path.write_bytes(os.urandom(5000))
        elif damage == "truncated":
            path.write_bytes(path.read_bytes()[:3000])
        elif damage == "row":
            with sqlite3.connect(path) as db:
                db.execute("UPDATE pages SET value = x'00'")
            db.close()
        elif damage == "of something else":
            with sqlite3.connect(path) as db:
                db.execute("ALTER TABLE pages RENAME COLUMN value TO words")
            db.close()
        elif damage == "read-only folder":
            if os.geteuid() == 0:
                monkeypatch.setattr(
                    page_cache,
                    "_probe",
                    lambda p: (_ for _ in ()).throw(sqlite3.OperationalError("attempt to write a readonly database")),
                )
            else:
                folder.chmod(0o500)
        elif damage == "folder is a file":
            folder = tmp_path / "f"
            folder.write_text("mine")
        elif damage == "locked":
            holder = sqlite3.connect(path, isolation_level=None)
            holder.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with caplog.at_level(logging.WARNING, "makini_analytics"):
            data = client(server, cache_dir=folder).fetch_purchases()
        assert time.monotonic() - began < 8
        if holder:
            holder.close()
    assert len(data.orders) == 35
    assert len([r for r in caplog.records if "cache" in r.message]) <= 1
    if damage != "row":
        assert "cache" in caplog.text
    if damage in ("noise", "truncated", "of something else"):
        assert "a new one was started" in caplog.text
        assert list(folder.glob("*.damaged-*"))


def test_a_full_disk_costs_the_cache_not_the_fetch(tmp_path, caplog):
    with FaultServer(ROWS) as server, caplog.at_level(logging.WARNING, "makini_analytics"):
        c = client(server, cache_dir=tmp_path / "c")
        with c._session.cache._table.connection() as db:
            db.execute("PRAGMA max_page_count = 1")
        assert len(c.fetch_purchases().orders) == 35
    assert len([r for r in caplog.records if "cache" in r.message]) == 1


KILLED = """
import sys
from makini_analytics import Client
Client({token!r}, base_url={url!r}, per_page=5, cache_dir={cache!r}, progress=False).fetch_purchases()
"""


def kill_in_the_middle(tmp_path, times):
    with FaultServer(ROWS) as server:
        server.after_page = lambda page: time.sleep(0.02)
        whole = client(server, cache_dir=None).fetch_purchases()
        for n in range(times):
            cache = str(tmp_path / str(n))
            code = KILLED.format(token=TOKEN, url=server.url, cache=cache)
            began = len(server.requests)
            process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
            while len(server.requests) < began + 1 + n % 8 and process.poll() is None:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.wait()
            data = client(server, cache_dir=cache).fetch_purchases()
            assert data.orders.equals(whole.orders)
            assert data.lines.equals(whole.lines)


@pytest.mark.full
def test_killed_in_the_middle_the_next_run_gives_the_whole(tmp_path):
    kill_in_the_middle(tmp_path, 2)


@pytest.mark.full
def test_killed_fifty_times(tmp_path):
    kill_in_the_middle(tmp_path, 50)


@pytest.mark.usefixtures("ctrl_c_reaches_children")
@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.full), 4])
def test_ctrl_c_ends_a_fetch_that_waits_and_the_client_lives_on(workers, tmp_path):
    """A real signal in a real process, while every worker waits for its next try."""
    script = f"""
import sys, time
from makini_analytics import Client
c = Client({TOKEN!r}, base_url=sys.argv[1], per_page=5, backoff=30, progress=False, max_workers={workers})
began = time.monotonic()
try:
    c.fetch_purchases()
except KeyboardInterrupt:
    assert time.monotonic() - began < 10
    print(len(c.fetch_purchases().orders), flush=True)
"""
    with FaultServer(ROWS) as server:
        server.faults.extend([None, None, *[status(503)] * workers])
        process = subprocess.Popen([sys.executable, "-c", script, server.url], stdout=subprocess.PIPE, text=True)
        while len(server.requests) < 2 + workers:
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert out == "35\n"
    assert process.returncode == 0


def test_closing_wakes_who_waits():
    with FaultServer(ROWS) as server:
        server.always = status(503)
        c = client(server, backoff=30)
        threading.Timer(0.3, c.close).start()
        began = time.monotonic()
        with pytest.raises(NetworkError, match="closed or interrupted"):
            c.fetch_purchases()
        assert time.monotonic() - began < 5


# ---- spans and filters -----------------------------------------------------------------------------------------------


def test_since_and_until_are_days_both_included():
    rows = [order(i, orderDate=f"2025-03-{i:02d}T00:00:00Z") for i in range(1, 29)] + [order(50, orderDate=None)]
    with FaultServer(rows) as server:
        data = client(server).fetch_purchases(since="2025-03-10", until="2025-03-12")
        _, _, query, _ = server.requests[0]
    assert ids(data) == ["0010", "0011", "0012", "0050"]
    assert query["filter[orderDate:gteq]"] == "2025-03-09"
    assert query["filter[orderDate:lt]"] == "2025-03-14"
    assert query["filterMatch"] == "all"
    assert "without an order date" in data.sources.notes.item()
    assert len(data.lines) == 4
    with pytest.raises(ConfigError, match="after"):
        client(server).fetch_purchases(since="2025-03-12", until="2025-03-10")
    with pytest.raises(ConfigError, match="no date"):
        client(server).fetch_purchases(since="soon")


def test_a_filter_that_is_not_kept_is_noticed():
    with FaultServer(ROWS) as server:
        server.orders[TOKEN] = [order(i, updatedAt=f"2025-0{1 + i % 2}-01T00:00:00Z") for i in range(20)]
        kept = client(server).fetch_purchases(modified_since="2025-02-01")
        assert len(kept.orders) == 10
        server.page_of = lambda rows, query, path, f=server.page_of: f(server.orders[TOKEN], query, path)
        told = client(server).fetch_purchases(modified_since="2025-02-01", refresh=True)
    assert ids(told) == ids(kept)
    assert "did not keep to modified_since" in told.sources.notes.item()


def test_a_filter_that_is_refused_is_done_without():
    def refuse(server, h, query):
        if any(k.startswith("filter") for k in query):
            server.send(h, {"message": "unknown filter"}, 422)
            return True
        return False

    with FaultServer([order(i, orderDate=f"2025-03-{i:02d}") for i in range(1, 20)]) as server:
        server.always = refuse
        data = client(server).fetch_purchases(since="2025-03-10")
    assert len(data.orders) == 10
    assert "does not take the filters (422)" in data.sources.notes.item()


def test_a_look_up_that_is_refused_or_breaks_is_a_note_and_what_may_pass_is_not_remembered():
    def refuse(code):
        def fault(server, h, query):
            if "vendors" in h.path:
                server.send(h, {"message": "no"}, code)
                return True
            return False

        return fault

    with FaultServer(ROWS) as server:
        server.always = refuse(500)
        data = client(server).fetch_purchases()
        assert len(data.orders) == len(ROWS)
        assert "vendors is not available (500): keys are kept instead of names" in data.sources.notes.item()
        # it may pass, so it is not kept as a 403 is: the next fetch asks again
        server.always = refuse(403)
        assert "vendors is not available (403)" in client(server).fetch_purchases().sources.notes.item()


def test_lists_without_lines_are_completed_one_by_one():
    rows = ROWS[:3]

    def single(server, h, query):
        for r in rows:
            if h.path.endswith(f"/purchase-orders/{r['key']}"):
                server.send(h, {"data": r})
                return True
        return False

    with FaultServer(rows) as server:
        server.edit_answer = lambda body, page: (
            body | {"data": [{k: v for k, v in r.items() if k != "lineItems"} for r in body["data"]]}
        )
        server.always = single
        data = client(server).fetch_purchases()
    assert data.lines.line_id.tolist() == ["0001-1", "0002-1", "0003-1"]
    assert "carries no lines" in data.sources.notes.item()


def test_fetch_table_and_its_filters():
    with FaultServer() as server:
        server.tables = {
            "uom": [{"key": "01", "code": "EA", "rate": 1}],
            "statuses/purchase-orders": [{"key": "9", "name": "Open"}],
        }
        c = client(server)
        assert c.fetch_table("units").code.tolist() == ["EA"]
        assert c.fetch_table("/api/erp/uom").key.tolist() == ["01"]
        assert c.fetch_table("statuses", name="Open").name.tolist() == ["Open"]
        assert server.requests[-1][2]["filter[name]"] == "Open"
        with pytest.raises(ApiError, match="404"):
            c.fetch_table("nothing")


def test_check_says_whether_the_token_answers():
    with FaultServer(ROWS, "v1") as server:
        assert "answers to the token" in client(server).check()
        with pytest.raises(AuthError):
            Client("wrong", base_url=server.url).check()


def test_the_modules_know_no_other_method_than_get():
    source = Path(session.__file__).read_text()
    assert "_http.get(" in source
    for verb in ("post", "put", "patch", "delete", "request"):
        assert f"_http.{verb}(" not in source
