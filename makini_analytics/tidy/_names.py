"""Names for keys: vendors, statuses, currencies, units and sites from their lists, and what the list of materials tells of a line's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..frames import categoricals
from ._currencies import currency_codes, currency_signs
from ._identities import one_vendor, plain_text
from ._no_values import why_no_currency
from ._parsing import sound
from ._schema import LINES, Column
from ._table_builder import label_of

Records = Sequence[Mapping[str, Any]]


class KeyedName(NamedTuple):
    """A column of names, the column of its keys, and where a key gives a name."""

    column: str
    key: str
    lookup: str
    fields: tuple[str, ...]  # of the lookup's records, the first that has a text
    keeps_key: bool = False  # where no record names it


KEYED_NAMES = (
    KeyedName("vendor_name", "vendor_id", "vendors", ("name", "_displayValue", "code")),
    KeyedName("status", "status_id", "statuses", ("name", "_displayValue", "code"), True),
    KeyedName("currency", "currency_id", "currencies", ("code", "_idValue", "name"), True),
    KeyedName("site_name", "site_id", "sites", ("name", "_displayValue", "code")),
    KeyedName("unit_of_measure", "uom_id", "units", ("code", "_idValue", "name"), True),
)


def names_by_key(lookups: Mapping[str, Records], of: KeyedName) -> dict[str, str]:
    """Return the names of a column's keys; a currency's is its code, and where that is a number ("978") its name."""
    if not lookups.get(of.lookup):
        return {}
    if of.column != "currency":
        return _texts_by_key(lookups.get(of.lookup, ()), of.fields)
    names = _texts_by_key(lookups.get(of.lookup, ()), of.fields, lambda text: why_no_currency(text) is None)
    codes = currency_codes(categoricals.from_texts(list(names.values())))  # of names alone: a key stays what it is
    return {k: c for k, c in zip(names, codes.tolist(), strict=True) if isinstance(c, str)}


def with_names(frame: pd.DataFrame, lookups: Mapping[str, Records]) -> pd.DataFrame:
    """Return the frame with names for keys; a currency, status or unit that no lookup names keeps its key."""
    out: dict[str, Any] = {}
    for of in KEYED_NAMES:
        if of.key not in frame:
            continue
        names, keys = names_by_key(lookups, of), categoricals.from_series(frame[of.key])
        known = categoricals.relabel(keys, [names.get(k, k if of.keeps_key else None) for k in keys.categories])
        if of.column in frame:  # what the record itself says goes before the list
            own = categoricals.from_series(frame[of.column])
            own = currency_signs(own) if of.column == "currency" else own
            known = categoricals.where(categoricals.has_text(own), own, known)
        out[of.column] = known
    return frame.assign(**out)


def keys_that_lack(frames: Sequence[pd.DataFrame], lookups: Mapping[str, Records]) -> dict[KeyedName, set[str]]:
    """Return the keys of the records that a list has no name for, where the records say none themselves."""
    out: dict[KeyedName, set[str]] = {}
    for of in KEYED_NAMES:
        names = names_by_key(lookups, of)
        for frame in frames if lookups.get(of.lookup) else ():
            if of.key not in frame:
                continue
            keys = categoricals.from_series(frame[of.key])
            unnamed = [i for i, key in enumerate(keys.categories) if key not in names]
            rows = np.isin(keys.codes, unnamed)
            if unnamed and of.column in frame:
                rows &= ~categoricals.has_text(categoricals.from_series(frame[of.column]))
            out.setdefault(of, set()).update(
                str(keys.categories[code]) for code in np.unique(np.asarray(keys.codes)[rows])
            )
    return out


def told_lacking(lacking: Mapping[KeyedName, set[str]]) -> list[str]:
    """Return a sentence for each list that lacks names."""
    out = []
    for of in KEYED_NAMES:
        if keys := lacking.get(of):
            instead = f"keys stand in {of.column}" if of.keeps_key else f"{of.column} is missing"
            # not "The list of ...", by which an update knows a list that was not to be had
            out.append(f"No name in the list of {of.lookup} for {len(keys):,} keys of the orders: {instead}.")
    return out


def with_materials(lines: pd.DataFrame, materials: Records) -> pd.DataFrame:
    """Return the lines with what their materials tell where they tell nothing themselves: the category, the maker."""
    keys = categoricals.from_series(lines["material_id"])
    out: dict[str, Any] = {}
    for c in LINES:
        if not c.of_material:
            continue
        own = categoricals.from_series(lines[c.name])
        table = material_texts(materials, c)
        if table:
            of_material = categoricals.relabel(keys, [table.get(k) for k in keys.categories])
            own = categoricals.where(categoricals.has_text(own), own, of_material)
        if c.otherwise:
            own = categoricals.where(categoricals.has_text(own), own, categoricals.from_series(lines[c.otherwise]))
        out[c.name] = own
    return lines.assign(**out)


def material_texts(materials: Records, column: Column) -> dict[str, str]:
    """Return what the list of materials tells of a column, by the material's key."""
    return _texts_by_key(materials, column.of_material)


def vendor_pairs(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return each vendor's id and name that stand together in orders or lines."""
    found = []
    for frame in (orders, lines):
        ids, names = (categoricals.from_series(frame[c]) for c in ("vendor_id", "vendor_name"))
        both = np.flatnonzero((ids.codes >= 0) & (names.codes >= 0))
        pair = ids.codes[both].astype(np.int64) * len(names.categories) + names.codes[both]
        rows = both[~pd.Series(pair).duplicated().to_numpy()]
        found.append(pd.DataFrame({"id": ids.take(rows).astype("string"), "name": names.take(rows).astype("string")}))
    return pd.concat(found, ignore_index=True).drop_duplicates(ignore_index=True)


def with_one_vendor(
    orders: pd.DataFrame, lines: pd.DataFrame, pairs: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both with the vendor's id where only its name is given, if the name has exactly one among the connection's pairs."""
    out = []
    for frame in (orders, lines):
        if not (frame["vendor_id"].isna() & frame["vendor_name"].notna()).any():
            out.append(frame)
            continue
        ids, names = (
            categoricals.concat([categoricals.from_texts(pairs[p]), categoricals.from_series(frame[c])])
            for p, c in (("id", "vendor_id"), ("name", "vendor_name"))
        )
        known = one_vendor(ids, names, categoricals.constant("", len(ids)))
        out.append(frame.assign(vendor_id=known[len(pairs) :]))
    return out[0], out[1]


def _texts_by_key(
    records: Records, fields: Sequence[str], fits: Callable[[Any], bool] = lambda text: True
) -> dict[str, str]:
    """Return, by key, the first of the fields that has a text which fits."""
    found = {}
    for r in records:
        key = (r.get("id") if r.get("key") is None else r["key"]) if isinstance(r, Mapping) else None
        if key is None:
            continue
        texts = (label_of(r.get(f)) for f in fields)
        text = next((t for t in texts if isinstance(t, str | int | float) and plain_text(str(t)) and fits(t)), None)
        if text is not None:
            found[sound(str(key))] = sound(str(text))
    return found
