"""Files beside the lines: heads of orders and the history of receipts, as SAP's EKPO, EKKO and EKBE come out of it one by one."""

from __future__ import annotations

import pytest

import makini_analytics as ma

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
    ("quantities", "came"), [(("60", "60", "100"), 100), (("60", "-60", "100"), 100), (("60", "60-", "100"), 100)]
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
    "heading", ["Amount (kEUR)", "Betrag (T€)", "Nettowert Mio. EUR", "Amount (EUR '000)", "Amount (in thousands)"]
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
