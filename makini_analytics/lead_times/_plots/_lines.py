"""How the lead times of single lines are spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import WorkCalendar
from ...frames import AsOf
from .._per_line import per_line
from ._words import none_came


@charts.chart(of=per_line, result_columns=("lead_time_days",))
def plot_per_line(
    data: Any,
    *,
    as_of: AsOf | None = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how the lead times of the delivered lines are spread, and say how many are still open.

    A histogram of days; the upright lines are the median and the 90th percentile of what has come. The slowest hundredth of
    the lines is in the last bar. `plot_curve` and `plot_by_vendor` count the open lines too, and so give longer times.

    Examples
    --------
    >>> from makini_analytics import lead_times, style
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-01", "2025-01-10"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-15", None])})
    >>> print(style.alt_text(lead_times.plot_per_line(lines, as_of="2025-01-31")))
    Of the delivered lines, half came within 14 days; 1 line is still open.
    Lead time of 1 delivered line; longer in charts that count open lines, as those take longer.
    median 14 days; p90 14 days
    """
    result: pd.DataFrame = data
    days = result["lead_time_days"].dropna().to_numpy()
    if not len(days):
        return charts.no_data(ax, "lead time of each line", result, title=none_came(result))
    far = float(np.quantile(days, 0.99)) + 1  # one line of 900 days would press all others into the first bar
    ax = charts.axes(ax, rows=8)
    edges = np.arange(0, far + 2, max(1, round(far / 45)))
    ax.hist(np.minimum(days, far), bins=edges, color=charts.look.plain, edgecolor=charts.look.paper, lw=0.4)
    top = ax.get_ylim()[1] * 1.12  # the words stand above the bars
    ax.set_ylim(0, top)
    quantiles = {name: float(np.quantile(days, q)) for name, q in (("median", 0.5), ("p90", 0.9))}
    for name, day in quantiles.items():
        colour = charts.look.highlight
        ax.axvline(day, color=colour, lw=1.6)
        text = f"{name} {charts.number(day)}"
        charts.beside(ax, text, (day, top * 0.97), (4, 0), va="top", size=10, colour=colour, fontweight="bold")
    ax.set_yticks([])
    ax.set_xlabel("calendar days from order to delivery", color=charts.look.muted, fontsize=9.5)
    n_open = int((result["outcome"] == "open").sum())
    half = charts.number(quantiles["median"])
    headline = title or f"Of the delivered lines, half came within {half} days; {_still_open(n_open)}"
    beyond = int((days > far).sum())
    last = f"; {charts.number(beyond)} beyond {charts.number(far)} days in the last bar" if beyond else ""
    # Other charts count the open lines too, and their p90 is another: here it is said why.
    sub = f"Lead time of {charts.counted(len(days), 'delivered line')}; longer in charts that count open lines, as those take longer{last}"
    alt = "; ".join(f"{name} {charts.number(day)} days" for name, day in quantiles.items())
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _still_open(n: int) -> str:
    if not n:
        return "none is still open"
    return f"{charts.counted(n, 'line')} {'is' if n == 1 else 'are'} still open"
