"""Signs in a record that it holds a part of its own lines: ``hasMoreLineItems``, ``lineItemCount: 9`` with one line, ``lines_meta``.

A name is taken apart into words, as those of a page are, and understood where it is made of known words alone and names the lines. What
a source counts in orders beside lines - ``nextLineNumber``, ``remainingLines``, ``lineItemsTotal`` - is no sign.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ._decoder import Record

_WORDS = (
    "has", "is", "are", "there", "more", "truncated", "cut", "continuation", "continue", "next", "link", "links", "url", "uri", "href",
    "cursor", "token", "page", "pages", "odata", "count", "counts", "number", "num", "no", "nr", "n", "of", "total", "all",
    "meta", "metadata", "pagination", "paging", "pager", "info", "rows", "key",
)  # fmt: skip
_ANY = "|".join(sorted(_WORDS, key=len, reverse=True))
_NAME = re.compile(rf"({_ANY})*(lineitems?|lines?)({_ANY})*")
_WORD = re.compile(_ANY)
_MORE = {"more", "truncated", "cut", "continuation", "continue"}
_LINK = {"link", "links", "url", "uri", "href", "cursor", "token", "page", "odata"}
_COUNT = {"count", "counts"}
_NUMBER = {
    "number",
    "num",
    "no",
    "nr",
    "n",
    "total",
}  # before the word for lines: a number behind it may be an amount or a position
_BOX = {"meta", "metadata", "pagination", "paging", "pager", "info", "links", "page", "pages"}
_NO = ("", "0", "false", "no", "none", "null", "n", "f", "off")
_LONGEST_NAME = 60


def cut_lines(record: Any, containers: Sequence[str]) -> str:
    """Return the name of what says that a record has more lines than it holds; "" where nothing does.

    >>> cut_lines({"lineItems": [{"key": "1"}], "lineItemCount": 9}, ["lineItems"])
    'lineItemCount'
    >>> cut_lines({"lineItems": [{"key": "1"}], "lineCount": 1, "hasMoreLines": False, "nextLineNumber": 20}, ["lineItems"])
    ''
    """
    if not isinstance(record, dict | Record):
        return ""
    # the records of a page are of one class, so its names are not compared for each
    names = _names_of_lines(type(record) if isinstance(record, Record) else tuple(record), tuple(containers))
    if not names:
        return ""
    held = [v for c in containers if isinstance(v := record.get(c), list)]
    if not held:
        return ""
    n = sum(map(len, held))
    return next((name for name, kinds in names if _says_more(kinds, record.get(name), n)), "")


@lru_cache(maxsize=64)
def _names_of_lines(
    of: type[Record] | tuple[Any, ...], containers: tuple[str, ...]
) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return the names that speak of the lines, each with what it may say: more, link, count, box."""
    found = []
    for name in of if isinstance(of, tuple) else of.slots:
        plain = "".join(c for c in name.lower() if c.isalnum()) if len(name) <= _LONGEST_NAME else ""
        if name in containers or "line" not in plain or not (match := _NAME.fullmatch(plain)):
            continue
        before, lines = plain[: match.start(2)], match.group(2)
        words = set(_WORD.findall(before)) | set(_WORD.findall(plain[match.end(2) :]))
        kinds = {
            "more": bool(words & _MORE),
            "link": "next" in words and bool(words & _LINK),
            "count": bool(words & _COUNT) or (lines.endswith("s") and bool(set(_WORD.findall(before)) & _NUMBER)),
            "box": bool(words & _BOX),
        }
        if any(kinds.values()):
            found.append((name, frozenset(k for k, v in kinds.items() if v)))
    return tuple(found)


def _says_more(kinds: frozenset[str], value: Any, n: int) -> bool:
    if isinstance(value, Mapping):
        return "box" in kinds and _box_says_more(value, n)
    if "more" in kinds:
        return not _says_no(value) and not ("count" in kinds and _number(value) <= n)
    if "link" in kinds:
        return isinstance(value, str) and not _says_no(value)
    return "count" in kinds and _number(value) > n


def _box_says_more(box: Mapping[Any, Any], n: int) -> bool:
    """Whether what stands beside the lines, as the meta of a page, says that there are more."""
    for name, value in box.items():
        plain = "".join(c for c in str(name)[:_LONGEST_NAME].lower() if c.isalnum())
        if plain in ("total", "totalcount", "count", "totalrows", "totalitems", "totalelements", "totalrecords"):
            more = _number(value) > n
        elif plain in ("lastpage", "totalpages", "pages", "pagecount", "numberofpages"):
            more = _number(value) > 1
        elif re.fullmatch(
            "(has|is)?(more|next|truncated)(page|pages|link|url|cursor|token|items|results|rows)?", plain
        ):
            more = not _says_no(value)
        else:
            more = False
        if more:
            return True
    return False


def _says_no(value: Any) -> bool:
    if isinstance(value, Mapping):  # {"href": null}
        return all(v is None or v == "" for v in value.values())
    return value.strip().lower() in _NO if isinstance(value, str) else not value


def _number(value: Any) -> int:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15 and value == int(value):
        return int(value)
    return 0
