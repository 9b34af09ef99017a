"""The wire: one answer within its bounds of time and size, whoever trickles, and past proxies where the server is this machine.

A timeout of a socket starts anew with every byte. Here every read of an answer - status, headers, "100 Continue", body, trailer -
gets what is left of the time that the whole answer has.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_PIECE = 1 << 20  # bytes read at once
_WITHOUT_BODY = {*range(100, 200), 204, 304}


class TooLarge(Exception):
    """The body is larger than it may be."""


@dataclass
class Answer:
    """What came over the wire."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # their names have no case
    packed: bytes = field(repr=False)  # the body as it is stored, as gzip or zlib
    plain: bytes = field(repr=False)


def http_session(base_url: str, workers: int) -> requests.Session:
    """Return a session of requests for one host."""
    session = _Session()
    # Every request goes to the same host, so the environment's proxies and certificates are looked up once; requests would
    # search the environment and ~/.netrc for every page.
    found = session.merge_environment_settings(base_url, {}, None, None, None)
    session.proxies = {} if is_loopback(base_url) else found["proxies"]
    session.verify, session.cert = found["verify"], found["cert"]
    session.trust_env = False
    adapter = _Adapter(pool_maxsize=max(workers, 1), max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, which no proxy reaches.

    >>> [is_loopback(f"http://{host}/") for host in ("127.0.0.9:80", "[::1]", "localhost", "api.makini.io")]
    [True, True, True, False]
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


#: What OpenSSL says of two that can't agree, which another try does not change; a connection that breaks off has other words.
_UNTRUSTED = (
    "CERTIFICATE_VERIFY_FAILED",
    "doesn't match",
    "TLS CA certificate bundle",
    "CERTIFICATE_REQUIRED",
    "[X509",
)
_NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "BadStatusLine('\\x15",
)


def tls_advice(error: Exception) -> str:
    """Return what to do where the two ends can't agree on TLS, in which case no other try helps; "" for any other error."""
    said = str(error)
    if any(words in said for words in _UNTRUSTED):
        return (
            "The server's certificate is not trusted here, or is another host's: set REQUESTS_CA_BUNDLE to a file with the certificates of "
            "the authority that signed it (your company's, where a proxy opens connections), and base_url to the name in the certificate."
        )
    if any(words in said for words in _NO_TLS):
        return "One end speaks TLS and the other does not: base_url, or the proxy's address, has http for https, or the port of the other."
    return ""


def read(response: requests.Response, max_body: int) -> Answer:
    """Return a whole answer; an error of the network where it is cut off, `TooLarge` where it is too much."""
    if response.status_code in _WITHOUT_BODY:
        # A server that sends one all the same would have it taken for the answer to the next request: this connection ends.
        response.raw.close()
        return Answer(response.status_code, response.headers, b"", b"")
    announced = response.headers.get("Content-Length", "").strip()
    # Compared by digits first: a number of thousands of digits is none that int() takes.
    if announced.isdigit() and (len(announced) > 18 or int(announced) > max_body):
        raise TooLarge
    pieces, size = [], 0
    while piece := response.raw.read(_PIECE, decode_content=False):  # raises where the body is cut off
        pieces.append(piece)
        if (size := size + len(piece)) > max_body:
            raise TooLarge
    packed, plain = _unpacked(b"".join(pieces), response.headers.get("Content-Encoding", ""), max_body)
    return Answer(response.status_code, response.headers, packed, plain)


def _unpacked(raw: bytes, encoding: str, max_body: int) -> tuple[bytes, bytes]:
    """Return the body compressed, as it is stored, and plain."""
    encoding = encoding.strip().lower()
    if encoding in ("gzip", "x-gzip") and raw:
        unzip = zlib.decompressobj(wbits=31)
        plain = unzip.decompress(raw, max_body + 1)
        if len(plain) > max_body:
            raise TooLarge
        if not unzip.eof:
            raise EOFError("the compressed body is cut off")
        if unzip.unused_data:
            raise EOFError("something follows the compressed body")
        return raw, plain
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise EOFError(f"an encoding that was not asked for: {encoding[:40]}")
    return zlib.compress(raw, 3), raw


# ---- time --------------------------------------------------------------------------------------------------------------


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a moment, however often it is read."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._raw, self._sock, self._until = raw, sock, time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took longer than timeout")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer that has what is left of the time when its first byte is waited for."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()  # urllib3 has set what connecting and sending left of the whole
        if seconds is not None:
            self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, seconds))

    def begin(self) -> None:
        super().begin()
        # urllib3 would log the lines that are no headers as they stand, and a server may have echoed the token there.
        self.headers.defects.clear()
        self.headers.set_payload("")

    def _read_status(self) -> Any:
        told: Any = super()._read_status()  # type: ignore[misc]
        while 101 < told[1] < 200:  # "103 Early Hints": http.client passes over "100 Continue" alone
            http.client.parse_headers(self.fp)
            told = super()._read_status()  # type: ignore[misc]
        return told

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:  # http.client would read on to the end, however much that is
            raise ValueError(f"a chunk of {size} bytes")
        return size


class _Timed:
    """A connection whose answers are bounded in time as a whole."""

    response_class = _TimedResponse

    def request(self, *args: Any, **kwargs: Any) -> None:
        sock = getattr(self, "sock", None)
        if sock is not None:  # the answer before this one left the socket with what remained of its time
            sock.settimeout(self.timeout)  # type: ignore[attr-defined]
        super().request(*args, **kwargs)  # type: ignore[misc]


class _Plain(_Timed, HTTPConnection):  # type: ignore[misc]  # urllib3 annotates its own kind of response, and makes it of this one
    pass


class _Tls(_Timed, HTTPSConnection):  # type: ignore[misc]
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: asked not to follow a redirect, requests would still read its whole body and parse where it leads."""
        return None


class _Adapter(requests.adapters.HTTPAdapter):
    """Makes the connections, to the server or to a proxy on the way."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
