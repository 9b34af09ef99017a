"""Part of the truth: a list that ends while something in it says that there is more is an error, in whatever words it is said."""

from __future__ import annotations

import json

import pytest

from makini_analytics import IncompleteDataError
from makini_analytics.transport._list_response import ListResponse
from makini_analytics.transport._page_signs import Signs, signs_in_headers, signs_of, whole_number
from tests.faults.server import TOKEN, FaultServer, order
from tests.tiers import one_in
from tests.transport.test_pagination import ROWS, client, ids

MORE = [
    {"meta": {"next_cursor": None, "has_more": True}},
    {"has_more": "true"},
    {"hasMore": 1},
    {"pagination": {"hasNextPage": True}},
    {"meta": {"nextCursor": "abc"}},
    {"next_cursor": 1.5},
    {"next_cursor": {"after": "x"}},
    {"meta": {"next_cursor": True}},
    {"count": 500, "next": "/x?offset=100"},
    {"next": "/x?offset=100"},
    {"count": 500},
    {"meta": {"totalCount": "500"}},
    {"meta": {"totalPages": 5, "hasMore": True}},
    {"meta": {"total_pages": 2}},
    {"page_count": 3},
    {"page": {"number": 0, "totalPages": 3, "totalElements": 300}},
    {"meta": {"pagination": {"total_pages": 2}}},
    {"meta": {"last_page": 1, "current_page": 1}, "links": {"next": "/api/erp/purchase-orders?page=2"}},
    {"links": {"next": {"href": "/x"}}},
    {"links": [{"rel": "self", "href": "/x"}, {"rel": "next", "href": "/y"}]},
    {"_links": {"next": {"href": "/y"}}},
    {"next_page_url": "https://x/y"},
    {"nextPageToken": "t"},
    {"@odata.nextLink": "https://x/y"},
    {"last": False},
    {"meta": {"last_page": [2]}},
    {"meta": {"last_page": "9" * 5000}},
    {"meta": {"total": 10**400}},
]


@pytest.mark.parametrize("more", one_in(3, MORE), ids=lambda m: json.dumps(m)[:60])
@pytest.mark.parametrize("n", one_in(2, [100, 7]))
def test_a_sign_of_more_that_is_not_understood_is_not_an_end(more, n):
    rows = [order(i) for i in range(n)]
    with FaultServer(rows) as server:
        server.edit_answer = lambda body, page: {"data": rows, **more}
        with pytest.raises(IncompleteDataError):
            client(server, per_page=100).fetch_purchases()


NO_MORE = [
    {"meta": {"next_cursor": None, "has_more": False}},
    {"hasMore": "false", "nextCursor": None, "next": None},
    {"count": 7, "next": None, "previous": None},
    {"meta": {"total_pages": 1, "count": 7, "pageCount": 1, "last_page": 1, "total": 7}},
    {"links": {"next": None, "last": "https://x/?page=1", "prev": None}, "meta": {"last_page": 1}},
    {"page": {"number": 0, "size": 20, "totalPages": 1, "totalElements": 7}, "last": True},
    {"links": [{"rel": "self", "href": "/x"}]},
    {"_links": {"next": {"href": None}}},
    {"meta": {"total": -1}},
    {"next": "", "nextPageToken": ""},
]


# In spellings that nobody wrote down: a name is understood by its words.
OTHER_WORDS = [
    {"nextRecordsUrl": "/x"}, {"meta": {"remaining": 13}}, {"items_left": "3"}, {"hasMoreResults": True}, {"LastEvaluatedKey": {"id": 7}},
    {"resumptionToken": "t"}, {"response_metadata": {"next_cursor": "x"}}, {"continue": {"from": "x"}}, {"incomplete_results": True},
    {"done": False}, {"is_last": 0}, {"meta": {"isLast": "False"}}, {"_metadata": {"complete": "no"}},
    {"total_entries": 500}, {"totalNumberOfRecords": 500}, {"metadata": {"totalDocs": 500}}, {"of": 500}, {"hits": {"total": {"value": 500}}},
    {"total": "1,500"}, {"total": "1.5e3"}, {"total": [500]}, {"result_info": {"total_pages": 2}}, {"meta": {"total_number_of_pages": "2"}},
    {"info": {"pages": 2}}, {"page": "1 of 2"}, {"current_page": "1/2"}, {"links": {"last": "/x?page=2", "next": None}},
    {"meta": {"links": [{"url": "/x?page=1", "label": "1"}, {"url": "/x?page=2", "label": "Next &raquo;"}]}},
    {"errors": [{"message": "timeout"}]}, {"error": {"code": "E"}}, {"success": False}, {"ok": "false"}, {"meta": {"status": "partial"}}, {"statusCode": 502},
]  # fmt: skip
OTHER_HEADERS = [
    ("X-WP-TotalPages", "2"), ("X-Total", "500"), ("X-Pagination-Total-Count", "500"), ("X-Pagination", '{"TotalCount":500}'),
    ("x-pagination", '{"HasNext":true}'), ("Content-Range", "items 0-6/500"), ("X-Has-Next", "true"), ("X-Continuation-Token", "t"),
    ("Link", '</x?page=2>; rel="last"'), ("Link", '</x>; rel="prev NEXT"'),
]  # fmt: skip
OTHER_NO = [
    {"nextSyncAt": "2026-01-01"}, {"rate_limit": {"remaining": 57}}, {"meta": {"rateLimitRemaining": 57, "max_page_size": 9}}, {"filters": {"total": 900}},
    {"success": True, "status": "success", "code": 0, "errors": [], "error": None}, {"done": True, "remaining": 0, "items_left": "0"},
    {"meta": {"from": 0, "last": 0, "timeout": 30, "timed_out": False}}, {"x" * 200: 1, "more" * 40: 1},
    {"meta": {"links": [{"url": None, "label": "Next &raquo;"}, {"label": "more", "url": "/x"}]}}, {"page": "1 of 1", "total": "many"},
]  # fmt: skip


@pytest.mark.parametrize("said", OTHER_WORDS, ids=lambda m: json.dumps(m)[:60])
def test_signs_are_understood_by_their_words(said):
    signs = signs_of({"data": [], **said})
    assert signs.more or signs.pages > 1 or signs.rows >= 500 or signs.faults


@pytest.mark.parametrize("header", OTHER_HEADERS, ids=lambda h: h[0])
def test_signs_in_headers_are_understood_by_their_words(header):
    signs = signs_in_headers(dict([header]))
    assert signs.more or signs.pages > 1 or signs.rows >= 500


def test_words_of_something_else_are_no_signs():
    for said in OTHER_NO:
        signs = signs_of({"data": [], **said})
        assert (signs.more, signs.rows, signs.faults) == ([], 0, []), said
        assert signs.pages <= 1
    other = {
        "X-RateLimit-Remaining": "57",
        "X-Request-Count": "900",
        "Content-Range": "bytes 0-9/500",
        "X-Cache-Hits": "3",
        "Age": "500",
    }
    assert signs_in_headers(other) == Signs()


@pytest.mark.parametrize("said", [{"totalDocs": 500}, {"errors": ["x"]}, {"links": {"last": "/x?page=2"}}], ids=str)
def test_a_list_whose_words_say_that_it_is_not_whole_is_an_error(said):
    with FaultServer(ROWS[:7]) as server:
        server.edit_answer = lambda body, page: {"data": ROWS[:7], **said}
        with pytest.raises(IncompleteDataError):
            client(server, per_page=100).fetch_purchases()


@pytest.mark.parametrize(
    "header",
    [("link", '</x?page=2>; rel="next"'), ("Link", "</a>; rel=prev, </b>; REL=next"), ("X-Total-Count", "500"), ("X-Next-Page", "2"), ("x-has-more", "true")],
)  # fmt: skip
@pytest.mark.parametrize("bare", [True, False])
def test_headers_that_say_more_are_no_end_from_the_cache_neither(header, bare):
    def fault(server, h, query):
        if h.path.split("?")[0].endswith("erp/purchase-orders"):
            server.send(h, ROWS[:7] if bare else {"data": ROWS[:7]}, 200, [header])
            return True
        return False

    with FaultServer(ROWS[:7]) as server:
        server.always = fault
        for _ in range(2):
            with pytest.raises(IncompleteDataError):
                client(server).fetch_purchases()


@pytest.mark.parametrize("header", [("Link", '</x>; rel="prev"'), ("X-Total-Count", "7"), ("X-Next-Page", "")])
def test_headers_that_say_no_are_an_end(header):
    with FaultServer(ROWS[:7]) as server:
        server.always = lambda s, h, q: (
            h.path.split("?")[0].endswith("erp/purchase-orders") and (s.send(h, ROWS[:7], 200, [header]) or True)
        )
        assert len(client(server).fetch_purchases().orders) == 7


@pytest.mark.parametrize("said", one_in(3, NO_MORE), ids=lambda m: json.dumps(m)[:60])
def test_signs_that_say_no_are_an_end(said):
    with FaultServer(ROWS[:7]) as server:
        server.edit_answer = lambda body, page: {"data": ROWS[:7], **said}
        assert len(client(server).fetch_purchases().orders) == 7


def test_signs_on_pages_before_the_last_are_no_contradiction():
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda body, page: {"data": body["data"], "hasMore": page < 7, "totalPages": 7, "count": 5}
        assert ids(client(server).fetch_purchases()) == [r["key"] for r in ROWS]
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda body, page: (
            body | {"has_more": page < 7, "next_page": page + 1 if page < 7 else None}
        )
        assert ids(client(server).fetch_purchases()) == [r["key"] for r in ROWS]


@pytest.mark.parametrize("contract", one_in(3, ["v3", "v1"]))
@pytest.mark.parametrize("workers", [1, 4])
def test_a_last_page_that_announces_more_is_an_error(contract, workers):
    with FaultServer(ROWS, contract) as server:
        server.edit_answer = lambda body, page: body | {"has_more": True}
        with pytest.raises(IncompleteDataError, match="announces more \\(has_more\\)"):
            client(server, max_workers=workers).fetch_purchases()


def test_a_link_on_the_last_page_contradicts_its_number():
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda body, page: body | {"links": {"next": "/api/erp/purchase-orders?page=8"}}
        with pytest.raises(IncompleteDataError, match="announces more"):
            client(server).fetch_purchases()


def test_a_full_page_that_comes_again_is_no_whole_list():
    with FaultServer(ROWS) as server:
        server.edit_answer = lambda body, page: {"data": ROWS[:5]}
        with pytest.raises(IncompleteDataError, match="page 2 is page 1 again"):
            client(server, per_page=5).fetch_purchases()


def test_a_walk_has_a_bound_on_its_pages():
    from makini_analytics.transport import RowList
    from makini_analytics.transport._pagination import paginate

    bounds = []
    for contract, edit in (
        ("v3", lambda body, page: body),
        ("v1", lambda body, page: body),
        ("v3", lambda body, page: {"data": body["data"]}),
    ):
        with FaultServer(ROWS, contract) as server:
            server.edit_answer = edit
            c = client(server)
            path = "/api/erp/purchase-orders" if contract == "v3" else "/api/v1/purchase-orders"
            with pytest.raises(IncompleteDataError, match=r"no more than 3 pages|3 pages and no end"):
                paginate(c._session, path, {"per_page": 5}, RowList, numbered=contract == "v3", max_pages=3)
            bounds.append(len(server.requests))
            assert len(paginate(c._session, path, {"per_page": 5}, RowList, numbered=contract == "v3").sink) == 35
    assert max(bounds) <= 4  # and the walk is not repeated


def test_numbers_beyond_every_list():
    assert whole_number("9" * 5000) == whole_number(float("inf")) == whole_number(10**400) == 10**15
    assert whole_number(float("nan")) is whole_number(-1) is whole_number("x") is whole_number(True) is None
    assert signs_of({"data": [], "count": "1" * 5000}).rows == 10**15


def test_the_names_of_an_answer_that_is_no_list_hold_no_token():
    from makini_analytics.errors import ApiError
    from makini_analytics.transport._credentials import Scrubber

    with pytest.raises(ApiError) as e:
        ListResponse.of({"x" * 30 + TOKEN: 1}, "c", "/p", Scrubber(TOKEN))
    assert TOKEN[:10] not in str(e.value)


# ---- orders one by one -------------------------------------------------------------------------------------------------


def serve_singly(server, answers):
    """Serve a list without lines, and each order as ``answers`` has it."""
    server.edit_answer = lambda body, page: (
        body | {"data": [{k: v for k, v in r.items() if k != "lineItems"} for r in body["data"]]}
    )

    def single(server, h, query):
        key = h.path.rsplit("/", 1)[-1]
        if key in answers:
            said = answers[key]
            server.send(h, *(said if isinstance(said, tuple) else (said,)))
            return True
        return False

    server.always = single


def without_lines(row):
    return {k: v for k, v in row.items() if k != "lineItems"}


@pytest.mark.parametrize(
    ("answer", "why"),
    one_in(
        5,
        [
            ({"data": order(99)}, "order '0099' came in its place"),
            ({"data": {"lineItems": []}}, "one without a key came"),
            ({"data": without_lines(ROWS[1])}, "without lines"),
            ({"data": ROWS[1] | {"lineItems": None}}, "without lines"),
            ({"data": ROWS[1] | {"lineItems": "none"}}, "without lines"),
            ({"data": []}, "no order came"),
            ([], "no order came"),
            ({"message": "sorry"}, "one without a key came"),
            ({"data": ROWS[1], "meta": {"has_more": True}}, "not whole \\(has_more\\)"),
            ({"data": ROWS[1], "total_pages": 2}, "not whole \\(2 pages\\)"),
            ({"data": ROWS[1], "errors": ["timeout"]}, "not whole \\(errors\\)"),
            (({}, 404), "refused \\(404\\)"),
            (({}, 403), "refused \\(403\\)"),
            (({}, 410), "refused \\(410\\)"),
        ],
    ),
)
def test_an_order_on_its_own_is_the_order_that_was_meant_or_told(answer, why):
    with FaultServer(ROWS[:3]) as server:
        serve_singly(server, {"0001": {"data": ROWS[0]}, "0002": answer, "0003": ROWS[2]})
        c = client(server)
        pages = [[without_lines(r) for r in ROWS[:2]], [ROWS[2]]]
        with pytest.raises(IncompleteDataError, match=why):
            c._endpoints.fetch_each_order(pages, True, lambda done, total: None)
        lacking = {}
        got = c._endpoints.fetch_each_order(pages, True, lambda done, total: None, lacking)
    assert got == [[ROWS[0], without_lines(ROWS[1])], [ROWS[2]]]
    assert list(lacking) == ["0002"]


def test_an_order_that_has_its_lines_is_not_asked_for_and_a_bare_answer_is_read():
    with FaultServer(ROWS[:3]) as server:
        serve_singly(server, {"0002": ROWS[1]})
        pages = [[ROWS[0], without_lines(ROWS[1]), ROWS[2]]]
        got = client(server)._endpoints.fetch_each_order(pages, True, lambda done, total: None)
        assert len(server.requests) == 1
    assert got == [ROWS[:3]]


def test_keys_that_no_address_can_hold():
    lacking = {}
    with FaultServer(ROWS[:1]) as server:
        server.always = lambda s, h, q: s.send(h, {"data": ROWS[0]}) or True
        pages = [[{"key": "\ud83d"}, {"key": ["x"]}, {"orderNo": "1"}, 7, {"key": True}]]
        got = client(server)._endpoints.fetch_each_order(pages, True, lambda done, total: None, lacking)
    assert got == pages
    assert set(lacking) == {"\ud83d", *(f"(without a key, {n})" for n in (2, 3, 4, 5))}


# ---- refusals ------------------------------------------------------------------------------------------------------------


def test_a_passing_404_of_the_orders_is_forgotten(tmp_path):
    from makini_analytics import ApiError
    from tests.faults.server import status

    with FaultServer(ROWS) as server:
        server.faults.extend([status(404), status(404)])
        with pytest.raises(ApiError):
            client(server, cache_dir=tmp_path).fetch_purchases()
        assert len(client(server, cache_dir=tmp_path).fetch_purchases().orders) == 35


def test_that_a_connection_answers_under_another_contract_is_kept(tmp_path):
    with FaultServer(ROWS, "v1") as server:
        client(server, cache_dir=tmp_path).fetch_purchases()
        n = len(server.requests)
        client(server, cache_dir=tmp_path).fetch_purchases()
        assert server.requests[n:] == []
