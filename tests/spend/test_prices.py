"""Prices by hand: the baselines, the list of one's own, what never counts as a price; and the pitfalls that go with them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, SchemaError, currency, explain, spend, style


def lines(*rows, **more):
    columns = ["product_code", "vendor_id", "order_date", "quantity", "amount"]
    frame = pd.DataFrame(rows, columns=columns).assign(**({"unit_of_measure": "EA", "currency": "EUR"} | more))
    return frame.assign(order_date=pd.to_datetime(frame.order_date), order_id=[str(i) for i in range(len(frame))])


HAND = lines(
    ("A", "v", "2023-02-01", 10, 100.0),
    ("A", "v", "2023-09-01", 30, 330.0),
    ("A", "v", "2024-03-01", 10, 120.0),
    ("A", "v", "2024-03-01", 10, 130.0),
    ("A", "w", "2024-05-01", 5, 40.0),
    ("B", "w", "2024-05-01", 5, 50.0),
)


def ppv(baseline, **options):
    got = spend.price_changes(HAND, baseline=baseline, **options)
    return {
        (r.product_code, getattr(r, "vendor_id", "-"), str(r.period)): None if np.isnan(r.ppv) else round(r.ppv, 6)
        for r in got.itertuples()
    }


def test_each_baseline_by_hand():
    assert ppv("previous_period") == {  # 2023: 430 for 40
        ("A", "v", "2023"): None, ("A", "v", "2024"): 250 - 10.75 * 20, ("A", "w", "2024"): None, ("B", "w", "2024"): None,
    }  # fmt: skip
    assert ppv("last")["A", "v", "2023"] == 30  # 11 after 10
    assert ppv("last")["A", "v", "2024"] == 250 - 11 * 20  # two lines of one day have one price before them
    assert ppv("first")["A", "v", "2024"] == 250 - 10 * 20
    assert ppv("last", per_vendor=False)["A", "-", "2024"] == 30 + (40 - 12.5 * 5)
    assert ppv({"A": 9.0})["A", "w", "2024"] == 40 - 45
    assert ppv({"A": 9.0})["B", "w", "2024"] is None


def test_first_purchases_are_counted_apart_and_no_variance():
    got = spend.price_changes(HAND, baseline="first")
    assert got.n_first_purchases.sum() == 3
    assert got.ppv.sum() == 30 + 50
    assert "3 of 6 lines are first purchases" in explain(got)


def test_the_sign_is_positive_when_more_was_paid():
    got = spend.price_changes(HAND).iloc[0]
    assert got.price > got.base_price
    assert got.ppv > 0
    assert got.ppv_rate == pytest.approx(12.5 / 10.75 - 1)


def test_a_price_list_of_ones_own():
    table = pd.DataFrame({"product_code": ["A", "A"], "price": [10.0, 12.0], "currency": ["EUR", "USD"]})
    assert spend.price_changes(HAND, baseline=table).ppv.sum() == (430 - 400) + (250 - 200) + (40 - 50)
    per_dozen = pd.DataFrame({"product_code": ["A"], "price": [120.0], "unit_of_measure": ["DZ"]})
    assert spend.price_changes(HAND, baseline=per_dozen).ppv.sum() == 30 + 50 - 10
    two = HAND.assign(currency=["EUR", "USD", "EUR", "EUR", "EUR", "EUR"])
    with pytest.raises(SchemaError, match=r"'A' is bought in several currencies.*'currency'"):
        spend.price_changes(two, baseline={"A": 9.0})
    with pytest.raises(SchemaError, match="two prices of A"):
        spend.price_changes(HAND, baseline=pd.concat([table.assign(currency="EUR")]))
    with pytest.raises(ConfigError, match="pass prices above 0"):
        spend.price_changes(HAND, baseline={"A": 0.0})
    with pytest.raises(ConfigError, match="none of the lines"):
        spend.price_changes(HAND, baseline={"AA": 1.0})
    with pytest.raises(ConfigError, match="baseline='budget'"):
        spend.price_changes(HAND, baseline="budget")


def test_p2_a_move_of_the_rate_is_no_variance():
    dollars = lines(("A", "v", "2024-01-01", 10, 100.0), ("A", "v", "2025-01-01", 10, 100.0), currency="USD")
    rates = pd.DataFrame({"date": pd.to_datetime(["2024-01-01", "2025-01-01"]), "currency": "USD", "rate": [0.5, 0.9]})
    got = spend.price_changes(currency.convert(dollars, "EUR", rates))
    assert got.spend.tolist() == [50, 90] or got.spend.tolist() == [90, 50]
    assert got.ppv.dropna().tolist() == [0]
    dearer = dollars.assign(amount=[100.0, 110.0])
    got = spend.price_changes(currency.convert(dearer, "EUR", rates))
    assert got.ppv.dropna().tolist() == pytest.approx([9])  # ten dollars more, at the rate of the purchase


def test_p4_p5_p24_p25_returns_free_goods_services_and_charges_have_no_price():
    more = lines(
        ("A", "v", "2024-06-01", -5, -60.0),
        ("A", "v", "2024-06-01", 5, 0.0),
        ("A", "v", "2024-06-01", np.nan, 60.0),
        (None, "v", "2024-06-01", 5, 60.0),
        ("A", "v", "2024-06-01", 1, 999.0),
        ("A", "v", "2024-06-01", 1, 99.0),
        ("A", "v", "2024-06-01", 1, 9999.0),
    )
    more["type"] = [None, None, None, None, "Service", "Freight charge", "Blanket limit"]
    got = spend.price_changes(pd.concat([HAND, more], ignore_index=True))
    assert got.ppv.sum() == spend.price_changes(HAND).ppv.sum()
    assert {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]} == {
        "return": 1, "zero price": 1, "no quantity": 1, "no material": 1, "service, charge or frame line": 3,
    }  # fmt: skip
    dispersion = spend.price_dispersion(pd.concat([HAND, more], ignore_index=True))
    assert dispersion.lowest_price.min() == 8
    all_in = spend.by_vendor(
        pd.concat([HAND, more], ignore_index=True), by="type"
    )  # in spend they are, in rows of their own
    assert all_in.set_index("type").spend["Service"] == 999


def test_p8_a_price_per_hundred_compares_with_one_per_piece():
    got = spend.price_changes(
        lines(("A", "v", "2024-01-01", 100, 50.0), ("A", "v", "2025-01-01", 10, 5.0)).assign(
            unit_price=[50.0, 0.5], price_unit=[100.0, 1.0]
        )
    )
    assert got.ppv.dropna().tolist() == [0]


def test_p9_units_are_one_where_they_convert_and_apart_where_not():
    kilos = lines(("A", "v", "2024-01-01", 2, 20.0), unit_of_measure="KG")
    grams = lines(("A", "v", "2025-01-01", 2000, 22.0), unit_of_measure="G")
    box = lines(("A", "v", "2025-01-01", 1, 30.0), unit_of_measure="BOX")
    got = spend.price_changes(pd.concat([kilos, grams, box], ignore_index=True))
    assert got.unit.tolist()[0] == "KG"
    assert got.ppv.dropna().round(9).tolist() == [2]
    assert set(got.unit) == {"KG", "BOX"}


def test_p22_a_price_is_value_over_quantity_and_no_average_of_prices():
    got = spend.price_changes(lines(("A", "v", "2024-01-01", 1, 10.0), ("A", "v", "2024-02-01", 9, 45.0)))
    assert got.price.item() == 5.5


def test_p33_a_slip_of_two_digits_is_flagged_and_stays_in_the_spend():
    rows = [("A", "v", f"2024-01-{d:02d}", 10, 100.0 + d) for d in range(1, 10)]
    got = spend.price_dispersion(lines(*rows, ("A", "v", "2024-02-01", 10, 10_300.0)))
    assert got.n_outliers.item() == 1
    assert got.spend.item() == 945 + 10_300
    assert got.highest_price.item() == 10.9
    assert got.theoretical_ceiling.item() < 60


def test_dispersion_by_hand_and_its_two_references():
    frame = lines(*(("A", v, "2024-01-01", q, q * p) for v, q, p in (("a", 10, 4.0), ("b", 30, 5.0), ("c", 60, 6.0))))
    got = spend.price_dispersion(frame)
    assert got.reference_price.item() == 5  # a quarter of 100 pieces is reached at 5
    assert got.theoretical_ceiling.item() == 60
    low = spend.price_dispersion(frame, reference="lowest")
    assert low.theoretical_ceiling.item() == 30 + 120
    assert got.cv.item() == pytest.approx(1 / 5)
    few = spend.price_dispersion(frame, min_orders=4)
    assert few.theoretical_ceiling.isna().all()
    assert few.spend.item() == 550
    with pytest.raises(ConfigError, match="reference='mean'"):
        spend.price_dispersion(frame, reference="mean")


def test_single_source_by_hand():
    frame = lines(
        ("A", "v", "2025-01-01", 1, 10.0),
        ("A", "v", "2025-01-11", 1, 10.0),
        ("B", "v", "2025-01-01", 1, 5.0),
        ("B", "w", "2025-01-01", 1, 5.0),
        ("C", "w", "2025-01-01", 1, 3.0),
        ("D", "w", "2025-01-01", 1, 3.0),
        ("D", None, "2025-01-01", 1, 4.0),  # the unknown one may be another
    ).assign(delivered_date=pd.to_datetime(["2025-01-06", None, None, None, "2025-01-04", None, None]), asset_id="pump")
    got = spend.single_source(frame, as_of="2025-01-31")
    assert got.product_code.tolist() == ["A", "C"]
    assert got.spend.tolist() == [20, 3]
    assert got.share.tolist() == [0.5, 3 / 40]
    assert got[["n_delivered", "n_open"]].to_numpy().tolist() == [[1, 1], [1, 0]]
    assert got.median_days.tolist() == [5, 3]
    assert spend.single_source(frame, min_orders=2, as_of="2025-01-31").product_code.tolist() == ["A"]
    one = frame[frame.vendor_id == "v"]
    assert spend.single_source(one, item="asset", as_of="2025-01-31").asset_id.tolist() == ["pump"]
    named = frame.assign(vendor_name=frame.vendor_id.str.upper())
    merged = spend.single_source(named, aliases={"W": "V"}, as_of="2025-01-31")
    assert merged.product_code.tolist() == ["A", "B", "C"]
    assert "No lead times" in explain(spend.single_source(frame))


def test_a_list_tells_who_else_could_deliver_what_one_vendor_does():
    frame = lines(*((code, "v", "2025-01-01", 1, 10.0) for code in "ABCDE")).assign(
        material_id=list("ABCDE"), connection="x", delivered_date=pd.NaT
    )
    own = pd.DataFrame(
        [
            ("A", "v", 1.0, None), ("A", "w", 1.0, None), ("A", "w", 0.9, None), ("A", "u", 1.0, "2025-06-01"),
            ("B", "v", 1.0, None), ("C", "w", 1.0, "2024-12-31"), ("D", "w", None, None),
        ],
        columns=["material_id", "vendor_id", "price", "valid_to"],
    )  # fmt: skip
    got = spend.single_source(frame, as_of="2025-01-31", materials=own).set_index("material_id")
    # C's other price has ended and D's is none, so the list says nothing of them; E is not in it
    assert got.n_listed_elsewhere.fillna(-1).to_dict() == {"A": 2, "B": 0, "C": -1, "D": -1, "E": -1}
    assert got.listed_elsewhere[["A", "B"]].tolist() == [True, False]
    assert (
        spend.single_source(frame, as_of="2025-07-01", materials=own).set_index("material_id").n_listed_elsewhere["A"]
        == 1
    )
    elsewhere = own.assign(connection="y")
    assert spend.single_source(frame, as_of="2025-01-31", materials=elsewhere).n_listed_elsewhere.isna().all()
    assert "listed_elsewhere" not in spend.single_source(frame, as_of="2025-01-31")
    with pytest.raises(ConfigError, match="the item is 'asset'"):
        spend.single_source(frame.assign(asset_id="p"), item="asset", as_of="2025-01-31", materials=own)
    with pytest.raises(ConfigError, match="neither priceLevels nor"):
        spend.single_source(frame, as_of="2025-01-31", materials=own[["material_id", "price"]])
    text = style.alt_text(spend.plot_single_source(frame, as_of="2025-01-31", materials=own))
    assert "materials were bought from one vendor only" in text
    assert "materials" not in got.attrs["parameters"]


def test_the_sandbox_lists_a_second_vendor_for_what_is_bought_from_one():
    with ma.sandbox() as server:
        client = server.client("emea", progress=False)
        data, materials = client.fetch_purchases(), client.fetch_table("materials")
    recent = data.lines[data.lines.order_date >= "2025-10"]
    got = spend.single_source(recent, materials=materials)
    can = {
        m["key"]: {x["vendorKey"] for field in ("supplyOptions", "priceLevels") for x in json.loads(m[field])}
        for m in materials.to_dict("records")
    }
    want = [len(can[row.material_id] - {row.vendor_id}) for row in got.itertuples()]
    assert len(got) > 10
    assert got.n_listed_elsewhere.tolist() == want


def test_p26_intercompany_is_left_out_and_counted():
    frame = HAND.assign(vendor_name=HAND.vendor_id.str.upper())
    for function, options in (
        (spend.by_vendor, {}), (spend.by_period, {}), (spend.concentration, {}), (spend.tail, {"definition": "share"}),
        (spend.price_changes, {}), (spend.price_dispersion, {}), (spend.single_source, {}),
    ):  # fmt: skip
        got = function(frame, intercompany=["W"], **options)
        assert {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]}["intercompany"] == 2
        assert got.attrs["excluded"][0]["value"] == {"EUR": 90}
    with pytest.raises(ConfigError, match="no line has the vendor 'Wx'; near: W"):
        spend.by_vendor(frame, intercompany=["Wx"])
    with pytest.raises(ConfigError, match="pass a list"):
        spend.by_vendor(frame, intercompany="W")
