"""The data set: purchases in memory, saved in a folder, waiting in parts, or counted on disk."""

from ._concat import concat
from ._folder import HEAD, checked_folder
from ._habits import must_be_purchases
from ._parts import PartWriter, saved_parts
from ._purchases import Purchases
from ._reach import own_days
from ._scan import Scan, checked_engine, read_by_spark, scan
from ._spool import Shelf, Spool

__all__ = [
    "HEAD",
    "PartWriter",
    "Purchases",
    "Scan",
    "Shelf",
    "Spool",
    "checked_engine",
    "checked_folder",
    "concat",
    "must_be_purchases",
    "own_days",
    "read_by_spark",
    "saved_parts",
    "scan",
]
