"""Signs that a list goes on or is not whole, in the names of other APIs, in the body or the headers. They are not followed, but a walk
that ends against one has not ended.

There are more spellings than anybody lists: ``totalPages``, ``total_number_of_pages``, ``X-WP-TotalPages``. So a name is taken apart into
words, and understood where it is made of known words alone: ``nextSyncAt`` and ``rate_limit_remaining`` hold others, and are no signs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
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
# What says that a page comes before this one, or is the first:
_BEFORE = re.compile(
    "(?:has)?(?:prev|previous)(?:pages?|links?|url|uri|href|exists)*|(?:is)?first(?:pages?|links?|url|uri|href)*"
)
# What says that an answer is not whole, or none, though its status is 200; the second words may stand beside the first:
_FAULT = r"errors?|exceptions?|failures?|faults?|failed|timedout"
_OF_FAULT = r"has|is|any|with|the|api|request|server|code|message|msg|text|string|details?|description|desc|type|id|number|count|list|info"
_FAULTS = re.compile(f"(?:{_OF_FAULT})*(?:{_FAULT})(?:{_OF_FAULT})*")
_FINE = {"success", "successful", "succeeded", "ok"}
_STATUS = {"status", "statuscode", "httpstatus", "state", "outcome", "code", "httpcode", "responsecode", "resultcode"}
_FAILED = {"error", "fail", "failed", "failure", "fault", "partial", "incomplete", "timeout", "exception", "denied", "exceeded"}  # fmt: skip
_WITHOUT_FAULT = {"ok", "success", "successful", "no error", "no errors", "200"}
_CODES = {"code", "status", "statuscode", "errorcode"}
_NO = ("", "0", "false", "no", "none", "null", "n", "f", "off")


@dataclass
class Signs:
    """What a page says of others, beside what is understood."""

    more: list[str] = field(default_factory=list)  # that another page follows: "has_more is true"
    pages: int = 0  # the most pages that it announces
    rows: int = 0
    faults: list[str] = field(default_factory=list)  # that this page is not whole
    before: list[str] = field(default_factory=list)  # that it is not the first
    ends: bool = False  # whether something says that no page follows


def signs_of(body: Mapping[str, Any]) -> Signs:
    """Return every sign of other pages.

    >>> signs_of({"data": [], "meta": {"hasMore": True, "nextCursor": None, "total_pages": "5"}})
    Signs(more=['hasMore'], pages=5, rows=0, faults=[], before=[], ends=True)
    """
    signs = Signs()
    boxes = [body, *_boxes_in(body)]
    boxes += [inner for box in boxes[1:] for inner in _boxes_in(box)]  # {"meta": {"pagination": {...}}}
    for box in boxes:
        for name, value in box.items():
            if isinstance(name, str) and name != "data":
                _look(signs, name, value)
    return signs


def signs_in_headers(headers: Mapping[str, str]) -> Signs:
    """Return the signs of other pages beside the body: a bare list has no other place for them. Names of headers have no case.

    >>> signs_in_headers({"Link": '</vendors?page=2>; rel="next"', "X-Total-Count": "41"})
    Signs(more=['Link'], pages=0, rows=41, faults=[], before=[], ends=False)
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
        signs.ends |= _says_no(value)
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
    if _BEFORE.fullmatch(plain) and _is_before(value, plain):
        signs.before.append(name)
    if (
        (_FAULTS.fullmatch(plain) and not _without_fault(value))
        or (plain in _FINE and (value is False or value == 0 or _text_no(value)))
        or (plain in _STATUS and (_failed(value) or 400 <= (whole_number(value) or 0) < 600))
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
    return _page_of(link) or 0


def _page_of(link: Any) -> int | None:
    try:
        given = parse_qs(urlsplit(link).query).get("page", []) if isinstance(link, str) else []
    except ValueError:
        return None
    return next((n for g in given if (n := whole_number(g)) is not None), None)


def _is_before(value: Any, plain: str) -> bool:
    """Whether a link to the previous page, or to the first one, says of page 1 that it is not the first: numbers begin with 0."""
    if isinstance(value, Mapping):
        value = value.get("href", value.get("url"))
    if "first" in plain:
        return value is False or _page_of(value) == 0
    return value is True or (isinstance(value, str) and not _says_no(value) and _page_of(value) != 1)


def _without_fault(value: Any) -> bool:
    """Whether what is said of a fault is that there is none: ``{"code": 0, "message": ""}``."""
    if isinstance(value, Mapping):
        codes = [v for k, v in value.items() if str(k).lower() in _CODES and v is not None]
        return all(v == 200 or (_says_no(v) or _in(v, _WITHOUT_FAULT)) for v in codes or value.values())
    return _says_no(value) or _in(value, _WITHOUT_FAULT)


def _in(value: Any, texts: Collection[str]) -> bool:
    return isinstance(value, str) and value.strip().lower() in texts


def _failed(value: Any) -> bool:
    words = set(re.findall("[a-z]+", value.lower()[:200])) if isinstance(value, str) else set()
    return bool(words & _FAILED) and not words & {"no", "without"}


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
