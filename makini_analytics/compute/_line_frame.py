"""Results with a row for each line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..frames import to_strings, values
from ._reuse import once

_IDS = ("order_id", "line_id", "vendor_id", "vendor_name")


def by_line(lines: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return columns of the lines behind what a reader finds each line by; last its connection, where lines have one."""
    ids = once(lines, "ids by line", lambda: {c: to_strings(values(lines, c, "string")) for c in _IDS})
    result = pd.DataFrame({**ids, **columns}, index=lines.index)
    if "connection" in lines.columns:
        result["connection"] = to_strings(lines["connection"])
    return result
