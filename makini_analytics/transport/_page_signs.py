"""Signs that a list goes on or is not whole, in the names of other APIs, in the body or the headers. They are not followed, but a walk
that ends against one has not ended.

There are more spellings than anybody lists: ``totalPages``, ``total_number_of_pages``, ``X-WP-TotalPages``. So a name is taken apart into
words, and understood where it is made of known words alone: ``nextSyncAt`` and ``rate_limit_remaining`` hold others, and are no signs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: What no list has, and what stands for every larger number.
_BEYOND = 10**15
_LONGEST_NAME = 60

# What says that another page follows, where its value is not a no:
_MORE = {"more", "next", "continue", "continuation", "truncated", "remaining", "left", "partial", "incomplete", "resumption", "lastevaluatedkey"}  # fmt: skip
# What says so where its value is a no:
_DONE = {"last", "complete", "completed", "done", "finished", "exhausted", "endoflist", "atend"}
_FLAGS = ("is", "complete", "done", "finished")  # a 0 of these is a no; "last": 0 may be a position
# What makes a number of pages or of rows of the words beside it; the second ones do so on their own, too:
_COUNTED = {"total", "count", "number", "num", "found", "matched", "matches", "available", "overall", "all"}
_COUNTS = {"total", "count", "found", "matched", "matches", "available", "overall"}
_PAGE = {"page", "pages"}
_ROW = {
    "row", "rows", "item", "items", "record", "records", "result", "results", "element", "elements", "entry", "entries", "hit", "hits",
    "object", "objects", "doc", "docs", "document", "documents", "list", "data", "size", "filtered", "hidden",
}  # fmt: skip
# What says nothing by itself:
_BESIDE = {
    "has", "is", "are", "there", "get", "of", "no", "x", "n", "ms", "wp", "odata", "pagination", "paging", "link", "links", "url", "uri",
    "href", "cursor", "token", "key", "start", "starting", "index", "offset", "marker", "after", "id", "max", "final",
}  # fmt: skip
_WORDS = re.compile("|".join(sorted(_MORE | _DONE | _COUNTED | _PAGE | _ROW | _BESIDE, key=len, reverse=True)))

# Where such names stand: {"meta": {"pagination": {"totalPages": 3}}}; a number in "rate_limit" or "filters" is none of a list.
_BOX = re.compile(
    "_*(meta|metadata|pagination|paging|pages?|pager|info|links|cursors?|results?|response|list|query|search|hits|context|summary|"
    "collection|continue|d)+"
)
# What says that an answer is not whole, or none, though its status is 200:
_FAULTS = {"error", "errors", "exception", "exceptions", "failure", "failures", "timedout"}
_FINE = {"success", "successful", "succeeded", "ok"}
_STATUS = {"status", "statuscode", "httpstatus", "state", "outcome"}
_FAILED = {"error", "fail", "failed", "failure", "fault", "partial", "incomplete", "timeout", "exception"}
_NO = ("", "0", "false", "no", "none", "null", "n", "f", "off")


@dataclass
class Signs:
    """What a page says of others, beside what is understood."""

    more: list[str] = field(default_factory=list)  # that another page follows: "has_more is true"
    pages: int = 0  # the most pages that it announces
    rows: int = 0
    faults: list[str] = field(default_factory=list)  # that this page is not whole


def signs_of(body: Mapping[str, Any]) -> Signs:
    """Return every sign of other pages.

    >>> signs_of({"data": [], "meta": {"hasMore": True, "nextCursor": None, "total_pages": "5"}})
    Signs(more=['hasMore'], pages=5, rows=0, faults=[])
    """
    signs = Signs()
    boxes = [body, *_boxes_in(body)]
    boxes += [inner for box in boxes[1:] for inner in _boxes_in(box)]  # {"meta": {"pagination": {...}}}
    for box in boxes:
        for name, value in box.items():
            if value is not None and isinstance(name, str) and name != "data":
                _look(signs, name, value)
    return signs


def signs_in_headers(headers: Mapping[str, str]) -> Signs:
    """Return the signs of other pages beside the body: a bare list has no other place for them. Names of headers have no case.

    >>> signs_in_headers({"Link": '</vendors?page=2>; rel="next"', "X-Total-Count": "41"})
    Signs(more=['Link'], pages=0, rows=41, faults=[])
    """
    signs = Signs()
    for name, value in headers.items():
        lower = name.lower()
        if lower == "link":
            for target, told in re.findall(r"<([^<>]*)>([^<>]*)", value):
                rel = re.search(r"""\brel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,]+))""", told, re.IGNORECASE)
                rels = " ".join(g for g in rel.groups() if g).lower().split() if rel else []
                signs.more += ["Link"] if "next" in rels else []
                signs.pages = max(signs.pages, _page_in(target) if "last" in rels else 0)
        elif lower == "content-range":  # items 0-99/500
            signs.rows = max(
                signs.rows, 0 if value.startswith("bytes") else whole_number(value.rpartition("/")[2]) or 0
            )
        elif value.lstrip().startswith("{"):  # X-Pagination: {"TotalCount": 500}
            told_in = _json(value)
            for key, said in told_in.items() if "pag" in lower else ():
                if said is not None:
                    _look(signs, key, said)
        else:
            _look(signs, lower, value, of_header=True)
    return signs


def _look(signs: Signs, name: str, value: Any, of_header: bool = False) -> None:
    """Add what one name and its value say."""
    if len(name) > _LONGEST_NAME:
        return
    plain = "".join(c for c in name.lower() if c.isalnum())
    found = _WORDS.findall(plain)
    words = set(found) if "".join(found) == plain else set()
    if words & _MORE:
        signs.more += [] if _says_no(value) else [name]
    elif words & _DONE and (value is False or _text_no(value) or (value == 0 and plain.startswith(_FLAGS))):
        signs.more.append(name)
    elif words & _PAGE and not words & _ROW and words & {*_COUNTS, "pages", "last", "max", "final"}:
        signs.pages = max(signs.pages, _largest(value))
        if {"last", "page"} == words and whole_number(value) is None and not _says_no(value):
            signs.more.append(name)  # a number that can't be read
    elif words and not words & _PAGE and (words & _COUNTS or (words & _COUNTED and words & _ROW)):
        signs.rows = max(signs.rows, _largest(value))
    elif plain in ("page", "currentpage") and isinstance(value, str) and re.search(r"\d\s*(/|of)\s*\d", value):
        signs.pages = max(signs.pages, _largest(value))  # "1 of 3"
    elif plain == "of":  # {"from": 1, "to": 100, "of": 500}
        signs.rows = max(signs.rows, _largest(value))
    elif plain == "last":
        signs.pages = max(signs.pages, _page_in(value.get("href") if isinstance(value, Mapping) else value))
    elif plain in ("links", "pages") and isinstance(value, list):
        signs.more += [f"{name}: next"] if any(map(_is_next, value)) else []
    if of_header:
        return
    if (
        (plain in _FAULTS and not _says_no(value))
        or (plain in _FINE and (value is False or value == 0 or _text_no(value)))
        or (plain in _STATUS and (str(value).lower() in _FAILED or 400 <= (whole_number(value) or 0) < 600))
    ):
        signs.faults.append(name)


def _boxes_in(box: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name, value in box.items():
        if isinstance(value, Mapping) and isinstance(name, str) and _BOX.fullmatch(name.lower().replace("_", "")[:40]):
            yield value


def _is_next(link: Any) -> bool:
    """Whether one of a list of links is to the next page: ``{"rel": "next", "href": ...}``, ``{"label": "Next &raquo;", "url": ...}``."""
    if not isinstance(link, Mapping):
        return False
    named = any(str(link.get(k, "")).lower().startswith("next") for k in ("rel", "label", "name", "title"))
    return named and not _says_no(next((link[k] for k in ("href", "url", "link") if k in link), True))


def _page_in(link: Any) -> int:
    """Return the number of the page that a link leads to; 0 where it has none."""
    try:
        given = parse_qs(urlsplit(link).query).get("page", []) if isinstance(link, str) else []
    except ValueError:
        return 0
    return next((n for g in given if (n := whole_number(g)) is not None), 0)


def _json(text: str) -> Mapping[str, Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, Mapping) else {}


def _text_no(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in _NO[1:]


def _says_no(value: Any) -> bool:
    if isinstance(value, Mapping):  # {"href": null}
        return all(v is None or v == "" for v in value.values())
    if isinstance(value, str):
        return value.strip().lower() in _NO
    return not value


def _largest(value: Any) -> int:
    """Return the largest whole number that a value gives, in whatever wrapping; 0 where it gives none.

    >>> [_largest(v) for v in ("1,500", "1 of 3", "500+", "1.5e3", [500], {"value": 500, "relation": "eq"}, "many", -1)]
    [1500, 3, 500, 1500, 500, 500, 0, 0]
    """
    if isinstance(value, Mapping):
        value = next((value[k] for k in ("value", "count", "total") if k in value), None)
    elif isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, str) and not value.strip().startswith("-"):
        value = value[:10_000]
        if re.fullmatch(r"\s*[\d.]+e\+?\d{1,3}\s*", value, re.IGNORECASE | re.ASCII):
            value = _float(value)
        else:
            digits = re.findall(r"\d+", re.sub(r"(?<=\d)[,.' _\xa0](?=\d{3}\b)", "", value), re.ASCII)
            return max((whole_number(d) or 0 for d in digits), default=0)
    return whole_number(value) or 0


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # 1.2.3e4
        return 0.0


def whole_number(value: Any) -> int | None:
    """Return a whole number of 0 or more, also from text; else None. What is beyond every list is one number.

    >>> whole_number("41"), whole_number(41.0), whole_number(-1), whole_number("9" * 5000) == whole_number(float("inf"))
    (41, 41, None, True)
    """
    if isinstance(value, str):
        value = value.strip()
        if not (value.isascii() and value.isdigit()):
            return None
        return _BEYOND if len(value) > 15 else int(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
        return None
    if value >= _BEYOND:
        return _BEYOND
    return int(value) if value == int(value) else None
