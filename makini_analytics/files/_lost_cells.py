"""Cells of a workbook that its readers give as blank and that are none: errors such as #REF!, and formulas whose result was never kept.

Excel keeps the result of a formula beside it (``<f>E2*F2</f><v>10</v>``); a library that writes workbooks keeps the formula alone. Such
a cell comes in as the formula, which no column can read, so that it is listed and nothing is computed in its place.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

from ..errors import SchemaError

Lost = dict[tuple[int, int], str]

#: An error, or a formula behind which nothing stands: most sheets have neither, and are not looked at cell by cell.
_MAYBE = re.compile(
    rb"""\st=["']e["']|(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^>]*)?/>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</|</(?:\w+:)?c>)"""
)
_ROW = re.compile(rb"<(?:\w+:)?row\b((?:[^>]*[^/>])?)>.*?</(?:\w+:)?row>", re.DOTALL)
_NUMBER = re.compile(rb"""\sr=["'](\d{1,7})["']""")
_PREFIX = re.compile(rb"(?<=[</\s])[A-Za-z_]\w*:(?=[A-Za-z_]\w*[\s=/>])")  # declared above the row


def with_lost_cells(data: bytes, sheets: dict[Any, list[list[Any]]]) -> None:
    """Put the errors and the formulas without a result of a workbook into the rows of its sheets, which are named or numbered.

    Raises
    ------
    SchemaError
        There are such cells, and where they stand can't be told.
    """
    try:
        found = _of_sheets(data)
    except (zipfile.BadZipFile, KeyError):  # other workbooks: .xlsb, .ods
        return
    except ElementTree.ParseError as e:
        raise SchemaError(
            f"the workbook holds errors or formulas without a result that can't be placed ({e}): open it in a spreadsheet and save it"
        ) from None
    for name, rows in sheets.items():
        lost = list(found.values())[name] if isinstance(name, int) and name < len(found) else found.get(name, {})
        for (i, j), text in lost.items():
            rows += [[] for _ in range(i + 1 - len(rows))]
            rows[i] += [None] * (j + 1 - len(rows[i]))
            rows[i][j] = text


def _of_sheets(data: bytes) -> dict[str, Lost]:
    """Return the lost cells of each sheet, by row and column from 0."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        book = next((n for n in parts.namelist() if re.search(r"(^|/)workbook\d*\.xml$", n)), "xl/workbook.xml")
        folder, name = posixpath.split(book)
        links = ElementTree.fromstring(parts.read(f"{folder}/_rels/{name}.rels"))
        target = {r.get("Id"): posixpath.join("/", folder, r.get("Target", ""))[1:] for r in links}
        out: dict[str, Lost] = {}
        for sheet in ElementTree.fromstring(parts.read(book)).iter():
            part = posixpath.normpath(target.get(_id_of(sheet), "")) if _local(sheet) == "sheet" else ""
            if "worksheets/" in part:
                xml = parts.read(part)
                out[sheet.get("name", "")] = _lost(xml) if _MAYBE.search(xml) else {}
        return out


def _lost(xml: bytes) -> Lost:
    out: Lost = {}
    i = -1
    for found in _ROW.finditer(xml):
        number = _NUMBER.search(found[1])  # a row or a cell may say where it is; else it follows the one before
        i, j = int(number[1]) - 1 if number else i + 1, -1
        if not _MAYBE.search(found[0]):
            continue
        for cell in ElementTree.fromstring(_PREFIX.sub(b"", found[0])):
            at = re.fullmatch(r"([A-Z]{1,3})\d+", cell.get("r", ""))
            j = _column(at[1]) if at else j + 1
            if text := _text(cell):
                out[i, j] = text
    return out


def _text(cell: Any) -> str:
    """Return the error of a cell, or its formula where it has no result; "" is one where the cell is a text."""
    inner = {e.tag: e for e in cell}
    result = (inner["v"].text or "").strip() if "v" in inner else ""
    if cell.get("t") == "e":
        return result
    if "f" not in inner or result or "is" in inner or cell.get("t") == "str":
        return ""
    formula = inner["f"].text or "..."  # of a formula that is shared the first cell alone has the text
    return f"=({formula})" if '"&' in formula else f"={formula}"  # ="A"&"B" is not ="0815", which is a text


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _id_of(sheet: Any) -> str:
    return next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")


def _column(letters: str) -> int:
    n = 0
    for letter in letters:
        n = n * 26 + ord(letter) - 64
    return n - 1
