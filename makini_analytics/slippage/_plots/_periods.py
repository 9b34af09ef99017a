"""On-time rates over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By, WorkCalendar
from ...errors import ConfigError
from ...frames import AsOf
from .._periods import by_period


@charts.chart(of=by_period, result_columns=("period", "on_time_rate"))
def plot_by_period(
    data: Any,
    *,
    freq: str = "M",
    by: By = None,
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    early_days: float | None = None,
    weight: str = "lines",
    cluster: str | None = None,
    calendar: WorkCalendar = None,
    fiscal_year_start: int = 1,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the on-time rate of each period of the due date with its interval; one that the as-of day cuts is hollow.

    The grey bar behind a dot is the 95 % interval. The title calls the last whole period higher or lower than the one before
    only where the two intervals don't touch. The scale begins a little below the lowest interval, not at zero.

    Raises
    ------
    ConfigError
        The result has several groups: this chart shows one.

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({"required_date": pd.to_datetime(["2025-01-10", "2025-01-20", "2025-02-10"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-25", None])})
    >>> print(style.alt_text(slippage.plot_by_period(lines, as_of="2025-02-20")))
    On time in 2025-01: 50 % of 2 due lines.
    On-time rate by the period of the due date, all due lines, with 95 % interval; hollow: cut by the as-of day.
    2025-01 50 %; 2025-02 0 %
    """
    result: pd.DataFrame = data
    if len(result) and list(result.columns).index("period"):
        raise ConfigError("a trend shows one group: pass the rows of one, or by=None")
    if not len(result):
        return charts.no_data(ax, "on-time rate by period", result)
    ax = charts.axes(ax, rows=8)
    x, rate = np.arange(len(result)), result["on_time_rate"].to_numpy()
    whole = result["complete"].to_numpy(dtype=bool)
    ax.vlines(x, result["on_time_low"], result["on_time_high"], color=charts.look.rest, lw=5)
    ax.plot(x, rate, color=charts.look.highlight, lw=1.2)
    ax.plot(x[whole], rate[whole], "o", color=charts.look.highlight, ms=7)
    ax.plot(x[~whole], rate[~whole], "o", mfc="white", mec=charts.look.highlight, ms=7)
    periods = charts.periods_below(ax, result["period"].tolist())
    # Rates are mostly between 70 and 95 %, and from zero on all periods would look alike: dots, unlike bars, may start higher.
    low = float(np.nanmin(result["on_time_low"]))
    ax.set_ylim(max(0.0, np.floor(low * 10) / 10 - 0.05), 1.02)
    ax.yaxis.set_major_formatter(lambda v, _: charts.percent(v) if v > 0 else "0")
    ax.grid(axis="y", color=charts.look.line, lw=0.6)
    ax.set_axisbelow(True)
    charts.place(ax, 0.08, 0.28, 0.87, 0.48)
    full = np.flatnonzero(whole)
    cut = "" if whole.all() else "; hollow: cut by the as-of day"
    sub = f"On-time rate by the period of the due date, all due lines, with 95 % interval{cut}"
    alt = "; ".join(f"{p} {charts.percent(r)}" for p, r in zip(periods, rate, strict=True))
    return charts.finish(ax, title=title or _finding(result, full), subtitle=sub, result=result, alt=alt)


def _finding(result: pd.DataFrame, full: np.ndarray[Any, Any]) -> str:
    """Return the rate of the last whole period, or of the last one where none is whole."""
    last = result.iloc[int(full[-1]) if len(full) else -1]
    rate, n = charts.percent(last["on_time_rate"]), charts.number(last["n_due"])
    return f"On time in {str(last['period']).split('/')[0]}: {rate} of {n} due lines{_moved(result, full)}"


def _moved(result: pd.DataFrame, full: np.ndarray[Any, Any]) -> str:
    """Return whether the last whole period differs from the one before, in words that the intervals allow."""
    if len(full) < 2:
        return ""
    # Intervals that don't touch are a stricter test than that of a difference: it stays silent where it could have spoken.
    a, b = (result.iloc[int(i)] for i in full[-2:])
    if a["on_time_high"] < b["on_time_low"]:
        return f", up from {charts.percent(a['on_time_rate'])}"
    if b["on_time_high"] < a["on_time_low"]:
        return f", down from {charts.percent(a['on_time_rate'])}"
    return "; no clear difference to the period before"
