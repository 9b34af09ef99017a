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


def in_currency(currency: str | None) -> str:
    """Return the currency for a subtitle."""
    return currency or "no currency stated"


def several(n: int, word: str) -> str:
    """Return a number with its word.

    >>> several(1, "line"), several(2, "vendor")
    ('1 line', '2 vendors')
    """
    return f"{charts.number(n)} {word if n == 1 else charts.plural(word)}"


def signed(value: float, currency: str | None) -> str:
    """Return an amount with its sign, as that of a change."""
    return ("+" if value > 0 else "") + charts.money(value, currency)


def head_and_rest(result: pd.DataFrame, top: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first rows and the others, to be folded into one bar; one row alone is not folded."""
    n = len(result) if len(result) <= top + 1 else top
    return result.iloc[:n], result.iloc[n:]


def bars(
    ax: Axes, labels: Sequence[str], values: Sequence[float], colours: Sequence[str], texts: Sequence[str]
) -> None:
    """Draw horizontal bars from the top down, each with its text to the right: of its end, or of zero, away from the names."""
    ax.barh(np.arange(len(values)), values, color=list(colours), height=0.68)
    charts.name_rows(ax, labels)
    ax.set_xticks([])
    ax.axvline(0, color=charts.look.line, lw=1)
    for i, (value, text) in enumerate(zip(values, texts, strict=True)):
        charts.beside(ax, text, (max(value, 0.0), i))
    # Zero is always in sight, and a quarter more than the longest bar is for its text.
    low, high = min(0.0, *values), max(0.0, *values)
    ax.set_xlim(low, high + (high - low or 1.0) * 0.25)


def alternative(labels: Sequence[Any], values: Sequence[float], currency: str | None, most: int = 15) -> str:
    """Return the numbers of a chart as text."""
    numbers = [f"{n} {charts.money(v, currency)}" for n, v in zip(labels, values, strict=True)]
    more = f"; and {len(numbers) - most} more" if len(numbers) > most else ""
    return "; ".join(numbers[:most]) + more
