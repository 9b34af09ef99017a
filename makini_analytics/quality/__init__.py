"""What the data are and what they can carry: how full, whether they add up, and what seems to be there twice.

The first question of a meeting is "does this match the ERP?". Nothing here changes the data but `rename_vendors`, by a mapping that
you give. ``plot_*`` draws the same.
"""

from __future__ import annotations

import importlib
from typing import Any

from ._coverage import coverage
from ._duplicates import duplicates, rename_vendors
from ._reconcile import reconcile

__all__ = ["coverage", "duplicates", "reconcile", "rename_vendors"]


def __getattr__(name: str) -> Any:
    if name.startswith("plot_"):  # matplotlib is loaded when something is drawn
        return getattr(importlib.import_module("._plots", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
