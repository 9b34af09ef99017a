"""The report as slides: one finding each, with PowerPoint's own chart where it has such a chart, and the table in the notes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from lxml import etree
from matplotlib.axes import Axes
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_AXIS_CROSSES,
    XL_CHART_TYPE,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from .. import style
from ..provenance import definition
from ..wording import label
from .exhibits import Content, Exhibit, Native, kind_of, plain
from .page import read

#: Rows of the table in the notes.
MOST_ROWS = 15
_WIDE, _HIGH, _EDGE = Inches(13.333), Inches(7.5), Inches(0.55)
_TYPES = {
    "bar": XL_CHART_TYPE.BAR_CLUSTERED,
    "column": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "line": XL_CHART_TYPE.LINE_MARKERS,
    "scatter": XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS,
}
_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def slides(made: Content, path: Path, *, template: str | Path | None = None) -> Path:
    """Write the slides and return where they are: of 16:9, or of the template's size with its layouts, fonts and colours."""
    deck = Presentation(str(template) if template else None)
    if template is None:
        deck.slide_width, deck.slide_height = _WIDE, _HIGH
    else:
        _emptied(deck)
    _Slide(deck, made.title, own=template is None).text([f"{k}: {v}" for k, v in made.summary] + made.notes)
    for exhibit in made.exhibits:
        if exhibit.chart is not None:
            _finding(deck, exhibit, exhibit.chart, own=template is None)
    deck.core_properties.title = made.title
    deck.save(str(path))
    return path


def _emptied(deck: Any) -> None:
    """Take the slides out of a template: only its layouts are wanted."""
    ids = deck.slides._sldIdLst
    for each in list(ids):
        deck.part.drop_rel(each.rId)
        ids.remove(each)


class _Slide:
    """A slide with its title, and the room that is left for content."""

    def __init__(self, deck: Any, title: str, *, own: bool) -> None:
        # a layout with a title and nothing else to fill in; by name where there is one, since templates order them at will
        layouts = {one.name.lower(): one for one in deck.slide_layouts}
        layout = layouts.get("title only") or next((x for x in deck.slide_layouts if _titled(x)), deck.slide_layouts[0])
        self.slide = deck.slides.add_slide(layout)
        wide, high = deck.slide_width, deck.slide_height
        holder = self.slide.shapes.title
        for shape in list(self.slide.placeholders):
            if holder is None or shape.shape_id != holder.shape_id:
                shape.element.getparent().remove(shape.element)
        if holder is None:
            holder = self.slide.shapes.add_textbox(_EDGE, Inches(0.3), wide - 2 * _EDGE, Inches(1.0))
        holder.text_frame.text = title
        holder.text_frame.word_wrap = True
        if own:
            holder.left, holder.top, holder.width, holder.height = _EDGE, Inches(0.3), wide - 2 * _EDGE, Inches(0.95)
            holder.text_frame.vertical_anchor = MSO_ANCHOR.TOP
            holder.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
            _font(holder.text_frame.paragraphs[0], 26 if len(title) < 62 else 22, bold=True)
        self.left, self.width = _EDGE, wide - 2 * _EDGE
        self.top = int(holder.top + holder.height)
        self.bottom = high - Inches(0.75)
        self.high = high

    def line(self, text: str, top: int, height: int, size: float) -> None:
        """Write a line of small text."""
        frame = self.slide.shapes.add_textbox(self.left, Emu(top), self.width, Emu(height)).text_frame
        frame.word_wrap = True
        frame.text = text
        _font(frame.paragraphs[0], size, colour=style.MUTED)

    def text(self, lines: list[str]) -> None:
        """Write paragraphs."""
        height = Emu(self.bottom - self.top)
        frame = self.slide.shapes.add_textbox(self.left, Emu(self.top), self.width, height).text_frame
        frame.word_wrap = True
        for i, each in enumerate(lines):
            paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
            paragraph.text = each
            paragraph.space_after = Pt(6)
            _font(paragraph, 18)


def _titled(layout: Any) -> bool:
    kinds = [p.placeholder_format.type for p in layout.placeholders]
    return len([k for k in kinds if k is not None and k.name in ("TITLE", "CENTER_TITLE")]) == 1


def _font(paragraph: Any, size: float, *, bold: bool = False, colour: str = style.INK) -> None:
    paragraph.font.size = Pt(size)
    paragraph.font.bold = bold
    paragraph.font.color.rgb = RGBColor.from_string(colour.lstrip("#"))


def _finding(deck: Any, exhibit: Exhibit, chart: Axes, *, own: bool) -> None:
    slide = _Slide(deck, exhibit.title, own=own)
    says = exhibit.native.says if exhibit.native is not None else ""  # a native chart has other marks
    slide.line(says or style.said_of(chart).subtitle, slide.top, Inches(0.35), 14)
    slide.line(exhibit.footnote, slide.bottom, Inches(0.6), 10)
    box = (slide.left, Emu(slide.top + Inches(0.4)), slide.width, Emu(slide.bottom - slide.top - Inches(0.4)))
    rows = _drawn(exhibit)
    if exhibit.native is not None and rows is not None and len(rows):
        frame = slide.slide.shapes.add_chart(_TYPES[exhibit.native.kind], *box, _data(exhibit.native, rows))
        if exhibit.native.kind != "scatter":
            frame.chart.part.chart_workbook.update_from_xlsx_blob(_inside(exhibit.native, rows))
        _dress(frame.chart, exhibit.native, rows, style.bar_colours(chart))
        shape: Any = frame
    else:
        shape = _picture(slide, chart, box)
    shape.name = exhibit.name
    shape._element.xpath(".//p:cNvPr")[0].set("descr", exhibit.alt[:2000])
    slide.slide.notes_slide.notes_text_frame.text = _notes(exhibit)


def _picture(slide: _Slide, chart: Axes, box: tuple[int, int, int, int]) -> Any:
    """Place the chart as a picture of 200 dpi without the texts around it, which the slide has."""
    out = io.BytesIO()
    style.render(style.bare(chart), out, format="png", dpi=200, bbox_inches="tight")
    out.seek(0)
    left, top, width, height = box
    picture = slide.slide.shapes.add_picture(out, left, top)
    scale = min(width / picture.width, height / picture.height)
    picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
    picture.left = int(left + (width - picture.width) / 2)
    return picture


def _drawn(exhibit: Exhibit) -> pd.DataFrame | None:
    """Return the rows of the native chart, the others folded into one where their sum means something."""
    native = exhibit.native
    if native is None:
        return None
    rows = exhibit.charted
    if native.cumulative and len(rows) > native.first + 1:
        column = next(iter(native.series))
        rest = rows.iloc[native.first :]
        other = pd.DataFrame({"label": [f"Other ({len(rest):,})"], column: [float(rest[column].sum())]})
        rows = pd.concat(
            [rows.head(native.first)[["label", column]].astype({"label": "object"}), other], ignore_index=True
        )
    return rows.head(max(native.first, native.first + 1 if native.cumulative else 0))


def _data(native: Native, rows: pd.DataFrame) -> Any:
    if native.kind == "scatter":
        points = XyChartData(number_format=native.form)
        for column, name in native.series.items():
            series = points.add_series(name)
            for x, y in zip(rows[native.x].astype(float), rows[column].astype(float), strict=True):
                if not (np.isnan(x) or np.isnan(y)):
                    series.add_data_point(x, y)
        return points
    data = CategoryChartData(number_format=native.form)
    data.categories = [str(v) for v in rows[native.x]]
    for column, name in native.series.items():
        data.add_series(name, [None if pd.isna(v) else float(v) for v in rows[column]])
    return data


def _inside(native: Native, rows: pd.DataFrame) -> bytes:
    """Return the workbook behind a chart, as python-pptx lays it out, but with names as text: it would make formulas of some."""
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
    names, values = chart.category_axis, chart.value_axis
    share = native.form == "0%"
    if share:
        values.minimum_scale, values.maximum_scale = 0, 1
    values.has_major_gridlines = native.kind in ("line", "scatter")
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = native.form.replace(".00", ""), False
    names.has_major_gridlines = False
    names.major_tick_mark = values.major_tick_mark = XL_TICK_MARK.NONE
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if native.kind == "bar":
        names.reverse_order = True
        names.crosses = XL_AXIS_CROSSES.MAXIMUM  # or the values' axis would be on top
    alone = len(native.series) == 1 and native.kind in ("bar", "column")
    colours = (style.HIGHLIGHT, style.REST if len(native.series) == 2 else style.PLAIN, style.REST)
    for series, colour in zip(chart.plots[0].series, colours, strict=False):
        if native.kind in ("line", "scatter"):
            series.smooth = False
            series.format.line.color.rgb, series.format.line.width = _rgb(colour), Pt(2.25)
            if native.kind == "line":
                series.marker.style = XL_MARKER_STYLE.CIRCLE
                series.marker.format.fill.solid()
                series.marker.format.fill.fore_color.rgb = _rgb(colour)
        else:
            series.invert_if_negative = False
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = _rgb(colour)
    if native.kind in ("bar", "column"):
        chart.plots[0].gap_width = 40
    if native.kind == "bar":
        plot = chart.plots[0]
        plot.has_data_labels = native.interval is None
        if plot.has_data_labels:
            labels = plot.data_labels
            labels.number_format, labels.number_format_is_linked = native.form.replace(".00", ""), False
            labels.font.size = Pt(11)
        if alone and not share:
            values.visible = False
    if alone and len(colours_of_bars) == len(rows):
        for i, colour in enumerate(colours_of_bars):
            fill = chart.plots[0].series[0].points[i].format.fill
            fill.solid()
            fill.fore_color.rgb = _rgb(colour)
    if native.interval:
        _error_bars(chart, native, rows)


def _rgb(colour: str) -> Any:
    return RGBColor.from_string(colour.lstrip("#").upper())


def _error_bars(chart: Any, native: Native, rows: pd.DataFrame) -> None:
    """Add the interval of each bar, which python-pptx does not write: ``c:errBars``, after the fill, before the categories."""
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


def _notes(exhibit: Exhibit) -> str:
    """Return the table for the notes page, tab-separated, so that it can be pasted into a sheet."""
    table = plain(exhibit.table).head(MOST_ROWS)
    kinds = [kind_of(str(c), table[c]) for c in table.columns]
    lines = ["\t".join(map(str, table.columns))]
    lines += [
        "\t".join(label(read(v, k), 80) for v, k in zip(row, kinds, strict=True))
        for row in table.itertuples(index=False, name=None)
    ]
    more = [f"The first {MOST_ROWS} of {len(exhibit.table):,} rows."] if len(exhibit.table) > MOST_ROWS else []
    meaning = definition(exhibit.table.attrs["metric"]) if "metric" in exhibit.table.attrs else ""
    return "\n".join([exhibit.alt, "", *lines, *more, "", exhibit.footnote, "", meaning])
