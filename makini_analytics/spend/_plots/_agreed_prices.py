"""Where more, or less, was paid than the list says."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...frames import AsOf
from .._agreed_prices import agreed_prices, of_another_unit
from ._measure import alternative, bars, in_currency, signed


@charts.chart(of=agreed_prices, result_columns=("list_price", "n_missed_breaks"))
def plot_agreed_prices(
    data: Any,
    materials: Any = None,
    *,
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw where most was paid above, or below, the price list; the rest as one bar, so that they add up.

    A bar to the right, highlighted: paid more than the list says. To the left, light grey: paid less. Beside each bar the
    difference, its share of the value at list prices, and how many lines were paid as if they had not reached their break. Where most
    of it is of list prices about 10, 100 or 1,000 times what was paid, the title is of these, and not of an amount.

    Parameters
    ----------
    data : the lines, with ``materials`` behind them; or a result of `agreed_prices`
    materials : the price list
    top : materials, each with its vendor, with a bar of their own, by the size of their difference in either direction

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"material_id": "M", "vendor_id": "v", "currency": "EUR", "order_date": pd.Timestamp("2025-03-01"),
    ...                       "quantity": [5.0, 30.0], "amount": [50.0, 300.0]})
    >>> own = pd.DataFrame({"material_id": "M", "vendor_id": "v", "price": [10.0, 9.0], "minimum_quantity": [1, 20]})
    >>> print(style.alt_text(spend.plot_agreed_prices(lines, own)))
    30.00 EUR was paid above the price list, 9 % of the value at list prices. Paid less the list price at the quantity's break, EUR,
    positive = paid more, the largest first; 1 line missed a break that it had reached.
    M / v 30.00 EUR
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    if not len(result):
        return charts.no_data(ax, "agreed prices", result, title="No line has a list price to compare with")
    place = result["difference"].abs().sort_values(ascending=False, kind="stable").index
    n = len(result) if len(result) <= top + 1 else top
    head, rest = result.loc[place[:n]], result.loc[place[n:]]
    named = [c for c in ("description", "product_code", "material_id") if c in head]
    what = head[named].bfill(axis=1).iloc[:, 0].fillna("no name")
    of = ["description", *(c for c in ("vendor_id", "vendor_name") if c in head)]
    labels = charts.group_labels(head.assign(description=what), of, 48)
    values = head["difference"].tolist()
    doubtful = of_another_unit(result)
    texts = [
        _told(row, currency) + ", doubtful price" * d
        for row, d in zip(head.to_dict("records"), doubtful[result.index.get_indexer(head.index)].tolist(), strict=True)
    ]
    if len(rest):
        labels.append(f"{charts.number(len(rest))} others")
        values.append(float(rest["difference"].sum()))
        texts.append(signed(values[-1], currency))
    ax = charts.axes(ax, rows=len(values))
    colours = [charts.look.highlight if v > 0 else charts.look.plain for v in values[: len(head)]] + [
        charts.look.rest
    ] * bool(len(rest))
    bars(ax, labels, values, colours, texts, rest=len(rest) > 0)
    missed = int(result["n_missed_breaks"].sum())
    told = f"; {charts.number(missed)} line{'s' * (missed != 1)} missed a break that {'it' if missed == 1 else 'they'} had reached"
    sub = f"Paid less the list price at the quantity's break, {in_currency(currency)}, positive = paid more, the largest first"
    sub += told if missed else ""
    total, due = float(result["difference"].sum()), float((result["spend"] - result["difference"]).sum())
    share = charts.percent(abs(total) / due)
    off = f"{charts.money(abs(total), currency)} was paid {'above' if total > 0 else 'below'} the price list, {share} of the value at list prices"
    found = off if round(total, 2) else "As much was paid as the price list says"
    off_each = result["difference"].abs().to_numpy(dtype=float)
    if off_each[doubtful].sum() > off_each.sum() / 2:  # the sum of such differences is no finding
        n = int(doubtful.sum())
        found = f"{charts.number(n)} of {charts.counted(len(result), 'list price')} {'is' if n == 1 else 'are'} of another unit than what was paid, it seems"
    headline = title or found
    rows = [[int(i)] for i in result.index.get_indexer(head.index)]
    rows += [result.index.get_indexer(rest.index).tolist()] if len(rest) else []
    alt = alternative(labels, values, currency)
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt, bars=rows)


def _told(row: dict[Any, Any], currency: str | None) -> str:
    rate = row["difference_rate"]
    text = signed(row["difference"], currency) + (f"  {charts.percent(rate)}" if abs(rate) >= 0.005 else "")
    missed = int(row["n_missed_breaks"])
    return text + (f"; {charts.number(missed)} missed break{'s' * (missed != 1)}" if missed else "")
