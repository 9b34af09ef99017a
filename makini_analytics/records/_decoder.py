"""What an answer's JSON says, as records: mappings of their keys.

The pages of a list hold thousands of records of the same keys. Once the keys are known, a record is decoded into places instead of a
dict of its own, which takes half the time and half the memory, and all values of a page can be laid in a row. Nothing rests on it: a
page in which anything is otherwise is decoded as any other JSON, and what is new in it is learned.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from operator import itemgetter
from typing import Any, ClassVar

import msgspec

#: Learning stops once more pages than this, and more than were decoded into places, had something new or odd.
MOST_MISSES = 20

Decode = Callable[[bytes], Any]


def decode(text: bytes) -> Any:
    """Return what a JSON text says: by msgspec, and where that is too strict (1e400, NaN, half characters) by json."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return json.loads(text)


class Record(msgspec.Struct, gc=False, eq=False, forbid_unknown_fields=True):
    """A record as a mapping; what it lacks is None, as what it says is null."""

    places: ClassVar[dict[str, str]] = {}  # the attribute of each key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self.places[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; the default where it says nothing."""
        value = getattr(self, self.places[key]) if key in self.places else None
        return default if value is None else value

    def __eq__(self, other: object) -> bool:
        """Whether the other says the same, whatever other keys it could have."""
        return isinstance(other, Mapping) and _said(self) == _said(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_said(self)})"

    __hash__ = None  # type: ignore[assignment]
    __contains__, keys, items, values = Mapping.__contains__, Mapping.keys, Mapping.items, Mapping.values


Mapping.register(Record)


def _said(record: Any) -> dict[str, Any]:
    return {k: v for k, v in record.items() if v is not None}


def by_key(records: Sequence[Mapping[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return the values of each key of a page of records, ``None`` where a record lacks it.

    >>> by_key([{"a": 1, "b": 2}, {"a": 3, "c": 4}])
    {'a': [1, 3], 'b': [2, None], 'c': [None, 4]}
    """
    if not records:
        return {}
    keys = list(records[0])
    values = _all_values(records, keys)
    if values is not None:
        try:
            return {k: list(column) for k, column in zip(keys, zip(*map(values, records), strict=True), strict=True)}
        except KeyError:  # as many keys, but others
            pass
    return {k: [r.get(k) for r in records] for k in dict.fromkeys(chain.from_iterable(records))}


def _all_values(records: Sequence[Any], keys: Sequence[str]) -> Callable[[Any], tuple[Any, ...]] | None:
    """Return what gives all values of a record at once, where all records seem to have these keys; else None."""
    kinds = set(map(type, records))
    if len(kinds) == 1 and isinstance(records[0], Record):
        return msgspec.structs.astuple
    if kinds == {dict} and len(keys) > 1 and set(map(len, records)) == {len(keys)}:
        return itemgetter(*keys)
    return None


class RecordDecoder:
    """Parses the pages of one list, whose records have many keys in common, and learns the keys; for several threads at once."""

    def __init__(self, nested: Sequence[str] = ()) -> None:
        self._nested = nested  # the keys under which a record has records of its own
        self._outer: dict[str, None] = {}
        self._inner: dict[str, None] = {}
        self._around: dict[str, None] = {}  # the keys of a page beside its records
        self._decoder: msgspec.json.Decoder[Any] | None = None
        self._hits = self._misses = 0
        self._lock = threading.Lock()

    def __call__(self, text: bytes) -> Any:
        """Return what a page says; its records under ``data`` are of one kind where all their keys were known."""
        decoder = self._decoder
        if decoder is not None:
            try:
                page = _said(decoder.decode(text))
                if "data" in page:
                    self._hits += 1
                    return page
            except (msgspec.MsgspecError, ValueError):
                pass  # a new key, or something is no record: decoded as any other JSON
        page = decode(text)
        with self._lock:
            self._misses += 1
            if self._misses > max(MOST_MISSES, self._hits):
                self._decoder = None
            else:
                self._learn(page)
        return page

    def _learn(self, page: Any) -> None:
        rows = page.get("data") if isinstance(page, dict) else None
        if not isinstance(rows, list) or not rows or set(map(type, rows)) != {dict}:
            return
        lists = [next((r[k] for k in self._nested if r.get(k) is not None), None) for r in rows]
        lines = [line for one in lists if isinstance(one, list) for line in one if isinstance(line, dict)]
        known = len(self._outer), len(self._inner), len(self._around)
        for keys, some in ((self._outer, rows), (self._inner, lines), (self._around, [page])):
            keys |= dict.fromkeys(chain.from_iterable(some))
        if known == (len(self._outer), len(self._inner), len(self._around)):
            return
        if not (_alike(rows, self._outer) and _alike(lines, self._inner)):
            return
        with suppress(ValueError):  # a key that is no sound text, or has quotes in it
            line: Any = list[_record("Line", self._inner)] | None  # type: ignore[misc]
            row: Any = list[_record("Row", self._outer, dict.fromkeys(self._nested, line))]  # type: ignore[misc]
            self._decoder = msgspec.json.Decoder(_record("Page", self._around, {"data": row}))


def _alike(records: Sequence[Mapping[str, Any]], keys: Mapping[str, None]) -> bool:
    """Whether records have at least half of the keys each, taken together: else the places would mostly be empty."""
    return 2 * sum(map(len, records)) >= len(keys) * len(records)


def _record(name: str, keys: Mapping[str, None], kinds: Mapping[str, Any] | None = None) -> type[Record]:
    """Return the class of records of these keys; what they say is of any type, but for the keys of which ``kinds`` tells it."""
    places = {k: f"at{i}" for i, k in enumerate(keys)}
    fields = [(place, (kinds or {}).get(k, Any), None) for k, place in places.items()]
    rename = {place: k for k, place in places.items()}
    return msgspec.defstruct(name, fields, bases=(Record,), namespace={"places": places}, rename=rename)  # type: ignore[return-value]
