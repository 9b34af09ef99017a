"""Documents with lines - orders, receipts, return orders - split page by page into a table of heads and a table of lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..records import Record
from ._issues import IssueBook
from ._number_format import NumberFormat
from ._schema import LINE_CONTAINERS, Column
from ._table_builder import TableBuilder
from ._writing import Writing


class DocumentFrames(NamedTuple):
    """Documents as frames: documented columns typed, others under ``custom.``.

    ``of`` gives the row of each line's head: with 2 lines in the first order and 1 in the second it is ``[0, 0, 1]``.
    """

    heads: pd.DataFrame
    head_custom: pd.DataFrame
    lines: pd.DataFrame
    line_custom: pd.DataFrame
    of: npt.NDArray[np.intp]


class DocumentBuilder:
    """Collects documents; what is no object becomes an issue and an empty row, so that positions stay right.

    A document whose lines are not there has one that can't be read, where it has one of the fields under which it ``needs_lines``: a
    receipt of an order says that something came.
    """

    def __init__(
        self,
        heads: Sequence[Column],
        lines: Sequence[Column],
        tables: tuple[str, str],
        book: IssueBook,
        *,
        custom: bool = True,
        needs_lines: Sequence[str] = (),
    ) -> None:
        self._needs_lines = needs_lines
        self._tables, self._book = tables, book
        self._heads = TableBuilder(heads, tables[0], book, custom=custom)
        self._lines = TableBuilder(lines, tables[1], book, custom=custom)
        self._ids = tuple(next(c.name for c in columns if "key" in c.sources) for columns in (heads, lines))
        self._line_counts: list[int] = []
        self.without_lines: list[int] = []  # positions of documents whose lines can't be read, or of which nothing can

    def take(self, page: Sequence[Any]) -> None:
        """Take in a page of records."""
        simple = _are_records(page) and not any(r.get(c) for c in LINE_CONTAINERS[1:] for r in page)
        nested: list[Any] = [r.get(LINE_CONTAINERS[0]) for r in page] if simple else [None]
        lines: list[Any] = list(chain.from_iterable(nested)) if set(map(type, nested)) == {list} else [None]
        if _are_records(lines):  # nearly every page: no need to look at each record
            self._line_counts += map(len, nested)
            self._heads.take(page)
            self._lines.take(lines)
        else:
            self._take_each(page)

    def _take_each(self, page: Sequence[Any]) -> None:
        """Take in a page in which some record is no object, some lines are no list, or stand under their second name."""
        heads: list[Mapping[str, Any]] = []
        lines: list[Mapping[str, Any]] = []
        for record in page:
            at = self._heads.n + len(heads)
            if not isinstance(record, Mapping):
                self._book.add_problems(self._tables[0], self._ids[0], [(at, record, "the record is no object")])
                record = {}
                self.without_lines.append(at)
            heads.append(record)
            nested, others = _lines_of(record)
            if others:
                reason = "the order has other lines under a second name, which are not read"
                self._book.add_problems(self._tables[0], "n_lines", [(at, others, reason)])
            if not isinstance(nested, list | tuple):
                self._book.add_problems(self._tables[0], "n_lines", [(at, nested, "the order's lines are no list")])
                nested = ()
                self.without_lines.append(at)
            if not isinstance(nested, list) and any(record.get(f) for f in self._needs_lines):
                self._lost_line(self._lines.n + len(lines), None, "the document's lines are not there")
                nested = ({},)
            for line in nested:
                if not isinstance(line, Mapping):
                    self._lost_line(self._lines.n + len(lines), line, "the record is no object")
                    line = {}
                lines.append(line)
            self._line_counts.append(len(nested))
        self._heads.take(heads)
        self._lines.take(lines)

    def _lost_line(self, position: int, line: Any, reason: str) -> None:
        self._book.add_problems(self._tables[1], self._ids[1], [(position, line, reason)])

    @property
    def n(self) -> tuple[int, int]:
        """The number of documents and of their lines so far."""
        return self._heads.n, self._lines.n

    @property
    def currency(self) -> dict[str, dict[int, str]]:
        """The currencies that stood beside numbers of lines, by column and row; known once there are frames."""
        return self._lines.currency

    def look(self, writing: Writing) -> None:
        """Show what the documents so far tell of how the list is written."""
        self._heads.look(writing)
        self._lines.look(writing)

    def heed(self, writing: Writing) -> None:
        """Take what other parts of the list told of how it is written."""
        self._heads.heed(writing)
        self._lines.heed(writing)

    def frames(self, tz: tzinfo, form: NumberFormat) -> DocumentFrames:
        """Return the frames; of a text that both decimal marks read, and differently, where ``form`` has none, an issue and a missing value."""
        of = np.repeat(np.arange(len(self._line_counts)), np.asarray(self._line_counts, dtype=np.intp))
        return DocumentFrames(*self._heads.frames(tz, form), *self._lines.frames(tz, form), of)


def _lines_of(record: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """Return the lines of a document, and those that it has under a second name and not among these."""
    given = [v for c in LINE_CONTAINERS if (v := record.get(c)) is not None]
    nested = next((v for v in given if v), given[0] if given else ())
    same = [line for line in nested if isinstance(line, Mapping)] if isinstance(nested, list | tuple) else []
    keys = {str(line.get("key")) for line in same}
    rest = [line for v in given if v is not nested and isinstance(v, list | tuple) for line in v]
    return nested, [
        line
        for line in rest
        if line not in same and not (isinstance(line, Mapping) and str(line.get("key")) in keys - {"None"})
    ]


def _are_records(values: Sequence[Any]) -> bool:
    return all(issubclass(kind, dict | Record) for kind in set(map(type, values)))
