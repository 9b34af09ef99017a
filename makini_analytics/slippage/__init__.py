"""Slippage: the delivered date against the date that was required or promised.

All due lines are in the denominator, those that have not come too: an open line past its due date is late
already. ``plot_*`` draws the same figures.
"""

from __future__ import annotations

import importlib
from typing import Any

from ._in_full import otif, value_days
from ._ladder import ladder, swings
from ._open_orders import ageing, backtest, open_orders
from ._per_line import per_line
from ._periods import by_period
from ._promises import date_changes
from ._vendors import by_vendor

__all__ = [
    "ageing",
    "backtest",
    "by_period",
    "by_vendor",
    "date_changes",
    "ladder",
    "open_orders",
    "otif",
    "per_line",
    "swings",
    "value_days",
]


def __getattr__(name: str) -> Any:
    if name.startswith("plot_"):  # matplotlib is loaded when something is drawn
        return getattr(importlib.import_module("._plots", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
