"""On-time rates over time, and under every way to count them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import style
from ...errors import ConfigError
from .._ladder import CHOICES, ladder, swings
from .._periods import by_period

_WORDS = {
    "due": "due date",
    "late_days": "days allowed late",
    "early_days": "days allowed early",
    "calendar": "calendar",
    "weight": "weight",
    "open_lines": "open lines late,\nor left out",
}


def _said(choice: str) -> str:
    return _WORDS[choice].replace("\n", " ")


def plot_by_period(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw the on-time rate of each period of the due date with its interval; one that the as-of day cuts is hollow."""
    result = data if {"period", "on_time_rate"} <= set(getattr(data, "columns", ())) else by_period(data, **options)
    if len(result) and list(result.columns).index("period"):
        raise ConfigError("a trend shows one group: pass the rows of one, or by=None")
    if not len(result):
        return style.no_data(ax, "on-time rate by period", result)
    ax = style.axes(ax, rows=8)
    x, rate = np.arange(len(result)), result["on_time_rate"].to_numpy()
    whole = result["complete"].to_numpy(dtype=bool)
    ax.vlines(x, result["on_time_low"], result["on_time_high"], color=style.look.rest, lw=5)
    ax.plot(x, rate, color=style.look.highlight, lw=1.2)
    ax.plot(x[whole], rate[whole], "o", color=style.look.highlight, ms=7)
    ax.plot(x[~whole], rate[~whole], "o", mfc="white", mec=style.look.highlight, ms=7)
    periods = [str(p).split("/")[0] for p in result["period"]]
    step = max(1, -(-len(x) // 13))
    turned = len(x) > 8
    ax.set_xticks(x[::step], periods[::step], rotation=45 if turned else 0, ha="right" if turned else "center")
    low = float(np.nanmin(result["on_time_low"]))
    ax.set_ylim(max(0.0, np.floor(low * 10) / 10 - 0.05), 1.02)
    ax.yaxis.set_major_formatter(lambda v, _: style.percent(v) if v > 0 else "0")
    ax.grid(axis="y", color=style.look.line, lw=0.6)
    ax.set_axisbelow(True)
    if isinstance(ax, style.ChartAxes):
        ax.set_position((0.08, 0.28, 0.87, 0.48))
    full = np.flatnonzero(whole)
    last = result.iloc[int(full[-1]) if len(full) else -1]
    said = (
        title
        or f"On time in {str(last['period']).split('/')[0]}: {style.percent(last['on_time_rate'])} of {style.number(last['n_due'])} due lines"
        + _moved(result, full)
    )
    cut = "" if whole.all() else "; hollow: cut by the as-of day"
    sub = f"On-time rate by the period of the due date, all due lines, with 95 % interval{cut}"
    alt = "; ".join(f"{p} {style.percent(r)}" for p, r in zip(periods, rate, strict=True))
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def _moved(result: pd.DataFrame, full: Any) -> str:
    """Return whether the last whole period differs from the one before, in words that the intervals allow."""
    if len(full) < 2:
        return ""
    a, b = (result.iloc[int(i)] for i in full[-2:])
    if a["on_time_high"] < b["on_time_low"]:
        return f", up from {style.percent(a['on_time_rate'])}"
    if b["on_time_high"] < a["on_time_low"]:
        return f", down from {style.percent(a['on_time_rate'])}"
    return "; no clear difference to the period before"


def plot_ladder(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw every combination's rate in rising order, and how far each choice moves it."""
    result = data if set(CHOICES) <= set(getattr(data, "columns", ())) else ladder(data, **options)
    rates = result["on_time_rate"].dropna().sort_values()
    if not len(rates):
        return style.no_data(ax, "the on-time rate under every way to count", result)
    by = swings(result)
    ax = style.axes(ax, rows=8)
    ax.set_axis_off()
    left, right = ax.inset_axes((0.0, 0.06, 0.40, 0.9)), ax.inset_axes((0.74, 0.06, 0.26, 0.9))
    for panel in (left, right):
        for side in panel.spines.values():
            side.set_visible(False)
        panel.tick_params(length=0, colors=style.look.ink, labelsize=9.5)
    if isinstance(ax, style.ChartAxes):
        ax.set_position((0.06, 0.20, 0.90, 0.58))
    x = np.arange(len(rates))
    first = result["on_time_rate"].iloc[0]
    left.vlines(x, 0, rates, color=style.look.rest, lw=max(0.8, 180 / len(rates)))
    at = int(np.flatnonzero(rates.index == result.index[0])[0]) if result.index[0] in rates.index else 0
    left.vlines([at], 0, [first], color=style.look.highlight, lw=max(2.0, 200 / len(rates)))
    middle = at > len(rates) / 2
    left.annotate(f"as usual {style.percent(first)}", (at, first), (2 if middle else -2, 6), textcoords="offset points",
                  ha="right" if middle else "left", fontsize=9.5, color=style.look.highlight)  # fmt: skip
    left.set_ylim(0, 1.1)
    left.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    left.set_xticks([])
    left.set_title(
        f"{style.number(len(rates))} ways to count",
        fontsize=10,
        loc="left",
        color=style.look.muted,
        family=style.fonts(),
    )
    y = np.arange(len(by))
    right.barh(
        y, by["swing"], color=[style.look.highlight, *[style.look.rest] * max(len(by) - 1, 0)][: len(by)], height=0.6
    )
    right.set_yticks(y, [_WORDS[c] for c in by["choice"]])
    right.set_ylim(max(len(by), 3) - 0.4, -0.6)
    right.set_xticks([])
    for i, swing in enumerate(by["swing"]):
        right.annotate(
            f"{style.number(swing * 100, 1)} points",
            (swing, i),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=style.look.ink,
        )
    right.set_xlim(0, max([*by["swing"], 1e-9]) * 1.7)
    right.set_title(
        "what moves the rate, on average", fontsize=10, loc="left", color=style.look.muted, family=style.fonts()
    )
    driver = f"; what moves it most: {_said(by['choice'].iloc[0])}" if len(by) else ""
    said = (
        title or f"The same lines are {style.percent(rates.iloc[0])} to {style.percent(rates.iloc[-1])} on time{driver}"
    )
    sub = f"On-time rate of {style.number(int(result['n_due'].max()))} due lines under due date, tolerances, calendar, weight, open lines late or left out"
    alt = "; ".join(
        f"{_said(c)} {style.number(s * 100, 1)} points" for c, s in zip(by["choice"], by["swing"], strict=True)
    )
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)
