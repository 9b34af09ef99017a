"""The token is shown in no field, frame or file; the cache changes and keeps only what is its own."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import makini_analytics.transport._page_cache as page_cache
from makini_analytics import ApiError, Client, ConfigError, MakiniError
from makini_analytics.transport._credentials import Scrubber, check_token
from makini_analytics.transport._page_cache import Page, PageCache
from tests.faults.server import TOKEN, FaultServer, order, status
from tests.tiers import one_in
from tests.transport.test_pagination import ROWS, client
from tests.transport.test_session import everything_said

LONG = "eyJhbGciOiJIUzI1NiJ9." + "Pq7" * 130 + ".sig-0123456789"
PIECES = {LONG[i : i + 12] for i in range(len(LONG) - 11)}


def shown(text):
    return {p for p in PIECES if p in text}


def said_by_us(error):
    """Return all that an error says, with the local variables of every frame but those of the tests."""
    frames = everything_said(error).split('  File "')
    return "".join(f for f in frames if not f.split('"')[0].startswith(str(HERE)))


HERE = Path(__file__).parent


# ---- the token -----------------------------------------------------------------------------------------------------------

ECHOES = {
    "message": {"message": f"The token {LONG} is not valid"},
    "far": {"message": "x" * 280 + LONG},
    "code": {"code": LONG, "request_id": LONG},
    "requestId": {"error": {"code": "E", "requestId": f"rq {LONG}"}},
    "errors": {"message": "m", "errors": {LONG: [f"no {LONG}"]}},
    "errors list": {"errors": [{"message": LONG}, LONG]},
    "cut by the server": {"message": f"The token {LONG[:40]}... is not valid"},
    "middle": {"message": f"...{LONG[50:90]}..."},
    "detail": {"detail": {"a": {"b": {"c": LONG}}}, "title": LONG},
    "a list": [LONG],
    "text": f"who is {LONG}?".encode(),
    "html": b"<p>" + b"y" * 60 + LONG.encode() + b"</p>",
    "far text": b"z" * 19_990 + LONG.encode(),
}


@pytest.mark.parametrize(
    "name", one_in(5, [n for n in ECHOES if n != "a list"])
)  # which is a list of orders, of a kind
@pytest.mark.parametrize("code", one_in(3, [200, 400, 401, 429, 404, 500, 503]))
def test_no_piece_of_the_token_is_shown_in_any_field(name, code, caplog):
    body = ECHOES[name]
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with FaultServer(ROWS, token=LONG) as server, caplog.at_level(logging.DEBUG):
        server.always = lambda s, h, q: s.send(h, raw, code, [("cf-ray", LONG)]) or True
        c = Client(LONG, base_url=server.url, backoff=0.001, retries=1, progress=False, cache_dir=None)
        with pytest.raises(MakiniError) as e:
            c.fetch_purchases()
        assert shown(said_by_us(e.value)) == set()
    assert shown(f"{e.value.code} {e.value.request_id} {e.value.operation}") == set()
    assert shown(caplog.text) == set()


@pytest.mark.parametrize("location", [f"http://{LONG}/x", f"http://else.where/{LONG}", "http://["])
def test_a_redirect_shows_no_token(location):
    with FaultServer(ROWS, token=LONG) as server:
        server.always = status(302, b"", Location=location)
        with pytest.raises(ApiError, match="redirected") as e:
            Client(LONG, base_url=server.url, progress=False).fetch_purchases()
    assert shown(said_by_us(e.value)) == set()


def test_links_cursors_and_names_show_no_token(tmp_path):
    with FaultServer(ROWS, token=LONG) as server:
        for edit in (
            lambda body, page: {"data": body["data"], "links": {"next": f"http://{LONG[:60]}/x"}},
            lambda body, page: {LONG: body["data"]},
            lambda body, page: body | {LONG: 1, "data": None},
        ):
            server.edit_answer = edit
            with pytest.raises(MakiniError) as e:
                Client(LONG, base_url=server.url, progress=False).fetch_purchases()
            assert shown(str(e.value)) == set()
    with FaultServer(ROWS, "v1", token=LONG) as server:
        server.edit_answer = lambda body, page: {"data": ROWS[5 * page - 5 : 5 * page], "next_cursor": f"c5{LONG}"}
        server.page_of = lambda rows, query, path: ({"data": ROWS[:5], "next_cursor": None}, 1 + ("cursor" in query))
        c = Client(LONG, base_url=server.url, progress=False, cache_dir=tmp_path, per_page=5)
        with pytest.raises(MakiniError) as e:
            c.fetch_purchases()
        c.close()
        assert shown(f"{e.value} {e.value.operation}") == set()
        with sqlite3.connect(c.cache_path) as db:
            heads = [bytes(v).split(b"\n")[0].decode() for (v,) in db.execute("SELECT value FROM pages")]
        db.close()
        assert heads
        assert shown("".join(heads)) == set()


def test_heads_of_the_cache_hold_no_token(tmp_path):
    with FaultServer(ROWS, token=LONG) as server:

        def echo(s, h, query):
            s.send(h, s.page_of(ROWS, query, "/")[0], 200, [("x-request-id", f"rq {LONG}")])
            return "purchase-orders" in h.path

        server.always = echo
        c = Client(LONG, base_url=server.url, progress=False, cache_dir=tmp_path, per_page=100)
        c._session.get("/api/erp/purchase-orders", {"page": 1})
        c.close()
        assert shown(c.cache_path.read_bytes().decode("latin-1")) == set()


@pytest.mark.parametrize("bad", ["secret-of-someone with-a-blank", "secret-of-someone-tökén"])
def test_a_token_that_is_refused_is_in_no_frame_of_ours(bad):
    with pytest.raises(ConfigError) as e:
        check_token(bad)
    frames = [t for t in everything_said(e.value).split("  File ") if "_credentials.py" in t]
    assert frames
    assert not any("secret-of" in f for f in frames)


@pytest.mark.parametrize("token", ["t", "abc", "abcd-efg", "tok-0123456789", LONG, "with/slash/es+and=more"])
def test_scrubbing_takes_the_token_and_nothing_else(token):
    scrub = Scrubber(token)
    assert scrub("GET /api/erp/vendors answered 500") == "GET /api/erp/vendors answered 500"
    if len(token) > 3:
        assert scrub(f"a {token} b {token}{token} c") == "a *** b *** c" or scrub(f"a {token} b").startswith("a *** b")
        assert token not in scrub(f"{token}x{token}")
        assert token not in repr(scrub)


# ---- the cache -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
@pytest.mark.parametrize("mode", one_in(3, [0o755, 0o750, 0o700]))
def test_a_folder_keeps_its_mode_and_the_files_are_private(tmp_path, mode):
    folder = tmp_path / "mine"
    folder.mkdir()
    folder.chmod(mode)
    before = os.umask(0o022)
    try:
        with FaultServer(ROWS) as server:
            c = client(server, cache_dir=folder)
            c.fetch_purchases()
            assert {f.stat().st_mode & 0o777 for f in folder.iterdir()} == {0o600}
            c.close()
            (next(folder.glob("*.sqlite"))).chmod(0o644)  # as a version before this one made it
            client(server, cache_dir=folder).fetch_purchases()
            assert {f.stat().st_mode & 0o777 for f in folder.iterdir()} == {0o600}
            made = tmp_path / "a" / "b"
            client(server, cache_dir=made).fetch_purchases()
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == mode
    assert made.stat().st_mode & 0o777 == 0o700


def rows_of(path):
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT key, value, expires FROM pages").fetchall()
    db.close()
    return rows


def change_rows(path, change):
    with sqlite3.connect(path) as db:
        for key, value, _ in db.execute("SELECT key, value, expires FROM pages").fetchall():
            db.execute("UPDATE pages SET value = ? WHERE key = ?", (change(value), key))
    db.close()


def head_changed(**changes):
    def change(value):
        head, _, body = value.partition(b"\n")
        return json.dumps(json.loads(head) | changes).encode() + b"\n" + body

    return change


def other_body(value):
    import gzip

    body = {"data": [order(666)], "meta": {"last_page": 1, "total": 1}}
    return value.partition(b"\n")[0] + b"\n" + gzip.compress(json.dumps(body).encode())


TAMPERED = {
    "nothing": lambda v: b"",
    "noise": lambda v: os.urandom(300),
    "text": lambda v: "text",
    "number": lambda v: 10**12,
    "null": lambda v: None,
    "cut": lambda v: v[: len(v) // 2],
    "another body": other_body,
    "later": head_changed(expires="2999-01-01T00:00:00+00:00"),
    "no zone": head_changed(expires="2999-01-01T00:00:00"),
    "future": head_changed(fetched_at="2999-01-01T00:00:00+00:00"),
    "another url": head_changed(url="x"),
    "no seal": head_changed(seal=None),
    "no head": lambda v: b"[]\n" + v,
    "deep": lambda v: b"[" * 100_000 + b"\n" + v,
}


@pytest.mark.parametrize("name", one_in(3, TAMPERED))
def test_a_row_that_was_tampered_with_is_not_there(tmp_path, name, caplog):
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=tmp_path)
        c.fetch_purchases()
        c.close()
        change_rows(c.cache_path, TAMPERED[name])
        n = len(server.requests)
        with caplog.at_level(logging.WARNING, "makini_analytics"):
            again = client(server, cache_dir=tmp_path)
            assert len(again.fetch_purchases().orders) == 35
        assert len(server.requests) > n
        assert len([r for r in caplog.records if "cache" in r.message]) == 1
        n = len(server.requests)
        assert again.fetch_purchases().sources.from_cache.tolist() == [True]  # mended
        assert server.requests[n:] == []


def test_a_row_moved_to_another_key_is_not_there(tmp_path, caplog):
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=tmp_path)
        c.fetch_purchases()
        c.close()
        rows = rows_of(c.cache_path)
        values = dict(zip([k for k, *_ in rows], [*[v for _, v, _ in rows][1:], rows[0][1]], strict=True))
        with sqlite3.connect(c.cache_path) as db:
            db.executemany("UPDATE pages SET value = ? WHERE key = ?", [(v, k) for k, v in values.items()])
        db.close()
        assert [*client(server, cache_dir=tmp_path).fetch_purchases().orders.order_id] == [r["key"] for r in ROWS]
    assert "not as it was stored" in caplog.text


def test_a_page_dated_in_the_future_is_not_there(tmp_path, monkeypatch, caplog):
    with FaultServer(ROWS) as server:
        real = page_cache.now
        later = lambda: real() + timedelta(days=400)  # noqa: E731
        monkeypatch.setattr(page_cache, "now", later)
        monkeypatch.setattr("makini_analytics.transport._session.now", later)
        client(server, cache_dir=tmp_path).fetch_purchases()
        monkeypatch.undo()
        n = len(server.requests)
        client(server, cache_dir=tmp_path).fetch_purchases()
        assert len(server.requests) > n
    assert "in the future" in caplog.text


@pytest.mark.parametrize("on_disk", [True, False])
def test_expired_pages_are_pruned_where_pages_are_stored(tmp_path, on_disk):
    cache = PageCache(tmp_path / "c.sqlite" if on_disk else None, "c")
    cache.seal_with(TOKEN)
    moment = datetime.now(UTC)

    def put(key, seconds):
        cache.put(
            key,
            Page(
                f"http://x/{key}",
                b"x\x9c\xabV\xca\x04\x00\x02\xb6\x01\x03",
                moment,
                moment + timedelta(seconds=seconds),
            ),
        )

    put("old", -5)
    put("kept", 500)
    assert cache.span()[0] == 2
    cache._prune_at = 0.0
    put("new", 500)
    assert cache.span()[0] == 2
    cache.close()


@pytest.mark.full
def test_a_file_does_not_grow_by_what_has_expired(tmp_path):
    with FaultServer(ROWS) as server:
        for day in range(1, 3):
            c = client(server, cache_dir=tmp_path, expire_after=0.01)
            c.fetch_purchases(since=f"2025-01-0{day}")
            c.close()
            time.sleep(1.2)
        stored = [k for k, v, _ in rows_of(c.cache_path) if b"gteq" in v.partition(b"\n")[0]]
    assert len(stored) <= 7  # the pages of the last day's fetch


def test_names_of_lists_with_quotes_leave_the_cache_alone(tmp_path, caplog):
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=tmp_path)
        with pytest.raises(ApiError):
            c.fetch_table("it's")
        assert len(c.fetch_purchases().orders) == 35
        assert c.fetch_purchases().sources.from_cache.tolist() == [True]
    assert "cache" not in caplog.text


def test_never_is_as_late_as_a_calendar_goes():
    with FaultServer(ROWS) as server:
        c = client(server, cache_dir=None, expire_after=timedelta.max)
        assert len(c.fetch_purchases().orders) == 35
        assert c.fetch_purchases().sources.from_cache.tolist() == [True]


# ---- what is not its own -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", one_in(3, ["database", "text", "nothing", "pipe", "folder"]))
def test_a_cache_file_that_is_something_else_is_left_alone(tmp_path, kind):
    foreign = tmp_path / "foreign"
    with FaultServer(ROWS) as server:
        path = client(server, cache_dir=tmp_path / "c").cache_path
        path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        if kind == "database":
            db = sqlite3.connect(foreign)
            db.execute("CREATE TABLE mine (a)")
            db.close()
        elif kind == "text":
            foreign.write_text("mine")
        if kind in ("database", "text", "nothing"):
            path.symlink_to(foreign)
        else:
            os.mkfifo(path) if kind == "pipe" else path.mkdir()
        if foreign.exists():
            foreign.chmod(0o644)
        before = foreign.read_bytes() if foreign.exists() else None
        for _ in range(2):
            with client(server, cache_dir=tmp_path / "c") as c:
                assert len(c.fetch_purchases().orders) == 35
                c.clear_cache()
    assert (foreign.read_bytes() if foreign.exists() else None) == before
    assert before is None or foreign.stat().st_mode & 0o777 == 0o644
    assert path.is_symlink() == (kind in ("database", "text", "nothing"))


@pytest.mark.full
@pytest.mark.parametrize("value", one_in(3, [None, 17, "text", b"", b"[1]\nx", b"1\nx", b"[" * 100_000 + b"\nx", b'{"url": "x", "fetched_at": 7}\nx', b'{"url": "x", "fetched_at": "2025-01-01"}\nx', b"\xff\nx"]), ids=lambda v: repr(v)[:20])  # fmt: skip
def test_offline_a_cache_that_somebody_wrote_into_is_one_without_these_pages(tmp_path, value):
    with FaultServer(ROWS) as server:
        with client(server, cache_dir=tmp_path) as c:
            c.fetch_purchases()
        with sqlite3.connect(c.cache_path) as db:
            db.execute("UPDATE pages SET value = ? WHERE rowid < 3", (value,))
        db.close()
        with pytest.raises(MakiniError, match="offline=True"), client(server, cache_dir=tmp_path, offline=True) as c:
            c.fetch_purchases()


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), OSError("gone")], ids=str)
def test_a_cache_that_can_not_be_cleared_is_told(tmp_path, monkeypatch, caplog, error):
    def clear(self):
        raise error

    with FaultServer(ROWS) as server, client(server, cache_dir=tmp_path) as c:
        c.fetch_purchases()
        monkeypatch.setattr(type(c._session.cache._table), "clear", clear)
        c.clear_cache()
        assert "cache can't be used any more" in caplog.text
        assert len(c.fetch_purchases().orders) == 35
