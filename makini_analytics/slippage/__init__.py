"""Slippage: the delivered date against the date that was required or promised.

All due lines are in the denominator, those that have not come too: an open line past its due date is late
already. ``plot_*`` draws the same figures.
"""

from __future__ import annotations

import importlib
from typing import Any

from .per_line import per_line
from .vendors import by_vendor

__all__ = ["by_vendor", "per_line"]


def __getattr__(name: str) -> Any:
    if name.startswith("plot_"):  # matplotlib is loaded when something is drawn
        return getattr(importlib.import_module(".plots", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
