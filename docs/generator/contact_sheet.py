"""Every chart on data that strain it, side by side, to be looked at: ``python -m docs.generator.contact_sheet [FOLDER [CASE ...]]``.

A sheet per case, such as ``long_names.png``: each chart is saved as a user would save it, by matplotlib's own ``savefig``.
"""

from __future__ import annotations

import argparse
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

import makini_analytics as ma
from makini_analytics import charts, currency, style

from .calls import PICTURES, Sample, call
from .names import ROOMS, plots

FOLDER = Path(__file__).parents[1] / "_build" / "contact_sheet"
_ACROSS, _DPI, _GAP = 3, 72, 12
_SOME = np.random.default_rng(7)


@dataclass(frozen=True)
class Case:
    """What the charts are drawn on: another set of lines, another size, another paper or another look."""

    lines: Callable[[pd.DataFrame], pd.DataFrame] = lambda lines: lines
    convert: bool = True
    size: str = ""
    paper: str = ""  # the colour of a figure of the user's own, on which the chart is one of two
    look: tuple[tuple[str, Any], ...] = ()


def _one_vendor(lines: pd.DataFrame) -> pd.DataFrame:
    return lines[lines["vendor_id"] == lines["vendor_id"].mode()[0]]


def _three_lines(lines: pd.DataFrame) -> pd.DataFrame:
    """Return one line of the first year and two of the second, of the same item where there is one."""
    of_item = lines[(lines["product_code"] == lines["product_code"].mode()[0]) & lines["delivered_date"].notna()]
    old = of_item["order_date"] < "2025"
    return pd.concat([of_item[old].head(1), of_item[~old].tail(2)])


def _vendors(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines as those of 3,000 vendors: each has one, and a few have most of the others."""
    many = _SOME.pareto(0.6, len(lines)).astype(np.int64) % 3000
    many[:3000] = np.arange(3000)
    names = pd.array([f"Vendor {i + 1}" for i in many], dtype="string")
    return lines.assign(vendor_id=names, vendor_name=names)


_LONG = (
    "株式会社東海精密機械製作所ベアリング事業本部名古屋営業所第二課",
    "شركة الخليج العربي للصناعات الهندسية والتوريدات العامة المحدودة ٢٠٢٥",
    "Gesellschaft für Antriebs- und Fördertechnik Süd mbH & Co. Kommanditgesellschaft",
    "Gesellschaft für Antriebs- und Fördertechnik Nord mbH & Co. Kommanditgesellschaft",
    "大和工業バルブ製造販売株式会社大阪支店",
    "مصنع الرياض للمضخات والصمامات",
    "$a_b$ & <b>Söhne</b>",
)


def _long_names(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with every name a long one in another script, and a number so that there are as many as before."""
    out = lines.copy()
    for column in ("vendor_name", "description", "category", "site_name"):
        code, names = pd.factorize(out[column])
        new = [f"{_LONG[i % len(_LONG)]} {i // len(_LONG) or ''}".strip() for i in range(len(names))]
        out[column] = pd.array([new[i] if i >= 0 else None for i in code], dtype="string")
    return out.assign(product_code=out["description"])


CASES = {
    "sample": Case(),
    "one_vendor": Case(_one_vendor),
    "three_lines": Case(_three_lines),
    "3000_vendors": Case(_vendors),
    "long_names": Case(_long_names),
    "eight_currencies": Case(convert=False),
    "half_size": Case(size="half"),
    "half_size_long_names": Case(_long_names, size="half"),
    "given_axes": Case(paper="white"),
    "given_dark_axes": Case(paper="#11161b"),
    "dark": Case(look=(("dark", True),)),
    "company": Case(look=(("highlight", "#7A1FA2"), ("late", "#B00020"), ("decimal", ","), ("thousands", "."))),
}  # fmt: skip


def names() -> list[str]:
    """Return every chart: those of the rooms, and those of the package itself, which go by the name of their page."""
    return [f"{room}.{plot}" for room in ROOMS for plot in plots(room)] + [
        page for page, line in PICTURES.items() if line.startswith("ma.plot_")
    ]


def drawn(name: str, case: Case, names: dict[str, Any]) -> Figure:
    """Return the figure with a chart, drawn by its line of code in `calls`."""
    line, scope = (PICTURES.get(name) or call(name)).removesuffix(")"), dict(names)
    if case.paper:
        figure = Figure(figsize=(14, 5), facecolor=case.paper)
        scope["ax"], other = figure.subplots(1, 2)
        other.set_facecolor("none")
        line += ", ax=ax"
    try:
        ax = eval(line + ")", scope)
    except ma.MixedCurrencyError:
        yen = {n: frame[frame["currency"] == "JPY"] for n, frame in scope.items() if n in ("lines", "before", "after")}
        ax = eval(line + ")", scope | yen)
    if case.size:
        charts.resize(ax, *charts.SIZES[case.size])
    return ax.figure


def sheet(case: Case) -> Image.Image:
    """Return the sheet of one case: every chart, each under the one before it in the lowest of three columns."""
    scope = Sample().with_history()
    data = scope["data"]
    scope["data"] = data = replace(data, lines=case.lines(data.lines))
    lines = scope["lines"] = currency.convert(data.lines, to="EUR") if case.convert else data.lines
    scope["before"], scope["after"] = lines[lines.order_date < "2025"], lines[lines.order_date >= "2025"]
    style.use(**dict(case.look))
    try:
        pictures = [_picture(drawn(name, case, scope)) for name in names()]
    finally:
        style.use()
    wide = max(p.width for p in pictures) + _GAP
    ends, places = [0] * _ACROSS, []
    for picture in pictures:
        column = int(np.argmin(ends))
        places.append((column * wide, ends[column]))
        ends[column] += picture.height + _GAP
    out = Image.new(
        "RGB", (wide * _ACROSS, max(ends)), "#7F8C99"
    )  # neither of the papers, so that their edges are seen
    for picture, at in zip(pictures, places, strict=True):
        out.paste(picture, at)
    return out


def _picture(figure: Figure) -> Image.Image:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(out, dpi=_DPI)
    return Image.open(out).convert("RGB")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the folder and the cases that are asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.generator.contact_sheet", description=(__doc__ or "").partition(":")[0]
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, help="where the sheets go (default: %(default)s)"
    )
    parser.add_argument("cases", nargs="*", metavar="case", help=f"one or more of {', '.join(CASES)} (default: all)")
    asked = parser.parse_args(argv)
    if unknown := [c for c in asked.cases if c not in CASES]:
        parser.error(f"no case {', '.join(unknown)}: there are {', '.join(CASES)}")
    return asked


def main(folder: Path = FOLDER, *cases: str) -> None:
    """Write the sheets of some cases, or of all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in cases or CASES:
        sheet(CASES[name]).save(folder / f"{name}.png")
        print(folder / f"{name}.png")


if __name__ == "__main__":
    asked = arguments()
    main(asked.folder, *asked.cases)
