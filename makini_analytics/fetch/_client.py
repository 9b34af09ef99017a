"""`Client`: one connection of Makini, its purchase orders and any other list. Read-only: GET is all that is ever sent."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, overload

import pandas as pd
import platformdirs

from .._door import LeadsToPurchases
from ..errors import ConfigError, one_of
from ..history import History
from ..purchases import Purchases
from ..system import Display, Progress, flag_of, known_options, number_of, path_of, text_of
from ..tidy import NumberFormat, table_of
from ..transport import (
    Bearer,
    Endpoints,
    PageCache,
    RetryPolicy,
    RowList,
    Session,
    check_base_url,
    check_token,
    contracts,
    file_name,
)
from ._into_history import history_of, into_history
from ._purchase_orders import PurchaseOrderFetch, TidyOptions
from ._query import OrderQuery, as_sent, check_list_name, order_query
from ._update import updated


class _DefaultFolder:
    """Stands for the cache folder of the environment or the system, as signatures and `help` show it."""

    def __repr__(self) -> str:
        return "<MAKINI_CACHE_DIR, else the system's cache folder>"


_DEFAULT: Any = _DefaultFolder()


class Client(LeadsToPurchases):
    """One connection of Makini, read only.

    Parameters
    ----------
    token : the connection's bearer token, or "$NAME" for an environment variable; by default that of MAKINI_API_TOKEN. It is never shown.
    connection : your name for the connection, written into every row
    base_url : where the API is, perhaps with a path; by default MAKINI_BASE_URL, else https://api.makini.io
    contract : "auto", "v3", "v4" or "v1": the published shape of the API; auto learns it from the answers
    area : "erp", "eam" or "wms"
    delivery_date : "actual", "planned" or "auto": what the source's delivery date means
    cache_dir : folder of the cached pages; by default MAKINI_CACHE_DIR, else the system's cache folder; None keeps them in memory
    expire_after : seconds or timedelta after which cached pages are fetched again
    per_page : rows per page
    max_workers : pages fetched side by side
    timeout : seconds to wait for one answer. A list that stands beside the orders (vendors, receipts, ...) is given up after as long, and
        as long as the orders took; all of them together after twice that
    offline : never touch the network; what is not in the cache is an `OfflineMissError`
    progress : show a progress bar; by default in a terminal or a notebook
    retries, backoff, max_wait : how often a temporary fault is tried again, the first wait in seconds (doubled each time), and the
        longest; where the server asks for more, it is an error at once
    max_body : bytes of one answer, as sent and unpacked; a larger one is an error

    Raises
    ------
    ConfigError
        There is no token, or a setting can't be right.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> ma.Client("secret-token", connection="emea", cache_dir=None)
    Client('emea', 'https://api.makini.io', contract='auto', cache in memory)
    """

    # of a client whose arguments are refused: a traceback may show it
    connection = base_url = contract = ""
    cache_path: Path | None = None

    @known_options
    def __init__(
        self,
        token: str | None = None,
        *,
        connection: str = "default",
        base_url: str | None = None,
        contract: str = "auto",
        area: str = "erp",
        delivery_date: str = "auto",
        cache_dir: str | Path | None = _DEFAULT,
        expire_after: float | timedelta = 3600,
        per_page: int = 100,
        max_workers: int = 4,
        timeout: float = 60,
        offline: bool = False,
        progress: bool | None = None,
        retries: int = 3,
        backoff: float = 2.0,
        max_wait: float = 60.0,
        max_body: int = 200_000_000,
    ) -> None:
        given = [os.environ.get("MAKINI_API_TOKEN") if token is None else token]
        del token  # a traceback with local variables would show it
        auth = Bearer(check_token(given.pop()))
        one_of("contract", contract, ("auto", *contracts.CONTRACTS))
        one_of("area", area, contracts.AREAS)
        one_of("delivery_date", delivery_date, ("auto", "actual", "planned"))
        per_page, max_workers = (
            int(number_of(n, v, low=1, whole=True)) for n, v in (("per_page", per_page), ("max_workers", max_workers))
        )
        timeout, retries = number_of("timeout", timeout, above=True), int(number_of("retries", retries, whole=True))
        backoff, max_wait = number_of("backoff", backoff), number_of("max_wait", max_wait)
        max_body = int(number_of("max_body", max_body, low=1, whole=True))
        if not isinstance(expire_after, timedelta):
            expire_after = timedelta(seconds=number_of("expire_after", expire_after))
        number_of("expire_after", expire_after.total_seconds(), high=1e14)  # `timedelta.max` is never
        text_of("connection", connection, "a name for the connection", plain=True)
        self.connection, self.contract, self.area, self.delivery_date = connection, contract, area, delivery_date
        if base_url is not None:
            text_of("base_url", base_url, "one like 'https://api.makini.io'")
        self.base_url = check_base_url(base_url or os.environ.get("MAKINI_BASE_URL") or contracts.DEFAULT_BASE_URL)
        flag_of("offline", offline)
        if progress is not None:
            flag_of("progress", progress)
        self.per_page, self.max_workers, self._progress = per_page, max_workers, progress
        if cache_dir is _DEFAULT:
            cache_dir = os.environ.get("MAKINI_CACHE_DIR") or platformdirs.user_cache_dir(
                "makini-analytics", appauthor=False
            )
        if cache_dir is not None:
            self.cache_path = path_of("cache_dir", cache_dir) / file_name(self.base_url, auth.reveal())
        self._session = Session(
            auth,
            self.base_url,
            PageCache(self.cache_path, connection),
            connection=connection,
            expire_after=expire_after,
            retry_policy=RetryPolicy(timeout, retries, backoff, max_wait, max_body),
            offline=offline,
            workers=self.max_workers,
        )
        self._endpoints = Endpoints(self._session, contract, area, self.per_page, self.max_workers)
        self.display: Display | None = None  # one for several clients, where `fetch_all` shares it

    def __repr__(self) -> str:
        cache = f"cache {self.cache_path}" if self.cache_path else "cache in memory"
        return f"Client({self.connection!r}, {self.base_url!r}, contract={self.contract!r}, {cache})"

    def __reduce__(self) -> Any:
        raise ConfigError("a client is neither copied nor written to disk: make a new Client where it is needed")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close sockets and the cache file."""
        self._session.close()

    def clear_cache(self) -> None:
        """Forget every cached page of this connection."""
        self._session.check_process()
        self._session.cache.clear()

    # ---- fetching ------------------------------------------------------------------------------------------------------

    # fmt: off
    @overload
    def fetch_purchases(
        self, since: Any = ..., until: Any = ..., *, modified_since: Any = ..., refresh: bool = ..., timezone: str = ...,
        statuses: Mapping[str, str] | None = ..., decimal: str | None = ..., thousands: str | None = ..., strict: bool = ..., to: None = ...,
    ) -> Purchases: ...

    @overload
    def fetch_purchases(
        self, since: Any = ..., until: Any = ..., *, modified_since: Any = ..., refresh: bool = ..., timezone: str = ...,
        statuses: Mapping[str, str] | None = ..., decimal: str | None = ..., thousands: str | None = ..., strict: bool = ..., to: str | Path,
    ) -> Path: ...

    @overload
    def fetch_purchases(
        self, since: Any = ..., until: Any = ..., *, modified_since: Any = ..., refresh: bool = ..., timezone: str = ...,
        statuses: Mapping[str, str] | None = ..., decimal: str | None = ..., thousands: str | None = ..., strict: bool = ..., to: History,
    ) -> pd.DataFrame: ...

    # fmt: on
    @known_options
    def fetch_purchases(
        self,
        since: Any = None,
        until: Any = None,
        *,
        modified_since: Any = None,
        refresh: bool = False,
        timezone: str = "UTC",
        statuses: Mapping[str, str] | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        strict: bool = False,
        to: str | Path | History | None = None,
    ) -> Purchases | Path | pd.DataFrame:
        """Fetch purchase orders with their lines: all pages, or an error.

        Parameters
        ----------
        since, until : first and last day of the order date, both included; text, date or Timestamp
        modified_since : only orders changed since then
        refresh : ask the API, whatever the cache holds
        timezone : where an instant becomes a calendar day
        statuses : status text to state, over the words that are understood anyway
        decimal, thousands : the marks of numbers that come as text, as pandas has them; where they are left out the connection's own
            numbers show them, and a text that both marks read is missing and an issue
        strict : an error where receipts or return orders are refused or not had whole; by default a warning in ``sources.notes``, and
            the orders as they are without them. A connection that has no such list (404) is no error
        to : a `makini_analytics.History`, or the folder of one, new or empty the first time: for a daily fetch, and for more lines than
            fit into memory. It keeps what it does not know yet. Only what changed is asked for, as `update` does (what is known is in
            memory meanwhile), and everything, part by part, once a week, for another span, with ``refresh``, or where more than five
            million lines are known. Then custom fields are typed 50,000 lines at a time, and text where these differ.
            `makini_analytics.scan` and `Purchases.load` read the folder

        Returns
        -------
        Purchases, with when and how they were fetched and notes on them in ``sources``; with a history what
        `makini_analytics.History.add` returns, with a folder its path

        Raises
        ------
        IncompleteDataError, AuthError, RateLimitError, ServerError, NetworkError, OfflineMissError, ApiError, ConfigError
        """
        history = None if to is None else history_of(to)  # an unusable folder fails here, not after an hour of fetching
        query = order_query(since, until, modified_since)
        options = TidyOptions(timezone, statuses, self.delivery_date, NumberFormat(decimal, thousands))
        fetch = self._fetch(query, refresh, options, strict)
        if history is None:
            return fetch.in_memory().purchases
        told = into_history(history, fetch, self.per_page)
        return told if history is to else Path(history.folder)

    @known_options
    def update(
        self,
        data: Purchases,
        *,
        timezone: str = "UTC",
        statuses: Mapping[str, str] | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        strict: bool = False,
    ) -> Purchases:
        """Return purchases as a full fetch would have them now, asking only for what changed; ``data`` stays as it is.

        Asks for the orders changed since the latest known change, less a day, and by its key for each known order that its receipts,
        its returns, a new name or a line that moved show to be another one now; the lists beside the orders come whole. Where these
        can't show what a full fetch would - orders without keys, a number of orders that does not fit, marks of numbers or time zones
        that are judged over all rows, a filter that the server ignores - everything is fetched, and ``sources.notes`` says so and why.

        What the API does not tell shows in a full fetch only: a change without a date, or dated more than a day before the latest known
        one; a return deleted without a mark, and an order where the server gives no number of orders; a line that moved, from an order
        left unmarked, to one outside of the span.

        Parameters
        ----------
        data : what was fetched before, over the same span of order dates; other connections in it stay as they are
        timezone, statuses, decimal, thousands, strict : as for `fetch_purchases`; pass what was passed then

        Returns
        -------
        Purchases, the rows of this connection behind those of others, in no promised order. ``sources.notes`` say how they were updated

        Raises
        ------
        ConfigError
            ``data`` are no Purchases, hold no rows of this connection, or those of a table.
        IncompleteDataError, AuthError, RateLimitError, ServerError, NetworkError, OfflineMissError, ApiError
            As for `fetch_purchases`.
        """
        options = TidyOptions(timezone, statuses, self.delivery_date, NumberFormat(decimal, thousands))
        everything = self._fetch(order_query(None, None, None), True, options, strict)
        return updated(data, everything, self.per_page)

    def fetch_table(self, name: str, /, *, refresh: bool = False, **filters: Any) -> pd.DataFrame:
        """Fetch any list as a frame: vendors, companies, receipts, exchange rates, a raw table, a custom entity.

        Parameters
        ----------
        name : the path after ``/api/{area}/``, such as "vendors", "uom" or "statuses/purchase-orders"; "statuses", "units" and
            the like are understood; a name that starts with "/" is a path as it stands
        refresh : ask the API, whatever the cache holds
        filters : fields that must be equal, such as ``isActive=True``: texts, numbers, True and False, or days

        Returns
        -------
        DataFrame, one row per record; ``connection`` first, keys as text, numbers and dates typed where clean

        Raises
        ------
        IncompleteDataError, AuthError, RateLimitError, ServerError, NetworkError, OfflineMissError, ApiError
        """
        self._session.check_process()
        flag_of("refresh", refresh)
        text_of("name", name, "the name of a list, such as 'vendors'")
        check_list_name(name)
        params = {f"filter[{field}]": as_sent(field, value) for field, value in filters.items()}
        params |= contracts.MATCH_ALL if len(params) > 1 else {}
        with self._show_progress(name) as progress:
            result = self._endpoints.fetch_list(
                name, RowList, dict.fromkeys(contracts.CONTRACTS, params), refresh=refresh, progress=progress
            )
        return table_of(result.sink, self.connection)

    def check(self) -> str:
        """Ask for one order, past the cache, to see that the token answers.

        Returns
        -------
        str, a sentence that names the base URL, the connection and the contract

        Raises
        ------
        AuthError, RateLimitError, ServerError, NetworkError, ApiError
        """
        contract = self._endpoints.detect_contract(per_page=1, refresh=True)
        return f"{self.base_url} answers to the token of connection {self.connection!r} ({contract.name})"

    # ---- parts ---------------------------------------------------------------------------------------------------------

    def _fetch(
        self, query: OrderQuery, refresh: bool, options: TidyOptions, strict: bool = False
    ) -> PurchaseOrderFetch:
        flag_of("refresh", refresh)
        flag_of("strict", strict)
        self._session.check_process()  # before a progress bar or the cache is touched: their locks may be held for ever after a fork
        return PurchaseOrderFetch(self._endpoints, self._show_progress, query, refresh, options, strict)

    @contextmanager
    def _show_progress(self, what: str) -> Iterator[Progress]:
        """Show how far a list is, on the display shared by several connections or else on one of its own."""
        with ExitStack() as stack:
            display = self.display or stack.enter_context(Display(f"{self.connection}: {what}", self._progress))
            yield stack.enter_context(display.follow(self._session))
