"""Files that hold no list of lines as they are: packed ones, JSON, PDF and others, told by their first bytes, with what to do instead."""

from __future__ import annotations

import io
import re
import zipfile

_BY_START = (
    (rb"\x1f\x8b|BZh[1-9]|\xfd7zXZ\x00|\x28\xb5\x2f\xfd|7z\xbc\xaf\x27\x1c|Rar!", "a packed file: unpack it, and read what is in it"),
    (rb"\s*%PDF-", "a PDF, which holds no table: export the list as CSV or as a workbook"),
    (rb"PAR1", "a Parquet file: read it by pd.read_parquet, and pass the table to from_table"),
    (rb"SQLite format 3\x00", "a database: read a table of it by pd.read_sql, and pass that to from_table"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*", "a picture, which holds no table: export the list as CSV or as a workbook"),
    (rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\[{\]])", "JSON: read it by pd.read_json (lines=True where each line is an object), and pass the table to from_table"),
)  # fmt: skip
#: Blanks, separators, and the marks of encodings.
_BLANK = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n;,|"
#: What every workbook has in its ZIP: Excel's two kinds, and OpenDocument.
_OF_WORKBOOKS = re.compile(r"(^|.*/)workbook\d*\.(xml|bin)|content\.xml")


def why_no_list(data: bytes) -> str:
    """Return what a file is instead of a list, with advice; "" where it may be one.

    >>> why_no_list(b"%PDF-1.7"), why_no_list(b"PO Number;Amount"), why_no_list(b"[PO],[Amount]")
    ('a PDF, which holds no table: export the list as CSV or as a workbook', '', '')
    """
    if not data.strip(_BLANK):
        return "empty: export the list again, and look whether it has rows"
    found = next((what for start, what in _BY_START if re.match(start, data[:1000])), "")
    if found or not data.startswith(b"PK\x03\x04"):
        return found
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
    except zipfile.BadZipFile:
        return ""  # a broken workbook, as its reader says
    if any(map(_OF_WORKBOOKS.fullmatch, names)):
        return ""
    if any(n.startswith(("word/", "ppt/", "Index/")) for n in names):
        return "a document, not a workbook: export the list as CSV or as a workbook"
    return "a packed file: unpack it, and read what is in it"
