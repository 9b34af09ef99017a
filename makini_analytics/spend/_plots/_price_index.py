"""The price index as a line with its band, beside what other ways to look at prices say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By
from ...frames import AsOf
from .._price_index import Benchmark, price_index
from ._measure import in_currency

_MOST_GROUPS = 10  # names that fit beside the ends of their lines


@charts.chart(of=price_index, result_columns=("index", "matched_share"))
def plot_price_index(
    data: Any,
    *,
    freq: str = "M",
    by: By = None,
    item: str = "material",
    per_vendor: bool = False,
    currency: str | None = None,
    window: int = 25,
    benchmark: Benchmark = None,
    min_items: int = 5,
    min_share: float = 0.2,
    fiscal_year_start: int = 1,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how the prices of the same items moved, with the 95 % band, beside the average price paid and a chained index.

    Highlighted: the index, its band shaded. Grey and dashed: the average price paid, which moves with what was bought; thin and
    grey: the chained index, which drifts. Black: the benchmark. The title tells a change only where 100 lies outside the band
    of the last figure. Of several groups a line each is drawn, of the ten with most matched items, that which moved the most
    highlighted with its band; the title names it where its change is clear though several were looked at. A gap has no figure. The
    scale is that of the index: an average price that swings far beyond it leaves the chart, and the subtitle says so.

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"product_code": ["A", "B"] * 2, "unit_of_measure": "EA", "currency": "EUR",
    ...     "order_date": pd.to_datetime(["2025-01-05"] * 2 + ["2025-02-05"] * 2),
    ...     "quantity": [10.0, 10.0, 30.0, 10.0], "amount": [100.0, 1000.0, 330.0, 1100.0]})
    >>> print(style.alt_text(spend.plot_price_index(lines, min_items=2)))
    Prices of the same items rose 10.0 % since 2025-01; the average price paid says −35.0 %.
    Price index (GEKS-Törnqvist), 2025-01 = 100, EUR; band: 95 %; matched: 100 % of the spend; the average price leaves the scale.
    average price paid 65.0; chained 110.0; same items 110.0
    """
    result: pd.DataFrame = data
    currency = charts.one_currency(result)
    if result["index"].notna().sum() < 2:
        nothing = "Too little was bought again for a price index"
        return charts.no_data(ax, "price index", result, title=nothing)
    ax = charts.axes(ax, rows=9)
    figures = result[result["index"].notna()]
    keys = charts.group_columns(result, "period")
    bases = figures.groupby(keys, dropna=False, observed=True)["period"].min() if keys else figures["period"].iloc[:1]
    base = charts.period_name(bases.iloc[0]) if (bases == bases.iloc[0]).all() else "the first period of each"
    ax.axhline(100, color=charts.look.line, lw=1, zorder=0)
    periods = pd.period_range(result["period"].min(), result["period"].max())
    result = result.assign(x=(result["period"].array.asi8 - periods.asi8[0]).astype(float))
    headline, ends = _of_groups(ax, result, keys, base) if keys else _alone(ax, result, base)
    charts.periods_below(ax, list(periods))
    ax.set_xlim(-0.3, len(periods) - 0.7)
    ax.yaxis.set_major_formatter(lambda v, _: charts.number(v))
    left = "" if keys else _zoomed(ax, figures)
    low, high = ax.get_ylim()
    ends = [replace(e, value=float(np.clip(e.value, low, high))) for e in ends]
    charts.name_lines(ax, ends, len(periods) - 1)
    low, high = charts.percent(figures["matched_share"].min()), charts.percent(figures["matched_share"].max())
    share = low if low == high else f"{low} to {high}"
    sub = f"Price index (GEKS-Törnqvist), {base} = 100, {in_currency(currency)}; band: 95 %; matched: {share} of the spend{left}"
    if gaps := len(result) - len(figures):
        sub += f"; {charts.counted(gaps, 'period')} without a figure"
    alt = "; ".join(e.text for e in ends)
    return charts.finish(ax, title=title or headline, subtitle=sub, result=data, alt=alt)


def _zoomed(ax: Axes, figures: pd.DataFrame) -> str:
    """Let the scale be that of the index, not of the average price, which may swing ten times as far; return how it is told."""
    shown = figures[[c for c in ("index", "low", "high", "chained", "benchmark") if c in figures]].astype("float64")
    low, high = float(np.nanmin(shown.to_numpy())), float(np.nanmax(shown.to_numpy()))
    room = max(10.0, high - low)
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, low - room), min(top, high + room))
    average = figures["unit_value"]
    return (
        "; the average price leaves the scale" if (average > high + room).any() or (average < low - room).any() else ""
    )


def _alone(ax: Axes, result: pd.DataFrame, base: str) -> tuple[str, list[charts.LineEnd]]:
    """Draw the index of one group and what stands beside it, and return the finding and the names."""
    look = charts.look
    named = result.attrs.get("parameters", {}).get("benchmark", "benchmark")
    beside = {
        "unit_value": ("average price paid", look.plain, {"ls": "--", "lw": 1.2}),
        "chained": ("chained", look.plain, {"lw": 1.0}),
        "benchmark": (charts.label(named, 24), look.ink, {"lw": 1.4}),
    }
    ends = []
    for column, (name, colour, how) in beside.items():
        known = result[result[column].notna()] if column in result else result.iloc[:0]
        if len(known) > 1:  # a benchmark by quarters has gaps between months
            ax.plot(known["x"], known[column], color=colour, **how)
            value = float(known[column].iloc[-1])
            ends.append(charts.LineEnd(value, f"{name} {charts.number(value, 1)}", colour))
    _line(ax, result)
    last = result[result["index"].notna()].iloc[-1]
    ends.append(charts.LineEnd(last["index"], f"same items {charts.number(last['index'], 1)}", look.highlight))
    return _finding(last, result["period"].iloc[-1], base), ends


def _of_groups(ax: Axes, result: pd.DataFrame, keys: list[str], base: str) -> tuple[str, list[charts.LineEnd]]:
    """Draw a line per group, that which moved the most highlighted, and return the span of the moves and the names."""
    groups = [g for _, g in result.groupby(keys, dropna=False, observed=True, sort=False) if g["index"].count() > 1]
    groups = sorted(groups, key=lambda g: -g["n_items"].sum())[:_MOST_GROUPS]
    last = pd.DataFrame([g[g["index"].notna()].iloc[-1] for g in groups])
    names = charts.group_labels(last, keys, 26)
    # the title speaks of the largest of the clear changes; where none is clear, the band of the largest shows it
    clear = _clear(last)
    move = np.abs(np.log(last["index"].to_numpy(dtype=float) / 100))
    most = int((move * (clear if clear.any() else 1)).argmax())
    ends = []
    for i, (rows, name, value) in enumerate(zip(groups, names, last["index"], strict=True)):
        _line(ax, rows, main=i == most)
        colour = charts.look.highlight if i == most else charts.look.muted
        ends.append(charts.LineEnd(float(value), f"{name} {charts.number(value, 1)}", colour))
    if len(groups) == 1:
        return f"{names[0]}: {_finding(last.iloc[0], result['period'].max(), base)}", ends
    of = charts.counted(len(groups), charts.row_noun(keys))
    if not clear[most]:
        span = f"{_signed(last['index'].min())} to {_signed(last['index'].max())}"
        return f"No clear change in prices of the same items since {base} in any of {of} ({span})", ends
    return (
        f"{names[most]}: prices of the same items {_moved(last['index'].iloc[most])} since {base}, the most of {of}",
        ends,
    )


def _clear(last: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return whose index has clearly left 100: by its band, with no more than 5 % of them false (Benjamini and Hochberg 1995).

    What lies one band away has a chance of 5 %; how fast that falls beyond depends on the items behind it, which a result doesn't
    tell: here as in Student's t with five degrees of freedom, which is slower than for most.
    """
    margin = np.log((last["high"] / last["index"]).to_numpy(dtype=float))
    move = np.abs(np.log(last["index"].to_numpy(dtype=float) / 100))
    bands = np.divide(move, margin, out=np.where(move > 1e-9, np.inf, 0.0), where=margin > 0)
    angle = np.arctan(2.571 * bands / np.sqrt(5))
    chance = 1 - 2 / np.pi * (angle + np.sin(angle) * np.cos(angle) * (1 + 2 / 3 * np.cos(angle) ** 2))
    rising = np.sort(chance)
    passed = np.flatnonzero(rising <= 0.05 * np.arange(1, len(rising) + 1) / len(rising))
    return np.asarray(chance <= (rising[passed[-1]] if len(passed) else -1.0))


def _line(ax: Axes, rows: pd.DataFrame, *, main: bool = True) -> None:
    """Draw an index with a gap where it has no figure, and the band of the one that the title speaks of."""
    colour, few = charts.look.highlight if main else charts.look.rest, len(rows) <= 60
    ax.plot(
        rows["x"],
        rows["index"],
        color=colour,
        lw=2.4 if main else 1.3,
        marker="o" if few else None,
        ms=3 + main,
        zorder=3 + main,
    )
    if main:
        ax.fill_between(rows["x"], rows["low"], rows["high"], color=colour, alpha=0.16, lw=0, zorder=2)


def _finding(last: pd.Series, newest: Any, base: str) -> str:
    """Return by how much prices moved up to the last figure, and what the average price says where that is something else."""
    index, average = float(last["index"]), float(last["unit_value"])
    when = f"since {base}" if last["period"] == newest else f"from {base} to {charts.period_name(last['period'])}"
    text = f"Prices of the same items {_moved(index)} {when}"
    if last["low"] <= 100 <= last["high"]:
        text = f"No clear change in prices of the same items {when} ({_signed(index)})"
    differs = abs(average - index) >= 1
    return text + (f"; the average price paid says {_signed(average)}" if differs else "")


def _moved(index: float) -> str:
    return f"{'rose' if index > 100 else 'fell'} {charts.number(abs(index - 100), 1)} %"


def _signed(index: float) -> str:
    """Return an index as a change.

    >>> _signed(103.14), _signed(92.4), _signed(99.99)
    ('+3.1 %', '−7.6 %', '0.0 %')
    """
    change = round(index - 100, 1) + 0.0
    return f"{'+' if change > 0 else ''}{charts.number(change, 1)} %"
