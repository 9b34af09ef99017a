"""How one buys: how often, how much at once, and what one may ask about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import units
from ..compute import (
    ENTITIES,
    By,
    Counted,
    InSteps,
    Unrecorded,
    figure,
    group_lines,
    lines_of,
    period_alias,
    unrecorded,
)
from ..errors import ConfigError, MixedCurrencyError
from ..frames import AsOf, numbers, pairs, values
from ._goods import no_goods
from ._orders import BEFORE, SAME_DAY, UNKNOWN, Dated, Orders, placed
from ._quantities import usual_quantities
from ._rule import keep_currency, spend_tally, stated_day

Ints = npt.NDArray[np.int64]
#: What says that a row is of one item, so that its quantities compare.
_ITEMS = {*ENTITIES["material"][0], "description"}


@figure("amount", "order_date?")
def order_pattern(
    lines: Any,
    *,
    by: By = "vendor",
    small: float | Mapping[str, float] | None = None,
    month_end_days: int = 5,
    fiscal_year_start: int = 1,
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """How one buys: how often, how much at once, and small, same-day and after-the-fact orders.

    Each figure is a question to ask, and no finding about anybody: a small order may be an urgent one, two orders of one day may go to
    two sites, and goods that came before their order may have been called by telephone. The lines are those of ``spend.by_vendor``;
    lines without an order number or an order date and returns are left out. What an order is, is found over all of its lines, whatever
    ``by`` and ``currency`` show; an order with lines in two rows counts in both.

    An average month is over the days that the data of the connection cover: from the first one that was asked for, else the first
    order, to the as-of day, else the last order. A *small* order has a value of 0 or more, and less than ``small``; where a line has
    no amount, or lines differ in currency, the value is not known, and the order is none. *Zero-lead* is an order of which the first
    part came on the order day, *after the fact* one of which it came before; of the orders of which that is known: all lines are
    dated, or open with nothing received. What records no delivery days isn't judged. A *one-time* vendor has one order. The shares at
    the end of the month and of the year stand beside those of an even spread over the days covered; whether the difference is more
    than chance is not tested.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``, ``order_date``, and ``order_id`` or ``order_number``; looks at ``delivered_date``, ``first_receipt_date``
        and what tells whether a line is open.
    by : "vendor", a column or several. With "material" or another item, rows are told apart by unit, too, and have its quantities.
    small : value below which an order is small: a number where the lines have one currency, else one for each, such as
        ``{"EUR": 500, "JPY": 80_000}``; without it there are no small orders
    month_end_days : how many of the last days are the end of a month, 1 to 28
    fiscal_year_start : month in which the year starts, 1 to 12; the month before is the end of the year
    currency : keeps the lines in that currency and counts the rest; what an order is, is found over all lines
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (group, currency), or (group, unit, currency) of items; by currency, the most orders first
        vendor_id, vendor_name, or the columns of ``by``; unit, of items; currency : string
        spend : float, in ``currency``; n_orders, n_lines : int
        first_order_date, last_order_date : datetime64
        months : float, average months that the data cover; over several connections a mean that goes by their orders
        orders_per_month : float, over several connections the sum; missing where the data of one cover fewer than 28 days
        lines_per_order : float; average_order_value : float, in ``currency``, spend / n_orders
        days_between_orders : float, days, the median from one day with orders to the next; missing where there is one such day
        small_share, small_spend_share : float, of the orders and of the spend; missing without a value for the currency
        same_day_share : float, of the orders those beside another one to the same vendor on that day; missing where no vendor is known
        n_delivery_known : int, orders of which it is known when the first part came
        zero_lead_share, after_the_fact_share : float, of these
        month_end_share, year_end_share : float, of the orders, missing where the data cover no such day;
            month_end_even_share, year_end_even_share : float, of the days covered
        n_one_time_vendors : int
        usual_quantity, usual_quantity_share, lowest_quantity, lowest_quantity_share : float, of items: the quantity that most lines
            have (of equal ones the lowest), the lowest one, and the shares of lines that have it
        multiple : float, of items: what all quantities are whole multiples of, in thousandths at the finest; from three lines on

    Raises
    ------
    SchemaError
        A column that is needed is missing.
    ConfigError
        ``small`` is no amount above 0; ``month_end_days`` or ``fiscal_year_start`` is out of range.
    MixedCurrencyError
        ``small`` is one amount, and the lines are in several currencies.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"vendor_id": list("aaab"), "order_id": list("1123"), "currency": "EUR", "amount": [400.0, 300.0, 50.0, 90.0],
    ...                       "order_date": pd.to_datetime(["2025-01-07", "2025-01-07", "2025-01-07", "2025-03-31"])})
    >>> got = spend.order_pattern(lines, small=100)
    >>> got[["vendor_id", "n_orders", "orders_per_month", "small_share", "same_day_share"]].round(2)
      vendor_id  n_orders  orders_per_month  small_share  same_day_share
    0         a         2              0.72          0.5             1.0
    1         b         1              0.36          1.0             0.0

    The one-time vendors as a list:

    >>> got[got["n_one_time_vendors"] == 1]["vendor_id"].tolist()
    ['b']
    """
    if isinstance(month_end_days, bool) or month_end_days not in range(1, 29):
        raise ConfigError(f"month_end_days={month_end_days!r}: pass a number of days, 1 to 28")
    period_alias("Y", fiscal_year_start)  # raises where there is no such month
    source = lines_of(lines)
    day = stated_day(source, as_of)
    unjudged = unrecorded(source, day) if source.has("delivered_date") else Unrecorded()
    more = partial(placed, as_of=day, unjudged=unjudged)
    got = spend_tally(lines, intercompany=intercompany, more=more, as_of=as_of)
    frame, selection = got.frame, got.selection
    selection.exclude(values(frame, "is_return", "boolean"), "return")
    dated, every = Dated.of(got, day), got
    if currency is not None:
        every = replace(got, selection=selection.copy())
        keep_currency(got, currency)
    notes = tuple(note for note in (dated.covered.note, *unjudged.notes) if note)
    yield Counted(selection, notes)
    orders = Orders.of(every, dated)
    orders = orders if every is got else orders.only(selection.kept[every.selection.kept])
    named = ["material_id" if name == "material" else name for name in ([by] if isinstance(by, str) else by or ())]
    item = [name for name in named if name in _ITEMS]
    unit, times = units.based(values(frame, "unit_of_measure", "string"))
    keyed = frame.assign(unit=unit) if item else frame
    kept = selection.kept
    groups = group_lines(keyed, by, also=("unit", "currency") if item else ("currency",), rows=kept)
    n = len(groups) if len(groups.codes) else 0
    keys = groups.keys.iloc[:n].astype({"currency": "string"})
    table = _Cells(groups.codes.astype(np.int64), orders, got.kept(got.marks["came"]), got.kept(got.sums["value"]), n)
    result = table.result(_limits(small, keys["currency"]), month_end_days, (fiscal_year_start - 2) % 12 + 1)
    if item:
        quantity = np.where(no_goods(frame)[0], np.nan, numbers(frame, "quantity") * times)[kept].round(9)
        quantities = usual_quantities(groups.codes, quantity, n)
        quantities[keys[item].isna().all(axis=1).to_numpy()] = np.nan  # what names no item is no one item
        result = pd.concat([result, quantities], axis=1)
    connection = keys.pop("connection") if "connection" in keys and "connection" not in named else None
    result = pd.concat([keys.reset_index(drop=True), result], axis=1)
    if connection is not None:
        result["connection"] = connection.array
    result = result.sort_values(["currency", "n_orders"], ascending=[True, False], kind="stable", na_position="last")
    return got.with_provenance(result.reset_index(drop=True), notes=notes)


class _Cells:
    """The orders of each group: from here on an order counts once in a group, however many lines it has there."""

    def __init__(self, group: Ints, orders: Orders, came: Any, spent: Any, n: int) -> None:
        self.n, self.orders, self.lines = n, orders, group
        self.group, _, self.cell = pairs(group, orders.order)
        size = len(self.group)
        self.line = np.zeros(size, dtype=np.int64)
        self.line[self.cell] = np.arange(len(group))  # any line of it: what is taken from there is the same for all
        self.came, self.beside = np.zeros(size, dtype=np.int64), np.full(size, -1)
        np.maximum.at(self.came, self.cell, came.astype(np.int64))
        np.maximum.at(self.beside, self.cell, orders.beside)
        self.spent = np.bincount(self.cell, weights=spent, minlength=size)

    def add(self, what: Any) -> Any:
        """Return the sum over the orders of each group."""
        return np.bincount(self.group, weights=what, minlength=self.n)[: self.n].astype(float)

    def share(self, rows: Any, of: Any = None, among: Any = None) -> Any:
        """Return which share of the orders, or of something of theirs, some of them have."""
        every = np.ones(len(self.group)) if of is None else of
        every = every if among is None else np.where(among, every, 0.0)
        whole, part = self.add(every), self.add(np.where(rows, every, 0.0))
        return np.divide(part, whole, out=np.full(self.n, np.nan), where=whole > 0)

    def result(self, limits: Any, month_end_days: int, last_month: int) -> pd.DataFrame:
        """Return the columns of the figure behind the keys of the groups."""
        orders, covered = self.orders, self.orders.covered
        day, source = orders.day[self.line], orders.connection[self.line]
        n_orders, spend = self.add(np.ones(len(day))), self.add(self.spent)
        n_lines = np.bincount(self.lines, minlength=self.n)[: self.n]
        per_month = self.add(1 / covered.months[source])
        limit, known = limits[self.group], self.came != UNKNOWN
        small = (orders.value[self.line] >= 0) & (orders.value[self.line] < limit * (1 - 1e-9))
        limited = np.where(np.isnan(limits), np.nan, 0.0)
        first, last, between = self._days(day)

        def month_end(days: Ints) -> Any:
            return _month(days + month_end_days) != _month(days)

        def year_end(days: Ints) -> Any:
            return _month(days) % 12 == last_month - 1

        out = {
            "spend": spend,
            "n_orders": n_orders.astype(np.int64),
            "n_lines": n_lines.astype(np.int64),
            "first_order_date": first,
            "last_order_date": last,
            "months": n_orders / per_month,
            "orders_per_month": np.where(self.add(~covered.enough[source]) > 0, np.nan, per_month),
            "lines_per_order": n_lines / n_orders,
            "average_order_value": spend / n_orders,
            "days_between_orders": between,
            "small_share": self.share(small) + limited,
            "small_spend_share": self.share(small, self.spent) + limited,
            "same_day_share": self.share(self.beside == 1) + np.where(self.add(self.beside >= 0) > 0, 0.0, np.nan),
            "n_delivery_known": self.add(known).astype(np.int64),
            "zero_lead_share": self.share(self.came == SAME_DAY, among=known),
            "after_the_fact_share": self.share(self.came == BEFORE, among=known),
        }
        for name, among in (("month_end", month_end), ("year_end", year_end)):
            even = self.add(covered.share(among)[source]) / n_orders
            # where no such day is covered, a share of 0 would be an invention
            out[f"{name}_share"] = np.where(even > 0, self.share(among(day)), np.nan)
            out[f"{name}_even_share"] = even
        group, _, _ = pairs(self.lines[orders.once], orders.vendor[orders.once])
        out["n_one_time_vendors"] = np.bincount(group, minlength=self.n)[: self.n].astype(np.int64)
        return pd.DataFrame(out, index=pd.RangeIndex(self.n))

    def _days(self, day: Ints) -> tuple[Any, Any, Any]:
        """Return the first and the last order day of each group, and the median of the days from one to the next."""
        group, days, _ = pairs(self.group, day)
        same = np.diff(group) == 0
        steps = pd.Series(np.diff(days)[same]).groupby(group[1:][same]).median()
        ends = np.unique(group, return_index=True)[1], len(group) - 1 - np.unique(group[::-1], return_index=True)[1]
        first, last = (days[end].astype("datetime64[D]").astype("datetime64[us]") for end in ends)
        return first, last, steps.reindex(range(self.n)).to_numpy(dtype=float)


def _month(days: Ints) -> Any:
    """Return the months of days, counted from January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _limits(small: float | Mapping[str, float] | None, currency: pd.Series) -> npt.NDArray[np.float64]:
    """Return below which value an order is small, by the currency of each group; missing where none is stated."""
    if small is None:
        return np.full(len(currency), np.nan)
    of = dict(small) if isinstance(small, Mapping) else {}
    for value in of.values() if isinstance(small, Mapping) else (small,):
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 < value < np.inf:
            raise ConfigError(f"small={small!r}: pass an amount above 0, such as 500, or one for each currency")
    names = [None if pd.isna(c) else str(c) for c in currency.unique()]
    if not isinstance(small, Mapping):
        if len(names) > 1:
            listed = ", ".join(n or "none" for n in names)
            raise MixedCurrencyError(
                f"small={small!r} is one amount, and the lines are in {listed}: pass small={{'{names[0]}': {small!r}, ...}}, "
                "or currency=, or convert first"
            )
        return np.full(len(currency), float(small))
    return np.array([of.get(c, np.nan) if isinstance(c, str) else np.nan for c in currency], dtype=float)
