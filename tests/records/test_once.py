"""A list or an object that stands twice under one key: a decoder would keep the last one, and with it half of the rows."""

from __future__ import annotations

import json

import pytest

from makini_analytics import ApiError
from makini_analytics.records import KeyTwice, RecordDecoder, decode
from tests.faults.server import FaultServer, order
from tests.tiers import one_in
from tests.transport.test_pagination import ROWS, client

PAGE = json.dumps({"data": [order(1), order(2)], "meta": {"last_page": 1}}).encode()
TWICE = [
    (b'"data": [', b'"data": [], "data": ['),
    (b'"meta": {', b'"meta": {"last_page": 9}, "meta": {'),
    (b'"lineItems": [', b'"lineItems": [], "lineItems": ['),
    (b'"lineItems": [', b'"lineItems": [{"key": "x"}], "lineItems": ['),
]


@pytest.mark.parametrize(("text", "twice"), TWICE)
def test_a_list_that_stands_twice_is_an_error(text, twice):
    page = PAGE.replace(text, twice, 1)
    learned = RecordDecoder(["lineItems", "lines"])
    learned(PAGE)
    for decoder in (learned, RecordDecoder(["lineItems", "lines"])):
        with pytest.raises(KeyTwice):
            decoder(page)
    if b"lineItems" not in text:
        with pytest.raises(KeyTwice):
            decode(page)
    with pytest.raises(KeyTwice):
        decode(b'{"data": {"key": "1", "lineItems": [{}], "lineItems": []}}')


@pytest.mark.parametrize(
    "rows",
    [
        [order(1, data={"x": [1]}, meta=[{"y": 1}]), order(2)],
        [order(1, lines=None), order(2, lineItems=None), order(3, lines=[])],
        [order(1, note='"lineItems": []', lineItems=[{"key": "1", "lineItems": [{"key": "2"}], "lines": None}])],
        [order(1), 7, None, "lineItems"],
    ],
)
def test_keys_that_come_often_in_other_objects_are_no_fault(rows):
    page = json.dumps({"data": rows}).encode()
    decoder = RecordDecoder(["lineItems", "lines"])
    for _ in range(2):
        assert [r if not hasattr(r, "items") else r["key"] for r in decoder(page)["data"]] == [
            r["key"] if isinstance(r, dict) else r for r in rows
        ]
    assert decode(page) == {"data": rows}
    assert decode(b'{"a": 1, "a": 2}') == {"a": 2}


def test_it_is_told_and_not_asked_for_again():
    def fault(server, h, query):
        if h.path.split("?")[0].endswith("erp/purchase-orders"):
            body = json.dumps({"data": ROWS[:2]}).encode().replace(b'"data"', b'"data": [], "data"')
            h.send_response(200)
            h.send_header("Content-Length", str(len(body)))
            h.end_headers()
            h.wfile.write(body)
            return True
        return False

    with FaultServer(ROWS) as server:
        server.always = fault
        with pytest.raises(ApiError, match="an object has the key 'data' twice") as e:
            client(server).fetch_purchases()
        assert len(server.requests) == 1
    assert not e.value.retryable


@pytest.mark.parametrize(
    ("said", "twice"),
    one_in(
        3,
        [
            (b'"quantity": 1, "quantity": 2', ["quantity"]),
            (b'"currency": "EUR", "quantity": 1, "currency": null', ["currency"]),
            (b'"quantity": 1.0, "quantity": 1.0, "note": "\\"a\\": 1, \\"a\\": 2"', []),
        ],
    ),
)
def test_values_that_stand_twice_are_told(said, twice):
    def fault(server, h, query):
        if not h.path.split("?")[0].endswith("erp/purchase-orders"):
            return False
        body = json.dumps({"data": ROWS[:2]}).encode().replace(b'"quantity": 1', said)
        h.send_response(200)
        h.send_header("Content-Length", str(len(body)))
        h.end_headers()
        h.wfile.write(body)
        return True

    with FaultServer(ROWS) as server:
        server.always = fault
        notes = client(server).fetch_purchases().sources.notes.item()
    assert [key for key in ("quantity", "currency", "a") if f"several values under one key ('{key}')" in notes] == twice
    assert ("several values" in notes) == bool(twice)
