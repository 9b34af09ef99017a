"""Tables on the sheets of a workbook: real numbers and days, each in the format of its kind, in columns as wide as the longest one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_range_abs

from .. import charts
from ..charts import Kind, kind_of
from ._cells import headings_of
from ._exhibits import exportable, money_form

#: Rows of a sheet, so that the file can still be mailed; a longer table says so and where all of it is.
MOST_ROWS = 20_000
_FORMATS: dict[Kind, str] = {
    "text": "General", "share": "0.0%", "days": "0.0", "count": "#,##0", "number": "#,##0.00", "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm",
}  # fmt: skip
#: Letters that a cell takes.
MOST_TEXT = 32_767
#: Letters of the name of a sheet.
MOST_NAME = 31
#: Letters of the widest column of texts, and of one of keys: enough to tell two apart; who needs all of it widens the column.
_WIDEST, _OF_KEYS = 48, 12
#: Columns of sentences, of which a part says something else, and how wide they may be.
_SENTENCES, _OF_SENTENCES = {"evidence", "reason"}, 96
#: Letters that Excel refuses in the name of a sheet.
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
#: Words that a name does not end with.
_JOINING = {"and", "by", "of", "on", "in", "the", "to", "that", "what", "with"}


class Pen:
    """Writes tables into a workbook: formats made once, names of sheets that Excel takes."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()
        self._widths: dict[tuple[str, int], float] = {}

    def format(self, **how: Any) -> Any:
        """Return a format, made once."""
        # Excel has room for 64,000 formats in a file, and xlsxwriter makes a new one at every call
        key = tuple(sorted(how.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(how)
        return self._formats[key]

    def sheet(self, name: str) -> Any:
        """Return a new sheet; its name is cut to what Excel takes, and stays one of its kind."""
        wanted = sheet_name(name)
        given, i = wanted, 2
        while given.lower() in self._names:
            given, i = f"{wanted[:28]} {i}", i + 1
        self._names.add(given.lower())  # to Excel, "Spend" and "SPEND" are one name
        return self.book.add_worksheet(given)

    def table(self, name: str, table: pd.DataFrame, caption: str, *, widths: dict[int, float] | None = None) -> Any:
        """Write a table on a sheet of its own: names in a frozen first row with filters, the caption in the header for print."""
        sheet = self.sheet(name)
        n = self.rows(sheet, 0, table, widths, filtered=True)
        sheet.freeze_panes(1, 0)
        if n:
            sheet.autofilter(0, 0, n, max(len(table.columns) - 1, 0))
        sheet.repeat_rows(0)
        self.printed(sheet, caption)
        return sheet

    def rows(
        self,
        sheet: Any,
        top: int,
        table: pd.DataFrame,
        widths: dict[int, float] | None = None,
        *,
        filtered: bool = False,
    ) -> int:
        """Write a table with its names in the row ``top``, and return how many rows it has there."""
        # the arrow of a filter stands at the right, where names over numbers end
        names = {"bold": True, "bottom": 1, "bg_color": "#F0F2F4"}
        over_numbers = names | {"align": "right"} | ({"indent": 2} if filtered else {})
        shown = exportable(table.head(MOST_ROWS))
        kinds = [kind_of(column, shown[column]) for column in map(str, shown.columns)]
        for j, (column, heading) in enumerate(zip(map(str, shown.columns), headings_of(shown), strict=True)):
            # a text beside a number that ends at its left would seem to belong to it
            apart = {"indent": 1, "align": "left"} if kinds[j] == "text" and j and kinds[j - 1] != "text" else {}
            over = names | apart if kinds[j] == "text" else over_numbers
            sheet.write_string(top, j, heading, self.format(**over))
            self._column(sheet, top, j, column, shown, (widths or {}).get(j), **apart)
            self.widen(sheet, j, (widths or {}).get(j) or len(heading) + 4)
        if len(table) > MOST_ROWS:
            more = f"The first {charts.number(MOST_ROWS)} of {charts.number(len(table))} rows; a report into a folder has all of them as CSV."
            # a blank row apart from the others, or a sort would take it along
            sheet.write_string(top + len(shown) + 2, 0, more, self.format(italic=True))
        return len(shown)

    def printed(self, sheet: Any, caption: str) -> None:
        """Set how a sheet is printed."""
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.5)
        sheet.fit_to_pages(1, 0)  # one page wide, as many high as it takes
        # in a header & begins a code ("&B" is bold), and all of it may have 255 letters
        sheet.set_header('&L&"-,Bold"' + caption[:110].replace("&", "&&"))

    def print_parts(self, sheet: Any, parts: Sequence[tuple[int, int, int, int]]) -> None:
        """Print these parts of a sheet and nothing else, each on pages of its own: first row and column, last row and column."""
        name = sheet.get_name().replace("'", "''")
        # what `print_area` sets, which takes one part only
        sheet.print_area_range = ",".join(f"'{name}'!{xl_range_abs(*part)}" for part in parts)

    def widen(self, sheet: Any, j: int, width: float) -> None:
        """Make a column so wide, unless a table above needs more."""
        best = self._widths[sheet.get_name(), j] = max(self._widths.get((sheet.get_name(), j), 0), width)
        sheet.set_column(j, j, best)

    def _column(self, sheet: Any, top: int, j: int, column: str, shown: pd.DataFrame, width: float | None, **look: Any) -> None:  # fmt: skip
        """Write the values of a column as numbers, days or text, each cell in the format of its kind."""
        values = shown[column]
        kind = kind_of(column, values)
        if kind == "text" and not width:  # of two lines in a cell LibreOffice prints one over the next row
            values = values.map(lambda v: charts.cell_text(v, kind) if isinstance(v, str) else v)
        forms = _forms(values, kind, shown)
        wrap = {"text_wrap": True} if width else {}  # a width that is asked for is one for sentences
        looks = {form: self.format(num_format=form, valign="top", **wrap, **look) for form in dict.fromkeys(forms)}
        for i, (value, form) in enumerate(zip(values.tolist(), forms, strict=True), start=top + 1):
            _write(sheet, i, j, value, kind, looks[form])
        widest = _OF_SENTENCES if column in _SENTENCES else _WIDEST
        longest = _OF_KEYS if column.endswith("_id") else min(width_of(values, forms), widest)
        self.widen(sheet, j, width or longest)


def sheet_name(name: str) -> str:
    """Return the name of a sheet, of whole words while there are some, in the 31 letters that Excel takes.

    >>> sheet_name("Prices of the same item and vendor, EUR"), sheet_name("What drove the change, EUR"), sheet_name("a/b")
    ('Prices of the same item', 'What drove the change, EUR', 'a b')
    """
    name = name.translate(_FORBIDDEN).strip("' ")
    words = name[: MOST_NAME + 1].rsplit(" ", 1)[0].split(" ") if len(name) > MOST_NAME else [name]
    while len(words) > 1 and words[-1] in _JOINING:
        words.pop()
    return " ".join(words)[:MOST_NAME].rstrip("', ") or "Sheet"


def _forms(values: pd.Series, kind: Kind, shown: pd.DataFrame) -> list[str]:
    """Return the number format of each cell: of an amount that of its currency, since yen have no cents, and prices more decimals.

    What is whole has no decimals: days where all of the column are, and each quantity by itself. Which currency it is says its column.
    """
    if kind == "number":
        return ["#,##0" if v % 1 == 0 else _FORMATS[kind] for v in values.astype(float)]
    if kind == "days" and (values.dropna() % 1 == 0).all():
        return ["0"] * len(values)
    if kind not in ("money", "price"):
        return [_FORMATS[kind]] * len(values)
    of_rows = shown["currency"] if "currency" in shown else pd.Series(pd.NA, index=shown.index)
    currencies = [None if pd.isna(c) else str(c) for c in of_rows]
    prices = values.astype(float).tolist() if kind == "price" else [None] * len(values)
    return [money_form(c, price).partition('"')[0] for c, price in zip(currencies, prices, strict=True)]


def width_of(values: pd.Series, forms: Sequence[str]) -> float:
    """Return how wide a column has to be for its values in their formats.

    >>> width_of(pd.Series([1.0, -1234567.5]), ['#,##0.00" EUR"'] * 2), width_of(pd.Series([0.25]), ["0.0%"])
    (19.0, 7.0)
    """
    known = values.dropna()
    if known.empty:
        return 0.0
    if not pd.api.types.is_numeric_dtype(known.dtype) or pd.api.types.is_bool_dtype(known.dtype):
        if known.dtype.kind == "M":
            return len(forms[0]) + 2.0
        # the first rows will do: the cost is that of the longest text, for a width that is no more than a good start
        return max(map(charts.text_width, known.head(200).astype(str))) + 2.0
    return max(_letters(end, form) for end in (known.min(), known.max()) for form in set(forms)) + 2.0


def _letters(value: float, form: str) -> int:
    """Return how many letters a number has in a format of ours, of "General" none: those are names."""
    number, _, unit = form.partition('"')
    if number == "General":
        return 0
    decimals, times = len(number.rstrip("%").partition(".")[2]), 100 if number.endswith("%") else 1
    return len(f"{value * times:,.{decimals}f}{unit[:-1]}") + number.count("%")


def or_blank(value: Any) -> Any:
    """Return what a cell holds: nothing for what is missing or no number, as a share of nothing is none.

    >>> or_blank(0.5), or_blank(float("nan")), or_blank(float("inf")), or_blank("Nord")
    (0.5, None, None, 'Nord')
    """
    return None if pd.isna(value) or (isinstance(value, float) and math.isinf(value)) else value


def _write(sheet: Any, row: int, column: int, value: Any, kind: Kind, cell: Any) -> None:
    if or_blank(value) is None:
        sheet.write_blank(row, column, None, cell)
    elif kind in ("date", "time"):  # Excel knows no zones: an instant is written as its UTC time
        sheet.write_datetime(row, column, pd.Timestamp(value).tz_localize(None).to_pydatetime(), cell)
    elif isinstance(value, bool):  # before numbers: to Python, True is one
        sheet.write_boolean(row, column, value, cell)
    elif kind == "text":
        sheet.write_string(row, column, str(value)[:MOST_TEXT], cell)
    else:
        sheet.write_number(row, column, value, cell)
