"""Spend against plain loops and SQL; every line is counted or said to be left out."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, SchemaError, charts, explain, spend
from tests.tiers import one_in

HAND = pd.DataFrame(
    {
        "vendor_id": ["a", "a", "b", "c", None, "a", "b", "d"],
        "vendor_name": ["A", "A", "B", "C", None, "A", "B", "D"],
        "order_id": ["1", "1", "2", "3", "4", "5", "6", "7"],
        "amount": [50.0, 30.0, 15.0, 5.0, 10.0, 999.0, 7.0, np.nan],
        "currency": ["EUR"] * 7 + ["USD"],
        "state": ["open", "received", "closed_short", "unknown", "open", "cancelled", "draft", "open"],
        "order_date": pd.to_datetime(
            ["2025-01-31", "2025-02-01", "2025-04-01", "2025-04-02", None, "2025-01-01", "2025-01-01", "2025-01-01"]
        ),
    }
)


def random_lines(seed, n=400):
    r = np.random.default_rng(seed)

    def pick(values):
        return r.choice(np.array(values, dtype=object), n)

    return pd.DataFrame(
        {
            "connection": pick(["x", "y"]), "vendor_id": pick(["a", "b", "c", "d", None]), "vendor_name": pick(["A", "B", None]),
            "order_id": pick([str(i) for i in range(60)]), "amount": np.where(r.random(n) < 0.05, np.nan, r.normal(100, 80, n).round(2)),
            "currency": pick(["EUR", "USD", None]), "state": pick(["open", "received", "closed_short", "unknown", "draft", "cancelled"]),
            "order_date": pd.to_datetime("2024-01-01") + pd.to_timedelta(r.integers(0, 700, n), unit="D"),
        }
    )  # fmt: skip


def test_by_hand():
    got = spend.by_vendor(HAND)
    assert got.vendor_id.tolist() == ["a", "b", pd.NA, "c"]
    assert got.spend.tolist() == [80, 15, 10, 5]
    assert got.share.round(4).tolist() == [0.7273, 0.1364, 0.0909, 0.0455]
    assert got.abc_class.tolist() == ["A", "A", "B", "C"]
    assert got.n_orders.tolist() == [1, 1, 1, 1]
    assert got.attrs["included"]["n_lines"] == 5
    assert {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]} == {"cancelled": 1, "draft": 1, "no amount": 1}
    assert "Left out, cancelled: 1 lines, 999.00 EUR" in explain(got)


@pytest.mark.parametrize("seed", one_in(5, range(30)))
def test_against_sql_and_decimal(seed):
    duckdb = pytest.importorskip("duckdb", reason="duckdb, the oracle, is not installed")
    lines = random_lines(seed)
    before = lines.copy()
    got = spend.by_vendor(lines)
    pd.testing.assert_frame_equal(lines, before)
    want = duckdb.sql(
        """select connection, coalesce(vendor_id, vendor_name) v, currency c, sum(amount) s, count(*) n, count(distinct order_id) o
        from lines where state not in ('draft', 'cancelled') and amount is not null group by all"""
    ).df()

    def key(f, vendor, currency, money):
        return sorted(zip(f.connection, f[vendor].fillna("-"), f[currency].fillna("-"), f[money].round(6), strict=True))

    assert key(got.astype({"vendor_id": object}), "vendor_id", "currency", "spend") == key(want, "v", "c", "s")
    assert got.n_lines.sum() == want.n.sum()
    assert got.n_orders.sum() == want.o.sum()
    total = sum(
        Decimal(repr(a))
        for a, s in zip(lines.amount, lines.state, strict=True)
        if s not in ("draft", "cancelled") and a == a
    )
    assert abs(Decimal(repr(float(got.spend.sum()))) - total) < Decimal("0.005")
    counted = got.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in got.attrs["excluded"])
    assert counted == len(lines)
    again = spend.by_vendor(lines.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(got.drop(columns="vendor_name"), again.drop(columns="vendor_name"))


@pytest.mark.parametrize("freq", ["M", "Q", "Y", "W"])
def test_periods_add_up(freq):
    lines = random_lines(7)
    got = spend.by_period(lines, freq=freq)
    assert np.isclose(got.spend.sum(), spend.by_vendor(lines).spend.sum())
    for _, g in got.groupby("currency", dropna=False):
        assert g.period.is_monotonic_increasing
        assert len(g) == g.period.iloc[-1].ordinal - g.period.iloc[0].ordinal + 1


def test_months_by_hand():
    got = spend.by_period(HAND.assign(updated_at=pd.Timestamp("2025-04-20", tz="UTC")), currency="EUR")
    assert [str(p) for p in got.period] == ["2025-01", "2025-02", "2025-03", "2025-04"]
    assert got.spend.tolist() == [50, 30, 0, 20]
    # the first order is of 31 January: whether those of the days before were asked for, nobody knows
    assert got.complete.tolist() == [pd.NA, True, True, False]
    assert {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]}["no order date"] == 1


def test_concentration():
    four = pd.DataFrame({"vendor_id": list("abcd"), "amount": [40.0, 30, 20, 10], "currency": "EUR"})
    got = spend.concentration(four).iloc[0]
    assert (round(got.hhi), got.effective_vendors, got.n_vendors) == (3000, pytest.approx(10 / 3), 4)
    aliases = pd.DataFrame({"vendor_id": list("abcdefg"), "amount": [10.0, 10, 10, 10, 30, 20, 10], "currency": "EUR"})
    assert round(spend.concentration(aliases).hhi.iloc[0]) == 1800
    unknown = spend.concentration(HAND, currency="EUR")
    assert {e["reason"]: e["n_lines"] for e in unknown.attrs["excluded"]}["no vendor"] == 1


def test_concentration_says_which_vendors_have_no_share():
    credited = pd.DataFrame({"vendor_id": list("aabbc"), "amount": [60.0, 20, 10, -30, 20], "currency": "EUR"})
    got = spend.concentration(credited)
    assert (got.n_vendors.item(), got.spend.item(), got.top_1_share.item()) == (2, 100.0, 0.8)
    assert got.attrs["included"]["value"] == {"EUR": 100.0}
    assert got.attrs["excluded"] == [
        {"reason": "of vendors without a positive net", "n_lines": 2, "value": {"EUR": -20.0}}
    ]
    footnote = charts.captions_of(spend.plot_concentration(credited)).footnote
    assert "n = 3 lines · left out: 2 of vendors without a positive net" in footnote
    none = spend.concentration(credited.assign(category=list("xxyyx"), amount=[1.0, 1, -1, -1, 1]), by="category")
    assert none.n_vendors.tolist() == [2, 0]  # a category of credits alone has its row


def test_tail_has_two_definitions_and_asks_which():
    with pytest.raises(ConfigError, match="threshold"):
        spend.tail(HAND, definition="both")
    got = spend.tail(HAND, definition="share", currency="EUR")
    assert got.set_index("part").spend.to_dict() == {"head": 80, "tail": 20, "unknown vendor": 10}
    small = spend.tail(HAND, definition="threshold", threshold=12, currency="EUR").set_index("part")
    assert small.n_vendors.to_dict() == {"head": 2, "tail": 1, "unknown vendor": 0}


def test_received_and_open_value():
    lines = pd.DataFrame(
        {
            "vendor_id": "a",
            "amount": [100.0, 100],
            "quantity": [10.0, 10],
            "received_quantity": [4.0, 10],
            "state": ["open", "received"],
        }
    )
    assert spend.by_vendor(lines, basis="received").spend.item() == 140
    assert spend.by_vendor(lines, basis="open").spend.item() == 60


def test_wrong_input_teaches():
    with pytest.raises(SchemaError, match="'amount'"):
        spend.by_vendor(pd.DataFrame({"ammount": [1]}))
    with pytest.raises(SchemaError, match="category"):
        spend.by_vendor(HAND.assign(category="x"), by="categry")
    with pytest.raises(ConfigError, match="received"):
        spend.by_vendor(HAND, basis="paid")
    with pytest.raises(ConfigError, match="'M'"):
        spend.by_period(HAND, freq="D")


def test_empty_in_empty_typed_out():
    for f in (spend.by_vendor, spend.by_period, spend.concentration):
        assert f(HAND.iloc[:0]).dtypes.equals(f(HAND).dtypes)


def test_the_real_deliveries(scms, known):
    got = spend.by_vendor(scms.lines)
    names, money, shares, orders = (list(column) for column in zip(*known["largest"], strict=True))
    assert got.vendor_name.tolist()[:4] == names
    assert got.spend.round(2).tolist()[:4] == [float(m) for m in money]
    assert (got.share * 100).round(4).tolist()[:4] == shares
    assert got.n_orders.tolist()[:4] == orders
    assert round(got.spend.sum(), 2) == float(known["value"])


def test_groups_of_many_wide_columns_keep_their_keys():
    """The columns' codes put together as one number would not fit into 64 bits."""
    r, n = np.random.default_rng(0), 5_000
    frame = pd.DataFrame({f"k{i}": [f"{j:05d}" for j in r.permutation(n)] for i in range(6)} | {"amount": 1.0})
    by = [f"k{i}" for i in range(6)]
    got = spend.by_vendor(frame, by=by)
    want = frame.sort_values(by, ignore_index=True)
    assert (got.sort_values(by, ignore_index=True)[by].to_numpy() == want[by].to_numpy()).all()


def test_single_sources_where_a_currency_is_missing_in_labels():
    lines = pd.DataFrame({"vendor_id": list("aabb"), "material_id": list("xxyz"), "order_id": list("1234"), "amount": 5.0, "currency": ["EUR", None, "EUR", None]})  # fmt: skip
    labelled = lines.astype({"currency": "category", "vendor_id": "category"})
    pd.testing.assert_frame_equal(spend.single_source(labelled), spend.single_source(lines))


@pytest.mark.parametrize(("quantity", "received", "amount"), [(0.0, 5.0, 0.0), (0.0, 0.0, 0.0), (0.0, -5.0, 7.0)])
def test_nothing_ordered_is_no_share_of_the_amount(quantity, received, amount):
    two = {
        "vendor_id": "v",
        "quantity": [4.0, quantity],
        "received_quantity": [1.0, received],
        "amount": [8.0, amount],
        "currency": "EUR",
    }
    got = spend.by_vendor(pd.DataFrame(two), basis="received")  # without a warning of numpy
    assert got.spend.tolist() == [2.0]
    assert got.attrs["excluded"][0]["reason"] == "no quantity or received quantity"
