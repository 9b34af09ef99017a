"""What was promised first, and what became of it: due dates of each line over the snapshots of a history."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import FigureResult, Selection, figure, line_keys
from ..errors import SchemaError, one_of
from ..frames import AsOf, as_of_days, is_history, stack
from ._due_rule import DUE_DATES
from ._per_line import per_line

Ints = npt.NDArray[np.int64]
_SHOWN = ("connection", "order_id", "line_id", "order_number", "vendor_id", "vendor_name")
GONE = "gone: no longer in the source"


@figure()
def promise_history(
    history: Any, *, as_of: AsOf | None = None, due: str = "required", late_days: float = 0
) -> FigureResult:
    """The due date of each line as it was first known beside the one of today, and how often it moved between.

    Where a date that was not kept is overwritten, the late line looks on time. Here both are judged: ``outcome_first`` against the first
    due date that the history knows, ``outcome`` against the present one, each by the rule of ``slippage.per_line``. The first known date
    is not the original one where the line was older than the history: ``known_since`` says from when it is known. Between two snapshots
    nothing is seen: a date that moved twice counts as one move, and a move has an interval, from the last snapshot in which the old date
    stood to the first one with the new date. A move counts as one after the due date where all of its interval is; where the due date
    lies within it, ``moved_after_due`` is missing.

    Parameters
    ----------
    history : a `makini_analytics.History`
    as_of : day from which to look, and until which snapshots count; by default the last snapshot, from its own as-of day
    due : "required" or "promised"
    late_days : days after the due date that still are on time

    Returns
    -------
    DataFrame, one row per line that is there in the last snapshot
        connection, order_id, line_id, order_number, vendor_id, vendor_name : string
        first_due_date, due_date : datetime64, as first known and of today; missing where there never was one, or is none
        n_moves : int, how often it was seen to be another one than before; to be set and to be removed is no move
        drift_days : float, due_date - first_due_date, positive = postponed; missing unless both are known
        moved_after_due : boolean, whether it moved after a due date that had passed; missing where that is not known
        moved_not_before, moved_by : datetime64 with zone, the interval of the last move; missing without one
        days_late_first, days_late : float, days from first_due_date and from due_date to the delivery; missing unless delivered
        outcome_first, outcome : string, as in ``slippage.per_line``, by the first due date and by today's
        known_since : datetime64 with zone, the snapshot with which the first due date was seen; missing without one
        amount : float, in ``currency``; currency : string

    Raises
    ------
    SchemaError
        ``history`` is none.
    ConfigError
        Nothing was known yet, or an option is none of those above.

    Examples
    --------
    >>> import tempfile
    >>> import makini_analytics as ma
    >>> from makini_analytics import slippage
    >>> table = pd.DataFrame({"order_number": ["4501"], "required_date": ["2025-03-01"], "amount": [100.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = ma.History(folder)
    ...     for day, due in [("2025-02-01", "2025-03-01"), ("2025-03-05", "2025-03-20")]:
    ...         added = history.add(ma.Purchases.from_table(table.assign(required_date=due), currency="EUR", as_of=day))
    ...     result = slippage.promise_history(history)
    >>> result[["first_due_date", "due_date", "n_moves", "outcome_first", "outcome"]]
      first_due_date   due_date  n_moves outcome_first  outcome
    0     2025-03-01 2025-03-20        1  overdue_open  not_due
    >>> result.moved_after_due.tolist()  # between the snapshots of 1 February and 5 March, its date of 1 March passed
    [<NA>]
    """
    one_of("due", due, DUE_DATES)
    if not (is_history(history) and hasattr(history, "versions")):
        raise SchemaError(f"slippage.promise_history takes a History, not {type(history).__name__}: ma.History(folder)")
    column = DUE_DATES[due]
    now = history.at(as_of)
    lines = now.lines
    told = [c for c in (column, "order_number", "vendor_id", "vendor_name", "amount", "currency") if c in lines]
    versions = history.versions(told, day=as_of)
    line, last = _lines_of(versions, lines)
    moves = _moves(versions, column, line, len(last))
    gone = last[len(lines) :]
    whole = stack([lines, versions.iloc[gone][[c for c in versions if c in lines]]])
    whole.attrs = dict(lines.attrs)
    selection = Selection(whole)
    selection.exclude(np.arange(len(whole)) >= len(lines), GONE)

    first = moves["first_due_date"].to_numpy()[: len(lines)]
    judged = [
        per_line(frame, as_of=as_of, due=due, late_days=late_days)
        for frame in (lines.assign(**{column: first.astype("datetime64[us]")}), lines)
    ]
    result = pd.DataFrame({c: lines[c] for c in _SHOWN if c in lines}).reset_index(drop=True)
    here = moves.iloc[: len(lines)].reset_index(drop=True)
    due_date = judged[1]["due_date"].reset_index(drop=True)
    result = result.assign(
        first_due_date=here["first_due_date"],
        due_date=due_date,
        n_moves=here["n_moves"],
        drift_days=(due_date - here["first_due_date"]).dt.days.astype(float),
        moved_after_due=here["moved_after_due"],
        moved_not_before=here["moved_not_before"],
        moved_by=here["moved_by"],
        days_late_first=judged[0]["days_late"].to_numpy(),
        days_late=judged[1]["days_late"].to_numpy(),
        outcome_first=judged[0]["outcome"].array,
        outcome=judged[1]["outcome"].array,
        known_since=here["known_since"],
        **{c: lines[c].array for c in ("amount", "currency") if c in lines},
    )
    return FigureResult(result, selection, as_of_days(lines, as_of), _notes(history, result))


def _lines_of(versions: pd.DataFrame, lines: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return which line each version is of, those that are there first and in their order, and the last version of each."""
    present = line_keys(lines)
    both = pd.concat([present, line_keys(versions, "seen_at", "ended_at")], ignore_index=True)
    code = both.groupby(list(both), sort=False).ngroup().to_numpy()
    line: Ints = code[len(present) :].astype(np.int64)
    last = np.full(int(code.max(initial=-1)) + 1, -1, dtype=np.int64)
    last[line] = np.arange(len(line))  # versions come in the order in which they were seen: the last one stays
    return line, last


def _moves(versions: pd.DataFrame, column: str, line: Ints, n: int) -> pd.DataFrame:
    """Return of each line its first known due date and how it moved."""
    dated = np.flatnonzero(versions[column].notna().to_numpy())
    order = dated[np.argsort(line[dated], kind="stable")]
    of, date = line[order], versions[column].to_numpy()[order].astype("datetime64[D]")
    starts = np.append(True, of[1:] != of[:-1])[: len(of)]
    was = np.append(date[:1], date[:-1])
    moved = ~starts & (date != was)
    snapshots = (
        versions[["not_before", "seen_at"]].iloc[order].apply(lambda s: s.dt.tz_convert("UTC").dt.tz_localize(None))
    )
    before, by = (snapshots[c].to_numpy().astype("datetime64[D]") for c in ("not_before", "seen_at"))
    surely, perhaps = moved & (before > was), moved & (by > was)

    out = pd.DataFrame(index=pd.RangeIndex(n))
    head, at = of[starts], order[starts]
    out["first_due_date"] = pd.Series(versions[column].to_numpy()[at], index=head).astype("datetime64[us]")
    out["known_since"] = pd.Series(versions["seen_at"].array[at], index=head)
    out["n_moves"] = np.bincount(of[moved], minlength=n)
    after = pd.array(np.bincount(of[surely], minlength=n) > 0, dtype="boolean")
    after[(np.bincount(of[perhaps], minlength=n) > 0) & ~after.to_numpy(dtype=bool)] = pd.NA
    out["moved_after_due"] = after
    latest = pd.Series(order[moved], index=of[moved]).groupby(level=0).last()
    for name, source in (("moved_not_before", "not_before"), ("moved_by", "seen_at")):
        out[name] = pd.Series(versions[source].array[latest.to_numpy(dtype=np.int64)], index=latest.index)
    return out


def _notes(history: Any, result: pd.DataFrame) -> tuple[str, ...]:
    snapshots = history.snapshots
    first = snapshots.groupby("connection")["seen_at"].min()
    since = ", ".join(f"{day:%Y-%m-%d} ({name})" for name, day in first.items())
    dated = result["first_due_date"].notna()
    old = int((dated & (result["known_since"] == result["connection"].map(first))).sum())
    moved = int((result["n_moves"] > 0).sum())
    unknown = int(result["moved_after_due"].isna().sum())
    return (
        f"First due dates are known since {since}: those of {old:,} lines that were there by then may have moved before.",
        f"{moved:,} of {int(dated.sum()):,} due dates moved, {int(result['moved_after_due'].fillna(False).sum()):,} after the old date had "
        f"passed"
        + (f"; of {unknown:,} more it is not known, since it passed between two snapshots." if unknown else "."),
    )
