"""Status texts and states: what the words of many source systems mean, and the state of each line and order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError
from ..frames import categoricals
from ..system import mapping_of
from ._schema import STATES
from ._status_words import meaning_of, own_meanings

#: What a status can mean; a column of meanings holds positions in this tuple, one byte a row.
MEANINGS = (*STATES, "closed", "")
DRAFT, OPEN, RECEIVED, CLOSED_SHORT, CANCELLED, UNKNOWN, CLOSED, NOTHING = range(len(MEANINGS))
Codes = npt.NDArray[np.int8]


def check_statuses(statuses: Mapping[str, str] | None) -> dict[str, str]:
    """Return the user's mapping of status text to state, normalised; `ConfigError` where a state does not exist."""
    given = {} if statuses is None else mapping_of("statuses", statuses, "a mapping such as {'Shipped': 'received'}")
    for text, state in given.items():
        if not isinstance(state, str) or state not in (*STATES, "closed"):
            raise ConfigError(
                f"statuses={{{text!r}: {state!r}}}: the states are {', '.join(STATES)}, or closed: by quantity"
            )
    return own_meanings(given)


def meanings(status: pd.Series, own: Mapping[str, str]) -> Codes:
    """Return the meaning of each status text as its position in `MEANINGS`: a state, "closed", or "" where there is no text."""
    codes, texts = pd.factorize(status)
    known = [MEANINGS.index(meaning_of(str(t), own) if str(t).strip() else "") for t in texts]
    return np.array([*known, NOTHING], dtype=np.int8)[codes]


def state_labels(states: Codes) -> categoricals.Labels:
    """Return the names of states."""
    there = np.bincount(states, minlength=len(STATES)) > 0
    place = np.cumsum(there) - 1
    return categoricals.from_codes([s for s, t in zip(STATES, there, strict=True) if t], place[states])


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

    A line's own status counts, else its order's; a cancelled order cancels its lines, a deletion mark the line. Of a draft order, or
    one that is not approved, a line is a draft as well, whatever its own status says, unless something came of it. Closed means closed
    short where less than the quantity is known to be received. Without any status, a line that is delivered or fully received is
    received, else open. Where quantities decide and one of them could not be read (``doubtful``), it is unknown.
    """
    state = np.where(meaning == NOTHING, order_meaning, meaning)
    short = received < quantity - 1e-9  # False where either is missing
    full = (received >= quantity - 1e-9) & (quantity > 0)
    state = np.where(state == CLOSED, np.where(doubtful, UNKNOWN, np.where(short, CLOSED_SHORT, RECEIVED)), state)
    without_status = np.where(full | (delivered & ~short), RECEIVED, np.where(doubtful, UNKNOWN, OPEN))
    state = np.where(state == NOTHING, without_status, state)
    waits = (
        (order_meaning == DRAFT) & ~delivered & ~(received > 0) & ~np.isin(state, (RECEIVED, CLOSED_SHORT, CANCELLED))
    )
    state = np.where(waits, DRAFT, state)
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
