"""What is looked at: the lines in one currency, the twelve months up to the as-of day, and the same days a year before."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import charts, currency, lead_times, quality, slippage, spend
from ..compute import NOT_RECORDED
from ..errors import ConfigError, MakiniWarning, SchemaError
from ..frames import OWN_WINDOWS, AsOfDays, Mask, as_of_days, days_of, numbers, values
from ..purchases import Purchases

#: Of the lines in other currencies so many may lack a rate; where more do, nothing is converted unless a currency was asked for.
_MOST_WITHOUT_RATE = 0.01
#: A connection whose first order lies this long after the start of a year is not known in that year.
_QUIET_DAYS = 31


@dataclass(frozen=True)
class View:
    """The data that the findings, the tiles and the report look at, with the results that several of them need."""

    given: Purchases
    data: Purchases  # in one currency, where that can be
    unit: str | None  # the currency of all money here; None where no line has one
    converted: bool
    note: str  # what there is to say about the currency
    day: AsOfDays

    @classmethod
    def of(cls, given: Purchases, to: str | None = None, as_of: Any = None) -> View:
        """Return the view of some purchases.

        Raises
        ------
        ConfigError
            A currency was asked for and there are no rates for it; no as-of day.
        """
        data, unit, note = _in_one_currency(given, to)
        return cls(given, data, unit, data is not given, note, as_of_days(given.lines, as_of))

    @property
    def lines(self) -> pd.DataFrame:
        """All lines, in one currency."""
        return self.data.lines

    @property
    def end(self) -> pd.Timestamp:
        """The last day of the twelve months."""
        return self.day.day

    @property
    def before(self) -> pd.Timestamp:
        """The last day of the twelve months before."""
        return self.end - pd.DateOffset(years=1)

    @cached_property
    def due(self) -> str:
        """Which due date is looked at: the promised one only where no line has a required one."""
        has = {name: bool((~np.isnat(days_of(self.lines, f"{name}_date"))).any()) for name in ("required", "promised")}
        return "promised" if has["promised"] and not has["required"] else "required"

    @cached_property
    def year_of_order(self) -> npt.NDArray[np.int64]:
        """1 for lines ordered in the twelve months, 0 for the same days a year before, -1 for all others."""
        return self.year_of(days_of(self.lines, "order_date"))

    @cached_property
    def year_of_due(self) -> npt.NDArray[np.int64]:
        """The same by due date."""
        return self.year_of(days_of(self.lines, f"{self.due}_date"))

    @cached_property
    def in_year(self) -> Mask:
        """Which lines were ordered in the twelve months; all where no line is dated."""
        return self.year_of_order == 1 if (self.year_of_order >= 0).any() else np.ones(len(self.lines), dtype=bool)

    @cached_property
    def in_year_due(self) -> Mask:
        """Which lines fell due in the twelve months; all where none did."""
        return self.year_of_due == 1 if (self.year_of_due >= 0).any() else np.ones(len(self.lines), dtype=bool)

    @cached_property
    def month_of_order(self) -> npt.NDArray[np.int64]:
        """0 for lines ordered in the first month of the year before, 23 for those in the last of the twelve, -1 for all others."""
        return self.month_of(days_of(self.lines, "order_date"))

    @cached_property
    def due_lines(self) -> pd.DataFrame:
        """The lines that fell due in the two years, with the number of their month and year as text to group by."""
        lines = self.lines[(self.year_of_due >= 0) & self.known_before]
        return with_months(lines, self.month_of(days_of(lines, f"{self.due}_date")))

    @cached_property
    def sides(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The lines of the year before and of this one, of the connections that are known in both."""
        known = self.known_before
        return self.lines[known & (self.year_of_order == 0)], self.lines[known & (self.year_of_order == 1)]

    def year_of(self, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
        """Return for each day 1 where it is in the twelve months, 0 in the twelve before, else -1."""
        edges = [self.before - pd.DateOffset(years=1), self.before, self.end]
        place = np.searchsorted(np.array(edges, dtype="datetime64[D]"), days.astype("datetime64[D]"), side="left")
        return np.where(np.isnat(days) | (place == 0) | (place == 3), -1, place - 1).astype(np.int64)

    def month_of(self, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
        """Return 0 for days in the first of the 24 months that end with the as-of day, 23 for those in the last, else -1."""
        ends = [self.end - pd.DateOffset(months=k) for k in range(24, -1, -1)]
        place = np.searchsorted(np.array(ends, dtype="datetime64[D]"), days.astype("datetime64[D]"), side="left")
        return np.where(np.isnat(days) | (place == 0) | (place == 25), -1, place - 1).astype(np.int64)

    @cached_property
    def known_before(self) -> Mask:
        """Which lines are of a connection that is known from the start of the year before: only these can be compared."""
        return self.known_from(self.before - pd.DateOffset(years=1) + pd.Timedelta(days=1))

    def known_from(self, start: pd.Timestamp) -> Mask:
        """Which lines are of a connection whose data reach back to a day."""
        name = values(self.lines, "connection", "string").astype("string").fillna("").to_numpy(dtype=object)
        ordered = pd.Series(days_of(self.lines, "order_date").astype("datetime64[us]"))
        windows: dict[Any, Any] = self.lines.attrs.get(OWN_WINDOWS) or {}
        known: set[str] = set()
        for connection, first in ordered.groupby(name).min().dropna().items():
            since = windows.get(connection, (self.lines.attrs.get("since"), None))[0]
            begins = first - pd.Timedelta(days=_QUIET_DAYS) if since is None else pd.Timestamp(since)
            if begins <= start:
                known.add(str(connection))
        return np.array([c in known for c in name], dtype=np.bool_)

    def in_unit(self, frame: pd.DataFrame) -> Mask:
        """Return which rows are in the view's currency; all where it has none."""
        if self.unit is None:
            return np.ones(len(frame), dtype=bool)
        codes = values(frame, "currency", "string").astype("string")
        return (codes == self.unit).fillna(False).to_numpy(dtype=bool)

    def asked(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Return some lines to ask a figure for the view's currency: none where none is in it, which is no error of theirs."""
        return lines if self.in_unit(lines).any() else lines.iloc[:0]

    def money(self, lines: pd.DataFrame, basis: str = "ordered", as_of: Any = None) -> float:
        """Return the spend of some lines, in the currency of the view."""
        got = spend.by_vendor(
            self.asked(lines), by=None, basis=basis, currency=self.unit, as_of=self.day if as_of is None else as_of
        )
        return float(got["spend"].sum())

    def say(self, amount: float) -> str:
        """Return an amount in words."""
        return charts.money(amount, self.unit)

    def say_short(self, amount: float) -> str:
        """Return an amount without its currency, after one with it."""
        return charts.money(amount)

    @cached_property
    def spent(self) -> float:
        """Ordered spend of the twelve months."""
        return self.money(self.lines[self.year_of_order == 1])

    @cached_property
    def amount(self) -> npt.NDArray[np.float64]:
        """The amount of each line that is in the currency of the view, else 0."""
        return np.where(self.in_unit(self.lines), np.nan_to_num(numbers(self.lines, "amount")), 0.0)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """`slippage.per_line` of all lines."""
        return slippage.per_line(self.lines, as_of=self.day, due=self.due)

    @cached_property
    def open_orders(self) -> pd.DataFrame:
        """`slippage.open_orders`."""
        return slippage.open_orders(self.lines, as_of=self.day, due=self.due)

    @cached_property
    def open_in_unit(self) -> pd.DataFrame:
        """The open lines in the view's currency."""
        return self.open_orders[self.in_unit(self.open_orders)]

    @cached_property
    def on_time_by_month(self) -> pd.DataFrame:
        """`slippage.by_vendor` of the lines that fell due in the two years, by month."""
        return slippage.by_vendor(self.due_lines, by="month", as_of=self.day, due=self.due)

    @cached_property
    def in_full_by_month(self) -> pd.DataFrame:
        """`slippage.otif` of the same lines, by month."""
        return slippage.otif(self.due_lines, by="month", as_of=self.day, due=self.due)

    @cached_property
    def lead_time_of_lines(self) -> pd.DataFrame:
        """`lead_times.per_line` of all lines."""
        return lead_times.per_line(self.lines, as_of=self.day)

    @cached_property
    def bridge(self) -> pd.DataFrame:
        """`spend.bridge` of the two years."""
        before, after = map(self.asked, self.sides)
        return spend.bridge(before, after, mixed_units="apart", currency=self.unit)

    @cached_property
    def same_items(self) -> pd.DataFrame:
        """`spend.bridge` line by line: the items that were bought from the same vendor in both years, and what their prices did."""
        before, after = map(self.asked, self.sides)
        items = spend.bridge(before, after, per_vendor=True, per_item=True, mixed_units="apart", currency=self.unit)
        both = items[(items["before"] > 0) & (items["after"] > 0)].reset_index(drop=True)
        both.attrs = items.attrs
        return both

    @cached_property
    def backtest(self) -> pd.DataFrame:
        """`slippage.backtest`."""
        return slippage.backtest(self.lines, as_of=self.day, due=self.due)

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """`quality.duplicates`."""
        return quality.duplicates(self.data)

    @property
    def undated(self) -> list[str]:
        """The connections whose lines are left out of on time, since no delivery days are recorded."""
        try:
            reason = self.judged["reason"]
        except (SchemaError, ConfigError):
            return []
        if "connection" not in self.lines:
            return []
        by = self.lines["connection"]
        none_judged = reason.notna().groupby(by).all()
        some_undated = (reason == NOT_RECORDED).fillna(False).groupby(by).any()
        return [str(c) for c in none_judged.index[none_judged & some_undated]]


def with_months(lines: pd.DataFrame, month: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return lines with the number of their month, 0 to 23, and of their year, 0 or 1, as text to group by."""
    return lines.assign(
        month=pd.array(month, dtype="Int64").astype("string"),
        year=pd.array(month // 12, dtype="Int64").astype("string"),
    )


def _in_one_currency(data: Purchases, to: str | None) -> tuple[Purchases, str | None, str]:
    """Return the purchases in one currency, which one, and what there is to say about it."""
    codes = values(data.lines, "currency", "string").astype("string").dropna().value_counts()
    unit = str(to).strip().upper() if to is not None else str(codes.index[0]) if len(codes) else None
    others = int(codes.drop(unit, errors="ignore").sum()) if unit else 0
    if unit is None or not others:
        return data, unit, ""
    apart = f"{charts.number(others)} lines in other currencies than {unit} are not converted"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MakiniWarning)  # lines without a rate are counted below, and said
            made = currency.convert(data, unit)
    except ConfigError:
        if to is not None:
            raise
        return data, unit, f"{apart}: no rates are installed (extra “enrich”)."
    lacking = int((made.lines["currency"] != unit).fillna(True).sum() - data.lines["currency"].isna().sum())
    if to is None and lacking > _MOST_WITHOUT_RATE * others:
        return data, unit, f"{apart}: {charts.number(lacking)} of them have no rate."
    rest = f" {charts.number(lacking)} lines have no rate and no amount here." if lacking else ""
    return made, unit, f"All amounts in {unit}, at the European Central Bank's rate of the order date.{rest}"
