"""Names of vendors: cleaned of what says little, and which of them are alike."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations

import numpy as np

#: The commonest endings that say what kind of company it is and not which one, in their cleaned spelling. cleanco knows
#: the rest; these stand where the extra `enrich` is not installed, and a few are missing there.
_LEGAL = {
    "ab", "ag", "aktiengesellschaft", "as", "a s", "bv", "b v", "co", "company", "corp", "corporation", "e k", "ek", "gmbh", "inc",
    "incorporated", "kg", "kk", "k k", "limited", "llc", "ltd", "nv", "n v", "oy", "plc", "pte", "pty", "pvt", "s a", "sa", "sarl", "sas",
    "se", "spa", "srl",
}  # fmt: skip
#: Endings of cleanco that are just as often a country or a word of the name.
_NO_ENDINGS = {"nl", "vat", "et", "da", "private", "unlimited"}
_FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "ß": "ss", "ł": "l", "&": " "}
)


def clean_name(name: str) -> str:
    """Return a vendor's name for comparison: folded, without punctuation and without its legal ending.

    >>> clean_name("Müller Antriebstechnik GmbH & Co. KG"), clean_name("MUELLER ANTRIEBSTECHNIK, GMBH")
    ('mueller antriebstechnik', 'mueller antriebstechnik')
    """
    words, endings = _words(name), _legal_endings()
    # endings stack, as in "GmbH & Co. KG": the longest one is taken off again and again, but never the last word
    while len(words) > 1:
        ending = next((k for k in (4, 3, 2, 1) if len(words) > k and " ".join(words[-k:]) in endings), 0)
        if not ending:
            break
        words = words[:-ending]
    return " ".join(words)


def _words(name: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_FOLDED)
    bare = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return re.sub(r"[^\w]+", " ", bare).split()


@cache
def _legal_endings() -> frozenset[str]:
    """Return the legal endings, cleaned: "s p a" as well as "spa"."""
    try:
        from cleanco.termdata import terms_by_type
    except ImportError:
        return frozenset(_LEGAL)
    known = [_words(term) for terms in terms_by_type.values() for term in terms]
    spelt = {" ".join(words) for words in known} | {"".join(words) for words in known if max(map(len, words)) == 1}
    return frozenset(_LEGAL | spelt - _NO_ENDINGS)


def similar_names(names: list[str], least: float) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of similar names, each once, but for those that differ in a number or in nothing but words of one or two letters.

    "Plant 1" and "Plant 2" are not one vendor misspelt, nor are "Supplier A" and "Supplier B".

    So names are compared only with those of the same numbers, which also makes it quick where vendors are numbered.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, name in enumerate(names):
        groups.setdefault(tuple(sorted(int(n) for n in re.findall(r"[0-9]+", name))), []).append(i)
    for members in groups.values():
        if len(members) > 1:
            for i, j, s in _similar([names[i] for i in members], least):
                if not _told_apart(names[members[i]], names[members[j]]):
                    yield members[i], members[j], s


def _told_apart(a: str, b: str) -> bool:
    """Return whether two cleaned names differ in words of one or two letters and in no others; 07 is 7.

    >>> _told_apart("supplier a", "supplier b"), _told_apart("supplier a", "suplier a"), _told_apart("a b volvo", "ab volvo")
    (True, False, False)
    >>> _told_apart("werk 7", "werk 07")
    False
    """
    words, others = (Counter(re.sub(r"\b0+(?=[0-9])", "", name).split()) for name in (a, b))
    mine, theirs = list((words - others).elements()), list((others - words).elements())
    return bool(mine and theirs) and max(map(len, mine + theirs)) <= 2 and "".join(mine) != "".join(theirs)


def _similar(names: list[str], least: float) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of names, each once, whose similarity is at least ``least``."""
    try:
        from rapidfuzz import fuzz, process
    except ImportError:
        groups: dict[str, list[int]] = {}
        for i, name in enumerate(names):
            groups.setdefault(name, []).append(i)
        for members in groups.values():
            yield from ((i, j, 100.0) for i, j in combinations(members, 2))
        return
    # a thousand names against all at a time: 20,000 vendors against each other at once would be 1.6 GB of scores
    for first in range(0, len(names), 1000):
        part = process.cdist(
            names[first : first + 1000], names, scorer=fuzz.token_sort_ratio, score_cutoff=least, dtype=np.float32
        )
        for i, j in zip(*np.nonzero(part), strict=True):
            if first + i < j:
                yield int(first + i), int(j), float(part[i, j])
