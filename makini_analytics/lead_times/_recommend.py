"""Which lead time to plan with, beside the one that the orders ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    CANCELLED,
    CENSORED,
    DELIVERED,
    ENDS,
    STARTS,
    Ages,
    By,
    Counted,
    DayCounts,
    Groups,
    InSteps,
    WorkCalendar,
    ages,
    cluster_of,
    count_orders,
    day_counter,
    figure,
    first_day_at,
    group_lines,
    kaplan_meier,
    pools_of,
)
from ..errors import ConfigError
from ..frames import AsOf, Mask, days_of
from ._planning import Waits, planned

Ints = npt.NDArray[np.int64]

#: Days after which a line counts half.
_HALF_LIFE = 365


@figure("required_date", start=STARTS, end=ENDS)
def recommend(
    lines: Any,
    *,
    by: By = ("vendor", "material"),
    as_of: AsOf | None = None,
    min_lines: int = 10,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
) -> InSteps:
    """Lead time to plan with, by vendor and material: the 80th and 90th percentile, beside what the orders asked for.

    ``p80_days`` covers the *next* order with a chance of 80 %. It is no percentile that was observed, as in
    ``lead_times.by_vendor``: of ten lines that is missed more often than it says. Each group's typical lead time is drawn
    towards that of its vendor (the groups alike in all columns of ``by`` but the last; of one column, all groups), and its spread
    towards the common one, the more the fewer lines it has; the percentile is read off what the lines were off by, each compared with
    the others of its group. Open lines count as open, the lines of one order of a group as one, and a line half as much for each year
    that it was ordered before the last one. One group alone has the ((n + 1) p)-th of its n lines. No percentile is given where there
    are too few: nine lines can't show what one in ten takes. Where groups are told apart by connection, as vendors and materials are,
    all of this is within the connection: another one changes nothing.

    ``asked_days`` is the median of required date - order date. A due date is impossible where it asks for less than the 10th
    percentile of the group's lines, which is Kaplan-Meier's: nine of ten lines have taken longer than that. Two things that look
    alike are told apart: where ``impossible_share`` is high, we ask too late; where ``late_share_of_possible`` is high, they deliver
    late although they could have known.

    Late is delivered after the required date, or open beyond it, of all lines whose required date has passed. The same lines are
    left out, and counted, as in ``lead_times.by_vendor``.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date``, ``delivered_date``, ``required_date``, and the columns of ``by``.
    by : "vendor", "material", a column, or several; None for all lines together
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    min_lines : groups with fewer delivered lines have no percentiles
    start, end, calendar : as in `lead_times.by_vendor`

    Returns
    -------
    DataFrame, one row per group, the one with the most lines first
        the columns of ``by``
        n_lines, n_delivered, n_open : int
        p80_days, p90_days : float, whole days; missing where too little is known or below ``min_lines``
        asked_days : float, days, median; missing where no line has both dates
        short_days : float, days, p90_days - asked_days: so much the orders ask too little
        n_orders : int; impossible_share : float, 0..1, orders with a line whose due date is impossible, of those with a due date
        n_due : int, lines whose required date has passed; late_share, late_share_of_possible : float, 0..1

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; ``min_lines`` is no count.

    Examples
    --------
    >>> from makini_analytics import lead_times
    >>> lines = pd.DataFrame({"vendor_id": "v", "product_code": "P", "order_id": [str(i) for i in range(10)],
    ...     "order_date": pd.Timestamp("2025-01-01"), "required_date": pd.Timestamp("2025-01-08"),
    ...     "delivered_date": pd.to_datetime([f"2025-01-{10 + i}" for i in range(10)])})
    >>> lead_times.recommend(lines, as_of="2025-02-28")[["p80_days", "p90_days", "asked_days", "short_days", "impossible_share"]]
       p80_days  p90_days  asked_days  short_days  impossible_share
    0      16.0      17.0         7.0        10.0               1.0
    """
    if isinstance(min_lines, bool) or not isinstance(min_lines, (int, np.integer)) or min_lines < 0:
        raise ConfigError(f"min_lines={min_lines!r}: pass a number of lines such as 10")
    got = ages(lines, as_of=as_of, start=start, end=end, calendar=calendar)
    yield Counted(got.selection, got.notes)
    frame = got.frame
    groups = group_lines(frame, by)
    n = len(groups) if len(frame) else 0
    codes = groups.codes
    table = got.day_counts(groups)
    total, surviving = table.total(), kaplan_meier(table)
    n_delivered = total[:, DELIVERED]
    # delivered lines, not all: ten open lines say nothing about a 90th percentile
    enough = n_delivered >= min_lines
    p10 = np.where(enough, first_day_at(table, surviving, 1 - 0.1), np.nan)
    pool = pools_of(groups.keys)
    waits = _waits(got, groups, table, by, pool)
    p80, p90 = (np.where(enough, days, np.nan) for days in planned(waits, (0.8, 0.9), pool))

    asks, asked = _asked_days(got, calendar)
    median = pd.Series(asked[asks], dtype=float).groupby(codes[asks]).median().reindex(range(n)).to_numpy()
    # below the 10th percentile: nine of ten lines have taken longer than that, so hardly any vendor could keep the date
    impossible = asks & (asked < np.nan_to_num(p10, nan=0.0)[codes]) if n else asks
    n_orders, n_impossible = (count_orders(codes[rows], frame, n, rows=rows)[:n] for rows in (asks, impossible))
    passed, late = _passed_and_late(got, asks, asked)

    def share(part: np.ndarray[Any, Any], of: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        whole = np.bincount(codes[of], minlength=n)[:n]
        some = np.bincount(codes[part], minlength=n)[:n]
        out: np.ndarray[Any, Any] = np.divide(some, whole, out=np.full(n, np.nan), where=whole > 0)
        return out

    result = groups.keys.iloc[:n].assign(
        n_lines=total.sum(axis=1)[:n],
        n_delivered=n_delivered[:n],
        n_open=total[:n, CENSORED],
        p80_days=p80[:n],
        p90_days=p90[:n],
        asked_days=median,
        short_days=p90[:n] - median,
        n_orders=n_orders.astype("int64"),
        impossible_share=np.divide(n_impossible, n_orders, out=np.full(n, np.nan), where=(n_orders > 0) & enough[:n]),
        n_due=np.bincount(codes[passed], minlength=n)[:n].astype("int64"),
        late_share=share(late, passed),
        late_share_of_possible=np.where(enough[:n], share(late & ~impossible, passed & ~impossible), np.nan),
    )
    if "connection" in result:
        result["connection"] = result.pop("connection")
    most_first = np.argsort(-result["n_lines"].to_numpy(), kind="stable")
    result = result.iloc[most_first[got.groups_there(groups)[:n][most_first]]].reset_index(drop=True)
    # beside a percentile to plan with, the least number of lines is always worth saying
    return got.with_provenance(result, notes=got.notes, min_lines=min_lines)


def _waits(got: Ages, groups: Groups, table: DayCounts, by: By, pool: npt.NDArray[Any] | None) -> Waits:
    """Return the waits to plan by: each line that came or is open, and the cancelled ones by the days that they were awaited."""
    names = [by] if isinstance(by, str) else list(by or ())
    above = np.zeros(len(groups), dtype=np.int64)
    if len(names) > 1:
        above = group_lines(groups.keys, names[:-1]).codes.astype(np.int64)
    rows = np.flatnonzero((got.outcome == DELIVERED) | (got.outcome == CENSORED))
    group = groups.codes[rows].astype(np.int64)
    # lines of one order come together, mostly: n of them in a group count as one
    order = cluster_of(got.frame, "order")[rows].astype(np.int64)
    # pandas' hashes: to sort a million pairs takes several times as long
    place = pd.factorize(group * (order.max(initial=-1) + 2) + order + 1)[0]
    weight = np.where(order < 0, 1.0, 1 / np.bincount(place)[place])
    if len(rows):
        ordered = got.ordered[rows].astype("datetime64[D]").astype(np.int64)
        of_pool = np.zeros(len(rows), dtype=np.intp) if pool is None else pool[group]
        latest = np.full(int(of_pool.max()) + 1, ordered.min())
        np.maximum.at(latest, of_pool, ordered)
        weight *= np.exp2((ordered - latest[of_pool]) / _HALF_LIFE)
    # of a line cancelled on a day that is not known there are parts on several days, each of which counts as the lines do on average
    gone = table.counts[:, CANCELLED]
    parts = np.flatnonzero(gone)
    lines = np.bincount(group, minlength=len(groups))
    usual = np.bincount(group, weights=weight, minlength=len(groups)) / np.maximum(lines, 1)
    return Waits(
        np.concatenate([got.days[rows], table.day[parts]]),
        np.concatenate([got.outcome[rows] == DELIVERED, np.zeros(len(parts), dtype=bool)]),
        np.concatenate([weight, gone[parts] * np.where(lines > 0, usual, 1.0)[table.group[parts]]]),
        np.concatenate([group, table.group[parts]]),
        above,
    )


def _asked_days(got: Ages, calendar: WorkCalendar) -> tuple[Mask, Ints]:
    """Return which lines count and have a due date, and the days that they ask for: from the order to the due date."""
    due = days_of(got.frame, "required_date")
    asks = got.selection.kept & ~np.isnat(due)
    counter = day_counter(got.frame, calendar, got.ordered[asks], due[asks])
    return asks, np.where(asks, counter.between(got.ordered, due), 0)


def _passed_and_late(got: Ages, asks: Mask, asked: Ints) -> tuple[Mask, Mask]:
    """Return the lines whose due date has passed, and those of them that were late.

    A line that is due today and has come is judged today; one that has not come has until tonight.
    """
    due = days_of(got.frame, "required_date")
    until = got.as_of.of_rows(got.frame)
    came, still_open = got.outcome == DELIVERED, got.outcome == CENSORED
    passed = asks & ((due < until) & (came | still_open) | came & (due <= until))
    # both are counted from the order, by the same calendar: late is a lead time longer than the days asked for
    return passed, passed & (still_open | (asked < got.days))
