"""The days in reserve against lead times that vary, by the lead times and by the textbook's formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By, WorkCalendar
from ...frames import AsOf
from .._buffer import buffer
from ._words import days_of, none_came


@charts.chart(of=buffer, result_columns=("buffer_days", "formula_days"), ranked="-n_lines")
def plot_buffer(
    data: Any,
    *,
    service: float = 0.95,
    by: By = "vendor",
    daily_demand: float | None = None,
    as_of: AsOf | None = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw the buffer of the groups with most lines beside what the textbook's formula says, the largest buffer on top.

    The bar is the buffer by the lead times themselves, the upright mark the formula's. Where the mark lies within the bar the formula
    holds too little, where it lies beyond, too much. Groups whose buffer is not yet estimable are not drawn, and told.

    Parameters
    ----------
    top : groups to draw, of those with most lines

    Examples
    --------
    >>> from makini_analytics import lead_times, style
    >>> lines = pd.DataFrame({"vendor_id": "a", "order_date": pd.Timestamp("2025-01-01")}, index=range(20))
    >>> lines["delivered_date"] = lines.order_date + pd.to_timedelta([10] * 18 + [12, 40], unit="D")
    >>> print(style.alt_text(lead_times.plot_buffer(lines, service=0.9, as_of="2025-03-31")))
    A buffer of 0.4 days covers 90 % of deliveries; the textbook's formula says 8.6.
    Days to hold beyond the mean lead time, for 90 % of deliveries: by the lead times (bar), by the formula (mark). a: 0.4, formula 8.6
    """
    result: pd.DataFrame = data
    level = charts.percent(float(result.attrs.get("parameters", {}).get("service", service)))
    rows = result[result["buffer_days"].notna()].head(top)
    if not len(rows):
        early = f"Too early for a buffer of {level}: too few lines have come" if result["n_delivered"].sum() else None
        return charts.no_data(ax, "days in reserve", result, title=early or none_came(result))
    rows = rows.sort_values("buffer_days", ascending=False, kind="stable")
    places = [[i] for i in result.index.get_indexer(rows.index)]
    columns = charts.group_columns(rows, "n_lines")
    names = charts.group_labels(rows, columns, 32, among=result)
    ax = charts.axes(ax, rows=len(rows))
    y = np.arange(len(rows))
    charts.name_rows(ax, [f"{n}  n={charts.number(k)}" for n, k in zip(names, rows["n_lines"], strict=True)])
    held, formula = rows["buffer_days"].to_numpy(dtype=float), rows["formula_days"].to_numpy(dtype=float)
    short = formula < held
    ax.barh(y, held, height=0.56, color=np.where(short, charts.look.highlight, charts.look.plain), lw=0)
    ax.vlines(formula, y - 0.36, y + 0.36, color=charts.look.ink, lw=2.4, zorder=3)
    texts = [f"{_days(h)}, formula {_days(f)}" for h, f in zip(held, formula, strict=True)]
    for i, text in enumerate(texts):
        charts.beside(ax, text, (max(held[i], formula[i]), i), (9, 0))
    ax.set_xlim(0, max(1.0, float(held.max()), float(formula.max())) * 1.02)
    ax.set_xlabel(f"{days_of(result)} beyond the mean lead time", color=charts.look.muted, fontsize=9.5)
    several = charts.plural(charts.row_noun(columns))
    which = f", {charts.with_most(len(rows), several)}" if len(rows) < len(result) else ""
    missing = charts.n_named(result[result["buffer_days"].isna()], columns)
    left = f"; {charts.counted(missing, charts.row_noun(columns))} with too few lines" if missing else ""
    order = ", the largest buffer first" if len(rows) > 1 else ""
    marked = "; dark: the formula holds too little" if 0 < short.sum() < len(rows) else ""
    sub = f"Days to hold beyond the mean lead time, for {level} of deliveries{which}: by the lead times (bar), by the formula (mark){order}{marked}{left}"
    alt = "; ".join(f"{n}: {t}" for n, t in zip(names, texts, strict=True))
    headline = title or _finding(held, formula, level, several)
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt, bars=places, cut=True)


def _days(value: float) -> str:
    return charts.number(value, 1 if value < 10 else 0)


def _finding(held: np.ndarray[Any, Any], formula: np.ndarray[Any, Any], level: str, several: str) -> str:
    if len(held) == 1:
        return f"A buffer of {_days(held[0])} days covers {level} of deliveries; the textbook's formula says {_days(formula[0])}"
    n_short = int((formula < held).sum())
    span = f"{_days(held.min())} to {_days(held.max())} days in reserve cover {level} of deliveries"
    short = f"the formula holds less at {charts.number(n_short)} of {charts.number(len(held))} {several}"
    return f"{span}; {short}"
