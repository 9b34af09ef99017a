"""Writes the pages that come from the package, beside the hand-written ones: figures, gallery, reference, data dictionary, notebooks.

A page is written only where it differs, so that a second build reads what has changed.
"""

from __future__ import annotations

import html
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

import makini_analytics as ma
from makini_analytics import style

from . import docstrings
from .calls import HISTORY, PICTURES, PREAMBLE, Sample, call, drawn
from .names import OTHER_ROOMS, ROOMS, figures, functions_of, module, needed_columns, plots, top_level

TITLES = {
    "spend": "Spend",
    "lead_times": "Lead times",
    "slippage": "Slippage and on-time delivery",
    "quality": "Quality of the data",
}
#: Page of the reference: title, and the top-level names on it. A name that is on none goes to "More".
REFERENCE = {
    "client": ("Client and connections", ("Client", "fetch_all", "Fetched")),
    "purchases": (
        "Purchases",
        ("Purchases", "History", "concat", "scan", "load_sample", "sandbox", "Sandbox", "data_dictionary"),
    ),
    "report": (
        "Findings, changes, scorecard, report and explain",
        (
            "findings",
            "compare",
            "plot_compare",
            "sensitivity",
            "plot_sensitivity",
            "scorecard",
            "plot_scorecard",
            "report",
            "explain",
            "Explanation",
        ),
    ),
}


def write(folder: Path, root: Path) -> None:
    """Write every generated page below ``folder``; the notebooks and pictures come from the repository at ``root``."""
    sample = Sample()
    charts = _drawn(sample, folder / "gallery" / "images")
    notes = {room: notes_of(folder / "notes" / f"{room}.md") for room in ROOMS}
    pages = {"gallery/index.md": _gallery(charts), "data_dictionary.md": _data_dictionary()}
    for room in ROOMS:
        for name in figures(room):
            pages[f"figures/{room}.{name}.md"] = _figure(f"{room}.{name}", notes[room].get(name, ""), charts, sample)
    pages["figures/index.md"] = _figures_index()
    pages |= _reference(charts)
    pages["notebooks/index.md"] = _notebooks(folder / "notebooks", root / "notebooks")
    for path, text in pages.items():
        _put(folder / path, text)
    for stale in [p for sub in ("figures", "reference") for p in (folder / sub).glob("*.md")]:
        if f"{stale.parent.name}/{stale.name}" not in pages:
            stale.unlink()


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _drawn(sample: Sample, folder: Path) -> dict[str, str]:
    """Draw every chart of every room on the sample; return each one's alt text."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        style.save(sample.run(name), folder / f"{name}.png")
    alt = {}
    for room in ROOMS:
        for name in plots(room):
            chart = sample.run(f"{room}.{name}")
            style.save(chart, folder / f"{room}.{name}.png")
            alt[f"{room}.{name}"] = re.sub(r"\s*\n\s*", " ", style.alt_text(chart)).strip()
            if not alt[f"{room}.{name}"]:
                raise RuntimeError(f"{room}.{name} has no alt text")
    return alt


def _with_code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def notes_of(path: Path) -> dict[str, str]:
    """Return the hand-written part of each figure of a room: the sections below its name."""
    if not path.exists():
        return {}
    text = re.sub(r"(?<![\[\w#])P(\d{1,2})\b", r"[P\1](#p\1)", path.read_text(encoding="utf-8"))  # pitfalls are links
    parts = re.split(r"(?m)^# +(\w+) *$", text)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def public(short: str) -> Any:
    """Return what a short name such as ``spend.by_vendor`` or ``Client.update`` stands for."""
    head, _, rest = short.partition(".")
    value = module(head) if head in (*ROOMS, *OTHER_ROOMS) else getattr(ma, head)
    return getattr(value, rest) if rest else value


def _rst(lines: list[str]) -> str:
    return "````{eval-rst}\n" + "\n".join(lines).strip("\n") + "\n````\n"


def _chart(name: str, alt: str, link: str) -> str:
    """Return the picture of a chart; ``link`` is the Python name that a click leads to."""
    options = f":name: {name}\n:link: {link}\n" if link else f":name: {name}\n"
    return f"```{{chart}}\n{options}\n{alt}\n```\n"


def _first(name: str) -> str:
    room, _, function = name.partition(".")
    return (inspect.getdoc(getattr(module(room), function)) or "").splitlines()[0]


def _linked_first(name: str) -> list[str]:
    return [docstrings.linked(_first(name), f"makini_analytics.{name}")]


def _figure(name: str, notes: str, charts: dict[str, str], sample: Sample) -> str:
    room, _, function = name.partition(".")
    owner = f"makini_analytics.{name}"
    doc = inspect.getdoc(getattr(module(room), function)) or ""
    definition = [docstrings.linked(line, owner) for line in docstrings.head(doc)]
    out = [f"# {name}\n", _rst([*definition[:1], ""])]
    if "\n".join(definition[1:]).strip():
        out += ["## Definition\n", _rst(definition[1:])]
    out += [notes + "\n"] if notes else []
    if columns := needed_columns(name):
        out.append("## Columns it needs\n\n" + "\n".join(columns) + "\n")
    out.append("## On the sample\n")
    out.append(f"```python\n{call(name)}\n```\n")
    out.append(_table(sample.run(name)))
    for chart in [c for c in charts if drawn(c) == name]:
        out.append(f"```python\n{call(chart)}\n```\n")
        out.append(_chart(chart, charts[chart], f"makini_analytics.{chart}"))
    out.append("## Reference\n")
    out.append(_rst([f".. autofunction:: {owner}"]))
    return "\n".join(out)


def _table(result: Any, rows: int = 5, columns: int = 12) -> str:
    """Return the first rows of a result as a table that scrolls in its own box."""
    if not isinstance(result, pd.DataFrame):
        return f"```text\n{result}\n```\n"
    left = len(result.columns) - columns
    shown = result.iloc[:rows, :columns]
    right = [pd.api.types.is_numeric_dtype(d) and not pd.api.types.is_bool_dtype(d) for d in shown.dtypes]
    head = "".join(_element("th", str(c), r, " scope='col'") for c, r in zip(shown.columns, right, strict=True))
    body = "\n".join(
        "<tr>" + "".join(_element("td", _cell(v), r) for v, r in zip(row, right, strict=True)) + "</tr>"
        for row in shown.itertuples(index=False, name=None)
    )
    box = f"<table class='sample'><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
    told = f"{len(result):,} rows" + (
        f"; {left} more columns: " + ", ".join(map(str, result.columns[columns:])) if left > 0 else ""
    )
    return (
        '```{raw} html\n<div class="table-box" tabindex="0" role="region" aria-label="First rows of the result">\n'
        f'{box}\n</div>\n<p class="told">{html.escape(told)}</p>\n```\n'
    )


def _element(tag: str, text: str, right: bool, more: str = "") -> str:
    kind = " class='number'" if right else ""
    return f"<{tag}{more}{kind}>{html.escape(text)}</{tag}>"


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple, dict)):
        return str(value)
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    text = str(value)
    return f"{text[:8]}…" if len(text) == 40 and text.isalnum() else text  # a key of the API


def _figures_index() -> str:
    out = [
        "# Figures\n",
        "One page per figure: its definition, formula, source, pitfalls, and its result on the sample. The definition is the "
        "function's docstring, the one that `ma.explain(result)` and the report print.\n",
    ]
    for room in ROOMS:
        names = [f"{room}.{n}" for n in figures(room)]
        out.append(f"## {TITLES[room]}\n")
        rows = [".. list-table::", "   :widths: 32 68", ""]
        for name in names:
            rows += [f"   * - :doc:`{name} </figures/{name}>`", f"     - {_linked_first(name)[0]}"]
        out.append(_rst(rows))
        out.append("```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n")
    return "\n".join(out)


def _gallery(charts: dict[str, str]) -> str:
    out = [
        "---\nhide-toc: true\n---\n",
        "# Gallery\n",
        "Every chart, drawn on the sample, with the line that draws it. Click a picture to reach its function. Every line assumes this set-up:\n",
        f"```python\n{PREAMBLE}\n```\n",
        "Those on a history assume this, too:\n",
        f"```python\n{HISTORY}\n```\n",
        "Each `plot_*` takes either lines, which it computes from, or a result that you already have: `spend.plot_pareto(spend.by_vendor(lines))`. "
        "It returns matplotlib's `Axes`, so everything you know about matplotlib still applies.\n",
    ]
    for room in ROOMS:
        out.append(f"## {TITLES[room]}\n")
        out.append("::::{container} gallery\n")
        for name in [c for c in charts if c.startswith(f"{room}.")]:
            out.append(":::{container} item\n")
            out.append(_chart(name, charts[name], f"makini_analytics.{name}"))
            out.append(f"```python\n{call(name)}\n```\n")
            out.append(":::\n")
        out.append("::::\n")
    return "\n".join(out)


def _reference(charts: dict[str, str]) -> dict[str, str]:
    named = top_level()
    errors = [n for n, v in named.items() if inspect.isclass(v) and issubclass(v, BaseException)]
    placed = {n for _, names in REFERENCE.values() for n in names} | {*errors, "support_report"}
    groups = {k: (title, [n for n in names if n in named]) for k, (title, names) in REFERENCE.items()}
    if more := [n for n in named if n not in placed]:
        groups["more"] = ("More", more)
    pages = {}
    for key, (title, names) in groups.items():
        body = [f"# {title}\n"] + [_rst(_auto(n, named[n])) for n in names]
        if key == "report":
            body += ["## Look of the charts\n", _rst([".. py:module:: makini_analytics.style"])]
            body += [_rst(_auto(f"style.{n}", getattr(style, n))) for n in functions_of("style")]
        pages[f"reference/{key}.md"] = "\n".join(body)
    pages["reference/errors.md"] = _errors(errors)
    for room in ROOMS:
        pages[f"reference/{room}.md"] = _room(room, charts)
    for room in OTHER_ROOMS[:-1]:
        pages[f"reference/{room}.md"] = _other_room(room)
    order = [*REFERENCE, *(["more"] if "more" in groups else []), *ROOMS, *OTHER_ROOMS[:-1], "errors"]
    pages["reference/index.md"] = (
        "# API reference\n\nEvery public name, from its docstring. What is not listed here is private and may change without notice.\n\n"
        "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(order) + "\n```\n"
    )
    return pages


def _auto(name: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        return [f".. autoclass:: makini_analytics.{name}", "   :members:", ""]
    return [f".. autofunction:: makini_analytics.{name}", ""]


def _module_text(room: str) -> list[str]:
    doc = inspect.getdoc(module(room)) or ""
    return [
        f".. py:module:: makini_analytics.{room}",
        "",
        *(docstrings.linked(x, f"makini_analytics.{room}") for x in doc.splitlines()),
    ]


def _room(room: str, charts: dict[str, str]) -> str:
    out = [f"# {room}\n", _rst(_module_text(room)), "## Figures\n"]
    rows = [".. list-table::", "   :widths: 32 68", ""]
    for n in figures(room):
        rows += [f"   * - :py:func:`{n} <makini_analytics.{room}.{n}>`", f"     - {_linked_first(f'{room}.{n}')[0]}"]
    out += [_rst(rows), "## Charts\n"]
    for n in plots(room):
        name = f"{room}.{n}"
        out += [f"### {n}\n", _rst([f".. autofunction:: makini_analytics.{name}"])]
        target = drawn(name)
        link = f"makini_analytics.{target}" if target.partition(".")[2] in figures(room) else ""
        out += [f"```python\n{call(name)}\n```\n", _chart(name, charts[name], link)]
    return "\n".join(out)


def _other_room(room: str) -> str:
    out = [f"# {room}\n", _rst(_module_text(room))]
    return "\n".join(out + [_rst(_auto(f"{room}.{n}", getattr(module(room), n))) for n in functions_of(room)])


def _errors(names: list[str]) -> str:
    out = [
        "# Errors\n",
        "Whatever goes wrong is a `MakiniError`, so one `except ma.MakiniError as e` is enough; `e.retryable` and `e.status` decide "
        "without knowing the subclasses. The text says what happened, how far it got, and what to do. It never holds the token.\n",
        "```python\ntry:\n    data = client.fetch_purchases()\nexcept ma.MakiniError as e:\n    print(ma.support_report(e))\n```\n",
    ]
    for n in names:
        out.append(_rst([f".. autoexception:: makini_analytics.{n}", "   :show-inheritance:", ""]))
    return "\n".join([*out, _rst([".. autofunction:: makini_analytics.support_report"])])


def _data_dictionary() -> str:
    table = ma.data_dictionary()
    out = [
        "---\nhide-toc: true\n---\n",
        "# Data dictionary\n",
        "What `ma.data_dictionary()` returns: every column of the frames. *Sources* are the API's field names, in the order in which they "
        "are tried. Money columns are in the row's `currency`; dates are calendar days without a zone; a custom field of the "
        "source system is kept as `custom.<name>`. Which fields a source fills is decided by the connection's field mapping.\n",
    ]
    for name, rows in table.groupby("table", sort=False):
        out.append(f"## {name}\n")
        head = "".join(f"<th scope='col'>{h}</th>" for h in ("Column", "Type", "Unit", "Meaning", "Sources"))
        body = "\n".join(
            f"<tr id='{name}-{html.escape(r.column)}'><th scope='row'><code>{html.escape(r.column)}</code></th>"
            + "".join(f"<td>{_with_code(str(v))}</td>" for v in (r.dtype, r.unit, r.meaning, r.sources))
            + "</tr>"
            for r in rows.fillna("").itertuples()
        )
        box = f"<table class='dictionary'><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
        out.append(
            f"```{{raw}} html\n<div class='table-box' tabindex='0' role='region' aria-label='Columns of {name}'>{box}</div>\n```\n"
        )
    return "\n".join(out)


def _without_files(notebook: str) -> str:
    """Return a notebook without the links to files that it wrote when it ran: they are not on the site."""
    book = json.loads(notebook)
    for output in (o for cell in book["cells"] for o in cell.get("outputs", ())):
        text = output.get("data", {}).get("text/markdown")
        if text:
            output["data"]["text/markdown"] = re.sub(r"\[([^]]*)\]\((?!https?:)[^)]*\)", r"\1", "".join(text))
    return json.dumps(book, ensure_ascii=False, indent=1)


def _notebooks(folder: Path, source: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(p.name for p in source.glob("*.ipynb"))
    for name in names:
        shown = _without_files((source / name).read_text(encoding="utf-8"))
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != shown:
            (folder / name).write_text(shown, encoding="utf-8")
    return (
        "# Notebooks\n\nA half-hour course, shown with the outputs stored in the repository; a test runs each notebook and compares. "
        "`makini-analytics lab` opens them in JupyterLab, on made-up orders, or on your own where `MAKINI_API_TOKEN` is set.\n\n"
        "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(n.removesuffix(".ipynb") for n in names) + "\n```\n"
    )
