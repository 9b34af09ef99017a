"""What is explored: the parts that the filter bar picks of it, and the code that gives them in the caller's notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from IPython import get_ipython

from .. import charts
from ..frames import CHANGED_SINCE, DECIDED_BY, FILTERS, RECORDED, TOLD_IN, categoricals, recorded, told_in
from ..purchases import Purchases

#: What the metrics need of a line, and a reader of a bar's lines wants to see.
_NEEDED = ("connection", "order_number", "line_number", "vendor_name", "product_code", "description", "state", "status", "order_date",
           "required_date", "promised_date", "delivered_date", "quantity", "unit_of_measure", "amount", "currency", "order_id", "line_id",
           "vendor_id", "material_id", "product_id", "site_id", "site_name", "category", "received_quantity", "first_receipt_date",
           "cancelled_date", "completed_date", "approved_date", "created_at", "deleted_at", "updated_at", "is_return", "document_type",
           "type", "n_receipts", "original_amount", "original_currency", "unreadable")  # fmt: skip


#: What `Purchases.filter` needs of them to pick, and to tell what it has picked; and the number of each line among all of them.
_PICKED_BY = ("connection", "site_id", "site_name", "category", "state", "currency", "vendor_id", "vendor_name", "order_date")  # fmt: skip
_ROW = "row"


@dataclass(frozen=True)
class Pick:
    """What one control picks: which rows, and in which words."""

    rows: npt.NDArray[np.bool_]
    word: tuple[str, str]
    condition: str  # on a frame of lines, whose name goes before it
    option: tuple[str, Any, str] = ("", None, "")  # of `Purchases.filter`: its name, the value, and the value's code
    missing: str = ""  # the column that has no value, which is no option


@dataclass(frozen=True)
class Part:
    """Some of the lines, the code that gives them, and what they were narrowed to, as ``{"category": "Bearings"}``.

    ``before`` are the statements that the expression ``code`` needs.
    """

    lines: pd.DataFrame
    before: list[str]
    code: str
    words: dict[str, str]


class Source:
    """Purchases, or a frame of lines, and the name that they have in the caller's notebook.

    A part of purchases is what `Purchases.filter` gives, which knows the order dates that were asked for, and how far all of the data
    reach: the lines alone can't tell that half a month is no whole one.
    """

    def __init__(self, data: Any, lines: pd.DataFrame) -> None:
        # narrow, and text as categories, since every filter copies it
        self.lines = categoricals.as_labels(lines[[c for c in lines.columns if c in _NEEDED]])
        self.lines.attrs = lines.attrs  # the as-of day
        self._whole = self._told_of_all(data) if isinstance(data, Purchases) else None
        self._known_as = _known_as(data)
        self.name = self._known_as or ("lines" if self._whole is None else "data")

    @property
    def every(self) -> str:
        """The code of all lines."""
        return self.name if self._whole is None else f"{self.name}.lines"

    def _told_of_all(self, data: Purchases) -> Purchases:
        """Return the purchases to filter, with what a filter finds out of all of them, found once: that takes most of its time.

        Their lines have what they are picked by, and which ones they are.
        """
        every = data.lines
        lines = every[[c for c in every if c in _PICKED_BY]].assign(**{_ROW: np.arange(len(every))})
        lines.attrs = {**every.attrs, TOLD_IN: told_in(every), RECORDED: recorded(every).carried()}
        return replace(data, lines=lines, orders=data.orders.iloc[:0], issues=data.issues.iloc[:0])

    def own(self, word: str) -> str:
        """Return a name for a variable of the code that is not the one of the explored data, which it would overwrite."""
        return f"{word}_" if word == self.name.split(".")[0] else word

    def part(self, picks: Sequence[Pick]) -> Part:
        """Return what all of the picks leave."""
        words = dict(p.word for p in picks)
        if not picks:  # no copy of a million lines to show all of them
            return Part(self.lines, *self._code([], []), words)
        rows = np.logical_and.reduce([p.rows for p in picks])
        if self._whole is None or not rows.any():  # filter() refuses what no line has
            return Part(
                _told(self.lines.take(np.flatnonzero(rows)), self.lines, words), *self._code(picks, picks), words
            )
        missing = [p for p in picks if p.missing]
        options = {p.option[0]: p.option[1] for p in picks if not p.missing}
        picked = self._whole.filter(**options).lines
        # without options that is all of the data, whose index stays
        lines = (
            self.lines.take(picked[_ROW].to_numpy()).reset_index(drop=True) if options else self.lines.copy(deep=False)
        )
        lines.attrs = picked.attrs | {k: v for k, v in self.lines.attrs.items() if k == DECIDED_BY}
        if missing:
            none = lines[[p.missing for p in missing]].isna().all(axis=1)
            lines = _told(lines[none], lines, dict(p.word for p in missing))
        return Part(lines, *self._code(picks, missing), words)

    def _code(self, picks: Sequence[Pick], conditions: Sequence[Pick]) -> tuple[list[str], str]:
        """Return the code of a part: statements, and the expression that needs them."""
        if self._whole is None:
            mine = "lines" if self.name == "lines" else self.own("lines")
            before = [] if mine == self.name else [f"{mine} = {self.name}"]
            unnamed = "the lines that you explore"
        else:
            options = ", ".join(f"{p.option[0]}={p.option[2]}" for p in picks if not p.missing)
            mine, conditions = self.own("lines"), [p for p in picks if p.missing]
            before = [f"{mine} = {self.name}{f'.filter({options})' if options else ''}.lines"]
            unnamed = "the purchases that you explore"
        if not self._known_as:
            before.insert(0, f"{self.name} = ...  # {unnamed}")
        # & binds more tightly than ==, so in pandas several conditions need parentheses, and one reads better without
        texts = [f"{mine}{p.condition}" for p in conditions]
        condition = texts[0] if len(texts) == 1 else " & ".join(f"({t})" for t in texts)
        return before, f"{mine}[{condition}]" if texts else mine


def spoken(words: Mapping[str, str]) -> list[str]:
    """Return what lines were narrowed to, as a title says it.

    >>> spoken({"category": "Bearings", "vendor": "Rossi", "ordered from": "2025-01-01", "changed since": "2025-03-01"})
    ['Bearings', 'Rossi', 'ordered from 2025-01-01', 'changed since 2025-03-01']
    """
    dated = ("ordered from", "ordered to", CHANGED_SINCE)
    return [charts.label(f"{name} {text}" if name in dated else text, charts.IN_TITLE) for name, text in words.items()]


def _told(lines: pd.DataFrame, of: pd.DataFrame, words: dict[str, str]) -> pd.DataFrame:
    """Return lines that know what they are a part of: charts say so in their footnotes."""
    lines.attrs = {**of.attrs, FILTERS: {**(of.attrs.get(FILTERS) or {}), **words}}
    return lines


def _known_as(data: Any) -> str:
    """Return how the caller's notebook calls the data, so that the code shown runs there as it stands; "" where it has no name for them."""
    # A name that starts with "_" is IPython's own for the last results (_, _1): the code would break with the next cell.
    shell = get_ipython()
    names = [(n, v) for n, v in shell.user_ns.items() if not n.startswith("_")] if shell is not None else []
    own = [n for n, v in names if v is data]
    return next(iter([*own, *(f"{n}.lines" for n, v in names if isinstance(v, Purchases) and v.lines is data)]), "")
