"""The JSON of a page as records: mappings of its keys to values.

The pages of a list hold thousands of records with the same keys. Once these are known, a record is decoded into a class with a slot for
each key instead of a dict of its own, in half the time and half the memory. The keys differ by connection (every source system has
fields of its own), so the classes can't be written down here; they are made when the keys have been seen. From a first page with

    {"data": [{"key": "o1", "plantCostCenter": "CC-7",
               "lineItems": [{"key": "l1", "quantity": 3}]}],
     "meta": {"last_page": 4}}

three classes are made, as if we had written (with ``at0``, ``at1``, ... since a JSON key need not be a Python name)

    class Line(Record): at0: Any  # "key"             at1: Any  # "quantity"
    class Row(Record):  at0: Any  # "key"             at1: Any  # "plantCostCenter"    at2: list[Line] | None  # "lineItems"
    class Page(Record): at0: list[Row]  # "data"      at1: Any  # "meta"

and later pages are decoded into them. It is only ever a shortcut: a page with a new key, or with anything else that does not fit, is
decoded as ordinary JSON, and its keys are learned.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from operator import itemgetter
from typing import Any, ClassVar

import msgspec

from ._once import check_lists, check_once, check_page, values_twice

#: Give up on classes once so many pages did not fit, and more than did.
MOST_MISSES = 20
MOST_DIGITS = 4_000
#: A first page of more bytes is not looked through for keys that stand twice.
MOST_LOOKED_AT = 4_000_000

Decode = Callable[[bytes], Any]


def decode(text: bytes) -> Any:
    """Decode JSON: by msgspec, or by json where msgspec is too strict (1e400, NaN, half a surrogate pair).

    >>> decode(b'[41, 1e400, ' + 5_000 * b'9' + b']')
    [41, inf, inf]
    """
    try:
        page = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        page = json.loads(text, parse_int=_integer)
    check_once(text, page)
    return page


def _integer(digits: str) -> int | float:
    """Return an integer; one of more digits than Python reads is as good as infinite, and so one missing value, not a lost page."""
    if len(digits) <= MOST_DIGITS:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


class Record(msgspec.Struct, gc=False, eq=False, forbid_unknown_fields=True):
    """A record as a read-only mapping, so that whoever reads records need not care whether one is a dict.

    A key that is absent reads as None, like one that is null. ``gc=False``: a record never holds a reference to itself.
    """

    slots: ClassVar[dict[str, str]] = {}  # key to slot: {"key": "at0", "plantCostCenter": "at1"}

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self.slots[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.slots)

    def __len__(self) -> int:
        return len(self.slots)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; the default where it is absent or null."""
        value = getattr(self, self.slots[key]) if key in self.slots else None
        return default if value is None else value

    def __eq__(self, other: object) -> bool:
        """Whether both have the same values; slots that are empty don't count."""
        return isinstance(other, Mapping) and _present(self) == _present(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_present(self)})"

    __hash__ = None  # type: ignore[assignment]
    __contains__, keys, items, values = Mapping.__contains__, Mapping.keys, Mapping.items, Mapping.values


Mapping.register(Record)


def _present(record: Any) -> dict[str, Any]:
    return {k: v for k, v in record.items() if v is not None}


def by_key(records: Sequence[Mapping[str, Any]]) -> dict[str, Sequence[Any]]:
    """Return the records of a page as columns, ``None`` where a record lacks a key.

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
        except KeyError:  # the same number of keys, but not the same keys
            pass
    return {k: [r.get(k) for r in records] for k in dict.fromkeys(chain.from_iterable(records))}


def _all_values(records: Sequence[Any], keys: Sequence[str]) -> Callable[[Any], tuple[Any, ...]] | None:
    """Return a function for all values of a record at once, where all records seem to have the same keys; else None."""
    kinds = set(map(type, records))
    if len(kinds) == 1 and isinstance(records[0], Record):
        return msgspec.structs.astuple
    if kinds == {dict} and len(keys) > 1 and set(map(len, records)) == {len(keys)}:
        return itemgetter(*keys)
    return None


class RecordDecoder:
    """Decodes the pages of one list and learns the keys of its records; threads may share it.

    ``twice`` are the keys under which an object of the first page has several values: who writes one so writes all so.
    """

    def __init__(self, nested: Sequence[str] = ()) -> None:
        self.twice: list[str] = []
        self._nested = nested  # keys under which a record has records of its own
        self._outer: dict[str, None] = {}
        self._inner: dict[str, None] = {}
        self._around: dict[str, None] = {}  # keys of the page itself
        self._decoder: msgspec.json.Decoder[Any] | None = None
        self._hits = self._misses = 0
        self._lock = threading.Lock()

    def __call__(self, text: bytes) -> Any:
        """Return a decoded page; the records under ``data`` are of one class where all their keys were known."""
        decoder = self._decoder
        if decoder is not None:
            try:
                page = _present(decoder.decode(text))
            except (msgspec.MsgspecError, ValueError):
                page = {}  # a new key, or a record that is not an object: decode it as ordinary JSON
            if "data" in page:
                check_page(text, page, self._nested)
                self._hits += 1
                return page
        page = decode(text)
        if isinstance(page, dict) and isinstance(rows := page.get("data"), list):
            check_lists(text, rows, self._nested)
            if not self._misses and len(text) <= MOST_LOOKED_AT:
                with suppress(ValueError, RecursionError):
                    self.twice = values_twice(text)
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
        with suppress(ValueError):  # msgspec refuses keys with quotes or half a surrogate pair
            line: Any = list[_record_class("Line", self._inner)] | None  # type: ignore[misc]
            row: Any = list[_record_class("Row", self._outer, dict.fromkeys(self._nested, line))]  # type: ignore[misc]
            self._decoder = msgspec.json.Decoder(_record_class("Page", self._around, {"data": row}))


def _alike(records: Sequence[Mapping[str, Any]], keys: Mapping[str, None]) -> bool:
    """Whether the records fill at least half of the slots: else a dict per record is smaller."""
    return 2 * sum(map(len, records)) >= len(keys) * len(records)


def _record_class(name: str, keys: Mapping[str, None], kinds: Mapping[str, Any] | None = None) -> type[Record]:
    """Return a class for records with these keys; values are of any type, except where ``kinds`` gives one."""
    slots = {k: f"at{i}" for i, k in enumerate(keys)}
    fields = [(slot, (kinds or {}).get(k, Any), None) for k, slot in slots.items()]
    rename = {slot: k for k, slot in slots.items()}
    return msgspec.defstruct(name, fields, bases=(Record,), namespace={"slots": slots}, rename=rename)  # type: ignore[return-value]
