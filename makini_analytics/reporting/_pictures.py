"""A chart as the page shows it: an SVG that follows the light and the dark, and the values that are told on hover."""

from __future__ import annotations

import base64
import colorsys
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import charts
from ._exhibits import Exhibit, Native

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The page in the dark, its texts, and what matters less than the marks: in the dark that is what shines less.
_PAPER, _INK, _MUTED, _GRID, _REST = "#11161b", "#e8ecf0", "#a7b1bb", "#36414b", "#64707b"
#: Contrast that a mark must have to its ground (WCAG 2.2, 1.4.11), and a text (1.4.3).
_MARK, _TEXT = 3.0, 4.6
#: Inches: a chart on the page is half as wide as the page, so that two stand beside each other, and one fits a telephone.
_WIDE, _LEAST_HIGH = 5.2, 2.2
#: Points for hovering of one chart: more than that are no longer told apart by a hand.
_MOST_TIPS = 400


@dataclass(frozen=True)
class Tip:
    """What is told where one points at: a band of the picture, in hundredths of its width and height."""

    text: str
    x: float
    y: float
    width: float
    height: float


@contextmanager
def half_wide(chart: Axes) -> Iterator[None]:
    """Give a chart the size that it has on the page, without the texts around it, which the page has; afterwards it is as it was."""
    figure: Any = chart.figure
    wide, high = figure.get_size_inches().copy()
    # 0.36 inches for each row become 0.25, and the room for the texts is not needed
    charts.fill(chart, _WIDE, max(_LEAST_HIGH, 0.7 * high - 0.8))
    try:
        yield
    finally:
        charts.resize(chart, wide, high)


def svg_of(chart: Axes) -> str:
    """Return a chart as SVG in base64, which takes dark colours where the page around it does."""
    out = io.BytesIO()
    charts.render(chart, out, format="svg", metadata={"Date": None})  # undated: the same data give the same bytes
    return base64.b64encode(_of_two_schemes(out.getvalue().decode()).encode()).decode()


def _of_two_schemes(svg: str) -> str:
    """Return an SVG in which each colour is a variable, with a second value for the dark.

    ``fill: #1f2328`` becomes ``fill: var(--c1f2328)``. The ``color-scheme`` of the page around a picture decides which one holds.
    """
    # matplotlib writes the ground of a hatch as an attribute, which can't be a variable
    svg = re.sub(r'\b(fill|stroke)="(#[0-9a-fA-F]{6})"', r'style="\1: \2"', svg)
    colours = sorted({c.lower() for c in re.findall(r"(?:fill|stroke): (#[0-9a-fA-F]{6})\b", svg)})
    if not colours:
        return svg
    light = "".join(f"--c{c[1:]}:{c};" for c in colours)
    dark = "".join(f"--c{c[1:]}:{dark_of(c)};" for c in colours)
    style = f"<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    swapped = re.sub(r"(fill|stroke): #([0-9a-fA-F]{6})\b", lambda m: f"{m[1]}: var(--c{m[2].lower()})", svg)
    start = swapped.index(">", swapped.index("<svg")) + 1
    return f"{swapped[:start]}{style}{swapped[start:]}"


def dark_of(colour: str) -> str:
    """Return the colour that stands for another one in the dark: the same hue, light enough to be seen.

    >>> dark_of("#ffffff"), dark_of("#1F2328"), dark_of("#0072B2")
    ('#11161b', '#e8ecf0', '#0e95e1')
    """
    look = charts.look
    known = {look.rest: _REST, look.muted: _MUTED, look.ink: _INK, look.line: _GRID, "#ffffff": _PAPER}
    if found := {name.lower(): dark for name, dark in known.items()}.get(colour.lower()):
        return found
    hue, light, strength = colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    need = _TEXT if light < 0.25 else _MARK
    light = max(light, 0.47) if strength > 0.5 else light
    out = colour.lower()
    while _contrast(out) < need and light < 1:
        light = min(light + 0.02, 1)
        out = _hex(hue, light, strength)
    return _hex(hue, light, strength) if strength > 0.5 else out


def _hex(hue: float, light: float, strength: float) -> str:
    return "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hls_to_rgb(hue, light, min(strength, 0.88)))


def _contrast(colour: str) -> float:
    one, paper = (
        sum(w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for w, c in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
        for parts in ([int(x[i : i + 2], 16) / 255 for i in (1, 3, 5)] for x in (colour, _PAPER))
    )  # fmt: skip
    return (max(one, paper) + 0.05) / (min(one, paper) + 0.05)


def tips_of(exhibit: Exhibit) -> list[Tip]:
    """Return what a chart that was just drawn tells on hover: for each row a band over the whole plot, with its values from the table."""
    chart, native = exhibit.chart, exhibit.native
    if chart is None or native is None or not len(exhibit.charted):
        return []
    rows = exhibit.charted
    lying = (native.kind == "bar" and not native.cumulative) or _lies(chart)
    places = list(_lying(chart, native, rows) if lying else _standing(chart, native, rows))
    if not 1 <= len(places) <= _MOST_TIPS:
        return []
    figure: Any = chart.figure
    wide, high = figure.get_size_inches() * figure.dpi
    box = chart.get_window_extent()
    at = 1 if lying else 0
    pixels = [chart.transData.transform((0, v) if lying else (v, 0))[at] for v, _ in places]
    step = min(np.diff(np.sort(pixels)), default=box.height if lying else box.width)
    out = []
    for pixel, (_, text) in zip(pixels, places, strict=True):
        if lying:  # figures count from below, pages from above
            out.append(Tip(text, 0, 100 - (pixel + step / 2) / high * 100, 100, step / high * 100))
        else:
            left = (pixel - step / 2) / wide * 100
            out.append(Tip(text, left, 100 - box.y1 / high * 100, step / wide * 100, box.height / high * 100))
    return out


def _lies(chart: Axes) -> bool:
    bars = charts.rectangles(chart)
    return len(bars) > 1 and len({round(p.get_x(), 6) for p in bars}) == 1 and len({p.get_y() for p in bars}) > 1


def _lying(chart: Axes, native: Native, rows: pd.DataFrame) -> Iterator[tuple[float, str]]:
    """Yield the height of each lying bar, and its values: the row's that has its name, else (of a bar for all others) its length."""
    known = {str(name): i for i, name in enumerate(rows[native.x])}
    bars = {round(p.get_y() + p.get_height() / 2, 6): p.get_width() for p in charts.rectangles(chart)}
    for place, name in zip(chart.get_yticks(), (t.get_text() for t in chart.get_yticklabels()), strict=False):
        if name in known:
            yield place, _said(name, native, rows.iloc[known[name]])
        elif len(native.series) == 1 and round(place, 6) in bars:
            yield place, f"{name}: {_value(bars[round(place, 6)], native)}"


def _standing(chart: Axes, native: Native, rows: pd.DataFrame) -> Iterator[tuple[float, str]]:
    """Yield the place of each column, point or step, and its values; nothing where the chart draws other rows than the table's."""
    if native.kind == "scatter":
        for _, row in rows.drop_duplicates(native.x, keep="last").iterrows():
            yield float(row[native.x]), _said(f"{row[native.x]:.0f} {native.x}", native, row)
        return
    drawn = [[p.get_x() + p.get_width() / 2 for p in charts.rectangles(chart)]]
    drawn += [np.asarray(line.get_xdata(), dtype=float).tolist() for line in chart.lines]
    places = next((p for p in drawn if len(p) == len(rows)), [])
    for place, (_, row) in zip(sorted(places), rows.iterrows(), strict=False):
        yield float(place), _said(str(row[native.x]), native, row)


def _said(name: str, native: Native, row: pd.Series) -> str:
    told = [(label, row[column]) for column, label in native.series.items()]
    if len(told) == 1:
        return charts.printable(f"{name}: {_value(told[0][1], native)}")
    return charts.printable(f"{name}: " + ", ".join(f"{label} {_value(value, native)}" for label, value in told))


def _value(value: Any, native: Native) -> str:
    if pd.isna(value):
        return "–"
    if native.form.endswith("%"):
        return f"{charts.number(value * 100, 1)} %"
    unit = re.search('" (.+)"', native.form)
    return f"{charts.number(value)} {unit[1]}" if unit else charts.number(value, 0 if value == round(value) else 1)
