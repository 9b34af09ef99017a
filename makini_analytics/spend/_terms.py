"""Terms of payment, read: "14 days 2 %, 30 days net" is 30 days, and 2 % for payment within 14.

A text is understood whole or not at all. What is a discount or a number of days is taken out of it, and what is left must be words
that change nothing: "30 % deposit, rest 60 days" has the words deposit and rest, so nobody says that it is 60 days.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: From any day of a month to its end, on average.
HALF_A_MONTH = 15
#: No discount is higher, and no term is longer: "25/30" or "net 2030" means something else.
_HIGHEST_RATE, _LONGEST_DAYS = 20.0, 365

_DAY = r"\b(?:days?|d|tagen?|tg|jours?|jrs?|j|dias?|giorni|gg|dagen|dgn|dni)\b"
_NUMBER = r"\d+(?:\.\d+)?"
#: "2/10" and "2%/10"; "2 % within 10 days", "2% 10"; "14 days 2 %".
_SLASHED = re.compile(rf"(?<![\d/])(?P<rate>{_NUMBER})\s*%?\s*/\s*(?P<days>\d+)(?![\d/])")
_RATE_FIRST = re.compile(rf"(?P<rate>{_NUMBER})\s*%\D*?(?P<days>\d+)(?:\s*{_DAY})?")
_DAYS_FIRST = re.compile(rf"(?P<days>\d+)\s*{_DAY}[^\d%]*?(?P<rate>{_NUMBER})\s*%")
_END_OF_MONTH = re.compile(
    r"\b(?:eom|end of (?:the )?month|month end|monatsende|ende des monats|ultimo|fin de mois|fdm|fin de mes|fine mese|dffm"
    r"|fim do mes|einde (?:van de )?maand|koniec miesiaca)\b"
)
#: "30 jours fin de mois le 10": on the tenth of the month after.
_ON_THE = re.compile(r"\b(?:le|au|on the)\s+(\d{1,2})\b")
_AT_ONCE = re.compile(
    r"\b(?:due (?:up)?on receipt|(?:up)?on receipt|immediate(?:ly)?|at sight|cash on delivery|cod|cash|prepaid|prepayment"
    r"|(?:payment )?in advance|advance payment|sofort(?:ig)?|bei (?:erhalt|lieferung)|vorkasse|vorauskasse|vorauszahlung|comptant"
    r"|a reception|d avance|contado|a vista|anticipado|anticipato|contanti|vista fattura|contant|vooruitbetaling|gotowka"
    r"|przedplata)\b"
)
#: Words that change nothing.
_PLAIN = frozenset((
    "net", "nett", "netto", "nets", "n", "nt", "days", "day", "d", "tage", "tagen", "tag", "tg", "jours", "jour", "jrs", "j", "dias",
    "dia", "giorni", "gg", "dagen", "dgn", "dni", "payment", "payable", "pay", "paid", "due", "terms", "term", "within", "in", "of", "the",
    "a", "an", "from", "after", "by", "on", "if", "and", "or", "otherwise", "invoice", "date", "receipt", "goods", "discount", "zahlbar",
    "zahlung", "zahlungsziel", "ziel", "innerhalb", "binnen", "von", "nach", "ab", "ohne", "abzug", "rein", "sonst", "oder", "und",
    "skonto", "rechnung", "rechnungsdatum", "rechnungseingang", "erhalt", "der", "des", "paiement", "reglement", "de", "la", "du",
    "facture", "escompte", "sous", "et", "ou", "sinon", "pago", "pagamento", "factura", "fattura", "fatura", "fecha", "data", "descuento",
    "sconto", "desconto", "y", "e", "o", "el", "da", "dalla", "del", "betaling", "na", "factuurdatum", "korting", "termin", "platnosci",
    "od", "daty", "faktury", "rabat", "w", "ciagu",
))  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What was agreed: the days from the invoice to payment, and each discount with the days within which it is given."""

    days: float
    discounts: tuple[tuple[float, int], ...] = ()  # (0.02, 10), the highest first
    end_of_month: bool = False

    @property
    def rate(self) -> float:
        """The highest discount, as a share."""
        return self.discounts[0][0] if self.discounts else 0.0


def read_terms(text: str) -> Terms | None:
    """Return the terms that a text means, or None where it is not understood.

    >>> read_terms("2/10 Net 30")
    Terms(days=30.0, discounts=((0.02, 10),), end_of_month=False)
    >>> read_terms("30 jours fin de mois").days
    45.0
    >>> read_terms("30 % deposit, rest 60 days") is None
    True
    """
    plain = _plain(text)
    discounts = []
    for one in _discounts(plain):
        rate, days = float(one["rate"]), int(one["days"])
        if not 0 < rate <= _HIGHEST_RATE or days > _LONGEST_DAYS or _words(one[0]) - _PLAIN:
            return None  # "2 % interest after 30 days" is no discount
        discounts.append((rate / 100, days))
        plain = plain.replace(one[0], " ", 1)
    end_of_month = bool(_END_OF_MONTH.search(plain))
    plain = _END_OF_MONTH.sub(" ", plain)
    later = _ON_THE.search(plain) if end_of_month else None
    plain = _ON_THE.sub(" ", plain) if later else plain
    at_once = bool(_AT_ONCE.search(plain))
    plain = _AT_ONCE.sub(" ", plain)
    numbers = [int(n) for n in re.findall(r"\d+", plain)]
    if _words(plain) - _PLAIN or re.search(r"[^\sa-z0-9.,;:()/+-]|\d\.\d", plain):
        return None
    if len(numbers) == 1 and not at_once and (end_of_month or re.search(r"[a-z]", plain)):
        days = numbers[0]
    elif not numbers and (at_once or end_of_month):
        days = 0
    else:  # several numbers, or one that may be a code
        return None
    if days > _LONGEST_DAYS or any(within > days and not end_of_month for _, within in discounts):
        return None
    whole = days + (HALF_A_MONTH if end_of_month else 0) + (int(later[1]) if later else 0)
    return Terms(float(whole), tuple(sorted(discounts, reverse=True)), end_of_month)


def _plain(text: str) -> str:
    """Return a text in small letters without accents, with decimal points, letters apart from digits."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss").replace("ł", "l"))
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    folded = (
        re.sub(r"(?<=\d),(?=\d)", ".", folded)
        .replace("e.o.m.", "eom")
        .replace("e.o.m", "eom")
        .replace("d.f.f.m.", "dffm")
    )
    folded = folded.replace("'", " ").replace("’", " ")
    return re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", folded).strip()


def _words(plain: str) -> set[str]:
    return set(re.findall(r"[a-z]+", plain))


def _discounts(plain: str) -> list[re.Match[str]]:
    """Return the discounts of a text. "3 % 8 days, 2 % 14 days" and "8 days 3 %, 14 days 2 %" differ in what comes first."""
    slashed = list(_SLASHED.finditer(plain))
    if slashed:
        return slashed
    rate, days = (re.search(p, plain) for p in (rf"{_NUMBER}\s*%", rf"\d+\s*{_DAY}"))
    form = _RATE_FIRST if rate and (not days or rate.start() < days.start()) else _DAYS_FIRST
    return list(form.finditer(plain))
