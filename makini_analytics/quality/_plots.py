"""Charts of what the data are: each takes Purchases, or what the function of the same name gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import charts
from ..frames import AsOf, n_components
from ._coverage import coverage
from ._duplicates import duplicates
from ._reconcile import reconcile


@charts.chart(of=coverage, result_columns=("computable",))
def plot_coverage(
    data: Any, *, as_of: AsOf | None = None, counts: bool = True, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw which figures each connection's data can carry, and on how many of its lines they stand.

    A column per connection and a row per figure. The blue part of a cell is the share of the lines that the figure counts; without
    ``counts`` it says "yes". "no", in the colour of what is late: the figure can't be computed; `quality.coverage` says why.

    Examples
    --------
    >>> from makini_analytics import load_sample, quality, style
    >>> print(style.alt_text(quality.plot_coverage(load_sample(["us"]))))
    3... figures can be computed; ... can't. Lines that each figure counts, by connection.
    us, spend, received: no line has a received_quantity; us, lead_times.receipts: ...; us, slippage, due=promised: no line has a promised_date; ...
    """
    result: pd.DataFrame = data
    figures = result[result["table"] == "metrics"]
    if not len(figures) or not (figures["n_rows"].sum() if "n_rows" in figures else figures["computable"].any()):
        return charts.no_data(ax, "figures that can be computed", result)
    names = figures["name"].unique().tolist()
    connections = figures["connection"].unique().tolist()
    ax = charts.axes(ax, rows=len(names))
    for row in figures.to_dict("records"):
        _cell(ax, connections.index(row["connection"]), names.index(row["name"]), row)
    ax.set_xlim(0, len(connections))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xticks(np.arange(len(connections)) + 0.5, [charts.label(c, 20) for c in connections])
    ax.xaxis.tick_top()
    # "slippage.by_vendor, due=promised" reads "slippage by vendor by promised date".
    words = [n.replace(", due=promised", " by promised date").replace(".", " ").replace("_", " ") for n in names]
    ax.set_yticks(range(len(names)), words)
    for side in ax.spines.values():
        side.set_visible(False)
    n, good = len(figures), int(figures["computable"].sum())
    headline = title or f"{good} of {n} figures can be computed" + ("" if good == n else f"; {n - good} can't")
    lacking = figures[~figures["computable"].astype(bool)]
    alt = "; ".join(f"{r['connection']}, {r['name']}: {r['evidence']}" for r in lacking.to_dict("records"))
    what = "Lines that each figure counts, by connection" if "share" in figures else "By connection"
    return charts.finish(ax, title=headline, subtitle=what, result=result, alt=alt, cut=True)


def _cell(ax: Axes, x: int, y: int, row: dict[Any, Any]) -> None:
    good = bool(row["computable"])
    # pale, since the words stand on them
    ax.barh(y, 0.92, left=x + 0.04, height=0.84, color=charts.look.rest, alpha=0.25, lw=0)
    share = row.get("share", 1.0) if good else 0.0
    ax.barh(y, 0.92 * share, left=x + 0.04, height=0.84, color=charts.look.highlight, alpha=0.28, lw=0)
    yes = f"{charts.percent(share)} of lines" if "share" in row else "yes"
    text, colour = (yes, charts.look.ink) if good else ("no", charts.look.late)
    ax.text(x + 0.5, y, text, ha="center", va="center", fontsize=9.5, color=colour)


@charts.chart(of=reconcile, result_columns=("part", "step"))
def plot_reconcile(
    data: Any,
    *,
    metric: str = "spend.by_vendor",
    as_of: AsOf | None = None,
    currency: str | None = None,
    connection: str | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the way from the value of all lines to the value that the figure uses, one currency at a time.

    Dark grey: all lines. In the colour of what is late: what was left out, by reason, each from where the one above it ended.
    Highlighted: what the figure uses. Beside each bar its value and its number of lines.

    Parameters
    ----------
    currency : the currency to draw; needed where there are several
    connection : the connection to draw; all together by default

    Examples
    --------
    >>> from makini_analytics import load_sample, quality, style
    >>> print(style.alt_text(quality.plot_reconcile(load_sample(["emea"]), currency="EUR")))
    4.62 M EUR of 4.99 M EUR is used: 93 % of the value. Value of the order lines, EUR, and what is left out.
    all lines 4.99 M EUR; cancelled −274 k EUR; deleted −80 k EUR; draft −13.3 k EUR; used 4.62 M EUR
    """
    result: pd.DataFrame = data
    lines = result[result["part"] == "lines"]
    if connection is not None:
        lines = lines[lines["connection"] == connection]
    # Amounts of two currencies don't add up, so without currency= there must be one, and the error names the others.
    if currency is None and len(lines):
        currency = charts.one_currency(lines)
    lines = lines[lines["currency"] == currency] if currency else lines
    if not len(lines):
        return charts.no_data(ax, "value of the lines", result)
    steps = _steps(lines)
    ax = charts.axes(ax, rows=len(steps))
    _waterfall(ax, steps, currency)
    raw, used = steps["value"].iloc[0], steps["value"].iloc[-1]
    all_, of_it = charts.money(raw, currency), charts.money(used, currency)
    headline = f"All of the {all_} is used: nothing was left out"
    if len(steps) > 2:
        headline = f"{of_it} of {all_} is used" + (
            f": {charts.percent(used / raw)} of the value" if 0 <= used <= raw and raw else ""
        )
    if not steps["value"].any():  # what has no amount, or is free
        n_used, n = int(steps["n_lines"].iloc[-1]), charts.counted(int(steps["n_lines"].iloc[0]), "line")
        headline = f"{charts.number(n_used)} of {n} {'is' if n_used == 1 else 'are'} used; no value is known"
    alt = "; ".join(f"{s['name']} {charts.money(s['value'], currency)}" for s in steps.to_dict("records"))
    # The footnote speaks of what is drawn: one currency, and perhaps one connection, of the result.
    result = result.copy(deep=False)
    of = ", ".join(lines["connection"].dropna().unique())
    result.attrs |= {"source": of, "included": {"n_lines": int(steps["n_lines"].iloc[0]), "value": {}}}
    sub = f"Value of the order lines, {currency or 'no currency stated'}, and what is left out"
    return charts.finish(ax, title=title or headline, subtitle=sub, result=result, alt=alt)


def _steps(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the bars from all lines to those used: ``name``, ``value`` (negative where left out), ``start`` and ``n_lines``.

    100 in all, 20 and 5 left out, 75 used: the bars start at 0, 100, 80 and 0.
    """
    ends = {s: lines.loc[lines["step"] == s, ["value", "n_lines"]].sum() for s in ("raw", "used")}
    out = lines[lines["step"] == "left out"].groupby("reason", sort=False)[["value", "n_lines"]].sum()
    out = out.sort_values("value", ascending=False)
    raw, used = (float(ends[s]["value"]) for s in ("raw", "used"))
    before = raw - out["value"].cumsum() + out["value"]
    counts = [ends["raw"]["n_lines"], *out["n_lines"], ends["used"]["n_lines"]]
    return pd.DataFrame(
        {
            "name": ["all lines", *(str(r) for r in out.index), "used"],
            "value": [raw, *-out["value"], used],
            "start": [0.0, *before, 0.0],
            "n_lines": np.array(counts).astype(np.int64),
        }
    )


def _waterfall(ax: Axes, steps: pd.DataFrame, currency: str | None) -> None:
    colours = [charts.look.plain, *[charts.look.late] * (len(steps) - 2), charts.look.highlight]
    starts, ends = steps["start"], steps["start"] + steps["value"]
    ax.barh(np.arange(len(steps)), steps["value"], left=starts, color=colours, height=0.66)
    for i, (value, start, n) in enumerate(zip(steps["value"], starts, steps["n_lines"], strict=True)):
        text = f"{charts.money(value, currency)}, {charts.counted(n, 'line')}"
        charts.beside(ax, text, (max(start, start + value, 0), i))
    charts.name_rows(ax, [charts.label(name) for name in steps["name"]])
    ax.set_xticks([])
    ax.set_xlim(min(0.0, *ends), max(*ends, *starts, 1e-9))


@charts.chart(of=duplicates, result_columns=("kind", "score"))
def plot_duplicates(
    data: Any,
    *,
    score: float = 88,
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 15,
) -> Axes:
    """Draw the suggestions by score, each with its two names.

    Each kind has its part of the bars, the one with the highest score first; all are of one colour, so that only the score tells
    how strong a suggestion is. They are to be looked at, and nothing is merged: `quality.rename_vendors` does that for vendors, by
    a mapping that you supply.

    Parameters
    ----------
    top : suggestions to draw, of each kind those with the highest score

    Examples
    --------
    >>> from makini_analytics import Purchases, quality, style
    >>> orders = pd.DataFrame({"order_number": ["1", "2"], "vendor_name": ["Acme", "ACME"], "amount": [1.0, 2.0]})
    >>> print(style.alt_text(quality.plot_duplicates(Purchases.from_table(orders))))
    Seems to be there twice: 1 vendor. Score, out of 100, kind by kind; suggestions to look at, nothing is merged.
    ACME
    = Acme
    """
    result: pd.DataFrame = data
    if not len(result):
        return charts.no_data(ax, "orders and vendors looked at", result, title="Nothing seems to be there twice")
    # one of each kind after the other, until all places are taken: twelve orders leave room for three vendors, and 500 vendors for orders
    turn = result.groupby("kind", sort=False).cumcount().sort_values(kind="stable").index[:top]
    head = result.loc[turn.sort_values()]
    # the strongest on top, where one begins to look: 100 for a vendor comes before 50 for an order
    best = head.groupby("kind")["score"].transform("max")
    head = head.loc[best.sort_values(ascending=False, kind="stable").index]
    labels = [_both(r) for r in head.to_dict("records")]
    ax = charts.axes(ax, rows=len(head))
    y = np.arange(len(head))
    ax.barh(y, head["score"], color=charts.look.highlight, height=0.66)
    for i, value in enumerate(head["score"]):
        charts.beside(ax, f"{value:.0f}", (value, i))
    ax.set_yticks(y, labels)
    ax.invert_yaxis()
    ax.set_xlim(0, 100)
    ax.set_xticks([])
    headline = title or _there_twice(result)
    more = f"; drawn {len(head)} of {charts.number(len(result))} pairs" if len(result) > len(head) else ""
    sub = f"Score, out of 100, kind by kind; suggestions to look at, nothing is merged{more}"
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt="; ".join(labels), cut=True)


def _there_twice(result: pd.DataFrame) -> str:
    """Return how many things of each kind have several entries: three names of one vendor are three pairs, and one vendor."""
    several, copied = [], 0
    for kind, pairs in result.groupby("kind", sort=False):
        if kind == "due date":
            copied = len(pairs)
            continue
        ends = [
            list(zip(pairs[f"{side}connection"], pairs[f"{side}id"], pairs[f"{side}name"], strict=True))
            for side in ("", "other_")
        ]
        n = n_components(list(zip(*ends, strict=True)))
        several.append(f"{charts.number(n)} {kind}{'s' if n > 1 else ''}")
    found = [f"Seems to be there twice: {', '.join(several)}"] if several else []
    if copied:
        connections = "a connection" if copied == 1 else f"{charts.number(copied)} connections"
        found.append(f"the due dates of {connections} copy the delivery")
    said = "; ".join(found)
    return said[0].upper() + said[1:]


def _both(row: dict[str, Any]) -> str:
    if pd.isna(row["other_name"]):
        return f"{row['connection']}: {row['name']}"
    if row["kind"] == "order":
        return f"{row['name']} ({row['connection']}, {row['other_connection']})"
    one, other = _apart(row["name"], row["other_name"], 32)
    if one == other:  # the connections tell them apart, or the ids where they lie in one
        of = "connection" if row["connection"] != row["other_connection"] else "id"
        one, other = (
            f"{charts.label(n, 22)} ({charts.label(row[s + of], 12, 6)})" for n, s in ((one, ""), (other, "other_"))
        )
    return f"{one}\n= {other}"


def _apart(name: Any, other: Any, most: int) -> tuple[str, str]:
    """Return two names no wider than that: from the first word that differs on, where they would read alike without it."""
    one, two = (charts.label(n, most) for n in (name, other))
    whole = [charts.label(n, 10_000) for n in (name, other)]
    if one != two or whole[0] == whole[1]:
        return one, two
    n_shared = next((i for i, (a, b) in enumerate(zip(*whole, strict=False)) if a != b), min(map(len, whole)))
    start = whole[0].rfind(" ", 0, n_shared) + 1 or max(n_shared - most // 4, 0)
    one, two = (f"…{charts.label(n[start:], most - 1)}" for n in whole)
    return one, two
