"""What is still to come: how overdue it is, what it is worth, and the chance that it comes in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import (
    By,
    Counted,
    FigureResult,
    InSteps,
    PandasColumns,
    Selection,
    count_orders,
    figure,
    group_lines,
    open_share,
    reuse,
)
from ..frames import AsOf, days_of, numbers, texts_of
from ._due_rule import DUE_DATES
from ._forecast import outlook
from ._hazards import Floats, Ints
from ._snapshot import Snapshot, snapshot

#: Ageing buckets by days past the due date; due today is not overdue.
_NOTHING_TO_COME = "to be closed"
BUCKETS = ("not due", "1-7", "8-30", "31-60", "61-90", "over 90", "no due date", _NOTHING_TO_COME)
_EDGES = (0, 7, 30, 60, 90)
#: What people find a line by, in the source and in the store.
_FOUND_BY = (
    "order_number",
    "line_number",
    "material_id",
    "product_code",
    "description",
    "site_id",
    "site_name",
    "unit_of_measure",
)


@figure("order_date", "delivered_date", due=DUE_DATES)
def open_orders(lines: Any, *, as_of: AsOf | None = None, due: str = "required") -> InSteps:
    """Each open line: how many days overdue, its open value, and the chance that it arrives by its due date.

    Open is neither delivered, closed, cancelled, deleted nor draft on the as-of day; overdue from the day after the due date. The
    open value is amount x (quantity - received) / quantity, the whole amount where a quantity is not known. The lines and values
    are those of ``spend.by_vendor(basis="open")``. A line that its source left open though all of it has come, on a day that is not
    known, is not overdue: it is to be closed, not chased. Such lines stand last, in a bucket of their own.

    The chance is that of a line that is already so old: from the daily hazards of the lines so far, open ones counted as open,
    each vendor drawn towards its category and that towards all, the more the fewer lines it has. Four such forecasts, by the age
    since the order and by the day relative to the due date, each with a memory of 30 and of 365 days, are put together by their
    error on days gone by, and set right where more or fewer lines came of late than they had said. It assumes that the line is not
    cancelled; nothing is learnt from lines that were cancelled on an unknown day. An overdue line has no chance left to be on time.
    Of a line that is older than any that ever came, or later, nobody has seen what becomes of it: its chance is missing, and so it is
    where the days of deliveries are not recorded. Each connection is forecast by its own lines, from its own as-of day.

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
    DataFrame, one row per open line, the most overdue first, those to be closed last
        connection, order_id, line_id, vendor_id, vendor_name, category : string
        order_date, due_date : datetime64
        age_days, days_overdue : float, days; negative days_overdue are days to go, missing without a due date, and for lines
            to be closed
        bucket : string; not due, 1-7, 8-30, 31-60, 61-90, over 90, no due date, to be closed
        open_value : float, in ``currency``; currency : string
        chance_on_time : float, 0..1; 0 where overdue; missing without a due date, and where nothing is known to go by
        chance_30_days, chance_60_days : float, 0..1, to arrive within so many days; missing likewise, and where the
            trailing rate is shown
        expected_late_value : float, in ``currency``, open_value x (1 - chance_on_time); missing without a chance
        order_number, line_number, material_id, product_code, description, site_id, site_name, unit_of_measure : string, as in
            ``lines``; missing where these have no such column
        open_quantity : float, quantity still to come, in ``unit_of_measure``; all of it where what was received is not known

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
    seen = snapshot(lines, as_of, due)
    selection = seen.selection(delivered=False)
    yield Counted(selection, seen.notes)
    return _open_lines(seen, selection)


@figure("order_date?", "delivered_date?", due={due: f"{column}?" for due, column in DUE_DATES.items()})
def ageing(lines: Any, *, by: By = None, as_of: AsOf | None = None, due: str = "required") -> FigureResult:
    """Open lines by how overdue they are, with their open value, and the value expected to be late among those that fall due soon.

    The lines, buckets, values and chances are those of ``slippage.open_orders``. ``expected_late_value_30`` is the sum of open value
    x (1 - chance to arrive in time) over the lines that fall due within the next 30 days, ``_60`` within 60. Lines without a chance
    are in neither; ``n_without_chance_30`` counts those that fall due in the 30 days, ``n_without_chance`` in the 60.

    Parameters
    ----------
    lines : DataFrame, one row per order line, delivered ones too: or what ``slippage.open_orders`` gave
    by : None, "vendor", or columns of the lines or of ``slippage.open_orders``
    as_of, due : as in ``slippage.open_orders``

    Returns
    -------
    DataFrame, one row per (group, currency, bucket) that has a line, in the order of the buckets
        the columns of ``by``; currency, bucket : string
        n_lines, n_orders : int
        open_value : float, in ``currency``
        expected_late_value_30, expected_late_value_60 : float, in ``currency``; of the bucket "not due" only
        n_without_chance_30, n_without_chance : int, lines of the bucket "not due" without a chance to arrive in time, in 30 days and in 60

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
    table = lines if given else _with_own_columns(lines, by, as_of, due)
    place = table["bucket"].map({b: i for i, b in enumerate(BUCKETS)}).astype("int64")
    groups = group_lines(table.assign(place=place), by, also=("currency", "place"))
    n = len(groups) if len(table) else 0

    def total(what: Any) -> Any:
        return np.bincount(groups.codes, weights=np.nan_to_num(what), minlength=n)[:n].astype(float)

    late, chance = (table[c].to_numpy(dtype=float) for c in ("expected_late_value", "chance_on_time"))
    to_go = -table["days_overdue"].to_numpy(dtype=float)
    result = groups.keys.iloc[:n].assign(
        n_lines=np.bincount(groups.codes, minlength=n)[:n].astype("int64"),
        n_orders=count_orders(groups.codes, table, n)[:n].astype("int64"),
        open_value=total(table["open_value"].to_numpy(dtype=float)),
        **{f"expected_late_value_{d}": total(np.where((to_go >= 0) & (to_go <= d), late, 0.0)) for d in (30, 60)},
        **{
            name: total((to_go >= 0) & (to_go <= d) & np.isnan(chance)).astype("int64")
            for name, d in (("n_without_chance_30", 30), ("n_without_chance", 60))
        },
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


def _with_own_columns(lines: Any, by: By, as_of: AsOf | None, due: str) -> pd.DataFrame:
    """Return the open lines with the columns of the user's own that they are to be grouped by."""
    names = [by] if isinstance(by, str) else list(by or ())
    with reuse():
        table = open_orders(lines, as_of=as_of, due=due)
        own = [c for c in names if c not in table.columns]
        if not own:
            return table
        seen = snapshot(lines, as_of, due)
    rows, _ = _most_overdue_first(seen)
    return table.assign(**{c: seen.frame[c].array[rows] for c in own if c in seen.frame.columns})


def _most_overdue_first(seen: Snapshot) -> tuple[Ints, Floats]:
    """Return the lines that are open or to be closed, and for how long each is overdue; without a due date, or to be closed, last."""
    due_day = days_of(seen.frame, DUE_DATES[seen.due])
    overdue = np.where(seen.to_close | np.isnat(due_day), np.nan, (seen.until_day - due_day).astype(float))
    rows = np.flatnonzero(seen.stands.open | seen.to_close)
    rows = rows[np.argsort(-overdue[rows], kind="stable")]
    return rows, overdue[rows]


def _open_lines(seen: Snapshot, selection: Selection) -> FigureResult:
    """Return the open lines with their chances."""
    frame, stands = seen.frame, seen.stands
    on_time, in_30, in_60 = (np.full(len(frame), np.nan) for _ in range(3))
    tests = []
    for part in seen.parts:
        asked = np.flatnonzero(stands.open[part.rows] & ~part.beyond())
        found = outlook(part.book, asked, part.day, within=(30, 60))
        tests.append(found.test)
        for whole, chance in zip((on_time, in_30, in_60), (found.on_time, *found.within), strict=True):
            whole[part.rows[asked]] = chance
    # from here on only the open lines, a few per cent: a copy of all columns of all lines would cost more than the forecast
    rows, overdue = _most_overdue_first(seen)
    to_close, due_day = seen.to_close[rows], days_of(frame, DUE_DATES[seen.due])[rows]
    ordered = days_of(frame, "order_date")[rows]
    bucket = np.searchsorted(_EDGES, np.nan_to_num(overdue), side="left")
    bucket[np.isnan(overdue)] = BUCKETS.index("no due date")
    bucket[to_close] = BUCKETS.index(_NOTHING_TO_COME)
    on_time = on_time[rows]
    on_time[np.isnat(due_day)] = np.nan
    on_time[overdue > 0] = 0  # whatever is known of the order
    amount, quantity = numbers(frame, "amount")[rows], numbers(frame, "quantity")[rows]
    share = np.asarray(open_share(PandasColumns(frame), seen.until))[rows]
    value = share * amount
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
            "chance_30_days": in_30[rows],
            "chance_60_days": in_60[rows],
            "expected_late_value": np.where(to_close, 0.0, value * (1 - on_time)),
            **{c: texts_of(frame, c, rows) for c in _FOUND_BY},
            "open_quantity": share * quantity,
        }
    )
    return seen.with_provenance(result, selection, tests)
