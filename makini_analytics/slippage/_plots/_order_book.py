"""The order book at the end of each period, and how much of it is overdue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...errors import ConfigError
from ...frames import AsOf
from .._order_book import order_book


@charts.chart(of=order_book, result_columns=("closing", "n_closing"), ranked="period")
def plot_order_book(
    data: Any,
    *,
    freq: str = "M",
    by: By = None,
    as_of: AsOf | None = None,
    due: str = "required",
    fiscal_year_start: int = 1,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the open value at the end of each period as bars, the overdue part of it highlighted at the foot.

    Of a history the bars are what was known then, and a black line is what is known today of the same day. A paler bar is of a period
    that the as-of day cuts, or that began before the first snapshot.

    Raises
    ------
    ConfigError
        The result has several groups: this chart shows one.

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({
    ...     "order_date": pd.to_datetime(["2025-01-10", "2025-01-20"]), "amount": [50.0, 30.0], "currency": "EUR",
    ...     "required_date": pd.to_datetime(["2025-02-10", "2025-02-12"]), "delivered_date": pd.to_datetime(["2025-02-08", None])})
    >>> print(style.alt_text(slippage.plot_order_book(lines, as_of="2025-02-28")))
    The order book stood at 30.00 EUR on 2025-02-28, 100 % of it overdue; a period before at 80.00 EUR.
    Open value at the end of each period, EUR; highlighted: past its due date.
    2025-01 80.00 EUR, overdue 0.00 EUR; 2025-02 30.00 EUR, overdue 30.00 EUR
    """
    result: pd.DataFrame = data
    if not len(result):
        return charts.no_data(ax, "the order book", result)
    currency = charts.one_currency(result, option=False)
    if result["period"].duplicated().any():
        raise ConfigError("a trend shows one group: pass the rows of one, or by=None")
    ax = charts.axes(ax, rows=8)
    x = np.arange(len(result))
    closing, overdue = (result[c].to_numpy(dtype=float) for c in ("closing", "overdue"))
    whole = result["complete"].fillna(True).to_numpy(dtype=bool)
    for rows, alpha in ((whole, 1.0), (~whole, 0.5)):
        ax.bar(x[rows], closing[rows], color=charts.look.rest, width=0.72, alpha=alpha)
        ax.bar(x[rows], overdue[rows], color=charts.look.highlight, width=0.72, alpha=alpha)
    then = "closing_today" in result
    if then:
        now = result["closing_today"].to_numpy(dtype=float)
        ax.hlines(now, x - 0.42, x + 0.42, color=charts.look.ink, lw=1.6)
    names = charts.periods_below(ax, result["period"].tolist())
    ax.set_xlim(-0.6, len(result) - 0.4)
    ax.yaxis.set_major_formatter(lambda v, _: charts.money(v) if v else "0")
    ax.grid(axis="y", color=charts.look.line, lw=0.6)
    ax.set_axisbelow(True)
    known = "; bars as known then, lines as known today" if then else ""
    cut = "" if whole.all() else "; pale: not the whole period"
    unit = currency or "no currency stated"
    sub = f"Open value at the end of each period, {unit}; highlighted: past its due date{known}{cut}"
    alt = "; ".join(
        f"{name} {charts.money(c, currency)}, overdue {charts.money(o, currency)}"
        for name, c, o in zip(names, closing, overdue, strict=True)
    )
    return charts.finish(ax, title=title or _finding(result, currency), subtitle=sub, result=result, alt=alt)


def _finding(result: pd.DataFrame, currency: str | None) -> str:
    last = result.iloc[-1]
    closing, end = float(last["closing"]), last["period"].end_time.normalize()
    cut = not last["complete"] and result.attrs.get("as_of")
    told = f"The order book stood at {charts.money(closing, currency)} on {cut or end.date()}"
    if closing > 0:
        told += f", {charts.percent(float(last['overdue']) / closing)} of it overdue"
    return f"{told}; a period before at {charts.money(float(last['opening']), currency)}"
