"""Any export: names that teach, dates that are not guessed, every row a line."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, Purchases, SchemaError
from makini_analytics.tidy import empty, warnings_in
from tests.tiers import one_in

EXPORT = pd.DataFrame(
    {
        "PO Number": ["1", "1", "2", " 2 "],
        "Supplier": [" ACME ", "ACME", "Bolt & Co", None],
        "Ordered": ["2025-01-02", "2025-01-02", "3 Feb 2025", "no idea"],
        "Needed": ["13/01/2025", "14/01/2025", "02/03/2025", ""],
        "Qty": ["10", 2.5, "1.000,5", None],
        "Price": [1, 4, 5, 6],
        "Total": [10.0, None, 7.5, 8],
        "State": ["Closed", "Open", "cancelled", "ZZ"],
        "Extra": [1, 2, 3, 4],
    }
)
COLUMNS = {
    "PO Number": "order_number", "Supplier": "vendor_name", "Ordered": "order_date", "Needed": "required_date",
    "Qty": "quantity", "Price": "unit_price", "Total": "amount", "State": "status", "Extra": "custom.extra",
}  # fmt: skip


def read(df=EXPORT, columns=COLUMNS, **options):
    return Purchases.from_table(df, columns=columns, **({"currency": "EUR", "as_of": "2025-06-30"} | options))


def test_every_row_becomes_a_line_and_every_doubt_is_told():
    before = EXPORT.copy()
    got = read()
    pd.testing.assert_frame_equal(EXPORT, before)
    lines = got.lines
    assert len(lines) == 4
    assert lines.line_id.tolist() == ["1", "2", "3", "4"]
    assert lines.order_id.tolist() == ["1", "1", "2", "2"]
    assert got.orders.order_id.tolist() == ["1", "2"]
    assert got.orders.n_lines.tolist() == [2, 2]
    assert lines.vendor_id.tolist() == ["ACME", "ACME", "Bolt & Co", pd.NA]
    assert lines.order_date.dt.strftime("%F").fillna("-").tolist() == ["2025-01-02", "2025-01-02", "2025-02-03", "-"]
    assert lines.required_date.dt.strftime("%F").fillna("-").tolist() == ["2025-01-13", "2025-01-14", "2025-03-02", "-"]
    assert lines.amount.tolist() == [10, 10, 7.5, 8]
    assert lines.state.tolist() == ["received", "open", "cancelled", "unknown"]
    assert lines.currency.tolist() == ["EUR"] * 4
    assert lines["custom.extra"].tolist() == [1, 2, 3, 4]
    issues = got.issues[["table", "id", "column", "value"]].itertuples(index=False, name=None)
    assert sorted(issues, key=str) == sorted(
        [
            ("lines", "4", "order_date", "no idea"),
            ("lines", "4", "required_date", ""),
            ("lines", "3", "amount", "7.5"),  # 1000.5 pieces at 5.00
            ("lines", "4", "status", "ZZ"),
        ],
        key=str,
    )
    assert str(got.as_of.date()) == "2025-06-30"
    assert got.lines.attrs["as_of"] == "2025-06-30"


def test_dtypes_are_those_of_an_answer_of_the_api():
    for df in (EXPORT, EXPORT.iloc[:0]):
        got = read(df)
        for table in ("orders", "lines", "issues", "sources"):
            fixed = empty(table)
            assert getattr(got, table)[fixed.columns].dtypes.equals(fixed.dtypes), table


def test_what_is_not_mapped_stays_out_and_is_said():
    got = read(columns={"PO Number": "order_number", "Total": "amount"})
    assert "Supplier" in got.sources.notes.item()
    assert "custom.extra" not in got.lines


def test_columns_that_have_our_names_need_no_mapping():
    got = Purchases.from_table(pd.DataFrame({"vendor_id": ["a"], "amount": [1], "Else": [2]}))
    assert got.lines.amount.tolist() == [1]
    assert "Else" in got.sources.notes.item()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"PO Nummer": "order_number"}, "near: PO Number"),
        ({"PO Number": "ordernumber"}, "near: order_number"),
        ({"PO Number": "state"}, "none of our columns"),
        ({"PO Number": "order_number", "Supplier": "order_number"}, "both mapped"),
    ],
)
def test_a_wrong_mapping_teaches(columns, said):
    with pytest.raises(SchemaError, match=said):
        read(columns=columns)


def dates(values, **options):
    got = Purchases.from_table(pd.DataFrame({"d": values}), columns={"d": "order_date"}, **options)
    return [None if d is pd.NaT else str(d.date()) for d in got.lines.order_date], len(got.issues)


@pytest.mark.parametrize(
    ("values", "want"),
    one_in(3, [
        (["2-Jun-06", "14-Nov-2006", "Jun 2, 2006", "2 September 2006", "Mon, 5 Jan 2026"],
         ["2006-06-02", "2006-11-14", "2006-06-02", "2006-09-02", "2026-01-05"]),
        (["1/13/06", "2/3/06"], ["2006-01-13", "2006-02-03"]),
        (["13.1.2006", "2.3.2006 14:30"], ["2006-01-13", "2006-03-02"]),
        (["2006/03/02", "20060302", "2006-03-02T10:00:00"], ["2006-03-02"] * 3),
        ([pd.Timestamp("2006-03-02"), pd.NaT], ["2006-03-02", None]),
    ]),
)  # fmt: skip
def test_dates_that_can_be_meant_in_one_way(values, want):
    assert dates(values) == (want, 0)


@pytest.mark.parametrize("values", [["1/2/06", "3/4/06"], ["13/1/06", "1/13/06"]])
def test_dates_that_can_be_meant_in_two_ways_or_none_are_asked_for(values):
    with pytest.raises(SchemaError, match=r"date_formats=\{'order_date': '%d/%m/%y'\}"):
        dates(values)


def test_a_stated_format_is_the_only_one():
    assert dates(["1/2/06", "2006-01-02"], date_formats={"order_date": "%m/%d/%y"}) == (["2006-01-02", None], 1)
    with pytest.raises(SchemaError, match="no date column"):
        dates(["1/2/06"], date_formats={"amount": "%d"})
    with pytest.raises(ConfigError, match="no date format"):
        dates(["1/2/06"], date_formats={"order_date": "%Q"})


def test_a_date_with_a_zone_is_taken_in_the_stated_one(monkeypatch):
    value = ["2025-03-31T23:30:00-05:00", "2025-04-01T00:00:00Z"]
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert dates(value)[0] == ["2025-04-01", "2025-04-01"]
    assert dates(value, timezone="America/Chicago")[0] == ["2025-03-31", "2025-03-31"]


def test_planned_delivery_dates_never_pass_as_deliveries():
    df = pd.DataFrame({"order_number": ["1"], "delivered_date": ["2025-01-01"]})
    got = Purchases.from_table(df, delivery_date="planned")
    assert got.lines.delivered_date.isna().all()
    assert got.lines.promised_date.notna().all()
    assert got.lines.state.tolist() == ["open"]


def test_look_alike_rows_stay_apart():
    df = pd.concat([EXPORT.iloc[[0]]] * 3, ignore_index=True)
    got = read(df)
    assert len(got.lines) == 3
    assert got.lines.line_id.is_unique
    assert got.lines.amount.sum() == 30


@pytest.mark.parametrize("text", one_in(3, ["1e400", "9" * 400, "-1e400", "9" * 400 + ",5", "1,5e999"]))
def test_a_number_too_large_for_a_float_is_missing_and_listed_and_never_infinite(text):
    table = pd.DataFrame({"order_number": ["1", "2"], "quantity": ["1", "2"], "unit_price": [text, "2,5"]})
    data = Purchases.from_table(table, currency="EUR")
    assert data.lines["unit_price"].isna().tolist() == [True, False]
    assert data.lines["amount"].isna().tolist() == [True, False]
    assert data.issues["reason"].tolist() == ["too large to be a number"]
    assert data.lines["unreadable"].iloc[0] == "unit_price"


def test_numbers_whose_product_would_be_too_large_for_a_float_are_missing_and_listed():
    table = pd.DataFrame({"order_number": ["1", "2"], "quantity": [1e200, 2.0], "unit_price": [1e200, 2.0]})
    data = Purchases.from_table(table, currency="EUR")
    assert data.lines["amount"].isna().tolist() == [True, False]
    assert data.issues["reason"].tolist() == ["too large to be a number"] * 2


def test_amounts_without_any_currency_are_told_once():
    table = pd.DataFrame({"order_number": ["1", "2", "3"], "amount": [100.0, 200.0, None], "vendor_name": "A"})
    got = Purchases.from_table(table)
    assert got.issues[["table", "column", "reason"]].values.tolist() == [
        ["lines", "currency", "no amount has a currency (2 lines, 300.00): pass currency="]
    ]
    assert got.issues[["id", "value"]].isna().all(axis=None)
    for has_one in (table.assign(currency=["EUR", None, None]), table.assign(amount=["EUR 100", "200", None])):
        assert not len(Purchases.from_table(has_one).issues)
    assert not len(Purchases.from_table(table, currency="EUR").issues)
    assert not len(Purchases.from_table(table.drop(columns="amount")).issues)


def test_a_map_the_wrong_way_round_is_told_the_right_way():
    table = pd.DataFrame({"Supplier": ["a"], "PO": ["1"]})
    with pytest.raises(SchemaError, match=r"pass \{'Supplier': 'vendor_name'\}, not \{'vendor_name': 'Supplier'\}"):
        Purchases.from_table(table, columns={"vendor_name": "Supplier", "order_number": "PO"})


def test_a_column_that_is_nearly_one_of_ours_is_not_left_out_without_a_word():
    rows = pd.DataFrame({"order_number": ["1"], "delivery_date": ["2025-01-09"], "date": ["2025-01-01"], "qty": [3]})
    notes = ma.Purchases.from_table(rows, currency="EUR").sources["notes"].item()
    assert warnings_in(notes)[0] == ["Warning: the column 'delivery_date' is left out; near: delivered_date."]
    chosen = (
        ma.Purchases.from_table(rows, columns={"order_number": "order_number"}, currency="EUR").sources["notes"].item()
    )
    assert warnings_in(chosen)[0] == []
