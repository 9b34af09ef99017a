"""Pages of records to columns: page after page is taken apart and let go, and a text that repeats is held once.

A column remembers each distinct value and where it stands, so that what a value means is worked out once for all its places; only
numbers and instants, which seldom repeat, are converted page by page. A column of which nearly every value is new (keys) is kept
as a list instead. Nothing that comes out depends on how the records were cut into pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from .issues import IssueBook
from .reading import Problem, parse_iso, read, read_instants, read_numbers, sound
from .schema import DTYPES, LINE_CONTAINERS, Column

Raw = dict[str, Sequence[Any]]

#: From so many values on, a column of which more than half were new is kept as it came.
MANY = 20_000

_AT_ONCE = ("number", "instant")


def by_key(records: Sequence[Mapping[str, Any]]) -> Raw:
    """Return the values of each key of a page of records, ``None`` where a record lacks it."""
    if not records:
        return {}
    keys = list(records[0])
    if len(keys) > 1 and set(map(len, records)) == {len(keys)}:
        try:  # records of one shape, as most pages are: read in one go
            return dict(zip(keys, zip(*map(itemgetter(*keys), records), strict=True), strict=True))
        except KeyError:
            pass
    return {k: [r.get(k) for r in records] for k in dict.fromkeys(chain.from_iterable(records))}


class _Codes(dict[Any, int]):
    """Gives each new value the next number."""

    def __init__(self) -> None:
        super().__init__({None: 0})
        self.values_: list[Any] = [None]

    def __missing__(self, value: Any) -> int:
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


class _Gathered:
    """The raw values of one column, so far."""

    def __init__(self, n: int = 0) -> None:
        self.n = 0
        self._codes: _Codes | None = _Codes()
        self._chunks: list[np.ndarray[Any, Any]] = []
        self._plain: list[Any] = []
        self.skip(n)

    def skip(self, n: int) -> None:
        """Take in ``n`` missing values."""
        self.n += n
        if self._codes is None:
            self._plain += [None] * n
        elif n:
            self._chunks.append(np.zeros(n, dtype=np.int32))

    def take(self, values: Sequence[Any]) -> None:
        """Take in the values of a page."""
        self.n += len(values)
        codes = self._codes
        if codes is None:
            self._plain += values
            return
        plain = set(map(type, values)) <= {str, type(None)}
        numbered = map(codes.__getitem__ if plain else codes.of, values)
        self._chunks.append(np.fromiter(numbered, dtype=np.int32, count=len(values)))
        if len(codes.values_) > MANY and len(codes.values_) > self.n / 2:
            self._plain = [codes.values_[i] for i in np.concatenate(self._chunks)]
            self._codes, self._chunks = None, []

    def distinct(self) -> tuple[list[Any], np.ndarray[Any, Any] | None]:
        """Return the distinct values and where each stands; where they are kept as they came, the values and None."""
        if self._codes is None:
            return self._plain, None
        return self._codes.values_, np.concatenate([np.empty(0, dtype=np.int32), *self._chunks])

    def read(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the typed column, and what could not be read of it by position."""
        values, codes = self.distinct()
        array, problems = read(values, kind, tz)
        if codes is None:
            return array, problems
        return spread(array, codes), [(int(i), v, why) for of, v, why in problems for i in np.flatnonzero(codes == of)]

    def clean(self, *, of_keys: bool) -> tuple[Any, bool]:
        """Return the column typed where it is clean, and whether it holds anything."""
        values, codes = self.distinct()
        array = clean_column(values, of_keys=of_keys)
        return (array if codes is None else spread(array, codes)), any(v is not None for v in values)


class _AtOnce:
    """A column of numbers or instants, converted page by page."""

    def __init__(self, kind: str) -> None:
        self.n = 0
        self._missing: Any = np.nan if kind == "number" else np.datetime64("NaT", "us")
        self._read = read_numbers if kind == "number" else read_instants
        self._chunks: list[np.ndarray[Any, Any]] = []
        self._problems: list[Problem] = []

    def skip(self, n: int) -> None:
        """Take in ``n`` missing values."""
        self._chunks.append(np.full(n, self._missing))
        self.n += n

    def take(self, values: Sequence[Any]) -> None:
        """Take in the values of a page."""
        array, problems = self._read(values)
        self._chunks.append(array)
        self._problems += [(self.n + i, v, why) for i, v, why in problems]
        self.n += len(values)

    def read(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the typed column, and what could not be read of it by position."""
        whole = np.concatenate([np.full(0, self._missing), *self._chunks])
        return whole if kind == "number" else pd.Series(whole).dt.tz_localize("UTC"), self._problems


def spread(array: Any, codes: np.ndarray[Any, Any]) -> Any:
    """Return the values at their places."""
    return (array.array if isinstance(array, pd.Series) else array).take(codes)


class Gatherer:
    """One table of a connection, taken in page by page."""

    def __init__(self, columns: Sequence[Column], table: str, book: IssueBook) -> None:
        self._columns, self._table, self._book = columns, table, book
        self.n = 0
        self._known: dict[str, _Gathered | _AtOnce] = {
            c.name: _AtOnce(c.kind) if c.kind in _AT_ONCE else _Gathered() for c in columns
        }
        self._custom: dict[str, _Gathered] = {}
        self._boxes = {s.partition(".")[0] for c in columns for s in c.sources if "." in s}  # addresses
        self._first_names = {c.sources[0] for c in columns if c.sources}
        self._documented = {s for c in columns for s in c.sources}
        self._documented |= set(LINE_CONTAINERS) if table == "orders" else set()

    def take(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take in a page of records."""
        raw = by_key(records)
        for box in self._boxes & raw.keys():
            opened = [_address(a) for a in raw.pop(box)]
            raw |= {f"{box}.{inner}": values for inner, values in by_key(opened).items()}
        custom = {k: v for k, v in raw.items() if k not in self._documented}
        for c in self._columns:
            values = self._merged(c, raw, custom)
            known = self._known[c.name]
            if (
                values is None or c.name == "promised_date"
            ):  # read once, as delivered_date; what it means is decided later
                known.skip(len(records))
            elif c.name in ("currency", "status"):
                known.take(
                    [_label(v) if type(v) is dict else v for v in values] if dict in set(map(type, values)) else values
                )
            else:
                known.take(values)
        for name, values in opened_up(custom).items():
            if name not in self._custom:
                self._custom[name] = _Gathered(self.n)
            self._custom[name].take(values)
        self.n += len(records)
        for late in self._custom.values():
            late.skip(self.n - late.n)

    def _merged(self, c: Column, raw: Raw, custom: Raw) -> Sequence[Any] | None:
        """Return a column's values under the first of its names that has one; what a later name says otherwise is custom."""
        present = [s for s in c.sources if s in raw]
        if not present:
            return None
        merged = raw[present[0]]
        for other in present[1:]:
            pairs = list(zip(merged, raw[other], strict=True))
            if other not in self._first_names:
                odd = [b if a is not None and b is not None and a != b else None for a, b in pairs]
                if any(b is not None for b in odd):
                    custom[other] = odd
            merged = [b if a is None else a for a, b in pairs]
        return merged

    def frames(self, tz: tzinfo = UTC) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the documented columns, typed, and the undocumented ones under ``custom.``; each column is let go once built."""
        index = pd.RangeIndex(self.n)
        built: dict[str, Any] = {}
        for c in self._columns:
            built[c.name], problems = self._known.pop(c.name).read(c.kind, tz)
            self._book.add_problems(self._table, c.name, problems)
        return pd.DataFrame(built, index=index), self._custom_frame(index)

    def _custom_frame(self, index: pd.Index) -> pd.DataFrame:
        built = {}
        names = list(self._custom)
        for name in names:
            column, filled = self._custom.pop(name).clean(of_keys=is_key(name))
            if filled or not any(
                n.startswith(f"{name}.") for n in names
            ):  # an object's name of its own where it was missing
                built[f"custom.{sound(name)}"] = column
        return pd.DataFrame(built, index=index)


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


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return an object without objects in it, names joined by dots; a date of PHP stays one."""
    out: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and value and not {"date", "timezone"} <= value.keys():
            out |= flatten(value, name)
        else:
            out[name] = value
    return out or ({prefix: None} if prefix else {})


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
