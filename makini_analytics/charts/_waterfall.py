"""A waterfall: what was, each step from where the last one ended, and what is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ._look import look
from ._marks import beside, name_rows, torn

#: Where the steps move the total by less than this share of it, they can't be seen on an axis that begins at zero.
_SMALL = 0.25


def waterfall(
    ax: Axes,
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    *,
    highlight: Collection[int] = (),
    said: Callable[[float], str] = str,
) -> str:
    """Draw the first and the last value as totals and those between as steps, and return what the subtitle says of a cut axis.

    Where the steps are small beside the totals the axis is cut: a zigzag crosses both, and two thin bars at the foot show them from
    zero. ``said`` puts the value at which the axis begins into words.
    """
    widths, last = np.array(values, dtype=float), len(values) - 1
    # A step starts where the one before it ended, and the last total at zero again: 150, +12, +20, 182 starts at
    # 0, 150, 162, 0. The sums are those of the steps up to it.
    starts = np.array([0.0, *np.cumsum(widths[:-1])])
    starts[-1] = 0.0
    colour = {0: look.plain, last: look.plain} | dict.fromkeys(highlight, look.highlight)
    y = np.arange(len(values))
    ax.barh(y, widths, left=starts, color=[colour.get(i, look.rest) for i in y.tolist()], height=0.66)
    joints = starts + widths
    right = np.maximum(starts, joints)
    ax.vlines(joints[:-1], y[:-1] - 0.33, y[1:] + 0.33, color=look.muted, lw=0.8)
    for i, text in enumerate(texts):
        beside(ax, text, (right[i], i))
    ax.set_xticks([])
    low, high = min(0.0, *starts, *joints), max(*right, 1e-9)
    base = _base(joints)
    if base <= 0:
        name_rows(ax, names)
        ax.axvline(0, color=look.line, lw=1)
        ax.set_xlim(low, high)
        return ""
    name_rows(ax, [*names, "the same from zero"])
    ax.set_xlim(base, high)
    for i in (0, last):
        torn(ax, base + 0.035 * (high - base), i, 0.66)
    # In parts of the axes' width, so that they begin at zero whatever the axis shows.
    ends = widths[[0, last]]
    ax.hlines(
        [last + 0.86, last + 1.14],
        0,
        ends / ends.max(),
        lw=4,
        color=[look.rest, look.plain],
        transform=ax.get_yaxis_transform(),
    )
    return f"; axis cut at {said(base)}"


def _base(joints: Any) -> float:
    """Return where the axis begins: zero, or where the steps are small a round number a little below the lowest of them.

    >>> _base(np.array([7.11, 6.55, 6.85, 6.58])), _base(np.array([100.0, 40.0, 160.0]))
    (6.4, 0.0)
    """
    low, high = float(joints.min()), float(joints.max())
    if low <= 0 or high - low <= 0 or (high - low) / high >= _SMALL:
        return 0.0
    step = 10.0 ** np.floor(np.log10((high - low) / 2))
    return round(float(np.floor((low - 0.15 * (high - low)) / step) * step), 10)
