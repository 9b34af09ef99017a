"""How charts and reports look: colours, fonts and the marks of numbers, in one object that `style.use` sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any


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
    from ._contrast import lightened  # loads matplotlib, which words and numbers need not wait for

    usual, on_dark = Look(), dict(_DARK)
    for name in ("highlight", "late"):
        if getattr(chosen, name) != getattr(usual, name):
            on_dark[name] = lightened(getattr(chosen, name), _DARK["paper"])
    _chosen.update(light=chosen, dark=replace(chosen, **on_dark))
    # Changed in place: every module holds this one object, and sees what was set.
    for name in _NAMES:
        setattr(look, name, getattr(_chosen["dark" if dark else "light"], name))


@contextmanager
def drawn_on(paper: Any) -> Iterator[None]:
    """Take the colours that are seen on a paper; None, or one that lets the background through, is that of the look that is set."""
    from ._contrast import is_dark, is_seen

    other = None
    if paper is not None and is_seen(paper):
        fits = _chosen["dark" if is_dark(paper) else "light"]
        other = fits if is_dark(paper) != is_dark(look.paper) else None
    before = _on_other_paper.set(other or _on_other_paper.get())
    try:
        yield
    finally:
        _on_other_paper.reset(before)
