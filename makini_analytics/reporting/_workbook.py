"""The report as an Excel workbook: one tidy sheet per table, real numbers and dates, and Excel's own charts on their cells."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from .. import style
from .._version import __version__
from ..style import Kind, kind_of
from ._exhibits import Content, Exhibit, Native, exportable, money_form

#: Rows of a sheet; a longer table says so and where all of it is.
MOST_ROWS = 20_000
#: Columns of a Pareto chart.
_PARETO = 30
_FORMATS: dict[Kind, str] = {
    "share": "0.0%", "days": "0.0", "count": "#,##0", "number": "#,##0.00", "date": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm",
}  # fmt: skip
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def workbook(made: Content, path: Path) -> Path:
    """Write the workbook and return where it is; the same data give the same bytes."""
    # a vendor's name is text, whatever it looks like: never a formula, a link or a number
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    book = xlsxwriter.Workbook(str(path), options)
    try:
        day = made.as_of if not pd.isna(made.as_of) else pd.Timestamp("2000-01-01")
        said = f"makini-analytics {__version__}"
        book.set_properties({"title": made.title, "comments": said, "created": day.to_pydatetime()})
        pen = _Pen(book)
        _glance(pen, made)
        for exhibit in made.exhibits:
            _sheet(pen, exhibit)
        columns = [
            "connection",
            "contract",
            "base_url",
            "fetched_at",
            "from_cache",
            "n_pages",
            "n_orders",
            "n_lines",
            "delivery_date",
            "notes",
        ]
        sources = made.data.sources
        pen.table("Sources", sources[[c for c in columns if c in sources]], "Where the rows come from")
        if made.definitions:
            told = pd.DataFrame(
                {
                    "figure": list(made.definitions),
                    "definition": [d.replace("``", "") for d in made.definitions.values()],
                }
            )
            pen.table("Definitions", told, "What each figure means", widths={1: 110})
    finally:
        book.close()
    return path


class _Pen:
    """Writes tables into a workbook: formats made once, names of sheets that Excel takes."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()

    def format(self, **how: Any) -> Any:
        """Return a format, made once."""
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
        self._names.add(given.lower())
        return self.book.add_worksheet(given)

    def table(self, name: str, table: pd.DataFrame, caption: str, *, widths: dict[int, float] | None = None) -> Any:
        """Write a table from the first cell on: names in a frozen first row with filters, the caption in the header for print."""
        sheet, shown = self.sheet(name), exportable(table.head(MOST_ROWS))
        for j, column in enumerate(shown.columns):
            values = shown[column]
            kind = kind_of(str(column), values)
            how = {"num_format": money_form(None) if kind == "money" else _FORMATS[kind]} if kind != "text" else {}
            cell = self.format(**how, valign="top", **({"text_wrap": True} if (widths or {}).get(j) else {}))
            sheet.write_string(0, j, str(column), self.format(bold=True, bottom=1, bg_color="#F0F2F4"))
            cells = [cell] * len(values)
            if kind == "money" and "currency" in shown:  # each amount in its own currency
                cells = [
                    self.format(num_format=money_form(None if pd.isna(c) else c), valign="top")
                    for c in shown["currency"]
                ]
            for i, (value, look) in enumerate(zip(values.tolist(), cells, strict=True), start=1):
                _write(sheet, i, j, value, kind, look)
            sheet.set_column(j, j, (widths or {}).get(j) or _width(str(column), values, kind))
        sheet.freeze_panes(1, 0)
        if len(shown):
            sheet.autofilter(0, 0, len(shown), max(len(shown.columns) - 1, 0))
        if len(table) > MOST_ROWS:
            said = f"The first {MOST_ROWS:,} of {len(table):,} rows; a report into a folder has all of them as CSV."
            sheet.write_string(len(shown) + 2, 0, said, self.format(italic=True))
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.5)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_header('&L&"-,Bold"' + caption.replace("&", "&&")[:200])
        return sheet


def _write(sheet: Any, row: int, column: int, value: Any, kind: Kind, cell: Any) -> None:
    if value is None or pd.isna(value):
        sheet.write_blank(row, column, None, cell)
    elif kind in ("date", "time"):  # Excel knows no zones: an instant is written as its UTC time
        sheet.write_datetime(row, column, pd.Timestamp(value).tz_localize(None).to_pydatetime(), cell)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, cell)
    elif kind == "text":
        sheet.write_string(row, column, str(value)[:32_767], cell)
    else:
        sheet.write_number(row, column, value, cell)


def _width(column: str, values: pd.Series, kind: Kind) -> float:
    if column.endswith("_id"):
        return 12
    if kind != "text":
        return max(18.0 if kind == "money" else 11.0, len(column) + 3)
    longest = values.head(200).dropna().astype(str).str.len().max()
    return float(min(max(len(column) + 2, 0 if pd.isna(longest) else longest + 1, 8), 48))


def _glance(pen: _Pen, made: Content) -> None:
    sheet = pen.sheet("At a glance")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, made.title, pen.format(bold=True, font_size=16))
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
        sheet.write_string(i, 0, note, pen.format(italic=True))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _sheet(pen: _Pen, exhibit: Exhibit) -> None:
    """Write an exhibit's table; beside it Excel's own chart on these cells."""
    native = exhibit.native
    own = native is not None and native.rows is None
    table = exhibit.table
    if own:
        table = exhibit.charted
        table.attrs = exhibit.table.attrs
    sheet = pen.table("Excluded" if exhibit.name == "left_out" else exhibit.heading, table, exhibit.title)
    column = len(table.columns) + 1
    if native is None or not len(exhibit.charted):
        return
    drawn, at = (table, 0) if own else (exhibit.charted, column)
    if not own:  # a chart of other rows, which stand beside the table
        for j, (name, values) in enumerate(drawn.items(), start=column):
            sheet.write_string(0, j, f"chart: {name}", pen.format(italic=True))
            form = pen.format(num_format=native.form if name in native.series else "General")
            sheet.write_column(1, j, values.tolist(), form)
        sheet.set_column(column, column + len(drawn.columns) - 1, 16)
        column += len(drawn.columns) + 1
    chart = _chart(pen.book, native, drawn, sheet.get_name(), at)
    chart.set_title({"name": exhibit.title, "name_font": {"size": 14, "color": style.look.ink}, "overlay": False})
    chart.set_legend(
        {"position": "bottom"} if len(native.series) > 1 or native.cumulative or native.interval else {"none": True}
    )
    chart.set_size({"width": 760, "height": 440})
    sheet.insert_chart(1, column, chart, {"description": exhibit.alt[:2000]})
    small = pen.format(font_size=9, font_color=style.look.muted)
    for i, line in enumerate(
        textwrap.wrap(exhibit.footnote, 120), start=24
    ):  # no wider than the chart: print fits the width
        sheet.write_string(i, column, line, small)


def _chart(book: Any, native: Native, table: pd.DataFrame, sheet: str, at: int) -> Any:
    """Return the chart, bound to the cells of its table, whose first column is ``at``."""
    n = min(len(table), MOST_ROWS, native.first if native.cumulative is None else _PARETO)

    def cells(column: str) -> list[Any]:
        j = at + list(table.columns).index(column)
        return [sheet, 1, j, n, j]

    pareto = native.cumulative is not None
    standing = native.kind != "bar" or pareto
    chart = book.add_chart(
        {"type": "column"}
        if pareto
        else {"type": native.kind} | ({"subtype": "straight"} if native.kind == "scatter" else {})
    )
    colours = (style.look.highlight, style.look.rest if len(native.series) == 2 else style.look.plain, style.look.rest)
    for (column, name), colour in zip(native.series.items(), colours, strict=False):
        series: dict[str, Any] = {"name": name, "categories": cells(native.x), "values": cells(column)}
        if native.kind in ("line", "scatter"):
            marks = {"marker": {"type": "circle", "size": 5, "fill": {"color": colour}, "border": {"none": True}}}
            series |= {"line": {"color": colour, "width": 2}} | (marks if native.kind == "line" else {})
        else:
            series |= {"fill": {"color": colour}, "border": {"none": True}, "gap": 35}
            if native.colours:
                series["points"] = [{"fill": {"color": c}, "border": {"none": True}} for c in native.colours[:n]]
            if native.kind == "bar" and not pareto:
                inside = (
                    {"position": "inside_base", "font": {"color": "white", "bold": True}} if native.interval else {}
                )
                series["data_labels"] = {"value": True, "num_format": native.form.replace(".00", "")} | inside
        if native.interval:
            low, value, high = (
                table[c].head(n).astype(float) for c in (native.interval[0], column, native.interval[1])
            )
            ends = {"plus_values": (high - value).fillna(0).tolist(), "minus_values": (value - low).fillna(0).tolist()}
            series["y_error_bars"] = {"type": "custom", "line": {"color": style.look.ink}} | ends
        chart.add_series(series)
    if pareto:
        line = book.add_chart({"type": "line"})
        mark = {"type": "circle", "size": 4, "fill": {"color": style.look.ink}, "border": {"none": True}}
        look = {"line": {"color": style.look.ink, "width": 1.75}, "marker": mark, "y2_axis": True}
        share = cells(str(native.cumulative))
        line.add_series({"name": "cumulative share", "categories": cells(native.x), "values": share} | look)
        chart.combine(line)
        line.set_y2_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": False}})
    whole: dict[str, Any] = {"min": 0, "max": 1} if native.form == "0%" else {}
    values = {
        "num_format": native.form.replace(".00", ""),
        "major_gridlines": {"visible": True, "line": {"color": style.look.line}},
    } | whole
    names = {"num_font": {"rotation": -45} if standing and native.kind != "scatter" else {}, "label_position": "low"}
    each = {"interval_unit": 1} if n <= 30 and native.kind != "scatter" else {}
    plain_values = values | {"visible": False, "major_gridlines": {"visible": False}}
    chart.set_y_axis(values if standing else names | each | {"reverse": True})
    chart.set_x_axis(
        names | each | ({"min": 0, "name": native.x} if native.kind == "scatter" else {}) if standing else plain_values
    )
    chart.show_blanks_as("gap")
    return chart
