"""The published shapes of the API as data: paths, paging, filters. Field names belong to `tidy`'s schema.

Three contracts are public and they disagree: the older OpenAPI files ("v3"), the current documentation ("v4") and the website's
answers ("v1"). Which one a token gets is not known beforehand, so the client recognises it from the answers. Where the names of
v4 and v1 are not public, v3's are assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

DEFAULT_BASE_URL = "https://api.makini.io"
AREAS = ("erp", "eam", "wms")
ORDERS = "purchase-orders"
CURRENT = "/api/integrations/current"  # the state of the connection's synchronisation, the same in every contract


@dataclass(frozen=True)
class Contract:
    """How lists are requested under one contract."""

    name: str
    path: str
    page: str | None  # parameter of the page number; None where pages go by cursor
    per_page: str
    modified_since: str
    order_date: str | None  # stem of the filter on the order date; None where none is known


V3 = Contract("v3", "/api/{area}/{name}", "page", "per_page", "filter[updatedAt:gteq]", "filter[orderDate:{op}]")
V4 = replace(V3, name="v4")  # other field names in the rows, the same paths and paging
V1 = Contract("v1", "/api/v1/{name}", None, "per_page", "modified_after", None)
CONTRACTS = {c.name: c for c in (V3, V4, V1)}

#: Sent with two or more filters: that they must all hold is not documented as the default.
MATCH_ALL = {"filterMatch": "all"}

#: Friendly names for `Client.fetch_table`; any other name is used as it is.
ALIASES = {
    "statuses": "statuses/purchase-orders",
    "units": "uom",
    "orders": ORDERS,
    "requisitions": "purchase-requisitions",
    "exchange_rates": "exchange-rates",
}

#: The lists that give names to keys: what `tidy` calls each, and its path.
LOOKUPS = {
    "vendors": "vendors",
    "statuses": "statuses/purchase-orders",
    "currencies": "currencies",
    "units": "uom",
    "sites": "sites",
    "materials": "materials",
}
#: What follows where a lookup is not to be had; where it is not named here, keys are kept instead of names.
WITHOUT = {
    "materials": "categories are those of the lines",
    "receipts": "delivery dates and received quantities are those of the orders",
    "returns": "what went back is not taken off spend",
}
NOT_IN_AREA = {"eam": {"currencies"}}

#: Documents that belong to orders, fetched under the first name that answers with records, and the areas that have them: receipts
#: are documented in ERP only, return orders in all three.
BESIDE = {"receipts": ("receipts", "receiving"), "returns": ("return-orders",)}
BESIDE_IN_AREA = {"erp": ("receipts", "returns"), "eam": ("returns",), "wms": ("returns",)}

#: The lists that are known by name; a connection may have others of its own.
LISTS = tuple(
    sorted({ORDERS, *ALIASES, *ALIASES.values(), *LOOKUPS.values(), *(n for names in BESIDE.values() for n in names)})
)


def path_of(contract: Contract, area: str, name: str) -> str:
    """Return the path of a list.

    >>> path_of(V1, "erp", "vendors"), path_of(V3, "wms", "units"), path_of(V3, "erp", "/api/raw/tables")
    ('/api/v1/vendors', '/api/wms/uom', '/api/raw/tables')
    """
    return name if name.startswith("/") else contract.path.format(area=area, name=ALIASES.get(name, name))
