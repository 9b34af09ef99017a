"""The on-time rate under every way to count it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    charts.every_way(
        ax, result["on_time_rate"].to_numpy(dtype=float), [_WORDS[c] for c in by["choice"]], by["swing"].tolist(),
        say=charts.percent, say_swing=_points, whole=1.0,
    )  # fmt: skip
    driver = f"; what moves it most: {_in_words(by['choice'].iloc[0])}" if len(by) else ""
    lowest, highest = charts.percent(rates.iloc[0]), charts.percent(rates.iloc[-1])
    found = f"The same lines are {lowest} to {highest} on time{driver}"
    if lowest == highest:  # as they are printed
        found = f"The same lines are {lowest} on time under {'every way to count' if len(rates) > 1 else 'the one way to count'}"
    headline = title or found
    n = charts.number(int(result["n_due"].max()))
    sub = f"On-time rate of {n} due lines under due date, tolerances, calendar, weight, open lines late or left out"
    points = (f"{_in_words(c)} {_points(s)}" for c, s in zip(by["choice"], by["swing"], strict=True))
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt="; ".join(points))


def _points(swing: float) -> str:
    return f"{charts.number(swing * 100, 1)} points"


def _in_words(choice: str) -> str:
    return _WORDS[choice].replace("\n", " ")
