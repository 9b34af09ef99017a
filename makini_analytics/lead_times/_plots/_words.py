"""What the days of a chart are counted by, and from what to what: the words of its axis and subtitle."""

from __future__ import annotations

import pandas as pd

from ... import charts

_ENDS = {"complete": "delivery", "first_receipt": "first receipt", "header": "completion of the order"}


def days_of(result: pd.DataFrame) -> str:
    """Return which days are counted."""
    return str(result.attrs.get("parameters", {}).get("calendar") or "calendar days")


def start_of(result: pd.DataFrame) -> str:
    """Return what the waiting begins with: order, approval or creation."""
    return str(result.attrs.get("parameters", {}).get("start", "order"))


def end_of(result: pd.DataFrame) -> str:
    """Return what it ends with."""
    return _ENDS[result.attrs.get("parameters", {}).get("end", "complete")]


def none_came(result: pd.DataFrame) -> str | None:
    """Return that nothing is delivered, "yet" where something may still come; None where there are no lines."""
    n = int(result["n_lines"].sum()) if "n_lines" in result else int((result["outcome"] == "open").sum())
    still_open = bool(result["n_open"].sum()) if "n_open" in result else True
    return f"Nothing is delivered{' yet' if still_open else ''} of {charts.counted(n, 'line')}" if n else None
