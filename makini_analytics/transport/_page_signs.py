"""Signs that a list goes on, in the names of other APIs, in the body or the headers. They are not followed, but a walk that ends against one has not ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: What no list has, and what stands for every larger number.
_BEYOND = 10**15

# Names are compared without case and marks: has_more, hasMore and has-more are one. Those that say that another page follows:
_MORE = {"hasmore", "hasnext", "hasnextpage", "hasmorepages", "morepages", "moreavailable", "moredata", "more", "istruncated", "truncated"}  # fmt: skip
_NEXT = {
    "next", "nextpage", "nextpageurl", "nextpagenumber", "nexturl", "nexturi", "nextlink", "nexthref", "nextcursor", "nexttoken",
    "nextpagetoken", "nextoffset", "nextstart", "nextkey", "continuation", "continuationtoken", "odatanextlink",
}  # fmt: skip
# Those that say so where they are false:
_LAST = {"last", "islast", "islastpage", "lastpage", "complete", "iscomplete", "endoflist"}
# Those that number the pages, or the rows:
_PAGES = {
    "lastpage",
    "totalpages",
    "pagetotal",
    "pagecount",
    "pagescount",
    "pages",
    "numpages",
    "npages",
    "numberofpages",
    "maxpage",
}
_ROWS = {
    "count", "total", "totalcount", "counttotal", "totalrecords", "recordcount", "totalresults", "resultcount", "totalitems",
    "itemcount", "totalelements", "totalrows", "rowcount", "totalhits", "numfound", "odatacount",
}  # fmt: skip
_BOXES = (
    "meta",
    "_meta",
    "pagination",
    "paging",
    "page",
    "pager",
    "page_info",
    "pageInfo",
    "links",
    "_links",
    "cursor",
    "cursors",
)
_HEADERS = ("x-next-page", "x-next-cursor", "x-has-more")
_NO = ("", "0", "false", "no", "none", "null")


@dataclass
class Signs:
    """What a page says of others, beside what is understood."""

    more: list[str] = field(default_factory=list)  # that another page follows: "has_more is true"
    pages: int = 0  # the most pages that it announces
    rows: int = 0


def signs_of(body: Mapping[str, Any]) -> Signs:
    """Return every sign of other pages.

    >>> signs_of({"data": [], "meta": {"hasMore": True, "nextCursor": None, "total_pages": "5"}})
    Signs(more=['hasMore'], pages=5, rows=0)
    """
    signs = Signs()
    boxes = [body, *_boxes_in(body)]
    boxes += [inner for box in boxes[1:] for inner in _boxes_in(box)]  # {"meta": {"pagination": {...}}}
    for box in boxes:
        for name, value in box.items():
            if value is None or not isinstance(name, str):
                continue
            plain = "".join(c for c in name.lower() if c.isalnum())
            says_more = plain in _MORE | _NEXT and not _says_no(value)
            if says_more or (plain in _LAST and (value is False or value == "false")):
                signs.more.append(name)
            elif plain in _PAGES:
                signs.pages = max(signs.pages, whole_number(value) or 0)
                if plain == "lastpage" and whole_number(value) is None and not _says_no(value):
                    signs.more.append(name)  # a number that can't be read
            elif plain in _ROWS:
                signs.rows = max(signs.rows, whole_number(value) or 0)
    for rel in (body.get(k) for k in ("links", "_links")):  # [{"rel": "next", "href": "..."}]
        for link in rel if isinstance(rel, list) else []:
            if isinstance(link, Mapping) and link.get("rel") == "next" and not _says_no(link.get("href", True)):
                signs.more.append("links: next")
    return signs


def signs_in_headers(headers: Mapping[str, str]) -> Signs:
    """Return the signs of other pages beside the body: a bare list has no other place for them. Names of headers have no case.

    >>> signs_in_headers({"Link": '</vendors?page=2>; rel="next"', "X-Total-Count": "41"})
    Signs(more=['Link'], pages=0, rows=41)
    """
    lower = {
        k.lower(): v for k, v in headers.items() if k.lower() in ("link", "x-total-count") or k.lower() in _HEADERS
    }
    more = [name for name in _HEADERS if not _says_no(lower.get(name, ""))]
    more += ["Link"] if re.search(r"""\brel\s*=\s*["']?next\b""", lower.get("link", ""), re.IGNORECASE) else []
    return Signs(more, rows=whole_number(lower.get("x-total-count", "")) or 0)


def _boxes_in(box: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [b for b in map(box.get, _BOXES) if isinstance(b, Mapping)]


def _says_no(value: Any) -> bool:
    if isinstance(value, Mapping):  # {"href": null}
        return all(v is None or v == "" for v in value.values())
    if isinstance(value, str):
        return value.strip().lower() in _NO
    return not value


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
