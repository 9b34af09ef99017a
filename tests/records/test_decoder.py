"""Pages decoded into classes hold what the same pages hold as ordinary JSON, whatever is in them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pandas as pd
import pytest

from makini_analytics import Client
from makini_analytics.records import Record, RecordDecoder, by_key, decode
from makini_analytics.records import _decoder as records
from makini_analytics.records._decoder import MOST_MISSES
from makini_analytics.tidy import LINE_CONTAINERS, tidy_orders
from tests.faults.server import TOKEN, FaultServer, order
from tests.tiers import one_in

SOUND_KEYS = ["", "get", "slots", "__class__", "a.b", "at0", "Größe", "x" * 300, "extra", "dueAt", "status", "lines"]
ODD_KEYS = [*SOUND_KEYS, 'with "quotes"', "back\\slash", "key\ud800"]
SOUND = [None, "", 0, 1.5, -0.0, True, 10**25, "Ü", [], {}, {"a": None}, [{"a": 1}], "12.50"]
ODD = [*SOUND, "a\ud800", float("nan")]


def order_of(draw, i, keys, values):
    """Return an order with what a source may add or leave out."""
    line = {"key": f"l{i}", "lineNo": "10", "quantity": draw.choice([1, 2.5, "3"]), "price": "1.50", "code": None}
    made = {
        "key": f"o{i}",
        "orderNo": f"PO-{i}",
        "vendorKey": f"v{i % 3}",
        "lineItems": [dict(line) for _ in range(i % 4)],
    }
    for record in (made, *made["lineItems"]):
        while draw.random() < 0.2:
            record[draw.choice(keys)] = draw.choice(values)
        while draw.random() < 0.1 and len(record) > 1:
            del record[draw.choice(list(record))]
    if draw.random() < 0.01:
        made["lineItems"] = draw.choice([None, "none", {}, [None], [[]], ["text"], 7])
    return made


def pages_of(seed):
    draw = random.Random(seed)
    keys, values = (ODD_KEYS, ODD) if seed % 4 == 0 else (draw.sample(SOUND_KEYS, 3), SOUND)
    pages = [[order_of(draw, 10 * n + i, keys, values) for i in range(10)] for n in range(12)]
    for page in pages:
        if draw.random() < 0.1:
            page[draw.randrange(10)] = draw.choice([None, "text", [], 5])
    return [json.dumps({"data": p, "meta": {"total": 120}}).encode() for p in pages]


def same(one, other):
    for name in ("orders", "lines", "issues"):
        a, b = getattr(one, name), getattr(other, name)
        assert set(a.columns) == set(b.columns)  # a field that is an object only later may stand elsewhere
        pd.testing.assert_frame_equal(a[b.columns], b)


@pytest.mark.parametrize("seed", one_in(3, range(12)))
def test_whatever_the_pages_hold_the_frames_are_the_same(seed):
    check_same(seed)


@pytest.mark.full
def test_whatever_five_thousand_pages_hold_the_frames_are_the_same():
    for seed in range(12, 430):
        check_same(seed)


def check_same(seed):
    pages, decoder = pages_of(seed), RecordDecoder(LINE_CONTAINERS)
    options = {"connection": "x", "delivery_date": "planned"}
    decoded = [decoder(p)["data"] for p in pages]
    same(
        tidy_orders(decoded, **options),
        tidy_orders([json.loads(p)["data"] for p in pages], **options),
    )


def test_such_pages_are_parsed_both_ways():
    n = {Record: 0, dict: 0}
    for seed in range(40):
        decoder = RecordDecoder(LINE_CONTAINERS)
        for page in pages_of(seed):
            n[Record if any(isinstance(r, Record) for r in decoder(page)["data"]) else dict] += 1
    assert min(n.values()) > 100, n


def clean(n, **more):
    rows = [{"key": f"o{i}", "a": i, "lineItems": [{"key": f"l{i}", "b": "x"}], **more} for i in range(n)]
    return json.dumps({"data": rows, "meta": {"total": n}}).encode()


def test_a_page_of_known_keys_makes_no_dicts_of_its_records():
    decoder = RecordDecoder(LINE_CONTAINERS)
    first, second = decoder(clean(3)), decoder(clean(3))
    assert type(first["data"][0]) is dict
    row = second["data"][0]
    assert isinstance(row, Record) and isinstance(row["lineItems"][0], Record) and isinstance(row, Mapping)
    assert second == first and first["data"] == second["data"] and (second["data"][0] != first["data"][0]) is False
    assert repr(row) == "Row({'key': 'o0', 'a': 0, 'lineItems': [Line({'key': 'l0', 'b': 'x'})]})"
    assert (dict(row), row.get("none", 5), "a" in row, len(row)) == (first["data"][0], 5, True, 3)
    assert by_key(second["data"]) == by_key(first["data"])
    with pytest.raises(KeyError):
        row["none"]


def test_a_new_key_costs_one_page_and_is_known_from_then_on():
    decoder = RecordDecoder(LINE_CONTAINERS)
    decoder(clean(2))
    assert type(decoder(clean(2, c=1))["data"][0]) is dict
    new = decoder(clean(2, c=1))
    assert isinstance(new["data"][0], Record)
    without = decoder(clean(2))["data"][0]
    assert isinstance(without, Record) and without["c"] is None and without.get("c", 7) == 7
    assert without == {"key": "o0", "a": 0, "lineItems": [{"key": "l0", "b": "x"}]}


def test_records_that_have_little_in_common_stay_as_they_are():
    decoder = RecordDecoder()
    page = json.dumps({"data": [{f"k{i}": 1, f"m{i}": 2} for i in range(10)]}).encode()
    assert [type(decoder(page)["data"][0]) for _ in range(3)] == [dict] * 3
    decoder = RecordDecoder(LINE_CONTAINERS)
    for page in (clean(2, **dict.fromkeys("abcdefgh", 1)), json.dumps({"data": [{"key": "o", "new": 1}]}).encode()):
        assert type(decoder(page)["data"][0]) is dict
    assert isinstance(decoder(clean(2))["data"][0], Record)  # one that is otherwise changes nothing for the others
    decoder = RecordDecoder()
    for i in range(MOST_MISSES + 1):
        assert type(decoder(clean(2, **{f"new{i}": 1}))["data"][0]) is dict
    assert type(decoder(clean(2))["data"][0]) is dict  # no longer worth a try


def test_rare_keys_are_learned_as_long_as_most_pages_are_known():
    decoder = RecordDecoder(LINE_CONTAINERS)
    keys = dict.fromkeys((f"k{i}" for i in range(60)), 1)
    for i in range(3 * MOST_MISSES):
        assert type(decoder(clean(2, **keys, **{f"rare{i}": 1}))["data"][0]) is dict
        for _ in range(2):
            assert isinstance(decoder(clean(2, **keys))["data"][0], Record)


def test_any_key_is_read_and_those_that_can_be_no_field_as_any_json():
    for key in ODD_KEYS:
        decoder = RecordDecoder(LINE_CONTAINERS)
        decoder(clean(2, **{key: "v"}))
        row = decoder(clean(2, **{key: "v"}))["data"][0]
        assert row[key] == "v"
        assert isinstance(row, Record) is (key in SOUND_KEYS and key != "lines")


def test_what_is_no_page_of_records_is_parsed_as_any_json():
    decoder = RecordDecoder(LINE_CONTAINERS)
    decoder(clean(2))
    for text in (
        b"{}",
        b"[]",
        b"null",
        b'{"data": null}',
        b'{"data": [1]}',
        b'{"message": "no"}',
        b'{"data": {"key": 1}}',
    ):
        assert decoder(text) == json.loads(text)
    for text in (b'{"data": [', b'"\xff"', b""):
        with pytest.raises(ValueError):
            decoder(text)


def test_a_page_says_nothing_of_keys_that_others_have():
    decoder = RecordDecoder()
    decoder(b'{"data": [{"key": 1}], "next_cursor": "a"}')
    decoder(b'{"data": [{"key": 2}], "meta": {"next_cursor": "b"}}')
    assert decoder(b'{"data": [{"key": 3}], "meta": {"next_cursor": "c"}}').keys() == {"data", "meta"}


@pytest.mark.full
def test_columns_stand_in_the_order_of_the_pages_whichever_was_parsed_first():
    pages = [clean(2), clean(2, alpha=1), clean(2, beta=None), clean(2, beta=2)]
    options = {"connection": "x", "delivery_date": "planned"}
    wanted = ["custom.a", "custom.alpha", "custom.beta"]
    for order_of_parsing in permutations(range(4)):
        decoder = RecordDecoder(LINE_CONTAINERS)
        decoded = {i: decoder(pages[i])["data"] for i in order_of_parsing}
        orders = tidy_orders([decoded[i] for i in range(4)], **options).orders
        assert [c for c in orders if c.startswith("custom.")] == wanted, order_of_parsing


def test_many_threads_learn_one_shape():
    decoder = RecordDecoder(LINE_CONTAINERS)
    pages = [clean(50, **{f"k{i % 7}": i}) for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(decoder, pages))
    for page, text in zip(got, pages, strict=True):
        assert page == json.loads(text)
    assert sum(isinstance(page["data"][0], Record) for page in got) > 100


def test_a_list_that_comes_again_is_known_in_other_keys():
    rows = [order(i) for i in range(1, 11)]
    rows[7]["onlyLater"] = 1
    with FaultServer(rows) as server:
        server.edit_answer = lambda body, page: {"data": body["data"]}  # no sign of paging
        data = Client(TOKEN, base_url=server.url, per_page=5, progress=False).fetch_purchases()
    assert data.orders.order_id.tolist() == [r["key"] for r in rows]
    assert data.orders["custom.onlyLater"].notna().sum() == 1


def test_numbers_are_told_to_the_last_digit():
    assert decode(b"[123456789012345678901234567890, 1e400, 0.1]") == [
        123456789012345678901234567890,
        float("inf"),
        0.1,
    ]
    assert records.decode(b'["\\ud800"]') == ["\ud800"]
