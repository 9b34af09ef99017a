"""The lines of two states of the data in one frame, each line with its row on either side."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES, By, match_lines
from ..errors import ConfigError
from ..frames import OWN_WINDOWS, AsOf, AsOfDays, Mask, as_of_days, days_of, encode, numbers, to_strings, values

Ints = npt.NDArray[np.int64]

#: What prices are known by, beside the amount.
PRICED_BY = ("unit_price", "discount", "discount_percent", "price_unit")
#: What names a line in a list of lines.
NAMES = ("connection", "order_id", "order_number", "line_id", "line_number", "vendor_id", "vendor_name")
_NUMBERS = (*PRICED_BY, "amount", "rate", "quantity", "received_quantity")
_DATES = (
    "order_date", "approved_date", "created_at", "required_date", "promised_date", "delivered_date", "first_receipt_date",
    "completed_date", "cancelled_date", "deleted_at",
)  # fmt: skip
_TEXTS = (*NAMES, "site_id", "state", "currency", "original_currency", "unreadable")


@dataclass(frozen=True)
class Sides:
    """Every line of either side once: the later ones in their order, then those that are gone."""

    both: pd.DataFrame  # the rows of the earlier side, then those of the later one
    before: Ints  # the row of each line on the earlier side; -1 where it is not there
    after: Ints  # likewise on the later side
    day_before: npt.NDArray[np.datetime64]  # the day that each line is looked at from; NaT where none is stated
    day_after: npt.NDArray[np.datetime64]
    known_until: npt.NDArray[np.datetime64]  # up to which day the earlier side is known
    other_window: Mask  # lines of one side whose order dates the other side was not asked for

    def __len__(self) -> int:
        return len(self.before)

    @property
    def matched(self) -> Mask:
        """The lines that both sides have."""
        return (self.before >= 0) & (self.after >= 0)

    def column(self, name: str, rows: Ints) -> npt.NDArray[Any]:
        """Return a column of some rows as an array."""
        return self.both[name].to_numpy()[rows]


def sides_of(before: pd.DataFrame, after: pd.DataFrame, by: By, as_of: AsOf | None, *, needs_day: bool) -> Sides:
    """Return the lines of both sides; without ``needs_day`` they are looked at from the days that they state, if any.

    Raises
    ------
    ConfigError
        There is no as-of day; the later side is known up to an earlier day.
    SchemaError
        Several lines of a side have the same ids.
    """
    place, gone = match_lines(before, after)
    first = np.concatenate([place, gone])
    last = np.concatenate([np.arange(len(after)), np.full(len(gone), -1)])
    sides = (before, after)
    dated, of_row = [], []
    for side in sides:
        stated = needs_day or as_of is not None or side.attrs.get("as_of") is not None
        dated.append(_days(side, as_of, required=needs_day))
        of_row.append(dated[-1].of_rows(side) if stated else np.full(len(side), "NaT", "datetime64[D]"))
    if dated[1].day < dated[0].day:
        raise ConfigError(f"before is of {dated[0]} and after of {dated[1]}: pass the earlier one first")
    there, still = first >= 0, last >= 0
    day_before, day_after = (_taken(d, rows) for d, rows in zip(of_row, (first, last), strict=True))
    # of a line that one side alone has, that side's day: on the other it is not there, whatever the day
    day_before, day_after = np.where(there, day_before, day_after), np.where(still, day_after, day_before)
    known_until = np.where(there, day_before, np.datetime64("NaT", "D"))
    known_until[~there] = dated[0].of_rows(after)[last[~there]]
    outside = _outside(after, before)[last] & ~there if len(after) else np.zeros(len(first), dtype=bool)
    if len(before):
        outside = outside | (_outside(before, after)[first] & ~still)
    return Sides(
        _joined(sides, by),
        first,
        np.where(still, last + len(before), -1),
        day_before,
        day_after,
        known_until,
        outside,
    )


def _taken(days: npt.NDArray[np.datetime64], rows: Ints) -> npt.NDArray[np.datetime64]:
    return np.append(days, np.datetime64("NaT", "D"))[rows]


def _days(side: pd.DataFrame, as_of: AsOf | None, *, required: bool) -> AsOfDays:
    try:
        return as_of_days(side, as_of)
    except ConfigError:
        if required or as_of is not None:
            raise
        return AsOfDays(pd.NaT)  # type: ignore[arg-type]  # spend needs no day


def _outside(side: pd.DataFrame, other: pd.DataFrame) -> Mask:
    """Return which lines of a side have an order date that the other side was not asked for."""
    windows = other.attrs.get(OWN_WINDOWS) or {}
    shared = (other.attrs.get("since"), other.attrs.get("until"))
    names = encode(values(side, "connection", "string"), sort=False)
    of_name = [windows.get(name, shared) for name in names.labels] + [
        shared
    ]  # the last one: lines without a connection
    ends = np.array(
        [["NaT" if day is None else pd.Timestamp(day).date() for day in own] for own in of_name], "datetime64[D]"
    )
    ordered, (since, until) = days_of(side, "order_date"), ends[names.codes].T
    out: Mask = (ordered < since) | (ordered > until)
    return out


def _joined(sides: Collection[pd.DataFrame], by: By) -> pd.DataFrame:
    """Return the rows of both sides with the columns that matter, one type each, since the sides may come from different sources."""
    own = [by] if isinstance(by, str) else list(by or ())
    wanted = {c for name in own for part in ENTITIES.get(name, ((name,),)) for c in part}
    out: dict[str, pd.Series] = {}
    for name in dict.fromkeys((*_TEXTS, *_NUMBERS, *_DATES, *sorted(wanted))):
        if any(name in side.columns for side in sides):
            out[name] = pd.concat([_typed(side, name) for side in sides], ignore_index=True)
    return pd.DataFrame(out)


def _typed(side: pd.DataFrame, name: str) -> pd.Series:
    if name in _NUMBERS:
        return pd.Series(numbers(side, name))
    if name in _DATES:
        return pd.Series(days_of(side, name).astype("datetime64[us]"))
    column = values(side, name, "string")
    return to_strings(column).reset_index(drop=True)
