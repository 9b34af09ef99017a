"""The Pareto chart: bars in falling order, each beginning where the one above it ends."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...frames import AsOf, vendors_hidden_by
from .._vendors import by_vendor, with_shares
from ._measure import alternative, in_currency, measured


@charts.chart(of=by_vendor, result_columns=("abc_class",), ranked="-spend")
def plot_pareto(
    data: Any,
    *,
    by: By = "vendor",
    basis: str = "ordered",
    currency: str | None = None,
    abc: tuple[float, float] = (0.80, 0.95),
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 10,
) -> Axes:
    """Draw the Pareto chart as stairs: each vendor's share of spend, from where the one above it ends to the cumulative share.

    In the highlight colour: class A, the vendors up to and including the one that crosses its limit, which is the upright line.
    Below the named ones stand the others of class A as one step, and all others as another. Beside each step its amount, and the
    cumulative share after it. A negative net has no step: the cumulative share leaves it out too.

    Parameters
    ----------
    top : vendors with a step of their own

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "b", "c"], "currency": "EUR", "amount": [70.0, 20.0, 10.0]})
    >>> print(style.alt_text(spend.plot_pareto(lines)))
    2 of 3 vendors make 90 % of ordered spend. Ordered spend by vendor, EUR, each from where the one above it ends; line: 80 %, the limit of class A.
    Class A 2, B 1, C 0. a 70.00 EUR; b 20.00 EUR; c 10.00 EUR
    """
    result: pd.DataFrame = data
    currency, what = charts.one_currency(result), measured(result)
    if charts.is_part(result):  # stairs begin at zero: those of some rows are of their own spend
        result = with_shares(result, result.attrs.get("parameters", {}).get("abc", (0.80, 0.95)))
    ranked = result[result["cumulative_share"].notna()]
    columns = charts.group_columns(result, "currency")
    if not len(ranked):
        return charts.no_data(ax, f"{what.lower()} by {charts.row_noun(columns)}", result)
    n_a = int((ranked["abc_class"] == "A").sum())
    steps = _steps(ranked, columns, n_a, top)
    ax = charts.axes(ax, rows=len(steps))
    limit = float(result.attrs.get("parameters", {}).get("abc", (0.8,))[0])
    _stairs(ax, steps, limit, currency)
    below = result["spend"] < 0
    apart = f"; without {charts.number(int(below.sum()))} of negative net" if below.any() else ""
    sub = (
        f"{what} by {charts.row_noun(columns)}, {in_currency(currency)}, each from where the one above it ends; "
        f"line: {charts.percent(limit)}, the limit of class A{apart}"
    )
    classes = (f"{c} {_count(ranked[ranked['abc_class'] == c], columns, ' and ')}" for c in "ABC")
    first = ranked.head(10)
    alt = f"Class {', '.join(classes)}. "
    alt += alternative(charts.group_labels(first, columns, among=ranked), first["spend"].tolist(), currency)
    headline = title or _class_a(ranked, columns, what)
    places = result.index.get_indexer(ranked.index)
    rows = [places[first:end].tolist() for first, end in zip(steps["first"], steps["end"], strict=True)]
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt, bars=rows)


def _steps(ranked: pd.DataFrame, columns: list[str], n_a: int, top: int) -> pd.DataFrame:
    """Return the steps: ``name``, the rows ``first`` to ``end`` that it stands for, ``start`` and ``stop`` as shares, ``spend``.

    Of 70 vendors, 26 of class A, ten have a step of their own, then come "next 16" and "44 others"; were one of these rows no vendor,
    "43 others, and no vendor".
    """
    n = len(ranked)
    alone = n if n <= top + 1 else top
    ends = [*range(1, alone + 1), *(e for e in (n_a, n) if e > alone)]
    ends = list(dict.fromkeys(ends))
    firsts = [0, *ends[:-1]]
    names = charts.group_labels(ranked.head(alone), columns, among=ranked)
    for first, end in zip(firsts[alone:], ends[alone:], strict=True):
        rows = ranked.iloc[first:end]
        other = "" if end == n_a else " others" if charts.n_named(rows, columns) > 1 else " other"
        names.append(("next " if end == n_a else "") + _count(rows, columns, ", and ", other))
    share = ranked["cumulative_share"].to_numpy(dtype=float)
    amount = np.r_[0.0, np.cumsum(ranked["spend"].to_numpy(dtype=float))]
    return pd.DataFrame(
        {
            "name": names,
            "first": firsts,
            "end": ends,
            "start": [share[f - 1] if f else 0.0 for f in firsts],
            "stop": share[[e - 1 for e in ends]],
            "spend": amount[ends] - amount[firsts],
            "of_a": [e <= n_a for e in ends],
        }
    )


def _count(rows: pd.DataFrame, columns: list[str], comma: str, noun: str = "") -> str:
    """Return how many vendors the rows are; those that name none are no vendors, and named apart."""
    n = charts.n_named(rows, columns)
    none = f"no {charts.row_noun(columns)}"
    if not n and len(rows):
        return none
    return f"{charts.number(n)}{noun}" + (f"{comma}{none}" if n < len(rows) else "")


def _stairs(ax: Axes, steps: pd.DataFrame, limit: float, currency: str | None) -> None:
    y = np.arange(len(steps))
    colours = [charts.look.highlight if a else charts.look.rest for a in steps["of_a"]]
    ax.barh(y, steps["stop"] - steps["start"], left=steps["start"], color=colours, height=0.68)
    ax.axvline(limit, color=charts.look.muted, lw=1, ls=":", zorder=0)
    paper = {"fc": charts.look.paper, "ec": "none", "pad": 0.6}  # over the line, which would run through a number
    for i, (stop, amount) in enumerate(zip(steps["stop"], steps["spend"], strict=True)):
        charts.beside(ax, f"{charts.percent(stop)}  {charts.money(amount, currency)}", (stop, i), bbox=paper)
    charts.name_rows(ax, steps["name"].tolist())
    ax.set_xlim(0, 1)
    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    ax.set_xticks(ticks, ["0", *(charts.percent(t) for t in ticks[1:])])


def _class_a(ranked: pd.DataFrame, columns: list[str], what: str) -> str:
    """Return how many vendors make how much; what has no vendor is in the share, and counted as none."""
    of_a = ranked["abc_class"] == "A"
    known = ranked[columns].notna().any(axis=1) if columns else of_a
    unknown = "" if known[of_a].all() else " (with what has none)"
    end = float(ranked["cumulative_share"].iloc[int(of_a.sum()) - 1])
    few, n = int(known[of_a].sum()), int(known.sum())
    if n == 1 and len(ranked) == 1:
        of_part = " that was picked" if vendors_hidden_by(ranked) else ""
        return f"{charts.group_labels(ranked, columns, charts.IN_TITLE, among=ranked)[0]} makes all {what.lower()}{of_part}"
    make = "makes" if few == 1 else "make"
    of = charts.counted(n, charts.row_noun(columns))
    return f"{charts.number(few)} of {of} {make} {charts.percent(end)} of {'their ' if charts.is_part(ranked) else ''}{what.lower()}{unknown}"
