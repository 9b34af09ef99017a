"""Bounds: one answer ends in time and size, whoever trickles or inflates it; nothing in it is an error of Python's."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace

import pytest
from tqdm.auto import tqdm

from makini_analytics import ApiError, Client, ConfigError, IncompleteDataError, MakiniError, NetworkError, Purchases
from makini_analytics.system import Display
from makini_analytics.transport._answer_error import _retry_after
from tests.faults.server import (
    TOKEN,
    FaultServer,
    bomb,
    html,
    lower_case,
    order,
    status,
    trickle_body,
    trickle_chunks,
    trickle_continue,
    trickle_headers,
)
from tests.tiers import one_in
from tests.transport.test_pagination import ROWS, client, ids

# ---- time ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", one_in(3, [trickle_body, trickle_headers, trickle_continue, trickle_chunks]))
def test_timeout_bounds_the_whole_answer_whatever_trickles(fault):
    with FaultServer(ROWS) as server:
        server.always = fault
        began = time.monotonic()
        with pytest.raises(NetworkError):
            client(server, timeout=0.5, retries=0).fetch_purchases()
        assert 0.4 < time.monotonic() - began < 1.5


@pytest.mark.parametrize("fault", one_in(2, [trickle_body, trickle_headers, trickle_continue, trickle_chunks]))
def test_a_trickle_that_passes_is_outlived(fault):
    with FaultServer(ROWS) as server:
        server.faults.extend([None, fault])
        assert ids(client(server, timeout=0.5).fetch_purchases()) == [r["key"] for r in ROWS]


def test_an_answer_in_pieces_that_is_in_time_is_read_and_its_connection_used_again():
    def in_pieces(server, h, query):
        raw = json.dumps(server.page_of(ROWS, query, "/")[0]).encode()
        h.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(raw)}\r\n\r\n".encode())
        for piece in (raw[:10], raw[10:500], raw[500:]):
            h.wfile.write(piece)
            time.sleep(0.01)
        return True

    with FaultServer(ROWS) as server:
        server.faults.extend([in_pieces] * 8)
        assert ids(client(server, timeout=1, max_workers=1).fetch_purchases()) == [r["key"] for r in ROWS]


# ---- size ----------------------------------------------------------------------------------------------------------------


def small(server, **options):
    c = client(server, retries=0, **options)
    c._session._retry_policy = replace(c._session._retry_policy, max_body=100_000)
    return c


def too_long(server, h, query):
    h.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n")
    h.close_connection = True
    return True


def without_end(server, h, query):
    h.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(100_000):
            h.wfile.write(b"400\r\n" + b" " * 1024 + b"\r\n")
    h.close_connection = True
    return True


@pytest.mark.parametrize("fault", [bomb(10_000_000), too_long, without_end])
def test_a_body_that_is_too_large_is_a_clear_error(fault):
    with FaultServer(ROWS) as server:
        server.always = fault
        began = time.monotonic()
        with pytest.raises(ApiError, match=r"more than 100,000 bytes.*max_body") as e:
            small(server).fetch_purchases()
        assert time.monotonic() - began < 5
    assert not e.value.retryable


def test_a_body_within_the_cap_is_read():
    with FaultServer([order(i, notes="x" * 100) for i in range(300)]) as server:
        assert len(small(server, per_page=100).fetch_purchases().orders) == 300


# ---- values --------------------------------------------------------------------------------------------------------------

ODD = [
    b"9" * 30,
    b"9" * 400,
    b"9" * 5000,
    b"-" + b"9" * 5000,
    b"1e400",
    b"-1e400",
    b"NaN",
    b'"\\ud83d"',
    b"[" * 200 + b"]" * 200,
]


@pytest.mark.parametrize("value", one_in(4, ODD), ids=lambda v: v[:8].decode())
@pytest.mark.parametrize("place", one_in(5, [b'"quantity": 1', b'"price": 1', b'"deletedAt": null', b'"title": null']))
def test_an_odd_value_costs_itself_and_not_the_page(value, place):
    rows = [order(1, title=None, deletedAt=None), order(2)]

    def odd(server, h, query):
        raw = json.dumps({"data": rows, "meta": {"last_page": 1, "total": 2}}).encode()
        server.send(h, raw.replace(place, place.partition(b":")[0] + b": " + value, 1))
        return True

    with FaultServer(rows) as server:
        server.faults.append(odd)
        got = client(server).fetch_purchases()
    assert isinstance(got, Purchases)
    assert ids(got) == ["0001", "0002"]


@pytest.mark.parametrize("depth", one_in(3, [100, 900, 5_000, 200_000]))
@pytest.mark.parametrize("head", one_in(3, [b'{"data": ', b'{"data": [], "x": ', b'{"next": ', b""]))
def test_deep_nesting_is_a_clear_error_or_nothing(depth, head):
    def deep(server, h, query):
        server.send(h, head + b"[" * depth + b"]" * depth + (b"}" if head else b""))
        return True

    with FaultServer(ROWS) as server:
        server.always = deep
        c = client(server, retries=0)
        for read in (c.fetch_purchases, lambda: c.fetch_table("vendors")):
            with contextlib.suppress(MakiniError):
                read()


@pytest.mark.parametrize(
    "link", one_in(5, ["http://[", "http://[::1", "//x:99999999/", "http://127.0.0.1:port/", "\ud83d", "?page=\udc80", "?x=" + "9" * 9000, "http://\x00/", "javascript:1", 7])
)  # fmt: skip
@pytest.mark.parametrize("numbered", one_in(3, [True, False]))
def test_bad_addresses_in_links_are_a_clear_error(link, numbered):
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda body, page: {
            "data": body["data"],
            "links": {"next": link},
            **({"meta": body["meta"]} if numbered else {}),
        }
        began = time.monotonic()
        with pytest.raises(MakiniError):
            client(server, backoff=0.001).fetch_purchases()
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("cursor", ["\ud83d", "x" * 9000])
def test_bad_cursors_are_a_clear_error(cursor):
    with FaultServer(ROWS, "v1") as server:
        server.edit_answer = lambda body, page: body | {"next_cursor": cursor}
        with pytest.raises(MakiniError, match="address"):
            client(server).fetch_purchases()


@pytest.mark.parametrize(
    "given", one_in(3, ["9" * 5000, "1e400", "-1", "", "soon", "Thu, 99 Foo 99999 00:00:00 GMT", "inf"])
)
def test_an_odd_retry_after_is_a_wait_or_none(given):
    wait = _retry_after(given)
    assert wait is None or wait >= 0
    with FaultServer(ROWS) as server:
        server.always = status(429, Retry_After=given)
        with pytest.raises(ApiError):
            client(server, retries=0).fetch_purchases()


@pytest.mark.parametrize("url", ["http://[", "http://h:port", "http://h:99999", "http://", 7])
def test_a_base_url_that_is_none_teaches(url):
    with pytest.raises(ConfigError, match="base_url"):
        Client(TOKEN, base_url=url)


# ---- headers, proxies, stderr --------------------------------------------------------------------------------------------


def test_names_of_headers_have_no_case():
    with FaultServer(ROWS) as server:
        server.always = lower_case
        assert ids(client(server).fetch_purchases()) == [r["key"] for r in ROWS]
    with FaultServer(ROWS) as server:
        server.always = lambda s, h, q: lower_case(s, h, q, code=302, headers=[("location", "http://else.where/x")])
        with pytest.raises(ApiError, match=r"redirected \(302\) to else.where"):
            client(server).fetch_purchases()
        server.always = lambda s, h, q: lower_case(
            s, h, q, code=503, headers=[("retry-after", "900"), ("x-request-id", "rq-low")]
        )
        with pytest.raises(ApiError) as e:
            client(server).fetch_purchases()
        assert (e.value.retry_after, e.value.request_id) == (900, "rq-low")
        server.always = lambda s, h, q: lower_case(s, h, q, body=b"Sign in", headers=[("CONTENT-TYPE", "TEXT/HTML")])
        with pytest.raises(ApiError, match="a web page"):
            client(server).fetch_purchases()


@pytest.mark.parametrize("name", one_in(3, ["http_proxy", "HTTP_PROXY", "all_proxy"]))
def test_proxies_of_the_environment_are_not_used_for_loopback(monkeypatch, name):
    with FaultServer(ROWS) as server, FaultServer() as proxy:
        for known in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(known, raising=False)
        monkeypatch.setenv(name, proxy.url)
        assert len(client(server).fetch_purchases().orders) == 35
        assert proxy.requests == []


def test_proxies_are_used_for_others(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    c = Client(TOKEN, base_url="http://api.makini.test", cache_dir=None)
    assert c._session._http.proxies["http"] == "http://proxy.example:3128"


@pytest.mark.parametrize("there", [None, "closed"])
@pytest.mark.parametrize("wanted", one_in(3, [True, None, False]))
def test_no_stderr_is_no_error(monkeypatch, there, wanted):
    stream = None
    if there:
        stream = io.StringIO()
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    with Display("x", wanted):
        pass
    with FaultServer(ROWS) as server:
        assert len(client(server, progress=wanted).fetch_purchases().orders) == 35


# ---- forks and threads ---------------------------------------------------------------------------------------------------


def in_child(c):
    """Use a client in a fork, which ends with 0 where each use says that it can't."""
    left = 3
    try:
        for use in (c.fetch_purchases, lambda: c.fetch_table("vendors"), c.clear_cache):
            try:
                use()
            except ConfigError as e:
                left -= "another process" in str(e)
        c.close()
    finally:
        os._exit(left)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_client_used_after_a_fork_says_that_it_can_not(tmp_path):
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=tmp_path)
        c.fetch_purchases()
        held, forked = threading.Event(), threading.Event()

        def hold():  # what progress bars share, locked as by another thread that draws at the moment of the fork
            with tqdm.get_lock():
                held.set()
                forked.wait(20)

        drawing = threading.Thread(target=hold)
        drawing.start()
        assert held.wait(20)
        child = os.fork()
        if not child:
            in_child(c)
        forked.set()
        drawing.join()
        until = time.monotonic() + 20
        while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < until:
            time.sleep(0.01)
        if not ended[0]:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert ended == (child, 0)
        assert len(c.fetch_purchases(refresh=True).orders) == 35  # what the child closed is its own
        assert c.fetch_purchases().sources.from_cache.tolist() == [True]


@pytest.mark.full
def test_several_threads_share_a_client(tmp_path):
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=tmp_path)
        got, errors = [], []

        def fetch(refresh):
            try:
                got.append(ids(c.fetch_purchases(refresh=refresh)))
            except BaseException as e:
                errors.append(e)

        threads = [threading.Thread(target=fetch, args=(i % 2 == 0,)) for i in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert errors == []
    assert got == [[r["key"] for r in ROWS]] * 8


@pytest.mark.full
def test_an_interrupted_walk_stops_its_own_requests_only():
    """One walk fails while another waits for its next try: that one goes on to its end."""
    from makini_analytics.transport import RowList
    from makini_analytics.transport._pagination import paginate

    with FaultServer(ROWS) as server:
        server.tables["vendors"] = [{"key": str(i)} for i in range(35)]
        waiting = threading.Event()

        def fault(s, h, query):
            if "/vendors" in h.path and query.get("page") == "4" and not waiting.is_set():
                waiting.set()
                s.send(h, {}, 503)
                return True
            if "/purchase-orders" in h.path and query.get("page") == "3":
                assert waiting.wait(10)
                time.sleep(0.2)
                s.send(h, {}, 400)
                return True
            return False

        server.always = fault
        c = client(server, backoff=1.5)
        got = []

        def other():
            got.append(len(paginate(c._session, "/api/erp/vendors", {"per_page": 5}, RowList).sink))

        thread = threading.Thread(target=other)
        thread.start()
        with pytest.raises(ApiError):
            paginate(c._session, "/api/erp/purchase-orders", {"per_page": 5}, RowList)
        thread.join(20)
    assert got == [35]


# ---- rows that move ------------------------------------------------------------------------------------------------------


def moving(server, after, move):
    """Let rows move once, after so many requests for pages."""
    seen = {"n": 0}

    def moved(page):
        seen["n"] += 1
        if seen["n"] == after:
            move(server.orders[TOKEN])

    server.after_page = moved


def delete_and_append(rows):
    del rows[2]
    rows.append(order(99))


@pytest.mark.parametrize("contract", one_in(3, ["v3", "v4", "v1"]))
@pytest.mark.parametrize("after", one_in(3, [3, 1, 6]))
def test_rows_that_move_with_an_equal_total_are_noticed(contract, after):
    with FaultServer(ROWS, contract) as server:
        moving(server, after, delete_and_append)
        got = client(server, contract=contract, max_workers=1).fetch_purchases()
        assert ids(got) == [r["key"] for r in server.orders[TOKEN]]
    assert "rows moved" in got.sources.notes.item()


def test_rows_that_move_behind_page_1_are_noticed_in_a_long_list():
    rows = [order(i) for i in range(1, 101)]
    with FaultServer(rows) as server:

        def move(rows):
            del rows[20]
            rows.append(order(999))

        moving(server, 15, move)
        got = client(server, max_workers=1).fetch_purchases()
        assert ids(got) == [r["key"] for r in server.orders[TOKEN]]


def test_rows_that_move_each_time_are_an_error():
    with FaultServer(ROWS) as server:

        def move(page):
            if page == 2:
                rows = server.orders[TOKEN]
                del rows[0]
                rows.append(order(len(server.requests) + 100))

        server.after_page = move
        with pytest.raises(IncompleteDataError, match="rows moved"):
            client(server, max_workers=1).fetch_purchases()


@pytest.mark.parametrize(("n", "asked"), [(5, 1), (6, 3), (50, 11), (55, 13)])
def test_the_second_look_costs_one_request_or_two(n, asked):
    with FaultServer([order(i) for i in range(n)]) as server:
        c = client(server, max_workers=1)
        c._endpoints.fetch_list("purchase-orders", list_sink)
        assert len(server.requests) == asked
        c._endpoints.fetch_list("purchase-orders", list_sink)  # from the cache
        assert len(server.requests) == asked


def list_sink():
    from makini_analytics.transport import RowList

    return RowList()


def test_a_web_page_in_a_gzip_that_goes_on_is_no_answer():
    def two(server, h, query):
        raw = gzip.compress(json.dumps({"data": []}).encode())
        h.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (2 * len(raw)) + raw * 2
        )
        return True

    with FaultServer(ROWS) as server:
        server.always = two
        with pytest.raises(NetworkError, match="follows"):
            client(server, retries=0).fetch_purchases()
        server.always = html
        with pytest.raises(ApiError, match="web page"):
            client(server, retries=0).fetch_purchases()
