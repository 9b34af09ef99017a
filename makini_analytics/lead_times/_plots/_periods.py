"""Lead times by the period of the order, with the periods that are not finished told apart."""

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
from ._words import days_of, end_of, none_came, start_of

#: Periods up to which a text of two short words has room above one.
_ACROSS = 6


@charts.chart(of=by_period, result_columns=("period", "finished"))
def plot_by_period(
    data: Any,
    *,
    freq: str = "M",
    by: By = None,
    as_of: AsOf | None = None,
    min_lines: int = 1,
    fiscal_year_start: int = 1,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw median to p90 of each order period; those that are not finished are hollow, and the naive mean is beside them.

    The dot is the median, the bar reaches to the 90th percentile. Hollow and shaded: the period has slow lines that are still
    open, so it is neither faster nor slower yet; where most are not yet estimable the subtitle says so once. Grey dot: fewer than 20 lines. Dashed: the mean of what has come, which falls
    at the right whatever happens, because the slow lines are missing from it.

    Raises
    ------
    ConfigError
        The result has several groups: this chart shows one.

    Examples
    --------
    >>> from makini_analytics import lead_times, style
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-05", "2025-02-10"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-25", None])})
    >>> print(style.alt_text(lead_times.plot_by_period(lines, as_of="2025-02-28")))
    No finished period has 20 lines and a median: too few to say.
    Lead time by order period: median (dot) to p90 (bar); shaded: slow lines are still open, neither faster nor slower; grey: fewer than 20 lines.
    2025-01 median 20; 2025-02 median not yet estimable
    """
    result: pd.DataFrame = data
    if len(result) and list(result.columns).index("period"):
        raise ConfigError("a cohort chart shows one group: pass the rows of one, or by=None")
    if not len(result) or not result["n_delivered"].sum():
        return charts.no_data(ax, "lead times by order period", result, title=none_came(result))
    ax = charts.axes(ax, rows=9)
    drawn = charts.every_period(result)
    median, ninth, mean = (drawn[c].to_numpy(dtype=float) for c in ("median_days", "p90_days", "mean_delivered_days"))
    done = drawn["finished"].fillna(True).to_numpy(dtype=bool)  # a period without a line has none that is open
    few = drawn["n_lines"].to_numpy(dtype=float) < charts.SMALL_N
    far = float(np.nanmax([1.0, *median, *ninth, *mean]))
    _median_to_p90(ax, median, ninth, done, few)
    _naive_mean(ax, mean)
    untold = ~done & np.isnan(median)
    once = len(drawn) > 1 and int(untold.sum()) * 2 > len(drawn)  # a dozen columns that say the same are one sentence
    # Shaded as well as hollow: where the median is not yet estimable there is no dot that could be hollow.
    for i in np.flatnonzero(~done):
        ax.axvspan(i - 0.5, i + 0.5, color=charts.look.line, alpha=0.25, lw=0)
        if untold[i] and not once:
            # upright where periods are many, since across it would lie over its neighbours
            if len(drawn) > _ACROSS:
                upright: dict[str, Any] = {"rotation": 90, "va": "bottom", "fontsize": 7.5}
                ax.annotate("not yet estimable", (i, far * 0.08), ha="center", color=charts.look.ink, **upright)
            else:
                ax.annotate("not yet\nestimable", (i, far * 0.5), ha="center", fontsize=8.5, color=charts.look.ink)
    periods = charts.periods_below(ax, drawn["period"].tolist())
    ax.set_ylim(0, far * 1.1)
    ax.set_xlim(-0.6, len(drawn) - 0.4)
    ax.set_ylabel(days_of(result).partition(",")[0], color=charts.look.muted, fontsize=9.5)
    grey = "; grey: fewer than 20 lines" if (done & few).any() else ""
    sub = f"{_measure(result)} by order period: median (dot) to p90 (bar); shaded: slow lines are still open, neither faster nor slower{grey}"
    sub += f"; not yet estimable: {charts.number(untold.sum())} of {charts.number(len(drawn))} periods" if once else ""
    known = done & ~np.isnan(median)
    headline = title or _cohorts(median[known & ~few], len(result), int((~done).sum()), some=bool((known & few).any()))
    none = ["no line" if np.isnan(n) else "not yet estimable" for n in drawn["n_lines"].astype("float64")]
    medians = [why if np.isnan(m) else f"{charts.number(m)}" for m, why in zip(median, none, strict=True)]
    alt = "; ".join(f"{p} median {m}" for p, m, u in zip(periods, medians, untold, strict=True) if not (u and once))
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _measure(result: pd.DataFrame) -> str:
    usual = (start_of(result), end_of(result)) == ("order", "delivery")
    return "Lead time" if usual else f"Days from {start_of(result)} to {end_of(result)}"


def _median_to_p90(
    ax: Axes,
    median: np.ndarray[Any, Any],
    ninth: np.ndarray[Any, Any],
    done: np.ndarray[Any, Any],
    few: np.ndarray[Any, Any],
) -> None:
    x = np.arange(len(median))
    both = ~np.isnan(median) & ~np.isnan(ninth)
    ax.vlines(x[both], median[both], ninth[both], color=charts.look.rest, lw=6)
    # Three layers, since one call has one colour: all finished ones, grey over those of few lines, and the unfinished.
    ax.plot(x[done], median[done], "o", color=charts.look.highlight, ms=8)
    ax.plot(x[done & few], median[done & few], "o", color=charts.look.plain, ms=8)
    ax.plot(x[~done], median[~done], "o", mfc=charts.look.paper, mec=charts.look.highlight, ms=8)


def _naive_mean(ax: Axes, mean: np.ndarray[Any, Any]) -> None:
    x = np.arange(len(mean))
    ax.plot(x, mean, color=charts.look.muted, lw=1, ls="--")
    if np.isfinite(mean[1:] - mean[:-1]).any():  # periods without a neighbour make no line
        last = float(pd.Series(mean).ffill().iloc[-1])  # the newest periods may have nothing delivered
        charts.beside(ax, "mean of what\nhas come", (x[-1] + 0.5, last), (6, 0), size=9, colour=charts.look.muted)


def _cohorts(finished: np.ndarray[Any, Any], n: int, n_open: int, some: bool) -> str:
    """Return the span of the medians of what can be judged, which may be ``some`` finished periods; a trend is not spoken of."""
    if n_open == n:
        none = f"None of the {charts.number(n)} periods is finished" if n > 1 else "The period is not finished"
        return f"{none}: too early to say"
    if not len(finished):
        return f"No finished period has {charts.SMALL_N} lines and a median: too few to say"
    low, high = f"{charts.number(finished.min())}", f"{charts.number(finished.max())}"
    periods = "the finished periods" if len(finished) > 1 else "the finished period"
    periods += f" of {charts.SMALL_N} lines or more" if some else ""
    still = f"; {charts.number(n_open)} {'is' if n_open == 1 else 'are'} not finished" if n_open else ""
    if low == high:
        return f"The median was {low} days in {periods}{still}"
    return f"The median lay between {low} and {high} days in {periods}{still}"
