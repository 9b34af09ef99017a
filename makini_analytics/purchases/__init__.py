"""The data set: purchases of one or several connections in memory, saved in a folder, written part by part, or read where they lie."""

from __future__ import annotations

from ._parts import PartTotals, PartWriter, ready
from ._purchases import Purchases, concat
from ._scan import scan

__all__ = ["PartTotals", "PartWriter", "Purchases", "concat", "ready", "scan"]
