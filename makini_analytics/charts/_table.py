"""How a table's cells read: what kind of value a column holds, and the text of each value.

The report and the explorer show the same columns, so they ask here rather than keep a list each.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import pandas as pd

from ._wording import number, price

Kind = Literal["money", "price", "share", "days", "count", "number", "date", "time", "text"]

_MONEY = {
    "spend", "amount", "value", "ppv", "difference", "header_total", "spend_year_before", "change", "open_value",
    "expected_late_value", "expected_late_value_30", "expected_late_value_60", "value_due", "value_late", "value_overdue_open",
    "price_effect", "due_value", "late_value", "stake",
}  # fmt: skip
#: An amount in a currency of its own, as "value_EUR".
_VALUE_IN = re.compile("value_([^a-z]+)")
_PRICES = {"price", "base_price", "list_price", "unit_price", "price_before", "price_after"}
#: Shares whose names don't say so: the ends of intervals, chances, and changes relative to a base.
_SHARES = {
    "low",
    "high",
    "share_delivered",
    "yoy_change",
    "chance",
    "p_value",
    "on_time_low",
    "on_time_high",
    "on_time_shrunken",
}


def kind_of(column: str, values: pd.Series) -> Kind:
    """Return what a column holds, by its name (which carries the unit) and its dtype.

    >>> kind_of("on_time_rate", pd.Series([0.5])), kind_of("median_days", pd.Series([3.0])), kind_of("n_lines", pd.Series([3]))
    ('share', 'days', 'count')
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return "time"  # only instants carry a zone; calendar days have none
    if values.dtype.kind == "M":
        return "date"
    # pandas counts booleans as numeric, but a yes or no is read as a word
    if pd.api.types.is_bool_dtype(values.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        return "text"
    if column in _MONEY or _VALUE_IN.fullmatch(column):
        return "money"
    if column in _PRICES:
        return "price"
    if column in _SHARES or column.endswith(("share", "_rate")) or column.startswith(("share", "chance")):
        return "share"
    if column.endswith("_days") or column.startswith("days"):
        return "days"
    return "count" if pd.api.types.is_integer_dtype(values.dtype) else "number"


#: Columns and words of them that are read otherwise than they are written.
_READ = {"yoy_change": "change on year before"}
_CAPITALS = {"abc", "hhi", "otif", "ppv"}
#: What begins a new line in a text, with the space around it.
_BREAK = re.compile(r"\s*[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")


def spelled(column: str) -> str:
    """Return a column's name in words.

    >>> spelled("abc_class"), spelled("n_lines"), spelled("yoy_change"), spelled("value_EUR")
    ('ABC class', 'lines', 'change on year before', 'value, EUR')
    """
    if of := _VALUE_IN.fullmatch(column):
        return f"value, {of[1]}"
    # "n_lines" are lines: that it is a count everybody sees
    words = column.removeprefix("n_").split("_")
    return _READ.get(column, " ".join(w.upper() if w in _CAPITALS else w for w in words))


def cell_text(value: Any, kind: Kind, decimals: int = 1) -> str:
    """Return a cell as people read it, in one line; ``decimals`` is for numbers of no particular kind.

    >>> cell_text(0.254, "share"), cell_text(1234.5, "money"), cell_text(None, "text"), cell_text(0.125, "number", 2)
    ('25.4 %', '1,234.50', '–', '0.12')
    >>> cell_text("Line one\\nand two", "text")
    'Line one and two'
    """
    if value is None or pd.isna(value):
        return "–"
    if kind == "text":
        return _BREAK.sub(" ", str(value))
    if kind == "date":
        return f"{value:%Y-%m-%d}"
    if kind == "time":
        return f"{value:%Y-%m-%d %H:%M}"
    if kind == "share":
        return f"{number(value * 100, 1)} %"
    if kind == "price":
        return price(value)
    return number(value, {"money": 2, "count": 0, "days": 1}.get(kind, decimals))
