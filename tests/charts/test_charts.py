"""What every chart has in common: its metric's options under the same names, a full docstring, and errors of its own."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, charts, lead_times, quality, slippage, spend
from makini_analytics.charts._docstring import entries, sections
from tests.tiers import one_in

ROOMS = {"spend": spend, "lead_times": lead_times, "slippage": slippage, "quality": quality}
CHARTS = {f"{r}.{n}": getattr(room, n) for r, room in ROOMS.items() for n in room.__all__ if n.startswith("plot_")}
every_chart = pytest.mark.parametrize("plot", CHARTS.values(), ids=CHARTS)


@pytest.fixture(scope="module")
def lines():
    return ma.load_sample(["emea"]).lines.query("currency == 'EUR'").iloc[:300]


def test_all_charts_are_there():
    assert len(CHARTS) == 34


@every_chart
def test_a_chart_has_the_options_of_its_metric_as_the_metric_has_them(plot):
    """Names, defaults and annotations: what is written twice can't drift apart."""
    ours, theirs = inspect.signature(plot).parameters, inspect.signature(plot.metric).parameters
    options = {n: p for n, p in theirs.items() if p.kind is p.KEYWORD_ONLY}
    assert set(plot.shared) == set(options)
    for name, option in options.items():
        assert ours[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert str(ours[name].annotation) == str(option.annotation), name
        assert ours[name].default == option.default or name in plot.own_defaults, name
    n_data = sum(p.kind is not p.KEYWORD_ONLY for p in theirs.values())
    assert sum(p.kind is not p.KEYWORD_ONLY for p in ours.values()) == n_data
    assert {"ax", "title"} <= set(ours)
    assert all(p.kind is not p.VAR_KEYWORD for p in ours.values())


@every_chart
def test_a_chart_explains_itself_as_fully_as_its_metric(plot):
    said, metric = sections(inspect.getdoc(plot)), sections(inspect.getdoc(plot.metric))
    assert list(said) == ["", "Parameters", "Returns", "Raises", "Notes", "Examples"]
    assert said[""].count("\n\n") >= 1  # what it shows, then what the marks mean
    assert ">>> " in said["Examples"]
    names = [n for of, _ in entries(said["Parameters"]) for n in of]
    assert sorted(names) == sorted(inspect.signature(plot).parameters)
    assert metric[""] in said["Notes"]
    assert all(r in said["Raises"] for r in (metric["Raises"], "OptionError"))
    of_metric = {n: text for of, text in entries(metric["Parameters"])[1:] for n in of}
    of_chart = {n: text for of, text in entries(said["Parameters"]) for n in of}
    kept = [n for n in plot.shared if of_chart[n] == of_metric[n]]
    assert set(plot.shared) - set(kept) <= set(plot.own_defaults)


@every_chart
def test_a_misspelt_option_is_an_error_of_the_chart_that_names_the_near_one(plot, lines):
    with pytest.raises(ma.OptionError, match=rf"{plot.__name__}\(\) has no option 'titel'; near: title"):
        plot(lines, titel="x")


def test_an_option_that_a_finished_result_can_t_follow_is_refused(lines):
    """It was ignored in silence: the chart showed vendors, and its caller believed in categories."""
    result = spend.by_vendor(lines)
    with pytest.raises(
        ma.OptionError, match=r"plot_by_vendor\(\).*spend\.by_vendor.* by= can't .*pass it to spend\.by_vendor"
    ):
        spend.plot_by_vendor(result, by="category")
    with pytest.raises(ma.OptionError, match=r"as_of=, due= .*pass them to slippage\.by_vendor"):
        slippage.plot_funnel(slippage.by_vendor(lines), as_of="2025-01-01", due="promised")
    with pytest.raises(ma.OptionError, match="definition="):
        spend.plot_tail(spend.tail(lines, definition="share"), definition="threshold")
    assert spend.plot_by_vendor(result, top=3, title="Ours").figure.texts[0].get_text() == "Ours"


def test_both_sides_of_a_bridge_are_needed_or_its_result(lines):
    with pytest.raises(ma.SchemaError, match=r"result of spend\.bridge with the column 'effect', or before and after"):
        spend.plot_bridge(lines)
    with pytest.raises(ma.OptionError, match="mixed_units="):
        spend.plot_bridge(spend.bridge(lines, lines, mixed_units="apart"), mixed_units="apart")
    assert spend.plot_bridge(before=lines, after=lines, mixed_units="apart") is not None


def test_the_options_reach_the_metric(lines):
    drawn = charts.captions_of(spend.plot_by_vendor(lines, by="category", basis="received"))
    assert drawn.subtitle.startswith("Received spend at order prices by category")
    by_result = charts.captions_of(spend.plot_by_vendor(spend.by_vendor(lines, by="category", basis="received")))
    assert drawn == by_result


def test_data_may_be_given_by_name_and_purchases_too(lines):
    data = ma.load_sample(["emea"])
    assert "EUR" in charts.captions_of(spend.plot_by_vendor(data=data, currency="EUR")).subtitle
    with pytest.raises(TypeError, match="data"):
        spend.plot_by_vendor(currency="EUR")


def test_a_result_is_left_as_it_was(lines):
    result = quality.reconcile(ma.load_sample(["emea"]))
    attrs, before = dict(result.attrs), result.copy()
    quality.plot_reconcile(result, currency="EUR")
    pd.testing.assert_frame_equal(result, before)
    assert result.attrs == attrs


@pytest.mark.parametrize("wrong", one_in(3, [{"top": "3"}, {"top": 0}, {"top": 2.5}, {"ax": 3}, {"title": 3}]))
def test_a_wrong_option_of_the_drawing_says_what_to_pass(wrong):
    lines = pd.DataFrame({"vendor_id": ["a", "b"], "currency": "EUR", "amount": [90.0, 10.0]})
    with pytest.raises(ConfigError, match=f"{next(iter(wrong))}.*pass"):
        spend.plot_by_vendor(lines, **wrong)
    assert charts.captions_of(spend.plot_by_vendor(lines, top=np.int64(1))).title
