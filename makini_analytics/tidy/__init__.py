"""Records of the API, or any table, to typed frames: one row per order, one per line, an issue for each value that could not be read."""

from __future__ import annotations

from ._from_file import read_file, read_headings, with_received
from ._from_table import read_table
from ._orders import Tidied, Tidying, tidy_orders
from ._parsing import read
from ._schema import ISSUES, LINE_CONTAINERS, LINES, MONEY, ORDERS, SOURCES, TABLES, Column, data_dictionary, empty
from ._table_builder import table_of

__all__ = [
    "ISSUES",
    "LINES",
    "LINE_CONTAINERS",
    "MONEY",
    "ORDERS",
    "SOURCES",
    "TABLES",
    "Column",
    "Tidied",
    "Tidying",
    "data_dictionary",
    "empty",
    "read",
    "read_file",
    "read_headings",
    "read_table",
    "table_of",
    "tidy_orders",
    "with_received",
]
