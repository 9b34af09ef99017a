"""Pagination: every row of a list exactly once, or an error that says how far it got and what disagreed.

How a list is paged shows in its first page::

    {"data": [...], "meta": {"current_page": 1, "last_page": 7, "total": 1650}}    numbered: pages 2 to 7 are fetched side by side
    {"data": [...], "next_cursor": "eyJpZCI6..."}                                  by cursor: one after the other
    {"data": [...], "links": {"next": "https://.../vendors?page=2"}}               by link: only on our own host
    {"data": [...]}                                                                unknown: page 2 shows whether page 1 was all

Rows that move between pages while they are read show as repeated ids, a changed total, or other rows on a page that is looked at
again when the walk is at its end. The list is then read once more, past the cache, and after that it is an error.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic

from ..errors import ApiError, IncompleteDataError
from ..records import Decode, decode
from ..system import Progress
from ._list_response import ListResponse, contract_of, id_of, is_cap
from ._next_link import own_link
from ._page_cache import Page
from ._paged_result import PagedResult, SinkT
from ._parallel_pages import in_order
from ._positions import Positions
from ._repeats import Repeats, wrapped_in
from ._second_look import Trail
from ._session import Session

#: No list is this long; a server that says so is wrong.
MOST_PAGES = 1_000_000
MOST_EMPTY_PAGES = 10  # in a row, when paging by cursor


class _Disagreement(Exception):
    """The pages don't add up; reading them once more may help."""


class _TooMany(_Disagreement):
    """There are more pages than may be read; reading them once more does not help."""


def paginate(
    session: Session,
    path: str,
    params: Mapping[str, Any],
    new_sink: Callable[[], SinkT],
    *,
    numbered: bool = True,
    workers: int = 4,
    refresh: bool = False,
    new_decoder: Callable[[], Decode] = lambda: decode,
    progress: Progress = lambda done, total: None,
    max_pages: int = MOST_PAGES,
    deadline: float | None = None,
) -> PagedResult[SinkT]:
    """Read every row of a list exactly once, in at most two attempts.

    Parameters
    ----------
    session : the connection's
    path, params : of the list, without paging
    new_sink : makes the sink for the rows; each attempt has its own, so that none holds rows of two attempts
    numbered : whether to ask for page 1 by number, as all contracts but "v1" do
    workers : pages fetched side by side, where their number is known
    refresh : ask the API whatever the cache holds
    new_decoder : makes what decodes a page; each attempt has its own
    progress : called with the pages read and their number, where known
    max_pages : a list of more pages is an error, as soon as it shows
    deadline : moment of `time.monotonic` at which the network is given up

    Raises
    ------
    IncompleteDataError
        The pages don't add up, twice.
    MakiniError
        A page could not be fetched.
    """
    faults: list[str] = []
    for attempt in (1,) if session.offline else (1, 2):
        if attempt == 2:
            if deadline is not None and time.monotonic() >= deadline:
                break
            session.on_wait("rows moved while they were read, reading them once more")
        sink, decoder = new_sink(), new_decoder()
        pages = _Pagination(
            session, path, dict(params), sink, numbered, workers, decoder, progress, max_pages, deadline
        )
        try:
            result = pages.run(refresh or attempt == 2)
        except _Disagreement as e:
            faults.append(session.scrubbed(str(e)))
            if isinstance(e, _TooMany):
                break
            continue
        except (RecursionError, OverflowError, MemoryError) as e:
            # For what nests or counts beyond reason and did not show before.
            told = (
                f"GET {path} of connection {session.connection!r} gave values that can't be read ({type(e).__name__})"
            )
            raise ApiError(told, connection=session.connection, operation=f"GET {path}") from e
        if faults:
            result.notes.append(f"Reading the list was repeated, since it did not add up at first: {faults[0]}.")
        return result
    repeated = f" Repeated past the cache: {faults[1]}." if len(faults) > 1 else ""
    raise IncompleteDataError(
        f"GET {path} of connection {session.connection!r} gave no whole list, so nothing of it is returned: {faults[0]}.{repeated} Try "
        "again when the source is quiet (rows that are inserted or reordered while paging cause this), ask for a shorter span "
        "with since= and until=, or tell Makini's support that the pages of this list disagree.",
        retryable=True,
        connection=session.connection,
        operation=f"GET {path}",
    )


class _Pagination(Generic[SinkT]):
    """One attempt to read a list."""

    def __init__(
        self,
        session: Session,
        path: str,
        params: dict[str, Any],
        sink: SinkT,
        numbered: bool,
        workers: int,
        decode: Decode,
        progress: Progress,
        max_pages: int,
        deadline: float | None,
    ) -> None:
        self.session, self.path, self.params, self.workers = session, path, params, max(workers, 1)
        self.numbered, self.progress, self.max_pages = numbered, progress, max_pages
        self.ask = partial(session.get, decode=decode, deadline=deadline)
        self.result = PagedResult(sink)
        self.repeats, self.positions = Repeats(), Positions(params.get("per_page"))
        self.trail = Trail()
        self.pages = self.rows = 0  # the most that any page announces

    def run(self, refresh: bool) -> PagedResult[SinkT]:
        start = {"page": 1} if self.numbered else {}
        page = self.ask(self.path, start | self.params, refresh=refresh)
        self.expires = page.expires
        # A list that starts now has no other page in the cache yet, so it need not be searched.
        self.uncached = not page.from_cache
        first = self._read(page)
        self.result.server_total = first.total
        self.result.contract = contract_of(first)
        by_number = self.numbered or not (first.has_cursor or first.next_link)
        if first.signs.before and by_number:
            told = ", ".join(first.signs.before[:3])
            raise _Disagreement(f"page 1 was asked, and what came says that it is not the first ({told})")
        if name := wrapped_in(first.rows):
            raise ApiError(
                f"GET {self.path} of connection {self.session.connection!r} gave records that are wrapped in "
                f"{self.session.scrubbed(name)[:40]!r}, which is not read: is this the path of the list, and base_url that of the API?",
                status=200,
                connection=self.session.connection,
                operation=f"GET {self.path}",
            )
        self._add(page, first.rows, self.path, start | self.params)
        if first.last_page or (first.last_page == 0 and not first.rows):
            self._read_numbered(first)
        elif first.has_cursor:
            self._follow_cursors(first)
        elif first.next_link:
            self._follow_links(first)
        else:
            self._probe(first)
        self._check_whole()
        if n := self.repeats.n_again:
            self.result.notes.append(f"Warning: {n:,} rows without a key came again on another page, just as before.")
        if not self.result.from_cache and not self.session.offline:
            self._look_again()
        return self.result

    def _get(self, path: str, params: Mapping[str, Any] | None, stopped: threading.Event | None = None) -> Page:
        try:
            return self.ask(path, params, expires=self.expires, refresh=self.uncached, stopped=stopped)
        except ApiError as e:
            if e.status != 404:  # of page 1 it says that there is no such list
                raise
            told = f"page 1 came, and {e.operation} answered {e.status}"
        raise _Disagreement(told)

    def _read(self, page: Page) -> ListResponse:
        self.latest = ListResponse.of(page.json(), self.session.connection, self.path, self.session.scrubbed)
        signs = self.latest.signs
        signs.more += page.signs.more  # those of the headers
        self.pages = max(self.pages, signs.pages, page.signs.pages)
        self.rows = max(self.rows, signs.rows, page.signs.rows)
        if signs.faults:
            told = ", ".join(signs.faults[:3])
            raise _Disagreement(f"after {self.result.n_pages} pages one says that it is not whole ({told})")
        return self.latest

    # ---- the four ways of paging ---------------------------------------------------------------------------------------

    def _read_numbered(self, first: ListResponse) -> None:
        last = first.last_page or 0
        # Page 1 shows how large pages are, whatever per_page asked for: a server may cap it.
        size = len(first.rows)
        if first.current_page not in (None, 1):
            raise _Disagreement(f"page 1 was asked and page {first.current_page} came")
        if last > 1 and not size:
            raise _Disagreement(f"page 1 of {last} is empty")
        announced = f"the server announces {last} pages, and of {first.total} rows, {size} on page 1"
        if last > self.max_pages:
            raise _TooMany(f"{announced}; no more than {self.max_pages:,} pages are read")
        if first.total is not None and size and last > max(1, -(-first.total // size)):
            raise _Disagreement(announced)
        self.progress(1, max(last, 1))

        def one(number: int, stopped: threading.Event | None) -> Page:
            return self._get(self.path, {"page": number, **self.params}, stopped)

        for number, page in in_order(one, last, self.workers, self.session.new_walk):
            response = self._read(page)
            where = f"page {number} of {last}"
            if (
                not response.rows
            ):  # rows were deleted, or a filter is applied after paging: either way some may be missing
                raise _Disagreement(f"{where} is empty")
            if response.current_page not in (None, number):
                raise _Disagreement(f"page {number} was asked and page {response.current_page} came")
            if response.total is not None and first.total is not None and response.total != first.total:
                raise _Disagreement(f"the total went from {first.total} on page 1 to {response.total} on page {number}")
            if response.last_page not in (None, last):
                raise _Disagreement(f"page 1 announces {last} pages, page {number} of {response.last_page}")
            self._add(page, response.rows, self.path, {"page": number, **self.params})
            self.progress(number, last)

    def _follow_cursors(self, response: ListResponse) -> None:
        seen: set[str] = set()
        empty = 0
        while response.cursor is not None:
            if response.cursor in seen:
                raise _Disagreement(f"the same cursor came twice, after {self.result.n_pages} pages")
            seen.add(response.cursor)
            params = {**self.params, "cursor": response.cursor}
            page = self._get(self.path, params)
            response = self._read(page)
            # A page by cursor may be empty and not the last (filtered after paging); a run of them is a server that never ends.
            empty = 0 if response.rows else empty + 1
            if empty > MOST_EMPTY_PAGES:
                raise _Disagreement(f"{self.result.n_pages} pages and no end, the last {empty} without a row")
            self._check_number(len(seen) + 1)
            if response.total is not None and self.result.server_total not in (None, response.total):
                raise _Disagreement(f"the total went from {self.result.server_total} to {response.total}")
            self._add(page, response.rows, self.path, params)
            self.progress(self.result.n_pages, None)

    def _follow_links(self, response: ListResponse) -> None:
        seen: set[str] = set()
        while response.next_link:
            try:
                url, given = own_link(self.session.base_url, self.path, response.next_link)
            except ValueError as e:
                raise _Disagreement(f"after {self.result.n_pages} pages the next link {e}") from None
            if url in seen:
                raise _Disagreement(f"the same next link came twice, after {self.result.n_pages} pages")
            seen.add(url)
            # A link may omit our filters, and without them it is another list.
            params = {k: v for k, v in self.params.items() if k not in given}
            page = self._get(url, params)
            response = self._read(page)
            if not response.rows and response.next_link:
                raise _Disagreement(f"page {self.result.n_pages + 1} is empty and not the last")
            self._check_number(len(seen) + 1)
            self._add(page, response.rows, url, params)
            self.progress(self.result.n_pages, None)

    def _probe(self, response: ListResponse) -> None:
        """Without any sign of paging, ask for the next page until one is empty or repeats."""
        first = before = response.rows
        number = 1
        while response.rows and self.result.n_rows != response.total:
            number += 1
            params = {"page": number, **self.params}
            page = self._get(self.path, params)
            response = self._read(page)
            if response.rows == first and number == 2:
                # The server ignores the page number: page 1 was the whole list, unless it holds just what a page may hold.
                if str(len(first)) == str(self.params.get("per_page")):
                    raise _Disagreement(
                        f"page 2 is page 1 again, and its {len(first)} rows are all that a page may hold"
                    )
                if is_cap(len(first)) and self.rows != len(first) and not response.signs.ends:
                    self.result.notes.append(
                        f"Warning: the server gives {len(first):,} rows of {self.path} whatever page is asked for: it may have cut the list."
                    )
                return
            if response.rows == first:
                raise _Disagreement(f"page {number} is page 1 again")
            if response.rows == before:
                return  # past the end the server repeats the last page
            self._check_number(number)
            if response.rows:
                self._add(page, response.rows, self.path, params)
                self.progress(number, None)
            before = response.rows

    # ---- the whole -----------------------------------------------------------------------------------------------------

    def _add(self, page: Page, rows: list[Any], path: str, params: Mapping[str, Any]) -> None:
        """Take in one page; what came before is noticed at once, so a list that goes in circles ends."""
        ids = [i for r in rows if (i := id_of(r)) is not None]
        told = self.positions.take(self.latest, self.result.n_pages + 1, self.result.n_rows)
        self.result.add(page, rows)
        self.trail.add(path, params, ids, len(rows))
        total, n_pages, n_rows = self.result.server_total, self.result.n_pages, self.result.n_rows
        if total is not None and n_rows > total:
            raise _Disagreement(f"the server announces {total} rows and {n_pages} pages hold {n_rows}")
        if told := self.repeats.take(rows, ids, n_pages, total) or told:
            raise _Disagreement(told)

    def _check_number(self, number: int) -> None:
        if number > self.max_pages:
            raise _TooMany(f"{number - 1:,} pages and no end")

    def _check_whole(self) -> None:
        n_pages, n_rows = self.result.n_pages, self.result.n_rows
        # `total` where it is understood; the greatest of "count", "totalCount" and the like where it is not.
        total = self.result.server_total if self.result.server_total is not None else max(self.rows, n_rows)
        if max(total, self.rows) != n_rows:
            raise _Disagreement(f"the server announces {max(total, self.rows)} rows and {n_pages} pages hold {n_rows}")
        if self.pages > max(n_pages, 1):
            raise _Disagreement(f"the server announces {self.pages} pages, and its list ends after {n_pages}")
        if self.latest.signs.more:
            names = ", ".join(dict.fromkeys(self.latest.signs.more))
            raise _Disagreement(f"the list ends after {n_pages} pages, and the last one announces more ({names})")

    def _look_again(self) -> None:
        """Ask for the first page once more, and of a long list for one from the middle: rows may move and leave the total as it was."""
        for number, place in self.trail.to_look_at():
            page = self.ask(place.path, place.params, expires=self.expires, refresh=True, keep=False)
            rows = self._read(page).rows
            if not place.holds([i for r in rows if (i := id_of(r)) is not None], len(rows)):
                raise _Disagreement(f"rows moved: page {number} holds others once all {self.result.n_pages} are read")
