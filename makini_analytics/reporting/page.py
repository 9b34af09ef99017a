"""The report as one self-contained page: no script, no request, light and dark, and every text escaped by construction."""

from __future__ import annotations

import base64
import io
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import __version__, style
from ..provenance import definition
from ..purchases import Purchases
from .figures import Figures

MOST_ROWS = 25
_SECTIONS = {
    "Vendor spend": "spend",
    "Lead times": "lead_times",
    "Slippage": "slippage",
}


def page(data: Purchases, made: Figures, title: str) -> str:
    """Return the page."""
    parts = [_summary(made), _sources(data, made)]
    for heading, room in _SECTIONS.items():
        figures = [_figure(name, chart, made) for name, chart in made.charts.items() if name.startswith(room)]
        parts.append(_section(heading, *figures))
    parts.append(
        _section(
            "What the data can carry, and whether they add up",
            *[_figure(name, chart, made) for name, chart in made.charts.items() if name.startswith("quality")],
            _table(_header_causes(made), "The orders' own totals against their lines"),
        )
    )
    parts.append(
        _section(
            "What was left out, and why",
            _p("Included and left out add up to all lines."),
            _table(made.tables["left_out"], "What each figure counts"),
        )
    )
    parts.append(
        _section(
            "Values that could not be read, or are doubtful",
            _table(made.tables["issues"], "Issues by column and reason"),
        )
    )
    parts.append(_definitions(made))
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    foot = f"As of {made.as_of.date()} · makini-analytics {__version__}"
    return template.substitute(title=escape(title), body="\n".join(parts), foot=escape(foot))


def _header_causes(made: Figures) -> pd.DataFrame:
    causes = made.tables["quality_reconcile"].query("part == 'orders'")
    columns = ["connection", "currency", "step", "reason", "n_orders", "header_total", "value", "difference"]
    return causes[columns].assign(difference=causes["difference"].round(2) + 0.0)


def _section(heading: str, *content: str) -> str:
    return f"<section><h2>{escape(heading)}</h2>{''.join(content)}</section>"


def _p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _summary(made: Figures) -> str:
    cards = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in made.summary)
    return _section("At a glance", f"<dl class='cards'>{cards}</dl>", *(_p(n) for n in made.notes))


def _sources(data: Purchases, made: Figures) -> str:
    shown = data.sources[
        ["connection", "contract", "fetched_at", "from_cache", "n_pages", "n_orders", "n_lines", "delivery_date"]
    ]
    notes = [
        _p(f"{r['connection']}: {r['notes']}")
        for r in data.sources.dropna(subset=["notes"]).to_dict("records")
        if r["notes"]
    ]
    return _section("Where the rows come from", _table(shown, "Sources"), *notes)


def _figure(name: str, chart: Axes, made: Figures) -> str:
    out = io.BytesIO()
    style.render(chart, out, format="svg", metadata={"Date": None})
    source = base64.b64encode(out.getvalue()).decode()
    alt = escape(style.alt_text(chart).replace("\n", " "), quote=True)
    table = made.behind[name]
    if "outcome" in table.columns:  # one row per line: the counts say it
        table = table.groupby(["outcome", "reason"], dropna=False).size().reset_index(name="n_lines")
    behind = f"<details><summary>The table behind it</summary>{_table(table, name)}</details>"
    return f"<figure id='{escape(name, quote=True)}'><img alt='{alt}' src='data:image/svg+xml;base64,{source}'>{behind}</figure>"


def _table(frame: pd.DataFrame, caption: str) -> str:
    numeric = [pd.api.types.is_numeric_dtype(d) and d != "boolean" for d in frame.dtypes]
    head = "".join(
        f"<th scope='col'{' class=n' if n else ''}>{escape(str(c))}</th>"
        for c, n in zip(frame.columns, numeric, strict=True)
    )
    rows = []
    for values in frame.head(MOST_ROWS).itertuples(index=False, name=None):
        cells = "".join(
            f"<td{' class=n' if n else ''}>{escape(_cell(v, str(c)))}</td>"
            for v, n, c in zip(values, numeric, frame.columns, strict=True)
        )
        rows.append(f"<tr>{cells}</tr>")
    more = _p(f"The first {MOST_ROWS} of {len(frame):,} rows; all are in the CSV.") if len(frame) > MOST_ROWS else ""
    empty = _p("None.") if not len(frame) else ""
    body = f"<table><caption>{escape(caption.replace('_', ' '))}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<div class='scroll' tabindex='0' role='region' aria-label='{escape(caption, quote=True)}'>{body}</div>{more}{empty}"


def _cell(value: Any, column: str) -> str:
    if value is None or pd.isna(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M}" if value.tzinfo else f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        if column.endswith(("share", "_rate", "_low", "_high")) or column in ("low", "high", "share_delivered"):
            return f"{value:.1%}"
        return f"{value:,.2f}" if column in ("spend", "amount", "value") else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _definitions(made: Figures) -> str:
    metrics = dict.fromkeys(t.attrs["metric"] for t in made.tables.values() if "metric" in t.attrs)
    return _section("Definitions", *(f"<h3>{escape(m)}</h3>{_p(definition(m))}" for m in metrics))
