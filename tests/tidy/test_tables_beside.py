"""Receipts and order heads as tables of their own, as systems write them: what is lost of them is missing on the lines, never made up."""

from __future__ import annotations

import pandas as pd
import pytest

from makini_analytics import Purchases
from tests.tiers import one_in

LINES = pd.DataFrame({"po": ["1", "1", "2"], "ln": ["10", "20", "10"], "q": [10, 5, 4], "a": [100.0, 50.0, 40.0]})
COLUMNS = {"po": "order_number", "ln": "line_number", "q": "quantity", "a": "amount"}
OF_RECEIPTS = {"po": "order_number", "ln": "line_number", "d": "received_date", "q": "quantity"}
DAYS = ["2024-02-01", "2024-02-05", "2024-02-03", "2024-02-07"]


def with_receipts(po=("1", "1", "1", "2"), ln=("10", "10", "20", "10"), d=DAYS, q=(6, 4, 5, 4), lines=LINES, **more):
    rows = pd.DataFrame({"po": po, "ln": ln, "d": d} | ({} if q is None else {"q": q}))
    names = {k: v for k, v in OF_RECEIPTS.items() if k in rows}
    return Purchases.from_table(lines, columns=COLUMNS | more, receipts=(rows, names), currency="EUR")


def told(got, *columns):
    lines = got.lines[list(columns)].astype(object)
    return lines.where(lines.notna(), None).values.tolist()


@pytest.mark.parametrize(("what", "values"), one_in(2, [("q", ["6", "x", "5", "4"]), ("d", [DAYS[0], "soon", *DAYS[2:]]), ("q", ["6", "4 or 5", "5", "4"])]))  # fmt: skip
def test_a_receipt_that_can_not_be_read_leaves_its_line_unknown(what, values):
    got = with_receipts(**{what: values})
    assert told(got, "received_quantity", "state")[0] == [None, "unknown"]
    assert got.lines.delivered_date.dt.strftime("%F").fillna("").tolist() == ["", "2024-02-03", "2024-02-07"]
    assert got.lines.unreadable.fillna("").tolist() == ["delivered_date, received_quantity", "", ""]
    assert got.issues.loc[got.issues.value == values[1], "id"].tolist() == ["1"]


@pytest.mark.parametrize(("q", "n_told"), one_in(3, [(None, 0), ([None] * 4, 0), ([6, None, 5, 4], 1)]))
def test_receipts_without_quantities_are_complete_with_the_last_one(q, n_told):
    got = with_receipts(q=q)
    assert got.lines.delivered_date.dt.strftime("%F").tolist() == ["2024-02-05", "2024-02-03", "2024-02-07"]
    assert told(got, "received_quantity")[0] == [None]
    assert len(got.issues) == n_told


@pytest.mark.parametrize(
    ("po", "ln"),
    one_in(2, [(["0000000001", "1", "1", "2"], ["00010", "00010", "00020", "00010"]), ([1.0, 1.0, 1.0, 2.0], [10, 10, 20, 10]),
               (["1 ", "1", " 1", "2"], ["10 ", " 10", "20", "10"])]),
)  # fmt: skip
def test_numbers_are_the_same_with_and_without_zeros_and_blanks(po, ln):
    got = with_receipts(po=po, ln=ln)
    assert told(got, "received_quantity", "n_receipts") == [[10, 2], [5, 1], [4, 1]]
    heads = pd.DataFrame({"po": [po[0], po[3]], "v": ["A", "B"]})
    got = Purchases.from_table(LINES, columns=COLUMNS, orders=(heads, {"po": "order_number", "v": "vendor_name"}))
    assert got.lines.vendor_name.tolist()[0] == "A"
    assert len(got.orders) == 2


def test_receipts_of_far_more_than_was_ordered_are_told():
    twice = {"po": ["1"] * 4, "ln": ["10"] * 4, "d": DAYS[:2] * 2, "q": [6, 4] * 2}
    got = with_receipts(**twice)
    assert got.issues[["id", "column", "value"]].values.tolist() == [["1", "quantity", "20.0"]]
    assert not len(with_receipts(q=[6, 5, 5, 4]).issues)  # a tenth more is a delivery as they come
    invoices = with_receipts(po=["2", "2"], ln=["10", "10"], d=DAYS[:2], q=[4, 4])
    assert invoices.issues.value.tolist() == ["8.0"]


def test_a_received_quantity_that_receipts_contradict_is_kept_and_told():
    got = with_receipts(lines=LINES.assign(r=[10, 0, 4]), r="received_quantity")
    assert got.lines.received_quantity.tolist() == [10, 0, 4]
    assert got.issues[["column", "value"]].values.tolist() == [["received_quantity", "5.0"]]


@pytest.mark.parametrize(
    ("column", "ends"),
    one_in(3, [("deleted_at", "X"), ("deleted_at", True), ("deleted_at", "2024-02-04"), ("status", "Storniert")]),
)
def test_receipts_that_ended_are_left_out_and_counted(column, ends):
    rows = pd.DataFrame({"po": ["1"] * 3, "ln": ["10"] * 3, "d": DAYS[:3], "q": [6, 4, 10]})
    rows["x"] = pd.Series([None, False if column == "deleted_at" else "On hold", ends], dtype=object)
    got = Purchases.from_table(LINES, columns=COLUMNS, receipts=(rows, OF_RECEIPTS | {"x": column}), currency="EUR")
    assert told(got, "received_quantity", "n_receipts")[0] == [10, 2]
    assert got.issues.value.tolist() == (
        [] if column == "deleted_at" else ["On hold"]
    )  # which does not tell, and counts
    assert "1 receipts are deleted" in got.sources.notes.item()


def heads(**given):
    rows = pd.DataFrame({"po": ["1", "2", "3"]} | given)
    names = {"po": "order_number", "x": "deleted_at", "d": "order_date", "st": "status"}
    return Purchases.from_table(LINES, columns=COLUMNS, currency="EUR",
                                orders=(rows, {k: v for k, v in names.items() if k in rows}))  # fmt: skip


@pytest.mark.parametrize("mark", one_in(2, ["X", "L", "yes"]))
def test_a_mark_of_deletion_in_the_head_marks_the_order_and_its_lines(mark):
    got = heads(x=[mark, None, mark])
    assert got.lines.state.tolist() == ["cancelled", "cancelled", "open"]
    assert got.orders.state.tolist() == ["cancelled", "open", "cancelled"]


def test_a_date_of_the_head_that_can_not_be_read_is_lost_on_its_lines():
    got = heads(d=["?", "2024-01-02", "2024-01-03"])
    assert got.lines.unreadable.fillna("").tolist() == ["order_date", "order_date", ""]
    assert "Warning: order_date could not be read on 2 of 3 lines" in got.sources.notes.item()


def test_heads_without_a_number_and_twice():
    got = heads(po=[1.0, 1.0, None], st=["Closed", "Open", "Open"])
    assert got.lines.status.fillna("").tolist() == ["Closed", "Closed", ""]
    assert "there twice" in got.issues.reason.item()
    assert "Columns of orders= left out" not in got.sources.notes.item()


def test_heads_that_contradict_their_lines_are_told_once_a_column():
    own = {"v": ["B", "B", "C"], "c": ["EUR"] * 3, "d": ["2024-01-02"] * 3}
    rows = pd.DataFrame({"po": ["1", "2"], "v": ["Z", "C"], "c": ["USD", "USD"], "d": ["2024-01-02"] * 2})
    names = {"po": "order_number", "v": "vendor_name", "c": "currency", "d": "order_date"}
    got = Purchases.from_table(LINES.assign(**own), columns=COLUMNS | names, orders=(rows, names))
    assert got.lines.vendor_name.tolist() == own["v"] and got.lines.currency.tolist() == own["c"]
    assert got.issues[["column", "value"]].values.tolist() == [["vendor_name", "B / Z"], ["currency", "EUR / USD"]]
    assert [reason[-8:] for reason in got.issues.reason] == ["(2 rows)", "(3 rows)"]
    same = rows.assign(v=["b", "c"], c=["EUR", None])
    assert not len(Purchases.from_table(LINES.assign(**own), columns=COLUMNS | names, orders=(same, names)).issues)
