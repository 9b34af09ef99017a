"""One connection's session: its token, its cache, its retry policy. Every request is a GET; nothing else is ever sent.

The cache is asked first, so a hit costs neither time nor quota. A fault that is usually temporary is retried after about 2, 4 and
8 seconds; a 429 pauses every worker of the connection. Only a whole JSON answer counts as an answer.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from ..errors import ApiError, ConfigError, MakiniError, NetworkError, OfflineMissError, error_from
from ..records import Decode, decode
from ._page_cache import Page, PageCache, now

log = logging.getLogger("makini_analytics")

RETRIED = {429, 500, 502, 503, 504}
_USER_AGENT = "makini-analytics (read-only)"


class Bearer(AuthBase):
    """A token that is sent but never shown."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(***)"

    def __reduce__(self) -> Any:
        raise ConfigError("a token is not written to disk: make a new Client where it is needed")

    def reveal(self) -> str:
        """Return the token, for the fingerprint of the cache file."""
        return self._token


def check_token(token: object) -> str:
    """Return the token without outer blanks, or raise `ConfigError`; its text is never repeated."""
    if not isinstance(token, str) or not token.strip():
        raise ConfigError(
            "no token: pass Client(token) or set MAKINI_API_TOKEN; Makini's dashboard makes one per connection"
        )
    token = token.strip()
    if not token.isascii() or any(c.isspace() or not c.isprintable() for c in token):
        raise ConfigError("the token holds blanks, line breaks or characters that no token has: copy it anew")
    return token


def check_base_url(url: str) -> str:
    """Return the base URL without a final slash, or raise `ConfigError`. It may carry a path."""
    try:
        parts = urlsplit(url.strip())
        requests.Request("GET", url.strip()).prepare()  # what no request can be sent to
        _ = parts.port
    except (ValueError, requests.RequestException):
        raise ConfigError(
            f"base_url must be like 'https://api.makini.io', perhaps with a path, and {ascii(url)[:80]} is no URL"
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ConfigError(
            f"base_url must be like 'https://api.makini.io', perhaps with a path; got {parts.scheme}://{parts.hostname}"
        )
    return url.strip().rstrip("/")


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait and how often to retry; all of it is settable on the `Client`."""

    timeout: float = 60.0  # seconds for one answer
    retries: int = 3
    backoff: float = 2.0  # seconds before the first retry; doubled each time
    max_wait: float = 60.0  # seconds; if the server asks for more, give up


class Session:
    """Sends the requests of one connection."""

    def __init__(
        self,
        auth: Bearer,
        base_url: str,
        cache: PageCache,
        *,
        connection: str,
        expire_after: timedelta,
        retry_policy: RetryPolicy,
        offline: bool,
        workers: int,
    ) -> None:
        self.base_url, self.connection, self.cache, self.offline = base_url, connection, cache, offline
        self._auth, self._expire_after, self._retry_policy = auth, expire_after, retry_policy
        self._http = requests.Session()
        # Every request goes to the same host, so the environment's proxies and certificates are looked up once; requests would
        # search the environment and ~/.netrc for every page.
        found = self._http.merge_environment_settings(base_url, {}, None, None, None)
        self._http.proxies, self._http.verify, self._http.cert = found["proxies"], found["verify"], found["cert"]
        self._http.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=max(workers, 1), max_retries=0)
        self._http.mount("http://", adapter)
        self._http.mount("https://", adapter)
        self._http.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": _USER_AGENT})
        self._gate = threading.Lock()
        self._resume_at = 0.0
        self._closed = False
        self._stopped = threading.Event()
        self.on_wait: Callable[[str], None] = lambda text: None  # set by the progress display

    def __repr__(self) -> str:
        return f"Session({self.connection!r}, {self.base_url!r})"

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        expires: datetime | None = None,
        refresh: bool = False,
        decode: Decode = decode,
    ) -> Page:
        """Return one page, from the cache or the network, decoded.

        ``expires`` is the expiry of the first page of the list. All pages of one run share it to the microsecond, so a cached page with
        another expiry belongs to another run and is not used: a list is never put together from two moments, and expires as a whole.
        Without ``expires`` any page that has not expired will do.
        """
        url = self.base_url + path if path.startswith("/") else path
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        key = hashlib.sha256(url.encode()).hexdigest()
        operation = f"GET {url.removeprefix(self.base_url)}"
        cached = None if refresh and not self.offline else self.cache.get(key, decode)
        if cached is not None and (cached.expires == expires if expires else self.offline or cached.expires > now()):
            return cached
        if self.offline:
            raise self._missed(operation, expires)
        body, decoded, request_id = self._get_with_retries(url, operation, decode)
        moment = now()
        page = Page(url, body, moment, expires or moment + self._expire_after, request_id, decoded=decoded)
        if not self._closed:  # a worker may still finish its page after close()
            self.cache.put(key, page)
        return page

    def _missed(self, operation: str, expires: datetime | None) -> OfflineMissError:
        """Return the error that says what is missing, and what there is instead."""
        held = self.cache.span()
        what = "holds nothing" if held is None else f"holds {held[0]:,} pages stored {_when(held[1])}"
        if held is not None and held[2] - held[1] > timedelta(minutes=1):
            what += f" to {_when(held[2])}"
        part = "; the fetch that stored the first page of this list did not come to its end" if expires else ""
        return OfflineMissError(
            f"offline=True, and {operation} of connection {self.connection!r} is not in the cache, which {what}{part}. Ask for the same "
            "span, filters and per_page as when it was fetched, or fetch once without offline=True.",
            connection=self.connection,
            operation=operation,
        )

    def remember(self, key: str, value: int) -> None:
        """Store a small fact for as long as a page."""
        moment = now()
        body = zlib.compress(json.dumps(value).encode())
        self.cache.put(key, Page("", body, moment, moment + self._expire_after))

    def interrupt(self) -> None:
        """Make whoever is waiting or asking now give up; later requests are not affected."""
        # Each request waits on the event that was current when it began, so a new event leaves later requests alone.
        stopped, self._stopped = self._stopped, threading.Event()
        stopped.set()

    def close(self) -> None:
        """Close sockets and cache, and wake whoever is waiting."""
        self._closed = True
        self.interrupt()
        self._http.close()
        self.cache.close()

    # ---- one request, tried a few times --------------------------------------------------------------------------------

    def _get_with_retries(self, url: str, operation: str, decode: Decode) -> tuple[bytes, Any, str | None]:
        policy, stopped = self._retry_policy, self._stopped
        for attempt in range(1, policy.retries + 2):
            self._wait_at_gate(stopped)
            try:
                return self._get_once(url, operation, attempt, decode)
            except MakiniError as error:
                wait = self._wait_before_retry(error, attempt)
                if not error.retryable or attempt > policy.retries or wait is None:
                    raise
                why = "rate limit" if error.status == 429 else str(error.status or type(error).__name__)
                limited = error.status == 429
            log.info(
                "%s: %s failed (%s), attempt %d of %d, waiting %.1f s",
                self.connection, operation, why, attempt, policy.retries + 1, wait,
            )  # fmt: skip
            self.on_wait(f"waiting {wait:.0f} s ({why})")
            if limited:
                # The limit is the connection's, not this worker's: every worker waits at the gate.
                with self._gate:
                    self._resume_at = max(self._resume_at, time.monotonic() + wait)
            else:
                stopped.wait(wait)
        raise AssertionError("unreachable")

    def _get_once(self, url: str, operation: str, attempt: int, decode: Decode) -> tuple[bytes, Any, str | None]:
        """Return body, decoded body and request id of a whole answer, or raise an error of ours."""
        status, headers, body, text = self._send(url, operation, attempt)
        decoded: Any = None
        with suppress(ValueError, RecursionError):
            decoded = decode(text)
        if status == 200 and isinstance(decoded, Mapping | list):
            request_id = next((v for k, v in headers.items() if k.lower() == "x-request-id"), None)
            return body, decoded, request_id
        error = self._error_for(status, headers, decoded, text, operation, attempt)
        del (
            headers,
            body,
            text,
            decoded,
        )  # the server may have echoed the token, and tracebacks can show local variables
        raise error

    def _error_for(
        self, status: int, headers: dict[str, str], decoded: Any, text: bytes, operation: str, attempt: int
    ) -> ApiError:
        """Return the error for an answer that is not whole, or not a 200."""
        where: dict[str, Any] = {"status": status, "connection": self.connection, "operation": operation}
        if status == 200:
            html = text.lstrip()[:1] == b"<" or "html" in headers.get("Content-Type", "").lower()
            what = "a web page" if html else "something that is no whole JSON"
            shown = self._scrubbed(text[:80].decode("utf-8", "replace"))
            return ApiError(
                f"{operation} on connection {self.connection!r} answered 200 with {what} ({shown!r}); tried {attempt} times. "
                f"Is base_url ({self.base_url}) the API, with nothing in between that answers in its place?",
                retryable=not html and bool(text.strip()),
                **where,
            )
        if 300 <= status < 400:
            host = urlsplit(headers.get("Location", "")).netloc or "another path"
            return ApiError(
                f"{operation} on connection {self.connection!r} is redirected ({status}) to {host}; redirects are not followed, "
                "so that the token reaches nobody else. Set base_url to the API itself.",
                **where,
            )
        error = error_from(
            status,
            headers,
            decoded if isinstance(decoded, Mapping | list) else self._scrubbed(text.decode("utf-8", "replace")),
            connection=self.connection,
            operation=operation,
            retry_after=_retry_after(headers),
            tries=attempt,
        )
        error.args = (self._scrubbed(error.args[0]),)
        return error

    def _send(self, url: str, operation: str, attempt: int) -> tuple[int, dict[str, str], bytes, bytes]:
        """Return status, headers and body, compressed and plain; `NetworkError` where there is no whole answer."""
        timeout = self._retry_policy.timeout
        try:
            with self._http.get(url, auth=self._auth, timeout=timeout, allow_redirects=False, stream=True) as response:
                raw = response.raw.read(decode_content=False)  # raises where the body is cut off
            headers = dict(response.headers)
            return response.status_code, headers, *_unpacked(raw, headers.get("Content-Encoding", ""))
        except (requests.RequestException, HTTPError, OSError, zlib.error, EOFError) as e:
            fault = f"{type(e).__name__}: {self._scrubbed(str(e))}"
        # Raised outside of `except`: chained to it, requests' error would carry the request, and with it the token.
        raise NetworkError(
            f"{operation} on connection {self.connection!r} got no whole answer ({fault}); tried {attempt} times. "
            f"Check the network, base_url ({self.base_url}) and timeout.",
            retryable=True,
            connection=self.connection,
            operation=operation,
        )

    def _scrubbed(self, text: str) -> str:
        """Return a text without the token, whoever put it there."""
        return text.replace(self._auth.reveal(), "***")

    # ---- waiting -------------------------------------------------------------------------------------------------------

    def _wait_before_retry(self, error: MakiniError, attempt: int) -> float | None:
        """Return the seconds to wait, or None where the server asks for more than the policy allows."""
        policy = self._retry_policy
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= policy.max_wait else None
        wait: float = min(policy.backoff * 2 ** (attempt - 1), policy.max_wait)
        return wait * random.uniform(1.0, 1.25)  # so that the workers don't all come back at once

    def _wait_at_gate(self, stopped: threading.Event) -> None:
        while (wait := self._resume_at - time.monotonic()) > 0 and not stopped.is_set():
            stopped.wait(wait)
        if stopped.is_set() or self._closed:
            raise NetworkError("the client was closed or interrupted", connection=self.connection)


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _unpacked(raw: bytes, encoding: str) -> tuple[bytes, bytes]:
    """Return the body compressed, as it is stored, and plain."""
    if encoding.strip().lower() in ("gzip", "x-gzip"):
        if not raw:
            return zlib.compress(b""), b""
        unzip = zlib.decompressobj(wbits=31)
        plain = unzip.decompress(raw)
        if not unzip.eof:
            raise EOFError("the compressed body is cut off")
        return raw, plain
    if encoding and encoding.strip().lower() != "identity":
        raise EOFError(f"an encoding that was not asked for: {encoding}")
    return zlib.compress(raw, 3), raw


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks to wait, given as a number or as a date; None where it is neither."""
    given = next((v for k, v in headers.items() if k.lower() == "retry-after"), None)
    if given is None:
        return None
    try:
        seconds = float(Retry(retry_after_max=10**9).parse_retry_after(given))
    except (InvalidHeader, ValueError, OverflowError):
        return None
    return max(seconds, 0.0)
