"""The price list of the source, or your own, as one row per material, vendor and quantity break."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .. import units
from ..errors import ConfigError
from ..frames import frame_of, is_engine_frame, is_pandas, values

#: The columns of a list, with the field of Makini's ``priceLevels`` that each is.
_OF_LEVEL = {
    "vendor_id": "vendorKey", "minimum_quantity": "minimumQuantity", "price": "price", "price_unit": "priceUnit", "currency_id": "currencyKey",
    "uom_id": "uomKey", "valid_from": "validFrom", "valid_to": "validTo",
}  # fmt: skip
_TEXTS = ("connection", "material_id", "vendor_id", "currency_id", "currency", "uom_id", "unit_of_measure")
_DAYS = ("valid_from", "valid_to", "updated_at")
_WHO = ["connection", "material_id", "vendor_id"]
#: A list of Makini's without prices.
_NO_LEVELS = pd.DataFrame({"priceLevels": []})


def _table(materials: Any, metric: str) -> pd.DataFrame:
    if not is_pandas(materials) and not is_engine_frame(materials):
        raise ConfigError(
            f"materials takes a table, not {type(materials).__name__}: pass client.fetch_table('materials'), or a DataFrame with "
            "material_id, vendor_id and price"
        )
    return frame_of(materials, metric=metric)


def price_list(materials: Any) -> pd.DataFrame:
    """Return the rows of a list that have a material, a vendor and a price above 0; ``attrs["unusable"]`` counts the others.

    Prices are per base unit (per kg where the list says g), and breaks in it, where the list names its unit.
    """
    frame = _table(materials, "spend.agreed_prices, materials")
    if "priceLevels" in frame:
        frame = pd.DataFrame(list(_levels(frame)), columns=[*_OF_LEVEL, "connection", "material_id", "updated_at"])
    missing = [c for c in ("material_id", "vendor_id", "price") if c not in frame]
    if missing:
        raise ConfigError(
            f"materials has neither priceLevels nor {', '.join(missing)}: pass client.fetch_table('materials'), or a table with "
            "material_id, vendor_id, price, and maybe minimum_quantity, currency, unit_of_measure, valid_from, valid_to, updated_at"
        )
    out = pd.DataFrame({name: values(frame, name, "string").astype("string") for name in _TEXTS})
    for name in _DAYS:
        day = pd.to_datetime(values(frame, name, "object"), errors="coerce", utc=True, format="mixed")
        out[name] = day.dt.tz_localize(None).dt.normalize().astype("datetime64[us]")
    unit, times = units.based(out["unit_of_measure"])
    per = _numbers(frame, "price_unit")
    out["unit"] = unit.to_numpy()
    out["price"] = _numbers(frame, "price") / np.where(per > 0, per, 1.0) / times
    least = _numbers(frame, "minimum_quantity")
    out["minimum_quantity"] = np.where(np.isnan(least), 0.0, least) * times
    usable = out["material_id"].notna() & out["vendor_id"].notna() & (out["price"] > 0) & np.isfinite(out["price"])
    listed: pd.DataFrame = out[usable.to_numpy(dtype=bool)].reset_index(drop=True)
    listed.attrs["unusable"] = int((~usable).sum())
    return listed


def _numbers(frame: pd.DataFrame, name: str) -> Any:
    """Return a column as floats; what is no number is missing: a row of a list is not worth an error."""
    return pd.to_numeric(values(frame, name, "object"), errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def listed_vendors(materials: Any, day: pd.Timestamp | None) -> pd.DataFrame:
    """Return which vendors a list names for which materials, one row each: with a price that holds on a day, or as one who can supply it."""
    frame = _table(materials, "spend.single_source, materials")
    levels = price_list(frame) if {"priceLevels", "price"} & set(frame.columns) else price_list(_NO_LEVELS)
    if day is not None:
        levels = levels[~((levels["valid_to"] < day) | (levels["valid_from"] > day))]
    options = pd.DataFrame(list(_options(frame)), columns=_WHO)
    both = pd.concat([levels[_WHO], options.astype("string")]).dropna(subset=["material_id", "vendor_id"])
    return both.drop_duplicates(ignore_index=True)


def _options(materials: pd.DataFrame) -> Iterator[tuple[Any, Any, Any]]:
    for row in materials.to_dict("records"):
        for option in _listed(row.get("supplyOptions")):
            yield row.get("connection"), row.get("key"), option.get("vendorKey")


def _listed(value: Any) -> list[Mapping[str, Any]]:
    """Return the entries of a list that stands in a row, as it is or as the text of one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _levels(materials: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the price levels of materials as Makini's list has them: a list in each row, or the text of one."""
    for row in materials.to_dict("records"):
        for level in _listed(row.get("priceLevels")):
            read = {name: level.get(field) for name, field in _OF_LEVEL.items()}
            read["uom_id"] = read["uom_id"] or row.get("uomKey")
            yield read | {
                "connection": row.get("connection"),
                "material_id": row.get("key"),
                "updated_at": row.get("updatedAt"),
            }
