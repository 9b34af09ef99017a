"""Values that look like another one: a unit that is no currency, a multiple that is no amount, midnights, days that stand for none."""

from __future__ import annotations

import pandas as pd
import pytest

from makini_analytics import Purchases
from makini_analytics.tidy import _column_builder
from tests.tiers import one_in

from .plain import tidy_orders

BASE = {"po": "order_number", "v": "vendor_name", "d": "order_date", "amt": "amount"}


def table(columns=None, **given):
    options = {k: given.pop(k) for k in list(given) if not isinstance(given[k], list)}
    n = len(next(iter(given.values())))
    rows = {"po": [str(i) for i in range(n)], "v": ["A"] * n, "d": ["2026-01-15"] * n, "amt": [1.0] * n} | given
    return Purchases.from_table(pd.DataFrame(rows), columns=BASE | (columns or {}), as_of="2026-06-01", **options)


def tidied(*values, of="lineTotalValue", **order):
    lines = [{"key": str(i), "quantity": 2, "currency": "EUR", of: v} for i, v in enumerate(values)]
    record = {"key": "a", "orderNo": "a", "orderDate": "2026-01-15", "lineItems": lines} | order
    return tidy_orders([[record]], connection="x", delivery_date="actual")


def missing_and_listed(got, column):
    ids = got.issues[got.issues.column == column].id.tolist()
    assert got.lines[column].isna().tolist() == [i in ids for i in got.lines.line_id]
    assert (got.lines.unreadable == column).fillna(False).tolist() == [i in ids for i in got.lines.line_id]
    return len(ids)


# ---- what stands beside a number ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", one_in(3, ["MIO", "TSD", "MRD", "PCE", "KGM", "STK"]))
def test_three_letters_beside_an_amount_are_a_currency_only_where_one_is_called_so(word):
    got = table(amt=[f"30 {word}", "30 XOF", "30 DEM", "30 RMB"])
    assert missing_and_listed(got, "amount") == 1
    assert got.lines.currency.fillna("").tolist() == ["", "XOF", "DEM", "RMB"]
    assert missing_and_listed(tidied(f"30 {word}", "30 EUR"), "amount") == 1


@pytest.mark.parametrize("text", one_in(3, ["5 k€", "5 K€", "5 M€", "5 T€", "5 Mio€", "k$ 5", "M£5", "5 bn$", "5 c€"]))
def test_letters_that_scale_a_sign_make_it_no_number(text):
    got = table(amt=[text, "5 €", "5 C$", "5 TT$", "5 EUR€"])
    assert missing_and_listed(got, "amount") == 1
    assert got.lines.currency.fillna("").tolist()[1:4] == ["EUR", "CAD", "TT$"]
    assert missing_and_listed(tidied(text, "5 €"), "amount") == 1
    scaled = table({"c": "currency"}, c=[text.replace("5", "").strip()], amt=[5.0])
    assert scaled.issues.column.tolist() == ["currency"]


def test_a_currency_that_is_not_in_iso_4217_is_told_once_with_its_lines():
    read = ["EUR", "EURO", "DEM", "XXX", "XCG", "US$", "Ft", "₹"]
    amounts = [10.0] * (len(read) + 5)
    got = table({"c": "currency"}, c=[*read, "XYZ", "xyz", "RMB", "GBp", "Dollar"], amt=amounts)
    why = "currency not in ISO 4217 ({}): it has no rate, and is summed apart"
    told = [
        ["9", "XYZ", "2 lines, 20.00 XYZ"],
        ["11", "RMB", "1 lines, 10.00 RMB"],
        ["12", "GBX", "1 lines, 10.00 GBX"],
        ["13", "DOLLAR", "1 lines, 10.00 DOLLAR"],
    ]
    listed = got.issues.sort_values("id", key=lambda ids: ids.astype(int))[["id", "value", "reason"]]
    assert listed.to_numpy().tolist() == [[i, code, why.format(n)] for i, code, n in told]
    assert set(got.issues.column) == {"currency"} and got.lines.unreadable.isna().all()
    assert table(amt=[1.0], currency="XYZ").issues.value.tolist() == ["XYZ"]


def test_a_currency_of_the_api_that_is_not_in_iso_4217_is_told_once():
    got = tidied(5.0, 6.0, currency="QQQ")  # its lines have one of their own
    assert got.issues.empty
    lines = [{"key": str(i), "lineTotalValue": 5.0} for i in range(3)]
    got = tidied(currency="QQQ", lineItems=lines)
    assert got.issues[["table", "id", "column", "value"]].to_numpy().tolist() == [["lines", "0", "currency", "QQQ"]]
    assert "(3 lines, 15.00 QQQ)" in got.issues.reason.item()


@pytest.mark.parametrize("text", one_in(3, ["12 PCE", "12 KGM", "12 EUR", "USD 12"]))
def test_what_stands_beside_a_quantity_is_no_currency_of_the_line(text):
    got = table({"q": "quantity"}, q=[text, "3"], currency="CHF")
    assert missing_and_listed(got, "quantity") == 1
    assert got.lines.currency.tolist() == ["CHF", "CHF"]
    api = tidied(text, "3", of="quantity", currency="EUR")
    assert missing_and_listed(api, "quantity") == 1
    assert api.lines.currency.tolist() == ["EUR", "EUR"]


def test_an_object_that_scales_its_number_is_none():
    scaled = [
        {"amount": 1250, "scale": 2},
        {"value": "1250", "decimals": 2},
        {"value": 1.25, "exponent": 3},
        {"value": 80, "per": 100},
    ]
    plain = [{"amount": 12.5, "scale": 0}, {"value": 12.5, "currencyId": 7}, {"amount": 12.5, "percent": 10}]
    got = tidied(*scaled, *plain)
    assert missing_and_listed(got, "amount") == 4
    assert got.lines.amount.tolist()[4:] == [12.5] * 3


@pytest.mark.parametrize("name", ["currency", "currencyCode", "currency_code", "currencyISOCode"])
def test_an_object_names_its_currency_in_several_ways(name):
    got = tidied({"amount": 12.5, name: "USD"}, {"amount": 12.5, name: "EUR"})
    assert got.issues[got.issues.column == "amount"][["id", "value"]].values.tolist() == [["0", "USD"]]


# ---- days --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day", one_in(3, ["01.01.0001", "30.12.1899", "2154-12-31", "12/31/2154 11:59:59 PM", "-0001-11-30T00:00:00Z"])
)
def test_first_and_last_days_of_calendars_stand_for_none(day):
    got = table({"r": "required_date"}, r=[day, "2026-02-13"])
    assert got.lines.required_date.isna().tolist() == [True, False]
    assert got.lines.unreadable.isna().all()
    assert got.issues.reason.tolist()[:1] == ["stands for no date"]


@pytest.mark.parametrize(
    "mark",
    one_in(3, ["2154-12-31T23:59:59Z", "/Date(-62135596800000)/", "-0001-11-30T00:00:00Z", "1899-12-30", [], {}]),
)
def test_no_such_day_deletes_a_line(mark):
    got = tidied(mark, "2026-02-01T00:00:00Z", of="deletedAt")
    assert got.lines.state.tolist() == ["open", "cancelled"]


@pytest.mark.parametrize("word", one_in(3, ["FALSCH", "Faux", "falso", "0.0", "f", "aktiv"]))
def test_words_for_no_delete_no_line(word):
    got = table({"x": "deleted_at"}, x=[word, "X"])
    assert got.lines.state.tolist() == ["open", "cancelled"]


@pytest.mark.parametrize("word", one_in(3, ["TBD", "n/a", "no", False, "Pending", "offen", "Not delivered", "t.b.c."]))
@pytest.mark.parametrize("stated", one_in(3, [None, "%Y-%m-%d"]))
def test_a_word_for_no_day_yet_is_no_delivery(word, stated):
    given = {"r": "required_date", "dl": "delivered_date", "c": "cancelled_date"}
    days = [word, "2026-02-03"]
    formats = {"date_formats": dict.fromkeys(("required_date", "delivered_date"), stated)} if stated else {}
    got = table(given, r=days, dl=days, c=[word, None], **formats)
    assert got.lines.state.tolist() == ["open", "received"]
    assert got.lines.unreadable.isna().all()
    assert "stands for no date" in got.issues.reason.tolist()
    api = tidied(word, "2026-02-03", of="deliveryAt")
    assert api.lines.state.tolist() == ["open", "received"]


@pytest.mark.parametrize(
    ("day", "right"),
    one_in(
        3,
        [
            ("15.01.49", "2049-01-15"),
            ("15.01.80", "1980-01-15"),
            ("15.01.68", None),
            ("15.01.69", None),
            ("31.12.99", None),
        ],
    ),
)
def test_years_of_two_digits_that_can_be_others_are_told(day, right):
    got = table({"r": "required_date"}, r=[day])
    assert got.lines.required_date.tolist() == [pd.Timestamp(right) if right else pd.NaT]
    assert len(got.issues[got.issues.column == "required_date"]) == (right is None)
    said = table({"r": "required_date"}, r=[day], date_formats={"required_date": "%d.%m.%y"})
    assert said.lines.required_date.notna().all()


MIDNIGHTS = ["2026-01-15T00:00:00+01:00", "2026-07-15T00:00:00+02:00"]


@pytest.mark.parametrize("zone", one_in(2, ["UTC", "America/New_York", "Asia/Tokyo"]))
@pytest.mark.parametrize("days", one_in(3, [MIDNIGHTS, ["2026-01-15T00:00:00Z", "2026-07-15T00:00:00Z"]]))
def test_midnights_are_days_wherever_they_are_read(days, zone):
    got = table(d=days, timezone=zone)
    assert got.lines.order_date.astype(str).tolist() == ["2026-01-15", "2026-07-15"]
    record = [{"key": str(i), "orderNo": "a", "orderDate": d, "lineItems": [{"key": d}]} for i, d in enumerate(days)]
    api = tidy_orders([record], connection="x", timezone=zone)
    assert api.orders.order_date.astype(str).tolist() == ["2026-01-15", "2026-07-15"]


def test_moments_are_of_the_day_that_they_are_of_in_the_zone():
    # the same instant twice, as midnight in Berlin and late in the evening in London
    got = table(d=["2026-01-15T00:00:00+01:00", "2026-01-14T23:00:00Z"], timezone="Europe/Berlin")
    assert got.lines.order_date.astype(str).tolist() == ["2026-01-15", "2026-01-15"]
    got = table(d=["2026-01-15T00:00:00+01:00", "2026-01-14T23:00:00Z"])
    assert got.lines.order_date.astype(str).tolist() == ["2026-01-14", "2026-01-14"]


# ---- rows and names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", one_in(3, ["Average", "Anzahl", "合計", "Итого", "Ø"]))
def test_a_word_for_an_order_number_beside_nothing_else_is_told(word):
    rows = {"po": ["4711", "4712", word], "v": ["A", "A", None], "d": ["2026-01-15", "2026-01-15", None]}
    got = table(**rows, amt=[10.0, 30.0, 20.0], currency="EUR")
    assert got.issues[["id", "reason"]].values.tolist() == [
        ["3", "looks like a total row: no order line, but counted as one"]
    ]
    named = table(**rows | {"po": ["ALPHA", "BETA", word]}, amt=[10.0, 30.0, 20.0], currency="EUR")
    assert not len(named.issues)


@pytest.mark.parametrize("name", ["ACME GmbH\u200b", "\ufeffACME GmbH", "ACME\u00a0GmbH", "\u200eACME\u202fGmbH\u200f"])
def test_what_nobody_sees_makes_no_other_vendor(name):
    got = table(po=["4711", "4711"], v=[name, "ACME GmbH"], currency="EUR")
    assert got.lines.vendor_name.tolist() == ["ACME GmbH"] * 2
    assert len(got.orders) == 1


@pytest.mark.parametrize(
    ("ids", "told"),
    one_in(
        3,
        [
            (["100001", "0000100001", "7"], "1, as 100001 and 0000100001"),
            (["0100001", "0000100001", "00100001"], "2, as 0000100001 and 00100001"),
            (["0100001", "0100002", "7"], ""),
            (["A1", "A01", "0A1"], ""),
        ],
    ),
)
@pytest.mark.parametrize("column", ["vendor_id", "order_number"])
def test_numbers_that_differ_by_zeros_alone_are_told(ids, told, column):
    given = {"po": ["x1", "x2", "x3"], "i": ids} if column == "vendor_id" else {"po": ids}
    got = table({"i": "vendor_id"} if column == "vendor_id" else {}, **given, currency="EUR")
    assert [r.rpartition(": ")[2] for r in got.issues[got.issues.column == column].reason] == [told] * bool(told)


@pytest.mark.parametrize(
    ("quantities", "amounts", "told"),
    [
        (["1.000", "12.500"], ["2,50", "31,25"], True),
        (["1.000", "12.500"], ["2500,00", "31250,00"], False),
        (["1.000", "500"], ["2,50", "1,25"], False),
    ],
)
def test_three_decimals_that_were_taken_for_thousands_are_told(quantities, amounts, told):
    got = table({"q": "quantity", "pr": "unit_price"}, q=quantities, pr=["2,50", "2,50"], amt=amounts, currency="EUR")
    assert [i for i in got.issues.reason if "may have three decimals ('1.000'" in i] == got.issues.reason.tolist()
    assert len(got.issues) == told


@pytest.mark.parametrize(
    "member",
    one_in(
        3,
        [
            {"baseQuantity": 1},
            {"per": "1"},
            {"factor": "1.0"},
            {"digits": "0"},
            {"precision": 2},
            {"minorUnits": 2},
            {"exponent": 0},
        ],
    ),
)
def test_an_object_whose_members_change_nothing_is_its_number(member):
    got = tidied({"value": 12.5} | member, {"value": "12.00"} | member)
    assert got.lines.amount.tolist() == [12.5, 12]


@pytest.mark.parametrize("code", one_in(3, ["LEI", "CFA", "DHS", "SFR", "JEP", "IMP", "XCG", "ZWG"]))
def test_codes_that_people_write_for_currencies_are_of_money(code):
    got = table(amt=[f"12.50 {code}", f"{code} 1"], currency=None)
    assert got.lines.amount.tolist() == [12.5, 1]
    assert set(got.lines.currency) == {code}


@pytest.mark.parametrize("many", one_in(3, [3, 20_000]))  # from so many different texts on they are kept as they come
@pytest.mark.parametrize("blank", one_in(3, ["", " ", "\t", "\u00a0", "\u200b", " " * 40]))
def test_a_text_of_nothing_is_no_key_and_no_name(monkeypatch, blank, many):
    monkeypatch.setattr(_column_builder, "MANY", many)

    def order(i):
        some = blank if i < 3 else f"x{i}"
        line = dict.fromkeys(("key", "lineNo", "materialKey", "code", "uomKey"), some)
        head = dict.fromkeys(("orderNo", "vendorKey", "currencyKey", "siteKey", "statusKey"), some)
        return {"key": f"o{i}", **head, "lineItems": [{"quantity": 1, "price": 2, **line}]}

    got = tidy_orders(
        [[order(i) for i in range(12)]], connection="x", lookups={"vendors": [{"key": "x3", "name": blank}]}
    )
    names = [
        "order_number",
        "vendor_id",
        "vendor_name",
        "currency",
        "site_id",
        "material_id",
        "product_code",
        "line_number",
    ]
    assert got.lines.loc[:2, [*names, "unit_of_measure", "status"]].isna().all(axis=None)
    assert got.lines.line_id.head(3).tolist() == ["o0#1", "o1#1", "o2#1"]
    assert not got.issues.reason.str.contains("same line twice").any()


def test_a_date_that_was_read_and_is_doubtful_is_not_counted_as_unread():
    days = [pd.Timestamp("2025-03-01"), pd.Timestamp("2025-05-01"), "13/04/2025", 45800]
    data = Purchases.from_table(pd.DataFrame({"order_number": list("1234"), "amount": 5.0, "order_date": days}))
    assert data.lines.order_date.notna().tolist() == [True, True, True, False]
    assert data.lines.unreadable.notna().tolist() == [False, False, False, True]
    assert "order_date could not be read on 1 of 4 lines" in data.sources.notes.item()
    assert data.issues.reason.str.contains("a spreadsheet of another country").sum() == 2
