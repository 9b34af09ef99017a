"""What is still to come, and how good the forecast of it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import style
from ...errors import ConfigError
from .._open_orders import BUCKETS, ageing, backtest


def plot_ageing(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw the open value by how overdue it is, with the number of lines."""
    result = data if "expected_late_value_30" in getattr(data, "columns", ()) else ageing(data, **options)
    currency = style.one_currency(result)
    if not len(result):
        done = sum(e["n_lines"] for e in result.attrs.get("excluded", ()) if e["reason"] == "delivered")
        none = f"No line is open: all {style.number(done)} that count are delivered" if done else None
        return style.no_data(ax, "open lines", result, title=none)
    if result["bucket"].duplicated().any():
        raise ConfigError("an ageing chart shows one group: pass the rows of one, or by=None")
    rows = result.set_index("bucket").reindex([b for b in BUCKETS if b in set(result["bucket"])])
    late = [b not in ("not due", "no due date") for b in rows.index]
    values = rows["open_value"].to_numpy(dtype=float)
    ax = style.axes(ax, rows=len(rows))
    y = np.arange(len(rows))
    ax.barh(y, values, color=[style.look.late if x else style.look.rest for x in late], height=0.66)
    words = {"not due": "not due yet", "no due date": "no due date"}
    ax.set_yticks(y, [words.get(str(b), f"{b} days overdue") for b in rows.index])
    ax.set_ylim(max(len(rows), 4) - 0.5, -0.6)
    ax.set_xticks([])
    ax.axvline(0, color=style.look.line, lw=1)
    for i, (value, n) in enumerate(zip(values, rows["n_lines"], strict=True)):
        ax.annotate(
            f"{style.money(value, currency)}  {style.number(n)} {'line' if n == 1 else 'lines'}",
            (max(value, 0), i),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=style.look.ink,
        )
    ax.set_xlim(min(0.0, values.min()), max(values.max(), 1e-9) * 1.3)
    overdue, total = float(values[late].sum()), float(values.sum())
    n = int(rows["n_lines"][late].sum())
    said = title or (
        f"{style.money(overdue, currency)} of {style.money(total, currency)} still to come is overdue, {style.number(n)} lines"
        if n else f"Nothing of the {style.money(total, currency)} still to come is overdue"
    )  # fmt: skip
    soon = float(result["expected_late_value_30"].sum())
    sub = f"Open value by days past the due date; of what falls due in the next 30 days {style.money(soon, currency)} is expected late"
    alt = "; ".join(f"{b} {style.money(v, currency)}" for b, v in zip(rows.index, values, strict=True))
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def plot_backtest(data: Any, *, ax: Axes | None = None, title: str | None = None, **options: Any) -> Axes:
    """Draw the calibration: of the lines that got a chance of so much, how many came in time."""
    result = data if "trailing_rate" in getattr(data, "columns", ()) else backtest(data, **options)
    if len(result) < 10:
        return style.no_data(ax, "the forecast on days gone by: too few lines", result)
    chance, came = result["chance"].to_numpy(), result["on_time"].to_numpy(dtype=float)
    parts = np.array_split(np.argsort(chance, kind="stable"), min(10, len(result) // 5))
    x, share, n = (np.array([f(p) for p in parts]) for f in (lambda p: chance[p].mean(), lambda p: came[p].mean(), len))
    half = 1.96 * np.sqrt(np.maximum(share * (1 - share), 0.25 / n) / n)
    ax = style.axes(ax, rows=9)
    ax.plot([0, 1], [0, 1], color=style.look.line, lw=1.2)
    ax.vlines(x, np.clip(share - half, 0, 1), np.clip(share + half, 0, 1), color=style.look.rest, lw=4)
    ax.plot(x, share, "o", color=style.look.highlight, ms=7)
    ax.annotate(
        "as forecast",
        (0.97, 0.97),
        (0, -14),
        textcoords="offset points",
        ha="right",
        fontsize=9,
        color=style.look.muted,
    )
    ticks = [0, 0.25, 0.5, 0.75, 1]
    ax.set_xticks(ticks, ["0", *(style.percent(t) for t in ticks[1:])])
    ax.set_yticks(ticks, ["0", *(style.percent(t) for t in ticks[1:])])
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.04)
    ax.set_xlabel("forecast chance to come in time", color=style.look.muted, fontsize=9.5)
    if isinstance(ax, style.ChartAxes):
        ax.set_position((0.30, 0.25, 0.42, 0.53))
    errors, of_rate = ((p - came) ** 2 for p in (chance, result["trailing_rate"].to_numpy()))
    ours, base = float(errors.mean()), float(of_rate.mean())
    said = title or _compared(of_rate - errors, ours, base, result)
    sub = f"Lines that came in time by their forecast, {style.number(len(result))} forecasts of days gone by; Brier score {style.number(ours, 3)}, trailing rate {style.number(base, 3)}"
    alt = "; ".join(f"forecast {style.percent(a)}, came {style.percent(b)}" for a, b in zip(x, share, strict=True))
    return style.finish(ax, title=said, subtitle=sub, result=result, alt=alt)


def _compared(gain: np.ndarray[Any, Any], ours: float, base: float, result: pd.DataFrame) -> str:
    """Return whether the forecast is better, where the mean gain clears its 95 % interval; lines of one order count as one."""
    order = result.groupby([c for c in ("connection", "order_id") if c in result], dropna=False, sort=False).ngroup()
    sums = np.bincount(order, weights=gain - gain.mean())
    m = len(sums)
    half = 1.96 * np.sqrt(m / max(m - 1, 1) * (sums**2).sum()) / len(gain)
    both = f"({style.number(ours, 3)}, {style.number(base, 3)})"
    if m < style.SMALL_N or abs(gain.mean()) <= half:
        return f"No clear difference between the forecast's error and the trailing on-time rate's {both}"
    if ours > base:
        return f"The forecast has more error than the trailing on-time rate {both}"
    return f"The forecast has {style.percent(1 - ours / base)} less error than the trailing on-time rate"
