"""What is still to come: how overdue it is, what it is worth, and the chance that it comes in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import (
    By,
    FigureResult,
    PandasColumns,
    Selection,
    count_distinct,
    figure,
    group_lines,
    open_share,
    order_ids,
)
from ..frames import AsOf, days_of, numbers, texts_of
from ._due_rule import DUE_DATES
from ._forecast import forecast
from ._snapshot import Snapshot, snapshot

#: Ageing buckets by days past the due date; due today is not overdue.
_NOTHING_TO_COME = "to be closed"
BUCKETS = ("not due", "1-7", "8-30", "31-60", "61-90", "over 90", "no due date", _NOTHING_TO_COME)
_EDGES = (0, 7, 30, 60, 90)


@figure("order_date", "delivered_date", due=DUE_DATES)
def open_orders(lines: Any, *, as_of: AsOf | None = None, due: str = "required") -> FigureResult:
    """Each open line: how many days overdue, its open value, and the chance that it arrives by its due date.

    Open is neither delivered, closed, cancelled, deleted nor draft on the as-of day; overdue from the day after the due date. The
    open value is amount x (quantity - received) / quantity, the whole amount where a quantity is not known. The lines and values
    are those of ``spend.by_vendor(basis="open")``. A line that its source left open though all of it has come, on a day that is not
    known, is not overdue: it is to be closed, not chased. Such lines stand last, in a bucket of their own.

    The chance is that of a line that is already so old: from the daily hazards of the lines so far, open ones counted as open,
    each vendor drawn towards its category and that towards all, the more the fewer lines it has. Two clocks are tried, the age
    since the order and the day relative to the due date, and the smaller their error (Brier score) on days gone by, the more they
    count; ``ma.explain`` says how much, and says so where the forecast is no better than the trailing on-time rate. It assumes
    that vendors go on as they did, and that the line is not cancelled. An overdue line has no chance left to be on time. Of a line
    that is older than any that ever came, or later, nobody has seen what becomes of it: its chance is missing, and so it is where
    the days of deliveries are not recorded. Each connection is forecast by its own lines, from its own as-of day.

    Parameters
    ----------
    lines : DataFrame, one row per order line, delivered ones too: the forecast learns from them
        Needs ``order_date``, ``delivered_date`` and the due date.
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" or "promised"

    Returns
    -------
    DataFrame, one row per open line, the most overdue first, those to be closed last
        connection, order_id, line_id, vendor_id, vendor_name, category : string
        order_date, due_date : datetime64
        age_days, days_overdue : float, days; negative days_overdue are days to go, missing without a due date, and for lines
            to be closed
        bucket : string; not due, 1-7, 8-30, 31-60, 61-90, over 90, no due date, to be closed
        open_value : float, in ``currency``; currency : string
        chance_on_time : float, 0..1; 0 where overdue; missing without a due date, and where nothing is known to go by
        chance_30_days, chance_60_days : float, 0..1, to arrive within so many days; missing likewise
        expected_late_value : float, in ``currency``, open_value x (1 - chance_on_time); missing without a chance

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
    1         -21.0  not due        10.0             NaN
    """
    return _open_lines(snapshot(lines, as_of, due))


@figure("order_date?", "delivered_date?", due={due: f"{column}?" for due, column in DUE_DATES.items()})
def ageing(lines: Any, *, by: By = None, as_of: AsOf | None = None, due: str = "required") -> FigureResult:
    """Open lines by how overdue they are, with their open value, and the value expected to be late among those that fall due soon.

    The lines, buckets, values and chances are those of ``slippage.open_orders``. ``expected_late_value_30`` is the sum of open value
    x (1 - chance to arrive in time) over the lines that fall due within the next 30 days, ``_60`` within 60. Lines without a chance
    are in neither; ``n_without_chance`` counts those that fall due in the 60 days.

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
        n_without_chance : int, lines of the bucket "not due" that are missing in them

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
        n_without_chance=total((to_go >= 0) & (to_go <= 60) & np.isnan(late)).astype("int64"),
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
    return _tested(snapshot(lines, as_of, due))


def _open_lines(seen: Snapshot) -> FigureResult:
    """Return the open lines with their chances."""
    frame, stands = seen.frame, seen.stands
    chances = {n: np.full(len(frame), np.nan) for n in ("on_time", "30", "60")}
    for part in seen.parts:
        book, day = part.book, part.day
        known, dated, beyond = book.ordered >= 0, book.due >= 0, part.beyond()
        is_open = stands.open[part.rows] & known & ~beyond
        for asked, past, weights in (
            (is_open & dated, known & dated, part.test.weights),
            (is_open & ~dated, known, part.test.of_age),  # a line without a due date has no other clock
        ):
            if asked.any():
                soon = [np.full(int(asked.sum()), day + d) for d in (30, 60)]
                got = forecast(book, past, asked, day, (book.due[asked], *soon), weights)
                for name, chance in zip(chances, got, strict=True):
                    chances[name][part.rows[asked]] = chance
    due_day = days_of(frame, DUE_DATES[seen.due])
    overdue = np.where(seen.to_close | np.isnat(due_day), np.nan, (seen.until_day - due_day).astype(float))
    # from here on only the open lines, a few per cent: a copy of all columns of all lines would cost more than the forecast
    rows = np.flatnonzero(stands.open | seen.to_close)
    rows = rows[
        np.argsort(-overdue[rows], kind="stable")
    ]  # the most overdue first, those without a due date or to be closed last
    to_close, due_day, overdue = seen.to_close[rows], due_day[rows], overdue[rows]
    ordered = days_of(frame, "order_date")[rows]
    bucket = np.searchsorted(_EDGES, np.nan_to_num(overdue), side="left")
    bucket[np.isnan(overdue)] = BUCKETS.index("no due date")
    bucket[to_close] = BUCKETS.index(_NOTHING_TO_COME)
    on_time = chances["on_time"][rows]
    on_time[np.isnat(due_day)] = np.nan
    on_time[overdue > 0] = 0  # whatever is known of the order
    amount = numbers(frame, "amount")[rows]
    value = np.asarray(open_share(PandasColumns(frame), seen.until))[rows] * amount
    texts = ("connection", "order_id", "line_id", "vendor_id", "vendor_name", "category")
    result = pd.DataFrame(
        {
            **{c: texts_of(frame, c, rows) for c in texts},
            "order_date": ordered.astype("datetime64[us]"),
            "due_date": due_day.astype("datetime64[us]"),
            "age_days": np.where(np.isnat(ordered), np.nan, (seen.until_day[rows] - ordered).astype(float)),
            "days_overdue": overdue,
            "bucket": pd.array(BUCKETS, dtype="string").take(bucket),
            "open_value": value,
            "currency": texts_of(frame, "currency", rows),
            "chance_on_time": on_time,
            "chance_30_days": chances["30"][rows],
            "chance_60_days": chances["60"][rows],
            "expected_late_value": np.where(to_close, 0.0, value * (1 - on_time)),
        }
    )
    return seen.with_provenance(result, seen.selection(delivered=False))


def _tested(seen: Snapshot) -> FigureResult:
    """Return the test, line by line."""
    row = np.concatenate([p.rows[p.test.row] for p in seen.parts])
    origin, chance, base, on_time = (
        np.concatenate([getattr(p.test, name) for p in seen.parts]) for name in ("origin", "chance", "base", "on_time")
    )
    texts = ("connection", "order_id", "line_id", "vendor_id", "vendor_name")
    result = pd.DataFrame(
        {
            "origin": origin.astype("datetime64[D]").astype("datetime64[us]"),
            **{c: texts_of(seen.frame, c, row) for c in texts},
            "chance": chance,
            "trailing_rate": base,
            "on_time": pd.array(on_time, dtype="boolean"),
        }
    )
    never = np.ones(len(seen.frame), dtype=bool)
    never[row] = False
    selection = seen.selection(delivered=True)
    selection.exclude(never, "not open on a day of the test")
    return seen.with_provenance(result, selection)
