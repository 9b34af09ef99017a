"""Why a figure is another one, as a waterfall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...errors import ConfigError
from ...frames import AsOf
from .._compare import compare


@dataclass(frozen=True)
class _Words:
    """How a metric is called, and how its values read."""

    name: str
    unit: str
    smallest: float  # a part below this is not drawn

    def value(self, value: float) -> str:
        """Return a value of the metric."""
        if self.unit == "%":
            return f"{charts.number(value * 100, 1)} %"
        if self.unit == "days":
            return f"{charts.number(value, 1)} days"
        return charts.money(value, self.unit)

    def change(self, change: float) -> str:
        """Return a change of the metric, without its sign."""
        if self.unit == "%":
            return f"{charts.number(change * 100, 1)} points"
        return self.value(change)

    def signed(self, change: float) -> str:
        """Return a change of the metric."""
        return charts.with_plus(change, self.change(change))


_METRICS = {
    "on_time": _Words("On-time rate", "%", 0.0005),
    "lead_time": _Words("Median lead time", "days", 0.05),
}
_SUMS = {"spend": "Ordered spend", "open_value": "Open value"}
_ENDS = ("before", "after")


@charts.chart(of=compare, result_columns=("effect", "n_lines"))
def plot_compare(
    before: Any,
    after: Any = None,
    *,
    metric: str = "spend",
    by: By = None,
    currency: str | None = None,
    as_of: AsOf | None = None,
    definition: Mapping[str, Any] | None = None,
    definition_before: Mapping[str, Any] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw why a figure is another one as a waterfall: what it was, each effect where the last one ended, what it is.

    Dark grey: the figure before and after. Light grey: the effects; highlighted the largest of them, in either direction. Effects of
    less than a cent, a twentieth of a point or of a day are not drawn. Where the effects are small beside the figure, the axis is
    cut: a zigzag crosses both ends, the subtitle says where, and two thin bars at the foot show them from zero.

    Raises
    ------
    ConfigError
        The result has several groups: a waterfall shows one.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> from makini_analytics import style
    >>> old = pd.DataFrame({"order_id": ["1", "2"], "line_id": ["1", "1"], "state": "open", "amount": [50.0, 9.0], "currency": "EUR"})
    >>> new = old.assign(state=["open", "cancelled"])
    >>> print(style.alt_text(ma.plot_compare(old, new)))
    Ordered spend fell by 9.00 EUR (15 %); largest effect: cancelled, −9.00 EUR.
    Ordered spend before and after, EUR; each effect is its average over all orders of the changes; axis cut at 48.00 EUR.
    Before 59.00 EUR; Cancelled −9.00 EUR (1 line); After 50.00 EUR
    """
    result: pd.DataFrame = before
    metric = result.attrs.get("parameters", {}).get("metric", "spend" if "currency" in result else "on_time")
    words = _METRICS.get(metric) or _Words(_SUMS[metric], charts.one_currency(result) or "", 0.005)
    what = f"the change of {words.name[0].lower()}{words.name[1:]}"
    if not len(result) or result["value"].isna().any():
        return charts.no_data(ax, what, result)
    if result["effect"].duplicated().any():
        raise ConfigError("a waterfall shows one change: pass the rows of one group")
    value = dict(zip(result["effect"], result["value"].astype(float), strict=True))
    lines = dict(zip(result["effect"], result["n_lines"], strict=True))
    shown = {e: v for e, v in value.items() if e not in _ENDS and abs(v) >= words.smallest}
    steps = ["before", *shown, "after"]
    largest = max(shown, key=lambda e: abs(shown[e])) if shown else None
    ax = charts.axes(ax, rows=len(steps) + 1)
    names = [e.capitalize() for e in steps]
    texts = [
        words.value(value[e]) if e in _ENDS else f"{words.signed(value[e])}  ({charts.counted(lines[e], 'line')})"
        for e in steps
    ]
    highlight = [steps.index(largest)] if largest else []
    cut = charts.waterfall(ax, names, [value[e] for e in steps], texts, highlight=highlight, said=words.value)
    unit = f", {words.unit or 'no currency stated'}" if metric in _SUMS else ""
    sub = f"{words.name} before and after{unit}; each effect is its average over all orders of the changes{cut}"
    alt = "; ".join(f"{name} {' '.join(text.split())}" for name, text in zip(names, texts, strict=True))
    # a line that both sides have is in both: their sum would be a number of no lines
    result = result.copy(deep=False)
    sides = [int(lines[e]) for e in _ENDS]
    result.attrs["included"] = {**result.attrs.get("included", {}), "n_sides": sides}
    return charts.finish(ax, title=title or _finding(value, largest, words), subtitle=sub, result=result, alt=alt)


def _finding(value: dict[str, float], largest: str | None, words: _Words) -> str:
    total = value["after"] - value["before"]
    if largest is None:
        return f"{words.name} did not change"
    if abs(total) < words.smallest:
        headline = f"{words.name} is as before"
    else:
        share = (
            f" ({charts.percent(abs(total) / value['before'])})" if words.unit != "%" and value["before"] > 0 else ""
        )
        headline = f"{words.name} {'rose' if total > 0 else 'fell'} by {words.change(abs(total))}{share}"
    return f"{headline}; largest effect: {largest}, {words.signed(value[largest])}"
