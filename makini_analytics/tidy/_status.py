"""What a status means: the words of many source systems, and the state of each line and order that follows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError
from ..frames import categoricals
from ._schema import STATES
from ._status_words import own_meanings, understand

#: What a status can mean, and the places of the meanings: a column of a million is one of small numbers.
MEANINGS = (*STATES, "closed", "")
DRAFT, OPEN, RECEIVED, CLOSED_SHORT, CANCELLED, UNKNOWN, CLOSED, NOTHING = range(len(MEANINGS))
Codes = npt.NDArray[np.int8]


def check(statuses: Mapping[str, str] | None) -> dict[str, str]:
    """Return the user's own mapping of status text to state, checked: `ConfigError` on a state that is none."""
    for text, state in (statuses or {}).items():
        if state not in (*STATES, "closed"):
            raise ConfigError(
                f"statuses={{{text!r}: {state!r}}}: the states are {', '.join(STATES)}, or closed: by quantity"
            )
    return own_meanings(statuses or {})


def meanings(status: pd.Series, own: Mapping[str, str]) -> Codes:
    """Return the meaning of each status text as its place in `MEANINGS`: the state, "closed", or "" where there is none."""
    codes, texts = pd.factorize(status)
    known = [MEANINGS.index(understand(str(t), own) if str(t).strip() else "") for t in texts]
    return np.array([*known, NOTHING], dtype=np.int8)[codes]


def named(states: Codes) -> categoricals.Labels:
    """Return the states by name."""
    there = np.bincount(states, minlength=len(STATES)) > 0
    return categoricals.coded([s if t else None for s, t in zip(STATES, there, strict=True)], states)


def line_states(
    meaning: Codes,
    order_meaning: Codes,
    *,
    quantity: np.ndarray,
    received: np.ndarray,
    delivered: np.ndarray,
    deleted: np.ndarray,
) -> Codes:
    """Return the state of each line, as its place in `MEANINGS`.

    A line's own status counts, else its order's; a cancelled order cancels its lines, a deletion mark the line. Closed
    means closed short where less than the quantity is known to be received. Without any status, a line that is delivered
    or fully received is received, else open.
    """
    state = np.where(meaning == NOTHING, order_meaning, meaning)
    short = received < quantity - 1e-9  # False where either is missing
    full = (received >= quantity - 1e-9) & (quantity > 0)
    state = np.where(state == CLOSED, np.where(short, CLOSED_SHORT, RECEIVED), state)
    nothing_said = np.where(full | (delivered & ~short), RECEIVED, OPEN)
    state = np.where(state == NOTHING, nothing_said, state)
    return np.where(deleted | (order_meaning == CANCELLED), CANCELLED, state).astype(np.int8)


def order_states(meaning: Codes, deleted: np.ndarray, line_state: Codes, order_of_line: np.ndarray) -> Codes:
    """Return the state of each order: its own status, closed short where a line is; without one, what its lines say."""
    n = len(meaning)

    def count(*states: int) -> np.ndarray:
        return np.bincount(order_of_line[np.isin(line_state, states)], minlength=n)

    total = np.bincount(order_of_line, minlength=n)
    short = count(CLOSED_SHORT)
    live, done = total - count(CANCELLED), count(RECEIVED) + short
    said_by_lines = np.where(
        (total > 0) & (live == 0), CANCELLED, np.where((live > 0) & (done == live), RECEIVED, OPEN)
    )
    state = np.where(meaning == NOTHING, said_by_lines, meaning)
    state = np.where(state == CLOSED, np.where(short > 0, CLOSED_SHORT, RECEIVED), state)
    return np.where(deleted, CANCELLED, state).astype(np.int8)
