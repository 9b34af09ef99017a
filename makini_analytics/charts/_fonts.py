"""The fonts of charts: those of the look that are installed, or brought."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager

from ._look import look

#: Fonts with Chinese and Japanese letters; where the machine has one of them, the brought one is not needed.
_CJK = {"Noto Sans CJK JP", "Noto Sans CJK SC", "IPAexGothic"}


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
