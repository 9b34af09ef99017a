"""What was paid beside the list: against loops in Decimal over random lists, and each thing that is in the way of a comparison."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, spend
from tests.tiers import one_in

D = pd.Timestamp
SAME = Decimal("0.005")


def exact(value) -> Decimal:
    return Decimal(repr(float(value)))


def random_case(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines of three vendors and four materials, and a list with breaks, validities and gaps."""
    rng = np.random.default_rng(seed)
    n = 200
    day = D("2024-06-01") + pd.to_timedelta(rng.integers(0, 500, n), unit="D")
    quantity = rng.integers(1, 60, n).astype(float)
    price = np.round(
        rng.choice([10.0, 9.5, 9.0, 8.0], n) * np.where(rng.random(n) < 0.3, rng.uniform(0.9, 1.2, n), 1), 2
    )
    lines = pd.DataFrame(
        {
            "line_id": np.arange(n).astype(str), "order_id": (np.arange(n) // 3).astype(str), "connection": "c",
            "material_id": rng.choice(list("ABCD"), n), "vendor_id": rng.choice(list("uvw"), n), "order_date": day,
            "currency": rng.choice(["EUR", "USD"], n, p=[0.8, 0.2]), "unit_of_measure": rng.choice(["EA", "KG"], n, p=[0.9, 0.1]),
            "quantity": quantity, "amount": np.round(price * quantity, 2),
        }
    )  # fmt: skip
    rows = []
    for material in "ABC":  # D is on no list
        changed = D("2024-06-01") + pd.Timedelta(days=int(rng.integers(0, 200)))
        for vendor in "uvw":
            if rng.random() < 0.2:
                continue
            for least, listed in ((rng.choice([1, 5]), 10.0), (20, 9.5), (40, 9.0)):
                start = D("2024-06-01") + pd.Timedelta(days=int(rng.integers(0, 300))) if rng.random() < 0.4 else pd.NaT
                end = D("2025-06-01") if rng.random() < 0.2 else pd.NaT
                rows.append(
                    (
                        material,
                        vendor,
                        least,
                        round(listed * rng.choice([1, 1, 0.8]), 2),
                        "EUR",
                        "EA",
                        start,
                        end,
                        changed,
                    )
                )
    names = [
        "material_id",
        "vendor_id",
        "minimum_quantity",
        "price",
        "currency",
        "unit_of_measure",
        "valid_from",
        "valid_to",
        "updated_at",
    ]
    return lines, pd.DataFrame(rows, columns=names)


def by_loops(lines, listed):
    """Sums by (material, vendor): spend, value at list prices, lines, missed breaks and their cost, value of cheaper vendors."""
    out = defaultdict(lambda: [Decimal(0), Decimal(0), 0, 0, Decimal(0), Decimal(0)])
    for line in lines.to_dict("records"):
        offers = defaultdict(list)
        for row in listed.to_dict("records"):
            if row["material_id"] != line["material_id"] or row["currency"] != line["currency"]:
                continue
            if row["unit_of_measure"] != line["unit_of_measure"] or line["order_date"] < row["updated_at"]:
                continue
            if line["order_date"] < row["valid_from"] or line["order_date"] > row["valid_to"]:
                continue
            if row["minimum_quantity"] <= line["quantity"]:
                since = row["valid_from"].toordinal() if pd.notna(row["valid_from"]) else 0
                offers[row["vendor_id"]].append((row["minimum_quantity"], since, -exact(row["price"])))
        if line["vendor_id"] not in offers:
            continue
        price_of = {vendor: -max(rows)[2] for vendor, rows in offers.items()}
        quantity, amount = exact(line["quantity"]), exact(line["amount"])
        due, mine = price_of[line["vendor_id"]], out[line["material_id"], line["vendor_id"]]
        mine[0] += amount
        mine[1] += due * quantity
        mine[2] += 1
        paid = amount / quantity
        lower = [-p for _, _, p in offers[line["vendor_id"]] if -p > due * (1 + SAME)]
        if any(abs(paid / p - 1) <= SAME for p in lower):
            mine[3] += 1
            mine[4] += amount - due * quantity
        others = [p for vendor, p in price_of.items() if vendor != line["vendor_id"]]
        if others and min(others) < due * (1 - SAME):
            mine[5] += (due - min(others)) * quantity
    return out


@pytest.mark.parametrize("seed", one_in(3, range(8)))
def test_against_loops_in_decimal(seed):
    lines, listed = random_case(seed)
    got, want = spend.agreed_prices(lines, listed), by_loops(lines, listed)
    assert {*zip(got.material_id, got.vendor_id, strict=True)} == set(want)
    for row in got.itertuples():
        total, due, n, missed, cost, cheaper = want[row.material_id, row.vendor_id]
        assert row.spend == pytest.approx(float(total), abs=1e-6)
        assert row.difference == pytest.approx(float(total - due), abs=1e-6)
        assert row.difference_rate == pytest.approx(float(total / due - 1), abs=1e-9)
        assert (row.n_lines, row.n_missed_breaks) == (n, missed)
        assert row.missed_breaks == pytest.approx(float(cost), abs=1e-6)
        assert row.cheaper_value == pytest.approx(float(cheaper), abs=1e-6)
    book = got.attrs
    assert book["included"]["n_lines"] + sum(e["n_lines"] for e in book["excluded"]) == len(lines)
    assert sum(n for _, _, n, *_ in want.values()) == book["included"]["n_lines"]


def line(**other) -> pd.DataFrame:
    usual = {"material_id": "M", "vendor_id": "v", "currency": "EUR", "unit_of_measure": "EA", "order_date": D("2025-03-01"), "quantity": 10.0, "amount": 100.0}  # fmt: skip
    return pd.DataFrame({k: [v] for k, v in (usual | other).items()})


OWN = pd.DataFrame({"material_id": ["M"], "vendor_id": ["v"], "price": [9.0], "minimum_quantity": [5], "currency": ["EUR"], "unit_of_measure": ["EA"], "valid_from": [D("2025-01-01")], "updated_at": [D("2024-12-01")]})  # fmt: skip


@pytest.mark.parametrize(
    ("other", "reason"),
    one_in(
        3,
        [
            ({"material_id": "N"}, "material not on the list"),
            ({"vendor_id": "w"}, "vendor not on the list for it"),
            ({"currency": "USD"}, "another currency than the list"),
            ({"unit_of_measure": "KG"}, "another unit than the list"),
            ({"order_date": D("2024-11-30")}, "ordered before the list's last change: not comparable"),
            ({"order_date": D("2024-12-15")}, "no list price on that day"),
            ({"quantity": 4.0}, "below the smallest quantity of the list"),
            ({"order_date": pd.NaT}, "no order date"),
        ],
    ),
)
def test_what_can_not_be_compared_is_counted_by_that_reason(other, reason):
    got = spend.agreed_prices(line(**other), OWN)
    assert len(got) == 0
    assert [e["reason"] for e in got.attrs["excluded"]] == [reason]


def test_prices_meet_in_one_unit_and_after_a_conversion_in_the_currency_of_the_document():
    listed = OWN.assign(unit_of_measure="KG", price=900.0, price_unit=100.0, minimum_quantity=1)
    got = spend.agreed_prices(line(unit_of_measure="G", quantity=2_000.0, amount=20.0), listed)
    assert got[["list_price", "difference"]].to_numpy().tolist() == [[9.0, 2.0]]
    converted = line(currency="USD", amount=200.0, original_amount=100.0, original_currency="EUR")
    got = spend.agreed_prices(converted, OWN)
    assert (got.currency.item(), got.difference.item(), got.list_price.item()) == ("USD", 20.0, 18.0)


@pytest.mark.parametrize(
    "unit", one_in(3, [{"unit_of_measure": "G"}, {"uom_id": "u-g"}, {}, {"uom_id": "u-g", "unit_of_measure": "G"}])
)
@pytest.mark.parametrize("least", one_in(3, [0.0, 4_000.0]))
def test_a_list_that_names_its_unit_by_key_or_not_at_all_means_that_of_the_line(unit, least):
    """0.01 a gram is what was paid; in kilograms, as prices are shown, it is 10.00 on both sides."""
    bought = line(unit_of_measure="G", quantity=5_000.0, amount=50.0, uom_id="u-g")
    listed = pd.DataFrame({"material_id": ["M"], "vendor_id": ["v"], "price": [0.01], "minimum_quantity": [least]} | {k: [v] for k, v in unit.items()})  # fmt: skip
    got = spend.agreed_prices(bought, listed)
    np.testing.assert_allclose(
        got[["price", "list_price", "difference"]].to_numpy(dtype=float), [[10.0, 10.0, 0.0]], atol=1e-9
    )
    assert spend.agreed_prices(bought, listed.assign(minimum_quantity=6_000.0)).empty


def test_the_list_of_a_connection_with_planted_breaks_served_and_fetched():
    level = {"vendorKey": "v", "currencyKey": "cur", "priceUnit": 1, "validFrom": "2024-01-01", "validTo": None}
    levels = [
        level | {"minimumQuantity": 1, "price": 10.0},
        level | {"minimumQuantity": 20, "price": 9.0},
        {"vendorKey": "v", "price": "dear"},
    ]
    levels.append(level | {"vendorKey": "w", "minimumQuantity": 1, "price": 8.0})
    material = {"key": "M", "code": "M-1", "name": "Bolt", "priceLevels": levels, "updatedAt": "2024-01-01T00:00:00Z"}
    items = [
        {"key": f"l{i}", "materialKey": "M", "quantity": q, "price": p, "amount": q * p, "currencyKey": "cur"}
        for i, (q, p) in enumerate([(5, 10.0), (25, 10.0), (30, 9.0)])
    ]
    order = {
        "key": "1",
        "orderNo": "1",
        "vendorKey": "v",
        "currencyKey": "cur",
        "orderedAt": "2025-01-10",
        "orderDate": "2025-01-10",
        "lineItems": items,
    }
    served = {"purchase-orders": [order], "materials": [material], "currencies": [{"key": "cur", "code": "EUR"}], "vendors": [{"key": "v", "name": "V"}, {"key": "w", "name": "W"}]}  # fmt: skip
    with ma.sandbox(served) as server:
        client = server.client()
        lines, materials = client.fetch_purchases().lines, client.fetch_table("materials")
    assert isinstance(json.loads(materials.priceLevels[0]), list)
    got = spend.agreed_prices(lines, materials)
    row = got.iloc[0]
    assert (row.n_lines, row.n_missed_breaks, row.missed_breaks, row.difference) == (3, 1, 25.0, 25.0)
    assert (row.cheaper_vendor_id, row.cheaper_price, row.cheaper_value) == ("w", 8.0, 2.0 * 5 + 1.0 * 55)
    assert "1 row of the list has no" in ma.explain(got)


def test_a_list_without_prices_or_without_currencies_says_so():
    with pytest.raises(ma.ConfigError, match=r"fetch_table\('materials'\)"):
        spend.agreed_prices(line(), pd.DataFrame({"key": ["M"]}))
    several = pd.concat([line(), line(currency="USD")])
    with pytest.raises(ma.ConfigError, match="names no currency"):
        spend.agreed_prices(several, OWN.drop(columns="currency"))
    assert spend.agreed_prices(several, OWN.drop(columns="currency"), currency="EUR").difference.tolist() == [10.0]


def test_no_lines_and_no_list():
    assert len(spend.agreed_prices(line().iloc[:0], OWN)) == 0
    assert len(spend.agreed_prices(line(), OWN.iloc[:0])) == 0


@pytest.mark.parametrize(
    ("prices", "said"),
    one_in(
        3,
        [
            ([10.0], "As much was paid as the price list says"),
            ([12.0, 8.0], "As much was paid"),
            ([12.0], "was paid above"),
            ([8.0], "was paid below"),
        ],
    ),
)
def test_the_title_says_above_below_or_neither(prices, said):
    listed = pd.DataFrame({"material_id": ["M", "N"], "vendor_id": "v", "price": 10.0})
    lines = pd.DataFrame(
        {
            "material_id": ["M", "N"][: len(prices)],
            "vendor_id": "v",
            "currency": "EUR",
            "order_date": pd.Timestamp("2025-03-01"),
            "quantity": 1.0,
            "amount": prices,
        }
    )
    assert said in charts.captions_of(spend.plot_agreed_prices(lines, listed)).title


def test_a_list_per_hundred_is_no_saving():
    lines = pd.DataFrame(
        {
            "material_id": list("ABC"),
            "vendor_id": "v",
            "currency": "EUR",
            "order_date": D("2025-03-01"),
            "quantity": 10.0,
        }
    )
    lines["amount"] = [9.8, 20.0, 30.0]
    listed = pd.DataFrame({"material_id": list("ABC"), "vendor_id": "v", "price": [100.0, 200.0, 3.1]})
    notes = spend.agreed_prices(lines, listed).attrs["notes"]
    assert notes[0].startswith("2 of 3 list prices are about 10, 100 or 1,000 times what was paid")
    ax = spend.plot_agreed_prices(lines, listed)
    assert charts.captions_of(ax).title == "2 of 3 list prices are of another unit than what was paid, it seems"
    assert sum("doubtful price" in t.get_text() for t in ax.texts) == 2
    good = listed.assign(price=[1.0, 2.0, 3.1])
    assert "below the price list" in charts.captions_of(spend.plot_agreed_prices(lines, good)).title
    assert spend.agreed_prices(lines, good).attrs["notes"] == []
