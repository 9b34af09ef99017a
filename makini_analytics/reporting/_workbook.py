"""The report as an Excel workbook: one tidy sheet per table, real numbers and dates, and Excel's own charts on their cells."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from .. import charts
from .._version import __version__
from ..charts import Kind, kind_of
from ._exhibits import Content, Exhibit, Native, exportable, money_form
from ._workbook_charts import Cells, chart_on

#: Rows of a sheet, so that the file can still be mailed; a longer table says so and where all of it is.
MOST_ROWS = 20_000
#: A vendor's name is text, whatever it looks like: never a formula, a link or a number ("=1+1", "0049").
_AS_IT_IS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
_SOURCES = ("connection", "contract", "base_url", "fetched_at", "from_cache", "n_pages", "n_orders", "n_lines", "delivery_date",
            "notes")  # fmt: skip
_FORMATS: dict[Kind, str] = {
    "share": "0.0%", "days": "0.0", "count": "#,##0", "number": "#,##0.00", "date": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm",
}  # fmt: skip
#: Letters that a cell takes.
_MOST_TEXT = 32_767
#: Letters of a chart's description: it is read aloud, and nobody listens to more.
_MOST_ALT = 2000
#: Letters that Excel refuses in the name of a sheet.
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def workbook(made: Content, path: Path) -> Path:
    """Write the workbook and return where it is; the same data give the same bytes."""
    book = xlsxwriter.Workbook(str(path), _AS_IT_IS)
    try:
        # Excel files carry the time of their making: the as-of day instead, so that two runs give the same file
        day = made.as_of if not pd.isna(made.as_of) else pd.Timestamp("2000-01-01")
        program = f"makini-analytics {__version__}"
        book.set_properties({"title": made.title[:255], "comments": program, "created": day.to_pydatetime()})
        pen = _Pen(book)
        _glance(pen, made)
        for exhibit in made.exhibits:
            _sheet(pen, exhibit)
        sources = made.data.sources
        pen.table("Sources", sources[[c for c in _SOURCES if c in sources]], "Where the rows come from")
        if made.definitions:
            meanings = [text.replace("``", "") for text in made.definitions.values()]
            definitions = pd.DataFrame({"figure": list(made.definitions), "definition": meanings})
            pen.table("Definitions", definitions, "What each figure means", widths={1: 110})
    finally:
        _close(book)
    return path


def _close(book: Any) -> None:
    try:
        book.close()
    except FileCreateError as e:  # its way to say what the system said: no room, for one
        raise OSError(*e.args[0].args) if e.args and isinstance(e.args[0], OSError) else OSError(str(e)) from e


class _Pen:
    """Writes tables into a workbook: formats made once, names of sheets that Excel takes."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()

    def format(self, **how: Any) -> Any:
        """Return a format, made once."""
        # Excel has room for 64,000 formats in a file, and xlsxwriter makes a new one at every call
        key = tuple(sorted(how.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(how)
        return self._formats[key]

    def sheet(self, name: str) -> Any:
        """Return a new sheet; its name is cut to what Excel takes, and stays one of its kind."""
        wanted = name.translate(_FORBIDDEN).strip("' ")[:31] or "Sheet"
        given, i = wanted, 2
        while given.lower() in self._names:
            given, i = f"{wanted[:28]} {i}", i + 1
        self._names.add(given.lower())  # to Excel, "Spend" and "SPEND" are one name
        return self.book.add_worksheet(given)

    def table(self, name: str, table: pd.DataFrame, caption: str, *, widths: dict[int, float] | None = None) -> Any:
        """Write a table from the first cell on: names in a frozen first row with filters, the caption in the header for print."""
        sheet, shown = self.sheet(name), exportable(table.head(MOST_ROWS))
        for j, column in enumerate(shown.columns):
            self._column(sheet, j, str(column), shown, (widths or {}).get(j))
        sheet.freeze_panes(1, 0)
        if len(shown):
            sheet.autofilter(0, 0, len(shown), max(len(shown.columns) - 1, 0))
        if len(table) > MOST_ROWS:
            more = f"The first {MOST_ROWS:,} of {len(table):,} rows; a report into a folder has all of them as CSV."
            # a blank row apart from the others, or a sort would take it along
            sheet.write_string(len(shown) + 2, 0, more, self.format(italic=True))
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.5)
        sheet.fit_to_pages(1, 0)  # one page wide, as many high as it takes
        sheet.repeat_rows(0)
        # in a header & begins a code ("&B" is bold), and all of it may have 255 letters
        sheet.set_header('&L&"-,Bold"' + caption[:110].replace("&", "&&"))
        return sheet

    def _column(self, sheet: Any, j: int, column: str, shown: pd.DataFrame, width: float | None) -> None:
        """Write a column: its name, and its values as numbers, days or text, each cell in the format of its kind."""
        values = shown[column]
        kind = kind_of(column, values)
        look: dict[str, Any] = {"valign": "top"}
        if kind != "text":
            look["num_format"] = money_form(None) if kind == "money" else _FORMATS[kind]
        if width:  # a width that is asked for is one for sentences
            look["text_wrap"] = True
        formats = [self.format(**look)] * len(values)
        if kind == "money" and "currency" in shown:  # each amount in its own currency: yen have no cents
            forms = [money_form(None if pd.isna(c) else c) for c in shown["currency"]]
            formats = [self.format(num_format=form, valign="top") for form in forms]
        sheet.write_string(0, j, column, self.format(bold=True, bottom=1, bg_color="#F0F2F4"))
        for i, (value, cell) in enumerate(zip(values.tolist(), formats, strict=True), start=1):
            _write(sheet, i, j, value, kind, cell)
        sheet.set_column(j, j, width or _width(column, values, kind))


def _write(sheet: Any, row: int, column: int, value: Any, kind: Kind, cell: Any) -> None:
    if value is None or pd.isna(value):
        sheet.write_blank(row, column, None, cell)
    elif kind in ("date", "time"):  # Excel knows no zones: an instant is written as its UTC time
        sheet.write_datetime(row, column, pd.Timestamp(value).tz_localize(None).to_pydatetime(), cell)
    elif isinstance(value, bool):  # before numbers: to Python, True is one
        sheet.write_boolean(row, column, value, cell)
    elif kind == "text":
        sheet.write_string(row, column, str(value)[:_MOST_TEXT], cell)
    else:
        sheet.write_number(row, column, value, cell)


def _width(column: str, values: pd.Series, kind: Kind) -> float:
    if column.endswith("_id"):
        return 12  # enough to tell two apart; who needs all of it widens the column
    if kind != "text":
        return max(18.0 if kind == "money" else 11.0, len(column) + 3)
    # the first rows will do: the cost is that of the longest text, for a width that is no more than a good start
    longest = values.head(200).dropna().astype(str).str.len().max()
    return float(min(max(len(column) + 2, 0 if pd.isna(longest) else longest + 1, 8), 48))


def _glance(pen: _Pen, made: Content) -> None:
    sheet = pen.sheet("At a glance")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, made.title[:_MOST_TEXT], pen.format(bold=True, font_size=16))
    row = 2
    for what, how_much in made.summary:
        sheet.write_string(row, 0, what)
        sheet.write_string(row, 1, how_much, pen.format(bold=True))
        row += 1
    row += 1
    for exhibit in made.exhibits:
        if exhibit.chart is not None:
            sheet.write_string(row, 0, exhibit.heading)
            sheet.write_string(row, 1, exhibit.title)
            row += 1
    for i, note in enumerate([*made.notes, f"makini-analytics {__version__}"], start=row + 1):
        sheet.write_string(i, 0, note[:_MOST_TEXT], pen.format(italic=True))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _sheet(pen: _Pen, exhibit: Exhibit) -> None:
    """Write an exhibit's table; beside it Excel's own chart on its cells, or on cells of its own.

    ==========  =====  ==============  =====  =====
    the table   blank  the chart's     blank  chart
                       own rows, if           and
                       it has some            note
    ==========  =====  ==============  =====  =====
    """
    native = exhibit.native
    of_table = native is not None and native.rows is None  # else it draws other rows than the table's
    table = exhibit.table
    if of_table:
        table = exhibit.charted  # with the label of each row, which the chart reads
        table.attrs = exhibit.table.attrs
    sheet = pen.table("Excluded" if exhibit.name == "left_out" else exhibit.heading, table, exhibit.title)
    if native is None or not len(exhibit.charted):
        return
    column = len(table.columns) + 1
    cells = Cells(sheet.get_name(), table, 0)
    if not of_table:
        cells = Cells(sheet.get_name(), exhibit.charted, column)
        _write_rows(pen, sheet, cells, native)
        column += len(cells.rows.columns) + 1
    chart = chart_on(pen.book, native, cells, MOST_ROWS)
    chart.set_title({"name": exhibit.title, "name_font": {"size": 14, "color": charts.look.ink}, "overlay": False})
    several = len(native.series) > 1 or native.cumulative or native.interval
    chart.set_legend({"position": "bottom"} if several else {"none": True})
    chart.set_size({"width": 760, "height": 440})
    sheet.insert_chart(1, column, chart, {"description": exhibit.alt[:_MOST_ALT]})
    small = pen.format(font_size=9, font_color=charts.look.muted)
    # under the chart, in lines no longer than it is wide: a print is scaled to the widest thing on the sheet
    for i, line in enumerate(textwrap.wrap(exhibit.footnote, 120), start=24):
        sheet.write_string(i, column, line, small)


def _write_rows(pen: _Pen, sheet: Any, cells: Cells, native: Native) -> None:
    """Write the rows that a chart draws, in italics and called so, since they are no table of the report."""
    for j, (name, values) in enumerate(cells.rows.items(), start=cells.first_column):
        sheet.write_string(0, j, f"chart: {name}", pen.format(italic=True))
        form = pen.format(num_format=native.form if name in native.series else "General")
        sheet.write_column(1, j, values.tolist(), form)
        sheet.set_column(j, j, 16)
