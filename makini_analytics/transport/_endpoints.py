"""The endpoints of one connection, under whichever contract it answers: their paths, which are refused, what belongs to orders."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..errors import ApiError, IncompleteDataError, MakiniError, OfflineMissError
from ..records import Decode, decode
from ..system import Progress, near
from . import _page_cache, contracts
from ._list_response import ListResponse
from ._paged_result import PagedResult, RowList, SinkT
from ._pagination import MOST_PAGES, paginate
from ._session import Session
from ._single_order import fetch_order, key_of, lines_not_had
from .contracts import Contract


def _quiet(done: int, total: int | None) -> None:
    """Show no progress."""


class Lookup(NamedTuple):
    """The records of a list beside the orders, or why there are none: a note, and the status where it was refused."""

    records: Any  # a list, or the sink that was asked for
    note: str = ""
    status: int | None = None


#: Pages of a list beside the orders: a list without an end costs its records, not the night.
_MOST_PAGES = 10_000


class Endpoints:
    """Reads the lists of one connection and learns its contract, and which lists it refuses."""

    def __init__(self, session: Session, contract: str, area: str, per_page: int, workers: int) -> None:
        self.session, self.area = session, area
        self._contract, self._per_page, self._workers = contract, per_page, workers
        self._learned: Contract | None = None

    def candidates(self) -> list[Contract]:
        """Return the contracts that the connection may answer in, the likeliest first."""
        if self._contract != "auto":
            return [contracts.CONTRACTS[self._contract]]
        # V4 is not tried on its own: it differs from V3 in the names of fields, not in paths and paging.
        return [self._learned] if self._learned else [contracts.V3, contracts.V1]

    def path(self, name: str) -> str:
        """Return the path of a list under the contract that is known."""
        return contracts.path_of(self.candidates()[0], self.area, name)

    def detect_contract(
        self,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        per_page: int | None = None,
        refresh: bool = False,
    ) -> Contract:
        """Ask for the first page of orders, as `fetch_list` would, and return the contract that the connection answers under.

        An error where it answers under none. A refused filter still shows the contract; `fetch_list` deals with it.
        """
        candidates = self.candidates()
        for contract in candidates:
            start = {contract.page: 1} if contract.page else {}
            wanted = {
                **start,
                contract.per_page: per_page or self._per_page,
                **((params or {}).get(contract.name) or {}),
            }
            try:
                self.session.get(contracts.path_of(contract, self.area, contracts.ORDERS), wanted, refresh=refresh)
            except ApiError as e:
                if e.status == 404 and contract is not candidates[-1]:
                    continue
                if e.status not in (400, 422) or not params:
                    raise
            self._learned = contract
            return contract
        raise AssertionError("unreachable")

    def fetch_list(
        self,
        name: str,
        new_sink: Callable[[], SinkT],
        params: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        refresh: bool = False,
        new_decoder: Callable[[], Decode] = lambda: decode,
        progress: Progress = _quiet,
        max_pages: int = MOST_PAGES,
        deadline: float | None = None,
    ) -> PagedResult[SinkT]:
        """Return a whole list: with "auto" under the first contract whose path is not a 404, and that is remembered.

        ``params`` are the filters, by name of the contract; ``new_decoder`` makes what makes records of a page.
        """
        candidates = self.candidates()
        refused: list[Contract] = []
        for contract in candidates:
            last = contract is candidates[-1]
            if not last and not refresh and self._refused(contract, name):
                continue
            try:
                result = paginate(
                    self.session,
                    contracts.path_of(contract, self.area, name),
                    {contract.per_page: self._per_page, **((params or {}).get(contract.name) or {})},
                    new_sink,
                    numbered=contract.page is not None,
                    workers=self._workers,
                    refresh=refresh,
                    new_decoder=new_decoder,
                    progress=progress,
                    max_pages=max_pages,
                    deadline=deadline,
                )
            except ApiError as e:
                if e.status == 404 and last and name not in contracts.LISTS and (hint := near(name, contracts.LISTS)):
                    e.args = (f"{e} N{hint.removeprefix('; n')}.",)
                if e.status != 404 or last:
                    raise
                refused.append(contract)
                continue
            # Only now: where no contract answers, the refusal may be a passing one, and the orders are not refused for an hour.
            for other in refused:
                self._remember_refusal(other, name, 404)
            # A path that was given as it stands is the same under every contract, and so shows none.
            if not name.startswith("/"):
                self._learned = contract
            result.contract = result.contract or contract.name
            return result
        raise AssertionError("unreachable")

    def announced_total(self, name: str, params: Mapping[str, Mapping[str, Any]]) -> int | None:
        """Ask for one row of a list, past the cache, and return how many the server says there are; None where it says nothing."""
        contract = self.candidates()[0]
        start = {contract.page: 1} if contract.page else {}
        path = contracts.path_of(contract, self.area, name)
        body = self.session.get(
            path, {**start, contract.per_page: 1, **(params.get(contract.name) or {})}, refresh=True
        ).json()
        return ListResponse.of(body, self.session.connection, path, self.session.scrubbed).total

    def lookup(
        self,
        ours: str,
        name: str,
        refresh: bool,
        seconds: float,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        new_sink: Callable[[], Any] = RowList,
        max_pages: int = 0,
    ) -> Lookup:
        """Return the records of a list that the orders can do without; whatever it does costs its records and a note, not the orders.

        After so many ``seconds`` the list is given up. The records are in the sink that ``new_sink`` makes. A list of more
        than ``max_pages`` is taken for one without an end where these are many.
        """
        deadline = time.monotonic() + seconds
        contract = self.candidates()[0]
        instead = contracts.WITHOUT.get(ours, "keys are kept instead of names")
        status = None if refresh else self._refused(contract, name)
        if status is None:
            try:
                return Lookup(self._beside(name, params, refresh, deadline, new_sink, max(max_pages, _MOST_PAGES)))
            except OfflineMissError:
                return Lookup([], f"The list of {ours} is not in the cache: {instead}.")
            except IncompleteDataError as e:
                return Lookup([], f"The list of {ours} does not add up, so {instead}: {e}")
            except MakiniError as e:
                if time.monotonic() >= deadline:
                    return Lookup(
                        [],
                        f"The list of {ours} took more than the {seconds:.3g} s that it may (a larger timeout= gives it more): {instead}.",
                    )
                if e.status is None or e.status < 400:  # no answer, or one that is no list
                    return Lookup([], f"The list of {ours} could not be fetched, so {instead}: {e}")
                status = e.status
                if status in (400, 403, 404, 422):  # what "you can't have this list" looks like; anything else may pass
                    self._remember_refusal(contract, name, status)
        return Lookup([], f"The list of {ours} is not available ({status}): {instead}.", status)

    def _beside(
        self,
        name: str,
        params: Mapping[str, Mapping[str, Any]] | None,
        refresh: bool,
        deadline: float,
        new_sink: Callable[[], Any],
        max_pages: int,
    ) -> Any:
        """Return the rows of a list beside the orders; all of them where it does not take the filters."""
        fetch = partial(self.fetch_list, name, new_sink, refresh=refresh, max_pages=max_pages, deadline=deadline)
        try:
            return fetch(params).sink
        except ApiError as e:
            if e.status not in (400, 422) or not any((params or {}).values()):
                raise
        return fetch().sink

    def sync_state(self, refresh: bool, seconds: float) -> Mapping[str, Any]:
        """Return the state of the connection's synchronisation with its source system; empty where the API does not give it.

        Where it is not had for another reason, or not in so many ``seconds``, ``note`` says so.
        """
        contract = self.candidates()[0]
        if not refresh and self._refused(contract, contracts.CURRENT):
            return {}
        try:
            deadline = time.monotonic() + seconds
            body = self.session.get(contracts.CURRENT, refresh=refresh, deadline=deadline).json()
        except OfflineMissError:
            return {}
        except MakiniError as e:
            if e.status in (403, 404):
                self._remember_refusal(contract, contracts.CURRENT, e.status)
                return {}
            return {"note": f"The state of the synchronisation could not be had ({e.status or type(e).__name__})."}
        data = body.get("data", body) if isinstance(body, Mapping) else None
        if not isinstance(data, Mapping):
            return {}
        return {name: self.session.scrubbed.value(data.get(name)) for name in ("sync_status", "sync_updated_at")}

    def fetch_each_order(
        self,
        pages: list[list[Any]],
        refresh: bool,
        progress: Progress,
        lacking: dict[str, str] | None = None,
        containers: Sequence[str] = ("lineItems", "lines"),
    ) -> list[list[Any]]:
        """Return pages of orders, each order that has no lines under one of the ``containers`` fetched by its key.

        One whose lines are not had stays as the list has it: ``lacking`` gets its key and why. Without ``lacking`` it is an error.
        """
        done, total = 0, sum(map(len, pages))
        out: list[list[Any]] = []
        for page in pages:
            out.append([])
            for record in page:
                whole, fault = fetch_order(self.session, self.path(contracts.ORDERS), record, refresh, containers)
                if fault:
                    key = key_of(record) or f"(without a key, {done + 1:,})"  # each counts
                    if lacking is None:
                        raise lines_not_had(self.session.connection, key, fault)
                    lacking[key] = fault
                out[-1].append(whole)
                done += 1
                progress(done, total)
        return out

    # A refusal is remembered for as long as a page, so that a second fetch makes no request at all.

    def _refused(self, contract: Contract, name: str) -> int | None:
        page = self.session.cache.get(f"refused {contract.name} {self.area} {name}")
        if page is None or not (self.session.offline or page.expires > _page_cache.now()):
            return None
        return int(page.json())

    def _remember_refusal(self, contract: Contract, name: str, status: int) -> None:
        self.session.remember(f"refused {contract.name} {self.area} {name}", status)
