"""Records of the API to typed frames: one row per order, one row per line, and an issue for each value not read.

The only place that knows raw records. Which fields a record has differs by source system and by contract, so nothing is
required: every known name is read under every contract, what is not documented is kept under ``custom.<name>``, and what
can't be read becomes a missing value and a row of `issues`.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import numpy as np
import pandas as pd

from . import derive, states
from .errors import ConfigError, MakiniWarning
from .issues import IssueBook
from .reading import parse_iso, read, sound, zone
from .schema import DTYPES, LINE_CONTAINERS, LINES, ORDERS, Column

Records = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Tidied:
    """What became of one connection's records."""

    orders: pd.DataFrame
    lines: pd.DataFrame
    issues: pd.DataFrame
    as_of: pd.Timestamp | None  # the day of the latest change; None where the source tells none
    delivery_date: str  # how the delivery date was read: actual or planned
    notes: list[str] = field(default_factory=list)


def tidy_orders(
    pages: Iterable[Sequence[Any]],
    *,
    connection: str,
    lookups: Mapping[str, Records] | None = None,
    delivery_date: str = "auto",
    timezone: str | tzinfo = "UTC",
    statuses: Mapping[str, str] | None = None,
) -> Tidied:
    """Return the tidy frames of one connection's purchase orders.

    Parameters
    ----------
    pages : iterable of lists of order records, as the API gives them under any contract
    connection : name written into each row
    lookups : records of ``vendors``, ``statuses``, ``currencies``, ``units``, ``sites``: names for keys
    delivery_date : "actual", "planned", or "auto": weighed from the data, planned in doubt
    timezone : where an instant becomes a calendar day; a bare date is never moved
    statuses : status text, code or key to state, over the words that are understood anyway
    """
    if delivery_date not in ("auto", "actual", "planned"):
        raise ConfigError(f"delivery_date={delivery_date!r}: pass 'auto', 'actual' or 'planned'")
    own, tz, book = states.check(statuses), zone(timezone), IssueBook()
    order_records, line_records, parent = _unnest(pages, book)
    orders, order_custom = _table(order_records, ORDERS, "orders", book, tz)
    lines, line_custom = _table(line_records, LINES, "lines", book, tz)
    of = np.asarray(parent, dtype=np.intp)

    orders = _with_ids(orders.assign(connection=pd.array([connection] * len(orders), dtype="string")), book)
    orders = _named(orders, lookups or {})
    lines = _named(lines, lookups or {})
    own_status = lines["status"]
    lines = _inherit(lines, orders, of)
    notes: list[str] = []
    role = delivery_date
    if role == "auto":
        role, why, doubtful = derive.weigh_delivery_date(lines, own)
        if doubtful:
            said = f"{connection}: the delivery date is taken as planned, since {why}. If it is the day on which the goods "
            said += "came, pass delivery_date='actual'; if you know that it is a plan, 'planned'."
            warnings.warn(said, MakiniWarning, stacklevel=2)
            notes.append(said)
        else:
            notes.append(f"The delivery date is taken as {role}: {why}.")
    lines = derive.place_delivery_date(lines, role)
    lines = derive.settle_amounts(lines, book)
    orders, lines = derive.settle_states(orders, lines, of, own_status, own, book)
    orders["n_lines"] = pd.array(np.bincount(of, minlength=len(orders)), dtype="Int64")

    orders = pd.concat([orders[[c.name for c in ORDERS]], order_custom], axis=1)
    lines = pd.concat([lines[[c.name for c in LINES]], line_custom], axis=1)
    changes = [t for t in (orders["updated_at"].max(), lines["updated_at"].max()) if t is not pd.NaT]
    as_of = max(changes).tz_convert(tz).tz_localize(None).normalize() if changes else None
    issues = book.frame(connection, {"orders": orders["order_id"], "lines": lines["line_id"]})
    return Tidied(orders, lines, issues, as_of, role, notes)


def tidy_table(records: Iterable[Any], *, connection: str) -> pd.DataFrame:
    """Return any list of records as a frame: ``connection`` first, objects flattened, columns typed where clean."""
    flat = [_flatten(r) if isinstance(r, Mapping) else {"value": r} for r in records]
    names = list(dict.fromkeys(k for r in flat for k in r))
    columns = {sound(n): clean_column([r.get(n) for r in flat], of_keys=_is_key(n)) for n in names}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(flat)))
    name = pd.Series([connection] * len(flat), dtype="string")
    frame.insert(0, "connection", name, allow_duplicates=True)
    return frame


# ---- records to columns --------------------------------------------------------------------------------------------


def _unnest(pages: Iterable[Sequence[Any]], book: IssueBook) -> tuple[list[Any], list[Any], list[int]]:
    """Return the order records, the line records, and for each line the position of its order."""
    orders: list[Mapping[str, Any]] = []
    lines: list[Mapping[str, Any]] = []
    parent: list[int] = []
    for page in pages:
        for record in page:
            if not isinstance(record, Mapping):
                book.add_problems("orders", "order_id", [(len(orders), record, "the record is no object")])
                record = {}
            orders.append(record)
            nested = next((record[c] for c in LINE_CONTAINERS if record.get(c) is not None), ())
            if not isinstance(nested, list | tuple):
                book.add_problems("orders", "n_lines", [(len(orders) - 1, nested, "the order's lines are no list")])
                continue
            for line in nested:
                if not isinstance(line, Mapping):
                    book.add_problems("lines", "line_id", [(len(lines), line, "the record is no object")])
                    line = {}
                lines.append(line)
                parent.append(len(orders) - 1)
    return orders, lines, parent


def _table(
    records: list[Any], columns: Sequence[Column], table: str, book: IssueBook, tz: tzinfo
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the documented columns, typed, and the undocumented ones under ``custom.``."""
    keys = list(dict.fromkeys(k for r in records for k in r))
    boxes = {s.partition(".")[0] for c in columns for s in c.sources if "." in s}  # addresses
    raw: dict[str, list[Any]] = {k: [r.get(k) for r in records] for k in keys if k not in boxes}
    for box in boxes & set(keys):
        opened = [_address(r.get(box)) for r in records]
        for inner in dict.fromkeys(k for a in opened for k in a):
            raw[f"{box}.{inner}"] = [a.get(inner) for a in opened]

    built: dict[str, Any] = {}
    first_name = {c.sources[0] for c in columns if c.sources}
    unread: dict[str, list[Any]] = {}
    for c in columns:
        present = [s for s in c.sources if s in raw]
        merged = raw[present[0]] if present else [None] * len(records)
        for other in present[1:]:
            if other not in first_name and any(
                a is not None and b is not None and a != b for a, b in zip(merged, raw[other], strict=True)
            ):
                unread[other] = raw[other]  # says something else than the name that won: keep both
            merged = [b if a is None else a for a, b in zip(merged, raw[other], strict=True)]
        if c.name == "delivered_date":
            built["promised_date"] = pd.Series(np.full(len(records), "NaT", dtype="datetime64[us]"))
        if c.name == "promised_date":
            continue  # read once, as delivered_date; what it means is decided later
        if c.name == "currency" or c.name == "status":
            merged = [_label(v) for v in merged]
        built[c.name], problems = read(merged, c.kind, tz)
        book.add_problems(table, c.name, problems)
    documented = {s for c in columns for s in c.sources} | (set(LINE_CONTAINERS) if table == "orders" else set())
    unread |= {k: v for k, v in raw.items() if k not in documented}
    index = pd.RangeIndex(len(records))
    frame = pd.DataFrame(built, index=index)
    return frame, _custom(unread, index)


def _address(value: Any) -> Mapping[str, Any]:
    """Return an address as an object; older answers give it as one text."""
    if isinstance(value, Mapping):
        return value
    return {} if value is None else {"addressLines": value}


def _label(value: Any) -> Any:
    """Return the name of a thing that came as an object instead of a text."""
    if isinstance(value, Mapping):
        return next((value[k] for k in ("code", "name", "_displayValue", "key", "id") if value.get(k)), None)
    return value


def _custom(raw: Mapping[str, list[Any]], index: pd.Index) -> pd.DataFrame:
    flat: dict[str, list[Any]] = {}
    for name, values in raw.items():
        if not any(isinstance(v, Mapping) for v in values):
            flat[name] = values
            continue
        opened = [_flatten(v, name) if isinstance(v, Mapping) else {name: v} for v in values]
        for inner in dict.fromkeys(k for o in opened for k in o):
            flat[inner] = [o.get(inner) for o in opened]
    return pd.DataFrame(
        {f"custom.{sound(n)}": clean_column(v, of_keys=_is_key(n)) for n, v in flat.items()}, index=index
    )


def _flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and value and not {"date", "timezone"} <= value.keys():
            out |= _flatten(value, name)
        else:
            out[name] = value
    return out or ({prefix: None} if prefix else {})


def _is_key(name: str) -> bool:
    return name in ("key", "id") or name.endswith(("Key", "_id", "Id"))


def clean_column(values: Sequence[Any], *, of_keys: bool = False) -> Any:
    """Return a column typed where every value agrees - numbers, flags, dates - and as text where one does not.

    A text of digits stays text: it may be a code with leading zeros.
    """
    kinds = {type(v) for v in values} - {type(None)}
    if kinds and kinds <= {bool}:
        return pd.array(values, dtype=DTYPES["flag"])
    if kinds and kinds <= {int, float} and not of_keys:
        array, problems = read(values, "number")
        if not problems:
            return array
    if kinds <= {str, dict} and kinds and not of_keys:
        moments = [(None, "") if v is None else parse_iso(v) for v in values]
        if all(m is not None or v is None for v, (m, _) in zip(values, moments, strict=True)) and not any(
            isinstance(v, str) and v.strip().isdigit() for v in values
        ):
            kind = "instant" if any(m and m.tzinfo for m, _ in moments) else "day"
            if kind == "instant" or not any(m and m.time() != m.min.time() for m, _ in moments):
                return read(values, kind)[0]
    texts = [sound(json.dumps(v, ensure_ascii=False, default=str)) if isinstance(v, dict | list) else v for v in values]
    return read(texts, "text")[0]


# ---- what an order and its lines share -----------------------------------------------------------------------------


def _with_ids(orders: pd.DataFrame, book: IssueBook) -> pd.DataFrame:
    """Return the orders with an id each: an order without a key goes by its number, else by its position."""
    lacking = (orders["order_id"].isna() | (orders["order_id"] == "").fillna(True)).to_numpy(dtype=bool)
    if not lacking.any():
        return orders
    book.add("orders", "order_id", np.flatnonzero(lacking), orders["order_id"], "the record has no key")
    position = pd.Series([f"#{i + 1}" for i in range(len(orders))], dtype="string", index=orders.index)
    return orders.assign(order_id=orders["order_id"].mask(lacking, orders["order_number"].fillna(position)))


def _named(frame: pd.DataFrame, lookups: Mapping[str, Records]) -> pd.DataFrame:
    """Return the frame with names for keys; where a look-up knows none, a currency, status or unit keeps its key."""

    def names(lookup: str, *fields: str) -> dict[str, str]:
        found = {}
        for r in lookups.get(lookup, ()):
            key = r.get("key", r.get("id")) if isinstance(r, Mapping) else None
            name = next((r[f] for f in fields if r.get(f) not in (None, "")), None) if key is not None else None
            if name is not None:
                found[str(key)] = str(name)
        return found

    def joined(key: str, own: pd.Series | None, table: dict[str, str], keep_key: bool) -> pd.Series:
        known = frame[key].map(table).astype("string") if table else pd.Series(pd.NA, index=frame.index, dtype="string")
        value = known if own is None else own.where(own.notna() & (own != "").fillna(False), known)
        return value.where(value.notna(), frame[key]) if keep_key else value

    out = {
        "vendor_name": joined(
            "vendor_id", frame["vendor_name"], names("vendors", "name", "_displayValue", "code"), False
        ),
        "status": joined("status_id", frame["status"], names("statuses", "name", "_displayValue", "code"), True),
        "currency": joined("currency_id", frame["currency"], names("currencies", "code", "_idValue", "name"), True),
        "site_name": joined("site_id", None, names("sites", "name", "_displayValue", "code"), False),
    }
    if "uom_id" in frame:
        out["unit_of_measure"] = joined("uom_id", None, names("units", "code", "_idValue", "name"), True)
    return frame.assign(**out)


_KEY_OF = {
    "vendor_name": "vendor_id",
    "site_name": "site_id",
    "status": "status_id",
    "currency": "currency_id",
}


def _inherit(lines: pd.DataFrame, orders: pd.DataFrame, of: np.ndarray) -> pd.DataFrame:
    """Return the lines with the order's own value where a line has none, and an id each."""
    out: dict[str, Any] = {}
    for c in LINES:
        if not (c.inherits or c.name in ("connection", "order_id", "order_number")):
            continue
        taken = orders[c.name].take(of).reset_index(drop=True).set_axis(lines.index)
        if c.name in lines and c.inherits:
            own = lines[c.name]
            has_own = own.notna() & (own != "").fillna(True) if c.kind == "text" else own.notna()
            if c.name in _KEY_OF:  # a name goes with its key: never the order's name beside the line's own key
                key = lines[_KEY_OF[c.name]]
                same = orders[_KEY_OF[c.name]].take(of).reset_index(drop=True).set_axis(lines.index)
                has_own |= key.notna() & (key != same).fillna(True)
            taken = own.where(has_own.astype(bool), taken)
        out[c.name] = taken
    lines = lines.assign(**out)
    lacking = lines["line_id"].isna().to_numpy()
    if lacking.any():
        nth = lines.groupby(of).cumcount() + 1
        made = (lines["order_id"] + "#" + nth.astype("string")).astype("string")
        lines = lines.assign(line_id=lines["line_id"].mask(lacking, made))
    return lines
