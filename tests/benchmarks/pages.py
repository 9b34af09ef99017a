"""Made-up pages of purchase orders for timing: every documented field, as many of them null as in a real answer, 5 lines an order.

1,000 vendors, 20,000 materials, keys of 40 characters as Makini's are; a third of the orders are not complete yet.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

orjson = pytest.importorskip("orjson")

PER_PAGE, LINES = 250, 5
_ADDRESS = {
    "country": "DE", "addressLines": "Werkstr. 4", "addressee": "Accounts", "state": None, "city": "Ulm", "postCode": "89073", "phone": None,
    "email": None, "notes": None, "isActive": True, "createdAt": None, "updatedAt": None,
}  # fmt: skip


def _key(entity: str, n: int) -> str:
    return f"{entity}2a0000{hashlib.md5(str(n).encode()).hexdigest()}"


def _day(n: int) -> str:
    """Return the n-th day from 2023 on, in months of 28 days: quick, and a day of the calendar."""
    return f"{2023 + n // 336}-{n % 336 // 28 + 1:02d}-{n % 28 + 1:02d}"


_VENDORS = [_key("09", i) for i in range(1000)]
_MATERIALS = [_key("04", i) for i in range(20_000)]
_UNITS, _SITES, _CURRENCIES = ([_key(e, i) for i in range(n)] for e, n in (("21", 6), ("01", 12), ("20", 3)))
_STATUSES = [_key("19", i) for i in range(5)]


def page(number: int, n_pages: int) -> bytes:
    """Return a page of 250 orders as JSON, with what it says of the paging; the same for the same number."""
    draw = random.Random(number)
    orders = []
    for i in range(number * PER_PAGE, (number + 1) * PER_PAGE):
        ordered = draw.randrange(900)
        done = draw.random() < 0.67
        changed = f"{_day(ordered + 30)}T{draw.randrange(24):02d}:{draw.randrange(60):02d}:{draw.randrange(60):02d}Z"
        lines, net = [], 0.0
        for j in range(LINES):
            material, quantity = int(20_000 * draw.random() ** 2), draw.randrange(1, 200)
            price = round(1 + 200 * draw.random(), 2)
            net += price * quantity
            total = f"{price * quantity:.2f}"
            lines.append(
                {
                    "key": _key("15", i * LINES + j), "lineNo": str(10 * (j + 1)), "lineRef": None, "code": f"M-{material:05d}", "type": "PART",
                    "name": f"Material number {material}", "description": None, "quantity": quantity,
                    "receivedQuantity": str(quantity) if done else 0, "uomKey": _UNITS[material % 6], "price": f"{price:.2f}", "discount": None,
                    "lineTaxValue": f"{0.19 * price * quantity:.2f}", "lineTotalValue": total if draw.random() < 0.7 else None, "currencyKey": None,
                    "deliveryAt": f"{_day(ordered + 5 + int(draw.expovariate(0.05)))}T00:00:00Z" if done else None, "dueAt": None, "notes": None,
                    "locationKey": None, "accountKey": None, "vendorKey": None, "assetKey": None, "materialKey": _MATERIALS[material],
                    "productKey": None, "statusKey": None, "storeroomKey": None, "createdAt": f"{_day(ordered)}T08:00:00Z", "updatedAt": changed,
                    "deletedAt": None, "wbsElement": f"W-{material % 40:03d}",
                }
            )  # fmt: skip
        orders.append(
            {
                "key": _key("05", i), "siteKey": _SITES[i % 12], "organizationKey": None, "locationKey": None,
                "vendorKey": _VENDORS[int(1000 * draw.random() ** 3)], "userRequestedKey": None, "userApprovedKey": None,
                "statusKey": _STATUSES[draw.randrange(5)], "currencyKey": _CURRENCIES[draw.randrange(3)], "orderNo": f"PO-{i:07d}",
                "orderDate": f"{_day(ordered)}T00:00:00Z", "title": f"Order for line {i % 40}", "description": None,
                "dueAt": f"{_day(ordered + 21)}T00:00:00Z", "approvedAt": f"{_day(ordered + 1)}T09:14:00Z",
                "completedAt": changed if done else None, "shipmentDate": None, "shippingMethod": "Road", "shipmentAddress": None,
                "billingAddress": _ADDRESS, "deliveryAddress": None, "terms": "30 days net", "notes": None, "totalNetValue": f"{net:.2f}",
                "totalGrossValue": f"{1.19 * net:.2f}", "updatedAt": changed, "lineItems": lines, "plantCostCenter": f"CC-{i % 30}",
            }
        )  # fmt: skip
    meta = {"current_page": number + 1, "last_page": n_pages, "per_page": PER_PAGE, "total": n_pages * PER_PAGE}
    return orjson.dumps({"data": orders, "meta": meta})


def receipts(number: int, n_pages: int) -> bytes:
    """Return a page of 250 receipts, each of all lines of an order, which lie in another order than those."""
    draw, of_page = random.Random(-number - 1), (number * 7919 + 3) % n_pages
    rows = [
        {
            "key": _key("16", i), "poKey": _key("05", i), "receivedAt": f"{_day(draw.randrange(960))}T00:00:00Z", "notes": None,
            "lineItems": [
                {"key": _key("17", i * LINES + j), "poLineKey": _key("15", i * LINES + j), "quantity": draw.randrange(1, 200), "uomKey": _UNITS[j % 6]}
                for j in range(LINES)
            ],
        }
        for i in range(of_page * PER_PAGE, (of_page + 1) * PER_PAGE)
    ]  # fmt: skip
    meta = {"current_page": number + 1, "last_page": n_pages, "per_page": PER_PAGE, "total": n_pages * PER_PAGE}
    return orjson.dumps({"data": rows, "meta": meta})


def write(folder: Path, n_lines: int) -> int:
    """Write the pages of so many lines into a folder, and return the number of orders."""
    folder.mkdir(parents=True, exist_ok=True)
    n_pages = n_lines // (PER_PAGE * LINES)
    for number in range(n_pages):
        (folder / f"{number:06d}.json").write_bytes(page(number, n_pages))
    return n_pages * PER_PAGE
