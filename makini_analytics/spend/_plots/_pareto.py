"""The Pareto chart: bars in falling order, and what they add up to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...frames import AsOf
from .._vendors import by_vendor
from ._measure import alternative, in_currency, measured, several

_ROOM_ABOVE = 1.06  # both axes end a little above the total, so that the line's end is not cut


@charts.chart(of=by_vendor, result_columns=("abc_class",))
def plot_pareto(
    data: Any,
    *,
    by: By = "vendor",
    basis: str = "ordered",
    currency: str | None = None,
    abc: tuple[float, float] = (0.80, 0.95),
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 25,
) -> Axes:
    """Draw the Pareto chart: spend in falling order as bars, and the cumulative share as a line on its own axis.

    In the highlight colour and shaded: class A, the vendors up to and including the one that crosses its limit; the large dot
    says how many these are and what they make. The horizontal line stands at 80 %. Both axes have one scale: the first bar is
    as high as the line's first step. A negative net has no bar: the cumulative share leaves it out too.

    Parameters
    ----------
    top : bars that can carry names; more are drawn by rank

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "b", "c"], "currency": "EUR", "amount": [70.0, 20.0, 10.0]})
    >>> print(style.alt_text(spend.plot_pareto(lines)))
    2 of 3 vendors make 90 % of ordered spend. Ordered spend by vendor, EUR (bars), and cumulative share (line).
    Class A 2, B 1, C 0. a 70.00 EUR; b 20.00 EUR; c 10.00 EUR
    """
    result: pd.DataFrame = data
    currency, what = charts.one_currency(result), measured(result)
    ranked = result[result["cumulative_share"].notna()]
    columns = charts.group_columns(result, "currency")
    if not len(ranked):
        return charts.no_data(ax, f"{what.lower()} by {charts.row_noun(columns)}", result)
    ax = charts.axes(ax, rows=9)
    n, n_a = len(ranked), int((ranked["abc_class"] == "A").sum())
    _falling_bars(ax, ranked["spend"].to_numpy(), n_a)
    line = _cumulative_line(ax, ranked["cumulative_share"].to_numpy(), n_a)
    total = float(ranked["spend"].clip(lower=0).sum())
    ax.set_ylim(0, total * _ROOM_ABOVE)
    ax.set_yticks(ax.get_yticks()[:-1], ["0" if v == 0 else charts.money(v, "") for v in ax.get_yticks()[:-1]])
    ax.set_ylim(0, total * _ROOM_ABOVE)  # once more: the ticks have moved it
    ax.set_xlim(0.4, n + 0.6)
    _names_or_ranks(ax, ranked, columns, top)
    bottom = 0.40 if n <= top else 0.24  # slanted names need more room than ranks
    if isinstance(ax, charts.ChartAxes):  # the twin of axes that are ours is not, but stands where they stand
        for each in (ax, line):
            each.set_position((0.09, bottom, 0.83, 0.78 - bottom))
    below = result["spend"] < 0
    apart = f"; without {charts.number(int(below.sum()))} of negative net" if below.any() else ""
    sub = f"{what} by {charts.row_noun(columns)}, {in_currency(currency)} (bars), and cumulative share (line){apart}"
    n_b, n_c = (charts.number(int((ranked["abc_class"] == c).sum())) for c in "BC")
    first = ranked.head(10)
    alt = f"Class A {charts.number(n_a)}, B {n_b}, C {n_c}. "
    alt += alternative(charts.group_labels(first, columns), first["spend"].tolist(), currency)
    headline = title or _class_a(ranked, columns, what)
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _falling_bars(ax: Axes, spend: npt.NDArray[np.float64], n_a: int) -> None:
    n = len(spend)
    colours = [charts.look.highlight if i < n_a else charts.look.rest for i in range(n)]
    # Gaps between hundreds of bars would flicker, so there they touch.
    ax.bar(np.arange(1, n + 1), spend, width=0.78 if n <= 60 else 1.0, color=colours, linewidth=0)
    ax.axvspan(0.5, n_a + 0.5, color=charts.look.highlight, alpha=0.07, lw=0)


def _cumulative_line(ax: Axes, share: npt.NDArray[np.float64], n_a: int) -> Axes:
    """Draw the cumulative share on a second axis, and name its value where class A ends."""
    n, end = len(share), float(share[n_a - 1])
    x = np.arange(1, n + 1)
    line = ax.twinx()
    line.plot(np.r_[0.5, x], np.r_[0, share], color=charts.look.ink, lw=1.6, marker="o" if n <= 40 else None, ms=3.5)
    line.plot([x[n_a - 1]], [end], marker="o", ms=7, color=charts.look.highlight, mec="white")
    text = f"{charts.number(n_a)} of {charts.number(n)}: {charts.percent(end)}"
    charts.beside(line, text, (x[n_a - 1], end), (8, -12), va="baseline", size=10, family=charts.fonts())
    line.set_ylim(0, _ROOM_ABOVE)
    line.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
    line.tick_params(colors=charts.look.ink, labelsize=9, length=0)
    for side in line.spines.values():
        side.set_visible(False)
    line.axhline(0.8, color=charts.look.line, lw=1, zorder=0)
    return line


def _names_or_ranks(ax: Axes, ranked: pd.DataFrame, columns: list[str], top: int) -> None:
    n = len(ranked)
    if n <= top:
        names = [charts.label(v, 22) for v in charts.group_labels(ranked, columns)]
        ax.set_xticks(np.arange(1, n + 1), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=9)
        return
    # About eight ranks, rounded to the size of n: 1, 40, 80, ... of 317.
    step = max(1, round(n / 8, -int(np.log10(n)) + (n > 100)))
    at = np.r_[1, np.arange(step, n + 1, step)].astype(int)
    ax.set_xticks(at, [f"{charts.number(i)}" for i in at])
    label = f"{charts.plural(charts.row_noun(columns))} by falling spend".capitalize()
    ax.set_xlabel(label, color=charts.look.muted, fontsize=9.5, family=charts.fonts())


def _class_a(ranked: pd.DataFrame, columns: list[str], what: str) -> str:
    """Return how many vendors make how much; what has no vendor is in the share, and counted as none."""
    of_a = ranked["abc_class"] == "A"
    known = ranked[columns].notna().any(axis=1) if columns else of_a
    unknown = "" if known[of_a].all() else " (with what has none)"
    end = float(ranked["cumulative_share"].iloc[int(of_a.sum()) - 1])
    few, n = int(known[of_a].sum()), int(known.sum())
    make = "makes" if few == 1 else "make"
    return f"{charts.number(few)} of {several(n, charts.row_noun(columns))} {make} {charts.percent(end)} of {what.lower()}{unknown}"
