"""Statuses as the systems that people have write them: each is understood rightly, or not at all."""

from __future__ import annotations

import re

import pytest

from makini_analytics import ConfigError, Purchases
from makini_analytics.tidy._status_table import ALSO_CALLED, GROUPS, MEANINGS, STEPS, SYSTEMS
from makini_analytics.tidy._status_words import folded, meaning, meaning_of, own_meanings, sap_line_status

# What the systems really write, by meaning. "Received" and "closed" are one for a line: the quantities decide.
REAL = {
    "draft": """
        NetSuite: Pending Supervisor Approval | Rejected by Supervisor | PENDING_SUPERVISOR_APPROVAL
        D365: Draft | In review | Rejected | InReview
        Business Central: Pending Approval
        Oracle: INCOMPLETE | REQUIRES REAPPROVAL | PRE-APPROVED | REJECTED | Pending Approval | Pre-Approved
        Coupa: draft | pending_approval | pending_buyer_action
        Odoo: RFQ | RFQ Sent | to approve | To Approve | Angebotsanfrage | Demande de prix | Petición presupuesto | Richiesta di preventivo
        ERPNext: Draft | Entwurf | Brouillon | Borrador | Bozza | Rascunho | Concept | Wersja robocza
        Maximo: WAPPR | PNDREV | Waiting on Approval
        Ariba: Composing | Denied
        SAP: In Approval | In release | Version in process | Release refused
        words: Noch nicht freigegeben | En attente d'approbation | Pendiente de aprobación | In attesa di approvazione
        words: Aguardando aprovação | Wacht op goedkeuring | Oczekuje na zatwierdzenie | 10 - Not approved | On hold""",
    "open": """
        SAP: Not Sent Yet | Sent | Output Error | Follow-On Documents | 05 Release completed | Release completed
        NetSuite: Pending Receipt | Partially Received | Pending Billing/Partially Received | pendingReceipt | partiallyReceived
        NetSuite: Purchase Order : Pending Receipt | Purchase Order:Partially Received | pendingBillPartReceived
        D365: Open order | Backorder | Approved | In external review | Confirmed | InExternalReview | OpenOrder | Backordered
        Business Central: Released | Pending Prepayment
        Oracle: APPROVED | CLOSED FOR INVOICE | Pending Supplier Acknowledgment | OPEN | Approved, Open
        Coupa: issued | created | partially_received | soft_closed_for_invoicing | buyer_hold | supplier_hold
        Odoo: purchase | Purchase Order | Bestellung | Bon de commande | Pedido de compra | Inkooporder | Ordine di acquisto
        ERPNext: To Receive and Bill | To Receive | To Receive & Bill | Zu erhalten und abzurechnen
        Maximo: APPR | INPRG
        Xero: AUTHORISED
        Ariba: Ordering | Ordered | Receiving
        words: Offen | Teilgeliefert | Teilweise geliefert | Freigegeben | Bestätigt | bestaetigt | BESTAETIGT | in Bearbeitung
        words: Ouvert | Confirmé | confirme | Partiellement livré | En attente de réception | Approuvé
        words: Abierto | Parcialmente recibido | Pendiente de recepción | Aprobado | En proceso
        words: Aperto | Parzialmente ricevuto | Inviato | Aberto | Parcialmente recebido | Pendente | Aprovado
        words: Openstaand | Gedeeltelijk ontvangen | Besteld | Otwarte | Częściowo otrzymane | czesciowo otrzymane | Zatwierdzone
        parts: 30 - Approved | 30-Approved | Approved - Sent | A - Approved | (30) Approved | PO: Issued | Approved (partially received)
        parts: Not received | nicht geliefert | Confirmed / Partially Delivered | Released; in transit""",
    "closed": """
        NetSuite: Pending Bill | Fully Billed | Closed | pendingBill | fullyBilled | Pending Billing
        D365: Received | Invoiced | Finalized
        Oracle: CLOSED | CLOSED FOR RECEIVING | FINALLY CLOSED | Closed-For-Receiving
        Coupa: received | closed | soft_closed | soft_closed_for_receiving
        Odoo: done | Locked
        ERPNext: To Bill | Completed | Delivered | Abgeschlossen | Terminé | Completado
        Maximo: CLOSE | COMP
        Xero: BILLED
        words: Geschlossen | Geliefert | Erledigt | Vollständig geliefert | Vollstaendig geliefert | Livré | LIVRE | Clôturé | Fermé | Reçu
        words: Cerrado | Recibido | Facturado | Chiuso | Ricevuto | Evaso | Fechado | Entregue | Recebido | Gesloten | Geleverd
        words: Zamknięte | ZAMKNIETE | Dostarczono | Zrealizowane
        parts: Closed - Billed | Completed (invoiced) | Approved / Received | 90 - Closed | Received, invoiced | Confirmed - Delivered""",
    "cancelled": """
        all: Cancelled | Canceled | CANCELED | cancel | CAN | Void | Voided | Deleted | Withdrawn | REVISD
        words: Storniert | Gelöscht | geloescht | Abgebrochen | Annulé | annule | Cancelado | CANCELADA | Anulado | Annullato | Geannuleerd
        words: Anulowano | Anulowane | Purchase Order : Cancelled | 99 - Cancelled | Approved - Cancelled""",
    "unknown": """
        contradictions: Open / Received | Draft - Approved | Closed - Cancelled | Open, Cancelled | Received / Pending Receipt | Approved - Draft
        codes: L | X | A | H | 30 | 0 | 999 | 05 | 1 | B
        quantities: 50% received | 5/10 received | 0 received | 3 of 10 received | Received (0)
        half understood: Approved - Zorg | Closed by J. Smith | ZQ7 | Awaiting John | un-approved by mail | not | non
        nothing of goods: Partially billed | Teilweise fakturiert | Blocked | ? | - | n/a | Freigabe 2 von 3""",
}
CASES = [
    (text.strip(), want)
    for want, block in REAL.items()
    for line in block.strip().splitlines()
    for text in line.partition(": ")[2].split("|")
    if text.strip()
]


def test_there_are_enough_of_them():
    assert len(CASES) >= 200


@pytest.mark.parametrize("want", REAL)
def test_real_statuses(want):
    got = {text: meaning_of(text, {}) for text, w in CASES if w == want}
    assert {text: m for text, m in got.items() if m != want} == {}


def spelled(words):
    return [w for word in words.split(";") if (w := " ".join(word.split()))]


def test_no_word_stands_under_two_meanings():
    places = {}
    for state, words in GROUPS:
        for word in spelled(words):
            places.setdefault(folded(word), set()).add(state)
            places.setdefault(folded(word).replace(" ", ""), set()).add(state)  # they are compared without blanks, too
    assert {w: p for w, p in places.items() if len(p) > 1} == {}
    for system, groups in SYSTEMS.items():
        said = [w for words in groups.values() for w in spelled(words)]
        assert len(said) == len(set(said)), system


def test_the_table_holds_only_meanings_and_every_word_is_found():
    assert {state for state, _ in GROUPS} == set(MEANINGS)
    for state, words in GROUPS:
        for word in spelled(words):
            assert meaning(word) == meaning(word.upper()) == meaning(word.replace(" ", "_")) == state, word
    assert {meaning(step) for step in spelled(STEPS)} == {"open"}
    assert set(ALSO_CALLED.values()) <= set(SYSTEMS)


# Every word that was understood before this table: none is lost.
BEFORE = """draft; in draft; incomplete; in preparation; planned; requested; rfq; rfq sent; quotation; pending approval;
    pending supervisor approval; pending internal approval; awaiting approval; waiting for approval; waiting approval;
    to approve; for approval; in approval; in review; under review; submitted for approval; not approved; unapproved;
    on hold; hold; held; wappr; requires reapproval; not released; parked; proposed; entwurf; brouillon; open; opened; open order;
    new; created; approved; appr; released; issued; ordered; on order; sent; dispatched;
    transmitted; confirmed; acknowledged; accepted; active; in progress; in process; processing; inprg; backorder;
    back ordered; purchase order; purchase; partially received; partly received; part received; partial; pending receipt;
    partially delivered; partly delivered; partially shipped; shipped; in transit; to receive; to receive and bill;
    pending delivery; awaiting delivery; awaiting receipt; pending; submitted; revised; offen; bestellt; freigegeben;
    closed; close; complete; completed; comp; done; received; fully received; delivered; fulfilled; finished;
    finally closed; closed for receiving; closed for invoice; closed for invoicing; invoiced; fully invoiced; billed;
    fully billed; pending billing; pending bill; to bill; paid; locked; archived; goods received; receipt complete;
    delivery complete; geliefert; abgeschlossen; erledigt; cancelled; canceled; cancel; can; void; voided; rejected;
    rejected by supervisor; declined; deleted; withdrawn; abandoned; terminated; storniert; abgelehnt; annule"""


def test_every_word_that_was_understood_still_is():
    assert [w for w in spelled(BEFORE) if meaning_of(w, {}) == "unknown"] == []


@pytest.mark.parametrize(
    ("text", "system", "want"),
    [
        ("L", "LOEKZ", "cancelled"), ("X", "LOEKZ", "cancelled"), ("S", "LOEKZ", None), ("X", "ELIKZ", "closed"), ("05", "PROCSTAT", "open"),
        ("08", "procstat", "draft"), ("B", "NetSuite", "open"), ("A", "netsuite", "draft"), ("G", "NetSuite", "received"), ("H", "NetSuite", "closed"),
        ("Open", "Business Central", "draft"), ("Released", "BC", "open"), ("Open", "QuickBooks", "open"), ("Open", "Oracle", "open"),
        ("IN PROCESS", "Oracle EBS", "draft"), ("IN PROCESS", None, "open"), ("On Hold", "Oracle", "open"), ("On Hold", "ERPNext", "open"),
        ("On Hold", None, "draft"), ("H", "Acumatica", "draft"), ("N", "Acumatica", "open"), ("L", "Acumatica", "cancelled"),
        ("sent", "Odoo", "draft"), ("Sent", None, "open"), ("SUBMITTED", "Xero", "draft"), ("Submitted", None, "open"), ("Submitted", "Ariba", "draft"),
        ("400", "JDE", "open"), ("999", "JD Edwards", "closed"), ("980", "PDLTTR", "cancelled"), ("15", "IBPUSL", "open"), ("75", "M3", "received"),
        ("99", "Infor M3", "cancelled"), ("HOLD", "Maximo", "open"), ("1", "LINCLEFLG", "open"), ("2", "Sage X3", "closed"), ("false", "OpenLine", "closed"),
        ("true", "VoidLine", "cancelled"), ("Backorder", "D365", "open"), ("2", "Dynamics 365", "received"), ("Canceled", "D365", "cancelled"),
    ],
)  # fmt: skip
def test_codes_and_deviating_words_are_understood_under_the_name_of_their_system(text, system, want):
    assert meaning(text, system) == want


def test_a_system_that_is_none_is_named():
    with pytest.raises(ConfigError, match="netsuite"):
        meaning("A", "netsweet")


@pytest.mark.parametrize(
    "text",
    [
        "Partially Received",
        "PARTIALLY_RECEIVED",
        "partiallyReceived",
        "partially-received",
        "PartiallyReceived",
        " partially  received. ",
    ],
)
def test_spelling_does_not_matter(text):
    assert meaning_of(text, {}) == "open"


def test_the_users_own_words_come_first_and_stay_apart():
    own = own_meanings({"Closed": "draft", "1": "open", "-1": "cancelled", "Geprüft": "open", "+": "received"})
    assert meaning_of("CLOSED", own) == "draft"
    assert [meaning_of(t, own) for t in ("1", "-1", "+", "-")] == ["open", "cancelled", "received", "unknown"]
    assert meaning_of("GEPRUFT", own) == "open"
    assert meaning_of("Geprueft", own) == "unknown"


@pytest.mark.parametrize(
    ("deleted", "completed", "any_received", "want"),
    [
        ("", "", False, ""), ("L", "", False, "cancelled"), ("L", "X", False, "cancelled"), ("L", "", True, "closed"), ("X", "", False, "cancelled"),
        ("S", "", False, "unknown"), ("S", "X", False, "unknown"), ("", "X", False, "closed"), (" ", "x", True, "closed"), ("", "?", False, ""),
    ],
)  # fmt: skip
def test_the_marks_of_a_sap_item(deleted, completed, any_received, want):
    said = sap_line_status(deleted, completed, any_received=any_received)
    assert (meaning_of(said, {}) if said else "") == want


def test_statuses_reach_the_states_of_lines():
    import pandas as pd

    words = [
        "Annulé",
        "Geschlossen",
        "Teilgeliefert",
        "Livré",
        "soft_closed",
        "Pending Billing/Partially Received",
        "Closed - Billed",
        "PRE-APPROVED",
    ]
    df = pd.DataFrame(
        {"order_number": [str(i) for i in range(len(words))], "status": words, "quantity": 2, "received_quantity": 1}
    )
    states = ["cancelled", "closed_short", "open", "closed_short", "closed_short", "open", "closed_short", "draft"]
    assert Purchases.from_table(df).lines.state.tolist() == states


def test_no_word_is_written_in_a_way_that_could_not_be_met():
    for _, words in GROUPS:
        assert not re.search(r";\s*;", words)


def test_a_users_word_may_leave_it_to_the_quantities():
    import pandas as pd

    df = pd.DataFrame(
        {"order_number": ["1", "2"], "status": ["Zurück", "Zurück"], "quantity": 2, "received_quantity": [2, 1]}
    )
    assert Purchases.from_table(df, statuses={"zurueck": "open", "Zurück": "closed"}).lines.state.tolist() == [
        "received",
        "closed_short",
    ]
