"""Spend over time, as one series with the year before beside it."""

from __future__ import annotations

import calendar
from collections.abc import Collection
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...frames import AsOf, narrowed_to, years_hidden_by
from .._periods import by_period
from ._measure import alternative, in_currency, measured, together
from ._multiples import plot_small_multiples
from ._periods import columns, uncut

#: Fewer lines than that in a period, or in its year before, are no finding.
LEAST_LINES = 5

#: Of the height of the highest column, on half a page: what touches its end, a line of text over it, and a letter that lies on its side.
_TOUCH, _TEXT, _LETTER = 0.02, 0.13, 0.055
#: So many letters are as wide as all columns, on half a page.
_LETTERS = 60


@charts.chart(of=by_period, result_columns=("period", "spend"), ranked="period")
def plot_by_period(
    data: Any,
    *,
    freq: str = "M",
    by: By = None,
    currency: str | None = None,
    basis: str = "ordered",
    fiscal_year_start: int = 1,
    as_of: AsOf | None = None,
    intercompany: Collection[str] = (),
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw spend per period, a mark for the same days of the year before; a period that the data cut is hatched.

    Highlighted: the period that the title speaks of, the last whole one where it has a year before, else the highest. The short
    line over or in a column is the same days one year before (weeks: 52 weeks). Hatched: the data begin or end within the
    period, so it can't be compared with a whole one. Several groups are drawn as small multiples. The title tells a change only
    where both years have at least 5 lines in the period, and where the year before was less than a tenth, its amount.

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-05", "2025-03-01"]), "currency": "EUR", "amount": [5.0, 7.0]})
    >>> print(style.alt_text(spend.plot_by_period(lines)))
    Ordered spend was highest in 2025-03: 7.00 EUR. Ordered spend by order date, EUR, total 12.00 EUR.
    2025-01 5.00 EUR; 2025-02 0.00 EUR; 2025-03 7.00 EUR
    """
    result: pd.DataFrame = data
    # Columns before the period are groups. Drawn as one series their rows would follow each other as if they were time.
    if len(result) and charts.group_columns(result, "period"):
        return plot_small_multiples(result, ax=ax, title=title)
    currency, what = charts.one_currency(result), measured(result)
    if not len(result):
        return charts.no_data(ax, f"{what.lower()} by period", result)
    result = charts.every_period(result)
    result["spend"] = result["spend"].fillna(0.0)
    whole, values = uncut(result), result["spend"].to_numpy()
    before = result["spend_year_before"].to_numpy(dtype=float)
    ax = charts.axes(ax, rows=8)
    headline, spoken = _finding(result, whole, what, currency)
    columns(ax, values, whole, spoken)
    charts.periods_below(ax, result["period"].tolist())
    ax.set_yticks([])
    ax.axhline(0, color=charts.look.line, lw=1)
    tops = np.fmax(np.maximum(values, 0), before)  # of a column and the mark over it; fmax knows no missing year
    name = _year_before(ax, values, before)
    # the last one, too, unless its text would run into that of the column that the title speaks of
    apart = [i for i in np.flatnonzero(values)[-1:] if abs(i - spoken) >= len(values) / 5]
    for i in sorted({spoken, *apart}):
        _value(ax, i, charts.money(values[i], currency), values, np.column_stack([[before, before], name]))
    seen = bool((~np.isnan(before)).any())
    ax.set_ylim(min(0, values.min()), max(tops.max(), 1e-9) * 1.15)
    ax.set_xlim(-0.6, len(values) - 0.4 + (0.09 * len(values) if seen else 0))  # "year before" stands at the right
    parameters = result.attrs.get("parameters", {})
    when = "delivery" if parameters.get("basis") == "received" else "order"
    start = parameters.get("fiscal_year_start", 1)
    fiscal = "" if start == 1 else f", fiscal years from {calendar.month_name[start]}"
    cut = "" if whole.all() else "; hatched: cut by the data, not to be compared with whole periods"
    sub = f"{what} by {when} date{fiscal}, {in_currency(currency)}, {together(result)} {charts.money(values.sum(), currency)}{cut}"
    alt = alternative([charts.period_name(p) for p in result["period"]], values.tolist(), currency, 60)
    return charts.finish(ax, title=title or headline, subtitle=sub, result=result, alt=alt)


def _value(ax: Axes, i: int, text: str, values: np.ndarray[Any, Any], marks: np.ndarray[Any, Any]) -> None:
    """Write the value of a column over its end, clear of the marks there; else beside or in it, and over a mark only at need.

    "- 577 k EUR" would read as less than none, and over the mark of the year before a value seems to be that year's. ``marks`` are two
    heights for each column, and for those that the name of the marks would cover.
    """
    n, ends = len(values), np.maximum(values, 0)
    highest = max(float(ends.max()), float(np.nanmax(marks, initial=0.0)))
    low, high, end = _TOUCH * highest, _TEXT * highest, float(ends[i])
    wide = len(text) * n / _LETTERS  # in columns
    reach = int(np.ceil(wide / 2))

    def over(first: int, last: int) -> tuple[float, float]:
        """Return how bad it is to write the text over some columns, some of which may be behind it, and how high it stands there."""
        y, first = end, max(first, 0)
        for mark in np.sort(marks[:, first : last + 1], axis=None):
            y = float(mark) if y - low < mark < y + high else y  # never of what is missing
        return y + high * bool((ends[first : last + 1] > y + low).any()), y

    sides: list[tuple[tuple[float, float], float, Literal["center", "left", "right"]]] = [
        (over(i - reach, i + reach), i, "center"),
        (over(i, i + 2 * reach), i - 0.42, "left"),
        (over(i - 2 * reach, i), i + 0.42, "right"),
    ]
    (_, y), x, side = min(sides, key=lambda s: s[0])  # the first of those that are alike
    away = ({"center": 0, "left": 4, "right": -4}[side], 4)  # a little off the mark of the column beside it
    own, behind = marks[0, i], slice(i + 1, i + 1 + int(np.ceil(wide)))
    near = (marks[:, behind] > end - high - low) & (marks[:, behind] < end + low)
    room_beside = not near.any() and not (ends[behind] > end - high).any()
    paper = {"fc": charts.look.paper, "ec": "none", "pad": 0.6, "alpha": 0.8}
    in_white: dict[str, Any] = {"ha": "center", "va": "top", "colour": charts.look.paper}
    if not end + low < own <= y:  # the one mark that no side is clear of
        charts.beside(ax, text, (x, y), away, va="baseline", ha=side, bbox=paper)
    elif end > high and room_beside:
        charts.beside(ax, text, (i + 0.5, end), (4, 0), va="top")
    elif wide <= 0.6 and end > high:
        charts.beside(ax, text, (i, end), (0, -3), **in_white)
    elif end > _LETTER * len(text) * highest:
        charts.beside(ax, text, (i, end), (0, -3), rotation=90, **in_white)
    else:
        charts.beside(ax, text, (x, y), away, va="baseline", ha=side, bbox=paper)


def _year_before(ax: Axes, values: np.ndarray[Any, Any], before: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Draw a line across each column at the height of the year before, name the last of them, and return what the name covers.

    The name stands at the right of all columns, on the side of its line where the value of the last column is not.
    """
    at = np.flatnonzero(~np.isnan(before))
    ax.hlines(before[at], at - 0.42, at + 0.42, color=charts.look.ink, lw=1.8)
    if not len(at):
        return np.empty((2, 0))
    last, highest = float(before[at[-1]]), float(np.nanmax(np.fmax(values, before)))
    up = last > max(float(values[-1]), 0) + _TOUCH * highest
    right = len(before) - 0.5
    charts.beside(ax, "year before", (right, last), (4, 0), va="bottom" if up else "top", size=9)
    far = int(np.ceil(len("year before") * len(before) / _LETTERS))
    part = (_TEXT if up else -_TEXT) * highest / 4
    return np.tile([[last + part], [last + 3 * part]], far)


def _finding(result: pd.DataFrame, whole: np.ndarray[Any, Any], what: str, currency: str | None) -> tuple[str, int]:
    """Return the title and the bar that it speaks of: the last whole period against the year before, else the highest."""
    values, before = (result[c].to_numpy(dtype=float) for c in ("spend", "spend_year_before"))
    last = np.flatnonzero(whole)
    if len(last) and not np.isnan(before[last[-1]]):  # an older comparison is no news
        i = int(last[-1])
        period = result["period"].iloc[i]
        weeks = "52 weeks" if "/" in str(period) else "a year"
        told = f"{what} of {charts.period_name(period)}: {charts.money(values[i], currency)}"
        return told + _against(result.iloc[i], before[i], currency, f"{weeks} before"), i
    # Without a year before, or where only an older period has one, the highest column is the plainest thing to say.
    i = int(np.argmax(values))
    if years_hidden_by(result):  # of what is open most was ordered of late, which says nothing of the periods
        return f"{what}, only {narrowed_to(result)}: {charts.money(values.sum(), currency)}", i
    of_which = f"{what} was highest in" if np.count_nonzero(values) > 1 else f"All {what.lower()} is of"
    return f"{of_which} {charts.period_name(result['period'].iloc[i])}: {charts.money(values[i], currency)}", i


def _against(row: pd.Series, before: float, currency: str | None, when: str) -> str:
    """Return how a period compares with its year before: of few lines, or of next to nothing, a share would be no finding."""
    lines = row.get("n_lines_year_before")
    if lines == 0:
        return f"; {when} there was none"
    if pd.isna(row["yoy_change"]) or row["spend"] < 0:  # returns were, or are, worth more than orders
        return f"; {when} it was {charts.money(before, currency)}"
    if lines is not None and min(lines, row["n_lines"]) < LEAST_LINES:
        return f"; too few lines to compare it with {when}"
    if row["yoy_change"] > 9:
        return f"; {when} it was only {charts.money(before, currency)}"
    return f", {_moved(float(row['yoy_change']))} {when}"


def _moved(change: float) -> str:
    if abs(change) < 0.005:
        return "as much as"
    if change >= 2:  # a share of so much says nothing any more
        return f"{charts.number(change + 1, 1)} times as much as"
    return f"{charts.percent(abs(change))} {'more' if change > 0 else 'less'} than"
