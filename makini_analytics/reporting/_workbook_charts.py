"""Excel's own charts, bound to the cells of a sheet: who changes a number there sees the bar move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .. import charts
from ._exhibits import Native

#: Columns of a Pareto chart, and letters of the slanting names below them: of more, the names take the height of the columns.
_PARETO, NAME_BELOW = 15, 24
#: Names from which Excel may leave some out, or they would overlap.
_MOST_NAMED = 30


@dataclass(frozen=True)
class Cells:
    """Where the rows of a chart stand: a sheet, its column in which the first column of ``rows`` is, and the row of the names.

    The first three rows of the second column of a table whose names are in row 0, from column 5 on, are the range
    ``[sheet, 1, 6, 3, 6]``: from row 1, column 6 to row 3, column 6.
    """

    sheet: str
    rows: pd.DataFrame
    first_column: int
    names_in: int = 0

    def range_of(self, column: str, n: int) -> list[Any]:
        """Return the first ``n`` cells of a column, as xlsxwriter takes a range."""
        j = self.first_column + list(self.rows.columns).index(column)
        return [self.sheet, self.names_in + 1, j, self.names_in + n, j]


def chart_on(book: Any, native: Native, cells: Cells, most: int) -> Any:
    """Return the chart of some cells, of at most ``most`` rows."""
    pareto = native.cumulative is not None
    n = min(len(cells.rows), most, _PARETO if pareto else native.first)
    # Excel can put a line on bars that stand, not on bars that lie: with its running share a ranking has to stand
    kind = {"type": "column" if pareto else native.kind}
    chart = book.add_chart(kind | ({"subtype": "straight"} if native.kind == "scatter" else {}))
    for (column, name), colour in zip(native.series.items(), native.series_colours, strict=False):
        chart.add_series(
            {"name": name, "categories": cells.range_of(native.x, n), "values": cells.range_of(column, n)}
            | _marks(native, n, colour, first=column == next(iter(native.series)))
            | (_error_bars(native, cells.rows.head(n), column) if native.interval else {})
        )
    if native.cumulative is not None:
        _add_running_share(book, chart, native, cells, n)
    _set_axes(chart, native, cells.rows.head(n), of=len(cells.rows))
    chart.show_blanks_as("gap")  # a missing figure is not a zero
    return chart


def _marks(native: Native, n: int, colour: str, *, first: bool) -> dict[str, Any]:
    """Return the look of a series."""
    if native.kind in ("line", "scatter"):
        marker = {"type": "circle", "size": 5, "fill": {"color": colour}, "border": {"none": True}}
        # the points of a curve are steps of days, hundreds of them: marked, they would hide the line
        return {"line": {"color": colour, "width": 2}} | ({"marker": marker} if native.kind == "line" else {})
    look: dict[str, Any] = {"fill": {"color": colour}, "border": {"none": True}, "gap": 35}
    if native.colours and first:
        look["points"] = [{"fill": {"color": c}, "border": {"none": True}} for c in native.colours[:n]]
    if native.hatched and first:
        pattern = {"pattern": "wide_upward_diagonal", "fg_color": colour, "bg_color": charts.look.paper}
        look["points"] = [{"pattern": pattern} if i in native.hatched else None for i in range(n)]
    if native.kind == "bar" and native.cumulative is None:  # on thirty standing columns the numbers would overlap
        # at the foot of the bar, white on its colour, where an interval takes the room at its end
        inside = {"position": "inside_base", "font": {"color": "white", "bold": True}} if native.interval else {}
        look["data_labels"] = {"value": True, "num_format": native.short_form} | inside
    return look


def _error_bars(native: Native, rows: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return the interval of each bar; Excel takes the lengths from the value on: 0.8 from 0.7 to 0.85 is -0.1, +0.05."""
    low, high = (rows[c].astype(float) for c in native.interval or ())
    value = rows[column].astype(float)
    lengths = {"plus_values": (high - value).fillna(0).tolist(), "minus_values": (value - low).fillna(0).tolist()}
    return {"y_error_bars": {"type": "custom", "line": {"color": charts.look.ink}} | lengths}


def _add_running_share(book: Any, chart: Any, native: Native, cells: Cells, n: int) -> None:
    """Draw the running share over the columns, on an axis of its own: money and per cent have no common scale."""
    line = book.add_chart({"type": "line"})
    marker = {"type": "circle", "size": 4, "fill": {"color": charts.look.ink}, "border": {"none": True}}
    where = {
        "categories": cells.range_of(native.x, n),
        "values": cells.range_of(str(native.cumulative), n),
        "y2_axis": True,
    }
    look = {"line": {"color": charts.look.ink, "width": 1.75}, "marker": marker}
    line.add_series({"name": "cumulative share"} | where | look)
    chart.combine(line)
    # from 0 to 1, whatever Excel would choose: 80 % must stand at the same height in every such chart
    line.set_y2_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": False}})


def _set_axes(chart: Any, native: Native, rows: pd.DataFrame, of: int) -> None:
    """Set the axes of a chart of some rows; below them it says of how many they are the first."""
    n, least = len(rows), native.least(rows)
    standing = native.kind != "bar" or native.cumulative is not None
    scatter = native.kind == "scatter"
    whole: dict[str, Any] = {"min": 0, "max": 1} if native.form == "0%" else {} if least is None else {"min": least}
    values = {
        "num_format": native.short_form,
        "major_gridlines": {"visible": True, "line": {"color": charts.look.line}},
    } | whole
    # "low": beside the plot, also where bars of price changes go to the left of zero
    names: dict[str, Any] = {"num_font": {"rotation": -45} if standing and not scatter else {}, "label_position": "low"}
    names |= {"interval_unit": 1} if n <= _MOST_NAMED and not scatter else {}
    # xlsxwriter's y axis is the one that stands, so of bars that lie the names are on y, the first of them at the top
    if standing:
        chart.set_y_axis(values)
        told = native.x if scatter else f"the {n} largest of {charts.number(of)}" if n < of else ""
        title = {"name": told, "name_font": {"bold": False, "color": charts.look.muted}} if told else {}
        chart.set_x_axis(names | title | ({"min": 0} if scatter else {}))
    else:
        chart.set_y_axis(names | {"reverse": True})
        chart.set_x_axis(values | {"visible": False, "major_gridlines": {"visible": False}})  # each bar has its number
