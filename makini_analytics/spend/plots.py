"""Charts of vendor spend: each takes the lines, or what the function of the same name gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import style
from .concentration import concentration
from .periods import by_period
from .vendors import by_vendor


def plot_by_vendor(
    data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 10, **options: Any
) -> Axes:
    """Draw vendors by falling spend, the rest folded into one bar, so that the bars add up to the total."""
    result = data if "abc_class" in getattr(data, "columns", ()) else by_vendor(data, **options)
    currency = style.one_currency(result)
    if not len(result):
        return style.no_data(ax, "ordered spend by vendor", result)
    head, rest = result.iloc[:top], result.iloc[top:]
    total = float(result["spend"].sum())
    key = "vendor_name" if "vendor_name" in result else str(result.columns[0])
    names = head[key].fillna(head["vendor_id"]) if key == "vendor_name" else head[key]
    labels = [style.label(n) for n in names]
    values = head["spend"].tolist()
    if len(rest):
        labels.append(f"Other ({len(rest):,})")
        values.append(float(rest["spend"].sum()))
    n_head = next((i + 1 for i, c in enumerate(head["cumulative_share"]) if c >= 0.5), min(3, len(head)))
    colours = [style.HIGHLIGHT if i < n_head else style.PLAIN for i in range(len(head))] + [style.REST] * bool(
        len(rest)
    )
    ax = style.axes(ax, rows=len(values))
    y = np.arange(len(values))
    ax.barh(y, values, color=colours, height=0.68)
    ax.set_yticks(y, labels)
    ax.invert_yaxis()
    ax.set_xticks([])
    ax.axvline(0, color=style.LINE, lw=1)
    for i, value in enumerate(values):
        share = f"  {style.percent(value / total)}" if total > 0 else ""
        ax.annotate(
            f"{style.money(value, currency)}{share}",
            (max(value, 0), i),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=style.INK,
        )
    ax.set_xlim(min(0, *values), max(*values, 1e-9) * 1.22)
    covered = float(head["spend"].iloc[:n_head].sum()) / total if total > 0 else np.nan
    said = title or (
        f"{'One vendor makes' if n_head == 1 else f'{n_head} of {len(result):,} vendors make'} {style.percent(covered)} of ordered spend"
        if total > 0 and key == "vendor_name" else f"Ordered spend is {style.money(total, currency)}"
    )  # fmt: skip
    sub = f"Ordered spend by {key.removesuffix('_name').replace('_', ' ')}, {currency or 'no currency stated'}, total {style.money(total, currency)}"
    alt = "; ".join(f"{n} {style.money(v, currency)}" for n, v in zip(labels, values, strict=True))
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def plot_by_period(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw spend per period; one that the as-of day cuts is hatched."""
    result = data if {"period", "spend"} <= set(getattr(data, "columns", ())) else by_period(data, **options)
    currency = style.one_currency(result)
    if not len(result):
        return style.no_data(ax, "ordered spend by period", result)
    whole = result["complete"].fillna(True).to_numpy(dtype=bool)
    ax = style.axes(ax, rows=8)
    x, values = np.arange(len(result)), result["spend"].to_numpy()
    peak = int(np.argmax(values))
    bars = ax.bar(x, values, color=[style.HIGHLIGHT if i == peak else style.PLAIN for i in x], width=0.78)
    for bar, complete in zip(bars, whole, strict=True):
        if not complete:
            bar.set(hatch="///", facecolor="white", edgecolor=style.PLAIN)
    periods = [str(p) for p in result["period"]]
    step = max(1, len(x) // 12)
    ax.set_xticks(x[::step], periods[::step], rotation=45 if len(x) > 8 else 0, ha="right" if len(x) > 8 else "center")
    ax.set_yticks([])
    ax.axhline(0, color=style.LINE, lw=1)
    for i in {peak, len(x) - 1}:
        ax.annotate(
            style.money(values[i], currency),
            (i, max(values[i], 0)),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=9.5,
            color=style.INK,
        )
    ax.set_ylim(min(0, values.min()), max(values.max(), 1e-9) * 1.15)
    if isinstance(ax, style.ChartAxes):
        ax.set_position([0.04, 0.28, 0.92, 0.48])
    said = title or f"Ordered spend was highest in {periods[peak]}: {style.money(values[peak], currency)}"
    cut = "" if whole.all() else "; hatched: cut by the as-of day, not to be compared"
    sub = f"Ordered spend by order date, {currency or 'no currency stated'}, total {style.money(values.sum(), currency)}{cut}"
    alt = "; ".join(f"{p} {style.money(v, currency)}" for p, v in zip(periods, values, strict=True))
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def plot_concentration(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw the share of the largest vendor, the five and the ten largest, overall or by group."""
    result = data if "hhi" in getattr(data, "columns", ()) else concentration(data, **options)
    result = result[result["n_vendors"] > 0]
    currency = style.one_currency(result)
    if not len(result):
        return style.no_data(ax, "concentration of spend", result)
    keys = list(result.columns[: list(result.columns).index("currency")])
    rows: pd.DataFrame = result.sort_values("hhi", ascending=False).head(15)
    ax = style.axes(ax, rows=len(rows) + 2)
    y = np.arange(len(rows))
    for column, colour, name in (
        ("top_10_share", style.REST, "10 largest"),
        ("top_5_share", style.PLAIN, "5 largest"),
        ("top_1_share", style.HIGHLIGHT, "largest"),
    ):
        ax.barh(y, rows[column], color=colour, height=0.62)
        ax.annotate(
            name,
            (float(rows[column].iloc[0]), -0.45),
            (3, 0) if column == "top_10_share" else (-3, 0),
            textcoords="offset points",
            ha="left" if column == "top_10_share" else "right",
            fontsize=9,
            color=style.INK,
        )
    labels = (
        [style.label(" / ".join(style.label(v) for v in row)) for row in rows[keys].itertuples(index=False)]
        if keys
        else ["All vendors"]
    )
    ax.set_yticks(y, labels)
    ax.set_ylim(len(rows) - 0.4, -0.75)
    for i, row in enumerate(rows.to_dict("records")):
        text = f"HHI {row['hhi']:,.0f}, as {row['effective_vendors']:.1f} equal vendors; {row['n_vendors']:,} in all"
        ax.annotate(text, (1.0, i), (6, 0), textcoords="offset points", va="center", fontsize=9, color=style.INK)
    ax.set_xlim(0, 1.55)
    ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    first = rows.iloc[0]
    said = (
        title
        or f"The largest vendor{' of ' + labels[0] if keys else ''} has {style.percent(first['top_1_share'])} of ordered spend, the five largest {style.percent(first['top_5_share'])}"
    )
    alt = "; ".join(f"{n}: HHI {h:,.0f}" for n, h in zip(labels, rows["hhi"], strict=True))
    return style.finish(
        ax, title=said, subtitle=f"Share of ordered spend, {currency or 'no currency stated'}", result=result, alt=alt
    )
