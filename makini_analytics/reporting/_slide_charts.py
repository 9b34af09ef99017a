"""PowerPoint's own charts: their data, the workbook behind them, and a look like that of the pictures."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_AXIS_CROSSES,
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.dml import MSO_PATTERN
from pptx.util import Pt

from .. import charts
from ._exhibits import Native

_TYPES = {
    "bar": XL_CHART_TYPE.BAR_CLUSTERED,
    "column": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "line": XL_CHART_TYPE.LINE_MARKERS,
    "scatter": XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS,
}
_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def add_chart(slide: Any, box: tuple[Any, ...], native: Native, rows: pd.DataFrame, colours_of_bars: list[str]) -> Any:
    """Add a chart to a slide and return its frame; its data open in PowerPoint."""
    frame = slide.shapes.add_chart(_TYPES[native.kind], *box, _data(native, rows))
    # "Edit data" opens the workbook behind the chart. Ours takes the place of python-pptx's, but not for curves, which it lays
    # out differently: series below each other, and days and shares only, no names.
    if native.kind != "scatter":
        frame.chart.part.chart_workbook.update_from_xlsx_blob(_inside(native, rows))
    _dress(frame.chart, native, rows, list(native.colours) or colours_of_bars)
    return frame


def _data(native: Native, rows: pd.DataFrame) -> Any:
    if native.kind == "scatter":
        points = XyChartData(number_format=native.form)
        for column, name in native.series.items():
            series = points.add_series(name)
            for x, y in zip(rows[native.x].astype(float), rows[column].astype(float), strict=True):
                if not (np.isnan(x) or np.isnan(y)):  # a point can't be blank, a category can (below)
                    series.add_data_point(x, y)
        return points
    data = CategoryChartData(number_format=native.form)
    data.categories = [str(v) for v in rows[native.x]]
    for column, name in native.series.items():
        data.add_series(name, [None if pd.isna(v) else float(v) for v in rows[column]])
    return data


def _inside(native: Native, rows: pd.DataFrame) -> bytes:
    """Return the workbook behind a chart, as python-pptx lays it out, but with names as text: it would make formulas of some.

    The chart refers to cells of this sheet, so the layout is not ours to choose::

        .           | spend   | same days a year before
        2025-01     | 12000.5 | 11000
        2025-02     |         | 10500
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, form = book.add_worksheet(), book.add_format({"num_format": native.form})
    for i, name in enumerate(rows[native.x], start=1):
        sheet.write_string(i, 0, str(name))
    for j, (column, name) in enumerate(native.series.items(), start=1):
        sheet.write_string(0, j, name)
        for i, value in enumerate(rows[column], start=1):
            if not pd.isna(value):
                sheet.write_number(i, j, float(value), form)
    book.close()
    return out.getvalue()


def _dress(chart: Any, native: Native, rows: pd.DataFrame, colours_of_bars: list[str]) -> None:
    """Give a native chart the look of the others: one colour that speaks, values at the bars, no lines that say nothing."""
    chart.has_title = False
    chart.font.size = Pt(12)
    chart.has_legend = len(native.series) > 1 or native.interval is not None
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    _axes(chart, native, rows)
    # only a single series may speak by the picture's colours: of several, colours tell them apart
    alone = len(native.series) == 1 and native.kind in ("bar", "column")
    for series, colour in zip(chart.plots[0].series, native.series_colours, strict=False):
        if native.kind in ("line", "scatter"):
            series.smooth = False  # rounded corners would take a curve of steps above 100 %
            series.format.line.color.rgb, series.format.line.width = _rgb(colour), Pt(2.25)
            if native.kind == "line":
                series.marker.style = XL_MARKER_STYLE.CIRCLE
                series.marker.format.fill.solid()
                series.marker.format.fill.fore_color.rgb = _rgb(colour)
        else:
            series.invert_if_negative = False  # else PowerPoint draws falling prices white
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = _rgb(colour)
    if native.kind in ("bar", "column"):
        chart.plots[0].gap_width = 40
    # with fewer bars than rows the picture grouped otherwise, and its colours say nothing of these
    coloured = (alone or bool(native.colours)) and len(colours_of_bars) >= len(rows)
    if coloured and len(rows):  # the legend shows the series' colour, so it is the one that most bars have
        most = Counter(colours_of_bars[: len(rows)]).most_common(1)[0][0]
        chart.plots[0].series[0].format.fill.fore_color.rgb = _rgb(most)
    for i in range(len(rows)) if coloured else native.hatched:
        fill = chart.plots[0].series[0].points[i].format.fill
        if i in native.hatched:
            fill.patterned()
            fill.pattern, fill.back_color.rgb = MSO_PATTERN.WIDE_UPWARD_DIAGONAL, _rgb(charts.look.paper)
        else:
            fill.solid()
        fill.fore_color.rgb = _rgb(colours_of_bars[i] if coloured else native.series_colours[0])
        if i in native.hatched:
            chart.plots[0].series[0].points[i].format.line.color.rgb = fill.fore_color.rgb
    if native.kind == "bar":
        _labels(chart, native, rows)
    if native.interval:
        _error_bars(chart, native, rows)


def _axes(chart: Any, native: Native, rows: pd.DataFrame) -> None:
    names, values = chart.category_axis, chart.value_axis
    if native.form == "0%":
        values.minimum_scale, values.maximum_scale = 0, 1
    elif (least := native.least(rows)) is not None:
        values.minimum_scale = least
    values.has_major_gridlines = native.kind != "bar"
    if values.has_major_gridlines:
        values.major_gridlines.format.line.color.rgb = _rgb(charts.look.line)
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = native.short_form, False
    values.format.line.fill.background()
    names.format.line.color.rgb = _rgb(charts.look.line)
    names.has_major_gridlines = False
    names.major_tick_mark = values.major_tick_mark = XL_TICK_MARK.NONE
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if native.kind == "bar":
        names.reverse_order = True
        # reversed, the names begin at the top, where the values' axis would follow them
        names.crosses = XL_AXIS_CROSSES.MAXIMUM
        values.visible = False  # each bar has its number
        if len(rows) <= 16:
            _every_name(names)
    elif native.kind != "scatter" and len(rows) > 8:  # slanted, or a narrow column breaks them in two
        names.tick_labels.font.size = Pt(11)
        names._element.find(f"{{{_C}}}txPr")[0].set("rot", "-2700000")


def _every_name(names: Any) -> None:
    """Have each bar named, however many there are: by itself the program leaves some out."""
    # the schema wants the elements of an axis in a fixed order, and PowerPoint "repairs" a file that breaks it
    skip = etree.Element(f"{{{_C}}}tickLblSkip", val="1")
    names._element.find(f"{{{_C}}}noMultiLvlLbl").addprevious(skip)


def _labels(chart: Any, native: Native, rows: pd.DataFrame) -> None:
    plot = chart.plots[0]
    plot.has_data_labels = True
    # the labels of single bars hang on those of their series, which then take the place of the chart's
    labels = plot.series[0].data_labels if native.interval else plot.data_labels
    labels.number_format, labels.number_format_is_linked = native.short_form, False
    labels.font.size = Pt(11)
    if native.interval:  # at the other end of the bar than its interval
        labels.show_value, labels.position = True, XL_LABEL_POSITION.INSIDE_BASE
        labels.font.bold, labels.font.color.rgb = True, RGBColor(255, 255, 255)
        shares = rows[next(iter(native.series))].astype(float)
        for i in np.flatnonzero(shares < _SHORT).tolist():
            _beside_bar(plot.series[0].points[i].data_label, native)


#: A share whose bar has no room for its label.
_SHORT = 0.08


def _beside_bar(label: Any, native: Native) -> None:
    """Write the label of a short bar in ink behind its end, on paper that hides the line of the interval."""
    label.position = XL_LABEL_POSITION.OUTSIDE_END
    label.font.size, label.font.bold, label.font.color.rgb = Pt(11), True, _rgb(charts.look.ink)
    paper = label._dLbl.find(f"{{{_C}}}spPr")
    paper.addprevious(etree.Element(f"{{{_C}}}numFmt", formatCode=native.short_form, sourceLinked="0"))
    fill = etree.SubElement(paper, f"{{{_A}}}solidFill")
    etree.SubElement(fill, f"{{{_A}}}srgbClr", val=charts.look.paper.lstrip("#").upper())


def _rgb(colour: str) -> Any:
    return RGBColor.from_string(colour.lstrip("#").upper())


def _error_bars(chart: Any, native: Native, rows: pd.DataFrame) -> None:
    """Add the interval of each bar, which python-pptx does not write: ``c:errBars``, after the fill, before the categories.

    Lengths are given from the value on. Of a rate of 0.8 between 0.7 and 0.85::

        <c:errBars>
          <c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="0"/>
          <c:plus><c:numLit>...<c:ptCount val="1"/><c:pt idx="0"><c:v>0.05</c:v></c:pt></c:numLit></c:plus>
          <c:minus><c:numLit>...<c:ptCount val="1"/><c:pt idx="0"><c:v>0.1</c:v></c:pt></c:numLit></c:minus>
        </c:errBars>
    """
    low, high = (rows[c].astype(float) for c in native.interval or ())
    value = rows[next(iter(native.series))].astype(float)
    bars = etree.Element(f"{{{_C}}}errBars", nsmap={"c": _C})
    for tag, val in (("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "0")):
        etree.SubElement(bars, f"{{{_C}}}{tag}", val=val)
    for tag, lengths in (("plus", high - value), ("minus", value - low)):
        numbers = etree.SubElement(etree.SubElement(bars, f"{{{_C}}}{tag}"), f"{{{_C}}}numLit")
        etree.SubElement(numbers, f"{{{_C}}}formatCode").text = "General"
        etree.SubElement(numbers, f"{{{_C}}}ptCount", val=str(len(rows)))
        for i, length in enumerate(lengths.fillna(0)):
            point = etree.SubElement(numbers, f"{{{_C}}}pt", idx=str(i))
            etree.SubElement(point, f"{{{_C}}}v").text = repr(float(length))
    series = chart.plots[0].series[0]._element
    series.find(f"{{{_C}}}cat").addprevious(bars)
