"""The bridge between the spend of two periods, as a waterfall."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...errors import ConfigError
from .._bridge import bridge
from ._measure import in_currency, signed

_WORDS = {
    "before": "Before",
    "price": "Price",
    "volume": "Volume",
    "mix": "Mix",
    "currency": "Currency",
    "document currency": "Other document currency",
    "new": "New items",
    "lost": "Lost items",
    "not itemised": "Not itemised",
    "after": "After",
}
_ENDS = ("before", "after")


@charts.chart(of=bridge, result_columns=("effect",))
def plot_bridge(
    before: Any,
    after: Any = None,
    *,
    by: By = None,
    item: str = "material",
    per_vendor: bool = False,
    per_item: bool = False,
    mixed_units: str = "refuse",
    currency: str | None = None,
    intercompany: Collection[str] = (),
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the bridge as a waterfall: the total before, each effect where the last one ended, the total after.

    Dark grey: the two totals, from zero. Light grey: the effects, each from where the one above it ended, as the thin lines
    show; highlighted the largest of them, in either direction. Effects of less than a cent are not drawn.

    Raises
    ------
    ConfigError
        The result has several groups: a waterfall shows one.

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> old = pd.DataFrame({"product_code": ["A"], "quantity": [10.0], "amount": [100.0], "currency": "EUR"})
    >>> new = pd.DataFrame({"product_code": ["A"], "quantity": [12.0], "amount": [132.0], "currency": "EUR"})
    >>> print(style.alt_text(spend.plot_bridge(old, new)))
    Ordered spend rose by 32.00 EUR (32 %); largest effect: volume, +20.00 EUR.
    Ordered spend before and after, EUR; volume and mix within one unit of measure.
    Before +100.00 EUR; Price +12.00 EUR; Volume +20.00 EUR; After +132.00 EUR
    """
    result: pd.DataFrame = before
    currency = charts.one_currency(result)
    if not len(result):
        return charts.no_data(ax, "the change of ordered spend", result)
    # Each effect once, or it is the bridge of several groups, whose bars would not lead from one total to the other.
    if result["effect"].duplicated().any():
        raise ConfigError("a waterfall shows one bridge: pass the rows of one group")
    value = dict(zip(result["effect"], result["value"].astype(float), strict=True))
    shown = {e: v for e, v in value.items() if e not in _ENDS and abs(v) >= 0.005}
    steps = ["before", *shown, "after"]
    largest = max(shown, key=lambda e: abs(shown[e])) if shown else None
    ax = charts.axes(ax, rows=len(steps))
    _waterfall(ax, steps, value, largest, currency)
    sub = f"Ordered spend before and after, {in_currency(currency)}; volume and mix within one unit of measure"
    alt = "; ".join(f"{_WORDS[e]} {signed(value[e], currency)}" for e in steps)
    headline = title or _finding(value, largest, currency)
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _waterfall(ax: Axes, steps: list[str], value: dict[str, float], largest: str | None, currency: str | None) -> None:
    widths = np.array([value[name] for name in steps])
    # An effect starts where the one before it ended, and the total after at zero again: 150, +12, +20, 182 starts at
    # 0, 150, 162, 0. The sums are those of the steps up to it.
    starts = np.array([0.0, *np.cumsum(widths[:-1])])
    starts[-1] = 0.0
    colour = {"before": charts.look.plain, "after": charts.look.plain, largest: charts.look.highlight}
    y = np.arange(len(steps))
    ax.barh(y, widths, left=starts, color=[colour.get(name, charts.look.rest) for name in steps], height=0.66)
    joints = starts + widths
    right = np.maximum(starts, joints)
    ax.vlines(joints[:-1], y[:-1] - 0.33, y[1:] + 0.33, color=charts.look.muted, lw=0.8)
    for i, name in enumerate(steps):
        text = charts.money(value[name], currency) if name in _ENDS else signed(value[name], currency)
        charts.beside(ax, text, (right[i], i))
    ax.set_yticks(y, [_WORDS[e] for e in steps])
    ax.invert_yaxis()
    ax.set_xticks([])
    ax.axvline(0, color=charts.look.line, lw=1)
    low, high = min(0.0, *starts, *joints), max(*right, 1e-9)
    ax.set_xlim(low, high + (high - low) * 0.18)


def _finding(value: dict[str, float], largest: str | None, currency: str | None) -> str:
    total = value["after"] - value["before"]
    if abs(total) < 0.005:
        return "Ordered spend did not change"
    rate = f" ({charts.percent(abs(total) / value['before'])})" if value["before"] > 0 else ""
    headline = f"Ordered spend {'rose' if total > 0 else 'fell'} by {charts.money(abs(total), currency)}{rate}"
    most = f"; largest effect: {_WORDS[largest].lower()}, {signed(value[largest], currency)}" if largest else ""
    return headline + most
