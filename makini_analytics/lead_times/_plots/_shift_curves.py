"""A change of lead times from close by: the curves of the lines before and after it, and the months."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ... import charts
from ...compute import STARTS, group_lines
from ...frames import as_of_days, days_of, frame_of
from .._curve import curve
from .._periods import by_period

#: So many changes are drawn from close by; of more the medians alone.
MOST_CLOSE = 4
#: Where the months begin and end, beside curves from 0 to 1; the words stand between.
_TIME = (1.5, 2.4)
#: Of a row, which is 1 high, this is drawn on.
_HEIGHT = 0.74


def _lines_of(frame: pd.DataFrame, by: Any, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the lines of each row of a result."""
    groups = group_lines(frame, by)
    names = [c for c in groups.keys if c in rows]
    keys, wanted = (
        [tuple(None if pd.isna(v) else v for v in row) for row in table[names].itertuples(index=False)]
        for table in (groups.keys, rows)
    )
    place = {key: code for code, key in enumerate(keys)}
    return [frame[groups.codes == place[key]] for key in wanted]


def draw_close(ax: Axes, rows: pd.DataFrame, data: Any, options: Mapping[str, Any]) -> None:
    """Draw each change in a row of its own; the options are those of the figure."""
    frame = frame_of(data, metric="lead_times.plot_shifts")
    # the day of all lines: a part of them may have been updated less late
    alike = {n: v for n, v in options.items() if n != "by"} | {"as_of": as_of_days(frame, options.get("as_of"))}
    begins = STARTS[options.get("start", "order")]
    sides, months = [], []
    for (_, row), lines in zip(rows.iterrows(), _lines_of(frame, options.get("by", "vendor"), rows), strict=True):
        side = np.where(days_of(lines, begins) >= np.datetime64(row["shift_date"], "D"), "after", "before")
        sides.append(curve(lines.assign(side=pd.array(side, dtype="string")), by="side", **alike))
        months.append(by_period(lines, freq="M", **alike))
    wide = max(_shown_days(part) for part in sides)
    first = min(m["period"].min() for m in months).to_timestamp()
    last = max(m["period"].max() for m in months).to_timestamp() + pd.DateOffset(months=1)
    for y, ((_, row), side, month) in enumerate(zip(rows.iterrows(), sides, months, strict=True)):
        _curves(ax, y, row, side, wide)
        _months(ax, y, row, month, first, last)
    _axes(ax, len(rows), wide, first, last)


def _shown_days(sides: pd.DataFrame) -> float:
    """Return how far the curves are drawn: as far as nine of ten lines have come, and somewhat more."""
    out = 1.0
    for _, part in sides.groupby("side", observed=True):
        reached = part.loc[part["share_delivered"] >= 0.9, "days"]
        out = max(out, float(reached.iloc[0]) * 1.2 if len(reached) else float(part["days"].max()))
    return out


def colour_of(row: Any) -> str:
    """Return the colour of the lines after a change: that of late ones where they take longer."""
    before, after = row["median_before"], row["median_after"]
    if pd.isna(before) or pd.isna(after):
        return str(charts.look.ink)
    return str(charts.look.late if after > before else charts.look.highlight)


def roomy(ax: Axes | None, n: int) -> bool:
    """Return whether somebody's axes have room for so many changes from close by; a figure of our own has."""
    if ax is None:
        return True
    box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    return bool(box.width >= 6 and box.height >= n)


def _at(y: int, share: Any) -> Any:
    """Return where a share, 0 to 1, stands in a row; rows are counted downwards."""
    return y + _HEIGHT / 2 - _HEIGHT * share


def _curves(ax: Axes, y: int, row: pd.Series, sides: pd.DataFrame, wide: float) -> None:
    ax.hlines([_at(y, 0), _at(y, 0.5)], 0, 1, color=charts.look.line, lw=[0.8, 0.6], ls=["-", ":"])
    for name, colour, width in (("before", charts.look.plain, 1.6), ("after", colour_of(row), 2.2)):
        whole = sides[sides["side"] == name]
        part = whole[whole["days"] <= wide]
        if not len(part):
            continue
        # a curve ends with the last day on which somebody still waited, unless everything has come
        followed = len(part) < len(whole) or part["share_delivered"].iloc[-1] > 1 - 1e-9
        days = np.append(part["days"].to_numpy(dtype=float), wide if followed else part["days"].iloc[-1]) / wide
        share = part["share_delivered"].to_numpy(dtype=float)
        ax.step(days, _at(y, np.append(share, share[-1])), where="post", color=colour, lw=width, zorder=3)
        low, high = (_at(y, np.append(v, v[-1])) for v in (part[c].to_numpy(dtype=float) for c in ("low", "high")))
        ax.fill_between(days, low, high, step="post", color=colour, alpha=0.14, lw=0)
        median = row[f"median_{name}"]
        if pd.notna(median):
            ax.plot(median / wide, _at(y, 0.5), "o", color=colour, ms=5, zorder=4)


def _months(ax: Axes, y: int, row: pd.Series, months: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> None:
    place = partial(_place, first, last)
    known = months[months["median_days"].notna()]
    days = known["median_days"].to_numpy(dtype=float)
    levels = [v for v in (row["median_before"], row["median_after"]) if pd.notna(v)]
    most = max([1.0, *levels, *(np.quantile(days, [0.95]) if len(days) else [])]) * 1.15
    ax.axvspan(place(row["low"]), place(row["high"]), *_part_of(ax, y), color=charts.look.rest, alpha=0.5, lw=0)
    ax.hlines(_at(y, 0), *_TIME, color=charts.look.line, lw=0.8)
    middles = known["period"].dt.start_time + pd.Timedelta(days=14)
    x = np.array([place(m) for m in middles])
    after = (middles >= row["shift_date"]).to_numpy(dtype=bool)
    height = _at(y, np.minimum(days / most, 1.0))
    for of, colour in ((~after, charts.look.plain), (after, colour_of(row))):
        ax.plot(x[of], height[of], "o", color=colour, ms=3.5, zorder=3)
    ends = {"before": (first, row["shift_date"]), "after": (row["shift_date"], last)}
    for name, (begin, end) in ends.items():
        level = row[f"median_{name}"]
        if pd.notna(level):
            colour = charts.look.plain if name == "before" else colour_of(row)
            ax.hlines(_at(y, level / most), place(begin), place(end), color=colour, lw=2, zorder=2)


def _place(first: pd.Timestamp, last: pd.Timestamp, day: Any) -> float:
    """Return where a day stands among the months."""
    left, right = _TIME
    return float(left + (right - left) * ((day - first) / (last - first)))


def _part_of(ax: Axes, y: int) -> npt.NDArray[np.float64]:
    """Return from where to where a row goes, as parts of the axes."""
    bottom, top = ax.get_ylim()
    return np.sort((np.array([y - 0.5, y + 0.5]) - bottom) / (top - bottom))


def _axes(ax: Axes, n: int, wide: float, first: pd.Timestamp, last: pd.Timestamp) -> None:
    ticks = [t for t in MaxNLocator(4).tick_values(0, wide) if 0 <= t <= wide]
    months = pd.date_range(first, last, freq="MS")[:-1]
    step = max(1, -(-len(months) // 4))
    at = [_place(first, last, m) for m in months[::step]]
    ax.set_xticks(
        [*(t / wide for t in ticks), *at],
        [*(charts.number(t) for t in ticks), *(f"{m:%b}\n{m.year}" for m in months[::step])],
    )
    ax.set_xlim(0, _TIME[1] + 0.02)
    for i in range(1, n):
        ax.axhline(i - 0.5, color=charts.look.line, lw=0.5, zorder=0)
