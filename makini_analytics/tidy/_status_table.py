"""What statuses mean, as data: the texts and codes of the systems that people have, in eight languages, each group with its source.

A word that only one system uses stands among the words of all, for whoever meets it means that. A code (a letter, a number) or a word
that systems use differently is understood under the name of its system or of its column. Sources: the systems' own documentation and
translations as gathered in the notes on exports, section 5 (iN is a file of the code index); what has none is marked "memory".
"""

from __future__ import annotations

DRAFT, OPEN, RECEIVED, CLOSED, CANCELLED = MEANINGS = ("draft", "open", "received", "closed", "cancelled")

# Meaning, words, in groups by source; a language's words are those of Odoo's, ERPNext's and Business Central's own translations, the
# longer phrases beside them from memory. "received": all came. "closed": no more will come, and the quantities say whether
# all did. Nothing stands under two meanings, which a test checks; spelling is compared as `folded` does.
GROUPS: tuple[tuple[str, str], ...] = (
    # ---- not ordered yet, or not allowed to be ----
    (DRAFT, """draft; in draft; incomplete; in preparation; planned; requested; proposed; parked; not released; unapproved; not approved;
        in review; under review; in approval; for approval; to approve; to be approved; awaiting approval; waiting for approval;
        waiting approval; approval pending; pending approval; submitted for approval; on hold; hold; held; rfq; rfq sent;
        request for quotation; quotation; unreleased; unsubmitted; preliminary; saved; waiting for release"""),  # plain English
    (DRAFT, "requires reapproval; pre approved; not yet approved; rejected"),  # Oracle, D365, S/4: an approval can still be had
    (DRAFT, "pending supervisor approval; rejected by supervisor; pending internal approval"),  # NetSuite
    (DRAFT, "wappr; pndrev; pending revision; waiting on approval; waiting to be approved"),  # Maximo
    (DRAFT, "pending buyer action; pending manual; pending quote; supplier window hold"),  # Coupa (memory)
    (DRAFT, "composing; denied"),  # Ariba
    (DRAFT, "version in process; version completed; in release; release rejected; release refused"),  # SAP PROCSTAT 01, 03, 04, 08
    (DRAFT, """entwurf; in bearbeitung (entwurf); angefragt; geplant; vorgemerkt; unvollständig; nicht freigegeben; noch nicht freigegeben;
        zu genehmigen; zur genehmigung; in genehmigung; wartet auf genehmigung; genehmigung ausstehend; ausstehende genehmigung;
        nicht genehmigt; ungenehmigt; in freigabe; wartet auf freigabe; freigabe ausstehend; gesperrt zur freigabe; zurückgestellt;
        angebotsanfrage; angebotsanfrage gesendet; abgelehnt; zurückgewiesen"""),  # German: Odoo, ERPNext, BC
    (DRAFT, """brouillon; planifié; incomplet; à approuver; à valider; en attente d'approbation; en attente de validation;
        en cours d'approbation; en cours de validation; approbation en attente; non approuvé; non validé; non libéré; demande de prix;
        demande de prix envoyée; demande de devis; refusé; rejeté; mis en attente; suspendu"""),  # French
    (DRAFT, """borrador; planificado; incompleto; por aprobar; para aprobar; por autorizar; pendiente de aprobación;
        pendiente aprobación; pendiente de autorización; en aprobación; en revisión; no aprobado; sin aprobar; no autorizado;
        solicitud de presupuesto; solicitud de cotización; petición presupuesto; petición presupuesto enviada; retenido;
        rechazado; denegado; no liberado; no liberada; aprobación pendiente"""),  # Spanish
    (DRAFT, """bozza; pianificato; da approvare; in approvazione; in attesa di approvazione; approvazione in sospeso; non approvato;
        non rilasciato; richiesta di preventivo; richiesta d'offerta; rdp; rdp inviata; sospeso; rifiutato; respinto"""),  # Italian
    (DRAFT, """rascunho; planejado; planeado; para aprovar; a aprovar; aguardando aprovação; aguarda aprovação; pendente de aprovação;
        aprovação pendente; em aprovação; não aprovado; não liberado; bloqueado para aprovação; solicitação de cotação;
        pedido de cotação; suspenso; retido; rejeitado; recusado; reprovado"""),  # Portuguese
    (DRAFT, """concept; gepland; onvolledig; goed te keuren; te accorderen; ter goedkeuring; wacht op goedkeuring;
        in afwachting van goedkeuring; goedkeuring in behandeling; niet goedgekeurd; niet vrijgegeven; offerteaanvraag;
        offerteaanvraag verzonden; aangehouden; in de wacht; afgewezen; afgekeurd; geweigerd"""),  # Dutch
    (DRAFT, """wersja robocza; projekt; szkic; robocze; roboczy; zaplanowane; planowane; do zatwierdzenia; oczekuje na zatwierdzenie;
        oczekujące na zatwierdzenie; w trakcie zatwierdzania; niezatwierdzone; niezatwierdzony; niezwolnione; zapytanie ofertowe;
        zapytanie ofertowe wysłane; wstrzymane; wstrzymany; odrzucone; odrzucony; odrzucono"""),  # Polish
    # ---- ordered, and something is still to come ----
    (OPEN, """open; opened; reopened; open order; new; created; approved; released; issued; ordered; on order; sent; dispatched; placed;
        transmitted; printed; confirmed; acknowledged; accepted; active; live; in progress; in process; processing; authorized;
        back ordered; backorder; backordered; purchase order; purchase; order placed; submitted; revised; changed; amended;
        partially received; partly received; part received; received partially; received partly; received in part;
        partial; partial receipt; partial delivery; partially delivered; partly delivered; part delivered;
        partially shipped; partially fulfilled; shipped;
        in transit; pending receipt; pending delivery; pending fulfillment; pending; outstanding; overdue;
        to receive; to receive and bill; to be received; to be delivered; awaiting delivery; awaiting receipt; awaiting goods;
        not received; not yet received; not delivered; not yet delivered; unreceived; waiting for receipt; undelivered; unfulfilled;
        not closed; not complete; not completed; partially closed; partially completed; partially receipted; part; incomplete delivery;
        awaiting shipment; unconfirmed; supplier acknowledged; accepted by supplier; confirmed by supplier"""),  # plain English
    (OPEN, "partially received to bill; pending billing partially received; pending bill partially received; partially received pending billing; "
           "pending bill part received; pending billing part received"),  # NetSuite: one status of two halves, of which the receipt is the slower
    (OPEN, """in external review; external review; pending external review; pending vendor confirmation; sent to vendor;
        pending prepayment"""),  # D365, Business Central
    (OPEN, """closed for invoice; closed for invoicing; closed for billing; soft closed for invoicing; invoice closed;
        pending supplier acknowledgment; pending supplier acknowledgement; pending supplier acceptance; pending change approval;
        pending change; in change"""),  # Oracle, Coupa: bills are done with, goods are not
    (OPEN, "buyer hold; supplier hold; budget hold; currency hold; supplier hold issued"),  # Coupa: an issued order, stopped
    (OPEN, "appr; inprg"),  # Maximo
    (OPEN, "ordering; receiving; confirming; partially confirmed; partially accepted; partially ordered"),  # Ariba
    (OPEN, """not sent yet; output error; follow on documents; follow on documents created; release completed; active version;
        release effected; released for output; partially released"""),  # S/4 Manage Purchase Orders, SAP PROCSTAT 02 and 05
    (OPEN, "authorised"),  # Xero
    (OPEN, """offen; offener auftrag; offene bestellung; geöffnet; neu; angelegt; erstellt; bestellt; beauftragt; freigegeben; genehmigt; gesendet; versendet; versandt; übermittelt;
        gedruckt; bestätigt; angenommen; aktiv; laufend; in bearbeitung; in arbeit; bestellung; rückstand; im rückstand; ausstehend;
        teilgeliefert; teilweise geliefert; teilweise erhalten; teilweise eingegangen; teillieferung;
        nicht geliefert; noch nicht geliefert; noch zu liefern; zu erhalten;
        zu erhalten und abzurechnen; unterwegs; in lieferung; überfällig; lieferung ausstehend; wareneingang ausstehend; teilweise; noch offen; ausstehender empfang; empfang ausstehend;
        nicht abgeschlossen; nicht geschlossen"""),
    (OPEN, """ouvert; ouverte; nouveau; créé; commandé; en commande; approuvé; validé; libéré; lancé; émis; envoyé; transmis; imprimé; confirmé;
        accepté; actif; en cours; en cours de traitement; bon de commande; en attente; en attente de réception;
        en attente de livraison; réception en attente; à recevoir; à recevoir et à facturer; à livrer; reliquat; en souffrance; non livré; non reçu;
        partiellement livré; partiellement reçu; livré partiellement; reçu partiellement; livraison partielle; réception partielle;
        partiel; expédié; en transit; en retard"""),
    (OPEN, """abierto; nuevo; creado; pedido; pedido de compra; orden de compra; aprobado; autorizado; liberado; lanzado; emitido; enviado;
        transmitido; impreso; confirmado; aceptado; activo; vigente; en curso; en proceso; en progreso; pendiente; pendiente de recibir;
        pendiente de recepción; recepción pendiente; pendiente de entrega; pendiente de recepción y facturación; por recibir; para recibir;
        por recibir y facturar; para recibir y pagar; para recibir y facturar; no recibido; sin recibir; no entregado;
        parcialmente recibido; recibido parcialmente; recibido parcial; recepción parcial; parcialmente entregado;
        entrega parcial; entregado parcialmente; parcial; en tránsito;
        atrasado; retrasado"""),
    (OPEN, """aperto; nuovo; creato; ordinato; ordine di acquisto; approvato; autorizzato; rilasciato; emesso; inviato; trasmesso; stampato;
        confermato; accettato; attivo; in corso; in elaborazione; in lavorazione; in attesa; in attesa di ricevimento;
        in attesa di consegna; da ricevere; da ricevere e fatturare; da consegnare; inevaso; non ricevuto; non consegnato;
        parzialmente ricevuto; ricevuto parzialmente; parzialmente consegnato; consegnato parzialmente; parzialmente evaso;
        evaso parzialmente; ricevimento parziale; consegna parziale; parziale; spedito; in transito;
        in ritardo"""),
    (OPEN, """novo; aberto; encomendado; encomenda; ordem de compra; aprovado; libertado; enviada; transmitida; impressa;
        confirmada; aceite; aceito; ativo; em aberto; em curso; em andamento; em processamento; em progresso; pendente;
        pendente de recebimento; pendente de entrega; aguardando recebimento; aguardando entrega; a receber; para receber;
        receber e faturar; a receber e faturar; para receber e faturar; não recebido; não entregue; parcialmente recebido;
        recebido parcialmente; recebimento parcial; parcialmente entregue; entregue parcialmente; parcialmente atendido;
        atendido parcialmente; em trânsito; atrasada"""),
    (OPEN, """openstaand; nieuw; aangemaakt; besteld; inkooporder; goedgekeurd; geaccordeerd; vrijgegeven; verzonden; verstuurd; afgedrukt;
        bevestigd; geaccepteerd; actief; lopend; in behandeling; in uitvoering; nog te ontvangen; te ontvangen; te ontvangen en te factureren;
        ontvangen en factureren; nog te leveren; in afwachting; in afwachting van ontvangst; in afwachting van levering;
        niet ontvangen; niet geleverd; gedeeltelijk ontvangen; gedeeltelijk geleverd; deels ontvangen; deels geleverd; deellevering;
        gedeeltelijk; onderweg; achterstallig; naleveren"""),
    (OPEN, """otwarte; otwarty; nowe; nowy; utworzone; utworzony; zamówione; zamówiono; zamówienie; zamówienie zakupu; zatwierdzone;
        zatwierdzony; zatwierdzono; zaakceptowane; zaakceptowany; zwolnione; wysłane; wysłany; wysłano; wydrukowane; potwierdzone;
        potwierdzony; potwierdzono; aktywne; aktywny; w trakcie; w realizacji; w toku; realizowane; oczekujące; oczekujący; oczekuje;
        oczekuje na dostawę; oczekuje na przyjęcie; do odbioru; do otrzymania; do otrzymania i zafakturowania; do odbioru i rozliczenia;
        częściowo otrzymane; częściowo otrzymano; częściowo dostarczone; częściowo dostarczono; częściowo przyjęte;
        częściowo zrealizowane; częściowe; niezrealizowane; niezakończone; niedostarczone; nieotrzymane; w drodze; opóźnione"""),
    # ---- all came ----
    (RECEIVED, """received; fully received; received in full; completely received; delivered; fully delivered; fulfilled; fully fulfilled;
        goods received; fully receipted; received not invoiced; received not billed;
        receipt complete; receipt completed; delivery complete; delivery completed; received complete; all received;
        invoiced; fully invoiced; billed; fully billed; paid; fully paid; received and billed; received and invoiced; to be invoiced;
        awaiting invoice; to invoice"""),  # plain English
    (RECEIVED, "pending billing; pending bill; to bill"),  # NetSuite, ERPNext: everything is here, the bill is not
    (RECEIVED, """geliefert; vollständig geliefert; vollgeliefert; komplett geliefert; endgeliefert; erhalten; vollständig erhalten; eingegangen;
        wareneingang erfolgt; ware eingegangen; endlieferung; abzurechnen; zu berechnen; fakturiert; vollständig fakturiert; berechnet;
        vollständig berechnet; abgerechnet; in rechnung gestellt; vollständig in rechnung gestellt; rechnung ausstehend; ausstehende rechnung; bezahlt"""),
    (RECEIVED, """livré; entièrement livré; totalement livré; complètement livré; livraison complète; reçu; reçue; entièrement reçu;
        totalement reçu; réceptionné; réception complète; à facturer; facturation en attente; facturé; entièrement facturé; totalement facturé; payé"""),
    (RECEIVED, """recibido; totalmente recibido; completamente recibido; recibido por completo; recepcionado; entregado; totalmente entregado;
        entrega completa; surtido; por facturar; para facturar; pendiente de facturar; facturación pendiente; facturado; totalmente facturado;
        completamente facturado; pagado"""),
    (RECEIVED, """ricevuto; completamente ricevuto; totalmente ricevuto; consegnato; completamente consegnato; consegna completa; evaso;
        completamente evaso; da fatturare; fatturato; completamente fatturato; pagato"""),
    (RECEIVED, """recebido; totalmente recebido; entregue; totalmente entregue; atendido; totalmente atendido; entrega concluída; a faturar;
        para faturar; faturado; totalmente faturado; facturada; pago"""),
    (RECEIVED, """ontvangen; volledig ontvangen; geheel ontvangen; geleverd; volledig geleverd; geheel geleverd; te factureren; gefactureerd;
        volledig gefactureerd; betaald"""),
    (RECEIVED, """otrzymane; otrzymano; w pełni otrzymane; odebrane; odebrano; dostarczone; dostarczono; dostarczony; w pełni dostarczone;
        całkowicie dostarczone; przyjęte; przyjęto; do zafakturowania; do rozliczenia; zafakturowane; zafakturowano;
        w pełni zafakturowane; opłacone; zapłacone"""),
    # ---- nothing more will come: the quantities decide ----
    (CLOSED, """closed; close; complete; completed; comp; done; finished; locked; archived; closed short; short closed; force closed;
        fully closed; partially received closed; manually closed; settled; concluded"""),  # plain English
    (CLOSED, "finally closed; closed for receiving; soft closed for receiving; soft closed; receiving closed"),  # Oracle, Coupa
    (CLOSED, "finalized; finalised"),  # D365
    (CLOSED, "final delivery"),  # SAP ELIKZ
    (CLOSED, "geschlossen; manuell geschlossen; abgeschlossen; erledigt; beendet; fertig; fertiggestellt; komplett; archiviert"),
    (CLOSED, "fermé; fermé définitivement; fermé pour réception; clôturé; clos; clôture; terminé; soldé; achevé; complet; complété; verrouillé; archivé"),
    (CLOSED, "cerrado; completado; completo; terminado; finalizado; concluido; hecho; archivado; cumplido"),
    (CLOSED, "chiuso; completato; terminato; concluso; finito; saldato; archiviato; fatto"),
    (CLOSED, "fechado; concluído; completado; encerrado; terminado; finalizado; liquidado; arquivado; feito"),
    (CLOSED, "gesloten; afgesloten; voltooid; afgerond; gereed; compleet; vergrendeld; gearchiveerd; klaar"),
    (CLOSED, """zamknięte; zamknięty; zamknięto; zakończone; zakończony; zakończono; zrealizowane; zrealizowany; zrealizowano; ukończone;
        wykonane; zarchiwizowane; rozliczone"""),
    # ---- nothing came, and nothing will ----
    (CANCELLED, """cancelled; canceled; cancel; can; cancelled by buyer; cancelled by supplier; cancelled by vendor;
        canceled by buyer; canceled by supplier; canceled by vendor; order cancelled; order canceled; line cancelled; line canceled;
        fully cancelled; fully canceled; void; voided; deleted;
        declined; withdrawn; abandoned; terminated; revoked; deletion flagged; flagged for deletion; marked for deletion"""),
    (CANCELLED, "revisd"),  # Maximo: superseded; the revision that follows carries the lines, and they must not count twice
    (CANCELLED, """storniert; annulliert; abgebrochen; gelöscht; zurückgezogen; widerrufen; löschvormerkung; zum löschen vorgemerkt;
        gekündigt; aufgehoben"""),
    (CANCELLED, "annulé; abandonné; supprimé; résilié; effacé; retiré"),
    (CANCELLED, "cancelado; anulado; borrado; eliminado; suprimido; dado de baja; retirado"),
    (CANCELLED, "annullato; cancellato; stornato; eliminato; revocato; ritirato"),
    (CANCELLED, "cancelado; anulado; eliminado; excluído; apagado; revogado; retirado"),
    (CANCELLED, "geannuleerd; verwijderd; vervallen; ingetrokken; geschrapt"),
    (CANCELLED, "anulowane; anulowany; anulowano; usunięte; usunięty; usunięto; skasowane; wycofane; unieważnione; stornowane"),
)  # fmt: skip

# Codes and deviating words, under the name of a system or of the column that carries them.
SYSTEMS: dict[str, dict[str, str]] = {
    # SAP KBA 3416344. "S" is blocked, which is not over: it is left unknown. "L" of a line with receipts: see `sap_line_status`.
    "loekz": {CANCELLED: "l; x"},
    # Delivery completed; EREKZ (final invoice) says nothing of goods.
    "elikz": {CLOSED: "x; true; 1; yes; y; ja; j; oui; o; si; sim; tak; t"},
    # SAP KBA 3070935; 01 and 04 from memory.
    "procstat": {DRAFT: "01; 1; 03; 3; 04; 4; 08; 8", OPEN: "02; 2; 05; 5"},
    "sap": {},
    "netsuite": {
        DRAFT: "a; c",
        OPEN: "b; d; e",
        RECEIVED: "f; g",
        CLOSED: "h",
    },  # i55041820203: A Pending Supervisor Approval ... H Closed
    "d365": {OPEN: "backorder; 1", RECEIVED: "received; invoiced; 2; 3", CANCELLED: "4"},  # PurchStatus: i20140542251
    "business central": {
        DRAFT: "open; offen; ouvert; abierto; aperto; pending approval",
        OPEN: "released; pending prepayment",
    },  # i30837241214: "Open" may still be edited
    # i30958646320, i55913949594: an order under change or in process has no approval that holds; one on hold has.
    "oracle": {DRAFT: "in process; incomplete; rejected", OPEN: "on hold; open; approved"},
    "coupa": {OPEN: "on hold; created; error; issued"},  # compass.coupa.com order-line-export
    "odoo": {
        DRAFT: "draft; sent; to approve",
        OPEN: "purchase",
        CLOSED: "done; locked; gesperrt; verrouillé; bloqueado; bloccato; vergrendeld; zablokowane; zablokowano",
        CANCELLED: "cancel",
    },  # sent: as a request for quotation
    "erpnext": {OPEN: "on hold; submitted; 1", DRAFT: "0", CANCELLED: "2"},  # docstatus 0, 1, 2
    "ariba": {DRAFT: "submitted; composing; denied"},  # exchange.ariba.com/thread/4269
    "maximo": {OPEN: "hold; on hold"},  # i22251841186: HOLD follows APPR
    "acumatica": {DRAFT: "h; b; v; on hold", OPEN: "n; a; d; e; p", CLOSED: "m; c", CANCELLED: "l"},  # i42967271463
    "xero": {DRAFT: "submitted", RECEIVED: "billed"},  # i52618832815
    "quickbooks": {OPEN: "open", CLOSED: "closed"},  # i66599784860
    # Next status of a line: 280 to 998 on its way, 999 nothing to come (i6300745007); 220 from memory. Last status 980 is cancelled.
    "jde": {DRAFT: "220", OPEN: "; ".join(str(n) for n in range(280, 999)), CLOSED: "999"},
    "pdlttr": {CANCELLED: "980"},
    # Line status of M3 (i27499940916); 75 to 85 from memory.
    "m3": {
        OPEN: "; ".join(str(n) for n in range(15, 75)),
        RECEIVED: "; ".join(str(n) for n in range(75, 86)),
        CANCELLED: "99",
    },
    "openline": {
        OPEN: "true; 1; yes; y; x; ja; j; oui; o; si; s; sim; tak; t",
        CLOSED: "false; 0; no; n; nein; non; nao; nie; f",
    },  # Epicor (i53596852488)
    "voidline": {CANCELLED: "true; 1; yes; y; x; l; ja; j; oui; o; si; s; sim; tak; t; wahr; vrai; vero; waar; prawda"},
    "lincleflg": {OPEN: "1", CLOSED: "2"},  # Sage X3 (i63254978088); 2 from memory
}

#: Other names of the systems and columns above.
ALSO_CALLED = {
    "s 4": "sap", "s 4hana": "sap", "s4": "sap", "s4hana": "sap", "sap me2n": "sap", "dynamics 365": "d365", "dynamics": "d365", "ax": "d365",
    "d365fo": "d365", "bc": "business central", "navision": "business central", "nav": "business central", "oracle ebs": "oracle",
    "oracle fusion": "oracle", "jd edwards": "jde", "jdedwards": "jde", "pdnxtr": "jde", "infor m3": "m3", "ibpusl": "m3", "qbo": "quickbooks",
    "sap ariba": "ariba", "ibm maximo": "maximo", "epicor": "openline", "x3": "lincleflg", "sage x3": "lincleflg",
}  # fmt: skip

# The words of an order that is not allowed to be ordered by which a receipt has not come either. Of the others (on hold, in review, pending
# approval, incomplete) the goods are there: what is waited for is a check, or the rest.
NOTHING_CAME = """draft; in draft; planned; proposed; parked; preliminary; saved; unsubmitted; composing; entwurf; in bearbeitung (entwurf); geplant;
    vorgemerkt; brouillon; planifié; borrador; planificado; bozza; pianificato; rascunho; planejado; planeado; concept; gepland; wersja robocza;
    projekt; szkic; robocze; roboczy; zaplanowane; planowane;
    rejected; rejected by supervisor; denied; abgelehnt; zurückgewiesen; refusé; rejeté; rechazado; denegado; rifiutato; respinto; rejeitado;
    recusado; reprovado; afgewezen; afgekeurd; geweigerd; odrzucone; odrzucony; odrzucono"""
# An order that was withdrawn is over; goods were collected.
COLLECTED = "retiré; retirado; ritirato"

# What a combined status may name beside its meaning.
NEUTRAL = """po; purchase order; order; line; order line; line item; item; header; status; state; document"""
# Steps that stay true when the order has gone further: "Approved / Received" is received, where "Open / Received" contradicts itself.
STEPS = """approved; released; issued; ordered; sent; dispatched; transmitted; printed; confirmed; acknowledged; accepted; authorized;
    authorised; placed; appr; shipped; freigegeben; genehmigt; bestellt; bestätigt; gesendet; versendet; gedruckt; approuvé; validé; libéré;
    commandé; envoyé; confirmé; aprobado; autorizado; liberado; enviado; confirmado; approvato; autorizzato; rilasciato; inviato; confermato;
    aprovado; goedgekeurd; vrijgegeven; besteld; verzonden; bevestigd; zatwierdzone; wysłane; potwierdzone"""  # fmt: skip
