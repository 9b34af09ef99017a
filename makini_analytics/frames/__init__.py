"""What every stage does with a frame of lines: its columns, text as codes, stacking, the as-of day."""

from . import categoricals
from ._access import (
    CHANGED_SINCE,
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
    years_hidden_by,
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
from ._codes import Encoding, coalesce, encode, numbered, pairs
from ._collect import (
    FIGURE_COLUMNS,
    MOST_LINES,
    OnlyInMemory,
    collect,
    columns_of,
    is_engine_frame,
    kind_of_frame,
    to_pandas,
)
from ._csv import write_csv
from ._spark import refuse_instants, refuse_twins, zones_of_spark
from ._sqlite import refuse_other_kinds
from ._stack import as_text, stack
from .categoricals import to_strings

__all__ = [
    "CHANGED_SINCE",
    "FIGURE_COLUMNS",
    "FILTERS",
    "MOST_LINES",
    "OWN_DAYS",
    "OWN_WINDOWS",
    "AsOf",
    "AsOfDays",
    "Encoding",
    "Mask",
    "OnlyInMemory",
    "as_day",
    "as_of_day",
    "as_of_days",
    "as_text",
    "categoricals",
    "coalesce",
    "collect",
    "columns_of",
    "day_number",
    "days_of",
    "encode",
    "frame_of",
    "is_engine_frame",
    "is_history",
    "is_pandas",
    "kind_of_frame",
    "known_days",
    "moment_of",
    "need",
    "numbered",
    "numbers",
    "pairs",
    "refuse_instants",
    "refuse_other_kinds",
    "refuse_twins",
    "stack",
    "texts_of",
    "to_pandas",
    "to_strings",
    "values",
    "vendors_hidden_by",
    "write_csv",
    "years_hidden_by",
    "zones_of_spark",
]
