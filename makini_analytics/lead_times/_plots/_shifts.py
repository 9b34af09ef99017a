"""Lead times that changed: from how many days to how many, and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ... import charts
from ...compute import By, WorkCalendar
from ...frames import AsOf
from .._shifts import shifts
from ._words import days_of, end_of, start_of

#: The days take the part of the chart from 0 to 1, the calendar this one; what is said of a row stands between them.
_TIME = (1.55, 2.3)


@charts.chart(of=shifts, result_columns=("shift_date", "median_before"))
def plot_shifts(
    data: Any,
    *,
    by: By = "vendor",
    as_of: AsOf | None = None,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 10,
) -> Axes:
    """Draw whose lead time changed: at the left the median before and after, at the right the day with its 95 % interval.

    An arrow leads from the median before to the one after, in the colour of late lines where it became longer. An interval that is
    wide says that the change came in this time, and not on which day. ``plot_curve`` draws the curves of both sides, where a column
    such as ``lines.assign(side=lines.order_date >= day)`` tells them apart, ``plot_by_period`` the months.

    Parameters
    ----------
    top : groups to draw, the clearest changes first

    Examples
    --------
    >>> from makini_analytics import lead_times, style
    >>> days = pd.date_range("2024-01-01", "2025-06-30", freq="3D")
    >>> lines = pd.DataFrame({"vendor_id": "a", "order_date": days})
    >>> took = [20 + i % 5 + (10 if day >= pd.Timestamp("2025-01-05") else 0) for i, day in enumerate(days)]
    >>> lines["delivered_date"] = days + pd.to_timedelta(took, unit="D")
    >>> style.alt_text(lead_times.plot_shifts(lines, as_of="2025-12-31")).splitlines()[-1]
    'a: 22 to 32 days from 2025-01-07 (2025-01-07 to 2025-01-07)'
    """
    result: pd.DataFrame = data
    tested = int(result["shifted"].notna().sum())
    columns = charts.group_columns(result, "n_lines")
    noun = charts.row_noun(columns) if columns else "group"
    rows = result[result["shifted"].fillna(False).astype(bool)].head(top)
    if not len(rows):
        none = f"No clear change of lead times at any of {charts.counted(tested, noun)}"
        few = f"Too little to tell a change: {charts.counted(len(result), noun)} with fewer than 40 lines in six months"
        return charts.no_data(ax, "changes of lead times", result, title=none if tested else few)
    names = charts.group_labels(rows, columns, 30)
    ax = charts.axes(ax, rows=len(rows) + 1)
    y = np.arange(len(rows))
    ax.set_yticks(y, names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, _TIME[1] + 0.02)
    before, after = (rows[c].to_numpy(dtype=float) for c in ("median_before", "median_after"))
    most = float(np.nanmax([1.0, *before, *after]))
    ticks = [t for t in MaxNLocator(4).tick_values(0, most) if 0 <= t <= most]
    dates = _Calendar(rows)
    ax.set_xticks(
        [*(t / most for t in ticks), *(dates.at(d) for d in dates.ticks)],
        [*(charts.number(t) for t in ticks), *(f"{d:%b}\n{d.year}" for d in dates.ticks)],
    )
    texts = [_drawn(ax, i, row, most, dates) for i, row in enumerate(rows.to_dict("records"))]
    ax.axvline(_TIME[0] - 0.04, color=charts.look.line, lw=1)
    ax.set_xlabel(f"left: {days_of(result)} from {start_of(result)} to {end_of(result)}; right: when", color=charts.look.muted, fontsize=9.5)  # fmt: skip
    which = f", the {len(rows)} clearest" if len(rows) < int(result["shifted"].fillna(False).sum()) else ""
    sub = f"Median lead time before and after the change{which}, and its day with 95 % interval; of {charts.counted(tested, noun)} tested"
    alt = "; ".join(f"{n}: {t}" for n, t in zip(names, texts, strict=True))
    places = [[i] for i in result.index.get_indexer(rows.index)]
    return charts.finish(ax, title=title or _finding(rows, names, result, noun), subtitle=sub, result=result, alt=alt, bars=places)  # fmt: skip


class _Calendar:
    """The right half of the chart: from two months before the first interval to the as-of day, or the last interval."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.first = rows["low"].min() - pd.DateOffset(months=2)
        self.last = rows["high"].max() + pd.DateOffset(months=2)
        step = max(1, -(-(self.last - self.first).days // 75))  # two or three have room
        months = pd.date_range(self.first, self.last, freq="MS")
        self.ticks = list(months[::step])

    def at(self, day: Any) -> float:
        """Return where a day stands."""
        left, right = _TIME
        return float(left + (right - left) * ((day - self.first) / (self.last - self.first)))


def _drawn(ax: Axes, y: int, row: dict[Any, Any], most: float, dates: _Calendar) -> str:
    """Draw one change, and return it in words."""
    before, after = row["median_before"], row["median_after"]
    longer = not after < before
    colour = charts.look.late if longer else charts.look.highlight
    ax.plot(before / most, y, "o", color=charts.look.plain, mfc=charts.look.paper, ms=8, zorder=3)
    end = "not yet known" if pd.isna(after) else charts.number(after)
    if pd.notna(after):
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2.2, "shrinkA": 5, "shrinkB": 0}
        ax.annotate("", (after / most, y), (before / most, y), arrowprops=arrow)
    text = f"{charts.number(before)} to {end} days"
    back = "" if pd.isna(row["lasting"]) or row["lasting"] else ", went back"
    furthest = max(before, after) if pd.notna(after) else before
    charts.beside(ax, f"{text}{back}", (furthest / most, y), (9, 0))
    ax.hlines(y, dates.at(row["low"]), dates.at(row["high"]), color=charts.look.rest, lw=6)
    ax.plot(dates.at(row["shift_date"]), y, "|", color=colour, ms=16, mew=2.6, zorder=3)
    return f"{text}{back} from {row['shift_date'].date()} ({row['low'].date()} to {row['high'].date()})"


def _finding(rows: pd.DataFrame, names: list[str], result: pd.DataFrame, noun: str) -> str:
    """Return who takes how much longer, or how many changed."""
    n = int(result["shifted"].fillna(False).sum())
    first = rows.iloc[0]
    if n == 1 and pd.notna(first["median_after"]):
        took = f"{charts.number(first['median_before'])} to {charts.number(first['median_after'])} days"
        return f"{names[0]}: lead time went from {took} in {first['shift_date']:%B %Y}"
    longer = int((result["median_after"] > result["median_before"]).sum())
    shorter = int((result["median_after"] < result["median_before"]).sum())
    parts = [f"{charts.number(k)} {word}" for k, word in ((longer, "longer"), (shorter, "shorter")) if k]
    said = f": {', '.join(parts)}" if parts else ""
    return f"Lead times changed at {charts.counted(n, noun)}{said}"
