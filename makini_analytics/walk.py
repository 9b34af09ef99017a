"""Whole walks over pages: every row exactly once, or an error that says how far it got and what disagreed.

The paging is recognised from the answer: ``meta.last_page`` means numbered pages, which are fetched side by side, and links are not
used; ``next_cursor`` means one page after the other; then a ``links.next`` of our own host; else the list is asked for a second page
to learn whether the first was all. Rows that move between pages while they are read show as doubled ids or a changed total: the walk
is repeated once, past the cache, and then gives up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from .errors import ApiError, IncompleteDataError
from .session import Link
from .store import Page

#: No list is this long; a server that says so is wrong.
MOST_PAGES = 1_000_000
MOST_EMPTY_PAGES = 10  # in a row, of a walk by cursor

Progress = Callable[[int, int | None], None]  # pages done, pages in all where known


class _Disagreement(Exception):
    """The pages don't add up; the walk may be worth repeating."""


@dataclass
class Walked:
    """All rows of a list, page by page, and what is known of them."""

    pages: list[list[Any]] = field(default_factory=list)
    server_total: int | None = None
    from_cache: bool = True
    fetched_at: datetime | None = None  # of the oldest page
    contract: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def n_rows(self) -> int:
        """Rows read."""
        return sum(map(len, self.pages))

    def add(self, page: Page, rows: list[Any]) -> None:
        """Take in one page."""
        self.pages.append(rows)
        self.from_cache &= page.from_cache
        self.fetched_at = min(self.fetched_at or page.fetched_at, page.fetched_at)


def walk(
    link: Link,
    path: str,
    params: Mapping[str, Any],
    *,
    numbered: bool = True,
    workers: int = 4,
    refresh: bool = False,
    progress: Progress = lambda done, total: None,
) -> Walked:
    """Return every row of a list exactly once.

    Parameters
    ----------
    link : the connection
    path, params : what is asked, without paging
    numbered : whether to ask for page 1 by number, as all contracts but "v1" do
    workers : pages fetched side by side, where their number is known
    refresh : ask anew, whatever the cache holds

    Raises
    ------
    IncompleteDataError
        The pages don't add up, twice.
    MakiniError
        A page could not be had.
    """
    try:
        return _Walk(link, path, dict(params), numbered, workers, progress).run(refresh)
    except _Disagreement as e:
        first = str(e)
    again = "" if link.offline else first
    if again:
        link.tell("rows moved while they were read, once more")
        try:
            got = _Walk(link, path, dict(params), numbered, workers, progress).run(refresh=True)
            got.notes.append(f"The walk was repeated, since the first one did not add up: {first}.")
            return got
        except _Disagreement as e:
            again = str(e)
    twice = f" Repeated past the cache: {again}." if again else ""
    raise IncompleteDataError(
        f"GET {path} of connection {link.connection!r} gave no whole list, so nothing of it is returned: {first}.{twice} Try "
        "again when the source is quiet (rows that are inserted or reordered while paging cause this), ask for a shorter span "
        "with since= and until=, or tell Makini's support that the pages of this list disagree.",
        retryable=True,
        connection=link.connection,
        operation=f"GET {path}",
    )


class _Walk:
    def __init__(
        self, link: Link, path: str, params: dict[str, Any], numbered: bool, workers: int, progress: Progress
    ) -> None:
        self.link, self.path, self.params, self.workers, self.progress = link, path, params, max(workers, 1), progress
        self.numbered = numbered
        self.got = Walked()
        self.ids: set[str] = set()
        self.n_rows = 0

    def run(self, refresh: bool) -> Walked:
        start = {"page": 1} if self.numbered else {}
        page = self.link.get(self.path, {**start, **self.params}, refresh=refresh)
        self.expires = page.expires
        self.fresh = not page.from_cache  # no page of a walk that began just now can be in the cache: it need not be looked for
        answer = self._read(page)
        self.got.server_total = answer.total
        self.got.contract = _contract(answer)
        self._add(page, answer.rows)
        if answer.last_page or (answer.last_page == 0 and not answer.rows):
            self._numbered(answer)
        elif answer.has_cursor:
            self._by_cursor(answer)
        elif answer.next_link:
            self._by_link(answer)
        else:
            self._probing(answer)
        self._check_whole()
        return self.got

    def _get(self, path: str, params: Mapping[str, Any] | None) -> Page:
        return self.link.get(path, params, expires=self.expires, refresh=self.fresh)

    def _read(self, page: Page) -> _Answer:
        return _Answer.of(page.json(), self.link.connection, self.path)

    # ---- the four ways of paging ---------------------------------------------------------------------------------------

    def _numbered(self, first: _Answer) -> None:
        last = first.last_page or 0
        size = len(first.rows)
        if first.current_page not in (None, 1):
            raise _Disagreement(f"page 1 was asked and page {first.current_page} came")
        if last > 1 and not size:
            raise _Disagreement(f"page 1 of {last} is empty")
        if last > MOST_PAGES or (first.total is not None and size and last > max(1, math.ceil(first.total / size))):
            raise _Disagreement(f"the server speaks of {last} pages, and of {first.total} rows, {size} on page 1")
        self.progress(1, max(last, 1))
        for number, page in self._side_by_side(last):
            answer = self._read(page)
            where = f"page {number} of {last}"
            if not answer.rows:
                raise _Disagreement(f"{where} is empty")
            if answer.current_page not in (None, number):
                raise _Disagreement(f"page {number} was asked and page {answer.current_page} came")
            if answer.total is not None and first.total is not None and answer.total != first.total:
                raise _Disagreement(f"the total went from {first.total} on page 1 to {answer.total} on page {number}")
            if answer.last_page not in (None, last):
                raise _Disagreement(f"page 1 speaks of {last} pages, page {number} of {answer.last_page}")
            self._add(page, answer.rows)
            self.progress(number, last)

    def _side_by_side(self, last: int) -> Iterator[tuple[int, Page]]:
        """Yield pages 2 to last in order, a few ahead at a time; what is under way is dropped when the walk ends early."""

        def one(number: int) -> Page:
            return self._get(self.path, {"page": number, **self.params})

        if self.workers == 1 or last <= 2:
            for number in range(2, last + 1):
                yield number, one(number)
            return
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="makini")
        ahead: dict[int, Future[Page]] = {}
        whole = False
        try:
            for number in range(2, last + 1):
                for n in range(number + len(ahead), min(number + 2 * self.workers, last + 1)):
                    ahead[n] = pool.submit(one, n)
                yield number, ahead.pop(number).result()
            whole = True
        finally:
            if (
                not whole
            ):  # an error, a disagreement, or Ctrl-C: nobody goes on asking or waiting for what is not wanted any more
                self.link.interrupt()
            pool.shutdown(wait=whole, cancel_futures=True)

    def _by_cursor(self, answer: _Answer) -> None:
        seen: set[str] = set()
        empty = 0
        while answer.cursor is not None:
            if answer.cursor in seen:
                raise _Disagreement(f"the same cursor came twice, after {len(self.got.pages)} pages")
            seen.add(answer.cursor)
            page = self._get(self.path, {**self.params, "cursor": answer.cursor})
            answer = self._read(page)
            empty = 0 if answer.rows else empty + 1
            if empty > MOST_EMPTY_PAGES or len(seen) > MOST_PAGES:
                raise _Disagreement(f"{len(self.got.pages)} pages and no end, the last {empty} without a row")
            if answer.total is not None and self.got.server_total not in (None, answer.total):
                raise _Disagreement(f"the total went from {self.got.server_total} to {answer.total}")
            self._add(page, answer.rows)
            self.progress(len(self.got.pages), None)

    def _by_link(self, answer: _Answer) -> None:
        seen: set[str] = set()
        while answer.next_link:
            url = urljoin(self.link.base_url + self.path, answer.next_link)
            if urlsplit(url)[:2] != urlsplit(self.link.base_url)[:2]:
                raise _Disagreement(
                    f"after {len(self.got.pages)} pages the next one is said to be on {urlsplit(url).netloc}, which is not asked"
                )
            if url in seen:
                raise _Disagreement(f"the same next link came twice, after {len(self.got.pages)} pages")
            seen.add(url)
            said = parse_qs(urlsplit(url).query)  # what a link leaves out is said again: unfiltered it is another list
            page = self._get(url, {k: v for k, v in self.params.items() if k not in said})
            answer = self._read(page)
            if not answer.rows and answer.next_link:
                raise _Disagreement(f"page {len(self.got.pages) + 1} is empty and not the last")
            if len(seen) > MOST_PAGES:
                raise _Disagreement(f"{len(seen)} pages and no end")
            self._add(page, answer.rows)
            self.progress(len(self.got.pages), None)

    def _probing(self, answer: _Answer) -> None:
        """Without any sign of paging, ask on until a page is empty, or the whole list comes again."""
        first = before = answer.rows
        number = 1
        while answer.rows and self.n_rows != answer.total:
            number += 1
            page = self._get(self.path, {"page": number, **self.params})
            answer = self._read(page)
            if answer.rows == first and number == 2:
                return  # the page number is not looked at: the list came whole
            if answer.rows == first:
                raise _Disagreement(f"page {number} is page 1 again")
            if answer.rows == before:
                return  # beyond the end the last page comes again
            if number > MOST_PAGES:
                raise _Disagreement(f"{number} pages and no end")
            if answer.rows:
                self._add(page, answer.rows)
                self.progress(number, None)
            before = answer.rows

    # ---- the whole -----------------------------------------------------------------------------------------------------

    def _add(self, page: Page, rows: list[Any]) -> None:
        """Take in one page, at once told from one whose rows came before: so a list that goes in circles ends."""
        self.got.add(page, rows)
        self.n_rows += len(rows)
        total = self.got.server_total
        if total is not None and self.n_rows > total:
            raise _Disagreement(f"the server speaks of {total} rows and {len(self.got.pages)} pages hold {self.n_rows}")
        ids = [i for r in rows if (i := _id(r)) is not None]
        known = len(self.ids)
        self.ids.update(ids)
        if twice := known + len(ids) - len(self.ids):
            raise _Disagreement(f"{twice} of the {len(rows)} rows of page {len(self.got.pages)} came twice")

    def _check_whole(self) -> None:
        total = self.got.server_total
        if total is not None and total != self.n_rows:
            raise _Disagreement(f"the server speaks of {total} rows and {len(self.got.pages)} pages hold {self.n_rows}")


def _id(row: Any) -> str | None:
    if not isinstance(row, Mapping):
        return None
    found = row.get("key")
    found = row.get("id") if found is None else found
    return None if found is None or isinstance(found, dict | list) else str(found)


@dataclass
class _Answer:
    """One page as the server describes it."""

    rows: list[Any]
    total: int | None
    last_page: int | None
    current_page: int | None
    has_cursor: bool
    cursor: str | None
    next_link: str | None

    @classmethod
    def of(cls, body: Any, connection: str, path: str) -> _Answer:
        if isinstance(body, list):  # as older answers were
            return cls(body, None, None, None, False, None, None)
        rows = body.get("data")
        if not isinstance(rows, list):
            names = ", ".join(map(str, list(body)[:6])) or "nothing"
            raise ApiError(
                f"GET {path} of connection {connection!r} answered without a list under 'data' (it has: {names}): is this the path "
                "of a list, and base_url that of the API?",
                status=200,
                connection=connection,
                operation=f"GET {path}",
            )
        boxes = [b for b in (body, *(body.get(k) for k in ("meta", "pagination", "links"))) if isinstance(b, Mapping)]

        def number(name: str) -> int | None:
            return next((n for b in boxes if (n := _whole(b.get(name))) is not None), None)

        links = body.get("links") if isinstance(body.get("links"), Mapping) else {}
        holder = next((b for b in boxes if "next_cursor" in b), None)
        cursor = holder["next_cursor"] if holder is not None else None
        next_link = links.get("next")
        return cls(
            rows,
            number("total"),
            number("last_page"),
            number("current_page"),
            holder is not None,
            str(cursor) if isinstance(cursor, str | int) and not isinstance(cursor, bool) and cursor != "" else None,
            next_link if isinstance(next_link, str) and next_link else None,
        )


def _whole(value: Any) -> int | None:
    """Return a whole number of 0 or more, also from text; None where it is none."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    return (
        int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == int(value)
        else None
    )


def _contract(answer: _Answer) -> str:
    """Return the contract in whose shape a list came; "" where it can't be told."""
    if answer.last_page is None:
        return "v1" if answer.has_cursor else ""
    row = next((r for r in answer.rows if isinstance(r, Mapping)), None)
    if row is None:
        return ""
    return "v4" if "key" not in row and ("_idValue" in row or "id" in row) else "v3"
