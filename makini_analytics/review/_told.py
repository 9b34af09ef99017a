"""Whether the data say what was bought, and what became of it: a list of orders alone has no late lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..compute import ENTITIES
from ..frames import Mask, outcomes_hidden_by, told_in, values

NEVER_RECEIVED = "of a vendor of which nothing was ever recorded as received"
ITEM_NEVER_RECEIVED = "of an item of which nothing was ever recorded as received"
KIND_NEVER_RECEIVED = "of a type or category of which nothing was ever recorded as received"
POSTED = "of a connection that records deliveries on one day of each month"
SITE_ENDED = "of a site whose deliveries are recorded no longer"
NOTHING_TOLD = "nothing says what has come: no status, no receipt and no day of delivery"


def untold_of(lines: pd.DataFrame) -> Mask:
    """Which lines are of a connection in which nothing says what has come: neither late nor overdue, as far as anyone knows."""
    told = told_in(lines)
    return ~values(lines, "connection", "string").astype("string").fillna("").isin(told).to_numpy(dtype=np.bool_)


def outcomes_hidden(lines: pd.DataFrame, *, of_open: bool = False) -> str:
    """Return that lines were picked by what became of them; "" where they were not, or figures are whole all the same."""
    by = outcomes_hidden_by(lines, of_open=of_open)
    return f"filtered by {', '.join(by)}" if by else ""


def says_what(lines: pd.DataFrame) -> bool:
    """Whether anything says what was bought."""
    return any(c in lines and bool(lines[c].notna().any()) for c in (*ENTITIES["material"][0], "description"))
