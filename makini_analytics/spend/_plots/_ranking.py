"""Who the spend goes to: ranked bars, Pareto, concentration, tail, single sources."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ... import style
from .._concentration import concentration
from .._sources import single_source
from .._tail import tail
from .._vendors import by_vendor
from ._measure import alternative, bars, head_and_rest, in_currency, measured


def plot_by_vendor(
    data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 10, **options: Any
) -> Axes:
    """Draw vendors by falling spend, the rest folded into one bar, so that the bars add up to the total."""
    result = data if "abc_class" in getattr(data, "columns", ()) else by_vendor(data, **options)
    currency, what = style.one_currency(result), measured(result)
    columns = style.group_columns(result, "currency")
    if not len(result):
        return style.no_data(ax, f"{what.lower()} by {style.named(columns)}", result)
    head, rest = head_and_rest(result, top)
    total = float(result["spend"].sum())
    labels, values = style.group_labels(head, columns), head["spend"].tolist()
    if len(rest):
        labels.append(f"Other ({style.number(len(rest))})")
        values.append(float(rest["spend"].sum()))
    spoken, said = _leading(result, head, columns, labels, what)
    colours = [style.look.highlight if i in spoken else style.look.plain for i in range(len(head))] + [
        style.look.rest
    ] * bool(len(rest))
    of_total = total > 0 and values[0] <= total  # with large negative nets a share of the total says nothing
    texts = [style.money(v, currency) + (f"  {style.percent(v / total)}" if of_total else "") for v in values]
    ax = style.axes(ax, rows=len(values))
    bars(ax, labels, values, colours, texts)
    below = result["spend"] < 0
    apart = (
        f"; {style.number(int(below.sum()))} with a negative net, {style.money(result['spend'][below].sum(), currency)}"
        if below.any()
        else ""
    )
    sub = f"{what} by {style.named(columns)}, {in_currency(currency)}, total {style.money(total, currency)}{apart}"
    alt = alternative(labels, values, currency)
    rows = [[i] for i in range(len(head))] + ([range(len(head), len(result))] if len(rest) else [])
    return style.finish(ax, title=title or said, subtitle=sub, result=result, alt=alt, bars=rows)


def _leading(
    result: pd.DataFrame, head: pd.DataFrame, columns: list[str], labels: list[str], what: str
) -> tuple[set[int], str]:
    """Return the bars that the title speaks of, those that make up half of the total, and the title."""
    total, group = float(result["spend"].sum()), style.named(columns)
    below = float(result["spend"].clip(upper=0).sum())
    if total <= 0 or head["spend"].iloc[0] > total:
        currency = style.one_currency(result)
        net = (
            f" net: {style.money(total - below, currency)}, and {style.money(below, currency)} of returns"
            if below
            else ""
        )
        return set(), f"{what} is {style.money(total, currency)}{net}"
    known = result[columns].notna().any(axis=1)
    if not known.any():
        return set(), f"The {group} of all {what.lower()} is unknown"
    if len(result) == 1:
        return {0}, f"All {what.lower()} is with {labels[0]}"
    spoken: list[int] = []
    share = 0.0
    for i in np.flatnonzero(known.to_numpy()[: len(head)]).tolist():  # the unknown group is no vendor
        if share >= 0.5 or (len(spoken) == 3 and head["cumulative_share"].max() < 0.5):
            break
        spoken.append(i)
        share += float(head["share"].iloc[i])
    if len(spoken) == 1:
        return {spoken[0]}, f"{labels[spoken[0]]} makes {style.percent(share)} of {what.lower()}"
    several = style.plural(group)
    return set(
        spoken
    ), f"{len(spoken)} of {style.number(int(known.sum()))} {several} make {style.percent(share)} of {what.lower()}"


def plot_pareto(data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 25, **options: Any) -> Axes:
    """Draw the Pareto chart: spend in falling order as bars, and the cumulative share as a line on its own axis.

    Up to ``top`` bars carry names; more are drawn by rank. A negative net has no bar: the cumulative share leaves it out too.
    """
    result = data if "abc_class" in getattr(data, "columns", ()) else by_vendor(data, **options)
    currency, what = style.one_currency(result), measured(result)
    ranked = result[result["cumulative_share"].notna()]
    columns = style.group_columns(result, "currency")
    if not len(ranked):
        return style.no_data(ax, f"{what.lower()} by {style.named(columns)}", result)
    ax = style.axes(ax, rows=9)
    n, spend = len(ranked), ranked["spend"].to_numpy()
    share = ranked["cumulative_share"].to_numpy()
    n_a = int((ranked["abc_class"] == "A").sum())
    x = np.arange(1, n + 1)
    ax.bar(
        x,
        spend,
        width=0.78 if n <= 60 else 1.0,
        color=[style.look.highlight if i < n_a else style.look.rest for i in range(n)],
        linewidth=0,
    )
    ax.axvspan(0.5, n_a + 0.5, color=style.look.highlight, alpha=0.07, lw=0)
    total = float(np.maximum(spend, 0).sum())
    line = ax.twinx()  # scaled to the same total: a bar and the line's first step have the same height
    line.plot(np.r_[0.5, x], np.r_[0, share], color=style.look.ink, lw=1.6, marker="o" if n <= 40 else None, ms=3.5)
    end = float(share[n_a - 1])
    line.plot([x[n_a - 1]], [end], marker="o", ms=7, color=style.look.highlight, mec="white")
    line.annotate(
        f"{style.number(n_a)} of {style.number(n)}: {style.percent(end)}",
        (x[n_a - 1], end),
        (8, -12),
        textcoords="offset points",
        fontsize=10,
        color=style.look.ink,
        family=style.fonts(),
    )
    line.set_ylim(0, 1.06)
    line.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
    line.tick_params(colors=style.look.ink, labelsize=9, length=0)
    for side in line.spines.values():
        side.set_visible(False)
    line.axhline(0.8, color=style.look.line, lw=1, zorder=0)
    ax.set_ylim(0, total * 1.06)
    ax.set_yticks(ax.get_yticks()[:-1], ["0" if v == 0 else style.money(v, "") for v in ax.get_yticks()[:-1]])
    ax.set_ylim(0, total * 1.06)
    ax.set_xlim(0.4, n + 0.6)
    if n <= top:
        names = [style.label(v, 22) for v in style.group_labels(ranked, columns)]
        ax.set_xticks(x, names, rotation=40, ha="right", rotation_mode="anchor", fontsize=9)
    else:
        step = max(1, round(n / 8, -int(np.log10(n)) + (n > 100)))
        at = np.r_[1, np.arange(step, n + 1, step)].astype(int)
        ax.set_xticks(at, [f"{style.number(i)}" for i in at])
        ax.set_xlabel(
            f"{style.plural(style.named(columns))} by falling spend".capitalize(),
            color=style.look.muted,
            fontsize=9.5,
            family=style.fonts(),
        )
    if isinstance(ax, style.ChartAxes):
        bottom = 0.40 if n <= top else 0.24
        for each in (ax, line):
            each.set_position((0.09, bottom, 0.83, 0.78 - bottom))
    of_a = ranked["abc_class"] == "A"
    known = ranked[columns].notna().any(axis=1) if columns else of_a
    unknown = "" if known[of_a].all() else " (with what has none)"
    several = style.plural(style.named(columns))
    said = title or (
        f"{style.number(int(known[of_a].sum()))} of {style.number(int(known.sum()))} {several} make {style.percent(end)} of {what.lower()}{unknown}"
    )
    below = result["spend"] < 0
    apart = f"; without {style.number(int(below.sum()))} of negative net" if below.any() else ""
    sub = f"{what} by {style.named(columns)}, {in_currency(currency)} (bars), and cumulative share (line){apart}"
    alt = (
        f"Class A {style.number(n_a)}, B {style.number(int((ranked['abc_class'] == 'B').sum()))}, C {style.number(int((ranked['abc_class'] == 'C').sum()))}. "
        + alternative(style.group_labels(ranked.head(10), columns), ranked.head(10)["spend"].tolist(), currency)
    )
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def plot_concentration(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw the share of the largest vendor, the five and the ten largest, overall or by group."""
    result = data if "hhi" in getattr(data, "columns", ()) else concentration(data, **options)
    result = result[result["n_vendors"] > 0]
    currency = style.one_currency(result)
    if not len(result):
        return style.no_data(ax, "concentration of spend", result)
    keys = [c for c in style.group_columns(result, "hhi") if c != "currency"]
    groups = [k for k in keys if k != "vendors"]
    most = result.groupby(groups, dropna=False)["hhi"].transform("max") if groups else result["hhi"]
    rows: pd.DataFrame = result.assign(most=most, place=range(len(result)))
    rows = rows.sort_values(["most", *groups, "place"], ascending=[False, *[True] * len(groups), True]).head(16)
    ax = style.axes(ax, rows=len(rows) + 2)
    y = np.arange(len(rows))
    for column, colour in (
        ("top_10_share", style.look.rest),
        ("top_5_share", style.look.plain),
        ("top_1_share", style.look.highlight),
    ):
        ax.barh(y, rows[column], color=colour, height=0.62)
    keys_of = [Patch(color=c) for c in (style.look.highlight, style.look.plain, style.look.rest)]
    ax.legend(keys_of, ["largest", "5 largest", "10 largest"], loc="lower left", bbox_to_anchor=(0, 1), ncols=3,
              frameon=False, fontsize=9.5, labelcolor=style.look.ink, handlelength=0.9, handletextpad=0.5, borderaxespad=0.2)  # fmt: skip
    labels = [style.label(n) for n in style.group_labels(rows, groups)] if groups else ["All vendors"] * len(rows)
    if "vendors" in keys:
        labels = ["after aliases" if v == "after aliases" else n for n, v in zip(labels, rows["vendors"], strict=True)]
    ax.set_yticks(y, labels)
    ax.set_ylim(max(len(rows), 3) - 0.4, -0.5)
    for i, row in enumerate(rows.to_dict("records")):
        text = f"HHI {style.number(row['hhi'])}, as {style.number(row['effective_vendors'], 1)} equal vendors; {style.number(row['n_vendors'])} in all"
        ax.annotate(text, (1.0, i), (6, 0), textcoords="offset points", va="center", fontsize=9, color=style.look.ink)
    ax.set_xlim(0, 1.55)
    ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    first = rows.iloc[0]
    said = (
        title
        or (_merged(result, groups) if "vendors" in keys else "")
        or (
            f"The largest vendor{' of ' + labels[0] if keys else ''} has {style.percent(first['top_1_share'])} of {'its ' if keys else ''}ordered spend"
            + (f", the five largest {style.percent(first['top_5_share'])}" if first["n_vendors"] > 5 else "")
        )
    )
    alt = "; ".join(f"{n}: HHI {style.number(h)}" for n, h in zip(labels, rows["hhi"], strict=True))
    sub = f"Share of {measured(result).lower()} by vendor, {in_currency(currency)}"
    if len(result) > len(rows):
        sub += f"; the {len(rows)} most concentrated of {style.number(len(result))} groups"
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def _merged(result: pd.DataFrame, groups: list[str]) -> str:
    """Return what the aliases change most."""
    one, other = (result[result["vendors"] == v].reset_index(drop=True) for v in ("as given", "after aliases"))
    i = int((other["hhi"] - one["hhi"]).abs().argmax())
    of = f" of {' / '.join(style.group_labels(one.iloc[[i]], groups))}" if groups else ""
    a, b = float(one["hhi"][i]), float(other["hhi"][i])
    if f"{style.number(a)}" == f"{style.number(b)}":
        return "The aliases don't change the concentration"
    return f"With aliases merged, the HHI{of} is {style.number(b)} instead of {style.number(a)}"


def plot_tail(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw which share of spend, vendors, orders and lines the tail has."""
    given = "n_one_time_vendors" in getattr(data, "columns", ())
    result = data if given else tail(data, **({"definition": "share"} | options))
    currency = style.one_currency(result)
    if not len(result):
        return style.no_data(ax, "tail spend", result)
    parts = result.set_index("part")
    rows = {"Spend": "spend", "Vendors": "n_vendors", "Orders": "n_orders", "Lines": "n_lines"}
    ax = style.axes(ax, rows=6)
    colours = {"head": style.look.rest, "tail": style.look.highlight, "unknown vendor": style.look.plain}
    shares: dict[tuple[str, str], float] = {}
    for y, (name, column) in enumerate(rows.items()):
        whole, left = float(parts[column].clip(lower=0).sum()), 0.0
        for part in ("head", "tail", "unknown vendor"):
            value = max(float(parts[column].get(part, 0)), 0.0)
            share = shares[name, part] = value / whole if whole else 0.0
            ax.barh(y, share, left=left, color=colours[part], height=0.62)
            if share > 0.04:
                shown = style.money(value, currency) if column == "spend" else f"{style.number(value)}"
                ax.annotate(
                    f"{shown}  {style.percent(share)}" if share > 0.14 else style.percent(share),
                    (left + share / 2, y),
                    ha="center",
                    va="center",
                    fontsize=9.5,
                    color="white" if part != "head" else style.look.ink,
                )
            if y == 0 and share > 0:
                narrow = share < 0.06
                where = left + share + 0.01 if narrow else left + share / 2
                ax.annotate(
                    part,
                    (where, 0 if narrow else -0.45),
                    ha="left" if narrow else "center",
                    va="center" if narrow else "baseline",
                    fontsize=9.5,
                    color=style.look.ink,
                )
            left += share
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.4, -0.75)
    ax.set_xlim(0, 1.12)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    small = "tail" in parts.index
    n_all = int(parts["n_vendors"].sum())
    said = title or (
        "There is no tail: no vendor is beyond the head"
        if not small
        else f"{style.number(parts['n_vendors']['tail'])} of {style.number(n_all)} vendors are the tail: {style.percent(shares['Spend', 'tail'])} of "
        f"{measured(result).lower()}, {style.percent(shares['Orders', 'tail'])} of orders"
    )
    told = result.attrs.get("parameters", {})
    if told.get("definition") == "threshold":
        sub = f"Tail: vendors below {style.money(float(told['threshold']), currency)}"
    else:
        sub = f"Tail: vendors beyond the first {style.percent(told.get('head_share', 0.8))} of spend"
    once = int(parts["n_one_time_vendors"].sum())
    sub += f", {in_currency(currency)}; {style.number(once)} vendors have one order"
    alt = "; ".join(f"{n} {p} {style.percent(s)}" for (n, p), s in shares.items())
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def plot_single_source(
    data: Any, *, ax: Axes | None = None, title: str | None = None, top: int = 12, **options: Any
) -> Axes:
    """Draw the items that one vendor supplies, by spend, with the vendor and the lead time."""
    result = data if "last_order_date" in getattr(data, "columns", ()) else single_source(data, **options)
    currency = style.one_currency(result)
    item = result.attrs.get("parameters", {}).get("item", "material")
    if not len(result):
        several = sum(e["n_lines"] for e in result.attrs.get("excluded", ()) if e["reason"] == "several vendors")
        none = f"No {item} was bought from one vendor only: {style.number(several)} lines are of items with several"
        return style.no_data(ax, f"{style.plural(item)} with one vendor", result, title=none if several else None)
    head, rest = head_and_rest(result, top)
    columns = [c for c in style.group_columns(result, "currency") if not c.startswith("vendor_")]
    shown = [c for c in ("description", "product_code", *columns) if c in columns and head[c].notna().any()][:1]
    labels, values = style.group_labels(head, shown), head["spend"].tolist()
    texts = []
    for row in head.to_dict("records"):
        vendor = style.label(row["vendor_name"] if pd.notna(row.get("vendor_name")) else row["vendor_id"], 26)
        slow = "" if pd.isna(row["p90_days"]) else f", 9 of 10 in {row['p90_days']:.0f} days"
        texts.append(f"{style.money(row['spend'], currency)}  {vendor}{slow}")
    colours = [style.look.highlight] + [style.look.plain] * (len(head) - 1)
    if len(rest):
        labels.append(f"Other ({style.number(len(rest))})")
        values.append(float(rest["spend"].sum()))
        texts.append(style.money(values[-1], currency))
        colours.append(style.look.rest)
    ax = style.axes(ax, rows=len(values))
    bars(ax, labels, values, colours, texts)
    ax.set_xlim(right=max(*values, 1e-9) * 1.75)
    share = float(result["share"].sum())
    several = style.plural(item) if len(result) > 1 else item
    said = title or (
        f"{style.number(len(result))} {several} {'were' if len(result) > 1 else 'was'} bought from one vendor only: "
        f"{style.percent(share)} of ordered spend"
    )
    sub = (
        f"Ordered spend, {in_currency(currency)}, with the vendor and the lead time (Kaplan-Meier, open lines counted)"
    )
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alternative(labels, values, currency))
