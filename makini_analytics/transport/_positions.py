"""The positions that pages give of their rows, as "from" and "to", against the rows that came."""

from __future__ import annotations

from typing import Any

from ._list_response import ListResponse


class Positions:
    """The positions of the rows of a walk."""

    def __init__(self, per_page: Any) -> None:
        self._base: int | None = None  # the position of the first row: 1, or 0
        self._open = 0  # 1 where "to" is the position after the last row
        self._sizes = {str(per_page)}
        self._short = ""

    def take(self, response: ListResponse, n_page: int, n_before: int) -> str:
        """Return what the positions of a page contradict; "" where they fit, or are none."""
        if self._short:  # what the last page may be is followed by another one
            return self._short
        n, told = len(response.rows), response.positions
        if told is None or not n or told[1] < max(told[0], 1):
            return ""
        begin, end = told
        span = end - begin + 1
        if n_page == 1:
            if begin > 1:  # or it is no position: {"from": 2024, "to": 2025}
                return f"page 1 was asked, and what came begins with row {begin}" if span == n else ""
            self._base, self._open = begin, int(begin == 0 and str(span) in {str(n + 1), *map(_one_more, self._sizes)})
        elif self._base is None:
            return ""
        where = f"page {n_page} says that it holds rows {begin} to {end}"
        if begin != self._base + n_before:
            return f"{where}, and {n_before} rows came before"
        size = span - self._open
        if size != n:
            if size < n or str(size) not in self._sizes:
                return f"{where}, and {n} came"
            self._short = f"{where}, and {n} came, though it is not the last"
        self._sizes.add(str(n))
        return ""


def _one_more(size: str) -> str:
    return str(int(size) + 1) if size.isdigit() else size
