"""How much the on-time rate depends on how it is counted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from ..compute import Cells, Counted, FigureResult, Grid, InSteps, Selection, figure, leave_out_unreadable, spans
from ..errors import ConfigError
from ..frames import AsOf, Mask, frame_of, need, numbers, values
from ..system import flag_of
from ._due_rule import CAME, DUE_DATES, UNJUDGED, DueTally, Tolerance, judge, outcome_of
from ._rates import WEIGHTS, hits_of, weights_of

#: The choices that an on-time rate hides, in the order of their columns.
CHOICES = ("due", "late_days", "early_days", "calendar", "weight", "open_lines")


@figure("delivered_date", due=DUE_DATES)
def ladder(
    lines: Any,
    *,
    as_of: AsOf | None = None,
    due: Sequence[str] | None = None,
    late_days: Sequence[float] = (0, 1, 3, 7),
    early_days: Sequence[float | None] = (None, 7, 3),
    calendar: Sequence[str | None] = (None, "weekdays"),
    weight: Sequence[str] | None = None,
    open_lines: Sequence[bool] = (True, False),
    under_share: float = 0,
) -> InSteps:
    """The on-time rate of the same lines under every way to count it: the same deliveries, another figure.

    Each combination of due date, days allowed late and early, calendar or working days, weight, and whether lines that are open
    past their due date count as late or not at all. The same lines are looked at throughout: those that have each of the due dates
    (and the weights) that are compared. Due dates and weights that fewer than half of the lines have are not compared, unless
    asked for; values only where they are in one currency.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``delivered_date`` and a due date.
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : of "required" and "promised"; by default those that at least half of the lines have
    late_days, early_days : tolerances to compare; None is early without a limit
    calendar : None for calendar days, "weekdays", or a country
    weight : of "lines", "quantity" and "value"; by default those that the lines can carry
    open_lines : True counts open lines past their due date as late, False leaves them out, as many reports do
    under_share : share of the quantity that may be lacking of a delivery, the same throughout

    Returns
    -------
    DataFrame, one row per combination, in the order of the arguments
        due : string; late_days : float; early_days : float, missing for no limit; calendar : string; weight : string
        open_lines : boolean
        n_due : int, lines
        on_time_rate : float, 0..1

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; an unknown option, or none to compare.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({
    ...     "required_date": pd.to_datetime(["2025-01-10"] * 4),
    ...     "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-11", "2025-01-20", None]),
    ... })
    >>> slippage.ladder(lines, as_of="2025-02-20", late_days=(0, 3), early_days=(None,), calendar=(None,))[["late_days", "open_lines", "on_time_rate"]]
       late_days  open_lines  on_time_rate
    0        0.0        True      0.250000
    1        0.0       False      0.333333
    2        3.0        True      0.500000
    3        3.0       False      0.666667
    """
    frame = frame_of(lines, metric="slippage.ladder")
    due = _dues(frame) if due is None else due
    weight = _weights(frame) if weight is None else weight
    given = (due, late_days, early_days, calendar, weight, open_lines)
    grid = Grid.of(dict(zip(CHOICES, given, strict=True)))
    due, late_days, early_days, calendar, weight, open_lines = grid.values.values()
    for choice in open_lines:
        flag_of("open_lines", choice)
    if unknown := [d for d in due if d not in DUE_DATES] + [w for w in weight if w not in WEIGHTS]:
        raise ConfigError(f"{unknown[0]!r} is none of {', '.join([*DUE_DATES, *WEIGHTS])}")
    tolerances = {(late, early): Tolerance(late, early) for late, early in product(late_days, early_days)}
    need(frame, *(DUE_DATES[d] for d in due), metric="slippage.ladder")  # also where the default chose them
    # judged once for each due date and calendar; tolerances, weights and open lines are read off those counts
    judged = {
        (d, c): judge(frame, as_of=as_of, due=d, calendar=c, under_share=under_share) for d, c in product(due, calendar)
    }
    # only lines that every way can judge: else the ways would differ by their lines, too
    first = judged[due[0], calendar[0]]
    selection = first.selection
    for (d, _), other in judged.items():
        leave_out_unreadable(selection, {DUE_DATES[d]: f"{d} date"})
        selection.exclude(~other.selection.kept, f"no {d} date")
    yield Counted(selection)
    load = {w: weights_of(first, w) for w in weight}
    same = selection.kept
    tables = {k: _table(got, same, load) for k, got in judged.items()}

    def counted(
        due: str, late_days: float, early_days: float | None, calendar: Any, weight: str, open_lines: bool
    ) -> tuple[int, float]:
        """Return how many lines are due under one combination, and their on-time rate."""
        how, days, n_lines, heavy = tables[due, calendar]
        is_due, hit = hits_of(outcome_of(how, days, tolerances[late_days, early_days]), early_days is not None)
        of = is_due if open_lines else is_due & (how == CAME)
        whole = heavy[weight][of].sum()
        return int(n_lines[of].sum()), (heavy[weight] * hit)[of].sum() / whole if whole > 0 else np.nan

    n_due, rates = zip(*(counted(**options) for options in grid), strict=True)
    result = grid.frame().assign(n_due=np.array(n_due, dtype=np.int64), on_time_rate=np.array(rates, dtype=float))
    result = result.astype({"calendar": "string", "open_lines": "boolean"}).fillna({"calendar": "calendar days"})
    return FigureResult(
        result,
        selection if len(frame) else Selection(frame),
        first.as_of,
        _finding(result),
        dict.fromkeys(CHOICES),  # every row names its own choices, so the figure as a whole has no parameters
    )


@figure("delivered_date?")
def swings(lines: Any, *, as_of: AsOf | None = None) -> FigureResult:
    """How far each choice of how to count moves the on-time rate, the others held: the largest first.

    The rates are those of ``slippage.ladder``. For a choice, such as the days allowed late, the swing is the highest minus the
    lowest rate over its values, at one setting of all other choices; shown are the mean and the largest over those settings.

    Parameters
    ----------
    lines : DataFrame, one row per order line; or a result of ``slippage.ladder``, which was given the choices to compare
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``

    Returns
    -------
    DataFrame, one row per choice of which several values were compared
        choice : string, the argument of ``slippage.ladder``
        swing : float, 0..1, highest minus lowest rate, on average over all settings of the other choices
        largest : float, 0..1, the same at the setting where it is largest

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({
    ...     "required_date": pd.to_datetime(["2025-01-10"] * 4),
    ...     "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-11", "2025-01-20", None]),
    ... })
    >>> rates = slippage.ladder(lines, as_of="2025-02-20", late_days=(0, 3), early_days=(None,), calendar=(None,))
    >>> slippage.swings(rates)
           choice     swing   largest
    0   late_days  0.291667  0.333333
    1  open_lines  0.125000  0.166667
    """
    given = isinstance(lines, pd.DataFrame) and {*CHOICES, "on_time_rate"} <= set(lines.columns)
    table = lines if given else ladder(lines, as_of=as_of)
    about = table.attrs  # of the lines that the ladder counted; none where an operation of pandas dropped it
    return FigureResult(
        _swings(table), Selection(table), included=about.get("included"), excluded=about.get("excluded", ())
    )


def _swings(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean and the largest span of each choice."""
    of = spans(table, CHOICES, "on_time_rate").groupby("choice", sort=False)["span"]
    out = of.agg(swing="mean", largest="max").reset_index()
    return out.sort_values("swing", ascending=False, ignore_index=True)


def _finding(result: pd.DataFrame) -> tuple[str, ...]:
    rates = result["on_time_rate"].dropna()
    if rates.empty:
        return ()
    by = _swings(result)
    driver = (
        f" What moves it most is {by['choice'].iloc[0]}, by {by['swing'].iloc[0]:.1%} on average." if len(by) else ""
    )
    return (f"The same lines are {rates.min():.1%} to {rates.max():.1%} on time.{driver}",)


def _table(got: DueTally, same: Mask, load: dict[str, Any]) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Return the distinct standings and days with their lines and weights: all that is needed to count under any tolerance.

    A million lines make a few thousand rows, which are then counted under some hundred ways in milliseconds.
    """
    cells = Cells.of(got.standing, got.days, UNJUDGED + 1)
    n_lines = cells.add(None, rows=same)[0]
    there = np.flatnonzero(n_lines)
    heavy = {w: cells.add(x, rows=same)[0][there].astype(float) for w, x in load.items()}
    return *cells.of_rows(there), n_lines[there], heavy


def _dues(frame: pd.DataFrame) -> list[str]:
    shares = {d: values(frame, c, "datetime64[us]").notna().mean() for d, c in DUE_DATES.items() if c in frame}
    known = [d for d, share in shares.items() if share >= 0.5]
    return known or list(shares)[:1] or ["required"]


def _weights(frame: pd.DataFrame) -> list[str]:
    out = ["lines"]
    one = len(values(frame, "currency", "string").drop_duplicates()) == 1
    for weight, column in (("quantity", "quantity"), ("value", "amount")):
        if len(frame) and (one or weight == "quantity") and (numbers(frame, column) > 0).mean() >= 0.5:
            out.append(weight)
    return out
