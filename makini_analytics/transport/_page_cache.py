"""Fetched pages on disk: one SQLite file per base URL and token, bodies compressed, nothing secret inside.

requests-cache's `SQLiteDict` keeps the file. What goes into it is decided here: only whole 200 answers to GET, and no request header.
A cache that can't be used - damaged, locked, read-only, disk full - never fails the fetch; the fetch goes on without it. Each page is
sealed with a key made of the token: what was changed by anyone else is not there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import sqlite3
import stat
import threading
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from requests_cache.backends.sqlite import SQLiteDict

from ..records import Decode, decode
from ._page_signs import Signs

log = logging.getLogger("makini_analytics")

#: Seconds to wait for another process to release the file before going on without a cache.
LOCK_TIMEOUT = 5.0
PRUNE_EVERY = 600.0  # seconds
#: The clocks of two machines that share a folder differ by less.
SKEW = timedelta(minutes=5)


@dataclass
class Page:
    """One whole answer."""

    url: str
    compressed: bytes  # the body, as gzip or zlib
    fetched_at: datetime
    expires: datetime
    request_id: str | None = None
    signs: Signs = field(default_factory=Signs)  # of other pages, in the headers
    from_cache: bool = False
    decoded: Any = field(default=None, repr=False)  # not stored

    @property
    def body(self) -> bytes:
        """The body as the server meant it."""
        return zlib.decompress(self.compressed, wbits=47)  # 47: detects gzip and zlib

    def json(self) -> Any:
        """Return the decoded body."""
        return self.decoded if self.decoded is not None else decode(self.body)


# A stored page is one line of JSON about it, then the body as it came over the wire, so that a gzip answer is neither unpacked nor
# packed again to be stored, and `span` can read the first line alone:
#
#     {"url": "https://api.makini.io/api/erp/purchase-orders?page=2", "fetched_at": "2026-01-31T...", "expires": ..., "request_id": null,
#      "seal": "5d41..."}
#     <gzip>


def _dumps(key: str, page: Page, secret: bytes) -> bytes:
    head: dict[str, Any] = {
        "url": page.url,
        "fetched_at": page.fetched_at.isoformat(),
        "expires": page.expires.isoformat(),
        "request_id": page.request_id,
    }
    if page.signs != Signs():
        head["signs"] = {"more": page.signs.more, "pages": page.signs.pages, "rows": page.signs.rows}
    head["seal"] = _seal(key, head, page.compressed, secret)
    return json.dumps(head).encode() + b"\n" + page.compressed


def _loads(key: str, data: bytes, secret: bytes) -> Page:
    """Return a stored page; `ValueError` where it is not as it was stored, or is dated in the future."""
    if not isinstance(data, bytes):
        raise ValueError("a page is no bytes")
    first_line, _, compressed = data.partition(b"\n")
    head = json.loads(first_line)
    if head.pop("seal", None) != _seal(key, head, compressed, secret):
        raise ValueError("a page was changed, or stored by another version")
    fetched_at, expires = (datetime.fromisoformat(head[name]) for name in ("fetched_at", "expires"))
    if fetched_at > now() + SKEW:
        raise ValueError(f"a page is dated {fetched_at:%Y-%m-%d %H:%M}, which is in the future")
    return Page(head["url"], compressed, fetched_at, expires, head["request_id"], Signs(**head.get("signs", {})))


def _stored_at(first_line: Any) -> datetime | None:
    """Return when a page was stored, from its first line; None of a fact, and of what anybody else wrote there."""
    try:
        head = json.loads(first_line if isinstance(first_line, bytes) else b"")
        moment = datetime.fromisoformat(head["fetched_at"]) if head["url"] else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _seal(key: str, head: dict[str, Any], compressed: bytes, secret: bytes) -> str:
    seal = hashlib.blake2b(key=secret, digest_size=16)
    seal.update(json.dumps([key, head]).encode())
    seal.update(compressed)
    return seal.hexdigest()


def file_name(base_url: str, token: str) -> str:
    """Return the cache file's name: a fingerprint of base URL and token that reveals neither."""
    return hashlib.sha256(f"{base_url}\n{token}".encode()).hexdigest()[:24] + ".sqlite"


class _Foreign(sqlite3.DatabaseError):
    """A database of something else."""


class PageCache:
    """The pages of one connection; ``path=None`` keeps them in memory."""

    def __init__(self, path: Path | None, connection: str) -> None:
        self.path = path
        self._connection = connection
        self._table: SQLiteDict | dict[str, Page] | None = None
        self._writing = threading.Lock()
        self._warned: set[str] = set()
        self._secret = b""
        self._prune_at = 0.0
        try:
            self._table = self._open(path)
        except (sqlite3.DatabaseError, OSError) as e:
            if path is not None and _is_damaged(e):
                self._replace_damaged(path, e)
            if self._table is None:
                self._warn("the cache can't be used; this goes on without it", e)

    @staticmethod
    def _open(path: Path | None) -> SQLiteDict | dict[str, Page]:
        if path is None:  # not SQLite's memory files: those are shared between clients
            return {}
        if not path.parent.exists():  # a folder that is there has the mode that its owner gave it
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The file is made before SQLite would make it for all to read; its companions get the mode that it has. What a link leads to
        # is somebody else's.
        opened = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        regular = stat.S_ISREG(os.fstat(opened).st_mode)
        os.close(opened)
        if not regular or path.is_symlink():
            raise OSError(errno.EINVAL, "a link, a pipe or a device is no cache file", str(path))
        with suppress(PermissionError):  # another user's file, shared on purpose
            path.chmod(0o600)
        if path.stat().st_size:
            _probe(path)
        busy_timeout = int(LOCK_TIMEOUT * 1000)
        return SQLiteDict(str(path), table_name="pages", serializer=None, wal=True, busy_timeout=busy_timeout)

    def seal_with(self, token: str) -> None:
        """Seal what is stored from now on, and take only what is sealed alike."""
        self._secret = hashlib.sha256(f"makini-analytics page cache {token}".encode()).digest()

    def _replace_damaged(self, path: Path, error: Exception) -> None:
        aside = path.with_suffix(f".damaged-{int(time.time())}")
        with suppress(OSError, sqlite3.Error):
            path.rename(aside)
            for tail in ("-wal", "-shm"):
                Path(f"{path}{tail}").unlink(missing_ok=True)
            self._table = self._open(path)
            self._warn(f"the cache file was damaged and is now {aside.name}; a new one was started", error)

    def get(self, key: str, decode: Decode = decode) -> Page | None:
        """Return the page stored under a key, or None."""
        if self._table is None:
            return None
        try:
            page = self._stored(key)
            if page is not None:
                page.from_cache = True
                page.decoded = decode(page.body)
        except (sqlite3.Error, OSError) as e:
            self._give_up(e)
            return None
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
            self._warn("a page of the cache is not as it was stored; it is asked for again", e)
            return None
        return page

    def _stored(self, key: str) -> Page | None:
        if not isinstance(self._table, SQLiteDict):
            return None if self._table is None else self._table.get(key)
        # Not a placeholder: threads that share a connection would get "bad parameter or other API misuse" (Python 3.12).
        with self._table.connection() as db:
            quoted = key.replace("'", "''")
            row = db.execute(f"SELECT value FROM pages WHERE key = '{quoted}'").fetchone()
        return None if row is None else _loads(key, row[0], self._secret)

    def put(self, key: str, page: Page) -> None:
        """Store a page."""
        page = replace(page, decoded=None)
        try:
            if isinstance(self._table, SQLiteDict):
                # Not `self._table[key] = page`: requests-cache begins a transaction first and waits for the lock for ever. A single
                # statement waits for `busy_timeout` and raises when it fails.
                row = key, sqlite3.Binary(_dumps(key, page, self._secret)), int(page.expires.timestamp())
                with self._writing, self._table.connection() as db:
                    self._prune(db)
                    db.execute("INSERT OR REPLACE INTO pages (key, value, expires) VALUES (?, ?, ?)", row)
            elif self._table is not None:
                with self._writing:
                    self._prune(None)
                    self._table[key] = page
        except (sqlite3.Error, OSError) as e:
            self._give_up(e)

    def _prune(self, db: sqlite3.Connection | None) -> None:
        """Forget what has expired. Only where a page is stored: offline, expired pages are all there is."""
        if time.monotonic() < self._prune_at:
            return
        self._prune_at = time.monotonic() + PRUNE_EVERY
        moment = now()
        if db is not None:
            db.execute("DELETE FROM pages WHERE expires < ?", (int(moment.timestamp()),))
        elif isinstance(self._table, dict):
            for key in [k for k, page in self._table.items() if page.expires < moment]:
                del self._table[key]

    def span(self) -> tuple[int, datetime, datetime] | None:
        """Return how many pages are stored, and when the oldest and the newest were; None where there are none."""
        try:
            if isinstance(self._table, SQLiteDict):
                with self._table.connection() as db:
                    lines = db.execute("SELECT substr(value, 1, instr(value, x'0a') - 1) FROM pages").fetchall()
                times = [t for (line,) in lines if (t := _stored_at(line))]
            else:
                times = [p.fetched_at for p in (self._table or {}).values() if p.url]
        except sqlite3.Error:
            return None
        return (len(times), min(times), max(times)) if times else None

    def clear(self) -> None:
        """Forget every page."""
        try:
            if self._table is not None:
                self._table.clear()
        except (sqlite3.Error, OSError) as e:
            self._give_up(e)

    def close(self) -> None:
        """Close the file."""
        if isinstance(self._table, SQLiteDict):
            self._table.close()  # type: ignore[no-untyped-call]

    def _give_up(self, error: Exception) -> None:
        self._table = None
        self._warn("the cache can't be used any more; this goes on without it", error)

    def _warn(self, what: str, error: Exception) -> None:
        if what not in self._warned:
            log.warning("%s: %s (%s: %s)", self._connection, what, self.path, error)
        self._warned.add(what)


def _probe(path: Path) -> None:
    """Raise what is wrong with a file, before requests-cache opens it and waits for ever."""
    check = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    try:
        check.execute("PRAGMA schema_version").fetchone()
        check.execute("BEGIN IMMEDIATE")
        check.execute("ROLLBACK")
        columns = {row[1] for row in check.execute("PRAGMA table_info(pages)")}
        if columns and not columns >= {"key", "value"}:
            raise _Foreign("its table of pages has other columns")
        if columns:
            check.execute("SELECT length(value) FROM pages ORDER BY rowid DESC LIMIT 1").fetchone()
    finally:
        check.close()


def _is_damaged(error: Exception) -> bool:
    """Whether an error says that the file is no cache, rather than that it can't be reached now."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits tell kinds of one code apart
    return isinstance(error, _Foreign) or primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)
