"""`Client`: one connection of Makini, asked for purchase orders and any other list. It only reads: GET is all that is ever sent."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, overload

import pandas as pd
import platformdirs

from ..errors import ConfigError, one_of
from ..purchases import Purchases
from ..system import Display, Progress
from ..tidy import table_of
from ..transport import Bearer, Link, Lists, Patience, Rows, Store, check_base_url, check_token, contracts, file_name
from . import _update
from ._purchase_orders import Fetch
from ._query import Asked, asked

_DEFAULT: Any = object()


class Client:
    """One connection of Makini, read only.

    Parameters
    ----------
    token : the connection's bearer token; by default the environment variable MAKINI_API_TOKEN. It is never shown.
    connection : your name for the connection, written into every row
    base_url : where the API is, perhaps with a path; by default MAKINI_BASE_URL, else https://api.makini.io
    contract : "auto", "v3", "v4" or "v1": the published shape of the API; auto learns it from the answers
    area : "erp", "eam" or "wms"
    delivery_date : "actual", "planned" or "auto": what the source's delivery date means
    cache_dir : folder of the cached pages; by default MAKINI_CACHE_DIR, else the system's cache folder; None keeps them in memory
    expire_after : seconds or timedelta after which a fetch asks anew
    per_page : rows per page
    max_workers : pages fetched side by side
    timeout : seconds for one answer
    offline : never touch the network; what is not in the cache is an `OfflineMissError`
    progress : show a progress bar; by default where someone is looking
    retries, backoff, max_wait : how often a temporary fault is tried again, the first wait in seconds (doubled each time), and the
        longest; a server that asks for more is not waited for

    Raises
    ------
    ConfigError
        There is no token, or a setting can't be right.

    Examples
    --------
    >>> Client("secret-token", connection="emea", cache_dir=None)
    Client('emea', 'https://api.makini.io', contract='auto', cache in memory)
    """

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
    ) -> None:
        auth = Bearer(check_token(os.environ.get("MAKINI_API_TOKEN") if token is None else token))
        del token  # so that no traceback with local variables can show it
        one_of("contract", contract, ("auto", *contracts.CONTRACTS))
        one_of("area", area, contracts.AREAS)
        one_of("delivery_date", delivery_date, ("auto", "actual", "planned"))
        for name, value in {"per_page": per_page, "max_workers": max_workers, "timeout": timeout}.items():
            if not isinstance(value, int | float) or value <= 0:
                raise ConfigError(f"{name}={value!r}: pass a number above 0")
        if not connection:
            raise ConfigError("connection='': give the connection a name")
        self.connection, self.contract, self.area, self.delivery_date = connection, contract, area, delivery_date
        self.base_url = check_base_url(base_url or os.environ.get("MAKINI_BASE_URL") or contracts.DEFAULT_BASE_URL)
        self.per_page, self.max_workers, self._progress = int(per_page), int(max_workers), progress
        if cache_dir is _DEFAULT:
            cache_dir = os.environ.get("MAKINI_CACHE_DIR") or platformdirs.user_cache_dir(
                "makini-analytics", appauthor=False
            )
        self.cache_path: Path | None = None
        if cache_dir is not None:
            self.cache_path = Path(cache_dir).expanduser() / file_name(self.base_url, auth.reveal())
        self._link = Link(
            auth,
            self.base_url,
            Store(self.cache_path, connection),
            connection=connection,
            expire_after=expire_after if isinstance(expire_after, timedelta) else timedelta(seconds=expire_after),
            patience=Patience(timeout, int(retries), backoff, max_wait),
            offline=offline,
            workers=self.max_workers,
        )
        self._lists = Lists(self._link, contract, area, self.per_page, self.max_workers)
        self.display: Display | None = None  # one for several clients, where `fetch_all` shares it

    def __repr__(self) -> str:
        cache = f"cache {self.cache_path}" if self.cache_path else "cache in memory"
        return f"Client({self.connection!r}, {self.base_url!r}, contract={self.contract!r}, {cache})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close sockets and the cache file."""
        self._link.close()

    def clear_cache(self) -> None:
        """Forget every cached page of this connection."""
        self._link.store.clear()

    # ---- fetching ------------------------------------------------------------------------------------------------------

    @overload
    def fetch_purchases(
        self,
        since: Any = ...,
        until: Any = ...,
        *,
        modified_since: Any = ...,
        refresh: bool = ...,
        timezone: str = ...,
        statuses: Mapping[str, str] | None = ...,
        to: None = ...,
    ) -> Purchases: ...

    @overload
    def fetch_purchases(
        self,
        since: Any = ...,
        until: Any = ...,
        *,
        modified_since: Any = ...,
        refresh: bool = ...,
        timezone: str = ...,
        statuses: Mapping[str, str] | None = ...,
        to: str | Path,
    ) -> Path: ...

    def fetch_purchases(
        self,
        since: Any = None,
        until: Any = None,
        *,
        modified_since: Any = None,
        refresh: bool = False,
        timezone: str = "UTC",
        statuses: Mapping[str, str] | None = None,
        to: str | Path | None = None,
    ) -> Purchases | Path:
        """Fetch purchase orders with their lines: all pages, or an error.

        Parameters
        ----------
        since, until : first and last day of the order date, both included; text, date or Timestamp
        modified_since : only orders changed since then
        refresh : ask anew, whatever the cache holds
        timezone : where an instant becomes a calendar day
        statuses : status text to state, over the words that are understood anyway
        to : a new or empty folder, or one of saved purchases, which they take the place of. For more lines than fit into memory:
            they go there part by part as Parquet, and `makini_analytics.scan` reads them. With ``delivery_date="auto"`` the first
            200,000 lines decide for all; whether a column of UTC midnights holds bare dates is decided for every 200,000 lines; receipts
            and return orders, which are joined in memory, are not read then.

        Returns
        -------
        Purchases, whose ``sources`` say when and how they were fetched, and what to know of them; with ``to`` the path of the folder

        Raises
        ------
        IncompleteDataError, AuthError, RateLimitError, ServerError, NetworkError, OfflineMissError, ApiError, ConfigError
        """
        question = asked(since, until, modified_since)
        fetch = self._fetch(question, refresh, timezone, statuses, self.delivery_date)
        return fetch.purchases() if to is None else fetch.to(to)

    def update(self, data: Purchases, *, timezone: str = "UTC", statuses: Mapping[str, str] | None = None) -> Purchases:
        """Fetch what changed since ``data`` was fetched, and return the whole brought up to date; ``data`` stays as it is.

        Asks for the orders changed since the latest change that is known, less a day, and puts them in the place of the known
        ones by (connection, order_id). Where the server does not keep to the filter, everything is fetched, and the notes say so.
        An order that was deleted without a mark shows only in a full fetch.
        """
        last = _update.last_change(data, self.connection)
        role = _update.known_role(data, self.connection, self.delivery_date)
        since = None if last is None else last - _update.OVERLAP
        fresh = self._fetch(asked(None, None, since), True, timezone, statuses, role).purchases()
        if last is not None and "did not keep to modified_since" in str(fresh.sources["notes"].iloc[0]):
            fresh = self._fetch(asked(None, None, None), True, timezone, statuses, role).purchases()
            said = "The server does not keep to modified_since, so everything was fetched. "
            fresh = replace(fresh, sources=fresh.sources.assign(notes=said + fresh.sources["notes"]))
            last = None
        return _update.merge(data, fresh, self.connection, whole=last is None)

    def fetch_table(self, name: str, /, *, refresh: bool = False, **filters: Any) -> pd.DataFrame:
        """Fetch any list as a frame: vendors, companies, receipts, exchange rates, a raw table, a custom entity.

        Parameters
        ----------
        name : the path after ``/api/{area}/``, such as "vendors", "uom" or "statuses/purchase-orders"; "statuses", "units" and
            the like are understood; a name that starts with "/" is a path as it stands
        refresh : ask anew, whatever the cache holds
        filters : fields that must be equal, such as ``isActive="true"``

        Returns
        -------
        DataFrame, one row per record; ``connection`` first, keys as text, numbers and dates typed where clean

        Raises
        ------
        IncompleteDataError, AuthError, RateLimitError, ServerError, NetworkError, OfflineMissError, ApiError
        """
        params = {f"filter[{field}]": value for field, value in filters.items()}
        params |= contracts.MATCH_ALL if len(params) > 1 else {}
        with self._walking(name) as progress:
            got = self._lists.walk(
                name, Rows, dict.fromkeys(contracts.CONTRACTS, params), refresh=refresh, progress=progress
            )
        return table_of(got.into, self.connection)

    def check(self) -> str:
        """Ask for one order, past the cache, and return in a sentence that the token answers; an error where it does not."""
        contract = self._lists.learn(per_page=1, refresh=True)
        return f"{self.base_url} answers to the token of connection {self.connection!r} ({contract.name})"

    # ---- parts ---------------------------------------------------------------------------------------------------------

    def _fetch(
        self, question: Asked, refresh: bool, timezone: str, statuses: Mapping[str, str] | None, delivery_date: str
    ) -> Fetch:
        return Fetch(
            self._link, self._lists, self._walking, self.base_url, question, refresh, timezone, statuses, delivery_date
        )

    @contextmanager
    def _walking(self, what: str) -> Iterator[Progress]:
        """Show the progress of a walk on the display that is shared by several connections, else on one of its own."""
        with ExitStack() as stack:
            display = self.display or stack.enter_context(Display(f"{self.connection}: {what}", self._progress))
            yield stack.enter_context(display.walk(self._link))
