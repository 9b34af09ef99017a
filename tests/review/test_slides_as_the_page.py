"""A slide and a sheet draw what the page draws: the same rows, under the same names, in colours that mean the same."""

from __future__ import annotations

import re
import zipfile

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts
from makini_analytics.reporting import content, write

pytest.importorskip("xlsxwriter", reason="the extra 'report' is not installed")
pptx = pytest.importorskip("pptx", reason="the extra 'report' is not installed")


@pytest.fixture(scope="module")
def told():
    """Return the report of two years in which all came: vendors 0 to 2 have enough lines, 3 and 4 have few."""
    n = 200
    i = np.arange(n)
    ordered = pd.Timestamp("2024-01-05") + pd.to_timedelta(i * 715 // n, unit="D")
    vendor = np.where(i % 10 < 8, i % 3, 3 + i % 2)
    lines = pd.DataFrame({
        "order_number": i, "vendor_name": [f"Vendor {v}" for v in vendor], "material_id": [f"M{k % 5}" for k in i],
        "order_date": ordered, "required_date": ordered + pd.Timedelta(days=20), "delivered_date": ordered + pd.to_timedelta(3 + vendor, unit="D"),
        "quantity": 10.0, "received_quantity": 10.0, "amount": 100.0 + 5 * (i > 100), "currency": "EUR", "status": "received",
    })  # fmt: skip
    lines.loc[i % 25 == 3, "material_id"] = None  # no price to compare
    data = ma.Purchases.from_table(lines, as_of="2025-12-31")
    return content(data, sections=["spend", "lead_times", "open_orders"])


def exhibit(told, name):
    return next(e for e in told.exhibits if e.name.startswith(name))


def shapes_of(told, path):
    slides = pptx.Presentation(str(write(told, path))).slides
    return {shape.name: shape for slide in slides for shape in slide.shapes}


def colours_of(series, n):
    return [f"#{series.points[i].format.fill.fore_color.rgb}" for i in range(n)]


def test_bars_of_vendors_with_few_lines_are_grey_on_slides_too(told, tmp_path):
    shown = exhibit(told, "lead_times_by_vendor")
    assert "fewer than 20 lines" in shown.native.says
    chart = shapes_of(told, tmp_path / "r.pptx")["lead_times_by_vendor"].chart
    look = charts.look
    assert colours_of(chart.plots[0].series[0], 5) == [look.highlight] * 3 + [look.plain] * 2
    with zipfile.ZipFile(write(told, tmp_path / "r.xlsx")) as book:
        drawn = [book.read(n).decode() for n in book.namelist() if n.startswith("xl/charts/chart")]
    (of_vendors,) = (xml for xml in drawn if "p90 days" in xml and "barChart" in xml)
    points = re.findall(r'<c:dPt>.*?val="(\w{6})".*?</c:dPt>', of_vendors, re.DOTALL)
    assert [f"#{p}" for p in points] == [look.highlight] * 3 + [look.plain] * 2  # and none of the 90th percentiles


@pytest.mark.full
def test_the_bridge_of_a_slide_has_the_rows_names_and_colours_of_the_picture(told, tmp_path):
    shown = exhibit(told, "spend_bridge")
    assert (shown.table["value"].abs() < 0.005).any()  # such as "new" and "lost"
    plot = shapes_of(told, tmp_path / "r.pptx")["spend_bridge"].chart.plots[0]
    names = list(plot.categories)
    assert names == [t.get_text() for t in shown.chart.get_yticklabels()][: len(names)]
    assert "No price to compare" in names and "not itemised" not in names
    assert all(abs(v) > 0.005 for v in plot.series[0].values)
    first, *effects, last = colours_of(plot.series[0], len(names))
    assert first == last and first not in effects


@pytest.mark.full
def test_where_no_line_is_open_no_slide_is_of_open_lines(told, tmp_path):
    assert exhibit(told, "open_orders_ageing").title.startswith("No line is open")
    assert not [n for n in shapes_of(told, tmp_path / "r.pptx") if n.startswith("open_orders")]


@pytest.mark.full
def test_what_is_not_yet_estimable_is_said_once_on_slides_too(tmp_path):
    i = np.arange(480)
    ordered = pd.Timestamp("2025-01-05") + pd.to_timedelta(i * 350 // len(i), unit="D")
    came = pd.Series(ordered + pd.Timedelta(days=9)).where((i % 12 > 9) | (i % 12 < 6) & (i % 5 == 0))
    lines = pd.DataFrame({
        "order_number": i, "vendor_name": [f"Vendor {k % 12}" for k in i], "material_id": "M", "order_date": ordered, "required_date": ordered + pd.Timedelta(days=20),
        "delivered_date": came, "quantity": 10.0, "amount": 100.0, "currency": "EUR",
    })  # fmt: skip
    told = content(ma.Purchases.from_table(lines, as_of="2025-12-31"), sections=["lead_times"])
    of_vendors, of_months = exhibit(told, "lead_times_by_vendor"), exhibit(told, "lead_times_by_month")
    assert "; not drawn: 10 vendors, 4 of them without a delivery, 6 not yet estimable" in of_vendors.native.says
    drawn = shapes_of(told, tmp_path / "r.pptx")["lead_times_by_vendor"].chart.plots[0]
    names = [name.partition("  n=")[0] for name in (t.get_text() for t in of_vendors.chart.get_yticklabels())]
    assert list(drawn.categories) == names
    assert "; not yet estimable: " in of_months.native.says
