"""The lists beside the orders, receipts and return orders, page by page to columns; what needs all of their rows is told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import categoricals
from ._documents import DocumentBuilder, DocumentFrames
from ._issues import IssueBook
from ._number_format import NumberFormat
from ._receipts import IN_DOUBT, NOT_COME, judged_by_status, unread
from ._schema import LINES, ORDER_KEYS, RECEIPT_LINES, RECEIPTS, RETURNS
from ._status import CANCELLED, DRAFT, meanings
from ._writing import Writing


class _DocumentsBeside:
    """Documents of a list beside the orders: `take` the pages one by one."""

    #: What the book calls the documents and their lines.
    tables: tuple[str, str]

    def __init__(self, documents: DocumentBuilder, book: IssueBook) -> None:
        self._documents, self.book = documents, book

    def take(self, page: Sequence[Any]) -> None:
        """Take in a page of records."""
        self._documents.take(page)

    def look(self, writing: Writing) -> None:
        """Show what the documents so far tell of how the list is written."""
        self._documents.look(writing)

    def heed(self, writing: Writing) -> None:
        """Take what other parts of the list told of how it is written."""
        self._documents.heed(writing)

    def __len__(self) -> int:
        return self._documents.n[0]

    @property
    def n_lines(self) -> int:
        """The lines so far."""
        return self._documents.n[1]

    def _marked(self, of: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Return the lines that a deletion mark ends which is no date, and so is missing: their own, or that of their document."""
        heads, lines = (self.book.unreadable(table).get("deleted_at", ()) for table in self.tables)
        return np.isin(of, heads) | np.isin(np.arange(len(of)), lines)


class ReceiptsBuilder(_DocumentsBeside):
    """The list of receipts, of which only what finds an order's line, the day and the quantity is kept."""

    tables = ("receipts", "receipt lines")

    def __init__(self, book: IssueBook | None = None) -> None:
        book = book or IssueBook()
        super().__init__(
            DocumentBuilder(RECEIPTS, RECEIPT_LINES, self.tables, book, custom=False, needs_lines=ORDER_KEYS), book
        )

    def frame(self, tz: tzinfo, form: NumberFormat) -> pd.DataFrame:
        """Return one row per receipt line: order_id, what names the order line, day, quantity, and whether one of these could not be read.

        Deleted ones are left out, and those that have not come by their status, which are listed.
        """
        framed = self._documents.frames(tz, form)
        heads, lines, of = framed.heads, framed.lines, framed.of
        head = heads.take(of).reset_index(drop=True)
        out = lines.assign(
            order_id=lines["order_id"].fillna(head["order_id"]),
            received_date=lines["received_date"].where(lines["received_date"].notna(), head["received_date"]),
        )
        of_lost_days = np.isin(of, self.book.unreadable("receipts").get("received_date", ()))
        live = (lines["deleted_at"].isna() & head["deleted_at"].isna()).to_numpy(dtype=bool)
        live = live & ~self._marked(of)
        own, whole = categoricals.to_strings(lines["status"]), categoricals.to_strings(head["status"])
        status = own.fillna(whole).mask(meanings(whole, {}) == CANCELLED, whole)
        gone, unclear = (live & said for said in judged_by_status(status))
        for said, reason in ((gone, NOT_COME), (unclear, IN_DOUBT)):
            of_head = status[said].groupby(of[said]).first()
            self.book.add("receipts", "status", of_head.index.to_numpy(), of_head.reindex(heads.index), reason)
        live = live & ~gone
        self.book.leave_out("receipt lines", live)
        out = out[live].drop(columns=["deleted_at", "status"]).reset_index(drop=True)
        dayless = of_lost_days[live] & out["received_date"].isna().to_numpy(dtype=bool)
        return out.assign(unread=unread(out, self.book) | dayless)


class ReturnsBuilder(_DocumentsBeside):
    """The list of return orders."""

    tables = ("returns", "return lines")

    def __init__(self, book: IssueBook | None = None) -> None:
        book = book or IssueBook()
        super().__init__(DocumentBuilder(RETURNS, LINES, self.tables, book), book)

    def frames(self, tz: tzinfo, form: NumberFormat) -> DocumentFrames:
        """Return the return orders and their lines, which end with their order: by its mark, or by a status that says so."""
        framed = self._documents.frames(tz, form)
        lines, head = framed.lines, framed.heads.take(framed.of).reset_index(drop=True)
        status, own = categoricals.to_strings(head["status"]), categoricals.to_strings(lines["status"])
        said = meanings(status, {})
        own = own.fillna(status.where(np.isin(said, (CANCELLED, DRAFT)))).mask(said == CANCELLED, status)
        own = own.mask(self._marked(framed.of), "deleted")
        ends = head["deleted_at"]
        lines = lines.assign(
            status=categoricals.from_series(own),
            deleted_at=lines["deleted_at"].fillna(ends) if "deleted_at" in lines else ends,
        )
        return framed._replace(lines=lines)


def tidy_receipts(records: Iterable[Any], tz: tzinfo, book: IssueBook) -> pd.DataFrame:
    """Return the receipt lines of records; see `ReceiptsBuilder.frame`."""
    builder = ReceiptsBuilder(book)
    builder.take(list(records))
    return builder.frame(tz, judged_alone(builder))


def tidy_returns(records: Iterable[Any], tz: tzinfo, book: IssueBook) -> DocumentFrames:
    """Return the return orders and their lines."""
    builder = ReturnsBuilder(book)
    builder.take(list(records))
    return builder.frames(tz, judged_alone(builder))


def judged_alone(builder: _DocumentsBeside) -> NumberFormat:
    """Return how the numbers of a list are written, as they themselves show it."""
    writing = Writing()
    builder.look(writing)
    return writing.form


def tell_orphans(returned: DocumentFrames, found: np.ndarray[Any, Any], book: IssueBook) -> None:
    """Note the lines of return orders whose order is not here."""
    book.add("return lines", "order_id", np.flatnonzero(~found), returned.lines["line_id"], NO_ORDER)


NO_ORDER = "a return of an order that is not here; not counted"
