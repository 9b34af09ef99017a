"""The report as one self-contained page: no request, light and dark, for print. `page.html.j2` is how it looks; this is what it shows."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .. import charts
from .._version import __version__
from ..charts import Kind
from ..system import template
from ._cells import TextColumn, columns_of
from ._exhibits import Content, Exhibit, exportable
from ._first_screen import apart, each_to, findings_of, tiles_of, unbroken
from ._lists import OVERDUE, is_list, note_of, shown
from ._pictures import Tip, half_wide, svg_of, tips_of
from ._sections import SECTIONS

#: Rows of a table of groups, and of a list of things to settle; a page with all of a million lines would be slow to open.
MOST_ROWS, MOST_OF_LIST = 200, 500
#: Rows that are seen before one asks for all, and on paper, where nobody can ask.
_SEEN, _PRINTED = 10, 25
#: Columns that fit an upright sheet of paper; a table with more prints on a page that lies on its side.
_MOST_UPRIGHT = 13
#: Letters from which a column holds sentences, which need more room than names.
_SENTENCE = 40
_HEADINGS = {name: heading for name, (heading, _) in SECTIONS.items()} | {"left_out": "Left out"}
_SOURCES = ["connection", "contract", "fetched_at", "from_cache", "n_pages", "n_orders", "n_lines", "delivery_date"]
_OF_FETCH = {"fetched_at", "from_cache", "n_pages"}
#: Columns that a list has to choose by, and for who takes it along: to the eye the due date and the value say as much.
_ASIDE = {"state", "open_quantity", "unit_of_measure"}
#: Columns of codes, which are typed elsewhere and so are not broken into two lines, while they have no more letters than this.
_CODES, _CODE = {"order_number", "item", "product_code"}, 16
#: Columns of a list by which one chooses.
_CHOOSE_BY = {"state", "vendor", "site"}
#: Values of such a column that can all be named, also those of rows that the page has not.
_FEW = 12
#: Columns of money, of which the first that a table has is added up over the rows that are shown.
_SUMMED = ("open_value", "ppv", "price_effect", "value", "spend")
#: Decimals that a value has beside its text; prices and other numbers have four, and the small ones as many as they need.
_DECIMALS: dict[Kind, int] = {"money": 2, "share": 4, "days": 4, "count": 0}
#: Figures that rank, and their columns with a bar under each value; the columns of one figure have one scale.
_BARS = {
    "spend.by_vendor": ("spend", "spend_year_before"),
    "slippage.by_vendor": ("on_time_rate",),
    "lead_times.by_vendor": ("median_days", "p90_days"),
}


@dataclass(frozen=True)
class _Column:
    name: str
    css: str
    chosen_by: str | None  # of a column to choose by: its values, with how many rows of all have each, as JSON
    sum_in: str | None  # the unit in which the shown rows are added up


@dataclass(frozen=True)
class _Cell:
    """What is read, and the value itself of numbers and days: to sort by, and for programs that read the page."""

    text: str
    value: str | None
    bar: str | None = None  # how long the bar under the text is, in hundredths of the longest one
    name: str | None = None  # the text itself, where it is read in one line and has several


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
    n_chosen: int = 0  # rows of it, in all
    note: str = ""
    whole: bool = False  # no row lacks on paper

    @property
    def wide(self) -> bool:
        return bool(self.rows) and sum(c.css != "s" for c in self.columns) > _MOST_UPRIGHT


@dataclass(frozen=True)
class _Figure:
    """An exhibit with a chart: the picture with the texts around it, what it says in words, and the table behind it."""

    title: str
    subtitle: str
    footnote: str
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
    sources = _table(_sources(made.data.sources), "Sources", "sources", day, under_heading=True)
    sections = [
        (name, _HEADINGS[name], _runs([made.drawn.get(e.name) or on_page(e, day) for e in exhibits]))
        for name, exhibits in made.sections.items()
    ]
    # a table alone is found by its heading, which its section's own name can't be mistaken for
    places = {e.name: (e.name if e.chart is not None else f"of-{e.name}", e.heading) for e in made.exhibits}
    page = template("reporting/page.html.j2").render(
        files=files,
        title=made.title,
        subtitle=apart(unbroken(made.subtitle)),
        data_line=[apart(unbroken(said)) for said in made.data_line],
        findings=findings_of(made, places),
        looked_at=made.findings is not None,
        quiet=list(map(unbroken, made.quiet_line)),
        untold=list(map(unbroken, made.untold)),
        tiles=tiles_of(made),
        each_to=each_to(day),
        summary=made.summary,
        notes=[apart(said) for said in made.notes],
        sections=sections,
        sources=sources,
        source_notes=_source_notes(made.data.sources),
        definitions={metric: _paragraphs(text)[:1] for metric, text in made.definitions.items()},
        as_of=day.date(),
        version=__version__,
        number=charts.number,
        apart=apart,
        marks=charts.look,
        seen=_SEEN,
        printed=_PRINTED,
    )
    return charts.printable(page)


def _paragraphs(docstring: str) -> list[list[str]]:
    """Return the paragraphs of a docstring, each as pieces of text and code in turn.

    >>> _paragraphs("Spend by ``vendor_id``.")
    [['Spend by ', 'vendor_id', '.']]
    """
    return [re.split("``(.+?)``", paragraph) for paragraph in docstring.split("\n\n")]


def _sources(sources: pd.DataFrame) -> pd.DataFrame:
    """Return where the rows come from; of a table or a file there is no fetch to tell of."""
    fetched = sources["fetched_at"].notna().any()
    return sources[[c for c in _SOURCES if fetched or c not in _OF_FETCH]].dropna(axis="columns", how="all")


def _source_notes(sources: pd.DataFrame) -> list[str]:
    with_notes = sources.dropna(subset=["notes"]).to_dict("records")
    return [f"{row['connection']}: {row['notes']}" for row in with_notes if row["notes"]]


def _runs(exhibits: Sequence[_Figure | _Table]) -> list[list[_Figure | _Table]]:
    """Return the exhibits in runs: charts that follow each other, which stand side by side, and each table by itself.

    Of the exhibits chart, chart, chart, table, table the runs have 3, 1 and 1.
    """
    out: list[list[_Figure | _Table]] = []
    for one in exhibits:
        if out and isinstance(one, _Figure) and isinstance(out[-1][-1], _Figure):
            out[-1].append(one)
        else:
            out.append([one])
    return out


def on_page(exhibit: Exhibit, as_of: pd.Timestamp) -> _Figure | _Table:
    """Return what the page shows of an exhibit."""
    chart = exhibit.chart
    table = _table(exhibit.table, exhibit.heading, exhibit.name, as_of, under_heading=chart is None)
    if chart is None:
        return table
    words = charts.captions_of(chart)
    title, subtitle, footnote = map(unbroken, (words.title, words.subtitle, words.footnote))
    with half_wide(chart):
        return _Figure(title, subtitle, footnote, exhibit.alt, svg_of(chart), tips_of(exhibit), table)


def _table(frame: pd.DataFrame, caption: str, name: str, as_of: pd.Timestamp, *, under_heading: bool = False) -> _Table:
    settled = is_list(frame)
    rows = shown(frame)
    n_rows = len(rows)
    # cut first: turning periods into text is slow for a million rows
    read = columns_of(rows.head(MOST_OF_LIST if settled else MOST_ROWS), as_of)
    # what may be there twice of a vendor holds what may be there twice of its orders: never added
    kinds = rows["kind"].nunique() if "kind" in rows else 1
    summed = next((name for name in _SUMMED if name in rows), None) if kinds == 1 else None
    columns = [
        _Column(
            c.heading,
            _css(c),
            _choices(rows[[c.name]], c) if settled and c.name in _CHOOSE_BY else None,
            c.unit if c.name == summed else None,
        )
        for c in read
    ]
    bars = _bars(str(frame.attrs.get("metric")), read)
    by_column = [
        list(map(_Cell, c.texts, _values(c.values, c.kind), bars.get(c.name, [None] * len(c.texts)), _names(c)))
        for c in read
    ]
    n_chosen = int((rows["state"] == OVERDUE).sum()) if settled and "state" in rows else 0
    cells = [list(row) for row in zip(*by_column, strict=True)]
    # what is left out adds up to all lines, for whoever can add it up
    return _Table(
        name,
        caption,
        columns,
        cells,
        n_rows,
        under_heading,
        settled,
        OVERDUE if n_chosen else None,
        n_chosen,
        note_of(frame),
        name == "left_out",
    )


def _choices(rows: pd.DataFrame, read: TextColumn) -> str:
    """Return how many rows of the whole table have each value of a column: of many values, those that the page's rows have."""
    n_of: Counter[str] = Counter()
    for value, n in exportable(rows)[read.name].value_counts(dropna=False).items():
        # two values may be read alike; without PyArrow pandas counts in numpy's integers, which no JSON takes
        n_of[charts.cell_text(value, read.kind)] += int(n)
    here = set(read.texts)
    return json.dumps({name: n for name, n in n_of.items() if name in here or len(n_of) <= _FEW})


def _bars(metric: str, read: Sequence[TextColumn]) -> dict[str, list[str | None]]:
    """Return the lengths of a ranking's bars, on one scale from zero to the largest value, which is 100."""
    drawn = {c.name: c.values.astype(float) for c in read if c.name in _BARS.get(metric, ())}
    if any(c.kind == "money" and c.unit is None for c in read if c.name in drawn):
        return {}  # amounts of several currencies have no common scale
    largest = max((v.max() for v in drawn.values()), default=0.0)
    if not largest > 0:
        return {}
    return {
        name: [f"{100 * v / largest:.1f}" if v > 0 else None for v in values.tolist()] for name, values in drawn.items()
    }


def _css(read: TextColumn) -> str:
    """Return the class of a column: d for days, id, n for numbers, s aside, t for text, w of one word, l long."""
    column, kind = read.name, read.kind
    if kind in ("date", "time"):
        return "d"
    if column == "id" or column.endswith("_id"):
        return "id"
    if column in _ASIDE:
        return "s"
    if kind != "text" or column == "line_number":
        return "n"
    longest = max(map(len, read.texts), default=0)
    if column in _CODES and longest <= _CODE:
        return "t w"
    return "t l" if longest > _SENTENCE else "t"


def _names(read: TextColumn) -> list[str | None]:
    """Return the texts of a column that are not read as they stand; a file has them as they are."""
    pairs = zip(read.values.tolist(), read.texts, strict=True)
    return [v if read.kind == "text" and isinstance(v, str) and v != text else None for v, text in pairs]


def _values(values: pd.Series, kind: Kind) -> list[str | None]:
    """Return the values of a column as a reader takes them along: cents, and the digits that mean something, of which texts have fewer."""
    if kind == "text":
        return [None] * len(values)
    if kind in ("date", "time"):
        form = "%Y-%m-%d" if kind == "date" else "%Y-%m-%dT%H:%M"
        return [None if pd.isna(v) else f"{v:{form}}" for v in values]
    return [None if pd.isna(v) else _plain(float(v), kind) for v in values]


def _plain(value: float, kind: Kind) -> str:
    """Return a number without the noise that a rate of exchange or a division left behind its digits.

    >>> _plain(10.0, "days"), _plain(18887.5952, "money"), _plain(0.8224431200472551, "share"), _plain(0.00042, "price")
    ('10', '18887.6', '0.8224', '0.00042')
    """
    if not math.isfinite(value):
        return repr(value)
    decimals = charts.price_decimals(value, 4) if kind in ("price", "number") else _DECIMALS[kind]
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return "0" if text == "-0" else text
