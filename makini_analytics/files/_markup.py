"""Files that end in .xls and are none: an HTML table, a web page in one file (MHTML), a workbook written as XML. Each to rows of cells."""

from __future__ import annotations

import re
from datetime import datetime
from importlib.util import find_spec
from typing import Any

from ..errors import ConfigError, SchemaError

_SHEETS = "urn:schemas-microsoft-com:office:spreadsheet"
_SS = f"{{{_SHEETS}}}"
_WHOLE = re.compile(r"-?\d{1,15}")


def html_in_mail(data: bytes) -> str | None:
    """Return the page with most rows of a web page that was saved as one file, in the form of a mail; None where it is none.

    >>> html_in_mail(b"MIME-Version: 1.0\\nContent-Type: text/html\\n\\n<table><tr></tr></table>")
    '<table><tr></tr></table>'
    >>> html_in_mail(b"PO Number;Quantity")
    """
    if not re.match(rb"\s*(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?MIME-Version:", data[:4000], re.IGNORECASE):
        return None
    from email import message_from_bytes

    pages = []
    for part in message_from_bytes(data).walk():
        if part.get_content_type() == "text/html":
            raw = part.get_payload(decode=True)
            if isinstance(raw, bytes):
                pages.append(raw.decode(part.get_content_charset("utf-8"), errors="replace"))
    return max(pages, key=lambda page: page.casefold().count("<tr"), default=None)


def html_rows(text: str) -> list[list[Any]]:
    """Return the rows of the tables of a page."""
    if not find_spec("lxml"):
        raise ConfigError("the file holds an HTML table, which lxml reads: pip install 'makini-analytics[files]'")
    import lxml.html

    page = lxml.html.fromstring(text)
    # What follows one of these begins a line: its letters are no more of the word before.
    for element in page.iter("br", "p", "div", "li"):
        if element.tag != "br":
            element.text = f" {element.text or ''}"
        element.tail = f" {element.tail or ''}"
    return [row for table in _tables(page) for row in _spread(table)]


def _tables(page: Any) -> list[list[Any]]:
    """Return the rows of each table, those of a table within a cell under it alone."""
    rows: dict[Any, list[Any]] = {}
    for row in page.iter("tr"):
        rows.setdefault(next(row.iterancestors("table"), None), []).append(row)
    return list(rows.values())


def _spread(table: list[Any]) -> list[list[Any]]:
    """Return the texts of a table's cells at their places: one over several rows stands on each, one over several columns on the first."""
    out: list[list[Any]] = []
    below: dict[
        int, tuple[int, str]
    ] = {}  # by place, for how many more rows a cell of an earlier one goes on, and its text
    for row in table:
        texts: list[Any] = []

        def from_above(texts: list[Any] = texts) -> None:
            while len(texts) in below:
                left, text = below.pop(at := len(texts))
                texts.append(text)
                if left > 1:
                    below[at] = left - 1, text

        for cell in row.iterchildren("td", "th"):
            from_above()
            text, n_rows = " ".join(cell.text_content().split()), _span(cell, "rowspan")
            for place, shown in enumerate([text] + [""] * (_span(cell, "colspan") - 1), len(texts)):
                texts.append(shown)
                if n_rows > 1:
                    below[place] = n_rows - 1, shown
        from_above()
        out.append(texts)
    return out


def _span(cell: Any, name: str) -> int:
    given = str(cell.get(name) or "1").strip()
    return max(int(given), 1) if given.isdecimal() else 1


def xml_sheets(text: str, name: str) -> dict[str, list[list[Any]]] | None:
    """Return the rows of each sheet of an XML Spreadsheet of 2003; None where the text is none.

    Raises
    ------
    SchemaError
        The XML is broken, or defines entities, which no spreadsheet needs.
    """
    if not text[:200].lstrip().startswith("<?xml") or _SHEETS not in text[:4000]:
        return None
    from xml.etree import ElementTree

    if "<!ENTITY" in text or "<!DOCTYPE" in text:
        raise SchemaError(f"{name} is a workbook written as XML that defines entities: open it and save it as .xlsx")
    try:
        book = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # decoded already
    except ElementTree.ParseError as e:
        raise SchemaError(f"{name} is a workbook written as XML that can't be read: {e}") from None
    return {
        sheet.get(f"{_SS}Name", str(i)): _xml_rows(sheet) for i, sheet in enumerate(book.iter(f"{_SS}Worksheet"), 1)
    }


def _xml_rows(sheet: Any) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for row in sheet.iter(f"{_SS}Row"):
        rows += [
            [] for _ in range(int(row.get(f"{_SS}Index", len(rows) + 1)) - 1 - len(rows))
        ]  # blank ones are not written
        cells: list[Any] = []
        for cell in row.iter(f"{_SS}Cell"):
            cells += [""] * (int(cell.get(f"{_SS}Index", len(cells) + 1)) - 1 - len(cells))
            data = cell.find(f"{_SS}Data")
            if data is None:  # blank, or a formula that was never calculated
                cells.append(cell.get(f"{_SS}Formula", ""))
            else:
                cells.append(_xml_value("".join(data.itertext()), data.get(f"{_SS}Type", "String")))
            cells += [""] * int(cell.get(f"{_SS}MergeAcross", 0))
        rows.append(cells)
    return rows


def _xml_value(text: str, kind: str) -> Any:
    try:
        if kind == "Number":
            return int(text) if _WHOLE.fullmatch(text) else float(text)
        return datetime.fromisoformat(text) if kind == "DateTime" else text
    except ValueError:
        return text
