"""The slides as one sees them: the order of the page, parts of a period hatched, and heads that are not broken."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts
from makini_analytics.reporting import content, write

Presentation = pytest.importorskip("pptx", reason="the extra 'report' is not installed").Presentation


def chart_of(deck, name):
    return next(shape.chart for slide in deck.slides for shape in slide.shapes if shape.name == name)


def test_rankings_stand_as_on_the_page_and_say_in_which_order(made):
    _, out, told = made
    deck = Presentation(str(out / "r.pptx"))
    for name, order in (("slippage_by_vendor", "by the lower end"), ("lead_times_by_vendor", "shortest median first")):
        exhibit = next(e for e in told.exhibits if e.name == name)
        drawn = exhibit.table.iloc[[i for bar in charts.captions_of(exhibit.chart).bars for i in bar]]
        names = [label.partition(" (")[0] for label in chart_of(deck, name).plots[0].categories]
        assert names == [v.partition(" (")[0] for v in drawn.vendor_name]
        assert order in exhibit.native.says


@pytest.mark.parametrize("since", ["2023-01-01", "2024-08-10"])
def test_a_month_that_is_cut_is_hatched(since, tmp_path):
    days = pd.Series(pd.date_range(since, "2025-06-17", freq="2D"))
    table = pd.DataFrame({"order_number": range(len(days)), "vendor_name": "Bolt AG", "order_date": days, "amount": 9.0, "currency": "EUR"})  # fmt: skip
    told = content(ma.Purchases.from_table(table, as_of="2025-06-17"), sections=["spend"])
    chart = chart_of(Presentation(str(write(told, tmp_path / "x.pptx"))), "spend_by_month_EUR")
    points = chart.plots[0].series[0]._element.findall("{*}dPt")
    hatched = [int(p.find("{*}idx").get("val")) for p in points if p.find("{*}spPr/{*}pattFill") is not None]
    months = told.exhibits[0].table
    assert hatched == [i for i, whole in enumerate(months.complete.astype(object)) if whole is not True]
    assert len(months) - 1 in hatched
    assert "hatched: cut by the data" in told.exhibits[0].native.says


def test_the_heads_of_the_overdue_lines_fit(made):
    _, out, _ = made
    table = next(s.table for slide in Presentation(str(out / "r.pptx")).slides for s in slide.shapes if s.name == "open_orders")  # fmt: skip
    for column, cell in zip(table.columns, table.rows[0].cells, strict=True):
        room = (column.width - cell.margin_left - cell.margin_right) / 914400
        assert room > 0.085 * max(map(len, cell.text_frame.text.replace(",", " ").split())), cell.text_frame.text
