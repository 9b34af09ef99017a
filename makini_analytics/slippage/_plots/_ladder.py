"""The on-time rate under every way to count it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...frames import AsOf
from .._ladder import CHOICES, ladder, swings

_WORDS = {
    "due": "due date",
    "late_days": "days allowed late",
    "early_days": "days allowed early",
    "calendar": "calendar",
    "weight": "weight",
    "open_lines": "open lines late,\nor left out",
}


@charts.chart(of=ladder, result_columns=CHOICES)
def plot_ladder(
    data: Any,
    *,
    as_of: AsOf | None = None,
    due: Sequence[str] | None = None,
    late_days: Sequence[float] = (0, 1, 3, 7),
    early_days: Sequence[float | None] = (None, 7, 3),
    calendar: Sequence[str | None] = (None, "weekdays"),
    weight: Sequence[str] | None = None,
    open_lines: Sequence[bool] = (True, False),
    under_share: float = 0,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw every combination's rate in rising order, and how far each choice moves it.

    To the left a line per combination; highlighted the first one of the result, which is the usual way to count. To the right
    how many percentage points each choice moves the rate on average, the strongest highlighted.

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({"required_date": pd.to_datetime(["2025-01-10"] * 4),
    ...                       "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-11", "2025-01-20", None])})
    >>> ax = slippage.plot_ladder(lines, as_of="2025-02-20", late_days=(0, 3), early_days=(None,), calendar=(None,))
    >>> print(style.alt_text(ax))
    The same lines are 25 % to 67 % on time; what moves it most: days allowed late.
    On-time rate of 4 due lines under due date, tolerances, calendar, weight, open lines late or left out.
    days allowed late 29.2 points; open lines late, or left out 12.5 points
    """
    result: pd.DataFrame = data
    rates = result["on_time_rate"].dropna().sort_values()
    if not len(rates):
        return charts.no_data(ax, "the on-time rate under every way to count", result)
    by = swings(result)
    ax = charts.axes(ax, rows=8)
    ax.set_axis_off()
    # Two charts in one: panels inside of the axes, so that a caller's own axes can hold them too. The gap is for the words.
    left, right = ax.inset_axes((0.0, 0.06, 0.40, 0.9)), ax.inset_axes((0.74, 0.06, 0.26, 0.9))
    for panel in (left, right):
        panel.set_facecolor("none")
        for side in panel.spines.values():
            side.set_visible(False)
        panel.tick_params(length=0, colors=charts.look.ink, labelsize=9.5)
    _every_rate(left, rates, result)
    _every_swing(right, by)
    driver = f"; what moves it most: {_in_words(by['choice'].iloc[0])}" if len(by) else ""
    lowest, highest = charts.percent(rates.iloc[0]), charts.percent(rates.iloc[-1])
    headline = title or f"The same lines are {lowest} to {highest} on time{driver}"
    n = charts.number(int(result["n_due"].max()))
    sub = f"On-time rate of {n} due lines under due date, tolerances, calendar, weight, open lines late or left out"
    points = (
        f"{_in_words(c)} {charts.number(s * 100, 1)} points" for c, s in zip(by["choice"], by["swing"], strict=True)
    )
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt="; ".join(points))


def _every_rate(ax: Axes, rates: pd.Series, result: pd.DataFrame) -> None:
    n, first = len(rates), result["on_time_rate"].iloc[0]
    # Lines as thick as their number allows: 8 combinations give a few bars, 300 a filled outline.
    ax.vlines(np.arange(n), 0, rates, color=charts.look.rest, lw=max(0.8, 180 / n))
    at = int(np.flatnonzero(rates.index == result.index[0])[0]) if result.index[0] in rates.index else 0
    ax.vlines([at], 0, [first], color=charts.look.highlight, lw=max(2.0, 200 / n))
    beyond_middle = at > n / 2  # then the words go to the left of the line, where there is room
    away, side = ((2, 6), "right") if beyond_middle else ((-2, 6), "left")
    text = f"as usual {charts.percent(first)}"
    charts.beside(ax, text, (at, first), away, va="baseline", ha=side, colour=charts.look.highlight)
    ax.set_ylim(0, 1.1)
    ax.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    ax.set_xticks([])
    _head(ax, f"{charts.number(n)} ways to count")


def _every_swing(ax: Axes, by: pd.DataFrame) -> None:
    y = np.arange(len(by))
    colours = [charts.look.highlight if i == 0 else charts.look.rest for i in range(len(by))]
    ax.barh(y, by["swing"], color=colours, height=0.6)
    ax.set_yticks(y, [_WORDS[c] for c in by["choice"]])
    ax.set_ylim(max(len(by), 3) - 0.4, -0.6)
    ax.set_xticks([])
    for i, swing in enumerate(by["swing"]):
        charts.beside(ax, f"{charts.number(swing * 100, 1)} points", (swing, i), (4, 0))
    ax.set_xlim(0, max([*by["swing"], 1e-9]) * 1.7)
    _head(ax, "what moves the rate, on average")


def _head(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=10, loc="left", color=charts.look.muted, family=charts.fonts())


def _in_words(choice: str) -> str:
    return _WORDS[choice].replace("\n", " ")
