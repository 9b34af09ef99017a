"""What a chart of spend says of its measure: the words for the basis, names for groups, bars with their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts

_BASIS = {"ordered": "Ordered spend", "received": "Received spend at order prices", "open": "Open commitment"}


def measured(result: pd.DataFrame) -> str:
    """Return what the money of a result is: ordered spend, unless it says otherwise."""
    return _BASIS[result.attrs.get("parameters", {}).get("basis", "ordered")]


def together(result: pd.DataFrame) -> str:
    """Return what the sum of the rows is: of some of them no total."""
    return "together" if charts.is_part(result) else "total"


def in_currency(currency: str | None) -> str:
    """Return the currency for a subtitle."""
    return currency or "no currency stated"


def signed(value: float, currency: str | None) -> str:
    """Return an amount with its sign, as that of a change."""
    return charts.with_plus(value, charts.money(value, currency))


def head_and_rest(result: pd.DataFrame, top: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first rows and the others, to be folded into one bar; one row alone is not folded."""
    n = len(result) if len(result) <= top + 1 else top
    return result.iloc[:n], result.iloc[n:]


def bars(
    ax: Axes,
    labels: Sequence[str],
    values: Sequence[float],
    colours: Sequence[str],
    texts: Sequence[str],
    *,
    rest: bool = False,
) -> None:
    """Draw horizontal bars from the top down, each with its text to the right: of its end, or of zero, away from the names.

    The last one, where it is all the ``rest``, is cut when it is so long that the others could not be compared any more.
    """
    named = list(values[:-1]) if rest and len(values) > 1 else list(values)
    low, high = min(0.0, *named), max(0.0, *named)
    cut = len(named) < len(values) and abs(values[-1]) > 1.25 * max(-low, high) > 0
    if cut:
        end = 1.12 * max(-low, high)
        low, high = (min(low, -end), high) if values[-1] < 0 else (low, max(high, end))
        texts = [*texts[:-1], f"{texts[-1]}, bar cut"]
    elif rest:
        low, high = min(low, values[-1]), max(high, values[-1])
    ax.barh(np.arange(len(values)), values, color=list(colours), height=0.68)
    charts.name_rows(ax, labels)
    ax.set_xticks([])
    ax.axvline(0, color=charts.look.line, lw=1)
    for i, (value, text) in enumerate(zip(values, texts, strict=True)):
        charts.beside(ax, text, (min(max(value, 0.0), high), i))
    ax.set_xlim(low, high if high > low else low + 1.0)
    if cut:
        charts.torn(ax, 0.94 * (low if values[-1] < 0 else high), len(values) - 1)


def alternative(labels: Sequence[Any], values: Sequence[float], currency: str | None, most: int = 15) -> str:
    """Return the numbers of a chart as text."""
    numbers = [f"{n} {charts.money(v, currency)}" for n, v in zip(labels, values, strict=True)]
    more = f"; and {len(numbers) - most} more" if len(numbers) > most else ""
    return "; ".join(numbers[:most]) + more
