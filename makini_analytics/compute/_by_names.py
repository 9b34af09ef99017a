"""What lines may be grouped by, and what people call it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..errors import SchemaError
from ..system import near

_CALLED = {
    "vendor": ("supplier", "suppliers", "supplier_name", "supplier_id", "seller", "vendors"),
    "material": ("item", "items", "article", "product", "products", "part", "sku", "materials"),
    "site_name": ("site", "sites", "plant", "location"),
    "connection": ("source", "system", "erp"),
}
_MEANT = {name: meant for meant, names in _CALLED.items() for name in names}


def need_for_by(there: Collection[Any], name: str) -> None:
    """Raise `SchemaError`, with what was meant or the near names, where the lines don't have a column of ``by``."""
    if name not in there:
        meant = _MEANT.get(str(name).strip().casefold())
        of_key = meant in ("vendor", "material") or meant in there  # a column that is not there would be the next error
        hint = f"; pass by={meant!r}" if of_key else near(name, map(str, there))
        raise SchemaError(f"by={name!r}: the lines have no such column{hint}")
