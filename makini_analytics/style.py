"""How every chart looks: one style, titles that tell the finding, direct labels, a footnote that tells what was left out.

Figures are made outside pyplot, so nothing is registered, shown twice or leaked; no global setting is touched.
"""

from __future__ import annotations

import io
import textwrap
import unicodedata
import warnings
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .errors import ConfigError, MixedCurrencyError

HIGHLIGHT, LATE = "#0072B2", "#D55E00"  # blue and vermillion: told apart by colour-blind eyes and in grey
PLAIN, REST, INK, MUTED, LINE = "#8A8F94", "#C3C7CB", "#1F2328", "#57606A", "#D0D7DE"
SIZES = {"slide": (10.0, 5.6), "half": (6.0, 4.6), "column": (7.0, 4.2)}
_CJK = {"Noto Sans CJK JP", "Noto Sans CJK SC", "IPAexGothic"}
_FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "IPAexGothic", "Noto Sans Arabic", "Noto Naskh Arabic")
_LEFT_TO_RIGHT = "\u200e"
_WITHOUT_CENTS = {"JPY", "KRW", "VND", "CLP", "ISK", "HUF"}


class ChartAxes(Axes):
    """Axes that a notebook shows as a picture when they are the last value of a cell."""

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        render(self, out, format="png", dpi=110, bbox_inches="tight")
        return out.getvalue()


@cache
def fonts() -> tuple[str, ...]:
    """Return the font families to try in turn, of those that are there: Latin and Arabic first, then Japanese and Chinese.

    The Japanese font that the extra ``report`` brings stands in where the machine has none.
    """
    known = set(font_manager.get_font_names())
    brought = find_spec("matplotlib_fontja")
    if not known & _CJK and brought is not None and brought.submodule_search_locations:
        for path in sorted(Path(brought.submodule_search_locations[0]).rglob("*.ttf")):
            font_manager.fontManager.addfont(path)
        known = set(font_manager.get_font_names())
    return tuple(f for f in _FONTS if f in known) or ("sans-serif",)


def axes(ax: Axes | None, *, rows: int = 8) -> Axes:
    """Return the axes to draw on: the given ones, or those of a new figure as high as its rows need."""
    with mpl.rc_context({"font.family": fonts()}):
        if ax is None:
            figure = Figure(figsize=(10.0, min(max(3.2, 1.9 + 0.36 * rows), 11.0)), facecolor="white", layout=None)
            ax = figure.add_subplot(axes_class=ChartAxes)
            figure.subplots_adjust(
                left=0.30, right=0.93, top=1 - 1.05 / figure.get_figheight(), bottom=0.95 / figure.get_figheight()
            )
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(LINE)
    ax.tick_params(colors=INK, labelsize=10, length=0)
    return ax


def finish(ax: Axes, *, title: str, subtitle: str, result: pd.DataFrame, alt: str = "") -> Axes:
    """Return the axes with title, subtitle, footnote and alt text; every text is text, never a formula."""
    family = fonts()
    figure: Any = ax.figure
    width = 82 if figure.get_figwidth() > 8 else 60
    left = 0.02 if isinstance(ax, ChartAxes) else None
    top = 1 - 0.18 / figure.get_figheight()
    footnote = "\n".join(textwrap.wrap(footnote_of(result), int(width * 1.65)))
    title = "\n".join(textwrap.wrap(title, width))
    if left is not None:
        figure.text(
            left, top, title, fontsize=14, fontweight="bold", color=INK, va="top", family=family, parse_math=False
        )
        gap = 0.28 * (title.count("\n") + 1) / figure.get_figheight()
        figure.text(left, top - gap, subtitle, fontsize=10.5, color=MUTED, va="top", family=family, parse_math=False)
        figure.text(
            left,
            0.10 / figure.get_figheight(),
            footnote,
            fontsize=8.5,
            color=MUTED,
            va="bottom",
            family=family,
            parse_math=False,
        )
    else:
        ax.set_title(f"{title}\n{subtitle}", fontsize=11, color=INK, loc="left", family=family, parse_math=False)
        ax.annotate(
            footnote, (0, -0.22), xycoords="axes fraction", fontsize=7.5, color=MUTED, va="top", parse_math=False
        )
    for text in [*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts]:
        text.set_family(family)
        text.set_parse_math(False)
    ax.set_gid("\n".join(x for x in (f"{title}. {subtitle}.", alt) if x))
    return ax


def no_data(ax: Axes | None, what: str, result: pd.DataFrame, *, title: str | None = None) -> Axes:
    """Return axes that say that there is nothing to draw; ``title`` where that is the finding."""
    ax = axes(ax, rows=3)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.text(
        0.5,
        0.5,
        "None" if title else "No data",
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=16,
        color=MUTED,
    )
    return finish(ax, title=title or f"No data: {what}", subtitle="nothing is left to count", result=result)


def alt_text(ax: Axes) -> str:
    """Return the text for those who don't see the chart: its headline and key numbers."""
    return str(ax.get_gid() or "")


def footnote_of(result: pd.DataFrame) -> str:
    """Return source, as-of day, currency basis, number of lines, what was left out, and the definition's name."""
    said: Mapping[str, Any] = result.attrs
    if "metric" not in said:
        return ""
    parts = [
        f"Source: {said['source']}" if said.get("source") else "",
        f"as of {said['as_of']}" if said.get("as_of") else "",
    ]
    parts.append(f"currency: {said['currency']}" if said.get("currency") and "currency" in result else "")
    calendar = said.get("parameters", {}).get("calendar")
    parts.append(f"days: {calendar}" if calendar else "")
    parts.append(f"n = {said['included']['n_lines']:,} lines")
    left_out = ", ".join(f"{e['n_lines']:,} {e['reason']}" for e in said["excluded"])
    parts.append(f"left out: {left_out or 'nothing'}")
    parts.append(f"definition: {said['metric']}")
    return " · ".join(p for p in parts if p)


def label(name: Any, most: int = 34) -> str:
    """Return a name for an axis: shortened in the middle, never empty, and not turning the text around it to the left.

    >>> label(None), label(" "), label("A very long company name of a vendor GmbH & Co. KG")
    ('Unknown', '(blank)', 'A very long company… GmbH & Co. KG')
    """
    text = "Unknown" if name is None or pd.isna(name) else " ".join(str(name).split()) or "(blank)"
    if len(text) > most:
        end = min(14, most // 2)
        text = f"{text[: most - end - 1].rstrip()}…{text[-end:]}"
    right_to_left = any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)
    return f"{_LEFT_TO_RIGHT}{text}{_LEFT_TO_RIGHT}" if right_to_left else text


def money(value: float, currency: Any = "") -> str:
    """Return an amount in few characters.

    >>> money(1_250_000, "EUR"), money(84_500, "JPY"), money(12.5, "USD"), money(-3_000_000, "EUR")
    ('1.25 M EUR', '84.5 k JPY', '12.50 USD', '-3 M EUR')
    """
    unit = "" if currency is None or pd.isna(currency) else str(currency)
    for size, name in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return (
                f"{value / size:.3g} {name} {unit}".strip()
                if abs(value / size) < 1000
                else f"{value / size:,.0f} {name} {unit}".strip()
            )
    return f"{value:.{0 if unit in _WITHOUT_CENTS else 2}f} {unit}".strip()


def percent(share: float) -> str:
    """Return a share in percent; a little is not nothing."""
    return "no data" if pd.isna(share) else "<1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


def one_currency(result: pd.DataFrame) -> str | None:
    """Return the one currency of a result, or raise: amounts of several don't share an axis."""
    names = result["currency"].unique()
    if len(names) > 1:
        listed = ", ".join("none" if pd.isna(n) else str(n) for n in names)
        raise MixedCurrencyError(
            f"a chart shows one currency, and these are {listed}: pass currency='{names[0]}', or convert first"
        )
    return None if len(names) == 0 or pd.isna(names[0]) else str(names[0])


def render(ax: Axes, out: Any, **options: Any) -> None:
    """Write a chart in one way for all: fonts, stable SVG ids, and no warning for a script that no installed font has."""
    figure: Any = ax.figure
    settings = {"svg.hashsalt": "makini", "svg.fonttype": "path", "font.family": fonts()}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # drawn as a box; the tables have the name
        figure.savefig(out, facecolor="white", **options)


def save(ax: Axes, path: str | Path, *, size: str | None = None) -> Path:
    """Write a chart as PNG (200 dpi) or SVG, with its alt text in the file; the same data give the same bytes."""
    path = Path(path)
    if path.suffix not in (".png", ".svg"):
        raise ConfigError(f"{path.name}: save charts as .png or .svg")
    if size is not None and size not in SIZES:
        raise ConfigError(f"size={size!r}: pass one of {', '.join(SIZES)}")
    figure: Any = ax.figure
    if size:
        figure.set_size_inches(*SIZES[size])
    text = alt_text(ax)
    svg = path.suffix == ".svg"
    metadata = {"Date": None, "Description": text} if svg else {"Description": text, "Software": None}
    render(ax, path, dpi=200, metadata=metadata)
    return path
