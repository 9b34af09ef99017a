"""What was received, where a list says what is still to come, or says it of each schedule line of an item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import stack
from ..tidy import empty
from ._sorted_rows import as_issues

if TYPE_CHECKING:
    from ._read_file import FileRead

NUMBERS = ("quantity", "received_quantity", "unit_price", "price_unit", "discount", "tax", "amount")
_EACH_OR_ALL = "the same on every schedule line of the item: taken as the item's, and it may be each one's"

_BELOW = "more cancelled and still to come than was ordered: what was received is not known"


def _of_items(values: pd.Series, ordered: pd.Series, items: list[int]) -> tuple[pd.Series, npt.NDArray[np.bool_]]:
    """Return what the rows of an item say together, on each of them, and where that is in doubt.

    Where they differ, it is of each schedule line, and they are added up. Where they are the same throughout, it is the item's, as a sum
    above what was ordered shows; below that it could be either.
    """
    by = values.groupby(np.array(items))
    n, total, first = by.transform("size"), by.transform("sum"), by.transform("first")
    unknown = values.isna().groupby(np.array(items)).transform("any")
    alike = (n > 1) & (by.transform("nunique") == 1) & (values != 0) & ~unknown
    differ = (n > 1) & (by.transform("nunique") > 1)
    of_item = alike & (total > ordered + 1e-9)
    each = ~of_item if differ.any() else n == 1
    out = total.where(each, first).mask(unknown)
    return out, alike.to_numpy(dtype=bool) & (not (differ.any() or of_item.any()))


def _cancelled(got: FileRead) -> pd.Series | float:
    """Return what was cancelled of each row, of an item whose rows are its schedule lines together; 0 where the list doesn't say."""
    if not got.cancelled:
        return 0.0
    of_rows = pd.Series(got.cancelled)
    return of_rows.groupby(np.array(got.items)).transform("first") if got.items else of_rows


def with_received(
    got: FileRead, read: Callable[[pd.DataFrame, dict[Any, str]], tuple[pd.DataFrame, pd.DataFrame]]
) -> tuple[FileRead, pd.DataFrame]:
    """Return a file with what was received where it only says what is still to come, and the issues of reading that.

    ``read`` reads a table and returns its lines and issues: all number columns at once, so that they share one decimal mark.
    """
    received = next((h for h, c in got.columns.items() if c == "received_quantity"), None)
    part = got.open_quantity if got.open_quantity is not None else received if got.items else None
    if part is None:
        return got, empty("issues")
    columns = {h: c for h, c in got.columns.items() if c in NUMBERS or c == "line_id"}
    lines, issues = read(got.table, columns | {part: "received_quantity"})
    mine = issues[issues["column"] == "received_quantity"]
    values = pd.Series(lines["received_quantity"].to_numpy(dtype=float))
    ordered = pd.Series(lines["quantity"].to_numpy(dtype=float))
    last, doubtful = np.ones(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    if got.items:
        values, doubtful = _of_items(values, ordered, got.items)
        last = ~pd.Series(got.items).duplicated(keep="last").to_numpy()
    heading, notes = f"{part} of the item", got.notes
    if got.open_quantity is not None:
        less = "what was cancelled and " if got.cancelled else ""
        values = ordered - values - _cancelled(got)
        heading, notes = f"ordered less {part}", f"{notes} What was received is what was ordered less {less}{part!r}."
        if got.finished:  # SAP counts nothing as open on them, also where little came: what was received stays unknown
            values = values.mask(pd.Series(got.finished))
    below = values.lt(0) & (values + _cancelled(got)).ge(0)
    values = values.mask(below)
    told = [
        (lines["line_id"].iloc[i], "received_quantity", str(got.table[part].iloc[i]), _BELOW)
        for i in np.flatnonzero(below & last).tolist()
    ]
    told += [
        (lines["line_id"].iloc[i], "received_quantity", str(got.table[part].iloc[i]), _EACH_OR_ALL)
        for i in np.flatnonzero(doubtful & last).tolist()
    ]
    mine = stack([mine, as_issues(told)])
    values = values.astype(object).where(values.notna(), None)
    lost = lines["unreadable"].astype("string").str.contains("received_quantity").fillna(False).to_numpy(dtype=bool)
    for i in np.flatnonzero(lost).tolist():  # stays what was given and can't be read, where the line is read
        at = i if last[i] else max(j for j, item in enumerate(got.items) if item == got.items[i])
        values.iloc[at] = f"{got.table[part].iloc[i]} ({part})"
    mine = mine[~mine["id"].isin(lines["line_id"][lost])]
    table = got.table.assign(**{heading: values}).drop(columns=part)[last].reset_index(drop=True)
    names = {h: c for h, c in got.columns.items() if h != part} | {heading: "received_quantity"}
    return replace(got, table=table, columns=names, notes=notes), mine
