"""One page of a list as the server describes it: its rows, and what it says about the pages around it.

Totals and page numbers are looked for wherever a published or likely shape has them. Whether they are missing or wrong is for the
pagination to judge. Beside what is understood there are signs that are not, in the names of other APIs: they are not followed, but
a list that ends while one of them says that there is more has not ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import ApiError
from ._page_signs import Signs, signs_of, whole_number


@dataclass
class ListResponse:
    """One page as the server describes it."""

    rows: list[Any]
    total: int | None = None
    last_page: int | None = None
    current_page: int | None = None
    positions: tuple[int, int] | None = (
        None  # of the first and the last row in the list, as Laravel's "from" and "to" tell
    )
    has_cursor: bool = False
    cursor: str | None = None
    next_link: str | None = None
    signs: Signs = field(default_factory=Signs)

    @classmethod
    def of(cls, body: Any, connection: str, path: str, scrub: Callable[[str], str] = str) -> ListResponse:
        """Read a decoded body; `ApiError` where it holds no list. ``scrub`` takes the token out of what is repeated.

        >>> page = ListResponse.of({"data": [{"id": 7}], "meta": {"current_page": 1, "last_page": "3", "total": 41}}, "x", "/vendors")
        >>> page.last_page, page.total, page.has_cursor
        (3, 41, False)
        """
        if isinstance(body, list):  # the oldest answers are a bare list
            return cls(body)
        rows = body.get("data")
        if not isinstance(rows, list):
            names = ", ".join(scrub(str(k))[:40] for k in list(body)[:6]) or "nothing"
            del body, rows  # a traceback with local variables would show what the server echoed
            raise ApiError(
                f"GET {path} of connection {connection!r} answered without a list under 'data' (it has: {names}): is this the path "
                "of a list, and base_url that of the API?",
                status=200,
                connection=connection,
                operation=f"GET {path}",
            )
        boxes = [b for b in (body, *(body.get(k) for k in ("meta", "pagination", "links"))) if isinstance(b, Mapping)]

        def number(name: str) -> int | None:
            return next((n for b in boxes if (n := whole_number(b.get(name))) is not None), None)

        links = body.get("links") if isinstance(body.get("links"), Mapping) else {}
        holder = next((b for b in boxes if "next_cursor" in b), None)
        begin, end = number("from"), number("to")
        cursor = holder["next_cursor"] if holder is not None else None
        next_link = links.get("next")
        return cls(
            rows,
            number("total"),
            number("last_page"),
            number("current_page"),
            None if begin is None else (begin, begin + len(rows) - 1 if end is None else end),
            holder is not None,
            str(cursor) if isinstance(cursor, str | int) and not isinstance(cursor, bool) and cursor != "" else None,
            next_link if isinstance(next_link, str) and next_link else None,
            signs_of(body),
        )


def contract_of(response: ListResponse) -> str:
    """Return the contract that a list is shaped by; "" where it does not show."""
    if response.last_page is None:
        return "v1" if response.has_cursor else ""
    row = next((r for r in response.rows if isinstance(r, Mapping)), None)
    if row is None:
        return ""
    return "v4" if "key" not in row and ("_idValue" in row or "id" in row) else "v3"


def id_of(row: Any) -> str | None:
    """Return the row's identifier within its list, or None."""
    if not isinstance(row, Mapping):
        return None
    found = row.get("key")
    found = row.get("id") if found is None else found
    return None if found is None or found == "" or isinstance(found, dict | list) else str(found)


def is_cap(n: int) -> bool:
    """Whether a server may have cut a list after so many rows, whatever was asked for: 25, 50, 100, 200, 250, 500, 1,000.

    >>> [n for n in (7, 20, 35, 50, 96, 1000, 1250) if is_cap(n)]
    [50, 1000]
    """
    return n >= 25 and str(n).rstrip("0") in ("1", "2", "25", "5")
