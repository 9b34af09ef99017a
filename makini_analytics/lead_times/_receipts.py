"""Receipts as they came, where nothing lists them: what the received quantity grew by from one snapshot to the next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import FigureResult, Selection, figure, line_keys
from ..errors import SchemaError
from ..frames import AsOf, as_of_days, is_history

_KEY = ["connection", "order_id", "line_id"]
_SHOWN = ("order_number", "vendor_id", "vendor_name", "order_date", "quantity", "received_quantity")


@figure()
def receipts(history: Any, *, as_of: AsOf | None = None) -> FigureResult:
    """Receipts as they came, by what the received quantity grew from one snapshot of a history to the next, each with its interval.

    For connections that list no receipts. A source tells how much of a line has come by now, and not when; a history has seen the number
    grow. Each growth is a row: it became known after the snapshot ``not_before``, up to the one of ``seen_at``. What was there at the
    connection's first snapshot came at some time before it, so its ``not_before`` is missing. Several receipts between two snapshots are
    one row, and a quantity that fell is a row with a negative quantity. No day is made of an interval: lead times are given from its
    earliest to its latest day, and a curve that wants one number should say which end it takes.

    Parameters
    ----------
    history : a `makini_analytics.History`
    as_of : day until which snapshots count; by default the last one

    Returns
    -------
    DataFrame, one row per growth of a line's received quantity, by line and in the order in which they were seen
        connection, order_id, line_id, order_number, vendor_id, vendor_name : string
        quantity : float, what came; negative where it fell
        received_quantity : float, all that had come by then
        complete : boolean, whether that was all of the ordered quantity; missing where the latter is not known
        not_before, seen_at : datetime64 with zone, the snapshots between which it became known; the former missing at the first one
        lead_days_min, lead_days_max : float, days from the order date to the earliest and the latest day on which it may have come;
            missing without an order date, the former also where it came before the first snapshot

    Raises
    ------
    SchemaError
        ``history`` is none.
    ConfigError
        Nothing was known yet.

    Examples
    --------
    >>> import tempfile
    >>> import makini_analytics as ma
    >>> from makini_analytics import lead_times
    >>> table = pd.DataFrame({"order_number": ["4501"], "order_date": ["2025-02-01"], "quantity": [10.0], "amount": [100.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = ma.History(folder)
    ...     for day, received in [("2025-02-10", 0.0), ("2025-02-17", 4.0), ("2025-02-24", 10.0)]:
    ...         data = ma.Purchases.from_table(table.assign(received_quantity=received), currency="EUR", as_of=day)
    ...         added = history.add(data)
    ...     result = lead_times.receipts(history)
    >>> result[["quantity", "received_quantity", "complete", "lead_days_min", "lead_days_max"]]
       quantity  received_quantity  complete  lead_days_min  lead_days_max
    0       4.0                4.0     False            9.0           16.0
    1       6.0               10.0      True           16.0           23.0
    """
    if not (is_history(history) and hasattr(history, "versions")):
        raise SchemaError(f"lead_times.receipts takes a History, not {type(history).__name__}: ma.History(folder)")
    lines = history.at(as_of).lines
    told = [c for c in _SHOWN if c in lines]
    versions = history.versions(told, day=as_of).reset_index(drop=True)
    for name in ("quantity", "received_quantity"):
        versions[name] = pd.to_numeric(versions.get(name, pd.Series(np.nan, index=versions.index))).astype(float)
    keys = line_keys(versions, "seen_at", "ended_at")
    line = keys.groupby(list(keys), sort=False).ngroup()
    known = versions["received_quantity"].notna().to_numpy()
    before = versions["received_quantity"].where(known).groupby(line).ffill().groupby(line).shift().fillna(0.0)
    came = (versions["received_quantity"] - before).where(known, 0.0)
    selection = Selection(versions)
    selection.exclude(~known, "received quantity not known")
    selection.exclude((came == 0).to_numpy(), "nothing more had come")
    rows = np.flatnonzero(selection.kept)
    rows = rows[np.argsort(line.to_numpy()[rows], kind="stable")]
    grown = versions.iloc[rows].reset_index(drop=True)
    ordered = pd.to_datetime(grown.get("order_date", pd.Series(pd.NaT, index=grown.index)))
    result = grown[[c for c in (*_KEY, "order_number", "vendor_id", "vendor_name") if c in grown]].assign(
        quantity=came.to_numpy()[rows],
        received_quantity=grown["received_quantity"],
        complete=(grown["received_quantity"] >= grown["quantity"]).astype("boolean").mask(grown["quantity"].isna()),
        not_before=grown["not_before"],
        seen_at=grown["seen_at"],
        lead_days_min=_days(grown["not_before"], ordered).clip(lower=0),
        lead_days_max=_days(grown["seen_at"], ordered),
    )
    versions.attrs = dict(lines.attrs)
    n_first = int(result["not_before"].isna().sum())
    note = f"Of {len(result):,} growths {n_first:,} were there at the first snapshot of their connection: when they came is not known."
    return FigureResult(result, selection, as_of_days(lines, as_of), (note,))


def _days(moments: pd.Series, ordered: pd.Series) -> pd.Series:
    days: pd.Series = (moments.dt.tz_convert("UTC").dt.tz_localize(None).dt.normalize() - ordered).dt.days.astype(float)
    return days
