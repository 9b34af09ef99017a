"""One report of everything: a page, or a folder with the page, its charts and its tables. The same frames behind all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import style
from ..errors import ConfigError
from ..purchases import Purchases
from .figures import Figures, figures
from .page import page

__all__ = ["Figures", "figures", "report"]


def report(data: Purchases, out: str | Path, *, as_of: Any = None, title: str = "Purchase order report") -> Path:
    """Write the report of some purchases and return where it is.

    Parameters
    ----------
    data : the purchases
    out : a file that ends in ``.html``: one self-contained page; or a folder: ``report.html``, ``charts/`` as PNG and SVG, and
        ``tables/`` as CSV (UTF-8 with a mark, so that spreadsheets open umlauts rightly; names stay as they are, so import a table
        from a source that you don't trust as text)
    as_of : the day to look from; by default the data's own
    title : headline of the page

    Raises
    ------
    ConfigError
        Another kind of file, or no as-of day is known.
    """
    out = Path(out)
    if out.suffix not in ("", ".html"):
        raise ConfigError(f"{out.name}: a report is written as .html, or into a folder")
    made = figures(data, as_of=as_of)
    if out.suffix == ".html":
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page(data, made, title), encoding="utf-8")
        return out
    for folder in ("charts", "tables"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for name, chart in made.charts.items():
        for suffix in ("png", "svg"):
            style.save(chart, out / "charts" / f"{name}.{suffix}")
    for name, table in made.tables.items():
        table.to_csv(out / "tables" / f"{name}.csv", index=False, encoding="utf-8-sig")
    target = out / "report.html"
    target.write_text(page(data, made, title), encoding="utf-8")
    return target
