"""Who the spend goes to: vendors, or any other groups, as ranked bars."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...frames import AsOf
from .._vendors import by_vendor
from ._measure import alternative, bars, head_and_rest, in_currency, measured, together

#: Shares that add up to more are none: a little is lost to returns in most data.
_MOST_IN_ALL = 1.1


@charts.chart(of=by_vendor, result_columns=("abc_class",), ranked="-spend")
def plot_by_vendor(
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
    """Draw vendors by falling spend, the rest folded into one bar, so that the bars add up to the total.

    In the highlight colour: the vendors that the title speaks of, which make half of the spend, or the three largest where
    that takes more. Light grey: the others, folded; cut, with a zigzag, where that bar would make the others too short to
    compare. Beside each bar its amount and its share of the total; without the share where returns make the total so small that
    a share says nothing.

    Parameters
    ----------
    top : vendors with a bar of their own; one more than that is drawn too, not folded alone

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "b", "a"], "currency": "EUR", "amount": [60.0, 10.0, 30.0]})
    >>> print(style.alt_text(spend.plot_by_vendor(lines)))
    a makes 90 % of ordered spend. Ordered spend by vendor, EUR, total 100.00 EUR.
    a 90.00 EUR; b 10.00 EUR
    """
    result: pd.DataFrame = data
    currency, what = charts.one_currency(result), measured(result)
    columns = charts.group_columns(result, "currency")
    if not len(result):
        return charts.no_data(ax, f"{what.lower()} by {charts.row_noun(columns)}", result)
    head, rest = head_and_rest(result, top)
    total = float(result["spend"].sum())
    labels, values = charts.group_labels(head, columns, among=result), head["spend"].tolist()
    if len(rest):
        labels.append(charts.rest_label(rest, columns))
        values.append(float(rest["spend"].sum()))
    spoken, headline = _leading(result, head, columns, what)
    colours = [charts.look.highlight if i in spoken else charts.look.plain for i in range(len(head))]
    colours += [charts.look.rest] * bool(len(rest))
    of_total = len(result) > 1 and _has_shares(head, total)
    # of all spend, as the title says it: of some rows of a result the shares are those that stand in it
    shares = [*head["share"], rest["share"].sum()]
    texts = [
        charts.money(v, currency) + (f"  {charts.percent(s)}" if of_total else "")
        for v, s in zip(values, shares, strict=False)
    ]
    ax = charts.axes(ax, rows=len(values))
    bars(ax, labels, values, colours, texts, rest=len(rest) > 0)
    below = result["spend"] < 0
    apart = ""
    if below.any():
        net = charts.money(result["spend"][below].sum(), currency)
        apart = f"; {charts.number(int(below.sum()))} with a negative net, {net}"
    sub = f"{what} by {charts.row_noun(columns)}, {in_currency(currency)}, {together(result)} {charts.money(total, currency)}{apart}"
    # The report's page filters the table by a click on a bar: which rows of the result stand behind each.
    rows = [[i] for i in range(len(head))] + ([range(len(head), len(result))] if len(rest) else [])
    alt = alternative(labels, values, currency)
    return charts.finish(ax, title=title or headline, subtitle=sub, result=result, alt=alt, bars=rows)


def _has_shares(head: pd.DataFrame, total: float) -> bool:
    """Return whether shares of a total say anything: where returns are large, those that are drawn add up to more than all of it.

    Of 30 - 29 = 1 the largest vendor would have 3,000 %.
    """
    return total > 0 and float(head["spend"].clip(lower=0).sum()) <= _MOST_IN_ALL * total


def _leading(result: pd.DataFrame, head: pd.DataFrame, columns: list[str], what: str) -> tuple[set[int], str]:
    """Return the bars that the title speaks of, those that make up half of the total, and the title."""
    total, group = float(result["spend"].sum()), charts.row_noun(columns)
    names = charts.group_labels(head, columns, charts.IN_TITLE, among=result)
    below = float(result["spend"].clip(upper=0).sum())
    if not _has_shares(head, total):
        currency = charts.one_currency(result)
        net = f" net: {charts.money(total - below, currency)}, and {charts.money(below, currency)} of returns"
        return set(), f"{what} is {charts.money(total, currency)}{net if below else ''}"
    known = result[columns].notna().any(axis=1)
    if not known.any():
        return set(), f"The {group} of all {what.lower()} is unknown"
    if len(result) == 1:
        # of one vendor a share says nothing, and how much it is in how many orders does
        n_lines, n_orders = int(result["n_lines"].iloc[0]), int(result["n_orders"].iloc[0])
        amount = charts.money(total, charts.one_currency(result))
        orders = f" of {charts.counted(n_orders, 'order')}" if n_orders else ""
        return {0}, f"{what} with {names[0]}: {amount} in {charts.counted(n_lines, 'line')}{orders}"
    spoken: list[int] = []
    share = 0.0
    for i in np.flatnonzero(known.to_numpy()[: len(head)]).tolist():  # the unknown group is no vendor
        # Half of the spend is a finding. Where even all that is drawn is less than half, the first three have to do.
        if share >= 0.5 or (len(spoken) == 3 and head["share"].sum() < 0.5):
            break
        spoken.append(i)
        share += float(head["share"].iloc[i])
    part = f"{charts.percent(share)} of {'all ' if charts.is_part(result) else ''}{what.lower()}"
    if len(spoken) == 1:
        return {spoken[0]}, f"{names[spoken[0]]} makes {part}"
    return set(spoken), f"{len(spoken)} of {charts.number(int(known.sum()))} {charts.plural(group)} make {part}"
