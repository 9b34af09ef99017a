"""What a list beside the orders may answer: each oddity is the bytes of an answer, or a function that plays it on the connection."""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from makini_analytics.tidy._schema import LINES, ORDERS, RECEIPT_LINES, RECEIPTS, RETURNS
from tests.faults.server import order

ORDERS_LISTED = [order(i) for i in range(1, 4)]
LISTS = (
    "receipts", "receiving", "return-orders", "vendors", "statuses/purchase-orders", "currencies", "uom", "sites", "materials",
    "integrations/current",
)  # fmt: skip
TIMEOUT = 1.0


def answer(body, status=200, **headers):
    """Return a whole answer as bytes; a header of None is left out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content_Type": "application/json", "Content_Length": len(raw)} | headers
    head = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in named.items() if v is not None)
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + raw


def page(rows, **meta):
    return {"data": rows, "meta": {"current_page": 1, "last_page": 1, "total": len(rows), **meta}}


def rows(text):
    """Return a page of two rows of which every known field has an odd value, given as JSON text; the second one is deleted."""
    names = {s for columns in (ORDERS, LINES, RECEIPTS, RECEIPT_LINES, RETURNS) for c in columns for s in c.sources}
    names |= {
        "name",
        "code",
        "_displayValue",
        "_idValue",
        "categoryName",
        "manufacturerName",
        "sync_status",
        "sync_updated_at",
    }
    odd = ", ".join(f'"{n}": {text}' for n in sorted(names - {"key", "id", "deletedAt", "_deletedAt"}))
    one, two = (
        f'{{{odd}, "key": "{k}", "poKey": "000{k}", "lineItems": [{{{odd}, "key": "000{k}-1"}}]' for k in (1, 2)
    )
    return answer(f'{{"data": [{one}}}, {two}, "deletedAt": "2025-01-02"}}], "meta": {{"last_page": 1}}}}'.encode())


def moved(to, status=302):
    return answer(b"", status, Location=to)


GOOD = page([{"key": "1", "name": "One"}])
PACKED = gzip.compress(json.dumps(GOOD).encode())


# ---- answers that are played -------------------------------------------------------------------------------------------


def hang(h, query):
    time.sleep(TIMEOUT * 1.5)


def close(h, query):
    h.close_connection = True


def reset(h, query):
    h.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    h.close_connection = True
    h.connection.close()


def trickled(head, piece):
    def play(h, query):
        h.wfile.write(head)
        until = time.monotonic() + TIMEOUT * 2
        while time.monotonic() < until:
            h.wfile.write(piece)
            h.wfile.flush()
            time.sleep(0.05)

    return play


def slow_page(h, query):
    """Pages without end, each just in time."""
    time.sleep(TIMEOUT * 0.7)
    h.wfile.write(answer(page([{"key": query.get("page", "1")}], current_page=None, last_page=900, total=900)))


def pages_without_end(shape):
    def play(h, query):
        n = int(query.get("page") or query.get("cursor") or 1)
        h.wfile.write(answer({"data": [{"key": str(n)}], **shape(n, urlsplit(h.path).path)}))

    return play


def one_that_moves(h, query):
    """Another row each time it is asked for."""
    n = int(query.get("page", 1))
    h.wfile.write(answer(page([{"key": f"{time.monotonic_ns()}"}], current_page=n, last_page=3, total=3)))


ODD = {
    # statuses
    **{f"status {n}": answer({"message": "no"}, n) for n in (400, 401, 403, 404, 409, 410, 418, 422, 500, 501, 503, 504, 999)},
    "429, come again in an hour": answer({}, 429, Retry_After=3600),
    "429, come again soon": answer({}, 429, Retry_After=1),
    "no content": answer(b"", 204, Content_Length=None),
    "not modified": answer(b"", 304),
    "partial content": answer(GOOD, 206),
    "no status line": b"hello\r\n\r\n",
    "status of text": b"HTTP/1.1 OK OK\r\n\r\n",
    "only 100 Continue": trickled(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "moved to another host": moved("http://192.0.2.1/"),
    "moved to itself": moved("?"),
    "moved in a loop": lambda h, query: h.wfile.write(moved(f"?n={time.monotonic_ns()}", 307)),
    "moved nowhere": moved("http://[", 308),
    # the wire
    "hangs": hang,
    "closes": close,
    "resets": reset,
    "trickled body": trickled(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
    "trickled headers": trickled(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "trickled chunks": trickled(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "length too long": answer(GOOD, Content_Length=10_000),
    "length too short": answer(GOOD, Content_Length=20),
    "length negative": answer(GOOD, Content_Length=-5),
    "length of text": answer(GOOD, Content_Length="many"),
    "length of 5,000 digits": answer(GOOD, Content_Length="9" * 5_000),
    "no length": answer(GOOD, Content_Length=None, Connection="close"),
    "bad chunks": answer(b"zz\r\n{}\r\n", Content_Length=None, Transfer_Encoding="chunked"),
    "a hundred headers": answer(GOOD, **{f"X_{i}": "x" * 90 for i in range(120)}),
    "a long header": answer(GOOD, X="x" * 70_000),
    "no gzip, though it says so": answer(GOOD, Content_Encoding="gzip"),
    "gzip cut off": answer(PACKED[:-20], Content_Encoding="gzip"),
    "gzip and more": answer(PACKED + b"more", Content_Encoding="gzip"),
    "gzip of a wrong sum": answer(PACKED[:-8] + b"12345678", Content_Encoding="gzip"),
    "gzip bomb": answer(gzip.compress(b" " * 20_000_000, 1), Content_Encoding="gzip"),
    "an encoding that was not asked for": answer(GOOD, Content_Encoding="br"),
    # bodies
    "nothing": answer(b""),
    "HTML": answer(b"<!doctype html><h1>Sign in</h1>", Content_Type="text/html"),
    "HTML that calls itself JSON": answer(b"<html>"),
    "cut JSON": answer(b'{"data": [{"key": "v1", "na'),
    "two documents": answer(b'{"data": []}{"data": []}'),
    "BOM": answer(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()),
    "UTF-16": answer(json.dumps(GOOD).encode("utf-16")),
    "UTF-32": answer(json.dumps(GOOD).encode("utf-32")),
    "Latin-1": answer('{"data": [{"key": "1", "name": "Müller"}]}'.encode("latin-1")),
    "NUL bytes": answer(b"\x00" * 500),
    "NUL in texts": answer(b'{"data": [{"key": "1\\u0000", "name": "a\\u0000b"}]}'),
    "half a surrogate": answer(b'{"data": [{"key": "1", "name": "M\\ud83d"}], "meta": {"last_page": 1}}'),
    "half a surrogate as a name": answer(b'{"data": [{"key": "\\udc80", "\\ud83d": 1}], "sync_status": "\\ud83d"}'),
    "half a surrogate as a state": answer(b'{"data": {"sync_status": "\\ud83d", "sync_updated_at": "\\ud83d"}}'),
    "values of a state": answer({"data": {"sync_status": {"a": [1]}, "sync_updated_at": [1]}}),
    "a number": answer(b"17"),
    "null": answer(b"null"),
    "true": answer(b"true"),
    "a text": answer(b'"sorry"'),
    "nested 200 deep": rows("[" * 200 + "]" * 200),
    "nested 100,000 deep": answer(b"[" * 100_000 + b"]" * 100_000),
    "nested 100,000 objects deep": answer(b'{"data":' * 100_000 + b"1" + b"}" * 100_000),
    # shapes of a page
    "no data": answer({"meta": {}}),
    **{f"data is {v!r}": answer({"data": v, "meta": {"last_page": 1}}) for v in (None, True, 7, "x", {}, {"data": []})},
    "rows of rows": answer(page([[{"key": "1"}], [[]]])),
    "rows of every type": answer(page([1, None, "x", [], True, 1.5, {}, {"key": {}, "name": []}, {"key": "a", "lineItems": 3}])),
    "ids of every type": answer(page([{"key": k, "name": "N"} for k in (1, "1 ", 1.5, True, None, [1], {"a": 1}, "")])),
    "the same key twice": answer(page([{"key": "1", "name": "a"}, {"key": "1", "name": "b"}])),
    "names given twice": answer(b'{"data": [], "data": [{"key": "1", "key": "2", "name": "a", "name": 7}], "meta": {"last_page": 1}}'),
    **{f"meta is {v!r}": answer({"data": [{"key": "1"}], "meta": v}) for v in ([], "x", 7, None, True)},
    **{f"total is {v!r}"[:30]: answer(page([{"key": "1"}], total=v)) for v in (99, 0, -1, 1.5, "1e400", "many", True, [], 10**400)},
    "total is 1e400": answer(b'{"data": [], "meta": {"last_page": 1, "total": 1e400}}'),
    "total is NaN": answer(b'{"data": [], "meta": {"last_page": 1, "total": NaN}}'),
    **{f"last page is {v!r}"[:30]: answer(page([{"key": "1"}], last_page=v)) for v in (-1, 0, 2, 10**9, "two", "9" * 5_000, [], 0.5, False)},
    **{f"current page is {v!r}": answer(page([{"key": "1"}], current_page=v)) for v in (0, 7, -3, "x", 10**30)},
    "says that there is more": answer({"data": [{"key": "1"}], "has_more": True, "meta": {"last_page": 1}}),
    **{
        f"next link {v!r}"[:40]: answer({"data": [{"key": "1"}], "links": {"next": v}})
        for v in ("http://[", "https://192.0.2.1/x", "?", "javascript:1", "?x=" + "9" * 9_000, "//x:99999999/", "\x00", 7, [])
    },
    **{
        f"cursor {v!r}"[:40]: answer({"data": [{"key": "1"}], "next_cursor": v})
        for v in ("again", 1.5, [], {"a": 1}, "x" * 9_000, "\u2028", True)
    },
    # pages without end
    "pages without end by number": pages_without_end(lambda n, path: {}),
    "pages without end by cursor": pages_without_end(lambda n, path: {"next_cursor": str(n + 1)}),
    "pages without end by link": pages_without_end(lambda n, path: {"links": {"next": f"{path}?page={n + 1}"}}),
    "pages without end that announce 9,000": pages_without_end(lambda n, path: {"meta": {"last_page": 9_000, "total": 9_000}}),
    "slow pages": slow_page,
    "rows that move": one_that_moves,
    # values of every field of receipts, returns and names
    **{
        f"values are {v}"[:40]: rows(v)
        for v in (
            '"many"', '"1,5"', "true", "null", "[]", "{}", '[{"key": 1}]', '{"name": {"name": 1}}', "1e400", "-1e308", "NaN", "0.0", "-3",
            "9" * 5_000, '"0001-01-01"', '"99999-12-31T00:00:00Z"', '"2025-02-30"', '""', '"\\ud83d"', '"' + "x" * 100_000 + '"', "1.5", '"3.0"',
        )
    },
    **{
        f"lines are {v}": answer(f'{{"data": [{{"key": "1", "poKey": "0001", "lineItems": {v}}}], "meta": {{"last_page": 1}}}}'.encode())
        for v in ("{}", "3", '"x"', "true", "[[]]", "[null]", "[1, {}]", '{"key": 3}')
    },
}  # fmt: skip


class OddServer:
    """Three orders, and a list beside them that answers with an oddity; any other list is none."""

    def __init__(self):
        self.name, self.odd = "", b""  # "": every list is odd
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet: apart, each answer waits 40 ms for an acknowledgement

            def log_message(self, *args):
                """Keep quiet."""

            def do_GET(self):
                at = urlsplit(self.path)
                name = re.sub("^/api/(erp/)?", "", at.path)
                if name == "purchase-orders":
                    self.wfile.write(answer(page(ORDERS_LISTED)))
                elif outer.name not in ("", name):
                    self.wfile.write(answer({}, 404))
                elif isinstance(outer.odd, bytes):
                    self.wfile.write(outer.odd)
                    # what is no whole answer must not be taken for the beginning of the next one
                    self.close_connection = b"Content-Length" not in outer.odd.partition(b"\r\n\r\n")[0]
                else:
                    self.close_connection = outer.odd.__name__ == "play"
                    outer.odd(self, {k: v[0] for k, v in parse_qs(at.query).items()})

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request, client_address):
                """A client that hangs up is part of the play."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
