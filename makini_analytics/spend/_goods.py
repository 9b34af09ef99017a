"""Which types of line say that no goods are counted: a price per unit of them would be an invention.

Words are compared whole and without accents: a turbocharger is no charge. And of a type of several words the one that says what the
thing is decides, the last in English and German, the first or what stands before "de" in Romance languages: a service kit is a kit.
"""

from __future__ import annotations

# ruff: noqa: SIM905 - a list of words reads better as text
import re
import unicodedata

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import encode, values

#: Services, freight and other charges, texts and limits, in the languages of common ERP systems. The documentation shows the list.
NO_GOODS = frozenset(
    """
    service services freight freights transport transports transportation haulage shipping postage charge charges surcharge
    surcharges fee fees tax taxes discount text texts limit limits labour labor
    dienstleistung dienstleistungen serviceleistung serviceleistungen fremdleistung fremdleistungen leistung leistungen
    dienstleistungsposition fracht frachten frachtkosten frachtzuschlag transporte transportkosten transportleistung versand
    versandkosten porto zuschlag zuschlage mindermengenzuschlag legierungszuschlag metallzuschlag kupferzuschlag teuerungszuschlag
    energiezuschlag dieselzuschlag gebuhr gebuhren pauschale rabatt textposition textzeile limitbestellung rahmenbestellung
    rahmenvertrag rahmenauftrag rahmenabruf
    prestation prestations fret frais texte servicio servicios flete fletes transporte recargo gastos texto limite
    servizio servizi trasporto trasporti nolo spese testo servico servicos frete fretes sobretaxa
    dienst diensten dienstverlening vracht vrachtkosten verzendkosten toeslag raamcontract raamovereenkomst tekst
    usluga uslugi doplata oplata tjanst tjanster tjeneste tjenester frakt avgift ramavtal sluzba sluzby doprava hizmet nakliye
    服务 服務 运费 運費 運賃 サービス
    """.split()
)
#: Those that stand first where they say what the thing is: "servicio técnico".
_HEADS = frozenset("prestation prestations frais servicio servicios flete gastos servizio servizi spese".split())
_HEADS |= frozenset("servico servicos frete usluga uslugi sluzba sluzby".split())
#: Orders that only set a frame, said in two words: a frame alone is a thing.
_FRAMES = frozenset("frame framework blanket rahmen cadre marco quadro ramowa ramowe".split())
_AGREEMENTS = frozenset(
    """
    order orders purchase po contract contracts agreement agreements release limit bestellung vertrag auftrag abruf contrat
    commande accord contrato pedido acuerdo contratto ordine accordo acordo umowa zamowienie
    """.split()
)
#: What says nothing of the thing: a freight line is freight, and "service (external)" a service.
_FORMS = _AGREEMENTS | frozenset(
    """
    line lines item items position positionen posten zeile ligne linea linha cost costs kosten entry type in out inbound outbound
    external internal extern externe intern interne other misc procurement
    """.split()
)
_LINKS = frozenset("of for de des du d del della dei di da do dos das para pour per fur von van voor".split())
_BOTH = re.compile(r"[/&+,;]|\b(?:and|und|et|y|e|en|or|oder|ou)\b")
_WORD = re.compile(r"\w+")


def counts_no_goods(kind: str) -> bool:
    """Return whether a type of line is a service, a charge, a text or the frame of later orders.

    >>> [counts_no_goods(t) for t in ("Service", "Service kit", "Air freight", "Frame order", "Frames", "Frais de port")]
    [True, False, True, True, False, True]
    """
    plain = unicodedata.normalize("NFKD", kind.replace("ł", "l").replace("Ł", "L")).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    parts = [p for p in _BOTH.split(plain) if _WORD.search(p)]
    return bool(parts) and all(map(_says_no_goods, parts))  # "parts and service" may be parts


def _says_no_goods(part: str) -> bool:
    # what follows a colon, a dash between blanks or a bracket only explains: "services - cleaning"
    words = _WORD.findall(re.split(r":| [-–] | \(", part)[0]) or _WORD.findall(part)
    if words == ["blanket"] or (
        len(set(words) & _FRAMES) == 1 and set(words) & _AGREEMENTS and set(words) <= _FRAMES | _FORMS
    ):
        return True
    at = next((i for i, word in enumerate(words) if word in _LINKS and i), len(words))
    told = [w for w in words[:at] if w not in _FORMS or w in NO_GOODS] or [w for w in words[at:] if w not in _LINKS]
    return bool(told) and (told[-1] in NO_GOODS or told[0] in _HEADS)


def no_goods(lines: pd.DataFrame) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Return the lines whose type says that they count no goods, and these types."""
    # the few distinct types are looked at, not a million texts; the False at the end is what code -1, a missing type, picks
    types = encode(values(lines, "type", "string"), sort=False)
    names = [str(t) for t in types.labels]
    hit = [counts_no_goods(name) for name in names]
    out: npt.NDArray[np.bool_] = np.append(np.asarray(hit, dtype=bool), False)[types.codes]
    return out, sorted(name for name, no in zip(names, hit, strict=True) if no)
