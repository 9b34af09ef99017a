"""Whether the data say what was bought, and what became of it: a list of orders alone has no late lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..compute import ENTITIES
from ..frames import FILTERS, Mask, told_in, values

NOTHING_TOLD = "nothing says what has come: no status, no receipt and no day of delivery"


def untold_of(lines: pd.DataFrame) -> Mask:
    """Which lines are of a connection in which nothing says what has come: neither late nor overdue, as far as anyone knows."""
    told = told_in(lines)
    return ~values(lines, "connection", "string").astype("string").fillna("").isin(told).to_numpy(dtype=np.bool_)


def outcomes_hidden(lines: pd.DataFrame, *, of_open: bool = False) -> str:
    """Return that lines were picked by what became of them, as all that are open: of these each is late or not yet due; "" else.

    What is open now is whole all the same (``of_open``) where all open lines were picked.
    """
    picked = lines.attrs.get(FILTERS) or {}
    by = [name for name in picked if name in ("state", "status")]
    whole = of_open and by == ["state"] and "open" in picked["state"].split(", ")
    return f"filtered by {', '.join(by)}" if by and not whole else ""


def says_what(lines: pd.DataFrame) -> bool:
    """Whether anything says what was bought."""
    return any(c in lines and bool(lines[c].notna().any()) for c in (*ENTITIES["material"][0], "description"))
