"""How full each column is, and which figures a connection's data can carry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..compute import FigureResult, Selection, figure, reuse
from ..frames import FIGURE_COLUMNS, AsOf, Mask, categoricals
from ..purchases import Purchases
from ..system import flag_of
from ._computable import Ints, Part, by_few_lines, figures, is_filled, place_of
from ._takes import check_purchases, day_of


@figure()
@reuse()
def coverage(data: Purchases, *, as_of: AsOf | None = None, counts: bool = True) -> FigureResult:
    """How full each column is, and which figures can be computed, by connection.

    A cell is filled when it is neither missing nor an empty text. A figure can be computed where every column that it needs holds
    something and lines are left after its own exclusions, or what it left out answers it; the evidence says which lines those are,
    or why there are none. A figure that compares two sets of lines is judged by its columns alone. Which fields a source system
    fills is decided by its field mapping in Makini's dashboard.

    Parameters
    ----------
    data : Purchases
    as_of : day from which the figures look; the data's own by default
    counts : False tells of the figures alone, and only whether they can be computed and why not. Of a million lines that takes a
        tenth of the time, since a few lines that count are proof

    Returns
    -------
    DataFrame, one row per connection and column of orders and lines, and per connection and figure
        connection : string
        table : string; orders, lines, or metrics for the figures
        name : string, the column or the figure
        n_rows, n_filled : int, rows, and rows that are filled (that the figure counts)
        share : float, 0..1; missing without rows
        computable : boolean; missing for columns
        evidence : string, why; missing for columns, and without ``counts`` of what can be computed

    Without ``counts`` it has no n_rows, n_filled and share.

    Raises
    ------
    SchemaError, ConfigError
        ``data`` is not Purchases; ``counts`` is neither True nor False.

    Examples
    --------
    >>> from makini_analytics import quality
    >>> import makini_analytics as ma
    >>> full = quality.coverage(ma.load_sample(["us"])).set_index(["table", "name"])
    >>> full.loc[("lines", "received_quantity"), "share"].item(), full.loc[("metrics", "spend.by_vendor"), "computable"].item()
    (0.0, True)
    """
    check_purchases(data, "connection", metric="quality.coverage")
    counts = flag_of("counts", counts)
    names = list(dict.fromkeys([*data.sources["connection"].dropna(), *data.orders["connection"].dropna().unique()]))
    day = day_of(data, as_of)  # stated, since few lines might tell another one
    if counts:
        rows, columns = _counted_rows(data, names, as_of), list(_COLUMNS)
    else:
        every_line = data.lines[[c for c in data.lines if c in FIGURE_COLUMNS]]
        rows = by_few_lines(every_line, {name: _role(data, name) for name in names}, day)
        columns = [c for c in _COLUMNS if c not in _COUNTS]
    result = pd.DataFrame(rows).reindex(columns=columns)
    if counts:
        n = result["n_rows"].to_numpy(dtype=float, na_value=0)
        result["share"] = np.where(
            n > 0, result["n_filled"].to_numpy(dtype=float, na_value=0) / np.where(n > 0, n, 1), np.nan
        )
    result = result.astype({c: _COLUMNS[c] for c in columns})
    return FigureResult(
        result, Selection(data.lines), as_of=None if as_of is None else day, parameters={"counts": None}
    )


#: The columns of the result; those in the middle count.
_COLUMNS = {"connection": "string", "table": "string", "name": "string", "n_rows": "int64", "n_filled": "int64", "share": "float64",
            "computable": "boolean", "evidence": "string"}  # fmt: skip
_COUNTS = ("n_rows", "n_filled", "share")


def _counted_rows(data: Purchases, connections: list[str], as_of: AsOf | None) -> list[dict[str, Any]]:
    """Return the rows of all columns and figures, with how many lines they have."""
    labelled = categoricals.as_labels(data.lines)  # all figures are going to group them
    counts = {"orders": _filled(data.orders, connections), "lines": _filled(labelled, connections)}
    every_line = labelled[[c for c in labelled if c in FIGURE_COLUMNS]]
    place = place_of(every_line, connections)
    rows: list[dict[str, Any]] = []
    for i, connection in enumerate(connections):
        for table, (n_rows, n_filled) in counts.items():
            about = {"connection": connection, "table": table, "n_rows": int(n_rows[i])}
            rows += [about | {"name": c, "n_filled": int(n[i])} for c, n in n_filled.items()]
        known = {c: int(n[i]) for c, n in counts["lines"][1].items()}
        part = Part(every_line, place == i, _role(data, connection), known)
        about = {"connection": connection, "table": "metrics", "n_rows": len(part.lines)}
        rows += [
            about | {"name": name} | part.what_counts(of, options) for name, of, options in figures(as_of, every_line)
        ]
    return rows


def _role(data: Purchases, connection: str) -> str:
    """Return as what a connection's delivery date is read."""
    roles = data.sources.loc[data.sources["connection"] == connection, "delivery_date"].dropna()
    return str(roles.iloc[0]) if len(roles) else ""


def _filled(frame: pd.DataFrame, connections: list[str]) -> tuple[Ints, dict[str, Ints]]:
    """Return the rows of each connection, and of each column those that are filled."""
    row = place_of(frame, connections) + 1
    rows = np.bincount(row, minlength=len(connections) + 1)[1:]

    def by_connection(filled: Mask) -> Ints:
        if filled.all() or not filled.any():  # as most columns are
            return rows * filled.all()
        return np.bincount(row[filled], minlength=len(connections) + 1)[1:]

    return rows, {str(c): by_connection(is_filled(frame[c])) for c in frame.columns}
