"""What the status of a receipt says of it: that it came, that it is still to come, or nothing that is clear."""

from __future__ import annotations

import re

from ._status_words import meaning, nothing_came, squeezed

#: Words of warehouses, beside those for orders: Odoo's transfers, Oracle's and Dynamics' receipts, and what bookings are called.
_CAME = frozenset(map(squeezed, (
    "posted", "done", "booked", "put away", "stored", "in stock", "available", "counted", "inspected", "passed", "accepted",
    "gebucht", "verbucht", "eingebucht", "eingelagert", "vereinnahmt", "comptabilisé", "réceptionné", "terminé", "fait", "contabilizado", "registrado",
    "hecho", "registrato", "contabilizzato", "completato", "fatto", "geboekt", "verwerkt", "zaksięgowane", "zaksięgowano", "przyjęte", "przyjęto",
)))  # fmt: skip
_STILL_TO_COME = frozenset(map(squeezed, (
    "waiting", "waiting another operation", "waiting for another operation", "ready", "ready to receive", "scheduled", "expected", "announced", "advised",
    "wartend", "wartet", "erwartet", "angekündigt", "avisiert", "terminiert", "attendu", "attendue", "annoncé", "prévu", "prévue", "esperado", "previsto",
    "programado", "anunciado", "en espera", "atteso", "programmato", "annunciato", "verwacht", "aangekondigd", "wachtend", "oczekiwane", "awizowane", "awizowano",
)))  # fmt: skip
#: What says of an open order that nothing has come, and not only that it was approved or printed.
_ON_ITS_WAY = re.compile(
    "transit|pending|outstanding|overdue|await|waiting|toreceive|tobe(?:rec|del)|not(?:yet|rec|del)|backorder|shipped|dispatched|un(?:delivered|received|fulfilled)"
    "|unterwegs|inlieferung|ausstehend|ruckstand|rueckstand|nicht(?:gel|erh)|nochzu|zuerhalten|attente|arecevoir|alivrer|non(?:livre|recu|ricev|conseg)|souffrance|expedie"
    "|pend[ie]|(?:por|para|sin)recib|no(?:recib|entreg)|attesa|da(?:ricev|conseg)|inevaso|spedito|aguarda|areceber|parareceber|nao(?:receb|entreg)"
    "|nogte|teontvangen|niet(?:ontv|gel)|onderweg|afwachting|wdrodze|oczek|do(?:otrzym|odbior)|nie(?:dostarcz|otrzym|zrealiz)"
)
_IN_PART = re.compile("part|teil|parcial|parzial|gedeelt|deels|czesc")


def has_come(status: str) -> bool | None:
    """Return whether goods of this status came; None where it does not tell.

    >>> [has_come(s) for s in ("Posted", "Received", "Partially received", "Draft", "In transit", "Ready", "Approved", "On hold", "Q7")]
    [True, True, True, False, False, False, None, None, None]
    """
    word, order = squeezed(status), meaning(status)
    if word in _CAME or order in ("received", "closed"):
        return True
    if word in _STILL_TO_COME or nothing_came(status):
        return False
    if order != "open":
        return None
    return True if _IN_PART.search(word) else False if _ON_ITS_WAY.search(word) else None
