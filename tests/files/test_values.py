"""What systems write in a way of their own: marks, schedule lines, numbers without a point, what is still to come."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from makini_analytics.files import read_file
from tests.tiers import one_in

from .files import lines_of, table_of, xlsx

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


def test_rows_that_are_the_same_in_everything_are_no_schedule_lines(written):
    row = "45001,10,1,ACME,2024-01-15,x,2,3,1,6,EUR,2024-02-20,,,9"
    table, got = table_of(written("\n".join([SAP, row, row])))
    assert (len(table), len(got.left_out)) == (2, 0)


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
    scheduled = [f"{r},{due}" for r in rows for due in ("2024-02-01", "2024-03-01")]
    lines = lines_of(written("\n".join([head + ",EINDT", *scheduled])))
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


@pytest.mark.parametrize(
    "form", one_in(3, ["{} {}", "{}     {}", "{} - {}", "{}: {}", "{}/{}", "[{}] {}", "{}\u2013{}"])
)
def test_code_and_name_of_a_vendor_in_one_cell(written, form):
    names = ["ACME-Tools", "Bolt / West"]
    cells = [form.format(f"10002{i}", name) for i, name in enumerate(names)]
    rows = [f"471{i},1,{cell},2024-01-15,2,5,EUR" for i, cell in enumerate(cells)]
    got = lines_of(written("\n".join(["PO Number,Line,Supplier,Order Date,Quantity,Amount,Currency", *rows])))
    assert got.vendor_id.tolist() == ["100020", "100021"]
    assert got.vendor_name.tolist() == names


SCHEDULED = "EBELN;EBELP;BEDAT;LIFNR;MENGE;NETPR;NETWR;WAERS;EINDT;{}"


def scheduled(heading, *parts):
    """An item of 100 on two schedule lines, and one of 5 on one."""
    item = "4500000001;00010;15.01.2024;100001;100;10,00;1.000,00;EUR;{};{}"
    rows = [item.format(f"{28 + i}.02.2024", part) for i, part in enumerate(parts[:-1])]
    rows.append(f"4500000001;00020;15.01.2024;100001;5;10,00;50,00;EUR;28.02.2024;{parts[-1]}")
    return "\n".join([SCHEDULED.format(heading), *rows, ""])


@pytest.mark.parametrize(
    ("heading", "parts", "received"),
    one_in(5, [("WEMNG", ("60,000", "30,000", "5"), [90, 5]), ("WEMNG", ("100", "100", "0"), [100, 0]), ("WEMNG", ("60", "", "0"), [-1, 0]),
     ("Still to be delivered (qty)", ("0", "30", "5"), [70, 0]), ("Still to be delivered (qty)", ("100", "100", "5"), [0, 0])]),
)  # fmt: skip
def test_what_came_of_schedule_lines_is_that_of_the_item(written, heading, parts, received):
    got = ma.Purchases.from_file(written(scheduled(heading, *parts)))
    assert got.lines.amount.tolist() == [1000.0, 50.0]
    assert got.lines.received_quantity.fillna(-1).tolist() == received
    assert got.lines.required_date.dt.strftime("%F").tolist() == ["2024-02-29", "2024-02-28"]
    assert got.issues.column.tolist() == ["required_date"]


def test_what_is_the_items_or_each_ones_is_told(written):
    got = ma.Purchases.from_file(written(scheduled("WEMNG", "50", "50", "5")))
    assert got.lines.received_quantity.tolist() == [50, 5]
    assert got.issues[got.issues.column == "received_quantity"].value.tolist() == ["50"]


def test_jd_edwards_numbers_of_every_form_are_read_or_asked_about(written):
    head = "PDDOCO,PDLNID,PDAN8,PDLITM,PDTRDJ,PDUORG,PDUREC,PDPRRC,PDAEXP"
    back = "2,1000,7,A,124015.0,20000-,0,25000,500-"
    got = lines_of(written(f"{head}\n1,1000,7,A,124015,100000,50000,25000,2500\n{back}\n"))
    assert got[["quantity", "received_quantity", "amount"]].values.tolist() == [[10, 5, 25], [-2, 0, -5]]
    assert got.order_date.dt.strftime("%F").tolist() == ["2024-01-15"] * 2
    with pytest.raises(ma.SchemaError, match="decimals"):
        lines_of(written(f"{head}\n1,1000,7,A,124015,100000,5.5,25000,2500\n"))


@pytest.mark.parametrize(("currency", "n"), one_in(3, [("USD", 1), ("EUR", 0), ("€", 0)]))
def test_a_heading_that_names_another_currency_than_the_row_is_told(written, currency, n):
    got = ma.Purchases.from_file(written(f"PO Number;Amount (EUR);Currency\n1;6;{currency}\n2;7;EUR\n"))
    assert len(got.issues) == n
    assert n == 0 or "names EUR" in got.issues.reason.item()


def test_a_sign_of_several_currencies_is_that_of_the_heading(written):
    got = ma.Purchases.from_file(written("PO Number;Amount (CAD);Currency\n1;$6;$\n2;7;CAD\n3;8;EUR\n"))
    assert got.lines.currency.tolist() == ["CAD", "CAD", "EUR"]
    assert len(got.issues) == 1
    assert "names CAD" in got.issues.reason.item()


@pytest.mark.parametrize(
    ("heading", "text"),
    one_in(3, [("Still to be delivered (qty)", "3 or 4"), ("Open Qty", "?"), ("Outstanding Quantity", "all")]),
)
def test_an_open_quantity_that_can_not_be_read_leaves_the_state_unknown(written, heading, text):
    got = ma.Purchases.from_file(
        written(f"PO Number;Line;Quantity;{heading};Unit Price;Currency\n1;1;10;{text};2.5;EUR\n1;2;10;4;2.5;EUR\n")
    )
    assert got.lines.state.tolist() == ["unknown", "open"]
    assert got.lines.received_quantity.fillna(-1).tolist() == [-1, 6]
    assert got.issues[["id", "column", "value"]].values.tolist() == [["2", "received_quantity", f"{text} ({heading})"]]


@pytest.mark.parametrize(
    ("more", "cells", "received"),
    [
        ("RCPQTYSTU;RCPQTYPUU", ["40;4", "0;0"], [4.0, 0.0]),
        ("RCPQTYSTU", ["40", "0"], [None, 0.0]),
    ],
)
def test_pieces_that_came_of_boxes_are_no_boxes(written, more, cells, received):
    head = f"POHNUM;POPLIN;BPSNUM;ORDDAT;ITMREF;QTYPUU;PUU;STU;GROPRI;LINAMT;LINCLEFLG;{more}"
    rows = [f"P1;{i}000;F1;2024-01-15;A;10;BOX;UN;12;120;2;{c}" for i, c in enumerate(cells, 1)]
    got = ma.Purchases.from_file(written("\n".join([head, *rows])), currency="EUR")
    assert [None if v != v else v for v in got.lines.received_quantity] == received
    assert got.lines.state.tolist() == ["unknown" if received[0] is None else "closed_short", "closed_short"]
    assert (got.issues.value == "40 UN, of a quantity in BOX").any() == (received[0] is None)
