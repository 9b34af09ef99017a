"""On-time rates by the first known due dates beside those by the present ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import group_lines
from ...frames import AsOf
from .._promise_history import promise_history

_ON_TIME, _LATE = ("on_time", "early"), ("late", "overdue_open")


@charts.chart(of=promise_history, result_columns=("first_due_date", "outcome_first", "n_moves"))
def plot_promise_history(
    data: Any,
    *,
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw the on-time rate by the first known due dates and by those of today, for the vendors with most due lines.

    Hollow: by the first known dates. Filled: by today's. The line between them is what moving the dates made of the rate; in the colour
    of what is late where it is ten points or more. The two rates need not be of the same lines: a date that moved into the future is not
    due by now.

    Parameters
    ----------
    top : vendors to draw, of those with most lines due by the first dates

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> result = pd.DataFrame({"vendor_name": ["Acme", "Acme", "Bolt"], "first_due_date": pd.Timestamp("2025-03-01"), "n_moves": [1, 0, 0],
    ...                        "outcome_first": ["late", "on_time", "on_time"], "outcome": ["on_time", "on_time", "on_time"]})
    >>> print(style.alt_text(slippage.plot_promise_history(result)))
    1 of 3 due dates moved: 2 of 3 due lines were on time by the first known dates, 3 of 3 by today's.
    On-time rate by vendor; hollow: by the first known due dates; filled: by those of today.
    Acme: 50 % to 100 %; Bolt: 100 % to 100 %
    """
    result: pd.DataFrame = data
    rates = _rates(result)
    if not len(rates) or not rates["n_first"].sum():
        return charts.no_data(ax, "on-time delivery by the first known due dates", result)
    all_of_them = rates[["n_first", "hits_first", "n", "hits"]].sum()
    rows = rates[rates["n_first"] > 0].sort_values("n_first", ascending=False, kind="stable").head(top)
    first = (rows["hits_first"] / rows["n_first"]).to_numpy()
    now = np.divide(rows["hits"], rows["n"], out=np.full(len(rows), np.nan), where=rows["n"].to_numpy() > 0)
    now = np.asarray(now, dtype=float)
    y = np.arange(len(rows))
    names = list(rows.index)
    ax = charts.axes(ax, rows=len(rows))
    ax.set_yticks(y, [f"{n}  n={charts.number(k)}" for n, k in zip(names, rows["n_first"], strict=True)])
    for i, (a, b) in enumerate(zip(first, now, strict=True)):
        far = abs(b - a) >= 0.1
        colour = charts.look.late if far and b > a else charts.look.highlight
        ax.plot([a, b], [i, i], color=colour, lw=2, zorder=1)
        ax.plot(a, i, "o", mfc=charts.look.paper, mec=colour, ms=8, zorder=2)
        ax.plot(b, i, "o", color=colour, ms=8, zorder=3)
        ends = sorted(v for v in (a, b) if not np.isnan(v))
        words = (
            charts.percent(a)
            if np.isnan(b) or round(a, 2) == round(b, 2)
            else f"{charts.percent(a)} to {charts.percent(b)}"
        )
        charts.beside(ax, words, (ends[-1], i), (8, 0))
    ax.set_ylim(max(len(rows), 3) - 0.4, -0.8)
    ax.set_xlim(0, 1.25)
    ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    moved, dated = int((result["n_moves"] > 0).sum()), int(result["first_due_date"].notna().sum())
    then, today = (_rate(all_of_them[h], all_of_them[k]) for h, k in (("hits_first", "n_first"), ("hits", "n")))
    dates = "date" if dated == 1 else "dates"
    headline = title or (
        f"{charts.number(moved)} of {charts.number(dated)} due {dates} moved: {then} due lines were on time by the first known dates, "
        f"{today} by today's"
    )
    shown = f", {charts.with_most(len(rows), 'vendors')}" if len(rows) < len(rates) else ""
    sub = f"On-time rate by vendor{shown}; hollow: by the first known due dates; filled: by those of today"
    alt = "; ".join(
        f"{n}: {charts.percent(a)} to {charts.percent(b)}" for n, a, b in zip(names, first, now, strict=True)
    )
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _rates(result: pd.DataFrame) -> pd.DataFrame:
    """Return by vendor how many lines are due and on time, by the first known dates and by today's."""
    by = {}
    for suffix, column in (("_first", "outcome_first"), ("", "outcome")):
        outcome = result[column]
        by[f"n{suffix}"] = outcome.isin([*_ON_TIME, *_LATE])
        by[f"hits{suffix}"] = outcome.isin(_ON_TIME)
    groups = group_lines(result, "vendor" if {"vendor_id", "vendor_name"} & set(result.columns) else None)
    counts = pd.DataFrame(by).astype(int).groupby(groups.codes).sum()
    # vendors of one name are two: each by its connection and id
    columns = [c for c in groups.keys if c != "connection"]
    names = charts.group_labels(groups.keys.iloc[counts.index].reset_index(drop=True), columns, 32)
    return counts.set_axis(names)


def _rate(hits: Any, n: Any) -> str:
    if n < charts.SMALL_N:
        return f"{charts.number(hits)} of {charts.number(n)}"
    return f"{charts.percent(hits / n)} of {charts.number(n)}"
