"""A fetch into a folder, part by part, is the fetch into memory cell by cell: with receipts and returns, over real sockets."""

from __future__ import annotations

import random
import re
import warnings
from dataclasses import replace

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.purchases import _spool
from makini_analytics.tidy import NO_ORDER, _issues
from tests.faults.server import order
from tests.fetch.test_update_random import Connection, rows_of, unplaced
from tests.purchases.in_parts import fetched_in_parts, loaded
from tests.tiers import one_in

pytest.importorskip("pyarrow", reason="pyarrow, the extra 'fast', is not installed")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Parts of few lines, and few rows that are a habit, so that there are both."""
    monkeypatch.setattr(_spool, "PART_LINES", 12)
    monkeypatch.setattr(_issues, "MANY_ROWS", 8)


def sentences(notes):
    """Return the notes of a fetch, without the time that a list may take."""
    return re.split(r"(?<=[.:]) ", notes)


def same(parts, whole):
    for table in ("orders", "lines", "issues"):
        left, right = (rows_of(unplaced(getattr(data, table)), table) for data in (parts, whole))
        # a field that is of several types is text in both, and a number that is whole in a part reads otherwise as one
        left, right = (f.drop(columns="custom.plant", errors="ignore") for f in (left, right))
        if table == "issues":
            once = [f["reason"].str.contains(r" \([\d,]+ rows\)").fillna(False) for f in (left, right)]
            # the first of many rows is another one where parts are looked at one after the other
            left, right = (f.assign(value=f["value"].mask(o)) for f, o in zip((left, right), once, strict=True))
            left, right = (rows_of(f, table) for f in (left, right))
        pd.testing.assert_frame_equal(left, right, check_freq=False, obj=table)
    assert parts.as_of == whole.as_of
    a, b = (data.sources.iloc[0].drop(["fetched_at", "notes", "from_cache"]) for data in (parts, whole))
    pd.testing.assert_series_equal(a, b)
    assert sentences(parts.sources.notes.item()) == sentences(whole.sources.notes.item())


def receipt(draw, it, i):
    """Return a receipt as some system writes it: of a line by its key, number or material, of an order, of nothing that is known."""
    of = draw.choice(it.tables["purchase-orders"])
    line = draw.choice(of["lineItems"] or [{"key": "nowhere", "lineNo": "1", "materialKey": "M1", "quantity": 2}])
    names = draw.choice(
        [
            {"poLineKey": line["key"]},
            {"key": line["key"]},
            {"poLineNo": f"000{line['lineNo']}"},
            {"materialKey": line["materialKey"]},
            {},
        ]
    )
    row = {"key": f"RL{i}"} | names
    row["quantity"] = draw.choice([line["quantity"], line["quantity"], 1, 90, -1, None, "some", "1.234,5", "1.500"])
    row["receivedAt"] = draw.choice(
        ["2026-02-03", f"2026-03-{i % 28 + 1:02d}", None, "soon", "", line.get("deliveryAt")]
    )
    out = {"key": f"R{i}", "poKey": of["key"], "receivedAt": None, "lineItems": [row]}
    odd = draw.random()
    if odd < 0.1:
        out["poKey"] = draw.choice(["unknown", None])
    elif odd < 0.2:
        out["deletedAt"] = "2026-02-02T00:00:00Z"
    elif odd < 0.25:
        row["poKey"], out["poKey"] = out["poKey"], None
    elif odd < 0.28:
        out["lineItems"] = [row, "no object"]
    return out


def returned(draw, it, i):
    of = draw.choice(it.tables["purchase-orders"])
    line = draw.choice(of["lineItems"] or [it.line()])
    again = draw.random() < 0.3
    row = (line if again else it.line()) | {
        "key": draw.choice([f"BL{i}", None]),
        "reason": draw.choice(["broken", None]),
    }
    return {"key": f"B{i}", "poKey": draw.choice([of["key"]] * 4 + ["unknown"]), "lineItems": [row]}


def connection(seed):
    """Return a connection with receipts and returns of every kind, and how it is fetched."""
    draw = random.Random(seed)
    it = Connection(seed, odd=draw.random() < 0.7, n=draw.choice([5, 60, 60]), contract=draw.choice(["v3", "v4", "v1"]))
    for table, make, n in (
        ("receipts", receipt, draw.choice([0, 3, 80, 80, 80])),
        ("return-orders", returned, draw.choice([0, 12, 12])),
    ):
        it.tables[table] = [make(draw, it, i) for i in range(n)]
        if draw.random() < 0.1:
            del it.tables[table]
    if draw.random() < 0.2:
        for row in it.tables.get("receipts", ()):  # of a system that has no quantities
            row["lineItems"][0]["quantity"] = None
    if draw.random() < 0.3:
        for row in it.tables["purchase-orders"]:
            row["statusKey"] = "S9" if draw.random() < 0.8 else "S1"
    if draw.random() < 0.3:
        for row in draw.sample(it.tables["purchase-orders"], 3):
            row |= {"key": None, "orderNo": draw.choice([f"PO-x{row['key']}", None])}
    if draw.random() < 0.3:  # names that a list lacks
        del it.tables["vendors"][: draw.randrange(1, 4)]
    if draw.random() < 0.3:  # midnights and moments of another zone
        times = draw.choice([["00:00:00"], ["00:00:00", "00:00:00", "09:30:00"]])
        for row in it.tables["purchase-orders"]:
            for line in row["lineItems"] or ():
                if isinstance(line.get("dueAt"), str) and len(line["dueAt"]) == 10 and draw.random() < 0.5:
                    line["dueAt"] += f"T{draw.choice(times)}{draw.choice(['Z', '+01:00'])}"
    options = {
        "progress": False,
        "per_page": draw.choice([3, 7, 50]),
        "delivery_date": draw.choice(["actual", "planned", "auto", "auto"]),
    }
    span = draw.choice(
        [
            {},
            {},
            {},
            {},
            {"since": "2026-01-20"},
            {"until": "2026-02-10"},
            {"since": "2027-01-01"},
            {"modified_since": "2026-02-10"},
        ]
    )
    return it, options, span


def check(seed, folder):
    it, options, span = connection(seed)
    with it.server as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", ma.MakiniWarning)
        whole = server.client(**options).fetch_purchases(**span)
        parts = loaded(fetched_in_parts(server.client(**options), folder, **span))
    n = len(list((folder / "purchases" / "lines").iterdir()))
    try:
        same(parts, whole)
    except AssertionError as e:
        raise AssertionError(f"seed {seed}, {n} parts, {options}, {span}\n{e}") from None
    return n, whole


@pytest.mark.parametrize("seeds", [(10, 21), pytest.param((3, 10, 21), marks=pytest.mark.full)])
def test_a_folder_is_what_memory_is(seeds, tmp_path):
    found = [check(seed, tmp_path / str(seed)) for seed in seeds]
    assert max(n for n, _ in found) > 3
    assert sum(whole.lines["n_receipts"].sum() for _, whole in found) > 20
    assert sum(whole.lines["is_return"].sum() for _, whole in found) > 2
    told = {r for _, whole in found for r in whole.issues["reason"]}
    assert {"a receipt of no order line that is known; not counted", NO_ORDER} <= told
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(map(str, seeds))  # and nothing beside


@pytest.mark.full
def test_a_list_that_moved_while_it_was_read_is_read_once_more(tmp_path):
    rows = [order(i, lineItems=[{"key": f"{i}-{n}", "quantity": 2, "price": i} for n in range(4)]) for i in range(30)]
    receipts = [
        {"key": f"R{i}", "poKey": f"{i:04d}", "lineItems": [{"key": f"{i}-1", "quantity": 2}]} for i in range(30)
    ]
    for row in receipts:
        row["receivedAt"] = "2025-12-01"
    with ma.sandbox({"purchase-orders": rows, "receipts": receipts[::-1]}) as server:
        client = server.client(per_page=5, max_workers=1, progress=False, delivery_date="actual")
        server.misbehave("shift", page=4)
        parts = loaded(fetched_in_parts(client, tmp_path / "x"))
        whole = client.fetch_purchases(refresh=True)
    assert "Reading the list was repeated" in parts.sources.notes.item()
    assert parts.lines.n_receipts.sum() == 30
    same(parts, replace(whole, sources=parts.sources))  # what was read twice is in the notes of one alone


def lines_of(i, **more):
    return [{"key": f"{i}-{n}", "lineNo": str(n), "quantity": 2, "price": 3} | more for n in range(4)]


def fetched_twice(tables, folder):
    with ma.sandbox(tables) as server:
        client = server.client(per_page=5, progress=False, delivery_date="actual")
        return loaded(fetched_in_parts(client, folder)), client.fetch_purchases()


@pytest.mark.full
def test_a_receipt_of_orders_with_one_number_finds_its_line_in_whatever_part_that_is(tmp_path):
    rows = [order(i, lineItems=lines_of(i)) for i in range(30)]
    for i in (2, 25):
        rows[i] |= {"key": None, "orderNo": "PO-twice"}
    of = [{"poLineKey": "2-1"}, {"poLineKey": "25-1"}, {"poLineNo": "3"}, {"poLineKey": "nowhere"}]
    receipts = [
        {
            "key": f"R{i}",
            "poKey": "PO-twice",
            "receivedAt": "2026-01-05",
            "lineItems": [{"key": f"R{i}-1", "quantity": 1} | x],
        }
        for i, x in enumerate(of)
    ]
    parts, whole = fetched_twice({"purchase-orders": rows, "receipts": receipts}, tmp_path / "x")
    same(parts, whole)
    # line 3 is one of each order, so that receipt is of neither
    assert parts.lines.loc[parts.lines["n_receipts"] > 0, "line_id"].tolist() == ["2-1", "25-1"]


@pytest.mark.full
def test_a_currency_that_is_not_in_iso_4217_is_told_once_of_all_parts(tmp_path):
    rows = [order(i, currency=("EUR", "XYZ", "QQQ")[i % 3], lineItems=lines_of(i)) for i in range(30)]
    parts, whole = fetched_twice({"purchase-orders": rows}, tmp_path / "x")
    same(parts, whole)
    assert sorted(parts.issues.reason.str.extract(r"\((.*)\)")[0]) == ["40 lines, 240.00 QQQ", "40 lines, 240.00 XYZ"]


@pytest.mark.parametrize(("late", "read"), one_in(2, [("1.5", False), ("2", True)]))
def test_a_column_of_points_and_commas_is_in_doubt_in_every_part(late, read, tmp_path):
    rows = [order(i, lineItems=lines_of(i, price="1.500", quantity="2.50")) for i in range(30)]
    rows[29]["lineItems"][0]["price"] = late
    rows[3]["lineItems"][0] |= {"price": "1,5"} if not read else {"price": "1.25", "quantity": "1,5"}
    parts, whole = fetched_twice({"purchase-orders": rows}, tmp_path / "x")
    same(parts, whole)
    prices = parts.lines["unit_price"]
    assert (prices == 1.5).sum() == (118 if read else 2)
    assert prices.isna().sum() == (0 if read else 118)


@pytest.mark.full
@pytest.mark.parametrize("first", range(100, 400, 20))
def test_hundreds_of_folders_are_what_memory_is(first, tmp_path):
    for seed in range(first, first + 20):
        check(seed, tmp_path / str(seed))
