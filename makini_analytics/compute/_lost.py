"""What lines lost, or have twice, on their way from `Purchases` to a figure: whoever picks columns of a frame loses what they say."""

from __future__ import annotations

import pandas as pd

from ..frames import DECIDED_BY, DECIDING
from ..system import warn

#: What a figure takes every line for where one of the columns is not there by which lines count or don't.
_SAID_BY = dict(zip(DECIDING, (
    "cancelled lines and drafts count",
    "deleted lines count",
    "returns count as deliveries",
    "a part of a delivery counts as all of it",
    "whether delivery days are recorded is asked of all connections at once",
), strict=True))  # fmt: skip
_OF_SPEND = ("state", "deleted_at")


def doubts_of(lines: pd.DataFrame, metric: str) -> tuple[str, ...]:
    """Return in sentences what a frame lost that a figure would have read; say it, since a frame can be mended at once."""
    told = [*_picked(lines, metric.partition(".")[0]), *_repeated(lines)]
    for sentence in told:
        warn(f"{metric}: {sentence}")
    return tuple(told)


def _picked(lines: pd.DataFrame, room: str) -> list[str]:
    had = lines.attrs.get(DECIDED_BY, ())  # a table of the user's own has the columns that it has, and no such list
    asked = _OF_SPEND if room == "spend" else DECIDING if room in ("slippage", "lead_times") else ()
    lost = [c for c in asked if c in had and c not in lines.columns]
    if not lost:
        return []
    so = "; ".join(_SAID_BY[c] for c in lost)
    return [f"The lines lack {', '.join(lost)}, which data.lines has: {so}."]


def _repeated(lines: pd.DataFrame) -> list[str]:
    """Say how many lines are there twice where two frames were put together: `pandas.concat` leaves their numbers twice, too."""
    key = [c for c in ("connection", "order_id", "line_id") if c in lines.columns]
    if lines.index.is_unique or "line_id" not in key:
        return []
    # where a list has no numbers, tidy made them up, and two lists have the same ones
    key += [c for c in ("vendor_name", "order_date", "quantity", "amount") if c in lines.columns]
    n = int(lines.duplicated(key).sum())
    return [f"{n:,} of {len(lines):,} lines are there twice, and count twice: lines.drop_duplicates({key})."] * (n > 0)
