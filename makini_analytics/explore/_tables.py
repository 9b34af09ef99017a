"""A frame as a table to read: short numbers at the right, nothing wrapped, every text escaped."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from .. import style

_SHARES = {"low", "high", "on_time_low", "on_time_high", "on_time_shrunken", "yoy_change"}
_STYLE = (
    "<style>.makini-rows{border-collapse:collapse;white-space:nowrap;line-height:1.6}"
    ".makini-rows th{position:sticky;top:0;background:var(--jp-layout-color0,#fff);text-align:left}"
    ".makini-rows th,.makini-rows td{padding:0 .7em 0 0;max-width:16em;overflow:hidden;text-overflow:ellipsis}"
    ".makini-rows .n{text-align:right;font-variant-numeric:tabular-nums}</style>"
)


def table(frame: pd.DataFrame, most: int) -> str:
    """Return the first rows as HTML, and how many there are; ids stay out where there is a name beside them."""
    shown = frame.drop(columns=[c for c in frame.columns if str(c).endswith("_id") and f"{str(c)[:-3]}_name" in frame])
    ways = {str(c): _way(str(c), shown[c]) for c in shown.columns}
    head = "".join(f"<th scope='col'{_class(way)}>{escape(name)}</th>" for name, way in ways.items())
    rows = []
    for values in shown.head(most).itertuples(index=False, name=None):
        cells = (f"<td{_class(way)}>{escape(_read(v, way))}</td>" for v, way in zip(values, ways.values(), strict=True))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    more = f"<p>The first {most} of {len(frame):,} rows.</p>" if len(frame) > most else ""
    return (
        f"{_STYLE}<table class='makini-rows'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{more}"
    )


def _way(column: str, values: pd.Series) -> str | int:
    """Return how a column's values are written, by its name, which carries the unit: a word, or the decimals of a number."""
    if values.dtype.kind == "M":
        return "day"
    if pd.api.types.is_bool_dtype(values.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        return "text"
    if column in _SHARES or column.endswith(("share", "_rate")) or column.startswith("share"):
        return "share"
    if column.endswith("_days") or column.startswith("days"):
        return 1
    whole = pd.api.types.is_integer_dtype(values.dtype) or (column == "quantity" and (values.dropna() % 1 == 0).all())
    return 0 if whole else 2


def _class(way: str | int) -> str:
    return "" if way in ("text", "day") else " class='n'"


def _read(value: Any, way: str | int) -> str:
    if value is None or pd.isna(value):
        return "–"
    if way == "day":
        return f"{value:%Y-%m-%d}"
    if way == "text":
        return str(value)
    return f"{style.number(value * 100, 1)} %" if way == "share" else style.number(value, int(way))
