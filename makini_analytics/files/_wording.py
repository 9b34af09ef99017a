"""What the words of a heading say beside its column: percent or money, thousands, a discount; and titles above a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ._headings import currency_in, folded

#: Thousands or millions in the heading of money: "(kEUR)", "in T€", "EUR '000", "Mio. EUR", "in thousands".
_MULTIPLE = re.compile(
    r"(?<![^\W\d])(?:(?:[kKtTmM]|mm|bn)\s?(?:EUR|USD|GBP|CHF|[€$£])|(?:EUR|USD|GBP|CHF|[€$£])\s?(?:[kKmM]|mm|bn)\b"
    r"|(?:Tsd|Mio|Mill|mln|tys|mil)\b|(?i:thousands?|millions?|billions?|tausend|millionen|milliers?|miles|millones|migliaia))"
    r"|(?<!\d)1[.,' ]?000(?!\d)|(?<!\d)000"
)
#: A title that says what the values below are, and no vendor or item whose name begins like one.
_OF_VALUES = re.compile(
    r"\W*(?:(?:all|alle|tous les|todos los|tutti gli)\s+)?(?:amounts?|values?|figures|prices|currency|beträge|betraege|werte|angaben|preise|montants|valeurs|"
    r"importes|valores|importi|valori|bedragen|waarden|kwoty|wartości|in|en|em)\b.{0,80}",
    re.IGNORECASE,
)
_ABOVE = 20  # rows above the headings in which a title is looked for

_PERCENT_IN = ("percent", "prozent", "pourcent", "porcent", "procent", "pct")
_PERCENT = {"perc", "proc", "rate", "satz", "taux", "tasa", "tasso", "taxa", "stawka"}
_MONEY = {"amount", "amt", "betrag", "montant", "importe", "importo", "valor", "value", "bedrag", "kwota", "wert"}

#: Stems of a discount: anywhere in a word, as a word's beginning, as a whole word, and as one beside percent ("Desc. %", not "Desc.").
_DISCOUNT = re.compile(
    r"discount|rabat|remise|descuento|desconto|korting|znizk|nachlass|discrgval|(?:line|item)disc(?!o)|disc(?:pct|perc|amt|amount|val|rate)"
)
_BEGINS = ("scont", "opust")
_WHOLE = {"disc", "disct", "discnt", "dscnt", "dto", "dcto", "dscto", "dsct"}
_BESIDE_PERCENT = {"desc", "descto", "sc", "rem", "rab", "kort"}
#: What a discount's heading may be of without lowering a line's amount: a discount for early payment, or what it is kept under.
_NO_MONEY_OFF = {
    "cash", "payment", "pay", "early", "days", "tage", "jours", "terms", "date", "datum", "due", "allow", "group", "gruppe", "code", "type", "typ", "reason",
    "id", "account", "konto", "skonto", "diameter", "size", "brake", "weight",
}  # fmt: skip
#: Beginnings of words for a price, words of what it is for, and what else a price's heading may be of.
_PRICE, _PER = ("pric", "preis", "prix", "precio", "prezz", "preco", "prij", "cena", "ceny"), {"per", "basis", "base"}
_OF_NO_PRICE_UNIT = {"list", "liste", "group", "gruppe", "code", "type", "typ", "id", "no", "number", "date", "datum", "level"}  # fmt: skip


def _words(heading: str) -> list[str]:
    return [folded(w) for w in re.findall(r"[^\W\d_]+|%", re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", heading))]


def names_a_multiple(heading: str) -> bool:
    """Whether the heading of money says that its values are thousands or millions.

    >>> [names_a_multiple(h) for h in ("Amount (kEUR)", "Betrag in T€", "Net value EUR '000", "Nettowert Mio. EUR", "Amount in USD", "Total")]
    [True, True, True, True, False, False]
    """
    return _MULTIPLE.search(heading) is not None


def says_percent(heading: str) -> bool:
    """Whether the heading of a discount says that it is in percent.

    >>> [says_percent(h) for h in ("Discount %", "DiscountPercent", "Rabattsatz", "Taux de remise", "Discount Amount", "Rabatt")]
    [True, True, True, True, False, False]
    """
    whole = folded(heading)
    return any(p in whole for p in _PERCENT_IN) or whole.endswith("satz") or not _PERCENT.isdisjoint(_words(heading))


def says_money(heading: str) -> bool:
    """Whether the heading of a discount says that it is an amount.

    >>> [says_money(h) for h in ("Discount Amount", "Rabattbetrag", "Discount (EUR)", "Remise €", "Line Discount")]
    [True, True, True, True, False]
    """
    ends = folded(heading).endswith(("betrag", "bedrag", "wert"))
    return (
        ends
        or currency_in(heading) is not None
        or bool({*"€$£"} & {*heading})
        or not _MONEY.isdisjoint(_words(heading))
    )


def says_discount(heading: str) -> bool:
    """Whether a heading is one of a discount, by its words.

    >>> [says_discount(h) for h in ("LineDisc", "% Dto", "Desc. %", "Opust", "DISCRGVAL1", "Discount 2 %")]
    [True, True, True, True, True, True]
    >>> [says_discount(h) for h in ("Description", "Desc.", "Discontinued", "Discrepancy", "Cash Discount %", "Discount Group")]
    [False, False, False, False, False, False]
    """
    words = _words(heading)
    if not _NO_MONEY_OFF.isdisjoint(words):
        return False
    return (
        _DISCOUNT.search(folded(heading)) is not None
        or any(w.startswith(_BEGINS) for w in words)
        or not _WHOLE.isdisjoint(words)
        or (says_percent(heading) and not _BESIDE_PERCENT.isdisjoint(words))
    )


def says_price_unit(heading: str) -> bool:
    """Whether a heading may say how many a price is for, which its values then show.

    >>> [says_price_unit(h) for h in ("Price Basis", "Preismenge", "Per Qty", "PriceFactor", "Price List", "Cost Center", "Period")]
    [True, True, True, True, False, False, False]
    """
    words = _words(heading)
    if not _OF_NO_PRICE_UNIT.isdisjoint(words):
        return False
    return any(w.startswith(_PRICE) for w in words) or not _PER.isdisjoint(words)


def titles_of_multiples(rows: Sequence[Sequence[Any]], headings: Iterable[str]) -> list[str]:
    """Return the titles above the headings that say that all values are thousands or millions; ``rows`` are those that were looked at.

    >>> titles_of_multiples([["Purchases"], ["Values in 1000 EUR"], ["PO", "Value"], ["1", "5"]], ["PO", "Value"])
    ['Values in 1000 EUR']
    """
    wanted = [h for h in headings if h]
    found: list[str] = []
    for i, row in enumerate(rows):
        if [t for c in row if (t := " ".join(str(c or "").split()))] == wanted:
            texts = (" ".join(str(c) for c in r if c).strip(" ;,|\t") for r in rows[max(i - _ABOVE, 0) : i])
            found += [t for t in texts if _OF_VALUES.fullmatch(t) and names_a_multiple(t)]
    return list(dict.fromkeys(found))
