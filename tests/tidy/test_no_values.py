"""What stands in the place of a value and is none: missing and listed on every way in, and nothing takes its place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import Purchases
from tests.tidy.plain import tidy_orders
from tests.tiers import one_in

PRICED = {"quantity": 2.0, "unit_price": 5.0, "currency": "EUR"}


def read(**columns):
    n = len(next(iter(columns.values())))
    plain = {"order_number": [f"P{i}" for i in range(n)], "vendor_name": ["A"] * n} | {
        k: [v] * n for k, v in PRICED.items()
    }
    return Purchases.from_table(pd.DataFrame(plain | columns))


ERRORS = [
    "#REF!",
    "#BEZUG!",
    "#NV",
    "#WERT!",
    "#¿NOMBRE?",
    "#NOMBRE?",
    "#N/D",
    "#Н/Д",
    "#DIV/0!",
    "#ZAHL!",
    "Err:502",
    "########",
]


@pytest.mark.parametrize("text", one_in(2, [*ERRORS, "=E2*F2*0.9"]))
def test_an_error_or_a_formula_is_unreadable_in_every_column(text):
    names = ["order_number", "vendor_name", "status", "order_date", "amount", "currency"]
    got = read(**{name: [text, None] for name in names})
    lost = names[2:] if text.startswith("=") else names  # somebody may be called so: a name stays, and is told
    assert got.lines.loc[0, names].isna().tolist() == [n in lost for n in names]
    assert got.lines.state.tolist() == ["unknown", "open"]
    assert got.lines.unreadable.iloc[0] == ", ".join(sorted(lost))
    assert sorted(got.issues.column) == sorted(names)
    assert (got.issues.value == text).all()
    assert got.lines.amount.fillna(-1).tolist() == [-1, 10]


@pytest.mark.parametrize("text", one_in(3, ["#1 bolt", "#A-100", "=> see above", "E-100", "Error 5"]))
def test_texts_that_only_look_like_errors_stay(text):
    got = read(vendor_name=[text])
    assert got.lines.vendor_name.tolist() == [text]
    assert not len(got.issues)


@pytest.mark.parametrize("text", one_in(3, ["-", "--", "–", "N/A", "n/a", "none", "NULL", ".", "?"]))
def test_a_word_for_nothing_is_no_currency(text):
    got = read(currency=[text, "eur"])
    assert got.lines.currency.tolist() == [pd.NA, "EUR"]
    assert got.lines.unreadable.isna().all()
    stated = Purchases.from_table(pd.DataFrame({"amount": [1.0], "currency": [text]}), currency="USD")
    assert stated.lines.currency.tolist() == ["USD"]


@pytest.mark.parametrize("text", one_in(3, ["0", "1,08", 0.0, "#NV"]))
def test_a_number_is_no_currency_and_listed(text):
    got = read(currency=[text, "€"])
    assert got.lines.currency.tolist() == [pd.NA, "EUR"]
    assert got.lines.unreadable.fillna("").tolist() == ["currency", ""]
    assert got.issues[["id", "column", "value"]].values.tolist() == [["1", "currency", str(text)]]
    stated = Purchases.from_table(pd.DataFrame({"amount": [1.0], "currency": [text]}), currency="USD")
    assert stated.lines.currency.isna().all()  # one was given


def test_currencies_of_the_api_are_read_alike():
    lines = [
        {"key": f"l{i}", "quantity": 1, "price": 1, "currency": c} for i, c in enumerate(("-", "1,08", "eur", None))
    ]
    got = tidy_orders([[{"key": "a", "currency": "n/a", "lineItems": lines}]], connection="x")
    assert got.lines.currency.tolist() == [pd.NA, pd.NA, "EUR", pd.NA]
    assert got.issues[["table", "id", "column", "value"]].values.tolist() == [["lines", "l1", "currency", "1,08"]]
    assert got.lines.unreadable.fillna("").tolist() == ["", "currency", "", ""]


@pytest.mark.parametrize(
    "dates",
    one_in(
        5, [[pd.Timestamp("2024-10-01"), "4711"], ["2024-10-01 00:00:00", "4711"], pd.to_datetime(["2024-10-01", None])]
    ),
)
@pytest.mark.parametrize("column", ["order_number", "product_code", "vendor_name"])
def test_a_name_that_a_spreadsheet_made_a_date_is_told(dates, column):
    got = read(**{column: dates})
    assert got.lines[column].iloc[0][:10] == "2024-10-01"
    assert got.issues[["id", "column"]].values.tolist() == [["1", column]]
    assert "a spreadsheet makes one" in got.issues.reason.item()


@pytest.mark.parametrize(
    "text", one_in(5, ["", " ", "-", "--", "N/A", "None", "NULL", "#", ".", "−", "(none)", "-" * 20])
)
@pytest.mark.parametrize(
    "column",
    one_in(5, ["material_id", "product_id", "product_code", "category", "vendor_name", "site_id", "description"]),
)
def test_what_says_nothing_is_no_name(column, text):
    if column == "vendor_name" and text in ("None", "NULL"):  # a firm may be called so
        assert read(vendor_name=[text]).lines.vendor_name.tolist() == [text]
        return
    """Else all lines with a dash would be one item, whose price moves with what is bought."""
    assert read(**{column: [text, "A-1"]}).lines[column].tolist() == [pd.NA, "A-1"]


@pytest.mark.parametrize("text", one_in(3, ["", " ", "-", "N/A"]))
def test_what_says_nothing_is_no_name_in_the_api_either(text):
    lines = [{"key": f"l{i}", "materialKey": c, "name": c, "unit": c} for i, c in enumerate((text, "A-1"))]
    got = tidy_orders([[{"key": "a", "vendorKey": text, "title": text, "lineItems": lines}]], connection="x")
    assert got.lines[["material_id", "description"]].values.tolist() == [[pd.NA] * 2, ["A-1"] * 2]
    assert got.orders[["vendor_id", "title"]].values.tolist() == [[pd.NA, text]]


@pytest.mark.parametrize("text", one_in(3, ["NA", "0", "-1", "#5", "N/A-7", "None of these", '"', "%"]))
def test_what_may_be_a_name_stays(text):
    got = read(product_code=[text, "A-1"], unit_of_measure=[text, "EA"])
    assert got.lines[["product_code", "unit_of_measure"]].values.tolist() == [[text] * 2, ["A-1", "EA"]]


@pytest.mark.parametrize("text", one_in(2, ["", "-", "N/A", None]))
def test_items_without_a_code_are_not_one_item_whose_price_rose(text):
    import makini_analytics as ma

    days = pd.date_range("2023-01-01", "2024-12-31", freq="D")
    dear = np.arange(len(days)) % 10 < np.where(days < "2024", 2, 8)  # more dear items this year, at the old prices
    table = pd.DataFrame(
        {"order_number": range(len(days)), "order_date": days, "vendor_name": "Bolt", "currency": "EUR"}
    )
    table = table.assign(material_id=text, quantity=5.0, unit_price=np.where(dear, 90.0, 10.0)).astype(
        {"order_number": str}
    )
    table["amount"] = table["quantity"] * table["unit_price"]
    found = ma.findings(Purchases.from_table(table, as_of="2024-12-31")).set_index("kind")
    assert "nothing says what was bought" in found.sentence["prices"]
