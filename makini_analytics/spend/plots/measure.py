"""What a chart of spend says of its measure: the words for the basis, names for groups, bars with their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import style

_BASIS = {"ordered": "Ordered spend", "received": "Received spend at order prices", "open": "Open commitment"}


def measured(result: pd.DataFrame) -> str:
    """Return what the money of a result is: ordered spend, unless it says otherwise."""
    return _BASIS[result.attrs.get("parameters", {}).get("basis", "ordered")]


def in_currency(currency: str | None) -> str:
    """Return the currency for a subtitle."""
    return currency or "no currency stated"


def group_columns(result: pd.DataFrame, until: str) -> list[str]:
    """Return the columns that name the rows: those before ``until``."""
    columns = list(result.columns)
    return [str(c) for c in columns[: columns.index(until)]]


def group_labels(result: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return one short name per row: the vendor's or item's name where there is one, else all of the keys."""
    shown = [c for c in columns if c not in ("vendor_id", "material_id") or f"{c[:-3]}_name" not in columns]
    if "product_code" in columns or "description" in columns:
        shown = [c for c in shown if c != "material_id"]
    if not shown:
        return ["All"] * len(result)
    rows = result.copy(deep=False)
    if "vendor_name" in columns and "vendor_id" in result:
        rows["vendor_name"] = rows["vendor_name"].fillna(rows["vendor_id"])
    widths = {c: max((len(style.label(v)) for v in rows[c]), default=0) for c in shown}
    while sum(widths.values()) > 37 - 3 * len(shown):  # the longest gives way
        widths[max(widths, key=lambda c: widths[c])] -= 1
    parts = [[style.label(v, max(w, 14)) for v in rows[c]] for c, w in widths.items()]
    labels = [" / ".join(p) for p in zip(*parts, strict=True)]
    if "connection" in result:  # the same name in two connections
        of = result["connection"].tolist()
        labels = [f"{style.label(n, 28)} ({c})" if labels.count(n) > 1 else n for n, c in zip(labels, of, strict=True)]
    return labels


def head_and_rest(result: pd.DataFrame, top: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first rows and the others, to be folded into one bar; one row alone is not folded."""
    n = len(result) if len(result) <= top + 1 else top
    return result.iloc[:n], result.iloc[n:]


def named(columns: Sequence[str]) -> str:
    """Return what the rows are, in words: ``vendor``, ``category and site``."""
    words = [c.removesuffix("_name").removesuffix("_id").replace("custom.", "").replace("_", " ") for c in columns]
    return " and ".join(dict.fromkeys(w for w in words if w not in ("product code", "description"))) or "line"


def bars(
    ax: Axes, labels: Sequence[str], values: Sequence[float], colours: Sequence[str], texts: Sequence[str]
) -> None:
    """Draw horizontal bars from the top down, each with its text at the end that points away from zero."""
    y = np.arange(len(values))
    ax.barh(y, values, color=list(colours), height=0.68)
    ax.set_yticks(y, list(labels))
    ax.set_ylim(max(len(values), 4) - 0.5, -0.6)
    ax.set_xticks([])
    ax.axvline(0, color=style.LINE, lw=1)
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low or 1.0) * (0.4 if low < 0 else 0.25)
    for i, (value, text) in enumerate(zip(values, texts, strict=True)):
        right = value >= 0
        ax.annotate(
            text,
            (value, i),
            (5 if right else -5, 0),
            textcoords="offset points",
            va="center",
            ha="left" if right else "right",
            fontsize=9.5,
            color=style.INK,
        )
    ax.set_xlim(low - (room if low < 0 else 0), high + room)


def alternative(labels: Sequence[Any], values: Sequence[float], currency: str | None, most: int = 15) -> str:
    """Return the numbers of a chart as text."""
    said = [f"{n} {style.money(v, currency)}" for n, v in zip(labels, values, strict=True)]
    more = f"; and {len(said) - most} more" if len(said) > most else ""
    return "; ".join(said[:most]) + more
