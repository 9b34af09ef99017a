"""Columns of spend per period, with those that the data cut told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts


def uncut(result: pd.DataFrame) -> np.ndarray[Any, Any]:
    """True where nothing says that the period is cut."""
    return result["complete"].fillna(True).to_numpy(dtype=bool)


def columns(ax: Axes, values: np.ndarray[Any, Any], whole: np.ndarray[Any, Any], spoken: int | None) -> None:
    """Draw a column per period, the one that the title speaks of highlighted, and those that the data cut hatched."""
    colours = [charts.look.highlight if i == spoken else charts.look.rest for i in range(len(values))]
    drawn = ax.bar(np.arange(len(values)), values, color=colours, width=0.78)
    for i, (bar, complete) in enumerate(zip(drawn, whole, strict=True)):
        if not complete:
            # The hatch takes the colour of the edge, and the light grey of a column would not be seen on white.
            edge = charts.look.highlight if i == spoken else charts.look.plain
            bar.set(hatch="///", facecolor=charts.look.paper, edgecolor=edge)
