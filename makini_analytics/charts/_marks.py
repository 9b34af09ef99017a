"""Marks that several charts draw alike: a text beside a point, the ticks of periods, and where the axes stand in their figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ._figure import ChartAxes
from ._look import look

MOST_TICKS = 13  # more dates than that run into each other on a slide


def beside(
    ax: Axes, text: str, at: tuple[Any, Any], away: tuple[float, float] = (5, 0), *, va: str = "center", size: float = 9.5,
    colour: str | None = None, **options: Any,
) -> None:  # fmt: skip
    """Write a text some points away from a point of the data, so that the distance stays whatever the scale is."""
    ax.annotate(text, at, away, textcoords="offset points", va=va, fontsize=size, color=colour or look.ink, **options)


def place(ax: Axes, left: float, bottom: float, wide: float, high: float) -> None:
    """Put axes of their own figure where their labels have room; axes that the caller gave stay where the caller wants them."""
    if isinstance(ax, ChartAxes):
        ax.set_position((left, bottom, wide, high))


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

    >>> result = pd.DataFrame({"period": pd.PeriodIndex(["2025-01", "2025-03"], freq="M"), "n_due": [4, 2]})
    >>> result.attrs["as_of"] = "2025-04-10"
    >>> every_period(result)
        period  n_due
    0  2025-01    4.0
    1  2025-02    NaN
    2  2025-03    2.0
    3  2025-04    NaN
    """
    periods = pd.PeriodIndex(result["period"])
    last, known_to = periods.max(), result.attrs.get("as_of")
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
    """Write the periods under an axis that counts them from 0, turned where they are many and long, and return their names."""
    names = [period_name(p) for p in periods]
    x = np.arange(len(names))
    # Every second, third, ... period has a name: 24 months give 12 of them, 53 weeks 11.
    step = max(1, -(-len(x) // MOST_TICKS))
    turned = len(x) > 8 and len(names[0]) > 4
    ax.set_xticks(x[::step], names[::step], rotation=45 if turned else 0, ha="right" if turned else "center")
    return names


def name_rows(ax: Axes, names: Sequence[str], *, least: int = 4, top: float = -0.6) -> None:
    """Name the rows of a chart of horizontal bars, the first one on top; a single bar is not blown up to fill the chart."""
    ax.set_yticks(np.arange(len(names)), list(names))
    ax.set_ylim(max(len(names), least) - 0.5, top)
