"""Status texts and states: what the words of many source systems mean, and the state of each line and order."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError
from ..frames import categoricals
from ._schema import STATES

#: What a status can mean; a column of meanings holds positions in this tuple, one byte a row.
MEANINGS = (*STATES, "closed", "")
DRAFT, OPEN, RECEIVED, CLOSED_SHORT, CANCELLED, UNKNOWN, CLOSED, NOTHING = range(len(MEANINGS))
Codes = npt.NDArray[np.int8]

# Words of SAP, Oracle, Dynamics, NetSuite, Business Central, Maximo, Infor, Odoo and ERPNext. "closed" is no state of its
# own: the quantities decide whether it was received or closed short. What is not here stays unknown, and is listed.
_WORDS = {
    "draft": """draft; in draft; incomplete; in preparation; planned; requested; rfq; rfq sent; quotation; pending approval;
        pending supervisor approval; pending internal approval; awaiting approval; waiting for approval; waiting approval;
        to approve; for approval; in approval; in review; under review; submitted for approval; not approved; unapproved;
        on hold; hold; held; wappr; requires reapproval; not released; parked; proposed; entwurf; brouillon""",
    "open": """open; opened; open order; new; created; approved; appr; released; issued; ordered; on order; sent; dispatched;
        transmitted; confirmed; acknowledged; accepted; active; in progress; in process; processing; inprg; backorder;
        back ordered; purchase order; purchase; partially received; partly received; part received; partial; pending receipt;
        partially delivered; partly delivered; partially shipped; shipped; in transit; to receive; to receive and bill;
        pending delivery; awaiting delivery; awaiting receipt; pending; submitted; revised; offen; bestellt; freigegeben""",
    "closed": """closed; close; complete; completed; comp; done; received; fully received; delivered; fulfilled; finished;
        finally closed; closed for receiving; closed for invoice; closed for invoicing; invoiced; fully invoiced; billed;
        fully billed; pending billing; pending bill; to bill; paid; locked; archived; goods received; receipt complete;
        delivery complete; geliefert; abgeschlossen; erledigt""",
    "cancelled": """cancelled; canceled; cancel; can; void; voided; rejected; rejected by supervisor; declined; deleted;
        withdrawn; abandoned; terminated; storniert; abgelehnt; annule""",
}
_MEANING = {re.sub(r"\s+", " ", w.strip()): state for state, words in _WORDS.items() for w in words.split(";")}


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-./]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).strip().casefold()


def check_statuses(statuses: Mapping[str, str] | None) -> dict[str, str]:
    """Return the user's mapping of status text to state, normalised; `ConfigError` where a state does not exist."""
    for text, state in (statuses or {}).items():
        if state not in STATES:
            raise ConfigError(f"statuses={{{text!r}: {state!r}}}: the states are {', '.join(STATES)}")
    return {_plain(str(text)): state for text, state in (statuses or {}).items()}


def meaning_of(text: str, own: Mapping[str, str]) -> str:
    """Return what a status means: a state, or "closed", or "unknown".

    >>> meaning_of("Partially Received", {}), meaning_of("CLOSED", {}), meaning_of("ZQ7", {"zq7": "draft"})
    ('open', 'closed', 'draft')
    """
    plain = _plain(text)
    return own.get(plain) or _MEANING.get(plain) or "unknown"


def meanings(status: pd.Series, own: Mapping[str, str]) -> Codes:
    """Return the meaning of each status text as its position in `MEANINGS`: a state, "closed", or "" where there is no text."""
    codes, texts = pd.factorize(status)
    known = [MEANINGS.index(meaning_of(str(t), own) if str(t).strip() else "") for t in texts]
    return np.array([*known, NOTHING], dtype=np.int8)[codes]


def state_labels(states: Codes) -> categoricals.Labels:
    """Return the names of states."""
    there = np.bincount(states, minlength=len(STATES)) > 0
    return categoricals.from_codes([s if t else None for s, t in zip(STATES, there, strict=True)], states)


def line_states(
    meaning: Codes,
    order_meaning: Codes,
    *,
    quantity: np.ndarray,
    received: np.ndarray,
    delivered: np.ndarray,
    deleted: np.ndarray,
    doubtful: np.ndarray,
) -> Codes:
    """Return the state of each line, as its position in `MEANINGS`.

    A line's own status counts, else its order's; a cancelled order cancels its lines, a deletion mark the line. Closed
    means closed short where less than the quantity is known to be received. Without any status, a line that is delivered
    or fully received is received, else open. Where quantities decide and one of them could not be read (``doubtful``), it is unknown.
    """
    state = np.where(meaning == NOTHING, order_meaning, meaning)
    short = received < quantity - 1e-9  # False where either is missing
    full = (received >= quantity - 1e-9) & (quantity > 0)
    state = np.where(state == CLOSED, np.where(doubtful, UNKNOWN, np.where(short, CLOSED_SHORT, RECEIVED)), state)
    without_status = np.where(full | (delivered & ~short), RECEIVED, np.where(doubtful, UNKNOWN, OPEN))
    state = np.where(state == NOTHING, without_status, state)
    return np.where(deleted | (order_meaning == CANCELLED), CANCELLED, state).astype(np.int8)


def order_states(meaning: Codes, deleted: np.ndarray, line_state: Codes, order_of_line: np.ndarray) -> Codes:
    """Return the state of each order: its own status, closed short where a line is; without one, what follows from its lines."""
    n = len(meaning)

    def count(*states: int) -> np.ndarray:
        return np.bincount(order_of_line[np.isin(line_state, states)], minlength=n)

    total = np.bincount(order_of_line, minlength=n)
    short = count(CLOSED_SHORT)
    live, done = total - count(CANCELLED), count(RECEIVED) + short
    of_lines = np.where((total > 0) & (live == 0), CANCELLED, np.where((live > 0) & (done == live), RECEIVED, OPEN))
    state = np.where(meaning == NOTHING, of_lines, meaning)
    state = np.where(state == CLOSED, np.where(short > 0, CLOSED_SHORT, RECEIVED), state)
    return np.where(deleted, CANCELLED, state).astype(np.int8)
