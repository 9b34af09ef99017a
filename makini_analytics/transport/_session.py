"""One connection's session: its token, its cache, its retry policy. Every request is a GET; nothing else is ever sent.

The cache is asked first, so a hit costs neither time nor quota. A fault that is usually temporary is retried after about 2, 4 and
8 seconds; a 429 pauses every worker of the connection. Only a whole JSON answer counts as an answer. Threads may share a session;
a process that was forked from the one that made it may not.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import random
import re
import threading
import time
import weakref
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Timeout

from ..errors import ApiError, ConfigError, MakiniError, NetworkError, OfflineMissError
from ..records import Decode, KeyTwice, decode
from ._answer_error import answer_error
from ._credentials import Bearer, Scrubber
from ._page_cache import Page, PageCache, now
from ._page_signs import signs_in_headers
from ._wire import Answer, TooLarge, http_session, read, tls_advice

log = logging.getLogger("makini_analytics")

_USER_AGENT = "makini-analytics (read-only)"
_LONGEST_URL = 8_000  # characters; no server takes a longer one
_IN_ADDRESS = re.compile(r"//\S*@")  # user and password
_UNSENDABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    LocationParseError,
)


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait, how often to retry and how much to take; all of it is settable on the `Client`."""

    timeout: float = 60.0  # seconds for one answer, from the first byte sent to the last one received
    retries: int = 3
    backoff: float = 2.0  # seconds before the first retry; doubled each time
    max_wait: float = 60.0  # seconds; if the server asks for more, give up
    max_body: int = 200_000_000  # bytes of one answer, as sent and unpacked


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
        self.scrubbed = Scrubber(auth.reveal())
        cache.seal_with(auth.reveal())
        self._http = http_session(base_url, workers)
        self._http.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": _USER_AGENT})
        self._gate = threading.Lock()
        self._resume_at = 0.0
        self._closed = False
        self._stopped = threading.Event()
        self._walks: weakref.WeakSet[threading.Event] = weakref.WeakSet()
        self._process = os.getpid()
        self.on_wait: Callable[[str], None] = lambda text: None  # set by the progress display

    @property
    def timeout(self) -> float:
        """Seconds for one answer."""
        return self._retry_policy.timeout

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
        stopped: threading.Event | None = None,
        keep: bool = True,
        deadline: float | None = None,
    ) -> Page:
        """Return one page, from the cache or the network, decoded.

        ``expires`` is the expiry of the first page of the list. All pages of one run share it to the microsecond, so a cached page with
        another expiry belongs to another run and is not used: a list is never put together from two moments, and expires as a whole.
        Without ``expires`` any page that has not expired will do. ``stopped`` is the event of a walk, see `new_walk`; a page that is
        only looked at is not kept. At the ``deadline``, a moment of `time.monotonic`, the network is given up.
        """
        self.check_process()
        url = self._url(path, params)
        key = hashlib.sha256(url.encode()).hexdigest()
        operation = self.scrubbed(f"GET {url.removeprefix(self.base_url)}")  # a cursor or a link is the server's text
        cached = None if refresh and not self.offline else self.cache.get(key, decode)
        if cached is not None and (cached.expires == expires if expires else self.offline or cached.expires > now()):
            return cached
        if self.offline:
            raise self._missed(operation, expires)
        answer, decoded = self._get_with_retries(url, operation, decode, stopped or self._stopped, deadline)
        moment = now()
        until = expires or _later(moment, self._expire_after)
        request_id = self.scrubbed(answer.headers.get("X-Request-Id", ""))[:200] or None
        signs = signs_in_headers(answer.headers)
        page = Page(self.scrubbed(url), answer.packed, moment, until, request_id, signs, decoded=decoded)
        if keep and not self._closed:  # a worker may still finish its page after close()
            self.cache.put(key, page)
        return page

    def _url(self, path: str, params: Mapping[str, Any] | None) -> str:
        url = self.base_url + path if path.startswith("/") else path
        fault = None
        try:
            if params:
                url += ("&" if "?" in url else "?") + urlencode(params)
            url.encode()
        except UnicodeError:  # half of a surrogate pair, in a cursor, a link or a key
            fault = "holds characters that can't be sent"
        if len(url) > _LONGEST_URL:
            fault = f"has {len(url):,} characters"
        if self.scrubbed.whole_in(url.removeprefix(self.base_url)):  # addresses are logged, by others, too
            fault = "holds the token, which is sent in the header alone"
        if fault:
            raise ApiError(
                f"the address of a page under {self.scrubbed(path[: 80 + self.scrubbed.reach])[:80]!r} of connection {self.connection!r} {fault}",
                connection=self.connection,
            )
        return url

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
        self.cache.put(key, Page("", body, moment, _later(moment, self._expire_after)))

    def new_walk(self) -> threading.Event:
        """Return the event that makes the requests of one walk, whether waiting or still to come, give up once it is set."""
        stopped = threading.Event()
        with self._gate:
            self._walks.add(stopped)
        return stopped

    def close(self) -> None:
        """Close sockets and cache, and wake whoever is waiting."""
        self._closed = True
        if os.getpid() != self._process:  # sockets and cache file are the other process's, which goes on with them
            return
        with self._gate:
            walks = list(self._walks)
        for stopped in (self._stopped, *walks):
            stopped.set()
        self._http.close()
        self.cache.close()

    def check_process(self) -> None:
        """Raise `ConfigError` in a process that was forked from the one that made the session."""
        if os.getpid() != self._process:
            raise ConfigError(
                f"the client of connection {self.connection!r} was made in another process, whose sockets and cache file can't be shared "
                "after a fork: make a new Client in this one"
            )

    # ---- one request, tried a few times --------------------------------------------------------------------------------

    def _get_with_retries(
        self, url: str, operation: str, decode: Decode, stopped: threading.Event, deadline: float | None
    ) -> tuple[Answer, Any]:
        policy = self._retry_policy
        end = math.inf if deadline is None else deadline
        for attempt in range(1, policy.retries + 2):
            self._wait_at_gate(stopped, end)
            seconds = min(policy.timeout, end - time.monotonic())
            if seconds <= 0:
                told = f"{operation} on connection {self.connection!r} was not asked for: no time is left for it"
                raise NetworkError(told, retryable=True, connection=self.connection, operation=operation)
            try:
                return self._get_once(url, operation, attempt, decode, seconds)
            except MakiniError as error:
                wait = self._wait_before_retry(error, attempt)
                if not error.retryable or attempt > policy.retries or wait is None or time.monotonic() + wait >= end:
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

    def _get_once(self, url: str, operation: str, attempt: int, decode: Decode, seconds: float) -> tuple[Answer, Any]:
        """Return a whole answer and its decoded body, or raise an error of ours."""
        answer, error = self._send(url, operation, attempt, seconds)
        if answer is not None:
            decoded, fault = _decoded(answer, decode)
            if answer.status == 200 and isinstance(decoded, Mapping | list):
                return answer, decoded
            error = answer_error(
                answer,
                decoded,
                fault,
                base_url=self.base_url,
                connection=self.connection,
                operation=operation,
                tries=attempt,
                scrub=self.scrubbed,
            )
            del decoded
        del answer  # the server may have echoed the token, and tracebacks can show local variables
        assert error is not None
        raise error

    def _send(self, url: str, operation: str, attempt: int, seconds: float) -> tuple[Answer | None, MakiniError | None]:
        """Return the answer, or the error where none came whole in so many seconds.

        The error is returned, and raised elsewhere: chained to requests' own it would carry the request, and with it the token, and
        the frame of this function holds the response.
        """
        policy = self._retry_policy
        told = f"{operation} on connection {self.connection!r}"
        where: dict[str, Any] = {"connection": self.connection, "operation": operation}
        timeout: Any = Timeout(total=seconds, connect=seconds, read=seconds)
        try:
            with self._http.get(url, auth=self._auth, timeout=timeout, allow_redirects=False, stream=True) as response:
                return read(response, policy.max_body), None
        except TooLarge:
            return None, ApiError(
                f"{told} answered with more than {policy.max_body:,} bytes, which is more than max_body: ask for fewer rows per page "
                "(per_page=), or pass a larger max_body.",
                **where,
            )
        except (requests.RequestException, HTTPError, OSError, zlib.error, EOFError, ValueError) as e:
            said = _IN_ADDRESS.sub("//***@", str(e)[: 2_000 + self.scrubbed.reach])  # of a proxy
            if isinstance(e, _UNSENDABLE) and any("@" in p for p in self._http.proxies.values()):
                # cut at a wrong place, its password is anywhere in the text
                said = "is the proxy's address right? In its user and password / ? # @ are written %2F %3F %23 %40"
            fault = f"{type(e).__name__}: {self.scrubbed(said)[:2_000]}"
            tls = tls_advice(e)
            advice = tls or f"Check the network, base_url ({self.base_url}) and timeout ({policy.timeout:g} s)."
            return None, NetworkError(
                f"{told} got no whole answer ({fault}); tried {attempt} times. {advice}",
                retryable=not tls and not isinstance(e, _UNSENDABLE),
                **where,
            )

    # ---- waiting -------------------------------------------------------------------------------------------------------

    def _wait_before_retry(self, error: MakiniError, attempt: int) -> float | None:
        """Return the seconds to wait, or None where the server asks for more than the policy allows."""
        policy = self._retry_policy
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= policy.max_wait else None
        wait: float = min(policy.backoff * 2 ** (attempt - 1), policy.max_wait)
        return wait * random.uniform(1.0, 1.25)  # so that the workers don't all come back at once

    def _wait_at_gate(self, stopped: threading.Event, end: float) -> None:
        while (wait := min(self._resume_at, end) - time.monotonic()) > 0 and not stopped.is_set():
            stopped.wait(wait)
        if stopped.is_set() or self._closed:
            raise NetworkError("the client was closed or interrupted", connection=self.connection)


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _later(moment: datetime, span: timedelta) -> datetime:
    try:
        return moment + span
    except OverflowError:  # "never" is as late as a calendar goes
        return datetime.max.replace(tzinfo=moment.tzinfo)


def _decoded(answer: Answer, decode: Decode) -> tuple[Any, str]:
    """Return the decoded body, None where it is no JSON, and what is wrong with JSON that can't be used."""
    try:
        return decode(answer.plain), ""
    except (RecursionError, MemoryError):
        return None, "JSON that is nested too deeply to be read"
    except KeyTwice as e:
        return (
            None,
            f"JSON in which an object has the key {str(e)[:40]!r} twice, so that one of its lists or objects would be lost",
        )
    except ValueError:
        return None, ""
