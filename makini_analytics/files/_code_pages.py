"""The code page of a text that is no UTF-8: the one under which its foreign bytes are letters of one language, else of neighbouring ones.

In a list of numbers with a few words code pages can't be told by statistics of language: "Wahrung" with its umlaut reads as well in several.
But only under the right one are nearly all foreign bytes letters that a language has: what is ``Å`` in Swedish is ``Ĺ`` under another page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SIGNS = frozenset("€£°§²³µ–’“”„«»·…\xa0")
_GERMAN = "äöüß"  # names of vendors in any list
#: The letters of languages, in the order in which their lists are likely.
_WESTERN = {
    "German": "",
    "French": "éèêëàâçîïôûùœæÿ",
    "Spanish": "ñáéíóúüçºª",
    "Italian": "èéàòìùº",
    "Portuguese": "ãõáéíóúâêôçàºª",
    "Dutch": "éëïèóáê",
    "Swedish and Finnish": "åäöé",
    "Danish and Norwegian": "æøåéòô",
    "Estonian": "äöõüšž",
}
_TURKISH = {"Turkish": "çğıöşüÇĞİÖŞÜâîû"}
_ICELANDIC = {"Icelandic": "áðéíóúýþæö"}
#: Slovak without ĺ and ŕ, which are rare there: under cp1252 they are the å of Swedish and the à of French.
_CENTRAL = {
    "Polish": "ąćęłńóśźż",
    "Czech": "áčďéěíňóřšťúůýž",
    "Slovak": "áäčďéíľňóôšťúýž",
    "Hungarian": "áéíóöőúüű",
    "Romanian": "ăâîşţ",
    "Croatian and Slovene": "čćđšž",
}
_BALTIC = {"Lithuanian": "ąčęėįšųūž", "Latvian": "āčēģīķļņšūž", "Estonian": "äöõüšž"}
#: Code pages and the languages that they are used for: those of Windows, of Unix, of DOS and of old Macs.
_PAGES = (
    ("cp1252", _WESTERN),
    ("cp1250", _CENTRAL),
    ("cp1254", _TURKISH),
    ("cp1257", _BALTIC),
    ("cp1252", _ICELANDIC),
    ("iso8859-2", _CENTRAL),
    ("mac_roman", _WESTERN),
    ("cp850", _WESTERN),
    ("cp852", _CENTRAL),
    ("cp857", _TURKISH),
)
_MOST = 0.8  # of the foreign bytes
_RUNS = re.compile(rb"[\x80-\xff]+")
_LONG_RUNS = 2.0  # foreign bytes together, on average: letters with accents mostly stand alone among others
#: Like those of Windows, and rare.
_OF_OLD_MACS = ["mac_cyrillic", "mac_greek", "mac_turkish", "mac_latin2", "mac_iceland"]
_SAMPLE = 200_000  # foreign bytes that are judged by


def _alphabets() -> Iterator[tuple[str, frozenset[str], bool]]:
    """Yield each code page with the letters of one language, then with those of all of its languages: a list may hold several."""
    for mixed in (False, True):
        for page, languages in _PAGES:
            for letters in ["".join(languages.values())] if mixed else languages.values():
                yield page, _SIGNS.union(letters, letters.upper(), _GERMAN, _GERMAN.upper()), mixed


def code_page(data: bytes) -> tuple[str, str]:
    """Return the code page of a text, and what to know where another one fits as well and reads other letters, or "".

    >>> code_page("Västerås, Höör".encode("cp1252")), code_page("Győr, Vasmű".encode("cp1250")), code_page("Çelik, Işık".encode("cp1254"))
    (('cp1252', ''), ('cp1250', ''), ('cp1254', ''))
    >>> code_page("Kovač".encode("cp1250"))
    ('cp1252', ', or cp1250 (č for è): pass encoding= where letters are wrong')
    """
    foreign = data[: 50 * _SAMPLE].translate(None, bytes(range(128)))[:_SAMPLE]
    counts = {bytes([b]): foreign.count(b) for b in set(foreign)}
    fits = [
        (sum(n for b, n in counts.items() if b.decode(page, "replace") in letters), page, mixed)
        for page, letters, mixed in _alphabets()
    ]
    most, best, of_several = max(fits, key=lambda fit: fit[0])  # the first of equals
    if most >= _MOST * len(foreign) and len(foreign) < _LONG_RUNS * len(_RUNS.findall(data[: 50 * _SAMPLE])):
        equals = [p for n, p, mixed in fits if n == most and not mixed and not of_several and p.startswith("cp125")]
        read = [(p, b.decode(p, "replace"), b.decode(best, "replace")) for p in equals for b in sorted(counts)]
        differ = (
            f", or {p} ({it} for {ours}): pass encoding= where letters are wrong" for p, it, ours in read if it != ours
        )
        return best, next(differ, "")
    from charset_normalizer import from_bytes

    lines = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_SAMPLE]
    found = from_bytes(lines, cp_exclusion=_OF_OLD_MACS).best()
    return (found.encoding if found is not None else best), ""
