"""The report as one self-contained page: no request, light and dark, for print. `page.html.j2` is how it looks; this is what it shows."""

from __future__ import annotations

import base64
import io
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
from ._first_screen import first_screen
from ._sections import SECTIONS

#: Rows of a table: enough to see what leads; a page with all of them would be slow to open and long to print.
MOST_ROWS = 25
#: Columns that fit an upright sheet of paper; a table with more prints on a page that lies on its side.
_MOST_UPRIGHT = 9
#: Letters from which a column holds sentences, which need more room than names.
_SENTENCE = 40
_HEADINGS = {name: heading for name, (heading, _) in SECTIONS.items()} | {"left_out": "What was left out, and why"}
_SOURCES = ["connection", "contract", "fetched_at", "from_cache", "n_pages", "n_orders", "n_lines", "delivery_date"]


@dataclass(frozen=True)
class _Column:
    name: str
    css: str


@dataclass(frozen=True)
class _Cell:
    """What is read, and for numbers the value itself: to sort by, and for programs that read the page."""

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

    @property
    def wide(self) -> bool:
        return bool(self.rows) and len(self.columns) > _MOST_UPRIGHT


@dataclass(frozen=True)
class _Figure:
    """An exhibit with a chart: the picture, what it says in words, and the table behind it."""

    alt: str
    svg: str  # in base64
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
    page = template("reporting/page.html.j2").render(
        files=files,
        title=made.title,
        first=first_screen(made),
        notes=made.notes,
        sections=[(name, _HEADINGS[name], [_shown(e) for e in exhibits]) for name, exhibits in made.sections.items()],
        sources=_table(made.data.sources[_SOURCES], "Sources", "sources"),
        source_notes=_source_notes(made.data.sources),
        definitions={metric: _paragraphs(text)[:1] for metric, text in made.definitions.items()},
        as_of=made.as_of.date(),
        version=__version__,
        number=charts.number,
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


def _shown(exhibit: Exhibit) -> _Figure | _Table:
    chart = exhibit.chart
    table = _table(exhibit.table, exhibit.heading, exhibit.name, under_heading=chart is None)
    if chart is None:
        return table
    figure: Any = chart.figure
    charts.resize(chart, *figure.get_size_inches())  # no room left over between chart and footnote
    out = io.BytesIO()
    charts.render(chart, out, format="svg", metadata={"Date": None})  # undated: the same data give the same bytes
    return _Figure(exhibit.alt, base64.b64encode(out.getvalue()).decode(), table)


def _table(frame: pd.DataFrame, caption: str, name: str, *, under_heading: bool = False) -> _Table:
    shown = exportable(frame.head(MOST_ROWS))  # cut first: turning periods into text is slow for a million rows
    kinds = [kind_of(str(c), shown[c]) for c in shown.columns]
    columns = [
        _Column(str(c).replace("_", " "), _css(str(c), kind, shown[c]))
        for c, kind in zip(shown.columns, kinds, strict=True)
    ]
    rows = [
        [_Cell(cell_text(v, kind), _value(v, kind)) for v, kind in zip(row, kinds, strict=True)]
        for row in shown.itertuples(index=False, name=None)
    ]
    return _Table(name, caption, columns, rows, len(frame), under_heading)


def _css(column: str, kind: Kind, values: pd.Series) -> str:
    """Return the class of a column: d for days, id, n for numbers, t for text, l for long text."""
    if kind in ("date", "time"):
        return "d"
    if column == "id" or column.endswith("_id"):
        return "id"
    if kind != "text":
        return "n"
    return "t l" if values.astype(str).str.len().max() > _SENTENCE else "t"


def _value(value: Any, kind: Kind) -> str | None:
    if kind in ("text", "date", "time") or pd.isna(value):
        return None
    return repr(int(value) if kind == "count" else float(value))
