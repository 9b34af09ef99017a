"""The explorer without a kernel: its controls change the same figures that the functions give."""

from __future__ import annotations

import datetime

import pytest

import makini_analytics as ma
from makini_analytics import explore, spend


@pytest.fixture(scope="module")
def data():
    return ma.load_sample()


def parts(box):
    (connection, currency, search), (since, until), code, chart, table = (
        box.children[0].children,
        box.children[1].children,
        *box.children[2:],
    )
    return connection, currency, search, since, until, code, chart, table


def test_the_bar_changes_chart_table_and_code(data):
    connection, currency, search, since, _, code, chart, table = parts(explore.vendors(data))
    assert bytes(chart.value).startswith(b"\x89PNG")
    whole = table.value
    connection.value, currency.value = "emea", "EUR"
    expected = spend.by_vendor(data.lines[data.lines.connection == "emea"], currency="EUR")
    assert f"{expected.spend.iloc[0]:,.2f}" in table.value
    assert "currency=&#x27;EUR&#x27;" in code.value
    before, picture = table.value, bytes(chart.value)
    search.value = "kugel"
    assert "Kugellager Nord AG" in table.value
    assert "Rossi" not in table.value
    assert bytes(chart.value) != picture
    search.value = ""
    assert table.value == before
    since.value = datetime.date(2025, 6, 1)
    assert table.value != before
    search.value = "<script>"
    assert "<script>" not in table.value + code.value
    search.value = ""
    connection.value, currency.value = "us", "USD"
    assert "Great Lakes Bearing Co." in table.value
    assert table.value != whole
