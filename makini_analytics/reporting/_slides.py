"""The report as slides: one finding each, with PowerPoint's own chart where it has such a chart, and the table in the notes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from .. import charts
from ..catalogue import definition
from ..charts import label
from ..errors import ConfigError
from ._cells import columns_of
from ._exhibits import Content, Exhibit, first_value
from ._lists import shown
from ._slide_charts import add_chart
from ._slide_findings import findings_table, overdue_in, overdue_table, tiles_table

#: Rows of the table in the notes: what fits a printed notes page under its slide.
MOST_ROWS = 15
_WIDE, _HIGH, _EDGE = Inches(13.333), Inches(7.5), Inches(0.55)
#: Pictures are drawn smaller than they are shown, so that their letters read as well as those of the slide.
_LARGER = 1.25


def slides(made: Content, path: Path, *, template: str | Path | None = None) -> Path:
    """Write the slides and return where they are: of 16:9, or of the template's size with its layouts, fonts and colours."""
    deck = Presentation(str(template) if template else None)
    if template is None:
        deck.slide_width, deck.slide_height = _WIDE, _HIGH
    else:
        _emptied(deck)
    own = template is None
    if made.findings is not None:
        findings_table(_Slide(deck, made.title, own=own), made)
    glance = "At a glance" if made.findings is not None else made.title
    tiles_table(_Slide(deck, glance, own=own), made)
    for exhibit in made.exhibits:
        if not len(exhibit.table):  # such as open lines where none is open: the page says so, nobody presents it
            continue
        if exhibit.chart is not None:
            _finding(deck, exhibit, exhibit.chart, made.as_of, own=own)
        elif len(overdue := overdue_in(exhibit.table)):
            title = f"{charts.counted(len(overdue), 'line')} overdue{'; these ten first' if len(overdue) > 10 else ''}"
            slide = _Slide(deck, title, own=own)
            overdue_table(slide, overdue, exhibit, made.as_of)
            slide.slide.notes_slide.notes_text_frame.text = _notes(exhibit, made.as_of)
    deck.core_properties.title = made.title[:255]  # no more fits there
    deck.save(str(path))
    return path


def checked_template(path: Path) -> Path:
    """Return a template that can be read, or raise `ConfigError`."""
    try:
        Presentation(str(path))
    except (
        Exception
    ) as e:  # python-pptx, zipfile and lxml each have their own way of saying that a file is none of theirs
        raise ConfigError(f"template {path} can't be read as .pptx: {e or type(e).__name__}") from None
    return path


def _emptied(deck: Any) -> None:
    """Take the slides out of a template: only its layouts are wanted."""
    # python-pptx can't delete slides. Out of the list alone a slide would stay in the file, so its part is dropped, too.
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
        # a subtitle or a date that stays empty would say "Click to add text"
        for shape in list(self.slide.placeholders):
            if holder is None or shape.shape_id != holder.shape_id:
                shape.element.getparent().remove(shape.element)
        if holder is None:
            holder = self.slide.shapes.add_textbox(_EDGE, Inches(0.3), wide - 2 * _EDGE, Inches(1.0))
        holder.text_frame.text = title
        holder.text_frame.word_wrap = True
        if own:  # a company's template says itself where titles stand and how big they are
            # 26 points while the title fits one line, then smaller, then two lines
            size, room = next(((s, 0.6) for s, most in ((26, 54), (22, 64), (20, 72)) if len(title) < most), (22, 0.95))
            holder.left, holder.top, holder.width, holder.height = _EDGE, Inches(0.3), wide - 2 * _EDGE, Inches(room)
            holder.text_frame.vertical_anchor = MSO_ANCHOR.TOP
            holder.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
            _font(holder.text_frame.paragraphs[0], size, bold=True)
        self.left, self.width = _EDGE, wide - 2 * _EDGE
        self.top = int(holder.top + holder.height)
        self.bottom = high - Inches(0.75)  # below it stands the footnote
        self.high = high

    def line(self, text: str, top: int, height: int, size: float) -> None:
        """Write a line of small text, or several."""
        frame = self.slide.shapes.add_textbox(self.left, Emu(top), self.width, Emu(height)).text_frame
        frame.word_wrap = True
        frame.text = text
        for paragraph in frame.paragraphs:
            _font(paragraph, size, colour=charts.look.muted)


def _titled(layout: Any) -> bool:
    kinds = [p.placeholder_format.type for p in layout.placeholders]
    return len([k for k in kinds if k is not None and k.name in ("TITLE", "CENTER_TITLE")]) == 1


def _font(paragraph: Any, size: float, *, bold: bool = False, colour: str = charts.look.ink) -> None:
    paragraph.font.size = Pt(size)
    paragraph.font.bold = bold
    paragraph.font.color.rgb = RGBColor.from_string(colour.lstrip("#"))


def _finding(deck: Any, exhibit: Exhibit, chart: Axes, as_of: pd.Timestamp, *, own: bool) -> None:
    slide = _Slide(deck, exhibit.title, own=own)
    # the picture's subtitle may speak of marks, a grey dot or a band, that PowerPoint's chart does not have
    says = exhibit.native.says if exhibit.native is not None else ""
    says = says or charts.captions_of(chart).subtitle
    slide.line(says, slide.top, Inches(0.35), 14 if len(says) < 100 else 12)  # in one line
    slide.line(exhibit.footnote, slide.bottom, Inches(0.6), 10)
    box = (slide.left, Emu(slide.top + Inches(0.4)), slide.width, Emu(slide.bottom - slide.top - Inches(0.4)))
    rows = _drawn(exhibit)
    if exhibit.native is not None and rows is not None and len(rows):
        shape: Any = add_chart(slide.slide, box, exhibit.native, rows, charts.bar_colours(chart))
    else:
        shape = _picture(slide, chart, box)
    shape.name = exhibit.name
    # the text for those who don't see the chart, for which python-pptx has no name
    shape._element.xpath(".//p:cNvPr")[0].set("descr", exhibit.alt[:2000])
    slide.slide.notes_slide.notes_text_frame.text = _notes(exhibit, as_of)


def _picture(slide: _Slide, chart: Axes, box: tuple[int, int, int, int]) -> Any:
    """Place the chart as a picture of 250 dpi that fills its room, without the texts around it, which the slide has."""
    out = io.BytesIO()
    figure: Any = chart.figure
    before = figure.get_size_inches().copy()
    charts.fill(chart, box[2] / Inches(1) / _LARGER, box[3] / Inches(1) / _LARGER)
    charts.render(chart, out, format="png", dpi=250 * _LARGER)
    charts.resize(chart, *before)  # as it was: other formats may follow
    out.seek(0)
    return slide.slide.shapes.add_picture(out, *box)


def _drawn(exhibit: Exhibit) -> pd.DataFrame | None:
    """Return the rows of the native chart, the others folded into one where their sum means something.

    Ten vendors of 25 are drawn as eleven bars, the last of them "Other (15)": the bars add up to all spend.
    """
    native = exhibit.native
    if native is None:
        return None
    rows = exhibit.charted
    # of a running share the rows are parts of a whole; on-time rates, for one, have no sum. One row alone needs no folding.
    if native.cumulative and len(rows) > native.first + 1:
        column = next(iter(native.series))
        # what the rest are called stands in the table: of some charts the rows have a label alone
        groups = exhibit.table.iloc[native.first :]
        named = charts.rest_label(groups, charts.group_columns(groups, first_value(groups)))
        other = pd.DataFrame({"label": [named], column: [float(rows.iloc[native.first :][column].sum())]})
        rows = pd.concat(
            [rows.head(native.first)[["label", column]].astype({"label": "object"}), other], ignore_index=True
        )
    return rows.head(max(native.first, native.first + 1 if native.cumulative else 0))


def _notes(exhibit: Exhibit, as_of: pd.Timestamp) -> str:
    """Return what a speaker needs beside the slide: the chart in words, its table as the page shows it, source and definition.

    The table is tab-separated, so that it can be pasted into a sheet.
    """
    columns = columns_of(shown(exhibit.table).head(MOST_ROWS), as_of)
    rows = zip(*(c.texts for c in columns), strict=True)
    lines = ["\t".join(c.heading for c in columns), *("\t".join(label(t, 80) for t in row) for row in rows)]
    more = (
        [f"The first {MOST_ROWS} of {charts.number(len(exhibit.table))} rows."]
        if len(exhibit.table) > MOST_ROWS
        else []
    )
    # docstrings mark code by backticks, which PowerPoint would show
    text = definition(exhibit.table.attrs["metric"]) if "metric" in exhibit.table.attrs else ""
    meaning = text.split("\n\n")[0].replace("``", "")
    return "\n".join([exhibit.alt, "", *lines, *more, "", exhibit.footnote, "", meaning])
