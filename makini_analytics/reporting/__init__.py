"""One report in several formats. The tables and charts are made once, and every format writes the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import style
from ..errors import ConfigError
from ..purchases import Purchases
from ..system import steps, whole
from ._content import PARTS, content
from ._exhibits import Content, exportable
from ._page import html_page

__all__ = ["content", "report", "write"]


def report(
    data: Purchases,
    out: str | Path,
    *,
    sections: Sequence[str] | None = None,
    vendor: str | None = None,
    as_of: Any = None,
    title: str | None = None,
    headlines: Mapping[str, str] | None = None,
    template: str | Path | None = None,
    progress: bool | None = None,
) -> Path:
    """Write the report of some purchases and return where it is.

    Parameters
    ----------
    data : the purchases
    out : where to, and in which format, by its ending:

        * ``.html``: one page that needs nothing else
        * ``.xlsx``: a workbook of tidy sheets with Excel's own charts
        * ``.pptx``: slides of one finding each, with PowerPoint's own charts where it has such a chart
        * none, a folder: ``report.html``, ``charts/`` as PNG and SVG, and ``tables/`` as CSV (UTF-8 with a mark, so that spreadsheets
          open umlauts rightly; names stay as they are, so import a table from a source that you don't trust as text)
    sections : which, in which order, of "quality", "spend", "lead_times", "slippage", "open_orders", "left_out", "definitions";
        all by default
    vendor : a vendor's name or id, for a report of that vendor alone
    as_of : the day to look from; by default the data's own
    title : headline of the whole
    headlines : name of an exhibit to the title that its chart is to have, over the one that it found
    template : a company's .pptx, whose layouts, fonts and colours the slides take
    progress : whether to show the section that is at hand; None: where someone is looking, in a notebook or a terminal

    Returns
    -------
    Path of the file, or of the page in the folder

    Raises
    ------
    ConfigError
        Another kind of file, an unknown section, vendor or exhibit, no as-of day, or a package that is missing: ``.xlsx`` and
        ``.pptx`` need ``pip install 'makini-analytics[report]'``.

    Examples
    --------
    >>> import tempfile
    >>> import makini_analytics as ma
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report(ma.load_sample(["us"]), Path(folder) / "us.html", sections=["spend"], progress=False).name
    'us.html'
    """
    _writer(out, template)  # only to raise: a misspelt name must not cost a minute of computing
    n = len(PARTS if sections is None else sections)
    with steps("report", n + 1, progress) as begin:
        made = content(data, sections=sections, vendor=vendor, as_of=as_of, title=title, begin=begin)
        _retitle(made, headlines or {})
        begin("writing")
        return write(made, out, template=template)


def _retitle(made: Content, headlines: Mapping[str, str]) -> None:
    charts = {e.name: e.chart for e in made.exhibits if e.chart is not None}
    for name, title in headlines.items():
        if name not in charts:
            raise ConfigError(f"headlines: no chart {name!r} in this report; there are {', '.join(charts)}")
        style.retitle(charts[name], title)


def write(made: Content, out: str | Path, *, template: str | Path | None = None) -> Path:
    """Write a report's content in the format of ``out`` and return where it is."""
    _writer(out, template)
    with whole(Path(out)) as part:  # who looks there meanwhile, or after an interruption, finds no half of a report
        return Path(out) / _writer(part, template)(made).relative_to(part)


def _writer(out: str | Path, template: str | Path | None) -> Callable[[Content], Path]:
    """Return what writes the format of ``out``, or raise before anything is computed."""
    out = Path(out)
    if template is not None and out.suffix != ".pptx":
        raise ConfigError("template= is for a .pptx report")
    if out.suffix == ".html":
        return lambda made: _page(made, out)
    if out.suffix == "":
        return lambda made: _folder(made, out)
    try:  # the other formats' packages are extras: imported only by those who write such a file
        if out.suffix == ".xlsx":
            from ._workbook import workbook

            return lambda made: workbook(made, _ready(out))
        if out.suffix == ".pptx":
            from ._slides import slides

            return lambda made: slides(made, _ready(out), template=template)
    except ImportError as e:
        raise ConfigError(f"{out.suffix} needs {e.name}: pip install 'makini-analytics[report]'") from e
    raise ConfigError(f"{out.name}: a report is written as .html, .xlsx or .pptx, or into a folder")


def _ready(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _page(made: Content, out: Path) -> Path:
    _ready(out).write_text(html_page(made), encoding="utf-8")
    return out


def _folder(made: Content, out: Path) -> Path:
    for folder in ("charts", "tables"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for exhibit in made.exhibits:
        if exhibit.chart is not None:
            for suffix in ("png", "svg"):
                style.save(exhibit.chart, out / "charts" / f"{exhibit.name}.{suffix}")
        exportable(exhibit.table).to_csv(out / "tables" / f"{exhibit.name}.csv", index=False, encoding="utf-8-sig")
    return _page(made, out / "report.html")
