"""What is the same thing: a vendor with and without its id, one order number of several vendors, a currency under its sign."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import categoricals
from ._issues import IssueBook

Labels = categoricals.Labels

#: Signs that one currency alone has. "$", "¥" and "kr" are those of several, and stay what they are: a currency of their own.
_SIGNS = {
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "US$": "USD", "$US": "USD", "U$S": "USD", "USD$": "USD", "A$": "AUD", "AU$": "AUD",
    "C$": "CAD", "CA$": "CAD", "CAD$": "CAD", "HK$": "HKD", "NZ$": "NZD", "S$": "SGD", "R$": "BRL", "MX$": "MXN", "NT$": "TWD", "₹": "INR",
    "₽": "RUB", "₺": "TRY", "₩": "KRW", "₪": "ILS", "฿": "THB", "ZŁ": "PLN", "KČ": "CZK", "FR.": "CHF", "SFR.": "CHF",
}  # fmt: skip


#: Pence and cents, which a small last letter tells from pounds and rands.
_HUNDREDTHS = {"GBp": "GBX", "GBx": "GBX", "ZAc": "ZAC", "ILa": "ILA"}
#: The currencies that a sign of several may stand for: "$ 5" beside USD is no contradiction.
_SHARED_SIGNS = {
    "$": {"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "TWD", "BRL", "ARS", "CLP", "COP"},
    "¥": {"JPY", "CNY"},
    "KR": {"SEK", "NOK", "DKK", "ISK"},
    "RS": {"INR", "PKR", "LKR"},
    "RS.": {"INR", "PKR", "LKR"},
}
#: Letters that make an amount thousands, millions, billions or hundredths of what its sign says, as in "5 k€" and "5 Mn€".
_SCALES = {
    "K", "T", "TH", "TS", "TSD", "M", "MM", "MN", "MIO", "MIL", "MLN", "MLD", "MD", "MRD", "B", "BN", "BIO", "G", "L", "LK", "CR", "C", "CT", "H",
}  # fmt: skip
_LETTERS_AND_SIGN = re.compile(r"([A-Za-z]+)\W")


#: Marks of direction, joiners and blanks of no width, which nobody sees: a vendor with one of them is no other vendor.
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_OUTER = re.compile(rf"\A[\s{_UNSEEN}]+|[\s{_UNSEEN}]+\Z")


def plain_text(text: str) -> str:
    """Return a text without what is not seen around it, and with plain blanks in it.

    >>> plain_text("\u200bACME\u00a0GmbH \u200e")
    'ACME GmbH'
    """
    if text.isascii():
        return text.strip()
    return _OUTER.sub("", text).replace("\u00a0", " ").replace("\u202f", " ")


def may_stand_for(sign: str, code: str) -> bool:
    """Whether a sign can mean the currency of a code: its own one, or one of several.

    >>> may_stand_for("$", "CAD"), may_stand_for("€", "EUR"), may_stand_for("€", "USD")
    (True, True, False)
    """
    return code == _SIGNS.get(sign.upper(), sign.upper()) or code in _SHARED_SIGNS.get(sign.upper(), ())


def is_scaled_sign(text: str) -> bool:
    """Whether a sign has letters stuck to it that scale: those of a country, as in ``C$``, don't.

    >>> [is_scaled_sign(t) for t in ("k€", "M€", "T$", "C$", "TT$", "EUR€", "€", "EUR")]
    [True, True, True, False, False, False, False, False]
    """
    found = _LETTERS_AND_SIGN.fullmatch(text.strip())
    return found is not None and found[1].upper() in _SCALES and text.strip().upper() not in _SIGNS


def contradicts(beside: Labels, own: Labels) -> npt.NDArray[np.bool_]:
    """Return where the currency that stands beside a number is another one than the row's own; a shared sign fits each of its own."""
    other = (beside.codes >= 0) & (own.codes >= 0) & ~categoricals.equal(beside, own)
    for i in np.flatnonzero(other):
        other[i] = not may_stand_for(str(beside[i]), str(own[i]))
    return np.asarray(other)


def currency_codes(given: Labels) -> Labels:
    """Return currencies as upper-case codes: ``eur`` and ``€`` are EUR; a sign that several have stays apart.

    >>> currency_codes(categoricals.from_texts(["eur", " € ", "$", None])).tolist()
    ['EUR', 'EUR', '$', <NA>]
    >>> currency_codes(categoricals.from_texts(["gbp", "GBp"])).tolist()
    ['GBP', 'GBX']
    """
    return categoricals.relabel(given, [currency_code(str(c)) or None for c in given.categories])


def currency_code(text: str) -> str:
    """Return one currency as its code."""
    plain = _HUNDREDTHS.get(text.strip(), text.strip().upper())
    return _SIGNS.get(plain, plain)


@cache
def in_iso_4217(code: str) -> bool:
    """Whether a code is that of a currency, past or present, by CLDR's table, or by what is newer than an older Babel."""
    from babel.core import get_global

    return code in get_global("all_currencies") or code in {"SLE", "VED", "XCG", "ZWG"}


def is_unknown_currency(text: str) -> bool:
    """Whether a currency, as `currency_codes` has it, is neither a code of ISO 4217 nor a sign.

    >>> [is_unknown_currency(t) for t in ("EUR", "DEM", "XXX", "$", "KR", "XYZ", "RMB", "DOLLAR", "K€")]
    [False, False, False, False, False, True, True, True, True]
    """
    if is_scaled_sign(text):
        return True
    sign = text.rstrip(".") in _SHARED_SIGNS or any(unicodedata.category(c) == "Sc" for c in text)
    return not sign and not in_iso_4217(text)


def one_vendor(ids: Labels, names: Labels, connection: Labels) -> Labels:
    """Return vendor ids in which a vendor without one has that of its name, where its connection has exactly one for it."""
    lacking = np.flatnonzero((ids.codes < 0) & (names.codes >= 0))
    if not len(lacking) or not len(ids.categories):
        return ids
    table = pd.DataFrame({"connection": connection.codes, "name": names.codes, "id": ids.codes})
    known = table[(table["name"] >= 0) & (table["id"] >= 0)].drop_duplicates()
    single = known[~known.duplicated(["connection", "name"], keep=False)].set_index(["connection", "name"])["id"]
    if not len(single):
        return ids
    at = single.index.get_indexer(pd.MultiIndex.from_frame(table.loc[lacking, ["connection", "name"]]))
    codes = np.asarray(ids.codes, dtype=np.int64).copy()
    codes[lacking[at >= 0]] = single.to_numpy()[at[at >= 0]]
    return categoricals.from_codes([*map(str, ids.categories), None], codes)


def split_by_vendor(frame: pd.DataFrame, book: IssueBook) -> tuple[pd.DataFrame, npt.NDArray[np.intp], list[str]]:
    """Return the rows with an order for each vendor of an order number, each row's order by position, and a sentence if there are such.

    Two vendors never share an order: an export that has them under one number has numbered by year, plant or document type.
    """
    parts = {
        c: np.asarray(categoricals.from_series(frame[c]).codes, dtype=np.int64)
        for c in ("connection", "order_id", "vendor_id")
    }
    of, n = _orders_by_position(parts)
    named = parts["vendor_id"] >= 0
    one = np.full(n, -1, dtype=np.int64)
    one[of[named]] = parts["vendor_id"][named]
    notes = []
    if (parts["vendor_id"] != one[of])[named].any():
        key = pd.DataFrame(parts)
        known = key[named].drop_duplicates()
        several = known[known.duplicated(["connection", "order_id"], keep=False)][
            ["connection", "order_id"]
        ].drop_duplicates()
        at = pd.MultiIndex.from_frame(several).get_indexer(pd.MultiIndex.from_frame(key[["connection", "order_id"]]))
        rows = (at >= 0) & named
        order, vendor = (categoricals.to_strings(frame[c]) for c in ("order_id", "vendor_id"))
        told = pd.Series(order[rows] + " / " + vendor[rows], index=frame.index[rows])
        frame = frame.assign(order_id=categoricals.from_texts(order.mask(pd.Series(rows, index=frame.index), told)))
        book.add(
            "lines",
            "order_id",
            np.flatnonzero(rows)[np.unique(at[rows], return_index=True)[1]],  # the first line of each number
            order,
            "the number of orders of several vendors: taken as an order of each",
        )
        notes.append(f"{len(several):,} order numbers are those of several vendors, and are taken as an order of each.")
        parts["order_id"] = np.asarray(categoricals.from_series(frame["order_id"]).codes, dtype=np.int64)
        of, _ = _orders_by_position(parts)
    return frame, of, notes


def _orders_by_position(parts: Mapping[str, npt.NDArray[np.int64]]) -> tuple[npt.NDArray[np.intp], int]:
    """Return each row's order, numbered as they come, and how many there are."""
    of, orders = pd.factorize(parts["connection"] * (int(parts["order_id"].max(initial=0)) + 2) + parts["order_id"])
    return of.astype(np.intp), len(orders)


def disagreeing(column: pd.Series, of: npt.NDArray[np.intp], n: int) -> npt.NDArray[np.bool_]:
    """Return, for each order, whether its rows have different values there; a blank is a value like any other."""
    codes: Any = pd.factorize(column, use_na_sentinel=False)[0]
    first = np.full(n, -1, dtype=np.int64)
    first[of[::-1]] = codes[::-1]
    out = np.zeros(n, dtype=bool)
    out[of[codes != first[of]]] = True
    return out
