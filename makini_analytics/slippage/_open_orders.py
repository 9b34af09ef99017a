"""What is still to come: how overdue it is, what it is worth, and the chance that it comes in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..compute import (
    By,
    FigureResult,
    PandasColumns,
    Selection,
    Standing,
    count_distinct,
    figure,
    group_lines,
    order_ids,
    standing,
)
from ..errors import one_of
from ..frames import AsOf, as_of_day, day_number, days_of, frame_of, numbers, texts_of
from ._due_rule import DUE_DATES, due_unreadable, judge
from ._forecast import BackTest, outlook
from ._hazards import Book
from ._rates import cluster_codes

#: Ageing buckets by days past the due date; due today is not overdue.
BUCKETS = ("not due", "1-7", "8-30", "31-60", "61-90", "over 90", "no due date")
_EDGES = (0, 7, 30, 60, 90)


@figure("order_date", "delivered_date", due=DUE_DATES)
def open_orders(lines: Any, *, as_of: AsOf | None = None, due: str = "required") -> FigureResult:
    """Each open line: how many days overdue, its open value, and the chance that it arrives by its due date.

    Open is neither delivered, closed, cancelled, deleted nor draft; overdue from the day after the due date. The open value is
    amount x (quantity - received) / quantity, the whole amount where a quantity is not known.

    The chance is that of a line that is already so old: from the daily hazards of the lines so far, open ones counted as open,
    each vendor drawn towards its category and that towards all, the more the fewer lines it has. Four such forecasts, by the age
    since the order and by the day relative to the due date, each with a memory of 30 and of 365 days, are put together by their
    error on days gone by, and set right where more or fewer lines came of late than they had said. It assumes that the line is not
    cancelled; nothing is learnt from lines that were cancelled on an unknown day. An overdue line has no chance left.

    The forecast is shown once the outcome of 75 lines of different orders is known that it could be tested on, and while its error
    (Brier score) over the past year is smaller than that of the trailing rate, the on-time rate of the lines due in the last 90
    days. Otherwise the chance to be on time *is* the trailing rate, and there is none to arrive within 30 or 60 days.
    ``ma.explain`` says which it is, both errors, and how far the last test was off; `slippage.backtest` has the test.

    Parameters
    ----------
    lines : DataFrame, one row per order line, delivered ones too: the forecast learns from them
        Needs ``order_date``, ``delivered_date`` and the due date.
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" or "promised"

    Returns
    -------
    DataFrame, one row per open line, the most overdue first
        connection, order_id, line_id, vendor_id, vendor_name, category : string
        order_date, due_date : datetime64
        age_days, days_overdue : float, days; negative days_overdue are days to go, missing without a due date
        bucket : string; not due, 1-7, 8-30, 31-60, 61-90, over 90, no due date
        open_value : float, in ``currency``; currency : string
        chance_on_time : float, 0..1; 0 where overdue, missing without order date or due date, and where nothing is known at all
        chance_30_days, chance_60_days : float, 0..1, to arrive within so many days; missing where the trailing rate is shown
        expected_late_value : float, in ``currency``, open_value x (1 - chance_on_time)

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({
    ...     "order_date": pd.to_datetime(["2025-01-01"] * 4), "required_date": pd.to_datetime(["2025-01-15"] * 3 + ["2025-02-15"]),
    ...     "delivered_date": pd.to_datetime(["2025-01-10", "2025-01-20", None, None]), "amount": 10.0, "currency": "EUR"})
    >>> slippage.open_orders(lines, as_of="2025-01-25")[["days_overdue", "bucket", "open_value", "chance_on_time"]]
       days_overdue   bucket  open_value  chance_on_time
    0          10.0     8-30        10.0        0.000000
    1         -21.0  not due        10.0        0.333333
    """
    seen = snapshot(lines, as_of, due)
    return _open_lines(seen)


@figure("order_date?", "delivered_date?", due={due: f"{column}?" for due, column in DUE_DATES.items()})
def ageing(lines: Any, *, by: By = None, as_of: AsOf | None = None, due: str = "required") -> FigureResult:
    """Open lines by how overdue they are, with their open value, and the value expected to be late among those that fall due soon.

    The lines, buckets, values and chances are those of ``slippage.open_orders``. ``expected_late_value_30`` is the sum of open value
    x (1 - chance to arrive in time) over the lines that fall due within the next 30 days, ``_60`` within 60.

    Parameters
    ----------
    lines : DataFrame, one row per order line, delivered ones too: or what ``slippage.open_orders`` gave
    by : None, "vendor", or columns of ``slippage.open_orders``
    as_of, due : as in ``slippage.open_orders``

    Returns
    -------
    DataFrame, one row per (group, currency, bucket) that has a line, in the order of the buckets
        the columns of ``by``; currency, bucket : string
        n_lines, n_orders : int
        open_value : float, in ``currency``
        expected_late_value_30, expected_late_value_60 : float, in ``currency``; of the bucket "not due" only

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({
    ...     "order_date": pd.to_datetime(["2025-01-01"] * 3), "required_date": pd.to_datetime(["2025-01-15"] * 3),
    ...     "delivered_date": pd.to_datetime(["2025-01-10", None, None]), "amount": 10.0, "currency": "EUR"})
    >>> slippage.ageing(lines, as_of="2025-01-25")[["bucket", "n_lines", "open_value"]]
      bucket  n_lines  open_value
    0   8-30        2        20.0
    """
    given = isinstance(lines, pd.DataFrame) and {"bucket", "chance_on_time"} <= set(lines.columns)
    table = lines if given else open_orders(lines, as_of=as_of, due=due)
    place = table["bucket"].map({b: i for i, b in enumerate(BUCKETS)}).astype("int64")
    groups = group_lines(table.assign(place=place), by, also=("currency", "place"))
    n = len(groups) if len(table) else 0

    def total(what: Any) -> Any:
        return np.bincount(groups.codes, weights=np.nan_to_num(what), minlength=n)[:n].astype(float)

    late = table["expected_late_value"].to_numpy(dtype=float)
    to_go = -table["days_overdue"].to_numpy(dtype=float)
    result = groups.keys.iloc[:n].assign(
        n_lines=np.bincount(groups.codes, minlength=n)[:n].astype("int64"),
        n_orders=count_distinct(groups.codes, order_ids(table), n)[:n].astype("int64"),
        open_value=total(table["open_value"].to_numpy(dtype=float)),
        **{f"expected_late_value_{d}": total(np.where((to_go >= 0) & (to_go <= d), late, 0.0)) for d in (30, 60)},
    )
    at = list(result.columns).index("place")
    result.insert(at, "bucket", pd.Series([BUCKETS[int(i)] for i in result.pop("place")], dtype="string"))
    result["currency"] = result["currency"].astype("string")
    whole = table.rename(columns={"open_value": "amount"})
    whole.attrs = dict(table.attrs)
    # the lines in hand are the open ones: what was left out is known from the table that they came from
    return FigureResult(
        result.reset_index(drop=True),
        Selection(whole),
        notes=table.attrs.get("notes", ()),
        excluded=table.attrs.get("excluded", ()),
    )


@dataclass(frozen=True)
class Snapshot:
    """Lines as they stood on a day, and what the forecast learns from."""

    frame: pd.DataFrame
    due: str
    as_of: pd.Timestamp
    day: int
    stands: Standing
    book: Book
    hint: tuple[str, ...]  # that the other due date is there on more of the lines

    def selection(self, *, delivered: bool) -> Selection:
        """Return the selection of the lines that can be judged, with the delivered ones or without."""
        out = Selection(self.frame)
        if not delivered:
            out.exclude(self.stands.delivered, "delivered")
        out.exclude(self.stands.cancelled, "cancelled")
        for reason, rows in self.stands.unjudged.items():
            out.exclude(rows, reason)
        return out

    def with_provenance(self, result: pd.DataFrame, selection: Selection, test: BackTest) -> FigureResult:
        """Return a figure of these lines, with a note on how good the forecast is."""
        if not len(self.frame):
            return FigureResult(result, selection)
        return FigureResult(result, selection, self.as_of, (*self.hint, test.verdict))


def snapshot(lines: Any, as_of: AsOf | None, due: str) -> Snapshot:
    """Return how the lines stand on a day."""
    one_of("due", due, DUE_DATES)
    frame = frame_of(lines, metric="slippage.open_orders")
    as_of_ = as_of_day(frame, as_of)
    day = day_number(as_of_)
    stands = _with_due(frame, standing(frame, as_of_ if not pd.isna(as_of_) else pd.Timestamp("1970-01-01")), due)
    whole = {c: days_of(frame, c) for c in ("order_date", "delivered_date", "cancelled_date", DUE_DATES[due])}
    number = {c: np.where(np.isnat(d), -1, d.astype(np.int64)) for c, d in whole.items()}
    ordered, cancelled = number["order_date"], number["cancelled_date"]
    undated = stands.cancelled & ((cancelled < 0) | (cancelled > day))
    ended = np.where(
        stands.delivered, number["delivered_date"], np.where(stands.cancelled, cancelled, np.iinfo(np.int64).max)
    )
    # Nothing is learnt from a line that can't be judged, nor from one that was cancelled on an unknown day: it waited for an unknown
    # time, and not until today. Both are treated as lines without an order date. Days that are not known are -1, a number that no
    # real day has, since whole numbers can't be missing.
    judged = stands.delivered | stands.cancelled | stands.open
    usable = judged & ~undated & (ended >= ordered) & (ordered <= day)
    codes = [np.zeros(len(frame), dtype=np.int64)]
    category = ["category"] if "category" in frame.columns else []
    if category:
        codes.append(group_lines(frame, category).codes.astype(np.int64))
    if "vendor_id" in frame.columns or "vendor_name" in frame.columns:
        codes.append(group_lines(frame, ["vendor", *category]).codes.astype(np.int64))
    due_day = np.maximum(number[DUE_DATES[due]], -1)
    of_order = frame[[c for c in frame.columns if c in ("connection", "order_id", "order_number")]]

    def orders_of(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return cluster_codes(of_order.iloc[rows], "order", np.ones(len(rows), dtype=bool))

    book = Book(
        np.where(usable, ordered, -1), due_day, ended, stands.delivered, stands.cancelled, tuple(codes), orders_of
    )
    judged = stands.delivered | stands.open
    # most lines lack the due date: the rule of the room knows whether the other one is fuller
    hint = judge(frame, as_of=as_of, due=due).hint if 2 * np.count_nonzero(due_day[judged] < 0) > judged.sum() else ()
    return Snapshot(frame, due, as_of_, day, stands, book, hint)


def _with_due(frame: pd.DataFrame, stands: Standing, due: str) -> Standing:
    """Return how lines stand, without the open ones whose due date could not be read: they are not to be judged here, either."""
    unjudged, still_open = stands.unjudged, stands.open
    for rows, why in due_unreadable(PandasColumns(frame), due):
        unjudged, still_open = unjudged | {why: rows & still_open}, still_open & ~rows
    return replace(stands, open=still_open, unjudged=unjudged)


def _open_lines(seen: Snapshot) -> FigureResult:
    """Return the open lines with their chances."""
    frame, book, day = seen.frame, seen.book, seen.day
    # only the open lines, a few per cent: a copy of all columns of all lines would cost more than the forecast
    rows = np.flatnonzero(seen.stands.open)
    overdue = np.where(book.due[rows] >= 0, day - book.due[rows], np.nan)
    most_first = np.argsort(-overdue, kind="stable")  # those without a due date last
    rows, overdue = rows[most_first], overdue[most_first]
    chances = outlook(book, rows, day, within=(30, 60))
    on_time, (in_30, in_60) = chances.on_time, chances.within
    due = DUE_DATES[seen.due]
    shown = {"order_date", due, "amount", "quantity", "received_quantity"}
    part = frame[[c for c in frame.columns if c in shown]].iloc[rows].reset_index(drop=True)
    value = _open_value(part)
    bucket = np.searchsorted(_EDGES, np.nan_to_num(overdue), side="left")
    bucket[np.isnan(overdue)] = len(BUCKETS) - 1
    texts = ("connection", "order_id", "line_id", "vendor_id", "vendor_name", "category")
    result = pd.DataFrame(
        {
            **{c: texts_of(frame, c, rows) for c in texts},
            "order_date": days_of(part, "order_date").astype("datetime64[us]"),
            "due_date": days_of(part, due).astype("datetime64[us]"),
            "age_days": np.where(book.ordered[rows] >= 0, day - book.ordered[rows], np.nan),
            "days_overdue": overdue,
            "bucket": pd.array(BUCKETS, dtype="string").take(bucket),
            "open_value": value,
            "currency": texts_of(frame, "currency", rows),
            "chance_on_time": on_time,
            "chance_30_days": in_30,
            "chance_60_days": in_60,
            "expected_late_value": value * (1 - on_time),
        }
    )
    return seen.with_provenance(result, seen.selection(delivered=False), chances.test)


def _open_value(part: pd.DataFrame) -> np.ndarray[Any, Any]:
    amount, quantity, received = (numbers(part, c) for c in ("amount", "quantity", "received_quantity"))
    share = np.divide(np.maximum(quantity - received, 0), quantity, out=np.ones(len(part)), where=quantity > 0)
    # where a quantity is not known the whole amount is taken as open, which errs on the side of caution
    value: np.ndarray[Any, Any] = np.where(np.isnan(share), 1.0, share) * amount
    return value
