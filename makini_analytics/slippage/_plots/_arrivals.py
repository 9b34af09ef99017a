"""What will come when, beside what is due then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...errors import ConfigError
from ...frames import AsOf
from .._arrivals import arrivals
from ._sentences import none_open


@charts.chart(of=arrivals, result_columns=("expected_value", "due_value"), ranked="period")
def plot_arrivals(
    data: Any,
    *,
    freq: str = "W",
    horizon: int = 8,
    by: By = None,
    as_of: AsOf | None = None,
    due: str = "required",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the expected value of each period as a column with its band from p10 to p90, and what is due then as a mark.

    The number on a column is the value at which it ends; the band stands at the column's left, and goes beyond the number.
    Where the mark stands above the column more was agreed than will come. Without a band the forecast has not held on days gone by, or
    could not be tested. Lines without a forecast are in the marks only, and told.

    Raises
    ------
    ConfigError
        The result has several groups, or several currencies: this chart shows one.

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> day = pd.date_range("2024-01-01", "2025-06-30")
    >>> lines = pd.DataFrame({"order_date": day, "required_date": day + pd.Timedelta(days=20), "amount": 10.0, "currency": "EUR"})
    >>> lines["delivered_date"] = (day + pd.Timedelta(days=20)).where(day < "2025-06-11")
    >>> style.alt_text(slippage.plot_arrivals(lines, as_of="2025-06-30", horizon=2)).splitlines()[-1]
    '2025-06-30 60.00 EUR, due 60.00 EUR; 2025-07-07 70.00 EUR, due 70.00 EUR'
    """
    result: pd.DataFrame = data
    if len(result) and list(result.columns).index("currency"):
        raise ConfigError("a chart of arrivals shows one group: pass the rows of one, or by=None")
    unit = charts.one_currency(result, option=False)
    if not len(result) or result["expected_value"].isna().all():
        early = "Too little is known for a forecast of what will come" if len(result) else none_open(result)
        return charts.no_data(ax, "value of the open lines by period", result, title=early)
    ax = charts.axes(ax, rows=9)
    x = np.arange(len(result))
    expected, low, high, agreed = (
        result[c].to_numpy(dtype=float) for c in ("expected_value", "low", "high", "due_value")
    )
    ax.bar(x, expected, width=0.62, color=charts.look.highlight, lw=0)
    banded = ~np.isnan(low)
    at = np.where(banded, x - 0.2, x)  # beside the number, which would read as p90 where it stood on the band's end
    ax.vlines(at[banded], low[banded], high[banded], color=charts.look.ink, lw=1.6)
    ax.hlines(agreed, x - 0.4, x + 0.4, color=charts.look.late, lw=2.6, zorder=3)
    top = float(np.nanmax([1.0, *expected, *high, *agreed]))
    ax.set_ylim(0, top * 1.12)
    ax.set_yticks([])
    for i in x:
        # the layout lifts it above a mark that would run through it
        away, side = ((4, 3), "left") if banded[i] else ((0, 4), "center")
        place = at[i], float(np.nanmax([expected[i], 0.0]))
        charts.beside(
            ax, charts.money(expected[i]), place, away, va="bottom", size=9, ha=side, label=charts.OVER_COLUMN
        )
    periods = charts.periods_below(ax, result["period"].tolist())
    said = [f"{p} {charts.money(e, unit)}, due {charts.money(d, unit)}" for p, e, d in zip(periods, expected, agreed, strict=True)]  # fmt: skip
    what = {"W": "week", "M": "month", "Q": "quarter"}[str(result.attrs.get("parameters", {}).get("freq", freq))]
    band = "line: p10 to p90" if banded.any() else "no band: it has not held on days gone by, or could not be tested"
    sub = f"Open value expected to come by {what} (column, with its number){f', {unit}' if unit else ''}; {band}; mark: due then"
    first, due_first = float(expected.sum()), float(agreed.sum())
    without = int(result["n_without_forecast"].max()) if "n_without_forecast" in result else 0
    those, of_all = (" with a forecast", " of all") if without else ("", "")
    if without:
        worth = charts.money(float(result["value_without_forecast"].max()), unit)
        sub += f"; {charts.counted(without, 'line')}, {worth}, {'has' if without == 1 else 'have'} no forecast"
    headline = f"Of the open lines{those} {charts.money(first, unit)} is expected within {charts.counted(len(x), what)}; {charts.money(due_first)}{of_all} is due then"
    n = charts.number(float(result["expected_lines"].sum()))
    if not (expected.any() or agreed.any()) and n != "0":  # no line has an amount, or all are free
        headline = f"Of the open lines{those} {n} {'is' if n == '1' else 'are'} expected within {charts.counted(len(x), what)}; no value is known"
    return charts.finish(ax, title=title or headline, subtitle=sub, result=result, alt="; ".join(said))
