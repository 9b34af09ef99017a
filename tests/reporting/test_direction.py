"""No cell of a report is read backwards: what turns a text around is taken out of its lists and tables, in every format."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.reporting import content, write

TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def told():
    n = 24
    days = pd.date_range("2025-01-01", periods=n, freq="10D")
    table = pd.DataFrame({"vendor_name": ["Acme", "Bolt"] * (n // 2), "amount": range(1, n + 1), "order_date": days,
                          "required_date": days + pd.Timedelta(days=10), "delivered_date": pd.NaT, "order_number": [f"o{i}" for i in range(n)],
                          "category": "\u202aof \u2066pumps", "product_code": "\u202aP-1\u202c", "description": "Pump \u202eevil\u2066 of\u2069 עברית"})  # fmt: skip
    data = ma.Purchases.from_table(table, currency="EUR", as_of="2025-12-31")
    return content(data, sections=["spend", "slippage", "open_orders"])


@pytest.mark.full
def test_the_lists_of_the_page_and_its_files(told, tmp_path):
    page = write(told, tmp_path / "folder")
    cells = re.findall("<td[^>]*>([^<]*)</td>", page.read_text(encoding="utf-8"))
    assert {"P-1", "Pump evil of עברית"} <= set(cells)  # a text of Hebrew letters turns by itself
    assert not [c for c in cells if TURNS.search(c)]
    tables = [f.read_text(encoding="utf-8") for f in (tmp_path / "folder" / "tables").iterdir()]
    assert any("Pump evil of" in text for text in tables)
    assert not any(TURNS.search(text) for text in tables)


def test_the_tables_of_the_workbook(told, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(write(told, tmp_path / "x.xlsx"))
    cells = [str(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row if c is not None]
    assert {"P-1", "Pump evil of עברית", "of pumps"} <= set(cells)


def test_the_tables_in_the_notes_of_the_slides(told, tmp_path):
    pptx = pytest.importorskip("pptx")
    deck = pptx.Presentation(str(write(told, tmp_path / "x.pptx")))
    notes = [s.notes_slide.notes_text_frame.text for s in deck.slides if s.has_notes_slide]
    cells = [cell for text in notes for line in text.splitlines() if "\t" in line for cell in line.split("\t")]
    assert "of pumps" in cells
    assert not [c for c in cells if TURNS.search(c)]
