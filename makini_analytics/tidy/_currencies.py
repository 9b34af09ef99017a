"""Currencies by their codes: a sign of one, a sign of several that the row or the caller settles, and what is none."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from ..frames import categoricals
from ._dates import LANGUAGES

Labels = categoricals.Labels

#: Signs of one currency, by themselves. "$", "¥" and "kr" are those of several, and stay what they are: a currency of their own.
_SIGNS = {
    "€": "EUR", "£": "GBP", "US$": "USD", "$US": "USD", "U$S": "USD", "USD$": "USD", "A$": "AUD", "AU$": "AUD",
    "C$": "CAD", "CA$": "CAD", "CAD$": "CAD", "HK$": "HKD", "NZ$": "NZD", "S$": "SGD", "R$": "BRL", "MX$": "MXN", "NT$": "TWD", "₹": "INR",
    "₽": "RUB", "₺": "TRY", "₩": "KRW", "₪": "ILS", "฿": "THB", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "FR.": "CHF", "SFR.": "CHF",
}  # fmt: skip


#: Pence and cents, which a small last letter tells from pounds and rands.
_HUNDREDTHS = {"GBp": "GBX", "GBx": "GBX", "ZAc": "ZAC", "ILa": "ILA"}
#: The currencies that a sign of several may stand for: "$ 5" beside USD is no contradiction, and "£ 5" is GBP unless another is stated.
_SHARED_SIGNS = {
    "$": {
        "USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "TWD", "BRL", "ARS", "CLP", "COP", "UYU", "DOP", "CUP", "JMD", "TTD", "BBD", "BSD", "BZD",
        "BMD", "BND", "FJD", "GYD", "KYD", "LRD", "NAD", "SBD", "SRD", "XCD", "NIO", "TOP", "WST", "MOP",
    },
    "£": {"GBP", "EGP", "LBP", "SYP", "SDG", "SSP", "GIP", "FKP", "SHP", "IMP", "JEP", "GGP"},
    "¥": {"JPY", "CNY", "CNH", "RMB"},
    "₩": {"KRW", "KPW"},
    "FR": {"CHF", "XOF", "XAF", "XPF", "FRF", "BEF", "LUF", "DJF", "GNF", "RWF", "BIF", "KMF"},
    "KR": {"SEK", "NOK", "DKK", "ISK"},
    "LEI": {"RON", "MDL"},
    "RS": {"INR", "PKR", "LKR", "NPR", "MUR", "SCR"},
}  # fmt: skip
#: Letters that make an amount thousands, millions, billions or hundredths of what its sign says, as in "5 k€" and "5 Mn€".
_SCALES = {
    "K", "T", "TH", "TS", "TSD", "M", "MM", "MN", "MIO", "MIL", "MLN", "MLD", "MD", "MRD", "B", "BN", "BIO", "G", "L", "LK", "CR", "C", "CT", "H",
}  # fmt: skip
_LETTERS_AND_SIGN = re.compile(r"([A-Za-z]+)\W")


def _may_be(sign: str) -> set[str]:
    return _SHARED_SIGNS.get(sign.strip().upper().rstrip("."), set())


def is_shared_sign(text: str) -> bool:
    """Whether a currency, as `currency_codes` has it, is a sign of several that has no currency by itself."""
    return bool(_may_be(text)) and currency_code(text) == text


def may_stand_for(sign: str, code: str) -> bool:
    """Whether a sign can mean the currency of a code: its own one, or one of several.

    >>> may_stand_for("$", "CAD"), may_stand_for("€", "EUR"), may_stand_for("€", "USD")
    (True, True, False)
    """
    return code == currency_code(sign) or code in _may_be(sign)


def is_scaled_sign(text: str) -> bool:
    """Whether a sign has letters stuck to it that scale: those of a country, as in ``C$``, don't.

    >>> [is_scaled_sign(t) for t in ("k€", "M€", "T$", "C$", "TT$", "EUR€", "€", "EUR")]
    [True, True, True, False, False, False, False, False]
    """
    found = _LETTERS_AND_SIGN.fullmatch(text.strip())
    return found is not None and found[1].upper() in _SCALES and text.strip().upper() not in _SIGNS


def with_beside(own: Labels, beside: Labels, stated: str | None = None) -> tuple[Labels, Labels, npt.NDArray[np.bool_]]:
    """Return the rows' currencies with those beside their numbers where they have none, those beside, and where they contradict.

    A sign of several fits each of its own: of "$" and "CAD" the row's currency is CAD, whichever of them stands beside the number. The
    rows' are those of `currency_signs`; the result, too, in which "£" is not yet GBP: another place may still say which it is.

    >>> own, beside = (categoricals.from_texts(t) for t in (["CAD", "$", "EUR", None], ["$", "CAD", "$", "$"]))
    >>> taken, _, other = with_beside(own, beside)
    >>> taken.tolist(), other.tolist()
    (['CAD', 'CAD', 'EUR', '$'], [False, False, True, False])
    """
    said = currency_signs(beside, stated)
    other = (beside.codes >= 0) & (own.codes >= 0) & ~categoricals.equal(said, own)
    clearer = np.zeros(len(own), dtype=bool)
    rows = np.flatnonzero(other)
    mine, n = np.asarray(own.codes, dtype=np.int64)[rows], max(len(beside.categories), 1)
    pairs, of = np.unique(mine * n + np.asarray(beside.codes)[rows], return_inverse=True)
    texts = [(str(own.categories[i // n]), str(beside.categories[i % n])) for i in pairs]
    # "Fr" and "Fr." are two spellings of one sign, of which the second settles it
    alike = [bool(_may_be(code)) and _may_be(code) == _may_be(sign) for code, sign in texts]
    fits = [may_stand_for(sign, code) or one for (code, sign), one in zip(texts, alike, strict=True)]
    settles = [
        may_stand_for(code, _sign(sign)) or (one and _sign(sign) in _SIGNS)
        for (code, sign), one in zip(texts, alike, strict=True)
    ]
    other[rows], clearer[rows] = ~np.array(fits, dtype=bool)[of], np.array(settles, dtype=bool)[of]
    return categoricals.where((own.codes >= 0) & ~clearer, own, said), said, other & ~clearer


def currency_codes(given: Labels, stated: str | None = None) -> Labels:
    """Return currencies as upper-case codes: ``eur`` and ``€`` are EUR; a sign that several have is that of ``stated``, or stays apart.

    >>> currency_codes(categoricals.from_texts(["eur", " € ", "$", None])).tolist()
    ['EUR', 'EUR', '$', <NA>]
    >>> currency_codes(categoricals.from_texts(["gbp", "GBp"])).tolist()
    ['GBP', 'GBX']
    >>> currency_codes(categoricals.from_texts(["$", "£", "€"]), "CAD").tolist()
    ['CAD', 'GBP', 'EUR']
    """
    return categoricals.relabel(given, [currency_code(str(c), stated) or None for c in given.categories])


def currency_signs(given: Labels, stated: str | None = None) -> Labels:
    """Return the same, with every sign of several as it is: "£" is GBP only where nothing else says whose pounds they are.

    >>> currency_signs(categoricals.from_texts(["eur", "$", "£"])).tolist()
    ['EUR', '$', '£']
    """
    return categoricals.relabel(given, [_sign(str(c), stated) or None for c in given.categories])


def settled_signs(signs: Labels) -> Labels:
    """Return what `currency_signs` gives as codes, where nothing else said whose they are; a key of no known currency stays as it is.

    >>> settled_signs(categoricals.from_texts(["$", "£", "EGP"])).tolist()
    ['$', 'GBP', 'EGP']
    """
    return categoricals.relabel(signs, [_SIGNS.get(c, c) if _may_be(c) else c for c in map(str, signs.categories)])


def currency_code(text: str, stated: str | None = None) -> str:
    """Return one currency as its code; a sign of several is that of the stated one, where it may be.

    >>> currency_code("£"), currency_code("£", "EGP"), currency_code("kr.", "SEK"), currency_code("EUR€"), currency_code("U.S. dollars")
    ('GBP', 'EGP', 'SEK', 'EUR', 'USD')
    """
    sign = _sign(text, stated)
    return _SIGNS.get(sign, sign)


def _sign(text: str, stated: str | None = None) -> str:
    if stated is not None and stated in _may_be(text):
        return stated
    plain = _HUNDREDTHS.get(text.strip(), text.strip().upper())
    found = _LETTERS_AND_SIGN.fullmatch(plain)
    if found and in_iso_4217(found[1]):
        return found[1]
    if _may_be(plain):
        return plain if plain in _SIGNS else plain.rstrip(".")
    return _SIGNS.get(plain) or (plain if in_iso_4217(plain) else _codes_by_name().get(_plain_name(plain), plain))


@cache
def _codes_by_name() -> dict[str, str]:
    """Return the currencies by their names in the languages of exports, of one and of several, where one has it: "US dollars", "Schweizer Franken"."""
    from babel import Locale
    from babel.numbers import get_currency_name

    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for code in map(str, Locale.parse(language).currencies):
            for n in (None, 1, 2):
                found.setdefault(_plain_name(get_currency_name(code, n, language)), set()).add(code)
    # names that CLDR does not have
    found |= {"POUND STERLING": {"GBP"}, "POUNDS STERLING": {"GBP"}, "STERLING": {"GBP"}, "PFUND STERLING": {"GBP"}}
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1 and len(name) > len("EUR")}


def _plain_name(text: str) -> str:
    """Return a name without case, accents and punctuation."""
    split = unicodedata.normalize("NFKD", text.upper())
    plain = "".join(c if c.isalnum() else " " for c in split if not unicodedata.combining(c) and c != ".")
    return " ".join(plain.split())


@cache
def in_iso_4217(code: str) -> bool:
    """Whether a code is that of a currency, past or present, by CLDR's table, or by what is newer than an older Babel."""
    from babel.core import get_global

    return code in get_global("all_currencies") or code in {"SLE", "VED", "XCG", "ZWG"}


def is_unknown_currency(text: str) -> bool:
    """Whether a currency, as `currency_codes` has it, is neither a code of ISO 4217 nor a sign of one currency.

    >>> [is_unknown_currency(t) for t in ("EUR", "DEM", "XXX", "₦", "$", "KR", "XYZ", "RMB", "DOLLAR", "K€")]
    [False, False, False, False, True, True, True, True, True, True]
    """
    if is_scaled_sign(text) or is_shared_sign(text):
        return True
    sign = any(unicodedata.category(c) == "Sc" for c in text)
    return not sign and not in_iso_4217(text)
