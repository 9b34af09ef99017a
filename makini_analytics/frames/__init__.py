"""What every stage does with a frame of lines: its columns, text as codes, stacking, the as-of day."""

from . import categoricals
from ._access import (
    FILTERS,
    Mask,
    days_of,
    frame_of,
    is_history,
    is_pandas,
    need,
    numbers,
    texts_of,
    values,
    vendors_hidden_by,
)
from ._as_of import (
    OWN_DAYS,
    OWN_WINDOWS,
    AsOf,
    AsOfDays,
    as_day,
    as_of_day,
    as_of_days,
    day_number,
    known_days,
    moment_of,
)
from ._codes import Encoding, coalesce, encode, pairs
from ._csv import write_csv
from ._stack import as_text, stack
from .categoricals import to_strings

__all__ = [
    "FILTERS",
    "OWN_DAYS",
    "OWN_WINDOWS",
    "AsOf",
    "AsOfDays",
    "Encoding",
    "Mask",
    "as_day",
    "as_of_day",
    "as_of_days",
    "as_text",
    "categoricals",
    "coalesce",
    "day_number",
    "days_of",
    "encode",
    "frame_of",
    "is_history",
    "is_pandas",
    "known_days",
    "moment_of",
    "need",
    "numbers",
    "pairs",
    "stack",
    "texts_of",
    "to_strings",
    "values",
    "vendors_hidden_by",
    "write_csv",
]
