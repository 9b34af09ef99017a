"""The agreed days to payment of vendors, or any other groups, side by side."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...frames import AsOf
from .._payment_terms import payment_terms
from ._measure import in_currency


@charts.chart(of=payment_terms, result_columns=("usual_terms", "days"), ranked="-spend")
def plot_payment_terms(
    data: Any,
    *,
    by: By = "vendor",
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw the agreed days to payment of the vendors with most spend, and how far they differ within a vendor.

    The dot is the mean, weighted by spend; the bar reaches from the shortest to the longest term, and there is none where all
    are equally long. In the highlight colour: vendors whose terms differ. Beside each the days, and what the discounts offered
    would save if each were taken.

    Parameters
    ----------
    top : vendors to draw, of those with most spend

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": list("aab"), "currency": "EUR", "amount": [300.0, 100.0, 50.0],
    ...                       "payment_terms": ["Net 30", "2/10 net 60", "sofort netto"]})
    >>> print(style.alt_text(spend.plot_payment_terms(lines)))
    33 days to payment were agreed on average; 1 of 2 vendors has terms that differ. Agreed days to payment, weighted by spend (dot),
    shortest to longest (bar); EUR, the most spend first; discounts: what they would save if each were taken.
    a: 38 days, 30 – 60; discounts 2.00 EUR; b: 0 days
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    rows: pd.DataFrame = result[result["days"].notna()]
    if not len(rows):
        return charts.no_data(ax, "payment terms", result, title="No line has terms of payment that are understood")
    head = rows.head(top)
    columns = charts.group_columns(result, "currency")
    names = charts.group_labels(head, columns, 32, among=result)
    ax = charts.axes(ax, rows=len(head))
    charts.name_rows(ax, names)
    for i, row in enumerate(head.to_dict("records")):
        _row(ax, i, row, currency)
    ax.set_xlim(0, max(1.0, float(head["longest_days"].max())) * 1.02)
    ax.set_xlabel("days from the invoice", color=charts.look.muted, fontsize=9.5)
    sub = (
        f"Agreed days to payment, weighted by spend (dot), shortest to longest (bar); {in_currency(currency)}, the most spend first; "
        "discounts: what they would save if each were taken"
    )
    alt = "; ".join(f"{n}: {t.get_text()}" for n, t in zip(names, ax.texts, strict=True))
    places = [[i] for i in result.index.get_indexer(head.index)]
    return charts.finish(
        ax, title=title or _finding(rows, columns), subtitle=sub, result=result, alt=alt, bars=places, cut=True
    )


def _row(ax: Axes, y: int, row: dict[Any, Any], currency: str | None) -> None:
    low, high, days = row["shortest_days"], row["longest_days"], row["days"]
    differ = row["n_terms"] > 1
    text = f"{charts.number(days)} {'day' if charts.number(days) == '1' else 'days'}"
    if high > low:
        ax.plot([low, high], [y, y], color=charts.look.rest, lw=6, solid_capstyle="round", zorder=1)
        text += f", {charts.number(low)} – {charts.number(high)}"
    if row["discount_offered"] > 0:
        text += f"; discounts {charts.money(row['discount_offered'], currency)}"
    ax.plot(days, y, "o", color=charts.look.highlight if differ else charts.look.plain, ms=8, zorder=3)
    charts.beside(ax, text, (high, y), (9, 0))


def _finding(rows: pd.DataFrame, columns: list[str]) -> str:
    """Return the days over all vendors, and how many have terms that differ."""
    weight = rows["spend"].clip(lower=0)
    days = charts.number(float(np.average(rows["days"], weights=weight if weight.any() else None)))
    head = f"{days} {'day' if days == '1' else 'days'} to payment {'was' if days == '1' else 'were'} agreed on average"
    n, differ = (charts.n_named(r, columns) for r in (rows, rows[rows["n_terms"] > 1]))
    if n < 2:
        return head
    noun = charts.plural(charts.row_noun(columns))
    if not differ:
        return f"{head}, and each of {charts.number(n)} {noun} has one term"
    if differ == n:
        return f"{head}, and all {charts.number(n)} {noun} have terms that differ"
    return f"{head}; {charts.number(differ)} of {charts.number(n)} {noun} {'has' if differ == 1 else 'have'} terms that differ"
