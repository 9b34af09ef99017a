"""What gives way where a chart is drawn small: dots and lines get thinner, letters smaller, numbers move towards their marks.

No letter gets too small to be read: where the rows or columns of a chart that may be cut have no room, the last ones are left out. All of
it goes by what a mark or a text was at first, so a chart that grows again looks as it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.text import Annotation, Text

from ._marks import LINE_END, OVER_COLUMN, apart
from ._wording import text_width

#: Points: letters get no smaller.
LEAST = 6.5

Usual = dict[Artist, dict[str, Any]]

_ROOMY = 18.0  # points: rows that are as high have room for marks of the usual size
# of a letter's height: that of a line of text, of the rows where each is one line, and what stands between rows of several
_LEADING, _CROWDED, _BETWEEN = 1.2, 1.08, 0.5
_WIDE = 480.0  # points: a chart that is as wide has room for letters of the usual size in panels and beside columns
_LETTER = 0.72  # of the height of a letter: how wide it is, with some room
_MOST_WORDS, _READ = 0.70, 7.5  # of the width: names and texts that take more get smaller, to so many points
_BESIDE, _DOT, _FULL = (
    0.47,
    0.06,
    0.95,
)  # of a column: where numbers begin, how wide dots are, and where texts end, at need
# of a column: where the bar of the next one begins; and how much nearer than to that a number is to its own bar
_NEXT, _NEARER = 1.04, 3.0


def keep(usual: Usual, artist: Artist, *names: str) -> None:
    """Note how an artist is before it is changed."""
    was = usual.setdefault(artist, {})
    for name in names:
        was.setdefault(name, getattr(artist, f"get_{name}")())


def restore(usual: Usual) -> None:
    """Make all as it was at first."""
    for artist, was in usual.items():
        artist.set(**was)


def _hide(usual: Usual, text: Text) -> None:
    keep(usual, text, "visible")
    text.set_visible(False)


def _write(usual: Usual, text: Text, size: float, least: float = LEAST) -> None:
    """Write a text in another size, not smaller than the least unless it is so already."""
    keep(usual, text, "fontsize")
    now = float(text.get_fontsize())
    text.set_fontsize(min(now, max(size, least)))


def _place(ax: Axes, text: Text) -> tuple[float, float]:
    """Return where a text stands, in the data; nowhere if it does not go by them."""
    if isinstance(text, Annotation):
        return (float(text.xy[0]), float(text.xy[1])) if text.xycoords == "data" else (np.nan, np.nan)
    x, y = text.get_position()
    return (float(x), float(y)) if text.get_transform() == ax.transData else (np.nan, np.nan)


def _lines(text: str) -> int:
    return text.count("\n") + 1


def rows(
    ax: Axes, names: Sequence[str], inside: Sequence[Text], renderer: Any, wide: float, high: float, usual: Usual, cut: bool
) -> int:  # fmt: skip
    """Make the letters and marks of rows smaller where the rows are low or their words wide; return how many rows have no room.

    ``wide`` and ``high`` are those of the chart with all its words, and of its axes, in points. Rows have no room only where a chart
    may be cut.
    """
    points = renderer.points_to_pixels(1.0)
    labels, beside = ax.get_yticklabels(), {t: _place(ax, t)[1] for t in inside}
    lines = max([_lines(n) for n in names] + [_lines(t.get_text()) for t, y in beside.items() if y > -0.5])
    (bottom, top), shown = ax.get_ylim(), len(names)
    needs = _LEADING * lines + (_BETWEEN if lines > 1 else 0.0)
    least = LEAST * (_CROWDED if lines == 1 else needs)
    if cut and high < least * (bottom - top):
        shown = min(shown, max(1, int(high / least + top + 0.5)))
    if shown < len(names):
        keep(usual, ax, "ylim")
        ax.set_ylim(bottom := shown - 0.5, top)
        for text in [*labels[shown:], *(t for t, y in beside.items() if y > bottom)]:
            _hide(usual, text)
    row = high / abs(bottom - top)
    # texts beside the marks and the names share out what the marks leave
    words = [max((t.get_window_extent(renderer).width / points for t in these), default=0.0)
             for these in (labels, [t for t in beside if isinstance(t, Annotation)])]  # fmt: skip
    part = min(1.0, _MOST_WORDS * wide / max(sum(words), 1.0))
    for text in [*labels, *beside]:
        usual_size = float(text.get_fontsize())
        size = max(usual_size * part, min(usual_size, _READ))
        head = beside.get(text, 0.0) <= -0.5  # above the rows
        fits = (-0.5 - top) * row / _lines(text.get_text()) / _LEADING if head else row / needs
        _write(usual, text, min(size, fits))
    _marks(ax, row, usual)
    return len(names) - shown


def _marks(ax: Axes, row: float, usual: Usual) -> None:
    """Make dots and thick lines smaller where rows are less high than they need, in points."""
    part = min(1.0, row / _ROOMY)
    for mark in [*ax.lines, *(c for c in ax.collections if isinstance(c, LineCollection))]:
        names = ("linewidth",) if isinstance(mark, LineCollection) else ("linewidth", "markersize", "markeredgewidth")
        keep(usual, mark, *names)
        mark.set(**{name: _thinner(usual[mark][name], part) for name in names})


def _thinner(size: Any, part: float) -> Any:
    """Return a width, or several, made less; a hairline stays one."""
    if isinstance(size, int | float):
        return max(min(size, 1.0), size * part)
    return [_thinner(float(one), part) for one in size]


def for_names(ax: Axes, inside: Sequence[Text], columns: int, renderer: Any, wide: float) -> float:
    """Return the most that the names of the rows take of a chart of so many pixels: what longer ones lose, the marks gain."""
    if columns:
        return 0.3
    texts = max((t.get_window_extent(renderer).width for t in inside if isinstance(t, Annotation)), default=0.0)
    return float(np.clip(0.75 - texts / wide, 0.2, 0.5))


def names(ax: Axes, most: float, renderer: Any, usual: Usual) -> float:
    """Make the letters of the names smaller, as far as they read well, where these are wider than that; return how wide they are."""
    labels = ax.get_yticklabels()
    widest = max(t.get_window_extent(renderer).width for t in labels)
    if widest <= most:
        return widest
    for text in labels:
        _write(usual, text, float(text.get_fontsize()) * most / widest, _READ)
    return max(t.get_window_extent(renderer).width for t in labels)


@dataclass
class _Cell:
    """A text in a column: where in it, and how far behind that, it begins, and how wide it is in points."""

    text: Text
    x: float
    away: float
    wide: float

    @property
    def place(self) -> float:
        return self.x % 1

    @property
    def moves(self) -> bool:
        """Whether it may begin further to the left; what stands beside a bar may not."""
        return not isinstance(self.text, Annotation) and self.place > _BESIDE

    @property
    def at_least(self) -> float:
        """Return where it begins if it has to."""
        return _BESIDE if self.moves else min(self.place, 0.6)

    def fits(self, column: float) -> bool:
        """Return whether it ends where it may in a column of that width: before the next marks, and clearly so beside a bar."""
        least = (_NEXT * column - _NEARER * self.away) if self.away else 1.02 * column
        return self.place * column + self.away + self.wide <= least

    def room(self, column: float) -> float:
        """Return how wide it may be in a column of that width."""
        full = (_FULL - self.at_least) * column - self.away
        return min(full, (_NEXT - self.at_least) * column - (1 + _NEARER) * self.away) if self.away else full

    def needs(self, size: float) -> float:
        """Return how wide its column must be where its letters have that size."""
        wide = self.wide * min(1.0, size / float(self.text.get_fontsize()))
        beside = (wide + (1 + _NEARER) * self.away) / (_NEXT - self.at_least) if self.away else 0.0
        return max((wide + self.away) / (_FULL - self.at_least), beside)


def columns(ax: Axes, inside: Sequence[Text], n: int, renderer: Any, wide: float, usual: Usual, cut: bool) -> int:
    """Keep the texts of n columns within them: where one is too wide the numbers, or the heads, of all columns give way.

    So do the names beside the columns, in a chart of so many points: what they lose the columns gain. Return how many columns
    have no room, which is none unless the chart may be cut.
    """
    names, points = ax.get_yticklabels(), renderer.points_to_pixels(1.0)
    for text in names:  # the rows' height has set their size just before
        _write(usual, text, float(text.get_fontsize()) * min(1.0, wide / _WIDE))
    wide -= max((t.get_window_extent(renderer).width / points for t in names if t.get_visible()), default=0.0)
    cells = []
    for text in inside:
        away = float(text.xyann[0]) if isinstance(text, Annotation) else 0.0
        cells.append(_Cell(text, _place(ax, text)[0], away, text.get_window_extent(renderer).width / points))
    shown = n
    if cut and cells:
        shown = min(n, max(1, int(wide / max(c.needs(LEAST) for c in cells))))
    if shown < n:
        keep(usual, ax, "xlim")
        ax.set_xlim(0, shown)
        for cell in cells:
            if cell.x >= shown:
                _hide(usual, cell.text)
    each = wide / shown
    places: dict[float, list[_Cell]] = {}
    for cell in cells:  # those beside bars begin at places of their own, and are of one size all the same
        places.setdefault(-1.0 if isinstance(cell.text, Annotation) else round(cell.place, 3), []).append(cell)
    for these in places.values():
        if all(c.fits(each) for c in these):
            continue
        part = min(1.0, *(c.room(each) / c.wide for c in these if c.wide))
        for cell in these:
            if cell.moves:
                keep(usual, cell.text, "position")
                cell.text.set_x(cell.x - cell.place + _BESIDE)
            _write(usual, cell.text, float(cell.text.get_fontsize()) * part, LEAST if cut else 1.0)
        if any(c.moves for c in these):
            for mark in ax.lines:
                keep(usual, mark, "markersize")
                mark.set_markersize(min(mark.get_markersize(), _DOT * each))
    return n - shown


def below(ax: Axes, wide: float, usual: Usual) -> None:
    """Make the letters below axes smaller where those are less wide than they need, in points; then every second one goes, or more."""
    low, high = sorted(ax.get_xlim())
    ticks = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    texts = [t for x, t in ticks if t.get_text().strip() and low <= x <= high]
    if not texts:
        return
    # the years below the months, on a second line, stand far apart
    longest = max(text_width(t.get_text().split("\n")[0]) for t in texts)
    fits = wide / len(texts) / longest / _LETTER
    every = int(np.ceil(min(LEAST, float(texts[0].get_fontsize())) / fits))
    years = [i for i, t in enumerate(texts) if "\n" in t.get_text()]
    for i, text in enumerate(texts):
        near = any(0 < abs(i - year) < every for year in years)
        if i not in years and (near or (i - (years or [0])[-1]) % every):
            _hide(usual, text)
        _write(usual, text, fits * every)
    _write(usual, ax.xaxis.label, float(texts[0].get_fontsize()))


def panels(ax: Axes, renderer: Any, wide: float, usual: Usual) -> None:
    """Make the letters of charts within a chart smaller where it is less wide than they need, in points.

    Where the dates below a chart lie on the head of the next one, those of the lowest chart stand for all.
    """
    heads = []
    for panel in ax.child_axes:
        for text in panel.findobj(Text):
            _write(usual, text, float(text.get_fontsize()) * min(1.0, wide / _WIDE))
            if text.get_text() and text.get_text() == panel.get_title("left"):
                heads.append(text.get_window_extent(renderer))
    for panel in ax.child_axes:
        dates = [t for t in panel.get_xticklabels() if t.get_text()]
        if any(t.get_window_extent(renderer).overlaps(head) for t in dates for head in heads):
            for text in dates:
                _hide(usual, text)


def ends(ax: Axes, inside: Sequence[Text], high: float, usual: Usual) -> None:
    """Move the names at the ends of lines apart where they would touch, in axes that are so many points high."""
    names = sorted((t for t in inside if t.get_label() == LINE_END), key=lambda t: _place(ax, t)[1])
    if not names:
        return
    bottom, top = ax.get_ylim()
    at = [(_place(ax, t)[1] - bottom) / (top - bottom) * high for t in names]
    least = _LEADING * max(float(t.get_fontsize()) for t in names)
    for text, was, now in zip(names, at, apart(at, least), strict=True):
        keep(usual, text, "position")
        text.set_position((text.get_position()[0], now - was))


def over_marks(ax: Axes, inside: Sequence[Text], renderer: Any, usual: Usual) -> None:
    """Lift the values over columns above the level marks that would run through them."""
    values = [t for t in inside if t.get_label() == OVER_COLUMN]
    if not values:
        return
    marks = [s for c in ax.collections if isinstance(c, LineCollection) for s in c.get_segments() if len(s) == 2]
    places = (ax.transData.transform(s) for s in marks)
    levels = sorted((float(y0), float(x0), float(x1)) for (x0, y0), (x1, y1) in places if y0 == y1)
    points = renderer.points_to_pixels(1.0)
    for text in values:
        keep(usual, text, "position")
        x, y = usual[text]["position"]
        text.set_position((x, y))
        box, lift = text.get_window_extent(renderer), 0.0
        for level, left, right in levels:  # from the lowest: above one there may be the next
            over = box.y0 + lift - 2 * points < level < box.y1 + lift
            if over and left < box.x1 and right > box.x0:
                lift = level + y * points - box.y0
        text.set_position((x, y + lift / points))
