"""Lead times: from the order to the delivery, with the open lines counted as open.

Averaging what has arrived flatters: the slow lines of the last months are not in yet. Here a line that is
still open counts as longer than its present age, so the figures don't improve by waiting. ``plot_*`` draws
the same figures.
"""

from __future__ import annotations

import importlib
from typing import Any

from ._curve import curve
from ._per_line import per_line
from ._periods import by_period
from ._planning import recommend
from ._vendors import by_vendor

__all__ = ["by_period", "by_vendor", "curve", "per_line", "recommend"]


def __getattr__(name: str) -> Any:
    if name.startswith("plot_"):  # matplotlib is loaded when something is drawn
        return getattr(importlib.import_module("._plots", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
