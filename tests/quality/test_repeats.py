"""What is there twice inside a connection, against plain loops; and vendors that are told apart by a number."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from makini_analytics import Purchases, concat, explain, quality
from tests.tiers import one_in

COLUMNS = {"po": "order_number", "ln": "line_number", "v": "vendor_name", "p": "product_code", "d": "order_date", "q": "quantity",
           "amt": "amount", "st": "status", "site": "site_id", "due": "required_date", "sworn": "promised_date", "came": "delivered_date"}  # fmt: skip


def purchases(*rows: dict) -> Purchases:
    base = {"v": "Acme", "p": "P1", "d": "2025-01-31", "q": 2.0, "amt": 10.0, "st": "Open", "site": "s", "ln": None}
    table = pd.DataFrame([base | row for row in rows]).reindex(columns=[*COLUMNS])
    columns = {k: v for k, v in COLUMNS.items() if table[k].notna().any()}
    return Purchases.from_table(table, columns=columns, currency="EUR", as_of="2025-12-31")


def repeats(data: Purchases) -> pd.DataFrame:
    got = quality.duplicates(data)
    return got[got.kind.str.startswith("repeated")]


def test_the_same_line_again_with_what_it_counts_for():
    got = repeats(
        purchases(*[{"po": "1", "ln": "10"}] * 3, {"po": "1", "ln": "20"}, {"po": "2", "ln": "10", "v": "Other"})
    )
    assert got[["kind", "name", "other_name", "score", "value", "currency"]].to_numpy().tolist() == [
        ["repeated line", "1 / 10", "1 / 10", 100.0, 20.0, "EUR"]
    ]
    assert got.evidence.item().startswith("3 times: the same order, line number, quantity and amount")


def test_another_amount_quantity_or_state_is_another_line():
    for other in ({"amt": 11.0}, {"q": 3.0}, {"st": "Cancelled"}):
        assert repeats(purchases({"po": "1", "ln": "10"}, {"po": "1", "ln": "10"} | other)).empty


def test_without_a_line_number_all_else_must_be_the_same():
    got = repeats(purchases({"po": "1"}, {"po": "1"}, {"po": "1", "amt": 12.0}))
    assert got[["kind", "score", "value"]].to_numpy().tolist() == [["repeated line", 75.0, 10.0]]
    assert repeats(purchases({"po": "1"}, {"po": "1", "site": "t"})).empty


def test_the_same_purchase_under_two_numbers():
    got = repeats(purchases({"po": "1", "ln": "1"}, {"po": "2", "ln": "1"}, {"po": "2", "ln": "2", "p": "P2"}))
    assert got[["kind", "name", "other_name", "score", "value"]].to_numpy().tolist() == [
        ["repeated order", "1", "2", 50.0, 10.0]
    ]
    assert got.evidence.item() == "1 line of the same vendor, item, day and amount"
    for other in ({"v": "Other"}, {"p": "P2"}, {"d": "2025-02-01"}, {"amt": 11.0}, {"st": "Cancelled"}):
        assert repeats(purchases({"po": "1"}, {"po": "2"} | other)).empty
    elsewhere = repeats(purchases({"po": "1"}, {"po": "2", "site": "t"}))
    assert elsewhere.score.item() == 75.0 and elsewhere.evidence.item().endswith("not the same site")


def pairs_of(*rows: dict) -> list[list]:
    got = repeats(purchases(*rows))
    told = got.evidence.str.partition("; ")[2]
    return got.assign(told=told)[["name", "other_name", "score", "told"]].to_numpy().tolist()


FIRST, SECOND, THIRD = ({"due": f"2025-0{i}-28", "sworn": f"2025-0{i}-28", "came": f"2025-0{i}-28"} for i in (2, 3, 4))


@pytest.mark.parametrize(
    ("one", "other", "score", "told"),
    one_in(
        3,
        [
            (FIRST, SECOND, 50, "not the same due date, delivered date"),
            ({"due": "2025-02-28"}, {"due": "2025-03-01"}, 50, "not the same due date"),
            ({"sworn": "2025-02-28"}, {"sworn": "2025-03-01"}, 50, "not the same due date"),
            ({"came": "2025-02-28"}, {"came": "2025-03-01"}, 50, "not the same delivered date"),
            # a vendor may confirm on two days what was asked for on one
            (FIRST, FIRST | {"sworn": "2025-04-28"}, 100, ""),
            (FIRST, {}, 100, ""),  # what was entered again is often never delivered
            ({"site": "s"}, {"site": None}, 100, ""),
            (FIRST, SECOND | {"site": "t", "q": 3.0}, 0, "not the same site, quantity, due date, delivered date"),
        ],
    ),
)
def test_another_day_speaks_against_a_second_entry(one, other, score, told):
    assert pairs_of({"po": "1"} | one, {"po": "2"} | other) == [["1", "2", score, told]]


def test_of_call_offs_the_one_that_was_entered_twice_is_told_beside_itself():
    again = {"po": "4"} | SECOND | {"came": None}
    got = pairs_of({"po": "1"} | FIRST, {"po": "2"} | SECOND, {"po": "3"} | THIRD, again)
    apart = "not the same due date, delivered date"
    assert got == [["2", "4", 100, ""], ["1", "2", 50, apart], ["1", "3", 50, apart]]


def test_an_order_of_which_one_line_is_due_on_another_day_is_there_again_but_for_half_a_line():
    lines = [{"ln": str(i), "p": f"P{i}", **FIRST} for i in range(5)]
    other = [*lines[:4], lines[4] | SECOND]
    got = pairs_of(*({"po": "1"} | line for line in lines), *({"po": "2"} | line for line in other))
    assert got == [["1", "2", 90, "not the same due date, delivered date"]]


def test_instalments_of_a_line_are_no_second_entry_and_a_join_with_receipts_is():
    line = {"po": "1", "ln": "10"}
    due = [{"due": day["due"]} for day in (FIRST, SECOND, THIRD)]
    got = repeats(purchases(*(line | day for day in due)))
    assert got[["score", "value"]].to_numpy().tolist() == [[50.0, 20.0]]
    assert got.evidence.item().endswith("not the same due date")
    twice = repeats(purchases(*(line | day for day in (*due, due[2]))))
    assert twice[["score", "value"]].to_numpy().tolist() == [[100.0, 10.0], [50.0, 10.0]]
    joined = repeats(purchases(*(line | due[0] | {"came": day["came"]} for day in (FIRST, SECOND))))
    assert joined.score.tolist() == repeats(purchases(line, line | due[0])).score.tolist() == [100.0]


@pytest.mark.parametrize("scale", one_in(3, [1e-5, 1.0, 1e8]))
def test_amounts_are_told_apart_at_any_scale(scale):
    amounts = [10.0, 10.01, 1234.56, 1234.57]
    assert repeats(purchases(*({"po": str(i), "amt": a * scale} for i, a in enumerate(amounts)))).empty
    assert repeats(purchases(*({"po": "1", "ln": "1", "q": a * scale} for a in amounts))).empty
    computed = sum([0.1 * scale] * 3), 0.3 * scale  # not the same number, and the same amount
    assert len(repeats(purchases(*({"po": str(i), "amt": a} for i, a in enumerate(computed))))) == 1


@pytest.mark.parametrize("seed", one_in(3, range(3)))
def test_against_plain_loops(seed):
    rng = np.random.default_rng(seed)
    rows = [
        {"po": str(rng.integers(0, 12)), "ln": str(rng.integers(1, 4)), "p": f"P{rng.integers(0, 3)}", "q": 1.0,
         "d": f"2025-01-0{rng.integers(1, 3)}", "amt": float(rng.integers(1, 4))}
        for _ in range(60)
    ]  # fmt: skip
    rows = [r | {"v": f"V{int(r['po']) % 2}"} for r in rows]
    data = purchases(*rows)
    got = repeats(data)
    lines = [(r["po"], r["ln"], r["amt"]) for r in rows]
    want = {
        f"{po} / {ln}": (lines.count((po, ln, amt)) - 1) * amt
        for po, ln, amt in lines
        if lines.count((po, ln, amt)) > 1
    }
    of_lines = got[got.kind == "repeated line"]
    assert len(of_lines) == len({x for x in lines if lines.count(x) > 1})
    assert of_lines.value.sum() == sum((lines.count(x) - 1) * x[2] for x in set(lines))
    assert set(of_lines.name) == set(want)
    # an order is told beside the first one that has a line like one of its own
    pairs = set()
    for key in {(r["v"], r["p"], r["d"], r["amt"]) for r in rows}:
        orders = list(dict.fromkeys(r["po"] for r in rows if (r["v"], r["p"], r["d"], r["amt"]) == key))
        pairs |= {(orders[0], other) for other in orders[1:]}
    of_orders = got[got.kind == "repeated order"]
    assert set(zip(of_orders.name, of_orders.other_name, strict=True)) == pairs
    assert of_orders.score.between(0, 100).all()


def test_two_connections_repeat_nothing_in_one():
    one, other = purchases({"po": "1"}), purchases({"po": "1"})
    other = Purchases(
        other.orders.assign(connection="b"), other.lines.assign(connection="b"), other.issues, as_of=other.as_of
    )
    assert repeats(concat([one, other])).empty


def test_numbered_vendors_are_different_ones_and_it_is_quick():
    pytest.importorskip("rapidfuzz", reason="rapidfuzz, of the extra 'enrich', is not installed")
    n = 2600
    names = [f"Vendor {i:04d}" for i in range(n)]
    table = pd.DataFrame({"v": [*names, "VENDOR 0007 Ltd", "Vendor"], "amt": 1.0})
    data = Purchases.from_table(table, columns={"v": "vendor_name", "amt": "amount"}, as_of="2025-01-01")
    start = time.perf_counter()
    got = quality.duplicates(data)
    assert time.perf_counter() - start < 2 * 2.5  # two seconds, and room for a busy machine
    assert got[["name", "other_name"]].to_numpy().tolist() == [["VENDOR 0007 Ltd", "Vendor 0007"]]


@pytest.mark.parametrize(("a", "b", "same"), one_in(3, [
    ("Plant 1 GmbH", "PLANT 1", True), ("Plant 1", "Plant 2", False), ("Plant 12", "Plant 21", False),
    ("3M Deutschland", "3M Deutschland GmbH", True), ("Werk 7 Nord", "Nord Werk 07", True),
]))  # fmt: skip
def test_names_with_numbers(a, b, same):
    pytest.importorskip("rapidfuzz", reason="rapidfuzz, of the extra 'enrich', is not installed")
    data = purchases({"po": "1", "v": a}, {"po": "2", "v": b})
    assert (quality.duplicates(data).kind == "vendor").any() == same


def test_explain_says_what_is_compared():
    text = " ".join(str(explain(quality.duplicates(purchases({"po": "1"})))).split())
    assert "same vendor, item, day and amount" in text


def test_orders_made_by_hand_need_no_totals():
    lines = pd.DataFrame({"connection": ["a", "b"], "order_id": ["1", "1"], "line_id": ["1", "2"]}).astype("string")
    for columns in (["connection", "order_id"], ["connection", "order_id", "order_number"]):
        orders = lines.assign(order_number="4501")[columns]
        assert len(quality.duplicates(Purchases(orders, lines))) == 0
