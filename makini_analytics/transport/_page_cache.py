"""The pages that were fetched, on disk: one SQLite file per base URL and token, bodies compressed, nothing secret inside.

requests-cache keeps the file; what is kept is decided here: only whole 200 answers to GET, and no header of the request.
A file that can't be used - damaged, locked, read-only, a full disk - costs the cache, never the fetch.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import time
import zlib
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from requests_cache.backends.sqlite import SQLiteDict
from requests_cache.serializers import SerializerPipeline, Stage

from ..records import Parse, parse

log = logging.getLogger("makini_analytics")

#: Seconds after which a locked file counts as unusable.
PATIENCE = 5.0


@dataclass
class Page:
    """One whole answer."""

    url: str
    packed: bytes  # the body, gzip or zlib
    fetched_at: datetime
    expires: datetime
    request_id: str | None = None
    from_cache: bool = False
    parsed: Any = field(default=None, repr=False)  # not stored

    @property
    def expires_unix(self) -> int:
        """What the SQLite table keeps beside the page."""
        return int(self.expires.timestamp())

    @property
    def body(self) -> bytes:
        """The body as the server meant it."""
        return zlib.decompress(self.packed, wbits=47)  # 47: gzip and zlib alike

    def json(self) -> Any:
        """Return the parsed body."""
        return self.parsed if self.parsed is not None else parse(self.body)


def _dumps(page: Page) -> bytes:
    head = {
        "url": page.url,
        "fetched_at": page.fetched_at.isoformat(),
        "expires": page.expires.isoformat(),
        "request_id": page.request_id,
    }
    return json.dumps(head).encode() + b"\n" + page.packed


def _loads(data: bytes) -> Page:
    head, _, packed = bytes(data).partition(b"\n")
    said = json.loads(head)
    return Page(
        said["url"],
        packed,
        datetime.fromisoformat(said["fetched_at"]),
        datetime.fromisoformat(said["expires"]),
        said["request_id"],
    )


class _Table(SQLiteDict):
    """requests-cache's table, which waits for a lock for so long and no longer, and tells when a write fails."""

    @contextmanager
    def _acquire_sqlite_lock(self) -> Iterator[None]:
        connection: Any = self._connection
        with self._lock:
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    break
                except sqlite3.OperationalError as e:
                    if "locked" not in str(e) and "busy" not in str(e):
                        raise
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.01)
            self._active_transaction = True
            try:
                yield
                connection.commit()
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.rollback()
                raise
            finally:
                self._active_transaction = False

    def _write(self, key: str, value: Page) -> None:
        """Write in one statement: three would each wait until the threads that parse let go of the interpreter."""
        row = key, self.serialize(value), value.expires_unix
        with self._lock, self.connection() as db:
            db.execute("INSERT OR REPLACE INTO pages (key, value, expires) VALUES (?, ?, ?)", row)


def file_name(base_url: str, token: str) -> str:
    """Return the cache file's name: a fingerprint of base URL and token, from which neither can be told."""
    return hashlib.sha256(f"{base_url}\n{token}".encode()).hexdigest()[:24] + ".sqlite"


class Store:
    """The pages of one connection; ``path=None`` keeps them in memory."""

    def __init__(self, path: Path | None, connection: str) -> None:
        self.path = path
        self._connection = connection
        self._table: MutableMapping[str, Page] | None = None
        self._warned = False
        try:
            self._table = self._open(path)
        except (sqlite3.DatabaseError, OSError) as e:
            if path is not None and _is_damaged(e):
                aside = path.with_suffix(f".damaged-{int(time.time())}")
                with suppress(OSError, sqlite3.Error):
                    path.rename(aside)
                    for tail in ("-wal", "-shm"):
                        Path(f"{path}{tail}").unlink(missing_ok=True)
                    self._table = self._open(path)
                    self._warn(f"the cache file was damaged and is now {aside.name}; a new one is begun", e)
            if self._table is None:
                self._warn("the cache can't be used; this goes on without it", e)

    @staticmethod
    def _open(path: Path | None) -> MutableMapping[str, Page]:
        if path is None:  # of this client alone; SQLite's own memory files are shared between connections
            return {}
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        with suppress(FileNotFoundError):
            if path.stat().st_size:
                _probe(path)
        pipeline = SerializerPipeline([Stage(dumps=_dumps, loads=_loads)], name="makini", is_binary=True)
        return _Table(str(path), table_name="pages", serializer=pipeline, wal=True, busy_timeout=int(PATIENCE * 1000))

    def get(self, key: str, parse: Parse = parse) -> Page | None:
        """Return the page kept under a key, or None."""
        if self._table is None:
            return None
        try:
            page = self._table.get(key)
        except (sqlite3.Error, ValueError, KeyError, TypeError) as e:
            self._give_up(e)
            return None
        if page is not None:
            page.from_cache = True
            try:
                page.parsed = parse(page.body)
            except (zlib.error, ValueError):  # a damaged row is a page that is not there
                return None
        return page

    def span(self) -> tuple[int, datetime, datetime] | None:
        """Return how many pages are kept, and when the oldest and the newest was stored; None where there is none."""
        try:
            if isinstance(self._table, _Table):
                with self._table.connection() as db:
                    heads = [
                        row[0] for row in db.execute("SELECT substr(value, 1, instr(value, x'0a') - 1) FROM pages")
                    ]
                said = [json.loads(bytes(head)) for head in heads]
                times = [datetime.fromisoformat(h["fetched_at"]) for h in said if h["url"]]
            else:
                times = [p.fetched_at for p in (self._table or {}).values() if p.url]
        except (sqlite3.Error, ValueError, KeyError):
            return None
        return (len(times), min(times), max(times)) if times else None

    def put(self, key: str, page: Page) -> None:
        """Keep a page."""
        if self._table is not None:
            try:
                self._table[key] = replace(page, parsed=None)
            except (sqlite3.Error, OSError) as e:
                self._give_up(e)

    def clear(self) -> None:
        """Forget every page."""
        if self._table is not None:
            self._table.clear()

    def close(self) -> None:
        """Close the file."""
        if isinstance(self._table, _Table):
            self._table.close()  # type: ignore[no-untyped-call]

    def _give_up(self, error: Exception) -> None:
        self._table = None
        self._warn("the cache can't be used any more; this goes on without it", error)

    def _warn(self, what: str, error: Exception) -> None:
        if not self._warned:
            log.warning("%s: %s (%s: %s)", self._connection, what, self.path, error)
        self._warned = True


def _probe(path: Path) -> None:
    """Raise what is wrong with a file before requests-cache waits on it for ever."""
    check = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    try:
        check.execute("PRAGMA schema_version").fetchone()
        check.execute("BEGIN IMMEDIATE")
        check.execute("ROLLBACK")
        if check.execute("SELECT 1 FROM sqlite_master WHERE name = 'pages'").fetchone():
            check.execute("SELECT length(value) FROM pages ORDER BY rowid DESC LIMIT 1").fetchone()
    finally:
        check.close()


def _is_damaged(error: Exception) -> bool:
    return any(w in str(error) for w in ("not a database", "malformed", "no such column", "corrupt"))


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)
