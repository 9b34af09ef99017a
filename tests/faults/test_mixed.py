"""Random walks through random faults: every row exactly once, or an error; never a part, never another connection's row."""

from __future__ import annotations

import random

import pytest

from makini_analytics import Client, MakiniError
from tests.faults.server import (
    TOKEN,
    FaultServer,
    cut,
    cut_json,
    html,
    moved,
    order,
    rate_limit,
    reset,
    says_more,
    status,
    trickle_body,
    trickle_headers,
)

PASSING = [status(500), status(502), status(503), status(504), rate_limit(), cut, cut_json, reset]
RARER = [moved, moved, says_more, trickle_body, trickle_headers]
OTHER = "tok-of-another-connection"


def one_walk(seed, folder):
    r = random.Random(seed)
    n = r.choice([0, 1, 7, 23, 60])
    rows = [order(i) for i in range(n)]
    contract = r.choice(["v3", "v4", "v1"])
    with FaultServer(rows, contract) as server:
        server.orders[OTHER] = [order(i) for i in range(5000, 5000 + n)]
        for _ in range(r.randint(0, 6)):
            server.faults.append(r.choice([*PASSING, None, None, None, html if r.random() < 0.1 else None]))
        if r.random() < 0.5:
            server.faults.insert(r.randint(0, len(server.faults)), r.choice(RARER))
        if r.random() < 0.3:  # a row comes in while paging, once or for ever
            once = r.random() < 0.7
            known = {"n": 0}

            def move(page):
                if not (once and known["n"]):
                    known["n"] += 1
                    server.orders[TOKEN].insert(0, order(8000 + known["n"]))

            server.after_page = move
        token, other = (TOKEN, OTHER) if r.random() < 0.8 else (OTHER, TOKEN)
        options = {
            "base_url": server.url,
            "cache_dir": folder / str(seed),  # a later server may get the same port: another Makini, the same URL
            "per_page": r.choice([3, 5, 10]),
            "backoff": 0.001,
            "timeout": 0.5,
            "progress": False,
            "max_workers": r.choice([1, 4]),
        }
        outcome = "error"
        for _ in range(3):
            try:
                got = Client(token, **options).fetch_purchases()
            except MakiniError:
                continue
            outcome = "rows"
            ids = got.orders.order_id.tolist()
            want = {row["key"] for row in server.orders[token]}
            assert len(ids) == len(set(ids))
            moved = {i for i in want if i.startswith("8")}
            assert want - moved <= set(ids) <= want  # a row that came in after the walk need not be there
            assert not set(ids) & {row["key"] for row in server.orders[other]}
            break
    return outcome


@pytest.mark.full
def test_five_walks(tmp_path):
    outcomes = [one_walk(seed, tmp_path) for seed in range(5)]
    assert outcomes.count("rows") > 2  # most faults pass


@pytest.mark.full
def test_two_hundred_walks(tmp_path):
    outcomes = [one_walk(seed, tmp_path) for seed in range(200)]
    assert outcomes.count("rows") > 150  # most faults pass


@pytest.mark.full
def test_two_thousand_walks(tmp_path):
    outcomes = [one_walk(seed, tmp_path) for seed in range(1_000, 3_000)]
    assert outcomes.count("rows") > 1_500
