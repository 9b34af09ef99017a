"""The shapes in which the sandbox answers: neutral records in, the wire forms of the three contracts out.

Neutral records are v3's own, the only contract whose fields of purchase orders are public. v4's and v1's other field names are taken
from v3: an assumption, as the field names of neither are public.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..purchases import Purchases
from ..tidy import LINES, ORDERS, Column

Record = dict[str, Any]
Tables = dict[str, list[Record]]  # path -> records

# What v4 calls v3's fields. The same order in both:
#   v3: {"key": "05a1", "orderNo": "4500017", "title": "Bearings", "lineItems": [{"key": "06b2", "lineNo": "10"}]}
#   v4: {"id": "05a1", "_idValue": "4500017", "_displayValue": "Bearings", "_implements": "purchaseOrder",
#        "lineItems": [{"id": "06b2", "_idValue": "10"}]}
_V4 = {"key": "id", "createdAt": "_createdAt", "updatedAt": "_updatedAt", "deletedAt": "_deletedAt"}
_V4_ORDER = _V4 | {"orderNo": "_idValue", "title": "_displayValue"}
_V4_LINE = _V4 | {"lineNo": "_idValue", "name": "_displayValue"}
_V4_OTHER = _V4 | {"code": "_idValue", "name": "_displayValue"}
#: The lookups that orders need, and how the keys in each begin.
_KEY_PREFIXES = {"currencies": "20", "uom": "21", "statuses/purchase-orders": "19", "vendors": "09", "sites": "01"}
#: ``filter[status]`` and ``filter[updatedAt:gteq]``.
_CONDITION = re.compile(r"filter\[(?P<field>[^\]:]+)(?::(?P<op>\w+))?\]")
_SORT = re.compile(r"sort\[([^\]]+)\]")


def shaped(record: Record, table: str, contract: str) -> Record:
    """Return a record as a contract shows it."""
    if contract != "v4":
        return record
    if table != "purchase-orders":
        # names stay readable beside v4's own, since which fields an entity has of its own is not public
        extra = {v: record[k] for k, v in _V4_OTHER.items() if k in record}
        return {k: v for k, v in record.items() if k not in _V4} | extra | {"_implements": None}
    out = {_V4_ORDER.get(k, k): v for k, v in record.items() if k != "lineItems"}
    lines = [{_V4_LINE.get(k, k): v for k, v in line.items()} for line in record.get("lineItems") or []]
    return out | {"_implements": "purchaseOrder", "lineItems": lines}


def selected(records: list[Record], query: Mapping[str, str]) -> list[Record]:
    """Return the records that meet the filters of a query, sorted as it asks.

    As documented: ``filter[field]``, ``filter[field:gteq]`` and the like, joined by ``filterMatch`` any (here the default) or all;
    ``sort[field]=1`` is descending. A filter on a field that no record has is ignored, as an API may do.
    """
    conditions = []
    for name, wanted in query.items():
        found = _CONDITION.fullmatch(name)
        if found and any(found["field"] in r for r in records):
            conditions.append((found["field"], found["op"] or "eq", wanted))
    if "modified_after" in query:
        conditions.append(("updatedAt", "gteq", query["modified_after"]))
    if conditions:
        join = all if query.get("filterMatch") == "all" or len(conditions) == 1 else any
        records = [r for r in records if join(_meets(r.get(f), op, wanted) for f, op, wanted in conditions)]
    for name, direction in query.items():
        if found := _SORT.fullmatch(name):
            field = found[1]
            records = sorted(records, key=lambda r: str(r.get(field) or ""), reverse=direction == "1")
    return records


def _meets(value: Any, op: str, wanted: str) -> bool:
    if value is None:
        return False
    text = "true" if value is True else "false" if value is False else str(value)
    # "from 2025-01-01" means from its first moment, "to 2025-01-31" to the end of that day: both sides are compared as far as the
    # shorter one goes, so that 2025-01-31T17:00:00Z is not after 2025-01-31
    n = min(len(text), len(wanted)) if re.match(r"\d{4}-\d\d-\d\d", wanted) else None
    a, b = text[:n] if op in ("gteq", "lted") else text, wanted
    tests = {
        "eq": text == wanted,
        "contains": wanted.casefold() in text.casefold(),
        "startsWith": text.casefold().startswith(wanted.casefold()),
        "gt": text > wanted and not text.startswith(wanted),
        "gteq": a >= b[:n] if n else text >= wanted,
        "lt": text < wanted,
        "lted": a <= b[:n] if n else text <= wanted,
    }
    return tests.get(op, True)  # an operator that it does not know filters nothing out


def paged(records: list[Record], query: Mapping[str, str], contract: str, url: str, most: int) -> tuple[Record, int]:
    """Return the answer to a list request, and the number of the page that it is."""
    size = _number(query.get("per_page"), 15)
    size = min(size, most)
    if contract == "v1":  # a cursor: {"data": [...], "next_cursor": "eyJmcm9tIjogMTV9"}, null on the last page
        start = _cursor(query.get("cursor"))
        more = start + size < len(records)
        cursor = base64.urlsafe_b64encode(json.dumps({"from": start + size}).encode()).decode() if more else None
        return {"data": records[start : start + size], "next_cursor": cursor}, start // size + 1
    page, last = _number(query.get("page"), 1), max(1, math.ceil(len(records) / size))
    data = records[(page - 1) * size : page * size]
    meta: Record = {"current_page": page, "last_page": last, "per_page": size, "total": len(records)}
    if contract == "v4":  # page numbers alone: {"data": [...], "meta": {"current_page": 1, "last_page": 3, ...}}
        return {"data": data, "meta": meta}, page
    # v3 also links its pages: {"data": [...], "links": {"next": "...?page=2", ...}, "meta": {...}}
    first = (page - 1) * size + 1 if data else None
    meta |= {"from": first, "to": first + len(data) - 1 if first else None, "path": url}
    links = {
        "first": 1,
        "last": last,
        "prev": page - 1 if page > 1 else None,
        "next": page + 1 if page < last else None,
    }
    return {"data": data, "links": {k: n and f"{url}?page={n}" for k, n in links.items()}, "meta": meta}, page


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() and int(text) > 0 else default


def _cursor(text: str | None) -> int:
    try:  # a cursor that it did not make starts anew, as an API may do; the client has to notice
        return int(json.loads(base64.urlsafe_b64decode(text.encode()))["from"]) if text else 0
    except (ValueError, KeyError, TypeError):
        return 0


def sync_state(connection: str, tables: Tables) -> Record:
    """Return the state of a connection's synchronisation: it was done at the latest change."""
    # what the integration says of its freshness: as if it had been synced when the newest record was changed
    changes = [str(r["updatedAt"]) for r in tables.get("purchase-orders", ()) if r.get("updatedAt")]
    last = max(changes, default=None)
    about = {"id": 1, "company_name": "Sandbox", "email": None, "provider": f"sandbox-{connection}", "updated_at": last}
    return about | {"sync_status": "done", "sync_updated_at": last}


# ---- purchases back to records ---------------------------------------------------------------------------------------


def tables_of(data: Purchases) -> Tables:
    """Return the records of which tidy frames could have been made: what a connection with these orders would answer."""
    if not isinstance(data, Purchases):
        raise ConfigError(
            f"connections: {type(data).__name__} is no connection's data: pass Purchases or tables, such as {{'emea': ma.load_sample('emea')}}"
        )
    keys: dict[str, dict[str, str]] = {table: {} for table in _KEY_PREFIXES}

    # Frames have the names of statuses, currencies and units; records have keys, whose names a lookup tells. So each name
    # gets a key when it is first seen, 20000001 for the first currency, and the lookups are made of these at the end.
    def key(table: str, name: Any) -> str | None:
        if pd.isna(name):
            return None
        known = keys[table]
        return known.setdefault(str(name), f"{_KEY_PREFIXES[table]}{len(known) + 1:06d}")

    lines_of: dict[tuple[Any, Any], list[Record]] = {}
    order_dates = data.orders.set_index(["connection", "order_id"])["order_date"].to_dict()
    for row in data.lines.to_dict("records"):
        record = _record(row, LINES)
        record["uomKey"] = key("uom", row.get("unit_of_measure"))
        own = (row["connection"], row["order_id"])
        if row["order_date"] == order_dates.get(own):
            record.pop("orderDate", None)  # tidy gave it to the line: on the wire only the order has it
        _name_keys(record, row, key)
        # the API has one delivery date, which means an actual or a planned one
        delivery = row["delivered_date"] if pd.notna(row["delivered_date"]) else row["promised_date"]
        record["deliveryAt"] = _wire(delivery)
        lines_of.setdefault(own, []).append(record)
    orders = []
    for row in data.orders.to_dict("records"):
        record = _record(row, ORDERS)
        _name_keys(record, row, key)
        orders.append(record | {"lineItems": lines_of.get((row["connection"], row["order_id"]), [])})
    tables: Tables = {"purchase-orders": orders}
    for table, known in keys.items():
        tables[table] = [{"key": k, "name": name, "code": name, "isActive": True} for name, k in known.items()]
    # vendors have ids of their own, which the lines carry: no key is made for them
    names = data.lines.dropna(subset=["vendor_id", "vendor_name"]).drop_duplicates("vendor_id")
    tables["vendors"] = [{"key": i, "name": n} for i, n in zip(names["vendor_id"], names["vendor_name"], strict=True)]
    # so have materials; what the lines know of them, their categories too, is in the lines' own fields
    known_materials = data.lines["material_id"].dropna().drop_duplicates()
    tables["materials"] = [{"key": i, "isActive": True} for i in known_materials]
    return tables


def _name_keys(record: Record, row: Mapping[Any, Any], key: Any) -> None:
    record["currencyKey"] = key("currencies", row.get("currency"))
    record["statusKey"] = key("statuses/purchase-orders", row.get("status"))
    for name in ("currency", "status", "vendorName"):
        record.pop(name, None)


def _record(row: Mapping[Any, Any], columns: Iterable[Column]) -> Record:
    """Return a record under the first API name of each column that has one, custom fields under their own."""
    record: Record = {}
    for c in columns:
        if not c.sources or c.name in ("delivered_date", "promised_date") or pd.isna(value := row.get(c.name)):
            continue
        name, _, inner = c.sources[0].partition(".")
        if inner:  # "shipTo.city": an object within the record
            record.setdefault(name, {})[inner] = _wire(value)
        else:
            record[name] = _wire(value)
    for name, value in row.items():
        if str(name).startswith("custom.") and pd.notna(value):
            record[str(name).removeprefix("custom.")] = _wire(value)
    return record


def _wire(value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
