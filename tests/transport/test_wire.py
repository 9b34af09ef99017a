"""What stands around an answer on the wire: interim answers, chunks that count backwards, headers that are none, signs that a terminal obeys."""

from __future__ import annotations

import json
import logging
import time

import pytest

from makini_analytics import ApiError, MakiniError, NetworkError
from tests.faults.server import TOKEN, FaultServer, order
from tests.tiers import one_in
from tests.transport.test_pagination import client, ids

ROWS = [order(i) for i in range(1, 4)]
KEYS = [r["key"] for r in ROWS]


def serving(play):
    """Return a server of three orders whose list is played on the connection by hand."""
    server = FaultServer(ROWS)

    def always(server, h, query):
        if not h.path.split("?")[0].endswith("erp/purchase-orders"):
            return False
        play(h)
        h.wfile.flush()
        return True

    server.always = always
    return server


def whole(rows, *headers):
    raw = json.dumps({"data": rows, "meta": {"current_page": 1, "last_page": 1, "total": len(rows)}}).encode()
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(raw), *headers, b"", raw])


EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"


@pytest.mark.parametrize(
    "before", one_in(3, [EARLY, b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + EARLY, EARLY * 50])
)
@pytest.mark.parametrize("pause", one_in(2, [0.02, 0.0]))
def test_interim_answers_are_passed_over(before, pause):
    def play(h):
        h.wfile.write(before)
        h.wfile.flush()
        time.sleep(pause)
        h.wfile.write(whole(ROWS))

    with serving(play) as server:
        assert ids(client(server).fetch_purchases()) == KEYS


@pytest.mark.parametrize("size", [b"-1", b"-5", b"-FFFFFFFF"])
def test_a_chunk_that_counts_backwards_is_no_way_past_the_cap(size):
    sent = []

    def play(h):
        h.close_connection = True
        h.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n")
        try:
            for _ in range(400):
                h.wfile.write(b" " * 1_000_000)
                sent.append(1)
        except OSError:
            pass

    with serving(play) as server, pytest.raises(NetworkError):
        client(server, retries=0, timeout=5, max_body=1_000_000).fetch_purchases()
    assert len(sent) < 50


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified", b"101 Switching Protocols"])
def test_what_follows_an_answer_without_a_body_is_no_answer_to_the_next_request(status):
    ports = []

    def play(h):
        ports.append(h.client_address)
        h.wfile.write(b"HTTP/1.1 " + status + b"\r\n\r\n")

    with serving(play) as server:
        c = client(server, retries=0)
        for _ in range(2):
            with pytest.raises(ApiError):
                c.fetch_purchases()
    assert len(set(ports)) == 2  # a connection each


@pytest.mark.parametrize("line", one_in(3, [b"no header %s", b"%s\r\n: x", b": %s"]))
def test_lines_that_are_no_headers_are_not_logged(line, caplog):
    bad = line % TOKEN.encode()
    with serving(lambda h: h.wfile.write(whole(ROWS, bad, b"X: 1"))) as server, caplog.at_level(logging.DEBUG):
        assert ids(client(server).fetch_purchases()) == KEYS
    assert TOKEN[:12] not in caplog.text
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize("odd", one_in(3, ["\x1b[2J", "a\nb", "\ud83d", "\u202eevil", "\0"]))
def test_no_error_holds_what_a_terminal_obeys_or_can_not_print(odd):
    body = json.dumps(
        {"message": f"m{odd}", "code": f"c{odd}", "request_id": f"r{odd}", "errors": {odd: [odd]}}
    ).encode()
    answers = [
        b"HTTP/1.1 400 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
        b"HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: http://h\x1b[2J\xff/\r\n\r\n",
        b"HTTP/1.1 403 X\r\nContent-Length: 0\r\nX-Request-Id: \x1b[2J\xff\r\n\r\n",
    ]
    for said in answers:
        with serving(lambda h, said=said: h.wfile.write(said)) as server, pytest.raises(MakiniError) as e:
            client(server, retries=0).fetch_purchases()
        assert f"{e.value}{e.value.code}{e.value.request_id}{e.value.operation}".isprintable()
