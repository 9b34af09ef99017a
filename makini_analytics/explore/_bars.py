"""Where the bars are in a chart's picture, and which order lines are behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import charts
from ..compute import group_lines

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Bar:
    """A bar: its name, its place, and a function that returns the positions of its lines, called when someone clicks.

    ``box`` is left, top, width and height, each as a share of the picture's width: CSS takes them all in that one measure, so
    that they stay on the bar when the picture shrinks with the window.
    """

    name: str
    box: tuple[float, float, float, float]
    rows: Callable[[], Rows]


def bars_of(axes: Any, result: pd.DataFrame, lines: pd.DataFrame) -> list[Bar]:
    """Return the bars of a chart that stand for order lines: vendors, periods or days late; none where none do."""
    if charts.captions_of(axes).bars:  # the plot wrote down which rows of the result each bar is made of
        return _of_groups(axes, result, lines)
    if len(result) and "period" in result and len(axes.patches) + len(axes.collections):
        return _of_periods(axes, result, lines)
    if "days_late" in result and axes.patches:
        return _of_days(axes, result)
    return []


def _of_groups(axes: Any, result: pd.DataFrame, lines: pd.DataFrame) -> list[Bar]:
    ticks = [t for t in axes.get_yticklabels() if t.get_text()]
    wide, high = axes.figure.bbox.width, axes.figure.bbox.height
    # the middle of each bar in pixels; matplotlib counts them from the bottom, a page from the top
    at = axes.transData.transform(np.column_stack([np.zeros(len(ticks)), axes.get_yticks()]))[:, 1]
    step = float(np.min(np.abs(np.diff(at)))) if len(at) > 1 else 28.0
    # as wide as the picture, so that a click on the name opens the bar as well
    boxes = [(0.0, (high - y - step / 2) / wide, 1.0, step / wide) for y in at]
    each = zip(ticks, boxes, charts.captions_of(axes).bars, strict=True)
    # "Rossi  n=120" is the tick's label, "Rossi" the name
    return [
        Bar(t.get_text().split("  n=")[0], box, partial(_of_vendors, result.iloc[list(rows)], lines))
        for t, box, rows in each
    ]


def _of_vendors(picked: pd.DataFrame, lines: pd.DataFrame) -> Rows:
    # as the metrics do it, which have their own rules for vendors without an id and for several connections
    groups = group_lines(lines, "vendor", also=("currency",) if "currency" in picked else ())
    keys = [c for c in groups.keys if c in picked and c != "vendor_name"]
    # as text, since one of the two may be a categorical, which does not merge with other dtypes
    ours, theirs = (frame[keys].astype("string") for frame in (groups.keys, picked))
    wanted = ours.reset_index(names="row").merge(theirs, on=keys)["row"]
    return np.flatnonzero(np.isin(groups.codes, wanted))


def _of_periods(axes: Any, result: pd.DataFrame, lines: pd.DataFrame) -> list[Bar]:
    # received spend counts in the month of the delivery, so the lines of a bar are found by the date that it went by
    received = result.attrs.get("parameters", {}).get("basis") == "received"
    days = lines["delivered_date" if received else "order_date"]
    if "currency" in result and "currency" in lines:  # the bar is the month's spend in one currency
        days = days.where(lines["currency"].isin(result["currency"]))
    at = pd.PeriodIndex(result["period"]).asi8  # the axis has a place for every period, also for those without a line
    return [
        Bar(str(p), _standing(axes, i - 0.5, i + 0.5), partial(_within, days, p.start_time, p.end_time))
        for i, p in zip(at - at.min(), result["period"], strict=True)
    ]


def _within(days: pd.Series, first: Any, last: Any) -> Rows:
    return np.flatnonzero(((days >= first) & (days <= last)).to_numpy(dtype=bool))


def _of_days(axes: Any, result: pd.DataFrame) -> list[Bar]:
    days = result["days_late"].where(result["outcome"].isin(["early", "on_time", "late"]))
    edges = [(p.get_x(), p.get_x() + p.get_width()) for p in axes.patches]
    found = []
    for i, (left, right) in enumerate(edges):
        # the chart cuts what is far out, and the outer bars hold it
        low, high = -np.inf if i == 0 else left, np.inf if i == len(edges) - 1 else right
        if axes.patches[i].get_height():  # a bar of no lines would be a button that opens nothing
            name = _days(ceil(left), floor(right))
            far = " or more" if np.inf in (-low, high) and name.endswith(("early", "late")) else ""
            found.append(Bar(name + far, _standing(axes, left, right), partial(_within, days, low, high)))
    return found


def _days(first: int, last: int) -> str:
    if first <= 0 <= last:
        return "on the due date" if first == last else f"{first} to {last} days after the due date"
    near, far = sorted((abs(first), abs(last)))
    return (
        f"{near} days {'late' if first > 0 else 'early'}"
        if near == far
        else f"{near} to {far} days {'late' if first > 0 else 'early'}"
    )


def _standing(axes: Any, left: float, right: float) -> tuple[float, float, float, float]:
    """Return the box of a standing bar, as high as the chart: a low bar is hard to hit."""
    (x0, y0), (x1, y1) = axes.transData.transform([(left, axes.get_ylim()[0]), (right, axes.get_ylim()[1])])
    wide, high = axes.figure.bbox.width, axes.figure.bbox.height
    return (x0 / wide, (high - y1) / wide, (x1 - x0) / wide, (y1 - y0) / wide)
