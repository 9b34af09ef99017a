"""Columns of spend per period, with those that the data cut told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts


def uncut(result: pd.DataFrame) -> np.ndarray[Any, Any]:
    """True where nothing says that the period is cut; one of which the data can't say is taken as cut."""
    if result["complete"].isna().all():
        return np.ones(len(result), dtype=bool)
    return result["complete"].fillna(False).to_numpy(dtype=bool)


def columns(ax: Axes, values: np.ndarray[Any, Any], whole: np.ndarray[Any, Any], spoken: int | None) -> None:
    """Draw a column per period, the one that the title speaks of highlighted, and those that the data cut hatched."""
    colours = [charts.look.highlight if i == spoken else charts.look.rest for i in range(len(values))]
    drawn = ax.bar(np.arange(len(values)), values, color=colours, width=0.78)
    for i, (bar, complete) in enumerate(zip(drawn, whole, strict=True)):
        if not complete:
            # The hatch takes the colour of the edge, and the light grey of a column would not be seen on white.
            edge = charts.look.highlight if i == spoken else charts.look.plain
            bar.set(hatch="///", facecolor="white", edgecolor=edge)


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
