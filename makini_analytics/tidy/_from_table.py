"""Any table of order lines - an ERP export, a CSV, a query - to the same frames and the same truth as an answer of the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import units
from ..errors import SchemaError, one_of
from ..frames import categoricals
from ..system import mapping_of, near, text_of
from . import _derive, _receipts, _status
from ._currencies import currency_code, currency_signs, settled_signs, with_beside
from ._identities import disagreeing, one_vendor, split_by_vendor
from ._issues import WARNING, IssueBook, a_few, much_unreadable
from ._nothing import nothing
from ._number_format import OTHER_CURRENCY, NumberFormat
from ._parsing import zone
from ._row_checks import check_rows, check_stacked, check_zeros
from ._schema import LINES, ORDERS, SOURCES, Column
from ._table_values import Table, TableFormat, TableValues, filled, framed, read_values, stripped
from ._tables_beside import RECEIPT, overlaid, with_heads, with_receipts

#: A table beside the lines: with our names, or with what maps its names to ours.
Beside = pd.DataFrame | tuple[pd.DataFrame, Mapping[str, str]]

_LINE = {c.name: c for c in LINES}
_ORDER = {c.name: c for c in ORDERS}
_ORDER_ONLY = {c.name: c for c in ORDERS if c.name not in _LINE and c.name != "n_lines"}
#: Under which table the issues of a table beside the lines stand.
_ISSUES_OF = {"orders=": "order heads", "receipts=": "receipt lines"}
#: Columns of the lines that follow from others.
SETTLED = frozenset({"state", "unit_code", "unreadable", "first_receipt_date", "n_receipts"})


@dataclass(frozen=True)
class TidyTable:
    """What became of a table."""

    orders: pd.DataFrame
    lines: pd.DataFrame
    issues: pd.DataFrame
    sources: pd.DataFrame
    as_of: pd.Timestamp | None


def tidy_table(
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
) -> TidyTable:
    """Return the frames of a table of order lines; see `Purchases.from_table`."""
    one_of("delivery_date", delivery_date, ("auto", "actual", "planned"))
    text_of("connection", connection, "a name for the connection", plain=True)
    if currency is not None:
        currency = currency_code(
            text_of("currency", currency, "a currency code such as 'EUR'")
        )  # as the column's values are
    mapping_of("date_formats", date_formats, "a mapping such as {'order_date': '%m/%d/%y'}")
    own, book = _status.check_statuses(statuses), IssueBook()
    form = TableFormat(number_format, date_formats, zone(timezone))
    allowed = {n: c for n, c in (_LINE | _ORDER_ONLY).items() if n not in SETTLED}
    whats, tables = ["the table"], [_table("the table", df, columns, allowed, "lines", date_formats)]
    for what, beside, names in (("orders=", orders, _ORDER), ("receipts=", receipts, RECEIPT)):
        if beside is not None:
            frame, own_columns = beside if isinstance(beside, tuple) and len(beside) == 2 else (beside, None)
            mine = {n: c for n, c in names.items() if n not in ("state", "n_lines")}
            whats.append(what)
            tables.append(_table(what, frame, own_columns, mine, _ISSUES_OF[what], {}))
    got = read_values(tables, form, book)
    heads = got[1] if orders is not None else None
    arrived = got[-1] if receipts is not None else None
    notes = [
        f"Columns {'' if t is tables[0] else f'of {what} '}left out: {a_few(left)}."
        for what, t in zip(whats, tables, strict=True)
        if (left := _left_out(t))
    ]
    if columns is None:  # nobody said that they are to be left out
        notes += _meant_as_ours(tables[0], allowed)

    frame = framed(got[0], len(df), [*LINES, *_ORDER_ONLY.values()])
    frame = _with_ids(frame, got[0], connection, currency, book)
    if heads is not None:
        frame, head_rows, said = with_heads(frame, framed(heads, len(tables[1].df), ORDERS), book, currency)
        notes += said
    frame = frame.assign(currency=settled_signs(categoricals.from_series(frame["currency"])))
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
    of_receipts = None
    if arrived is not None:
        frame, on_receipts, lost, of_receipts = with_receipts(frame, arrived, len(tables[-1].df), book)
        unreadable = _receipts.with_lost(unreadable, frame, lost)
        notes.append(on_receipts)
    notes = much_unreadable(frame, unreadable, on_dates="pass date_formats= for dates of another form") + notes
    frame = _receipts.settle_returns(frame, book)
    frame, n_computed = _derive.settle_amounts(frame, book, unreadable, got[0].percent.get("discount"))
    notes += _derive.on_amounts(n_computed, len(frame))
    _tell_thousandths(tables[0], frame, book)
    frame = frame.assign(unit_code=units.understood(frame["unit_of_measure"]))

    orders_frame, lost_of_orders = _orders_of(frame, of), dict[str, npt.NDArray[np.intp]]()
    if heads is not None:
        orders_frame, head = overlaid(orders_frame, head_rows)
        lost_of_orders = {n: np.flatnonzero(np.isin(head, rows)) for n, rows in book.unreadable("order heads").items()}
    # lines have the status of their order's head where they have none of their own: then it is listed with theirs
    apart = heads is not None and not set(orders_frame["status"].dropna()) <= set(own_status.dropna())
    listed = ("orders", "lines") if apart else ("lines",)
    orders_frame, lines = _derive.settle_states(
        orders_frame, frame, of, own_status, own, book, unreadable, lost_of_orders, listed=listed
    )
    _tell_no_currency(lines, book)
    _derive.list_unknown_currencies(lines, book)
    check_rows(lines, of, book, given=dict.fromkeys(tables[0].source_of, True))
    check_stacked(df, lines, book)
    check_zeros(lines, book)

    custom = [n for n in tables[0].source_of if n.startswith("custom.")]
    lines = lines[[*(c.name for c in LINES), *custom]]
    issues = _issues(book, orders_frame, lines, of, of_receipts)
    last = lines["updated_at"].max()
    as_of = None if last is pd.NaT else last.tz_convert(form.tz).tz_localize(None).normalize()
    return TidyTable(
        orders_frame, lines, issues, _sources(lines, orders_frame, connection, role, " ".join(notes)), as_of
    )


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
    mapping_of("columns", columns, f"a mapping of the names of {what} to ours, as {{'PO Number': 'order_number'}}")
    source_of: dict[str, Any] = {}
    for source, name in columns.items():
        if source not in df.columns:
            if source in allowed and name in df.columns:
                raise SchemaError(
                    f"columns= maps the names of {what} to ours: pass {{{name!r}: {source!r}}}, not {{{source!r}: {name!r}}}"
                )
            raise SchemaError(
                f"{what} has no column {source!r}{near(str(source), [str(c) for c in df.columns], cutoff=0.5)}"
            )
        if (df.columns == source).sum() > 1:
            raise SchemaError(f"{what} has several columns named {source!r}: rename them first")
        if not isinstance(name, str) or (name not in allowed and not name.startswith("custom.")):
            raise SchemaError(f"{name!r} (for {source!r}) is none of our columns{near(str(name), names, cutoff=0.5)}")
        if name in source_of:
            raise SchemaError(f"{source_of[name]!r} and {source!r} are both mapped to {name!r}: choose one")
        source_of[name] = source
    dates = [n for n, c in allowed.items() if c.kind in ("day", "instant")]
    for name in date_formats:
        if not isinstance(name, str) or name not in dates:
            raise SchemaError(
                f"date_formats names {name!r}, which is no date column of ours{near(str(name), dates, cutoff=0.5)}"
            )
    return Table(
        df, source_of, allowed, {n: issues if issues != "lines" or n in _LINE else "orders" for n in source_of}
    )


def _left_out(table: Table) -> list[str]:
    taken = set(table.source_of.values())
    return [str(c) for c in table.df.columns if c not in taken]


def _meant_as_ours(table: Table, ours: Collection[str]) -> list[str]:
    """Return a warning for each column left out whose name is nearly one of ours that the table lacks, as delivery_date is."""
    lacking = [name for name in ours if name not in table.source_of]
    alike = {name: near(name, lacking, 0.8, parts=False) for name in _left_out(table)}
    return [f"{WARNING}the column '{name}' is left out{of}." for name, of in alike.items() if of]


# ---- frames ---------------------------------------------------------------------------------------------------------


def _with_ids(
    frame: pd.DataFrame, got: TableValues, connection: str, currency: str | None, book: IssueBook
) -> pd.DataFrame:
    """Return the frame with connection, order, line and vendor ids and a currency in every row that can have one.

    A sign of several currencies is that of the one that was passed, else it stays a sign.
    """
    n = len(frame)
    names = ("vendor_id", "vendor_name", "order_id", "order_number", "line_number", "currency", "status")
    out: dict[str, Any] = {name: stripped(frame, name) for name in names}
    out["connection"] = filled(categoricals.from_series(frame["connection"]), categoricals.constant(connection, n))
    position = pd.Series([str(i + 1) for i in range(n)], index=frame.index, dtype="string")
    out["vendor_id"] = filled(one_vendor(out["vendor_id"], out["vendor_name"], out["connection"]), out["vendor_name"])
    out["order_id"] = filled(out["order_id"], out["order_number"])
    if (out["order_id"].codes < 0).any():
        out["order_id"] = filled(out["order_id"], categoricals.from_texts("#" + position))
    given = frame["line_id"].mask((frame["line_id"] == "").fillna(False))
    out["line_id"] = given.fillna("#" + position if given.notna().any() else position)  # never one that is given
    own = currency_signs(out["currency"], currency)
    for name, beside in got.currency.items():  # "EUR 1.234,56"
        own, said, other = with_beside(own, beside, currency)
        book.add("lines", name, np.flatnonzero(other), pd.Series(said), OTHER_CURRENCY)
    if currency is not None:
        # not where one was given
        lacking = np.isin(np.arange(n), book.unreadable("lines").get("currency", []), invert=True)
        own = filled(own, categoricals.where(lacking, categoricals.constant(currency, n), categoricals.missing(n)))
    return frame.assign(**(out | {"currency": own}))


def _tell_thousandths(table: Table, frame: pd.DataFrame, book: IssueBook) -> None:
    """Tell that quantities may be a thousandth of what was read: the table's other numbers made 12.500 thousands, and amounts say 12.5."""
    given, per = table.source_of.get("quantity"), frame["price_unit"].dropna()
    if given is None or "price_unit" in table.source_of or not len(per) or not (per == 1000).all():
        return
    texts = table.df[given].dropna().astype(str).str.strip()
    if texts.str.fullmatch(r"-?[0-9]{1,3}[.,][0-9]{3}").all():
        shown = f"{str(texts.iloc[0])!r}, and amounts are price x quantity / 1000"
        book.tell("lines", "quantity", f"quantities read as thousands may have three decimals ({shown}): pass numbers")


def _tell_no_currency(lines: pd.DataFrame, book: IssueBook) -> None:
    """Tell once that no amount has a currency: a spreadsheet may show it by the form of its numbers alone, and sums add up several."""
    amounts = lines["amount"].dropna()
    if len(amounts) and lines["currency"].isna().all() and "currency" not in book.unreadable("lines"):
        n = f"{len(amounts):,} line{'s' * (len(amounts) > 1)}, {amounts.sum():,.2f}"
        book.tell("lines", "currency", f"no amount has a currency ({n}): pass currency=")


#: Columns in which the rows of an order may differ; where they do, the order has no value of its own.
_OF_THE_ORDER = ("status", "currency", "order_date", "required_date", "approved_date", "completed_date")


def _orders_of(frame: pd.DataFrame, of: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Return one row per order: the first value that is there, and none where its rows do not agree, a blank being a value too."""
    rows = np.unique(of, return_index=True)[1]
    columns, gaps = dict[str, Any](), list[str]()
    for c in ORDERS:
        values: Any = frame[c.name].array if c.name in frame else nothing(c, len(frame))
        columns[c.name] = values.take(rows)
        if pd.isna(columns[c.name]).any() and not pd.isna(values).all():
            gaps.append(c.name)
    if gaps:
        columns |= dict(frame[gaps].groupby(of).first())
    orders = pd.DataFrame(columns | {"n_lines": pd.array(np.bincount(of, minlength=len(rows)), dtype="Int64")})
    mixed = {c: disagreeing(frame[c], of, len(orders)) for c in _OF_THE_ORDER} if len(frame) else {}
    return orders.assign(**{c: orders[c].mask(rows) for c, rows in mixed.items() if rows.any()})


def _issues(
    book: IssueBook,
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    of: npt.NDArray[np.intp],
    of_receipts: pd.Series | None,
) -> pd.DataFrame:
    """Return the issues; one of an order's column was found on a line, and stands under its order's id."""
    ids = {"lines": lines["line_id"], "orders": orders["order_id"].take(of)}
    ids |= {} if of_receipts is None else {"receipt lines": of_receipts}
    named = lines["connection"].unique()
    frame = book.frame(str(named[0]) if len(named) else "", ids)
    if len(named) > 1:
        by_line = lines.drop_duplicates("line_id").set_index("line_id")["connection"].astype("string")
        frame["connection"] = frame["id"].map(by_line).astype("string").fillna(frame["connection"])
    return frame


def _sources(lines: pd.DataFrame, orders: pd.DataFrame, connection: str, role: str, notes: str) -> pd.DataFrame:
    names = lines["connection"].drop_duplicates().tolist() or [connection]
    told: dict[str, Any] = {"source": "table", "contract": "table", "delivery_date": role, "notes": notes}
    told |= {name: [value] * len(names) for name, value in told.items()} | {"connection": names}
    told["n_orders"] = [int((orders["connection"] == n).sum()) for n in names]
    told["n_lines"] = [int((lines["connection"] == n).sum()) for n in names]
    return pd.DataFrame(
        {c.name: pd.array(told[c.name], dtype=c.dtype) if c.name in told else nothing(c, len(names)) for c in SOURCES}
    )
