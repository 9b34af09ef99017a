"""The data set: purchases in memory, saved in a folder, written part by part, or counted on disk."""

from __future__ import annotations

from ._parts import PartTotals, PartWriter, ready
from ._purchases import Purchases, concat
from ._scan import scan

__all__ = ["PartTotals", "PartWriter", "Purchases", "concat", "ready", "scan"]
