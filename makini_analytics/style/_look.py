"""The look of all charts and reports, and what sets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matplotlib import colors, font_manager

from ..charts import Look as Look
from ..charts import contrast, wear
from ..charts import look as look
from ..errors import ConfigError
from ..system import flag_of, known_options


@known_options
def use(
    *,
    fonts: Sequence[str] = (),
    highlight: str | None = None,
    late: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    dark: bool = False,
) -> None:
    """Set the look of all charts and reports that are made from now on; without arguments, the usual one.

    Parameters
    ----------
    fonts : font families to try before the usual ones; they must be installed
    highlight, late : colours of what the title speaks of, and of what is late
    decimal, thousands : marks of numbers in charts and reports; one that is left out is the other of "." and "," where the one
        passed takes its place. Files of numbers keep numbers
    dark : True for charts on dark paper. On a figure of your own (``ax=``) that is dark they are drawn so without it

    Raises
    ------
    ConfigError
        A font is not installed, a colour is none or can't be seen on white, or a mark is none, or both are the same.

    Examples
    --------
    >>> from makini_analytics import style
    >>> style.use(highlight="#7A1FA2", decimal=",")
    >>> style.look.highlight, style.look.thousands
    ('#7A1FA2', '.')
    >>> style.use()  # the usual look again
    """
    known = set(font_manager.get_font_names())
    for name in fonts:
        if name not in known:
            raise ConfigError(f"the font {name!r} is not installed: see matplotlib.font_manager.get_font_names()")
    for colour in (highlight, late):
        if colour is not None and (not colors.is_color_like(colour) or contrast(colour, "white") < 3):
            raise ConfigError(
                f"{colour!r}: pass a colour such as '#0072B2' with a contrast of at least 3 to 1 on white"
            )
    if decimal is None:
        decimal = "," if thousands == "." else "."
    if thousands is None:
        thousands = "." if decimal == "," else ","
    for name, mark, most in (("decimal", decimal, "one"), ("thousands", thousands, "one, or none")):
        if (
            not isinstance(mark, str)
            or len(mark) > 1
            or mark.isalnum()
            or mark in ("+", "-")
            or (name == "decimal" and mark not in (".", ",", "·", "٫"))
        ):
            raise ConfigError(f"{name}={mark!r}: pass {most} mark of numbers, such as ',' or '.'")
    if decimal == thousands:
        raise ConfigError(
            f"decimal and thousands marks are both {decimal!r}: pass one of them, and the other moves by itself"
        )
    usual = Look()
    chosen = replace(
        usual,
        fonts=(*fonts, *usual.fonts),
        highlight=highlight or usual.highlight,
        late=late or usual.late,
        decimal=decimal,
        thousands=thousands,
    )
    wear(chosen, dark=flag_of("dark", dark))
