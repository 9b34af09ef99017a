"""Keys that stand twice in one object: JSON decoders keep the last one, and with it half of a list may be gone.

To look at every key of every object would take longer than to decode it. A list or an object that stands twice shows in how often its key
occurs in the text; only where that is more than it may, the text is read again, key by key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

_MOST_KEYS = 12
_END = 4_096


class KeyTwice(ValueError):
    """An object has two lists, or two objects, under one key."""


def check_page(text: bytes, page: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Raise `KeyTwice` where a list of a page, or of one of its records under these keys, stands twice, or an object beside them.

    Each list begins with a bracket: where the text has no more of them than there are lists, none is lost. A bracket is found in a
    tenth of the time that a key takes.
    """
    n_lists = 1 + sum(isinstance(value, list) for key in keys for value in _values(page["data"], key))
    if text.count(b"[") > n_lists:
        check_once(text, page)
        check_lists(text, page["data"], keys)
        return
    for key, value in page.items():
        if isinstance(value, dict):  # what is beside a list stands before it or behind it
            quoted = _quoted(key)
            ends = text if len(text) <= 2 * _END else text[:_END] + b" " + text[-_END:]
            if ends.count(quoted) > 1:
                _read_again(text)
                return


def check_once(text: bytes, page: Any) -> None:
    """Raise `KeyTwice` where a list or an object of a page itself, or of the one object that it holds, stands twice."""
    held = page.get("data") if isinstance(page, dict) else None
    for box in (page, held):
        for key, value in list(box.items())[:_MOST_KEYS] if isinstance(box, dict) else ():
            if isinstance(value, list | dict) and text.count(_quoted(key)) > 1:
                _read_again(text)
                return


def check_lists(text: bytes, rows: Sequence[Any], keys: Sequence[str]) -> None:
    """Raise `KeyTwice` where a record has the list of one of these keys twice."""
    for key in keys:
        values = _values(rows, key)
        given = len(values) - values.count(None)
        if values and (n := text.count(_quoted(key))) > given:
            nulls = sum(text.count(_quoted(key) + colon + b"null") for colon in (b":", b": "))
            if n > given + nulls:
                _read_again(text)
                return


def values_twice(text: bytes) -> list[str]:
    """Return the keys under which an object has several values that differ, of which a decoder keeps the last."""
    found: dict[str, None] = {}

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        last = dict(pairs)
        if len(last) < len(pairs):
            found.update(dict.fromkeys(k for k, v in pairs if v != last[k]))
        return last

    json.loads(text, object_pairs_hook=look, parse_int=str, parse_float=str)
    return list(found)


def _values(rows: Sequence[Any], key: str) -> list[Any]:
    """Return the values of a key of records; none where no record has it. There are thousands of them, so kinds are looked at, not each."""
    kinds = set(map(type, rows))
    slots = getattr(kinds.pop(), "slots", None) if len(kinds) == 1 else None
    if slots is not None:
        return list(map(attrgetter(slots[key]), rows)) if key in slots else []
    records = [r for r in rows if isinstance(r, Mapping)]
    return [r.get(key) for r in records] if any(key in r for r in records) else []


def _quoted(key: str) -> bytes:
    return json.dumps(key).encode()


def _read_again(text: bytes) -> None:
    json.loads(text, object_pairs_hook=_once, parse_int=str, parse_float=str)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        for key in {k for k, v in pairs if isinstance(v, list | dict)}:
            if sum(k == key for k, _ in pairs) > 1:
                raise KeyTwice(key)
    return found
