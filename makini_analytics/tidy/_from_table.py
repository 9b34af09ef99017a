"""Any table of order lines - an ERP export, a CSV, a query - to the same frames as an answer of the API."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import numpy as np
import pandas as pd

from .. import units
from ..errors import ConfigError, SchemaError
from ..frames import categoricals
from . import _derive, _receipts, _status
from ._column_builder import at_places, clean_column, spread
from ._dates import parse_dates
from ._issues import IssueBook
from ._parsing import parse_values, zone
from ._schema import LINES, ORDERS, SOURCES, Column

_LINE = {c.name: c for c in LINES}
_ORDER_ONLY = {c.name: c for c in ORDERS if c.name not in _LINE and c.name != "n_lines"}
_SETTLED = {"state", "cancelled_date", "price_unit", "unit_code"}  # derived from the other columns


@dataclass(frozen=True)
class TidyTable:
    """A table as frames."""

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
) -> TidyTable:
    """Return the frames of a table of order lines; see `Purchases.from_table`."""
    if delivery_date not in ("auto", "actual", "planned"):
        raise ConfigError(f"delivery_date={delivery_date!r}: pass 'auto', 'actual' or 'planned'")
    own, tz, book = _status.check_statuses(statuses), zone(timezone), IssueBook()
    source_of, left_out = _mapping(df, columns, date_formats)
    index = pd.RangeIndex(len(df))

    got: dict[str, Any] = {}
    for name, source in source_of.items():
        if name.startswith("custom."):
            clean = clean_column(_plain(df[source]))
            got[name] = categoricals.from_texts(clean) if clean.dtype == "string" else clean
            continue
        c = _LINE.get(name) or _ORDER_ONLY[name]
        values, codes = _distinct(df[source])
        if c.kind in ("day", "instant"):
            array, problems = parse_dates(values, c, source, date_formats.get(name), tz)
        else:
            array, problems = parse_values(values, "text" if c.kind == "label" else c.kind, tz)
        if codes is not None:
            problems = at_places(problems, codes)
        if c.kind == "label":
            got[name] = categoricals.from_texts(array) if codes is None else categoricals.from_codes(array, codes)
        else:
            got[name] = array if codes is None else spread(array, codes)
        book.add_problems("lines" if name in _LINE else "orders", name, problems)
    frame = pd.DataFrame(got, index=index)
    missing = {c.name: _nothing(c, index) for c in (*LINES, *_ORDER_ONLY.values()) if c.name not in frame}
    frame = pd.concat([frame, pd.DataFrame(missing, index=index)], axis=1)
    frame = _with_ids(frame, connection, currency)

    own_status = frame["status"]
    notes = [f"Columns left out: {', '.join(left_out)}."] if left_out else []
    role = delivery_date
    if role == "auto":
        role, why, _ = _derive.weigh_delivery_date(frame, own)
        notes.append(f"The delivery date is taken as {role}: {why}.")
    frame = _derive.place_delivery_date(frame, role)
    frame = _receipts.settle_returns(frame, book)
    frame = _derive.settle_amounts(frame, book).assign(unit_code=units.understood(frame["unit_of_measure"]))

    keys = list(zip(frame["connection"], frame["order_id"], strict=True))
    of, _ = pd.factorize(pd.Series(keys, index=index, dtype=object))
    of = of.astype(np.intp)
    first = frame.groupby(of, sort=False).first()  # the first value that is not missing
    orders = first.reindex(columns=[c.name for c in ORDERS])
    orders = orders.astype({c.name: c.dtype for c in ORDERS if c.kind != "label"})
    orders["n_lines"] = pd.array(np.bincount(of, minlength=len(orders)), dtype="Int64")
    # Each row has its own status; an order whose rows differ has none.
    mixed = frame["status"].groupby(of).nunique().to_numpy() > 1 if len(frame) else np.zeros(0, dtype=bool)
    of_orders = orders.assign(status=orders["status"].mask(mixed))
    of_orders, lines = _derive.settle_states(of_orders, frame, of, own_status, own, book, listed=("lines",))
    orders = orders.assign(state=of_orders["state"])
    orders = orders.reset_index(drop=True)

    custom = [n for n in source_of if n.startswith("custom.")]
    lines = lines[[*(c.name for c in LINES), *custom]]
    issues = _issues(book, orders, lines, of)
    last = lines["updated_at"].max()
    as_of = None if last is pd.NaT else last.tz_convert(tz).tz_localize(None).normalize()
    sources = _sources(lines, orders, role, " ".join(notes))
    return TidyTable(orders, lines, issues, sources, as_of)


def _mapping(
    df: pd.DataFrame, columns: Mapping[str, str] | None, date_formats: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """Return our name -> the table's column, and the columns left out; an unknown name is an error with the near ones."""
    if not isinstance(df, pd.DataFrame):
        raise SchemaError(f"from_table takes a DataFrame, not {type(df).__name__}")
    allowed = [n for n in (*_LINE, *_ORDER_ONLY) if n not in _SETTLED]
    if columns is None:
        columns = {c: c for c in df.columns if c in allowed or str(c).startswith("custom.")}
        if not columns:
            raise SchemaError("no column has one of our names: pass columns={'PO Number': 'order_number', ...}")
    source_of: dict[str, Any] = {}
    for source, name in columns.items():
        if source not in df.columns:
            raise SchemaError(f"the table has no column {source!r}{_near(str(source), [str(c) for c in df.columns])}")
        if (df.columns == source).sum() > 1:
            raise SchemaError(f"the table has several columns named {source!r}: rename them first")
        if name not in allowed and not str(name).startswith("custom."):
            raise SchemaError(f"{name!r} (for {source!r}) is none of our columns{_near(str(name), allowed)}")
        if name in source_of:
            raise SchemaError(f"{source_of[name]!r} and {source!r} are both mapped to {name!r}: choose one")
        source_of[name] = source
    for name in date_formats:
        kind = (_LINE.get(name) or _ORDER_ONLY.get(name) or Column("", "", "")).kind
        if kind not in ("day", "instant"):
            dates = [c.name for c in _LINE.values() if c.kind in ("day", "instant")]
            raise SchemaError(f"date_formats names {name!r}, which is no date column of ours{_near(name, dates)}")
    return source_of, [str(c) for c in df.columns if c not in columns]


def _near(name: str, among: list[str]) -> str:
    folded = {a.casefold().replace(" ", "_"): a for a in among}
    near = difflib.get_close_matches(name.casefold().replace(" ", "_"), list(folded), n=3, cutoff=0.5)
    return f"; near names: {', '.join(repr(folded[n]) for n in near)}" if near else ""


def _plain(column: pd.Series) -> list[Any]:
    """Return the values as Python ones, None where missing."""
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return [None if v is pd.NaT else v for v in column]
    return [None if v is None or v is pd.NA or v is pd.NaT or v != v else v for v in column.tolist()]


def _distinct(column: pd.Series) -> tuple[list[Any], np.ndarray[Any, Any] | None]:
    """Return the distinct values of a column of texts or dates, a missing one last, and which each row has; else all values and None."""
    dates = isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M"
    if not dates and pd.api.types.infer_dtype(column, skipna=True) != "string":
        return _plain(column), None
    codes, values = pd.factorize(column)
    return [*_plain(pd.Series(values)), None], np.where(codes < 0, len(values), codes)


def _nothing(c: Column, index: pd.Index) -> pd.Series[Any]:
    if c.kind == "number":
        return pd.Series(np.nan, index=index)
    if c.kind == "label":
        return pd.Series(categoricals.missing(len(index)), index=index)
    nothing: Any = pd.NaT if c.kind in ("day", "instant") else pd.NA
    missing: pd.Series[Any] = pd.Series([nothing] * len(index), index=index, dtype=c.dtype)
    return missing


def _with_ids(frame: pd.DataFrame, connection: str, currency: str | None) -> pd.DataFrame:
    """Return the frame with connection, order, line and vendor ids in every row that can have one."""

    def stripped(name: str) -> categoricals.Labels:
        column = categoricals.from_series(frame[name])
        return categoricals.relabel(column, [str(c).strip() or None for c in column.categories])

    def filled(column: categoricals.Labels, other: categoricals.Labels) -> categoricals.Labels:
        return categoricals.where(column.codes >= 0, column, other)

    n = len(frame)
    out: dict[str, Any] = {
        name: stripped(name) for name in ("vendor_id", "vendor_name", "order_id", "order_number", "currency")
    }
    position = pd.Series([str(i + 1) for i in range(n)], index=frame.index, dtype="string")
    out["vendor_id"] = filled(out["vendor_id"], out["vendor_name"])
    out["order_id"] = filled(out["order_id"], out["order_number"])
    if (out["order_id"].codes < 0).any():
        out["order_id"] = filled(out["order_id"], categoricals.from_texts("#" + position))
    given = frame["line_id"].mask((frame["line_id"] == "").fillna(False))
    out["line_id"] = given.fillna(
        "#" + position if given.notna().any() else position
    )  # "#3" where the table has ids of its own, so that none is made twice
    out["connection"] = filled(categoricals.from_series(frame["connection"]), categoricals.constant(connection, n))
    if currency is not None:
        out["currency"] = filled(out["currency"], categoricals.constant(currency, n))
    return frame.assign(**out)


def _issues(book: IssueBook, orders: pd.DataFrame, lines: pd.DataFrame, of: np.ndarray) -> pd.DataFrame:
    """Return the issues; one in an order's column was found on a line's row, and is listed under the order's id."""
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
