"""Fuzz of pages, receipts and look-ups below the socket: whatever comes, all that was served is there, or a `MakiniError`.

Bytes are read as choices: which answers are changed, where and to what. With all of them 0 every answer is the truth. The answers go
through the client's own code from the body of an answer on; only the socket is missing. Run as a script it fuzzes for so many rounds,
guided by coverage where atheris is installed, else by hypothesis::

    python -m tests.faults.fuzz 100000
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
import warnings
from contextlib import contextmanager
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from requests.structures import CaseInsensitiveDict

try:
    import atheris
except ImportError:
    atheris = None
else:
    if __name__ == "__main__":
        rooms = ["records", "tidy", "transport", "fetch"]
        with atheris.instrument_imports(include=[f"makini_analytics.{room}" for room in rooms]):
            import makini_analytics.fetch  # the package itself imports its rooms when they are asked for

import makini_analytics as ma
from makini_analytics.records import RecordDecoder
from makini_analytics.tidy import LINE_CONTAINERS, OrdersBuilder
from makini_analytics.transport import RowList
from makini_analytics.transport._pagination import paginate
from tests.faults.server import FaultServer, order

EVERY = 100  # of so many rounds one goes to the frames, the others to the builder of orders
RAW = {"infinite": "1e400", "digits": "9" * 5_000, "deep": "[" * 300 + "]" * 300, "twice": '{"key": 1, "key": 2}'}
VALUES = [
    None, True, False, 0, -1, 1.5, 7, 10**18, 10**30, 1e308, float("inf"), float("nan"), "", " ", "x", "1", "1,5", "1.234,56", "-", "2025-02-30",
    "2025-03-01", "0001-01-01", "9999-12-31T23:59:59Z", "true", "EUR", "\ud83d", "a\x00b", "x" * 3_000, [], {}, [[]], [None], [{}], {"key": 1},
    {"name": "x"}, {"_displayValue": ["x"]}, {"name": {"name": 1}}, *({"raw": name} for name in RAW),
]  # fmt: skip
NAMES = [
    "key", "id", "_idValue", "_displayValue", "name", "code", "status", "statusKey", "currency", "currencyKey", "deletedAt", "orderDate", "updatedAt",
    "lineItems", "lines", "quantity", "price", "lineTotalValue", "deliveryAt", "receivedQuantity", "receivedAt", "poKey", "poLineKey", "lineNo",
    "materialKey", "vendorKey", "vendorName", "type", "data", "meta", "links", "next", "next_cursor", "nextCursor", "has_more", "last_page",
    "current_page", "total", "count", "sync_status", "sync_updated_at",
]  # fmt: skip
STATUSES = [400, 401, 403, 404, 410, 422, 429, 500, 503, 204, 302, 304, 999]


class Choices:
    """Choices read from bytes; where these end, the first one."""

    def __init__(self, data):
        self._data, self._at = data, 0

    def below(self, n):
        at, self._at = self._at, self._at + 1 + (n > 256)
        return int.from_bytes(self._data[at : self._at], "big") % n

    def of(self, some):
        return some[self.below(len(some))]


def changed(tree, choose):
    """Return JSON with a change at some node of it."""
    path, here = [], tree
    while isinstance(here, dict | list) and here and choose.below(4):
        at = choose.of(list(here)) if isinstance(here, dict) else choose.below(len(here))
        path.append((here, at))
        here = here[at]
    if not path:
        return choose.of(VALUES)
    holder, at = path[-1]
    how = choose.below(6)
    if how == 0 and isinstance(holder, dict):
        holder[choose.of(NAMES)] = choose.of(VALUES)
    elif how == 1:
        del holder[at]
    elif how == 2 and isinstance(holder, list):
        holder.insert(at, holder[choose.below(len(holder))])
    elif how == 3 and isinstance(holder, dict):
        holder[choose.of(NAMES)] = holder.pop(at)
    else:
        holder[at] = choose.of(VALUES)
    return tree


def served(body, choose):
    """Return the status, the headers and the bytes of an answer, perhaps changed."""
    status, headers = 200, {"Content-Type": "application/json"}
    kind = choose.below(24)  # from 13 on the truth
    if kind in (1, 2, 3, 4, 5, 6):
        body = json.loads(json.dumps(body))  # a copy
        for _ in range(1 + kind // 3):
            body = changed(body, choose)
    raw = re.sub(r'\{"raw": "(\w+)"\}', lambda m: RAW.get(m[1], m[0]), json.dumps(body)).encode()
    if kind == 7:
        status = choose.of(STATUSES)
        headers |= {
            "Retry-After": choose.of(["0", "9999", "soon", "-1"]),
            "Location": choose.of(["/", "http://[", "\x00"]),
        }
    elif kind == 8:
        raw = raw[: choose.below(len(raw) + 1)]
    elif kind == 9:
        at = choose.below(len(raw) + 1)
        raw = raw[:at] + bytes([choose.below(256)]) + raw[at + choose.below(2) :]
    elif kind == 10:
        raw = choose.of(
            [b"", b"\xef\xbb\xbf" + raw, raw.decode().encode("utf-16"), b"\x00" * 9, b"<html>", raw * 2, b"[" * 5_000]
        )
    elif kind == 11:
        headers["Content-Encoding"] = choose.of(["gzip", "br", "GZIP", "x"])
        raw = choose.of([raw, gzip.compress(raw, 1), gzip.compress(raw, 1)[:-9], gzip.compress(raw, 1) + b"x"])
    elif kind == 12:
        name = choose.of(["Link", "X-Total-Count", "X-Next-Page", "X-Has-More", "Content-Length"])
        headers[name] = choose.of(['</x>; rel="next"', "5", "0", "9" * 5_000, "-1", "true", "\udc80"])
    return status, headers, raw


class Wire:
    """Takes the place of a session of requests: answers with the truth, changed by choices, and remembers which orders it served."""

    def __init__(self, contract):
        self.contract, self.url = contract, "http://api.makini.test"
        self.rows, self.tables, self.choose = [], {}, Choices(b"")
        self.headers, self.pages = {}, {}

    def begin(self, choose):
        self.choose, self.pages = choose, {}
        self.rows = [order(i, vendorKey="v1", statusKey="s1") for i in range(1, 1 + choose.below(8))]
        receipts = [
            {
                "key": f"r{o['key']}",
                "poKey": o["key"],
                "receivedAt": "2025-02-03",
                "lineItems": [{"key": o["key"] + "-1", "quantity": 1}],
            }
            for o in self.rows[::2]
        ]
        back = [
            {"key": f"b{o['key']}", "poKey": o["key"], "lineItems": [{"key": "b-1", "quantity": 1, "price": 2}]}
            for o in self.rows[:1]
        ]
        self.tables = {
            "receipts": receipts, "return-orders": back, "vendors": [{"key": "v1", "name": "One"}], "statuses/purchase-orders": [{"key": "s1", "name": "Open"}],
            "materials": [{"key": "m1", "categoryName": "C"}],
        }  # fmt: skip

    def get(self, url, **options):
        parts = urlsplit(url)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        name = parts.path.removeprefix("/api/v1/" if self.contract == "v1" else "/api/erp/")
        if name == "purchase-orders":
            body, _ = FaultServer.page_of(
                SimpleNamespace(contract=self.contract, url=self.url), self.rows, _sane(query), parts.path
            )
        elif name in self.tables:
            body = {"data": self.tables[name], "meta": {"last_page": 1, "total": len(self.tables[name])}}
        elif (one := next((o for o in self.rows if name == f"purchase-orders/{o['key']}"), None)) is not None:
            body = {"data": one}
        else:
            body = {"data": {"sync_status": "done"}} if name == "/api/integrations/current" else {"data": []}
        status, headers, raw = served(body, self.choose)
        if name == "purchase-orders" and status == 200:
            self.pages.setdefault(url, _rows(raw, headers))  # the first answer: the second is only looked at
        return _Response(status, headers, raw)

    @contextmanager
    def follow(self, session):
        """Take the place of a display: what it is told while the orders are read is that a second attempt begins."""
        session.on_wait = lambda text: self.pages.clear()
        try:
            yield lambda done, total: None
        finally:
            session.on_wait = lambda text: None

    def close(self):
        """Nothing to close."""


class _Response:
    def __init__(self, status, headers, raw):
        self.status_code, self.headers = status, CaseInsensitiveDict(headers)
        stream = io.BytesIO(raw)
        self.raw = SimpleNamespace(read=lambda n, decode_content: stream.read(n), close=stream.close)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass


def _sane(query):
    return {k: v for k, v in query.items() if re.fullmatch("c?[0-9]{1,4}", v) and v != "0"}


def _rows(raw, headers):
    """Return the rows of a page, as Python's own json reads them."""
    try:
        if headers.get("Content-Encoding", "").lower() == "gzip":
            raw = gzip.decompress(raw)
        body = json.loads(raw)
    except (ValueError, OSError, EOFError, RecursionError):
        return []
    rows = body if isinstance(body, list) else body.get("data") if isinstance(body, dict) else None
    return rows if isinstance(rows, list) else []


def _keys(records):
    return {k for r in records if isinstance(k := r.get("id") if r.get("key") is None else r.get("key"), str)}


class Both:
    """Rows and, in some rounds, their builder, whose 130 columns take longer to make than a page takes to read."""

    def __init__(self, built):
        self.rows, self.builder = [], OrdersBuilder() if built else None

    def take(self, page):
        self.rows.extend(page)
        if self.builder is not None:
            self.builder.take(page)


class Fuzz:
    """Clients of the three contracts, each on a wire of its own."""

    def __init__(self):
        self.n = self.errors = self.whole = 0
        self.clients = []
        for contract in ("v3", "v4", "v1"):
            client = ma.Client(
                "token-0123456789", base_url="http://api.makini.test", contract=contract, cache_dir=None, progress=False, retries=0,
                per_page=3, max_workers=1, delivery_date="actual", max_body=1_000_000,
            )  # fmt: skip
            client._session._http = client.display = Wire(contract)
            self.clients.append(client)

    def round(self, data):
        """Play one round; `AssertionError` where a row is lost, and whatever else is no `MakiniError`."""
        self.n += 1
        choose = Choices(data)
        client = choose.of(self.clients)
        wire = client._session._http
        wire.begin(choose)
        client.clear_cache()
        whole = choose.below(EVERY) == EVERY - 1
        try:
            got, complete = self._frames(client) if whole else self._rows(client, wire)
        except ma.MakiniError as e:
            assert str(e)
            self.errors += 1
            return
        self.whole += 1
        rows = [r for page in wire.pages.values() for r in page if isinstance(r, dict)]
        lost = (_keys(rows) & {o["key"] for o in wire.rows}) - got
        assert not lost, f"lost {lost}"
        rows += [
            r | {"key": r["id"], "orderNo": r.get("_idValue")} for r in rows if "id" in r and r.get("key") is None
        ]  # as v4 has them
        rows = [{k: v for k, v in r.items() if k not in ("id", "_idValue")} for r in rows]
        bare = {o["key"] for o in wire.rows if o in rows} - complete
        assert not bare, f"without their lines: {bare}"

    def _rows(self, client, wire):
        """Return the keys of the orders that reach the builder, and of those that have their lines; then read a list beside them."""
        session, path = client._session, client._endpoints.path("purchase-orders")
        numbered = client.contract != "v1"
        built = wire.choose.below(3) == 2
        with wire.follow(session):
            result = paginate(
                session,
                path,
                {"per_page": 3},
                lambda: Both(built),
                numbered=numbered,
                new_decoder=lambda: RecordDecoder(LINE_CONTAINERS),
            )
        rows = [r for r in result.sink.rows if hasattr(r, "get")]
        assert not built or result.sink.builder.n_orders == len(result.sink.rows)
        name = wire.choose.of(["receipts", "vendors", "return-orders"])
        assert isinstance(client._endpoints.lookup(name, name, True, 60.0).records, RowList | list)
        client._endpoints.sync_state(True, 60.0)
        return _keys(rows), _keys(r for r in rows if r.get("lineItems"))

    def _frames(self, client):
        data = client.fetch_purchases(refresh=True)
        data.sources.notes.item().encode()
        return set(data.orders.order_id), set(data.lines.order_id)


def by_hypothesis(rounds):
    """Play so many rounds of bytes that hypothesis draws; a round that fails is shown in its smallest form."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    fuzz, phases = Fuzz(), [Phase.generate, Phase.shrink]
    options = settings(
        max_examples=rounds, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=phases
    )
    try:
        options(given(st.binary(min_size=40, max_size=300))(fuzz.round))()
    except BaseException:
        print(f"after {fuzz.n} rounds:", file=sys.stderr)
        raise
    return fuzz


def by_atheris(rounds):
    """Play so many rounds of bytes that reach new lines of the package, and end the process."""
    fuzz = Fuzz()

    def one(data):
        fuzz.round(data)
        if fuzz.n == rounds:  # what follows the last one is libFuzzer's, which ends the process by itself
            tell(fuzz, "atheris")

    atheris.Setup([sys.argv[0], f"-runs={rounds}", "-max_len=300", "-len_control=0", "-seed=1", "-verbosity=0"], one)
    atheris.Fuzz()


def tell(fuzz, engine):
    """Print how the rounds ended."""
    print(json.dumps([fuzz.n, fuzz.whole, fuzz.errors, engine]), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", ma.errors.MakiniWarning)
    # hypothesis's own: a thread that moved on Python's random numbers while it drew bytes is no fault of a round
    warnings.filterwarnings("ignore", message="Do not use the `random` module inside strategies")
    if atheris is None:
        tell(by_hypothesis(int(sys.argv[1])), "hypothesis")
    else:
        by_atheris(int(sys.argv[1]))
