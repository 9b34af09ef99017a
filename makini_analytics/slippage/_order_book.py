"""The order book: what was open at the start of each period, what came in and went out, and what was open at its end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    By,
    Counted,
    FigureResult,
    Groups,
    InSteps,
    figure,
    group_lines,
    narrow,
    period_alias,
    period_number,
)
from ..errors import one_of
from ..frames import AsOf, AsOfDays, as_of_days, frame_of, is_history
from ._due_rule import DUE_DATES
from ._ledger import NEVER, Ledger, ledger_of
from ._order_book_then import book_then

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FLOWS = ("ordered", "delivered", "cancelled")


@figure("order_date", "amount", due=DUE_DATES, histories=True)
def order_book(
    lines: Any,
    *,
    freq: str = "M",
    by: By = None,
    as_of: AsOf | None = None,
    due: str = "required",
    fiscal_year_start: int = 1,
) -> InSteps:
    """The order book by period: open value at its start, ordered, delivered and cancelled in it, open value at its end, and overdue.

    ::

        opening + ordered - delivered - cancelled = closing

    ``closing`` is ``spend.by_vendor(basis="open")`` on the last day of the period, by what the lines tell of that day. An order comes
    in whole on its order date. What has come of it goes out as delivered, on the day that is known: of a line that is still open on
    that of its first receipt, else of its order. What is cancelled, deleted or closed short goes out as cancelled.
    Overdue is the part of closing that was due before that day.

    One extract tells what is known *today*: a line that has since been deleted without a trace never was, and a price that has been
    raised always was so. What it can't place is left out and counted: lines that were closed, cancelled or deleted on a day that
    nobody knows, without an order date, or without an amount. A history tells what was known *then*: opening and closing are the
    books of the snapshots at both ends, and what lies between them is what differs. A line that is gone is cancelled, one received on an
    unknown day came between the two, and a change of an amount is ordered, ``revised``. A book is of the last snapshot in its period;
    beside it stands what the last snapshot of all says of the same day.

    Parameters
    ----------
    lines : DataFrame, one row per order line, or Purchases: as known today; or a `makini_analytics.History`: as known then
        Needs ``order_date``, ``amount`` and the due date; looks at delivery dates, quantities and states where they are there.
    freq : "M" month, "Q" quarter, "Y" year, "W" week
    by : None for all lines together; "vendor", a column or several
    as_of : day up to which the book is kept; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" or "promised"
    fiscal_year_start : month in which the fiscal year starts, 1..12

    Returns
    -------
    DataFrame, one row per (group, currency, period) from the group's first order to the as-of day, by group and period
        the columns of ``by``; currency : string; period : period
        opening, ordered, delivered, cancelled, closing, overdue : float, in ``currency``
        n_opening, n_ordered, n_delivered, n_cancelled, n_closing, n_overdue : int, lines; one of which a part has come is still open
        complete : boolean, whether the data cover the period: it ended by the as-of day, and began with or after the first snapshot
        revised : float, in ``currency``, of ordered; what lines were changed by that had been in the book; histories only
        closing_today, overdue_today : float, in ``currency``, of the same day as the last snapshot tells it; histories only

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; an unknown freq or option.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({
    ...     "order_date": pd.to_datetime(["2025-01-10", "2025-01-20", "2025-02-03"]), "currency": "EUR", "amount": [50.0, 30.0, 20.0],
    ...     "required_date": pd.to_datetime(["2025-02-10", "2025-01-25", "2025-03-01"]),
    ...     "delivered_date": pd.to_datetime(["2025-02-08", None, None])})
    >>> slippage.order_book(lines, as_of="2025-02-28")[["period", "opening", "ordered", "delivered", "closing", "overdue"]]
        period  opening  ordered  delivered  closing  overdue
    0  2025-01      0.0     80.0        0.0     80.0     30.0
    1  2025-02     80.0     20.0       50.0     50.0     30.0
    """
    one_of("due", due, DUE_DATES)
    alias = period_alias(freq, fiscal_year_start)

    def book(account: Ledger, day: AsOfDays) -> pd.DataFrame:
        kept = account.selection.kept
        groups = group_lines(account.frame, by, also=("currency",), rows=kept)
        return _Table(account, np.flatnonzero(kept), groups, day, freq, fiscal_year_start).result(alias, day)

    if is_history(lines):
        return book_then(
            lines, lambda last, day: book(ledger_of(last, day, due, dated=True), day), alias, by, due, as_of
        )
    frame = frame_of(lines, metric="slippage.order_book")
    day = as_of_days(frame, as_of)
    account = ledger_of(frame, day, due, dated=True)
    notes = (*_undated(account), *_begins(frame))
    yield Counted(account.selection, notes)
    return FigureResult(book(account, day), account.selection, day, notes)


class _Table:
    """Sums of the accounts by group and period: what happens in a period, and from it what is in the book at its end."""

    def __init__(
        self, account: Ledger, rows: Ints, groups: Groups, day: AsOfDays, freq: str, fiscal_year_start: int
    ) -> None:
        self.groups, self.n = groups, len(groups) if len(rows) else 0
        self.until = day.of_rows(account.frame)[rows].astype(np.int64)
        self.freq, self.fiscal_year_start = freq, fiscal_year_start
        self.account, self.rows = account, rows
        ordered = account.ordered_on[rows]
        self.first = int(self._number(ordered).min()) if self.n else 0
        self.width = int(self._number(self.until).max()) - self.first + 1 if self.n else 0
        self.begins, self.ends = np.full(self.n, self.width), np.full(self.n, -1)
        np.minimum.at(self.begins, groups.codes, self._number(ordered) - self.first)
        # connections are known up to days of their own: no book goes on beyond that of its group
        np.maximum.at(self.ends, groups.codes, self._number(self.until) - self.first)

    def _number(self, days: Ints) -> Ints:
        number: Ints = period_number(days, self.freq, self.fiscal_year_start)
        return number

    def sums(self, days: Ints, value: Floats | None = None) -> npt.NDArray[Any]:
        """Return what happened on these days, by group and period; nothing after the as-of day has."""
        happened = days <= self.until
        cell = self.groups.codes[happened] * self.width + self._number(days[happened]) - self.first
        weights = None if value is None else value[happened]
        out = np.bincount(cell, weights=weights, minlength=self.n * self.width)
        return out.reshape(self.n, self.width)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the flows and stocks of each group and period, in money and in lines."""
        a, rows = self.account, self.rows
        amount, part = a.amount[rows], a.received[rows]
        ordered, received, left, due = (x[rows] for x in (a.ordered_on, a.received_on, a.left_on, a.due_on))
        whole = np.where(a.delivered[rows], left, NEVER)
        lost = np.where(a.delivered[rows], NEVER, left)
        # a line is overdue from the day after its due date, or from its order where that is later, until it leaves
        late = np.maximum(np.where(due == NEVER, NEVER, due + 1), ordered)
        late = np.where(late < left, late, NEVER)
        still_late = np.where(late < NEVER, left, NEVER)
        rest = amount - part
        came_before = received <= late
        flows = {
            "ordered": self.sums(ordered, amount),
            "delivered": self.sums(whole, rest) + self.sums(received, part),
            "cancelled": self.sums(lost, rest),
            "n_ordered": self.sums(ordered),
            "n_delivered": self.sums(whole),
            "n_cancelled": self.sums(lost),
        }
        overdue = self.sums(late, np.where(came_before, rest, amount)) - self.sums(still_late, rest)
        overdue = overdue - self.sums(np.where(came_before | (late == NEVER), NEVER, received), part)
        stocks = {
            "closing": np.cumsum(flows["ordered"] - flows["delivered"] - flows["cancelled"], axis=1),
            "n_closing": np.cumsum(flows["n_ordered"] - flows["n_delivered"] - flows["n_cancelled"], axis=1),
            "overdue": np.cumsum(overdue, axis=1),
            "n_overdue": np.cumsum(self.sums(late) - self.sums(still_late), axis=1),
        }
        opening = {f"{n}opening": np.pad(stocks[f"{n}closing"], ((0, 0), (1, 0)))[:, :-1] for n in ("", "n_")}
        return flows | stocks | opening

    def result(self, alias: str, day: AsOfDays) -> pd.DataFrame:
        """Return one row per group and period, from the group's first order on."""
        found = self.columns() if self.n else dict.fromkeys(MONEY + COUNTS, np.zeros((0, 0)))
        place = np.arange(self.width)
        shown = (place >= self.begins[:, None]) & (place <= self.ends[:, None])
        group, place = np.nonzero(shown)
        periods = pd.PeriodIndex.from_ordinals(place + self.first, freq=alias)  # type: ignore[attr-defined]
        known_to = day.of_groups(
            narrow(self.account.frame, None)[self.account.selection.kept], self.groups.codes, self.n
        )
        keys = self.groups.keys.iloc[group].reset_index(drop=True)
        return keys.assign(
            currency=keys["currency"].astype("string"),
            period=periods,
            # sums that go in and out again leave a trace of floating point
            **{name: np.round(found[name][shown], 6) + 0.0 for name in MONEY},
            **{name: found[name][shown].astype("int64") for name in COUNTS},
            complete=pd.array(periods.end_time.normalize() <= known_to[group], dtype="boolean"),
        )


MONEY = ("opening", *FLOWS, "closing", "overdue")
COUNTS = tuple(f"n_{name}" for name in MONEY)


def _undated(account: Ledger) -> tuple[str, ...]:
    n = int(account.undated[account.selection.kept].sum())
    if not n:
        return ()
    return (
        f"Of {n:,} {'line' if n == 1 else 'lines'} a part has come on a day that is not known: it stands as delivered on the day of the order, and books after it "
        "may have been larger.",
    )


def _begins(frame: pd.DataFrame) -> tuple[str, ...]:
    since = frame.attrs.get("since")
    return (f"Orders before {since} are not in the data: the books of the first periods lack them.",) if since else ()
