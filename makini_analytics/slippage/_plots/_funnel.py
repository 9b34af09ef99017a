"""On-time rates against the number of lines: who differs by more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By, WorkCalendar
from ...frames import AsOf
from .._vendors import by_vendor
from ._sentences import came_on_time, marks, overall, stands, who_differs

_OUTER = 3.09  # standard deviations that hold 99.8 %
_Box = tuple[float, float, float, float]  # left, bottom, right, top, in parts of the axes


@charts.chart(of=by_vendor, result_columns=("on_time_rate", "against_others"))
def plot_funnel(
    data: Any,
    *,
    as_of: AsOf | None = None,
    due: str = "required",
    late_days: float = 0,
    early_days: float | None = None,
    by: By = "vendor",
    weight: str = "lines",
    cluster: str | None = "order",
    calendar: WorkCalendar = None,
    under_share: float = 0,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw each vendor's rate against its effective number of due lines, within the limits that chance alone allows (95 and 99.8 %).

    Filled: a vendor below (square) or above (triangle) all others by more than chance, as the column ``against_others`` says; hollow:
    one that may not differ at all. The limits around the common rate (dotted) are those of one vendor looked at by itself, so among
    many vendors a few hollow ones lie outside of the inner ones. The six outermost vendors are named where their names have room.
    A vendor alone has nothing to be compared with, and the chart says so.

    Examples
    --------
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({"vendor_id": ["a"] * 30 + ["b"] * 30, "required_date": pd.Timestamp("2025-01-10"),
    ...                       "delivered_date": pd.to_datetime(["2025-01-08"] * 30 + ["2025-01-20"] * 30)})
    >>> print(style.alt_text(slippage.plot_funnel(lines, as_of="2025-01-31")))
    1 of 2 vendors is clearly below the other; 50 % of 60 due lines came on time.
    On-time rate against due lines; the funnel is what chance allows around the common rate; square: clearly below; triangle: clearly above.
    a 100 % of 30; b 0 % of 30
    """
    result: pd.DataFrame = data
    rows = result[result["n_due"] > 0]
    if not len(rows):
        return charts.no_data(ax, "on-time rates against volume", result)
    if len(rows) == 1:
        headline = title or came_on_time(result)
        one = f"on-time rate of one {charts.row_noun(charts.group_columns(rows, 'n_due'))}"
        return charts.no_data(ax, one, result, title=headline, said="Nothing to compare it with")
    n, rate = rows["n_effective"].to_numpy(dtype=float), rows["on_time_rate"].to_numpy(dtype=float)
    common = overall(rows)
    ax = charts.axes(ax, rows=9)
    taken = _limits(ax, n, common)
    off = (rate - common) / np.sqrt(max(common * (1 - common), 1e-12) / n)  # in standard deviations of chance
    below, above = stands(rows, "below"), stands(rows, "above")
    outside = below | above
    # Hollow ones first: a vendor that the title counts is never hidden behind one that it does not.
    ax.plot(n[~outside], rate[~outside], "o", mfc=charts.look.paper, mec=charts.look.plain, ms=6, zorder=2)
    for these, is_below in ((below, True), (above, False)):
        shape, colour = marks(is_below, not is_below, few=False)
        ax.plot(n[these], rate[these], shape, color=colour, ms=7, zorder=3)
    columns = charts.group_columns(rows, "n_due")
    names = charts.group_labels(rows, columns, 30, among=result)
    _name(ax, [i for i in np.argsort(-np.abs(off), kind="stable") if outside[i]], names, n, rate, taken)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    ax.set_xlabel("effective due lines: those of one order count as fewer", color=charts.look.muted, fontsize=9.5)
    differs = who_differs(result, charts.plural(charts.row_noun(columns)))
    headline = title or "; ".join(s for s in (differs[:1].upper() + differs[1:], came_on_time(result)) if s)
    filled = "; square: clearly below" * bool(below.any()) + "; triangle: clearly above" * bool(above.any())
    sub = f"On-time rate against due lines; the funnel is what chance allows around the common rate{filled}"
    alt = "; ".join(
        f"{names[i]} {charts.percent(rate[i])} of {charts.number(int(rows['n_due'].iloc[i]))}"
        for i in np.flatnonzero(outside)
    )
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt)


def _limits(ax: Axes, n: np.ndarray[Any, Any], common: float) -> list[_Box]:
    """Draw the common rate and the limits of chance around it, and return the room that their names take.

    The rate of n lines scatters by sqrt(common x (1 - common) / n): wide at the left, where a vendor has few lines, and narrow
    at the right.
    """
    right = max(n.max() * 1.1, 31)
    left = max(0.8, min(n.min() * 0.8, right / 12))  # of less than a decade the funnel is a pair of level lines
    far = np.geomspace(left, right, 150)
    sd = np.sqrt(common * (1 - common) / far)
    ax.set_xscale("log")
    ax.set_xlim(left, right * 1.25)
    decades = 10.0 ** np.arange(0, 1 + np.floor(np.log10(right)))
    counts = [c for c in np.outer(decades, (1, 2, 5)).ravel() if left <= c <= right * 1.25]
    ax.set_xticks(counts, [charts.number(c) for c in counts])
    ax.set_xticks([], minor=True)
    ax.set_ylim(-0.02, 1.03)
    taken: list[_Box] = []
    named: list[float] = []
    for z, colour, text in (
        (1.96, charts.look.line, "95 %"),
        (_OUTER, charts.look.rest, f"{charts.number(99.8, 1)} %"),
    ):
        for sign in (-1, 1):
            ax.plot(far, np.clip(common + sign * z * sd, 0, 1), color=colour, lw=1.2, zorder=1)
        # Named where the lower limit is 60 % of the common rate below it: there the lines lie apart and few vendors are.
        # Solved for n: z x sqrt(c (1 - c) / n) = 0.6 c.
        at = max(z**2 * (1 - common) / (0.36 * common) if common else 1.0, left * 1.2, 1.0)
        bound = float(np.clip(common - z * np.sqrt(common * (1 - common) / at), 0, 1))
        # where all lines come on time, or none, there is no limit to name, and of few lines the two would be at one place
        if not 0 < common < 1 or any(abs(np.log(at / other)) < 0.25 for other in named):
            continue
        named.append(at)
        charts.beside(ax, text, (at, bound), (4, -3), va="top", size=8.5, colour=charts.look.muted)
        taken.append(_box(ax, at, bound, len(text), right=True, above=False))
    ax.axhline(common, color=charts.look.muted, lw=1, ls=":", zorder=1)
    return taken


def _box(ax: Axes, x: float, y: float, letters: int, *, right: bool, above: bool) -> _Box:
    """Return the room of a name beside a point in parts of the axes, measured for the smallest size that charts have."""
    # At the smallest size a letter is about 0.0155 of the axes wide and a line of text 0.085 high. Measuring them really would
    # need a renderer, and which names are shown would then depend on the size that the chart is first drawn at.
    (x0, x1), (y0, y1) = np.log10(ax.get_xlim()), ax.get_ylim()
    at, up, wide, high = (np.log10(x) - x0) / (x1 - x0), (y - y0) / (y1 - y0), 0.012 + 0.0155 * letters, 0.085
    left = at if right else at - wide
    bottom = up if above else up - high
    return left, bottom, left + wide, bottom + high


def _name(
    ax: Axes,
    order: Sequence[Any],
    names: Sequence[str],
    n: np.ndarray[Any, Any],
    rate: np.ndarray[Any, Any],
    taken: list[_Box],
    most: int = 6,
) -> None:
    """Name the points, the outermost first, each on the side where there is room; one that would cover a name has none."""
    free_sides = ((True, True), (False, True), (True, False), (False, False))  # to the right and above first
    named = 0
    for i in order:
        for right, above in free_sides:
            box = _box(ax, n[i], rate[i], charts.text_width(names[i]), right=right, above=above)
            inside = box[0] >= 0 and box[2] <= 1.06 and box[1] >= -0.02 and box[3] <= 1.08
            # Two boxes are apart where one ends before the other begins, sideways or upwards.
            free = all(box[2] <= b[0] or b[2] <= box[0] or box[3] <= b[1] or b[3] <= box[1] for b in taken)
            if named < most and inside and free:
                named += 1
                taken.append(box)
                away = (6 if right else -6, 4 if above else -4)
                va, ha = "bottom" if above else "top", "left" if right else "right"
                paper = {"fc": charts.look.paper, "ec": "none", "pad": 0.4, "alpha": 0.75}
                charts.beside(ax, names[i], (n[i], rate[i]), away, va=va, ha=ha, size=9, bbox=paper)
                break
