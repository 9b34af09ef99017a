"""The order book as it was known at the time, from a history: the books of two snapshots, and what lies between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES, By, FigureResult, group_lines, match_lines, narrow, refuse_given
from ..errors import ConfigError
from ..frames import AsOf, AsOfDays, as_day, as_of_days, frame_of, stack
from ._due_rule import DUE_DATES
from ._ledger import Ledger, ledger_of

Floats = npt.NDArray[np.float64]

#: What an account is made of, in money and in lines.
_ENTRIES = ("ordered", "delivered", "cancelled", "overdue")
_FIGURES = ("opening", "ordered", "delivered", "cancelled", "closing", "overdue")
_MEASURED = (*_FIGURES, *(f"n_{name}" for name in _FIGURES), "revised")
#: What the last snapshot of all says of the same day.
_TODAY = {name: f"{name}_today" for name in ("closing", "overdue")}


@dataclass(frozen=True)
class _Snapshot:
    """What was known on one day: the account of each line, in money and as ones and zeros."""

    day: pd.Timestamp
    frame: pd.DataFrame
    as_of: AsOfDays
    ledger: Ledger
    money: dict[str, Floats]
    lines: dict[str, Floats]


def book_then(
    history: Any,
    today: Callable[[pd.DataFrame, AsOfDays], pd.DataFrame],
    alias: str,
    by: By,
    due: str,
    as_of: AsOf | None,
) -> FigureResult:
    """Return the book of each period as it was known at its end, and beside it what ``today`` makes of the last snapshot on that day."""
    refuse_given(by, lambda: (*_MEASURED, *_TODAY.values()), "slippage.order_book of a history")
    days = pd.DatetimeIndex(pd.to_datetime(list(history.days))).sort_values()
    days = (days.tz_convert("UTC").tz_localize(None) if days.tz is not None else days).normalize()
    if as_of is not None:
        days = days[days <= as_day(as_of, empty=False)]
    if not len(days):
        raise ConfigError("the history knows no day" + (f" up to {as_of}" if as_of is not None else ""))
    first, last = days[0], days[-1]
    earlier, newest = _snapshot(history, first, due), _snapshot(history, last, due)
    tables = []
    for period in pd.period_range(first.to_period(alias), last.to_period(alias)):
        end = period.end_time.normalize()
        # where nothing was seen in a period, its end is known by the snapshot before
        seen = days[days <= end][-1]
        later = earlier if seen == earlier.day else newest if seen == last else _snapshot(history, seen, due)
        now = today(newest.frame, later.as_of)
        table = _beside(_between(earlier, later, by), now, by)
        whole = first <= period.start_time and end <= last
        table.insert(
            len(table.columns) - len(_MEASURED) - 2, "period", pd.PeriodIndex([period] * len(table), freq=alias)
        )
        tables.append(table.assign(complete=pd.array([whole] * len(table), dtype="boolean")))
        earlier = later
    result = pd.concat(tables, ignore_index=True)
    keys = [c for c in result.columns[: list(result.columns).index("period") + 1] if c not in _names(by)]
    result = result.sort_values(keys, kind="stable", ignore_index=True)
    result.insert(len(result.columns) - 4, "complete", result.pop("complete"))
    note = f"As known on {len(days):,} days from {first.date()} to {last.date()}; _today: as the last of them tells of the same day."
    return FigureResult(result, newest.ledger.selection, newest.as_of, (note,))


def _beside(then: pd.DataFrame, now: pd.DataFrame, by: By) -> pd.DataFrame:
    """Return a book with what is known of its last day today; nothing where a group is not known any more."""
    keys = [c for c in then.columns[: -len(_MEASURED)] if c not in _names(by)]
    now = now.drop_duplicates(keys, keep="last")  # each group's last period
    out = then.merge(now[[*keys, *_TODAY]].rename(columns=_TODAY), on=keys, how="left")
    return out.assign(**{name: out[name].fillna(0.0) for name in _TODAY.values()})


def _names(by: By) -> set[str]:
    """Return the columns that only name a group: a vendor may have another name on another day."""
    own = [by] if isinstance(by, str) else list(by or ())
    keys = {ENTITIES[name][0][0] for name in own if name in ENTITIES}
    return {c for name in own if name in ENTITIES for part in ENTITIES[name] for c in part} - keys - set(own)


def _snapshot(history: Any, day: pd.Timestamp, due: str) -> _Snapshot:
    frame = frame_of(history.at(day), "order_date", "amount", DUE_DATES[due], "line_id", metric="slippage.order_book")
    as_of = as_of_days(frame, None)
    account = ledger_of(frame, as_of, due, dated=False)
    until = as_of.of_rows(frame).astype(np.int64)
    there = account.selection.kept
    left = there & (account.left_on <= until)
    came, lost = left & account.delivered, left & ~account.delivered
    rest = account.amount - account.received
    late = there & ~left & (account.due_on < until)
    received = np.where(there, account.received, 0.0)
    money = (account.amount * there, received + rest * came, rest * lost, rest * late)
    return _Snapshot(
        day,
        frame,
        as_of,
        account,
        dict(zip(_ENTRIES, money, strict=True)),
        {name: rows.astype(float) for name, rows in zip(_ENTRIES, (there, came, lost, late), strict=True)},
    )


def _between(earlier: _Snapshot, later: _Snapshot, by: By) -> pd.DataFrame:
    """Return the books of two snapshots by group, and what was ordered, delivered and cancelled between them."""
    place, gone = match_lines(earlier.frame, later.frame)
    both = stack([narrow(x.frame, by) for x in (earlier, later)])
    groups = group_lines(both, by, also=("currency",))
    n = len(groups) if len(both) else 0
    codes = np.split(groups.codes, [len(earlier.frame)])
    still = np.ones(len(earlier.frame), dtype=bool)
    still[gone] = False

    def total(code: npt.NDArray[Any], value: Floats) -> Floats:
        return np.bincount(code, weights=value, minlength=n)[:n].astype(float)

    out: dict[str, Floats] = {}
    for prefix, old, new in (("", earlier.money, later.money), ("n_", earlier.lines, later.lines)):
        # of a line that is gone without a trace what was open is cancelled; what had come of it has come
        was_open = old["ordered"] - old["delivered"] - old["cancelled"]
        is_open = new["ordered"] - new["delivered"] - new["cancelled"]
        flows = {
            name: total(codes[1], new[name]) - total(codes[0][still], old[name][still])
            for name in ("ordered", "delivered", "cancelled")
        }
        flows["cancelled"] += total(codes[0][gone], was_open[gone])
        _TODAY = {"opening": total(codes[0], was_open), "closing": total(codes[1], is_open)}
        out |= {f"{prefix}{name}": value for name, value in (flows | _TODAY).items()}
        out[f"{prefix}overdue"] = total(codes[1], new["overdue"])
    known = np.flatnonzero(place >= 0)
    known = known[earlier.lines["ordered"][place[known]] > 0]
    before, after = earlier.money["ordered"][place[known]], later.money["ordered"][known]
    out["revised"] = total(codes[1][known], after) - total(codes[0][place[known]], before)
    keys = groups.keys.iloc[:n]
    result = keys.assign(currency=keys["currency"].astype("string"))
    for name in _MEASURED:
        result[name] = out[name].astype("int64") if name.startswith("n_") else np.round(out[name], 6) + 0.0
    return result
