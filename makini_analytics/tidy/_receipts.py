"""Receipts and return orders, joined to the order lines: when goods came, and what went back. No line is multiplied.

Makini lists receipts with the key of their order and lines of their own. How a receipt line names the order line is not public, so these
are tried in turn: its key, the order's line number, the material where only one line has it, the only line of the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import units
from ..frames import categoricals, stack
from . import _derive
from ._documents import DocumentFrames
from ._issues import IssueBook
from ._receipt_status import has_come

Positions = npt.NDArray[np.intp]
NO_LINE = "a receipt of no order line that is known; not counted"
NO_QUANTITY = "a receipt without a quantity; the line is taken as complete with its last receipt"
TOO_MUCH = "the line's receipts add up to far more than was ordered: invoices, or the same receipts again, among them?"
NOT_COME = "a receipt that is cancelled, a draft or still to come by its status; not counted"
IN_DOUBT = "a receipt whose status does not tell whether it came; counted as received"
OTHER_SUM = "the line's receipts add up to another quantity than it says was received; kept as it says"
BELOW_NOTHING = "the line's receipts add up to less than nothing: are some of them missing?"
OTHER_UNIT = "received in another unit than ordered: the quantity can't be compared"
MUCH_MORE = 1.5  # times what was ordered
_MATCHED_BY = (("order_line_id", "line_id"), ("line_id", "line_id"), ("line_number", "line_number"), ("line_ref", "line_number"),
               ("material_id", "material_id"), ("product_code", "product_code"))  # fmt: skip


def line_of(receipts: pd.DataFrame, lines: pd.DataFrame) -> Positions:
    """Return the position of each receipt line's order line, -1 where it can't be determined."""
    found = np.full(len(receipts), -1, dtype=np.intp)
    for theirs, ours in _MATCHED_BY:
        known = (lines["order_id"].notna() & lines[ours].notna() & (lines[ours] != "").fillna(False)).to_numpy(
            dtype=bool
        )
        given = receipts[theirs].notna().to_numpy(dtype=bool)
        for written in (_as_given, without_zeros) if ours == "line_number" else (_as_given,):
            if not (open_ones := (found < 0) & given).any():
                continue
            names = written(lines.loc[known, ours].astype("string"))
            key = pd.MultiIndex.from_arrays([lines.loc[known, "order_id"].astype("string"), names])
            single = ~key.duplicated(keep=False)  # a value that several lines share identifies none of them
            places = np.flatnonzero(known)[single]
            at = key[single].get_indexer(pd.MultiIndex.from_arrays([receipts["order_id"], written(receipts[theirs])]))
            hit = open_ones & (at >= 0)
            found[hit] = places[at[hit]]
    alone = lines["order_id"][~lines["order_id"].duplicated(keep=False)].dropna().astype("string")
    at = pd.Index(alone).get_indexer(pd.Index(receipts["order_id"]))
    nameless = (
        receipts[[theirs for theirs, _ in _MATCHED_BY if theirs != "line_id"]].isna().all(axis=1).to_numpy(dtype=bool)
    )
    hit = (found < 0) & (at >= 0) & nameless
    found[hit] = alone.index.to_numpy()[at[hit]]
    return found


def _as_given(texts: pd.Series) -> pd.Series:
    return texts


def without_zeros(texts: pd.Series) -> pd.Series:
    """Return numbers without the zeros and blanks before them: SAP's tables have item 00010 where its lists have 10."""
    plain = texts.str.strip()
    return plain.mask(plain.str.fullmatch(r"\d+").fillna(False).astype(bool), plain.str.lstrip("0"))


def judged_by_status(status: pd.Series) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which statuses of receipts say that nothing has come, and which do not tell; none says nothing against it."""
    codes, texts = pd.factorize(status)
    said = [has_come(str(t)) if str(t).strip() else True for t in texts]
    return np.array([*(s is False for s in said), False])[codes], np.array([*(s is None for s in said), False])[codes]


def unread(receipts: pd.DataFrame, book: IssueBook) -> npt.NDArray[np.bool_]:
    """Return which receipts have a day or quantity that was given and can't be read, or are nothing that can."""
    lost = book.unreadable("receipt lines")
    rows = np.zeros(len(receipts), dtype=bool)
    nothing = receipts.drop(columns=["order_id", "received_date"]).isna().all(axis=1)  # what a head gives its lines
    rows[np.asarray(lost.get("line_id", ()), dtype=np.intp)] = True
    rows &= nothing.to_numpy(dtype=bool)
    for ours, theirs in (("quantity", "received_quantity"), ("received_date", "delivered_date")):
        bad = np.concatenate([np.asarray(lost.get(n, ()), dtype=np.intp) for n in (ours, theirs)])
        rows[bad] |= receipts[ours].isna().to_numpy(dtype=bool)[bad]
    return rows


def lost_with_receipts(receipts: pd.DataFrame, of: Positions) -> Positions:
    """Return the lines with a receipt that can't be read: how much came, and when, is unknown."""
    return np.unique(of[receipts["unread"].to_numpy(dtype=bool) & (of >= 0)])


def check_units(receipts: pd.DataFrame, lines: pd.DataFrame, of: Positions, book: IssueBook) -> None:
    """Take no quantity that is in another unit than its line's: 100 pieces are not the 100 boxes that were ordered."""
    theirs = categoricals.to_strings(receipts["unit_of_measure"])
    ours = categoricals.to_strings(lines["unit_of_measure"])
    codes = [units.understood(u).astype("string").fillna(u.str.strip().str.casefold()) for u in (theirs, ours)]
    of_line = pd.Series(codes[1].array.take(of, allow_fill=True), dtype="string")
    other = (codes[0].reset_index(drop=True) != of_line).fillna(False).to_numpy(dtype=bool) & (of >= 0)
    other &= receipts["quantity"].notna().to_numpy(dtype=bool)
    rows = np.flatnonzero(other)
    book.add("receipt lines", "quantity", rows, theirs, OTHER_UNIT)
    book.lose("receipt lines", "quantity", rows)
    receipts.loc[receipts.index[rows], "quantity"] = np.nan


def with_lost(unreadable: Mapping[str, Positions], lines: pd.DataFrame, lost: Positions) -> dict[str, Positions]:
    """Return the rows of lines that could not be read, by column, with those whose receipts could not be."""
    out = dict(unreadable)
    for name in ("delivered_date", "received_quantity"):
        mine = lost[lines[name].isna().to_numpy(dtype=bool)[lost]]
        if len(mine):
            out[name] = np.union1d(out.get(name, mine), mine)
    return out


class Joined(NamedTuple):
    """What is counted of receipts and their lines; of the parts of a list it adds up."""

    used: int = 0  # receipts with a line and a day
    lines: int = 0  # that have one
    quantities: int = 0  # of the receipts that are used
    both: int = 0  # lines that have a delivery date of their own, too
    equal: int = 0  # of which it is the day of a receipt

    def plus(self, other: Joined) -> Joined:
        """Return the counts of both."""
        return Joined(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def note(self) -> str:
        """The sentence on what the receipts told."""
        return f"The deliveries of {self.lines:,} lines are those of their {self.used:,} receipts."

    @property
    def role(self) -> tuple[str, str] | None:
        """What the lines' delivery date means judging by their receipts, and why; None where too few lines have both."""
        if self.both < _derive.ENOUGH_LINES:
            return None
        return (
            "actual" if self.equal >= 0.9 * self.both else "planned",
            f"it is the day of a receipt on {self.equal:,} of the {self.both:,} lines that have both",
        )


def joined(lines: pd.DataFrame, receipts: pd.DataFrame, of: Positions) -> Joined:
    """Return what is counted of receipts; ``of`` is each one's line, by `line_of`, and the lines have their delivery date as it came."""
    # -1, no line, gives a missing date
    own = lines["delivered_date"].reset_index(drop=True).reindex(of).to_numpy().astype("datetime64[D]")
    day = receipts["received_date"].to_numpy().astype("datetime64[D]")
    both = ~np.isnat(day) & ~np.isnat(own)
    used = (of >= 0) & ~np.isnat(day)
    quantities = int(receipts["quantity"].notna().to_numpy(dtype=bool)[used].sum())
    n_lines = [len(pd.unique(of[which])) for which in (used, both, both & (own == day))]
    return Joined(int(used.sum()), n_lines[0], quantities, *n_lines[1:])


def apply_receipts(
    lines: pd.DataFrame, receipts: pd.DataFrame, of: Positions, book: IssueBook, *, quantities: bool
) -> pd.DataFrame:
    """Return the lines with their receipts applied; ``of`` is each receipt's line, by `line_of`.

    ``first_receipt_date`` is the day of the first receipt; ``delivered_date`` the day since which the whole quantity has been there,
    net of reversals, or the day of the last receipt where the line or one of its receipts has no quantity; ``received_quantity`` the
    sum of the receipts where the line has none of its own. Both are missing where a receipt could not be read. ``quantities`` says whether
    any receipt of the list has one: where none has, that one lacks it is no issue.
    """
    day = receipts["received_date"].to_numpy().astype("datetime64[D]")
    book.add(
        "receipt lines",
        "order_line_id",
        np.flatnonzero(of < 0),
        receipts["order_id"],
        NO_LINE,
    )
    book.add(
        "receipt lines",
        "received_date",
        np.flatnonzero((of >= 0) & np.isnat(day)),
        receipts["order_id"],
        "a receipt without a day; not counted",
    )
    used = pd.DataFrame(
        {"line": of, "day": day.astype("datetime64[us]"), "quantity": receipts["quantity"].to_numpy(dtype=float)}
    )
    used = used[(of >= 0) & ~np.isnat(day)].sort_values(["line", "day"], kind="stable")
    ordered = lines["quantity"].to_numpy(dtype=float)
    need = np.abs(ordered)[used["line"].to_numpy(dtype=int)]
    by_line = used["quantity"].groupby(used["line"])
    back = is_return(lines)[used["line"].to_numpy(dtype=int)] & (by_line.transform("sum").to_numpy() < 0)
    cumulative = by_line.cumsum().to_numpy() * np.where(back, -1, 1)  # what goes back is complete at as much below zero
    short = cumulative < need - 1e-9
    # The line is complete at the receipt that follows the last short one. Of 10 ordered, receipts of 6, 4, -1 (a reversal) and 1 add
    # up to 6, 10, 9, 10: complete at the fourth. Where the ordered quantity is missing, no receipt is short (NaN < x is False).
    last_short = (
        pd.Series(np.where(short, np.arange(len(used)), -1), index=used.index).groupby(used["line"]).transform("max")
    )
    after = used[np.arange(len(used)) > last_short.to_numpy()].groupby("line")["day"]
    uncounted = used["quantity"].isna().groupby(used["line"]).any()
    lost = lost_with_receipts(receipts, of)
    partly = used["quantity"].isna() & ~used["line"].isin(lost) & quantities
    book.add("receipt lines", "quantity", used.index[partly].to_numpy(), receipts["order_id"], NO_QUANTITY)
    first, last = (used.groupby("line")["day"].agg(how) for how in ("first", "last"))
    complete = after.first().where(~np.isnan(ordered[after.first().index]), after.last())
    complete = last.where(uncounted, complete.reindex(last.index))
    total = used.groupby("line")["quantity"].sum(min_count=1).mask(uncounted)
    complete, total = complete.drop(lost, errors="ignore"), total.drop(lost, errors="ignore")
    _doubt(lines, total, used, book)
    count = used.groupby("line").size()

    def placed(values: pd.Series, dtype: Any) -> pd.Series:
        return values.reindex(range(len(lines))).set_axis(lines.index).astype(dtype)

    has = placed(count, "Int64").notna().to_numpy(dtype=bool)
    return lines.assign(
        first_receipt_date=placed(first, "datetime64[us]"),
        n_receipts=placed(count, "Int64"),
        delivered_date=placed(complete, "datetime64[us]").where(has, lines["delivered_date"]),
        received_quantity=lines["received_quantity"].where(
            lines["received_quantity"].notna(), placed(total, "float64")
        ),
    )


def _doubt(lines: pd.DataFrame, total: pd.Series, used: pd.DataFrame, book: IssueBook) -> None:
    """Note lines whose receipts add up to far more than was ordered, or to another quantity than the line itself says."""
    at = total.index.to_numpy(dtype=int)
    ordered, own = (np.abs(lines[c].to_numpy(dtype=float)[at]) for c in ("quantity", "received_quantity"))
    sums = np.abs(total.to_numpy(dtype=float))
    last = pd.Series(used.index, index=used["line"].to_numpy()).groupby(level=0).last()  # where the line's issue stands
    rows = last.reindex(at).to_numpy(dtype=np.intp)
    told = pd.Series(sums, index=rows).reindex(range(int(used.index.max()) + 1 if len(used) else 0))
    below = (total.to_numpy(dtype=float) < 0) & ~is_return(lines)[at]
    book.add("receipt lines", "quantity", rows[below], told, BELOW_NOTHING)
    book.add("receipt lines", "quantity", rows[(sums > MUCH_MORE * ordered) & ~below], told, TOO_MUCH)
    book.add(
        "receipt lines", "received_quantity", rows[np.abs(sums - own) > 1e-9 * np.maximum(1.0, own)], told, OTHER_SUM
    )


def append_returns(
    framed: DocumentFrames, returned: DocumentFrames, book: IssueBook
) -> tuple[DocumentFrames, npt.NDArray[np.bool_]]:
    """Return the order lines with those of the return orders behind them, each under its order, and of which the order is here.

    A return that the order already has as a line (same material, same quantity) is listed and not counted, or it would be deducted twice.
    """
    first = framed.heads["order_id"].dropna().drop_duplicates().astype("string")
    at = pd.Index(first).get_indexer(pd.Index(returned.heads["order_id"].astype("string")))
    of = np.append(first.index.to_numpy(dtype=np.intp), -1)[at][returned.of]  # at is -1 where the order is not here
    there = _identity(framed.lines, framed.of)[is_return(framed.lines)]
    twice = (of >= 0) & pd.Index(_identity(returned.lines, of)).isin(set(there))
    book.add(
        "return lines",
        "line_id",
        np.flatnonzero(twice),
        returned.lines["line_id"],
        "the order has this return as a line; counted once",
    )
    keep = (of >= 0) & ~twice
    added = returned.lines.assign(is_return=pd.array([True] * len(returned.lines), dtype="boolean"))[keep]
    lines = stack([framed.lines, added])
    custom = stack([framed.line_custom, returned.line_custom[keep]])
    return framed._replace(lines=lines, line_custom=custom, of=np.concatenate([framed.of, of[keep]])), of >= 0


def _identity(lines: pd.DataFrame, of: Positions) -> npt.NDArray[np.object_]:
    """Return what identifies a return: order, material, quantity."""
    texts = [lines[c].astype("string") for c in ("material_id", "product_code", "description")]
    material = texts[0].fillna(texts[1]).fillna(texts[2])
    quantity = lines["quantity"].abs()
    keys: Sequence[Any] = list(
        zip(of.tolist(), material.astype(object).where(material.notna(), None), quantity.tolist(), strict=True)
    )
    out = np.empty(len(keys), dtype=object)
    out[:] = keys
    return out


_WORDS = {"return", "returns", "returned", "return order", "return item", "retoure", "rückgabe", "rma", "retour"}


def is_return(lines: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether a line is a return: by its flag, its type, or a negative quantity."""
    flagged = lines["is_return"].fillna(False).to_numpy(dtype=bool)
    kinds = categoricals.from_series(lines["type"])
    typed = np.array([*(str(k).strip().casefold() in _WORDS for k in kinds.categories), False])[kinds.codes]
    return np.asarray(flagged | typed | (lines["quantity"] < 0).to_numpy(dtype=bool))


def settle_returns(lines: pd.DataFrame, book: IssueBook) -> pd.DataFrame:
    """Return the lines with returns in one form: quantities and amounts negative, prices positive, ``is_return`` set."""
    returned = is_return(lines)
    out: dict[str, Any] = {"is_return": pd.array(returned, dtype="boolean")}
    if not returned.any():
        return lines.assign(**out)
    for name in ("quantity", "received_quantity", "amount", "discount", "tax"):
        column = lines[name].to_numpy(dtype=float)
        if name in ("quantity", "amount"):
            odd = np.flatnonzero(returned & (column > 0))
            book.add("lines", name, odd, lines[name], "a return given as positive; counted as negative")
        out[name] = np.where(returned, -np.abs(column), column)
    return lines.assign(**out)
