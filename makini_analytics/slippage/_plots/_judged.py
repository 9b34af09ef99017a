"""Charts of slippage: each takes the lines, or what the function of the same name gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import style
from .._per_line import per_line
from .._vendors import by_vendor


def plot_by_vendor(
    data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 12, **options: Any
) -> Axes:
    """Draw the on-time rate of the vendors with most due lines, with its interval; few lines are drawn in grey."""
    result = data if "on_time_rate" in getattr(data, "columns", ()) else by_vendor(data, **options)
    rows: pd.DataFrame = result[result["n_due"] > 0].head(top)
    if not len(rows):
        return style.no_data(ax, "on-time delivery by vendor", result)
    overall = result["n_on_time"].sum() / result["n_due"].sum()
    rows = rows.sort_values("on_time_low", ascending=False, kind="stable")  # few lines with luck don't lead
    places = [[i] for i in result.index.get_indexer(rows.index)]
    columns = style.group_columns(rows, "n_due")
    several = style.plural(style.named(columns))
    names = style.group_labels(rows, columns, 32)
    ax = style.axes(ax, rows=len(rows))
    ax.set_yticks(
        np.arange(len(rows)), [f"{n}  n={style.number(k)}" for n, k in zip(names, rows["n_due"], strict=True)]
    )
    ax.axvline(overall, color=style.look.muted, lw=1, ls="--")
    ax.annotate(
        f"all {style.percent(overall)}",
        (overall, -0.6),
        (3, 0),
        textcoords="offset points",
        fontsize=9,
        color=style.look.muted,
        va="bottom",
    )
    for i, row in enumerate(rows.to_dict("records")):
        few = row["n_due"] < style.SMALL_N
        colour = style.look.rest if few else style.look.late if row["on_time_high"] < overall else style.look.highlight
        ax.plot(
            [row["on_time_low"], row["on_time_high"]], [i, i], color=colour, lw=5, alpha=0.55, solid_capstyle="round"
        )
        ax.plot(row["on_time_rate"], i, "s" if colour == style.look.late else "o", color=colour, ms=8)
        ax.annotate(
            style.percent(row["on_time_rate"]),
            (row["on_time_high"], i),
            (8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=style.look.ink,
        )
    ax.set_ylim(len(rows) - 0.4, -1.0)
    ax.set_xlim(0, 1.09)
    ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    enough = rows[rows["n_due"] >= style.SMALL_N]
    below = int((enough["on_time_high"] < overall).sum())
    said = title or f"{style.percent(overall)} of due lines came on time" + _apart(
        below, len(enough), len(rows), several
    )
    few = f"; grey: fewer than {style.SMALL_N} lines" if len(enough) < len(rows) else ""
    shown = f", of the {len(rows)} {several} with most" if len(rows) < len(result) else ""
    sub = f"On-time rate of all due lines{shown}; open ones past due are late; bar: 95 % interval; square: clearly below{few}"
    told = rows[["on_time_rate", "on_time_low", "on_time_high"]].itertuples(index=False, name=None)
    alt = "; ".join(
        f"{n}: {style.percent(rate)} ({style.percent(low)} to {style.percent(high)})"
        for n, (rate, low, high) in zip(names, told, strict=True)
    )
    return style.finish(
        ax,
        title=said,
        subtitle=sub,
        result=result,
        alt=alt,
        bars=places,
    )


def _apart(below: int, n: int, shown: int, several: str) -> str:
    """Return who is below the common rate by more than its interval allows; of few lines nothing is said."""
    if shown == 1:
        return ""
    if n < 2:  # nobody to compare with
        return f"; too few lines to tell {several} apart"
    if not below:
        return f"; no clear difference: none of {style.number(n)} {several} is clearly below that"
    return f"; {style.number(below)} of {style.number(n)} {several} {'is' if below == 1 else 'are'} clearly below that"


def plot_per_line(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw how early and late the delivered lines came, zero marked, and say how many are overdue."""
    result = data if "days_late" in getattr(data, "columns", ()) else per_line(data, **options)
    days = result["days_late"].to_numpy()  # the frame is wide and may be long: only what is drawn is taken
    days = days[~np.isnan(days) & result["outcome"].isin(["early", "on_time", "late"]).to_numpy(dtype=bool)]
    if not len(days):
        return style.no_data(ax, "days late of each line", result)
    ends = np.quantile(days, [0.01, 0.99])
    low, high = min(float(np.floor(ends[0])), -1.0), max(float(np.ceil(ends[1])), 1.0)
    n_lines = np.bincount((np.clip(days, low, high) - low).astype(np.int64))  # by whole days
    step = max(1, round((high - low) / 60))
    edges = 0.5 + step * np.arange(
        np.floor((low - 0.5) / step), np.ceil((high - 0.5) / step) + 1
    )  # late begins at an edge
    ax = style.axes(ax, rows=8)
    on = low + np.arange(len(n_lines))
    _, _, bars = ax.hist(on, bins=edges.tolist(), weights=n_lines, edgecolor="white", lw=0.4)
    for bar in bars:
        late = bar.get_x() + bar.get_width() / 2 > 0.5
        bar.set_facecolor(style.look.late if late else style.look.plain)
        bar.set_hatch("//" if late else "")
    ax.axvline(0, color=style.look.ink, lw=1)
    n_overdue = int((result["outcome"] == "overdue_open").sum())
    n = len(days)
    on_day, late_n = int((days == 0).sum()), int((days > 0).sum())
    ax.set_ylim(0, ax.get_ylim()[1] * 1.3)  # the words stand above the bars
    for x, text, ha in (
        (0.02, f"early {style.percent((n - on_day - late_n) / n)}", "left"),
        (0.98, f"late {style.percent(late_n / n)}", "right"),
    ):
        ax.text(x, 0.93, text, transform=ax.transAxes, ha=ha, fontsize=12, fontweight="bold",
                color=style.look.late if "late" in text else style.look.muted)  # fmt: skip
    side = "left" if -low < high else "right"  # where there is more room
    said_of_day = f"on the day {style.percent(on_day / n)}"
    ax.annotate(said_of_day, (0, 0.80), (6 if side == "left" else -6, 0), xycoords=("data", "axes fraction"),
                textcoords="offset points", fontsize=10, ha=side, color=style.look.ink)  # fmt: skip
    ax.set_yticks([])
    ax.set_xlabel("days after (+) or before (–) the due date", color=style.look.muted, fontsize=9.5)
    if isinstance(ax, style.ChartAxes):
        ax.set_position([0.04, 0.25, 0.92, 0.50])
    beyond = int(((days < low) | (days > high)).sum())
    said = title or f"{style.percent(late_n / n)} of the delivered due lines came late" + (
        f"; {style.number(n_overdue)} more are open and overdue" if n_overdue else ""
    )
    sub = f"Days late of {style.number(n)} delivered lines" + (
        f"; {style.number(beyond)} beyond the ends are in the outer bars" if beyond else ""
    )
    parts = {"early": n - on_day - late_n, "on the day": on_day, "late": late_n}
    alt = "; ".join(f"{word} {style.number(k)} lines, {style.percent(k / n)}" for word, k in parts.items())
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)
