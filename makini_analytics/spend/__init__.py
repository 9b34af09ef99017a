"""Vendor spend: ordered value by vendor or any column, by period, and how concentrated it is.

Each function takes the lines and gives one tidy frame, in one row per currency unless ``currency=`` or a conversion makes it
one; `makini_analytics.explain` tells its parameters and what it left out. ``plot_*`` draws the same figures.
"""

from __future__ import annotations

import importlib
from typing import Any

from ._bridge import bridge
from ._concentration import concentration
from ._dispersion import price_dispersion
from ._history import price_history
from ._periods import by_period
from ._prices import price_changes
from ._sources import single_source
from ._tail import tail
from ._vendors import by_vendor

__all__ = [
    "bridge",
    "by_period",
    "by_vendor",
    "concentration",
    "price_changes",
    "price_dispersion",
    "price_history",
    "single_source",
    "tail",
]


def __getattr__(name: str) -> Any:
    if name.startswith("plot_"):  # matplotlib is loaded when something is drawn
        return getattr(importlib.import_module("._plots", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
