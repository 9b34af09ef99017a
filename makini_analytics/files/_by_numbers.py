"""What only the numbers of a file settle: discounts that are money or percent, prices per another unit, quantities that were cancelled."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import SchemaError
from ..frames import stack
from ..tidy import meaning
from ..units import understood
from ._received import NUMBERS, with_received
from ._sorted_rows import as_issues

if TYPE_CHECKING:
    from ._read_file import FileRead

Read = Callable[[pd.DataFrame, dict[Any, str]], tuple[pd.DataFrame, pd.DataFrame]]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: A number other than 0, with a sign of percent or a currency beside it or none; and one with none.
_SOME = re.compile(r"(?:[A-Z]{3}|[€$£])?\s*[-+(]?[\d.,' ]*[1-9][\d.,' ]*[-)]?\s*(?:%|[A-Z]{3}|[€$£])?")
_BARE = re.compile(r"[-+(]?[\d.,' ]*[1-9][\d.,' ]*[-)]?")
_ONE = re.compile(r"1(?:[.,]0{1,2})?")
_POWER = re.compile(r"10*(?:[.,' ]000)*(?:[.,]0{1,2})?")
_ENOUGH = 0.9  # of the lines with an amount must agree on what a discount is


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a file's rows: typed lines, and further columns read with them; ``computed`` are rows whose amount follows from the price."""

    lines: pd.DataFrame
    further: list[Floats]
    computed: Flags

    def of(self, column: str) -> Floats:
        """Return one of our columns."""
        return self.lines[column].to_numpy(dtype=float)

    @property
    def net(self) -> Floats:
        """Price x quantity / price unit."""
        per = np.nan_to_num(self.of("price_unit"), nan=1.0)
        return np.asarray(self.of("unit_price") * self.of("quantity") / per)


def settled_by_numbers(got: FileRead, read: Read) -> tuple[FileRead, pd.DataFrame]:
    """Return a file with what its numbers settle, and the issues of reading them; ``read`` reads a table and returns its lines and issues.

    Raises
    ------
    SchemaError
        Amounts would be computed, and what a discount is can't be told.
    """
    got = _with_price_units(got, read)
    got = _with_price_bases(got, read)
    got = _with_discounts(got, read)
    got = _with_cancelled(got, read)
    beside = [h for h in got.beside.values() if h in got.table.columns]
    return with_received(replace(got, table=got.table.drop(columns=beside)), read)


def _texts(got: FileRead, heading: Any) -> list[str]:
    """Return a column as texts, "" where nothing is said or no such column is there."""
    if heading is None:
        return [""] * len(got.table)
    return ["" if v is None else str(v).strip() for v in got.table[heading]]


def _numbers(got: FileRead, read: Read, further: Sequence[Any]) -> _Numbers:
    """Return the numbers of a file, those of further columns below them, so that all share one decimal mark."""
    n, names = len(got.table), {h: c for h, c in got.columns.items() if c in NUMBERS}
    own = next((h for h, c in names.items() if c == "discount"), "further numbers")
    columns = {h: [*got.table[h], *[None] * (n * len(further))] for h in names}
    columns[own] = [*columns.get(own, [None] * n)[:n], *(v for h in further for v in got.table[h])]
    lines, _ = read(pd.DataFrame(columns, dtype=object), names | {own: "discount"})
    # a discount is read with and without "%"
    all_of = lines["discount_percent"].fillna(lines["discount"]).to_numpy(dtype=float)
    there = [
        np.array([bool(t) for t in _texts(got, _heading(got, c))], dtype=bool)
        for c in ("amount", "unit_price", "quantity")
    ]
    parts = [all_of[n * i : n * (i + 1)] for i in range(1, len(further) + 1)]
    return _Numbers(lines.iloc[:n], parts, ~there[0] & there[1] & there[2])


def _heading(got: FileRead, column: str) -> Any:
    return next((h for h, c in got.columns.items() if c == column), None)


def _without_amount(got: FileRead, rows: Flags, texts: Sequence[str]) -> FileRead:
    """Return a file in which some amounts say what stands in the way of them: no numbers, so that they are missing, listed, and not computed."""
    heading = _heading(got, "amount")
    name = "amount (not computed)" if heading is None else heading
    own = [None] * len(got.table) if heading is None else got.table[heading].tolist()
    values = [t if r else v for r, t, v in zip(rows, texts, own, strict=True)]
    return _put(got, "amount", name, values)


def _put(got: FileRead, column: str, heading: Any, values: Sequence[Any]) -> FileRead:
    old = [h for h, c in got.columns.items() if c == column and h != heading]
    table = got.table.assign(**{heading: pd.Series(list(values), index=got.table.index, dtype=object)}).drop(
        columns=old
    )
    return replace(got, table=table, columns={h: c for h, c in got.columns.items() if c != column} | {heading: column})


# ---- prices ---------------------------------------------------------------------------------------------------------


def _with_price_units(got: FileRead, read: Read) -> FileRead:
    """Return a file whose prices are per the unit of the quantity, where a column says that they are per another one and how many make it.

    Where nothing says how many, there is no amount but the list's own.
    """
    heading = got.beside.get("order_price_unit")
    factors = [got.beside.get(f"price_unit_{part}") for part in ("numerator", "denominator")]
    ours, theirs = (_texts(got, h) for h in (_heading(got, "unit_of_measure"), heading))
    differ = np.array([a != b for a, b in zip(map(_unit, ours), map(_unit, theirs), strict=True)], dtype=bool)
    differ &= np.array([bool(a and b) for a, b in zip(ours, theirs, strict=True)], dtype=bool)
    if not differ.any():
        return got
    known = [f for f in factors if f is not None]
    numbers = _numbers(got, read, known)
    factor = np.full(len(differ), np.nan)
    if len(known) == len(factors):
        up, down = (np.where(f > 0, f, np.nan) for f in numbers.further)
        factor = up / down
    put = differ & ~np.isnan(factor)
    if put.any():
        per = np.nan_to_num(numbers.of("price_unit"), nan=1.0) / factor
        old = _heading(got, "price_unit")
        cells = [None] * len(put) if old is None else got.table[old].tolist()
        got = _put(got, "price_unit", f"{old or 'price unit'}, of {heading}", [float(p) if x else c for x, p, c in zip(put, per, cells, strict=True)])  # fmt: skip
        got = replace(got, notes=f"{got.notes} Prices per another unit than the quantity's, put per that by {known[0]!r} / {known[1]!r}: {put.sum():,}.")  # fmt: skip
    lost = differ & np.isnan(factor) & numbers.computed
    if lost.any():
        prices = _texts(got, _heading(got, "unit_price"))
        told = [f"{p} per {b}, of a quantity in {a}" for p, a, b in zip(prices, ours, theirs, strict=True)]
        got = _without_amount(got, lost, told)
    return got


def _with_price_bases(got: FileRead, read: Read) -> FileRead:
    """Return a file whose amounts are not computed of prices that may be for 10, 100, 1000, as a column that is not known says.

    Raises
    ------
    SchemaError
        No amount is the list's own.
    """
    for h in got.price_units if _heading(got, "price_unit") is None else ():
        texts = _texts(got, h)
        if not all(_POWER.fullmatch(t) for t in texts if t):
            continue
        rows = np.array([bool(t) and not _ONE.fullmatch(t) for t in texts], dtype=bool)
        rows &= _numbers(got, read, []).computed
        if rows.any() and _heading(got, "amount") is None:
            raise SchemaError(
                f"{h!r} may say how many a price is for, and amounts are computed as price x quantity without it: pass "
                f"columns={{{h!r}: 'price_unit'}}, or {{{h!r}: None}} where prices are for one"
            )
        if rows.any():
            prices = _texts(got, _heading(got, "unit_price"))
            got = _without_amount(got, rows, [f"{p} for {t} ({h})" for p, t in zip(prices, texts, strict=True)])
    return got


@lru_cache(maxsize=1000)
def _unit(text: str) -> str:
    """Return a unit as it is compared: "EA" and "each" are one."""
    (code,) = understood(pd.Series([text], dtype="string"))
    return str(code) if isinstance(code, str) else text.casefold()


# ---- discounts ------------------------------------------------------------------------------------------------------


def _with_discounts(got: FileRead, read: Read) -> FileRead:
    """Return a file whose discounts are money or percent as its amounts show; asked about where amounts have to be computed and none shows it."""
    some = {h: np.array([bool(_SOME.fullmatch(t)) for t in _texts(got, h)], dtype=bool) for h in got.discounts}
    further = [h for h, there in some.items() if there.any()]
    bare = np.array([bool(_BARE.fullmatch(t)) for t in _texts(got, got.bare_discount)], dtype=bool)
    if not further and not bare.any():
        return got
    numbers = _numbers(got, read, further)
    if bare.any():
        got = _money_or_percent(got, numbers, bare)
    for h, values in zip(further, numbers.further, strict=True):
        given = [numbers.of(c) for c in ("discount", "discount_percent")]  # the same once more, in the other measure
        same = np.any([np.abs(values - g) <= np.maximum(0.01, 0.001 * np.abs(values)) for g in given], axis=0)
        rows = some[h] & numbers.computed & ~same
        if h == _heading(got, "discount_percent"):  # where no money is off, it counts
            rows &= ~np.isnan(numbers.of("discount"))
        if rows.any() and _heading(got, "amount") is None:
            raise SchemaError(_question(h, _heading(got, "discount")))
        if rows.any():
            got = _without_amount(got, rows, [f"less {t} ({h})" for t in _texts(got, h)])
    return got


def _question(heading: Any, read: Any) -> str:
    """Return what to ask of a discount that is not read, beside one that is or none."""
    about = f"{heading!r} looks like a discount, and amounts are computed as price x quantity"
    if read is None or read == heading:
        ways = f"{{{heading!r}: 'discount'}} (money off the line), {{{heading!r}: 'discount_percent'}}"
        return f"{about} without it: pass columns={ways}, or {{{heading!r}: None}} where prices are less it already"
    return (
        f"{about} less {read!r} alone: give the list a column of net amounts where both count, or pass columns={{{heading!r}: None}} where prices "
        f"are less {heading!r} already, or {{{read!r}: None}} where they are less {read!r}. Where each line has but one of them, say which is "
        f"money and which is percent, as columns={{{read!r}: 'discount_percent', {heading!r}: 'discount'}}"
    )


def _money_or_percent(got: FileRead, numbers: _Numbers, bare: Flags) -> FileRead:
    """Return a file whose discounts of which nothing says what they are say it, by the lines that have an amount.

    Raises
    ------
    SchemaError
        An amount has to be computed, and none shows it.
    """
    heading, amount, off, net = got.bare_discount, numbers.of("amount"), numbers.of("discount"), numbers.net
    given = bare & ~numbers.computed & np.isfinite(amount - off - net)
    near = np.maximum(0.01, 0.001 * np.abs(amount))
    fits = {
        what: given & (np.abs(amount - net + part) <= near)
        for what, part in (("money", off), ("percent", off / 100 * net), ("shares of 1", off * net))
    }
    shown = [w for w, rows in fits.items() if (rows & ~np.any([r for o, r in fits.items() if o != w], axis=0)).any()]
    if len(shown) != 1 or fits[shown[0]].sum() < _ENOUGH * given.sum():
        if (bare & numbers.computed).any():
            raise SchemaError(
                f"nothing says whether {heading!r} is money or percent, and amounts are computed as price x quantity less it: pass "
                f"columns={{{heading!r}: 'discount'}} (money off the line) or {{{heading!r}: 'discount_percent'}}"
            )
        return got
    if shown == ["money"]:
        return got
    times = 1 if shown == ["percent"] else 100
    cells = [
        (f"{v} %" if times == 1 else f"{x * times:g} %") if b else v
        for v, x, b in zip(got.table[heading], off, bare, strict=True)
    ]
    got = _put(got, "discount", heading, cells)
    return replace(got, notes=f"{got.notes} {heading!r} is in {shown[0]}, as the amounts show.")


# ---- quantities -----------------------------------------------------------------------------------------------------


def _with_cancelled(got: FileRead, read: Read) -> FileRead:
    """Return a file with what was cancelled of each row: a line cancelled whole is cancelled, and one of which the rest has come is closed."""
    heading = got.beside.get("cancelled_quantity")
    if heading is None or not any(_texts(got, heading)):
        return got
    numbers = _numbers(got, read, [heading, *([got.open_quantity] if got.open_quantity is not None else [])])
    texts, ordered = _texts(got, heading), numbers.of("quantity")
    cancelled = np.where([bool(t) for t in texts], numbers.further[0], 0.0)
    received = numbers.of("received_quantity")
    if got.open_quantity is not None:
        received = ordered - cancelled - numbers.further[1]
    whole = (ordered > 0) & (cancelled >= ordered) & ~(received > 0)
    rest = (cancelled > 0) & (cancelled < ordered) & (received + cancelled >= ordered)
    rest &= not got.items  # what is still to come of an item stands on several of its rows
    status = [got.statuses.get(t) or meaning(t) for t in _texts(got, _heading(got, "status"))]
    ended = [w or (r and s in (None, "open")) for w, r, s in zip(whole, rest, status, strict=True)]
    if any(ended):
        old = _heading(got, "status")
        own = [None] * len(ended) if old is None else got.table[old].tolist()
        said = [("Cancelled" if w else "Closed") if e else v for w, e, v in zip(whole, ended, own, strict=True)]
        got = _put(got, "status", f"{old or 'status'}, {heading}", said)
    ids = _texts(got, _heading(got, "line_id"))
    why = f"{heading!r} is no number: whether all that is still wanted came is not known"
    told = [(ids[i], "status", texts[i], why) for i in np.flatnonzero(np.isnan(cancelled)).tolist()]
    note = f"{got.notes} What was cancelled of each line is {heading!r}."
    return replace(got, cancelled=cancelled.tolist(), notes=note, left_out=stack([got.left_out, as_issues(told)]))
