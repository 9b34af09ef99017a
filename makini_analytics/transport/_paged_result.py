"""Where the rows of a list go, and what is known of a list that was read to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from ._page_cache import Page

SinkT = TypeVar("SinkT", bound="RowSink")


class RowSink(Protocol):
    """Where the rows of a list go, page by page."""

    def take(self, page: list[Any], /) -> None:
        """Take in one page."""


class RowList(list[Any]):
    """The simplest sink: a list of all rows."""

    def take(self, page: list[Any]) -> None:
        """Take in one page."""
        self.extend(page)


@dataclass
class PagedResult(Generic[SinkT]):
    """A list that was read to its end: the sink with its rows, and what is known about them."""

    sink: SinkT
    n_pages: int = 0
    n_rows: int = 0
    server_total: int | None = None
    from_cache: bool = True
    fetched_at: datetime | None = None  # when the oldest page was
    contract: str = ""
    notes: list[str] = field(default_factory=list)

    def add(self, page: Page, rows: list[Any]) -> None:
        """Take in one page."""
        self.sink.take(rows)
        self.n_pages += 1
        self.n_rows += len(rows)
        self.from_cache &= page.from_cache
        self.fetched_at = min(self.fetched_at or page.fetched_at, page.fetched_at)
