"""The look of all charts and reports, and what sets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from matplotlib import colors, font_manager

from ..charts import Look as Look
from ..charts import look as look
from ..errors import ConfigError
from ..system import known_options


@known_options
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

    Examples
    --------
    >>> from makini_analytics import style
    >>> style.use(highlight="#7A1FA2", decimal=",", thousands=".")
    >>> style.look.highlight
    '#7A1FA2'
    >>> style.use()  # the usual look again
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
