"""One connection's way to the API: its token, its cache, its patience. What one GET is; nothing else is ever sent.

A page is asked of the cache first, so a hit costs neither wait nor quota. Under it, a fault that is usually temporary is tried
again after about 2, 4, 8 seconds; a 429 pauses every worker of the connection. Only a whole JSON answer counts as an answer.
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
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from ..errors import ApiError, ConfigError, MakiniError, NetworkError, OfflineMissError, error_from
from ..records import Parse, parse
from ._page_cache import Page, Store, now

log = logging.getLogger("makini_analytics")

RETRIED = {429, 500, 502, 503, 504}
_USER_AGENT = "makini-analytics (read-only)"


class Bearer(AuthBase):
    """A token that is sent and never shown."""

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
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ConfigError(
            f"base_url must be like 'https://api.makini.io', perhaps with a path; got {parts.scheme}://{parts.hostname}"
        )
    return url.strip().rstrip("/")


@dataclass(frozen=True)
class Patience:
    """How long and how often: all settable on the `Client`."""

    timeout: float = 60.0  # seconds for one answer
    retries: int = 3
    backoff: float = 2.0  # seconds before the first retry; doubled each time
    max_wait: float = 60.0  # seconds; a server that asks for more is not waited for


class Link:
    """What one connection is asked through."""

    def __init__(
        self,
        auth: Bearer,
        base_url: str,
        store: Store,
        *,
        connection: str,
        expire_after: timedelta,
        patience: Patience,
        offline: bool,
        workers: int,
    ) -> None:
        self.base_url, self.connection, self.store, self.offline = base_url, connection, store, offline
        self._auth, self._expire_after, self._patience = auth, expire_after, patience
        self._session = requests.Session()
        # Proxies and certificates of the environment are looked up once, since every request goes to the same host.
        found = self._session.merge_environment_settings(base_url, {}, None, None, None)
        self._session.proxies, self._session.verify, self._session.cert = (
            found["proxies"],
            found["verify"],
            found["cert"],
        )
        self._session.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=max(workers, 1), max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers.update(
            {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": _USER_AGENT}
        )
        self._gate = threading.Lock()
        self._resume_at = 0.0
        self._closed = False
        self._stopped = threading.Event()
        self.tell: Callable[[str], None] = lambda text: None  # a progress bar puts itself here

    def __repr__(self) -> str:
        return f"Link({self.connection!r}, {self.base_url!r})"

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        expires: datetime | None = None,
        refresh: bool = False,
        parse: Parse = parse,
    ) -> Page:
        """Return one page, from the cache or the network, parsed.

        ``expires`` is the expiry of the walk's first page, to the microsecond: pages of one walk, and of no other, share it, so
        only they are taken from the cache, and all expire together. Without it any page that has not expired is taken.
        """
        url = self.base_url + path if path.startswith("/") else path
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        key = hashlib.sha256(url.encode()).hexdigest()
        operation = f"GET {url.removeprefix(self.base_url)}"
        kept = None if refresh and not self.offline else self.store.get(key, parse)
        if kept is not None and (kept.expires == expires if expires else self.offline or kept.expires > now()):
            return kept
        if self.offline:
            raise self._missed(operation, expires)
        body, parsed, request_id = self._ask(url, operation, parse)
        moment = now()
        page = Page(url, body, moment, expires or moment + self._expire_after, request_id, parsed=parsed)
        if not self._closed:
            self.store.put(key, page)
        return page

    def _missed(self, operation: str, expires: datetime | None) -> OfflineMissError:
        """Return the error that says what is missing, and what there is instead."""
        held = self.store.span()
        what = "holds nothing" if held is None else f"holds {held[0]:,} pages stored {_when(held[1])}"
        if held is not None and held[2] - held[1] > timedelta(minutes=1):
            what += f" to {_when(held[2])}"
        part = "; the walk that stored the first page of this list did not come to its end" if expires else ""
        return OfflineMissError(
            f"offline=True, and {operation} of connection {self.connection!r} is not in the cache, which {what}{part}. The same span, "
            "filters and per_page as when it was fetched are found; else fetch once without offline=True.",
            connection=self.connection,
            operation=operation,
        )

    def remember(self, key: str, value: int) -> None:
        """Keep a small fact as long as a page."""
        moment = now()
        self.store.put(key, Page("", zlib.compress(json.dumps(value).encode()), moment, moment + self._expire_after))

    def interrupt(self) -> None:
        """Let whoever waits or asks at this moment give up; who asks afterwards is not concerned."""
        stopped, self._stopped = self._stopped, threading.Event()
        stopped.set()

    def close(self) -> None:
        """Close sockets and cache; whoever still waits stops waiting."""
        self._closed = True
        self.interrupt()
        self._session.close()
        self.store.close()

    # ---- one request, tried a few times --------------------------------------------------------------------------------

    def _ask(self, url: str, operation: str, parse: Parse) -> tuple[bytes, Any, str | None]:
        p, stopped = self._patience, self._stopped
        for attempt in range(1, p.retries + 2):
            self._wait_at_gate(stopped)
            answer = self._try(url, operation, attempt, parse)
            if not isinstance(answer, MakiniError):
                return answer
            wait = self._wait_before_retry(answer, attempt)
            if not answer.retryable or attempt > p.retries or wait is None:
                raise answer
            why = "rate limit" if answer.status == 429 else str(answer.status or type(answer).__name__)
            log.info(
                "%s: %s failed (%s), try %d of %d, waiting %.1f s",
                self.connection, operation, why, attempt, p.retries + 1, wait,
            )  # fmt: skip
            self.tell(f"waiting {wait:.0f} s ({why})")
            if answer.status == 429:
                with self._gate:
                    self._resume_at = max(self._resume_at, time.monotonic() + wait)
            else:
                stopped.wait(wait)
        raise AssertionError("unreachable")

    def _try(self, url: str, operation: str, attempt: int, parse: Parse) -> tuple[bytes, Any, str | None] | MakiniError:
        """Return the whole answer, or the error that it is. Never raises one of requests' own: they carry the token."""
        try:
            response = self._session.get(
                url, auth=self._auth, timeout=self._patience.timeout, allow_redirects=False, stream=True
            )
            with response:
                raw = response.raw.read(decode_content=False)  # a body that is cut off raises here
            headers = dict(response.headers)
            status = response.status_code
            body, text = _unpacked(raw, headers.get("Content-Encoding", ""))
        except (requests.RequestException, HTTPError, OSError, zlib.error, EOFError) as e:
            fault = f"{type(e).__name__}: {_scrubbed(str(e), self._auth)}"
            status = 0
        if not status:
            return NetworkError(
                f"{operation} on connection {self.connection!r} got no whole answer ({fault}); tried {attempt} times. "
                f"Check the network, base_url ({self.base_url}) and timeout.",
                retryable=True,
                connection=self.connection,
                operation=operation,
            )
        return self._judged(status, headers, body, text, operation, attempt, parse)

    def _judged(
        self, status: int, headers: dict[str, str], body: bytes, text: bytes, operation: str, attempt: int, parse: Parse
    ) -> tuple[bytes, Any, str | None] | MakiniError:
        parsed: Any = None
        try:
            parsed = parse(text)
            whole = isinstance(parsed, Mapping | list)
        except (ValueError, RecursionError):
            whole = False
        if status == 200 and whole:
            request_id = next((v for k, v in headers.items() if k.lower() == "x-request-id"), None)
            return body, parsed, request_id
        if status == 200:
            html = text.lstrip()[:1] == b"<" or "html" in headers.get("Content-Type", "").lower()
            what = "a web page" if html else "something that is no whole JSON"
            shown = _scrubbed(text[:80].decode("utf-8", "replace"), self._auth)
            return ApiError(
                f"{operation} on connection {self.connection!r} answered 200 with {what} ({shown!r}); tried {attempt} times. "
                f"Is base_url ({self.base_url}) the API, and nothing between that answers in its place?",
                status=200,
                retryable=not html and bool(text.strip()),
                connection=self.connection,
                operation=operation,
            )
        if 300 <= status < 400:
            host = urlsplit(headers.get("Location", "")).netloc or "another path"
            return ApiError(
                f"{operation} on connection {self.connection!r} is redirected ({status}) to {host}; a redirect is not followed, "
                "so that the token reaches nobody else. Set base_url to the API itself.",
                status=status,
                connection=self.connection,
                operation=operation,
            )
        error = error_from(
            status,
            headers,
            parsed if whole else _scrubbed(text.decode("utf-8", "replace"), self._auth),
            connection=self.connection,
            operation=operation,
            retry_after=_retry_after(headers),
            tries=attempt,
        )
        error.args = (_scrubbed(error.args[0], self._auth),)
        return error

    # ---- waiting -------------------------------------------------------------------------------------------------------

    def _wait_before_retry(self, error: MakiniError, attempt: int) -> float | None:
        """Return the seconds to wait, or None where the server asks for more than we are ready to wait."""
        p = self._patience
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= p.max_wait else None
        wait: float = min(p.backoff * 2 ** (attempt - 1), p.max_wait)
        return wait * random.uniform(1.0, 1.25)  # so that several workers don't come back at once

    def _wait_at_gate(self, stopped: threading.Event) -> None:
        while (wait := self._resume_at - time.monotonic()) > 0 and not stopped.is_set():
            stopped.wait(wait)
        if stopped.is_set() or self._closed:
            raise NetworkError("the client was closed or interrupted", connection=self.connection)


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _unpacked(raw: bytes, encoding: str) -> tuple[bytes, bytes]:
    """Return the body compressed, as it is kept, and plain."""
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


def _scrubbed(text: str, auth: Bearer) -> str:
    """Return a text without the token, whoever put it there."""
    return text.replace(auth.reveal(), "***")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks to wait, given as seconds or as a date; None where it is no such thing."""
    given = next((v for k, v in headers.items() if k.lower() == "retry-after"), None)
    if given is None:
        return None
    try:
        seconds = float(Retry(retry_after_max=10**9).parse_retry_after(given))
    except (InvalidHeader, ValueError, OverflowError):
        return None
    return max(seconds, 0.0)
