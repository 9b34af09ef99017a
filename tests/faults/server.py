"""A server that tells the truth in any contract, and lies, stalls and breaks off when it is told to. Real sockets, stdlib only."""

from __future__ import annotations

import gzip
import json
import math
import socket
import struct
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "tok-secret-emea-123456789"


def order(i, **extra):
    return {
        "key": f"{i:04d}",
        "orderNo": f"PO-{i}",
        "orderDate": f"2025-{i % 12 + 1:02d}-10T00:00:00Z",
        "updatedAt": "2025-12-31T00:00:00Z",
        "lineItems": [{"key": f"{i:04d}-1", "quantity": 1, "price": i, "lineTotalValue": i}],
    } | extra


class FaultServer:
    """Orders by token; ``faults`` holds callables that are asked once per request and may answer in the server's place."""

    def __init__(self, rows=(), contract="v3", token=TOKEN):
        self.orders = {token: list(rows)}
        self.tables = {}
        self.contract = contract
        self.requests = []
        self.faults = deque()
        self.always = None  # a fault for every request
        self.edit_answer = lambda body, page: body
        self.after_page = lambda page: None
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                outer.answer(self)

            do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that hangs up is part of the play

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()

    # ---- the truth -----------------------------------------------------------------------------------------------------

    def answer(self, h):
        parts = urlsplit(h.path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        with self.lock:
            self.requests.append((h.command, parts.path, query, dict(h.headers)))
            fault = self.always or (self.faults.popleft() if self.faults else None)
        if fault is not None and fault(self, h, query):
            return
        token = h.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.orders:
            self.send(h, {"error": {"code": "AUTHENTICATION_FAILED", "message": "no", "request_id": "rq-401"}}, 401)
            return
        name = parts.path.rsplit("/api/", 1)[-1].split("/", 1)[-1]
        rows = self.orders[token] if name == "purchase-orders" else self.tables.get(name)
        if rows is None or parts.path.startswith("/api/v1/") != (self.contract == "v1"):
            self.send(h, {"message": "Not Found"}, 404)
            return
        if name == "purchase-orders" and (newer := query.get("filter[updatedAt:gteq]") or query.get("modified_after")):
            rows = [r for r in rows if r["updatedAt"] >= newer]
        body, page = self.page_of(list(rows), query, parts.path)
        self.send(h, self.edit_answer(body, page))
        self.after_page(page)

    def page_of(self, rows, query, path):
        size = min(int(query.get("per_page", 15)), 500)
        if self.contract == "v1":
            start = int(query.get("cursor", "c0")[1:])
            more = start + size < len(rows)
            return {
                "data": rows[start : start + size],
                "next_cursor": f"c{start + size}" if more else None,
            }, start // size + 1
        page = int(query.get("page", 1))
        last = max(1, math.ceil(len(rows) / size))
        data = rows[(page - 1) * size : page * size]
        if self.contract == "v4":
            data = [
                {
                    "id": r["key"],
                    "_idValue": r.get("orderNo"),
                    **{k: v for k, v in r.items() if k not in ("key", "orderNo")},
                }
                for r in data
            ]
        meta = {"current_page": page, "last_page": last, "per_page": size, "total": len(rows)}
        body = {"data": data, "meta": meta}
        if self.contract == "v3":
            body["links"] = {"next": f"{self.url}{path}?page={page + 1}" if page < last else None}
        return body, page

    def send(self, h, body, status=200, headers=(), cut=None, kind="application/json"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if "gzip" in h.headers.get("Accept-Encoding", "") and status == 200:
            raw = gzip.compress(raw, 1)
            headers = [*headers, ("Content-Encoding", "gzip")]
        h.send_response(status)
        for k, v in (
            ("Content-Type", kind),
            ("Content-Length", str(len(raw))),
            ("X-Request-Id", f"rq-{len(self.requests)}"),
            *headers,
        ):
            h.send_header(k, v)
        h.end_headers()
        h.wfile.write(raw if cut is None else raw[: int(len(raw) * cut)])
        if cut is not None:
            h.close_connection = True


# ---- the faults: each is ``fault(server, handler, query) -> bool`` (True: it answered) ---------------------------------


def status(code, body=b'{"message": "sorry"}', **headers):
    def fault(server, h, query):
        server.send(h, body, code, [(k.replace("_", "-"), str(v)) for k, v in headers.items()])
        return True

    return fault


def rate_limit(retry_after=0):
    return status(429, b'{"error": {"code": "RATE_LIMIT_EXCEEDED"}}', Retry_After=retry_after)


def cut(server, h, query):
    server.send(h, {"data": [order(1)] * 50, "meta": {"last_page": 1, "total": 50}}, cut=0.6)
    return True


def cut_json(server, h, query):
    server.send(h, json.dumps({"data": [order(1)] * 50}).encode()[:-90])
    return True


def html(server, h, query):
    server.send(h, b"<!doctype html><h1>Sign in</h1>", kind="text/html")
    return True


def reset(server, h, query):
    h.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    h.close_connection = True
    h.connection.close()
    return True


def stall(seconds):
    def fault(server, h, query):
        time.sleep(seconds)
        return False

    return fault


# ---- faults of the wire ------------------------------------------------------------------------------------------------


def _trickle(head, piece):
    def fault(server, h, query):
        h.close_connection = True
        try:
            h.wfile.write(head)
            for _ in range(100):
                h.wfile.write(piece)
                time.sleep(0.1)
        except OSError:
            pass  # the client has had enough
        return True

    return fault


trickle_body = _trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" ")
trickle_chunks = _trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")
trickle_headers = _trickle(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")
trickle_continue = _trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n")


def bomb(size):
    """A small gzip that unpacks to so many bytes."""

    def fault(server, h, query):
        server.send(h, b'{"data": [' + b" " * size + b"]}")
        return True

    return fault


def lower_case(server, h, query, code=200, body=None, headers=()):
    """Answer with header names in lower case, or as they are given; by default with the page that was asked for."""
    if body is None:
        if code == 200 and not h.path.split("?")[0].endswith("erp/purchase-orders"):
            return False
        body = gzip.compress(json.dumps(server.page_of(list(server.orders[TOKEN]), query, "/")[0]).encode())
        headers = [*headers, ("content-encoding", "gzip")]
    head = "".join(f"{k}: {v}\r\n" for k, v in [*headers, ("content-length", len(body))])
    h.wfile.write(f"HTTP/1.1 {code} X\r\n{head}\r\n".encode() + body)
    return True


def moved(server, h, query):
    """Take an order from the front and put one at the end, so that the total stays; then answer."""
    if h.path.split("?")[0].endswith(("/erp/purchase-orders", "/v1/purchase-orders")):
        with server.lock:
            rows = server.orders.get(h.headers.get("Authorization", "").removeprefix("Bearer "))
            if rows:
                rows.append(rows.pop(0) | {"key": f"8m{len(server.requests)}"})
    return False


def says_more(server, h, query):
    """Answer with the page that was asked for, which says in words of its own that it is not the last."""
    token = h.headers.get("Authorization", "").removeprefix("Bearer ")
    if not h.path.split("?")[0].endswith("/erp/purchase-orders") or token not in server.orders:
        return False
    body, _ = server.page_of(list(server.orders[token]), query, "/api/erp/purchase-orders")
    server.send(h, body | {"hasMore": True})
    return True
