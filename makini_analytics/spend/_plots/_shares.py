"""How the spend is spread: the share of the largest vendors, and of the tail."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ... import charts
from ...compute import By
from ...frames import AsOf, vendors_hidden_by
from .._concentration import concentration
from .._tail import tail
from ._measure import in_currency, measured

_MOST_GROUPS = 16  # rows that a slide can hold and a reader compare


@charts.chart(of=concentration, result_columns=("hhi",))
def plot_concentration(
    data: Any,
    *,
    by: By = None,
    currency: str | None = None,
    basis: str = "ordered",
    aliases: Mapping[str, str] | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the share of the largest vendor, the five and the ten largest, overall or by group.

    Three bars lie over each other: highlighted the largest vendor, dark grey the five, light grey the ten largest. The text
    beside them has the Herfindahl-Hirschman index and as how many vendors of equal size that is. Of many groups the 16 most
    concentrated are drawn; with ``aliases`` each group as given and after them.

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": list("abcd"), "currency": "EUR", "amount": [40.0, 30.0, 20.0, 10.0]})
    >>> print(style.alt_text(spend.plot_concentration(lines)))
    The largest vendor has 40 % of ordered spend. Share of ordered spend by vendor, EUR.
    All vendors: HHI 3,000
    """
    # A group whose vendors all have a negative net, such as one of credits alone, has no concentration.
    result: pd.DataFrame = data[data["n_vendors"] > 0]
    currency = charts.one_currency(result)
    if not len(result):
        return charts.no_data(ax, "concentration of spend", result)
    keys = [c for c in charts.group_columns(result, "hhi") if c != "currency"]
    groups = [k for k in keys if k != "vendors"]
    rows = _most_concentrated(result, groups)
    ax = charts.axes(ax, rows=len(rows) + 2)
    _stacked(ax, rows)
    labels = [charts.label(n) for n in charts.group_labels(rows, groups)] if groups else ["All vendors"] * len(rows)
    if "vendors" in keys:
        labels = ["after aliases" if v == "after aliases" else n for n, v in zip(labels, rows["vendors"], strict=True)]
    ax.set_yticks(np.arange(len(rows)), labels)
    ax.set_ylim(len(rows) - 0.4, -0.5)
    for i, row in enumerate(rows.to_dict("records")):
        equal, n = charts.number(row["effective_vendors"], 1), int(row["n_vendors"])
        text = f"HHI {charts.number(row['hhi'])}, as {equal} equal vendors; {charts.number(n)} in all"
        text = text if n > 1 else f"HHI {charts.number(row['hhi'])}, one vendor"
        charts.beside(ax, text, (row["top_10_share"], i), size=9)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    headline = title or (
        _merged(result, groups)
        if "vendors" in keys
        else _largest(rows.iloc[0], labels[0], bool(keys), _measured(result))
    )
    alt = "; ".join(f"{n}: HHI {charts.number(h)}" for n, h in zip(labels, rows["hhi"], strict=True))
    sub = f"Share of {measured(result).lower()} by vendor, {in_currency(currency)}" + "; the highest HHI first" * (
        len(rows) > 1
    )
    if len(result) > len(rows):
        sub += f"; the {len(rows)} most concentrated of {charts.number(len(result))} groups"
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _measured(result: pd.DataFrame) -> str:
    """Return what is shared, in the title: of vendors that were picked the share is one of the pick, and of nothing else."""
    return measured(result).lower() + (" that was picked" if vendors_hidden_by(result) else "")


def _most_concentrated(result: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Return the rows to draw; "as given" and "after aliases" of a group stay together, ordered by the higher of the two."""
    most = result.groupby(groups, dropna=False)["hhi"].transform("max") if groups else result["hhi"]
    rows: pd.DataFrame = result.assign(most=most, place=range(len(result)))
    order = ["most", *groups, "place"]
    return rows.sort_values(order, ascending=[False, *[True] * len(groups), True]).head(_MOST_GROUPS)


def _stacked(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the shares over each other, and name those that any row has: of three vendors the five largest are all, and ten are none."""
    most = int(rows["n_vendors"].max())
    segments = [
        (name, column, colour)
        for name, column, colour, beyond in (
            ("largest", "top_1_share", charts.look.highlight, 0),
            ("5 largest" if most >= 5 else "all others", "top_5_share", charts.look.plain, 1),
            ("10 largest" if most >= 10 else "all others", "top_10_share", charts.look.rest, 5),
        )
        if most > beyond
    ]
    for _, column, colour in reversed(segments):  # the widest first: each next one lies over it
        ax.barh(np.arange(len(rows)), rows[column], color=colour, height=0.62)
    if len(segments) > 1:
        _legend(ax, {name: colour for name, _, colour in segments})


def _largest(first: pd.Series, label: str, of_groups: bool, measure: str) -> str:
    if first["n_vendors"] == 1:
        return f"All {measure}{f' of {label}' if of_groups else ''} is with one vendor"
    of, its = (f" of {label}", "its ") if of_groups else ("", "")
    five = f", the five largest {charts.percent(first['top_5_share'])}" if first["n_vendors"] > 5 else ""
    return f"The largest vendor{of} has {charts.percent(first['top_1_share'])} of {its}{measure}{five}"


def _merged(result: pd.DataFrame, groups: list[str]) -> str:
    """Return what the aliases change most."""
    one, other = (result[result["vendors"] == v].reset_index(drop=True) for v in ("as given", "after aliases"))
    i = int((other["hhi"] - one["hhi"]).abs().argmax())
    of = f" of {' / '.join(charts.group_labels(one.iloc[[i]], groups))}" if groups else ""
    # Compared as they will be printed: "1,250 instead of 1,250" would say that the aliases matter.
    a, b = charts.number(float(one["hhi"][i])), charts.number(float(other["hhi"][i]))
    if a == b:
        return "The aliases don't change the concentration"
    return f"With aliases merged, the HHI{of} is {b} instead of {a}"


_PARTS = ("head", "tail", "unknown vendor")
_MEASURES = {"Spend": "spend", "Vendors": "n_vendors", "Orders": "n_orders", "Lines": "n_lines"}


@charts.chart(of=tail, result_columns=("n_one_time_vendors",), own_defaults=("definition",))
def plot_tail(
    data: Any,
    *,
    definition: str = "share",
    currency: str | None = None,
    head_share: float = 0.8,
    threshold: float | None = None,
    basis: str = "ordered",
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw which share of spend, vendors, orders and lines the tail has.

    Each row is 100 % of its measure. Light grey: the head; highlighted: the tail; dark grey: what has no vendor. Beside each row
    how much the tail has; a part below 10 % has no text of its own.

    Parameters
    ----------
    definition : "share", unless you ask for "threshold": the chart has to choose where `spend.tail` lets you

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": list("aabc"), "order_id": list("1234"), "currency": "EUR", "amount": [50.0, 35.0, 10.0, 5.0]})
    >>> print(style.alt_text(spend.plot_tail(lines)))
    2 of 3 vendors are the tail: 15 % of ordered spend, 50 % of orders. Tail: vendors beyond the first 80 % of spend, EUR; 2 vendors have one order.
    Spend head 85 %; Spend tail 15 %; Spend unknown vendor 0 %; ...
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    if not len(result):
        return charts.no_data(ax, "tail spend", result)
    parts = result.set_index("part")
    ax = charts.axes(ax, rows=6)
    shares: dict[tuple[str, str], float] = {}
    for y, (name, column) in enumerate(_MEASURES.items()):
        shares |= _hundred_percent(ax, y, name, parts[column], currency)
    ax.set_yticks(range(len(_MEASURES)), list(_MEASURES))
    ax.set_ylim(len(_MEASURES) - 0.4, -0.5)
    ax.set_xlim(0, 1)
    _legend(ax, {p: c for p, c in _part_colours().items() if p != "unknown vendor" or p in parts.index})
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    headline = title or "There is no tail: no vendor is beyond the head"
    if not title and "tail" in parts.index:
        few = charts.number(parts["n_vendors"]["tail"])
        of_spend, of_orders = (f"{charts.percent(shares[name, 'tail'])} of" for name in ("Spend", "Orders"))
        net = float(parts["spend"]["tail"])
        if net < 0:  # more returns than orders: no share, and not nothing either
            of_spend = f"{charts.money(net, currency)} of net"
        are = "is" if few == "1" else "are"
        headline = f"{few} of {charts.counted(int(parts['n_vendors'].sum()), 'vendor')} {are} the tail: {of_spend} {measured(result).lower()}, {of_orders} orders"
    parameters = result.attrs.get("parameters", {})
    if parameters.get("definition") == "threshold":
        sub = f"Tail: vendors below {charts.money(float(parameters['threshold']), currency)}"
    else:
        # The classes of a Pareto chart are of all spend, and so may have a vendor more, or less.
        with_vendor = " that has a vendor" if "unknown vendor" in parts.index else ""
        sub = (
            f"Tail: vendors beyond the first {charts.percent(parameters.get('head_share', 0.8))} of spend{with_vendor}"
        )
    once = int(parts["n_one_time_vendors"].sum())
    sub += (
        f", {in_currency(currency)}; {'1 vendor has' if once == 1 else f'{charts.number(once)} vendors have'} one order"
    )
    alt = "; ".join(f"{n} {p} {charts.percent(s)}" for (n, p), s in shares.items())
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _hundred_percent(
    ax: Axes, y: int, name: str, values: pd.Series, currency: str | None
) -> dict[tuple[str, str], float]:
    """Draw the parts of one measure side by side, and return their shares."""
    colours = _part_colours()
    said = [float(values.get("tail", 0)), float(values.sum())]
    values = values.clip(lower=0)
    whole, left = float(values.sum()), 0.0
    shares: dict[tuple[str, str], float] = {}
    for part in _PARTS:
        value = float(values.get(part, 0))
        share = shares[name, part] = value / whole if whole else 0.0
        ax.barh(y, share, left=left, color=colours[part], height=0.62)
        if share >= 0.1:
            colour = charts.ink_on(colours[part])
            ax.annotate(
                charts.percent(share), (left + share / 2, y), ha="center", va="center", fontsize=9.5, color=colour
            )
        left += share
    words = [charts.money(v, "") if name == "Spend" else charts.number(v) for v in said]
    unit = f" {currency}" if name == "Spend" and currency else ""
    charts.beside(ax, f"tail {words[0]} of {words[1]}{unit}", (1.0, y))
    return shares


def _part_colours() -> dict[str, str]:
    return {"head": charts.look.rest, "tail": charts.look.highlight, "unknown vendor": charts.look.plain}


def _legend(ax: Axes, colours: Mapping[str, str]) -> None:
    """Name colours above the axes."""
    ax.legend([Patch(color=c) for c in colours.values()], list(colours), loc="lower left", bbox_to_anchor=(0, 1), ncols=3,
              frameon=False, fontsize=9.5, labelcolor=charts.look.ink, handlelength=0.9, handletextpad=0.5, borderaxespad=0.2,
              prop={"family": charts.fonts(), "size": 9.5})  # fmt: skip
