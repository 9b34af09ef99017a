"""How one buys, as small multiples: a row for each vendor, a column for each question."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...frames import AsOf
from .._order_pattern import order_pattern
from ._measure import in_currency

_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


@dataclass(frozen=True)
class _Panel:
    """One figure: its head in two lines, its column, how it is told, and the even share that it stands beside."""

    head: str
    column: str
    say: Callable[[float], str] = charts.percent
    even: str | None = None


@charts.chart(of=order_pattern, result_columns=("orders_per_month", "same_day_share"), ranked="-n_orders")
def plot_order_pattern(
    data: Any,
    *,
    by: By = "vendor",
    small: float | Mapping[str, float] | None = None,
    month_end_days: int = 5,
    fiscal_year_start: int = 1,
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw how one buys from the vendors with most orders: a row for each, a column for each question.

    All shares are of the orders of the row, on one scale from 0 to 100 %, those of goods that came on or before the order day of the
    orders of which that is known; orders a month, and lines per order, are on scales of their own. The small line across the bars of
    a month's and a year's end is the share of an even spread over the days covered. A dash is not known. The title asks about the
    highlighted bar. Without ``small`` there is no column of small orders.

    Parameters
    ----------
    top : vendors to draw, of those with most orders

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": list("aaab"), "order_id": list("1123"), "currency": "EUR", "amount": [400.0, 300.0, 50.0, 90.0],
    ...                       "order_date": pd.to_datetime(["2025-01-07", "2025-01-07", "2025-01-07", "2025-03-31"])})
    >>> print(style.alt_text(spend.plot_order_pattern(lines, small=100)))
    Could fewer orders do? a: 1 of 2 orders is below 100 EUR. ...
    a: orders a month 0.7, lines per order 1.5, below 100 EUR 50 %, same vendor and day 100 %, ...
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    if not len(result):
        return charts.no_data(ax, "order pattern", result)
    rows = result.head(top)
    columns = charts.group_columns(result, "currency")
    names = charts.group_labels(rows, columns, 26, among=result)
    about = result.attrs.get("parameters", {})
    panels = [p for p in _panels(about, currency) if rows[p.column].notna().any()]
    ax = charts.axes(ax, rows=len(rows) + 2)
    charts.columns_beside_names(ax, names, len(panels), top=-1.8)
    headline, column, of = _question(
        rows, charts.group_labels(rows, columns, charts.IN_TITLE, among=result), _below(about, currency)
    )
    said: list[list[str]] = [[] for _ in names]
    for k, panel in enumerate(panels):
        _draw(ax, k, panel, rows, said, of if panel.column == column else -1)
    noun = charts.row_noun(columns)
    which = (
        f"the {len(rows)} of {charts.counted(charts.n_named(result, columns), noun)} with most orders"
        if len(rows) < len(result)
        else "most orders first"
    )
    fewest, most = (charts.number(m) for m in (rows["months"].min(), rows["months"].max()))
    span = most if fewest == most else f"{fewest} to {most}"
    sub = (
        f"{in_currency(currency)}, {which}; over {'1 month' if span == '1' else f'{span} months'}; shares of the orders"
    )
    if any(p.even for p in panels):
        sub += "; line: if all days were alike"
    alt = "; ".join(f"{n}: {', '.join(s)}" for n, s in zip(names, said, strict=True))
    places = [[i] for i in range(len(rows))]
    return charts.finish(
        ax, title=title or headline, subtitle=sub, result=result, alt=alt, bars=places, columns=len(panels), cut=True
    )


def _panels(about: Mapping[str, Any], currency: str | None) -> list[_Panel]:
    days, first = about.get("month_end_days", 5), about.get("fiscal_year_start", 1)
    return [
        _Panel("orders\na month", "orders_per_month", _rate),
        _Panel("lines\nper\norder", "lines_per_order", _rate),
        _Panel(_below(about, currency).replace(" ", "\n"), "small_share"),
        _Panel("same\nvendor\nand day", "same_day_share"),
        _Panel("came on\norder\nday", "zero_lead_share"),
        _Panel("came\nbefore\norder", "after_the_fact_share"),
        _Panel(
            "last day\nof a\nmonth" if days == 1 else f"last {days}\ndays of\na month",
            "month_end_share",
            even="month_end_even_share",
        ),
        _Panel(f"in\n{_MONTHS[(first - 2) % 12]}", "year_end_share", even="year_end_even_share"),
    ]


def _below(about: Mapping[str, Any], currency: str | None) -> str:
    small = about.get("small")
    limit = small.get(currency) if isinstance(small, Mapping) else small
    return "small orders" if limit is None else f"below {charts.figures(float(limit))} {currency or ''}".strip()


def _rate(value: float) -> str:
    return "<0.1" if 0 < value < 0.05 else charts.number(value, 1 if value < 99.95 else 0)


def _draw(ax: Axes, k: int, panel: _Panel, rows: pd.DataFrame, said: list[list[str]], asked: int) -> None:
    """Draw one column, the bar of the row that is ``asked`` about highlighted, and add to each row's words what it says."""
    value = rows[panel.column].to_numpy(dtype=float)
    whole = 1.0 if panel.say is charts.percent else max(1e-9, float(np.nanmax(value)))
    scale = 0.4 / whole
    ax.text(k + 0.04, -0.6, panel.head, fontsize=8.5, color=charts.look.muted, va="bottom", linespacing=1.1)
    head = panel.head.replace("\n", " ")
    for i, v in enumerate(value):
        text = "–" if np.isnan(v) else panel.say(v)
        said[i].append(f"{head} {'not known' if np.isnan(v) else text}")
        wide = 0.0 if np.isnan(v) else v * scale
        colour = charts.look.highlight if i == asked else charts.look.plain
        ax.barh(i, wide, left=k + 0.04, height=0.44, color=colour, lw=0)
        if panel.even and not np.isnan(v):
            even = k + 0.04 + float(rows[panel.even].iloc[i]) * scale
            ax.vlines(even, i - 0.34, i + 0.34, color=charts.look.ink, lw=1, zorder=3)
            wide = max(wide, even - k - 0.04)
        charts.beside(ax, text, (k + 0.04 + wide, i), (4, 0), size=8.5)


#: Column, what the orders are, and the question; the first one that any order asks is the title's.
_QUESTIONS = (
    ("small_share", "{small}", "Could fewer orders do?"),
    ("same_day_share", "on a day with another one to the same vendor", "Could orders of one day be one?"),
    ("after_the_fact_share", "later than the goods", "Why were goods there before their order?"),
    ("zero_lead_share", "of the day on which the goods came", "Were goods ordered when they came?"),
)


def _question(rows: pd.DataFrame, names: list[str], small: str) -> tuple[str, str, int]:
    """Return a question with the row of which most orders ask it, the column that it is about, and the place of the row."""
    for column, words, question in _QUESTIONS:
        of = rows["n_delivery_known" if column.startswith(("zero", "after")) else "n_orders"]
        n = (rows[column].fillna(0) * of).round()
        if n.max() > 0:
            i = int(n.argmax())
            some = f"{charts.number(n.iloc[i])} of {charts.counted(of.iloc[i], 'order')}"
            are = "is" if n.iloc[i] == 1 else "are"
            return f"{question} {names[i]}: {some} {are} {words.format(small=small)}", column, i
    most = rows.iloc[0]
    each = "in it" if most["n_orders"] == 1 else "in each on average"
    lines = "1 line" if most["lines_per_order"] == 1 else f"{_rate(most['lines_per_order'])} lines"
    return f"{names[0]}: {charts.counted(int(most['n_orders']), 'order')}, {lines} {each}", "", 0
