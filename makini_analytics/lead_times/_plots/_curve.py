"""The share of the ordered lines that are delivered by each day."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By, WorkCalendar
from ...frames import AsOf
from .._curve import curve
from ._words import days_of, start_of

_MOST_CURVES = 6  # more can't be told apart by one highlight and their names


@charts.chart(of=curve, result_columns=("share_delivered",))
def plot_curve(
    data: Any,
    *,
    by: By = None,
    as_of: AsOf | None = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the share of ordered lines delivered by each day, with its band; median and p90 marked where they are reached.

    The shaded band is the 95 % interval. Dotted lines lead to the days by which half and nine of ten lines are delivered. Of
    several groups the six with most lines are drawn, that with the most highlighted: band, days and title are of that one.

    Examples
    --------
    >>> from makini_analytics import lead_times, style
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-01", "2025-01-03"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-05", "2025-01-13"])})
    >>> print(style.alt_text(lead_times.plot_curve(lines, as_of="2025-01-31")))
    Half of the ordered lines are delivered by day 4, nine of ten by day 10.
    Share of ordered lines delivered by day, with 95 % band; open lines counted as open, cancellations as never delivered.
    50 % delivered by day 4; 90 % delivered by day 10
    """
    result: pd.DataFrame = data
    if not len(result) or not result["delivered"].sum():
        return charts.no_data(ax, "share delivered by day", result)
    keys = list(result.columns[: list(result.columns).index("days")])
    ax = charts.axes(ax, rows=9)
    groups = list(result.groupby(keys, dropna=False, observed=True, sort=False)) if keys else [((), result)]
    # At risk on the first day are all lines of a group, so this is by the number of lines.
    n_groups = len(groups)
    groups = sorted(groups, key=lambda g: -int(g[1]["at_risk"].max()))[:_MOST_CURVES]
    firsts = pd.concat([rows.head(1) for _, rows in groups])
    names = charts.group_labels(firsts, keys, 34) if keys else [""]
    for i, (_, rows) in enumerate(groups):
        _stairs(ax, rows, main=i == 0)
    main = groups[0][1]
    reached = _marked(ax, main)
    ax.set_ylim(0, 1.02)
    # The last few lines take very long: the axis ends where the curve has told its story, beyond p90 in any case.
    end = float(max(main["days"].quantile(0.97), reached.get(0.9, 0) * 1.4, 1))
    ax.set_xlim(0, end)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    if keys:  # at the edge, since most curves go on beyond it
        charts.name_lines(ax, [_end_of(rows, name, end, i == 0) for i, (name, (_, rows)) in enumerate(zip(names, groups, strict=True))], end)  # fmt: skip
    ax.set_xlabel(f"{days_of(result)} since the {start_of(result)}", color=charts.look.muted, fontsize=9.5)
    sub = "Share of ordered lines delivered by day, with 95 % band; open lines counted as open, cancellations as never delivered"
    if n_groups > len(groups):
        # no noun: lines that name no vendor are a group, and no one more vendor
        sub += f"; the {len(groups)} groups with most lines of {charts.number(n_groups)}"
    alt = "; ".join(f"{charts.percent(q)} delivered by day {charts.number(day)}" for q, day in reached.items())
    headline = title or _finding(reached, names[0], _most(main))
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _end_of(rows: pd.DataFrame, name: str, day: float, main: bool) -> charts.LineEnd:
    """Return the name of a curve at the share that it has reached by a day, or by its last one."""
    shares = rows.loc[rows["days"] <= day, "share_delivered"]
    colour = charts.look.highlight if main else charts.look.ink
    return charts.LineEnd(float(shares.iloc[-1]) if len(shares) else 0.0, name, colour)


def _stairs(ax: Axes, rows: pd.DataFrame, *, main: bool) -> None:
    colour = charts.look.highlight if main else charts.look.plain
    ax.step(rows["days"], rows["share_delivered"], where="post", color=colour, lw=2.2 if main else 1.4)
    if main:  # six bands over each other would be mud
        ax.fill_between(rows["days"], rows["low"], rows["high"], step="post", color=colour, alpha=0.16, lw=0)


def _marked(ax: Axes, rows: pd.DataFrame) -> dict[float, float]:
    """Mark the days by which half and nine of ten lines are delivered, and return those that are reached."""
    reached: dict[float, float] = {}
    for q in (0.5, 0.9):
        days = rows.loc[rows["share_delivered"] >= q - 1e-9, "days"]  # 0.9 is not exact in floating point
        if len(days):
            reached[q] = day = float(days.iloc[0])
            ax.plot([day, day, 0], [0, q, q], color=charts.look.muted, lw=0.8, ls=":")
            text = f"{charts.percent(q)} by day {charts.number(day)}"
            charts.beside(ax, text, (day, q), (6, -12), va="baseline", size=10, fontweight="bold")
    return reached


def _most(rows: pd.DataFrame) -> float:
    """Return the share of the ordered lines that can have come in the end: those that have, and those that are still open."""
    come, still_open, ordered = rows["delivered"].sum(), rows["censored"].sum(), rows["at_risk"].max()
    return float((come + still_open) / ordered)


def _finding(reached: dict[float, float], name: str, most: float) -> str:
    half = "Fewer than half of the ordered lines " + ("are delivered so far" if most >= 0.5 else "will ever come")
    if 0.5 in reached:
        half = f"Half of the ordered lines are delivered by day {charts.number(reached[0.5])}"
    if name:  # several curves: the title speaks of the one that is highlighted
        half = f"{name}: {half[0].lower()}{half[1:]}"
    if 0.9 in reached:
        return f"{half}, nine of ten by day {charts.number(reached[0.9])}"
    if 0.5 not in reached and most < 0.5:  # nor nine of ten, which need not be said
        return half
    # of 100 lines 20 were cancelled: nine of ten will not come, however long one waits
    return f"{half}, " + (
        "nine of ten not yet estimable" if most >= 0.9 - 1e-9 else "fewer than nine of ten will ever come"
    )
