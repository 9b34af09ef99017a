"""The one column table: every column of ``orders`` and ``lines``, what it means and where it is read from.

Only this file knows the API's field names. Reading, the empty frames, the data dictionary and the chart labels all
come from the rows below: adding a column is adding a row. Several source names stand for one column because the
API's published contracts name the same thing differently (``key`` or ``id``); the first one that has a value wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..errors import SchemaError

#: What a kind of column is in pandas: the same on pandas 2.2 and 3, for a full, a sparse and an empty answer.
DTYPES: dict[str, Any] = {
    "text": "string",  # rarely repeats
    "label": "string",  # repeats: built as categories, each text held once (frames/categoricals.py)
    "number": "float64",
    "day": "datetime64[us]",
    "instant": "datetime64[us, UTC]",
    "flag": "boolean",
    "count": "Int64",
}

STATES = ("draft", "open", "received", "closed_short", "cancelled", "unknown")

#: Where an order keeps its lines, in the present contract and in the one before it.
LINE_CONTAINERS = ("lineItems", "lines")

#: The line field that is an actual or a planned delivery, depending on the source system.
DELIVERY_FIELD = "deliveryAt"


@dataclass(frozen=True)
class Column:
    """One column: its name, kind (a key of `DTYPES`), meaning, API names, unit, and what stands in where a line has no value."""

    name: str
    kind: str
    meaning: str
    sources: tuple[str, ...] = ()
    unit: str = ""
    inherits: bool = False  # the order's own value is used where the line has none
    of_material: tuple[str, ...] = ()  # the names in the list of materials whose value is used where the line has none
    otherwise: str = ""  # the column whose value is used where nothing else gives one

    @property
    def dtype(self) -> Any:
        """The pandas dtype."""
        return DTYPES[self.kind]


def _address(prefix: str, what: str, *sources: str) -> tuple[Column, ...]:
    fields = {
        "country": ("country", "label"),
        "address_lines": ("addressLines", "label"),
        "addressee": ("addressee", "label"),
        "state": ("state", "label"),
        "city": ("city", "label"),
        "post_code": ("postCode", "label"),
        "phone": ("phone", "label"),
        "email": ("email", "label"),
        "notes": ("notes", "label"),
        "is_active": ("isActive", "flag"),
        "created_at": ("createdAt", "instant"),
        "updated_at": ("updatedAt", "instant"),
    }
    return tuple(
        Column(f"{prefix}.{name}", kind, f"{what}: {name.replace('_', ' ')}", tuple(f"{s}.{f}" for s in sources))
        for name, (f, kind) in fields.items()
    )


MONEY = "in `currency`"

ORDERS: tuple[Column, ...] = (
    Column("connection", "label", "Name of the connection that the order was read from"),
    Column("order_id", "label", "Makini's key of the order, unique within its connection", ("key", "id")),
    Column("order_number", "label", "Number of the purchase order that people know", ("orderNo", "_idValue")),
    Column("title", "label", "Title of the order", ("title", "_displayValue")),
    Column("vendor_id", "label", "Key of the vendor", ("vendorKey",)),
    Column("vendor_name", "label", "Name of the vendor, from the vendors list", ("vendorName",)),
    Column("site_id", "label", "Key of the site that ordered", ("siteKey",)),
    Column("status", "label", "Status as the source system names it, from the statuses list", ("status",)),
    Column("state", "label", "The status understood: " + ", ".join(STATES)),
    Column("currency", "label", "Currency code, from the currencies list", ("currency",)),
    Column("order_date", "day", "Day of the order", ("orderDate",)),
    Column("approved_date", "day", "Day of approval", ("approvedAt",)),
    Column("required_date", "day", "Day by which the goods are required", ("dueAt",)),
    Column("completed_date", "day", "Day on which the order was complete", ("completedAt",)),
    Column("shipment_date", "day", "Day of shipment", ("shipmentDate",)),
    Column("total_net", "number", "The source's own net total", ("totalNetValue",), MONEY),
    Column("total_gross", "number", "The source's own gross total", ("totalGrossValue",), MONEY),
    Column("payment_terms", "label", "Terms of payment", ("terms",)),
    Column("shipping_method", "label", "Way of shipment", ("shippingMethod",)),
    *_address("ship_to", "Address shipped to", "shipmentAddress", "deliveryAddress"),
    *_address("bill_to", "Address billed to", "billingAddress"),
    Column("n_lines", "count", "Number of the order's lines", (), "lines"),
    Column("updated_at", "instant", "Last change", ("updatedAt", "_updatedAt")),
    Column("created_at", "instant", "Creation", ("createdAt", "_createdAt")),
    Column("deleted_at", "instant", "Deletion mark; missing when live", ("deletedAt", "_deletedAt")),
    Column("total_tax", "number", "The source's own tax total", ("totalTaxValue",), MONEY),
    Column("code", "label", "A second code of the order", ("code",)),
    Column("description", "label", "Description of the order", ("description",)),
    Column("notes", "label", "Notes on the order", ("notes",)),
    Column("site_name", "label", "Name of the site, from the sites list"),
    Column("organization_id", "label", "Key of the organization", ("organizationKey",)),
    Column("location_id", "label", "Key of the location", ("locationKey",)),
    Column("user_requested_id", "label", "Key of the user who requested", ("userRequestedKey",)),
    Column("user_approved_id", "label", "Key of the user who approved", ("userApprovedKey",)),
    Column("status_id", "label", "Key of the status", ("statusKey",)),
    Column("currency_id", "label", "Key of the currency", ("currencyKey",)),
    Column("implements", "label", "What the record stands for in Makini's data model", ("_implements",)),
    *_address("delivery_address", "Address delivered to", "deliveryAddress"),
)

LINES: tuple[Column, ...] = (
    Column("connection", "label", "Name of the connection that the line was read from"),
    Column("order_id", "label", "Makini's key of the order"),
    Column("order_number", "label", "Number of the purchase order that people know"),
    Column("line_id", "text", "Makini's key of the line", ("key", "id")),
    Column("line_number", "label", "Number of the line within its order", ("lineNo", "_idValue")),
    Column("vendor_id", "label", "Key of the vendor", ("vendorKey",), inherits=True),
    Column("vendor_name", "label", "Name of the vendor, from the vendors list", ("vendorName",), inherits=True),
    Column("material_id", "label", "Key of the material", ("materialKey", "partKey")),
    Column("product_code", "label", "Code of the product or material", ("code",)),
    Column("description", "label", "What was ordered", ("description", "name", "_displayValue")),
    Column(
        "category",
        "label",
        "Category, of the line or its material, else the line's type",
        ("category",),
        of_material=("categoryName", "category"),
        otherwise="type",
    ),
    Column("site_id", "label", "Key of the site that ordered", ("siteKey",), inherits=True),
    Column("status", "label", "Status as the source system names it", ("status",), inherits=True),
    Column("state", "label", "The status understood: " + ", ".join(STATES)),
    Column("order_date", "day", "Day of the order", ("orderDate",), inherits=True),
    Column("required_date", "day", "Day by which the goods are required", ("dueAt",), inherits=True),
    Column("promised_date", "day", "Day that the vendor promised, or that is planned", (DELIVERY_FIELD,)),
    Column("delivered_date", "day", "Day of the delivery", (DELIVERY_FIELD,)),
    Column(
        "cancelled_date",
        "day",
        "Day of the cancellation; else the deletion mark, else the last change of a cancelled line",
    ),
    Column("quantity", "number", "Ordered quantity", ("quantity", "qty"), "in `unit_of_measure`"),
    Column("received_quantity", "number", "Received so far", ("receivedQuantity",), "in `unit_of_measure`"),
    Column("unit_of_measure", "label", "Unit of the quantities, from the units list; else its key"),
    Column("unit_price", "number", "Price of one price unit", ("price", "cost"), MONEY),
    Column("discount", "number", "Discount as the source gives it", ("discount",), MONEY),
    Column("tax", "number", "Tax on the line", ("lineTaxValue",), MONEY),
    Column(
        "amount", "number", "The source's line total; computed only where it gives none", ("lineTotalValue",), MONEY
    ),
    Column("currency", "label", "Currency code, from the currencies list", ("currency",), inherits=True),
    Column("updated_at", "instant", "Last change", ("updatedAt", "_updatedAt"), inherits=True),
    Column("deleted_at", "instant", "Deletion mark; missing when live", ("deletedAt", "_deletedAt"), inherits=True),
    Column("created_at", "instant", "Creation", ("createdAt", "_createdAt")),
    Column("name", "label", "Name of what was ordered", ("name", "_displayValue")),
    Column("type", "label", "Type of the line", ("type",)),
    Column("line_ref", "label", "The source's reference of the line", ("lineRef",)),
    Column("notes", "label", "Notes on the line", ("notes",)),
    Column(
        "price_unit",
        "number",
        "Quantity that the unit price is for; shown by the line's total",
        (),
        "in `unit_of_measure`",
    ),
    Column("cost", "number", "Cost, where the source gives one beside the price", ("cost",), MONEY),
    Column("site_name", "label", "Name of the site, from the sites list", inherits=True),
    Column("payment_terms", "label", "The order's terms of payment", inherits=True),
    Column("approved_date", "day", "The order's day of approval", inherits=True),
    Column("completed_date", "day", "The order's day of completion", inherits=True),
    Column("ship_to.country", "label", "Country shipped to, of the order", inherits=True),
    Column("location_id", "label", "Key of the location", ("locationKey",), inherits=True),
    Column("account_id", "label", "Key of the account", ("accountKey",)),
    Column("asset_id", "label", "Key of the asset", ("assetKey",)),
    Column("product_id", "label", "Key of the product", ("productKey",)),
    Column("storeroom_id", "label", "Key of the storeroom", ("storeroomKey",)),
    Column("status_id", "label", "Key of the status", ("statusKey",), inherits=True),
    Column("currency_id", "label", "Key of the currency", ("currencyKey",), inherits=True),
    Column("uom_id", "label", "Key of the unit of measure", ("uomKey", "uom")),
    Column("implements", "label", "What the record stands for in Makini's data model", ("_implements",)),
    Column(
        "is_return",
        "flag",
        "Whether goods go back: quantity and amount are negative then",
        ("isReturn", "returnFlag", "returnItem"),
    ),
    Column("first_receipt_date", "day", "Day of the first receipt, where the connection lists receipts"),
    Column("n_receipts", "count", "Number of receipts, where the connection lists them", (), "receipts"),
    Column("unit_code", "label", "The unit of measure understood: UN/ECE code; missing where it is not"),
    Column("discount_percent", "number", "Discount in percent of price x quantity", (), "percent"),
    Column("rejected_quantity", "number", "Received and rejected", ("rejectedQuantity",), "in `unit_of_measure`"),
    Column(
        "unreadable", "label", "Columns that were given and can't be read; figures that need them leave the line out"
    ),
    Column(
        "manufacturer_name",
        "label",
        "Maker of the material, from the line or the materials list",
        ("manufacturerName",),
        of_material=("manufacturerName",),
    ),
    Column(
        "part_number",
        "label",
        "The maker's number of the material, from the line or the materials list",
        ("partNumber",),
        of_material=("partNumber",),
    ),
)

# Receipts and returns. Which of their fields hold the day and the order line is not public, so every likely name is tried.
_RECEIVED = ("receivedAt", "receiptDate", "receivedDate", "deliveryAt", "postingDate", "documentDate", "date")
_ENDED = ("deletedAt", "_deletedAt", "cancelledAt", "canceledAt", "voidedAt")
ORDER_KEYS = ("poKey", "purchaseOrderKey", "orderKey")

RECEIPTS: tuple[Column, ...] = (
    Column("receipt_id", "text", "Makini's key of the receipt", ("key", "id")),
    Column("order_id", "text", "Key of the order", ORDER_KEYS),
    Column("received_date", "day", "Day of the receipt", (*_RECEIVED, "completedAt", "createdAt", "_createdAt")),
    Column("status", "label", "Cancelled or a draft: nothing came", ("status",)),
    Column("deleted_at", "instant", "Deletion mark; missing when live", _ENDED),
)

RECEIPT_LINES: tuple[Column, ...] = (
    Column("line_id", "text", "Makini's key of the receipt's line, in some systems the order line's", ("key", "id")),
    Column("order_id", "text", "Key of the order", ORDER_KEYS),
    Column(
        "order_line_id",
        "text",
        "Key of the order's line",
        (
            "poLineKey",
            "poLineItemKey",
            "purchaseOrderLineKey",
            "purchaseOrderLineItemKey",
            "orderLineKey",
            "lineItemKey",
        ),
    ),
    Column("line_number", "text", "Number of the order's line", ("poLineNo", "lineNo", "_idValue")),
    Column("line_ref", "text", "The source's reference of the line", ("lineRef",)),
    Column("material_id", "text", "Key of the material", ("materialKey", "partKey")),
    Column("product_code", "text", "Code of the product or material", ("code",)),
    Column("quantity", "number", "Received quantity; negative for a reversal", ("receivedQuantity", "quantity", "qty")),
    Column("received_date", "day", "Day of the receipt", _RECEIVED),
    Column("status", "label", "Status of the receipt's line", ("status",)),
    Column("deleted_at", "instant", "Deletion mark; missing when live", _ENDED),
)

RETURNS: tuple[Column, ...] = (
    Column("return_id", "text", "Makini's key of the return order", ("key", "id")),
    Column("order_id", "text", "Key of the order that goods of go back", ORDER_KEYS),
    Column("status", "label", "Cancelled or a draft: nothing went back", ("status",)),
    Column("deleted_at", "instant", "Deletion mark; missing when live", _ENDED),
)

ISSUES: tuple[Column, ...] = (
    Column("connection", "label", "Name of the connection"),
    Column("table", "label", "`orders` or `lines`"),
    Column("id", "text", "`order_id` or `line_id` of the row; missing where many rows are told at once"),
    Column("column", "label", "Our name of the column"),
    Column("value", "text", "The value as it was given"),
    Column("reason", "label", "Why it is missing or doubtful"),
)

SOURCES: tuple[Column, ...] = (
    Column("connection", "text", "Name of the connection"),
    Column("source", "text", "Where the rows came from: a base URL, a table, a folder"),
    Column("contract", "text", "The published shape of the API that it answered in"),
    Column("fetched_at", "instant", "When the rows were fetched (for cached ones: when they were stored)"),
    Column("from_cache", "flag", "Whether every page came from the cache"),
    Column("since", "day", "First order date that was asked for; missing where all were"),
    Column("until", "day", "Last order date that was asked for; missing where all were"),
    Column("n_pages", "count", "Pages read", (), "pages"),
    Column("n_orders", "count", "Orders read", (), "orders"),
    Column("n_lines", "count", "Lines read", (), "lines"),
    Column("server_total", "count", "Orders that the server announced", (), "orders"),
    Column("sync_status", "text", "State of the connection's synchronisation, where the API gives it"),
    Column("synced_at", "instant", "Last synchronisation with the source system, where the API gives it"),
    Column("delivery_date", "text", "How the delivery date was read: actual or planned"),
    Column("read_with", "text", "Time zone, statuses and marks of numbers that were stated, as JSON; else missing"),
    Column("notes", "text", "What a reader of the figures should know, one sentence after the other"),
)

TABLES = {"orders": ORDERS, "lines": LINES, "issues": ISSUES, "sources": SOURCES}
_EMPTY = {t: pd.DataFrame({c.name: pd.Series([], dtype=c.dtype) for c in of}) for t, of in TABLES.items()}


def empty(table: str) -> pd.DataFrame:
    """Return the typed frame of a table without rows.

    >>> empty("issues").columns.tolist()
    ['connection', 'table', 'id', 'column', 'value', 'reason']
    """
    return _EMPTY[table].copy()


def column(table: str, name: str) -> Column:
    """Return the row of the column table for one column; `SchemaError` where there is none."""
    for c in TABLES[table]:
        if c.name == name:
            return c
    raise SchemaError(f"{table} has no column {name!r}")
