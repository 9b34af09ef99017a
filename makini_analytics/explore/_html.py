"""What the explorer shows as HTML: `explorer.html.j2` is how it looks; this is what its tables hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .. import style
from ..system import template

_MACROS: Any = template("explore/explorer.html.j2").module


def html(piece: str, **values: Any) -> str:
    """Return one piece of the explorer's HTML, such as ``html("alert", text="...")``."""
    return str(getattr(_MACROS, piece)(**values))


@dataclass(frozen=True)
class Table:
    """The first ``most`` of ``n_rows`` rows as text; of each column its heading, and whether its cells stand at the right."""

    columns: list[tuple[str, bool]]
    rows: list[list[str]]
    n_rows: int
    most: int


def table_of(frame: pd.DataFrame, most: int) -> Table:
    """Return the first rows of a frame, in the words of `style.table`."""
    shown = style.table(frame, rows=most)
    columns = [(str(name), name in shown.numbers) for name in shown.texts]
    return Table(columns, shown.texts.to_numpy().tolist(), len(frame), most)
