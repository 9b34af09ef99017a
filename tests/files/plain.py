"""The invented orders that every export of these tests tells, and the plain table of them: what from_file must come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

AS_OF = "2024-06-30"


@dataclass(frozen=True)
class Line:
    order: str
    line: int
    vendor_id: str
    vendor: str
    item: str
    text: str
    ordered: date
    required: date
    quantity: float
    received: float
    price: float
    per: int = 1
    received_on: date | None = None
    status: str = "Open"  # in plain words
    currency: str = "EUR"

    @property
    def amount(self) -> float:
        return round(self.quantity * self.price / self.per, 2)


def day(month: int, of_month: int) -> date:
    return date(2024, month, of_month)


LINES = [
    Line("4500000101", 10, "100001", "ACME GmbH", "S-100", "Schraube M8", day(1, 15), day(1, 31), 1200, 1200, 1.5, received_on=day(1, 30), status="Closed"),
    Line("4500000101", 20, "100001", "ACME GmbH", "M-200", "Mutter M8", day(1, 15), day(2, 9), 2500, 2000, 0.75, received_on=day(2, 14), status="Closed"),
    Line("4500000102", 10, "100002", "Bolt & Co, Inc", "W-300", 'Welle 1/2" lang', day(2, 3), day(3, 18), 40, 0, 310.25),
    Line("4500000102", 20, "100002", "Bolt & Co, Inc", "L-310", "Lager; geschlossen", day(2, 3), day(7, 22), 12, 4, 1234.5, status="Open"),
    Line("4500000103", 10, "100003", "Total Énergies", "G-400", "Gehäuse für Größe 3", day(3, 28), day(4, 30), 5, 0, 99.99, status="Cancelled"),
    Line("4500000103", 20, "100003", "Total Énergies", "G-410", "Deckel", day(3, 28), day(5, 2), 7, 7, 1050.4, received_on=day(4, 29), status="Closed"),
    Line("4500000104", 10, "100001", "ACME GmbH", "S-100", "Schraube M8", day(5, 21), day(6, 14), 800, 800, 1.6, received_on=day(6, 17), status="Closed"),
]  # fmt: skip


def dated(lines: list[Line] | None = None, **changes) -> list[Line]:
    return [replace(line, **changes) for line in (LINES if lines is None else lines)]


def plain_table(lines: list[Line], *, without: tuple[str, ...] = (), **columns) -> pd.DataFrame:
    """Return the lines as a plain table under our names; ``columns`` replaces what an export says otherwise."""
    rows = {
        "order_number": [x.order for x in lines],
        "line_number": [str(x.line) for x in lines],
        "vendor_id": [x.vendor_id for x in lines],
        "vendor_name": [x.vendor for x in lines],
        "product_code": [x.item for x in lines],
        "description": [x.text for x in lines],
        "order_date": [x.ordered for x in lines],
        "required_date": [x.required for x in lines],
        "delivered_date": [x.received_on for x in lines],
        "quantity": [float(x.quantity) for x in lines],
        "received_quantity": [float(x.received) for x in lines],
        "unit_price": [x.price / x.per for x in lines],
        "amount": [x.amount for x in lines],
        "currency": [x.currency for x in lines],
        "status": [x.status for x in lines],
    }
    rows |= columns
    return pd.DataFrame({name: values for name, values in rows.items() if name not in without})


def german(number: float, decimals: int = 2) -> str:
    """1234.5 as 1.234,50, and a negative one as SAP writes it: 1.234,50-"""
    text = f"{abs(number):,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return f"{text}-" if number < 0 else text


def french(number: float, decimals: int = 2) -> str:
    return f"{number:,.{decimals}f}".replace(",", "\u00a0").replace(".", ",")


def english(number: float, decimals: int = 2) -> str:
    return f"{number:,.{decimals}f}"
