"""What headings mean, how it is told and changed, and what is asked."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.files import read_file
from makini_analytics.files._headings import folded, n_known, named_system, recognised, systems, understood
from makini_analytics.files._read_file import SPECIAL
from makini_analytics.files._total_rows import says_total
from makini_analytics.tidy._schema import LINES, ORDERS
from tests.tiers import one_in

from .files import HEAD, ROWS, lines_of, text

# ---- headings ----


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
        ({"Remarks": "status"}, "near: Remark"),
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
    one_in(
        3,
        [
            (("Description", "Item"), None),
            (("Line", "Item"), r"'Item' can mean line_number or product_code.*columns=\{'Item': 'line_number'\}"),
            (("Order Date", "Delivery Date"), r"'Delivery Date' can mean delivered_date or required_date"),
            (("Description", "Order Number"), r"both read as order_number: choose one with columns="),
            (("PO Number", "Key"), "known for an order number"),
        ],
    ),
)
def test_what_would_be_a_guess_is_asked(written, change, said):
    path = written(text(head=HEAD.replace(*change)))
    if said is None:
        assert ma.read_headings(path).rule.iloc[4] == "by its values"  # words, which number no lines
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
    one_in(
        3,
        [
            (["100001 ACME", "100002  Bolt Co"], ["100001", "100002"], ["ACME", "Bolt Co"]),
            (["V-100   3M Company", "V-200   Bolt"], ["V-100", "V-200"], ["3M Company", "Bolt"]),
            (["3M Deutschland", "Bolt 24"], ["3M Deutschland", "Bolt 24"], ["3M Deutschland", "Bolt 24"]),
            (["100001", "0000100002"], ["100001", "0000100002"], [None, None]),
        ],
    ),
)
def test_vendors_are_codes_names_or_both(written, cells, ids, names):
    path = written("PO Number;Supplier;Amount\n" + "".join(f"{i};{c};1\n" for i, c in enumerate(cells)))
    lines = lines_of(path)
    assert lines.vendor_id.tolist() == ids
    assert [None if pd.isna(n) else n for n in lines.vendor_name] == names


# ---- the table of headings ----


def test_the_table_names_columns_that_are_there():

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


def test_headings_with_the_table_behind_them(written):
    """ERPNext's own export names the table of a column behind it."""
    head = [
        "ID",
        "Supplier",
        "Date",
        "Status",
        "Currency",
        "ID (Items)",
        "Item Code (Items)",
        "Quantity (Items)",
        "Rate (Items)",
        "Amount (Items)",
    ]
    rows = [
        ["PO-1", "ACME", "2024-01-15", "Completed", "EUR", "a1", "B-1", "2", "5", "10"],
        ["", "", "", "", "", "a2", "B-2", "1", "5", "5"],
    ]
    got = lines_of(written("\n".join(",".join(r) for r in [head, *rows])))
    assert got.order_number.tolist() == ["PO-1", "PO-1"]
    assert got.product_code.tolist() == ["B-1", "B-2"]
    assert got.amount.tolist() == [10, 5]


def test_a_list_of_orders_says_that_it_is_one(written):
    with pytest.raises(ma.SchemaError, match=r"orders and not their lines.*orders="):
        lines_of(written("EBELN;BUKRS;BSART;LIFNR;WAERS;BEDAT\n4711;1000;NB;100;EUR;20240115\n"))


@pytest.mark.parametrize(
    ("heading", "other"), one_in(3, [("Amount", "30.0"), ("Order Date", "2024-01-16"), ("Quantity", "12")])
)
def test_of_repeated_headings_that_differ_in_numbers_or_dates_it_is_asked_which(written, heading, other):
    path = written(text([f"{r};{other}" for r in ROWS], head=f"{HEAD};{heading}"))
    with pytest.raises(ma.SchemaError, match=rf"columns \d and 11 of the file.*'{heading} \(2\)'"):
        lines_of(path)
    column = {"Amount": "amount", "Order Date": "order_date", "Quantity": "quantity"}[heading]
    first, second = (lines_of(path, columns={f"{heading} (2)": c})[column].astype(str).str[:10] for c in (None, column))
    assert first.tolist() != second.tolist()
    assert len(set(second)) == 1
    reading = ma.read_headings(path, columns={f"{heading} (2)": column})
    assert lines_of(path, columns=reading)[column].astype(str).str[:10].tolist() == second.tolist()


def test_of_repeated_headings_that_agree_nothing_is_asked(written):
    amounts = [r.split(";")[7] for r in ROWS]
    lines = lines_of(written(text([f"{r};{a}" for r, a in zip(ROWS, amounts, strict=True)], head=f"{HEAD};Amount")))
    assert lines.amount.tolist() == [25, 20, 7.5]


def test_the_word_of_another_system_comes_after_a_plain_one(written):
    head = "PO Number;Line;Vendor;Qty;UOM;Qty in Stock UOM;Stock UOM;Unit Price;Currency;Order Date"
    assert lines_of(written(f"{head}\n1;1;A;10;BOX;120;EA;66,00;USD;13.01.2025\n")).unit_of_measure.tolist() == ["BOX"]


def test_statuses_tell_a_system_whose_headings_others_have_too(written):
    head = "Document Number,Date,Name,Item,Quantity,Amount,Currency,Status"
    row = "PO1,1/13/2025,ACME,X,10,100.00,USD"
    data = ma.Purchases.from_file(written(f"{head}\n{row},Pending Billing/Partially Received\n"))
    assert data.sources.notes.item().startswith("Read as NetSuite")
    assert data.lines.vendor_name.tolist() == ["ACME"]
    data = ma.Purchases.from_file(written(f"{head}\n{row},Open\n"))
    assert "known for the vendor: pass columns={'Name': 'vendor_name'}" in data.sources.notes.item()


def test_words_are_no_line_numbers_of_a_system_that_numbers_its_lines(written):
    head = "PO Number;Line;Schedule Line;Vendor;Order Date;Item;Scheduled Quantity;Delivery Date;Unit Price;Currency"
    rows = ["1;10;1;A;2024-01-15;BOLT;40;2024-02-01;1.5;EUR", "1;20;1;A;2024-01-15;BOLT;60;2024-03-01;1.5;EUR"]
    lines = lines_of(written("\n".join([head, *rows])))
    assert lines.line_number.tolist() == ["10", "20"]
    assert lines.product_code.tolist() == ["BOLT", "BOLT"]
