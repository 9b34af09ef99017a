"""How full each column is, and which figures a connection's data can carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import lead_times, slippage, spend
from ..compute import ENTITIES, Counted, Figure, FigureResult, Selection, figure, figures_of, key_columns, reuse
from ..errors import ConfigError, SchemaError
from ..frames import FIGURE_COLUMNS, AsOf, Mask, as_of_days, categoricals, encode, values
from ..purchases import Purchases
from ._takes import check_purchases

Ints = npt.NDArray[np.int64]

#: Choices that need other columns than the figure as it stands, each with a row of its own.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "spend.by_vendor": {
        "spend by category": {"by": "category"},
        "spend by site": {"by": "site_id"},
        "spend, received": {"basis": "received"},
        "spend, still open": {"basis": "open"},
    },
    "slippage.by_vendor": {"slippage, due=promised": {"due": "promised"}},
}
#: Options that don't change which lines count: of two definitions either will do, and without groups it is faster.
_CHOSEN = {"definition": "share", "by": None}

#: Figures that list lines, those without a due date and without a record to forecast from, too.
_LISTS = ("slippage.open_orders", "slippage.ageing")

#: Reasons to leave lines out that are what the figure finds: that no item has one vendor only is an answer.
_ANSWERS = ("several vendors",)

#: Figures of another one's table: they count the lines that it does.
_OF_TABLE = {"slippage.ageing": "slippage.open_orders", "slippage.swings": "slippage.ladder"}


@figure()
@reuse()
def coverage(data: Purchases, *, as_of: AsOf | None = None) -> FigureResult:
    """How full each column is, and which figures can be computed, by connection.

    A cell is filled when it is neither missing nor an empty text. A figure can be computed where every column that it needs holds
    something and lines are left after its own exclusions, or what it left out answers it; the evidence says which lines those are,
    or why there are none. A figure that compares two sets of lines is judged by its columns alone. Which fields a source system
    fills is decided by its field mapping in Makini's dashboard.

    Parameters
    ----------
    data : Purchases
    as_of : day from which the figures look; the data's own by default

    Returns
    -------
    DataFrame, one row per connection and column of orders and lines, and per connection and figure
        connection : string
        table : string; orders, lines, or metrics for the figures
        name : string, the column or the figure
        n_rows, n_filled : int, rows, and rows that are filled (that the figure counts)
        share : float, 0..1; missing without rows
        computable : boolean; missing for columns
        evidence : string, why; missing for columns

    Raises
    ------
    SchemaError
        ``data`` is not Purchases.

    Examples
    --------
    >>> from makini_analytics import quality
    >>> import makini_analytics as ma
    >>> full = quality.coverage(ma.load_sample(["us"])).set_index(["table", "name"])
    >>> full.loc[("lines", "received_quantity"), "share"].item(), full.loc[("metrics", "spend.by_vendor"), "computable"].item()
    (0.0, True)
    """
    check_purchases(data, "connection", metric="quality.coverage")
    rows: list[dict[str, Any]] = []
    names = dict.fromkeys([*data.sources["connection"].dropna(), *data.orders["connection"].dropna().unique()])
    labelled = categoricals.as_labels(data.lines)  # all figures are going to group them
    counts = {"orders": _filled(data.orders, list(names)), "lines": _filled(labelled, list(names))}
    every_line = labelled[[c for c in labelled if c in FIGURE_COLUMNS]]
    for i, connection in enumerate(names):
        for table, (n_rows, n_filled) in counts.items():
            about = {"connection": connection, "table": table, "n_rows": int(n_rows[i])}
            rows += [about | {"name": c, "n_filled": int(n[i])} for c, n in n_filled.items()]
        filled = {c: int(n[i]) for c, n in counts["lines"][1].items()}
        lines = _of(every_line, connection)
        made: dict[str, Counted] = {}
        roles = data.sources.loc[data.sources["connection"] == connection, "delivery_date"].dropna()
        role = str(roles.iloc[0]) if len(roles) else ""
        rows += [
            {"connection": connection, "table": "metrics", "name": name, "n_rows": len(lines)}
            | _what_counts(figure, options, lines, filled, role, made)
            for name, figure, options in _figures(as_of)
        ]
    columns = ["connection", "table", "name", "n_rows", "n_filled", "share", "computable", "evidence"]
    result = pd.DataFrame(rows).reindex(columns=columns)
    n = result["n_rows"].to_numpy(dtype=float, na_value=0)
    result["share"] = np.where(
        n > 0, result["n_filled"].to_numpy(dtype=float, na_value=0) / np.where(n > 0, n, 1), np.nan
    )
    result = result.astype(
        {"connection": "string", "table": "string", "name": "string", "n_rows": "int64", "n_filled": "int64"}
        | {"computable": "boolean", "evidence": "string"}
    )
    day = None if as_of is None else as_of_days(data.lines, as_of)
    return FigureResult(result, Selection(data.lines), as_of=day)


def _of(frame: pd.DataFrame, connection: str) -> pd.DataFrame:
    mine = (frame["connection"] == connection).to_numpy(dtype=bool, na_value=False)
    if mine.all():  # no copy of a wide frame, which is also the one whose codes are known
        return frame
    part: pd.DataFrame = frame[mine]
    part.attrs = frame.attrs
    return part


def _filled(frame: pd.DataFrame, connections: list[str]) -> tuple[Ints, dict[str, Ints]]:
    """Return the rows of each connection, and of each column those that are filled."""
    place = encode(values(frame, "connection", "string"))
    of = pd.Index(connections).get_indexer(place.labels)
    row = np.append(of, -1)[place.codes] + 1  # 0 is for rows of none of them

    rows = np.bincount(row, minlength=len(connections) + 1)[1:]

    def by_connection(filled: Mask) -> Ints:
        if filled.all() or not filled.any():  # as most columns are
            return rows * filled.all()
        return np.bincount(row[filled], minlength=len(connections) + 1)[1:]

    return rows, {str(c): by_connection(_is_filled(frame[c])) for c in frame.columns}


def _is_filled(column: pd.Series) -> Mask:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return categoricals.has_text(categoricals.from_series(column))
    filled = column.notna()
    if isinstance(column.dtype, pd.StringDtype):
        filled &= (column != "").fillna(False)
    out: Mask = filled.to_numpy(dtype=bool)
    return out


def _figures(as_of: AsOf | None) -> Iterator[tuple[str, Figure, dict[str, Any]]]:
    """Yield the rows: every figure that takes lines, and behind it its variants."""
    for room in (spend, lead_times, slippage):
        for known in figures_of(room):
            chosen = _CHOSEN if as_of is None else {**_CHOSEN, "as_of": as_of}
            usual = {option: value for option, value in chosen.items() if option in known.options}
            yield known.name, known, usual
            for variant, options in VARIANTS.get(known.name, {}).items():
                yield variant, known, usual | options


def _what_counts(
    figure: Figure,
    options: Mapping[str, Any],
    lines: pd.DataFrame,
    of_lines: Mapping[str, int],
    role: str,
    made: dict[str, Counted],
) -> dict[str, Any]:
    """Return how many lines a figure counts, whether it can be computed, and the evidence; what others count, too, is kept in ``made``."""
    if figure.data == ("history",):
        return _not_computable("takes a makini_analytics.History: one snapshot does not show what changed")
    # what it groups by unless told otherwise; without groups here, which a reader will want
    usual = options.get("by") or figure.options.get("by")
    if isinstance(usual, str) and usual in ENTITIES:
        try:
            key_columns(of_lines, usual)
        except SchemaError as e:
            return _not_computable(str(e))
    by = [options["by"]] if options.get("by") else []
    filled = {column: of_lines.get(column, 0) for column in (*by, *figure.needs(**options))}
    lacking = None if figure.name in _LISTS else next((column for column, n in filled.items() if not n), None)
    if lacking is not None:
        why = f"no line has a {lacking}"
        if lacking == "delivered_date" and role == "planned":
            why += ": the source's delivery date is read as planned (delivery_date='actual' if it is not)"
        return _not_computable(why)
    # the column that the fewest lines have decides; of several the one that was chosen, which stands first
    scarce = min(filled, key=lambda column: filled[column])
    evidence = f"{scarce} on {filled[scarce]:,} of {len(lines):,} lines"
    if len(figure.data) > 1:
        what = (
            f"the lines with {figure.beside[0]}" if figure.beside else f"two sets of lines: {' and '.join(figure.data)}"
        )
        evidence += f"; compares {what}"
        return {"n_filled": filled[scarce], "computable": True, "evidence": evidence}
    try:
        counted = _counted(figure, options, lines, made)
    except (SchemaError, ConfigError) as e:  # such as values in several currencies: the figure says what is wrong
        return _not_computable(str(e))
    excluded = counted.counts()
    included = excluded.pop("")
    left_out = ", ".join(f"{n:,} {reason}" for reason, n in excluded.items()) or "nothing"
    evidence += f"; left out: {left_out}"
    if figure.room == "spend" and (n_currencies := counted.n_currencies()) > 1:
        evidence += f"; in {n_currencies} currencies"
    return {
        "n_filled": included,
        "computable": included > 0 or any(reason in _ANSWERS for reason in excluded),
        "evidence": ". ".join([evidence, *(n.rstrip(".") for n in counted.notes)]),
    }


def _counted(figure: Figure, options: Mapping[str, Any], lines: pd.DataFrame, made: dict[str, Counted]) -> Counted:
    source = _OF_TABLE.get(figure.name, figure.name)
    if source not in _OF_TABLE.values():
        return figure.counted(lines, **options)
    if source not in made:
        of_source = {option: value for option, value in options.items() if option == "as_of"}
        made[source] = next(f for name, f, _ in _figures(None) if name == source).counted(lines, **of_source)
    return made[source]


def _not_computable(why: str) -> dict[str, Any]:
    return {"n_filled": 0, "computable": False, "evidence": why}
