"""Columns that were picked by habit, and lines that are there twice: said by a warning, and by `explain`."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend, style
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


def test_what_a_join_repeats_is_said_whatever_its_index(lines):
    twice = lines.merge(lines[["order_id", "site_id"]].drop_duplicates(), on="order_id", suffixes=("", "_of"))
    fanned = lines.merge(lines[["order_id", "site_id"]], on="order_id", suffixes=("", "_of"))
    others = pd.DataFrame({"order_id": [*lines.order_id.unique()] * 2})
    spend.by_vendor(twice)
    for repeated in (fanned, lines.merge(others, on="order_id"), pd.concat([lines, lines.head(9)], ignore_index=True)):
        with pytest.warns(ma.MakiniWarning, match=rf"{len(repeated) - len(lines):,} of {len(repeated):,} lines are there twice"):  # fmt: skip
            spend.by_vendor(repeated)
    for part in (lines.sample(99, random_state=0), lines.head(99), lines.tail(99).reset_index(drop=True)):
        spend.by_vendor(part)


@pytest.mark.parametrize(
    ("figure", "lost", "so"),
    one_in(
        2,
        [
            (spend.by_vendor, "currency", "amounts of all currencies are added up"),
            (slippage.open_orders, "currency", "amounts of all currencies are added up"),
            (slippage.fill_rate, "unit_of_measure", "quantities of all units are added up"),
            (spend.by_period, "order_date", "no line can be placed"),
            (lead_times.by_vendor, "vendor_name", "vendors are called by their ids"),
        ],
    ),
)
def test_a_column_that_is_read_is_missed(lines, figure, lost, so):
    with pytest.warns(ma.MakiniWarning, match=f"The lines lack {lost}, which data.lines has: {so}"):
        figure(lines.rename(columns={lost: "x"}))
    if lost == "order_date":
        with pytest.raises(ma.SchemaError, match=r"order_date.*it is the index, pass lines\.reset_index\(\)"):
            figure(lines.set_index(lost))
        return
    with pytest.warns(ma.MakiniWarning, match=rf"{lost} is the index: lines\.reset_index\(\)"):
        figure(lines.set_index(lost))


def test_a_currency_is_asked_of_lines_that_have_one(lines):
    with pytest.raises(ma.ConfigError, match="the lines have no column"):
        spend.by_vendor(lines.drop(columns="currency"), currency="USD")


def test_a_state_that_no_figure_knows_is_said(lines):
    with pytest.warns(ma.MakiniWarning, match="state holds 'Cancelled', .*, none of draft, open, received"):
        slippage.open_orders(lines.assign(state=lines.state.str.title()))


def test_a_blank_names_no_vendor(lines):
    blank, missing = (lines.assign(vendor_name=lines.vendor_name.where(lines.index % 3 == 0, x)) for x in (" ", pd.NA))
    pd.testing.assert_frame_equal(spend.by_vendor(blank), spend.by_vendor(missing))


def test_a_list_of_orders_alone_does_not_say_what_came():
    table = pd.DataFrame({"order_number": list("abc"), "vendor_name": "V", "order_date": "2025-01-01", "required_date": "2025-02-01"})  # fmt: skip
    listed = ma.Purchases.from_table(table.assign(amount=1.0), currency="EUR", as_of="2025-12-31").lines
    got = slippage.by_vendor(listed)
    assert got.attrs["notes"][0].startswith("Nothing says what has come")
    for plot in (slippage.plot_by_vendor, slippage.plot_per_line):
        assert style.alt_text(plot(listed)).startswith("Nothing says whether 3 due lines came.")
    known = ma.Purchases.from_table(table.assign(amount=1.0, status="open"), currency="EUR", as_of="2025-12-31").lines
    assert style.alt_text(slippage.plot_by_vendor(known)).startswith("0 of 3 due lines came on time.")
    assert style.alt_text(slippage.plot_per_line(known)).startswith("Nothing delivered; 3 lines are open and overdue.")


def test_groups_and_parts_of_lines_are_warned_of_nothing(lines):
    lines.groupby("currency").apply(spend.by_vendor)
    lines.groupby("vendor_name").apply(slippage.by_vendor)
    lines[lines.currency == "USD"].drop(columns="currency").pipe(spend.by_vendor)
    spend.by_vendor(pd.concat([lines, lines[["notes"]]], axis=1))
    with pytest.raises(ma.SchemaError, match="several columns named 'amount'"):
        spend.by_vendor(pd.concat([lines, lines[["amount"]]], axis=1))
    waits = ma.Purchases.from_table(
        pd.DataFrame({"order_number": list("ab"), "vendor_name": "V", "amount": 1.0, "order_date": "2025-01-01", "required_date": "2025-02-01", "delivered_date": ["2025-02-01", None]}),
        currency="EUR", as_of="2025-12-31",
    )  # fmt: skip
    assert slippage.by_vendor(waits.lines[waits.lines.state == "open"]).attrs["notes"] == []
