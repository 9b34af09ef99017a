"""Units: understood by the table, converted only within one kind, never across; unknown stays unknown (P9)."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import SchemaError, units


def test_spellings_of_one_unit_are_one_code_and_no_spelling_is_two():
    kilos = pd.Series(["KG", "kg", "Kilogram", "KGM", "kg.", " KG "], dtype="string")
    assert set(units.understood(kilos)) == {"KGM"}
    spelled = [name.strip() for _, _, names in units._TABLE.values() for name in names.split(";")]
    assert len(spelled) == len(set(spelled))
    assert units.understood(pd.Series(["XYZ", None, ""], dtype="string")).isna().all()


@pytest.mark.parametrize(
    ("one", "other", "want"),
    [
        ("t", "kg", 1000),
        ("lb", "kg", 0.45359237),
        ("ft", "in", 12),
        ("m3", "l", 1000),
        ("DZ", "EA", 12),
        ("gal", "l", 3.785411784),
    ],
)
def test_factors_as_they_are_defined(one, other, want):
    assert units.factor(one, other) == pytest.approx(want, rel=1e-12)
    assert units.factor(other, one) == pytest.approx(1 / want, rel=1e-12)


def test_p9_nothing_is_converted_across_kinds_or_from_a_box():
    for one, other in (("kg", "m"), ("box", "ea"), ("pair", "ea"), ("l", "kg"), ("xyz", "kg")):
        assert math.isnan(units.factor(one, other))
    lines = pd.DataFrame({"quantity": [5.0, 1.0], "unit_price": [3.0, 36.0], "unit_of_measure": ["EA", "BOX"]})
    got = units.convert(lines, "EA")
    assert got["quantity"].isna().tolist() == [False, True]
    assert got["unit_of_measure"].tolist() == ["EA", "BOX"]
    own = units.convert(lines, "EA", own={"BOX": ("EA", 12)})
    assert own["quantity"].tolist() == [5, 12]
    assert own["unit_price"].tolist() == [3, 3]


def test_the_api_s_own_factors():
    table = pd.DataFrame(
        {
            "key": ["1", "2", "3"],
            "code": ["EA", "BOX", "PAL"],
            "rate": ["1", "12", "40"],
            "rateBaseKey": [None, "1", "2"],
        }
    )
    own = units.from_api(table)
    assert own == {"BOX": ("EA", 12.0), "PAL": ("BOX", 40.0)}
    assert units.factor("PAL", "EA", own) == 480


def test_prices_per_hundred_become_prices_of_one():
    lines = pd.DataFrame({"quantity": [500.0], "unit_price": [4.0], "price_unit": [100.0], "unit_of_measure": ["G"]})
    got = units.convert(lines, "KG")
    assert got["unit_price"].item() == pytest.approx(40.0)
    assert (got["unit_price"] * got["quantity"]).item() == pytest.approx(4.0 * 5)


def test_the_sample_s_units_are_all_understood():
    lines = ma.load_sample().lines
    assert lines["unit_code"].notna().all()


def test_a_unit_that_is_none_teaches():
    with pytest.raises(SchemaError, match="understood"):
        units.convert(pd.DataFrame({"quantity": [1.0], "unit_of_measure": ["EA"]}), "bananas")


def test_a_price_whose_unit_can_not_be_read_is_missing():
    lines = pd.DataFrame(
        {"quantity": 2.0, "unit_price": 10.0, "unit_of_measure": "KG", "price_unit": [100.0, None, None, None]}
    )
    lines["unreadable"] = pd.array([None, None, "amount, price_unit", "custom.price_unit"], dtype="string")
    assert units.convert(lines, "KG").unit_price.fillna(-1).tolist() == [0.1, 10.0, -1, 10.0]
