"""What a page's tables say beside their texts: how many rows a choice has in all, and values without noise, to be taken along."""

from __future__ import annotations

import html
import json
import re

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.reporting import content
from makini_analytics.reporting._page import html_page


def late(n=700):
    """Make purchases of open lines, all but the last fifty overdue, of amounts in thirds; and of fifty that came."""
    due = pd.Timestamp("2025-06-30") - pd.to_timedelta(pd.Series(range(n)) % 90 + 1, "D")
    due[-50:] = pd.Timestamp("2025-07-20")
    table = pd.DataFrame({"order_number": [f"P{i}" for i in range(n)], "line_number": "1", "vendor_name": [f"V{i % 20}" for i in range(n)],
                          "product_code": [f"M{i}" for i in range(n)], "quantity": 3.0, "amount": [1000 + i / 3 for i in range(n)], "currency": "EUR",
                          "order_date": due - pd.Timedelta(days=30), "required_date": due, "delivered_date": pd.NaT})  # fmt: skip
    came = table.tail(50).assign(order_number="D", line_number=[str(i) for i in range(50)], required_date=pd.Timestamp("2025-04-01"),
                                 order_date=pd.Timestamp("2025-03-01"), delivered_date=pd.Timestamp("2025-04-01"))  # fmt: skip
    return ma.Purchases.from_table(pd.concat([table, came], ignore_index=True), as_of="2025-06-30")


@pytest.fixture(scope="module")
def page():
    return html_page(content(late(), sections=["open_orders"]))


def test_a_choice_tells_the_rows_of_the_whole_table_where_the_page_has_only_the_first(page):
    table = re.search("<table data-name='open_orders'.*?</table>", page, re.DOTALL)[0]
    assert table.count("<tr>") == 501
    heads = re.findall("data-h='([^']*)' data-choose='([^']*)'", table)
    counts = {name: json.loads(html.unescape(told)) for name, told in heads}
    assert counts["State"] == {"overdue": 650, "due in 30 days": 50}  # none of the latter is among the rows
    assert sum(counts["Vendor"].values()) == 700
    said = re.search("<p class='muted note'><span class='screen'>(The first[^<]*)", page)[
        1
    ]  # also where no script runs
    assert said.startswith("The first 500 of 700 rows, of which 650 are overdue; ")


def test_values_to_take_along_have_no_noise(page):
    table = re.search("<table data-name='open_orders'.*?</table>", page, re.DOTALL)[0]
    values = {}
    for name, value in re.findall("data-h='([^']*)' data-v='([^']*)'", table):
        values.setdefault(name, []).append(value)
    assert all(re.fullmatch(r"\d+", v) for v in values["Days overdue"])
    assert all(re.fullmatch(r"\d+(\.\d{1,2})?", v) for v in values["Open value, EUR"])
    assert all(re.fullmatch(r"[01](\.\d{1,4})?", v) for v in values.get("Chance", []))
    amounts = [float(v) for v in values["Open value, EUR"]]
    assert amounts == sorted(amounts, reverse=True) and len(set(amounts)) == 500
    assert set(values["Open quantity"]) == {"3"}
