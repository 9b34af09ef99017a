"""Pages of records to columns: page after page is taken apart and let go, and a text that repeats is held once.

A column remembers each distinct value and where it stands, so that what a value means is worked out once for all its places; only
numbers and instants, which seldom repeat, are converted page by page. A column of which nearly every value is new (keys) is kept
as a list instead. Nothing that comes out depends on how the records were cut into pages.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from . import labels
from .issues import IssueBook
from .reading import Problem, parse_iso, read, read_instants, read_numbers, sound
from .schema import DTYPES, LINE_CONTAINERS, Column

Raw = dict[str, Sequence[Any]]

#: From so many values on, a column of which more than half were new is kept as it came.
MANY = 20_000

#: So many values are converted at once: numpy and pandas are slow to start.
AT_ONCE = 5_000


def by_key(records: Sequence[Mapping[str, Any]]) -> Raw:
    """Return the values of each key of a page of records, ``None`` where a record lacks it."""
    if not records:
        return {}
    keys = list(records[0])
    if len(keys) > 1 and set(map(len, records)) == {len(keys)}:
        with suppress(KeyError):  # records of one shape, as on most pages: read in one go
            return dict(zip(keys, zip(*map(itemgetter(*keys), records), strict=True), strict=True))
    return {k: [r.get(k) for r in records] for k in dict.fromkeys(chain.from_iterable(records))}


class _Odd(Exception):
    """A value is no text."""


class _Codes(dict[Any, int]):
    """Gives each new text the next number; asked for anything else, raises, so that texts need not be looked at one by one."""

    def __init__(self) -> None:
        super().__init__({None: 0})
        self.values_: list[Any] = [None]

    def __missing__(self, value: Any) -> int:
        if type(value) is not str:
            raise _Odd
        self[value] = code = len(self.values_)
        self.values_.append(value)
        return code

    def of(self, value: Any) -> int:
        """Return the number of a value of any type: 1, 1.0 and True stay three, and what can't be compared is always new."""
        if value is None or type(value) is str:
            return self[value]
        code = len(self.values_)
        try:
            found = self.setdefault((type(value), value), code)
        except TypeError:
            found = code
        if found == code:
            self.values_.append(value)
        return found


class _Growing:
    """An array that grows. What is missing is counted until something comes behind it: a column that no record has costs nothing."""

    def __init__(self, missing: Any, dtype: Any) -> None:
        self._missing, self._lag, self._n = missing, 0, 0
        self._array: np.ndarray[Any, Any] = np.empty(0, dtype=dtype)

    def skip(self, n: int) -> None:
        self._lag += n

    def put(self, page: np.ndarray[Any, Any]) -> None:
        at, until = self._n + self._lag, self._n + self._lag + len(page)
        if until > len(self._array) or page.dtype.itemsize > self._array.dtype.itemsize:
            wider = np.empty(max(until, len(self._array) * 3 // 2), dtype=np.result_type(self._array, page))
            wider[: self._n] = self._array[: self._n]
            self._array = wider
        self._array[self._n : at] = self._missing
        self._array[at:until] = page
        self._n, self._lag = until, 0

    def whole(self) -> np.ndarray[Any, Any]:
        """Return the array and let it go."""
        if self._lag:
            self.put(np.full(0, self._missing, dtype=self._array.dtype))
        array, self._array = self._array, np.empty(0, dtype=self._array.dtype)
        array.resize(self._n, refcheck=False)
        return array


class _Column(ABC):
    """The values of one column, so far."""

    def __init__(self) -> None:
        self.n = 0

    def fill_up(self, n: int) -> None:
        """Take in missing values, until there are ``n`` in all."""
        if n > self.n:
            self._missing(n - self.n)
            self.n = n

    def take(self, values: Sequence[Any]) -> None:
        """Take in the values of a page."""
        n = len(values)
        if n and values[0] is None and values.count(None) == n:
            self._missing(n)
        else:
            self._take(values)
        self.n += n

    @abstractmethod
    def _missing(self, n: int) -> None: ...

    @abstractmethod
    def _take(self, values: Sequence[Any]) -> None: ...

    @abstractmethod
    def read(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the typed column, and what could not be read of it by position."""


class _Repeated(_Column):
    """A column of values that repeat: each is held once, and what it means is worked out once for all its places."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self._codes: _Codes | None = _Codes()
        self._places = _Growing(0, np.uint8)
        self._plain: list[Any] = []
        self._texts = _AtOnce("text") if kind == "label" else None  # of labels that turn out to be new each time

    def _missing(self, n: int) -> None:
        if self._codes is None:
            self._keep([None] * n)
        else:
            self._places.skip(n)

    def _keep(self, values: Sequence[Any]) -> None:
        if self._texts is not None:
            self._texts.take(values)
        else:
            self._plain += values

    def _take(self, values: Sequence[Any]) -> None:
        codes = self._codes
        if codes is None:
            self._keep(values)
            return
        try:
            page = np.fromiter(map(codes.__getitem__, values), dtype=np.int32, count=len(values))
        except (_Odd, TypeError):  # not only texts
            page = np.fromiter(map(codes.of, values), dtype=np.int32, count=len(values))
        n = len(codes.values_)
        self._places.put(page.astype(np.uint8 if n <= 256 else np.uint16) if n <= 65_536 else page)
        if n > MANY and n > (self.n + len(values)) / 2:
            self._codes = None
            self._keep([codes.values_[i] for i in self._places.whole()])

    def distinct(self) -> tuple[list[Any], np.ndarray[Any, Any] | None]:
        """Return the distinct values and where each stands; where they are kept as they came, the values and None."""
        if self._codes is None:
            return self._plain, None
        return self._codes.values_, self._places.whole()

    def read(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        if self._codes is None and self._texts is not None:
            array, problems = self._texts.read("text", tz)
            return labels.labels(array), problems
        values, codes = self.distinct()
        if kind == "label" and len(values) == 1:  # as most columns of a connection
            return labels.nothing(self.n), []
        array, problems = read(values, "text" if kind == "label" else kind, tz)
        if codes is None:
            return array, problems
        if problems:
            problems = [(int(i), v, why) for of, v, why in problems for i in np.flatnonzero(codes == of)]
        return labels.coded(array, codes) if kind == "label" else spread(array, codes), problems

    def clean(self, *, of_keys: bool) -> tuple[Any, bool]:
        """Return the column typed where it is clean, and whether it holds anything."""
        values, codes = self.distinct()
        array = clean_column(values, of_keys=of_keys)
        some = any(v is not None for v in values)
        if array.dtype == DTYPES["text"]:
            return (labels.labels(array) if codes is None else labels.coded(array, codes)), some
        return (array if codes is None else spread(array, codes)), some


class _AtOnce(_Column):
    """A column of values that seldom repeat, converted as they come: numbers, instants, and texts of which each is new."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._waiting: list[Any] = []
        self._problems: list[Problem] = []
        self._array = _Growing(*((np.nan, float) if kind == "number" else (np.datetime64("NaT"), "datetime64[us]")))
        self._texts: list[Any] = []

    def _missing(self, n: int) -> None:
        if self._kind == "text":
            self._waiting += [None] * n
        else:
            self._convert(self.n)
            self._array.skip(n)

    def _take(self, values: Sequence[Any]) -> None:
        self._waiting += values
        if len(self._waiting) >= AT_ONCE:
            self._convert(self.n + len(values))

    def _convert(self, n: int) -> None:
        """Convert what waits, of a column that then has ``n`` values."""
        if self._waiting:
            array, problems = _CONVERT[self._kind](self._waiting)
            first = n - len(self._waiting)
            (self._texts.append if self._kind == "text" else self._array.put)(array)
            self._problems += [(first + i, v, why) for i, v, why in problems]
            self._waiting = []

    def read(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        self._convert(self.n)
        if kind == "number":
            return self._array.whole(), self._problems
        if kind == "instant":
            moments = pd.Series(self._array.whole(), copy=False)
            return moments.dt.tz_localize("UTC").array, self._problems
        parts, self._texts = self._texts, []
        none: Any = pd.array([], dtype=DTYPES["text"])
        return type(none)._concat_same_type([none, *parts]), self._problems


_CONVERT: dict[str, Callable[[Sequence[Any]], tuple[Any, list[Problem]]]] = {
    "number": read_numbers,
    "instant": read_instants,
    "text": lambda values: read(values, "text"),
}


def _column(kind: str) -> _Column:
    return _AtOnce(kind) if kind in _CONVERT else _Repeated(kind)


def spread(array: Any, codes: np.ndarray[Any, Any]) -> Any:
    """Return the values at their places."""
    return (array.array if isinstance(array, pd.Series) else array).take(codes)


class Gatherer:
    """One table of a connection, taken in page by page."""

    def __init__(self, columns: Sequence[Column], table: str, book: IssueBook) -> None:
        self._columns, self._table, self._book = columns, table, book
        self.n = 0
        self._known = {c.name: _column(c.kind) for c in columns}
        self._custom: dict[str, _Repeated] = {}
        self._boxes = {s.partition(".")[0] for c in columns for s in c.sources if "." in s}  # addresses
        self._first_names = {c.sources[0] for c in columns if c.sources}
        self._documented = {s for c in columns for s in c.sources}
        self._documented |= set(LINE_CONTAINERS) if table == "orders" else set()
        self._plans: dict[tuple[str, ...], tuple[list[tuple[Column, list[str]]], list[str]]] = {}

    def take(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take in a page of records."""
        raw = by_key(records)
        for box in self._boxes & raw.keys():
            opened = [_address(a) for a in raw.pop(box)]
            raw |= {f"{box}.{inner}": values for inner, values in by_key(opened).items()}
        present, others = self._plan(tuple(raw))
        custom = {name: raw[name] for name in others}
        for c, sources in present:
            values = raw[sources[0]] if len(sources) == 1 else self._merged(sources, raw, custom)
            if c.name in ("currency", "status") and dict in set(map(type, values)):
                values = [_label(v) if type(v) is dict else v for v in values]
            known = self._known[c.name]
            known.fill_up(self.n)
            known.take(values)
        for name, values in opened_up(custom).items():
            own = self._custom.setdefault(name, _Repeated())
            own.fill_up(self.n)
            own.take(values)
        self.n += len(records)

    def _plan(self, keys: tuple[str, ...]) -> tuple[list[tuple[Column, list[str]]], list[str]]:
        """Return, for records of these keys, the columns that are in them with their keys, and the keys of no column."""
        if keys not in self._plans:
            there = {c.name: [s for s in c.sources if s in keys] for c in self._columns}
            # a promise is read once, as delivered_date; what it means is decided later
            present = [(c, there[c.name]) for c in self._columns if there[c.name] and c.name != "promised_date"]
            self._plans[keys] = present, [k for k in keys if k not in self._documented]
        return self._plans[keys]

    def _merged(self, sources: list[str], raw: Raw, custom: Raw) -> Sequence[Any]:
        """Return a column's values under the first of its names that has one; what a later name says otherwise is custom."""
        merged = raw[sources[0]]
        for other in sources[1:]:
            pairs = list(zip(merged, raw[other], strict=True))
            if other not in self._first_names:
                odd = [b if a is not None and b is not None and a != b else None for a, b in pairs]
                if any(b is not None for b in odd):
                    custom[other] = odd
            merged = [b if a is None else a for a, b in pairs]
        return merged

    def frames(self, tz: tzinfo = UTC) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the columns that were read, typed, and the undocumented ones under ``custom.``; each is let go once built."""
        index = pd.RangeIndex(self.n)
        built: dict[str, Any] = {}
        for c in self._columns:
            column = self._known.pop(c.name)
            if not c.sources or (c.inherits and c.kind != "label" and not column.n):  # it follows from others, later
                continue
            column.fill_up(self.n)
            built[c.name], problems = column.read(c.kind, tz)
            self._book.add_problems(self._table, c.name, problems)
        return pd.DataFrame(built, index=index, copy=False), self._custom_frame(index)

    def _custom_frame(self, index: pd.Index) -> pd.DataFrame:
        built = {}
        names = list(self._custom)
        for name in names:
            column = self._custom.pop(name)
            column.fill_up(self.n)
            array, filled = column.clean(of_keys=is_key(name))
            if filled or not any(
                n.startswith(f"{name}.") for n in names
            ):  # an object's name of its own where it was missing
                built[f"custom.{sound(name)}"] = array
        return pd.DataFrame(built, index=index, copy=False)


def opened_up(raw: Raw) -> Raw:
    """Return columns with every object in them flattened into columns of its own."""
    out: Raw = {}
    for name, values in raw.items():
        if not any(issubclass(kind, Mapping) for kind in set(map(type, values))):
            out[name] = values
            continue
        flat = [flatten(v, name) if isinstance(v, Mapping) else {name: v} for v in values]
        out |= {inner: [f.get(inner) for f in flat] for inner in dict.fromkeys(chain.from_iterable(flat))}
    return out


def flatten(record: Mapping[str, Any], prefix: str | None = None) -> dict[str, Any]:
    """Return an object without objects in it, names joined by dots; a date of PHP stays one."""
    out: dict[str, Any] = {}
    for key, value in record.items():
        name = str(key) if prefix is None else f"{prefix}.{key}"
        if isinstance(value, Mapping) and value and not {"date", "timezone"} <= value.keys():
            out |= flatten(value, name)
        else:
            out[name] = value
    return out or ({} if prefix is None else {prefix: None})


def is_key(name: str) -> bool:
    """Whether a field is a key by its name: text, whatever it looks like."""
    return name in ("key", "id") or name.endswith(("Key", "_id", "Id"))


def clean_column(values: Sequence[Any], *, of_keys: bool = False) -> Any:
    """Return a column typed where every value agrees - numbers, flags, dates - and as text where one does not.

    A text of digits stays text: it may be a code with leading zeros.
    """
    kinds = {type(v) for v in values} - {type(None)}
    if kinds and kinds <= {bool}:
        return pd.array(values, dtype=DTYPES["flag"])
    if kinds and kinds <= {int, float} and not of_keys:
        array, problems = read(values, "number")
        if not problems:
            return array
    if kinds <= {str, dict} and kinds and not of_keys:
        moments = [(None, "") if v is None else parse_iso(v) for v in values]
        if all(m is not None or v is None for v, (m, _) in zip(values, moments, strict=True)) and not any(
            isinstance(v, str) and v.strip().isdigit() for v in values
        ):
            kind = "instant" if any(m and m.tzinfo for m, _ in moments) else "day"
            if kind == "instant" or not any(m and m.time() != m.min.time() for m, _ in moments):
                return read(values, kind)[0]
    texts = [sound(json.dumps(v, ensure_ascii=False, default=str)) if isinstance(v, dict | list) else v for v in values]
    return read(texts, "text")[0]


def table_of(records: Iterable[Any], connection: str) -> pd.DataFrame:
    """Return any list of records as a frame: ``connection`` first, objects flattened, columns typed where clean."""
    flat = [flatten(r) if isinstance(r, Mapping) else {"value": r} for r in records]
    columns = {sound(n): clean_column(v, of_keys=is_key(n)) for n, v in by_key(flat).items()}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(flat)))
    name = pd.Series([connection] * len(flat), dtype="string")
    frame.insert(0, "connection", name, allow_duplicates=True)
    return frame


def _address(value: Any) -> Mapping[str, Any]:
    """Return an address as an object; older answers give it as one text."""
    if isinstance(value, Mapping):
        return value
    return {} if value is None else {"addressLines": value}


def _label(value: Mapping[str, Any]) -> Any:
    """Return the name of a thing that came as an object instead of a text."""
    return next((value[k] for k in ("code", "name", "_displayValue", "key", "id") if value.get(k)), None)
