"""Marks that several charts draw alike: a text beside a point, the ticks of periods, and where the axes stand in their figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
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


def periods_below(ax: Axes, periods: Sequence[Any]) -> list[str]:
    """Write the periods under an axis that counts them from 0, turned where they are many and long, and return their names.

    A week goes by its Monday: "2025-01-06/2025-01-12" reads 2025-01-06.
    """
    names = [str(p).split("/")[0] for p in periods]
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
