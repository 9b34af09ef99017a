"""How names, amounts and shares read in charts and reports. Numbers in tables stay numbers; these are for people.

The marks of the numbers are set in one place, `makini_analytics.style.use`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..compute import SMALL_N as SMALL_N  # fewer lines are drawn in grey, and no title speaks of them
from ._look import look

#: How wide a name in a title may be, in Latin letters: a title has several lines.
IN_TITLE = 60

# Around an Arabic name in a Latin line: without these marks "شركة 3" would pull the number after it to its other side.
_LEFT_TO_RIGHT = "\u200e"
#: Currencies whose amounts have no parts.
WITHOUT_CENTS = {"JPY", "KRW", "VND", "CLP", "ISK", "HUF"}


def number(value: Any, decimals: int = 0) -> str:
    """Return a number with the marks that are set.

    >>> number(1234567), number(-0.25, 2), number(-0.25)
    ('1,234,567', '−0.25', '0')
    """
    return f"{value:z,.{decimals}f}".translate(_marks())


def counted(n: Any, word: str) -> str:
    """Return a number with its word.

    >>> counted(1, "line"), counted(2345, "vendor"), counted(0, "category")
    ('1 line', '2,345 vendors', '0 categories')
    """
    return f"{number(n)} {word if n == 1 else plural(word)}"


def with_most(n: int, several: str, what: str = "lines") -> str:
    """Return which rows are drawn, where others are not.

    >>> with_most(12, "vendors"), with_most(1, "groups of category and site", "due lines")
    ('the 12 vendors with most lines', 'the one with most due lines')
    """
    return f"the {f'{number(n)} {several}' if n > 1 else 'one'} with most {what}"


def figures(value: float, digits: int = 4) -> str:
    """Return a number with so many significant figures, as a price per unit reads, and never as a power of ten.

    >>> figures(5.3333), figures(145500.4), figures(0.00002)
    ('5.333', '145,500', '0.00002')
    """
    if abs(value) >= 10 ** (digits - 1):
        return number(value)
    return np.format_float_positional(float(f"{value:.{digits}g}"), trim="-").translate(_marks())


def price(value: float) -> str:
    """Return a price: with cents, and a small one with three significant figures.

    >>> price(1234.5), price(0.5), price(0.0042), price(0.001234), price(0)
    ('1,234.50', '0.50', '0.0042', '0.00123', '0.00')
    """
    return number(value, price_decimals(value))


def price_decimals(value: float, least: int = 2) -> int:
    """Return how many decimals a price is shown with, ``least`` or more.

    >>> price_decimals(12.345), price_decimals(0.0042), price_decimals(5.333, 0), price_decimals(456.7, 0)
    (2, 4, 2, 0)
    """
    return max(least, len(np.format_float_positional(float(f"{value:.3g}"), trim="-").partition(".")[2]))


def _marks() -> dict[int, str]:
    return str.maketrans({",": look.thousands, ".": look.decimal, "-": "\N{MINUS SIGN}"})


def money(value: float, currency: Any = "") -> str:
    """Return an amount in few characters.

    >>> money(1_250_000, "EUR"), money(84_500, "JPY"), money(12.5, "USD"), money(-999_800, "EUR")
    ('1.25 M EUR', '84.5 k JPY', '12.50 USD', '−1 M EUR')
    """
    # Three digits are all that a reader compares in a chart: 1,254,321 and 1,250,000 are the same bar.
    unit = "" if currency is None or pd.isna(currency) else str(currency)
    shown = abs(float(f"{value:.3g}")) if abs(value) >= 1e3 else 0.0  # 999,800 reads 1 M, not 1e+03 k
    for size, name in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if shown >= size:
            scaled = value / size
            few = f"{scaled:.3g}".translate(_marks()) if shown < 1000 * size else number(scaled)
            return f"{few} {name} {unit}".strip()
    return f"{number(value, 0 if unit in WITHOUT_CENTS else 2)} {unit}".strip()


def with_plus(value: float, text: str) -> str:
    """Return the text of a change with a plus before it, unless it reads as nothing.

    >>> with_plus(0.02, "0.02"), with_plus(1e-9, "0.00"), with_plus(-1, "−1")
    ('+0.02', '0.00', '−1')
    """
    return f"+{text}" if value > 0 and any(c in "123456789" for c in text) else text


def percent_of_change(share: float) -> str:
    """Return how large a change is in percent, with a decimal where that is below ten.

    >>> percent_of_change(-0.0751), percent_of_change(0.2)
    ('7.5 %', '20 %')
    """
    return percent(abs(share)) if abs(share) >= 0.1 else f"{number(abs(share) * 100, 1)} %"


def percent(share: float) -> str:
    """Return a share in percent; a small share that is not zero reads "<1 %", and one that is not all ">99 %".

    >>> percent(0.004), percent(0.996), percent(1.0), percent(12.5)
    ('<1 %', '>99 %', '100 %', '1,250 %')
    """
    return (
        "no data"
        if pd.isna(share)
        else "<1 %"
        if 0 < share < 0.005
        else ">99 %"
        if 0.995 <= share < 1 - 1e-9  # a sum of shares may miss 1 by its last bits
        else f"{share:z,.0%}".translate(_marks()).replace("%", " %")
    )


# Overrides and isolates of direction, which nobody sees: behind U+202E "evil" would be read as "live". Letters turn without them.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Control characters (but tab and line break), half surrogates and the places of Unicode that hold no character: neither XML nor
# UTF-8 can say them, and no font draws them.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)


def printable(text: str) -> str:
    r"""Return a text that every format can hold, with a sign in place of each character that none can, and that reads in its own direction.

    >>> printable("A\x00B \ud83d"), printable("Pump \u202eevil")
    ('A�B �', 'Pump evil')
    """
    if text.isascii() and text.isprintable():  # as most are
        return text
    text = _TURNS.sub("", text)
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def label(name: Any, most: int = 34, end: int = 14) -> str:
    """Return a name for an axis: shortened in the middle, never empty, and not turning the text around it to the left.

    >>> label(None), label(" "), label("A very long company name of a vendor GmbH & Co. KG")
    ('Not recorded', '(blank)', 'A very long company… GmbH & Co. KG')
    """
    text = "Not recorded" if name is None or pd.isna(name) else " ".join(printable(str(name)).split()) or "(blank)"
    # Company names differ in their first words and in their legal endings: the middle is what can be spared.
    if text_width(text) > most:
        before, _, after = text.partition("…")  # a name that was shortened before has one gap, not two
        tail = _first((after or text)[::-1], min(end, most // 2))[::-1]
        head = _first(before, most - text_width(tail) - 1)
        text = f"{head.rstrip()}…{tail.lstrip('…')}"
    return left_to_right(text)


def left_to_right(text: str) -> str:
    """Return a text with a mark at both ends, if any of its letters would turn it, or what stands beside it, to the left.

    >>> left_to_right("Bolt AG"), left_to_right("شركة").strip("\u200e") == "شركة", len(left_to_right("شركة")) - len("شركة")
    ('Bolt AG', True, 2)
    """
    right_to_left = not text.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)
    return f"{_LEFT_TO_RIGHT}{text.strip(_LEFT_TO_RIGHT)}{_LEFT_TO_RIGHT}" if right_to_left else text


#: A name, and behind it what tells it from others of that name, in brackets or as a number, and its number of lines.
_TOLD_APART = re.compile(r"(.*?)((?: \([^()]*\))?(?: \d+)?\N{LEFT-TO-RIGHT MARK}?(?: +n=\S+)?)", re.DOTALL)
ENDS = (
    14,
    4,
    1,
    20,
)  # letters of a name that stay behind the gap: long names may differ in what is cut out of their middle


def shortened(names: Sequence[str], most: int) -> list[str]:
    """Return names that are no wider, and of which no two have become one where that can be.

    >>> shortened(["Gesellschaft Nord / Motor (12)", "Gesellschaft Nord / Motor (13)"], 21)
    ['Ges…Nord / Motor (12)', 'Ges…Nord / Motor (13)']
    """
    best: list[str] = []
    for end in ENDS:
        tried = ["\n".join(cut(line, most, end) for line in name.split("\n")) for name in names]
        best = tried if not best or len(set(tried)) > len(set(best)) else best
        if len(set(best)) == len(set(names)):
            return best
    of = {cut: list(dict.fromkeys(n for n, c in zip(names, best, strict=True) if c == cut)) for cut in best}
    return [
        f"{cut(n, most - 2, 14)} {of[c].index(n) + 1}" if len(of[c]) > 1 else c
        for n, c in zip(names, best, strict=True)
    ]


def cut(name: str, most: int, end: int) -> str:
    """Return a name cut to a width: each of its parts by itself, the longest first, and what tells it apart the last."""
    parts = [_TOLD_APART.fullmatch(part).groups() for part in name.split(" / ")]
    told = text_width("".join(behind for _, behind in parts)) <= most // 2
    kept = [behind if told else "" for _, behind in parts]
    firsts = [first if keep else first + behind for (first, behind), keep in zip(parts, kept, strict=True)]
    widths = [text_width(first) for first in firsts]
    room = most - text_width("".join(kept)) - 3 * (len(parts) - 1)
    while sum(widths) > max(room, 4 * len(widths)):
        widths[int(np.argmax(widths))] -= 1
    return " / ".join(label(f, w, end) + keep for f, w, keep in zip(firsts, widths, kept, strict=True))


def _first(text: str, wide: int) -> str:
    """Return as much of a text as is no wider than so many Latin letters."""
    if text.isascii():
        return text[:wide]
    taken = 0
    for i, letter in enumerate(text):
        taken += text_width(letter)
        if taken > wide:
            return text[:i]
    return text


def text_width(text: str) -> int:
    """Return how wide a text is in Latin letters.

    >>> text_width("Müller"), text_width("株式会社")
    (6, 8)
    """
    if text.isascii():  # as most are, and a report shortens thousands
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def group_columns(result: pd.DataFrame, until: str) -> list[str]:
    """Return the columns that name the rows: those before ``until``."""
    columns = list(result.columns)
    return [str(c) for c in columns[: columns.index(until)]]


def row_noun(columns: Sequence[str]) -> str:
    """Return what the rows are, in words.

    >>> row_noun(["vendor_id", "vendor_name"]), row_noun(["category", "site_id"]), row_noun([])
    ('vendor', 'category and site', 'line')
    """
    words = [c.removesuffix("_name").removesuffix("_id").replace("custom.", "").replace("_", " ") for c in columns]
    words = [w for w in dict.fromkeys(words) if w not in ("product code", "description")]
    return " and ".join(w for w in words if w != "connection" or len(words) == 1) or "line"


def plural(word: str) -> str:
    """Return the word for several.

    >>> plural("category"), plural("day"), plural("category and site")
    ('categories', 'days', 'groups of category and site')
    """
    if " and " in word:
        return f"groups of {word}"
    return f"{word[:-1]}ies" if re.search("[^aeiou]y$", word) else word if word.endswith("s") else f"{word}s"


def n_named(rows: pd.DataFrame, columns: Sequence[str]) -> int:
    """Return how many of the rows have a name: lines that name no vendor are not one more vendor.

    >>> n_named(pd.DataFrame({"vendor_id": ["1", "2", None], "vendor_name": ["a", None, None]}), ["vendor_id", "vendor_name"])
    2
    """
    names = [c for c in columns if c != "connection"] or list(columns)
    return int(rows[names].notna().any(axis=1).sum()) if names else len(rows)


def rest_label(rest: pd.DataFrame, columns: Sequence[str]) -> str:
    """Return the name of the bar that stands for groups without one of their own; lines that name no vendor are not one more vendor.

    >>> rest_label(pd.DataFrame({"vendor_name": ["a", "b", None]}), ["vendor_name"])
    'Other (2, and no vendor)'
    """
    known = n_named(rest, columns)
    return f"Other ({number(known)}{f', and no {row_noun(list(columns))}' if known < len(rest) else ''})"
