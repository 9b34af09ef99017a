"""How well colours are told apart."""

from __future__ import annotations

from typing import Any

from matplotlib import colors

from ._look import look

_LEAST_CONTRAST = 3.0


def is_seen(paper: Any) -> bool:
    """Return whether a colour covers what lies under it."""
    return colors.to_rgba(paper)[3] > 0.5


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


def lightened(colour: str, paper: str) -> str:
    """Return a colour with as much white as it needs to be seen on a dark paper."""
    rgb, white = colors.to_rgb(colour), 0.0
    while contrast(mixed := [c + (1 - c) * white for c in rgb], paper) < _LEAST_CONTRAST:
        white += 0.05
    return colors.to_hex(mixed).upper()
