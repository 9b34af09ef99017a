"""The heavy step in another engine - polars, PyArrow, DuckDB, Spark, a database by Ibis - as one grouped count, asked for in SQL.

Nothing is sorted and no line is collected: what comes back has a row for each group, reason, day and outcome. What an engine can't
do exactly is refused, and the error says what to do instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import AsOf, AsOfDays, known_days, need, not_lines
from ._by_names import need_for_by
from ._engine_frames import LINES, EngineFrame, engine_frame
from ._groups import ENTITIES, By, key_columns
from ._provenance import Selection
from ._rule import Clustering, Rule, Tally
from ._sql import Piece, SqlColumns, select
from ._sql_count import POWERS, Counting

#: What the count of orders says beside the lines of each cell.
_OF_ORDERS = ("__orders", "__span")


@dataclass(frozen=True)
class SqlLines:
    """Lines that their own engine counts."""

    frame: EngineFrame
    attrs: Mapping[Any, Any]

    @classmethod
    def of(cls, lines: Any, *needed: str, metric: str) -> SqlLines:
        """Return the lines of an engine's frame, or of an object that has one in ``lines``, and maybe ``attrs``."""
        frame = engine_frame(lines)
        attrs: Mapping[Any, Any] = {}
        if frame is None and hasattr(lines, "lines"):
            frame, attrs = engine_frame(lines.lines), getattr(lines, "attrs", {})
        if frame is None:
            raise not_lines(lines, metric)
        need(frame.kinds, *needed, metric=metric)
        return cls(frame, attrs)

    def has(self, name: str) -> bool:
        """Whether the lines have the column."""
        return name in self.frame.kinds

    def texts(self, name: str) -> set[str]:
        """Return the values that a text column has."""
        return self._texts(name) - {None}

    def _texts(self, name: str) -> set[Any]:
        """Return the same, and None where some line has none."""
        if not self.has(name):
            return {None}
        value = select({"__value": self._columns().key(name)}, LINES, self.frame.dialect)
        found = self.frame.run(f"{value} SELECT DISTINCT __value FROM __made")["__value"]
        return {None if pd.isna(text) else text for text in found.astype("string")}

    def as_of(self, as_of: AsOf | None) -> AsOfDays:
        """Return the day to look from."""

        def latest() -> Mapping[Any, Any]:
            if not self.has("updated_at"):
                return {}
            c = self._columns()
            name = c.text("connection") if self.has("connection") else Piece("''")
            of = select({"__name": name, "__at": c.finite_day("updated_at")}, LINES, self.frame.dialect)
            last = self.frame.run(f"{of} SELECT __name, max(__at) AS __at FROM __made GROUP BY __name")
            return dict(zip(last["__name"] if self.has("connection") else [None], last["__at"], strict=False))

        given = self.attrs.get("as_of") if as_of is None else as_of
        empty = given is None and not self.frame.run(f"SELECT count(*) AS __n FROM {LINES}")["__n"].iloc[0]
        return known_days(self.attrs, as_of, latest, lambda: self._texts("connection"), empty=empty)

    def tally(
        self,
        rule: Rule,
        *,
        by: By = None,
        also: tuple[str, ...] = (),
        orders: bool = False,
        clustering: Clustering | None = None,
        at_once: bool = False,
    ) -> Tally:
        """Return rows that stand for many lines each, counted by reason, by what the rule marks, and by the columns of ``by``."""
        by = [by] if isinstance(by, str) else list(by or ())
        named = self._named(by)
        keys = list(dict.fromkeys([*named, *(c for c in (*also, "currency") if self.has(c))]))
        c = self._columns()
        counting = Counting(c, rule(c), keys)
        found: dict[str, Any] = {}
        # what makes many cells is counted faster line by line, where all lines are at hand
        if self.frame.rows and (counting.marks or clustering):
            cluster = clustering.cluster if clustering else "order" if orders else None
            more = ["connection"] if cluster == "order" and self.has("connection") else []
            alike = counting.told_apart_by(cluster) if cluster else []
            cells, n = self.frame.rows(counting.lines(), [*keys, *more], alike), None
        else:
            cells, found = self._counted(counting, by) if orders else (self.frame.run(counting.cells()), {})
            n = cells["__n"].to_numpy(dtype=np.int64)
            if clustering:
                found["clustered"] = partial(self._clustered, counting, clustering, cells, by)
        frame = cells.drop(columns=["__n", *counting.numbers(), *_OF_ORDERS], errors="ignore")
        if "__amount" in cells:
            frame = frame.assign(amount=_floats(cells["__amount"]))
        if self.has("original_currency"):  # says that the amounts were converted
            frame = frame.assign(original_currency=None)
        frame.attrs = dict(self.attrs)
        selection = Selection(frame, n)
        selection.reasons, selection.codes = counting.reasons, cells["__reason"].to_numpy(dtype=np.int8)
        whole = None if n is None else np.int64  # as they are where they are many
        marks = {k: cells[f"__mark_{k}"].to_numpy(dtype=whole) for k in counting.ruled.marks}
        sums = {k: _floats(cells[column]) for k, column in counting.sums.items()}
        return Tally(frame, selection, marks, sums, n, **found)

    def _counted(self, counting: Counting, by: Sequence[str]) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Return the cells, and their distinct orders: by the same query, or by more where that can't be exact.

        Distinct counts can't be added up. But nearly always an order has one day and a vendor one name, and each order is in one cell.
        """
        run, of = self.frame.run, self._groups([*by, *(["currency"] if self.has("currency") else [])])
        cells = run(counting.cells_and_orders())
        if cells["__span"].any():
            cells = run(counting.cells())
        elif self._one_each(cells[cells["__reason"] == 0], by):
            return cells, {"orders": cells["__orders"].to_numpy(dtype=np.int64)}
        return cells, {"grouped_orders": partial(run, counting.orders(self._pieces(counting.c, of)))}

    def _clustered(
        self, counting: Counting, clustering: Clustering, cells: pd.DataFrame, by: Sequence[str]
    ) -> pd.DataFrame:
        """Return the sums over the clusters of each group."""
        groups = self._groups(by)
        for key, columns in groups.items():  # a column as it is costs less than the first known one of several
            groups[key] = columns if cells[columns[0]].isna().any() else columns[:1]
        sums = self.frame.run(counting.clusters(self._pieces(counting.c, groups), clustering))
        # lines of no known cluster have met as if they were one: each stands alone, and then all powers are the number itself
        alone, powers = sums["__known"] == 0, [f"__{name}" for name in POWERS]
        for name in powers:
            sums.loc[alone, name] = sums.loc[alone, "__h" if name.startswith("__h") else "__n"]
        sums = sums[[*groups, *powers]]
        return sums.groupby(list(groups), dropna=False, as_index=False).sum() if groups else sums.sum().to_frame().T

    def _columns(self) -> SqlColumns:
        return SqlColumns(self.frame.kinds, self.frame.dialect, self._without_values)

    def _without_values(self, name: str) -> bool:
        found = self.frame.run(f"SELECT count({self.frame.dialect.quoted(name)}) AS __n FROM {LINES}")
        return bool(found["__n"].iloc[0] == 0)

    def _named(self, by: Sequence[str]) -> list[str]:
        """Return the columns that the groups of ``by`` are made of and named by."""
        wanted: list[str] = []
        for name in by:
            if name in ENTITIES:
                key_columns(self.frame.kinds, name)
                wanted += filter(self.has, (*(c for part in ENTITIES[name] for c in part), "connection"))
            else:
                need_for_by(self.frame.kinds, name)
                wanted.append(name)
        return list(dict.fromkeys(wanted))

    def _groups(self, by: Sequence[str]) -> dict[str, list[str]]:
        """Return the keys of the groups, each with the columns of which the first known one tells it: a vendor's name is no key."""
        out: dict[str, list[str]] = {}
        for name in by:
            if name in ENTITIES:
                out[ENTITIES[name][0][0]] = list(filter(self.has, ENTITIES[name][0]))
                out |= {"connection": ["connection"]} if self.has("connection") else {}
            else:
                out[name] = [name]
        return out

    def _pieces(self, c: SqlColumns, groups: Mapping[str, Sequence[str]]) -> dict[str, Piece]:
        """Return the keys of groups as pieces of a query."""
        out = {}
        for key, columns in groups.items():
            several = f"coalesce({', '.join('{}' for _ in columns)})"
            out[key] = Piece(several, *map(c.text, columns)) if len(columns) > 1 else c.key(columns[0])
        return out

    def _one_each(self, cells: pd.DataFrame, by: Sequence[str]) -> bool:
        """Return whether no group has cells that differ by name alone, so that no order can be in two of them."""
        named, keys = cells[self._named(by)], _keyed(cells, self._groups(by))
        return bool(named.duplicated().sum() == keys.duplicated().sum())


def _keyed(cells: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the keys of the groups that cells belong to."""
    out = {}
    for key, columns in groups.items():
        first = cells[columns[0]]
        for column in columns[1:] if first.isna().any() else ():
            first = first.astype("string").fillna(cells[column].astype("string"))
        out[key] = first
    return pd.DataFrame(out, index=cells.index)


def _floats(column: pd.Series) -> npt.NDArray[np.float64]:
    """Return sums as floats. The sum of nothing is 0; some engines return a missing value."""
    out: npt.NDArray[np.float64] = column.to_numpy(dtype=float, na_value=np.nan)
    none = np.isnan(out)
    return np.where(none, 0.0, out) if none.any() else out
