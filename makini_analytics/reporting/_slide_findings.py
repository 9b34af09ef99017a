"""What to know by the money at stake, the figures at a glance, and what is overdue, as tables that stay editable."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from .. import charts
from ._cells import TextColumn, columns_of
from ._exhibits import Content, Exhibit
from ._first_screen import findings_of
from ._lists import OVERDUE, comparable, shown

#: A table's own look would paint bands over the company's template: "no style, no grid".
_PLAIN = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_Run = tuple[str, float, bool, Any]  # text, points, bold, colour


def findings_table(slide: Any, made: Content) -> None:
    """Write the findings: rank, sentence and why, stake and what it is, certainty; what there is nothing to report of below."""
    ink, muted = charts.look.ink, charts.look.muted
    rows: list[list[list[_Run]]] = []
    for i, f in enumerate(findings_of(made, {}), start=1):
        stake: list[_Run] = [(f.stake, 16, True, ink), (f.stake_of, 10, False, muted)]
        said: list[_Run] = [(f.sentence, 14, True, ink), (f.why, 10.5, False, muted)]
        rank: list[_Run] = [(str(i), 12, True, muted)]
        rows.append([rank, said, stake, [(f.certainty.capitalize(), 11, False, ink)]])
    left, width, top, bottom = slide.left, slide.width, slide.top, slide.bottom
    slide.line(made.subtitle, top, Inches(0.3), 10)
    rest = (("Looked at, nothing to report", made.quiet_line), ("Can’t be told", made.untold))
    quiet = [f"{what}: {' · '.join(texts)}." for what, texts in rest if texts]
    if rows:
        below = " ".join(quiet) or "Nothing else was looked at."
        slide.line(below, Emu(bottom - Inches(0.25)), Inches(0.9), 10)
        box = (left, Emu(top + Inches(0.5)), width, Emu(bottom - top - Inches(0.85)))
        _table(slide.slide, box, rows, (0.035, 0.655, 0.2, 0.11), right={2}, name="findings")
    else:
        slide.line("\n".join(quiet) or "Nothing was looked at.", Emu(top + Inches(0.6)), Inches(3), 16)


def tiles_table(slide: Any, made: Content) -> None:
    """Write the figures at a glance, and below them what there is to say of the data."""
    ink, muted = charts.look.ink, charts.look.muted
    rows: list[list[list[_Run]]] = [
        [[(t.label, 16, False, muted)], [(t.value_text, 24, True, ink)], [(t.change_text, 14, False, ink)]]
        for t in made.tiles
    ]
    said = [*made.data_line, *made.notes]
    room = min(Inches(0.32) * max(len(said), 1), Inches(2.2))
    if rows:
        box = (
            slide.left,
            Emu(slide.top + Inches(0.2)),
            slide.width,
            Emu(slide.bottom - slide.top - room - Inches(0.3)),
        )
        _table(slide.slide, box, rows, (0.36, 0.24, 0.4), right={1}, name="tiles")
    slide.line(" ".join(said), Emu(slide.bottom - room), room, 12)


#: Rows of a list that are read from a distance, its columns, and those of them that share the room which the others leave.
_ROWS = 10
_WORDS = ("order_number", "item", "description", "site", "vendor")
_NUMBERS = ("days_overdue", "open_value", "chance")
_OVERDUE = {*_WORDS, "line_number", "due_date", *_NUMBERS, "currency"}
#: Inches of a letter and of a line in such a list, in a wide font: nobody knows which one a machine has.
_LETTER, _LINE, _MARGINS, _GAP = 0.1, 0.18, 0.1, 0.15


def overdue_in(table: pd.DataFrame) -> pd.DataFrame:
    """Return the overdue lines as a page lists them; none of a table that is no list of open lines."""
    if table.attrs.get("metric") != "slippage.open_orders":
        return table.iloc[:0]
    lines = shown(table)
    return lines[lines["state"] == OVERDUE]


def overdue_table(slide: Any, overdue: pd.DataFrame, exhibit: Exhibit, as_of: pd.Timestamp) -> None:
    """Write the first overdue lines of an exhibit: what one asks for, of whom, since when, and what it is worth."""
    ink, muted = charts.look.ink, charts.look.muted
    lines = overdue.head(_ROWS)
    read = [c for c in columns_of(lines, as_of) if c.name in _OVERDUE]
    right = {i for i, c in enumerate(read) if c.name in _NUMBERS or (c.name == "line_number" and _digits(c.texts))}
    box = (slide.left, Emu(slide.top + Inches(0.45)), slide.width, Emu(slide.bottom - slide.top - Inches(0.5)))
    widths = _widths(read, right, slide.width / Inches(1))
    # a row has the lines for which all rows have room, and what needs more is shortened
    most = max(int((min(box[3] / Inches(1) / (len(lines) + 1), 0.85) - 0.06) / _LINE), 1)
    heads: list[list[_Run]] = [[(c.heading, 10, True, muted)] for c in read]
    rows: list[list[list[_Run]]] = [
        [
            [(_fitted(text, fit, most), 10.5, c.name == "order_number", ink)]
            for c, text, fit in zip(read, row, (_letters(w, i, right) for i, w in enumerate(widths)), strict=True)
        ]
        for row in zip(*(c.texts for c in read), strict=True)
    ]
    order = "The largest open value first" if comparable(lines) else "The longest overdue first"
    slide.line(f"{order}. Chance: to arrive within 30 days.", slide.top, Inches(0.35), 12)
    slide.line(exhibit.footnote, slide.bottom, Inches(0.6), 10)
    shares = [w / sum(widths) for w in widths]
    _table(slide.slide, box, [heads, *rows], shares, right=right, name=exhibit.name)


def _digits(texts: list[str]) -> bool:
    return all(t.isdigit() or t == "–" for t in texts)


def _widths(columns: list[TextColumn], right: Collection[int], room: float) -> list[float]:
    """Return the inches of each column: numbers and days in one line, and what is left for the words, by how long they are."""
    longest = [max(charts.text_width(charts.label(t, 40)) for t in c.texts) for c in columns]
    heads = [next(n for n in range(max(map(len, c.heading.split())), 99) if _lines(c.heading, n) <= 2) for c in columns]
    edges = [_MARGINS + (_GAP if _apart(i, right) else 0) for i in range(len(columns))]
    out = [_LETTER * max(min(n, 14), head) + edge for n, head, edge in zip(longest, heads, edges, strict=True)]
    words = [i for i, c in enumerate(columns) if c.name in _WORDS]
    left = room - sum(w for i, w in enumerate(out) if i not in words)
    least = {i: _LETTER * heads[i] + edges[i] for i in words}
    more = max(left - sum(least.values()), 0) / max(sum(longest[i] for i in words), 1)
    for i in words:
        out[i] = least[i] + more * longest[i]
    return out


def _apart(column: int, right: Collection[int]) -> bool:
    """Whether a column begins apart from the one before: numbers end at the right of their column, where words would touch them."""
    return column - 1 in right and column not in right


def _letters(width: float, column: int, right: Collection[int]) -> int:
    return int((width - _MARGINS - (_GAP if _apart(column, right) else 0) + 1e-9) / _LETTER)


def _fitted(text: str, fit: int, most: int) -> str:
    """Return a text that takes at most some lines of a width, shortened in the middle where it has to be."""
    long = min(40, fit * most)
    out = charts.label(text, long)
    while _lines(out, fit) > most and long > 4:
        long -= 1
        out = charts.label(text, long)
    return out


def _lines(text: str, fit: int) -> int:
    """Return how many lines of a number of letters a text takes, broken at spaces and hyphens, else where a line is full.

    >>> _lines("Werk Friedrichshafen-Kluftern", 16), _lines("Days overdue", 7), _lines("4500000093", 4)
    (3, 2, 3)
    """
    n, used = 1, 0
    for piece in re.findall(r"[^ -]*[ -]|[^ -]+", text):
        wide = charts.text_width(piece.rstrip(" "))
        if used and used + wide > fit:
            n, used = n + 1, 0
        n += max(wide - 1, 0) // fit
        used += charts.text_width(piece) if wide <= fit else wide % fit or fit
    return n


def _table(
    slide: Any,
    box: tuple[Any, Any, Any, Any],
    rows: list[list[list[_Run]]],
    widths: Sequence[float],
    *,
    right: Collection[int],
    name: str,
) -> None:
    """Write rows of cells, each of paragraphs; the columns ``right`` are aligned to the right."""
    shape = slide.shapes.add_table(len(rows), len(widths), *box)
    shape.name = name
    table = shape.table
    shape._element.graphic.graphicData.tbl.tblPr.find(".//{*}tableStyleId").text = _PLAIN
    table.first_row = table.horz_banding = False
    for column, share in zip(table.columns, widths, strict=True):
        column.width = Emu(int(box[2] * share))
    for i, row in enumerate(rows):
        table.rows[i].height = Emu(int(min(box[3] / len(rows), Inches(0.85))))
        for j, paragraphs in enumerate(row):
            cell = table.cell(i, j)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            cell.margin_left, cell.margin_right = Inches(0.05 + (_GAP if _apart(j, right) else 0)), Inches(0.05)
            cell.margin_top = cell.margin_bottom = Inches(0.03)
            for k, (text, size, bold, colour) in enumerate(paragraphs):
                paragraph = cell.text_frame.paragraphs[0] if k == 0 else cell.text_frame.add_paragraph()
                run = paragraph.add_run()
                run.text = text
                run.font.size, run.font.bold = Pt(size), bold
                run.font.color.rgb = RGBColor(*bytes.fromhex(colour.lstrip("#")))  # type: ignore[no-untyped-call]
                if j in right:
                    paragraph.alignment = PP_ALIGN.RIGHT
