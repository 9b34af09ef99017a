"""All figures of the package by name, read from the doors of the rooms that hold them."""

from __future__ import annotations

from .. import lead_times, quality, slippage, spend
from ..compute import Figure, figures_of

#: Every figure by the name that its results carry, such as "spend.by_vendor", room by room.
FIGURES: dict[str, Figure] = {f.name: f for room in (spend, lead_times, slippage, quality) for f in figures_of(room)}
