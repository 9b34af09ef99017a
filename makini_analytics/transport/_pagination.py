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
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qs, urljoin, urlsplit

from ..errors import IncompleteDataError
from ..records import Parse, parse
from ..system import Progress
from ._list_response import Answer, contract_of, id_of
from ._page_cache import Page
from ._session import Link

#: No list is this long; a server that says so is wrong.
MOST_PAGES = 1_000_000
MOST_EMPTY_PAGES = 10  # in a row, of a walk by cursor


T = TypeVar("T", bound="Taker")


class _Disagreement(Exception):
    """The pages don't add up; the walk may be worth repeating."""


class Taker(Protocol):
    """What takes in the rows of a walk, page by page."""

    def take(self, page: list[Any], /) -> None:
        """Take in one page."""


class Rows(list[Any]):
    """The plainest taker: a list of all rows."""

    def take(self, page: list[Any]) -> None:
        """Take in one page."""
        self.extend(page)


@dataclass
class Walked(Generic[T]):
    """What a walk brought: the rows, in what took them in, and what is known of them."""

    into: T
    n_pages: int = 0
    n_rows: int = 0
    server_total: int | None = None
    from_cache: bool = True
    fetched_at: datetime | None = None  # of the oldest page
    contract: str = ""
    notes: list[str] = field(default_factory=list)

    def add(self, page: Page, rows: list[Any]) -> None:
        """Take in one page."""
        self.into.take(rows)
        self.n_pages += 1
        self.n_rows += len(rows)
        self.from_cache &= page.from_cache
        self.fetched_at = min(self.fetched_at or page.fetched_at, page.fetched_at)


def walk(
    link: Link,
    path: str,
    params: Mapping[str, Any],
    into: Callable[[], T],
    *,
    numbered: bool = True,
    workers: int = 4,
    refresh: bool = False,
    parser: Callable[[], Parse] = lambda: parse,
    progress: Progress = lambda done, total: None,
) -> Walked[T]:
    """Take in every row of a list exactly once.

    Parameters
    ----------
    link : the connection
    path, params : what is asked, without paging
    into : makes what takes in the pages, in order; made anew where the walk is repeated, so it never holds a part of two walks
    numbered : whether to ask for page 1 by number, as all contracts but "v1" do
    workers : pages fetched side by side, where their number is known
    refresh : ask anew, whatever the cache holds
    parser : makes what makes records of a page; made anew as ``into`` is

    Raises
    ------
    IncompleteDataError
        The pages don't add up, twice.
    MakiniError
        A page could not be had.
    """
    try:
        return _Walk(link, path, dict(params), into(), numbered, workers, parser(), progress).run(refresh)
    except _Disagreement as e:
        first = str(e)
    again = "" if link.offline else first
    if again:
        link.tell("rows moved while they were read, once more")
        try:
            got = _Walk(link, path, dict(params), into(), numbered, workers, parser(), progress).run(refresh=True)
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


class _Walk(Generic[T]):
    def __init__(
        self,
        link: Link,
        path: str,
        params: dict[str, Any],
        into: T,
        numbered: bool,
        workers: int,
        parse: Parse,
        progress: Progress,
    ) -> None:
        self.link, self.path, self.params, self.workers, self.progress = link, path, params, max(workers, 1), progress
        self.numbered, self.parse = numbered, parse
        self.got = Walked(into)
        self.ids: set[str] = set()

    def run(self, refresh: bool) -> Walked[T]:
        start = {"page": 1} if self.numbered else {}
        page = self.link.get(self.path, {**start, **self.params}, refresh=refresh, parse=self.parse)
        self.expires = page.expires
        self.fresh = (
            not page.from_cache
        )  # no page of a walk that began just now can be in the cache: it need not be looked for
        answer = self._read(page)
        self.got.server_total = answer.total
        self.got.contract = contract_of(answer)
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
        return self.link.get(path, params, expires=self.expires, refresh=self.fresh, parse=self.parse)

    def _read(self, page: Page) -> Answer:
        return Answer.of(page.json(), self.link.connection, self.path)

    # ---- the four ways of paging ---------------------------------------------------------------------------------------

    def _numbered(self, first: Answer) -> None:
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

    def _by_cursor(self, answer: Answer) -> None:
        seen: set[str] = set()
        empty = 0
        while answer.cursor is not None:
            if answer.cursor in seen:
                raise _Disagreement(f"the same cursor came twice, after {self.got.n_pages} pages")
            seen.add(answer.cursor)
            page = self._get(self.path, {**self.params, "cursor": answer.cursor})
            answer = self._read(page)
            empty = 0 if answer.rows else empty + 1
            if empty > MOST_EMPTY_PAGES or len(seen) > MOST_PAGES:
                raise _Disagreement(f"{self.got.n_pages} pages and no end, the last {empty} without a row")
            if answer.total is not None and self.got.server_total not in (None, answer.total):
                raise _Disagreement(f"the total went from {self.got.server_total} to {answer.total}")
            self._add(page, answer.rows)
            self.progress(self.got.n_pages, None)

    def _by_link(self, answer: Answer) -> None:
        seen: set[str] = set()
        while answer.next_link:
            url = urljoin(self.link.base_url + self.path, answer.next_link)
            if urlsplit(url)[:2] != urlsplit(self.link.base_url)[:2]:
                raise _Disagreement(
                    f"after {self.got.n_pages} pages the next one is said to be on {urlsplit(url).netloc}, which is not asked"
                )
            if url in seen:
                raise _Disagreement(f"the same next link came twice, after {self.got.n_pages} pages")
            seen.add(url)
            said = parse_qs(urlsplit(url).query)  # what a link leaves out is said again: unfiltered it is another list
            page = self._get(url, {k: v for k, v in self.params.items() if k not in said})
            answer = self._read(page)
            if not answer.rows and answer.next_link:
                raise _Disagreement(f"page {self.got.n_pages + 1} is empty and not the last")
            if len(seen) > MOST_PAGES:
                raise _Disagreement(f"{len(seen)} pages and no end")
            self._add(page, answer.rows)
            self.progress(self.got.n_pages, None)

    def _probing(self, answer: Answer) -> None:
        """Without any sign of paging, ask on until a page is empty, or the whole list comes again."""
        first = before = answer.rows
        number = 1
        while answer.rows and self.got.n_rows != answer.total:
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
        ids = [i for r in rows if (i := id_of(r)) is not None]
        known = len(self.ids)
        self.ids.update(ids)
        self.got.add(page, rows)
        total, n_pages, n_rows = self.got.server_total, self.got.n_pages, self.got.n_rows
        if total is not None and n_rows > total:
            raise _Disagreement(f"the server speaks of {total} rows and {n_pages} pages hold {n_rows}")
        if twice := known + len(ids) - len(self.ids):
            raise _Disagreement(f"{twice} of the {len(rows)} rows of page {n_pages} came twice")

    def _check_whole(self) -> None:
        total = self.got.server_total
        if total is not None and total != self.got.n_rows:
            raise _Disagreement(
                f"the server speaks of {total} rows and {self.got.n_pages} pages hold {self.got.n_rows}"
            )
