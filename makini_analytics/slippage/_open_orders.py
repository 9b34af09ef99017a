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
from ._forecast import BackTest, back_test, forecast
from ._hazards import Book

#: Ageing buckets by days past the due date; due today is not overdue.
BUCKETS = ("not due", "1-7", "8-30", "31-60", "61-90", "over 90", "no due date")
_EDGES = (0, 7, 30, 60, 90)


@figure("order_date", "delivered_date", due=DUE_DATES)
def open_orders(lines: Any, *, as_of: AsOf | None = None, due: str = "required") -> FigureResult:
    """Each open line: how many days overdue, its open value, and the chance that it arrives by its due date.

    Open is neither delivered, closed, cancelled, deleted nor draft; overdue from the day after the due date. The open value is
    amount x (quantity - received) / quantity, the whole amount where a quantity is not known.

    The chance is that of a line that is already so old: from the daily hazards of the lines so far, open ones counted as open,
    each vendor drawn towards its category and that towards all, the more the fewer lines it has. Two clocks are tried, the age
    since the order and the day relative to the due date, and the smaller their error (Brier score) on days gone by, the more they
    count; ``ma.explain`` says how much, and says so where the forecast is no better than the trailing on-time rate. It assumes
    that vendors go on as they did, and that the line is not cancelled. An overdue line has no chance left.

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
        chance_on_time : float, 0..1; 0 where overdue, missing without order date or due date
        chance_30_days, chance_60_days : float, 0..1, to arrive within so many days
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
    0          10.0     8-30        10.0             0.0
    1         -21.0  not due        10.0             0.0
    """
    seen = _snapshot(lines, as_of, due)
    return _open_lines(seen, back_test(seen.book, seen.day))


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


@figure("order_date", "delivered_date", due=DUE_DATES)
def backtest(lines: Any, *, as_of: AsOf | None = None, due: str = "required") -> FigureResult:
    """How good the forecast of ``slippage.open_orders`` was: what it would have said on days gone by, and what became of the lines.

    On six days, 30 to 180 days before as-of, only what was known on that day is used; each line that was open then and has fallen
    due since, within 60 days, is forecast. The rate to beat is that of all lines due in the 90 days before. The error is the Brier
    score, the mean of (chance - outcome)^2: ``((result.chance - result.on_time) ** 2).mean()``. How much each clock
    counts in a forecast is decided by what had fallen due before its own day, so it has not seen its own test.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date``, ``delivered_date`` and the due date.
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" or "promised"

    Returns
    -------
    DataFrame, one row per line and day from which it was forecast
        origin : datetime64, the day looked from
        connection, order_id, line_id, vendor_id, vendor_name : string
        chance : float, 0..1, forecast to arrive by its due date
        trailing_rate : float, 0..1, the on-time rate of the 90 days before
        on_time : boolean, what became of it

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-01"]), "required_date": pd.to_datetime(["2025-01-15"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-10"])})
    >>> len(slippage.backtest(lines, as_of="2025-01-25"))
    0
    """
    seen = _snapshot(lines, as_of, due)
    return _tested(seen, back_test(seen.book, seen.day))


@dataclass(frozen=True)
class _Snapshot:
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
        return FigureResult(result, selection, self.as_of, (*self.hint, _verdict(test)))


def _snapshot(lines: Any, as_of: AsOf | None, due: str) -> _Snapshot:
    one_of("due", due, DUE_DATES)
    frame = frame_of(lines, metric="slippage.open_orders")
    as_of_ = as_of_day(frame, as_of)
    day = day_number(as_of_)
    stands = _with_due(frame, standing(frame, as_of_ if not pd.isna(as_of_) else pd.Timestamp("1970-01-01")), due)
    whole = {c: days_of(frame, c) for c in ("order_date", "delivered_date", "cancelled_date", DUE_DATES[due])}
    number = {c: np.where(np.isnat(d), -1, d.astype(np.int64)) for c, d in whole.items()}
    ordered, cancelled = number["order_date"], number["cancelled_date"]
    cancelled = np.where((cancelled < 0) | (cancelled > day), day, cancelled)
    ended = np.where(
        stands.delivered, number["delivered_date"], np.where(stands.cancelled, cancelled, np.iinfo(np.int64).max)
    )
    # Nothing is learnt from a line that can't be judged, so it is treated as one without an order date. Days that are not known
    # are -1, a number that no real day has, since whole numbers can't be missing.
    usable = (stands.delivered | stands.cancelled | stands.open) & (ended >= ordered) & (ordered <= day)
    codes = [np.zeros(len(frame), dtype=np.int64)]
    category = ["category"] if "category" in frame.columns else []
    if category:
        codes.append(group_lines(frame, category).codes.astype(np.int64))
    if "vendor_id" in frame.columns or "vendor_name" in frame.columns:
        codes.append(group_lines(frame, ["vendor", *category]).codes.astype(np.int64))
    due_day = np.maximum(number[DUE_DATES[due]], -1)
    book = Book(np.where(usable, ordered, -1), due_day, ended, stands.delivered, stands.cancelled, tuple(codes))
    judged = stands.delivered | stands.open
    # most lines lack the due date: the rule of the room knows whether the other one is fuller
    hint = judge(frame, as_of=as_of, due=due).hint if 2 * np.count_nonzero(due_day[judged] < 0) > judged.sum() else ()
    return _Snapshot(frame, due, as_of_, day, stands, book, hint)


def _with_due(frame: pd.DataFrame, stands: Standing, due: str) -> Standing:
    """Return how lines stand, without the open ones whose due date could not be read: they are not to be judged here, either."""
    unjudged, still_open = stands.unjudged, stands.open
    for rows, why in due_unreadable(PandasColumns(frame), due):
        unjudged, still_open = unjudged | {why: rows & still_open}, still_open & ~rows
    return replace(stands, open=still_open, unjudged=unjudged)


def _open_lines(seen: _Snapshot, test: BackTest) -> FigureResult:
    """Return the open lines with their chances, the models' weights being those of the test."""
    frame, book, day = seen.frame, seen.book, seen.day
    is_open = seen.stands.open
    known, dated = book.ordered >= 0, book.due >= 0
    chances = {n: np.full(len(frame), np.nan) for n in ("on_time", "30", "60")}
    for rows, past, weights in (
        (is_open & known & dated, known & dated, test.weights),
        (is_open & known & ~dated, known, test.of_age),  # a line without a due date has no other clock
    ):
        if rows.any():
            soon = [np.full(int(rows.sum()), day + d) for d in (30, 60)]
            got = forecast(book, past, rows, day, (book.due[rows], *soon), weights)
            for name, chance in zip(chances, got, strict=True):
                chances[name][rows] = chance
    chances["on_time"][~dated] = np.nan
    overdue = np.where(dated, day - book.due, np.nan)
    # from here on only the open lines, a few per cent: a copy of all columns of all lines would cost more than the forecast
    rows = np.flatnonzero(is_open)
    rows = rows[np.argsort(-overdue[rows], kind="stable")]  # the most overdue first, those without a due date last
    overdue = overdue[rows]
    due = DUE_DATES[seen.due]
    shown = {"order_date", due, "amount", "quantity", "received_quantity"}
    part = frame[[c for c in frame.columns if c in shown]].iloc[rows].reset_index(drop=True)
    value = _open_value(part)
    bucket = np.searchsorted(_EDGES, np.nan_to_num(overdue), side="left")
    bucket[np.isnan(overdue)] = len(BUCKETS) - 1
    on_time = chances["on_time"][rows]
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
            "chance_30_days": chances["30"][rows],
            "chance_60_days": chances["60"][rows],
            "expected_late_value": value * (1 - on_time),
        }
    )
    return seen.with_provenance(result, seen.selection(delivered=False), test)


def _tested(seen: _Snapshot, test: BackTest) -> FigureResult:
    """Return the test, line by line."""
    texts = ("connection", "order_id", "line_id", "vendor_id", "vendor_name")
    result = pd.DataFrame(
        {
            "origin": test.origin.astype("datetime64[D]").astype("datetime64[us]"),
            **{c: texts_of(seen.frame, c, test.row) for c in texts},
            "chance": test.chance,
            "trailing_rate": test.base,
            "on_time": pd.array(test.on_time, dtype="boolean"),
        }
    )
    never = np.ones(len(seen.frame), dtype=bool)
    never[test.row] = False
    selection = seen.selection(delivered=True)
    selection.exclude(never, "not open on a day of the test")
    return seen.with_provenance(result, selection, test)


def _verdict(test: BackTest) -> str:
    if not test.enough:
        return f"The forecast could not be tested: {len(test.row):,} lines are too few. It goes by the age since the order."
    clocks = f"Forecast by the age since the order ({1 - test.by_due_date:.0%}) and the day relative to the due date ({test.by_due_date:.0%})"
    better = test.brier < test.brier_base
    verdict = "better than" if better else "no better than"
    return f"{clocks}, {verdict} the base rate, the trailing on-time rate, on {len(test.row):,} lines of days gone by (Brier score {test.brier:.3f}, {test.brier_base:.3f})."


def _open_value(part: pd.DataFrame) -> np.ndarray[Any, Any]:
    amount, quantity, received = (numbers(part, c) for c in ("amount", "quantity", "received_quantity"))
    share = np.divide(np.maximum(quantity - received, 0), quantity, out=np.ones(len(part)), where=quantity > 0)
    # where a quantity is not known the whole amount is taken as open, which errs on the side of caution
    value: np.ndarray[Any, Any] = np.where(np.isnan(share), 1.0, share) * amount
    return value
