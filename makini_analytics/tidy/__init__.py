"""Records of the API, or any table, to typed frames: a row per order, a row per line, an issue for each value that can't be read."""

from ._from_table import Beside, tidy_table
from ._issues import kinds, much_unreadable, summed, told_once, warnings_in
from ._number_format import NumberFormat
from ._orders import OrdersBuilder, TidyOrders, tidy_orders
from ._parsing import parse_values, sound
from ._receipts import NO_LINE, NO_ORDER
from ._schema import ISSUES, LINE_CONTAINERS, LINES, MONEY, ORDERS, SOURCES, TABLES, Column, data_dictionary, empty
from ._status_words import meaning, sap_line_status
from ._table_builder import table_of

__all__ = [
    "ISSUES",
    "LINES",
    "LINE_CONTAINERS",
    "MONEY",
    "NO_LINE",
    "NO_ORDER",
    "ORDERS",
    "SOURCES",
    "TABLES",
    "Beside",
    "Column",
    "NumberFormat",
    "OrdersBuilder",
    "TidyOrders",
    "data_dictionary",
    "empty",
    "kinds",
    "meaning",
    "much_unreadable",
    "parse_values",
    "sap_line_status",
    "sound",
    "summed",
    "table_of",
    "tidy_orders",
    "tidy_table",
    "told_once",
    "warnings_in",
]
