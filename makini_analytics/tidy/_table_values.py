"""The columns of a table, typed: one way of writing numbers and dates for the whole table, judged over all of its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import SchemaError
from ..frames import categoricals
from ._column_builder import at_places, clean_column, spread
from ._dates import DateOrder, check_format, numeric_dates, read_dates
from ._identities import plain_text
from ._issues import IssueBook
from ._no_values import as_days, changed_by_a_spreadsheet, cleaning, without_no_values
from ._nothing import nothing
from ._number_format import (
    DECIMALS,
    DecimalJudge,
    NumberFormat,
    Numbers,
    read_numbers_as,
    without_currencies,
    without_percentages,
)
from ._parsing import MARKS, Problem, is_no_mark, parse_values
from ._schema import MONEY, Column

Distinct = tuple[
    list[Any], "npt.NDArray[Any] | None"
]  # the distinct values and where each row's stands; or all values and None
Rows = npt.NDArray[np.intp]

_WITH_ZERO = re.compile(r"[0-9]+\.0")


@dataclass(frozen=True)
class TableFormat:
    """How a table writes its values: the marks of its numbers, and the stated forms of its dates by our name."""

    numbers: NumberFormat
    dates: Mapping[str, str]
    tz: tzinfo


@dataclass
class TableValues:
    """What was read of a table.

    Attributes
    ----------
    columns : by our name, the typed values of each row
    currency : by our name, the currency that stands beside each number, missing where none does
    percent : by our name, the rows whose number is a percentage
    """

    columns: dict[str, Any] = field(default_factory=dict)
    currency: dict[str, Any] = field(default_factory=dict)
    percent: dict[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table as it was given: its columns by our name, and what those are.

    ``table_of`` says under which table the issues of a column stand.
    """

    df: pd.DataFrame
    source_of: Mapping[str, Any]
    columns: Mapping[str, Column]
    table_of: Mapping[str, str]

    @property
    def known(self) -> dict[str, Column]:
        """The columns that are ours; the others are custom ones."""
        return {name: self.columns[name] for name in self.source_of if name in self.columns}


def read_values(tables: Sequence[Table], form: TableFormat, book: IssueBook) -> list[TableValues]:
    """Return the columns of some tables of one source under our names, typed, and note each value that could not be read.

    Raises
    ------
    SchemaError
        Their numbers can be read with a decimal point and with a decimal comma, or dates with the day and with the month first.
    """
    distinct = [{name: _distinct(t.df[t.source_of[name]]) for name in t.known} for t in tables]
    pairs = list(zip(tables, distinct, strict=True))
    numbers, orders = _number_format(pairs, form), _date_forms(pairs, form)
    return [_read(t, values, numbers, order, form.tz, book) for (t, values), order in zip(pairs, orders, strict=True)]


def _read(
    table: Table,
    distinct: Mapping[str, Distinct],
    numbers: NumberFormat,
    orders: Mapping[str, str | None],
    tz: tzinfo,
    book: IssueBook,
) -> TableValues:
    out = TableValues()
    for name, c in table.known.items():
        values, codes = distinct[name]
        of_names = c.kind in ("label", "text") and name not in ("status", "currency")
        values, lost = without_no_values(name, values, of_names=of_names)
        array, problems = _read_column(out, name, c, values, codes, numbers, orders.get(name), tz)
        gone, kept = ([p for p in lost if (values[p[0]] is None) is missing] for missing in (True, False))
        nothing = pd.isna(array)  # what was read all the same is a doubt, and not lost
        unread, doubts = ([p for p in problems if bool(nothing[p[0]]) is missing] for missing in (True, False))
        for some, typed in ((gone, True), (kept, False), (unread, c.kind not in ("label", "text")), (doubts, False)):
            rows = some if codes is None else at_places(some, codes)
            book.add_problems(table.table_of[name], name, rows, typed=typed)
        if c.kind == "label":
            out.columns[name] = (
                categoricals.from_texts(array) if codes is None else categoricals.from_codes(array, codes)
            )
        else:
            out.columns[name] = array if codes is None else spread(array, codes)
    for name in (n for n in table.source_of if n not in table.columns):  # custom ones
        clean = clean_column(plain_values(table.df[table.source_of[name]]))
        out.columns[name] = categoricals.from_texts(clean) if clean.dtype == "string" else clean
    return out


def _read_column(
    out: TableValues,
    name: str,
    c: Column,
    values: list[Any],
    codes: npt.NDArray[Any] | None,
    numbers: NumberFormat,
    order: str | None,
    tz: tzinfo,
) -> tuple[Any, list[Problem]]:
    """Return a column's distinct values, typed, and what could not be read of them."""
    if c.kind == "number":
        got = read_numbers_as(values, numbers)
        if name not in ("discount", "discount_percent"):
            got = without_percentages(got, values)
        if c.unit != MONEY:
            got = without_currencies(got, values)
        _keep_beside(out, name, got, len(values), codes)
        return got.values, got.problems
    if c.kind in ("day", "instant"):
        if c.name in MARKS:
            values = [None if is_no_mark(v) else v for v in values]
        return read_dates(values, c, order, tz)
    if c.kind not in ("label", "text"):
        return parse_values(values, c.kind, tz)
    values = list(cleaning(name)(_without_zero(values)))
    array, problems = parse_values(as_days(values), "text", tz)
    return array, problems + changed_by_a_spreadsheet(values, of_digits=_names_something(name))


def _keep_beside(out: TableValues, name: str, got: Numbers, n: int, codes: npt.NDArray[Any] | None) -> None:
    """Keep the currencies and percent signs that stood beside the numbers of a column."""
    if got.currency:
        texts = [got.currency.get(i) for i in range(n)]
        out.currency[name] = categoricals.from_texts(texts) if codes is None else categoricals.from_codes(texts, codes)
    if got.percent:
        out.percent[name] = (
            np.array(got.percent, dtype=np.intp) if codes is None else np.flatnonzero(np.isin(codes, got.percent))
        )


def _number_format(tables: Sequence[tuple[Table, Mapping[str, Distinct]]], form: TableFormat) -> NumberFormat:
    """Return the format of all numbers: the stated one, or that under which every one of them can be read."""
    if form.numbers.decimal is not None:
        return form.numbers
    judge = DecimalJudge(form.numbers.thousands)
    for table, distinct in tables:
        for name, c in table.known.items():
            if c.kind == "number":
                judge.look((v for v in distinct[name][0] if isinstance(v, str)), table.source_of[name])
    if judge.decimal is None and not judge.mixed and judge.either is not None:
        source, text = judge.either
        one, other = (NumberFormat(d, form.numbers.thousands).read(text) for d in DECIMALS)
        assert one is not None and other is not None
        raise SchemaError(
            f"the numbers of the table can be read in two ways: {text!r} of {source!r} is {one.value:,g} or {other.value:,g}, "
            "and nothing in any column decides: pass decimal='.' or decimal=','"
        )
    if "," in judge.only:
        _stop_at_grouped_floats(tables, judge.only[","])
    return NumberFormat(judge.decimal, form.numbers.thousands)


def _stop_at_grouped_floats(tables: Sequence[tuple[Table, Mapping[str, Distinct]]], comma: str) -> None:
    """Raise `SchemaError` where a column of floats beside texts with a decimal comma was made of "1.250" and "12.345".

    `pandas.read_csv` takes such a point for the decimal mark, and 1,250 becomes 1.25. It shows by three decimals, and by nothing that
    such a point can't make: no number from 1,000 on, and none between 0 and 1.
    """
    for table, _ in tables:
        for name, c in table.known.items():
            column = table.df[table.source_of[name]]
            if c.kind != "number" or column.dtype.kind != "f":
                continue
            thousandths = np.abs(column.dropna().to_numpy(dtype=float)) * 1000
            whole = np.round(thousandths)
            as_read = (np.abs(thousandths - whole) < 1e-6) & (whole < 1e6) & ((whole >= 1000) | (whole == 0))
            if as_read.all() and (whole % 10 != 0).any():
                shown = float(column.dropna().iloc[int(np.argmax(whole % 10 != 0))])
                raise SchemaError(
                    f"{table.source_of[name]!r} holds floats such as {shown!r}, beside numbers with a decimal comma ({comma!r}): whoever "
                    "read the table took the point that groups digits for the decimal mark. Read it anew as texts (dtype=str); if the "
                    "floats are right, pass decimal=','"
                )


def _date_forms(
    tables: Sequence[tuple[Table, Mapping[str, Distinct]]], form: TableFormat
) -> list[dict[str, str | None]]:
    """Return the form of each table's columns of dates: the stated one, or the order of day and month that the tables show."""
    judge = DateOrder()
    texts: list[dict[str, set[str]]] = []
    for table, distinct in tables:
        dates = [n for n, c in table.known.items() if c.kind in ("day", "instant") and n not in form.dates]
        texts.append({n: numeric_dates(distinct[n][0]) for n in dates})
        for name, some in texts[-1].items():
            judge.look(table.source_of[name], some)
    stated: dict[str, str | None] = {n: check_format(n, f) for n, f in form.dates.items()}
    return [
        {**stated, **{n: judge.of(n, table.source_of[n]) if some else None for n, some in mine.items()}}
        for (table, _), mine in zip(tables, texts, strict=True)
    ]


def _names_something(name: str) -> bool:
    """Whether a column holds identifiers, of which every digit counts."""
    return name.endswith(("_id", "_number", "_code", "_ref")) or name == "code"


def _without_zero(values: list[Any]) -> list[Any]:
    """Return texts without the ``.0`` that all of them got when a blank made their column one of floats."""
    texts = [v for v in values if isinstance(v, str) and v.strip()]
    if not texts or not all(_WITH_ZERO.fullmatch(t) for t in texts):
        return values
    return [v[:-2] if isinstance(v, str) and v.strip() else v for v in values]


def plain_values(column: pd.Series) -> list[Any]:
    """Return the values as Python ones, None where missing."""
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return [None if v is pd.NaT else v for v in column]
    return [None if v is None or v is pd.NA or v is pd.NaT or v != v else v for v in column.tolist()]


def _distinct(column: pd.Series) -> Distinct:
    """Return the distinct values of a column of texts or dates, a missing one last, and where each stands; else the values and None."""
    dates = isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M"
    if not dates and pd.api.types.infer_dtype(column, skipna=True) != "string":
        return plain_values(column), None
    codes, values = pd.factorize(column)
    return [*plain_values(pd.Series(values)), None], np.where(codes < 0, len(values), codes)


# ---- frames ---------------------------------------------------------------------------------------------------------


def framed(got: TableValues, n: int, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the columns that were read, and the others with nothing in them."""
    return completed(pd.DataFrame(got.columns, index=pd.RangeIndex(n)), columns)


def completed(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return a frame with the columns that it lacks, and nothing in them."""
    lacking = [c for c in columns if c.name not in frame]
    of_kind = {kind: nothing(c, len(frame)) for kind, c in {c.kind: c for c in lacking}.items()}
    there: dict[Any, Any] = {name: frame[name] for name in frame}
    return pd.DataFrame(there | {c.name: of_kind[c.kind] for c in lacking}, index=frame.index)


def stripped(frame: pd.DataFrame, name: str) -> categoricals.Labels:
    """Return a column without outer blanks; what is blank altogether is missing."""
    column = categoricals.from_series(frame[name])
    return categoricals.relabel(column, [plain_text(str(c)) or None for c in column.categories])


def filled(column: categoricals.Labels, other: categoricals.Labels) -> categoricals.Labels:
    """Return a column with the values of another one where it has none."""
    return categoricals.where(column.codes >= 0, column, other)
