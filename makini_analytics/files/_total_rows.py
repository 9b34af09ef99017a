"""Rows that add up others, and the titles and feet of pages: left out where they are certainly no lines, else kept and told by the check of all tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import numpy as np

from ..tidy import subtotals
from ._headings import total_words
from ._sorted_rows import (
    ITEM,
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
)

#: What a line has and a sum of lines has not, where a list has it.
_OF_A_LINE = (*PARTNER, "line_number", "unit_price", "unit_of_measure")
_TOTAL = "a total of other rows: left out of the lines"
_GROUP = "neither order, item nor value, as the row of a group: no line"
_PAGE = "the title or foot of a page: no line"


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    words = "|".join(map(re.escape, total_words()[kind]))
    form = {
        "words": rf"\W*(?:{words})\b(?!\s*[&/])|\*+$",
        "behind": rf".*[\s_-](?:{words})\W*$",
        "pages": rf"(?:.*\s)?(?:{words})\W*\d+(?:\W+(?:\w+\W+)?\d+)?$",
    }[kind]
    return re.compile(form, re.IGNORECASE)


def says_total(text: str) -> bool:
    """Whether a text begins as the first cell of a total row does.

    >>> says_total("Total - ACME"), says_total("Gesamtsumme"), says_total("** EUR"), says_total("**"), says_total("4500012345")
    (True, True, False, True, False)
    """
    return _pattern("words").match(text.strip()) is not None


def _says_total_behind(text: str) -> bool:
    """Whether a text ends as the first cell of a total row may: "Warehouse total". So may the name of a thing, as "Freight total" is."""
    return _pattern("behind").match(text.strip()) is not None


def says_page(text: str) -> bool:
    """Whether a text is the number of a page.

    >>> [says_page(t) for t in ("Page 2 of 2", "Seite: 3", "31.12.2025 Page 1/4", "Page 2 holder", "Pages", "Blatt 100x200 mm")]
    [True, True, True, False, False, False]
    """
    plain = text.strip()
    return plain[-1:].isdigit() and _pattern("pages").match(plain) is not None


def drop_main_lines(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out the row that NetSuite's searches give for an order as a whole, beside those of its lines: it has no item.

    Its value is that of all of them together, so that sums would be twice what was ordered.
    """
    if not {"order_number", "product_code"} <= meant.keys():
        return
    order = rows.cells[meant["order_number"]]
    without = blank(rows, meant, ("product_code",)) & no_line_number(rows, meant) & order.notna().to_numpy(dtype=bool)
    without &= ~each(order, says_total)
    main = without & order.isin(order[~without]).to_numpy(dtype=bool)
    if main.any():
        leave_out(rows, main, meant, "the order as a whole, beside its lines: left out of the lines")
        rows.notes.append(f"Rows of orders as a whole, beside those of their lines, left out: {main.sum():,}.")
        keep(rows, ~main)


def drop_totals(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out the rows that are certainly no lines: totals of others, the rows of groups, the titles and feet of pages.

    A total says so and has no item, or has a value and neither an order nor an item. Where order numbers have digits, a row whose number is
    words and that has nothing of a line but a value is one, too, if its words end so or if it adds up the rows above. Anything else
    may be a line, as a charge for freight is: it stays, and is told as what looks like a total.
    """
    if "order_number" not in meant or not len(rows.cells):
        return
    _drop_pages(rows, meant)
    orders = rows.cells[meant["order_number"]]
    no_order = orders.isna().to_numpy(dtype=bool)
    behind = subtotals(map(str, orders.dropna().unique()))  # "4711 Total"
    headed = each(orders, lambda text: text in behind)
    bare = blank(rows, meant, _OF_A_LINE)
    of_bare = orders.where(bare)  # few, of many orders
    of_page = each(of_bare, says_page)
    worded = (_without_digit(rows, meant) if bare.any() else bare) | of_page
    # for no order, whatever stands in the column of items; a list of orders has no values
    stands = worded & bare & bool(meant.keys() & set(VALUE))
    named = headed | each(orders, says_total)
    certain = named | (stands & (of_page | each(of_bare, _says_total_behind)))
    suspect = no_order | certain | stands
    if not suspect.any():
        return
    places = [meant[n] for n in ITEM if n in meant]
    has_value = ~blank(rows, meant, VALUE)
    totals, groups = (np.zeros(len(rows.cells), dtype=bool) for _ in range(2))
    for i in np.flatnonzero(suspect).tolist():
        cells = rows.cells.iloc[i]
        # An item may be called Total, and so may a vendor: a row with an order number or an item of its own is a line.
        no_item = all(cells[p] is None or says_total(str(cells[p])) for p in places)
        says = certain[i] or says_total(str(next(c for c in cells if c is not None)))
        totals[i] = (no_item or (stands[i] and certain[i])) and (says or (has_value[i] and no_order[i]))
        groups[i] = no_item and not totals[i] and not has_value[i]
    totals |= stands & blank(rows, meant, ITEM) & ~totals & _adds_up_above(rows, meant, totals, stands)
    if groups.any():
        leave_out(rows, groups, meant, _GROUP)
        rows.notes.append(f"Rows without order, item and value, left out: {groups.sum():,}.")
    if totals.any():
        values = leave_out(rows, totals, meant, _TOTAL)
        at = ", ".join(str(r) for r in rows.cells.index[totals][:3]) + (", ..." if totals.sum() > 3 else "")
        stake = f": {'; '.join(values[:3])}{'; ...' if len(values) > 3 else ''}" if values else ""
        rows.notes.append(f"Totals of other rows, left out: {totals.sum():,} (row {at}{stake}).")
    keep(rows, ~(totals | groups))


def _without_digit(rows: Rows, meant: Mapping[str, int]) -> Flags:
    """Return the rows whose order number is words, where most that head no total have a digit."""
    orders = rows.cells[meant["order_number"]]
    words = each(orders, lambda text: not any(map(str.isdigit, text)))
    n_words, n = (words & ~each(orders, says_total)).sum(), (orders.notna().to_numpy(dtype=bool) & ~words).sum()
    return words if n_words < n else np.zeros(len(words), dtype=bool)


def _drop_pages(rows: Rows, meant: Mapping[str, int]) -> None:
    """Leave out the rows with the number of a page and neither a value nor an item."""
    of_lines = sorted({meant[n] for n in (*VALUE, *ITEM) if n in meant})
    n_filled = rows.cells[of_lines].notna().sum(axis=1).to_numpy()
    maybe = rows.cells[n_filled <= 1]  # the number may stand in one of them
    page = np.zeros(len(rows.cells), dtype=bool)
    if not len(maybe) or not meant.keys() & set(VALUE):
        return
    found = {place: each(maybe[place], says_page) for place in map(int, maybe.columns)}
    other = np.logical_or.reduce([maybe[p].notna().to_numpy(dtype=bool) & ~found[p] for p in of_lines])
    page[n_filled <= 1] = np.logical_or.reduce(list(found.values())) & ~other
    if page.any():
        leave_out(rows, page, meant, _PAGE)
        rows.notes.append(f"Titles and feet of pages, left out: {page.sum():,}.")
        keep(rows, ~page)


def _adds_up_above(rows: Rows, meant: Mapping[str, int], totals: Flags, maybe: Flags) -> Flags:
    """Return the rows among ``maybe`` whose value is the sum of several rows above that are no totals: of all, or of those since the last total."""
    out = np.zeros(len(totals), dtype=bool)
    name = next((n for n in VALUE if n in meant), None)
    if name is None or not (maybe & ~totals).any():
        return out
    for number in readings(rows, meant[name]):
        parts: list[float] = []
        since = 0
        for i, value in enumerate(number.tolist()):
            sums = [parts, parts[since:]]
            if maybe[i] and any(len(p) > 1 and equal(np.nansum(p, keepdims=True), np.array([value]))[0] for p in sums):
                out[i] = True
            if totals[i] or out[i]:
                since = len(parts)
            else:
                parts.append(value)
    return out
