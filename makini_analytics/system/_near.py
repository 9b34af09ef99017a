"""What somebody may have meant by a name that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(text: object, names: Iterable[object], cutoff: float = 0.6, *, parts: bool = True) -> str:
    """Return up to three names as the end of an error: those that hold the text, in capitals or not, then those that read alike.

    Without ``parts`` only the latter: "date" is a part of many names.

    >>> near("rossi", ["Rossi Guarnizioni S.p.A.", "Bolt AG"])
    '; near: Rossi Guarnizioni S.p.A.'
    >>> near("Blot AG", ["Rossi Guarnizioni S.p.A.", "Bolt AG"])
    '; near: Bolt AG'
    """
    wanted = str(text).strip().casefold()
    if not wanted:
        return ""
    spelt: dict[str, list[str]] = {}
    for name in sorted(set(map(str, names))):
        spelt.setdefault(name.casefold(), []).append(name)
    holding = sorted((folded for folded in spelt if parts and len(wanted) > 1 and wanted in folded), key=len)
    alike = difflib.get_close_matches(wanted, list(spelt), n=3, cutoff=cutoff)
    found = [name for folded in dict.fromkeys([*holding, *alike]) for name in spelt[folded]][:3]
    return f"; near: {', '.join(found)}" if found else ""
