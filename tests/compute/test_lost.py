"""Columns that were picked by habit, and lines that are there twice: said by a warning, and by `explain`."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from tests.tiers import one_in


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return ma.load_sample(["us"]).lines


@pytest.mark.parametrize(
    ("figure", "lost"),
    one_in(
        3,
        [
            (spend.by_vendor, ["state"]),
            (spend.by_vendor, ["state", "deleted_at"]),
            (slippage.by_vendor, ["received_quantity"]),
            (slippage.open_orders, ["state", "quantity"]),
            (lead_times.by_vendor, ["connection"]),
        ],
    ),
)
def test_a_column_that_decides_which_lines_count_is_missed(lines, figure, lost):
    with pytest.warns(ma.MakiniWarning, match=f"{figure.__name__}: The lines lack {', '.join(lost)}") as seen:
        got = figure(lines.drop(columns=lost))
    assert {w.filename for w in seen} == {__file__}
    assert any("The lines lack" in note for note in got.attrs["notes"])
    assert "The lines lack" in ma.explain(got)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not any("lack" in note for note in figure(lines).attrs["notes"])


def test_spend_does_not_miss_what_it_does_not_read_and_a_table_of_ones_own_has_what_it_has(lines):
    spend.by_vendor(lines.drop(columns=["quantity", "received_quantity", "connection"]))
    own = pd.DataFrame({"vendor_id": ["a"], "amount": [9.0], "currency": "EUR"})
    assert spend.by_vendor(own).attrs["notes"] == []
    slippage.ageing(slippage.open_orders(lines))  # the result of a figure


def test_two_extracts_put_together_that_share_lines(lines):
    overlapping = pd.concat([lines, lines.head(40)])
    with pytest.warns(ma.MakiniWarning, match=rf"40 of {len(overlapping):,} lines are there twice"):
        spend.by_vendor(overlapping)
    half = pd.concat([lines.iloc[:900].reset_index(drop=True), lines.iloc[900:].reset_index(drop=True)])
    spend.by_vendor(half)  # their numbers are there twice, and no line
