"""After a conversion items are the same items, and a rate that moves is neither a price nor a dispersion; plain loops beside it."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction as F

import numpy as np
import pandas as pd
import pytest

from makini_analytics import currency, spend
from tests.tiers import one_in

RATES = pd.DataFrame(
    {
        "date": pd.to_datetime(["2024-01-01", "2024-07-01", "2025-01-01", "2025-07-01"]),
        "currency": "USD",
        "rate": [1.0, 0.9, 0.8, 0.7],
    }
)


def bought(*rows, **more):
    """Return lines of day, currency, quantity and unit price, by default all of one item and vendor."""
    frame = pd.DataFrame(rows, columns=["order_date", "currency", "quantity", "unit_price"])
    frame = frame.assign(order_date=pd.to_datetime(frame.order_date), amount=frame.quantity * frame.unit_price)
    return frame.assign(**{"product_code": "P", "vendor_id": "v", "unit_of_measure": "EA", "order_id": frame.index.astype(str)} | more)  # fmt: skip


def to_euro(lines):
    return currency.convert(lines, "EUR", RATES, max_gap_days=400)


CONSTANT = bought(*((d, "USD", 10.0, 5.0) for d in ("2024-02-01", "2024-08-01", "2025-02-01", "2025-08-01")))


def bars(lines):
    late = lines.order_date >= "2025"
    got = spend.bridge(lines[~late], lines[late])
    return got.set_index("effect").value


# ---- the same items -----------------------------------------------------------------------------------------------------


def test_another_document_currency_is_neither_new_nor_lost():
    same = bars(currency.convert(bought(("2024-03-01", "USD", 10.0, 10.0), ("2025-03-01", "EUR", 10.0, 10.0)), "EUR", {"USD": 1.0}))  # fmt: skip
    assert same.drop(["before", "after"]).eq(0).all()
    # 9.00 EUR a piece in dollars became 12.00 in euros, and ten pieces twelve: 3.00 x 12 are of the currency, 2 x 9.00 of the quantity
    moved = bars(currency.convert(bought(("2024-03-01", "USD", 10.0, 10.0), ("2025-03-01", "EUR", 12.0, 12.0)), "EUR", {"USD": 0.9}))  # fmt: skip
    assert moved[["new", "lost", "price", "currency"]].eq(0).all()
    assert moved["document currency"] == pytest.approx(36)
    assert moved["volume"] == pytest.approx(18)
    # half of it goes on in dollars: that half has a price and a rate of its own
    half = bars(to_euro(bought(("2024-03-01", "USD", 10.0, 10.0), ("2025-03-01", "USD", 5.0, 11.0), ("2025-03-01", "EUR", 5.0, 10.0))))  # fmt: skip
    assert half["price"] == pytest.approx(1.0 * 5 * 1.0)
    assert half["currency"] == pytest.approx((0.8 - 1.0) * 11 * 5)
    assert half["document currency"] == pytest.approx(0, abs=1e-9)


def test_without_a_conversion_there_is_no_such_effect():
    lines = bought(("2024-03-01", "USD", 10.0, 10.0), ("2025-03-01", "EUR", 10.0, 10.0))
    assert "document currency" not in bars(lines)
    per_item = spend.bridge(lines.iloc[:1], lines.iloc[1:], per_item=True)
    assert "document_currency_effect" not in per_item


@pytest.mark.parametrize("seed", one_in(4, range(40)))
def test_the_bridge_by_a_plain_loop(seed):
    r = np.random.default_rng(seed)
    n = 60
    lines = bought(
        *zip(
            r.choice(pd.date_range("2024-01-01", "2025-12-31").astype(str), n),
            r.choice(["USD", "EUR"], n),
            r.integers(1, 20, n).astype(float),
            r.integers(1, 30, n).astype(float),
            strict=True,
        ),
        product_code=r.choice(list("abcdef"), n),
    )
    got = to_euro(lines)
    late = got.order_date >= "2025"
    table = spend.bridge(got[~late], got[late], per_item=True)
    want = plain_bridge(got)
    effects = ["price", "currency_effect", "document_currency_effect", "quantity_effect", "new", "lost"]
    for row in table.to_dict("records"):
        assert [row[e] for e in effects] == pytest.approx([float(x) for x in want[row["product_code"]]], abs=1e-8)
        assert sum(row[e] for e in effects) == pytest.approx(row["change"], abs=1e-8)


def plain_bridge(lines):
    """Return price, currency, document currency, quantity, new and lost of each item, in exact numbers."""
    sums = defaultdict(lambda: [F(0), F(0), F(0)])  # spent, paid, quantity
    for r in lines.to_dict("records"):
        of = sums[r["product_code"], r["original_currency"], int(r["order_date"].year >= 2025)]
        for i, x in enumerate(("amount", "original_amount", "quantity")):
            of[i] += F(r[x])
    out = {}
    for item in {k[0] for k in sums}:
        side = [[sums.get((item, c, s), [F(0)] * 3) for c in ("EUR", "USD")] for s in (0, 1)]
        (v0, q0), (v1, q1) = ((sum(x[0] for x in s), sum(x[2] for x in s)) for s in side)
        if not q0 or not q1:
            out[item] = (0, 0, 0, 0, v1 if not q0 else 0, -v0 if not q1 else 0)
            continue
        price = rate = F(0)
        for (w0, paid0, r0), (w1, paid1, r1) in zip(*side, strict=True):
            if r0 and r1:
                price += (paid1 / r1 - paid0 / r0) * r1 * (w0 / paid0)
                rate += (w1 / paid1 - w0 / paid0) * paid1
        quantity = (q1 - q0) * v0 / q0
        out[item] = (price, rate, v1 - v0 - price - rate - quantity, quantity, 0, 0)
    return out


# ---- a constant price in dollars ----------------------------------------------------------------------------------------


def test_a_constant_price_in_dollars_has_no_dispersion():
    got = spend.price_dispersion(to_euro(CONSTANT)).iloc[0]
    assert got[["cv", "spread", "theoretical_ceiling"]].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
    assert got.price == pytest.approx(got.lowest_price) == pytest.approx(5 * 0.85)
    two = pd.concat([CONSTANT, bought(("2025-02-01", "EUR", 10.0, 5.25), vendor_id="w")], ignore_index=True)
    got = spend.price_dispersion(to_euro(two), reference="lowest").iloc[0]
    assert (got.n_vendors, got.theoretical_ceiling) == (2, pytest.approx(10.0))
    fixed = currency.convert(CONSTANT.assign(unit_price=1.0, amount=[50.0, 60.0, 50.0, 50.0]), "EUR", {"USD": 0.5})
    assert spend.price_dispersion(fixed).max_over_min.item() == pytest.approx(1.2)


@pytest.mark.parametrize("baseline", one_in(3, ["previous_period", "last", "first"]))
def test_a_constant_price_in_dollars_does_not_fall_in_euros(baseline):
    got = spend.price_changes(to_euro(CONSTANT), baseline=baseline)
    assert got.ppv.dropna().tolist() == pytest.approx([0] * int(got.ppv.notna().sum()), abs=1e-9)
    # it goes on in euros: compared with the dollars at one rate, 10 x 1.0 EUR, and no first purchase
    other = bought(("2024-02-01", "USD", 10.0, 5.0), ("2025-02-01", "EUR", 10.0, 6.0))
    got = spend.price_changes(to_euro(other), baseline=baseline)
    assert got.n_first_purchases.sum() == 1
    assert got.ppv.dropna().tolist() == pytest.approx([10.0])


def test_the_history_of_a_constant_price_in_dollars_is_flat():
    got = spend.price_history(to_euro(CONSTANT))
    assert got.price.tolist() == pytest.approx([5 * 0.85] * 4)
    assert got.document_price.tolist() == [5.0] * 4
    assert got.amount.tolist() == pytest.approx([50.0, 45.0, 40.0, 35.0])
    assert (got.price * got.quantity + got.currency_effect).tolist() == pytest.approx(got.amount.tolist())
    plain = spend.price_history(CONSTANT)
    assert "document_price" not in plain
    assert plain.price.tolist() == [5.0] * 4


# ---- the same code in two connections -----------------------------------------------------------------------------------


def test_one_code_of_two_connections_is_two_items():
    lines = bought(("2024-01-01", "EUR", 1.0, 10.0), ("2024-02-01", "EUR", 1.0, 900.0), connection=["us", "emea"])
    got = spend.price_history(lines, of="P")
    assert (got.price.tolist(), got.connection.tolist()) == ([900.0], ["emea"])
    assert {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]} == {"so called in another connection": 1}
    assert spend.price_history(lines[lines.connection == "us"]).price.tolist() == [10.0]
    # none of the two has as much of P as emea has of Q
    more = bought(("2024-01-01", "EUR", 1.0, 950.0), connection="emea", product_code="Q")
    lines = pd.concat([lines.assign(amount=600.0), more], ignore_index=True)
    assert spend.price_history(lines).attrs["parameters"]["of"] == "Q"
