"""How every chart looks: one style, titles that state the finding, direct labels, a footnote that says what was left out.

Figures are made outside pyplot, so nothing is registered, shown twice or leaked; no setting of matplotlib's is touched, and only its
list of fonts may grow (see `_look`). A company's fonts, colours and number marks are set in one place, `style.use`.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from ..compute import SMALL_N as SMALL_N  # fewer lines are drawn in grey, and no title speaks of them
from ..errors import MixedCurrencyError
from ._look import fonts, look
from ._wording import number, printable

SIZES = {"slide": (10.0, 5.6), "half": (6.0, 4.6), "column": (7.0, 4.2)}


@dataclass(frozen=True)
class Captions:
    """The texts around a chart, unwrapped."""

    title: str
    subtitle: str
    footnote: str
    #: The rows of the result behind each bar, from the top, where bars are groups.
    bars: tuple[tuple[int, ...], ...] = ()


# The texts of each chart as they were before wrapping, so that a chart can be drawn again at another size. A weak key lets
# the figure go with its last user.
_CAPTIONS: WeakKeyDictionary[Axes, Captions] = WeakKeyDictionary()


class ChartAxes(Axes):
    """Axes that a notebook shows as a picture when they are the last value of a cell."""

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        render(self, out, format="png", dpi=110, bbox_inches="tight")
        return out.getvalue()


def axes(ax: Axes | None, *, rows: int = 8) -> Axes:
    """Return the axes to draw on: the given ones, or those of a new figure as high as its rows need."""
    # Texts that the axes make themselves take the font of this context; matplotlib's own settings stay as the user has them.
    with mpl.rc_context({"font.family": fonts()}):
        if ax is None:
            # Not pyplot's figure: pyplot would keep it alive, and notebooks would show it twice.
            figure = Figure(figsize=(10.0, min(max(3.2, 1.9 + 0.36 * rows), 11.0)), facecolor="white", layout=None)
            ax = figure.add_subplot(axes_class=ChartAxes)
            figure.subplots_adjust(
                left=0.30, right=0.93, top=1 - 1.05 / figure.get_figheight(), bottom=0.95 / figure.get_figheight()
            )
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(look.line)
    ax.tick_params(colors=look.ink, labelsize=10, length=0)
    return ax


def finish(
    ax: Axes,
    *,
    title: str,
    subtitle: str,
    result: pd.DataFrame,
    alt: str = "",
    bars: Iterable[Iterable[int]] = (),
) -> Axes:
    """Return the axes with title, subtitle, footnote and alt text; every text is text, never a formula."""
    title, subtitle, alt, footnote = map(printable, (title, subtitle, alt, footnote_of(result)))
    _CAPTIONS[ax] = Captions(title, subtitle, footnote, tuple(tuple(rows) for rows in bars))
    _write_around(ax)
    # Names come from the data: any script, and perhaps a dollar sign.
    for text in [*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts]:
        text.set_family(fonts())
        text.set_parse_math(False)
    for text in ax.texts:
        text.set_text(printable(text.get_text()))
    # The gid is the id of the chart's group in an SVG, and the one place of an Axes that is free for a text.
    ax.set_gid("\n".join(x for x in (f"{title}. {subtitle}.", alt) if x))
    return ax


def _write_around(ax: Axes) -> None:
    """Write title, subtitle and footnote, wrapped for the size of the figure."""
    captions, figure = _CAPTIONS[ax], _figure(ax)
    wide, high = figure.get_size_inches()
    family: dict[str, Any] = {"family": fonts(), "parse_math": False}  # "$a_b$ Ltd" is a name, not a formula
    # Letters have a size in points, so an inch holds as many of them whatever the size of the figure: about 8 of the bold 14
    # point title and 13.5 of the 8.5 point footnote. matplotlib's own wrapping would need a renderer.
    title = _wrapped(captions.title, max(20, int(wide * 8.2) if wide > 8 else int(wide * 8.6) - 2))
    footnote = _wrapped(captions.footnote, int(wide * 13.5))
    if not isinstance(ax, ChartAxes):
        # Somebody else's figure: the corners are not ours to write into, so the texts hang on the axes.
        ax.set_title(f"{title}\n{captions.subtitle}", fontsize=11, color=look.ink, loc="left", **family)
        ax.annotate(
            footnote, (0, -0.22), xycoords="axes fraction", fontsize=7.5, color=look.muted, va="top", parse_math=False
        )
        return
    subtitle = _wrapped(captions.subtitle, max(30, int(wide * 12.8))) if wide < 9 else captions.subtitle
    # Measured in inches from the edges, which keeps the distances when the figure grows: 0.28 inches per line of the title.
    gap = 0.28 * (title.count("\n") + 1)
    figure.text(0.02, 1 - 0.18 / high, title, fontsize=14, fontweight="bold", color=look.ink, va="top", **family)
    figure.text(0.02, 1 - (0.18 + gap) / high, subtitle, fontsize=10.5, color=look.muted, va="top", **family)
    figure.text(0.02, 0.10 / high, footnote, fontsize=8.5, color=look.muted, va="bottom", **family)


def _wrapped(text: str, wide: int) -> str:
    """Return the text in lines of so many letters; a number stays with its unit."""
    # A space before a unit becomes one that does not break: "95 %", "1.25 M EUR", "30 days", "n = 20".
    unit = r"(?<=\d) (?=(?:%|k|M|bn|days?|lines?|[A-Z]{3})\b|%)|(?<=\d [kM]) |(?<=\d bn) |(?<=\bn) (?==)|(?<=n =) "
    return "\n".join(textwrap.wrap(re.sub(unit, "\N{NO-BREAK SPACE}", text), wide)).replace("\N{NO-BREAK SPACE}", " ")


def _figure(ax: Axes) -> Any:
    return ax.figure


def captions_of(ax: Axes) -> Captions:
    """Return the title, subtitle and footnote of a chart."""
    return _CAPTIONS.get(ax, Captions("", "", ""))


def retitle(ax: Axes, title: str) -> None:
    """Give a chart another title: yours, over the one that it found."""
    old, title = captions_of(ax), printable(title)
    _CAPTIONS[ax] = replace(old, title=title)
    ax.set_gid(alt_text(ax).replace(old.title, title, 1))
    resize(ax, *_figure(ax).get_size_inches())


def resize(ax: Axes, wide: float, high: float) -> None:
    """Draw a chart of its own figure at another size in inches: the letters keep theirs, and the chart gives way."""
    figure = _figure(ax)
    figure.set_size_inches(wide, high)
    if not isinstance(ax, ChartAxes):
        return
    bare(ax)
    _write_around(ax)
    with _any_glyph():
        _, subtitle, footnote = (t.get_window_extent() for t in figure.texts)
    scale = figure.dpi * high  # from pixels to parts of the figure
    _fit(ax, bottom=footnote.y1 / scale + 0.02, top=subtitle.y0 / scale - 0.02)


def fill(ax: Axes, wide: float, high: float) -> None:
    """Draw a chart of its own figure at another size in inches without the texts around it: for a slide that has them."""
    if isinstance(ax, ChartAxes):
        _figure(bare(ax)).set_size_inches(wide, high)
        _fit(ax, bottom=0.02, top=0.98)


def _fit(ax: Axes, *, bottom: float, top: float) -> None:
    """Let the axes with all their labels take the room between two heights, in parts of the figure."""
    figure = _figure(ax)
    wide, high = figure.get_size_inches() * figure.dpi
    # The axes take what their labels leave: a label that sticks out to the left by 0.3 pushes the axes to the right by that.
    # Narrower axes may show other ticks, whose labels are wider or narrower again; the second pass settles it.
    for _ in range(2):
        with _any_glyph():
            needs = Bbox.union([a.get_tightbbox() for a in figure.axes])  # a second y axis too
        at = ax.get_position()
        x0, x1 = at.x0 + 0.02 - needs.x0 / wide, at.x1 + 0.98 - needs.x1 / wide
        y0, y1 = at.y0 + bottom - needs.y0 / high, at.y1 + top - needs.y1 / high
        ax.set_position((x0, y0, max(0.2, x1 - x0), max(0.2, y1 - y0)))


@contextmanager
def _any_glyph() -> Iterator[None]:
    """Say nothing of a letter that no installed font has: it is drawn as a box, and the tables have the name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def no_data(ax: Axes | None, what: str, result: pd.DataFrame, *, title: str | None = None) -> Axes:
    """Return axes that say that there is nothing to draw; ``title`` where that is the finding."""
    ax = axes(ax, rows=3)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.text(0.5, 0.5, "None" if title else "No data", transform=ax.transAxes, ha="center", va="center", fontsize=16, color=look.muted)  # fmt: skip
    return finish(ax, title=title or f"No data: {what}", subtitle="Nothing is left to count", result=result)


def alt_text(ax: Axes) -> str:
    """Return the text for those who don't see the chart: its headline and key numbers.

    Parameters
    ----------
    ax : what a ``plot_*`` function returned

    Returns
    -------
    str; empty for Axes that were drawn by something else

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "b"], "currency": "EUR", "amount": [90.0, 10.0]})
    >>> print(style.alt_text(spend.plot_by_vendor(lines)))
    a makes 90 % of ordered spend. Ordered spend by vendor, EUR, total 100.00 EUR.
    a 90.00 EUR; b 10.00 EUR
    """
    return str(ax.get_gid() or "")


def footnote_of(result: pd.DataFrame) -> str:
    """Return source, as-of day, currency basis, number of lines, what was left out, and the definition's name."""
    about: Mapping[str, Any] = result.attrs
    if (
        "metric" not in about
    ):  # attrs are a convenience that many operations of pandas drop; a chart is drawn without them
        return ""
    only = ", ".join(f"{name} {text}" for name, text in about.get("filters", {}).items())
    parts = [
        f"Only {only}" if only else "",
        f"Source: {about['source']}" if about.get("source") else "",
        f"as of {about['as_of']}" if about.get("as_of") else "",
    ]
    parts.append(f"currency: {about['currency']}" if about.get("currency") and "currency" in result else "")
    calendar = about.get("parameters", {}).get("calendar")
    parts.append(f"days: {calendar}" if calendar else "")
    parts.append(f"n = {number(about['included']['n_lines'])} lines")
    left_out = ", ".join(f"{number(e['n_lines'])} {e['reason']}" for e in about["excluded"])
    parts.append(f"left out: {left_out or 'nothing'}")
    parts.append(f"definition: {about['metric']}")
    return " · ".join(p for p in parts if p)


def bare(ax: Axes) -> Axes:
    """Return a chart of its own figure without title, subtitle and footnote: for a page that has them."""
    # Texts of the figure are those around the chart; the labels and names belong to the axes and stay.
    for text in list(_figure(ax).texts) if isinstance(ax, ChartAxes) else ():
        text.remove()
    return ax


def bars_of(ax: Axes, value: str) -> pd.DataFrame:
    """Return the bars that a chart shows, from the top: ``label`` and their length, in a column of that name."""
    bars = [p.get_width() for p in ax.patches if isinstance(p, Rectangle)]
    labels = [t.get_text() for t in ax.get_yticklabels()]
    return pd.DataFrame({"label": pd.array(labels, dtype="string"), value: np.array(bars, dtype=float)})


def bar_colours(ax: Axes) -> list[str]:
    """Return the colours of a chart's bars, in their order."""
    return [colors.to_hex(p.get_facecolor()).upper() for p in ax.patches if isinstance(p, Rectangle)]


def one_currency(result: pd.DataFrame) -> str | None:
    """Return the one currency of a result, or raise: amounts of several don't share an axis."""
    names = result["currency"].unique()
    if len(names) > 1:  # a missing currency is one of its own: nothing says that those amounts are in the other
        listed = ", ".join("none" if pd.isna(n) else str(n) for n in names)
        raise MixedCurrencyError(
            f"a chart shows one currency, and these are {listed}: pass currency='{names[0]}', or convert first"
        )
    return None if len(names) == 0 or pd.isna(names[0]) else str(names[0])


def render(ax: Axes, out: Any, **options: Any) -> None:
    """Write a chart in one way for all: fonts, stable SVG ids, and no warning for a script that no installed font has."""
    figure: Any = ax.figure
    # A fixed salt makes the ids of an SVG the same each time; letters as paths look alike on machines without our fonts.
    settings = {"svg.hashsalt": "makini", "svg.fonttype": "path", "font.family": fonts()}
    with mpl.rc_context(settings), _any_glyph():
        figure.savefig(out, facecolor="white", **options)


def write_chart(ax: Axes, path: Path) -> Path:
    """Write a chart as PNG or SVG, into a place that is not looked at before it is whole."""
    resize(ax, *_figure(ax).get_size_inches())
    text = printable(alt_text(ax))
    svg = path.suffix == ".svg"
    # Neither a date nor matplotlib's version goes into the file: the same data shall give the same bytes.
    metadata = {"Date": None, "Description": text} if svg else {"Description": text, "Software": None}
    render(ax, path, dpi=200, metadata=metadata)
    return path
