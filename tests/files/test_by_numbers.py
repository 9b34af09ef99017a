"""What only numbers settle: discounts in money or percent, prices per another unit, cancelled quantities, two currencies."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from tests.tiers import one_in

from .files import lines_of, xlsx

HEAD, TAIL = "PO Number;Line;Vendor;Quantity;Unit Price;", ";Currency;Order Date"


def priced(headings, *rows):
    """Lines of 10 for 20.00 each, with further columns."""
    body = [f"1;{i};A;10;20,00;{row};EUR;13.01.2025" for i, row in enumerate(rows, 1)]
    return "\n".join([HEAD + headings + TAIL, *body, ""])


# ---- discounts ----


@pytest.mark.full
@pytest.mark.parametrize(
    ("heading", "amount"),
    [
        *one_in(4, [(h, 180) for h in ("Discount Percent", "DiscountPercent", "discount_percent", "Disc%", "% Dto", "Rabat %", "Desc. %", "Remise en %", "Rabattsatz", "Taux de remise")]),
        *one_in(2, [(h, 190) for h in ("Discount Amount", "Rabattbetrag", "Discount (EUR)")]),
        ("Description", 200),
    ],
)  # fmt: skip
def test_headings_of_discounts_say_what_they_are(written, heading, amount):
    assert lines_of(written(priced(heading, "10"))).amount.tolist() == [amount]


@pytest.mark.parametrize("heading", one_in(3, ["Rabatt", "Line Discount", "Discount 2 %", "LineDisc", "DISCRGVAL1"]))
def test_a_discount_that_can_be_either_or_is_not_read_is_asked_about(written, heading):
    path = written(priced(heading, "10", "0"))
    with pytest.raises(ma.SchemaError, match="'discount_percent'"):
        lines_of(path)
    for column, amount in (("discount_percent", 180), ("discount", 180 if "%" in heading else 190), (None, 200)):
        assert lines_of(path, columns={heading: column}).amount.tolist() == [amount, 200]
    with pytest.raises(ma.SchemaError, match="'discount_percent'"):  # a reading that was not looked at decides nothing
        lines_of(path, columns=ma.read_headings(path))


@pytest.mark.parametrize("heading", one_in(3, ["Discontinued", "Cash Discount %", "Discount Group", "Rabatt"]))
def test_what_is_no_discount_or_takes_nothing_off_is_not_asked_about(written, heading):
    assert lines_of(written(priced(heading, "0" if heading == "Rabatt" else "10"))).amount.tolist() == [200]


def test_amounts_show_what_a_discount_is(written):
    for amount, computed in (("180,00", 180), ("190,00", 190)):
        data = ma.Purchases.from_file(written(priced("Rabatt;Amount", f"10;{amount}", "10;")))
        assert data.lines.amount.tolist() == [computed] * 2
        assert not len(data.issues)
    with pytest.raises(ma.SchemaError, match="money or percent"):  # both, and one to be computed
        lines_of(written(priced("Rabatt;Amount", "10;180,00", "10;190,00", "10;")))
    with pytest.raises(ma.SchemaError, match="money or percent"):
        lines_of(written(priced("Rabatt", "5 %", "10")))


@pytest.mark.full
def test_two_discounts_are_one_or_are_asked_about(written):
    assert lines_of(written(priced("Discount %;Discount Amount", "10;20"))).amount.tolist() == [180]
    path = written(priced("Discount %;Discount Amount", "0;20", "20;0"))
    with pytest.raises(ma.SchemaError, match="less 'Discount %' alone"):
        lines_of(path)
    both = {"Discount %": "discount_percent", "Discount Amount": "discount"}
    assert lines_of(path, columns=both).amount.tolist() == [180, 160]
    with pytest.raises(ma.SchemaError, match="alone"):
        lines_of(written(priced("Discount %;Discount Amount", "5;20")), columns=both)


def test_beside_amounts_a_discount_that_is_not_read_leaves_the_missing_ones_missing(written):
    data = ma.Purchases.from_file(written(priced("Amount;Discount 2 %", "200,00;", ";10")))
    assert data.lines.amount.fillna(-1).tolist() == [200, -1]
    assert data.issues[["id", "column", "value"]].values.tolist() == [["3", "amount", "less 10 (Discount 2 %)"]]


@pytest.mark.parametrize(
    ("head", "row"),
    one_in(2, [
        ("Order Reference,Vendor,Order Deadline,Order Lines/Product,Order Lines/Quantity,Order Lines/Unit Price,Order Lines/Discount (%)", "P1,A,2025-01-13,X,10,20,10"),
        ("name,partner_id,date_order,order_line/product_id,order_line/product_qty,order_line/price_unit,order_line/discount", "P1,A,2025-01-13,X,10,20,10"),
        ("PurchaseOrderNumber,LineNumber,OrderVendorAccountNumber,ItemNumber,OrderedPurchaseQuantity,PurchasePrice,LineDiscountPercentage,LineDiscountAmount", "1,1,A,X,10,20,10,0"),
        ("Document No.,Line No.,Buy-from Vendor No.,No.,Quantity,Direct Unit Cost,Line Discount %,Line Discount Amount", "1,1,A,X,10,20,10,20"),
        ("Order Nbr.,Line Nbr.,Vendor,Inventory ID,Order Qty.,Unit Cost,Discount Percent", "1,1,A,X,10,20,10"),
    ]),
)  # fmt: skip
def test_discounts_of_systems(written, head, row):
    assert lines_of(written(f"{head}\n{row}\n")).amount.tolist() == [180]


# ---- prices ----

SAP = "EBELN;EBELP;LIFNR;MATNR;MENGE;MEINS;NETPR;PEINH;WAERS;BEDAT;"


@pytest.mark.parametrize(
    ("more", "cells", "amount"),
    one_in(
        2,
        [
            ("BPRME;BPUMZ;BPUMN", "KG;25;1", 3125),
            ("BPRME;BPUMZ;BPUMN", "ROL;25;1", 125),  # one unit
            ("BPRME", "KG", None),
            ("BPRME;NETWR", "KG;3125,00", 3125),
        ],
    ),
)
def test_prices_per_another_unit_than_the_quantitys(written, more, cells, amount):
    data = ma.Purchases.from_file(written(f"{SAP}{more}\n4500000001;10;A;M1;10;ROL;12,50;1;EUR;20250113;{cells}\n"))
    assert data.lines.amount.fillna(-1).tolist() == [-1 if amount is None else amount]
    if amount is None:
        assert data.issues.value.tolist() == ["12,50 per KG, of a quantity in ROL"]


def test_one_unit_under_two_names_is_one(written):
    head = "PO Number;Line;Vendor;Quantity;UOM;Unit Price;Price UOM;Currency\n"
    data = ma.Purchases.from_file(written(f"{head}1;1;A;10;EA;20,50;each;EUR\n1;2;A;10;EA;20,50;box;EUR\n"))
    assert data.lines.amount.fillna(-1).tolist() == [205, -1]
    assert data.issues.column.tolist() == ["amount"]


def test_goods_for_nothing_cost_nothing(written):
    got = ma.Purchases.from_file(written(priced("Gratis", "1", "")))  # one more piece, perhaps
    assert got.lines.amount.tolist() == [200, 200]
    assert "'Gratis' holds numbers" in got.sources.notes.item()
    assert lines_of(written(priced("Free of Charge", "X", ""))).amount.tolist() == [0, 200]
    assert lines_of(written(priced("Unentgeltlich;Nettowert", "X;5,00"))).amount.tolist() == [
        5
    ]  # the list's own counts


def test_the_amount_in_the_documents_currency_counts(written):
    head = "PO Number,Line,Vendor,Quantity,Unit Cost,Extended Price,Foreign Extended Price,Currency,Order Date"
    got = lines_of(written(f"{head}\n1,1,A,10,10,100.00,90.00,EUR,2025-01-13\n1,2,A,10,10,100.00,0,USD,2025-01-13\n"))
    assert got[["amount", "currency"]].values.tolist() == [[90, "EUR"], [100, "USD"]]
    assert got.unit_price.fillna(-1).tolist() == [-1, 10]  # of the books: not in euros


def test_netsuites_amount_is_in_the_currency_of_the_books(written):
    head = "Document Number,Date,Name,Item,Quantity,Amount,Currency,Exchange Rate,Status"
    path = written(f"{head}\nPO1,1/13/2025,ACME,X,10,100.00,EUR,1.1,Pending Receipt\n")
    with pytest.raises(ma.SchemaError, match="currency of the books"):
        lines_of(path)
    assert lines_of(path, columns={"Amount": "amount"}).currency.tolist() == ["EUR"]
    assert lines_of(path, columns={"Currency": None}, currency="USD").currency.tolist() == ["USD"]
    same = f"{head}\nPO1,1/13/2025,ACME,X,10,100.00,USD,1.00,Pending Receipt\n"
    assert lines_of(written(same)).amount.tolist() == [100]
    foreign = f"{head},fxamount\nPO1,1/13/2025,ACME,X,10,100.00,EUR,1.1,Pending Receipt,90.91\n"
    assert lines_of(written(foreign)).amount.tolist() == [90.91]


# ---- quantities ----


@pytest.mark.parametrize(
    "head",
    [
        "Po Number,Line Num,Supplier Name,Item,Quantity Ordered,Quantity Cancelled,Quantity Due,Price",
        "PO Number,Line,Vendor,SKU,Quantity,Cancelled Qty,Open Qty,Unit Price",
    ],
)
def test_what_was_cancelled_did_not_come(written, head):
    rows = ["1,1,A,X,10,10,0,2", "1,2,A,X,10,4,0,2", "1,3,A,X,10,4,3,2", "1,4,A,X,10,,4,2", "1,5,A,X,10,8,4,2"]
    data = ma.Purchases.from_file(written("\n".join([head, *rows, ""])), currency="EUR")
    assert data.lines.received_quantity.fillna(-1).tolist() == [0, 6, 3, 6, -1]
    assert data.lines.state.tolist() == ["cancelled", "closed_short", "open", "open", "open"]
    assert data.issues[["id", "column"]].values.tolist() == [["6", "received_quantity"]]


def test_what_was_cancelled_beside_what_came(written):
    head = "PO Number,Line,Vendor,SKU,Quantity,Qty. Cancelled,Qty Received,Unit Price,Status"
    rows = ["1,1,A,X,10,10,0,2,Open", "1,2,A,X,10,4,6,2,Open", "1,3,A,X,10,4,3,2,Open", "1,4,A,X,10,some,3,2,Open"]
    data = ma.Purchases.from_file(written("\n".join([head, *rows, ""])), currency="EUR")
    assert data.lines.state.tolist() == ["cancelled", "closed_short", "open", "open"]
    assert data.issues.value.tolist() == ["some"]


def test_a_title_of_thousands_is_warned_of(written, tmp_path):
    for title in ("Amounts in thousands of EUR", "Beträge in TEUR;;;;", "Values in 1000 EUR"):
        assert (
            "names a multiple"
            in ma.Purchases.from_file(written(f"{title}\n\n" + priced("SKU", "a"))).sources.notes.item()
        )
    assert (
        "names a multiple"
        not in ma.Purchases.from_file(written(priced("SKU", "Values in 1000 EUR"))).sources.notes.item()
    )
    rows = [["All values in k EUR", "", ""], ["", "", ""], ["PO Number", "Vendor", "Amount"], ["1", "A", 5]]
    assert "'All values in k EUR'" in ma.Purchases.from_file(xlsx(tmp_path / "o.xlsx", O=rows)).sources.notes.item()


@pytest.mark.full
def test_a_column_that_may_say_how_many_a_price_is_for_is_asked_about(written):
    head = "PO Number;Line;Vendor;Order Date;Quantity;Price;{};Currency"
    rows = "\n1;1;A;2024-01-05;2000;15;100;EUR\n1;2;A;2024-01-05;2;15;1;EUR"
    for heading in ("Price Basis", "Preismenge", "Per Qty"):
        path = written(head.format(heading) + rows)
        with pytest.raises(ma.SchemaError, match=f"{heading}.*price_unit"):
            ma.Purchases.from_file(path)
        for column, amounts in (("price_unit", [300, 30]), (None, [30_000, 30])):  # both answers work
            assert ma.Purchases.from_file(path, columns={heading: column}).lines.amount.tolist() == amounts
    for heading, value in (("Price List", "100"), ("Price Basis", "1"), ("Price Basis", "17"), ("Pack Size", "100")):
        got = ma.Purchases.from_file(written(head.format(heading) + rows.replace(";100;", f";{value};")))
        assert got.lines.amount.tolist() == [30_000, 30]


def test_beside_amounts_it_leaves_the_missing_ones_missing(written):
    head = "PO Number;Line;Vendor;Order Date;Quantity;Price;Price Basis;Amount;Currency"
    rows = "\n1;1;A;2024-01-05;2000;15;100;;EUR\n1;2;A;2024-01-05;2;15;1;;EUR\n1;3;A;2024-01-05;200;15;100;30;EUR"
    got = ma.Purchases.from_file(written(head + rows))
    assert got.lines.amount.fillna(-1).tolist() == [-1, 30, 30]
    assert got.issues.value.tolist() == ["15 for 100 (Price Basis)"]
