"""The report as one self-contained page: no request, light and dark, for print, and every text escaped by construction."""

from __future__ import annotations

import base64
import io
import re
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import pandas as pd

from .. import style
from .._version import __version__
from ._exhibits import Content, Exhibit, Kind, kind_of, plain
from ._sections import SECTIONS

MOST_ROWS = 25
#: Columns that a table may have on a page of paper that stands upright.
_MOST_UPRIGHT = 9
_HEADINGS = {name: heading for name, (heading, _) in SECTIONS.items()} | {"left_out": "What was left out, and why"}


def page(made: Content) -> str:
    """Return the page."""
    parts = {"summary": _section("summary", "At a glance", _cards(made), *(_p(n) for n in made.notes))}
    for name, exhibits in made.sections.items():
        intro = _p("Included and left out add up to all lines.") if name == "left_out" else ""
        parts[name] = _section(name, _HEADINGS[name], intro, *map(_exhibit, exhibits))
    parts["sources"] = _section("sources", "Where the rows come from", *_sources(made))
    if made.definitions:
        told = (f"<h3>{escape(m)}</h3>{_prose(text)}" for m, text in made.definitions.items())
        parts["definitions"] = _section("definitions", "Definitions", *told)
    links = {"summary": "At a glance", "sources": "Sources", "definitions": "Definitions"} | _HEADINGS
    nav = "".join(f"<a href='#{name}'>{escape(links[name])}</a>" for name in parts)
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    foot = f"As of {made.as_of.date()} · makini-analytics {__version__}"
    body = "\n".join(parts.values())
    return template.substitute(title=escape(made.title), nav=nav, body=body, foot=escape(foot))


def _section(name: str, heading: str, *content: str) -> str:
    return f"<section id='{name}'><h2>{escape(heading)}</h2>{''.join(content)}</section>"


def _p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _prose(text: str) -> str:
    """Return the paragraphs of a docstring, its names of columns in the letters of code."""
    return "".join(re.sub("``(.+?)``", r"<code>\1</code>", _p(part)) for part in text.split("\n\n"))


def _cards(made: Content) -> str:
    cards = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in made.summary)
    return f"<dl class='cards'>{cards}</dl>"


def _sources(made: Content) -> list[str]:
    sources = made.data.sources
    columns = ["connection", "contract", "fetched_at", "from_cache", "n_pages", "n_orders", "n_lines", "delivery_date"]
    told = sources.dropna(subset=["notes"])
    notes = [_p(f"{r['connection']}: {r['notes']}") for r in told.to_dict("records") if r["notes"]]
    return [_table(sources[columns], "Sources", "sources"), *notes]


def _exhibit(exhibit: Exhibit) -> str:
    table = _table(exhibit.table, exhibit.heading, exhibit.name, headed=exhibit.chart is None)
    if exhibit.chart is None:
        wide = " class='wide'" if len(exhibit.table) and len(exhibit.table.columns) > _MOST_UPRIGHT else ""
        heading = f"<h3 class='t' id='of-{escape(exhibit.name, quote=True)}'>{escape(exhibit.heading)}</h3>"
        return f"<div{wide}>{heading}{table}</div>"
    out = io.BytesIO()
    figure: Any = exhibit.chart.figure
    style.resize(exhibit.chart, *figure.get_size_inches())  # no room left over between chart and footnote
    style.render(exhibit.chart, out, format="svg", metadata={"Date": None})
    source = base64.b64encode(out.getvalue()).decode()
    alt = escape(style.alt_text(exhibit.chart).replace("\n", " "), quote=True)
    behind = f"<details><summary>The table behind it: {escape(exhibit.heading)}</summary>{table}</details>"
    label = escape(exhibit.heading, quote=True)
    image = f"<img alt='{alt}' src='data:image/svg+xml;base64,{source}'>"
    scrolls = f"<div class='scroll' tabindex='0' role='region' aria-label='Chart: {label}'>{image}</div>"
    return f"<figure id='{escape(exhibit.name, quote=True)}'>{scrolls}{behind}</figure>"


def _table(frame: pd.DataFrame, caption: str, name: str, *, headed: bool = False) -> str:
    """Return a table, without a caption under a heading that says the same, whose cells carry the value itself beside what is read, for sorting and for programs."""
    n, frame = len(frame), plain(frame.head(MOST_ROWS))  # the rows that are shown, before their periods become text
    most = f"The first {MOST_ROWS} of {style.number(n)} rows; a report into a folder has all of them as CSV."
    kinds: list[Kind] = [kind_of(str(c), frame[c]) for c in frame.columns]
    right = [_class(str(c), k, frame[c]) for c, k in zip(frame.columns, kinds, strict=True)]
    head = "".join(
        f"<th scope='col'{r}><button type='button'>{escape(str(c).replace('_', ' '))}</button></th>"
        for c, r in zip(frame.columns, right, strict=True)
    )
    rows = []
    for values in frame.itertuples(index=False, name=None):
        cells = (f"<td{r}{_raw(v, k)}>{escape(read(v, k))}</td>" for v, k, r in zip(values, kinds, right, strict=True))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    first = _p(most) if n > MOST_ROWS else ""  # above: below, it would begin a page of its own in print
    none = "" if n else _p("None.")
    above = "" if headed else f"<caption>{escape(caption)}</caption>"
    by = f" aria-labelledby='of-{escape(name, quote=True)}'" if headed else ""
    inside = f"{above}<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    label = escape(caption, quote=True)
    where = f"class='scroll' tabindex='0' role='region' aria-label='{label}'"
    return f"{first}<div {where}><table data-name='{escape(name, quote=True)}'{by}>{inside}</table></div>{none}"


def _class(column: str, kind: Kind, values: pd.Series) -> str:
    if kind in ("date", "time"):
        return " class='d'"
    if column == "id" or column.endswith("_id"):
        return " class='id'"
    if kind != "text":
        return " class='n'"
    long = values.astype(str).str.len().max() > 40  # sentences need more room than names
    return " class='t l'" if long else " class='t'"


def _raw(value: Any, kind: Kind) -> str:
    if kind in ("text", "date", "time") or pd.isna(value):
        return ""
    return f" data-v='{int(value) if kind == 'count' else float(value)!r}'"


def read(value: Any, kind: Kind) -> str:
    """Return a value as people read it."""
    if value is None or pd.isna(value):
        return "–"
    if kind in ("date", "time"):
        return f"{value:%Y-%m-%d}" if kind == "date" else f"{value:%Y-%m-%d %H:%M}"
    if kind == "text":
        return str(value)
    if kind == "share":
        return f"{style.number(value * 100, 1)} %"
    return style.number(value, {"money": 2, "count": 0}.get(kind, 1))
