"""Names for keys: vendors, statuses, currencies, units and sites from their lists, and what the list of materials tells of a line's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ..frames import categoricals
from ._identities import currency_codes, one_vendor
from ._parsing import sound
from ._schema import LINES
from ._table_builder import label_of

Records = Sequence[Mapping[str, Any]]


def with_names(frame: pd.DataFrame, lookups: Mapping[str, Records]) -> pd.DataFrame:
    """Return the frame with names for keys; a currency, status or unit that no lookup names keeps its key."""

    def names(lookup: str, *fields: str) -> dict[str, str]:
        return _texts_by_key(lookups.get(lookup, ()), fields)

    def joined(key: str, own: categoricals.Labels | None, table: dict[str, str], keep_key: bool) -> categoricals.Labels:
        keys = categoricals.from_series(frame[key])
        known = categoricals.relabel(keys, [table.get(k, k if keep_key else None) for k in keys.categories])
        return known if own is None else categoricals.where(categoricals.has_text(own), own, known)

    given = {n: categoricals.from_series(frame[n]) for n in ("vendor_name", "status", "currency")}
    vendors = names("vendors", "name", "_displayValue", "code")
    currencies = names("currencies", "code", "_idValue", "name")
    codes = currency_codes(categoricals.from_texts(list(currencies.values())))  # of names alone: a key stays what it is
    currencies = {k: c for k, c in zip(currencies, codes.tolist(), strict=True) if isinstance(c, str)}
    out = {
        "vendor_name": joined("vendor_id", given["vendor_name"], vendors, False),
        "status": joined("status_id", given["status"], names("statuses", "name", "_displayValue", "code"), True),
        "currency": joined("currency_id", currency_codes(given["currency"]), currencies, True),
        "site_name": joined("site_id", None, names("sites", "name", "_displayValue", "code"), False),
    }
    if "uom_id" in frame:
        out["unit_of_measure"] = joined("uom_id", None, names("units", "code", "_idValue", "name"), True)
    return frame.assign(**out)


def with_materials(lines: pd.DataFrame, materials: Records) -> pd.DataFrame:
    """Return the lines with what their materials tell where they tell nothing themselves: the category, the maker."""
    keys = categoricals.from_series(lines["material_id"])
    out: dict[str, Any] = {}
    for c in LINES:
        if not c.of_material:
            continue
        own = categoricals.from_series(lines[c.name])
        table = _texts_by_key(materials, c.of_material)
        if table:
            of_material = categoricals.relabel(keys, [table.get(k) for k in keys.categories])
            own = categoricals.where(categoricals.has_text(own), own, of_material)
        if c.otherwise:
            own = categoricals.where(categoricals.has_text(own), own, categoricals.from_series(lines[c.otherwise]))
        out[c.name] = own
    return lines.assign(**out)


def with_one_vendor(orders: pd.DataFrame, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both with the vendor's id where only its name is given, if the name has exactly one id in the connection."""
    frames = [orders, lines]
    if not any((f["vendor_id"].isna() & f["vendor_name"].notna()).any() for f in frames):
        return orders, lines
    ids, names = (
        categoricals.concat([categoricals.from_series(f[c]) for f in frames]) for c in ("vendor_id", "vendor_name")
    )
    known = one_vendor(ids, names, categoricals.constant("", len(ids)))
    n = len(orders)
    return orders.assign(vendor_id=known[:n]), lines.assign(vendor_id=known[n:])


def _texts_by_key(records: Records, fields: Sequence[str]) -> dict[str, str]:
    """Return, by key, the first of the fields that has a text."""
    found = {}
    for r in records:
        key = (r.get("id") if r.get("key") is None else r["key"]) if isinstance(r, Mapping) else None
        if key is None:
            continue
        texts = (label_of(r.get(f)) for f in fields)
        text = next((t for t in texts if isinstance(t, str | int | float) and t != ""), None)
        if text is not None:
            found[sound(str(key))] = sound(str(text))
    return found
