"""How every chart looks: one style, titles that state the finding, direct labels, a footnote that says what was left out.

Figures are made outside pyplot, so nothing is registered, shown twice or leaked; no setting of matplotlib's is touched, and only its
list of fonts may grow (see `_look`). A company's fonts, colours and number marks are set in one place, `style.use`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
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

from ..compute import LATER
from ..errors import ConfigError, MixedCurrencyError
from ._contrast import is_dark, is_seen
from ._fonts import fonts
from ._footnote import ROWS_DRAWN, footnote_of
from ._layout import Layout, any_glyph, written
from ._look import look
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

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the picture's text for those who don't see it; the picture comes from the method below."""
        return {}, {"image/png": {"alt": alt_text(self)}}

    def __getattr__(self, name: str) -> Any:
        # matplotlib asks for some that there are not
        if name.startswith("_") or not hasattr(Figure, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        does = (
            "style.save(ax, 'chart.png') writes it"
            if name in ("savefig", "save", "show")
            else f"ax.figure.{name} is the figure's"
        )
        raise AttributeError(f"a chart is its axes, which have no {name!r}: {does}")

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        render(self, out, format="png", dpi=110)
        return out.getvalue()


def paper_of(ax: Any) -> Any:
    """Return the colour that a caller's axes stand on; None where there are none, or nothing can be seen of it."""
    if not isinstance(ax, Axes):
        return None
    papers: list[Any] = [p for p in (_figure(ax).get_facecolor(), ax.get_facecolor()) if is_seen(p)]
    return papers[0] if papers else None


def axes(ax: Axes | None, *, rows: int = 8) -> Axes:
    """Return the axes to draw on: the given ones, or those of a new figure as high as its rows need."""
    if not isinstance(ax, Axes | None):
        raise ConfigError(f"ax: pass the axes to draw on, as plt.subplots()[1], not {type(ax).__name__}")
    # Texts that the axes make themselves take the font of this context; matplotlib's own settings stay as the user has them.
    with mpl.rc_context({"font.family": fonts(), "axes.facecolor": look.paper}):
        if ax is None:
            # Not pyplot's figure: pyplot would keep it alive, and notebooks would show it twice.
            figure = Figure(figsize=(10.0, min(max(3.2, 1.9 + 0.36 * rows), 11.0)), facecolor=look.paper, layout=None)
            ax = figure.add_subplot(axes_class=ChartAxes)
    if is_dark(ax.get_facecolor()) != is_dark(
        look.paper
    ):  # white axes on a dark figure: names stand on one, bars on the other
        ax.set_facecolor("none")
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
    columns: int = 0,
    cut: bool = False,
) -> Axes:
    """Return the axes with title, subtitle, footnote and alt text; every text is text, never a formula.

    Texts of ``columns`` beside the names of the rows, each 1 wide, are kept within them. A chart that may be ``cut`` is drawn without
    the last of its rows and columns where there is no room for them, and says so.
    """
    if not isinstance(title, str):
        raise ConfigError(f"title={title!r:.60}: pass a text")
    rows, own_title = result.attrs.get(ROWS_DRAWN, ("", None))
    if rows and title != own_title:
        title = f"Of {rows}: {title}"
    title, subtitle, alt, footnote = map(printable, (title, subtitle, alt, footnote_of(result)))
    _CAPTIONS[ax] = Captions(title, subtitle, footnote, tuple(tuple(rows) for rows in bars))
    # Names come from the data: any script, and perhaps a dollar sign.
    for text in [*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts]:
        text.set_family(fonts())
        text.set_parse_math(False)
    for text in ax.texts:
        text.set_text(printable(text.get_text()))
    _lay_out(ax, columns, cut)
    # The gid is the id of the chart's group in an SVG, and the one place of an Axes that is free for a text.
    ax.set_gid("\n".join(x for x in (f"{title}. {subtitle}.", alt) if x))
    return ax


def _lay_out(ax: Axes, columns: int, cut: bool) -> None:
    """Write title, subtitle and footnote around the chart, and have it fitted between them whenever it is drawn."""
    captions, own = _CAPTIONS[ax], isinstance(ax, ChartAxes)
    words = (captions.title, captions.subtitle, captions.footnote)
    before: Any = ax.get_axes_locator()
    if isinstance(before, Layout):  # a second chart on the same axes
        for text in before.texts:
            if text.figure is not None:
                text.remove()
        before = before.before
    rows = tuple(t.get_text() for t in ax.get_yticklabels())
    named = len(rows) == len(ax.get_yticks()) and list(ax.get_yticks()) == list(range(len(rows)))
    texts, names = written(ax, words, own=own), rows if named else ()
    ax.set_axes_locator(Layout(texts, words, own, names, columns, cut, ax.get_subplotspec(), before))


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
    if isinstance(layout := ax.get_axes_locator(), Layout):
        layout.words = (title, *layout.words[1:])
        layout.texts[0].set_text(title)


def resize(ax: Axes, wide: float, high: float) -> None:
    """Draw a chart of its own figure at another size in inches, and with the texts around it: the letters keep their size."""
    _figure(ax).set_size_inches(wide, high)
    _see(ax, True)


def fill(ax: Axes, wide: float, high: float) -> None:
    """Draw a chart of its own figure at another size in inches without the texts around it: for a slide that has them."""
    if isinstance(ax, ChartAxes):
        _figure(bare(ax)).set_size_inches(wide, high)


def bare(ax: Axes) -> Axes:
    """Return a chart without title, subtitle and footnote: for a page that has them."""
    _see(ax, False)
    return ax


def _see(ax: Axes, seen: bool) -> None:
    layout = ax.get_axes_locator()
    if isinstance(layout, Layout):
        layout.seen = seen
        for text in layout.texts:
            text.set_visible(seen)


def no_data(ax: Axes | None, what: str, result: pd.DataFrame, *, title: str | None = None, said: str = "None") -> Axes:
    """Return axes that say that there is nothing to draw; ``title`` is the finding where lines were looked at."""
    about = result.attrs
    looked_at = [about.get("included", {"n_lines": 1}), *about.get("excluded", ())]
    if not len(result) and not sum(part["n_lines"] for part in looked_at):
        title = None
    left_out = {part["reason"]: part["n_lines"] for part in about.get("excluded", ())}
    later = left_out.get(LATER)
    if later and later == sum(part["n_lines"] for part in looked_at):
        title = f"{'The one line was' if later == 1 else f'All {number(later)} lines were'} ordered after {about.get('as_of')}"
    ax = axes(ax, rows=3)
    ax.set_xticks([])
    ax.set_yticks([])
    said = said if title else "No data"
    ax.text(0.5, 0.5, said, transform=ax.transAxes, ha="center", va="center", fontsize=16, color=look.muted)
    subtitle = what[:1].upper() + what[1:] if title else "Nothing is left to count"
    if not title and left_out:
        subtitle += f"; most of what is left out: {max(left_out, key=lambda reason: left_out[reason])}"
    return finish(ax, title=title or f"No data: {what}", subtitle=subtitle, result=result)


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
    if not isinstance(ax, Axes):
        raise ConfigError(f"alt_text takes the axes of a chart, as plot_* return them, not {type(ax).__name__}")
    return str(ax.get_gid() or "")


def rectangles(ax: Axes) -> list[Rectangle]:
    """Return the bars and columns of a chart, in the order in which they were drawn."""
    return [p for p in ax.patches if isinstance(p, Rectangle)]


def bars_of(ax: Axes, value: str) -> pd.DataFrame:
    """Return the bars that a chart shows, from the top: ``label`` and their length, in a column of that name.

    A row below them that has no bar, such as the totals once more from zero, is none of them.
    """
    bars = [p.get_width() for p in rectangles(ax)]
    labels = [t.get_text() for t in ax.get_yticklabels()][: len(bars)]
    return pd.DataFrame({"label": pd.array(labels, dtype="string"), value: np.array(bars, dtype=float)})


def bar_colours(ax: Axes) -> list[str]:
    """Return the colours of a chart's bars, in their order; of a hatched one that of its lines, since between them is the paper."""
    return [colors.to_hex(p.get_edgecolor() if p.get_hatch() else p.get_facecolor()).upper() for p in rectangles(ax)]


def one_currency(result: pd.DataFrame, *, option: bool = True) -> str | None:
    """Return the one currency of a result, or raise: amounts of several don't share an axis.

    Without an ``option`` currency the chart is told to take the lines of one.
    """
    names = result["currency"].value_counts(dropna=False).index  # the commonest first
    if len(names) > 1:  # a missing currency is one of its own: nothing says that those amounts are in the other
        listed = ", ".join("none" if pd.isna(n) else str(n) for n in names)
        one = next(n for n in names if not pd.isna(n))
        way = f"pass currency='{one}', or convert first"
        if not option:
            way = f"pick one, lines[lines.currency == '{one}'], or pass currency.convert(lines, to='{one}')"
        raise MixedCurrencyError(f"a chart shows one currency, and these are {listed}: {way}")
    return None if len(names) == 0 or pd.isna(names[0]) else str(names[0])


def render(ax: Axes, out: Any, **options: Any) -> None:
    """Write a chart in one way for all: fonts, stable SVG ids, and no warning for a script that no installed font has."""
    figure: Any = ax.figure
    # A fixed salt makes the ids of an SVG the same each time; letters as paths look alike on machines without our fonts.
    settings = {"svg.hashsalt": "makini", "svg.fonttype": "path", "font.family": fonts()}
    with mpl.rc_context(settings), any_glyph():
        figure.savefig(out, facecolor=figure.get_facecolor(), **options)


def write_chart(ax: Axes, path: Path) -> Path:
    """Write a chart as PNG or SVG, into a place that is not looked at before it is whole."""
    text = printable(alt_text(ax))
    svg = path.suffix.lower() == ".svg"
    # Neither a date nor matplotlib's version goes into the file: the same data shall give the same bytes.
    metadata = {"Date": None, "Description": text} if svg else {"Description": text, "Software": None}
    render(ax, path, dpi=200, metadata=metadata)
    return path
