"""Lead times: from the order to the delivery, with the open lines counted as open.

The usual mean of what has arrived leaves out the slow lines that are still under way, the more so the more recent the orders
are. Here an open line says what it knows - longer than its age - by the methods of survival analysis.
"""

from __future__ import annotations

import importlib
from typing import Any

from .curve import curve
from .per_line import per_line
from .vendors import by_vendor

__all__ = ["by_vendor", "curve", "per_line"]


def __getattr__(name: str) -> Any:
    if name.startswith("plot_"):  # matplotlib is loaded when something is drawn
        return getattr(importlib.import_module(".plots", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
