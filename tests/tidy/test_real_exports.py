"""What real exports do, in rows small enough to check by eye: read rightly, or missing and listed, never another value."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, Purchases, SchemaError, spend
from tests.tiers import one_in

BASE = {"po": "order_number", "v": "vendor_name", "d": "order_date"}
AMOUNT, PRICED = {"amt": "amount"}, {"qty": "quantity", "pr": "unit_price"}


def table(columns=AMOUNT, **given):
    data = {k: given.pop(k) for k in list(given) if isinstance(given[k], list)}
    n = len(next(iter(data.values())))
    rows = {"po": [str(i) for i in range(n)], "v": ["A"] * n, "d": ["2024-01-31"] * n} | data
    options = {"currency": "EUR", "as_of": "2024-12-31"} | given
    return Purchases.from_table(pd.DataFrame(rows), columns=BASE | columns, **options)


def amounts(values, **options):
    return [None if np.isnan(v) else v for v in table(amt=values, **options).lines.amount]


def issues(got, column=None):
    found = got.issues if column is None else got.issues[got.issues.column == column]
    return found[["id", "column", "value"]].values.tolist()


# ---- unreadable is not absent ------------------------------------------------------------------------------------------


def test_nothing_is_computed_in_the_place_of_an_amount_that_can_not_be_read():
    got = table(AMOUNT | PRICED, amt=["n/a", None, "30"], qty=[10, 10, 10], pr=[1, 2, 3])
    assert got.lines.amount.fillna(-1).tolist() == [-1, 20, 30]
    assert got.lines.unreadable.tolist() == ["amount", pd.NA, pd.NA]
    assert ["1", "amount", "n/a"] in issues(got)


@pytest.mark.parametrize("column", one_in(2, ["quantity", "unit_price", "discount", "price_unit"]))
def test_no_amount_is_computed_from_what_can_not_be_read(column):
    given = {"quantity": [10, 10], "unit_price": [2.0, 2.0], "discount": [0.0, 0.0], "price_unit": [1.0, 1.0]}
    given[column] = ["??", given[column][1]]
    got = table({k: k for k in given}, **given)
    assert got.lines.amount.fillna(-1).tolist() == [-1, 20]


@pytest.mark.parametrize(("mark", "state"), one_in(3, [("X", "cancelled"), ("L", "cancelled"), (True, "cancelled"), ("2024-02-01", "cancelled"),
                                             ("", "open"), (None, "open"), (False, "open"), ("N", "open"), ("00000000", "open")]))  # fmt: skip
@pytest.mark.parametrize("column", one_in(3, ["deleted_at", "cancelled_date"]))
def test_a_mark_of_deletion_marks_the_line_also_where_it_is_no_date(mark, state, column):
    got = table(AMOUNT | {"x": column}, amt=[1.0, 1.0], x=[mark, None])
    assert got.lines.state.tolist() == [state, "open"]


def test_a_received_quantity_that_can_not_be_read_leaves_the_state_unknown():
    columns = AMOUNT | {"qty": "quantity", "rec": "received_quantity", "st": "status"}
    got = table(columns, amt=[1.0] * 3, qty=[5, 5, 5], rec=["all", 4, 5], st=["Closed"] * 3)
    assert got.lines.state.tolist() == ["unknown", "closed_short", "received"]


def test_a_delivery_day_that_can_not_be_read_is_a_delivery():
    got = table(AMOUNT | {"dl": "delivered_date"}, amt=[1.0, 1.0], dl=["soon", None])
    assert got.lines.state.tolist() == ["received", "open"]


# ---- numbers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    one_in(3, [("1.234,56", 1234.56), ("1,234.56", 1234.56), ("1 234,56", 1234.56), ("1\u202f234,56", 1234.56), ("1\u00a0234,56", 1234.56),
     ("1'234.56", 1234.56), ("1’234.56", 1234.56), ("12,34,567.00", 1234567.0), ("1.234,56-", -1234.56), ("(1,234.56)", -1234.56),
     ("\u22121.234,56", -1234.56), ("EUR 1.234,56", 1234.56), ("1.234,56 €", 1234.56), ("\u20131.234,56", -1234.56), ("-€1.234,56 EUR", -1234.56), ("  12.50 ", 12.5), ("1.5E+03", 1500.0)]),
)  # fmt: skip
def test_every_usual_way_to_write_a_number(text, value):
    assert amounts([text]) == [value]


def test_the_marks_are_those_of_the_whole_table():
    got = table(AMOUNT | PRICED, amt=["1.500", "2.750"], qty=["1,5", "10"], pr=[1000, 275])
    assert got.lines.amount.tolist() == [1500, 2750]
    got = table(AMOUNT | PRICED, amt=["1.500", "2.750"], qty=["1.25", "10"], pr=[1.2, 0.275])
    assert got.lines.amount.tolist() == [1.5, 2.75]


@pytest.mark.parametrize("values", one_in(3, [["1.500"], ["1,500", "250"], ["-2.750", None, "12"]]))
def test_where_two_readings_fit_the_mark_is_asked_for(values):
    with pytest.raises(SchemaError, match="decimal="):
        amounts(values)
    dot = "." if "." in str(values) else ","
    assert abs(amounts(values, decimal=dot)[0]) < 10
    assert abs(amounts(values, decimal="," if dot == "." else ".")[0]) > 1000


def test_a_table_that_mixes_both_marks_gives_what_one_mark_alone_reads():
    assert amounts(["1.234,56", "1,234.56", "2.500", "10"]) == [1234.56, 1234.56, None, 10]


@pytest.mark.parametrize(
    ("texts", "want"),
    one_in(3, [
        (["100,-", "1.250,-", "80,–", "€ 75,-", "75,— €", "75,--", "-20,-", "1.234,56-"], [100, 1250, 80, 75, 75, 75, -20, -1234.56]),
        (["100.-", "1'250.-", "Fr. 80.-", "CHF 1’250.–", "(20.-)", "1'234.56-"], [100, 1250, 80, 1250, -20, -1234.56]),
        (["100,-", "1.500"], [100, 1500]),  # which tells the decimal mark
        (["100.-", "1.500"], [100, 1.5]),
    ]),
)  # fmt: skip
def test_a_dash_behind_a_bare_decimal_mark_stands_for_the_cents(texts, want):
    assert amounts(texts) == want


@pytest.mark.parametrize("marks", [{"decimal": ";"}, {"thousands": "x"}, {"decimal": ",", "thousands": ","}])
def test_marks_that_are_none_are_refused(marks):
    with pytest.raises(ConfigError):
        amounts(["1"], **marks)


def test_a_currency_beside_the_number_is_the_row_s_currency():
    got = table(amt=["EUR 1,50", "US$ 2,50", "3,50"], currency="CHF")
    assert got.lines.currency.tolist() == ["EUR", "USD", "CHF"]
    other = table(AMOUNT | {"c": "currency"}, amt=["EUR 1,50"], c=["USD"])
    assert other.lines.currency.tolist() == ["USD"]
    assert "another currency" in other.issues.reason.item()
    both = table(AMOUNT, amt=["$1.50 CAD", "€2.50 EUR", "€3.50 USD"], currency=None)  # a code says which dollars
    assert both.lines.currency.tolist() == ["CAD", "EUR", pd.NA]
    assert both.lines.amount.tolist()[:2] == [1.5, 2.5]
    assert both.issues[["id", "column"]].values.tolist() == [["3", "amount"]]
    shared = table(AMOUNT | {"c": "currency"}, amt=["$1.50", "$2.50", "$3.50"], c=["USD", "CAD", "EUR"])
    assert shared.lines.currency.tolist() == ["USD", "CAD", "EUR"]
    assert shared.issues.id.tolist() == ["3"]


SIGNS_OF_SEVERAL = [("$", "CAD"), ("¥", "CNY"), ("kr", "NOK"), ("kr.", "DKK"), ("£", "EGP"), ("Rs.", "PKR"), ("lei", "RON")]  # fmt: skip


@pytest.mark.parametrize(("sign", "code"), one_in(3, SIGNS_OF_SEVERAL))
def test_a_sign_of_several_currencies_is_that_of_the_one_stated(sign, code):
    columns = AMOUNT | {"c": "currency"}
    heads = pd.DataFrame({"order_number": ["0"], "currency": [code]})
    for got in (
        table(amt=[f"{sign} 1.50"], currency=code),
        table(amt=[f"{sign} 1.50"], currency=code.lower()),
        table(columns, amt=[1.5], c=[sign], currency=code),
        table(columns, amt=[f"{sign} 1.50"], c=[code], currency=None),
        table(columns, amt=[f"1.50 {code}"], c=[code], currency=None),
        table(amt=[f"{sign} 1.50"], currency=None, orders=heads),
    ):
        assert (got.lines.currency.tolist(), got.lines.amount.tolist()) == ([code], [1.5])
        assert got.issues.empty


@pytest.mark.parametrize("column", ["amt", "c"])
def test_a_sign_of_several_currencies_is_that_of_its_own_order_s_head(column):
    given = {"amt": ["£ 1.50"] * 5} if column == "amt" else {"amt": [1.5] * 5, "c": ["£"] * 5}
    heads = pd.DataFrame({"order_number": ["0", "1", "2"], "currency": ["EGP", "GBP", "USD"]})
    got = table(AMOUNT | ({"c": "currency"} if column == "c" else {}), **given, currency=None, orders=heads)
    # of an order that no head is of, or one that can't be in "£", it is the commonest one
    assert got.lines.currency.tolist() == ["EGP", "GBP", "GBP", "GBP", "GBP"]
    assert got.lines.amount.tolist() == [1.5] * 5
    assert got.issues[["column", "value"]].values.tolist() == [["currency", "£ / USD"]]


def test_two_spellings_of_a_sign_are_one():
    got = table(AMOUNT | {"c": "currency"}, amt=["Fr. 5.00"], c=["Fr"], currency=None)
    assert (got.lines.currency.tolist(), got.lines.amount.tolist()) == (["CHF"], [5.0])
    assert got.issues.empty


def test_a_code_of_a_line_is_not_the_one_of_its_order_s_head():
    heads = pd.DataFrame({"order_number": ["0"], "currency": ["EGP"]})
    got = table(AMOUNT | {"c": "currency"}, amt=[1.5], c=["GBP"], currency=None, orders=heads)
    assert got.lines.currency.tolist() == ["GBP"]
    assert got.issues.value.tolist() == ["GBP / EGP"]


@pytest.mark.parametrize("stated", one_in(3, [None, "EUR"]))
@pytest.mark.parametrize("sign", one_in(2, ["$", "¥", "kr"]))
def test_a_sign_of_several_currencies_that_nothing_settles_is_told(sign, stated):
    got = table(amt=[f"{sign} 1.50", f"{sign} 2.00"], currency=stated)
    assert got.lines.currency.tolist() == [sign.upper()] * 2
    assert got.issues[["column", "value"]].values.tolist() == [["currency", sign.upper()]]
    assert f"a sign of several currencies (2 lines, 3.50 {sign.upper()})" in got.issues.reason.item()


@pytest.mark.parametrize("given", one_in(2, ["eur", " EUR ", "Euro", "€", "gbp", "GBp", "Dollar", "$"]))
def test_the_currency_passed_is_read_as_the_column_s_values_are(given):
    passed, column = (
        table(amt=[1.0], currency=given),
        table(AMOUNT | {"c": "currency"}, amt=[1.0], c=[given], currency=None),
    )
    pd.testing.assert_frame_equal(passed.lines, column.lines)
    pd.testing.assert_frame_equal(passed.issues, column.issues)


def test_a_discount_in_percent_is_one():
    columns = PRICED | {"disc": "discount"}
    got = table(columns, qty=[10, 10], pr=[5.0, 5.0], disc=["10 %", "3"])
    assert got.lines.amount.tolist() == [45.0, 47.0]
    assert got.lines.discount.tolist() == [5.0, 3.0]
    got = table(PRICED | {"p": "discount_percent"}, qty=[10], pr=[5.0], p=[10])
    assert got.lines.amount.tolist() == [45.0]


@pytest.mark.parametrize(("per", "total"), [(1000, 5.0), (10_000, 0.5), (0, 5000.0), (None, 5000.0)])
def test_a_price_unit_can_be_given(per, total):
    got = table(PRICED | {"per": "price_unit"}, qty=[1000, 1], pr=[5.0, 1.0], per=[per, None])
    assert got.lines.amount[0] == total


def test_a_price_for_ten_thousand_shows_by_the_total():
    got = table(AMOUNT | PRICED, amt=[2.5], qty=[5000], pr=[5.0])
    assert got.lines.price_unit.tolist() == [10_000.0]
    assert not len(got.issues)


def test_what_concerns_every_line_is_told_once():
    got = table(PRICED, qty=[1] * 3, pr=[1.0, 2.0, 3.0])
    assert not len(got.issues)
    assert "amounts are computed" in got.sources.notes.item()


# ---- dates -------------------------------------------------------------------------------------------------------------


def days(values, fmt=None, columns=None, **more):
    got = table(AMOUNT, d=values, amt=[1.0] * len(values), date_formats={"order_date": fmt} if fmt else None, **more)
    return [None if v is pd.NaT else str(v.date()) for v in got.lines.order_date]


@pytest.mark.parametrize(
    ("values", "fmt", "want"),
    one_in(3, [
        ([20240131, 20240201], "%Y%m%d", ["2024-01-31", "2024-02-01"]),
        ([20240131.0, np.nan], "%Y%m%d", ["2024-01-31", None]),
        ([45322, "45323"], "excel", ["2024-01-31", "2024-02-01"]),
        ([45322.75], "excel", ["2024-01-31"]),
        ([1706659200, "1706745600"], "s", ["2024-01-31", "2024-02-01"]),
        ([1706659200000, "1706745600000", "x"], "ms", ["2024-01-31", "2024-02-01", None]),
        (["24/01/31", "24/02/01"], "%y/%m/%d", ["2024-01-31", "2024-02-01"]),
        (["31.01.24", "0", dt.time(), dt.time(9)], None, ["2024-01-31", None, None, None]),
        ([43860], "excel1904", ["2024-01-31"]),
        (["05/09/2016", "1/2/17"], "dayfirst", ["2016-09-05", "2017-02-01"]),
        (["05/09/2016", "1.2.17"], "monthfirst", ["2016-05-09", "2017-01-02"]),
        (["31.01.2024", "00.00.0000", "00/00/0000", "00000000"], None, ["2024-01-31", None, None, None]),
        (["5. März 2024", "1. Okt. 24"], None, ["2024-03-05", "2024-10-01"]),
        (["1er août 2024", "3 févr. 2024"], None, ["2024-08-01", "2024-02-03"]),
        (["5 de enero de 2024", "3 października 2024"], None, ["2024-01-05", "2024-10-03"]),
        (["/Date(1706659200000)/", "/Date(1706659200000+0100)/"], None, ["2024-01-31", "2024-01-31"]),
        ([pd.Period("2024-01-31", "D"), pd.Period("2024-01", "M")], None, ["2024-01-31", None]),
        ([dt.date(2024, 1, 31), pd.Timestamp("2024-02-01")], None, ["2024-01-31", "2024-02-01"]),
    ]),
)  # fmt: skip
def test_forms_of_dates(values, fmt, want):
    assert days(values, fmt) == want


def test_the_order_of_day_and_month_is_that_of_the_whole_table():
    got = table(AMOUNT | {"r": "required_date"}, d=["05/03/2024"], r=["13/03/2024"], amt=[1.0])
    assert got.lines.order_date.dt.strftime("%F").tolist() == ["2024-03-05"]
    got = table(AMOUNT | {"r": "required_date"}, d=["03/05/2024"], r=["03/13/2024"], amt=[1.0])
    assert got.lines.order_date.dt.strftime("%F").tolist() == ["2024-03-05"]


@pytest.mark.parametrize(
    ("values", "advice"),
    one_in(3, [(["05.03.2024", "06.04.2024"], "%d.%m.%Y"), (["05-03-24"], "%d-%m-%y"), (["05/03/2024", "6.4.24"], "dayfirst"),
     (["05/03/2024 10:00"], "dayfirst"), (["24-03-05", "24-03-31", "24-04-17"], "%y-%m-%d"), (["24/03/05", "23/12/29"], "%y/%m/%d")]),
)  # fmt: skip
def test_advice_works_when_followed(values, advice):
    with pytest.raises(SchemaError) as e:
        days(values)
    assert repr(advice) in str(e.value)
    assert days(values, advice)[0] == "2024-03-05"


def test_numbers_in_the_place_of_dates_say_what_would_read_them():
    forms = {45322: "'excel'", 20240131: "'%Y%m%d'", "45322": "'excel'", 1706659200: "'s'", "1706659200000": "'ms'"}
    got = table(AMOUNT, d=list(forms), amt=[1.0] * 5)
    assert got.lines.order_date.isna().all()
    told = got.issues.set_index("id").reason  # those of one reason stand together
    for reason, form in zip(told[got.lines.line_id], forms.values(), strict=True):
        assert reason.endswith(f"pass date_formats with {form}")


def test_no_date_is_no_loss():
    """M3 and JD Edwards write 0, and a workbook's 1900-01-01 comes as midnight."""
    got = table(AMOUNT | {"r": "promised_date"}, amt=[1.0] * 3, r=["20240131", "0", dt.time()])
    assert got.issues.reason.unique().tolist() == ["stands for no date"]
    assert "Warning" not in got.sources.notes.item()


def test_short_years_in_front_are_asked_about_and_usual_ones_are_not():
    with pytest.raises(SchemaError, match=r"%y/%m/%d.*%d/%m/%y"):
        days(["24/01/31", "24/02/15", "23/12/01"])
    assert days(["31/01/24", "15/02/24", "01/12/23"]) == ["2024-01-31", "2024-02-15", "2023-12-01"]
    assert days(["01/31/24", "02/15/24", "12/01/23"]) == ["2024-01-31", "2024-02-15", "2023-12-01"]


def test_half_real_dates_and_half_text_say_what_has_happened():
    values = [pd.Timestamp("2024-05-03"), pd.Timestamp("2024-06-04"), "13/05/2024", "28/06/2024"]
    for first in (values, ["2024-05-03", "2024-06-04", *values[2:]]):  # in a CSV real dates are ISO texts
        got = table(AMOUNT, d=pd.Series(first, dtype=object).tolist(), amt=[1.0] * 4)
        assert got.issues.id.tolist() == ["1", "2"]
        assert got.issues.reason.str.contains("spreadsheet").all()


# ---- blanks, identities ------------------------------------------------------------------------------------------------


def test_a_blank_is_a_value_when_rows_are_asked_whether_they_agree():
    got = table(
        AMOUNT | {"st": "status"},
        po=["1", "1", "2", "2"],
        amt=[1.0] * 4,
        st=["Cancelled", None, "Cancelled", "Cancelled"],
    )
    assert got.lines.state.tolist() == ["cancelled", "open", "cancelled", "cancelled"]
    assert got.orders.status.tolist() == [pd.NA, "Cancelled"]
    got = table(AMOUNT | {"st": "status"}, po=["1", "1"], amt=[1.0] * 2, st=["Cancelled", " "])
    assert got.lines.state.tolist() == ["cancelled", "open"]
    got = table(AMOUNT | {"c": "currency"}, po=["1", "1"], amt=[1.0] * 2, c=["EUR", None], currency=None)
    assert got.orders.currency.tolist() == [pd.NA]


def test_orders_of_two_vendors_under_one_number_are_two_orders():
    got = table(po=["1", "1", "1", "2"], v=["A", "B", "A", "A"], amt=[1.0, 2.0, 3.0, 4.0])
    assert got.lines.order_id.tolist() == ["1 / A", "1 / B", "1 / A", "2"]
    assert len(got.orders) == 3
    assert "several vendors" in got.sources.notes.item()
    blank = table(po=["1", "1"], v=["A", None], amt=[1.0, 2.0])
    assert len(blank.orders) == 1


def test_identifiers_lose_no_form():
    df = pd.DataFrame({"po": [4500000001, None], "v": ["7.0", "8.0"], "m": [1.5, 2.0], "amt": [1.0, 2.0]})
    got = Purchases.from_table(
        df, columns={"po": "order_number", "v": "vendor_id", "m": "product_code", "amt": "amount"}, currency="EUR"
    )
    assert got.lines.order_number.tolist() == ["4500000001", pd.NA]
    assert got.lines.vendor_id.tolist() == ["7", "8"]
    assert got.lines.product_code.tolist() == ["1.5", "2"]


@pytest.mark.parametrize("value", ["4.5E+09", 1.2345678901234567e17, 1234567890123450.0])
def test_digits_that_are_lost_are_told(value):
    got = table(po=[value], amt=[1.0])
    assert got.issues.column.tolist() == ["order_number"]
    assert "lost" in got.issues.reason.item()


def test_a_vendor_with_and_without_its_id_is_one():
    got = table(
        AMOUNT | {"id": "vendor_id"},
        v=["ACME", "ACME", "Bolt", "Bolt", "Bolt"],
        id=["7", None, "8", "9", None],
        amt=[1.0] * 5,
    )
    assert got.lines.vendor_id.tolist() == ["7", "7", "8", "9", "Bolt"]


@pytest.mark.parametrize(
    ("given", "code"),
    one_in(3, [("eur", "EUR"), (" € ", "EUR"), ("£", "GBP"), ("US$", "USD"), ("$", "$"), ("¥", "¥"), ("GBp", "GBX")]),
)
def test_currencies_under_their_codes(given, code):
    got = table(AMOUNT | {"c": "currency"}, amt=[1.0, 1.0], c=[given, code])
    assert spend.by_vendor(got.lines).currency.tolist() == [code]


# ---- rows that are no lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", one_in(3, ["Total", "Gesamtsumme", "Total général", "SUMME:", "Razem", "Total - ACME"])
)
def test_a_total_row_is_seen(word):
    got = table(po=["1", "2", word], v=["A", "B", None], amt=[10.0, 20.0, 30.0])
    assert issues(got) == [["3", "line_id", "30.0"]]


def test_a_nameless_sum_of_the_rows_above_is_seen_and_a_nameless_line_is_not():
    assert issues(table(po=["1", "2", None], v=["A", "B", None], amt=[10.0, 20.0, 30.0])) == [["3", "line_id", "30.0"]]
    assert not len(table(po=["1", "2", None], v=["A", "B", None], amt=[10.0, 20.0, 31.0]).issues)


def test_a_row_of_totals_that_counts_the_vendors_is_seen():
    got = table(
        {"d": "order_date", **AMOUNT},
        po=["1", "2", "Count: 2"],
        v=["A", "B", "2"],
        d=["2024-01-05", "2024-01-06", None],
        amt=[10.0, 20.0, 30.0],
    )
    assert issues(got) == [["3", "line_id", "30.0"]]


def test_a_header_among_its_details_is_seen():
    got = table(AMOUNT | {"ln": "line_number"}, po=["1", "1", "1"], ln=[None, "10", "20"], amt=[30.0, 10.0, 20.0])
    assert issues(got) == [["1", "line_id", "30.0"]]


def test_the_same_line_again_is_seen():
    columns = AMOUNT | {"ln": "line_number", "dl": "delivered_date"}
    got = table(
        columns, po=["1", "1", "1"], ln=["10", "10", "20"], amt=[9.0, 9.0, 9.0], dl=["2024-02-01", "2024-02-05", None]
    )
    assert issues(got) == [["2", "line_id", "9.0"]]
    got = table(AMOUNT | {"id": "line_id"}, id=["a", "a", "b"], amt=[1.0, 2.0, 3.0])
    assert issues(got) == [["a", "line_id", "2.0"]]


def test_a_table_stacked_on_itself_is_seen():
    df = pd.DataFrame({"order_number": ["1", "2", "3"], "amount": [1.0, 2.0, 3.0], "currency": "EUR"})
    got = Purchases.from_table(pd.concat([df, df], ignore_index=True))
    assert got.issues.id.tolist() == ["4", "5", "6"]
    assert not len(Purchases.from_table(df).issues)


# ---- tables beside the lines -------------------------------------------------------------------------------------------


def test_orders_and_receipts_as_tables_of_their_own():
    lines = pd.DataFrame(
        {"PO": ["1", "1", "2"], "Pos": ["10", "20", "10"], "Qty": [10.0, 5.0, 1.0], "Val": [100.0, 50.0, 9.0]}
    )
    heads = pd.DataFrame(
        {"Doc": ["1", "2"], "Supplier": ["ACME", "Bolt"], "Date": ["2024-01-05", "2024-01-06"], "Cur": ["EUR", "usd"]}
    )
    receipts = pd.DataFrame(
        {
            "PO": ["1", "1", "1"],
            "Pos": ["10", "10", "20"],
            "Day": ["2024-02-01", "2024-02-09", "2024-02-03"],
            "Q": [4, 6, 5],
        }
    )
    got = Purchases.from_table(
        lines,
        columns={"PO": "order_number", "Pos": "line_number", "Qty": "quantity", "Val": "amount"},
        orders=(heads, {"Doc": "order_number", "Supplier": "vendor_name", "Date": "order_date", "Cur": "currency"}),
        receipts=(receipts, {"PO": "order_number", "Pos": "line_number", "Day": "received_date", "Q": "quantity"}),
        as_of="2024-12-31",
    )
    assert got.lines.vendor_name.tolist() == ["ACME", "ACME", "Bolt"]
    assert got.lines.currency.tolist() == ["EUR", "EUR", "USD"]
    assert got.lines.delivered_date.dt.strftime("%F").fillna("-").tolist() == ["2024-02-09", "2024-02-03", "-"]
    assert got.lines.first_receipt_date.dt.strftime("%F").fillna("-").tolist() == ["2024-02-01", "2024-02-03", "-"]
    assert got.lines.n_receipts.fillna(0).tolist() == [2, 1, 0]
    assert got.lines.state.tolist() == ["received", "received", "open"]
    assert got.orders[["order_number", "vendor_name", "currency"]].values.tolist() == [
        ["1", "ACME", "EUR"],
        ["2", "Bolt", "USD"],
    ]


def test_an_order_without_a_line_is_there():
    lines = pd.DataFrame({"order_number": ["1"], "amount": [1.0]})
    heads = pd.DataFrame({"order_number": ["1", "2"], "vendor_name": ["A", "B"]})
    got = Purchases.from_table(lines, orders=heads)
    assert got.orders.order_number.tolist() == ["1", "2"]
    assert got.orders.n_lines.tolist() == [1, 0]
    assert "have no line" in got.sources.notes.item()


@pytest.mark.parametrize("word", one_in(3, ["Total", "Ergebnis", "Result"]))
def test_a_subtotal_headed_behind_its_group_is_seen(word):
    got = table(po=["1", "1", f"1 {word}", "2"], amt=[10.0, 20.0, 30.0, 5.0])
    assert issues(got) == [["3", "line_id", "30.0"]]
    named = table(v=["A", "A", f"A {word}", "Castrol Total"], amt=[10.0, 20.0, 30.0, 5.0])
    assert issues(named) == [["3", "line_id", "30.0"]]


@pytest.mark.parametrize("column", one_in(4, ["amount", "quantity", "unit_price", "tax"]))
def test_a_percentage_of_nothing_is_no_number(column):
    given = {"quantity": ["10", "10"], "unit_price": ["2", "2"], "amount": ["20", "20"], "tax": ["1", "1"]}
    given[column] = ["19 %", given[column][1]]
    got = table({k: k for k in given}, **given)
    assert got.lines[column].isna().tolist() == [True, False]
    assert got.lines.unreadable.tolist() == [column, pd.NA]
    assert ["1", column, "19 %"] in issues(got)


@pytest.mark.parametrize("floats", one_in(3, [[1.25, 12.345, 411.0], [1.0, 2.001, 0.0], [-1.5, np.nan, 3.125]]))
def test_points_that_pandas_took_for_decimal_marks_are_asked_about(floats):
    columns = AMOUNT | {"qty": "quantity"}
    with pytest.raises(SchemaError, match=r"dtype=str.*decimal=','"):
        table(columns, amt=floats, qty=["1,5", "2", "3"])
    assert table(columns, amt=floats, qty=["1,5", "2", "3"], decimal=",").lines.amount.tolist()[0] == floats[0]


@pytest.mark.parametrize(
    "floats", one_in(4, [[1.25, 0.125, 4.0], [1.25, 1234.5, 4.0], [1.25, 12.5, 4.0], [1.23456, 2.0, 3.0]])
)
def test_floats_that_are_right_are_taken(floats):
    assert table(AMOUNT | {"qty": "quantity"}, amt=floats, qty=["1,5", "2", "3"]).lines.amount.tolist() == floats


@pytest.mark.parametrize("mark", one_in(3, ["NaT", "nan", "null"]))
def test_texts_for_nothing_are_no_marks(mark):
    got = table(AMOUNT | {"x": "cancelled_date"}, amt=[1.0, 2.0], x=[mark, "X"])
    assert got.lines.state.tolist() == ["open", "cancelled"]
