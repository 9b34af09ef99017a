"""Twelve exports of the same invented orders, each as its system writes it: writes a file and returns the plain table of what it says."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from .plain import LINES, Line, day, english, french, german, plain_table

NEVER_DELIVERED = ("delivered_date",)  # lists that know no day of receipt


def as_csv(rows: list[list[object]], separator: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def workbook(path: Path, rows: list[list[object]], sheet: str = "Sheet1") -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd.mm.yyyy"}) as book:
        page = book.add_worksheet(sheet)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(i, j, value)
                elif value is not None:
                    page.write(i, j, value)


def sap_german_list(path: Path) -> pd.DataFrame:
    """SAP's printed list: page titles, frames of bars, subtotals by vendor, 1.234,56-, price units of 0 and 100, deleted items."""
    lines = [replace(x, price=x.price * 100, per=100) if x.item == "S-100" else x for x in LINES]
    lines.append(
        Line("4500000105", 10, "100002", "Bolt & Co, Inc", "R-500", "Rücksendung", day(6, 3), day(6, 28), -3, 0, 20.0)
    )
    head = ["Einkaufsbeleg", "Pos", "Belegdatum", "Lieferant/Lieferwerk", "Material", "Kurztext", "Bestellmenge", "noch zu liefern (Menge)", "BME",
            "Nettopreis", "Preiseinheit", "Nettowert", "Währg", "Lieferdatum", "LKz"]  # fmt: skip
    width = [13, 5, 10, 32, 10, 22, 12, 24, 3, 10, 12, 12, 5, 11, 3]

    def framed(cells: list[str]) -> str:
        return "|" + "|".join(f"{c:<{w}}" for c, w in zip(cells, width, strict=True)) + "|"

    rule = "-" * (sum(width) + len(width) + 1)
    rows = []
    for x in lines:
        done = x.status in ("Closed", "Cancelled")
        rows.append([x.order, f"{x.line:05d}", f"{x.ordered:%d.%m.%Y}", f"{x.vendor_id.zfill(10)}  {x.vendor}", x.item, x.text, german(x.quantity, 3),
                     german(0 if done else x.quantity - x.received, 3), "ST", german(x.price), "0" if x.per == 1 else str(x.per), german(x.amount), "EUR",
                     f"{x.required:%d.%m.%Y}", "L" if x.status == "Cancelled" else ""])  # fmt: skip
    total = framed([""] * 11 + [german(sum(x.amount for x in lines)), "EUR", "", ""])
    page = [
        "Programm RM06EN00                    Einkaufsbelege zum Lieferanten                         Seite {}",
        "",
        rule,
        framed(head),
        rule,
    ]
    text = [page[0].format(1), *page[1:], *map(framed, rows[:4]), rule, total, page[0].format(2), *page[1:], *map(framed, rows[4:]), rule,
            framed(["* Summe", *[""] * 10, german(sum(x.amount for x in lines)), "EUR", "", ""]), rule]  # fmt: skip
    path.with_suffix(".txt").write_bytes("\r\n".join(text).encode("cp1252"))
    # Nothing is still to come of a deleted item, which says nothing of what came; without a mark the quantities decide.
    received = [None if x.status == "Cancelled" else x.quantity if x.status == "Closed" else x.received for x in lines]
    status = ["Cancelled" if x.status == "Cancelled" else None for x in lines]
    return plain_table(lines, without=(*NEVER_DELIVERED, "product_code"), received_quantity=received, status=status,
                       vendor_id=[x.vendor_id.zfill(10) for x in lines], line_number=[f"{x.line:05d}" for x in lines], material_id=[x.item for x in lines],
                       unit_price=[x.price for x in lines], price_unit=[x.per for x in lines])  # fmt: skip


def sap_english_workbook(path: Path) -> pd.DataFrame:
    """ME2N as a workbook: the grand total comes first, each row is a schedule line, the value is the item's on each of them."""
    parts: list[tuple[Line, float, float, datetime]] = []
    for x in LINES:
        halves = [x.quantity] if x.item != "M-200" else [1500.0, 1000.0]
        left = x.received
        for n, q in enumerate(halves):
            due = datetime.combine(x.required, datetime.min.time()) + pd.Timedelta(days=14 * n)
            parts.append((x, q, min(q, left), pd.Timestamp(due).to_pydatetime()))
            left -= min(q, left)
    head = ["Purchasing Document", "Item", "Document Date", "Vendor/supplying plant", "Short Text", "Order Quantity", "Scheduled Quantity", "Quantity Received",
            "Order Unit", "Net price", "Price Unit", "Net Order Value", "Currency", "Delivery Date", "Deletion Indicator", "Delivery Completed"]  # fmt: skip
    rows: list[list[object]] = [head, [None] * 11 + [sum(x.amount for x in LINES), "EUR"]]
    for x, q, r, due in parts:
        rows.append([int(x.order), x.line, x.ordered, f"{x.vendor_id}     {x.vendor}", x.text, x.quantity, q, r, "EA", x.price, 1, x.amount, "EUR", due,
                     "L" if x.status == "Cancelled" else "", "X" if x.status == "Closed" else ""])  # fmt: skip
    workbook(path.with_suffix(".xlsx"), rows)
    lines = [replace(x, quantity=q, received=r, required=due.date()) for x, q, r, due in parts]
    status = [x.status if x.status != "Open" else None for x in lines]
    return plain_table(lines, without=(*NEVER_DELIVERED, "product_code"), status=status)


def sap_french_csv(path: Path) -> pd.DataFrame:
    """French SAP, separated by semicolons: numbers in groups with no-break spaces, EKKO's STATU beside the real marks."""
    head = ["Document d'achat", "Poste", "Date document", "Fournisseur", "Nom du fournisseur", "Article", "Désignation", "Quantité de commande",
            "Prix net", "Valeur nette", "Devise", "Date livraison", "Code suppression", "Livraison finale", "Status"]  # fmt: skip
    rows: list[list[object]] = [head]
    for x in LINES:
        rows.append([x.order, x.line, f"{x.ordered:%d/%m/%Y}", x.vendor_id, x.vendor, x.item, x.text, french(x.quantity, 3), french(x.price), french(x.amount),
                     "EUR", f"{x.required:%d/%m/%Y}", "L" if x.status == "Cancelled" else "", "X" if x.status == "Closed" else "", "9"])  # fmt: skip
    path.with_suffix(".csv").write_bytes(as_csv(rows, ";").encode("cp1252"))
    status = [x.status if x.status != "Open" else None for x in LINES]
    return plain_table(
        LINES,
        without=(*NEVER_DELIVERED, "received_quantity", "product_code"),
        status=status,
        material_id=[x.item for x in LINES],
    )


def netsuite_report(path: Path) -> pd.DataFrame:
    """NetSuite: title rows, a total after each vendor, an overall one, and the value in the company's currency beside the order's."""
    said = {"Closed": "Fully Billed", "Open": "Pending Receipt", "Cancelled": "Closed"}
    head = ["Date", "Document Number", "Name", "Item", "Memo", "Quantity", "Quantity Fulfilled/Received", "Rate", "Amount (Foreign Currency)", "Amount",
            "Currency", "Due Date/Receive By", "Status"]  # fmt: skip
    rows: list[list[object]] = [
        ["Example Industries, Inc."],
        ["Purchase Orders by Vendor"],
        ["January 1, 2024 - June 30, 2024"],
        [],
        head,
    ]
    ordered = sorted(LINES, key=lambda x: x.vendor)
    for vendor in dict.fromkeys(x.vendor for x in ordered):
        mine = [x for x in ordered if x.vendor == vendor]
        for x in mine:
            status = "Partially Received" if x.status == "Open" and x.received else said[x.status]
            rows.append([f"{x.ordered:%-m/%-d/%Y}", x.order, x.vendor, x.item, x.text, english(x.quantity, 0), english(x.received, 0), english(x.price),
                         english(x.amount), english(x.amount * 1.1), "EUR", f"{x.required:%-m/%-d/%Y}", status])  # fmt: skip
        rows.append(
            [
                f"Total - {vendor}",
                *[""] * 7,
                english(sum(x.amount for x in mine)),
                english(sum(x.amount for x in mine) * 1.1),
                "",
                "",
                "",
            ]
        )
    rows.append(
        [
            "Overall Total",
            *[""] * 7,
            english(sum(x.amount for x in LINES)),
            english(sum(x.amount for x in LINES) * 1.1),
            "",
            "",
            "",
        ]
    )
    path.with_suffix(".csv").write_text(as_csv(rows), encoding="utf-8")
    status = ["Closed" if x.status == "Cancelled" else x.status for x in ordered]
    return plain_table(ordered, without=(*NEVER_DELIVERED, "line_number", "vendor_id"), status=status)


def dynamics_csv(path: Path) -> pd.DataFrame:
    """Dynamics 365's data entity: a UTF-8 mark, dates with a time, 1900-01-01 for none, prices per several units."""
    lines = [replace(x, price=x.price * 1000, per=1000) if x.item == "M-200" else x for x in LINES]
    said = {"Closed": "Invoiced", "Open": "Backorder", "Cancelled": "Canceled"}
    head = ["PurchaseOrderNumber", "LineNumber", "OrderVendorAccountNumber", "ItemNumber", "LineDescription", "OrderedPurchaseQuantity", "ReceivedPurchaseQuantity",
            "PurchaseUnitSymbol", "PurchasePrice", "PurchasePriceQuantity", "LineAmount", "CurrencyCode", "AccountingDate", "RequestedDeliveryDate",
            "ConfirmedDeliveryDate", "PurchaseOrderLineStatus"]  # fmt: skip
    rows: list[list[object]] = [head]
    for x in lines:
        rows.append([x.order, x.line, x.vendor_id, x.item, x.text, f"{x.quantity:.6f}", f"{x.received:.6f}", "ea", f"{x.price:.6f}", f"{x.per:.6f}", f"{x.amount:.6f}",
                     x.currency, f"{x.ordered} 00:00:00", f"{x.required} 00:00:00", "1900-01-01 00:00:00", said[x.status]])  # fmt: skip
    path.with_suffix(".csv").write_bytes(as_csv(rows).encode("utf-8-sig"))
    return plain_table(
        lines,
        without=(*NEVER_DELIVERED, "vendor_name"),
        unit_price=[x.price for x in lines],
        price_unit=[x.per for x in lines],
    )


def business_central_german(path: Path) -> pd.DataFrame:
    """Business Central in German: Offen is a draft there, and what is still to come stands beside what came."""
    head = ["Belegart", "Belegnr.", "Zeilennr.", "Eink. von Kred.-Nr.", "Art", "Nr.", "Beschreibung", "Lagerortcode", "Menge", "Einheitencode", "EK-Preis ohne MwSt.",
            "Zeilenbetrag ohne MwSt.", "Währungscode", "Restbestellungsmenge", "Bereits gelief. Menge", "Bestelldatum", "Erwartetes Wareneingangsdatum", "Status"]  # fmt: skip
    rows: list[list[object]] = [head]
    said = {"Closed": "Freigegeben", "Open": "Freigegeben", "Cancelled": "Offen"}
    for x in LINES:
        rows.append(["Bestellung", x.order, x.line * 1000, x.vendor_id, "Artikel", x.item, x.text, "BLAU", german(x.quantity, 0), "STK", german(x.price), german(x.amount),
                     "EUR", german(x.quantity - x.received, 0), german(x.received, 0), f"{x.ordered:%d.%m.%y}", f"{x.required:%d.%m.%y}", said[x.status]])  # fmt: skip
    path.with_suffix(".csv").write_text(as_csv(rows, ";"), encoding="utf-8")
    status = ["Draft" if x.status == "Cancelled" else None for x in LINES]  # approved: the quantities tell what came
    return plain_table(LINES, without=(*NEVER_DELIVERED, "vendor_name", "required_date"), line_number=[str(x.line * 1000) for x in LINES],
                       promised_date=[x.required for x in LINES], status=status)  # fmt: skip


def coupa_headers_and_lines(path: Path) -> pd.DataFrame:
    """Coupa: a row for the order, then one for each of its lines, told apart by the column type."""
    head = ["type", "order-header-id", "line-number", "supplier-number", "supplier-name", "created-at", "description", "source-part-num", "quantity", "received", "uom",
            "price", "total", "currency", "need-by-date", "status"]  # fmt: skip
    rows: list[list[object]] = [head]
    said = {"Closed": "soft_closed_for_receiving", "Open": "issued", "Cancelled": "cancelled"}
    for order in dict.fromkeys(x.order for x in LINES):
        mine = [x for x in LINES if x.order == order]
        x = mine[0]
        rows.append(
            [
                "Header",
                order,
                "",
                x.vendor_id,
                x.vendor,
                f"{x.ordered}T08:30:00Z",
                "",
                "",
                "",
                "",
                "",
                "",
                f"{sum(m.amount for m in mine):.2f}",
                "EUR",
                "",
                "issued",
            ]
        )
        rows += [["Line", order, m.line, "", "", "", m.text, m.item, m.quantity, m.received, "EA", m.price, f"{m.amount:.2f}", "EUR", f"{m.required}T00:00:00Z",
                  said[m.status]] for m in mine]  # fmt: skip
    path.with_suffix(".csv").write_text(as_csv(rows), encoding="utf-8")
    return plain_table(LINES, without=NEVER_DELIVERED)


def odoo_spanish_workbook(path: Path) -> pd.DataFrame:
    """Odoo in Spanish: the order's cells stand on its first line only."""
    head = ["Referencia del pedido", "Proveedor", "Fecha de pedido", "Moneda", "Estado", "Líneas del pedido/Producto", "Líneas del pedido/Descripción",
            "Líneas del pedido/Cantidad", "Líneas del pedido/Cantidad recibida", "Líneas del pedido/Precio unitario", "Líneas del pedido/Subtotal",
            "Líneas del pedido/Fecha prevista"]  # fmt: skip
    rows: list[list[object]] = [head]
    said = {
        "4500000101": "Cerrado",
        "4500000102": "Pedido de compra",
        "4500000103": "Cancelado",
        "4500000104": "Bloqueado",
    }
    known = {"4500000101": "Closed", "4500000102": "Open", "4500000103": "Cancelled", "4500000104": "Closed"}
    last = ""
    for x in LINES:
        order = [x.order, x.vendor, x.ordered, x.currency, said[x.order]] if x.order != last else [None] * 5
        rows.append(
            [
                *order,
                x.item,
                x.text,
                x.quantity,
                x.received,
                x.price,
                x.amount,
                datetime.combine(x.required, datetime.min.time()),
            ]
        )
        last = x.order
    workbook(path.with_suffix(".xlsx"), rows, "Pedidos")
    return plain_table(LINES, without=(*NEVER_DELIVERED, "line_number", "vendor_id", "required_date"), promised_date=[x.required for x in LINES],
                       status=[known[x.order] for x in LINES])  # fmt: skip


def erpnext_report(path: Path) -> pd.DataFrame:
    """ERPNext's item-wise report: a total at the end, what is pending instead of what came, an order on hold that is ordered."""
    head = ["Purchase Order", "Status", "Date", "Reqd by Date", "Supplier", "Item Code", "Item Name", "Item Group", "Warehouse", "Qty", "Pending Qty", "Rate", "Amount",
            "Pending Amount", "currency"]  # fmt: skip
    said = {"Closed": "Completed", "Open": "To Receive and Bill", "Cancelled": "Cancelled"}
    rows: list[list[object]] = [head]
    for x in LINES:
        status = "On Hold" if x.item == "W-300" else said[x.status]
        rows.append(
            [
                x.order,
                status,
                x.ordered,
                x.required,
                x.vendor,
                x.item,
                x.text,
                "Parts",
                "Main",
                x.quantity,
                x.quantity - x.received,
                x.price,
                x.amount,
                0,
                "EUR",
            ]
        )
    rows.append(["Total", *[""] * 8, sum(x.quantity for x in LINES), 0, "", sum(x.amount for x in LINES), 0, ""])
    path.with_suffix(".csv").write_text(as_csv(rows), encoding="utf-8")
    return plain_table(LINES, without=(*NEVER_DELIVERED, "line_number", "vendor_id"))


def oracle_ebs_text(path: Path) -> pd.DataFrame:
    """Oracle EBS: tabs in UTF-16, days as 15-JAN-2024, quantities due and received, the day of the receipt."""
    head = ["Po Number", "Line Num", "Status", "Buyer", "Supplier Number", "Supplier Name", "Item", "Item Description", "Ship To Organization", "Creation Date",
            "Need By", "Receipt Date", "Uom", "Quantity Ordered", "Quantity Received", "Quantity Cancelled", "Quantity Due", "Price", "Amount", "Currency"]  # fmt: skip
    said = {"Closed": "CLOSED FOR RECEIVING", "Open": "APPROVED", "Cancelled": "CANCELLED"}
    rows: list[list[object]] = [head]

    def written(value) -> str:
        return f"{value:%d-%b-%Y}".upper() if value else ""

    for x in LINES:
        rows.append([x.order, x.line, said[x.status], "Doe, Jane", x.vendor_id, x.vendor, x.item, x.text, "M1", written(x.ordered), written(x.required), written(x.received_on),
                     "Each", x.quantity, x.received, 0, x.quantity - x.received, x.price, x.amount, "EUR"])  # fmt: skip
    path.with_suffix(".xls").write_bytes(as_csv(rows, "\t").encode("utf-16"))
    return plain_table(LINES)


def maximo_csv(path: Path) -> pd.DataFrame:
    """Maximo: the technical names, an order on hold that is approved, a revision that another one took the place of."""
    head = ["PONUM", "POLINENUM", "STATUS", "VENDOR", "ITEMNUM", "DESCRIPTION", "SITEID", "ORDERDATE", "REQDELIVERYDATE", "ORDERQTY", "RECEIVEDQTY", "ORDERUNIT", "UNITCOST",
            "LINECOST", "LOADEDCOST", "CURRENCYCODE"]  # fmt: skip
    said = {"Closed": "CLOSE", "Open": "APPR", "Cancelled": "CAN"}
    rows: list[list[object]] = [head]
    for x in LINES:
        status = "HOLD" if x.item == "W-300" else said[x.status]
        rows.append([x.order, x.line, status, x.vendor_id, x.item, x.text, "BEDFORD", f"{x.ordered}T09:12:44+00:00", f"{x.required}T00:00:00+00:00", x.quantity, x.received,
                     "EACH", x.price, x.amount, x.amount * 1.19, "EUR"])  # fmt: skip
    rows.append([LINES[0].order, 10, "REVISD", "100001", "S-100", "Schraube M8", "BEDFORD", "2024-01-12T09:12:44+00:00", "2024-01-31T00:00:00+00:00", 1100, 0, "EACH", 1.5,
                 1650.0, 1963.5, "EUR"])  # fmt: skip
    path.with_suffix(".csv").write_text(as_csv(rows), encoding="utf-8")
    revised = replace(LINES[0], ordered=day(1, 12), quantity=1100, received=0, status="Cancelled")
    return plain_table([*LINES, revised], without=(*NEVER_DELIVERED, "vendor_name"))


def jd_edwards_table(path: Path) -> pd.DataFrame:
    """JD Edwards' F4311 as in the database: padded texts, days within years, no decimal points, the last status beside the next."""
    head = ["PDKCOO", "PDDOCO", "PDDCTO", "PDLNID", "PDAN8", "PDLITM", "PDDSC1", "PDMCU", "PDTRDJ", "PDDRQJ", "PDUORG", "PDUREC", "PDUOM", "PDPRRC", "PDAEXP", "PDCRCD", "PDNXTR",
            "PDLTTR"]  # fmt: skip
    said = {"Closed": ("999", "440"), "Open": ("400", "280"), "Cancelled": ("999", "980")}
    rows: list[list[object]] = [head]

    def julian(value) -> int:
        return (value.year - 1900) * 1000 + value.timetuple().tm_yday

    for x in LINES:
        rows.append(["00001", x.order[2:], "OP", x.line * 1000, x.vendor_id, x.item.ljust(25), x.text.ljust(30), "          30", julian(x.ordered), julian(x.required),
                     round(x.quantity * 10_000), round(x.received * 10_000), "EA", round(x.price * 10_000), round(x.amount * 100), "EUR", *said[x.status]])  # fmt: skip
    path.with_suffix(".csv").write_text(as_csv(rows), encoding="utf-8")
    return plain_table(LINES, without=(*NEVER_DELIVERED, "vendor_name"), order_number=[x.order[2:] for x in LINES])


EXPORTS = {
    "SAP": (sap_german_list, sap_english_workbook, sap_french_csv),
    "NetSuite": (netsuite_report,),
    "Dynamics 365": (dynamics_csv,),
    "Business Central": (business_central_german,),
    "Coupa": (coupa_headers_and_lines,),
    "Odoo": (odoo_spanish_workbook,),
    "ERPNext": (erpnext_report,),
    "Oracle": (oracle_ebs_text,),
    "Maximo": (maximo_csv,),
    "JD Edwards": (jd_edwards_table,),
}
