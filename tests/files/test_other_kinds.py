"""Files that hold no list as they are: what they are is told by their bytes, whatever they are called, with what to do instead."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

import makini_analytics as ma

LIST = b"PO Number;Line;Amount\n1;1;5\n"


def zipped(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(name, LIST)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(LIST, mtime=0), "a packed file: unpack it"),
        (zipped("orders.csv"), "a packed file: unpack it"),
        (zipped("word/document.xml"), "a document, not a workbook"),
        (b'[{"po": 1}]', "JSON: read it by pd.read_json"),
        (b'\xef\xbb\xbf{\n "orders": []}', "JSON: read it by pd.read_json"),
        (b'{"po": 1}\n{"po": 2}\n', "lines=True"),
        (b"%PDF-1.4\n%\xe2\xe3", "a PDF, which holds no table"),
        (b"PAR1\x15\x04", "pd.read_parquet"),
        (b"", "is empty: export the list again"),
        (b"\xff\xfe\r\0\n\0", "is empty: export the list again"),
    ],
    ids=[
        "gzip",
        "zip",
        "document",
        "JSON list",
        "JSON object",
        "JSON lines",
        "PDF",
        "Parquet",
        "empty",
        "blank",
    ],  # bytes may hold the time of day
)
@pytest.mark.parametrize("name", ["orders.csv", "orders.xlsx"])
def test_a_file_of_another_kind_is_told_with_advice(written, content, said, name):
    with pytest.raises(ma.SchemaError, match=said) as told:
        ma.Purchases.from_file(written(content, name))
    assert str(told.value).startswith(f"{name} is ")
    assert str(told.value).isascii()


def test_a_page_without_cells_is_told(written):
    with pytest.raises(ma.SchemaError, match="holds no cells: export the list again"):
        ma.Purchases.from_file(written(b"<html><table><tr><td></td></tr></table></html>", "orders.xls"))


def test_headings_in_brackets_are_no_json(written):
    assert (
        len(
            ma.Purchases.from_file(
                written("[PO Number],[Line],[Amount]\n1,1,5\n"), columns={"[PO Number]": "order_number"}
            ).lines
        )
        == 1
    )
