"""The text below the headings to rows of cells: what quotes enclose, quotes that are part of a text, rows that a line break has cut in two."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..errors import SchemaError
from ._by_values import kind_of

_FEWEST_KINDS = 2  # dates and numbers that must fall into their columns before two rows are taken for one
_USUAL = 0.5  # of a column's values, by which its kind is known


def cells_of(body: str, separator: str, width: int, first: int, head: str = "") -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of a text by their place in the file, ``first`` being that of the first one, and what to know of how they were read.

    ``head`` is the line of headings, whose bars tell those of a printed list's frame from those in its texts.

    Raises
    ------
    SchemaError
        A row has more cells than there are headings.
    """
    notes = []
    framed = separator == "|"  # such a list quotes nothing
    if framed and head:
        body, n = _frame_alone(body, head)
        notes += [f"Rows with bars in their texts, which are now \u00a6: {n:,}."] if n else []
    cells = _read(body, separator, width, csv.QUOTE_NONE if framed else csv.QUOTE_MINIMAL)
    if not framed and (isinstance(cells, Exception) or _holds_rows(cells, separator, width)):
        plain = _read(body, separator, width, csv.QUOTE_NONE)
        if not isinstance(plain, Exception):
            cells = plain.map(_unquoted)
            notes.append("Quotes open and do not close, so they are read as part of the texts.")
    if isinstance(cells, Exception):
        raise SchemaError(f"the rows below the headings don't fit them: {cells}".strip())
    cells.index = pd.RangeIndex(first, first + len(cells))
    n_cells = _n_cells(body, separator, len(cells))
    longer = cells.index[np.array(n_cells, dtype=int) > width] if n_cells else cells.index[:0]
    cells, joined = _joined(cells, n_cells, width)
    notes += (
        [f"Rows that were the rest of the row above, cut off by a line break in a cell: {joined:,}."] if joined else []
    )
    surplus = cells[width].str.strip() != ""
    if not surplus.any() and len(longer) <= len(cells) / 2:
        surplus = _moved(cells, longer)
    if surplus.any():
        raise SchemaError(
            f"row {cells.index[surplus][0]} has more cells than there are headings: is the separator {separator!r} right, and "
            "are texts that contain it quoted?"
        )
    return cells.drop(columns=[width]), notes


def _read(body: str, separator: str, width: int, quoting: Literal[0, 3]) -> pd.DataFrame | Exception:
    """Return the cells, or why they can't be read: quotes that never close, or a row of far too many cells."""
    try:
        return pd.read_csv(
            io.StringIO(body) if body.strip() else io.StringIO(separator * width),
            sep=separator,
            header=None,
            names=range(width + 1),  # one more than there are headings, so that a cell too many is seen
            index_col=False,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            quoting=quoting,
        ).fillna("")
    except (pd.errors.ParserError, ValueError) as e:
        return e


def _holds_rows(cells: pd.DataFrame, separator: str, width: int) -> bool:
    """Whether a cell holds whole rows, since a quote was part of a text: "Plate 3/4 of one row, and the next quote rows further down.

    From one column to the same one of a later row there are as many separators as a row has, or a multiple.
    """
    for name in cells.columns:
        over = cells[name][cells[name].str.contains("\n", regex=False)]
        if (over.str.count(separator if separator not in "|^" else f"\\{separator}") >= width - 1).any():
            return True
    return False


def _frame_alone(body: str, head: str) -> tuple[str, int]:
    """Return a printed list whose bars are those of its frame, which stand where those of the headings do, and how many rows had others."""
    places = [i for i, c in enumerate(head) if c == "|"]
    n_bars, lines, n = len(places), body.split("\n"), 0
    for i in [i for i, line in enumerate(lines) if line.count("|") > n_bars]:
        line = lines[i]
        if all(line[p : p + 1] == "|" for p in places):
            cells = (line[a + 1 : b].replace("|", "\u00a6") for a, b in pairwise([-1, *places, len(line)]))
            lines[i], n = "|".join(cells), n + 1
    return "\n".join(lines) if n else body, n


def _moved(cells: pd.DataFrame, longer: pd.Index[Any]) -> pd.Series[bool]:
    """Return which of the rows with a cell more than the others hold their dates and numbers one cell too far to the right.

    The last cell being blank, nothing else shows that a text with the separator in it has moved all that follows. Where everything is in
    its place, or a word merely stands for a date, the row ends with one separator more.
    """
    out = pd.Series(data=False, index=cells.index)
    if not len(longer):
        return out
    places: list[Any] = cells.columns[:-1].tolist()
    usual = {p: kind for p in places if (kind := _usual_kind(cells[p].drop(longer)))}
    doubtful = pd.Series(data=False, index=longer)
    for p, kind in usual.items():
        odd = [v for v in cells.loc[longer, p].unique() if kind_of([v]) not in (kind, None)]
        doubtful |= cells.loc[longer, p].isin(odd)
    for row in longer[doubtful]:
        kinds = {p: kind_of([cells.loc[row, p]]) for p in cells.columns}
        for place in (p for p in usual if kinds[p] not in (usual[p], None)):
            beside = [(kinds[p + 1], usual[p]) for p in usual if p >= place]
            here, fits = any(k == u for k, u in beside), all(k in (u, None) for k, u in beside)
            out[row] |= here and fits
    return out


def _unquoted(cell: object) -> object:
    if isinstance(cell, str) and len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def _n_cells(body: str, separator: str, n: int) -> list[int]:
    """Return how many cells each row has; nothing where all have enough, or where cells in quotes go over several lines."""
    lines = body.split("\n")[:n]
    counts = [line.count(separator) + 1 for line in lines]
    if len(lines) < n or min(counts, default=0) == max(counts, default=0) or any(line for line in body.split("\n")[n:]):
        return []
    return [
        len(next(csv.reader([line], delimiter=separator), [])) if '"' in line else c if line else 0
        for line, c in zip(lines, counts, strict=True)
    ]


def _joined(cells: pd.DataFrame, n_cells: list[int], width: int) -> tuple[pd.DataFrame, int]:
    """Return the cells with rows put together that line breaks in an unquoted cell have cut, and how many pieces went into others.

    Rows that end early are one where together they have the cells of one, and their dates and numbers then stand in the columns of such::

        4711;1;2024-01-15;Bolt          4 cells of 7
        M8;10;2.5;25.0                  4 cells, of which the first one goes on: "Bolt M8" and 10, 2.5, 25.0
    """
    n = np.array(n_cells)
    short = (n > 0) & (n < width)
    if not short[1:].any():
        return cells, 0
    kinds = {p: k for p in range(width) if (k := _usual_kind(cells[p]))}
    out, gone, i = cells.copy(), list[int](), 0
    while i < len(n) - 1:
        if not short[i]:
            i += 1
            continue
        both, j = cells.iloc[i].tolist()[: n[i]], i + 1
        while j < len(n) and short[j] and len(both) + n[j] - 1 <= width:
            piece = cells.iloc[j].tolist()[: n[j]]
            both, j = [*both[:-1], f"{both[-1]} {piece[0]}".strip(), *piece[1:]], j + 1
            if len(both) == width:
                break
        told = [p for p in kinds if len(both) == width and both[p].strip()]
        if j > i + 1 and len(told) >= _FEWEST_KINDS and all(kind_of([both[p]]) in (kinds[p], None) for p in told):
            out.iloc[i, :width] = both
            gone += list(range(i + 1, j))
            i = j
        else:
            i += 1
    return out.drop(index=out.index[gone]), len(gone)


def _usual_kind(column: pd.Series) -> str | None:
    """Return the kind of nearly all values that are there, where it is date or number."""
    counts = column[column.str.strip() != ""].value_counts()
    by_kind: dict[str, int] = {}
    for value, n in counts.items():
        kind = kind_of([value]) or ""
        by_kind[kind] = by_kind.get(kind, 0) + int(n)
    best = max(by_kind, key=lambda k: by_kind[k], default="")
    return best if best in ("date", "number") and by_kind[best] >= _USUAL * counts.sum() else None
