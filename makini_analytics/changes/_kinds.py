"""What happened to a line between two states of the data, and which of its columns that concerns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES, By
from ..frames import Mask
from ._sides import PRICED_BY, Ints, Sides

#: The effects in the order in which they are shown. A line has those of its kinds as bits of one number: 8 is a price, 24 a price and
#: a quantity.
EFFECTS = (
    "new orders", "late-arriving orders", "added lines", "prices", "quantities", "dates", "receipts", "released", "cancelled",
    "deleted", "vendor renamed", "currency rate", "document currency", "other window", "other changes", "time passed",
    "another definition",
)  # fmt: skip
(NEW, LATE, ADDED, PRICES, QUANTITIES, DATES, RECEIPTS, RELEASED, CANCELLED, DELETED, RENAMED, RATE, DOCUMENT, WINDOW, OTHER, TIME,
 DEFINITION) = range(len(EFFECTS))  # fmt: skip
#: The effects that a line is there, or not.
PRESENCE = (NEW, LATE, ADDED, DELETED, WINDOW)
#: What nobody knew on the earlier day: a line that has one of these is looked at from the later one.
_NEWS = (RECEIPTS, RELEASED, CANCELLED, DELETED)

_OF_COLUMN = {
    **dict.fromkeys((*PRICED_BY, "amount"), PRICES),
    "quantity": QUANTITIES,
    **dict.fromkeys(("order_date", "approved_date", "created_at", "required_date", "promised_date"), DATES),
    **dict.fromkeys(("received_quantity", "delivered_date", "first_receipt_date", "completed_date"), RECEIPTS),
    "deleted_at": DELETED,
    "vendor_id": RENAMED,
    "vendor_name": RENAMED,
}
#: What a conversion multiplies by the rate.
_IN_MONEY = ("unit_price", "discount")
_NO_DAY = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class Kinds:
    """The kinds of each line, as bits, and the kind that each column belongs to, of one line or of all."""

    mask: Ints
    of_column: Mapping[str, Any]
    differs: Mapping[str, Mask]  # column -> the lines in which it is another one

    def day(self, sides: Sides, lines: Ints, made: Ints) -> npt.NDArray[np.datetime64]:
        """Return the day from which lines are looked at in which the changes ``made`` (bits) have been made."""
        news = sum(1 << kind for kind in (*_NEWS, TIME))
        ordered = sides.column("order_date", sides.after[lines]) if "order_date" in sides.both else _NO_DAY
        # an order date after the earlier day was not known on it either
        moved = (made >> DATES & 1 == 1) & (sides.after[lines] >= 0) & (ordered > sides.day_before[lines])
        later = (made & news != 0) | moved
        return np.where(later, sides.day_after[lines], sides.day_before[lines])


def kinds_of(sides: Sides, reads: Collection[str], by: By, *, redefined: bool) -> Kinds:
    """Return what happened to each line; only columns that are read, or grouped by, count."""
    n, matched = len(sides), np.flatnonzero(sides.matched)
    rows = sides.before[matched], sides.after[matched]
    own = [by] if isinstance(by, str) else list(by or ())
    grouped = {c for name in own for part in ENTITIES.get(name, ((name,),)) for c in part}
    mask = np.zeros(n, dtype=np.int64)

    differs: dict[str, Mask] = {}
    for name in sides.both.columns:
        differs[name] = np.zeros(n, dtype=bool)
        differs[name][matched] = _differ(sides.both[name], *rows)
    of_column = _columns(sides, differs, n)
    money = "amount" in reads
    for name in sides.both.columns:
        if (name in reads or name in grouped) and name not in ("amount", "connection"):
            mask[differs[name]] |= 1 << np.broadcast_to(of_column[name], n)[differs[name]]
    if money:
        for name in ("currency", "original_currency", "rate"):
            if name in differs:
                mask[differs[name]] |= 1 << of_column[name][differs[name]]
        repriced, counted = _repriced(sides, differs)
        mask[repriced] |= 1 << PRICES
        mask[counted] |= 1 << QUANTITIES
    day_before, day_after = sides.day_before, sides.day_after
    moved = ~((day_before == day_after) | (np.isnat(day_before) & np.isnat(day_after)))
    mask[moved & sides.matched] |= 1 << TIME
    for kind, which in _presence(sides).items():
        mask[which] |= 1 << kind
    if redefined:
        mask |= 1 << DEFINITION
    return Kinds(mask, of_column, differs)


def _differ(column: pd.Series, one: Ints, other: Ints) -> Mask:
    """Return where two rows of a column have another value; two missing ones are the same."""
    if column.dtype.kind in "fM":
        array = column.to_numpy()
        a, b = array[one], array[other]
        missing = np.isnan if column.dtype.kind == "f" else np.isnat
        out: Mask = (a != b) & ~(missing(a) & missing(b))
        return out
    codes, _ = pd.factorize(column)
    differ: Mask = codes[one] != codes[other]
    return differ


def _columns(sides: Sides, differs: Mapping[str, Mask], n: int) -> dict[str, Any]:
    """Return the kind that a change of each column is; what a state or a currency belongs to depends on the line."""
    of: dict[str, Any] = {name: _OF_COLUMN.get(name, OTHER) for name in sides.both.columns}
    nothing = np.zeros(n, dtype=bool)
    is_in = {text: _either(sides, "state", text) for text in ("cancelled", "draft")}
    # a line that is marked as deleted is cancelled, too, in tidy lines, on the same day where no other is known
    gone = np.where(differs.get("deleted_at", nothing), DELETED, CANCELLED)
    of["state"] = np.where(is_in["cancelled"], gone, np.where(is_in["draft"], RELEASED, RECEIPTS))
    of["cancelled_date"] = gone
    # without a conversion the currency is the document's; after one that is the original one, and the rate goes with it
    document = differs.get("currency", nothing)
    if "original_currency" in differs:
        both_converted = ~(
            _missing(sides, "original_currency", sides.before) | _missing(sides, "original_currency", sides.after)
        )
        document = np.where(both_converted, differs["original_currency"], _other_documents(sides))
    for name in ("currency", "original_currency", "rate"):
        of[name] = np.where(document, DOCUMENT, RATE)
    return of


def _missing(sides: Sides, name: str, rows: Ints) -> Mask:
    return np.append(sides.both[name].isna().to_numpy(dtype=bool), True)[rows]


def _other_documents(sides: Sides) -> Mask:
    """Return which lines are of another document currency where one side alone was converted."""
    original = sides.both["original_currency"].fillna(sides.both["currency"])
    codes = np.append(pd.factorize(original)[0], -1)
    out: Mask = sides.matched & (codes[sides.before] != codes[sides.after])
    return out


def _either(sides: Sides, name: str, text: str) -> Mask:
    if name not in sides.both:
        return np.zeros(len(sides), dtype=bool)
    rows = np.append((sides.both[name] == text).fillna(False).to_numpy(dtype=bool), False)
    out: Mask = rows[sides.before] | rows[sides.after]
    return out


def document_amount(both: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the amount of each row in the currency of its document, and the rate that it was converted at; 1 where it was not."""
    amount = both["amount"].to_numpy()
    if "rate" not in both:
        return amount, np.ones(len(both))
    rate = np.where(both["rate"].to_numpy() > 0, both["rate"].to_numpy(), 1.0)
    return amount / rate, rate


def _repriced(sides: Sides, differs: Mapping[str, Mask]) -> tuple[Mask, Mask]:
    """Return which lines have another price, and which another quantity.

    The price is what the source says of it. Where it says nothing, an amount that moved as the quantity did, to the cent or within
    0.1 %, has the same price.
    """
    nothing = np.zeros(len(sides), dtype=bool)
    at = np.flatnonzero(sides.matched)
    rows = sides.before[at], sides.after[at]
    document, rate = document_amount(sides.both)
    old, new = (document[r] for r in rows)
    counted = differs.get("quantity", nothing)[at]
    said, told = nothing[at], nothing[at]
    for name in PRICED_BY:
        if name not in differs:
            continue
        if name in _IN_MONEY:
            ends = [sides.both[name].to_numpy()[r] / rate[r] for r in rows]
            said = said | _apart(*ends)
            told = told | ((name == "unit_price") & ~np.isnan(ends[0] + ends[1]))
        else:
            said = said | differs[name][at]
    if counted.any():
        q = [sides.column("quantity", r) for r in rows]
        expected = np.divide(old * q[1], q[0], out=np.full(len(at), np.nan), where=q[0] != 0)
        moved = ~(np.abs(new - expected) <= np.maximum(0.01, 0.001 * np.abs(new)))
        said = np.where(told, said, moved)
    repriced, of_all = nothing.copy(), nothing.copy()
    repriced[at] = _apart(old, new) & (said | ~counted)
    of_all[at] = counted
    return repriced, of_all


def _apart(old: npt.NDArray[np.float64], new: npt.NDArray[np.float64]) -> Mask:
    """Return where two numbers differ; by more than a rate leaves that is taken out of them again."""
    out: Mask = ~(np.abs(new - old) <= 1e-9 * np.abs(old)) & ~(np.isnan(old) & np.isnan(new))
    return out


def _presence(sides: Sides) -> dict[int, Mask]:
    """Return the lines that one side alone has, by why."""
    new, gone = sides.before < 0, sides.after < 0
    ordered = np.full(len(sides), _NO_DAY)
    if "order_date" in sides.both:
        ordered[new] = sides.column("order_date", sides.after[new])
    known = _order_known(sides)
    early = new & ((ordered <= sides.known_until) | known)
    out = {NEW: new & ~early, WINDOW: (early & ~known & sides.other_window) | (gone & sides.other_window)}
    out[ADDED] = early & known & ~out[WINDOW]
    out[LATE] = early & ~known & ~out[WINDOW]
    out[DELETED] = gone & ~sides.other_window
    return out


def _order_known(sides: Sides) -> Mask:
    """Return which lines are of an order that the earlier side has."""
    names = [c for c in ("connection", "order_id") if c in sides.both]
    codes = sides.both.groupby(names, dropna=False, sort=False).ngroup().to_numpy()
    known = np.zeros(len(sides), dtype=bool)
    new = sides.after >= 0
    known[new] = np.isin(codes[sides.after[new]], codes[sides.before[sides.before >= 0]])
    return known
