"""What the explorer shows as HTML: `explorer.html.j2` is how it looks; this is what its tables hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..charts import Kind, cell_text, kind_of
from ..system import template

_MACROS: Any = template("explore/explorer.html.j2").module


def html(piece: str, **values: Any) -> str:
    """Return one piece of the explorer's HTML, such as ``html("alert", text="...")``."""
    return str(getattr(_MACROS, piece)(**values))


@dataclass(frozen=True)
class Column:
    """A column's name, and whether its cells stand at the right."""

    name: str
    is_number: bool


@dataclass(frozen=True)
class Table:
    """The first ``most`` of ``n_rows`` rows, as text."""

    columns: list[Column]
    rows: list[list[str]]
    n_rows: int
    most: int


def table_of(frame: pd.DataFrame, most: int) -> Table:
    """Return the first rows of a frame as they are read; ids stay out where there is a name beside them."""
    shown = frame.drop(columns=[c for c in frame.columns if str(c).endswith("_id") and f"{str(c)[:-3]}_name" in frame])
    # before the rows are cut: how a column reads must not depend on which of its rows are seen
    kinds = [_kind(str(c), shown[c]) for c in shown.columns]
    columns = [Column(str(c), k not in ("text", "date", "time")) for c, k in zip(shown.columns, kinds, strict=True)]
    rows = [
        [cell_text(v, kind, decimals=2) for v, kind in zip(row, kinds, strict=True)]
        for row in shown.head(most).itertuples(index=False, name=None)
    ]
    return Table(columns, rows, len(frame), most)


def _kind(column: str, values: pd.Series) -> Kind:
    # quantities are floats, since some are missing and some are 2.5 kg; but pieces read better as 12 than as 12.00
    pieces = column == "quantity" and kind_of(column, values) == "number" and bool((values.dropna() % 1 == 0).all())
    return "count" if pieces else kind_of(column, values)
