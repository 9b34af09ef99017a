"""What is looked at: the lines in one currency, the twelve months up to the as-of day, and the same days a year before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import charts, quality, slippage, spend
from ..compute import NOT_RECORDED, Groups, group_lines
from ..errors import ConfigError, SchemaError
from ..frames import AsOfDays, Mask, as_of_days, counts_as_spend, encode, numbers, values
from ..purchases import Purchases
from ..system import cached_property
from ._evidence import decided_by_units, in_all_currencies, without_other_units
from ._holes import UNEVEN, misdated
from ._one_currency import in_one_currency
from ._parts import Parts
from ._told import says_what

#: Orders of an item in the twelve months from which one vendor only is more than the accident of few orders.
FEWEST_ORDERS = 5
#: The columns that say which item a row is of; an id is another item in another connection.
ITEM = ("connection", "material_id", "product_code")


@dataclass(frozen=True)
class View(Parts):
    """The data that the findings, the tiles and the report look at, with the results that several of them need."""

    given: Purchases
    data: Purchases  # in one currency, where that can be
    unit: str | None  # the currency of all money here; None where no line has one
    converted: bool
    note: str  # what there is to say about the currency
    day: AsOfDays
    day_as_code: str  # what a call needs to look from that day, where it is not the lines' own

    @classmethod
    def of(cls, given: Purchases, to: str | None = None, as_of: Any = None) -> View:
        """Return the view of some purchases.

        Raises
        ------
        ConfigError
            A currency was asked for and there are no rates for it; no as-of day.
        """
        if not given.lines.index.is_unique:  # as of tables that were put together: rows are looked at by their place
            given = replace(given, lines=given.lines.reset_index(drop=True))
        day = as_of_days(given.lines, as_of)
        data, unit, note = in_one_currency(given, to)
        told = "" if as_of is None else f", as_of='{day.day.date()}'"
        return cls(given, data, unit, "original_currency" in data.lines, note, day, told)

    @property
    def lines(self) -> pd.DataFrame:
        """All lines, in one currency."""
        return self.data.lines

    @cached_property
    def vendors(self) -> Groups:
        """The vendor of each line."""
        return group_lines(self.lines, "vendor")

    def of_vendors(self, table: pd.DataFrame) -> Mask:
        """Return the lines of the vendors of a figure by vendor."""
        keys = [c for c in ("vendor_id", "connection") if c in table and c in self.vendors.keys]
        wanted = pd.MultiIndex.from_frame(self.vendors.keys[keys]).isin(pd.MultiIndex.from_frame(table[keys]))
        return np.asarray(wanted, dtype=np.bool_)[self.vendors.codes]

    def in_unit(self, frame: pd.DataFrame, unit: str | None = None) -> Mask:
        """Return which rows are in a currency, by default the view's; all where it has none."""
        unit = self.unit if unit is None else unit
        if unit is None:
            return np.ones(len(frame), dtype=bool)
        currency = encode(values(frame, "currency", "string"))
        mine = np.append(np.asarray(currency.labels == unit, dtype=np.bool_), False)
        return mine[currency.codes]

    def asked(self, lines: pd.DataFrame, unit: str | None = None) -> pd.DataFrame:
        """Return some lines to ask a figure for a currency, the view's by default: none where none is in it, which is no error of theirs."""
        return lines if self.in_unit(lines, unit).any() else lines.iloc[:0]

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

    def named_unit(self, table: pd.DataFrame) -> str:
        """Return the view's currency in words, where the rows in it are not all: a count of them is not one of all."""
        return "" if self.in_unit(table).all() else f" in {self.unit}"

    @cached_property
    def has_amount(self) -> Mask:
        """Which lines have an amount in the view's currency: where none has, a sum of 0 would say what nobody knows."""
        return self.in_unit(self.lines) & np.isfinite(numbers(self.lines, "amount"))

    @cached_property
    def counted(self) -> Mask:
        """Which lines are neither drafts nor cancelled or deleted."""
        return counts_as_spend(self.lines)

    @cached_property
    def uneven(self) -> str:
        """That of one year other lines or amounts are missing, so that spend seems to move; "" where none are."""
        if self.lines.empty:
            return ""
        if missing := self.missing_orders:
            return missing
        counts = self.counted & self.known_before
        years = [counts & (self.year_of_order == year) for year in (0, 1)]
        if not (self.has_amount.any() and all(rows.any() for rows in years)):
            return ""
        if told := misdated(self.lines, counts):
            return told
        was, now = (1 - float(np.mean(self.has_amount[rows])) for rows in years)
        if not abs(was - now) > UNEVEN:
            return ""
        unit = f" in {self.unit}" if self.unit else ""
        shares = f"{charts.percent(was)} of the lines of the year before, and of {charts.percent(now)} of this year's"
        return f"no amount{unit} is known of {shares}"

    @cached_property
    def has_due_amount(self) -> Mask:
        """Which of them count as value that is due: a credit note is no delivery, and would be taken off what is late."""
        return self.has_amount & ~(numbers(self.lines, "amount") < 0)

    @cached_property
    def spent(self) -> float:
        """Ordered spend of the twelve months."""
        return self.money(self.year_lines)

    @cached_property
    def amount(self) -> npt.NDArray[np.float64]:
        """The amount of each line that is in the currency of the view, else 0."""
        return np.where(self.has_amount, np.nan_to_num(numbers(self.lines, "amount")), 0.0)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """`slippage.per_line` of the lines that fell due in the twelve months; where none has a due date, of all.

        Whether the days of deliveries are recorded is a question of the lines that are asked: all figures of the year ask these.
        """
        return slippage.per_line(self.in_year_due_lines, as_of=self.day, due=self.due)

    def _outcomes(self, *names: str) -> Mask:
        out = np.zeros(len(self.lines), dtype=bool)
        out[self.in_year_due & ~self.unjudged] = self.judged["outcome"].isin(names).to_numpy(dtype=bool)
        return out

    @cached_property
    def has_outcome(self) -> Mask:
        """Which lines that fell due in the twelve months are known to have come in time or not."""
        return self.missed | self._outcomes("early", "on_time")

    @cached_property
    def missed(self) -> Mask:
        """Which of them came late, or are still out."""
        return self._outcomes("late", "overdue_open")

    @cached_property
    def open_orders(self) -> pd.DataFrame:
        """`slippage.open_orders` of the lines of which something says what has come."""
        return slippage.open_orders(self.told_lines, as_of=self.day, due=self.due)

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
    def bridge(self) -> pd.DataFrame:
        """`spend.bridge` of the two years."""
        before, after = map(self.asked, self.sides)
        return spend.bridge(before, after, mixed_units="apart", currency=self.unit, as_of=self.day)

    @cached_property
    def same_items(self) -> pd.DataFrame:
        """`spend.bridge` line by line: the items that were bought from the same vendor in both years, and what their prices did.

        What is bought in another currency than before has no price to compare: nobody can tell price and rate apart.
        """
        return without_other_units(self._in_both_years)

    @cached_property
    def _in_both_years(self) -> pd.DataFrame:
        items = self._items(per_vendor=True, by="original_currency" if self.converted else None)
        both = items[(items["before"] > 0) & (items["after"] > 0)].reset_index(drop=True)
        out = in_all_currencies(both) if self.converted else both
        out.attrs = items.attrs
        return out

    @cached_property
    def in_another_unit(self) -> int:
        """`decided_by_units` of these items, those in another unit with them."""
        return decided_by_units(self._in_both_years) if len(self.lines) and all(map(says_what, self.sides)) else 0

    @cached_property
    def items(self) -> pd.DataFrame:
        """The same of all items, whoever they were bought from: one row for each unit of an item."""
        return self._items(per_vendor=False)

    def _items(self, per_vendor: bool, by: str | None = None) -> pd.DataFrame:
        before, after = map(self.asked, self.sides)
        return spend.bridge(
            before, after, by=by, per_vendor=per_vendor, per_item=True, mixed_units="apart", currency=self.unit, as_of=self.day
        )  # fmt: skip

    @cached_property
    def backtest(self) -> pd.DataFrame:
        """`slippage.backtest`."""
        return slippage.backtest(self.told_lines, as_of=self.day, due=self.due)

    @cached_property
    def single_source(self) -> pd.DataFrame:
        """`spend.single_source` of the twelve months: the items that were ordered often."""
        lines = self.asked(self.in_year_lines)
        return spend.single_source(lines, currency=self.unit, as_of=self.day, min_orders=FEWEST_ORDERS)

    @cached_property
    def computable(self) -> pd.DataFrame:
        """`quality.coverage` of the data as they were given: which figures they can carry."""
        return quality.coverage(self.given, as_of=self.day, counts=False)

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """`quality.duplicates`."""
        return quality.duplicates(self.data, as_of=self.day)

    @cached_property
    def undated(self) -> list[str]:
        """The connections whose lines are left out of on time, since no delivery days are recorded."""
        if "connection" not in self.lines:
            return []
        silent = self.lines.loc[self.silent, "connection"].dropna().unique().tolist()
        by = encode(values(self.in_year_due_lines, "connection", "string"))
        of = by.codes.astype(np.intp) + 1
        try:
            reason = self.judged["reason"]
        except (SchemaError, ConfigError):
            return sorted(silent)
        judged, lacking = (
            np.bincount(of[rows.to_numpy(dtype=bool)], minlength=len(by.labels) + 1)[1:]
            for rows in (reason.isna(), (reason == NOT_RECORDED).fillna(False))
        )
        return sorted([*silent, *by.labels[(judged == 0) & (lacking > 0)]])
