"""What the pages say between them: positions, first pages that are none, rows that come again whole, records that are wrapped."""

from __future__ import annotations

import time

import pytest

from makini_analytics import ApiError, IncompleteDataError
from makini_analytics.transport._page_signs import signs_of
from makini_analytics.transport._repeats import content_of
from tests.faults.server import FaultServer, order
from tests.tiers import one_in
from tests.transport.test_pagination import ROWS, client, ids

NO_KEY = [{k: v for k, v in r.items() if k != "key"} for r in ROWS]


def fetched(edit, rows=ROWS, contract="v3"):
    with FaultServer(rows, contract) as server:
        server.edit_answer = edit
        return client(server).fetch_purchases()


def without_total(page, **meta):
    return {"current_page": page, "last_page": 7, **meta}


# ---- numbers from 0 ----------------------------------------------------------------------------------------------------

FROM_0 = [
    lambda page: {"meta": without_total(page, **{"from": page * 5 + 1, "to": page * 5 + 5})},
    lambda page: {"meta": without_total(page, **{"from": page * 5, "to": page * 5 + 4})},
    lambda page: {"meta": without_total(page), "links": {"prev": f"?page={page - 1}"}},
    lambda page: {"meta": without_total(page), "links": {"first": {"href": "/x?page=0"}}},
    lambda page: {"meta": without_total(page, first=False)},
    lambda page: {"meta": without_total(page, has_previous_page=True)},
]


@pytest.mark.parametrize("said", FROM_0)
def test_a_first_page_that_says_that_it_is_not_the_first_is_an_error(said):
    with pytest.raises(IncompleteDataError, match="page 1 was asked, and what came"):
        fetched(lambda body, page: {"data": ROWS[page * 5 :][:5] or ROWS[-5:], **said(page)})


def test_so_it_is_of_any_list():
    with FaultServer() as server:
        server.tables["colours"] = [{"key": str(i)} for i in range(12)]
        server.edit_answer = lambda body, page: body | {"links": {"prev": "?page=0"}}
        with pytest.raises(IncompleteDataError, match="not the first"):
            client(server).fetch_table("colours")


@pytest.mark.parametrize(
    "said",
    one_in(3, [
        lambda page: {"meta": without_total(page, **{"from": page * 5 - 4, "to": page * 5}), "links": {"first": "?page=1", "prev": f"?page={page - 1}" if page > 1 else None}},
        lambda page: {"meta": without_total(page, **{"from": page * 5 - 5, "to": page * 5})},
        lambda page: {"meta": without_total(page, **{"from": page * 5 - 5, "to": page * 5 - 1}, prev_page=page - 1)},
        lambda page: {"meta": without_total(page, **{"from": page * 5 - 4})},
        lambda page: {"meta": without_total(page, **{"from": 2024, "to": 2025}), "first": page == 1},
        lambda page: {"meta": without_total(page, **{"from": 0, "to": 0}), "links": {"prev": "?page=1"}},
    ]),
)  # fmt: skip
def test_positions_that_fit_and_what_is_no_position(said):
    data = fetched(lambda body, page: {"data": body["data"], **said(page)}, ROWS[:33])
    assert len(data.orders) == 33


def test_the_last_page_may_be_shorter_than_its_positions_and_no_other():
    def edit(body, page):
        rows = body["data"][:-2] if page == short else body["data"]
        return {"data": rows, "meta": without_total(page, **{"from": page * 5 - 4, "to": page * 5})}

    short = 7
    assert len(fetched(edit).orders) == 33
    short = 3
    with pytest.raises(IncompleteDataError, match="holds rows 11 to 15, and 3 came"):
        fetched(edit)


def test_a_gap_between_positions_is_an_error():
    def edit(body, page):
        return {"data": body["data"], "meta": without_total(page, **{"from": page * 6 - 5, "to": page * 6 - 1})}

    with pytest.raises(IncompleteDataError, match="holds rows 7 to 11, and 5 rows came before"):
        fetched(edit)


# ---- rows that come again, without keys --------------------------------------------------------------------------------


@pytest.mark.parametrize("meta", [{}, {"meta": {"last_page": 4}}])
def test_rows_without_keys_that_come_again_are_an_error(meta):
    with pytest.raises(IncompleteDataError, match="1 of the 5 rows of page 2 came before, with all that they say"):
        fetched(lambda body, page: {"data": NO_KEY[(page - 1) * 4 :][:5], **meta})
    for again in (1, 2):  # page 3 is the first or the second one
        starts = {1: 0, 2: 5, 3: (again - 1) * 5, 4: 10}
        if meta or again == 1:  # without any sign a page that is the one before is the last, come again
            with pytest.raises(IncompleteDataError, match=r"page 3 is (an earlier page|page 1) again"):
                fetched(lambda body, page, starts=starts: {"data": NO_KEY[starts[page] :][:5], **meta})


@pytest.mark.parametrize("how", ["cursor", "link", "page"])
def test_walks_in_a_circle_without_keys_end(how):
    def edit(body, page):
        again = {
            "cursor": {"next_cursor": str(time.time_ns())},
            "link": {"links": {"next": f"?page=1&n={time.time_ns()}"}},
            "page": {},
        }[how]
        return {"data": NO_KEY[:1] if page == 1 and how == "page" else [NO_KEY[1 + page % 2]], **again}

    began = time.monotonic()
    with pytest.raises(IncompleteDataError, match="earlier page again"):
        fetched(edit)
    assert time.monotonic() - began < 10


def test_rows_without_keys_that_do_not_come_again_are_all_there():
    for meta in ({}, {"meta": {"last_page": 7}}):
        data = fetched(lambda body, page, meta=meta: {"data": body["data"], **meta}, NO_KEY)
        assert data.orders.order_number.tolist() == [r["orderNo"] for r in ROWS]
    clamped = fetched(lambda body, page: {"data": NO_KEY[min(page - 1, 6) * 5 :][:5]}, NO_KEY)
    assert len(clamped.orders) == 35


def test_rows_of_nothing_but_values_may_be_others_and_a_note_says_so():
    rows = [{"orderNo": "1", "lineItems": []}, *({"orderNo": str(i), "lineItems": []} for i in range(8))]
    data = fetched(lambda body, page: body, rows)
    assert len(data.orders) == 9
    assert "Warning:" not in data.sources.notes.item()  # on one page
    data = fetched(lambda body, page: body, rows[1:] + rows[1:3])
    assert "Warning: 2 rows without a key came again on another page" in data.sources.notes.item()


def test_what_a_row_says_is_the_same_in_any_form():
    from makini_analytics.records import RecordDecoder

    decoder = RecordDecoder(["lineItems"])
    page = b'{"data": [{"a": 1, "b": null, "lineItems": [{"x": 1.5}]}, {"b": "u", "a": 1}]}'
    pages = [decoder(page)["data"] for _ in range(2)]
    assert type(pages[0][0]) is not type(pages[1][0])
    assert [content_of(r) for r in pages[0]] == [content_of(r) for r in pages[1]]
    assert content_of({"a": 1}) != content_of({"a": True}) != content_of({"a": "1"})


@pytest.mark.parametrize(
    ("n", "fine"), one_in(2, [(50, False), (100, False), (48, True), (20, True)])
)  # a true list may be as long: no error
def test_a_server_that_knows_no_pages_and_stops_at_a_round_number_may_have_cut_the_list(n, fine):
    rows = [order(i) for i in range(n)]
    with FaultServer(rows) as server:
        server.edit_answer = lambda body, page: {"data": rows}
        data = client(server, per_page=200).fetch_purchases()
        assert len(data.orders) == n
        assert ("it may have cut the list" in data.sources.notes.item()) is not fine
        for said in ({"has_more": False}, {"links": {"next": None}}, {"count": n}, {"total": n}):
            server.edit_answer = lambda body, page, said=said: {"data": rows, **said}
            data = client(server, per_page=200).fetch_purchases(refresh=True)
            assert len(data.orders) == n
            assert "it may have cut the list" not in data.sources.notes.item()


def test_wrapped_records_are_an_error():
    with pytest.raises(ApiError, match="wrapped in 'purchaseOrder'"):
        fetched(lambda body, page: body | {"data": [{"purchaseOrder": r} for r in body["data"]]})
    with FaultServer() as server:
        server.tables["colours"] = [{"name": {"en": "red"}}] * 3
        assert len(client(server).fetch_table("colours")) == 3


# ---- a status of 200, and a body that says otherwise -------------------------------------------------------------------

FAILED = [
    {"code": 429, "message": "rate limit"}, {"code": 500}, {"errorCode": "E17"}, {"error_message": "down"}, {"fault": {"faultstring": "x"}},
    {"isError": True}, {"hasErrors": True}, {"code": "RATE_LIMIT_EXCEEDED"}, {"status": "Internal Error"}, {"errorCount": 3}, {"httpCode": "503"},
    {"error": {"code": 0, "detail": "x", "errorCode": 7}}, {"meta": {"exceptionMessage": "timeout"}},
]  # fmt: skip
NOT_FAILED = [
    {"error": {"code": 0, "message": ""}}, {"error": {"code": 0, "message": "OK"}}, {"error": {"code": None, "message": None}},
    {"errors": [], "errorCode": 0, "error_message": None, "isError": False, "fault": None, "errorCount": "0", "code": 200, "status": "ok"},
    {"error": "none", "code": "OK", "status": "No errors"}, {"errorRateLimit": 5, "faultyGoods": True, "code": "E-17", "error": {}},
]  # fmt: skip


@pytest.mark.parametrize("said", FAILED, ids=str)
def test_an_empty_list_that_says_that_it_failed_is_an_error(said):
    assert signs_of({"data": [], **said}).faults


def test_an_empty_list_that_failed_is_no_fetch_of_nothing():
    for said in FAILED[:2]:
        with pytest.raises(IncompleteDataError, match="not whole \\(code\\)"):
            fetched(lambda body, page, said=said: {"data": [], **said})


@pytest.mark.parametrize("said", NOT_FAILED, ids=str)
def test_what_says_that_nothing_failed_is_no_fault(said):
    assert not signs_of({"data": [], **said}).faults


def test_a_list_that_says_that_it_has_no_error_is_read():
    assert ids(fetched(lambda body, page: body | NOT_FAILED[0])) == [r["key"] for r in ROWS]
