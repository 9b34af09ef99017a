"""Items that one vendor supplies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...frames import AsOf
from .._sources import single_source
from ._measure import alternative, bars, head_and_rest, in_currency


@charts.chart(of=single_source, result_columns=("last_order_date",), ranked="-spend")
def plot_single_source(
    data: Any,
    *,
    item: str = "material",
    min_orders: int = 1,
    as_of: AsOf | None = None,
    currency: str | None = None,
    aliases: Mapping[str, str] | None = None,
    intercompany: Collection[str] = (),
    materials: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw the items that one vendor supplies, by spend, with the vendor and the lead time.

    In the highlight colour: the item with the most spend. Light grey: the items that are folded into one bar. Beside each bar
    its amount, the vendor, in how many days nine of ten lines came, where that can be estimated, and with ``materials`` how many
    other vendors are listed.

    Parameters
    ----------
    top : items with a bar of their own

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"product_code": list("AAB"), "vendor_id": list("xyx"), "currency": "EUR", "amount": [1.0, 2.0, 3.0]})
    >>> print(style.alt_text(spend.plot_single_source(lines)))
    1 material was bought from one vendor only: 50 % of ordered spend.
    Ordered spend, EUR, with the vendor and the lead time (Kaplan-Meier, open lines counted).
    B 3.00 EUR
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    item = str(result.attrs.get("parameters", {}).get("item", "material")).replace("_", " ")
    if not len(result):
        n = sum(e["n_lines"] for e in result.attrs.get("excluded", ()) if e["reason"] == "several vendors")
        lines = "1 line is" if n == 1 else f"{charts.number(n)} lines are"
        none = f"No {item} was bought from one vendor only: {lines} of items with several"
        return charts.no_data(ax, f"{charts.plural(item)} with one vendor", result, title=none if n else None)
    head, rest = head_and_rest(result, top)
    # The vendor stands beside the bar already, so the bar goes by the item alone: its description, else its code or key.
    columns = [c for c in charts.group_columns(result, "currency") if not c.startswith("vendor_")]
    shown = [c for c in ("description", "product_code", *columns) if c in columns and head[c].notna().any()][:1]
    labels, values = charts.group_labels(head, shown), head["spend"].tolist()
    texts = [_with_vendor(row, currency) for row in head.to_dict("records")]
    colours = [charts.look.highlight] + [charts.look.plain] * (len(head) - 1)
    if len(rest):
        labels.append(f"Other ({charts.number(len(rest))})")
        values.append(float(rest["spend"].sum()))
        texts.append(charts.money(values[-1], currency))
        colours.append(charts.look.rest)
    ax = charts.axes(ax, rows=len(values))
    bars(ax, labels, values, colours, texts, rest=len(rest) > 0)
    share = charts.percent(float(result["share"].sum()))
    several, were = (charts.plural(item), "were") if len(result) > 1 else (item, "was")
    headline = title or (
        f"{charts.number(len(result))} {several} {were} bought from one vendor only: {share} of ordered spend"
    )
    sub = (
        f"Ordered spend, {in_currency(currency)}, with the vendor and the lead time (Kaplan-Meier, open lines counted)"
    )
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alternative(labels, values, currency))


def _with_vendor(row: dict[Any, Any], currency: str | None) -> str:
    vendor = charts.label(row["vendor_name"] if pd.notna(row.get("vendor_name")) else row["vendor_id"], 22, 8)
    slow = "" if pd.isna(row["p90_days"]) else f", 9 of 10 in {charts.number(row['p90_days'])} days"
    n = row.get("n_listed_elsewhere", pd.NA)
    listed = "" if pd.isna(n) else f", {charts.number(n) if n else 'no'} {'other' if n == 1 else 'others'} listed"
    return f"{charts.money(row['spend'], currency)}  {vendor}{slow}{listed}"
