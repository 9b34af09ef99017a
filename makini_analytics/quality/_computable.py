"""Which figures a connection's lines can carry, asked of the figures themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import lead_times, slippage, spend
from ..compute import ENTITIES, Counted, Figure, PandasColumns, figures_of, key_columns, lines_of, unrecorded
from ..errors import ConfigError, SchemaError
from ..frames import AsOf, AsOfDays, Mask, categoricals, encode, values

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


def by_few_lines(every_line: pd.DataFrame, roles: Mapping[str, str], as_of: AsOfDays | None) -> list[dict[str, Any]]:
    """Return, of each connection in ``roles`` and each figure, whether it can be computed, and why not.

    What can be computed of some lines of a connection can be of all, since a line counts by what it says itself. Deliveries count where
    enough of their days are recorded, which all lines tell. What few lines don't prove is asked of all of them.
    """
    place = place_of(every_line, list(roles))
    at = _some(place, len(roles))
    few, place_of_few = every_line.iloc[at], place[at]
    sure = _recorded(every_line, as_of)[at]
    together, few_together = (Part(frame, np.ones(len(frame), dtype=bool)) for frame in (every_line, few))
    parts = {
        connection: (Part(few, place_of_few == i, role), Part(every_line, place == i, role))
        for i, (connection, role) in enumerate(roles.items())
    }
    rows: dict[str, list[dict[str, Any]]] = {connection: [] for connection in roles}
    for name, of, options in figures(as_of, every_line):
        by_days = of.room != "spend" and of.name not in _WITHOUT_DAYS
        if by_others := of.name in _BY_OTHERS:
            of_counted = place[together.counts(of, options)]
        else:
            counted = few_together.counts(of, options)
            of_counted = place_of_few[counted & sure if by_days else counted]
        counts = np.bincount(of_counted + 1, minlength=len(roles) + 1)[1:] > 0
        for (connection, (of_few, of_all)), some_count in zip(parts.items(), counts.tolist(), strict=True):
            why = None
            if not some_count or of_few.lacks(of, options) is not None:
                # by itself: a figure of one item chooses one of one connection
                why = _why_not((of_all,) if by_others or by_days else (of_few, of_all), of, options)
            told = {"connection": connection, "table": "metrics", "name": name}
            rows[connection].append(told | {"computable": why is None, "evidence": why})
    return [row for of_connection in rows.values() for row in of_connection]


def _why_not(parts: Sequence[Part], figure: Figure, options: Mapping[str, Any]) -> str | None:
    """Return why a figure can't be computed, as the last part says; None where one of them can carry it."""
    why = None
    for part in parts:
        told = part.what_counts(figure, options)
        if told["computable"]:
            return None
        why = str(told["evidence"])
    return why


def _recorded(every_line: pd.DataFrame, as_of: AsOfDays | None) -> Mask:
    """Return the lines of connections and vendors that record the days of deliveries."""
    without = unrecorded(lines_of(every_line, metric="quality.coverage"), as_of).rows(PandasColumns(every_line))
    out: Mask = ~np.logical_or.reduce([np.zeros(len(every_line), dtype=bool), *(rows for rows, _ in without)])
    return out


def _some(place: Ints, n: int) -> Ints:
    """Return some lines of each connection."""
    out = []
    for i in range(n):
        mine = np.flatnonzero(place == i)
        begins = np.linspace(0, max(len(mine) - _FEW, 0), _STRETCHES).astype(int)
        at = np.unique(np.add.outer(begins, np.arange(_FEW)))
        out.append(mine[at[at < len(mine)]])
    return np.concatenate([np.zeros(0, dtype=np.int64), *out])


def place_of(frame: pd.DataFrame, connections: list[str]) -> Ints:
    """Return of each row the place of its connection; -1 for rows of none of them."""
    of = encode(values(frame, "connection", "string"))
    out: Ints = np.append(pd.Index(connections).get_indexer(of.labels), -1)[of.codes]
    return out


def is_filled(column: pd.Series) -> Mask:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return categoricals.has_text(categoricals.from_series(column))
    filled = column.notna()
    if isinstance(column.dtype, pd.StringDtype):
        filled &= (column != "").fillna(False)
    out: Mask = filled.to_numpy(dtype=bool)
    return out


def figures(as_of: AsOf | None, lines: pd.DataFrame | None = None) -> Iterator[tuple[str, Figure, dict[str, Any]]]:
    """Yield the rows: every figure that takes lines, and behind it its variants. Sites go by name where lines name any, as in a report."""
    named = lines is not None and "site_name" in lines and lines["site_name"].notna().any()
    for room in (spend, lead_times, slippage):
        for known in figures_of(room):
            chosen = _CHOSEN if as_of is None else {**_CHOSEN, "as_of": as_of}
            usual = {option: value for option, value in chosen.items() if option in known.options}
            yield known.name, known, usual
            for variant, options in VARIANTS.get(known.name, {}).items():
                yield (
                    variant,
                    known,
                    usual | ({"by": "site_name"} if named and "site_id" in options.values() else options),
                )


@dataclass
class Part:
    """Lines of a connection, all or a few, to ask of each figure how many of them it counts."""

    every_line: pd.DataFrame
    rows: Mask
    role: str = ""  # as what the delivery date is read
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
            self.known[column] = int(np.count_nonzero(is_filled(self.every_line[column]) & self.rows)) if there else 0
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
            counted = next(f for name, f, _ in figures(None) if name == source).counted
            self.made[source] = counted(self.lines, **of_source)
        return self.made[source]


def _not_computable(why: str) -> dict[str, Any]:
    return {"n_filled": 0, "computable": False, "evidence": why}
