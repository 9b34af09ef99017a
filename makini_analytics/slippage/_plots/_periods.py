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
from ._sentences import rate_of


@charts.chart(of=by_period, result_columns=("period", "against_before"), ranked="period")
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
    cluster: str | None = "order",
    calendar: WorkCalendar = None,
    fiscal_year_start: int = 1,
    under_share: float = 0,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the on-time rate of each period of the due date with its interval; one that the as-of day cuts is hollow.

    The grey bar behind a dot is the 95 % interval. The title calls the last whole period up or down from the one before only where
    that is more than chance, as the column ``against_before`` says, and speaks of no change where either has fewer than 20 lines.
    A period without a due line stands on the axis, without a dot. The scale begins a little below the lowest interval, not at zero.

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
    On time in 2025-01: 1 of 2 due lines.
    On-time rate by the period of the due date, all due lines, with 95 % interval; hollow: cut by the as-of day.
    2025-01 50 %; 2025-02 0 %
    """
    result: pd.DataFrame = data
    if len(result) and list(result.columns).index("period"):
        raise ConfigError("a trend shows one group: pass the rows of one, or by=None")
    if not len(result):
        return charts.no_data(ax, "on-time rate by period", result)
    ax = charts.axes(ax, rows=8)
    drawn = charts.every_period(result)
    x, rate = np.arange(len(drawn)), drawn["on_time_rate"].to_numpy(dtype=float)
    whole = drawn["complete"].fillna(True).to_numpy(dtype=bool)
    ax.vlines(x, drawn["on_time_low"], drawn["on_time_high"], color=charts.look.rest, lw=5)
    ax.plot(x, rate, color=charts.look.highlight, lw=1.2)
    ax.plot(x[whole], rate[whole], "o", color=charts.look.highlight, ms=7)
    ax.plot(x[~whole], rate[~whole], "o", mfc=charts.look.paper, mec=charts.look.highlight, ms=7)
    periods = charts.periods_below(ax, drawn["period"].tolist())
    ax.set_xlim(-0.6, len(drawn) - 0.4)
    # Rates are mostly between 70 and 95 %, and from zero on all periods would look alike: dots, unlike bars, may start higher.
    low = float(np.nanmin(result["on_time_low"]))
    ax.set_ylim(max(0.0, np.floor(low * 10) / 10 - 0.05), 1.02)
    ax.yaxis.set_major_formatter(lambda v, _: charts.percent(v) if v > 0 else "0")
    ax.grid(axis="y", color=charts.look.line, lw=0.6)
    ax.set_axisbelow(True)
    full = np.flatnonzero(result["complete"].to_numpy(dtype=bool))
    cut = "" if whole.all() else "; hollow: cut by the as-of day"
    sub = f"On-time rate by the period of the due date, all due lines, with 95 % interval{cut}"
    alt = "; ".join(f"{p} {charts.percent(r)}" for p, r in zip(periods, rate, strict=True))
    return charts.finish(ax, title=title or _finding(result, full), subtitle=sub, result=result, alt=alt)


def _finding(result: pd.DataFrame, full: np.ndarray[Any, Any]) -> str:
    """Return the rate of the last whole period with lines, or of the last one where none is whole, and how it changed."""
    at = int(full[-1]) if len(full) else len(result) - 1
    row = result.iloc[[at]]
    row.attrs = result.attrs
    told = f"On time in {charts.period_name(result['period'].iloc[at])}: {rate_of(row)}"
    return told + (_moved(result, at) if len(full) > 1 else "")


def _moved(result: pd.DataFrame, at: int) -> str:
    """Return whether a period is up or down from the one before, as the test of `slippage.by_period` says."""
    change, before = result["against_before"].iloc[at], result["period"].iloc[at] - 1
    if at == 0 or result["period"].iloc[at - 1] != before:
        return "; nothing was due the period before"
    if pd.notna(change):
        return f", {change} from {charts.percent(result['on_time_rate'].iloc[at - 1])}"
    if pd.isna(result["p_value"].iloc[at]):
        return "; too few lines or vendors to compare it with the period before"
    return "; no clear difference from the period before"
