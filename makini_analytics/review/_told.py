"""Whether the data say what became of the lines: a list of orders alone has no late ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..frames import Mask, encode, values

#: What says that a line has come, or has not.
_TELLS = ("delivered_date", "first_receipt_date", "completed_date", "received_quantity")
NOTHING_TOLD = "nothing says what has come: no status, no receipt and no day of delivery"


def untold_of(lines: pd.DataFrame) -> Mask:
    """Which lines are of a connection in which nothing says what has come: neither late nor overdue, as far as anyone knows."""
    told = np.zeros(len(lines), dtype=np.bool_)
    # tidy makes a line open where there is no status: then its state says nothing
    for name in (*_TELLS, "status" if "status" in lines else "state"):
        if name in lines:
            told |= lines[name].notna().to_numpy(dtype=np.bool_)
    connection = encode(values(lines, "connection", "string"))
    some = np.bincount(connection.codes + 1, weights=told, minlength=len(connection.labels) + 1) > 0
    return ~some[connection.codes + 1]
