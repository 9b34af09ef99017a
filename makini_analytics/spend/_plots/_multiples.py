"""Spend over time by group: one small chart each, on the same scale."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...errors import ConfigError
from ...frames import AsOf
from .._periods import by_period
from ._measure import alternative, in_currency, measured
from ._periods import columns, uncut


@dataclass(frozen=True)
class _Panel:
    """One small chart: a group, or what is left of all groups, and its spend per period."""

    name: str
    total: float
    values: np.ndarray[Any, Any]


@charts.chart(of=by_period, result_columns=("period", "spend"), own_defaults=("by",))
def plot_small_multiples(
    data: Any,
    *,
    freq: str = "M",
    by: By = "category",
    currency: str | None = None,
    basis: str = "ordered",
    fiscal_year_start: int = 1,
    as_of: AsOf | None = None,
    intercompany: Collection[str] = (),
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 8,
) -> Axes:
    """Draw one small chart of spend per period for each of the largest groups, all on one scale, the rest as "Other".

    Highlighted, with its amount: the highest period of each group. Hatched: the data begin or end within the period. The scale
    is the same in all of them, so that a low group looks low; the heads have the totals.

    Parameters
    ----------
    by : a column, several, or "vendor": a chart for each of their values
    top : groups with a chart of their own, 1 to 23

    Raises
    ------
    ConfigError
        There are no groups, or ``top`` is not 1 to 23.

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-05", "2025-03-01", "2025-03-02"]), "currency": "EUR",
    ...                       "amount": [5.0, 7.0, 8.0], "category": ["Pumps", "Pumps", "Seals"]})
    >>> print(style.alt_text(spend.plot_small_multiples(lines)))
    Pumps is the largest of 2, with 60 % of ordered spend. Ordered spend by period and category, EUR, all on one scale, the peak named.
    Pumps 12.00 EUR; Seals 8.00 EUR
    """
    result: pd.DataFrame = data
    keys = charts.group_columns(result, "period")
    if not keys:
        raise ConfigError(
            "small multiples need groups: pass by='category', or a result of spend.by_period(..., by=...)"
        )
    if not 1 <= top <= 23:
        raise ConfigError(f"top={top!r}: pass 1 to 23 charts")
    currency, what = charts.one_currency(result), measured(result)
    if not len(result):
        return charts.no_data(ax, f"{what.lower()} by period and {charts.row_noun(keys)}", result)
    panels, whole, n_groups = _panels(result, keys, top)
    # Up to three side by side, as many rows as that takes: 9 panels make 3 x 3, 4 make 3 + 1.
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    ax = charts.axes(ax, rows=5 * down)  # a panel is as high as five bars
    ax.set_axis_off()
    periods = pd.period_range(result["period"].min(), result["period"].max())
    scale = min(0.0, *(p.values.min() for p in panels)), max(1e-9, *(p.values.max() for p in panels)) * 1.35
    for i, panel in enumerate(panels):
        row, column = divmod(i, across)
        # From the lower left corner, in parts of the axes. A panel takes 55 % of its row; the rest is its head and its dates.
        box = (column / across, 1 - (row + 0.80) / down, 0.92 / across, 0.55 / down)
        small = ax.inset_axes(box)
        _draw(small, panel, whole, scale, periods)
    total = result["spend"].sum()
    # where returns are larger than orders there is nothing to have a share of
    part = (
        f"{charts.percent(panels[0].total / total)} of"
        if 0 < panels[0].total <= total
        else f"{charts.money(panels[0].total, currency)} of"
    )
    headline = f"{panels[0].name} is {'the largest of ' + charts.number(n_groups) if n_groups > 1 else 'the one that is known'}, with {part} {what.lower()}"
    if len(panels) == 1:
        headline = f"All {what.lower()} is {panels[0].name}: {charts.money(panels[0].total, currency)}"
    cut = "" if whole.all() else "; hatched: cut by the data"
    sub = (
        f"{what} by period and {charts.row_noun(keys)}, {in_currency(currency)}, all on one scale, the peak named{cut}"
    )
    alt = alternative([p.name for p in panels], [float(p.total) for p in panels], currency, 24)
    return charts.finish(ax, title=title or headline, subtitle=sub, result=result, alt=alt)


def _panels(result: pd.DataFrame, keys: list[str], top: int) -> tuple[list[_Panel], np.ndarray[Any, Any], int]:
    """Return the panels, the largest first, which periods are whole, and how many groups there are.

    Every panel has a value for every period, zero where its group has no row: what is drawn side by side must line up.
    """
    code = result.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    totals = np.bincount(code, weights=result["spend"])
    ranked = np.argsort(-totals, kind="stable")
    first = result["period"].min()
    place = np.array([(p - first).n for p in result["period"]])
    n_periods = int(place.max()) + 1
    values = np.zeros((len(totals), n_periods))
    np.add.at(values, (code, place), result["spend"].to_numpy())
    whole = np.ones(n_periods, dtype=bool)
    whole[place] = uncut(result)
    one_row_each = result.iloc[np.unique(code, return_index=True)[1]]
    names = charts.group_labels(one_row_each, keys, among=one_row_each)
    panels = [_Panel(names[g], totals[g], values[g]) for g in ranked[:top]]
    if len(rest := ranked[top:]):
        panels.append(_Panel(f"Other ({charts.number(len(rest))})", totals[rest].sum(), values[rest].sum(axis=0)))
    return panels, whole, charts.n_named(one_row_each, keys)


def _draw(
    ax: Axes, panel: _Panel, whole: np.ndarray[Any, Any], scale: tuple[float, float], periods: pd.PeriodIndex
) -> None:
    peak = int(np.argmax(panel.values))
    columns(ax, panel.values, whole, peak)
    ax.set_ylim(*scale)
    ax.set_yticks([])
    ax.axhline(0, color=charts.look.line, lw=1)
    ax.set_facecolor("none")
    ax.tick_params(colors=charts.look.muted, length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    head = f"{charts.label(panel.name, 16, 6)}  {charts.money(panel.total)}"
    # `finish` sees to the texts of its own axes, not of these: their fonts are set here, and no name is read as a formula.
    ax.set_title(head, fontsize=9, loc="left", color=charts.look.ink, family=charts.fonts(), parse_math=False)
    # Which period it is stands beside the amount: the axis has room for the years alone.
    text = f"{charts.money(panel.values[peak])}, {charts.period_name(periods[peak])}"
    ha = "left" if peak < len(periods) / 3 else "right" if peak > len(periods) * 2 / 3 else "center"
    at = peak + {"left": -0.4, "center": 0.0, "right": 0.4}[ha]
    charts.beside(ax, text, (at, panel.values[peak]), (0, 2), va="baseline", size=8, ha=ha)
    years = [
        str(p.year) if p.freqstr[:1] in "MWD" else charts.period_name(p)[: 6 if "FY" in charts.period_name(p) else 4]
        for p in periods
    ]
    begins = [i for i, y in enumerate(years) if i == 0 or y != years[i - 1]]
    begins = begins[:: -(-len(begins) // 5)]  # of twelve years every third
    ax.set_xticks([i - 0.4 for i in begins], [years[i] for i in begins], fontsize=8, ha="left")
    ax.tick_params(axis="x", length=3, color=charts.look.line)
