"""Known orders that a full fetch would now show otherwise, though they did not change: by their receipts, returns and names.

An update reads the orders that changed, and what stands beside orders whole. A receipt that came since, a vendor that was renamed or a
line that moved away changes orders that are not among those. What is known of an order is enough to see that; to mend it, its record is
needed. In doubt an order is stale: it is asked for once more than necessary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..frames import to_strings
from . import _derive, _receipts, _status
from ._beside import tell_orphans, tidy_receipts, tidy_returns
from ._issues import IssueBook
from ._names import KEYED_NAMES, Records, material_texts, names_by_key
from ._parsing import zone
from ._schema import LINES

#: What the lines of a return order give, and an order line built of them has unchanged; ``abs`` where its sign is set anew.
_SIGNED = ("quantity", "received_quantity", "amount", "discount", "tax")
_PLACED = ("delivered_date", "promised_date", "is_return", "line_id")


def stale_by_receipts(lines: pd.DataFrame, records: Iterable[Any], timezone: str) -> set[str]:
    """Return the orders with a line whose deliveries are no longer those of its receipts.

    ``lines`` are those of one connection, numbered from 0. A received quantity that is not the sum of the receipts may be the line's
    own or an old sum, so its order is stale.
    """
    book = IssueBook()
    receipts = tidy_receipts(records, zone(timezone), book)
    own = lines.assign(received_quantity=np.nan)
    of = _receipts.line_of(receipts, lines)
    now = _receipts.apply_receipts(own, receipts, of, book, quantities=False)
    differs = _differs(now["n_receipts"], lines["n_receipts"])
    differs |= _differs(now["first_receipt_date"], lines["first_receipt_date"])
    differs |= _differs(now["delivered_date"], lines["delivered_date"])
    has = now["n_receipts"].notna().to_numpy(dtype=bool)
    differs |= has & _differs(now["received_quantity"].abs(), lines["received_quantity"].abs())
    return _orders_of(lines, differs)


def stale_by_returns(lines: pd.DataFrame, records: Iterable[Any], timezone: str) -> set[str]:
    """Return the orders with a return that is not among their ``lines`` as it now is."""
    framed = tidy_returns(records, zone(timezone), IssueBook())
    returned = framed.lines.assign(order_id=to_strings(framed.heads["order_id"]).take(framed.of).to_numpy())
    known = lines[lines["is_return"].fillna(False).to_numpy(dtype=bool)]
    key = ["order_id", "line_id"]
    at = pd.MultiIndex.from_frame(known[key].astype("string"))
    if not at.is_unique or returned["line_id"].isna().any():
        return set(returned["order_id"].dropna())
    place = at.get_indexer(pd.MultiIndex.from_frame(returned[key].astype("string")))
    there = known.take(np.where(place < 0, 0, place)) if len(known) else known.reindex(range(len(returned)))
    differs = place < 0
    for c in LINES:
        if not c.sources or c.name in _PLACED or c.name not in returned:
            continue
        now, then = (_comparable(f[c.name]) for f in (returned, there))
        if c.name in _SIGNED:
            now, then = now.abs(), then.abs()
        # what a return does not give itself may be its order's, its material's or computed
        differs |= now.notna().to_numpy(dtype=bool) & _differs(now, then)
    custom = pd.Index(framed.line_custom.columns)
    for name in custom:
        then = there[name] if name in there else pd.Series(pd.NA, index=there.index)
        differs |= _differs(framed.line_custom[name].astype("string"), then.astype("string"))
    return _orders_of(returned, differs)


def stale_by_names(orders: pd.DataFrame, lines: pd.DataFrame, lookups: Mapping[str, Records]) -> set[str]:
    """Return the orders with a name that is not the one of its key, in their own row or in one of their lines.

    ``lookups`` are the lists that were had, then as now. A name may be the order's own: its order is stale all the same, except by a
    list that names nothing at all.
    """
    return {i for frame in (orders, lines) for i in _orders_of(frame, _misnamed(frame, lookups))}


def _misnamed(frame: pd.DataFrame, lookups: Mapping[str, Records]) -> np.ndarray[Any, Any]:
    out = np.zeros(len(frame), dtype=bool)
    tables = [(k.column, k.key, names_by_key(lookups, k), k.keeps_key, "") for k in KEYED_NAMES if k.lookup in lookups]
    if "materials" in lookups:
        texts = [(c, material_texts(lookups["materials"], c)) for c in LINES if c.of_material]
        tables += [(c.name, "material_id", table, False, c.otherwise) for c, table in texts]
    for column, key, names, keeps_key, otherwise in tables:
        if not names or key not in frame or column not in frame:
            continue
        keys = to_strings(frame[key])
        expected = keys.map(names).astype("string")
        if keeps_key:
            expected = expected.fillna(keys)
        if otherwise:
            expected = expected.fillna(to_strings(frame[otherwise]))
        out |= keys.notna().to_numpy(dtype=bool) & _differs(expected, to_strings(frame[column]))
    return out


def moved_away(lines: pd.DataFrame, fresh: pd.DataFrame) -> set[str]:
    """Return the orders among whose ``lines`` is one that now stands under an order of ``fresh``."""
    return _orders_of(lines, lines["line_id"].isin(fresh["line_id"].dropna()).to_numpy(dtype=bool))


def told_beside(
    lines: pd.DataFrame, orders: pd.Series, records: Mapping[str, Sequence[Any]], connection: str, timezone: str
) -> tuple[pd.DataFrame, str]:
    """Return the issues of receipts, and of returns whose order is not here, and the note on receipts, "" without any.

    Of all lines, numbered from 0, and order ids of a connection, and the ``records`` of both.
    """
    tz, book, note = zone(timezone), IssueBook(), ""
    receipts = tidy_receipts(records.get("receipts", ()), tz, book)
    if len(receipts):
        of = _receipts.line_of(receipts, lines)
        counts = _receipts.joined(lines, receipts, of)
        _receipts.apply_receipts(lines, receipts, of, book, quantities=counts.quantities > 0)
        note = counts.note
    framed = tidy_returns(records.get("returns", ()), tz, IssueBook())
    of_order = to_strings(framed.heads["order_id"]).take(framed.of)
    tell_orphans(framed, of_order.isin(orders).to_numpy(dtype=bool), book)
    return book.frame(connection, {"receipt lines": receipts["order_id"]}), note


def weighed_again(
    lines: pd.DataFrame, role: str, receipts: Iterable[Any], timezone: str, statuses: Mapping[str, str] | None
) -> tuple[str, str] | None:
    """Return what the delivery date of known lines means, and why, as the evidence is now; None where they don't hold all of it.

    A delivery date that receipts replaced is lost, and so is the sign of a returned quantity.
    """
    given = lines["delivered_date" if role == "actual" else "promised_date"]
    before = lines.assign(delivered_date=given)
    has = lines["n_receipts"].notna().any()
    if has:
        if role == "actual":
            return None
        rows = tidy_receipts(receipts, zone(timezone), IssueBook())
        return _receipts.joined(before, rows, _receipts.line_of(rows, lines)).role
    returned = lines["is_return"].fillna(False) & given.notna() & lines["received_quantity"].notna()
    if returned.any():
        return None
    return _derive.weigh_delivery_date(before, _status.check_statuses(statuses))[:2]


def _comparable(column: pd.Series) -> pd.Series:
    return to_strings(column) if isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype) else column


def _differs(a: pd.Series, b: pd.Series) -> np.ndarray[Any, Any]:
    """Return where two columns have different values; two missing ones are the same."""
    a, b = a.reset_index(drop=True), b.reset_index(drop=True)
    both = (a.notna() & b.notna()).to_numpy(dtype=bool)
    one = (a.notna() != b.notna()).to_numpy(dtype=bool)
    if pd.api.types.is_float_dtype(a.dtype):
        off = ~np.isclose(a.to_numpy(dtype=float, na_value=np.nan), b.to_numpy(dtype=float, na_value=np.nan), atol=1e-9)
    else:
        off = (a != b).fillna(False).to_numpy(dtype=bool)
    return np.asarray(one | (both & off))


def _orders_of(rows: pd.DataFrame, which: np.ndarray[Any, Any]) -> set[str]:
    return set(to_strings(rows["order_id"])[which].dropna())
