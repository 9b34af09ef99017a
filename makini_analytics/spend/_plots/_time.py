"""Spend over time: one series with the year before beside it, or one small chart per group on the same scale."""

from __future__ import annotations

import calendar
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import style
from ...compute import By
from ...errors import ConfigError
from .._periods import by_period
from ._measure import alternative, in_currency, measured


def plot_by_period(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw spend per period, a mark for the same days of the year before; a period that the data cut is hatched.

    A result of several groups is drawn as small multiples.
    """
    result = data if {"period", "spend"} <= set(getattr(data, "columns", ())) else by_period(data, **options)
    if len(result) and style.group_columns(result, "period"):
        return plot_small_multiples(result, ax=ax, title=title)
    currency, what = style.one_currency(result), measured(result)
    if not len(result):
        return style.no_data(ax, f"{what.lower()} by period", result)
    whole, values = _whole(result), result["spend"].to_numpy()
    before = result["spend_year_before"].to_numpy(dtype=float)
    ax = style.axes(ax, rows=8)
    said, spoken = _finding(result, whole, what, currency)
    _columns(ax, values, whole, spoken)
    x = np.arange(len(values))
    seen = ~np.isnan(before)
    half = 0.42
    ax.hlines(before[seen], x[seen] - half, x[seen] + half, color=style.look.ink, lw=1.8)
    if seen.any():
        last = int(np.flatnonzero(seen)[-1])
        ax.annotate("year before", (len(x) - 0.5, before[last]), (4, 3), textcoords="offset points", va="top", fontsize=9, color=style.look.ink)  # fmt: skip
    periods = [str(p) for p in result["period"]]
    step = max(1, -(-len(x) // 13))
    turned = len(x) > 8 and len(periods[0]) > 4
    ax.set_xticks(
        x[::step],
        [_short(p) for p in periods[::step]],
        rotation=45 if turned else 0,
        ha="right" if turned else "center",
    )
    ax.set_yticks([])
    ax.axhline(0, color=style.look.line, lw=1)
    for i in {spoken, len(x) - 1}:
        ax.annotate(
            style.money(values[i], currency),
            (i, max(values[i], before[i] if seen[i] else 0, 0)),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=9.5,
            color=style.look.ink,
            bbox={"fc": "white", "ec": "none", "pad": 0.6, "alpha": 0.8},
        )
    top = max(values.max(), before[seen].max() if seen.any() else 0, 1e-9)
    ax.set_ylim(min(0, values.min()), top * 1.15)
    ax.set_xlim(-0.6, len(x) - 0.4 + (0.09 * len(x) if seen.any() else 0))
    if isinstance(ax, style.ChartAxes):
        ax.set_position((0.04, 0.28, 0.92, 0.48))
    when = "delivery" if result.attrs.get("parameters", {}).get("basis") == "received" else "order"
    cut = "" if whole.all() else "; hatched: cut by the data, not to be compared with whole periods"
    start = result.attrs.get("parameters", {}).get("fiscal_year_start", 1)
    fiscal = "" if start == 1 else f", fiscal years from {calendar.month_name[start]}"
    sub = f"{what} by {when} date{fiscal}, {in_currency(currency)}, total {style.money(values.sum(), currency)}{cut}"
    return style.finish(
        ax, title=title or said, subtitle=sub, result=result, alt=alternative(periods, values.tolist(), currency, 60)
    )


def _whole(result: pd.DataFrame) -> np.ndarray[Any, Any]:
    """True where nothing says that the period is cut; one of which the data can't say is taken as cut."""
    if result["complete"].isna().all():
        return np.ones(len(result), dtype=bool)
    return result["complete"].fillna(False).to_numpy(dtype=bool)


def _columns(ax: Axes, values: np.ndarray[Any, Any], whole: np.ndarray[Any, Any], spoken: int | None) -> None:
    x = np.arange(len(values))
    colours = [style.look.highlight if i == spoken else style.look.rest for i in x]
    drawn = ax.bar(x, values, color=colours, width=0.78)
    for bar, complete, colour in zip(drawn, whole, colours, strict=True):
        if not complete:
            bar.set(
                hatch="///",
                facecolor="white",
                edgecolor=style.look.highlight if colour == style.look.highlight else style.look.plain,
            )


def _short(period: str) -> str:
    return period.split("/")[0]  # a week goes by its Monday


def _finding(result: pd.DataFrame, whole: np.ndarray[Any, Any], what: str, currency: str | None) -> tuple[str, int]:
    """Return the title and the bar that it speaks of: the last whole period against the year before, else the highest."""
    change = result["yoy_change"].to_numpy(dtype=float)
    compared = np.flatnonzero(~np.isnan(change) & whole)
    values = result["spend"].to_numpy()
    last = np.flatnonzero(whole)
    if (
        len(compared) and compared[-1] == last[-1]
    ):  # else the last ones have nothing beside them, and an old one is no news
        i = int(compared[-1])
        weeks = "52 weeks" if "/" in str(result["period"].iloc[i]) else "a year"
        period = _short(str(result["period"].iloc[i]))
        return f"{what} of {period}: {style.money(values[i], currency)}, {_moved(change[i])} {weeks} before", i
    i = int(np.argmax(values))
    return f"{what} was highest in {_short(str(result['period'].iloc[i]))}: {style.money(values[i], currency)}", i


def _moved(change: float) -> str:
    if abs(change) < 0.005:
        return "as much as"
    if change >= 2:  # a share of so much says nothing any more
        return f"{style.number(change + 1, 1)} times as much as"
    return f"{style.percent(abs(change))} {'more' if change > 0 else 'less'} than"


def plot_small_multiples(
    data: Any,
    *,
    by: By = "category",
    top: int = 8,
    ax: Axes | None = None,
    title: str | None = None,
    **options: Any,
) -> Axes:
    """Draw one small chart of spend per period for each of the largest groups, all on one scale, the rest as "Other"."""
    given = {"period", "spend"} <= set(getattr(data, "columns", ()))
    result = data if given else by_period(data, by=by, **options)
    keys = style.group_columns(result, "period")
    if not keys:
        raise ConfigError(
            "small multiples need groups: pass by='category', or a result of spend.by_period(..., by=...)"
        )
    if not 1 <= top <= 23:
        raise ConfigError(f"top={top!r}: pass 1 to 23 charts")
    currency, what = style.one_currency(result), measured(result)
    if not len(result):
        return style.no_data(ax, f"{what.lower()} by period and {style.named(keys)}", result)
    code = result.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    totals = np.bincount(code, weights=result["spend"])
    ranked = np.argsort(-totals, kind="stable")
    first = result["period"].min()
    ordinal = np.array([(p - first).n for p in result["period"]])
    width = int(ordinal.max()) + 1
    tables = np.zeros((len(totals), width))
    np.add.at(tables, (code, ordinal), result["spend"].to_numpy())
    whole = np.ones(width, dtype=bool)
    whole[ordinal] = _whole(result)
    of_group = result.iloc[np.unique(code, return_index=True)[1]]
    names = style.group_labels(of_group, keys)
    panels = [(names[g], totals[g], tables[g]) for g in ranked[:top]]
    if len(ranked) > top:
        rest = ranked[top:]
        panels.append((f"Other ({style.number(len(rest))})", totals[rest].sum(), tables[rest].sum(axis=0)))
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    ax = style.axes(ax, rows=5 * down)
    ax.set_axis_off()
    if isinstance(ax, style.ChartAxes):
        ax.set_position((0.03, 0.9 / ax.figure.get_figheight(), 0.94, 1 - 1.9 / ax.figure.get_figheight()))
    low, high = min(0.0, *(p[2].min() for p in panels)), max(1e-9, *(p[2].max() for p in panels))
    periods = [str(first + i) for i in range(width)]
    for i, (name, total, values) in enumerate(panels):
        row, column = divmod(i, across)
        box = (column / across, 1 - (row + 0.92) / down, 0.92 / across, 0.62 / down)
        panel = ax.inset_axes(box)
        peak = int(np.argmax(values))
        _columns(panel, values, whole, peak)
        panel.set_ylim(low, high * 1.3)
        panel.set_yticks([])
        panel.axhline(0, color=style.look.line, lw=1)
        panel.set_xticks([0, width - 1], [_short(periods[0]), _short(periods[-1])], fontsize=8.5)
        for tick, side in zip(panel.get_xticklabels(), ("left", "right"), strict=True):
            tick.set_ha(side)
        panel.tick_params(colors=style.look.muted, length=0)
        for side in panel.spines.values():
            side.set_visible(False)
        head = f"{style.label(name, 22)}  {style.money(total, currency)}"
        panel.set_title(head, fontsize=10, loc="left", color=style.look.ink, family=style.fonts(), parse_math=False)
        told = style.money(values[peak], currency)
        panel.annotate(told, (peak, values[peak]), (0, 2), textcoords="offset points", ha="center", fontsize=8.5, color=style.look.ink)  # fmt: skip
    part = totals[ranked[0]] / totals.sum() if totals.sum() > 0 else np.nan
    said = (
        title
        or f"{panels[0][0]} is the largest of {style.number(len(totals))}, with {style.percent(part)} of {what.lower()}"
    )
    cut = "" if whole.all() else "; hatched: cut by the data"
    sub = f"{what} by period and {style.named(keys)}, {in_currency(currency)}, all on one scale, the peak labelled{cut}"
    alt = alternative([p[0] for p in panels], [float(p[1]) for p in panels], currency, 24)
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)
