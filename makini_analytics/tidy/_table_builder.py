"""Pages of records to one table: each page is split into columns by its keys, documented or not, and let go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from ..frames import categoricals
from ..records import Record, by_key
from ._column_builder import BatchBuilder, ColumnBuilder, DictionaryBuilder, clean_column, is_batched
from ._day_builder import DayBuilder
from ._issues import IssueBook
from ._no_values import cleaning, currencies_read
from ._nothing import nothing
from ._number_builder import NumberBuilder
from ._number_format import PERCENTAGE, NumberFormat
from ._parsing import MARKS, Problem, is_no_mark, sound
from ._schema import LINE_CONTAINERS, MONEY, Column
from ._writing import Writing

Raw = dict[str, Sequence[Any]]

#: What some systems give as an object where a text is usual, and the names in it that may hold the text.
_NAMED = {
    "status": ("name", "_displayValue", "code", "_idValue", "key", "id"),
    "currency": ("code", "_idValue", "name", "_displayValue", "key", "id"),
}


class TableBuilder:
    """One table of a connection; `take` the pages one by one, then `frames`."""

    def __init__(self, columns: Sequence[Column], table: str, book: IssueBook, *, custom: bool = True) -> None:
        self._keeps_custom = custom  # else undocumented keys are let go
        self._columns, self._table, self._book = columns, table, book
        self.n = 0
        self.currency: dict[str, dict[int, str]] = {}  # by column and row, the currency that stood beside a number
        self._known = {c.name: _builder(c) for c in columns}
        self._custom: dict[str, DictionaryBuilder] = {}
        self._seen: set[str] = set()  # undocumented keys so far
        self._boxes = dict.fromkeys(s.partition(".")[0] for c in columns for s in c.sources if "." in s)  # addresses
        self._first_names = {c.sources[0] for c in columns if c.sources}
        self._documented = {s for c in columns for s in c.sources}
        self._documented |= set(LINE_CONTAINERS) if table == "orders" else set()
        self._plans: dict[tuple[str, ...], tuple[list[tuple[Column, list[str]]], list[str]]] = {}

    def take(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take in a page of records."""
        raw = by_key(records)
        for box in self._boxes:
            boxed = raw.pop(box, ())  # all None where records have a slot for it that none fills
            if any(b is not None for b in boxed):
                opened = by_key([_address(b) for b in boxed])
                raw |= {f"{box}.{inner}": values for inner, values in opened.items()}
        present, others = self._plan(tuple(raw))
        if records and isinstance(records[0], Record):
            # Threads decode pages out of order: a slot that no record fills may belong to a later page, and is no column yet.
            others = [k for k in others if k in self._seen or raw[k].count(None) < len(records)]
        self._seen |= set(others)
        custom = {name: raw[name] for name in others}
        for c, sources in present:
            values = raw[sources[0]] if len(sources) == 1 else self._merged(sources, raw, custom)
            if c.name in _NAMED and dict in set(map(type, values)):
                values = self._names_of(c.name, values)
            known = self._known[c.name]
            known.fill_up(self.n)
            known.take(values)
        for name, values in opened_up(custom if self._keeps_custom else {}).items():
            own = self._custom.setdefault(name, DictionaryBuilder())
            own.fill_up(self.n)
            own.take(values)
        self.n += len(records)

    def _plan(self, keys: tuple[str, ...]) -> tuple[list[tuple[Column, list[str]]], list[str]]:
        """Return, for records with these keys, the columns they hold, each with its keys, and the undocumented keys."""
        if keys not in self._plans:
            there = {c.name: [s for s in c.sources if s in keys] for c in self._columns}
            # deliveryAt is read once, as delivered_date; whether it is a promise is decided later
            present = [(c, there[c.name]) for c in self._columns if there[c.name] and c.name != "promised_date"]
            self._plans[keys] = present, [k for k in keys if k not in self._documented]
        return self._plans[keys]

    def _merged(self, sources: list[str], raw: Raw, custom: Raw) -> Sequence[Any]:
        """Return a column's values, each under the first name that has one.

        ``{"price": 5, "cost": 4}`` gives the unit price 5. Where a name that has no column of its own disagrees with the one that won,
        its value is kept as a custom field.
        """
        merged = raw[sources[0]]
        for other in sources[1:]:
            pairs = list(zip(merged, raw[other], strict=True))
            if other not in self._first_names:
                odd = [b if a is not None and b is not None and a != b else None for a, b in pairs]
                if any(b is not None for b in odd):
                    custom[other] = odd
            merged = [b if a is None else a for a, b in pairs]
        return merged

    def _names_of(self, column: str, values: Sequence[Any]) -> list[Any]:
        """Return the values with the name of each that came as an object; one without a known name is given, but can't be read."""
        names = [label_of(v, _NAMED[column]) for v in values]
        lost = [
            (self.n + i, v, "an object without a name that is known")
            for i, v in enumerate(values)
            if names[i] is None and v is not None
        ]
        self._book.add_problems(self._table, column, lost)
        return names

    def look(self, writing: Writing) -> None:
        """Show what the columns tell of how the list is written."""
        for name, column in self._known.items():
            if isinstance(column, NumberBuilder) and writing.is_open:
                column.look(writing.judge)
                if column.point is not None:
                    writing.points.add((self._table, name))
                if column.comma is not None:
                    writing.commas_in.add((self._table, name))
            elif isinstance(column, DayBuilder) and column.tells_times(writing.zone):
                writing.times.add((self._table, name))

    def heed(self, writing: Writing) -> None:
        """Take what other parts of the list told of how it is written."""
        for name, column in self._known.items():
            if isinstance(column, NumberBuilder):
                column.has_points = (self._table, name) in writing.points
                column.has_commas = (self._table, name) in writing.commas_in
            elif isinstance(column, DayBuilder):
                column.has_times = (self._table, name) in writing.times

    def frames(self, tz: tzinfo = UTC, numbers: NumberFormat = NumberFormat(".")) -> tuple[pd.DataFrame, pd.DataFrame]:  # noqa: B008
        """Return the documented columns, typed, and the undocumented ones under ``custom.``; each builder is let go at once."""
        index = pd.RangeIndex(self.n)
        built: dict[str, Any] = {}
        for c in self._columns:
            column = self._known.pop(c.name)
            if not c.sources or (
                c.inherits and c.kind != "label" and not column.n
            ):  # derived from other columns, later
                continue
            if not column.n:  # in no record, as most columns of a connection
                built[c.name] = nothing(c, self.n)
                continue
            column.fill_up(self.n)
            if isinstance(column, NumberBuilder):
                built[c.name], problems = column.finish_as(numbers)
                problems = problems + self._beside(c.name, built, column)
            else:
                built[c.name], problems = column.finish(c.kind, tz)
            if c.name == "currency":
                built[c.name], lost = currencies_read(categoricals.from_texts(built[c.name]))
                self._book.add_problems(self._table, c.name, lost)
            if c.name in MARKS:  # false says that the row is not deleted
                problems = [p for p in problems if not is_no_mark(p[1])]
            self._book.add_problems(self._table, c.name, problems, typed=c.kind not in ("label", "text"))
        return pd.DataFrame(built, index=index, copy=False), self._custom_frame(index)

    def _beside(self, name: str, built: dict[str, Any], column: NumberBuilder) -> list[Problem]:
        """Keep the currencies beside a column's numbers, and put percentages where they belong; return those that belong nowhere."""
        if column.currency:
            self.currency[name] = column.currency
        rows = list(column.percent)
        if not rows:
            return []
        if name == "discount":
            built["discount_percent"] = np.full(self.n, np.nan)
            built["discount_percent"][rows] = built[name][rows]
        built[name][rows] = np.nan
        return [] if name == "discount" else [(i, text, PERCENTAGE) for i, text in column.percent.items()]

    def _custom_frame(self, index: pd.Index) -> pd.DataFrame:
        built = {}
        names = list(self._custom)
        for name in names:
            column = self._custom.pop(name)
            column.fill_up(self.n)
            array, filled = column.finish_custom(of_keys=is_key(name))
            # A field that is an object in some records and null in others has columns "size.width" and an empty "size": left out.
            if filled or not any(n.startswith(f"{name}.") for n in names):
                built[f"custom.{sound(name)}"] = array
        return pd.DataFrame(built, index=index, copy=False)


def _builder(c: Column) -> ColumnBuilder:
    """Return an empty builder for a column."""
    kind = c.kind
    if kind == "number":
        return NumberBuilder(of_money=c.unit == MONEY)
    if kind == "day":
        return DayBuilder()
    return BatchBuilder(kind) if is_batched(kind) else DictionaryBuilder(kind, cleaning(c.name))


def opened_up(raw: Raw) -> Raw:
    """Return columns with objects flattened into columns of their own."""
    out: Raw = {}
    for name, values in raw.items():
        if not any(issubclass(kind, Mapping) for kind in set(map(type, values))):
            out[name] = values
            continue
        flat = [flatten(v, name) if isinstance(v, Mapping) else {name: v} for v in values]
        out |= {inner: [f.get(inner) for f in flat] for inner in dict.fromkeys(chain.from_iterable(flat))}
    return out


def flatten(record: Mapping[str, Any], prefix: str | None = None) -> dict[str, Any]:
    """Return an object without nested objects, names joined by dots; a date as PHP writes it stays whole.

    >>> flatten({"size": {"width": 3, "unit": {"code": "MM"}}})
    {'size.width': 3, 'size.unit.code': 'MM'}
    """
    out: dict[str, Any] = {}
    for key, value in record.items():
        name = str(key) if prefix is None else f"{prefix}.{key}"
        if isinstance(value, Mapping) and value and not {"date", "timezone"} <= value.keys():
            out |= flatten(value, name)
        else:
            out[name] = value
    return out or ({} if prefix is None else {prefix: None})


def is_key(name: str) -> bool:
    """Whether a field is a key by its name, and so text even where it looks like a number."""
    return name in ("key", "id") or name.endswith(("Key", "_id", "Id"))


def table_of(records: Iterable[Any], connection: str) -> pd.DataFrame:
    """Return any list of records as a frame: ``connection`` first, objects flattened, columns typed where clean."""
    flat = [flatten(r) if isinstance(r, Mapping) else {"value": r} for r in records]
    columns = {sound(n): clean_column(v, of_keys=is_key(n)) for n, v in by_key(flat).items()}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(flat)))
    name = pd.Series([connection] * len(flat), dtype="string")
    frame.insert(0, "connection", name, allow_duplicates=True)
    return frame


def _address(value: Any) -> Mapping[str, Any]:
    """Return an address as an object; older answers give a single text."""
    if isinstance(value, Mapping):
        return value
    return {} if value is None else {"addressLines": value}


def label_of(value: Any, fields: Sequence[str] = ("name", "_displayValue", "code", "_idValue", "key", "id")) -> Any:
    """Return a value, and of one that came as an object the name; None where it has none that is known.

    >>> label_of("EUR"), label_of({"id": 7, "code": "EUR"}), label_of({"iso": "EUR"})
    ('EUR', 'EUR', None)
    """
    if not isinstance(value, Mapping):
        return value
    return next((value[k] for k in fields if value.get(k) and not isinstance(value[k], Mapping | list)), None)
