"""What will come when: the open lines by period, with a band, beside what is due then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    By,
    Counted,
    FigureResult,
    InSteps,
    PandasColumns,
    figure,
    group_lines,
    open_share,
    period_alias,
)
from ..errors import ConfigError
from ..frames import AsOf, day_number, days_of, encode, numbers, values
from ..system import number_of
from ._arrival_forecast import DRAWS_OF_TEST, Ahead, Forecast, came_by, drawn, forecast, in_common
from ._due_rule import DUE_DATES
from ._hazards import Floats, Ints, Mask
from ._rates import cluster_codes
from ._snapshot import Part, Snapshot, snapshot

#: The band goes from one to the other of these quantiles.
_LOW, _HIGH = 0.1, 0.9
#: It is shown where so many of the bands of days gone by held what came, of so many periods, at least.
_HELD, _TESTED = 0.7, 12


@figure("order_date", "delivered_date", due=DUE_DATES)
def arrivals(
    lines: Any, *, freq: str = "W", horizon: int = 8, by: By = None, as_of: AsOf | None = None, due: str = "required"
) -> InSteps:
    """What will come when, of all that is open: expected lines and value by week, with a band from p10 to p90, beside what is due.

    The chance of each open line to have come by the end of a period is that of ``slippage.open_orders``: by daily hazards of the lines
    so far, by age and by day relative to the due date. The chances add up to ``expected_lines`` and, weighed by the open value, to
    ``expected_value``. What is due then says what was agreed, what is expected what usually becomes of that: much of what is due
    this week comes in the next, and what is overdue comes at last.

    The band is not that of independent lines, since lines of one vendor or order come late together. How much they have in common is
    found from how lines of days gone by deviated together from their chances, and 400 futures are drawn with as much in common. Then
    the bands that would have been given on days gone by, one each month of the past year, are set beside what came. Where fewer than
    70 % of them held it, ``low`` and ``high`` are missing, and so they are where fewer than twelve periods could be tested. ``explain``
    says how many held. Nothing is expected of lines of which too little is known for a forecast, such as those of a connection that
    records no days of delivery: they are in neither sum, and counted in ``n_without_forecast``.

    Of lines that are ordered from now on nothing is said, so later periods are emptier than they will be. Lines that are older, or
    later, than any that ever came have no chance and are counted in the notes, too, as is what is overdue today. Each connection is
    forecast by its own lines, from its own as-of day; the first period begins on the day after the latest of these days.

    Parameters
    ----------
    lines : DataFrame, one row per order line, delivered ones too: the forecast learns from them
        Needs ``order_date``, ``delivered_date`` and the due date.
    freq : "W", "M" or "Q"; the first period is what is left of the current one
    horizon : number of periods, 1 to 26
    by : None for all lines together; "vendor", "site_id", another column, or several
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" or "promised"

    Returns
    -------
    DataFrame, one row per (group, currency, period), for each group and currency with an open line
        the columns of ``by``; currency : string; period : period
        expected_lines : float; expected_value, low, high : float, in ``currency``; missing where no line has a forecast
        due_lines : int; due_value : float, in ``currency``, open lines whose due date is in the period
        n_without_forecast : int; value_without_forecast : float, in ``currency``, open lines that nothing is expected of; the same in
            each period
        connection : string, where the lines have one, for "vendor"

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; an unknown freq; a horizon that is out of range.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> import pandas as pd
    >>> day = pd.date_range("2024-01-01", "2025-06-30")
    >>> lines = pd.DataFrame({"order_date": day, "required_date": day + pd.Timedelta(days=20), "amount": 10.0, "currency": "EUR"})
    >>> lines["delivered_date"] = (day + pd.Timedelta(days=20)).where(day < "2025-06-11")
    >>> got = slippage.arrivals(lines, as_of="2025-06-30", horizon=3)
    >>> got["expected_lines"].round(1).tolist(), got["due_value"].tolist()
    ([6.0, 7.0, 7.0], [60.0, 70.0, 70.0])
    """
    n_periods = int(number_of("horizon", horizon, low=1, high=26, whole=True))
    if freq not in ("W", "M", "Q"):
        raise ConfigError(f"freq={freq!r}: pass 'W', 'M' or 'Q'")
    seen = snapshot(lines, as_of, due)
    selection = seen.selection(delivered=False)
    yield Counted(selection, seen.notes)
    ahead = _Ahead.of(seen, freq, n_periods)
    rows = np.flatnonzero(seen.stands.open)
    groups = group_lines(seen.frame, by, also=("currency",), rows=seen.stands.open)
    n = len(groups) if len(rows) else 0
    group = np.full(len(seen.frame), -1, dtype=np.int64)
    group[rows] = groups.codes
    value, codes = _open_value(seen), _codes(seen.frame)
    expected = {what: np.zeros((n, n_periods)) for what in ("lines", "value")}
    futures, notes = np.zeros((n, n_periods, 1)), []
    known, held = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    n_without, value_without = np.zeros(n), np.zeros(n)
    for part in seen.parts:
        # connections have no chance in common, and what is drawn for one does not hang on which others there are
        seed = crc32(str(part.name).encode(errors="surrogatepass"))
        found = _of_part(seen, part, ahead, value, group, codes, n, seed=seed)
        notes += found.notes
        mine = np.unique(group[found.rows])
        known[mine] |= found.known
        held[mine] &= found.held | (not found.known)
        n_without += np.bincount(group[found.without], minlength=n)[:n]
        value_without += np.bincount(group[found.without], np.nan_to_num(value[found.without]), n)[:n]
        for what, total in found.expected.items():
            expected[what] += total
        futures = futures + found.futures
    unknown, untested = ~known[:, None], ~(known & held)[:, None]
    low, high = np.quantile(futures, (_LOW, _HIGH), axis=2) if n else np.zeros((2, 0, n_periods))
    due_lines, due_value = _due(seen, ahead, rows, groups.codes, n, value)
    keys = groups.keys.iloc[:n]
    result = keys.loc[keys.index.repeat(n_periods)].reset_index(drop=True)
    result.insert(list(result.columns).index("currency") + 1, "period", ahead.periods[np.tile(np.arange(n_periods), n)])
    result = result.assign(
        expected_lines=np.where(unknown, np.nan, expected["lines"]).ravel(),
        expected_value=np.where(unknown, np.nan, expected["value"]).ravel(),
        low=np.where(untested, np.nan, low).ravel(),
        high=np.where(untested, np.nan, high).ravel(),
        due_lines=due_lines.ravel().astype("int64"),
        due_value=due_value.ravel(),
        n_without_forecast=n_without.repeat(n_periods).astype("int64"),
        value_without_forecast=value_without.repeat(n_periods),
    )
    result["currency"] = result["currency"].astype("string")
    if by == "vendor" and "connection" in result:
        result["connection"] = result.pop("connection")
    return FigureResult(result, selection, seen.as_of, (*seen.notes, *notes, *_overdue(seen)))


@dataclass(frozen=True)
class _Ahead:
    """The periods that are looked at, and the last day of each in days since 1970; before them the day from which all is known."""

    periods: pd.PeriodIndex
    begins: int
    ends: Ints

    @classmethod
    def of(cls, seen: Snapshot, freq: str, n: int) -> _Ahead:
        """Return the periods from the day after the latest as-of day on."""
        days = [seen.as_of.day, *seen.as_of.own.values()]
        last = max((d for d in days if not pd.isna(d)), default=pd.Timestamp("2000-01-01"))
        periods = pd.period_range(last + pd.Timedelta(days=1), periods=n, freq=period_alias(freq, 1))
        ends = periods.end_time.to_numpy().astype("datetime64[D]").astype(np.int64)
        return cls(periods, day_number(last), ends)


@dataclass(frozen=True)
class _PartResult:
    """What is expected of the lines of one connection."""

    rows: Ints  # its open lines among all
    without: Ints  # those of them that nothing is expected of
    known: bool
    held: bool  # whether the bands of days gone by held what came
    expected: dict[str, Floats]
    futures: npt.NDArray[Any]
    notes: list[str]


def _of_part(
    seen: Snapshot,
    part: Part,
    ahead: _Ahead,
    value: Floats,
    group: Ints,
    codes: tuple[Ints, Ints],
    n: int,
    *,
    seed: int,
) -> _PartResult:
    """Return what is expected of one connection: the sums of the chances, draws of the future, and what is to be said of them."""
    is_open = seen.stands.open[part.rows]
    beyond = is_open & part.beyond()
    asked = np.flatnonzero(is_open & ~beyond & (part.book.ordered >= 0))
    # what comes before the first period, of a connection that is known less far, is in none
    steps = [max(int(d) - part.day, 0) for d in (ahead.begins, *ahead.ends)]
    found = forecast(part.book, asked, part.day, steps)
    every = part.rows[np.flatnonzero(is_open)]
    name = f"{part.name or 'no connection'}: " if len(seen.parts) > 1 else ""
    shape = (n, len(ahead.ends))
    none = {"lines": np.zeros(shape), "value": np.zeros(shape)}
    if not len(every):
        return _PartResult(every, every, True, True, none, np.zeros((*shape, 1)), [])
    if not found.known:
        said = (
            f"{name}Too little is known for a forecast of the {len(every):,} open lines: what is expected is missing."
        )
        return _PartResult(every, every, False, False, none, np.zeros((*shape, 1)), [said])
    vendor, order = (c[part.rows] for c in codes)
    common = in_common(part.book, found.past, steps, vendor, order)
    mine, worth = part.rows[asked], np.nan_to_num(value[part.rows])
    gained = np.diff(found.now.chance, axis=1)
    expected = {
        "lines": _summed(gained, group[mine], n),
        "value": _summed(gained * worth[asked, None], group[mine], n),
    }
    whole = (vendor[asked], order[asked], group[mine], n, worth[asked])
    # the first column is what comes before the first period, by a connection that is known less far
    futures = drawn(found.now, common, *whole, seed=seed)[:, 1:] if len(asked) else np.zeros((*shape, 1))
    # amounts of several currencies are not added, in a test either
    alike = np.where(_commonest(seen, part), worth, 0.0)
    share, tested, text = _tested(part, found, common, steps, vendor, order, alike, seed)
    held = tested >= _TESTED and share >= _HELD
    notes = [name + text]
    if beyond.any():
        notes.append(f"{name}{int(beyond.sum()):,} open lines are older, or later, than any that came: of them nothing is expected.")  # fmt: skip
    return _PartResult(every, np.setdiff1d(every, mine), True, held, expected, futures, notes)


def _tested(
    part: Part, found: Forecast, common: Any, steps: list[int], vendor: Ints, order: Ints, worth: Floats, seed: int
) -> tuple[float, int, str]:
    """Return how many of the bands of days gone by held what came, of how many, in words, too."""
    hits: list[Mask] = []
    for i, then in enumerate(found.past):
        value, one = _worth_of(then, worth), np.zeros(len(then.rows), dtype=np.int64)
        draws = drawn(
            then, common, vendor[then.rows], order[then.rows], one, 1, value, seed=seed + i + 1, draws=DRAWS_OF_TEST
        )[0, 1:]
        came = np.diff((came_by(part.book, then, steps) * value[:, None]).sum(axis=0))
        low, high = np.quantile(draws, (_LOW, _HIGH), axis=1)
        # where hardly a line is expected a band holds nothing, always
        some = np.diff(then.chance, axis=1).sum(axis=0) >= 1
        hits.append(((came >= low - 1e-6) & (came <= high + 1e-6))[some])
    tested = int(sum(len(h) for h in hits))
    if tested < _TESTED:
        return 0.0, tested, f"The band could not be tested: {tested} periods of days gone by are known. It is left out."
    share = float(np.concatenate(hits).mean())
    said = f"Of {tested} bands of days gone by, from p10 to p90, {share:.0%} held what came"
    return share, tested, f"{said}." if share >= _HELD else f"{said}: too few, the band is left out."


def _worth_of(then: Ahead, worth: Floats) -> Floats:
    """Return what the lines of a day gone by count as: their amount of today, or one each where lines have none."""
    value = worth[then.rows]
    return value if value.any() else np.ones(len(then.rows))


def _codes(frame: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return the vendor and the order of each line, as codes; a line of no known order is one of its own."""
    named = "vendor_id" in frame.columns or "vendor_name" in frame.columns
    vendor = group_lines(frame, "vendor").codes if named else np.zeros(len(frame), dtype=np.intp)
    return vendor.astype(np.int64), cluster_codes(frame, "order", np.ones(len(frame), dtype=bool)).astype(np.int64)


def _commonest(seen: Snapshot, part: Part) -> Mask:
    """Return which lines of a connection are in the currency of most of them; all where there is none."""
    found = encode(values(seen.frame, "currency", "string").iloc[part.rows], sort=False)
    known = found.codes[found.codes >= 0]
    out: Mask = found.codes == (np.bincount(known).argmax() if len(known) else -1)
    return out


def _summed(what: Floats, group: Ints, n: int) -> Floats:
    out = np.zeros((n, what.shape[1]))
    np.add.at(out, group, what)
    return out


def _open_value(seen: Snapshot) -> Floats:
    """Return what each line is worth: what is still to come of an open one, the whole amount of others."""
    amount = numbers(seen.frame, "amount")
    share = np.asarray(open_share(PandasColumns(seen.frame), seen.until), dtype=float)
    return np.where(seen.stands.open, share * amount, amount)


def _due(seen: Snapshot, ahead: _Ahead, rows: Ints, codes: Any, n: int, value: Floats) -> tuple[Floats, Floats]:
    """Return the open lines, and their value, that are due in each period."""
    day = days_of(seen.frame, DUE_DATES[seen.due])[rows].astype("datetime64[D]")
    place = np.searchsorted(ahead.ends, np.where(np.isnat(day), -1, day.astype(np.int64)), side="left")
    inside = ~np.isnat(day) & (day.astype(np.int64) > ahead.begins) & (place < len(ahead.ends))
    cell = codes[inside] * len(ahead.ends) + place[inside]
    size = n * len(ahead.ends)
    counted = (np.bincount(cell, minlength=size), np.bincount(cell, np.nan_to_num(value[rows][inside]), size))
    lines, worth = (x[:size].reshape(n, len(ahead.ends)).astype(float) for x in counted)
    return lines, worth


def _overdue(seen: Snapshot) -> list[str]:
    """Return how many open lines are overdue: they are in the due value of no period."""
    day = days_of(seen.frame, DUE_DATES[seen.due])
    late = int((seen.stands.open & (day < seen.until_day)).sum())
    return [f"{late:,} open lines are overdue: they may come in any period, and are due in none."] if late else []
