"""Who delivers on time, and by how many days the lines miss their due dates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By, WorkCalendar
from ...frames import AsOf
from .._per_line import per_line
from .._vendors import by_vendor
from ._sentences import came_on_time, few_in_words, is_few, marks, stands, untold, who_differs


@charts.chart(of=by_vendor, result_columns=("on_time_rate", "against_others"), ranked="-n_due")
def plot_by_vendor(
    data: Any,
    *,
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    early_days: float | None = None,
    by: By = "vendor",
    weight: str = "lines",
    cluster: str | None = "order",
    calendar: WorkCalendar = None,
    under_share: float = 0,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw the on-time rate of the vendors with most due lines, with its interval; few lines are drawn in grey.

    The mark is the rate, the bar its 95 % interval, the upright line the rate of all others. A square in the colour of what is
    late: below the others by more than chance, as the column ``against_others`` says. A triangle: above them. Grey: fewer than 20
    lines, or 3 orders, of which nothing can be headline. Sorted by the lower end of the interval, so that few lines with luck don't
    lead. One that is clearly below is drawn also where others have more lines.

    Parameters
    ----------
    top : vendors to draw, of those with most due lines

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "a", "b"], "required_date": pd.Timestamp("2025-01-10"),
    ...                       "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-15", None])})
    >>> print(style.alt_text(slippage.plot_by_vendor(lines, as_of="2025-01-31")))
    1 of 3 due lines came on time; too few lines to tell vendors apart.
    On-time rate of due lines, by the lower end of their intervals; open ones past due are late; bar: 95 % interval; grey: fewer than 20 lines.
    a: 50 % (9 % to 91 %); b: 0 % (0 % to 79 %)
    """
    result: pd.DataFrame = data
    rows: pd.DataFrame = result[result["n_due"] > 0]
    if not len(rows):
        return charts.no_data(ax, "on-time delivery by vendor", result)
    # those that the title counts first: a square that it speaks of must not be missing
    rows = rows.iloc[np.argsort(~stands(rows, "below"), kind="stable")].head(top)
    # By the lower end of the interval: 3 of 3 lines on time are 100 %, but at least 44 %, and so come after 90 of 100.
    rows = rows.sort_values("on_time_low", ascending=False, kind="stable")
    places = [[i] for i in result.index.get_indexer(rows.index)]
    columns = charts.group_columns(rows, "n_due")
    several = charts.plural(charts.row_noun(columns))
    names = charts.group_labels(rows, columns, 32, among=result)
    ax = charts.axes(ax, rows=len(rows))
    ax.set_yticks(
        np.arange(len(rows)), [f"{n}  n={charts.number(k)}" for n, k in zip(names, rows["n_due"], strict=True)]
    )
    others, few = rows["others_rate"].to_numpy(dtype=float), is_few(rows)
    below, above = stands(rows, "below"), stands(rows, "above")
    ax.vlines(others, np.arange(len(rows)) - 0.5, np.arange(len(rows)) + 0.5, color=charts.look.muted, lw=1, ls="--")
    if not np.isnan(others[0]):
        charts.beside(ax, "all others", (others[0], -0.6), (3, 0), va="bottom", size=9, colour=charts.look.muted)
    for i, row in enumerate(rows.to_dict("records")):
        _rate_and_interval(ax, i, row, *marks(below[i], above[i], few[i]))
    ax.set_ylim(len(rows) - 0.4, -1.0)
    ax.set_xlim(0, 1.09)
    ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    differs = who_differs(result, several)
    headline = title or came_on_time(result) + (f"; {differs}" if differs else "")
    least = result["n_due"].nlargest(len(rows)).iloc[-1]
    or_below = " or clearly below" if (rows["n_due"] < least).any() else ""
    n_others = int((result["n_due"] > 0).sum()) - len(rows)  # of which a line is due
    shown = f", {charts.with_most(len(rows), several, f'due lines{or_below}')}" if n_others else ""
    shapes = "; square: clearly below" * bool(below.any()) + "; triangle: clearly above" * bool(above.any())
    grey = few_in_words(rows)
    sub = f"On-time rate of due lines{shown}, by the lower end of their intervals; open ones past due are late; bar: 95 % interval{shapes}{grey}"
    rates = rows[["on_time_rate", "on_time_low", "on_time_high"]].itertuples(index=False, name=None)
    alt = "; ".join(
        f"{n}: {charts.percent(rate)} ({charts.percent(low)} to {charts.percent(high)})"
        for n, (rate, low, high) in zip(names, rates, strict=True)
    )
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt, bars=places)


def _rate_and_interval(ax: Axes, y: int, row: dict[Any, Any], shape: str, colour: str) -> None:
    rate, low, high = row["on_time_rate"], row["on_time_low"], row["on_time_high"]
    ax.plot([low, high], [y, y], color=colour, lw=5, alpha=0.55, solid_capstyle="round")
    ax.plot(rate, y, shape, color=colour, ms=8)
    paper = {"fc": charts.look.paper, "ec": "none", "pad": 0.6, "alpha": 0.8}  # over the line of the others
    charts.beside(ax, charts.percent(rate), (high, y), (8, 0), bbox=paper)


@charts.chart(of=per_line, result_columns=("days_late",))
def plot_per_line(
    data: Any,
    *,
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    early_days: float | None = None,
    calendar: WorkCalendar = None,
    under_share: float = 0,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how early and late the delivered lines came, zero marked, and say how many are overdue.

    A histogram of days after the due date. Hatched, in the colour of what is late: the days after it, and after those that
    ``late_days`` allows. Grey: on time and early. The earliest and the latest hundredth of the lines are in the outer bars.

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({"required_date": pd.to_datetime(["2025-01-10"] * 3),
    ...                       "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-15", None])})
    >>> print(style.alt_text(slippage.plot_per_line(lines, as_of="2025-01-31")))
    50 % of the delivered due lines came late; 1 more is open and overdue. Days late of 2 delivered lines.
    early 1 line, 50 %; on the day 0 lines, 0 %; late 1 line, 50 %
    """
    result: pd.DataFrame = data
    days = result["days_late"].to_numpy()  # the frame is wide and may be long: only what is drawn is taken
    early, on_time, late, overdue = (
        (result["outcome"] == word).to_numpy(dtype=bool, na_value=False)
        for word in ("early", "on_time", "late", "overdue_open")
    )
    came = ~np.isnan(days) & (early | on_time | late)
    days, early, on_time, late = (column[came] for column in (days, early, on_time, late))
    n_overdue = int(overdue.sum())
    if not len(days):  # that nothing came says much where it was due
        waits = f"{charts.counted(n_overdue, 'line')} {'is' if n_overdue == 1 else 'are'} open and overdue"
        found = title or (untold(result, n_overdue) or f"Nothing delivered; {waits}" if n_overdue else None)
        return charts.no_data(ax, "days late of each line", result, title=found, said="No delivery recorded")
    # One delivery 400 days late would squeeze all others into a few bars. At least a day to either side keeps zero in sight.
    ends = np.quantile(days, [0.01, 0.99])
    low, high = min(float(np.floor(ends[0])), -1.0), max(float(np.ceil(ends[1])), 1.0)
    ax = charts.axes(ax, rows=8)
    _histogram(ax, days, low, high, result.attrs.get("parameters", {}).get("late_days", late_days))
    ax.axvline(0, color=charts.look.ink, lw=1)
    n = len(days)
    n_late, n_early = int(late.sum()), int(early.sum())
    within = "on time" if days[on_time].any() else "on the day"
    parts = {"early": n_early, within: n - n_early - n_late, "late": n_late}
    ax.set_ylim(0, ax.get_ylim()[1] * 1.3)  # the words stand above the bars
    _parts_above(ax, {word: k / n for word, k in parts.items()}, more_room_left=-low >= high)
    ax.set_yticks([])
    ax.set_xlabel("days after (+) or before (–) the due date", color=charts.look.muted, fontsize=9.5)
    more = (
        f"; {charts.number(n_overdue)} more {'is' if n_overdue == 1 else 'are'} open and overdue" if n_overdue else ""
    )
    headline = title or f"{charts.percent(n_late / n)} of the delivered due lines came late{more}"
    beyond = int(((days < low) | (days > high)).sum())
    outer = f"; {charts.number(beyond)} beyond the ends are in the outer bars" if beyond else ""
    sub = f"Days late of {charts.counted(n, 'delivered line')}{outer}"
    alt = "; ".join(f"{word} {charts.counted(k, 'line')}, {charts.percent(k / n)}" for word, k in parts.items())
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _histogram(ax: Axes, days: np.ndarray[Any, Any], low: float, high: float, allowed: float) -> None:
    # FigureResult by whole days first: a histogram of the few days with weights takes the same time for a million lines.
    n_lines = np.bincount((np.clip(days, low, high) - low).astype(np.int64))
    step = max(1, round((high - low) / 60))
    # Edges lie half-way between days, the last one on time and the next among them, so that no bar holds both on time and late.
    last = np.floor(allowed) + 0.5
    edges = last + step * np.arange(np.floor((low - last) / step), np.ceil((high - last) / step) + 1)
    on = low + np.arange(len(n_lines))
    _, _, bars = ax.hist(on, bins=edges.tolist(), weights=n_lines, edgecolor=charts.look.paper, lw=0.4)
    for bar in bars:
        late = bar.get_x() + bar.get_width() / 2 > last
        bar.set_facecolor(charts.look.late if late else charts.look.plain)
        bar.set_hatch("//" if late else "")


def _parts_above(ax: Axes, shares: dict[str, float], *, more_room_left: bool) -> None:
    for x, word, ha, colour in ((0.02, "early", "left", charts.look.muted), (0.98, "late", "right", charts.look.late)):
        text = f"{word} {charts.percent(shares[word])}"
        ax.text(x, 0.93, text, transform=ax.transAxes, ha=ha, fontsize=12, fontweight="bold", color=colour)
    away, side = ((-6, 0), "right") if more_room_left else ((6, 0), "left")
    within = next(word for word in shares if word not in ("early", "late"))
    text = f"{within} {charts.percent(shares[within])}"
    charts.beside(ax, text, (0, 0.80), away, va="baseline", ha=side, size=10, xycoords=("data", "axes fraction"))
