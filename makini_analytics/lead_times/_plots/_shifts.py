"""Lead times that changed: from how many days to how many, and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ... import charts
from ...compute import By, WorkCalendar
from ...frames import AsOf, is_engine_frame
from .._shifts import shifts
from ._shift_curves import MOST_CLOSE, colour_of, draw_close, roomy
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
    _lines: tuple[Any, dict[str, Any]] | None = None,
) -> Axes:
    """Draw whose lead time changed: at the left how long lines took before and after, at the right when that was.

    Up to four changes are drawn from close by, where lines are given: the share of lines delivered by each day, of those ordered before
    the change and from it on, each with its 95 % band and its median; and the median of each month, in grey before the day. Of more
    changes, and of a finished result, an arrow leads from the median before to the one after. The colour is that of late lines where
    they became longer. The shaded time is the 95 % interval of the day: a wide one says that the change came in this time, and not on
    which day.

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
    columns = charts.group_columns(result, "n_lines")
    tested = charts.n_named(result[result["shifted"].notna()], columns)
    noun = charts.row_noun(columns) if columns else "group"
    rows = result[result["shifted"].fillna(False).astype(bool)].head(top)
    if not len(rows):
        none = f"No clear change of lead times{'' if tested == 1 else f' at any of {charts.counted(tested, noun)}'}"
        few = f"Too little to tell a change: {charts.counted(charts.n_named(result, columns), noun)} with fewer than 40 lines in six months"
        return charts.no_data(
            ax, "changes of lead times", result, title=none if tested else few if len(result) else None
        )
    names = charts.group_labels(rows, columns, 30, among=result)
    close = _lines is not None and len(rows) <= MOST_CLOSE and not is_engine_frame(_lines[0]) and roomy(ax, len(rows))
    ax = charts.axes(ax, rows=4 * len(rows) + 1 if close else len(rows) + 1)
    ax.set_yticks(np.arange(len(rows)), names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    if close and _lines is not None:
        draw_close(ax, rows, *_lines)
        what = "Share of lines delivered by day, and median of each month, before (grey) and after the change"
        scale = "left: share delivered, by"
    else:
        _draw_medians(ax, rows)
        what, scale = "Median lead time before and after the change", "left:"
    said = [_words(ax, i, row) for i, row in enumerate(rows.to_dict("records"))]
    ax.set_xlabel(f"{scale} {days_of(result)} from {start_of(result)} to {end_of(result)}; right: when", color=charts.look.muted, fontsize=9.5)  # fmt: skip
    few = "clearest" if len(rows) == 1 else f"{len(rows)} clearest"
    which = f", the {few}" if len(rows) < int(result["shifted"].fillna(False).sum()) else ""
    sub = f"{what}{which}; its day with 95 % interval; of {charts.counted(tested, noun)} tested"
    alt = "; ".join(f"{n}: {t}" for n, t in zip(names, said, strict=True))
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


def _draw_medians(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw an arrow from the median before to the one after, and the day with its interval."""
    before, after = (rows[c].to_numpy(dtype=float) for c in ("median_before", "median_after"))
    most = float(np.nanmax([1.0, *before, *after]))
    ticks = [t for t in MaxNLocator(4).tick_values(0, most) if 0 <= t <= most]
    dates = _Calendar(rows)
    ax.set_xlim(0, _TIME[1] + 0.02)
    ax.set_xticks(
        [*(t / most for t in ticks), *(dates.at(d) for d in dates.ticks)],
        [*(charts.number(t) for t in ticks), *(f"{d:%b}\n{d.year}" for d in dates.ticks)],
    )
    for y, row in enumerate(rows.to_dict("records")):
        colour = colour_of(row)
        ax.plot(row["median_before"] / most, y, "o", color=charts.look.plain, mfc=charts.look.paper, ms=8, zorder=3)
        if pd.notna(row["median_after"]):
            arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2.2, "shrinkA": 5, "shrinkB": 0}
            ax.annotate("", (row["median_after"] / most, y), (row["median_before"] / most, y), arrowprops=arrow)
        ax.hlines(y, dates.at(row["low"]), dates.at(row["high"]), color=charts.look.rest, lw=6)
        ax.plot(dates.at(row["shift_date"]), y, "|", color=colour, ms=16, mew=2.6, zorder=3)
    ax.axvline(_TIME[0] - 0.04, color=charts.look.line, lw=1)


def _words(ax: Axes, y: int, row: dict[Any, Any]) -> str:
    """Write how many days it took before and after between both halves, and return that with the day."""
    after = row["median_after"]
    before = charts.number(row["median_before"])
    took = f"{before} days, after it not yet known" if pd.isna(after) else f"{before} to {charts.number(after)} days"
    back = "" if pd.isna(row["lasting"]) or row["lasting"] else ", went back"
    text = f"{took}{back}"
    charts.beside(ax, text.replace(", ", "\n"), (1, y), (9, 0))
    return f"{text} from {row['shift_date'].date()} ({row['low'].date()} to {row['high'].date()})"


def _finding(rows: pd.DataFrame, names: list[str], result: pd.DataFrame, noun: str) -> str:
    """Return who takes how much longer, or how many changed."""
    n = int(result["shifted"].fillna(False).sum())
    first = rows.iloc[0]
    if n == 1 and pd.notna(first["median_after"]):
        took = f"{charts.number(first['median_before'])} to {charts.number(first['median_after'])} days"
        return f"{names[0]}: lead time went from {took} in {first['shift_date']:%B %Y}"
    longer = int((result["median_after"] > result["median_before"]).sum())
    shorter = int((result["median_after"] < result["median_before"]).sum())
    kinds = ((longer, "longer"), (shorter, "shorter"), (n - longer - shorter, "not yet known how"))
    parts = [f"{charts.number(k)} {word}" for k, word in kinds if k]
    said = f": {', '.join(parts)}" if parts else ""
    return f"Lead times changed at {charts.counted(n, noun)}{said}"
