"""Files as they come: encodings, separators, headings, totals, cells filled down. What would be a guess is asked."""

from __future__ import annotations

import importlib.util

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.tidy import _raw_file
from makini_analytics.tidy._from_file import read_file
from makini_analytics.tidy._headings import folded, n_known, named_system, recognised, says_total, systems, understood
from makini_analytics.tidy._schema import LINES, ORDERS

HEAD = "PO Number;Line;Supplier Name;Order Date;Description;Quantity;Unit Price;Amount;Currency;Status"
ROWS = [
    "4711;1;Müller GmbH;2024-01-15;Größe 1;10;2.5;25.0;EUR;Open",
    "4711;2;Müller GmbH;2024-01-15;Größe 2;4;5.0;20.0;EUR;Closed",
    "4712;1;Café Noir;2024-02-20;Pièce;1;7.5;7.5;EUR;Open",
]


@pytest.fixture
def written(tmp_path):
    """Writes a text or bytes and returns the path."""

    def write(content, name="list.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def text(rows=None, head=HEAD):
    return "\n".join([head, *(ROWS if rows is None else rows), ""])


def lines_of(path, **options):
    return ma.Purchases.from_file(path, **options).lines


def table_of(path, **options):
    """What goes to from_table: under our names."""
    got = read_file(path, **options)
    return got.table.rename(columns=got.columns), got


# ---- texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "mac_roman", "cp850"]
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


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
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
    with pytest.raises(ma.ConfigError, match="from 1"):
        lines_of(path, header=0)
    with pytest.raises(ma.SchemaError, match="header=99"):
        lines_of(path, header=99)


def test_lines_carry_their_row_in_the_file(written):
    assert lines_of(written("Title\n\n" + text())).line_id.tolist() == ["4", "5", "6"]


@pytest.mark.parametrize("content", ["", "a;b\n1;2\n", "nothing here\n"])
def test_a_file_without_known_headings_asks(written, content):
    with pytest.raises(ma.SchemaError, match="header="):
        lines_of(written(content))


def test_unknown_headings_can_be_said(written):
    path = written("foo;bar;baz\n1;2.5;x\n2;3.5;y\n")
    lines = lines_of(path, columns={"foo": "order_number", "bar": "amount", "baz": "custom.baz"})
    assert lines.amount.tolist() == [2.5, 3.5]
    assert lines["custom.baz"].tolist() == ["x", "y"]


# ---- rows -----------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["Total Energies", "Summe & Co", "Gesamt AG"])
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


# ---- headings -------------------------------------------------------------------------------------------------------


def test_the_reading_is_a_table_that_can_be_changed_and_passed_back(written):
    path = written(text(head=HEAD.replace("Status", "Remark")))
    reading = ma.read_headings(path)
    assert reading.set_index("heading").column.dropna().to_dict() == {
        "PO Number": "order_number", "Line": "line_number", "Supplier Name": "vendor_name", "Order Date": "order_date", "Description": "description",
        "Quantity": "quantity", "Unit Price": "unit_price", "Amount": "amount", "Currency": "currency",
    }  # fmt: skip
    assert reading.example.tolist() == ROWS[0].split(";")
    assert reading.rule.iloc[0] == "a plain word"
    reading.loc[reading.heading == "Remark", "column"] = "status"
    reading.loc[reading.heading == "Description", "column"] = None
    lines = lines_of(path, columns=reading)
    assert lines.status.tolist() == ["Open", "Closed", "Open"]
    assert lines.description.isna().all()
    with pytest.raises(ma.SchemaError, match="heading and column"):
        lines_of(path, columns=pd.DataFrame({"a": [1]}))


def test_columns_say_only_what_is_to_be_different(written):
    lines = lines_of(
        written(text(head=HEAD.replace("Status", "Remark"))), columns={"Remark": "status", "description": None}
    )
    assert lines.status.tolist() == ["Open", "Closed", "Open"]
    assert lines.description.isna().all()
    assert lines.amount.sum() == 52.5


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"Remarks": "status"}, "near ones: 'Remark'"),
        ({"Remark": "sttus"}, "none of our columns"),
        ({"Remark": "amount"}, ""),
    ],
)
def test_columns_that_cannot_be_right(written, columns, said):
    path = written(text(head=HEAD.replace("Status", "Remark")))
    if said:
        with pytest.raises(ma.SchemaError, match=said):
            lines_of(path, columns=columns)
    else:  # what is said comes before what is found
        assert read_file(path, columns=columns).columns["Remark"] == "amount"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("Description", "Item"), None),  # Line is there, so the item is a product
        (("Line", "Item"), r"'Item' can mean line_number or product_code.*columns=\{'Item': 'line_number'\}"),
        (("Order Date", "Delivery Date"), r"'Delivery Date' can mean delivered_date or required_date"),
        (("Description", "Order Number"), r"both read as order_number: choose one with columns="),
        (("PO Number", "Key"), "known for an order number"),
    ],
)
def test_what_would_be_a_guess_is_asked(written, change, said):
    path = written(text(head=HEAD.replace(*change)))
    if said is None:
        assert "by elimination" in ma.read_headings(path).rule.iloc[4]
        assert lines_of(path).product_code.tolist() == ["Größe 1", "Größe 2", "Pièce"]
    else:
        with pytest.raises(ma.SchemaError, match=said):
            lines_of(path)


def test_a_question_can_be_answered_by_the_system(written):
    path = written("Item;PO Number;Quantity;Net Price;Vendor\n10;4711;1;2.5;ACME\n")
    with pytest.raises(ma.SchemaError, match="system="):
        lines_of(path)
    assert read_file(path, system="SAP").columns["Item"] == "line_number"
    assert read_file(path, columns={"Item": "product_code"}).columns["Item"] == "product_code"
    with pytest.raises(ma.ConfigError, match="'netsuite'"):
        lines_of(path, system="sapp")


def test_neither_amount_nor_price_and_quantity(written):
    with pytest.raises(ma.SchemaError, match="neither an amount"):
        lines_of(written("PO Number;Supplier;Quantity\n1;A;2\n"))
    assert len(lines_of(written("PO Number;Supplier;Quantity;Unit Price\n1;A;2;3\n"))) == 1


def test_of_repeated_headings_the_first_is_taken_and_it_says_so(written):
    path = written(text([r + ";zz" for r in ROWS], head=HEAD + ";Description"))
    got = ma.Purchases.from_file(path)
    assert got.lines.description.tolist() == ["Größe 1", "Größe 2", "Pièce"]
    assert "twice the first is taken: 'Description'" in got.sources.notes.item()


@pytest.mark.parametrize(
    ("cells", "ids", "names"),
    [
        (["100001 ACME", "100002  Bolt Co"], ["100001", "100002"], ["ACME", "Bolt Co"]),
        (["V-100   3M Company", "V-200   Bolt"], ["V-100", "V-200"], ["3M Company", "Bolt"]),
        (["3M Deutschland", "Bolt 24"], ["3M Deutschland", "Bolt 24"], ["3M Deutschland", "Bolt 24"]),
        (["100001", "0000100002"], ["100001", "0000100002"], [None, None]),
    ],
)
def test_vendors_are_codes_names_or_both(written, cells, ids, names):
    path = written("PO Number;Supplier;Amount\n" + "".join(f"{i};{c};1\n" for i, c in enumerate(cells)))
    lines = lines_of(path)
    assert lines.vendor_id.tolist() == ids
    assert [None if pd.isna(n) else n for n in lines.vendor_name] == names


# ---- what systems write in their own way ------------------------------------------------------------------------------

SAP = "EBELN,EBELP,LIFNR,NAME1,BEDAT,TXZ01,MENGE,NETPR,PEINH,NETWR,WAERS,EINDT,LOEKZ,ELIKZ,STATU"


def test_sap_marks_become_a_status_and_statu_is_none(written):
    rows = [
        f"45001,{i}0,1,ACME,2024-01-15,x,2,3,0,6,EUR,2024-02-20,{loekz},{elikz},9"
        for i, (loekz, elikz) in enumerate([("", ""), ("L", ""), ("", "X"), ("S", "")], 1)
    ]
    table, got = table_of(written("\n".join([SAP, *rows])))
    assert table.status.tolist() == [None, "Deleted", "Closed", "Blocked (S)"]
    assert table.price_unit.tolist() == ["1"] * 4
    assert "'STATU' says where an order came from" in got.notes
    assert "Price units of 0, read as 1: 4." in got.notes
    assert not {"LOEKZ", "ELIKZ"} & set(got.table.columns)


def test_sap_schedule_lines_without_quantities_are_one_line_due_on_the_last(written):
    rows = [
        f"45001,{item},1,ACME,2024-01-15,x,2,3,1,6,EUR,{due},,,9"
        for item, due in [("10", "2024-02-20"), ("10", "2024-03-20"), ("20", "2024-02-20")]
    ]
    table, got = table_of(written("\n".join([SAP, *rows])))
    assert table.required_date.tolist() == ["2024-03-20", "2024-02-20"]
    assert got.left_out.value.tolist() == ["2024-02-20"]


def test_sap_schedule_lines_with_quantities_and_no_price_ask(written):
    head = "Purchasing Document,Item,Short Text,Order Quantity,Scheduled Quantity,Net Order Value,Delivery Date"
    with pytest.raises(ma.SchemaError, match="net price"):
        lines_of(written(f"{head}\n1,10,x,5,2,50,2024-01-15\n1,10,x,5,3,50,2024-02-15\n"))


def test_a_history_of_receipts_is_no_list_of_lines(written):
    with pytest.raises(ma.SchemaError, match="receipts="):
        lines_of(written("EBELN,EBELP,BUDAT,BWART,MENGE,VGABE\n1,10,2024-01-15,101,5,1\n"))
    with pytest.raises(
        ma.SchemaError, match="'Bewegungsart'"
    ):  # material documents carry values, too, and reversals among them
        lines_of(
            written(
                "Einkaufsbeleg;Position;Lieferant;Menge;Nettowert;Waehrung;Buchungsdatum;Bewegungsart\n1;10;7;5;9;EUR;2024-01-15;102\n"
            )
        )


def test_jd_edwards_as_it_is_shown_and_as_it_lies(written):
    head = "PDDOCO,PDLNID,PDAN8,PDLITM,PDTRDJ,PDUORG,PDPRRC,PDAEXP"
    shown, _ = table_of(written(f"{head}\n1,1.000,7,A,124015,10,2.5,25\n"))
    assert (shown.order_date.tolist(), shown.quantity.tolist()) == (["2024-01-15"], ["10"])
    for decimals in (0, 2, 4):
        lies, _ = table_of(written(f"{head}\n1,1000,7,A,99365,{10 * 10**decimals},25000,2500\n"))
        assert lies[["quantity", "unit_price", "amount"]].values.tolist() == [[10, 2.5, 25]]
        assert (lies.order_date.item(), lies.line_number.item()) == ("1999-12-31", "1")
    with pytest.raises(ma.SchemaError, match="decimal"):
        lines_of(written(f"{head}\n1,1000,7,A,99365,100,77,2500\n"))


def test_rows_of_two_kinds_with_headings_of_their_own(written):
    """Coupa's standard export: headings of orders, headings of lines, then a row for each order and for each of its lines."""
    rows = ["type,acknowledged-at,created-at,id,status,supplier-name,supplier-number,payment-term-code",
            "type,accounting-total,created-at,description,id,line-number,need-by-date,order-header-id,price,quantity,received,source-part-num,status,total,currency",
            "Header,,2024-01-15T08:00:00Z,4711,issued,ACME,100001,N30", "Line,,2024-01-15T08:00:00Z,Bolt,9001,1,2024-02-20,4711,2.5,10,10,B-1,received,25.00,EUR",
            "Line,,2024-01-15T08:00:00Z,Nut,9002,2,2024-02-20,4711,5,4,0,N-1,created,20.00,EUR", "Header,,2024-02-01T08:00:00Z,4712,cancelled,Bolt,100002,N60",
            "Line,,2024-02-01T08:00:00Z,Axle,9003,1,2024-03-20,4712,7.5,1,0,A-1,cancelled,7.50,EUR"]  # fmt: skip
    got = ma.Purchases.from_file(written("\n".join(rows)))
    assert got.lines.order_number.tolist() == ["4711", "4711", "4712"]
    assert got.lines.vendor_name.tolist() == ["ACME", "ACME", "Bolt"]
    assert got.lines.payment_terms.tolist() == ["N30", "N30", "N60"]
    assert got.lines.state.tolist() == ["received", "open", "cancelled"]
    assert got.lines.amount.tolist() == [25, 20, 7.5]
    assert got.lines.line_id.tolist() == ["4", "5", "7"]


def test_epicor_marks_and_prices_per_hundred(written):
    head = "PODetail_PONum,PODetail_POLine,PODetail_PartNum,PODetail_OrderQty,PODetail_UnitCost,PODetail_CostPerCode,PODetail_OpenLine,PODetail_VoidLine"
    table, got = table_of(
        written(f"{head}\n1,1,A,10,2,C,true,false\n1,2,B,10,2,M,false,false\n1,3,C,10,2,E,false,true\n")
    )
    assert table.price_unit.tolist() == ["100", "1000", "1"]
    assert table.status.tolist() == ["Open", "Closed", "Cancelled"]
    assert got.notes.startswith("Read as Epicor")


def test_percent_in_a_heading_goes_to_the_values(written):
    table, _ = table_of(written("PO Number;Quantity;Unit Price;Discount %\n1;2;3;10\n2;2;3;\n"))
    assert table.discount.tolist() == ["10 %", None]


@pytest.mark.parametrize(
    ("cells", "want"),
    [([0.1, 0.025], ["10 %", "2.5 %"]), ([10, 0.5], ["10 %", "0.5 %"]), (["0.5", "0.1"], ["0.5 %", "0.1 %"])],
)
def test_cells_that_show_percent_hold_shares(tmp_path, cells, want):
    rows = [["PO Number", "Quantity", "Unit Price", "Discount %"], *(["1", 2, 3, c] for c in cells)]
    assert table_of(xlsx(tmp_path / "orders.xlsx", Orders=rows))[0].discount.tolist() == want


def test_nothing_open_of_a_finished_item_says_nothing_of_what_came(written):
    head = "EBELN,EBELP,TXZ01,Order Quantity,Still to be delivered (qty),NETPR,BEDAT,ELIKZ"
    rows = ["1,10,x,10,0,2,2024-01-15,X", "1,20,x,10,4,2,2024-01-15,", "1,30,x,10,0,2,2024-01-15,"]
    lines = lines_of(written("\n".join([head, *rows])))
    assert lines.received_quantity.fillna(-1).tolist() == [-1, 6, 10]


def test_headings_may_name_the_currency(written):
    assert lines_of(written("PO Number;Quantity;Unit Price (USD);Amount [USD]\n1;2;3;6\n")).currency.tolist() == ["USD"]
    assert lines_of(written("Bestellnummer;Nettowert in EUR\n1;6\n")).currency.tolist() == ["EUR"]
    assert lines_of(written("PO Number;Amount (USD);Currency\n1;6;EUR\n")).currency.tolist() == [
        "EUR"
    ]  # a column of its own comes first
    assert (
        lines_of(written("PO Number;Amount (USD);Unit Price (EUR);Quantity\n1;6;3;2\n")).currency.isna().all()
    )  # two: neither


def test_a_list_that_may_be_cut_off_says_so(written):
    rows = "".join(f"{i};1\n" for i in range(65_535))
    assert "may lack the rest" in read_file(written("PO Number;Amount\n" + rows)).notes
    assert "may lack the rest" not in read_file(written("PO Number;Amount\n1;1\n")).notes


def test_what_is_received_follows_from_what_is_open(written):
    lines = lines_of(written("PO Number;Quantity;Open Qty;Unit Price\n1;10;4;2.5\n2;10;0;2.5\n3;10;;2.5\n"))
    assert lines.received_quantity.fillna(-1).tolist() == [6, 10, -1]
    assert lines.state.tolist() == ["open", "received", "open"]


# ---- workbooks ------------------------------------------------------------------------------------------------------

CELLS = [["Orders 2024", None, None, None, None], [None] * 5, ["PO Number", "Supplier Name", "Order Date", "Quantity", "Amount"],
         ["0012", "ACME", pd.Timestamp("2024-01-15"), 3, 7.5], [13, "Bolt", pd.Timestamp("2024-02-20"), 1, 2.0], ["Total", None, None, 4, 9.5]]  # fmt: skip


def xlsx(path, **sheets):
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, rows in sheets.items():
            pd.DataFrame(rows).to_excel(book, sheet_name=name, header=False, index=False)
    return path


def test_a_workbook(tmp_path):
    path = xlsx(tmp_path / "orders.xlsx", Notes=[["Nothing", "here"]], Orders=CELLS)
    got = ma.Purchases.from_file(path)
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
    with pytest.raises(ma.SchemaError, match="xlsx"):
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
    monkeypatch.setattr(_raw_file, "find_spec", lambda m: None)
    with pytest.raises(ma.ConfigError, match=r"makini-analytics\[files\]"):
        lines_of(path)
    with pytest.raises(ma.ConfigError, match=r"makini-analytics\[files\]"):
        lines_of(written("<table><tr><td>PO</td></tr></table>", "orders.xls"))


# ---- the table of headings --------------------------------------------------------------------------------------------


def test_the_table_names_columns_that_are_there():
    from makini_analytics.tidy._from_file import SPECIAL

    good = {c.name for c in (*LINES, *ORDERS)} | set(SPECIAL)
    assert {c for s in systems().values() for found in s.columns.values() for c, _ in found} <= good


def test_no_heading_of_one_system_means_two_things():
    for s in systems().values():
        if s.name != "plain":
            assert {h: c for h, c in s.columns.items() if len(c) > 1} == {}, s.name
            assert not set(s.columns) & set(s.skip), s.name


@pytest.mark.parametrize("name", [n for n in systems() if n not in ("plain", "ln", "sage_100")])
# (Infor LN and Sage 100 name their columns in words that others use, too: read as plain lists, or by system=.)
def test_each_system_is_recognised_by_its_own_headings_and_not_by_plain_words(name):
    first = {c: h for h, found in reversed(systems()[name].columns.items()) for c, rank in found if rank == 0}
    got = recognised(list(first.values()))
    assert got is not None
    assert got.name == name


def test_a_heading_that_nobody_knows_says_so():
    assert [h.rule for h in understood(["PO Number", "Wherewithal"], None, {})] == [
        "a plain word",
        "left out: no heading that is known",
    ]


def test_plain_words_are_no_system():
    assert recognised(HEAD.split(";")) is None


@pytest.mark.parametrize(
    ("heads", "system", "want"),
    [
        (["Purchasing Document", "Item", "Net Price"], "sap", ["order_number", "line_number", "unit_price"]),
        (["Documento compras", "Posición", "Proveedor/Centro suministrador", "Fe.Entrega.", "Por entregar (cantidad)"], None,
         ["order_number", "line_number", "vendor", "required_date", "open_quantity"]),
        (["EKPO-EBELN", "EKPO-EBELP", "EKET-MENGE", "EKPO-MENGE"], None, ["order_number", "line_number", "scheduled_quantity", "quantity"]),
        (["Documento acquisti", "Fornitore/divisione fornitrice", "Codice canc."], None, ["order_number", "vendor", "deletion_mark"]),
        (["Dok.zaopatrz.", "Pozycja", "Zakład", "Ilość zamówienia"], None, ["order_number", "line_number", "site_id", "quantity"]),
        (["Fornecedor/centro fornecedor", "Data de remessa", "a ser fornecida (quantidade)"], None, ["vendor", "required_date", "open_quantity"]),
        (["Document Number", "Item", "Name", "Quantity Fulfilled/Received", "Due Date/Receive By"], None,
         ["order_number", "product_code", "vendor_name", "received_quantity", "required_date"]),
        (["order_line/product_id", "order_line/product_qty", "partner_id", "name", "date_order"], None,
         ["product_code", "quantity", "vendor_name", "order_number", "order_date"]),
        (["Purch.Doc.", "Item", "Changed On", "Short Text", "Material", "Plnt", "Matl Group", "PO Quantity", "OUn", "Net Price", "Per", "Net Value", "Gross value"], None,
         ["order_number", "line_number", None, "description", "material_id", "site_id", "category", "quantity", "unit_of_measure", "unit_price", "price_unit", "amount", None]),
        (["Einkaufsbeleg", "Bestellmenge", "Waehrung", "Loeschkennzeichen"], None, ["order_number", "quantity", "currency", "deletion_mark"]),
        (["POHNUM_0", "POPLIN_0", "QTYPUU_0"], None, ["order_number", "line_number", "quantity"]),
        (["Bestellnummer", "Lieferant", "Artikelnummer", "Menge", "Einzelpreis", "Währung"], None,
         ["order_number", "vendor", "product_code", "quantity", "unit_price", "currency"]),
        (["N° de commande", "Fournisseur", "Qté reçue", "Prix unitaire", "Montant HT", "Devise"], None,
         ["order_number", "vendor", "received_quantity", "unit_price", "amount", "currency"]),
        (["Inkoopordernummer", "Leverancier", "Aantal", "Eenheidsprijs", "Bedrag", "Valuta"], None,
         ["order_number", "vendor", "quantity", "unit_price", "amount", "currency"]),
    ],
)  # fmt: skip
def test_headings_of_systems_and_languages(heads, system, want):
    got = understood(heads, named_system(system) if system else recognised(heads), {})
    assert [h.column for h in got] == want


def test_of_plain_words_the_more_exact_one_is_taken():
    heads = [
        "Purchase Date",
        "Purchase Order Number",
        "Supplier Code",
        "Supplier Name",
        "Item Name",
        "Item Description",
        "Quantity",
        "Unit Price",
        "Total Price",
        "Location",
    ]
    got = {h.column: h for h in understood(heads, None, {})}
    assert got["description"].heading == "Item Description"
    assert [h.rule for h in understood(heads, None, {}) if h.heading == "Item Name"] == [
        "left out: 'Item Description' gives the description"
    ]
    assert (got["order_date"].heading, got["amount"].heading) == ("Purchase Date", "Total Price")


@pytest.mark.parametrize(
    "spelling", ["need-by date", "NEED_BY_DATE", "Need By Date*", " need by  date. ", "NeedByDate"]
)
def test_spelling_of_headings_does_not_matter(spelling):
    assert folded(spelling) == folded("Need By Date")
    assert n_known([spelling]) == 1


@pytest.mark.parametrize(
    "word", ["Total", "Total - ACME", "TOTALE", "Gesamtsumme:", "Suma", "**", "* Summe", "Sum of Amount"]
)
def test_words_of_totals(word):
    assert says_total(word)


@pytest.mark.parametrize("word", ["4500001", "Totally Safe Ltd", "Summer Ltd", "* Schraube", "Suman"])
def test_words_that_only_begin_so(word):
    assert not says_total(word)
