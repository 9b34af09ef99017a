"""How full each column is, and which figures a connection's data can carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import lead_times, slippage, spend
from ..compute import (
    ENTITIES,
    Counted,
    Figure,
    FigureResult,
    PandasColumns,
    Selection,
    figure,
    figures_of,
    key_columns,
    lines_of,
    reuse,
    unrecorded,
)
from ..errors import ConfigError, SchemaError
from ..frames import FIGURE_COLUMNS, AsOf, AsOfDays, Mask, categoricals, encode, values
from ..purchases import Purchases
from ._takes import check_purchases, day_of

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

#: Stretches of a connection's lines, and lines of each, that tell of most figures that they can be computed. In a stretch the
#: lines of an order stand together, and all stretches have new orders and old ones, however the lines are sorted.
_STRETCHES, _FEW = 20, 200

#: Figures in which a line counts or not by other lines, of its vendor or its order: few lines prove nothing.
_BY_OTHERS = ("spend.concentration",)

#: Figures of deliveries for which it does not matter whether the days of enough of them are recorded.
_WITHOUT_DAYS = (*_LISTS, "slippage.order_book", "slippage.fill_rate", "slippage.ladder", "slippage.swings")

#: Figures of another one's table: they count the lines that it does.
_OF_TABLE = {"slippage.ageing": "slippage.open_orders", "slippage.swings": "slippage.ladder"}


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
    names = list(dict.fromkeys([*data.sources["connection"].dropna(), *data.orders["connection"].dropna().unique()]))
    day = day_of(data, as_of)  # stated, since few lines might tell another one
    if counts:
        rows, columns = _counted_rows(data, names, as_of), list(_COLUMNS)
    else:
        rows, columns = _rows_of_figures(data, names, day), [c for c in _COLUMNS if c not in _COUNTS]
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
    place = _place(every_line, connections)
    rows: list[dict[str, Any]] = []
    for i, connection in enumerate(connections):
        for table, (n_rows, n_filled) in counts.items():
            about = {"connection": connection, "table": table, "n_rows": int(n_rows[i])}
            rows += [about | {"name": c, "n_filled": int(n[i])} for c, n in n_filled.items()]
        known = {c: int(n[i]) for c, n in counts["lines"][1].items()}
        part = _Part(every_line, place == i, _role(data, connection), known)
        about = {"connection": connection, "table": "metrics", "n_rows": len(part.lines)}
        rows += [about | {"name": name} | part.what_counts(of, options) for name, of, options in _figures(as_of)]
    return rows


def _rows_of_figures(data: Purchases, connections: list[str], as_of: AsOfDays | None) -> list[dict[str, Any]]:
    """Return the rows of all figures without counts.

    What can be computed of some lines of a connection can be of all, since a line counts by what it says itself. Deliveries count where
    enough of their days are recorded, which all lines tell. What few lines don't prove is asked of all of them.
    """
    every_line = data.lines[[c for c in data.lines if c in FIGURE_COLUMNS]]
    place = _place(every_line, connections)
    at = _some(place, len(connections))
    few = every_line.iloc[at]
    all_of, few_of = (_Part(frame, np.ones(len(frame), dtype=bool), "") for frame in (every_line, few))
    rule = unrecorded(lines_of(every_line, metric="quality.coverage"), as_of).rows(PandasColumns(every_line))
    recorded = ~np.logical_or.reduce([np.zeros(len(place), dtype=bool), *(rows for rows, _ in rule)])
    parts = [
        (_Part(few, place[at] == i, role), _Part(every_line, place == i, role))
        for i, role in enumerate(_role(data, c) for c in connections)
    ]
    rows: list[dict[str, Any]] = []
    for name, of, options in _figures(as_of):
        by_others, by_days = of.name in _BY_OTHERS, of.room != "spend" and of.name not in _WITHOUT_DAYS
        kept = all_of.counts(of, options) if by_others else few_of.counts(of, options)
        where, sure = (place, recorded) if by_others else (place[at], recorded[at])
        n_kept = np.bincount(where[kept & sure if by_days else kept] + 1, minlength=len(connections) + 1)[1:]
        for i, (connection, (of_few, of_all)) in enumerate(zip(connections, parts, strict=True)):
            told = {"computable": n_kept[i] > 0 and of_few.lacks(of, options) is None}
            # a figure of one item chooses one of one connection
            for part in (of_all,) if by_others or by_days else (of_few, of_all):
                told = told if told["computable"] else part.what_counts(of, options)
            evidence = None if told["computable"] else told["evidence"]
            rows.append({"connection": connection, "table": "metrics", "name": name} | told | {"evidence": evidence})
    return sorted(rows, key=lambda row: connections.index(row["connection"]))


def _some(place: Ints, n: int) -> Ints:
    """Return some lines of each connection."""
    out = []
    for i in range(n):
        mine = np.flatnonzero(place == i)
        begins = np.linspace(0, max(len(mine) - _FEW, 0), _STRETCHES).astype(int)
        at = np.unique(np.add.outer(begins, np.arange(_FEW)))
        out.append(mine[at[at < len(mine)]])
    return np.concatenate([np.zeros(0, dtype=np.int64), *out])


def _role(data: Purchases, connection: str) -> str:
    """Return as what a connection's delivery date is read."""
    roles = data.sources.loc[data.sources["connection"] == connection, "delivery_date"].dropna()
    return str(roles.iloc[0]) if len(roles) else ""


def _place(frame: pd.DataFrame, connections: list[str]) -> Ints:
    """Return of each row the place of its connection; -1 for rows of none of them."""
    of = encode(values(frame, "connection", "string"))
    out: Ints = np.append(pd.Index(connections).get_indexer(of.labels), -1)[of.codes]
    return out


def _filled(frame: pd.DataFrame, connections: list[str]) -> tuple[Ints, dict[str, Ints]]:
    """Return the rows of each connection, and of each column those that are filled."""
    row = _place(frame, connections) + 1
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


@dataclass
class _Part:
    """Lines of a connection, all or a few, to ask of each figure how many of them it counts."""

    every_line: pd.DataFrame
    rows: Mask
    role: str  # as what the delivery date is read
    known: dict[str, int] = field(default_factory=dict)  # how many lines have a value in a column
    made: dict[str, Counted] = field(default_factory=dict)  # what several figures count

    @property
    def n(self) -> int:
        """The number of lines."""
        return int(np.count_nonzero(self.rows))

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The lines; where they are all, no copy of a wide frame, which is also the one whose codes are known."""
        part: pd.DataFrame = self.every_line if self.n == len(self.every_line) else self.every_line[self.rows]
        part.attrs = self.every_line.attrs
        return part

    def filled(self, column: str) -> int:
        """Return how many have a value in a column."""
        if column not in self.known:
            there = column in self.every_line
            self.known[column] = int(np.count_nonzero(_is_filled(self.every_line[column]) & self.rows)) if there else 0
        return self.known[column]

    def lacks(self, figure: Figure, options: Mapping[str, Any]) -> str | None:
        """Return why a figure can't be computed, as far as the columns tell."""
        if figure.data == ("history",):
            return "takes a makini_analytics.History: one snapshot does not show what changed"
        # what it groups by unless told otherwise; without groups here, which a reader will want
        usual = options.get("by") or figure.options.get("by")
        if isinstance(usual, str) and usual in ENTITIES:
            try:
                key_columns(self.every_line.columns, usual)
            except SchemaError as e:
                return str(e)
        lacking = next((column for column, n in self._needed(figure, options).items() if not n), None)
        if lacking is None or figure.name in _LISTS:
            return None
        why = f"no line has a {lacking}"
        if lacking == "delivered_date" and self.role == "planned":
            why += ": the source's delivery date is read as planned (delivery_date='actual' if it is not)"
        return why

    def _needed(self, figure: Figure, options: Mapping[str, Any]) -> dict[str, int]:
        by = [options["by"]] if options.get("by") else []
        return {column: self.filled(column) for column in (*by, *figure.needs(**options))}

    def counts(self, figure: Figure, options: Mapping[str, Any]) -> Mask:
        """Return the lines that a figure counts or that answer it: none where it doesn't tell; all of one that compares two sets of lines."""
        if len(figure.data) > 1:
            return np.ones(len(self.lines), dtype=bool)
        try:
            selection = self._counted(figure, options).selection
        except (SchemaError, ConfigError):
            return np.zeros(len(self.lines), dtype=bool)
        counted: Mask = np.logical_or.reduce([selection.kept, *(selection.rows(reason) for reason in _ANSWERS)])
        return counted

    def what_counts(self, figure: Figure, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return how many lines a figure counts, whether it can be computed, and the evidence."""
        if (why := self.lacks(figure, options)) is not None:
            return _not_computable(why)
        filled = self._needed(figure, options)
        # the column that the fewest lines have decides; of several the one that was chosen, which stands first
        scarce = min(filled, key=lambda column: filled[column])
        evidence = f"{scarce} on {filled[scarce]:,} of {self.n:,} lines"
        if len(figure.data) > 1:
            what = (
                f"the lines with {figure.beside[0]}"
                if figure.beside
                else f"two sets of lines: {' and '.join(figure.data)}"
            )
            evidence += f"; compares {what}"
            return {"n_filled": filled[scarce], "computable": True, "evidence": evidence}
        try:
            counted = self._counted(figure, options)
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

    def _counted(self, figure: Figure, options: Mapping[str, Any]) -> Counted:
        source = _OF_TABLE.get(figure.name, figure.name)
        if source not in _OF_TABLE.values():
            return figure.counted(self.lines, **options)
        if source not in self.made:
            of_source = {option: value for option, value in options.items() if option == "as_of"}
            counted = next(f for name, f, _ in _figures(None) if name == source).counted
            self.made[source] = counted(self.lines, **of_source)
        return self.made[source]


def _not_computable(why: str) -> dict[str, Any]:
    return {"n_filled": 0, "computable": False, "evidence": why}
