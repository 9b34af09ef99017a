"""Charts of lead times: each takes the lines, or what the function of the same name gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import style
from ..errors import ConfigError
from ._curve import curve
from ._per_line import per_line
from ._periods import by_period
from ._vendors import by_vendor


def plot_by_vendor(
    data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 12, **options: Any
) -> Axes:
    """Draw median to p90 of the vendors with most lines, those of few in grey; what is not yet estimable is said, not drawn."""
    result = data if "median_days" in getattr(data, "columns", ()) else by_vendor(data, **options)
    rows: pd.DataFrame = result[result["n_delivered"] > 0].head(top)
    if not len(rows):
        return style.no_data(ax, "lead times by vendor", result)
    rows = rows.sort_values("median_days", na_position="last", kind="stable")
    places = [[i] for i in result.index.get_indexer(rows.index)]
    columns = style.group_columns(rows, "n_lines")
    several = style.plural(style.named(columns))
    names = style.group_labels(rows, columns, 32)
    ax = style.axes(ax, rows=len(rows))
    y = np.arange(len(rows))
    ax.set_yticks(y, [f"{n}  n={style.number(k)}" for n, k in zip(names, rows["n_lines"], strict=True)])
    ax.invert_yaxis()
    far = float(np.nanmax([1.0, rows[["median_days", "p90_days"]].max().max()]))
    for i, row in enumerate(rows.to_dict("records")):
        middle, ninth = row["median_days"], row["p90_days"]
        if pd.notna(middle) and pd.notna(ninth):
            ax.plot([middle, ninth], [i, i], color=style.look.rest, lw=6, solid_capstyle="round", zorder=1)
        few = row["n_lines"] < style.SMALL_N
        ax.plot(middle, i, "o", color=style.look.plain if few else style.look.highlight, ms=8, zorder=3)
        ax.plot(ninth, i, "|", color=style.look.ink, ms=12, mew=2, zorder=3)
        text = (
            "not yet estimable"
            if pd.isna(middle)
            else f"{middle:.0f}" + (f" – {ninth:.0f} days" if pd.notna(ninth) else " days; p90 not yet")
        )
        end = next((v for v in (ninth, middle) if pd.notna(v)), 0)
        ax.annotate(text, (end, i), (9, 0), textcoords="offset points", va="center", fontsize=9.5, color=style.look.ink)
    ax.set_xlim(0, far * 1.3)
    ax.set_xlabel("calendar days from order to delivery", color=style.look.muted, fontsize=9.5)
    sub = (
        f"Lead time in days: median (dot) to p90 (bar), the {len(rows)} {several} with most lines; open lines counted as open"
        + ("; grey: fewer than 20 lines" if (rows["n_lines"] < style.SMALL_N).any() else "")
    )
    said = title or _spread(rows, several)
    return style.finish(
        ax,
        title=said,
        subtitle=sub,
        result=result,
        alt="; ".join(f"{n}: {t.get_text()}" for n, t in zip(names, ax.texts, strict=True)),
        bars=places,
    )


def _spread(rows: pd.DataFrame, several: str) -> str:
    """Return how far the medians lie apart, without a word on who is faster: they have no interval here."""
    enough = rows.loc[rows["n_lines"] >= style.SMALL_N, "median_days"].dropna()
    if len(rows) == 1:
        middle = rows["median_days"].iloc[0]
        return (
            "The median lead time is not yet estimable"
            if pd.isna(middle)
            else f"Half of the lines take up to {middle:.0f} days"
        )
    if not len(enough):
        return f"Too early to compare: none of these {style.number(len(rows))} {several} has {style.SMALL_N} lines and a median"
    low, high = f"{enough.min():.0f}", f"{enough.max():.0f}"
    if low == high:
        return (
            f"No clear difference: the median lead time is {low} days at each of {style.number(len(enough))} {several}"
        )
    return f"Median lead times lie between {low} and {high} days, among {style.number(len(enough))} {several}"


def plot_by_period(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw median to p90 of each order period; those that are not finished are hollow, and the naive mean is beside them."""
    result = data if {"period", "finished"} <= set(getattr(data, "columns", ())) else by_period(data, **options)
    if len(result) and list(result.columns).index("period"):
        raise ConfigError("a cohort chart shows one group: pass the rows of one, or by=None")
    if not len(result) or not result["n_delivered"].sum():
        return style.no_data(ax, "lead times by order period", result)
    ax = style.axes(ax, rows=9)
    x, done = np.arange(len(result)), result["finished"].to_numpy(dtype=bool)
    median, ninth = (result[c].to_numpy(dtype=float) for c in ("median_days", "p90_days"))
    far = float(np.nanmax([1.0, *median, *ninth, *result["mean_delivered_days"]]))
    both = ~np.isnan(median) & ~np.isnan(ninth)
    few = result["n_lines"].to_numpy(dtype=float) < style.SMALL_N
    ax.vlines(x[both], median[both], ninth[both], color=style.look.rest, lw=6)
    ax.plot(x[done], median[done], "o", color=style.look.highlight, ms=8)
    ax.plot(x[done & few], median[done & few], "o", color=style.look.plain, ms=8)
    ax.plot(x[~done], median[~done], "o", mfc="white", mec=style.look.highlight, ms=8)
    ax.plot(x, result["mean_delivered_days"], color=style.look.muted, lw=1, ls="--")
    if len(x) > 1:  # one period makes no line
        last = float(result["mean_delivered_days"].ffill().iloc[-1])
        ax.annotate(
            "mean of what\nhas come",
            (x[-1] + 0.5, last),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=style.look.muted,
        )
    for i in x[~done]:
        ax.axvspan(i - 0.5, i + 0.5, color=style.look.line, alpha=0.25, lw=0)
        if np.isnan(median[i]):
            ax.annotate("not yet\nestimable", (i, far * 0.5), ha="center", fontsize=8.5, color=style.look.ink)
    periods = [str(p).split("/")[0] for p in result["period"]]
    step = max(1, -(-len(x) // 13))
    turned = len(x) > 8
    ax.set_xticks(x[::step], periods[::step], rotation=45 if turned else 0, ha="right" if turned else "center")
    ax.set_ylim(0, far * 1.1)
    ax.set_xlim(-0.6, len(x) - 0.4)
    ax.set_ylabel("days", color=style.look.muted, fontsize=9.5)
    if isinstance(ax, style.ChartAxes):
        ax.set_position((0.07, 0.28, 0.74, 0.48))
    sub = (
        "Lead time by order period: median (dot) to p90 (bar); shaded: slow lines are still open, neither faster nor slower"
        + ("; grey: fewer than 20 lines" if (done & few).any() else "")
    )
    said = title or _cohorts(median[done & ~few & ~np.isnan(median)], len(x), int((~done).sum()))
    alt = "; ".join(
        f"{p} median {'not yet estimable' if np.isnan(m) else f'{m:.0f}'}" for p, m in zip(periods, median, strict=True)
    )
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def _cohorts(finished: np.ndarray[Any, Any], n: int, n_open: int) -> str:
    """Return the span of the medians of what can be judged; a trend is not spoken of."""
    if n_open == n:
        return f"None of the {style.number(n)} periods is finished: too early to say" if n > 1 else (
            "The period is not finished: too early to say"
        )  # fmt: skip
    if not len(finished):
        return f"No finished period has {style.SMALL_N} lines and a median: too few to say"
    low, high = f"{finished.min():.0f}", f"{finished.max():.0f}"
    span = f"{low} to {high} days" if low != high else f"{low} days"
    periods = "the finished periods" if len(finished) > 1 else "the finished period"
    return f"Half of the lines took {span} in {periods}" + (
        f"; {style.number(n_open)} {'is' if n_open == 1 else 'are'} not finished" if n_open else ""
    )


def plot_curve(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw the share of ordered lines delivered by each day, with its band; median and p90 marked where they are reached."""
    result = data if "share_delivered" in getattr(data, "columns", ()) else curve(data, **options)
    if not len(result) or not result["delivered"].sum():
        return style.no_data(ax, "share delivered by day", result)
    keys = list(result.columns[: list(result.columns).index("days")])
    ax = style.axes(ax, rows=9)
    groups = list(result.groupby(keys, dropna=False, observed=True, sort=False)) if keys else [((), result)]
    groups = sorted(groups, key=lambda g: -int(g[1]["at_risk"].max()))[:6]
    for i, (name, g) in enumerate(groups):
        colour = style.look.highlight if i == 0 else style.look.plain
        ax.step(g["days"], g["share_delivered"], where="post", color=colour, lw=2.2 if i == 0 else 1.4)
        if i == 0:
            ax.fill_between(g["days"], g["low"], g["high"], step="post", color=colour, alpha=0.16, lw=0)
        if keys:
            text = " / ".join(style.label(v, 22) for v in (name if isinstance(name, tuple) else (name,)))
            ax.annotate(
                text,
                (g["days"].iloc[-1], g["share_delivered"].iloc[-1]),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=colour,
            )
    main = groups[0][1]
    reached = {}
    for q in (0.5, 0.9):
        at = main[main["share_delivered"] >= q - 1e-9]["days"]
        if len(at):
            reached[q] = day = float(at.iloc[0])
            ax.plot([day, day, 0], [0, q, q], color=style.look.muted, lw=0.8, ls=":")
            ax.annotate(
                f"{style.percent(q)} by day {day:.0f}",
                (day, q),
                (6, -12),
                textcoords="offset points",
                fontsize=10,
                color=style.look.ink,
                fontweight="bold",
            )
    ax.set_ylim(0, 1.02)
    ax.set_xlim(0, float(max(main["days"].quantile(0.97), reached.get(0.9, 0) * 1.4, 1)))
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    ax.set_xlabel("calendar days since the order", color=style.look.muted, fontsize=9.5)
    if isinstance(ax, style.ChartAxes):
        ax.set_position([0.08, 0.25, 0.86, 0.52])
    half = (
        f"Half of the ordered lines are delivered by day {reached[0.5]:.0f}"
        if 0.5 in reached
        else "Fewer than half of the ordered lines are delivered so far"
    )
    if keys:  # several curves: the title speaks of the one that is highlighted
        first = groups[0][0] if isinstance(groups[0][0], tuple) else (groups[0][0],)
        half = f"{' / '.join(style.label(v, 22) for v in first)}: {half[0].lower()}{half[1:]}"
    said = title or half + (
        f", nine of ten by day {reached[0.9]:.0f}" if 0.9 in reached else ", nine of ten not yet estimable"
    )
    sub = "Share of ordered lines delivered by day, with 95 % band; open lines counted as open, cancellations as never delivered"
    alt = "; ".join(f"{style.percent(q)} delivered by day {day:.0f}" for q, day in reached.items())
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def plot_per_line(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw how the lead times of the delivered lines are spread, and say how many are still open."""
    result = data if "lead_time_days" in getattr(data, "columns", ()) else per_line(data, **options)
    days = result["lead_time_days"].dropna().to_numpy()
    if not len(days):
        return style.no_data(ax, "lead time of each line", result)
    far = float(np.quantile(days, 0.99)) + 1
    ax = style.axes(ax, rows=8)
    ax.hist(
        np.minimum(days, far),
        bins=np.arange(0, far + 2, max(1, round(far / 45))),
        color=style.look.plain,
        edgecolor="white",
        lw=0.4,
    )
    top = ax.get_ylim()[1]
    for q, name in ((0.5, "median"), (0.9, "p90")):
        day = float(np.quantile(days, q))
        ax.axvline(day, color=style.look.highlight, lw=1.6)
        ax.annotate(
            f"{name} {day:.0f}",
            (day, top * 0.97),
            (4, 0),
            textcoords="offset points",
            fontsize=10,
            color=style.look.highlight,
            va="top",
            fontweight="bold",
        )
    ax.set_yticks([])
    ax.set_xlabel("calendar days from order to delivery", color=style.look.muted, fontsize=9.5)
    if isinstance(ax, style.ChartAxes):
        ax.set_position([0.04, 0.25, 0.92, 0.50])
    n_open = int((result["outcome"] == "open").sum())
    beyond = int((days > far).sum())
    said = (
        title
        or f"Of the delivered lines, half came within {np.median(days):.0f} days; {style.number(n_open)} lines are still open"
    )
    sub = f"Lead time of {style.number(len(days))} delivered lines (the open ones are longer than they look)" + (
        f"; {style.number(beyond)} beyond {far:.0f} days in the last bar" if beyond else ""
    )
    alt = "; ".join(f"{name} {np.quantile(days, q):.0f} days" for q, name in ((0.5, "median"), (0.9, "p90")))
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)
