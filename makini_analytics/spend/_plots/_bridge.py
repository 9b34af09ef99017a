"""The bridge between the spend of two periods, as a waterfall."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...errors import ConfigError
from ...frames import AsOf
from .._bridge import bridge
from ._measure import in_currency, signed

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
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the bridge as a waterfall: the total before, each effect where the last one ended, the total after.

    Dark grey: the two totals. Light grey: the effects, each from where the one above it ended, as the thin lines show;
    highlighted the largest of them, in either direction. New and lost items are compared with the others as one effect, since an
    item that got another number is both. Effects of less than a cent are not drawn. Where the effects are small beside the totals,
    the axis is cut: a zigzag crosses both totals, the subtitle says where, and two thin bars at the foot show the totals from zero.

    Raises
    ------
    ConfigError
        The result has several groups: a waterfall shows one. Or ``per_item``: its effects are those of all items together.

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
    if "effect" not in result:
        raise ConfigError("a waterfall shows the effects of all items together: pass per_item=False")
    currency = charts.one_currency(result)
    if not len(result):
        return charts.no_data(ax, "the change of ordered spend", result)
    # Each effect once, or it is the bridge of several groups, whose bars would not lead from one total to the other.
    if result["effect"].duplicated().any():
        raise ConfigError("a waterfall shows one bridge: pass the rows of one group")
    value = dict(zip(result["effect"], result["value"].astype(float), strict=True))
    shown = {e: v for e, v in value.items() if e not in _ENDS and abs(v) >= 0.005}
    steps = ["before", *shown, "after"]
    compared = {e: v for e, v in charts.netted(shown).items() if abs(v) >= 0.005}
    largest = max(compared, key=lambda e: abs(compared[e])) if compared else None
    highlighted = [e for e in shown if e == largest or (largest == charts.NEW_AND_LOST and e in ("new", "lost"))]
    ax = charts.axes(ax, rows=len(steps) + 1)
    names, texts = [_word(e) for e in steps], [_text(e, value, currency) for e in steps]
    cut = charts.waterfall(
        ax,
        names,
        [value[e] for e in steps],
        texts,
        highlight=[steps.index(e) for e in highlighted],
        said=lambda amount: charts.money(amount, currency),
    )
    sub = f"Ordered spend before and after, {in_currency(currency)}; volume and mix within one unit of measure{cut}"
    alt = "; ".join(f"{_word(e)} {signed(value[e], currency)}" for e in steps)
    most = f"; largest effect: {_word(largest).lower()}, {signed(compared[largest], currency)}" if largest else ""
    headline = title or _finding(value, most, currency)
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _word(effect: str) -> str:
    return charts.read_as("effect", effect).capitalize()


def _text(effect: str, value: dict[str, float], currency: str | None) -> str:
    """Return what stands beside a bar: the amount, and for all but the first its share of what was before."""
    text = charts.money(value[effect], currency) if effect in _ENDS else signed(value[effect], currency)
    if effect == "before" or value["before"] <= 0:
        return text
    change = value[effect] - value["before"] if effect == "after" else value[effect]
    return f"{text}  {'+' if change > 0 else ''}{charts.number(change / value['before'] * 100, 1)} %"


def _finding(value: dict[str, float], most: str, currency: str | None) -> str:
    total = value["after"] - value["before"]
    if abs(total) < 0.005:
        return "Ordered spend did not change"
    rate = f" ({charts.percent_of_change(total / value['before'])})" if value["before"] > 0 else ""
    return f"Ordered spend {'rose' if total > 0 else 'fell'} by {charts.money(abs(total), currency)}{rate}{most}"
