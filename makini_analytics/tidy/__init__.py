"""Records of the API, or any table, to typed frames: a row per order, a row per line, an issue for each value that can't be read."""

from ._beside import NO_ORDER, ReceiptsBuilder, ReturnsBuilder
from ._currencies import currency_code
from ._dictionary import data_dictionary
from ._from_table import SETTLED, Beside, tidy_table
from ._identities import plain_text
from ._in_parts import OrdersInParts
from ._issues import (
    MANY_ROWS,
    MOST_ROWS,
    a_few,
    much_unreadable,
    told_once,
    unreadable_first,
    warnings_in,
)
from ._no_values import why_no_value
from ._number_format import NumberFormat
from ._orders import OrdersBuilder, tidy_orders
from ._parsing import parse_values, sound, zone
from ._receipt_status import has_come
from ._row_checks import subtotals
from ._schema import ISSUES, LINE_CONTAINERS, LINES, MONEY, ORDERS, SOURCES, STATES, TABLES, Column, empty
from ._settled import READ_TOGETHER, TidyOrders
from ._stale import moved_away, stale_by_names, stale_by_receipts, stale_by_returns, told_beside, weighed_again
from ._status_words import meaning, sap_line_status
from ._table_builder import table_of
from ._tables_beside import RECEIPT
from ._writing import Writing

__all__ = [
    "ISSUES",
    "LINES",
    "LINE_CONTAINERS",
    "MANY_ROWS",
    "MONEY",
    "MOST_ROWS",
    "NO_ORDER",
    "ORDERS",
    "READ_TOGETHER",
    "RECEIPT",
    "SETTLED",
    "SOURCES",
    "STATES",
    "TABLES",
    "Beside",
    "Column",
    "NumberFormat",
    "OrdersBuilder",
    "OrdersInParts",
    "ReceiptsBuilder",
    "ReturnsBuilder",
    "TidyOrders",
    "Writing",
    "a_few",
    "currency_code",
    "data_dictionary",
    "empty",
    "has_come",
    "meaning",
    "moved_away",
    "much_unreadable",
    "parse_values",
    "plain_text",
    "sap_line_status",
    "sound",
    "stale_by_names",
    "stale_by_receipts",
    "stale_by_returns",
    "subtotals",
    "table_of",
    "tidy_orders",
    "tidy_table",
    "told_beside",
    "told_once",
    "unreadable_first",
    "warnings_in",
    "weighed_again",
    "why_no_value",
    "zone",
]
