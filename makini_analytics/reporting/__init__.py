"""One report in several formats. The tables and charts are made once, and every format writes the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .. import charts
from ..compute import BY_FILTER
from ..errors import ConfigError
from ..frames import as_of_days, write_csv
from ..purchases import Purchases, must_be_purchases
from ..review import View
from ..system import (
    flag_of,
    in_the_way,
    known_options,
    names_of,
    not_writable,
    path_of,
    steps,
    text_of,
    whole,
    without_search,
)
from ._content import PARTS, content, of_vendor
from ._exhibits import Content, Exhibit, exportable, named_as
from ._lists import filed
from ._page import files_of, html_page, on_page
from ._print import browser, print_page
from ._vendor import vendor_page

__all__ = ["checked_out", "content", "report", "write"]


def __dir__() -> list[str]:
    return sorted(__all__)


#: The page of a report's folder.
_PAGE = "report.html"


@partial(known_options, instead={name: how for name, how in BY_FILTER.items() if name != "vendor"})
@without_search()
def report(
    data: Purchases,
    out: str | Path,
    *,
    sections: str | Sequence[str] | None = None,
    vendor: str | None = None,
    currency: str | None = None,
    as_of: Any = None,
    title: str | None = None,
    headlines: Mapping[str, str] | None = None,
    template: str | Path | None = None,
    raw_csv: bool = False,
    progress: bool | None = None,
) -> Path:
    """Write the report of some purchases and return where it is: whole, or as it was before.

    Parameters
    ----------
    data : the purchases
    out : where to, and in which format, by its ending:

        * ``.html``: one page that needs nothing else
        * ``.pdf``: the same page on A4, printed by Chromium, Chrome or Edge, which must be on the machine (``CHROMIUM`` names another one)
        * ``.xlsx``: a workbook of tidy sheets with Excel's own charts
        * ``.pptx``: slides of one finding each, with PowerPoint's own charts where it has such a chart
        * none, a folder: ``report.html``, ``charts/`` as PNG and SVG, and ``tables/`` as CSV (UTF-8 with a mark, so that spreadsheets
          open umlauts rightly)

        A file of that name is replaced. A folder is replaced as one, so it must be new, empty, or one of a report with nothing else in it
    sections : which one, or which in which order, of "findings", "spend", "slippage", "lead_times", "open_orders", "quality", "left_out", "definitions";
        all by default
    vendor : a vendor's name or id. As ``.html`` or ``.pdf`` and without ``sections`` this is a page of one or two sheets to hand to that
        vendor: what it delivered in the last twelve months beside the rate of all vendors, its lines to settle and its prices, in the
        currencies of its orders, and nothing else of yours (no ``currency``, ``title`` or ``headlines``). In the other formats, or with ``sections``, it is the report of its lines alone
    currency : one currency for all amounts, at the European Central Bank's rate of the order date (extra "enrich"). By default that of
        most lines where there are rates, else each currency by itself, which the page tells. For other rates, `currency.convert` first
    as_of : the day to look from; by default the data's own. The report is of the twelve months up to it
    title : headline of the whole
    headlines : name of an exhibit to the title that its chart is to have, over the one that it found. The currency at the end of a
        name need not be there, as in the findings' column ``exhibit``, where one chart has that name
    template : a company's .pptx, whose layouts, fonts and colours the slides take
    raw_csv : write texts into ``tables/`` as they stand. Without it, a text that a spreadsheet would run as a formula (it begins with
        ``=``, ``+``, ``-``, ``@``, a tab or a line break) gets an apostrophe before it; numbers stay as they are
    progress : whether to show the section that is at hand; None: where someone is looking, in a notebook or a terminal

    Returns
    -------
    Path of the file, or of the page in the folder

    Raises
    ------
    ConfigError
        Another kind of file, a folder with other files in it, an unknown section, vendor or exhibit, no as-of day, or a package that is
        missing, or no browser for ``.pdf``. ``.xlsx`` and ``.pptx`` need ``pip install 'makini-analytics[report]'``.
    SchemaError
        ``data`` are no `Purchases`.

    Examples
    --------
    >>> import tempfile
    >>> import makini_analytics as ma
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ma.report(ma.load_sample(["us"]), Path(folder) / "us.html", sections=["spend"], progress=False).name
    'us.html'
    """
    out = path_of("out", out)
    flag_of("raw_csv", raw_csv)
    if progress is not None:
        flag_of("progress", progress)
    checked_out(out, template)  # a misspelt name must not cost a minute of computing
    must_be_purchases(data, "report")
    if not isinstance(vendor, str | None):
        raise ConfigError(
            "vendor: a report is of one vendor, so pass a name or an id; of several, report(data.filter(vendor=[...]), out)"
        )
    handed = sections is None and _ending(out) in (".html", ".pdf")
    sections = PARTS if sections is None else names_of("sections", sections, PARTS)
    for name, value in {"title": title, "currency": currency}.items():
        if value is not None:
            text_of(name, value, "a text", empty=True)
    if headlines is not None and not (
        isinstance(headlines, Mapping) and all(isinstance(t, str) for t in headlines.values())
    ):
        raise ConfigError("headlines: pass a mapping of a chart's name to its title")
    if vendor is not None and handed:
        ignored = {"currency": currency, "title": title, "headlines": headlines}
        if said := [name for name, value in ignored.items() if value]:
            raise ConfigError(
                f"{', '.join(said)}: the page that a vendor is handed has its name, and the currencies of its orders; with sections= "
                "it is a report of the vendor's lines, which takes them"
            )
        return _write_vendor(data, vendor, as_of, out)
    n = len(sections)
    with steps("report", n + 1, progress) as begin:
        made = content(
            data,
            sections=sections,
            vendor=vendor,
            currency=currency,
            as_of=as_of,
            title=title,
            begin=begin,
            finished=partial(_finished, page=_ending(out) in (".html", ".pdf"), headlines=headlines or {}),
        )
        _check_headlines(made, headlines or {})
        begin("writing")
        return write(made, out, template=template, raw_csv=raw_csv)


def _ending(out: Path) -> str:
    """Return the ending that says the format, of a folder none: people write .PDF and .htm, too."""
    ending = out.suffix.lower()
    return ".html" if ending == ".htm" else ending


def _write_vendor(data: Purchases, vendor: str, as_of: Any, out: Path) -> Path:
    """Write the page that a vendor is handed."""
    mine, name = of_vendor(data, vendor)
    if as_of is not None and (why := View.of(data, as_of=as_of).unknown_since):
        raise ConfigError(f"as_of={str(as_of)!r}: a vendor is not told what is overdue on a day of which {why}")
    page = vendor_page(data.lines, mine, name, as_of_days(data.lines, as_of))
    with whole(out, ()) as new:
        _write_page(page, new, printed=_ending(out) == ".pdf")
    return out


def _write_page(page: str, path: Path, *, printed: bool) -> None:
    if printed:
        print_page(page, path)
    else:
        path.write_text(page, encoding="utf-8")


def _finished(made: Content, exhibits: Sequence[Exhibit], *, page: bool, headlines: Mapping[str, str]) -> None:
    """Give the charts of a section their titles, and draw them for a page."""
    drawn = {e.name: e.chart for e in exhibits if e.chart is not None}
    for name, title in headlines.items():
        if len(found := named_as(name, drawn)) == 1:
            charts.retitle(drawn[found[0]], title)
    if page:
        made.drawn |= {e.name: on_page(e, made.as_of) for e in exhibits}


def _check_headlines(made: Content, headlines: Mapping[str, str]) -> None:
    drawn = [e.name for e in made.exhibits if e.chart is not None]
    for name in headlines:
        found = named_as(name, drawn)
        if len(found) > 1:
            raise ConfigError(f"headlines: {name!r} is {len(found)} charts: {', '.join(found)}")
        if not found:
            raise ConfigError(f"headlines: no chart {name!r} in this report; there are {', '.join(drawn)}")


def write(made: Content, out: str | Path, *, template: str | Path | None = None, raw_csv: bool = False) -> Path:
    """Write a report's content in the format of ``out`` and return where it is."""
    writer = checked_out(out, template)
    out = path_of("out", out)
    page = out / _PAGE
    # who looks there meanwhile, or after an interruption, finds no half of a report
    with whole(out, files_of(page) if _ending(out) == "" else ()) as new:
        writer(made.printable(), new, raw_csv)
    return page if _ending(out) == "" else out


def checked_out(out: str | Path, template: str | Path | None = None) -> Callable[[Content, Path, bool], Any]:
    """Return what writes the format of ``out``, or raise `ConfigError` where it can't be written there: before anything is computed."""
    out = path_of("out", out)
    if template is not None and _ending(out) != ".pptx":
        raise ConfigError("template= is for a .pptx report")
    if _ending(out) == "":
        if reason := in_the_way(out, files_of(out / _PAGE)):
            raise ConfigError(f"{out} {reason}")
        return _folder
    if out.is_dir():
        raise ConfigError(f"{out} is a folder: a report of that name would be a file")
    if reason := not_writable(out):
        raise ConfigError(f"{out} {reason}")
    if _ending(out) in (".html", ".pdf"):
        printed = _ending(out) == ".pdf"
        if printed:
            browser()  # or an error
        return lambda made, path, raw_csv: _write_page(html_page(made), path, printed=printed)
    try:  # the other formats' packages are extras: imported only by those who write such a file
        if _ending(out) == ".xlsx":
            from ._workbook import workbook

            return lambda made, path, raw_csv: workbook(made, path)
        if _ending(out) == ".pptx":
            from ._slides import checked_template, slides

            layouts = None if template is None else checked_template(path_of("template", template))
            return lambda made, path, raw_csv: slides(made, path, template=layouts)
    except ImportError as e:
        raise ConfigError(f"{_ending(out)} needs {e.name}: pip install 'makini-analytics[report]'") from e
    raise ConfigError(f"{out.name}: a report is written as .html, .pdf, .xlsx or .pptx, or into a folder")


def _folder(made: Content, out: Path, raw_csv: bool) -> None:
    written = []
    (out / "tables").mkdir(parents=True)
    drawn = {e.name: e.chart for e in made.exhibits if e.chart is not None}
    if drawn:  # an empty folder would be a foreign one to the next report
        (out / "charts").mkdir()
    for name, chart in drawn.items():
        written += [charts.write_chart(chart, out / "charts" / f"{name}.{suffix}") for suffix in ("png", "svg")]
    tables = {e.name: e.table for e in (*made.exhibits, *made.beside())}
    if made.findings is not None:
        tables["findings"] = made.findings
    for name, table in tables.items():
        written.append(write_csv(exportable(filed(table)), out / "tables" / f"{name}.csv", raw=raw_csv))
    names = [path.relative_to(out).as_posix() for path in written]
    (out / _PAGE).write_text(html_page(made, names), encoding="utf-8")
