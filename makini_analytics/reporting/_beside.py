"""The tables that only a report's folder has: what a reader of the page does not need, and whoever computes with it does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from .. import lead_times, quality, slippage, spend
from ..review import View, says_what
from ._exhibits import Exhibit, named_in
from ._sections import currencies_of, has, part
from ._year import of_the_year, of_what_is_told


def _of_spend(view: View, subject: str) -> list[Exhibit]:
    """Return how much hangs on how few, all price changes, and all items of one vendor only."""
    lines, currency = view.lines, str(view.unit)
    if not ([currency] if view.converted else currencies_of(lines)):
        return []
    out = []
    if subject == "vendor":
        inside = spend.concentration(
            lines, currency=currency, by="category" if has(lines, "category") else None, as_of=view.day
        )
        out.append(Exhibit("spend_concentration", f"Concentration, {currency}", inside))
    if not says_what(lines):
        return out
    changes = spend.price_changes(lines, currency=currency, as_of=view.day)
    out.append(Exhibit("spend_price_changes", f"Price changes, {currency}", changes))
    if subject == "vendor":
        often = of_the_year(view.single_source, view, view.in_year)
        if often.empty:  # the page has nothing to show of it, and the folder an empty table
            out.append(Exhibit("spend_single_source", f"Items of one vendor only, {currency}", often))
        every = spend.single_source(view.asked(view.in_year_lines), min_orders=1, currency=view.unit, as_of=view.day)
        alone = of_the_year(every, view, view.in_year)
        out.append(Exhibit("spend_single_source_all", f"All items of one vendor, {currency}", alone))
    return out


def _of_slippage(view: View, subject: str) -> list[Exhibit]:
    """Return on time in full, what became of the lines, how late they came, and the ways to count on time."""
    if view.nothing_judged:
        return []
    lines, rows = view.told_lines, view.in_year_due | view.unjudged
    in_full = slippage.otif(view.in_year_due_lines, by=subject, as_of=view.day, due=view.due)
    judged = of_what_is_told(slippage.per_line(lines, as_of=view.day, due=view.due), view)
    outcomes = judged.groupby(["outcome", "reason"], dropna=False).size().reset_index(name="n_lines")
    outcomes.attrs = judged.attrs
    ladder = of_what_is_told(slippage.ladder(lines, as_of=view.day), view)
    in_full = of_what_is_told(of_the_year(in_full, view, rows, "due"), view)
    return [
        Exhibit("slippage_otif", f"On time in full by {subject}", in_full),
        Exhibit("slippage_outcomes", "What became of the lines", outcomes),
        Exhibit("slippage_days_late", "Days late", _days_late(judged)),
        Exhibit("slippage_ladder", "Ways to count on time", ladder),
    ]


def _days_late(judged: pd.DataFrame) -> pd.DataFrame:
    """Return the delivered due lines by days late, the outermost hundredths in the first and the last row."""
    days = judged.loc[judged["outcome"].isin(["early", "on_time", "late"]), "days_late"].dropna().to_numpy()
    # one line that is three years late would make all other bars thin: the last bar says "41 or more"
    low, high = (np.floor(np.quantile(days, 0.01)), np.ceil(np.quantile(days, 0.99))) if len(days) else (0, -1)
    every = np.arange(low, high + 1)
    n = pd.Series(np.clip(days, low, high).round()).value_counts().reindex(every, fill_value=0)
    names = [f"{d:.0f}" for d in every]
    if len(days) and days.min() < low:
        names[0] += " or less"
    if len(days) and days.max() > high:
        names[-1] += " or more"
    table = pd.DataFrame({"days_late": pd.array(names, dtype="string"), "n_lines": n.to_numpy(dtype="int64")})
    table.attrs = judged.attrs
    return table


def _of_lead_times(view: View, subject: str) -> list[Exhibit]:
    """Return the curve, and what to plan with."""
    if view.nothing_judged:
        return []
    curve, planned = (
        of_what_is_told(f(view.told_lines, as_of=view.day), view) for f in (lead_times.curve, lead_times.recommend)
    )
    return [
        Exhibit("lead_times_curve", "Share delivered by day", curve),
        Exhibit("lead_times_recommend", "Lead times to plan with", planned),
    ]


def _of_open_orders(view: View, subject: str) -> list[Exhibit]:
    """Return how good the forecast was."""
    if len(view.backtest) < 50:  # so few forecasts show luck, not skill
        return []
    return [Exhibit("open_orders_forecast", "How good the forecast was", view.backtest)]


def _of_quality(view: View, subject: str) -> list[Exhibit]:
    """Return which figures the data can carry, with the evidence, and whether orders and lines add up."""
    reconciled = quality.reconcile(view.given, as_of=view.day)
    of_lines = reconciled["part"] == "lines"
    covered = quality.coverage(view.given, as_of=view.day)
    # its rows of columns are for whoever loads the data
    evidence = part(covered, covered["table"] == "metrics").drop(columns="table")
    out = [Exhibit("quality_coverage", "Figures that the data can carry, with the evidence", evidence)]
    for currency in currencies_of(view.given.lines):
        steps = part(reconciled, of_lines & (reconciled["currency"] == currency))
        out.append(Exhibit(named_in("quality_reconcile", currency), f"Lines that count, {currency}", steps))
    return [*out, Exhibit("quality_order_totals", "Orders' totals against lines", part(reconciled, ~of_lines))]


#: Name of a section to what makes its tables.
BESIDE: dict[str, Callable[[View, str], list[Exhibit]]] = {
    "spend": _of_spend,
    "slippage": _of_slippage,
    "lead_times": _of_lead_times,
    "open_orders": _of_open_orders,
    "quality": _of_quality,
}
