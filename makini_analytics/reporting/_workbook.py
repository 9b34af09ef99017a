"""The report as an Excel workbook: tidy tables, real numbers and dates, Excel's own charts on their cells, and a first sheet that leads to all."""

from __future__ import annotations

import math
import re
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from .. import charts
from .._version import __version__
from ._cells import heading
from ._exhibits import Content, Exhibit, Native, money_form
from ._lists import shown
from ._workbook_charts import NAME_BELOW, Cells, chart_on
from ._workbook_pen import MOST_NAME, MOST_ROWS, MOST_TEXT, Pen, or_blank, width_of

#: Sheets of a workbook: more tabs than that nobody looks through.
MOST_SHEETS = 15
#: Rows that a chart covers with its note, the columns that it covers, and its size in pixels.
_CHART_ROWS, _CHART_COLUMNS, _CHART_SIZE = 26, 12, {"width": 760, "height": 440}
#: A vendor's name is text, whatever it looks like: never a formula, a link or a number ("=1+1", "0049").
_AS_IT_IS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
_SOURCES = ("connection", "contract", "base_url", "fetched_at", "from_cache", "n_pages", "n_orders", "n_lines", "delivery_date",
            "notes")  # fmt: skip
#: Widths of the first sheet's columns, whose texts are broken into lines.
_GLANCE = (46, 96, 44)
#: Points of a line of text, and of the highest row that there is.
_LINE, _HIGHEST = 15, 409
#: Letters in the width of a digit, by which columns are measured.
_LETTERS = 1.05
_WRAPPED = {"text_wrap": True, "valign": "top"}
#: Amounts below one another end at one place, so that the longer is the larger.
_AMOUNT = {"bold": True, "align": "right", "indent": 1, "valign": "top"}
#: Letters of a chart's description: it is read aloud, and nobody listens to more.
_MOST_ALT = 2000


def workbook(made: Content, path: Path) -> Path:
    """Write the workbook and return where it is; the same data give the same bytes."""
    book = xlsxwriter.Workbook(str(path), _AS_IT_IS)
    try:
        # Excel files carry the time of their making: the as-of day instead, so that two runs give the same file
        day = made.as_of if not pd.isna(made.as_of) else pd.Timestamp("2000-01-01")
        program = f"makini-analytics {__version__}"
        book.set_properties({"title": made.title[:255], "comments": program, "created": day.to_pydatetime()})
        pen = Pen(book)
        front = pen.sheet("At a glance")
        of_sheets = _by_sheet(made, MOST_SHEETS - 2 - bool(made.definitions))
        places = [(what, place) for name, exhibits in of_sheets for what, place in _sheet(pen, name, exhibits)]
        sources = made.data.sources
        pen.table("Sources", sources[[c for c in _SOURCES if c in sources]], "Where the rows come from")
        places.append(("Where the rows come from", "Sources!A1"))
        if made.definitions:
            meanings = [text.replace("``", "") for text in made.definitions.values()]
            definitions = pd.DataFrame({"figure": list(made.definitions), "definition": meanings})
            pen.table("Definitions", definitions, "What each figure means", widths={1: 110})
            places.append(("What each figure means", "Definitions!A1"))
        _glance(pen, front, made, places)
    finally:
        _close(book)
    return path


def _close(book: Any) -> None:
    try:
        book.close()
    except FileCreateError as e:  # its way to say what the system said: no room, for one
        raise OSError(*e.args[0].args) if e.args and isinstance(e.args[0], OSError) else OSError(str(e)) from e


def _glance(pen: Pen, sheet: Any, made: Content, places: list[tuple[str, str]]) -> None:
    """Write the first sheet: what there is to know, then where each table stands, with a link to it."""
    for j, width in enumerate(_GLANCE):
        sheet.set_column(j, j, width)
    sheet.write_string(0, 0, made.title[:MOST_TEXT], pen.format(bold=True, font_size=16))
    _across(pen, sheet, 1, made.subtitle)
    row = _findings(pen, sheet, made, 3)
    for tile in made.tiles:
        sheet.write_string(row, 0, tile.label, pen.format(**_WRAPPED))
        days = '0 "day"' if tile.value == 1 else '0 "days"'
        form = {"money": money_form(tile.unit), "share": "0.0%", "days": days}[tile.kind]
        sheet.write(row, 1, or_blank(tile.value), pen.format(bold=True, num_format=form, align="left", valign="top"))
        sheet.write_string(row, 2, tile.change_text, pen.format(**_WRAPPED))
        _as_high(sheet, row, dict(zip(_GLANCE, (tile.label, "", tile.change_text), strict=True)))
        row += 1
    for said in made.data_line:
        _across(pen, sheet, row, said)
        row += 1
    row += 1
    titles = [e.title for e in made.exhibits] + [""] * 2  # where the rows come from, what each figure means
    link = pen.format(font_color=charts.look.highlight, underline=1, **_WRAPPED)
    for (what, place), title in zip(places, titles, strict=False):
        sheet.write_url(row, 0, f"internal:{place}", link, what[:MOST_TEXT])
        sheet.write_string(row, 1, title[:MOST_TEXT], pen.format(**_WRAPPED))
        _as_high(sheet, row, dict(zip(_GLANCE, (what, title), strict=False)))
        row += 1
    for i, note in enumerate([*made.notes, f"makini-analytics {__version__}"], start=row + 1):
        _across(pen, sheet, i, note, italic=True)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.activate()


def _across(pen: Pen, sheet: Any, row: int, text: str, **look: Any) -> None:
    """Write a text over all columns of the first sheet, in as many lines as it takes."""
    sheet.merge_range(row, 0, row, len(_GLANCE) - 1, "", pen.format(**_WRAPPED, **look))
    sheet.write_string(row, 0, text[:MOST_TEXT], pen.format(**_WRAPPED, **look))
    _as_high(sheet, row, {sum(_GLANCE): text})


def _as_high(sheet: Any, row: int, texts: dict[int, str]) -> None:
    """Make a row as high as its texts, each with the width that it has: not every program does so by itself, and of joined cells none."""
    lines = (math.ceil(charts.text_width(text[:MOST_TEXT]) / width / _LETTERS) for width, text in texts.items())
    sheet.set_row(row, min(_LINE * max(1, *lines), _HIGHEST))


def _findings(pen: Pen, sheet: Any, made: Content, row: int) -> int:
    """Write the findings and what there is nothing to report of, and return the next row."""
    if made.findings is None:
        return row
    small = pen.format(font_color=charts.look.muted, **_WRAPPED)
    for f in made.ranked.to_dict("records"):
        sheet.write_number(row, 0, f["stake"], pen.format(num_format=money_form(f["currency"]), **_AMOUNT))
        sheet.write_string(row, 1, f["sentence"], pen.format(bold=True, **_WRAPPED))
        stake = f"{f['stake_of']}; {f['certainty']}"
        sheet.write_string(row, 2, stake, small)
        sheet.write_string(row + 1, 1, f["why"], small)
        for i, texts in enumerate((("", f["sentence"], stake), ("", f["why"], ""))):
            _as_high(sheet, row + i, dict(zip(_GLANCE, texts, strict=True)))
        row += 2
    for what, rest in (("Looked at, nothing to report", made.quiet_line), ("Can't be told", made.untold)):
        if rest:
            sheet.write_string(row, 0, what, pen.format(**_WRAPPED))
            sheet.write_string(row, 1, " · ".join(rest)[:MOST_TEXT], small)
            _as_high(sheet, row, dict(zip(_GLANCE, (what, " · ".join(rest)), strict=False)))
            row += 1
    return row + 1


def _by_sheet(made: Content, most: int) -> list[tuple[str, list[Exhibit]]]:
    """Return the exhibits by sheet, at most so many: one each while there is room, else the smallest neighbours together.

    Of five exhibits of a section with 900, 30, 4, 7 and 60 rows, and room for four, the sheets hold 900, 30, 4 + 7 and 60 rows.
    """
    runs = [(name, [exhibit]) for name, exhibits in made.sections.items() for exhibit in exhibits]
    while len(runs) > most:
        pairs = [i for i in range(len(runs) - 1) if runs[i][0] == runs[i + 1][0]]
        if not pairs:
            break  # a sheet for each section, however many there are
        first = min(pairs, key=lambda i: sum(len(e.table) for _, es in runs[i : i + 2] for e in es))
        runs[first : first + 2] = [(runs[first][0], runs[first][1] + runs[first + 1][1])]
    sections = [section for section, _ in runs]
    return [(_sheet_name(s, es, alone=sections.count(s) == 1), es) for s, es in runs]


def _sheet_name(section: str, exhibits: list[Exhibit], *, alone: bool) -> str:
    """Return the name of a sheet: its exhibit's, its section's where no other sheet has that, or where the exhibits have neither words nor a currency in common,
    else what tells them apart.

    That are their groups ("Spend by category, site, EUR"), their currencies ("Open value by age, EUR, GBP") or both ("Spend by vendor
    CHF, month GBP"), as many as there is room for.
    """
    if len(exhibits) == 1:
        return "Excluded" if exhibits[0].name == "left_out" else exhibits[0].tab or exhibits[0].heading
    whats, currencies = zip(*(re.fullmatch(r"(.*?)(?:, (\S+))?", e.heading, re.DOTALL).groups("") for e in exhibits), strict=True)  # type: ignore[union-attr]  # fmt: skip
    shared = whats[0].rpartition(" ")[0] + " "
    if alone or not (any(currencies) or all(what.startswith(shared) for what in whats)):
        return section.replace("_", " ").capitalize()
    others = [what.removeprefix(shared) for what in whats[1:]]
    if len(set(currencies)) == 1:
        return _fitting([whats[0], *others], f", {currencies[0]}" if currencies[0] else "")
    if len(set(whats)) == 1:
        return _fitting([f"{whats[0]}, {currencies[0]}", *currencies[1:]])
    named = zip([whats[0], *others], currencies, strict=True)
    return _fitting([f"{what} {currency}".strip() for what, currency in named])


def _fitting(names: list[str], last: str = "") -> str:
    """Return names in a row, as many as the name of a sheet has room for.

    >>> _fitting(["Spend by category", "site"], ", EUR"), _fitting(["Open value by age, EUR", "GBP", "CHF"])
    ('Spend by category, site, EUR', 'Open value by age, EUR, GBP …')
    """
    rows = [", ".join(names) + last, *(", ".join(names[:n]) + last + " …" for n in range(len(names) - 1, 0, -1))]
    return next((row for row in rows if len(row) <= MOST_NAME), names[0])


def _sheet(pen: Pen, name: str, exhibits: list[Exhibit]) -> list[tuple[str, str]]:
    """Write exhibits on a sheet, below one another, and return each one's heading with its place, as a link has it.

    Beside the tables stand Excel's own charts on their cells, or on cells of their own:

    ==========  =====  =====  =====  ==============
    the tables  blank  chart  blank  the chart's
                       and           own rows, if
                       note          it has some
    ==========  =====  =====  =====  ==============

    Print has no rows of charts, and a page for each chart: beside its table nobody could read the letters of either.
    """
    beside = max(len(_cells_of(e).columns) for e in exhibits) + 1
    if len(exhibits) == 1:
        sheet = pen.table(name, _cells_of(exhibits[0]), exhibits[0].title)
        tops, places = [0] * _chart(pen, sheet, exhibits[0], 0, beside), [(exhibits[0].heading, _place(sheet, 0))]
        last = min(len(exhibits[0].table), MOST_ROWS + 2)
    else:
        sheet, top, last, tops, places = pen.sheet(name), 0, 0, [], []
        for exhibit in exhibits:
            sheet.write_string(top, 0, exhibit.heading[:MOST_TEXT], pen.format(bold=True, font_size=13))
            n = pen.rows(sheet, top + 1, _cells_of(exhibit), None)
            charted = _chart(pen, sheet, exhibit, top + 1, beside)
            tops += [top + 1] * charted
            last = top + n + 3
            places.append((exhibit.heading, _place(sheet, top)))
            top += max(n + 2, _CHART_ROWS if charted else 0) + 4
        pen.printed(sheet, name)
    if tops:
        alone = [(top + 1, beside, top + _CHART_ROWS + 2, beside + _CHART_COLUMNS - 1) for top in tops]
        pen.print_parts(sheet, [(0, 0, last, beside - 2), *alone])
    return places


def _place(sheet: Any, row: int) -> str:
    name = sheet.get_name().replace("'", "''")
    return f"'{name}'!A{row + 1}"


def _of_table(exhibit: Exhibit) -> bool:
    """Return whether an exhibit's chart draws the rows of its table."""
    return exhibit.native is not None and exhibit.native.rows is None


def _cells_of(exhibit: Exhibit) -> pd.DataFrame:
    """Return the table of an exhibit as its sheet has it: as it is shown, with the label of each row where the chart reads it."""
    if not _of_table(exhibit):
        return shown(exhibit.table)
    table = exhibit.charted
    table.attrs = exhibit.table.attrs
    return shown(table)


def _chart(pen: Pen, sheet: Any, exhibit: Exhibit, top: int, column: int) -> bool:
    """Draw the exhibit's chart from a column on, beside its table, whose names are in the row ``top``; return whether it has one."""
    native = exhibit.native
    if native is None or not len(exhibit.charted):
        return False
    cells = Cells(sheet.get_name(), _cells_of(exhibit), 0, top)
    if not _of_table(exhibit):
        rows = exhibit.charted
        if native.cumulative:
            rows = rows.assign(label=charts.shortened(rows[native.x].tolist(), NAME_BELOW))
        cells = Cells(sheet.get_name(), rows, column + _CHART_COLUMNS + 1, top)
        _write_rows(pen, sheet, cells, native)
    chart = chart_on(pen.book, native, cells, MOST_ROWS)
    chart.set_title({"name": exhibit.title, "name_font": {"size": 14, "color": charts.look.ink}, "overlay": False})
    several = len(native.series) > 1 or native.cumulative or native.interval
    chart.set_legend({"position": "bottom"} if several else {"none": True})
    chart.set_size(_CHART_SIZE)
    sheet.insert_chart(top + 1, column, chart, {"description": exhibit.alt[:_MOST_ALT]})
    small = pen.format(font_size=9, font_color=charts.look.muted)
    # under the chart, in lines no longer than it is wide: a print is scaled to the widest thing on the sheet
    for i, line in enumerate(textwrap.wrap(exhibit.footnote, 120), start=top + 24):
        sheet.write_string(i, column, line, small)
    return True


def _write_rows(pen: Pen, sheet: Any, cells: Cells, native: Native) -> None:
    """Write the rows that a chart draws, in italics and called so, since they are no table of the report."""
    for j, (name, values) in enumerate(cells.rows.items(), start=cells.first_column):
        said = f"Chart: {native.series.get(str(name)) or heading(str(name)).lower()}"
        number = pd.api.types.is_float_dtype(values.dtype)
        sheet.write_string(cells.names_in, j, said, pen.format(italic=True, **({"align": "right"} if number else {})))
        form = native.form if name in native.series else "0.0%" if number else "General"
        drawn = [or_blank(value) for value in values.tolist()]
        sheet.write_column(cells.names_in + 1, j, drawn, pen.format(num_format=form))
        pen.widen(sheet, j, max(width_of(values, [form]), len(said) + 1))
