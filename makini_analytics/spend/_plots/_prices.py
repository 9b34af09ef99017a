"""What prices did: the variance by item, the history of one, how far they lie apart, and the bridge between two periods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import style
from ...errors import ConfigError, SchemaError
from .._bridge import bridge
from .._dispersion import price_dispersion
from .._history import price_history
from .._prices import price_changes
from ._measure import alternative, bars, head_and_rest, in_currency

_WORDS = {
    "before": "Before",
    "price": "Price",
    "volume": "Volume",
    "mix": "Mix",
    "currency": "Currency",
    "new": "New items",
    "lost": "Lost items",
    "not itemised": "Not itemised",
    "after": "After",
}


def _signed(value: float, currency: str | None) -> str:
    return ("+" if value > 0 else "") + style.money(value, currency)


def plot_bridge(
    before: Any, after: Any = None, *, ax: Axes | None = None, title: str | None = None, **options: Any
) -> Axes:
    """Draw the bridge as a waterfall: the total before, each effect where the last one ended, the total after."""
    given = after is None
    result = before if given else bridge(before, after, **options)
    if given and "effect" not in getattr(result, "columns", ()):
        raise SchemaError("plot_bridge takes the result of spend.bridge, or the lines of both sides")
    currency = style.one_currency(result)
    if not len(result):
        return style.no_data(ax, "the change of ordered spend", result)
    if result["effect"].duplicated().any():
        raise ConfigError("a waterfall shows one bridge: pass the rows of one group")
    value = dict(zip(result["effect"], result["value"].astype(float), strict=True))
    total = value["after"] - value["before"]
    effects = {e: v for e, v in value.items() if e not in ("before", "after")}
    shown = {e: v for e, v in effects.items() if abs(v) >= 0.005}
    ends = ["before", *shown, "after"]
    largest = max(shown, key=lambda e: abs(shown[e])) if shown else None
    ax = style.axes(ax, rows=len(ends))
    at, starts, widths, colours = 0.0, [], [], []
    for name in ends:
        if name in ("before", "after"):
            starts.append(0.0)
            widths.append(value[name])
            colours.append(style.look.plain)
            at = value[name]
        else:
            starts.append(at)
            widths.append(value[name])
            colours.append(style.look.highlight if name == largest else style.look.rest)
            at += value[name]
    y = np.arange(len(ends))
    ax.barh(y, widths, left=starts, color=colours, height=0.66)
    right = [max(s, s + w) for s, w in zip(starts, widths, strict=True)]
    joints = [s + w for s, w in zip(starts, widths, strict=True)]
    ax.vlines(joints[:-1], y[:-1] - 0.33, y[1:] + 0.33, color=style.look.muted, lw=0.8)
    for i, name in enumerate(ends):
        text = style.money(value[name], currency) if name in ("before", "after") else _signed(value[name], currency)
        ax.annotate(
            text, (right[i], i), (5, 0), textcoords="offset points", va="center", fontsize=9.5, color=style.look.ink
        )
    ax.set_yticks(y, [_WORDS[e] for e in ends])
    ax.invert_yaxis()
    ax.set_xticks([])
    ax.axvline(0, color=style.look.line, lw=1)
    low, high = min(0.0, *starts, *joints), max(*right, 1e-9)
    ax.set_xlim(low, high + (high - low) * 0.18)
    rate = f" ({style.percent(abs(total) / value['before'])})" if value["before"] > 0 else ""
    said = title or (
        "Ordered spend did not change" if abs(total) < 0.005
        else f"Ordered spend {'rose' if total > 0 else 'fell'} by {style.money(abs(total), currency)}{rate}"
        + (f"; largest effect: {_WORDS[largest].lower()}, {_signed(shown[largest], currency)}" if largest else "")
    )  # fmt: skip
    sub = f"Ordered spend before and after, {in_currency(currency)}; volume and mix within one unit of measure"
    alt = "; ".join(f"{_WORDS[e]} {_signed(value[e], currency)}" for e in ends)
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def plot_price_changes(
    data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 12, **options: Any
) -> Axes:
    """Draw the largest purchase price variances of the last period, the rest as one bar, so that they add up."""
    result = data if "ppv" in getattr(data, "columns", ()) else price_changes(data, **options)
    currency = style.one_currency(result)
    compared = result[result["ppv"].notna()]
    if not len(compared):
        return style.no_data(ax, "purchase price variance: nothing has a baseline", result)
    last = compared["period"].max()
    rows = compared[compared["period"] == last]
    labels, values, rates = _drawn_changes(result, top)
    texts = [f"{_signed(v, currency)}  {_rate(r)}".rstrip() for v, r in zip(values, rates, strict=True)]
    colours = [style.look.highlight if v > 0 else style.look.rest for v in values]
    ax = style.axes(ax, rows=len(values))
    bars(ax, labels, values, colours, texts)
    net = float(rows["ppv"].sum())
    whole = result[result["period"] == last]
    spend_compared = float((rows["price"] * rows["quantity"]).sum())
    part = spend_compared / float(whole["spend"].sum())
    baseline = {
        "previous_period": "the prices of the period before",
        "last": "the last prices",
        "first": "the first prices",
    }.get(result.attrs.get("parameters", {}).get("baseline", ""), "the list prices")
    said = title or (
        f"{last}: {style.money(abs(net), currency)} {'more' if net > 0 else 'less'} than at {baseline}"
        if abs(net) >= 0.005 else f"{last}: paid as much as at {baseline}"
    )  # fmt: skip
    sub = (
        f"Purchase price variance, {in_currency(currency)}, positive = paid more; {style.percent(part)} of the priced spend "
        "is of items with a baseline"
    )
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alternative(labels, values, currency))


def _drawn_changes(result: pd.DataFrame, top: int = 12) -> tuple[list[str], list[float], list[float]]:
    """Return the bars of the last period: names, variances and rates, the largest first, all others in one."""
    compared = result[result["ppv"].notna()]
    rows = compared[compared["period"] == compared["period"].max()]
    head, rest = head_and_rest(rows.iloc[np.argsort(-rows["ppv"].abs().to_numpy(), kind="stable")], top)
    columns = [c for c in style.group_columns(rows, "unit") if c != "vendor_id"]
    shown = [c for c in ("product_code", "description", *columns) if c in columns and rows[c].notna().any()][:1]
    if "vendor_name" in columns and (len(set(rows["vendor_name"])) > 1 or not shown):  # one vendor's name says nothing
        shown.append("vendor_name")
    labels = style.group_labels(head, shown or columns)
    values, rates = (head[c].astype("float64").tolist() for c in ("ppv", "ppv_rate"))
    if len(rest):
        labels.append(f"Other ({style.number(len(rest))})")
        values.append(float(rest["ppv"].sum()))
        rates.append(np.nan)
    return labels, values, rates


def _rate(rate: float) -> str:
    return "" if pd.isna(rate) else f"{rate:+.1%}".replace("%", " %")


def plot_price_dispersion(
    data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 12, **options: Any
) -> Axes:
    """Draw the items with the highest theoretical ceiling, the rest as one bar."""
    result = data if "theoretical_ceiling" in getattr(data, "columns", ()) else price_dispersion(data, **options)
    currency = style.one_currency(result)
    rows = result[result["theoretical_ceiling"].notna()]
    if not len(rows):
        return style.no_data(ax, "price dispersion: no item has enough orders", result)
    head, rest = head_and_rest(rows, top)
    columns = style.group_columns(rows, "unit")
    shown = [c for c in ("description", "product_code", *columns) if c in columns and rows[c].notna().any()][:1]
    labels, values = style.group_labels(head, shown), head["theoretical_ceiling"].tolist()
    texts = [
        f"{style.money(v, currency)}  {p:,.4g} to {q:,.4g} per {'unit' if pd.isna(u) else u}"
        for v, p, q, u in zip(values, head["lowest_price"], head["highest_price"], head["unit"], strict=True)
    ]
    if len(rest):
        labels.append(f"Other ({style.number(len(rest))})")
        values.append(float(rest["theoretical_ceiling"].sum()))
        texts.append(style.money(values[-1], currency))
    colours = [style.look.highlight] * len(head) + [style.look.rest] * bool(len(rest))
    ax = style.axes(ax, rows=len(values))
    bars(ax, labels, values, colours, texts)
    total, spend = float(sum(values)), float(rows["spend"].sum())
    reference = result.attrs.get("parameters", {}).get("reference", "p25")
    at = "lowest price" if reference == "lowest" else "25th percentile price"
    said = (
        title
        or f"Theoretical ceiling: {style.money(total, currency)}, {style.percent(total / spend)} of the spend looked at"
    )
    sub = f"As if all had been bought at the item's {at}, {in_currency(currency)}; a ceiling, not a forecast: lots and dates differ"
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alternative(labels, values, currency))


def plot_price_history(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw each price that was paid for one item over time, the vendor with the most lines highlighted."""
    given = {"price", "order_date", "unit"} <= set(getattr(data, "columns", ()))
    result = data if given else price_history(data, **options)
    currency = style.one_currency(result)
    if not len(result):
        return style.no_data(ax, "prices of the item", result)
    if len(found := result["unit"].fillna("none").unique()) > 1:
        units = ", ".join(sorted(found))
        raise SchemaError(f"a price chart shows one unit of measure, and these are {units}: keep the rows of one")
    unit = "unit" if pd.isna(result["unit"].iloc[0]) else str(result["unit"].iloc[0])
    vendor = result["vendor_name"].fillna(result["vendor_id"]).fillna("Unknown vendor")
    first = str(vendor.value_counts().index[0])
    ax = style.axes(ax, rows=8)
    others = (vendor != first).to_numpy(dtype=bool)
    ax.plot(
        result["order_date"][others], result["price"][others], "o", ms=6, mfc="white", mec=style.look.plain, zorder=2
    )
    mine = result[~others]
    ax.plot(mine["order_date"], mine["price"], "-", color=style.look.highlight, lw=1, alpha=0.5, zorder=2)
    ax.plot(mine["order_date"], mine["price"], "o", ms=7, color=style.look.highlight, zorder=3)
    weighted = float(result["amount"].sum() / result["quantity"].sum())
    ax.axhline(weighted, color=style.look.line, lw=1.2, zorder=1)
    right = ax.get_xlim()[1]
    ax.annotate(
        f"weighted mean {weighted:,.4g}",
        (right, weighted),
        (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=9.5,
        color=style.look.muted,
    )
    last = mine.iloc[-1]
    ax.annotate(
        style.label(first, 30),
        (last["order_date"], last["price"]),
        (0, 9),
        textcoords="offset points",
        ha="right",
        fontsize=9.5,
        color=style.look.highlight,
        bbox={"fc": "white", "ec": "none", "pad": 1, "alpha": 0.8},
    )
    least, most = float(result["price"].min()), float(result["price"].max())
    room = 0.3 * (most - least) or 0.1 * most
    ax.set_ylim(max(0.0, least - room), most + room)  # dots, not bars: the scale need not begin at zero
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:,.4g}")
    ax.grid(axis="y", color=style.look.line, lw=0.6, alpha=0.6)
    ax.set_axisbelow(True)
    if isinstance(ax, style.ChartAxes):
        ax.set_position((0.09, 0.24, 0.74, 0.53))
    name = result["description"].dropna()
    what = style.label(name.iloc[0] if len(name) else result.attrs.get("parameters", {}).get("of"), 44)
    now, earlier = float(result["price"].iloc[-1]), result["price"].iloc[:-1]
    span = f"; before {earlier.min():,.4g} to {earlier.max():,.4g}" if len(earlier) else ""
    said = title or f"{what}: last paid {now:,.4g} {currency or ''} per {unit}{span}".replace("  ", " ")
    sub = f"Effective unit price of {style.number(len(result))} lines by order date, {in_currency(currency)} per {unit}; grey: {style.number(vendor.nunique() - 1)} other vendors"
    alt = f"Weighted mean {weighted:,.4g}; lowest {least:,.4g}, highest {most:,.4g}, last {now:,.4g}"
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)
