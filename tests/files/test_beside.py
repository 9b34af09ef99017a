"""Files beside the lines: heads of orders and the history of receipts, as SAP's EKPO, EKKO and EKBE come out of it one by one."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from tests.tiers import one_in

EKPO = """EBELN;EBELP;LOEKZ;TXZ01;MATNR;WERKS;MENGE;MEINS;NETPR;PEINH;NETWR;ELIKZ;RETPO
4500000001;00010;;Bolt;M1;1000;100,000;ST;12,50;100;12,50;;
4500000001;00020;;Nut;M2;1000;10,000;ST;5,00;1;50,00;X;
4500000002;00010;L;Gear;M3;1000;2,000;ST;1.000,00;1;2.000,00;;
4500000003;00010;;Gear;M3;1000;2,000;ST;1.000,00;1;2.000,00;;X
4500000004;00010;;Gear;M3;1000;4,000;ST;1.000,00;1;4.000,00;;
"""
EKKO = """EBELN;BSTYP;LOEKZ;LIFNR;ZTERM;WAERS;BEDAT
4500000001;F;;0000100001;Z030;EUR;02.01.2024
4500000002;F;;0000100002;Z030;EUR;03.01.2024
4500000003;F;;0000100002;Z030;USD;13.01.2024
4500000004;F;L;0000100002;Z030;USD;13.01.2024
4600000003;K;;0000100002;Z030;USD;13.01.2024
"""
EKBE = """EBELN;EBELP;VGABE;BELNR;BEWTP;BWART;BUDAT;MENGE;DMBTR;WAERS;SHKZG
4500000001;00010;1;5000000001;E;101;20.01.2024;60,000;7,50;EUR;S
4500000001;00010;1;5000000002;E;102;21.01.2024;60,000;7,50;EUR;H
4500000001;00010;1;5000000003;E;101;25.01.2024;100,000;12,50;EUR;S
4500000001;00010;2;5100000003;Q;;26.01.2024;100,000;12,50;EUR;S
4500000001;00020;1;5000000004;E;103;05.02.2024;10,000;50;EUR;S
4500000001;00020;1;5000000005;E;105;06.02.2024;9,000;50;EUR;S
4500000003;00010;1;5000000006;E;161;07.02.2024;2,000;50;EUR;H
4500000004;00010;1;5000000007;E;101;07.02.2024;2,000;50;EUR;?
"""


@pytest.fixture
def sap(written):
    return {
        "path": written(EKPO, "EKPO.csv"),
        "orders": written(EKKO, "EKKO.csv"),
        "receipts": written(EKBE, "EKBE.csv"),
    }


def test_lines_heads_and_receipts_of_sap_are_one_list(sap):
    data = ma.Purchases.from_file(**sap, as_of="2024-03-01")
    lines = data.lines
    assert lines.vendor_id.tolist() == ["0000100001"] * 2 + ["0000100002"] * 3
    assert lines.currency.tolist() == ["EUR", "EUR", "EUR", "USD", "USD"]
    assert lines.state.tolist() == ["received", "closed_short", "cancelled", "received", "cancelled"]
    assert lines.received_quantity.tolist()[:2] == [
        100,
        9,
    ]  # 60 came, went and came with the rest; invoices are no receipts
    assert lines.received_quantity.isna().tolist() == [False, False, True, False, True]
    assert str(lines.delivered_date[0].date()) == "2024-01-25"
    assert str(lines.delivered_date[3].date()) == "2024-02-07" and lines.quantity[3] == -2  # a return, and its receipt
    assert lines.unreadable[4] == "delivered_date, received_quantity"  # neither S nor H
    assert "2,000 (?)" in data.issues.value.tolist()
    assert data.issues.reason.str.contains("of EKKO.csv: a row of 'K', which is no order").any()
    notes = data.sources.notes[0]
    assert "Rows that are no receipts, left out: 2 (1 of '2', 1 of '1 103')." in notes
    assert "counted as negative: 2." in notes


@pytest.mark.parametrize(
    ("quantities", "came"),
    one_in(3, [(("60", "60", "100"), 100), (("60", "-60", "100"), 100), (("60", "60-", "100"), 100)]),
)
def test_a_movement_takes_away_where_no_side_is_given_and_no_quantity_has_a_sign(sap, written, quantities, came):
    rows = zip(("101", "102", "101"), ("20.01.2024", "21.01.2024", "25.01.2024"), quantities, strict=True)
    text = "EBELN;EBELP;BWART;BUDAT;MENGE\n" + "".join(f"4500000001;10;{m};{d};{q}\n" for m, d, q in rows)
    data = ma.Purchases.from_file(**sap | {"receipts": written(text, "mb51.csv")})
    assert data.lines.received_quantity[0] == came and str(data.lines.delivered_date[0].date()) == "2024-01-25"


def test_a_plain_list_of_receipts(written):
    lines = "PO Number;PO Line;Vendor;Order Date;Quantity;Unit price;Currency\n1;1;A;2024-01-02;3;1.5;EUR\n1;2;A;2024-01-02;3;2.5;EUR\n"
    receipts = "PO Number;PO Line;Receipt Date;Received Quantity\n1;1;2024-02-01;1\n1;1;2024-02-03;2\n"
    data = ma.Purchases.from_file(written(lines), receipts=written(receipts, "receipts.csv"))
    assert data.lines.received_quantity.tolist()[0] == 3 and str(data.lines.delivered_date[0].date()) == "2024-02-03"
    assert data.lines.delivered_date.isna().tolist() == [False, True]


def test_what_is_no_history_is_an_error(sap, written):
    with pytest.raises(ma.SchemaError, match=r"from_file\(lines, receipts=\.\.\.\)"):
        ma.Purchases.from_file(sap["receipts"])
    with pytest.raises(ma.SchemaError, match=r"no row that is a receipt.*'2'"):
        ma.Purchases.from_file(
            **sap | {"receipts": written("EBELN;EBELP;VGABE;BUDAT;MENGE\n1;1;2;01.01.2024;3\n", "inv.csv")}
        )
    with pytest.raises(ma.SchemaError, match="the day of a receipt"):
        ma.Purchases.from_file(**sap | {"receipts": sap["orders"]})
    with pytest.raises(ma.SchemaError, match="order number"):
        ma.Purchases.from_file(**sap | {"orders": written("LIFNR;NAME1\n1;A\n", "lfa1.csv")})


@pytest.mark.parametrize(
    "heading",
    one_in(
        3,
        [
            "Amount (kEUR)",
            "Betrag (T€)",
            "Nettowert Mio. EUR",
            "Amount (EUR '000)",
            "Amount (in thousands)",
            "Amount in 1000 EUR",
            "Valor (mil)",
            "Amount EURk",
            "Amount (mm USD)",
        ],
    ),
)
def test_amounts_in_thousands_are_never_read_without_a_word(written, heading):
    path = written(f"PO Number;PO Line;Vendor;Order Date;Quantity;{heading}\n1;1;A;2024-01-02;3;1.5\n")
    with pytest.raises(ma.SchemaError, match="neither an amount nor both price and quantity"):
        ma.Purchases.from_file(path)
    data = ma.Purchases.from_file(path, columns={heading: "amount"})
    assert f"{heading.split(' ')[-1]}" in repr(data) and "multiply them first" in repr(data).splitlines()[1]


def test_a_file_of_headings_only_says_how_it_was_read(written):
    data = ma.Purchases.from_file(written("PO Number;PO Line;Vendor;Order Date;Quantity;Unit price\n"))
    assert data.sources[["connection", "n_orders", "n_lines"]].values.tolist() == [["list", 0, 0]]
    assert "Headings understood: 6 of 6" in data.sources.notes[0]


LINES = "PO Number;PO Line;Vendor;Order Date;Quantity;Unit price;Currency\n1;1;A;2024-01-22;3;1.5;EUR\n1;2;A;2024-01-22;3;2.5;EUR\n2;1;B;2024-01-22;5;2.5;EUR\n"
HEAD = "PO Number;PO Line;Receipt Date;"


def came(written, receipts, *, lines=LINES, name="receipts.csv", **options):
    """Return what came of each line, and the state, as a file of receipts says."""
    data = ma.Purchases.from_file(written(lines), receipts=written(receipts, name), as_of="2024-06-01", **options)
    return data, data.lines.received_quantity.fillna(-1).tolist(), data.lines.state.tolist()


@pytest.mark.parametrize(
    ("receipts", "right"),
    one_in(2, [
        ("Quantity Ordered;Quantity Received\n2;1;2024-02-01;5;3\n", 3),
        ("Received Quantity;Type\n2;1;2024-02-01;5;Item Receipt\n2;1;2024-02-01;2;Vendor Return Authorization\n", 3),
        ("Received Quantity;Document type\n2;1;2024-02-01;5;Item Receipt\n", 5),
        ("Quantity;Category\n2;1;2024-02-01;3;Goods receipt\n2;1;2024-02-01;3;Invoice receipt\n", 3),
        ("Quantity;Transaction\n2;1;2024-02-01;4;RECEIVE\n2;1;2024-02-01;4;DELIVER\n2;1;2024-02-02;1;RETURN TO VENDOR\n", 3),
        ("Received Quantity;Status\n2;1;2024-02-01;5;Cancelled\n", -1),
        ("Received Quantity;Status\n2;1;2024-02-01;5;Draft\n", -1),
        ("Received Quantity;Status\n2;1;2024-02-01;3;Posted\n2;1;2024-02-03;2;In transit\n", 3),
        ("Received Quantity;PO Status\n2;1;2024-02-01;5;Pending receipt\n", 5),
        ("Quantity Accepted;Qty Rejected\n2;1;2024-02-01;3;1\n", 3),
        ("Received Quantity;Reversed\n2;1;2024-02-01;3;\n2;1;2024-02-03;2;X\n", 3),
        ("Received Quantity\n", -1),
    ]),
)  # fmt: skip
def test_only_what_came_is_counted(written, receipts, right):
    assert came(written, HEAD + receipts)[1] == [-1, -1, right]


def test_a_receipt_of_a_status_that_tells_nothing_counts_and_is_told(written):
    data, got, _ = came(
        written, HEAD + "Quantity;Status\n2;1;2024-02-01;3;Q7\n2;1;2024-02-03;1;Waiting\n", name="r.csv"
    )
    assert got == [-1, -1, 3]
    assert data.issues[["id", "column", "value"]].values.tolist() == [["r.csv:2", "status", "Q7"]]
    assert "no receipts, left out: 1 (1 of 'Waiting')" in data.sources.notes.item()


@pytest.mark.parametrize("status", one_in(3, ["On hold", "Pending approval", "Unvollständig", "Ritirato"]))
def test_a_receipt_that_waits_for_a_check_counts_and_is_told(written, status):
    data, got, _ = came(written, HEAD + f"Quantity;Status\n2;1;2024-02-01;3;Posted\n2;1;2024-02-03;1;{status}\n")
    assert got == [-1, -1, 4] and data.issues.value.tolist() == [status]


def test_what_was_rejected_is_added_up(written):
    rows = "Received Quantity;Rejected Quantity\n2;1;2024-02-01;3;1,5\n2;1;2024-02-03;2;1\n1;2;2024-02-03;2;\n"
    data = came(written, HEAD + rows)[0]
    assert data.lines.rejected_quantity.fillna(-1).tolist() == [-1, -1, 2.5]
    of_lines = LINES.replace("Currency\n", "Currency;Qty Rejected\n").replace("EUR\n", "EUR;2\n")
    assert came(written, HEAD + rows, lines=of_lines)[0].lines.rejected_quantity.tolist() == [2, 2, 2]


def test_receipts_whose_line_is_written_once(written):
    rows = "2;1;2024-02-01;3\n;;2024-02-03;1\n2;;2024-02-03;1\n1;1;2024-02-01;1\n;2;2024-02-04;3\n;;;9\n"
    data, got, _ = came(written, HEAD + "Quantity\n" + rows, name="r.csv")
    assert got == [1, 3, 5]
    assert data.issues[["id", "value"]].values.tolist() == [["r.csv:7", "9"]]


@pytest.mark.parametrize(
    ("heading", "receipt", "invoice"),
    one_in(5, [("Vorgangsart", "1", "2"), ("Trans./event type", "1", "2"), ("Bestellentwicklung", "WE", "RE"), ("POHC", "E", "Q"), ("BET", "WE", "RE-L")]),
)  # fmt: skip
def test_invoices_are_no_receipts_under_any_heading_of_sap(sap, written, heading, receipt, invoice):
    text = f"Purchasing Document;Item;{heading};Posting Date;Quantity\n4500000001;10;{receipt};20.01.2024;60,000\n4500000001;10;{invoice};21.01.2024;40,000\n"
    data = ma.Purchases.from_file(**sap | {"receipts": written(text, "history.csv")})
    assert data.lines.received_quantity[0] == 60


@pytest.mark.full
def test_the_sign_of_a_row_that_does_not_count_says_nothing_of_the_others(sap, written):
    rows = "4500000001;10;E;101;20.01.2024;100,000\n4500000001;10;E;102;21.01.2024;40,000\n4500000001;20;Q;;21.01.2024;-1,000\n"
    data = ma.Purchases.from_file(
        **sap | {"receipts": written("EBELN;EBELP;BEWTP;BWART;BUDAT;MENGE\n" + rows, "b.csv")}
    )
    assert data.lines.received_quantity[0] == 60
    mixed = rows.replace("4500000001;20;Q;;21.01.2024;-1,000", "4500000001;10;E;102;22.01.2024;-10,000")
    data = ma.Purchases.from_file(
        **sap | {"receipts": written("EBELN;EBELP;BEWTP;BWART;BUDAT;MENGE\n" + mixed, "b.csv")}
    )
    assert "received_quantity" in data.lines.unreadable[0]


def test_a_deleted_line_of_which_some_came_is_closed_short(sap, written):
    lines = written(EKPO.replace("4500000001;00010;;", "4500000001;00010;L;"), "L.csv")
    history = written("EBELN;EBELP;VGABE;BUDAT;MENGE\n4500000001;10;1;20.01.2024;60,000\n", "be.csv")
    data = ma.Purchases.from_file(**sap | {"path": lines, "receipts": history})
    assert data.lines.state[0] == "closed_short" and data.lines.received_quantity[0] == 60


def test_a_file_of_receipts_has_a_decimal_mark_and_units_of_its_own(written):
    lines = "EBELN;EBELP;LIFNR;BEDAT;MENGE;MEINS;NETPR;PEINH;WAERS\n1;10;A;22.01.2024;100,000;KAR;12,50;1;EUR\n"
    dots = HEAD + "Received Quantity\n1;10;2024-02-01;60.000\n1;10;2024-02-02;40.5\n"
    assert came(written, dots, lines=lines)[1] == [100.5]
    for unit in ("MEINS", "Base Unit of Measure"):
        pieces = f"EBELN;EBELP;BUDAT;MENGE;{unit};BWART\n1;10;25.01.2024;100;ST;101\n"
        data, got, states = came(written, pieces, lines=lines)
        assert got == [-1] and states == ["unknown"]
        assert data.issues.reason.str.contains("another unit than ordered").any()


def test_receipts_of_an_order_of_several_vendors_find_their_lines(written):
    lines = LINES.replace("1;2;A;", "1;2;B;")
    assert came(written, HEAD + "Received Quantity\n1;1;2024-02-01;2\n1;2;2024-02-03;3\n", lines=lines)[1] == [2, 3, -1]
    both = LINES.replace("1;2;A;", "1;1;B;")  # two lines have the number: of neither it is known
    data, got, _ = came(written, HEAD + "Received Quantity\n1;1;2024-02-01;2\n", lines=both)
    assert got == [-1, -1, -1] and data.issues.reason.str.contains("no order line that is known").any()


@pytest.mark.full
def test_what_is_doubtful_of_a_file_beside_is_told_under_its_name(sap, written):
    data, _, _ = came(written, HEAD + "Received Quantity\n1;1;2024-02-01;3\nTotal;;;3\n", name="r.csv")
    assert data.issues.id[data.issues.reason.str.contains("a total of other rows")].tolist() == ["r.csv:3"]
    less = "EBELN;EBELP;VGABE;BUDAT;MENGE;SHKZG\n4500000001;10;1;20.01.2024;60,000;S\n4500000001;10;1;21.01.2024;70,000;H\n"
    data = ma.Purchases.from_file(**sap | {"receipts": written(less, "less.csv")})
    assert data.issues.reason.str.contains("less than nothing").any()
    twice = written(EKKO + "4500000001;F;;0000100009;Z030;USD;22.01.2024\n", "twice.csv")
    data = ma.Purchases.from_file(**sap | {"orders": twice})
    told = data.issues[data.issues.reason.str.contains("the order is there twice")]
    assert told.table.tolist() == ["order heads"] and told.value.tolist() == ["4500000001"]
    with pytest.raises(ma.SchemaError, match="lists lines of orders, not orders"):
        ma.Purchases.from_file(**sap | {"orders": sap["path"]})


def test_headings_of_a_file_beside_can_be_said(written):
    path = written("Bestellnr X;Zeile;Tag WE;Anz\n2;1;2024-02-01;5\n", "own.csv")
    with pytest.raises(ma.SchemaError, match=r"receipts=: own\.csv: no row of headings"):
        ma.Purchases.from_file(written(LINES), receipts=path)
    names = {"Bestellnr X": "order_number", "Zeile": "line_number", "Tag WE": "received_date", "Anz": "quantity"}
    data = ma.Purchases.from_file(written(LINES), receipts=(path, names))
    assert data.lines.received_quantity.tolist()[-1] == 5


def test_the_orders_status_beside_a_receipt_takes_no_receipt_away(tmp_path):
    """An order that was cancelled in the end may have had receipts; of a receipt's own status the opposite holds."""
    (tmp_path / "po.csv").write_text(
        "Purchase Order;Line Number;Vendor;Order Quantity;Net Value;Currency;Document Date\n1;10;A;5;9;EUR;2025-01-02\n"
    )
    for heading, came in (("Order Status", 1), ("Receipt Status", 0)):
        (tmp_path / "gr.csv").write_text(
            f"Purchase Order;Line Number;Receipt Date;Quantity Received;{heading}\n1;10;2025-01-20;5;Cancelled\n"
        )
        got = ma.Purchases.from_file(tmp_path / "po.csv", receipts=tmp_path / "gr.csv")
        assert got.lines.delivered_date.notna().sum() == came


HISTORY = """Einkaufsbeleg;Position;Belegdatum;Lieferant;Bestellmenge;Nettopreis;Währung;Nettowert;Löschkennzeichen;Bestellentwicklungstyp;Buchungsdatum;Menge;Bewegungsart
4500000001;10;31.03.2025;100023;100,000;10,00;EUR;1.000,00;;E;10.04.2025;60,000;101
4500000001;10;31.03.2025;100023;100,000;10,00;EUR;1.000,00;;E;20.04.2025;40,000;101
4500000001;10;31.03.2025;100023;100,000;10,00;EUR;1.000,00;;Q;25.04.2025;100,000;
4500000002;10;31.03.2025;100023;50,000;10,00;EUR;500,00;;E;10.04.2025;50,000;101
4500000002;10;31.03.2025;100023;50,000;10,00;EUR;500,00;;E;12.04.2025;50,000-;102
4500000003;10;31.03.2025;100023;5,000;10,00;EUR;50,00;L;E;12.04.2025;2,000;101
"""


@pytest.mark.parametrize("columns", one_in(2, [None, {"Menge": None}, {"Menge": "received_quantity"}]))
def test_a_list_with_the_history_beside_its_lines_has_each_line_once(written, columns):
    data = ma.Purchases.from_file(written(HISTORY), columns=columns, as_of="2025-12-31")
    assert data.lines.amount.tolist() == [1000, 500, 50]
    assert data.lines.received_quantity.tolist() == [100, 0, 2]
    assert data.lines.state.tolist() == ["received", "open", "closed_short"]
    assert data.lines.delivered_date.astype("string").fillna("").tolist()[:2] == ["2025-04-20", ""]
    assert "without 3 rows that repeat it" in data.sources.notes.item()


def test_a_list_with_the_history_of_lines_of_which_nothing_came(written):
    rows = HISTORY.splitlines(keepends=True)
    data = ma.Purchases.from_file(written(rows[0] + rows[3]), as_of="2025-12-31")
    assert data.lines.state.tolist() == ["open"] and data.lines.delivered_date.isna().all()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("40,000;101", "40,000;101\n4500000001;10;31.03.2025;100023;90,000;10,00;EUR;900,00;;E;20.04.2025;40,000;101", "rows of one line differ in 'Bestellmenge'"),
        ("Position;", "Remark;", "and no line number"),
    ],
)  # fmt: skip
def test_a_list_with_the_history_that_can_not_be_put_together_is_refused(written, old, new, said):
    with pytest.raises(ma.SchemaError, match=f"a row for each receipt and invoice, {said}.*receipts=|{said}"):
        ma.Purchases.from_file(written(HISTORY.replace(old, new, 1)))
