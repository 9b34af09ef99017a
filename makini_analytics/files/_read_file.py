"""A file as a system wrote it, to a table that `tidy_table` takes: found headings, order lines only, plain values; and how it was read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import SchemaError
from ..system import known_options, number_of, path_of, text_of
from ..tidy import why_no_value
from ._by_values import (
    ask_about_twice,
    fits,
    kind_of,
    mostly_words,
    with_document_types,
    with_marks,
    with_states,
)
from ._headings import TWICE, Heading, System, distinct_names, folded, n_known, understood
from ._jde import settle_jde
from ._money import in_percent
from ._order_status import heads_in, with_order_status
from ._raw_file import Grid, read_grid
from ._rows import order_lines
from ._said import SPECIAL, as_ours, ours_of, said_of, stated_in, system_of
from ._sorted_rows import Rows, as_issues
from ._unread import is_undecided, tell_unread
from ._values import Table, settle
from ._wording import says_discount, says_money, says_price_unit, titles_of_multiples

#: Of the special names, what is settled when numbers are read.
_BY_NUMBERS = ("order_price_unit", "price_unit_numerator", "price_unit_denominator", "cancelled_quantity")
#: Rows after which exports end whatever there is: those of the old and the new Excel, with and without headings, and round limits.
_CUT_OFF = frozenset({65_000, 65_001, 65_535, 65_536, 1_000_001, 1_048_575, 1_048_576})
_OF_LINES = {"line_number", "product_code", "material_id", "quantity", "unit_price"}


@dataclass
class FileRead:
    """A file as a table, which columns of it mean what, and what was done on the way.

    Attributes
    ----------
    table : one row per order line; values as the file holds them
    columns : heading to our column, as `tidy_table` takes it
    statuses : what the system's own statuses mean
    open_quantity : the heading of the quantity still to come, where the list has no received one
    finished : lines that a mark ends: nothing is still to come of them, however much came
    items : of each row the item that it is a schedule line of; empty where a row is a line
    left_out : one row per row of the file that is no line, shaped as issues
    notes : how it was read, for ``sources``
    beside : headings of columns that are none of ours and change others, by what they are: the unit of the price, the cancelled quantity
    bare_discount : the heading of discounts of which nothing says whether they are money or percent
    heads : the status of each order, where the list has it beside that of the line
    with_history : whether the file lists what came of its lines, too, which is read as a file of receipts is
    discounts, price_units : headings left out that are of discounts, too, or may say how many a price is for
    cancelled : what was cancelled of each row; empty where the list doesn't say
    """

    table: pd.DataFrame
    columns: dict[Any, str]
    statuses: dict[str, str]
    open_quantity: str | None
    finished: list[bool]
    items: list[int]
    left_out: pd.DataFrame
    notes: str
    beside: dict[str, Any] = field(default_factory=dict)
    bare_discount: Any = None
    discounts: list[Any] = field(default_factory=list)
    price_units: list[Any] = field(default_factory=list)
    cancelled: list[float] = field(default_factory=list)
    heads: pd.DataFrame | None = None
    with_history: bool = False


def read_file(
    path: str | PathLike[str],
    *,
    columns: Mapping[str, str | None] | pd.DataFrame | None = None,
    system: str | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    header: int | None = None,
    came: Collection[tuple[str, str]] = (),
) -> FileRead:
    """Return a file as a table of order lines; see `Purchases.from_file`. Of the lines in ``came`` something came, as a file beside it says."""
    grid, headings, about = read_grid_of(path, columns, system, sheet, encoding, separator, header)
    meant = {h.column: h.place for h in headings if h.column}
    chosen = system_of(system, grid.headings, grid.cells)
    rows = order_lines(grid, meant, chosen.name if chosen else "")
    table = as_table(grid, meant, rows, chosen)
    table.came, table.stated = came, (stated := stated_in(columns))
    names = distinct_names(grid.headings)
    discounts, price_units = (
        [names[h.place] for h in headings if _is_further(h, stated, says, gives)]
        for says, gives in ((says_discount, ("gives the discount", "not off the line")), (says_price_unit, ()))
    )
    settle(table)
    tell_unread(table, headings, names, stated)
    if chosen is not None and chosen.name == "jde":
        settle_jde(table)
    if {"discount", "discount_percent"} <= table.column_of.keys():  # both are of the same, or it is asked
        discounts.append(table.column_of["discount_percent"])
    heads = heads_in(table)
    beside = {n: table.column_of.pop(n) for n in _BY_NUMBERS if n in table.column_of}
    for name in set(SPECIAL) - {"open_quantity"}:
        table.column_of.pop(name, None)
    open_quantity = table.column_of.pop("open_quantity", None)
    if columns is None:
        _enough(table, path)
    if not {"vendor_id", "vendor_name"} & table.column_of.keys():
        table.notes.append(_no_vendor(headings))
    if "line_id" not in table.column_of:
        table.put("line_id", "row of the file", [str(i) for i in table.df.index])
    if (last := int(grid.cells.index.max()) if len(grid.cells) else 0) in _CUT_OFF:
        table.notes.append(
            f"The file ends at row {last:,}, where systems and spreadsheets cut lists off: it may lack the rest."
        )
    left_out = as_issues([*rows.left_out, *table.doubts])
    notes = " ".join([about, _headings_note(headings), *table.notes]).strip()
    kept = {*table.column_of.values(), open_quantity}
    bare = table.column_of.get("discount")
    if bare is not None and (folded(bare) in stated or in_percent(table, str(bare)) or says_money(str(bare))):
        bare = None
    frame = table.df.drop(columns=[h for h in table.used if h not in kept]).reset_index(drop=True)
    if "received_quantity" in table.column_of or "quantity" not in table.column_of:
        open_quantity = None
    meant_by = {h: c for c, h in table.column_of.items()}
    return FileRead(
        frame, meant_by, table.statuses, open_quantity, table.finished, table.items, left_out, notes, beside, bare, discounts, price_units,
        heads=heads, with_history=table.with_history,
    )  # fmt: skip


@known_options
def read_headings(
    path: str | PathLike[str],
    *,
    columns: Mapping[str, str | None] | pd.DataFrame | None = None,
    system: str | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    header: int | None = None,
) -> pd.DataFrame:
    """Return how a file is read: one row per heading, with the column that it becomes, an example and the rule.

    Change ``column`` where it is not what you mean and pass the frame back: ``Purchases.from_file(path, columns=frame)``. Some columns
    are those of a list and not ours: ``vendor`` (code, name or both), ``open_quantity`` (received = ordered - open),
    ``scheduled_quantity`` (a row is a schedule line), marks such as ``deletion_mark``, ``completed_mark`` and ``release_mark``, of which
    one status is made, ``record_type``, which tells rows of orders from those of lines, ``order_status``, beside the line's, ``document_type``, which tells orders and
    returns from quotes, invoices and contracts, and ``cancelled_quantity``. Of two columns under one heading the second is "Amount (2)".

    Parameters
    ----------
    path, columns, system, sheet, encoding, separator, header : as in `Purchases.from_file`

    Returns
    -------
    DataFrame, one row per heading, in the order of the file
        heading : string, as the file has it
        column : string, our column (see `makini_analytics.data_dictionary`); missing where it stays out
        example : string, the first value
        rule : string, why it is read so

    Raises
    ------
    SchemaError
        There is no row of headings, a heading can mean two columns, or two headings mean the same one.
    ConfigError
        An option can't be right, or the library that reads such a file is not installed.
    """
    grid, headings, _ = read_grid_of(path, columns, system, sheet, encoding, separator, header)
    first = grid.cells.astype(object).where(grid.cells.notna() & (grid.cells != ""))
    examples = {h.place: first[h.place].dropna() for h in headings}
    rows = [
        (h.heading, h.column, str(e.iloc[0]).strip() if len(e := examples[h.place]) else None, h.rule) for h in headings
    ]
    return pd.DataFrame(rows, columns=["heading", "column", "example", "rule"], dtype="string")


def as_table(grid: Grid, meant: Mapping[str, int], rows: Rows, system: System | None) -> Table:
    """Return the rows of a grid under its headings, each of which names one column."""
    names = distinct_names(grid.headings)
    df = rows.cells.rename(columns=dict(enumerate(names)))[[n for n, h in zip(names, grid.headings, strict=True) if h]]
    return Table(df, {c: names[p] for c, p in meant.items()}, system, rows.notes, doubts=[*rows.doubts])


def read_grid_of(
    path: str | PathLike[str],
    columns: Mapping[str, str | None] | pd.DataFrame | None = None,
    system: str | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    header: int | None = None,
) -> tuple[Grid, list[Heading], str]:
    """Return the cells of a file, what its headings mean, and how it was read."""
    own = said_of(columns)
    file = path_of("path", path)
    for name, given, what in (
        ("system", system, "the name of a system, such as 'sap'"),
        ("encoding", encoding, "the name of an encoding, such as 'utf-8'"),
        ("separator", separator, "a character, such as ';'"),
    ):
        if given is not None and not (
            name == "separator" and isinstance(given, str)
        ):  # a tab or a blank separates, too
            text_of(name, given, what)
    if header is not None:
        number_of("header", header, low=0, whole=True)
    if sheet is not None and not isinstance(sheet, str):
        number_of("sheet", sheet, whole=True)
    looked_at: list[Sequence[Any]] = []

    def score(row: Sequence[Any]) -> int:
        looked_at.append(row)
        return n_known(row, own)

    grid = read_grid(file, score, sheet=sheet, encoding=encoding, separator=separator, header=header)
    titles = titles_of_multiples(looked_at, grid.headings)
    chosen = system_of(system, grid.headings, grid.cells)

    @cache
    def kind(place: int) -> str | None:
        return kind_of(v for v in grid.cells[place].drop_duplicates() if not why_no_value(v))

    def worded(place: int) -> bool:
        return mostly_words(grid.cells[place], grid.headings[place])

    def fit(place: int, column: str) -> bool:
        return fits(column, kind(place))

    ours = ours_of(grid.headings)
    headings = as_ours(understood(grid.headings, chosen, ours | own, fit, worded), ours.keys() - own.keys())
    ask_about_twice(headings, grid.cells)
    headings = with_order_status(with_states(headings, [kind(h.place) for h in headings]))
    values = [grid.cells[h.place].drop_duplicates() for h in headings]
    return (
        grid,
        with_document_types(with_marks(headings, values), values),
        f"Read as {chosen.title if chosen else 'a plain list'} ({grid.how})."
        + "".join(
            f" Warning: the title {t!r} names a multiple, and values are read as they stand: multiply them first."
            for t in titles
        ),
    )


def _is_further(h: Heading, stated: Collection[str], says: Callable[[str], bool], gives: tuple[str, ...]) -> bool:
    """Whether a heading that is left out, which the caller did not decide, says what it is for; ``gives`` are rules by which another one was taken."""
    ours = is_undecided(h, stated) or h.rule == TWICE or h.rule.endswith(gives)
    return h.column is None and ours and says(h.heading)


def _no_vendor(headings: list[Heading]) -> str:
    """Return what to know of a list in which no column is the vendor; a heading that could be one is named."""
    names = [
        h.heading
        for h in headings
        if h.column is None and folded(h.heading) in ("name", "entity", "company", "nombre", "nom", "nome", "naam")
    ]
    advice = f": pass columns={{{names[0]!r}: 'vendor_name'}} if that is it" if names else ""
    return f"No heading of the file is known for the vendor{advice}."


def _enough(table: Table, path: str | PathLike[str]) -> None:
    """Raise `SchemaError` where the figures would have nothing to stand on."""
    there, name = table.column_of.keys(), Path(path).name
    shown = ", ".join(repr(str(h)) for h in table.df.columns[:12])
    if not {"order_number", "order_id"} & there:
        raise SchemaError(
            f"{name} has no heading that is known for an order number (among {shown}): pass columns={{...: 'order_number'}}"
        )
    if "amount" not in there and not there & _OF_LINES:
        raise SchemaError(
            f"{name} lists orders and not their lines (among {shown}): read the order lines, and pass this table beside "
            "them: from_table(lines, orders=...)"
        )
    if "amount" not in there and not {"unit_price", "quantity"} <= there:
        raise SchemaError(
            f"{name} has neither an amount nor both price and quantity (among {shown}): pass columns={{...: 'amount'}}"
        )


def _headings_note(headings: list[Heading]) -> str:
    n, read = len(headings), [h for h in headings if h.column]
    notes = [f"Headings understood: {len(read):,} of {n:,}, as read_headings shows."]
    notes += [f"{h.heading!r} is {h.column} {h.rule}." for h in read if h.rule.startswith("by ")]
    notes += [
        f"{h.heading!r} is taken as a {h.column}, by its word and its values."
        for h in read
        if h.rule.startswith("a mark")
    ]
    twice = [repr(h.heading) for h in headings if h.rule.endswith("the first one is taken")]
    notes += [f"Of headings that are there twice the first is taken: {', '.join(twice)}."] if twice else []
    return " ".join(notes)
