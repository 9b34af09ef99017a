"""What every stage does with a frame of lines: its columns, texts held once, codes, frames stacked, the as-of day."""

from __future__ import annotations

from . import categoricals
from ._access import Mask, days_of, frame_of, is_pandas, need, numbers, texts_of, values
from ._as_of import AsOf, as_day, as_of_day, day_number
from ._codes import Coded, coded, filled, pairs
from ._stack import as_text, stack
from .categoricals import plain

__all__ = [
    "AsOf",
    "Coded",
    "Mask",
    "as_day",
    "as_of_day",
    "as_text",
    "categoricals",
    "coded",
    "day_number",
    "days_of",
    "filled",
    "frame_of",
    "is_pandas",
    "need",
    "numbers",
    "pairs",
    "plain",
    "stack",
    "texts_of",
    "values",
]
