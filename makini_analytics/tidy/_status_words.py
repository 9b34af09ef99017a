"""What a status means: found in the table of words, as a whole or by its parts, and never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from ..errors import ConfigError
from ._status_table import (
    ALSO_CALLED,
    CANCELLED,
    CLOSED,
    COLLECTED,
    DRAFT,
    GROUPS,
    NEUTRAL,
    NOTHING_CAME,
    OPEN,
    RECEIVED,
    STEPS,
    SYSTEMS,
)

_PARTS = re.compile(r"\s*[/,;:|()\[\]+–—]+\s*|\s+-+\s+|^\s*-+\s*|\s*-+\s*$")
_BARE_HYPHEN = re.compile(r"\s*-\s*")
_CODE = re.compile(r"[0-9]{1,4}|[a-z]|[a-z]?[0-9]{1,2}[a-z]?")
_SHORTEST_SQUEEZED = 5  # letters; shorter words without their blanks could be anything


def folded(text: str) -> str:
    """Return a text without case, accents, punctuation, underscores and camelCase, words parted by one blank.

    >>> folded("partiallyReceived"), folded("PENDING_RECEIPT"), folded(" Annulé "), folded("Zamknięte"), folded("To Receive & Bill")
    ('partially received', 'pending receipt', 'annule', 'zamkniete', 'to receive and bill')
    """
    split = unicodedata.normalize("NFKD", text.replace("&", " and ").replace("ł", "l").replace("Ł", "L"))
    plain = "".join(c for c in split if not unicodedata.combining(c))
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return re.sub(r"[\W_]+", " ", plain.casefold()).strip()


def _spellings(word: str) -> set[str]:
    """Return a word as it is compared: folded, with umlauts written out as ae, oe, ue, and of both genders.

    >>> sorted(_spellings("anulado")), sorted(_spellings("annulé")), sorted(_spellings("bestätigt"))
    (['anulada', 'anulado'], ['annule', 'annulee'], ['bestaetigt', 'bestatigt'])
    """
    plain = word.casefold()
    written_out = plain.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    feminine = re.sub(r"(?<=ad|id|at|it|ut|us)o\b|(?<=ert)o\b", "a", re.sub(r"é\b", "ée", plain))
    return {folded(plain), folded(written_out), folded(feminine)}


def _table(groups: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {s: meaning for meaning, words in groups for word in words.split(";") for s in _spellings(word) if s}


# Made when first asked: importing the package costs no more than what is then called.
@cache
def _words() -> dict[str, str]:
    return _table(GROUPS)


@cache
def _words_without_blanks() -> dict[str, str]:
    return {s: m for w, m in _words().items() if len(s := w.replace(" ", "")) >= _SHORTEST_SQUEEZED}


@cache
def _steps() -> frozenset[str]:
    return frozenset(_table([(OPEN, STEPS)]))


@cache
def _neutral() -> frozenset[str]:
    return frozenset(_table([("", NEUTRAL)]))


@cache
def _words_of_systems() -> dict[str, dict[str, str]]:
    return {system: _table(words.items()) for system, words in SYSTEMS.items()}


@cache
def _words_of_receipts() -> dict[str, str]:
    not_come = _table([(DRAFT, NOTHING_CAME)])
    come = {w for w, m in _words().items() if m == DRAFT and w not in not_come} | set(_table([(OPEN, COLLECTED)]))
    return {s: OPEN for w in come for s in (w, w.replace(" ", ""))}


def nothing_came(text: str) -> bool:
    """Return whether the status of a receipt says that nothing has come: cancelled, a draft, or rejected.

    >>> [nothing_came(t) for t in ("Cancelled", "30 - Entwurf", "Rejected", "On hold", "Unvollständig", "Ritirato", "Posted", "")]
    [True, True, True, False, False, False, False, False]
    """
    return _understood(text, _words_of_receipts()) in (DRAFT, CANCELLED)


def meaning(text: str, system: str | None = None) -> str | None:
    """Return what a status means: ``draft``, ``open``, ``received``, ``closed``, ``cancelled``; None where it is not understood.

    A status of several parts ("Closed - Billed", "30 - Approved") is taken apart where it is not known as a whole. A code before the
    other parts and the name of a document ("Purchase Order : Pending Receipt") say nothing. Then every part must be understood, and

    * parts that mean the same mean that;
    * beside ``received``, ``closed`` says only that this is the end of it: together they are ``closed``, by the quantities;
    * a step that stays true later (approved, sent, confirmed) gives way to what came after it.

    Everything else contradicts itself and is not understood.

    Parameters
    ----------
    text : the status as the source writes it
    system : the system, as "netsuite" or "Business Central", or the column, as "LOEKZ": its codes and its own use of words come first

    Returns
    -------
    str or None

    Raises
    ------
    ConfigError
        The system is none of those that stand here.

    >>> meaning("Closed - Billed"), meaning("30 - Approved"), meaning("Approved / Received"), meaning("Open / Received")
    ('closed', 'open', 'received', None)
    >>> meaning("L"), meaning("L", system="LOEKZ"), meaning("Open", system="Business Central")
    (None, 'cancelled', 'draft')
    """
    return _understood(text, _of_system(system) if system else {})


def _understood(text: str, known: Mapping[str, str]) -> str | None:
    whole = _single(folded(text), known)
    if whole is not None:
        return whole
    return _of_parts(text, _PARTS, known) or _of_parts(text, _BARE_HYPHEN, known)


def _of_system(name: str) -> Mapping[str, str]:
    plain = squeezed(name)
    for system in (plain, *(s for also, s in ALSO_CALLED.items() if squeezed(also) == plain)):
        found = next(
            (words for known, words in _words_of_systems().items() if squeezed(known) == squeezed(system)), None
        )
        if found is not None:
            return found
    raise ConfigError(f"system={name!r}: pass one of {', '.join(map(repr, SYSTEMS))}")


def squeezed(name: str) -> str:
    """Return a text as `folded`, without blanks."""
    return folded(name).replace(" ", "")


def _single(plain: str, known: Mapping[str, str]) -> str | None:
    return known.get(plain) or _words().get(plain) or _words_without_blanks().get(plain.replace(" ", ""))


def _of_parts(text: str, separator: re.Pattern[str], known: Mapping[str, str]) -> str | None:
    if "%" in text:  # 50 % received
        return None
    parts = [p for part in separator.split(text) if (p := folded(part))]
    if parts and _CODE.fullmatch(parts[0]):
        parts = parts[1:]
    elif parts:
        parts[0] = re.sub(r"^0[0-9]+ ", "", parts[0])  # "05 Release completed", never "5 received"
    parts = [p for p in parts if p not in _neutral()] or parts
    found = [_single(p, known) for p in parts]
    if not found or None in found:
        return None
    now = {m for p, m in zip(parts, found, strict=True) if p not in _steps()} or {OPEN}
    if now == {CLOSED, RECEIVED}:
        return CLOSED
    return next(iter(now)) if len(now) == 1 and not (now == {DRAFT} and OPEN in found) else None


def meaning_of(text: str, own: Mapping[str, str], system: str | None = None) -> str:
    """Return what a status means for a line's state: a state, or "closed", or "unknown".

    ``own`` is what `own_meanings` made of the user's words, and overrides. Where all came by its status the quantities have
    the last word, as for a closed line: what is known to be short is short.

    >>> meaning_of("Partially Received", {}), meaning_of("CLOSED", {}), meaning_of("Livré", {}), meaning_of("ZQ7", {"zq7": "draft"})
    ('open', 'closed', 'closed', 'draft')
    """
    said = own.get(text.strip().casefold()) or own.get(folded(text))
    if said:
        return said
    found = meaning(text, system)
    return CLOSED if found == RECEIVED else found or "unknown"


def own_meanings(statuses: Mapping[str, str]) -> dict[str, str]:
    """Return the user's own words as `meaning_of` looks them up: as written, and folded where that is not two things at once."""
    exact = {str(text).strip().casefold(): state for text, state in statuses.items()}
    loose: dict[str, set[str]] = {}
    for text, state in statuses.items():
        loose.setdefault(folded(str(text)), set()).add(state)
    return {plain: next(iter(states)) for plain, states in loose.items() if plain and len(states) == 1} | exact


def sap_line_status(deleted: str, completed: str, *, any_received: bool = False) -> str:
    """Return a status that says what SAP's marks of an item say: LOEKZ (deletion) and ELIKZ (delivery completed); "" where neither is set.

    >>> sap_line_status("L", ""), sap_line_status("L", "", any_received=True), sap_line_status("", "X"), sap_line_status("S", "X")
    ('Deleted', 'Closed', 'Closed', 'Blocked (S)')
    """
    mark, done = deleted.strip(), completed.strip()
    if meaning(mark, "loekz") == CANCELLED:
        return "Closed" if any_received else "Deleted"
    if mark:
        return f"Blocked ({mark})"
    return "Closed" if done and meaning(done, "elikz") == CLOSED else ""
