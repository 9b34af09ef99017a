"""Items of which nothing was ever recorded as received, as freight and taxes beside goods: nobody knows what of them is late."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage
from makini_analytics.review import look
from tests.review.test_never_received import DAY, bought, purchases
from tests.tiers import one_in


def beside_goods(column: str = "product_code", name: str = "FREIGHT") -> pd.DataFrame:
    """Return goods of twelve vendors, of which two have no receipts, each second line with one of freight beside it."""
    goods = bought().assign(product_code=lambda t: [f"P{i % 30}" for i in range(len(t))], line_number="10")
    freight = goods[::2].assign(line_number="20", amount=35.0, product_code=None, delivered_date=pd.NaT)
    return pd.concat([goods, freight.assign(**{column: name})], ignore_index=True)


@pytest.mark.parametrize(
    ("column", "name"), one_in(3, [("product_code", "FREIGHT"), ("description", "Freight"), ("material_id", "7")])
)
def test_what_is_never_received_of_an_item_is_neither_late_nor_overdue(column, name):
    data = purchases(beside_goods(column, name))
    got, lines = look(data), data.lines
    assert {n: list(of) for n, of in got.view.recorded.items.items()} == {"erp": [name]}
    freight = (lines[column] == name).fillna(False) & ~lines.vendor_name.isin(["V10", "V11"])
    told = f"Of 1 item of erp nothing was ever recorded as received: {freight.sum():,} lines are neither late nor overdue, as far as anyone knows."
    assert told in got.data_line
    rest = lines[~freight & ~lines.vendor_name.isin(["V10", "V11"])]
    past = rest[rest.delivered_date.isna() & (rest.required_date < DAY)]
    said, tiles = got.findings.set_index("kind"), {t.name: t for t in got.tiles}
    assert tiles["overdue"].value == pytest.approx(past.amount.sum())
    assert tiles["spend"].value == pytest.approx(lines[lines.order_date > "2024-06-30"].amount.sum())
    names = {"slippage": slippage, "lines": lines, "data": data}
    rows = eval(said.call["overdue"], names)
    assert rows[rows.days_overdue > 0].open_value.sum() == pytest.approx(past.amount.sum())
    assert eval(said.call["late"], names).value_late.sum() == pytest.approx(said.value["late"])
    part = data.filter(vendor=["V3", "V10"])
    assert look(part).view.recorded.items == got.view.recorded.items


def test_an_item_that_may_be_late_is_late():
    table = beside_goods()
    once = table.index[(table.product_code == "FREIGHT") & (table.vendor_name == "V2")][0]
    table.loc[once, "delivered_date"] = table.loc[once, "order_date"]
    assert not look(purchases(table)).view.recorded.items
    short = beside_goods()
    assert not look(
        purchases(short[(short.product_code != "FREIGHT") | (short.order_date > "2025-01-15")])
    ).view.recorded.items


@pytest.mark.full
def test_the_page_of_a_vendor_asks_for_no_freight(tmp_path):
    data = purchases(beside_goods())
    page = ma.report(data, tmp_path / "v.html", vendor="V2", progress=False).read_text("utf-8")
    lines = data.lines[(data.lines.vendor_name == "V2") & (data.lines.product_code != "FREIGHT")]
    due = lines[(lines.required_date > "2024-06-30") & (lines.required_date <= DAY)]
    on_time = int((due.delivered_date <= due.required_date).sum())
    assert f"{on_time} of {len(due)} lines due came on time" in page
    assert "No line is overdue" in page
