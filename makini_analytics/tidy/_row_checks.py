"""Rows that are no order lines, or are there twice: totals, headers among details, repeated lines, a table stacked on itself.

Nothing is taken away: what looks like a total may be a line. Each such row is an issue with the amount at stake, so that a sum that
is too large has its reason beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import categoricals
from ._issues import IssueBook

Mask = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]

#: How reports in the languages of people's exports head a total, without accents.
_TOTAL = re.compile(
    r"(?:grand |sub)?totals?(?: general| generale| geral| general)?|total general|sous total|subtotal|sum|overall(?: result)?"
    r"|(?:gesamt|zwischen|end)?summe|gesamt(?:ergebnis|betrag)?|ergebnis|somme|suma|razem|totale(?: generale)?|totaal|eindtotaal|som"
)
#: What stands behind the name of a group, as spreadsheets head their subtotals: "4711 Total", "ACME GmbH Ergebnis".
_BEHIND = re.compile(
    r"(.+) (?:(?:sub)?totals?|(?:zwischen|gesamt)?summe|(?:gesamt)?ergebnis|result|sum|somme|suma|razem|totale|totaal|som)"
)
#: What every one of them has in it: only such texts are looked at closely.
_MAYBE_TOTAL = re.compile("tot|sum|som|gesamt|ergebnis|razem|overall|result", re.IGNORECASE)
#: Of the order numbers of a table, more that are words are how it numbers.
_FEW_WORDS = 0.5
_REPEATED = "the line_id of an earlier row: the same line twice?"
_SAME_LINE = (
    "the order's line of an earlier row again, with the same amount: a join with receipts or schedule lines repeats it"
)
_SAME_LINE_OTHERWISE = "the order's line of an earlier row again, with another quantity or amount: a revision, a release, or the list of another day?"
_ORDER_TOTAL = "the same amount on each line of an order, whatever the quantity: the order's total, counted again?"
_CELLS_WITH_TOTALS = ("order_number", "vendor_name", "vendor_id", "line_number", "description", "product_code")


def check_rows(lines: pd.DataFrame, of: npt.NDArray[np.intp], book: IssueBook, *, given: Mapping[str, bool]) -> None:
    """Note the rows of a table that are no lines or are there twice; ``given`` says which columns the table has itself."""
    amount = lines["amount"].to_numpy(dtype=float)
    total = _totals(lines, amount)
    _note(book, lines, total, amount, "looks like a total row: no order line, but counted as one")
    header = _headers(lines, of, amount) & ~total
    _note(book, lines, header, amount, "looks like the order's header: its amount is the sum of the order's other rows")
    told = total
    if given.get("line_id"):
        repeated = lines.duplicated(["connection", "line_id"]).to_numpy() & ~total
        _note(book, lines, repeated, amount, _REPEATED)
        told = total | repeated
    if given.get("line_number"):
        known = lines["line_number"].notna().to_numpy() & ~told
        key = pd.DataFrame({"of": of, "line": _codes(lines["line_number"]), "amount": amount, "n": lines["quantity"]})
        repeated = np.zeros(len(lines), dtype=bool)
        repeated[known] = key[known].duplicated().to_numpy()
        _note(book, lines, repeated, amount, _SAME_LINE)
        _note(book, lines, _otherwise(lines, key, known & ~repeated), amount, _SAME_LINE_OTHERWISE)
    if given.get("amount") and given.get("quantity"):
        _note(book, lines, _order_totals(lines, of, amount), amount, _ORDER_TOTAL)


def _otherwise(lines: pd.DataFrame, key: pd.DataFrame, known: Mask) -> Mask:
    """Whether a row is an earlier one's line of the order with another quantity or amount, and no part of it with a day of its own.

    What was cancelled and what goes back do not double a line. Parts of a line, as schedule lines and deliveries are, have one price and a
    day each.
    """
    out = np.zeros(len(lines), dtype=bool)
    amount, number = key["amount"].to_numpy(dtype=float), key["n"].to_numpy(dtype=float)
    live = known & ~lines["state"].isin(["cancelled"]).to_numpy(dtype=bool) & ~(amount < 0) & ~(number < 0)
    line = key[["of", "line"]]
    at = np.flatnonzero(live)[line[live].duplicated(keep=False).to_numpy()]
    if not len(at):
        return out
    rows = lines.iloc[at]
    by = [key["of"].to_numpy()[at], key["line"].to_numpy()[at]]
    price = rows["unit_price"].fillna(key["amount"].iloc[at].set_axis(rows.index) / rows["quantity"])
    prices = price.groupby(by)
    low, high = prices.transform("min"), prices.transform("max")
    parts = ~(high - low > 0.001 * high.abs()).to_numpy()
    days = [rows[c].groupby(by) for c in ("required_date", "promised_date", "delivered_date")]
    n = rows["quantity"].groupby(by).transform("size")
    apart = np.logical_or.reduce([(d.transform("nunique") == n).to_numpy() for d in days])
    out[at] = line.iloc[at].duplicated().to_numpy() & ~(parts & apart)
    return out


def _order_totals(lines: pd.DataFrame, of: npt.NDArray[np.intp], amount: npt.NDArray[np.float64]) -> Mask:
    """Whether a row repeats its order's amount, where every order of several lines has one amount on all of them, and other quantities.

    Where there are prices, they tell which amounts don't fit. Two repetitions make it more than a chance.
    """
    out = np.zeros(len(lines), dtype=bool)
    frame = pd.DataFrame({"amount": amount, "quantity": lines["quantity"].to_numpy(dtype=float)})
    rows = frame["amount"].notna() & (frame["amount"] != 0) & frame["quantity"].notna()
    by = frame[rows].groupby(of[rows.to_numpy()])
    n, distinct = by.size(), by.nunique()
    several = n > 1
    if lines["unit_price"].notna().any() or not several.any() or (n[several] - 1).sum() < 2:
        return out
    same, differ = distinct["amount"][several] == 1, distinct["quantity"][several] > 1
    if same.all() and differ.any():
        at = np.flatnonzero(rows)
        out[at] = pd.Series(of[at]).duplicated().to_numpy()
    return out


def check_line_ids(
    lines: pd.DataFrame, book: IssueBook, repeated: Hashes | None = None, seen: set[str] | None = None
) -> None:
    """Note the lines of a connection whose id an earlier line has.

    Of a part of a list ``repeated`` are the hashes of ids that the list has more than once, and ``seen`` such ids in earlier parts.
    """
    if repeated is None:
        repeated = repeated_hashes([hashes_of(lines["line_id"])])
    if len(repeated):
        doubtful = lines["line_id"].where(np.isin(hashes_of(lines["line_id"]), repeated))
        again = doubtful.notna() & (doubtful.duplicated() | doubtful.isin(list(seen or ())))
        if seen is not None:
            seen |= set(doubtful.dropna())
        _note(book, lines, again.to_numpy(dtype=bool), lines["amount"].to_numpy(dtype=float), _REPEATED)


def hashes_of(ids: pd.Series) -> Hashes:
    """Return a number for each id, the same for the same id."""
    return pd.util.hash_array(ids.to_numpy(dtype=object), categorize=False)


def repeated_hashes(hashes: Sequence[Hashes]) -> Hashes:
    """Return the hashes that are there more than once: they tell in half the time that no id is repeated, as nearly always."""
    every = np.sort(np.concatenate(hashes))
    return np.unique(every[1:][every[1:] == every[:-1]])


def check_zeros(lines: pd.DataFrame, book: IssueBook) -> None:
    """Note that some vendors or orders are two by the zeros before their numbers alone, as SAP's tables have them and its lists don't."""
    for name in ("vendor_id", "order_number"):
        column = categoricals.from_series(lines[name])
        texts = {str(column.categories[code]) for code in np.unique(column.codes[column.codes >= 0])}
        padded = sorted(t for t in texts if t[:1] == "0" and t.isdecimal())
        forms = {t.lstrip("0"): t for t in texts if t[:1] != "0"} if padded else {}
        both = [(first, t) for t in padded if (first := forms.setdefault(t.lstrip("0"), t)) != t]
        if both:
            book.tell(
                "lines",
                name,
                f"numbers with more and with fewer zeros before them count as others: {len(both):,}, as {' and '.join(both[0])}",
            )


def check_stacked(df: pd.DataFrame, lines: pd.DataFrame, book: IssueBook) -> None:
    """Note that the second half of a table is the first one again."""
    half, odd = divmod(len(df), 2)
    if odd or half < 2 or not df.iloc[:half].reset_index(drop=True).equals(df.iloc[half:].reset_index(drop=True)):
        return
    second = np.zeros(len(df), dtype=bool)
    second[half:] = True
    why = "the table's second half is its first half again"
    _note(book, lines, second, lines["amount"].to_numpy(dtype=float), why)


def _note(book: IssueBook, lines: pd.DataFrame, rows: Mask, amount: npt.NDArray[np.float64], why: str) -> None:
    at = np.flatnonzero(rows)
    if len(at):
        book.add("lines", "line_id", at, _at_stake(lines, amount), why)


def _at_stake(lines: pd.DataFrame, amount: npt.NDArray[np.float64]) -> pd.Series:
    """Return what each row counts for, as an issue shows it."""
    texts = [None if np.isnan(a) else repr(float(a)) for a in amount]
    return pd.Series(texts, index=lines.index, dtype="string")


def _totals(lines: pd.DataFrame, amount: npt.NDArray[np.float64]) -> Mask:
    """Whether a row is headed as a total, or has no vendor, no order or day, and the sum of the rows above or a word for its order; the sum tells one with a vendor and no item, too."""
    out = np.zeros(len(lines), dtype=bool)
    for name in _CELLS_WITH_TOTALS:
        texts = categoricals.from_series(lines[name])
        behind = subtotals(map(str, texts.categories))
        headed = [
            bool(_MAYBE_TOTAL.search(text)) and (text in behind or _is_total(text))
            for text in map(str, texts.categories)
        ]
        out |= np.array([*headed, False])[np.asarray(texts.codes)]
    # a description such as "Total station" is of a line: a total has no item, unit or price of its own
    own = lines["unit_price"].notna() | lines["unit_of_measure"].notna() | lines["material_id"].notna()
    out &= ~own.to_numpy()
    nobody = (lines["vendor_name"].isna() & lines["vendor_id"].isna()).to_numpy() & ~own.to_numpy()
    nameless = nobody & (lines["order_number"].isna() | lines["order_date"].isna()).to_numpy()
    # what no line has, this row does not lack
    here = lines[["vendor_name", "vendor_id", "order_number", "order_date"]].notna().to_numpy()
    nameless &= (~here & here.any(axis=0)).any(axis=1)
    out |= nameless & _unnumbered(lines) & lines["product_code"].isna().to_numpy()
    above = np.cumsum(np.where(out, 0.0, np.nan_to_num(amount)))
    totals = 0.0  # that stand in the sums above
    # a spreadsheet's row of totals counts the vendors, too, and has no day
    dateless = ~own.to_numpy() & lines[["order_date", "line_number", "product_code"]].isna().all(axis=1).to_numpy()
    nameless |= dateless & ~lines["order_date"].isna().all()
    for i in np.flatnonzero(nameless & ~out & ~np.isnan(amount)):
        rest = above[i] - amount[i] - totals
        if i > 1 and abs(rest - amount[i]) <= 0.005 + 1e-9 * abs(rest):
            out[i] = True
            totals += amount[i]
    return out


def _unnumbered(lines: pd.DataFrame) -> Mask:
    """Whether a row has a word where nearly all have an order number with a digit: "Average", "Anzahl", a total in any language."""
    orders = categoricals.from_series(lines["order_number"])
    words = np.array([*(not any(map(str.isdigit, str(c))) for c in orders.categories), False])[np.asarray(orders.codes)]
    return words if words.sum() <= _FEW_WORDS * len(words) else np.zeros(len(words), dtype=bool)


def _is_total(text: str) -> bool:
    """Whether a text heads a total: "Grand total", "Summe:", or "Total - ACME"."""
    folded = _folded(text)
    return bool(_TOTAL.fullmatch(folded)) or folded.startswith("total ")


def subtotals(texts: Iterable[str]) -> set[str]:
    """Return the texts that are another one with a word for a total behind it.

    >>> sorted(subtotals(["4711", "4711 Ergebnis", "ACME", "ACME - Total", "Castrol Total"]))
    ['4711 Ergebnis', 'ACME - Total']
    """
    known = list(texts)
    maybe = {t: found[1] for t in known if _MAYBE_TOTAL.search(t) and (found := _BEHIND.fullmatch(_folded(t)))}
    names = {_folded(t) for t in known} if maybe else set()
    return {t for t, name in maybe.items() if name in names}


def _headers(lines: pd.DataFrame, of: npt.NDArray[np.intp], amount: npt.NDArray[np.float64]) -> Mask:
    """Whether a row has no line number, item or price, as the order's others have, and their sum as its amount, and as its quantity if any."""
    number = categoricals.from_series(lines["line_number"])
    numbered = np.array([*(str(n).strip("0. ") != "" for n in number.categories), False])[np.asarray(number.codes)]
    own = numbered | (lines["material_id"].notna() | lines["product_code"].notna()).to_numpy()
    quantity = lines["quantity"].to_numpy(dtype=float)
    bare = ~own & lines["unit_price"].isna().to_numpy() & ~np.isnan(amount)
    if not bare.any():
        return np.zeros(len(lines), dtype=bool)
    n = int(of.max()) + 1
    named = np.bincount(of, weights=own, minlength=n)[of]
    parts = own | (named == 0)  # where no row is named, each is compared with the others
    others = np.where(named > 0, named, np.bincount(of, minlength=n)[of] - 1)
    for values in (amount, quantity):
        sums = np.bincount(of, weights=np.where(parts, np.nan_to_num(values), 0.0), minlength=n)[of]
        sums -= np.where(parts, np.nan_to_num(values), 0.0)
        bare &= np.isnan(values) | (np.abs(sums - values) <= 0.005 + 1e-9 * np.abs(values))
    counted = ~np.isnan(quantity)
    return np.asarray(bare & (counted | (named > 0)) & (others > np.where(counted, 1, 0)))  # two may be of one price


def _codes(column: pd.Series) -> Any:
    return categoricals.from_series(column).codes


def _folded(text: str) -> str:
    """Return a text without case, accents and punctuation."""
    split = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c if c.isalnum() else " " for c in split if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain).strip()
