"""All or an error: whatever the pages say of themselves, the rows are right or there are none."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from makini_analytics import ApiError, Client, IncompleteDataError
from tests.faults.server import TOKEN, FaultServer, order
from tests.tiers import one_in

ROWS = [order(i) for i in range(1, 36)]


def client(server, **options):
    return Client(TOKEN, base_url=server.url, **({"per_page": 5, "backoff": 0.01, "progress": False} | options))


def ids(data):
    return data.orders.order_id.tolist()


@pytest.mark.parametrize("contract", one_in(3, ["v3", "v4", "v1"]))
@pytest.mark.parametrize("asked", ["auto", "own"])
@pytest.mark.parametrize("workers", one_in(2, [8, 1]))
def test_every_row_once_in_every_contract(contract, asked, workers):
    with FaultServer(ROWS, contract) as server:
        c = client(server, contract="auto" if asked == "auto" else contract, max_workers=workers)
        data = c.fetch_purchases()
    assert ids(data) == [r["key"] for r in ROWS]
    assert data.orders.order_number.tolist() == [r["orderNo"] for r in ROWS]
    row = data.sources.iloc[0]
    assert (row.contract, row.n_pages, row.n_orders) == (contract, 7, 35)
    assert data.sources.server_total.tolist() == ([35] if contract != "v1" else [pd.NA])
    assert {m for m, *_ in server.requests} == {"GET"}


@pytest.mark.parametrize("n", one_in(2, [0, 1, 5, 6]))
@pytest.mark.parametrize("contract", one_in(3, ["v3", "v1"]))
def test_few_rows(n, contract):
    with FaultServer(ROWS[:n], contract) as server:
        assert len(client(server).fetch_purchases().orders) == n


def test_a_base_url_may_carry_a_path():
    with FaultServer(ROWS) as server:
        c = Client(TOKEN, base_url=server.url + "/gateway/makini/", per_page=5, progress=False)
        assert len(c.fetch_purchases().orders) == 35
        assert all(path.startswith("/gateway/makini/api/") for _, path, *_ in server.requests)


# ---- rows that move --------------------------------------------------------------------------------------------------


def test_a_row_inserted_while_paging_is_noticed_and_the_walk_repeated():
    with FaultServer(ROWS) as server:

        def insert(page):
            if len(server.orders[TOKEN]) == 35:
                server.orders[TOKEN].insert(0, order(99))

        server.after_page = insert  # fmt: skip
        data = client(server).fetch_purchases()
    assert sorted(ids(data)) == sorted(["0099", *(r["key"] for r in ROWS)])
    assert "repeated" in data.sources.notes.item()


def test_rows_that_never_stand_still_are_an_error():
    with FaultServer(ROWS) as server:
        server.after_page = lambda page: server.orders[TOKEN].insert(0, order(1000 + len(server.orders[TOKEN])))
        with pytest.raises(IncompleteDataError, match="total went from") as e:
            client(server).fetch_purchases()
    assert e.value.retryable
    assert e.value.connection == "default"


def test_rows_that_swap_places_are_noticed():
    with FaultServer(ROWS) as server:

        def swap(page):
            if page == 1:
                rows = server.orders[TOKEN]
                rows[0], rows[-1] = rows[-1], rows[0]

        server.after_page = swap  # fmt: skip
        with pytest.raises(IncompleteDataError, match="came twice"):
            client(server, max_workers=1).fetch_purchases()


# ---- answers that contradict themselves ------------------------------------------------------------------------------


def meta(**changes):
    def edit(body, page):
        return body | {"meta": {k: v for k, v in (body["meta"] | changes).items() if v is not ...}}

    return edit


def empty_page_3(body, page):
    return body | {"data": []} if page == 3 else body


def no_meta_on_page_2(body, page):
    return {"data": body["data"]} if page == 2 else body


@pytest.mark.parametrize(
    ("edit", "said"),
    one_in(
        5,
        [
            (meta(last_page=10**9), "1000000000 pages"),
            (meta(total=36), "36 rows"),
            (meta(total=34), "rows"),
            (meta(last_page=3), "15"),
            (meta(current_page=1), "page 1 came"),
            (empty_page_3, "page 3 of 7 is empty"),
            (lambda body, page: body | {"meta": body["meta"] | {"last_page": page + 6}}, "announces"),
            (lambda body, page: body | {"data": body["data"][:-1]} if page == 7 else body, "hold 34"),
        ],
    ),
)
@pytest.mark.parametrize("workers", [1, 4])
def test_contradictions_are_an_error(edit, said, workers):
    with FaultServer(ROWS) as server:
        server.edit_answer = edit
        began = time.monotonic()
        with pytest.raises(IncompleteDataError, match=said):
            client(server, max_workers=workers).fetch_purchases()
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "edit",
    one_in(
        3,
        [
            no_meta_on_page_2,
            meta(total=...),
            meta(current_page=..., per_page=...),
            meta(last_page="7", total="35"),
            lambda body, page: {"data": body["data"]},  # no sign of paging at all
            lambda body, page: body["data"],  # a bare list
            lambda body, page: (
                body | ({"links": {"next": "http://evil.example/steal"}} if page < 7 else {})
            ),  # not used
        ],
    ),
)
def test_sparse_answers_still_give_every_row(edit):
    with FaultServer(ROWS) as server:
        server.edit_answer = edit
        assert ids(client(server).fetch_purchases()) == [r["key"] for r in ROWS]


def test_a_list_that_knows_no_pages_is_taken_whole():
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda body, page: {"data": ROWS}
        assert len(client(server).fetch_purchases().orders) == 35


def test_beyond_the_end_the_last_page_comes_again():
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda body, page: {"data": ROWS[min(page - 1, 6) * 5 :][:5]}
        assert len(client(server).fetch_purchases().orders) == 35


def test_paging_is_read_from_the_top_of_the_answer_too():
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda body, page: {"data": body["data"], **body["meta"]}
        data = client(server).fetch_purchases()
        assert data.sources.server_total.tolist() == [35]
        assert data.sources.n_pages.tolist() == [7]


def test_zero_pages():
    with FaultServer([]) as server:
        server.edit_answer = meta(last_page=0)
        assert len(client(server).fetch_purchases().orders) == 0
    with FaultServer(ROWS) as server:
        server.edit_answer = meta(last_page=0)  # which can't be: the list is asked on until it ends
        assert len(client(server).fetch_purchases().orders) == 35


@pytest.mark.parametrize("body", [{"items": []}, {"data": {"a": 1}}, {}, {"data": None}])
def test_what_is_no_list_is_a_clear_error(body):
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda b, page: body
        with pytest.raises(ApiError, match="without a list under 'data'"):
            client(server).fetch_purchases()


# ---- cursors and links -----------------------------------------------------------------------------------------------


def test_a_repeated_cursor_is_an_error_not_a_circle():
    with FaultServer(ROWS, "v1") as server:
        server.edit_answer = lambda body, page: body | {"next_cursor": "c5"}
        with pytest.raises(IncompleteDataError, match="cursor came twice"):
            client(server).fetch_purchases()


def test_new_cursors_to_the_same_rows_end():
    with FaultServer(ROWS, "v1") as server:
        server.edit_answer = lambda body, page: {"data": ROWS[:5], "next_cursor": f"c{len(server.requests) + 100}"}
        with pytest.raises(IncompleteDataError, match="came twice"):
            client(server).fetch_purchases()
        assert len(server.requests) < 10


def test_endless_empty_cursor_pages_end():
    with FaultServer(ROWS, "v1") as server:
        server.edit_answer = lambda body, page: {"data": [], "next_cursor": f"c{len(server.requests) + 100}"}
        with pytest.raises(IncompleteDataError, match="no end"):
            client(server).fetch_purchases()


@pytest.mark.parametrize("place", one_in(3, ["meta", "links", "pagination"]))
def test_a_cursor_is_found_where_it_stands(place):
    with FaultServer(ROWS, "v1") as server:
        server.edit_answer = lambda body, page: {"data": body["data"], place: {"next_cursor": body["next_cursor"]}}
        assert len(client(server, contract="v1").fetch_purchases().orders) == 35


def only_links(host):
    def edit(body, page):
        return {
            "data": body["data"],
            "links": {"next": f"{host}/api/erp/purchase-orders?page={page + 1}&per_page=5" if page < 7 else None},
        }

    return edit


def test_links_of_our_own_host_are_followed():
    with FaultServer(ROWS) as server:
        server.edit_answer = only_links(server.url)
        assert len(client(server).fetch_purchases().orders) == 35


def test_links_to_another_host_never_get_the_token():
    with FaultServer(ROWS) as server, FaultServer(ROWS) as thief:
        server.edit_answer = only_links(thief.url)
        with pytest.raises(IncompleteDataError, match="which is not asked"):
            client(server).fetch_purchases()
        assert thief.requests == []


def test_foreign_rows_without_ids_are_not_compared():
    with FaultServer() as server:
        server.tables["colours"] = [{"name": "red"}] * 7
        assert len(client(server).fetch_table("colours")) == 7
