"""A Makini on loopback: a real HTTP server that speaks the public contracts, to try the toolkit on and to test notebooks with.

It checks the token of each connection, pages, filters and sorts, and fails on demand: `Sandbox.misbehave`. No request leaves the
machine.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd

from ..errors import ConfigError, one_of
from ..system import known_options, number_of
from ._http import Server, handler_for, send
from ._weeks import last_day, live, log_of
from ._wire import Record, Tables, paged, selected, shaped, sync_state, tables_of

if TYPE_CHECKING:
    from ..fetch import Client
    from ..purchases import Purchases

KINDS = ("500", "502", "503", "504", "429", "slow", "cut", "bad-json", "html", "reset", "shift")


@dataclass
class _Fault:
    kind: str
    times: int | None  # how often it is still to come; None: always
    path: str
    page: int | None
    connection: str | None
    options: dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request as the sandbox saw it."""

    method: str
    path: str
    query: dict[str, str]
    connection: str | None
    status: int


class Sandbox:
    """A running sandbox; make one with `sandbox`.

    Attributes
    ----------
    base_url : str
    tokens : dict, connection name -> token
    requests : list of the requests so far: method, path, query, connection, status
    """

    def __init__(
        self, connections: Mapping[str, Tables], contracts: Mapping[str, str], port: int, latency: float, most: int
    ) -> None:
        # copies: a test that edits a record must not change the sample, or the caller's own tables (in half of deepcopy's time)
        self._tables = {name: pickle.loads(pickle.dumps(tables)) for name, tables in connections.items()}
        self._contracts, self._latency, self._most = dict(contracts), latency, most
        # A token is made of what it opens, so a client's cache never shows the rows of another sandbox.
        self.tokens = {name: f"sandbox-{name}-{_digest(name, tables)}" for name, tables in connections.items()}
        self._owner = {token: name for name, token in self.tokens.items()}
        self.requests: list[Request] = []
        self._faults: list[_Fault] = []
        self._today: date | None = None  # the day that `live` has come to
        # each connection is answered by a thread of its own, and tests change records meanwhile
        self._lock = threading.RLock()
        try:
            self._server = Server(("127.0.0.1", port), handler_for(self._answer))
        except OSError as e:
            raise ConfigError(f"port {port} can't be had ({e.strerror}): pass port=0 for a free one") from None
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        # the server looks for its end 50 times a second (else twice): closing one is felt in every test
        self._thread.start()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Sandbox({self.base_url!r}, connections: {', '.join(self.tokens)})"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def client(self, connection: str | None = None, **options: Any) -> Client:
        """Return a client of one connection, the first by default; its cache is in memory unless ``cache_dir`` says otherwise."""
        from ..fetch import Client

        name = self._known(connection or next(iter(self.tokens)))
        return Client(
            self.tokens[name], **({"connection": name, "base_url": self.base_url, "cache_dir": None} | options)
        )

    def _known(self, connection: str) -> str:
        if connection not in self.tokens:
            raise ConfigError(f"no connection {connection!r}: there are {', '.join(self.tokens)}")
        return connection

    def misbehave(
        self,
        kind: str,
        *,
        times: int | None = 1,
        path: str = "purchase-orders",
        page: int | None = None,
        connection: str | None = None,
        **options: Any,
    ) -> None:
        """Arm a fault for the next requests that fit.

        Parameters
        ----------
        kind : "500", "502", "503", "504"; "429" (``retry_after=1``, seconds or a date); "slow" (``seconds=1``); "cut": the body
            breaks off; "bad-json"; "html": a web page with status 200; "reset": the connection is reset; "shift": a new order
            comes in front after the answer, so that the rows of later pages move
        times : how often; None for always
        path, page, connection : which requests: a part of the path, the page number, the connection
        """
        if kind not in KINDS:
            raise ConfigError(f"misbehave({kind!r}): pass one of {', '.join(KINDS)}")
        if connection is not None:
            self._known(connection)
        with self._lock:
            self._faults.append(_Fault(kind, times, path, page, connection, options))

    @known_options
    def insert(self, connection: str, record: Record, *, table: str = "purchase-orders") -> None:
        """Add a record at the front."""
        with self._lock:
            self._tables[connection][table].insert(0, pickle.loads(pickle.dumps(record)))

    def edit(self, connection: str, key: str, *, table: str = "purchase-orders", **changes: Any) -> None:
        """Change a record."""
        with self._lock:
            records = self._tables[connection][table]
            at = next((i for i, r in enumerate(records) if r.get("key") == key), None)
            if at is None:
                raise ConfigError(f"no {key!r} in {table!r} of {connection!r}")
            records[at] = records[at] | changes

    @known_options
    def delete(self, connection: str, key: str, *, table: str = "purchase-orders") -> None:
        """Take a record away without a trace, as some sources do."""
        with self._lock:
            self._tables[connection][table] = [r for r in self._tables[connection][table] if r.get("key") != key]

    @property
    def today(self) -> pd.Timestamp:
        """The day that it is here: that of the latest change, or the one that `live` has come to."""
        return pd.Timestamp(self._today or max(map(last_day, self._tables.values())))

    @known_options
    def live(self, weeks: float = 1, *, connection: str | None = None) -> pd.DataFrame:
        """Let weeks pass in seconds: orders are placed, promised, postponed, received, edited, cancelled and deleted.

        Time begins after the latest change of the connections' orders, and nothing happens on weekends. What happens is made up, and
        the same each time: two weeks at once are the same as twice one week.

        Parameters
        ----------
        weeks : how many, or a part of one: 1 / 7 is a day
        connection : the one that lives; all by default

        Returns
        -------
        DataFrame, one row per event, in their order
            day : datetime64; connection, order_number : string; line_number : string, missing where it is the whole order
            event : string; placed, promised, postponed, received in part, received, price edited, quantity edited, cancelled, deleted
                (by a mark), removed (without a trace)
            before, after : string, what stood there and what was written; missing where that is no value

        Raises
        ------
        ConfigError
            No such connection, or ``weeks`` is no positive number.

        Examples
        --------
        >>> import makini_analytics as ma
        >>> with ma.sandbox() as server:
        ...     events = server.live(1, connection="emea")
        >>> {"placed", "promised", "received"} <= set(events["event"])
        True
        """
        days = round(7 * number_of("weeks", weeks, high=520))
        names = [self._known(connection)] if connection is not None else list(self.tokens)
        with self._lock:
            self._today, events = self.today.date(), []
            for _ in range(days):
                self._today += timedelta(days=1)
                for name in names:
                    events += live(self._tables[name], name, self._today)
        return log_of(events)

    # As with a gateway in front of a source: a wrong token or path is refused whatever fault is armed, and a fault strikes an
    # answer that would have been right. So a test that arms "503, twice" sees it twice, not once lost on a lookup that has no table.

    def _fault_for(self, path: str, page: int, connection: str | None) -> _Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.path in path and fault.page in (None, page) and fault.connection in (None, connection):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times == 0:
                            self._faults.remove(fault)
                    return fault
        return None

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        # schemes are case-insensitive (RFC 9110, 11.1), tokens are not
        scheme, _, token = handler.headers.get("Authorization", "").partition(" ")
        connection = self._owner.get(token) if scheme.lower() == "bearer" else None
        if self._latency:
            time.sleep(self._latency)
        status, body, page = self._look_up(handler.command, unquote(parts.path), query, connection)
        fault = self._fault_for(parts.path, page, connection) if status == 200 else None
        headers: dict[str, str] = {}
        if fault is not None and fault.kind.isdigit():
            status = int(fault.kind)
            body = {"error": {"code": "SOURCE_UNAVAILABLE", "message": "The source system did not answer."}}
            if fault.kind == "429":
                body = {"error": {"code": "RATE_LIMIT_EXCEEDED", "type": "rate_limit", "message": "Too many requests."}}
                headers["Retry-After"] = str(fault.options.get("retry_after", 1))
        elif fault is not None and fault.kind == "slow":
            time.sleep(float(fault.options.get("seconds", 1)))
        with self._lock:
            self.requests.append(Request(handler.command, parts.path, query, connection, status))
        send(handler, status, body, headers, fault.kind if fault else "")
        if fault is not None and fault.kind == "shift" and connection is not None:
            # a new order in front moves every row by one place: the last of this page comes again as the first of the next
            fresh = pickle.loads(pickle.dumps(self._tables[connection]["purchase-orders"][0]))
            self.insert(
                connection,
                fresh | {"key": f"05{uuid.uuid4().hex}", "orderNo": f"NEW-{uuid.uuid4().hex[:6]}", "lineItems": []},
            )

    def _look_up(self, method: str, path: str, query: dict[str, str], connection: str | None) -> tuple[int, Any, int]:
        if method != "GET":
            return 405, {"message": "The sandbox only answers GET, as the toolkit only sends GET."}, 0
        if connection is None:
            error = {"code": "AUTHENTICATION_FAILED", "type": "authentication", "message": "The token is not accepted."}
            return 401, {"error": error | {"request_id": uuid.uuid4().hex}}, 0
        contract = self._contracts[connection]
        with self._lock:
            tables = self._tables[connection]
            if path == "/api/integrations/current":
                return 200, {"data": sync_state(connection, tables)}, 1
            family, _, rest = path.removeprefix("/api/").partition("/")
            # /api/v1/purchase-orders of the first contract, /api/erp/purchase-orders of the later ones
            known = family == "v1" if contract == "v1" else family in ("erp", "eam", "wms")
            if not path.startswith("/api/") or not known:
                return 404, {"message": "Not Found"}, 0
            if rest in tables:
                records = [shaped(r, rest, contract) for r in selected(tables[rest], query)]
                body, page = paged(records, query, contract, self.base_url + path, self._most)
                return 200, body, page
            table, _, key = rest.rpartition("/")  # "statuses/purchase-orders" is a table, "vendors/0900001" a record
            one = next((r for r in tables.get(table, ()) if r.get("key") == key), None)
            if one is not None:
                return 200, {"data": shaped(one, table, contract)}, 1
        return 404, {"message": "Not Found"}, 0


def _digest(name: str, tables: Tables) -> str:
    return hashlib.sha256((name + json.dumps(tables, sort_keys=True, default=str)).encode()).hexdigest()[:16]


@known_options
def sandbox(
    connections: Mapping[str, Tables | Purchases] | Tables | Purchases | None = None,
    *,
    contract: str | Mapping[str, str] | None = None,
    port: int = 0,
    latency: float = 0.0,
    max_per_page: int = 500,
) -> Sandbox:
    """Start a Makini on loopback and return it; use it as ``with ma.sandbox() as server: client = server.client()``.

    Parameters
    ----------
    connections : what it serves: the sample's three connections by default; else a mapping of connection names to tables or
        `Purchases`, or one of these, as the connection "sandbox". Tables map a path such as "purchase-orders" or "vendors", or any
        custom entity, to records in v3's shape.
    contract : "v3", "v4" or "v1", for all or by connection; by default the sample's own, else "v3". Where the field names of v4
        and v1 are not public they are v3's, an assumption.
    port : 0 for a free one
    latency : seconds that every answer takes
    max_per_page : the largest page

    Returns
    -------
    Sandbox, already serving: ``client()`` makes a client of it, ``tokens`` are its connections', ``close()`` or the end of ``with``
    stops it

    Raises
    ------
    ConfigError
        The port is taken, or a contract or table is none.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> with ma.sandbox({"vendors": [{"key": "01", "name": "ACME"}], "purchase-orders": []}) as server:
    ...     server.client().fetch_table("vendors").name.tolist()
    ['ACME']
    """
    from ._sample import CONTRACTS, sample_tables

    port = int(number_of("port", port, high=65_535, whole=True))
    max_per_page = int(number_of("max_per_page", max_per_page, low=1, whole=True))
    latency = number_of("latency", latency)
    own: Mapping[str, str] = {}
    served: Mapping[str, Any]
    if connections is None:
        own = CONTRACTS
        served = {name: sample_tables(name) for name in CONTRACTS}
    elif not isinstance(connections, Mapping) or any(isinstance(v, list) for v in connections.values()):
        served = {"sandbox": cast(Any, connections)}  # one connection's tables are lists by path, or one Purchases
    else:
        served = connections
    if not served:
        raise ConfigError("connections={}: give at least one, or leave it out for the sample")
    tables: dict[str, Tables] = {n: t if isinstance(t, dict) else tables_of(t) for n, t in dict(served).items()}
    by_name = contract if isinstance(contract, Mapping) else {n: contract for n in tables if contract}
    chosen = {n: by_name.get(n) or own.get(n, "v3") for n in tables}
    for name, c in chosen.items():
        one_of(f"{name!r}: contract", c, ("v3", "v4", "v1"))
    return Sandbox(tables, chosen, port, latency, max_per_page)
