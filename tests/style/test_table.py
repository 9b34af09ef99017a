"""A table as people read it, beside the frame that it shows."""

from __future__ import annotations

import re
from html import unescape
from io import StringIO

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend, style

FRAME = pd.DataFrame({"vendor_id": ["1", "2"], "vendor_name": ["ACME <b>", None], "currency": ["EUR", None], "spend": [647_827.51, 3.0],
                      "share": [0.274, None], "median_days": [24.0, 1.0], "p90_days": [30.5, None], "n_lines": [1234, 1], "rate": [0.570028, 1.0],
                      "due_date": pd.to_datetime(["2025-03-01", None]), "original_amount": [79.78, 12.0], "unit_price": [1.5, 2.25]})  # fmt: skip


def test_each_kind_of_value_reads_as_people_write_it():
    html = style.table(FRAME)._repr_html_()
    head, *cells = ([unescape(t) for t in re.findall(f"<{tag} [^>]*>(.*?)</{tag}>", html)] for tag in ("th", "td"))
    assert head == [
        "vendor",
        "spend",
        "share",
        "median",
        "p90",
        "lines",
        "rate",
        "due date",
        "original amount",
        "unit price",
    ]
    first, second = cells[0][:10], cells[0][10:]
    assert first == ["ACME <b>", "647,828 EUR", "27.4 %", "24 days", "30.5 days", "1,234", "0.5700", "2025-03-01", "79.78", "1.50 EUR"]  # fmt: skip
    assert second == ["–", "3", "–", "1 day", "–", "1", "1.0000", "–", "12.00", "2.25"]
    text = repr(style.table(FRAME, ["vendor_name", "spend"], rows=1))
    assert text.split("\n")[1].split() == ["ACME", "<b>", "647,828", "EUR"]
    assert "<b>" not in style.table(FRAME)._repr_html_()


def test_marks_follow_the_look():
    style.use(decimal=",", thousands=".")
    try:
        shown = repr(style.table(FRAME, ["spend", "share", "p90_days"], rows=1))
    finally:
        style.use()
    assert shown.split("\n")[1].split() == ["647.828", "EUR", "27,4", "%", "30,5", "days"]


def test_headings_never_hide_a_column_and_a_number_called_currency_is_a_number():
    frame = pd.DataFrame({"vendors": ["as given"], "n_vendors": [68], "currency": [-9.0], "price": [-0.2]})
    head, row = repr(style.table(frame)).split("\n")
    assert head.split() == ["vendors", "number", "of", "vendors", "currency", "price"]
    assert row.split() == ["as", "given", "68", "−9", "−0.20"]
    assert repr(style.table(pd.DataFrame({"spend": [-0.2, 20_000.0]}))).split() == ["spend", "0", "20,000"]


def test_amounts_of_a_row_have_as_many_decimals_and_abbreviations_their_capitals():
    frame = pd.DataFrame({"open_value": [14_482.0, 6_461.4], "expected_late_value": [4_630.6, 3_249.77], "unit_price": [2.5, 3.25], "hhi": [506.59, 1.0],
                          "stake": [491_155.28, 3.0], "currency": "EUR"})  # fmt: skip
    shown = style.table(frame).texts
    assert [*shown] == ["open value", "expected late value", "unit price", "HHI", "stake"]
    assert list(shown.iloc[1]) == ["6,461 EUR", "3,250 EUR", "3.25 EUR", "1.00", "3 EUR"]


@pytest.mark.parametrize("figure", [spend.by_vendor, spend.by_period, lead_times.by_vendor, slippage.by_vendor])
def test_results_are_shown_whole_and_left_as_they_are(figure):
    result = figure(ma.load_sample("us"))
    before = result.copy()
    shown = pd.read_html(StringIO(style.table(result, rows=len(result))._repr_html_()), flavor="lxml")[0]
    assert len(shown) == len(result)
    pd.testing.assert_frame_equal(result, before)


def test_what_would_be_right_is_said():
    with pytest.raises(ma.SchemaError, match="no column 'spent'; it has vendor_id"):
        style.table(FRAME, ["spent"])
    with pytest.raises(ma.SchemaError, match="not Purchases"):
        style.table(ma.load_sample("us"))
    with pytest.raises(ma.ConfigError, match="rows=-1"):
        style.table(FRAME, rows=-1)
    assert "Empty" in repr(style.table(FRAME, rows=0))


def test_a_chart_in_a_notebook_has_its_text():
    from IPython.core.formatters import DisplayFormatter

    chart = spend.plot_by_vendor(ma.load_sample("us"), currency="USD")
    data, metadata = DisplayFormatter().format(chart)
    assert data["image/png"]
    assert metadata["image/png"]["alt"] == style.alt_text(chart) != ""


def test_the_price_effect_of_a_bridge_is_an_amount_and_no_price():
    wide = pd.DataFrame({"category": ["a"], "before": [790.0], "price": [3.0], "volume": [-18.0], "after": [775.0]})
    assert style.table(wide).texts.loc[0, "price"] == "3"
