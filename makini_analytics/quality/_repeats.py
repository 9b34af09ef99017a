"""What is there twice inside one connection: the same order line again, and the same purchase under two order numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES, order_ids
from ..frames import Mask, counts_as_spend, encode, first_known, numbers, pairs, texts_of, values

Codes = npt.NDArray[np.int64]

#: What lines that stand for one another must share beside their order, where no line number tells them apart.
_ALL_THE_SAME = (
    "description",
    "order_date",
    "required_date",
    "promised_date",
    "delivered_date",
    "site_id",
    "unit_price",
)
#: Numbers are compared to so many bits, about ten digits: rounding in a different order of operations shows only beyond them.
_BITS = 32


def repeated_lines(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the order lines that are there more than once, a row for each, with what the further ones count for.

    The same line is one of the same ``line_id``, or of the same order, line number, quantity and amount, as a join with receipts makes
    of it; where lines have no number, one that is the same in all that describes it. That may be meant: it has a lower score, and so
    have lines of one number that are due on different days, as instalments are.
    """
    amount, counts = numbers(lines, "amount"), counts_as_spend(lines)
    connection, ids = _codes(values(lines, "connection", "string")), _codes(values(lines, "line_id", "string"))
    order, line = _codes(order_ids(lines)["order"]), _codes(values(lines, "line_number", "string"))
    same = [connection, order, _numbered(numbers(lines, "quantity")), _numbered(amount)]
    numbered = np.zeros(len(lines), dtype=bool)
    numbered[at := _groups(counts & (order >= 0) & (line >= 0), [*same, line])[0]] = True
    due = _codes_of(_due(lines), at)
    again = "the same order, line number, quantity and amount"
    item = _item(lines)
    # without a line number, an item must be named: rows of which nothing is known are alike in nothing
    bare = counts & (order >= 0) & (line < 0) & (item >= 0) & ~np.isnan(amount)
    described = [item, *(_codes_of(values(lines, c, "float64"), np.flatnonzero(bare)) for c in _ALL_THE_SAME)]
    found = []
    told = np.zeros(len(lines), dtype=bool)
    for rows, key, score, why in (
        (counts & (ids >= 0), [connection, ids], 100.0, "the same line_id"),
        (numbered, [*same, line, due], 100.0, again),
        (numbered & (due >= 0), [*same, line], 50.0, f"{again}; not the same due date"),
        (numbered, [*same, line], 100.0, again),
        (
            bare,
            [*same, *described],
            75.0,
            "no line number, and all else the same: order, item, dates, quantity and amount",
        ),
    ):
        at, group = _groups(rows & ~told, key)
        if not len(at):
            continue
        told[at] = True
        size = np.bincount(group)
        first, last = _ends(group)
        extra = np.bincount(group, weights=np.nan_to_num(amount[at])) * (size - 1) / size
        several = np.flatnonzero(size > 1)
        said = [f"{n} times: {why}" if n > 2 else why for n in size[several].tolist()]
        found.append(
            _suggested(lines, "repeated line", at[first[several]], at[last[several]], extra[several], score, said)
        )
    return _joined(found)


def repeated_orders(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of orders of one connection that share lines of the same vendor, item, day and amount.

    Each order is told beside the first one that it repeats - one with the same dates, where there is such - with the value of the lines
    in question. The score is the share of the lines of the longer of the two that are repeated; of those of which site, quantity or a
    date differs only a part counts.
    """
    amount = numbers(lines, "amount")
    connection, order = _codes(values(lines, "connection", "string")), _codes(order_ids(lines)["order"])
    key = [
        first_known(lines, ENTITIES["vendor"][0]).codes.astype(np.int64),
        _item(lines),
        _codes(values(lines, "order_date", "datetime64[us]")),
        _numbered(amount),
    ]
    rows = counts_as_spend(lines) & (amount != 0) & np.logical_and.reduce([k >= 0 for k in (order, *key)])
    order = pd.factorize(order * (int(connection.max(initial=0)) + 2) + connection + 1)[0].astype(np.int64)
    at, group = _groups(rows, [connection, *key, _codes(values(lines, "currency", "string"))])
    if not len(at):
        return _joined([])
    due, delivered = _codes_of(_due(lines), at), _codes_of(values(lines, "delivered_date", "datetime64[us]"), at)
    at, origin = _origins(at, group, order, (due, delivered))
    again = np.flatnonzero(origin != np.arange(len(at)))
    if not len(again):
        return _joined([])
    one, other = at[origin[again]], at[again]
    earlier, later, place = pairs(order[one], order[other])
    n = np.bincount(place)
    value = np.bincount(place, weights=amount[other]).astype(float)
    of_order = np.bincount(order[rows], minlength=int(order.max()) + 1)
    site = first_known(lines, ("site_id", "site_name")).codes.astype(np.int64)
    quantity = _codes_of(values(lines, "quantity", "float64"), at)
    facts = {"site": site, "quantity": quantity, "due date": due, "delivered date": delivered}
    # what one of the two does not say is neither the same nor another
    apart = {k: (code[one] != code[other]) & (np.minimum(code[one], code[other]) >= 0) for k, code in facts.items()}
    # two days are those of two deliveries, as of call-offs and instalments
    less = 0.25 * apart["site"] + 0.25 * apart["quantity"] + 0.5 * (apart["due date"] | apart["delivered date"])
    alike = np.bincount(place, weights=1 - less)
    score = 100 * np.minimum(alike / np.maximum(of_order[earlier], of_order[later]), 1.0)
    differ = {name: np.bincount(place, weights=rows_differ) > 0 for name, rows_differ in apart.items()}
    shown_one, shown_other = np.zeros(len(n), dtype=np.int64), np.zeros(len(n), dtype=np.int64)
    shown_one[place[::-1]], shown_other[place[::-1]] = one[::-1], other[::-1]
    said = []
    for i, lines_alike in enumerate(n.tolist()):
        odd = [name for name, pairs_differ in differ.items() if pairs_differ[i]]
        count = f"{lines_alike:,} line{'s' if lines_alike > 1 else ''} of the same vendor, item, day and amount"
        said.append(count + (f"; not the same {', '.join(odd)}" if odd else ""))
    return _joined([_suggested(lines, "repeated order", shown_one, shown_other, value, score, said)])


def _origins(
    at: npt.NDArray[np.intp], group: Codes, order: Codes, dates: Sequence[Codes]
) -> tuple[npt.NDArray[np.intp], Codes]:
    """Return the rows anew, and the position of the one that each repeats, its own where none: the first of an earlier order in its group.

    One that has the same dates comes before others: of call-offs of which one was entered twice, it repeats that one.
    """
    # the rows of an order in a group together, the orders as they come
    rank = pd.factorize(group * (int(order.max()) + 1) + order[at])[0].astype(np.int64)
    sort = np.argsort(rank, kind="stable")
    at, group, rank = at[sort], group[sort], rank[sort]
    origin = np.arange(len(at))
    for code in (None, *dates):
        if code is not None:
            group = pd.factorize(group * (int(code.max()) + 2) + code[at] + 1)[0].astype(np.int64)
        first = _ends(group)[0][group]
        origin = np.where(rank[first] < rank, first, origin)
    return at, origin


def _suggested(
    lines: pd.DataFrame,
    kind: str,
    one: npt.NDArray[np.intp],
    other: npt.NDArray[np.intp],
    value: npt.NDArray[np.float64],
    score: float | npt.NDArray[np.float64],
    evidence: Sequence[str],
) -> pd.DataFrame:
    """Return suggestions in the columns of `duplicates`: of lines their ids, of orders theirs; both are named by the order."""
    out: dict[str, object] = {"kind": kind}
    for prefix, rows in (("", one), ("other_", other)):
        number, order, line, id_of_line = (
            pd.Series(texts_of(lines, c, rows)) for c in ("order_number", "order_id", "line_number", "line_id")
        )
        name = number.fillna(order)
        of_line = kind == "repeated line"
        out[f"{prefix}connection"] = texts_of(lines, "connection", rows)
        out[f"{prefix}id"] = id_of_line if of_line else order
        out[f"{prefix}name"] = (name + " / " + line).fillna(name) if of_line else name
    out |= {"score": score, "evidence": list(evidence), "value": value}
    return pd.DataFrame(out | {"currency": texts_of(lines, "currency", one)})


def _joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    known = [p for p in parts if len(p)]
    return pd.concat(known, ignore_index=True) if known else pd.DataFrame()


def _due(lines: pd.DataFrame) -> pd.Series:
    """Return the day on which each line was to come, as it was asked for, else as it was promised."""
    asked, promised = (values(lines, c, "datetime64[us]") for c in ("required_date", "promised_date"))
    return asked.fillna(promised)


def _item(lines: pd.DataFrame) -> Codes:
    return first_known(lines, (*ENTITIES["material"][0], "description")).codes.astype(np.int64)


def _codes(column: pd.Series) -> Codes:
    return encode(column, sort=False).codes.astype(np.int64)


def _codes_of(column: pd.Series, at: npt.NDArray[np.intp]) -> Codes:
    """Return the codes of some rows, which are few; -1 for all others."""
    out = np.full(len(column), -1, dtype=np.int64)
    out[at] = _codes(column.iloc[at])
    return out


def _numbered(number: npt.NDArray[np.float64]) -> Codes:
    """Return a code for each number, -1 where it is missing; to ten digits, since a cent is much where a screw costs a hundredth of it."""
    part, power = np.frexp(number)
    rounded: npt.NDArray[np.float64] = np.ldexp(np.round(np.ldexp(part, _BITS)), power - _BITS)
    return pd.factorize(rounded)[0].astype(np.int64)


def _groups(rows: Mask, key: Sequence[Codes]) -> tuple[npt.NDArray[np.intp], Codes]:
    """Return the rows that share their whole key with another one, and which group each is in, numbered as they come."""
    at = np.flatnonzero(rows)
    group, n = np.zeros(len(at), dtype=np.int64), 1
    # what tells most rows apart comes first: who is alone in some columns is alone in all, and is asked no more
    for code in sorted(key, key=lambda code: -int(code.max(initial=0))):
        part = code[at] + 1
        width = int(part.max(initial=0)) + 1
        group, n = group * width + part, n * width
        if n > 4 * len(at):
            group = pd.factorize(group)[0].astype(np.int64)
            n = int(group.max(initial=0)) + 1
        shared = np.bincount(group, minlength=n)[group] > 1
        if not shared.all():
            at, group = at[shared], group[shared]
    return at, pd.factorize(group)[0].astype(np.int64)


def _ends(group: Codes) -> tuple[Codes, Codes]:
    """Return the position of each group's first and last member."""
    n = int(group.max()) + 1
    first, last = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    places = np.arange(len(group))
    last[group] = places
    first[group[::-1]] = places[::-1]
    return first, last
