"""Marks that several charts draw alike: a text beside a point, a cut across a bar, the names of rows and periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..frames import FILTERS, OWN_DAYS
from ._look import look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Label of the names at the ends of lines, which a small chart moves further apart.
LINE_END = "line end"
#: Label of the values over columns, which are lifted above level marks that would run through them.
OVER_COLUMN = "over a column"
MOST_TICKS = 13  # more dates than that run into each other on a slide
_APART = 0.055  # of the height of the chart: two names at the ends of lines don't touch


def beside(
    ax: Axes, text: str, at: tuple[Any, Any], away: tuple[float, float] = (5, 0), *, va: str = "center", size: float = 9.5,
    colour: str | None = None, **options: Any,
) -> None:  # fmt: skip
    """Write a text some points away from a point of the data, so that the distance stays whatever the scale is."""
    ax.annotate(text, at, away, textcoords="offset points", va=va, fontsize=size, color=colour or look.ink, **options)


@dataclass(frozen=True)
class LineEnd:
    """The name of a line, at its last value."""

    value: float
    text: str
    colour: str


def name_lines(ax: Axes, ends: Sequence[LineEnd], last: float) -> None:
    """Write the names at the right of the lines, moved apart where they would touch."""
    bottom, top = ax.get_ylim()
    ends = sorted(ends, key=lambda e: e.value)
    least = _APART * (top - bottom)
    places = apart([e.value for e in ends], least)
    # a name beside the axes would not be drawn
    ax.set_ylim(min(bottom, places[0] - least), max(top, places[-1] + least))
    for end, place in zip(ends, places, strict=True):
        beside(ax, end.text, (last, place), (12, 0), size=9, colour=end.colour, label=LINE_END)


def apart(rising: Sequence[float], least: float) -> list[float]:
    """Return the values moved as little as can be so that they lie so far apart.

    Those that would touch share out their distance around their mean, with what they then touch as well.

    >>> apart([1.0, 5.0, 5.0, 9.0], 2.0)
    [1.0, 4.0, 6.0, 9.0]
    """
    blocks: list[list[float]] = []  # the values less their distance in line: within a block all are at its mean
    for i, value in enumerate(rising):
        blocks.append([value - i * least])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    even = [float(np.mean(block)) for block in blocks for _ in block]
    return [place + i * least for i, place in enumerate(even)]


def torn(ax: Axes, x: float, y: float, high: float = 0.68) -> None:
    """Mark a bar as cut, by a zigzag across it at x."""
    low, end = ax.get_xlim()
    at = y + high * np.array([-0.62, -0.31, 0.0, 0.31, 0.62])
    side = x + 0.006 * (end - low) * np.array([-1, 1, -1, 1, -1])
    ax.plot(side, at, color=look.paper, lw=3, zorder=4, solid_joinstyle="miter")


def period_name(period: Any) -> str:
    """Return the name of a period; a week goes by its Monday, a fiscal year that is no calendar year is named so.

    >>> period_name(pd.Period("2025-01-08", "W")), period_name(pd.Period("2025-03", "M"))
    ('2025-01-06', '2025-03')
    >>> period_name(pd.Period("2025-05", "Y-MAR")), period_name(pd.Period("2025-05", "Q-MAR"))
    ('FY2026', 'FY2026Q1')
    """
    unit = getattr(period, "freqstr", "")
    fiscal = unit[:2] in ("Y-", "A-", "Q-") and not unit.endswith("-DEC")
    return ("FY" if fiscal else "") + str(period).split("/")[0]


def every_period(result: pd.DataFrame) -> pd.DataFrame:
    """Return a result of one group with a row for every period from its first to the as-of day: missing where it has none.

    Of connections that are known up to different days the earliest one counts: until then all is known. Of orders that were filtered up
    to a day nothing is known later.

    >>> result = pd.DataFrame({"period": pd.PeriodIndex(["2025-01", "2025-03"], freq="M"), "n_due": [4, 2]})
    >>> result.attrs["as_of"] = "2025-04-10"
    >>> every_period(result)
        period  n_due
    0  2025-01    4.0
    1  2025-02    NaN
    2  2025-03    2.0
    3  2025-04    NaN
    """
    if not len(result):
        return result
    periods = pd.PeriodIndex(result["period"])
    last, known_to = periods.max(), result.attrs.get("as_of")
    if own := result.attrs.get(OWN_DAYS):
        known_to = min(own.values())
    if isinstance(known_to, str) and (until := result.attrs.get(FILTERS, {}).get("ordered to")):
        known_to = min(known_to, until)
    if isinstance(known_to, str):  # a period without lines at the end is news, too
        last = max(last, pd.Timestamp(known_to).to_period(periods.freq))
    every = pd.period_range(periods.min(), last, freq=periods.freq)
    out = result.set_index("period").reindex(every).rename_axis("period").reset_index()
    if "complete" in out and isinstance(known_to, str):
        ended = pd.array(every.end_time.normalize() <= pd.Timestamp(known_to), dtype="boolean")
        out["complete"] = out["complete"].where(every.isin(periods), ended)
    out.attrs = result.attrs
    return out[list(result.columns)]


def periods_below(ax: Axes, periods: Sequence[Any]) -> list[str]:
    """Write the periods under an axis that counts them from 0, the year below its first one, and return their names."""
    names = [period_name(p) for p in periods]
    short = _short_names(periods)
    # The year stands once, below the first period of it that has a name.
    years = ["" if n.startswith(s) else n[: 6 if n.startswith("FY") else 4] for s, n in zip(short, names, strict=True)]
    seen: set[str] = {""}
    ticks, texts = [], []
    for i, (text, year) in enumerate(zip(short, years, strict=True)):
        if text:
            ticks.append(i)
            texts.append(text if year in seen else f"{text}\n{year}")
            seen.add(year)
    ax.set_xticks(ticks, texts)
    return names


def _short_names(periods: Sequence[Any]) -> list[str]:
    """Return what stands below each period: its month or quarter, a letter where months are many; "" where there is no room.

    Of many quarters only the years are named, each at its first one.

    >>> _short_names(pd.period_range("2024-11", "2025-01", freq="M")), _short_names(pd.period_range("2024", "2026", freq="M"))[:3]
    (['Nov', 'Dec', 'Jan'], ['J', 'F', 'M'])
    >>> _short_names(pd.period_range("2025-12-29", periods=2, freq="W"))
    ['29 Dec', '5 Jan']
    """
    n, unit = len(periods), getattr(periods[0], "freqstr", "")[:1] if len(periods) else ""
    # a week goes by its Monday: the one of 29 December is not January's
    months = [_MONTHS[p.start_time.month - 1] for p in periods] if unit in "MWD" else []
    if unit == "M" and n <= 36:
        return [m if n <= MOST_TICKS else m[0] for m in months]
    if unit == "Q" and n <= 16:
        return [f"Q{p.quarter}" for p in periods]
    if unit and unit in "WD" and n <= MOST_TICKS:
        begins = [p.start_time for p in periods]  # a week goes by its Monday, which may lie in the month before
        return [f"{day.day} {_MONTHS[day.month - 1]}" for day in begins]
    if unit == "Q":
        years = [period_name(p)[:-2] if p.quarter == 1 else "" for p in periods]
        named = [y for y in years if y]
        shown = set(named[:: max(1, -(-len(named) // MOST_TICKS))])
        return [y if y in shown else "" for y in years]
    step = max(1, -(-n // MOST_TICKS))
    if unit and unit in "MWD":  # the months that begin a quarter, or the year where there are many
        begin = (1, 4, 7, 10) if n <= {"M": 72, "W": 320, "D": 2200}[unit] else (1,)
        first = [i == 0 or periods[i - 1].start_time.month != p.start_time.month for i, p in enumerate(periods)]
        return [m if f and p.start_time.month in begin else "" for p, m, f in zip(periods, months, first, strict=True)]
    return [period_name(p) if i % step == 0 else "" for i, p in enumerate(periods)]


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def name_rows(ax: Axes, names: Sequence[str], *, top: float = -0.6) -> None:
    """Name the rows of a chart of horizontal bars, the first one on top."""
    ax.set_yticks(np.arange(len(names)), list(names))
    ax.set_ylim(len(names) - 0.5, top)


def columns_beside_names(ax: Axes, names: Sequence[str], n: int, *, top: float) -> None:
    """Name the rows of small multiples, with room for n columns of width 1 and, up to ``top``, for their heads."""
    name_rows(ax, names, top=top)
    ax.set_xlim(0, n)
    ax.set_xticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    for i in range(1, len(names)):
        ax.axhline(i - 0.5, color=look.line, lw=0.5, zorder=0)
