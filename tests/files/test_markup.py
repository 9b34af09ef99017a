"""Files that end in .xls and are none: web pages saved as one file, workbooks written as XML."""

from __future__ import annotations

import quopri

import pytest

import makini_analytics as ma
from tests.tiers import one_in

from .files import lines_of

HEAD = ["PO Number", "Line", "Supplier Name", "Order Date", "Quantity", "Amount", "Currency"]
CELLS = [["4711", "1", "Ñandú & Söhne", "2024-01-15", "10", "1,250.00", "EUR"], ["4711", "2", "Ñandú & Söhne", "2024-01-15", "2", "7.50", "EUR"]]  # fmt: skip


def page(rows):
    cells = "".join("<tr>" + "".join(f"<td>{c.replace('&', '&amp;')}</td>" for c in row) + "</tr>" for row in rows)
    return f"<html><body><table>{cells}</table></body></html>"


def mail(*parts):
    out = "From: <Saved by ERP>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n boundary=XX\r\n\r\n"
    for part in parts:
        coded = quopri.encodestring(part.encode()).decode()
        out += f'--XX\r\nContent-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{coded}\r\n'
    return out + "--XX--\r\n"


def test_a_web_page_saved_as_one_file(written):
    got = lines_of(written(mail("<html><frameset/></html>", page([HEAD, *CELLS])), "export.xls"))
    assert got.amount.tolist() == [1250.0, 7.5]
    assert got.vendor_name.tolist() == ["Ñandú & Söhne"] * 2


@pytest.mark.parametrize(
    "cell", one_in(3, ["ACME<br>Ltd", "ACME<br/>Ltd", "<p>ACME</p><p>Ltd</p>", "<div>ACME</div>Ltd", "AC<b>ME</b> Ltd"])
)
def test_a_line_of_a_cell_is_a_word_of_its_own(written, cell):
    row = [[*CELLS[0][:2], "X", *CELLS[0][3:]]]
    got = lines_of(written(page([HEAD, *row]).replace("<td>X</td>", f"<td>{cell}</td>"), "export.xls"))
    assert got.vendor_name.tolist() == ["ACME Ltd"]


def test_cells_over_several_rows_and_columns(written):
    def row(*cells):
        return "<tr>" + "".join(c if c.startswith("<") else f"<td>{c}</td>" for c in cells) + "</tr>"

    rows = [
        row("<td colspan=7>Orders of the year</td>"),
        row(*HEAD),
        row(
            "<td rowspan=3>4711</td>",
            "1",
            "<td rowspan=2>ACME</td>",
            "2024-01-15",
            "10",
            "20.5",
            "<td rowspan=4>EUR</td>",
        ),
        row("2", "2024-01-16", "11", "21.5"),
        row("3", "Bolt", "2024-01-17", "12", "22.5"),
        row("4712", "1", "Bolt", "2024-01-18", "13", "23.5"),
    ]
    got = lines_of(written(f"<table>{''.join(rows)}</table>", "export.xls"))
    assert got.order_number.tolist() == ["4711"] * 3 + ["4712"]
    assert got.line_number.tolist() == ["1", "2", "3", "1"]
    assert got.vendor_name.tolist() == ["ACME", "ACME", "Bolt", "Bolt"]
    assert got.amount.tolist() == [20.5, 21.5, 22.5, 23.5]
    assert got.currency.tolist() == ["EUR"] * 4


def spreadsheet(rows, name="Orders"):
    return f'''<Worksheet ss:Name="{name}"><Table>{rows}</Table></Worksheet>'''


def book(*sheets):
    return (
        """<?xml version="1.0" encoding="UTF-8"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">"""
        + "".join(sheets)
        + "</Workbook>"
    )


def cell(value, kind="String", **more):
    extra = "".join(f' ss:{k}="{v}"' for k, v in more.items())
    return f'<Cell{extra}><Data ss:Type="{kind}">{value}</Data></Cell>'


ROWS = (
    "<Row>" + cell("Report of orders", MergeAcross=3) + "</Row>"
    '<Row ss:Index="4">' + "".join(map(cell, HEAD)) + "</Row>"
    "<Row>" + cell("4711") + cell(1, "Number") + cell("A &amp; B") + cell("2024-01-15T00:00:00.000", "DateTime")
    + cell("10.5", "Number") + cell("1250", "Number") + cell("EUR") + "</Row>"
    "<Row>" + cell("4711") + cell(2, "Number") + cell("A &amp; B") + cell(0.25, "Number", Index=5) + cell(7.5, "Number") + cell("EUR") + "</Row>"
)  # fmt: skip


def test_a_workbook_written_as_xml(written):
    got = lines_of(written(book(spreadsheet(ROWS), spreadsheet("", "Empty")), "export.xls"))
    assert got.quantity.tolist() == [10.5, 0.25]
    assert got.amount.tolist() == [1250, 7.5]
    assert got.order_date.dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2024-01-15", ""]
    assert got.vendor_name.tolist() == ["A & B"] * 2


def test_a_sheet_of_it_can_be_asked_for(written):
    path = written(book(spreadsheet(ROWS), spreadsheet(ROWS, "Again")), "export.xls")
    with pytest.raises(ma.SchemaError, match="pass sheet="):
        lines_of(path)
    assert len(lines_of(path, sheet="Again")) == len(lines_of(path, sheet=0)) == 2
    with pytest.raises(ma.ConfigError, match="'Orders', 'Again'"):
        lines_of(path, sheet="Gone")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            book(spreadsheet(ROWS)).replace("<Workbook", '<!DOCTYPE a [<!ENTITY b "c">]><Workbook', 1),
            "defines entities",
        ),
        (book(spreadsheet(ROWS))[:-30], "can't be read"),
    ],
)
def test_broken_xml_says_so(written, content, said):
    with pytest.raises(ma.SchemaError, match=said):
        lines_of(written(content, "export.xls"))
