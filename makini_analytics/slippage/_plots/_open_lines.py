"""What is still to come, and how good the forecast of it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...errors import ConfigError
from ...frames import AsOf
from .._backtest import backtest, by_chance
from .._open_orders import BUCKETS, ageing
from ._sentences import none_open

_NOT_LATE = {"not due", "no due date", "to be closed"}  # of the buckets
_NAME_AT = np.arange(0.72, 0.2, -0.02)  # where the diagonal of a calibration may have its name


@charts.chart(of=ageing, result_columns=("expected_late_value_30",))
def plot_ageing(
    data: Any,
    *,
    by: By = None,
    as_of: AsOf | None = None,
    due: str = "required",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the open value by how overdue it is, with the number of lines.

    In the colour of what is late: value past its due date. Light grey: what is not due yet, or has no due date. The line in the bar
    of what is not due yet, and the subtitle, say how much of what falls due in the next 30 days is expected late, by the chances of
    ``slippage.open_orders``.

    Raises
    ------
    ConfigError
        The result has several groups: this chart shows one.
    MixedCurrencyError
        The amounts are in several currencies.

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({"order_date": pd.Timestamp("2025-01-01"), "required_date": pd.to_datetime(["2025-01-15"] * 3),
    ...     "delivered_date": pd.to_datetime(["2025-01-10", None, None]), "amount": 10.0, "currency": "EUR"})
    >>> print(style.alt_text(slippage.plot_ageing(lines, as_of="2025-01-25")))
    20.00 EUR of 20.00 EUR still to come is overdue, 2 lines.
    Open value by days past the due date.
    8-30 days overdue 20.00 EUR
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result, option=False)
    if not len(result):
        return charts.no_data(ax, "open lines", result, title=none_open(result))
    if result["bucket"].duplicated().any():
        raise ConfigError("an ageing chart shows one group: pass the rows of one, or by=None")
    # In the order of the buckets' days, whatever rows a caller has kept.
    rows = result.set_index("bucket").reindex([b for b in BUCKETS if b in set(result["bucket"])])
    late = [b not in _NOT_LATE for b in rows.index]
    values = rows["open_value"].to_numpy(dtype=float)
    ax = charts.axes(ax, rows=len(rows))
    colours = [charts.look.late if x else charts.look.rest for x in late]
    ax.barh(np.arange(len(rows)), values, color=colours, height=0.66)
    names = [charts.read_as("bucket", str(b)) for b in rows.index]
    charts.name_rows(ax, names)
    ax.set_xticks([])
    ax.axvline(0, color=charts.look.line, lw=1)
    for i, (value, n) in enumerate(zip(values, rows["n_lines"], strict=True)):
        text = f"{charts.money(value, currency)}  {charts.counted(n, 'line')}"
        charts.beside(ax, text, (max(value, 0), i))
    ax.set_xlim(min(0.0, values.min()), max(values.max(), 1e-9))
    dated = rows.index != "no due date"
    overdue, total, due = (charts.money(float(v.sum()), currency) for v in (values[late], values, values[dated]))
    headline = f"Nothing of the {due} still to come is overdue"
    if not dated.all():
        headline = f"Nothing of the {due} still to come with a due date is overdue"
    if n := int(rows["n_lines"][late].sum()):
        headline = f"{overdue} of {total} still to come is overdue, {charts.counted(n, 'line')}"
    if not values.any():  # no line has an amount, or all are free
        every = int(rows["n_lines"][dated].sum())
        headline = f"{charts.number(n)} of {charts.counted(every, 'open line')} {'is' if n == 1 else 'are'} overdue; their value is not known, or 0"
    if not dated.any():  # so nobody knows what is overdue
        headline = f"{charts.counted(int(rows['n_lines'].sum()), 'open line')}, and no due date is known"
    sub = "Open value by days past the due date"
    if "not due" in rows.index and values.any():
        expected = float(result["expected_late_value_30"].sum())
        unknown = int(result["n_without_chance_30"].sum()) if "n_without_chance_30" in result else 0
        of_which = f"{charts.counted(unknown, 'line')} of which no chance is known"
        if expected > 0:
            sub += f"; of what falls due in the next 30 days {charts.money(expected, currency)} is expected late (the line in the first bar)"
            sub += f", without {of_which}" if unknown else ""
            ax.plot([0, expected], [0, 0], color=charts.look.late, lw=5, solid_capstyle="butt")
        elif unknown:  # to call it 0.00 would be a forecast
            sub += f"; in the next 30 days fall due {of_which}"
    alt = "; ".join(f"{b} {charts.money(v, currency)}" for b, v in zip(names, values, strict=True))
    return charts.finish(ax, title=title or headline, subtitle=sub, result=result, alt=alt)


@charts.chart(of=backtest, result_columns=("trailing_rate",))
def plot_backtest(
    data: Any,
    *,
    by: str | None = None,
    as_of: AsOf | None = None,
    due: str = "required",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the calibration: of the lines that got a chance of so much, how many came on time.

    Each dot stands for a tenth of the forecasts, from the least to the most confident; the bar is its 95 % interval, the lines of
    an order being taken as one. On the diagonal what was forecast is what came; below it the forecast was too hopeful. The title
    compares it with the rate of the 90 days before, by the Brier score: the mean squared error of the chances, 0 at best.

    Raises
    ------
    ConfigError
        The result is not line by line: this chart puts lines together by itself.

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-01"]), "required_date": pd.to_datetime(["2025-01-15"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-10"])})
    >>> print(style.alt_text(slippage.plot_backtest(lines, as_of="2025-01-25")))
    Too few lines to test the forecast: 0 forecasts. The forecast on days gone by.
    """
    result: pd.DataFrame = data
    if "trailing_rate" not in result:
        raise ConfigError("a chart of calibration is drawn of the test line by line: pass by=None")
    if len(result) < 10:
        few = f"Too few lines to test the forecast: {charts.counted(len(result), 'forecast')}"
        return charts.no_data(ax, "the forecast on days gone by", result, title=few)
    chance, came = result["chance"].to_numpy(), result["on_time"].to_numpy(dtype=float)
    table = by_chance(result)
    x, share = table["chance"].to_numpy(), table["on_time_rate"].to_numpy()
    ax = charts.axes(ax, rows=9)
    ax.plot([0, 1], [0, 1], color=charts.look.line, lw=1.2)
    ax.vlines(x, table["low"], table["high"], color=charts.look.rest, lw=4)
    ax.plot(x, share, "o", color=charts.look.highlight, ms=7)
    # the name hangs from the diagonal where no dot or interval is in its room, a quarter of the axes at the smallest size
    hides = [(table["low"] - 0.05 < at) & (table["high"] > at - 0.25) & (x > at) & (x < at + 0.26) for at in _NAME_AT]
    at = next((at for at, hidden in zip(_NAME_AT, hides, strict=True) if not hidden.any()), _NAME_AT[-1])
    charts.beside(ax, "as forecast", (at, at), (5, -2), va="top", size=9, colour=charts.look.muted)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    ax.set_xticks(ticks, ["0", *(charts.percent(t) for t in ticks[1:])])
    ax.set_yticks(ticks, ["0", *(charts.percent(t) for t in ticks[1:])])
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.04)
    ax.set_xlabel("forecast chance to come in time", color=charts.look.muted, fontsize=9.5)
    errors, of_rate = ((p - came) ** 2 for p in (chance, result["trailing_rate"].to_numpy()))
    ours, base = float(errors.mean()), float(of_rate.mean())
    headline = title or _compared(of_rate - errors, ours, base, result)
    sub = f"Lines that came on time by their forecast, {charts.number(len(result))} forecasts of past days; Brier score {charts.number(ours, 3)}, trailing rate {charts.number(base, 3)}"
    alt = "; ".join(f"forecast {charts.percent(a)}, came {charts.percent(b)}" for a, b in zip(x, share, strict=True))
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _compared(gain: np.ndarray[Any, Any], ours: float, base: float, result: pd.DataFrame) -> str:
    """Return whether the forecast is better, where the mean gain clears its 95 % interval; lines of one order count as one."""
    # The lines of an order come together or not at all, so their errors are no independent observations. The gains are summed
    # per order, and the orders' sums give the variance (a cluster-robust one, with the usual m / (m - 1)).
    order = result.groupby([c for c in ("connection", "order_id") if c in result], dropna=False, sort=False).ngroup()
    sums = np.bincount(order, weights=gain - gain.mean())
    m = len(sums)
    half = 1.96 * np.sqrt(m / max(m - 1, 1) * (sums**2).sum()) / len(gain)
    both = f"({charts.number(ours, 3)}, {charts.number(base, 3)})"
    alike = charts.number(ours, 3) == charts.number(base, 3)  # errors that read alike are no finding, however sure
    if m < charts.SMALL_N or abs(gain.mean()) <= half or alike:
        return f"No clear difference between the forecast's error and the trailing on-time rate's {both}"
    if ours > base:
        return f"The forecast has more error than the trailing on-time rate {both}"
    return f"The forecast has {charts.percent(1 - ours / base)} less error than the trailing on-time rate"
