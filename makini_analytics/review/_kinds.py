"""What a finding is, and the words that all kinds share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import charts

#: How sure a finding is: a sum; a difference beyond chance; a forecast; for a person to settle.
COUNTED, CLEAR, ESTIMATED, TO_CHECK = "counted", "clear", "estimated", "to check"
#: Looked at without anything to say, and what can't be looked at in these data.
NOTHING, UNKNOWN = "nothing to report", "can't be told"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a sentence with its number, or why there is none."""

    kind: str
    sentence: str
    value: float = np.nan  # the amount that the sentence tells
    stake: float = np.nan  # the amount that it is ranked by
    noun: str = ""  # what the stake is
    certainty: str = NOTHING
    why: str = ""
    exhibit: str = ""
    call: str = ""


def count(n: int, word: str) -> str:
    """Return a number of things in words.

    >>> count(1, "line"), count(1200, "line"), count(0, "category")
    ('1 line', '1,200 lines', 'no categories')
    """
    what = word if n == 1 else charts.plural(word)
    return f"{charts.number(n) if n else 'no'} {what}"


def none_of(n: int, word: str, does: str, does_not: str) -> str:
    """Return that none of some things does what it might, in words.

    >>> none_of(15, "vendor", "stands out", "does not stand out"), none_of(1, "vendor", "stands out", "does not stand out")
    ('none of 15 vendors stands out', 'the one vendor does not stand out')
    """
    return f"the one {word} {does_not}" if n == 1 else f"none of {count(n, word)} {does}".rstrip()


def listed(names: list[str]) -> str:
    """Return names as a sentence has them.

    >>> listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C", "D"])
    ('A', 'A and B', 'A, B and 2 more')
    """
    if len(names) <= 2:
        return " and ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more"
