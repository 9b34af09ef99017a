"""Lists beside the orders, over real sockets: whatever one does, the orders come, and a note says what they lack."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import makini_analytics as ma
from tests.faults.server import order
from tests.tiers import one_in

ORDERS = [order(i) for i in range(1, 4)]


def page(rows, **meta):
    return {"data": rows, "meta": {"current_page": 1, "last_page": 1, "total": len(rows), **meta}}


ODD = {
    "refused": (403, {}),
    "broken": (500, {}),
    "HTML": (200, b"<html>"),
    "cut": (200, b'{"data": [{"key": "v1", "na'),
    "too many rows announced": page([{"key": "1"}], total=99),
}


@pytest.fixture
def serve():
    servers = []

    def start(beside):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet: apart, each answer waits 40 ms for an acknowledgement

            def log_message(self, *args):
                """Keep quiet."""

            def do_GET(self):
                name = self.path.split("?")[0].rsplit("/", 1)[-1]
                said = beside.get(name.replace("-", "_"), page(ORDERS) if name == "purchase-orders" else (404, {}))
                said = said(self.path) if callable(said) else said
                status, body = said if isinstance(said, tuple) else (200, said)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return ma.Client(
            "token-0123456789",
            base_url=f"http://127.0.0.1:{server.server_port}",
            cache_dir=None,
            progress=False,
            retries=0,
            timeout=1,
        )

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["receipts", "return_orders"])
@pytest.mark.parametrize("odd", one_in(5, ["refused", "broken", "HTML", "cut", "too many rows announced"]))
def test_what_changes_figures_is_a_warning_or_under_strict_an_error(serve, name, odd):
    client = serve({name: ODD[odd]})
    data = client.fetch_purchases()
    [notes] = data.sources.notes
    assert notes.startswith("Warning: The list of " + {"return_orders": "returns"}.get(name, name))
    assert "Warning: The list of" in repr(data)
    with pytest.raises(ma.errors.IncompleteDataError, match="strict=True"):
        client.fetch_purchases(strict=True, refresh=True)


def test_a_connection_without_receipts_is_not_incomplete(serve):
    data = serve({}).fetch_purchases(strict=True)
    assert "receipts" not in data.sources.notes.item().lower().split("the delivery date")[0]


def test_a_problem_belongs_to_its_own_receipt(serve):
    rows = [
        {
            "key": "r0",
            "poKey": "0001",
            "deletedAt": "2025-01-02T00:00:00Z",
            "lineItems": [{"key": "a", "quantity": "y"}],
        },
        {"key": "r1", "poKey": "0002", "lineItems": [{"key": "b", "quantity": "x", "receivedAt": "2025-01-07"}]},
        {"key": "r2", "poKey": "0003", "lineItems": [{"key": "c", "quantity": 1, "receivedAt": "2025-01-08"}]},
    ]
    issues = serve({"receipts": page(rows)}).fetch_purchases().issues
    assert issues.loc[issues.value == "x", "id"].tolist() == ["0002"]
    assert not (issues.value == "y").any()  # of a receipt that was deleted


def test_an_order_whose_lines_are_not_had_is_an_issue(serve):
    bare = [{k: v for k, v in o.items() if k != "lineItems"} for o in ORDERS]
    answers = {
        "0001": {"data": ORDERS[0]},
        "0002": {"data": ORDERS[2]},
        "purchase_orders": page(bare),
    }  # 2 answers with 3
    data = serve(answers).fetch_purchases()
    assert data.orders.order_id.tolist() == ["0001", "0002", "0003"]
    assert data.orders.n_lines.tolist() == [len(ORDERS[0]["lineItems"]), 0, 0]
    told = data.issues.set_index("id").reason
    assert "order '0003' came in its place" in told["0002"]
    assert "refused (404)" in told["0003"]
    assert "2 of 3 orders" in repr(data)


@pytest.mark.parametrize("max_body", [0, -1])
def test_max_body_is_above_zero(max_body):
    with pytest.raises(ma.errors.ConfigError, match="max_body"):
        ma.Client("token-0123456789", max_body=max_body)


# ---- receipts under two names, and filters that they do not take --------------------------------------------------------

RECEIPT = {
    "key": "r1", "poKey": "0001",
    "lineItems": [{"key": "rl1", "poLineKey": "0001-1", "quantity": 1, "receivedAt": "2025-03-01"}],
}  # fmt: skip


@pytest.mark.parametrize(
    "fault", [(500, {}), (200, b"<html>"), page([RECEIPT], total=9), (429, {})], ids=lambda f: str(f)[:12]
)
def test_receipts_that_came_under_one_name_are_not_all_where_another_broke_down(serve, fault):
    client = serve({"receipts": fault, "receiving": page([RECEIPT])})
    data = client.fetch_purchases()
    assert data.lines.n_receipts.sum() == 1
    assert (
        "Warning: There may be more receipts than came, since the list 'receipts' could not be had."
        in data.sources.notes.item()
    )
    with pytest.raises(ma.IncompleteDataError, match="more receipts"):
        client.fetch_purchases(strict=True)


@pytest.mark.parametrize("status", one_in(3, [400, 403, 404, 405, 501]))
def test_a_name_that_is_refused_is_not_what_the_receipts_are_called(serve, status):
    data = serve({"receipts": (status, {}), "receiving": page([RECEIPT])}).fetch_purchases(strict=True)
    assert data.lines.n_receipts.sum() == 1
    assert "more receipts" not in data.sources.notes.item()


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("name", one_in(3, ["receipts", "return_orders"]))
def test_a_list_that_does_not_take_the_filter_is_asked_for_without(serve, name, status):
    client = serve({name: lambda path: (status, {}) if "updatedAt" in path else page([RECEIPT])})
    for options in ({"since": "2025-01-01"}, {}):
        data = client.fetch_purchases(strict=True, **options)
        got = data.lines.n_receipts.sum() if name == "receipts" else data.lines.is_return.sum()
        assert got == 1


@pytest.mark.parametrize(
    "state",
    one_in(3, [{"sync_status": "token-0123456789"}, {"note": "evil"}, {"data": {"sync_status": "x token-0123456789"}}]),
)
def test_the_state_of_the_synchronisation_shows_no_token_and_no_words_of_the_server(serve, state):
    sources = serve({"current": state}).fetch_purchases().sources
    assert "token-0123" not in sources.to_csv()
    assert "evil" not in sources.notes.item()


def test_a_page_that_is_not_there_is_no_sign_that_there_is_no_such_list(serve):
    def receipts(path):
        return page([{"key": "r1"}], last_page=2, total=2) if "?page=1&" in path else (404, {})

    assert "Warning: The list of receipts" in serve({"receipts": receipts}).fetch_purchases().sources.notes.item()
    with pytest.raises(ma.IncompleteDataError, match=r"page=2.* answered 404"):
        serve({"receipts": receipts}).fetch_purchases(strict=True)
    with pytest.raises(ma.IncompleteDataError, match=r"api/erp/purchase-orders.page=2.* answered 404"):
        serve({"purchase_orders": receipts}).fetch_purchases()
