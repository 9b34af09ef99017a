"""How charts and reports look: colours, fonts and the marks of numbers, in one object that `use` sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from matplotlib import colors, font_manager

from ..errors import ConfigError

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


#: The look of all charts and reports made from now on.
look = Look()


def use(
    *,
    fonts: Sequence[str] = (),
    highlight: str | None = None,
    late: str | None = None,
    decimal: str = ".",
    thousands: str = ",",
) -> None:
    """Set the look of all charts and reports that are made from now on; without arguments, the usual one.

    Parameters
    ----------
    fonts : font families to try before the usual ones; they must be installed
    highlight, late : colours of what the title speaks of, and of what is late
    decimal, thousands : marks of numbers in charts and reports, such as "," and "."; files of numbers keep numbers

    Raises
    ------
    ConfigError
        A font is not installed, a colour is none or can't be seen on white, or both marks are the same.
    """
    known = set(font_manager.get_font_names())
    for name in fonts:
        if name not in known:
            raise ConfigError(f"the font {name!r} is not installed: see matplotlib.font_manager.get_font_names()")
    for colour in (highlight, late):
        if colour is not None and (not colors.is_color_like(colour) or _contrast(colour) < 3):
            raise ConfigError(
                f"{colour!r}: pass a colour such as '#0072B2' with a contrast of at least 3 to 1 on white"
            )
    if decimal == thousands:
        raise ConfigError(f"decimal and thousands marks are both {decimal!r}: numbers could not be read")
    usual = Look()
    chosen = replace(
        usual,
        fonts=(*fonts, *usual.fonts),
        highlight=highlight or usual.highlight,
        late=late or usual.late,
        decimal=decimal,
        thousands=thousands,
    )
    # Changed in place: every module holds this one object, and sees what was set.
    for field in fields(Look):
        setattr(look, field.name, getattr(chosen, field.name))


def _contrast(colour: str) -> float:
    """Return the contrast with white, as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colors.to_rgb(colour)]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def fonts() -> tuple[str, ...]:
    """Return the font families to try in turn, of those that are there: Latin and Arabic first, then Japanese and Chinese.

    The Japanese font that the extra ``report`` brings stands in where the machine has none.
    """
    return families(look.fonts)


@cache
def families(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of some font families that are installed."""
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
    """Let a family of one weight, as the brought one is, stand in for bold too: matplotlib would take it, and complain each time."""
    manager = font_manager.fontManager
    upright = [f for f in manager.ttflist if f.name == family and f.style == "normal"]
    weights = {f: font_manager.weight_dict.get(f.weight, f.weight) for f in upright}
    for wanted in {400, 700} - set(weights.values()) if weights else ():
        nearest = min(upright, key=lambda f: abs(weights[f] - wanted))
        manager.ttflist.append(replace(nearest, weight=wanted))
