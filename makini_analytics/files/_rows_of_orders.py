"""What a list says of an order as a whole: in rows of its own among those of the lines, in totals, or once, on the first of its lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._headings import folded
from ._sorted_rows import (
    EACH,
    ITEM,
    ONCE,
    PARTNER,
    VALUE,
    Flags,
    Rows,
    blank,
    each,
    equal,
    keep,
    leave_out,
    no_line_number,
    readings,
    texts,
)
from ._total_rows import says_total

_OF_ORDER = "the row of an order, whose lines follow: left out of the lines"
_NO_LINES = "the row of an order, of which no line follows: left out of the lines"
_TOTAL = "the sum of the order's other lines, without a line number: left out of the lines"
_NO_ORDER = "no order number, and not clearly a further line of the order above: counted as an order of its own"
_WHOLE = re.compile(r"([0-9]{1,9})(?:\.0)?")


def take_headers_in(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out the rows of orders among those of lines, and give each line what only its order says."""
    kind = texts(rows.cells, meant["record_type"]).map(folded)
    head = (kind.str.contains("header") | kind.isin(["po", "order", "purchaseorder"])).to_numpy(dtype=bool)
    if not head.any() or head.all() or "order_number" not in meant:
        return
    number = texts(rows.cells, meant["order_number"])
    for name, place in meant.items():
        if name in ONCE and name != "order_number":
            of_order = dict(zip(number[head], rows.cells[place][head], strict=True))
            mine = rows.cells[place]
            given = [v if v is not None else of_order.get(n) for v, n in zip(mine, number, strict=True)]
            rows.cells[place] = pd.Series(given, index=rows.cells.index, dtype=object)
    _leave_out_heads(rows, head, meant)
    keep(rows, ~head)


def _leave_out_heads(rows: Rows, head: Flags, meant: Mapping[str, int]) -> None:
    """Report the rows of orders whose lines have what they say."""
    leave_out(rows, head, meant, _OF_ORDER)
    rows.notes.append(f"Rows of orders, not of lines, whose values were given to their lines: {head.sum():,}.")


def take_heads_above(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out rows that only say what an order is, where its lines stand below them without that, and give it to each line.

    Such a row has a vendor or a day, and no item; its quantity and amount are blank, or the sums of the lines below. A list without
    items is understood where they are blank: its lines are told from totals by being no sums.
    """
    if (
        "order_number" not in meant
        or not meant.keys() & set(PARTNER)
        or not meant.keys() & set(VALUE)
        or not len(rows.cells)
    ):
        return
    order = rows.cells[meant["order_number"]]
    given, headless = order.notna().to_numpy(dtype=bool), blank(rows, meant, PARTNER)
    no_item, has_value = _without_item(rows, meant), ~blank(rows, meant, VALUE)
    begins = given & ~headless
    if not (begins & no_item).any():
        return
    block = np.cumsum(begins) - 1
    owner = np.flatnonzero(begins)[block]  # of rows above the first one, the last one: they are left as they are below
    line = headless & has_value & (block >= 0) & (~given | (order.to_numpy() == order.to_numpy()[owner]))
    line &= ~each(rows.cells.bfill(axis=1).iloc[:, 0], says_total)
    if (line & ~no_item).any():
        line &= ~no_item
        bare = _adds_up(rows, meant, owner, line, begins)
    else:
        line &= ~_sums_above(rows, meant, block, line)
        bare = ~has_value
    bare &= begins & no_item & blank(rows, meant, ("unit_price", "open_quantity", "received_quantity"))
    line &= bare[owner]
    head = bare & (np.bincount(owner[line], minlength=len(owner)) > 0)
    if not head.any():
        return
    for name in (n for n in meant if n in ONCE - EACH):
        own = rows.cells[meant[name]]
        filled = own.where(own.notna() | ~line, pd.Series(own.to_numpy()[owner], index=own.index, dtype=object))
        rows.cells[meant[name]] = filled
    alone = bare & ~head & ~has_value
    _leave_out_heads(rows, head, meant)
    leave_out(rows, alone, meant, _NO_LINES)
    keep(rows, ~(head | alone))


def drop_order_totals(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out the rows that add up the lines of their order under its own number: the one without a line number, where the others have one.

    One row alone may be a charge that happens to be as large: it takes two orders, and no order where it is otherwise, or the sum of the
    quantities as well. Else it stays, and is reported as what looks like a total.
    """
    if not {"order_number", "line_number", "amount"} <= meant.keys() or not len(rows.cells):
        return
    codes, orders = pd.factorize(rows.cells[meant["order_number"]])
    without = (codes >= 0) & _without_item(rows, meant) & blank(rows, meant, ("unit_price",))
    numbered = (codes >= 0) & ~no_line_number(rows, meant)
    if not without.any() or not numbered.any():
        return
    per = [np.bincount(codes[flags], minlength=len(orders))[codes] for flags in (without, numbered, codes >= 0)]
    maybe = without & (per[0] == 1) & (per[1] > 0) & (per[0] + per[1] == per[2])
    first = np.zeros(len(codes), dtype=np.intp)
    first[codes[maybe]] = np.flatnonzero(maybe)
    total = maybe & _adds_up(rows, meant, first[codes], numbered, maybe) & ~blank(rows, meant, ("amount",))
    several = per[1] > 1
    if total.sum() < 2 or (maybe & ~total).any() or not (total & several).any():  # some number their lines from 0
        total &= several & ~blank(rows, meant, ("quantity",))
    if total.any():
        leave_out(rows, total, meant, _TOTAL)
        rows.notes.append(f"Rows that add up the lines of their order, left out: {total.sum():,}.")
        keep(rows, ~total)


def _without_item(rows: Rows, meant: Mapping[str, int]) -> Flags:
    """Return the rows that name no item; a line number of 0 is none, and a description such as "Total" neither."""
    out = no_line_number(rows, meant) & blank(rows, meant, ("product_code", "material_id"))
    if "description" in meant:
        said = rows.cells[meant["description"]]
        out = out & (said.isna().to_numpy(dtype=bool) | each(said, says_total))
    return np.asarray(out)


def _adds_up(rows: Rows, meant: Mapping[str, int], owner: npt.NDArray[np.intp], parts: Flags, wholes: Flags) -> Flags:
    """Return the rows among ``wholes`` whose amount and quantity are the sums of the parts that they own, or blank."""
    out = wholes.copy()
    for name in (n for n in ("amount", "quantity") if n in meant):
        fits = rows.cells[meant[name]].isna().to_numpy(dtype=bool, copy=True)
        for number in readings(rows, meant[name]):
            fits |= equal(np.bincount(owner[parts], number[parts], len(owner)).astype(float), number)
        out &= fits
    return out


def _sums_above(rows: Rows, meant: Mapping[str, int], block: npt.NDArray[np.intp], lines: Flags) -> Flags:
    """Return the rows whose value is the sum of those above, of their order or, in the last row, of all."""
    name = next(n for n in VALUE if n in meant)
    out = np.zeros(len(block), dtype=bool)
    at = np.flatnonzero(lines)
    for number in readings(rows, meant[name]):
        value, of = np.nan_to_num(number[at]), block[at]
        by = pd.Series(value).groupby(of)
        above, n_above = by.cumsum().to_numpy() - value, by.cumcount().to_numpy()
        out[at] |= (n_above > 1) & equal(above, number[at])
        if len(at) > 2 and not out[at[-1]]:
            out[at[-1]] = bool(equal(value[:-1][~out[at[:-1]]].sum(keepdims=True), number[at[-1:]])[0])
    return out


def fill_receipts(rows: Rows, meant: Mapping[str, int]) -> None:
    """Fill order and line of the further receipts of a line, where they stand on the first one only: a receipt has a day, a total none."""
    if not {"order_number", "delivered_date"} <= meant.keys() or not len(rows.cells):
        return
    order = rows.cells[meant["order_number"]]
    receipt = ~blank(rows, meant, ("delivered_date",)) & ~blank(rows, meant, VALUE)
    receipt &= ~each(rows.cells.bfill(axis=1).iloc[:, 0], says_total)
    none = order.isna().to_numpy(dtype=bool)
    below = none & np.maximum.accumulate(~none) & receipt
    again = (order == order.shift()).to_numpy(dtype=bool) & receipt
    same = (below | again) & blank(rows, meant, ITEM) & bool(meant.keys() & set(ITEM))
    if not (below | same).any():
        return
    kept = ~order.isna().to_numpy(dtype=bool) | below
    for names, filled in (("order_number",), below), (ITEM, same):
        for place in (meant[n] for n in names if n in meant):
            # where one receipt names an item and another does not, the blank one is not the item above
            last = rows.cells[place].where(kept).to_numpy(copy=True)
            for i in np.flatnonzero(filled).tolist():
                last[i] = last[i - 1] if i else None
            rows.cells[place] = pd.Series(
                np.where(filled, last, rows.cells[place]), index=rows.cells.index, dtype=object
            )
    rows.notes.append(f"Further receipts of a line, where order and line were filled down: {(below | same).sum():,}.")


def fill_down(rows: Rows, meant: Mapping[str, int]) -> None:
    """Fill the cells that an order has on its first line only; lines whose order number is blank belong to the order above."""
    if "order_number" not in meant or not len(rows.cells):
        return
    order = rows.cells[meant["order_number"]]
    none = order.isna().to_numpy(dtype=bool)
    below = none & np.maximum.accumulate(~none)  # before the first order there is nothing to fill from
    # A line that has a vendor or a day of its own and no order number is no further line of the order above, unless it says the same.
    below &= blank(rows, meant, PARTNER) | _goes_on(rows, meant, below)
    if not below.any():
        return
    filled = []
    group = np.cumsum(~below) - 1
    for name, at in meant.items():
        own = rows.cells[at]
        blanks = below & own.isna().to_numpy(dtype=bool)
        if name not in ONCE or name in EACH or not blanks.any():
            continue
        if name not in PARTNER and (below & ~blanks).any():
            continue  # a column that lines fill themselves is theirs
        out = own.to_numpy(copy=True)
        out[blanks] = own.to_numpy()[~below][group[blanks]]
        rows.cells[at] = pd.Series(out, index=rows.cells.index, dtype=object)
        filled.append(name)
    rows.notes.append(
        f"Lines below their order's first one, where {', '.join(filled)} were filled down: {below.sum():,}."
    )


def tell_without_order(rows: Rows, meant: Mapping[str, int]) -> None:
    """Tell the lines that are left without an order number, where others have one: each becomes an order of its own."""
    if "order_number" not in meant or "order_id" in meant:
        return
    none = rows.cells[meant["order_number"]].isna().to_numpy(dtype=bool)
    for i in np.flatnonzero(none & (not none.all())).tolist():
        row, cells = int(rows.cells.index[i]), rows.cells.iloc[i]
        value = next((str(cells[meant[c]]) for c in VALUE if c in meant and cells[meant[c]] is not None), None)
        rows.doubts.append((row, "order_number", value, f"row {row} of the file: {_NO_ORDER}"))


def _goes_on(rows: Rows, meant: Mapping[str, int], below: Flags) -> Flags:
    """Return the rows without an order number that repeat the vendor and the day of the order above, and whose line numbers go on from it."""
    out = np.zeros(len(below), dtype=bool)
    if "line_number" not in meant or not below.any():
        return out
    found = [_WHOLE.fullmatch(t) for t in texts(rows.cells, meant["line_number"])]
    number = np.array([int(m[1]) if m else -1 for m in found])
    rises = below & (number > np.roll(number, 1)) & (np.roll(number, 1) > 0)
    first = np.maximum.accumulate(np.where(below, 0, np.arange(len(below))))
    for name in (n for n in PARTNER if n in meant):
        own = rows.cells[meant[name]].to_numpy()
        rises &= np.array([v is None or v == own[i] for v, i in zip(own, first.tolist(), strict=True)], dtype=bool)
    broken = pd.Series(below & ~rises).groupby(first).cummax().to_numpy(dtype=bool)
    out = rises & ~broken
    return np.asarray(out)
