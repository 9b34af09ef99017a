"""Charts of what the data are: each takes Purchases, or what the function of the same name gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import style
from ._coverage import coverage
from ._duplicates import duplicates
from ._reconcile import reconcile


def plot_coverage(data: Any, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw which figures each connection's data can carry, and on how many of its lines they stand."""
    result = data if "computable" in getattr(data, "columns", ()) else coverage(data)
    figures = result[result["table"] == "metrics"]
    if not len(figures) or not figures["n_rows"].sum():
        return style.no_data(ax, "figures that can be computed", result)
    names = figures["name"].unique().tolist()
    connections = figures["connection"].unique().tolist()
    ax = style.axes(ax, rows=len(names))
    for row in figures.to_dict("records"):
        x, y, good = connections.index(row["connection"]), names.index(row["name"]), bool(row["computable"])
        ax.barh(y, 0.92, left=x + 0.04, height=0.84, color="#F0F2F4")
        ax.barh(y, 0.92 * row["share"] if good else 0, left=x + 0.04, height=0.84, color="#B9D8EC")
        said = f"{style.percent(row['share'])} of lines" if good else "no"
        ax.text(
            x + 0.5, y, said, ha="center", va="center", fontsize=9.5, color=style.look.ink if good else style.look.late
        )
    ax.set_xlim(0, len(connections))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xticks(np.arange(len(connections)) + 0.5, [style.label(c, 20) for c in connections])
    ax.xaxis.tick_top()
    ax.set_yticks(
        range(len(names)),
        [n.replace(", due=promised", " by promised date").replace(".", " ").replace("_", " ") for n in names],
    )
    for side in ax.spines.values():
        side.set_visible(False)
    n, good = len(figures), int(figures["computable"].sum())
    said = title or f"{good} of {n} figures can be computed" + ("" if good == n else f"; {n - good} can't")
    lacking = figures[~figures["computable"].astype(bool)]
    alt = "; ".join(f"{r['connection']}, {r['name']}: {r['evidence']}" for r in lacking.to_dict("records"))
    return style.finish(ax, title=said, subtitle="Lines that each figure counts, by connection", result=result, alt=alt)


def plot_reconcile(
    data: Any,
    *,
    currency: str | None = None,
    connection: str | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    **options: Any,
) -> Axes:
    """Draw the way from the value of all lines to the value that the figure uses, one currency at a time."""
    result = data if {"part", "step"} <= set(getattr(data, "columns", ())) else reconcile(data, **options)
    lines = result[result["part"] == "lines"]
    if connection is not None:
        lines = lines[lines["connection"] == connection]
    if currency is None and len(lines):
        currency = style.one_currency(lines)
    lines = lines[lines["currency"] == currency] if currency else lines
    if not len(lines):
        return style.no_data(ax, "value of the lines", result)
    raw, used = (float(lines.loc[lines["step"] == s, "value"].sum()) for s in ("raw", "used"))
    out = lines[lines["step"] == "left out"].groupby("reason", sort=False)[["value", "n_lines"]].sum()
    out = out.sort_values("value", ascending=False)
    labels = ["all lines", *(str(r) for r in out.index), "used"]
    heights = [raw, *(-out["value"]), used]
    starts = [0.0, *(raw - out["value"].cumsum() + out["value"]), 0.0]
    counts = [int(lines.loc[lines["step"] == "raw", "n_lines"].sum()), *out["n_lines"].astype(int)]
    counts.append(int(lines.loc[lines["step"] == "used", "n_lines"].sum()))
    ax = style.axes(ax, rows=len(labels))
    y = np.arange(len(labels))
    colours = [style.look.plain, *[style.look.late] * len(out), style.look.highlight]
    ax.barh(y, heights, left=starts, color=colours, height=0.66)
    for i, (height, start, n) in enumerate(zip(heights, starts, counts, strict=True)):
        value = f"{style.money(height, currency)}, {style.number(n)} {'line' if n == 1 else 'lines'}"
        ax.annotate(
            value,
            (max(start, start + height, 0), i),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=style.look.ink,
        )
    ax.set_yticks(y, [style.label(name) for name in labels])
    ax.set_ylim(max(len(labels), 4) - 0.5, -0.6)
    ax.set_xticks([])
    ends = [s + h for s, h in zip(starts, heights, strict=True)]
    ax.set_xlim(min(0.0, *ends), max(*ends, *starts, 1e-9) * 1.35)
    share = used / raw if raw else np.nan
    said = (
        title
        or (f"All of the {style.money(raw, currency)} is used: nothing was left out" if not len(out) else "")
        or f"{style.money(used, currency)} of {style.money(raw, currency)} is used: {style.percent(share)} of the value"
    )
    alt = "; ".join(f"{name} {style.money(h, currency)}" for name, h in zip(labels, heights, strict=True))
    of = ", ".join(lines["connection"].dropna().unique())
    result = result.copy(deep=False)
    result.attrs |= {"source": of, "included": {"n_lines": counts[0], "value": {}}}  # of what is drawn
    return style.finish(
        ax,
        title=said,
        subtitle=f"Value of the order lines, {currency or 'no currency stated'}, and what is left out",
        result=result,
        alt=alt,
    )


def plot_duplicates(
    data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 15, **options: Any
) -> Axes:
    """Draw the suggestions by score, each with its two names."""
    result = data if {"kind", "score"} <= set(getattr(data, "columns", ())) else duplicates(data, **options)
    if not len(result):
        return style.no_data(ax, "nothing seems to be there twice", result)
    head = result.iloc[:top]
    labels = [_both(r) for r in head.to_dict("records")]
    ax = style.axes(ax, rows=len(head))
    y = np.arange(len(head))
    ax.barh(
        y,
        head["score"],
        color=[style.look.highlight if k == "order" else style.look.plain for k in head["kind"]],
        height=0.66,
    )
    for i, value in enumerate(head["score"]):
        ax.annotate(
            f"{value:.0f}",
            (value, i),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=style.look.ink,
        )
    ax.set_yticks(y, labels)
    ax.invert_yaxis()
    ax.set_xlim(0, 112)
    ax.set_xticks([])
    counts = result["kind"].value_counts()
    said = title or "Seems to be there twice: " + ", ".join(f"{n} {k}{'s' if n > 1 else ''}" for k, n in counts.items())
    more = f"; {style.number(len(result) - len(head))} more in the table" if len(result) > len(head) else ""
    return style.finish(
        ax,
        title=said,
        subtitle=f"Score, out of 100; suggestions to look at, nothing is merged{more}",
        result=result,
        alt="; ".join(labels),
    )


def _both(row: dict[str, Any]) -> str:
    if pd.isna(row["other_name"]):
        return f"{row['connection']}: {row['name']}"
    if row["kind"] == "order":
        return f"{row['name']} ({row['connection']}, {row['other_connection']})"
    return f"{style.label(row['name'], 34)}\n= {style.label(row['other_name'], 32)}"
