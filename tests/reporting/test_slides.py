"""The slides as one sees them: the order of the page, parts of a period hatched, and heads that are not broken."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts
from makini_analytics.reporting import content, write
from makini_analytics.reporting._lists import filed, shown
from tests.tiers import one_in

Presentation = pytest.importorskip("pptx", reason="the extra 'report' is not installed").Presentation
_lines = pytest.importorskip("makini_analytics.reporting._slide_findings")._lines
PP_ALIGN = pytest.importorskip("pptx.enum.text").PP_ALIGN


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


@pytest.mark.parametrize("since", one_in(2, ["2023-01-01", "2024-08-10"]))
def test_a_month_that_is_cut_is_hatched(since, tmp_path):
    days = pd.Series(pd.date_range(since, "2025-06-17", freq="2D"))
    table = pd.DataFrame({"order_number": range(len(days)), "vendor_name": "Bolt AG", "order_date": days, "amount": 9.0, "currency": "EUR"})  # fmt: skip
    told = content(ma.Purchases.from_table(table, as_of="2025-06-17"), sections=["spend"])
    chart = chart_of(Presentation(str(write(told, tmp_path / "x.pptx"))), "spend_by_month_EUR")
    points = chart.plots[0].series[0]._element.findall("{*}dPt")
    hatched = [int(p.find("{*}idx").get("val")) for p in points if p.find("{*}spPr/{*}pattFill") is not None]
    months = told.exhibits[0].table
    # as in the picture: of the first month nothing says whether orders came before it
    assert hatched == [i for i, whole in enumerate(months.complete.astype(object)) if whole is False]
    assert len(months) - 1 in hatched
    assert "hatched: cut by the data" in told.exhibits[0].native.says


def three_lines(**more):
    """Make lines of March and May, the latter still open, in data that end in June."""
    table = pd.DataFrame({"order_number": ["1", "1", "2"], "line_number": ["1", "2", "1"], "vendor_name": ["A", "A", "B"], "quantity": 1.0,
                          "amount": [200.0, 100.0, 900.0], "currency": "EUR", "order_date": ["2025-03-01", "2025-03-01", "2025-05-02"],
                          "required_date": ["2025-03-20", "2025-03-25", "2025-06-01"], "delivered_date": ["2025-03-19", "2025-03-30", None]})  # fmt: skip
    return ma.Purchases.from_table(table.assign(**more), as_of="2025-06-30")


@pytest.mark.full
def test_a_trend_has_every_month_that_its_picture_has(tmp_path):
    deck = Presentation(str(ma.report(three_lines(), tmp_path / "x.pptx", progress=False)))
    want = {
        "spend_by_month_EUR": [("2025-03", 300.0), ("2025-04", 0.0), ("2025-05", 900.0), ("2025-06", 0.0)],
        "slippage_by_month": [("2025-03", 0.5), ("2025-04", None), ("2025-05", None), ("2025-06", 0.0)],
        "lead_times_by_month": [
            ("2025-03", 18.0),
            ("2025-04", None),
            ("2025-05 (unfinished)", None),
            ("2025-06", None),
        ],
    }
    for name, points in want.items():
        chart = chart_of(deck, name)
        plot = chart.plots[0]
        assert list(zip(map(str, plot.categories), plot.series[0].values, strict=True)) == points, name
        assert chart._chartSpace.find(".//{*}dispBlanksAs").get("val") == "gap"  # no line over what is not there


@pytest.mark.parametrize(("day", "amount", "hatched"), one_in(3, [("2025-05-02", 900.0, ()), ("2025-06-02", 0.5, ()), ("2025-06-02", 900.0, (3,))]))  # fmt: skip
def test_hatching_is_explained_only_where_a_column_is_hatched(day, amount, hatched):
    """The data cut June, whose column has no height, one that nobody sees, and one that is seen."""
    data = three_lines(order_date=["2025-03-02", "2025-03-31", day], amount=[200.0, 100.0, amount])
    months = content(data, as_of="2025-06-20", sections=["spend"]).exhibits[0]
    assert months.native.hatched == hatched
    assert ("hatched" in months.native.says) == bool(hatched)


def test_the_heads_of_the_overdue_lines_fit(made):
    _, out, _ = made
    table = next(s.table for slide in Presentation(str(out / "r.pptx")).slides for s in slide.shapes if s.name == "open_orders")  # fmt: skip
    for column, cell in zip(table.columns, table.rows[0].cells, strict=True):
        room = (column.width - cell.margin_left - cell.margin_right) / 914400
        assert room > 0.085 * max(map(len, cell.text_frame.text.replace(",", " ").split())), cell.text_frame.text


@pytest.mark.full
def test_the_rest_of_a_ranking_counts_vendors_as_the_page_does(tmp_path):
    vendors = [*(f"V{i:02}" for i in range(14)), None]
    table = pd.DataFrame({"vendor_name": vendors, "amount": [100.0 - i for i in range(15)], "order_date": pd.Timestamp("2025-03-01")})  # fmt: skip
    told = content(ma.Purchases.from_table(table, currency="EUR", as_of="2025-12-31"), sections=["spend"])
    slides = Presentation(str(write(told, tmp_path / "x.pptx"))).slides
    (chart,) = [sh.chart for s in slides for sh in s.shapes if sh.name == "spend_by_vendor_EUR" and sh.has_chart]
    assert list(chart.plots[0].categories)[-1] == "Other (4, and no vendor)"


def test_a_value_has_one_name_in_a_chart_its_table_and_on_the_slide(made):
    _, out, told = made
    deck = Presentation(str(out / "r.pptx"))
    exhibits = {e.name: e for e in told.exhibits}
    for name, column, one in (
        ("spend_bridge", "effect", charts.NO_PRICE),
        ("open_orders_ageing_EUR", "bucket", "not due yet"),
    ):
        exhibit = exhibits[name]
        drawn = [t.get_text().lower() for t in exhibit.chart.get_yticklabels() if t.get_text()]
        read = shown(exhibit.table)[column].tolist()
        on_slide = [label.lower() for label in chart_of(deck, name).plots[0].categories]
        assert one in read and one in drawn
        assert set(on_slide) <= set(read) and set(on_slide) <= set(drawn)
        assert filed(exhibit.table)[column].tolist() == exhibit.table[column].tolist()  # as programs know them


def overdue_of(path):
    return next((slide, s) for slide in Presentation(str(path)).slides for s in slide.shapes if s.name == "open_orders")


def long_codes():
    n = 60
    table = pd.DataFrame({"order_number": [f"45000{i // 2:05d}-2024-EMEA" for i in range(n)], "line_number": [str(i % 2 + 1) for i in range(n)], "quantity": 2.0,
                          "product_code": ["GEHAEUSE-DICHTUNGSSATZ-40-FKM-0815", "PN.4711/2024-A-REV.C-316L-DN50-PN16"] * (n // 2), "amount": 41234.5,
                          "vendor_name": "Beteiligungsgesellschaft Oberschwaben mbH & Co. KG", "site_name": "Werk Friedrichshafen-Kluftern", "currency": "EUR",
                          "description": "Dichtungssatz Gehäuse 40 FKM, Innendurchmesser 40 mm, Außendurchmesser 62 mm", "order_date": "2025-08-01",
                          "required_date": "2025-10-16", "delivered_date": [*["2025-10-20"] * 36, *[None] * 24]})  # fmt: skip
    return ma.Purchases.from_table(table, as_of="2025-11-30")


def test_overdue_lines_of_long_codes_end_above_the_footnote(tmp_path):
    path = ma.report(long_codes(), tmp_path / "x.pptx", sections=["open_orders"], progress=False)
    slide, shape = overdue_of(path)
    footnote = min(s.top for s in slide.shapes if s.has_text_frame and s.text_frame.text.startswith("Source"))
    high = 0
    for row in shape.table.rows:
        lines = 1
        for cell, column in zip(row.cells, shape.table.columns, strict=True):
            fit = (column.width - cell.margin_left - cell.margin_right) / 914400 / 0.095
            lines = max(lines, _lines(cell.text_frame.text, int(fit)))
        high += max(row.height / 914400, lines * 0.178 + 0.06)
    assert len(shape.table.rows) == 11
    assert shape.top / 914400 + high <= footnote / 914400 + 0.01


def test_numbers_of_the_overdue_lines_end_at_the_right(tmp_path):
    path = ma.report(long_codes(), tmp_path / "x.pptx", sections=["open_orders"], progress=False)
    rows = [list(r.cells) for r in overdue_of(path)[1].table.rows]
    right = {rows[0][i].text_frame.text for i, c in enumerate(rows[1]) if c.text_frame.paragraphs[0].alignment == PP_ALIGN.RIGHT}  # fmt: skip
    assert right == {"Line", "Days overdue", "Open value, EUR", "Chance"}


def test_the_legend_has_the_colour_of_most_bars(made):
    seen = 0
    for slide in Presentation(str(made[1] / "r.pptx")).slides:
        for chart in (s.chart for s in slide.shapes if s.has_chart):
            series = chart.plots[0].series[0]._element
            bars = [c.get("val") for c in series.findall("{*}dPt/{*}spPr/{*}solidFill/{*}srgbClr")]
            if bars:
                seen += len(set(bars)) > 1
                assert bars.count(series.find("{*}spPr/{*}solidFill/{*}srgbClr").get("val")) == max(map(bars.count, bars))  # fmt: skip
    assert seen > 1


def test_a_slide_without_findings_says_what_can_not_be_told_as_the_page_does(tmp_path):
    told = content(three_lines(delivered_date=None), sections=["findings"])
    assert not len(told.ranked)
    assert told.untold
    slide = Presentation(str(write(told, tmp_path / "x.pptx"))).slides[0]
    said = [line for shape in slide.shapes if shape.has_text_frame for line in shape.text_frame.text.split("\n")]
    assert f"Can’t be told: {' · '.join(told.untold)}." in said
    assert not [text for text in said if "worth a line" in text]


def test_the_label_of_a_short_bar_is_dark_and_behind_it(tmp_path):
    late = three_lines(
        delivered_date=["2025-03-19", "2025-03-30", "2025-06-09"]
    )  # of A one in two is on time, of B none
    chart = chart_of(Presentation(str(ma.report(late, tmp_path / "x.pptx", sections=["slippage"], progress=False))), "slippage_by_vendor")  # fmt: skip
    plot = chart.plots[0]
    rates = dict(zip(plot.categories, plot.series[0].values, strict=True))
    short = [str(label.idx_val) for label in plot.series[0]._element.findall("{*}dLbls/{*}dLbl")]
    assert short == [str([*rates].index("B"))]
    assert sorted(rates.values()) == [0, 0.5]
    own = plot.series[0]._element.find("{*}dLbls/{*}dLbl")
    assert [child.tag.partition("}")[2] for child in own][1:5] == [
        "numFmt",
        "spPr",
        "txPr",
        "dLblPos",
    ]  # PowerPoint wants this order
    assert own.find("{*}dLblPos").get("val") == "outEnd"
    assert own.find("{*}txPr//{*}srgbClr").get("val") == charts.look.ink.lstrip("#").upper()
    assert (
        plot.series[0]._element.find("{*}dLbls/{*}dLblPos").get("val") == "inBase"
    )  # where the other bars have theirs
