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
from ...frames import AsOf
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
#: Where the steps move the total by less than this share of it, they can't be seen on an axis that begins at zero.
_SMALL = 0.25


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
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the bridge as a waterfall: the total before, each effect where the last one ended, the total after.

    Dark grey: the two totals. Light grey: the effects, each from where the one above it ended, as the thin lines show;
    highlighted the largest of them, in either direction. Effects of less than a cent are not drawn. Where the effects are small
    beside the totals, the axis is cut: a zigzag crosses both totals, the subtitle says where, and two thin bars at the foot show
    the totals from zero.

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
    Ordered spend before and after, EUR; volume and mix within one unit of measure; axis cut at 90.00 EUR.
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
    ax = charts.axes(ax, rows=len(steps) + 1)
    cut = _waterfall(ax, steps, value, largest, currency)
    sub = f"Ordered spend before and after, {in_currency(currency)}; volume and mix within one unit of measure{cut}"
    alt = "; ".join(f"{_WORDS[e]} {signed(value[e], currency)}" for e in steps)
    headline = title or _finding(value, largest, currency)
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _waterfall(ax: Axes, steps: list[str], value: dict[str, float], largest: str | None, currency: str | None) -> str:
    """Draw the steps, and return what the subtitle says of a cut axis."""
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
        if name != "before" and value["before"] > 0:
            change = value[name] - value["before"] if name == "after" else value[name]
            text += f"  {'+' if change > 0 else ''}{charts.number(change / value['before'] * 100, 1)} %"
        charts.beside(ax, text, (right[i], i))
    names = [_WORDS[e] for e in steps]
    ax.set_xticks([])
    low, high = min(0.0, *starts, *joints), max(*right, 1e-9)
    base = _base(joints)
    if base <= 0:
        charts.name_rows(ax, names)
        ax.axvline(0, color=charts.look.line, lw=1)
        ax.set_xlim(low, high)
        return ""
    charts.name_rows(ax, [*names, "the same from zero"])
    ax.set_xlim(base, high)
    for i in (0, len(steps) - 1):
        charts.torn(ax, base + 0.035 * (high - base), i, 0.66)
    # In parts of the axes' width, so that they begin at zero whatever the axis shows.
    parts = [
        value["before"] / max(value["before"], value["after"]),
        value["after"] / max(value["before"], value["after"]),
    ]
    ax.hlines(
        [len(steps) - 0.14, len(steps) + 0.14],
        0,
        parts,
        lw=4,
        color=[charts.look.rest, charts.look.plain],
        transform=ax.get_yaxis_transform(),
    )
    return f"; axis cut at {charts.money(base, currency)}"


def _base(joints: Any) -> float:
    """Return where the axis begins: zero, or where the steps are small a round number a little below the lowest of them.

    >>> _base(np.array([7.11, 6.55, 6.85, 6.58])), _base(np.array([100.0, 40.0, 160.0]))
    (6.4, 0.0)
    """
    low, high = float(joints.min()), float(joints.max())
    if low <= 0 or high - low <= 0 or (high - low) / high >= _SMALL:
        return 0.0
    step = 10.0 ** np.floor(np.log10((high - low) / 2))
    return round(float(np.floor((low - 0.15 * (high - low)) / step) * step), 10)


def _finding(value: dict[str, float], largest: str | None, currency: str | None) -> str:
    total = value["after"] - value["before"]
    if abs(total) < 0.005:
        return "Ordered spend did not change"
    rate = f" ({charts.percent(abs(total) / value['before'])})" if value["before"] > 0 else ""
    headline = f"Ordered spend {'rose' if total > 0 else 'fell'} by {charts.money(abs(total), currency)}{rate}"
    most = f"; largest effect: {_WORDS[largest].lower()}, {signed(value[largest], currency)}" if largest else ""
    return headline + most
