"""The report as one self-contained page: no request, light and dark, for print. `page.html.j2` is how it looks; this is what it shows."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .. import charts
from .._version import __version__
from ..charts import Kind, cell_text, kind_of
from ..system import template
from ._exhibits import Content, Exhibit, exportable
from ._first_screen import findings_of, tiles_of
from ._lists import OVERDUE, is_list, note_of, shown
from ._pictures import Tip, svg_of, tips_of
from ._sections import SECTIONS

#: Rows of a table of groups, and of a list of things to settle; a page with all of a million lines would be slow to open.
MOST_ROWS, MOST_OF_LIST = 200, 500
#: Rows that are seen before one asks for all, and on paper.
_SEEN = 25
#: Columns that fit an upright sheet of paper; a table with more prints on a page that lies on its side.
_MOST_UPRIGHT = 13
#: Letters from which a column holds sentences, which need more room than names.
_SENTENCE = 40
#: Days around the as-of day in which a date needs no year.
_NEAR = pd.Timedelta(days=180)
_HEADINGS = {name: heading for name, (heading, _) in SECTIONS.items()} | {"left_out": "Left out"}
_SOURCES = ["connection", "contract", "fetched_at", "from_cache", "n_pages", "n_orders", "n_lines", "delivery_date"]
#: Names of columns that are shorter on the page, where a word has to fit over a narrow column.
_SHORT = {"order_number": "order", "line_number": "line", "due_date": "due"}
#: Columns that a list has to choose by, and for who takes it along: to the eye the due date and the value say as much.
_ASIDE = {"state", "open_quantity", "unit_of_measure"}
#: Columns of codes, which are typed elsewhere and so are not broken into two lines, while they have no more letters than this.
_CODES, _CODE = {"order_number", "item", "product_code"}, 16
#: Columns of a list by which one chooses.
_CHOOSE_BY = {"state", "vendor", "site"}


@dataclass(frozen=True)
class _Column:
    name: str
    css: str
    chosen_by: bool  # has a list of its values to choose from
    sum_in: str | None  # the unit in which the shown rows are added up


@dataclass(frozen=True)
class _Cell:
    """What is read, and the value itself of numbers and days: to sort by, and for programs that read the page."""

    text: str
    value: str | None


@dataclass(frozen=True)
class _Table:
    name: str
    caption: str
    columns: list[_Column]
    rows: list[list[_Cell]]
    n_rows: int  # in all, of which `rows` are the first
    under_heading: bool  # a heading above says the same as the caption
    is_list: bool = False
    chosen: str | None = None  # the state that is shown at first
    note: str = ""

    @property
    def wide(self) -> bool:
        return bool(self.rows) and sum(c.css != "s" for c in self.columns) > _MOST_UPRIGHT


@dataclass(frozen=True)
class _Figure:
    """An exhibit with a chart: the picture, what it says in words, and the table behind it."""

    alt: str
    svg: str  # in base64
    tips: list[Tip]
    table: _Table


_FILES = re.compile(r"<meta name='makini-files' content='([^']*)'>")


#: How the pages of the first versions, which list no files, show that they are a report's, and name its exhibits.
_FOOTER = re.compile(r"<footer>As of \d{4}-\d\d-\d\d · makini-analytics [^<]{1,40}</footer>")
_EXHIBIT = re.compile(r"<table data-name='([\w-]+)'")


def files_of(page: Path) -> set[str]:
    """Return the files that a report wrote into its folder, as its page lists them; none where the page is not a report's.

    The pages of the first versions have no list: theirs are the files that a chart or table of the page would have.
    """
    try:
        with page.open(encoding="utf-8") as file:
            text = file.read(200_000)
            if found := _FILES.search(text):
                return {page.name, *found[1].split()}
            text += file.read()
    except (OSError, ValueError):
        return set()
    if not _FOOTER.search(text):
        return set()
    names = set(_EXHIBIT.findall(text)) - {"sources"}
    of_each = ("charts/{}.png", "charts/{}.svg", "tables/{}.csv")
    return {page.name, *(form.format(name) for name in names for form in of_each)}


def html_page(made: Content, files: Collection[str] = ()) -> str:
    """Return the report as the text of an HTML file; ``files`` are those beside it."""
    day = made.as_of
    sources = _table(made.data.sources[_SOURCES], "Sources", "sources", day)
    sections = [
        (name, _HEADINGS[name], [_exhibit(e, day) for e in exhibits]) for name, exhibits in made.sections.items()
    ]
    # a table alone is found by its heading, which its section's own name can't be mistaken for
    places = {e.name: (e.name if e.chart is not None else f"of-{e.name}", e.heading) for e in made.exhibits}
    page = template("reporting/page.html.j2").render(
        files=files,
        title=made.title,
        subtitle=made.subtitle,
        data_line=made.data_line,
        findings=findings_of(made, places),
        looked_at=made.findings is not None,
        quiet=made.quiet_line,
        untold=made.untold,
        tiles=tiles_of(made),
        summary=made.summary,
        notes=made.notes,
        sections=sections,
        sources=sources,
        source_notes=_source_notes(made.data.sources),
        definitions={metric: _paragraphs(text)[:1] for metric, text in made.definitions.items()},
        as_of=day.date(),
        version=__version__,
        number=charts.number,
        marks=charts.look,
        seen=_SEEN,
    )
    return charts.printable(page)


def _paragraphs(docstring: str) -> list[list[str]]:
    """Return the paragraphs of a docstring, each as pieces of text and code in turn.

    >>> _paragraphs("Spend by ``vendor_id``.")
    [['Spend by ', 'vendor_id', '.']]
    """
    return [re.split("``(.+?)``", paragraph) for paragraph in docstring.split("\n\n")]


def _source_notes(sources: pd.DataFrame) -> list[str]:
    with_notes = sources.dropna(subset=["notes"]).to_dict("records")
    return [f"{row['connection']}: {row['notes']}" for row in with_notes if row["notes"]]


def _exhibit(exhibit: Exhibit, as_of: pd.Timestamp) -> _Figure | _Table:
    chart = exhibit.chart
    table = _table(exhibit.table, exhibit.heading, exhibit.name, as_of, under_heading=chart is None)
    if chart is None:
        return table
    return _Figure(exhibit.alt, svg_of(chart), tips_of(exhibit), table)


def _table(frame: pd.DataFrame, caption: str, name: str, as_of: pd.Timestamp, *, under_heading: bool = False) -> _Table:
    settled = is_list(frame)
    rows = shown(frame)
    n_rows = len(rows)
    # cut first: turning periods into text is slow for a million rows
    rows = exportable(rows.head(MOST_OF_LIST if settled else MOST_ROWS))
    unit = _one_currency(rows)
    if unit:  # in the heads, then, and not in each row
        rows = rows.drop(columns="currency")
    kinds = [kind_of(str(c), rows[c]) for c in rows.columns]
    columns = [
        _Column(_head(str(c), kind, unit), _css(str(c), kind, rows[c]), settled and c in _CHOOSE_BY,
                unit if kind == "money" and c in ("open_value", "spend", "ppv", "value") else None)
        for c, kind in zip(rows.columns, kinds, strict=True)
    ]  # fmt: skip
    texts = [_texts(rows[c], kind, as_of) for c, kind in zip(rows.columns, kinds, strict=True)]
    values = [_values(rows[c], kind) for c, kind in zip(rows.columns, kinds, strict=True)]
    by_column = [list(map(_Cell, t, v)) for t, v in zip(texts, values, strict=True)]
    chosen = OVERDUE if settled and "state" in rows and (rows["state"] == OVERDUE).any() else None
    cells = [list(row) for row in zip(*by_column, strict=True)]
    return _Table(name, caption, columns, cells, n_rows, under_heading, settled, chosen, note_of(frame))


def _one_currency(rows: pd.DataFrame) -> str | None:
    """Return the one currency of all rows, if there is one."""
    names = list(rows["currency"].unique()) if "currency" in rows else []
    return str(names[0]) if len(names) == 1 and not pd.isna(names[0]) else None


def _head(column: str, kind: Kind, unit: str | None) -> str:
    name = _SHORT.get(column, column.replace("_", " "))
    name = name[:1].upper() + name[1:]
    return f"{name}, {unit}" if unit and kind == "money" else name


def _css(column: str, kind: Kind, values: pd.Series) -> str:
    """Return the class of a column: d for days, id, n for numbers, s aside, t for text, w of one word, l long."""
    if kind in ("date", "time"):
        return "d"
    if column == "id" or column.endswith("_id"):
        return "id"
    if column in _ASIDE:
        return "s"
    if kind != "text" or column == "line_number":
        return "n"
    longest = values.astype(str).str.len().max()
    if column in _CODES and longest <= _CODE:
        return "t w"
    return "t l" if longest > _SENTENCE else "t"


def _texts(values: pd.Series, kind: Kind, as_of: pd.Timestamp) -> list[str]:
    """Return the cells of a column as they are read: a true minus, no break before a unit, and a year only where it is not plain."""
    if kind == "date":
        return [_day(v, as_of) for v in values]
    if kind == "money":
        # one number of decimals for a column: whole units, unless it holds small amounts, such as prices
        sizes = values.abs().median()
        decimals = 2 if values.name in ("price", "base_price") or sizes < 100 else 0
        texts = ["–" if pd.isna(v) else charts.number(v, decimals) for v in values]
    elif kind == "days" and (values.dropna() % 1 == 0).all():
        texts = [cell_text(v, "count") for v in values]
    elif values.name == "chance":  # a forecast has no tenths of a per cent
        texts = ["–" if pd.isna(v) else f"{v * 100:.0f} %" for v in values]
    elif values.name == "also_on_order":
        texts = ["" if pd.isna(v) else str(v) for v in values]
    else:
        texts = [cell_text(v, kind) for v in values]
    if kind in ("text", "time"):
        return texts
    return [t.replace("-", "\N{MINUS SIGN}").replace(" %", "\N{NO-BREAK SPACE}%") for t in texts]


def _day(value: Any, as_of: pd.Timestamp) -> str:
    if pd.isna(value):
        return "–"
    near = not pd.isna(as_of) and abs(value - as_of) <= _NEAR
    return f"{value.day}\N{NO-BREAK SPACE}{value:%b}" + ("" if near else f"\N{NO-BREAK SPACE}{value.year}")


def _values(values: pd.Series, kind: Kind) -> list[str | None]:
    if kind == "text":
        return [None] * len(values)
    if kind in ("date", "time"):
        form = "%Y-%m-%d" if kind == "date" else "%Y-%m-%dT%H:%M"
        return [None if pd.isna(v) else f"{v:{form}}" for v in values]
    return [None if pd.isna(v) else repr(int(v) if kind == "count" else float(v)) for v in values]
