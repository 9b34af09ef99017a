"""What the titles of on-time charts say: each from the same columns, so that two charts of one fact agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ... import charts
from ...compute import NOTHING_TOLD

_OF = {"quantity": "the quantity of ", "value": "the value of "}


def none_open(result: pd.DataFrame) -> str | None:
    """Return that all lines are delivered, of a result without open lines; None where there are no lines at all."""
    done = sum(e["n_lines"] for e in result.attrs.get("excluded", ()) if e["reason"] == "delivered")
    all_of_them = "the one that counts is" if done == 1 else f"all {charts.number(done)} that count are"
    return f"No line is open: {all_of_them} delivered" if done else None


def overall(result: pd.DataFrame) -> float:
    """Return the rate of all rows together, weighted as each of them is."""
    rows = result[result["n_due"] > 0]
    share = rows["due_share"] if "due_share" in rows else rows["n_due"]  # a single period has no share
    return float((share * rows["on_time_rate"]).sum() / share.sum())


def rate_of(result: pd.DataFrame) -> str:
    """Return the rate of all rows together and of how many lines: as a share from so many lines on, of fewer as a count."""
    n, hits = int(result["n_due"].sum()), int(result["n_on_time"].sum())
    weight = result.attrs.get("parameters", {}).get("weight", "lines")
    lines = f"{charts.number(n)} due {'line' if n == 1 else 'lines'}"
    if n < charts.SMALL_N and weight == "lines":
        return f"{charts.number(hits)} of {lines}"
    return f"{charts.percent(overall(result))} of {_OF.get(weight, '')}{lines}"


def came_on_time(result: pd.DataFrame) -> str:
    """Return how much came on time, where anything says what has come."""
    return untold(result, int(result["n_due"].sum())) or f"{rate_of(result)} came on time"


def untold(result: pd.DataFrame, n_due: int) -> str:
    """Return that nothing says of so many due lines what has come; "" where something does."""
    if NOTHING_TOLD not in (result.attrs.get("notes") or ()):
        return ""
    return f"Nothing says whether {charts.counted(n_due, 'due line')} came"


def compared(result: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which rows have enough lines, and orders, to be compared with the others."""
    return result["p_value"].notna().to_numpy(dtype=bool)


def is_few(result: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which rows are drawn in grey: those of which nothing is said."""
    alone = result["others_rate"].isna() & (result["n_due"] >= charts.SMALL_N)
    return ~compared(result) & ~alone.to_numpy(dtype=bool)


def few_in_words(rows: pd.DataFrame) -> str:
    """Return what rows in grey are, as a subtitle ends; "" where none is."""
    grey = is_few(rows)
    if not grey.any():
        return ""
    if (rows.loc[grey, "n_due"] < charts.SMALL_N).all():
        return f"; grey: fewer than {charts.SMALL_N} lines"
    return "; grey: not tested, too few lines, orders or months, its own or of the others"


def stands(result: pd.DataFrame, where: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which rows are "below" or "above" all others by more than chance."""
    return (result["against_others"] == where).fillna(False).to_numpy(dtype=bool)


def who_differs(result: pd.DataFrame, several: str) -> str:
    """Return how many groups are clearly below and above the others; "" where there is one group only."""
    columns = charts.group_columns(result, "n_due")
    # lines that name no vendor are drawn, but are not one more vendor
    groups, n = int((result["n_due"] > 0).sum()), charts.n_named(result[compared(result)], columns)
    below, above = (charts.n_named(result[stands(result, where)], columns) for where in ("below", "above"))
    if groups < 2 and not n:
        return ""
    if not n:
        return f"too few lines to tell {several} apart"
    if not below + above:
        return (
            f"no clear difference among {charts.number(n)} {several}"
            if n > 1
            else "no clear difference from the others"
        )
    others = "the other" if groups == 2 else "the others"
    of = f"of {charts.number(n)} {several} {'is' if (below or above) == 1 else 'are'} clearly"
    if not below:
        return f"{charts.number(above)} {of} above {others}"
    more = f", {charts.number(above)} above" if above and groups > 2 else ""
    return f"{charts.number(below)} {of} below {others}{more}"


def marks(below: bool, above: bool, few: bool) -> tuple[str, str]:
    """Return shape and colour of a rate: the shape says it too, since a colour alone is lost in a grey print."""
    if below:
        return "s", charts.look.late
    return ("^" if above else "o"), charts.look.rest if few else charts.look.highlight
