"""A figure is declared once: from there its columns are checked, coverage reads them, and the documentation does."""

from __future__ import annotations

import inspect
import typing

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import SchemaError, lead_times, quality, slippage, spend
from makini_analytics.catalogue import FIGURES
from makini_analytics.errors import OptionError
from tests.tiers import one_in

#: What the doors show besides figures: a step that gives the lines back.
NO_FIGURES = {"quality.rename_vendors"}
OPTIONS = {"spend.tail": {"definition": "share"}, "slippage.ladder": {"due": ["required"]}}


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample()


def test_every_public_function_of_a_room_is_a_figure():
    doors = {"spend": spend, "lead_times": lead_times, "slippage": slippage, "quality": quality}
    shown = {f"{room}.{n}" for room, door in doors.items() for n in door.__all__ if not n.startswith("plot_")}
    assert set(FIGURES) == shown - NO_FIGURES
    for name, figure in FIGURES.items():
        assert figure.function is getattr(doors[figure.room], name.split(".")[1])
        assert figure.title == figure.function.__doc__.splitlines()[0]


@pytest.mark.filterwarnings("ignore:.*The lines lack")
@pytest.mark.parametrize("name", one_in(6, sorted(FIGURES)))
def test_what_is_declared_is_what_is_checked(name, sample):
    figure = FIGURES[name]
    options = OPTIONS.get(name, {})
    for column in figure.required(**options):
        lines = sample.lines.drop(columns=column)
        with pytest.raises(SchemaError, match=f"^{name} needs the column '{column}'"):
            figure.function(*[lines] * len(figure.data), **options)
    # ageing and swings take another figure's result, too, and let that check
    if figure.data == ("lines",) and name not in ("slippage.ageing", "slippage.swings"):
        # nothing else is needed, up to what a line is grouped by
        others = ["vendor_id", "vendor_name", "product_code", "order_id", "currency", "updated_at"]
        lines = sample.lines[[*dict.fromkeys([*figure.required(**options), *others])]]
        assert figure.function(lines, **options).attrs["metric"] == name


@pytest.mark.parametrize("name", one_in(6, sorted(n for n, figure in FIGURES.items() if figure.data == ("lines",))))
def test_no_lines_have_the_types_of_some(name, sample):
    emea = sample.filter(connection="emea").lines
    function, options = FIGURES[name].function, OPTIONS.get(name, {})
    some = function(emea, **options).dtypes
    for lines in (emea.iloc[:0], emea.assign(deleted_at=pd.Timestamp("2020-01-01", tz="UTC"))):
        pd.testing.assert_series_equal(function(lines, **options).dtypes, some)


def test_a_choice_needs_its_own_column(sample):
    assert FIGURES["slippage.per_line"].needs(due="promised") == ("promised_date", "delivered_date")
    assert FIGURES["slippage.ladder"].needs(due=["required", "promised"])[:2] == ("required_date", "promised_date")
    assert FIGURES["lead_times.curve"].needs(start="approval", end="header") == ("approved_date", "completed_date")
    assert "received_quantity" in FIGURES["spend.tail"].needs(basis="received", definition="share")
    with pytest.raises(SchemaError, match=r"slippage\.per_line needs the column 'promised_date'"):
        slippage.per_line(sample.lines.drop(columns="promised_date"), due="promised")


def test_options_are_checked_and_the_signature_is_kept(sample):
    with pytest.raises(OptionError, match="no option 'curency'; near: currency"):
        spend.by_vendor(sample.lines, curency="EUR")
    for figure in FIGURES.values():
        assert typing.get_type_hints(figure.function)["return"] is pd.DataFrame
        assert inspect.signature(figure.function).return_annotation == "pd.DataFrame"
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'lines'"):
        spend.by_vendor()


def test_parameters_are_those_that_teach_something(sample):
    assert spend.by_vendor(sample.lines).attrs["parameters"] == {"by": "vendor", "basis": "ordered"}
    assert slippage.ladder(sample.lines.head(50)).attrs["parameters"] == {}
    got = lead_times.by_vendor(sample.lines, start="creation", calendar="weekdays", as_of="2025-12-31")
    want = {"by": "vendor", "start": "creation", "calendar": "working days, Monday to Friday"}
    assert got.attrs["parameters"] == want
    assert got.attrs["as_of"] == "2025-12-31"
    vendor = sample.lines["vendor_name"].dropna().iloc[0]
    assert spend.tail(sample.lines, definition="share", intercompany={vendor}).attrs["parameters"] == {
        "definition": "share", "head_share": 0.8, "basis": "ordered", "intercompany": [vendor],
    }  # fmt: skip
