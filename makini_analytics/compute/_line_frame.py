"""Results with a row for each line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..frames import to_strings, values
from ._reuse import shared

_IDS = ("order_id", "line_id", "vendor_id", "vendor_name")


def by_line(lines: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return columns of the lines behind what a reader finds each line by; last its connection, where lines have one.

    The text of these is as in any result; within a report or a scorecard, which count such rows and show none, it stays categories.
    """
    text = (lambda column: column) if shared() else to_strings
    result = pd.DataFrame({**{c: text(values(lines, c, "string")) for c in _IDS}, **columns}, index=lines.index)
    if "connection" in lines.columns:
        result["connection"] = text(lines["connection"])
    return result
