"""Cells that readers of workbooks give as blank: errors and formulas without a result are listed, and nothing takes their place."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
import xlsxwriter

import makini_analytics as ma
from makini_analytics.files._lost_cells import with_lost_cells
from tests.tiers import one_in

HEAD = ["PO Number", "Line", "Vendor", "Order Date", "Quantity", "Unit Price", "Amount", "Currency", "Status"]
ROW = ["4711", 1, "ACME", "2025-01-13", 2, 5.0, 10.0, "EUR", "Closed"]
ERRORS = ["#REF!", "#VALUE!", "#N/A", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"]


def with_errors(path, *cells):
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("Orders")
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ROW)
        page.write_row(2, 0, [ROW[0], 2, *ROW[2:]])
        for column, error in cells:
            page.write_formula(2, HEAD.index(column), "=1/0", None, error)
    return path


def uncalculated(path, *cells):
    book = openpyxl.Workbook()
    page = book.active
    for row in (HEAD, ROW, [dict(cells).get(h, v) for h, v in zip(HEAD, ROW, strict=True)]):
        page.append(row)
    book.save(path)
    return path


def told(data):
    return data.issues[["id", "column", "value"]].values.tolist()


@pytest.mark.parametrize("error", one_in(4, ERRORS))
def test_an_error_of_a_workbook_is_given_and_unreadable(tmp_path, error):
    data = ma.Purchases.from_file(with_errors(tmp_path / "a.xlsx", ("Amount", error), ("Status", error)))
    assert data.lines.amount.isna().tolist() == [False, True]  # not price x quantity
    assert data.lines.state.tolist() == ["received", "unknown"]
    assert told(data) == [["3", "amount", error], ["3", "status", error]]


@pytest.mark.parametrize("column", one_in(3, ["PO Number", "Vendor", "Currency"]))
@pytest.mark.parametrize("sheet", one_in(3, [None, 0, "Orders"]))
def test_an_error_is_no_name(tmp_path, column, sheet):
    ours = {"PO Number": "order_number", "Vendor": "vendor_name", "Currency": "currency"}[column]
    data = ma.Purchases.from_file(with_errors(tmp_path / "a.xlsx", (column, "#N/A")), sheet=sheet)
    assert data.lines[ours].isna().tolist() == [False, True]
    assert told(data) == [["3", ours, "#N/A"]]


def test_a_formula_that_was_never_calculated_is_given_and_unreadable(tmp_path):
    formulas = {"Line": 2, "Amount": "=E3*F3*0.9", "Status": '=IF(E3>1,"Cancelled","Open")', "Vendor": '="AC"&"ME"'}
    data = ma.Purchases.from_file(uncalculated(tmp_path / "a.xlsx", *formulas.items()))
    assert data.lines.amount.isna().tolist() == [False, True]  # not 10 without the discount
    assert data.lines.state.tolist() == ["received", "unknown"]
    assert data.lines.vendor_name.iloc[1].startswith("=")  # a name stays, and is told
    never = data.issues[data.issues.reason.str.contains("never calculated: open the file in a spreadsheet, save it")]
    assert sorted(never.column) == ["amount", "status", "vendor_name"]


def test_a_formula_with_its_result_is_the_result(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ROW)
        page.write_formula(1, 6, "=E2*F2*0.9", None, 9)
        page.write_formula(1, 8, '=""', None, "")
    data = ma.Purchases.from_file(tmp_path / "a.xlsx")
    assert data.lines.amount.tolist() == [9]
    assert data.lines.status.isna().all()
    assert "Status" not in data.issues.column.tolist()


@pytest.mark.parametrize("reader", ["python_calamine", "openpyxl"])
def test_both_readers_see_them(tmp_path, monkeypatch, reader):
    from makini_analytics.files import _raw_file

    there = _raw_file.find_spec
    monkeypatch.setattr(_raw_file, "find_spec", lambda m: there(m) if m == reader else None)
    data = ma.Purchases.from_file(with_errors(tmp_path / "a.xlsx", ("Amount", "#REF!")))
    assert told(data) == [["3", "amount", "#REF!"]]


SHEET = b"""<x:worksheet xmlns:x="urn:s"><x:sheetData><x:row r="2"/><x:row r='3' a:d="1"><x:c r="A3"><x:v>1</x:v></x:c>
<x:c t="e"><x:v>#N/A</x:v></x:c><x:c r="D3"><x:f t="shared" si="0"/><x:v/></x:c><x:c t="str"><x:f>A1</x:f><x:v></x:v></x:c></x:row>
<x:row><x:c s="1"/><x:c><x:f>A1&amp;"b"</x:f></x:c><x:c t="inlineStr"><x:is><x:t>e</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>"""


def test_cells_are_found_however_their_writer_names_places_and_spaces():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("xl/workbook.xml", '<w xmlns:r="urn:r"><sheets><sheet name="S" r:id="a"/></sheets></w>')
        book.writestr("xl/_rels/workbook.xml.rels", '<r><l Id="a" Target="/xl/worksheets/one.xml"/></r>')
        book.writestr("xl/worksheets/one.xml", SHEET)
    rows = {"S": [["PO"]]}
    with_lost_cells(file.getvalue(), rows)
    assert rows == {"S": [["PO"], [], [None, "#N/A", None, "=..."], [None, '=A1&"b"']]}


def test_a_mark_that_is_an_error_leaves_the_state_unknown(written):
    rows = ["45001,10,7,2,3,6,EUR,2024-01-15,#N/A,", "45001,20,7,2,3,6,EUR,2024-01-15,L,"]
    head = "EBELN,EBELP,LIFNR,MENGE,NETPR,NETWR,WAERS,BEDAT,LOEKZ,ELIKZ"
    data = ma.Purchases.from_file(written("\n".join([head, *rows])))
    assert data.lines.state.tolist() == ["unknown", "cancelled"]
    assert told(data) == [["2", "status", "#N/A"]]


def test_an_error_among_dates_leaves_the_heading_what_it_is(written):
    head = "PO Number;Quantity;Amount;Delivered"
    lines = ma.Purchases.from_file(written(f"{head}\n1;2;3;2025-01-13\n2;2;3;#NV\n")).lines
    assert "delivered_date" in lines.unreadable.iloc[1]


def test_a_formula_of_an_xml_workbook_without_a_result(written):
    cells = "".join(
        f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in ("PO Number", "Quantity", "Unit Price", "Amount")
    )
    row = (
        "".join(f'<Cell><Data ss:Type="Number">{c}</Data></Cell>' for c in (1, 2, 3))
        + '<Cell ss:Formula="=RC[-1]*RC[-2]*0.9"/>'
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    data = ma.Purchases.from_file(written(
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="S"><Table><Row>{cells}</Row><Row>{row}</Row></Table></Worksheet></Workbook>',
        "orders.xls"))  # fmt: skip
    assert data.lines.amount.isna().all()
    assert data.lines.unreadable.item() == "amount"
