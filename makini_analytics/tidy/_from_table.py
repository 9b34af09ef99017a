"""Any table of order lines - an ERP export, a CSV, a query - to the same frames and the same truth as an answer of the API."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import units
from ..errors import SchemaError, one_of
from ..frames import categoricals
from . import _derive, _receipts, _status
from ._identities import currency_codes, disagreeing, one_vendor, split_by_vendor
from ._issues import IssueBook
from ._number_format import NumberFormat
from ._parsing import zone
from ._row_checks import check_rows, check_stacked
from ._schema import LINES, ORDERS, RECEIPT_LINES, SOURCES, Column
from ._table_values import Table, TableFormat, TableValues, read_values

#: A table beside the lines: with our names, or with what maps its names to ours.
Beside = pd.DataFrame | tuple[pd.DataFrame, Mapping[str, str]]

_LINE = {c.name: c for c in LINES}
_ORDER = {c.name: c for c in ORDERS}
_ORDER_ONLY = {c.name: c for c in ORDERS if c.name not in _LINE and c.name != "n_lines"}
#: The receipts of a table may name the order by its number, and are called as on the lines.
_RECEIPT = {c.name: c for c in RECEIPT_LINES} | {
    "order_number": _LINE["order_number"],
    "delivered_date": _LINE["delivered_date"],
    "received_quantity": _LINE["received_quantity"],
}
#: Under which table the issues of a table beside the lines stand.
_ISSUES_OF = {"orders=": "order heads", "receipts=": "receipt lines"}
_SETTLED = {"state", "unit_code", "unreadable", "first_receipt_date", "n_receipts"}  # these follow from the others


@dataclass(frozen=True)
class TableRead:
    """What became of a table."""

    orders: pd.DataFrame
    lines: pd.DataFrame
    issues: pd.DataFrame
    sources: pd.DataFrame
    as_of: pd.Timestamp | None


def read_table(
    df: pd.DataFrame,
    *,
    columns: Mapping[str, str] | None,
    connection: str,
    currency: str | None,
    date_formats: Mapping[str, str],
    timezone: str | tzinfo,
    delivery_date: str,
    statuses: Mapping[str, str] | None,
    number_format: NumberFormat,
    orders: Beside | None,
    receipts: Beside | None,
) -> TableRead:
    """Return the frames of a table of order lines; see `Purchases.from_table`."""
    one_of("delivery_date", delivery_date, ("auto", "actual", "planned"))
    own, book = _status.check(statuses), IssueBook()
    form = TableFormat(number_format, date_formats, zone(timezone))
    allowed = {n: c for n, c in (_LINE | _ORDER_ONLY).items() if n not in _SETTLED}
    tables = [_table("the table", df, columns, allowed, "lines", date_formats)]
    for what, beside, names in (("orders=", orders, _ORDER), ("receipts=", receipts, _RECEIPT)):
        if beside is not None:
            frame, own_columns = beside if isinstance(beside, tuple) else (beside, None)
            mine = {n: c for n, c in names.items() if n not in ("state", "n_lines")}
            tables.append(_table(what, frame, own_columns, mine, _ISSUES_OF[what], {}))
    got = read_values(tables, form, book)
    heads = got[1] if orders is not None else None
    arrived = got[-1] if receipts is not None else None
    left = _left_out(tables[0])
    notes = [f"Columns left out: {left}."] if left else []

    frame = _framed(got[0], len(df), [*LINES, *_ORDER_ONLY.values()])
    frame = _with_ids(frame, got[0], connection, currency, book)
    if heads is not None:
        frame, head_rows, said = _with_heads(frame, _framed(heads, len(tables[1].df), ORDERS), book)
        notes += said
    frame, of, said = split_by_vendor(frame, book)
    notes += said

    own_status = frame["status"]
    role = delivery_date
    if role == "auto":
        role, why, _ = _derive.weigh_delivery_date(frame, own)
        notes.append(f"The delivery date is taken as {role}: {why}.")
    frame = _derive.place_delivery_date(frame, role)
    unreadable = book.unreadable("lines")
    if role == "planned" and "delivered_date" in unreadable:  # then it is a promise that could not be read
        unreadable["promised_date"] = unreadable.pop("delivered_date")
    if arrived is not None:
        frame, said = _with_receipts(frame, arrived, len(tables[-1].df), book)
        notes.append(said)
    frame = _receipts.settle_returns(frame, book)
    frame, said = _derive.settle_amounts(frame, book, unreadable, got[0].percent.get("discount"))
    notes += said
    frame = frame.assign(unit_code=units.understood(frame["unit_of_measure"]))

    orders_frame = _orders_of(frame, of)
    if heads is not None:
        orders_frame = _overlaid(orders_frame, head_rows)
    orders_frame, lines = _derive.settle_states(
        orders_frame, frame, of, own_status, own, book, unreadable, listed=("lines",)
    )
    check_rows(lines, of, book, given=dict.fromkeys(tables[0].source_of, True))
    check_stacked(df, lines, book)

    custom = [n for n in tables[0].source_of if n.startswith("custom.")]
    lines = lines[[*(c.name for c in LINES), *custom]]
    issues = _issues(book, orders_frame, lines, of)
    last = lines["updated_at"].max()
    as_of = None if last is pd.NaT else last.tz_convert(form.tz).tz_localize(None).normalize()
    return TableRead(orders_frame, lines, issues, _sources(lines, orders_frame, role, " ".join(notes)), as_of)


# ---- what the caller says of the columns ----------------------------------------------------------------------------


def _table(
    what: str,
    df: pd.DataFrame,
    columns: Mapping[str, str] | None,
    allowed: Mapping[str, Column],
    issues: str,
    date_formats: Mapping[str, str],
) -> Table:
    """Return a table with the columns that it is read under; unknown names teach the near ones."""
    if not isinstance(df, pd.DataFrame):
        raise SchemaError(
            f"{what} takes a DataFrame, not {type(df).__name__}".replace("the table takes", "from_table takes")
        )
    names = list(allowed)
    if columns is None:
        columns = {c: c for c in df.columns if c in allowed or str(c).startswith("custom.")}
        if not columns:
            raise SchemaError(
                f"{what}: no column has one of our names: pass columns={{'PO Number': 'order_number', ...}}"
            )
    source_of: dict[str, Any] = {}
    for source, name in columns.items():
        if source not in df.columns:
            raise SchemaError(f"{what} has no column {source!r}{_near(str(source), [str(c) for c in df.columns])}")
        if (df.columns == source).sum() > 1:
            raise SchemaError(f"{what} has several columns named {source!r}: rename them first")
        if name not in allowed and not str(name).startswith("custom."):
            raise SchemaError(f"{name!r} (for {source!r}) is none of our columns{_near(str(name), names)}")
        if name in source_of:
            raise SchemaError(f"{source_of[name]!r} and {source!r} are both mapped to {name!r}: choose one")
        source_of[name] = source
    dates = [n for n, c in allowed.items() if c.kind in ("day", "instant")]
    for name in date_formats:
        if name not in dates:
            raise SchemaError(f"date_formats names {name!r}, which is no date column of ours{_near(name, dates)}")
    return Table(
        df, source_of, allowed, {n: issues if issues != "lines" or n in _LINE else "orders" for n in source_of}
    )


def _near(name: str, among: list[str]) -> str:
    folded = {a.casefold().replace(" ", "_"): a for a in among}
    near = difflib.get_close_matches(name.casefold().replace(" ", "_"), list(folded), n=3, cutoff=0.5)
    return f"; near names: {', '.join(repr(folded[n]) for n in near)}" if near else ""


def _left_out(table: Table) -> str:
    taken = set(table.source_of.values())
    return ", ".join(str(c) for c in table.df.columns if c not in taken)


# ---- frames ---------------------------------------------------------------------------------------------------------


def _framed(got: TableValues, n: int, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the columns that were read, and the others with nothing in them."""
    index = pd.RangeIndex(n)
    frame = pd.DataFrame(got.columns, index=index)
    missing = {c.name: _nothing(c, index) for c in columns if c.name not in frame}
    return pd.concat([frame, pd.DataFrame(missing, index=index)], axis=1)


def _nothing(c: Column, index: pd.Index) -> pd.Series[Any]:
    if c.kind == "number":
        return pd.Series(np.nan, index=index)
    if c.kind == "label":
        return pd.Series(categoricals.nothing(len(index)), index=index)
    nothing: Any = pd.NaT if c.kind in ("day", "instant") else pd.NA
    missing: pd.Series[Any] = pd.Series([nothing] * len(index), index=index, dtype=c.dtype)
    return missing


def _stripped(frame: pd.DataFrame, name: str) -> categoricals.Labels:
    column = categoricals.of_series(frame[name])
    return categoricals.each(column, [str(c).strip() or None for c in column.categories])


def _filled(column: categoricals.Labels, other: categoricals.Labels) -> categoricals.Labels:
    return categoricals.where(column.codes >= 0, column, other)


def _with_ids(
    frame: pd.DataFrame, got: TableValues, connection: str, currency: str | None, book: IssueBook
) -> pd.DataFrame:
    """Return the frame with connection, order, line and vendor ids and a currency in every row that can have one."""
    n = len(frame)
    names = ("vendor_id", "vendor_name", "order_id", "order_number", "currency", "status")
    out: dict[str, Any] = {name: _stripped(frame, name) for name in names}
    out["connection"] = _filled(categoricals.of_series(frame["connection"]), categoricals.constant(connection, n))
    position = pd.Series([str(i + 1) for i in range(n)], index=frame.index, dtype="string")
    out["vendor_id"] = _filled(one_vendor(out["vendor_id"], out["vendor_name"], out["connection"]), out["vendor_name"])
    out["order_id"] = _filled(out["order_id"], out["order_number"])
    if (out["order_id"].codes < 0).any():
        out["order_id"] = _filled(out["order_id"], categoricals.labels("#" + position))
    given = frame["line_id"].mask((frame["line_id"] == "").fillna(False))
    out["line_id"] = given.fillna("#" + position if given.notna().any() else position)  # never one that is given
    own = currency_codes(out["currency"])
    for name, beside in got.currency.items():  # "EUR 1.234,56"
        said = currency_codes(beside)
        other = (said.codes >= 0) & (own.codes >= 0) & ~categoricals.same(said, own)
        book.add(
            "lines",
            name,
            np.flatnonzero(other),
            pd.Series(said),
            "another currency beside the number than in the currency column",
        )
        own = _filled(own, said)
    if currency is not None:
        own = _filled(own, categoricals.constant(currency, n))
    return frame.assign(**(out | {"currency": own}))


def _with_heads(
    frame: pd.DataFrame, heads: pd.DataFrame, book: IssueBook
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the lines with their order's own values where they have none, the heads by the lines' order ids, and what to know."""
    by = (
        "order_id"
        if heads["order_id"].notna().any() and frame["order_id"].isin(heads["order_id"]).any()
        else "order_number"
    )
    heads = heads.assign(**{n: _stripped(heads, n) for n in ("order_id", "order_number", "vendor_id", "vendor_name", "status")},
                         currency=currency_codes(categoricals.of_series(heads["currency"])))  # fmt: skip
    key = categoricals.plain(heads[by])
    twice = key.duplicated().to_numpy() & key.notna().to_numpy()
    book.add("orders", "order_id", np.flatnonzero(twice), key, "the order is there twice: the first one is taken")
    index = pd.Index(key.mask(twice))
    at = index.get_indexer(pd.Index(categoricals.plain(frame[by])))
    at = np.where(categoricals.plain(frame[by]).isna().to_numpy(), -1, at)
    out: dict[str, Any] = {}
    for c in LINES:
        if c.name not in _ORDER or c.name in ("connection", "order_id", "order_number", "state"):
            continue
        of_order = heads[c.name].array.take(at, allow_fill=True)
        if c.kind == "label":
            out[c.name] = _filled(categoricals.of_series(frame[c.name]), categoricals.labels(of_order))
        else:
            out[c.name] = frame[c.name].where(frame[c.name].notna(), pd.Series(of_order, index=frame.index))
    orphans, alone = (
        int((at < 0).sum()),
        len(set(range(len(heads))) - set(at.tolist()) - set(np.flatnonzero(twice).tolist())),
    )
    notes = [f"{orphans:,} lines are of orders that orders= has not."] if orphans else []
    notes += [f"{alone:,} orders of orders= have no line."] if alone else []
    return frame.assign(**out), heads.assign(key=key.mask(twice), by=by), notes


def _overlaid(orders: pd.DataFrame, heads: pd.DataFrame) -> pd.DataFrame:
    """Return the orders with the values of their heads, and the heads without a line behind them."""
    by = str(heads["by"].iloc[0]) if len(heads) else "order_id"
    at = pd.Index(heads["key"]).get_indexer(pd.Index(categoricals.plain(orders[by])))
    out: dict[str, Any] = {}
    for c in ORDERS:
        if c.name in ("connection", "order_id", "order_number", "state", "n_lines"):
            continue
        of_head = pd.Series(heads[c.name].array.take(at, allow_fill=True), index=orders.index)
        if c.kind == "label":
            out[c.name] = _filled(categoricals.of_series(of_head), categoricals.of_series(orders[c.name]))
        else:
            out[c.name] = of_head.where(of_head.notna(), orders[c.name])
    return orders.assign(**out)


def _with_receipts(frame: pd.DataFrame, got: TableValues, n: int, book: IssueBook) -> tuple[pd.DataFrame, str]:
    """Return the lines with what their receipts say: no line is multiplied, however many receipts it has."""
    columns = list(_RECEIPT.values())
    receipts = _framed(got, n, columns)
    text = {c.name: categoricals.plain(receipts[c.name]) if c.kind == "label" else receipts[c.name] for c in columns}
    receipts = receipts.assign(**text)
    number = pd.Series(_stripped(receipts, "order_number")).astype("string")
    ids = pd.Series(_stripped(receipts, "order_id")).astype("string")
    by_number = frame.drop_duplicates("order_number").set_index(
        categoricals.plain(frame.drop_duplicates("order_number")["order_number"])
    )["order_id"]
    of_number = number.map(categoricals.plain(by_number).to_dict()).astype("string")
    receipts = receipts.assign(
        order_id=ids.fillna(of_number).fillna(number),
        received_date=receipts["received_date"].where(receipts["received_date"].notna(), receipts["delivered_date"]),
        quantity=receipts["quantity"].where(receipts["quantity"].notna(), receipts["received_quantity"]),
    )
    of = _receipts.line_of(receipts, frame)
    return _receipts.apply_receipts(frame, receipts, of, book)


#: Columns in which the rows of an order may differ; where they do, the order has no value of its own.
_OF_THE_ORDER = ("status", "currency", "order_date", "required_date", "approved_date", "completed_date")


def _orders_of(frame: pd.DataFrame, of: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Return one row per order: the first value that is there, and none where its rows do not agree, a blank being a value too."""
    first = frame.groupby(of, sort=False).first()
    orders = first.reindex(columns=[c.name for c in ORDERS])
    orders = orders.astype({c.name: c.dtype for c in ORDERS if c.kind != "label"})
    orders["n_lines"] = pd.array(np.bincount(of, minlength=len(orders)), dtype="Int64")
    mixed = {c: disagreeing(frame[c], of, len(orders)) for c in _OF_THE_ORDER} if len(frame) else {}
    return orders.assign(**{c: orders[c].mask(rows) for c, rows in mixed.items()}).reset_index(drop=True)


def _issues(book: IssueBook, orders: pd.DataFrame, lines: pd.DataFrame, of: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Return the issues; one of an order's column was met on a line's row, and is told with its order's id."""
    of_line = {"lines": lines["line_id"], "orders": orders["order_id"].take(of)}
    named = lines["connection"].unique()
    frame = book.frame(str(named[0]) if len(named) else "", of_line)
    if len(named) > 1:
        by_line = lines.drop_duplicates("line_id").set_index("line_id")["connection"].astype("string")
        frame["connection"] = frame["id"].map(by_line).astype("string").fillna(frame["connection"])
    return frame


def _sources(lines: pd.DataFrame, orders: pd.DataFrame, role: str, notes: str) -> pd.DataFrame:
    names = lines["connection"].drop_duplicates().tolist()
    rows = pd.DataFrame({"connection": names}).reindex(columns=[c.name for c in SOURCES])
    rows = rows.astype({c.name: "object" for c in SOURCES})
    rows["source"], rows["contract"], rows["delivery_date"], rows["notes"] = "table", "table", role, notes
    rows["n_orders"] = [int((orders["connection"] == n).sum()) for n in names]
    rows["n_lines"] = [int((lines["connection"] == n).sum()) for n in names]
    return rows.astype({c.name: c.dtype for c in SOURCES})
