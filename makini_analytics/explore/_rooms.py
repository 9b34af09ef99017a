"""The explorer of each room: its filters, and the views that they apply to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from .. import charts
from .. import lead_times as lt
from .. import slippage as sl
from .. import spend as sp
from ..errors import MakiniError
from ..frames import frame_of
from ..system import known_options
from ._filters import NAMED
from ._source import Source
from ._widget import Explorer, View

#: What became of a line is what these figures count: among the received ones alone, next to nothing is late or slow.
_OUTCOME = ("state",)


@known_options
def spend(data: Any, *, folder: str | Path = "makini-exports", raw_csv: bool = False) -> Explorer:
    """Explore ordered spend: by vendor and by month, with the order lines behind each bar.

    Parameters
    ----------
    data : Purchases, or their lines
    folder : where the export buttons write to
    raw_csv : export texts as they stand. Without it, a text that a spreadsheet would run as a formula gets an apostrophe before it

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
        "currency": w.Dropdown(options=currencies or [("none", "")], description="Currency", **NAMED),
        "basis": w.Dropdown(options=["ordered", "received", "open"], description="Basis", **NAMED),
    }
    views = (
        _view("vendors", sp, "by_vendor", counts="n_lines"),
        _view("months", sp, "by_period"),
    )
    return Explorer(Source(data, lines), views, options, folder, raw_csv)


@known_options
def lead_times(data: Any, *, folder: str | Path = "makini-exports", raw_csv: bool = False) -> Explorer:
    """Explore lead times: by vendor, as a curve, and by order month; open lines are counted as open.

    Parameters
    ----------
    data : Purchases, or their lines
    folder : where the export buttons write to
    raw_csv : export texts as they stand. Without it, a text that a spreadsheet would run as a formula gets an apostrophe before it

    Returns
    -------
    Explorer, a widget

    Raises
    ------
    SchemaError
        The lines have no order or delivery dates.
    """
    lines = frame_of(data, "order_date", "delivered_date", metric="explore.lead_times")
    days = [("calendar days", ""), ("Monday to Friday", "weekdays")]
    options = {"calendar": w.Dropdown(options=days, description="Days", **NAMED)}
    views = (
        _view("vendors", lt, "by_vendor", counts="n_lines"),
        _view("curve", lt, "curve"),
        _view("months", lt, "by_period"),
    )
    return Explorer(Source(data, lines), views, options, folder, raw_csv, without=_OUTCOME)


@known_options
def slippage(data: Any, *, folder: str | Path = "makini-exports", raw_csv: bool = False) -> Explorer:
    """Explore slippage: on-time rates by vendor, and the lines by how many days late they came.

    Parameters
    ----------
    data : Purchases, or their lines
    folder : where the export buttons write to
    raw_csv : export texts as they stand. Without it, a text that a spreadsheet would run as a formula gets an apostrophe before it

    Returns
    -------
    Explorer, a widget

    Raises
    ------
    SchemaError
        The lines have no delivery dates.
    """
    lines = frame_of(data, "delivered_date", metric="explore.slippage")
    early = [("any day", ""), *((f"{d} day{'' if d == 1 else 's'}", d) for d in (0, 1, 3, 5, 10))]
    options = {
        "due": w.Dropdown(options=_due_dates(lines), description="Due date", **NAMED),
        "late_days": w.BoundedIntText(0, min=0, max=60, description="Tolerance", **NAMED),
        "early_days": w.Dropdown(options=early, description="Early by up to", **NAMED),
    }
    options["late_days"].tooltip = "Days after the due date that are still on time"
    options["early_days"].tooltip = "Days before the due date that are still on time"
    views = (
        _view("vendors", sl, "by_vendor", counts="n_due"),
        _view("days late", sl, "per_line"),
    )
    return Explorer(Source(data, lines), views, options, folder, raw_csv, without=_OUTCOME)


def _view(name: str, room: Any, figure: str, *, counts: str = "") -> View:
    """Return a view of a figure; its chart is looked up when it is drawn, so that matplotlib is loaded no sooner."""
    return View(name, getattr(room, figure).figure, lambda result: getattr(room, f"plot_{figure}")(result), counts)


def _due_dates(lines: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the due dates to choose from, those by which most lines can be judged first; of one by which few can, how many.

    >>> days = pd.to_datetime(["2025-01-02", "2025-01-09"])
    >>> lines = pd.DataFrame({"required_date": days, "promised_date": [days[0], None], "delivered_date": days})
    >>> lines.attrs["as_of"] = "2025-01-31"
    >>> _due_dates(lines), _due_dates(lines.assign(promised_date=pd.NaT))
    ([('required', 'required'), ('promised', 'promised')], [('required', 'required'), ('promised (no line)', 'promised')])
    """
    per_line: Any = sl.per_line
    dues = [d for d in ("required", "promised") if f"{d}_date" in lines]
    try:
        n = {d: per_line.figure.counted(lines, due=d).selection.n_lines("") for d in dues}
    except MakiniError:  # the chart says what is amiss
        return [(d, d) for d in dues]
    most = max(n.values(), default=0)
    few = {d: f" ({charts.counted(k, 'line') if k else 'no line'})" for d, k in n.items() if 2 * k < most}
    return [(d + few.get(d, ""), d) for d in sorted(dues, key=lambda d: d in few)]
