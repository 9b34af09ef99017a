"""Files as they come: encodings, separators, workbooks, totals, cells filled down."""

from __future__ import annotations

import importlib.util

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.files import _markup, _raw_file
from tests.tiers import one_in

from .files import HEAD, ROWS, lines_of, table_of, text, xlsx

# ---- texts ----


@pytest.mark.parametrize(
    "encoding",
    one_in(3, ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "mac_roman", "cp850"]),
)
def test_encodings_are_found(written, encoding):
    lines = lines_of(written(text(), encoding=encoding))
    assert lines.vendor_name.tolist() == ["Müller GmbH", "Müller GmbH", "Café Noir"]
    assert lines.description.tolist() == ["Größe 1", "Größe 2", "Pièce"]
    assert lines.amount.tolist() == [25.0, 20.0, 7.5]


def test_polish_is_told_from_western(written):
    head = "Numer zamówienia;Dostawca;Opis;Ilość;Cena jednostkowa;Wartość netto;Waluta"
    rows = ["1;Łódzka Spółka;Śruba żółta;2;3;6;PLN", "2;Żółw;Nakrętka;1;1;1;PLN"]
    path = written(text(rows, head), encoding="cp1250")
    assert lines_of(path).vendor_name.tolist() == ["Łódzka Spółka", "Żółw"]
    assert "cp1250" in ma.Purchases.from_file(path).sources.notes.item()


def test_an_encoding_can_be_said(written):
    assert lines_of(written(text(), encoding="cp1252"), encoding="cp1252").vendor_name.iloc[0] == "Müller GmbH"
    with pytest.raises(ma.ConfigError, match="utf-8"):
        lines_of(written(text(), encoding="cp1252"), encoding="utf-8")
    with pytest.raises(ma.ConfigError, match="klingon"):
        lines_of(written(text()), encoding="klingon")


@pytest.mark.parametrize("separator", one_in(2, [";", ",", "\t", "|"]))
@pytest.mark.parametrize("newline", one_in(2, ["\r\n", "\n", "\r"]))
def test_separators_are_found(written, separator, newline):
    path = written(text().replace(";", separator).replace("\n", newline))
    assert lines_of(path).amount.tolist() == [25.0, 20.0, 7.5]
    assert lines_of(path, separator=separator).amount.tolist() == [25.0, 20.0, 7.5]


def test_quoted_cells_hold_separators_and_line_breaks(written):
    rows = ['4711;1;"A; B ""C""\nD";2024-01-15;x;10;2.5;25.0;EUR;Open']
    assert lines_of(written(text(rows))).vendor_name.tolist() == ['A; B "C"\nD']


def test_a_row_with_too_many_cells_stops(written):
    for more in ("EUR;Open;x", "EUR;Open;x;y;z"):
        with pytest.raises(ma.SchemaError, match=r"more cells|don't fit"):
            lines_of(written(text([ROWS[0], ROWS[1].replace("EUR;Closed", more)])))
    assert len(lines_of(written(text([ROWS[0] + ";", ROWS[1] + ";"])))) == 2  # an empty one at the end says nothing


def test_headings_stand_below_titles_and_can_be_pointed_at(written):
    path = written("Report of orders\nExample Inc;;\n\n" + text())
    assert lines_of(path).amount.sum() == 52.5
    assert "headings in row 4" in ma.Purchases.from_file(path).sources.notes.item()
    assert lines_of(path, header=4).amount.sum() == 52.5
    with pytest.raises(ma.ConfigError, match="header"):
        lines_of(path, header=-1)
    with pytest.raises(ma.SchemaError, match="header=99"):
        lines_of(path, header=99)


def test_lines_carry_their_row_in_the_file(written):
    assert lines_of(written("Title\n\n" + text())).line_id.tolist() == ["4", "5", "6"]


@pytest.mark.parametrize(
    ("content", "said"), [("", "is empty"), ("a;b\n1;2\n", "header="), ("nothing here\n", "header=")]
)
def test_a_file_without_known_headings_asks(written, content, said):
    with pytest.raises(ma.SchemaError, match=said):
        lines_of(written(content))


def test_unknown_headings_can_be_said(written):
    path = written("foo;bar;baz\n1;2.5;x\n2;3.5;y\n")
    lines = lines_of(path, columns={"foo": "order_number", "bar": "amount", "baz": "custom.baz"})
    assert lines.amount.tolist() == [2.5, 3.5]
    assert lines["custom.baz"].tolist() == ["x", "y"]


# ---- rows ----


def test_totals_are_left_out_and_told_with_their_value(written):
    rows = [*ROWS[:2], "Total 4711;;;;;;;45.0;EUR;", ROWS[2], ";;;;;;;52.5;;", "Grand Total;;;;;;;52.5;;"]
    got = ma.Purchases.from_file(written(text(rows)))
    assert got.lines.amount.sum() == 52.5
    told = got.issues[["id", "column", "value"]].values.tolist()
    assert told == [["4", "amount", "45.0"], ["6", "amount", "52.5"], ["7", "amount", "52.5"]]
    assert "left out: 3 (row 4, 6, 7: 45.0; 52.5; 52.5)" in got.sources.notes.item()


def test_every_row_is_a_line_or_told(written):
    rows = ["Group A;;;;;;;;;", *ROWS, HEAD, ";;;;;;;52.5;;", "Printed by J. Doe;;;;;;;;;", ""]
    got = ma.Purchases.from_file(written(text(rows)))
    told = got.issues[got.issues.reason.str.contains("left out|no line")]
    assert len(got.lines) + len(told) == 6  # of eight rows one is blank and one the headings again
    assert "headings again: 1" in got.sources.notes.item()


@pytest.mark.parametrize("name", one_in(3, ["Total Energies", "Summe & Co", "Gesamt AG"]))
def test_a_vendor_or_item_called_total_is_none(written, name):
    assert len(lines_of(written(text([r.replace("Müller GmbH", name).replace("Pièce", name) for r in ROWS])))) == 3
    assert len(lines_of(written(text([f"{r.split(';')[0]};;{name};2024-01-15;x;1;1;1;EUR;" for r in ROWS])))) == 3


def test_a_label_before_the_value_makes_a_total(written):
    got = ma.Purchases.from_file(written(text([*ROWS, ";;;;Summe;;;52.5;;"])))
    assert (len(got.lines), len(got.issues)) == (3, 1)


def test_cells_that_an_order_has_once_are_filled_down(written):
    rows = [ROWS[0], ";2;;;Größe 2;4;5.0;20.0;;", ROWS[2]]
    got = ma.Purchases.from_file(written(text(rows)))
    assert got.lines.order_number.tolist() == ["4711", "4711", "4712"]
    assert got.lines.vendor_name.tolist() == ["Müller GmbH", "Müller GmbH", "Café Noir"]
    assert got.lines.currency.tolist() == ["EUR"] * 3
    assert got.lines.order_date.notna().all()
    assert "filled down: 1" in got.sources.notes.item()


def test_a_line_with_a_vendor_of_its_own_is_not_of_the_order_above(written):
    lines = lines_of(written(text([ROWS[0], ";;Other;2024-03-20;Thing;4;5.0;20.0;EUR;Open"])))
    assert lines.vendor_name.tolist() == ["Müller GmbH", "Other"]
    assert lines.order_number.isna().tolist() == [False, True]


def test_a_column_that_further_lines_fill_themselves_stays_theirs(written):
    rows = [ROWS[0], ";2;;;Größe 2;4;5.0;20.0;;Closed", ";3;;;Größe 3;1;1.0;1.0;;", ROWS[2]]
    assert table_of(written(text(rows)))[0].status.tolist() == ["Open", "Closed", None, "Open"]


def test_printed_lists_in_frames(written):
    framed = ["Page 1", "-" * 40, "|" + HEAD.replace(";", "|") + "|", "-" * 40, *("| " + r.replace(";", " | ") + " |" for r in ROWS[:2]), "-" * 40, "Page 2",
              "|" + HEAD.replace(";", "|") + "|", "|-----|---|" + "---|" * 8, "| " + ROWS[2].replace(";", " | ") + " |", "-" * 40]  # fmt: skip
    got = ma.Purchases.from_file(written("\n".join(framed), "list.txt"))
    assert got.lines.amount.tolist() == [25.0, 20.0, 7.5]
    assert got.lines.vendor_name.tolist() == ["Müller GmbH", "Müller GmbH", "Café Noir"]


def test_two_rows_of_headings(written):
    path = written("EBELN,EBELP,NAME1,BEDAT,MENGE,NETPR,NETWR,WAERS\nPurch.Doc.,Item,Name 1,Doc. Date,PO Quantity,Net Price,Net Order Value,Crcy\n"
                   "45001,10,ACME,2024-01-15,2,3,6,EUR\n")  # fmt: skip
    assert table_of(path)[0].order_number.tolist() == ["45001"]


def test_a_grouped_list_whose_totals_come_first(written):
    """As SAP's grid writes it: a count over all, then one before each vendor's lines, where the order number is blank."""
    head = "Lieferant/Lieferwerk;Anzahl der Positionen;Einkaufsbeleg;Position;Belegdatum;Lieferdatum;Kurztext;Bestellmenge;Nettopreis;Währung;Preiseinheit;Einteilungsmenge;Gelieferte Menge;noch zu liefern (Menge)"
    rows = [";1.886;;;;;;;;;;;;", "1051       Antriebe GmbH;2;;;;;;;;;;;;", "1051       Antriebe GmbH;1;45647126;10;20260710;20260817;Kupplung;2;71,64;EUR;1;2;0;2",
            "1088       Getriebe AG;1;;;;;;;;;;;;", "1088       Getriebe AG;1;45644415;20;20260402;20260731;Motor;24;320,95;EUR;1;12;0;12",
            "1088       Getriebe AG;1;45644415;20;20260402;20260831;Motor;24;320,95;EUR;1;12;0;12"]  # fmt: skip
    table, got = table_of(written("\n".join([head, *rows]), encoding="cp1252"))
    assert table.vendor_id.tolist() == ["1051", "1088", "1088"]
    assert table.quantity.tolist() == ["2", "12", "12"]
    assert got.left_out.id.tolist() == ["2", "3", "5"]


def test_the_main_lines_of_a_netsuite_search_are_no_lines(written):
    head = "Internal ID,Document Number,Date,Name,Status,Item,Quantity,Quantity Fulfilled/Received,Due Date/Receive By,Amount"
    rows = ["1,PO1,1/15/2024,ACME,Pending Receipt,,,,,30.00", "1,PO1,1/15/2024,ACME,Pending Receipt,A,2,0,2/20/2024,10.00", "1,PO1,1/15/2024,ACME,Pending Receipt,B,4,0,2/20/2024,20.00",
            "2,PO2,1/16/2024,Bolt,Pending Receipt,,,,,99.00"]  # fmt: skip
    table, got = table_of(written("\n".join([head, *rows])))
    assert table.amount.tolist() == ["10.00", "20.00", "99.00"]  # the second order has no other row
    assert got.left_out[["id", "value"]].values.tolist() == [["2", "30.00"]]


def test_code_and_name_beside_a_name_of_its_own(written):
    head = "Deletion indicator,Purchasing Document,Item,Document Date,Supplier/Supplying Plant,Short Text,Order Quantity,Net Price,Price unit,Incomplete,Name of Supplier,Item category,Item Category"
    path = written(
        f"{head}\n,4501,10,2026-01-15,100001     ACME,Bolt,2,3.5,0,X,ACME Ltd,0,a\nL,4501,20,2026-01-15,100001     ACME,Nut,2,3.5,1,,ACME Ltd,0,b\n"
    )
    table, _ = table_of(path)
    assert table[["vendor_id", "vendor_name", "status"]].values.tolist() == [
        ["100001", "ACME Ltd", "Incomplete"],
        ["100001", "ACME Ltd", "Deleted"],
    ]


# ---- workbooks ----

CELLS = [["Orders 2024", None, None, None, None], [None] * 5, ["PO Number", "Supplier Name", "Order Date", "Quantity", "Amount"],
         ["0012", "ACME", pd.Timestamp("2024-01-15"), 3, 7.5], [13, "Bolt", pd.Timestamp("2024-02-20"), 1, 2.0], ["Total", None, None, 4, 9.5]]  # fmt: skip


def test_a_workbook(tmp_path):
    path = xlsx(tmp_path / "orders.xlsx", Notes=[["Nothing", "here"]], Orders=CELLS)
    got = ma.Purchases.from_file(path, currency="EUR")
    assert got.lines.order_number.tolist() == ["0012", "13"]
    assert got.lines.order_date.dt.strftime("%F").tolist() == ["2024-01-15", "2024-02-20"]
    assert got.lines.amount.tolist() == [7.5, 2.0]
    assert got.issues.value.tolist() == ["9.5"]
    assert "sheet 'Orders', headings in row 3" in got.sources.notes.item()


def test_sheets_with_the_same_headings_are_asked_about(tmp_path):
    path = xlsx(tmp_path / "orders.xlsx", North=CELLS, South=CELLS)
    with pytest.raises(ma.SchemaError, match="'North', 'South'"):
        lines_of(path)
    assert len(lines_of(path, sheet="South")) == len(lines_of(path, sheet=0)) == 2
    with pytest.raises(ma.ConfigError, match="West"):
        lines_of(path, sheet="West")


def test_an_old_workbook(tmp_path):
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    page = book.add_sheet("Orders")
    for i, row in enumerate(CELLS):
        for j, value in enumerate(row):
            if isinstance(value, pd.Timestamp):
                page.write(i, j, value.to_pydatetime(), xlwt.easyxf(num_format_str="YYYY-MM-DD"))
            elif value is not None:
                page.write(i, j, value)
    path = tmp_path / "orders.xls"
    book.save(str(path))
    assert lines_of(path).amount.tolist() == [7.5, 2.0]
    assert lines_of(path).order_date.dt.strftime("%F").tolist() == ["2024-01-15", "2024-02-20"]


def test_an_html_table_named_xls(written):
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in (
        ["PO Number", "Supplier Name", "Order Date", "Quantity", "Unit Price"], ["'0012", "M&uuml;ller &amp; Co", "2024-01-15", "3", "2.5"]))  # fmt: skip
    path = written(f"<html><body><table><tr><td colspan=5>Orders</td></tr>{rows}</table></body></html>", "orders.xls")
    lines = lines_of(path)
    assert (lines.order_number.item(), lines.vendor_name.item(), lines.quantity.item()) == ("0012", "Müller & Co", 3)


def test_a_workbook_that_is_none(written):
    with pytest.raises(ma.SchemaError, match="no workbook"):
        lines_of(written(b"PK\x03\x04 and then nothing", "orders.xlsx"))
    with pytest.raises(ma.SchemaError, match="no cells"):
        lines_of(
            written(
                '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "orders.xls"
            )
        )


def test_a_library_that_is_not_installed_is_named(tmp_path, written, monkeypatch):
    path = xlsx(tmp_path / "orders.xlsx", Orders=CELLS)
    there = importlib.util.find_spec
    monkeypatch.setattr(_raw_file, "find_spec", lambda m: None if m == "python_calamine" else there(m))
    assert len(lines_of(path)) == 2  # openpyxl stands in
    for module in (_raw_file, _markup):
        monkeypatch.setattr(module, "find_spec", lambda m: None)
    with pytest.raises(ma.ConfigError, match=r"makini-analytics\[files\]"):
        lines_of(path)
    with pytest.raises(ma.ConfigError, match=r"makini-analytics\[files\]"):
        lines_of(written("<table><tr><td>PO</td></tr></table>", "orders.xls"))


def test_headings_and_cells_over_several_lines(written):
    rows = [r.replace("Größe 1", '"Größe 1; blau\nDIN 912"') for r in ROWS]
    head = HEAD.replace("PO Number", '"PO\nNumber"').replace("Unit Price", '"Unit\nPrice"')
    got = lines_of(written(text(rows, '"Orders of\nthe year"\n' + head)))
    assert got.order_number.tolist() == ["4711", "4711", "4712"]
    assert got.unit_price.tolist() == [2.5, 5.0, 7.5]
    assert got.description.iloc[0] == "Größe 1; blau\nDIN 912"
    inches = [r.replace("Größe 1", '1/2" nut').replace("Größe 2", '"') for r in ROWS[:1]]  # no quotes that open a cell
    assert lines_of(written(text(inches))).description.tolist() == ['1/2" nut']


@pytest.mark.parametrize(
    ("encoding", "vendor"),
    one_in(
        3,
        [
            ("shift_jis", "株式会社アクメ工業大阪支店"),
            ("gb18030", "北京机械设备有限公司销售部"),
            ("cp1251", "Завод металлических изделий"),
            ("iso8859-2", "Żółw Śruby Źródło"),
            ("cp1250", "Żółw Śruby Źródło"),
            ("cp1252", "Müller Söhne für Öle"),
        ],
    ),
)
def test_other_alphabets_are_not_read_as_western_letters(written, encoding, vendor):
    rows = [f"471{i};1;{vendor};2024-01-15;part;10;2.5;25.0;EUR;Open" for i in range(5)]
    path = written(text(rows), encoding=encoding)
    assert lines_of(path).vendor_name.unique().tolist() == [vendor]


@pytest.mark.parametrize(
    ("vendor", "encoding"),
    one_in(
        3,
        [
            ("Ångström, Västerås, Höör", "cp1252"),
            ("Ångström, Västerås, Höör", "cp850"),
            ("Søren Møller, Ålborg Værft", "cp1252"),
            ("Güneş, İstanbul Çelik, Doğuş Kağıt", "cp1254"),
            ("Győri Kő, Szűcs Vasmű, Őrség", "cp1250"),
            ("Oţelul Galaţi, Şuruburi, Târgu Mureş", "cp1250"),
            ("Škoda, Dvořák, Třinec, Šroubárna Žatec", "iso8859-2"),
            ("Rīgas tērauds, Ķīmija, Šķirotava", "cp1257"),
        ],
    ),
)
def test_each_language_is_read_by_its_own_code_page(written, vendor, encoding):
    path = written(
        text([f"4711;{i};{vendor};2024-01-15;part;10;2.5;25.0;EUR;Open" for i in range(5)]), encoding=encoding
    )
    assert lines_of(path).vendor_name.unique().tolist() == [vendor]


def test_letters_that_may_be_others_are_told(written):
    rows = [f"471{i};1;Kovač;2024-01-15;part;10;2.5;25.0;EUR;Open" for i in range(5)]
    assert "or cp1250 (č for è)" in ma.Purchases.from_file(written(text(rows), encoding="cp1250")).sources.notes.item()


def test_what_keeps_digits_a_text_in_a_spreadsheet_goes(written):
    rows = [r.replace("4711", '"=""0815"""').replace("4712", "'0816") for r in ROWS]
    assert lines_of(written(text(rows))).order_number.tolist() == ["0815", "0815", "0816"]


def test_a_total_under_another_word_is_told(written):
    data = ma.Purchases.from_file(written(text([*ROWS, "Anzahl 3;3;;;;;;52.5;;"])))
    assert data.issues[["id", "value", "reason"]].values.tolist() == [
        ["5", "52.5", "looks like a total row: no order line, but counted as one"]
    ]


def test_digits_that_a_workbook_lost_are_told(tmp_path):
    head = ["PO Number", "Quantity", "Amount", "Currency"]
    path = xlsx(tmp_path / "orders.xlsx", Orders=[head, [4500012345, 1, 2, "EUR"], [12345678901234567, 1, 2, "EUR"]])
    data = ma.Purchases.from_file(path)
    assert data.lines.order_number.iloc[0] == "4500012345"
    told = data.issues[data.issues.column == "order_number"]
    assert told[["id"]].values.tolist() == [["3"]]
    assert told.reason.item().startswith("held as a float")


@pytest.mark.parametrize("word", one_in(3, ["Ergebnis", "Total", "Summe", "- Total"]))
def test_subtotals_headed_behind_their_group_are_left_out(written, word):
    rows = [*ROWS[:2], f"4711 {word};;;;;;;45.0;;", ROWS[2], f"4712 {word};;;;;;;7.5;;", "Gesamtergebnis;;;;;;;52.5;;"]
    got = ma.Purchases.from_file(written(text(rows)))
    assert got.lines.amount.tolist() == [25.0, 20.0, 7.5]
    assert got.issues.id.tolist() == ["4", "6", "7"]


@pytest.mark.parametrize("above", [False, True])
def test_the_vendor_of_a_group_is_that_of_its_lines(written, above):
    head, own = (
        "Vendor;PO Number;Order Date;Quantity;Amount;Currency",
        [("A", 1, 100), ("", 2, 200), ("B", 3, 50), ("", 4, 60)],
    )
    rows = [f"{v if not above else ''};{n};2024-01-05;10;{a};EUR" for v, n, a in own]
    if above:
        rows = ["A;;;20;300;", *rows[:2], "B;;;20;110;", *rows[2:], "Total;;;40;410;"]
    got = ma.Purchases.from_file(written(text(rows, head)))
    assert got.lines.vendor_name.tolist() == ["A", "A", "B", "B"]
    assert got.lines.amount.sum() == 410
    blank = [r.replace("B;", "A;") for r in rows]  # one that stands twice: its blanks are blanks
    assert ma.Purchases.from_file(written(text(blank, head))).lines.vendor_name.isna().sum() == (4 if above else 2)


def test_no_row_below_the_list_is_of_the_last_vendors_group(written):
    head = "Vendor;PO Number;Order Date;Quantity;Amount;Currency"
    rows = ["A;4711;2024-01-05;10;100;EUR", "B;4712;2024-01-05;20;200;EUR", ";2;;30;300;", ";Prepared by:;;1;;"]
    got = ma.Purchases.from_file(written(text(rows, head)))
    assert got.lines.vendor_name.fillna("").tolist() == ["A", "B", "", ""]
    assert "looks like a total row: no order line, but counted as one" in got.issues.reason.tolist()
