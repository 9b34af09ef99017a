"""One value under every combination of choices, and how far each choice moves it: two panels in one chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ._fonts import fonts
from ._look import look
from ._marks import beside
from ._wording import number


def every_way(
    ax: Axes,
    values: npt.NDArray[np.float64],
    choices: Sequence[str],
    swings: Sequence[float],
    *,
    say: Callable[[float], str],
    say_swing: Callable[[float], str],
    whole: float | None = None,
    what: str = "rate",
) -> None:
    """Draw a value under every combination in rising order, the first one highlighted; beside it how far each choice moves it.

    Parameters
    ----------
    ax : axes that hold both panels
    values : one per combination, missing where there is none; the first is the usual way
    choices, swings : the choices in words, the strongest first, and how far each moves the value on average
    say, say_swing : a value, and a swing, in words
    whole : where the scale ends, such as 1 for a rate; by default at the largest value
    what : the value, in a word
    """
    ax.set_axis_off()
    # Two charts in one: panels inside of the axes, so that a caller's own axes can hold them too. The gap is for the words.
    left, right = ax.inset_axes((0.0, 0.06, 0.40, 0.9)), ax.inset_axes((0.74, 0.06, 0.26, 0.9))
    for panel in (left, right):
        panel.set_facecolor("none")
        for side in panel.spines.values():
            side.set_visible(False)
        panel.tick_params(length=0, colors=look.ink, labelsize=9.5)
    _values(left, values, say, whole)
    _swings(right, choices, swings, say_swing, what)


def _values(ax: Axes, values: npt.NDArray[np.float64], say: Callable[[float], str], whole: float | None) -> None:
    order = np.argsort(values, kind="stable")
    order = order[~np.isnan(values[order])]
    n, first = len(order), values[0]
    # Lines as thick as their number allows: 8 combinations give a few bars, 300 a filled outline.
    ax.vlines(np.arange(n), 0, values[order], color=look.rest, lw=max(0.8, 180 / n))
    at = int(np.flatnonzero(order == 0)[0]) if 0 in order else 0
    ax.vlines([at], 0, [first], color=look.highlight, lw=max(2.0, 200 / n))
    # The others rise to the right of it: the words go to the left as soon as there is room for them, a third of the panel.
    away, side = ((2, 6), "right") if at > n / 3 else ((-2, 6), "left")
    paper = {"fc": look.paper, "ec": "none", "pad": 0.6, "alpha": 0.8}
    text = f"as usual {say(first)}"
    beside(ax, text, (at, first), away, va="baseline", ha=side, colour=look.highlight, bbox=paper)
    top = whole if whole is not None else max(float(values[order[-1]]), 0.0) or 1.0
    bottom = min(float(values[order[0]]), 0.0)
    ax.set_ylim(bottom * 1.1, top * 1.1)
    ax.set_yticks([0, top / 2, top], ["0", say(top / 2), say(top)])
    ax.set_xticks([])
    _head(ax, f"{number(n)} ways to count")


def _swings(ax: Axes, choices: Sequence[str], swings: Sequence[float], say: Callable[[float], str], what: str) -> None:
    y = np.arange(len(swings))
    ax.barh(y, swings, color=[look.highlight if i == 0 else look.rest for i in y], height=0.6)
    ax.set_yticks(y, choices)
    ax.set_ylim(max(len(swings), 3) - 0.4, -0.6)
    ax.set_xticks([])
    for i, swing in enumerate(swings):
        beside(ax, say(swing), (swing, i), (4, 0))
    ax.set_xlim(0, max([*swings, 1e-9]) * 1.7)
    _head(ax, f"what moves the {what}, on average")


def _head(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=10, loc="left", color=look.muted, family=fonts())
