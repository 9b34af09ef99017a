"""The HTTP side of the sandbox: a server on loopback, and answers as whole, or as faulty, as a test wants them."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet when a client hangs up, as an interrupted fetch does; the default prints a traceback."""


def handler_for(answer: Callable[[BaseHTTPRequestHandler], None]) -> type[BaseHTTPRequestHandler]:
    """Return the class of handlers that answer so."""

    # http.server makes a handler for each connection itself, so what answers reaches it as a variable of this function
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections open, as the API does
        # small packets at once, and headers and body in one of them: else each answer may wait 40 ms for an acknowledgement
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            answer(self)

        # answered with 405 and written down: a test can show that nothing but GET was ever sent
        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on the terminal."""

    return Handler


def send(handler: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str], fault: str) -> None:
    raw, kind = json.dumps(body, ensure_ascii=False).encode(), "application/json"
    if fault == "bad-json":
        raw = raw[: len(raw) * 2 // 3]
    elif fault == "html":
        raw, kind = b"<!doctype html><title>Maintenance</title><p>We are back soon.</p>", "text/html"
    elif fault == "reset":
        # lingering for no time makes the system send RST instead of FIN: what a proxy does that gives up on a connection
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        handler.connection.close()
        return
    # compressed as by the API, so that a cut body also breaks off inside a gzip stream
    if "gzip" in handler.headers.get("Accept-Encoding", "") and len(raw) > 500:
        raw = gzip.compress(raw, 1)
        headers = headers | {"Content-Encoding": "gzip"}
    handler.send_response(status)
    # the whole length is promised even where half of the body is sent: that is how a client notices a cut
    headers = {"Content-Type": kind, "Content-Length": str(len(raw)), "X-Request-Id": uuid.uuid4().hex} | headers
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(raw[: len(raw) // 2] if fault == "cut" else raw)
    handler.wfile.flush()
    handler.close_connection |= fault == "cut"
