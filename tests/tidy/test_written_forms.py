"""Tables written in every usual form of numbers and dates: read back equal, or asked about, never silently other."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from makini_analytics import Purchases, SchemaError
from tests.tiers import one_in

LOCALES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl"]


def grouped(digits: str, mark: str) -> str:
    parts = []
    while len(digits) > 3:
        parts.insert(0, digits[-3:])
        digits = digits[:-3]
    return mark.join([digits, *parts])


def indian(digits: str, mark: str) -> str:
    if len(digits) <= 3:
        return digits
    head, tail = digits[:-3], digits[-3:]
    parts = []
    while len(head) > 2:
        parts.insert(0, head[-2:])
        head = head[:-2]
    return mark.join([head, *parts, tail])


@st.composite
def number_styles(draw):
    """Return what writes an amount in cents in one style."""
    decimal = draw(st.sampled_from(".,"))
    mark = draw(st.sampled_from(["", "." if decimal == "," else ",", " ", "\u00a0", "\u202f", "'", "’"]))
    group = draw(st.sampled_from([grouped, indian])) if mark == "," else grouped
    minus = draw(st.sampled_from(["-{}", "{}-", "({})", "\u2212{}", "\u2013{}", "- {}"]))
    around = draw(st.sampled_from(["{}", "EUR {}", "{} EUR", "€{}", "{} €", "€{} EUR", "\u00a0{} "]))
    places = draw(st.sampled_from([0, 2, 2, 2, 3]))

    def write(cents: int) -> str:
        whole, part = divmod(abs(cents), 100)
        text = group(str(whole), mark) if mark else str(whole)
        if places:
            text += decimal + f"{part:02d}" + "0" * (places - 2)
        return around.format(minus.format(text) if cents < 0 else text)

    return write, places


@st.composite
def date_styles(draw):
    sep = draw(st.sampled_from("./-"))
    kinds = [
        "dmy",
        "mdy",
        "mdY",
        "dmY",
        "iso",
        "ymd",
        "named",
        "weekday",
        "dashed",
        "excel",
        "compact",
        "timed",
        "zoned",
        "ticks",
        "ms",
        "s",
    ]
    kind = draw(st.sampled_from(kinds))
    locale, width = draw(st.sampled_from(LOCALES)), draw(st.sampled_from(["medium", "long"]))
    formats = {
        "dmy": f"%d{sep}%m{sep}%y",
        "mdy": f"%m{sep}%d{sep}%y",
        "mdY": f"%m{sep}%d{sep}%Y",
        "timed": f"%m{sep}%d{sep}%Y 09:05 AM",
        "zoned": "%Y-%m-%dT12:00:00+02:00",
        "dmY": f"%d{sep}%m{sep}%Y",
        "iso": "%Y-%m-%d",
        "ymd": "%Y/%m/%d",
        "compact": "%Y%m%d",
    }
    if kind in ("named", "weekday", "dashed"):
        month = "MMM" if width == "medium" else "MMMM"
        pattern = {"named": f"d {month} y", "weekday": f"EEEE, d {month} y", "dashed": f"d-{month}-yy"}[kind]
        return (lambda d: format_date(d, pattern, locale=locale)), None
    if kind == "excel":
        return (lambda d: (d - date(1899, 12, 30)).days), "excel"
    if kind in ("ticks", "ms", "s"):
        epoch = lambda d: (d - date(1970, 1, 1)).days * 86_400 * (1 if kind == "s" else 1000)  # noqa: E731
        return (epoch, kind) if kind != "ticks" else (lambda d: f"/Date({epoch(d)})/", None)
    return (lambda d: d.strftime(formats[kind])), None


def check_table(data):
    write, places = data.draw(number_styles())
    show, form = data.draw(date_styles())
    n = data.draw(st.integers(1, 8))
    cents = data.draw(st.lists(st.integers(-5_000_000_00, 5_000_000_00), min_size=n, max_size=n))
    if places == 0:
        cents = [c // 100 * 100 for c in cents]
    days = [date(2016, 1, 1) + timedelta(days=data.draw(st.integers(0, 3000))) for _ in range(n)]
    table = pd.DataFrame(
        {"po": [f"P{i}" for i in range(n)], "v": "A", "d": [show(d) for d in days], "a": [write(c) for c in cents]}
    )
    try:
        got = Purchases.from_table(
            table,
            columns={"po": "order_number", "v": "vendor_name", "d": "order_date", "a": "amount"},
            currency="EUR",
            date_formats={"order_date": form} if form else None,
        )
    except SchemaError as e:
        assert "decimal=" in str(e) or "date_formats=" in str(e)
        return
    read = got.lines.amount.to_numpy()
    wanted = np.array(cents) / 100
    listed = set(got.issues.loc[got.issues.column == "amount", "id"])
    for i, (one, other) in enumerate(zip(read, wanted, strict=True)):
        assert abs(one - other) < 1e-6 or (np.isnan(one) and got.lines.line_id[i] in listed), (table.a.tolist(), read)
    assert got.lines.order_date.dt.date.tolist() == days, table.d.tolist()
    assert set(got.lines.currency) == {"EUR"}


@pytest.mark.full
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_what_is_read_is_what_was_written_or_is_asked_about(data):
    check_table(data)


@pytest.mark.full
@settings(max_examples=4_000, deadline=None)
@given(st.data())
def test_what_is_read_of_many_tables_is_what_was_written_or_is_asked_about(data):
    check_table(data)


@pytest.mark.parametrize("pattern", one_in(5, ["EEEE, d MMMM y", "EEE d MMM y", "EEE, d. MMMM yy", "d-MMM-yy"]))
@pytest.mark.parametrize("locale", one_in(3, LOCALES))
def test_every_weekday_and_month_of_a_language(locale, pattern):
    days = [date(2024, 1 + i % 12, 13 + i) for i in range(14)]
    table = pd.DataFrame({"order_date": [format_date(d, pattern, locale=locale) for d in days], "amount": 1.0})
    got = Purchases.from_table(table, currency="EUR")
    assert got.lines.order_date.dt.date.tolist() == days, table.order_date.tolist()


@pytest.mark.parametrize("decimal", [".", ","])
def test_the_stated_mark_is_taken(decimal):
    texts = ["1.500", "2.750"] if decimal == "," else ["1,500", "2,750"]
    got = Purchases.from_table(pd.DataFrame({"order_number": ["1", "2"], "amount": texts}), decimal=decimal)
    assert got.lines.amount.tolist() == [1500.0, 2750.0]
