"""How charts and reports look: colours, fonts and the marks of numbers, in one object that `style.use` sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from matplotlib import colors, font_manager

#: Fonts with Chinese and Japanese letters; where the machine has one of them, the brought one is not needed.
_CJK = {"Noto Sans CJK JP", "Noto Sans CJK SC", "IPAexGothic"}


@dataclass
class Look:
    """Colours, fonts and marks of numbers. Blue and vermillion are told apart by colour-blind eyes, and in grey.

    Attributes
    ----------
    highlight : colour of what the title speaks of
    late : colour of what is late
    plain : colour of the other bars and lines
    rest : colour of what is of no interest beside them
    ink, muted : colours of titles and labels, and of subtitles and footnotes
    line : colour of axes and grid
    paper : colour that all of them stand on
    fonts : font families, tried in this order
    decimal, thousands : marks of numbers in charts and reports
    """

    highlight: str = "#0072B2"
    late: str = "#D55E00"
    plain: str = "#8A8F94"
    rest: str = "#C3C7CB"
    ink: str = "#1F2328"
    muted: str = "#57606A"
    line: str = "#D0D7DE"
    paper: str = "#FFFFFF"
    fonts: tuple[str, ...] = (
        "DejaVu Sans",
        "Noto Sans CJK JP",
        "Noto Sans CJK SC",
        "IPAexGothic",
        "Noto Sans Arabic",
        "Noto Naskh Arabic",
    )
    decimal: str = "."
    thousands: str = ","


#: The colours for a dark paper; those that a company sets are made lighter until they are seen there.
_DARK = {
    "highlight": "#56B4E9", "late": "#F28E3C", "plain": "#9AA6B2", "rest": "#667380", "ink": "#E8ECF0", "muted": "#A7B1BB",
    "line": "#3A4450", "paper": "#11161B",
}  # fmt: skip
_LEAST_CONTRAST = 3.0

#: The colours that a chart is drawn in now, where its paper is not the one of the look that is set.
_on_other_paper: ContextVar[Look | None] = ContextVar("_on_other_paper", default=None)


class _Current(Look):
    """The look that is set; while a chart is drawn on other paper, on a dark figure of the user's say, the colours for that."""

    def __getattribute__(self, name: str) -> Any:
        other = _on_other_paper.get()
        return object.__getattribute__(self if other is None or name not in _NAMES else other, name)


_NAMES = frozenset(f.name for f in fields(Look))
#: The look of all charts and reports made from now on.
look: Look = _Current()
_chosen = {"light": Look(), "dark": replace(Look(), **_DARK)}


def wear(chosen: Look, *, dark: bool = False) -> None:
    """Set the look, given as that for white paper, for all charts made from now on."""
    usual, on_dark = Look(), dict(_DARK)
    for name in ("highlight", "late"):
        if getattr(chosen, name) != getattr(usual, name):
            on_dark[name] = _lightened(getattr(chosen, name), _DARK["paper"])
    _chosen.update(light=chosen, dark=replace(chosen, **on_dark))
    # Changed in place: every module holds this one object, and sees what was set.
    for name in _NAMES:
        setattr(look, name, getattr(_chosen["dark" if dark else "light"], name))


@contextmanager
def drawn_on(paper: Any) -> Iterator[None]:
    """Take the colours that are seen on a paper; None, or one that lets the background through, is that of the look that is set."""
    other = None
    if paper is not None and colors.to_rgba(paper)[3] > 0.5:
        fits = _chosen["dark" if is_dark(paper) else "light"]
        other = fits if is_dark(paper) != is_dark(look.paper) else None
    before = _on_other_paper.set(other or _on_other_paper.get())
    try:
        yield
    finally:
        _on_other_paper.reset(before)


def is_dark(paper: Any) -> bool:
    """Return whether white is read better on it than black."""
    return contrast("#FFFFFF", paper) > contrast("#000000", paper)


def ink_on(background: Any) -> str:
    """Return the colour of letters on a bar: that of the labels, or of the paper, whichever is read better."""
    return max(look.ink, look.paper, key=lambda c: contrast(c, background))


def contrast(one: Any, other: Any) -> float:
    """Return the contrast of two colours, as WCAG 2 defines it: 1 to 21."""
    return (max(lights := (_luminance(one), _luminance(other))) + 0.05) / (min(lights) + 0.05)


def _luminance(colour: Any) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colors.to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _lightened(colour: str, paper: str) -> str:
    """Return a colour with as much white as it needs to be seen on a dark paper."""
    rgb, white = colors.to_rgb(colour), 0.0
    while contrast(mixed := [c + (1 - c) * white for c in rgb], paper) < _LEAST_CONTRAST:
        white += 0.05
    return colors.to_hex(mixed).upper()


def fonts() -> tuple[str, ...]:
    """Return the font families to try in turn, of those that are there: Latin and Arabic first, then Japanese and Chinese.

    The Japanese font that the extra ``report`` brings stands in where the machine has none.
    """
    return families(look.fonts)


@cache
def families(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of some font families that are installed.

    This adds to matplotlib's list of fonts, in this process alone and each font once: a text falls back from one family to the
    next only among fonts of that list, so neither a path nor an rc setting of our charts would do. Nothing on the list changes.
    """
    # matplotlib logs a warning for each family that is not installed, so only those that are there are passed on.
    known = set(font_manager.get_font_names())
    brought = find_spec("matplotlib_fontja")
    if not known & _CJK and brought is not None and brought.submodule_search_locations:
        for path in sorted(Path(brought.submodule_search_locations[0]).rglob("*.ttf")):
            font_manager.fontManager.addfont(path)
        known = set(font_manager.get_font_names())
    found = tuple(f for f in wanted if f in known)
    for family in found:
        _fill_weights(family)
    return found or ("sans-serif",)


def _fill_weights(family: str) -> None:
    """Let a family of one weight, as the brought one is, stand in for bold too.

    matplotlib takes that font for bold text anyway, but logs a warning each time. Whoever else asks for the bold of that family
    gets the font that they got before.
    """
    manager = font_manager.fontManager
    upright = [f for f in manager.ttflist if f.name == family and f.style == "normal"]
    weights = {f: font_manager.weight_dict.get(f.weight, f.weight) for f in upright}
    for wanted in {400, 700} - set(weights.values()) if weights else ():  # none are lacking the second time
        nearest = min(upright, key=lambda f: abs(weights[f] - wanted))
        manager.ttflist.append(replace(nearest, weight=wanted))
