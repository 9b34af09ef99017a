"""Where a chart and the texts around it stand in their figure, found anew whenever it is drawn.

matplotlib asks the locator of an axes for its place each time, with a renderer that can measure texts. So a chart fits whoever
draws it: `style.save`, ``figure.savefig``, a notebook, or a figure of the user's whose size is changed later.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from . import _small
from ._fonts import fonts
from ._look import look
from ._wording import counted, left_to_right, shortened, text_width

#: Sizes of title, subtitle and footnote in points: on a figure of our own, and on one axes of somebody else's figure.
OWN_SIZES, GIVEN_SIZES = (14.0, 10.5, 8.5), (11.0, 9.0, 7.5)
_EDGE = 0.14  # inches between the texts and the edge of the chart's part of the figure
_GAP = 0.10  # inches between the chart and the texts above and below it
#: Of fewer rows none is higher than so many inches: one bar is not blown up to fill a chart.
_FEW, _ROW = 4, 0.55


@dataclass
class Layout:
    """The locator of a chart's axes: it wraps the texts, and gives the axes with all their labels the room between them.

    Attributes
    ----------
    texts : title, subtitle and footnote as artists
    words : the same as one writes them, unwrapped
    own : True where the figure is ours; else the chart has its axes' part of it
    names : of the rows, unshortened
    columns : how many stand beside the names, each 1 wide: their texts are kept within them
    cut : True where rows and columns may be left out, from the last one, if they have no room
    spec : the cell of the axes in their grid, if they are in one
    """

    texts: tuple[Text, ...]
    words: tuple[str, ...]
    own: bool
    names: tuple[str, ...] = ()
    columns: int = 0
    cut: bool = False
    spec: Any = None
    #: Whose place for the axes is the chart's part of the figure, if anybody has one, such as a divider or another plot.
    before: Callable[[Axes, Any], Bbox] | None = None
    #: Whether the texts are drawn: a slide and a page have their own.
    seen: bool = True
    #: Where the axes were put last, and where they are put to be measured.
    at: Bbox | None = None
    tried: Bbox | None = None
    #: How letters, dots and lines were that have been made smaller, and where texts were that have been moved.
    usual: _small.Usual = field(default_factory=dict)
    #: What the subtitle says of the rows and columns that have no room.
    left_out: str = ""
    #: What the place was found for. matplotlib asks twice each time it draws, the second time with nothing changed.
    found_for: tuple[Any, ...] | None = None

    def __call__(self, ax: Axes, renderer: Any = None) -> Bbox:
        """Return where the axes stand, in parts of the figure."""
        figure: Any = ax.figure
        if self.tried is not None:
            return self.tried
        if any(t.figure is None for t in self.texts):  # cleared: the axes show something else now
            return ax.get_position(original=True)
        with any_glyph():
            renderer = renderer or figure._get_renderer()
            wide, high = figure.bbox.width, figure.bbox.height
            cell = self._cell(ax, renderer)
            asked, before = (renderer, wide, high, figure.dpi, self.seen, self.words, cell), self.found_for
            # a third time it is another drawing, of which much may differ
            self.found_for = None if before == asked else asked
            if before == asked and self.at is not None:
                return self.at
            inch_x, inch_y = figure.dpi / wide, figure.dpi / high
            left, bottom, right, top = cell
            left, right = left + _EDGE * inch_x, right - _EDGE * inch_x
            self.left_out = ""
            for _ in range(3):  # what the subtitle says of rows that have no room takes room itself
                said = self.left_out
                low, high_up = self._around(renderer, left, bottom, right, top, inch_y)
                at = self._fitted(ax, renderer, (left, low, right, high_up), (wide, high))
                if self.left_out == said:
                    break
            self.at = at
            return at

    def _cell(self, ax: Axes, renderer: Any) -> tuple[float, float, float, float]:
        """Return the part of the figure that is the axes' own: their cell of the grid, or where somebody, or an engine, put them.

        A layout engine of matplotlib's own reckons with all that a chart has around it, finds that nothing sticks out of the place
        that it gave the axes, and so gives them their whole cell.
        """
        figure: Any = ax.figure
        if self.own:
            return 0.0, 0.0, 1.0, 1.0
        if self.before is None and ax.get_subplotspec() is not None and figure.get_layout_engine() is None:
            return cell_of(ax)
        place = self.before(ax, renderer) if self.before else ax.get_position(original=True)
        return place.x0, place.y0, place.x1, place.y1

    def get_subplotspec(self) -> Any:
        """Return the cell of the axes in their grid, for which ``tight_layout`` asks a locator."""
        return self.spec

    def _around(
        self, renderer: Any, left: float, bottom: float, right: float, top: float, inch: float
    ) -> tuple[float, float]:
        """Write the texts into the cell, title and subtitle at its top and the footnote at its foot; return what is left between."""
        if not self.seen or not self.texts:
            return bottom + _GAP * inch, top - _GAP * inch
        title, subtitle, footnote = self.texts
        high = self.texts[0].figure.bbox.height
        wide = (right - left) * self.texts[0].figure.bbox.width
        said = self.words[0], self.words[1] + self.left_out, self.words[2]
        for text, words in zip(self.texts, said, strict=True):
            _wrap(text, words, wide, renderer)
        y = top - _EDGE * inch
        for text, gap in ((title, 0.05), (subtitle, 0.0)):
            text.set_position((left, y))
            if text.get_text():
                y -= text.get_window_extent(renderer).height / high + gap * inch
        footnote.set_position((left, bottom + 0.10 * inch))
        foot = footnote.get_window_extent(renderer).height / high if footnote.get_text() else 0.0
        return bottom + 0.10 * inch + foot + _GAP * inch, y - _GAP * inch

    def _fitted(
        self, ax: Axes, renderer: Any, box: tuple[float, float, float, float], pixels: tuple[float, float]
    ) -> Bbox:
        """Return the place that lets the axes with all their labels take a box."""
        left, bottom, right, top = box
        figure: Any = ax.figure
        wide, high = pixels
        at = Bbox.from_extents(left, bottom, max(right, left + 0.05), max(top, bottom + 0.05))
        _small.restore(self.usual)
        self._name_rows(ax, self.names)
        # The axes take what their labels leave: a label that sticks out to the left by 0.3 pushes the axes to the right by that.
        # In narrower axes the bars end elsewhere, and so do the texts beside them: a few passes settle it.
        try:
            for i in range(9):
                self.tried = at
                ax.apply_aspect(at)
                if i == 1:
                    self._give_way(ax, renderer, (right - left) * wide, at.width * wide, at.height * high)
                    # the name of the axis stands under its middle, and out of it to both sides alike
                    room = at.width + 2 * min(at.x0 - left, right - at.x1)
                    _wrap(ax.xaxis.label, " ".join(ax.xaxis.label.get_text().split()), room * wide, renderer)
                if i:  # where these stand goes by the height, which is known only in the end
                    inside = [t for t in ax.texts if t not in self.texts]
                    _small.ends(ax, inside, at.height * high / renderer.points_to_pixels(1.0), self.usual)
                    _small.over_marks(ax, inside, renderer, self.usual)
                around = [a for a in ax.get_default_bbox_extra_artists() if a not in self.texts]
                needs = ax.get_tightbbox(renderer, bbox_extra_artists=around)
                if needs is None:
                    break
                needs = figure.transSubfigure.inverted().transform_bbox(needs)
                x0, x1 = at.x0 + left - needs.x0, at.x1 + right - needs.x1
                y0, y1 = at.y0 + bottom - needs.y0, at.y1 + top - needs.y1
                least = 0.15 * (right - left), 0.15 * (top - bottom)
                before, at = at, Bbox.from_extents(x0, y0, max(x1, x0 + least[0]), max(y1, y0 + least[1]))
                if i and np.abs(np.subtract(at.extents, before.extents) * np.array([wide, high, wide, high])).max() < 1:
                    break
        finally:
            self.tried = None
        return self._as_high(ax, at, _ROW * figure.dpi / high)

    def _as_high(self, ax: Axes, at: Bbox, row: float) -> Bbox:
        """Return a place no higher than a few rows need, at its top: between a bar and the axis below it nothing is empty."""
        bottom, top = ax.get_ylim()
        # rows count from the top down; an axis of values may have ticks at 0 and 1, too
        if not self._names_stand(ax) or len(self.names) >= _FEW or bottom < top or ax.child_axes:
            return at
        return Bbox.from_extents(at.x0, max(at.y0, at.y1 - row * abs(bottom - top)), at.x1, at.y1)

    def _give_way(self, ax: Axes, renderer: Any, box: float, wide: float, high: float) -> None:
        """Make letters, names and marks fit a chart of so many pixels, of which its axes have so many."""
        points = renderer.points_to_pixels(1.0)
        inside, cut = [t for t in ax.texts if t not in self.texts], self.cut and self.seen
        rows = columns = 0
        if self._names_stand(ax):
            rows = _small.rows(ax, self.names, inside, renderer, box / points, high / points, self.usual, cut)
            self._shorten(ax, renderer, box, _small.for_names(ax, inside, self.columns, renderer, box))
        _small.below(ax, wide / points, self.usual)
        if self.columns:
            columns = _small.columns(ax, inside, self.columns, renderer, box / points, self.usual, cut)
        _small.panels(ax, renderer, box / points, self.usual)
        gone = " and ".join(
            counted(n, what) if n > 1 else what for n, what in ((rows, "row"), (columns, "column")) if n
        )
        self.left_out = f"; no room for the last {gone}" if gone else ""

    def _names_stand(self, ax: Axes) -> bool:
        """Return whether the rows still have names of ours."""
        return bool(self.names) and len(ax.get_yticks()) == len(self.names)

    def _name_rows(self, ax: Axes, names: Sequence[str]) -> None:
        if self._names_stand(ax):
            # not `set_yticks`: that would bring back into view the rows that have no room
            ax.set_yticklabels(list(names))
            for text in ax.get_yticklabels():
                text.set(family=fonts(), parse_math=False)

    def _shorten(self, ax: Axes, renderer: Any, wide: float, part: float) -> None:
        """Make the names at the left smaller, then shorter, where they take more than their part of the width; they grow again with it."""
        widest = _small.names(ax, part * wide, renderer, self.usual)
        if widest > part * wide:
            longest = max(text_width(n) for n in self.names)
            most = max(10, int(longest * part * wide / widest))
            self._name_rows(ax, shortened(self.names, most))


def _wrap(text: Text, words: str, wide: float, renderer: Any) -> None:
    """Break a text into lines that are no wider than that many pixels."""
    size = float(text.get_fontsize()) * (1.08 if text.get_fontweight() == "bold" else 1.0)
    # A letter is a bit more than half as wide as it is high; what is still too wide is broken once more by what it measures.
    letters = max(12, int(wide / renderer.points_to_pixels(size) / 0.52))
    text.set_text(wrapped(words, letters))
    while letters > 12 and (needs := text.get_window_extent(renderer).width) > wide:
        letters = max(12, min(letters - 1, int(letters * wide / needs)))
        text.set_text(wrapped(words, letters))


# A space before a unit becomes one that does not break: "95 %", "1.25 M EUR", "30 days", "n = 20".
_UNIT = re.compile(
    r"(?<=\d) (?=(?:%|k|M|bn|days?|lines?|[A-Z]{3})\b|%)|(?<=\d [kM]) |(?<=\d bn) |(?<=\bn) (?==)|(?<=n =) "
)
_WIDE = re.compile("([\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6])")


def wrapped(text: str, wide: int) -> str:
    """Return a text in lines of so many Latin letters; a number stays with its unit, and each line runs from left to right.

    >>> wrapped("7 of 68 vendors make 50 % of it", 22)
    '7 of 68 vendors make\\n50 % of it'
    """
    # A Chinese or Japanese letter is as wide as two: it is counted with a mark behind it that is taken away again.
    counted = _WIDE.sub("\\1\x00", _UNIT.sub("\N{NO-BREAK SPACE}", text))
    lines = textwrap.wrap(counted, wide, break_on_hyphens=False)
    # the marks around a name stand at its ends: each line finds its direction by itself
    lines = [left_to_right(line.replace("\x00", "").replace("\N{NO-BREAK SPACE}", " ")) for line in lines]
    return "\n".join(lines)


def cell_of(ax: Axes) -> tuple[float, float, float, float]:
    """Return the cell of an axes in the grid of its figure: up to half way to its neighbours, or to the edge."""
    spec = ax.get_subplotspec()
    grid = spec.get_gridspec()
    bottoms, tops, lefts, rights = grid.get_grid_positions(ax.figure)
    rows, columns = spec.rowspan, spec.colspan
    left = 0.0 if columns.start == 0 else (rights[columns.start - 1] + lefts[columns.start]) / 2
    right = 1.0 if columns.stop == len(rights) else (rights[columns.stop - 1] + lefts[columns.stop]) / 2
    top = 1.0 if rows.start == 0 else (bottoms[rows.start - 1] + tops[rows.start]) / 2
    bottom = 0.0 if rows.stop == len(tops) else (bottoms[rows.stop - 1] + tops[rows.stop]) / 2
    return float(left), float(bottom), float(right), float(top)


def written(ax: Axes, words: tuple[str, str, str], *, own: bool) -> tuple[Text, ...]:
    """Return title, subtitle and footnote as artists: of the figure where it is ours, else of the axes, which clears them with itself."""
    figure: Any = ax.figure
    sizes = OWN_SIZES if own else GIVEN_SIZES
    usual: dict[str, Any] = {"family": fonts(), "parse_math": False}  # "$a_b$ Ltd" is a name, not a formula
    if not own:
        usual |= {"transform": figure.transSubfigure, "clip_on": False}
    where: Any = figure if own else ax
    title, subtitle, footnote = (
        wrapped(w, int(figure.bbox.width / figure.dpi * 72 / s / 0.6)) for w, s in zip(words, sizes, strict=True)
    )
    return (
        where.text(0.02, 0.97, title, fontsize=sizes[0], fontweight="bold", color=look.ink, va="top", **usual),
        where.text(0.02, 0.90, subtitle, fontsize=sizes[1], color=look.muted, va="top", **usual),
        where.text(0.02, 0.02, footnote, fontsize=sizes[2], color=look.muted, va="bottom", **usual),
    )


@contextmanager
def any_glyph() -> Iterator[None]:
    """Say nothing of a letter that no installed font has: it is drawn as a box, and the tables have the name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield
