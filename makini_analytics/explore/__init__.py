"""A filter bar in the notebook over the same functions; no logic of its own.

Each explorer shows a chart, its table, and the line of code that gives the same: copy it, and go on without widgets. A click
on a bar opens its order lines. Where widgets can't run (a page of the web, a printed notebook) the chart and the table stay.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as w

from .. import lead_times as lt
from .. import slippage as sl
from .. import spend as sp
from ..provenance import frame_of
from .widget import Explorer, View

__all__ = ["lead_times", "slippage", "spend"]


def spend(data: Any, *, folder: str | Path = "makini-exports") -> Explorer:
    """Explore ordered spend: by vendor and by month, with the order lines behind each bar.

    Parameters
    ----------
    data : Purchases, or their lines
    folder : where the export buttons write to

    Returns
    -------
    Explorer, a widget

    Raises
    ------
    SchemaError
        The lines have no amounts.
    """
    lines = frame_of(data, "amount", "order_date", metric="explore.spend")
    currencies: list[Any] = [str(c) for c in lines["currency"].value_counts().index] if "currency" in lines else []
    options = {
        "currency": w.Dropdown(options=currencies or [("none", None)], description="Currency"),
        "basis": w.Dropdown(options=["ordered", "received", "open"], description="Basis"),
    }
    takes = ("currency", "basis")
    views = (
        View("vendors", "spend.by_vendor", sp.by_vendor, _later(sp, "plot_by_vendor"), takes),
        View("months", "spend.by_period", sp.by_period, _later(sp, "plot_by_period"), takes),
    )
    return Explorer(lines, views, options, folder)


def lead_times(data: Any, *, folder: str | Path = "makini-exports") -> Explorer:
    """Explore lead times: by vendor, as a curve, and by order month; open lines are counted as open.

    Parameters
    ----------
    data : Purchases, or their lines
    folder : where the export buttons write to

    Returns
    -------
    Explorer, a widget

    Raises
    ------
    SchemaError
        The lines have no order or delivery dates.
    """
    lines = frame_of(data, "order_date", "delivered_date", metric="explore.lead_times")
    options = {
        "calendar": w.Dropdown(options=[("calendar days", None), ("Monday to Friday", "weekdays")], description="Days")
    }
    views = (
        View("vendors", "lead_times.by_vendor", lt.by_vendor, _later(lt, "plot_by_vendor"), ("calendar",)),
        View("curve", "lead_times.curve", lt.curve, _later(lt, "plot_curve"), ("calendar",)),
        View("months", "lead_times.by_period", lt.by_period, _later(lt, "plot_by_period"), ("calendar",)),
    )
    return Explorer(lines, views, options, folder)


def slippage(data: Any, *, folder: str | Path = "makini-exports") -> Explorer:
    """Explore slippage: on-time rates by vendor, days late, and the value of the open lines by how overdue they are.

    Parameters
    ----------
    data : Purchases, or their lines
    folder : where the export buttons write to

    Returns
    -------
    Explorer, a widget

    Raises
    ------
    SchemaError
        The lines have no delivery dates.
    """
    lines = frame_of(data, "delivered_date", metric="explore.slippage")
    options = {
        "due": w.Dropdown(
            options=[d for d in ("required", "promised") if f"{d}_date" in lines], description="Due date"
        ),
        "late_days": w.BoundedIntText(0, min=0, max=60, description="Days late"),
        "early_days": w.Dropdown(
            options=[("any", None), *((str(d), d) for d in (0, 1, 3, 5, 10))], description="Days early"
        ),
    }
    takes = ("due", "late_days", "early_days")
    views = (
        View("vendors", "slippage.by_vendor", sl.by_vendor, _later(sl, "plot_by_vendor"), takes),
        View("days late", "slippage.per_line", sl.per_line, _later(sl, "plot_per_line"), takes),
    )
    return Explorer(lines, views, options, folder)


def _later(room: Any, plot: str) -> Callable[..., Any]:
    return lambda result: getattr(room, plot)(result)
