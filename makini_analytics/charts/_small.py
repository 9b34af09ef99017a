"""What gives way where a chart is drawn small: dots and lines get thinner, letters smaller, numbers move towards their marks.

All of it goes by what a mark or a text was at first, so a chart that grows again looks as it did.
"""

from __future__ import annotations

from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.text import Text

from ._wording import text_width

Usual = dict[Artist, dict[str, Any]]

_ROOMY = 18.0  # points: rows that are as high have room for marks of the usual size
_LEAST = 5.5  # points: names get no smaller
_WIDE = 480.0  # points: a chart that is as wide has room for letters of the usual size in panels and beside columns
_LETTER = 0.72  # of the height of a letter: how wide it is, with some room
_BESIDE, _DOT = 0.47, 0.06  # of a column: where numbers begin, and how wide dots are, if they need the room


def marks(ax: Axes, row: float, usual: Usual) -> None:
    """Make dots and thick lines smaller where rows are less high than they need, in points."""
    part = min(1.0, row / _ROOMY)
    for mark in [*ax.lines, *(c for c in ax.collections if isinstance(c, LineCollection))]:
        names = ("linewidth",) if isinstance(mark, LineCollection) else ("linewidth", "markersize", "markeredgewidth")
        was = usual.setdefault(mark, {name: getattr(mark, f"get_{name}")() for name in names})
        mark.set(**{name: _thinner(size, part) for name, size in was.items()})


def _thinner(size: Any, part: float) -> Any:
    """Return a width, or several, made less; a hairline stays one."""
    if isinstance(size, int | float):
        return max(min(size, 1.0), size * part)
    return [_thinner(float(one), part) for one in size]


def columns(ax: Axes, inside: list[Text], n: int, renderer: Any, wide: float, usual: Usual) -> None:
    """Keep the texts of n columns within them: where one is too wide the numbers, or the heads, of all columns give way.

    So do the names beside the columns, in a chart of so many pixels: what they lose the columns gain.
    """
    names, points = ax.get_yticklabels(), renderer.points_to_pixels(1.0)
    for text in names:  # the rows' height has set their size just before
        size = float(text.get_fontsize())
        text.set_fontsize(max(min(size, _LEAST), size * min(1.0, wide / points / _WIDE)))
    wide = (wide - max((t.get_window_extent(renderer).width for t in names), default=0.0)) / n
    places: dict[float, list[Text]] = {}
    for text in inside:
        x = usual.setdefault(text, {"x": text.get_position()[0]})["x"]
        text.set_x(x)
        places.setdefault(round(x % 1, 3), []).append(text)
    for place, texts in places.items():
        widest = max(t.get_window_extent(renderer).width for t in texts)
        if widest <= (1.02 - place) * wide:  # where the next marks begin
            continue
        begins = min(place, _BESIDE)
        part = min(1.0, 0.95 * (1 - begins) * wide / widest)
        for text in texts:
            text.set_x(usual[text]["x"] - place + begins)
            text.set_fontsize(float(text.get_fontsize()) * part)
        if begins < place:
            most = _DOT * wide / points
            for mark in ax.lines:
                mark.set_markersize(min(mark.get_markersize(), most))


def below(ax: Axes, wide: float, sizes: dict[Text, float]) -> None:
    """Make the letters below axes smaller where those are less wide than they need, in points."""
    texts = ax.get_xticklabels()
    told = [t for t in texts if t.get_text().strip()]
    # the years below the months, on a second line, stand far apart
    need = max(
        (text_width(t.get_text().split("\n")[0]) * _LETTER * sizes.setdefault(t, t.get_fontsize()) for t in told),
        default=0.0,
    )
    part = min(1.0, wide / len(told) / need) if need else 1.0
    for text in texts:
        text.set_fontsize(sizes.setdefault(text, text.get_fontsize()) * part)


def panels(ax: Axes, wide: float, sizes: dict[Text, float]) -> None:
    """Make the letters of charts within a chart smaller where it is less wide than they need, in points."""
    for panel in ax.child_axes:
        for text in panel.findobj(Text):
            text.set_fontsize(sizes.setdefault(text, text.get_fontsize()) * min(1.0, wide / _WIDE))
