"""Lists as people read them: what one can act on, in an order to act in, no key, and no row lost."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import quality, slippage, spend
from makini_analytics.reporting._lists import is_list, open_lines, shown
from tests.tiers import one_in

AS_OF = pd.Timestamp("2025-06-30")
FIRST = [
    "order_number", "line_number", "item", "description", "site", "vendor", "due_date", "days_overdue", "open_value", "currency",
    "chance", "also_on_order",
]  # fmt: skip


def lines(*rows):
    """Make open lines of rows of number, item, unit, due date, quantity, received, amount."""
    table = pd.DataFrame(rows, columns=["order_number", "product_code", "unit_of_measure", "required_date", "quantity", "received_quantity", "amount"])  # fmt: skip
    return table.assign(
        order_date=pd.Timestamp("2025-01-02"), delivered_date=pd.NaT, required_date=pd.to_datetime(table["required_date"]),
        vendor_name="Nord", description="bolt", site_name="Ulm", line_number="10", currency="EUR", connection="a",
    )  # fmt: skip


OPEN = lines(
    ("P1", "BLT", "EA", "2025-06-20", 10, 0, 100.0),  # overdue: 15 + 25 more come, the first on 12 July
    ("P2", "BLT", "EA", "2025-07-12", 20, 5, 200.0),
    ("P3", "BLT", "EA", "2025-08-01", 25, 0, 250.0),
    ("P4", "BLT", "KG", "2025-07-01", 7, 0, 70.0),  # another unit
    ("P5", "NUT", "EA", "2025-06-01", 1, 0, 500.0),  # overdue, nothing else of it
    ("P6", None, "EA", "2025-06-10", 1, 0, 5.0),  # no item: beside nothing
    ("P7", None, "EA", "2025-07-10", 1, 0, 5.0),
)


def test_the_columns_that_people_find_a_line_by():
    got = slippage.open_orders(OPEN, as_of=AS_OF).set_index("order_number")
    assert got.open_quantity.to_dict() == {"P1": 10, "P2": 15, "P3": 25, "P4": 7, "P5": 1, "P6": 1, "P7": 1}
    assert got.loc["P2", ["line_number", "product_code", "site_name", "unit_of_measure"]].tolist() == ["10", "BLT", "Ulm", "EA"]  # fmt: skip
    bare = slippage.open_orders(OPEN[["order_date", "delivered_date", "required_date"]], as_of=AS_OF)
    assert bare[["order_number", "description", "open_quantity"]].isna().all(axis=None)


def test_overdue_lines_lead_by_value_and_say_what_else_is_on_order():
    got = shown(slippage.open_orders(OPEN, as_of=AS_OF))
    assert list(got.columns[:12]) == FIRST
    assert got.order_number.tolist() == ["P5", "P1", "P6", "P4", "P7", "P2", "P3"]
    assert got.state.tolist() == ["overdue"] * 3 + ["due in 30 days"] * 3 + ["due later"]
    assert got.days_overdue.fillna(-1).tolist() == [29, 10, 20, -1, -1, -1, -1]
    said = got.set_index("order_number").also_on_order
    assert said["P1"] == "2 lines, 40 EA, next 12 Jul"
    assert said.drop("P1").isna().all()


def test_amounts_of_two_currencies_are_not_ranked_by_value():
    two = OPEN.assign(currency=["EUR"] * 4 + ["JPY"] + ["EUR"] * 2)
    assert shown(slippage.open_orders(two, as_of=AS_OF)).order_number.tolist()[:3] == ["P5", "P6", "P1"]


def test_of_the_sample_every_open_line_is_there_once_with_its_chance_and_what_is_on_order_beside_it():
    data = ma.load_sample()
    table = slippage.open_orders(data.lines)
    got = shown(table)
    assert len(got) == len(table)
    assert got.open_value.sum() == pytest.approx(table.open_value.sum())
    key = ["order_number", "line_number", "vendor"]
    by_key = table.assign(vendor=table.vendor_name).set_index(key)
    both = got.set_index(key).join(by_key[["days_overdue", "chance_30_days", "chance_on_time"]].add_suffix("_of"))
    assert len(both) == len(got)
    late = both.days_overdue_of > 0
    assert (late == (both.state == "overdue")).all()
    want = np.where(late, both.chance_30_days_of, both.chance_on_time_of)
    np.testing.assert_allclose(both.chance.astype(float), want)
    told = 0
    for row in table[table.days_overdue > 0].itertuples():  # plain loops
        others = [o for o in table.itertuples() if (o.connection, o.material_id, o.unit_of_measure) == (row.connection, row.material_id, row.unit_of_measure)
                  and o.line_id != row.line_id and o.bucket != "to be closed"]  # fmt: skip
        said = both.loc[(row.order_number, row.line_number, row.vendor_name), "also_on_order"]
        if not others:
            assert pd.isna(said)
            continue
        told += 1
        n, amount = re.match(r"([\d,]+) lines?, ([\d,.]+) ", said).groups()
        assert int(n) == len(others)
        assert float(amount.replace(",", "")) == pytest.approx(sum(o.open_quantity for o in others))
        later = [o.due_date for o in others if not o.days_overdue > 0]
        assert said.endswith(f"next {min(later).day} {min(later):%b}") if later else "next" not in said
    assert told >= 10
    found = ma.findings(data, currency="EUR").set_index("kind").loc["overdue", "why"]
    assert f"{told} lines have more of the same item on order" in found


def test_lines_that_name_no_group_are_called_so():
    table = spend.by_vendor(pd.DataFrame({"site_name": ["Ulm", None, None], "currency": "EUR", "amount": [3.0, 2.0, 5.0]}), by="site_name")  # fmt: skip
    assert shown(table).site_name.tolist() == ["not recorded", "Ulm"]
    named = pd.DataFrame({"vendor_id": ["1", None], "vendor_name": pd.array([None, None], dtype="string"), "currency": "EUR", "amount": [3.0, 2.0]})  # fmt: skip
    assert shown(spend.by_vendor(named)).vendor_name.tolist() == ["1", "not recorded"]


@pytest.mark.parametrize(
    "name", one_in(3, ["open_orders", "single_source", "price_changes", "prices", "duplicates", "by_vendor"])
)
def test_no_key_and_no_connection_is_shown_and_no_row_is_lost(name):
    data = ma.load_sample()
    table = {
        "open_orders": lambda: slippage.open_orders(data.lines),
        "single_source": lambda: spend.single_source(data.lines[data.lines.vendor_name == "Kugellager Nord AG"]),
        "price_changes": lambda: spend.price_changes(data.lines, currency="EUR"),
        "prices": lambda: spend.bridge(
            *(data.lines[data.lines.order_date.dt.year == y] for y in (2024, 2025)),
            per_vendor=True,
            per_item=True,
            currency="EUR",
        ),
        "duplicates": lambda: quality.duplicates(data),
        "by_vendor": lambda: spend.by_vendor(data.lines),
    }[name]()
    got = shown(table)
    assert len(got) == len(table) > 10
    assert not [c for c in got if c.endswith("_id") or "connection" in c]
    assert not any(got[c].str.contains(r"[0-9a-f]{20}").any() for c in got.select_dtypes("string"))
    assert got.attrs == table.attrs
    assert is_list(table) == (name != "by_vendor")
    if name in ("single_source", "price_changes", "prices"):
        assert list(got.columns[:3]) == ["item", "description", "vendor"]


def test_files_begin_with_what_people_act_on_and_end_with_keys(made):
    _, out, told = made
    first = {
        "open_orders": ["order_number", "line_number", "product_code", "description", "site_name", "vendor_name", "due_date", "days_overdue",
                        "open_value", "currency", "chance_30_days", "chance_on_time"],
        "spend_single_source_all": ["product_code", "description", "vendor_name"],
        "spend_prices": ["product_code", "description", "vendor_name"],
        "quality_duplicates": ["name", "other_name", "kind"],
    }  # fmt: skip
    tables = {e.name: e.table for e in (*told.exhibits, *told.beside())}
    for name, begins in first.items():
        got = pd.read_csv(out / "folder" / "tables" / f"{name}.csv", encoding="utf-8-sig")
        assert list(got.columns[: len(begins)]) == begins
        keys = [c for c in got if c in ("id", "other_id") or c.endswith("_id") or "connection" in c]
        assert keys and list(got.columns[-len(keys) :]) == keys
        assert sorted(got.columns) == sorted(tables[name].columns) and len(got) == len(tables[name])


def test_two_vendors_of_one_name_are_told_apart_by_their_connection():
    table = spend.by_vendor(pd.DataFrame({"vendor_id": ["1", "2", "3"], "vendor_name": ["Nord", "Nord", "Süd"], "connection": ["a", "b", "a"], "currency": "EUR", "amount": [3.0, 2.0, 1.0]}))  # fmt: skip
    assert shown(table).vendor_name.tolist() == ["Nord (a)", "Nord (b)", "Süd"]


def test_p90_of_few_lines_is_not_told():
    day = pd.Series(pd.Timestamp("2025-01-02") + pd.to_timedelta(range(30), "D"))
    table = pd.DataFrame({"order_number": range(30), "product_code": ["A"] * 25 + ["B"] * 5, "vendor_name": "Nord", "vendor_id": "n", "order_date": day,
                          "delivered_date": day + pd.Timedelta(days=9), "amount": 10.0, "currency": "EUR"})  # fmt: skip
    alone = spend.single_source(table, min_orders=1, as_of="2025-06-30").set_index("product_code", drop=False)
    assert alone.p90_days.to_dict() == {"A": 9.0, "B": 9.0}
    seen = shown(alone.reset_index(drop=True)).set_index("item").p90_days
    assert seen["A"] == 9.0 and np.isnan(seen["B"])


def test_what_may_be_there_twice_is_not_added_over_kinds(made):
    _, out, told = made
    pages = (out / "r.html").read_text("utf-8")
    head = re.search("<table data-name='quality_duplicates'.*?</thead>", pages, re.DOTALL)[0]
    kinds = next(e.table for e in told.exhibits if e.name == "quality_duplicates").kind
    assert {"vendor", "order"} <= set(kinds)
    assert "data-sum" not in head
    assert "data-sum" in re.search("<table data-name='spend_prices'.*?</thead>", pages, re.DOTALL)[0]


def test_the_slides_list_what_is_overdue(made):
    pptx = pytest.importorskip("pptx")
    _, out, told = made
    deck = pptx.Presentation(str(out / "r.pptx"))
    assert len(deck.slides) <= 12
    slide = next(s for s in deck.slides if any(shape.name == "open_orders" for shape in s.shapes))
    table = next(shape for shape in slide.shapes if shape.name == "open_orders").table
    head, *rows = ([cell.text for cell in row.cells] for row in table.rows)
    listed = open_lines(next(e for e in told.exhibits if e.name == "open_orders").table)
    overdue = listed[listed["state"] == "overdue"]
    assert slide.shapes.title.text == f"{len(overdue)} lines overdue; these ten first"
    assert [row[head.index("Order")] for row in rows] == overdue["order_number"].head(10).tolist()
    assert [int(row[head.index("Days overdue")]) for row in rows] == overdue["days_overdue"].head(10).astype(
        int
    ).tolist()
    frame = next(shape for shape in slide.shapes if shape.name == "open_orders")
    assert frame.top + sum(row.height for row in table.rows) <= deck.slide_height


def test_an_order_of_two_vendors_is_called_by_its_key():
    """Without a number of the order its key has the vendor behind it, which would be too long for a key that a person gave."""
    table = lines(*((None, "BLT", "EA", "2025-06-20", 10, 0, 100.0) for _ in range(3))).drop(columns=["order_number", "line_number"])  # fmt: skip
    data = ma.Purchases.from_table(table.assign(order_id=["PO0", "PO0", "PO1"], vendor_name=["Beteiligungsgesellschaft Süd mbH", "Bolt", "Bolt"]), as_of=AS_OF)  # fmt: skip
    assert data.lines.order_id[0] != "PO0"
    assert sorted(open_lines(slippage.open_orders(data.lines, as_of=AS_OF)).order_number) == ["PO0", "PO0", "PO1"]


def test_open_lines_of_two_vendors_of_one_name_are_told_apart():
    table = pd.DataFrame({"connection": ["emea", "us", "us"], "vendor_id": ["1", "2", "3"], "vendor_name": ["Nord AG", "Nord AG", "Bolt AG"],
                          "order_number": list("abc"), "amount": 9.0, "currency": "EUR", "order_date": "2025-01-02", "required_date": "2025-01-20"})  # fmt: skip
    lines = ma.Purchases.from_table(table, as_of="2025-01-31").lines
    assert sorted(shown(slippage.open_orders(lines)).vendor) == ["Bolt AG", "Nord AG (emea)", "Nord AG (us)"]
