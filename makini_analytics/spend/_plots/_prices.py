"""What prices did: the variance by item, the history of one, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter

from ... import charts
from ...errors import SchemaError
from ...frames import AsOf
from .._baselines import Baseline
from .._dispersion import price_dispersion
from .._history import price_history
from .._prices import of_another_unit, price_changes
from ._measure import alternative, bars, head_and_rest, in_currency, signed

_BASELINES = {
    "previous_period": "the prices of the period before",
    "last": "the last prices",
    "first": "the first prices",
}


@charts.chart(of=price_changes, result_columns=("ppv",))
def plot_price_changes(
    data: Any,
    *,
    baseline: Baseline = "previous_period",
    freq: str = "Y",
    item: str = "material",
    per_vendor: bool = True,
    currency: str | None = None,
    fiscal_year_start: int = 1,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw the largest purchase price variances of the last period, the rest as one bar, so that they add up.

    A bar to the right, highlighted: paid more than at the baseline's prices. To the left, light grey: paid less. Beside each
    bar the variance, and by what share the price moved. Only the last period that has a comparison is drawn.

    Parameters
    ----------
    top : items with a bar of their own, by the size of their variance in either direction

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"product_code": "P1", "vendor_id": "v", "unit_of_measure": "EA", "currency": "EUR",
    ...     "order_date": pd.to_datetime(["2024-03-01", "2025-03-01"]), "quantity": [10.0, 20.0], "amount": [50.0, 110.0]})
    >>> print(style.alt_text(spend.plot_price_changes(lines)))
    2025: 10.00 EUR more than at the prices of the period before.
    Purchase price variance, EUR, positive = paid more, the largest first; 100 % of the priced spend is of items with a baseline.
    P1 10.00 EUR
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    compared = result[result["ppv"].notna()]
    if not len(compared):
        nothing = "Nothing that was bought has a price to compare with"
        return charts.no_data(ax, "purchase price variance", result, title=nothing)
    last = compared["period"].max()
    rows = compared[compared["period"] == last]
    labels, values, rates, doubtful = _drawn_changes(result, top)
    texts = [
        f"{signed(v, currency)}  {_rate(r)}".rstrip() + ", doubtful price" * d
        for v, r, d in zip(values, rates, doubtful, strict=True)
    ]
    colours = [charts.look.highlight if v > 0 else charts.look.rest for v in values]
    ax = charts.axes(ax, rows=len(values))
    bars(ax, labels, values, colours, texts, rest=len(rows) > len(values))
    # The net is of all items of the period, drawn or folded, since the bars add up to it.
    net = float(rows["ppv"].sum())
    spend_compared = float((rows["price"] * rows["quantity"]).sum())
    part = spend_compared / float(result.loc[result["period"] == last, "spend"].sum())
    prices = _BASELINES.get(result.attrs.get("parameters", {}).get("baseline", ""), "the list prices")
    amount = f"{charts.money(abs(net), currency)} {'more' if net > 0 else 'less'} than at"
    moved = rows["ppv"].abs()
    most = ", most of it by doubtful prices" if moved[doubtful_prices(rows)].sum() > moved.sum() / 2 else ""
    headline = (
        title or f"{charts.period_name(last)}: {amount if abs(net) >= 0.005 else 'paid as much as at'} {prices}{most}"
    )
    sub = (
        f"Purchase price variance, {in_currency(currency)}, positive = paid more, the largest first; {charts.percent(part)} of the "
        "priced spend is of items with a baseline"
    )
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alternative(labels, values, currency))


def _drawn_changes(result: pd.DataFrame, top: int = 12) -> tuple[list[str], list[float], list[float], list[bool]]:
    """Return the bars of the last period: names, variances, rates and marks of slips, the largest first, all others in one."""
    compared = result[result["ppv"].notna()]
    rows = compared[compared["period"] == compared["period"].max()]
    head, rest = head_and_rest(rows.iloc[np.argsort(-rows["ppv"].abs().to_numpy(), kind="stable")], top)
    # One name per bar is all that fits: the code, else the description, else whatever the item is grouped by.
    columns = [c for c in charts.group_columns(rows, "unit") if c != "vendor_id"]
    shown = [c for c in ("product_code", "description", *columns) if c in columns and rows[c].notna().any()][:1]
    if "vendor_name" in columns and (len(set(rows["vendor_name"])) > 1 or not shown):  # one vendor's name says nothing
        shown.append("vendor_name")
    labels = charts.group_labels(head, shown or columns, among=result)
    values, rates = (head[c].astype("float64").tolist() for c in ("ppv", "ppv_rate"))
    odd = doubtful_prices(rows)
    doubtful = odd[head.index].tolist()
    if len(rest):
        labels.append(f"Other ({charts.number(len(rest))})")
        values.append(float(rest["ppv"].sum()))
        rates.append(np.nan)
        doubtful.append(bool(odd[rest.index].any()))
    return labels, values, rates, doubtful


def doubtful_prices(rows: pd.DataFrame) -> pd.Series:
    """Return which rows have a price that is more likely a slip, or of another unit, than a price."""
    slips = rows["n_doubtful"] > 0 if "n_doubtful" in rows else pd.Series(False, index=rows.index)
    return slips | of_another_unit(rows) if {"base_price", "unit"} <= set(rows) else slips


def _rate(rate: float) -> str:
    return "" if pd.isna(rate) else f"{'+' if rate > 0 else ''}{charts.number(rate * 100, 1)} %"


@charts.chart(of=price_dispersion, result_columns=("theoretical_ceiling",), ranked="-theoretical_ceiling")
def plot_price_dispersion(
    data: Any,
    *,
    item: str = "material",
    reference: str = "p25",
    min_orders: int = 2,
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw the items with the highest theoretical ceiling, the rest as one bar.

    Highlighted: an item, with the ceiling, and the lowest and highest price that was paid per unit, outliers left out. Light
    grey: the other items together. A ceiling is what it says, not a forecast: lots, dates and qualities differ.

    Parameters
    ----------
    top : items with a bar of their own

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"product_code": "P1", "vendor_id": list("abc"), "order_id": list("123"), "currency": "EUR",
    ...                       "quantity": [10.0, 10.0, 10.0], "amount": [40.0, 50.0, 60.0]})
    >>> print(style.alt_text(spend.plot_price_dispersion(lines, reference="lowest")))
    Theoretical ceiling: 30.00 EUR, 20 % of the spend looked at.
    As if all had been bought at the item's lowest price, EUR; highest first; a ceiling, not a forecast: lots and dates differ.
    P1 30.00 EUR
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    rows = result[result["theoretical_ceiling"].notna()]
    if not len(rows):
        nothing = "No item has enough orders to compare its prices"
        return charts.no_data(ax, "price dispersion", result, title=nothing)
    head, rest = head_and_rest(rows, top)
    columns = charts.group_columns(rows, "unit")
    shown = [c for c in ("description", "product_code", *columns) if c in columns and rows[c].notna().any()][:1]
    labels, values = charts.group_labels(head, shown), head["theoretical_ceiling"].tolist()
    texts = [
        f"{charts.money(v, currency)}  {charts.figures(p)} to {charts.figures(q)} per {'unit' if pd.isna(u) else u}"
        for v, p, q, u in zip(values, head["lowest_price"], head["highest_price"], head["unit"], strict=True)
    ]
    if len(rest):
        labels.append(f"Other ({charts.number(len(rest))})")
        values.append(float(rest["theoretical_ceiling"].sum()))
        texts.append(charts.money(values[-1], currency))
    colours = [charts.look.highlight] * len(head) + [charts.look.rest] * bool(len(rest))
    ax = charts.axes(ax, rows=len(values))
    bars(ax, labels, values, colours, texts, rest=len(rest) > 0)
    total, spend = float(sum(values)), float(rows["spend"].sum())
    reference = result.attrs.get("parameters", {}).get("reference", "p25")
    at = "lowest price" if reference == "lowest" else "25th percentile price"
    headline = (
        title
        or f"Theoretical ceiling: {charts.money(total, currency)}, {charts.percent(total / spend)} of the spend looked at"
    )
    sub = f"As if all had been bought at the item's {at}, {in_currency(currency)}; highest first; a ceiling, not a forecast: lots and dates differ"
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alternative(labels, values, currency))


@charts.chart(of=price_history, result_columns=("price", "order_date", "unit"), ranked="order_date")
def plot_price_history(
    data: Any,
    *,
    of: str | None = None,
    item: str = "material",
    currency: str | None = None,
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw each price that was paid for one item over time, the vendor with the most lines highlighted.

    One dot per order line: filled and joined by a line, those of that vendor; hollow and grey, those of the others. The
    horizontal line is the mean weighted by quantity. The scale need not begin at zero: these are dots, not bars. The title is of
    that vendor, at the prices that are drawn.

    Raises
    ------
    SchemaError
        The prices are per several units of measure.

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"product_code": "P1", "order_date": pd.to_datetime(["2025-03-01", "2024-03-01"]),
    ...                       "quantity": [20.0, 10.0], "amount": [110.0, 50.0], "currency": "EUR"})
    >>> print(style.alt_text(spend.plot_price_history(lines, of="P1")))
    P1: last paid 5.5 EUR per unit; before 5. Effective unit price of 2 lines by order date, EUR per unit.
    Weighted mean 5.333; lowest 5, highest 5.5, last 5.5
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    if not len(result):
        return charts.no_data(ax, "prices of the item", result)
    # 4 EUR per piece and 40 EUR per box of ten are one price: on one axis they would look like a rise.
    if len(found := result["unit"].fillna("none").unique()) > 1:
        units = ", ".join(sorted(found))
        raise SchemaError(f"a price chart shows one unit of measure, and these are {units}: keep the rows of one")
    unit = "unit" if pd.isna(result["unit"].iloc[0]) else str(result["unit"].iloc[0])
    vendor = result["vendor_name"].fillna(result["vendor_id"]).fillna("Vendor not recorded")
    first = str(vendor.value_counts().index[0])
    of_first = (vendor == first).to_numpy(dtype=bool)
    ax = charts.axes(ax, rows=8)
    weighted = float(result["amount"].sum() / result["quantity"].sum())
    _dots(ax, result, of_first, weighted)
    least, most = float(result["price"].min()), float(result["price"].max())
    room = 0.3 * (most - least) or 0.1 * most
    ax.set_ylim(max(0.0, least - room), most + room)
    ax.yaxis.set_major_formatter(lambda v, _: f"{charts.figures(v)}")
    ax.grid(axis="y", color=charts.look.line, lw=0.6, alpha=0.6)
    _days_below(ax, result["order_date"])
    ax.set_axisbelow(True)
    name = result["description"].dropna()
    what = charts.label(name.iloc[0] if len(name) else result.attrs.get("parameters", {}).get("of"), 44)
    n_others, name = int(vendor.nunique()) - 1, charts.label(first, 30)
    # As drawn: a title in the currency of the documents would name dots that nobody finds on the axis.
    paid = result.loc[of_first, "price"].to_numpy(dtype=float)
    before = dict.fromkeys(charts.figures(f(paid[:-1])) for f in (np.min, np.max)) if len(paid) > 1 else ()
    span = f"; before {' to '.join(before)}" if before else ""
    # one of the others may have been paid later
    to, was = (f" to {name}", f"{name} was ") if n_others else ("", "")
    last = f"{what}: {was}last paid {charts.figures(paid[-1])} {currency or ''} per {unit}{span}"
    headline = title or last.replace("  ", " ")
    others = f"; filled: {name}; hollow: {charts.counted(n_others, 'other vendor')}" if n_others else ""
    lines = charts.counted(len(result), "line")
    sub = f"Effective unit price of {lines} by order date, {in_currency(currency)} per {unit}{others}"
    if "document_price" in result:
        sub += "; documents at one rate per currency"
    alt = f"Weighted mean {charts.figures(weighted)}; lowest {charts.figures(least)}, highest {charts.figures(most)}, last{to} {charts.figures(paid[-1])}"
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _days_below(ax: Axes, days: pd.Series) -> None:
    """Write few enough months under the axis that they never touch; a single day is not blown up to years."""
    first, last = days.min(), days.max()
    room = max(pd.Timedelta(days=20), (last - first) * 0.04)
    ax.set_xlim(first - room, last + room)
    locator: Any = AutoDateLocator
    formatter: Any = DateFormatter
    ax.xaxis.set_major_locator(locator(minticks=2, maxticks=5))
    ax.xaxis.set_major_formatter(formatter("%Y-%m" if last - first > pd.Timedelta(days=150) else "%Y-%m-%d"))


def _dots(ax: Axes, result: pd.DataFrame, of_first: np.ndarray[Any, Any], weighted: float) -> None:
    """Draw the prices of the others below those of the first vendor, and the weighted mean."""
    mine, others = result[of_first], result[~of_first]
    colour = charts.look.highlight
    ax.plot(others["order_date"], others["price"], "o", ms=6, mfc=charts.look.paper, mec=charts.look.plain, zorder=2)
    ax.plot(mine["order_date"], mine["price"], "-", color=colour, lw=1, alpha=0.5, zorder=2)
    ax.plot(mine["order_date"], mine["price"], "o", ms=7, color=colour, zorder=3)
    ax.axhline(weighted, color=charts.look.line, lw=1.2, zorder=1)
    text, at_the_edge = f"weighted mean {charts.figures(weighted)}", ("axes fraction", "data")
    charts.beside(ax, text, (1, weighted), (4, 0), colour=charts.look.muted, xycoords=at_the_edge)
